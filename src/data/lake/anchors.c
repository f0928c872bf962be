#include "data/lake/reading.h"

#include <pthread.h>
#include <sodium.h>

enum {
    COUNTING = 32,          // totals that are being counted, known to those who ask for them too
    TOTALS = 8192,          // places; a total goes where another one falls on its place
    VERSIONS_MAX = 64,      // whose anchors are kept
    ANCHORS_MAX = 64 << 20, // bytes of all
    STEP_BY_KEY = 8192,     // rows
    STEP_BY_FILE = 128,     // rows, doubled while there were more anchors than
    ANCHORS_BY_FILE = 200000,
    ANSWER_MAX = 512 << 20 // bytes of one derivation
};

struct total {
    char digest[LAKE_DIGEST];
    int64_t total;
};
// The places of every so-manieth row of a version, in one order.
struct anchors {
    char key[64];
    int64_t used; // when last, by the cache's clock
    struct ym_arena arena;
    struct lake_place *items;
    size_t n, cap;
};
struct lake_cache {
    pthread_mutex_t lock;
    pthread_cond_t counted;
    // guarded by lock:
    struct total totals[TOTALS];
    char counting[COUNTING][LAKE_DIGEST];
    size_t n_counting;
    struct anchors *anchors[VERSIONS_MAX];
    size_t n_anchors, anchor_bytes;
    int64_t clock; // counts uses
    bool has_key;
    unsigned char key[crypto_secretbox_KEYBYTES];
};

struct lake_cache *lake_cache_new(void)
{
    struct lake_cache *cache = calloc(1, sizeof *cache);

    if (!cache || sodium_init() < 0)
        abort();
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->counted, NULL);
    return cache;
}

static void free_anchors(struct anchors *anchors)
{
    ym_arena_clear(&anchors->arena);
    free(anchors);
}

void lake_cache_free(struct lake_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < cache->n_anchors; i++)
        free_anchors(cache->anchors[i]);
    pthread_cond_destroy(&cache->counted);
    pthread_mutex_destroy(&cache->lock);
    sodium_memzero(cache->key, sizeof cache->key);
    free(cache);
}

/* Totals. */

static struct total *place_of(struct lake_cache *cache, const char *digest)
{
    // The digest is random enough: its first four letters choose the place.
    const struct ym_str head = {digest, 4};
    uint32_t at = 0;

    for (size_t i = 0; i < head.n; i++)
        at = at * 31 + (unsigned char)head.p[i];
    return &cache->totals[at % TOTALS];
}

static size_t being_counted(const struct lake_cache *cache, const char *digest)
{
    size_t i = 0;

    while (i < cache->n_counting && strcmp(cache->counting[i], digest) != 0)
        i++;
    return i;
}

bool lake_total_known(struct lake *lake, const char *digest, int64_t *total)
{
    struct lake_cache *cache = lake->cache;
    const struct total *place;
    bool known;

    pthread_mutex_lock(&cache->lock);
    place = place_of(cache, digest);
    while (!(known = strcmp(place->digest, digest) == 0) &&
           being_counted(cache, digest) < cache->n_counting)
        pthread_cond_wait(&cache->counted, &cache->lock);
    if (known)
        *total = place->total;
    else if (cache->n_counting < COUNTING)
        memcpy(cache->counting[cache->n_counting++], digest, LAKE_DIGEST);
    pthread_mutex_unlock(&cache->lock);
    return known;
}

// By the holder of the lock.
static void stop_counting(struct lake_cache *cache, const char *digest)
{
    size_t i = being_counted(cache, digest);

    if (i == cache->n_counting)
        return;
    memmove(cache->counting[i], cache->counting[--cache->n_counting], LAKE_DIGEST);
    pthread_cond_broadcast(&cache->counted);
}

void lake_total_keep(struct lake *lake, const char *digest, int64_t total)
{
    struct lake_cache *cache = lake->cache;

    pthread_mutex_lock(&cache->lock);
    struct total *place = place_of(cache, digest);
    memcpy(place->digest, digest, LAKE_DIGEST);
    place->total = total;
    stop_counting(cache, digest);
    pthread_mutex_unlock(&cache->lock);
}

void lake_total_give_up(struct lake *lake, const char *digest)
{
    pthread_mutex_lock(&lake->cache->lock);
    stop_counting(lake->cache, digest);
    pthread_mutex_unlock(&lake->cache->lock);
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

// NULL: none of that key.
static struct anchors *look_up(struct lake_cache *cache, const char *key)
{
    for (size_t i = 0; i < cache->n_anchors; i++)
        if (strcmp(cache->anchors[i]->key, key) == 0)
            return cache->anchors[i];
    return NULL;
}

static bool find_kept(struct lake_cache *cache, const char *key, size_t from, size_t until,
                      struct ym_arena *arena, struct lake_place *at, struct lake_place *end)
{
    pthread_mutex_lock(&cache->lock);
    struct anchors *found = look_up(cache, key);
    if (found) {
        found->used = ++cache->clock;
        pick(found, from, arena, at);
        pick(found, until, arena, end);
    }
    pthread_mutex_unlock(&cache->lock);
    return found != NULL;
}

static void drop_longest_unused(struct lake_cache *cache)
{
    size_t oldest = 0;

    for (size_t i = 1; i < cache->n_anchors; i++)
        if (cache->anchors[i]->used < cache->anchors[oldest]->used)
            oldest = i;
    cache->anchor_bytes -= cache->anchors[oldest]->arena.used;
    free_anchors(cache->anchors[oldest]);
    cache->anchors[oldest] = cache->anchors[--cache->n_anchors];
}

static void keep(struct lake_cache *cache, struct anchors *anchors)
{
    pthread_mutex_lock(&cache->lock);
    // Two may have derived the same at once: one stays.
    bool twice = look_up(cache, anchors->key) != NULL;
    if (!twice) {
        while (cache->n_anchors > 0 &&
               (cache->n_anchors == VERSIONS_MAX ||
                cache->anchor_bytes + anchors->arena.used > (size_t)ANCHORS_MAX))
            drop_longest_unused(cache);
        anchors->used = ++cache->clock;
        cache->anchor_bytes += anchors->arena.used;
        cache->anchors[cache->n_anchors++] = anchors;
    }
    pthread_mutex_unlock(&cache->lock);
    if (twice)
        free_anchors(anchors);
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

    (void)snprintf(key, sizeof key, "%lld %lld %s", (long long)view->dataset,
                   (long long)view->version, order->by_key ? "key" : "file");
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
        *found =
            sodium_hex2bin(key, crypto_secretbox_KEYBYTES, hex.p, hex.n, NULL, &n, NULL) == 0 &&
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

    assert(cache);
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
