#include "host/http/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* The oracle is written as plainly as can be: percent decoding in one pass, then rules on the
 * decoded text, in the words of RELIABILITY.md, threat 6. It shares no line with target.c. */
static int digit(int c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 32) : NULL;

    return at && ((c >= '0' && c <= '9') || (c | 32) >= 'a') ? (int)(at - digits) : -1;
}

static bool hidden(const char *text)
{
    static const char *const never[] = {
        "\xd8\x9c",     "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xef\xbb\xbf",
    };

    for (size_t i = 0; i < YM_COUNT(never); i++)
        if (strstr(text, never[i]))
            return true;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < 32 || *c == 127 || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f))
            return true;
    return false;
}

// Writes the path that the target means, or returns false where it must be refused.
static bool oracle(const char *target, char *path)
{
    size_t n = 0;

    if (target[0] != '/')
        return false;
    for (const char *c = target; *c && *c != '?'; c++) {
        int byte = (unsigned char)*c;
        if (byte == '%') {
            int high = digit(c[1]), low = high < 0 ? -1 : digit(c[2]);
            if (low < 0)
                return false;
            byte = high * 16 + low;
            if (byte == 0 || byte == '/' || byte == '\\')
                return false;
            c += 2;
        } else if (byte <= 32 || byte >= 127 || strchr("\"#<>[\\]^`{|}", byte)) {
            return false;
        }
        path[n++] = (char)byte;
    }
    path[n] = '\0';
    if (strstr(path, "//") || hidden(path) ||
        !ym_utf8_valid((struct ym_str){path, n}, &(size_t){0}))
        return false;
    char framed[512];
    snprintf(framed, sizeof framed, "%s/", path);
    return !strstr(framed, "/./") && !strstr(framed, "/../");
}

static uint32_t seed = 1;
static uint32_t any(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void generate(char *to, size_t size)
{
    static const char *const pieces[] = {
        "/",         "/",         "a",         "data",      ".",         "..",        "%2e",
        "%2E%2e",    "%2f",       "%5c",       "%00",       "%0a",       "%7f",       "%25",
        "%252e",     "//",        "\\",        "%E2%80%AE", "%e2%81%a6", "%EF%BB%BF", "%c2%85",
        "%E4%BA%91", "%ff",       "%c0%af",    "%",         "%4",        "%zz",       " ",
        "+",         "~",         "env.air",   ";a=b",      "%20",       "#",         "?a=b",
        "%C3%A9",    "%EF%BC%8F", "%ef%bc%8e", ":",         "@",         "\xc3\xa9",  "|",
        "%7c",       "A",         "-_"};
    size_t n = 0;

    to[0] = '\0';
    if (any(20) > 0)
        to[n++] = '/';
    for (uint32_t left = any(8); left > 0 && n + 16 < size && !strchr(to, '?'); left--) {
        const char *piece = pieces[any(YM_COUNT(pieces))];
        n += (size_t)snprintf(to + n, size - n, "%s", piece);
    }
    to[n] = '\0';
}

static void ten_thousand_paths_mean_what_a_plain_oracle_says(void **state)
{
    char target[256], path[256];
    size_t taken = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct ym_arena arena = {0};
        struct http_target parsed;
        struct ym_error err = {0};
        generate(target, sizeof target);
        bool want = oracle(target, path);
        bool got = http_target_parse(ym_str(target), &arena, &parsed, &err);
        if (want != got)
            printf("# '%s': wanted %d, got %d (%s)\n", target, want, got, err.message);
        assert_int_equal(want, got);
        if (got && !ym_str_is(parsed.path, path))
            printf("# '%s': '%s' is not '%.*s'\n", target, path, YM_FMT(parsed.path));
        assert_true(!got || ym_str_is(parsed.path, path));
        taken += got;
        ym_arena_clear(&arena);
    }
    printf("# %zu of 10000 paths were taken\n", taken);
    assert_in_range(taken, 1000, 9000);
}

static const struct {
    const char *target, *path; // NULL: refused
} known[] = {
    {"/", "/"},
    {"/datasets/air.hour", "/datasets/air.hour"},
    {"/datasets/air.hour/", "/datasets/air.hour/"},
    {"/%61", "/a"},
    {"/a%2525", "/a%25"},
    {"/%E6%9D%91%F0%A1%90%93", "/村𡐓"},
    {"/a%2fb", NULL},
    {"/a%2Fb", NULL},
    {"/a%5cb", NULL},
    {"/a%00b", NULL},
    {"/a/../b", NULL},
    {"/a/%2e%2e/b", NULL},
    {"/a/.%2E/b", NULL},
    {"/./a", NULL},
    {"/a/..", NULL},
    {"/a..b/...", "/a..b/..."},
    {"//a", NULL},
    {"/a//b", NULL},
    {"/a\\b", NULL},
    {"/a%0d%0ab", NULL},
    {"/a%C2%9Bb", NULL},
    {"/a%E2%80%AEb", NULL},
    {"/a%c0%afb", NULL},
    {"/a%ed%a0%80", NULL},
    {"/a%f", NULL},
    {"/a%", NULL},
    {"/a%g0", NULL},
    {"a", NULL},
    {"", NULL},
    {"*", NULL},
    {"http://a/b", NULL},
};

