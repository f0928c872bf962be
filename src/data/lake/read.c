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
    struct lake *lake;
    const struct lake_rows *what;
    struct ym_arena *arena;
    struct lake_view view;
    struct lake_order order;
    const struct expr_node *where; // NULL: all rows
    const struct quality_field **chosen;
    size_t n_chosen, cap_chosen;
    char asked[LAKE_DIGEST];   // version and filter: what a total belongs to
    char listed[LAKE_DIGEST];  // and order: what a cursor belongs to
    struct lake_cursor cursor; // version 0: none given
    int64_t limit, row, total; // row: number of the first one answered
    struct ym_buf rows;        // as the engine wrote them
};

/* The version. */

static const char SQL_CURRENT[] =
    "SELECT number, published, rows_kept, schema FROM version WHERE dataset = :dataset"
    " AND state = 'published' AND published < :until ORDER BY published DESC, number DESC LIMIT 1";
static const char SQL_NUMBER[] =
    "SELECT number, published, rows_kept, schema FROM version WHERE dataset = :dataset"
    " AND number = :number AND (state = 'published' OR (state = 'withdrawn' AND :withdrawn = 1))";

static bool time_of(const struct lake *lake, struct ym_str as_of, int64_t *until,
                    struct ym_error *err)
{
    int64_t day, ahead;

    *until = INT64_MAX;
    if (as_of.n == 0)
        return true;
    if (ym_day_parse(as_of, &day)) {
        if (!ym_zone_offset(lake->options.zone ? lake->options.zone : "UTC", day, &ahead, err))
            return false;
        *until = (day + 1) * YM_DAY - ahead;
        return true;
    }
    if (ym_time_parse(as_of, until)) {
        *until += 1;
        return true;
    }
    ym_fail(err, YM_INVALID, "lake.as_of", "'%.*s' is not a time", YM_FMT(as_of));
    ym_hint(err, "Write 2026-01-31T08:00:00Z, or 2026-01-31 for the end of that day.");
    return ym_about(err, as_of);
}

static bool no_version(const struct lake_view *view, int64_t number, bool as_of,
                       struct ym_error *err)
{
    if (number > 0) {
        ym_fail(err, YM_NOT_FOUND, "lake.no_version", "'%.*s' has no version %lld to read",
                YM_FMT(view->dataset_name), (long long)number);
        ym_hint(err, "Look at the list of versions: a withdrawn or retired one is not read.");
    } else if (as_of) {
        ym_fail(err, YM_NOT_FOUND, "lake.none_then", "nothing of '%.*s' was published by then",
                YM_FMT(view->dataset_name));
        ym_hint(err, "Ask for a later time; the list of versions says when each was published.");
    } else {
        ym_fail(err, YM_NOT_FOUND, "lake.none_published", "nothing of '%.*s' is published",
                YM_FMT(view->dataset_name));
        ym_hint(err, "Its agency has loaded nothing yet, or has withdrawn it.");
    }
    return ym_about(err, view->dataset_name);
}

static bool read_schema(struct ym_str text, struct reading *r, struct ym_error *err)
{
    json_t *json = NULL;
    bool ok;

    if (!ym_json_parse(text, LAKE_SCHEMA_MAX, &json, err))
        return false;
    ok = quality_schema_parse(json, r->arena, &r->view.schema, err);
    json_decref(json);
    return ok;
}

static bool find_version(struct reading *r, struct store *store, struct catalog_may may,
                         struct ym_error *err)
{
    int64_t number = r->cursor.version > 0 ? r->cursor.version : r->what->version, until;
    struct store_rows *rows = NULL;
    struct ym_str schema = {NULL, 0};
    bool ok;

