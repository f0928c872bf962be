#include "data/lake/reading.h"
#include "data/lake/versions.h"

#include "base/time.h"

enum {
    LIMIT_OTHERWISE = 100,
    LIMIT_MAX = 1000,
    PAGE_MAX = 64 << 20, // bytes of rows of one side
    TIMEOUT_S = 300,
    WINDOW_MIN = 8192, // rows of a side that are compared at once for a page, at the least,
    WINDOW_AMPLE = 4,  // so many times what the page should need,
    WINDOW_GROWTH = 16 // and so many times more where that was not enough
};
enum kind { ADDED, REMOVED, CHANGED, KINDS };
static const char *const kinds[KINDS] = {"added", "removed", "changed"};

struct item {
    enum kind kind;
    struct ym_str from, to; // rows as the engine wrote them, without the closing brace; or none
};
// One request on its way.
struct diff {
    struct lake_question from, to;
    const struct lake_diff_ask *ask;
    struct ym_arena *arena;
    const struct quality_field **shared; // fields that both have
    size_t n_shared;
    struct lake_order key; // without the line: two versions have lines of their own
    int64_t limit, counts[KINDS];
    bool kinds[KINDS];
    char digest[LAKE_DIGEST]; // what a cursor belongs to
    struct lake_cursor cursor;
    struct lake_place from_place, until_place; // the window compared: behind one, up to the other
    struct item *items;
    size_t n, cap;
    bool more;
    struct ym_buf rows[2]; // of from and to
    struct ym_str place;   // of the last item, as JSON
};

/* What was asked for. */

static bool check_ask(struct diff *d, struct ym_error *err)
{
    bool all = d->ask->kind.n == 0, known = all;

    for (int i = 0; i < KINDS; i++) {
        d->kinds[i] = all || ym_str_is(d->ask->kind, kinds[i]);
        known = known || d->kinds[i];
    }
    if (!known) {
        ym_fail(err, YM_INVALID, "lake.kind", "'%.*s' is no kind of difference",
                YM_FMT(d->ask->kind));
        ym_hint(err, "Ask for added, removed or changed.");
        return ym_about(err, d->ask->kind);
    }
    d->limit = d->ask->limit == 0 ? LIMIT_OTHERWISE : d->ask->limit;
    if (d->limit >= 1 && d->limit <= LIMIT_MAX)
        return true;
    ym_fail(err, YM_INVALID, "lake.limit", "a page of %lld rows", (long long)d->ask->limit);
    return ym_hint(err, "Ask for 1 to %d rows at once.", LIMIT_MAX);
}

static bool open_both(struct diff *d, const struct org_caller *caller, struct ym_error *err)
{
    char before[YM_TIME_TEXT];
    struct ym_str as_of = {NULL, 0};

    if (!lake_question_open(&d->to, caller, d->ask->dataset, d->ask->to, as_of, err))
        return false;
    if (d->ask->from == 0) // the one that was current when this one came
        as_of = ym_str(ym_time_text(d->to.view.published - 1, before));
    return lake_question_open(&d->from, caller, d->ask->dataset, d->ask->from, as_of, err);
}

// By another key the rows of `from` may be several a key: nothing to pair.
static bool same_key(const struct diff *d)
{
    const struct quality_texts *from = &d->from.view.schema.key, *to = &d->to.view.schema.key;
    bool same = from->n == to->n && to->n > 0;

    for (size_t i = 0; same && i < to->n; i++)
        same = ym_str_eq(from->items[i], to->items[i]);
    return same;
}

static bool find_fields(struct diff *d, struct ym_error *err)
{
    const struct lake_view *view = &d->to.view;
    size_t other, field;

    if (!same_key(d)) {
        ym_fail(err, YM_INVALID, "lake.no_key", "'%.*s' has no key by which to compare",
                YM_FMT(view->dataset_name));
        ym_hint(err, "Only versions of a dataset with a key can be compared row by row.");
        return ym_about(err, view->dataset_name);
    }
    d->shared = ym_arena_alloc(d->arena, view->n * sizeof(const struct quality_field *));
    for (size_t i = 0; i < view->n; i++)
        if (lake_view_find(&d->from.view, view->fields[i]->name, &other))
            d->shared[d->n_shared++] = view->fields[i];
    d->key.items = ym_arena_alloc(d->arena, view->schema.key.n * sizeof *d->key.items);
    for (size_t k = 0; k < view->schema.key.n; k++)
        if (lake_view_find(view, view->schema.key.items[k], &field))
            d->key.items[d->key.n++] = (struct lake_part){view->fields[field], false};
    return true;
}

