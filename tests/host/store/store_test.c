#include "base/time.h"
#include "host/store/store.h"
#include "tests/support/both.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct store_migration migrations[] = {
    {1, "things",
     "CREATE TABLE thing (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, size BIGINT, weight "
     "DOUBLE PRECISION, note TEXT);\n"
     "CREATE TABLE part (id BIGINT PRIMARY KEY, thing BIGINT NOT NULL REFERENCES thing (id));\n"},
    {2, "a semicolon in a literal is no end",
     "-- and one in a comment; is none either\n"
     "INSERT INTO thing (id, name, note) VALUES (1, 'first', 'a;b'';c');"
     "INSERT INTO part (id, thing) VALUES (1, 1);"},
};

static struct store_pool *open_pool(const struct both *both, int server)
{
    struct ym_error err = {0};
    struct store_pool *pool = NULL;

    if (!store_pool_open(both->url, NULL, server, migrations, YM_COUNT(migrations), &pool, &err))
        fail_msg("%s: %s", err.code, err.message);
    return pool;
}

static struct store *take(struct store_pool *pool)
{
    struct ym_error err = {0};
    struct store *store = NULL;

    if (!store_take(pool, &store, &err))
        fail_msg("%s: %s", err.code, err.message);
    return store;
}

static void must_run(struct store *store, const char *sql, struct ym_args args)
{
    struct ym_error err = {0};

    if (!store_run(store, sql, args, NULL, &err))
        fail_msg("%s: %s", err.code, err.message);
}

static int64_t one(struct store *store, const char *sql, struct ym_args args)
{
    struct ym_error err = {0};
    struct store_rows *rows;
    int64_t value = -1;

    if (!store_ask(store, sql, args, &rows, &err))
        fail_msg("%s: %s", err.code, err.message);
    if (store_next(rows, &err))
        value = store_int(rows, 0);
    assert_true(store_rows_close(rows, &err));
    return value;
}

static const char SQL_THING[] = "INSERT INTO thing (id, name) VALUES (:id, :name)";

static void values_come_back_as_they_went_in(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct store_rows *rows;
    struct ym_error err = {0};

    must_run(store,
             "INSERT INTO thing (id, name, size, weight, note)"
             " VALUES (:id, :name, :size, :weight, :note)",
             YM_ARGS(ym_int("id", INT64_MIN), ym_text("name", YM_STR("莫𡐓村 '\"\\ :x $1")),
                     ym_int("size", INT64_MAX), ym_real("weight", 0.1),
                     ym_text("note", YM_STR(""))));
    must_run(store, "INSERT INTO thing (id, name, note) VALUES (:id, 'none', :note)",
             YM_ARGS(ym_int("id", 3), ym_null("note")));
    assert_true(
        store_ask(store, "SELECT id, name, size, weight, note FROM thing WHERE id <> 1 ORDER BY id",
                  YM_NO_ARGS, &rows, &err));
    assert_true(store_next(rows, &err));
    assert_true(store_int(rows, 0) == INT64_MIN);
    assert_true(ym_str_is(store_text(rows, 1), "莫𡐓村 '\"\\ :x $1"));
    assert_true(store_int(rows, 2) == INT64_MAX);
    assert_true(store_real(rows, 3) == 0.1);
    assert_false(store_null(rows, 4));
    assert_non_null(store_text(rows, 4).p);
    assert_int_equal(store_text(rows, 4).n, 0);
    assert_true(store_next(rows, &err));
    assert_true(store_null(rows, 4));
    assert_null(store_text(rows, 4).p);
    assert_int_equal(store_int(rows, 2), 0);
    assert_false(store_next(rows, &err));
    assert_false(store_next(rows, &err));
    assert_true(store_rows_close(rows, &err));
    store_give(pool, store);
    store_pool_close(pool);
}

