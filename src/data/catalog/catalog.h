/* data/catalog: datasets: metadata, schema, facts of their versions; review, search and facets.
 *
 * A dataset is known by its name for ever: `space.name`, each part [a-z][a-z0-9_]* up to 63 bytes;
 * the space is the agency's short name (not lake, open, system, default). Its metadata are the core
 * metadata of 政务信息资源目录编制指南(试行) of 2017 (docs/catalogue.md). An entry is a draft,
 * submitted, or published. Everyone may know of what is published; of the rest its agency,
 * administrators and auditors, for others it is not there (YM_NOT_FOUND "catalog.no_dataset"). Who
 * may read its rows or load it says catalog_may. Texts of results in the arena. Changes compare
 * `etag` (YM_CONFLICT "catalog.etag"); each makes the catalogue's `turn` one higher, by which the
 * search of each server sees that it is behind.
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
// Core metadata, state, turn; tables attachment, subscription, news, field_source.
extern const char CATALOG_SCHEMA_2[];

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
    // Core metadata; empty where not said. The first three are codes of docs/catalogue.md,
    // open_planned is a day, related are codes of other entries, joined by commas.
    struct ym_str category, format, sharing_way;
    struct ym_str sharing_condition, sharing_basis, open_condition, open_planned, closed_reason;
    struct ym_str related, contact, contact_phone, contact_mail;
    struct ym_str state, review_note; // "draft", "submitted", "published"; why it was sent back
    int64_t released, submitted_by;   // when it was published; the account that submitted it
    struct catalog_version current;
};
struct catalog_may {
    bool read, load, edit, review;
};
// Whether the caller may know of the dataset at all.
bool catalog_knows(const struct catalog_dataset *dataset, const struct org_caller *caller);
struct catalog_may catalog_may(const struct catalog_dataset *dataset,
                               const struct org_caller *caller);

YM_MUST bool catalog_get(struct store *store, struct ym_str name, struct ym_arena *arena,
                         struct catalog_dataset *out, struct ym_error *err);
// The same for somebody: what one may not know of is not found.
YM_MUST bool catalog_see(struct store *store, const struct org_caller *caller, struct ym_str name,
                         struct ym_arena *arena, struct catalog_dataset *out, struct ym_error *err);
YM_MUST bool catalog_by_id(struct store *store, int64_t id, struct ym_arena *arena,
                           struct catalog_dataset *out, struct ym_error *err);
// Validates and inserts; sets id, agency, etag, times and what was left empty (openness closed,
// sharing conditional, update_cycle irregular; state: published for an administrator, else draft).
// The space must be the agency's name; schema may be none. "published" is for administrators, and
// where it is asked for by name the entry must be complete.
YM_MUST bool catalog_add(struct store *store, const struct org_caller *caller,
                         struct catalog_dataset *dataset, struct ym_arena *arena,
                         struct ym_error *err);
// `change` holds only members to change (title, abstract, theme, openness, sharing, update_cycle,
// code, schema: while there is no version; and the core metadata by their names above).
YM_MUST bool catalog_change(struct store *store, const struct org_caller *caller,
                            struct ym_str name, int64_t etag, const json_t *change,
                            struct ym_arena *arena, struct ym_error *err);
// Errors: YM_INVALID "catalog.*" (name, space, title, code of a list, member), YM_CONFLICT
// "catalog.taken", "catalog.etag", "catalog.schema_fixed"; YM_NOT_FOUND "catalog.no_dataset";
// YM_SIGN_IN, YM_DENIED "catalog.denied". The first load settles a schema that was not; inside the
// caller's transaction.
YM_MUST bool catalog_settle(struct store *store, int64_t dataset, struct ym_str schema,
                            struct ym_error *err);
// The version published, withdrawn, restored …: `updated` and the turn follow, subscribers are
// told. Inside the caller's transaction. event: "version.published", "version.withdrawn" …
YM_MUST bool catalog_touch(struct store *store, int64_t dataset, const char *event, int64_t version,
                           struct ym_error *err);

// Members of the core metadata that the entry still owes, up to CATALOG_GAPS; *classes how many of
// the first are what a class demands: a condition, a legal basis, a reason.
enum { CATALOG_GAPS = 12 };
size_t catalog_gaps(const struct catalog_dataset *dataset, const char *gaps[CATALOG_GAPS],
                    size_t *classes);
// Review. Submitting wants a complete entry (YM_INVALID "catalog.incomplete", the member as
// subject). An administrator may review, or a steward of the agency who did not submit it himself;
// sending back wants a reason. YM_CONFLICT "catalog.state" where the entry is not in that state.
enum catalog_act { CATALOG_SUBMIT, CATALOG_PUBLISH, CATALOG_SEND_BACK, CATALOG_ACTS };
bool catalog_act_by_name(struct ym_str name, enum catalog_act *out); // "submit" …
YM_MUST bool catalog_review(struct store *store, const struct org_caller *caller,
                            struct ym_str name, enum catalog_act act, struct ym_str reason,
                            struct ym_arena *arena, struct ym_error *err);

// Subscriptions: whoever has an account is told of what happens to an entry that it may know of.
YM_MUST bool catalog_subscribe(struct store *store, const struct org_caller *caller,
                               struct ym_str name, bool on, struct ym_arena *arena,
                               struct ym_error *err);
YM_MUST bool catalog_subscribed(struct store *store, const struct org_caller *caller,
                                struct ym_str name, struct ym_arena *arena, bool *on,
                                struct ym_error *err);
struct catalog_news_row {
    int64_t id, created;
    struct ym_str event;  // "entry.published", "entry.changed", "version.published" …
    struct ym_str detail; // of a version: its number
    struct ym_str dataset, title_zh, title_en;
};
struct catalog_news_list {
    struct catalog_news_row *items;
    size_t n, cap;
};
// Newest first, before id `before` (0: from the newest): of one dataset, or (name none) of all that
// the caller subscribes to.
YM_MUST bool catalog_news_list(struct store *store, const struct org_caller *caller,
                               struct ym_str name, int64_t before, int64_t limit,
                               struct ym_arena *arena, struct catalog_news_list *out,
                               struct ym_error *err);

/* Freshness: a cycle gives the age that the current version may have (catalog_cycle_age, µs; 0: no
 * bound), generous by a fifth and more for what stands between the data and its load: realtime 1
 * h, hour 2 h, day 2 d, week 9 d, month 40 d, quarter 110 d, half_year 200 d, year 400 d. */
