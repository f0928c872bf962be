// A target that is accepted keeps every promise of target.h, and means one thing only.
#include "host/http/target.h"
#include "prop.h"

static void check_path(struct ym_str path)
{
    struct ym_str rest = ym_str_sub(path, 1, path.n), part;

    assert(path.n > 0 && path.p[0] == '/');
    assert(ym_utf8_valid(path, NULL));
    while (ym_str_cut(&rest, '/', &part)) {
        assert(part.n > 0 || !rest.p);
        assert(!ym_str_is(part, ".") && !ym_str_is(part, ".."));
        for (size_t i = 0; i < part.n; i++)
            assert((unsigned char)part.p[i] >= 0x20 && part.p[i] != 0x7f && part.p[i] != '\\');
    }
}

// Escaped again, all of it, the path must be accepted and be the same.
static void check_round(struct ym_str path, struct ym_arena *arena)
{
    struct ym_buf raw = {0};
    struct http_target again;
    struct ym_error err = {0};

    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '/')
            ym_buf_char(&raw, '/');
        else
            ym_buf_printf(&raw, "%%%02x", (unsigned char)path.p[i]);
    bool ok = http_target_parse(ym_buf_str(&raw), arena, &again, &err);
    assert(ok || raw.n > HTTP_TARGET_MAX);
    assert(!ok || ym_str_eq(again.path, path));
    ym_buf_clear(&raw);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct ym_arena arena = {0};
    struct http_target target;
    struct ym_error err = {0};

    if (http_target_parse((struct ym_str){(const char *)bytes, n}, &arena, &target, &err)) {
        check_path(target.path);
        check_round(target.path, &arena);
        assert(target.query.n <= HTTP_QUERY_MAX);
        for (size_t i = 0; i < target.query.n; i++) {
            assert(target.query.items[i].name.n > 0);
            assert(ym_utf8_valid(target.query.items[i].name, NULL));
            assert(ym_utf8_valid(target.query.items[i].value, NULL));
            assert(!memchr(target.query.items[i].name.p, 0, target.query.items[i].name.n));
        }
        assert(!target.token.p || target.token.n == 46);
    } else {
        assert(err.kind == YM_INVALID || err.kind == YM_TOO_LARGE);
        assert(err.code[0] && err.hint[0]);
    }
    ym_arena_clear(&arena);
    return 0;
}
