/* A draft becomes a version: the base's rows with what the acts made of its quarantine. */
#include "data/lake/draft_private.h"

#include "base/time.h"

enum { PAGE = 2000, TIMEOUT_S = 86400 };

static const char SQL_TURN[] =
    "UPDATE quarantine_draft SET turn = turn + 1 WHERE load = :load AND turn = :turn";
static const char SQL_NUMBER[] =
    "SELECT COALESCE(MAX(number), 0) + 1 FROM version WHERE dataset = :dataset";
static const char SQL_RECEIVE[] =
    "INSERT INTO version (id, dataset, number, state, job, account, file, size, digest, hold,"
    " received, base) SELECT :id, dataset, :number, 'received', :job, :account, file, size, digest,"
    " :hold, :now, id FROM version WHERE id = :base";
static const char SQL_FREEZE[] =
    "UPDATE quarantine_act SET became = :id WHERE load = :base AND undone = 0";
static const char SQL_ANY[] = "SELECT COUNT(*) FROM quarantine_row WHERE load = :base";
static const char SQL_BASE[] =
    "SELECT base, rows_in, rows_kept, rows_quarantined, duplicates, rows_dropped, rows_accepted"
    " FROM version WHERE id = :id";
// Pages of the draft's rows, by line.
static const char SQL_ROWS[] =
    "SELECT line, state, sent, why FROM quarantine_row WHERE load = :base AND line > :after"
    " ORDER BY line LIMIT :limit";
static const char SQL_ACTS[] =
    "SELECT kind, who, made, row_count, good, reason, detail FROM quarantine_act"
    " WHERE load = :base AND undone = 0 ORDER BY id";

static bool insert(struct draft *draft, struct store *store, bool hold, int64_t id,
                   struct ym_error *err)
{
    struct ym_arg base = ym_int("base", draft->load);
    int64_t number = 0, job = 0, changed = 0;
    json_t *about = json_pack("{s:o}", "load", json_sprintf("%lld", (long long)id));
    const struct jobs_new fresh = {.kind = "load.run",
                                   .subject = draft->dataset.name,
                                   .about = about,
                                   .agency = draft->dataset.agency,
                                   .account = draft->caller->account};
    bool ok =
        store_one(store, SQL_NUMBER, YM_ARGS(ym_int("dataset", draft->dataset.id)), &number, err) &&
        jobs_add(*draft->lake->options.jobs, store, &fresh, &job, err);

    json_decref(about);
    if (!ok)
        return false;
    ok = store_run(store, SQL_RECEIVE,
                   YM_ARGS(ym_int("id", id), ym_int("number", number), ym_int("job", job),
                           ym_int("account", draft->caller->account), ym_int("hold", hold),
                           ym_int("now", ym_now()), base),
                   &changed, err);
    if (!ok && err->kind == YM_CONFLICT) {
        ym_fail(err, YM_CONFLICT, "lake.open_load", "another load of '%.*s' is not finished",
                YM_FMT(draft->dataset.name));
        ym_hint(err, "Publish or drop the load that waits, then publish the draft.");
        ym_about(err, draft->dataset.name);
    }
    return ok && store_run(store, SQL_FREEZE, YM_ARGS(ym_int("id", id), base), NULL, err);
}

bool lake_draft_publish(struct lake *lake, const struct org_caller *caller, int64_t load, bool hold,
                        struct ym_arena *arena, struct lake_load *out, struct ym_error *err)
{
    struct ym_arg base = ym_int("base", load);
    struct store *store = NULL;
    struct draft draft;
    int64_t id = 0, n = 0, changed = 0;
    bool ok = false;

    if (!draft_open(lake, caller, load, true, arena, &draft, err) ||
        !store_take(lake->options.pool, &store, err))
        return false;
    if (!store_begin(store, err) || !store_one(store, SQL_ANY, YM_ARGS(base), &n, err))
        goto out;
    if (n == 0) {
        ym_fail(err, YM_CONFLICT, "quarantine.nothing", "the draft has no act that stands");
        ym_hint(err, "Mend, accept or drop rows first.");
        goto out;
    }
    if (!store_run(store, SQL_TURN, YM_ARGS(ym_int("load", load), ym_int("turn", draft.turn)),
                   &changed, err))
        goto out;
    if (changed != 1) {
        ym_fail(err, YM_CONFLICT, "quarantine.busy", "others acted on this quarantine meanwhile");
        ym_hint(err, "Look at what they did, and try again.");
        goto out;
    }
    id = store_new_id(store);
    if (!insert(&draft, store, hold, id, err) || !store_commit(store, err))
        goto out;
    jobs_wake(*lake->options.jobs);
    ym_log(YM_INFO, "quarantine.publishing",
           YM_ARGS(ym_text("dataset", draft.dataset.name), ym_int("base", load), ym_int("load", id),
                   ym_int("account", caller->account)));
    ok = lake_load_read(store, id, arena, out, err);
out:
    store_rollback(store);
    store_give(lake->options.pool, store);
    return ok;
}

