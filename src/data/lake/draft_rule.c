/* One change on many rows: looked at first, then done. */
#include "data/lake/draft_private.h"

enum { PAGE = 1000, TEXT_MAX = 200 };

// Blanks of all kinds, the invisible ones too: what people call "spaces".
static bool blank(int32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x3000 || c == 0xfeff ||
           (c >= 0x2000 && c <= 0x200f) || c == 0x202f || c == 0x205f || c == 0x2028 || c == 0x2029;
}

static struct ym_str trimmed(struct ym_str text)
{
    size_t at = 0, from = SIZE_MAX, until = 0;

    while (at < text.n) {
        size_t begin = at;
        if (blank(ym_utf8_next(text, &at)))
            continue;
        if (from == SIZE_MAX)
            from = begin;
        until = at;
    }
    return from == SIZE_MAX ? YM_STR("") : ym_str_sub(text, from, until - from);
}

// ASCII in its full-width form, U+FF01 to U+FF5E, and the full-width blank.
static void half_width(struct ym_str text, struct ym_buf *to)
{
    size_t at = 0;

    while (at < text.n) {
        size_t begin = at;
        int32_t c = ym_utf8_next(text, &at);
        if (c >= 0xff01 && c <= 0xff5e)
            ym_buf_char(to, (char)(c - 0xff01 + 0x21));
        else if (c == 0x3000)
            ym_buf_char(to, ' ');
        else
            ym_buf_add(to, ym_str_sub(text, begin, at - begin));
    }
}

static void replaced(struct ym_str text, struct ym_str find, struct ym_str with, struct ym_buf *to)
{
    size_t at = 0;

    while (at < text.n) {
        size_t found = ym_str_find(text, find, at);
        if (found == SIZE_MAX)
            break;
        ym_buf_add(to, ym_str_sub(text, at, found - at));
        ym_buf_add(to, with);
        at = found + find.n;
    }
    ym_buf_add(to, ym_str_sub(text, at, text.n - at));
}

static struct ym_str applied(const struct lake_rule *rule, struct ym_str text,
                             struct ym_arena *arena)
{
    struct ym_buf to = {0};

    if (ym_str_is(rule->what, "trim"))
        return trimmed(text);
    if (ym_str_is(rule->what, "half_width"))
        half_width(text, &to);
    else
        replaced(text, rule->find, rule->with, &to);
    struct ym_str out = ym_arena_str(arena, ym_buf_str(&to));
    ym_buf_clear(&to);
    return out.p ? out : YM_STR("");
}

static bool check(const struct lake_rule *rule, struct ym_error *err)
{
    bool replace = ym_str_is(rule->what, "replace");

    if (!replace && !ym_str_is(rule->what, "trim") && !ym_str_is(rule->what, "half_width")) {
        ym_fail(err, YM_INVALID, "quarantine.rule", "'%.*s' is no rule", YM_FMT(rule->what));
        ym_hint(err, "Rules: trim, half_width, replace.");
        return ym_about(err, rule->what);
    }
    if (replace ? rule->find.n > 0 && rule->find.n <= TEXT_MAX && rule->with.n <= TEXT_MAX
                : !rule->find.n && !rule->with.n)
        return true;
    ym_fail(err, YM_INVALID, "quarantine.rule", "what to find and what to write do not fit");
    ym_hint(err, "`find` (1 to 200 bytes) and `with` belong to replace, and only to it.");
    return ym_about(err, rule->what);
}

struct ruling {
    const struct lake_rule *rule;
};
static bool rule_change(void *with, const struct draft *draft, struct draft_row *row,
                        json_t **patch, bool *skip, struct ym_error *err)
{
    const struct lake_rule *rule = ((const struct ruling *)with)->rule;
    size_t from = 0, until = draft->n_columns;
    char key[24];

    if (rule->column.n > 0) {
        if (!draft_column(draft, rule->column, &from, err))
            return false;
        until = from + 1;
    }
    *patch = json_object();
    for (size_t i = from; i < until && i < row->cells.n; i++) {
        struct ym_str now = applied(rule, row->cells.items[i], draft->arena);
        if (ym_str_eq(now, row->cells.items[i]))
            continue;
        (void)snprintf(key, sizeof key, "%zu", i);
        json_object_set_new(*patch, key, ym_json_str(now));
    }
    // What somebody decided already is not touched by a rule.
    *skip = row->drop || row->accept || json_object_size(*patch) == 0;
    return true;
}

bool lake_rule_apply(struct lake *lake, const struct org_caller *caller, int64_t load,
                     const struct lake_rule *rule, struct ym_arena *arena, struct lake_act *out,
                     struct ym_error *err)
{
    struct ruling ruling = {rule};
    const struct {
        const char *key;
        struct ym_str text;
    } members[] = {{"what", rule->what}, {"column", rule->column}, {"find", rule->find},
                   {"with", rule->with}, {"code", rule->code},     {"of", rule->of}};

