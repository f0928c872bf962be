/* data/lake, inside: a draft opened for a question or an act, and the rows it is about.
 *
 * Nobody outside the room includes this. Texts lie in the draft's arena.
 */
#pragma once
#include "data/lake/draft.h"
#include "data/lake/ingest.h"
#include "data/lake/lake_private.h"

struct draft {
    struct lake *lake;
    const struct org_caller *caller;
    struct ym_arena *arena;
    struct catalog_dataset dataset;
    struct quality_schema schema;
    struct quality_target target; // of the base: for trials
    int64_t load, version, turn;
    struct ym_str *columns; // of the file
    size_t n_columns, *map;
    struct ym_str trial; // SQL
};
// `change`: the caller acts on it, so the version must be the current one and not on its way.
YM_MUST bool draft_open(struct lake *lake, const struct org_caller *caller, int64_t load,
                        bool change, struct ym_arena *arena, struct draft *out,
                        struct ym_error *err);
YM_MUST bool draft_column(const struct draft *draft, struct ym_str name, size_t *column,
                          struct ym_error *err); // "quarantine.column"
bool draft_may_look(const struct catalog_dataset *dataset, const struct org_caller *caller);

enum draft_state { DRAFT_NONE, DRAFT_MENDED, DRAFT_QUARANTINED, DRAFT_ACCEPTED, DRAFT_DROPPED };
enum { DRAFT_STATES = DRAFT_DROPPED + 1 };
const char *draft_state_name(enum draft_state state);
struct draft_row {
    int64_t line, act;                 // act: the last that stands
    struct quality_texts base, cells;  // of the file; with the changes
    struct quality_texts because, why; // the base's reasons; those of the cells now
    bool looked; // a person changed cells of this row: a fault of the whole row is judged anew
    bool accept, drop;
    enum draft_state state;
};
struct draft_rows {
    struct draft_row *items;
    size_t n, cap, bytes;
};
// Base rows by their lines (ascending, n > 0), or all with a reason; more than LAKE_ACT_ROWS, or
// 64 MiB of them, is YM_TOO_LARGE. A line that is not quarantined: "quarantine.line".
YM_MUST bool draft_fetch(const struct draft *draft, const struct lake_which *which,
                         struct draft_rows *out, struct ym_error *err);
// The next page of all base rows behind `after`; n 0 at the end.
YM_MUST bool draft_page(const struct draft *draft, const struct lake_which *which, int64_t after,
                        int64_t limit, struct draft_rows *out, struct ym_error *err);
// Puts the changes of the acts that stand into the rows, but act `without` (0: all).
YM_MUST bool draft_fold(const struct draft *draft, struct store *store, struct draft_rows *rows,
                        int64_t without, struct ym_error *err);
// One change into a row: {"3": "text"} cells by their index, or a list of all; NULL: none.
YM_MUST bool draft_put(const struct draft *draft, struct draft_row *row, struct ym_str kind,
                       const json_t *cells, struct ym_error *err);
// Judges all rows whose cells changed; sets `why` and `state`.
YM_MUST bool draft_judge(const struct draft *draft, struct draft_rows *rows, struct ym_error *err);
// Does the schema let a row with this reason stay? *storable: false where it could not be stored.
bool draft_residual(const struct draft *draft, struct ym_str why, bool *storable);
// [_pos, _fault, [extra…], cells…] as quality_trial and quality_again take it, and a line end.
void draft_send(const struct draft *draft, const struct draft_row *row, struct ym_buf *to);

// An act on its way: `change` is called with the rows as they stand, makes changes by draft_put and
// may take rows out of the list by setting `line` to 0; it is called again where others acted
// meanwhile.
struct draft_act {
    struct ym_str kind, reason;
    const json_t *detail; // or NULL
    struct lake_which which;
    // The patch of a row as draft_put takes it, or NULL for none; the caller's reference. *skip:
    // the act leaves the row alone.
    bool (*change)(void *with, const struct draft *draft, struct draft_row *row, json_t **patch,
                   bool *skip, struct ym_error *err);
    bool (*judged)(void *with, const struct draft *draft, struct draft_row *row,
                   struct ym_error *err); // of each row afterwards; may be NULL
    void *with;
};
YM_MUST bool draft_do(struct lake *lake, const struct org_caller *caller, int64_t load,
                      const struct draft_act *act, struct ym_arena *arena, struct lake_act *out,
                      struct ym_error *err);
void draft_texts(struct quality_texts *to, struct ym_arena *arena, struct ym_str text);
json_t *draft_list(const struct quality_texts *texts);
json_t *draft_reasons(const struct quality_texts *why); // [{"code", "column"}]
// The job of a load that was made of a draft: as lake_ingest, but from the base.
YM_MUST bool draft_make(struct lake *lake, const struct lake_load *load, struct lake_ingest *in,
                        struct ym_arena *arena, struct ym_error *err);