    if (!time_of(r->lake, r->what->as_of, &until, err))
        return false;
    struct ym_arg dataset = ym_int("dataset", r->view.dataset);
    if (number > 0)
        ok = store_ask(store, SQL_NUMBER,
                       YM_ARGS(dataset, ym_int("number", number), ym_int("withdrawn", may.load)),
                       &rows, err);
    else
        ok = store_ask(store, SQL_CURRENT, YM_ARGS(dataset, ym_int("until", until)), &rows, err);
    if (!ok)
        return false;
    bool found = store_next(rows, err);
    if (found) {
        r->view.version = store_int(rows, 0);
        r->view.published = store_int(rows, 1);
        r->view.rows = store_int(rows, 2);
        schema = ym_arena_str(r->arena, store_text(rows, 3));
    }
    if (!store_rows_close(rows, err))
        return false;
    if (!found)
        return no_version(&r->view, number, r->what->as_of.n > 0, err);
    return read_schema(schema, r, err);
}

static bool may_read(const struct catalog_dataset *dataset, struct catalog_may may,
                     const struct org_caller *caller, struct ym_error *err)
{
    if (may.read)
        return true;
    if (caller) {
        ym_fail(err, YM_DENIED, "lake.may_not_read", "the rows of '%.*s' are not open",
                YM_FMT(dataset->name));
        ym_hint(err, "Ask the agency that owns it to share it with yours.");
    } else {
        ym_fail(err, YM_SIGN_IN, "lake.may_not_read", "the rows of '%.*s' are not open",
                YM_FMT(dataset->name));
        ym_hint(err, "Sign in with an account of the agency that owns it.");
    }
    return ym_about(err, dataset->name);
}

// The only place where it is decided what of a version is seen.
static void show_fields(struct reading *r)
{
    struct lake_view *view = &r->view;
    static const enum expr_type types[] = {
        [QUALITY_STRING] = EXPR_TEXT,   [QUALITY_INTEGER] = EXPR_INTEGER,
        [QUALITY_NUMBER] = EXPR_NUMBER, [QUALITY_BOOLEAN] = EXPR_BOOLEAN,
        [QUALITY_DATE] = EXPR_DATE,     [QUALITY_DATETIME] = EXPR_DATETIME,
        [QUALITY_TIME] = EXPR_TIME,
    };

    view->zone = r->lake->options.zone;
    view->fields =
        ym_arena_alloc(r->arena, (view->schema.n + 1) * sizeof(const struct quality_field *));
    view->exprs = ym_arena_alloc(r->arena, (view->schema.n + 1) * sizeof *view->exprs);
    for (size_t i = 0; i < view->schema.n; i++) {
        const struct quality_field *field = &view->schema.fields[i];
        bool decimal = field->type == QUALITY_NUMBER && field->scale >= 0;
        view->exprs[view->n] = (struct expr_field){
            .name = field->name,
            .type = decimal ? EXPR_DECIMAL : types[field->type],
            .scale = decimal ? field->scale : 0,
            .zone = field->zone.n > 0 ? ym_arena_cstr(r->arena, field->zone) : view->zone,
        };
        view->fields[view->n++] = field;
    }
}

static bool open_version(struct reading *r, const struct org_caller *caller, struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;
    bool ok = false;

    if (!store_take(r->lake->options.pool, &store, err))
        return false;
    if (!catalog_get(store, r->what->dataset, r->arena, &dataset, err))
        goto out;
    struct catalog_may may = catalog_may(&dataset, caller);
    r->view.dataset = dataset.id;
    r->view.dataset_name = dataset.name;
    if (!may_read(&dataset, may, caller, err) || !find_version(r, store, may, err))
        goto out;
    show_fields(r);
    ok = true;
out:
    store_give(r->lake->options.pool, store);
    return ok;
}

/* What was asked for. */

static bool choose(struct reading *r, const struct quality_field *field)
{
    for (size_t i = 0; i < r->n_chosen; i++)
        if (r->chosen[i] == field)
            return false;
    r->chosen = ym_arena_grow(r->arena, (void *)r->chosen, &r->cap_chosen, r->n_chosen + 1,
                              sizeof(const struct quality_field *));
    r->chosen[r->n_chosen++] = field;
    return true;
}

