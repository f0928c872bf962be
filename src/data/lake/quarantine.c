#include "data/lake/draft_private.h"
#include "data/lake/reading.h"

#include "base/time.h"

enum {
    LIMIT_OTHERWISE = 100,
    LIMIT_MAX = 1000,
    PAGE_MAX = 64 << 20, // bytes
    TIMEOUT_S = 30,
    UNKNOWN_TABLE = 60 // the engine's number
};

// A `_why` is CODE or CODE:FIELD, and a field's name may hold a colon.
#define REASONS                                                                                    \
    "CAST(arrayMap(w -> (if(position(w, ':') = 0, w, substring(w, 1, position(w, ':') - 1)),"      \
    " if(position(w, ':') = 0, NULL, substring(w, position(w, ':') + 1))), _why),"                 \
    " 'Array(Tuple(code String, column Nullable(String)))')"
#define MATCHES                                                                                    \
    " WHERE _partition_id = {version:String} AND arrayExists(r ->"                                 \
    " ({code:String} = '' OR r.1 = {code:String})"                                                 \
    " AND ({column:String} = '' OR ifNull(r.2, '') = {column:String}), " REASONS ")"

struct asking {
    struct lake *lake;
    struct ym_arena *arena;
    int64_t dataset, load, version, quarantined;
    struct ym_str code, column;
    struct lake_cursor cursor;
    char digest[LAKE_DIGEST];
    int64_t limit, total;
    struct ym_buf rows;
    struct ym_str report;
    struct drafted *drafts; // of the rows of this page, by line
    size_t n_drafts, cap_drafts;
};
struct drafted { // what became of a row in the draft, as JSON
    int64_t line;
    struct ym_str json;
};

static const char SQL_LOAD[] =
    "SELECT dataset, number, rows_quarantined, report FROM version WHERE id = :id";
static bool find_load(struct asking *a, const struct org_caller *caller, struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool ok = false;

    if (!store_take(a->lake->options.pool, &store, err))
        return false;
    if (!store_ask(store, SQL_LOAD, YM_ARGS(ym_int("id", a->load)), &rows, err))
        goto out;
    bool found = store_next(rows, err);
    if (found) {
        a->dataset = store_int(rows, 0);
        a->version = store_int(rows, 1);
        a->quarantined = store_int(rows, 2);
        a->report = ym_arena_str(a->arena, store_text(rows, 3));
    }
    if (!store_rows_close(rows, err))
        goto out;
    if (found && !catalog_by_id(store, a->dataset, a->arena, &dataset, err))
        goto out;
    ok = found && draft_may_look(&dataset, caller);
    if (!ok && !caller) {
        ym_fail(err, YM_SIGN_IN, "lake.may_not_look", "quarantined rows are for the agency");
        ym_hint(err, "Sign in as a steward of the agency that made the load.");
    } else if (!ok) { // what one may not know of is not there
        ym_fail(err, YM_NOT_FOUND, "lake.no_load", "there is no load %lld", (long long)a->load);
        ym_hint(err, "Look at the dataset's list of loads.");
    }
out:
    store_give(a->lake->options.pool, store);
    return ok;
}

static bool check(struct asking *a, struct ym_str after, int64_t limit, struct ym_error *err)
{
    struct ym_buf asked = {0};

    a->limit = limit == 0 ? LIMIT_OTHERWISE : limit;
    if (a->limit < 1 || a->limit > LIMIT_MAX) {
        ym_fail(err, YM_INVALID, "lake.limit", "a page of %lld rows", (long long)limit);
        return ym_hint(err, "Ask for 1 to %d rows at once.", LIMIT_MAX);
    }
    ym_buf_printf(&asked, "quarantine %lld %zu %.*s %.*s", (long long)a->load, a->code.n,
                  YM_FMT(a->code), YM_FMT(a->column));
    lake_cursor_digest(ym_buf_str(&asked), a->digest);
    ym_buf_clear(&asked);
    if (after.n == 0)
        return true;
    if (!lake_cursor_open(a->lake, after, a->arena, &a->cursor, err))
        return false;
    if (strcmp(a->cursor.digest, a->digest) == 0)
        return true;
    ym_fail(err, YM_INVALID, "lake.cursor", "the cursor belongs to another list");
    return ym_hint(err,
                   "Go on with the same load, code and column, or begin again without `after`.");
}

