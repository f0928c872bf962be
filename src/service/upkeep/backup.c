#include "service/upkeep/backup.h"

#include "base/disk.h"
#include "base/time.h"
#include "data/lake/keep.h"
#include "service/upkeep/files.h"
#include "service/upkeep/manifest.h"
#include "service/upkeep/upkeep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <uthash.h>

enum {
    ENGINE_S = 6 * 3600, // the engine's part, at most
    TRIES = 3            // a table that goes while it is read makes the engine give up
};
#define LEASE     YM_DAY
#define FULL_EACH (7 * YM_DAY)

// One backup on its way.
struct making {
    const struct upkeep_backup_options *options;
    struct ym_arena arena;
    char name[BACKUP_NAME], base[BACKUP_NAME]; // base "": a full one
    const char *part, *final, *originals;      // folders
    json_t *manifest, *before;                 // before: the newest one's manifest, or NULL
    int lock;
    struct upkeep_backup_made *out;
};

static const char *path_of(struct making *m, const char *format, const char *a, const char *b)
{
    return ym_arena_printf(&m->arena, "%s/%s%s", format, a, b).p;
}

static void tell(const struct making *m, const char *stage, int64_t done, int64_t total)
{
    if (m->options->progress)
        m->options->progress(m->options->with, stage, done, total);
}

static bool go_on(const struct making *m, struct ym_error *err)
{
    if (!m->options->stopped || !m->options->stopped(m->options->with))
        return true;
    ym_fail(err, YM_FAULT, "upkeep.stopped", "the backup was stopped");
    return ym_hint(err, "The former backups are whole. Begin it again.");
}

