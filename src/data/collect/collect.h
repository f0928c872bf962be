/* data/collect: a file of any department becomes rows of text with their positions.
 *
 * Foreign bytes are parsed in a caged child of this program (`yunmeng reader`, main calls
 * collect_child): it finds the format, the encoding, the dialect, the sheet and the header, then
 * writes rows as ClickHouse RowBinary: `_pos` UInt64, `_fault` String, `_extra` Array(String), then
 * one String a column. `_pos` is where the row stands: of a text the physical line (from 1) on
 * which it begins, of a workbook the row's number in its sheet, of a JSON array the record's number
 * from 1: unique, ascending. `_fault` is '', "encoding:OFFSET" (undecodable bytes, written as \xHH;
 * the first one's place in the file), "quote:N" (on line N a quote inside a quoted cell is not
 * doubled: rows may have run together), "json:N" (line N of NDJSON is no JSON object: its text is
 * in _extra) or "width:N" (the row has N cells; too many go to _extra, missing ones are ''), the
 * first that applies.
 *
 * Cells are as in the file, blanks and all. No rows are: blank lines; title lines before the table
 * (facts.notes); note lines behind it ("注：", "数据来源：", what goes on below them), which are
 * counted; lines that the request leaves out (`skip`). An empty last column that every line has,
 * and one that the header has and no line, are no faults. Delimiters that are found: , tab ; | ^
 * and blanks; "tab" is also what separates "a, b\t,2". A header of two lines, groups over names,
 * makes "group_name".
 *
 * Workbooks (XLSX): a date serial becomes ISO text by its style ("2020-01-06", "2020-01-06
 * 12:09:38", "12:09:38"), rounded to milliseconds; numbers of more than 15 digits come as Excel
 * keeps them, 15 of them; text is never made a number; true and false are "TRUE" and "FALSE"; a
 * formula is its last value. Rows without a value are none, however many the file declares. The
 * sheet that is read where none is named is the first visible one that holds a table (two rows of
 * two cells), else the first with a value. JSON: an array of objects, or an object a line (NDJSON);
 * columns are all keys in the order of their first appearance; numbers as written, null is '', a
 * nested value its JSON text.
 *
 * A file that cannot be read as a table ends with one problem that says what, where (line; offsets
 * are in the message) and how to mend it: collect.empty, .binary, .utf16 (without a mark, not
 * sure), .nul, .cut (ends inside a character), .format (HTML; or a format that is not read),
 * .encoding (a declared one does not fit, or none was recognised), .delimiter (cannot be one),
 * .one_column (nothing separates and "none" was not declared), .no_header (no such line), .no_rows,
 * .quote (opened on line N, never closed), .skip (no list of lines); of workbooks .encrypted, .xls
 * (the old format), .zip (cut or damaged), .bomb (unpacks to too much), .xml (malformed), .dtd,
 * .depth, .no_sheet, .strings (YM_TOO_LARGE: over 192 MiB of different texts); of JSON .json
 * (malformed or cut), .json_object (one object, no array), .json_record (a record is no object);
 * YM_TOO_LARGE: .long_row (over 16 MiB), .long_cell (over 8 MiB), .columns (over 5,000); YM_FAULT:
 * .read (the disk), .temporary (a pipe cannot be kept aside), .reader (the child died, hung or
 * spoke nonsense), .argument; and those of host/worker. Rows before a problem were handed out: who
 * takes them must be able to drop them.
 *
 * The child: 512 MiB, 60 s without a word while we wait, killed with its parent; it reads the file
 * twice by position, so that the descriptor's own place does not matter (a pipe is copied aside
 * first, into a file without a name). One thread a collect_read, the one that opened it.
 */
#pragma once
#include "base/base.h"
#include "base/json.h"

// How a file is to be read, as somebody chose it; what is none or 0 is found. A dataset remembers
// the last one that was said (data/lake).
struct collect_recipe {
    struct ym_str format;    // "csv", "tsv", "xlsx", "json", "ndjson"
    struct ym_str encoding;  // "utf-8", "gb18030", "utf-16le" …; of a workbook it says nothing
    struct ym_str delimiter; // one character, "tab", "blank", "none"
    struct ym_str sheet;     // of a workbook: its name, else its number from 1
    struct ym_str skip;      // lines that are no rows: "2", "5-7", "100-", joined by commas
    int64_t header_row;      // line of the header, from 1; -1: no header (column_1 …)
    int64_t header_rows;     // lines that it takes, up to 5
};
bool collect_recipe_empty(const struct collect_recipe *recipe);
// An object with those members that are given, keys as above; NULL where none is. New reference.
json_t *collect_recipe_json(const struct collect_recipe *recipe);
// Texts in the arena; null is the empty one. YM_INVALID "collect.recipe": another member, or a
// value out of its bounds; .format, .encoding, .delimiter, .skip: as above.
YM_MUST bool collect_recipe_parse(const json_t *json, struct ym_arena *arena,
                                  struct collect_recipe *out, struct ym_error *err);
YM_MUST bool collect_recipe_check(const struct collect_recipe *recipe, struct ym_error *err);

struct collect_request {
    int fd;             // the file, at its beginning; not closed
    struct ym_str name; // of the file, for messages and by its ending
    struct collect_recipe recipe;
    size_t columns;      // of a schema, where known: helps to tell; 0: not
    const char *program; // path of yunmeng (the child)
};
struct collect_facts {                         // texts in the arena
    struct ym_str format, encoding, delimiter; // delimiter as in the recipe
    struct ym_str sheet;                       // of a workbook, its name; else none
    bool bom;
    int64_t header_row;     // 0: none
    int64_t header_rows;    // lines that the header takes
    struct ym_str *columns; // as in the header, trimmed; empty and doubled ones are made distinct
    size_t n_columns;
    struct ym_str *notes; // title and note lines around the table, left out of the rows
    size_t n_notes;
    int64_t first_row; // where the first row stands, as _pos
};
struct collect_end {
    int64_t rows, faults, lines;
    int64_t notes_after; // note lines found behind the table, left out
    int64_t skipped;     // rows that the recipe leaves out
    int64_t rounded;     // numbers of a workbook that its 15 digits cannot hold: long codes, mostly
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

// What a person sees before a load: the file's beginning as it stands beside what is made of it by
// the recipe. Fast: of a JSON file only the first 1,000 records give columns, of a workbook only
// its chosen sheet is opened; the encoding is still found over the whole file. *out, new reference:
//   {"format", "encoding", "delimiter", "sheet", "header_row", "header_rows", "first_row": as found
//    or asked; "bom", "columns": [names], "notes": [lines before the table],
//    "rows": [{"line", "cells": [texts], "fault": text or null}], at most `rows`,
//    "raw": [{"line", "cells": [texts]} of a workbook, {"line", "text"} of others], the first 40
//           lines from the file's beginning,
//    "sheets": [{"name", "hidden"}] of a workbook, else []}
// Texts are cut at 300 bytes. Where the file cannot be read like that, *problem has why (its kind
// is not YM_NO_ERROR) and *out what is known: at least "raw", where the text could be decoded, and
// "sheets"; the other members are null or []. False: trouble that is not the file's.
YM_MUST bool collect_preview(const struct collect_request *request, size_t rows, json_t **out,
                             struct ym_error *problem, struct ym_error *err);

int collect_child(int argc, char **argv); // what `yunmeng reader` runs; fd 0 file, fd 1 frames
