/* The tables and views of a load.
 *
 * Measured with 5 million rows of 10 mixed columns, 1 % bad, from RowBinary over HTTP, CPU s of the
 * engine on a loaded machine, three runs each: casts without a check in one view 15 to 20; two
 * views that both check 25 to 30; this way, one view that checks and two behind it, 23 to 26.
 * parallel_view_processing changed nothing (24). The reasons are made behind the filter, for the
 * bad rows alone: a list of texts for each row would cost more than all checks.
 */
#include "data/quality/inside.h"

#define SAFE                                                                                       \
    " SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,"                                  \
    " min_rows_to_fsync_after_merge = 1"

struct making {
    const struct quality_schema *schema;
    const size_t *map;
    size_t n_columns;
    const struct quality_target *target;
    struct ym_arena *arena;
};

static void push_text(struct ym_str **items, size_t *n, struct ym_arena *arena, struct ym_buf *sql)
{
    size_t cap = *n;

    *items = ym_arena_grow(arena, *items, &cap, *n + 1, sizeof **items);
    (*items)[(*n)++] = quality_finish(sql, arena);
}

static void table(struct ym_buf *sql, const struct quality_target *target, const char *prefix,
                  int64_t id)
{
    ym_buf_printf(sql, "%s.%s%" PRId64, target->database, prefix, id);
}

void quality_engine_type(const struct quality_field *field, const char *zone, struct ym_buf *sql)
{
    bool needed = field->required || field->key;

    ym_buf_add(sql, ym_str(needed ? "" : "Nullable("));
    switch (field->type) {
    case QUALITY_STRING:
    case QUALITY_TIME:
        ym_buf_add(sql, YM_STR("String"));
        break;
    case QUALITY_INTEGER:
        ym_buf_add(sql, YM_STR("Int64"));
        break;
    case QUALITY_NUMBER:
        if (field->scale >= 0)
            ym_buf_printf(sql, "Decimal(%d, %d)", field->scale > 6 ? 38 : 18, field->scale);
        else
            ym_buf_add(sql, YM_STR("Float64"));
        break;
    case QUALITY_BOOLEAN:
        ym_buf_add(sql, YM_STR("Bool"));
        break;
    case QUALITY_DATE:
        ym_buf_add(sql, YM_STR("Date32"));
        break;
    case QUALITY_DATETIME:
        ym_buf_add(sql, YM_STR("DateTime64(6, "));
        quality_quote(sql, field->zone.n > 0 ? field->zone : ym_str(zone));
        ym_buf_char(sql, ')');
        break;
    }
    ym_buf_add(sql, ym_str(needed ? "" : ")"));
}

// A field declared as indexed, in its own order beside that of the key: counts by it are read from
// there, and rows found through it (bench/rows_api).
static void indexes(const struct making *m, struct ym_buf *sql)
{
    for (size_t i = 0; i < m->schema->n; i++) {
        const struct quality_field *field = &m->schema->fields[i];
        if (!field->indexed ||
            (m->schema->key.n > 0 && ym_str_eq(field->name, m->schema->key.items[0])))
            continue; // the key's first field leads the table itself
        ym_buf_printf(sql, ", PROJECTION pi%zu (SELECT ", i + 1);
        engine_name(sql, field->name);
        ym_buf_add(sql, YM_STR(", _part_offset ORDER BY "));
        engine_name(sql, field->name);
        ym_buf_char(sql, ')');
    }
}

static void make_good_table(const struct making *m, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("CREATE TABLE IF NOT EXISTS "));
    table(sql, m->target, "d", m->target->dataset);
    ym_buf_add(sql, YM_STR(" (_version UInt32, _pos UInt64"));
    for (size_t i = 0; i < m->schema->n; i++) {
        ym_buf_add(sql, YM_STR(", "));
        engine_name(sql, m->schema->fields[i].name);
        ym_buf_char(sql, ' ');
        quality_engine_type(&m->schema->fields[i], m->target->zone, sql);
    }
    // Rows by their number in the file, beside the order of the key: a page of the grid in the
    // file's order costs 72 ms of CPU with it, 225 without, at 10 million rows; an insert 6 %
    // (bench/rows_api).
    if (m->schema->key.n > 0)
        ym_buf_add(sql, YM_STR(", PROJECTION ppos (SELECT _pos, _part_offset ORDER BY _pos)"));
    indexes(m, sql);
    ym_buf_add(sql, YM_STR(") ENGINE = MergeTree PARTITION BY _version ORDER BY ("));
    for (size_t k = 0; k < m->schema->key.n; k++) {
        engine_name(sql, m->schema->key.items[k]);
        ym_buf_add(sql, YM_STR(", "));
    }
    // allow_nullable_key is for the fields of the projections. Its parts become one behind the
    // publication (lake.merge).
    ym_buf_add(sql, YM_STR("_pos)" SAFE ", index_granularity = 1024, min_compress_block_size = 8192"
                           ", allow_nullable_key = 1"));
}

