// Numbers of a workbook as text: dates by their style, others in the digits that a person sees.
#include <math.h>

#include "data/collect/workbook.h"

enum { DIGITS = 15, DAY_MS = 86400000 };

static bool letter(char c, char is)
{
    return c == is || c == (char)(is - 'a' + 'A');
}

enum collect_number collect_number_format(struct ym_str code)
{
    bool day = false, hour = false, month = false, elapsed = false;

    if (code.n >= 7 &&
        (ym_str_starts(code, YM_STR("General")) || ym_str_starts(code, YM_STR("GENERAL"))))
        return COLLECT_PLAIN;
    for (size_t i = 0; i < code.n && code.p[i] != ';'; i++) {
        char c = code.p[i];
        if (c == '"') {
            while (++i < code.n && code.p[i] != '"')
                ;
        } else if (c == '\\' || c == '_' || c == '*') {
            i++;
        } else if (c == '[') {
            // [h], [mm], [ss] count on beyond a day; others are colours, conditions, locales.
            char first = ']';
            size_t end = i + 1;
            if (end < code.n)
                first = code.p[end];
            while (end < code.n && letter(code.p[end], (char)(first | 0x20)))
                end++;
            bool counts = letter(first, 'h') || letter(first, 'm') || letter(first, 's');
            elapsed = elapsed || (counts && end < code.n && code.p[end] == ']');
            while (i < code.n && code.p[i] != ']')
                i++;
        } else if (letter(c, 'e') && i + 1 < code.n &&
                   (code.p[i + 1] == '+' || code.p[i + 1] == '-')) {
            return COLLECT_PLAIN; // 0.00E+00
        } else {
            day = day || letter(c, 'd') || letter(c, 'y') || letter(c, 'e');
            hour = hour || letter(c, 'h') || letter(c, 's');
            month = month || letter(c, 'm');
        }
    }
    if (elapsed)
        return COLLECT_ELAPSED;
    day = day || (month && !hour);
    return day && hour ? COLLECT_DATE_TIME
           : day       ? COLLECT_DATE
           : hour      ? COLLECT_TIME
                       : COLLECT_PLAIN;
}

// Days since 1970 as a date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
static void civil(int64_t days, int *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = days / 146097; // from year 0 on: never negative here
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * years + years / 4 - years / 100);
    unsigned shifted = (5 * of_year + 2) / 153;

    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (int)(years + era * 400) + (*month <= 2);
}

static size_t put_time(char *to, size_t room, int64_t hours, int64_t ms)
{
    int n = snprintf(to, room, "%02lld:%02d:%02d", (long long)hours, (int)(ms / 60000 % 60),
                     (int)(ms / 1000 % 60));

    if (ms % 1000)
        n += snprintf(to + n, room - (size_t)n, ".%03d", (int)(ms % 1000));
    return (size_t)n;
}

bool collect_serial_text(double serial, enum collect_number number, bool from_1904, char to[40])
{
    int year;
    unsigned month, day;

    if (!(serial >= 0) || serial >= 2958466 || number == COLLECT_PLAIN)
        return false;
    int64_t all_ms = (int64_t)llround(serial * DAY_MS), days = all_ms / DAY_MS,
            ms = all_ms % DAY_MS;
    if (number == COLLECT_ELAPSED || (number == COLLECT_TIME && days == 0)) {
        put_time(to, 40, all_ms / 3600000, ms);
        return true;
    }
    if (from_1904)
        days += 1462;
    else if (days < 60)
        days++; // the calendar of spreadsheets has a 29 February 1900
    if (days < 2 && !from_1904)
        return false; // day 0: a time without a day, in a column of dates
    civil(days - 25569, &year, &month, &day);
    if (year > 9999)
        return false;
    int n = snprintf(to, 40, "%04d-%02u-%02u", year, month, day);
    if (number != COLLECT_DATE || ms != 0) {
        to[n++] = ' ';
        put_time(to + n, 40 - (size_t)n, ms / 3600000, ms);
    }
    return true;
}

// Digits that count, without signs, points, leading zeros; SIZE_MAX where there is an exponent or
// anything else.
static size_t digits_of(struct ym_str s)
{
    size_t n = 0;
    bool point = false;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.' && !point && i > 0)
            point = true;
        else if (c == '-' && i == 0)
            continue;
        else if (c < '0' || c > '9')
            return SIZE_MAX;
        else
            n += n > 0 || c != '0';
    }
    return n;
}

// "-d.ddddde±xx" without its exponent and without zeros at the end of a fraction.
static size_t write_out(const char *text, char *to)
{
    char digits[DIGITS + 1], *out = to;
    size_t count = 0;
    const char *p = text;

    if (*p == '-')
        *out++ = *p++;
    for (; *p != 'e'; p++)
        if (*p != '.')
            digits[count++] = *p;
    long power = strtol(p + 1, NULL, 10); // of the first digit: -308 to 308
    while (count > 1 && digits[count - 1] == '0')
        count--;
    for (long place = power < 0 ? power : 0; place < 0; place++) {
        *out++ = '0';
        if (place == power)
            *out++ = '.';
    }
    for (size_t i = 0; i < count || (long)i <= power; i++) {
        if ((long)i == power + 1 && power >= 0)
            *out++ = '.';
        *out++ = (char)(i < count ? digits[i] : '0');
    }
    return (size_t)(out - to);
}

bool collect_number_text(struct ym_str s, char to[330], size_t *n, bool *rounded)
{
    char text[64], *end;
    size_t digits;

    *rounded = false;
    if (s.n == 0 || s.n >= sizeof text)
        return false;
    digits = digits_of(s);
    if (digits <= DIGITS) {
        memcpy(to, s.p, s.n);
        *n = s.n;
        return s.p[s.n - 1] >= '0' && s.p[s.n - 1] <= '9';
    }
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value) || text[0] == ' ')
        return false;
    // What 15 digits hold, first as d.ddde±xx, then written out digit by digit.
    (void)snprintf(text, sizeof text, "%.*e", DIGITS - 1, value);
    *rounded = fabs(value) > 9007199254740992.0;
    *n = write_out(text, to);
    return true;
}
