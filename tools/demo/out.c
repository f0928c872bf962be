#include "base/time.h"
#include "tools/demo/demo.h"

#include <errno.h>
#include <iconv.h>
#include <zlib.h>

enum { CHUNK = 1 << 16 };

// One file on its way: lines of text, or a workbook, whose parts are collected and packed at the
// end (a ZIP of stored entries), so that workbooks are for small tables.
struct demo_out {
    const struct demo_look *look;
    demo_write *write;
    void *with;
    iconv_t coder; // where coded; else UTF-8 as it is
    struct ym_buf line, sheet, merged;
    int64_t row; // of the workbook, from 1
    bool book, coded;
};

static void flush(struct demo_out *out)
{
    char to[CHUNK], *from = out->line.p, *at = to;
    size_t left = out->line.n, room = sizeof to;

    if (!out->coded) {
        out->write(out->with, ym_buf_str(&out->line));
        out->line.n = 0;
        return;
    }
    while (left > 0) {
        at = to;
        room = sizeof to;
        if (iconv(out->coder, &from, &left, &at, &room) == (size_t)-1 && errno != E2BIG)
            demo_die("'%.*s' is not all in %.*s", YM_FMT(out->look->name),
                     YM_FMT(out->look->encoding));
        out->write(out->with, (struct ym_str){to, sizeof to - room});
    }
    out->line.n = 0;
}

// ---- text

static void put_cell(struct demo_out *out, struct ym_str cell)
{
    bool quote = ym_str_find(cell, out->look->separator, 0) != SIZE_MAX ||
                 memchr(cell.p ? cell.p : "", '"', cell.n) ||
                 memchr(cell.p ? cell.p : "", '\n', cell.n);

    if (!quote) {
        ym_buf_add(&out->line, cell);
        return;
    }
    ym_buf_char(&out->line, '"');
    for (size_t i = 0; cell.p && i < cell.n; i++) {
        if (cell.p[i] == '"')
            ym_buf_char(&out->line, '"');
        ym_buf_char(&out->line, cell.p[i]);
    }
    ym_buf_char(&out->line, '"');
}

static void end_line(struct demo_out *out)
{
    ym_buf_add(&out->line, out->look->end);
    if (out->line.n >= CHUNK)
        flush(out);
}

static void put_texts(struct demo_out *out, const struct ym_str *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            ym_buf_add(&out->line, out->look->separator);
        put_cell(out, texts[i]);
    }
    end_line(out);
}

static void put_lines(struct demo_out *out, const json_t *lines)
{
    const json_t *one;
    size_t i;

    json_array_foreach(lines, i, one)
    {
        ym_buf_add(&out->line, ym_str(json_string_value(one)));
        end_line(out);
    }
}

// ---- workbook: ECMA-376, as little of it as spreadsheets open

static void column(size_t i, struct ym_buf *to)
{
    if (i >= 26)
        ym_buf_char(to, (char)('A' + i / 26 - 1));
    ym_buf_char(to, (char)('A' + i % 26));
}

static void put_xml(struct ym_buf *to, struct ym_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '&' || c == '<' || c == '>')
            ym_buf_add(to, c == '&' ? YM_STR("&amp;") : c == '<' ? YM_STR("&lt;") : YM_STR("&gt;"));
        else
            ym_buf_char(to, c);
    }
}

static bool is_number(struct ym_str text)
{
    size_t digits = 0, points = 0;

    for (size_t i = 0; i < text.n; i++) {
        digits += text.p[i] >= '0' && text.p[i] <= '9';
        points += text.p[i] == '.';
    }
    return digits > 0 && digits <= 15 && points <= 1 && digits + points == text.n;
}

static void put_book_cell(struct demo_out *out, size_t i, struct ym_str cell, char kind)
{
    struct ym_buf *to = &out->sheet;
    int64_t day;

    if (cell.n == 0)
        return;
    ym_buf_add(to, YM_STR("<c r=\""));
    column(i, to);
    ym_buf_printf(to, "%lld\"", (long long)out->row);
    if (kind == 'n' && is_number(cell))
        ym_buf_printf(to, "><v>%.*s</v></c>", YM_FMT(cell));
    else if (kind == 'd' && ym_day_parse(cell, &day)) // the serial of a day since 1899-12-30
        ym_buf_printf(to, " s=\"1\"><v>%lld</v></c>", (long long)day + 25569);
    else {
        ym_buf_add(to, YM_STR(" t=\"inlineStr\"><is><t xml:space=\"preserve\">"));
        put_xml(to, cell);
        ym_buf_add(to, YM_STR("</t></is></c>"));
    }
}

static void begin_row(struct demo_out *out)
{
    ym_buf_printf(&out->sheet, "<row r=\"%lld\">", (long long)++out->row);
}

