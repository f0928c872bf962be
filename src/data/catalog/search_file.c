#include "data/catalog/search.h"
#include "data/catalog/tokens.h"

#include <unistd.h>

enum { LAYOUT = 1, SCHEMA_MAX = 4 << 20, KEY_MAX = 200, QUESTION_MAX = 400 };

struct search_file {
    sqlite3 *db;
    sqlite3_stmt *match;
};

static bool fail(struct search_file *file, struct ym_error *err)
{
    ym_fail(err, YM_FAULT, "catalog.search", "the search's file does not work: %s",
            file && file->db ? sqlite3_errmsg(file->db) : "out of memory");
    return ym_hint(err,
                   "It is made anew at the next search; check the disk of the data directory.");
}

static int tokenize(Fts5Tokenizer *tokenizer, void *with, int flags, const char *text, int n,
                    int (*each)(void *, int, const char *, int, int, int))
{
    (void)tokenizer;
    return tokens_walk((struct ym_str){text, (size_t)n}, flags & FTS5_TOKENIZE_QUERY, each, with);
}

static int make_tokenizer(void *with, const char **args, int n, Fts5Tokenizer **out)
{
    static char only; // it has no state

    (void)with, (void)args, (void)n;
    *out = (Fts5Tokenizer *)&only;
    return SQLITE_OK;
}

static void free_tokenizer(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

static bool add_tokenizer(sqlite3 *db)
{
    fts5_tokenizer ours = {make_tokenizer, free_tokenizer, tokenize};
    sqlite3_stmt *statement = NULL;
    fts5_api *api = NULL;

    if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
    sqlite3_step(statement);
    sqlite3_finalize(statement);
    return api && api->xCreateTokenizer(api, "yunmeng", NULL, &ours, NULL) == SQLITE_OK;
}

static const char SQL_LAYOUT[] =
    "CREATE TABLE doc (slot INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, turn INTEGER NOT NULL,"
    " updated INTEGER NOT NULL);"
    "CREATE TABLE field (key TEXT NOT NULL, slot INTEGER NOT NULL, agency INTEGER NOT NULL,"
    " dataset INTEGER NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL);"
    "CREATE INDEX field_key ON field (key, agency);"
    "CREATE INDEX field_slot ON field (slot);"
    "CREATE VIRTUAL TABLE text USING fts5 (body, tokenize = 'yunmeng', columnsize = 0);"
    "PRAGMA user_version = 1;";

static int layout_of(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int layout = -1;

    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        layout = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return layout;
}

void search_file_remove(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct ym_arena arena = {0};

    for (size_t i = 0; i < YM_COUNT(endings); i++)
        (void)unlink(ym_arena_printf(&arena, "%s%s", path, endings[i]).p);
    ym_arena_clear(&arena);
}

// It is derived: after a power cut it may be old or broken, which is seen, and made again.
static bool open_once(struct search_file *file, const char *path)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    if (sqlite3_open_v2(path, &file->db, flags, NULL) != SQLITE_OK || !add_tokenizer(file->db))
        return false;
    sqlite3_busy_timeout(file->db, 10000);
    if (sqlite3_exec(file->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;", NULL, NULL,
                     NULL) != SQLITE_OK)
        return false;
    int layout = layout_of(file->db);
    if (layout == 0 && sqlite3_exec(file->db, SQL_LAYOUT, NULL, NULL, NULL) != SQLITE_OK)
        return false;
    return (layout == 0 || layout == LAYOUT) &&
           sqlite3_prepare_v3(file->db, "SELECT rowid FROM text WHERE text MATCH ?1", -1,
                              SQLITE_PREPARE_PERSISTENT, &file->match, NULL) == SQLITE_OK;
}

bool search_file_open(const char *path, struct search_file **out, struct ym_error *err)
{
    struct search_file *file = calloc(1, sizeof *file);

    if (!file)
        abort();
    *out = file;
    if (open_once(file, path))
        return true;
    sqlite3_close(file->db);
    *file = (struct search_file){0};
    search_file_remove(path);
    if (open_once(file, path))
        return true;
    fail(file, err);
    search_file_close(file);
    *out = NULL;
    return false;
}

void search_file_close(struct search_file *file)
{
    if (!file)
        return;
    sqlite3_finalize(file->match);
    sqlite3_close(file->db);
    free(file);
}

