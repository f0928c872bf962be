#include "data/lake/ingest.h"

#include "data/collect/block.h"
#include "host/worker/worker.h"

#include <pthread.h>

enum {
    STREAMS = 2,                     // into the engine at once
    STREAM_BYTES = 8 * 1024 * 1024,  // of a file, from which on there are several
    PARTS_BYTES = 1024 * 1024 * 1024 // of a file, up to which its parts may wait for lake.merge
};

// The rows on their way from the reader to the engine: one reader, several streams into the engine,
// since an INSERT and the views behind it run on one thread of the engine. Whole rows are handed
// out, in any order: each carries its line.
struct feed {
    struct lake_ingest *in;
    struct collect_read *read;
    const char *sql;
    pthread_mutex_t lock;
    // guarded by lock:
    bool ended, failed;
    struct ym_error problem; // the first one
};
struct stream {
    struct feed *feed;
    struct ym_buf rows;  // a copy: the reader's bytes live until it is asked again
    struct ym_buf block; // the same rows by columns, for the engine
    size_t at;           // of the block, what the engine has
    struct ym_error err;
    bool ok;
};

static bool next_rows(struct stream *stream, struct ym_error *err)
{
    struct feed *feed = stream->feed;
    struct ym_str bytes = {NULL, 0};
    bool ok = true;

    stream->rows.n = stream->block.n = stream->at = 0;
    pthread_mutex_lock(&feed->lock);
    if (feed->failed) {
        *err = feed->problem;
        ok = false;
    } else if (!feed->ended) {
        ok = collect_next(feed->read, &bytes, err);
        feed->ended = ok && bytes.n == 0;
        ym_buf_add(&stream->rows, bytes);
        if (ok)
            feed->in->progress(feed->in->with, "reading", collect_offset(feed->read),
                               feed->in->size, "bytes");
    }
    pthread_mutex_unlock(&feed->lock);
    if (!ok || stream->rows.n == 0)
        return ok;
    return collect_block(ym_buf_str(&stream->rows), feed->in->facts.n_columns, &stream->block, err);
}

static bool feed_read(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    struct stream *stream = with;

    *n = 0;
    if (stream->at == stream->block.n && !next_rows(stream, err))
        return false;
    *n = stream->block.n - stream->at < max ? stream->block.n - stream->at : max;
    if (*n > 0)
        memcpy(to, stream->block.p + stream->at, *n);
    stream->at += *n;
    return true;
}

static bool feed_stopped(void *with)
{
    const struct stream *stream = with;

    return stream->feed->in->stopped(stream->feed->in->with);
}

static void run_stream(void *with)
{
    struct stream *stream = with;
    struct feed *feed = stream->feed;
    struct engine_query query = {
        .sql = feed->sql,
        .settings = quality_settings(),
        .read = feed_read,
        .with = stream,
        .stopped = feed_stopped,
        .timeout_s = 86400,
    };

    stream->ok = engine_do(feed->in->engine, &query, &stream->err);
    if (stream->ok)
        return;
    pthread_mutex_lock(&feed->lock);
    if (!feed->failed)
        feed->problem = stream->err;
    feed->failed = true; // the other streams end at their next rows
    pthread_mutex_unlock(&feed->lock);
}

static bool insert(struct lake_ingest *in, struct collect_read *read, struct ym_str sql,
                   struct ym_arena *arena, struct ym_error *err)
{
    struct feed feed = {.in = in, .read = read, .sql = ym_arena_cstr(arena, sql)};
    struct stream streams[STREAMS] = {0};
    struct worker_thread *others[STREAMS] = {0};
    // A small file is not worth a second stream.
    size_t n = in->size > STREAM_BYTES ? STREAMS : 1;

    pthread_mutex_init(&feed.lock, NULL);
    for (size_t i = 0; i < n; i++)
        streams[i].feed = &feed;
    for (size_t i = 1; i < n; i++)
        others[i] = worker_thread_start("ingest", run_stream, &streams[i]);
    run_stream(&streams[0]);
    for (size_t i = 1; i < n; i++)
        worker_thread_join(others[i]);
    for (size_t i = 0; i < n; i++) {
        ym_buf_clear(&streams[i].rows);
        ym_buf_clear(&streams[i].block);
    }
    pthread_mutex_destroy(&feed.lock);
    if (feed.failed)
        *err = feed.problem;
    return !feed.failed;
}

