#include "data/collect/hold.h"
#include "data/collect/reader.h"
#include "data/collect/sheet.h"
#include "data/collect/table.h"
#include "data/collect/text.h"

enum {
    SAMPLE_ROWS = 200,
    SAMPLE_BYTES = 16 * 1024 * 1024,
    TITLE_ROWS = 20,
    FEW_ROWS = 5,
    NOTE_MAX_BYTES = 1000,
    RAW_COLUMNS = 300, // of a view
    DIRECTORY = 4096   // bytes of an old file's directory
};
static const char OLD_OFFICE[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

struct xlsx {
    const struct collect_job *job;
    struct collect_sink *sink;
    struct collect_workbook book;
    size_t sheet;
    struct ym_arena arena;
    struct collect_facts facts;
    struct collect_hold hold;
    // the first rows, until they are enough to tell what the table is
    struct collect_sheet_row sample[SAMPLE_ROWS];
    size_t n_sample;
    bool begun;
    size_t left, width; // columns before the table, columns of it
    struct collect_cell *cells;
    size_t cap_cells;
    int64_t last; // number of the last row
    int64_t skipped, rounded;
};

static size_t first_filled(const struct collect_row *row)
{
    size_t i = 0;

    while (i < row->n && collect_cell_text(&row->cells[i]).n == 0)
        i++;
    return i;
}

// The row without the columns that stand before the table.
static struct collect_row inner(const struct xlsx *xlsx, const struct collect_row *row)
{
    size_t left = xlsx->left < row->n ? xlsx->left : row->n;

    return (struct collect_row){.cells = row->cells + left, .n = row->n - left};
}

static bool fail_sheet(const struct xlsx *xlsx, struct ym_error *err)
{
    struct ym_buf names = {.limit = 300};

    for (size_t i = 0; i < xlsx->book.n_sheets; i++)
        ym_buf_printf(&names, "%s%.*s", i > 0 ? ", " : "", YM_FMT(xlsx->book.sheets[i].name));
    ym_fail(err, YM_INVALID, "collect.no_sheet", "the workbook has no sheet '%.*s'",
            YM_FMT(xlsx->job->recipe->sheet));
    ym_about(err, xlsx->job->recipe->sheet);
    ym_hint(err, "Its sheets are: %.*s", YM_FMT(ym_utf8_cut(ym_buf_str(&names), 300)));
    ym_buf_clear(&names);
    return false;
}

static bool fail_empty(struct ym_error *err, const char *what)
{
    ym_fail(err, YM_INVALID, "collect.empty", "%s holds no value", what);
    return ym_hint(err, "Export it again: it holds no table.");
}

// What a sheet is, by its first rows.
struct glance {
    size_t rows, seen; // rows of two cells and more; rows
};

static bool look(void *with, const struct collect_sheet_row *row, bool *more, struct ym_error *err)
{
    struct glance *glance = with;

    (void)err;
    glance->seen++;
    glance->rows += collect_row_filled(&row->row) >= 2;
    *more = glance->rows < 2 && glance->seen < SAMPLE_ROWS;
    return true;
}

static bool guess_sheet(struct xlsx *xlsx, struct ym_error *err)
{
    const struct collect_workbook *book = &xlsx->book;
    size_t any = SIZE_MAX, visible = 0;
    int64_t rounded = 0;

    for (size_t i = 0; i < book->n_sheets; i++)
        visible += !book->sheets[i].hidden;
    for (size_t i = 0; i < book->n_sheets; i++) {
        struct glance glance = {0};
        if (visible > 0 && book->sheets[i].hidden)
            continue;
        if (visible == 1) { // nothing to choose
            any = i;
            break;
        }
        if (!collect_sheet_read(book, i, look, &glance, &rounded, err))
            return false;
        if (glance.rows >= 2) {
            any = i;
            break;
        }
        if (any == SIZE_MAX && glance.seen > 0)
            any = i;
    }
    xlsx->sheet = any;
    return any != SIZE_MAX || fail_empty(err, "the workbook");
}

static bool choose_sheet(struct xlsx *xlsx, struct ym_error *err)
{
    struct ym_str asked = xlsx->job->recipe->sheet;
    const struct collect_workbook *book = &xlsx->book;
    int64_t number;

    if (book->n_sheets == 0)
        return fail_empty(err, "the workbook");
    if (asked.n == 0)
        return guess_sheet(xlsx, err);
    for (size_t i = 0; i < book->n_sheets; i++)
        if (ym_str_eq(ym_str_trim(book->sheets[i].name), ym_str_trim(asked))) {
            xlsx->sheet = i;
            return true;
        }
    if (!ym_str_int(asked, &number) || number < 1 || (size_t)number > book->n_sheets)
        return fail_sheet(xlsx, err);
    xlsx->sheet = (size_t)number - 1;
    return true;
}

static json_t *raw_row(const struct collect_sheet_row *row)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < row->row.n && i < RAW_COLUMNS; i++) {
        struct ym_str text = {row->row.cells[i].p, row->row.cells[i].n};
        json_array_append_new(cells, ym_json_str(ym_utf8_cut(text, COLLECT_SHOWN_BYTES)));
    }
    return json_pack("{s:I, s:o}", "line", (json_int_t)row->number, "cells", cells);
}

