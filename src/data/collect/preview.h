/* data/collect/preview: a reading that ends after some rows and first says its view (sink.h).
 *
 * As collect_open; *view is NULL where the reader came to no view, and the caller's in any case.
 */
#pragma once
#include "data/collect/collect.h"

YM_MUST bool collect_open_preview(const struct collect_request *request, size_t rows,
                                  struct ym_arena *arena, json_t **view, struct collect_read **out,
                                  struct collect_facts *facts, struct ym_error *err);
