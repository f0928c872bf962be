#include "host/http/head.h"

#include <strings.h>

static bool is_token(struct ym_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

// RFC 9110: visible characters, blanks and tabs, and obs-text, which must then be UTF-8.
static bool is_value(struct ym_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return ym_utf8_valid(s, NULL);
}

bool http_name_is(struct ym_str name, const char *other)
{
    return name.n == strlen(other) && (name.n == 0 || strncasecmp(name.p, other, name.n) == 0);
}

struct ym_str http_head_get(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->headers.n; i++)
        if (http_name_is(head->headers.items[i].name, name))
            return head->headers.items[i].value;
    return (struct ym_str){NULL, 0};
}

static bool bad_head(struct ym_error *err, const char *why)
{
    ym_fail(err, YM_INVALID, "http.head", "the request's head is not taken: %s", why);
    return ym_hint(err, "Send HTTP/1.1 as RFC 9112 says; each header once, lines ended by CRLF.");
}

// Takes the bytes up to the next NUL; false where there is none.
static bool take(struct ym_str *rest, struct ym_str *out)
{
    const char *end = rest->n > 0 ? memchr(rest->p, 0, rest->n) : NULL;

    if (!end)
        return false;
    *out = (struct ym_str){rest->p, (size_t)(end - rest->p)};
    *rest = ym_str_sub(*rest, out->n + 1, rest->n);
    return true;
}

static bool take_nul(struct ym_str *rest)
{
    if (rest->n == 0 || rest->p[0] != 0)
        return false;
    *rest = ym_str_sub(*rest, 1, rest->n);
    return true;
}

static bool take_line(struct ym_str *rest, struct http_pair *out)
{
    if (!take(rest, &out->name) || !is_token(out->name))
        return false;
    while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = ym_str_sub(*rest, 1, rest->n);
    if (!take(rest, &out->value) || !take_nul(rest) || !is_value(out->value))
        return false;
    out->value = ym_str_trim(out->value);
    return true;
}

static bool take_lines(struct ym_str *rest, struct ym_arena *arena, struct http_pairs *out,
                       struct ym_error *err)
{
    while (rest->n > 0 && rest->p[0] != 0) {
        struct http_pair pair;
        if (!take_line(rest, &pair))
            return bad_head(err, "a header line");
        if (out->n == HTTP_HEADERS_MAX) {
            ym_fail(err, YM_TOO_LARGE, "http.head_large", "more than %d headers", HTTP_HEADERS_MAX);
            return ym_hint(err, "Send fewer headers and cookies.");
        }
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = pair;
    }
    if (rest->n != 2 || rest->p[0] != 0 || rest->p[1] != 0)
        return bad_head(err, "the blank line");
    return true;
}

// What must not be said twice: another program might take the other one.
static bool once_each(const struct http_head *head)
{
    static const char *const names[] = {
        "Host",         "Content-Length", "Transfer-Encoding", "Authorization",
        "Content-Type", "Cookie",         "Content-Encoding",  "Origin",
        "If-Match",     "X-CSRF-Token",   "Idempotency-Key",   "Expect",
    };

    for (size_t i = 0; i < YM_COUNT(names); i++) {
        size_t seen = 0;
        for (size_t j = 0; j < head->headers.n; j++)
            seen += http_name_is(head->headers.items[j].name, names[i]);
        if (seen > 1)
            return false;
    }
    return true;
}

static bool is_host(struct ym_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (c == 0 || !strchr("-._:[]", c)))
            return false;
    }
    return s.n > 0 && s.n <= 255;
}

static bool is_length(struct ym_str s, int64_t *out)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0 && s.n <= 18 && ym_str_int(s, out);
}

static bool framing(struct http_head *head, bool old, struct ym_error *err)
{
    struct ym_str host = http_head_get(head, "Host");
    struct ym_str length = http_head_get(head, "Content-Length");
    struct ym_str coding = http_head_get(head, "Transfer-Encoding");

    if (!once_each(head))
        return bad_head(err, "a header that may be there once is there twice");
    if (!host.p || !is_host(host))
        return bad_head(err, "Host");
    head->length = -1;
    if (length.p && !is_length(length, &head->length))
        return bad_head(err, "Content-Length");
    if (coding.p && (length.p || old || !http_name_is(coding, "chunked")))
        return bad_head(err, "Transfer-Encoding");
    head->chunked = coding.p != NULL;
    return true;
}

