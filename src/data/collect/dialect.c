#include "data/collect/dialect.h"

#include <strings.h>

enum {
    HEADER_ROWS = 60, // rows below the first one that tell whether it is a header
    TITLE_LINES = 20,
    NOTE_HEAD = 60 // bytes of a note in which its colon stands
};

bool collect_delimiter_parse(struct ym_str name, struct collect_dialect *dialect)
{
    static const struct {
        const char *name;
        char delimiter;
    } known[] = {
        {"tab", '\t'}, {"\\t", '\t'},  {"comma", ','}, {"semicolon", ';'},
        {"pipe", '|'}, {"caret", '^'}, {"blank", ' '}, {"space", ' '},
    };

    dialect->blank = false;
    if (ym_str_is(name, "none")) {
        dialect->delimiter = dialect->line_end;
        return true;
    }
    for (size_t i = 0; i < YM_COUNT(known); i++)
        if (ym_str_is(name, known[i].name)) {
            dialect->delimiter = known[i].delimiter;
            dialect->blank = known[i].delimiter == ' ';
            return true;
        }
    // A character that stands in names and numbers separates nothing.
    if (name.n != 1 || name.p[0] == '"' || name.p[0] == '\n' || name.p[0] == '\r' ||
        name.p[0] <= 0 || name.p[0] == 0x7F || (name.p[0] >= '0' && name.p[0] <= '9') ||
        (name.p[0] >= 'A' && name.p[0] <= 'Z') || (name.p[0] >= 'a' && name.p[0] <= 'z'))
        return false;
    dialect->delimiter = name.p[0];
    dialect->blank = name.p[0] == ' ';
    return true;
}

struct ym_str collect_delimiter_name(const struct collect_dialect *dialect, char to[8])
{
    if (dialect->blank)
        return YM_STR("blank");
    if (dialect->delimiter == '\t')
        return YM_STR("tab");
    if (dialect->delimiter == dialect->line_end)
        return YM_STR("none");
    to[0] = dialect->delimiter;
    return (struct ym_str){to, 1};
}

static struct ym_str text_of(const struct collect_cell *cell)
{
    return ym_str_trim((struct ym_str){cell->p, cell->n});
}

static size_t filled(const struct collect_row *row)
{
    size_t n = 0;

    for (size_t i = 0; i < row->n; i++)
        n += text_of(&row->cells[i]).n > 0;
    return n;
}

// Walks the rows of a sample; false at its end, or at a row that it cuts.
static bool next_row(const struct collect_sample *sample, const struct collect_dialect *dialect,
                     const char **p, struct collect_row *row)
{
    while (collect_csv_take(dialect, *p, sample->end, sample->last, row) == COLLECT_GOT_ROW) {
        *p = row->end;
        if (!collect_csv_is_empty(row))
            return true;
    }
    return false;
}

struct measure {
    size_t rows, width, count, span; // span: rows from the first to the last of that width
    bool first, tabs;                // the first row has that width; cells have tabs around them
    size_t leads, cells; // cells but the first of each row, and those with a comma first
};

static bool has_tabs(const struct collect_row *row)
{
    for (size_t i = 0; i < row->n; i++) {
        const struct collect_cell *cell = &row->cells[i];
        if (cell->n > 0 && (cell->p[0] == '\t' || cell->p[cell->n - 1] == '\t'))
            return true;
    }
    return false;
}