static void parameters_are_not_seen_in_literals_names_and_comments(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct store_rows *rows;
    struct ym_error err = {0};

    assert_true(store_ask(store,
                          "SELECT ':a' || ''':a', :a AS \":a\", -- :b\n"
                          " /* :c ' */ :a + :b, CAST(:b AS TEXT) || ':' FROM thing WHERE id = 1",
                          YM_ARGS(ym_int("b", 2), ym_int("unused", 9), ym_int("a", 1)), &rows,
                          &err));
    assert_true(store_next(rows, &err));
    assert_true(ym_str_is(store_text(rows, 0), ":a':a"));
    assert_int_equal(store_int(rows, 1), 1);
    assert_int_equal(store_int(rows, 2), 3);
    assert_true(ym_str_is(store_text(rows, 3), "2:"));
    assert_true(store_rows_close(rows, &err));
    assert_int_equal(one(store,
                         "SELECT COUNT(*) FROM thing WHERE (:name IS NULL OR name = :name)"
                         " AND (:size IS NULL OR size = :size) AND COALESCE(:size, 1) = 1",
                         YM_ARGS(ym_null("name"), ym_null("size"))),
                     1);
    assert_false(store_ask(store, "SELECT :nobody", YM_NO_ARGS, &rows, &err));
    assert_string_equal(err.code, "store.parameter");
    assert_string_equal(err.subject, "nobody");
    store_give(pool, store);
    store_pool_close(pool);
}

static void both_sort_and_match_alike(void **state)
{
    static const char *const sorted[] = {"B", "a", "first", "武"};
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct store_rows *rows;
    struct ym_error err = {0};

    must_run(store, "INSERT INTO thing (id, name) VALUES (2, 'a'), (3, 'B'), (4, '武')",
             YM_NO_ARGS);
    assert_true(store_ask(store, "SELECT name FROM thing ORDER BY name COLLATE \"C\"", YM_NO_ARGS,
                          &rows, &err));
    for (size_t i = 0; i < 4; i++) {
        assert_true(store_next(rows, &err));
        assert_true(ym_str_is(store_text(rows, 0), sorted[i]));
    }
    assert_true(store_rows_close(rows, &err));
    assert_int_equal(
        one(store, "SELECT COUNT(*) FROM thing WHERE name LIKE 'A%' ESCAPE '\\'", YM_NO_ARGS), 0);
    assert_int_equal(one(store, "SELECT :a = :a", YM_ARGS(ym_int("a", 4))), 1);
    store_give(pool, store);
    store_pool_close(pool);
}

static void a_wrong_text_is_refused_before_the_database_sees_it(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};

    assert_false(store_run(store, SQL_THING,
                           YM_ARGS(ym_int("id", 2), ym_text("name", YM_STR("\xB3\xC7"))), NULL,
                           &err));
    assert_string_equal(err.code, "store.text");
    assert_int_equal(err.kind, YM_INVALID);
    assert_false(store_run(store, SQL_THING,
                           YM_ARGS(ym_int("id", 2), ym_text("name", YM_STR("a\0b"))), NULL, &err));
    assert_string_equal(err.code, "store.text");
    store_give(pool, store);
    store_pool_close(pool);
}

static void broken_keys_have_their_own_errors(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};

    assert_false(store_run(store, SQL_THING,
                           YM_ARGS(ym_int("id", 2), ym_text("name", YM_STR("first"))), NULL, &err));
    assert_string_equal(err.code, "store.unique");
    assert_int_equal(err.kind, YM_CONFLICT);
    assert_non_null(strstr(err.subject, "name"));
    assert_false(
        store_run(store, "INSERT INTO part (id, thing) VALUES (2, 99)", YM_NO_ARGS, NULL, &err));
    assert_string_equal(err.code, "store.reference");
    assert_int_equal(err.kind, YM_CONFLICT);
    assert_false(store_run(store, "DELETE FROM thing", YM_NO_ARGS, NULL, &err));
    assert_string_equal(err.code, "store.reference");
    assert_false(store_run(store, "INSERT INTO thing (id) VALUES (7)", YM_NO_ARGS, NULL, &err));
    assert_string_equal(err.code, "store.constraint");
    assert_false(store_run(store, "SELEC secret FROM thing", YM_NO_ARGS, NULL, &err));
    assert_string_equal(err.code, "store.statement");
    assert_null(strstr(err.message, "secret"));
    assert_false(store_run(store, "DELETE FROM part; DELETE FROM part", YM_NO_ARGS, NULL, &err));
    assert_string_equal(err.code, "store.statement");
    assert_int_equal(one(store, "SELECT COUNT(*) FROM part", YM_NO_ARGS), 1);
    store_give(pool, store);
    store_pool_close(pool);
}

