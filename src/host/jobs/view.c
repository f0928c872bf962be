#include "host/jobs/inside.h"

static const char *const names[] = {
    [JOBS_WAITING] = "waiting", [JOBS_RUNNING] = "running", [JOBS_DONE] = "done",
    [JOBS_FAILED] = "failed",   [JOBS_STOPPED] = "stopped",
};

const char *jobs_state_name(enum jobs_state state)
{
    assert((size_t)state < YM_COUNT(names));
    return names[state];
}

bool jobs_ended(enum jobs_state state)
{
    return state >= JOBS_DONE;
}

const char *jobs_problem_text(const struct ym_error *problem, struct ym_arena *arena)
{
    struct ym_buf text;
    json_t *value =
        json_pack("{s:i, s:s, s:s, s:I, s:s, s:s}", "kind", (int)problem->kind, "code",
                  problem->code, "subject", problem->subject, "line", (json_int_t)problem->line,
                  "message", problem->message, "hint", problem->hint);

    assert(value); // ym_fail and its like cut at a character's end
    ym_buf_init(&text, 0);
    ym_json_dump(&text, value);
    json_decref(value);
    const char *copy = ym_arena_cstr(arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    return copy;
}

static void read_problem(struct ym_str text, struct ym_error *out)
{
    struct ym_error wrong = {0};
    json_t *value = NULL;

    *out = (struct ym_error){0};
    if (!text.p || !ym_json_parse(text, SIZE_MAX, &value, &wrong))
        return;
    json_int_t kind = json_integer_value(json_object_get(value, "kind"));
    struct ym_str code = ym_json_get(value, "code"), message = ym_json_get(value, "message");
    struct ym_str hint = ym_json_get(value, "hint");
    if (kind > YM_NO_ERROR && kind <= YM_FAULT) {
        ym_fail(out, (enum ym_kind)kind, code.p ? code.p : "", "%.*s", YM_FMT(message));
        ym_hint(out, "%.*s", YM_FMT(hint));
        ym_about(out, ym_json_get(value, "subject"));
        ym_at_line(out, json_integer_value(json_object_get(value, "line")));
    }
    json_decref(value);
}

void jobs_read_view(const struct store_rows *rows, struct ym_arena *arena, struct jobs_view *out)
{
    struct ym_str state = store_text(rows, 5);

    *out = (struct jobs_view){
        .id = store_int(rows, 0),
        .kind = ym_arena_str(arena, store_text(rows, 1)),
        .subject = ym_arena_str(arena, store_text(rows, 2)),
        .agency = store_int(rows, 3),
        .account = store_int(rows, 4),
        .stage = ym_arena_str(arena, store_text(rows, 6)),
        .done = store_int(rows, 7),
        .total = store_int(rows, 8),
        .unit = ym_arena_str(arena, store_text(rows, 9)),
        .created = store_int(rows, 10),
        .started = store_int(rows, 11),
        .ended = store_int(rows, 12),
    };
    for (size_t i = 0; i < YM_COUNT(names); i++)
        if (ym_str_is(state, names[i]))
            out->state = (enum jobs_state)i;
    read_problem(store_text(rows, 13), &out->problem);
    out->about = ym_arena_str(arena, store_text(rows, 14));
}

// What runs here is newer in memory than in its row.
static void add_progress(struct jobs *jobs, struct ym_arena *arena, struct jobs_view *view)
{
    pthread_mutex_lock(&jobs->lock);
    for (const struct job *job = jobs->running; job; job = job->next) {
        if (job->view.id != view->id || view->state != JOBS_RUNNING)
            continue;
        view->stage = ym_arena_str(arena, job->view.stage);
        view->unit = ym_arena_str(arena, job->view.unit);
        view->done = job->view.done;
        view->total = job->view.total;
    }
    pthread_mutex_unlock(&jobs->lock);
}

static bool fail_unknown(int64_t id, struct ym_error *err)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, id);
    ym_fail(err, YM_NOT_FOUND, "jobs.unknown", "there is no job '%s'", text);
    ym_hint(err, "Look for it in the list of jobs.");
    return ym_about(err, ym_str(text));
}

static const char SQL_GET[] = "SELECT " JOBS_COLUMNS " FROM job WHERE id = :id";
bool jobs_get(struct jobs *jobs, int64_t id, struct ym_arena *arena, struct jobs_view *out,
              struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool found = false;

    bool ok = store_take(jobs->options.pool, &store, err) &&
              store_ask(store, SQL_GET, YM_ARGS(ym_int("id", id)), &rows, err);
    if (ok) {
        found = store_next(rows, err);
        if (found)
            jobs_read_view(rows, arena, out);
        ok = store_rows_close(rows, err);
    }
    store_give(jobs->options.pool, store);
    if (!ok)
        return false;
    if (!found)
        return fail_unknown(id, err);
    add_progress(jobs, arena, out);
    return true;
}

