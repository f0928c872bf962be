#include "tests/support/both.h"

#include "base/time.h"
#include "data/lake/keep.h"
#include "data/lake/uploads.h"
#include "data/lake/versions.h"

#include <stdlib.h>

enum { DATASET = 7, AGENCY = 3 };
static const struct org_caller steward = {.account = 1, .agency = AGENCY, .role = ORG_STEWARD};
static const struct org_caller official = {.account = 5, .agency = AGENCY, .role = ORG_OFFICIAL};
static const struct org_caller stranger = {.account = 2, .agency = 4, .role = ORG_STEWARD};
static const struct ym_str name = {"test.rows", 9};

static struct {
    struct store_pool *pool;
    struct jobs *jobs;
    struct engine *engine;
    struct lake *lake;
    struct ym_arena arena;
} world;

static bool noop(struct job *job, void *with, struct ym_error *err)
{
    (void)job, (void)with, (void)err;
    return true;
}

static bool retire(struct job *job, void *with, struct ym_error *err)
{
    (void)with;
    return lake_retire(job, world.lake, err);
}

static bool merge(struct job *job, void *with, struct ym_error *err)
{
    (void)with;
    return lake_merge(job, world.lake, err);
}

static void tell(const char *sql, struct ym_args args)
{
    struct ym_error err = {0};
    struct store *store = NULL;

    if (!store_take(world.pool, &store, &err) || !store_run(store, sql, args, NULL, &err))
        fail_msg("%s: %s", err.code, err.message);
    store_give(world.pool, store);
}

static int64_t ask(const char *sql)
{
    struct ym_error err = {0};
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    int64_t value = -1;

    assert_true(store_take(world.pool, &store, &err));
    assert_true(store_ask(store, sql, YM_NO_ARGS, &rows, &err));
    if (store_next(rows, &err))
        value = store_int(rows, 0);
    assert_true(store_rows_close(rows, &err));
    store_give(world.pool, store);
    return value;
}

// Version n was published n days after the first, `days_ago` for the last.
static void add_version(int64_t number, int64_t days_ago)
{
    tell(
        "INSERT INTO version (id, dataset, number, state, file, size, digest, received, published,"
        " rows_in, rows_kept, rows_quarantined, duplicates, schema) VALUES (:id, 7, :number,"
        " 'published', 'f', 1, 'd', 1, :at, 1, 1, 0, 0, '{}')",
        YM_ARGS(ym_int("id", 1000 + number), ym_int("number", number),
                ym_int("at", ym_now() - days_ago * YM_DAY)));
}

static void open_world(const struct both *both, bool with_jobs, bool with_engine)
{
    const struct store_migration migrations[] = {
        {1, "org", ORG_SCHEMA_1},         {2, "jobs", JOBS_SCHEMA_1},
        {3, "catalog", CATALOG_SCHEMA_1}, {4, "catalog-core", CATALOG_SCHEMA_2},
        {5, "org_roles", ORG_SCHEMA_2},   {6, "schedules", JOBS_SCHEMA_2},
        {7, "lease", LAKE_LEASE_SCHEMA},  {8, "versions", LAKE_VERSIONS_1},
        {9, "notes", LAKE_NOTE_SCHEMA},
    };
    static const struct jobs_kind kinds[] = {
        {"lake.derive", noop, 1}, {"lake.retire", retire, 5}, {"lake.merge", merge, 200}};
    static const struct jobs_follower followers[] = {{"version.withdrawn", "lake.derive"},
                                                     {"version.restored", "lake.derive"}};
    static char program[4096];
    const char *build = getenv("YM_BUILD");
    struct ym_error err = {0};

    memset(&world, 0, sizeof world);
    if (!store_pool_open(both->url, NULL, 1, migrations, YM_COUNT(migrations), &world.pool, &err))
        fail_msg("%s: %s", err.code, err.message);
    snprintf(program, sizeof program, "%s/bin/yunmeng-engine", build ? build : "build");
    if (with_engine) {
        struct engine_options engine = {
            .program = program, .dir = both->folder, .database = "lake", .zone = "Asia/Shanghai"};
        assert_true(engine_start(&engine, &world.engine, &err));
        assert_true(engine_wait(world.engine, 90000, &err));
    }
    const struct lake_options options = {
        .pool = world.pool, .engine = world.engine, .jobs = &world.jobs, .zone = "Asia/Shanghai"};
    assert_true(lake_open(&options, &world.lake, &err));
    const struct jobs_options jobs = {.pool = world.pool,
                                      .kinds = kinds,
                                      .n_kinds = with_jobs ? YM_COUNT(kinds) : 1,
                                      .followers = followers,
                                      .n_followers = YM_COUNT(followers),
                                      .runners = 1};
    assert_true(jobs_start(&jobs, &world.jobs, &err));
    tell(
        "INSERT INTO agency (id, name, title_zh, title_en, credit_code, region, created)"
        " VALUES (3, 'test', '测试局', 'Test', '', '', 1)",
        YM_NO_ARGS);
    tell(
        "INSERT INTO dataset (id, name, agency, title_zh, title_en, abstract_zh, abstract_en,"
        " code, theme, openness, sharing, update_cycle, search, created, updated, etag) VALUES"
        " (7, 'test.rows', 3, '行', 'Rows', '', '', '', '', 'open', 'conditional', 'day', '', 1,"
        " 1, 1)",
        YM_NO_ARGS);
}

