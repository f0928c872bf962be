/* tests/data/collect/book: workbooks made of parts, for tests. */
#pragma once
#include "base/base.h"

struct book_part {
    const char *name;
    struct ym_str text;
};
// A ZIP archive of these parts; its descriptor.
int book_zip(const struct book_part *parts, size_t n);
struct book_sheet {
    const char *name;
    const char *rows; // what stands inside <sheetData>
    bool hidden;
};
// A workbook of these sheets. Its shared texts are 0 "名称", 1 "值", 2 rich and phonetic "武汉",
// 3 "a_x000D_b"; its cell styles 0 plain, 1 day, 2 day and time, 3 time, 4 [h]:mm:ss, 5 0.00E+00.
int book_file(const struct book_sheet *sheets, size_t n, bool from_1904);