static bool open_cursor(struct diff *d, struct lake *lake, struct ym_error *err)
{
    struct ym_str asked = ym_arena_printf(
        d->arena, "diff %lld %lld %lld %.*s", (long long)d->to.view.dataset,
        (long long)d->from.view.version, (long long)d->to.view.version, YM_FMT(d->ask->kind));

    lake_cursor_digest(asked, d->digest);
    if (d->ask->after.n == 0)
        return true;
    if (!lake_cursor_open(lake, d->ask->after, d->arena, &d->cursor, err))
        return false;
    if (strcmp(d->cursor.digest, d->digest) == 0 && d->cursor.place.n == d->key.n)
        return true;
    ym_fail(err, YM_INVALID, "lake.cursor", "the cursor belongs to another list");
    return ym_hint(err, "Go on with the same versions and kind, or begin again without `after`.");
}

/* The engine's work: both sides in the order of the table's key, merged. It streams: 5 million rows
 * of 6 fields a side, each side one part, take 0.95 CPU s and 22 MB (bench/diff). */

// " AND …": the rows of the window.
static void add_window(const struct diff *d, struct ym_buf *sql, struct engine_params *params)
{
    if (d->from_place.n > 0) {
        ym_buf_add(sql, YM_STR(" AND "));
        lake_order_after(&d->key, &d->from_place, false, sql, params, d->arena);
    }
    if (d->until_place.n > 0) {
        ym_buf_add(sql, YM_STR(" AND NOT "));
        lake_order_after(&d->key, &d->until_place, false, sql, params, d->arena);
    }
}

static void add_side(const struct diff *d, const struct lake_question *q, bool pos,
                     struct ym_buf *sql, struct engine_params *params)
{
    ym_buf_add(sql, YM_STR("(SELECT "));
    for (size_t k = 0; k < d->key.n; k++) {
        engine_name(sql, d->key.items[k].field->name);
        ym_buf_printf(sql, " AS k%zu, ", k);
    }
    // A tuple is never NULL, and tells a missing value from 0. 0 is left for a row that is not
    // there: whatever its key, an empty text too.
    ym_buf_add(sql, YM_STR("greatest(cityHash64(tuple(0"));
    for (size_t i = 0; i < d->n_shared; i++) {
        if (d->shared[i]->key)
            continue;
        ym_buf_add(sql, YM_STR(", "));
        engine_name(sql, d->shared[i]->name);
    }
    ym_buf_printf(sql, ")), 1) AS h%s", pos ? ", _pos AS pos" : "");
    lake_question_from(q, sql);
    add_window(d, sql, params);
    ym_buf_char(sql, ')');
}

static void add_join(const struct diff *d, bool pos, struct ym_buf *sql,
                     struct engine_params *params)
{
    ym_buf_add(sql, YM_STR(" FROM "));
    add_side(d, &d->from, pos, sql, params);
    ym_buf_add(sql, YM_STR(" AS a FULL OUTER JOIN "));
    add_side(d, &d->to, pos, sql, params);
    ym_buf_add(sql, YM_STR(" AS b ON "));
    for (size_t k = 0; k < d->key.n; k++)
        ym_buf_printf(sql, "%sa.k%zu = b.k%zu", k > 0 ? " AND " : "", k, k);
    ym_buf_add(sql, YM_STR(" WHERE a.h != b.h"));
}

