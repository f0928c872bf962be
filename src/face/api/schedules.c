#include "face/api/inside.h"

static json_t *plan_json(const struct jobs_plan *plan)
{
    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o}", "name",
                     ym_json_str(plan->name), "kind", ym_json_str(plan->kind), "rule",
                     ym_json_str(plan->rule), "paused", plan->paused, "catch_up", plan->catch_up,
                     "next_at", plan->paused ? json_null() : api_time(plan->next), "last_at",
                     api_time(plan->last), "last_job", api_id(plan->last_job), "etag",
                     json_sprintf("%lld", (long long)plan->etag));
}

bool api_schedules_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct jobs_plans plans;

    if (!api_need_platform(rq, ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR), err) ||
        !jobs_plan_list(api_of(rq)->options.jobs, rq->arena, &plans, err))
        return false;
    json_t *items = json_array();
    for (size_t i = 0; i < plans.n; i++)
        json_array_append_new(items, plan_json(&plans.items[i]));
    http_reply_json(re, api_list(items, NULL, (int64_t)plans.n));
    return true;
}

static bool find(struct http_request *rq, struct jobs_plan *out, struct ym_error *err)
{
    struct ym_str name = http_path_part(rq, "name");
    struct jobs_plans plans;

    if (!jobs_plan_list(api_of(rq)->options.jobs, rq->arena, &plans, err))
        return false;
    for (size_t i = 0; i < plans.n; i++)
        if (ym_str_eq(plans.items[i].name, name)) {
            *out = plans.items[i];
            return true;
        }
    ym_fail(err, YM_NOT_FOUND, "jobs.no_schedule", "there is no schedule '%.*s'", YM_FMT(name));
    ym_hint(err, "GET /api/v1/schedules lists them.");
    return ym_about(err, name);
}

static bool if_match(struct http_request *rq, int64_t *etag, struct ym_error *err)
{
    struct ym_str text = http_header_of(rq, "If-Match");

    if (text.n > 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = ym_str_sub(text, 1, text.n - 2);
    if (ym_str_int(text, etag))
        return true;
    ym_fail(err, YM_INVALID, "http.if_match", "a change needs If-Match with the schedule's etag");
    return ym_hint(err, "Read the schedule first; send its `etag` as If-Match.");
}

bool api_schedule_patch(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct jobs *jobs = api_of(rq)->options.jobs;
    struct jobs_plan plan = {0};
    struct ym_str rule = {NULL, 0};
    int64_t etag, paused = -1;
    const struct api_field fields[] = {
        {"rule", API_TEXT, false, &rule},
        {"paused", API_INTEGER, false, &paused},
    };

    if (!api_need_platform(rq, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) ||
        !api_fields(rq->json, fields, YM_COUNT(fields), err) || !if_match(rq, &etag, err) ||
        !find(rq, &plan, err) ||
        !jobs_plan_change(jobs, plan.name, etag, rule, paused < 0 ? plan.paused : paused != 0,
                          err) ||
        !find(rq, &plan, err))
        return false;
    http_reply_json(re, plan_json(&plan));
    return true;
}

bool api_schedule_run(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct jobs *jobs = api_of(rq)->options.jobs;
    struct jobs_view view = {0};
    int64_t job = 0;

    if (!api_need_platform(rq, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) ||
        !jobs_plan_run(jobs, http_path_part(rq, "name"), api_caller(rq)->account, &job, err) ||
        !jobs_get(jobs, job, rq->arena, &view, err))
        return false;
    api_location(rq, re, "jobs", ym_arena_printf(rq->arena, "%lld", (long long)job));
    http_reply_json(re, api_job(rq, &view));
    return true;
}
