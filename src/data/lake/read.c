#include "data/lake/reading.h"

#include "base/time.h"

enum {
    LIMIT_OTHERWISE = 100,
    LIMIT_MAX = 1000,
    PAGE_MAX = 64 << 20, // bytes of rows in one answer
    READ_TIMEOUT_S = 30,
    LAZY_ROWS = 9000 // the engine reads the other columns of so few rows at the end by itself
};

// One request on its way.
struct reading {
    struct lake_question q;
    const struct lake_rows *what;
    struct lake_order order;
    char asked[LAKE_DIGEST];   // version and filter: what a total belongs to
    char listed[LAKE_DIGEST];  // and order: what a cursor belongs to
    struct lake_cursor cursor; // version 0: none given
    int64_t limit, row, total; // row: number of the first one answered
    struct ym_buf rows;        // as the engine wrote them
    bool narrow;               // the filter leads to few rows by an order that the table has
};

/* What was asked for. */

// Has the table (or a projection) an order by this operand?
static bool leads(const struct lake_view *view, const struct expr_node *operand)
{
    const struct quality_schema *schema = &view->schema;

    if (operand->op != EXPR_FIELD)
        return false;
    const struct quality_field *field = view->fields[operand->field];
    return field->indexed || (schema->key.n > 0 && ym_str_eq(field->name, schema->key.items[0]));
}

/* Few rows that lie together are read sooner by one thread than several are set to work: 100 rows
 * by the beginning of a key cost 27 ms of CPU instead of 35. A scan is not: it is shared. */
static bool is_narrow(const struct lake_view *view, const struct expr_node *node)
{
    switch (node->op) {
    case EXPR_AND:
        for (size_t i = 0; i < node->n; i++)
            if (is_narrow(view, node->args[i]))
                return true;
        return false;
    case EXPR_OR:
        for (size_t i = 0; i < node->n; i++)
            if (!is_narrow(view, node->args[i]))
                return false;
        return true;
    case EXPR_EQ:
        return leads(view, node->args[0]) || leads(view, node->args[1]);
    case EXPR_IN:
    case EXPR_BETWEEN:
    case EXPR_STARTS:
        return leads(view, node->args[0]);
    default:
        return false;
    }
}

// What a total and a cursor belong to, however it was written.
static bool read_question(struct reading *r, struct ym_error *err)
{
    struct ym_buf text = {0};
    bool ok = false;

    ym_buf_printf(&text, "%lld %lld ", (long long)r->q.view.dataset, (long long)r->q.view.version);
    if (!lake_question_where(&r->q, r->what->where, &text, err))
        goto out;
    r->narrow = r->q.where && is_narrow(&r->q.view, r->q.where);
    lake_cursor_digest(ym_buf_str(&text), r->asked);
    if (!lake_order_parse(r->what->sort, &r->q.view, r->q.arena, &r->order, err) ||
        !lake_question_fields(&r->q, r->what->fields, err))
        goto out;
    lake_order_by(&r->order, &text);
    lake_cursor_digest(ym_buf_str(&text), r->listed);
    ok = true;
out:
    ym_buf_clear(&text);
    return ok;
}

static bool check_limits(struct reading *r, struct ym_error *err)
{
    const struct lake_rows *what = r->what;

    r->limit = what->limit == 0 ? LIMIT_OTHERWISE : what->limit;
    if (r->limit < 1 || r->limit > LIMIT_MAX) {
        ym_fail(err, YM_INVALID, "lake.limit", "a page of %lld rows", (long long)what->limit);
        return ym_hint(err, "Ask for 1 to %d rows at once.", LIMIT_MAX);
    }
    if (what->at >= 0 && what->after.n > 0) {
        ym_fail(err, YM_INVALID, "lake.at_after", "`at` and `after` exclude each other");
        return ym_hint(err, "Give a row number, or go on behind the page before.");
    }
    r->row = what->at >= 0 ? what->at : 0;
    return true;
}

static bool check_cursor(struct reading *r, struct ym_error *err)
{
    const struct lake_cursor *cursor = &r->cursor;
    bool version = r->what->version == 0 || r->what->version == cursor->version;

    if (cursor->version == 0)
        return true;
    if (!version || strcmp(cursor->digest, r->listed) != 0 ||
        (cursor->place.n != 0 && cursor->place.n != r->order.n)) {
        ym_fail(err, YM_INVALID, "lake.cursor", "the cursor belongs to another list");
        return ym_hint(err,
                       "Go on with the same dataset, version, where and sort, or begin again "
                       "without `after`.");
    }
    r->row = cursor->row;
    return true;
}

