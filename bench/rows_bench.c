/* Rows by number: any row of a version of 10 million rows x 12 columns, as the row grid asks.
 *
 * The table is the one that a load makes (quality_compile), filled by the engine itself with keys
 * in scattered order; 100 rows from a random row number on, by lake_read, in the order of the key
 * and of the file. Limits: 50 ms and 100 ms. Beside it plain OFFSET, the same rows asked of the
 * same engine. YM_BENCH_ROWS and YM_BENCH_ASKS change how many.
 */
#include "base/time.h"
#include "data/lake/lake.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static const char SCHEMA[] =
    "{\"fields\": [{\"name\": \"code\", \"type\": \"string\"}, {\"name\": \"region\", \"type\": "
    "\"string\"},"
    " {\"name\": \"day\", \"type\": \"date\"}, {\"name\": \"moment\", \"type\": \"datetime\"},"
    " {\"name\": \"pm25\", \"type\": \"number\"}, {\"name\": \"pm10\", \"type\": \"number\"},"
    " {\"name\": \"so2\", \"type\": \"number\"}, {\"name\": \"no2\", \"type\": \"number\"},"
    " {\"name\": \"amount\", \"type\": \"number\", \"scale\": 2}, {\"name\": \"n\", \"type\": "
    "\"integer\"},"
    " {\"name\": \"name\", \"type\": \"string\"}, {\"name\": \"valid\", \"type\": \"boolean\"}],"
    " \"primaryKey\": [\"code\"]}";
static const char SQL_FILL[] =
    "INSERT INTO lake.d7 SELECT 1, 2 + number, concat('K', leftPad(toString(sipHash64(number) %"
    " 1000000000000), 12, '0'), leftPad(toString(number), 8, '0')),"
    " concat('42', leftPad(toString(number % 9973), 10, '0')),"
    " toDate32('2015-01-01') + toIntervalDay(number % 4000),"
    " fromUnixTimestamp64Micro(toInt64(1420041600000000 + number * 60000000)),"
    " sipHash64(number, 1) % 500, (sipHash64(number, 2) % 5000) / 10, (sipHash64(number, 3) % 900) "
    "/ 7,"
    " if(number % 10 = 0, NULL, sipHash64(number, 4) % 300), toDecimal64(number % 100000, 2) / 3,"
    " toInt64(number), concat('监测点', toString(number % 2000)), number % 3 = 0"
    " FROM numbers({first:UInt64}, {n:UInt64})";

struct bench {
    char folder[64];
    struct store_pool *pool;
    struct engine *engine;
    struct lake *lake;
    int64_t rows, asks;
};

static void must(bool ok, const struct ym_error *err)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", err->code, err->message);
    exit(1);
}

static int64_t setting(const char *name, int64_t otherwise)
{
    int64_t value = otherwise;

    return ym_str_int(ym_str(getenv(name)), &value) ? value : otherwise;
}

static void tell(struct bench *b, const char *sql, struct ym_args args)
{
    struct ym_error err = {0};
    struct store *store;

    must(store_take(b->pool, &store, &err), &err);
    must(store_run(store, sql, args, NULL, &err), &err);
    store_give(b->pool, store);
}

static void make_tables(struct bench *b)
{
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct quality_schema schema;
    struct quality_sql sql = {0};
    const struct quality_target target = {.database = "lake",
                                          .dataset = 7,
                                          .load = 8,
                                          .version = 1,
                                          .zone = "Asia/Shanghai",
                                          .today = 20260101};
    size_t map[12];
    json_t *json = NULL;

    must(ym_json_parse(ym_str(SCHEMA), sizeof SCHEMA, &json, &err), &err);
    must(quality_schema_parse(json, &arena, &schema, &err), &err);
    for (size_t i = 0; i < YM_COUNT(map); i++)
        map[i] = i;
    must(quality_compile(&schema, map, YM_COUNT(map), &target, &arena, &sql, &err), &err);
    must(quality_begin(b->engine, &sql, &err) && quality_end(b->engine, &sql, &err), &err);
    json_decref(json);
    ym_arena_clear(&arena);
}

static void start(struct bench *b)
{
    static char program[4096];
    const struct store_migration migrations[] = {
        {1, "org", ORG_SCHEMA_1}, {2, "catalog", CATALOG_SCHEMA_1}, {3, "org_roles", ORG_SCHEMA_2}};
    const char *build = getenv("YM_BUILD");
    struct ym_error err = {0};
    char url[128];

    snprintf(b->folder, sizeof b->folder, "/tmp/ym-rows-XXXXXX");
    snprintf(program, sizeof program, "%s/bin/yunmeng-engine", build ? build : "build");
    if (!mkdtemp(b->folder))
        exit(1);
    snprintf(url, sizeof url, "sqlite:%s/control.db", b->folder);
    must(store_pool_open(url, NULL, 1, migrations, YM_COUNT(migrations), &b->pool, &err), &err);
    struct engine_options engine = {
        .program = program, .dir = b->folder, .database = "lake", .zone = "Asia/Shanghai"};
    must(engine_start(&engine, &b->engine, &err) && engine_wait(b->engine, 90000, &err), &err);
    struct lake_options options = {.pool = b->pool, .engine = b->engine, .zone = "Asia/Shanghai"};
    must(lake_open(&options, &b->lake, &err), &err);
    make_tables(b);
}

