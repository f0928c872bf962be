#include "face/api/inside.h"

json_t *api_roles_json(const struct org_grant *grants, size_t n, const struct org_agencies *all)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s, s:o}", "role", org_role_name(grants[i].role),
                                              "agency", api_agency_ref(all, grants[i].agency)));
    return list;
}

static json_t *account_json(const struct org_account *account, const struct org_agencies *all)
{
    const char *state = account->locked ? "locked" : account->invited ? "invited" : "active";

    return json_pack(
        "{s:o, s:o, s:o, s:s, s:o, s:b, s:s, s:b, s:o, s:o}", "id", api_id(account->id), "name",
        ym_json_str(account->name), "display_name", ym_json_str(account->display_name), "role",
        org_role_name(account->role), "agency", api_agency_ref(all, account->agency), "locked",
        account->locked, "state", state, "second_factor", account->second_factor, "seen_at",
        api_time(account->seen), "roles", api_roles_json(account->grants, account->n_grants, all));
}

static bool list(struct http_request *rq, struct store *store, struct http_reply *re,
                 struct ym_error *err)
{
    struct org_account_filter filter = {.q = http_param(rq, "q"),
                                        .role = http_param(rq, "role"),
                                        .state = http_param(rq, "state"),
                                        .after = http_param(rq, "after"),
                                        .limit = api_limit(rq)};
    struct ym_str agency = http_param(rq, "agency");
    struct org_accounts found = {0};
    struct org_agencies agencies = {0};
    struct org_agency of = {0};

    if (agency.p && !api_agency(rq, store, agency, &of, err))
        return false;
    filter.agency = of.id;
    if (!org_account_list(store, api_caller(rq), &filter, rq->arena, &found, err) ||
        !org_agency_list(store, rq->arena, &agencies, err))
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, account_json(&found.items[i], &agencies));
    if (found.n > 0 && (int64_t)found.n == filter.limit && found.total > filter.limit)
        next = ym_json_str(found.items[found.n - 1].name);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

bool api_accounts_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = list(rq, store, re, err);
    api_give(rq, store);
    return ok;
}

static bool role_of(struct ym_str said, enum org_role *out, struct ym_error *err)
{
    if (org_role_by_name(said, out))
        return true;
    ym_fail(err, YM_INVALID, "api.role", "'%.*s' is not a role", YM_FMT(said));
    ym_hint(err, "GET /api/v1/openapi.json lists the roles (Role).");
    return ym_about(err, YM_STR("role"));
}

// The account of the path as the caller may see it, and what is done to it for its own auditors.
static bool answer_account(struct http_request *rq, struct store *store, int64_t id,
                           struct http_reply *re, struct ym_error *err)
{
    struct org_account account = {0};
    struct org_agencies agencies = {0};

    if (!org_account_get(store, api_caller(rq), id, rq->arena, &account, err) ||
        !org_agency_list(store, rq->arena, &agencies, err))
        return false;
    http_reply_json(re, account_json(&account, &agencies));
    return true;
}

static bool make_link(struct http_request *rq, struct store *store, int64_t id, int64_t days,
                      json_t **out, struct ym_error *err)
{
    struct ym_str secret;
    int64_t expires;

    if (!org_invite(store, api_caller(rq), id, days, rq->arena, &secret, &expires, err))
        return false;
    const char *base = api_of(rq)->options.public_url;
    // Behind `#`: what stands there is sent to no server and stands in no log.
    struct ym_str link =
        ym_arena_printf(rq->arena, "%s/invitation#%.*s", base ? base : "", YM_FMT(secret));
    *out = json_pack("{s:o, s:o, s:o}", "secret", ym_json_str(secret), "link", ym_json_str(link),
                     "expires_at", api_time(expires));
    return true;
}

struct fresh {
    struct org_account account;
    struct ym_str agency, password;
    int64_t days;
};
// Without a password the account is invited: the answer holds the link, this once.
static bool add(struct http_request *rq, struct store *store, struct fresh *fresh,
                struct http_reply *re, struct ym_error *err)
{
    struct org_account *account = &fresh->account;
    struct org_agencies agencies = {0};
    struct org_agency of = {0};
    json_t *link = NULL;

    if (fresh->agency.n > 0 && !api_agency(rq, store, fresh->agency, &of, err))
        return false;
    account->agency = of.id;
    if (api_act(rq) && of.id)
        api_act(rq)->agency = of.id;
    if (!org_account_add(store, api_caller(rq), account, fresh->password, err) ||
        !org_account_get(store, &org_program, account->id, rq->arena, account, err) ||
        !org_agency_list(store, rq->arena, &agencies, err))
        return false;
    if (!fresh->password.p && !make_link(rq, store, account->id, fresh->days, &link, err))
        return false;
    json_t *made = account_json(account, &agencies);
    if (link)
        json_object_set_new(made, "invitation", link);
    http_reply_json(re, made);
    api_location(rq, re, "accounts", ym_arena_printf(rq->arena, "%lld", (long long)account->id));
    return true;
}

bool api_accounts_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct fresh fresh = {.days = 7};
    struct ym_str role = {NULL, 0};
    const struct api_field fields[] = {
        {"name", API_TEXT, true, &fresh.account.name},
        {"display_name", API_TEXT, true, &fresh.account.display_name},
        {"role", API_TEXT, true, &role},
        {"agency", API_TEXT, false, &fresh.agency},
        {"password", API_TEXT, false, &fresh.password},
        {"days", API_INTEGER, false, &fresh.days},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) ||
        !role_of(role, &fresh.account.role, err) || !api_take(rq, &store, err))
        return false;
    bool ok = add(rq, store, &fresh, re, err);
    api_give(rq, store);
    return ok;
}

