// The one HTTP client against a socket that says exactly what a test wants said.
#include "host/http/client.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

// Answers each request of each connection with `says`, then closes where `closes`.
struct peer {
    int listener, port;
    const char *says;
    size_t says_n;
    bool closes, silent;
    pthread_t thread;
    struct ym_buf heard; // all requests
    int connections;
    char url[64];
};

// A request has ended by the blank line, or by the body that it announced.
static bool whole(struct ym_str heard)
{
    size_t end = ym_str_find(heard, YM_STR("\r\n\r\n"), 0);
    size_t at = ym_str_find(heard, YM_STR("Content-Length: "), 0);
    int64_t length = 0;

    if (end == SIZE_MAX)
        return false;
    if (ym_str_find(heard, YM_STR("Transfer-Encoding: chunked"), 0) < end)
        return ym_str_ends(heard, YM_STR("\r\n0\r\n\r\n"));
    if (at < end) {
        struct ym_str rest = ym_str_sub(heard, at + 16, 12), number;
        (void)ym_str_cut(&rest, '\r', &number);
        (void)ym_str_int(number, &length);
    }
    return heard.n >= end + 4 + (size_t)length;
}

static void serve_one(struct peer *peer, int fd)
{
    for (;;) {
        struct ym_buf request = {0};
        char bytes[4096];
        ssize_t n = 0;

        while (!whole(ym_buf_str(&request)) && (n = read(fd, bytes, sizeof bytes)) > 0)
            ym_buf_add(&request, (struct ym_str){bytes, (size_t)n});
        ym_buf_add(&peer->heard, ym_buf_str(&request));
        ym_buf_clear(&request);
        if (n <= 0)
            return;
        if (!peer->silent)
            assert_int_equal(write(fd, peer->says, peer->says_n), (ssize_t)peer->says_n);
        if (peer->closes)
            return;
    }
}

static void *serve(void *with)
{
    struct peer *peer = with;
    int fd;

    while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
        peer->connections++;
        serve_one(peer, fd);
        close(fd);
    }
    return NULL;
}

static void open_peer(struct peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;

    peer->says_n = peer->says_n ? peer->says_n : strlen(peer->says);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(peer->listener, 8), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%d/x", ntohs(address.sin_port));
    pthread_create(&peer->thread, NULL, serve, peer);
}

static void close_peer(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    ym_buf_clear(&peer->heard);
}

static void assert_fails(struct http_call *call, enum ym_kind kind, const char *code)
{
    struct http_client *client = http_client_new();
    struct ym_error err = {0};

    assert_false(http_call(client, call, &err));
    assert_string_equal(err.code, code);
    assert_int_equal(err.kind, kind);
    http_client_free(client);
}

static void two_calls_use_one_connection(void **state)
{
    struct peer peer = {.says = "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nyes"};
    struct http_client *client = http_client_new();
    struct ym_error err = {0};

    (void)state;
    open_peer(&peer);
    for (int i = 0; i < 2; i++) {
        struct ym_buf answer = {0};
        struct http_call call = {.method = "GET", .url = peer.url, .answer = &answer};
        assert_true(http_call(client, &call, &err));
        assert_int_equal(call.status, 201);
        assert_string_equal(ym_buf_cstr(&answer), "yes");
        ym_buf_clear(&answer);
    }
    http_client_free(client);
    close_peer(&peer);
    assert_int_equal(peer.connections, 1);
}

static void a_body_that_ends_early_is_a_failure(void **state)
{
    static const char *const says[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };

    (void)state;
    for (size_t i = 0; i < YM_COUNT(says); i++) {
        struct peer peer = {.says = says[i], .closes = true};
        struct ym_buf answer = {0};

        open_peer(&peer);
        struct http_call call = {.method = "GET", .url = peer.url, .answer = &answer};
        assert_fails(&call, YM_FAULT, "http.cut");
        ym_buf_clear(&answer);
        close_peer(&peer);
    }
}

static void nobody_there_and_no_answer_in_time_are_busy(void **state)
{
    struct peer peer = {.says = "", .silent = true};

    (void)state;
    open_peer(&peer);
    struct http_call slow = {.method = "GET", .url = peer.url, .timeout_ms = 200};
    assert_fails(&slow, YM_BUSY, "http.away");
    close_peer(&peer);
    struct http_call refused = {.method = "GET", .url = peer.url};
    assert_fails(&refused, YM_BUSY, "http.away");
    struct http_call unknown = {.method = "GET", .url = "http://nobody.invalid/"};
    assert_fails(&unknown, YM_BUSY, "http.away");
}