static bool ask_engine(const struct diff *d, struct ym_buf *sql, const struct engine_params *params,
                       struct ym_buf *answer, struct ym_error *err)
{
    const struct ym_args settings =
        YM_ARGS(ym_text("join_algorithm", YM_STR("full_sorting_merge")),
                // The blocks that it would hold back cost half of the time: 5 million rows a side,
                // each in 6 parts, 5.3 CPU s and 206 MB with it, 2.6 and 52 without.
                ym_int("read_in_order_use_buffering", 0), ym_int("join_use_nulls", 0),
                ym_int("output_format_json_quote_64bit_integers", 1),
                ym_int("output_format_json_quote_decimals", 1),
                ym_int("output_format_decimal_trailing_zeros", 1),
                ym_int("output_format_json_quote_denormals", 0),
                ym_int("output_format_json_escape_forward_slashes", 0),
                ym_int("prefer_column_name_to_alias", 1));
    struct engine_query query = {.sql = ym_buf_cstr(sql),
                                 .params = {params->items, params->n},
                                 .settings = settings,
                                 .answer = answer,
                                 .timeout_s = TIMEOUT_S};

    return engine_do(d->to.lake->options.engine, &query, err);
}

// The counts of two versions never change: they are kept like totals.
static void count_digest(const struct diff *d, int kind, char to[LAKE_DIGEST])
{
    lake_cursor_digest(ym_arena_printf(d->arena, "diff %lld %lld %lld count %s",
                                       (long long)d->to.view.dataset,
                                       (long long)d->from.view.version,
                                       (long long)d->to.view.version, kinds[kind]),
                       to);
}

static bool known_counts(struct diff *d)
{
    char digest[LAKE_DIGEST];

    for (int i = 0; i < KINDS; i++) {
        count_digest(d, i, digest);
        if (!lake_total_known(d->to.lake, digest, &d->counts[i]))
            return false;
    }
    return true;
}

static bool count(struct diff *d, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = 256};
    struct engine_params params = {0};
    char digest[LAKE_DIGEST];

    if (known_counts(d))
        return true;
    ym_buf_add(&sql, YM_STR("SELECT countIf(a.h = 0), countIf(b.h = 0),"
                            " countIf(a.h != 0 AND b.h != 0)"));
    add_join(d, false, &sql, &params); // of all: there is no window yet
    bool ok = ask_engine(d, &sql, &params, &answer, err);
    struct ym_str line = ym_str_trim(ym_buf_str(&answer)), cell;
    for (int i = 0; ok && i < KINDS; i++) {
        ok = ym_str_cut(&line, '\t', &cell) && ym_str_int(cell, &d->counts[i]);
        if (!ok)
            ym_fail(err, YM_FAULT, "lake.total", "the engine counts no rows");
    }
    for (int i = 0; i < KINDS; i++) {
        count_digest(d, i, digest);
        if (ok)
            lake_total_keep(d->to.lake, digest, d->counts[i]);
        else
            lake_total_give_up(d->to.lake, digest);
    }
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    return ok;
}

/* A page: which rows, then the rows of either side. They are looked for in a window of keys that
 * should hold enough of them, and behind it in a larger one where it did not. */

static void page_sql(const struct diff *d, struct ym_buf *sql, struct engine_params *params)
{
    static const char *const conditions[KINDS] = {"a.h = 0", "b.h = 0", "a.h != 0 AND b.h != 0"};
    bool first = true;

    ym_buf_add(sql, YM_STR("SELECT multiIf(a.h = 0, 0, b.h = 0, 1, 2), a.pos, b.pos"));
    add_join(d, true, sql, params);
    ym_buf_add(sql, YM_STR(" AND ("));
    for (int i = 0; i < KINDS; i++) {
        if (d->kinds[i])
            ym_buf_printf(sql, "%s(%s)", first ? "" : " OR ", conditions[i]);
        first = first && !d->kinds[i];
    }
    ym_buf_add(sql, YM_STR(") ORDER BY "));
    for (size_t k = 0; k < d->key.n; k++)
        ym_buf_printf(sql, "%sif(a.h != 0, a.k%zu, b.k%zu)", k > 0 ? ", " : "", k, k);
    ym_buf_printf(sql, " LIMIT %" PRId64, d->limit - (int64_t)d->n + 1);
}

static bool read_item(struct diff *d, struct ym_str line, struct ym_buf lines[2],
                      struct ym_error *err)
{
    struct ym_str cells[3] = {{NULL, 0}};
    int64_t kind = -1;