static bool run(struct search_file *file, const char *sql, struct ym_error *err)
{
    return sqlite3_exec(file->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(file, err);
}

bool search_file_begin(struct search_file *file, struct ym_error *err)
{
    return run(file, "BEGIN IMMEDIATE", err);
}

bool search_file_commit(struct search_file *file, struct ym_error *err)
{
    return run(file, "COMMIT", err);
}

void search_file_rollback(struct search_file *file)
{
    if (file && !sqlite3_get_autocommit(file->db))
        (void)sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
}

// A statement with its values, positions from 1.
static bool ask(struct search_file *file, const char *sql, struct ym_args args, sqlite3_stmt **out,
                struct ym_error *err)
{
    if (sqlite3_prepare_v2(file->db, sql, -1, out, NULL) != SQLITE_OK)
        return fail(file, err);
    for (size_t i = 0; i < args.n; i++) {
        const struct ym_arg *arg = &args.items[i];
        int at = (int)i + 1;
        if (arg->type == YM_INT)
            sqlite3_bind_int64(*out, at, arg->i);
        else
            sqlite3_bind_text(*out, at, arg->s.p ? arg->s.p : "", (int)arg->s.n, SQLITE_TRANSIENT);
    }
    return true;
}

static bool change(struct search_file *file, const char *sql, struct ym_args args,
                   struct ym_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool ok = ask(file, sql, args, &statement, err) &&
              (sqlite3_step(statement) == SQLITE_DONE || fail(file, err));

    sqlite3_finalize(statement);
    return ok;
}

bool search_file_drop(struct search_file *file, int64_t slot, struct ym_error *err)
{
    struct ym_args which = YM_ARGS(ym_int("slot", slot));

    return change(file, "DELETE FROM text WHERE rowid = ?1", which, err) &&
           change(file, "DELETE FROM field WHERE slot = ?1", which, err) &&
           change(file, "DELETE FROM doc WHERE slot = ?1", which, err);
}

// What two agencies call by the same title is the same datum, whatever the column's name is.
struct ym_str catalog_field_key(struct ym_str name, struct ym_str title, struct ym_arena *arena)
{
    struct ym_buf key = {0};
    struct ym_str from = title.n > 0 ? title : name;

    for (size_t at = 0; at < from.n;) {
        int32_t c = ym_utf8_next(from, &at);
        if (c < 0)
            continue;
        c = tokens_fold(c);
        char bytes[4];
        if (tokens_han(c) || tokens_word(c))
            ym_buf_add(&key, (struct ym_str){bytes, tokens_put(bytes, 0, c)});
    }
    struct ym_str kept = ym_arena_str(arena, ym_utf8_cut(ym_buf_str(&key), KEY_MAX));
    ym_buf_clear(&key);
    return kept;
}

static bool put_fields(struct search_file *file, const struct search_text *text,
                       struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_error ignored = {0};
    json_t *schema = NULL, *field;
    bool ok = true;
    size_t i;

    if (!text->published || !text->schema.p ||
        !ym_json_parse(text->schema, SCHEMA_MAX, &schema, &ignored))
        return true;
    json_array_foreach(json_object_get(schema, "fields"), i, field)
    {
        const json_t *titles = json_object_get(field, "title");
        struct ym_str name = ym_json_get(field, "name");
        struct ym_str title =
            json_is_string(titles) ? ym_json_get(field, "title") : ym_json_get(titles, "zh");
        struct ym_str key = catalog_field_key(name, title, &arena);
        if (key.n == 0)
            continue;
        ok = change(file, "INSERT INTO field VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    YM_ARGS(ym_text("key", key), ym_int("slot", text->slot),
                            ym_int("agency", text->agency), ym_int("dataset", text->id),
                            ym_text("name", name), ym_text("title", title.n > 0 ? title : name)),
                    err);
        if (!ok)
            break;
    }
    json_decref(schema);
    ym_arena_clear(&arena);
    return ok;
}

bool search_file_put(struct search_file *file, const struct search_text *text, struct ym_error *err)
{
    return search_file_drop(file, text->slot, err) &&
           change(file, "INSERT INTO doc VALUES (?1, ?2, ?3, ?4)",
                  YM_ARGS(ym_int("slot", text->slot), ym_int("id", text->id),
                          ym_int("turn", text->turn), ym_int("updated", text->updated)),
                  err) &&
           change(file, "INSERT INTO text (rowid, body) VALUES (?1, ?2)",
                  YM_ARGS(ym_int("slot", text->slot), ym_text("body", text->body)), err) &&
           put_fields(file, text, err);
}

bool search_file_walk(struct search_file *file, search_file_known *known, void *with,
                      struct ym_error *err)
{
    sqlite3_stmt *rows = NULL;
    int code = SQLITE_DONE;
    bool ok =
        ask(file, "SELECT slot, id, turn, updated FROM doc ORDER BY slot", YM_NO_ARGS, &rows, err);

    while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        struct search_text text = {.slot = sqlite3_column_int64(rows, 0),
                                   .id = sqlite3_column_int64(rows, 1),
                                   .turn = sqlite3_column_int64(rows, 2),
                                   .updated = sqlite3_column_int64(rows, 3)};
        known(with, &text);
    }
    ok = ok && (code == SQLITE_DONE || fail(file, err));
    sqlite3_finalize(rows);
    return ok;
}

