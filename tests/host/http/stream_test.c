#include "raw.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define SAY(text) text, sizeof(text) - 1
#define H         "Host: a\r\n\r\n"
enum { LONG = 64 * 1024 * 1024 };

static struct raw_answer answer;
static struct {
    _Atomic int ran, done, gone;
    _Atomic int64_t written;
} seen;

static bool put(struct http_stream *stream, int64_t n, struct ym_error *err)
{
    static char block[100 * 1000];

    memset(block, 'x', sizeof block);
    for (int64_t at = 0; at < n;) {
        size_t part = n - at < (int64_t)sizeof block ? (size_t)(n - at) : sizeof block;
        if (!http_stream_put(stream, (struct ym_str){block, part}, err))
            return false;
        at += (int64_t)part;
        atomic_fetch_add(&seen.written, (int64_t)part);
    }
    return true;
}

static bool write_short(struct http_stream *stream, void *with, struct ym_error *err)
{
    (void)with;
    return http_stream_put(stream, YM_STR("all of it"), err);
}

static bool write_long(struct http_stream *stream, void *with, struct ym_error *err)
{
    (void)with;
    return put(stream, LONG, err);
}

static bool fail_early(struct http_stream *stream, void *with, struct ym_error *err)
{
    (void)stream, (void)with;
    return ym_fail(err, YM_TOO_LARGE, "test.large", "too large to begin");
}

static bool fail_late(struct http_stream *stream, void *with, struct ym_error *err)
{
    (void)with;
    return put(stream, 1000 * 1000, err) && ym_fail(err, YM_FAULT, "test.late", "broken");
}

static bool write_for_ever(struct http_stream *stream, void *with, struct ym_error *err)
{
    (void)with;
    while (put(stream, 1000 * 1000, err))
        ;
    if (strcmp(err->code, "http.gone") == 0)
        atomic_fetch_add(&seen.gone, 1);
    return false;
}

// Nothing to write for long: only asking can tell that the client has left.
static bool think(struct http_stream *stream, void *with, struct ym_error *err)
{
    (void)with;
    if (!http_stream_put(stream, YM_STR("a beginning"), err))
        return false;
    for (int i = 0; i < 3000 && !http_stream_gone(stream); i++)
        usleep(10000);
    if (http_stream_gone(stream))
        atomic_fetch_add(&seen.gone, 1);
    return ym_fail(err, YM_FAULT, "test.thought", "thought in vain");
}

static void done(void *with)
{
    (void)with;
    atomic_fetch_add(&seen.done, 1);
}

static bool stream(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    static const struct {
        const char *name;
        http_stream_run *run;
    } kinds[] = {
        {"short", write_short}, {"long", write_long},     {"early", fail_early},
        {"late", fail_late},    {"ever", write_for_ever}, {"think", think},
    };

    atomic_fetch_add(&seen.ran, 1);
    for (size_t i = 0; i < YM_COUNT(kinds); i++)
        if (ym_str_is(http_path_part(rq, "kind"), kinds[i].name))
            return http_reply_stream(rq, re, "text/plain", kinds[i].run, NULL, done, err);
    return ym_fail(err, YM_NOT_FOUND, "test.kind", "no such stream");
}

static const struct http_route routes[] = {
    {"GET", "/stream/{kind}", stream, HTTP_ANYONE, HTTP_NO_BODY, NULL, "s", NULL, "File", 200,
     false, NULL},
};

static void with_routes(struct http_options *options)
{
    options->routes = routes;
    options->n_routes = YM_COUNT(routes);
}

static int start(void **state)
{
    (void)state;
    raw_start(with_routes);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    raw_stop();
    return 0;
}

static bool comes_to(_Atomic int *value, int wanted)
{
    for (int i = 0; i < 1000 && atomic_load(value) != wanted; i++)
        usleep(10000);
    return atomic_load(value) == wanted;
}

static int ask_as(const char *header, const char *kind)
{
    char request[160];
    int fd = raw_connect();
    int n = snprintf(request, sizeof request, "GET /stream/%s HTTP/1.1\r\n%s" H, kind, header);

    raw_send(fd, request, (size_t)n);
    return fd;
}

static int ask(const char *kind)
{
    return ask_as("", kind);
}

