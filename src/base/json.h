/* base/json: documents as jansson's trees; rows never become trees.
 *
 * ym_json_parse takes UTF-8, refuses duplicate keys, depth over 64, anything after the document,
 * and more than `max` bytes; errors are YM_INVALID "json.*" with the line. What it returns is the
 * caller's: json_decref. The writers append to a buffer; `<`, U+2028 and U+2029 leave as \uXXXX, so
 * that a document may stand inside a page.
 */
#pragma once
#include "base/base.h"

#include <jansson.h>

YM_MUST bool ym_json_parse(struct ym_str text, size_t max, json_t **out, struct ym_error *err);
YM_MUST bool ym_json_file(const char *path, size_t max, json_t **out, struct ym_error *err);
void ym_json_dump(struct ym_buf *to, const json_t *value); // compact, keys in their order
void ym_json_text(struct ym_buf *to, struct ym_str text);  // a quoted string
json_t *ym_json_str(struct ym_str text);                   // none is null; bad UTF-8 is escaped
struct ym_str ym_json_get(const json_t *object, const char *key); // a string member, or none
