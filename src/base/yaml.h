/* base/yaml: YAML 1.2 documents as a tree of texts with their lines (libfyaml).
 *
 * At most 1 MiB, depth 64; no aliases, anchors, tags or duplicate keys; one document. Scalars are
 * text as written (`no`, `0123` and `~` too): the reader types them by its own schema; `plain` says
 * that it was not quoted. The tree lies in the arena. Errors: YM_INVALID "yaml.*" with the line.
 */
#pragma once
#include "base/base.h"

enum ym_yaml_kind { YM_YAML_TEXT, YM_YAML_LIST, YM_YAML_MAP };
struct ym_yaml {
    enum ym_yaml_kind kind;
    bool plain;
    int64_t line;
    struct ym_str text;    // TEXT
    struct ym_yaml *items; // LIST: items; MAP: values
    struct ym_str *keys;   // MAP
    int64_t *key_lines;    // MAP
    size_t n;
};
// NULL in *out for an empty document.
YM_MUST bool ym_yaml_parse(struct ym_str text, struct ym_arena *arena, struct ym_yaml **out,
                           struct ym_error *err);