static bool run_all(struct engine *engine, const struct ym_str *sql, size_t n,
                    struct ym_arena *arena, struct ym_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct engine_query query = {
            .sql = ym_arena_cstr(arena, sql[i]), .settings = quality_settings(), .timeout_s = 3600};
        if (!engine_do(engine, &query, err))
            return false;
    }
    return true;
}

static bool drop_partition(struct engine *engine, const struct quality_target *target, char table,
                           struct ym_arena *arena, struct ym_error *err)
{
    struct ym_buf answer = {.limit = 64};
    bool ok = false;
    struct ym_str name = ym_arena_printf(arena, "%c%lld", table, (long long)target->dataset);

    if (!engine_ask(engine,
                    "SELECT count() FROM system.tables"
                    " WHERE database = {database:String} AND name = {table:String}",
                    YM_ARGS(ym_text("database", ym_str(target->database)), ym_text("table", name)),
                    &answer, err))
        goto out;
    if (ym_str_is(ym_str_trim(ym_buf_str(&answer)), "0")) {
        ok = true;
        goto out;
    }
    struct ym_str sql = ym_arena_printf(arena, "ALTER TABLE %s.%.*s DROP PARTITION %lld",
                                        target->database, YM_FMT(name), (long long)target->version);
    // Where the engine outlives a server that died, its merges may still wait for that one.
    ok = (table != 'd' || quality_merges(engine, target, true, err)) &&
         engine_run(engine, sql.p, YM_NO_ARGS, err);
out:
    ym_buf_clear(&answer);
    return ok;
}

static bool clean(struct engine *engine, const struct quality_target *target,
                  struct ym_arena *arena, struct ym_error *err)
{
    struct ym_str drop[16];
    size_t n = quality_drop(target, arena, drop, YM_COUNT(drop));

    return run_all(engine, drop, n, arena, err);
}

bool lake_ingest_drop(struct engine *engine, const struct quality_target *target,
                      struct ym_error *err)
{
    struct ym_arena arena = {0};
    bool ok = clean(engine, target, &arena, err) &&
              drop_partition(engine, target, 'd', &arena, err) &&
              drop_partition(engine, target, 'q', &arena, err);

    ym_arena_clear(&arena);
    return ok;
}

static bool settle(struct lake_ingest *in, struct collect_read *read, struct ym_arena *arena,
                   struct quality_schema *schema, struct ym_error *err)
{
    struct quality_sql stage = {0};

    if (in->schema)
        return quality_schema_parse(in->schema, arena, schema, err);
    quality_stage(in->facts.n_columns, &in->target, arena, &stage);
    if (!run_all(in->engine, stage.before, stage.n_before, arena, err) ||
        !insert(in, read, stage.insert, arena, err))
        return false;
    in->progress(in->with, "proposing", 0, 0, "");
    return quality_propose(in->engine, in->facts.columns, in->facts.n_columns, &in->target, arena,
                           schema, err);
}

bool lake_count(struct lake_ingest *in, const struct quality_sql *sql, struct ym_arena *arena,
                struct quality_counts *counts, struct ym_error *err)
{
    struct ym_buf answer = {.limit = 256};
    struct ym_str rest, line, cell;
    int64_t *const to[] = {&counts->kept, &counts->quarantined};
    bool ok = engine_ask(in->engine, ym_arena_cstr(arena, sql->count), YM_NO_ARGS, &answer, err);

    rest = ym_buf_str(&answer);
    for (size_t i = 0; ok && i < YM_COUNT(to); i++) {
        if (i == 0)
            (void)engine_tsv_line(&rest, &line);
        ok = ym_str_cut(&line, '\t', &cell) && ym_str_int(cell, to[i]);
        if (!ok)
            ym_fail(err, YM_FAULT, "lake.counts", "the engine's counts cannot be read");
    }
    ym_buf_clear(&answer);
    return ok;
}

// Before anything looks at other rows, every row is in one of the two tables; after it the rows
// that are gone are the equal repeats that the declared rule found.
static bool check_rows(struct lake_ingest *in, const struct quality_schema *schema,
                       const size_t *map, const struct quality_sql *sql,
                       const struct collect_end *end, struct ym_arena *arena, struct ym_error *err)
{
    struct quality_counts *counts = &in->counts;

    if (!lake_count(in, sql, arena, counts, err))
        return false;
    if (counts->kept + counts->quarantined != end->rows)
        goto unequal;
    in->progress(in->with, "comparing", 0, 0, "");
    if (!quality_settle(in->engine, schema, map, in->facts.n_columns, &in->target, counts, err))
        return false;
    counts->in = end->rows;
    if (counts->kept + counts->quarantined + counts->duplicates == counts->in &&
        (counts->duplicates == 0 || schema->drop_equal))
        return true;
unequal:
    ym_fail(err, YM_FAULT, "lake.counts",
            "%lld rows came in, but %lld kept, %lld quarantined and %lld dropped were counted",
            (long long)end->rows, (long long)counts->kept, (long long)counts->quarantined,
            (long long)counts->duplicates);
    return ym_hint(err,
                   "Nothing is published. Load again; if it happens again, send the server's log.");
}

