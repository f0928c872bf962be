#include "base/time.h"
#include "data/lake/keep.h"
#include "service/upkeep/backup.h"
#include "service/upkeep/files.h"
#include "service/upkeep/manifest.h"

#include <dirent.h>
#include <sodium.h>

enum { ENGINE_S = 6 * 3600, KEY_BYTES = 32 };

static const char *const folders[] = {"originals", "incoming", "index", "engine", "run", "backup"};

static void tell(upkeep_progress *progress, void *with, const char *stage, size_t done,
                 size_t total)
{
    if (progress)
        progress(with, stage, (int64_t)done, (int64_t)total);
}

static bool broken(const char *name, struct ym_str file, struct ym_error *err)
{
    ym_fail(err, YM_FAULT, "upkeep.backup_broken", "'%.*s' of backup '%s' is not what it was",
            YM_FMT(file), name);
    ym_hint(err, "Use another backup, and find out what happened to this disk.");
    return ym_about(err, file);
}

static bool check_one(const char *path, const json_t *facts, struct ym_str shown, const char *name,
                      struct ym_error *err)
{
    struct ym_error why = {0};
    char digest[FILES_DIGEST];
    int64_t size = 0;

    if (upkeep_files_digest(path, digest, &size, &why) &&
        ym_str_is(ym_json_get(facts, "sha256"), digest) &&
        size == json_integer_value(json_object_get(facts, "size")))
        return true;
    return broken(name, shown, err);
}

// The manifest's paths are used as paths: none may leave the backup.
static bool stays_inside(struct ym_str path)
{
    return path.n > 0 && path.p[0] != '/' && ym_str_find(path, YM_STR(".."), 0) == SIZE_MAX;
}

bool upkeep_backup_check(const char *folder, const char *name, json_t **out,
                         upkeep_progress *progress, void *with, struct ym_error *err)
{
    struct ym_arena arena = {0};
    const json_t *files, *originals, *item;
    json_t *manifest = NULL;
    bool ok = upkeep_manifest_read(folder, name, &manifest, err);
    size_t i;

    files = json_object_get(manifest, "files");
    originals = json_object_get(manifest, "originals");
    json_array_foreach((json_t *)files, i, item)
    {
        struct ym_str path = ym_json_get(item, "path");
        tell(progress, with, "files", i, json_array_size(files));
        if (ok && !stays_inside(path))
            ok = broken(name, path, err);
        if (ok)
            ok = check_one(ym_arena_printf(&arena, "%s/%s/%.*s", folder, name, YM_FMT(path)).p,
                           item, path, name, err);
    }
    json_array_foreach((json_t *)originals, i, item)
    {
        struct ym_str digest = ym_json_get(item, "sha256");
        tell(progress, with, "originals", i, json_array_size(originals));
        if (ok && !upkeep_manifest_hex(digest))
            ok = broken(name, digest, err);
        if (ok)
            ok = check_one(
                ym_arena_printf(&arena, "%s/originals/%.2s/%.*s", folder, digest.p, YM_FMT(digest))
                    .p,
                item, digest, name, err);
    }
    ym_arena_clear(&arena);
    if (!ok) {
        json_decref(manifest);
        return false;
    }
    // What it stands on must be whole too.
    struct ym_str base = ym_json_get(manifest, "base");
    if (base.n > 0) {
        json_t *below = NULL;
        char text[BACKUP_NAME];
        snprintf(text, sizeof text, "%.*s", YM_FMT(base));
        ok = strcmp(text, name) < 0 &&
             upkeep_backup_check(folder, text, &below, progress, with, err);
        json_decref(below);
    }
    if (ok)
        *out = manifest;
    else
        json_decref(manifest);
    return ok;
}

bool upkeep_is_restoring(const char *data)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/restoring", data);
    return upkeep_files_there(path);
}

