// The real engine: what engine.h promises.
#include "host/engine/inside.h"

#include "../../support/foreign.h"
#include "base/time.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char program[4096];
static struct engine *shared; // of the tests that do not kill it
static char folder[] = "/tmp/ym-engine-XXXXXX";

// ---- helpers

static const char *inner(const char *name)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct engine *start(const char *name)
{
    struct engine_options options = {
        .program = program, .dir = inner(name), .database = "lake", .zone = "Asia/Shanghai"};
    struct engine *engine;
    struct ym_error err = {0};

    if (!engine_start(&options, &engine, &err) || !engine_wait(engine, 60000, &err))
        fail_msg("%s: %s", err.code, err.message);
    return engine;
}

static void must(struct engine *engine, const char *sql)
{
    struct ym_error err = {0};

    if (!engine_run(engine, sql, YM_NO_ARGS, &err))
        fail_msg("%s: %s (%s)", err.code, err.message, sql);
}

// The first cell of the answer.
static int64_t number(struct engine *engine, const char *sql, struct ym_args params)
{
    struct ym_buf answer = {0};
    struct ym_error err = {0};
    int64_t value = -1;

    if (!engine_ask(engine, sql, params, &answer, &err))
        fail_msg("%s: %s (%s)", err.code, err.message, sql);
    assert_true(ym_str_int(ym_str_trim(ym_buf_str(&answer)), &value));
    ym_buf_clear(&answer);
    return value;
}

static void assert_fails(struct engine *engine, struct engine_query *query, enum ym_kind kind,
                         const char *code, int exception)
{
    struct ym_error err = {0};

    assert_false(engine_do(engine, query, &err));
    if (strcmp(err.code, code) != 0)
        fail_msg("%s: %s instead of %s", err.code, err.message, code);
    assert_int_equal(err.kind, kind);
    assert_true(err.hint[0] != '\0');
    if (exception >= 0)
        assert_int_equal(query->exception, exception);
}

static void wait_until_away(struct engine *engine, int64_t starts)
{
    for (int i = 0; i < 500 && engine_ready(engine) && engine_starts(engine) == starts; i++)
        usleep(10000);
}

// ---- values

static void a_text_arrives_as_it_was_sent(void **state)
{
    static char big[100000];
    memset(big, '\'', sizeof big);
    const struct ym_str texts[] = {
        YM_STR(""),           YM_STR("plain"),         YM_STR("a\tb"),     YM_STR("a\nb\r\n"),
        YM_STR("'\"`\\'"),    YM_STR("\\N"),           YM_STR("\\"),       YM_STR("nul\0in\0it"),
        YM_STR("武汉 𡐓 😀"),  YM_STR("%41&x=1;+ #?/"), YM_STR("\b\f\x1f"), YM_STR("\xff\xfe bad"),
        YM_STR("{y:String}"), {big, sizeof big},
    };
    (void)state;
    for (size_t i = 0; i < YM_COUNT(texts); i++) {
        struct ym_buf answer = {0};
        struct ym_error err = {0};
        struct ym_arena arena = {0};
        struct ym_str rest, line, cell;
        bool null;

        if (!engine_ask(shared, "SELECT {x:String}", YM_ARGS(ym_text("x", texts[i])), &answer,
                        &err))
            fail_msg("text %zu: %s: %s", i, err.code, err.message);
        rest = ym_buf_str(&answer);
        assert_true(engine_tsv_line(&rest, &line));
        assert_true(engine_tsv_cell(&line, &arena, &cell, &null));
        assert_false(null);
        assert_true(ym_str_eq(cell, texts[i]));
        ym_arena_clear(&arena);
        ym_buf_clear(&answer);
    }
}