static void the_number_of_changed_rows_is_told(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};
    int64_t changed = -1;

    must_run(store, "INSERT INTO thing (id, name) VALUES (2, 'b'), (3, 'c')", YM_NO_ARGS);
    assert_true(store_run(store, "UPDATE thing SET size = 1", YM_NO_ARGS, &changed, &err));
    assert_int_equal(changed, 3);
    assert_true(
        store_run(store, "UPDATE thing SET size = 1 WHERE id = 77", YM_NO_ARGS, &changed, &err));
    assert_int_equal(changed, 0);
    assert_true(store_run(store, "SELECT id FROM thing", YM_NO_ARGS, &changed, &err));
    assert_int_equal(changed, 0);
    assert_int_equal(one(store,
                         "INSERT INTO thing (id, name, size) VALUES (2, 'z', 5)"
                         " ON CONFLICT (id) DO UPDATE SET size = thing.size + excluded.size"
                         " RETURNING size",
                         YM_NO_ARGS),
                     6);
    store_give(pool, store);
    store_pool_close(pool);
}

static void after_a_failed_statement_a_transaction_only_rolls_back(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};

    assert_true(store_begin(store, &err));
    must_run(store, SQL_THING, YM_ARGS(ym_int("id", 2), ym_text("name", YM_STR("second"))));
    assert_false(store_run(store, SQL_THING,
                           YM_ARGS(ym_int("id", 3), ym_text("name", YM_STR("first"))), NULL, &err));
    assert_false(store_run(store, SQL_THING,
                           YM_ARGS(ym_int("id", 3), ym_text("name", YM_STR("third"))), NULL, &err));
    assert_string_equal(err.code, "store.failed");
    assert_false(store_commit(store, &err));
    assert_string_equal(err.code, "store.failed");
    store_rollback(store);
    assert_int_equal(one(store, "SELECT COUNT(*) FROM thing", YM_NO_ARGS), 1);
    assert_true(store_begin(store, &err));
    must_run(store, SQL_THING, YM_ARGS(ym_int("id", 2), ym_text("name", YM_STR("second"))));
    assert_true(store_commit(store, &err));
    assert_int_equal(one(store, "SELECT COUNT(*) FROM thing", YM_NO_ARGS), 2);
    store_give(pool, store);
    store_pool_close(pool);
}

static void what_is_given_back_open_is_rolled_back(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};

    assert_true(store_begin(store, &err));
    must_run(store, SQL_THING, YM_ARGS(ym_int("id", 2), ym_text("name", YM_STR("second"))));
    store_give(pool, store);
    store = take(pool);
    assert_int_equal(one(store, "SELECT COUNT(*) FROM thing", YM_NO_ARGS), 1);
    store_give(pool, store);
    store_give(pool, NULL);
    store_pool_close(pool);
    store_pool_close(NULL);
}

static void readers_go_on_while_a_writer_writes(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *writer = take(pool), *reader = take(pool);
    struct ym_error err = {0};

    assert_true(store_begin(writer, &err));
    must_run(writer, SQL_THING, YM_ARGS(ym_int("id", 2), ym_text("name", YM_STR("second"))));
    assert_int_equal(one(reader, "SELECT COUNT(*) FROM thing", YM_NO_ARGS), 1);
    assert_true(store_commit(writer, &err));
    assert_int_equal(one(reader, "SELECT COUNT(*) FROM thing", YM_NO_ARGS), 2);
    store_give(pool, writer);
    store_give(pool, reader);
    store_pool_close(pool);
}

