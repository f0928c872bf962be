#include "face/api/inside.h"

static json_t *text_or_null(struct ym_str text)
{
    return text.n > 0 ? ym_json_str(text) : json_null();
}

static json_t *region_json(const struct org_region *region)
{
    return json_pack("{s:o, s:o, s:i, s:o, s:I}", "code", ym_json_str(region->code), "name",
                     ym_json_str(region->name), "level", region->level, "parent",
                     text_or_null(region->parent), "children", (json_int_t)region->children);
}

bool api_regions_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_regions found = {0};
    struct store *store = NULL;
    int64_t limit = api_limit(rq);

    if (!store_take(pool, &store, err))
        return false;
    bool ok = org_regions_find(store, http_param(rq, "parent"), (int)http_param_int(rq, "level", 0),
                               http_param(rq, "q"), http_param(rq, "after"), limit, rq->arena,
                               &found, err);
    store_give(pool, store);
    if (!ok)
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, region_json(&found.items[i]));
    if ((int64_t)found.n == limit && found.total > limit)
        next = ym_json_str(found.items[found.n - 1].code);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

static json_t *agency_json(const struct org_agency *agency)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "id", api_id(agency->id), "name",
                     ym_json_str(agency->name), "title",
                     api_texts_json(agency->title_zh, agency->title_en), "credit_code",
                     text_or_null(agency->credit_code), "region", text_or_null(agency->region),
                     "datasets", (json_int_t)agency->datasets);
}

bool api_agencies_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_agencies all = {0};
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = org_agency_list(store, rq->arena, &all, err);
    store_give(pool, store);
    if (!ok)
        return false;
    json_t *items = json_array();
    size_t limit = (size_t)api_limit(rq);
    for (size_t i = 0; i < all.n && i < limit; i++)
        json_array_append_new(items, agency_json(&all.items[i]));
    http_reply_json(re, api_list(items, NULL, (int64_t)all.n));
    return true;
}

bool api_agencies_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_agency agency = {0};
    struct api_texts title = {0};
    const struct api_field fields[] = {
        {"name", API_TEXT, true, &agency.name},
        {"title", API_TEXTS, true, &title},
        {"credit_code", API_TEXT, false, &agency.credit_code},
        {"region", API_TEXT, false, &agency.region},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err))
        return false;
    agency.title_zh = title.zh;
    agency.title_en = title.en;
    if (!store_take(pool, &store, err))
        return false;
    bool ok = org_agency_add(store, api_caller(rq), &agency, err);
    store_give(pool, store);
    if (!ok)
        return false;
    http_reply_json(re, agency_json(&agency));
    api_location(rq, re, "agencies", ym_arena_printf(rq->arena, "%lld", (long long)agency.id));
    return true;
}
