#include "pure/calendar/calendar.h"

#include "base/time.h"

#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum { MINUTE_MS = 60000, DAY_MINUTES = 1440, DAYS_MOST = 50 * 366, ZONE_CHARS = 128 };

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct field {
    const char *name; // for the error
    int64_t least, most;
    const char *const *names; // of `least` and on; or NULL
    size_t n_names;
};
static const struct field fields[5] = {
    {"minute", 0, 59, NULL, 0},
    {"hour", 0, 23, NULL, 0},
    {"day", 1, 31, NULL, 0},
    {"month", 1, 12, month_names, YM_COUNT(month_names)},
    {"weekday", 0, 7, weekday_names, YM_COUNT(weekday_names)},
};

static bool bad_field(const struct field *field, struct ym_str text, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "calendar.cron", "'%.*s' is no %s of a cron line", YM_FMT(text),
            field->name);
    ym_hint(err, "Use numbers from %lld to %lld, lists a,b, ranges a-b, steps */n.",
            (long long)field->least, (long long)field->most);
    return ym_about(err, text);
}

static bool same_word(struct ym_str text, const char *word)
{
    if (text.n != strlen(word))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] | 0x20) != word[i])
            return false;
    return true;
}

static bool read_value(const struct field *field, struct ym_str text, int64_t *out)
{
    for (size_t i = 0; i < field->n_names; i++)
        if (same_word(text, field->names[i])) {
            *out = field->least + (int64_t)i;
            return true;
        }
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return ym_str_int(text, out) && *out >= field->least && *out <= field->most;
}

// One of a list: *, a, a-b, each with /n.
static bool read_item(const struct field *field, struct ym_str item, uint64_t *bits)
{
    struct ym_str step_text = item, range, from;
    int64_t step = 1, first = field->least, last = field->most;

    (void)ym_str_cut(&step_text, '/', &range);
    bool stepped = step_text.p != NULL;
    if (stepped && (!ym_str_int(step_text, &step) || step < 1 || step > 60 ||
                    step_text.p[0] < '0' || step_text.p[0] > '9'))
        return false;
    if (!ym_str_is(range, "*")) {
        struct ym_str to = range;
        (void)ym_str_cut(&to, '-', &from);
        if (!read_value(field, from, &first))
            return false;
        last = stepped ? field->most : first;
        if (to.p && !read_value(field, to, &last))
            return false;
        if (last < first)
            return false;
    } else if (field->n_names == YM_COUNT(weekday_names)) {
        last = 6; // Sunday has two numbers, one day
    }
    for (int64_t value = first; value <= last; value += step)
        *bits |= UINT64_C(1) << value;
    return true;
}

static bool read_field(const struct field *field, struct ym_str text, uint64_t *bits,
                       struct ym_error *err)
{
    struct ym_str rest = text, item;

    *bits = 0;
    while (ym_str_cut(&rest, ',', &item))
        if (!read_item(field, item, bits))
            return bad_field(field, text, err);
    return true;
}