struct writer {
    struct store_pool *pool;
    int64_t first;
    bool ok;
};
static void *write_many(void *arg)
{
    struct writer *writer = arg;
    struct ym_error err = {0};
    struct store *store = NULL;

    writer->ok = store_take(writer->pool, &store, &err);
    for (int64_t i = 0; writer->ok && i < 20; i++) {
        writer->ok = store_begin(store, &err) &&
                     store_run(store, "UPDATE thing SET size = COALESCE(size, 0) + 1 WHERE id = 1",
                               YM_NO_ARGS, NULL, &err) &&
                     store_commit(store, &err);
    }
    store_give(writer->pool, store);
    return NULL;
}

static void writers_queue_and_none_is_lost(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct writer writers[6];
    pthread_t threads[6];

    for (size_t i = 0; i < YM_COUNT(writers); i++) {
        writers[i] = (struct writer){.pool = pool};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    for (size_t i = 0; i < YM_COUNT(writers); i++) {
        pthread_join(threads[i], NULL);
        assert_true(writers[i].ok);
    }
    struct store *store = take(pool);
    assert_int_equal(one(store, "SELECT size FROM thing WHERE id = 1", YM_NO_ARGS), 120);
    store_give(pool, store);
    store_pool_close(pool);
}

static void a_writer_kept_out_is_told_busy(void **state)
{
    struct store_pool *pool = open_pool(*state, 1);
    struct store *first = take(pool), *second = take(pool);
    struct ym_error err = {0};
    int64_t began = ym_monotonic();

    assert_true(store_begin(first, &err));
    must_run(first, "UPDATE thing SET size = 1", YM_NO_ARGS);
    assert_false(store_begin(second, &err) &&
                 store_run(second, "UPDATE thing SET size = 2", YM_NO_ARGS, NULL, &err));
    assert_string_equal(err.code, "store.busy");
    assert_int_equal(err.kind, YM_BUSY);
    assert_in_range(ym_monotonic() - began, 9 * YM_SECOND, 30 * YM_SECOND);
    store_give(pool, first);
    store_give(pool, second);
    store_pool_close(pool);
}

static void migrations_run_once_and_a_newer_store_is_refused(void **state)
{
    const struct both *both = *state;
    struct store_pool *pool = open_pool(both, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};

    assert_int_equal(one(store, "SELECT COUNT(*) FROM store_migration", YM_NO_ARGS), 2);
    assert_int_equal(one(store, "SELECT LENGTH(note) FROM thing", YM_NO_ARGS), 6);
    store_give(pool, store);
    store_pool_close(pool);
    pool = open_pool(both, 1);
    store_pool_close(pool);
    assert_false(store_pool_open(both->url, NULL, 1, migrations, 1, &pool, &err));
    assert_string_equal(err.code, "store.newer");
    assert_int_equal(err.kind, YM_CONFLICT);
    assert_null(pool);
}

static void a_migration_that_fails_leaves_nothing(void **state)
{
    static const struct store_migration broken[] = {
        {1, "broken",
         "CREATE TABLE half (id BIGINT PRIMARY KEY); INSERT INTO nowhere VALUES (1);"}};
    const struct both *both = *state;
    struct store_pool *pool = NULL;
    struct ym_error err = {0};

    assert_false(store_pool_open(both->url, NULL, 1, broken, 1, &pool, &err));
    assert_string_equal(err.subject, "broken");
    pool = open_pool(both, 1);
    struct store *store = take(pool);
    assert_false(store_run(store, "SELECT id FROM half", YM_NO_ARGS, NULL, &err));
    store_give(pool, store);
    store_pool_close(pool);
}

// Ends the child by _exit: nothing of cmocka runs in it.
static pid_t spawn(void (*child)(const struct both *both, int pipe), const struct both *both,
                   int out)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        child(both, out);
        _exit(0);
    }
    return pid;
}

