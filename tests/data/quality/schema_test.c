// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "data/quality/quality.h"

static struct ym_arena arena;

static bool parse(const char *text, struct quality_schema *out, struct ym_error *err)
{
    json_t *tree = NULL;
    *err = (struct ym_error){0};

    assert_true(ym_json_parse(ym_str(text), 1 << 20, &tree, err));
    bool ok = quality_schema_parse(tree, &arena, out, err);
    json_decref(tree);
    return ok;
}

static void what_is_not_known_is_refused_by_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *subject;
    } cases[] = {
        {"[]", "schema.value", "schema"},
        {"{}", "schema.value", "fields"},
        {"{\"fields\":[]}", "schema.value", "fields"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"geopoint\"}]}", "schema.type",
         "a: fields[0].type"},
        {"{\"fields\":[{\"name\":\"a\"},{\"name\":\"b\",\"constraints\":{\"minimun\":1}}]}",
         "schema.constraint", "b: fields[1].constraints.minimun"},
        {"{\"fields\":[{\"name\":\"a\",\"tpye\":\"integer\"}]}", "schema.member",
         "a: fields[0].tpye"},
        {"{\"fields\":[{\"name\":\"a\",\"groupChar\":\",\"}]}", "schema.member",
         "a: fields[0].groupChar"},
        {"{\"fields\":[{\"name\":\"a\"}],\"foreignKeys\":[{}]}", "schema.value", "foreignKeys"},
        {"{\"fields\":[{\"name\":\"a\"}],\"foreignKeys\":[{\"fields\":\"b\",\"reference\":{"
         "\"resource\":\"x.y\",\"fields\":\"c\"}}]}",
         "schema.key", "foreignKeys"},
        {"{\"fields\":[{\"name\":\"a\"}],\"foreignKeys\":[{\"fields\":\"a\",\"reference\":{"
         "\"resource\":\"x.y\",\"fields\":[\"c\",\"d\"]}}]}",
         "schema.value", "foreignKeys"},
        {"{\"fields\":[{\"name\":\"a\"}],\"uniqueKeys\":[[\"a\",\"a\"]]}", "schema.key",
         "uniqueKeys"},
        {"{\"fields\":[{\"name\":\"a\",\"residual\":[\"maximum\"],\"constraints\":{\"minLength\":1}"
         "}]}",
         "schema.residual", "a: fields[0].residual"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"integer\",\"residual\":[\"type\"]}]}",
         "schema.residual", "a: fields[0].residual"},
        {"{\"fields\":[{\"name\":\"a\",\"constraints\":{\"minimum\":1}}]}",
         "schema.constraint_type", "a: fields[0].constraints.minimum"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"integer\",\"constraints\":{\"minimum\":\"x\"}}]}",
         "schema.bound", "a: fields[0].constraints.minimum"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"number\",\"scale\":2,"
         "\"constraints\":{\"enum\":[1.234]}}]}",
         "schema.bound", "a: fields[0].constraints.enum"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"date\",\"format\":\"any\"}]}", "schema.format",
         "a: fields[0].format"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"date\",\"format\":\"%Y%m\"}]}", "schema.format",
         "a: fields[0].format"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"date\",\"format\":\"%Y%m%d %H:%M\"}]}",
         "schema.format", "a: fields[0].format"},
        {"{\"fields\":[{\"name\":\"a\",\"format\":\"email\"}]}", "schema.format",
         "a: fields[0].format"},
        {"{\"fields\":[{\"name\":\"a\",\"semantic\":\"passport\"}]}", "schema.semantic",
         "a: fields[0].semantic"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"integer\",\"semantic\":\"phone\"}]}",
         "schema.semantic", "a: fields[0].semantic"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"datetime\",\"zone\":\"Mars/Base\"}]}",
         "schema.zone", "a: fields[0].zone"},
        {"{\"fields\":[{\"name\":\"_a\"}]}", "schema.name", "fields[0].name"},
        {"{\"fields\":[{\"type\":\"string\"}]}", "schema.name", "fields[0].name"},
        {"{\"fields\":[{\"name\":\"a\\nb\"}]}", "schema.name", "fields[0].name"},
        {"{\"fields\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "schema.name_twice",
         "a: fields[1].name"},
        {"{\"fields\":[{\"name\":\"a\"}],\"primaryKey\":\"b\"}", "schema.key", "primaryKey"},
        {"{\"fields\":[{\"name\":\"a\"}],\"primaryKey\":[\"a\",\"a\"]}", "schema.key",
         "primaryKey"},
        {"{\"fields\":[{\"name\":\"a\"}],\"equalRepeats\":\"merge\"}", "schema.value",
         "equalRepeats"},
        {"{\"fields\":[{\"name\":\"a\",\"scale\":2}]}", "schema.value", "a: fields[0].scale"},
        {"{\"fields\":[{\"name\":\"a\",\"type\":\"number\",\"scale\":19}]}", "schema.value",
         "a: fields[0].scale"},
        {"{\"fields\":[{\"name\":\"a\",\"missingValues\":\"-\"}]}", "schema.value",
         "a: fields[0].missingValues"},
    };

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct quality_schema schema;
        struct ym_error err;
        assert_false(parse(cases[i].text, &schema, &err));
        assert_int_equal(err.kind, YM_INVALID);
        if (strcmp(err.code, cases[i].code) != 0 || strcmp(err.subject, cases[i].subject) != 0)
            fail_msg("%s gave %s '%s'", cases[i].text, err.code, err.subject);
        assert_true(err.hint[0]);
    }
}

