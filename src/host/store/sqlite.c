#include "base/time.h"
#include "host/store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail_sqlite(struct store *store, int code, struct ym_error *err)
{
    const char *why = store->sqlite ? sqlite3_errmsg(store->sqlite) : sqlite3_errstr(code);
    const char *behind = strstr(why, "failed: ");

    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        ym_fail(err, YM_BUSY, "store.busy", "the store is being written to by others");
        return ym_hint(err, "Try again in a moment.");
    case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
            code == SQLITE_CONSTRAINT_ROWID) {
            ym_fail(err, YM_CONFLICT, "store.unique", "there is one with the same key already");
            ym_hint(err, "Reload and choose another name.");
            return ym_about(err, ym_str(behind ? behind + 8 : ""));
        }
        if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
            ym_fail(err, YM_CONFLICT, "store.reference",
                    "what it belongs to is not there, or something still belongs to it");
            return ym_hint(err, "Reload: what it refers to was changed meanwhile.");
        }
        ym_fail(err, YM_FAULT, "store.constraint", "a value breaks a rule of the store");
        break;
    case SQLITE_FULL:
        ym_fail(err, YM_FULL, "store.full", "no space is left for the store");
        return ym_hint(err, "Free space on the disk of the data directory.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        ym_fail(err, YM_FAULT, "store.corrupt", "the store's file is damaged or not a store");
        ym_hint(err, "Stop the server and restore the last backup.");
        break;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        ym_fail(err, YM_FAULT, "store.open", "the store's file cannot be opened or written");
        ym_hint(err, "Check that the data directory exists and belongs to the server's user.");
        break;
    case SQLITE_IOERR:
        ym_fail(err, YM_FAULT, "store.io", "the disk of the store fails (SQLite %d)", code);
        ym_hint(err, "Check the disk of the data directory.");
        break;
    default:
        ym_fail(err, YM_FAULT, "store.statement", "the store refused a statement (SQLite %d)",
                code);
        ym_hint(err, "This is a mistake in the program: report it with the log.");
    }
    ym_log(YM_ERROR, "store.refused", YM_ARGS(ym_int("sqlite", code), ym_text("why", ym_str(why))));
    return false;
}

// SQLite's own waits grow to 100 ms; a commit takes 4.
static int wait_busy(void *with, int times)
{
    struct store *store = with;
    struct timespec pause = {0, (times < 4 ? times + 1 : 5) * 1000000L};

    if (times == 0)
        store->busy_until = ym_monotonic() + STORE_WAIT_MS * INT64_C(1000);
    if (ym_monotonic() > store->busy_until)
        return 0;
    nanosleep(&pause, NULL);
    return 1;
}