static void open_and_end(const struct both *both, int out)
{
    struct ym_error err = {0};
    struct store_pool *pool = NULL;

    (void)out;
    if (!store_pool_open(both->url, NULL, 1, migrations, YM_COUNT(migrations), &pool, &err))
        _exit(1);
    store_pool_close(pool);
}

static void servers_that_start_at_once_migrate_once(void **state)
{
    const struct both *both = *state;
    pid_t pids[8];

    for (size_t i = 0; i < YM_COUNT(pids); i++)
        pids[i] = spawn(open_and_end, both, -1);
    for (size_t i = 0; i < YM_COUNT(pids); i++) {
        int status = -1;
        waitpid(pids[i], &status, 0);
        assert_int_equal(status, 0);
    }
    struct store_pool *pool = open_pool(both, 1);
    struct store *store = take(pool);
    assert_int_equal(one(store, "SELECT COUNT(*) FROM store_migration", YM_NO_ARGS), 2);
    store_give(pool, store);
    store_pool_close(pool);
}

// Tells each committed id through the pipe; the transaction under way when it is killed is not
// told.
static void commit_for_ever(const struct both *both, int out)
{
    struct ym_error err = {0};
    struct store_pool *pool = NULL;
    struct store *store = NULL;

    if (!store_pool_open(both->url, NULL, 1, migrations, YM_COUNT(migrations), &pool, &err) ||
        !store_take(pool, &store, &err))
        _exit(1);
    for (;;) {
        int64_t id = store_new_id(store);
        char name[32];
        snprintf(name, sizeof name, "%lld", (long long)id);
        if (!store_begin(store, &err) ||
            !store_run(store, SQL_THING, YM_ARGS(ym_int("id", id), ym_text("name", ym_str(name))),
                       NULL, &err) ||
            !store_run(store, "INSERT INTO part (id, thing) VALUES (:id, :id)",
                       YM_ARGS(ym_int("id", id)), NULL, &err) ||
            !store_commit(store, &err))
            _exit(1);
        if (write(out, &id, sizeof id) != sizeof id)
            _exit(1);
    }
}

static void killed_in_the_middle_nothing_committed_is_lost(void **state)
{
    const struct both *both = *state;
    int64_t last = 0, told = 0;

    for (int round = 0; round < 6; round++) {
        int ends[2], status;
        int64_t ids[4096];
        size_t n = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t pid = spawn(commit_for_ever, both, ends[1]);
        close(ends[1]);
        usleep((useconds_t)(150000 + 37000 * round));
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        while (n < YM_COUNT(ids) && read(ends[0], &ids[n], sizeof ids[n]) == sizeof ids[n])
            n++;
        close(ends[0]);

        struct store_pool *pool = open_pool(both, 1);
        struct store *store = take(pool);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(one(store, "SELECT COUNT(*) FROM part WHERE thing = :id",
                                 YM_ARGS(ym_int("id", ids[i]))),
                             1);
            assert_true(ids[i] > last); // after a restart too
            last = ids[i];
        }
        told += (int64_t)n;
        assert_int_equal(one(store,
                             "SELECT COUNT(*) FROM thing WHERE id NOT IN (SELECT thing FROM part)",
                             YM_NO_ARGS),
                         0);
        store_give(pool, store);
        store_pool_close(pool);
    }
    assert_true(told > 10);
}

