#include "data/collect/sheet.h"

#include "data/collect/sink.h"
#include "data/collect/text.h"
#include "data/collect/xml.h"

enum {
    COLUMNS = 16384,  // that a sheet can have
    NUMBER_ROOM = 330 // bytes that a number needs as text
};
enum type {
    TYPE_NUMBER,
    TYPE_SHARED,
    TYPE_BOOLEAN,
    TYPE_DATE,
    TYPE_TEXT // str, inlineStr, e
};
struct reading {
    const struct collect_workbook *book;
    collect_sheet_take *take;
    void *with;
    int64_t *rounded;
    // the row
    struct collect_sheet_row row;
    size_t *at; // where the own text of a cell begins; SIZE_MAX: it is a shared one
    size_t cap; // of cells and at
    char *text;
    size_t text_n, text_cap;
    bool in_row, filled;
    // the cell
    size_t column, begin;
    enum type type;
    size_t style;
    bool in_cell, value, inline_text, in_text;
    int phonetic;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void room(struct reading *in, size_t n)
{
    if (in->text_n + n + COLLECT_PAD <= in->text_cap)
        return;
    in->text_cap = 2 * in->text_cap + n + COLLECT_PAD + 4096;
    in->text = must(realloc(in->text, in->text_cap));
}

static void fail_form(struct collect_xml *xml, const char *what)
{
    ym_fail(xml->err, YM_INVALID, "collect.xml", "a sheet of the workbook is malformed: %s", what);
    ym_hint(xml->err, "Open it in the spreadsheet and save it again, then send that.");
    collect_xml_stop(xml);
}

static void begin_row(struct collect_xml *xml, const char **attributes)
{
    struct reading *in = xml->with;
    const char *number = collect_xml_attribute(attributes, "r");
    int64_t told = in->row.number + 1;

    if (number && (!ym_str_int(ym_str(number), &told) || told <= in->row.number)) {
        fail_form(xml, "its rows are not in their order");
        return;
    }
    in->row.number = told;
    in->row.row.n = 0;
    in->row.bytes = 0;
    in->text_n = 0;
    in->column = 0;
    in->in_row = true;
    in->filled = false;
}

// "AB12": the column from 0; SIZE_MAX where it is none.
static size_t column_of(const char *reference)
{
    size_t column = 0;

    for (; *reference >= 'A' && *reference <= 'Z' && column <= COLUMNS; reference++)
        column = column * 26 + (size_t)(*reference - 'A' + 1);
    return column < 1 || column > COLUMNS ? SIZE_MAX : column - 1;
}

static enum type type_of(const char *text)
{
    if (text[0] == 'n' && !text[1])
        return TYPE_NUMBER;
    if (text[0] == 's' && !text[1])
        return TYPE_SHARED;
    if (text[0] == 'b' && !text[1])
        return TYPE_BOOLEAN;
    return text[0] == 'd' && !text[1] ? TYPE_DATE : TYPE_TEXT;
}

static void begin_cell(struct collect_xml *xml, const char **attributes)
{
    struct reading *in = xml->with;

    in->type = TYPE_NUMBER;
    in->style = 0;
    for (; attributes[0]; attributes += 2) {
        if (attributes[0][1] != '\0')
            continue;
        int64_t style = 0;
        switch (attributes[0][0]) {
        case 'r':
            in->column = column_of(attributes[1]);
            break;
        case 's':
            if (ym_str_int(ym_str(attributes[1]), &style) && style > 0)
                in->style = (size_t)style;
            break;
        case 't':
            in->type = type_of(attributes[1]);
            break;
        default:
            break;
        }
    }
    if (in->column >= COLUMNS) {
        fail_form(xml, "a cell stands in no column");
        return;
    }
    in->in_cell = true;
    in->value = in->inline_text = in->in_text = false;
    in->phonetic = 0;
    in->begin = in->text_n;
}

static void on_start(struct collect_xml *xml, const char *name, const char **attributes)
{
    struct reading *in = xml->with;

    if (!in->in_cell) {
        if (name[0] == 'c' && !name[1] && in->in_row)
            begin_cell(xml, attributes);
        else if (strcmp(name, "row") == 0)
            begin_row(xml, attributes);
        return;
    }
    if (name[0] == 'v' && !name[1])
        in->value = in->in_text = true;
    else if (strcmp(name, "is") == 0)
        in->inline_text = true;
    else if (strcmp(name, "rPh") == 0)
        in->phonetic++;
    else if (name[0] == 't' && !name[1] && in->inline_text && in->phonetic == 0)
        in->in_text = true;
}

static void on_text(struct collect_xml *xml, const char *text, size_t n)
{
    struct reading *in = xml->with;

    if (!in->in_text)
        return;
    if (in->text_n + n > COLLECT_ROW_MAX) {
        ym_fail(xml->err, YM_TOO_LARGE, "collect.long_row", "a row is longer than 16 MiB");
        ym_at_line(xml->err, in->row.number);
        ym_hint(xml->err, "Texts of that size belong into files of their own.");
        collect_xml_stop(xml);
        return;
    }
    room(in, n);
    memcpy(in->text + in->text_n, text, n);
    in->text_n += n;
}

static bool is_blank(struct ym_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] > ' ')
            return false;
    return true;
}