static void numbers_lists_and_nothing_arrive_too(void **state)
{
    struct ym_args args =
        YM_ARGS(ym_int("least", INT64_MIN), ym_int("most", INT64_MAX), ym_real("third", 1.0 / 3),
                ym_real("huge", 1e308), ym_null("none"), ym_text("day", YM_STR("2026-02-28")),
                ym_text("list", YM_STR("['a\\'b','','武\\t汉','\\n']")));

    (void)state;
    assert_int_equal(
        number(shared,
               "SELECT {least:Int64} = -9223372036854775808 AND {most:Int64} = 9223372036854775807"
               " AND {third:Float64} = 1 / 3 AND {huge:Float64} = 1e308"
               " AND {none:Nullable(String)} IS NULL AND {day:Date} = toDate('2026-02-28')"
               " AND {list:Array(String)} = ['a\\'b', '', '武\\t汉', '\\n']",
               args),
        1);
}

static void settings_of_a_query_reach_it(void **state)
{
    struct ym_buf answer = {0};
    struct ym_error err = {0};
    struct engine_query query = {
        .sql = "SELECT toInt64(1) AS a FORMAT JSONCompactEachRow",
        .settings = YM_ARGS(ym_int("output_format_json_quote_64bit_integers", 1)),
        .answer = &answer,
    };

    (void)state;
    assert_true(engine_do(shared, &query, &err));
    assert_string_equal(ym_buf_cstr(&answer), "[\"1\"]\n");
    ym_buf_clear(&answer);
}

static void any_name_comes_back_from_its_quotes(void **state)
{
    uint32_t seed = 20261124;

    (void)state;
    for (int round = 0; round < 150; round++) {
        char name[40];
        size_t n = 0, wanted = 1 + (size_t)round % (sizeof name - 1);
        static const char hostile[] = "`\\'\"\n\t\r\0\x01\x7f {}@x0n-- /*;$";
        struct ym_buf sql = {0}, answer = {0};
        struct ym_arena arena = {0};
        struct ym_error err = {0};
        struct ym_str rest, line, cell;
        bool null;

        while (n < wanted) {
            seed = seed * 1664525 + 1013904223;
            uint32_t r = seed >> 8;
            name[n++] = r & 1 ? hostile[(r >> 1) % (sizeof hostile - 1)] : (char)(r >> 1);
        }
        ym_buf_printf(&sql, "SELECT 1 AS ");
        engine_name(&sql, (struct ym_str){name, n});
        ym_buf_printf(&sql, " FORMAT TSVWithNames");
        if (!engine_ask(shared, ym_buf_cstr(&sql), YM_NO_ARGS, &answer, &err))
            fail_msg("%s: %s", err.code, err.message);
        rest = ym_buf_str(&answer);
        assert_true(engine_tsv_line(&rest, &line));
        assert_true(engine_tsv_cell(&line, &arena, &cell, &null));
        assert_true(ym_str_eq(cell, (struct ym_str){name, n}));
        ym_arena_clear(&arena);
        ym_buf_clear(&sql);
        ym_buf_clear(&answer);
    }
}

static void sql_of_a_megabyte_is_run(void **state)
{
    struct ym_buf sql = {0};

    (void)state;
    ym_buf_printf(&sql, "SELECT length([''");
    for (int i = 1; i < 4000; i++)
        ym_buf_printf(&sql, ", '%0250d'", i);
    ym_buf_printf(&sql, "])");
    assert_true(sql.n > 1000000);
    assert_int_equal(number(shared, ym_buf_cstr(&sql), YM_NO_ARGS), 4000);
    ym_buf_clear(&sql);
}

// ---- errors

static bool count_bytes(void *with, struct ym_str bytes, struct ym_error *err)
{
    (void)err;
    *(size_t *)with += bytes.n;
    return true;
}