// 30 February never comes, nor does 31 April: then the line is a mistake.
static bool comes(const struct calendar_cron *cron)
{
    static const int longest[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    for (int month = 1; month <= 12; month++)
        for (int day = 1; day <= longest[month]; day++)
            if (cron->months >> month & 1 && (cron->either || cron->days >> day & 1))
                return true;
    return false;
}

bool calendar_cron_parse(struct ym_str text, struct calendar_cron *out, struct ym_error *err)
{
    struct ym_str rest = ym_str_trim(text), word, words[5];
    uint64_t bits[5];
    size_t n = 0;

    while (ym_str_cut(&rest, ' ', &word)) {
        if (word.n == 0)
            continue;
        if (n < 5)
            words[n] = word;
        n++;
    }
    if (n != 5) {
        ym_fail(err, YM_INVALID, "calendar.cron", "a cron line has five fields, not %zu", n);
        ym_hint(err, "Write minute, hour, day, month, weekday: 30 6 * * 1-5.");
        return ym_about(err, text);
    }
    for (size_t i = 0; i < 5; i++)
        if (!read_field(&fields[i], words[i], &bits[i], err))
            return false;
    if (bits[4] >> 7 & 1)
        bits[4] |= 1;
    *out = (struct calendar_cron){
        .minutes = bits[0],
        .hours = (uint32_t)bits[1],
        .days = (uint32_t)bits[2],
        .months = (uint32_t)bits[3],
        .weekdays = (uint32_t)(bits[4] & 0x7f),
        .either = words[2].p[0] != '*' && words[4].p[0] != '*',
    };
    if (comes(out))
        return true;
    ym_fail(err, YM_INVALID, "calendar.never", "no month has such a day");
    ym_hint(err, "Look at the third and the fourth field.");
    return ym_about(err, text);
}

// H. Hinnant, civil_from_days.
static void civil_of(int64_t days, int *month, int *day)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool day_fits(const struct calendar_cron *cron, int64_t day)
{
    int month, of_month, weekday = (int)(((day + 4) % 7 + 7) % 7);

    civil_of(day, &month, &of_month);
    bool by_day = cron->days >> of_month & 1, by_weekday = cron->weekdays >> weekday & 1;
    return cron->months >> month & 1 &&
           (cron->either ? by_day || by_weekday : by_day && by_weekday);
}

// The first fitting minute of the wall clock from `from` on, before `end`; INT64_MAX: none.
static int64_t first_minute(const struct calendar_cron *cron, int64_t from, int64_t end)
{
    for (int64_t day = floor_div(from, DAY_MINUTES); day * DAY_MINUTES < end; day++) {
        if (!day_fits(cron, day))
            continue;
        int64_t start = from > day * DAY_MINUTES ? from - day * DAY_MINUTES : 0;
        for (int64_t hour = start / 60; hour < 24; hour++) {
            if (!(cron->hours >> hour & 1))
                continue;
            for (int64_t minute = hour == start / 60 ? start % 60 : 0; minute < 60; minute++)
                if (cron->minutes >> minute & 1) {
                    int64_t found = day * DAY_MINUTES + hour * 60 + minute;
                    return found < end ? found : INT64_MAX;
                }
        }
    }
    return INT64_MAX;
}

static UCalendar *open_zone(const char *zone, struct ym_error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar name[ZONE_CHARS], known[ZONE_CHARS];
    UBool system_id = false;
    UCalendar *calendar = NULL;

    u_strFromUTF8(name, ZONE_CHARS, NULL, zone, -1, &status);
    if (U_SUCCESS(status))
        ucal_getCanonicalTimeZoneID(name, -1, known, ZONE_CHARS, &system_id, &status);
    if (U_SUCCESS(status) && system_id)
        calendar = ucal_open(name, -1, "en", UCAL_GREGORIAN, &status);
    if (calendar && U_SUCCESS(status))
        return calendar;
    if (calendar)
        ucal_close(calendar);
    ym_fail(err, YM_INVALID, "time.zone", "'%s' is not a time zone", zone);
    ym_hint(err, "Use an IANA name such as Asia/Shanghai.");
    ym_about(err, ym_str(zone));
    return NULL;
}

/* Between two changes of the zone's offset the wall clock runs evenly, and the search is
 * arithmetic: so no minute of it is looked at one by one, and none is counted that the clock never
 * showed. */
bool calendar_cron_next(const struct calendar_cron *cron, const char *zone, int64_t after,
                        int64_t *next, struct ym_error *err)
{
    UCalendar *calendar = open_zone(zone, err);
    int64_t at = floor_div(after, 1000) + 1, most = at + DAYS_MOST * INT64_C(86400000);
    UErrorCode status = U_ZERO_ERROR;

    if (!calendar)
        return false;
    *next = 0;
    while (*next == 0 && at < most && U_SUCCESS(status)) {
        UDate change = 0;
        ucal_setMillis(calendar, (double)at, &status);
        int64_t ahead = ucal_get(calendar, UCAL_ZONE_OFFSET, &status) +
                        ucal_get(calendar, UCAL_DST_OFFSET, &status);
        bool changes =
            ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &change, &status);
        int64_t end = changes && change < (double)most ? (int64_t)change : most;
        // The first whole minute of the wall clock at or after `at`; before the first at or after
        // `end`.
        int64_t found = first_minute(cron, -floor_div(-(at + ahead), MINUTE_MS),
                                     -floor_div(-(end + ahead), MINUTE_MS));
        if (found != INT64_MAX)
            *next = (found * MINUTE_MS - ahead) * 1000;
        at = end;
    }
    ucal_close(calendar);
    if (U_FAILURE(status))
        return ym_fail(err, YM_FAULT, "time.zone", "no offsets for '%s'", zone);
    if (*next != 0)
        return true;
    ym_fail(err, YM_INVALID, "calendar.never", "the cron line has no moment in 50 years");
    return ym_hint(err, "Look at its days and months.");
}