// The cell's text, own or (shared) somebody else's; where it is own, it stands at in->begin.
static void set_cell(struct reading *in, struct ym_str text, bool shared)
{
    struct collect_row *row = &in->row.row;

    if (in->column >= in->cap) {
        in->cap = in->column * 2 + 64;
        row->cells = must(realloc(row->cells, in->cap * sizeof *row->cells));
        in->at = must(realloc(in->at, in->cap * sizeof *in->at));
    }
    for (; row->n <= in->column; row->n++) {
        row->cells[row->n] = (struct collect_cell){.p = NULL};
        in->at[row->n] = 0; // empty ones stand at the row's beginning
    }
    row->cells[in->column] = (struct collect_cell){.p = text.p, .n = (uint32_t)text.n};
    in->at[in->column] = shared ? SIZE_MAX : in->begin;
    in->row.bytes += text.n;
    in->filled = in->filled || !is_blank(text);
}

// The number's text at in->begin; its length. What is none stays as it stands.
static size_t number_cell(struct reading *in, struct ym_str whole)
{
    struct ym_str written = ym_str_trim(whole);
    const struct collect_workbook *book = in->book;
    enum collect_number number =
        in->style < book->n_styles ? (enum collect_number)book->styles[in->style] : COLLECT_PLAIN;
    char copy[64], to[NUMBER_ROOM];
    bool rounded = false;
    size_t n = 0;

    if (number != COLLECT_PLAIN && written.n < sizeof copy) {
        char *end;
        memcpy(copy, written.p, written.n);
        copy[written.n] = '\0';
        double serial = strtod(copy, &end);
        if (*end == '\0' && end != copy && collect_serial_text(serial, number, book->from_1904, to))
            n = strlen(to);
    }
    if (n == 0 && !collect_number_text(written, to, &n, &rounded))
        return whole.n;
    *in->rounded += rounded;
    if (n > whole.n)
        room(in, n - whole.n);
    memcpy(in->text + in->begin, to, n);
    return n;
}

static bool shared_cell(struct collect_xml *xml, struct ym_str written)
{
    struct reading *in = xml->with;
    struct ym_str text;
    int64_t index;

    if (!ym_str_int(ym_str_trim(written), &index) || index < 0 ||
        !collect_workbook_text(in->book, (size_t)index, &text)) {
        fail_form(xml, "a cell names a text that is not there");
        return false;
    }
    in->text_n = in->begin;
    if (text.n > 0)
        set_cell(in, text, true);
    return true;
}

static void end_cell(struct collect_xml *xml)
{
    struct reading *in = xml->with;
    struct ym_str written = {in->text + in->begin, in->text_n - in->begin};

    in->in_cell = false;
    if (written.n > 0 && in->type == TYPE_SHARED && in->value) {
        if (!shared_cell(xml, written))
            return;
    } else if (written.n > 0) {
        char *text = in->text + in->begin;
        size_t n = written.n;
        if (in->type == TYPE_NUMBER && in->value) {
            n = number_cell(in, written);
        } else if (in->type == TYPE_BOOLEAN) {
            n = text[0] == '1' ? 4 : 5;
            room(in, 8);
            memcpy(in->text + in->begin, n == 4 ? "TRUE" : "FALSE", n);
        } else if (in->type == TYPE_DATE) {
            char *t = memchr(text, 'T', n);
            if (t)
                *t = ' ';
            n -= text[n - 1] == 'Z';
        } else {
            n = collect_unescape(text, n);
        }
        in->text_n = in->begin + n;
        if (n > 0)
            set_cell(in, (struct ym_str){in->text + in->begin, n}, false);
    }
    in->column++;
}

static void end_row(struct collect_xml *xml)
{
    struct reading *in = xml->with;
    struct collect_row *row = &in->row.row;
    bool more = true;

    in->in_row = false;
    if (!in->filled)
        return;
    room(in, 1);
    memset(in->text + in->text_n, 0, COLLECT_PAD);
    for (size_t i = 0; i < row->n; i++)
        if (in->at[i] != SIZE_MAX)
            row->cells[i].p = in->text + in->at[i];
    if (row->n > (size_t)COLLECT_COLUMNS_MAX * 2) {
        ym_fail(xml->err, YM_TOO_LARGE, "collect.columns", "more than %d columns",
                COLLECT_COLUMNS_MAX);
        ym_at_line(xml->err, in->row.number);
        ym_hint(xml->err, "Turn the table: rows may be many, columns not.");
        collect_xml_stop(xml);
        return;
    }
    if (!in->take(in->with, &in->row, &more, xml->err) || !more)
        collect_xml_stop(xml);
}

static void on_end(struct collect_xml *xml, const char *name)
{
    struct reading *in = xml->with;

    if (name[0] == 'c' && !name[1] && in->in_cell)
        end_cell(xml);
    else if (!in->in_cell && in->in_row && strcmp(name, "row") == 0)
        end_row(xml);
    else if (name[0] == 'v' || name[0] == 't')
        in->in_text = false;
    else if (strcmp(name, "rPh") == 0)
        in->phonetic--;
}

bool collect_sheet_read(const struct collect_workbook *book, size_t sheet, collect_sheet_take *take,
                        void *with, int64_t *rounded, struct ym_error *err)
{
    static const struct collect_xml_calls calls = {on_start, on_end, on_text};
    struct reading in = {.book = book, .take = take, .with = with, .rounded = rounded};

    room(&in, 1);
    bool ok = collect_xml_read(book->zip, book->sheets[sheet].part, NULL, &calls, &in, err);
    free(in.row.row.cells);
    free(in.at);
    free(in.text);
    return ok;
}