static void an_error_says_what_kind_it_is_and_no_value(void **state)
{
    char big[1100];
    struct ym_buf text = {0};
    struct ym_error err = {0};
    struct engine_query syntax = {.sql = "SELECT FROM WHERE"};
    struct engine_query table = {.sql = "SELECT * FROM lake.nothing"};
    struct engine_query late = {
        .sql = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 0",
        .timeout_s = 1};
    struct engine_query memory = {.sql =
                                      "SELECT length(groupArray(number)) FROM numbers(100000000)",
                                  .settings = YM_ARGS(ym_int("max_memory_usage", 50000000))};
    struct engine_query value = {.sql = "SELECT {x:Int64}",
                                 .params = YM_ARGS(ym_text("x", YM_STR("420106199001011234")))};
    struct engine_query long_value = {.sql = "SELECT {x:String}"};

    (void)state;
    assert_fails(shared, &syntax, YM_FAULT, "engine.query", 62);
    assert_fails(shared, &table, YM_FAULT, "engine.query", 60);
    assert_fails(shared, &late, YM_LIMITED, "engine.limit", 159);
    assert_fails(shared, &memory, YM_LIMITED, "engine.limit", 241);
    value.params = YM_ARGS(ym_text("x", YM_STR("42010619900101123X")));
    assert_false(engine_do(shared, &value, &err));
    assert_null(strstr(err.message, "42010619900101"));
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 1000; i++)
        ym_buf_add(&text, (struct ym_str){big, sizeof big});
    long_value.params = YM_ARGS(ym_text("x", ym_buf_str(&text)));
    assert_fails(shared, &long_value, YM_TOO_LARGE, "engine.request", 0);
    ym_buf_clear(&text);
}

static void an_error_after_the_first_rows_is_an_error(void **state)
{
    size_t n = 0;
    struct engine_query query = {
        .sql = "SELECT number, throwIf(number = 5000000) FROM numbers(10000000)",
        .settings = YM_ARGS(ym_int("max_threads", 1)),
        .write = count_bytes,
        .with = &n,
        .streamed = true};

    (void)state;
    assert_fails(shared, &query, YM_FAULT, "engine.query", 395);
    assert_true(n > 0);
}

static void an_answer_over_its_limit_is_refused(void **state)
{
    struct ym_buf answer;
    struct engine_query query = {.sql = "SELECT * FROM numbers(1000)", .answer = &answer};

    (void)state;
    ym_buf_init(&answer, 100);
    assert_fails(shared, &query, YM_TOO_LARGE, "engine.answer", 0);
    ym_buf_clear(&answer);
}

static bool refuse_bytes(void *with, struct ym_str bytes, struct ym_error *err)
{
    (void)with;
    (void)bytes;
    return ym_fail(err, YM_FULL, "test.full", "no room") || ym_hint(err, "make some");
}

static int64_t running(struct engine *engine, const char *mark)
{
    return number(engine,
                  "SELECT count() FROM system.processes WHERE position(query, {mark:String}) > 0"
                  " AND position(query, 'system.processes') = 0",
                  YM_ARGS(ym_text("mark", ym_str(mark))));
}

static void wait_until_nothing_runs(struct engine *engine, const char *mark)
{
    for (int i = 0; i < 100 && running(engine, mark) > 0; i++)
        usleep(50000);
    assert_int_equal(running(engine, mark), 0);
}

static void a_caller_that_gives_up_ends_the_query(void **state)
{
    struct engine_query query = {.sql = "SELECT 'mark_one' FROM numbers(100000000000)",
                                 .write = refuse_bytes,
                                 .streamed = true};

    (void)state;
    assert_fails(shared, &query, YM_FULL, "test.full", 0);
    wait_until_nothing_runs(shared, "mark_one");
}

static bool after_a_second(void *with)
{
    return ym_monotonic() - *(int64_t *)with > YM_SECOND;
}

static void a_stopped_query_is_killed(void **state)
{
    int64_t began = ym_monotonic();
    struct engine_query query = {
        .sql = "SELECT 'mark_two', count() FROM numbers(1000000000000) WHERE sipHash64(number) = 0",
        .stopped = after_a_second,
        .with = &began};

    (void)state;
    assert_fails(shared, &query, YM_FAULT, "engine.stopped", 0);
    assert_true(ym_monotonic() - began < 10 * YM_SECOND);
    wait_until_nothing_runs(shared, "mark_two");
}

