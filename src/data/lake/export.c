#include "data/lake/reading.h"
#include "data/lake/xlsx.h"

enum { EXPORT_TIMEOUT_S = 6 * 3600 };

static const struct {
    const char *name, *type, *engine;
} formats[LAKE_FORMATS] = {
    [LAKE_CSV] = {"csv", "text/csv; charset=utf-8; header=present", "CSVWithNames"},
    [LAKE_NDJSON] = {"ndjson", "application/x-ndjson", "JSONEachRow"},
    [LAKE_PARQUET] = {"parquet", "application/vnd.apache.parquet", "Parquet"},
    [LAKE_XLSX] = {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                   "TabSeparated"},
};

struct lake_export {
    struct ym_arena arena;
    struct lake_question q;
    struct lake_order order;
    enum lake_format format;
    bool guard;
    struct ym_str file;
    // Where it goes, while it runs:
    http_write *write;
    bool (*stopped)(void *with);
    void *with;
    bool begun;
    struct lake_xlsx *xlsx;
};

const char *lake_format_name(enum lake_format format)
{
    return formats[format].name;
}

bool lake_format_by_name(struct ym_str name, enum lake_format *out)
{
    for (int i = 0; i < LAKE_FORMATS; i++)
        if (ym_str_is(name, formats[i].name)) {
            *out = (enum lake_format)i;
            return true;
        }
    return false;
}

const char *lake_export_type(const struct lake_export *export)
{
    return formats[export->format].type;
}

struct ym_str lake_export_file(const struct lake_export *export)
{
    return export->file;
}

int64_t lake_export_version(const struct lake_export *export)
{
    return export->q.view.version;
}

void lake_export_close(struct lake_export *export)
{
    if (!export)
        return;
    lake_xlsx_free(export->xlsx);
    ym_arena_clear(&export->arena);
    free(export);
}

static bool ask(struct lake_export *export, const struct org_caller *caller,
                const struct lake_export_ask *what, struct ym_error *err)
{
    struct lake_question *q = &export->q;
    struct ym_buf canonical = {0};
    bool ok =
        lake_question_open(q, caller, what->dataset, what->version, what->as_of, err) &&
        lake_question_where(q, ym_arena_str(&export->arena, what->where), &canonical, err) &&
        lake_question_fields(q, ym_arena_str(&export->arena, what->fields), err) &&
        lake_order_parse((struct ym_str){NULL, 0}, &q->view, &export->arena, &export->order, err);

    ym_buf_clear(&canonical);
    return ok;
}

bool lake_export_open(struct lake *lake, const struct org_caller *caller,
                      const struct lake_export_ask *what, struct lake_export **out,
                      struct ym_error *err)
{
    struct lake_export *export = calloc(1, sizeof *export);

    if (!export)
        abort();
    *out = NULL;
    export->q.lake = lake;
    export->q.arena = &export->arena;
    export->format = what->format;
    export->guard = what->guard && what->format == LAKE_CSV;
    if (!ask(export, caller, what, err)) {
        lake_export_close(export);
        return false;
    }
    export->file =
        ym_arena_printf(&export->arena, "%.*s-v%lld.%s", YM_FMT(export->q.view.dataset_name),
                        (long long)export->q.view.version, formats[what->format].name);
    *out = export;
    return true;
}

static bool is_text(const struct quality_field *field)
{
    return field->type == QUALITY_STRING || field->type == QUALITY_TIME;
}

#define FORMULA "match(%s, '^[=+@\\\\t\\\\r-]')"

static void guarded(const struct quality_field *field, struct ym_buf *sql)
{
    struct ym_buf name = {0}, shown = {0};

    engine_name(&name, field->name);
    if (field->name.n > 0 && strchr("=+-@\t\r", field->name.p[0]))
        ym_buf_char(&shown, '\'');
    ym_buf_add(&shown, field->name);
    if (is_text(field))
        ym_buf_printf(sql, "if(" FORMULA ", concat('\\'', %s), %s)", ym_buf_cstr(&name),
                      ym_buf_cstr(&name), ym_buf_cstr(&name));
    else
        ym_buf_add(sql, ym_buf_str(&name));
    ym_buf_add(sql, YM_STR(" AS "));
    engine_name(sql, ym_buf_str(&shown));
    ym_buf_clear(&name);
    ym_buf_clear(&shown);
}

static void add_columns(const struct lake_export *export, struct ym_buf *sql)
{
    for (size_t i = 0; i < export->q.n_chosen; i++) {
        const struct quality_field *field = export->q.chosen[i];
        if (i > 0)
            ym_buf_add(sql, YM_STR(", "));
        if (export->format == LAKE_PARQUET)
            engine_name(sql, field->name); // its own types say more than texts
        else if (export->guard && field->type != QUALITY_DATETIME)
            guarded(field, sql);
        else
            lake_column(field, sql);
    }
}

static void add_rows(const struct lake_export *export, struct ym_buf *sql,
                     struct engine_params *params, struct ym_arena *arena)
{
    lake_question_from(&export->q, sql);
    if (!export->q.where)
        return;
    ym_buf_add(sql, YM_STR(" AND "));
    engine_expr(export->q.where, sql, params, arena);
}

/* What a sheet cannot hold is said before its first byte leaves. */

static void longest(const struct lake_export *export, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("max(arrayMax([0"));
    for (size_t i = 0; i < export->q.n_chosen; i++) {
        if (!is_text(export->q.chosen[i]))
            continue;
        ym_buf_add(sql, YM_STR(", ifNull(lengthUTF8("));
        engine_name(sql, export->q.chosen[i]->name);
        ym_buf_add(sql, YM_STR("), 0)"));
    }
    ym_buf_add(sql, YM_STR("]))"));
}

