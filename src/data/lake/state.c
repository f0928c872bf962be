#include "data/lake/ingest.h"
#include "data/lake/lake_private.h"

#include "base/time.h"

static const char SQL_CHECKED[] =
    "UPDATE version SET state = 'checked', checked = :now, rows_in = :rows_in, rows_kept = :kept,"
    " rows_quarantined = :quarantined, duplicates = :duplicates, rows_dropped = :dropped,"
    " rows_accepted = :accepted, report = :report, schema = :schema WHERE id = :id AND state = "
    "'received'";
static const char SQL_PUBLISH[] =
    "UPDATE version SET state = 'published', published = :now WHERE id = :id AND state = 'checked'";
static const char SQL_REFUSE[] =
    "UPDATE version SET state = 'refused', problem = :problem"
    " WHERE id = :id AND state IN ('received', 'checked')";

const char LAKE_NOTE_SCHEMA[] = "ALTER TABLE version ADD COLUMN note TEXT;\n";
static const char SQL_NOTE[] =
    "UPDATE version SET note = :note"
    " WHERE id = :id AND state IN ('checked', 'published')";
enum { NOTE_MAX = 1000 };

static struct ym_str dump(const json_t *value, struct ym_arena *arena)
{
    struct ym_buf text = {0};

    ym_json_dump(&text, value);
    struct ym_str kept = ym_arena_str(arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    return kept;
}

void lake_problem_read(struct ym_str text, struct ym_error *out)
{
    struct ym_error ignored;
    json_t *problem = NULL;

    *out = (struct ym_error){0};
    if (!text.p || !ym_json_parse(text, LAKE_SCHEMA_MAX, &problem, &ignored))
        return;
    struct ym_str code = ym_json_get(problem, "code"), title = ym_json_get(problem, "title");
    struct ym_str hint = ym_json_get(problem, "hint");
    ym_fail(out, (enum ym_kind)json_integer_value(json_object_get(problem, "kind")),
            code.p ? code.p : "lake.problem", "%.*s", YM_FMT(title));
    ym_hint(out, "%.*s", YM_FMT(hint));
    ym_about(out, ym_json_get(problem, "subject"));
    ym_at_line(out, json_integer_value(json_object_get(problem, "line")));
    json_decref(problem);
}

static struct ym_str problem_text(const struct ym_error *err, struct ym_arena *arena)
{
    json_t *problem = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I}", "kind", (int)err->kind, "code",
                                err->code, "title", err->message, "subject", err->subject, "hint",
                                err->hint, "line", (json_int_t)err->line);
    struct ym_str text = problem ? dump(problem, arena) : YM_STR("{}");

    json_decref(problem);
    return text;
}

// The load's own facts join the report here: the file's name for ever is dataset and number.
static struct ym_str report_text(const struct lake_load *load, const struct lake_ingest *in,
                                 struct ym_arena *arena)
{
    json_object_set_new(in->report, "dataset", ym_json_str(load->dataset_name));
    json_object_set_new(in->report, "version", json_integer(load->version));
    return dump(in->report, arena);
}

