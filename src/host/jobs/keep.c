// The keeper: one thread that carries progress to watchers and rows, renews leases, and looks at
// watched jobs that run elsewhere. Runners only run.
#include "host/jobs/inside.h"

static int64_t keep_every(const struct jobs *jobs)
{
    int64_t third = jobs->options.lease_ms / 3;

    return (third < 10000 ? third : 10000) * 1000;
}

static int64_t tell_at(const struct job *job)
{
    return job->untold ? job->told_at + JOBS_TELL_MS * INT64_C(1000) : INT64_MAX;
}

static int64_t keep_at(const struct job *job)
{
    int64_t every = keep_every(job->jobs), write = JOBS_WRITE_MS * INT64_C(1000);

    return job->kept_at + (job->unwritten && write < every ? write : every);
}

static const char SQL_KEEP[] =
    "UPDATE job SET lease = :until, stage = :stage, done = :done, total = :total, unit = :unit"
    " WHERE id = :id AND owner = :owner AND state = 'running' RETURNING stop";
static bool keep_row(struct jobs *jobs, const struct jobs_view *view, bool *lost, bool *stop,
                     struct ym_error *err)
{
    struct ym_arg until = ym_int("until", ym_now() + jobs->options.lease_ms * 1000);
    struct store *store = NULL;
    struct store_rows *rows = NULL;

    bool ok = store_take(jobs->options.pool, &store, err) &&
              store_ask(store, SQL_KEEP,
                        YM_ARGS(until, ym_text("stage", view->stage), ym_int("done", view->done),
                                ym_int("total", view->total), ym_text("unit", view->unit),
                                ym_int("id", view->id), ym_int("owner", jobs->owner)),
                        &rows, err);
    if (ok) {
        *lost = !store_next(rows, err);
        *stop = !*lost && store_int(rows, 0) != 0;
        ok = store_rows_close(rows, err);
    }
    store_give(jobs->options.pool, store);
    return ok;
}

static void keep(struct jobs *jobs, struct job *job, const struct jobs_view *view)
{
    struct ym_error err = {0};
    bool lost = false, stop = false;

    if (!keep_row(jobs, view, &lost, &stop, &err)) {
        ym_log_error(YM_WARN, "jobs.keep", &err);
        return;
    }
    if (lost)
        ym_log(YM_WARN, "jobs.lost", YM_ARGS(ym_int("job", view->id)));
    pthread_mutex_lock(&jobs->lock);
    job->lost = job->lost || lost;
    job->cancelled = job->cancelled || stop;
    pthread_mutex_unlock(&jobs->lock);
    if (lost || stop)
        atomic_store(&job->stop, true);
}

// One job for which something is due; it is held so that its runner does not free it meanwhile.
static struct job *next_due(struct jobs *jobs, int64_t now, int64_t *wake)
{
    for (struct job *job = jobs->running; job; job = job->next) {
        if (job->over)
            continue;
        int64_t at = tell_at(job) < keep_at(job) ? tell_at(job) : keep_at(job);
        if (at <= now) {
            job->held = true;
            return job;
        }
        if (at < *wake)
            *wake = at;
    }
    return NULL;
}

// With the lock; comes back with it.
static void serve(struct jobs *jobs, struct job *job, int64_t now)
{
    char stage[JOBS_WORD_MAX], unit[JOBS_WORD_MAX];
    struct jobs_view view = job->view;
    bool tell = tell_at(job) <= now, write = keep_at(job) <= now;

    memcpy(stage, job->stage, sizeof stage);
    memcpy(unit, job->unit, sizeof unit);
    view.stage.p = stage;
    view.unit.p = unit;
    if (tell) {
        job->untold = false;
        job->told_at = now;
    }
    if (write) {
        job->unwritten = false;
        job->kept_at = now;
    }
    pthread_mutex_unlock(&jobs->lock);
    if (tell)
        jobs_tell_watchers(jobs, &view);
    if (write)
        keep(jobs, job, &view);
    pthread_mutex_lock(&jobs->lock);
    job->held = false;
    pthread_cond_broadcast(&jobs->change);
}

