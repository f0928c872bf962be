#include "host/jobs/inside.h"

#define FULL_WAIT (5 * YM_SECOND)

static const struct jobs_kind *kind_of(const struct jobs *jobs, struct ym_str name)
{
    for (size_t i = 0; i < jobs->options.n_kinds; i++)
        if (ym_str_is(name, jobs->options.kinds[i].name))
            return &jobs->options.kinds[i];
    return NULL;
}

// `about` was written by jobs_add; what is not an object there is a hand's work.
static struct job *job_of(struct jobs *jobs, const struct store_rows *rows)
{
    struct ym_arena arena = {0};
    struct job *job = ym_arena_alloc(&arena, sizeof *job);
    struct ym_error wrong = {0};

    job->jobs = jobs;
    job->arena = arena;
    jobs_read_view(rows, &job->arena, &job->view);
    job->kind = kind_of(jobs, job->view.kind);
    if (!ym_json_parse(job->view.about, SIZE_MAX, &job->about, &wrong))
        job->about = json_object();
    job->tries = store_int(rows, 15);
    job->deaths = store_int(rows, 16);
    job->cancelled = store_int(rows, 17) != 0;
    // Each run shows its own progress.
    job->view.stage = job->view.unit = YM_STR("");
    job->view.done = job->view.total = 0;
    job->kept_at = ym_monotonic();
    return job;
}

static void free_job(struct job *job)
{
    struct ym_arena arena = job->arena;

    json_decref(job->about);
    ym_arena_clear(&arena);
}

// *job NULL: none was to be had; *due: when there may be one, by ym_now.
static bool lease(struct jobs *jobs, struct store *store, struct job **job, int64_t *due,
                  struct ym_error *err)
{
    struct ym_arg args[4] = {ym_int("owner", jobs->owner), ym_int("server", jobs->server),
                             ym_int("now", ym_now()),
                             ym_int("until", ym_now() + jobs->options.lease_ms * 1000)};
    struct ym_args kinds = {jobs->kind_args + 4, jobs->options.n_kinds}, all;
    struct store_rows *rows;

    *job = NULL;
    *due = INT64_MAX;
    if (!store_ask(store, jobs->sql_next, kinds, &rows, err))
        return false;
    if (store_next(rows, err) && !store_null(rows, 0))
        *due = store_int(rows, 0);
    if (!store_rows_close(rows, err) || *due > args[2].i)
        return *due > args[2].i;

    struct ym_arena arena = {0};
    all.n = 4 + kinds.n;
    struct ym_arg *list = ym_arena_alloc(&arena, all.n * sizeof *list);
    memcpy(list, args, sizeof args);
    memcpy(list + 4, kinds.items, kinds.n * sizeof *list);
    all.items = list;
    bool ok = store_ask(store, jobs->sql_lease, all, &rows, err);
    if (ok) {
        if (store_next(rows, err))
            *job = job_of(jobs, rows);
        ok = store_rows_close(rows, err);
    }
    ym_arena_clear(&arena);
    return ok;
}

static bool next_job(struct jobs *jobs, struct job **job, int64_t *due)
{
    struct store *store = NULL;
    struct ym_error err = {0};

    *job = NULL;
    bool ok = store_take(jobs->options.pool, &store, &err) && lease(jobs, store, job, due, &err);
    store_give(jobs->options.pool, store);
    if (!ok) {
        ym_log_error(YM_WARN, "jobs.lease", &err);
        *due = INT64_MAX;
    }
    return *job != NULL;
}

// How the row goes on: what end_row writes.
struct outcome {
    const char *state;
    int64_t due, ended, tries, deaths;
    struct ym_error problem;
};

static int64_t backoff(int64_t tries)
{
    int64_t wait = YM_SECOND / 2;

    while (tries-- > 0 && wait < 60 * YM_SECOND)
        wait *= 2;
    return wait < 60 * YM_SECOND ? wait : 60 * YM_SECOND;
}

static struct outcome outcome_of(const struct job *job, bool ok, bool closing,
                                 const struct ym_error *err)
{
    int64_t now = ym_now(), most = job->kind->tries > 0 ? job->kind->tries : JOBS_TRIES;
    struct outcome out = {.due = now, .ended = now, .tries = job->tries};

    if (ok) {
        out.state = "done";
    } else if (job->cancelled) {
        out.state = "stopped";
    } else if (closing) {
        out.state = "waiting";
        out.ended = 0;
    } else if (err->kind == YM_FULL) {
        // No fault of the job's: it goes on by itself when there is room again.
        out.state = "waiting";
        out.ended = 0;
        out.due = now + FULL_WAIT;
        out.problem = *err;
    } else if (err->kind == YM_BUSY && job->tries + 1 < most) {
        out.state = "waiting";
        out.ended = 0;
        out.due = now + backoff(job->tries);
        out.tries++;
        out.problem = *err;
    } else {
        out.state = "failed";
        out.problem = *err;
    }
    return out;
}