static void merge(struct demo_out *out, size_t from, int64_t from_row, size_t to, int64_t to_row)
{
    ym_buf_add(&out->merged, YM_STR("<mergeCell ref=\""));
    column(from, &out->merged);
    ym_buf_printf(&out->merged, "%lld:", (long long)from_row);
    column(to, &out->merged);
    ym_buf_printf(&out->merged, "%lld\"/>", (long long)to_row);
}

// Title lines over the whole width, merged; then the titles in one line, or in two: groups above
// them, and what has no group merged downwards.
static void put_book_head(struct demo_out *out)
{
    const struct demo_look *look = out->look;
    bool groups = false;
    const json_t *one;
    size_t i;

    json_array_foreach(look->before, i, one)
    {
        begin_row(out);
        put_book_cell(out, 0, ym_str(json_string_value(one)), 't');
        ym_buf_add(&out->sheet, YM_STR("</row>"));
        merge(out, 0, out->row, look->n - 1, out->row);
    }
    for (i = 0; i < look->n; i++)
        groups = groups || look->groups[i].n > 0;
    if (groups) {
        begin_row(out);
        for (i = 0; i < look->n; i++) {
            size_t last = i;
            if (look->groups[i].n == 0) {
                put_book_cell(out, i, look->titles[i], 't');
                merge(out, i, out->row, i, out->row + 1);
                continue;
            }
            while (last + 1 < look->n && ym_str_eq(look->groups[last + 1], look->groups[i]))
                last++;
            put_book_cell(out, i, look->groups[i], 't');
            if (last > i)
                merge(out, i, out->row, last, out->row);
            i = last;
        }
        ym_buf_add(&out->sheet, YM_STR("</row>"));
    }
    begin_row(out);
    for (i = 0; i < look->n; i++)
        if (!groups || look->groups[i].n > 0)
            put_book_cell(out, i, look->titles[i], 't');
    ym_buf_add(&out->sheet, YM_STR("</row>"));
}

struct entry {
    const char *name;
    struct ym_str bytes;
    uint32_t crc, at;
};

static void put16(struct ym_buf *to, unsigned n)
{
    ym_buf_char(to, (char)(n & 255));
    ym_buf_char(to, (char)(n >> 8 & 255));
}

static void put32(struct ym_buf *to, uint32_t n)
{
    put16(to, n & 65535);
    put16(to, n >> 16);
}

// The fields that the local and the central header share (APPNOTE 4.3.7, 4.3.12).
static void put_header(struct ym_buf *to, const struct entry *entry, bool central)
{
    put32(to, central ? 0x02014b50 : 0x04034b50);
    if (central)
        put16(to, 20);
    put16(to, 20);
    put16(to, 0x0800); // names in UTF-8
    put16(to, 0);      // stored
    put16(to, 0);      // 00:00 on 2026-09-01, always
    put16(to, (2026 - 1980) << 9 | 9 << 5 | 1);
    put32(to, entry->crc);
    put32(to, (uint32_t)entry->bytes.n);
    put32(to, (uint32_t)entry->bytes.n);
    put16(to, (unsigned)strlen(entry->name));
    put16(to, 0);
    if (central) {
        put16(to, 0);
        put16(to, 0);
        put16(to, 0);
        put32(to, 0);
        put32(to, entry->at);
    }
    ym_buf_add(to, ym_str(entry->name));
}

static void pack(struct demo_out *out, struct entry *entries, size_t n)
{
    struct ym_buf head = {0}, all = {0};
    uint32_t at = 0;

    for (size_t i = 0; i < n; i++) {
        entries[i].at = at;
        entries[i].crc = (uint32_t)crc32(0, (const unsigned char *)entries[i].bytes.p,
                                         (unsigned)entries[i].bytes.n);
        head.n = 0;
        put_header(&head, &entries[i], false);
        out->write(out->with, ym_buf_str(&head));
        out->write(out->with, entries[i].bytes);
        at += (uint32_t)(head.n + entries[i].bytes.n);
        put_header(&all, &entries[i], true);
    }
    uint32_t size = (uint32_t)all.n;
    put32(&all, 0x06054b50);
    put32(&all, 0);
    put16(&all, (unsigned)n);
    put16(&all, (unsigned)n);
    put32(&all, size);
    put32(&all, at);
    put16(&all, 0);
    out->write(out->with, ym_buf_str(&all));
    ym_buf_clear(&head);
    ym_buf_clear(&all);
}

#define XML  "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define DOC  "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml."
#define RELS "http://schemas.openxmlformats.org/package/2006/relationships"

static const char TYPES[] = XML
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" "
    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPE
    "sheet.main+xml\"/>"
    "<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPE
    "styles+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" TYPE
    "worksheet+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet2.xml\" ContentType=\"" TYPE
    "worksheet+xml\"/>"
    "</Types>";
static const char ROOT[] =
    XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" DOC
        "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
