/* data/catalog/search, inside: what the files of searching share.
 *
 * The file (search_file.c) answers which slots hold a text; the memory (search.c) has of each slot
 * what facets, orders and figures need. Both are derived from the store and carry its turn. Nobody
 * outside the room includes this.
 */
#pragma once
#include "data/catalog/catalog_private.h"

#include <pthread.h>

// search_file.c: one FTS5 file, slots from 1. Each connection belongs to one thread at a time.
struct search_file;
struct search_text { // what is indexed of an entry
    int64_t slot, id, agency, turn, updated;
    struct ym_str body, schema; // schema: JSON, for the fields
    bool published;
};
// Opens or makes the file; one that is damaged, or of another layout, is made anew.
YM_MUST bool search_file_open(const char *path, struct search_file **out, struct ym_error *err);
void search_file_close(struct search_file *file);
void search_file_remove(const char *path);
YM_MUST bool search_file_begin(struct search_file *file, struct ym_error *err);
YM_MUST bool search_file_commit(struct search_file *file, struct ym_error *err);
void search_file_rollback(struct search_file *file);
YM_MUST bool search_file_put(struct search_file *file, const struct search_text *text,
                             struct ym_error *err);
YM_MUST bool search_file_drop(struct search_file *file, int64_t slot, struct ym_error *err);
typedef void search_file_known(void *with, const struct search_text *text); // without its texts
YM_MUST bool search_file_walk(struct search_file *file, search_file_known *known, void *with,
                              struct ym_error *err);
// Sets the bits of the slots that hold `term`; `bits` has room for `n` slots.
YM_MUST bool search_file_match(struct search_file *file, struct ym_str term, uint64_t *bits,
                               size_t n, struct ym_error *err);
// Fields that published entries of several agencies hold, in order of how many agencies do.
struct search_field {
    struct ym_str key, title;
    int64_t agencies, holders;
};
struct search_holder {
    struct ym_str name, title;
    int64_t dataset, agency;
};
YM_MUST bool search_file_fields(struct search_file *file, struct ym_str q, int64_t offset,
                                int64_t limit, struct ym_arena *arena, struct search_field **out,
                                size_t *n, int64_t *total, struct ym_error *err);
YM_MUST bool search_file_holders(struct search_file *file, struct ym_str key,
                                 struct ym_arena *arena, struct search_holder **out, size_t *n,
                                 struct ym_error *err);
bool search_has_token(struct ym_str text); // a letter, a digit or a Han character

// pinyin.c
struct search_pinyin;
struct search_pinyin *search_pinyin_new(void);
void search_pinyin_free(struct search_pinyin *pinyin);
// First letters of the readings, letters and digits as they are: "空气PM2.5" gives "kqpm25".
void search_initials(struct search_pinyin *pinyin, struct ym_str text, struct ym_buf *to);
// The readings themselves in small letters, words joined by `_`: for a name that people can read.
void search_slug(struct search_pinyin *pinyin, struct ym_str text, struct ym_buf *to);

// search.c
struct search_doc {
    int64_t id; // 0: nothing in this slot
    int64_t updated, turn, published, rows_in, rows_kept;
    size_t agency, theme; // places in the lists of the search
    uint8_t openness, sharing, cycle, state;
    bool mounted;
    int64_t planned; // day from 1970, 0: none
    char *texts;     // of which the others are parts: allocated once
    const char *name, *title_zh, *title_en, *code, *initials;
};
enum { SEARCH_IDLE = 16 }; // connections that wait for a question
struct catalog_search {
    char *path;
    pthread_mutex_t renewing; // one at a time brings the search up to the store
    pthread_rwlock_t lock;
    // guarded by lock:
    struct search_doc *docs; // of slot i + 1
    size_t n, cap;
    int64_t *agencies; // ids
    size_t n_agencies, cap_agencies;
    struct ym_str *themes;
    size_t n_themes, cap_themes;
    struct ym_arena arena; // of the lists
    int64_t turn;          // of the store, seen; 0: nothing is there yet
    struct search_file *writer;
    // guarded by renewing:
    struct search_pinyin *pinyin;
    struct search_slot *slots; // by id
    struct ym_arena slot_arena;
    // guarded by lend:
    pthread_mutex_t lend;
    struct search_file *idle[SEARCH_IDLE];
    size_t n_idle;
};
// Up to the store's turn; then reads under the lock, which the caller gives back.
YM_MUST bool search_read_lock(struct catalog_search *search, struct store *store,
                              struct ym_error *err);
void search_unlock(struct catalog_search *search);
// What failed may lie in the file: it is made anew at the next question. Not under the lock.
void search_forget(struct catalog_search *search);
YM_MUST bool search_lend(struct catalog_search *search, struct search_file **out,
                         struct ym_error *err);
void search_give(struct catalog_search *search, struct search_file *file);
int64_t search_age(uint8_t cycle); // as catalog_cycle_age, by place in the list
// "fresh" 0, "late" 1, none 2; "kept" 0, "overdue" 1, "due" 2, none 3
int search_freshness(const struct search_doc *doc, int64_t now);
int search_plan(const struct search_doc *doc, int64_t today);
// Prefecture of an agency: six digits, or "" where it has no region.
struct ym_str search_region(struct ym_str region, struct ym_arena *arena);
YM_MUST bool search_region_name(struct store *store, struct ym_str code, struct ym_arena *arena,
                                struct ym_str *name, struct ym_error *err);
