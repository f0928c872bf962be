#include "face/api/inside.h"

#include <openssl/crypto.h>
#include <strings.h>

const char api_cookie[] = "__Host-ym";

bool api_same_secret(struct ym_str a, struct ym_str b)
{
    return a.n == b.n && a.n > 0 && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

static bool changes(const struct http_request *rq)
{
    return !ym_str_is(rq->method, "GET") && !ym_str_is(rq->method, "HEAD") &&
           !ym_str_is(rq->method, "OPTIONS");
}

static bool bad_bearer(struct ym_error *err)
{
    ym_fail(err, YM_SIGN_IN, "api.bearer", "the Authorization header is not 'Bearer TOKEN'");
    return ym_hint(err,
                   "Send Authorization: Bearer with a token that you made under your account.");
}

static void be_operator(struct org_caller *caller)
{
    *caller = (struct org_caller){
        .role = ORG_ADMINISTRATOR,
        .machine = true,
        .name = YM_STR("operator"),
        .display_name = YM_STR("operator"),
    };
}

static bool by_bearer(struct http_request *rq, struct ym_str header, struct org_caller *caller,
                      struct ym_error *err)
{
    const struct api *api = api_of(rq);
    struct store *store = NULL;

    if (header.n < 8 || strncasecmp(header.p, "Bearer ", 7) != 0)
        return bad_bearer(err);
    struct ym_str token = ym_str_trim(ym_str_sub(header, 7, header.n));
    if (api->options.operator_key && api_same_secret(token, ym_str(api->options.operator_key))) {
        be_operator(caller);
        return true;
    }
    if (!store_take(api->options.pool, &store, err))
        return false;
    bool ok = org_token_caller(store, token, rq->arena, caller, err);
    store_give(api->options.pool, store);
    return ok;
}

// A session that is over makes a visitor, not an error: pages go on to be readable.
static bool by_cookie(struct http_request *rq, struct ym_str secret, struct org_caller **caller,
                      struct ym_error *err)
{
    const struct api *api = api_of(rq);
    struct store *store = NULL;

    if (!store_take(api->options.pool, &store, err))
        return false;
    bool ok = org_session_caller(store, secret, rq->arena, *caller, err);
    store_give(api->options.pool, store);
    if (ok || err->kind != YM_SIGN_IN)
        return ok;
    *err = (struct ym_error){0};
    *caller = NULL;
    return true;
}

// The scheme and host of an address: what a browser sends as Origin.
static struct ym_str origin_of(struct ym_str url)
{
    size_t slashes = ym_str_find(url, YM_STR("://"), 0);
    size_t end = slashes == SIZE_MAX ? SIZE_MAX : ym_str_find(url, YM_STR("/"), slashes + 3);

    return end == SIZE_MAX ? url : ym_str_sub(url, 0, end);
}

// A browser tells where a change comes from; only our own pages may make one. Programs tell
// nothing.
static bool check_origin(const struct http_request *rq, struct ym_error *err)
{
    struct ym_str origin = http_header_of(rq, "Origin"), host = http_header_of(rq, "Host");
    struct ym_str site = http_header_of(rq, "Sec-Fetch-Site");
    struct ym_str own = origin_of(ym_str(api_of(rq)->options.public_url));
    bool same = ym_str_eq(origin, ym_arena_printf(rq->arena, "http://%.*s", YM_FMT(host))) ||
                ym_str_eq(origin, ym_arena_printf(rq->arena, "https://%.*s", YM_FMT(host))) ||
                (own.n > 0 && ym_str_eq(origin, own));

    if ((!origin.p || same) && !ym_str_is(site, "cross-site"))
        return true;
    ym_fail(err, YM_DENIED, "api.origin", "the change comes from another site's page");
    return ym_hint(err, "Open the platform's own page and do it there.");
}

static bool check_csrf(const struct http_request *rq, const struct org_caller *caller,
                       struct ym_error *err)
{
    if (api_same_secret(http_header_of(rq, "X-CSRF-Token"), ym_str(caller->csrf)))
        return true;
    ym_fail(err, YM_DENIED, "api.csrf", "the change lacks the session's X-CSRF-Token");
    return ym_hint(err, "Reload the page; programs send the `csrf` of GET /api/v1/session.");
}

// ---- what a caller may do by the way he came

static bool needs_session(const struct http_route *route)
{
    return route->scope && strcmp(route->scope, "session") == 0;
}

static bool check_scope(const struct http_route *route, const struct org_caller *caller,
                        struct ym_error *err)
{
    unsigned needed = 0;

    if (!caller->token || !route->scope)
        return true;
    if (needs_session(route)) {
        ym_fail(err, YM_DENIED, "org.session_only", "this is done in a session, never by a token");
        return ym_hint(err, "Sign in on the platform's page and do it there.");
    }
    bool known = org_scopes_parse(ym_str(route->scope), &needed);
    assert(known);
    if (known && !(needed & ~caller->scopes))
        return true;
    ym_fail(err, YM_DENIED, "org.scope", "the token lacks the scope '%s'", route->scope);
    ym_hint(err, "Make a token with this scope under your account.");
    return ym_about(err, ym_str(route->scope));
}

// Outside a demonstration a steward and above does nothing before his second factor is there. Until
// then he reads what everyone reads.
static bool check_factor(const struct http_request *rq, struct org_caller **caller,
                         struct ym_error *err)
{
    const struct http_route *route = rq->route;

    if (api_of(rq)->options.demo || !(*caller)->session || (*caller)->second_factor ||
        !route->scope || needs_session(route) || !org_needs_second_factor(*caller))
        return true;
    if (route->access == HTTP_ANYONE) {
        *caller = NULL;
        return true;
    }
    ym_fail(err, YM_DENIED, "org.factor_needed", "the account has no second factor yet");
    return ym_hint(err, "Set it up under your account; then go on here.");
}

static bool find_caller(struct http_request *rq, struct org_caller **caller, struct ym_error *err)
{
    struct ym_str bearer = http_header_of(rq, "Authorization");
    struct ym_str secret = http_cookie_of(rq, api_cookie);

    if (bearer.p)
        return by_bearer(rq, bearer, *caller, err) && check_scope(rq->route, *caller, err);
    if (changes(rq) && !check_origin(rq, err))
        return false;
    if (!secret.p) {
        *caller = NULL;
        return true;
    }
    if (!by_cookie(rq, secret, caller, err))
        return false;
    // Signing in anew takes no token of the old session: its Origin was looked at.
    bool signs_in = rq->route->run == api_session_post;
    if (*caller && changes(rq) && !signs_in && !check_csrf(rq, *caller, err))
        return false;
    return !*caller || check_factor(rq, caller, err);
}

// ---- the audit trail

// An upload's beginning and end, and the load made of it, have their lines; its pieces have none.
static bool audited(const struct http_request *rq)
{
    if (rq->route->body == HTTP_SINK_BODY)
        return false;
    return changes(rq) || (rq->route->scope && strcmp(rq->route->scope, "audit") == 0);
}

static struct org_act *act_of(struct http_request *rq)
{
    struct org_act *act = ym_arena_alloc(rq->arena, sizeof *act);
    const char *path = rq->route->path;

    if (strncmp(path, "/api/v1", 7) == 0)
        path += 7;
    *act = (struct org_act){
        .via = "nobody",
        .what = ym_arena_printf(rq->arena, "%s %s", rq->route->method, path),
        .about = rq->path,
        .address = http_address_of(rq),
    };
    return act;
}

static void sign_act(struct org_act *act, struct org_caller *caller)
{
    caller->act = act;
    act->account = caller->account;
    act->name = caller->name;
    act->agency = caller->agency;
    act->via = caller->session ? "session" : caller->token ? "token" : "operator";
    act->via_id = caller->session ? caller->session : caller->token;
}

bool api_take(const struct http_request *rq, struct store **out, struct ym_error *err)
{
    if (!store_take(api_of(rq)->options.pool, out, err))
        return false;
    // Signing in counts a guess first, and says itself when it is the sign-in that it writes.
    if (rq->route->run != api_session_post)
        org_act_carry(*out, api_act(rq));
    return true;
}

void api_give(const struct http_request *rq, struct store *store)
{
    store_give(api_of(rq)->options.pool, store);
}

// What comes without a name, or is turned away at the door because too much of it comes, would let
// anybody fill the trail.
static bool worth_a_line(const struct http_request *rq, const struct ym_error *err)
{
    const struct org_act *act = api_act(rq);

    if (err->kind == YM_NO_ERROR)
        return !act->written;
    if (err->kind == YM_LIMITED || err->kind == YM_BUSY)
        return false;
    return act->account != 0 || ym_str_is(ym_str(act->via), "operator") ||
           rq->route->run == api_session_post;
}

void api_done(struct http_request *rq, const struct ym_error *err)
{
    struct ym_error wrong = {0};
    struct store *store = NULL;

    if (!api_act(rq) || !worth_a_line(rq, err))
        return;
    bool ok = store_take(api_of(rq)->options.pool, &store, &wrong) &&
              org_act_write(store, api_act(rq), err->kind ? err->code : "ok", &wrong);
    api_give(rq, store);
    if (!ok)
        ym_log_error(YM_ERROR, "audit.lost", &wrong);
}

bool api_authenticate(struct http_request *rq, void **out, struct ym_error *err)
{
    struct org_caller *caller = ym_arena_alloc(rq->arena, sizeof *caller);

    *out = NULL;
    *caller = (struct org_caller){0};
    struct org_caller *found = caller;
    rq->note = audited(rq) ? act_of(rq) : NULL;
    bool ok = find_caller(rq, &found, err);
    // Also who was refused for what he may not is named.
    if (rq->note && (caller->account || caller->machine))
        sign_act(rq->note, caller);
    *out = ok ? found : NULL;
    return ok;
}

void api_burn(void *with, struct ym_str token)
{
    const struct api *api = with;
    struct store *store = NULL;
    struct ym_error err = {0};

    if (!store_take(api->options.pool, &store, &err)) {
        ym_log_error(YM_WARN, "api.burn", &err);
        return;
    }
    org_token_burn(store, token);
    store_give(api->options.pool, store);
    ym_log(YM_WARN, "api.token_in_url", YM_NO_ARGS);
}