static struct measure measure(const struct collect_sample *sample,
                              const struct collect_dialect *dialect)
{
    struct collect_row row = {0};
    struct measure m = {0};
    size_t widths[COLLECT_SAMPLE_ROWS], first = 0;
    const char *p = sample->p;

    while (m.rows < COLLECT_SAMPLE_ROWS && next_row(sample, dialect, &p, &row)) {
        widths[m.rows++] = row.n;
        m.tabs = m.tabs || has_tabs(&row);
        m.cells += row.n - 1;
        for (size_t i = 1; i < row.n; i++)
            m.leads += row.cells[i].n > 0 && row.cells[i].p[0] == ',';
    }
    for (size_t i = 0; i < m.rows; i++) {
        size_t count = 0, last = i;
        for (size_t k = i; k < m.rows; k++)
            if (widths[k] == widths[i]) {
                count++;
                last = k;
            }
        bool more = count > m.count || (count == m.count && widths[i] > m.width);
        if (widths[i] >= 2 && more) {
            m.width = widths[i];
            m.count = count;
            m.span = last - i + 1;
            first = i;
        }
    }
    m.first = m.count > 0 && first == 0;
    collect_csv_clear(&row);
    return m;
}

// How well a delimiter explains the sample; 0: not at all.
static size_t score(const struct collect_sample *sample, const struct collect_dialect *dialect,
                    const struct measure *m)
{
    static const size_t weights[] = {0, 0, 10, 13, 15, 17, 17, 17, 17};

    if (m->count == 0)
        return 0;
    size_t share = m->count * 1000 / m->rows, inner = m->count * 1000 / m->span;
    // A small table between title and note lines: what lies inside it counts.
    if (inner > share && m->count >= 2 && m->width >= 3 && inner >= 800)
        share = inner;
    else if (share < 500)
        return 0;
    size_t points = share * (m->width < YM_COUNT(weights) ? weights[m->width] : 20);
    if (m->first)
        points = points * 3 / 2;
    if (m->width == sample->columns)
        points *= 2;
    // "a, b\t,2\t,3": commas divide the first cell, the tabs before them do not.
    if (dialect->delimiter == '\t' && m->leads == m->cells)
        points *= 2;
    if (sample->tsv && dialect->delimiter == '\t')
        points = points * 3 / 2;
    return points;
}

static void use(struct collect_shape *shape, const struct measure *m)
{
    bool tab = shape->dialect.delimiter == '\t';

    shape->width = m->width;
    shape->dialect.lead = tab && m->cells > 0 && m->leads == m->cells ? ',' : '\0';
    shape->dialect.strip = shape->dialect.lead || (m->tabs && !tab && !shape->dialect.blank);
}

void collect_shape_find(const struct collect_sample *sample, bool found,
                        struct collect_shape *shape)
{
    static const char order[] = {',', '\t', ';', '|', '^'};
    struct measure best = {0}, m;
    size_t best_points = 0;
    struct collect_dialect dialect = {.line_end = shape->dialect.line_end};

    shape->dialect.strip = false;
    shape->dialect.lead = '\0';
    if (!found) {
        m = measure(sample, &shape->dialect);
        use(shape, &m);
        return;
    }
    for (size_t i = 0; i < YM_COUNT(order); i++) {
        dialect.delimiter = order[i];
        m = measure(sample, &dialect);
        size_t points = score(sample, &dialect, &m);
        if (points > best_points) {
            best_points = points;
            best = m;
            shape->dialect.delimiter = order[i];
        }
    }
    if (best_points == 0) {
        dialect.delimiter = ' ';
        dialect.blank = true;
        m = measure(sample, &dialect);
        if (m.first && m.count >= 2 && m.count * 10 >= m.rows * 9) {
            best = m;
            shape->dialect = dialect;
        }
    }
    use(shape, &best);
}

static bool is_title(const struct collect_row *row, size_t width)
{
    size_t n = filled(row);

    if (width < 3)
        return row->n == 1 && width == 2;
    return n <= 1 || (n == 2 && width >= 5 && row->n * 2 < width);
}

const char *collect_table_start(const struct collect_sample *sample,
                                const struct collect_shape *shape)
{
    struct collect_row row = {0};
    const char *p = sample->p, *before = p, *first = NULL, *start = NULL;

    for (size_t i = 0; i < TITLE_LINES && !start && next_row(sample, &shape->dialect, &p, &row);
         i++) {
        // Blank lines before the row were passed over too: they are found again by walking.
        if (!first)
            first = before;
        if (!is_title(&row, shape->width))
            start = before;
        before = p;
    }
    collect_csv_clear(&row);
    return start ? start : first ? first : sample->p;
}

