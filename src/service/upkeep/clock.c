#include "service/upkeep/inside.h"

static const char SQL_BEAT[] =
    "INSERT INTO upkeep_mark (name, at) VALUES (:name, :now) ON CONFLICT (name) DO UPDATE SET at ="
    " CASE WHEN upkeep_mark.at > :now THEN upkeep_mark.at ELSE :now END RETURNING at";
static const char SQL_BORN[] =
    "INSERT INTO upkeep_mark (name, at) VALUES ('born', :now)"
    " ON CONFLICT (name) DO UPDATE SET at = upkeep_mark.at RETURNING at";
static const char SQL_NEWEST[] =
    "SELECT COALESCE(MAX(at), 0) FROM upkeep_mark WHERE name LIKE 'clock.%'";
static const char SQL_ACCEPT[] =
    "UPDATE upkeep_mark SET at = :now WHERE name LIKE 'clock.%' AND at > :now";

bool upkeep_beat(struct store_pool *pool, int64_t *behind, int64_t *born, struct ym_error *err)
{
    struct store *store = NULL;
    char name[32];
    int64_t at = 0;

    if (!store_take(pool, &store, err))
        return false;
    snprintf(name, sizeof name, "clock.%d", store_pool_server(pool));
    struct ym_arg now = ym_int("now", ym_now());
    bool ok = store_one(store, SQL_BEAT, YM_ARGS(ym_text("name", ym_str(name)), now), &at, err) &&
              (*born > 0 || store_one(store, SQL_BORN, YM_ARGS(now), born, err));
    store_give(pool, store);
    *behind = at - now.i;
    return ok;
}

bool upkeep_clock(struct store_pool *pool, bool accept, struct ym_error *err)
{
    struct store *store = NULL;
    char text[YM_TIME_TEXT], ours[YM_TIME_TEXT];
    int64_t newest = 0, now = ym_now();

    if (!store_take(pool, &store, err))
        return false;
    bool ok = store_one(store, SQL_NEWEST, YM_NO_ARGS, &newest, err);
    bool wrong = ok && newest - now > UPKEEP_BEHIND;
    if (wrong && accept) {
        ym_log(YM_WARN, "upkeep.clock_accepted",
               YM_ARGS(ym_text("clock", ym_str(ym_time_text(now, ours))),
                       ym_text("record", ym_str(ym_time_text(newest, text)))));
        ok = store_run(store, SQL_ACCEPT, YM_ARGS(ym_int("now", now)), NULL, err);
    }
    store_give(pool, store);
    if (!ok || !wrong || accept)
        return ok;
    ym_fail(err, YM_CONFLICT, "upkeep.clock", "the clock says %s, but the last record is of %s",
            ym_time_text(now, ours), ym_time_text(newest, text));
    ym_hint(err,
            "Set the machine's clock right. Where the record is what is wrong, start once "
            "with --accept-clock.");
    return ym_about(err, ym_str(text));
}
