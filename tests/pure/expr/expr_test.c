#include "pure/expr/expr.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }
static const struct expr_field items[] = {
    {.name = NAME("pm25"), .type = EXPR_NUMBER},
    {.name = NAME("city"), .type = EXPR_TEXT},
    {.name = NAME("count"), .type = EXPR_INTEGER},
    {.name = NAME("amount"), .type = EXPR_DECIMAL, .scale = 2},
    {.name = NAME("date"), .type = EXPR_DATE},
    {.name = NAME("at"), .type = EXPR_DATETIME, .zone = "Asia/Shanghai"},
    {.name = NAME("clock"), .type = EXPR_TIME},
    {.name = NAME("valid"), .type = EXPR_BOOLEAN},
    {.name = NAME("监测点"), .type = EXPR_TEXT},
    {.name = NAME("NO2 (µg/m³)"), .type = EXPR_NUMBER},
    {.name = NAME("and"), .type = EXPR_INTEGER},
};
static const struct expr_fields fields = {items, YM_COUNT(items)};
// One row: what each field has.
static const struct expr_value row[] = {
    {.text = NAME("75.5")},
    {.text = NAME("武汉")},
    {.text = NAME("9007199254740993")},
    {.text = NAME("12.30")},
    {.text = NAME("2026-01-31")},
    {.text = NAME("2026-01-31T00:00:00Z")},
    {.text = NAME("08:30:00")},
    {.text = NAME("true")},
    {.missing = true},
    {.missing = true},
    {.text = NAME("1")},
};

static enum expr_truth truth_of(const char *text)
{
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    const struct expr_node *node;

    if (!expr_parse(ym_str(text), fields, &arena, &node, &err))
        fail_msg("%s: %s %s", text, err.code, err.message);
    enum expr_truth truth = expr_eval(node, row);
    ym_arena_clear(&arena);
    return truth;
}

static void conditions_mean_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum expr_truth truth;
    } cases[] = {
        {"pm25 > 75 and city in ('武汉', '宜昌') and count is not missing", EXPR_TRUE},
        {"not pm25 > 75", EXPR_FALSE},
        {"pm25 between 75 and 75.5", EXPR_TRUE},
        {"pm25 not between 75 and 75.5", EXPR_FALSE},
        {"city contains '汉' and city starts with '武' and city ends with '汉'", EXPR_TRUE},
        {"city contains ''", EXPR_TRUE},
        {"city < '武汉市'", EXPR_TRUE},
        {"监测点 = 'x'", EXPR_UNKNOWN},
        {"not 监测点 = 'x'", EXPR_UNKNOWN},
        {"监测点 = 'x' or valid", EXPR_TRUE},
        {"监测点 = 'x' and not valid", EXPR_FALSE},
        {"监测点 is missing", EXPR_TRUE},
        {"(监测点 = 'x') is missing", EXPR_TRUE},
        {"监测点 not in ('x')", EXPR_UNKNOWN},
        {"\"NO2 (µg/m³)\" > 40", EXPR_UNKNOWN},
        {"\"and\" = 1", EXPR_TRUE},
        {"date = '2026-01-31'", EXPR_TRUE},
        {"date = date '2026-01-31'", EXPR_TRUE},
        {"date '2026-01-31' = date", EXPR_TRUE},
        {"date = date", EXPR_TRUE},
        {"at = '2026-01-31 08:00:00'", EXPR_TRUE}, // of the field's zone
        {"at = '2026-01-31T08:00:00+08:00'", EXPR_TRUE},
        {"at > '2026-01-31'", EXPR_TRUE}, // midnight there was 16:00 the day before
        {"at >= date '2026-02-01'", EXPR_FALSE},
        {"clock = '08:30'", EXPR_TRUE},
        {"valid = true", EXPR_TRUE},
        {"valid != (pm25 > 75)", EXPR_FALSE},
        {"true or 监测点 = 'x'", EXPR_TRUE},
        {"count = 9007199254740993", EXPR_TRUE}, // 2^53 + 1: no double has it
        {"count = 9007199254740992", EXPR_FALSE},
        {"count < 9.007199254740994e15", EXPR_TRUE},
        {"count < 99999999999999999999999", EXPR_TRUE},
        {"count > 0.5", EXPR_TRUE},
        {"amount = 12.3", EXPR_TRUE},
        {"amount = 12.300", EXPR_TRUE},
        {"amount < 12.3000001", EXPR_TRUE},
        {"amount = 1.23e1", EXPR_TRUE},
        {"amount > -0", EXPR_TRUE},
        {"amount in (1, 12.30)", EXPR_TRUE},
        {"1 = 1.0", EXPR_TRUE},
        {"'it''s' = 'it''s'", EXPR_TRUE},
    };

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        enum expr_truth truth = truth_of(cases[i].text);
        if (truth != cases[i].truth)
            fail_msg("%s gives %d", cases[i].text, truth);
    }
}

