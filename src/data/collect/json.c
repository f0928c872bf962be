#include "data/collect/json.h"

#include "data/collect/text.h"

enum { DEPTH_MAX = 64, MEMBERS_MAX = 65536 };

// Where parsing stands. Functions return behind what they took, or NULL: json->why says why, and
// none where the text ends.
struct place {
    struct collect_json *json;
    const char *end;
};

static const char *bad(const struct place *in, const char *at, const char *why)
{
    in->json->at = at;
    in->json->why = why;
    return NULL;
}

static const char *blanks(const struct place *in, const char *p)
{
    while (p < in->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_of(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *number(const struct place *in, const char *p)
{
    const char *from = p;

    p += *p == '-';
    const char *digits = p;
    while (p < in->end && is_digit(*p))
        p++;
    if (p < in->end && (p == digits || (*digits == '0' && p - digits > 1)))
        return bad(in, from, "no number is written so");
    if (p < in->end && *p == '.') {
        digits = ++p;
        while (p < in->end && is_digit(*p))
            p++;
        if (p < in->end && p == digits)
            return bad(in, from, "no digit follows the point");
    }
    if (p < in->end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < in->end && (*p == '+' || *p == '-');
        digits = p;
        while (p < in->end && is_digit(*p))
            p++;
        if (p < in->end && p == digits)
            return bad(in, from, "no digit follows the e");
    }
    return p < in->end ? p : NULL;
}

static const char *word(const struct place *in, const char *p, struct ym_str is)
{
    size_t left = (size_t)(in->end - p);

    if (memcmp(p, is.p, left < is.n ? left : is.n) != 0)
        return bad(in, p, "no value begins so");
    return left > is.n ? p + is.n : NULL;
}

// \uXXXX as a unit of UTF-16; -1: the text ends, -2: it is none.
static int unit_at(const struct place *in, const char *p)
{
    int unit = 0;

    for (int i = 0; i < 4; i++) {
        if (p + i >= in->end)
            return -1;
        int digit = hex_of(p[i]);
        if (digit < 0)
            return -2;
        unit = unit * 16 + digit;
    }
    return unit;
}

static void put(struct collect_json *json, uint32_t c)
{
    char *to = json->text + json->text_n;

    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    json->text_n = (size_t)(to - json->text);
}

static const char *unicode(const struct place *in, const char *p)
{
    int unit = unit_at(in, p + 2), low = 0;

    if (unit == -1)
        return NULL;
    if (unit == 0)
        return bad(in, p, "a text holds no NUL");
    bool high = unit >= 0xD800 && unit < 0xDC00;
    if (unit == -2 || (unit >= 0xDC00 && unit < 0xE000))
        return bad(in, p, "no character is written so");
    if (!high) {
        put(in->json, (uint32_t)unit);
        return p + 6;
    }
    if (in->end - p < 8)
        return NULL;
    low = p[6] == '\\' && p[7] == 'u' ? unit_at(in, p + 8) : -2;
    if (low == -1)
        return NULL;
    if (low < 0xDC00 || low >= 0xE000)
        return bad(in, p, "half of a surrogate pair");
    put(in->json, 0x10000 + (((uint32_t)unit - 0xD800) << 10) + ((uint32_t)low - 0xDC00));
    return p + 12;
}

static const char *escape(const struct place *in, const char *p)
{
    static const char marks[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";

    if (in->end - p < 2)
        return NULL;
    const char *mark = p[1] ? strchr(marks, p[1]) : NULL;
    if (mark) {
        put(in->json, (unsigned char)is[mark - marks]);
        return p + 2;
    }
    if (p[1] == 'u')
        return unicode(in, p);
    if (p[1] != 'x' || !in->json->escaped)
        return bad(in, p, "no character is written so");
    if (in->end - p < 4)
        return NULL;
    if (hex_of(p[2]) < 0 || hex_of(p[3]) < 0)
        return bad(in, p, "no character is written so");
    for (int i = 0; i < 4; i++)
        put(in->json, (unsigned char)p[i]);
    return p + 4;
}

// The string at the quote `p`; its text where `text` is wanted.
static const char *string(const struct place *in, const char *p, struct ym_str *text)
{
    struct collect_json *json = in->json;
    const char *from = ++p;
    size_t begin = json->text_n;
    bool own = false;

    for (;;) {
        const char *run = p;
        while (p < in->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
            p++;
        if (own) {
            memcpy(json->text + json->text_n, run, (size_t)(p - run));
            json->text_n += (size_t)(p - run);
        }
        if (p >= in->end)
            return NULL;
        if ((unsigned char)*p < 0x20)
            return bad(in, p, "a line end or control character in a string");
        if (*p == '"')
            break;
        if (!own) {
            own = true;
            memcpy(json->text + begin, from, (size_t)(p - from));
            json->text_n = begin + (size_t)(p - from);
        }
        p = escape(in, p);
        if (!p)
            return NULL;
    }
    *text = own ? (struct ym_str){json->text + begin, json->text_n - begin}
                : (struct ym_str){from, (size_t)(p - from)};
    return p + 1;
}

static const char *value(const struct place *in, const char *p, int depth);

// A member's name and colon; behind them is its value, NULL where the text ends before it.
static const char *named(const struct place *in, const char *p, struct ym_str *name)
{
    if (*p != '"')
        return bad(in, p, "a name in quotes is missing");
    p = string(in, p, name);
    p = p ? blanks(in, p) : NULL;
    if (!p || p >= in->end)
        return NULL;
    if (*p++ != ':')
        return bad(in, p - 1, "a colon is missing");
    p = blanks(in, p);
    return p < in->end ? p : NULL;
}

// What stands between the brackets, `p` behind the first: only its form.
static const char *nested(const struct place *in, const char *p, char close, int depth)
{
    struct ym_str unused;

    if (depth > DEPTH_MAX)
        return bad(in, p, "it nests deeper than 64");
    p = blanks(in, p);
    if (p < in->end && *p == close)
        return p + 1;
    while (p < in->end) {
        if (close == '}' && !(p = named(in, p, &unused)))
            return NULL;
        p = value(in, p, depth + 1);
        p = p ? blanks(in, p) : NULL;
        if (!p || p >= in->end)
            return NULL;
        if (*p == close)
            return p + 1;
        if (*p++ != ',')
            return bad(in, p - 1, "a comma or a closing bracket is missing");
        p = blanks(in, p);
    }
    return NULL;
}

static const char *value(const struct place *in, const char *p, int depth)
{
    struct ym_str unused;

    if (p >= in->end)
        return NULL;
    switch (*p) {
    case '{':
        return nested(in, p + 1, '}', depth);
    case '[':
        return nested(in, p + 1, ']', depth);
    case '"': {
        size_t kept = in->json->text_n;
        p = string(in, p, &unused);
        in->json->text_n = kept;
        return p;
    }
    case 't':
        return word(in, p, YM_STR("true"));
    case 'f':
        return word(in, p, YM_STR("false"));
    case 'n':
        return word(in, p, YM_STR("null"));
    default:
        return *p == '-' || is_digit(*p) ? number(in, p) : bad(in, p, "no value begins so");
    }
}

static const char *member(const struct place *in, const char *p, struct collect_member *member)
{
    struct ym_str text;

    if (!(p = named(in, p, &member->key)))
        return NULL;
    const char *from = p;
    if (*p == '"') {
        p = string(in, p, &text);
    } else {
        p = value(in, p, 2);
        text = p ? (struct ym_str){from, (size_t)(p - from)} : YM_STR("");
    }
    if (p && *from == 'n')
        text.n = 0;
    if (p)
        member->value = (struct collect_cell){.p = text.p, .n = (uint32_t)text.n};
    return p;
}

static const char *members(const struct place *in, const char *p)
{
    struct collect_json *json = in->json;

    p = blanks(in, p + 1);
    if (p < in->end && *p == '}')
        return p + 1;
    while (p < in->end) {
        if (json->n == MEMBERS_MAX)
            return bad(in, p, "it has too many members");
        if (json->n == json->cap) {
            json->cap = json->cap * 2 + 32;
            json->members = realloc(json->members, json->cap * sizeof *json->members);
            if (!json->members)
                abort();
        }
        p = member(in, p, &json->members[json->n]);
        p = p ? blanks(in, p) : NULL;
        if (!p || p >= in->end)
            return NULL;
        json->n++;
        if (*p == '}')
            return p + 1;
        if (*p++ != ',')
            return bad(in, p - 1, "a comma or a closing bracket is missing");
        p = blanks(in, p);
    }
    return NULL;
}

// Room for all texts without their escapes at once: they are never longer than with them.
static void begin(struct collect_json *json, const char *p, const char *end)
{
    size_t need = (size_t)(end - p) + COLLECT_PAD;

    json->n = json->text_n = 0;
    json->why = json->at = json->end = NULL;
    if (need > json->text_cap) {
        free(json->text);
        json->text = calloc(1, need);
        if (!json->text)
            abort();
        json->text_cap = need;
    }
}

static enum collect_parsed ended(struct collect_json *json, const char *end)
{
    json->end = end;
    return end ? COLLECT_PARSED : json->why ? COLLECT_BAD : COLLECT_CUT;
}

enum collect_parsed collect_json_object(struct collect_json *json, const char *p, const char *end)
{
    const struct place in = {json, end};

    begin(json, p, end);
    if (p >= end)
        return COLLECT_CUT;
    return ended(json, *p == '{' ? members(&in, p) : bad(&in, p, "it is no object"));
}

enum collect_parsed collect_json_value(struct collect_json *json, const char *p, const char *end)
{
    const struct place in = {json, end};

    begin(json, p, end);
    return ended(json, value(&in, p, 1));
}

void collect_json_clear(struct collect_json *json)
{
    free(json->members);
    free(json->text);
    *json = (struct collect_json){0};
}