static bool say_view(struct xlsx *xlsx, struct ym_error *err)
{
    json_t *raw = json_array(), *sheets = json_array();
    const struct collect_workbook *book = &xlsx->book;

    for (size_t i = 0; i < xlsx->n_sample && i < COLLECT_RAW_LINES; i++)
        json_array_append_new(raw, raw_row(&xlsx->sample[i]));
    for (size_t i = 0; i < book->n_sheets; i++)
        json_array_append_new(sheets,
                              json_pack("{s:o, s:b}", "name", ym_json_str(book->sheets[i].name),
                                        "hidden", (int)book->sheets[i].hidden));
    json_t *view = json_pack("{s:s, s:o, s:o}", "format", "xlsx", "raw", raw, "sheets", sheets);
    if (xlsx->sheet < book->n_sheets)
        json_object_set_new(view, "sheet", ym_json_str(book->sheets[xlsx->sheet].name));
    return collect_sink_view(xlsx->sink, view, err);
}

static void add_note(struct xlsx *xlsx, const struct collect_row *row)
{
    struct collect_facts *facts = &xlsx->facts;
    struct ym_buf text = {.limit = NOTE_MAX_BYTES};

    if (!facts->notes)
        facts->notes = ym_arena_alloc(&xlsx->arena, COLLECT_NOTES_MAX * sizeof *facts->notes);
    for (size_t i = 0; i < row->n && facts->n_notes < COLLECT_NOTES_MAX; i++) {
        struct ym_str cell = ym_utf8_cut(collect_cell_text(&row->cells[i]), NOTE_MAX_BYTES / 2);
        if (cell.n > 0 && text.n > 0)
            ym_buf_char(&text, ' ');
        ym_buf_add(&text, cell);
    }
    if (text.n > 0)
        facts->notes[facts->n_notes++] = ym_arena_str(&xlsx->arena, ym_buf_str(&text));
    ym_buf_clear(&text);
}

// The two lowest values. The edges of a table are where two rows reach: one stray cell moves none.
// Of a few rows every one counts.
static void edge(size_t value, size_t *least, size_t *second)
{
    if (value < *least) {
        *second = *least;
        *least = value;
    } else if (value < *second) {
        *second = value;
    }
}

// Where the table's columns begin, by the rows of two cells and more; by all where there are none.
static void find_left(struct xlsx *xlsx, size_t from)
{
    size_t least = SIZE_MAX, second = SIZE_MAX, any = SIZE_MAX;

    for (size_t i = from; i < xlsx->n_sample; i++) {
        const struct collect_row *row = &xlsx->sample[i].row;
        size_t first = first_filled(row);
        if (first < any)
            any = first;
        if (collect_row_filled(row) >= 2)
            edge(first, &least, &second);
    }
    size_t left = xlsx->n_sample - from < FEW_ROWS || second == SIZE_MAX ? least : second;
    xlsx->left = left != SIZE_MAX ? left : any != SIZE_MAX ? any : 0;
}

static void find_width(struct xlsx *xlsx, size_t from)
{
    size_t least = SIZE_MAX, second = SIZE_MAX;

    for (size_t i = from; i < xlsx->n_sample; i++)
        edge(SIZE_MAX - inner(xlsx, &xlsx->sample[i].row).n, &least, &second);
    xlsx->width = SIZE_MAX - (xlsx->n_sample - from < FEW_ROWS ? least : second);
}

