// A recipe that is accepted can be kept and read again as it was, and its lines are lines.
#include "../../prop.h"

#include "data/collect/collect.h"
#include "data/collect/skips.h"

static void lists_of_lines(struct ym_str text)
{
    struct collect_skips skips;
    struct ym_error err;

    if (!collect_skips_parse(text, &skips, &err)) {
        assert(strcmp(err.code, "collect.skip") == 0 && err.hint[0]);
        return;
    }
    assert(skips.n <= COLLECT_SKIPS_MAX);
    for (size_t i = 0; i < skips.n; i++) {
        assert(skips.items[i].from >= 1 && skips.items[i].to >= skips.items[i].from);
        assert(collect_skipped(&skips, skips.items[i].from));
        assert(collect_skipped(&skips, skips.items[i].to));
    }
    assert(!collect_skipped(&skips, 0));
}

static void recipes(struct ym_str text)
{
    struct ym_arena arena = {0};
    struct collect_recipe recipe, again;
    struct ym_error err = {0};
    json_t *json = NULL;

    if (!ym_json_parse(text, 64 << 10, &json, &err))
        return;
    if (collect_recipe_parse(json, &arena, &recipe, &err)) {
        json_t *kept = collect_recipe_json(&recipe), *second;
        assert((kept == NULL) == collect_recipe_empty(&recipe));
        bool ok = collect_recipe_parse(kept, &arena, &again, &err);
        assert(ok);
        second = collect_recipe_json(&again);
        assert(kept ? json_equal(kept, second) : !second);
        json_decref(second);
        json_decref(kept);
    } else {
        assert(err.kind == YM_INVALID || err.kind == YM_NO_ERROR);
        assert(ym_str_starts(ym_str(err.code), YM_STR("collect.")) && err.hint[0]);
    }
    json_decref(json);
    ym_arena_clear(&arena);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct prop_bytes in = {bytes, n};
    bool lines = prop_draw(&in, 2);
    struct ym_str text = {in.n ? (const char *)in.p : "", in.n};

    if (lines)
        lists_of_lines(text);
    else
        recipes(text);
    return 0;
}
