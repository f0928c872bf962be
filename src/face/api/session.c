#include "face/api/inside.h"

static json_t *agency_json(struct store *store, int64_t id, struct ym_arena *arena,
                           struct ym_error *err)
{
    struct org_agency agency = {0};

    if (id == 0)
        return json_null();
    if (!org_agency_get(store, id, arena, &agency, err))
        return NULL;
    return json_pack("{s:o, s:o, s:o}", "id", api_id(agency.id), "name", ym_json_str(agency.name),
                     "title", api_texts_json(agency.title_zh, agency.title_en));
}

static json_t *account_json(struct store *store, const struct org_caller *caller,
                            struct ym_arena *arena, struct ym_error *err)
{
    if (!caller)
        return json_null();
    json_t *agency = agency_json(store, caller->agency, arena, err);
    if (!agency)
        return NULL;
    return json_pack("{s:o, s:o, s:o, s:s, s:o}", "id",
                     json_sprintf("%lld", (long long)caller->account), "name",
                     ym_json_str(caller->name), "display_name", ym_json_str(caller->display_name),
                     "role", org_role_name(caller->role), "agency", agency);
}

static bool answer(struct http_request *rq, struct store *store, const struct org_caller *caller,
                   struct http_reply *re, struct ym_error *err)
{
    const struct api_options *options = &api_of(rq)->options;
    json_t *account = account_json(store, caller, rq->arena, err);

    if (!account)
        return false;
    json_t *csrf = caller && caller->csrf[0] ? json_string(caller->csrf) : json_null();
    http_reply_json(re,
                    json_pack("{s:o, s:o, s:b, s:o, s:s}", "account", account, "csrf", csrf, "demo",
                              options->demo, "place",
                              api_texts_json(ym_str(options->place_zh), ym_str(options->place_en)),
                              "version", options->version ? options->version : ""));
    return true;
}

bool api_session_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = answer(rq, store, api_caller(rq), re, err);
    store_give(pool, store);
    return ok;
}

static void set_cookie(struct http_request *rq, struct http_reply *re, const char *secret)
{
    http_reply_header(re, "Set-Cookie",
                      ym_arena_printf(rq->arena, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax%s",
                                      api_cookie, secret, secret[0] ? "" : "; Max-Age=0"));
}

static bool sign_in(struct http_request *rq, struct store *store, struct ym_str name,
                    struct ym_str password, struct http_reply *re, struct ym_error *err)
{
    char secret[65];
    struct org_caller caller = {0};

    if (!org_sign_in(store, name, password, http_address_of(rq), rq->arena, secret, &caller, err))
        return false;
    // The session before ends: who signs in has one, and never one that somebody else gave.
    if (rq->caller && api_caller(rq)->session && !org_sign_out(store, api_caller(rq), err))
        return false;
    set_cookie(rq, re, secret);
    http_reply_header(re, "Location", YM_STR("/api/v1/session"));
    return answer(rq, store, &caller, re, err);
}

bool api_session_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct ym_str name = {NULL, 0}, password = {NULL, 0};
    const struct api_field fields[] = {
        {"name", API_TEXT, true, &name},
        {"password", API_TEXT, true, &password},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !store_take(pool, &store, err))
        return false;
    bool ok = sign_in(rq, store, name, password, re, err);
    store_give(pool, store);
    return ok;
}

bool api_session_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;
    bool ok = true;

    if (api_caller(rq)->session) {
        if (!store_take(pool, &store, err))
            return false;
        ok = org_sign_out(store, api_caller(rq), err);
        store_give(pool, store);
    }
    set_cookie(rq, re, "");
    return ok;
}
