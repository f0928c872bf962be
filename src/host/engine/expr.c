#include "host/engine/engine.h"

/* A value never enters the text: literals become parameters. In a positive place (the root, and
 * under AND and OR from there) unknown and false select the same rows, so that IN, which never
 * answers NULL, may stand bare and the index can use it; elsewhere it is guarded. */
struct writer {
    struct ym_buf *sql;
    struct engine_params *params;
    struct ym_arena *arena;
};
// How both sides of a comparison are written, so that the engine compares what expr_eval does.
enum domain {
    AS_IS,    // integers, texts, times, dates within Date32, date-times, conditions
    AS_REAL,  // one side is a double
    AS_EXACT, // decimals, all with `scale` digits behind the point
    AS_DAYS   // a date that Date32 would clamp to 1900 … 2299
};
struct way {
    enum domain domain;
    int scale;
    bool wide; // AS_EXACT: a literal that a Decimal(18, scale) cannot hold
};

static void write_node(struct writer *w, const struct expr_node *node, bool positive);

static void param(struct writer *w, struct ym_str value, const char *type)
{
    struct engine_params *params = w->params;
    struct ym_str name = ym_arena_printf(w->arena, "p%zu", params->n);

    params->items =
        ym_arena_grow(w->arena, params->items, &params->cap, params->n + 1, sizeof *params->items);
    params->items[params->n++] = ym_text(name.p, value.p ? value : YM_STR(""));
    ym_buf_printf(w->sql, "{%s:%s}", name.p, type);
}

