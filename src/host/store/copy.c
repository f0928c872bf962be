#include "host/store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    FETCH = 2000,  // rows that the reading side gives at once
    PARAMS = 600,  // of one INSERT; SQLite takes 32,766, short statements are parsed faster
    TABLES = 1000, // of a store
    ROW_MAX = 64   // columns of a table
};

// What is copied, as SQLite's side of the copy knows it: names and types are the same on both.
struct column {
    struct ym_str name;
    bool integer;
};
struct table {
    struct ym_str name;
    struct column *columns;
    size_t n, cap;
    struct ym_str *needs; // tables that its rows refer to
    size_t n_needs, cap_needs;
    bool done;
};
struct tables {
    struct table *items;
    size_t n, cap;
};

static const char SQL_TABLES[] =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    " AND name <> 'store_migration' ORDER BY name";
static const char SQL_COLUMNS[] = "SELECT name, type FROM pragma_table_info(:name) ORDER BY cid";
static const char SQL_NEEDS[] =
    "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(:name) WHERE \"table\" <> :name";

static bool read_table(struct store *store, struct table *table, struct ym_arena *arena,
                       struct ym_error *err)
{
    struct ym_arg name = ym_text("name", table->name);
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_COLUMNS, YM_ARGS(name), &rows, err))
        return false;
    while (store_next(rows, err)) {
        table->columns =
            ym_arena_grow(arena, table->columns, &table->cap, table->n + 1, sizeof *table->columns);
        table->columns[table->n++] =
            (struct column){.name = ym_arena_str(arena, store_text(rows, 0)),
                            .integer = ym_str_is(store_text(rows, 1), "BIGINT")};
    }
    if (!store_rows_close(rows, err) || !store_ask(store, SQL_NEEDS, YM_ARGS(name), &rows, err))
        return false;
    while (store_next(rows, err)) {
        table->needs = ym_arena_grow(arena, table->needs, &table->cap_needs, table->n_needs + 1,
                                     sizeof *table->needs);
        table->needs[table->n_needs++] = ym_arena_str(arena, store_text(rows, 0));
    }
    assert(table->n <= ROW_MAX);
    return store_rows_close(rows, err);
}

static bool read_tables(struct store *sqlite, struct tables *tables, struct ym_arena *arena,
                        struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(sqlite, SQL_TABLES, YM_NO_ARGS, &rows, err))
        return false;
    while (store_next(rows, err)) {
        tables->items =
            ym_arena_grow(arena, tables->items, &tables->cap, tables->n + 1, sizeof *tables->items);
        tables->items[tables->n++] =
            (struct table){.name = ym_arena_str(arena, store_text(rows, 0))};
    }
    if (!store_rows_close(rows, err))
        return false;
    assert(tables->n <= TABLES);
    for (size_t i = 0; i < tables->n; i++)
        if (!read_table(sqlite, &tables->items[i], arena, err))
            return false;
    return true;
}

static bool is_free(const struct tables *tables, const struct table *table)
{
    for (size_t i = 0; i < table->n_needs; i++)
        for (size_t k = 0; k < tables->n; k++)
            if (!tables->items[k].done && ym_str_eq(tables->items[k].name, table->needs[i]))
                return false;
    return true;
}

// What is referred to stands before what refers to it.
static void put_in_order(struct tables *tables)
{
    for (size_t at = 0; at < tables->n; at++) {
        size_t next = at;
        while (next < tables->n && !is_free(tables, &tables->items[next]))
            next++;
        assert(next < tables->n); // tables that need each other could not have been made
        struct table found = tables->items[next];
        memmove(&tables->items[at + 1], &tables->items[at], (next - at) * sizeof found);
        tables->items[at] = found;
        tables->items[at].done = true;
    }
}

static void add_columns(struct ym_buf *sql, const struct table *table)
{
    for (size_t i = 0; i < table->n; i++)
        ym_buf_printf(sql, "%s\"%.*s\"", i ? ", " : "", YM_FMT(table->columns[i].name));
}

