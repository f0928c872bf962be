#include "data/lake/keep.h"

#include "base/time.h"

const char LAKE_LEASE_SCHEMA[] =
    "CREATE TABLE lake_lease (name TEXT PRIMARY KEY, until BIGINT NOT NULL);\n";

static const char SQL_LEASE[] =
    "INSERT INTO lake_lease (name, until) VALUES (:name, :until)"
    " ON CONFLICT (name) DO UPDATE SET until = :until";
bool lake_lease(struct store_pool *pool, struct ym_str name, int64_t until, struct ym_error *err)
{
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = store_run(store, SQL_LEASE, YM_ARGS(ym_text("name", name), ym_int("until", until)),
                        NULL, err);
    store_give(pool, store);
    return ok;
}

static const char SQL_LEASED[] = "SELECT 1 FROM lake_lease WHERE until > :now";
bool lake_leased(struct store *store, bool *held, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_LEASED, YM_ARGS(ym_int("now", ym_now())), &rows, err))
        return false;
    *held = store_next(rows, err);
    return store_rows_close(rows, err);
}

static const char SQL_ALL[] =
    "SELECT v.id, v.dataset, v.number, v.rows_kept, v.rows_quarantined, d.name FROM version v"
    " JOIN dataset d ON d.id = v.dataset WHERE v.state IN ('checked', 'published', 'withdrawn')"
    " ORDER BY v.dataset, v.number";
bool lake_all_versions(struct store *store, struct ym_arena *arena, struct lake_all *out,
                       struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *out = (struct lake_all){0};
    if (!store_ask(store, SQL_ALL, YM_NO_ARGS, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = (struct lake_kept){.load = store_int(rows, 0),
                                                  .dataset = store_int(rows, 1),
                                                  .number = store_int(rows, 2),
                                                  .kept = store_int(rows, 3),
                                                  .quarantined = store_int(rows, 4),
                                                  .name = ym_arena_str(arena, store_text(rows, 5))};
    }
    return store_rows_close(rows, err);
}

// The sum of one table's rows of a version, as text: cityHash64 takes no NULL, so each row goes in
// as the text of all its cells.
static bool content_of(struct engine *engine, const struct lake_kept *version, char table,
                       int64_t rows, uint64_t *sum, struct ym_error *err)
{
    struct ym_buf answer = {.limit = 256};
    struct ym_str rest, line, cell;
    char sql[256];
    int64_t n = -1;

    snprintf(sql, sizeof sql,
             "SELECT count(), sum(cityHash64(toString(tuple(*)))) FROM lake.%c%" PRId64
             " WHERE _version = %" PRId64 " FORMAT TSV",
             table, version->dataset, version->number);
    bool ok = engine_ask(engine, sql, YM_NO_ARGS, &answer, err);
    rest = ym_buf_str(&answer);
    if (ok && engine_tsv_line(&rest, &line) && ym_str_cut(&line, '\t', &cell) &&
        ym_str_int(cell, &n)) {
        char text[32] = "";
        snprintf(text, sizeof text, "%.*s", YM_FMT(line));
        *sum = strtoull(text, NULL, 10);
    }
    ym_buf_clear(&answer);
    if (!ok || n == rows)
        return ok;
    ym_fail(err, YM_FAULT, "lake.partition",
            "version %lld of '%.*s' has %lld rows in %c, the control store says %lld",
            (long long)version->number, YM_FMT(version->name), (long long)n, table,
            (long long)rows);
    ym_hint(err, "Withdraw this version and load its original again.");
    return ym_about(err, version->name);
}

bool lake_version_content(struct engine *engine, const struct lake_kept *version,
                          char digest[LAKE_CONTENT], struct ym_error *err)
{
    uint64_t kept = 0, quarantined = 0;

    if (!content_of(engine, version, 'd', version->kept, &kept, err) ||
        !content_of(engine, version, 'q', version->quarantined, &quarantined, err))
        return false;
    snprintf(digest, LAKE_CONTENT, "%016" PRIx64 "-%016" PRIx64, kept, quarantined);
    return true;
}
