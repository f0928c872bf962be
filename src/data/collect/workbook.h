/* data/collect/workbook: what an XLSX says beside its rows: sheets, texts, what its numbers mean.
 *
 * ECMA-376, part 1, clauses 18.2 to 18.8; the parts are found by their relations. Texts are kept in
 * one block of at most 192 MiB (collect.strings); of rich text all runs, no phonetic ones; _xHHHH_
 * is the character of that code. Memory is the workbook's. One thread.
 */
#pragma once
#include "base/base.h"
#include "data/collect/zip.h"

enum collect_number { // what a style makes of a number
    COLLECT_PLAIN,
    COLLECT_DATE,
    COLLECT_TIME,
    COLLECT_DATE_TIME,
    COLLECT_ELAPSED // [h]:mm:ss
};
struct collect_sheet {
    struct ym_str name;
    char *part;
    bool hidden;
};
struct collect_workbook {
    struct collect_zip *zip;
    struct ym_arena arena;
    struct collect_sheet *sheets; // worksheets, in the workbook's order
    size_t n_sheets, cap_sheets;
    bool from_1904;        // serials count from there
    unsigned char *styles; // enum collect_number of each cell format
    size_t n_styles, cap_styles;
    char *texts; // one behind the other, COLLECT_PAD bytes behind the last
    size_t texts_n, texts_cap;
    uint32_t *ends; // where each text ends
    size_t n_texts, cap_texts;
};
YM_MUST bool collect_workbook_open(const struct collect_file *file, struct collect_workbook *out,
                                   struct ym_error *err);
void collect_workbook_close(struct collect_workbook *book);
bool collect_workbook_text(const struct collect_workbook *book, size_t index, struct ym_str *text);

// A format's code, such as yyyy"年"m"月"d"日".
enum collect_number collect_number_format(struct ym_str code);
// A serial as ISO text ("2020-01-06", "2020-01-06 12:09:38", "12:09:38", ".250" where there are
// milliseconds). False: it is no date of the years 1900 to 9999, and stays a number.
bool collect_serial_text(double serial, enum collect_number number, bool from_1904, char to[40]);
// A number as written by a spreadsheet, in at most 15 digits and without an exponent, in place or
// up to 320 bytes. False: it is no number. *rounded: it has more digits than that.
bool collect_number_text(struct ym_str written, char to[330], size_t *n, bool *rounded);
// _x000D_ and its like, in place; returns the new length.
size_t collect_unescape(char *text, size_t n);