    for (size_t i = 0; i < YM_COUNT(cells); i++)
        if (!ym_str_cut(&line, '\t', &cells[i]))
            return ym_fail(err, YM_FAULT, "lake.row", "a difference without its rows");
    if (!ym_str_int(cells[0], &kind) || kind < 0 || kind >= KINDS)
        return ym_fail(err, YM_FAULT, "lake.row", "a difference of no kind");
    d->items = ym_arena_grow(d->arena, d->items, &d->cap, d->n + 1, sizeof *d->items);
    d->items[d->n++] = (struct item){.kind = (enum kind)kind};
    if (kind != ADDED)
        ym_buf_printf(&lines[0], "%s%.*s", lines[0].n > 0 ? ", " : "", YM_FMT(cells[1]));
    if (kind != REMOVED)
        ym_buf_printf(&lines[1], "%s%.*s", lines[1].n > 0 ? ", " : "", YM_FMT(cells[2]));
    return true;
}

static int64_t total_of(const struct diff *d)
{
    int64_t total = 0;

    for (int i = 0; i < KINDS; i++)
        total += d->kinds[i] ? d->counts[i] : 0;
    return total;
}

static bool read_place(const struct diff *d, struct ym_str json_text, struct lake_place *to,
                       struct ym_error *err)
{
    json_t *json = NULL, *value;
    size_t i;

    *to = (struct lake_place){0};
    if (!ym_json_parse(json_text, PAGE_MAX, &json, err))
        return false;
    to->values = ym_arena_alloc(d->arena, (json_array_size(json) + 1) * sizeof *to->values);
    json_array_foreach(json, i, value) to->values[to->n++] = ym_arena_str(
        d->arena, (struct ym_str){json_string_value(value), json_string_length(value)});
    json_decref(json);
    return true;
}

// The window ends with the key of the row so many rows on; there is no end where that is the rest.
static bool set_window(struct diff *d, int64_t rows, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = PAGE_MAX};
    struct engine_params params = {0};
    bool of_to = d->to.view.rows >= d->from.view.rows;
    const struct lake_question *q = of_to ? &d->to : &d->from;

    d->until_place = (struct lake_place){0};
    if (rows >= q->view.rows / 2)
        return true;
    ym_buf_add(&sql, YM_STR("SELECT "));
    lake_order_place(&d->key, &sql);
    ym_buf_add(&sql, YM_STR(" AS _k"));
    lake_question_from(q, &sql);
    add_window(d, &sql, &params);
    lake_order_by(&d->key, &sql);
    ym_buf_printf(&sql, " LIMIT 1 OFFSET %lld FORMAT JSONCompactEachRow", (long long)rows);
    bool ok = ask_engine(d, &sql, &params, &answer, err);
    struct ym_str line = ym_str_trim(ym_buf_str(&answer));
    if (ok && line.n > 2) // [[…]]
        ok = read_place(d, ym_str_sub(line, 1, line.n - 2), &d->until_place, err);
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    return ok;
}

static bool read_window(struct diff *d, struct ym_buf lines[2], struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = PAGE_MAX};
    struct engine_params params = {0};
    struct ym_str rest, line;

    page_sql(d, &sql, &params);
    bool ok = ask_engine(d, &sql, &params, &answer, err);
    rest = ym_buf_str(&answer);
    while (ok && engine_tsv_line(&rest, &line)) {
        if (line.n == 0)
            continue;
        if ((int64_t)d->n == d->limit)
            d->more = true;
        else
            ok = read_item(d, line, lines, err);
    }
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    return ok;
}

static bool read_page(struct diff *d, struct ym_buf lines[2], struct ym_error *err)
{
    int64_t total = total_of(d), all = d->from.view.rows + d->to.view.rows;

    if (total == 0)
        return true;
    int64_t rows = WINDOW_AMPLE * (d->limit + 1) * (all / total + 1);
    if (rows < WINDOW_MIN)
        rows = WINDOW_MIN;
    d->from_place = d->cursor.place;
    for (;;) {
        if (!set_window(d, rows, err) || !read_window(d, lines, err))
            return false;
        if (d->more || d->until_place.n == 0)
            break;
        d->from_place = d->until_place;
        rows *= WINDOW_GROWTH;
    }
    d->from_place = d->cursor.place; // of the whole page
    return true;
}

