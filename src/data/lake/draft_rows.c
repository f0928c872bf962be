/* The rows of a draft: of the engine as the file had them, of the store what became of them. */
#include "data/lake/draft_private.h"

enum {
    PAGE = 1000,              // rows of one question
    PAGE_BYTES = 128 << 20,   // of its answer
    ALL_BYTES = 64 << 20,     // of the rows of one act
    TRIAL_BYTES = 400 * 1000, // of one trial: a parameter ends at 1 MB
    UNKNOWN_TABLE = 60,       // the engine's number
    TIMEOUT_S = 60
};

static struct ym_str copy(const json_t *text, struct ym_arena *arena)
{
    return ym_arena_str(arena, (struct ym_str){json_string_value(text), json_string_length(text)});
}

// [_pos, ["code:field", …], ["cell", …]]
static bool read_row(struct ym_str line, struct ym_arena *arena, struct draft_row *out,
                     struct ym_error *err)
{
    json_t *json = NULL, *item;
    size_t i;

    *out = (struct draft_row){0};
    if (!ym_json_parse(line, SIZE_MAX, &json, err))
        return false;
    out->line = json_integer_value(json_array_get(json, 0));
    json_array_foreach(json_array_get(json, 1), i, item)
        draft_texts(&out->because, arena, copy(item, arena));
    json_array_foreach(json_array_get(json, 2), i, item)
        draft_texts(&out->base, arena, copy(item, arena));
    json_decref(json);
    out->cells = out->base;
    out->why = out->because;
    return true;
}

static bool read_rows(const struct draft *draft, struct ym_str rest, struct draft_rows *out,
                      struct ym_error *err)
{
    struct ym_str line;

    while (engine_tsv_line(&rest, &line)) {
        if (line.n == 0)
            continue;
        out->items =
            ym_arena_grow(draft->arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        if (!read_row(line, draft->arena, &out->items[out->n], err))
            return false;
        out->bytes += line.n;
        out->n++;
    }
    return true;
}

// One question: rows behind `after`, or those of `lines` (the engine's own form of a list).
static bool ask(const struct draft *draft, const struct lake_which *which, int64_t after,
                struct ym_str lines, int64_t limit, struct draft_rows *out, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = PAGE_BYTES};
    struct engine_query query = {
        .answer = &answer,
        .timeout_s = TIMEOUT_S,
        .settings = YM_ARGS(ym_int("output_format_json_quote_64bit_integers", 0)),
    };
    char version[24];

    (void)snprintf(version, sizeof version, "%lld", (long long)draft->version);
    ym_buf_printf(&sql,
                  "SELECT _pos, _why, raw FROM lake.q%lld WHERE _partition_id = {version:String}"
                  " AND %s AND ({code:String} = '' OR arrayExists(w -> if({column:String} = '',"
                  " startsWith(concat(w, ':'), concat({code:String}, ':')),"
                  " w = concat({code:String}, ':', {column:String})), _why))"
                  " ORDER BY _pos LIMIT {limit:UInt64} FORMAT JSONCompactEachRow",
                  (long long)draft->target.dataset,
                  lines.p ? "_pos IN {lines:Array(UInt64)}" : "_pos > {after:UInt64}");
    query.sql = ym_buf_cstr(&sql);
    query.params = YM_ARGS(ym_text("version", ym_str(version)), ym_int("after", after),
                           ym_text("lines", lines.p ? lines : YM_STR("[]")),
                           ym_text("code", which->code.p ? which->code : YM_STR("")),
                           ym_text("column", which->column.p ? which->column : YM_STR("")),
                           ym_int("limit", limit));
    bool ok = engine_do(draft->lake->options.engine, &query, err);
    if (!ok && query.exception == UNKNOWN_TABLE) { // it goes when no row is in it
        *err = (struct ym_error){0};
        ok = true;
    }
    ok = ok && read_rows(draft, ym_buf_str(&answer), out, err);
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    return ok;
}

static bool too_many(struct ym_error *err)
{
    ym_fail(err, YM_TOO_LARGE, "quarantine.many", "this is about more rows than one act may have");
    return ym_hint(err,
                   "Up to %d rows and 64 MiB at once: take one reason after the other, or mend the"
                   " file at its source.",
                   LAKE_ACT_ROWS);
}

