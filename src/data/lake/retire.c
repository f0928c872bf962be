#include "data/lake/ingest.h"
#include "data/lake/keep.h"
#include "data/lake/lake_private.h"
#include "data/lake/versions.h"

#include "base/time.h"

enum { KEEP_MAX = 100000, REASON_MAX = 1000 };

static const char SQL_POLICY[] =
    "SELECT keep_versions, keep_days, hold, reason, updated FROM lake_policy"
    " WHERE dataset = :dataset";
static const char SQL_SET[] =
    "INSERT INTO lake_policy (dataset, keep_versions, keep_days, hold, reason, account, updated)"
    " VALUES (:dataset, :versions, :days, :hold, :reason, :account, :now)"
    " ON CONFLICT (dataset) DO UPDATE SET keep_versions = excluded.keep_versions,"
    " keep_days = excluded.keep_days, hold = excluded.hold, reason = excluded.reason,"
    " account = excluded.account, updated = excluded.updated";
static const char SQL_ALL[] =
    "SELECT p.dataset, d.name FROM lake_policy p JOIN dataset d ON d.id = p.dataset"
    " WHERE p.hold = 0 AND (p.keep_versions > 0 OR p.keep_days > 0) ORDER BY p.dataset";
static const char SQL_LOCK[] = "UPDATE dataset SET updated = updated WHERE id = :dataset";
static const char SQL_RETIRE[] =
    "UPDATE version SET state = 'retired', retired = :now WHERE id = :id"
    " AND state IN ('published', 'withdrawn')";
static const char SQL_UNDROPPED[] =
    "SELECT id, number FROM version WHERE dataset = :dataset AND state = 'retired'"
    " AND dropped IS NULL ORDER BY number";
static const char SQL_DROPPED[] = "UPDATE version SET dropped = :now WHERE id = :id";

static bool read_policy(struct store *store, int64_t dataset, struct ym_arena *arena,
                        struct lake_policy *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *out = (struct lake_policy){0};
    if (!store_ask(store, SQL_POLICY, YM_ARGS(ym_int("dataset", dataset)), &rows, err))
        return false;
    if (store_next(rows, err))
        *out = (struct lake_policy){
            .keep_versions = store_int(rows, 0),
            .keep_days = store_int(rows, 1),
            .hold = store_int(rows, 2) != 0,
            .reason = ym_arena_str(arena, store_text(rows, 3)),
            .updated = store_int(rows, 4),
        };
    return store_rows_close(rows, err);
}

static bool is_due(const struct lake_policy *policy, const struct lake_version *version,
                   int64_t newer, int64_t now)
{
    if (policy->hold || version->current || (policy->keep_versions == 0 && policy->keep_days == 0))
        return false;
    if (policy->keep_versions > 0 && newer < policy->keep_versions)
        return false;
    return policy->keep_days == 0 || version->facts.published < now - policy->keep_days * YM_DAY;
}

// Of the living versions, newest first, those that the policy keeps no longer.
static bool find_due(struct store *store, int64_t dataset, const struct lake_policy *policy,
                     struct ym_arena *arena, struct lake_versions *out, struct ym_error *err)
{
    struct lake_versions living = {0};
    int64_t now = ym_now(), newer = 0; // published ones before this one

    *out = (struct lake_versions){0};
    if (!lake_versions_living(store, dataset, arena, &living, err))
        return false;
    for (size_t i = 0; i < living.n; i++) {
        const struct lake_version *version = &living.items[i];
        if (is_due(policy, version, newer, now)) {
            out->items =
                ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
            out->items[out->n++] = *version;
        }
        newer += ym_str_is(version->facts.state, "published");
    }
    out->total = (int64_t)out->n;
    return true;
}

static bool check(const struct lake_policy *policy, struct ym_error *err)
{
    if (policy->keep_versions < 0 || policy->keep_versions > KEEP_MAX || policy->keep_days < 0 ||
        policy->keep_days > KEEP_MAX) {
        ym_fail(err, YM_INVALID, "lake.keep", "%lld versions and %lld days cannot be kept",
                (long long)policy->keep_versions, (long long)policy->keep_days);
        return ym_hint(err, "Each is 1 to %d, or 0 for not said.", KEEP_MAX);
    }
    if (policy->reason.n <= REASON_MAX && (!policy->hold || policy->reason.n > 0))
        return true;
    ym_fail(err, YM_INVALID, "lake.reason", "a reason of %zu bytes", policy->reason.n);
    return ym_hint(err, "A hold needs its reason, in 1 to %d bytes.", REASON_MAX);
}

