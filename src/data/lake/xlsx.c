#include "data/lake/xlsx.h"

#include <zlib.h>

enum {
    SHEET = 256 * 1024, // bytes of XML, gathered before they are compressed
    PRESSED = 64 * 1024,
    DIGITS = 15,
    DOS_DAY = 0x21 // 1 January 1980: a ZIP must have a day, and ours shall not differ by it
};
static const int64_t size_max = INT64_C(0xffffffff);

struct entry {
    const char *name;
    uint32_t crc, pressed, size, at;
    bool behind; // its sizes stand behind it
};
struct lake_xlsx {
    const bool *numeric;
    size_t n, column;
    http_write *write;
    void *with;
    int64_t at; // bytes written
    struct entry entries[8];
    size_t n_entries;
    z_stream press;
    int64_t size, pressed; // of the sheet
    uint32_t crc;
    struct ym_buf xml, cell;
    bool escaped; // the last byte of the cell so far was a backslash
    bool missing; // the cell is NULL
    bool open;    // the row's element stands
    char out[PRESSED];
};

static const char TYPES[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\""
    " ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-"
    "officedocument.spreadsheetml.sheet.main+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd."
    "openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/></Types>";
static const char ROOT[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"
    "relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
static const char BOOK[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r="
    "\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><bookViews>"
    "<workbookView/></bookViews><sheets><sheet name=\"data\" sheetId=\"1\" r:id=\"rId1\"/>"
    "</sheets></workbook>";
static const char SHEETS[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"
    "relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
static const char SHEET_HEAD[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetViews>"
    "<sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\""
    " activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><sheetData>";
static const char SHEET_TAIL[] = "</sheetData></worksheet>";

struct lake_xlsx *lake_xlsx_new(const bool *numeric, size_t n, http_write *write, void *with)
{
    struct lake_xlsx *xlsx = calloc(1, sizeof *xlsx);

    // Raw deflate at the fastest level: the network is not what the sheet waits for.
    if (!xlsx || deflateInit2(&xlsx->press, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    xlsx->numeric = numeric;
    xlsx->n = n;
    xlsx->write = write;
    xlsx->with = with;
    return xlsx;
}

void lake_xlsx_free(struct lake_xlsx *xlsx)
{
    if (!xlsx)
        return;
    (void)deflateEnd(&xlsx->press);
    ym_buf_clear(&xlsx->xml);
    ym_buf_clear(&xlsx->cell);
    free(xlsx);
}

static void add_number(struct ym_buf *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        ym_buf_char(to, (char)(value >> (8 * i) & 0xff));
}

static bool send(struct lake_xlsx *xlsx, struct ym_str bytes, struct ym_error *err)
{
    xlsx->at += (int64_t)bytes.n;
    return bytes.n == 0 || xlsx->write(xlsx->with, bytes, err);
}

// What the local header and the central one have in common.
static void add_facts(struct ym_buf *to, const struct entry *entry)
{
    add_number(to, 20, 2);                    // version needed
    add_number(to, entry->behind ? 8 : 0, 2); // sizes come behind
    add_number(to, entry->behind ? 8 : 0, 2); // deflated, or as it is
    add_number(to, 0, 2);                     // time
    add_number(to, DOS_DAY, 2);               // day
    add_number(to, entry->crc, 4);
    add_number(to, entry->pressed, 4);
    add_number(to, entry->size, 4);
    add_number(to, (uint32_t)strlen(entry->name), 2);
    add_number(to, 0, 2); // extra
}

static bool open_entry(struct lake_xlsx *xlsx, struct entry entry, struct ym_error *err)
{
    struct ym_buf head = {0};

    entry.at = (uint32_t)xlsx->at;
    assert(xlsx->n_entries < YM_COUNT(xlsx->entries));
    xlsx->entries[xlsx->n_entries++] = entry;
    add_number(&head, 0x04034b50, 4);
    add_facts(&head, &entry);
    ym_buf_add(&head, ym_str(entry.name));
    bool ok = send(xlsx, ym_buf_str(&head), err);
    ym_buf_clear(&head);
    return ok;
}

static bool small_entry(struct lake_xlsx *xlsx, const char *name, const char *text,
                        struct ym_error *err)
{
    uint32_t size = (uint32_t)strlen(text);
    struct entry entry = {.name = name,
                          .crc = (uint32_t)crc32(0, (const unsigned char *)text, size),
                          .pressed = size,
                          .size = size};

    return open_entry(xlsx, entry, err) && send(xlsx, ym_str(text), err);
}

// The gathered XML through the compressor; at the end all that it holds back.
static bool press(struct lake_xlsx *xlsx, bool end, struct ym_error *err)
{
    z_stream *to = &xlsx->press;
    int rc;

    xlsx->crc = (uint32_t)crc32(xlsx->crc, (unsigned char *)xlsx->xml.p, (uInt)xlsx->xml.n);
    xlsx->size += (int64_t)xlsx->xml.n;
    to->next_in = (unsigned char *)xlsx->xml.p;
    to->avail_in = (uInt)xlsx->xml.n;
    do {
        to->next_out = (unsigned char *)xlsx->out;
        to->avail_out = sizeof xlsx->out;
        rc = deflate(to, end ? Z_FINISH : Z_NO_FLUSH);
        size_t n = sizeof xlsx->out - to->avail_out;
        xlsx->pressed += (int64_t)n;
        if (!send(xlsx, (struct ym_str){xlsx->out, n}, err))
            return false;
    } while (to->avail_out == 0 || (end && rc == Z_OK));
    xlsx->xml.n = 0;
    if (xlsx->size <= size_max)
        return true;
    ym_fail(err, YM_TOO_LARGE, "lake.xlsx_size", "the sheet is over 4 GiB");
    return ym_hint(err, "Take CSV or Parquet, or fewer fields.");
}

static void add_text(struct ym_buf *to, struct ym_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        struct ym_str rest = ym_str_sub(text, i, 3);
        if (c == '&')
            ym_buf_add(to, YM_STR("&amp;"));
        else if (c == '<')
            ym_buf_add(to, YM_STR("&lt;"));
        else if (c == '>')
            ym_buf_add(to, YM_STR("&gt;"));
        else if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
            ym_buf_printf(to, "_x%04X_", c); // ECMA-376, 22.9.2.19
        else if (ym_str_is(rest, "\xef\xbf\xbe") || ym_str_is(rest, "\xef\xbf\xbf"))
            (void)(ym_buf_add(to, YM_STR("\xef\xbf\xbd")), i += 2); // no characters of XML
        else if (c == '_' && ym_str_sub(text, i, 2).n == 2 && text.p[i + 1] == 'x')
            ym_buf_add(to, YM_STR("_x005F_"));
        else
            ym_buf_char(to, (char)c);
    }
}

static bool is_number(struct ym_str text)
{
    size_t digits = 0;

    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        digits += digit;
        if (!digit && !strchr("+-.eE", text.p[i]))
            return false;
    }
    return digits > 0 && digits <= DIGITS;
}

static void add_cell(struct lake_xlsx *xlsx, struct ym_str text, bool numeric)
{
    if (numeric && is_number(text)) {
        ym_buf_printf(&xlsx->xml, "<c><v>%.*s</v></c>", YM_FMT(text));
        return;
    }
    ym_buf_add(&xlsx->xml, YM_STR("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">"));
    add_text(&xlsx->xml, text);
    ym_buf_add(&xlsx->xml, YM_STR("</t></is></c>"));
}

bool lake_xlsx_names(struct lake_xlsx *xlsx, const struct ym_str *names, struct ym_error *err)
{
    if (!small_entry(xlsx, "[Content_Types].xml", TYPES, err) ||
        !small_entry(xlsx, "_rels/.rels", ROOT, err) ||
        !small_entry(xlsx, "xl/workbook.xml", BOOK, err) ||
        !small_entry(xlsx, "xl/_rels/workbook.xml.rels", SHEETS, err) ||
        !open_entry(xlsx, (struct entry){.name = "xl/worksheets/sheet1.xml", .behind = true}, err))
        return false;
    ym_buf_add(&xlsx->xml, YM_STR(SHEET_HEAD));
    ym_buf_add(&xlsx->xml, YM_STR("<row>"));
    for (size_t i = 0; i < xlsx->n; i++)
        add_cell(xlsx, names[i], false);
    ym_buf_add(&xlsx->xml, YM_STR("</row>"));
    return true;
}

static void end_cell(struct lake_xlsx *xlsx, bool end_row)
{
    if (!xlsx->open)
        ym_buf_add(&xlsx->xml, YM_STR("<row>"));
    xlsx->open = !end_row;
    if (xlsx->missing)
        ym_buf_add(&xlsx->xml, YM_STR("<c/>"));
    else
        add_cell(xlsx, ym_buf_str(&xlsx->cell),
                 xlsx->column < xlsx->n && xlsx->numeric[xlsx->column]);
    xlsx->cell.n = 0;
    xlsx->missing = false;
    xlsx->column = end_row ? 0 : xlsx->column + 1;
    if (end_row)
        ym_buf_add(&xlsx->xml, YM_STR("</row>"));
}

static void take_escaped(struct lake_xlsx *xlsx, char c)
{
    static const char letters[] = "tnrbf0", bytes[] = "\t\n\r\b\f";
    const char *at = strchr(letters, c);

    if (c == 'N') // NULL; a backslash of a value is doubled
        xlsx->missing = true;
    else if (at)
        ym_buf_char(&xlsx->cell, bytes[at - letters]);
    else
        ym_buf_char(&xlsx->cell, c);
}

bool lake_xlsx_rows(struct lake_xlsx *xlsx, struct ym_str tsv, struct ym_error *err)
{
    for (size_t i = 0; i < tsv.n; i++) {
        char c = tsv.p[i];
        if (xlsx->escaped)
            take_escaped(xlsx, c);
        else if (c == '\t' || c == '\n')
            end_cell(xlsx, c == '\n');
        else if (c != '\\')
            ym_buf_char(&xlsx->cell, c);
        xlsx->escaped = c == '\\' && !xlsx->escaped;
        if (xlsx->xml.n >= SHEET && !press(xlsx, false, err))
            return false;
    }
    return true;
}

static bool central(struct lake_xlsx *xlsx, struct ym_error *err)
{
    struct ym_buf all = {0};
    uint32_t at = (uint32_t)xlsx->at;

    for (size_t i = 0; i < xlsx->n_entries; i++) {
        const struct entry *entry = &xlsx->entries[i];
        add_number(&all, 0x02014b50, 4);
        add_number(&all, 20, 2); // made by
        add_facts(&all, entry);
        add_number(&all, 0, 2); // comment
        add_number(&all, 0, 2); // disk
        add_number(&all, 0, 2); // attributes, inner
        add_number(&all, 0, 4); // and outer
        add_number(&all, entry->at, 4);
        ym_buf_add(&all, ym_str(entry->name));
    }
    uint32_t size = (uint32_t)all.n;
    add_number(&all, 0x06054b50, 4);
    add_number(&all, 0, 4); // disks
    add_number(&all, (uint32_t)xlsx->n_entries, 2);
    add_number(&all, (uint32_t)xlsx->n_entries, 2);
    add_number(&all, size, 4);
    add_number(&all, at, 4);
    add_number(&all, 0, 2); // comment
    bool ok = send(xlsx, ym_buf_str(&all), err);
    ym_buf_clear(&all);
    return ok;
}

bool lake_xlsx_end(struct lake_xlsx *xlsx, struct ym_error *err)
{
    struct ym_buf sizes = {0};

    ym_buf_add(&xlsx->xml, YM_STR(SHEET_TAIL));
    if (!press(xlsx, true, err))
        return false;
    struct entry *sheet = &xlsx->entries[xlsx->n_entries - 1];
    sheet->crc = xlsx->crc;
    sheet->pressed = (uint32_t)xlsx->pressed;
    sheet->size = (uint32_t)xlsx->size;
    add_number(&sizes, 0x08074b50, 4);
    add_number(&sizes, sheet->crc, 4);
    add_number(&sizes, sheet->pressed, 4);
    add_number(&sizes, sheet->size, 4);
    bool ok = send(xlsx, ym_buf_str(&sizes), err) && central(xlsx, err);
    ym_buf_clear(&sizes);
    return ok;
}
