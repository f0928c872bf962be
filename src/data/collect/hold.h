/* data/collect/hold: rows that may be notes behind a table wait until it is known whether rows
 * follow.
 *
 * What is held goes out before the next row that is none; what is still held at the end were notes.
 * Up to 64 rows and 64 KiB of them.
 */
#pragma once
#include "base/base.h"
#include "data/collect/sink.h"

struct collect_hold {
    char *p; // rows of RowBinary
    size_t n, rows, faults;
};
void collect_hold_clear(struct collect_hold *hold);
// Held, or written to the sink. `note`: it looks like one.
YM_MUST bool collect_hold_row(struct collect_hold *hold, struct collect_sink *sink,
                              const struct collect_out *row, bool note, struct ym_error *err);