static bool fetch_lines(const struct draft *draft, const struct lake_which *which,
                        struct draft_rows *out, struct ym_error *err)
{
    for (size_t from = 0; from < which->n; from += PAGE) {
        size_t n = which->n - from < PAGE ? which->n - from : PAGE, before = out->n;
        struct ym_buf list = {0};
        for (size_t i = 0; i < n; i++)
            ym_buf_printf(&list, "%s%lld", i ? "," : "[", (long long)which->lines[from + i]);
        ym_buf_char(&list, ']');
        bool ok = ask(draft, which, 0, ym_buf_str(&list), PAGE, out, err);
        ym_buf_clear(&list);
        if (!ok)
            return false;
        for (size_t i = 0; i < n; i++)
            if (before + i >= out->n || out->items[before + i].line != which->lines[from + i]) {
                ym_fail(err, YM_INVALID, "quarantine.line", "line %lld is not in the quarantine",
                        (long long)which->lines[from + i]);
                ym_hint(err, "Take the lines from the list of quarantined rows, each once.");
                return ym_at_line(err, which->lines[from + i]);
            }
        if (out->bytes > ALL_BYTES)
            return too_many(err);
    }
    return true;
}

bool draft_page(const struct draft *draft, const struct lake_which *which, int64_t after,
                int64_t limit, struct draft_rows *out, struct ym_error *err)
{
    *out = (struct draft_rows){0};
    return ask(draft, which, after, (struct ym_str){NULL, 0}, limit, out, err);
}

bool draft_fetch(const struct draft *draft, const struct lake_which *which, struct draft_rows *out,
                 struct ym_error *err)
{
    struct draft_rows page = {0};
    int64_t after = 0;

    *out = (struct draft_rows){0};
    if (which->n > LAKE_ACT_ROWS)
        return too_many(err);
    if (which->n > 0)
        return fetch_lines(draft, which, out, err);
    do {
        if (!draft_page(draft, which, after, PAGE, &page, err))
            return false;
        if (page.n == 0)
            break;
        after = page.items[page.n - 1].line;
        out->items =
            ym_arena_grow(draft->arena, out->items, &out->cap, out->n + page.n, sizeof *out->items);
        memcpy(out->items + out->n, page.items, page.n * sizeof *page.items);
        out->n += page.n;
        out->bytes += page.bytes;
        if (out->n > LAKE_ACT_ROWS || out->bytes > ALL_BYTES)
            return too_many(err);
    } while (page.n == PAGE);
    return true;
}

bool draft_put(const struct draft *draft, struct draft_row *row, struct ym_str kind,
               const json_t *cells, struct ym_error *err)
{
    struct quality_texts now = {0};
    const char *key;
    json_t *item;
    size_t i;

    row->accept = ym_str_is(kind, "accept");
    row->drop = ym_str_is(kind, "drop");
    if (!cells)
        return true;
    row->looked = row->looked || !ym_str_is(kind, "rule");
    if (json_is_array(cells)) {
        json_array_foreach(cells, i, item)
            draft_texts(&now, draft->arena, copy(item, draft->arena));
    } else {
        for (i = 0; i < row->cells.n; i++)
            draft_texts(&now, draft->arena, row->cells.items[i]);
        json_object_foreach((json_t *)cells, key, item)
        {
            int64_t at = 0;
            if (!ym_str_int(ym_str(key), &at) || at < 0 || (size_t)at >= now.n)
                return ym_fail(err, YM_FAULT, "quarantine.change", "a change is about no cell");
            now.items[at] = copy(item, draft->arena);
        }
    }
    row->cells = now;
    return true;
}

static const char SQL_CHANGES[] =
    "SELECT c.line, a.kind, c.cells, a.id FROM quarantine_change c"
    " JOIN quarantine_act a ON a.id = c.act WHERE c.load = :load AND a.undone = 0"
    " AND c.line >= :from AND c.line <= :until ORDER BY c.line, a.id";

static bool fold_one(const struct draft *draft, struct draft_row *row,
                     const struct store_rows *change, struct ym_error *err)
{
    struct ym_str text = store_text(change, 2);
    json_t *cells = NULL;

    if (text.p && !ym_json_parse(text, SIZE_MAX, &cells, err))
        return false;
    bool ok = draft_put(draft, row, store_text(change, 1), cells, err);
    json_decref(cells);
    row->act = store_int(change, 3);
    return ok;
}

bool draft_fold(const struct draft *draft, struct store *store, struct draft_rows *rows,
                int64_t without, struct ym_error *err)
{
    struct store_rows *changes = NULL;
    size_t at = 0;
    bool ok = true;

    if (rows->n == 0)
        return true;
    if (!store_ask(store, SQL_CHANGES,
                   YM_ARGS(ym_int("load", draft->load), ym_int("from", rows->items[0].line),
                           ym_int("until", rows->items[rows->n - 1].line)),
                   &changes, err))
        return false;
    while (ok && store_next(changes, err)) {
        int64_t line = store_int(changes, 0);
        while (at < rows->n && rows->items[at].line < line)
            at++;
        if (at < rows->n && rows->items[at].line == line && store_int(changes, 3) != without)
            ok = fold_one(draft, &rows->items[at], changes, err);
    }
    if (ok)
        return store_rows_close(changes, err);
    struct ym_error ignored = {0};
    (void)!store_rows_close(changes, &ignored);
    return false;
}

