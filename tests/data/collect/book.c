#include "book.h"

#include <fcntl.h>
#include <unistd.h>
#include <zip.h>

int book_zip(const struct book_part *parts, size_t n)
{
    char path[] = "/tmp/ym-book-XXXXXX";
    int made = mkstemp(path), why = 0;

    assert(made >= 0);
    close(made);
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &why);
    assert(zip);
    for (size_t i = 0; i < n; i++) {
        zip_source_t *source = zip_source_buffer(zip, parts[i].text.p, parts[i].text.n, 0);
        zip_int64_t at = zip_file_add(zip, parts[i].name, source, ZIP_FL_ENC_UTF_8);
        assert(at >= 0);
        (void)at;
    }
    int closed = zip_close(zip), fd = open(path, O_RDONLY | O_CLOEXEC);
    assert(closed == 0 && fd >= 0);
    (void)closed;
    unlink(path);
    return fd;
}

#define MAIN   "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define TYPES  "http://schemas.openxmlformats.org/package/2006/relationships"

static const char ROOT[] = "<Relationships xmlns='" TYPES "'><Relationship Id='rId1' Type='" OFFICE
                           "/officeDocument' Target='xl/workbook.xml'/></Relationships>";
static const char STYLES[] =
    "<styleSheet xmlns='" MAIN
    "'><numFmts count='2'><numFmt numFmtId='170' "
    "formatCode='yyyy\"年\"m\"月\"d\"日\"'/><numFmt numFmtId='171' "
    "formatCode='yyyy\\-mm\\-dd\\ hh:mm:ss'/></numFmts><cellStyleXfs><xf numFmtId='14'/>"
    "</cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='170'/><xf numFmtId='171'/><xf "
    "numFmtId='20'/><xf numFmtId='46'/><xf numFmtId='11'/></cellXfs></styleSheet>";
static const char STRINGS[] =
    "<sst xmlns='" MAIN
    "'><si><t>名称</t></si><si><t>值</t></si><si><r><t>武</t></r><r><t>汉</t></r>"
    "<rPh sb='0' eb='1'><t>wuhan</t></rPh></si><si><t>a_x000D_b</t></si></sst>";

int book_file(const struct book_sheet *sheets, size_t n, bool from_1904)
{
    struct ym_buf workbook = {0}, relations = {0}, bodies[8] = {0};
    char names[8][40];
    struct book_part parts[16] = {{"_rels/.rels", ym_str(ROOT)},
                                  {"xl/styles.xml", ym_str(STYLES)},
                                  {"xl/sharedStrings.xml", ym_str(STRINGS)}};
    size_t n_parts = 3;

    assert(n <= YM_COUNT(bodies));
    ym_buf_printf(&workbook,
                  "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE
                  "'><workbookPr "
                  "date1904='%d'/><sheets>",
                  from_1904);
    ym_buf_printf(&relations, "<Relationships xmlns='" TYPES "'><Relationship Id='s' Type='" OFFICE
                              "/styles' Target='styles.xml'/><Relationship Id='t' Type='" OFFICE
                              "/sharedStrings' Target='/xl/sharedStrings.xml'/>");
    for (size_t i = 0; i < n; i++) {
        ym_buf_printf(&workbook, "<sheet name='%s' sheetId='%zu' r:id='r%zu'%s/>", sheets[i].name,
                      i + 1, i, sheets[i].hidden ? " state='hidden'" : "");
        ym_buf_printf(&relations,
                      "<Relationship Id='r%zu' Type='" OFFICE
                      "/worksheet' Target='worksheets/s%zu.xml'/>",
                      i, i);
        ym_buf_printf(&bodies[i],
                      "<worksheet xmlns='" MAIN
                      "'><dimension ref='A1:Z65536'/><sheetData>%s"
                      "</sheetData></worksheet>",
                      sheets[i].rows);
        snprintf(names[i], sizeof names[i], "xl/worksheets/s%zu.xml", i);
        parts[n_parts++] = (struct book_part){names[i], ym_buf_str(&bodies[i])};
    }
    ym_buf_add(&workbook, YM_STR("</sheets></workbook>"));
    ym_buf_add(&relations, YM_STR("</Relationships>"));
    parts[n_parts++] = (struct book_part){"xl/workbook.xml", ym_buf_str(&workbook)};
    parts[n_parts++] = (struct book_part){"xl/_rels/workbook.xml.rels", ym_buf_str(&relations)};
    int fd = book_zip(parts, n_parts);
    for (size_t i = 0; i < n; i++)
        ym_buf_clear(&bodies[i]);
    ym_buf_clear(&workbook);
    ym_buf_clear(&relations);
    return fd;
}
