#include "base/time.h"
#include "host/jobs/calendar.h"
#include "host/jobs/jobs.h"
#include "tests/support/both.h"

#include <stdatomic.h>

static const struct store_migration migrations[] = {{1, "jobs", JOBS_SCHEMA_1},
                                                    {2, "schedules", JOBS_SCHEMA_2}};

struct seen {
    atomic_int runs, closed;
};

static bool run_quick(struct job *job, void *with, struct ym_error *err)
{
    (void)job, (void)err;
    atomic_fetch_add(&((struct seen *)with)->runs, 1);
    return true;
}

static bool run_wrong(struct job *job, void *with, struct ym_error *err)
{
    (void)job;
    if (atomic_fetch_add(&((struct seen *)with)->runs, 1) > 0)
        return true;
    return ym_fail(err, YM_INVALID, "test.wrong", "the first time is wrong");
}

static bool run_long(struct job *job, void *with, struct ym_error *err)
{
    (void)with;
    while (!job_stopped(job))
        usleep(1000);
    return ym_fail(err, YM_FAULT, "test.stopped", "stopped");
}

static bool closes(struct job *job, void *with, struct ym_error *err)
{
    (void)job, (void)err;
    atomic_fetch_add(&((struct seen *)with)->closed, 1);
    return true;
}

static const struct jobs_kind kinds[] = {
    {"quick", run_quick, 0}, {"wrong", run_wrong, 0}, {"long", run_long, 0}};
static const struct jobs_manner manners[] = {{"long", true, closes}};
static const struct jobs_schedule schedules[] = {
    {"nightly", "quick", "0 3 * * *", true},
    {"workdays", "quick", "workday 06:30", false},
};

struct place {
    struct store_pool *pool;
    struct jobs *jobs;
    struct seen seen;
};

static void open_pool(const struct both *both, int server, struct place *place)
{
    struct ym_error err = {0};

    if (!store_pool_open(both->url, NULL, server, migrations, 2, &place->pool, &err))
        fail_msg("%s: %s", err.code, err.message);
}

static void start(struct place *place, size_t runners)
{
    struct ym_error err = {0};
    struct jobs_options options = {.pool = place->pool,
                                   .kinds = kinds,
                                   .n_kinds = YM_COUNT(kinds),
                                   .manners = manners,
                                   .n_manners = YM_COUNT(manners),
                                   .schedules = schedules,
                                   .n_schedules = YM_COUNT(schedules),
                                   .zone = "Asia/Shanghai",
                                   .with = &place->seen,
                                   .runners = runners};

    if (!jobs_start(&options, &place->jobs, &err))
        fail_msg("%s: %s", err.code, err.message);
}

static void close_place(struct place *place)
{
    jobs_stop(place->jobs);
    store_pool_close(place->pool);
}

static void run_sql(struct place *place, const char *sql)
{
    struct ym_error err = {0};
    struct store *store = NULL;

    assert_true(store_take(place->pool, &store, &err));
    assert_true(store_run(store, sql, YM_NO_ARGS, NULL, &err));
    store_give(place->pool, store);
}

static struct jobs_plan plan_of(struct place *place, const char *name, struct ym_arena *arena)
{
    struct jobs_plans plans;
    struct ym_error err = {0};

    assert_true(jobs_plan_list(place->jobs, arena, &plans, &err));
    assert_int_equal(plans.n, 2);
    for (size_t i = 0; i < plans.n; i++)
        if (ym_str_is(plans.items[i].name, name))
            return plans.items[i];
    fail();
    return plans.items[0];
}

// The keeper reckons beside us: until it has.
static struct jobs_plan reckoned(struct place *place, const char *name, struct ym_arena *arena)
{
    struct jobs_plan plan = plan_of(place, name, arena);

    for (int i = 0; plan.next == 0 && i < 2000; i++) {
        usleep(5000);
        plan = plan_of(place, name, arena);
    }
    assert_true(plan.next > 0);
    return plan;
}

static void the_next_moment_is_reckoned_in_the_zone(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};

    open_pool(*state, 1, &place);
    start(&place, 1);
    struct jobs_plan plan = reckoned(&place, "nightly", &arena);
    assert_true(plan.next > ym_now() && plan.next <= ym_now() + YM_DAY);
    assert_int_equal((plan.next + 8 * 3600 * YM_SECOND) % YM_DAY, 3 * 3600 * YM_SECOND);
    plan = reckoned(&place, "workdays", &arena);
    assert_true(calendar_works(NULL, (plan.next + 8 * 3600 * YM_SECOND) / YM_DAY));
    assert_int_equal(atomic_load(&place.seen.runs), 0);
    ym_arena_clear(&arena);
    close_place(&place);
}

