#include "base/settings.h"

#include "base/yaml.h"

enum { KEY_MAX = 128 };

static size_t find(const struct ym_setting *table, size_t n, struct ym_str key)
{
    for (size_t i = 0; i < n; i++)
        if (ym_str_is(key, table[i].key))
            return i;
    return n;
}

static bool wrong(const char *key, int64_t line, struct ym_error *err)
{
    ym_about(err, ym_str(key));
    return ym_at_line(err, line);
}

// The known key that begins alike: most wrong keys are slips of the pen.
static const char *nearest(const struct ym_setting *table, size_t n, struct ym_str key)
{
    const char *best = NULL;
    size_t most = 2;

    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        while (same < key.n && table[i].key[same] && table[i].key[same] == key.p[same])
            same++;
        if (same > most) {
            most = same;
            best = table[i].key;
        }
    }
    return best;
}

static bool take(struct ym_settings *out, size_t i, const struct ym_yaml *node,
                 struct ym_arena *arena, struct ym_error *err)
{
    const struct ym_setting *setting = &out->table[i];
    struct ym_buf list = {0};
    int64_t number;

    out->lines[i] = node->line;
    if (setting->type == YM_SETTING_LIST && node->kind == YM_YAML_LIST) {
        for (size_t k = 0; k < node->n; k++) {
            if (node->items[k].kind != YM_YAML_TEXT)
                goto type;
            if (k > 0)
                ym_buf_char(&list, '\n');
            ym_buf_add(&list, node->items[k].text);
        }
        out->values[i] = ym_arena_str(arena, ym_buf_str(&list));
        ym_buf_clear(&list);
        return true;
    }
    if (node->kind != YM_YAML_TEXT)
        goto type;
    if (setting->type == YM_SETTING_BOOLEAN && !ym_str_is(node->text, "true") &&
        !ym_str_is(node->text, "false"))
        goto type;
    if (setting->type == YM_SETTING_INTEGER) {
        if (!ym_str_int(node->text, &number))
            goto type;
        if (number < setting->min || number > setting->max) {
            ym_fail(err, YM_INVALID, "config.range", "'%s' is %lld, it must be %lld to %lld",
                    setting->key, (long long)number, (long long)setting->min,
                    (long long)setting->max);
            return wrong(setting->key, node->line, err);
        }
    }
    out->values[i] = node->text;
    return true;
type:
    ym_buf_clear(&list);
    static const char *const names[] = {"a text", "a whole number", "true or false", "a list"};
    ym_fail(err, YM_INVALID, "config.type", "'%s' must be %s", setting->key, names[setting->type]);
    ym_hint(err, "See `yunmeng config --help` for what each key takes.");
    return wrong(setting->key, node->line, err);
}

static bool walk(struct ym_settings *out, const struct ym_yaml *map, struct ym_str prefix,
                 struct ym_arena *arena, struct ym_error *err)
{
    for (size_t i = 0; i < map->n; i++) {
        struct ym_str key = map->keys[i];
        if (prefix.n > 0)
            key = ym_arena_printf(arena, "%.*s.%.*s", YM_FMT(prefix), YM_FMT(key));
        size_t known = key.n < KEY_MAX ? find(out->table, out->n, key) : out->n;
        if (known < out->n) {
            if (out->lines[known] > 0) {
                ym_fail(err, YM_INVALID, "config.twice", "'%.*s' stands twice", YM_FMT(key));
                ym_about(err, key);
                return ym_at_line(err, map->key_lines[i]);
            }
            if (!take(out, known, &map->items[i], arena, err))
                return false;
        } else if (map->items[i].kind == YM_YAML_MAP && prefix.n == 0) {
            if (!walk(out, &map->items[i], key, arena, err))
                return false;
        } else {
            const char *near = nearest(out->table, out->n, key);
            ym_fail(err, YM_INVALID, "config.unknown", "'%.*s' is not a key", YM_FMT(key));
            if (near)
                ym_hint(err, "Did you mean '%s'?", near);
            else
                ym_hint(err, "`yunmeng config` lists the keys.");
            ym_about(err, key);
            return ym_at_line(err, map->key_lines[i]);
        }
    }
    return true;
}

bool ym_settings_read(struct ym_str text, const struct ym_setting *table, size_t n,
                      struct ym_arena *arena, struct ym_settings *out, struct ym_error *err)
{
    struct ym_yaml *root = NULL;

    *out = (struct ym_settings){.table = table, .n = n};
    out->values = ym_arena_alloc(arena, (n + 1) * sizeof *out->values);
    out->lines = ym_arena_alloc(arena, (n + 1) * sizeof *out->lines);
    if (text.p && !ym_yaml_parse(text, arena, &root, err))
        return false;
    if (root && root->kind != YM_YAML_MAP) {
        ym_fail(err, YM_INVALID, "config.shape", "the file is not a list of `key: value`");
        return ym_at_line(err, root->line);
    }
    if (root && !walk(out, root, (struct ym_str){NULL, 0}, arena, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!out->values[i].p)
            out->values[i] = ym_str(table[i].otherwise);
    return true;
}

static size_t index_of(const struct ym_settings *settings, const char *key)
{
    size_t i = find(settings->table, settings->n, ym_str(key));

    assert(i < settings->n);
    return i;
}

struct ym_str ym_setting(const struct ym_settings *settings, const char *key)
{
    return settings->values[index_of(settings, key)];
}

int64_t ym_setting_int(const struct ym_settings *settings, const char *key)
{
    int64_t value = 0;

    (void)ym_str_int(ym_setting(settings, key), &value);
    return value;
}

bool ym_setting_bool(const struct ym_settings *settings, const char *key)
{
    return ym_str_is(ym_setting(settings, key), "true");
}
