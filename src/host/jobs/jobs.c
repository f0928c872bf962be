#include "host/jobs/inside.h"

#include <sys/random.h>

const char JOBS_SCHEMA_1[] =
    "CREATE TABLE job ("
    " id BIGINT PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " about TEXT NOT NULL," // a JSON object
    " agency BIGINT NOT NULL,"
    " account BIGINT NOT NULL,"
    " state TEXT NOT NULL,"
    " stage TEXT NOT NULL DEFAULT '',"
    " done BIGINT NOT NULL DEFAULT 0,"
    " total BIGINT NOT NULL DEFAULT 0,"
    " unit TEXT NOT NULL DEFAULT '',"
    " tries BIGINT NOT NULL DEFAULT 0,"  // ended by YM_BUSY
    " deaths BIGINT NOT NULL DEFAULT 0," // leased since it last ended in an orderly way
    " due BIGINT NOT NULL,"
    " lease BIGINT NOT NULL DEFAULT 0,"
    " owner BIGINT NOT NULL DEFAULT 0," // a number of one start of one server
    " server BIGINT NOT NULL DEFAULT 0,"
    " stop BIGINT NOT NULL DEFAULT 0,"
    " created BIGINT NOT NULL,"
    " started BIGINT NOT NULL DEFAULT 0,"
    " ended BIGINT NOT NULL DEFAULT 0,"
    " problem TEXT);"
    "CREATE INDEX job_due ON job (state, due);"
    "CREATE INDEX job_agency ON job (agency, id);";

const char JOBS_SCHEMA_2[] =
    "CREATE TABLE schedule ("
    " name TEXT PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " rule TEXT NOT NULL," // of pure/calendar
    " catch_up BIGINT NOT NULL,"
    " paused BIGINT NOT NULL DEFAULT 0,"
    " next BIGINT NOT NULL," // 0: to be reckoned
    " last BIGINT NOT NULL DEFAULT 0,"
    " last_job BIGINT NOT NULL DEFAULT 0,"
    " etag BIGINT NOT NULL DEFAULT 1);"
    "CREATE TABLE calendar_year ("
    " year BIGINT PRIMARY KEY,"
    " source TEXT NOT NULL);" // the decree
    "CREATE TABLE calendar_day ("
    " day BIGINT PRIMARY KEY," // since 1970-01-01
    " works BIGINT NOT NULL,"
    " name TEXT NOT NULL);";

void jobs_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t monotonic)
{
    struct timespec until = {monotonic / YM_SECOND, monotonic % YM_SECOND * 1000};

    (void)pthread_cond_timedwait(cond, lock, &until);
}

// " AND kind IN (:kind0, :kind1, …)": a newer server's kinds are left to it.
static void prepare_sql(struct jobs *jobs)
{
    static const char next[] =
        "SELECT MIN(CASE state WHEN 'waiting' THEN due ELSE lease END) FROM job"
        " WHERE state IN ('waiting', 'running') AND kind IN (%s)";
    // The condition stands twice: where two servers choose the same row, the second waits for
    // the first, looks again, and changes nothing.
    static const char lease[] =
        "UPDATE job SET state = 'running', owner = :owner, server = :server, lease = :until,"
        " deaths = deaths + 1, started = CASE started WHEN 0 THEN :now ELSE started END"
        " WHERE id = (SELECT id FROM job WHERE kind IN (%s) AND"
        " ((state = 'waiting' AND due <= :now) OR (state = 'running' AND lease < :now))"
        " ORDER BY due, id LIMIT 1)"
        " AND ((state = 'waiting' AND due <= :now) OR (state = 'running' AND lease < :now))"
        " RETURNING " JOBS_COLUMNS ", tries, deaths, stop";
    struct ym_buf names;

    ym_buf_init(&names, 0);
    jobs->kind_args =
        ym_arena_alloc(&jobs->arena, (jobs->options.n_kinds + 4) * sizeof *jobs->kind_args);
    for (size_t i = 0; i < jobs->options.n_kinds; i++) {
        const char *name = ym_arena_printf(&jobs->arena, "kind%zu", i).p;
        ym_buf_printf(&names, "%s:%s", i > 0 ? ", " : "", name);
        jobs->kind_args[4 + i] = ym_text(name, ym_str(jobs->options.kinds[i].name));
    }
    jobs->sql_next = ym_arena_printf(&jobs->arena, next, ym_buf_cstr(&names)).p;
    jobs->sql_lease = ym_arena_printf(&jobs->arena, lease, ym_buf_cstr(&names)).p;
    ym_buf_clear(&names);
}

// What a server of our number left running: it is dead, since we are it.
static const char SQL_TAKE_BACK[] =
    "UPDATE job SET state = 'waiting', owner = 0, lease = 0 WHERE state = 'running' AND server = "
    ":server";
static bool take_back(struct jobs *jobs, struct ym_error *err)
{
    struct ym_arg server = ym_int("server", jobs->server);
    struct store *store = NULL;
    int64_t left = 0;

    bool ok = store_take(jobs->options.pool, &store, err) &&
              store_run(store, SQL_TAKE_BACK, YM_ARGS(server), &left, err);
    store_give(jobs->options.pool, store);
    if (ok && left > 0)
        ym_log(YM_INFO, "jobs.taken_back", YM_ARGS(ym_int("jobs", left)));
    return ok;
}