bool http_head_parse(struct ym_str block, size_t target_n, struct ym_arena *arena,
                     struct http_head *out, struct ym_error *err)
{
    struct ym_str rest = block, version;

    *out = (struct http_head){.length = -1};
    if (block.n > HTTP_HEAD_MAX) {
        ym_fail(err, YM_TOO_LARGE, "http.head_large", "the head has %zu bytes, %d are allowed",
                block.n, HTTP_HEAD_MAX);
        return ym_hint(err, "Send fewer headers and cookies.");
    }
    if (!take(&rest, &out->method) || !is_token(out->method) || out->method.n > 16)
        return bad_head(err, "the method");
    rest = ym_str_sub(rest, target_n, rest.n);
    if (!take_nul(&rest) || !take(&rest, &version) || !take_nul(&rest))
        return bad_head(err, "the request line");
    bool old = ym_str_is(version, "HTTP/1.0");
    if (!old && !ym_str_is(version, "HTTP/1.1"))
        return bad_head(err, "the version of HTTP");
    if (!take_lines(&rest, arena, &out->headers, err))
        return false;
    return framing(out, old, err);
}

struct ym_str http_cookie(struct ym_str header, const char *name)
{
    struct ym_str item, key, found = {NULL, 0};
    size_t seen = 0;

    while (ym_str_cut(&header, ';', &item)) {
        struct ym_str value = item;
        (void)ym_str_cut(&value, '=', &key);
        if (value.p && ym_str_is(ym_str_trim(key), name)) {
            found = ym_str_trim(value);
            seen++;
        }
    }
    return seen == 1 ? found : (struct ym_str){NULL, 0};
}

int http_prefer(struct ym_str header)
{
    struct ym_str item;
    int64_t seconds = 0;

    while (ym_str_cut(&header, ',', &item)) {
        item = ym_str_trim(item);
        if (ym_str_starts(item, YM_STR("wait=")) &&
            ym_str_int(ym_str_sub(item, 5, item.n), &seconds) && seconds > 0)
            return seconds > 60 ? 60 : (int)seconds;
    }
    return 0;
}

// The weight of `;q=0.5`, in thousandths; 1000 where there is none, 0 where it is not a weight.
static int weight(struct ym_str params)
{
    struct ym_str item;

    while (ym_str_cut(&params, ';', &item)) {
        item = ym_str_trim(item);
        if (item.n < 3 || (item.p[0] != 'q' && item.p[0] != 'Q') || item.p[1] != '=')
            continue;
        int q = item.p[2] == '1' ? 1000 : 0;
        for (size_t i = 4, unit = 100; i < item.n && i < 7 && q < 1000; i++, unit /= 10) {
            if (item.p[i] < '0' || item.p[i] > '9')
                return 0;
            q += (item.p[i] - '0') * (int)unit;
        }
        return q;
    }
    return 1000;
}

bool http_takes_gzip(struct ym_str header)
{
    struct ym_str item, name;

    while (ym_str_cut(&header, ',', &item)) {
        struct ym_str params = item;
        (void)ym_str_cut(&params, ';', &name);
        if (http_name_is(ym_str_trim(name), "gzip"))
            return weight(params) > 0;
    }
    return false;
}

struct ym_str http_language(struct ym_str header)
{
    struct ym_str item, name, best = YM_STR("zh-CN");
    int most = 0;

    while (ym_str_cut(&header, ',', &item)) {
        struct ym_str params = item;
        (void)ym_str_cut(&params, ';', &name);
        name = ym_str_trim(name);
        int q = weight(params);
        if (name.n < 2 || (name.n > 2 && name.p[2] != '-') || q <= most)
            continue;
        struct ym_str two = ym_str_sub(name, 0, 2);
        if (http_name_is(two, "zh") || http_name_is(two, "en")) {
            best = http_name_is(two, "zh") ? YM_STR("zh-CN") : YM_STR("en");
            most = q;
        }
    }
    return best;
}

struct ym_str http_media_type(struct ym_str header)
{
    struct ym_str type = {NULL, 0};

    (void)ym_str_cut(&header, ';', &type);
    return ym_str_trim(type);
}
