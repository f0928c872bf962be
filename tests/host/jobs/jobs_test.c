#include "base/time.h"
#include "host/jobs/jobs.h"
#include "tests/support/both.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

static const struct store_migration migrations[] = {{1, "jobs", JOBS_SCHEMA_1}};

// What the kinds' functions share with the test.
struct seen {
    atomic_int runs, stops;
    atomic_bool go;
    int pipe; // of a child: the id of each job that began
};

static bool run_quick(struct job *job, void *with, struct ym_error *err)
{
    struct seen *seen = with;

    (void)err;
    atomic_fetch_add(&seen->runs, 1);
    return ym_str_is(ym_json_get(job_about(job), "name"), "云") || job_id(job) == 0;
}

static bool run_wrong(struct job *job, void *with, struct ym_error *err)
{
    struct seen *seen = with;

    (void)job;
    atomic_fetch_add(&seen->runs, 1);
    ym_fail(err, YM_INVALID, "test.wrong", "line %d is wrong", 7);
    ym_hint(err, "Mend it.");
    ym_about(err, YM_STR("第七行"));
    return ym_at_line(err, 7);
}

static bool run_busy(struct job *job, void *with, struct ym_error *err)
{
    struct seen *seen = with;

    (void)job;
    if (atomic_fetch_add(&seen->runs, 1) < 2)
        return ym_fail(err, YM_BUSY, "test.busy", "not now");
    return true;
}

static bool run_always_busy(struct job *job, void *with, struct ym_error *err)
{
    struct seen *seen = with;

    (void)job;
    atomic_fetch_add(&seen->runs, 1);
    return ym_fail(err, YM_BUSY, "test.busy", "not now");
}

// Runs until it is stopped, or told to go.
static bool run_long(struct job *job, void *with, struct ym_error *err)
{
    struct seen *seen = with;
    int64_t id = job_id(job);

    atomic_fetch_add(&seen->runs, 1);
    if (seen->pipe > 0 && write(seen->pipe, &id, sizeof id) != sizeof id)
        return ym_fail(err, YM_FAULT, "test.pipe", "no pipe");
    for (int64_t i = 0; !atomic_load(&seen->go); i++) {
        if (job_stopped(job)) {
            atomic_fetch_add(&seen->stops, 1);
            return ym_fail(err, YM_FAULT, "test.stopped", "stopped");
        }
        job_progress(job, i % 2 ? "检查" : "split", i, 1000, "rows");
        usleep(1000);
    }
    return true;
}

static const struct jobs_kind kinds[] = {
    {"quick", run_quick, 0},          {"wrong", run_wrong, 0}, {"busy", run_busy, 0},
    {"hopeless", run_always_busy, 2}, {"long", run_long, 0},
};
static const struct jobs_follower followers[] = {
    {"version.published", "quick"},
    {"version.published", "wrong"},
    {"version.retired", "busy"},
};

struct place {
    struct store_pool *pool;
    struct jobs *jobs;
    struct seen seen;
};

static void open_place(const struct both *both, int server, int64_t lease_ms, struct place *place)
{
    struct ym_error err = {0};
    struct jobs_options options = {.kinds = kinds,
                                   .n_kinds = YM_COUNT(kinds),
                                   .followers = followers,
                                   .n_followers = YM_COUNT(followers),
                                   .with = &place->seen,
                                   .lease_ms = lease_ms};

    if (!store_pool_open(both->url, NULL, server, migrations, 1, &place->pool, &err))
        fail_msg("%s: %s", err.code, err.message);
    options.pool = place->pool;
    if (!jobs_start(&options, &place->jobs, &err))
        fail_msg("%s: %s", err.code, err.message);
}

static void close_place(struct place *place)
{
    jobs_stop(place->jobs);
    store_pool_close(place->pool);
}

static int64_t add_new(struct place *place, const struct jobs_new *what)
{
    struct ym_error err = {0};
    struct store *store = NULL;
    int64_t id = 0;

    assert_true(store_take(place->pool, &store, &err));
    assert_true(store_begin(store, &err));
    assert_true(jobs_add(place->jobs, store, what, &id, &err));
    assert_true(store_commit(store, &err));
    store_give(place->pool, store);
    jobs_wake(place->jobs);
    return id;
}

