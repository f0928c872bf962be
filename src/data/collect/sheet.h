/* data/collect/sheet: the rows of one sheet of a workbook, from top to bottom.
 *
 * A row is handed out where one of its cells has more than blanks; what the file declares besides
 * (dimension, empty rows with a style) is nothing. Cells are as collect.h says of workbooks, in the
 * columns where they stand (index 0 is A), up to the last one with a text. Views until the call
 * returns, COLLECT_PAD bytes behind each may be read. Errors: those of data/collect/xml,
 * collect.columns, .long_row.
 */
#pragma once
#include "base/base.h"
#include "data/collect/csv.h"
#include "data/collect/workbook.h"

struct collect_sheet_row {
    int64_t number; // from 1, ascending
    struct collect_row row;
    size_t bytes; // of all cells' text
};
// *more false: no further row is wanted.
typedef bool collect_sheet_take(void *with, const struct collect_sheet_row *row, bool *more,
                                struct ym_error *err);
// *rounded: numbers that lost digits, added to.
YM_MUST bool collect_sheet_read(const struct collect_workbook *book, size_t sheet,
                                collect_sheet_take *take, void *with, int64_t *rounded,
                                struct ym_error *err);
