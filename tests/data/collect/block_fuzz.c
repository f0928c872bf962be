// Rows of the reader, and bytes that only look like them: a block holds exactly the rows that the
// test's own two parsers see, and bytes that are no rows make none.
#include "../../prop.h"

#include "blocks.h"
#include "data/collect/block.h"

static void put_size(struct ym_buf *to, size_t n)
{
    for (; n >= 0x80; n >>= 7)
        ym_buf_char(to, (char)(n | 0x80));
    ym_buf_char(to, (char)n);
}

static void put_text(struct ym_buf *to, struct prop_bytes *in)
{
    static const size_t lengths[] = {0, 1, 2, 3, 31, 32, 33, 126, 127, 128, 129, 300, 16384};
    size_t n = lengths[prop_draw(in, YM_COUNT(lengths))];
    char fill = (char)prop_draw(in, 256);

    put_size(to, n);
    for (size_t i = 0; i < n; i++)
        ym_buf_char(to, fill);
}

static void draw_rows(struct prop_bytes *in, size_t columns, struct ym_buf *to)
{
    for (size_t n = 1 + prop_draw(in, 12); n > 0; n--) {
        uint64_t pos = prop_draw(in, 0);
        size_t extra = prop_draw(in, 3) ? 0 : prop_draw(in, 200);
        ym_buf_add(to, (struct ym_str){(const char *)&pos, 8});
        put_text(to, in);
        put_size(to, extra);
        for (size_t c = 0; c < extra + columns; c++)
            put_text(to, in);
    }
}

static void same_texts(const struct ym_str *a, const struct ym_str *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert(ym_str_eq(a[i], b[i]));
}

int prop(const uint8_t *bytes, size_t n)
{
    struct prop_bytes in = {bytes, n};
    struct ym_arena arena = {0};
    struct ym_buf drawn = {0}, block = {0};
    struct rows rows = {0}, turned = {0};
    struct ym_error err = {0};
    size_t columns = prop_draw(&in, 7);

    if (prop_draw(&in, 2))
        draw_rows(&in, columns, &drawn);
    else
        ym_buf_add(&drawn, (struct ym_str){(const char *)in.p, in.n});
    bool are_rows = rows_parse(ym_buf_str(&drawn), columns, &arena, &rows) && rows.n > 0;
    assert(collect_block(ym_buf_str(&drawn), columns, &block, &err) == are_rows);
    if (are_rows) {
        assert(block_parse(ym_buf_str(&block), columns, &arena, &turned));
        assert(turned.n == rows.n);
        for (size_t i = 0; i < rows.n; i++) {
            const struct row *a = &rows.items[i], *b = &turned.items[i];
            assert(a->pos == b->pos && ym_str_eq(a->fault, b->fault) && a->n_extra == b->n_extra);
            same_texts(a->extra, b->extra, a->n_extra);
            same_texts(a->cells, b->cells, columns);
        }
    } else {
        assert(strcmp(err.code, "collect.reader") == 0 && err.kind == YM_FAULT && err.hint[0]);
    }
    ym_buf_clear(&drawn);
    ym_buf_clear(&block);
    ym_arena_clear(&arena);
    return 0;
}