static bool report(struct lake_ingest *in, const struct quality_schema *schema, const size_t *map,
                   const struct collect_end *end, struct ym_error *err)
{
    json_t *columns = NULL, *reasons = NULL;
    const struct collect_facts *facts = &in->facts;

    in->progress(in->with, "reporting", 0, 0, "");
    if (!quality_columns(in->engine, schema, &in->target, in->counts.kept, &columns, err))
        return false;
    if (!quality_reasons(in->engine, schema, map, &in->target, &reasons, err)) {
        json_decref(columns);
        return false;
    }
    json_t *notes = json_array(), *source = json_array();
    json_t *recipe = collect_recipe_json(&in->request->recipe);
    for (size_t i = 0; i < facts->n_columns; i++)
        json_array_append_new(source, ym_json_str(facts->columns[i]));
    for (size_t i = 0; i < facts->n_notes; i++)
        json_array_append_new(notes, ym_json_str(facts->notes[i]));
    in->report = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o,"
        " s:o}",
        "file", ym_json_str(in->request->name), "format", ym_json_str(facts->format), "encoding",
        ym_json_str(facts->encoding), "delimiter", ym_json_str(facts->delimiter), "sheet",
        ym_json_str(facts->sheet), "header_row",
        facts->header_row > 0 ? json_integer(facts->header_row) : json_null(), "header_rows",
        (json_int_t)facts->header_rows, "recipe", recipe ? recipe : json_null(), "rows_skipped",
        (json_int_t)end->skipped, "notes_after", (json_int_t)end->notes_after, "numbers_rounded",
        (json_int_t)end->rounded, "rows_in", (json_int_t)in->counts.in, "rows_kept",
        (json_int_t)in->counts.kept, "rows_quarantined", (json_int_t)in->counts.quarantined,
        "duplicates_dropped", (json_int_t)in->counts.duplicates, "columns", columns, "reasons",
        reasons, "notes", notes, "source_columns", source);
    if (!in->report)
        return ym_fail(err, YM_FAULT, "lake.report", "the report cannot be written");
    return true;
}

bool lake_ingest(struct lake_ingest *in, struct ym_arena *arena, struct ym_error *err)
{
    struct collect_read *read = NULL;
    struct quality_schema schema = {0};
    struct quality_sql sql = {0};
    struct collect_end end = {0};
    struct ym_error dropped = {0};
    size_t *map = NULL;
    bool ok = false, hold;

    if (!lake_ingest_drop(in->engine, &in->target, err))
        return false;
    if (!collect_open(in->request, arena, &read, &in->facts, err))
        goto out;
    if (!settle(in, read, arena, &schema, err))
        goto out;
    if (!quality_match(&schema, in->facts.columns, in->facts.n_columns, arena, &map, err))
        goto out;
    if (!quality_compile(&schema, map, in->facts.n_columns, &in->target, arena, &sql, err))
        goto out;
    if (!quality_begin(in->engine, &sql, err))
        goto out;
    hold = in->size <= PARTS_BYTES;
    if (hold && !quality_merges(in->engine, &in->target, false, err))
        goto out;
    if (in->schema) {
        if (!insert(in, read, sql.insert, arena, err))
            goto out;
    } else {
        struct ym_str restage = quality_restage(in->facts.n_columns, &in->target, arena);
        in->progress(in->with, "checking", 0, 0, "");
        if (!run_all(in->engine, &restage, 1, arena, err))
            goto out;
    }
    collect_done(read, &end);
    if (!check_rows(in, &schema, map, &sql, &end, arena, err))
        goto out;
    if (!report(in, &schema, map, &end, err))
        goto out;
    in->settled = quality_schema_json(&schema);
    ok = (!hold || quality_merges(in->engine, &in->target, true, err)) &&
         clean(in->engine, &in->target, arena, err);
out:
    collect_close(read);
    // A failed attempt leaves nothing behind where the engine still answers; recovery does the
    // rest.
    if (!ok && !lake_ingest_drop(in->engine, &in->target, &dropped))
        ym_log_error(YM_WARN, "lake.leftovers", &dropped);
    return ok;
}