static bool read_side(const struct diff *d, const struct lake_question *q, struct ym_buf *lines,
                      struct ym_buf *rows, struct ym_error *err)
{
    struct ym_buf sql = {0};
    struct engine_params params = {0};

    ym_buf_init(rows, PAGE_MAX);
    if (lines->n == 0)
        return true;
    ym_buf_add(&sql, YM_STR("SELECT "));
    for (size_t i = 0; i < d->n_shared; i++) {
        lake_column(d->shared[i], &sql);
        ym_buf_add(&sql, YM_STR(", "));
    }
    lake_order_place(&d->key, &sql);
    ym_buf_add(&sql, YM_STR(" AS _k"));
    lake_question_from(q, &sql);
    ym_buf_printf(&sql, " AND _pos IN (%s)", ym_buf_cstr(lines));
    add_window(d, &sql, &params);
    lake_order_by(&d->key, &sql);
    ym_buf_add(&sql, YM_STR(" FORMAT JSONEachRow"));
    bool ok = ask_engine(d, &sql, &params, rows, err);
    ym_buf_clear(&sql);
    return ok;
}

static const char PLACE[] = ",\"_k\":";

// The next line of a side, without its place.
static bool next_row(struct ym_str *rest, struct ym_str *row, struct ym_str *place,
                     struct ym_error *err)
{
    struct ym_str line = {NULL, 0};
    size_t at;

    while (line.n == 0)
        if (!engine_tsv_line(rest, &line))
            return ym_fail(err, YM_FAULT, "lake.row", "a difference without its row");
    for (at = line.n; at-- > 0;)
        if (line.p[at] == ',' && ym_str_starts(ym_str_sub(line, at, SIZE_MAX), ym_str(PLACE)))
            break;
    if (at >= line.n)
        return ym_fail(err, YM_FAULT, "lake.row", "a row without its place");
    *row = ym_str_sub(line, 0, at);
    *place = ym_str_sub(line, at + sizeof PLACE - 1, line.n - at - sizeof PLACE); // without }
    return true;
}

// Keys are unique in a version: both sides come in the order of the items.
static bool pair(struct diff *d, struct ym_error *err)
{
    struct ym_str rest[2] = {ym_buf_str(&d->rows[0]), ym_buf_str(&d->rows[1])};

    for (size_t i = 0; i < d->n; i++) {
        struct item *item = &d->items[i];
        if (item->kind != ADDED && !next_row(&rest[0], &item->from, &d->place, err))
            return false;
        if (item->kind != REMOVED && !next_row(&rest[1], &item->to, &d->place, err))
            return false;
    }
    return true;
}

/* The answer. */

static json_t *parse_row(const struct diff *d, struct ym_str row, struct ym_error *err)
{
    json_t *json = NULL;
    struct ym_str whole = ym_arena_printf(d->arena, "%.*s}", YM_FMT(row));

    return ym_json_parse(whole, whole.n, &json, err) ? json : NULL;
}

static bool add_changed(const struct diff *d, const struct item *item, struct ym_buf *out,
                        struct ym_error *err)
{
    json_t *from = parse_row(d, item->from, err), *to = from ? parse_row(d, item->to, err) : NULL;
    bool first = true;

    for (size_t i = 0; to && i < d->n_shared; i++) {
        const char *name = ym_arena_cstr(d->arena, d->shared[i]->name);
        if (json_equal(json_object_get(from, name), json_object_get(to, name)))
            continue;
        if (!first)
            ym_buf_char(out, ',');
        ym_json_text(out, d->shared[i]->name);
        first = false;
    }
    bool ok = to != NULL;
    json_decref(from);
    json_decref(to);
    return ok;
}

static void add_row(struct ym_str row, struct ym_buf *out)
{
    ym_buf_add(out, row.p ? row : YM_STR("null"));
    if (row.p)
        ym_buf_char(out, '}');
}