enum look {
    LOOK_EMPTY,
    LOOK_NUMBER, // or a date, a time, a share
    LOOK_TEXT
};

static enum look look_of(struct ym_str s)
{
    static const char *const missing[] = {"-",   "--",   "—",    "——",   "NA",  "N/A", "NaN",
                                          "nan", "NULL", "null", "None", "\\N", "/",   "无"};
    static const char marks[] = "+-.,:/% TZeE";
    static const char *const signs[] = {"年", "月", "日", "时", "分", "秒", "￥", "¥", "％"};
    size_t digits = 0;

    s = ym_str_trim(s);
    if (s.n == 0)
        return LOOK_EMPTY;
    for (size_t i = 0; i < YM_COUNT(missing); i++)
        if (ym_str_is(s, missing[i]))
            return LOOK_EMPTY;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            digits++;
            continue;
        }
        if (strchr(marks, s.p[i]))
            continue;
        size_t k = 0;
        while (k < YM_COUNT(signs) && !ym_str_starts(ym_str_sub(s, i, s.n), ym_str(signs[k])))
            k++;
        if (k == YM_COUNT(signs))
            return LOOK_TEXT;
        i += strlen(signs[k]) - 1;
    }
    return digits > 0 ? LOOK_NUMBER : LOOK_TEXT;
}

// "2019", "2019年", "7月", "2019-07": what a wide table has as the names of its columns.
static bool is_period(struct ym_str s)
{
    int64_t number;

    s = ym_str_trim(s);
    if (ym_str_ends(s, YM_STR("年")) || ym_str_ends(s, YM_STR("月")))
        return true;
    if (s.n == 4 && ym_str_int(s, &number))
        return number >= 1900 && number <= 2100;
    return (s.n == 7 || s.n == 10) && (s.p[4] == '-' || s.p[4] == '/') &&
           ym_str_int(ym_str_sub(s, 0, 4), &number) && number >= 1900 && number <= 2100;
}

// The first rows of the table, each with cells of its own.
struct rows {
    struct collect_row items[HEADER_ROWS + 1];
    bool again[HEADER_ROWS + 1]; // equal to the first: a header that comes again in joined files
    size_t n;
};

static bool same_cells(const struct collect_row *a, const struct collect_row *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!ym_str_eq(text_of(&a->cells[i]), text_of(&b->cells[i])))
            return false;
    return true;
}

static void take_rows(const struct collect_sample *sample, const struct collect_dialect *dialect,
                      const char *start, struct rows *rows)
{
    const char *p = start;

    rows->n = 0;
    while (rows->n <= HEADER_ROWS && next_row(sample, dialect, &p, &rows->items[rows->n])) {
        rows->again[rows->n] = rows->n > 0 && same_cells(&rows->items[rows->n], &rows->items[0]);
        rows->n++;
    }
}

static void drop_rows(struct rows *rows)
{
    for (size_t i = 0; i <= HEADER_ROWS; i++)
        collect_csv_clear(&rows->items[i]);
}

// Votes of one column: +1 the first cell is a name, -1 it is a value like those below.
static int vote(const struct rows *rows, size_t column)
{
    const struct collect_row *first = &rows->items[0];
    struct ym_str name = text_of(&first->cells[column]);
    enum look look = look_of(name);
    size_t numbers = 0, texts = 0;

    for (size_t i = 1; i < rows->n; i++) {
        const struct collect_row *row = &rows->items[i];
        if (column >= row->n || rows->again[i])
            continue;
        struct ym_str value = text_of(&row->cells[column]);
        if (look != LOOK_EMPTY && ym_str_eq(value, name))
            return -1;
        enum look below = look_of(value);
        numbers += below == LOOK_NUMBER;
        texts += below == LOOK_TEXT;
    }
    if (look == LOOK_TEXT)
        return numbers > 0 && numbers >= 2 * texts;
    return look == LOOK_NUMBER && !is_period(name) ? -1 : 0;
}