static void close_world(void)
{
    jobs_stop(world.jobs);
    lake_close(world.lake);
    engine_stop(world.engine);
    store_pool_close(world.pool);
    ym_arena_clear(&world.arena);
}

static struct lake_version version(int64_t number)
{
    struct lake_version out = {0};
    struct ym_error err = {0};

    if (!lake_version_get(world.lake, &steward, name, number, &world.arena, &out, &err))
        fail_msg("%s: %s", err.code, err.message);
    return out;
}

static void assert_state(int64_t number, const char *state, bool current)
{
    struct lake_version out = version(number);

    assert_true(ym_str_is(out.facts.state, state));
    assert_int_equal(out.current, current);
}

static void a_withdrawn_version_gives_its_place_up_and_takes_it_again(void **state)
{
    struct ym_error err = {0};

    open_world(*state, true, false);
    for (int64_t i = 1; i <= 3; i++)
        add_version(i, 10 - i);
    assert_state(3, "published", true);
    assert_true(lake_withdraw(world.lake, &steward, name, 3, YM_STR(" 区划代码有误 "), &err));
    assert_state(3, "withdrawn", false);
    assert_state(2, "published", true);
    struct lake_version out = version(3);
    assert_true(ym_str_is(out.act, "withdraw"));
    assert_true(ym_str_is(out.reason, "区划代码有误"));
    assert_true(out.acted > ym_now() - 60 * YM_SECOND);
    assert_int_equal(ask("SELECT account FROM version_act WHERE version = 1003"), 1);

    assert_false(lake_withdraw(world.lake, &steward, name, 3, YM_STR("again"), &err));
    assert_string_equal(err.code, "lake.state");
    assert_int_equal(err.kind, YM_CONFLICT);
    assert_true(lake_restore(world.lake, &steward, name, 3, YM_STR(""), &err));
    assert_state(3, "published", true);
    assert_state(2, "published", false);
    assert_true(ym_str_is(version(3).act, "restore"));
    assert_false(lake_restore(world.lake, &steward, name, 3, YM_STR(""), &err));
    assert_string_equal(err.code, "lake.state");
    assert_int_equal(ask("SELECT COUNT(*) FROM version_act"), 2);
    // Its followers are told in the same transaction: two moves, two jobs.
    assert_int_equal(ask("SELECT COUNT(*) FROM job WHERE kind = 'lake.derive'"), 2);
    close_world();
}

static void withdrawing_needs_a_reason_and_the_right(void **state)
{
    struct ym_error err = {0};
    struct ym_str why = YM_STR("why");

    open_world(*state, true, false);
    add_version(1, 1);
    assert_false(lake_withdraw(world.lake, &steward, name, 1, YM_STR("  "), &err));
    assert_string_equal(err.code, "lake.reason");
    assert_false(lake_withdraw(world.lake, NULL, name, 1, why, &err));
    assert_int_equal(err.kind, YM_SIGN_IN);
    assert_false(lake_withdraw(world.lake, &official, name, 1, why, &err));
    assert_int_equal(err.kind, YM_DENIED);
    assert_false(lake_withdraw(world.lake, &stranger, name, 1, why, &err));
    assert_int_equal(err.kind, YM_DENIED);
    tell("UPDATE dataset SET openness = 'closed'", YM_NO_ARGS);
    assert_false(lake_withdraw(world.lake, &stranger, name, 1, why, &err));
    assert_int_equal(err.kind, YM_NOT_FOUND);
    struct lake_retention found;
    assert_false(lake_retention_get(world.lake, &stranger, name, NULL, &world.arena, &found, &err));
    assert_int_equal(err.kind, YM_NOT_FOUND);
    assert_false(lake_withdraw(world.lake, &steward, name, 9, why, &err));
    assert_string_equal(err.code, "lake.no_version");
    assert_int_equal(ask("SELECT COUNT(*) FROM version_act"), 0);
    close_world();
}

