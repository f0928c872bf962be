// A schema that is accepted keeps the promises of quality.h, comes back as it was written, and
// compiles; one that is refused says where.
#include "data/quality/quality.h"
#include "tests/prop.h"

static void accepted(const struct quality_schema *schema, struct ym_arena *arena)
{
    struct quality_schema again;
    struct ym_error err = {0};
    struct quality_sql sql;
    struct quality_target target = {.database = "lake",
                                    .dataset = 1,
                                    .load = 2,
                                    .version = 3,
                                    .zone = "Asia/Shanghai",
                                    .today = 20261124};
    struct ym_buf first = {0}, second = {0};

    assert(schema->n >= 1 && schema->n <= QUALITY_FIELDS_MAX);
    for (size_t i = 0; i < schema->n; i++) {
        const struct quality_field *field = &schema->fields[i];
        assert(field->name.n >= 1 && field->name.n <= 256 && field->name.p[0] != '_');
        assert(field->scale >= -1 && field->scale <= 18);
        assert(field->semantic == CODES_NONE || field->type == QUALITY_STRING);
        for (size_t j = 0; j < i && i < 50; j++)
            assert(!ym_str_eq(field->name, schema->fields[j].name));
    }
    json_t *tree = quality_schema_json(schema);
    assert(tree && quality_schema_parse(tree, arena, &again, &err));
    json_t *back = quality_schema_json(&again);
    ym_json_dump(&first, tree);
    ym_json_dump(&second, back);
    assert(ym_str_eq(ym_buf_str(&first), ym_buf_str(&second)));

    size_t *map = ym_arena_alloc(arena, schema->n * sizeof *map);
    for (size_t i = 0; i < schema->n; i++)
        map[i] = i;
    assert(quality_compile(schema, map, schema->n, &target, arena, &sql, &err));
    assert(sql.n_before > 0 && sql.insert.n > 0 && sql.n_drop > 0);
    json_decref(tree);
    json_decref(back);
    ym_buf_clear(&first);
    ym_buf_clear(&second);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct ym_str text = {(const char *)bytes, n};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct quality_schema schema;
    json_t *tree = NULL;

    if (!ym_json_parse(text, 1 << 16, &tree, &err))
        return 0;
    if (quality_schema_parse(tree, &arena, &schema, &err)) {
        accepted(&schema, &arena);
    } else {
        assert(err.kind == YM_INVALID && strncmp(err.code, "schema.", 7) == 0);
        assert(err.subject[0] && err.hint[0]);
    }
    json_decref(tree);
    ym_arena_clear(&arena);
    return 0;
}