static void what_is_due_is_begun_once_by_two_servers(void **state)
{
    struct place one = {0}, two = {0};
    struct ym_arena arena = {0};

    open_pool(*state, 1, &one);
    open_pool(*state, 2, &two);
    start(&one, 1);
    (void)reckoned(&one, "nightly", &arena);
    run_sql(&one, "UPDATE schedule SET next = 1000000 WHERE name = 'nightly'"); // long ago
    start(&two, 1);
    jobs_stop(one.jobs);
    start(&one, 1);
    for (int i = 0; atomic_load(&one.seen.runs) + atomic_load(&two.seen.runs) == 0 && i < 4000; i++)
        usleep(5000);
    usleep(300000);
    assert_int_equal(atomic_load(&one.seen.runs) + atomic_load(&two.seen.runs), 1);
    struct jobs_plan plan = plan_of(&one, "nightly", &arena);
    assert_true(plan.next > ym_now());
    assert_true(plan.last > 0 && plan.last_job > 0);
    ym_arena_clear(&arena);
    close_place(&two);
    close_place(&one);
}

static void a_missed_moment_is_let_go_where_it_is_not_to_be_caught_up(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};

    open_pool(*state, 1, &place);
    start(&place, 1);
    (void)reckoned(&place, "workdays", &arena);
    jobs_stop(place.jobs);
    run_sql(&place, "UPDATE schedule SET next = 1000000 WHERE name = 'workdays'");
    start(&place, 1);
    for (int i = 0; plan_of(&place, "workdays", &arena).next < ym_now() && i < 2000; i++)
        usleep(5000);
    assert_true(plan_of(&place, "workdays", &arena).next > ym_now());
    assert_int_equal(plan_of(&place, "workdays", &arena).last, 0);
    assert_int_equal(atomic_load(&place.seen.runs), 0);
    ym_arena_clear(&arena);
    close_place(&place);
}

static void a_schedule_is_changed_paused_and_run_now(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    int64_t job = 0;

    open_pool(*state, 1, &place);
    start(&place, 1);
    struct jobs_plan plan = reckoned(&place, "nightly", &arena);
    assert_false(
        jobs_plan_change(place.jobs, plan.name, plan.etag, YM_STR("61 * * * *"), false, &err));
    assert_string_equal(err.code, "calendar.cron");
    assert_false(jobs_plan_change(place.jobs, plan.name, 7, YM_STR("0 4 * * *"), false, &err));
    assert_string_equal(err.code, "jobs.schedule_etag");
    assert_false(jobs_plan_change(place.jobs, YM_STR("none"), 1, YM_STR("0 4 * * *"), false, &err));
    assert_string_equal(err.code, "jobs.no_schedule");
    assert_true(
        jobs_plan_change(place.jobs, plan.name, plan.etag, YM_STR("0 4 * * *"), false, &err));
    plan = reckoned(&place, "nightly", &arena);
    assert_int_equal((plan.next + 8 * 3600 * YM_SECOND) % YM_DAY, 4 * 3600 * YM_SECOND);
    // Paused it does not begin, though it is due.
    assert_true(
        jobs_plan_change(place.jobs, plan.name, plan.etag, (struct ym_str){NULL, 0}, true, &err));
    run_sql(&place, "UPDATE schedule SET next = 1000000 WHERE name = 'nightly'");
    jobs_stop(place.jobs);
    start(&place, 1); // the first start's rule does not come back
    (void)reckoned(&place, "workdays", &arena);
    usleep(200000);
    plan = plan_of(&place, "nightly", &arena);
    assert_true(plan.paused && ym_str_is(plan.rule, "0 4 * * *"));
    assert_int_equal(atomic_load(&place.seen.runs), 0);
    assert_true(jobs_plan_run(place.jobs, plan.name, 0, &job, &err));
    assert_true(jobs_wait(place.jobs, job, 10000));
    assert_int_equal(atomic_load(&place.seen.runs), 1);
    ym_arena_clear(&arena);
    close_place(&place);
}

