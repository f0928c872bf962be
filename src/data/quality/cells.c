/* SQL of one field: its typed cell, whether it is bad, and why.
 *
 * Measured on 2 million cells, one thread, the read included (ns a cell): toInt64OrNull 30,
 * toFloat64OrNull 35, the decimal's regular expression 45, toDecimal64OrNull 60, date with round
 * trip 35, datetime with round trip 60, parseDateTime64BestEffortOrNull 90, trimBoth 25. So nothing
 * here is worth a special case but the datetime, which tries the round trip first.
 * toInt64OrNull takes exactly [+-]?[0-9]+ in range and toFloat64OrNull with isFinite exactly a
 * number of the usual form (tests/data/quality tries all short texts); the others are lenient and
 * never decide alone.
 */
#include "data/quality/inside.h"

#define CLOCK "([01][0-9]|2[0-3]):[0-5][0-9]"

bool quality_typed(const struct quality_field *field)
{
    return field->type != QUALITY_STRING && field->type != QUALITY_TIME;
}

// The text of the cell: strings as they are, all else without the blanks around it.
static void text_of(const struct quality_field *field, size_t column, char to[64])
{
    snprintf(to, 64, field->type == QUALITY_STRING ? "c%zu" : "trimBoth(c%zu)", column + 1);
}

static void missing(const struct quality_schema *schema, size_t i, const char *text,
                    struct ym_buf *sql)
{
    const struct quality_texts *markers = quality_missing(schema, i);

    if (markers->n == 0) {
        ym_buf_add(sql, YM_STR("0"));
    } else if (markers->n == 1 && markers->items[0].n == 0) {
        ym_buf_printf(sql, "empty(%s)", text);
    } else {
        ym_buf_printf(sql, "%s IN (", text);
        quality_list(sql, markers);
        ym_buf_char(sql, ')');
    }
}

static void decimal(const struct quality_field *field, const char *text, struct ym_buf *sql)
{
    // Digits behind the scale may be zeros: they change nothing.
    ym_buf_printf(sql, "if(match(%s,'^[+-]?(?:[0-9]+(?:[.][0-9]{0,%d}0*)?", text, field->scale);
    if (field->scale > 0)
        ym_buf_printf(sql, "|[.][0-9]{1,%d}0*", field->scale);
    ym_buf_printf(sql, ")$'),toDecimal%dOrNull(%s,%d),NULL)", field->scale > 6 ? 128 : 64, text,
                  field->scale);
}

// The round trip that most cells of the common forms pass, before anything slower is tried.
static void quick(const struct quality_field *field, const char *text, struct ym_str zone,
                  struct ym_buf *sql)
{
    struct ym_buf read = {0};

    if (field->type == QUALITY_DATE) {
        ym_buf_printf(&read, "toDate32OrNull(%s)", text);
    } else {
        ym_buf_printf(&read, "toDateTime64OrNull(%s,0,", text);
        quality_quote(&read, zone);
        ym_buf_char(&read, ')');
    }
    const char *r = ym_buf_cstr(&read);
    ym_buf_printf(sql, "toString(%s)=%s,", r, text);
    if (field->type == QUALITY_DATE) {
        ym_buf_printf(sql, "%s,", r);
    } else {
        ym_buf_printf(sql, "toDateTime64(%s,6,", r);
        quality_quote(sql, zone);
        ym_buf_add(sql, YM_STR("),"));
    }
    ym_buf_clear(&read);
}

// A date or datetime of a declared format: read as UTC, where each local time exists, then moved.
static void formatted(const struct quality_field *field, const char *text, struct ym_str zone,
                      struct ym_buf *sql)
{
    struct ym_buf format = {0}, parse = {0};
    bool clock;