static void a_schema_comes_back_as_it_was_written(void **state)
{
    (void)state;
    static const char text[] =
        "{\"fields\":[{\"name\":\"站点\",\"title\":\"监测点\",\"type\":\"string\",\"constraints\":"
        "{\"required\":true,\"minLength\":1,\"maxLength\":20,\"pattern\":\"[A-Z]+\",\"enum\":["
        "\"A\"]}},"
        "{\"name\":\"b\",\"title\":{\"zh\":\"甲\",\"en\":\"B\"},\"type\":\"number\",\"scale\":2,"
        "\"unit\":"
        "\"元\",\"description\":\"x\",\"missingValues\":[\"\",\"-\"],\"residual\":[\"maximum\"],"
        "\"constraints\":{\"unique\":"
        "true,"
        "\"minimum\":\"0.5\",\"maximum\":\"10\"}},{\"name\":\"c\",\"type\":\"datetime\",\"format\":"
        "\"%Y/%m/%d "
        "%H:%M\",\"zone\":\"UTC\",\"indexed\":true},{\"name\":\"d\",\"type\":\"boolean\","
        "\"trueValues\":"
        "[\"是\"],\"falseValues\":[\"否\"]},{\"name\":\"e\",\"type\":\"string\",\"semantic\":"
        "\"vin\"}],"
        "\"primaryKey\":[\"站点\",\"c\"],\"missingValues\":[\"\",\"NaN\"],\"uniqueKeys\":[[\"b\","
        "\"c\"]],\"foreignKeys\":[{\"fields\":[\"e\"],\"reference\":{\"resource\":\"traffic.car\","
        "\"fields\":[\"vin\"]},\"residual\":[\"reference\"]}],\"equalRepeats\":"
        "\"drop\"}";
    struct quality_schema schema;
    struct ym_error err;
    struct ym_buf out = {0};

    assert_true(parse(text, &schema, &err));
    json_t *back = quality_schema_json(&schema);
    ym_json_dump(&out, back);
    assert_string_equal(ym_buf_cstr(&out), text);
    json_decref(back);
    ym_buf_clear(&out);
}

