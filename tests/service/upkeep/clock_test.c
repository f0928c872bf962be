// A clock that is behind the last durable record, on both stores.
#include "base/time.h"
#include "service/upkeep/upkeep.h"
#include "tests/support/both.h"

static const struct store_migration migrations[] = {{1, "upkeep", UPKEEP_SCHEMA_1}};

static struct store_pool *open_pool(const struct both *both)
{
    struct ym_error err = {0};
    struct store_pool *pool = NULL;

    if (!store_pool_open(both->url, NULL, 0, migrations, 1, &pool, &err))
        fail_msg("%s: %s", err.code, err.message);
    return pool;
}

// What server `name` wrote last, so far ahead of now.
static void record(struct store_pool *pool, const char *name, int64_t ahead)
{
    struct ym_error err = {0};
    struct store *store = NULL;

    assert_true(store_take(pool, &store, &err));
    assert_true(store_run(store,
                          "INSERT INTO upkeep_mark (name, at) VALUES (:name, :at)"
                          " ON CONFLICT (name) DO UPDATE SET at = :at",
                          YM_ARGS(ym_text("name", ym_str(name)), ym_int("at", ym_now() + ahead)),
                          NULL, &err));
    store_give(pool, store);
}

static void a_store_without_a_record_binds_no_clock(void **state)
{
    struct store_pool *pool = open_pool(*state);
    struct ym_error err = {0};

    assert_true(upkeep_clock(pool, false, &err));
    store_pool_close(pool);
}

static void five_minutes_behind_are_borne_more_are_refused(void **state)
{
    struct store_pool *pool = open_pool(*state);
    struct ym_error err = {0};

    record(pool, "clock.0", 290 * YM_SECOND);
    assert_true(upkeep_clock(pool, false, &err));
    record(pool, "clock.3", 330 * YM_SECOND); // another server's record binds too
    assert_false(upkeep_clock(pool, false, &err));
    assert_string_equal(err.code, "upkeep.clock");
    assert_int_equal(err.kind, YM_CONFLICT);
    assert_non_null(strstr(err.hint, "--accept-clock"));
    store_pool_close(pool);
}

static void accepted_once_it_is_right_from_then_on(void **state)
{
    struct store_pool *pool = open_pool(*state);
    struct ym_error err = {0};

    record(pool, "clock.0", 3600 * YM_SECOND);
    record(pool, "born", 7200 * YM_SECOND); // no record of a clock
    assert_false(upkeep_clock(pool, false, &err));
    assert_true(upkeep_clock(pool, true, &err));
    assert_true(upkeep_clock(pool, false, &err));
    store_pool_close(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_without_a_record_binds_no_clock),
        cmocka_unit_test(five_minutes_behind_are_borne_more_are_refused),
        cmocka_unit_test(accepted_once_it_is_right_from_then_on),
    };

    return both_run("service/upkeep/clock", tests, YM_COUNT(tests));
}