int64_t catalog_cycle_age(struct ym_str cycle);
const char *catalog_freshness(const struct catalog_dataset *dataset, int64_t now); // or NULL

// The search of this server: an FTS5 file derived from the store, and what facets and orders need
// in memory (about 300 bytes a dataset). Made, mended and brought up to the store's turn by the
// first question. Any thread. Where the file is damaged it is made anew.
struct catalog_search;
YM_MUST bool catalog_search_open(const char *path, struct catalog_search **out,
                                 struct ym_error *err);
void catalog_search_close(struct catalog_search *search); // NULL: nothing

// What two agencies call by the same title (else name) is the same field: its letters, digits and
// Han characters, small, in plain width.
struct ym_str catalog_field_key(struct ym_str name, struct ym_str title, struct ym_arena *arena);

enum catalog_facet {
    CATALOG_AGENCY,
    CATALOG_THEME,
    CATALOG_OPENNESS,
    CATALOG_SHARING,
    CATALOG_CYCLE,     // "update_cycle"
    CATALOG_REGION,    // prefecture of the agency, six digits; "420000": the province's own
    CATALOG_MOUNTED,   // "yes", "no": has a published version
    CATALOG_FRESHNESS, // "fresh", "late"; none without a version or a cycle
    CATALOG_PLAN,      // "kept", "overdue", "due"; none where no day is planned
    CATALOG_STATE,
    CATALOG_FACETS
};
extern const char *const catalog_facet_names[CATALOG_FACETS];
struct catalog_query {
    // Words, all of which must be found: in name, titles, abstracts, code, field names and titles;
    // one Han character is a word; letters also as first letters of the title's pinyin. Text
    // without a letter, digit or Han character finds nothing.
    struct ym_str q;
    struct ym_str filters[CATALOG_FACETS];  // comma-separated values; none: all
    struct ym_str planned_from, planned_to; // days, both included: of the open plan; or none
    struct ym_str sort; // "best" (default with q), "-updated" (else), "name", "title", "planned"
    int64_t offset, limit;
};
struct catalog_facet_value {
    const char *facet;
    struct ym_str value, title_zh, title_en; // titles of agencies and regions
    int64_t count;
};
struct catalog_page {
    struct catalog_dataset *items;
    size_t n, cap;
    int64_t total;
    struct catalog_facet_value *facets;
    size_t n_facets, cap_facets;
};
YM_MUST bool catalog_find(struct store *store, struct catalog_search *search,
                          const struct org_caller *caller, const struct catalog_query *query,
                          struct ym_arena *arena, struct catalog_page *out, struct ym_error *err);