static bool fits(int64_t rows, int64_t length, struct ym_error *err)
{
    if (rows >= LAKE_XLSX_ROWS) {
        ym_fail(err, YM_TOO_LARGE, "lake.xlsx_rows", "%lld rows are more than a sheet holds",
                (long long)rows);
        return ym_hint(err, "A sheet holds %d rows. Take CSV, or narrow the filter.",
                       LAKE_XLSX_ROWS - 1);
    }
    if (length > LAKE_XLSX_CELL) {
        ym_fail(err, YM_TOO_LARGE, "lake.xlsx_cell", "a text of %lld characters is no cell",
                (long long)length);
        return ym_hint(err, "A cell holds %d characters. Take CSV, or leave the field out.",
                       LAKE_XLSX_CELL);
    }
    return true;
}

static bool check_sheet(struct lake_export *export, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = 256};
    struct engine_params params = {0};
    int64_t rows = 0, length = 0;
    struct ym_str line, cell;

    ym_buf_add(&sql, YM_STR("SELECT count(), "));
    longest(export, &sql);
    add_rows(export, &sql, &params, &export->arena);
    struct engine_query query = {.sql = ym_buf_cstr(&sql),
                                 .params = {params.items, params.n},
                                 .stopped = export->stopped,
                                 .with = export->with,
                                 .answer = &answer,
                                 .timeout_s = 600};
    bool ok = engine_do(export->q.lake->options.engine, &query, err);
    line = ym_str_trim(ym_buf_str(&answer));
    if (ok &&
        !(ym_str_cut(&line, '\t', &cell) && ym_str_int(cell, &rows) && ym_str_int(line, &length)))
        ok = ym_fail(err, YM_FAULT, "lake.total", "the engine counts no rows");
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    return ok && fits(rows, length, err);
}

static bool begin_sheet(struct lake_export *export, struct ym_error *err)
{
    const struct lake_question *q = &export->q;
    bool *numeric = ym_arena_alloc(&export->arena, (q->n_chosen + 1) * sizeof *numeric);
    struct ym_str *names = ym_arena_alloc(&export->arena, (q->n_chosen + 1) * sizeof *names);

    for (size_t i = 0; i < q->n_chosen; i++) {
        names[i] = q->chosen[i]->name;
        numeric[i] = q->chosen[i]->type == QUALITY_INTEGER || q->chosen[i]->type == QUALITY_NUMBER;
    }
    export->xlsx = lake_xlsx_new(numeric, q->n_chosen, export->write, export->with);
    return lake_xlsx_names(export->xlsx, names, err);
}

static bool begin(struct lake_export *export, struct ym_error *err)
{
    export->begun = true;
    // The engine holds what it reads from here on; before, retention may have taken it.
    if (!lake_question_holds(&export->q, err))
        return false;
    if (export->format == LAKE_XLSX)
        return begin_sheet(export, err);
    return !export->guard || export->write(export->with, YM_STR("\xef\xbb\xbf"), err);
}

static bool on_bytes(void *with, struct ym_str bytes, struct ym_error *err)
{
    struct lake_export *export = with;

    if (!export->begun && !begin(export, err))
        return false;
    if (export->xlsx)
        return lake_xlsx_rows(export->xlsx, bytes, err);
    return export->write(export->with, bytes, err);
}

static bool on_stopped(void *with)
{
    const struct lake_export *export = with;

    return export->stopped && export->stopped(export->with);
}

static void export_sql(const struct lake_export *export, struct ym_buf *sql,
                       struct engine_params *params, struct ym_arena *arena)
{
    ym_buf_add(sql, YM_STR("SELECT "));
    add_columns(export, sql);
    add_rows(export, sql, params, arena);
    lake_order_by(&export->order, sql);
    ym_buf_printf(sql, " FORMAT %s", formats[export->format].engine);
}

bool lake_export_run(struct lake_export *export, http_write *write, bool (*stopped)(void *with),
                     void *with, struct ym_error *err)
{
    struct ym_buf sql = {0};
    struct engine_params params = {0};
    const struct ym_args settings =
        YM_ARGS(ym_int("output_format_json_quote_64bit_integers", 1),
                ym_int("output_format_json_quote_decimals", 1),
                ym_int("output_format_decimal_trailing_zeros", 1),
                ym_int("output_format_json_quote_denormals", 0),
                ym_int("output_format_json_escape_forward_slashes", 0),
                ym_int("output_format_csv_crlf_end_of_line", 1),
                ym_text("format_csv_null_representation", YM_STR("")),
                ym_int("output_format_parquet_string_as_string", 1),
                ym_int("output_format_parquet_row_group_size", 100000),
                // A slow client holds the engine up; it is judged by how much it takes (host/http).
                ym_int("http_send_timeout", 300), ym_int("http_receive_timeout", 300),
                ym_int("prefer_column_name_to_alias", 1));

    export->write = write;
    export->stopped = stopped;
    export->with = with;
    export->begun = false;
    if (export->format == LAKE_XLSX && !check_sheet(export, err))
        return false;
    export_sql(export, &sql, &params, &export->arena);
    struct engine_query query = {
        .sql = ym_buf_cstr(&sql),
        .params = {params.items, params.n},
        .settings = settings,
        .write = on_bytes,
        .stopped = on_stopped,
        .with = export,
        .timeout_s = EXPORT_TIMEOUT_S,
        .streamed = true,
    };
    bool ok = engine_do(export->q.lake->options.engine, &query, err);
    // No row and no name: an empty file is one all the same.
    ok = ok && (export->begun || begin(export, err));
    ok = ok && (!export->xlsx || lake_xlsx_end(export->xlsx, err));
    ym_buf_clear(&sql);
    return ok;
}
