/* What looks at other rows: references, equal repeats, keys, unique fields.
 *
 * One statement asks whether any value comes twice (in the table's own order for the key, so it
 * streams); mostly none does and that is all. Else fix_LOAD takes the positions of the later rows,
 * the quarantined of them are copied to qDATASET, and one mutation takes all of them out. The first
 * row in the file's order always stays: it is what a reader of the file meets first, and which of
 * two different rows is right nobody here can know. Raw cells of such rows are written back from
 * the typed ones.
 */
#include "data/quality/inside.h"

struct settling {
    struct engine *engine;
    const struct quality_schema *schema;
    const size_t *map;
    size_t n_columns;
    const struct quality_target *target;
    struct ym_error *err;
};

static bool run(struct settling *s, struct ym_buf *sql)
{
    bool ok = quality_ask(s->engine, (struct ym_str){ym_buf_cstr(sql), sql->n}, NULL, s->err);
    ym_buf_clear(sql);
    return ok;
}

static bool number(struct settling *s, struct ym_buf *sql, int64_t *out, size_t n)
{
    struct ym_buf answer = {.limit = 4096};
    bool ok = quality_ask(s->engine, (struct ym_str){ym_buf_cstr(sql), sql->n}, &answer, s->err);
    struct ym_str rest = ym_str_trim(ym_buf_str(&answer)), cell;

    for (size_t i = 0; ok && i < n; i++)
        if (!ym_str_cut(&rest, '\t', &cell) || !ym_str_int(cell, &out[i]))
            ok = ym_fail(s->err, YM_FAULT, "quality.answer", "the engine's count is no number");
    ym_buf_clear(&answer);
    ym_buf_clear(sql);
    return ok;
}

static void good(const struct settling *s, struct ym_buf *sql)
{
    ym_buf_printf(sql, "%s.d%" PRId64, s->target->database, s->target->dataset);
}

static void of_version(const struct settling *s, struct ym_buf *sql)
{
    ym_buf_printf(sql, " WHERE _version = %" PRId64, s->target->version);
}

static void fix(const struct settling *s, struct ym_buf *sql)
{
    ym_buf_printf(sql, "%s.fix_%" PRId64, s->target->database, s->target->load);
}

static void all_cells(const struct settling *s, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("sipHash128(tuple("));
    for (size_t i = 0; i < s->schema->n; i++) {
        if (i > 0)
            ym_buf_char(sql, ',');
        engine_name(sql, s->schema->fields[i].name);
    }
    ym_buf_add(sql, YM_STR("))"));
}

static void names(const struct quality_texts *list, struct ym_buf *sql)
{
    for (size_t i = 0; i < list->n; i++) {
        ym_buf_add(sql, ym_str(i ? "," : ""));
        engine_name(sql, list->items[i]);
    }
}

// What the rows are grouped by: the fields, or where there are none all cells.
static void group(const struct settling *s, const struct quality_texts *by, struct ym_buf *sql)
{
    if (by->n > 0)
        names(by, sql);
    else
        all_cells(s, sql);
}

// Rows in which one of the cells is missing are not compared.
static void only_given(const struct quality_schema *schema, const struct quality_texts *by,
                       struct ym_buf *sql)
{
    for (size_t k = 0; k < by->n; k++) {
        const struct quality_field *field = quality_field_of(schema, by->items[k]);
        if (field->required || field->key)
            continue;
        ym_buf_add(sql, YM_STR(" AND isNotNull("));
        engine_name(sql, field->name);
        ym_buf_char(sql, ')');
    }
}

static void repeated(const struct settling *s, const struct quality_texts *by, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("SELECT "));
    group(s, by, sql);
    ym_buf_add(sql, YM_STR(" FROM "));
    good(s, sql);
    of_version(s, sql);
    only_given(s->schema, by, sql);
    ym_buf_add(sql, YM_STR(" GROUP BY "));
    group(s, by, sql);
    ym_buf_add(sql, YM_STR(" HAVING count() > 1"));
}

static bool any_repeated(struct settling *s, const struct quality_texts *by, bool *any)
{
    struct ym_buf sql = {0};
    int64_t n = 0;

    ym_buf_add(&sql, YM_STR("SELECT count() FROM ("));
    repeated(s, by, &sql);
    ym_buf_add(&sql, YM_STR(" LIMIT 1) SETTINGS optimize_aggregation_in_order = 1"));
    if (!number(s, &sql, &n, 1))
        return false;
    *any = n > 0;
    return true;
}