// ---- streams

struct rows {
    struct engine *engine;
    int64_t next, rows; // of RowBinary (UInt64, String)
    int64_t kill_at;    // row at which the engine is killed; -1: never
    int64_t fail_at;
};

static bool give_rows(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    struct rows *rows = with;

    *n = 0;
    while (rows->next < rows->rows && *n + 32 <= max) {
        if (rows->next == rows->fail_at)
            return ym_fail(err, YM_INVALID, "test.reader", "the file is broken") ||
                   ym_hint(err, "mend it");
        if (rows->next == rows->kill_at)
            kill(engine_pid(rows->engine), SIGKILL);
        memcpy(to + *n, &rows->next, 8);
        int digits = snprintf(to + *n + 9, 20, "%lld", (long long)rows->next);
        to[*n + 8] = (char)digits;
        *n += 9 + (size_t)digits;
        rows->next++;
    }
    return true;
}

static struct engine_query insert(struct rows *rows)
{
    return (struct engine_query){
        .sql = "INSERT INTO lake.stream FORMAT RowBinary", .read = give_rows, .with = rows};
}

static void make_stream_table(struct engine *engine)
{
    must(engine,
         "CREATE OR REPLACE TABLE lake.stream (a UInt64, b String)"
         " ENGINE = MergeTree ORDER BY a");
}

static void a_million_streamed_rows_are_all_there(void **state)
{
    struct rows rows = {.engine = shared, .rows = 1000000, .kill_at = -1, .fail_at = -1};
    struct engine_query query = insert(&rows);
    struct ym_error err = {0};

    (void)state;
    make_stream_table(shared);
    if (!engine_do(shared, &query, &err))
        fail_msg("%s: %s", err.code, err.message);
    assert_int_equal(number(shared, "SELECT count() FROM lake.stream", YM_NO_ARGS), 1000000);
    assert_int_equal(number(shared, "SELECT sum(a = toUInt64(b)) FROM lake.stream", YM_NO_ARGS),
                     1000000);
}

static void a_reader_that_fails_fails_the_insert_with_its_own_words(void **state)
{
    struct rows rows = {.engine = shared, .rows = 1000000, .kill_at = -1, .fail_at = 500000};
    struct engine_query query = insert(&rows);

    (void)state;
    make_stream_table(shared);
    assert_fails(shared, &query, YM_INVALID, "test.reader", 0);
    wait_until_nothing_runs(shared, "INSERT INTO lake.stream");
}

static bool give_noise(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    int *left = with;

    (void)err;
    *n = (*left)-- > 0 ? max : 0;
    memset(to, 'x', *n);
    return true;
}

static void bytes_that_are_no_rows_are_a_clear_error(void **state)
{
    int left = 200;
    struct engine_query query = {
        .sql = "INSERT INTO lake.stream FORMAT JSONEachRow", .read = give_noise, .with = &left};

    (void)state;
    make_stream_table(shared);
    assert_fails(shared, &query, YM_FAULT, "engine.query", 27);
}

// ---- death and birth

static void killed_in_the_middle_of_an_insert_it_says_so_and_comes_back(void **state)
{
    struct engine *engine = start("killed");
    struct rows rows = {.engine = engine, .rows = 50000000, .kill_at = 300000, .fail_at = -1};
    struct engine_query query = insert(&rows);
    struct ym_error err = {0};

    (void)state;
    must(engine, "CREATE TABLE lake.kept (a UInt64) ENGINE = MergeTree ORDER BY a");
    must(engine, "INSERT INTO lake.kept SELECT number FROM numbers(1000)");
    make_stream_table(engine);
    int64_t began = ym_monotonic(), starts = engine_starts(engine);
    assert_fails(engine, &query, YM_BUSY, "engine.away", 0);
    assert_true(ym_monotonic() - began < 20 * YM_SECOND);
    wait_until_away(engine, starts);
    assert_true(engine_wait(engine, 60000, &err));
    assert_int_equal(engine_starts(engine), starts + 1);
    assert_int_equal(number(engine, "SELECT count() FROM lake.kept", YM_NO_ARGS), 1000);
    engine_stop(engine);
}

