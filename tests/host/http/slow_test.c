#include "raw.h"

#include "base/time.h"

#include <poll.h>
#include <pthread.h>
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

static bool is_closed(int fd)
{
    char c;

    return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

// Milliseconds until the server closes, sending `drip` each 50 ms; -1 after `most`.
static int64_t time_to_close(int fd, const char *drip, int64_t most)
{
    int64_t begin = ym_monotonic();

    while (ym_monotonic() - begin < most * 1000) {
        if (is_closed(fd))
            return (ym_monotonic() - begin) / 1000;
        if (drip)
            (void)send(fd, drip, 1, MSG_NOSIGNAL);
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, 50) > 0 && !is_closed(fd))
            return (ym_monotonic() - begin) / 1000; // reset
    }
    return -1;
}

static void short_heads(struct http_options *options)
{
    options->head_ms = 500;
}

static void a_head_that_drips_is_cut_at_its_deadline(void **state)
{
    (void)state;
    raw_start(short_heads);
    int silent = raw_connect(), line = raw_connect(), drip = raw_connect();
    raw_send(line, SAY("GET /hello HTTP/1.1\r\n"));
    assert_in_range(time_to_close(silent, NULL, 3000), 1, 1200);
    assert_in_range(time_to_close(line, NULL, 3000), 0, 1200);
    close(silent);
    close(line);
    close(drip);
    drip = raw_connect();
    raw_send(drip, SAY("GET /hello HTTP/1.1\r\nX: "));
    assert_in_range(time_to_close(drip, "a", 3000), 400, 1200);
    close(drip);
    // Each drop keeps the line going, never the whole of it.
    drip = raw_connect();
    assert_in_range(time_to_close(drip, "G", 3000), 400, 1200);
    close(drip);
    raw_ask(SAY("GET /hello HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    raw_stop();
}

static void many_slow_clients_do_not_keep_a_quick_one_waiting(void **state)
{
    enum { SLOW = 200 };
    int slow[SLOW];

    (void)state;
    raw_start(NULL);
    for (int i = 0; i < SLOW; i++) {
        slow[i] = raw_connect();
        raw_send(slow[i], SAY("POST /json HTTP/1.1\r\nContent-Type: application/json\r\n"
                              "Content-Length: 1000\r\n" H "{"));
    }
    int64_t begin = ym_monotonic();
    for (int i = 0; i < 20; i++) {
        raw_ask(SAY("GET /hello HTTP/1.1\r\nConnection: close\r\n" H), &answer);
        assert_int_equal(answer.status, 200);
    }
    assert_in_range(ym_monotonic() - begin, 0, 2000000);
    for (int i = 0; i < SLOW; i++)
        close(slow[i]);
    raw_stop();
}

// The window of the rate is 10 s: the one test of this folder that takes that long.
static void a_body_slower_than_the_least_rate_is_cut(void **state)
{
    (void)state;
    raw_start(NULL);
    int fd = raw_connect();
    raw_send(fd, SAY("POST /files HTTP/1.1\r\nContent-Length: 1000000\r\n" H));
    assert_in_range(time_to_close(fd, "a", 14000), 9000, 12000);
    close(fd);
    raw_stop();
}

static void three_each(struct http_options *options)
{
    options->per_address = 3;
}

static void one_address_has_so_many_connections_and_no_more(void **state)
{
    int fds[4];

    (void)state;
    raw_start(three_each);
    for (int i = 0; i < 4; i++) {
        fds[i] = raw_connect();
        raw_send(fds[i], SAY("GET /hello HTTP/1.1\r\n" H));
        raw_read(fds[i], 200, &answer);
        assert_int_equal(answer.status, i < 3 ? 200 : 429);
        assert_int_equal(answer.closed, i == 3);
    }
    assert_non_null(strstr(answer.text, "http.per_address"));
    assert_non_null(strstr(answer.text, "Retry-After: "));
    close(fds[0]);
    close(fds[3]);
    usleep(100000);
    raw_ask(SAY("GET /hello HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    for (int i = 1; i < 3; i++)
        close(fds[i]);
    raw_stop();
}

static void as_many_again_are_told_and_those_beyond_are_not_let_in(void **state)
{
    int fds[7];

    (void)state;
    raw_start(three_each);
    for (int i = 0; i < 7; i++) {
        fds[i] = raw_connect();
        usleep(20000); // several threads accept: else the order would be theirs
    }
    for (int i = 6; i >= 0; i--) {
        raw_send(fds[i], SAY("GET /hello HTTP/1.1\r\n" H));
        raw_read(fds[i], 200, &answer);
        assert_int_equal(answer.status, i < 3 ? 200 : i < 6 ? 429 : 0);
    }
    for (int i = 0; i < 7; i++)
        close(fds[i]);
    raw_stop();
}

static void behind_a_proxy(struct http_options *options)
{
    options->per_address = 2;
    options->proxies = "10.0.0.1\n127.0.0.1";
}

static void a_proxys_clients_are_counted_one_by_one(void **state)
{
    static const char slow[] = "GET /slow HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9\r\n" H;
    int fds[3];

    (void)state;
    raw_start(behind_a_proxy);
    for (int i = 0; i < 3; i++) {
        fds[i] = raw_connect();
        raw_send(fds[i], slow, sizeof slow - 1);
        usleep(20000);
    }
    raw_read(fds[2], 300, &answer);
    assert_int_equal(answer.status, 429);
    assert_non_null(strstr(answer.text, "Retry-After: "));
    raw_ask(SAY("GET /hello HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n" H),
            &answer);
    assert_int_equal(answer.status, 200);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    raw_stop();
}

static void few(struct http_options *options)
{
    options->connections = 20;
    options->threads = 2;
}

static void the_oldest_idle_connection_makes_room(void **state)
{
    int idle[40];

    (void)state;
    raw_start(few);
    for (int i = 0; i < 40; i++) {
        idle[i] = raw_connect();
        usleep(5000);
    }
    usleep(100000);
    assert_true(is_closed(idle[0]));
    raw_ask(SAY("GET /hello HTTP/1.1\r\nConnection: close\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    for (int i = 0; i < 40; i++)
        close(idle[i]);
    raw_stop();
}

static void *stop_now(void *arg)
{
    (void)arg;
    raw_stop();
    return NULL;
}

static void stopping_ends_what_is_suspended_and_answers_what_runs(void **state)
{
    pthread_t thread;
    int slow[6], stream[20];

    (void)state;
    raw_start(NULL);
    for (int i = 0; i < 20; i++) {
        stream[i] = raw_connect();
        raw_send(stream[i], SAY("GET /events HTTP/1.1\r\n" H));
        raw_read(stream[i], 60, &answer);
        assert_int_equal(answer.status, 200);
        http_events_end(atomic_exchange(&raw_world.events, NULL)); // the last one is left open
        if (i == 19) {
            close(stream[i]);
            stream[i] = raw_connect();
            raw_send(stream[i], SAY("GET /events HTTP/1.1\r\n" H));
            raw_read(stream[i], 60, &answer);
        }
    }
    struct http_events *open = atomic_exchange(&raw_world.events, NULL);
    // Four workers: two of these wait in the queue while four run.
    for (int i = 0; i < 6; i++) {
        slow[i] = raw_connect();
        raw_send(slow[i], SAY("GET /slow HTTP/1.1\r\n" H));
    }
    int upload = raw_connect();
    raw_send(upload, SAY("POST /files HTTP/1.1\r\nContent-Length: 1000000\r\n" H "abc"));
    usleep(100000);
    int64_t begin = ym_monotonic();
    pthread_create(&thread, NULL, stop_now, NULL);
    for (int i = 0; i < 6; i++) {
        raw_read(slow[i], 3000, &answer);
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.text, "\"stopping\":true"));
        close(slow[i]);
    }
    raw_read(stream[19], 3000, &answer);
    assert_non_null(strstr(answer.text, "0\r\n\r\n"));
    pthread_join(thread, NULL);
    printf("# stopped in %lld ms\n", (long long)(ym_monotonic() - begin) / 1000);
    assert_in_range(ym_monotonic() - begin, 0, 3000000);
    assert_false(http_events_put(open, "late", YM_STR("{}")));
    http_events_end(open);
    for (int i = 0; i < 20; i++)
        close(stream[i]);
    close(upload);
}

static void it_starts_and_stops_again_on_the_same_port(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        raw_start(NULL);
        raw_ask(SAY("GET /hello HTTP/1.1\r\nConnection: close\r\n" H), &answer);
        assert_int_equal(answer.status, 200);
        raw_stop();
    }
}

static void a_port_that_is_taken_is_an_error_that_names_it(void **state)
{
    struct http_server *second = NULL;
    struct ym_error err = {0};
    char listen[32];

    (void)state;
    raw_start(NULL);
    snprintf(listen, sizeof listen, "127.0.0.1:%d", raw_world.port);
    struct http_options options = {.listen = listen};
    assert_false(http_server_start(&options, &second, &err));
    assert_string_equal(err.code, "http.listen");
    assert_string_equal(err.subject, listen);
    options.listen = "nonsense";
    assert_false(http_server_start(&options, &second, &err));
    assert_string_equal(err.code, "http.listen");
    raw_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_that_drips_is_cut_at_its_deadline),
        cmocka_unit_test(many_slow_clients_do_not_keep_a_quick_one_waiting),
        cmocka_unit_test(a_body_slower_than_the_least_rate_is_cut),
        cmocka_unit_test(one_address_has_so_many_connections_and_no_more),
        cmocka_unit_test(as_many_again_are_told_and_those_beyond_are_not_let_in),
        cmocka_unit_test(a_proxys_clients_are_counted_one_by_one),
        cmocka_unit_test(the_oldest_idle_connection_makes_room),
        cmocka_unit_test(stopping_ends_what_is_suspended_and_answers_what_runs),
        cmocka_unit_test(it_starts_and_stops_again_on_the_same_port),
        cmocka_unit_test(a_port_that_is_taken_is_an_error_that_names_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
