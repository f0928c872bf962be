#include "service/upkeep/inside.h"

enum { BEAT_MOST_S = 60 }; // older, and the thread that beats hangs

bool upkeep_check_store(struct upkeep *upkeep, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;

    pthread_mutex_lock(&upkeep->lock);
    struct ym_error beat = upkeep->beat_error;
    bool old = ym_monotonic() - upkeep->beat_mono > BEAT_MOST_S * YM_SECOND;
    bool first = upkeep->first;
    pthread_mutex_unlock(&upkeep->lock);
    if (beat.kind != YM_NO_ERROR) {
        *err = beat;
        return false;
    }
    if (first || old) {
        ym_fail(err, YM_BUSY, "upkeep.no_beat", "the store has taken no write for %d s",
                BEAT_MOST_S);
        return ym_hint(err, "Look at its disk and at the log.");
    }
    // What it last wrote may be seconds old; that it answers is asked now.
    if (!store_take(upkeep->options.pool, &store, err))
        return false;
    bool ok = store_ask(store, "SELECT 1", YM_NO_ARGS, &rows, err) && store_next(rows, err);
    ok = store_rows_close(rows, err) && ok;
    store_give(upkeep->options.pool, store);
    return ok;
}

bool upkeep_check_engine(struct upkeep *upkeep, struct ym_error *err)
{
    char why[256];

    if (engine_ready(upkeep->options.engine))
        return true;
    ym_fail(err, YM_BUSY, "engine.away", "%.*s",
            YM_FMT(engine_trouble(upkeep->options.engine, why)));
    return ym_hint(err, "It is being started again. Try again in some seconds.");
}

bool upkeep_check_clock(struct upkeep *upkeep, struct ym_error *err)
{
    pthread_mutex_lock(&upkeep->lock);
    int64_t behind = upkeep->behind;
    pthread_mutex_unlock(&upkeep->lock);
    if (behind <= UPKEEP_BEHIND)
        return true;
    ym_fail(err, YM_CONFLICT, "upkeep.clock", "the clock is %lld s behind the last record",
            (long long)(behind / YM_SECOND));
    return ym_hint(err, "Set the machine's clock right.");
}

bool upkeep_check_disk(struct upkeep *upkeep, struct ym_error *err)
{
    return ym_disk_takes(upkeep->options.data, &upkeep->options.marks, 0, err);
}

const struct upkeep_check *upkeep_failing(struct upkeep *upkeep, struct ym_error *why)
{
    const struct upkeep_options *options = &upkeep->options;

    for (size_t i = 0; i < options->n_checks; i++)
        if (!options->checks[i].run(upkeep, why))
            return &options->checks[i];
    return NULL;
}
