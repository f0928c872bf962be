#include "host/http/target.h"

enum {
    TOKEN_CHARACTERS = 43, // 256 bits in base64url
    RUN_OF_TOKEN = 96      // with what may be stuck to it; the shortest cursor has 140
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 3986: pchar and `/`, and `?` for the query. Nothing else may stand in a target unescaped.
static bool may_stand(char c, bool query)
{
    return is_word(c) || (c && strchr("-._~!$&'()*+,;=:@/%", c)) || (query && c == '?');
}

static bool decode(struct ym_str raw, bool query, struct ym_arena *arena, struct ym_str *out)
{
    char *to = ym_arena_alloc(arena, raw.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == '%') {
            int high = i + 2 < raw.n ? hex(raw.p[i + 1]) : -1;
            int low = i + 2 < raw.n ? hex(raw.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        to[n++] = c;
    }
    *out = (struct ym_str){to, n};
    return true;
}

// Characters that change how a path is read or shown: controls, separators, direction marks.
static bool misleads(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// One part of a path between two slashes, already decoded.
static bool part_fits(struct ym_str part)
{
    if (ym_str_is(part, ".") || ym_str_is(part, ".."))
        return false;
    for (size_t at = 0; at < part.n;) {
        int32_t c = ym_utf8_next(part, &at);
        if (c == '/' || c == '\\' || misleads(c))
            return false;
    }
    return true;
}

static bool path_parse(struct ym_str raw, struct ym_arena *arena, struct ym_str *out)
{
    struct ym_buf whole = {0};
    struct ym_str rest = ym_str_sub(raw, 1, raw.n), item, part;
    bool ok = raw.n > 0 && raw.p[0] == '/';

    while (ok && ym_str_cut(&rest, '/', &item)) {
        ok = decode(item, false, arena, &part) && part_fits(part) && (part.n > 0 || !rest.p);
        if (!ok)
            break;
        ym_buf_char(&whole, '/');
        ym_buf_add(&whole, part);
    }
    if (ok)
        *out = ym_arena_str(arena, ym_buf_str(&whole));
    ym_buf_clear(&whole);
    return ok;
}

static bool is_base64url(char c)
{
    return is_word(c) || c == '-' || c == '_';
}

// A token of ours anywhere in a value: "ym_" and 43 characters of base64url. Not inside a longer
// text of these characters: a sealed cursor holds "ym_" by chance, one in about 1,300.
static struct ym_str find_token(struct ym_str value)
{
    for (size_t at = ym_str_find(value, YM_STR("ym_"), 0); at != SIZE_MAX;
         at = ym_str_find(value, YM_STR("ym_"), at + 1)) {
        size_t from = at, until = at;
        while (from > 0 && is_base64url(value.p[from - 1]))
            from--;
        while (until < value.n && is_base64url(value.p[until]))
            until++;
        if (until - at >= 3 + TOKEN_CHARACTERS && until - from <= RUN_OF_TOKEN)
            return ym_str_sub(value, at, 3 + TOKEN_CHARACTERS);
    }
    return (struct ym_str){NULL, 0};
}

static bool names_secret(struct ym_str name)
{
    static const char *const names[] = {"token", "access_token", "api_key", "authorization",
                                        "password"};

    for (size_t i = 0; i < YM_COUNT(names); i++)
        if (ym_str_is(name, names[i]))
            return true;
    return false;
}

static bool add_pair(struct http_target *out, struct ym_str item, struct ym_arena *arena)
{
    struct http_pair pair = {{NULL, 0}, {"", 0}};
    struct ym_str rest = item, name;

    (void)ym_str_cut(&rest, '=', &name);
    if (!decode(name, true, arena, &pair.name) || pair.name.n == 0)
        return false;
    if (rest.p && !decode(rest, true, arena, &pair.value))
        return false;
    if (!ym_utf8_valid(pair.name, NULL) || !ym_utf8_valid(pair.value, NULL) ||
        memchr(pair.name.p, 0, pair.name.n) || memchr(pair.value.p, 0, pair.value.n))
        return false;
    if (!out->token.p)
        out->token = find_token(pair.value);
    if (!out->token.p)
        out->token = find_token(pair.name);
    if (names_secret(pair.name))
        out->secret = true;
    struct http_pairs *query = &out->query;
    query->items =
        ym_arena_grow(arena, query->items, &query->cap, query->n + 1, sizeof *query->items);
    query->items[query->n++] = pair;
    return true;
}

static bool bad_target(struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "http.target", "the request's target is not a path and a query");
    return ym_hint(err, "Escape every character outside RFC 3986 as %%XX, in UTF-8.");
}

bool http_target_parse(struct ym_str raw, struct ym_arena *arena, struct http_target *out,
                       struct ym_error *err)
{
    struct ym_str query = raw, path, item;

    *out = (struct http_target){0};
    if (raw.n > HTTP_TARGET_MAX) {
        ym_fail(err, YM_TOO_LARGE, "http.target_long", "the target has %zu bytes, %d are allowed",
                raw.n, HTTP_TARGET_MAX);
        return ym_hint(err, "Shorten the address; a long filter may be split into several calls.");
    }
    if (raw.n == 0 || raw.p[0] != '/')
        return bad_target(err);
    size_t mark = ym_str_find(raw, YM_STR("?"), 0);
    for (size_t i = 0; i < raw.n; i++)
        if (!may_stand(raw.p[i], i >= mark))
            return bad_target(err);
    (void)ym_str_cut(&query, '?', &path);
    if (!path_parse(path, arena, &out->path)) {
        ym_fail(err, YM_INVALID, "http.path", "the path has a part that no address of ours has");
        return ym_hint(err, "Leave out empty parts, dot segments, escaped slashes and controls.");
    }
    while (ym_str_cut(&query, '&', &item)) {
        if (item.n == 0)
            continue;
        if (out->query.n == HTTP_QUERY_MAX || !add_pair(out, item, arena)) {
            ym_fail(err, YM_INVALID, "http.query", "the query is not NAME=VALUE&NAME=VALUE");
            return ym_hint(err, "Escape names and values as %%XX, in UTF-8, without NUL.");
        }
    }
    return true;
}