static struct ym_str fault_of(const struct draft *draft, const struct draft_row *row)
{
    struct ym_str first = row->because.n > 0 ? row->because.items[0] : YM_STR("");

    if (row->looked) { // the cells are as a person wants them; too many are wrong still
        for (size_t i = draft->n_columns; i < row->cells.n; i++)
            if (row->cells.items[i].n > 0)
                return YM_STR("width");
        return YM_STR("");
    }
    return ym_str_find(first, YM_STR(":"), 0) == SIZE_MAX ? first : YM_STR("");
}

void draft_send(const struct draft *draft, const struct draft_row *row, struct ym_buf *to)
{
    struct ym_str fault = fault_of(draft, row);

    ym_buf_printf(to, "[%lld,", (long long)row->line);
    ym_json_text(to, fault);
    ym_buf_add(to, YM_STR(",["));
    for (size_t i = draft->n_columns; fault.n > 0 && i < row->cells.n; i++) {
        ym_buf_add(to, ym_str(i > draft->n_columns ? "," : ""));
        ym_json_text(to, row->cells.items[i]);
    }
    ym_buf_char(to, ']');
    for (size_t i = 0; i < draft->n_columns; i++) {
        ym_buf_char(to, ',');
        ym_json_text(to, i < row->cells.n ? row->cells.items[i] : YM_STR(""));
    }
    ym_buf_add(to, YM_STR("]\n"));
}

// The answer's lines [_pos, ["why", …]] are those rows of items[from…until] that were sent.
static bool take_verdicts(const struct draft *draft, struct ym_str rest, struct draft_row *rows,
                          size_t n, struct ym_error *err)
{
    struct ym_str line;
    size_t at = 0;

    while (engine_tsv_line(&rest, &line)) {
        json_t *json = NULL, *item;
        size_t i;
        if (line.n == 0)
            continue;
        if (!ym_json_parse(line, SIZE_MAX, &json, err))
            return false;
        int64_t pos = json_integer_value(json_array_get(json, 0));
        while (at < n && rows[at].line != pos)
            at++;
        if (at < n) {
            rows[at].why = (struct quality_texts){0};
            json_array_foreach(json_array_get(json, 1), i, item)
                draft_texts(&rows[at].why, draft->arena, copy(item, draft->arena));
        }
        json_decref(json);
    }
    return true;
}

static bool same_cells(const struct draft_row *row)
{
    if (row->looked)
        return false;
    for (size_t i = 0; i < row->cells.n; i++)
        if (!ym_str_eq(row->cells.items[i], row->base.items[i]))
            return false;
    return true;
}

static bool trial(const struct draft *draft, struct ym_buf *rows, struct draft_row *items, size_t n,
                  struct ym_error *err)
{
    struct ym_buf answer = {.limit = PAGE_BYTES};
    struct ym_arg settings[16] = {ym_int("output_format_json_quote_64bit_integers", 0)};
    struct ym_args more = quality_settings();
    struct engine_query query = {.sql = draft->trial.p, .answer = &answer, .timeout_s = TIMEOUT_S};

    // The last one is for views only.
    for (size_t i = 0; i + 1 < more.n && i + 1 < YM_COUNT(settings); i++)
        settings[1 + i] = more.items[i];
    query.settings = (struct ym_args){settings, more.n};
    query.params = YM_ARGS(ym_text("rows", ym_buf_str(rows)));
    bool ok = engine_do(draft->lake->options.engine, &query, err) &&
              take_verdicts(draft, ym_buf_str(&answer), items, n, err);
    ym_buf_clear(&answer);
    rows->n = 0;
    return ok;
}

static void set_state(const struct draft *draft, struct draft_row *row)
{
    bool residual = row->why.n > 0, storable;

    for (size_t i = 0; i < row->why.n; i++)
        residual = draft_residual(draft, row->why.items[i], &storable) && residual;
    row->state = row->drop                 ? DRAFT_DROPPED
                 : row->accept && residual ? DRAFT_ACCEPTED
                 : row->act == 0           ? DRAFT_NONE
                 : row->why.n > 0          ? DRAFT_QUARANTINED
                                           : DRAFT_MENDED;
}

bool draft_judge(const struct draft *draft, struct draft_rows *rows, struct ym_error *err)
{
    struct ym_buf sent = {0};
    size_t from = 0;
    bool ok = true;

    for (size_t i = 0; ok && i < rows->n; i++) {
        struct draft_row *row = &rows->items[i];
        if (same_cells(row))
            row->why = row->because;
        else
            draft_send(draft, row, &sent);
        if (sent.n < TRIAL_BYTES && i + 1 < rows->n)
            continue;
        ok = sent.n == 0 || trial(draft, &sent, rows->items + from, i + 1 - from, err);
        from = i + 1;
    }
    ym_buf_clear(&sent);
    for (size_t i = 0; ok && i < rows->n; i++)
        set_state(draft, &rows->items[i]);
    return ok;
}