static bool ask(struct asking *a, const char *sql, struct ym_buf *answer, struct ym_error *err)
{
    char version[24];
    struct engine_query query = {
        .sql = sql,
        .answer = answer,
        .timeout_s = TIMEOUT_S,
        .settings = YM_ARGS(ym_int("output_format_json_quote_64bit_integers", 0),
                            ym_int("output_format_json_escape_forward_slashes", 0)),
    };

    (void)snprintf(version, sizeof version, "%lld", (long long)a->version);
    query.params = YM_ARGS(ym_text("version", ym_str(version)),
                           ym_text("code", a->code.p ? a->code : YM_STR("")),
                           ym_text("column", a->column.p ? a->column : YM_STR("")),
                           ym_int("behind", a->cursor.row), ym_int("limit", a->limit + 1));
    if (engine_do(a->lake->options.engine, &query, err))
        return true;
    if (query.exception != UNKNOWN_TABLE)
        return false;
    *err = (struct ym_error){0}; // the table goes when no row is in it
    return true;
}

static bool ask_both(struct asking *a, struct ym_error *err)
{
    struct ym_buf answer = {0};
    char count[2048], rows[2048];
    bool ok = true;

    ym_buf_init(&a->rows, PAGE_MAX);
    if (a->quarantined == 0)
        return true;
    (void)snprintf(
        rows, sizeof rows,
        "SELECT _pos AS line, " REASONS " AS reasons, raw AS cells FROM lake.q%lld" MATCHES
        " AND _pos > {behind:UInt64} ORDER BY _pos LIMIT {limit:UInt64} FORMAT JSONEachRow",
        (long long)a->dataset);
    (void)snprintf(count, sizeof count, "SELECT count() FROM lake.q%lld" MATCHES,
                   (long long)a->dataset);
    a->total = a->quarantined;
    if ((a->code.n > 0 || a->column.n > 0) && !lake_total_known(a->lake, a->digest, &a->total)) {
        a->total = 0;
        ok = ask(a, count, &answer, err);
        if (ok && answer.n > 0 && ym_str_int(ym_str_trim(ym_buf_str(&answer)), &a->total))
            lake_total_keep(a->lake, a->digest, a->total);
        ym_buf_clear(&answer);
    }
    return ok && ask(a, rows, &a->rows, err);
}

static int64_t line_of(struct ym_str row)
{
    struct ym_str number, tail = ym_str_sub(row, sizeof "{\"line\":" - 1, 24);
    int64_t line = 0;

    (void)ym_str_cut(&tail, ',', &number);
    return ym_str_int(number, &line) ? line : 0;
}

static struct ym_str draft_json(const struct store_rows *rows, struct ym_arena *arena)
{
    struct quality_texts why = {0};
    struct ym_error ignored = {0};
    struct ym_buf text = {0};
    char at[YM_TIME_TEXT];
    json_t *cells = NULL, *list = NULL, *item;
    size_t i;

    if (!ym_json_parse(store_text(rows, 2), SIZE_MAX, &cells, &ignored) ||
        !ym_json_parse(store_text(rows, 3), SIZE_MAX, &list, &ignored)) {
        json_decref(cells);
        return YM_STR("null");
    }
    json_array_foreach(list, i, item) draft_texts(
        &why, arena, (struct ym_str){json_string_value(item), json_string_length(item)});
    json_t *draft = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "state", ym_json_str(store_text(rows, 1)),
        "cells", cells, "reasons", draft_reasons(&why), "kind", ym_json_str(store_text(rows, 4)),
        "who", ym_json_str(store_text(rows, 5)), "at", ym_time_text(store_int(rows, 6), at),
        "reason", ym_json_str(store_text(rows, 7)), "act",
        json_sprintf("%lld", (long long)store_int(rows, 8)));
    ym_json_dump(&text, draft);
    struct ym_str kept = ym_arena_str(arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    json_decref(draft);
    json_decref(list);
    return kept;
}

static const char SQL_DRAFTS[] =
    "SELECT r.line, r.state, r.cells, r.why, a.kind, a.who, a.made, a.reason, a.id"
    " FROM quarantine_row r JOIN quarantine_act a ON a.id = r.act"
    " WHERE r.load = :load AND r.line >= :from AND r.line <= :until ORDER BY r.line";
