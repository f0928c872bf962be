#include "data/lake/reading.h"

bool lake_view_find(const struct lake_view *view, struct ym_str name, size_t *field)
{
    for (*field = 0; *field < view->n; (*field)++)
        if (ym_str_eq(view->fields[*field]->name, name))
            return true;
    return false;
}

static bool bad_list(struct ym_error *err, struct ym_str about)
{
    ym_fail(err, YM_INVALID, "lake.names", "not a list of names: '%.*s'", YM_FMT(about));
    ym_hint(err,
            "Write names with commas between them; a name with a comma or a quote stands in "
            "double quotes, doubled inside.");
    return ym_about(err, about);
}

// Behind the first quote; *rest is then behind the comma, or none.
static bool cut_quoted(struct ym_str *rest, struct ym_arena *arena, struct ym_str *name)
{
    char *to = ym_arena_alloc(arena, rest->n + 1);
    size_t n = 0, at = 0;

    while (at < rest->n && !(rest->p[at] == '"' && (at + 1 == rest->n || rest->p[at + 1] != '"'))) {
        at += rest->p[at] == '"';
        to[n++] = rest->p[at++];
    }
    if (at >= rest->n || (at + 1 < rest->n && rest->p[at + 1] != ','))
        return false;
    *name = (struct ym_str){to, n};
    *rest = at + 1 < rest->n ? ym_str_sub(*rest, at + 2, SIZE_MAX) : (struct ym_str){NULL, 0};
    return true;
}

bool lake_cut_name(struct ym_str *rest, bool *minus, struct ym_arena *arena, struct ym_str *name,
                   struct ym_error *err)
{
    struct ym_str all = *rest;

    if (!rest->p)
        return false;
    *minus = rest->n > 0 && rest->p[0] == '-';
    if (*minus)
        *rest = ym_str_sub(*rest, 1, SIZE_MAX);
    if (rest->n > 0 && rest->p[0] == '"') {
        *rest = ym_str_sub(*rest, 1, SIZE_MAX);
        return cut_quoted(rest, arena, name) || bad_list(err, all);
    }
    (void)ym_str_cut(rest, ',', name);
    return name->n > 0 || bad_list(err, all);
}

static void add_part(struct lake_order *order, struct ym_arena *arena,
                     const struct quality_field *field, bool descending)
{
    order->items =
        ym_arena_grow(arena, order->items, &order->cap, order->n + 1, sizeof *order->items);
    order->items[order->n++] = (struct lake_part){field, descending};
}

static bool by_key(const struct lake_order *order, const struct lake_view *view)
{
    const struct quality_texts *key = &view->schema.key;

    if (order->n != key->n + 1)
        return false;
    for (size_t i = 0; i < order->n; i++) {
        const struct lake_part *part = &order->items[i];
        if (part->descending || (i < key->n) != (part->field != NULL) ||
            (i < key->n && !ym_str_eq(part->field->name, key->items[i])))
            return false;
    }
    return true;
}

static bool has_part(const struct lake_order *order, const struct quality_field *field)
{
    for (size_t i = 0; i < order->n; i++)
        if (order->items[i].field == field)
            return true;
    return false;
}

static bool parse_part(struct ym_str name, bool minus, const struct lake_view *view,
                       struct ym_arena *arena, struct lake_order *out, struct ym_error *err)
{
    const struct quality_field *field = NULL;
    size_t i;

    if (!ym_str_is(name, "_line")) {
        if (!lake_view_find(view, name, &i)) {
            ym_fail(err, YM_INVALID, "lake.field", "no field '%.*s' to sort by", YM_FMT(name));
            ym_hint(err, "Sort by fields of the dataset, or by _line, the order of the file.");
            return ym_about(err, name);
        }
        field = view->fields[i];
    }
    if (has_part(out, field)) {
        ym_fail(err, YM_INVALID, "lake.field_twice", "'%.*s' is named twice", YM_FMT(name));
        ym_hint(err, "Name each field once.");
        return ym_about(err, name);
    }
    add_part(out, arena, field, minus);
    return true;
}

bool lake_order_parse(struct ym_str sort, const struct lake_view *view, struct ym_arena *arena,
                      struct lake_order *out, struct ym_error *err)
{
    struct ym_str name = {NULL, 0};
    bool minus;
    size_t i;

    *out = (struct lake_order){0};
    *err = (struct ym_error){.kind = YM_NO_ERROR};
    if (sort.n > 0) {
        while (lake_cut_name(&sort, &minus, arena, &name, err))
            if (!parse_part(name, minus, view, arena, out, err))
                return false;
        if (err->kind != YM_NO_ERROR)
            return false;
    } else {
        // A key of which a part is hidden orders nothing: that would tell of it.
        bool whole = true;
        for (size_t k = 0; k < view->schema.key.n; k++)
            whole = whole && lake_view_find(view, view->schema.key.items[k], &i);
        for (size_t k = 0; whole && k < view->schema.key.n; k++)
            if (lake_view_find(view, view->schema.key.items[k], &i))
                add_part(out, arena, view->fields[i], false);
    }
    if (!has_part(out, NULL))
        add_part(out, arena, NULL, false);
    out->by_file = out->n == 1 && !out->items[0].field && !out->items[0].descending;
    out->by_key = by_key(out, view);
    return true;
}

static bool nullable(const struct lake_part *part)
{
    return part->field && !part->field->required && !part->field->key;
}

static void add_name(const struct lake_part *part, struct ym_buf *sql)
{
    engine_name(sql, part->field ? part->field->name : YM_STR("_pos"));
}

