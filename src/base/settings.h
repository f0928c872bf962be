/* base/settings: the configuration file: keys by room, typed by a table, wrong ones named by line.
 *
 * A file is YAML: nested maps or dotted keys (`http: {listen: …}` is `http.listen`). Every key must
 * be in the table; a value must fit its type; errors are YM_INVALID "config.*" with subject (the
 * key) and line. What the file does not say has the table's default.
 */
#pragma once
#include "base/base.h"

enum ym_setting_type {
    YM_SETTING_TEXT,
    YM_SETTING_INTEGER,
    YM_SETTING_BOOLEAN, // true or false
    YM_SETTING_LIST     // of texts; kept joined by '\n'
};
struct ym_setting {
    const char *key;
    enum ym_setting_type type;
    const char *otherwise; // default as text, NULL: none
    int64_t min, max;      // INTEGER
    const char *about;     // for `yunmeng config`
};
struct ym_settings {
    const struct ym_setting *table;
    size_t n;
    struct ym_str *values; // by index of the table; in the arena
    int64_t *lines;        // 0: default
};
// `text` none: all defaults.
YM_MUST bool ym_settings_read(struct ym_str text, const struct ym_setting *table, size_t n,
                              struct ym_arena *arena, struct ym_settings *out,
                              struct ym_error *err);
struct ym_str ym_setting(const struct ym_settings *settings, const char *key); // asserts the key
int64_t ym_setting_int(const struct ym_settings *settings, const char *key);
bool ym_setting_bool(const struct ym_settings *settings, const char *key);
