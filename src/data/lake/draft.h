/* data/lake/draft: what stewards do with quarantined rows, until it becomes the next version.
 *
 * A draft belongs to one published version, the current one of its dataset. It is a list of acts:
 * "mend" (cells of a row), "rule" (one change on many rows), "reload" (a quarantine file, changed
 * elsewhere, put in the place of its rows), "accept" (a row kept in spite of its reasons, where the
 * schema's `residual` names all of them) and "drop". Each act is one transaction of the control
 * store: what was answered is durable, what was not is not there. An act is undone as if it had
 * never been; a row's cells are those of the file with the changes of the acts that stand, in their
 * order, and its state is that of the last act:
 * "mended" (no reason is left), "quarantined" (changed, and wrong still), "accepted", "dropped".
 * Changed rows are judged at once, each alone; references, keys and unique fields are judged when
 * the draft becomes a version.
 *
 * lake_draft_publish makes a load of the next number whose rows are the base's: kept ones as they
 * are, quarantined ones through the checks again, changed ones with their new cells, so that the
 * result is that of loading the mended file (tests/e2e/quarantine). Rows in = kept + quarantined +
 * duplicates + dropped is proven as for a file. The acts are frozen while it is on its way; where
 * it is refused they stand again. When another version became the current one, the draft is void.
 *
 * Who may read a dataset's rows as one of its agency (besides administrators and auditors) may
 * look; who may load it may act. For others there is nothing (YM_NOT_FOUND "lake.no_load").
 * Errors: YM_CONFLICT "quarantine.moved" (not the current version), "quarantine.publishing",
 * "quarantine.busy" (others acted meanwhile), "quarantine.undone", "quarantine.nothing";
 * YM_INVALID "quarantine.line", ".column", ".cells", ".reason", ".rule", ".residual" (a reason that
 * may not be accepted, with the line), ".type" (the row cannot be stored, with the line), ".file",
 * ".columns"; YM_TOO_LARGE "quarantine.many"; YM_NOT_FOUND "quarantine.no_act".
 */
#pragma once
#include "data/lake/lake.h"

// Tables quarantine_draft, quarantine_act, quarantine_change, quarantine_row; of the version: base,
// rows_dropped, rows_accepted.
extern const char LAKE_DRAFT_SCHEMA[];

enum { LAKE_ACT_ROWS = 50000 }; // of one act
struct lake_act {
    int64_t id, load, account, made, rows, good, undone;
    struct ym_str kind, who, undone_by, reason, detail; // detail: JSON text, or none
    bool frozen;                                        // it went into a version, or is on its way
};
struct lake_acts {
    struct lake_act *items;
    size_t n, cap;
    int64_t total;
};
struct lake_which { // rows by their lines, or (n 0) all with this reason
    int64_t *lines;
    size_t n;
    struct ym_str code, column; // none: any
};
struct lake_rule {
    struct ym_str what;   // "trim", "half_width", "replace"
    struct ym_str column; // of the file; none: all
    struct ym_str find, with;
    struct ym_str code, of; // only rows with this reason about this field; none: any
};
// Newest first, before id `before` (0: from the newest).
YM_MUST bool lake_act_list(struct lake *lake, const struct org_caller *caller, int64_t load,
                           int64_t before, int64_t limit, struct ym_arena *arena,
                           struct lake_acts *out, struct ym_error *err);
// `cells`: {"column": "text", …}.
YM_MUST bool lake_mend(struct lake *lake, const struct org_caller *caller, int64_t load,
                       int64_t line, const json_t *cells, struct ym_arena *arena,
                       struct lake_act *out, struct ym_error *err);
// `accept` false: drop. The reason has 1 to 500 characters.
YM_MUST bool lake_decide(struct lake *lake, const struct org_caller *caller, int64_t load,
                         bool accept, const struct lake_which *which, struct ym_str reason,
                         struct ym_arena *arena, struct lake_act *out, struct ym_error *err);
YM_MUST bool lake_rule_apply(struct lake *lake, const struct org_caller *caller, int64_t load,
                             const struct lake_rule *rule, struct ym_arena *arena,
                             struct lake_act *out, struct ym_error *err);
// What lake_rule_apply would do: {"rows", "good", "items": [{"line", "before", "after",
// "reasons"}], "next"}; items behind the line `after`. *out is the caller's.
YM_MUST bool lake_rule_try(struct lake *lake, const struct org_caller *caller, int64_t load,
                           const struct lake_rule *rule, int64_t after, int64_t limit,
                           struct ym_arena *arena, json_t **out, struct ym_error *err);
YM_MUST bool lake_undo(struct lake *lake, const struct org_caller *caller, int64_t load,
                       int64_t act, struct ym_arena *arena, struct lake_act *out,
                       struct ym_error *err);
YM_MUST bool lake_draft_publish(struct lake *lake, const struct org_caller *caller, int64_t load,
                                bool hold, struct ym_arena *arena, struct lake_load *out,
                                struct ym_error *err);

// The quarantine as a CSV file for spreadsheets: UTF-8 with a mark, the columns of the file, then
// yunmeng_line and yunmeng_reasons (and yunmeng_extra_N for cells too many); cells that a
// spreadsheet would take for a formula begin with an apostrophe, which lake_reload takes away.
// `words` are the reasons' texts by code. *fd is the caller's.
struct lake_words {
    const struct ym_str *codes, *texts;
    size_t n;
};
YM_MUST bool lake_quarantine_file(struct lake *lake, const struct org_caller *caller, int64_t load,
                                  struct ym_str code, struct ym_str column,
                                  const struct lake_words *words, int *fd, int64_t *size,
                                  struct ym_error *err);
YM_MUST bool lake_reload(struct lake *lake, const struct org_caller *caller, int64_t load,
                         const char *path, struct ym_str name, struct ym_arena *arena,
                         struct lake_act *out, struct ym_error *err);
// Datasets whose current version has quarantined rows, as far as the caller may look:
// {"items": [{"dataset", "title", "agency", "load", "version", "file", "published_at",
// "quarantined", "reasons": [{"code", "column", "count"}], "draft": {"acts", "mended",
// "quarantined", "accepted", "dropped"}, "may_act"}], "next": null, "total"}.
YM_MUST bool lake_desk(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                       json_t **out, struct ym_error *err);