static void make_bad_table(const struct making *m, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("CREATE TABLE IF NOT EXISTS "));
    table(sql, m->target, "q", m->target->dataset);
    ym_buf_add(sql, YM_STR(" (_version UInt32, _pos UInt64, _why Array(String), raw Array(String))"
                           " ENGINE = MergeTree PARTITION BY _version ORDER BY _pos" SAFE));
}

static void texts(size_t n, const char *type, struct ym_buf *sql)
{
    for (size_t c = 1; c <= n; c++)
        ym_buf_printf(sql, ", c%zu%s", c, type);
}

static void make_entry(size_t n_columns, const struct quality_target *target, const char *prefix,
                       struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("CREATE TABLE IF NOT EXISTS "));
    table(sql, target, prefix, target->load);
    ym_buf_add(sql, YM_STR(" (_pos UInt64, _fault String, _extra Array(String)"));
    texts(n_columns, " String", sql);
    ym_buf_char(sql, ')');
}

static void make_middle(const struct making *m, struct ym_buf *sql)
{
    make_entry(m->n_columns, m->target, "mid_", sql);
    sql->n--; // its closing bracket
    for (size_t i = 0; i < m->schema->n; i++) {
        struct quality_field field = m->schema->fields[i];
        if (!quality_typed(&field))
            continue;
        field.required = field.key = false; // here a bad cell is still NULL
        ym_buf_printf(sql, ", t%zu ", m->map[i] + 1);
        quality_engine_type(&field, m->target->zone, sql);
    }
    ym_buf_add(sql, YM_STR(", _bad UInt8) ENGINE = Null"));
}

static void view(const struct making *m, const char *name, const char *to, int64_t to_id,
                 struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("CREATE MATERIALIZED VIEW IF NOT EXISTS "));
    table(sql, m->target, name, m->target->load);
    ym_buf_add(sql, YM_STR(" TO "));
    table(sql, m->target, to, to_id);
    ym_buf_add(sql, YM_STR(" AS SELECT "));
}

static void work_columns(const struct making *m, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("_pos, _fault, _extra"));
    texts(m->n_columns, "", sql);
    for (size_t i = 0; i < m->schema->n; i++) {
        if (!quality_typed(&m->schema->fields[i]))
            continue;
        ym_buf_add(sql, YM_STR(", "));
        quality_cell(m->schema, i, m->map[i], m->target, sql);
        ym_buf_printf(sql, " AS t%zu", m->map[i] + 1);
    }
    ym_buf_add(sql, YM_STR(", ifNull(notEmpty(_fault)"));
    for (size_t i = 0; i < m->schema->n; i++) {
        if (!quality_checked(m->schema, i))
            continue;
        ym_buf_add(sql, YM_STR(" OR "));
        quality_bad(m->schema, i, m->map[i], m->target, sql);
    }
    ym_buf_add(sql, YM_STR(", 0) AS _bad FROM "));
}

static void make_work(const struct making *m, struct ym_buf *sql)
{
    view(m, "work_", "mid_", m->target->load, sql);
    work_columns(m, sql);
    table(sql, m->target, "in_", m->target->load);
}

static void good_columns(const struct making *m, struct ym_buf *sql)
{
    ym_buf_printf(sql, "toUInt32(%" PRId64 ") AS _version, _pos", m->target->version);
    for (size_t i = 0; i < m->schema->n; i++) {
        const struct quality_field *field = &m->schema->fields[i];
        ym_buf_add(sql, YM_STR(", "));
        if (!quality_typed(field))
            quality_cell(m->schema, i, m->map[i], m->target, sql);
        else if (field->required || field->key)
            ym_buf_printf(sql, "assumeNotNull(t%zu)", m->map[i] + 1);
        else
            ym_buf_printf(sql, "t%zu", m->map[i] + 1);
        ym_buf_add(sql, YM_STR(" AS "));
        engine_name(sql, field->name);
    }
    ym_buf_add(sql, YM_STR(" FROM "));
}

static void make_good(const struct making *m, struct ym_buf *sql)
{
    view(m, "ok_", "d", m->target->dataset, sql);
    good_columns(m, sql);
    table(sql, m->target, "mid_", m->target->load);
    ym_buf_add(sql, YM_STR(" WHERE NOT _bad"));
}

// Reasons are found for the bad rows only: the filter runs before the list is made.
static void reasons(const struct making *m, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("if(notEmpty(_fault), [substringIndex(_fault, ':', 1)],"
                           " arrayFilter(w -> notEmpty(w), [''"));
    for (size_t i = 0; i < m->schema->n; i++) {
        if (!quality_checked(m->schema, i))
            continue;
        ym_buf_char(sql, ',');
        quality_why(m->schema, i, m->map[i], m->target, sql);
    }
    ym_buf_add(sql, YM_STR("]))"));
}