static const char SQL_END[] =
    "UPDATE job SET state = :state, due = :due, ended = :ended, tries = :tries, deaths = 0, lease "
    "= 0,"
    " stage = :stage, done = :done, total = :total, unit = :unit, problem = :problem"
    " WHERE id = :id AND owner = :owner AND state = 'running'";
static bool end_row(struct job *job, const struct outcome *out, int64_t *changed,
                    struct ym_error *err)
{
    struct jobs *jobs = job->jobs;
    struct ym_arena arena = {0};
    struct store *store = NULL;
    const char *problem =
        strcmp(out->state, "failed") == 0 ? jobs_problem_text(&out->problem, &arena) : NULL;

    bool ok = store_take(jobs->options.pool, &store, err) &&
              store_run(store, SQL_END,
                        YM_ARGS(ym_text("state", ym_str(out->state)), ym_int("due", out->due),
                                ym_int("ended", out->ended), ym_int("tries", out->tries),
                                ym_text("stage", job->view.stage), ym_int("done", job->view.done),
                                ym_int("total", job->view.total), ym_text("unit", job->view.unit),
                                ym_text("problem", ym_str(problem)), ym_int("id", job->view.id),
                                ym_int("owner", jobs->owner)),
                        changed, err);
    store_give(jobs->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

// The store may be away for a while; what the job did is done, so this is tried until it is written
// or the server ends (then the job runs again).
static bool end_surely(struct job *job, const struct outcome *out)
{
    struct jobs *jobs = job->jobs;

    for (int64_t wait = YM_SECOND / 5;; wait = wait < 2 * YM_SECOND ? wait * 2 : wait) {
        struct ym_error err = {0};
        int64_t changed = 0;
        if (end_row(job, out, &changed, &err)) {
            if (changed == 0)
                ym_log(YM_WARN, "jobs.lost", YM_ARGS(ym_int("job", job->view.id)));
            return changed > 0;
        }
        ym_log_error(YM_WARN, "jobs.end", &err);
        pthread_mutex_lock(&jobs->lock);
        bool closing = jobs->closing;
        if (!closing)
            jobs_wait_until(&jobs->work, &jobs->lock, ym_monotonic() + wait);
        pthread_mutex_unlock(&jobs->lock);
        if (closing)
            return false;
    }
}

static enum jobs_state state_of(const char *name)
{
    enum jobs_state state = JOBS_WAITING;

    while (strcmp(jobs_state_name(state), name) != 0)
        state++;
    return state;
}

// False where the server began to end while the row was leased: the job goes back as it is, also
// one that another runner of ours has just given back.
static bool show(struct jobs *jobs, struct job *job)
{
    pthread_mutex_lock(&jobs->lock);
    job->next = jobs->running;
    jobs->running = job;
    bool closing = jobs->closing;
    if (closing)
        atomic_store(&job->stop, true);
    pthread_mutex_unlock(&jobs->lock);
    return !closing;
}

// Nobody changes it or tells of it any more. It stays in the list until its end is told: its row is
// older until then, and who looks for a job that runs elsewhere would tell of that. Whether the
// server is ending.
static bool stand_still(struct jobs *jobs, struct job *job)
{
    pthread_mutex_lock(&jobs->lock);
    job->over = true;
    while (job->held)
        pthread_cond_wait(&jobs->change, &jobs->lock);
    bool closing = jobs->closing;
    pthread_mutex_unlock(&jobs->lock);
    return closing;
}

static void hide(struct jobs *jobs, struct job *job)
{
    struct job **at = &jobs->running;

    pthread_mutex_lock(&jobs->lock);
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    pthread_mutex_unlock(&jobs->lock);
}

static void *with_of(const struct job *job)
{
    const struct jobs_options *options = &job->jobs->options;

    return options->withs ? options->withs[job->kind - options->kinds] : options->with;
}

static bool carry_out(struct job *job, struct ym_error *err)
{
    if (job->cancelled)
        return false; // before it began, or while its server was dead
    if (job->deaths > JOBS_DEATHS) {
        ym_fail(err, YM_FAULT, "jobs.died", "the server ended %d times during this job",
                JOBS_DEATHS);
        return ym_hint(err, "Look into the log for what ended it before trying again.");
    }
    if (job->kind->run(job, with_of(job), err))
        return true;
    if (err->kind == YM_NO_ERROR) {
        ym_fail(err, YM_FAULT, "jobs.silent", "the job failed without a reason");
        ym_hint(err, "This is a mistake in the program: report it with the log.");
    }
    return false;
}

// What a stopped job left open is closed while the row is still ours.
static void close_stopped(struct jobs *jobs, struct job *job)
{
    const struct jobs_manner *manner = jobs_manner_of(jobs, job->view.kind);
    struct ym_error err = {0};

    pthread_mutex_lock(&jobs->lock);
    bool cancelled = job->cancelled && !job->lost;
    pthread_mutex_unlock(&jobs->lock);
    if (cancelled && manner->stopped && !manner->stopped(job, with_of(job), &err))
        ym_log_error(YM_ERROR, "jobs.stopped", &err);
}

static void log_outcome(const struct job *job, const struct outcome *out)
{
    bool failed = strcmp(out->state, "failed") == 0;

    ym_log(failed                             ? YM_ERROR
           : out->problem.kind != YM_NO_ERROR ? YM_WARN
                                              : YM_INFO,
           "jobs.ran",
           YM_ARGS(ym_int("job", job->view.id), ym_text("kind", job->view.kind),
                   ym_text("state", ym_str(out->state)), ym_text("code", ym_str(out->problem.code)),
                   ym_text("message", ym_str(out->problem.message))));
}

static void run(struct jobs *jobs, struct job *job)
{
    struct ym_error err = {0};

    jobs_tell_watchers(jobs, &job->view);
    job->told_at = ym_monotonic();
    bool ok = show(jobs, job) && carry_out(job, &err);
    if (!ok)
        close_stopped(jobs, job);
    bool closing = stand_still(jobs, job);
    struct outcome out = outcome_of(job, ok, closing, &err);
    if (!job->lost && end_surely(job, &out)) {
        job->view.state = state_of(out.state);
        job->view.ended = out.ended;
        if (job->view.state == JOBS_FAILED)
            job->view.problem = out.problem;
        log_outcome(job, &out);
        pthread_mutex_lock(&jobs->lock);
        jobs->endings++;
        pthread_cond_broadcast(&jobs->change);
        pthread_mutex_unlock(&jobs->lock);
        jobs_tell_watchers(jobs, &job->view);
    }
    hide(jobs, job);
    free_job(job);
}

void jobs_run_all(void *with)
{
    struct jobs *jobs = with;
    uint64_t seen;
    bool closing = false;

    while (!closing) {
        struct job *job;
        int64_t due;
        pthread_mutex_lock(&jobs->lock);
        seen = jobs->wakes;
        closing = jobs->closing;
        pthread_mutex_unlock(&jobs->lock);
        if (closing)
            break;
        if (next_job(jobs, &job, &due)) {
            run(jobs, job);
            continue;
        }
        int64_t now = ym_now(), wait = JOBS_LOOK_MS * INT64_C(1000);
        // Due, yet not had: another server was faster with this one; there may be more.
        if (due < now + wait)
            wait = due - now > 10000 ? due - now : 10000;
        int64_t until = ym_monotonic() + wait;
        pthread_mutex_lock(&jobs->lock);
        while (!jobs->closing && jobs->wakes == seen && ym_monotonic() < until)
            jobs_wait_until(&jobs->work, &jobs->lock, until);
        pthread_mutex_unlock(&jobs->lock);
    }
}

int64_t job_id(const struct job *job)
{
    return job->view.id;
}

const json_t *job_about(const struct job *job)
{
    return job->about;
}

bool job_stopped(void *with)
{
    struct job *job = with;

    return atomic_load(&job->stop);
}

static struct ym_str put_word(char to[JOBS_WORD_MAX], const char *word)
{
    struct ym_str text = ym_utf8_cut(ym_str(word ? word : ""), JOBS_WORD_MAX - 1);

    memcpy(to, text.p, text.n);
    to[text.n] = '\0';
    return (struct ym_str){to, text.n};
}

void job_progress(struct job *job, const char *stage, int64_t done, int64_t total, const char *unit)
{
    struct jobs *jobs = job->jobs;

    pthread_mutex_lock(&jobs->lock);
    job->view.stage = put_word(job->stage, stage);
    job->view.unit = put_word(job->unit, unit);
    job->view.done = done;
    job->view.total = total;
    job->unwritten = true;
    if (!job->untold) {
        job->untold = true;
        pthread_cond_signal(&jobs->keep);
    }
    pthread_mutex_unlock(&jobs->lock);
}
