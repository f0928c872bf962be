#include "host/store/driver.h"

#include <poll.h>

enum { OID_BOOL = 16, OID_INT8 = 20, OID_TEXT = 25, OID_FLOAT8 = 701 };

static bool fail_away(struct ym_error *err, const char *why)
{
    struct ym_str text = ym_str_trim(ym_str(why));

    ym_fail(err, YM_BUSY, "store.away", "PostgreSQL does not answer: %.*s", YM_FMT(text));
    return ym_hint(err, "Check that PostgreSQL runs and that store.url is right; then try again.");
}

// By SQLSTATE, appendix A of PostgreSQL's manual.
static bool fail_state(struct store *store, const PGresult *result, struct ym_error *err)
{
    const char *told = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    struct ym_str state = ym_str(told ? told : "");

    if (state.n == 0 || PQstatus(store->postgresql) == CONNECTION_BAD ||
        ym_str_starts(state, YM_STR("08")) || ym_str_starts(state, YM_STR("57P")) ||
        ym_str_is(state, "53300"))
        return fail_away(err, why ? why : PQerrorMessage(store->postgresql));
    if (ym_str_is(state, "23505")) {
        ym_fail(err, YM_CONFLICT, "store.unique", "there is one with the same key already");
        ym_hint(err, "Reload and choose another name.");
        return ym_about(err, ym_str(constraint ? constraint : ""));
    }
    if (ym_str_is(state, "23503")) {
        ym_fail(err, YM_CONFLICT, "store.reference",
                "what it belongs to is not there, or something still belongs to it");
        return ym_hint(err, "Reload: what it refers to was changed meanwhile.");
    }
    if (ym_str_is(state, "40001") || ym_str_is(state, "40P01") || ym_str_is(state, "55P03")) {
        ym_fail(err, YM_BUSY, "store.busy", "the store is being written to by others");
        return ym_hint(err, "Try again in a moment.");
    }
    if (ym_str_is(state, "53100")) {
        ym_fail(err, YM_FULL, "store.full", "no space is left for the store");
        return ym_hint(err, "Free space on the disk of the PostgreSQL server.");
    }
    if (ym_str_starts(state, YM_STR("23")))
        ym_fail(err, YM_FAULT, "store.constraint", "a value breaks a rule of the store");
    else
        ym_fail(err, YM_FAULT, "store.statement", "the store refused a statement (SQLSTATE %s)",
                told);
    ym_hint(err, "This is a mistake in the program: report it with the log.");
    // Class 42 is about names and syntax; messages of other classes quote values.
    ym_log(YM_ERROR, "store.refused",
           YM_ARGS(ym_text("sqlstate", state),
                   ym_text("why", ym_str_starts(state, YM_STR("42")) ? ym_str(why) : YM_STR(""))));
    return false;
}

// NULL, with *err set, where it was not carried out.
static PGresult *run(struct store *store, const char *sql, int n, const Oid *types,
                     const char *const *values, struct ym_error *err)
{
    PGresult *result = PQexecParams(store->postgresql, sql, n, types, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    if (result)
        fail_state(store, result, err);
    else
        fail_away(err, PQerrorMessage(store->postgresql));
    PQclear(result);
    return NULL;
}

static bool run_plain(struct store *store, const char *sql, struct ym_error *err)
{
    PGresult *result = run(store, sql, 0, NULL, NULL, err);

    PQclear(result);
    return result != NULL;
}

static bool check_url(const char *url, struct ym_error *err)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &why);
    bool ok = options != NULL;

    if (!ok) {
        ym_fail(err, YM_INVALID, "store.url", "store.url is not a PostgreSQL url");
        ym_hint(err, "Write postgresql://user@host:5432/database.");
    }
    for (PQconninfoOption *option = options; ok && option->keyword; option++) {
        if (strcmp(option->keyword, "password") != 0 || !option->val)
            continue;
        ok = false;
        ym_fail(err, YM_INVALID, "store.url_password", "store.url holds a password");
        ym_hint(err, "Put it into a file of its own and name that in store.password_file.");
    }
    PQconninfoFree(options);
    PQfreemem(why);
    return ok;
}

static void ignore_notice(void *with, const char *text)
{
    (void)with;
    (void)text;
}

static bool prepare(struct store *store, struct ym_error *err)
{
    const char *encoding = PQparameterStatus(store->postgresql, "server_encoding");

    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        ym_fail(err, YM_INVALID, "store.encoding", "the database's encoding is %s, not UTF8",
                encoding ? encoding : "unknown");
        return ym_hint(err, "Create it with: createdb --encoding=UTF8 --template=template0 NAME");
    }
    return run_plain(store, "SET synchronous_commit = on", err) &&
           run_plain(store, "SET lock_timeout = '10s'", err);
}

static bool postgresql_open(struct store *store, struct ym_error *err)
{
    const struct store_pool *pool = store->pool;
    const char *const names[] = {"dbname",
                                 "client_encoding",
                                 "fallback_application_name",
                                 "connect_timeout",
                                 "keepalives_idle",
                                 "tcp_user_timeout",
                                 pool->password ? "password" : NULL,
                                 NULL};
    const char *const values[] = {pool->where, "UTF8",  "yunmeng",      "10",
                                  "30",        "30000", pool->password, NULL};

    if (!check_url(pool->where, err))
        return false;
    store->postgresql = PQconnectdbParams(names, values, 1);
    if (PQstatus(store->postgresql) != CONNECTION_OK)
        return fail_away(err, PQerrorMessage(store->postgresql));
    PQsetNoticeProcessor(store->postgresql, ignore_notice, NULL);
    return prepare(store, err);
}

