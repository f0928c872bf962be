/* data/quality/guess: what a column may be, from some of its cells; inside the room only.
 *
 * A guess is one row of a table, in the order of preference. guess_fits looks at one cell and only
 * narrows: what stays is tried on the whole column by the engine (guess_wrong), which alone
 * decides.
 */
#pragma once
#include "data/quality/inside.h"

struct guess {
    enum quality_type type;
    enum codes_semantic semantic;
    const char *format;   // dates
    const char *yes, *no; // booleans, parted by '|'
    bool exact;           // numbers: a decimal
    bool named;           // only where the name of the column says that it is a date
    const char *shape;    // the engine's regular expression beside the cell's own check, or NULL
};
extern const struct guess guesses[];
enum { GUESSES = 26 };
extern const char *const guess_markers[]; // texts that mean "nothing here", NULL at the end
bool guess_marker(struct ym_str text);    // or empty
size_t guess_marker_count(void);
bool guess_fits(const struct guess *guess, struct ym_str cell, int today, bool demo);
bool guess_names_date(struct ym_str column);
// SQL: true where the text in c1, neither empty nor a marker, is not what the guess says.
void guess_wrong(const struct guess *guess, const struct quality_target *target,
                 struct ym_buf *sql);
// The field that a guess makes; `scale` for decimals.
void guess_field(const struct guess *guess, int scale, struct ym_arena *arena,
                 struct quality_field *out);