static void known_tricks_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < YM_COUNT(known); i++) {
        struct ym_arena arena = {0};
        struct http_target parsed;
        struct ym_error err = {0};
        bool got = http_target_parse(ym_str(known[i].target), &arena, &parsed, &err);
        if (got != (known[i].path != NULL))
            printf("# '%s'\n", known[i].target);
        assert_int_equal(got, known[i].path != NULL);
        if (got)
            assert_true(ym_str_is(parsed.path, known[i].path));
        ym_arena_clear(&arena);
    }
}

static void query_is(const char *raw, const char *wanted)
{
    struct ym_arena arena = {0};
    struct http_target parsed;
    struct ym_error err = {0};
    struct ym_buf text = {0};

    if (http_target_parse(ym_str(raw), &arena, &parsed, &err))
        for (size_t i = 0; i < parsed.query.n; i++)
            ym_buf_printf(&text, "[%.*s|%.*s]", YM_FMT(parsed.query.items[i].name),
                          YM_FMT(parsed.query.items[i].value));
    else
        ym_buf_printf(&text, "%s", err.code);
    assert_string_equal(ym_buf_cstr(&text), wanted);
    ym_buf_clear(&text);
    ym_arena_clear(&arena);
}

static void queries_are_decoded_once(void **state)
{
    (void)state;
    query_is("/?", "");
    query_is("/?a", "[a|]");
    query_is("/?a=", "[a|]");
    query_is("/?a=b=c&&d=%26&", "[a|b=c][d|&]");
    query_is("/?q=%E6%AD%A6%E6%B1%89+x%2By", "[q|武汉 x+y]");
    query_is("/?a=%2525", "[a|%25]");
    query_is("/?a=b?c/d", "[a|b?c/d]");
    query_is("/?=b", "http.query");
    query_is("/?a=%00", "http.query");
    query_is("/?a=%ff", "http.query");
    query_is("/?a=%", "http.query");
}

static void a_token_in_a_query_is_found_wherever_it_hides(void **state)
{
    static const char token[] = "ym_0123456789abcdefghijklmnopqrstuvwxyzABC-_DE";
    struct ym_arena arena = {0};
    struct http_target parsed;
    struct ym_error err = {0};
    char raw[256];

    (void)state;
    static const struct {
        const char *before, *behind;
        size_t from; // of the token: the rest of it is escaped in `before`
    } forms[] = {
        {"/?token=", "", 0}, {"/?q=x", "", 0},   {"/?q=Bearer+", "&n=1", 0},
        {"/?", "=1", 0},     {"/?q=%79", "", 1}, {"/?a=b&q=%79%6D_", "", 3},
    };
    for (size_t i = 0; i < YM_COUNT(forms); i++) {
        snprintf(raw, sizeof raw, "%s%s%s", forms[i].before, token + forms[i].from,
                 forms[i].behind);
        assert_true(http_target_parse(ym_str(raw), &arena, &parsed, &err));
        assert_true(ym_str_is(parsed.token, token));
    }
    assert_true(http_target_parse(YM_STR("/?q=ym_short"), &arena, &parsed, &err));
    assert_null(parsed.token.p);
    assert_false(parsed.secret);
    // By chance in a cursor, which is longer.
    char cursor[161];
    memset(cursor, 'A', sizeof cursor - 1);
    cursor[sizeof cursor - 1] = '\0';
    memcpy(cursor + 70, "ym_", 3);
    snprintf(raw, sizeof raw, "/?after=%s", cursor);
    assert_true(http_target_parse(ym_str(raw), &arena, &parsed, &err));
    assert_null(parsed.token.p);
    assert_true(http_target_parse(YM_STR("/?access_token=1"), &arena, &parsed, &err));
    assert_true(parsed.secret);
    ym_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_paths_mean_what_a_plain_oracle_says),
        cmocka_unit_test(known_tricks_are_refused),
        cmocka_unit_test(queries_are_decoded_once),
        cmocka_unit_test(a_token_in_a_query_is_found_wherever_it_hides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
