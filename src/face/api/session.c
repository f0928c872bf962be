#include "face/api/inside.h"

enum { GRANTS_MAX = 64 };

// "on", "off" (may be set up), "needed" (nothing else before it is).
static const char *factor_state(const struct api_options *options, const struct org_caller *caller)
{
    if (caller->second_factor)
        return "on";
    return !options->demo && caller->session && org_needs_second_factor(caller) ? "needed" : "off";
}

static json_t *account_json(struct http_request *rq, struct store *store,
                            const struct org_caller *caller, struct ym_error *err)
{
    struct org_grant grants[GRANTS_MAX];
    struct org_agencies agencies = {0};
    int64_t codes = 0;

    if (!caller)
        return json_null();
    if (!org_agency_list(store, rq->arena, &agencies, err) ||
        !org_factor_left(store, caller->account, &codes, err))
        return NULL;
    size_t n = org_grants(caller, grants, GRANTS_MAX);
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:o, s:o, s:s, s:I}", "id",
        json_sprintf("%lld", (long long)caller->account), "name", ym_json_str(caller->name),
        "display_name", ym_json_str(caller->display_name), "role", org_role_name(caller->role),
        "agency", api_agency_ref(&agencies, caller->agency), "roles",
        api_roles_json(grants, n, &agencies), "second_factor",
        factor_state(&api_of(rq)->options, caller), "recovery_codes", (json_int_t)codes);
}

static bool answer(struct http_request *rq, struct store *store, const struct org_caller *caller,
                   struct http_reply *re, struct ym_error *err)
{
    const struct api_options *options = &api_of(rq)->options;
    json_t *account = account_json(rq, store, caller, err);

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
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = answer(rq, store, api_caller(rq), re, err);
    api_give(rq, store);
    return ok;
}

void api_set_cookie(const struct http_request *rq, struct http_reply *re, const char *secret)
{
    http_reply_header(re, "Set-Cookie",
                      ym_arena_printf(rq->arena, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax%s",
                                      api_cookie, secret, secret[0] ? "" : "; Max-Age=0"));
}

static bool sign_in(struct http_request *rq, struct store *store, const struct org_sign_in *what,
                    struct http_reply *re, struct ym_error *err)
{
    char secret[65];
    struct org_caller caller = {.act = api_act(rq)};

    // Whoever was signed in here before is not who signs in now.
    if (api_act(rq)) {
        api_act(rq)->account = api_act(rq)->via_id = api_act(rq)->agency = 0;
        api_act(rq)->name = (struct ym_str){NULL, 0};
        api_act(rq)->via = "nobody";
    }
    if (!org_sign_in(store, api_of(rq)->options.seal, what, rq->arena, secret, &caller, err))
        return false;
    // The session before ends: who signs in has one, and never one that somebody else gave.
    if (rq->caller && api_caller(rq)->session && !org_sign_out(store, api_caller(rq), err))
        return false;
    api_set_cookie(rq, re, secret);
    http_reply_header(re, "Location", YM_STR("/api/v1/session"));
    return answer(rq, store, &caller, re, err);
}

bool api_session_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct org_sign_in what = {.address = http_address_of(rq),
                               .agent = http_header_of(rq, "User-Agent")};
    const struct api_field fields[] = {
        {"name", API_TEXT, true, &what.name},
        {"password", API_TEXT, true, &what.password},
        {"code", API_TEXT, false, &what.code},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !api_take(rq, &store, err))
        return false;
    bool ok = sign_in(rq, store, &what, re, err);
    api_give(rq, store);
    return ok;
}

bool api_session_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store *store = NULL;
    bool ok = true;

    if (api_caller(rq)->session) {
        if (!api_take(rq, &store, err))
            return false;
        ok = org_sign_out(store, api_caller(rq), err);
        api_give(rq, store);
    }
    api_set_cookie(rq, re, "");
    return ok;
}