    (void)quality_format(field->format, &format, &clock);
    ym_buf_printf(&parse, "parseDateTime64OrNull(%s,", text);
    quality_quote(&parse, ym_buf_str(&format));
    ym_buf_add(&parse, YM_STR(",'UTC')"));
    const char *p = ym_buf_cstr(&parse);
    ym_buf_add(sql, YM_STR("multiIf("));
    if (ym_str_is(field->format, "%Y-%m-%d") || ym_str_is(field->format, "%Y-%m-%d %H:%M:%S"))
        quick(field, text, zone, sql);
    ym_buf_printf(sql, "toYear(%s) BETWEEN 1900 AND 2299,", p);
    if (field->type == QUALITY_DATE) {
        ym_buf_printf(sql, "toDate32(%s),NULL)", p);
    } else {
        struct ym_buf moved = {0};
        ym_buf_printf(&moved, "parseDateTime64BestEffortOrNull(toString(%s),6,", p);
        quality_quote(&moved, zone);
        ym_buf_char(&moved, ')');
        // An hour that a change of the clock skipped would be moved to another one.
        ym_buf_printf(sql, "if(toString(%s)=toString(%s),%s,NULL),NULL)", ym_buf_cstr(&moved), p,
                      moved.p);
        ym_buf_clear(&moved);
    }
    ym_buf_clear(&format);
    ym_buf_clear(&parse);
}

static void iso_datetime(const struct quality_field *field, const char *text, struct ym_str zone,
                         struct ym_buf *sql)
{
    struct ym_buf read = {0};

    ym_buf_printf(&read, "parseDateTime64BestEffortOrNull(%s,6,", text);
    quality_quote(&read, zone);
    ym_buf_char(&read, ')');
    ym_buf_add(sql, YM_STR("multiIf("));
    quick(field, text, zone, sql);
    // Without an offset the hour must come back: one that a change of the clock skipped is none.
    ym_buf_printf(sql,
                  "match(%s,'^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]" CLOCK
                  "(:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])?$')"
                  " AND toString(toDate32OrNull(substring(%s,1,10)))=substring(%s,1,10)"
                  " AND (substring(toString(%s),12,5)=substring(%s,12,5)"
                  " OR match(%s,'(Z|[+-][0-9]{2}:?[0-9]{2})$')),%s,NULL)",
                  text, text, text, ym_buf_cstr(&read), text, text, read.p);
    ym_buf_clear(&read);
}

static struct ym_str zone_of(const struct quality_field *field, const struct quality_target *target)
{
    return field->zone.n > 0 ? field->zone : ym_str(target->zone);
}

static void typed(const struct quality_field *field, const char *text,
                  const struct quality_target *target, struct ym_buf *sql)
{
    switch (field->type) {
    case QUALITY_STRING:
    case QUALITY_TIME:
        ym_buf_printf(sql, "toNullable(%s)", text);
        break;
    case QUALITY_INTEGER:
        ym_buf_printf(sql, "toInt64OrNull(%s)", text);
        break;
    case QUALITY_NUMBER:
        if (field->scale >= 0)
            decimal(field, text, sql);
        else
            ym_buf_printf(sql, "if(isFinite(toFloat64OrNull(%s)),toFloat64OrNull(%s),NULL)", text,
                          text);
        break;
    case QUALITY_BOOLEAN:
        ym_buf_printf(sql, "CAST(multiIf(%s IN (", text);
        quality_list(sql, quality_trues(field));
        ym_buf_printf(sql, "),true,%s IN (", text);
        quality_list(sql, quality_falses(field));
        ym_buf_add(sql, YM_STR("),false,NULL),'Nullable(Bool)')"));
        break;
    case QUALITY_DATE:
        if (field->format.n > 0)
            formatted(field, text, (struct ym_str){0}, sql);
        else
            ym_buf_printf(sql, "if(toString(toDate32OrNull(%s))=%s,toDate32OrNull(%s),NULL)", text,
                          text, text);
        break;
    case QUALITY_DATETIME:
        if (field->format.n > 0)
            formatted(field, text, zone_of(field, target), sql);
        else
            iso_datetime(field, text, zone_of(field, target), sql);
        break;
    }
}

void quality_cell(const struct quality_schema *schema, size_t i, size_t column,
                  const struct quality_target *target, struct ym_buf *sql)
{
    const struct quality_field *field = &schema->fields[i];
    const struct quality_texts *markers = quality_missing(schema, i);
    bool guard = !quality_typed(field) && markers->n > 0;
    char text[64];

    text_of(field, column, text);
    if (!quality_typed(field) && (field->required || field->key)) {
        ym_buf_add(sql, ym_str(text)); // a missing one is bad, so none comes here
        return;
    }
    if (field->type == QUALITY_STRING && markers->n == 1 && markers->items[0].n == 0) {
        ym_buf_printf(sql, "nullIf(%s,'')", text);
        return;
    }
    // A marker such as -999 or 9999 would be read as a value.
    for (size_t m = 0; quality_typed(field) && m < markers->n; m++)
        guard = guard || field->type == QUALITY_BOOLEAN || quality_marker_reads(markers->items[m]);
    if (guard) {
        ym_buf_add(sql, YM_STR("if("));
        missing(schema, i, text, sql);
        ym_buf_add(sql, YM_STR(",NULL,"));
    }
    typed(field, text, target, sql);
    if (guard)
        ym_buf_char(sql, ')');
}

