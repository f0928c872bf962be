#include "face/api/inside.h"

static bool list(struct http_request *rq, struct store *store, struct http_reply *re,
                 struct ym_error *err)
{
    struct org_tokens tokens = {0};

    if (!org_token_list(store, api_caller(rq), rq->arena, &tokens, err))
        return false;
    json_t *items = json_array();
    for (size_t i = 0; i < tokens.n; i++) {
        const struct org_token *one = &tokens.items[i];
        json_array_append_new(
            items, json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", api_id(one->id), "title",
                             ym_json_str(one->title), "created_at", api_time(one->created),
                             "expires_at", api_time(one->expires), "used_at", api_time(one->used)));
    }
    http_reply_json(re, api_list(items, NULL, (int64_t)tokens.n));
    return true;
}

bool api_tokens_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = list(rq, store, re, err);
    store_give(pool, store);
    return ok;
}

bool api_tokens_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct ym_str title = {NULL, 0}, token = {NULL, 0};
    int64_t days = 0, id = 0;
    const struct api_field fields[] = {
        {"title", API_TEXT, true, &title},
        {"days", API_INTEGER, true, &days},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !store_take(pool, &store, err))
        return false;
    bool ok = org_token_add(store, api_caller(rq), title, days, rq->arena, &id, &token, err);
    store_give(pool, store);
    if (!ok)
        return false;
    http_reply_json(re, json_pack("{s:o, s:o, s:o}", "id", api_id(id), "title", ym_json_str(title),
                                  "token", ym_json_str(token)));
    api_location(rq, re, "tokens", ym_arena_printf(rq->arena, "%lld", (long long)id));
    return true;
}

bool api_tokens_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;
    int64_t id;

    (void)re;
    if (!api_path_id(rq, &id, err) || !store_take(pool, &store, err))
        return false;
    bool ok = org_token_drop(store, api_caller(rq), id, err);
    store_give(pool, store);
    return ok;
}
