#include "data/quality/guess.h"

#define WHOLE "(?:0|[1-9][0-9]{0,13})" // no leading zero, under 15 digits: else it is a code

/* Semantic texts first (an id is also a row of digits), dates of digits before numbers. Decimal:
 * plain digits, up to 6 behind the point and 18 in all; what has more, or an exponent, is a double.
 * 0 and 1 stay integers: who counts is more frequent than who means yes. */
const struct guess guesses[] = {
    {.type = QUALITY_STRING, .semantic = CODES_RESIDENT_ID},
    {.type = QUALITY_STRING, .semantic = CODES_CREDIT_CODE},
    {.type = QUALITY_STRING, .semantic = CODES_VIN},
    {.type = QUALITY_STRING, .semantic = CODES_PHONE},
    {.type = QUALITY_STRING, .semantic = CODES_REGION},
    {.type = QUALITY_BOOLEAN, .yes = "true|True|TRUE", .no = "false|False|FALSE"},
    {.type = QUALITY_BOOLEAN, .yes = "是", .no = "否"},
    {.type = QUALITY_BOOLEAN, .yes = "Y|Yes|YES|yes", .no = "N|No|NO|no"},
    {.type = QUALITY_DATE, .format = "%Y%m%d", .named = true},
    {.type = QUALITY_DATETIME, .format = "%Y%m%d%H%M%S", .named = true},
    {.type = QUALITY_INTEGER, .shape = "^-?" WHOLE "$"},
    {.type = QUALITY_NUMBER, .exact = true, .shape = "^-?" WHOLE "([.][0-9]{1,6})?$"},
    {.type = QUALITY_NUMBER,
     .shape = "^[+-]?(?:(?:0|[1-9][0-9]*)[.][0-9]*|[.][0-9]+|" WHOLE ")(?:[eE][+-]?[0-9]+)?$"},
    {.type = QUALITY_DATE},
    {.type = QUALITY_DATE, .format = "%Y-%m-%d"},
    {.type = QUALITY_DATE, .format = "%Y/%m/%d"},
    {.type = QUALITY_DATE, .format = "%Y.%m.%d"},
    {.type = QUALITY_DATE, .format = "%Y年%m月%d日"},
    {.type = QUALITY_DATETIME},
    {.type = QUALITY_DATETIME, .format = "%Y-%m-%d %H:%M:%S"},
    {.type = QUALITY_DATETIME, .format = "%Y-%m-%d %H:%M"},
    {.type = QUALITY_DATETIME, .format = "%Y/%m/%d %H:%M:%S"},
    {.type = QUALITY_DATETIME, .format = "%Y/%m/%d %H:%M"},
    {.type = QUALITY_DATETIME, .format = "%Y年%m月%d日 %H:%M:%S"},
    {.type = QUALITY_DATETIME, .format = "%Y年%m月%d日 %H:%M"},
    {.type = QUALITY_TIME},
};
static_assert(YM_COUNT(guesses) == GUESSES, "guess.h counts them");

const char *const guess_markers[] = {"NaN", "NULL", "nan",  "null", "N/A", "n/a",
                                     "NA",  "#N/A", "-",    "--",   "—",   "——",
                                     "/",   "无",   "None", "\\N",  NULL};

bool guess_marker(struct ym_str text)
{
    for (const char *const *m = guess_markers; *m; m++)
        if (ym_str_is(text, *m))
            return true;
    return text.n == 0;
}

size_t guess_marker_count(void)
{
    return YM_COUNT(guess_markers) - 1;
}

bool guess_names_date(struct ym_str column)
{
    static const char *const words[] = {"date", "Date", "DATE", "日期", "时间", "day", "Day"};

    for (size_t i = 0; i < YM_COUNT(words); i++)
        if (ym_str_find(column, ym_str(words[i]), 0) != SIZE_MAX)
            return true;
    return false;
}

static bool one_of(const char *list, struct ym_str text)
{
    struct ym_str rest = ym_str(list), item;

    while (ym_str_cut(&rest, '|', &item))
        if (ym_str_eq(item, text))
            return true;
    return false;
}