static void what_a_policy_would_retire_is_shown_first(void **state)
{
    // Published 50, 40, 30, 20 and 10 days ago; 4 is withdrawn, so that 5 is current.
    static const struct {
        struct lake_policy policy;
        const char *due;
    } cases[] = {
        {{0}, ""},
        {{.keep_versions = 1}, "4 3 2 1 "},
        {{.keep_versions = 2}, "2 1 "},
        {{.keep_versions = 3}, "1 "},
        {{.keep_versions = 9}, ""},
        {{.keep_days = 25}, "3 2 1 "},
        {{.keep_days = 1}, "4 3 2 1 "}, // never the current one
        {{.keep_versions = 2, .keep_days = 45}, "1 "},
        {{.keep_versions = 1, .keep_days = 60}, ""},
        {{.keep_versions = 1, .hold = true, .reason = {"x", 1}}, ""},
    };
    struct ym_error err = {0};

    open_world(*state, false, false);
    for (int64_t i = 1; i <= 5; i++)
        add_version(i, 60 - 10 * i);
    tell("UPDATE version SET state = 'withdrawn' WHERE number = 4", YM_NO_ARGS);
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct lake_retention found;
        struct ym_buf due = {0};
        assert_true(lake_retention_get(world.lake, &steward, name, &cases[i].policy, &world.arena,
                                       &found, &err));
        for (size_t k = 0; k < found.due.n; k++)
            ym_buf_printf(&due, "%lld ", (long long)found.due.items[k].facts.number);
        if (!ym_str_is(ym_buf_str(&due), cases[i].due))
            fail_msg("case %zu: due %s", i, ym_buf_cstr(&due));
        ym_buf_clear(&due);
    }
    assert_int_equal(ask("SELECT COUNT(*) FROM version WHERE state = 'retired'"), 0);
    struct lake_policy wrong = {.keep_versions = -1};
    assert_false(lake_retention_set(world.lake, &steward, name, &wrong, &err));
    assert_string_equal(err.code, "lake.keep");
    wrong = (struct lake_policy){.hold = true};
    assert_false(lake_retention_set(world.lake, &steward, name, &wrong, &err));
    assert_string_equal(err.code, "lake.reason");
    close_world();
}

static void run(const char *sql)
{
    struct ym_error err = {0};

    if (!engine_run(world.engine, sql, YM_NO_ARGS, &err))
        fail_msg("%s: %s", err.code, err.message);
}

static void assert_partitions(const char *expected)
{
    struct ym_buf answer = {0};
    struct ym_error err = {0};

    for (int i = 0; i < 400; i++) {
        ym_buf_clear(&answer);
        assert_true(engine_ask(world.engine,
                               "SELECT arrayStringConcat(groupArray(p), ' ') FROM (SELECT DISTINCT"
                               " concat(substring(table, 1, 1), partition) AS p FROM system.parts"
                               " WHERE database = 'lake' AND active ORDER BY p)",
                               YM_NO_ARGS, &answer, &err));
        if (ym_str_is(ym_str_trim(ym_buf_str(&answer)), expected))
            break;
        usleep(50000);
    }
    assert_true(ym_str_is(ym_str_trim(ym_buf_str(&answer)), expected));
    ym_buf_clear(&answer);
}