static void fill(struct bench *b)
{
    struct ym_error err = {0};
    const int64_t block = 1000 * 1000;

    for (int64_t first = 0; first < b->rows; first += block) {
        int64_t n = b->rows - first < block ? b->rows - first : block;
        struct engine_query query = {.sql = SQL_FILL,
                                     .timeout_s = 600,
                                     .params = YM_ARGS(ym_int("first", first), ym_int("n", n))};
        must(engine_do(b->engine, &query, &err), &err);
    }
    tell(b,
         "INSERT INTO agency (id, name, title_zh, title_en, credit_code, region, created)"
         " VALUES (3, 'bench', '测试', 'Bench', '', '', 1)",
         YM_NO_ARGS);
    tell(b,
         "INSERT INTO dataset (id, name, agency, title_zh, title_en, abstract_zh, abstract_en,"
         " code, theme, openness, sharing, update_cycle, search, created, updated, etag) VALUES"
         " (7, 'bench.rows', 3, '行', 'Rows', '', '', '', '', 'open', 'conditional', 'day', '',"
         " 1, 1, 1)",
         YM_NO_ARGS);
    tell(b,
         "INSERT INTO version (id, dataset, number, state, file, size, digest, received,"
         " published, rows_in, rows_kept, rows_quarantined, duplicates, schema) VALUES (8, 7, 1,"
         " 'published', 'f', 1, 'd', 1, 1, :rows, :rows, 0, 0, :schema)",
         YM_ARGS(ym_int("rows", b->rows), ym_text("schema", ym_str(SCHEMA))));
}

static double by_lake(struct bench *b, const char *sort, int64_t at)
{
    struct ym_arena arena = {0};
    struct ym_buf out = {0};
    struct ym_error err = {0};
    struct lake_rows what = {
        .dataset = YM_STR("bench.rows"), .sort = ym_str(sort), .at = at, .limit = 100};
    int64_t began = ym_monotonic();

    must(lake_read(b->lake, NULL, &what, &arena, &out, &err), &err);
    double ms = (double)(ym_monotonic() - began) / 1000;
    ym_buf_clear(&out);
    ym_arena_clear(&arena);
    return ms;
}

static double by_offset(struct bench *b, const char *order, int64_t at)
{
    struct ym_buf out = {0};
    struct ym_error err = {0};
    char sql[400];

    snprintf(sql, sizeof sql,
             "SELECT code, region, day, moment, pm25, pm10, so2, no2, amount, n, name, valid"
             " FROM lake.d7 WHERE _version = 1 ORDER BY %s LIMIT 100 OFFSET %lld"
             " FORMAT JSONEachRow",
             order, (long long)at);
    int64_t began = ym_monotonic();
    must(engine_ask(b->engine, sql, YM_NO_ARGS, &out, &err), &err);
    double ms = (double)(ym_monotonic() - began) / 1000;
    ym_buf_clear(&out);
    return ms;
}

// Of the engine, so that the figures of a busy machine can be compared.
static double cpu_ms(struct bench *b)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)engine_pid(b->engine));
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[n] = '\0';
    const char *behind = strrchr(text, ')');
    if (!behind || sscanf(behind + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                          &system) != 2)
        return 0;
    return (double)(user + system) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

typedef double ask(struct bench *b, const char *order, int64_t at);
static void measure(struct bench *b, ask *one, const char *order, int64_t asks, double *p50,
                    double *p99, double *cpu)
{
    double *ms = calloc((size_t)asks, sizeof *ms);
    uint64_t seed = 1;

    if (!ms)
        exit(1);
    *cpu = cpu_ms(b);
    for (int64_t i = 0; i < asks; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        ms[i] = one(b, order, (int64_t)((seed >> 16) % (uint64_t)b->rows));
    }
    *cpu = (cpu_ms(b) - *cpu) / (double)asks;
    qsort(ms, (size_t)asks, sizeof *ms, by_size);
    *p50 = ms[asks / 2];
    *p99 = ms[asks * 99 / 100];
    free(ms);
}

static void compare(struct bench *b, const char *name, const char *sort, const char *order,
                    double limit)
{
    double p50, p99, cpu, offset50, offset99, offset_cpu;
    double first = by_lake(b, sort, b->rows / 2);

    measure(b, by_lake, sort, b->asks, &p50, &p99, &cpu);
    measure(b, by_offset, order, b->asks / 10 + 1, &offset50, &offset99, &offset_cpu);
    printf(
        "%s: p50 %.1f ms = %.2f x the limit of %.0f ms, p99 %.1f ms = %.2f x, CPU %.1f ms\n"
        "  plain OFFSET: p50 %.0f ms = %.1f x ours, p99 %.0f ms, CPU %.0f ms = %.1f x ours;"
        " the first ask of a version %.0f ms\n",
        name, p50, p50 / limit, limit, p99, p99 / limit, cpu, offset50, offset50 / p50, offset99,
        offset_cpu, offset_cpu / cpu, first);
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts;
    (void)type;
    (void)at;
    return remove(path);
}

int main(void)
{
    struct bench b = {.rows = setting("YM_BENCH_ROWS", 10 * 1000 * 1000),
                      .asks = setting("YM_BENCH_ASKS", 300)};

    ym_log_level(YM_WARN);
    start(&b);
    fill(&b);
    printf("%lld rows x 12 columns, 100 rows from a random row on, %lld asks\n", (long long)b.rows,
           (long long)b.asks);
    fflush(stdout);
    compare(&b, "order of the key", "", "code, _pos", 50);
    compare(&b, "order of the file", "_line", "_pos", 100);
    lake_close(b.lake);
    engine_stop(b.engine);
    store_pool_close(b.pool);
    nftw(b.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