static int64_t add(struct place *place, const char *kind)
{
    json_t *about = json_pack("{s:s}", "name", "云");
    const struct jobs_new what = {.kind = kind,
                                  .subject = YM_STR("environment.hour"),
                                  .about = about,
                                  .agency = 7,
                                  .account = 8};
    int64_t id = add_new(place, &what);

    json_decref(about);
    return id;
}

static enum jobs_state state_of(struct place *place, int64_t id)
{
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct jobs_view view;

    assert_true(jobs_get(place->jobs, id, &arena, &view, &err));
    ym_arena_clear(&arena);
    return view.state;
}

static void wait_runs(struct place *place, int runs)
{
    for (int i = 0; i < 1000 && atomic_load(&place->seen.runs) < runs; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&place->seen.runs), runs);
}

static void a_job_runs_at_once_and_is_done(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct jobs_view view;

    open_place(*state, 1, 0, &place);
    int64_t began = ym_monotonic(), id = add(&place, "quick");
    assert_true(jobs_wait(place.jobs, id, 10000));
    assert_true(ym_monotonic() - began < 2 * YM_SECOND); // nobody waited for the look every 2 s
    assert_true(jobs_get(place.jobs, id, &arena, &view, &err));
    assert_int_equal(view.state, JOBS_DONE);
    assert_int_equal(view.problem.kind, YM_NO_ERROR);
    assert_int_equal(view.agency, 7);
    assert_int_equal(view.account, 8);
    assert_true(ym_str_is(view.subject, "environment.hour"));
    assert_true(view.created > 0 && view.started >= view.created && view.ended >= view.started);
    ym_arena_clear(&arena);
    close_place(&place);
}

static void a_job_of_a_transaction_rolled_back_never_was(void **state)
{
    struct place place = {0};
    struct jobs_new what = {.kind = "quick"};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct store *store = NULL;
    struct jobs_view view;
    int64_t id = 0;

    open_place(*state, 1, 0, &place);
    assert_true(store_take(place.pool, &store, &err));
    assert_true(store_begin(store, &err));
    assert_true(jobs_add(place.jobs, store, &what, &id, &err));
    store_rollback(store);
    store_give(place.pool, store);
    jobs_wake(place.jobs);
    assert_false(jobs_wait(place.jobs, id, 100));
    assert_false(jobs_get(place.jobs, id, &arena, &view, &err));
    assert_string_equal(err.code, "jobs.unknown");
    assert_int_equal(err.kind, YM_NOT_FOUND);
    assert_int_equal(atomic_load(&place.seen.runs), 0);
    close_place(&place);
}

static void a_failed_job_keeps_its_problem(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct jobs_view view;
    json_t *json = NULL;

    open_place(*state, 1, 0, &place);
    int64_t id = add(&place, "wrong");
    assert_true(jobs_wait(place.jobs, id, 10000));
    assert_true(jobs_get(place.jobs, id, &arena, &view, &err));
    assert_int_equal(view.state, JOBS_FAILED);
    assert_int_equal(view.problem.kind, YM_INVALID);
    assert_string_equal(view.problem.code, "test.wrong");
    assert_string_equal(view.problem.subject, "第七行");
    assert_string_equal(view.problem.message, "line 7 is wrong");
    assert_string_equal(view.problem.hint, "Mend it.");
    assert_int_equal(view.problem.line, 7);
    jobs_view_json(&view, &json);
    assert_true(json_is_string(json_object_get(json, "id")));
    assert_true(ym_str_is(ym_json_get(json, "state"), "failed"));
    assert_true(ym_str_is(ym_json_get(json_object_get(json, "problem"), "code"), "test.wrong"));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json, "problem"), "status")), 400);
    json_decref(json);
    ym_arena_clear(&arena);
    assert_int_equal(atomic_load(&place.seen.runs), 1);
    close_place(&place);
}