static const char SQL_FILTER[] =
    " FROM job WHERE (:account = 0 OR account = :account) AND (:state = '' OR state = :state)";
static const char SQL_PAGE[] = " AND id < :before ORDER BY id DESC LIMIT :limit";
enum { FIXED = 5 }; // parameters besides the agencies

// The two statements of a filter and their parameters: a list in SQL is written out.
struct question {
    const char *count, *list;
    struct ym_arg args[FIXED + JOBS_AGENCIES];
    size_t n;
};
static void add(struct question *q, struct ym_arg arg)
{
    q->args[q->n++] = arg;
}

static void prepare(struct question *q, const struct jobs_filter *filter, struct ym_arena *arena)
{
    struct ym_buf which = {0};

    assert(filter->n_agencies <= JOBS_AGENCIES);
    q->n = 0;
    add(q, ym_int("account", filter->account));
    add(q, ym_text("state", filter->state.p ? filter->state : YM_STR("")));
    ym_buf_add(&which, ym_str(SQL_FILTER));
    for (size_t i = 0; i < filter->n_agencies; i++) {
        const char *name = ym_arena_printf(arena, "agency%zu", i).p;
        ym_buf_printf(&which, "%s:%s", i > 0 ? ", " : " AND (agency IN (", name);
        add(q, ym_int(name, filter->agencies[i]));
    }
    if (filter->n_agencies > 0) {
        ym_buf_add(&which, YM_STR(") OR (account = :or_account AND :or_account <> 0))"));
        add(q, ym_int("or_account", filter->or_account));
    }
    q->count = ym_arena_printf(arena, "SELECT COUNT(*)%s", ym_buf_cstr(&which)).p;
    q->list =
        ym_arena_printf(arena, "SELECT " JOBS_COLUMNS "%s%s", ym_buf_cstr(&which), SQL_PAGE).p;
    ym_buf_clear(&which);
}

static bool count(struct store *store, const struct question *q, int64_t *total,
                  struct ym_error *err)
{
    return store_one(store, q->count, (struct ym_args){q->args, q->n}, total, err);
}

bool jobs_find(struct jobs *jobs, const struct jobs_filter *filter, int64_t before, int64_t limit,
               struct ym_arena *arena, struct jobs_list *out, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    struct question q;
    size_t cap = 0;

    *out = (struct jobs_list){0};
    prepare(&q, filter, arena);
    bool ok = store_take(jobs->options.pool, &store, err) && count(store, &q, &out->total, err);
    add(&q, ym_int("before", before > 0 ? before : INT64_MAX));
    add(&q, ym_int("limit", limit));
    ok = ok && store_ask(store, q.list, (struct ym_args){q.args, q.n}, &rows, err);
    if (ok) {
        while (store_next(rows, err)) {
            out->items = ym_arena_grow(arena, out->items, &cap, out->n + 1, sizeof *out->items);
            jobs_read_view(rows, arena, &out->items[out->n++]);
        }
        ok = store_rows_close(rows, err);
    }
    store_give(jobs->options.pool, store);
    for (size_t i = 0; ok && i < out->n; i++)
        add_progress(jobs, arena, &out->items[i]);
    return ok;
}

bool jobs_list(struct jobs *jobs, int64_t agency, int64_t before, int64_t limit,
               struct ym_arena *arena, struct jobs_list *out, struct ym_error *err)
{
    const struct jobs_filter filter = {.agencies = &agency, .n_agencies = agency ? 1 : 0};

    return jobs_find(jobs, &filter, before, limit, arena, out, err);
}

static void stop_here(struct jobs *jobs, int64_t id)
{
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->running; job; job = job->next) {
        if (job->view.id != id || job->over)
            continue;
        job->cancelled = true;
        atomic_store(&job->stop, true);
    }
    jobs->endings++;
    jobs->look = true;
    pthread_cond_broadcast(&jobs->change);
    pthread_cond_signal(&jobs->keep);
    pthread_mutex_unlock(&jobs->lock);
}

// One statement, so that a job cannot slip from one state into the other between two. A waiting job
// that leaves something open is given to a runner, which closes it.
static const char SQL_CANCEL[] =
    "UPDATE job SET stop = 1,"
    " ended = CASE WHEN state = 'waiting' AND :care = 0 THEN :now ELSE ended END,"
    " due = CASE WHEN state = 'waiting' AND :care = 1 THEN :now ELSE due END,"
    " state = CASE WHEN state = 'waiting' AND :care = 0 THEN 'stopped' ELSE state END"
    " WHERE id = :id AND state IN ('waiting', 'running')";