struct killer {
    struct engine *engine;
    size_t n;
};

static bool kill_after_a_megabyte(void *with, struct ym_str bytes, struct ym_error *err)
{
    struct killer *killer = with;

    (void)err;
    if (killer->n < 1000000 && killer->n + bytes.n >= 1000000)
        kill(engine_pid(killer->engine), SIGKILL);
    killer->n += bytes.n;
    return true;
}

static void killed_in_the_middle_of_an_answer_it_says_so_and_comes_back(void **state)
{
    struct engine *engine = start("killed2");
    struct killer killer = {.engine = engine};
    struct engine_query query = {.sql = "SELECT * FROM numbers(10000000000)",
                                 .write = kill_after_a_megabyte,
                                 .with = &killer,
                                 .streamed = true};
    struct ym_error err = {0};
    int64_t starts = engine_starts(engine);

    (void)state;
    assert_fails(engine, &query, YM_BUSY, "engine.away", 0);
    wait_until_away(engine, starts);
    assert_true(engine_wait(engine, 60000, &err));
    must(engine, "SELECT 1");
    engine_stop(engine);
}

static bool pid_ended(pid_t pid, int pidfd, int timeout_ms)
{
    struct pollfd fd = {.fd = pidfd, .events = POLLIN};

    if (pidfd < 0)
        return kill(pid, 0) != 0;
    bool ended = poll(&fd, 1, timeout_ms) == 1;
    close(pidfd);
    return ended;
}

static void stopping_ends_the_child(void **state)
{
    struct engine *engine = start("stopped");
    pid_t pid = engine_pid(engine);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    (void)state;
    engine_stop(engine);
    assert_true(pid_ended(pid, pidfd, 0));
}

