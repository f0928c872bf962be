#include "data/lake/ingest.h"

static void tell(void *with, const char *stage, int64_t done, int64_t total, const char *unit)
{
    const struct lake_check *what = with;

    (void)unit;
    if (what->progress)
        what->progress(what->with, stage, done, total);
}

static bool never(void *with)
{
    (void)with;
    return false;
}

bool lake_check_file(struct engine *engine, const struct lake_check *what, json_t **report,
                     struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct lake_ingest in = {
        .engine = engine,
        .request = &what->request,
        .size = what->size,
        .schema = what->schema,
        .target = {.database = "lake",
                   .dataset = 1,
                   .load = 1,
                   .version = 1,
                   .zone = what->zone,
                   .demo = what->demo,
                   .today = what->today},
        .progress = tell,
        .stopped = never,
        // The callbacks only read it.
        .with = (void *)what,
    };
    bool ok = lake_ingest(&in, &arena, err);

    *report = in.report;
    if (ok)
        json_object_set_new(in.report, "schema", in.settled);
    else
        json_decref(in.settled);
    ym_arena_clear(&arena);
    return ok;
}
