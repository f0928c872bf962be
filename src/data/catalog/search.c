#include "data/catalog/search.h"

#include "base/time.h"

#include <uthash.h>

enum { CHUNK = 1000 };

struct search_slot {
    int64_t id, slot, turn, updated;
    bool seen; // in this walk over the store
    UT_hash_handle hh;
};

bool catalog_search_open(const char *path, struct catalog_search **out, struct ym_error *err)
{
    struct catalog_search *search = calloc(1, sizeof *search);

    (void)err;
    if (!search || !(search->path = strdup(path)))
        abort();
    pthread_mutex_init(&search->renewing, NULL);
    pthread_mutex_init(&search->lend, NULL);
    pthread_rwlock_init(&search->lock, NULL);
    *out = search;
    return true;
}

static void forget_all(struct catalog_search *search)
{
    HASH_CLEAR(hh, search->slots);
    ym_arena_clear(&search->slot_arena);
    for (size_t i = 0; i < search->n; i++)
        free(search->docs[i].texts);
    search->n = 0;
    search->n_agencies = search->cap_agencies = search->n_themes = search->cap_themes = 0;
    search->agencies = NULL;
    search->themes = NULL;
    ym_arena_clear(&search->arena);
    search->turn = 0;
    search_file_close(search->writer);
    search->writer = NULL;
    while (search->n_idle > 0)
        search_file_close(search->idle[--search->n_idle]);
}

void catalog_search_close(struct catalog_search *search)
{
    if (!search)
        return;
    forget_all(search);
    search_pinyin_free(search->pinyin);
    free(search->docs);
    free(search->path);
    pthread_rwlock_destroy(&search->lock);
    pthread_mutex_destroy(&search->renewing);
    pthread_mutex_destroy(&search->lend);
    free(search);
}

void search_forget(struct catalog_search *search)
{
    pthread_mutex_lock(&search->renewing);
    pthread_rwlock_wrlock(&search->lock);
    pthread_mutex_lock(&search->lend);
    forget_all(search);
    pthread_mutex_unlock(&search->lend);
    search_file_remove(search->path);
    pthread_rwlock_unlock(&search->lock);
    pthread_mutex_unlock(&search->renewing);
}

bool search_lend(struct catalog_search *search, struct search_file **out, struct ym_error *err)
{
    *out = NULL;
    pthread_mutex_lock(&search->lend);
    if (search->n_idle > 0)
        *out = search->idle[--search->n_idle];
    pthread_mutex_unlock(&search->lend);
    return *out || search_file_open(search->path, out, err);
}

void search_give(struct catalog_search *search, struct search_file *file)
{
    if (!file)
        return;
    pthread_mutex_lock(&search->lend);
    bool room = search->n_idle < SEARCH_IDLE;
    if (room)
        search->idle[search->n_idle++] = file;
    pthread_mutex_unlock(&search->lend);
    if (!room)
        search_file_close(file);
}

static uint8_t place_in(const char *const *list, struct ym_str value)
{
    for (uint8_t i = 0; list[i]; i++)
        if (ym_str_is(value, list[i]))
            return i;
    return 0;
}

static size_t agency_place(struct catalog_search *search, int64_t id)
{
    for (size_t i = search->n_agencies; i > 0; i--)
        if (search->agencies[i - 1] == id)
            return i - 1;
    search->agencies = ym_arena_grow(&search->arena, search->agencies, &search->cap_agencies,
                                     search->n_agencies + 1, sizeof *search->agencies);
    search->agencies[search->n_agencies] = id;
    return search->n_agencies++;
}

static size_t theme_place(struct catalog_search *search, struct ym_str theme)
{
    for (size_t i = 0; i < search->n_themes; i++)
        if (ym_str_eq(search->themes[i], theme))
            return i;
    search->themes = ym_arena_grow(&search->arena, search->themes, &search->cap_themes,
                                   search->n_themes + 1, sizeof *search->themes);
    search->themes[search->n_themes] = ym_arena_str(&search->arena, theme);
    return search->n_themes++;
}

static const char SQL_STORE_TURN[] = "SELECT turn FROM catalog_turn WHERE id = 1";
static bool store_turn(struct store *store, int64_t *turn, struct ym_error *err)
{

    *turn = 0;
    return store_one(store, SQL_STORE_TURN, YM_NO_ARGS, turn, err);
}

// By turn and id, so that what is changed meanwhile comes again.
static const char SQL_CHANGED[] =
    "SELECT d.id, d.turn, d.updated, d.agency, d.theme, d.openness, d.sharing, d.update_cycle,"
    " d.state, d.open_planned, d.name, d.title_zh, d.title_en, d.code, v.number, v.published,"
    " v.rows_in, v.rows_kept, d.search, d.schema FROM dataset d" CATALOG_CURRENT
    " WHERE d.turn > :turn OR (d.turn = :turn AND d.id > :id)"
    " ORDER BY d.turn, d.id LIMIT :limit";

