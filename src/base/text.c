#include "base/base.h"

struct ym_str ym_str(const char *text)
{
    return (struct ym_str){text, text ? strlen(text) : 0};
}

bool ym_str_eq(struct ym_str a, struct ym_str b)
{
    return a.n == b.n && (a.n == 0 || (a.p && b.p && memcmp(a.p, b.p, a.n) == 0));
}

bool ym_str_is(struct ym_str a, const char *b)
{
    return ym_str_eq(a, ym_str(b));
}

bool ym_str_starts(struct ym_str s, struct ym_str prefix)
{
    return s.n >= prefix.n && ym_str_eq(ym_str_sub(s, 0, prefix.n), prefix);
}

bool ym_str_ends(struct ym_str s, struct ym_str suffix)
{
    return s.n >= suffix.n && ym_str_eq(ym_str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

int ym_str_cmp(struct ym_str a, struct ym_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

    if (order != 0)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool ym_str_cut(struct ym_str *rest, char sep, struct ym_str *item)
{
    if (!rest->p)
        return false;
    const char *at = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;
    if (!at) {
        *item = *rest;
        *rest = (struct ym_str){NULL, 0};
        return true;
    }
    size_t n = (size_t)(at - rest->p);
    *item = (struct ym_str){rest->p, n};
    *rest = (struct ym_str){at + 1, rest->n - n - 1};
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct ym_str ym_str_trim(struct ym_str s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct ym_str ym_str_sub(struct ym_str s, size_t from, size_t n)
{
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (struct ym_str){s.p ? s.p + from : NULL, n};
}

size_t ym_str_find(struct ym_str s, struct ym_str needle, size_t from)
{
    if (from > s.n)
        return SIZE_MAX;
    if (needle.n == 0)
        return from;
    if (needle.n > s.n - from)
        return SIZE_MAX;
    const char *at = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

bool ym_str_int(struct ym_str s, int64_t *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    uint64_t value = 0;

    if (negative) {
        s.p++;
        s.n--;
    }
    if (s.n == 0 || s.n > 19)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.p[i] - '0');
    }
    if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

int32_t ym_utf8_next(struct ym_str s, size_t *at)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s.p + *at;
    size_t left = s.n - *at;
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

    *at += 1;
    if (size == 1)
        return p[0];
    if (size == 0 || p[0] > 0xF4 || left < size)
        return -1;
    int32_t c = p[0] & (0xFF >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return -1;
        c = (c << 6) | (p[i] & 0x3F);
    }
    if (c < least[size] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return -1;
    *at += size - 1;
    return c;
}

bool ym_utf8_valid(struct ym_str s, size_t *bad)
{
    size_t at = 0;

    while (at < s.n) {
        // Most text of machines is ASCII: eight bytes at a time while it is.
        uint64_t eight;
        while (at + 8 <= s.n) {
            memcpy(&eight, s.p + at, 8);
            if (eight & 0x8080808080808080u)
                break;
            at += 8;
        }
        if (at >= s.n)
            break;
        size_t start = at;
        if (ym_utf8_next(s, &at) < 0) {
            if (bad)
                *bad = start;
            return false;
        }
    }
    return true;
}

size_t ym_utf8_count(struct ym_str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.n; i++)
        count += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return count;
}

struct ym_str ym_utf8_cut(struct ym_str s, size_t max)
{
    if (s.n <= max)
        return s;
    while (max > 0 && ((unsigned char)s.p[max] & 0xC0) == 0x80)
        max--;
    return ym_str_sub(s, 0, max);
}
