#include "data/collect/sink.h"

#include <errno.h>
#include <unistd.h>

#include "data/collect/text.h"

enum {
    SHORT = 32, // cells up to here are copied whole and cut by the length
    VARINT_MAX = 5
};
_Static_assert((int)SHORT <= (int)COLLECT_PAD, "what is copied too much may be read");

static char *put_number(char *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        *to++ = (char)(value >> (8 * i));
    return to;
}

static char *put_varint(char *to, size_t n)
{
    while (n >= 0x80) {
        *to++ = (char)(n | 0x80);
        n >>= 7;
    }
    *to++ = (char)n;
    return to;
}

static char *put_cell(char *to, const struct collect_cell *cell)
{
    if (cell->doubled) {
        // The length is known when the quotes are single: written behind its place, moved back.
        size_t n = collect_csv_copy(cell, to + VARINT_MAX);
        char *text = put_varint(to, n);
        memmove(text, to + VARINT_MAX, n);
        return text + n;
    }
    if (cell->n <= SHORT) {
        *to++ = (char)cell->n;
        memcpy(to, cell->p, SHORT);
        return to + cell->n;
    }
    to = put_varint(to, cell->n);
    memcpy(to, cell->p, cell->n);
    return to + cell->n;
}

size_t collect_out_room(const struct collect_out *row)
{
    return row->bytes + (row->n + 2) * VARINT_MAX + row->columns + 256 + COLLECT_PAD;
}

size_t collect_out_write(const struct collect_out *row, char *to)
{
    char *out = put_number(to, (uint64_t)row->pos, 8);
    size_t fault = strlen(row->fault), given = row->n < row->columns ? row->n : row->columns;

    out = put_varint(out, fault);
    memcpy(out, row->fault, fault);
    out = put_varint(out + fault, row->n - given);
    for (size_t i = given; i < row->n; i++)
        out = put_cell(out, &row->cells[i]);
    for (size_t i = 0; i < given; i++)
        out = put_cell(out, &row->cells[i]);
    for (size_t i = given; i < row->columns; i++)
        *out++ = '\0';
    return (size_t)(out - to);
}

void collect_sink_clear(struct collect_sink *sink)
{
    free(sink->p);
    sink->p = NULL;
    sink->n = sink->cap = 0;
}