// From here on the job of the load.
struct making {
    struct lake *lake;
    struct lake_ingest *in;
    struct draft draft;
    struct quality_sql sql;
    struct quality_again again;
    const json_t *references;
    struct quality_counts base;
    int64_t before; // the load that the base was made of
};

// What goes into the engine: pages of the draft's rows, each as the lines that one INSERT wants.
enum feed_what { FEED_NOTES, FEED_CHANGED, FEED_ACCEPTED, FEED_EARLIER };
struct feed {
    struct making *making;
    struct store *store;
    int64_t load, after;
    enum feed_what what;
    struct ym_buf lines;
    size_t at;
    int64_t rows; // given
    bool ended;
};

static void note(struct feed *feed, int64_t line, struct ym_str why)
{
    ym_buf_printf(&feed->lines, "[%lld,", (long long)line);
    ym_json_text(&feed->lines, why);
    ym_buf_add(&feed->lines, YM_STR("]\n"));
}

static bool notes(struct feed *feed, int64_t line, struct ym_str why, struct ym_error *err)
{
    json_t *list = NULL, *item;
    size_t i;

    if (!ym_json_parse(why, SIZE_MAX, &list, err))
        return false;
    json_array_foreach(list, i, item)
        note(feed, line, (struct ym_str){json_string_value(item), json_string_length(item)});
    json_decref(list);
    return true;
}

static bool feed_row(struct feed *feed, const struct store_rows *rows, struct ym_error *err)
{
    struct ym_str state = store_text(rows, 1);
    bool accepted = ym_str_is(state, "accepted");

    switch (feed->what) {
    case FEED_NOTES: // not carried over as it was; and what was accepted of it
        note(feed, feed->after, YM_STR(""));
        return !accepted || notes(feed, feed->after, store_text(rows, 3), err);
    case FEED_EARLIER:
        return !accepted || notes(feed, feed->after, store_text(rows, 3), err);
    case FEED_CHANGED:
    case FEED_ACCEPTED:
        if (ym_str_is(state, "dropped") || accepted != (feed->what == FEED_ACCEPTED))
            return true;
        ym_buf_add(&feed->lines, store_text(rows, 2));
        feed->rows++;
        return true;
    }
    return true;
}

static bool feed_page(struct feed *feed, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    int64_t n = 0;
    bool ok = true;

    feed->lines.n = feed->at = 0;
    if (!store_ask(feed->store, SQL_ROWS,
                   YM_ARGS(ym_int("base", feed->load), ym_int("after", feed->after),
                           ym_int("limit", PAGE)),
                   &rows, err))
        return false;
    while (ok && store_next(rows, err)) {
        n++;
        feed->after = store_int(rows, 0);
        ok = feed_row(feed, rows, err);
    }
    struct ym_error ignored = {0};
    feed->ended = n < PAGE;
    return store_rows_close(rows, ok ? err : &ignored) && ok;
}

static bool feed_read(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    struct feed *feed = with;

    while (feed->at == feed->lines.n && !feed->ended)
        if (!feed_page(feed, err))
            return false;
    *n = feed->lines.n - feed->at < max ? feed->lines.n - feed->at : max;
    if (*n > 0)
        memcpy(to, feed->lines.p + feed->at, *n);
    feed->at += *n;
    return true;
}

static bool feed_stopped(void *with)
{
    const struct feed *feed = with;

    return feed->making->in->stopped(feed->making->in->with);
}

static bool send(struct making *m, struct store *store, int64_t load, enum feed_what what,
                 struct ym_str sql, int64_t *rows, struct ym_error *err)
{
    struct feed feed = {.making = m, .store = store, .load = load, .what = what};
    struct engine_query query = {
        .sql = sql.p,
        .settings = quality_settings(),
        .read = feed_read,
        .with = &feed,
        .stopped = feed_stopped,
        .timeout_s = TIMEOUT_S,
    };
    // An INSERT of nothing is an error of the engine.
    bool ok = feed_page(&feed, err);

