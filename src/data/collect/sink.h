/* data/collect/sink: what the caged child tells its parent, as frames on a pipe.
 *
 * A frame: its kind (1 byte), the bytes of the file read so far (8), the length of what follows
 * (4), lowest byte first; then that. VIEW, FACTS, END, PROBLEM and AGAIN carry a JSON object, ROWS
 * whole rows of RowBinary, TICK nothing. A stream: TICK*, in a preview VIEW (what collect_preview
 * answers where it goes no further), then FACTS, (ROWS | TICK)*, END; or PROBLEM anywhere and
 * nothing behind; or AGAIN {"encoding": NAME} alone: begin again with that decoder opened, which
 * the cage no longer allows. The parent believes none of it beyond its bounds.
 */
#pragma once
#include "base/base.h"
#include "base/json.h"
#include "data/collect/collect.h"
#include "data/collect/csv.h"

enum {
    COLLECT_FRAME_HEAD = 13,
    COLLECT_FRAME_ROWS = 4 * 1024 * 1024,  // rows are sent when there are as many bytes
    COLLECT_FRAME_MAX = 128 * 1024 * 1024, // one row of 16 MiB, escaped, and its overhead
    COLLECT_COLUMNS_MAX = 5000,
    COLLECT_NOTES_MAX = 64,
    COLLECT_RAW_LINES = 40,   // of a view
    COLLECT_SHOWN_BYTES = 300 // of a text in a view or a preview
};
enum collect_frame {
    COLLECT_VIEW = 'V',
    COLLECT_FACTS = 'F',
    COLLECT_ROWS = 'R',
    COLLECT_END = 'E',
    COLLECT_PROBLEM = 'P',
    COLLECT_AGAIN = 'A',
    COLLECT_TICK = 'T'
};
struct collect_sink {
    int fd;
    char *p; // the frame of rows in the making, its head first
    size_t n, cap;
    int64_t offset; // bytes of the file read so far
    int64_t rows, faults;
};
// A row on its way out. COLLECT_PAD bytes behind every cell's text may be read.
struct collect_out {
    int64_t pos;
    const char *fault; // "" or as in collect.h
    const struct collect_cell *cells;
    size_t n;       // cells
    size_t columns; // of the table; further cells go to _extra, missing ones are ''
    size_t bytes;   // of all cells' text, or more
};
size_t collect_out_room(const struct collect_out *row);
size_t collect_out_write(const struct collect_out *row, char *to); // at most that many bytes

void collect_sink_clear(struct collect_sink *sink);
YM_MUST bool collect_sink_row(struct collect_sink *sink, const struct collect_out *row,
                              struct ym_error *err);
// Rows that were written elsewhere by collect_out_write.
YM_MUST bool collect_sink_written(struct collect_sink *sink, struct ym_str rows,
                                  struct ym_error *err);
YM_MUST bool collect_sink_flush(struct collect_sink *sink, struct ym_error *err);
YM_MUST bool collect_sink_tick(struct collect_sink *sink, int64_t offset, struct ym_error *err);
// Takes `view`: {"encoding", "bom", "raw", "sheets"}, as in collect_preview.
YM_MUST bool collect_sink_view(struct collect_sink *sink, json_t *view, struct ym_error *err);
// `most` rows are out, of a preview; 0: never enough.
bool collect_sink_enough(const struct collect_sink *sink, size_t most);
YM_MUST bool collect_sink_facts(struct collect_sink *sink, const struct collect_facts *facts,
                                struct ym_error *err);
YM_MUST bool collect_sink_end(struct collect_sink *sink, const struct collect_end *end,
                              struct ym_error *err);
YM_MUST bool collect_sink_again(struct collect_sink *sink, const char *encoding,
                                struct ym_error *err);
// The last frame of a file that cannot be read. False: nobody listens.
bool collect_sink_problem(struct collect_sink *sink, const struct ym_error *problem);
