#include "data/collect/dialect.h"

#include "data/collect/table.h"

enum { TITLE_LINES = 20 };

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

bool collect_fail_delimiter(struct ym_str name, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.delimiter", "'%.*s' cannot be a delimiter", YM_FMT(name));
    ym_about(err, name);
    return ym_hint(err, "Say one character such as , or ; or one of tab, blank, none.");
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
        if (!collect_is_title(&row, shape->width))
            start = before;
        before = p;
    }
    collect_csv_clear(&row);
    return start ? start : first ? first : sample->p;
}

static void take_rows(const struct collect_sample *sample, const struct collect_dialect *dialect,
                      const char *start, struct collect_head *head)
{
    const char *p = start;

    head->n = 0;
    while (head->n < COLLECT_HEAD_ROWS && next_row(sample, dialect, &p, &head->items[head->n]))
        head->n++;
    collect_head_mark(head);
}

static void drop_rows(struct collect_head *head)
{
    for (size_t i = 0; i < COLLECT_HEAD_ROWS; i++)
        collect_csv_clear(&head->items[i]);
}

// Is the cell at `column` empty in all rows of the table's width from `from` on?
static bool is_empty_column(const struct collect_head *rows, size_t from, size_t column)
{
    size_t seen = 0;

    for (size_t i = from; i < rows->n; i++) {
        const struct collect_row *row = &rows->items[i];
        if (row->n != column + 1)
            continue;
        seen++;
        if (collect_cell_text(&row->cells[column]).n > 0)
            return false;
    }
    return seen > 0;
}

// Has every row one cell less than the header? One such row is a fault, all of them are a habit.
static bool lacks_last(const struct collect_head *rows, size_t lines, size_t width)
{
    for (size_t i = lines; i < rows->n; i++)
        if (rows->items[i].n + 1 != width)
            return false;
    return width > 2 && rows->n > lines + 2;
}

static size_t widest(const struct collect_head *rows, size_t lines)
{
    size_t n = 0;

    for (size_t i = 0; i < lines && i < rows->n; i++)
        if (rows->items[i].n > n)
            n = rows->items[i].n;
    return n;
}

static void set_width(const struct collect_head *rows, struct collect_shape *shape)
{
    size_t lines = shape->header_rows;
    size_t width = lines > 0 ? widest(rows, lines) : shape->width;

    shape->spare = false;
    if (width == 0)
        width = rows->n > 0 ? rows->items[0].n : 1;
    shape->least = lines > 0 && lacks_last(rows, lines, width) ? width - 1 : width;
    if (shape->least < width) {
        shape->width = width;
        return;
    }
    // Lines that end in a delimiter, with the header or only below it.
    if (width > 2 && is_empty_column(rows, 0, width - 1)) {
        width--;
        shape->spare = true;
    } else if (lines > 0 && shape->width == width + 1 && is_empty_column(rows, lines, width)) {
        shape->spare = true;
    }
    shape->width = width;
}

void collect_header_find(const struct collect_sample *sample, const char *start,
                         enum collect_header header, size_t lines, struct collect_shape *shape)
{
    struct collect_head rows = {0};

    take_rows(sample, &shape->dialect, start, &rows);
    bool is = header == COLLECT_HEADER || (header == COLLECT_FOUND && collect_head_is(&rows));
    if (!is)
        shape->header_rows = 0;
    else if (lines > 0)
        shape->header_rows = lines;
    else
        shape->header_rows = collect_head_lines(&rows, rows.items[0].n);
    set_width(&rows, shape);
    drop_rows(&rows);
}
