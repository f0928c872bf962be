#include "data/lake/versions.h"
#include "data/lake/lake_private.h"

#include "base/time.h"

enum { REASON_MAX = 1000 };

const char LAKE_VERSIONS_1[] =
    "ALTER TABLE version ADD COLUMN retired BIGINT;\n"
    "ALTER TABLE version ADD COLUMN dropped BIGINT;\n" // its rows are gone from the engine
    "CREATE TABLE version_act (\n"
    " id BIGINT PRIMARY KEY,\n"
    " version BIGINT NOT NULL REFERENCES version (id),\n"
    " act TEXT NOT NULL, reason TEXT NOT NULL,\n"
    " account BIGINT NOT NULL, at BIGINT NOT NULL);\n"
    "CREATE INDEX version_act_version ON version_act (version, id);\n"
    "CREATE TABLE lake_policy (\n"
    " dataset BIGINT PRIMARY KEY REFERENCES dataset (id),\n"
    " keep_versions BIGINT NOT NULL, keep_days BIGINT NOT NULL,\n" // 0: not said
    " hold BIGINT NOT NULL, reason TEXT NOT NULL,\n"
    " account BIGINT NOT NULL, updated BIGINT NOT NULL);\n";

#define COLUMNS                                                                                    \
    "SELECT v.number, v.id, v.published, v.received, v.rows_in, v.rows_kept, v.rows_quarantined,"  \
    " v.duplicates, v.state, v.file, a.act, a.reason, a.at,"                                       \
    " CASE WHEN v.id = (SELECT w.id FROM version w WHERE w.dataset = v.dataset"                    \
    " AND w.state = 'published' ORDER BY w.published DESC, w.number DESC LIMIT 1)"                 \
    " THEN 1 ELSE 0 END, v.note FROM version v LEFT JOIN version_act a"                            \
    " ON a.id = (SELECT MAX(b.id) FROM version_act b WHERE b.version = v.id)"                      \
    " WHERE v.dataset = :dataset"
static const char SQL_LIST[] = COLUMNS
    " AND v.state IN ('published', 'withdrawn', 'retired') AND (:before = 0 OR v.number < :before)"
    " ORDER BY v.number DESC LIMIT :limit";
static const char SQL_ONE[] =
    COLUMNS " AND v.state IN ('published', 'withdrawn', 'retired') AND v.number = :number";
static const char SQL_LIVING[] =
    COLUMNS " AND v.state IN ('published', 'withdrawn') ORDER BY v.published DESC, v.number DESC";
static const char SQL_TOTAL[] =
    "SELECT COUNT(*) FROM version WHERE dataset = :dataset"
    " AND state IN ('published', 'withdrawn', 'retired')";

static void read_one(const struct store_rows *rows, struct ym_arena *arena,
                     struct lake_version *out)
{
    *out = (struct lake_version){
        .facts = {.number = store_int(rows, 0),
                  .load = store_int(rows, 1),
                  .published = store_int(rows, 2),
                  .received = store_int(rows, 3),
                  .in = store_int(rows, 4),
                  .kept = store_int(rows, 5),
                  .quarantined = store_int(rows, 6),
                  .duplicates = store_int(rows, 7),
                  .state = ym_arena_str(arena, store_text(rows, 8)),
                  .file = ym_arena_str(arena, store_text(rows, 9))},
        .act = ym_arena_str(arena, store_text(rows, 10)),
        .reason = ym_arena_str(arena, store_text(rows, 11)),
        .acted = store_int(rows, 12),
        .current = store_int(rows, 13) != 0,
        .note = ym_arena_str(arena, store_text(rows, 14)),
    };
}

static bool read_all(struct store *store, const char *sql, struct ym_args args,
                     struct ym_arena *arena, struct lake_versions *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, sql, args, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        read_one(rows, arena, &out->items[out->n++]);
    }
    return store_rows_close(rows, err);
}

