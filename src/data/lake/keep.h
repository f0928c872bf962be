/* data/lake/keep: what a backup needs of the lake: which versions there are, what is in them, and a
 * lease under which nothing of them goes.
 *
 * A lease is a row with an end: a backup that dies does not hold retention for ever. Retention asks
 * lake_leased before it drops a partition or an original. Errors: YM_FAULT "lake.partition" (the
 * engine's rows are not as many as the control store says), those of host/store and host/engine.
 */
#pragma once
#include "data/lake/lake.h"

extern const char LAKE_LEASE_SCHEMA[]; // table lake_lease

YM_MUST bool lake_lease(struct store_pool *pool, struct ym_str name, int64_t until,
                        struct ym_error *err); // until 0: it ends
YM_MUST bool lake_leased(struct store *store, bool *held, struct ym_error *err);

// A version that can be read: checked, published or withdrawn. Texts in the arena.
struct lake_kept {
    int64_t load, dataset, number, kept, quarantined;
    struct ym_str name; // of the dataset
};
struct lake_all {
    struct lake_kept *items;
    size_t n, cap;
};
YM_MUST bool lake_all_versions(struct store *store, struct ym_arena *arena, struct lake_all *out,
                               struct ym_error *err);
// Hex of a sum over the contents of all rows, kept and quarantined: equal where they are, whatever
// their order; and their number is compared with the store's.
enum { LAKE_CONTENT = 36 };
YM_MUST bool lake_version_content(struct engine *engine, const struct lake_kept *version,
                                  char digest[LAKE_CONTENT], struct ym_error *err);