static bool choose_fields(struct reading *r, struct ym_error *err)
{
    struct ym_str rest = r->what->fields, name = {NULL, 0};
    bool minus;
    size_t i;

    if (rest.n == 0) {
        r->chosen = r->view.fields;
        r->n_chosen = r->view.n;
        return true;
    }
    *err = (struct ym_error){.kind = YM_NO_ERROR};
    while (lake_cut_name(&rest, &minus, r->arena, &name, err)) {
        if (minus || !lake_view_find(&r->view, name, &i)) {
            ym_fail(err, YM_INVALID, "lake.field", "no field '%.*s'", YM_FMT(name));
            ym_hint(err, "Ask for fields of the dataset, with commas between them.");
            return ym_about(err, name);
        }
        if (!choose(r, r->view.fields[i])) {
            ym_fail(err, YM_INVALID, "lake.field_twice", "'%.*s' is named twice", YM_FMT(name));
            ym_hint(err, "Name each field once.");
            return ym_about(err, name);
        }
    }
    return err->kind == YM_NO_ERROR;
}

static bool read_where(struct reading *r, struct ym_buf *canonical, struct ym_error *err)
{
    struct expr_fields fields = {r->view.exprs, r->view.n};

    if (ym_str_trim(r->what->where).n == 0)
        return true;
    if (!expr_parse(r->what->where, fields, r->arena, &r->where, err))
        return false;
    expr_print(r->where, canonical);
    return true;
}

// What a total and a cursor belong to, however it was written.
static bool read_question(struct reading *r, struct ym_error *err)
{
    struct ym_buf text = {0};
    bool ok = false;

    ym_buf_printf(&text, "%lld %lld ", (long long)r->view.dataset, (long long)r->view.version);
    if (!read_where(r, &text, err))
        goto out;
    lake_cursor_digest(ym_buf_str(&text), r->asked);
    if (!lake_order_parse(r->what->sort, &r->view, r->arena, &r->order, err) ||
        !choose_fields(r, err))
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
    // By partition and not by _version: counts and projections are served by it.
    ym_buf_printf(&q->sql, " FROM lake.d%lld WHERE _partition_id = '%lld'",
                  (long long)r->view.dataset, (long long)r->view.version);
}

static void add_where(const struct reading *r, struct page_sql *q)
{
    if (!r->where)
        return;
    ym_buf_add(&q->sql, YM_STR(" AND "));
    engine_expr(r->where, &q->sql, &q->params, r->arena);
}

static void add_after(const struct reading *r, const struct lake_place *place, bool from_it,
                      struct page_sql *q)
{
    if (place->n == 0)
        return;
    ym_buf_add(&q->sql, YM_STR(" AND "));
    lake_order_after(&r->order, place, from_it, &q->sql, &q->params, r->arena);
}

static void add_limit(const struct reading *r, int64_t offset, struct page_sql *q)
{
    // One more: whether there is a next page.
    ym_buf_printf(&q->sql, " LIMIT %lld", (long long)r->limit + 1);
    if (offset > 0)
        ym_buf_printf(&q->sql, " OFFSET %lld", (long long)offset);
}

// Times leave in UTC, with parts of a second where there are some.
static void add_column(const struct quality_field *field, struct ym_buf *sql)
{
    if (field->type != QUALITY_DATETIME) {
        engine_name(sql, field->name);
        return;
    }
    ym_buf_add(sql, YM_STR("if(toUnixTimestamp64Micro("));
    engine_name(sql, field->name);
    ym_buf_add(sql, YM_STR(") % 1000000 = 0, formatDateTime("));
    engine_name(sql, field->name);
    ym_buf_add(sql, YM_STR(", '%Y-%m-%dT%H:%i:%SZ', 'UTC'), formatDateTime("));
    engine_name(sql, field->name);
    ym_buf_add(sql, YM_STR(", '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC')) AS "));
    engine_name(sql, field->name);
}

