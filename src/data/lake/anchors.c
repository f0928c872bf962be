#include "data/lake/reading.h"

#include <pthread.h>
#include <sodium.h>
#include <uthash.h>

enum {
    TOTALS_MAX = 10 * 1000,    // entries
    STEP_BY_KEY = 8192,        // rows
    STEP_BY_FILE = 128,        // rows, doubled while there were more anchors than
    ANCHORS_BY_FILE = 200000,
    ANCHORS_MAX = 64 << 20,    // bytes of all
    ANSWER_MAX = 512 << 20     // bytes of one derivation
};

struct total {
    char digest[LAKE_DIGEST];
    int64_t total;
    UT_hash_handle hh;
};
// The places of every so-manieth row of a version, in one order.
struct anchors {
    char key[64];
    struct ym_arena arena;
    struct lake_place *items;
    size_t n, cap;
    UT_hash_handle hh;
};
struct lake_cache {
    pthread_mutex_t lock;
    // guarded by lock; both tables oldest use first:
    struct total *totals;
    struct anchors *anchors;
    size_t anchor_bytes;
    bool has_key;
    unsigned char key[crypto_secretbox_KEYBYTES];
};

struct lake_cache *lake_cache_new(void)
{
    struct lake_cache *cache = calloc(1, sizeof *cache);

    if (!cache || sodium_init() < 0)
        abort();
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void free_anchors(struct anchors *anchors)
{
    if (!anchors)
        return;
    ym_arena_clear(&anchors->arena);
    free(anchors);
}

void lake_cache_free(struct lake_cache *cache)
{
    struct total *total, *next_total;
    struct anchors *anchors, *next_anchors;

    if (!cache)
        return;
    HASH_ITER(hh, cache->totals, total, next_total) {
        HASH_DEL(cache->totals, total);
        free(total);
    }
    HASH_ITER(hh, cache->anchors, anchors, next_anchors) {
        HASH_DEL(cache->anchors, anchors);
        free_anchors(anchors);
    }
    pthread_mutex_destroy(&cache->lock);
    sodium_memzero(cache, sizeof *cache);
    free(cache);
}

/* Totals. */

bool lake_total_known(struct lake *lake, const char *digest, int64_t *total)
{
    struct lake_cache *cache = lake->cache;
    struct total *found = NULL;

    pthread_mutex_lock(&cache->lock);
    HASH_FIND_STR(cache->totals, digest, found);
    if (found) {
        *total = found->total;
        HASH_DEL(cache->totals, found); // to the end: used last
        HASH_ADD_STR(cache->totals, digest, found);
    }
    pthread_mutex_unlock(&cache->lock);
    return found != NULL;
}

void lake_total_keep(struct lake *lake, const char *digest, int64_t total)
{
    struct lake_cache *cache = lake->cache;
    struct total *entry = calloc(1, sizeof *entry), *old = NULL;

    if (!entry)
        abort();
    snprintf(entry->digest, sizeof entry->digest, "%s", digest);
    entry->total = total;
    pthread_mutex_lock(&cache->lock);
    HASH_FIND_STR(cache->totals, digest, old);
    if (!old && HASH_COUNT(cache->totals) >= TOTALS_MAX)
        old = cache->totals;
    if (old)
        HASH_DEL(cache->totals, old);
    HASH_ADD_STR(cache->totals, digest, entry);
    pthread_mutex_unlock(&cache->lock);
    free(old);
}

/* Anchors. */

static void copy_place(const struct lake_place *from, struct ym_arena *arena, struct lake_place *to)
{
    to->n = from->n;
    to->values = ym_arena_alloc(arena, (from->n + 1) * sizeof *to->values);
    for (size_t i = 0; i < from->n; i++)
        to->values[i] = ym_arena_str(arena, from->values[i]);
}

int64_t lake_anchor_step(const struct lake_view *view, const struct lake_order *order)
{
    int64_t step = STEP_BY_FILE;

    if (order->by_key)
        return STEP_BY_KEY;
    while (view->rows / step > ANCHORS_BY_FILE)
        step *= 2;
    return step;
}

static void pick(const struct anchors *anchors, size_t index, struct ym_arena *arena,
                 struct lake_place *to)
{
    *to = (struct lake_place){0};
    if (index < anchors->n)
        copy_place(&anchors->items[index], arena, to);
}

static bool find_kept(struct lake_cache *cache, const char *key, size_t from, size_t until,
                      struct ym_arena *arena, struct lake_place *at, struct lake_place *end)
{
    struct anchors *found = NULL;

    pthread_mutex_lock(&cache->lock);
    HASH_FIND_STR(cache->anchors, key, found);
    if (found) {
        HASH_DEL(cache->anchors, found);
        HASH_ADD_STR(cache->anchors, key, found);
        pick(found, from, arena, at);
        pick(found, until, arena, end);
    }
    pthread_mutex_unlock(&cache->lock);
    return found != NULL;
}

static void keep(struct lake_cache *cache, struct anchors *anchors)
{
    struct anchors *old = NULL;

    pthread_mutex_lock(&cache->lock);
    HASH_FIND_STR(cache->anchors, anchors->key, old);
    // Two may have derived the same; the older goes. Then the longest unused, until there is room.
    while (old || (cache->anchors &&
                   cache->anchor_bytes + anchors->arena.used > (size_t)ANCHORS_MAX)) {
        if (!old)
            old = cache->anchors;
        HASH_DEL(cache->anchors, old);
        cache->anchor_bytes -= old->arena.used;
        free_anchors(old);
        old = NULL;
    }
    HASH_ADD_STR(cache->anchors, key, anchors);
    cache->anchor_bytes += anchors->arena.used;
    pthread_mutex_unlock(&cache->lock);
}

static void anchors_sql(const struct lake_view *view, const struct lake_order *order,
                        struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("SELECT _k FROM (SELECT "));
    lake_order_place(order, sql);
    ym_buf_printf(sql, " AS _k FROM lake.d%lld WHERE _partition_id = '%lld'",
                  (long long)view->dataset, (long long)view->version);
    lake_order_by(order, sql);
    // One thread, or the numbers of rows over all blocks mean nothing.
    ym_buf_printf(sql,
                  ") WHERE rowNumberInAllBlocks() %% %lld = 0"
                  " SETTINGS max_threads = 1 FORMAT JSONCompactEachRow",
                  (long long)lake_anchor_step(view, order));
}

