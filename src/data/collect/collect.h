/* data/collect: a file of any department becomes rows of text with their positions.
 *
 * Foreign bytes are parsed in a caged child of this program (`yunmeng reader`, main calls
 * collect_child): it finds the encoding, the dialect and the header, then writes rows as ClickHouse
 * RowBinary: `_pos` UInt64, `_fault` String, `_extra` Array(String), then one String a column.
 * `_pos` is the physical line (from 1) on which the row begins: unique, ascending. `_fault` is '',
 * "encoding:OFFSET" (undecodable bytes, written as \xHH; the first one's place in the file),
 * "quote:N" (on line N a quote inside a quoted cell is not doubled: rows may have run together) or
 * "width:N" (the row has N cells; too many go to _extra, missing ones are ''), the first that
 * applies.
 *
 * Cells are as in the file, blanks and all. No rows are: blank lines; title lines before the table
 * (facts.notes); note lines behind it ("注：", "数据来源：", what goes on below them), which are
 * counted. An empty last column that every line has, and one that the header has and no line, are
 * no faults. Delimiters that are found: , tab ; | ^ and blanks; "tab" is also what separates "a,
 * b\t,2".
 *
 * A file that cannot be read as a table ends with one problem that says what, where (line; offsets
 * are in the message) and how to mend it: collect.empty, .binary, .utf16, .nul, .cut (ends inside a
 * character), .format (HTML, JSON; or a format that is not read), .encoding (a declared one does
 * not fit, or none was recognised), .delimiter (cannot be one), .one_column (nothing separates and
 * "none" was not declared), .no_header (no such line), .no_rows, .quote (opened on line N, never
 * closed); YM_TOO_LARGE: .long_row (over 16 MiB), .long_cell (over 8 MiB), .columns (over 5,000);
 * YM_FAULT: .read (the disk), .temporary (a pipe cannot be kept aside), .reader (the child died,
 * hung or spoke nonsense), .argument; and those of host/worker. Rows before a problem were handed
 * out: who takes them must be able to drop them.
 *
 * The child: 512 MiB, 60 s without a word while we wait, killed with its parent; it reads the file
 * twice by position, so that the descriptor's own place does not matter (a pipe is copied aside
 * first, into a file without a name). One thread a collect_read, the one that opened it.
 */
#pragma once
#include "base/base.h"
#include "base/json.h"

struct collect_request {
    int fd;                  // the file, at its beginning; not closed
    struct ym_str name;      // of the file, for messages and by its ending
    struct ym_str format;    // "csv", "tsv", or none: found
    struct ym_str encoding;  // "utf-8", "gb18030" …, or none: found over the whole file
    struct ym_str delimiter; // one character, "tab", "blank", "none", or none: found
    int64_t header_row;      // line of the header, from 1; 0: found; -1: no header (column_1 …)
    size_t columns;          // of a schema, where known: helps to tell; 0: not
    const char *program;     // path of yunmeng (the child)
};
struct collect_facts {                         // texts in the arena
    struct ym_str format, encoding, delimiter; // delimiter as in the request
    bool bom;
    int64_t header_row;     // 0: none
    struct ym_str *columns; // as in the header, trimmed; empty and doubled ones are made distinct
    size_t n_columns;
    struct ym_str *notes; // title and note lines around the table, left out of the rows
    size_t n_notes;
    int64_t first_row; // line of the first row
};
struct collect_end {
    int64_t rows, faults, lines;
    int64_t notes_after; // note lines found behind the table, left out
};
struct collect_read;
YM_MUST bool collect_open(const struct collect_request *request, struct ym_arena *arena,
                          struct collect_read **out, struct collect_facts *facts,
                          struct ym_error *err);
// The next RowBinary bytes (up to 4 MiB, whole rows; one row may be longer), empty at the end.
// Views until the next call.
YM_MUST bool collect_next(struct collect_read *read, struct ym_str *bytes, struct ym_error *err);
int64_t collect_offset(const struct collect_read *read); // bytes of the file read, for progress
void collect_done(const struct collect_read *read, struct collect_end *end); // after the end
void collect_close(struct collect_read *read);      // kills the child where it still runs
pid_t collect_pid(const struct collect_read *read); // of the child, for tests

int collect_child(int argc, char **argv); // what `yunmeng reader` runs; fd 0 file, fd 1 frames
