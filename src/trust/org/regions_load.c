#include "trust/org/inside.h"

#include <errno.h>

enum {
    BATCH = 200, // rows an INSERT; PostgreSQL answers each statement by a round trip
    COLUMNS = 4,
    FIELDS_MAX = 8
};

// The files of china-division, from the top down; `parent` is the column of what it lies in.
static const struct {
    const char *name, *parent;
    int level;
} files[] = {
    {"provinces.csv", NULL, 1},     {"cities.csv", "provinceCode", 2}, {"areas.csv", "cityCode", 3},
    {"streets.csv", "areaCode", 4}, {"villages.csv", "streetCode", 5},
};

struct loading {
    struct store *store;
    struct ym_str keep; // two digits of the province whose villages are kept
    struct ym_arena names, texts;
    struct ym_arg args[BATCH * COLUMNS];
    struct ym_buf sql;
    size_t n; // rows in the batch
    int64_t done;
    void (*progress)(void *with, int64_t done);
    void *with;
};

static bool flush(struct loading *loading, struct ym_error *err)
{
    struct ym_args args = {loading->args, loading->n * COLUMNS};

    if (loading->n == 0)
        return true;
    loading->sql.n = 0;
    ym_buf_add(&loading->sql, YM_STR("INSERT INTO region (code, name, parent, level) VALUES "));
    for (size_t i = 0; i < loading->n; i++)
        ym_buf_printf(&loading->sql, "%s(:a%zu, :b%zu, :c%zu, :d%zu)", i ? ", " : "", i, i, i, i);
    if (!store_run(loading->store, ym_buf_cstr(&loading->sql), args, NULL, err))
        return false;
    loading->done += (int64_t)loading->n;
    loading->n = 0;
    ym_arena_clear(&loading->texts);
    if (loading->progress)
        loading->progress(loading->with, loading->done);
    return true;
}

// GB/T 2260 has six digits for a province, a city and a county.
static struct ym_str full_code(struct ym_arena *arena, struct ym_str code)
{
    return ym_arena_printf(arena, "%.*s%.*s", YM_FMT(code), code.n < 6 ? (int)(6 - code.n) : 0,
                           "0000");
}

static bool put(struct loading *loading, struct ym_str code, struct ym_str name,
                struct ym_str parent, int level, struct ym_error *err)
{
    struct ym_arena *texts = &loading->texts;
    struct ym_arg *row = &loading->args[loading->n * COLUMNS];

    code = full_code(texts, code);
    parent = parent.n > 0 ? full_code(texts, parent) : YM_STR("");
    // A city without counties is listed as its own county: once is enough.
    if (ym_str_eq(code, parent))
        return true;
    row[0].s = code;
    row[1].s = ym_arena_str(texts, name);
    row[2].s = parent;
    row[3].i = level;
    loading->n++;
    return loading->n < BATCH || flush(loading, err);
}

// Digits, or text in double quotes; no quotes inside. False: neither.
static size_t split(struct ym_str line, struct ym_str fields[FIELDS_MAX])
{
    struct ym_str field;
    size_t n = 0;

    while (n < FIELDS_MAX && ym_str_cut(&line, ',', &field)) {
        if (field.n >= 2 && field.p[0] == '"' && field.p[field.n - 1] == '"')
            field = ym_str_sub(field, 1, field.n - 2);
        if (ym_str_find(field, YM_STR("\""), 0) != SIZE_MAX)
            return 0;
        fields[n++] = field;
    }
    return line.p ? 0 : n;
}

static bool is_code(struct ym_str text, int level)
{
    static const size_t digits[] = {0, 2, 4, 6, 9, 12};
    bool ok = text.n == digits[level];

    for (size_t i = 0; ok && i < text.n; i++)
        ok = text.p[i] >= '0' && text.p[i] <= '9';
    return ok;
}

static bool fail_line(const char *file, int64_t line, const char *why, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "org.regions_file", "'%s', line %lld: %s", file, (long long)line, why);
    ym_hint(err, "Run make setup again: it installs china-division anew.");
    ym_about(err, ym_str(file));
    return ym_at_line(err, line);
}