    while (ok && feed.lines.n == 0 && !feed.ended)
        ok = feed_page(&feed, err);
    ok = ok && (feed.lines.n == 0 || engine_do(m->lake->options.engine, &query, err));
    if (rows)
        *rows = feed.rows;
    ym_buf_clear(&feed.lines);
    return ok;
}

static bool run(struct making *m, struct ym_str sql, struct ym_error *err)
{
    struct engine_query query = {.sql = sql.p,
                                 .settings = quality_settings(),
                                 .stopped = m->in->stopped,
                                 .with = m->in->with,
                                 .timeout_s = TIMEOUT_S};

    return engine_do(m->lake->options.engine, &query, err);
}

static bool base_counts(struct store *store, int64_t load, struct making *m, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_BASE, YM_ARGS(ym_int("id", load)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        m->before = store_int(rows, 0);
        m->base = (struct quality_counts){.in = store_int(rows, 1),
                                          .kept = store_int(rows, 2),
                                          .quarantined = store_int(rows, 3),
                                          .duplicates = store_int(rows, 4),
                                          .dropped = store_int(rows, 5),
                                          .accepted = store_int(rows, 6)};
    }
    return store_rows_close(rows, err);
}

// Notes of this draft, and what was accepted in the versions that the base was made of.
static bool send_notes(struct making *m, struct store *store, struct ym_error *err)
{
    int64_t load = m->before;

    if (!run(m, m->again.make, err) ||
        !send(m, store, m->draft.load, FEED_NOTES, m->again.note, NULL, err))
        return false;
    for (int i = 0; load != 0 && i < 10000; i++) {
        int64_t before = 0;
        if (!send(m, store, load, FEED_EARLIER, m->again.note, NULL, err) ||
            !store_one(store, "SELECT base FROM version WHERE id = :id",
                       YM_ARGS(ym_int("id", load)), &before, err))
            return false;
        load = before;
    }
    return true;
}

static bool dropped_now(struct making *m, struct store *store, int64_t *out, struct ym_error *err)
{
    return store_one(store,
                     "SELECT COUNT(*) FROM quarantine_row WHERE load = :base AND state = 'dropped'",
                     YM_ARGS(ym_int("base", m->draft.load)), out, err);
}

static bool unequal(const struct quality_counts *c, struct ym_error *err)
{
    ym_fail(err, YM_FAULT, "lake.counts",
            "%lld rows came in, but %lld kept, %lld quarantined, %lld repeats and %lld dropped were"
            " counted",
            (long long)c->in, (long long)c->kept, (long long)c->quarantined,
            (long long)c->duplicates, (long long)c->dropped);
    return ym_hint(err,
                   "Nothing is published. Publish the draft again; if it happens again, send"
                   " the server's log.");
}

static bool fill(struct making *m, struct store *store, struct ym_error *err)
{
    struct quality_counts *counts = &m->in->counts;
    int64_t changed = 0, accepted = 0, dropped = 0;

    m->in->progress(m->in->with, "checking", 0, 0, "");
    if (!dropped_now(m, store, &dropped, err) ||
        !quality_begin(m->lake->options.engine, &m->sql, err) || !send_notes(m, store, err) ||
        !run(m, m->again.copy, err) || !run(m, m->again.carry, err) ||
        !send(m, store, m->draft.load, FEED_CHANGED, m->again.insert, &changed, err) ||
        !send(m, store, m->draft.load, FEED_ACCEPTED, m->again.take, &accepted, err))
        return false;
    if (!lake_count(m->in, &m->sql, m->draft.arena, counts, err))
        return false;
    counts->in = m->base.in;
    counts->dropped = m->base.dropped + dropped;
    counts->accepted = m->base.accepted + accepted;
    // Before anything looks at other rows, each row of the base is kept, quarantined or dropped.
    if (counts->kept + counts->quarantined + dropped != m->base.kept + m->base.quarantined)
        return unequal(counts, err);
    m->in->progress(m->in->with, "comparing", 0, 0, "");
    if (!quality_settle(m->lake->options.engine, &m->draft.schema, m->draft.map, m->draft.n_columns,
                        &m->in->target, counts, err))
        return false;
    counts->duplicates += m->base.duplicates;
    return counts->kept + counts->quarantined + counts->duplicates + counts->dropped ==
               counts->in ||
           unequal(counts, err);
}

