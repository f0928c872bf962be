/* data/collect/json: one JSON object out of a text, its members as cells.
 *
 * RFC 8259, strictly; depth up to 64; a string may hold no NUL and no half of a surrogate pair. A
 * value's cell is: a string without its escapes, a number as written, true or false, '' for null,
 * the JSON text of what is nested. Keys and cells are views of the text or of memory of *json,
 * until the next call; COLLECT_PAD bytes behind them may be read, as behind the text. One thread.
 */
#pragma once
#include "base/base.h"
#include "data/collect/csv.h"

enum collect_parsed {
    COLLECT_PARSED,
    COLLECT_CUT, // the text ends inside
    COLLECT_BAD  // `at` and `why` say where and why
};
struct collect_member {
    struct ym_str key;
    struct collect_cell value;
};
struct collect_json {
    bool escaped; // undecodable bytes stand as \xHH in the text, and are text
    struct collect_member *members;
    size_t n, cap;
    const char *end; // behind the object
    const char *at, *why;
    char *text; // of strings with escapes
    size_t text_n, text_cap;
};
// The object that begins at `p`.
enum collect_parsed collect_json_object(struct collect_json *json, const char *p, const char *end);
// Any value at `p`: only json->end, or where and why it is bad.
enum collect_parsed collect_json_value(struct collect_json *json, const char *p, const char *end);
void collect_json_clear(struct collect_json *json);