static void only_http_is_spoken(void **state)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x", "",
                                       "http://[::1"};

    (void)state;
    for (size_t i = 0; i < YM_COUNT(urls); i++) {
        struct http_call call = {.method = "GET", .url = urls[i]};
        assert_fails(&call, YM_INVALID, "http.url");
    }
}

static bool three_parts(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    int *given = with;

    (void)err;
    assert_true(max >= 4);
    *n = (*given)++ < 3 ? 4 : 0;
    memcpy(to, "part", *n);
    return true;
}

static void a_body_is_streamed_with_the_headers_given(void **state)
{
    struct peer peer = {.says = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    struct http_client *client = http_client_new();
    struct http_header header = {YM_STR("Content-Type"), YM_STR("text/csv")};
    struct ym_error err = {0};
    int given = 0;

    (void)state;
    open_peer(&peer);
    struct http_call call = {.method = "POST",
                             .url = peer.url,
                             .headers = &header,
                             .n_headers = 1,
                             .user = "u",
                             .password = "p",
                             .read = three_parts,
                             .with = &given};
    assert_true(http_call(client, &call, &err));
    const char *heard = ym_buf_cstr(&peer.heard);
    assert_non_null(strstr(heard, "POST /x HTTP/1.1\r\n"));
    assert_non_null(strstr(heard, "Content-Type: text/csv\r\n"));
    assert_non_null(strstr(heard, "Transfer-Encoding: chunked\r\n"));
    assert_non_null(strstr(heard, "Authorization: Basic dTpw\r\n"));
    assert_non_null(strstr(heard, "part"));
    assert_null(strstr(heard, "Expect"));
    http_client_free(client);
    close_peer(&peer);
}

static void a_body_is_sent_whole_by_any_method(void **state)
{
    static const char *const methods[] = {"POST", "PATCH", "DELETE", "PUT"};

    (void)state;
    for (size_t i = 0; i < YM_COUNT(methods); i++) {
        struct peer peer = {.says = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
        struct http_client *client = http_client_new();
        struct ym_error err = {0};

        open_peer(&peer);
        struct http_call call = {.method = methods[i], .url = peer.url, .body = YM_STR("a\0b")};
        assert_true(http_call(client, &call, &err));
        assert_true(ym_str_starts(ym_buf_str(&peer.heard), ym_str(methods[i])));
        assert_true(ym_str_ends(ym_buf_str(&peer.heard), YM_STR("\r\n\r\na\0b")));
        assert_null(strstr(ym_buf_cstr(&peer.heard), "Content-Type"));
        http_client_free(client);
        close_peer(&peer);
    }
}

static bool says_no(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    (void)with;
    (void)to;
    (void)max;
    (void)n;
    return ym_fail(err, YM_INVALID, "test.broken", "the file is broken");
}

static bool wants_no_more(void *with, struct ym_str bytes, struct ym_error *err)
{
    (void)with;
    (void)bytes;
    return ym_fail(err, YM_FULL, "test.full", "no room");
}

static bool always(void *with)
{
    (void)with;
    return true;
}

static void the_callers_own_error_comes_back(void **state)
{
    struct peer peer = {.says = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"};
    struct ym_buf small;

    (void)state;
    open_peer(&peer);
    struct http_call reads = {.method = "POST", .url = peer.url, .read = says_no};
    assert_fails(&reads, YM_INVALID, "test.broken");
    struct http_call writes = {.method = "GET", .url = peer.url, .write = wants_no_more};
    assert_fails(&writes, YM_FULL, "test.full");
    ym_buf_init(&small, 2);
    struct http_call big = {.method = "GET", .url = peer.url, .answer = &small};
    assert_fails(&big, YM_TOO_LARGE, "http.answer");
    ym_buf_clear(&small);
    struct http_call stopped = {.method = "GET", .url = peer.url, .stopped = always};
    assert_fails(&stopped, YM_FAULT, "http.stopped");
    close_peer(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_calls_use_one_connection),
        cmocka_unit_test(a_body_that_ends_early_is_a_failure),
        cmocka_unit_test(nobody_there_and_no_answer_in_time_are_busy),
        cmocka_unit_test(only_http_is_spoken),
        cmocka_unit_test(a_body_is_streamed_with_the_headers_given),
        cmocka_unit_test(a_body_is_sent_whole_by_any_method),
        cmocka_unit_test(the_callers_own_error_comes_back),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
