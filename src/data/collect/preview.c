// A file's beginning beside what is made of it, as JSON for a page.
#include "data/collect/preview.h"

#include "data/collect/sink.h"

enum { ROWS_MAX = 200 };

// RowBinary on its way back to texts.
struct reading {
    struct ym_str rest;
    bool bad;
};

static struct ym_str take(struct reading *in, size_t n)
{
    struct ym_str part = {in->rest.p, n};

    if (n > in->rest.n) {
        in->bad = true;
        return YM_STR("");
    }
    in->rest = (struct ym_str){in->rest.p + n, in->rest.n - n};
    return part;
}

static size_t take_size(struct reading *in)
{
    size_t value = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        struct ym_str one = take(in, 1);
        if (in->bad)
            return 0;
        value |= (size_t)((unsigned char)one.p[0] & 0x7F) << shift;
        if ((unsigned char)one.p[0] < 0x80)
            return value;
    }
    in->bad = true;
    return 0;
}

static json_t *shown(struct ym_str text)
{
    return ym_json_str(ym_utf8_cut(text, COLLECT_SHOWN_BYTES));
}

static json_t *take_cells(struct reading *in, json_t *cells, size_t n)
{
    for (size_t i = 0; i < n && !in->bad; i++)
        json_array_append_new(cells, shown(take(in, take_size(in))));
    return cells;
}

static json_t *take_row(struct reading *in, size_t columns)
{
    uint64_t pos = 0;
    struct ym_str bytes = take(in, sizeof pos);

    if (!in->bad)
        memcpy(&pos, bytes.p, sizeof pos);
    struct ym_str fault = take(in, take_size(in));
    json_t *extra = take_cells(in, json_array(), take_size(in));
    json_t *cells = take_cells(in, json_array(), columns);
    json_array_extend(cells, extra);
    json_decref(extra);
    return json_pack("{s:I, s:o, s:o}", "line", (json_int_t)pos, "cells", cells, "fault",
                     fault.n > 0 ? ym_json_str(fault) : json_null());
}

static bool take_rows(struct collect_read *read, size_t columns, size_t most, json_t *rows,
                      struct ym_error *err)
{
    struct reading in = {0};

    while (json_array_size(rows) < most) {
        if (!collect_next(read, &in.rest, err))
            return false;
        if (in.rest.n == 0)
            return true;
        while (in.rest.n > 0 && !in.bad && json_array_size(rows) < most)
            json_array_append_new(rows, take_row(&in, columns));
        if (in.bad)
            return ym_fail(err, YM_FAULT, "collect.reader",
                           "the reader of the file speaks nonsense");
    }
    return true;
}

static json_t *texts(const struct ym_str *items, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, shown(items[i]));
    return list;
}

static void add_facts(json_t *out, const struct collect_facts *facts)
{
    json_object_set_new(out, "format", ym_json_str(facts->format));
    json_object_set_new(out, "encoding", ym_json_str(facts->encoding));
    json_object_set_new(out, "delimiter", ym_json_str(facts->delimiter));
    json_object_set_new(out, "sheet", ym_json_str(facts->sheet));
    json_object_set_new(out, "bom", json_boolean(facts->bom));
    json_object_set_new(out, "header_row",
                        facts->header_row > 0 ? json_integer(facts->header_row) : json_null());
    json_object_set_new(out, "header_rows", json_integer(facts->header_rows));
    json_object_set_new(out, "first_row", json_integer(facts->first_row));
    json_object_set_new(out, "columns", texts(facts->columns, facts->n_columns));
    json_object_set_new(out, "notes", texts(facts->notes, facts->n_notes));
}

static json_t *nothing_known(void)
{
    return json_pack("{s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:[], s:[], s:[], s:[], s:[]}",
                     "format", "encoding", "delimiter", "sheet", "bom", "header_row", "header_rows",
                     "first_row", "columns", "notes", "rows", "raw", "sheets");
}

bool collect_preview(const struct collect_request *request, size_t rows, json_t **out,
                     struct ym_error *problem, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct collect_read *read = NULL;
    struct collect_facts facts;
    json_t *view = NULL;

    if (rows < 1 || rows > ROWS_MAX)
        rows = rows < 1 ? 1 : ROWS_MAX;
    *problem = (struct ym_error){0};
    *out = nothing_known();
    bool ok = collect_open_preview(request, rows, &arena, &view, &read, &facts, problem);
    if (view)
        json_object_update(*out, view);
    if (ok) {
        add_facts(*out, &facts);
        ok = take_rows(read, facts.n_columns, rows, json_object_get(*out, "rows"), problem);
        collect_close(read);
    }
    json_decref(view);
    ym_arena_clear(&arena);
    // The file's own faults are an answer; a full disk or a reader that died is none.
    if (ok || problem->kind == YM_INVALID || problem->kind == YM_TOO_LARGE)
        return true;
    *err = *problem;
    *problem = (struct ym_error){0};
    json_decref(*out);
    *out = NULL;
    return false;
}
