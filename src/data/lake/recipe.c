// How a dataset's files are read, as somebody said it last.
#include "base/time.h"
#include "data/lake/lake_private.h"

const char LAKE_SCHEMA_RECIPE[] =
    "ALTER TABLE version ADD COLUMN recipe TEXT;\n" // as said with the file; NULL: nothing was
    "CREATE TABLE dataset_recipe (\n"
    " dataset BIGINT PRIMARY KEY REFERENCES dataset (id),\n"
    " recipe TEXT NOT NULL,\n" // JSON, collect_recipe_json
    " account BIGINT, changed BIGINT NOT NULL);\n";

static const char SQL_READ[] = "SELECT recipe FROM dataset_recipe WHERE dataset = :dataset";
static const char SQL_WRITE[] =
    "INSERT INTO dataset_recipe (dataset, recipe, account, changed)"
    " VALUES (:dataset, :recipe, :account, :now) ON CONFLICT (dataset) DO UPDATE"
    " SET recipe = excluded.recipe, account = excluded.account, changed = excluded.changed";
static const char SQL_REMOVE[] = "DELETE FROM dataset_recipe WHERE dataset = :dataset";

bool lake_recipe_text(struct ym_str text, struct ym_arena *arena, struct collect_recipe *out,
                      struct ym_error *err)
{
    json_t *json = NULL;
    bool ok = text.n == 0 || ym_json_parse(text, LAKE_RECIPE_MAX, &json, err);

    ok = ok && collect_recipe_parse(json, arena, out, err);
    json_decref(json);
    return ok;
}

struct ym_str lake_recipe_dump(const struct collect_recipe *recipe, struct ym_arena *arena)
{
    struct ym_buf text = {0};
    json_t *json = collect_recipe_json(recipe);

    if (json)
        ym_json_dump(&text, json);
    struct ym_str kept = ym_arena_str(arena, json ? ym_buf_str(&text) : YM_STR("{}"));
    ym_buf_clear(&text);
    json_decref(json);
    return kept;
}

bool lake_recipe_read(struct store *store, int64_t dataset, struct ym_arena *arena,
                      struct collect_recipe *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    struct ym_str text = {NULL, 0};

    *out = (struct collect_recipe){0};
    if (!store_ask(store, SQL_READ, YM_ARGS(ym_int("dataset", dataset)), &rows, err))
        return false;
    if (store_next(rows, err))
        text = ym_arena_str(arena, store_text(rows, 0));
    return store_rows_close(rows, err) && lake_recipe_text(text, arena, out, err);
}

bool lake_recipe_write(struct store *store, int64_t dataset, int64_t account,
                       const struct collect_recipe *recipe, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_arg which = ym_int("dataset", dataset);
    bool ok = collect_recipe_empty(recipe)
                  ? store_run(store, SQL_REMOVE, YM_ARGS(which), NULL, err)
                  : store_run(store, SQL_WRITE,
                              YM_ARGS(which, ym_text("recipe", lake_recipe_dump(recipe, &arena)),
                                      ym_int("account", account), ym_int("now", ym_now())),
                              NULL, err);

    ym_arena_clear(&arena);
    return ok;
}

bool lake_recipe(struct store_pool *pool, const struct org_caller *caller, struct ym_str name,
                 struct ym_arena *arena, struct collect_recipe *out, struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = lake_may_load(store, caller, name, arena, &dataset, err) &&
              lake_recipe_read(store, dataset.id, arena, out, err);
    store_give(pool, store);
    return ok;
}

bool lake_recipe_set(struct store_pool *pool, const struct org_caller *caller, struct ym_str name,
                     const struct collect_recipe *recipe, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct catalog_dataset dataset;
    struct store *store = NULL;
    bool ok = false;

    if (!collect_recipe_check(recipe, err) || !store_take(pool, &store, err))
        goto out;
    org_act_with(store, caller);
    ok = lake_may_load(store, caller, name, &arena, &dataset, err) && store_begin(store, err) &&
         lake_recipe_write(store, dataset.id, caller ? caller->account : 0, recipe, err) &&
         store_commit(store, err);
    store_rollback(store);
    store_give(pool, store);
out:
    ym_arena_clear(&arena);
    return ok;
}