static bool add_items(const struct diff *d, struct ym_buf *out, struct ym_error *err)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct item *item = &d->items[i];
        ym_buf_printf(out, "%s{\"kind\":\"%s\",\"changed\":[", i > 0 ? "," : "", kinds[item->kind]);
        if (item->kind == CHANGED && !add_changed(d, item, out, err))
            return false;
        ym_buf_add(out, YM_STR("],\"from\":"));
        add_row(item->from, out);
        ym_buf_add(out, YM_STR(",\"to\":"));
        add_row(item->to, out);
        ym_buf_char(out, '}');
    }
    return true;
}

static bool add_next(const struct diff *d, struct ym_buf *out, struct ym_error *err)
{
    struct lake_cursor cursor = {.version = d->to.view.version,
                                 .row = d->cursor.row + (int64_t)d->n};
    struct ym_str text;

    if (!d->more) {
        ym_buf_add(out, YM_STR("null"));
        return true;
    }
    memcpy(cursor.digest, d->digest, sizeof cursor.digest);
    if (!read_place(d, d->place, &cursor.place, err) ||
        !lake_cursor_seal(d->to.lake, &cursor, d->arena, &text, err))
        return false;
    ym_json_text(out, text);
    return true;
}

static void add_names(const struct diff *d, struct ym_buf *out)
{
    ym_buf_add(out, YM_STR(",\"key\":["));
    for (size_t k = 0; k < d->key.n; k++) {
        ym_buf_add(out, k > 0 ? YM_STR(",") : YM_STR(""));
        ym_json_text(out, d->key.items[k].field->name);
    }
    ym_buf_add(out, YM_STR("],\"fields\":["));
    for (size_t i = 0; i < d->n_shared; i++) {
        ym_buf_add(out, i > 0 ? YM_STR(",") : YM_STR(""));
        ym_json_text(out, d->shared[i]->name);
    }
    ym_buf_char(out, ']');
}

static bool write_answer(const struct diff *d, struct ym_buf *out, struct ym_error *err)
{
    ym_buf_add(out, YM_STR("{\"dataset\":"));
    ym_json_text(out, d->to.view.dataset_name);
    ym_buf_printf(out, ",\"from\":%lld,\"to\":%lld", (long long)d->from.view.version,
                  (long long)d->to.view.version);
    add_names(d, out);
    ym_buf_printf(out,
                  ",\"counts\":{\"added\":%lld,\"removed\":%lld,\"changed\":%lld,\"same\":%lld}"
                  ",\"items\":[",
                  (long long)d->counts[ADDED], (long long)d->counts[REMOVED],
                  (long long)d->counts[CHANGED],
                  (long long)(d->from.view.rows - d->counts[REMOVED] - d->counts[CHANGED]));
    if (!add_items(d, out, err))
        return false;
    ym_buf_add(out, YM_STR("],\"next\":"));
    if (!add_next(d, out, err))
        return false;
    ym_buf_printf(out, ",\"total\":%lld}", (long long)total_of(d));
    if (!out->full)
        return true;
    ym_fail(err, YM_TOO_LARGE, "lake.page", "the rows of this page are too large");
    return ym_hint(err, "Ask for fewer rows at once.");
}

bool lake_diff(struct lake *lake, const struct org_caller *caller, const struct lake_diff_ask *ask,
               struct ym_arena *arena, struct ym_buf *out, struct ym_error *err)
{
    struct diff d = {.from = {.lake = lake, .arena = arena},
                     .to = {.lake = lake, .arena = arena},
                     .ask = ask,
                     .arena = arena};
    struct ym_buf lines[2] = {{0}, {0}};
    bool ok = check_ask(&d, err) && open_both(&d, caller, err) && find_fields(&d, err) &&
              open_cursor(&d, lake, err) && count(&d, err) && read_page(&d, lines, err) &&
              read_side(&d, &d.from, &lines[0], &d.rows[0], err) &&
              read_side(&d, &d.to, &lines[1], &d.rows[1], err) &&
              lake_question_holds(&d.from, err) && lake_question_holds(&d.to, err) &&
              pair(&d, err) && write_answer(&d, out, err);

    for (int i = 0; i < 2; i++) {
        ym_buf_clear(&lines[i]);
        ym_buf_clear(&d.rows[i]);
    }
    return ok;
}