// ---- one account

typedef bool account_act(struct http_request *rq, struct store *store, int64_t id,
                         struct http_reply *re, struct ym_error *err);

static void tell_agency(struct http_request *rq, struct store *store, int64_t id)
{
    struct org_account account = {0};
    struct ym_error none = {0};

    if (api_act(rq) && org_account_get(store, &org_program, id, rq->arena, &account, &none))
        api_act(rq)->agency = account.agency;
}

static bool with_account(struct http_request *rq, struct http_reply *re, account_act *act,
                         struct ym_error *err)
{
    struct store *store = NULL;
    int64_t id;

    if (!api_path_id(rq, &id, err) || !api_take(rq, &store, err))
        return false;
    tell_agency(rq, store, id);
    bool ok = act(rq, store, id, re, err);
    api_give(rq, store);
    return ok;
}

bool api_account_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, answer_account, err);
}

static bool rename_it(struct http_request *rq, struct store *store, int64_t id,
                      struct http_reply *re, struct ym_error *err)
{
    struct ym_str shown = {NULL, 0};
    const struct api_field fields[] = {{"display_name", API_TEXT, true, &shown}};

    return api_fields(rq->json, fields, YM_COUNT(fields), err) &&
           org_account_rename(store, api_caller(rq), id, shown, err) &&
           answer_account(rq, store, id, re, err);
}

bool api_account_patch(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, rename_it, err);
}

static bool lock_it(struct http_request *rq, struct store *store, int64_t id, struct http_reply *re,
                    struct ym_error *err)
{
    return org_account_lock(store, api_caller(rq), id, true, err) &&
           answer_account(rq, store, id, re, err);
}

bool api_account_lock(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, lock_it, err);
}

static bool unlock_it(struct http_request *rq, struct store *store, int64_t id,
                      struct http_reply *re, struct ym_error *err)
{
    return org_account_lock(store, api_caller(rq), id, false, err) &&
           answer_account(rq, store, id, re, err);
}

bool api_account_unlock(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, unlock_it, err);
}

static bool end_sessions(struct http_request *rq, struct store *store, int64_t id,
                         struct http_reply *re, struct ym_error *err)
{
    (void)re;
    return org_account_end_sessions(store, api_caller(rq), id, err);
}

bool api_account_end_sessions(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, end_sessions, err);
}

static bool list_sessions(struct http_request *rq, struct store *store, int64_t id,
                          struct http_reply *re, struct ym_error *err)
{
    struct org_sessions sessions = {0};

    if (!org_session_list(store, api_caller(rq), id, rq->arena, &sessions, err))
        return false;
    http_reply_json(re, api_sessions_json(&sessions, api_caller(rq)->session));
    return true;
}

bool api_account_sessions(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, list_sessions, err);
}

static bool invite(struct http_request *rq, struct store *store, int64_t id, struct http_reply *re,
                   struct ym_error *err)
{
    int64_t days = 7;
    json_t *link = NULL;
    const struct api_field fields[] = {{"days", API_INTEGER, false, &days}};

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) ||
        !make_link(rq, store, id, days, &link, err))
        return false;
    http_reply_json(re, link);
    return true;
}

bool api_account_invite(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, invite, err);
}

static bool grant_of(struct http_request *rq, struct store *store, struct org_grant *out,
                     struct ym_error *err)
{
    struct ym_str role = {NULL, 0}, agency = {NULL, 0};
    struct org_agency of = {0};
    const struct api_field fields[] = {
        {"role", API_TEXT, true, &role},
        {"agency", API_TEXT, false, &agency},
    };

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !role_of(role, &out->role, err))
        return false;
    if (agency.n > 0 && !api_agency(rq, store, agency, &of, err))
        return false;
    out->agency = of.id;
    if (api_act(rq) && of.id)
        api_act(rq)->agency = of.id;
    return true;
}

// The account's own name stays in the answer even where its last role here was taken.
static bool answer_changed(struct http_request *rq, struct store *store, int64_t id,
                           struct http_reply *re, struct ym_error *err)
{
    struct org_account account = {0};
    struct org_agencies agencies = {0};

    if (!org_account_get(store, &org_program, id, rq->arena, &account, err) ||
        !org_agency_list(store, rq->arena, &agencies, err))
        return false;
    http_reply_json(re, account_json(&account, &agencies));
    return true;
}

static bool grant(struct http_request *rq, struct store *store, int64_t id, struct http_reply *re,
                  struct ym_error *err)
{
    struct org_grant one = {0};

    return grant_of(rq, store, &one, err) &&
           org_account_grant(store, api_caller(rq), id, one, err) &&
           answer_changed(rq, store, id, re, err);
}

bool api_account_grant(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, grant, err);
}

static bool revoke(struct http_request *rq, struct store *store, int64_t id, struct http_reply *re,
                   struct ym_error *err)
{
    struct org_grant one = {0};

    return grant_of(rq, store, &one, err) &&
           org_account_revoke(store, api_caller(rq), id, one, err) &&
           answer_changed(rq, store, id, re, err);
}

bool api_account_revoke(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, revoke, err);
}

static bool drop_factor(struct http_request *rq, struct store *store, int64_t id,
                        struct http_reply *re, struct ym_error *err)
{
    (void)re;
    return org_factor_drop(store, api_caller(rq), id, err);
}

bool api_account_drop_factor(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return with_account(rq, re, drop_factor, err);
}
