#include "data/collect/dialect.h"
#include "data/collect/hold.h"
#include "data/collect/kinds.h"
#include "data/collect/reader.h"
#include "data/collect/table.h"
#include "data/collect/text.h"

enum { SAMPLE_BYTES = 256 * 1024, SAMPLE_LINES = 20, NOTE_MAX_BYTES = 1000 };

struct csv {
    const struct collect_job *job;
    struct collect_sink *sink;
    struct collect_text text;
    struct collect_shape shape;
    struct collect_row row;
    struct collect_facts facts;
    struct ym_arena arena;
    int64_t line;    // of the next row
    int64_t skipped; // rows that the recipe leaves out
    struct collect_hold hold;
};

static bool fail_row(const char *code, const char *what, int64_t line, const char *hint,
                     struct ym_error *err)
{
    ym_fail(err, YM_TOO_LARGE, code, "%s", what);
    ym_at_line(err, line);
    return ym_hint(err, "%s", hint);
}

static bool fail_quote(int64_t line, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.quote", "a quote opened on line %lld is never closed",
            (long long)line);
    ym_at_line(err, line);
    return ym_hint(err,
                   "Close the quote on that line; a quote inside a quoted cell is written "
                   "twice (\"\").");
}

static bool fail_wide(int64_t line, struct ym_error *err)
{
    ym_fail(err, YM_TOO_LARGE, "collect.columns", "more than %d columns", COLLECT_COLUMNS_MAX);
    ym_at_line(err, line);
    return ym_hint(err,
                   "Turn the table: rows may be many, columns not. If the delimiter was found "
                   "wrongly, declare it.");
}

// The row does not end in the window: more text, or it is too long.
static bool more(struct csv *csv, struct ym_error *err)
{
    const struct collect_text *text = &csv->text;
    size_t n = text->to - text->from;
    size_t open = csv->row.open_line;
    int64_t opened = csv->line + (int64_t)open - 1;

    if (open > 0 && (text->eof || n > COLLECT_CELL_MAX))
        return fail_quote(opened, err);
    if (n > COLLECT_ROW_MAX)
        return fail_row("collect.long_row", "a row is longer than 16 MiB", csv->line,
                        "The file has no line ends, or is no table. Export it with one row a line.",
                        err);
    return collect_text_fill(&csv->text, err);
}

static void step(struct csv *csv)
{
    csv->line += (int64_t)csv->row.lines;
    csv->text.from = (size_t)(csv->row.end - csv->text.p);
}

// The next row that is neither blank nor left out, in csv->row; its line is csv->line, and the
// caller steps on.
static bool next(struct csv *csv, enum collect_got *got, struct ym_error *err)
{
    struct collect_text *text = &csv->text;

    for (;;) {
        *got = collect_csv_take(&csv->shape.dialect, text->p + text->from, text->p + text->to,
                                text->eof, &csv->row);
        if (*got == COLLECT_GOT_WIDE)
            return fail_wide(csv->line, err);
        if (*got == COLLECT_GOT_END)
            return true;
        if (*got == COLLECT_GOT_MORE) {
            if (!more(csv, err))
                return false;
            continue;
        }
        bool empty = collect_csv_is_empty(&csv->row);
        if (!empty && !collect_skipped(&csv->job->skips, csv->line))
            return true;
        if (!empty) {
            csv->skipped++;
            (void)collect_text_fault(text, (size_t)(csv->row.end - text->p));
        }
        step(csv);
    }
}

static size_t count(const struct collect_text *text, char c)
{
    const char *p = text->p + text->from, *end = text->p + text->to;
    size_t n = 0;

    while (p && p < end && (p = memchr(p, c, (size_t)(end - p)))) {
        n++;
        p++;
    }
    return n;
}

// Text enough to judge by: a few hundred KiB, more where lines are long.
static bool fill_sample(struct csv *csv, struct ym_error *err)
{
    struct collect_text *text = &csv->text;

    while (!text->eof) {
        size_t n = text->to - text->from;
        if (n >= SAMPLE_BYTES && (n > COLLECT_ROW_MAX || count(text, '\n') >= SAMPLE_LINES ||
                                  count(text, '\r') >= SAMPLE_LINES))
            break;
        if (!collect_text_fill(text, err))
            return false;
    }
    csv->shape.dialect.line_end = count(text, '\n') == 0 && count(text, '\r') > 0 ? '\r' : '\n';
    return true;
}