bool lake_checked(struct lake *lake, const struct lake_load *load,
                  const struct catalog_dataset *dataset, const struct lake_ingest *in,
                  struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct store *store = NULL;
    const struct quality_counts *counts = &in->counts;
    int64_t changed = 0;
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        goto out;
    if (!store_begin(store, err))
        goto out;
    struct ym_str schema = dump(in->settled, &arena);
    if (!dataset->schema.p && counts->kept > 0 && !catalog_settle(store, dataset->id, schema, err))
        goto out;
    if (!store_run(store, SQL_CHECKED,
                   YM_ARGS(ym_int("now", ym_now()), ym_int("rows_in", counts->in),
                           ym_int("kept", counts->kept), ym_int("quarantined", counts->quarantined),
                           ym_int("duplicates", counts->duplicates),
                           ym_int("dropped", counts->dropped), ym_int("accepted", counts->accepted),
                           ym_text("report", report_text(load, in, &arena)),
                           ym_text("schema", schema), ym_int("id", load->id)),
                   &changed, err))
        goto out;
    if (changed != 1) {
        ym_fail(err, YM_CONFLICT, "lake.state", "the load was dropped meanwhile");
        goto out;
    }
    // The file was read as somebody said: the next one is read so too.
    if (load->said && !lake_recipe_write(store, dataset->id, load->account, &load->recipe, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (store)
        store_rollback(store);
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

static bool publish_in(struct lake *lake, struct store *store, const struct lake_load *load,
                       struct ym_error *err)
{
    struct ym_arg now = ym_int("now", ym_now());
    int64_t changed = 0;

    if (!store_begin(store, err) ||
        !store_run(store, SQL_PUBLISH, YM_ARGS(now, ym_int("id", load->id)), &changed, err))
        return false;
    if (changed != 1) {
        ym_fail(err, YM_CONFLICT, "lake.state", "version %lld of '%.*s' is not checked",
                (long long)load->version, YM_FMT(load->dataset_name));
        ym_hint(err, "Reload the page: someone else has moved this load on.");
        return ym_about(err, load->dataset_name);
    }
    if (!catalog_touch(store, load->dataset, "version.published", load->version, err))
        return false;
    // In the same transaction: a kill can lose neither the state nor the news of it.
    json_t *about =
        json_pack("{s:o, s:I}", "dataset", json_sprintf("%lld", (long long)load->dataset),
                  "version", (json_int_t)load->version);
    bool ok =
        jobs_tell(*lake->options.jobs, store, "version.published", load->dataset_name, about, err);
    json_decref(about);
    return ok && store_commit(store, err);
}

static bool nothing_kept(const struct lake_load *load, struct store *store, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    int64_t kept = 0;

    if (!store_ask(store, "SELECT rows_kept FROM version WHERE id = :id",
                   YM_ARGS(ym_int("id", load->id)), &rows, err))
        return false;
    if (store_next(rows, err))
        kept = store_int(rows, 0);
    if (!store_rows_close(rows, err))
        return false;
    if (kept > 0)
        return true;
    ym_fail(err, YM_INVALID, "lake.nothing_kept", "no row of the file passed the checks");
    return ym_hint(err, "Look at the reasons in the report: the schema or the file is wrong.");
}

// For somebody, whose line in the audit trail goes with it, or for a job: NULL.
static bool publish_for(struct lake *lake, const struct org_caller *caller, int64_t id,
                        struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct store *store = NULL;
    struct lake_load load;
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    org_act_with(store, caller);
    if (!lake_load_read(store, id, &arena, &load, err))
        goto out;
    if (!nothing_kept(&load, store, err)) {
        struct ym_error refused = *err;
        if (err->kind == YM_INVALID && !lake_refuse_for(lake, id, &refused))
            *err = refused;
        goto out;
    }
    ok = publish_in(lake, store, &load, err);
    if (!ok)
        goto out;
    jobs_wake(*lake->options.jobs);
    ym_log(YM_INFO, "lake.published",
           YM_ARGS(ym_text("dataset", load.dataset_name), ym_int("version", load.version)));
out:
    store_rollback(store);
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

bool lake_publish_now(struct lake *lake, int64_t id, struct ym_error *err)
{
    return publish_for(lake, NULL, id, err);
}

static bool own_load(struct lake *lake, const struct org_caller *caller, int64_t id,
                     struct ym_arena *arena, struct lake_load *load, struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    if (!lake_load_read(store, id, arena, load, err) ||
        !catalog_by_id(store, load->dataset, arena, &dataset, err))
        goto out;
    ok = catalog_may(&dataset, caller).load;
    if (!ok && !caller)
        ym_fail(err, YM_SIGN_IN, "org.sign_in_needed", "loads are seen by their agency's stewards");
    else if (!ok) // what one may not know of is not there
        ym_fail(err, YM_NOT_FOUND, "lake.no_load", "there is no load %lld", (long long)id);
out:
    store_give(lake->options.pool, store);
    return ok;
}

bool lake_load_get(struct lake *lake, const struct org_caller *caller, int64_t id,
                   struct ym_arena *arena, struct lake_load *out, struct ym_error *err)
{
    return own_load(lake, caller, id, arena, out, err);
}

bool lake_publish(struct lake *lake, const struct org_caller *caller, int64_t id,
                  struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct lake_load load;
    bool ok = own_load(lake, caller, id, &arena, &load, err) && publish_for(lake, caller, id, err);

    ym_arena_clear(&arena);
    return ok;
}

bool lake_refuse_for(struct lake *lake, int64_t id, const struct ym_error *why)
{
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct store *store = NULL;
    bool ok = false;

    if (store_take(lake->options.pool, &store, &err))
        ok = store_run(store, SQL_REFUSE,
                       YM_ARGS(ym_text("problem", problem_text(why, &arena)), ym_int("id", id)),
                       NULL, &err);
    if (!ok)
        ym_log_error(YM_ERROR, "lake.refuse", &err);
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

bool lake_refuse(struct lake *lake, const struct org_caller *caller, int64_t id,
                 struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_error why = {0}, dropped = {0};
    struct lake_load load;
    struct store *store = NULL;
    int64_t changed = 0;
    bool ok = false;

    if (!own_load(lake, caller, id, &arena, &load, err) ||
        !store_take(lake->options.pool, &store, err))
        goto out;
    org_act_with(store, caller);
    ym_fail(&why, YM_INVALID, "lake.dropped", "the load was dropped by its steward");
    if (!store_run(store, SQL_REFUSE,
                   YM_ARGS(ym_text("problem", problem_text(&why, &arena)), ym_int("id", id)),
                   &changed, err))
        goto out;
    if (changed != 1) {
        ym_fail(err, YM_CONFLICT, "lake.state", "load %lld is %.*s and cannot be dropped",
                (long long)id, YM_FMT(load.state));
        ym_hint(err, "A published version is withdrawn, not dropped.");
        goto out;
    }
    ok = true;
    // Its rows are of no use any more; where the engine is away, recovery drops them later.
    struct quality_target target = {
        .database = "lake", .dataset = load.dataset, .load = load.id, .version = load.version};
    if (ym_str_is(load.state, "checked") &&
        !lake_ingest_drop(lake->options.engine, &target, &dropped))
        ym_log_error(YM_WARN, "lake.leftovers", &dropped);
out:
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

bool lake_note(struct lake *lake, const struct org_caller *caller, int64_t id, struct ym_str note,
               struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct lake_load load;
    struct store *store = NULL;
    int64_t changed = 0;
    bool ok = false;

    note = ym_str_trim(note);
    if (note.n > NOTE_MAX) {
        ym_fail(err, YM_INVALID, "lake.note", "a note of %zu bytes", note.n);
        return ym_hint(err, "Write up to %d bytes: readers of the version see it.", NOTE_MAX);
    }
    if (!own_load(lake, caller, id, &arena, &load, err) ||
        !store_take(lake->options.pool, &store, err))
        goto out;
    org_act_with(store, caller);
    if (!store_run(
            store, SQL_NOTE,
            YM_ARGS(note.n > 0 ? ym_text("note", note) : ym_null("note"), ym_int("id", load.id)),
            &changed, err))
        goto out;
    ok = changed == 1;
    if (!ok) {
        ym_fail(err, YM_CONFLICT, "lake.state", "load %lld is %.*s and takes no note",
                (long long)id, YM_FMT(load.state));
        ym_hint(err, "A note belongs to a load that is checked, or published.");
    }
out:
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}