// One line "[["…","…"]]" a place.
static bool read_place(struct ym_str line, struct anchors *to, struct ym_error *err)
{
    json_t *json = NULL, *value;
    size_t i;

    if (!ym_json_parse(line, line.n, &json, err))
        return false;
    json_t *values = json_array_get(json, 0);
    to->items = ym_arena_grow(&to->arena, to->items, &to->cap, to->n + 1, sizeof *to->items);
    struct lake_place *place = &to->items[to->n++];
    place->n = json_array_size(values);
    place->values = ym_arena_alloc(&to->arena, (place->n + 1) * sizeof *place->values);
    json_array_foreach(values, i, value)
    {
        struct ym_str text = {json_string_value(value), json_string_length(value)};
        place->values[i] = ym_arena_str(&to->arena, text);
    }
    json_decref(json);
    return true;
}

static bool derive(struct lake *lake, const struct lake_view *view, const struct lake_order *order,
                   struct anchors *to, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer;
    struct ym_str rest, line;

    ym_buf_init(&answer, ANSWER_MAX);
    anchors_sql(view, order, &sql);
    struct engine_query query = {.sql = ym_buf_cstr(&sql), .answer = &answer, .timeout_s = 300};
    bool ok = engine_do(lake->options.engine, &query, err);
    rest = ym_buf_str(&answer);
    while (ok && engine_tsv_line(&rest, &line))
        ok = line.n == 0 || read_place(line, to, err);
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    return ok;
}

bool lake_anchor(struct lake *lake, const struct lake_view *view, const struct lake_order *order,
                 size_t from, size_t until, struct ym_arena *arena, struct lake_place *at,
                 struct lake_place *end, struct ym_error *err)
{
    char key[64];

    snprintf(key, sizeof key, "%lld %lld %s", (long long)view->dataset, (long long)view->version,
             order->by_key ? "key" : "file");
    if (find_kept(lake->cache, key, from, until, arena, at, end))
        return true;
    struct anchors *anchors = calloc(1, sizeof *anchors);
    if (!anchors)
        abort();
    memcpy(anchors->key, key, sizeof key);
    if (!derive(lake, view, order, anchors, err)) {
        free_anchors(anchors);
        return false;
    }
    pick(anchors, from, arena, at);
    pick(anchors, until, arena, end);
    keep(lake->cache, anchors);
    return true;
}

/* The key that seals cursors: in the control store, since a page that one server began another one
 * may go on with. */

static const char SQL_KEY[] = "SELECT value FROM lake_secret WHERE name = 'cursor'";
static const char SQL_NEW_KEY[] =
    "INSERT INTO lake_secret (name, value) VALUES ('cursor', :value) ON CONFLICT (name) DO NOTHING";

static bool read_key(struct store *store, unsigned char key[crypto_secretbox_KEYBYTES], bool *found,
                     struct ym_error *err)
{
    struct store_rows *rows = NULL;
    size_t n = 0;

    *found = false;
    if (!store_ask(store, SQL_KEY, YM_NO_ARGS, &rows, err))
        return false;
    if (store_next(rows, err)) {
        struct ym_str hex = store_text(rows, 0);
        *found = sodium_hex2bin(key, crypto_secretbox_KEYBYTES, hex.p, hex.n, NULL, &n, NULL) == 0 &&
                 n == crypto_secretbox_KEYBYTES;
    }
    return store_rows_close(rows, err);
}

static bool make_key(struct lake *lake, unsigned char key[crypto_secretbox_KEYBYTES],
                     struct ym_error *err)
{
    struct store *store = NULL;
    char hex[2 * crypto_secretbox_KEYBYTES + 1];
    bool found = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = read_key(store, key, &found, err);
    if (ok && !found) {
        randombytes_buf(key, crypto_secretbox_KEYBYTES);
        sodium_bin2hex(hex, sizeof hex, key, crypto_secretbox_KEYBYTES);
        // Another server may have been first: what is in the store counts.
        ok = store_run(store, SQL_NEW_KEY, YM_ARGS(ym_text("value", ym_str(hex))), NULL, err) &&
             read_key(store, key, &found, err);
        if (ok && !found)
            ok = ym_fail(err, YM_FAULT, "lake.seal_key", "the key of cursors cannot be read");
    }
    store_give(lake->options.pool, store);
    return ok;
}

bool lake_seal_key(struct lake *lake, unsigned char key[32], struct ym_error *err)
{
    struct lake_cache *cache = lake->cache;

    pthread_mutex_lock(&cache->lock);
    bool known = cache->has_key;
    if (known)
        memcpy(key, cache->key, sizeof cache->key);
    pthread_mutex_unlock(&cache->lock);
    if (known)
        return true;
    if (!make_key(lake, key, err))
        return false;
    pthread_mutex_lock(&cache->lock);
    memcpy(cache->key, key, sizeof cache->key);
    cache->has_key = true;
    pthread_mutex_unlock(&cache->lock);
    return true;
}
