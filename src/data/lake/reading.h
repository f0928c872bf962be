/* data/lake, inside: what the files of reading share: the fields one may see, orders, places in
 * them, and what is remembered of a version (it never changes).
 *
 * Texts lie in the arena of the request. Nobody outside the room includes this.
 */
#pragma once
#include "data/lake/lake_private.h"
#include "pure/expr/expr.h"

enum {
    LAKE_OFFSET_MAX = 1000 * 1000,
    LAKE_DIGEST = 33 // 16 bytes in hex, NUL
};

// A version as a reader sees it: the only place where it is decided which fields are visible.
// Answers, filters and orders are made of `fields` and know no others.
struct lake_view {
    int64_t dataset, version, rows, published;
    struct ym_str dataset_name;
    struct quality_schema schema;
    const struct quality_field **fields;
    struct expr_field *exprs; // the same, for expr_parse
    size_t n;
    const char *zone;
};
YM_MUST bool lake_view_find(const struct lake_view *view, struct ym_str name, size_t *field);

// What is asked of one version: which rows and which fields.
struct lake_question {
    struct lake *lake;
    struct ym_arena *arena;
    struct lake_view view;
    const struct expr_node *where;       // NULL: all rows
    const struct quality_field **chosen; // in the order in which they leave
    size_t n_chosen, cap_chosen;
};
// With lake and arena set: finds the version (0: current, or as of) that the caller may read.
YM_MUST bool lake_question_open(struct lake_question *q, const struct org_caller *caller,
                                struct ym_str dataset, int64_t version, struct ym_str as_of,
                                struct ym_error *err);
YM_MUST bool lake_question_fields(struct lake_question *q, struct ym_str fields,
                                  struct ym_error *err);
// The filter; its canonical text, by which answers are known again, goes behind `canonical`.
YM_MUST bool lake_question_where(struct lake_question *q, struct ym_str where,
                                 struct ym_buf *canonical, struct ym_error *err);
// Was the version still there after the engine had begun to answer? Else YM_NOT_FOUND.
YM_MUST bool lake_question_holds(const struct lake_question *q, struct ym_error *err);
YM_MUST bool lake_may_read(const struct catalog_dataset *dataset, const struct org_caller *caller,
                           struct ym_error *err);
void lake_question_from(const struct lake_question *q, struct ym_buf *sql); // " FROM … WHERE …"
// A column as it leaves in JSON and CSV: times in UTC. Needs prefer_column_name_to_alias.
void lake_column(const struct quality_field *field, struct ym_buf *sql);

// One part of an order; the last is always the line, so that no two rows are equal.
struct lake_part {
    const struct quality_field *field; // NULL: the line, _pos
    bool descending;
};
struct lake_order {
    struct lake_part *items;
    size_t n, cap;
    bool by_key, by_file; // the orders that have anchors; by_key is the table's own
};
// The values of a row for the parts of an order; a missing one is none. n 0: no place.
struct lake_place {
    struct ym_str *values;
    size_t n;
};
YM_MUST bool lake_order_parse(struct ym_str sort, const struct lake_view *view,
                              struct ym_arena *arena, struct lake_order *out, struct ym_error *err);
void lake_order_by(const struct lake_order *order, struct ym_buf *sql);
// "[text of part 1, …]", by which a row's place leaves the engine.
void lake_order_place(const struct lake_order *order, struct ym_buf *sql);
// The condition of rows behind a place, or from it on.
void lake_order_after(const struct lake_order *order, const struct lake_place *place, bool from_it,
                      struct ym_buf *sql, struct engine_params *params, struct ym_arena *arena);
// Names of a list "a,-b,"c,d"": cuts the next, unquoted; false at the end or, with *err, at a wrong
// one.
bool lake_cut_name(struct ym_str *rest, bool *minus, struct ym_arena *arena, struct ym_str *name,
                   struct ym_error *err);

// Where the next page begins; sealed, so that a changed one is refused (YM_INVALID "lake.cursor").
struct lake_cursor {
    int64_t version, row;     // rows before it
    char digest[LAKE_DIGEST]; // of what was asked
    struct lake_place place;  // n 0: too long to be carried; `row` says it
};
void lake_cursor_digest(struct ym_str asked, char to[LAKE_DIGEST]);
YM_MUST bool lake_cursor_seal(struct lake *lake, const struct lake_cursor *cursor,
                              struct ym_arena *arena, struct ym_str *out, struct ym_error *err);
YM_MUST bool lake_cursor_open(struct lake *lake, struct ym_str text, struct ym_arena *arena,
                              struct lake_cursor *out, struct ym_error *err);

// Rows from one anchor to the next. In the table's own order the engine skips the rest of a block
// cheaply; in the order of the file each row is looked for, so that the net is finer.
int64_t lake_anchor_step(const struct lake_view *view, const struct lake_order *order);
// The places of two anchors, the rows number `from` and `until` times the step; n 0 behind the end.
YM_MUST bool lake_anchor(struct lake *lake, const struct lake_view *view,
                         const struct lake_order *order, size_t from, size_t until,
                         struct ym_arena *arena, struct lake_place *at, struct lake_place *end,
                         struct ym_error *err);
// Exact totals by what was asked. Where one is not known, the first who asks counts, and keeps it
// or gives it up; who asks meanwhile waits for it.
bool lake_total_known(struct lake *lake, const char *digest, int64_t *total);
void lake_total_keep(struct lake *lake, const char *digest, int64_t total);
void lake_total_give_up(struct lake *lake, const char *digest);
// The key by which all servers of this store seal.
YM_MUST bool lake_seal_key(struct lake *lake, unsigned char key[32], struct ym_error *err);
