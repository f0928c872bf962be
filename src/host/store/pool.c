#include "host/store/driver.h"

#include <time.h>

static struct store *blank_store(struct store_pool *pool)
{
    struct store *store = pool->blank;

    if (store)
        pool->blank = store->next;
    else
        store = ym_arena_alloc(&pool->arena, sizeof *store);
    *store = (struct store){.pool = pool};
    return store;
}

// True with an idle connection, or with a struct that has none yet; false: 32 are lent out.
static bool pick(struct store_pool *pool, struct store **store, bool *connected)
{
    struct timespec until;
    bool found;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STORE_WAIT_MS / 1000;
    pthread_mutex_lock(&pool->lock);
    while (!pool->idle && pool->n >= STORE_CONNECTIONS) {
        if (pthread_cond_timedwait(&pool->given, &pool->lock, &until) != 0)
            break;
    }
    *connected = pool->idle != NULL;
    found = *connected || pool->n < STORE_CONNECTIONS;
    if (*connected) {
        *store = pool->idle;
        pool->idle = (*store)->next;
    } else if (found) {
        *store = blank_store(pool);
        pool->n++;
    }
    pthread_mutex_unlock(&pool->lock);
    return found;
}

static void drop(struct store_pool *pool, struct store *store)
{
    pool->driver->close(store);
    pthread_mutex_lock(&pool->lock);
    store->next = pool->blank;
    pool->blank = store;
    pool->n--;
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}

bool store_take(struct store_pool *pool, struct store **out, struct ym_error *err)
{
    struct store *store = NULL;
    bool connected = false;

    *out = NULL;
    if (!pick(pool, &store, &connected)) {
        ym_fail(err, YM_BUSY, "store.pool", "%d connections to the store are in use",
                STORE_CONNECTIONS);
        return ym_hint(err, "Try again in a moment.");
    }
    if (!(connected ? pool->driver->revive(store, err) : pool->driver->open(store, err))) {
        drop(pool, store);
        return false;
    }
    *out = store;
    return true;
}

void store_give(struct store_pool *pool, struct store *store)
{
    if (!store)
        return;
    store_rollback(store);
    store->hook = NULL;
    pthread_mutex_lock(&pool->lock);
    store->next = pool->idle;
    pool->idle = store;
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}

int store_pool_server(const struct store_pool *pool)
{
    return pool->server;
}

static struct store_pool *pool_new(const struct store_driver *driver, const char *where,
                                   const char *password, int server)
{
    struct ym_arena arena = {0};
    struct store_pool *pool = ym_arena_alloc(&arena, sizeof *pool);
    pthread_condattr_t monotonic;

    pool->driver = driver;
    pool->where = ym_arena_cstr(&arena, ym_str(where));
    pool->password = password ? ym_arena_cstr(&arena, ym_str(password)) : NULL;
    pool->server = server;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->given, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->arena = arena;
    return pool;
}

static bool open_pool(const char *url, const char *password, int server, struct store_pool **out,
                      struct ym_error *err)
{
    struct ym_str text = ym_str(url);
    const struct store_driver *driver = NULL;
    const char *where = url;

    *out = NULL;
    assert(server >= 0 && server < 1024);
    if (ym_str_starts(text, YM_STR("sqlite:")) && text.n > 7) {
        driver = &store_sqlite;
        where = url + 7;
    } else if (ym_str_starts(text, YM_STR("postgresql://")) ||
               ym_str_starts(text, YM_STR("postgres://"))) {
        driver = &store_postgresql;
    } else {
        ym_fail(err, YM_INVALID, "store.url",
                "store.url begins with neither 'sqlite:' nor 'postgresql://'");
        return ym_hint(err, "Write sqlite:/path/control.db or postgresql://user@host/database.");
    }
    *out = pool_new(driver, where, password, server);
    return true;
}

bool store_pool_open_as_it_is(const char *url, const char *password, struct store_pool **out,
                              struct ym_error *err)
{
    return open_pool(url, password, 0, out, err);
}

bool store_pool_open(const char *url, const char *password, int server,
                     const struct store_migration *migrations, size_t n, struct store_pool **out,
                     struct ym_error *err)
{
    struct store_pool *pool = NULL;
    struct store *store = NULL;

    *out = NULL;
    if (!open_pool(url, password, server, &pool, err) || !pool)
        return false;
    if (store_take(pool, &store, err) && store_migrate(store, migrations, n, err) &&
        store_claim_ids(store, err)) {
        store_give(pool, store);
        *out = pool;
        return true;
    }
    store_give(pool, store);
    store_pool_close(pool);
    return false;
}

void store_pool_close(struct store_pool *pool)
{
    if (!pool)
        return;
    if (pool->idle)
        store_unclaim_ids(pool->idle);
    while (pool->idle) {
        struct store *store = pool->idle;
        pool->idle = store->next;
        pool->driver->close(store);
        pool->n--;
    }
    assert(pool->n == 0); // a connection that was not given back would be used after this
    pthread_cond_destroy(&pool->given);
    pthread_mutex_destroy(&pool->lock);
    struct ym_arena arena = pool->arena;
    ym_arena_clear(&arena);
}