static void busy_is_tried_again_and_anything_has_an_end(void **state)
{
    struct place place = {0};
    int64_t began = ym_monotonic();

    open_place(*state, 1, 0, &place);
    int64_t id = add(&place, "busy");
    assert_true(jobs_wait(place.jobs, id, 20000));
    assert_int_equal(state_of(&place, id), JOBS_DONE);
    assert_int_equal(atomic_load(&place.seen.runs), 3);
    assert_true(ym_monotonic() - began >= 3 * YM_SECOND / 2); // 0.5 s and 1 s
    atomic_store(&place.seen.runs, 0);
    id = add(&place, "hopeless");
    assert_true(jobs_wait(place.jobs, id, 20000));
    assert_int_equal(state_of(&place, id), JOBS_FAILED);
    assert_int_equal(atomic_load(&place.seen.runs), 2);
    close_place(&place);
}

static void a_running_job_and_a_waiting_one_can_be_cancelled(void **state)
{
    struct place place = {0};
    struct ym_error err = {0};

    open_place(*state, 1, 0, &place);
    int64_t first = add(&place, "long"), second = add(&place, "long");
    wait_runs(&place, 2);
    int64_t third = add(&place, "long"); // both runners are taken
    assert_int_equal(state_of(&place, third), JOBS_WAITING);
    assert_true(jobs_cancel(place.jobs, third, &err));
    assert_int_equal(state_of(&place, third), JOBS_STOPPED);
    assert_true(jobs_cancel(place.jobs, first, &err));
    assert_true(jobs_wait(place.jobs, first, 10000));
    assert_int_equal(state_of(&place, first), JOBS_STOPPED);
    assert_int_equal(state_of(&place, second), JOBS_RUNNING);
    assert_false(jobs_cancel(place.jobs, first, &err));
    assert_string_equal(err.code, "jobs.ended");
    assert_int_equal(err.kind, YM_CONFLICT);
    assert_false(jobs_cancel(place.jobs, 12345, &err));
    assert_string_equal(err.code, "jobs.unknown");
    atomic_store(&place.seen.go, true);
    assert_true(jobs_wait(place.jobs, second, 10000));
    assert_int_equal(state_of(&place, second), JOBS_DONE);
    assert_int_equal(atomic_load(&place.seen.runs), 2);
    close_place(&place);
}

struct watcher {
    atomic_int calls, ends;
    atomic_long done;
    atomic_bool wrong;
    struct jobs *jobs;
    atomic_llong leave;
};
static void on_change(void *with, const struct jobs_view *view)
{
    struct watcher *watcher = with;

    if (atomic_load(&watcher->ends) > 0)
        atomic_store(&watcher->wrong, true);
    if (view->state >= JOBS_DONE) {
        atomic_fetch_add(&watcher->ends, 1);
    } else {
        if (view->done < atomic_load(&watcher->done))
            atomic_store(&watcher->wrong, true);
        atomic_store(&watcher->done, (long)view->done);
    }
    atomic_fetch_add(&watcher->calls, 1);
    int64_t leave = atomic_exchange(&watcher->leave, 0);
    if (leave > 0)
        jobs_unwatch(watcher->jobs, leave);
}

static void progress_reaches_watchers_at_most_ten_times_a_second(void **state)
{
    struct place place = {0};
    struct watcher watcher = {0}, leaver = {0};
    struct ym_error err = {0};

    open_place(*state, 1, 0, &place);
    int64_t id = add(&place, "long");
    wait_runs(&place, 1);
    int64_t watch = jobs_watch(place.jobs, id, on_change, &watcher);
    int64_t leaving = jobs_watch(place.jobs, id, on_change, &leaver);
    assert_true(watch > 0 && leaving > 0);
    // A busy machine sleeps longer than asked: the bound is for the time that really passed.
    int64_t from = ym_monotonic();
    usleep(1050000);
    int64_t most = (ym_monotonic() - from) / (YM_SECOND / 10) + 1;
    assert_in_range(atomic_load(&watcher.calls), 4, most);
    assert_in_range(atomic_load(&watcher.done), 50, 1100);
    leaver.jobs = place.jobs;
    atomic_store(&leaver.leave, leaving);
    usleep(300000);
    int calls = atomic_load(&leaver.calls);
    usleep(300000);
    assert_int_equal(atomic_load(&leaver.calls), calls); // it left by its own call-back
    assert_true(jobs_cancel(place.jobs, id, &err));
    assert_true(jobs_wait(place.jobs, id, 10000));
    for (int i = 0; i < 500 && atomic_load(&watcher.ends) == 0; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&watcher.ends), 1);
    assert_false(atomic_load(&watcher.wrong));
    jobs_unwatch(place.jobs, watch);
    jobs_unwatch(place.jobs, leaving);
    // It has ended: a watch that comes late is told so in one way or in the other.
    int64_t late = jobs_watch(place.jobs, id, on_change, &leaver);
    jobs_unwatch(place.jobs, late);
    assert_int_equal(atomic_load(&leaver.ends), late == 0 ? 0 : 1);
    assert_int_equal(jobs_watch(place.jobs, 99, on_change, &watcher), 0);
    close_place(&place);
}