/* The rows. */

struct page_sql {
    struct ym_buf sql;
    struct engine_params params;
};

static void add_from(const struct reading *r, struct page_sql *q)
{
    lake_question_from(&r->q, &q->sql);
}

static void add_where(const struct reading *r, struct page_sql *q)
{
    if (!r->q.where)
        return;
    ym_buf_add(&q->sql, YM_STR(" AND "));
    engine_expr(r->q.where, &q->sql, &q->params, r->q.arena);
}

static void add_after(const struct reading *r, const struct lake_place *place, bool from_it,
                      struct page_sql *q)
{
    if (place->n == 0)
        return;
    ym_buf_add(&q->sql, YM_STR(" AND "));
    lake_order_after(&r->order, place, from_it, &q->sql, &q->params, r->q.arena);
}

static void add_limit(const struct reading *r, int64_t offset, struct page_sql *q)
{
    // One more: whether there is a next page.
    ym_buf_printf(&q->sql, " LIMIT %lld", (long long)r->limit + 1);
    if (offset > 0)
        ym_buf_printf(&q->sql, " OFFSET %lld", (long long)offset);
}

static void add_columns(const struct reading *r, struct page_sql *q)
{
    ym_buf_add(&q->sql, YM_STR("SELECT "));
    for (size_t i = 0; i < r->q.n_chosen; i++) {
        lake_column(r->q.chosen[i], &q->sql);
        ym_buf_add(&q->sql, YM_STR(", "));
    }
    lake_order_place(&r->order, &q->sql);
    ym_buf_add(&q->sql, YM_STR(" AS _k"));
}

// Far behind in an order that the table does not have: only what orders is sorted.
static void add_in_two_steps(const struct reading *r, const struct lake_place *after,
                             int64_t offset, struct page_sql *q)
{
    ym_buf_add(&q->sql, YM_STR(" AND _pos IN (SELECT _pos"));
    add_from(r, q);
    add_where(r, q);
    add_after(r, after, false, q);
    lake_order_by(&r->order, &q->sql);
    add_limit(r, offset, q);
    ym_buf_char(&q->sql, ')');
    lake_order_by(&r->order, &q->sql);
}

static bool far(const struct reading *r, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "lake.at_far", "row %lld is too far in an order that has no anchors",
            (long long)r->row);
    return ym_hint(err,
                   "Up to row %d it works. Narrow the filter, go on page by page, or ask "
                   "without a filter in the order of the key or of the file.",
                   LAKE_OFFSET_MAX);
}

// By a row's number, where there are anchors: from the one before it to the one behind the page.
static bool add_by_anchor(const struct reading *r, struct page_sql *q, struct ym_error *err)
{
    struct lake_place from = {0}, until = {0};
    int64_t step = lake_anchor_step(&r->q.view, &r->order), skip = r->row % step;
    size_t first = (size_t)(r->row / step);
    size_t last = first + (size_t)((skip + r->limit + step) / step);

    if (!lake_anchor(r->q.lake, &r->q.view, &r->order, first, last, r->q.arena, &from, &until, err))
        return false;
    if (from.n == 0) { // behind the last row
        ym_buf_add(&q->sql, YM_STR(" AND 0 LIMIT 0"));
        return true;
    }
    add_after(r, &from, true, q);
    if (until.n > 0 && !r->order.by_key) { // in its own order the table stops by itself
        ym_buf_add(&q->sql, YM_STR(" AND NOT "));
        lake_order_after(&r->order, &until, true, &q->sql, &q->params, r->q.arena);
    }
    lake_order_by(&r->order, &q->sql);
    add_limit(r, skip, q);
    return true;
}

static bool page_sql(const struct reading *r, struct page_sql *q, struct ym_error *err)
{
    const struct lake_place *after = &r->cursor.place;
    int64_t offset = after->n == 0 ? r->row : 0;
    bool ordered = r->order.by_key || r->order.by_file;

    add_columns(r, q);
    add_from(r, q);
    if (offset > 0 && ordered && !r->q.where)
        return add_by_anchor(r, q, err);
    if (offset > LAKE_OFFSET_MAX)
        return far(r, err);
    if (!r->order.by_key && offset > LAZY_ROWS) {
        add_in_two_steps(r, after, offset, q);
        return true;
    }
    add_where(r, q);
    add_after(r, after, false, q);
    lake_order_by(&r->order, &q->sql);
    add_limit(r, offset, q);
    return true;
}

