#include "data/lake/uploads_private.h"

#include "base/time.h"

enum { NO_DATABASE = 81 }; // of the engine's exceptions

static const char SQL_LISTED[] =
    "SELECT partition, table FROM (SELECT DISTINCT partition, table FROM system.parts"
    " WHERE database = 'lake' AND active AND match(table, '^[dq][0-9]+$')) ORDER BY table";
static const char SQL_LEFT[] =
    "SELECT name FROM system.tables"
    " WHERE database = 'lake' AND match(name, '^[a-z]+_[0-9]+$') ORDER BY name";
static const char SQL_KNOWN[] =
    "SELECT 1 FROM version WHERE dataset = :dataset AND number = :number"
    " AND state IN ('received', 'checked', 'published', 'withdrawn')";
static const char SQL_OPEN[] = "SELECT 1 FROM version WHERE id = :id AND state = 'received'";
static const char SQL_CURRENT[] =
    "SELECT number, schema FROM version WHERE dataset = :dataset AND state = 'published'"
    " ORDER BY published DESC, number DESC LIMIT 1";

bool lake_open(const struct lake_options *options, struct lake **out, struct ym_error *err)
{
    struct lake *lake = calloc(1, sizeof *lake);

    if (!lake)
        return ym_fail(err, YM_FAULT, "lake.open", "no memory for the lake");
    lake->options = *options;
    if (options->marks.low_percent == 0 && options->marks.low_bytes == 0)
        lake->options.marks = ym_disk_marks_default;
    lake->cache = lake_cache_new();
    lake->writers = lake_writers_new();
    *out = lake;
    return true;
}

void lake_close(struct lake *lake)
{
    if (!lake)
        return;
    lake_cache_free(lake->cache);
    lake_writers_free(lake->writers);
    free(lake);
}

int lake_today(const char *zone)
{
    struct ym_error ignored;
    char text[YM_TIME_TEXT];
    int64_t now = ym_now(), ahead = 0, year = 0, month = 0, day = 0;

    if (!ym_zone_offset(zone, now / YM_DAY, &ahead, &ignored))
        ahead = 0;
    ym_time_text(now + ahead, text);
    bool ok = ym_str_int((struct ym_str){text, 4}, &year) &&
              ym_str_int((struct ym_str){text + 5, 2}, &month) &&
              ym_str_int((struct ym_str){text + 8, 2}, &day);
    assert(ok);
    return (int)(year * 10000 + month * 100 + day);
}

static bool exists(struct store *store, const char *sql, struct ym_args args, bool *found,
                   struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, sql, args, &rows, err))
        return false;
    *found = store_next(rows, err);
    return store_rows_close(rows, err);
}

// One line of SQL_LISTED: a partition that no living version names goes.
static bool recover_partition(struct lake *lake, struct store *store, struct ym_str line,
                              int64_t *dropped, struct ym_error *err)
{
    struct ym_str partition, table = line;
    int64_t number = 0, dataset = 0;
    char sql[256];
    bool known = false;

    if (!ym_str_cut(&table, '\t', &partition) || !ym_str_int(partition, &number) ||
        !ym_str_int(ym_str_sub(table, 1, table.n), &dataset))
        return ym_fail(err, YM_FAULT, "lake.recover", "the engine's parts cannot be read");
    if (!exists(store, SQL_KNOWN, YM_ARGS(ym_int("dataset", dataset), ym_int("number", number)),
                &known, err))
        return false;
    if (known)
        return true;
    snprintf(sql, sizeof sql, "ALTER TABLE lake.%c%lld DROP PARTITION %lld", table.p[0],
             (long long)dataset, (long long)number);
    *dropped += 1;
    return engine_run(lake->options.engine, sql, YM_NO_ARGS, err);
}

// Staging tables and views of loads that are not running: in_7, mid_7, s_7 …
static bool recover_table(struct lake *lake, struct store *store, struct ym_str name,
                          int64_t *dropped, struct ym_error *err)
{
    struct ym_str load = name, kind;
    struct ym_buf sql = {0};
    int64_t id = 0;
    bool open = false, ok;

    if (!ym_str_cut(&load, '_', &kind) || !ym_str_int(load, &id))
        return ym_fail(err, YM_FAULT, "lake.recover", "the engine's tables cannot be read");
    if (!exists(store, SQL_OPEN, YM_ARGS(ym_int("id", id)), &open, err))
        return false;
    if (open)
        return true;
    ym_buf_add(&sql, YM_STR("DROP TABLE IF EXISTS lake."));
    engine_name(&sql, name);
    *dropped += 1;
    ok = engine_run(lake->options.engine, ym_buf_cstr(&sql), YM_NO_ARGS, err);
    ym_buf_clear(&sql);
    return ok;
}

typedef bool recover_one(struct lake *lake, struct store *store, struct ym_str line,
                         int64_t *dropped, struct ym_error *err);

