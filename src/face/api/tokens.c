#include "face/api/inside.h"

static json_t *scopes_json(unsigned scopes)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < ORG_SCOPES; i++)
        if (scopes & (1U << i))
            json_array_append_new(list, json_string(org_scope_name((enum org_scope)i)));
    return list;
}

// ["read", "load"]; absent: all.
static bool scopes_of(const json_t *said, unsigned *out, struct ym_error *err)
{
    const json_t *one;
    size_t i;

    *out = said ? 0 : ORG_SCOPE_ALL;
    json_array_foreach(said, i, one)
    {
        unsigned bits = 0;
        struct ym_str text = {json_string_value(one), json_string_length(one)};
        if (text.n > 0 && org_scopes_parse(text, &bits)) {
            *out |= bits;
            continue;
        }
        ym_fail(err, YM_INVALID, "org.token_scope", "'%.*s' is no scope", YM_FMT(text));
        ym_hint(err, "Use read, load, edit, manage, audit, account, or all.");
        return ym_about(err, YM_STR("scopes"));
    }
    return true;
}

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
            items, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", api_id(one->id), "title",
                             ym_json_str(one->title), "scopes", scopes_json(one->scopes),
                             "created_at", api_time(one->created), "expires_at",
                             api_time(one->expires), "used_at", api_time(one->used)));
    }
    http_reply_json(re, api_list(items, NULL, (int64_t)tokens.n));
    return true;
}

bool api_tokens_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = list(rq, store, re, err);
    api_give(rq, store);
    return ok;
}

bool api_tokens_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str title = {NULL, 0}, token = {NULL, 0};
    int64_t days = 0, id = 0;
    json_t *said = NULL;
    unsigned scopes = 0;
    const struct api_field fields[] = {
        {"title", API_TEXT, true, &title},
        {"days", API_INTEGER, true, &days},
        {"scopes", API_ARRAY, false, &said},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !scopes_of(said, &scopes, err) ||
        !api_take(rq, &store, err))
        return false;
    bool ok =
        org_token_add(store, api_caller(rq), title, scopes, days, rq->arena, &id, &token, err);
    api_give(rq, store);
    if (!ok)
        return false;
    http_reply_json(re,
                    json_pack("{s:o, s:o, s:o, s:o}", "id", api_id(id), "title", ym_json_str(title),
                              "scopes", scopes_json(scopes), "token", ym_json_str(token)));
    api_location(rq, re, "tokens", ym_arena_printf(rq->arena, "%lld", (long long)id));
    return true;
}

bool api_tokens_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store *store = NULL;
    int64_t id;

    (void)re;
    if (!api_path_id(rq, &id, err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_token_drop(store, api_caller(rq), id, err);
    api_give(rq, store);
    return ok;
}