bool lake_retention_get(struct lake *lake, const struct org_caller *caller, struct ym_str name,
                        const struct lake_policy *draft, struct ym_arena *arena,
                        struct lake_retention *out, struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;
    bool ok = false;

    *out = (struct lake_retention){0};
    if (!store_take(lake->options.pool, &store, err))
        return false;
    if (!catalog_see(store, caller, name, arena, &dataset, err) ||
        !lake_may_keep(&dataset, caller, err) ||
        !read_policy(store, dataset.id, arena, &out->policy, err))
        goto out;
    if (draft) {
        out->policy.keep_versions = draft->keep_versions;
        out->policy.keep_days = draft->keep_days;
        out->policy.hold = draft->hold;
        out->policy.reason = draft->hold && draft->reason.n == 0 ? YM_STR("?") : draft->reason;
        if (!check(&out->policy, err))
            goto out;
    }
    ok = find_due(store, dataset.id, &out->policy, arena, &out->due, err);
out:
    store_give(lake->options.pool, store);
    return ok;
}

static bool add_job(struct lake *lake, struct store *store, int64_t dataset, struct ym_str name,
                    int64_t agency, int64_t account, struct ym_error *err)
{
    json_t *about = json_pack("{s:o}", "dataset", json_sprintf("%lld", (long long)dataset));
    struct jobs_new fresh = {.kind = "lake.retire",
                             .subject = name,
                             .about = about,
                             .agency = agency,
                             .account = account};
    bool ok = jobs_add(*lake->options.jobs, store, &fresh, NULL, err);

    json_decref(about);
    return ok;
}

