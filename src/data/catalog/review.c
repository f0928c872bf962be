#include "base/time.h"
#include "data/catalog/catalog_private.h"

enum { REASON_MAX = 1000 }; // characters

static const struct {
    const char *name, *from, *to;
} acts[CATALOG_ACTS] = {
    [CATALOG_SUBMIT] = {"submit", "draft", "submitted"},
    [CATALOG_PUBLISH] = {"publish", "submitted", "published"},
    [CATALOG_SEND_BACK] = {"send_back", "submitted", "draft"},
};

bool catalog_act_by_name(struct ym_str name, enum catalog_act *out)
{
    for (size_t i = 0; i < YM_COUNT(acts); i++)
        if (ym_str_is(name, acts[i].name)) {
            *out = (enum catalog_act)i;
            return true;
        }
    return false;
}

static const char SQL_TURN[] = "UPDATE catalog_turn SET turn = turn + 1 WHERE id = 1";
static const char SQL_TURN_OF[] =
    "UPDATE dataset SET turn = (SELECT turn FROM catalog_turn WHERE id = 1) WHERE id = :id";
bool catalog_turn(struct store *store, int64_t dataset, struct ym_error *err)
{
    return store_run(store, SQL_TURN, YM_NO_ARGS, NULL, err) &&
           store_run(store, SQL_TURN_OF, YM_ARGS(ym_int("id", dataset)), NULL, err);
}

static const char SQL_NEWS[] =
    "INSERT INTO news (id, dataset, event, detail, created)"
    " VALUES (:id, :dataset, :event, :detail, :now)";
bool catalog_news(struct store *store, int64_t dataset, const char *event, struct ym_str detail,
                  struct ym_error *err)
{
    return store_run(store, SQL_NEWS,
                     YM_ARGS(ym_int("id", store_new_id(store)), ym_int("dataset", dataset),
                             ym_text("event", ym_str(event)), ym_text("detail", detail),
                             ym_int("now", ym_now())),
                     NULL, err);
}

static const char SQL_TOUCH[] = "UPDATE dataset SET updated = :now WHERE id = :dataset";
bool catalog_touch(struct store *store, int64_t dataset, const char *event, int64_t version,
                   struct ym_error *err)
{
    char number[24];
    int n = snprintf(number, sizeof number, "%lld", (long long)version);

    return store_run(store, SQL_TOUCH, YM_ARGS(ym_int("now", ym_now()), ym_int("dataset", dataset)),
                     NULL, err) &&
           catalog_turn(store, dataset, err) &&
           catalog_news(store, dataset, event, (struct ym_str){number, (size_t)n}, err);
}

static const char SQL_MOVE[] =
    "UPDATE dataset SET state = :to, review_note = :reason, submitted_by = :submitted_by,"
    " released = :released, updated = :now, etag = etag + 1 WHERE id = :id AND state = :from";
static bool move(struct store *store, const struct org_caller *caller,
                 const struct catalog_dataset *d, enum catalog_act act, struct ym_str reason,
                 struct ym_error *err)
{
    int64_t changed = 0, now = ym_now(), by = d->submitted_by, released = d->released;

    if (act == CATALOG_SUBMIT)
        by = caller->account;
    if (act == CATALOG_PUBLISH)
        released = now;
    if (!store_run(store, SQL_MOVE,
                   YM_ARGS(ym_text("to", ym_str(acts[act].to)), ym_text("reason", reason),
                           ym_int("submitted_by", by), ym_int("released", released),
                           ym_int("now", now), ym_int("id", d->id),
                           ym_text("from", ym_str(acts[act].from))),
                   &changed, err))
        return false;
    if (changed != 1) {
        ym_fail(err, YM_CONFLICT, "catalog.state", "the entry of '%.*s' is not a %s one",
                YM_FMT(d->name), acts[act].from);
        ym_hint(err, "Reload the page: someone else has moved this entry on.");
        return ym_about(err, d->name);
    }
    return catalog_turn(store, d->id, err) &&
           (act != CATALOG_PUBLISH ||
            catalog_news(store, d->id, "entry.published", YM_STR(""), err));
}

static bool may_act(const struct catalog_dataset *d, const struct org_caller *caller,
                    enum catalog_act act, struct ym_str reason, struct ym_error *err)
{
    struct catalog_may may = catalog_may(d, caller);

    if (!may.edit)
        return catalog_denied(caller, d->name, err);
    if (act == CATALOG_SUBMIT)
        return !ym_str_is(d->state, acts[act].from) || catalog_incomplete(d, false, err);
    // Not his own: two people look at what everybody will see. Administrators stand outside.
    if (!may.review && ym_str_is(d->state, "submitted")) {
        ym_fail(err, YM_DENIED, "catalog.own_review", "who submitted an entry does not review it");
        ym_hint(err, "Another steward of the agency or an administrator reviews it.");
        return ym_about(err, d->name);
    }
    if (act != CATALOG_SEND_BACK || ym_str_trim(reason).n > 0)
        return true;
    ym_fail(err, YM_INVALID, "catalog.reason", "an entry is sent back with a reason");
    ym_hint(err, "Say what is to be mended.");
    return ym_about(err, YM_STR("reason"));
}

bool catalog_review(struct store *store, const struct org_caller *caller, struct ym_str name,
                    enum catalog_act act, struct ym_str reason, struct ym_arena *arena,
                    struct ym_error *err)
{
    struct catalog_dataset dataset;
    size_t bad;
    bool ok = false;

    if (!ym_utf8_valid(reason, &bad) || ym_utf8_count(reason) > REASON_MAX) {
        ym_fail(err, YM_INVALID, "catalog.text", "the reason is too long");
        ym_hint(err, "Give the reason in up to %d characters.", REASON_MAX);
        return ym_about(err, YM_STR("reason"));
    }
    if (!store_begin(store, err))
        goto out;
    if (!catalog_see(store, caller, name, arena, &dataset, err) ||
        !may_act(&dataset, caller, act, reason, err))
        goto out;
    if (act != CATALOG_SEND_BACK)
        reason = YM_STR("");
    ok = move(store, caller, &dataset, act, reason, err) && store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}
