/* pure/expr: the one expression language (filters now; rules, boundaries, guards later).
 *
 *   or     := and { "or" and }            and := not { "and" not }       not := ["not"] test
 *   test   := operand [ ( "=" "!=" "<" "<=" ">" ">=" ) operand
 *           | "is" ["not"] "missing" | ["not"] "in" "(" literal {"," literal} ")"
 *           | ["not"] "between" literal "and" literal | ["not"] "contains" text
 *           | ["not"] ("starts" | "ends") "with" text ]
 *   operand:= field | literal | "(" or ")"
 *   field  := a name: letters of any script, digits, _ and . after the first; or "any text" in
 *             double quotes (doubled inside)
 *   literal:= 'text' (doubled inside), number, true, false, date '2026-01-01' or a bare text
 * compared with a date field Keywords in any case; where a field is expected only and, or, not,
 * true, false, is, in and between are not names, and date is a keyword only before a text. Typed
 * while parsing: comparing a text with a number is an error that names the column. Errors:
 * YM_INVALID "expr.*", `line` 0, the subject "POSITION: PIECE" (counted in characters from 1).
 * Three-valued as SQL: a comparison with a missing value is unknown, and unknown rows are not
 * selected. Text compares bytewise on UTF-8. Integers and decimals compare exactly; a literal
 * beside a double is the nearest double, a decimal field beside a double field too. A date beside a
 * date-time is its midnight in the field's zone. Bounds: 8 KiB, 200 nodes (items of a list are not
 * counted), depth 32, list of 1,000, 38 digits on each side of the point. Memory: all from the
 * arena; *out points into it, into `text` and into the fields. Any thread.
 */
#pragma once
#include "base/base.h"

enum expr_type {
    EXPR_BOOLEAN,
    EXPR_INTEGER,
    EXPR_NUMBER,  // double
    EXPR_DECIMAL, // exact; literals keep their text
    EXPR_TEXT,
    EXPR_DATE,     // text YYYY-MM-DD
    EXPR_DATETIME, // literal: RFC 3339, or local "YYYY-MM-DD HH:MM:SS" of the field's zone
    EXPR_TIME      // text HH:MM:SS
};
struct expr_field {
    struct ym_str name;
    enum expr_type type;
    int scale;        // EXPR_DECIMAL
    const char *zone; // EXPR_DATETIME
};
struct expr_fields {
    const struct expr_field *items;
    size_t n;
};
enum expr_op {
    EXPR_OR,
    EXPR_AND,
    EXPR_NOT,
    EXPR_EQ,
    EXPR_NE,
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,
    EXPR_MISSING,
    EXPR_IN,
    EXPR_BETWEEN,
    EXPR_CONTAINS,
    EXPR_STARTS,
    EXPR_ENDS,
    EXPR_FIELD,
    EXPR_LITERAL
};
struct expr_node {
    enum expr_op op;
    enum expr_type type;
    size_t field;                // EXPR_FIELD: index in the fields
    const struct expr_field *of; // EXPR_FIELD
    struct ym_str text;          // EXPR_LITERAL: the value's text, checked for its type
    struct ym_str exact;         // EXPR_LITERAL, INTEGER or DECIMAL: plain digits, no exponent
    int scale;                   // digits behind the point: of `exact`, or of a decimal field
    int64_t value; // EXPR_LITERAL: INTEGER; BOOLEAN; DATE: days, DATETIME: UTC µs since 1970
    double real;   // EXPR_LITERAL, NUMBER
    const struct expr_node *const *args;
    size_t n;
    size_t at; // character position in the source, from 1
};
YM_MUST bool expr_parse(struct ym_str text, struct expr_fields fields, struct ym_arena *arena,
                        const struct expr_node **out, struct ym_error *err);
// Text that parses to the same tree with the same fields: one text for all ways to write it.
void expr_print(const struct expr_node *node, struct ym_buf *to);
// A name as expressions write it: plain where it can be, else in double quotes.
void expr_print_name(struct ym_str name, struct ym_buf *to);

// The plain interpreter: what the engine's answer is tested against.
enum expr_truth { EXPR_FALSE, EXPR_TRUE, EXPR_UNKNOWN };
struct expr_value {
    bool missing;
    struct ym_str text; // of the field's type, in the form that a literal has
};
// `row` has one value a field of the fields that were parsed with; a text that is none of its
// field's type counts as missing.
enum expr_truth expr_eval(const struct expr_node *node, const struct expr_value *row);
