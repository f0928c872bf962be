#include "trust/org/inside.h"

#define FILTER                                                                                     \
    " WHERE (:parent IS NULL OR parent = :parent) AND (:level = 0 OR level = :level)"              \
    " AND (:name IS NULL OR name LIKE :name ESCAPE '!' OR code LIKE :code ESCAPE '!')"

static const char SQL_COUNT[] = "SELECT COUNT(*) FROM region" FILTER;
static const char SQL_FIND[] = "SELECT code, name, parent, level, children FROM region" FILTER
                               " AND (:after IS NULL OR code > :after)"
                               " ORDER BY code LIMIT :limit";
bool org_regions_find(struct store *store, struct ym_str parent, int level, struct ym_str q,
                      struct ym_str after, int64_t limit, struct ym_arena *arena,
                      struct org_regions *out, struct ym_error *err)
{
    const struct ym_str none = {NULL, 0};
    struct ym_args args =
        YM_ARGS(ym_text("parent", parent), ym_int("level", level),
                ym_text("name", q.n > 0 ? store_like(true, q, arena) : none),
                ym_text("code", q.n > 0 ? store_like(false, q, arena) : none),
                ym_text("after", after.n > 0 ? after : none), ym_int("limit", limit));
    struct store_rows *rows;

    *out = (struct org_regions){0};
    if (!store_one(store, SQL_COUNT, args, &out->total, err) ||
        !store_ask(store, SQL_FIND, args, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = (struct org_region){
            .code = ym_arena_str(arena, store_text(rows, 0)),
            .name = ym_arena_str(arena, store_text(rows, 1)),
            .parent = ym_arena_str(arena, store_text(rows, 2)),
            .level = (int)store_int(rows, 3),
            .children = store_int(rows, 4),
        };
    }
    return store_rows_close(rows, err);
}
