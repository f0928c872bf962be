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
    " v.rows_in, v.rows_kept, v.rows_quarantined, v.duplicates, v.state, v.file"
// Current is what was published last.
#define CATALOG_CURRENT                                                                            \
    " LEFT JOIN version v ON v.id = (SELECT w.id FROM version w WHERE w.dataset = d.id"            \
    " AND w.state = 'published' ORDER BY w.published DESC, w.number DESC LIMIT 1)"

void catalog_read_row(const struct store_rows *rows, struct ym_arena *arena,
                      struct catalog_dataset *out);
// What a search looks in: names, titles, abstracts, code and the schema's fields.
struct ym_str catalog_search_text(const struct catalog_dataset *dataset, struct ym_arena *arena);
struct ym_str catalog_lower(struct ym_str text, struct ym_arena *arena); // ASCII only
