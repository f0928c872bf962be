#include "data/quality/inside.h"

enum {
    EXACT_ROWS = 1000000,  // distinct values are counted one by one up to here
    CHUNK_CELLS = 8000000, // of exact counting in one statement: 16 bytes or so each
    CHUNK_COLUMNS = 200,
    REASONS_MAX = 1000,
    EXAMPLES = 3,
    VALUE_MAX = 200 // bytes of a value in the report
};

// The values of people's numbers stand in the quarantine where they are wrong, not in every report.
static bool shows_values(const struct quality_field *field)
{
    return field->semantic != CODES_RESIDENT_ID && field->semantic != CODES_PHONE;
}

static void column_sql(const struct quality_field *field, int64_t rows, struct ym_buf *sql)
{
    struct ym_buf quoted = {0};
    bool nullable = !field->required && !field->key;

    engine_name(&quoted, field->name);
    const char *name = ym_buf_cstr(&quoted);
    if (nullable)
        ym_buf_printf(sql, "countIf(isNull(%s))", name);
    else
        ym_buf_char(sql, '0');
    ym_buf_printf(sql, ", %s(%s)", rows <= EXACT_ROWS ? "uniqExact" : "uniq", name);
    if (shows_values(field))
        ym_buf_printf(sql, ", toString(min(%s)), toString(max(%s))", name, name);
    else
        ym_buf_add(sql, YM_STR(", NULL, NULL"));
    ym_buf_clear(&quoted);
}

// "2020-01-06 10:00:00.000000": parts of a second only where there are some.
static struct ym_str shown(const struct quality_field *field, struct ym_str value)
{
    if (field->type == QUALITY_DATETIME && ym_str_ends(value, YM_STR(".000000")))
        value.n -= 7;
    return ym_utf8_cut(value, VALUE_MAX);
}

static json_t *column_json(const struct quality_field *field, struct ym_str *line,
                           struct ym_arena *arena, bool any)
{
    struct ym_str cells[4];
    int64_t missing = 0, distinct = 0;
    const char *semantic = codes_name(field->semantic);
    bool null[4];

    for (size_t i = 0; i < 4; i++)
        if (!engine_tsv_cell(line, arena, &cells[i], &null[i]))
            return NULL;
    if (!ym_str_int(cells[0], &missing) || !ym_str_int(cells[1], &distinct))
        return NULL;
    // A required column of no rows has the type's zero as its smallest value.
    any = any && distinct > 0;
    return json_pack("{s:o, s:s, s:o, s:I, s:I, s:o, s:o}", "name", ym_json_str(field->name),
                     "type", quality_type_name(field->type), "semantic",
                     semantic ? json_string(semantic) : json_null(), "missing", (json_int_t)missing,
                     "distinct", (json_int_t)distinct, "min",
                     any && !null[2] ? ym_json_str(shown(field, cells[2])) : json_null(), "max",
                     any && !null[3] ? ym_json_str(shown(field, cells[3])) : json_null());
}

static bool chunk(struct engine *engine, const struct quality_schema *schema,
                  const struct quality_target *target, int64_t rows, size_t from, size_t n,
                  json_t *out, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = 64 << 20};
    struct ym_arena arena = {0};
    bool ok = false;

    for (size_t i = from; i < from + n; i++) {
        ym_buf_add(&sql, ym_str(i == from ? "SELECT " : ", "));
        column_sql(&schema->fields[i], rows, &sql);
    }
    ym_buf_printf(&sql, " FROM %s.d%" PRId64 " WHERE _version = %" PRId64 " FORMAT TSV",
                  target->database, target->dataset, target->version);
    if (!quality_ask(engine, (struct ym_str){ym_buf_cstr(&sql), sql.n}, &answer, err))
        goto out;
    struct ym_str line = ym_str_trim(ym_buf_str(&answer));
    for (size_t i = from; i < from + n; i++) {
        json_t *column = column_json(&schema->fields[i], &line, &arena, rows > 0);
        if (!column) {
            ym_fail(err, YM_FAULT, "quality.answer", "the engine's profile of a column is cut");
            goto out;
        }
        json_array_append_new(out, column);
    }
    ok = true;
out:
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    ym_arena_clear(&arena);
    return ok;
}

bool quality_columns(struct engine *engine, const struct quality_schema *schema,
                     const struct quality_target *target, int64_t rows, json_t **out,
                     struct ym_error *err)
{
    int64_t at_once = rows > EXACT_ROWS ? 32 : CHUNK_CELLS / (rows > 0 ? rows : 1);
    size_t step = (size_t)(at_once < 1 ? 1 : at_once > CHUNK_COLUMNS ? CHUNK_COLUMNS : at_once);

    *out = json_array();
    for (size_t from = 0; from < schema->n; from += step) {
        size_t n = schema->n - from < step ? schema->n - from : step;
        if (chunk(engine, schema, target, rows, from, n, *out, err))
            continue;
        json_decref(*out);
        *out = NULL;
        return false;
    }
    return true;
}

