// Schedules: rows whose next moment is reckoned beforehand, so that the keeper sleeps until then.
#include "host/jobs/calendar.h"
#include "host/jobs/inside.h"

static const char SQL_MAKE[] =
    "INSERT INTO schedule (name, kind, rule, catch_up, next)"
    " VALUES (:name, :kind, :rule, :catch_up, 0)"
    " ON CONFLICT (name) DO UPDATE SET kind = :kind";
bool jobs_plans_make(struct jobs *jobs, struct ym_error *err)
{
    struct store *store = NULL;
    bool ok = true;

    if (jobs->options.n_schedules == 0)
        return true;
    if (!store_take(jobs->options.pool, &store, err))
        return false;
    for (size_t i = 0; ok && i < jobs->options.n_schedules; i++) {
        const struct jobs_schedule *one = &jobs->options.schedules[i];
        ok = store_run(
            store, SQL_MAKE,
            YM_ARGS(ym_text("name", ym_str(one->name)), ym_text("kind", ym_str(one->kind)),
                    ym_text("rule", ym_str(one->rule)), ym_int("catch_up", one->catch_up)),
            NULL, err);
    }
    store_give(jobs->options.pool, store);
    return ok;
}

#define PLAN_COLUMNS "name, kind, rule, catch_up, paused, next, last, last_job, etag FROM schedule"
static void read_plan(const struct store_rows *rows, struct ym_arena *arena, struct jobs_plan *out)
{
    *out = (struct jobs_plan){
        .name = ym_arena_str(arena, store_text(rows, 0)),
        .kind = ym_arena_str(arena, store_text(rows, 1)),
        .rule = ym_arena_str(arena, store_text(rows, 2)),
        .catch_up = store_int(rows, 3) != 0,
        .paused = store_int(rows, 4) != 0,
        .next = store_int(rows, 5),
        .last = store_int(rows, 6),
        .last_job = store_int(rows, 7),
        .etag = store_int(rows, 8),
    };
}

static bool list(struct store *store, struct ym_arena *arena, struct jobs_plans *out,
                 struct ym_error *err)
{
    struct store_rows *rows;

    *out = (struct jobs_plans){0};
    if (!store_ask(store, "SELECT " PLAN_COLUMNS " ORDER BY name COLLATE \"C\"", YM_NO_ARGS, &rows,
                   err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        read_plan(rows, arena, &out->items[out->n++]);
    }
    return store_rows_close(rows, err);
}

static const char *zone_of(const struct jobs *jobs)
{
    return jobs->options.zone ? jobs->options.zone : "UTC";
}

// A kind that this server does not know is a newer server's: its schedule is left to it.
static bool is_ours(const struct jobs *jobs, struct ym_str kind)
{
    for (size_t i = 0; i < jobs->options.n_kinds; i++)
        if (ym_str_is(kind, jobs->options.kinds[i].name))
            return true;
    return false;
}

// Compare and set on `next`: of several servers one begins the job.
static const char SQL_MOVE[] =
    "UPDATE schedule SET next = :next, last = :last, last_job = :job"
    " WHERE name = :name AND next = :old AND paused = 0";
static bool move(struct store *store, const struct jobs_plan *plan, int64_t next, int64_t last,
                 int64_t job, int64_t *changed, struct ym_error *err)
{
    return store_run(store, SQL_MOVE,
                     YM_ARGS(ym_int("next", next), ym_int("last", last), ym_int("job", job),
                             ym_text("name", plan->name), ym_int("old", plan->next)),
                     changed, err);
}

static bool begin_job(struct jobs *jobs, struct store *store, const struct jobs_plan *plan,
                      int64_t next, int64_t now, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct jobs_new what = {.kind = ym_arena_cstr(&arena, plan->kind), .subject = plan->name};
    int64_t job = 0, changed = 0;

    bool ok = store_begin(store, err) && jobs_add(jobs, store, &what, &job, err) &&
              move(store, plan, next, now, job, &changed, err) && changed == 1 &&
              store_commit(store, err);
    store_rollback(store);
    ym_arena_clear(&arena);
    if (ok)
        jobs_wake(jobs);
    return ok || err->kind == YM_NO_ERROR;
}

// How late a moment may be found and still be the moment itself: a keeper that was held up.
enum { LATE_S = 120 };
static bool fire(struct jobs *jobs, struct store *store, const struct calendar_days *days,
                 struct jobs_plan *plan, struct ym_error *err)
{
    struct calendar_rule rule;
    int64_t now = ym_now(), next = 0, changed = 0;