// Who did what: the acts that stand, in their order.
static bool acts_json(struct making *m, struct store *store, json_t **out, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    char made[YM_TIME_TEXT];

    *out = json_array();
    if (!store_ask(store, SQL_ACTS, YM_ARGS(ym_int("base", m->draft.load)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        struct ym_error ignored = {0};
        json_t *detail = NULL;
        if (store_null(rows, 6) || !ym_json_parse(store_text(rows, 6), SIZE_MAX, &detail, &ignored))
            detail = json_null();
        ym_time_text(store_int(rows, 2), made);
        json_array_append_new(*out, json_pack("{s:o, s:o, s:s, s:I, s:I, s:o, s:o}", "kind",
                                              ym_json_str(store_text(rows, 0)), "who",
                                              ym_json_str(store_text(rows, 1)), "at", made, "rows",
                                              (json_int_t)store_int(rows, 3), "good",
                                              (json_int_t)store_int(rows, 4), "reason",
                                              ym_json_str(store_text(rows, 5)), "detail", detail));
    }
    return store_rows_close(rows, err);
}

// The base's report, with this version's counts, columns and reasons, and who did what.
static bool report(struct making *m, struct store *store, struct ym_str base_report,
                   struct ym_error *err)
{
    json_t *columns = NULL, *reasons = NULL, *acts = NULL, *to = NULL;
    const struct quality_counts *counts = &m->in->counts;

    m->in->progress(m->in->with, "reporting", 0, 0, "");
    if (!ym_json_parse(base_report, SIZE_MAX, &to, err) ||
        !quality_columns(m->lake->options.engine, &m->draft.schema, &m->in->target, counts->kept,
                         &columns, err) ||
        !quality_reasons(m->lake->options.engine, &m->draft.schema, m->draft.map, &m->in->target,
                         &reasons, err) ||
        !acts_json(m, store, &acts, err)) {
        json_decref(columns);
        json_decref(reasons);
        json_decref(acts);
        json_decref(to);
        return false;
    }
    json_object_set_new(to, "columns", columns);
    json_object_set_new(to, "reasons", reasons);
    json_object_set_new(to, "acts", acts);
    json_object_set_new(to, "base_version", json_integer(m->draft.version));
    json_object_set_new(to, "rows_in", json_integer(counts->in));
    json_object_set_new(to, "rows_kept", json_integer(counts->kept));
    json_object_set_new(to, "rows_quarantined", json_integer(counts->quarantined));
    json_object_set_new(to, "duplicates_dropped", json_integer(counts->duplicates));
    json_object_set_new(to, "rows_dropped", json_integer(counts->dropped));
    json_object_set_new(to, "rows_accepted", json_integer(counts->accepted));
    if (json_array_size(m->references) > 0)
        json_object_set(to, "references", (json_t *)m->references);
    m->in->report = to;
    return true;
}

bool draft_make(struct lake *lake, const struct lake_load *load, struct lake_ingest *in,
                struct ym_arena *arena, struct ym_error *err)
{
    struct making m = {.lake = lake, .in = in};
    struct store *store = NULL;
    struct lake_load base;
    struct ym_error dropped = {0};
    json_t *references = NULL;
    bool ok = false;

    if (!lake_ingest_drop(lake->options.engine, &in->target, err) ||
        !draft_open(lake, &org_program, load->base, false, arena, &m.draft, err) ||
        !store_take(lake->options.pool, &store, err))
        return false;
    if (!base_counts(store, load->base, &m, err) ||
        !lake_load_read(store, load->base, arena, &base, err) ||
        !lake_others(store, &m.draft.dataset, &m.draft.schema, load->version, arena,
                     &in->target.others, &references, err))
        goto out;
    m.references = references;
    in->target.accepted = true;
    quality_again(&m.draft.schema, m.draft.map, m.draft.n_columns, &in->target, m.draft.version,
                  arena, &m.again);
    if (!quality_compile(&m.draft.schema, m.draft.map, m.draft.n_columns, &in->target, arena,
                         &m.sql, err) ||
        !fill(&m, store, err) || !report(&m, store, base.report, err))
        goto out;
    in->settled = quality_schema_json(&m.draft.schema);
    ok = quality_end(lake->options.engine, &m.sql, err);
out:
    json_decref(references);
    store_give(lake->options.pool, store);
    if (!ok && !lake_ingest_drop(lake->options.engine, &in->target, &dropped))
        ym_log_error(YM_WARN, "lake.leftovers", &dropped);
    return ok;
}