static bool write_all(struct collect_sink *sink, const char *p, size_t n, struct ym_error *err)
{
    while (n > 0) {
        ssize_t k = write(sink->fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0) {
            ym_fail(err, YM_FAULT, "collect.reader", "nobody takes the rows: error %d", errno);
            return ym_hint(err, "Send the file again.");
        }
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static void put_head(const struct collect_sink *sink, enum collect_frame kind, size_t n, char *to)
{
    *to++ = (char)kind;
    to = put_number(to, (uint64_t)sink->offset, 8);
    put_number(to, n, 4);
}

bool collect_sink_flush(struct collect_sink *sink, struct ym_error *err)
{
    if (sink->n <= COLLECT_FRAME_HEAD)
        return true;
    put_head(sink, COLLECT_ROWS, sink->n - COLLECT_FRAME_HEAD, sink->p);
    size_t n = sink->n;
    sink->n = COLLECT_FRAME_HEAD;
    return write_all(sink, sink->p, n, err);
}

// Room for `need` bytes of the next row, after the rows so far were sent where they are many.
static bool make_room(struct collect_sink *sink, size_t need, struct ym_error *err)
{
    if (sink->n == 0)
        sink->n = COLLECT_FRAME_HEAD;
    if (sink->n + need <= sink->cap && sink->n + need <= COLLECT_FRAME_ROWS)
        return true;
    if (sink->n + need > COLLECT_FRAME_ROWS && !collect_sink_flush(sink, err))
        return false;
    size_t cap = sink->n + need > COLLECT_FRAME_ROWS ? sink->n + need : COLLECT_FRAME_ROWS;
    if (cap > sink->cap) {
        sink->p = realloc(sink->p, cap);
        if (!sink->p)
            abort();
        sink->cap = cap;
    }
    return true;
}

bool collect_sink_row(struct collect_sink *sink, const struct collect_out *row,
                      struct ym_error *err)
{
    if (!make_room(sink, collect_out_room(row), err))
        return false;
    sink->n += collect_out_write(row, sink->p + sink->n);
    sink->rows++;
    sink->faults += row->fault[0] != '\0';
    return true;
}

bool collect_sink_written(struct collect_sink *sink, struct ym_str rows, struct ym_error *err)
{
    if (!make_room(sink, rows.n, err))
        return false;
    memcpy(sink->p + sink->n, rows.p, rows.n);
    sink->n += rows.n;
    return true;
}

bool collect_sink_tick(struct collect_sink *sink, int64_t offset, struct ym_error *err)
{
    char head[COLLECT_FRAME_HEAD];

    sink->offset = offset;
    put_head(sink, COLLECT_TICK, 0, head);
    return write_all(sink, head, sizeof head, err);
}

// Takes `value`. What it holds is our own UTF-8, so that it can always be written.
static bool say(struct collect_sink *sink, enum collect_frame kind, json_t *value,
                struct ym_error *err)
{
    struct ym_buf text = {0};
    char head[COLLECT_FRAME_HEAD];

    assert(value);
    ym_json_dump(&text, value);
    json_decref(value);
    put_head(sink, kind, text.n, head);
    bool ok = collect_sink_flush(sink, err) && write_all(sink, head, sizeof head, err) &&
              write_all(sink, text.p, text.n, err);
    ym_buf_clear(&text);
    return ok;
}

static json_t *texts(const struct ym_str *items, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, ym_json_str(items[i]));
    return list;
}

bool collect_sink_view(struct collect_sink *sink, json_t *view, struct ym_error *err)
{
    return say(sink, COLLECT_VIEW, view, err);
}

bool collect_sink_enough(const struct collect_sink *sink, size_t most)
{
    return most > 0 && sink->rows >= (int64_t)most;
}

bool collect_sink_facts(struct collect_sink *sink, const struct collect_facts *facts,
                        struct ym_error *err)
{
    return say(sink, COLLECT_FACTS,
               json_pack("{s:o, s:o, s:o, s:o, s:b, s:I, s:I, s:I, s:o, s:o}", "format",
                         ym_json_str(facts->format), "encoding", ym_json_str(facts->encoding),
                         "delimiter", ym_json_str(facts->delimiter), "sheet",
                         ym_json_str(facts->sheet), "bom", (int)facts->bom, "header_row",
                         (json_int_t)facts->header_row, "header_rows",
                         (json_int_t)facts->header_rows, "first_row", (json_int_t)facts->first_row,
                         "columns", texts(facts->columns, facts->n_columns), "notes",
                         texts(facts->notes, facts->n_notes)),
               err);
}

bool collect_sink_end(struct collect_sink *sink, const struct collect_end *end,
                      struct ym_error *err)
{
    return say(sink, COLLECT_END,
               json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "rows", (json_int_t)end->rows, "faults",
                         (json_int_t)end->faults, "lines", (json_int_t)end->lines, "notes_after",
                         (json_int_t)end->notes_after, "skipped", (json_int_t)end->skipped,
                         "rounded", (json_int_t)end->rounded),
               err);
}

bool collect_sink_again(struct collect_sink *sink, const char *encoding, struct ym_error *err)
{
    return say(sink, COLLECT_AGAIN, json_pack("{s:s}", "encoding", encoding), err);
}

bool collect_sink_problem(struct collect_sink *sink, const struct ym_error *problem)
{
    struct ym_error unheard;

    return say(sink, COLLECT_PROBLEM,
               json_pack("{s:i, s:I, s:s, s:o, s:o, s:o}", "kind", (int)problem->kind, "line",
                         (json_int_t)problem->line, "code", problem->code, "subject",
                         ym_json_str(ym_str(problem->subject)), "message",
                         ym_json_str(ym_str(problem->message)), "hint",
                         ym_json_str(ym_str(problem->hint))),
               &unheard);
}
