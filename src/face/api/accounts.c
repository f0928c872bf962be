#include "face/api/inside.h"

static json_t *account_json(const struct org_account *account, const struct org_agencies *agencies)
{
    json_t *agency = NULL;

    for (size_t i = 0; i < agencies->n && account->agency && !agency; i++)
        if (agencies->items[i].id == account->agency)
            agency =
                json_pack("{s:o, s:o, s:o}", "id", api_id(account->agency), "name",
                          ym_json_str(agencies->items[i].name), "title",
                          api_texts_json(agencies->items[i].title_zh, agencies->items[i].title_en));
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:b}", "id", api_id(account->id), "name",
                     ym_json_str(account->name), "display_name", ym_json_str(account->display_name),
                     "role", org_role_name(account->role), "agency", agency ? agency : json_null(),
                     "locked", account->locked);
}

static bool list(struct http_request *rq, struct store *store, struct http_reply *re,
                 struct ym_error *err)
{
    struct org_accounts accounts = {0};
    struct org_agencies agencies = {0};

    if (!org_account_list(store, api_caller(rq), rq->arena, &accounts, err) ||
        !org_agency_list(store, rq->arena, &agencies, err))
        return false;
    json_t *items = json_array();
    for (size_t i = 0; i < accounts.n; i++)
        json_array_append_new(items, account_json(&accounts.items[i], &agencies));
    http_reply_json(re, api_list(items, NULL, (int64_t)accounts.n));
    return true;
}

bool api_accounts_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = list(rq, store, re, err);
    store_give(pool, store);
    return ok;
}

static bool add(struct http_request *rq, struct store *store, struct org_account *account,
                struct ym_str agency, struct ym_str password, struct http_reply *re,
                struct ym_error *err)
{
    struct org_agencies all = {.n = 0};
    struct org_agency of = {0};

    if (agency.p && !api_agency(rq, store, agency, &of, err))
        return false;
    account->agency = of.id;
    if (!org_account_add(store, api_caller(rq), account, password, err))
        return false;
    if (of.id)
        all = (struct org_agencies){.items = &of, .n = 1};
    http_reply_json(re, account_json(account, &all));
    api_location(rq, re, "accounts", ym_arena_printf(rq->arena, "%lld", (long long)account->id));
    return true;
}

bool api_accounts_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_account account = {0};
    struct ym_str role = {NULL, 0}, agency = {NULL, 0}, password = {NULL, 0};
    const struct api_field fields[] = {
        {"name", API_TEXT, true, &account.name},
        {"display_name", API_TEXT, true, &account.display_name},
        {"role", API_TEXT, true, &role},
        {"agency", API_TEXT, false, &agency},
        {"password", API_TEXT, true, &password},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err))
        return false;
    if (!org_role_by_name(role, &account.role)) {
        ym_fail(err, YM_INVALID, "api.role", "'%.*s' is not a role", YM_FMT(role));
        ym_hint(err, "Use administrator, steward, official, analyst, auditor or citizen.");
        return ym_about(err, YM_STR("role"));
    }
    if (!store_take(pool, &store, err))
        return false;
    bool ok = add(rq, store, &account, agency, password, re, err);
    store_give(pool, store);
    return ok;
}