bool lake_versions_living(struct store *store, int64_t dataset, struct ym_arena *arena,
                          struct lake_versions *out, struct ym_error *err)
{
    return read_all(store, SQL_LIVING, YM_ARGS(ym_int("dataset", dataset)), arena, out, err);
}

bool lake_version_list(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                       int64_t before, int64_t limit, struct ym_arena *arena,
                       struct lake_versions *out, struct ym_error *err)
{
    struct catalog_dataset found;
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool ok = false;

    *out = (struct lake_versions){0};
    if (!store_take(lake->options.pool, &store, err))
        return false;
    if (!catalog_see(store, caller, dataset, arena, &found, err) ||
        !read_all(store, SQL_LIST,
                  YM_ARGS(ym_int("dataset", found.id), ym_int("before", before),
                          ym_int("limit", limit > 0 ? limit : 100)),
                  arena, out, err) ||
        !store_ask(store, SQL_TOTAL, YM_ARGS(ym_int("dataset", found.id)), &rows, err))
        goto out;
    if (store_next(rows, err))
        out->total = store_int(rows, 0);
    ok = store_rows_close(rows, err);
out:
    store_give(lake->options.pool, store);
    return ok;
}

static bool no_version(struct ym_str dataset, int64_t number, struct ym_error *err)
{
    ym_fail(err, YM_NOT_FOUND, "lake.no_version", "'%.*s' has no version %lld", YM_FMT(dataset),
            (long long)number);
    ym_hint(err, "Look at the list of versions.");
    return ym_about(err, dataset);
}

static bool get_in(struct store *store, const struct catalog_dataset *dataset, int64_t number,
                   struct ym_arena *arena, struct lake_version *out, struct ym_error *err)
{
    struct lake_versions found = {0};

    if (!read_all(store, SQL_ONE, YM_ARGS(ym_int("dataset", dataset->id), ym_int("number", number)),
                  arena, &found, err))
        return false;
    if (found.n == 0)
        return no_version(dataset->name, number, err);
    *out = found.items[0];
    return true;
}

bool lake_version_get(struct lake *lake, const struct org_caller *caller, struct ym_str name,
                      int64_t number, struct ym_arena *arena, struct lake_version *out,
                      struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = catalog_see(store, caller, name, arena, &dataset, err) &&
              get_in(store, &dataset, number, arena, out, err);
    store_give(lake->options.pool, store);
    return ok;
}

bool lake_may_keep(const struct catalog_dataset *dataset, const struct org_caller *caller,
                   struct ym_error *err)
{
    bool closed = ym_str_is(dataset->openness, "closed");

    if (catalog_may(dataset, caller).load)
        return true;
    if (!caller) {
        ym_fail(err, YM_SIGN_IN, "org.sign_in_needed", "this needs an account");
        return ym_hint(err, "Sign in as a steward of '%.*s'.", YM_FMT(dataset->agency_name));
    }
    // What another agency keeps closed is not there for it.
    ym_fail(err, closed && !catalog_may(dataset, caller).read ? YM_NOT_FOUND : YM_DENIED,
            "lake.not_yours", "'%.*s' belongs to another agency", YM_FMT(dataset->name));
    ym_hint(err, "Ask a steward of '%.*s'.", YM_FMT(dataset->agency_name));
    return ym_about(err, dataset->name);
}

static const char SQL_ACT[] =
    "INSERT INTO version_act (id, version, act, reason, account, at)"
    " VALUES (:id, :version, :act, :reason, :account, :at)";
bool lake_act(struct store *store, int64_t load, const char *act, struct ym_str reason,
              int64_t account, struct ym_error *err)
{
    return store_run(store, SQL_ACT,
                     YM_ARGS(ym_int("id", store_new_id(store)), ym_int("version", load),
                             ym_text("act", ym_str(act)),
                             ym_text("reason", reason.p ? reason : YM_STR("")),
                             ym_int("account", account), ym_int("at", ym_now())),
                     NULL, err);
}

