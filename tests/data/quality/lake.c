#include "tests/data/quality/lake.h"

#include "data/collect/block.h"
#include "data/quality/inside.h"

#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

struct engine *lake_engine;
struct ym_arena lake_arena;
static char folder[64];
static int64_t next_id = 1;

static void must(bool ok, const struct ym_error *err)
{
    if (ok)
        return;
    printf("# %s '%s' %s (%s)\n", err->code, err->subject, err->message, err->hint);
    fflush(stdout);
    assert(ok);
}

int lake_setup(void **state)
{
    const char *build = getenv("YM_BUILD");
    char program[4096];
    struct ym_error err = {0};

    (void)state;
    snprintf(program, sizeof program, "%s/bin/yunmeng-engine", build ? build : "build");
    if (access(program, X_OK) != 0) {
        puts("1..0 # SKIP yunmeng-engine is not built");
        exit(0);
    }
    snprintf(folder, sizeof folder, "/tmp/yunmeng-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    struct engine_options options = {
        .program = program,
        .dir = folder,
        .database = "lake",
        .zone = "Asia/Shanghai",
    };
    must(engine_start(&options, &lake_engine, &err), &err);
    must(engine_wait(lake_engine, 60000, &err), &err);
    return 0;
}

int lake_teardown(void **state)
{
    char command[128];

    (void)state;
    engine_stop(lake_engine);
    ym_arena_clear(&lake_arena);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    FILE *run = popen(command, "re");
    if (run)
        pclose(run);
    return 0;
}

static void put_size(struct ym_buf *to, size_t n)
{
    for (; n > 127; n >>= 7)
        ym_buf_char(to, (char)((n & 127) | 128));
    ym_buf_char(to, (char)n);
}

static void put_text(struct ym_buf *to, struct ym_str text)
{
    put_size(to, text.n);
    ym_buf_add(to, text);
}

void lake_row(struct lake_rows *rows, const char *fault, const struct ym_str *cells, size_t n)
{
    size_t extra = n > rows->columns ? n - rows->columns : 0;

    ym_buf_add(&rows->bytes, (struct ym_str){(const char *)&rows->line, 8});
    put_text(&rows->bytes, ym_str(fault));
    put_size(&rows->bytes, extra);
    for (size_t i = 0; i < extra; i++)
        put_text(&rows->bytes, cells[rows->columns + i]);
    for (size_t i = 0; i < rows->columns; i++)
        put_text(&rows->bytes, i < n ? cells[i] : YM_STR(""));
    rows->n++;
}

// The next cell of a CSV text; *last where the row ends behind it.
static struct ym_str csv_cell(struct ym_str text, size_t *at, uint64_t *line, bool *last)
{
    struct ym_buf cell = {0};
    bool quoted = *at < text.n && text.p[*at] == '"';

    *at += quoted;
    for (; *at < text.n; ++*at) {
        char c = text.p[*at];
        *line += c == '\n';
        if (quoted && c == '"') {
            quoted = *at + 1 < text.n && text.p[*at + 1] == '"';
            *at += quoted;
            if (!quoted)
                continue;
        } else if (!quoted && (c == ',' || c == '\n')) {
            break;
        } else if (!quoted && c == '\r') {
            continue;
        }
        ym_buf_char(&cell, c);
    }
    *last = *at >= text.n || text.p[*at] == '\n';
    ++*at;
    return quality_finish(&cell, &lake_arena);
}

void lake_csv(struct ym_str text, struct lake_rows *out)
{
    struct ym_str *cells = calloc(QUALITY_FIELDS_MAX, sizeof *cells);
    size_t at = ym_str_starts(text, YM_STR("\xef\xbb\xbf")) ? 3 : 0;
    uint64_t line = 1;
    char fault[32];

    assert(cells);
    *out = (struct lake_rows){0};
    while (at < text.n) {
        size_t n = 0;
        bool last = false;
        out->line = line;
        while (!last)
            cells[n++] = csv_cell(text, &at, &line, &last);
        if (!out->names) {
            out->columns = n;
            out->names = ym_arena_alloc(&lake_arena, n * sizeof *out->names);
            for (size_t i = 0; i < n; i++)
                out->names[i] = ym_str_trim(cells[i]);
            continue;
        }
        snprintf(fault, sizeof fault, "width:%zu", n);
        lake_row(out, n == out->columns ? "" : fault, cells, n);
    }
    free(cells);
}

struct ym_str lake_shared(const char *path)
{
    const char *shared = getenv("YM_SHARED");
    struct ym_str whole =
        ym_arena_printf(&lake_arena, "%s/%s", shared ? shared : "../shared", path);
    struct stat facts;
    FILE *file = fopen(whole.p, "rb");

    if (!file || fstat(fileno(file), &facts) != 0)
        return (struct ym_str){0};
    char *text = ym_arena_alloc(&lake_arena, (size_t)facts.st_size + 1);
    size_t n = fread(text, 1, (size_t)facts.st_size, file);
    fclose(file);
    return (struct ym_str){text, n};
}

void lake_rows_free(struct lake_rows *rows)
{
    ym_buf_clear(&rows->bytes);
}

struct quality_target lake_target(void)
{
    int64_t id = next_id++;

    return (struct quality_target){.database = "lake",
                                   .dataset = id,
                                   .load = id,
                                   .version = 1,
                                   .zone = "Asia/Shanghai",
                                   .today = LAKE_TODAY};
}

void lake_schema(const char *json, struct quality_schema *out)
{
    struct ym_error err = {0};
    json_t *tree = NULL;

    must(ym_json_parse(ym_str(json), 1 << 20, &tree, &err), &err);
    must(quality_schema_parse(tree, &lake_arena, out, &err), &err);
    json_decref(tree);
}