// fix_LOAD: positions of the rows that go, and whether they equal an earlier one in all cells.
static bool make_fix(struct settling *s)
{
    struct ym_buf sql = {0};

    ym_buf_add(&sql, YM_STR("DROP TABLE IF EXISTS "));
    fix(s, &sql);
    ym_buf_add(&sql, YM_STR(" SYNC"));
    if (!run(s, &sql))
        return false;
    ym_buf_add(&sql, YM_STR("CREATE TABLE "));
    fix(s, &sql);
    ym_buf_add(&sql, YM_STR(" (_pos UInt64, equal UInt8) ENGINE = MergeTree ORDER BY _pos"));
    return run(s, &sql);
}

// The later rows of each value that comes twice.
static bool find(struct settling *s, const struct quality_texts *by, bool drop)
{
    struct ym_buf sql = {0};

    if (!make_fix(s))
        return false;
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    fix(s, &sql);
    ym_buf_add(&sql,
               YM_STR(" SELECT _pos, equal FROM (SELECT _pos, row_number() OVER (PARTITION BY "));
    group(s, by, &sql);
    ym_buf_add(&sql, YM_STR(" ORDER BY _pos) AS nth, "));
    if (drop) {
        ym_buf_add(&sql, YM_STR("row_number() OVER (PARTITION BY "));
        all_cells(s, &sql);
        ym_buf_add(&sql, YM_STR(" ORDER BY _pos) > 1 AS equal FROM "));
    } else {
        ym_buf_add(&sql, YM_STR("0 AS equal FROM "));
    }
    good(s, &sql);
    of_version(s, &sql);
    ym_buf_add(&sql, YM_STR(" AND ("));
    group(s, by, &sql);
    ym_buf_add(&sql, YM_STR(") IN ("));
    repeated(s, by, &sql);
    ym_buf_add(&sql, YM_STR(")) WHERE nth > 1"));
    return run(s, &sql);
}

// The declared format with the engine's letters, each number with all its digits.
static void shown_format(struct ym_str format, struct ym_buf *sql)
{
    struct ym_buf to = {0};

    for (size_t i = 0; i < format.n; i++) {
        char c = format.p[i];
        bool sign = i > 0 && format.p[i - 1] == '%';
        if (sign && c == 'M')
            c = 'i';
        else if (sign && c == 'S')
            c = 's';
        ym_buf_char(&to, c);
    }
    quality_quote(sql, ym_buf_str(&to));
    ym_buf_clear(&to);
}

// A cell as a text that reads back as the same value.
static void text(const struct settling *s, size_t i, struct ym_buf *sql)
{
    const struct quality_field *field = &s->schema->fields[i];
    const struct quality_texts *markers = quality_missing(s->schema, i);
    struct ym_str none = YM_STR("");

    for (size_t m = 0; m < markers->n; m++)
        if (m == 0 || markers->items[m].n == 0)
            none = markers->items[m];
    ym_buf_add(sql, YM_STR("ifNull("));
    if (field->format.n > 0 && quality_typed(field)) {
        ym_buf_add(sql, YM_STR("formatDateTime("));
        engine_name(sql, field->name);
        ym_buf_char(sql, ',');
        shown_format(field->format, sql);
        ym_buf_char(sql, ')');
    } else if (field->type == QUALITY_BOOLEAN) {
        ym_buf_add(sql, YM_STR("if(isNull("));
        engine_name(sql, field->name);
        ym_buf_add(sql, YM_STR("),NULL,if("));
        engine_name(sql, field->name);
        ym_buf_char(sql, ',');
        quality_quote(sql, quality_trues(field)->items[0]);
        ym_buf_char(sql, ',');
        quality_quote(sql, quality_falses(field)->items[0]);
        ym_buf_add(sql, YM_STR("))"));
    } else {
        ym_buf_add(sql, YM_STR("toString("));
        engine_name(sql, field->name);
        ym_buf_char(sql, ')');
    }
    ym_buf_char(sql, ',');
    quality_quote(sql, none);
    ym_buf_char(sql, ')');
}