static const char LINKS[] = XML "<Relationships xmlns=\"" RELS
                                "\">"
                                "<Relationship Id=\"rId1\" Type=\"" DOC
                                "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
                                "<Relationship Id=\"rId2\" Type=\"" DOC
                                "/worksheet\" Target=\"worksheets/sheet2.xml\"/>"
                                "<Relationship Id=\"rId3\" Type=\"" DOC
                                "/styles\" Target=\"styles.xml\"/>"
                                "</Relationships>";
static const char STYLES[] =
    XML "<styleSheet xmlns=\"" MAIN
        "\"><fonts count=\"1\"><font/></fonts>"
        "<fills count=\"1\"><fill/></fills><borders count=\"1\"><border/></borders>"
        "<cellStyleXfs count=\"1\"><xf/></cellStyleXfs>"
        "<cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/>"
        "</cellXfs></styleSheet>";
// The first sheet explains, as the ministry's forms do: no table, so it is not the one that is
// read.
static const char NOTES[] = XML
    "<worksheet xmlns=\"" MAIN
    "\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is>"
    "<t>填报说明（演示）：请在第二张表填写，勿改表头。</t></is></c></row></sheetData></worksheet>";

static void end_book(struct demo_out *out)
{
    struct ym_buf book = {0}, sheet = {0};

    ym_buf_printf(&book,
                  XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" DOC
                      "\"><sheets><sheet name=\"填报说明\" sheetId=\"1\" r:id=\"rId1\"/>"
                      "<sheet name=\"%.*s\" sheetId=\"2\" r:id=\"rId2\"/></sheets></workbook>",
                  YM_FMT(out->look->sheet));
    // Ghost rows: a spreadsheet keeps what somebody once coloured.
    for (int i = 0; out->look->ghosts && i < 200; i++)
        ym_buf_printf(&out->sheet, "<row r=\"%lld\"><c r=\"A%lld\" s=\"1\"/></row>",
                      (long long)out->row + i + 1, (long long)out->row + i + 1);
    ym_buf_add(&sheet, YM_STR(XML "<worksheet xmlns=\"" MAIN "\"><sheetData>"));
    ym_buf_add(&sheet, ym_buf_str(&out->sheet));
    ym_buf_add(&sheet, YM_STR("</sheetData>"));
    if (out->merged.n > 0)
        ym_buf_printf(&sheet, "<mergeCells>%.*s</mergeCells>", YM_FMT(ym_buf_str(&out->merged)));
    ym_buf_add(&sheet, YM_STR("</worksheet>"));
    struct entry entries[] = {
        {.name = "[Content_Types].xml", .bytes = ym_str(TYPES)},
        {.name = "_rels/.rels", .bytes = ym_str(ROOT)},
        {.name = "xl/workbook.xml", .bytes = ym_buf_str(&book)},
        {.name = "xl/_rels/workbook.xml.rels", .bytes = ym_str(LINKS)},
        {.name = "xl/styles.xml", .bytes = ym_str(STYLES)},
        {.name = "xl/worksheets/sheet1.xml", .bytes = ym_str(NOTES)},
        {.name = "xl/worksheets/sheet2.xml", .bytes = ym_buf_str(&sheet)},
    };
    pack(out, entries, YM_COUNT(entries));
    ym_buf_clear(&book);
    ym_buf_clear(&sheet);
}

// ---- both

struct demo_out *demo_out_new(const struct demo_look *look, demo_write *write, void *with)
{
    struct demo_out *out = calloc(1, sizeof *out);

    if (!out)
        demo_die("no memory");
    *out = (struct demo_out){.look = look,
                             .write = write,
                             .with = with,
                             .book = ym_str_ends(look->name, YM_STR(".xlsx"))};
    if (out->book) {
        put_book_head(out);
        return out;
    }
    if (look->encoding.n > 0) {
        out->coder = iconv_open(look->encoding.p, "UTF-8"); // one that is not known fails at once
        out->coded = true;
    }
    if (look->bom)
        ym_buf_add(&out->line, YM_STR("\xef\xbb\xbf"));
    put_lines(out, look->before);
    put_texts(out, look->titles, look->n);
    return out;
}

void demo_out_row(struct demo_out *out, const struct ym_buf *cells, size_t n)
{
    struct ym_str texts[DEMO_FIELDS];

    for (size_t i = 0; i < n; i++)
        texts[i] = ym_buf_str(&cells[i]);
    if (!out->book) {
        put_texts(out, texts, n);
        return;
    }
    begin_row(out);
    for (size_t i = 0; i < n; i++)
        put_book_cell(out, i, texts[i], out->look->kinds[i]);
    ym_buf_add(&out->sheet, YM_STR("</row>"));
}

void demo_out_end(struct demo_out *out)
{
    if (out->book)
        end_book(out);
    else {
        put_lines(out, out->look->after);
        flush(out);
    }
    if (out->coded)
        iconv_close(out->coder);
    ym_buf_clear(&out->line);
    ym_buf_clear(&out->sheet);
    ym_buf_clear(&out->merged);
    free(out);
}