static bool is_header(const struct rows *rows)
{
    size_t yes = 0, no = 0;

    if (rows->n == 0)
        return false;
    for (size_t i = 0; i < rows->items[0].n; i++) {
        int said = vote(rows, i);
        yes += said > 0;
        no += said < 0;
    }
    return no == 0 || (yes > 0 && yes >= no);
}

// Is the cell at `column` empty in all rows of the table's width from `from` on?
static bool is_empty_column(const struct rows *rows, size_t from, size_t column)
{
    size_t seen = 0;

    for (size_t i = from; i < rows->n; i++) {
        const struct collect_row *row = &rows->items[i];
        if (row->n != column + 1)
            continue;
        seen++;
        if (text_of(&row->cells[column]).n > 0)
            return false;
    }
    return seen > 0;
}

// Has every row one cell less than the header? One such row is a fault, all of them are a habit.
static bool lacks_last(const struct rows *rows, size_t width)
{
    for (size_t i = 1; i < rows->n; i++)
        if (rows->items[i].n + 1 != width)
            return false;
    return width > 2 && rows->n > 3;
}

static void set_width(const struct rows *rows, bool header, struct collect_shape *shape)
{
    size_t width = header && rows->n > 0 ? rows->items[0].n : shape->width;

    shape->spare = false;
    if (width == 0)
        width = rows->n > 0 ? rows->items[0].n : 1;
    shape->least = header && lacks_last(rows, width) ? width - 1 : width;
    if (shape->least < width) {
        shape->width = width;
        return;
    }
    // Lines that end in a delimiter, with the header or only below it.
    if (width > 2 && is_empty_column(rows, 0, width - 1)) {
        width--;
        shape->spare = true;
    } else if (header && shape->width == width + 1 && is_empty_column(rows, 1, width)) {
        shape->spare = true;
    }
    shape->width = width;
}

void collect_header_told(const struct collect_sample *sample, const char *start, bool header,
                         struct collect_shape *shape)
{
    struct rows rows = {0};

    take_rows(sample, &shape->dialect, start, &rows);
    set_width(&rows, header, shape);
    drop_rows(&rows);
}

bool collect_header_find(const struct collect_sample *sample, const char *start,
                         struct collect_shape *shape)
{
    struct rows rows = {0};

    take_rows(sample, &shape->dialect, start, &rows);
    bool header = is_header(&rows);
    set_width(&rows, header, shape);
    drop_rows(&rows);
    return header;
}

bool collect_is_note(const struct collect_row *row, size_t width)
{
    static const char *const words[] = {
        "注",   "备注", "附注", "说明", "数据来源", "资料来源", "来源",        "数据说明", "制表",
        "填表", "审核", "导出", "打印", "note",     "source",   "data source", "remark"};

    if (row->n == 0 || (row->n == width && (width < 3 || filled(row) > 1)))
        return false;
    struct ym_str text = ym_str_sub(text_of(&row->cells[0]), 0, NOTE_HEAD);
    if (ym_str_starts(text, YM_STR("*")))
        text = ym_str_trim(ym_str_sub(text, 1, text.n));
    if (ym_str_find(text, YM_STR(":"), 0) == SIZE_MAX &&
        ym_str_find(text, YM_STR("："), 0) == SIZE_MAX)
        return false;
    for (size_t i = 0; i < YM_COUNT(words); i++) {
        size_t n = strlen(words[i]);
        if (text.n >= n && strncasecmp(text.p, words[i], n) == 0)
            return true;
    }
    return false;
}
