/* host/store: the control store: one SQL subset on SQLite and PostgreSQL.
 *
 * The subset (DESIGN.md): named parameters `:name`, ids made by us, times BIGINT microseconds, JSON
 * as TEXT, INSERT ... ON CONFLICT, RETURNING, CTEs, window functions; no triggers, no vendor's
 * functions. Keys are BIGINT or TEXT (INTEGER is 32 bit on PostgreSQL); truth is BIGINT 0 or 1;
 * LIKE minds case on both and wants its ESCAPE written; ORDER BY of a text wants COLLATE "C", which
 * both know. A parameter may stand anywhere where a value may, not where a name or keyword would.
 *
 * A `store` is one connection and belongs to one thread at a time; store_take lends one from the
 * pool (at most 32; none free in 10 s: YM_BUSY "store.pool"). A transaction is durable when
 * store_commit returned true (SQLite: WAL, synchronous=FULL). On SQLite writers queue (BEGIN
 * IMMEDIATE, 10 s, then YM_BUSY "store.busy"); on PostgreSQL two transactions interleave (READ
 * COMMITTED): guard by compare and set or by a unique index. After a statement failed inside a
 * transaction nothing but store_rollback does anything, on both.
 *
 * Errors: unique or foreign key broken is YM_CONFLICT "store.unique" / "store.reference"; a text
 * with NUL or bad UTF-8 YM_INVALID "store.text"; disk full YM_FULL "store.full"; PostgreSQL gone
 * YM_BUSY "store.away" (the connection is made anew at the next store_take or store_begin); the
 * rest YM_FAULT "store.*". Neither SQL nor values are in a message; what the database itself said
 * of a wrong statement goes to the log.
 */
#pragma once
#include "base/base.h"

struct store_pool;
struct store;
struct store_migration {
    int number; // 1, 2, 3 … without gaps
    const char *name;
    const char *sql; // statements, each ended by `;`
};
// url: "sqlite:/path/control.db" or "postgresql://…" (a password comes from `password`, or NULL;
// one in the url is refused). server: 0 to 1023. Runs the migrations that the store lacks, each in
// one transaction; several servers may start at once. A store that knows more migrations than we do
// is refused (YM_CONFLICT "store.newer").
YM_MUST bool store_pool_open(const char *url, const char *password, int server,
                             const struct store_migration *migrations, size_t n,
                             struct store_pool **out, struct ym_error *err);
// For a look at a store and for copies of it: nothing is migrated, and no ids may be made.
YM_MUST bool store_pool_open_as_it_is(const char *url, const char *password,
                                      struct store_pool **out, struct ym_error *err);
void store_pool_close(struct store_pool *pool); // all were given back; NULL: nothing
int store_pool_server(const struct store_pool *pool);
YM_MUST bool store_take(struct store_pool *pool, struct store **out, struct ym_error *err);
void store_give(struct store_pool *pool,
                struct store *store); // rolls back what is open; NULL: nothing

YM_MUST bool store_begin(struct store *store, struct ym_error *err);
YM_MUST bool store_commit(struct store *store, struct ym_error *err);
void store_rollback(struct store *store); // nothing where no transaction is open
// `hook` is called once, inside the next transaction that this connection commits, just before; a
// statement of store_run outside of one gets its own. What it writes stands or falls with that
// transaction; where it fails, so does the commit. A rollback keeps it for the next commit;
// store_give drops it. NULL: none.
typedef bool store_hook(struct store *store, void *with, struct ym_error *err);
void store_before_commit(struct store *store, store_hook *hook, void *with);
// One statement without rows; *changed may be NULL.
YM_MUST bool store_run(struct store *store, const char *sql, struct ym_args args, int64_t *changed,
                       struct ym_error *err);
// Rows: `while (store_next(rows, err))`, then store_rows_close, which is false where reading ended
// by an error (*err is set). Texts are views until the next store_next. The statement has been
// carried out when store_ask returns; its rows are closed before the transaction ends.
struct store_rows;
YM_MUST bool store_ask(struct store *store, const char *sql, struct ym_args args,
                       struct store_rows **out, struct ym_error *err);
bool store_next(struct store_rows *rows, struct ym_error *err);
int64_t store_int(const struct store_rows *rows, int column); // NULL is 0
double store_real(const struct store_rows *rows, int column);
struct ym_str store_text(const struct store_rows *rows, int column); // NULL is none
bool store_null(const struct store_rows *rows, int column);
YM_MUST bool store_rows_close(struct store_rows *rows, struct ym_error *err); // NULL: true
// The first column of the only row: a count, an id. Where there is no row, *out stays.
YM_MUST bool store_one(struct store *store, const char *sql, struct ym_args args, int64_t *out,
                       struct ym_error *err);
// A text for `LIKE :it ESCAPE '!'` that finds what begins with `text`, or has it anywhere.
struct ym_str store_like(bool anywhere, struct ym_str text, struct ym_arena *arena);
// 64 bit: milliseconds since 2020 (42), server (10), counter (11); ascending in a process, never
// used twice: not after a restart, a clock set back, nor by two processes of one server number.
// Each pool claims a minute of milliseconds in the store before it hands them out.
int64_t store_new_id(struct store *store);
bool store_is_postgresql(const struct store *store);

/* The whole store as one SQLite file at `path` (an older one there is replaced), at one moment,
 * durable: VACUUM INTO, or a copy in one REPEATABLE READ transaction of PostgreSQL. `migrations`
 * are those of the pool. It can be opened as "sqlite:PATH" and copied into either database. Errors
 * besides: YM_FAULT "store.snapshot". */
YM_MUST bool store_snapshot(struct store_pool *pool, const char *path,
                            const struct store_migration *migrations, size_t n,
                            struct ym_error *err);
// All rows of one store into another of the same migrations, whose rows go; one of the two at least
// is SQLite; one transaction.
YM_MUST bool store_copy(struct store_pool *from, struct store_pool *to, struct ym_error *err);
// The number of the last migration that was run on it.
YM_MUST bool store_applied(struct store_pool *pool, int64_t *number, struct ym_error *err);
