#include "data/lake/lake_private.h"

#include "base/time.h"

/* A load leaves a part for each 262,144 rows. Whoever reads in the order of the key has to
 * merge them, each time: the difference of two versions of 5 million rows costs 2.3 CPU s over 6
 * parts a side, 0.95 over one. Merging costs 5 CPU s once, so it waits until nobody is loading: a
 * load's time is what people wait for. */
enum {
    ROWS_AT_ONCE = 100000, // cost nothing that anybody would notice; more wait
    REST_S = 10,           // after the publication, and while a load is under way,
    AT_LAST_S = 3600,      // but no longer than this
    TIMEOUT_S = 6 * 3600,
    ABORTED = 236 // ClickHouse's
};

static const char SQL_VERSION[] =
    "SELECT v.published, (SELECT COUNT(*) FROM version o WHERE o.state = 'received')"
    " FROM version v WHERE v.dataset = :dataset AND v.number = :version"
    " AND v.state IN ('published', 'withdrawn')";
static const char SQL_PARTS[] =
    "SELECT count(), sum(rows) FROM system.parts WHERE active AND database = 'lake'"
    " AND table = {table:String} AND partition_id = {partition:String}";

struct merging {
    struct lake *lake;
    int64_t dataset, version;
    int64_t published; // 0: there is no such version any more
    int64_t loading;   // loads under way
    int64_t parts, rows;
};

static bool look(struct merging *m, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool ok = false;

    m->published = m->loading = 0;
    if (!store_take(m->lake->options.pool, &store, err))
        return false;
    if (store_ask(store, SQL_VERSION,
                  YM_ARGS(ym_int("dataset", m->dataset), ym_int("version", m->version)), &rows,
                  err)) {
        if (store_next(rows, err)) {
            m->published = store_int(rows, 0);
            m->loading = store_int(rows, 1);
        }
        ok = store_rows_close(rows, err);
    }
    store_give(m->lake->options.pool, store);
    return ok;
}

static bool fail_loading(struct ym_error *err)
{
    ym_fail(err, YM_BUSY, "lake.loading", "a load is under way, or has just ended");
    return ym_hint(err, "Parts are merged when nobody loads.");
}

static bool is_time(const struct merging *m, struct ym_error *err)
{
    int64_t since = (ym_now() - m->published) / YM_SECOND;

    if (m->rows <= ROWS_AT_ONCE || since >= AT_LAST_S || (since >= REST_S && m->loading == 0))
        return true;
    return fail_loading(err);
}

static bool count_parts(struct merging *m, struct ym_error *err)
{
    struct ym_buf answer = {.limit = 64};
    struct ym_str cell;
    char table[32], partition[32];

    (void)snprintf(table, sizeof table, "d%lld", (long long)m->dataset);
    (void)snprintf(partition, sizeof partition, "%lld", (long long)m->version);
    bool ok = engine_ask(
        m->lake->options.engine, SQL_PARTS,
        YM_ARGS(ym_text("table", ym_str(table)), ym_text("partition", ym_str(partition))), &answer,
        err);
    struct ym_str line = ym_str_trim(ym_buf_str(&answer));
    if (ok && (!ym_str_cut(&line, '\t', &cell) || !ym_str_int(cell, &m->parts) ||
               !ym_str_int(line, &m->rows)))
        ok = ym_fail(err, YM_FAULT, "lake.parts", "the engine's parts cannot be counted");
    ym_buf_clear(&answer);
    return ok;
}

// The engine may not begin (another merge has a part) and says so by doing nothing.
static bool merge(struct job *job, struct merging *m, struct ym_error *err)
{
    char sql[160];

    (void)snprintf(sql, sizeof sql, "OPTIMIZE TABLE lake.d%lld PARTITION ID '%lld' FINAL",
                   (long long)m->dataset, (long long)m->version);
    struct engine_query query = {
        .sql = sql, .stopped = job_stopped, .with = job, .timeout_s = TIMEOUT_S};
    bool ok = engine_do(m->lake->options.engine, &query, err);
    if (!ok && query.exception == ABORTED) // a load of this dataset has begun (quality_merges)
        return fail_loading(err);
    if (!ok || !count_parts(m, err))
        return false;
    if (m->parts <= 1)
        return true;
    ym_fail(err, YM_BUSY, "lake.parts", "%lld parts are left", (long long)m->parts);
    return ym_hint(err, "The engine is merging some of them already.");
}

bool lake_merge(struct job *job, void *with, struct ym_error *err)
{
    struct merging m = {.lake = with};

    m.version = json_integer_value(json_object_get(job_about(job), "version"));
    if (!ym_str_int(ym_json_get(job_about(job), "dataset"), &m.dataset) || m.version == 0)
        return ym_fail(err, YM_FAULT, "lake.job", "the job names no version");
    if (!look(&m, err))
        return false;
    if (m.published == 0)
        return true; // it was retired meanwhile
    if (!count_parts(&m, err))
        return false;
    if (m.parts <= 1)
        return true;
    if (!is_time(&m, err))
        return false;
    job_progress(job, "merging", 0, m.parts, "parts");
    int64_t began = ym_now(), parts = m.parts;
    if (!merge(job, &m, err)) {
        struct ym_error ignored;
        // Dropped under our hands: nothing was left to merge.
        return look(&m, &ignored) && m.published == 0;
    }
    ym_log(YM_INFO, "lake.merged",
           YM_ARGS(ym_int("dataset", m.dataset), ym_int("version", m.version),
                   ym_int("parts", parts), ym_int("ms", (ym_now() - began) / 1000)));
    return true;
}
