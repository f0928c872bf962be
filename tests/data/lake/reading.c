#include "reading.h"

#include "data/lake/draft.h"
#include "data/lake/versions.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static const char SCHEMA[] =
    "{\"fields\": ["
    "{\"name\": \"id\", \"type\": \"integer\", \"constraints\": {\"required\": true}},"
    "{\"name\": \"station\", \"type\": \"string\", \"title\": {\"zh\": \"站点\", \"en\": "
    "\"Station\"}},"
    "{\"name\": \"hour\", \"type\": \"integer\"},"
    "{\"name\": \"pm25\", \"type\": \"number\", \"unit\": \"µg/m³\"},"
    "{\"name\": \"money\", \"type\": \"number\", \"scale\": 2},"
    "{\"name\": \"city, name\", \"type\": \"string\"},"
    "{\"name\": \"day\", \"type\": \"date\"},"
    "{\"name\": \"moment\", \"type\": \"datetime\", \"zone\": \"Asia/Shanghai\"},"
    "{\"name\": \"flag\", \"type\": \"boolean\"},"
    "{\"name\": \"big\", \"type\": \"integer\"}],"
    "\"primaryKey\": [\"station\", \"hour\"]}";

static const char SQL_TABLE[] =
    "CREATE TABLE lake.d7 (_version UInt32, _pos UInt64, id Int64, station String, hour Int64,"
    " pm25 Nullable(Float64), money Nullable(Decimal(18, 2)), `city, name` Nullable(String),"
    " day Nullable(Date32), moment Nullable(DateTime64(6, 'Asia/Shanghai')), flag Nullable(Bool),"
    " big Nullable(Int64)) ENGINE = MergeTree PARTITION BY _version"
    " ORDER BY (station, hour, _pos)";
// The multiplication scatters the keys; a line is 2 + 3n, since rows may have several lines.
static const char SQL_ROWS[] =
    "INSERT INTO lake.d7 SELECT {version:UInt32}, 2 + 3 * number, 2 + 3 * number,"
    " concat('s', toString(number * 7919 % 50)), toInt64(intDiv(number, 50)),"
    " if(cityHash64(number, 1) % 5 = 0, NULL, (cityHash64(number, 2) % 700) / 7),"
    " if(cityHash64(number, 3) % 5 = 0, NULL, toDecimal64(cityHash64(number, 4) % 900, 2) / 7),"
    " if(cityHash64(number, 5) % 5 = 0, NULL,"
    "    ['武汉', '宜昌', '', 'a\"b', 'x,y', 'c\\\\d\\te\\n,\"_k\":'][cityHash64(number, 6) % 6 + "
    "1]),"
    " if(cityHash64(number, 7) % 5 = 0, NULL,"
    "    toDate32('1960-01-01') + toIntervalDay(cityHash64(number, 8) % 30000)),"
    " if(cityHash64(number, 9) % 5 = 0, NULL,"
    "    fromUnixTimestamp64Micro(toInt64(cityHash64(number, 10) % 1000) * 1234567000001 - "
    "500000)),"
    " if(cityHash64(number, 11) % 5 = 0, NULL, cityHash64(number, 12) % 2 = 0),"
    " if(cityHash64(number, 13) % 5 = 0, NULL,"
    "    9223372036854775807 - toInt64(cityHash64(number, 14) % 1000))"
    " FROM numbers({first:UInt64}, {n:UInt64})";

static bool said(bool ok, const struct ym_error *err)
{
    if (!ok)
        fprintf(stderr, "%s: %s\n", err->code, err->message);
    return ok;
}

bool reading_tell(struct reading_lake *with, const char *sql)
{
    struct ym_error err = {0};
    struct store *store = NULL;
    bool ok = store_take(with->pool, &store, &err) && store_run(store, sql, YM_NO_ARGS, NULL, &err);

    store_give(with->pool, store);
    return said(ok, &err);
}

bool reading_run(struct reading_lake *with, const char *sql)
{
    struct ym_error err = {0};

    return said(engine_run(with->engine, sql, YM_NO_ARGS, &err), &err);
}

struct ym_str reading_ask(struct reading_lake *with, const char *sql, struct ym_buf *answer)
{
    struct ym_error err = {0};