static void add_note(struct csv *csv, const char *p, const char *end)
{
    struct ym_str text = ym_str_trim((struct ym_str){p, (size_t)(end - p)});
    struct collect_facts *facts = &csv->facts;

    while (text.n > 0 && text.p[text.n - 1] == csv->shape.dialect.delimiter)
        text = ym_str_trim(ym_str_sub(text, 0, text.n - 1)); // ",,,": a title in a padded line
    if (text.n == 0 || facts->n_notes == COLLECT_NOTES_MAX)
        return;
    if (!facts->notes)
        facts->notes = ym_arena_alloc(&csv->arena, COLLECT_NOTES_MAX * sizeof *facts->notes);
    facts->notes[facts->n_notes++] = ym_arena_str(&csv->arena, ym_utf8_cut(text, NOTE_MAX_BYTES));
}

// Passes over the physical lines before `line`, which are notes.
static bool skip_to_line(struct csv *csv, int64_t line, struct ym_error *err)
{
    struct collect_text *text = &csv->text;

    while (csv->line < line) {
        const char *p = text->p + text->from, *end = text->p + text->to;
        const char *stop = p < end ? memchr(p, csv->shape.dialect.line_end, (size_t)(end - p)) : p;
        if (p < end && stop) {
            add_note(csv, p, stop);
            text->from = (size_t)(stop + 1 - text->p);
            csv->line++;
            continue;
        }
        if (!text->eof) {
            csv->row.open_line = 0;
            if (!more(csv, err))
                return false;
            continue;
        }
        ym_fail(err, YM_INVALID, "collect.no_header", "there is no line %lld for the header",
                (long long)line);
        ym_at_line(err, line);
        return ym_hint(err,
                       "Declare the line on which the column names stand, from 1, or leave it "
                       "out: it is then found.");
    }
    return true;
}

// Passes over what stands before the table, which begins at `start` of the window.
static void skip_to_table(struct csv *csv, size_t start)
{
    struct collect_text *text = &csv->text;

    while (text->from < start) {
        const char *p = text->p + text->from;
        if (collect_csv_take(&csv->shape.dialect, p, text->p + text->to, text->eof, &csv->row) !=
            COLLECT_GOT_ROW)
            return;
        add_note(csv, p, csv->row.end);
        step(csv);
    }
}

static bool choose_delimiter(struct csv *csv, const struct collect_sample *sample,
                             struct ym_error *err)
{
    struct ym_str asked = csv->job->recipe->delimiter;
    bool found = !asked.p;

    if (!found && !collect_delimiter_parse(asked, &csv->shape.dialect))
        return collect_fail_delimiter(asked, err);
    collect_shape_find(sample, found, &csv->shape);
    bool none = !found && csv->shape.dialect.delimiter == csv->shape.dialect.line_end;
    if (csv->shape.width > 0 || none)
        return true;
    if (csv->job->columns == 1) {
        csv->shape.dialect.delimiter = csv->shape.dialect.line_end;
        csv->shape.dialect.blank = false;
        return true;
    }
    ym_fail(err, YM_INVALID, "collect.one_column", "nothing separates columns in this file");
    if (!found)
        ym_fail(err, YM_INVALID, "collect.one_column", "'%.*s' separates no columns in this file",
                YM_FMT(asked));
    ym_at_line(err, csv->line);
    return ym_hint(err,
                   "Declare the delimiter (delimiter=;), or delimiter=none if the table has one "
                   "column.");
}

static bool fail_blank_header(int64_t line, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.no_header", "line %lld is blank: no header there",
            (long long)line);
    ym_at_line(err, line);
    return ym_hint(err, "Declare the line on which the column names stand, from 1.");
}

// The lines of the header become names; their texts are copied, as the window moves on.
static bool take_header(struct csv *csv, struct ym_error *err)
{
    struct collect_row lines[COLLECT_HEADER_ROWS_MAX] = {0};
    struct collect_facts *facts = &csv->facts;
    size_t n = csv->shape.header_rows;
    enum collect_got got;
    bool ok = false;

    if (csv->shape.width > COLLECT_COLUMNS_MAX)
        return fail_wide(csv->line, err);
    facts->header_row = 0;
    for (size_t i = 0; i < n; i++) {
        if (!next(csv, &got, err))
            goto out;
        int64_t told = csv->job->recipe->header_row;
        if (got == COLLECT_GOT_END || (i == 0 && told > 0 && csv->line != told)) {
            fail_blank_header(told, err);
            goto out;
        }
        if (i == 0)
            facts->header_row = csv->line;
        collect_row_copy(&csv->row, &csv->arena, &lines[i]);
        step(csv);
    }
    facts->header_rows = (int64_t)n;
    facts->n_columns = csv->shape.width;
    facts->columns = ym_arena_alloc(&csv->arena, facts->n_columns * sizeof *facts->columns);
    collect_names(lines, n, facts->n_columns, &csv->arena, facts->columns);
    ok = true;
out:
    return ok;
}