void lake_order_by(const struct lake_order *order, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR(" ORDER BY "));
    for (size_t i = 0; i < order->n; i++) {
        if (i > 0)
            ym_buf_add(sql, YM_STR(", "));
        add_name(&order->items[i], sql);
        if (order->items[i].descending)
            ym_buf_add(sql, YM_STR(" DESC"));
        if (nullable(&order->items[i]))
            ym_buf_add(sql, YM_STR(" NULLS LAST"));
    }
}

// How a value leaves as a text that says it exactly, and comes back as a parameter.
struct form {
    const char *out, *out_end, *in, *type, *in_end;
};

static struct form form_of(const struct lake_part *part)
{
    static const struct form whole = {"toString(", ")", "", "Int64", ""};
    static const struct form line = {"toString(", ")", "", "UInt64", ""};
    static const struct form real = {"toString(reinterpretAsUInt64(", "))", "reinterpretAsFloat64(",
                                     "UInt64", ")"};
    static const struct form exact = {"toString(", ")", "", "Decimal(38, ", ""};
    static const struct form flag = {"toString(toUInt8(", "))", "", "UInt8", ""};
    static const struct form day = {"toString(", ")", "", "Date32", ""};
    static const struct form moment = {"toString(toUnixTimestamp64Micro(", "))",
                                       "fromUnixTimestamp64Micro(", "Int64", ", 'UTC')"};
    static const struct form text = {"", "", "", "String", ""};

    if (!part->field)
        return line;
    switch (part->field->type) {
    case QUALITY_INTEGER:
        return whole;
    case QUALITY_NUMBER:
        return part->field->scale < 0 ? real : exact;
    case QUALITY_BOOLEAN:
        return flag;
    case QUALITY_DATE:
        return day;
    case QUALITY_DATETIME:
        return moment;
    default:
        return text;
    }
}

void lake_order_place(const struct lake_order *order, struct ym_buf *sql)
{
    ym_buf_char(sql, '[');
    for (size_t i = 0; i < order->n; i++) {
        struct form form = form_of(&order->items[i]);
        ym_buf_printf(sql, "%s%s", i > 0 ? ", " : "", form.out);
        add_name(&order->items[i], sql);
        ym_buf_add(sql, ym_str(form.out_end));
    }
    ym_buf_char(sql, ']');
}

struct place_writer {
    const struct lake_order *order;
    const struct lake_place *place;
    struct ym_buf *sql;
    const char **params; // "{k0:Int64}" … by part; NULL: the value is missing
};

static void make_params(struct place_writer *w, struct engine_params *params,
                        struct ym_arena *arena)
{
    w->params = ym_arena_alloc(arena, w->order->n * sizeof *w->params);
    for (size_t i = 0; i < w->order->n; i++) {
        const struct lake_part *part = &w->order->items[i];
        struct form form = form_of(part);
        struct ym_str name = ym_arena_printf(arena, "k%zu", params->n);
        char end[24] = "";

        if (!w->place->values[i].p)
            continue;
        if (part->field && part->field->type == QUALITY_NUMBER && part->field->scale >= 0)
            (void)snprintf(end, sizeof end, "%d)", part->field->scale);
        params->items =
            ym_arena_grow(arena, params->items, &params->cap, params->n + 1, sizeof *params->items);
        params->items[params->n++] = ym_text(name.p, w->place->values[i]);
        w->params[i] =
            ym_arena_printf(arena, "%s{%s:%s%s}%s", form.in, name.p, form.type, end, form.in_end).p;
    }
}

// Missing values come last in either direction: behind a value lies what is greater, and the
// missing.
static void add_behind(const struct place_writer *w, size_t i, bool or_equal)
{
    const struct lake_part *part = &w->order->items[i];

    if (!w->params[i]) {
        if (or_equal) {
            ym_buf_add(w->sql, YM_STR("isNull("));
            add_name(part, w->sql);
            ym_buf_char(w->sql, ')');
        } else {
            ym_buf_char(w->sql, '0');
        }
        return;
    }
    ym_buf_char(w->sql, '(');
    add_name(part, w->sql);
    ym_buf_printf(w->sql, " %c%s %s", part->descending ? '<' : '>', or_equal ? "=" : "",
                  w->params[i]);
    if (nullable(part)) {
        ym_buf_add(w->sql, YM_STR(" OR isNull("));
        add_name(part, w->sql);
        ym_buf_char(w->sql, ')');
    }
    ym_buf_char(w->sql, ')');
}

static void add_equal(const struct place_writer *w, size_t i)
{
    if (!w->params[i])
        ym_buf_add(w->sql, YM_STR("isNull("));
    add_name(&w->order->items[i], w->sql);
    if (w->params[i])
        ym_buf_printf(w->sql, " = %s", w->params[i]);
    else
        ym_buf_char(w->sql, ')');
}

void lake_order_after(const struct lake_order *order, const struct lake_place *place, bool from_it,
                      struct ym_buf *sql, struct engine_params *params, struct ym_arena *arena)
{
    struct place_writer w = {.order = order, .place = place, .sql = sql};

    make_params(&w, params, arena);
    // The first condition alone is what the index finds the way by.
    ym_buf_char(sql, '(');
    add_behind(&w, 0, true);
    ym_buf_add(sql, YM_STR(" AND ("));
    for (size_t i = 0; i < order->n; i++) {
        if (i > 0)
            ym_buf_add(sql, YM_STR(" OR "));
        ym_buf_char(sql, '(');
        for (size_t k = 0; k < i; k++) {
            add_equal(&w, k);
            ym_buf_add(sql, YM_STR(" AND "));
        }
        add_behind(&w, i, from_it && i + 1 == order->n);
        ym_buf_char(sql, ')');
    }
    ym_buf_add(sql, YM_STR("))"));
}