// A move that a person makes.
struct move {
    const char *act, *from, *to, *event;
    bool needs_reason;
};
static const struct move withdraw = {"withdraw", "published", "withdrawn", "version.withdrawn",
                                     true};
static const struct move restore = {"restore", "withdrawn", "published", "version.restored", false};

static bool check_reason(const struct move *move, struct ym_str *reason, struct ym_error *err)
{
    *reason = ym_str_trim(*reason);
    if ((reason->n > 0 || !move->needs_reason) && reason->n <= REASON_MAX)
        return true;
    ym_fail(err, YM_INVALID, "lake.reason", "a reason of %zu bytes", reason->n);
    return ym_hint(err, "Say why in 1 to %d bytes: readers of the dataset see it.", REASON_MAX);
}

static const char SQL_LOCK[] = "UPDATE dataset SET updated = :now WHERE id = :dataset";
static const char SQL_MOVE[] =
    "UPDATE version SET state = :to, withdrawn = :withdrawn WHERE id = :id AND state = :from";
static bool move_in(struct lake *lake, struct store *store, const struct catalog_dataset *dataset,
                    const struct lake_version *version, const struct move *move,
                    struct ym_str reason, int64_t account, struct ym_error *err)
{
    struct ym_arg now = ym_int("now", ym_now());
    bool away = move == &withdraw;
    int64_t changed = 0;

    // The dataset's row first: retention takes it too, so that the two go one after the other.
    if (!store_begin(store, err) ||
        !store_run(store, SQL_LOCK, YM_ARGS(now, ym_int("dataset", dataset->id)), NULL, err) ||
        !store_run(store, SQL_MOVE,
                   YM_ARGS(ym_text("to", ym_str(move->to)), ym_text("from", ym_str(move->from)),
                           away ? ym_int("withdrawn", now.i)
                                : ym_text("withdrawn", (struct ym_str){NULL, 0}),
                           ym_int("id", version->facts.load)),
                   &changed, err))
        return false;
    if (changed != 1) {
        ym_fail(err, YM_CONFLICT, "lake.state", "version %lld of '%.*s' is not %s",
                (long long)version->facts.number, YM_FMT(dataset->name), move->from);
        ym_hint(err, "Reload the page: someone else has moved this version on.");
        return ym_about(err, dataset->name);
    }
    if (!lake_act(store, version->facts.load, move->act, reason, account, err))
        return false;
    json_t *about = json_pack("{s:o, s:I}", "dataset", json_sprintf("%lld", (long long)dataset->id),
                              "version", (json_int_t)version->facts.number);
    bool ok = jobs_tell(*lake->options.jobs, store, move->event, dataset->name, about, err);
    json_decref(about);
    return ok && store_commit(store, err);
}

static bool move_version(struct lake *lake, const struct org_caller *caller, struct ym_str name,
                         int64_t number, const struct move *move, struct ym_str reason,
                         struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct catalog_dataset dataset;
    struct lake_version version = {0};
    struct store *store = NULL;
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    org_act_with(store, caller);
    ok = catalog_see(store, caller, name, &arena, &dataset, err) &&
         lake_may_keep(&dataset, caller, err) && check_reason(move, &reason, err) &&
         get_in(store, &dataset, number, &arena, &version, err) &&
         move_in(lake, store, &dataset, &version, move, reason, caller->account, err);
    if (ok) {
        jobs_wake(*lake->options.jobs);
        ym_log(YM_INFO, "lake.moved",
               YM_ARGS(ym_text("dataset", dataset.name), ym_int("version", number),
                       ym_text("to", ym_str(move->to))));
    } else {
        store_rollback(store);
    }
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

bool lake_withdraw(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                   int64_t number, struct ym_str reason, struct ym_error *err)
{
    return move_version(lake, caller, dataset, number, &withdraw, reason, err);
}

bool lake_restore(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                  int64_t number, struct ym_str reason, struct ym_error *err)
{
    return move_version(lake, caller, dataset, number, &restore, reason, err);
}
