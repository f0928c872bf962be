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
    return !ym_str_is(rq->method, "GET") && !ym_str_is(rq->method, "HEAD");
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

bool api_authenticate(struct http_request *rq, void **out, struct ym_error *err)
{
    struct ym_str bearer = http_header_of(rq, "Authorization");
    struct ym_str secret = http_cookie_of(rq, api_cookie);
    struct org_caller *caller = ym_arena_alloc(rq->arena, sizeof *caller);

    *out = NULL;
    if (bearer.p) {
        if (!by_bearer(rq, bearer, caller, err))
            return false;
        *out = caller;
        return true;
    }
    if (changes(rq) && !check_origin(rq, err))
        return false;
    if (!secret.p)
        return true;
    if (!by_cookie(rq, secret, &caller, err))
        return false;
    // Signing in anew takes no token of the old session: its Origin was looked at.
    bool signs_in = rq->route->run == api_session_post;
    if (caller && changes(rq) && !signs_in && !check_csrf(rq, caller, err))
        return false;
    *out = caller;
    return true;
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