// One INSERT of several rows: the names of its parameters are p0, p1 …
struct batch {
    struct ym_arena arena;
    struct ym_arg args[PARAMS];
    char names[PARAMS][8];
    size_t n;
};

static bool write_batch(struct store *to, const struct table *table, struct batch *batch,
                        struct ym_error *err)
{
    struct ym_buf sql = {0};
    size_t rows = table->n ? batch->n / table->n : 0;
    bool ok = true;

    if (rows == 0)
        return true;
    ym_buf_printf(&sql, "INSERT INTO \"%.*s\" (", YM_FMT(table->name));
    add_columns(&sql, table);
    ym_buf_add(&sql, YM_STR(") VALUES "));
    for (size_t i = 0; i < rows; i++) {
        ym_buf_add(&sql, i ? YM_STR(", (") : YM_STR("("));
        for (size_t k = 0; k < table->n; k++)
            ym_buf_printf(&sql, "%s:%s", k ? ", " : "", batch->names[i * table->n + k]);
        ym_buf_char(&sql, ')');
    }
    ok = store_run(to, ym_buf_cstr(&sql), (struct ym_args){batch->args, batch->n}, NULL, err);
    ym_buf_clear(&sql);
    ym_arena_clear(&batch->arena);
    batch->n = 0;
    return ok;
}

static void add_row(const struct store_rows *rows, const struct table *table, struct batch *batch)
{
    for (size_t i = 0; i < table->n; i++) {
        const char *name = batch->names[batch->n];
        struct ym_arg *arg = &batch->args[batch->n++];
        if (store_null(rows, (int)i))
            *arg = ym_null(name);
        else if (table->columns[i].integer)
            *arg = ym_int(name, store_int(rows, (int)i));
        else
            *arg = ym_text(name, ym_arena_str(&batch->arena, store_text(rows, (int)i)));
    }
}

static bool copy_rows(struct store_rows *rows, struct store *to, const struct table *table,
                      struct batch *batch, int64_t *n, struct ym_error *err)
{
    bool ok = true;

    while (ok && store_next(rows, err)) {
        if (batch->n + table->n > PARAMS)
            ok = write_batch(to, table, batch, err);
        if (ok)
            add_row(rows, table, batch);
        ++*n;
    }
    return ok;
}

// PostgreSQL would send a whole table at once: there a cursor gives it in pieces.
static bool copy_table(struct store *from, struct store *to, const struct table *table,
                       struct batch *batch, struct ym_error *err)
{
    struct ym_buf sql = {0};
    struct store_rows *rows = NULL;
    bool pieces = store_is_postgresql(from), ok = true, more = true;

    if (pieces)
        ym_buf_printf(&sql, "DECLARE piece CURSOR FOR ");
    ym_buf_add(&sql, YM_STR("SELECT "));
    add_columns(&sql, table);
    ym_buf_printf(&sql, " FROM \"%.*s\"", YM_FMT(table->name));
    const char *text = ym_buf_cstr(&sql);
    char fetch[64];
    snprintf(fetch, sizeof fetch, "FETCH %d FROM piece", FETCH);
    if (pieces)
        ok = store_run(from, text, YM_NO_ARGS, NULL, err);
    while (ok && more) {
        int64_t n = 0;
        ok = store_ask(from, pieces ? fetch : text, YM_NO_ARGS, &rows, err) &&
             copy_rows(rows, to, table, batch, &n, err);
        struct ym_error late = {0};
        if (!store_rows_close(rows, ok ? err : &late))
            ok = false;
        rows = NULL;
        more = pieces && n == FETCH;
    }
    ok = ok && write_batch(to, table, batch, err);
    if (pieces && ok)
        ok = store_run(from, "CLOSE piece", YM_NO_ARGS, NULL, err);
    ym_buf_clear(&sql);
    return ok;
}

static bool empty_table(struct store *to, const struct table *table, struct ym_error *err)
{
    struct ym_buf sql = {0};

    ym_buf_printf(&sql, "DELETE FROM \"%.*s\"", YM_FMT(table->name));
    bool ok = store_run(to, ym_buf_cstr(&sql), YM_NO_ARGS, NULL, err);
    ym_buf_clear(&sql);
    return ok;
}

