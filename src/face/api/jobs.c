#include "face/api/inside.h"

json_t *api_job(const struct http_request *rq, const struct jobs_view *view)
{
    json_t *job = NULL;

    jobs_view_json(view, &job);
    if (job)
        json_object_set_new(job, "problem", api_problem(rq, &view->problem));
    return job;
}

enum { SEE_ALL = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR) };

static bool may_see(const struct org_caller *caller, const struct jobs_view *view)
{
    return org_holds(caller, SEE_ALL, 0) || org_belongs(caller, view->agency) ||
           (caller->account && caller->account == view->account);
}

bool api_jobs_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct org_caller *caller = api_caller(rq);
    bool all = org_holds(caller, SEE_ALL, 0);
    struct jobs_list found = {0};
    int64_t before, limit = api_limit(rq);

    if (!api_after(rq, &before, err))
        return false;
    // To the queue agency 0 is all agencies; to whoever has none it is none.
    if ((all || caller->agency) && !jobs_list(api_of(rq)->options.jobs, all ? 0 : caller->agency,
                                              before, limit, rq->arena, &found, err))
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, api_job(rq, &found.items[i]));
    if (found.n > 0 && (int64_t)found.n == limit && found.total > limit)
        next = api_id(found.items[found.n - 1].id);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

// What one may not know of is not found.
static bool find(struct http_request *rq, struct jobs_view *view, struct ym_error *err)
{
    int64_t id;

    if (!api_path_id(rq, &id, err))
        return false;
    bool ok = jobs_get(api_of(rq)->options.jobs, id, rq->arena, view, err);
    if (ok && may_see(api_caller(rq), view))
        return true;
    if (ok || err->kind == YM_NOT_FOUND) {
        ym_fail(err, YM_NOT_FOUND, "jobs.unknown", "there is no job %lld", (long long)id);
        ym_hint(err, "GET /api/v1/jobs lists the jobs that you may see.");
        ym_about(err, http_path_part(rq, "id"));
    }
    return false;
}

bool api_job_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct jobs_view view = {0};

    if (!find(rq, &view, err))
        return false;
    http_reply_json(re, api_job(rq, &view));
    return true;
}

/* A job's events. Runners tell `changed`; the connection's end tells `gone`, after which the watch
 * is taken away and nobody tells any more. Whoever is first ends the stream, the other leaves it.
 */
struct watcher {
    struct api *api;
    struct http_events *events;
    _Atomic int64_t watch;
    _Atomic bool ended;
    char lang[8];
};

static void end(struct watcher *watcher)
{
    if (!atomic_exchange(&watcher->ended, true))
        http_events_end(watcher->events);
}

static bool is_over(const struct jobs_view *view)
{
    return view->state == JOBS_DONE || view->state == JOBS_FAILED || view->state == JOBS_STOPPED;
}

static void tell(struct watcher *watcher, const struct jobs_view *view)
{
    const struct http_request as_if = {.with = watcher->api, .lang = ym_str(watcher->lang)};
    struct ym_buf text = {0};
    json_t *job = api_job(&as_if, view);

    ym_json_dump(&text, job);
    json_decref(job);
    if (!atomic_load(&watcher->ended))
        (void)http_events_put(watcher->events, is_over(view) ? "end" : "progress",
                              ym_buf_str(&text));
    ym_buf_clear(&text);
    if (is_over(view))
        end(watcher);
}

static void changed(void *with, const struct jobs_view *view)
{
    tell(with, view);
}

static void gone(void *with)
{
    struct watcher *watcher = with;
    int64_t watch = atomic_load(&watcher->watch);

    if (watch)
        jobs_unwatch(watcher->api->options.jobs, watch);
    end(watcher);
    free(watcher);
}

bool api_job_events(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct jobs *jobs = api_of(rq)->options.jobs;
    struct jobs_view view = {0};

    if (!find(rq, &view, err))
        return false;
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher)
        abort();
    watcher->api = api_of(rq);
    (void)snprintf(watcher->lang, sizeof watcher->lang, "%.*s", YM_FMT(rq->lang));
    watcher->events = http_reply_events(re, gone, watcher);
    if (!is_over(&view))
        tell(watcher, &view);
    int64_t watch = is_over(&view) ? 0 : jobs_watch(jobs, view.id, changed, watcher);
    atomic_store(&watcher->watch, watch);
    if (watch)
        return true;
    // It ended meanwhile: the row has the last word.
    if (!jobs_get(jobs, view.id, rq->arena, &view, err))
        return false;
    tell(watcher, &view);
    end(watcher);
    return true;
}
