#include "base/time.h"
#include "host/store/driver.h"

static const char SQL_TABLES[] =
    "CREATE TABLE IF NOT EXISTS store_migration"
    " (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS store_id (server BIGINT PRIMARY KEY, claimed BIGINT NOT NULL);";

static bool run_script(struct store *store, const char *sql, struct ym_error *err)
{
    struct ym_str rest = ym_str(sql), statement;
    struct ym_arena arena = {0};
    bool ok = true;

    while (ok && store_cut_statement(&rest, &statement))
        ok = store_run(store, ym_arena_cstr(&arena, statement), YM_NO_ARGS, NULL, err);
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_NEWEST[] = "SELECT MAX(number) FROM store_migration";
static bool newest(struct store *store, int64_t *number, struct ym_error *err)
{

    *number = 0;
    return store_one(store, SQL_NEWEST, YM_NO_ARGS, number, err);
}

static const char SQL_APPLIED[] =
    "INSERT INTO store_migration (number, name, applied) VALUES (:number, :name, :applied)";
static bool apply(struct store *store, const struct store_migration *migration,
                  struct ym_error *err)
{
    struct ym_arg number = ym_int("number", migration->number);
    struct ym_arg name = ym_text("name", ym_str(migration->name));
    struct ym_arg applied = ym_int("applied", ym_now());

    if (!run_script(store, migration->sql, err) ||
        !store_run(store, SQL_APPLIED, YM_ARGS(number, name, applied), NULL, err))
        return ym_about(err, ym_str(migration->name));
    ym_log(YM_INFO, "store.migrated", YM_ARGS(number, name));
    return true;
}

// One migration in one transaction, behind a lock: whoever comes second finds it done.
static bool step(struct store *store, const struct store_migration *migrations, size_t n,
                 bool *more, struct ym_error *err)
{
    int64_t at = 0;
    bool ok = false;

    *more = false;
    if (!store_begin(store, err))
        goto out;
    if (!store->pool->driver->lock(store, err) || !run_script(store, SQL_TABLES, err) ||
        !newest(store, &at, err))
        goto out;
    if (at > (int64_t)n) {
        ym_fail(err, YM_CONFLICT, "store.newer",
                "the store is of a newer version: it has %lld migrations, this program knows %zu",
                (long long)at, n);
        ym_hint(err, "Start the newer program again, or restore the backup made before it.");
        goto out;
    }
    if (at < (int64_t)n) {
        assert(migrations[at].number == at + 1);
        if (!apply(store, &migrations[at], err))
            goto out;
    }
    *more = at + 1 < (int64_t)n;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

bool store_migrate(struct store *store, const struct store_migration *migrations, size_t n,
                   struct ym_error *err)
{
    bool more = true;

    while (more)
        if (!step(store, migrations, n, &more, err))
            return false;
    return true;
}