// Of an answer that never ends, the beginning: reading on until it is silent takes for ever on a
// busy machine, where it never is.
static int status_of(int fd)
{
    char head[64] = "";
    size_t n = 0;
    int status = 0;

    while (n < 16) {
        ssize_t k = recv(fd, head + n, 16 - n, 0);
        if (k <= 0)
            return 0;
        n += (size_t)k;
    }
    return sscanf(head, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static int64_t resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s %ld", &pages), 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void a_short_stream_leaves_with_its_length(void **state)
{
    (void)state;
    raw_ask(SAY("GET /stream/short HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.text, "\r\n\r\nall of it"));
    assert_false(answer.closed);
}

static void an_error_before_the_first_byte_has_its_status(void **state)
{
    (void)state;
    raw_ask(SAY("GET /stream/early HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 413);
    assert_non_null(strstr(answer.text, "test.large"));
}

static void head_runs_nothing(void **state)
{
    int before = atomic_load(&seen.done);

    (void)state;
    raw_ask(SAY("HEAD /stream/ever HTTP/1.1\r\n" H), &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(atomic_load(&seen.done), before + 1);
}

static void sixty_four_mib_pass_through_little_memory_and_end_well(void **state)
{
    char block[65536], last[8] = "";
    int64_t total = 0, before = resident_bytes();
    int fd = ask("long");
    ssize_t n;

    (void)state;
    while ((n = recv(fd, block, sizeof block, 0)) > 0) {
        total += n;
        if (n >= 5)
            memcpy(last, block + n - 5, 5);
        if (strcmp(last, "0\r\n\r\n") == 0)
            break;
    }
    close(fd);
    assert_string_equal(last, "0\r\n\r\n");
    assert_true(total > LONG);
    assert_true(resident_bytes() - before < 16 * 1024 * 1024);
}

static void a_late_failure_cuts_the_transfer_before_its_end(void **state)
{
    char block[65536];
    int64_t total = 0;
    int fd = ask("late");
    ssize_t n, left = 0;

    (void)state;
    while ((n = recv(fd, block, sizeof block, 0)) > 0) {
        total += n;
        left = n;
    }
    close(fd);
    assert_true(total < 1100 * 1000); // and the server has closed: recv came to its end
    assert_true(left < 5 || memcmp(block + left - 5, "0\r\n\r\n", 5) != 0);
}

static void the_writer_waits_for_a_client_that_does_not_read(void **state)
{
    int before = atomic_load(&seen.gone);
    int fd = ask("ever");

    (void)state;
    atomic_store(&seen.written, 0);
    usleep(500000);
    int64_t then = atomic_load(&seen.written);
    usleep(500000);
    assert_int_equal(atomic_load(&seen.written), then);
    assert_true(then < 16 * 1024 * 1024); // the sockets' own buffers
    close(fd);
    assert_true(comes_to(&seen.gone, before + 1));
}

static void a_client_that_left_is_noticed_while_nothing_is_written(void **state)
{
    int before = atomic_load(&seen.gone);
    int fd = ask("think");

    (void)state;
    raw_read(fd, 100, &answer);
    assert_int_equal(answer.status, 200);
    close(fd);
    assert_true(comes_to(&seen.gone, before + 1));
}

static void assert_waits(int fd)
{
    raw_read(fd, 2000, &answer);
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.text, "http.streams"));
    close(fd);
}

static void strangers_get_half_of_the_streams_and_the_seventeenth_waits(void **state)
{
    static const char known[] = "Authorization: Bearer good\r\n";
    int fds[16], before = atomic_load(&seen.gone);

    (void)state;
    for (size_t i = 0; i < YM_COUNT(fds); i++) {
        if (i == 8)
            assert_waits(ask("short"));
        fds[i] = ask_as(i < 8 ? "" : known, "ever");
        assert_int_equal(status_of(fds[i]), 200);
    }
    assert_waits(ask_as(known, "short"));
    for (size_t i = 0; i < YM_COUNT(fds); i++)
        close(fds[i]);
    assert_true(comes_to(&seen.gone, before + 16));
    for (int i = 0; i < 200 && answer.status != 200; i++) {
        usleep(10000);
        raw_ask(SAY("GET /stream/short HTTP/1.1\r\n" H), &answer);
    }
    assert_int_equal(answer.status, 200);
}

static void a_server_that_stops_ends_its_streams(void **state)
{
    int64_t from = ym_monotonic();
    int fd = ask("ever");

    (void)state;
    assert_int_equal(status_of(fd), 200);
    raw_stop();
    assert_true(ym_monotonic() - from < 20 * YM_SECOND);
    assert_int_equal(atomic_load(&seen.ran), atomic_load(&seen.done));
    close(fd);
    raw_start(with_routes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_stream_leaves_with_its_length),
        cmocka_unit_test(an_error_before_the_first_byte_has_its_status),
        cmocka_unit_test(head_runs_nothing),
        cmocka_unit_test(sixty_four_mib_pass_through_little_memory_and_end_well),
        cmocka_unit_test(a_late_failure_cuts_the_transfer_before_its_end),
        cmocka_unit_test(the_writer_waits_for_a_client_that_does_not_read),
        cmocka_unit_test(a_client_that_left_is_noticed_while_nothing_is_written),
        cmocka_unit_test(strangers_get_half_of_the_streams_and_the_seventeenth_waits),
        cmocka_unit_test(a_server_that_stops_ends_its_streams),
    };

    return cmocka_run_group_tests_name("host/http/stream", tests, start, stop);
}
