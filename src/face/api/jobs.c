#include "face/api/inside.h"

// Whoever began it, its agency's stewards, administrators.
static bool may_act(const struct org_caller *caller, const struct jobs_view *view)
{
    static const unsigned roles = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_STEWARD);

    return org_holds(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), 0) ||
           (caller->account && caller->account == view->account) ||
           (view->agency && org_holds(caller, roles, view->agency));
}

// The load that it works on, where it does: what it makes is opened there.
static json_t *load_of(const struct jobs_view *view)
{
    struct ym_error ignored = {0};
    json_t *about = NULL, *load;
    int64_t id = 0;

    if (!ym_json_parse(view->about, SIZE_MAX, &about, &ignored))
        return json_null();
    load = ym_str_int(ym_json_get(about, "load"), &id) ? api_id(id) : json_null();
    json_decref(about);
    return load;
}

json_t *api_job(const struct http_request *rq, const struct jobs_view *view)
{
    json_t *job = NULL;

    jobs_view_json(view, &job);
    if (!job)
        return NULL;
    json_object_set_new(job, "problem", api_problem(rq, &view->problem));
    json_object_set_new(job, "load", load_of(view));
    const struct org_caller *caller = rq->caller;
    bool mine = caller && caller->account && caller->account == view->account;
    bool act = caller && may_act(caller, view);
    bool over = view->state >= JOBS_DONE;
    json_object_set_new(job, "mine", json_boolean(mine));
    json_object_set_new(job, "may",
                        json_pack("{s:b, s:b}", "stop", act && !over, "again",
                                  act && jobs_may_again(api_of(rq)->options.jobs, view)));
    return job;
}

enum { SEE_ALL = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR) };

static bool may_see(const struct org_caller *caller, const struct jobs_view *view)
{
    return org_holds(caller, SEE_ALL, 0) || org_belongs(caller, view->agency) ||
           (caller->account && caller->account == view->account);
}

// Agencies that the caller works for, each once.
static size_t own_agencies(const struct org_caller *caller, int64_t ids[JOBS_AGENCIES])
{
    struct org_grant grants[JOBS_AGENCIES];
    size_t n = 0, all = org_grants(caller, grants, JOBS_AGENCIES);

    for (size_t i = 0; i < all; i++) {
        bool known = grants[i].agency == 0;
        for (size_t k = 0; k < n && !known; k++)
            known = ids[k] == grants[i].agency;
        if (!known)
            ids[n++] = grants[i].agency;
    }
    return n;
}

// What may_see lets through: all, or those of the caller's agencies and the own ones.
bool api_jobs_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct org_caller *caller = api_caller(rq);
    bool all = org_holds(caller, SEE_ALL, 0);
    int64_t before, limit = api_limit(rq), agencies[JOBS_AGENCIES];
    struct jobs_list found = {0};

    if (!api_after(rq, &before, err))
        return false;
    struct jobs_filter filter = {
        .agencies = agencies,
        .n_agencies = all ? 0 : own_agencies(caller, agencies),
        .or_account = caller->account,
        .account = http_param(rq, "mine").p ? caller->account : 0,
        .state = http_param(rq, "state"),
    };
    if (!all && filter.n_agencies == 0)
        filter.account = caller->account;
    if ((all || filter.n_agencies || filter.account) &&
        !jobs_find(api_of(rq)->options.jobs, &filter, before, limit, rq->arena, &found, err))
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

static bool answer_job(struct http_request *rq, struct http_reply *re, int64_t id,
                       struct ym_error *err)
{
    struct jobs_view view = {0};

    if (!jobs_get(api_of(rq)->options.jobs, id, rq->arena, &view, err))
        return false;
    http_reply_json(re, api_job(rq, &view));
    return true;
}

static bool act(struct http_request *rq, struct http_reply *re,
                bool (*what)(struct jobs *jobs, int64_t id, struct ym_error *err),
                struct ym_error *err)
{
    struct jobs_view view = {0};

    if (!find(rq, &view, err))
        return false;
    if (!may_act(api_caller(rq), &view)) {
        ym_fail(err, YM_DENIED, "api.job_act", "this job is another's");
        return ym_hint(err, "Its agency's stewards and administrators may stop and begin it.");
    }
    return what(api_of(rq)->options.jobs, view.id, err) && answer_job(rq, re, view.id, err);
}

bool api_job_stop(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return act(rq, re, jobs_cancel, err);
}

bool api_job_again(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return act(rq, re, jobs_again, err);
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
    struct org_caller caller; // its texts are not looked at
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
    const struct http_request as_if = {
        .with = watcher->api, .lang = ym_str(watcher->lang), .caller = &watcher->caller};
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
    watcher->caller = *api_caller(rq);
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
