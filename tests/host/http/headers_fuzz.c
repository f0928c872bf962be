/* A head that is accepted keeps every promise of head.h: written out again by RFC 9112 and read
 * once more it is the same. The input is a head as it is sent; the library's cuts are made here. */
#include "host/http/head.h"
#include "prop.h"

// What libmicrohttpd leaves of a head: NUL for the blanks of the request line, the first colon of
// each line and each CRLF.
static size_t cut(const uint8_t *bytes, size_t n, char *to, size_t *target_n)
{
    bool first = true, name = true;
    size_t blanks = 0, target = 0, at = 0;

    for (size_t i = 0; i < n; i++) {
        char c = (char)bytes[i];
        if (first && c == ' ' && blanks < 2) {
            if (++blanks == 1)
                target = at + 1;
            else
                *target_n = at - target;
            c = 0;
        } else if (!first && name && c == ':') {
            name = false;
            c = 0;
        } else if (c == '\r' && i + 1 < n && bytes[i + 1] == '\n') {
            to[at++] = 0;
            c = 0;
            i++;
            first = false;
            name = true;
        }
        to[at++] = c;
    }
    return at;
}

static void check(const struct http_head *head)
{
    struct ym_str length = http_head_get(head, "content-length");
    size_t hosts = 0;

    assert(head->headers.n <= HTTP_HEADERS_MAX);
    for (size_t i = 0; i < head->headers.n; i++) {
        struct http_pair one = head->headers.items[i];
        assert(one.name.n > 0);
        for (size_t j = 0; j < one.name.n; j++)
            assert(one.name.p[j] > 0x20 && one.name.p[j] < 0x7f && one.name.p[j] != ':');
        for (size_t j = 0; j < one.value.n; j++)
            assert((unsigned char)one.value.p[j] >= 0x20 || one.value.p[j] == '\t');
        assert(ym_utf8_valid(one.value, NULL));
        hosts += http_name_is(one.name, "Host");
    }
    assert(hosts == 1);
    assert((length.p != NULL) == (head->length >= 0));
    assert(!(head->chunked && length.p));
}

static void check_again(const struct http_head *head, struct ym_arena *arena)
{
    struct ym_buf text = {0};
    struct http_head again;
    struct ym_error err = {0};

    ym_buf_add(&text, head->method);
    ym_buf_add(&text, (struct ym_str){"\0/\0HTTP/1.1\0\0", 13});
    for (size_t i = 0; i < head->headers.n; i++) {
        ym_buf_add(&text, head->headers.items[i].name);
        ym_buf_char(&text, 0);
        ym_buf_add(&text, head->headers.items[i].value);
        ym_buf_add(&text, (struct ym_str){"\0\0", 2});
    }
    ym_buf_add(&text, (struct ym_str){"\0\0", 2});
    bool ok = http_head_parse(ym_buf_str(&text), 1, arena, &again, &err);
    assert(ok || text.n > HTTP_HEAD_MAX);
    assert(!ok || (again.headers.n == head->headers.n && again.length == head->length));
    for (size_t i = 0; ok && i < again.headers.n; i++)
        assert(ym_str_eq(again.headers.items[i].value, head->headers.items[i].value));
    ym_buf_clear(&text);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct ym_arena arena = {0};
    struct http_head head;
    struct ym_error err = {0};
    char *block = malloc(n + 2);
    size_t target_n = 0, size = cut(bytes, n, block, &target_n);

    if (http_head_parse((struct ym_str){block, size}, target_n, &arena, &head, &err)) {
        check(&head);
        check_again(&head, &arena);
        struct ym_str language = http_language(http_head_get(&head, "Accept-Language"));
        assert(ym_str_is(language, "zh-CN") || ym_str_is(language, "en"));
        int wait = http_prefer(http_head_get(&head, "Prefer"));
        assert(wait >= 0 && wait <= 60);
        (void)http_takes_gzip(http_head_get(&head, "Accept-Encoding"));
        struct ym_str cookie = http_cookie(http_head_get(&head, "Cookie"), "a");
        assert(!cookie.p || !memchr(cookie.p, ';', cookie.n));
    } else {
        assert(err.kind == YM_INVALID || err.kind == YM_TOO_LARGE);
        assert(err.code[0] && err.hint[0]);
    }
    free(block);
    ym_arena_clear(&arena);
    return 0;
}