bool jobs_cancel(struct jobs *jobs, int64_t id, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct store *store = NULL;
    struct jobs_view view = {0};
    int64_t changed = 0;
    bool ok = false;

    if (!jobs_get(jobs, id, &arena, &view, err))
        goto out;
    struct ym_arg care = ym_int("care", jobs_manner_of(jobs, view.kind)->stopped != NULL);
    ok = store_take(jobs->options.pool, &store, err) &&
         store_run(store, SQL_CANCEL, YM_ARGS(ym_int("id", id), ym_int("now", ym_now()), care),
                   &changed, err);
    store_give(jobs->options.pool, store);
    if (ok && changed > 0) {
        stop_here(jobs, id);
        jobs_wake(jobs);
    } else if (ok && (ok = jobs_get(jobs, id, &arena, &view, err))) {
        ok = ym_fail(err, YM_CONFLICT, "jobs.ended", "the job is %s already",
                     jobs_state_name(view.state));
        ym_hint(err, "Reload the page.");
    }
out:
    ym_arena_clear(&arena);
    return ok;
}

bool jobs_may_again(const struct jobs *jobs, const struct jobs_view *view)
{
    return (view->state == JOBS_FAILED || view->state == JOBS_STOPPED) &&
           !jobs_manner_of(jobs, view->kind)->once;
}

static const char SQL_AGAIN[] =
    "UPDATE job SET state = 'waiting', stop = 0, tries = 0, deaths = 0, due = :now, started = 0,"
    " ended = 0, stage = '', done = 0, total = 0, unit = '', problem = NULL"
    " WHERE id = :id AND state IN ('failed', 'stopped')";
bool jobs_again(struct jobs *jobs, int64_t id, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct store *store = NULL;
    struct jobs_view view = {0};
    int64_t changed = 0;
    bool ok = false;

    if (!jobs_get(jobs, id, &arena, &view, err))
        goto out;
    if (jobs_ended(view.state) && jobs_manner_of(jobs, view.kind)->once) {
        ym_fail(err, YM_CONFLICT, "jobs.once", "a job of this kind is not begun again");
        ym_hint(err, "Begin anew what it was for.");
        goto out;
    }
    ok = store_take(jobs->options.pool, &store, err) &&
         store_run(store, SQL_AGAIN, YM_ARGS(ym_int("id", id), ym_int("now", ym_now())), &changed,
                   err);
    store_give(jobs->options.pool, store);
    if (ok && changed == 0) {
        ok = ym_fail(err, YM_CONFLICT, "jobs.not_over", "the job is %s",
                     jobs_state_name(view.state));
        ym_hint(err, "Only what failed or was stopped is begun again. Reload the page.");
    }
    if (ok)
        jobs_wake(jobs);
out:
    ym_arena_clear(&arena);
    return ok;
}

static json_t *time_or_null(int64_t time)
{
    char text[YM_TIME_TEXT];

    return time == 0 ? json_null() : json_string(ym_time_text(time, text));
}

static json_t *problem_json(const struct ym_error *problem)
{
    if (problem->kind == YM_NO_ERROR)
        return json_null();
    return json_pack("{s:s, s:i, s:s, s:I, s:s}", "code", problem->code, "status",
                     ym_kind_status(problem->kind), "subject", problem->subject, "line",
                     (json_int_t)problem->line, "hint", problem->hint);
}

void jobs_view_json(const struct jobs_view *view, json_t **out)
{
    char id[24];

    (void)snprintf(id, sizeof id, "%" PRId64, view->id);
    *out = json_pack("{s:s, s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", id,
                     "kind", ym_json_str(view->kind), "state", jobs_state_name(view->state),
                     "stage", ym_json_str(view->stage), "done", (json_int_t)view->done, "total",
                     (json_int_t)view->total, "unit", ym_json_str(view->unit), "subject",
                     ym_json_str(view->subject), "created_at", time_or_null(view->created),
                     "started_at", time_or_null(view->started), "ended_at",
                     time_or_null(view->ended), "problem", problem_json(&view->problem));
    assert(*out);
}

static const char SQL_BACKLOG[] =
    "SELECT COUNT(*), COALESCE(MIN(CASE WHEN due <= :now THEN due END), 0) FROM job"
    " WHERE state = 'waiting'";
bool jobs_backlog(struct jobs *jobs, int64_t *waiting, int64_t *oldest, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool ok = false;

    *waiting = *oldest = 0;
    if (!store_take(jobs->options.pool, &store, err))
        return false;
    if (store_ask(store, SQL_BACKLOG, YM_ARGS(ym_int("now", ym_now())), &rows, err)) {
        if (store_next(rows, err)) {
            *waiting = store_int(rows, 0);
            *oldest = store_int(rows, 1);
        }
        ok = store_rows_close(rows, err);
    }
    store_give(jobs->options.pool, store);
    return ok;
}