static void make_bad(const struct making *m, struct ym_buf *sql)
{
    view(m, "no_", "q", m->target->dataset, sql);
    ym_buf_printf(sql, "toUInt32(%" PRId64 ") AS _version, _pos, ", m->target->version);
    reasons(m, sql);
    ym_buf_add(sql, YM_STR(" AS _why, arrayConcat(["));
    for (size_t c = 1; c <= m->n_columns; c++)
        ym_buf_printf(sql, "%sc%zu", c == 1 ? "" : ",", c);
    ym_buf_add(sql, YM_STR("], _extra) AS raw FROM "));
    table(sql, m->target, "mid_", m->target->load);
    ym_buf_add(sql, YM_STR(" WHERE _bad"));
}

// Views before what they read and write.
static const char *const made[] = {"no_", "ok_", "work_", "mid_", "in_", "fix_", "acc_", "s_"};

static struct ym_str drop(const struct quality_target *target, const char *prefix,
                          struct ym_arena *arena)
{
    struct ym_buf sql = {0};

    ym_buf_add(&sql, YM_STR("DROP TABLE IF EXISTS "));
    table(&sql, target, prefix, target->load);
    ym_buf_add(&sql, YM_STR(" SYNC"));
    return quality_finish(&sql, arena);
}

size_t quality_drop(const struct quality_target *target, struct ym_arena *arena, struct ym_str *out,
                    size_t max)
{
    size_t n = 0;

    for (; n < max && n < YM_COUNT(made); n++)
        out[n] = drop(target, made[n], arena);
    return n;
}

bool quality_compile(const struct quality_schema *schema, const size_t *map, size_t n_columns,
                     const struct quality_target *target, struct ym_arena *arena,
                     struct quality_sql *out, struct ym_error *err)
{
    void (*const makers[])(const struct making *, struct ym_buf *) = {
        make_good_table, make_bad_table, make_middle, make_work, make_good, make_bad,
    };
    struct making m = {schema, map, n_columns, target, arena};
    struct ym_buf sql = {0};

    *out = (struct quality_sql){.schema = schema};
    if (n_columns > QUALITY_FIELDS_MAX)
        return ym_fail(err, YM_TOO_LARGE, "quality.columns", "the file has %zu columns",
                       n_columns) ||
               ym_hint(err, "A table may have up to %d columns.", QUALITY_FIELDS_MAX);
    make_entry(n_columns, target, "in_", &sql);
    ym_buf_add(&sql, YM_STR(" ENGINE = Null"));
    push_text(&out->before, &out->n_before, arena, &sql);
    for (size_t i = 0; i < YM_COUNT(makers); i++) {
        makers[i](&m, &sql);
        push_text(&out->before, &out->n_before, arena, &sql);
    }
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "in_", target->load);
    ym_buf_add(&sql, YM_STR(" FORMAT Native"));
    out->insert = quality_finish(&sql, arena);
    ym_buf_printf(&sql,
                  "SELECT (SELECT count() FROM %s.d%" PRId64 " WHERE _version = %" PRId64
                  "), (SELECT count() FROM %s.q%" PRId64 " WHERE _version = %" PRId64 ")",
                  target->database, target->dataset, target->version, target->database,
                  target->dataset, target->version);
    out->count = quality_finish(&sql, arena);
    out->drop = ym_arena_alloc(arena, YM_COUNT(made) * sizeof *out->drop);
    // The staging table is the source of what comes: it stays.
    out->n_drop = quality_drop(target, arena, out->drop, YM_COUNT(made) - 1);
    return true;
}

void quality_stage(size_t n_columns, const struct quality_target *target, struct ym_arena *arena,
                   struct quality_sql *out)
{
    struct ym_buf sql = {0};

    *out = (struct quality_sql){0};
    make_entry(n_columns, target, "s_", &sql);
    ym_buf_add(&sql, YM_STR(" ENGINE = MergeTree ORDER BY _pos"));
    push_text(&out->before, &out->n_before, arena, &sql);
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "s_", target->load);
    ym_buf_add(&sql, YM_STR(" FORMAT Native"));
    out->insert = quality_finish(&sql, arena);
    out->drop = ym_arena_alloc(arena, sizeof *out->drop);
    out->drop[out->n_drop++] = drop(target, "s_", arena);
}

struct ym_str quality_restage(size_t n_columns, const struct quality_target *target,
                              struct ym_arena *arena)
{
    struct ym_buf sql = {0};

    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "in_", target->load);
    ym_buf_add(&sql, YM_STR(" SELECT _pos, _fault, _extra"));
    texts(n_columns, "", &sql);
    ym_buf_add(&sql, YM_STR(" FROM "));
    table(&sql, target, "s_", target->load);
    return quality_finish(&sql, arena);
}

