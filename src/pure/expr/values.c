#include "base/time.h"
#include "pure/expr/expr_private.h"

#include <math.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

const char *expr_type_name(enum expr_type type)
{
    static const char *const names[] = {
        [EXPR_BOOLEAN] = "a condition",
        [EXPR_INTEGER] = "an integer",
        [EXPR_NUMBER] = "a number",
        [EXPR_DECIMAL] = "a decimal",
        [EXPR_TEXT] = "a text",
        [EXPR_DATE] = "a date",
        [EXPR_DATETIME] = "a date and time",
        [EXPR_TIME] = "a time of day",
    };

    return names[type];
}

// The parts of a number's text: [-]whole[.part][e±exponent].
struct digits {
    bool negative;
    struct ym_str whole, part;
    int64_t exponent;
};

static size_t count_digits(struct ym_str s, size_t from)
{
    size_t n = 0;

    while (from + n < s.n && s.p[from + n] >= '0' && s.p[from + n] <= '9')
        n++;
    return n;
}

static bool split(struct ym_str text, struct digits *out)
{
    size_t at = 0, n;

    *out = (struct digits){.part = YM_STR("")};
    if (text.n > 0 && text.p[0] == '-') {
        out->negative = true;
        at = 1;
    }
    n = count_digits(text, at);
    if (n == 0)
        return false;
    out->whole = ym_str_sub(text, at, n);
    at += n;
    if (at < text.n && text.p[at] == '.') {
        n = count_digits(text, at + 1);
        if (n == 0)
            return false;
        out->part = ym_str_sub(text, at + 1, n);
        at += 1 + n;
    }
    if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
        at++;
        if (at < text.n && text.p[at] == '+')
            at++;
        if (!ym_str_int(ym_str_sub(text, at, SIZE_MAX), &out->exponent) || out->exponent < -9999 ||
            out->exponent > 9999)
            return false;
        at = text.n;
    }
    return at == text.n;
}

static struct ym_str without_zeros(struct ym_str s, bool front)
{
    while (s.n > 0 && s.p[front ? 0 : s.n - 1] == '0')
        s = ym_str_sub(s, front ? 1 : 0, s.n - 1);
    return s;
}

bool expr_exact(struct ym_str text, struct ym_arena *arena, struct ym_str *exact, int *scale)
{
    struct digits d;

    if (!split(text, &d))
        return false;
    // All digits in a row with the place of the point, then cut at both ends.
    struct ym_buf row = {0};
    ym_buf_add(&row, d.whole);
    ym_buf_add(&row, d.part);
    int64_t point = (int64_t)d.whole.n + d.exponent;
    struct ym_str all = ym_buf_str(&row), cut = without_zeros(all, true);
    point -= (int64_t)(all.n - cut.n);
    cut = without_zeros(cut, false);
    bool fits =
        cut.n == 0 || (point <= EXPR_MAX_DIGITS && (int64_t)cut.n - point <= EXPR_MAX_DIGITS &&
                       point >= -EXPR_MAX_DIGITS);
    struct ym_buf plain = {0};
    *scale = 0;
    if (fits && cut.n == 0) {
        ym_buf_char(&plain, '0');
    } else if (fits) {
        if (d.negative)
            ym_buf_char(&plain, '-');
        if (point <= 0)
            ym_buf_char(&plain, '0');
        for (int64_t i = 0; i < point || i < (int64_t)cut.n; i++) {
            if (i == 0 && point <= 0) {
                ym_buf_char(&plain, '.');
                for (int64_t zeros = point; zeros < 0; zeros++)
                    ym_buf_char(&plain, '0');
            } else if (i == point) {
                ym_buf_char(&plain, '.');
            }
            ym_buf_add(&plain, i < (int64_t)cut.n ? ym_str_sub(cut, (size_t)i, 1) : YM_STR("0"));
        }
        if ((int64_t)cut.n > point)
            *scale = (int)((int64_t)cut.n - point);
    }
    *exact = ym_arena_str(arena, ym_buf_str(&plain));
    ym_buf_clear(&plain);
    ym_buf_clear(&row);
    return fits;
}

bool expr_exact_valid(struct ym_str text, int scale)
{
    struct digits d;

    return split(text, &d) && d.exponent == 0 && d.part.n <= EXPR_MAX_DIGITS &&
           without_zeros(d.whole, true).n + (size_t)scale <= EXPR_MAX_DIGITS;
}