bool search_has_token(struct ym_str text)
{
    for (size_t at = 0; at < text.n;) {
        int32_t c = ym_utf8_next(text, &at);
        if (c >= 0 && (tokens_han(c) || tokens_word(tokens_fold(c))))
            return true;
    }
    return false;
}

// A quoted phrase; where it ends in a word, the word's beginning is enough.
static void phrase(struct ym_str term, struct ym_buf *to)
{
    bool word = false;

    ym_buf_char(to, '"');
    for (size_t i = 0; i < term.n; i++) {
        if (term.p[i] == '"')
            ym_buf_char(to, '"');
        ym_buf_char(to, term.p[i]);
    }
    ym_buf_char(to, '"');
    for (size_t at = 0; at < term.n;) {
        int32_t c = ym_utf8_next(term, &at);
        if (c >= 0 && (tokens_han(c) || tokens_word(tokens_fold(c))))
            word = !tokens_han(c);
    }
    if (word)
        ym_buf_char(to, '*');
}

bool search_file_match(struct search_file *file, struct ym_str term, uint64_t *bits, size_t n,
                       struct ym_error *err)
{
    struct ym_buf text = {0};
    int code;

    phrase(ym_utf8_cut(term, QUESTION_MAX), &text);
    sqlite3_bind_text(file->match, 1, text.p, (int)text.n, SQLITE_STATIC);
    while ((code = sqlite3_step(file->match)) == SQLITE_ROW) {
        size_t slot = (size_t)sqlite3_column_int64(file->match, 0) - 1;
        if (slot < n)
            bits[slot / 64] |= UINT64_C(1) << slot % 64;
    }
    bool ok = code == SQLITE_DONE || fail(file, err);
    sqlite3_reset(file->match);
    sqlite3_clear_bindings(file->match);
    ym_buf_clear(&text);
    return ok;
}

static struct ym_str column(sqlite3_stmt *rows, int at, struct ym_arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(rows, at);

    return ym_arena_str(arena,
                        (struct ym_str){text ? text : "", (size_t)sqlite3_column_bytes(rows, at)});
}

#define SHARED                                                                                     \
    " FROM field WHERE (?1 = '' OR instr(key, ?1) > 0) GROUP BY key"                               \
    " HAVING COUNT(DISTINCT agency) > 1"
bool search_file_fields(struct search_file *file, struct ym_str q, int64_t offset, int64_t limit,
                        struct ym_arena *arena, struct search_field **out, size_t *n,
                        int64_t *total, struct ym_error *err)
{
    static const char sql[] =
        "SELECT key, MIN(title), COUNT(DISTINCT agency) AS agencies,"
        " COUNT(*), COUNT(*) OVER ()" SHARED " ORDER BY agencies DESC, key LIMIT ?2 OFFSET ?3";
    struct ym_str key = catalog_field_key(q, YM_STR(""), arena);
    sqlite3_stmt *rows = NULL;
    size_t cap = 0;
    int code = SQLITE_DONE;
    bool ok =
        ask(file, sql, YM_ARGS(ym_text("q", key), ym_int("limit", limit), ym_int("offset", offset)),
            &rows, err);

    *out = NULL;
    *n = 0;
    *total = 0;
    while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        *out = ym_arena_grow(arena, *out, &cap, *n + 1, sizeof **out);
        (*out)[(*n)++] = (struct search_field){.key = column(rows, 0, arena),
                                               .title = column(rows, 1, arena),
                                               .agencies = sqlite3_column_int64(rows, 2),
                                               .holders = sqlite3_column_int64(rows, 3)};
        *total = sqlite3_column_int64(rows, 4);
    }
    ok = ok && (code == SQLITE_DONE || fail(file, err));
    sqlite3_finalize(rows);
    return ok;
}

bool search_file_holders(struct search_file *file, struct ym_str key, struct ym_arena *arena,
                         struct search_holder **out, size_t *n, struct ym_error *err)
{
    static const char sql[] =
        "SELECT name, title, dataset, agency FROM field WHERE key = ?1 ORDER BY agency, dataset";
    sqlite3_stmt *rows = NULL;
    size_t cap = 0;
    int code = SQLITE_DONE;
    bool ok = ask(file, sql, YM_ARGS(ym_text("key", key)), &rows, err);

    *out = NULL;
    *n = 0;
    while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        *out = ym_arena_grow(arena, *out, &cap, *n + 1, sizeof **out);
        (*out)[(*n)++] = (struct search_holder){.name = column(rows, 0, arena),
                                                .title = column(rows, 1, arena),
                                                .dataset = sqlite3_column_int64(rows, 2),
                                                .agency = sqlite3_column_int64(rows, 3)};
    }
    ok = ok && (code == SQLITE_DONE || fail(file, err));
    sqlite3_finalize(rows);
    return ok;
}