static int64_t add(struct place *place, const char *kind)
{
    struct jobs_new what = {.kind = kind, .subject = YM_STR("a.b"), .agency = 7, .account = 8};
    struct ym_error err = {0};
    struct store *store = NULL;
    int64_t id = 0;

    assert_true(store_take(place->pool, &store, &err));
    assert_true(jobs_add(place->jobs, store, &what, &id, &err));
    store_give(place->pool, store);
    jobs_wake(place->jobs);
    return id;
}

static enum jobs_state state_of(struct place *place, int64_t id)
{
    struct ym_arena arena = {0};
    struct jobs_view view = {0};
    struct ym_error err = {0};

    assert_true(jobs_get(place->jobs, id, &arena, &view, &err));
    ym_arena_clear(&arena);
    return view.state;
}

static void a_failed_job_is_begun_again_by_hand(void **state)
{
    struct place place = {0};
    struct ym_error err = {0};

    open_pool(*state, 1, &place);
    start(&place, 1);
    int64_t id = add(&place, "wrong");
    assert_true(jobs_wait(place.jobs, id, 10000));
    assert_int_equal(state_of(&place, id), JOBS_FAILED);
    assert_true(jobs_again(place.jobs, id, &err));
    assert_true(jobs_wait(place.jobs, id, 10000));
    assert_int_equal(state_of(&place, id), JOBS_DONE);
    assert_false(jobs_again(place.jobs, id, &err));
    assert_string_equal(err.code, "jobs.not_over");
    close_place(&place);
}

static void a_stopped_job_closes_what_it_left_open(void **state)
{
    struct place place = {0};
    struct ym_error err = {0};

    open_pool(*state, 1, &place);
    start(&place, 1);
    int64_t running = add(&place, "long");
    for (int i = 0; state_of(&place, running) != JOBS_RUNNING && i < 2000; i++)
        usleep(1000);
    int64_t waiting = add(&place, "long");
    assert_true(jobs_cancel(place.jobs, waiting, &err)); // its runner is busy: not yet
    assert_true(jobs_cancel(place.jobs, running, &err));
    assert_true(jobs_wait(place.jobs, running, 10000));
    assert_true(jobs_wait(place.jobs, waiting, 10000));
    assert_int_equal(state_of(&place, running), JOBS_STOPPED);
    assert_int_equal(state_of(&place, waiting), JOBS_STOPPED);
    assert_int_equal(atomic_load(&place.seen.closed), 2);
    assert_false(jobs_again(place.jobs, running, &err));
    assert_string_equal(err.code, "jobs.once");
    close_place(&place);
}

static void a_server_that_ends_closes_nothing(void **state)
{
    struct place place = {0};

    open_pool(*state, 1, &place);
    start(&place, 1);
    int64_t id = add(&place, "long");
    for (int i = 0; state_of(&place, id) != JOBS_RUNNING && i < 2000; i++)
        usleep(1000);
    jobs_stop(place.jobs);
    assert_int_equal(atomic_load(&place.seen.closed), 0);
    start(&place, 1);
    for (int i = 0; state_of(&place, id) != JOBS_RUNNING && i < 2000; i++)
        usleep(1000);
    assert_int_equal(state_of(&place, id), JOBS_RUNNING);
    close_place(&place);
}

static void a_year_is_loaded_once_and_edited_as_a_whole(void **state)
{
    static const char text[] =
        "# decree\n"
        "year,2026,国务院办公厅\n"
        "work,2026-02-14,春节调休\n"
        "holiday,2026-02-16,春节\r\n";
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct store *store = NULL;
    struct calendar_days days;
    struct jobs_year year;
    int64_t years = 0;

    open_pool(*state, 1, &place);
    start(&place, 1);
    assert_true(jobs_calendar_load(place.pool, YM_STR(text), &years, &err));
    assert_int_equal(years, 1);
    assert_true(store_take(place.pool, &store, &err));
    assert_true(jobs_calendar(store, &arena, &days, &err));
    assert_true(calendar_works(&days, ym_day_of(2026, 2, 14)));
    assert_false(calendar_works(&days, ym_day_of(2026, 2, 16)));
    assert_true(jobs_calendar_year(store, 2027, &arena, &year, &err));
    assert_false(year.known);
    assert_true(jobs_calendar_year(store, 2026, &arena, &year, &err));
    assert_true(year.known && year.n == 2 && ym_str_is(year.days[1].name, "春节"));

    year.days[1].day++;
    assert_true(jobs_calendar_put(place.jobs, &year, &err));
    assert_true(jobs_calendar_load(place.pool, YM_STR(text), &years, &err));
    assert_int_equal(years, 0); // what people entered stays
    assert_true(jobs_calendar(store, &arena, &days, &err));
    assert_true(calendar_works(&days, ym_day_of(2026, 2, 16)));
    assert_false(calendar_works(&days, ym_day_of(2026, 2, 17)));
    year.days[1].day = ym_day_of(2027, 1, 1);
    assert_false(jobs_calendar_put(place.jobs, &year, &err));
    assert_string_equal(err.code, "calendar.day");
    assert_false(
        jobs_calendar_load(place.pool, YM_STR("year,2028,x\nfree,2028-01-01,y\n"), &years, &err));
    assert_string_equal(err.code, "calendar.file");
    assert_int_equal(err.line, 2);
    store_give(place.pool, store);
    ym_arena_clear(&arena);
    close_place(&place);
}

