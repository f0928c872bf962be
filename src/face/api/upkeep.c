#include "face/api/inside.h"

#include "service/upkeep/backup.h"

bool api_health_live(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)rq, (void)err;
    http_reply_json(re, json_pack("{s:b}", "ok", 1));
    return true;
}

// Said to everyone: which part, and why in words that the part itself made for this.
bool api_health_ready(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_error why = {0};
    const struct upkeep_check *failing = upkeep_failing(api_of(rq)->options.upkeep, &why);

    (void)err;
    if (!failing) {
        http_reply_json(re, json_pack("{s:b}", "ok", 1));
        return true;
    }
    ym_log_error(YM_DEBUG, "api.not_ready", &why);
    struct ym_str said = ym_str(why.kind == YM_FAULT ? why.code : why.message);
    http_reply_status(re, 503);
    http_reply_header(re, "Retry-After", YM_STR("2"));
    http_reply_json(re, json_pack("{s:b, s:s, s:s, s:o}", "ok", 0, "failed", failing->name, "code",
                                  why.code, "why", ym_json_str(said)));
    return true;
}

bool api_health_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    json_t *report = NULL;

    if (!upkeep_health(api_of(rq)->options.upkeep, api_caller(rq), &report, err))
        return false;
    http_reply_json(re, report);
    return true;
}

bool api_backups_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct upkeep_options *options = upkeep_options_of(api_of(rq)->options.upkeep);
    struct upkeep_backup_list list;

    if (!org_need_role(api_caller(rq), ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR),
                       err) ||
        !upkeep_backup_list(options->backups, rq->arena, &list, err))
        return false;
    json_t *items = json_array();
    for (size_t i = 0; i < list.n; i++) {
        const struct upkeep_backup_entry *one = &list.items[i];
        json_array_append_new(
            items, json_pack("{s:s, s:o, s:b, s:b, s:I, s:I}", "name", one->name, "made_at",
                             api_time(one->at), "full", one->full, "lake", one->whole_lake, "size",
                             (json_int_t)one->bytes, "versions", (json_int_t)one->versions));
    }
    http_reply_json(re, api_list(items, NULL, (int64_t)list.n));
    return true;
}

bool api_backups_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    int64_t job = 0, full = 0;
    const struct api_field fields[] = {{"full", API_INTEGER, false, &full}};
    struct jobs_view view = {0};

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) ||
        !upkeep_backup_begin(api_of(rq)->options.upkeep, api_caller(rq), full != 0, &job, err))
        return false;
    if (!jobs_get(api_of(rq)->options.jobs, job, rq->arena, &view, err))
        return false;
    api_location(rq, re, "jobs", ym_arena_printf(rq->arena, "%lld", (long long)job));
    http_reply_json(re, api_job(rq, &view));
    return true;
}