    if (!check(rule, err))
        return false;
    json_t *detail = json_object();
    for (size_t i = 0; i < YM_COUNT(members); i++)
        if (members[i].text.n > 0)
            json_object_set_new(detail, members[i].key, ym_json_str(members[i].text));
    const struct draft_act act = {.kind = YM_STR("rule"),
                                  .detail = detail,
                                  .which = {.code = rule->code, .column = rule->of},
                                  .change = rule_change,
                                  .with = &ruling};
    bool ok = draft_do(lake, caller, load, &act, arena, out, err);
    json_decref(detail);
    return ok;
}

struct trying {
    struct draft *draft;
    struct ruling ruling;
    int64_t after, limit, rows, good;
    json_t *items;
    bool more;
};

static json_t *changes_json(const struct draft *draft, const struct draft_row *row,
                            const json_t *patch)
{
    json_t *list = json_array(), *text;
    const char *key;

    json_object_foreach((json_t *)patch, key, text)
    {
        int64_t at = 0;
        if (!ym_str_int(ym_str(key), &at))
            continue;
        json_array_append_new(list, json_pack("{s:o, s:o, s:O}", "column",
                                              ym_json_str(draft->columns[at]), "before",
                                              ym_json_str(row->cells.items[at]), "after", text));
    }
    return list;
}

// One page of rows: folded, changed, judged, counted; those behind `after` are shown.
static bool try_page(struct trying *t, struct draft_rows *rows, struct ym_error *err)
{
    struct store *store = NULL;
    struct shown {
        json_t *changes;
    } *shown = ym_arena_alloc(t->draft->arena, (rows->n + 1) * sizeof *shown);
    size_t n = 0;

    if (!store_take(t->draft->lake->options.pool, &store, err))
        return false;
    bool ok = draft_fold(t->draft, store, rows, 0, err);
    store_give(t->draft->lake->options.pool, store);
    for (size_t i = 0; ok && i < rows->n; i++) {
        struct draft_row row = rows->items[i];
        json_t *patch = NULL;
        bool skip = false;
        ok = rule_change(&t->ruling, t->draft, &row, &patch, &skip, err);
        if (ok && !skip) {
            shown[n].changes = changes_json(t->draft, &row, patch);
            ok = draft_put(t->draft, &row, YM_STR("rule"), patch, err);
            row.act = 1; // it stands, as far as its state is asked for
            rows->items[n++] = row;
        }
        json_decref(patch);
    }
    rows->n = n;
    ok = ok && draft_judge(t->draft, rows, err);
    for (size_t i = 0; i < n; i++) {
        const struct draft_row *row = &rows->items[i];
        bool good = row->state == DRAFT_MENDED;
        t->rows++;
        t->good += good;
        bool show = ok && row->line > t->after;
        t->more = t->more || (show && (int64_t)json_array_size(t->items) >= t->limit);
        if (show && (int64_t)json_array_size(t->items) < t->limit)
            json_array_append_new(t->items,
                                  json_pack("{s:I, s:O, s:b, s:o}", "line", (json_int_t)row->line,
                                            "changes", shown[i].changes, "good", good, "reasons",
                                            draft_reasons(&row->why)));
        json_decref(shown[i].changes);
    }
    return ok;
}

bool lake_rule_try(struct lake *lake, const struct org_caller *caller, int64_t load,
                   const struct lake_rule *rule, int64_t after, int64_t limit,
                   struct ym_arena *arena, json_t **out, struct ym_error *err)
{
    const struct lake_which which = {.code = rule->code, .column = rule->of};
    struct draft draft;
    struct trying t = {.draft = &draft, .ruling = {rule}, .after = after, .limit = limit};
    struct draft_rows rows;
    int64_t behind = 0;
    bool ok = check(rule, err) && draft_open(lake, caller, load, false, arena, &draft, err);

    *out = NULL;
    if (!ok)
        return false;
    t.items = json_array();
    do {
        struct ym_arena page = {0}; // a quarantine may be larger than memory
        draft.arena = &page;
        ok = draft_page(&draft, &which, behind, PAGE, &rows, err);
        size_t n = rows.n;
        behind = ok && n > 0 ? rows.items[n - 1].line : behind;
        ok = ok && try_page(&t, &rows, err);
        ym_arena_clear(&page);
        if (ok && t.rows > LAKE_ACT_ROWS) {
            ok = ym_fail(err, YM_TOO_LARGE, "quarantine.many", "the rule is about too many rows") ||
                 ym_hint(err, "Up to %d rows at once: name a column or a reason.", LAKE_ACT_ROWS);
        }
        if (n < PAGE)
            break;
    } while (ok);
    if (ok) {
        int64_t last = json_integer_value(
            json_object_get(json_array_get(t.items, json_array_size(t.items) - 1), "line"));
        *out = json_pack("{s:I, s:I, s:O, s:o}", "rows", (json_int_t)t.rows, "good",
                         (json_int_t)t.good, "items", t.items, "next",
                         t.more ? json_sprintf("%lld", (long long)last) : json_null());
    }
    json_decref(t.items);
    return ok;
}