static bool recover_each(struct lake *lake, struct store *store, const char *sql, recover_one *one,
                         int64_t *dropped, struct ym_error *err)
{
    struct ym_buf answer = {0};
    struct ym_str rest, line;
    bool ok = engine_ask(lake->options.engine, sql, YM_NO_ARGS, &answer, err);

    rest = ym_buf_str(&answer);
    while (ok && engine_tsv_line(&rest, &line))
        ok = one(lake, store, line, dropped, err);
    ym_buf_clear(&answer);
    return ok;
}

bool lake_recover(struct lake *lake, struct ym_error *err)
{
    struct store *store = NULL;
    int64_t dropped = 0;
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    ok = recover_each(lake, store, SQL_LEFT, recover_table, &dropped, err) &&
         recover_each(lake, store, SQL_LISTED, recover_partition, &dropped, err);
    store_give(lake->options.pool, store);
    if (ok && dropped > 0)
        ym_log(YM_INFO, "lake.recovered", YM_ARGS(ym_int("dropped", dropped)));
    return ok;
}

static void view_sql(struct ym_buf *sql, const struct catalog_dataset *dataset,
                     const struct quality_schema *schema, int64_t version)
{
    struct ym_str name = dataset->name, space;

    (void)ym_str_cut(&name, '.', &space);
    ym_buf_add(sql, YM_STR("CREATE OR REPLACE VIEW "));
    engine_name(sql, space);
    ym_buf_char(sql, '.');
    engine_name(sql, name);
    ym_buf_add(sql, YM_STR(" AS SELECT "));
    for (size_t i = 0; i < schema->n; i++) {
        if (i > 0)
            ym_buf_add(sql, YM_STR(", "));
        engine_name(sql, schema->fields[i].name);
    }
    ym_buf_printf(sql, " FROM lake.d%lld WHERE _version = %lld", (long long)dataset->id,
                  (long long)version);
}

static bool make_view(struct lake *lake, const struct catalog_dataset *dataset, int64_t version,
                      struct ym_str schema_text, struct ym_arena *arena, struct ym_error *err)
{
    struct quality_schema schema = {0};
    struct ym_buf sql = {0};
    struct ym_str rest = dataset->name, space;
    json_t *json = NULL;
    bool ok = false;

    (void)ym_str_cut(&rest, '.', &space);
    if (!ym_json_parse(schema_text, LAKE_SCHEMA_MAX, &json, err) ||
        !quality_schema_parse(json, arena, &schema, err))
        goto out;
    ym_buf_add(&sql, YM_STR("CREATE DATABASE IF NOT EXISTS "));
    engine_name(&sql, space);
    if (!engine_run(lake->options.engine, ym_buf_cstr(&sql), YM_NO_ARGS, err))
        goto out;
    ym_buf_clear(&sql);
    view_sql(&sql, dataset, &schema, version);
    ok = engine_run(lake->options.engine, ym_buf_cstr(&sql), YM_NO_ARGS, err);
out:
    ym_buf_clear(&sql);
    json_decref(json);
    return ok;
}

// Nothing is published any more: a name that reads withdrawn rows must not stay.
static bool drop_view(struct lake *lake, const struct catalog_dataset *dataset,
                      struct ym_error *err)
{
    struct ym_str name = dataset->name, space;
    struct ym_buf sql = {0};
    struct engine_query query = {0};

    (void)ym_str_cut(&name, '.', &space);
    ym_buf_add(&sql, YM_STR("DROP VIEW IF EXISTS "));
    engine_name(&sql, space);
    ym_buf_char(&sql, '.');
    engine_name(&sql, name);
    query.sql = ym_buf_cstr(&sql);
    bool ok = engine_do(lake->options.engine, &query, err);
    ym_buf_clear(&sql);
    return ok || query.exception == NO_DATABASE;
}

bool lake_derive(struct job *job, void *with, struct ym_error *err)
{
    struct lake *lake = with;
    struct ym_arena arena = {0};
    struct catalog_dataset dataset;
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    struct ym_str schema = {NULL, 0};
    int64_t id = 0, number = 0;
    bool ok = false;

    if (!ym_str_int(ym_json_get(job_about(job), "dataset"), &id)) {
        ym_fail(err, YM_FAULT, "lake.job", "the job names no dataset");
        goto out;
    }
    if (!store_take(lake->options.pool, &store, err) ||
        !catalog_by_id(store, id, &arena, &dataset, err) ||
        !store_ask(store, SQL_CURRENT, YM_ARGS(ym_int("dataset", id)), &rows, err))
        goto out;
    if (store_next(rows, err)) {
        number = store_int(rows, 0);
        schema = ym_arena_str(&arena, store_text(rows, 1));
    }
    if (!store_rows_close(rows, err))
        goto out;
    ok = number == 0 ? drop_view(lake, &dataset, err)
                     : make_view(lake, &dataset, number, schema, &arena, err);
out:
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}