static void what_other_tools_write_as_a_default_is_taken(void **state)
{
    (void)state;
    struct quality_schema schema;
    struct ym_error err;

    assert_true(
        parse("{\"$schema\":\"https://datapackage.org/profiles/2.0/tableschema.json\","
              "\"fields\":[{\"name\":\"a\",\"type\":\"number\",\"format\":\"default\","
              "\"decimalChar\":\".\",\"bareNumber\":true,\"example\":\"1\","
              "\"constraints\":{\"minimum\":0.1}}],\"foreignKeys\":[]}",
              &schema, &err));
    assert_true(ym_str_is(schema.fields[0].minimum, "0.1"));
    assert_int_equal(schema.fields[0].scale, -1);
    assert_int_equal(schema.missing.n, 1);
}

static void the_engine_type_follows_scale_zone_and_need(void **state)
{
    (void)state;
    static const struct {
        const char *field, *type;
    } cases[] = {
        {"\"type\":\"integer\"", "Nullable(Int64)"},
        {"\"type\":\"integer\",\"constraints\":{\"required\":true}", "Int64"},
        {"\"type\":\"number\"", "Nullable(Float64)"},
        {"\"type\":\"number\",\"scale\":2", "Nullable(Decimal(18, 2))"},
        {"\"type\":\"number\",\"scale\":7", "Nullable(Decimal(38, 7))"},
        {"\"type\":\"boolean\"", "Nullable(Bool)"},
        {"\"type\":\"date\"", "Nullable(Date32)"},
        {"\"type\":\"datetime\"", "Nullable(DateTime64(6, 'Asia/Shanghai'))"},
        {"\"type\":\"datetime\",\"zone\":\"UTC\"", "Nullable(DateTime64(6, 'UTC'))"},
        {"\"type\":\"time\"", "Nullable(String)"},
    };

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct quality_schema schema;
        struct ym_error err;
        struct ym_buf type = {0};
        char text[256];
        snprintf(text, sizeof text, "{\"fields\":[{\"name\":\"a\",%s}]}", cases[i].field);
        assert_true(parse(text, &schema, &err));
        quality_engine_type(&schema.fields[0], "Asia/Shanghai", &type);
        assert_string_equal(ym_buf_cstr(&type), cases[i].type);
        ym_buf_clear(&type);
    }
}

static void columns_are_found_by_name_then_by_title_and_never_twice(void **state)
{
    (void)state;
    struct ym_str columns[] = {YM_STR("站点"), YM_STR("x"), YM_STR("City")};
    struct quality_schema schema;
    struct ym_error err;
    size_t *map;

    assert_true(
        parse("{\"fields\":[{\"name\":\"city\",\"title\":{\"zh\":\"城市\",\"en\":\"City\"}},"
              "{\"name\":\"x\"},{\"name\":\"s\",\"title\":\"站点\"}]}",
              &schema, &err));
    assert_true(quality_match(&schema, columns, 3, &arena, &map, &err));
    assert_int_equal(map[0], 2);
    assert_int_equal(map[1], 1);
    assert_int_equal(map[2], 0);
    assert_true(
        parse("{\"fields\":[{\"name\":\"y\",\"title\":\"x\"},{\"name\":\"x\"}]}", &schema, &err));
    assert_false(quality_match(&schema, columns, 3, &arena, &map, &err));
    assert_string_equal(err.code, "quality.column");
    assert_string_equal(err.subject, "y");
    assert_non_null(strstr(err.hint, "City"));
}

static int clear(void **state)
{
    (void)state;
    ym_arena_clear(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_is_refused_by_its_place),
        cmocka_unit_test(a_schema_comes_back_as_it_was_written),
        cmocka_unit_test(what_other_tools_write_as_a_default_is_taken),
        cmocka_unit_test(the_engine_type_follows_scale_zone_and_need),
        cmocka_unit_test(columns_are_found_by_name_then_by_title_and_never_twice),
    };

    return cmocka_run_group_tests_name("data/quality/schema", tests, NULL, clear);
}