static const struct ym_str one_thread = {" SETTINGS max_threads = 1", 25};

static bool ask_rows(struct reading *r, struct ym_error *err)
{
    struct page_sql q = {0};
    bool ok = page_sql(r, &q, err);
    const struct ym_args settings = YM_ARGS(
        ym_int("output_format_json_quote_64bit_integers", 1),
        ym_int("output_format_json_quote_decimals", 1),
        ym_int("output_format_decimal_trailing_zeros", 1),
        ym_int("output_format_json_quote_denormals", 0),
        ym_int("output_format_json_escape_forward_slashes", 0),
        // A column that leaves in another form keeps its name: filters and orders mean the column.
        ym_int("prefer_column_name_to_alias", 1));

    if (r->order.by_key && (!r->q.where || r->narrow))
        ym_buf_add(&q.sql, one_thread);
    ym_buf_add(&q.sql, YM_STR(" FORMAT JSONEachRow"));
    ym_buf_init(&r->rows, PAGE_MAX);
    struct engine_query query = {
        .sql = ym_buf_cstr(&q.sql),
        .params = {q.params.items, q.params.n},
        .settings = settings,
        .answer = &r->rows,
        .timeout_s = READ_TIMEOUT_S,
    };
    ok = ok && engine_do(r->q.lake->options.engine, &query, err);
    ym_buf_clear(&q.sql);
    return ok;
}

// The page tells how many there are in all where it is the last one.
static bool total_seen(struct reading *r)
{
    struct ym_str rest = ym_buf_str(&r->rows), line;
    int64_t n = 0;

    while (engine_tsv_line(&rest, &line))
        n += line.n > 0;
    r->total = r->row + n;
    return n <= r->limit && (n > 0 || r->row == 0);
}

static bool ask_total(struct reading *r, struct ym_error *err)
{
    struct page_sql q = {0};
    struct ym_buf answer = {0};

    if (r->q.where && total_seen(r))
        return true;
    r->total = r->q.view.rows;
    if (!r->q.where || lake_total_known(r->q.lake, r->asked, &r->total))
        return true;
    ym_buf_add(&q.sql, YM_STR("SELECT count()"));
    add_from(r, &q);
    add_where(r, &q);
    if (r->narrow)
        ym_buf_add(&q.sql, one_thread);
    struct engine_query query = {
        .sql = ym_buf_cstr(&q.sql),
        .params = {q.params.items, q.params.n},
        .answer = &answer,
        .timeout_s = READ_TIMEOUT_S,
    };
    bool ok = engine_do(r->q.lake->options.engine, &query, err);
    if (ok && !ym_str_int(ym_str_trim(ym_buf_str(&answer)), &r->total))
        ok = ym_fail(err, YM_FAULT, "lake.total", "the engine counts no rows");
    if (ok)
        lake_total_keep(r->q.lake, r->asked, r->total);
    else
        lake_total_give_up(r->q.lake, r->asked);
    ym_buf_clear(&q.sql);
    ym_buf_clear(&answer);
    return ok;
}

/* The answer. */

static const char PLACE[] = ",\"_k\":";

// The place stands last in its line. Inside a text its quotes would be escaped, so that the last
// occurrence is it.
static size_t place_in(struct ym_str line)
{
    size_t at = line.n;

    while (at-- > 0)
        if (line.p[at] == ',' && ym_str_starts(ym_str_sub(line, at, SIZE_MAX), ym_str(PLACE)))
            return at;
    return SIZE_MAX;
}

static bool next_cursor(const struct reading *r, struct ym_str place_json, int64_t n,
                        struct ym_str *out, struct ym_error *err)
{
    struct lake_cursor cursor = {.version = r->q.view.version, .row = r->row + n};
    json_t *json = NULL, *value;
    size_t i;

    memcpy(cursor.digest, r->listed, sizeof cursor.digest);
    if (!ym_json_parse(place_json, PAGE_MAX, &json, err))
        return false;
    cursor.place.values =
        ym_arena_alloc(r->q.arena, (json_array_size(json) + 1) * sizeof *cursor.place.values);
    json_array_foreach(json, i, value)
    {
        struct ym_str text = {json_string_value(value), json_string_length(value)};
        cursor.place.values[cursor.place.n++] = ym_arena_str(r->q.arena, text);
    }
    json_decref(json);
    return lake_cursor_seal(r->q.lake, &cursor, r->q.arena, out, err);
}