// Digits stand where the format has % signs, all else is equal; days are left to the engine.
static bool formed(const char *format, struct ym_str text)
{
    size_t at = 0;

    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            if (at >= text.n || text.p[at++] != *f)
                return false;
            continue;
        }
        size_t max = *++f == 'Y' ? 4 : 2, n = 0;
        while (n < max && at < text.n && text.p[at] >= '0' && text.p[at] <= '9')
            at++, n++;
        if (n == 0 || (max == 4 && n < 4))
            return false;
    }
    return at == text.n;
}

static bool number_like(struct ym_str text)
{
    bool digit = false;

    for (size_t i = 0; i < text.n; i++) {
        digit = digit || (text.p[i] >= '0' && text.p[i] <= '9');
        if (!strchr("0123456789+-.eE", text.p[i]) || !text.p[i])
            return false;
    }
    return digit;
}

bool guess_fits(const struct guess *guess, struct ym_str cell, int today, bool demo)
{
    bool point =
        memchr(cell.p, '.', cell.n) || memchr(cell.p, 'e', cell.n) || memchr(cell.p, 'E', cell.n);

    switch (guess->type) {
    case QUALITY_STRING:
        return codes_valid(guess->semantic, cell, today, demo);
    case QUALITY_BOOLEAN:
        return one_of(guess->yes, cell) || one_of(guess->no, cell);
    case QUALITY_INTEGER:
        return number_like(cell) && !point;
    case QUALITY_NUMBER:
        return number_like(cell);
    case QUALITY_DATE:
        return formed(guess->format ? guess->format : "%Y-%m-%d", cell);
    case QUALITY_DATETIME:
        return guess->format ? formed(guess->format, cell)
                             : cell.n >= 16 && formed("%Y-%m-%d", ym_str_sub(cell, 0, 10));
    case QUALITY_TIME:
        return formed("%H:%M", cell) || formed("%H:%M:%S", cell);
    }
    return false;
}

static void split(const char *list, struct ym_arena *arena, struct quality_texts *out)
{
    struct ym_str rest = ym_str(list), item;

    while (ym_str_cut(&rest, '|', &item))
        quality_push(out, arena, item);
}

void guess_field(const struct guess *guess, int scale, struct ym_arena *arena,
                 struct quality_field *out)
{
    *out = (struct quality_field){
        .type = guess->type,
        .semantic = guess->semantic,
        .scale = guess->exact ? scale : -1,
        .min_length = -1,
        .max_length = -1,
    };
    if (guess->format)
        out->format = ym_str(guess->format);
    if (guess->yes) {
        split(guess->yes, arena, &out->true_values);
        split(guess->no, arena, &out->false_values);
    }
}

void guess_wrong(const struct guess *guess, const struct quality_target *target, struct ym_buf *sql)
{
    struct ym_arena arena = {0};
    struct quality_field field;
    struct quality_schema schema = {.fields = &field, .n = 1};
    const char *text = guess->semantic == CODES_NONE ? "trimBoth(c1)" : "c1";

    guess_field(guess, 6, &arena, &field);
    if (field.semantic != CODES_NONE) {
        ym_buf_add(sql, YM_STR("NOT "));
        quality_semantic(field.semantic, text, target->today, target->demo, sql);
    } else if (guess->shape && (guess->type == QUALITY_INTEGER || guess->exact)) {
        ym_buf_printf(sql, "NOT match(%s,'%s')", text, guess->shape);
    } else if (field.type == QUALITY_TIME) {
        ym_buf_printf(sql, "NOT match(%s,'^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$')",
                      text);
    } else {
        if (guess->shape)
            ym_buf_printf(sql, "(NOT match(%s,'%s') OR ", text, guess->shape);
        ym_buf_add(sql, YM_STR("isNull("));
        quality_cell(&schema, 0, 0, target, sql);
        ym_buf_add(sql, ym_str(guess->shape ? "))" : ")"));
    }
    ym_arena_clear(&arena);
}