static bool runs_here(const struct jobs *jobs, int64_t id)
{
    const struct job *job = jobs->running;

    while (job && job->view.id != id)
        job = job->next;
    return job != NULL;
}

// The next watched job after `id` that does not run here, or 0.
static int64_t elsewhere_after(const struct jobs *jobs, int64_t id)
{
    int64_t found = 0;

    for (const struct watch *watch = jobs->watches; watch; watch = watch->next)
        if (watch->job > id && (found == 0 || watch->job < found) && !watch->ended &&
            !watch->over && !runs_here(jobs, watch->job))
            found = watch->job;
    return found;
}

static bool is_news(struct watch *watch, const struct jobs_view *view)
{
    bool news = watch->state_seen != view->state || watch->done_seen != view->done ||
                !ym_str_is(view->stage, watch->stage);

    watch->state_seen = view->state;
    watch->done_seen = view->done;
    struct ym_str stage = ym_utf8_cut(view->stage, sizeof watch->stage - 1);
    if (stage.n > 0)
        memcpy(watch->stage, stage.p, stage.n);
    watch->stage[stage.n] = '\0';
    return news;
}

static void look_at(struct jobs *jobs, int64_t id)
{
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct jobs_view view;
    bool news = false;

    if (jobs_get(jobs, id, &arena, &view, &err)) {
        pthread_mutex_lock(&jobs->lock);
        for (struct watch *watch = jobs->watches; watch; watch = watch->next)
            if (watch->job == id && is_news(watch, &view))
                news = true;
        if (jobs_ended(view.state)) {
            jobs->endings++;
            pthread_cond_broadcast(&jobs->change);
        }
        pthread_mutex_unlock(&jobs->lock);
        if (news)
            jobs_tell_watchers(jobs, &view);
    }
    ym_arena_clear(&arena);
}

// With the lock; comes back with it.
static void look_elsewhere(struct jobs *jobs)
{
    jobs->look = false;
    for (int64_t id = elsewhere_after(jobs, 0); id > 0; id = elsewhere_after(jobs, id)) {
        pthread_mutex_unlock(&jobs->lock);
        look_at(jobs, id);
        pthread_mutex_lock(&jobs->lock);
    }
}

void jobs_keep(void *with)
{
    struct jobs *jobs = with;
    int64_t looked_at = 0;

    pthread_mutex_lock(&jobs->lock);
    while (!jobs->closed) {
        int64_t now = ym_monotonic(), wake = now + 10 * YM_SECOND;
        struct job *job = next_due(jobs, now, &wake);
        if (job) {
            serve(jobs, job, now);
            continue;
        }
        if (jobs->options.n_schedules > 0 && jobs->plans_at <= now && !jobs->closing) {
            jobs->plans_at = INT64_MAX; // a change meanwhile sets it back
            pthread_mutex_unlock(&jobs->lock);
            int64_t again = jobs_plans_fire(jobs);
            pthread_mutex_lock(&jobs->lock);
            jobs->plans_at = again < jobs->plans_at ? again : jobs->plans_at;
            continue;
        }
        if (jobs->options.n_schedules > 0 && !jobs->closing && jobs->plans_at < wake)
            wake = jobs->plans_at;
        if (elsewhere_after(jobs, 0) > 0) {
            int64_t look = looked_at + JOBS_ELSEWHERE_MS * INT64_C(1000);
            if (jobs->look || look <= now) {
                look_elsewhere(jobs);
                looked_at = ym_monotonic();
                continue;
            }
            wake = look < wake ? look : wake;
        }
        jobs_wait_until(&jobs->keep, &jobs->lock, wake);
    }
    pthread_mutex_unlock(&jobs->lock);
}