static void a_clock_set_back_makes_no_id_twice(void **state)
{
    const struct both *both = *state;
    struct store_pool *pool = open_pool(both, 5);
    struct store *store = take(pool);
    int64_t future = (ym_now() / 1000 - INT64_C(1577836800000)) + 1000000;

    // As if all ids up to a quarter of an hour from now had been given before the clock was set
    // back.
    must_run(store, "UPDATE store_id SET claimed = :future", YM_ARGS(ym_int("future", future)));
    store_give(pool, store);
    store_pool_close(pool);
    pool = open_pool(both, 5);
    store = take(pool);
    int64_t last = 0;
    for (int i = 0; i < 10000; i++) {
        int64_t id = store_new_id(store);
        assert_true(id > last);
        last = id;
        assert_true(id >> 21 >= future);
        assert_int_equal(id >> 11 & 1023, 5);
    }
    store_give(pool, store);
    store_pool_close(pool);
    // A clean end gives back what was not used.
    pool = open_pool(both, 5);
    store = take(pool);
    assert_true(store_new_id(store) > last);
    assert_true(store_new_id(store) >> 21 < future + 1000);
    store_give(pool, store);
    store_pool_close(pool);
}

struct maker {
    struct store_pool *pool;
    int64_t ids[20000];
};
static void *make_ids(void *arg)
{
    struct maker *maker = arg;
    struct ym_error err = {0};
    struct store *store = NULL;

    if (store_take(maker->pool, &store, &err))
        for (size_t i = 0; i < YM_COUNT(maker->ids); i++)
            maker->ids[i] = store_new_id(store);
    store_give(maker->pool, store);
    return NULL;
}
static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void no_id_is_given_twice_by_threads_or_pools_of_one_number(void **state)
{
    struct store_pool *pools[2] = {open_pool(*state, 3), open_pool(*state, 3)};
    struct maker *makers = calloc(4, sizeof *makers);
    int64_t *all = calloc(4, sizeof makers->ids);
    const size_t each = YM_COUNT(makers->ids);
    pthread_t threads[4];

    assert_true(makers && all);
    for (size_t i = 0; i < 4; i++) {
        makers[i].pool = pools[i % 2];
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, &makers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        for (size_t k = 1; k < each; k++)
            assert_true(makers[i].ids[k] > makers[i].ids[k - 1]);
        memcpy(&all[i * each], makers[i].ids, sizeof makers[i].ids);
    }
    qsort(all, 4 * each, sizeof *all, by_value);
    for (size_t i = 1; i < 4 * each; i++)
        assert_true(all[i] != all[i - 1]);
    assert_true(all[0] > 0);
    free(makers);
    free(all);
    store_pool_close(pools[0]);
    store_pool_close(pools[1]);
}