// The sample's row at which the table begins, behind titles.
static size_t find_start(struct xlsx *xlsx)
{
    for (size_t i = 0; i < xlsx->n_sample && i < TITLE_ROWS; i++) {
        struct collect_row row = inner(xlsx, &xlsx->sample[i].row);
        if (!collect_is_title(&row, xlsx->width))
            return i;
    }
    return 0;
}

static bool told_start(struct xlsx *xlsx, size_t *start, struct ym_error *err)
{
    int64_t told = xlsx->job->recipe->header_row;

    for (*start = 0; *start < xlsx->n_sample && xlsx->sample[*start].number < told;)
        ++*start;
    if (*start < xlsx->n_sample && xlsx->sample[*start].number == told)
        return true;
    ym_fail(err, YM_INVALID, "collect.no_header", "row %lld is empty: no header there",
            (long long)told);
    ym_at_line(err, told);
    return ym_hint(err, "Declare the row of the sheet in which the column names stand, from 1.");
}

// How many of the sample's rows from `start` on are the header.
static size_t header_lines(struct xlsx *xlsx, size_t start)
{
    static struct collect_head head; // large, and there is one reader a process
    const struct collect_recipe *recipe = xlsx->job->recipe;
    size_t left = xlsx->n_sample - start;

    if (recipe->header_row < 0)
        return 0;
    head.n = left < COLLECT_HEAD_ROWS ? left : COLLECT_HEAD_ROWS;
    for (size_t i = 0; i < head.n; i++)
        head.items[i] = inner(xlsx, &xlsx->sample[start + i].row);
    collect_head_mark(&head);
    if (recipe->header_row == 0 && !collect_head_is(&head))
        return 0;
    size_t lines = (size_t)recipe->header_rows;
    if (lines == 0)
        lines = collect_head_lines(&head, xlsx->width);
    return lines < left ? lines : left;
}

static bool fail_columns(int64_t row, struct ym_error *err)
{
    ym_fail(err, YM_TOO_LARGE, "collect.columns", "more than %d columns", COLLECT_COLUMNS_MAX);
    ym_at_line(err, row);
    return ym_hint(err, "Turn the table: rows may be many, columns not.");
}

static bool take_header(struct xlsx *xlsx, size_t start, size_t lines, struct ym_error *err)
{
    struct collect_row rows[COLLECT_HEADER_ROWS_MAX];
    struct collect_facts *facts = &xlsx->facts;

    for (size_t i = 0; i < lines; i++) {
        rows[i] = inner(xlsx, &xlsx->sample[start + i].row);
        if (rows[i].n > xlsx->width)
            xlsx->width = rows[i].n;
    }
    if (xlsx->width > COLLECT_COLUMNS_MAX)
        return fail_columns(xlsx->sample[start].number, err);
    facts->n_columns = xlsx->width;
    facts->columns = ym_arena_alloc(&xlsx->arena, (xlsx->width + 1) * sizeof *facts->columns);
    collect_names(rows, lines, xlsx->width, &xlsx->arena, facts->columns);
    facts->header_row = lines > 0 ? xlsx->sample[start].number : 0;
    facts->header_rows = (int64_t)lines;
    return true;
}

static bool is_note(const struct xlsx *xlsx, const struct collect_row *row)
{
    size_t filled = collect_row_filled(row);
    bool narrow = filled == 1 || (filled == 2 && xlsx->width >= 6);

    return collect_is_note(row, xlsx->width) || (xlsx->hold.rows > 0 && narrow);
}

// What stands beside the table's columns, and makes a fault of its row.
static size_t strays(const struct xlsx *xlsx, const struct collect_row *row)
{
    size_t n = row->n > xlsx->left + xlsx->width ? row->n - xlsx->left - xlsx->width : 0;

    for (size_t i = 0; i < xlsx->left && i < row->n; i++)
        n += row->cells[i].n > 0;
    return n;
}

