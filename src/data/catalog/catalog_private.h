/* data/catalog, inside: the columns of a dataset with its agency and its current version.
 *
 * Nobody outside the room includes this.
 */
#pragma once
#include "data/catalog/catalog.h"

// Read by catalog_read_row, in this order.
#define CATALOG_COLUMNS                                                                            \
    "SELECT d.id, d.agency, d.created, d.updated, d.etag, d.name, d.title_zh, d.title_en,"         \
    " d.abstract_zh, d.abstract_en, d.code, d.theme, d.openness, d.sharing, d.update_cycle,"       \
    " a.name, a.title_zh, a.title_en, d.schema, v.number, v.id, v.published, v.received,"          \
    " v.rows_in, v.rows_kept, v.rows_quarantined, v.duplicates, v.state, v.file,"                  \
    " d.category, d.format, d.sharing_way, d.sharing_condition, d.sharing_basis,"                  \
    " d.open_condition, d.open_planned, d.closed_reason, d.related, d.contact, d.contact_phone,"   \
    " d.contact_mail, d.state, d.review_note, d.released, d.submitted_by"
// Current is what was published last.
#define CATALOG_CURRENT                                                                            \
    " LEFT JOIN version v ON v.id = (SELECT w.id FROM version w WHERE w.dataset = d.id"            \
    " AND w.state = 'published' ORDER BY w.published DESC, w.number DESC LIMIT 1)"

// The core metadata beyond what migration 1 had, in the order of CATALOG_COLUMNS.
struct catalog_fact {
    const char *name;
    size_t at;               // offset in struct catalog_dataset
    size_t max;              // characters
    const char *const *list; // of codes, ended by NULL; or NULL: free text
};
enum { CATALOG_N_FACTS = 12 };
extern const struct catalog_fact catalog_facts[CATALOG_N_FACTS];
static inline struct ym_str *catalog_fact_of(struct catalog_dataset *dataset, size_t fact)
{
    return (struct ym_str *)((char *)dataset + catalog_facts[fact].at);
}
extern const char *const catalog_openness[], *const catalog_sharing[], *const catalog_cycles[],
                                                                           *const catalog_states[];

// What everybody who changes an entry does, inside the transaction: the turn, and news.
bool catalog_turn(struct store *store, int64_t dataset, struct ym_error *err);
bool catalog_news(struct store *store, int64_t dataset, const char *event, struct ym_str detail,
                  struct ym_error *err);
void catalog_defaults(struct catalog_dataset *dataset);
bool catalog_name(struct ym_str name, struct ym_str *space, struct ym_error *err); // SPACE.NAME
bool catalog_insert(struct store *store, struct catalog_dataset *dataset, struct ym_arena *arena,
                    struct ym_error *err);
bool catalog_update(struct store *store, struct catalog_dataset *dataset, int64_t etag,
                    struct ym_arena *arena, struct ym_error *err);
// A code of a list by its Chinese word ("有条件共享"); what is none stays as it is.
struct ym_str catalog_code_of(const char *list, struct ym_str said);
bool catalog_check(struct catalog_dataset *dataset, struct ym_arena *arena, struct ym_error *err);
bool catalog_incomplete(const struct catalog_dataset *dataset, bool classes_only,
                        struct ym_error *err); // true: nothing is owed
bool catalog_denied(const struct org_caller *caller, struct ym_str name, struct ym_error *err);

void catalog_read_row(const struct store_rows *rows, struct ym_arena *arena,
                      struct catalog_dataset *out);
// What a search looks in: names, titles, abstracts, code and the schema's fields.
struct ym_str catalog_search_text(const struct catalog_dataset *dataset, struct ym_arena *arena);
struct ym_str catalog_lower(struct ym_str text, struct ym_arena *arena); // ASCII only
