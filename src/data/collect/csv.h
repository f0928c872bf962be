/* data/collect/csv: one row of delimited text, cut into cells.
 *
 * RFC 4180, and what departments send: line ends LF, CRLF or CR (one of LF and CR a file); a quote
 * opens a cell only as its first character and is a plain character elsewhere; "" inside is one
 * quote; line ends inside belong to the cell. A quote inside that neither is doubled nor ends the
 * cell is kept as it stands and makes the row `broken`. Blanks between a closing quote and the
 * delimiter are dropped. With `blank` one or more spaces and tabs separate, at the ends they are
 * nothing. Cells are views of the text; doubled quotes are still in them (collect_csv_copy writes
 * them single). COLLECT_PAD bytes behind `end` are read, never used.
 */
#pragma once
#include "base/base.h"

enum { COLLECT_ROW_CELLS = 65536 };
struct collect_dialect {
    char delimiter; // the line end where there is one column ("none")
    char line_end;  // '\n' or '\r'
    bool blank;
    bool strip; // tabs and blanks around cells are dropped: "1\t,2\t,3"
    char lead;  // dropped before cells but the first: ',' where tabs separate "a, b\t,2"
};
struct collect_cell {
    const char *p;
    uint32_t n;
    bool quoted, doubled;
};
struct collect_row {
    struct collect_cell *cells;
    size_t n, cap;
    size_t lines;       // physical lines that the row takes
    const char *end;    // behind its line end
    size_t broken_line; // of the row, from 1, on which a quote is astray; 0: none
    size_t open_line;   // with MORE: of the row, on which a quote was opened; 0: none is open
};
enum collect_got {
    COLLECT_GOT_ROW,
    COLLECT_GOT_MORE, // the row does not end here
    COLLECT_GOT_END,  // nothing is left
    COLLECT_GOT_WIDE  // over COLLECT_ROW_CELLS cells
};
// The row at `p`; where `last`, nothing follows `end` and its row needs no line end.
enum collect_got collect_csv_take(const struct collect_dialect *dialect, const char *p,
                                  const char *end, bool last, struct collect_row *row);
void collect_csv_clear(struct collect_row *row);
// Nothing but blanks, and no quotes: a line that is no row.
bool collect_csv_is_empty(const struct collect_row *row);
// Writes the cell's text, at most `cell->n` bytes; returns how many.
size_t collect_csv_copy(const struct collect_cell *cell, char *to);