static void param_int(struct writer *w, int64_t value, const char *type)
{
    param(w, ym_arena_printf(w->arena, "%lld", (long long)value), type);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool clamped(const struct expr_node *node)
{
    enum {
        FIRST = -25567, // 1900-01-01
        LAST = 120529   // 2299-12-31
    };

    return node->op == EXPR_LITERAL && node->type == EXPR_DATE &&
           (node->value < FIRST || node->value > LAST);
}

// Equal comparisons that the engine joins to an IN must fit the field's own type, or they fail.
static bool is_wide(const struct expr_node *node, int scale)
{
    size_t point = ym_str_find(node->exact, YM_STR("."), 0);
    size_t whole = point == SIZE_MAX ? node->exact.n : point;

    return node->op == EXPR_LITERAL && whole + (size_t)scale > 18;
}

static struct way way_for(const struct expr_node *a, const struct expr_node *b)
{
    int scale = a->scale > b->scale ? a->scale : b->scale;

    if (a->type == EXPR_NUMBER || b->type == EXPR_NUMBER)
        return (struct way){.domain = AS_REAL};
    if (a->type == EXPR_DECIMAL || b->type == EXPR_DECIMAL)
        return (struct way){AS_EXACT, scale, is_wide(a, scale) || is_wide(b, scale)};
    if (clamped(a) || clamped(b))
        return (struct way){.domain = AS_DAYS};
    return (struct way){.domain = AS_IS};
}

static void write_literal(struct writer *w, const struct expr_node *node, struct way way)
{
    if (way.domain == AS_REAL && node->type != EXPR_BOOLEAN) {
        // By its bits: the engine's reading of a decimal text may be off by the last one.
        ym_buf_add(w->sql, YM_STR("reinterpretAsFloat64("));
        param(w, ym_arena_printf(w->arena, "%" PRIu64, bits_of(node->real)), "UInt64");
        ym_buf_char(w->sql, ')');
        return;
    }
    switch (node->type) {
    case EXPR_BOOLEAN:
        ym_buf_add(w->sql, node->value ? YM_STR("true") : YM_STR("false"));
        return;
    case EXPR_INTEGER:
    case EXPR_DECIMAL:
        if (way.domain == AS_EXACT)
            param(w, node->exact,
                  ym_arena_printf(w->arena, "Decimal(%d, %d)", way.wide ? 76 : 38, way.scale).p);
        else
            param_int(w, node->value, "Int64");
        return;
    case EXPR_DATE:
        if (way.domain == AS_DAYS)
            param_int(w, node->value, "Int32");
        else
            param(w, node->text, "Date32");
        return;
    case EXPR_DATETIME:
        ym_buf_add(w->sql, YM_STR("fromUnixTimestamp64Micro("));
        param_int(w, node->value, "Int64");
        ym_buf_add(w->sql, YM_STR(", 'UTC')"));
        return;
    default:
        param(w, node->text, "String");
    }
}

static void write_field(struct writer *w, const struct expr_node *node, struct way way)
{
    bool cast = (way.domain == AS_REAL && node->type == EXPR_DECIMAL) || way.domain == AS_DAYS ||
                (way.domain == AS_EXACT &&
                 (node->type != EXPR_DECIMAL || node->scale != way.scale || way.wide));

    if (node->type == EXPR_TIME) { // stored as HH:MM too; a literal always has its seconds
        ym_buf_add(w->sql, YM_STR("if(length("));
        engine_name(w->sql, node->of->name);
        ym_buf_add(w->sql, YM_STR(") = 5, concat("));
        engine_name(w->sql, node->of->name);
        ym_buf_add(w->sql, YM_STR(", ':00'), "));
        engine_name(w->sql, node->of->name);
        ym_buf_char(w->sql, ')');
        return;
    }
    if (!cast) {
        engine_name(w->sql, node->of->name);
        return;
    }
    ym_buf_add(w->sql, way.domain == AS_REAL   ? YM_STR("toFloat64(")
                       : way.domain == AS_DAYS ? YM_STR("toInt32(")
                                               : YM_STR("toDecimal256("));
    engine_name(w->sql, node->of->name);
    if (way.domain == AS_EXACT)
        ym_buf_printf(w->sql, ", %d", way.scale);
    ym_buf_char(w->sql, ')');
}

static void write_operand(struct writer *w, const struct expr_node *node, struct way way)
{
    if (node->op == EXPR_FIELD)
        write_field(w, node, way);
    else if (node->op == EXPR_LITERAL)
        write_literal(w, node, way);
    else
        write_node(w, node, false);
}

static void write_compare(struct writer *w, const char *op, const struct expr_node *a,
                          const struct expr_node *b)
{
    struct way way = way_for(a, b);

    ym_buf_char(w->sql, '(');
    write_operand(w, a, way);
    ym_buf_printf(w->sql, " %s ", op);
    write_operand(w, b, way);
    ym_buf_char(w->sql, ')');
}

static void write_chain(struct writer *w, const struct expr_node *node, bool positive)
{
    ym_buf_char(w->sql, '(');
    for (size_t i = 0; i < node->n; i++) {
        if (i > 0)
            ym_buf_add(w->sql, node->op == EXPR_OR ? YM_STR(" OR ") : YM_STR(" AND "));
        write_node(w, node->args[i], positive);
    }
    ym_buf_char(w->sql, ')');
}

static void write_between(struct writer *w, const struct expr_node *node)
{
    ym_buf_char(w->sql, '(');
    write_compare(w, ">=", node->args[0], node->args[1]);
    ym_buf_add(w->sql, YM_STR(" AND "));
    write_compare(w, "<=", node->args[0], node->args[2]);
    ym_buf_char(w->sql, ')');
}

static void write_text_test(struct writer *w, const struct expr_node *node)
{
    const struct way as_is = {.domain = AS_IS};

    ym_buf_add(w->sql, node->op == EXPR_CONTAINS ? YM_STR("(position(")
                       : node->op == EXPR_STARTS ? YM_STR("(startsWith(")
                                                 : YM_STR("(endsWith("));
    write_operand(w, node->args[0], as_is);
    ym_buf_add(w->sql, YM_STR(", "));
    write_operand(w, node->args[1], as_is);
    ym_buf_add(w->sql, node->op == EXPR_CONTAINS ? YM_STR(") > 0)") : YM_STR("))"));
}

// A list that one array can hold: all items are written in one way.
static bool one_way(const struct expr_node *node, struct way *way)
{
    const struct expr_node *operand = node->args[0];

    if (operand->type == EXPR_BOOLEAN || operand->type == EXPR_DATETIME)
        return false;
    *way = way_for(operand, node->args[1]);
    for (size_t i = 2; i < node->n; i++) {
        struct way one = way_for(operand, node->args[i]);
        if (one.domain == AS_EXACT && way->domain == AS_IS)
            *way = one;
        else if (way->domain == AS_EXACT && one.domain == AS_IS)
            continue;
        else if (one.domain != way->domain)
            return false;
        else if (one.scale > way->scale)
            way->scale = one.scale;
    }
    return way->domain != AS_REAL; // equal doubles are few: they stay comparisons
}

static void add_item(struct ym_buf *array, const struct expr_node *item, struct way way)
{
    bool exact = item->type == EXPR_INTEGER || item->type == EXPR_DECIMAL;

    if (exact || way.domain == AS_DAYS) {
        if (exact)
            ym_buf_add(array, item->exact);
        else
            ym_buf_printf(array, "%lld", (long long)item->value);
        return;
    }
    // The text of a list goes to the engine as it is: its strings are escaped here.
    ym_buf_char(array, '\'');
    for (size_t i = 0; i < item->text.n; i++) {
        static const char specials[] = "'\\\t\n\r", letters[] = "'\\tnr";
        char c = item->text.p[i];
        const char *special = c ? strchr(specials, c) : NULL;
        if (special)
            ym_buf_printf(array, "\\%c", letters[special - specials]);
        else if (c == '\0')
            ym_buf_add(array, YM_STR("\\0"));
        else
            ym_buf_char(array, c);
    }
    ym_buf_char(array, '\'');
}

static const char *item_type(struct writer *w, const struct expr_node *node, struct way way)
{
    if (way.domain == AS_EXACT)
        return ym_arena_printf(w->arena, "Array(Decimal(76, %d))", way.scale).p;
    if (way.domain == AS_DAYS)
        return "Array(Int32)";
    if (node->args[0]->type == EXPR_INTEGER)
        return "Array(Int64)";
    return node->args[0]->type == EXPR_DATE ? "Array(Date32)" : "Array(String)";
}

static void write_array_in(struct writer *w, const struct expr_node *node, struct way way)
{
    struct ym_buf array = {0};

    // A set is converted to the operand's type, and an item beyond its range would be an error.
    if (way.domain == AS_EXACT)
        ym_buf_add(w->sql, YM_STR("toDecimal256("));
    if (way.domain == AS_EXACT && node->args[0]->op == EXPR_FIELD)
        engine_name(w->sql, node->args[0]->of->name);
    else
        write_operand(w, node->args[0], way);
    if (way.domain == AS_EXACT)
        ym_buf_printf(w->sql, ", %d)", way.scale);
    ym_buf_add(w->sql, YM_STR(" IN "));
    ym_buf_char(&array, '[');
    for (size_t i = 1; i < node->n; i++) {
        if (i > 1)
            ym_buf_char(&array, ',');
        add_item(&array, node->args[i], way);
    }
    ym_buf_char(&array, ']');
    param(w, ym_arena_str(w->arena, ym_buf_str(&array)), item_type(w, node, way));
    ym_buf_clear(&array);
}

static void write_in(struct writer *w, const struct expr_node *node, bool positive)
{
    struct way way = {.domain = AS_IS};
    bool guard = !positive && node->args[0]->op == EXPR_FIELD;

    ym_buf_char(w->sql, '(');
    if (one_way(node, &way)) {
        if (guard) {
            ym_buf_add(w->sql, YM_STR("if(isNull("));
            engine_name(w->sql, node->args[0]->of->name);
            ym_buf_add(w->sql, YM_STR("), NULL, "));
        }
        write_array_in(w, node, way);
        if (guard)
            ym_buf_char(w->sql, ')');
    } else {
        for (size_t i = 1; i < node->n; i++) {
            if (i > 1)
                ym_buf_add(w->sql, YM_STR(" OR "));
            write_compare(w, "=", node->args[0], node->args[i]);
        }
    }
    ym_buf_char(w->sql, ')');
}

static void write_node(struct writer *w, const struct expr_node *node, bool positive)
{
    static const char *const ops[] = {
        [EXPR_EQ] = "=",  [EXPR_NE] = "!=", [EXPR_LT] = "<",
        [EXPR_LE] = "<=", [EXPR_GT] = ">",  [EXPR_GE] = ">=",
    };
    const struct way as_is = {.domain = AS_IS};

    switch (node->op) {
    case EXPR_OR:
    case EXPR_AND:
        write_chain(w, node, positive);
        return;
    case EXPR_NOT:
        ym_buf_add(w->sql, YM_STR("(NOT "));
        write_node(w, node->args[0], false);
        ym_buf_char(w->sql, ')');
        return;
    case EXPR_MISSING:
        ym_buf_add(w->sql, YM_STR("isNull("));
        write_operand(w, node->args[0], as_is);
        ym_buf_char(w->sql, ')');
        return;
    case EXPR_IN:
        write_in(w, node, positive);
        return;
    case EXPR_BETWEEN:
        write_between(w, node);
        return;
    case EXPR_CONTAINS:
    case EXPR_STARTS:
    case EXPR_ENDS:
        write_text_test(w, node);
        return;
    case EXPR_FIELD:
    case EXPR_LITERAL:
        write_operand(w, node, as_is);
        return;
    default:
        write_compare(w, ops[node->op], node->args[0], node->args[1]);
    }
}

void engine_expr(const struct expr_node *node, struct ym_buf *sql, struct engine_params *params,
                 struct ym_arena *arena)
{
    struct writer w = {sql, params, arena};

    write_node(&w, node, true);
}