static bool feed(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    struct ym_str *left = with;

    (void)err;
    *n = left->n < max ? left->n : max;
    if (*n > 0)
        memcpy(to, left->p, *n);
    *left = ym_str_sub(*left, *n, left->n);
    return true;
}

void lake_insert(const struct lake_rows *rows, struct ym_str sql)
{
    struct ym_buf block = {0};
    struct ym_error err = {0};

    if (rows->n == 0)
        return;
    must(collect_block(ym_buf_str(&rows->bytes), rows->columns, &block, &err), &err);
    struct ym_str left = ym_buf_str(&block);
    struct engine_query query = {
        .sql = sql.p, .settings = quality_settings(), .read = feed, .with = &left};
    must(engine_do(lake_engine, &query, &err), &err);
    ym_buf_clear(&block);
}

static void finish(struct lake_rows *rows, const struct quality_sql *sql, struct loaded *out)
{
    struct ym_error err = {0};
    struct quality_counts *counts = &out->counts;

    must(quality_settle(lake_engine, &out->schema, out->map, rows->columns, &out->target, counts,
                        &err),
         &err);
    counts->in = rows->n;
    must(quality_end(lake_engine, sql, &err), &err);
    if (counts->in != counts->kept + counts->quarantined + counts->duplicates)
        printf("# in %lld kept %lld quarantined %lld duplicates %lld\n", (long long)counts->in,
               (long long)counts->kept, (long long)counts->quarantined,
               (long long)counts->duplicates);
    assert(counts->in == counts->kept + counts->quarantined + counts->duplicates);
    must(
        quality_columns(lake_engine, &out->schema, &out->target, counts->kept, &out->columns, &err),
        &err);
    must(quality_reasons(lake_engine, &out->schema, out->map, &out->target, &out->reasons, &err),
         &err);
}

static void load(struct lake_rows *rows, const struct quality_schema *schema, struct loaded *out)
{
    struct ym_error err = {0};
    struct quality_sql sql;

    must(quality_match(schema, rows->names, rows->columns, &lake_arena, &out->map, &err), &err);
    must(quality_compile(schema, out->map, rows->columns, &out->target, &lake_arena, &sql, &err),
         &err);
    must(quality_begin(lake_engine, &sql, &err), &err);
    lake_insert(rows, sql.insert);
    finish(rows, &sql, out);
}

void lake_load(struct lake_rows *rows, const struct quality_schema *schema, struct loaded *out)
{
    *out = (struct loaded){.schema = *schema, .target = lake_target()};
    load(rows, schema, out);
}

void lake_references(struct lake_rows *rows, const struct quality_schema *schema,
                     const struct loaded *other, struct loaded *out)
{
    struct quality_target target = lake_target();
    struct quality_other others[] = {
        {other->target.dataset, other->target.version, &other->schema},
        {target.dataset, target.version, schema},
    };

    target.others = others;
    *out = (struct loaded){.schema = *schema, .target = target};
    load(rows, schema, out);
    out->target.others = NULL;
}

void lake_check(struct lake_rows *rows, struct loaded *out)
{
    struct ym_error err = {0};
    struct quality_sql stage, sql;

    *out = (struct loaded){.target = lake_target()};
    quality_stage(rows->columns, &out->target, &lake_arena, &stage);
    must(quality_begin(lake_engine, &stage, &err), &err);
    lake_insert(rows, stage.insert);
    must(quality_propose(lake_engine, rows->names, rows->columns, &out->target, &lake_arena,
                         &out->schema, &err),
         &err);
    must(quality_match(&out->schema, rows->names, rows->columns, &lake_arena, &out->map, &err),
         &err);
    must(quality_compile(&out->schema, out->map, rows->columns, &out->target, &lake_arena, &sql,
                         &err),
         &err);
    must(quality_begin(lake_engine, &sql, &err), &err);
    struct ym_str restage = quality_restage(rows->columns, &out->target, &lake_arena);
    struct engine_query query = {.sql = restage.p, .settings = quality_settings()};
    must(engine_do(lake_engine, &query, &err), &err);
    finish(rows, &sql, out);
    must(quality_end(lake_engine, &stage, &err), &err);
}

void loaded_free(struct loaded *loaded)
{
    json_decref(loaded->columns);
    json_decref(loaded->reasons);
}

struct ym_str lake_ask(const char *sql, ...)
{
    struct ym_buf answer = {.limit = 64 << 20};
    struct ym_error err = {0};
    char *text = NULL;
    va_list args;

    va_start(args, sql);
    int n = vasprintf(&text, sql, args);
    va_end(args);
    assert(n >= 0);
    struct engine_query query = {.sql = text, .settings = quality_settings(), .answer = &answer};
    must(engine_do(lake_engine, &query, &err), &err);
    struct ym_str out = ym_str_trim(ym_arena_str(&lake_arena, ym_buf_str(&answer)));
    ym_buf_clear(&answer);
    free(text);
    return out;
}

const json_t *lake_column(const struct loaded *loaded, const char *name)
{
    for (size_t i = 0; i < json_array_size(loaded->columns); i++) {
        const json_t *column = json_array_get(loaded->columns, i);
        if (ym_str_is(ym_json_get(column, "name"), name))
            return column;
    }
    return NULL;
}

int64_t lake_reason(const struct loaded *loaded, const char *code, const char *column)
{
    for (size_t i = 0; i < json_array_size(loaded->reasons); i++) {
        const json_t *reason = json_array_get(loaded->reasons, i);
        bool same = column ? ym_str_is(ym_json_get(reason, "column"), column)
                           : json_is_null(json_object_get(reason, "column"));
        if (same && ym_str_is(ym_json_get(reason, "code"), code))
            return json_integer_value(json_object_get(reason, "count"));
    }
    return 0;
}