static void keep_texts(struct catalog_search *search, const struct store_rows *rows,
                       struct search_doc *doc)
{
    struct ym_buf all = {0};
    size_t at[5], n = 0;

    at[n++] = all.n;
    ym_buf_add(&all, store_text(rows, 10));
    ym_buf_char(&all, '\0');
    for (int column = 11; column <= 13; column++) {
        struct ym_arena arena = {0};
        at[n++] = all.n;
        ym_buf_add(&all, catalog_lower(store_text(rows, column), &arena));
        ym_buf_char(&all, '\0');
        ym_arena_clear(&arena);
    }
    at[n++] = all.n;
    search_initials(search->pinyin, store_text(rows, 11), &all);
    ym_buf_char(&all, '\0');
    free(doc->texts);
    doc->texts = malloc(all.n);
    if (!doc->texts)
        abort();
    memcpy(doc->texts, all.p, all.n);
    ym_buf_clear(&all);
    doc->name = doc->texts + at[0];
    doc->title_zh = doc->texts + at[1];
    doc->title_en = doc->texts + at[2];
    doc->code = doc->texts + at[3];
    doc->initials = doc->texts + at[4];
}

static void keep_doc(struct catalog_search *search, const struct store_rows *rows,
                     struct search_doc *doc)
{
    int64_t day = 0;

    if (!ym_day_parse(store_text(rows, 9), &day))
        day = 0;
    doc->id = store_int(rows, 0);
    doc->turn = store_int(rows, 1);
    doc->updated = store_int(rows, 2);
    doc->agency = agency_place(search, store_int(rows, 3));
    doc->theme = theme_place(search, store_text(rows, 4));
    doc->openness = place_in(catalog_openness, store_text(rows, 5));
    doc->sharing = place_in(catalog_sharing, store_text(rows, 6));
    doc->cycle = place_in(catalog_cycles, store_text(rows, 7));
    doc->state = place_in(catalog_states, store_text(rows, 8));
    doc->planned = day;
    doc->mounted = store_int(rows, 14) > 0;
    doc->published = store_int(rows, 15);
    doc->rows_in = store_int(rows, 16);
    doc->rows_kept = store_int(rows, 17);
    keep_texts(search, rows, doc);
}

static struct search_slot *slot_of(struct catalog_search *search, int64_t id)
{
    struct search_slot *slot = NULL;

    HASH_FIND(hh, search->slots, &id, sizeof id, slot);
    if (slot)
        return slot;
    slot = ym_arena_alloc(&search->slot_arena, sizeof *slot);
    slot->id = id;
    HASH_ADD(hh, search->slots, id, sizeof slot->id, slot);
    return slot;
}

static void make_room(struct catalog_search *search, size_t n)
{
    if (n > search->cap) {
        size_t cap = n < 1024 ? 1024 : n + n / 2;
        search->docs = realloc(search->docs, cap * sizeof *search->docs);
        if (!search->docs)
            abort();
        search->cap = cap;
    }
    if (n > search->n) {
        memset(search->docs + search->n, 0, (n - search->n) * sizeof *search->docs);
        search->n = n;
    }
}

static void known(void *with, const struct search_text *text)
{
    struct catalog_search *search = with;
    struct search_slot *slot = slot_of(search, text->id);

    slot->slot = text->slot;
    slot->turn = text->turn;
    slot->updated = text->updated;
    make_room(search, (size_t)text->slot);
}

static bool take_row(struct catalog_search *search, const struct store_rows *rows,
                     struct ym_error *err)
{
    struct search_slot *slot = slot_of(search, store_int(rows, 0));

    if (slot->slot == 0) {
        slot->slot = (int64_t)search->n + 1;
        make_room(search, search->n + 1);
    }
    slot->seen = true;
    keep_doc(search, rows, &search->docs[slot->slot - 1]);
    if (slot->turn == store_int(rows, 1) && slot->updated == store_int(rows, 2))
        return true;
    slot->turn = store_int(rows, 1);
    slot->updated = store_int(rows, 2);
    const struct search_text text = {.slot = slot->slot,
                                     .id = slot->id,
                                     .agency = store_int(rows, 3),
                                     .turn = slot->turn,
                                     .updated = slot->updated,
                                     .body = store_text(rows, 18),
                                     .schema = store_text(rows, 19),
                                     .published = ym_str_is(store_text(rows, 8), "published")};
    return search_file_put(search->writer, &text, err);
}

// A page of rows at a time: schemas may be long.
static bool take_changed(struct catalog_search *search, struct store *store, int64_t from,
                         struct ym_error *err)
{
    int64_t turn = from, id = INT64_MAX;

    for (size_t n = CHUNK; n == CHUNK;) {
        struct store_rows *rows = NULL;
        bool ok = store_ask(store, SQL_CHANGED,
                            YM_ARGS(ym_int("turn", turn), ym_int("id", id), ym_int("limit", CHUNK)),
                            &rows, err);
        for (n = 0; ok && store_next(rows, err); n++) {
            turn = store_int(rows, 1);
            id = store_int(rows, 0);
            ok = take_row(search, rows, err);
        }
        struct ym_error ignored = {0};
        bool closed = store_rows_close(rows, ok ? err : &ignored);
        if (!ok || !closed)
            return false;
    }
    return true;
}