static bool put_row(struct xlsx *xlsx, const struct collect_sheet_row *whole, struct ym_error *err)
{
    struct collect_row row = inner(xlsx, &whole->row);
    size_t n_strays = strays(xlsx, &whole->row);
    char fault[40] = "";
    struct collect_out out = {
        .pos = whole->number,
        .fault = fault,
        .cells = row.cells,
        .n = row.n,
        .columns = xlsx->width,
        .bytes = whole->bytes,
    };

    if (n_strays > 0) {
        static const char empty[COLLECT_PAD] = "";
        size_t need = xlsx->width + n_strays + xlsx->left + row.n;
        if (need > xlsx->cap_cells) {
            xlsx->cap_cells = 2 * need;
            xlsx->cells = realloc(xlsx->cells, xlsx->cap_cells * sizeof *xlsx->cells);
            if (!xlsx->cells)
                abort();
        }
        size_t n = row.n;
        memcpy(xlsx->cells, row.cells, n * sizeof *row.cells);
        while (n < xlsx->width)
            xlsx->cells[n++] = (struct collect_cell){.p = empty};
        for (size_t i = 0; i < xlsx->left && i < whole->row.n; i++)
            if (whole->row.cells[i].n > 0)
                xlsx->cells[n++] = whole->row.cells[i];
        out.cells = xlsx->cells;
        out.n = n;
        (void)snprintf(fault, sizeof fault, "width:%zu", n);
    }
    bool may = collect_row_filled(&row) <= 2 || xlsx->hold.rows > 0;
    return collect_hold_row(&xlsx->hold, xlsx->sink, &out, may && is_note(xlsx, &row), err);
}

static bool row_of_table(struct xlsx *xlsx, const struct collect_sheet_row *row, bool *more,
                         struct ym_error *err)
{
    xlsx->last = row->number;
    if (collect_skipped(&xlsx->job->skips, row->number)) {
        xlsx->skipped++;
        return true;
    }
    if (!put_row(xlsx, row, err))
        return false;
    xlsx->sink->offset = collect_zip_offset(xlsx->book.zip);
    *more = !collect_sink_enough(xlsx->sink, xlsx->job->preview);
    return true;
}

// Rows that the recipe leaves out are no part of what the table is told by.
static void leave_out(struct xlsx *xlsx)
{
    size_t kept = 0;

    for (size_t i = 0; i < xlsx->n_sample; i++) {
        if (collect_skipped(&xlsx->job->skips, xlsx->sample[i].number))
            xlsx->skipped++;
        else
            xlsx->sample[kept++] = xlsx->sample[i];
    }
    xlsx->n_sample = kept;
}

static bool fail_no_rows(const struct xlsx *xlsx, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.no_rows", "the table has a header and no rows");
    ym_at_line(err, xlsx->facts.header_row);
    return ym_hint(
        err,
        "Export it again with its rows; if the first row is one and not a header, say so "
        "(header_row=-1).");
}

// The sample is all there is, or enough: what the table is, its facts, and its first rows.
static bool begin(struct xlsx *xlsx, bool *more, struct ym_error *err)
{
    bool told = xlsx->job->recipe->header_row > 0;
    size_t start = 0;

    xlsx->begun = true;
    if (xlsx->job->preview > 0 && !say_view(xlsx, err))
        return false;
    leave_out(xlsx);
    if (told && !told_start(xlsx, &start, err))
        return false;
    if (xlsx->n_sample == 0)
        return fail_empty(err, "the sheet");
    find_left(xlsx, start);
    find_width(xlsx, start);
    if (!told)
        start = find_start(xlsx);
    for (size_t i = 0; i < start; i++)
        add_note(xlsx, &xlsx->sample[i].row);
    size_t lines = header_lines(xlsx, start);
    if (!take_header(xlsx, start, lines, err))
        return false;
    if (start + lines >= xlsx->n_sample)
        return fail_no_rows(xlsx, err);
    xlsx->facts.format = YM_STR("xlsx");
    xlsx->facts.sheet = xlsx->book.sheets[xlsx->sheet].name;
    xlsx->facts.first_row = xlsx->sample[start + lines].number;
    xlsx->sink->offset = collect_zip_offset(xlsx->book.zip);
    if (!collect_sink_facts(xlsx->sink, &xlsx->facts, err))
        return false;
    for (size_t i = start + lines; i < xlsx->n_sample && *more; i++)
        if (!row_of_table(xlsx, &xlsx->sample[i], more, err))
            return false;
    return true;
}