// Between its last step and its end in the store a job's row is older than what watchers were told.
static void progress_never_goes_back_at_the_end(void **state)
{
    struct place place = {0};

    open_place(*state, 1, 0, &place);
    for (int i = 0; i < 10; i++) {
        struct watcher watcher = {0};
        struct ym_error err = {0};
        int64_t id = add(&place, "long");
        wait_runs(&place, i + 1);
        int64_t watch = jobs_watch(place.jobs, id, on_change, &watcher);
        assert_true(watch > 0);
        usleep(150000);
        // Each cancellation has the keeper look for jobs that run elsewhere.
        while (jobs_cancel(place.jobs, id, &err)) // until it has ended
            usleep(200);
        assert_true(jobs_wait(place.jobs, id, 10000));
        jobs_unwatch(place.jobs, watch);
        assert_true(atomic_load(&watcher.done) > 0);
        assert_false(atomic_load(&watcher.wrong));
    }
    close_place(&place);
}

static void a_stopping_server_leaves_its_jobs_to_the_next(void **state)
{
    struct place place = {0};

    open_place(*state, 1, 0, &place);
    int64_t id = add(&place, "long");
    wait_runs(&place, 1);
    close_place(&place);
    assert_int_equal(atomic_load(&place.seen.stops), 1);
    atomic_store(&place.seen.go, true);
    open_place(*state, 2, 0, &place); // another number: nothing is left leased
    assert_true(jobs_wait(place.jobs, id, 10000));
    assert_int_equal(state_of(&place, id), JOBS_DONE);
    assert_int_equal(atomic_load(&place.seen.runs), 2);
    close_place(&place);
}

// A server in a process of its own, killed while it runs a job; the job.
static int64_t run_until_killed(const struct both *both, int server, int64_t lease_ms)
{
    int ends[2], status = 0;
    int64_t id = 0;

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct place place = {.seen.pipe = ends[1]};
        open_place(both, server, lease_ms, &place);
        add(&place, "long");
        for (;;)
            pause();
    }
    assert_int_equal(read(ends[0], &id, sizeof id), sizeof id);
    usleep(50000);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    close(ends[0]);
    close(ends[1]);
    return id;
}

static void a_killed_servers_job_runs_again_as_soon_as_it_is_back(void **state)
{
    struct place place = {0};
    int64_t id = run_until_killed(*state, 1, 0);
    int64_t began = ym_monotonic();
    atomic_store(&place.seen.go, true);
    open_place(*state, 1, 0, &place);
    assert_true(jobs_wait(place.jobs, id, 20000));
    assert_true(ym_monotonic() - began < 15 * YM_SECOND); // not after the lease of 30 s
    assert_int_equal(state_of(&place, id), JOBS_DONE);
    assert_int_equal(atomic_load(&place.seen.runs), 1);
    close_place(&place);
}

static void a_dead_servers_lease_is_taken_over_when_it_is_over(void **state)
{
    struct place place = {0};
    int64_t id = run_until_killed(*state, 1, 3000);

    atomic_store(&place.seen.go, true);
    open_place(*state, 2, 3000, &place);
    assert_int_equal(state_of(&place, id), JOBS_RUNNING);
    assert_true(jobs_wait(place.jobs, id, 20000));
    assert_int_equal(state_of(&place, id), JOBS_DONE);
    close_place(&place);
}

