/* data/lake/ingest: one file through reader and checks into one version's partitions.
 *
 * Shared by loads and by `yunmeng check`. Repeatable: what an earlier attempt left of this version
 * is dropped first. Nothing becomes visible: the caller's control-store row does that.
 */
#pragma once
#include "data/lake/lake.h"

struct lake_ingest {
    struct engine *engine;
    const struct collect_request *request;
    int64_t size;         // bytes of the file, for progress
    const json_t *schema; // NULL: proposed from the whole file
    struct quality_target target;
    void (*progress)(void *with, const char *stage, int64_t done, int64_t total, const char *unit);
    bool (*stopped)(void *with);
    void *with;                   // for both
    struct collect_facts facts;   // out, in the arena
    struct quality_counts counts; // out
    json_t *report;               // out, the caller's
    json_t *settled;              // out, the caller's: the schema that was used
};
YM_MUST bool lake_ingest(struct lake_ingest *in, struct ym_arena *arena, struct ym_error *err);
// kept and quarantined of this version as the tables have them.
YM_MUST bool lake_count(struct lake_ingest *in, const struct quality_sql *sql,
                        struct ym_arena *arena, struct quality_counts *counts,
                        struct ym_error *err);
// Partitions of this version and its staging tables go away; YM_BUSY where the engine is away.
YM_MUST bool lake_ingest_drop(struct engine *engine, const struct quality_target *target,
                              struct ym_error *err);