static const char SQL_ONE_MOMENT[] = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
static bool copy_all(struct store *from, struct store *to, const struct tables *tables,
                     struct ym_error *err)
{
    struct batch *batch = calloc(1, sizeof *batch);
    bool ok = true;

    if (!batch)
        abort();
    for (size_t i = 0; i < PARAMS; i++)
        snprintf(batch->names[i], sizeof batch->names[i], "p%zu", i);
    if (store_is_postgresql(from))
        ok = store_run(from, SQL_ONE_MOMENT, YM_NO_ARGS, NULL, err);
    for (size_t i = tables->n; ok && i > 0; i--)
        ok = empty_table(to, &tables->items[i - 1], err);
    for (size_t i = 0; ok && i < tables->n; i++)
        ok = copy_table(from, to, &tables->items[i], batch, err);
    ym_arena_clear(&batch->arena);
    free(batch);
    return ok;
}

bool store_copy(struct store_pool *from_pool, struct store_pool *to_pool, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct tables tables = {0};
    struct store *from = NULL, *to = NULL;
    bool ok = false;

    if (!store_take(from_pool, &from, err) || !store_take(to_pool, &to, err))
        goto out;
    assert(!store_is_postgresql(from) || !store_is_postgresql(to));
    if (!read_tables(store_is_postgresql(from) ? to : from, &tables, &arena, err))
        goto out;
    put_in_order(&tables);
    if (!store_begin(from, err) || !store_begin(to, err) || !copy_all(from, to, &tables, err) ||
        !store_commit(to, err))
        goto out;
    ok = true;
out:
    store_give(to_pool, to);
    store_give(from_pool, from);
    ym_arena_clear(&arena);
    return ok;
}

static bool make_durable(const char *path, struct ym_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int why = errno;

    if (fd >= 0)
        close(fd);
    return ok || ym_fail(err, YM_FAULT, "store.snapshot", "the snapshot is not durable: %s",
                         strerror(why));
}

static bool snapshot_postgresql(struct store_pool *pool, const char *path,
                                const struct store_migration *migrations, size_t n,
                                struct ym_error *err)
{
    struct ym_buf url = {0};
    struct store_pool *to = NULL;

    ym_buf_printf(&url, "sqlite:%s", path);
    bool ok = store_pool_open(ym_buf_cstr(&url), NULL, store_pool_server(pool), migrations, n, &to,
                              err) &&
              store_copy(pool, to, err);
    store_pool_close(to);
    ym_buf_clear(&url);
    return ok;
}

bool store_snapshot(struct store_pool *pool, const char *path,
                    const struct store_migration *migrations, size_t n, struct ym_error *err)
{
    struct store *store = NULL;
    bool ok;

    if (unlink(path) != 0 && errno != ENOENT)
        return ym_fail(err, YM_FAULT, "store.snapshot", "an older snapshot is in the way: %s",
                       strerror(errno));
    if (!store_take(pool, &store, err))
        return false;
    if (store_is_postgresql(store)) {
        store_give(pool, store);
        ok = snapshot_postgresql(pool, path, migrations, n, err);
    } else {
        ok = store_run(store, "VACUUM INTO :path", YM_ARGS(ym_text("path", ym_str(path))), NULL,
                       err);
        store_give(pool, store);
    }
    return ok && make_durable(path, err);
}

static const char SQL_APPLIED[] = "SELECT COALESCE(MAX(number), 0) FROM store_migration";
bool store_applied(struct store_pool *pool, int64_t *number, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool ok = false;

    *number = 0;
    if (!store_take(pool, &store, err))
        return false;
    if (store_ask(store, SQL_APPLIED, YM_NO_ARGS, &rows, err)) {
        if (store_next(rows, err))
            *number = store_int(rows, 0);
        ok = store_rows_close(rows, err);
    }
    store_give(pool, store);
    return ok;
}
