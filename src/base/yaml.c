#include "base/yaml.h"

#include <libfyaml.h>

enum { SIZE_LIMIT = 1 << 20, DEPTH_LIMIT = 64 };

static int64_t line_of(struct fy_token *token)
{
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

    return mark ? mark->line + 1 : 0;
}

static int64_t node_line(struct fy_node *node)
{
    if (fy_node_get_type(node) == FYNT_SCALAR)
        return line_of(fy_node_get_scalar_token(node));
    if (fy_node_get_type(node) == FYNT_MAPPING && fy_node_mapping_item_count(node) > 0) {
        void *at = NULL;
        return node_line(fy_node_pair_key(fy_node_mapping_iterate(node, &at)));
    }
    return 0;
}

static struct ym_str scalar(struct fy_node *node, struct ym_arena *arena)
{
    size_t n = 0;
    const char *text = fy_node_get_scalar(node, &n);

    return ym_arena_str(arena, (struct ym_str){text ? text : "", n});
}

static bool refuse(struct fy_node *node, const char *what, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "yaml.refused", "%s are not taken", what);
    ym_hint(err, "Write the value out where it is used.");
    return ym_at_line(err, node_line(node));
}

static bool convert(struct fy_node *node, int depth, struct ym_arena *arena, struct ym_yaml *to,
                    struct ym_error *err);

static bool convert_map(struct fy_node *node, int depth, struct ym_arena *arena, struct ym_yaml *to,
                        struct ym_error *err)
{
    size_t n = (size_t)fy_node_mapping_item_count(node);
    struct fy_node_pair *pair;
    void *at = NULL;

    to->kind = YM_YAML_MAP;
    to->items = ym_arena_alloc(arena, (n + 1) * sizeof *to->items);
    to->keys = ym_arena_alloc(arena, (n + 1) * sizeof *to->keys);
    to->key_lines = ym_arena_alloc(arena, (n + 1) * sizeof *to->key_lines);
    while ((pair = fy_node_mapping_iterate(node, &at)) != NULL) {
        struct fy_node *key = fy_node_pair_key(pair);
        if (!key || fy_node_get_type(key) != FYNT_SCALAR || fy_node_is_alias(key))
            return refuse(node, "keys that are not a text", err);
        to->keys[to->n] = scalar(key, arena);
        to->key_lines[to->n] = node_line(key);
        for (size_t i = 0; i < to->n; i++)
            if (ym_str_eq(to->keys[i], to->keys[to->n])) {
                ym_fail(err, YM_INVALID, "yaml.twice", "'%.*s' stands twice", YM_FMT(to->keys[i]));
                ym_about(err, to->keys[i]);
                return ym_at_line(err, node_line(key));
            }
        if (!convert(fy_node_pair_value(pair), depth + 1, arena, &to->items[to->n], err))
            return false;
        if (to->items[to->n].line == 0)
            to->items[to->n].line = to->key_lines[to->n];
        to->n++;
    }
    return true;
}

static bool convert(struct fy_node *node, int depth, struct ym_arena *arena, struct ym_yaml *to,
                    struct ym_error *err)
{
    struct fy_node *item;
    void *at = NULL;

    if (!node) {
        to->text = YM_STR("");
        to->plain = true;
        return true;
    }
    if (depth > DEPTH_LIMIT)
        return ym_fail(err, YM_INVALID, "yaml.depth", "more than %d levels", DEPTH_LIMIT);
    if (fy_node_is_alias(node) || fy_node_get_anchor(node))
        return refuse(node, "aliases and anchors", err);
    if (fy_node_get_tag_token(node))
        return refuse(node, "tags", err);
    to->line = node_line(node);
    switch (fy_node_get_type(node)) {
    case FYNT_SCALAR:
        to->text = scalar(node, arena);
        to->plain = fy_token_scalar_style(fy_node_get_scalar_token(node)) == FYSS_PLAIN;
        return true;
    case FYNT_SEQUENCE:
        to->kind = YM_YAML_LIST;
        to->items = ym_arena_alloc(arena, ((size_t)fy_node_sequence_item_count(node) + 1) *
                                              sizeof *to->items);
        while ((item = fy_node_sequence_iterate(node, &at)) != NULL)
            if (!convert(item, depth + 1, arena, &to->items[to->n++], err))
                return false;
        return true;
    case FYNT_MAPPING:
        return convert_map(node, depth, arena, to, err);
    }
    return ym_fail(err, YM_INVALID, "yaml.syntax", "an unknown kind of node");
}

static bool syntax(struct fy_diag *diag, struct ym_error *err)
{
    void *at = NULL;
    struct fy_diag_error *first = fy_diag_errors_iterate(diag, &at);

    ym_fail(err, YM_INVALID, "yaml.syntax", "not YAML%s%s", first ? ": " : "",
            first ? first->msg : "");
    ym_hint(err, "Check indentation, colons and quotes at this line.");
    return ym_at_line(err, first ? first->line : 0);
}

// Nothing but blank lines and comments: libfyaml calls that an error, we do not.
static bool is_empty(struct ym_str text)
{
    struct ym_str line;

    while (ym_str_cut(&text, '\n', &line)) {
        line = ym_str_trim(line);
        if (line.n > 0 && line.p[0] != '#')
            return false;
    }
    return true;
}

bool ym_yaml_parse(struct ym_str text, struct ym_arena *arena, struct ym_yaml **out,
                   struct ym_error *err)
{
    struct fy_diag_cfg quiet = {0};
    struct fy_diag *diag = NULL;
    struct fy_document *document = NULL;
    size_t bad = 0;
    bool ok = false;

    *out = NULL;
    if (text.n > SIZE_LIMIT)
        return ym_fail(err, YM_TOO_LARGE, "yaml.size", "more than %d bytes", SIZE_LIMIT);
    if (!ym_utf8_valid(text, &bad) || memchr(text.p ? text.p : "", 0, text.n))
        return ym_fail(err, YM_INVALID, "yaml.encoding", "not UTF-8 text at byte %zu", bad);
    if (is_empty(text))
        return true;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.level = FYET_ERROR;
    diag = fy_diag_create(&quiet);
    if (!diag)
        return ym_fail(err, YM_FAULT, "yaml.start", "the YAML library does not start");
    fy_diag_set_collect_errors(diag, true);
    // Without FYPCF_RESOLVE_DOCUMENT: aliases are refused, so a "billion laughs" never unfolds.
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    document = fy_document_build_from_string(&cfg, text.p ? text.p : "", text.n);
    if (!document) {
        syntax(diag, err);
        goto out;
    }
    struct fy_node *root = document ? fy_document_root(document) : NULL;
    if (!root) {
        ok = true;
        goto out;
    }
    *out = ym_arena_alloc(arena, sizeof **out);
    ok = convert(root, 0, arena, *out, err);
out:
    if (document)
        fy_document_destroy(document);
    fy_diag_destroy(diag);
    return ok;
}