static bool lock_folder(struct making *m, struct ym_error *err)
{
    const char *path = path_of(m, m->options->folder, "lock", "");

    m->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (m->lock >= 0 && flock(m->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (m->lock < 0)
        return ym_fail(err, YM_FAULT, "upkeep.file", "the folder of backups cannot be used: %s",
                       strerror(errno));
    ym_fail(err, YM_BUSY, "upkeep.backup_runs", "another backup is being made");
    return ym_hint(err, "Wait until it has ended.");
}

// What an earlier run left unfinished: never a backup, always ours.
static bool sweep(struct making *m, struct ym_error *err)
{
    DIR *dir = opendir(m->options->folder);
    const struct dirent *entry;
    bool ok = true;

    while (ok && dir && (entry = readdir(dir)))
        if (ym_str_ends(ym_str(entry->d_name), YM_STR(".part")))
            ok = upkeep_files_remove_tree(path_of(m, m->options->folder, entry->d_name, ""), err);
    if (dir)
        closedir(dir);
    return ok;
}

// The name is free and later than all there are, whatever the clock says.
static bool choose_name(struct making *m, struct ym_error *err)
{
    struct upkeep_backup_list list;
    struct ym_error broken = {0};
    int64_t at = ym_now();

    if (!upkeep_backup_list(m->options->folder, &m->arena, &list, &broken))
        ym_log_error(YM_WARN, "upkeep.backup_broken", &broken); // a full one is made then
    if (list.n > 0 && at < list.items[0].at + YM_SECOND)
        at = list.items[0].at + YM_SECOND;
    upkeep_manifest_name_of(at, m->name);
    for (size_t i = 0; i < list.n && !m->options->full && broken.kind == YM_NO_ERROR; i++)
        if (list.items[i].full && list.items[i].whole_lake && at - list.items[i].at < FULL_EACH) {
            snprintf(m->base, sizeof m->base, "%s", list.items[i].name);
            break;
        }
    m->part = path_of(m, m->options->folder, m->name, ".part");
    m->final = path_of(m, m->options->folder, m->name, "");
    m->originals = path_of(m, m->options->folder, "originals", "");
    if (list.n > 0 && broken.kind == YM_NO_ERROR &&
        !upkeep_manifest_read(m->options->folder, list.items[0].name, &m->before, err))
        return false;
    return upkeep_files_folder(m->part, err) && upkeep_files_folder(m->originals, err);
}

static bool copy_config(struct making *m, struct ym_error *err)
{
    char digest[FILES_DIGEST];
    int64_t size;

    if (!m->options->config)
        return true;
    return upkeep_files_copy(m->options->config, path_of(m, m->part, "yunmeng.yaml", ""), digest,
                             &size, err);
}

static bool engine_part(struct making *m, struct ym_error *err)
{
    struct ym_buf sql = {0};
    struct engine_query query = {.timeout_s = ENGINE_S, .stopped = m->options->stopped};
    bool ok = false;

    query.with = m->options->with;
    ym_buf_printf(&sql, "BACKUP DATABASE lake TO File('%s/engine')", m->part);
    if (m->base[0])
        ym_buf_printf(&sql, " SETTINGS base_backup = File('%s/%s/engine')", m->options->folder,
                      m->base);
    query.sql = ym_buf_cstr(&sql);
    for (int i = 0; i < TRIES && !ok; i++) {
        if (i > 0)
            ym_log_error(YM_WARN, "upkeep.engine_again", err);
        *err = (struct ym_error){0};
        if (!upkeep_files_remove_tree(path_of(m, m->part, "engine", ""), err))
            break;
        ok = engine_do(m->options->engine, &query, err);
        if (!ok && err->kind != YM_FAULT)
            break;
    }
    ym_buf_clear(&sql);
    return ok;
}

// A dataset's partition, of which the engine's list of files names one.
struct held {
    struct {
        int64_t dataset, version;
    } which;
    UT_hash_handle hh;
};

static void note_held(struct making *m, struct held **held, const char *path)
{
    const struct ym_str before = YM_STR("name>data/lake/d");
    struct ym_str rest = ym_str(path), dataset, version;
    struct held *old = NULL;

    if (!ym_str_starts(rest, before))
        return;
    rest = ym_str_sub(rest, before.n, rest.n);
    struct held *one = ym_arena_alloc(&m->arena, sizeof *one);
    if (!ym_str_cut(&rest, '/', &dataset) || !ym_str_cut(&rest, '_', &version) ||
        !ym_str_int(dataset, &one->which.dataset) || !ym_str_int(version, &one->which.version))
        return;
    HASH_FIND(hh, *held, &one->which, sizeof one->which, old);
    if (!old)
        HASH_ADD(hh, *held, which, sizeof one->which, one);
}

static bool holds(struct held *held, const struct lake_kept *version)
{
    struct held one = {.which = {version->dataset, version->number}}, *found = NULL;

    // The analyzer does not follow uthash, which reads a key byte by byte.
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
    HASH_FIND(hh, held, &one.which, sizeof one.which, found);
    return version->kept == 0 || found;
}

// The engine once made backups that named tables and held no row of them, and called that success:
// what it has not loaded itself (lazy_load_tables) it left out. So its list of files is looked at.
static bool engine_holds(struct making *m, const struct lake_all *all, struct ym_error *err)
{
    FILE *list = fopen(path_of(m, m->part, "engine/.backup", ""), "re");
    struct held *held = NULL;
    char *token = NULL;
    size_t cap = 0;
    bool ok = true;

    if (!list)
        return ym_fail(err, YM_FAULT, "upkeep.file", "the engine's list of files cannot be read");
    while (getdelim(&token, &cap, '<', list) >= 0)
        note_held(m, &held, token);
    for (size_t i = 0; ok && i < all->n; i++) {
        ok = holds(held, &all->items[i]);
        if (!ok) {
            ym_fail(err, YM_FAULT, "upkeep.backup_empty", "version %lld of '%.*s' is not in it",
                    (long long)all->items[i].number, YM_FMT(all->items[i].name));
            ym_hint(err, "Nothing was kept of this backup; make it again, and tell us.");
            ym_about(err, all->items[i].name);
        }
    }
    HASH_CLEAR(hh, held);
    free(token);
    fclose(list);
    return ok;
}

// A version never changes: what an earlier backup found in it is in it still.
static const char *content_before(const struct making *m, int64_t load)
{
    const json_t *version;
    size_t i;

    json_array_foreach(json_object_get(m->before, "versions"), i, version)
    {
        if (json_integer_value(json_object_get(version, "load")) == load)
            return json_string_value(json_object_get(version, "content"));
    }
    return NULL;
}

static bool add_version(struct making *m, const struct lake_kept *version, json_t *list,
                        struct ym_error *err)
{
    char fresh[LAKE_CONTENT] = "";
    const char *content = content_before(m, version->load);

    if (!content && m->options->engine) {
        if (!lake_version_content(m->options->engine, version, fresh, err))
            return false;
        content = fresh;
    }
    json_array_append_new(
        list, json_pack("{s:I, s:I, s:o, s:I, s:I, s:I, s:o}", "load", (json_int_t)version->load,
                        "dataset", (json_int_t)version->dataset, "name", ym_json_str(version->name),
                        "number", (json_int_t)version->number, "rows", (json_int_t)version->kept,
                        "quarantined", (json_int_t)version->quarantined, "content",
                        content ? json_string(content) : json_null()));
    m->out->rows += version->kept + version->quarantined;
    return true;
}

// Which versions there are, says the snapshot, not the store of now.
static bool list_versions(struct making *m, struct lake_all *all, struct ym_error *err)
{
    struct ym_str url = ym_arena_printf(&m->arena, "sqlite:%s/control.db", m->part);
    struct store_pool *pool = NULL;
    struct store *store = NULL;
    bool ok = store_pool_open_as_it_is(url.p, NULL, &pool, err) && store_take(pool, &store, err) &&
              lake_all_versions(store, &m->arena, all, err);

    store_give(pool, store);
    store_pool_close(pool);
    return ok;
}

static bool add_versions(struct making *m, const struct lake_all *all, struct ym_error *err)
{
    json_t *list = json_array();

    json_object_set_new(m->manifest, "versions", list);
    for (size_t i = 0; i < all->n; i++) {
        tell(m, "versions", (int64_t)i, (int64_t)all->n);
        if (!go_on(m, err) || !add_version(m, &all->items[i], list, err))
            return false;
    }
    m->out->versions = (int64_t)all->n;
    return true;
}

static bool keep_original(struct making *m, struct ym_str digest, int64_t *size,
                          struct ym_error *err)
{
    const char *from = ym_arena_printf(&m->arena, "%s/originals/%.2s/%.*s", m->options->data,
                                       digest.p, YM_FMT(digest))
                           .p;
    const char *folder = ym_arena_printf(&m->arena, "%s/%.2s", m->originals, digest.p).p;
    const char *to = ym_arena_printf(&m->arena, "%s/%.*s", folder, YM_FMT(digest)).p;
    const char *part = ym_arena_printf(&m->arena, "%s.part", to).p;
    char found[FILES_DIGEST];

    if (upkeep_files_there(to))
        return upkeep_files_digest(to, found, size, err);
    if (!upkeep_files_folder(folder, err) || !upkeep_files_copy(from, part, found, size, err))
        return false;
    if (!ym_str_is(digest, found)) {
        ym_fail(err, YM_FAULT, "upkeep.original", "an original is not what its name says");
        ym_hint(err, "The disk has changed it: stop, keep the disk, restore the last backup.");
        return ym_about(err, digest);
    }
    m->out->copied++;
    return upkeep_files_rename(part, to, err);
}

static bool add_originals(struct making *m, struct ym_error *err)
{
    struct upkeep_files files;
    json_t *list = json_array();

    json_object_set_new(m->manifest, "originals", list);
    if (!upkeep_files_walk(path_of(m, m->options->data, "originals", ""), &m->arena, &files, err))
        return false;
    for (size_t i = 0; i < files.n; i++) {
        struct ym_str name = ym_str_sub(files.items[i], 3, files.items[i].n);
        int64_t size = 0;
        tell(m, "originals", (int64_t)i, (int64_t)files.n);
        if (!upkeep_manifest_hex(name))
            continue; // no original of ours
        if (!go_on(m, err) || !keep_original(m, name, &size, err))
            return false;
        json_array_append_new(
            list, json_pack("{s:o, s:I}", "sha256", ym_json_str(name), "size", (json_int_t)size));
        m->out->originals++;
    }
    return true;
}

// Also makes durable what the engine and SQLite wrote.
static bool add_files(struct making *m, struct ym_error *err)
{
    struct upkeep_files files;
    json_t *list = json_array();

    json_object_set_new(m->manifest, "files", list);
    if (!upkeep_files_walk(m->part, &m->arena, &files, err))
        return false;
    for (size_t i = 0; i < files.n; i++) {
        const char *path = ym_arena_printf(&m->arena, "%s/%s", m->part, files.items[i].p).p;
        char digest[FILES_DIGEST];
        int64_t size = 0;
        tell(m, "files", (int64_t)i, (int64_t)files.n);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        bool synced = fd >= 0 && fsync(fd) == 0;
        if (fd >= 0)
            close(fd);
        if (!synced)
            return ym_fail(err, YM_FAULT, "upkeep.file", "a file of the backup is not durable: %s",
                           strerror(errno));
        if (!upkeep_files_digest(path, digest, &size, err))
            return false;
        json_array_append_new(list,
                              json_pack("{s:o, s:I, s:s}", "path", ym_json_str(files.items[i]),
                                        "size", (json_int_t)size, "sha256", digest));
        m->out->bytes += size;
    }
    return true;
}

static bool write_manifest(struct making *m, struct ym_error *err)
{
    struct ym_buf text = {0};

    ym_json_dump(&text, m->manifest);
    bool ok =
        upkeep_files_write(path_of(m, m->part, "manifest.json", ""), ym_buf_str(&text), err) &&
        upkeep_files_rename(m->part, m->final, err);
    ym_buf_clear(&text);
    return ok;
}

static bool begin_manifest(struct making *m, struct ym_error *err)
{
    char now[YM_TIME_TEXT];
    int64_t applied = 0;

    if (!store_applied(m->options->pool, &applied, err))
        return false;
    m->manifest = json_pack("{s:i, s:s, s:s, s:s, s:I, s:b, s:o, s:o}", "format", MANIFEST_FORMAT,
                            "name", m->name, "made_at", ym_time_text(ym_now(), now), "program",
                            YM_VERSION, "migrations", (json_int_t)applied, "full", m->base[0] == 0,
                            "base", m->base[0] ? json_string(m->base) : json_null(), "engine",
                            m->options->engine ? json_object() : json_null());
    return m->manifest || ym_fail(err, YM_FAULT, "upkeep.answer", "no manifest can be made");
}

static bool make(struct making *m, struct ym_error *err)
{
    const struct upkeep_backup_options *o = m->options;
    struct lake_all all;

    tell(m, "store", 0, 0);
    if (!begin_manifest(m, err) ||
        !store_snapshot(o->pool, path_of(m, m->part, "control.db", ""), o->migrations,
                        o->n_migrations, err) ||
        !copy_config(m, err) || !list_versions(m, &all, err) || !go_on(m, err))
        return false;
    tell(m, "engine", 0, 0);
    return (!o->engine || (engine_part(m, err) && engine_holds(m, &all, err))) &&
           add_versions(m, &all, err) && add_originals(m, err) && add_files(m, err) &&
           go_on(m, err) && write_manifest(m, err);
}

static bool is_needed(const struct upkeep_backup_list *list, size_t i, int64_t oldest,
                      const char (*bases)[BACKUP_NAME])
{
    if (i == 0 || list->items[i].at >= oldest)
        return true;
    for (size_t k = 0; k < i; k++)
        if (strcmp(bases[k], list->items[i].name) == 0)
            return true;
    return false;
}

// An original goes when no backup that stays names it.
static bool prune_originals(struct making *m, const struct upkeep_backup_list *list,
                            struct ym_error *err)
{
    json_t *named = json_object(), *manifest = NULL;
    struct upkeep_files files;
    bool ok = true;

    for (size_t i = 0; ok && i < list->n; i++) {
        const json_t *original;
        size_t k;
        ok = upkeep_manifest_read(m->options->folder, list->items[i].name, &manifest, err);
        json_array_foreach(json_object_get(manifest, "originals"), k, original)
        {
            const char *digest = json_string_value(json_object_get(original, "sha256"));
            json_object_set_new(named, digest ? digest : "", json_true());
        }
        json_decref(manifest);
    }
    ok = ok && upkeep_files_walk(m->originals, &m->arena, &files, err);
    for (size_t i = 0; ok && i < files.n; i++)
        if (files.items[i].n < 3 || !json_object_get(named, files.items[i].p + 3))
            (void)unlink(ym_arena_printf(&m->arena, "%s/%s", m->originals, files.items[i].p).p);
    json_decref(named);
    return ok;
}

// The newest stays, what is young enough stays, and what one of these stands on.
static bool prune(struct making *m, struct ym_error *err)
{
    struct upkeep_backup_list list, left = {0};
    bool ok =
        m->options->keep_days <= 0 || upkeep_backup_list(m->options->folder, &m->arena, &list, err);

    if (!ok || m->options->keep_days <= 0 || list.n == 0)
        return ok;
    char(*bases)[BACKUP_NAME] = ym_arena_alloc(&m->arena, list.n * sizeof *bases);
    for (size_t i = 0; ok && i < list.n; i++) {
        json_t *manifest = NULL;
        if (!is_needed(&list, i, ym_now() - m->options->keep_days * YM_DAY,
                       (const char(*)[BACKUP_NAME])bases)) {
            // First by another name: half of it is no backup either.
            const char *whole = path_of(m, m->options->folder, list.items[i].name, "");
            const char *part = path_of(m, m->options->folder, list.items[i].name, ".part");
            ok = upkeep_files_rename(whole, part, err) && upkeep_files_remove_tree(part, err);
            ym_log(YM_INFO, "upkeep.backup_removed",
                   YM_ARGS(ym_text("name", ym_str(list.items[i].name))));
            continue;
        }
        ok = upkeep_manifest_read(m->options->folder, list.items[i].name, &manifest, err);
        if (ok)
            snprintf(bases[i], BACKUP_NAME, "%.*s", YM_FMT(ym_json_get(manifest, "base")));
        json_decref(manifest);
        left.items =
            ym_arena_grow(&m->arena, left.items, &left.cap, left.n + 1, sizeof *left.items);
        left.items[left.n++] = list.items[i];
    }
    return ok && (left.n == list.n || prune_originals(m, &left, err));
}

bool upkeep_backup_make(const struct upkeep_backup_options *options, struct upkeep_backup_made *out,
                        struct ym_error *err)
{
    struct making m = {.options = options, .lock = -1, .out = out};
    struct ym_error after = {0};
    int64_t began = ym_monotonic();
    bool leased = false, ok = false;

    *out = (struct upkeep_backup_made){0};
    assert(options->folder[0] == '/' && !strchr(options->folder, '\''));
    if (!upkeep_files_folder(options->folder, err) || !lock_folder(&m, err) || !sweep(&m, err) ||
        !choose_name(&m, err))
        goto out;
    leased = lake_lease(options->pool, YM_STR("backup"), ym_now() + LEASE, err);
    if (!leased || !make(&m, err))
        goto out;
    ok = true;
    snprintf(out->name, sizeof out->name, "%s", m.name);
    out->full = m.base[0] == '\0';
    out->microseconds = ym_monotonic() - began;
    ym_log(YM_INFO, "upkeep.backup_made",
           YM_ARGS(ym_text("name", ym_str(m.name)), ym_int("full", out->full),
                   ym_int("versions", out->versions), ym_int("bytes", out->bytes),
                   ym_int("ms", out->microseconds / 1000)));
    if (!prune(&m, &after))
        ym_log_error(YM_WARN, "upkeep.prune", &after);
out:
    if (leased && !lake_lease(options->pool, YM_STR("backup"), 0, &after))
        ym_log_error(YM_WARN, "upkeep.lease", &after);
    if (!ok && m.part && m.lock >= 0 && !upkeep_files_remove_tree(m.part, &after))
        ym_log_error(YM_WARN, "upkeep.leftovers", &after);
    if (m.lock >= 0)
        close(m.lock);
    json_decref(m.manifest);
    json_decref(m.before);
    ym_arena_clear(&m.arena);
    return ok;
}

// ---- as a job of the server

static void job_tell(void *with, const char *stage, int64_t done, int64_t total)
{
    job_progress(with, stage, done, total, "");
}

bool upkeep_backup_job(struct job *job, void *with, struct ym_error *err)
{
    struct upkeep *upkeep = with;
    const struct upkeep_options *o = upkeep_options_of(upkeep);
    struct upkeep_backup_made made;
    struct upkeep_backup_options options = {
        .pool = o->pool,
        .engine = o->engine_ours ? o->engine : NULL,
        .migrations = o->migrations,
        .n_migrations = o->n_migrations,
        .data = o->data,
        .config = o->config,
        .folder = o->backups,
        .keep_days = o->backup_keep_days,
        .full = json_is_true(json_object_get(job_about(job), "full")),
        .progress = job_tell,
        .stopped = job_stopped,
        .with = job,
    };

    return upkeep_backup_make(&options, &made, err);
}

bool upkeep_backup_begin(struct upkeep *upkeep, const struct org_caller *caller, bool full,
                         int64_t *job, struct ym_error *err)
{
    const struct upkeep_options *o = upkeep_options_of(upkeep);
    struct store *store = NULL;
    json_t *about = json_pack("{s:b}", "full", full);
    struct jobs_new what = {.kind = "backup.run", .subject = YM_STR(""), .about = about};
    bool ok = false;

    if (!org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) ||
        !store_take(o->pool, &store, err))
        goto out;
    what.account = caller->account;
    ok = store_begin(store, err) && jobs_add(*o->jobs, store, &what, job, err) &&
         store_commit(store, err);
    store_give(o->pool, store);
    if (ok)
        jobs_wake(*o->jobs);
out:
    json_decref(about);
    return ok;
}