static void a_new_holiday_moves_what_runs_on_working_days(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};

    open_pool(*state, 1, &place);
    start(&place, 1);
    struct jobs_plan before = reckoned(&place, "workdays", &arena);
    int64_t day = (before.next + 8 * 3600 * YM_SECOND) / YM_DAY;
    char text[YM_TIME_TEXT];
    int64_t number = 0;
    assert_true(ym_str_int((struct ym_str){ym_time_text(day * YM_DAY, text), 4}, &number));
    struct jobs_day off = {day, false, YM_STR("放假")};
    struct jobs_year year = {.year = number, .source = YM_STR("a decree"), .days = &off, .n = 1};
    assert_true(jobs_calendar_put(place.jobs, &year, &err));
    struct jobs_plan after = before;
    for (int i = 0; after.next <= before.next && i < 2000; i++) {
        usleep(5000);
        after = plan_of(&place, "workdays", &arena);
    }
    assert_true(after.next >= before.next + YM_DAY);
    ym_arena_clear(&arena);
    close_place(&place);
}

static void old_rows_go_and_young_ones_stay(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct jobs_list list;

    open_pool(*state, 1, &place);
    start(&place, 1);
    int64_t done = add(&place, "quick"), wrong;
    assert_true(jobs_wait(place.jobs, done, 10000));
    atomic_store(&place.seen.runs, 0);
    wrong = add(&place, "wrong");
    assert_true(jobs_wait(place.jobs, wrong, 10000));
    int64_t young = add(&place, "quick");
    assert_true(jobs_wait(place.jobs, young, 10000));
    struct store *store = NULL;
    assert_true(store_take(place.pool, &store, &err));
    assert_true(store_run(store, "UPDATE job SET ended = :at WHERE id <> :young",
                          YM_ARGS(ym_int("at", ym_now() - 40 * YM_DAY), ym_int("young", young)),
                          NULL, &err));
    store_give(place.pool, store);
    jobs_stop(place.jobs);
    static const struct jobs_kind sweep[] = {{"jobs.sweep", jobs_sweep, 0}};
    struct jobs_options options = {.pool = place.pool, .kinds = sweep, .n_kinds = 1};
    assert_true(jobs_start(&options, &place.jobs, &err));
    assert_true(jobs_wait(place.jobs, add(&place, "jobs.sweep"), 10000));
    assert_true(jobs_list(place.jobs, 0, 0, 10, &arena, &list, &err));
    assert_int_equal(list.total, 3); // the failed one stays 90 days
    ym_arena_clear(&arena);
    close_place(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_moment_is_reckoned_in_the_zone),
        cmocka_unit_test(what_is_due_is_begun_once_by_two_servers),
        cmocka_unit_test(a_missed_moment_is_let_go_where_it_is_not_to_be_caught_up),
        cmocka_unit_test(a_schedule_is_changed_paused_and_run_now),
        cmocka_unit_test(a_failed_job_is_begun_again_by_hand),
        cmocka_unit_test(a_stopped_job_closes_what_it_left_open),
        cmocka_unit_test(a_server_that_ends_closes_nothing),
        cmocka_unit_test(a_year_is_loaded_once_and_edited_as_a_whole),
        cmocka_unit_test(a_new_holiday_moves_what_runs_on_working_days),
        cmocka_unit_test(old_rows_go_and_young_ones_stay),
    };

    return both_run("host/jobs/schedule", tests, YM_COUNT(tests));
}