static bool find_column(const struct ym_str *fields, size_t n, const char *name, size_t *column)
{
    for (*column = 0; *column < n; ++*column)
        if (ym_str_is(fields[*column], name))
            return true;
    return name == NULL;
}

static bool read_rows(struct loading *loading, FILE *file, size_t which, char **line, size_t *room,
                      struct ym_error *err)
{
    const char *name = files[which].name;
    int level = files[which].level;
    struct ym_str fields[FIELDS_MAX];
    size_t width = 0, parent = 0, n;
    ssize_t got;

    for (int64_t at = 1; (got = getline(line, room, file)) >= 0; at++) {
        n = split(ym_str_trim((struct ym_str){*line, (size_t)got}), fields);
        if (at == 1) {
            width = n;
            if (n < 2 || !ym_str_is(fields[0], "code") || !ym_str_is(fields[1], "name") ||
                !find_column(fields, n, files[which].parent, &parent))
                return fail_line(name, at, "not the header that was expected", err);
            continue;
        }
        if (n != width || !is_code(fields[0], level) || fields[1].n == 0 ||
            (level > 1 && !is_code(fields[parent], level - 1)))
            return fail_line(name, at, "not a region", err);
        if (level == 5 && !ym_str_starts(fields[0], loading->keep))
            continue;
        if (!put(loading, fields[0], fields[1], level > 1 ? fields[parent] : YM_STR(""), level,
                 err))
            return false;
    }
    if (ferror(file) || width == 0)
        return fail_line(name, 0, "cannot be read", err);
    return flush(loading, err);
}

static bool load_file(struct loading *loading, const char *dir, size_t which, struct ym_error *err)
{
    char path[4096], *line = NULL;
    size_t room = 0;

    (void)snprintf(path, sizeof path, "%s/%s", dir, files[which].name);
    FILE *file = fopen(path, "re");
    if (!file)
        return fail_line(files[which].name, 0, strerror(errno), err);
    bool ok = read_rows(loading, file, which, &line, &room, err);
    free(line);
    (void)fclose(file);
    return ok;
}

static const char SQL_THERE[] = "SELECT 1 FROM region LIMIT 1";
static bool is_there(struct store *store, bool *there, struct ym_error *err)
{
    struct store_rows *rows;

    if (!store_ask(store, SQL_THERE, YM_NO_ARGS, &rows, err))
        return false;
    *there = store_next(rows, err);
    return store_rows_close(rows, err);
}

static const char SQL_CHILDREN[] =
    "UPDATE region SET children = (SELECT COUNT(*) FROM region c WHERE c.parent = region.code)"
    " WHERE level < 5";
static bool load_all(struct loading *loading, const char *dir, struct ym_error *err)
{
    struct store *store = loading->store;
    bool there = false, ok = false;

    if (!store_begin(store, err))
        goto out;
    if (!is_there(store, &there, err))
        goto out;
    for (size_t i = 0; !there && i < YM_COUNT(files); i++)
        if (!load_file(loading, dir, i, err))
            goto out;
    if (!there && !store_run(store, SQL_CHILDREN, YM_NO_ARGS, NULL, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

bool org_regions_load(struct store *store, const char *dir, struct ym_str keep,
                      void (*progress)(void *with, int64_t done), void *with, struct ym_error *err)
{
    struct loading *loading;
    struct ym_arena arena = {0};

    loading = ym_arena_alloc(&arena, sizeof *loading);
    *loading = (struct loading){
        .store = store, .keep = ym_str_sub(keep, 0, 2), .progress = progress, .with = with};
    for (size_t i = 0; i < YM_COUNT(loading->args); i++) {
        const char *name = ym_arena_printf(&arena, "%c%zu", "abcd"[i % COLUMNS], i / COLUMNS).p;
        loading->args[i] = i % COLUMNS == 3 ? ym_int(name, 0) : ym_text(name, YM_STR(""));
    }
    bool ok = load_all(loading, dir, err);
    ym_buf_clear(&loading->sql);
    ym_arena_clear(&loading->texts);
    ym_arena_clear(&arena);
    return ok;
}