// The cells of several fields, for reasons that are about all of them.
static void joined_sql(const struct quality_schema *schema, const size_t *map,
                       const struct quality_texts *names, struct ym_buf *sql)
{
    struct ym_buf joined = {0};

    if (names->n < 2)
        return;
    for (size_t k = 0; k < names->n; k++)
        ym_buf_printf(&joined, "%s%.*s", k ? ", " : "", YM_FMT(names->items[k]));
    ym_buf_add(sql, YM_STR("field = "));
    quality_quote(sql, ym_buf_str(&joined));
    ym_buf_clear(&joined);
    ym_buf_add(sql, YM_STR(", arrayStringConcat(["));
    for (size_t k = 0; k < names->n; k++)
        for (size_t i = 0; i < schema->n; i++)
            if (ym_str_eq(schema->fields[i].name, names->items[k]))
                ym_buf_printf(sql, "%sraw[%zu]", k ? "," : "", map[i] + 1);
    ym_buf_add(sql, YM_STR("], ', '), "));
}

// The value that a reason is about: a field's cell, the cells of a key, or the row's beginning.
static void value_sql(const struct quality_schema *schema, const size_t *map, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("multiIf(empty(field), arrayStringConcat(raw, ','), "));
    joined_sql(schema, map, &schema->key, sql);
    for (size_t i = 0; i < schema->n_uniques; i++)
        joined_sql(schema, map, &schema->uniques[i], sql);
    for (size_t i = 0; i < schema->n_references; i++)
        joined_sql(schema, map, &schema->references[i].fields, sql);
    ym_buf_add(sql, YM_STR("raw[transform(field, ["));
    for (size_t i = 0; i < schema->n; i++) {
        ym_buf_add(sql, ym_str(i ? "," : ""));
        quality_quote(sql, schema->fields[i].name);
    }
    ym_buf_add(sql, YM_STR("], ["));
    for (size_t i = 0; i < schema->n; i++)
        ym_buf_printf(sql, "%s%zu", i ? "," : "", map[i] + 1);
    ym_buf_add(sql, YM_STR("], 0)])"));
}

static void reasons_sql(const struct quality_schema *schema, const size_t *map,
                        const struct quality_target *target, struct ym_buf *sql)
{
    // Positions and values travel as two lists in the file's order; values are cut before they are
    // kept.
    ym_buf_add(
        sql, YM_STR("SELECT code, field, count() AS n, groupArraySorted(3)(example) AS first FROM ("
                    "SELECT substringIndex(why, ':', 1) AS code, substring(why, length(code) + 2) "
                    "AS field, tuple(_pos, leftUTF8("));
    value_sql(schema, map, sql);
    ym_buf_printf(sql,
                  ", 100)) AS example FROM %s.q%" PRId64
                  " ARRAY JOIN _why AS why"
                  " WHERE _version = %" PRId64
                  ") GROUP BY code, field"
                  " ORDER BY n DESC, code, field LIMIT %d",
                  target->database, target->dataset, target->version, REASONS_MAX);
}

static json_t *examples_json(struct ym_str *line, struct ym_arena *arena)
{
    json_t *examples = json_array();
    struct ym_str at, value;
    int64_t pos;
    bool null;

    for (int i = 0; i < EXAMPLES; i++) {
        if (!engine_tsv_cell(line, arena, &at, &null) ||
            !engine_tsv_cell(line, arena, &value, &null))
            break;
        if (ym_str_int(at, &pos) && pos > 0)
            json_array_append_new(examples, json_pack("{s:I, s:o}", "line", (json_int_t)pos,
                                                      "value", ym_json_str(value)));
    }
    return examples;
}

static bool reason_json(struct ym_str line, struct ym_arena *arena, json_t *out)
{
    struct ym_str code, field, count;
    int64_t n;
    bool null;

    if (!engine_tsv_cell(&line, arena, &code, &null) ||
        !engine_tsv_cell(&line, arena, &field, &null) ||
        !engine_tsv_cell(&line, arena, &count, &null) || !ym_str_int(count, &n))
        return false;
    json_array_append_new(out,
                          json_pack("{s:o, s:o, s:I, s:o}", "code", ym_json_str(code), "column",
                                    field.n > 0 ? ym_json_str(field) : json_null(), "count",
                                    (json_int_t)n, "examples", examples_json(&line, arena)));
    return true;
}

bool quality_reasons(struct engine *engine, const struct quality_schema *schema, const size_t *map,
                     const struct quality_target *target, json_t **out, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = 64 << 20};
    struct ym_arena arena = {0};
    struct ym_str rest, line;
    bool ok = false;

    *out = NULL;
    ym_buf_add(&sql, YM_STR("SELECT code, field, n, first[1].1, first[1].2, first[2].1, first[2].2,"
                            " first[3].1, first[3].2 FROM ("));
    reasons_sql(schema, map, target, &sql);
    ym_buf_add(&sql, YM_STR(") ORDER BY n DESC, code, field FORMAT TSV"));
    if (!quality_ask(engine, (struct ym_str){ym_buf_cstr(&sql), sql.n}, &answer, err))
        goto out;
    *out = json_array();
    rest = ym_buf_str(&answer);
    while (engine_tsv_line(&rest, &line)) {
        if (line.n > 0 && !reason_json(line, &arena, *out)) {
            ym_fail(err, YM_FAULT, "quality.answer", "the engine's list of reasons is cut");
            goto out;
        }
    }
    ok = true;
out:
    if (!ok) {
        json_decref(*out);
        *out = NULL;
    }
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    ym_arena_clear(&arena);
    return ok;
}