static void a_live_lease_is_renewed_and_not_taken(void **state)
{
    struct place first = {0}, second = {0};

    open_place(*state, 1, 1500, &first);
    open_place(*state, 2, 1500, &second);
    jobs_stop(second.jobs); // so that the first gets it
    int64_t id = add(&first, "long");
    wait_runs(&first, 1);
    struct jobs_options options = {.pool = second.pool,
                                   .kinds = kinds,
                                   .n_kinds = YM_COUNT(kinds),
                                   .with = &second.seen,
                                   .lease_ms = 1500};
    struct ym_error err = {0};
    assert_true(jobs_start(&options, &second.jobs, &err));
    sleep(4);
    assert_int_equal(atomic_load(&second.seen.runs), 0);
    assert_int_equal(atomic_load(&first.seen.stops), 0);
    // Watched and cancelled from the other server.
    struct watcher watcher = {0};
    int64_t watch = jobs_watch(second.jobs, id, on_change, &watcher);
    assert_true(watch > 0);
    sleep(2);
    assert_true(atomic_load(&watcher.calls) > 0);
    assert_true(jobs_cancel(second.jobs, id, &err));
    assert_true(jobs_wait(second.jobs, id, 10000));
    assert_int_equal(state_of(&second, id), JOBS_STOPPED);
    assert_int_equal(atomic_load(&first.seen.stops), 1);
    for (int i = 0; i < 500 && atomic_load(&watcher.ends) == 0; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&watcher.ends), 1);
    jobs_unwatch(second.jobs, watch);
    close_place(&first);
    close_place(&second);
}

static void two_servers_run_each_job_once(void **state)
{
    struct place places[2] = {0};
    int64_t ids[60];

    open_place(*state, 1, 0, &places[0]);
    open_place(*state, 2, 0, &places[1]);
    for (size_t i = 0; i < YM_COUNT(ids); i++)
        ids[i] = add(&places[i % 2], "quick");
    for (size_t i = 0; i < YM_COUNT(ids); i++) {
        assert_true(jobs_wait(places[1].jobs, ids[i], 20000));
        assert_int_equal(state_of(&places[0], ids[i]), JOBS_DONE);
    }
    assert_int_equal(atomic_load(&places[0].seen.runs) + atomic_load(&places[1].seen.runs), 60);
    close_place(&places[0]);
    close_place(&places[1]);
}

static void an_event_makes_a_job_of_each_follower(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct store *store = NULL;
    struct jobs_list list;
    json_t *about = json_pack("{s:s}", "name", "云");

    open_place(*state, 1, 0, &place);
    assert_true(store_take(place.pool, &store, &err));
    assert_true(store_begin(store, &err));
    assert_true(jobs_tell(place.jobs, store, "version.published", YM_STR("a.b"), about, &err));
    assert_true(jobs_tell(place.jobs, store, "nobody.follows", YM_STR("a.b"), about, &err));
    assert_true(store_commit(store, &err));
    store_give(place.pool, store);
    jobs_wake(place.jobs);
    json_decref(about);
    assert_true(jobs_list(place.jobs, 0, 0, 10, &arena, &list, &err));
    assert_int_equal(list.n, 2);
    assert_int_equal(list.total, 2);
    assert_true(list.items[0].id > list.items[1].id);
    assert_true(ym_str_is(list.items[1].kind, "quick"));
    assert_true(ym_str_is(list.items[0].kind, "wrong"));
    assert_true(ym_str_is(list.items[0].subject, "a.b"));
    assert_true(jobs_wait(place.jobs, list.items[0].id, 10000));
    assert_true(jobs_wait(place.jobs, list.items[1].id, 10000));
    int64_t newest = list.items[0].id;
    assert_true(jobs_list(place.jobs, 0, newest, 10, &arena, &list, &err));
    assert_int_equal(list.n, 1);
    assert_int_equal(list.total, 2);
    assert_int_equal(list.items[0].state, JOBS_DONE);
    assert_true(jobs_list(place.jobs, 7, 0, 10, &arena, &list, &err));
    assert_int_equal(list.n, 0); // of agency 7 there is none
    ym_arena_clear(&arena);
    close_place(&place);
}

