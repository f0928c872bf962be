#include "raw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

// Behind each of these bytes comes a second request; where the first is not clear, it must not run.
#define SECOND "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
#define G      "GET /hello HTTP/1.1\r\n"
#define P      "POST /json HTTP/1.1\r\n"
#define H      "Host: a\r\n"
#define J      "Content-Type: application/json\r\n"
#define CASE(name, status, close, bytes)                                                           \
    {                                                                                              \
        name, bytes SECOND, sizeof(bytes SECOND) - 1, status, close                                \
    }

static const struct {
    const char *name, *bytes;
    size_t n;
    int status;
    bool close; // and then the second request is not answered
} cases[] = {
    // What is clear goes on, and the second request is answered.
    CASE("plain", 200, false, G H "\r\n"),
    CASE("blanks around a value", 200, false, G "Host:\t a \t\r\n\r\n"),
    CASE("no blank before a value", 200, false, G "Host:a\r\n\r\n"),
    CASE("empty value", 200, false, G H "X-Empty:\r\n\r\n"),
    CASE("colon in a value", 200, false, G "Host: a:80\r\nX: b:c\r\n\r\n"),
    CASE("case of names", 200, false, G "hOsT: a\r\n\r\n"),
    CASE("cookie", 200, false, G H "Cookie: a=b; c=d\r\nX: y\r\n\r\n"),
    CASE("basic authorization is read but refused", 401, false,
         G H "Authorization: Basic YTpi\r\nX: y\r\n\r\n"),
    CASE("length 0", 200, false, G H "Content-Length: 0\r\n\r\n"),
    CASE("body of its length", 201, false, P H J "Content-Length: 2\r\n\r\n{}"),
    CASE("empty line before", 200, false, "\r\n" G H "\r\n"),
    CASE("query with escapes", 200, false, "GET /hello?q=%26%3d&n=1 HTTP/1.1\r\n" H "\r\n"),
    CASE("plus and slash in a query", 200, false, "GET /hello?q=a+b/c?d HTTP/1.1\r\n" H "\r\n"),
    CASE("wrong method is clear", 405, false, "PUT /hello HTTP/1.1\r\n" H "\r\n"),
    CASE("wrong method with a body", 405, false,
         "PUT /hello HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"),
    CASE("unknown address", 404, false, "GET /nothing HTTP/1.1\r\n" H "\r\n"),
    CASE("body where none is taken", 400, false, G H "Content-Length: 3\r\n\r\nabc"),
    CASE("wrong type", 415, false, P H "Content-Type: text/csv\r\nContent-Length: 2\r\n\r\n{}"),

    // Length and coding.
    CASE("length and chunked", 400, true,
         P H J "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    CASE("chunked and length", 400, true,
         P H J "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    CASE("two equal lengths", 400, true, P H J "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
    CASE("two lengths", 400, true, P H J "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}"),
    CASE("list of lengths", 400, true, P H J "Content-Length: 2, 2\r\n\r\n{}"),
    CASE("signed length", 400, true, P H J "Content-Length: +2\r\n\r\n{}"),
    CASE("negative length", 400, true, P H J "Content-Length: -2\r\n\r\n{}"),
    CASE("hexadecimal length", 400, true, P H J "Content-Length: 0x2\r\n\r\n{}"),
    CASE("length with a letter", 400, true, P H J "Content-Length: 2a\r\n\r\n{}"),
    CASE("length with a point", 400, true, P H J "Content-Length: 2.0\r\n\r\n{}"),
    CASE("length with a blank inside", 400, true, P H J "Content-Length: 2 0\r\n\r\n{}"),
    CASE("empty length", 400, true, P H J "Content-Length:\r\n\r\n{}"),
    CASE("length over 64 bits", 413, true, P H J "Content-Length: 18446744073709551618\r\n\r\n{}"),
    CASE("length of 19 digits", 400, true, P H J "Content-Length: 9223372036854775807\r\n\r\n{}"),
    CASE("length with a blank before the colon", 400, true, P H J "Content-Length : 2\r\n\r\n{}"),
    CASE("two codings", 400, true,
         P H J "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    CASE("chunked and identity", 400, true,
         P H J "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    CASE("list of codings", 400, true, P H J "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    CASE("identity", 400, true, P H J "Transfer-Encoding: identity\r\n\r\n{}"),
    CASE("unknown coding", 400, true, P H J "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    CASE("quoted coding", 400, true, P H J "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    CASE("vertical tab before a coding", 400, true,
         P H J "Transfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n"),
    CASE("blank before a coding's colon", 400, true,
         P H J "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    CASE("chunked in HTTP/1.0", 400, true,
         "POST /json HTTP/1.0\r\n" H J "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    CASE("folded coding", 400, true, P H J "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    CASE("chunked body closes", 201, true,
         P H J "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    CASE("chunked in capitals closes", 201, true,
         P H J "Transfer-Encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),

    // Lines.
    CASE("bare LF in the request line", 400, true, "GET /hello HTTP/1.1\n" H "\r\n"),
    CASE("bare LF after a header", 400, true, G "Host: a\nX: b\r\n\r\n"),
    CASE("bare LF after the last header", 400, true, G H "X: b\n\r\n"),
    CASE("bare LF as the blank line", 400, true, G H "X: b\r\n\n"),
    CASE("bare LF throughout", 400, true, "GET /hello HTTP/1.1\nHost: a\n\n"),
    CASE("bare CR in a value", 400, true, G H "X: a\rb\r\n\r\n"),
    CASE("bare CR in a name", 400, true, G H "X\ra: b\r\n\r\n"),
    CASE("folded value", 400, true, G H "X: a\r\n b\r\nY: z\r\n\r\n"),
    CASE("folded with a tab", 400, true, G H "X: a\r\n\tb\r\n\r\n"),
    CASE("folded first header", 400, true, G " Host: a\r\nHost: a\r\n\r\n"),
    CASE("folded Host", 400, true, G "Host: a\r\n b\r\n\r\n"),
    CASE("line without a colon", 400, true, G H "nothing\r\n\r\n"),
    CASE("empty name", 400, true, G H ": b\r\n\r\n"),
    CASE("blank in a name", 400, true, G H "X Y: b\r\n\r\n"),
    CASE("tab after a name", 400, true, G H "X\t: b\r\n\r\n"),
    CASE("bracket in a name", 400, true, G H "X[]: b\r\n\r\n"),
    CASE("high byte in a name", 400, true, G H "X\xc3\xa9: b\r\n\r\n"),
    CASE("NUL in a value", 400, true, G H "X: a\0b\r\n\r\n"),
    CASE("NUL in a name", 400, true, G H "X\0a: b\r\n\r\n"),
    CASE("two NUL make a header", 400, true, G H "X: a\0\0Y: b\r\n\r\n"),
    CASE("delete in a value", 400, true, G H "X: a\x7f\r\n\r\n"),
    CASE("escape in a value", 400, true, G H "X: \x1b[31m\r\n\r\n"),
    CASE("bad UTF-8 in a value", 400, true, G H "X: \xff\xfe\r\n\r\n"),

    // Host and others that may be there once.
    CASE("no Host", 400, true, G "X: b\r\n\r\n"),
    CASE("no header at all", 400, true, G "\r\n"),
    CASE("empty Host", 400, true, G "Host:\r\n\r\n"),
    CASE("two Hosts", 400, true, G H "Host: b\r\n\r\n"),
    CASE("two equal Hosts", 400, true, G H H "\r\n"),
    CASE("Host with a blank before the colon", 400, true, G "Host : a\r\n\r\n"),
    CASE("Host with a path", 400, true, G "Host: a/b\r\n\r\n"),
    CASE("Host with a user", 400, true, G "Host: a@b\r\n\r\n"),
    CASE("Host with a list", 400, true, G "Host: a, b\r\n\r\n"),
    CASE("no Host in HTTP/1.0", 400, true, "GET /hello HTTP/1.0\r\n\r\n"),
    CASE("two Authorizations", 400, true,
         G H "Authorization: Bearer good\r\nAuthorization: Bearer bad\r\n\r\n"),
    CASE("two Cookies", 400, true, G H "Cookie: a=b\r\nCookie: a=c\r\n\r\n"),
    CASE("two types", 400, true, P H J "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"),

    // The request line.
    CASE("two blanks", 400, true, "GET  /hello HTTP/1.1\r\n" H "\r\n"),
    CASE("tab", 400, true, "GET\t/hello HTTP/1.1\r\n" H "\r\n"),
    CASE("blank in the target", 400, true, "GET /hel lo HTTP/1.1\r\n" H "\r\n"),
    CASE("NUL in the target", 400, true, "GET /hello\0/x HTTP/1.1\r\n" H "\r\n"),
    CASE("high byte in the target", 400, true, "GET /h\xc3\xa9llo HTTP/1.1\r\n" H "\r\n"),
    CASE("fragment", 400, true, "GET /hello#a HTTP/1.1\r\n" H "\r\n"),
    CASE("absolute form", 400, true, "GET http://a/hello HTTP/1.1\r\n" H "\r\n"),
    CASE("other host's absolute form", 400, true, "GET http://b/hello HTTP/1.1\r\n" H "\r\n"),
    CASE("authority form", 400, true, "CONNECT a:80 HTTP/1.1\r\n" H "\r\n"),
    CASE("asterisk form", 400, true, "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
    CASE("no target", 400, true, "GET HTTP/1.1\r\n" H "\r\n"),
    CASE("no version", 400, true, "GET /hello\r\n" H "\r\n"),
    CASE("version 0.9", 505, true, "GET /hello HTTP/0.9\r\n" H "\r\n"),
    CASE("version 1.2", 400, true, "GET /hello HTTP/1.2\r\n" H "\r\n"),
    CASE("version 2.0", 505, true, "GET /hello HTTP/2.0\r\n" H "\r\n"),
    CASE("version of small letters", 400, true, "GET /hello http/1.1\r\n" H "\r\n"),
    CASE("version with a blank behind", 400, true, "GET /hello HTTP/1.1 \r\n" H "\r\n"),
    CASE("control in the method", 400, true, "G\x01T /hello HTTP/1.1\r\n" H "\r\n"),
    CASE("long method", 400, true, "GETGETGETGETGETGETGET /hello HTTP/1.1\r\n" H "\r\n"),
};

static void no_unclear_request_lets_a_second_one_run(void **state)
{
    static struct raw_answer answer;
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        int before = atomic_load(&raw_world.smuggled);
        raw_ask(cases[i].bytes, cases[i].n, &answer);
        int ran = atomic_load(&raw_world.smuggled) - before;
        // The library 0.9.75 sends the head of its own answer to a wrong Content-Length twice, then
        // closes: so where the connection ends, answers are not counted.
        bool counted = cases[i].close || answer.answers == 2;
        if (!counted || answer.status != cases[i].status || answer.closed != cases[i].close ||
            ran != !cases[i].close) {
            printf("# %s: status %d, %s, %d answers, the second request ran %d times\n",
                   cases[i].name, answer.status, answer.closed ? "closed" : "open", answer.answers,
                   ran);
            wrong++;
        }
    }
    printf("# %zu raw requests\n", YM_COUNT(cases));
    assert_int_equal(wrong, 0);
}

// The same, byte by byte: what the library sees in pieces must be judged alike.
static void pieces_make_no_difference(void **state)
{
    static struct raw_answer answer;

    (void)state;
    for (size_t i = 0; i < YM_COUNT(cases); i += 3) {
        size_t first = cases[i].n - (sizeof SECOND - 1);
        int before = atomic_load(&raw_world.smuggled), fd = raw_connect();
        for (size_t at = 0; at < first; at++)
            raw_send(fd, cases[i].bytes + at, 1);
        raw_send(fd, SECOND, sizeof SECOND - 1);
        raw_read(fd, 200, &answer);
        close(fd);
        int ran = atomic_load(&raw_world.smuggled) - before;
        if (ran > !cases[i].close)
            fail_msg("%s in pieces: the second request ran", cases[i].name);
        // A reset may take the answer of a closed connection back; the second one never ran.
        if (answer.status != cases[i].status && !(cases[i].close && answer.status == 0))
            fail_msg("%s in pieces: status %d\n%s", cases[i].name, answer.status, answer.text);
    }
}

static void a_head_over_its_limit_is_answered_431(void **state)
{
    static struct raw_answer answer;
    static char bytes[40000];

    (void)state;
    for (size_t size = 15000; size <= 36000; size += 3000) {
        int n = snprintf(bytes, sizeof bytes, G H "X: ");
        memset(bytes + n, 'x', size);
        memcpy(bytes + (size_t)n + size, "\r\n\r\n", 4);
        raw_ask(bytes, (size_t)n + size + 4, &answer);
        if (size == 15000)
            assert_int_equal(answer.status, 200);
        else
            assert_true(answer.status == 431 || answer.status == 0);
        if (size == 18000) {
            assert_int_equal(answer.status, 431);
            assert_non_null(strstr(answer.text, "http.head_large"));
        }
    }
}

static int start(void **state)
{
    (void)state;
    raw_start(NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    raw_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_unclear_request_lets_a_second_one_run),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(a_head_over_its_limit_is_answered_431),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