    ym_buf_clear(answer);
    if (!said(engine_ask(with->engine, sql, YM_NO_ARGS, answer, &err), &err))
        abort();
    return ym_buf_str(answer);
}

static bool open_store(struct reading_lake *with, struct ym_error *err)
{
    const struct store_migration migrations[] = {{1, "org", ORG_SCHEMA_1},
                                                 {2, "catalog", CATALOG_SCHEMA_1},
                                                 {3, "catalog-core", CATALOG_SCHEMA_2},
                                                 {4, "org_roles", ORG_SCHEMA_2},
                                                 {5, "recipe", LAKE_SCHEMA_RECIPE},
                                                 {6, "draft", LAKE_DRAFT_SCHEMA},
                                                 {7, "versions", LAKE_VERSIONS_1},
                                                 {8, "notes", LAKE_NOTE_SCHEMA}};
    char url[128];

    snprintf(url, sizeof url, "sqlite:%s/control.db", with->folder);
    return store_pool_open(url, NULL, 1, migrations, YM_COUNT(migrations), &with->pool, err);
}

bool reading_start(struct reading_lake *with)
{
    static char program[4096];
    const char *build = getenv("YM_BUILD");
    struct ym_error err = {0};

    snprintf(with->folder, sizeof with->folder, "/tmp/ym-reading-XXXXXX");
    snprintf(program, sizeof program, "%s/bin/yunmeng-engine", build ? build : "build");
    if (!mkdtemp(with->folder))
        return false;
    struct engine_options engine = {
        .program = program, .dir = with->folder, .database = "lake", .zone = "Asia/Shanghai"};
    if (!said(open_store(with, &err), &err) ||
        !said(engine_start(&engine, &with->engine, &err), &err) ||
        !said(engine_wait(with->engine, 90000, &err), &err))
        return false;
    struct lake_options options = {
        .pool = with->pool, .engine = with->engine, .zone = "Asia/Shanghai"};
    return said(lake_open(&options, &with->lake, &err), &err) && reading_run(with, SQL_TABLE) &&
           reading_tell(with,
                        "INSERT INTO agency (id, name, title_zh, title_en, credit_code,"
                        " region, created) VALUES (3, 'test', '测试局', 'Test', '', '', 1)") &&
           reading_tell(with,
                        "INSERT INTO dataset (id, name, agency, title_zh, title_en,"
                        " abstract_zh, abstract_en, code, theme, openness, sharing,"
                        " update_cycle, search, created, updated, etag) VALUES (7,"
                        " 'test.rows', 3, '行', 'Rows', '', '', '', '', 'open',"
                        " 'conditional', 'day', '', 1, 1, 1)");
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts;
    (void)type;
    (void)at;
    return remove(path);
}

void reading_stop(struct reading_lake *with)
{
    lake_close(with->lake);
    engine_stop(with->engine);
    store_pool_close(with->pool);
    nftw(with->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char SQL_VERSION[] =
    "INSERT INTO version (id, dataset, number, state, file, size, digest, received, checked,"
    " published, rows_in, rows_kept, rows_quarantined, duplicates, schema) VALUES (:id, 7,"
    " :number, 'published', 'rows.csv', 1, 'd', :at, :at, :at, :rows, :rows, 0, 0, :schema)";
bool reading_publish(struct reading_lake *with, int64_t version, int64_t rows, int64_t published)
{
    const int64_t block = rows / 3 + 1;
    struct ym_error err = {0};
    struct store *store = NULL;

    for (int64_t first = 0; first < rows; first += block) {
        int64_t n = rows - first < block ? rows - first : block;
        if (!said(engine_run(
                      with->engine, SQL_ROWS,
                      YM_ARGS(ym_int("version", version), ym_int("first", first), ym_int("n", n)),
                      &err),
                  &err))
            return false;
    }
    bool ok = store_take(with->pool, &store, &err) &&
              store_run(store, SQL_VERSION,
                        YM_ARGS(ym_int("id", 1000 + version), ym_int("number", version),
                                ym_int("at", published), ym_int("rows", rows),
                                ym_text("schema", YM_STR(SCHEMA))),
                        NULL, &err);
    store_give(with->pool, store);
    return said(ok, &err);
}