static int64_t add_of(struct place *place, int64_t agency, int64_t account)
{
    const struct jobs_new what = {
        .kind = "quick", .subject = YM_STR("a.b"), .agency = agency, .account = account};

    return add_new(place, &what);
}

static void jobs_of_several_agencies_and_the_own_ones_are_one_list(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct jobs_list list;
    const int64_t agencies[] = {7, 9};
    struct jobs_filter filter = {.agencies = agencies, .n_agencies = 2, .or_account = 20};

    open_place(*state, 1, 0, &place);
    const int64_t ids[] = {add_of(&place, 7, 8), add_of(&place, 11, 8), add_of(&place, 9, 8),
                           add_of(&place, 11, 20), add_of(&place, 0, 0)};
    for (size_t i = 0; i < YM_COUNT(ids); i++)
        assert_true(jobs_wait(place.jobs, ids[i], 10000));
    assert_true(jobs_find(place.jobs, &filter, 0, 10, &arena, &list, &err));
    assert_int_equal(list.total, 3);
    assert_int_equal(list.n, 3);
    assert_int_equal(list.items[0].id, ids[3]);
    assert_int_equal(list.items[1].id, ids[2]);
    assert_int_equal(list.items[2].id, ids[0]);
    assert_true(jobs_find(place.jobs, &filter, ids[3], 1, &arena, &list, &err));
    assert_int_equal(list.n, 1);
    assert_int_equal(list.total, 3);
    assert_int_equal(list.items[0].id, ids[2]);
    filter.or_account = 0; // no account: not the jobs that are nobody's
    assert_true(jobs_find(place.jobs, &filter, 0, 10, &arena, &list, &err));
    assert_int_equal(list.total, 2);
    filter.account = 20;
    assert_true(jobs_find(place.jobs, &filter, 0, 10, &arena, &list, &err));
    assert_int_equal(list.total, 0);
    ym_arena_clear(&arena);
    close_place(&place);
}

static void a_job_that_kills_its_servers_is_given_up(void **state)
{
    struct place place = {0};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct store *store = NULL;
    struct jobs_view view;
    int64_t id = run_until_killed(*state, 1, 0);

    // As if 24 more had died.
    struct store_pool *pool = NULL;
    assert_true(store_pool_open(((struct both *)*state)->url, NULL, 3, migrations, 1, &pool, &err));
    assert_true(store_take(pool, &store, &err));
    assert_true(store_run(store, "UPDATE job SET deaths = deaths + 24", YM_NO_ARGS, NULL, &err));
    store_give(pool, store);
    store_pool_close(pool);
    open_place(*state, 1, 0, &place);
    assert_true(jobs_wait(place.jobs, id, 20000));
    assert_true(jobs_get(place.jobs, id, &arena, &view, &err));
    assert_int_equal(view.state, JOBS_FAILED);
    assert_string_equal(view.problem.code, "jobs.died");
    assert_int_equal(atomic_load(&place.seen.runs), 0);
    ym_arena_clear(&arena);
    close_place(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_at_once_and_is_done),
        cmocka_unit_test(a_job_of_a_transaction_rolled_back_never_was),
        cmocka_unit_test(a_failed_job_keeps_its_problem),
        cmocka_unit_test(busy_is_tried_again_and_anything_has_an_end),
        cmocka_unit_test(a_running_job_and_a_waiting_one_can_be_cancelled),
        cmocka_unit_test(progress_reaches_watchers_at_most_ten_times_a_second),
        cmocka_unit_test(progress_never_goes_back_at_the_end),
        cmocka_unit_test(a_stopping_server_leaves_its_jobs_to_the_next),
        cmocka_unit_test(a_killed_servers_job_runs_again_as_soon_as_it_is_back),
        cmocka_unit_test(a_dead_servers_lease_is_taken_over_when_it_is_over),
        cmocka_unit_test(a_live_lease_is_renewed_and_not_taken),
        cmocka_unit_test(two_servers_run_each_job_once),
        cmocka_unit_test(an_event_makes_a_job_of_each_follower),
        cmocka_unit_test(jobs_of_several_agencies_and_the_own_ones_are_one_list),
        cmocka_unit_test(a_job_that_kills_its_servers_is_given_up),
    };

    return both_run("host/jobs", tests, YM_COUNT(tests));
}