static bool take(void *with, const struct collect_sheet_row *row, bool *more, struct ym_error *err)
{
    struct xlsx *xlsx = with;

    if (xlsx->begun)
        return row_of_table(xlsx, row, more, err);
    struct collect_sheet_row *kept = &xlsx->sample[xlsx->n_sample++];
    *kept = *row;
    collect_row_copy(&row->row, &xlsx->arena, &kept->row);
    bool enough = xlsx->n_sample == SAMPLE_ROWS || xlsx->arena.used > SAMPLE_BYTES;
    return !enough || begin(xlsx, more, err);
}

static bool run(struct xlsx *xlsx, struct ym_error *err)
{
    bool more = true;

    xlsx->sheet = SIZE_MAX;
    if (!choose_sheet(xlsx, err)) {
        struct ym_error why = *err;
        if (xlsx->job->preview > 0 && !say_view(xlsx, &why))
            *err = why;
        return false;
    }
    if (!collect_sheet_read(&xlsx->book, xlsx->sheet, take, xlsx, &xlsx->rounded, err))
        return false;
    if (!xlsx->begun && !begin(xlsx, &more, err))
        return false;
    struct collect_end end = {
        .rows = xlsx->sink->rows,
        .faults = xlsx->sink->faults,
        .lines = xlsx->last,
        .notes_after = (int64_t)xlsx->hold.rows,
        .skipped = xlsx->skipped,
        .rounded = xlsx->rounded,
    };
    return collect_sink_end(xlsx->sink, &end, err);
}

static uint64_t number_at(const char *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

// An old Office file, or a workbook with a password, which lies in such a file (MS-CFB, 2.2).
static bool fail_old(const struct collect_job *job, struct ym_error *err)
{
    static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    char directory[DIRECTORY];
    struct ym_error unread;
    size_t n = 0;

    if (job->head.n >= 52) {
        unsigned shift = (unsigned char)job->head.p[30] == 12 ? 12 : 9;
        int64_t at = (int64_t)((number_at(job->head.p + 48) + 1) << shift);
        if (!collect_file_read(&job->file, at, directory, sizeof directory, &n, &unread))
            n = 0;
    }
    if (ym_str_find((struct ym_str){directory, n}, (struct ym_str){name, sizeof name - 1}, 0) !=
        SIZE_MAX) {
        ym_fail(err, YM_INVALID, "collect.encrypted", "the workbook is protected by a password");
        return ym_hint(err, "Open it with its password, save it without one, and send that.");
    }
    ym_fail(err, YM_INVALID, "collect.xls", "the file is an old Office file (XLS or DOC)");
    return ym_hint(err, "Open it in the spreadsheet and save it as XLSX or as CSV in UTF-8.");
}

static bool is_old(struct ym_str head)
{
    return ym_str_starts(head, (struct ym_str){OLD_OFFICE, 8});
}

static bool read_xlsx(const struct collect_job *job, struct collect_sink *sink,
                      struct ym_error *err)
{
    struct xlsx *xlsx = calloc(1, sizeof *xlsx);

    if (!xlsx)
        abort();
    xlsx->job = job;
    xlsx->sink = sink;
    bool ok = is_old(job->head) ? fail_old(job, err)
                                : collect_workbook_open(&job->file, &xlsx->book, err);
    if (ok) {
        ok = run(xlsx, err);
        collect_workbook_close(&xlsx->book);
    }
    collect_hold_clear(&xlsx->hold);
    ym_arena_clear(&xlsx->arena);
    free(xlsx->cells);
    free(xlsx);
    return ok;
}

static int likely_xlsx(struct ym_str head, struct ym_str ending)
{
    bool named = ym_str_is(ending, "xlsx") || ym_str_is(ending, "xlsm") || ym_str_is(ending, "xls");

    if (is_old(head))
        return 95;
    if (!ym_str_starts(head, YM_STR("PK\x03\x04")))
        return 0;
    return named || ym_str_find(head, YM_STR("xl/"), 0) != SIZE_MAX ||
                   ym_str_find(head, YM_STR("[Content_Types].xml"), 0) != SIZE_MAX
               ? 95
               : 0;
}

const struct collect_reader collect_xlsx = {"xlsx", likely_xlsx, read_xlsx};