static void postgresql_close(struct store *store)
{
    PQfinish(store->postgresql);
    store->postgresql = NULL;
}

// A server that went away has closed its end; without a look one would learn it by a failed
// statement.
static bool is_alive(PGconn *connection)
{
    struct pollfd end = {.fd = PQsocket(connection), .events = POLLIN};

    if (PQstatus(connection) != CONNECTION_OK)
        return false;
    if (poll(&end, 1, 0) > 0 && !PQconsumeInput(connection))
        return false;
    return PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE;
}

static bool postgresql_revive(struct store *store, struct ym_error *err)
{
    if (store->postgresql && is_alive(store->postgresql))
        return true;
    if (store->postgresql)
        ym_log(YM_WARN, "store.reconnect", YM_NO_ARGS);
    postgresql_close(store);
    return postgresql_open(store, err);
}

static bool postgresql_begin(struct store *store, struct ym_error *err)
{
    return run_plain(store, "BEGIN", err);
}

static bool postgresql_commit(struct store *store, struct ym_error *err)
{
    PGresult *result = run(store, "COMMIT", 0, NULL, NULL, err);
    // COMMIT of a failed transaction is answered with success, and the word ROLLBACK.
    bool ok = result && strcmp(PQcmdStatus(result), "COMMIT") == 0;

    if (result && !ok) {
        ym_fail(err, YM_FAULT, "store.failed", "the transaction was rolled back");
        ym_hint(err, "Try again; nothing of it was kept.");
    }
    PQclear(result);
    return ok;
}

static void postgresql_rollback(struct store *store)
{
    if (PQtransactionStatus(store->postgresql) != PQTRANS_IDLE)
        PQclear(PQexecParams(store->postgresql, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 0));
}

// "yunmeng" in the advisory locks' space of numbers.
static bool postgresql_lock(struct store *store, struct ym_error *err)
{
    return run_plain(store, "SET LOCAL lock_timeout = '120s'", err) &&
           run_plain(store, "SELECT pg_advisory_xact_lock(34182889925206631)", err);
}

static const char *value_text(struct ym_arena *arena, const struct ym_arg *arg, Oid *type)
{
    switch (arg->type) {
    case YM_NULL:
        break; // stands in the text (store_number)
    case YM_INT:
        *type = OID_INT8;
        return ym_arena_printf(arena, "%" PRId64, arg->i).p;
    case YM_REAL:
        *type = OID_FLOAT8;
        return ym_arena_printf(arena, "%.17g", arg->r).p;
    case YM_TEXT:
        *type = OID_TEXT;
        return ym_arena_cstr(arena, arg->s);
    }
    *type = 0;
    return NULL;
}

static bool postgresql_ask(struct store_rows *rows, const char *sql, struct ym_args args,
                           struct ym_error *err)
{
    struct store_numbered numbered;

    if (!store_number(sql, args, &rows->arena, &numbered, err))
        return false;
    const char **values = ym_arena_alloc(&rows->arena, (numbered.n + 1) * sizeof *values);
    Oid *types = ym_arena_alloc(&rows->arena, (numbered.n + 1) * sizeof *types);
    for (size_t i = 0; i < numbered.n; i++)
        values[i] = value_text(&rows->arena, &numbered.order[i], &types[i]);
    rows->result = run(rows->store, numbered.sql, (int)numbered.n, types, values, err);
    if (!rows->result)
        return false;
    rows->n = PQntuples(rows->result);
    rows->row = -1;
    return true;
}

static bool postgresql_next(struct store_rows *rows, struct ym_error *err)
{
    (void)err;
    return ++rows->row < rows->n;
}

static bool postgresql_end(struct store_rows *rows, struct ym_error *err)
{
    int64_t changed = 0;

    (void)err;
    // A SELECT counts what it read.
    if (rows->result && !ym_str_starts(ym_str(PQcmdStatus(rows->result)), YM_STR("SELECT")) &&
        ym_str_int(ym_str(PQcmdTuples(rows->result)), &changed))
        rows->changed = changed;
    PQclear(rows->result);
    rows->result = NULL;
    return true;
}

static bool postgresql_null(const struct store_rows *rows, int column)
{
    return PQgetisnull(rows->result, rows->row, column) != 0;
}

static int64_t postgresql_int(const struct store_rows *rows, int column)
{
    const char *text = PQgetvalue(rows->result, rows->row, column);

    if (PQftype(rows->result, column) == OID_BOOL)
        return text[0] == 't';
    return strtoll(text, NULL, 10); // NULL is "" is 0
}

static double postgresql_real(const struct store_rows *rows, int column)
{
    return strtod(PQgetvalue(rows->result, rows->row, column), NULL);
}

static struct ym_str postgresql_text(const struct store_rows *rows, int column)
{
    if (postgresql_null(rows, column))
        return (struct ym_str){NULL, 0};
    return (struct ym_str){PQgetvalue(rows->result, rows->row, column),
                           (size_t)PQgetlength(rows->result, rows->row, column)};
}

const struct store_driver store_postgresql = {
    .open = postgresql_open,
    .close = postgresql_close,
    .revive = postgresql_revive,
    .begin = postgresql_begin,
    .commit = postgresql_commit,
    .rollback = postgresql_rollback,
    .lock = postgresql_lock,
    .ask = postgresql_ask,
    .next = postgresql_next,
    .end = postgresql_end,
    .get_int = postgresql_int,
    .get_real = postgresql_real,
    .get_text = postgresql_text,
    .get_null = postgresql_null,
};
