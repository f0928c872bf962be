#include "base/time.h"
#include "data/quality/inside.h"

static size_t digits(struct ym_str text, size_t *at)
{
    size_t from = *at;
    while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9')
        ++*at;
    return *at - from;
}

static bool plain_number(struct ym_str text, int scale)
{
    size_t at = text.n > 0 && (text.p[0] == '-' || text.p[0] == '+');
    size_t whole = digits(text, &at), part = 0;

    if (at < text.n && text.p[at] == '.') {
        at++;
        part = digits(text, &at);
    }
    if (whole + part == 0 || whole + part > 30)
        return false;
    if (scale >= 0)
        return at == text.n && part <= (size_t)scale && whole <= (scale > 6 ? 20 : 12);
    if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
        at++;
        at += at < text.n && (text.p[at] == '-' || text.p[at] == '+');
        size_t exponent = digits(text, &at);
        if (exponent < 1 || exponent > 2)
            return false;
    }
    return at == text.n;
}

// HH:MM or HH:MM:SS
static bool clock_text(struct ym_str text)
{
    if ((text.n != 5 && text.n != 8) || text.p[2] != ':' || (text.n == 8 && text.p[5] != ':'))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (i % 3 != 2 && (text.p[i] < '0' || text.p[i] > '9'))
            return false;
    return (text.p[0] < '2' || (text.p[0] == '2' && text.p[1] < '4')) && text.p[3] < '6' &&
           (text.n == 5 || text.p[6] < '6');
}

bool quality_value(const struct quality_field *field, struct ym_str text)
{
    int64_t number;

    switch (field->type) {
    case QUALITY_STRING:
        return true;
    case QUALITY_INTEGER:
        return ym_str_int(text, &number);
    case QUALITY_NUMBER:
        return plain_number(text, field->scale);
    case QUALITY_BOOLEAN:
        return ym_str_is(text, "true") || ym_str_is(text, "false");
    case QUALITY_DATE:
        return text.n == 10 && ym_day_parse(text, &number);
    case QUALITY_DATETIME:
        return text.n > 11 && ym_day_parse(ym_str_sub(text, 0, 10), &number) &&
               (text.p[10] == ' ' || text.p[10] == 'T') &&
               clock_text(ym_str_sub(text, 11, text.n - 11));
    case QUALITY_TIME:
        return clock_text(text);
    }
    return false;
}

bool quality_marker_reads(struct ym_str marker)
{
    size_t at = 0;

    if (marker.n > 0)
        at = marker.p[0] == '+' || marker.p[0] == '-' || marker.p[0] == '.';
    at += at < marker.n && marker.p[at] == '.';
    return at < marker.n && marker.p[at] >= '0' && marker.p[at] <= '9';
}