// One datum, one source: the fields that published entries of several agencies hold, who holds
// them, and which agency answers for each. JSON of the API: {"items", "next", "total"}. An
// administrator names the agency (YM_INVALID "catalog.no_holder" where it does not hold the field;
// agency 0: nobody any more).
YM_MUST bool catalog_shared_fields(struct store *store, struct catalog_search *search,
                                   struct ym_str q, int64_t offset, int64_t limit,
                                   struct ym_arena *arena, json_t **out, struct ym_error *err);
YM_MUST bool catalog_source_set(struct store *store, struct catalog_search *search,
                                const struct org_caller *caller, struct ym_str field,
                                int64_t agency, struct ym_str note, struct ym_arena *arena,
                                struct ym_error *err);

/* An agency's catalogue from a table: a file of any format that data/collect reads, with the
 * headings of catalog_template (in any order; Chinese or the members' names). Words of the lists
 * are the Chinese ones, or codes. Entries are known by their code within the agency: the same file
 * twice changes nothing. New ones are submitted for review, or published where an administrator
 * imports; each must be complete. Nothing is imported where a line is wrong, unless `skip`; nothing
 * at all with `only_check`. The report: {"agency", "imported", "lines", "added", "changed",
 * "unchanged", "wrong", "items": [{"line", "code", "dataset", "title", "outcome", "problem"}]}, up
 * to 5,000 items, wrong ones first. Errors: those of data/collect, catalog.import_headings. */
struct catalog_import {
    const char *path;
    struct ym_str file_name, agency; // short name
    const char *program;             // of yunmeng, for the reader
    bool skip, only_check;
};
struct ym_str catalog_template(void); // CSV in UTF-8 with a mark, one line of headings
YM_MUST bool catalog_import(struct store *store, const struct org_caller *caller,
                            const struct catalog_import *what, struct ym_arena *arena,
                            json_t **report, struct ym_error *err);

// The province in figures, over published entries only: what everyone may count. By agency, and by
// prefecture of the agency.
struct catalog_figures {
    int64_t datasets, mounted, fresh, late; // late: its version is older than its cycle allows
    int64_t rows_in, rows_kept;             // of current versions
    int64_t sharing[3], openness[3];        // in the order of the code lists
    int64_t plan_kept, plan_overdue, plan_due;
};
struct catalog_group {
    struct org_agency agency; // id 0: a prefecture, whose code is agency.region
    struct ym_str region_name;
    struct catalog_figures figures;
};
struct catalog_overview {
    struct catalog_figures all;
    struct catalog_group *agencies, *regions;
    size_t n_agencies, n_regions;
};
YM_MUST bool catalog_overview(struct store *store, struct catalog_search *search,
                              struct ym_arena *arena, struct catalog_overview *out,
                              struct ym_error *err);
json_t *catalog_facets_json(const struct catalog_page *page);
json_t *catalog_version_json(const struct catalog_version *version); // the API's Version
json_t *catalog_json(const struct catalog_dataset *dataset, const struct org_caller *caller,
                     bool with_schema); // the API's Dataset
