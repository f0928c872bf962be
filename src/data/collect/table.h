/* data/collect/table: from the first rows of a file, of whatever format: what they are.
 *
 * A title is a row of one cell that is not empty, or of few beside a wide table. A header's cells
 * do not look like those below them: no number over numbers, no value that comes again in its
 * column. A header of two lines has groups over names: what the first leaves empty the second
 * fills, each to the right of its group; where the first stands alone the second is empty (merged
 * downwards), or the second is names over numbers. Nothing here fails. Views are into the rows.
 */
#pragma once
#include "base/base.h"
#include "data/collect/csv.h"

enum {
    COLLECT_HEAD_ROWS = 61, // looked at: the header and sixty rows below it
    COLLECT_HEADER_ROWS_MAX = 5,
    COLLECT_NAME_BYTES = 250 // of a column's name
};
// The first rows from where the table may begin.
struct collect_head {
    struct collect_row items[COLLECT_HEAD_ROWS];
    bool again[COLLECT_HEAD_ROWS]; // equal to the first: a header that comes again in joined files
    size_t n;
};
void collect_head_mark(struct collect_head *head); // sets `again`
bool collect_head_is(const struct collect_head *head);
size_t collect_head_lines(const struct collect_head *head, size_t width); // 1 or 2, of a header

struct ym_str collect_cell_text(const struct collect_cell *cell); // trimmed; doubled quotes stay
size_t collect_row_filled(const struct collect_row *row);         // cells that are not empty
bool collect_is_title(const struct collect_row *row, size_t width);
// Lines that belong to a table but are none of its rows: "注：", "数据来源：", "Source:".
bool collect_is_note(const struct collect_row *row, size_t width);

// A copy of the row's cells and texts in the arena, with COLLECT_PAD bytes behind each text.
void collect_row_copy(const struct collect_row *row, struct ym_arena *arena,
                      struct collect_row *copy);
// Names of `width` columns out of the header's lines (none: column_1 and so on) in the arena: empty
// ones become column_N, doubled ones get _2, _3; of several lines the parts are joined by "_", and
// an empty cell of all lines but the last takes the part to its left.
void collect_names(const struct collect_row *lines, size_t n, size_t width, struct ym_arena *arena,
                   struct ym_str *names);