static void the_death_of_the_parent_ends_the_child(void **state)
{
    int out[2];
    pid_t child;
    long engine = 0;

    (void)state;
    assert_int_equal(pipe(out), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        execl("/proc/self/exe", "hold", "--hold", inner("orphan"), (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *said = fdopen(out[0], "r");
    assert_int_equal(fscanf(said, "engine %ld", &engine), 1);
    int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)engine, 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(pid_ended((pid_t)engine, pidfd, 10000));
    fclose(said);
}

static void without_a_program_the_trouble_is_told_and_stopping_is_quick(void **state)
{
    struct engine_options options = {.program = "/nonexistent/engine", .dir = inner("nothing")};
    struct engine *engine;
    struct ym_error err = {0};
    struct engine_query query = {.sql = "SELECT 1"};
    char why[256];

    (void)state;
    assert_true(engine_start(&options, &engine, &err));
    assert_fails(engine, &query, YM_BUSY, "engine.away", 0);
    assert_false(engine_wait(engine, 500, &err));
    assert_string_equal(err.code, "engine.away");
    assert_true(engine_trouble(engine, why).n > 0);
    int64_t began = ym_monotonic();
    engine_stop(engine);
    assert_true(ym_monotonic() - began < 2 * YM_SECOND);
}

static int64_t anonymous_kb(pid_t pid)
{
    char path[64], line[256];
    long long kb = -1;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %lld", &kb) == 1)
            break;
    fclose(file);
    return kb;
}

static void at_rest_it_gives_its_free_memory_back(void **state)
{
    int64_t kb = 0;

    (void)state;
    must(shared,
         "CREATE OR REPLACE TABLE lake.work (a UInt64, b String) ENGINE = MergeTree"
         " ORDER BY b");
    must(shared, "INSERT INTO lake.work SELECT number, toString(rand()) FROM numbers(2000000)");
    int64_t after = anonymous_kb(engine_pid(shared));
    for (int i = 0; i < 60; i++) {
        usleep(500000);
        kb = anonymous_kb(engine_pid(shared));
        if (kb < after / 2)
            break;
    }
    print_message("# anonymous memory: %lld MB after the work, %lld MB at rest\n",
                  (long long)after / 1024, (long long)kb / 1024);
    assert_true(kb < 120 * 1024);
}

// ---- strangers

static int status_of(const char *header, const char *user, const char *password)
{
    struct http_client *client = http_client_new();
    struct http_header key = {YM_STR("X-Yunmeng"), ym_str(header)};
    struct http_call call = {.method = "POST",
                             .url = shared->way.base,
                             .headers = &key,
                             .n_headers = header ? 1 : 0,
                             .user = user,
                             .password = password,
                             .body = YM_STR("SELECT file('/etc/hostname')")};
    struct ym_error err = {0};

    assert_true(http_call(client, &call, &err));
    http_client_free(client);
    return call.status;
}

static void a_stranger_on_the_machine_gets_no_answer(void **state)
{
    char wrong[ENGINE_SECRET];

    (void)state;
    memset(wrong, 'a', sizeof wrong - 1);
    wrong[sizeof wrong - 1] = '\0';
    assert_int_equal(status_of(NULL, NULL, NULL), 404);
    assert_int_equal(status_of(NULL, "default", ""), 404);
    assert_int_equal(status_of(wrong, "platform", shared->way.secret), 404);
    assert_int_equal(status_of(shared->way.header, "platform", wrong), 403);
}

static void files_of_the_machine_are_out_of_its_reach(void **state)
{
    static const char *const paths[] = {"/etc/passwd", "/proc/self/environ", "/root/.profile",
                                        "/proc/1/cmdline"};

    (void)state;
    for (size_t i = 0; i < YM_COUNT(paths); i++) {
        struct engine_query query = {.sql = "SELECT length(file({path:String}))"};
        struct ym_arg path = ym_text("path", ym_str(paths[i]));
        struct ym_error err = {0};

        query.params = (struct ym_args){&path, 1};
        assert_false(engine_do(shared, &query, &err));
        assert_true(query.exception != 0);
    }
}

static bool secret_found;

static void look_for_secrets(const char *path)
{
    static char bytes[4 << 20];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct ym_str text = {bytes, n};
    secret_found = secret_found || ym_str_find(text, ym_str(shared->way.header), 0) != SIZE_MAX ||
                   ym_str_find(text, ym_str(shared->way.secret), 0) != SIZE_MAX;
}

static int look_at_file(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)ftw;
    if (type == FTW_F)
        look_for_secrets(path);
    return 0;
}

static void no_secret_is_on_disk_or_in_the_process_table(void **state)
{
    char path[64];

    (void)state;
    secret_found = false;
    assert_int_equal(nftw(inner("shared"), look_at_file, 16, FTW_PHYS), 0);
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)engine_pid(shared));
    look_for_secrets(path);
    assert_false(secret_found);
    snprintf(path, sizeof path, "/proc/%d/environ", (int)engine_pid(shared));
    struct ym_str password = ym_str(shared->way.secret);
    char bytes[4096] = {0};
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    assert_true(ym_str_find((struct ym_str){bytes, n}, password, 0) == SIZE_MAX);
}

// ---- elsewhere

static void an_engine_that_we_did_not_start_is_used_and_watched(void **state)
{
    struct foreign foreign;
    struct engine *engine;
    struct ym_error err = {0};
    struct engine_query query = {.sql = "SELECT 1"};

    (void)state;
    assert_true(foreign_start(&foreign, program, inner("foreign")));
    struct engine_options options = {.url = foreign.url,
                                     .user = "platform",
                                     .password = "foreign",
                                     .database = "lake",
                                     .zone = "Asia/Shanghai"};
    assert_true(engine_start(&options, &engine, &err));
    if (!engine_wait(engine, 30000, &err))
        fail_msg("%s: %s", err.code, err.message);
    assert_int_equal(engine_pid(engine), 0);
    struct rows rows = {.engine = engine, .rows = 100000, .kill_at = -1, .fail_at = -1};
    struct engine_query load = insert(&rows);
    make_stream_table(engine);
    assert_true(engine_do(engine, &load, &err));
    assert_int_equal(number(engine, "SELECT count() FROM lake.stream", YM_NO_ARGS), 100000);
    foreign_stop(&foreign);
    assert_fails(engine, &query, YM_BUSY, "engine.away", 0);
    wait_until_away(engine, 1);
    assert_false(engine_ready(engine));
    engine_stop(engine);
}

