#include "host/jobs/calendar.h"
#include "host/jobs/inside.h"

enum { NAME_BYTES = 200 };

static int64_t first_day(int64_t year)
{
    return ym_day_of((int)year, 1, 1);
}

bool jobs_calendar(struct store *store, struct ym_arena *arena, struct calendar_days *out,
                   struct ym_error *err)
{
    struct store_rows *rows;

    *out = (struct calendar_days){0};
    if (!store_ask(store, "SELECT day, works FROM calendar_day ORDER BY day", YM_NO_ARGS, &rows,
                   err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = (struct calendar_day){store_int(rows, 0), store_int(rows, 1) != 0};
    }
    return store_rows_close(rows, err);
}

static const char SQL_YEAR[] = "SELECT source FROM calendar_year WHERE year = :year";
static const char SQL_DAYS[] =
    "SELECT day, works, name FROM calendar_day"
    " WHERE day >= :from AND day < :until ORDER BY day";
bool jobs_calendar_year(struct store *store, int64_t year, struct ym_arena *arena,
                        struct jobs_year *out, struct ym_error *err)
{
    struct store_rows *rows;

    *out = (struct jobs_year){.year = year};
    if (!store_ask(store, SQL_YEAR, YM_ARGS(ym_int("year", year)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        out->known = true;
        out->source = ym_arena_str(arena, store_text(rows, 0));
    }
    if (!store_rows_close(rows, err) ||
        !store_ask(store, SQL_DAYS,
                   YM_ARGS(ym_int("from", first_day(year)), ym_int("until", first_day(year + 1))),
                   &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->days = ym_arena_grow(arena, out->days, &out->cap, out->n + 1, sizeof *out->days);
        out->days[out->n++] = (struct jobs_day){store_int(rows, 0), store_int(rows, 1) != 0,
                                                ym_arena_str(arena, store_text(rows, 2))};
    }
    return store_rows_close(rows, err);
}

static bool judge(const struct jobs_year *year, struct ym_error *err)
{
    if (year->source.n > NAME_BYTES) {
        ym_fail(err, YM_INVALID, "calendar.name", "a text is over %d bytes", NAME_BYTES);
        return ym_hint(err, "Write it shorter.");
    }
    for (size_t i = 0; i < year->n; i++) {
        const struct jobs_day *day = &year->days[i];
        bool twice = false;
        for (size_t j = 0; j < i; j++)
            twice = twice || year->days[j].day == day->day;
        if (twice || day->day < first_day(year->year) || day->day >= first_day(year->year + 1)) {
            ym_fail(err, YM_INVALID, "calendar.day", "a day is not in %lld, or is there twice",
                    (long long)year->year);
            return ym_hint(err, "Give each day of the year at most once.");
        }
        if (day->name.n > NAME_BYTES) {
            ym_fail(err, YM_INVALID, "calendar.name", "a text is over %d bytes", NAME_BYTES);
            return ym_hint(err, "Write it shorter.");
        }
    }
    return true;
}

// In the caller's transaction.
static bool write_year(struct store *store, const struct jobs_year *year, struct ym_error *err)
{
    struct ym_arg which = ym_int("year", year->year);

    if (!store_run(store, "DELETE FROM calendar_day WHERE day >= :from AND day < :until",
                   YM_ARGS(ym_int("from", first_day(year->year)),
                           ym_int("until", first_day(year->year + 1))),
                   NULL, err) ||
        !store_run(store, "DELETE FROM calendar_year WHERE year = :year", YM_ARGS(which), NULL,
                   err) ||
        (year->source.n > 0 &&
         !store_run(store, "INSERT INTO calendar_year (year, source) VALUES (:year, :source)",
                    YM_ARGS(which, ym_text("source", year->source)), NULL, err)))
        return false;
    for (size_t i = 0; i < year->n; i++) {
        const struct jobs_day *day = &year->days[i];
        if (!store_run(store,
                       "INSERT INTO calendar_day (day, works, name) VALUES (:day, :works, :name)",
                       YM_ARGS(ym_int("day", day->day), ym_int("works", day->works),
                               ym_text("name", day->name.p ? day->name : YM_STR(""))),
                       NULL, err))
            return false;
    }
    return true;
}

bool jobs_calendar_put(struct jobs *jobs, const struct jobs_year *year, struct ym_error *err)
{
    struct store *store = NULL;

    if (!judge(year, err) || !store_take(jobs->options.pool, &store, err))
        return false;
    // 0: the keeper reckons the next moment anew.
    bool ok = store_begin(store, err) && write_year(store, year, err) &&
              store_run(store, "UPDATE schedule SET next = 0 WHERE rule LIKE 'workday %'",
                        YM_NO_ARGS, NULL, err) &&
              store_commit(store, err);
    store_rollback(store);
    store_give(jobs->options.pool, store);
    if (ok) {
        ym_log(YM_INFO, "jobs.calendar",
               YM_ARGS(ym_int("year", year->year), ym_int("days", (int64_t)year->n)));
        jobs_plans_changed(jobs);
    }
    return ok;
}

static bool bad_line(int64_t line, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "calendar.file", "line %lld of the calendar is not read",
            (long long)line);
    ym_hint(err, "Write year,YYYY,source or holiday,YYYY-MM-DD,name or work,YYYY-MM-DD,name.");
    return ym_at_line(err, line);
}

struct file {
    struct jobs_year *items;
    size_t n, cap;
};

static bool read_line(struct file *file, struct ym_str line, struct ym_arena *arena)
{
    struct ym_str rest = line, what, which;
    struct jobs_year *year = file->n > 0 ? &file->items[file->n - 1] : NULL;
    int64_t number;

    (void)ym_str_cut(&rest, ',', &what);
    (void)ym_str_cut(&rest, ',', &which);
    if (ym_str_is(what, "year")) {
        if (!ym_str_int(which, &number) || number < 1970 || number > 9999 || rest.n == 0)
            return false;
        file->items =
            ym_arena_grow(arena, file->items, &file->cap, file->n + 1, sizeof *file->items);
        file->items[file->n++] = (struct jobs_year){.year = number, .known = true, .source = rest};
        return true;
    }
    bool works = ym_str_is(what, "work");
    if (!year || (!works && !ym_str_is(what, "holiday")) || !ym_day_parse(which, &number))
        return false;
    year->days = ym_arena_grow(arena, year->days, &year->cap, year->n + 1, sizeof *year->days);
    year->days[year->n++] = (struct jobs_day){number, works, rest};
    return true;
}

static bool put_unknown(struct store *store, const struct jobs_year *year, int64_t *years,
                        struct ym_arena *arena, struct ym_error *err)
{
    struct jobs_year there;

    if (!judge(year, err) || !store_begin(store, err))
        return false;
    bool ok = jobs_calendar_year(store, year->year, arena, &there, err);
    if (ok && !there.known && there.n == 0) {
        ok = write_year(store, year, err) && store_commit(store, err);
        *years += ok;
    }
    store_rollback(store);
    return ok || err->kind == YM_CONFLICT; // another server has just put it in
}

bool jobs_calendar_load(struct store_pool *pool, struct ym_str text, int64_t *years,
                        struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str rest = text, line;
    struct file file = {0};
    struct store *store = NULL;
    bool ok = true;

    *years = 0;
    for (int64_t n = 1; ok && ym_str_cut(&rest, '\n', &line); n++) {
        line = ym_str_trim(line);
        if (line.n > 0 && line.p[0] != '#')
            ok = read_line(&file, line, &arena) || bad_line(n, err);
    }
    ok = ok && store_take(pool, &store, err);
    for (size_t i = 0; ok && i < file.n; i++)
        ok = put_unknown(store, &file.items[i], years, &arena, err);
    store_give(pool, store);
    ym_arena_clear(&arena);
    return ok;
}
