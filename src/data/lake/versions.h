/* data/lake/versions: what becomes of a version after it is published.
 *
 * published ⇄ withdrawn → retired. A withdrawn version is read by its own stewards alone and comes
 * back at its old place in time; each move says who, when and why (table version_act), the reason
 * is seen by everyone who sees the version. A retired one's rows are gone for good (its original
 * file and its report stay); the current version is never retired. Retention is a policy of the
 * dataset: a version is due where a policy is set, no hold is on it, and neither `keep_versions`
 * nor `keep_days` keeps it. What is due is shown first (lake_retention_get) and goes when the
 * policy is set, when a version is published, and once a day.
 *
 * Changing needs catalog_may.load. Errors: YM_SIGN_IN "org.sign_in_needed", YM_DENIED
 * "lake.not_yours" (YM_NOT_FOUND where the dataset is closed), YM_NOT_FOUND "lake.no_version",
 * YM_CONFLICT "lake.state", YM_INVALID "lake.reason", "lake.keep".
 */
#pragma once
#include "data/lake/lake.h"

// Tables version_act and lake_policy, columns of version.
extern const char LAKE_VERSIONS_1[];

struct lake_version {
    struct catalog_version facts;
    struct ym_str note;        // of its steward, or none
    struct ym_str act, reason; // the last one: withdraw, restore, retire; none: there was none
    int64_t acted;
    bool current;
};
struct lake_versions {
    struct lake_version *items;
    size_t n, cap;
    int64_t total;
};
YM_MUST bool lake_version_list(struct lake *lake, const struct org_caller *caller,
                               struct ym_str dataset, int64_t before, int64_t limit,
                               struct ym_arena *arena, struct lake_versions *out,
                               struct ym_error *err);
YM_MUST bool lake_version_get(struct lake *lake, const struct org_caller *caller,
                              struct ym_str dataset, int64_t number, struct ym_arena *arena,
                              struct lake_version *out, struct ym_error *err);
// The reason: 1 to 1,000 bytes to withdraw, or none to restore.
YM_MUST bool lake_withdraw(struct lake *lake, const struct org_caller *caller,
                           struct ym_str dataset, int64_t number, struct ym_str reason,
                           struct ym_error *err);
YM_MUST bool lake_restore(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                          int64_t number, struct ym_str reason, struct ym_error *err);

struct lake_policy {
    int64_t keep_versions, keep_days; // the newest so many, those of the last so many; 0: not said
    bool hold;                        // nothing is retired, whatever the two say
    struct ym_str reason;             // of the hold, or of the policy
    int64_t updated;                  // 0: none was ever set
};
struct lake_retention {
    struct lake_policy policy;
    struct lake_versions due; // would be retired now; newest first
};
// `draft` NULL: the policy that is set; else what it would bring about.
YM_MUST bool lake_retention_get(struct lake *lake, const struct org_caller *caller,
                                struct ym_str dataset, const struct lake_policy *draft,
                                struct ym_arena *arena, struct lake_retention *out,
                                struct ym_error *err);
YM_MUST bool lake_retention_set(struct lake *lake, const struct org_caller *caller,
                                struct ym_str dataset, const struct lake_policy *policy,
                                struct ym_error *err);
// Kind "lake.retire", of the dataset that it is about, or of all with a policy where it is about
// none. First the rows of the control store, then the partitions; run again it goes on. with: lake
bool lake_retire(struct job *job, void *with, struct ym_error *err);

/* The difference of two versions by key: counts, and pages of the rows that differ, in the order of
 * the key. Only fields that both versions have are compared; a missing value differs from 0 and
 * from an empty text. The engine compares hashes of whole rows (cityHash64, 64 bits). YM_INVALID
 * "lake.no_key" where the dataset has none, "lake.kind", and those of reading. */
struct lake_diff_ask {
    struct ym_str dataset, kind; // none: all; "added", "removed", "changed"
    int64_t from, to;            // 0: to the current one, from the one published before that
    struct ym_str after;
    int64_t limit; // of a page; 0: 100; at most 1,000
};
// {"dataset", "from", "to", "key": […], "fields": […], "counts": {"added", "removed", "changed",
// "same"}, "items": [{"kind", "changed": […], "from": {…} or null, "to": …}], "next", "total"}
YM_MUST bool lake_diff(struct lake *lake, const struct org_caller *caller,
                       const struct lake_diff_ask *ask, struct ym_arena *arena, struct ym_buf *out,
                       struct ym_error *err);