// The first lines of the file as they stand, for a preview.
static bool say_view(struct csv *csv, const struct collect_encoding *encoding, struct ym_error *err)
{
    const struct collect_text *text = &csv->text;
    const char *p = text->p + text->from, *end = text->p + text->to;
    json_t *raw = json_array();

    for (int64_t line = 1; line <= COLLECT_RAW_LINES && p < end; line++) {
        const char *stop = memchr(p, csv->shape.dialect.line_end, (size_t)(end - p));
        struct ym_str one = {p, (size_t)((stop ? stop : end) - p)};
        if (one.n > 0 && one.p[one.n - 1] == '\r')
            one.n--;
        json_array_append_new(raw, json_pack("{s:I, s:o}", "line", (json_int_t)line, "text",
                                             ym_json_str(ym_utf8_cut(one, COLLECT_SHOWN_BYTES))));
        p = stop ? stop + 1 : end;
    }
    return collect_sink_view(csv->sink,
                             json_pack("{s:s, s:b, s:o, s:[]}", "encoding", encoding->name, "bom",
                                       encoding->bom > 0, "raw", raw, "sheets"),
                             err);
}

// Lines that are left out before anything else are no part of what the table is told by.
static int64_t first_line(const struct collect_job *job)
{
    int64_t line = 1;

    if (job->recipe->header_row > 0)
        return job->recipe->header_row;
    while (line <= COLLECT_SAMPLE_ROWS && collect_skipped(&job->skips, line))
        line++;
    return line > COLLECT_SAMPLE_ROWS ? 1 : line;
}

// Everything before the first row.
static bool begin(struct csv *csv, struct ym_error *err)
{
    int64_t told = csv->job->recipe->header_row;
    enum collect_got got;

    csv->line = 1;
    if (!fill_sample(csv, err))
        return false;
    if (csv->job->preview > 0 && !say_view(csv, &csv->text.encoding, err))
        return false;
    if (!skip_to_line(csv, first_line(csv->job), err))
        return false;
    csv->shape.dialect.delimiter = csv->shape.dialect.line_end;
    if (told <= 0) {
        // Blank lines first of all, by a dialect that every line fits.
        if (!next(csv, &got, err))
            return false;
        if (got == COLLECT_GOT_END) {
            ym_fail(err, YM_INVALID, "collect.empty", "the file has only blank lines");
            return ym_hint(err, "Export it again: it holds no table.");
        }
    }
    if (!fill_sample(csv, err))
        return false;
    struct collect_sample sample = {
        .p = csv->text.p + csv->text.from,
        .end = csv->text.p + csv->text.to,
        .last = csv->text.eof,
        .columns = csv->job->columns,
        .tsv = ym_str_is(csv->job->ending, "tsv") || ym_str_is(csv->job->ending, "tab"),
    };
    if (!choose_delimiter(csv, &sample, err))
        return false;
    if (told <= 0)
        skip_to_table(csv, (size_t)(collect_table_start(&sample, &csv->shape) - csv->text.p));
    collect_header_find(&sample, csv->text.p + csv->text.from,
                        told > 0    ? COLLECT_HEADER
                        : told == 0 ? COLLECT_FOUND
                                    : COLLECT_NO_HEADER,
                        (size_t)csv->job->recipe->header_rows, &csv->shape);
    return take_header(csv, err);
}

static bool say_facts(struct csv *csv, const struct collect_encoding *encoding,
                      struct ym_error *err)
{
    char one[8];
    struct collect_facts *facts = &csv->facts;

    facts->format = csv->shape.dialect.delimiter == '\t' ? YM_STR("tsv") : YM_STR("csv");
    facts->encoding = ym_str(encoding->name);
    facts->delimiter = collect_delimiter_name(&csv->shape.dialect, one);
    facts->bom = encoding->bom > 0;
    facts->first_row = csv->line;
    return collect_sink_facts(csv->sink, facts, err);
}

static bool fits(const struct csv *csv, size_t cells)
{
    return cells == csv->shape.width || cells == csv->shape.least;
}

// Behind a note a line of one cell, or of two beside a wide table, goes on with it.
static bool is_note(const struct csv *csv, const struct collect_out *out)
{
    bool narrow = out->n == 1 || (out->n == 2 && csv->shape.width >= 6);

    return collect_is_note(&csv->row, csv->shape.width) ||
           (csv->hold.rows > 0 && narrow && !fits(csv, out->n));
}

static void find_fault(struct csv *csv, struct collect_out *out, char text[40])
{
    int64_t undecoded = csv->text.encoding.clean
                            ? -1
                            : collect_text_fault(&csv->text, (size_t)(csv->row.end - csv->text.p));

    if (undecoded >= 0)
        (void)snprintf(text, 40, "encoding:%lld", (long long)undecoded);
    else if (csv->row.broken_line > 0)
        (void)snprintf(text, 40, "quote:%lld",
                       (long long)(csv->line + (int64_t)csv->row.broken_line - 1));
    else if (!fits(csv, out->n))
        (void)snprintf(text, 40, "width:%zu", out->n);
    else
        return;
    out->fault = text;
}