static void local_times_follow_the_zone_of_their_day(void **state)
{
    (void)state;
    // China had summer time from 1986 to 1991: UTC+9.
    static const struct expr_field one[] = {
        {.name = NAME("at"), .type = EXPR_DATETIME, .zone = "Asia/Shanghai"}};
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    const struct expr_node *node;

    assert_true(expr_parse(YM_STR("at = '1989-07-01 09:00:00' or at = '1989-01-01 08:00:00.25'"),
                           (struct expr_fields){one, 1}, &arena, &node, &err));
    assert_int_equal(node->args[0]->args[1]->value, INT64_C(615254400000000));
    assert_int_equal(node->args[1]->args[1]->value, INT64_C(599616000250000));
    ym_arena_clear(&arena);
}

static void mistakes_are_named_with_their_position(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *subject;
    } cases[] = {
        {"", "expr.end", "1"},
        {"   ", "expr.end", "4"},
        {"pm26 > 1", "expr.field", "1: pm26"},
        {"pm25 > 1 and 城市 = '武汉'", "expr.field", "14: 城市"},
        {"City = 'x'", "expr.field", "1: City"},
        {"pm25 > 'x'", "expr.types", "1: pm25"},
        {"'x' < pm25", "expr.types", "7: pm25"},
        {"city = 5", "expr.types", "1: city"},
        {"city in ('a', 5)", "expr.types", "1: city"},
        {"count contains '1'", "expr.types", "1: count"},
        {"valid < true", "expr.types", "1: valid"},
        {"pm25", "expr.condition", "1: pm25"},
        {"valid and count", "expr.condition", "11: count"},
        {"not city", "expr.condition", "5: city"},
        {"date = '2026-02-30'", "expr.date", "8: 2026-02-30"},
        {"at > 'yesterday'", "expr.datetime", "6: yesterday"},
        {"clock = '25:00'", "expr.time", "9: 25:00"},
        {"city = 'x", "expr.quote", "8: 'x"},
        {"\"city = 1", "expr.quote", "1: \"city = 1"},
        {"pm25 > 1x", "expr.number", "8: 1x"},
        {"pm25 > 1e999", "expr.number", "8: 1e999"},
        {"pm25 > 75 city", "expr.unexpected", "11: city"},
        {"pm25 > ", "expr.end", "8"},
        {"(pm25 > 1", "expr.end", "10"},
        {"pm25 > 1)", "expr.unexpected", "9: )"},
        {"pm25 = 1 = 2", "expr.unexpected", "10: ="},
        {"pm25 in ()", "expr.unexpected", "10: )"},
        {"pm25 in (1,)", "expr.unexpected", "12: )"},
        {"pm25 in (count)", "expr.unexpected", "10: count"},
        {"pm25 between 1 or 2", "expr.unexpected", "16: or"},
        {"pm25 not 5", "expr.unexpected", "10: 5"},
        {"pm25 is not 5", "expr.unexpected", "13: 5"},
        {"and = 1", "expr.unexpected", "1: and"},
        {"pm25 > 1; drop", "expr.character", "9: ;"},
        {"pm25 ＞ 1", "expr.character", "6: ＞"},
        {"city = “武汉”", "expr.character", "8: “"},
        {"pm25 ! 1", "expr.character", "6: !"},
        {"city = 'a\xff'", "expr.character", "10"},
    };

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct ym_arena arena = {0};
        struct ym_error err = {0};
        const struct expr_node *node;
        if (expr_parse(ym_str(cases[i].text), fields, &arena, &node, &err))
            fail_msg("%s is taken", cases[i].text);
        if (strcmp(err.code, cases[i].code) != 0 || strcmp(err.subject, cases[i].subject) != 0)
            fail_msg("%s: %s '%s' %s", cases[i].text, err.code, err.subject, err.message);
        assert_int_equal(err.kind, YM_INVALID);
        assert_int_equal(err.line, 0);
        assert_true(err.hint[0] != '\0');
        ym_arena_clear(&arena);
    }
}