static int sign_of(const struct digits *d)
{
    if (without_zeros(d->whole, true).n == 0 && without_zeros(d->part, false).n == 0)
        return 0;
    return d->negative ? -1 : 1;
}

int expr_exact_cmp(struct ym_str a, struct ym_str b)
{
    struct digits x = {0}, y = {0};
    bool known = split(a, &x) && split(b, &y);

    assert(known);
    int sign = sign_of(&x);
    if (sign != sign_of(&y))
        return sign < sign_of(&y) ? -1 : 1;
    struct ym_str wa = without_zeros(x.whole, true), wb = without_zeros(y.whole, true);
    int order = wa.n != wb.n ? (wa.n < wb.n ? -1 : 1) : ym_str_cmp(wa, wb);
    if (order == 0)
        order = ym_str_cmp(without_zeros(x.part, false), without_zeros(y.part, false));
    order = order < 0 ? -1 : order > 0;
    return sign < 0 ? -order : order;
}

bool expr_real(struct ym_str text, double *out)
{
    char copy[EXPR_MAX_BYTES + 1], *end;

    if (text.n == 0 || text.n >= sizeof copy || !strchr("-0123456789", text.p[0]))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (strspn(copy, "0123456789.eE+-") != text.n)
        return false;
    *out = strtod(copy, &end);
    return end == copy + text.n && isfinite(*out);
}

static bool two_digits(struct ym_str text, size_t at, int limit, int *value)
{
    if (count_digits(ym_str_sub(text, 0, at + 2), at) != 2)
        return false;
    *value = (text.p[at] - '0') * 10 + (text.p[at + 1] - '0');
    return *value < limit;
}

static bool clock_of(struct ym_str text, int *h, int *m, int *s)
{
    *s = 0;
    if ((text.n != 5 && text.n != 8) || !two_digits(text, 0, 24, h) || text.p[2] != ':' ||
        !two_digits(text, 3, 60, m))
        return false;
    return text.n == 5 || (text.p[5] == ':' && two_digits(text, 6, 60, s));
}

bool expr_time_of_day(struct ym_str text, char to[9])
{
    int h, m, s;

    if (!clock_of(text, &h, &m, &s))
        return false;
    (void)snprintf(to, 9, "%02d:%02d:%02d", h, m, s);
    return true;
}

// A local time to UTC, by the zone's rules of that very moment.
static bool from_local(int64_t local_us, const char *zone, int64_t *us)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar name[64];
    double ahead = 0;

    u_strFromUTF8(name, YM_COUNT(name), NULL, zone ? zone : "UTC", -1, &status);
    if (U_FAILURE(status))
        return false;
    UCalendar *calendar = ucal_open(name, -1, "en", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status))
        return false;
    // The local time is taken as UTC first; each look is at the instant that the last one gave.
    double local = floor((double)local_us / 1000.0);
    for (int i = 0; i < 3 && U_SUCCESS(status); i++) {
        ucal_setMillis(calendar, local - ahead, &status);
        ahead = ucal_get(calendar, UCAL_ZONE_OFFSET, &status) +
                ucal_get(calendar, UCAL_DST_OFFSET, &status);
    }
    ucal_close(calendar);
    *us = local_us - (int64_t)ahead * 1000;
    return U_SUCCESS(status);
}

bool expr_instant(struct ym_str text, const char *zone, int64_t *us)
{
    int h = 0, m = 0, s = 0;
    int64_t day, part = 0;

    if (text.n < 10 || !ym_day_parse(ym_str_sub(text, 0, 10), &day))
        return false;
    if (ym_time_parse(text, us))
        return true;
    if (text.n > 10) {
        struct ym_str clock = ym_str_sub(text, 11, SIZE_MAX);
        size_t point = ym_str_find(clock, YM_STR("."), 0);
        if (text.p[10] != ' ' && text.p[10] != 'T')
            return false;
        if (point != SIZE_MAX) {
            struct ym_str digits = ym_str_sub(clock, point + 1, SIZE_MAX);
            if (digits.n == 0 || digits.n > 6 || count_digits(digits, 0) != digits.n || point != 8)
                return false;
            for (size_t i = 0; i < 6; i++)
                part = part * 10 + (i < digits.n ? digits.p[i] - '0' : 0);
            clock = ym_str_sub(clock, 0, point);
        }
        if (!clock_of(clock, &h, &m, &s))
            return false;
    }
    return from_local(day * YM_DAY + (h * 3600 + m * 60 + s) * YM_SECOND + part, zone, us);
}
