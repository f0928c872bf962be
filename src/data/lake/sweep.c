#include "data/lake/uploads_private.h"

#include "base/time.h"
#include "data/lake/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct sweep {
    struct lake *lake;
    struct job *job;
    int64_t uploads, files, originals; // that went
};

static const char SQL_OVER[] =
    "DELETE FROM upload WHERE server = :server AND expires <= :now RETURNING id";
static bool sweep_uploads(struct sweep *sweep, struct store *store, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    char path[4096];

    if (!store_ask(store, SQL_OVER,
                   YM_ARGS(ym_int("server", store_pool_server(sweep->lake->options.pool)),
                           ym_int("now", ym_now())),
                   &rows, err))
        return false;
    while (store_next(rows, err)) {
        struct ym_str id = store_text(rows, 0);
        lake_upload_path(sweep->lake, id, path);
        char name[LAKE_UPLOAD_ID + 1];
        (void)snprintf(name, sizeof name, "%.*s", YM_FMT(id));
        lake_writers_end(sweep->lake->writers, name);
        (void)unlink(path); // one that stays has no row: the next sweep finds it
        sweep->uploads++;
    }
    return store_rows_close(rows, err);
}

static bool is_known(struct store *store, const char *sql, const char *name, bool *known,
                     struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, sql, YM_ARGS(ym_text("name", ym_str(name))), &rows, err))
        return false;
    *known = store_next(rows, err);
    return store_rows_close(rows, err);
}

static bool is_hex(const char *name, size_t n)
{
    return strlen(name) == n && strspn(name, "0123456789abcdef") == n;
}

static bool is_old(int folder, const char *name)
{
    struct stat facts;

    return fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode) &&
           facts.st_mtim.tv_sec < ym_now() / YM_SECOND - LAKE_UPLOAD_DAYS * INT64_C(86400);
}

// Files of the incoming folder that no row names: a kill between the two left them.
static bool sweep_file(struct sweep *sweep, struct store *store, int folder, const char *name,
                       struct ym_error *err)
{
    bool known = true;

    if (!is_hex(name, LAKE_UPLOAD_ID) || !is_old(folder, name))
        return true;
    if (!is_known(store, "SELECT 1 FROM upload WHERE id = :name", name, &known, err))
        return false;
    if (!known && unlinkat(folder, name, 0) == 0)
        sweep->files++;
    return true;
}

// Never over a newer one of the same bytes.
static void put_back(int folder, const char *aside, const char *name)
{
    if (renameat2(folder, aside, folder, name, RENAME_NOREPLACE) != 0 && errno == EEXIST)
        (void)unlinkat(folder, aside, 0);
}

/* An original that no version or attachment names and nobody touched for 7 days. It is put aside
 * first and looked at again: a load that has just meant it has put a fresh one in its place, or its
 * row is there. */
static bool sweep_original(struct sweep *sweep, struct store *store, int folder, const char *name,
                           struct ym_error *err)
{
    static const char known_sql[] =
        "SELECT 1 FROM version WHERE digest = :name"
        " UNION ALL SELECT 1 FROM attachment WHERE digest = :name";
    char aside[LAKE_HEX_DIGEST + 8];
    bool known = true;

    if (strlen(name) == LAKE_HEX_DIGEST + 3 && strcmp(name + LAKE_HEX_DIGEST - 1, ".old") == 0) {
        memcpy(aside, name, LAKE_HEX_DIGEST - 1); // a kill left it aside
        aside[LAKE_HEX_DIGEST - 1] = '\0';
        put_back(folder, name, aside);
        return true;
    }
    if (!is_hex(name, LAKE_HEX_DIGEST - 1) || !is_old(folder, name))
        return true;
    if (!is_known(store, known_sql, name, &known, err))
        return false;
    if (known)
        return true;
    (void)snprintf(aside, sizeof aside, "%s.old", name);
    if (renameat(folder, name, folder, aside) != 0)
        return true;
    bool ok = is_known(store, known_sql, name, &known, err);
    if (ok && !known && is_old(folder, aside)) {
        sweep->originals += unlinkat(folder, aside, 0) == 0;
        return true;
    }
    put_back(folder, aside, name);
    return ok;
}

typedef bool sweep_one(struct sweep *sweep, struct store *store, int folder, const char *name,
                       struct ym_error *err);
static bool sweep_folder(struct sweep *sweep, struct store *store, const char *path, sweep_one *one,
                         struct ym_error *err)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool ok = true;

    while (ok && folder && (entry = readdir(folder)) && !job_stopped(sweep->job))
        ok = one(sweep, store, dirfd(folder), entry->d_name, err);
    if (folder)
        closedir(folder);
    return ok; // a folder that is not there yet holds nothing
}

static bool sweep_originals(struct sweep *sweep, struct store *store, struct ym_error *err)
{
    char path[4096];

    for (int i = 0; i < 256; i++) {
        (void)snprintf(path, sizeof path, "%s/%02x", sweep->lake->options.originals, i);
        if (!sweep_folder(sweep, store, path, sweep_original, err))
            return false;
        job_progress(sweep->job, "sweeping", i + 1, 256, "folders");
    }
    return true;
}

bool lake_sweep(struct job *job, void *with, struct ym_error *err)
{
    struct sweep sweep = {.lake = with, .job = job};
    struct store *store = NULL;
    bool held = false;

    if (!store_take(sweep.lake->options.pool, &store, err))
        return false;
    // What a backup is about to copy stays until it has.
    bool ok = sweep_uploads(&sweep, store, err) &&
              sweep_folder(&sweep, store, sweep.lake->options.incoming, sweep_file, err) &&
              lake_leased(store, &held, err) && (held || sweep_originals(&sweep, store, err));
    store_give(sweep.lake->options.pool, store);
    if (sweep.uploads + sweep.files + sweep.originals > 0)
        ym_log(YM_INFO, "lake.swept",
               YM_ARGS(ym_int("uploads", sweep.uploads), ym_int("files", sweep.files),
                       ym_int("originals", sweep.originals)));
    return ok;
}
