/* data/quality/inside: what the files of this room share; nobody else includes it. */
#pragma once
#include "data/quality/quality.h"

struct quality_strftime {      // one % sign of a format
    const char *fixed, *loose; // the engine's: two digits, or one or two
    char letter;
    bool time;
};
// format.c: a format in the engine's letters, false where it is none of ours. `clock`: it has
// hours.
bool quality_format(struct ym_str format, struct ym_buf *to, bool *clock);

// value.c: is `text` a literal of the field's type (minimum, maximum, enum)?
bool quality_value(const struct quality_field *field, struct ym_str text);
// A text that the engine could read as the number or date of a field, though it is a marker.
bool quality_marker_reads(struct ym_str marker);

// text.c
void quality_quote(struct ym_buf *sql, struct ym_str text);               // a string literal
void quality_list(struct ym_buf *sql, const struct quality_texts *texts); // 'a', 'b'
const struct quality_texts *quality_missing(const struct quality_schema *schema, size_t field);
const struct quality_texts *quality_trues(const struct quality_field *field);
const struct quality_texts *quality_falses(const struct quality_field *field);
struct ym_str quality_finish(struct ym_buf *sql, struct ym_arena *arena); // copy, buffer cleared
void quality_push(struct quality_texts *to, struct ym_arena *arena, struct ym_str text);

// cells.c: SQL of one field over its column c<N>.
void quality_cell(const struct quality_schema *schema, size_t field, size_t column,
                  const struct quality_target *target, struct ym_buf *sql);
bool quality_checked(const struct quality_schema *schema, size_t field);
void quality_bad(const struct quality_schema *schema, size_t field, size_t column,
                 const struct quality_target *target, struct ym_buf *sql);
void quality_why(const struct quality_schema *schema, size_t field, size_t column,
                 const struct quality_target *target, struct ym_buf *sql);
bool quality_typed(const struct quality_field *field); // not a string or a time

// semantic.c: true where the text in `cell` (an SQL expression) has a right code.
void quality_semantic(enum codes_semantic semantic, const char *cell, int today, bool demo,
                      struct ym_buf *sql);
// A statement with the settings of wide tables.
YM_MUST bool quality_ask(struct engine *engine, struct ym_str sql, struct ym_buf *answer,
                         struct ym_error *err);
// CREATE or DROP of a table or a view of the load, with quality_settings.
YM_MUST bool quality_make(struct engine *engine, struct ym_str sql, struct ym_error *err);
