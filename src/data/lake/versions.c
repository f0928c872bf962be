#include "data/lake/lake_private.h"

static const char SQL_LIST[] =
    "SELECT number, id, published, received, rows_in, rows_kept, rows_quarantined, duplicates,"
    " state, file FROM version WHERE dataset = :dataset"
    " AND state IN ('published', 'withdrawn', 'retired') AND (:before = 0 OR number < :before)"
    " ORDER BY number DESC LIMIT :limit";
static const char SQL_TOTAL[] =
    "SELECT COUNT(*) FROM version WHERE dataset = :dataset"
    " AND state IN ('published', 'withdrawn', 'retired')";

static bool read_list(struct store *store, int64_t dataset, int64_t before, int64_t limit,
                      struct ym_arena *arena, struct lake_versions *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_LIST,
                   YM_ARGS(ym_int("dataset", dataset), ym_int("before", before),
                           ym_int("limit", limit > 0 ? limit : 100)),
                   &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = (struct catalog_version){
            .number = store_int(rows, 0),
            .load = store_int(rows, 1),
            .published = store_int(rows, 2),
            .received = store_int(rows, 3),
            .in = store_int(rows, 4),
            .kept = store_int(rows, 5),
            .quarantined = store_int(rows, 6),
            .duplicates = store_int(rows, 7),
            .state = ym_arena_str(arena, store_text(rows, 8)),
            .file = ym_arena_str(arena, store_text(rows, 9)),
        };
    }
    return store_rows_close(rows, err);
}

bool lake_version_list(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                       int64_t before, int64_t limit, struct ym_arena *arena,
                       struct lake_versions *out, struct ym_error *err)
{
    struct catalog_dataset found;
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool ok = false;

    *out = (struct lake_versions){0};
    if (!store_take(lake->options.pool, &store, err))
        return false;
    if (!catalog_see(store, caller, dataset, arena, &found, err) ||
        !read_list(store, found.id, before, limit, arena, out, err) ||
        !store_ask(store, SQL_TOTAL, YM_ARGS(ym_int("dataset", found.id)), &rows, err))
        goto out;
    if (store_next(rows, err))
        out->total = store_int(rows, 0);
    ok = store_rows_close(rows, err);
out:
    store_give(lake->options.pool, store);
    return ok;
}