static void raw(const struct settling *s, struct ym_buf *sql)
{
    size_t *field_of =
        calloc(s->n_columns + 1, sizeof *field_of); // index + 1; 0: no field's column

    assert(field_of);
    for (size_t i = 0; i < s->schema->n; i++)
        field_of[s->map[i]] = i + 1;
    for (size_t c = 0; c < s->n_columns; c++) {
        ym_buf_add(sql, ym_str(c ? ", " : "["));
        if (!field_of[c]) {
            ym_buf_add(sql, YM_STR("''"));
            continue;
        }
        text(s, field_of[c] - 1, sql);
    }
    ym_buf_char(sql, ']');
    free(field_of);
}

static void reason(const char *code, const struct quality_texts *by, struct ym_buf *why)
{
    ym_buf_printf(why, "%s:", code);
    for (size_t i = 0; i < by->n; i++)
        ym_buf_printf(why, "%s%.*s", i ? ", " : "", YM_FMT(by->items[i]));
}

static bool quarantine(struct settling *s, const char *code, const struct quality_texts *by)
{
    struct ym_buf sql = {0}, why = {0};

    reason(code, by, &why);
    ym_buf_printf(&sql, "INSERT INTO %s.q%" PRId64 " SELECT _version, _pos, [", s->target->database,
                  s->target->dataset);
    quality_quote(&sql, ym_buf_str(&why));
    ym_buf_add(&sql, YM_STR("], "));
    raw(s, &sql);
    ym_buf_add(&sql, YM_STR(" FROM "));
    good(s, &sql);
    of_version(s, &sql);
    ym_buf_add(&sql, YM_STR(" AND _pos IN (SELECT _pos FROM "));
    fix(s, &sql);
    ym_buf_add(&sql, YM_STR(" WHERE NOT equal)"));
    ym_buf_clear(&why);
    return run(s, &sql);
}

bool quality_merges(struct engine *engine, const struct quality_target *target, bool go,
                    struct ym_error *err)
{
    char sql[128];

    (void)snprintf(sql, sizeof sql, "SYSTEM %s MERGES %s.d%" PRId64, go ? "START" : "STOP",
                   target->database, target->dataset);
    return engine_run(engine, sql, YM_NO_ARGS, err);
}

static bool take_out(struct settling *s)
{
    struct ym_buf sql = {0};

    if (!quality_merges(s->engine, s->target, true, s->err)) // a deletion is one of them
        return false;
    ym_buf_add(&sql, YM_STR("ALTER TABLE "));
    good(s, &sql);
    ym_buf_printf(&sql, " DELETE IN PARTITION %" PRId64 " WHERE _pos IN (SELECT _pos FROM ",
                  s->target->version);
    fix(s, &sql);
    ym_buf_add(&sql, YM_STR(") SETTINGS mutations_sync = 1"));
    if (!run(s, &sql))
        return false;
    ym_buf_add(&sql, YM_STR("DROP TABLE IF EXISTS "));
    fix(s, &sql);
    ym_buf_add(&sql, YM_STR(" SYNC"));
    return run(s, &sql);
}

static bool settle(struct settling *s, const struct quality_texts *by, bool drop,
                   int64_t *duplicates)
{
    struct ym_buf sql = {0};
    int64_t found[2] = {0};
    bool any = false;

    if (!any_repeated(s, by, &any))
        return false;
    if (!any)
        return true;
    if (!find(s, by, drop))
        return false;
    ym_buf_add(&sql, YM_STR("SELECT countIf(equal), countIf(NOT equal) FROM "));
    fix(s, &sql);
    if (!number(s, &sql, found, 2))
        return false;
    *duplicates += found[0];
    if (found[1] > 0 && !quarantine(s, "unique", by))
        return false;
    return take_out(s);
}