static void add_columns(const struct reading *r, struct page_sql *q)
{
    ym_buf_add(&q->sql, YM_STR("SELECT "));
    for (size_t i = 0; i < r->n_chosen; i++) {
        add_column(r->chosen[i], &q->sql);
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
    int64_t step = lake_anchor_step(&r->view, &r->order), skip = r->row % step;
    size_t first = (size_t)(r->row / step);
    size_t last = first + (size_t)((skip + r->limit + step) / step);

    if (!lake_anchor(r->lake, &r->view, &r->order, first, last, r->arena, &from, &until, err))
        return false;
    if (from.n == 0) { // behind the last row
        ym_buf_add(&q->sql, YM_STR(" AND 0 LIMIT 0"));
        return true;
    }
    add_after(r, &from, true, q);
    if (until.n > 0 && !r->order.by_key) { // in its own order the table stops by itself
        ym_buf_add(&q->sql, YM_STR(" AND NOT "));
        lake_order_after(&r->order, &until, true, &q->sql, &q->params, r->arena);
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
    if (offset > 0 && ordered && !r->where)
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

    // A page that lies together is read sooner by one thread than two are set to work.
    if (r->order.by_key && !r->where)
        ym_buf_add(&q.sql, YM_STR(" SETTINGS max_threads = 1"));
    ym_buf_add(&q.sql, YM_STR(" FORMAT JSONEachRow"));
    ym_buf_init(&r->rows, PAGE_MAX);
    struct engine_query query = {
        .sql = ym_buf_cstr(&q.sql),
        .params = {q.params.items, q.params.n},
        .settings = settings,
        .answer = &r->rows,
        .timeout_s = READ_TIMEOUT_S,
    };
    ok = ok && engine_do(r->lake->options.engine, &query, err);
    ym_buf_clear(&q.sql);
    return ok;
}

static bool ask_total(struct reading *r, struct ym_error *err)
{
    struct page_sql q = {0};
    struct ym_buf answer = {0};

    r->total = r->view.rows;
    if (!r->where || lake_total_known(r->lake, r->asked, &r->total))
        return true;
    ym_buf_add(&q.sql, YM_STR("SELECT count()"));
    add_from(r, &q);
    add_where(r, &q);
    struct engine_query query = {
        .sql = ym_buf_cstr(&q.sql),
        .params = {q.params.items, q.params.n},
        .answer = &answer,
        .timeout_s = READ_TIMEOUT_S,
    };
    bool ok = engine_do(r->lake->options.engine, &query, err);
    if (ok && !ym_str_int(ym_str_trim(ym_buf_str(&answer)), &r->total))
        ok = ym_fail(err, YM_FAULT, "lake.total", "the engine counts no rows");
    if (ok)
        lake_total_keep(r->lake, r->asked, r->total);
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
    struct lake_cursor cursor = {.version = r->view.version, .row = r->row + n};
    json_t *json = NULL, *value;
    size_t i;

    memcpy(cursor.digest, r->listed, sizeof cursor.digest);
    if (!ym_json_parse(place_json, PAGE_MAX, &json, err))
        return false;
    cursor.place.values =
        ym_arena_alloc(r->arena, (json_array_size(json) + 1) * sizeof *cursor.place.values);
    json_array_foreach(json, i, value)
    {
        struct ym_str text = {json_string_value(value), json_string_length(value)};
        cursor.place.values[cursor.place.n++] = ym_arena_str(r->arena, text);
    }
    json_decref(json);
    return lake_cursor_seal(r->lake, &cursor, r->arena, out, err);
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
    for (size_t i = 0; i < r->n_chosen; i++) {
        const struct quality_field *field = r->chosen[i];
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
    ym_json_text(out, r->view.dataset_name);
    ym_buf_printf(out, ",\"version\":%lld,\"published_at\":\"%s\",\"fields\":[",
                  (long long)r->view.version, ym_time_text(r->view.published, published));
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
    struct reading r = {.lake = lake, .what = what, .arena = arena};
    bool ok = check_limits(&r, err);

    if (ok && what->after.n > 0)
        ok = lake_cursor_open(lake, what->after, arena, &r.cursor, err);
    ok = ok && open_version(&r, caller, err) && read_question(&r, err) && check_cursor(&r, err) &&
         ask_total(&r, err) && ask_rows(&r, err) && write_answer(&r, out, err);
    ym_buf_clear(&r.rows);
    return ok;
}