static void init_locks(struct jobs *jobs)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&jobs->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->work, &monotonic);
    pthread_cond_init(&jobs->keep, &monotonic);
    pthread_cond_init(&jobs->change, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void free_jobs(struct jobs *jobs)
{
    struct ym_arena arena = jobs->arena;

    pthread_cond_destroy(&jobs->work);
    pthread_cond_destroy(&jobs->keep);
    pthread_cond_destroy(&jobs->change);
    pthread_mutex_destroy(&jobs->lock);
    ym_arena_clear(&jobs->watch_arena);
    ym_arena_clear(&arena);
}

bool jobs_start(const struct jobs_options *options, struct jobs **out, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct jobs *jobs = ym_arena_alloc(&arena, sizeof *jobs);

    *out = NULL;
    assert(options->n_kinds > 0);
    jobs->arena = arena;
    jobs->options = *options;
    if (jobs->options.runners == 0)
        jobs->options.runners = 2;
    if (jobs->options.lease_ms == 0)
        jobs->options.lease_ms = 30000;
    jobs->server = store_pool_server(options->pool);
    if (getrandom(&jobs->owner, sizeof jobs->owner, 0) != sizeof jobs->owner)
        abort();
    jobs->owner &= INT64_MAX;
    init_locks(jobs);
    prepare_sql(jobs);
    if (!take_back(jobs, err) || !jobs_plans_make(jobs, err)) {
        free_jobs(jobs);
        return false;
    }
    jobs->runners = ym_arena_alloc(&jobs->arena, jobs->options.runners * sizeof *jobs->runners);
    for (size_t i = 0; i < jobs->options.runners; i++)
        jobs->runners[i].thread = worker_thread_start("job", jobs_run_all, jobs);
    jobs->keeper = worker_thread_start("job-keeper", jobs_keep, jobs);
    *out = jobs;
    return true;
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->closing = true;
    for (struct job *job = jobs->running; job; job = job->next)
        atomic_store(&job->stop, true);
    pthread_cond_broadcast(&jobs->work);
    pthread_cond_broadcast(&jobs->change);
    pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < jobs->options.runners; i++)
        worker_thread_join(jobs->runners[i].thread);
    // The keeper last: it renews the leases of those that take their time to stop.
    pthread_mutex_lock(&jobs->lock);
    jobs->closed = true;
    pthread_cond_broadcast(&jobs->keep);
    pthread_mutex_unlock(&jobs->lock);
    worker_thread_join(jobs->keeper);
    free_jobs(jobs);
}

void jobs_wake(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->wakes++;
    pthread_cond_broadcast(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
}

static bool is_kind(const struct jobs *jobs, const char *name)
{
    for (size_t i = 0; i < jobs->options.n_kinds; i++)
        if (strcmp(jobs->options.kinds[i].name, name) == 0)
            return true;
    return false;
}

const struct jobs_manner *jobs_manner_of(const struct jobs *jobs, struct ym_str kind)
{
    static const struct jobs_manner none = {0};

    for (size_t i = 0; i < jobs->options.n_manners; i++)
        if (ym_str_is(kind, jobs->options.manners[i].kind))
            return &jobs->options.manners[i];
    return &none;
}

static const char SQL_ADD[] =
    "INSERT INTO job (id, kind, subject, about, agency, account, state, due, created)"
    " VALUES (:id, :kind, :subject, :about, :agency, :account, 'waiting', :now, :now)";
bool jobs_add(struct jobs *jobs, struct store *store, const struct jobs_new *what, int64_t *id,
              struct ym_error *err)
{
    struct ym_arg number = ym_int("id", store_new_id(store));
    struct ym_arg kind = ym_text("kind", ym_str(what->kind));
    struct ym_arg subject = ym_text("subject", what->subject.p ? what->subject : YM_STR(""));
    struct ym_arg agency = ym_int("agency", what->agency),
                  account = ym_int("account", what->account);
    struct ym_arg now = ym_int("now", ym_now());
    struct ym_buf about;

    assert(is_kind(jobs, what->kind));
    ym_buf_init(&about, 0);
    if (what->about)
        ym_json_dump(&about, what->about);
    else
        ym_buf_add(&about, YM_STR("{}"));
    bool ok = store_run(
        store, SQL_ADD,
        YM_ARGS(number, kind, subject, ym_text("about", ym_buf_str(&about)), agency, account, now),
        NULL, err);
    ym_buf_clear(&about);
    if (ok && id)
        *id = number.i;
    return ok;
}

bool jobs_tell(struct jobs *jobs, struct store *store, const char *event, struct ym_str subject,
               const json_t *about, struct ym_error *err)
{
    for (size_t i = 0; i < jobs->options.n_followers; i++) {
        const struct jobs_follower *follower = &jobs->options.followers[i];
        struct jobs_new what = {.kind = follower->kind, .subject = subject, .about = about};
        if (strcmp(follower->event, event) == 0 && !jobs_add(jobs, store, &what, NULL, err))
            return false;
    }
    return true;
}