// What the store no longer has: a dataset of before a restore.
static bool drop_unseen(struct catalog_search *search, struct ym_error *err)
{
    struct search_slot *slot, *next;

    HASH_ITER(hh, search->slots, slot, next)
    {
        if (slot->seen)
            continue;
        if (!search_file_drop(search->writer, slot->slot, err))
            return false;
        struct search_doc *doc = &search->docs[slot->slot - 1];
        free(doc->texts);
        *doc = (struct search_doc){0};
        HASH_DEL(search->slots, slot); // its memory goes with the others'
    }
    return true;
}

static bool renew(struct catalog_search *search, struct store *store, int64_t turn,
                  struct ym_error *err)
{
    int64_t began = ym_monotonic();
    bool whole = search->turn == 0 || turn < search->turn;

    // A store that is behind us is another one (a restore): all is looked at again.
    if (turn < search->turn)
        forget_all(search);
    if (!search->pinyin)
        search->pinyin = search_pinyin_new();
    if (!search->writer && (!search_file_open(search->path, &search->writer, err) ||
                            !search_file_walk(search->writer, known, search, err)))
        return false;
    if (!search_file_begin(search->writer, err) ||
        !take_changed(search, store, whole ? -1 : search->turn, err) ||
        (whole && !drop_unseen(search, err)) || !search_file_commit(search->writer, err))
        return false;
    search->turn = turn;
    if (whole)
        ym_log(YM_INFO, "catalog.search_ready",
               YM_ARGS(ym_int("datasets", (int64_t)search->n), ym_int("turn", turn),
                       ym_int("us", ym_monotonic() - began)));
    return true;
}

static bool bring_up(struct catalog_search *search, struct store *store, struct ym_error *err)
{
    int64_t turn;
    bool ok;

    if (!store_turn(store, &turn, err))
        return false;
    pthread_rwlock_rdlock(&search->lock);
    bool current = search->turn == turn;
    pthread_rwlock_unlock(&search->lock);
    if (current)
        return true;
    pthread_mutex_lock(&search->renewing);
    ok = store_turn(store, &turn, err);
    pthread_rwlock_wrlock(&search->lock);
    pthread_mutex_lock(&search->lend); // forget_all closes what is lent to nobody
    if (ok && search->turn != turn && !renew(search, store, turn, err)) {
        // What is half done in memory and in the file is not believed.
        search_file_rollback(search->writer);
        forget_all(search);
        ok = false;
    }
    pthread_mutex_unlock(&search->lend);
    pthread_rwlock_unlock(&search->lock);
    pthread_mutex_unlock(&search->renewing);
    return ok;
}

bool search_read_lock(struct catalog_search *search, struct store *store, struct ym_error *err)
{
    if (!bring_up(search, store, err)) {
        if (strcmp(err->code, "catalog.search") != 0)
            return false;
        // The file is derived: once more, from nothing.
        ym_log_error(YM_WARN, "catalog.search_anew", err);
        *err = (struct ym_error){0};
        search_forget(search);
        if (!bring_up(search, store, err))
            return false;
    }
    pthread_rwlock_rdlock(&search->lock);
    return true;
}

void search_unlock(struct catalog_search *search)
{
    pthread_rwlock_unlock(&search->lock);
}

int64_t search_age(uint8_t cycle)
{
    return catalog_cycle_age(ym_str(catalog_cycles[cycle]));
}

int search_freshness(const struct search_doc *doc, int64_t now)
{
    int64_t age = search_age(doc->cycle);

    if (age == 0 || !doc->mounted)
        return 2;
    return now - doc->published <= age ? 0 : 1;
}

// Kept: it may be had, under a condition or none, and there is data.
int search_plan(const struct search_doc *doc, int64_t today)
{
    if (doc->planned == 0)
        return 3;
    if (doc->mounted && doc->openness != 2)
        return 0;
    return doc->planned < today ? 1 : 2;
}

// Hubei's four that the province governs itself (4290xx) have no prefecture above them.
struct ym_str search_region(struct ym_str region, struct ym_arena *arena)
{
    if (region.n < 6)
        return region.n < 4 ? YM_STR("") : ym_arena_printf(arena, "%.4s00", region.p);
    if (region.p[2] == '9' && region.p[3] == '0')
        return ym_str_sub(region, 0, 6);
    return ym_arena_printf(arena, "%.4s00", region.p);
}

static const char SQL_REGION[] = "SELECT name FROM region WHERE code = :code";
bool search_region_name(struct store *store, struct ym_str code, struct ym_arena *arena,
                        struct ym_str *name, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *name = YM_STR("");
    if (!store_ask(store, SQL_REGION, YM_ARGS(ym_text("code", code)), &rows, err))
        return false;
    if (store_next(rows, err))
        *name = ym_arena_str(arena, store_text(rows, 0));
    return store_rows_close(rows, err);
}
