#include "face/api/inside.h"

#include "host/jobs/calendar.h"

static json_t *day_json(int64_t day)
{
    char text[YM_TIME_TEXT];

    ym_time_text(day * YM_DAY, text);
    return json_stringn(text, 10);
}

static bool year_of(const struct http_request *rq, int64_t *year, struct ym_error *err)
{
    struct ym_str text = http_path_part(rq, "year");

    if (ym_str_int(text, year) && *year >= 1970 && *year <= 2200)
        return true;
    ym_fail(err, YM_NOT_FOUND, "calendar.year", "'%.*s' is no year of the calendar", YM_FMT(text));
    ym_hint(err, "Use a year from 1970 to 2200.");
    return ym_about(err, text);
}

static int64_t count_workdays(const struct jobs_year *year, struct ym_arena *arena)
{
    struct calendar_days days = {.n = year->n};
    int64_t n = 0;

    days.items = ym_arena_alloc(arena, (year->n + 1) * sizeof *days.items);
    for (size_t i = 0; i < year->n; i++)
        days.items[i] = (struct calendar_day){year->days[i].day, year->days[i].works};
    for (int64_t day = ym_day_of((int)year->year, 1, 1); day < ym_day_of((int)year->year + 1, 1, 1);
         day++)
        n += calendar_works(&days, day);
    return n;
}

static bool answer(struct http_request *rq, struct http_reply *re, int64_t number,
                   struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct jobs_year year;
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = jobs_calendar_year(store, number, rq->arena, &year, err);
    store_give(pool, store);
    if (!ok)
        return false;
    json_t *days = json_array();
    for (size_t i = 0; i < year.n; i++)
        json_array_append_new(days, json_pack("{s:o, s:b, s:o}", "day", day_json(year.days[i].day),
                                              "works", year.days[i].works, "name",
                                              ym_json_str(year.days[i].name)));
    http_reply_json(re, json_pack("{s:I, s:b, s:o, s:I, s:o}", "year", (json_int_t)year.year,
                                  "known", year.known, "source",
                                  year.known ? ym_json_str(year.source) : json_null(), "workdays",
                                  (json_int_t)count_workdays(&year, rq->arena), "days", days));
    return true;
}

bool api_calendar_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    int64_t year;

    return year_of(rq, &year, err) && answer(rq, re, year, err);
}

static bool read_day(const json_t *value, struct jobs_day *out, struct ym_error *err)
{
    const json_t *works = json_object_get(value, "works"), *name = json_object_get(value, "name");
    size_t known = json_object_size(value) - (name != NULL);

    *out = (struct jobs_day){.works = json_is_true(works), .name = ym_json_get(value, "name")};
    if (ym_day_parse(ym_json_get(value, "day"), &out->day) && json_is_boolean(works) &&
        (!name || json_is_string(name)) && known == 2)
        return true;
    ym_fail(err, YM_INVALID, "calendar.day", "a day is not {\"day\", \"works\", \"name\"}");
    return ym_hint(err, "Write {\"day\": \"2026-02-14\", \"works\": true, \"name\": \"…\"}.");
}

bool api_calendar_put(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct jobs_year year = {0};
    json_t *days = NULL;
    const struct api_field fields[] = {
        {"source", API_TEXT, false, &year.source},
        {"days", API_ARRAY, true, &days},
    };

    if (!api_need_platform(rq, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) ||
        !year_of(rq, &year.year, err) || !api_fields(rq->json, fields, YM_COUNT(fields), err))
        return false;
    year.known = year.source.n > 0;
    year.days = ym_arena_alloc(rq->arena, (json_array_size(days) + 1) * sizeof *year.days);
    for (; year.n < json_array_size(days) && year.n <= 366; year.n++)
        if (!read_day(json_array_get(days, year.n), &year.days[year.n], err))
            return false;
    return jobs_calendar_put(api_of(rq)->options.jobs, &year, err) &&
           answer(rq, re, year.year, err);
}

static void add_step(void *with, int64_t day, enum calendar_why why)
{
    json_array_append_new(
        with, json_pack("{s:o, s:s}", "day", day_json(day), "why", calendar_why_name(why)));
}

// Is every year from one day to the other decreed?
static bool all_known(struct store *store, int64_t from, int64_t to, struct ym_arena *arena,
                      bool *known, struct ym_error *err)
{
    char text[YM_TIME_TEXT];
    int64_t first = 0, last = 0;
    struct jobs_year year;

    (void)ym_str_int((struct ym_str){ym_time_text((from < to ? from : to) * YM_DAY, text), 4},
                     &first);
    (void)ym_str_int((struct ym_str){ym_time_text((from < to ? to : from) * YM_DAY, text), 4},
                     &last);
    *known = true;
    for (; first <= last; first++) {
        if (!jobs_calendar_year(store, first, arena, &year, err))
            return false;
        *known = *known && year.known;
    }
    return true;
}

bool api_workdays_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct ym_str said = http_param(rq, "from");
    int64_t from, n = http_param_int(rq, "days", 1);
    struct calendar_days days;
    struct store *store = NULL;
    bool known = false;

    if (!ym_day_parse(said, &from)) {
        ym_fail(err, YM_INVALID, "calendar.day", "'from' is not a day");
        ym_hint(err, "Write from=2026-02-13.");
        return ym_about(err, YM_STR("from"));
    }
    if (!store_take(pool, &store, err))
        return false;
    json_t *steps = json_array();
    bool ok = jobs_calendar(store, rq->arena, &days, err);
    int64_t day = ok ? calendar_add_workdays(&days, from, n, add_step, steps) : 0;
    ok = ok && all_known(store, from, day, rq->arena, &known, err);
    store_give(pool, store);
    if (!ok) {
        json_decref(steps);
        return false;
    }
    http_reply_json(re,
                    json_pack("{s:o, s:I, s:o, s:b, s:o}", "from", day_json(from), "days",
                              (json_int_t)n, "day", day_json(day), "known", known, "steps", steps));
    return true;
}