bool lake_retention_set(struct lake *lake, const struct org_caller *caller, struct ym_str name,
                        const struct lake_policy *policy, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct catalog_dataset dataset;
    struct store *store = NULL;
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    org_act_with(store, caller);
    if (!catalog_see(store, caller, name, &arena, &dataset, err) ||
        !lake_may_keep(&dataset, caller, err) || !check(policy, err) || !store_begin(store, err) ||
        !store_run(store, SQL_LOCK, YM_ARGS(ym_int("dataset", dataset.id)), NULL, err) ||
        !store_run(store, SQL_SET,
                   YM_ARGS(ym_int("dataset", dataset.id), ym_int("versions", policy->keep_versions),
                           ym_int("days", policy->keep_days), ym_int("hold", policy->hold),
                           ym_text("reason", policy->reason.p ? policy->reason : YM_STR("")),
                           ym_int("account", caller->account), ym_int("now", ym_now())),
                   NULL, err) ||
        !add_job(lake, store, dataset.id, dataset.name, dataset.agency, caller->account, err) ||
        !store_commit(store, err))
        goto out;
    jobs_wake(*lake->options.jobs);
    ym_log(YM_INFO, "lake.retention",
           YM_ARGS(ym_text("dataset", dataset.name), ym_int("versions", policy->keep_versions),
                   ym_int("days", policy->keep_days), ym_int("hold", policy->hold)));
    ok = true;
out:
    store_rollback(store);
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

/* The job. */

// Nothing goes while a backup reads: the job comes again.
static bool may_drop(struct store *store, struct ym_error *err)
{
    bool held = false;

    if (!lake_leased(store, &held, err))
        return false;
    if (!held)
        return true;
    ym_fail(err, YM_BUSY, "lake.leased", "a backup is being made");
    return ym_hint(err, "Versions are retired when it has ended.");
}

// One transaction that holds the dataset's row: what is current, held or withdrawn cannot change
// between the look and the move.
static bool retire_due(struct store *store, int64_t dataset, struct ym_arena *arena, int64_t *n,
                       struct ym_error *err)
{
    struct lake_policy policy;
    struct lake_versions due;
    int64_t changed = 0;

    if (!store_begin(store, err) ||
        !store_run(store, SQL_LOCK, YM_ARGS(ym_int("dataset", dataset)), NULL, err) ||
        !read_policy(store, dataset, arena, &policy, err) ||
        !find_due(store, dataset, &policy, arena, &due, err))
        return false;
    for (size_t i = 0; i < due.n; i++) {
        if (!store_run(store, SQL_RETIRE,
                       YM_ARGS(ym_int("now", ym_now()), ym_int("id", due.items[i].facts.load)),
                       &changed, err) ||
            !lake_act(store, due.items[i].facts.load, "retire", policy.reason, 0, err))
            return false;
        *n += changed;
    }
    return store_commit(store, err);
}

struct left {
    int64_t load, number;
};

static bool list_undropped(struct store *store, int64_t dataset, struct ym_arena *arena,
                           struct left **items, size_t *n, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    size_t cap = 0;

    *n = 0;
    if (!store_ask(store, SQL_UNDROPPED, YM_ARGS(ym_int("dataset", dataset)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        *items = ym_arena_grow(arena, *items, &cap, *n + 1, sizeof **items);
        (*items)[(*n)++] = (struct left){store_int(rows, 0), store_int(rows, 1)};
    }
    return store_rows_close(rows, err);
}

static bool drop_retired(struct lake *lake, struct store *store, int64_t dataset,
                         struct ym_arena *arena, struct ym_error *err)
{
    struct left *items = NULL;
    size_t n = 0;

    if (!list_undropped(store, dataset, arena, &items, &n, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct quality_target target = {.database = "lake",
                                        .dataset = dataset,
                                        .load = items[i].load,
                                        .version = items[i].number};
        if (!may_drop(store, err) || !lake_ingest_drop(lake->options.engine, &target, err) ||
            !store_run(store, SQL_DROPPED,
                       YM_ARGS(ym_int("now", ym_now()), ym_int("id", items[i].load)), NULL, err))
            return false;
    }
    return true;
}

static bool retire_one(struct lake *lake, struct store *store, int64_t dataset,
                       struct ym_error *err)
{
    struct ym_arena arena = {0};
    int64_t n = 0;
    bool ok = may_drop(store, err) && retire_due(store, dataset, &arena, &n, err);

    if (!ok)
        store_rollback(store);
    ok = ok && drop_retired(lake, store, dataset, &arena, err);
    if (ok && n > 0)
        ym_log(YM_INFO, "lake.retired", YM_ARGS(ym_int("dataset", dataset), ym_int("versions", n)));
    ym_arena_clear(&arena);
    return ok;
}

static bool add_jobs(struct lake *lake, struct store *store, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str *names = NULL;
    int64_t *ids = NULL;
    size_t n = 0, cap_names = 0, cap_ids = 0;
    struct store_rows *rows = NULL;
    bool ok = store_ask(store, SQL_ALL, YM_NO_ARGS, &rows, err);

    while (ok && store_next(rows, err)) {
        names = ym_arena_grow(&arena, names, &cap_names, n + 1, sizeof *names);
        ids = ym_arena_grow(&arena, ids, &cap_ids, n + 1, sizeof *ids);
        ids[n] = store_int(rows, 0);
        names[n++] = ym_arena_str(&arena, store_text(rows, 1));
    }
    ok = ok && store_rows_close(rows, err) && store_begin(store, err);
    for (size_t i = 0; ok && i < n; i++)
        ok = add_job(lake, store, ids[i], names[i], 0, 0, err);
    ok = ok && store_commit(store, err);
    if (!ok)
        store_rollback(store);
    else
        jobs_wake(*lake->options.jobs);
    ym_arena_clear(&arena);
    return ok;
}

bool lake_retire(struct job *job, void *with, struct ym_error *err)
{
    struct lake *lake = with;
    struct store *store = NULL;
    struct ym_str text = ym_json_get(job_about(job), "dataset");
    int64_t dataset = 0;

    if (text.n > 0 && !ym_str_int(text, &dataset))
        return ym_fail(err, YM_FAULT, "lake.job", "the job names no dataset");
    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = dataset > 0 ? retire_one(lake, store, dataset, err) : add_jobs(lake, store, err);
    store_give(lake->options.pool, store);
    return ok;
}
