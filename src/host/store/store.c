#include "host/store/driver.h"

bool store_begin(struct store *store, struct ym_error *err)
{
    const struct store_driver *driver = store->pool->driver;

    assert(!store->open);
    if (!driver->revive(store, err))
        return false;
    store_claim_early(store);
    if (!driver->begin(store, err))
        return false;
    store->open = true;
    store->failed = false;
    store->claimed = false;
    return true;
}

// What was claimed in a transaction that did not happen is not ours.
static void forget_claim(struct store *store)
{
    if (!store->claimed)
        return;
    pthread_mutex_lock(&store->pool->lock);
    store->pool->from_ms = store->pool->to_ms = 0;
    pthread_mutex_unlock(&store->pool->lock);
    store->claimed = false;
}

void store_rollback(struct store *store)
{
    if (!store || !store->open)
        return;
    store->pool->driver->rollback(store);
    store->open = false;
    store->failed = false;
    forget_claim(store);
}

static bool refuse_failed(struct ym_error *err)
{
    ym_fail(err, YM_FAULT, "store.failed", "an earlier statement of this transaction has failed");
    return ym_hint(err, "Try again; nothing of it was kept.");
}

void store_before_commit(struct store *store, store_hook *hook, void *with)
{
    store->hook = hook;
    store->hook_with = with;
}

bool store_commit(struct store *store, struct ym_error *err)
{
    assert(store->open);
    store_hook *hook = store->hook;
    bool ok = !store->failed || refuse_failed(err);

    store->hook = NULL; // its own statements are not to call it
    ok = ok && (!hook || hook(store, store->hook_with, err)) &&
         store->pool->driver->commit(store, err);
    if (!ok) {
        store->hook = hook;
        store_rollback(store);
        return false;
    }
    store->open = false;
    store->claimed = false;
    return true;
}

static bool check_texts(struct ym_args args, struct ym_error *err)
{
    for (size_t i = 0; i < args.n; i++) {
        const struct ym_arg *arg = &args.items[i];
        size_t bad = 0;
        if (arg->type != YM_TEXT || arg->s.n == 0)
            continue;
        if (ym_utf8_valid(arg->s, &bad) && !memchr(arg->s.p, '\0', arg->s.n))
            continue;
        ym_fail(err, YM_INVALID, "store.text", "'%s' is not UTF-8 text without NUL", arg->name);
        ym_hint(err, "Send the text in UTF-8.");
        return ym_about(err, ym_str(arg->name));
    }
    return true;
}

static bool carry_out(struct store_rows *rows, const char *sql, struct ym_args args,
                      struct ym_error *err)
{
    struct store *store = rows->store;

    if (store->open && store->failed)
        return refuse_failed(err);
    if (!check_texts(args, err))
        return false;
    if (!store->open && !store->pool->driver->revive(store, err))
        return false;
    return store->pool->driver->ask(rows, sql, args, err);
}

bool store_ask(struct store *store, const char *sql, struct ym_args args, struct store_rows **out,
               struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct store_rows *rows = ym_arena_alloc(&arena, sizeof *rows);

    *out = NULL;
    rows->store = store;
    rows->arena = arena;
    if (!carry_out(rows, sql, args, err)) {
        struct ym_error second = {0};
        store->failed = true;
        rows->failed = true;
        (void)store->pool->driver->end(rows, &second);
        arena = rows->arena;
        ym_arena_clear(&arena);
        return false;
    }
    *out = rows;
    return true;
}

bool store_next(struct store_rows *rows, struct ym_error *err)
{
    struct ym_error wrong = {0};

    if (rows->failed)
        return false;
    if (rows->store->pool->driver->next(rows, &wrong))
        return true;
    if (wrong.kind != YM_NO_ERROR) {
        *err = wrong;
        rows->failed = true;
        rows->store->failed = true;
    }
    return false;
}

static bool end_rows(struct store_rows *rows, int64_t *changed, struct ym_error *err)
{
    if (!rows)
        return true;
    struct store *store = rows->store;
    struct ym_error late = {0};
    bool ok = !rows->failed;
    bool ended = store->pool->driver->end(rows, &late);
    struct ym_arena arena = rows->arena;

    if (ok && !ended) {
        *err = late;
        store->failed = true;
        ok = false;
    }
    if (changed)
        *changed = rows->changed;
    ym_arena_clear(&arena);
    return ok;
}

bool store_rows_close(struct store_rows *rows, struct ym_error *err)
{
    return end_rows(rows, NULL, err);
}

bool store_one(struct store *store, const char *sql, struct ym_args args, int64_t *out,
               struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, sql, args, &rows, err))
        return false;
    if (store_next(rows, err))
        *out = store_int(rows, 0);
    return store_rows_close(rows, err);
}

struct ym_str store_like(bool anywhere, struct ym_str text, struct ym_arena *arena)
{
    struct ym_buf out = {0};

    ym_buf_add(&out, ym_str(anywhere ? "%" : ""));
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '!')
            ym_buf_char(&out, '!');
        ym_buf_char(&out, text.p[i]);
    }
    ym_buf_char(&out, '%');
    struct ym_str kept = ym_arena_str(arena, ym_buf_str(&out));
    ym_buf_clear(&out);
    return kept;
}

static bool run_one(struct store *store, const char *sql, struct ym_args args, int64_t *changed,
                    struct ym_error *err)
{
    struct store_rows *rows;

    if (!store_ask(store, sql, args, &rows, err))
        return false;
    while (store_next(rows, err)) {
        // Rows were not wanted.
    }
    return end_rows(rows, changed, err);
}

bool store_run(struct store *store, const char *sql, struct ym_args args, int64_t *changed,
               struct ym_error *err)
{
    if (store->open || !store->hook)
        return run_one(store, sql, args, changed, err);
    if (!store_begin(store, err))
        return false;
    if (!run_one(store, sql, args, changed, err)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, err);
}

int64_t store_int(const struct store_rows *rows, int column)
{
    return rows->store->pool->driver->get_int(rows, column);
}

double store_real(const struct store_rows *rows, int column)
{
    return rows->store->pool->driver->get_real(rows, column);
}

struct ym_str store_text(const struct store_rows *rows, int column)
{
    return rows->store->pool->driver->get_text(rows, column);
}

bool store_null(const struct store_rows *rows, int column)
{
    return rows->store->pool->driver->get_null(rows, column);
}

bool store_is_postgresql(const struct store *store)
{
    return store->pool->driver == &store_postgresql;
}
