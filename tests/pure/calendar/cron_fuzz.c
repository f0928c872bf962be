// The next moment is the first minute that fits, as an oracle finds it that walks minute by minute
// over ICU's own calendar fields.
#include "base/time.h"
#include "pure/calendar/calendar.h"
#include "tests/prop.h"

#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum { WALK = 3000 }; // minutes that the oracle goes, at most
static const char *const zones[] = {"Asia/Shanghai",
                                    "America/New_York",
                                    "Europe/London",
                                    "Australia/Lord_Howe",
                                    "Pacific/Apia",
                                    "Asia/Kathmandu",
                                    "UTC"};
// The week of a change more often than chance would have it.
static const char *const places[] = {"2026-03-08T00:00:00Z", "2026-11-01T00:00:00Z",
                                     "2026-10-25T00:00:00Z", "2026-04-04T12:00:00Z",
                                     "2011-12-29T12:00:00Z", "1991-09-14T12:00:00Z"};
static const int least[] = {0, 0, 1, 1, 0}, most[] = {59, 23, 31, 12, 7};

struct item {
    int from, to, step;
};
struct field {
    struct item items[2];
    int n;
    bool star;
};

static void draw(struct prop_bytes *in, int which, struct field *out, struct ym_buf *text)
{
    int span = most[which] - least[which] + 1;

    *out = (struct field){.n = 1};
    uint64_t kind = prop_draw(in, 6);
    if (kind < 3) {
        out->star = true;
        out->items[0] =
            (struct item){least[which], most[which], kind == 0 ? 1 : 1 + (int)prop_draw(in, 12)};
        ym_buf_printf(text, kind == 0 ? "* " : "*/%d ", out->items[0].step);
        return;
    }
    out->n = 1 + (int)prop_draw(in, 2);
    for (int i = 0; i < out->n; i++) {
        int from = least[which] + (int)prop_draw(in, (uint64_t)span);
        int to = kind == 3 ? from : from + (int)prop_draw(in, (uint64_t)(most[which] - from + 1));
        int step = kind == 5 ? 1 + (int)prop_draw(in, 7) : 1;
        out->items[i] = (struct item){from, to, step};
        ym_buf_printf(text, i ? ",%d" : "%d", from);
        if (kind != 3)
            ym_buf_printf(text, "-%d", to);
        if (kind == 5)
            ym_buf_printf(text, "/%d", step);
    }
    ym_buf_char(text, ' ');
}

static bool in_field(const struct field *field, int value)
{
    for (int i = 0; i < field->n; i++) {
        const struct item *one = &field->items[i];
        if (value >= one->from && value <= one->to && (value - one->from) % one->step == 0)
            return true;
    }
    return false;
}

// A weekday of the fields has Sunday as 0 and as 7, a star only as 0.
static bool weekday_in(const struct field *field, int value)
{
    return in_field(field, value) || (value == 0 && !field->star && in_field(field, 7));
}

static bool fits(const struct field *f, UCalendar *calendar, int64_t ms)
{
    UErrorCode status = U_ZERO_ERROR;

    ucal_setMillis(calendar, (double)ms, &status);
    bool day = in_field(&f[2], ucal_get(calendar, UCAL_DATE, &status));
    bool weekday = weekday_in(&f[4], ucal_get(calendar, UCAL_DAY_OF_WEEK, &status) - 1);
    bool either = !f[2].star && !f[4].star;

    return in_field(&f[0], ucal_get(calendar, UCAL_MINUTE, &status)) &&
           in_field(&f[1], ucal_get(calendar, UCAL_HOUR_OF_DAY, &status)) &&
           in_field(&f[3], ucal_get(calendar, UCAL_MONTH, &status) + 1) &&
           (either ? day || weekday : day && weekday);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct prop_bytes in = {bytes, n};
    const char *zone = zones[prop_draw(&in, YM_COUNT(zones))];
    struct field f[5];
    struct ym_buf line = {0};
    struct calendar_cron cron;
    struct ym_error err = {0};
    UErrorCode status = U_ZERO_ERROR;
    UChar name[64];
    int64_t after, next = 0;

    if (prop_draw(&in, 2))
        assert(ym_time_parse(ym_str(places[prop_draw(&in, YM_COUNT(places))]), &after));
    else
        after = ym_day_of(1990, 1, 1) * YM_DAY;
    after += (int64_t)prop_draw(&in, (uint64_t)(3 * YM_DAY));
    if (prop_draw(&in, 3) == 0)
        after += (int64_t)prop_draw(&in, 15000) * YM_DAY;
    for (int i = 0; i < 5; i++)
        draw(&in, i, &f[i], &line);
    if (!calendar_cron_parse(ym_buf_str(&line), &cron, &err)) {
        assert(strcmp(err.code, "calendar.never") == 0);
        ym_buf_clear(&line);
        return 0;
    }
    ym_buf_clear(&line);
    u_strFromUTF8(name, YM_COUNT(name), NULL, zone, -1, &status);
    UCalendar *calendar = ucal_open(name, -1, "en", UCAL_GREGORIAN, &status);
    assert(calendar && U_SUCCESS(status));
    bool found = calendar_cron_next(&cron, zone, after, &next, &err);
    assert(found || strcmp(err.code, "calendar.never") == 0);
    int64_t from = after / 60000000 + 1, last = found ? next / 60000000 : from + WALK;
    if (found) {
        assert(next > after && next % 60000000 == 0);
        assert(fits(f, calendar, next / 1000));
    }
    // No earlier minute fits: from `after` on, and just before `next`.
    for (int64_t minute = from; minute < last && minute < from + WALK; minute++)
        assert(!fits(f, calendar, minute * 60000));
    for (int64_t minute = last - 1; minute >= from && minute > last - WALK; minute--)
        assert(!fits(f, calendar, minute * 60000));
    ucal_close(calendar);
    return 0;
}
