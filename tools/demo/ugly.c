#include "tools/demo/demo.h"

// One function a kind of ugliness. Each changes the cell and says whether it did.

static bool put(struct ym_buf *cell, struct ym_str text)
{
    cell->n = 0;
    ym_buf_add(cell, text);
    return true;
}

// Another check digit than the right one.
static bool spoil(struct ym_buf *cell, struct ym_str text)
{
    (void)text;
    if (cell->n < 2)
        return false;
    cell->p[cell->n - 1] = cell->p[cell->n - 1] == '7' ? '3' : '7';
    return true;
}

// A VIN has its check digit at the ninth place.
static bool spoil_ninth(struct ym_buf *cell, struct ym_str text)
{
    (void)text;
    if (cell->n < 9)
        return false;
    cell->p[8] = cell->p[8] == '7' ? '3' : '7';
    return true;
}

// Full-width digits, as an input method types them.
static bool wide(struct ym_buf *cell, struct ym_str text)
{
    struct ym_buf out = {0};
    bool any = false;

    (void)text;
    for (size_t i = 0; i < cell->n; i++) {
        bool digit = cell->p[i] >= '0' && cell->p[i] <= '9';
        any = any || digit;
        if (digit)
            ym_buf_printf(&out, "\xef\xbc%c", 0x90 + (cell->p[i] - '0'));
        else
            ym_buf_char(&out, cell->p[i]);
    }
    (void)put(cell, ym_buf_str(&out));
    ym_buf_clear(&out);
    return any;
}

static bool thousands(struct ym_buf *cell, struct ym_str text)
{
    struct ym_str all = ym_buf_str(cell);
    size_t point = ym_str_find(all, YM_STR("."), 0), whole = point == SIZE_MAX ? all.n : point;
    struct ym_buf out = {0};

    (void)text;
    if (whole < 4)
        return false;
    for (size_t i = 0; i < all.n; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            ym_buf_char(&out, ',');
        ym_buf_char(&out, all.p[i]);
    }
    (void)put(cell, ym_buf_str(&out));
    ym_buf_clear(&out);
    return true;
}

static bool padded(struct ym_buf *cell, struct ym_str text)
{
    struct ym_buf out = {0};

    (void)text;
    ym_buf_printf(&out, "  %.*s ", YM_FMT(ym_buf_str(cell)));
    (void)put(cell, ym_buf_str(&out));
    ym_buf_clear(&out);
    return true;
}

// A unit behind the number, or any other tail.
static bool tail(struct ym_buf *cell, struct ym_str text)
{
    if (cell->n == 0)
        return false;
    ym_buf_add(cell, text);
    return true;
}

// 2026-09-01 as 2026年9月1日: the same day, another form.
static bool han_day(struct ym_buf *cell, struct ym_str text)
{
    char from[16];

    (void)text;
    if (cell->n < 10)
        return false;
    snprintf(from, sizeof from, "%.10s", cell->p);
    cell->n = 0;
    ym_buf_printf(cell, "%.4s年%ld月%ld日", from, strtol(from + 5, NULL, 10),
                  strtol(from + 8, NULL, 10));
    return true;
}

// These are of the whole row, and main.c makes them: cut loses its last cells, repeat sends a row
// once more, twice with `text` in the field, empty is a row of separators.
static bool whole(struct ym_buf *cell, struct ym_str text)
{
    (void)cell, (void)text;
    return true;
}

static const struct {
    const char *name;
    bool (*spoil)(struct ym_buf *cell, struct ym_str text);
} kinds[] = {
    {"put", put},
    {"spoil", spoil},
    {"spoil_ninth", spoil_ninth},
    {"wide", wide},
    {"tail", tail},
    {"padded", padded},
    {"thousands", thousands},
    {"han_day", han_day},
    {"cut", whole},
    {"repeat", whole},
    {"twice", whole},
};

struct demo_ugly demo_ugly_parse(const json_t *from, int64_t field)
{
    struct ym_str kind = ym_str(json_string_value(json_array_get(from, 0)));

    for (size_t i = 0; i < YM_COUNT(kinds); i++)
        if (ym_str_is(kind, kinds[i].name))
            return (struct demo_ugly){
                .spoil = kinds[i].spoil,
                .kind = kind,
                .field = field,
                .text = ym_str(json_string_value(json_array_get(from, 2))),
                .every = json_integer_value(json_array_get(from, 3)),
                .from = json_integer_value(json_array_get(from, 4)),
                .reason = ym_str(json_string_value(json_array_get(from, 5))),
            };
    demo_die("there is no ugliness '%.*s'", YM_FMT(kind));
}