static bool check_cells(struct csv *csv, struct ym_error *err)
{
    for (size_t i = 0; i < csv->row.n; i++)
        if (csv->row.cells[i].n > COLLECT_CELL_MAX)
            return fail_row("collect.long_cell", "a cell is longer than 8 MiB", csv->line,
                            "Look whether a line end or a closing quote is missing; texts of that "
                            "size belong into files of their own.",
                            err);
    return true;
}

static bool put_row(struct csv *csv, struct ym_error *err)
{
    const struct collect_row *row = &csv->row;
    size_t width = csv->shape.width;
    char text[40];
    struct collect_out out = {
        .pos = csv->line,
        .fault = "",
        .cells = row->cells,
        .n = row->n,
        .columns = width,
        .bytes = (size_t)(row->end - (csv->text.p + csv->text.from)),
    };

    if (out.bytes > COLLECT_CELL_MAX && !check_cells(csv, err))
        return false;
    if (csv->shape.spare && out.n == width + 1 && row->cells[width].n == 0)
        out.n = width;
    find_fault(csv, &out, text);
    // A line of one cell that is not empty may be a note too: then all others are only delimiters.
    bool padded = width >= 3 && out.n == width && row->cells[0].n + row->n + 1 >= out.bytes;
    bool look = !fits(csv, out.n) || padded || csv->hold.rows > 0;
    return collect_hold_row(&csv->hold, csv->sink, &out, look && is_note(csv, &out), err);
}

static bool rows(struct csv *csv, struct ym_error *err)
{
    enum collect_got got;

    for (;;) {
        if (!next(csv, &got, err))
            return false;
        if (got == COLLECT_GOT_END)
            return true;
        if (!put_row(csv, err))
            return false;
        step(csv);
        csv->sink->offset = csv->text.offset;
        if (collect_sink_enough(csv->sink, csv->job->preview))
            return true;
    }
}

static bool run(struct csv *csv, struct ym_error *err)
{
    enum collect_got got;

    if (!begin(csv, err) || !next(csv, &got, err))
        return false;
    if (got == COLLECT_GOT_END) {
        ym_fail(err, YM_INVALID, "collect.no_rows", "the table has a header and no rows");
        ym_at_line(err, csv->facts.header_row);
        return ym_hint(err,
                       "Export it again with its rows; if the first line is a row and not a "
                       "header, say so (header_row=-1).");
    }
    if (!say_facts(csv, &csv->text.encoding, err) || !rows(csv, err))
        return false;
    struct collect_end end = {
        .rows = csv->sink->rows,
        .faults = csv->sink->faults,
        .lines = csv->line - 1,
        .notes_after = (int64_t)csv->hold.rows,
        .skipped = csv->skipped,
    };
    return collect_sink_end(csv->sink, &end, err);
}

static bool fail_kind(const char *what, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.format", "the file is %s, not a table", what);
    ym_about(err, ym_str(what));
    return ym_hint(err, "Open it in a spreadsheet and save it as CSV in UTF-8.");
}

static bool read_csv(const struct collect_job *job, struct collect_sink *sink, struct ym_error *err)
{
    struct csv csv = {.job = job, .sink = sink};
    struct collect_encoding encoding;

    const char *kind = collect_kind_text(job->head);
    if (kind)
        return fail_kind(kind, err);
    if (!collect_encoding_find(&job->file, job->declared, &encoding, err))
        return false;
    if (encoding.code == COLLECT_OTHER && !job->declared)
        return collect_sink_again(sink, encoding.name, err);
    collect_text_init(&csv.text, &job->file, &encoding, job->decoder);
    bool ok = run(&csv, err);
    collect_text_clear(&csv.text);
    collect_csv_clear(&csv.row);
    collect_hold_clear(&csv.hold);
    ym_arena_clear(&csv.arena);
    return ok;
}

static bool read_tsv(const struct collect_job *job, struct collect_sink *sink, struct ym_error *err)
{
    struct collect_job tabbed = *job;
    struct collect_recipe recipe = *job->recipe;

    if (recipe.delimiter.n == 0)
        recipe.delimiter = YM_STR("tab");
    tabbed.recipe = &recipe;
    return read_csv(&tabbed, sink, err);
}

static int likely_csv(struct ym_str head, struct ym_str ending)
{
    (void)head;
    return ym_str_is(ending, "csv") ? 60 : 30; // text of any name is tried as this
}

static int likely_tsv(struct ym_str head, struct ym_str ending)
{
    (void)head;
    (void)ending;
    return 0; // tabs are found like other delimiters: only who says so gets this one
}

const struct collect_reader collect_csv = {"csv", likely_csv, read_csv};
const struct collect_reader collect_tsv = {"tsv", likely_tsv, read_tsv};
