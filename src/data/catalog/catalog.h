/* data/catalog: datasets: metadata, schema, facts of their versions; search and facets.
 *
 * A dataset is known by its name for ever: `space.name`, each part [a-z][a-z0-9_]* up to 63 bytes;
 * the space is the agency's short name (not lake, open, system, default). Everyone may know of a
 * dataset; who may read its rows or load it says catalog_may. Texts of results in the arena.
 * Changes compare `etag` (YM_CONFLICT "catalog.etag").
 */
#pragma once
#include "base/base.h"
#include "base/json.h"
#include "data/quality/quality.h"
#include "host/store/store.h"
#include "trust/org/org.h"

// Tables dataset, version (id is the load's; at most one a dataset is received or checked) and
// lake_secret (what all servers of the store seal cursors with).
extern const char CATALOG_SCHEMA_1[];

struct catalog_version { // facts of the current version; number 0: none
    int64_t number, load, published, received, in, kept, quarantined, duplicates;
    struct ym_str state, file;
};
struct catalog_dataset {
    int64_t id, agency, created, updated, etag;
    struct ym_str name, title_zh, title_en, abstract_zh, abstract_en, code, theme;
    struct ym_str openness, sharing, update_cycle; // codes of docs/api.md
    struct ym_str agency_name, agency_title_zh, agency_title_en;
    struct ym_str schema; // JSON text; none while not settled
    struct catalog_version current;
};
struct catalog_may {
    bool read, load, edit;
};
struct catalog_may catalog_may(const struct catalog_dataset *dataset,
                               const struct org_caller *caller);

YM_MUST bool catalog_get(struct store *store, struct ym_str name, struct ym_arena *arena,
                         struct catalog_dataset *out, struct ym_error *err);
YM_MUST bool catalog_by_id(struct store *store, int64_t id, struct ym_arena *arena,
                           struct catalog_dataset *out, struct ym_error *err);
// Validates and inserts; sets id, agency, etag, times and what was left empty (openness closed,
// sharing conditional, update_cycle irregular). The space must be the agency's name; schema may be
// none.
YM_MUST bool catalog_add(struct store *store, const struct org_caller *caller,
                         struct catalog_dataset *dataset, struct ym_arena *arena,
                         struct ym_error *err);
// `change` holds only members to change (title, abstract, theme, openness, sharing, update_cycle,
// code, schema: while there is no version).
YM_MUST bool catalog_change(struct store *store, const struct org_caller *caller,
                            struct ym_str name, int64_t etag, const json_t *change,
                            struct ym_arena *arena, struct ym_error *err);
// Errors: YM_INVALID "catalog.*" (name, space, title, code of a list, member), YM_CONFLICT
// "catalog.taken", "catalog.etag", "catalog.schema_fixed"; YM_NOT_FOUND "catalog.no_dataset";
// YM_SIGN_IN, YM_DENIED "catalog.denied". The first load settles a schema that was not; inside the
// caller's transaction.
YM_MUST bool catalog_settle(struct store *store, int64_t dataset, struct ym_str schema,
                            struct ym_error *err);
struct catalog_query {
    struct ym_str q; // substring of name, titles, abstracts, code, field names and titles
    struct ym_str agency, theme, openness, sharing; // comma-separated values; none: all
    struct ym_str sort;                             // "-updated" (default), "name", "title"
    int64_t offset, limit;
};
struct catalog_facet_value {
    const char *facet; // "agency", "theme", "openness", "sharing"
    struct ym_str value, title_zh, title_en;
    int64_t count;
};
struct catalog_page {
    struct catalog_dataset *items;
    size_t n, cap;
    int64_t total;
    struct catalog_facet_value *facets;
    size_t n_facets, cap_facets;
};
YM_MUST bool catalog_find(struct store *store, const struct catalog_query *query,
                          struct ym_arena *arena, struct catalog_page *out, struct ym_error *err);
json_t *catalog_facets_json(const struct catalog_page *page);
json_t *catalog_version_json(const struct catalog_version *version); // the API's Version
json_t *catalog_json(const struct catalog_dataset *dataset, const struct org_caller *caller,
                     bool with_schema); // the API's Dataset
