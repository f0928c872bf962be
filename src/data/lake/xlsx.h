/* data/lake/xlsx: rows as an Office Open XML workbook (ECMA-376) of one sheet, written while they
 * come: a ZIP whose sheet stands last and says its size behind itself (APPNOTE 4.3.9), so that
 * neither file nor memory holds it. A few hundred KiB of memory whatever its length.
 *
 * Cells are texts (inline strings: never a formula), and numbers where the field is one and 15
 * digits say it exactly, which is what a spreadsheet keeps. A line of the engine's TSV is a row.
 * Errors: those of `write`; YM_TOO_LARGE "lake.xlsx_size" where the sheet is over 4 GiB of XML.
 */
#pragma once
#include "base/base.h"
#include "host/engine/engine.h"

enum {
    LAKE_XLSX_ROWS = 1048576, // of a sheet, with the one of the names
    LAKE_XLSX_CELL = 32767    // characters of a cell
};
struct lake_xlsx;
// `numeric` and its n columns live as long as the writer.
struct lake_xlsx *lake_xlsx_new(const bool *numeric, size_t n, http_write *write, void *with);
YM_MUST bool lake_xlsx_names(struct lake_xlsx *xlsx, const struct ym_str *names,
                             struct ym_error *err);
// Bytes of TSV as they come, cut anywhere.
YM_MUST bool lake_xlsx_rows(struct lake_xlsx *xlsx, struct ym_str tsv, struct ym_error *err);
YM_MUST bool lake_xlsx_end(struct lake_xlsx *xlsx, struct ym_error *err);
void lake_xlsx_free(struct lake_xlsx *xlsx);
