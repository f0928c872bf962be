/* host/store/driver: what the two databases have in common; only for the files of this room.
 *
 * A driver's functions set *err as store.h says. `ask` carries the statement out, so that what is
 * wrong with it comes out there; `next` walks the rows; `end` frees them and sets `changed`.
 */
#pragma once
#include "host/store/store.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <sqlite3.h>

enum { STORE_CONNECTIONS = 32, STORE_WAIT_MS = 10000 };

struct store_driver {
    bool (*open)(struct store *store, struct ym_error *err);
    void (*close)(struct store *store);
    bool (*revive)(struct store *store, struct ym_error *err); // no transaction is open
    bool (*begin)(struct store *store, struct ym_error *err);
    bool (*commit)(struct store *store, struct ym_error *err);
    void (*rollback)(struct store *store);
    // Inside a transaction: nobody else migrates until it ends.
    bool (*lock)(struct store *store, struct ym_error *err);
    bool (*ask)(struct store_rows *rows, const char *sql, struct ym_args args,
                struct ym_error *err);
    bool (*next)(struct store_rows *rows, struct ym_error *err);
    bool (*end)(struct store_rows *rows, struct ym_error *err);
    int64_t (*get_int)(const struct store_rows *rows, int column);
    double (*get_real)(const struct store_rows *rows, int column);
    struct ym_str (*get_text)(const struct store_rows *rows, int column);
    bool (*get_null)(const struct store_rows *rows, int column);
};
extern const struct store_driver store_sqlite, store_postgresql;

struct store {
    struct store_pool *pool;
    sqlite3 *sqlite;
    PGconn *postgresql;
    int64_t busy_until; // SQLite: a writer waits no longer than this, by ym_monotonic
    bool open;          // a transaction is
    bool failed;        // a statement of it has
    bool claimed;       // ids were claimed in it
    store_hook *hook;   // for the next commit, with its argument
    void *hook_with;
    struct store *next; // of the pool's idle ones
};
struct store_rows {
    struct store *store;
    struct ym_arena arena; // holds this struct too
    sqlite3_stmt *statement;
    int64_t changes_before;
    bool first; // the row that `ask` has fetched already
    bool more;
    PGresult *result;
    int row, n;
    int64_t changed;
    bool failed;
};
struct store_pool {
    const struct store_driver *driver;
    const char *where; // path or url
    const char *password;
    int server;

    pthread_mutex_t lock;
    pthread_cond_t given;
    // guarded by lock:
    struct ym_arena arena;
    struct store *idle, *blank; // blank: structs without a connection
    size_t n;                   // connections in all
    int64_t last_id;
    int64_t from_ms, to_ms; // milliseconds that are ours, `to_ms` not included
};

// ids.c: claims what store_new_id will hand out; not inside a transaction.
bool store_claim_ids(struct store *store, struct ym_error *err);
void store_claim_early(struct store *store); // when half of the claim is used up
void store_unclaim_ids(struct store *store); // what was not used, at the end

// migrate.c
bool store_migrate(struct store *store, const struct store_migration *migrations, size_t n,
                   struct ym_error *err);

// names.c: what is not SQL's business in its text: literals, quoted names, comments.
// The argument `name`, looked for from *from on (callers name them mostly in order), or NULL.
const struct ym_arg *store_arg(struct ym_args args, struct ym_str name, size_t *from);
// Turns `:name` into $1, $2 …, or NULL; order[k - 1] is the argument of $k.
struct store_numbered {
    const char *sql;
    struct ym_arg *order;
    size_t n;
};
bool store_number(const char *sql, struct ym_args args, struct ym_arena *arena,
                  struct store_numbered *out, struct ym_error *err);
// Cuts the next statement off *rest, without its `;`; false at the end.
bool store_cut_statement(struct ym_str *rest, struct ym_str *statement);
bool store_missing_arg(struct ym_str name, struct ym_error *err);