    if (!calendar_rule_parse(plan->rule, &rule, err) ||
        !calendar_rule_next(&rule, days, zone_of(jobs), now, &next, err))
        return false;
    bool due = plan->next > 0 && plan->next <= now;
    bool missed = due && plan->next < now - LATE_S * YM_SECOND;
    bool ok = due && (!missed || plan->catch_up)
                  ? begin_job(jobs, store, plan, next, now, err)
                  : move(store, plan, next, plan->last, plan->last_job, &changed, err);
    if (missed)
        ym_log(YM_WARN, "jobs.missed",
               YM_ARGS(ym_text("schedule", plan->name), ym_int("caught_up", plan->catch_up)));
    plan->next = next;
    return ok;
}

int64_t jobs_plans_fire(struct jobs *jobs)
{
    struct ym_arena arena = {0};
    struct calendar_days days = {0};
    struct jobs_plans plans = {0};
    struct store *store = NULL;
    struct ym_error err = {0};
    int64_t now = ym_now(), soonest = now + JOBS_PLANS_MS * INT64_C(1000);

    if (!store_take(jobs->options.pool, &store, &err) || !list(store, &arena, &plans, &err) ||
        !jobs_calendar(store, &arena, &days, &err))
        ym_log_error(YM_WARN, "jobs.schedules", &err);
    for (size_t i = 0; store && i < plans.n; i++) {
        struct jobs_plan *plan = &plans.items[i];
        if (plan->paused || !is_ours(jobs, plan->kind))
            continue;
        err = (struct ym_error){0};
        if (plan->next <= now && !fire(jobs, store, &days, plan, &err)) {
            ym_log_error(YM_ERROR, "jobs.schedule", &err);
            continue;
        }
        soonest = plan->next < soonest ? plan->next : soonest;
    }
    store_give(jobs->options.pool, store);
    ym_arena_clear(&arena);
    int64_t wait = soonest - ym_now();
    return ym_monotonic() + (wait > 0 ? wait : 0);
}

void jobs_plans_changed(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->plans_at = 0;
    pthread_cond_broadcast(&jobs->keep);
    pthread_mutex_unlock(&jobs->lock);
}

bool jobs_plan_list(struct jobs *jobs, struct ym_arena *arena, struct jobs_plans *out,
                    struct ym_error *err)
{
    struct store *store = NULL;

    if (!store_take(jobs->options.pool, &store, err))
        return false;
    bool ok = list(store, arena, out, err);
    store_give(jobs->options.pool, store);
    return ok;
}

static bool find(struct store *store, struct ym_str name, struct ym_arena *arena,
                 struct jobs_plan *out, struct ym_error *err)
{
    struct store_rows *rows;
    bool found = false;

    if (!store_ask(store, "SELECT " PLAN_COLUMNS " WHERE name = :name",
                   YM_ARGS(ym_text("name", name)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        read_plan(rows, arena, out);
        found = true;
    }
    if (!store_rows_close(rows, err) || found)
        return found;
    ym_fail(err, YM_NOT_FOUND, "jobs.no_schedule", "there is no schedule '%.*s'", YM_FMT(name));
    ym_hint(err, "GET /api/v1/schedules lists them.");
    return ym_about(err, name);
}

static const char SQL_CHANGE[] =
    "UPDATE schedule SET rule = :rule, paused = :paused, next = 0, etag = etag + 1"
    " WHERE name = :name AND etag = :etag";
bool jobs_plan_change(struct jobs *jobs, struct ym_str name, int64_t etag, struct ym_str rule,
                      bool paused, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct calendar_rule parsed;
    struct jobs_plan plan = {0};
    struct store *store = NULL;
    int64_t changed = 0;
    bool ok = false;

    if ((rule.p && !calendar_rule_parse(rule, &parsed, err)) ||
        !store_take(jobs->options.pool, &store, err))
        return false;
    if (!find(store, name, &arena, &plan, err))
        goto out;
    ok = store_run(store, SQL_CHANGE,
                   YM_ARGS(ym_text("rule", rule.p ? ym_str_trim(rule) : plan.rule),
                           ym_int("paused", paused), ym_text("name", name), ym_int("etag", etag)),
                   &changed, err);
    if (ok && changed == 0) {
        ok = ym_fail(err, YM_CONFLICT, "jobs.schedule_etag", "the schedule was changed meanwhile");
        ym_hint(err, "Reload the page, then change it again.");
    }
out:
    store_give(jobs->options.pool, store);
    ym_arena_clear(&arena);
    if (ok)
        jobs_plans_changed(jobs);
    return ok;
}

static const char SQL_RAN[] = "UPDATE schedule SET last = :now, last_job = :job WHERE name = :name";
bool jobs_plan_run(struct jobs *jobs, struct ym_str name, int64_t account, int64_t *job,
                   struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct jobs_plan plan = {0};
    struct store *store = NULL;
    bool ok = false;

    if (!store_take(jobs->options.pool, &store, err))
        return false;
    if (find(store, name, &arena, &plan, err)) {
        struct jobs_new what = {
            .kind = ym_arena_cstr(&arena, plan.kind), .subject = plan.name, .account = account};
        ok = store_begin(store, err) && jobs_add(jobs, store, &what, job, err) &&
             store_run(store, SQL_RAN,
                       YM_ARGS(ym_int("now", ym_now()), ym_int("job", *job), ym_text("name", name)),
                       NULL, err) &&
             store_commit(store, err);
        store_rollback(store);
    }
    store_give(jobs->options.pool, store);
    ym_arena_clear(&arena);
    if (ok)
        jobs_wake(jobs);
    return ok;
}

enum { KEEP_DONE_DAYS = 30, KEEP_OTHER_DAYS = 90 };
static const char SQL_SWEEP[] =
    "DELETE FROM job WHERE (state = 'done' AND ended < :done)"
    " OR (state IN ('failed', 'stopped') AND ended < :other)";
bool jobs_sweep(struct job *job, void *with, struct ym_error *err)
{
    struct jobs *jobs = job->jobs;
    struct store *store = NULL;
    int64_t now = ym_now(), gone = 0;

    (void)with;
    if (!store_take(jobs->options.pool, &store, err))
        return false;
    bool ok = store_run(store, SQL_SWEEP,
                        YM_ARGS(ym_int("done", now - KEEP_DONE_DAYS * YM_DAY),
                                ym_int("other", now - KEEP_OTHER_DAYS * YM_DAY)),
                        &gone, err);
    store_give(jobs->options.pool, store);
    if (ok && gone > 0)
        ym_log(YM_INFO, "jobs.swept", YM_ARGS(ym_int("jobs", gone)));
    return ok;
}