// The engine's lines, without their places, as the items of a list; *next: none at the end.
static bool add_items(struct reading *r, struct ym_buf *out, struct ym_str *next,
                      struct ym_error *err)
{
    struct ym_str rest = ym_buf_str(&r->rows), line, place = {NULL, 0};
    int64_t n = 0;

    *next = (struct ym_str){NULL, 0};
    while (engine_tsv_line(&rest, &line)) {
        if (line.n == 0)
            continue;
        if (n == r->limit)
            return next_cursor(r, place, n, next, err);
        size_t at = place_in(line);
        if (at == SIZE_MAX)
            return ym_fail(err, YM_FAULT, "lake.row", "a row without its place");
        place = ym_str_sub(line, at + sizeof PLACE - 1, line.n - at - sizeof PLACE); // without }
        if (n++ > 0)
            ym_buf_char(out, ',');
        ym_buf_add(out, ym_str_sub(line, 0, at));
        ym_buf_char(out, '}');
    }
    return true;
}

static void add_fields(const struct reading *r, struct ym_buf *out)
{
    for (size_t i = 0; i < r->q.n_chosen; i++) {
        const struct quality_field *field = r->q.chosen[i];
        struct ym_str zh = field->title_zh.n > 0 ? field->title_zh : field->title_en;
        struct ym_str en = field->title_en.n > 0 ? field->title_en : field->title_zh;
        ym_buf_add(out, i > 0 ? YM_STR(",{\"name\":") : YM_STR("{\"name\":"));
        ym_json_text(out, field->name);
        ym_buf_add(out, YM_STR(",\"title\":{\"zh\":"));
        ym_json_text(out, zh.n > 0 ? zh : field->name);
        ym_buf_add(out, YM_STR(",\"en\":"));
        ym_json_text(out, en.n > 0 ? en : field->name);
        ym_buf_printf(out, "},\"type\":\"%s\",\"unit\":", quality_type_name(field->type));
        if (field->unit.n > 0)
            ym_json_text(out, field->unit);
        else
            ym_buf_add(out, YM_STR("null"));
        ym_buf_char(out, '}');
    }
}

static bool write_answer(struct reading *r, struct ym_buf *out, struct ym_error *err)
{
    char published[YM_TIME_TEXT];
    struct ym_str next;

    ym_buf_add(out, YM_STR("{\"dataset\":"));
    ym_json_text(out, r->q.view.dataset_name);
    ym_buf_printf(out, ",\"version\":%lld,\"published_at\":\"%s\",\"fields\":[",
                  (long long)r->q.view.version, ym_time_text(r->q.view.published, published));
    add_fields(r, out);
    ym_buf_add(out, YM_STR("],\"items\":["));
    if (!add_items(r, out, &next, err))
        return false;
    ym_buf_add(out, YM_STR("],\"next\":"));
    if (next.p)
        ym_json_text(out, next);
    else
        ym_buf_add(out, YM_STR("null"));
    ym_buf_printf(out, ",\"total\":%lld}", (long long)r->total);
    if (!out->full)
        return true;
    ym_fail(err, YM_TOO_LARGE, "lake.page", "the rows of this page are too large");
    return ym_hint(err, "Ask for fewer rows or fields at once.");
}

bool lake_read(struct lake *lake, const struct org_caller *caller, const struct lake_rows *what,
               struct ym_arena *arena, struct ym_buf *out, struct ym_error *err)
{
    struct reading r = {.q = {.lake = lake, .arena = arena}, .what = what};
    bool ok = check_limits(&r, err);

    if (ok && what->after.n > 0)
        ok = lake_cursor_open(lake, what->after, arena, &r.cursor, err);
    int64_t version = r.cursor.version > 0 ? r.cursor.version : what->version;
    ok = ok && lake_question_open(&r.q, caller, what->dataset, version, what->as_of, err) &&
         read_question(&r, err) && check_cursor(&r, err) && ask_rows(&r, err) &&
         ask_total(&r, err) && lake_question_holds(&r.q, err) && write_answer(&r, out, err);
    ym_buf_clear(&r.rows);
    return ok;
}