static void a_connection_that_postgresql_ended_is_made_anew(void **state)
{
    const struct both *both = *state;
    struct store_pool *pool = open_pool(both, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};

    if (both->postgresql) {
        assert_true(store_begin(store, &err));
        must_run(store, "UPDATE thing SET size = 5", YM_NO_ARGS);
        assert_true(postgres_tell(both->server,
                                  "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                                  " WHERE application_name = 'yunmeng'"));
        usleep(100000);
        assert_false(store_run(store, "UPDATE thing SET size = 6", YM_NO_ARGS, NULL, &err));
        assert_string_equal(err.code, "store.away");
        assert_int_equal(err.kind, YM_BUSY);
        assert_false(store_commit(store, &err));
        assert_int_equal(one(store, "SELECT COALESCE(size, 0) FROM thing", YM_NO_ARGS), 0);
        assert_true(postgres_tell(both->server,
                                  "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                                  " WHERE application_name = 'yunmeng'"));
        usleep(100000);
        store_give(pool, store);
        store = take(pool);
    }
    assert_int_equal(one(store, "SELECT COUNT(*) FROM thing", YM_NO_ARGS), 1);
    store_give(pool, store);
    store_pool_close(pool);
}

static void a_password_comes_beside_the_url_and_not_in_it(void **state)
{
    const struct both *both = *state;
    struct store_pool *pool = NULL;
    struct ym_error err = {0};
    char url[256];

    assert_false(store_pool_open("mysql://x", NULL, 1, migrations, 2, &pool, &err));
    assert_string_equal(err.code, "store.url");
    assert_false(store_pool_open("postgresql://u:secret@h/d", NULL, 1, migrations, 2, &pool, &err));
    assert_string_equal(err.code, "store.url_password");
    assert_null(strstr(err.message, "secret"));
    if (!both->postgresql)
        return;
    snprintf(url, sizeof url, "postgresql:///postgres?host=%s&user=locked",
             postgres_folder(both->server));
    assert_false(store_pool_open(url, "wrong", 1, migrations, 2, &pool, &err));
    assert_string_equal(err.code, "store.away");
    assert_null(strstr(err.message, "wrong"));
    assert_true(store_pool_open(url, POSTGRES_PASSWORD, 1, migrations, 2, &pool, &err));
    store_pool_close(pool);
}

static void the_file_is_ours_alone_and_durable(void **state)
{
    const struct both *both = *state;
    struct store_pool *pool = open_pool(both, 1);
    struct store *store = take(pool);
    struct ym_error err = {0};
    struct stat file;

    if (!both->postgresql) {
        assert_int_equal(stat(both->url + strlen("sqlite:"), &file), 0);
        assert_int_equal(file.st_mode & 0777, 0600);
        assert_int_equal(one(store, "PRAGMA synchronous", YM_NO_ARGS), 2);
        assert_int_equal(one(store, "PRAGMA foreign_keys", YM_NO_ARGS), 1);
        assert_int_equal(one(store,
                             "SELECT COUNT(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'",
                             YM_NO_ARGS),
                         1);
        struct store_pool *nowhere = NULL;
        assert_false(
            store_pool_open("sqlite:/nowhere/at/all.db", NULL, 1, migrations, 2, &nowhere, &err));
        assert_string_equal(err.code, "store.open");
    } else {
        assert_int_equal(one(store,
                             "SELECT COUNT(*) FROM pg_settings WHERE name = 'synchronous_commit'"
                             " AND setting = 'on'",
                             YM_NO_ARGS),
                         1);
    }
    store_give(pool, store);
    store_pool_close(pool);
}

static void a_file_that_is_no_store_is_left_alone(void **state)
{
    const struct both *both = *state;
    struct store_pool *pool = NULL;
    struct ym_error err = {0};
    char path[128], url[160];

    if (both->postgresql)
        return;
    snprintf(path, sizeof path, "%s/letter.txt", both->folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("Dear reader, this is not a database.\n", file);
    fclose(file);
    assert_false(store_pool_open(url, NULL, 1, migrations, 2, &pool, &err));
    assert_string_equal(err.code, "store.corrupt");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_went_in),
        cmocka_unit_test(parameters_are_not_seen_in_literals_names_and_comments),
        cmocka_unit_test(both_sort_and_match_alike),
        cmocka_unit_test(a_wrong_text_is_refused_before_the_database_sees_it),
        cmocka_unit_test(broken_keys_have_their_own_errors),
        cmocka_unit_test(the_number_of_changed_rows_is_told),
        cmocka_unit_test(after_a_failed_statement_a_transaction_only_rolls_back),
        cmocka_unit_test(what_is_given_back_open_is_rolled_back),
        cmocka_unit_test(readers_go_on_while_a_writer_writes),
        cmocka_unit_test(writers_queue_and_none_is_lost),
        cmocka_unit_test(a_writer_kept_out_is_told_busy),
        cmocka_unit_test(migrations_run_once_and_a_newer_store_is_refused),
        cmocka_unit_test(a_migration_that_fails_leaves_nothing),
        cmocka_unit_test(servers_that_start_at_once_migrate_once),
        cmocka_unit_test(killed_in_the_middle_nothing_committed_is_lost),
        cmocka_unit_test(a_clock_set_back_makes_no_id_twice),
        cmocka_unit_test(no_id_is_given_twice_by_threads_or_pools_of_one_number),
        cmocka_unit_test(a_connection_that_postgresql_ended_is_made_anew),
        cmocka_unit_test(a_password_comes_beside_the_url_and_not_in_it),
        cmocka_unit_test(the_file_is_ours_alone_and_durable),
        cmocka_unit_test(a_file_that_is_no_store_is_left_alone),
    };

    return both_run("host/store", tests, YM_COUNT(tests));
}
