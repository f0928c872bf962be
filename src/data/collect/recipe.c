// What somebody chose for a file: checked once, wherever it comes from.
#include "data/collect/collect.h"
#include "data/collect/dialect.h"
#include "data/collect/encoding.h"
#include "data/collect/reader.h"
#include "data/collect/skips.h"
#include "data/collect/table.h"

enum { HEADER_ROW_MAX = 1000000, SHEET_MAX_BYTES = 255 };

static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"format", offsetof(struct collect_recipe, format)},
    {"encoding", offsetof(struct collect_recipe, encoding)},
    {"delimiter", offsetof(struct collect_recipe, delimiter)},
    {"sheet", offsetof(struct collect_recipe, sheet)},
    {"skip", offsetof(struct collect_recipe, skip)},
};
static const struct {
    const char *name;
    size_t offset;
    int64_t least, most;
} numbers[] = {
    {"header_row", offsetof(struct collect_recipe, header_row), -1, HEADER_ROW_MAX},
    {"header_rows", offsetof(struct collect_recipe, header_rows), 0, COLLECT_HEADER_ROWS_MAX},
};

static struct ym_str *text_at(const struct collect_recipe *recipe, size_t i)
{
    return (struct ym_str *)(void *)((char *)recipe + texts[i].offset);
}

static int64_t *number_at(const struct collect_recipe *recipe, size_t i)
{
    return (int64_t *)(void *)((char *)recipe + numbers[i].offset);
}

bool collect_recipe_empty(const struct collect_recipe *recipe)
{
    for (size_t i = 0; i < YM_COUNT(texts); i++)
        if (text_at(recipe, i)->n > 0)
            return false;
    return recipe->header_row == 0 && recipe->header_rows == 0;
}

json_t *collect_recipe_json(const struct collect_recipe *recipe)
{
    if (collect_recipe_empty(recipe))
        return NULL;
    json_t *json = json_object();
    for (size_t i = 0; i < YM_COUNT(texts); i++)
        if (text_at(recipe, i)->n > 0)
            json_object_set_new(json, texts[i].name, ym_json_str(*text_at(recipe, i)));
    for (size_t i = 0; i < YM_COUNT(numbers); i++)
        if (*number_at(recipe, i) != 0)
            json_object_set_new(json, numbers[i].name, json_integer(*number_at(recipe, i)));
    return json;
}

static bool fail_member(struct ym_error *err, const char *key)
{
    ym_fail(err, YM_INVALID, "collect.recipe", "'%s' is no member of a recipe, or not as it may be",
            key);
    ym_about(err, ym_str(key));
    return ym_hint(err,
                   "A recipe has the texts format, encoding, delimiter, sheet and skip, and the "
                   "numbers header_row (from 1, or -1: none) and header_rows (up to %d).",
                   COLLECT_HEADER_ROWS_MAX);
}

static bool take_member(const char *key, const json_t *value, struct ym_arena *arena,
                        struct collect_recipe *out, struct ym_error *err)
{
    for (size_t i = 0; i < YM_COUNT(texts); i++) {
        if (strcmp(key, texts[i].name) != 0)
            continue;
        if (!json_is_string(value) && !json_is_null(value))
            return fail_member(err, key);
        struct ym_str text = {json_string_value(value), json_string_length(value)};
        if (text.n > 0)
            *text_at(out, i) = ym_arena_str(arena, text);
        return true;
    }
    for (size_t i = 0; i < YM_COUNT(numbers); i++) {
        if (strcmp(key, numbers[i].name) != 0)
            continue;
        if (!json_is_integer(value) && !json_is_null(value))
            return fail_member(err, key);
        *number_at(out, i) = json_integer_value(value);
        return true;
    }
    return fail_member(err, key);
}

bool collect_recipe_parse(const json_t *json, struct ym_arena *arena, struct collect_recipe *out,
                          struct ym_error *err)
{
    const char *key;
    json_t *value;

    *out = (struct collect_recipe){0};
    if (!json || json_is_null(json))
        return true;
    if (!json_is_object(json))
        return fail_member(err, "recipe");
    json_object_foreach((json_t *)json, key, value)
    {
        if (!take_member(key, value, arena, out, err))
            return false;
    }
    return collect_recipe_check(out, err);
}

bool collect_recipe_check(const struct collect_recipe *recipe, struct ym_error *err)
{
    struct collect_dialect dialect = {.line_end = '\n'};
    struct collect_encoding encoding;
    struct collect_skips skips;

    for (size_t i = 0; i < YM_COUNT(numbers); i++) {
        int64_t value = *number_at(recipe, i);
        if (value < numbers[i].least || value > numbers[i].most)
            return fail_member(err, numbers[i].name);
    }
    if (recipe->sheet.n > SHEET_MAX_BYTES)
        return fail_member(err, "sheet");
    if (recipe->format.n > 0 && !collect_reader_of(recipe->format, YM_STR(""), YM_STR(""), err))
        return false;
    if (recipe->encoding.n > 0 && !collect_encoding_declared(recipe->encoding, &encoding, err))
        return false;
    if (recipe->delimiter.n > 0 && !collect_delimiter_parse(recipe->delimiter, &dialect))
        return collect_fail_delimiter(recipe->delimiter, err);
    return collect_skips_parse(recipe->skip, &skips, err);
}