static void a_wrong_password_elsewhere_is_told(void **state)
{
    struct foreign foreign;
    struct engine *engine;
    struct ym_error err = {0};
    char why[256];

    (void)state;
    assert_true(foreign_start(&foreign, program, inner("foreign2")));
    struct engine_options options = {.url = foreign.url, .user = "platform", .password = "no"};
    assert_true(engine_start(&options, &engine, &err));
    assert_false(engine_wait(engine, 1500, &err));
    assert_non_null(strstr(engine_trouble(engine, why).p, "password"));
    engine_stop(engine);
    foreign_stop(&foreign);
    options.url = "localhost:8123/x";
    assert_false(engine_start(&options, &engine, &err));
    assert_string_equal(err.code, "engine.url");
}

// ---- the group

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    shared = start("shared");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_stop(shared);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// The parent that is killed: holds an engine until then.
static int hold(const char *dir)
{
    struct engine_options options = {.program = program, .dir = dir, .database = "lake"};
    struct engine *engine;
    struct ym_error err = {0};

    if (!engine_start(&options, &engine, &err) || !engine_wait(engine, 60000, &err))
        return 1;
    printf("engine %ld\n", (long)engine_pid(engine));
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    const char *build = getenv("YM_BUILD");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_arrives_as_it_was_sent),
        cmocka_unit_test(numbers_lists_and_nothing_arrive_too),
        cmocka_unit_test(settings_of_a_query_reach_it),
        cmocka_unit_test(any_name_comes_back_from_its_quotes),
        cmocka_unit_test(sql_of_a_megabyte_is_run),
        cmocka_unit_test(an_error_says_what_kind_it_is_and_no_value),
        cmocka_unit_test(an_error_after_the_first_rows_is_an_error),
        cmocka_unit_test(an_answer_over_its_limit_is_refused),
        cmocka_unit_test(a_caller_that_gives_up_ends_the_query),
        cmocka_unit_test(a_stopped_query_is_killed),
        cmocka_unit_test(a_million_streamed_rows_are_all_there),
        cmocka_unit_test(a_reader_that_fails_fails_the_insert_with_its_own_words),
        cmocka_unit_test(bytes_that_are_no_rows_are_a_clear_error),
        cmocka_unit_test(a_stranger_on_the_machine_gets_no_answer),
        cmocka_unit_test(files_of_the_machine_are_out_of_its_reach),
        cmocka_unit_test(no_secret_is_on_disk_or_in_the_process_table),
        cmocka_unit_test(at_rest_it_gives_its_free_memory_back),
        cmocka_unit_test(killed_in_the_middle_of_an_insert_it_says_so_and_comes_back),
        cmocka_unit_test(killed_in_the_middle_of_an_answer_it_says_so_and_comes_back),
        cmocka_unit_test(stopping_ends_the_child),
        cmocka_unit_test(the_death_of_the_parent_ends_the_child),
        cmocka_unit_test(without_a_program_the_trouble_is_told_and_stopping_is_quick),
        cmocka_unit_test(an_engine_that_we_did_not_start_is_used_and_watched),
        cmocka_unit_test(a_wrong_password_elsewhere_is_told),
    };

    snprintf(program, sizeof program, "%s/bin/yunmeng-engine", build ? build : "build");
    if (access(program, X_OK) != 0) {
        printf("1..0 # SKIP there is no %s\n", program);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "--hold") == 0)
        return hold(argv[2]);
    return cmocka_run_group_tests_name("engine", tests, setup, teardown);
}