// A bound or a value of enum as an SQL literal of the field's type.
static void literal(const struct quality_field *field, struct ym_str value,
                    const struct quality_target *target, struct ym_buf *sql)
{
    static const char *const begin[QUALITY_TYPES] = {
        [QUALITY_STRING] = "",
        [QUALITY_INTEGER] = "toInt64(",
        [QUALITY_NUMBER] = "toFloat64(",
        [QUALITY_BOOLEAN] = "toBool(",
        [QUALITY_DATE] = "toDate32(",
        [QUALITY_DATETIME] = "parseDateTime64BestEffort(",
        [QUALITY_TIME] = "",
    };
    bool exact = field->type == QUALITY_NUMBER && field->scale >= 0;

    if (exact)
        ym_buf_printf(sql, "toDecimal%d(", field->scale > 6 ? 128 : 64);
    else
        ym_buf_add(sql, ym_str(begin[field->type]));
    quality_quote(sql, value);
    if (exact)
        ym_buf_printf(sql, ",%d", field->scale);
    if (field->type == QUALITY_DATETIME) {
        ym_buf_add(sql, YM_STR(",6,"));
        quality_quote(sql, zone_of(field, target));
    }
    if (quality_typed(field))
        ym_buf_char(sql, ')');
}

struct rules { // the conditions of a field, one after the other
    struct ym_buf *sql;
    bool why, any;
    struct ym_str name;
};

static void rule(struct rules *rules, const char *code, const char *condition)
{
    if (rules->any)
        ym_buf_add(rules->sql, ym_str(rules->why ? "," : " OR "));
    rules->any = true;
    ym_buf_add(rules->sql, ym_str(condition));
    if (!rules->why)
        return;
    struct ym_buf reason = {0};
    ym_buf_printf(&reason, "%s:%.*s", code, YM_FMT(rules->name));
    ym_buf_char(rules->sql, ',');
    quality_quote(rules->sql, ym_buf_str(&reason));
    ym_buf_clear(&reason);
}

static void bounds(struct rules *rules, const struct quality_field *field, const char *value,
                   const struct quality_target *target)
{
    const struct {
        struct ym_str bound;
        const char *code, *sign;
    } sides[] = {{field->minimum, "minimum", "<"}, {field->maximum, "maximum", ">"}};

    for (size_t i = 0; i < YM_COUNT(sides); i++) {
        struct ym_buf condition = {0};
        if (!sides[i].bound.p)
            continue;
        ym_buf_printf(&condition, "%s%s", value, sides[i].sign);
        literal(field, sides[i].bound, target, &condition);
        rule(rules, sides[i].code, ym_buf_cstr(&condition));
        ym_buf_clear(&condition);
    }
}

static void among(struct rules *rules, const struct quality_field *field, const char *value,
                  const struct quality_target *target)
{
    struct ym_buf condition = {0};

    if (field->values.n == 0)
        return;
    ym_buf_printf(&condition, "%s NOT IN (", value);
    for (size_t i = 0; i < field->values.n; i++) {
        if (i > 0)
            ym_buf_char(&condition, ',');
        literal(field, field->values.items[i], target, &condition);
    }
    ym_buf_char(&condition, ')');
    rule(rules, "enum", ym_buf_cstr(&condition));
    ym_buf_clear(&condition);
}

