#include "pure/calendar/calendar.h"

#include "base/time.h"

enum { YEAR_DAYS = 366 };

const char *calendar_why_name(enum calendar_why why)
{
    static const char *const names[] = {"weekday", "weekend", "holiday", "make_up"};

    assert((size_t)why < YM_COUNT(names));
    return names[why];
}

static const struct calendar_day *find(const struct calendar_days *days, int64_t day)
{
    size_t from = 0, to = days ? days->n : 0;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (days->items[middle].day == day)
            return &days->items[middle];
        if (days->items[middle].day < day)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

enum calendar_why calendar_why(const struct calendar_days *days, int64_t day)
{
    const struct calendar_day *said = find(days, day);
    int64_t weekday = ((day + 4) % 7 + 7) % 7; // 1970-01-01 was a Thursday; Sunday is 0

    if (said)
        return said->works ? CALENDAR_MAKE_UP : CALENDAR_HOLIDAY;
    return weekday == 0 || weekday == 6 ? CALENDAR_WEEKEND : CALENDAR_WEEKDAY;
}

bool calendar_works(const struct calendar_days *days, int64_t day)
{
    enum calendar_why why = calendar_why(days, day);

    return why == CALENDAR_WEEKDAY || why == CALENDAR_MAKE_UP;
}

int64_t calendar_add_workdays(const struct calendar_days *days, int64_t day, int64_t n,
                              calendar_step *step, void *with)
{
    int64_t way = n < 0 ? -1 : 1, left = n < 0 ? -n : n;

    if (n == 0) {
        if (step)
            step(with, day, calendar_why(days, day));
        if (calendar_works(days, day))
            return day;
        left = 1;
    }
    while (left > 0) {
        day += way;
        enum calendar_why why = calendar_why(days, day);
        left -= why == CALENDAR_WEEKDAY || why == CALENDAR_MAKE_UP;
        if (step)
            step(with, day, why);
    }
    return day;
}

static bool bad_rule(struct ym_str text, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "calendar.rule", "'%.*s' is no rule", YM_FMT(text));
    ym_hint(err, "Write five fields of cron, or 'workday 06:30'.");
    return ym_about(err, text);
}

bool calendar_rule_parse(struct ym_str text, struct calendar_rule *out, struct ym_error *err)
{
    static const char word[] = "workday ";
    struct ym_str plain = ym_str_trim(text), clock, hour;
    int64_t h = 0, m = 0;

    *out = (struct calendar_rule){.workday = ym_str_starts(plain, YM_STR(word))};
    if (!out->workday)
        return calendar_cron_parse(plain, &out->cron, err);
    clock = ym_str_trim(ym_str_sub(plain, sizeof word - 1, plain.n));
    if (clock.n != 5 || clock.p[2] != ':' || !ym_str_cut(&clock, ':', &hour) ||
        !ym_str_int(hour, &h) || !ym_str_int(clock, &m) || h < 0 || h > 23 || m < 0 || m > 59)
        return bad_rule(text, err);
    out->cron = (struct calendar_cron){
        .minutes = UINT64_C(1) << m,
        .hours = UINT32_C(1) << h,
        .days = 0xfffffffe,
        .months = 0x1ffe,
        .weekdays = 0x7f,
    };
    return true;
}

bool calendar_rule_next(const struct calendar_rule *rule, const struct calendar_days *days,
                        const char *zone, int64_t after, int64_t *next, struct ym_error *err)
{
    *next = after;
    for (int i = 0; i < YEAR_DAYS; i++) {
        if (!calendar_cron_next(&rule->cron, zone, *next, next, err))
            return false;
        if (!rule->workday)
            return true;
        // Its local midnight, but for a change of the clock on that day; so to the nearest day.
        int64_t clock =
            (__builtin_ctz(rule->cron.hours) * INT64_C(60) + __builtin_ctzll(rule->cron.minutes)) *
            60 * YM_SECOND;
        int64_t ahead;
        if (!ym_zone_offset(zone, *next / YM_DAY, &ahead, err))
            return false;
        if (calendar_works(days, (*next + ahead - clock + YM_DAY / 2) / YM_DAY))
            return true;
    }
    ym_fail(err, YM_INVALID, "calendar.never", "no working day comes within a year");
    return ym_hint(err, "Look at the table of days: it makes every day a holiday.");
}
