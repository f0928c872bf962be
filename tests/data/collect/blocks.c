#include "blocks.h"

// The test's own reading of the Native format: it shares no code with the block's writer.
static bool take(struct ym_str *from, size_t n, struct ym_str *out)
{
    if (n > from->n)
        return false;
    *out = (struct ym_str){from->p, n};
    *from = ym_str_sub(*from, n, from->n);
    return true;
}

static bool take_size(struct ym_str *from, size_t *value)
{
    struct ym_str byte;

    *value = 0;
    for (unsigned shift = 0; shift < 63 && take(from, 1, &byte); shift += 7) {
        *value |= (size_t)((unsigned char)*byte.p & 0x7F) << shift;
        if (!((unsigned char)*byte.p & 0x80))
            return true;
    }
    return false;
}

static bool take_text(struct ym_str *from, struct ym_str *text)
{
    size_t n;

    return take_size(from, &n) && take(from, n, text);
}

static bool take_head(struct ym_str *from, const char *name, const char *type)
{
    struct ym_str has_name, has_type;

    return take_text(from, &has_name) && take_text(from, &has_type) && ym_str_is(has_name, name) &&
           ym_str_is(has_type, type);
}

static uint64_t number(struct ym_str bytes, size_t i)
{
    uint64_t value;

    memcpy(&value, bytes.p + 8 * i, sizeof value);
    return value;
}

static bool take_extras(struct ym_str *from, struct ym_arena *arena, struct row *rows, size_t n)
{
    struct ym_str offsets;
    uint64_t before = 0;

    if (!take_head(from, "_extra", "Array(String)") || !take(from, 8 * n, &offsets))
        return false;
    for (size_t row = 0; row < n; row++) {
        uint64_t end = number(offsets, row);
        if (end < before || end - before > from->n)
            return false;
        rows[row].n_extra = (size_t)(end - before);
        rows[row].extra = ym_arena_alloc(arena, (rows[row].n_extra + 1) * sizeof(struct ym_str));
        for (size_t i = 0; i < rows[row].n_extra; i++)
            if (!take_text(from, &rows[row].extra[i]))
                return false;
        before = end;
    }
    return true;
}

bool block_parse(struct ym_str bytes, size_t columns, struct ym_arena *arena, struct rows *rows)
{
    struct ym_str positions;
    size_t n_columns, n;

    if (!take_size(&bytes, &n_columns) || n_columns != columns + 3 || !take_size(&bytes, &n) ||
        n > bytes.n || !take_head(&bytes, "_pos", "UInt64") || !take(&bytes, 8 * n, &positions) ||
        !take_head(&bytes, "_fault", "String"))
        return false;
    rows->items = ym_arena_grow(arena, rows->items, &rows->cap, rows->n + n, sizeof *rows->items);
    struct row *all = rows->items + rows->n;
    rows->n += n;
    for (size_t row = 0; row < n; row++) {
        all[row] = (struct row){.pos = (int64_t)number(positions, row)};
        all[row].cells = ym_arena_alloc(arena, (columns + 1) * sizeof(struct ym_str));
        if (!take_text(&bytes, &all[row].fault))
            return false;
    }
    if (!take_extras(&bytes, arena, all, n))
        return false;
    for (size_t c = 0; c < columns; c++) {
        char name[32];
        snprintf(name, sizeof name, "c%zu", c + 1);
        if (!take_head(&bytes, name, "String"))
            return false;
        for (size_t row = 0; row < n; row++)
            if (!take_text(&bytes, &all[row].cells[c]))
                return false;
    }
    return bytes.n == 0;
}
