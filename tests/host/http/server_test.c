#include "raw.h"

#include "base/time.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define SAY(text) text, sizeof(text) - 1
#define H         "Host: a\r\n\r\n"
static struct raw_answer answer;

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

static void has(const char *text)
{
    const char *there = strstr(answer.text, text);

    if (!there)
        printf("# what was looked for is not in:\n%s\n", answer.text);
    assert_non_null(there);
}

static void every_answer_carries_the_security_headers(void **state)
{
    static const char *const requests[] = {
        "GET /hello HTTP/1.1\r\n" H,   "GET /nothing HTTP/1.1\r\n" H,
        "GET /pages/a HTTP/1.1\r\n" H, "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "PUT /hello HTTP/1.1\r\n" H,   "GET /hello?token=x HTTP/1.1\r\n" H,
        "GET /fails HTTP/1.1\r\n" H,
    };

    (void)state;
    for (size_t i = 0; i < YM_COUNT(requests); i++) {
        raw_ask(requests[i], strlen(requests[i]), &answer);
        has("X-Content-Type-Options: nosniff\r\n");
        has("Referrer-Policy: no-referrer\r\n");
        has("Cross-Origin-Opener-Policy: same-origin\r\n");
        has("Cross-Origin-Resource-Policy: same-origin\r\n");
        has("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
        has("Cache-Control: no-store\r\n");
    }
}

static void head_answers_as_get_without_the_body(void **state)
{
    (void)state;
    raw_ask(SAY("HEAD /hello HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    has("Content-Length: 40\r\n");
    assert_string_equal(answer.text + answer.n - 4, "\r\n\r\n");
    assert_false(answer.closed);
    raw_ask(SAY("HEAD /pages/x HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    raw_ask(SAY("HEAD /events HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    http_events_end(atomic_exchange(&raw_world.events, NULL));
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
    (void)state;
    raw_ask(SAY("POST /items/7 HTTP/1.1\r\nContent-Length: 0\r\n" H), &answer);
    assert_int_equal(answer.status, 405);
    has("Allow: GET, HEAD, DELETE\r\n");
    has("\"code\":\"http.method\"");
    raw_ask(SAY("DELETE /items/7 HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 401);
    has("WWW-Authenticate: Bearer\r\n");
    raw_ask(SAY("DELETE /items/7 HTTP/1.1\r\nAuthorization: Bearer bad\r\n" H), &answer);
    assert_int_equal(answer.status, 401);
    has("test.bearer");
    raw_ask(SAY("DELETE /items/7 HTTP/1.1\r\nAuthorization: Bearer good\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    raw_ask(SAY("GET /items/ HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 404);
    raw_ask(SAY("GET /items/a/b HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 404);
    raw_ask(SAY("GET /items/air.hour%20%E6%9D%91 HTTP/1.1\r\n" H), &answer);
    has("{\"id\":\"air.hour 村\"}");
}

static void parameters_are_judged_before_the_handler(void **state)
{
    static const struct {
        const char *query, *code;
    } cases[] = {
        {"n=1", NULL},
        {"n=10&c=b", NULL},
        {"lang=en&q=x", NULL},
        {"n=0", "http.param"},
        {"n=11", "http.param"},
        {"n=1x", "http.param"},
        {"n=", "http.param"},
        {"c=d", "http.param"},
        {"c=", "http.param"},
        {"c=a,b", "http.param"},
        {"q=a%0Ab", "http.param"},
        {"lang=fr", "http.param"},
        {"x=1", "http.param_unknown"},
        {"q=a&q=a", "http.param_twice"},
        {"lang=en&lang=en", "http.param_twice"},
    };
    char request[256];

    (void)state;
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        int before = atomic_load(&raw_world.hello);
        int n = snprintf(request, sizeof request, "GET /hello?%s HTTP/1.1\r\n" H, cases[i].query);
        raw_ask(request, (size_t)n, &answer);
        assert_int_equal(answer.status, cases[i].code ? 400 : 200);
        assert_int_equal(atomic_load(&raw_world.hello) - before, cases[i].code ? 0 : 1);
        if (cases[i].code)
            has(cases[i].code);
    }
}

static void a_problem_is_told_in_the_language_of_the_caller(void **state)
{
    static const struct {
        const char *request, *title;
    } cases[] = {
        {"GET /fails HTTP/1.1\r\n" H, "\"title\":\"\\u003cthing>不是这样\""},
        {"GET /fails?lang=en HTTP/1.1\r\n" H, "\"title\":\"\\u003cthing> is not so\""},
        {"GET /fails HTTP/1.1\r\nAccept-Language: en-GB,zh;q=0.8\r\n" H, "is not so\""},
        {"GET /fails HTTP/1.1\r\nAccept-Language: fr, zh-Hans;q=0.9, en;q=0.8\r\n" H, "不是这样"},
        {"GET /fails HTTP/1.1\r\nCookie: lang=en\r\nAccept-Language: zh\r\n" H, "is not so\""},
        {"GET /fails?lang=zh-CN HTTP/1.1\r\nCookie: lang=en\r\n" H, "不是这样"},
    };

    (void)state;
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        raw_ask(cases[i].request, strlen(cases[i].request), &answer);
        assert_int_equal(answer.status, 409);
        has("Content-Type: application/problem+json\r\n");
        has("\"type\":\"/problems/test.conflict\"");
        has("\"subject\":\"\\u003cthing>\"");
        has(cases[i].title);
        assert_null(strstr(answer.text, "half"));
    }
}

static void a_token_in_the_address_is_refused_and_ended(void **state)
{
    (void)state;
    raw_ask(SAY("GET /hello?q=ym_0123456789abcdefghijklmnopqrstuvwxyzABC-_DE HTTP/1.1\r\n" H),
            &answer);
    assert_int_equal(answer.status, 400);
    has("http.secret_in_url");
    assert_int_equal(atomic_load(&raw_world.burned), 1);
    assert_string_equal(raw_world.token, "ym_0123456789abcdefghijklmnopqrstuvwxyzABC-_DE");
    assert_null(strstr(answer.text, "0123456789abcdef"));
    raw_ask(SAY("GET /pages/x?access_token=1 HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 400);
    assert_int_equal(atomic_load(&raw_world.burned), 1);
}

static void a_header_cannot_be_split_by_what_a_caller_says(void **state)
{
    (void)state;
    raw_ask(SAY("GET /poison?q=a HTTP/1.1\r\n" H), &answer);
    has("X-Back: a\r\n");
    assert_null(strstr(answer.text, "Set-Cookie"));
    assert_null(strstr(answer.text, "X-Split"));
}

static void bodies_of_json_keep_their_limits(void **state)
{
    static char bytes[2 * 1024 * 1024];

    (void)state;
    raw_ask(SAY("POST /json HTTP/1.1\r\nContent-Type: application/json\r\n"
                "Content-Length: 9\r\nHost: a\r\n\r\n{\"a\": 1}\n"),
            &answer);
    assert_int_equal(answer.status, 201);
    has("{\"a\":1}");
    raw_ask(
        SAY("PATCH /json HTTP/1.1\r\nContent-Type: application/merge-patch+json;charset=utf-8\r\n"
            "Content-Length: 2\r\nHost: a\r\n\r\n{}"),
        &answer);
    assert_int_equal(answer.status, 200);
    raw_ask(SAY("POST /json HTTP/1.1\r\nContent-Type: application/json\r\n"
                "Content-Encoding: gzip\r\nContent-Length: 2\r\nHost: a\r\n\r\n{}"),
            &answer);
    assert_int_equal(answer.status, 415);
    raw_ask(SAY("POST /json HTTP/1.1\r\nContent-Type: application/json\r\n"
                "Content-Length: 9\r\nHost: a\r\n\r\n{\"a\": 1]\n"),
            &answer);
    assert_int_equal(answer.status, 400);
    has("json.syntax");
    raw_ask(SAY("POST /json HTTP/1.1\r\nContent-Type: application/json\r\n"
                "Content-Length: 2000000\r\nHost: a\r\n\r\n{"),
            &answer);
    assert_int_equal(answer.status, 413);
    assert_true(answer.closed);

    // Chunked: the length shows only on the way, and still the client reads the answer.
    int n = snprintf(bytes, sizeof bytes,
                     "POST /json HTTP/1.1\r\nContent-Type: application/json\r\n"
                     "Transfer-Encoding: chunked\r\nHost: a\r\n\r\n180000\r\n");
    memset(bytes + n, ' ', 0x180000);
    raw_ask(bytes, (size_t)n + 0x180000, &answer);
    assert_int_equal(answer.status, 413);
    has("http.body_large");
    has("Connection: close");
}

static void what_expects_to_be_refused_sends_no_body(void **state)
{
    (void)state;
    int fd = raw_connect();
    raw_send(fd, SAY("POST /private HTTP/1.1\r\nContent-Length: 100000000\r\n"
                     "Expect: 100-continue\r\n" H));
    raw_read(fd, 500, &answer);
    assert_int_equal(answer.status, 401);
    assert_true(answer.closed);
    close(fd);
    fd = raw_connect();
    raw_send(fd, SAY("POST /private HTTP/1.1\r\nContent-Length: 3\r\nAuthorization: Bearer good\r\n"
                     "Expect: 100-continue\r\n" H));
    raw_read(fd, 200, &answer);
    assert_int_equal(answer.status, 100);
    raw_send(fd, SAY("abc"));
    raw_read(fd, 200, &answer);
    assert_int_equal(answer.status, 201);
    has("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    close(fd);
}

static int64_t resident_bytes(void)
{
    long long pages = 0, size = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lld %lld", &size, &pages), 2);
    fclose(file);
    return pages * (int64_t)sysconf(_SC_PAGESIZE);
}

enum { UPLOAD = 64 << 20 };

// One upload of UPLOAD bytes, chunked or not; returns the digest that it should have.
static void send_upload(int fd, bool chunked, char digest[65])
{
    static char piece[128 * 1024];
    unsigned char raw[32];
    EVP_MD_CTX *sum = EVP_MD_CTX_new();

    EVP_DigestInit_ex(sum, EVP_sha256(), NULL);
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (char)(i * 31 + i / 251);
    char head[256];
    int n = snprintf(head, sizeof head, "POST /files HTTP/1.1\r\n%s%s" H,
                     chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: ",
                     chunked ? "" : "67108864\r\n");
    raw_send(fd, head, (size_t)n);
    for (size_t sent = 0; sent < UPLOAD; sent += sizeof piece) {
        piece[0]++;
        if (chunked)
            raw_send(fd, SAY("20000\r\n"));
        raw_send(fd, piece, sizeof piece);
        if (chunked)
            raw_send(fd, SAY("\r\n"));
        EVP_DigestUpdate(sum, piece, sizeof piece);
    }
    if (chunked)
        raw_send(fd, SAY("0\r\n\r\n"));
    EVP_DigestFinal_ex(sum, raw, NULL);
    EVP_MD_CTX_free(sum);
    for (size_t i = 0; i < 32; i++)
        snprintf(digest + 2 * i, 3, "%02x", raw[i]);
}

static void an_upload_of_64_mib_takes_no_memory_and_keeps_its_digest(void **state)
{
    char digest[65];

    (void)state;
    for (int chunked = 0; chunked < 2; chunked++) {
        int64_t before = resident_bytes();
        int fd = raw_connect();
        send_upload(fd, chunked, digest);
        raw_read(fd, 20000, &answer);
        close(fd);
        int64_t grown = resident_bytes() - before;
        assert_int_equal(answer.status, 201);
        has(digest);
        has("\"size\":67108864,\"there\":true");
        printf("# 64 MiB%s: memory grew by %lld KiB\n", chunked ? " in chunks" : "",
               (long long)grown / 1024);
        assert_in_range(grown + (1 << 20), 0, 5 << 20);
    }
}

static void a_form_around_a_file_is_refused(void **state)
{
    (void)state;
    raw_ask(SAY("POST /files HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=a\r\n"
                "Content-Length: 3\r\nHost: a\r\n\r\nabc"),
            &answer);
    assert_int_equal(answer.status, 415);
    raw_ask(SAY("POST /files HTTP/1.1\r\nContent-Length: 300000000\r\nHost: a\r\n\r\nabc"),
            &answer);
    assert_int_equal(answer.status, 413);
}

// raw_stop fails where a file is left: this one leaves in the middle of an upload.
static void a_client_that_leaves_takes_its_file_along(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        int fd = raw_connect();
        char piece[8192] = "x";
        raw_send(fd, SAY("POST /files HTTP/1.1\r\nContent-Length: 100000000\r\n" H));
        for (int j = 0; j < i * 40; j++)
            raw_send(fd, piece, sizeof piece);
        usleep(20000);
        close(fd);
    }
    usleep(100000);
}

static void events_come_as_they_are_put_and_end(void **state)
{
    (void)state;
    int fd = raw_connect(), before = atomic_load(&raw_world.gone);
    raw_send(fd, SAY("GET /events HTTP/1.1\r\n" H));
    raw_read(fd, 150, &answer);
    assert_int_equal(answer.status, 200);
    has("Content-Type: text/event-stream\r\n");
    has("event: first\ndata: {\"n\": 1}\ndata: second line\n\n");
    struct http_events *events = atomic_exchange(&raw_world.events, NULL);
    assert_non_null(events);
    for (int i = 0; i < 100; i++)
        assert_true(http_events_put(events, "more", YM_STR("{}")));
    raw_read(fd, 150, &answer);
    has("event: more\ndata: {}\n\n");
    http_events_end(events);
    raw_read(fd, 500, &answer);
    has("0\r\n\r\n"); // the last chunk: a clean end, not a cut one
    close(fd);
    for (int i = 0; i < 100 && atomic_load(&raw_world.gone) == before; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&raw_world.gone), before + 1);
}

static void a_stream_whose_client_left_is_told_to_be_over(void **state)
{
    (void)state;
    int fd = raw_connect(), before = atomic_load(&raw_world.gone);
    raw_send(fd, SAY("GET /events HTTP/1.1\r\n" H));
    raw_read(fd, 150, &answer);
    close(fd);
    struct http_events *events = atomic_exchange(&raw_world.events, NULL);
    for (int i = 0; i < 100 && atomic_load(&raw_world.gone) == before; i++) {
        (void)http_events_put(events, "more", YM_STR("{}"));
        usleep(10000);
    }
    assert_int_equal(atomic_load(&raw_world.gone), before + 1);
    assert_false(http_events_put(events, "more", YM_STR("{}")));
    http_events_end(events);
}

static void a_stream_that_nobody_reads_is_cut_not_kept(void **state)
{
    static char data[1024];
    int small = 4096;

    (void)state;
    memset(data, 'x', sizeof data);
    int fd = raw_connect();
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    raw_send(fd, SAY("GET /events HTTP/1.1\r\n" H));
    usleep(100000);
    struct http_events *events = atomic_exchange(&raw_world.events, NULL);
    int put = 0;
    while (put < 100000 && http_events_put(events, "big", (struct ym_str){data, sizeof data}))
        put++;
    assert_true(put < 100000);
    http_events_end(events);
    close(fd);
}

static void requests_behind_each_other_are_all_answered(void **state)
{
    static char many[64 * 64];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 50; i++)
        n += (size_t)snprintf(many + n, sizeof many - n, "GET /hello?n=1 HTTP/1.1\r\n" H);
    raw_ask(many, n, &answer);
    has("HTTP/1.1 200 OK");
    assert_false(answer.closed);
    assert_true(answer.answers > 25); // as many as the answer's buffer holds
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_carries_the_security_headers),
        cmocka_unit_test(head_answers_as_get_without_the_body),
        cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
        cmocka_unit_test(parameters_are_judged_before_the_handler),
        cmocka_unit_test(a_problem_is_told_in_the_language_of_the_caller),
        cmocka_unit_test(a_token_in_the_address_is_refused_and_ended),
        cmocka_unit_test(a_header_cannot_be_split_by_what_a_caller_says),
        cmocka_unit_test(bodies_of_json_keep_their_limits),
        cmocka_unit_test(what_expects_to_be_refused_sends_no_body),
        cmocka_unit_test(an_upload_of_64_mib_takes_no_memory_and_keeps_its_digest),
        cmocka_unit_test(a_form_around_a_file_is_refused),
        cmocka_unit_test(a_client_that_leaves_takes_its_file_along),
        cmocka_unit_test(events_come_as_they_are_put_and_end),
        cmocka_unit_test(a_stream_whose_client_left_is_told_to_be_over),
        cmocka_unit_test(a_stream_that_nobody_reads_is_cut_not_kept),
        cmocka_unit_test(requests_behind_each_other_are_all_answered),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