static void text_rules(struct rules *rules, const struct quality_field *field, const char *text,
                       const struct quality_target *target)
{
    struct ym_buf condition = {0};

    if (field->type == QUALITY_TIME) {
        ym_buf_printf(&condition, "NOT match(%s,'^" CLOCK "(:[0-5][0-9])?$')", text);
        rule(rules, "type", ym_buf_cstr(&condition));
        condition.n = 0;
    }
    if (field->min_length > 0) {
        ym_buf_printf(&condition, "lengthUTF8(%s)<%" PRId64, text, field->min_length);
        rule(rules, "minLength", ym_buf_cstr(&condition));
        condition.n = 0;
    }
    if (field->max_length >= 0) {
        ym_buf_printf(&condition, "lengthUTF8(%s)>%" PRId64, text, field->max_length);
        rule(rules, "maxLength", ym_buf_cstr(&condition));
        condition.n = 0;
    }
    if (field->pattern.p) {
        struct ym_buf whole = {0};
        ym_buf_printf(&whole, "^(?:%.*s)$", YM_FMT(field->pattern));
        ym_buf_printf(&condition, "NOT match(%s,", text);
        quality_quote(&condition, ym_buf_str(&whole));
        ym_buf_char(&condition, ')');
        rule(rules, "pattern", ym_buf_cstr(&condition));
        ym_buf_clear(&whole);
        condition.n = 0;
    }
    if (field->semantic != CODES_NONE) {
        ym_buf_add(&condition, YM_STR("NOT "));
        quality_semantic(field->semantic, text, target->today, target->demo, &condition);
        rule(rules, codes_name(field->semantic), ym_buf_cstr(&condition));
    }
    ym_buf_clear(&condition);
}

bool quality_checked(const struct quality_schema *schema, size_t i)
{
    const struct quality_field *field = &schema->fields[i];

    return field->type != QUALITY_STRING || field->required || field->key ||
           field->min_length > 0 || field->max_length >= 0 || field->pattern.p ||
           field->values.n > 0 || field->semantic != CODES_NONE;
}

void quality_bad(const struct quality_schema *schema, size_t i, size_t column,
                 const struct quality_target *target, struct ym_buf *sql)
{
    const struct quality_field *field = &schema->fields[i];
    bool needed = field->required || field->key;
    struct rules rules = {.sql = sql};
    char text[64], cell[64];

    text_of(field, column, text);
    snprintf(cell, sizeof cell, "t%zu", column + 1);
    ym_buf_char(sql, '(');
    if (quality_typed(field)) {
        ym_buf_printf(sql, "isNull(%s)", cell);
        if (!needed) {
            ym_buf_add(sql, YM_STR(" AND NOT "));
            missing(schema, i, text, sql);
        }
        rules.any = true;
        bounds(&rules, field, cell, target);
        among(&rules, field, cell, target);
    } else {
        missing(schema, i, text, sql);
        ym_buf_add(sql, ym_str(needed ? " OR (" : "=0 AND ("));
        text_rules(&rules, field, text, target);
        bounds(&rules, field, text, target);
        among(&rules, field, text, target);
        ym_buf_add(sql, ym_str(rules.any ? ")" : "0)"));
    }
    ym_buf_char(sql, ')');
}

void quality_why(const struct quality_schema *schema, size_t i, size_t column,
                 const struct quality_target *target, struct ym_buf *sql)
{
    const struct quality_field *field = &schema->fields[i];
    struct rules rules = {.sql = sql, .why = true, .name = field->name};
    struct ym_buf condition = {0};
    char text[64], cell[64];

    text_of(field, column, text);
    snprintf(cell, sizeof cell, "t%zu", column + 1);
    ym_buf_add(sql, YM_STR("multiIf("));
    missing(schema, i, text, &condition);
    if (field->required || field->key) {
        rule(&rules, field->key ? "key" : "required", ym_buf_cstr(&condition));
    } else { // missing and allowed: no reason
        ym_buf_add(sql, ym_str(ym_buf_cstr(&condition)));
        ym_buf_add(sql, YM_STR(",''"));
        rules.any = true;
    }
    condition.n = 0;
    if (quality_typed(field)) {
        ym_buf_printf(&condition, "isNull(%s)", cell);
        rule(&rules, "type", ym_buf_cstr(&condition));
    } else {
        text_rules(&rules, field, text, target);
    }
    bounds(&rules, field, quality_typed(field) ? cell : text, target);
    among(&rules, field, quality_typed(field) ? cell : text, target);
    ym_buf_add(sql, YM_STR(",'')"));
    ym_buf_clear(&condition);
}