static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool empty = true;

    while (dir && empty && (entry = readdir(dir)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (dir)
        closedir(dir);
    return empty;
}

static bool begin(const char *data, struct ym_error *err)
{
    char path[4096];

    if (upkeep_is_restoring(data) && !upkeep_files_remove_tree(data, err))
        return false;
    if (!is_empty(data)) {
        ym_fail(err, YM_CONFLICT, "upkeep.not_empty", "'%s' is not empty", data);
        ym_hint(err, "Restore into a new directory: what is there is never overwritten.");
        return ym_about(err, ym_str(data));
    }
    snprintf(path, sizeof path, "%s/restoring", data);
    return upkeep_files_folder(data, err) && upkeep_files_write(path, YM_STR("unfinished\n"), err);
}

static bool copy_to(const struct upkeep_restore *r, const char *from, const char *name,
                    struct ym_error *err)
{
    char to[4096], digest[FILES_DIGEST];
    int64_t size;

    snprintf(to, sizeof to, "%s/%s", r->data, name);
    return upkeep_files_copy(from, to, digest, &size, err);
}

// Sealed secrets of the backup are lost without its key; all else goes on with a new one.
static bool put_key(const struct upkeep_restore *r, struct ym_error *err)
{
    unsigned char key[KEY_BYTES];
    char text[2 * KEY_BYTES + 1], path[4096];

    if (r->secrets)
        return copy_to(r, r->secrets, "secrets.key", err);
    ym_log(YM_WARN, "upkeep.new_key", YM_ARGS(ym_text("data", ym_str(r->data))));
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(text, sizeof text, key, sizeof key);
    snprintf(path, sizeof path, "%s/secrets.key", r->data);
    bool ok = upkeep_files_write(path, ym_str(text), err);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return ok;
}

static bool put_originals(const struct upkeep_restore *r, struct ym_error *err)
{
    const json_t *list = json_object_get(r->manifest, "originals"), *item;
    char from[4096], folder[4096], name[128];
    size_t i;

    json_array_foreach((json_t *)list, i, item)
    {
        struct ym_str digest = ym_json_get(item, "sha256");
        tell(r->progress, r->with, "originals", i, json_array_size(list));
        snprintf(from, sizeof from, "%s/originals/%.2s/%.*s", r->folder, digest.p, YM_FMT(digest));
        snprintf(folder, sizeof folder, "%s/originals/%.2s", r->data, digest.p);
        snprintf(name, sizeof name, "originals/%.2s/%.*s", digest.p, YM_FMT(digest));
        if (!upkeep_files_folder(folder, err) || !copy_to(r, from, name, err))
            return false;
    }
    return true;
}

bool upkeep_restore_files(const struct upkeep_restore *r, struct ym_error *err)
{
    char path[4096];

    if (!begin(r->data, err))
        return false;
    for (size_t i = 0; i < YM_COUNT(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", r->data, folders[i]);
        if (!upkeep_files_folder(path, err))
            return false;
    }
    snprintf(path, sizeof path, "%s/%s/control.db", r->folder, r->name);
    if (!copy_to(r, path, "control.db", err) || !put_key(r, err) || !put_originals(r, err))
        return false;
    snprintf(path, sizeof path, "%s/%s/yunmeng.yaml", r->folder, r->name);
    if (!r->config && !upkeep_files_there(path))
        return true;
    return copy_to(r, r->config ? r->config : path, "yunmeng.yaml", err);
}

static bool engine_part(const struct upkeep_restore *r, struct engine *engine, struct ym_error *err)
{
    struct ym_str base = ym_json_get(r->manifest, "base");
    struct engine_query query = {.timeout_s = ENGINE_S};
    struct ym_buf sql = {0};

    ym_buf_printf(&sql, "RESTORE DATABASE lake FROM File('%s/%s/engine')", r->folder, r->name);
    if (base.n > 0)
        ym_buf_printf(&sql, " SETTINGS base_backup = File('%s/%.*s/engine')", r->folder,
                      YM_FMT(base));
    query.sql = ym_buf_cstr(&sql);
    bool ok = engine_do(engine, &query, err);
    ym_buf_clear(&sql);
    return ok;
}

static bool compare(const json_t *said, struct engine *engine, struct ym_error *err)
{
    struct lake_kept version = {
        .load = json_integer_value(json_object_get(said, "load")),
        .dataset = json_integer_value(json_object_get(said, "dataset")),
        .number = json_integer_value(json_object_get(said, "number")),
        .kept = json_integer_value(json_object_get(said, "rows")),
        .quarantined = json_integer_value(json_object_get(said, "quarantined")),
        .name = ym_json_get(said, "name"),
    };
    char content[LAKE_CONTENT];

    if (!lake_version_content(engine, &version, content, err))
        return false;
    if (ym_str_is(ym_json_get(said, "content"), content))
        return true;
    ym_fail(err, YM_FAULT, "upkeep.restore_differs",
            "version %lld of '%.*s' has other rows than before", (long long)version.number,
            YM_FMT(version.name));
    ym_hint(err, "Do not use what was restored. Restore another backup.");
    return ym_about(err, version.name);
}

bool upkeep_restore_lake(struct upkeep_restore *r, struct engine *engine, struct ym_error *err)
{
    const json_t *list = json_object_get(r->manifest, "versions"), *item;
    size_t i;

    r->versions = r->rows = 0;
    tell(r->progress, r->with, "engine", 0, 0);
    if (!json_is_object(json_object_get(r->manifest, "engine")))
        return true;
    if (!engine_part(r, engine, err))
        return false;
    json_array_foreach((json_t *)list, i, item)
    {
        tell(r->progress, r->with, "versions", i, json_array_size(list));
        if (!compare(item, engine, err))
            return false;
        r->versions++;
        r->rows += json_integer_value(json_object_get(item, "rows")) +
                   json_integer_value(json_object_get(item, "quarantined"));
    }
    return true;
}

bool upkeep_restored(const struct upkeep_restore *r, struct ym_error *err)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/restoring", r->data);
    if (remove(path) != 0)
        return ym_fail(err, YM_FAULT, "upkeep.file", "the mark of an unfinished restore stays");
    return upkeep_files_sync(r->data, err);
}

bool upkeep_remove_tree(const char *path, struct ym_error *err)
{
    return upkeep_files_remove_tree(path, err);
}
