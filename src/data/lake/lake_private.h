/* data/lake/lake_private: what the files of this room share.
 *
 * `options` never changes after lake_open. `cache` belongs to
 * cache-using readers (anchors, totals) and has its own lock.
 */
#pragma once
#include "data/lake/ingest.h"
#include "data/lake/lake.h"

enum {
    LAKE_SCHEMA_MAX = 4 << 20, // bytes of a schema or a problem kept in the store
    LAKE_RECIPE_MAX = 64 << 10
};
struct lake {
    struct lake_options options;
    struct lake_writers *writers; // of uploads; its own lock
    struct lake_cache *cache;
};
// Made by lake_open, freed by lake_close (anchors.c).
struct lake_cache *lake_cache_new(void);
void lake_cache_free(struct lake_cache *cache);

// Originals by their digest: a received file is renamed to its place; one is opened to be read.
YM_MUST bool lake_keep_original(const struct lake *lake, const char *from, const char *digest,
                                struct ym_arena *arena, struct ym_error *err);
YM_MUST int lake_open_original(const struct lake *lake, struct ym_str digest,
                               struct ym_arena *arena, struct ym_error *err);

YM_MUST bool lake_load_read(struct store *store, int64_t id, struct ym_arena *arena,
                            struct lake_load *out, struct ym_error *err);
void lake_problem_read(struct ym_str text, struct ym_error *out); // none: YM_NO_ERROR

YM_MUST bool lake_may_load(struct store *store, const struct org_caller *caller, struct ym_str name,
                           struct ym_arena *arena, struct catalog_dataset *dataset,
                           struct ym_error *err);
// Recipes as texts (JSON; none is the empty one), and the one that a dataset remembers: read in the
// caller's transaction or without one; an empty one that is written removes it.
YM_MUST bool lake_recipe_text(struct ym_str text, struct ym_arena *arena,
                              struct collect_recipe *out, struct ym_error *err);
struct ym_str lake_recipe_dump(const struct collect_recipe *recipe, struct ym_arena *arena);
YM_MUST bool lake_recipe_read(struct store *store, int64_t dataset, struct ym_arena *arena,
                              struct collect_recipe *out, struct ym_error *err);
YM_MUST bool lake_recipe_write(struct store *store, int64_t dataset, int64_t account,
                               const struct collect_recipe *recipe, struct ym_error *err);

// Where the references of `schema` point now: one an entry of *out, and the report's `references`
// (the caller's, also where it fails). A dataset of another agency that is not open, one without a
// version, or without the fields: YM_INVALID "lake.reference".
YM_MUST bool lake_others(struct store *store, const struct catalog_dataset *dataset,
                         const struct quality_schema *schema, int64_t version,
                         struct ym_arena *arena, const struct quality_other **out, json_t **report,
                         struct ym_error *err);

// State moves; each is one transaction.
YM_MUST bool lake_checked(struct lake *lake, const struct lake_load *load,
                          const struct catalog_dataset *dataset, const struct lake_ingest *in,
                          struct ym_error *err);
YM_MUST bool lake_publish_now(struct lake *lake, int64_t load, struct ym_error *err);
bool lake_refuse_for(struct lake *lake, int64_t load, const struct ym_error *why); // logs failure

// versions.c
struct lake_versions;
// Published and withdrawn, the newest publication first.
YM_MUST bool lake_versions_living(struct store *store, int64_t dataset, struct ym_arena *arena,
                                  struct lake_versions *out, struct ym_error *err);
YM_MUST bool lake_act(struct store *store, int64_t load, const char *act, struct ym_str reason,
                      int64_t account, struct ym_error *err); // inside a transaction
// May the caller decide what is kept and seen of it?
YM_MUST bool lake_may_keep(const struct catalog_dataset *dataset, const struct org_caller *caller,
                           struct ym_error *err);
