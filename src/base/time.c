#include "base/time.h"

#include <time.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

int64_t ym_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * YM_SECOND + now.tv_nsec / 1000;
}

int64_t ym_monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * YM_SECOND + now.tv_nsec / 1000;
}

int64_t ym_day_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_of(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

bool ym_day_valid(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return year >= 0 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && leap);
}

const char *ym_time_text(int64_t time, char to[YM_TIME_TEXT])
{
    int64_t days = (time >= 0 ? time : time - (YM_DAY - 1)) / YM_DAY;
    int64_t rest = time - days * YM_DAY;
    int year, month, day;

    civil_of(days, &year, &month, &day);
    int64_t s = rest / YM_SECOND, us = rest % YM_SECOND;
    int n = snprintf(to, YM_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                     (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    if (us > 0)
        n += snprintf(to + n, (size_t)(YM_TIME_TEXT - n), ".%06d", (int)us);
    snprintf(to + n, (size_t)(YM_TIME_TEXT - n), "Z");
    return to;
}

static bool digits(struct ym_str text, size_t at, size_t n, int *value)
{
    if (at + n > text.n)
        return false;
    *value = 0;
    for (size_t i = at; i < at + n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *value = *value * 10 + (text.p[i] - '0');
    }
    return true;
}

bool ym_day_parse(struct ym_str text, int64_t *day)
{
    int y, m, d;

    if (text.n != 10 || !digits(text, 0, 4, &y) || text.p[4] != '-' || !digits(text, 5, 2, &m) ||
        text.p[7] != '-' || !digits(text, 8, 2, &d) || !ym_day_valid(y, m, d))
        return false;
    *day = ym_day_of(y, m, d);
    return true;
}

bool ym_time_parse(struct ym_str text, int64_t *time)
{
    int h, m, s, oh = 0, om = 0;
    int64_t day, us = 0, unit = 100000;
    size_t at = 19;

    if (text.n < 20 || !ym_day_parse(ym_str_sub(text, 0, 10), &day) ||
        (text.p[10] != 'T' && text.p[10] != 't' && text.p[10] != ' ') || !digits(text, 11, 2, &h) ||
        text.p[13] != ':' || !digits(text, 14, 2, &m) || text.p[16] != ':' ||
        !digits(text, 17, 2, &s) || h > 23 || m > 59 || s > 60)
        return false;
    if (text.p[at] == '.') {
        size_t first = ++at;
        for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++) {
            us += (text.p[at] - '0') * unit;
            unit /= 10;
        }
        if (at == first)
            return false;
    }
    if (at >= text.n)
        return false;
    char sign = text.p[at++];
    if (sign == '+' || sign == '-') {
        if (!digits(text, at, 2, &oh) || at + 2 >= text.n || text.p[at + 2] != ':' ||
            !digits(text, at + 3, 2, &om) || oh > 23 || om > 59)
            return false;
        at += 5;
    } else if (sign != 'Z' && sign != 'z') {
        return false;
    }
    if (at != text.n)
        return false;
    int64_t ahead = (oh * 3600 + om * 60) * YM_SECOND * (sign == '-' ? -1 : 1);
    *time = day * YM_DAY + (h * 3600 + m * 60 + s) * YM_SECOND + us - ahead;
    return true;
}

bool ym_zone_offset(const char *zone, int64_t day, int64_t *offset, struct ym_error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar name[64], known[64];
    UBool system_id = 0;
    UCalendar *calendar = NULL;

    u_strFromUTF8(name, YM_COUNT(name), NULL, zone, -1, &status);
    if (U_SUCCESS(status))
        ucal_getCanonicalTimeZoneID(name, -1, known, YM_COUNT(known), &system_id, &status);
    if (U_SUCCESS(status) && system_id)
        calendar = ucal_open(name, -1, "en", UCAL_GREGORIAN, &status);
    if (!calendar || U_FAILURE(status)) {
        if (calendar)
            ucal_close(calendar);
        ym_fail(err, YM_INVALID, "time.zone", "'%s' is not a time zone", zone);
        ym_hint(err, "Use an IANA name such as Asia/Shanghai.");
        return ym_about(err, ym_str(zone));
    }
    // The local time is taken as UTC first; the second look is at the instant that this gives.
    double local = (double)(day + 1) * 86400000.0, ahead = 0;
    for (int i = 0; i < 2 && U_SUCCESS(status); i++) {
        ucal_setMillis(calendar, local - ahead, &status);
        ahead = ucal_get(calendar, UCAL_ZONE_OFFSET, &status) +
                ucal_get(calendar, UCAL_DST_OFFSET, &status);
    }
    ucal_close(calendar);
    if (U_FAILURE(status))
        return ym_fail(err, YM_FAULT, "time.zone", "no offset for '%s'", zone);
    *offset = (int64_t)ahead * 1000;
    return true;
}
