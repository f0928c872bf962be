#include "data/lake/versions.h"
#include "face/api/inside.h"

enum { ANSWER_MAX = 128 << 20 };

static json_t *text_or_null(struct ym_str text)
{
    return text.n > 0 ? ym_json_str(text) : json_null();
}

static json_t *version_json(const struct lake_version *version)
{
    json_t *json = catalog_version_json(&version->facts);

    json_object_set_new(json, "current", json_boolean(version->current));
    json_object_set_new(json, "note", text_or_null(version->note));
    json_object_set_new(json, "act", text_or_null(version->act));
    json_object_set_new(json, "reason", text_or_null(version->reason));
    json_object_set_new(json, "acted_at", api_time(version->acted));
    return json;
}

static json_t *versions_json(const struct lake_versions *versions)
{
    json_t *items = json_array();

    for (size_t i = 0; i < versions->n; i++)
        json_array_append_new(items, version_json(&versions->items[i]));
    return items;
}

bool api_versions_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_versions found = {0};
    int64_t before, limit = api_limit(rq);

    if (!api_after(rq, &before, err) ||
        !lake_version_list(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"),
                           before, limit, rq->arena, &found, err))
        return false;
    json_t *next = NULL;
    if (found.n > 0 && (int64_t)found.n == limit && found.items[found.n - 1].facts.number > 1)
        next = api_id(found.items[found.n - 1].facts.number);
    http_reply_json(re, api_list(versions_json(&found), next, found.total));
    return true;
}

static bool number_of(const struct http_request *rq, int64_t *number, struct ym_error *err)
{
    struct ym_str text = http_path_part(rq, "number");

    if (ym_str_int(text, number) && *number > 0)
        return true;
    ym_fail(err, YM_NOT_FOUND, "lake.no_version", "'%.*s' is no number of a version", YM_FMT(text));
    return ym_about(err, text);
}

static bool answer(struct http_request *rq, int64_t number, struct http_reply *re,
                   struct ym_error *err)
{
    struct lake_version version;
    struct lake_load load = {0};
    struct ym_error ignored = {0};
    json_t *report = NULL;

    if (!lake_version_get(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"),
                          number, rq->arena, &version, err))
        return false;
    json_t *json = version_json(&version);
    // The report quotes cells that were quarantined: who may see the load may see it.
    if (lake_load_get(api_of(rq)->options.lake, api_caller(rq), version.facts.load, rq->arena,
                      &load, &ignored) &&
        load.report.n > 0 && ym_json_parse(load.report, SIZE_MAX, &report, &ignored))
        json_object_set_new(json, "report", report);
    http_reply_json(re, json);
    return true;
}

bool api_version_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    int64_t number;

    return number_of(rq, &number, err) && answer(rq, number, re, err);
}

typedef bool move_version(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                          int64_t number, struct ym_str reason, struct ym_error *err);

static bool act(struct http_request *rq, move_version *move, struct http_reply *re,
                struct ym_error *err)
{
    struct ym_str reason = {NULL, 0};
    const struct api_field fields[] = {{"reason", API_TEXT, false, &reason}};
    int64_t number;

    return number_of(rq, &number, err) && api_fields(rq->json, fields, YM_COUNT(fields), err) &&
           move(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"), number, reason,
                err) &&
           answer(rq, number, re, err);
}

bool api_version_withdraw(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return act(rq, lake_withdraw, re, err);
}

bool api_version_restore(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return act(rq, lake_restore, re, err);
}

static bool answer_retention(struct http_request *rq, const struct lake_policy *draft,
                             struct http_reply *re, struct ym_error *err)
{
    struct lake_retention found;

    if (!lake_retention_get(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"),
                            draft, rq->arena, &found, err))
        return false;
    const struct lake_policy *policy = &found.policy;
    http_reply_json(re, json_pack("{s:I, s:I, s:b, s:o, s:o, s:o}", "keep_versions",
                                  (json_int_t)policy->keep_versions, "keep_days",
                                  (json_int_t)policy->keep_days, "hold", policy->hold, "reason",
                                  ym_json_str(policy->reason.p ? policy->reason : YM_STR("")),
                                  "updated_at", api_time(policy->updated), "due",
                                  versions_json(&found.due)));
    return true;
}

bool api_retention_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct lake_policy draft = {.keep_versions = http_param_int(rq, "keep_versions", 0),
                                      .keep_days = http_param_int(rq, "keep_days", 0)};
    bool drafted = http_param(rq, "keep_versions").p || http_param(rq, "keep_days").p;

    return answer_retention(rq, drafted ? &draft : NULL, re, err);
}

bool api_retention_put(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_policy policy = {0};
    const struct api_field fields[] = {
        {"keep_versions", API_INTEGER, false, &policy.keep_versions},
        {"keep_days", API_INTEGER, false, &policy.keep_days},
        {"hold", API_BOOLEAN, false, &policy.hold},
        {"reason", API_TEXT, false, &policy.reason},
    };

    return api_fields(rq->json, fields, YM_COUNT(fields), err) &&
           lake_retention_set(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"),
                              &policy, err) &&
           answer_retention(rq, NULL, re, err);
}

bool api_diff_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct lake_diff_ask ask = {
        .dataset = http_path_part(rq, "id"),
        .from = http_param_int(rq, "from", 0),
        .to = http_param_int(rq, "to", 0),
        .kind = http_param(rq, "kind"),
        .after = http_param(rq, "after"),
        .limit = api_limit(rq),
    };
    struct ym_buf body;

    ym_buf_init(&body, ANSWER_MAX);
    bool ok = lake_diff(api_of(rq)->options.lake, api_caller(rq), &ask, rq->arena, &body, err);
    if (ok)
        http_reply_bytes(re, "application/json", &body);
    ym_buf_clear(&body);
    return ok;
}