static bool read_drafts(struct asking *a, struct ym_error *err)
{
    struct ym_str rest = ym_buf_str(&a->rows), line;
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    int64_t from = 0, until = 0;

    while (engine_tsv_line(&rest, &line)) {
        from = from == 0 ? line_of(line) : from;
        until = line.n > 0 ? line_of(line) : until;
    }
    if (until == 0)
        return true;
    if (!store_take(a->lake->options.pool, &store, err))
        return false;
    bool ok = store_ask(
        store, SQL_DRAFTS,
        YM_ARGS(ym_int("load", a->load), ym_int("from", from), ym_int("until", until)), &rows, err);
    while (ok && store_next(rows, err)) {
        a->drafts =
            ym_arena_grow(a->arena, a->drafts, &a->cap_drafts, a->n_drafts + 1, sizeof *a->drafts);
        a->drafts[a->n_drafts++] = (struct drafted){store_int(rows, 0), draft_json(rows, a->arena)};
    }
    ok = ok && store_rows_close(rows, err);
    store_give(a->lake->options.pool, store);
    return ok;
}

// The row as the engine wrote it, and behind it what the draft made of it.
static void put_row(const struct asking *a, struct ym_str row, size_t *at, struct ym_buf *out)
{
    int64_t line = line_of(row);

    while (*at < a->n_drafts && a->drafts[*at].line < line)
        ++*at;
    ym_buf_add(out, ym_str_sub(row, 0, row.n - 1));
    ym_buf_add(out, YM_STR(",\"draft\":"));
    ym_buf_add(out, *at < a->n_drafts && a->drafts[*at].line == line ? a->drafts[*at].json
                                                                     : YM_STR("null"));
    ym_buf_char(out, '}');
}

static void put_columns(struct asking *a, struct ym_buf *out)
{
    struct ym_error ignored = {0};
    json_t *report = NULL;

    ym_buf_add(out, YM_STR(",\"columns\":"));
    const json_t *columns = NULL;
    if (a->report.n > 0 && ym_json_parse(a->report, SIZE_MAX, &report, &ignored))
        columns = json_object_get(report, "source_columns");
    if (columns)
        ym_json_dump(out, columns);
    else
        ym_buf_add(out, YM_STR("null"));
    json_decref(report);
}

static bool write_answer(struct asking *a, struct ym_buf *out, struct ym_error *err)
{
    size_t at = 0;
    struct ym_str rest = ym_buf_str(&a->rows), line, next = {NULL, 0};
    struct lake_cursor cursor = {.version = a->version, .row = 0};
    int64_t n = 0;

    memcpy(cursor.digest, a->digest, sizeof cursor.digest);
    ym_buf_add(out, YM_STR("{\"items\":["));
    while (engine_tsv_line(&rest, &line)) {
        if (line.n == 0)
            continue;
        if (n == a->limit) {
            if (!lake_cursor_seal(a->lake, &cursor, a->arena, &next, err))
                return false;
            break;
        }
        if (n++ > 0)
            ym_buf_char(out, ',');
        put_row(a, line, &at, out);
        cursor.row = line_of(line);
        if (cursor.row == 0)
            return ym_fail(err, YM_FAULT, "lake.row", "a quarantined row without its line");
    }
    ym_buf_add(out, YM_STR("],\"next\":"));
    if (next.p)
        ym_json_text(out, next);
    else
        ym_buf_add(out, YM_STR("null"));
    put_columns(a, out);
    ym_buf_printf(out, ",\"total\":%lld}", (long long)a->total);
    if (!out->full)
        return true;
    ym_fail(err, YM_TOO_LARGE, "lake.page", "the rows of this page are too large");
    return ym_hint(err, "Ask for fewer rows at once.");
}

bool lake_quarantine(struct lake *lake, const struct org_caller *caller, int64_t load,
                     struct ym_str code, struct ym_str column, struct ym_str after, int64_t limit,
                     struct ym_buf *out, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct asking a = {.lake = lake, .arena = &arena, .load = load, .code = code, .column = column};
    bool ok = find_load(&a, caller, err) && check(&a, after, limit, err) && ask_both(&a, err) &&
              read_drafts(&a, err) && write_answer(&a, out, err);

    ym_buf_clear(&a.rows);
    ym_arena_clear(&arena);
    return ok;
}