static const char *code_of(struct ym_buf *text)
{
    static struct ym_error err;
    struct ym_arena arena = {0};
    const struct expr_node *node;

    err = (struct ym_error){0};
    bool ok = expr_parse(ym_buf_str(text), fields, &arena, &node, &err);
    ym_arena_clear(&arena);
    ym_buf_clear(text);
    return ok ? "taken" : err.code;
}

static void repeat(struct ym_buf *to, const char *text, int n)
{
    for (int i = 0; i < n; i++)
        ym_buf_add(to, ym_str(text));
}

static void what_is_too_large_is_refused_and_the_largest_is_taken(void **state)
{
    (void)state;
    struct ym_buf text = {0};

    repeat(&text, "(", 32);
    ym_buf_add(&text, YM_STR("valid"));
    repeat(&text, ")", 32);
    assert_string_equal(code_of(&text), "taken");
    repeat(&text, "(", 33);
    assert_string_equal(code_of(&text), "expr.deep");
    repeat(&text, "(", 8000);
    assert_string_equal(code_of(&text), "expr.deep");

    ym_buf_add(&text, YM_STR("count in (1"));
    repeat(&text, ",1", 999);
    ym_buf_char(&text, ')');
    assert_string_equal(code_of(&text), "taken");
    ym_buf_add(&text, YM_STR("count in (1"));
    repeat(&text, ",1", 1000);
    ym_buf_char(&text, ')');
    assert_string_equal(code_of(&text), "expr.list");

    ym_buf_add(&text, YM_STR("valid"));
    repeat(&text, " or valid", 198);
    assert_string_equal(code_of(&text), "taken");
    ym_buf_add(&text, YM_STR("valid"));
    repeat(&text, " or valid", 199);
    assert_string_equal(code_of(&text), "expr.long");

    ym_buf_add(&text, YM_STR("city = '"));
    repeat(&text, "x", 8192 - 9);
    ym_buf_char(&text, '\'');
    assert_string_equal(code_of(&text), "taken");
    ym_buf_add(&text, YM_STR("city = '"));
    repeat(&text, "x", 8192 - 8);
    ym_buf_char(&text, '\'');
    assert_string_equal(code_of(&text), "expr.long");
}

static void one_question_has_one_text_however_it_was_written(void **state)
{
    (void)state;
    static const char *const ways[][2] = {
        {"  pm25>75   AND city IN('a','b') ", "pm25 > 75 and city in ('a', 'b')"},
        {"((pm25) > (75))", "pm25 > 75"},
        {"not (valid or valid) and (valid and valid)",
         "not (valid or valid) and (valid and valid)"},
        {"city not in ('x')", "not city in ('x')"},
        {"监测点 is not missing", "not 监测点 is missing"},
        {"\"and\" = 1", "\"and\" = 1"},
        {"\"city\" = 'it''s'", "city = 'it''s'"},
        {"clock > '08:30'", "clock > '08:30:00'"},
        {"date > '2026-01-01'", "\"date\" > date '2026-01-01'"},
        {"(valid = true) = false", "(valid = true) = false"},
    };

    for (size_t i = 0; i < YM_COUNT(ways); i++) {
        struct ym_arena arena = {0};
        struct ym_error err = {0};
        struct ym_buf printed = {0};
        const struct expr_node *node;
        assert_true(expr_parse(ym_str(ways[i][0]), fields, &arena, &node, &err));
        expr_print(node, &printed);
        assert_string_equal(ym_buf_cstr(&printed), ways[i][1]);
        ym_buf_clear(&printed);
        ym_arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_mean_what_they_say),
        cmocka_unit_test(local_times_follow_the_zone_of_their_day),
        cmocka_unit_test(mistakes_are_named_with_their_position),
        cmocka_unit_test(what_is_too_large_is_refused_and_the_largest_is_taken),
        cmocka_unit_test(one_question_has_one_text_however_it_was_written),
    };

    return cmocka_run_group_tests_name("pure/expr", tests, NULL, NULL);
}