static bool run_plain(struct store *store, const char *sql, struct ym_error *err)
{
    int code = sqlite3_exec(store->sqlite, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || fail_sqlite(store, sqlite3_extended_errcode(store->sqlite), err);
}

// The change to WAL does not ask the busy handler while another process makes it too.
static bool use_wal(struct store *store, struct ym_error *err)
{
    int64_t until = ym_monotonic() + STORE_WAIT_MS * INT64_C(1000);

    for (;;) {
        int code = sqlite3_exec(store->sqlite, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (code == SQLITE_OK)
            return true;
        if ((code & 0xFF) != SQLITE_BUSY || ym_monotonic() > until)
            return fail_sqlite(store, code, err);
        nanosleep(&(struct timespec){0, 5000000L}, NULL);
    }
}

static int compare_bytes(void *with, int n, const void *a, int m, const void *b)
{
    (void)with;
    return ym_str_cmp((struct ym_str){a, (size_t)n}, (struct ym_str){b, (size_t)m});
}

// It holds digests of passwords: nobody else's from the first moment, and there after a power cut.
static bool create_file(const char *path, struct ym_error *err)
{
    struct ym_arena arena = {0};
    char *folder = ym_arena_cstr(&arena, ym_str(path)), *slash = strrchr(folder, '/');
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), dir = -1;
    bool ok = fd >= 0 || errno == EEXIST;

    if (slash)
        slash[slash == folder] = '\0';
    if (fd >= 0) {
        dir = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ok = dir >= 0 && fsync(fd) == 0 && fsync(dir) == 0;
    }
    if (!ok) {
        ym_fail(err, YM_FAULT, "store.open", "the store's file cannot be made: %s",
                strerror(errno));
        ym_hint(err, "Check that the data directory exists and belongs to the server's user.");
    }
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    ym_arena_clear(&arena);
    return ok;
}

static bool sqlite_open(struct store *store, struct ym_error *err)
{
    static const char *const settings[] = {
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA trusted_schema = OFF",
        "PRAGMA case_sensitive_like = ON",
        "PRAGMA journal_size_limit = 67108864",
    };
    const char *path = store->pool->where;

    if (!create_file(path, err))
        return false;
    int code =
        sqlite3_open_v2(path, &store->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return fail_sqlite(store, code, err);
    sqlite3_extended_result_codes(store->sqlite, 1);
    sqlite3_busy_handler(store->sqlite, wait_busy, store);
    sqlite3_db_config(store->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_create_collation(store->sqlite, "C", SQLITE_UTF8, NULL, compare_bytes);
    if (!use_wal(store, err))
        return false;
    for (size_t i = 0; i < YM_COUNT(settings); i++)
        if (!run_plain(store, settings[i], err))
            return false;
    return true;
}

static void sqlite_close(struct store *store)
{
    sqlite3_close_v2(store->sqlite);
    store->sqlite = NULL;
}

static bool sqlite_revive(struct store *store, struct ym_error *err)
{
    (void)store;
    (void)err;
    return true;
}

static bool sqlite_begin(struct store *store, struct ym_error *err)
{
    return run_plain(store, "BEGIN IMMEDIATE", err);
}

static bool sqlite_commit(struct store *store, struct ym_error *err)
{
    return run_plain(store, "COMMIT", err);
}

static void sqlite_rollback(struct store *store)
{
    // Some errors (disk full) have rolled back already.
    if (!sqlite3_get_autocommit(store->sqlite))
        sqlite3_exec(store->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static bool sqlite_lock(struct store *store, struct ym_error *err)
{
    (void)store;
    (void)err;
    return true; // BEGIN IMMEDIATE is the lock
}

static bool bind(struct store_rows *rows, struct ym_args args, struct ym_error *err)
{
    int n = sqlite3_bind_parameter_count(rows->statement), code = SQLITE_OK;
    size_t from = 0;

    for (int i = 1; i <= n && code == SQLITE_OK; i++) {
        const char *name = sqlite3_bind_parameter_name(rows->statement, i);
        const struct ym_arg *arg = name ? store_arg(args, ym_str(name + 1), &from) : NULL;
        if (!arg)
            return store_missing_arg(ym_str(name ? name + 1 : "?"), err);
        switch (arg->type) {
        case YM_NULL:
            break;
        case YM_INT:
            code = sqlite3_bind_int64(rows->statement, i, arg->i);
            break;
        case YM_REAL:
            code = sqlite3_bind_double(rows->statement, i, arg->r);
            break;
        case YM_TEXT:
            code = sqlite3_bind_text64(rows->statement, i, arg->s.p, arg->s.n, SQLITE_TRANSIENT,
                                       SQLITE_UTF8);
            break;
        }
    }
    return code == SQLITE_OK || fail_sqlite(rows->store, code, err);
}

static bool advance(struct store_rows *rows, struct ym_error *err)
{
    int code = sqlite3_step(rows->statement);

    rows->more = code == SQLITE_ROW;
    return rows->more || code == SQLITE_DONE || fail_sqlite(rows->store, code, err);
}

static bool sqlite_ask(struct store_rows *rows, const char *sql, struct ym_args args,
                       struct ym_error *err)
{
    sqlite3 *sqlite = rows->store->sqlite;
    const char *tail = NULL;
    int code = sqlite3_prepare_v2(sqlite, sql, -1, &rows->statement, &tail);

    if (code != SQLITE_OK)
        return fail_sqlite(rows->store, code, err);
    struct ym_str rest = ym_str(tail), second;
    if (!rows->statement || store_cut_statement(&rest, &second)) {
        ym_fail(err, YM_FAULT, "store.statement", "not one statement");
        return ym_hint(err, "This is a mistake in the program: report it with the log.");
    }
    if (!bind(rows, args, err))
        return false;
    rows->changes_before = sqlite3_total_changes64(sqlite);
    rows->first = true;
    return advance(rows, err);
}

static bool sqlite_next(struct store_rows *rows, struct ym_error *err)
{
    if (rows->first)
        rows->first = false;
    else if (rows->more && !advance(rows, err))
        return false;
    return rows->more;
}

static bool sqlite_end(struct store_rows *rows, struct ym_error *err)
{
    sqlite3 *sqlite = rows->store->sqlite;
    bool changed = sqlite3_total_changes64(sqlite) != rows->changes_before;

    rows->changed = changed ? sqlite3_changes64(sqlite) : 0;
    int code = sqlite3_finalize(rows->statement);
    rows->statement = NULL;
    return code == SQLITE_OK || fail_sqlite(rows->store, code, err);
}

static int64_t sqlite_int(const struct store_rows *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

static double sqlite_real(const struct store_rows *rows, int column)
{
    return sqlite3_column_double(rows->statement, column);
}

static struct ym_str sqlite_text(const struct store_rows *rows, int column)
{
    if (sqlite3_column_type(rows->statement, column) == SQLITE_NULL)
        return (struct ym_str){NULL, 0};
    const char *text = (const char *)sqlite3_column_text(rows->statement, column);
    return (struct ym_str){text ? text : "", (size_t)sqlite3_column_bytes(rows->statement, column)};
}

static bool sqlite_null(const struct store_rows *rows, int column)
{
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

const struct store_driver store_sqlite = {
    .open = sqlite_open,
    .close = sqlite_close,
    .revive = sqlite_revive,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .lock = sqlite_lock,
    .ask = sqlite_ask,
    .next = sqlite_next,
    .end = sqlite_end,
    .get_int = sqlite_int,
    .get_real = sqlite_real,
    .get_text = sqlite_text,
    .get_null = sqlite_null,
};
