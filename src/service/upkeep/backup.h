/* service/upkeep/backup: the way out of a data directory and back into a new one.
 *
 * A folder of backups holds  NAME/manifest.json, NAME/control.db, NAME/yunmeng.yaml, NAME/engine/ ;
 * originals/AB/SHA256 (shared by all) ; proven.json. NAME is the UTC time, YYYYMMDDTHHMMSSZ. The
 * order is that of RELIABILITY.md, 1.1: lease against retention, store snapshot (it names what
 * follows), the engine's tables (incremental to the last full backup), originals by digest,
 * manifest. All of it is made in NAME.part, synced, and renamed at the end: a folder without a
 * manifest is no backup, and a kill at any step leaves the former ones whole. secrets.key is never
 * in it.
 *
 * The engine's part is taken only from an engine of ours; one elsewhere (engine.url) has its own
 * backups, and the manifest says so ("engine": null). What is restored is compared with the
 * manifest: every file by SHA-256 before anything is built from it, every version by its rows
 * afterwards.
 *
 * One backup at a time (YM_BUSY "upkeep.backup_runs"). Errors besides: YM_NOT_FOUND
 * "upkeep.no_backup"; YM_FAULT "upkeep.backup_broken" (with the file), "upkeep.restore_differs",
 * "upkeep.file"; YM_FULL "disk.low"; YM_CONFLICT "upkeep.not_empty", "upkeep.store_used".
 */
#pragma once
#include "base/base.h"
#include "base/json.h"
#include "host/engine/engine.h"
#include "host/jobs/jobs.h"
#include "host/store/store.h"
#include "trust/org/org.h"

struct upkeep;
enum { BACKUP_NAME = 32 };
typedef void upkeep_progress(void *with, const char *stage, int64_t done, int64_t total);
struct upkeep_backup_options {
    struct store_pool *pool;
    struct engine *engine; // NULL: elsewhere
    const struct store_migration *migrations;
    size_t n_migrations;
    const char *data;   // originals/ and yunmeng.yaml are taken from it
    const char *config; // the configuration in force, or NULL
    const char *folder; // of backups; made where it is missing
    int64_t keep_days;  // older ones go, but never the newest and what it stands on; 0: none goes
    bool full;          // else: what changed since the last full one of this week
    upkeep_progress *progress; // may be NULL
    bool (*stopped)(void *with);
    void *with; // for both
};
struct upkeep_backup_made {
    char name[BACKUP_NAME];
    bool full;
    int64_t bytes, versions, rows, originals, copied, microseconds;
};
YM_MUST bool upkeep_backup_make(const struct upkeep_backup_options *options,
                                struct upkeep_backup_made *out, struct ym_error *err);
bool upkeep_backup_job(struct job *job, void *with, struct ym_error *err); // kind "backup.run"
// A job that makes one; administrators. The operator's key and the timer come here too.
YM_MUST bool upkeep_backup_begin(struct upkeep *upkeep, const struct org_caller *caller, bool full,
                                 int64_t *job, struct ym_error *err);

struct upkeep_backup_entry {
    char name[BACKUP_NAME];
    int64_t at, bytes, versions;
    bool full, whole_lake; // false: the engine was elsewhere
};
struct upkeep_backup_list {
    struct upkeep_backup_entry *items; // newest first
    size_t n, cap;
};
YM_MUST bool upkeep_backup_list(const char *folder, struct ym_arena *arena,
                                struct upkeep_backup_list *out, struct ym_error *err);
// Times of the newest backup and of the newest proof that one can be restored; 0: never.
void upkeep_backup_newest(const char *folder, int64_t *at, int64_t *proven_at,
                          int64_t *proven_seconds);

// The manifest of FOLDER/NAME, all its files compared with it; *out is the caller's.
YM_MUST bool upkeep_backup_check(const char *folder, const char *name, json_t **out,
                                 upkeep_progress *progress, void *with, struct ym_error *err);

/* Restoring is three calls, so that the caller opens the store and starts the engine of the new
 * directory in between: files (into a directory that is empty, or that an earlier restore left
 * unfinished: it holds the file `restoring` until upkeep_restored), the engine's tables, the
 * comparison. */
struct upkeep_restore {
    const char *folder, *name;
    const char *data;             // the new directory
    const char *secrets, *config; // files to put there, or NULL: a new key; the backup's own
    json_t *manifest;             // of upkeep_backup_check
    upkeep_progress *progress;
    void *with;
    int64_t versions, rows; // out: compared
};
YM_MUST bool upkeep_restore_files(const struct upkeep_restore *restore, struct ym_error *err);
YM_MUST bool upkeep_restore_lake(struct upkeep_restore *restore, struct engine *engine,
                                 struct ym_error *err);
YM_MUST bool upkeep_restored(const struct upkeep_restore *restore, struct ym_error *err);
bool upkeep_is_restoring(const char *data); // an unfinished one: no server may start there
void upkeep_prove(const char *folder, const char *name, int64_t seconds); // it was restored
YM_MUST bool upkeep_remove_tree(const char *path, struct ym_error *err);
