#include "service/upkeep/manifest.h"

#include "base/time.h"
#include "service/upkeep/files.h"

#include <dirent.h>

enum { MANIFEST_MAX = 256 << 20 };

bool upkeep_manifest_name(struct ym_str text, int64_t *at)
{
    char full[32];

    if (text.n != 16 || text.p[8] != 'T' || text.p[15] != 'Z')
        return false;
    snprintf(full, sizeof full, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", text.p, text.p + 4, text.p + 6,
             text.p + 9, text.p + 11, text.p + 13);
    return ym_time_parse(ym_str(full), at);
}

void upkeep_manifest_name_of(int64_t at, char name[BACKUP_NAME])
{
    char text[YM_TIME_TEXT];
    size_t n = 0;

    ym_time_text(at - at % YM_SECOND, text);
    for (const char *p = text; *p && n < BACKUP_NAME - 1; p++)
        if (*p != '-' && *p != ':')
            name[n++] = *p;
    name[n] = '\0';
}

bool upkeep_manifest_hex(struct ym_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!strchr("0123456789abcdef", text.p[i]) || text.p[i] == '\0')
            return false;
    return text.n == FILES_DIGEST - 1;
}

bool upkeep_manifest_read(const char *folder, const char *name, json_t **out, struct ym_error *err)
{
    struct ym_error wrong = {0};
    char path[4096];
    int64_t at;

    *out = NULL;
    snprintf(path, sizeof path, "%s/%s/manifest.json", folder, name);
    if (!upkeep_manifest_name(ym_str(name), &at) || !upkeep_files_there(path)) {
        ym_fail(err, YM_NOT_FOUND, "upkeep.no_backup", "there is no backup '%s'", name);
        ym_hint(err, "`yunmeng backup --list` names those that there are.");
        return ym_about(err, ym_str(name));
    }
    if (ym_json_file(path, MANIFEST_MAX, out, &wrong) &&
        json_integer_value(json_object_get(*out, "format")) == MANIFEST_FORMAT)
        return true;
    json_decref(*out);
    *out = NULL;
    ym_fail(err, YM_FAULT, "upkeep.backup_broken", "the manifest of '%s' cannot be read", name);
    ym_hint(err, "Use another backup, and find out what happened to this disk.");
    return ym_about(err, YM_STR("manifest.json"));
}

static int64_t sum_of(const json_t *list, const char *key)
{
    const json_t *item;
    int64_t sum = 0;
    size_t i;

    json_array_foreach((json_t *)list, i, item) sum +=
        json_integer_value(json_object_get(item, key));
    return sum;
}

static int newest_first(const void *a, const void *b)
{
    return strcmp(((const struct upkeep_backup_entry *)b)->name,
                  ((const struct upkeep_backup_entry *)a)->name);
}

// Walks the names that have a manifest; `each` true: with what stands in it.
static bool walk(const char *folder, bool each, struct ym_arena *arena,
                 struct upkeep_backup_list *out, struct ym_error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    char path[4096];
    int64_t at;
    bool ok = true;

    *out = (struct upkeep_backup_list){0};
    while (ok && dir && (entry = readdir(dir))) {
        json_t *manifest = NULL;
        snprintf(path, sizeof path, "%s/%s/manifest.json", folder, entry->d_name);
        if (!upkeep_manifest_name(ym_str(entry->d_name), &at) || !upkeep_files_there(path))
            continue;
        struct upkeep_backup_entry found = {.at = at};
        snprintf(found.name, sizeof found.name, "%.16s", entry->d_name);
        ok = !each || upkeep_manifest_read(folder, found.name, &manifest, err);
        if (manifest) {
            const json_t *files = json_object_get(manifest, "files");
            found.bytes = sum_of(files, "size");
            found.versions = (int64_t)json_array_size(json_object_get(manifest, "versions"));
            found.full = json_is_true(json_object_get(manifest, "full"));
            found.whole_lake = json_is_object(json_object_get(manifest, "engine"));
            json_decref(manifest);
        }
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = found;
    }
    if (dir)
        closedir(dir);
    if (out->n > 1)
        qsort(out->items, out->n, sizeof *out->items, newest_first);
    return ok;
}

bool upkeep_backup_list(const char *folder, struct ym_arena *arena, struct upkeep_backup_list *out,
                        struct ym_error *err)
{
    return walk(folder, true, arena, out, err);
}

void upkeep_backup_newest(const char *folder, int64_t *at, int64_t *proven_at,
                          int64_t *proven_seconds)
{
    struct ym_arena arena = {0};
    struct upkeep_backup_list list;
    struct ym_error ignored = {0};
    json_t *proof = NULL;
    char path[4096];

    *at = *proven_at = *proven_seconds = 0;
    if (walk(folder, false, &arena, &list, &ignored) && list.n > 0)
        *at = list.items[0].at;
    snprintf(path, sizeof path, "%s/proven.json", folder);
    if (upkeep_files_there(path) && ym_json_file(path, 65536, &proof, &ignored)) {
        if (!ym_time_parse(ym_json_get(proof, "at"), proven_at))
            *proven_at = 0;
        *proven_seconds = json_integer_value(json_object_get(proof, "seconds"));
        json_decref(proof);
    }
    ym_arena_clear(&arena);
}

void upkeep_prove(const char *folder, const char *name, int64_t seconds)
{
    struct ym_error err = {0};
    struct ym_buf text = {0};
    char path[4096], now[YM_TIME_TEXT];

    snprintf(path, sizeof path, "%s/proven.json", folder);
    ym_buf_printf(&text, "{\"backup\": \"%s\", \"at\": \"%s\", \"seconds\": %lld}\n", name,
                  ym_time_text(ym_now(), now), (long long)seconds);
    if (!upkeep_files_write(path, ym_buf_str(&text), &err))
        ym_log_error(YM_WARN, "upkeep.prove", &err);
    ym_buf_clear(&text);
}
