#include "base/time.h"
#include "data/catalog/catalog_private.h"

static bool need_account(const struct org_caller *caller, struct ym_error *err)
{
    if (caller && caller->account)
        return true;
    ym_fail(err, YM_SIGN_IN, "org.need_sign_in", "nobody is signed in");
    return ym_hint(err, "Sign in, or send a token.");
}

static const char SQL_ON[] =
    "INSERT INTO subscription (account, dataset, created)"
    " VALUES (:account, :dataset, :now)"
    " ON CONFLICT (account, dataset) DO NOTHING";
static const char SQL_OFF[] =
    "DELETE FROM subscription WHERE account = :account AND dataset = :dataset";
bool catalog_subscribe(struct store *store, const struct org_caller *caller, struct ym_str name,
                       bool on, struct ym_arena *arena, struct ym_error *err)
{
    struct catalog_dataset dataset;

    if (!need_account(caller, err) || !catalog_see(store, caller, name, arena, &dataset, err))
        return false;
    struct ym_arg account = ym_int("account", caller->account), id = ym_int("dataset", dataset.id);
    if (on)
        return store_run(store, SQL_ON, YM_ARGS(account, id, ym_int("now", ym_now())), NULL, err);
    return store_run(store, SQL_OFF, YM_ARGS(account, id), NULL, err);
}

static const char SQL_IS_ON[] =
    "SELECT 1 FROM subscription WHERE account = :account AND dataset = :dataset";
bool catalog_subscribed(struct store *store, const struct org_caller *caller, struct ym_str name,
                        struct ym_arena *arena, bool *on, struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store_rows *rows = NULL;

    *on = false;
    if (!need_account(caller, err) || !catalog_see(store, caller, name, arena, &dataset, err) ||
        !store_ask(store, SQL_IS_ON,
                   YM_ARGS(ym_int("account", caller->account), ym_int("dataset", dataset.id)),
                   &rows, err))
        return false;
    *on = store_next(rows, err);
    return store_rows_close(rows, err);
}

#define NEWS                                                                                       \
    "SELECT n.id, n.created, n.event, n.detail, d.name, d.title_zh, d.title_en, d.agency, d.state" \
    " FROM news n JOIN dataset d ON d.id = n.dataset"
#define NEWEST " AND (:before = 0 OR n.id < :before) ORDER BY n.id DESC LIMIT :limit"
static const char SQL_NEWS_OF[] = NEWS " WHERE n.dataset = :dataset" NEWEST;
static const char SQL_NEWS_MINE[] = NEWS
    " JOIN subscription s ON s.dataset = n.dataset AND s.account = :account"
    " WHERE n.created >= s.created" NEWEST;
bool catalog_news_list(struct store *store, const struct org_caller *caller, struct ym_str name,
                       int64_t before, int64_t limit, struct ym_arena *arena,
                       struct catalog_news_list *out, struct ym_error *err)
{
    struct ym_arg from = ym_int("before", before), most = ym_int("limit", limit);
    struct catalog_dataset dataset = {0};
    struct store_rows *rows = NULL;
    bool ok;

    *out = (struct catalog_news_list){0};
    if (name.p)
        ok = catalog_see(store, caller, name, arena, &dataset, err) &&
             store_ask(store, SQL_NEWS_OF, YM_ARGS(ym_int("dataset", dataset.id), from, most),
                       &rows, err);
    else
        ok = need_account(caller, err) &&
             store_ask(store, SQL_NEWS_MINE,
                       YM_ARGS(ym_int("account", caller->account), from, most), &rows, err);
    if (!ok)
        return false;
    while (store_next(rows, err)) {
        const struct catalog_dataset one = {.agency = store_int(rows, 7),
                                            .state = store_text(rows, 8)};
        if (!catalog_knows(&one, caller))
            continue; // taken back since
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] =
            (struct catalog_news_row){.id = store_int(rows, 0),
                                      .created = store_int(rows, 1),
                                      .event = ym_arena_str(arena, store_text(rows, 2)),
                                      .detail = ym_arena_str(arena, store_text(rows, 3)),
                                      .dataset = ym_arena_str(arena, store_text(rows, 4)),
                                      .title_zh = ym_arena_str(arena, store_text(rows, 5)),
                                      .title_en = ym_arena_str(arena, store_text(rows, 6))};
    }
    return store_rows_close(rows, err);
}