static bool run(struct engine *engine, const struct ym_str *items, size_t n, struct ym_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (!quality_make(engine, items[i], err))
            return false;
    return true;
}

bool quality_begin(struct engine *engine, const struct quality_sql *sql, struct ym_error *err)
{
    if (sql->schema && !quality_schema_check(engine, sql->schema, err))
        return false;
    // A load that runs again must not write through the views of its first attempt.
    return run(engine, sql->drop, sql->n_drop, err) && run(engine, sql->before, sql->n_before, err);
}

bool quality_end(struct engine *engine, const struct quality_sql *sql, struct ym_error *err)
{
    return run(engine, sql->drop, sql->n_drop, err);
}

static void from_rows(const struct making *m, const char *source, struct ym_buf *sql)
{
    ym_buf_printf(sql, "%s'_pos UInt64, _fault String, _extra Array(String)", source);
    texts(m->n_columns, " String", sql);
    ym_buf_char(sql, '\'');
}

struct ym_str quality_trial(const struct quality_schema *schema, const size_t *map,
                            size_t n_columns, const struct quality_target *target,
                            struct ym_arena *arena)
{
    struct making m = {schema, map, n_columns, target, arena};
    struct ym_buf sql = {0};

    ym_buf_add(&sql, YM_STR("SELECT _pos, if(_bad, "));
    reasons(&m, &sql);
    ym_buf_add(&sql, YM_STR(", []) FROM (SELECT "));
    work_columns(&m, &sql);
    from_rows(&m, "format(JSONCompactEachRow, ", &sql);
    ym_buf_add(&sql, YM_STR(", {rows:String})) ORDER BY _pos FORMAT JSONCompactEachRow"));
    return quality_finish(&sql, arena);
}

void quality_again(const struct quality_schema *schema, const size_t *map, size_t n_columns,
                   const struct quality_target *target, int64_t base, struct ym_arena *arena,
                   struct quality_again *out)
{
    struct making m = {schema, map, n_columns, target, arena};
    struct ym_buf sql = {0};

    ym_buf_add(&sql, YM_STR("CREATE TABLE "));
    table(&sql, target, "acc_", target->load);
    ym_buf_add(&sql, YM_STR(" (_pos UInt64, why String) ENGINE = MergeTree ORDER BY _pos"));
    out->make = quality_finish(&sql, arena);
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "acc_", target->load);
    ym_buf_add(&sql, YM_STR(" FORMAT JSONCompactEachRow"));
    out->note = quality_finish(&sql, arena);
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "d", target->dataset);
    ym_buf_printf(&sql, " SELECT toUInt32(%" PRId64 "), _pos", target->version);
    for (size_t i = 0; i < schema->n; i++) {
        ym_buf_add(&sql, YM_STR(", "));
        engine_name(&sql, schema->fields[i].name);
    }
    ym_buf_add(&sql, YM_STR(" FROM "));
    table(&sql, target, "d", target->dataset);
    ym_buf_printf(&sql, " WHERE _version = %" PRId64, base);
    out->copy = quality_finish(&sql, arena);
    // A reason without a field is a fault of the whole row: the checks alone would not see it.
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "in_", target->load);
    ym_buf_printf(&sql,
                  " SELECT _pos, if(position(_why[1], ':') = 0, _why[1], ''),"
                  " arraySlice(raw, %zu)",
                  n_columns + 1);
    for (size_t c = 1; c <= n_columns; c++)
        ym_buf_printf(&sql, ", raw[%zu]", c);
    ym_buf_add(&sql, YM_STR(" FROM "));
    table(&sql, target, "q", target->dataset);
    ym_buf_printf(&sql, " WHERE _version = %" PRId64 " AND _pos NOT IN (SELECT _pos FROM ", base);
    table(&sql, target, "acc_", target->load);
    ym_buf_add(&sql, YM_STR(" WHERE why = '')"));
    out->carry = quality_finish(&sql, arena);
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "in_", target->load);
    ym_buf_add(&sql, YM_STR(" FORMAT JSONCompactEachRow"));
    out->insert = quality_finish(&sql, arena);
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    table(&sql, target, "d", target->dataset);
    ym_buf_add(&sql, YM_STR(" SELECT "));
    good_columns(&m, &sql);
    ym_buf_add(&sql, YM_STR("(SELECT "));
    work_columns(&m, &sql);
    from_rows(&m, "input(", &sql);
    ym_buf_add(&sql, YM_STR(")) FORMAT JSONCompactEachRow"));
    out->take = quality_finish(&sql, arena);
}
