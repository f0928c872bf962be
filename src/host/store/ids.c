#include "base/time.h"
#include "host/store/driver.h"

enum { CLAIM_MS = 60000, COUNTER_BITS = 11, SERVER_BITS = 10 };
#define COUNTER_MAX   ((INT64_C(1) << COUNTER_BITS) - 1)
#define SINCE_2020_MS INT64_C(1577836800000)

static int64_t now_ms(void)
{
    int64_t ms = ym_now() / 1000 - SINCE_2020_MS;
    return ms > 0 ? ms : 0;
}

static int64_t first_of(const struct store_pool *pool, int64_t ms)
{
    return ms * (INT64_C(1) << (COUNTER_BITS + SERVER_BITS)) +
           pool->server * (INT64_C(1) << COUNTER_BITS);
}

static int64_t after(const struct store_pool *pool, int64_t id)
{
    if ((id & COUNTER_MAX) < COUNTER_MAX)
        return id + 1;
    return first_of(pool, (id >> (COUNTER_BITS + SERVER_BITS)) + 1);
}

// All claims of a server number follow each other, whatever the clock says and whoever asks: no
// millisecond is ever in two of them.
static const char SQL_CLAIM[] =
    "INSERT INTO store_id (server, claimed) VALUES (:server, :now + :span)"
    " ON CONFLICT (server) DO UPDATE SET claimed ="
    " CASE WHEN store_id.claimed > :now THEN store_id.claimed ELSE :now END + :span"
    " RETURNING claimed";
bool store_claim_ids(struct store *store, struct ym_error *err)
{
    struct store_pool *pool = store->pool;
    struct ym_arg server = ym_int("server", pool->server);
    struct ym_arg now = ym_int("now", now_ms()), span = ym_int("span", CLAIM_MS);
    int64_t claimed = 0;

    if (!store_one(store, SQL_CLAIM, YM_ARGS(server, now, span), &claimed, err))
        return false;
    pthread_mutex_lock(&pool->lock);
    // Ours and the new one are one piece where nobody else has claimed in between; another thread
    // of ours may have claimed a later one meanwhile.
    if (claimed > pool->to_ms) {
        if (pool->to_ms != claimed - CLAIM_MS)
            pool->from_ms = claimed - CLAIM_MS;
        pool->to_ms = claimed;
    }
    pthread_mutex_unlock(&pool->lock);
    store->claimed = store->open;
    return true;
}

void store_claim_early(struct store *store)
{
    struct store_pool *pool = store->pool;
    struct ym_error err = {0};

    pthread_mutex_lock(&pool->lock);
    bool late = pool->to_ms > 0 && now_ms() > pool->to_ms - CLAIM_MS / 2;
    pthread_mutex_unlock(&pool->lock);
    if (late && !store_claim_ids(store, &err)) {
        store->failed = false; // no transaction was open
        ym_log_error(YM_WARN, "store.claim", &err);
    }
}

static int64_t next_id(struct store_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    int64_t now = now_ms(), id = after(pool, pool->last_id);
    if (now >= pool->to_ms)
        now = pool->to_ms - 1; // the claim may still have room behind the last id
    if (now < pool->from_ms)
        now = pool->from_ms;
    if (now > 0 && first_of(pool, now) > id)
        id = first_of(pool, now);
    bool ours = pool->to_ms > 0 && id < first_of(pool, pool->to_ms);
    if (ours)
        pool->last_id = id;
    pthread_mutex_unlock(&pool->lock);
    return ours ? id : 0;
}

// Without a claim: only reached while the store cannot be written to, so that no row will carry it.
static int64_t unclaimed_id(struct store_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    int64_t id = after(pool, pool->last_id);
    if (first_of(pool, now_ms()) > id)
        id = first_of(pool, now_ms());
    pool->last_id = id;
    pthread_mutex_unlock(&pool->lock);
    return id;
}

int64_t store_new_id(struct store *store)
{
    struct ym_error err = {0};

    if (!store->open)
        store_claim_early(store);
    int64_t id = next_id(store->pool);
    if (id > 0)
        return id;
    if (store_claim_ids(store, &err)) {
        id = next_id(store->pool);
        if (id > 0)
            return id;
    }
    if (err.kind != YM_NO_ERROR)
        ym_log_error(YM_WARN, "store.claim", &err);
    return unclaimed_id(store->pool);
}

static const char SQL_UNCLAIM[] =
    "UPDATE store_id SET claimed = :used WHERE server = :server AND claimed = :claimed";
void store_unclaim_ids(struct store *store)
{
    struct store_pool *pool = store->pool;
    int64_t used = (pool->last_id >> (COUNTER_BITS + SERVER_BITS)) + 1;
    struct ym_error err = {0};

    if (pool->to_ms == 0)
        return;
    struct ym_arg server = ym_int("server", pool->server);
    struct ym_arg claimed = ym_int("claimed", pool->to_ms);
    struct ym_arg until = ym_int("used", used > pool->from_ms ? used : pool->from_ms);
    if (!store_run(store, SQL_UNCLAIM, YM_ARGS(server, claimed, until), NULL, &err))
        ym_log_error(YM_DEBUG, "store.claim", &err);
}