// A tuple of given cells, as texts where the two sides are not of one type. Without the NULL in
// its type: the engine converts the one side to the other's type before it looks at the conditions.
static void tuple(const struct quality_schema *schema, const struct quality_texts *names,
                  const struct quality_schema *other, const struct quality_texts *theirs,
                  struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("tuple("));
    for (size_t k = 0; k < names->n; k++) {
        const struct quality_field *one = quality_field_of(schema, names->items[k]);
        const struct quality_field *two = quality_field_of(other, theirs->items[k]);
        bool same = one->type == two->type && one->scale == two->scale;
        ym_buf_printf(sql, "%sassumeNotNull(%s", k > 0 ? "," : "", same ? "" : "toString(");
        engine_name(sql, one->name);
        ym_buf_add(sql, ym_str(same ? ")" : "))"));
    }
    ym_buf_char(sql, ')');
}

// Rows whose partner the other dataset lacks; those that a steward accepted for it stay.
static bool refer(struct settling *s, const struct quality_reference *reference,
                  const struct quality_other *other)
{
    struct ym_buf sql = {0}, why = {0};
    int64_t found = 0;

    if (!make_fix(s))
        return false;
    ym_buf_add(&sql, YM_STR("INSERT INTO "));
    fix(s, &sql);
    ym_buf_add(&sql, YM_STR(" SELECT _pos, 0 FROM "));
    good(s, &sql);
    of_version(s, &sql);
    only_given(s->schema, &reference->fields, &sql);
    ym_buf_add(&sql, YM_STR(" AND "));
    tuple(s->schema, &reference->fields, other->schema, &reference->theirs, &sql);
    ym_buf_add(&sql, YM_STR(" NOT IN (SELECT "));
    tuple(other->schema, &reference->theirs, s->schema, &reference->fields, &sql);
    ym_buf_printf(&sql, " FROM %s.d%" PRId64 " WHERE _version = %" PRId64, s->target->database,
                  other->dataset, other->version);
    only_given(other->schema, &reference->theirs, &sql);
    ym_buf_char(&sql, ')');
    if (s->target->accepted) {
        reason("reference", &reference->fields, &why);
        ym_buf_printf(&sql, " AND _pos NOT IN (SELECT _pos FROM %s.acc_%" PRId64 " WHERE why = ",
                      s->target->database, s->target->load);
        quality_quote(&sql, ym_buf_str(&why));
        ym_buf_char(&sql, ')');
        ym_buf_clear(&why);
    }
    if (!run(s, &sql))
        return false;
    ym_buf_add(&sql, YM_STR("SELECT count() FROM "));
    fix(s, &sql);
    if (!number(s, &sql, &found, 1))
        return false;
    return found == 0 || (quarantine(s, "reference", &reference->fields) && take_out(s));
}

static bool count(struct settling *s, struct quality_counts *counts)
{
    struct ym_buf sql = {0};
    int64_t found[2] = {0};

    ym_buf_add(&sql, YM_STR("SELECT (SELECT count() FROM "));
    good(s, &sql);
    of_version(s, &sql);
    ym_buf_printf(&sql, "), (SELECT count() FROM %s.q%" PRId64, s->target->database,
                  s->target->dataset);
    of_version(s, &sql);
    ym_buf_char(&sql, ')');
    if (!number(s, &sql, found, 2))
        return false;
    counts->kept = found[0];
    counts->quarantined = found[1];
    return true;
}

bool quality_settle(struct engine *engine, const struct quality_schema *schema, const size_t *map,
                    size_t n_columns, const struct quality_target *target,
                    struct quality_counts *counts, struct ym_error *err)
{
    struct settling s = {engine, schema, map, n_columns, target, err};

    counts->duplicates = 0;
    // Each row alone first: one that has no partner must not push out another of its key.
    for (size_t i = 0; target->others && i < schema->n_references; i++)
        if (!refer(&s, &schema->references[i], &target->others[i]))
            return false;
    if ((schema->key.n > 0 || schema->drop_equal) &&
        !settle(&s, &schema->key, schema->drop_equal, &counts->duplicates))
        return false;
    for (size_t i = 0; i < schema->n_uniques; i++)
        if (!settle(&s, &schema->uniques[i], false, &counts->duplicates))
            return false;
    for (size_t i = 0; i < schema->n; i++) {
        struct ym_str name = schema->fields[i].name;
        const struct quality_texts by = {&name, 1, 1};
        if (!schema->fields[i].unique || (schema->fields[i].key && schema->key.n == 1))
            continue;
        if (!settle(&s, &by, false, &counts->duplicates))
            return false;
    }
    return count(&s, counts);
}