static void retired_versions_lose_their_rows_and_a_hold_keeps_them(void **state)
{
    struct lake_policy policy = {.keep_versions = 1, .hold = true, .reason = YM_STR("诉讼")};
    struct ym_error err = {0};

    open_world(*state, true, true);
    run("CREATE TABLE lake.d7 (_version UInt32, _pos UInt64) ENGINE = MergeTree PARTITION BY"
        " _version ORDER BY _pos");
    run("CREATE TABLE lake.q7 (_version UInt32, _pos UInt64) ENGINE = MergeTree PARTITION BY"
        " _version ORDER BY _pos");
    run("INSERT INTO lake.d7 SELECT 1 + number % 3, number FROM numbers(30)");
    run("INSERT INTO lake.q7 VALUES (1, 1), (2, 1)");
    for (int64_t i = 1; i <= 3; i++)
        add_version(i, 10 - i);
    assert_true(lake_retention_set(world.lake, &steward, name, &policy, &err));
    for (int i = 0; i < 400 && ask("SELECT COUNT(*) FROM job WHERE state = 'done'") == 0; i++)
        usleep(50000);
    assert_partitions("d1 d2 d3 q1 q2");
    policy.hold = false;
    // While a backup reads, nothing goes; then the job comes again by itself.
    assert_true(lake_lease(world.pool, YM_STR("backup"), ym_now() + 60 * YM_SECOND, &err));
    assert_true(lake_retention_set(world.lake, &steward, name, &policy, &err));
    usleep(300000);
    assert_partitions("d1 d2 d3 q1 q2");
    assert_true(lake_lease(world.pool, YM_STR("backup"), 0, &err));
    assert_partitions("d3");
    for (int i = 0; i < 400 && ask("SELECT COUNT(*) FROM job WHERE state = 'done'") < 2; i++)
        usleep(50000);
    assert_state(1, "retired", false);
    assert_state(2, "retired", false);
    assert_state(3, "published", true);
    assert_true(ym_str_is(version(1).act, "retire"));
    assert_int_equal(ask("SELECT COUNT(*) FROM version WHERE dropped IS NOT NULL"), 2);
    // Gone for good: it does not come back.
    assert_false(lake_restore(world.lake, &steward, name, 1, YM_STR(""), &err));
    assert_string_equal(err.code, "lake.state");
    // Without a dataset the job looks at all that have a policy.
    add_version(4, 0);
    run("INSERT INTO lake.d7 VALUES (4, 1)");
    struct store *store = NULL;
    json_t *about = json_object();
    assert_true(store_take(world.pool, &store, &err));
    assert_true(jobs_add(world.jobs, store,
                         &(struct jobs_new){.kind = "lake.retire", .about = about}, NULL, &err));
    store_give(world.pool, store);
    json_decref(about);
    jobs_wake(world.jobs);
    assert_partitions("d4");
    close_world();
}

// A load of the same dataset has the table's merges wait (quality_merges), also one under way.
static void parts_wait_for_the_end_of_a_load_and_become_one(void **state)
{
    static const char parts[] =
        "SELECT toString(count()) FROM system.parts WHERE active AND"
        " database = 'lake' AND table = 'd7'";
    struct ym_error err = {0};
    struct ym_buf answer = {0};
    struct store *store = NULL;

    open_world(*state, true, true);
    run("CREATE TABLE lake.d7 (_version UInt32, _pos UInt64) ENGINE = MergeTree PARTITION BY"
        " _version ORDER BY _pos");
    run("SYSTEM STOP MERGES lake.d7");
    run("INSERT INTO lake.d7 SELECT 1, number FROM numbers(10)");
    run("INSERT INTO lake.d7 SELECT 1, 10 + number FROM numbers(10)");
    add_version(1, 0);
    json_t *about = json_pack("{s:s, s:i}", "dataset", "7", "version", 1);
    assert_true(store_take(world.pool, &store, &err));
    assert_true(jobs_add(world.jobs, store,
                         &(struct jobs_new){.kind = "lake.merge", .about = about}, NULL, &err));
    store_give(world.pool, store);
    json_decref(about);
    jobs_wake(world.jobs);
    for (int i = 0; i < 400 && ask("SELECT tries FROM job") == 0 &&
                    ask("SELECT COUNT(*) FROM job WHERE state = 'failed'") == 0;
         i++)
        usleep(50000);
    assert_int_equal(ask("SELECT COUNT(*) FROM job WHERE state = 'failed'"), 0);
    assert_true(ask("SELECT tries FROM job") > 0);
    run("SYSTEM START MERGES lake.d7");
    for (int i = 0; i < 400 && ask("SELECT COUNT(*) FROM job WHERE state = 'done'") == 0; i++)
        usleep(50000);
    assert_true(engine_ask(world.engine, parts, YM_NO_ARGS, &answer, &err));
    assert_true(ym_str_is(ym_str_trim(ym_buf_str(&answer)), "1"));
    ym_buf_clear(&answer);
    close_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_withdrawn_version_gives_its_place_up_and_takes_it_again),
        cmocka_unit_test(withdrawing_needs_a_reason_and_the_right),
        cmocka_unit_test(what_a_policy_would_retire_is_shown_first),
        cmocka_unit_test(retired_versions_lose_their_rows_and_a_hold_keeps_them),
        cmocka_unit_test(parts_wait_for_the_end_of_a_load_and_become_one),
    };

    return both_run("data/lake/versions", tests, YM_COUNT(tests));
}
