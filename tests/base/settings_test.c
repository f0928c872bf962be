#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/settings.h"
#include "base/yaml.h"

static const struct ym_setting table[] = {
    {"http.listen", YM_SETTING_TEXT, "127.0.0.1:8420", 0, 0, ""},
    {"http.per_address", YM_SETTING_INTEGER, "64", 1, 1000, ""},
    {"demo", YM_SETTING_BOOLEAN, "false", 0, 0, ""},
    {"zone", YM_SETTING_TEXT, NULL, 0, 0, ""},
    {"peers", YM_SETTING_LIST, NULL, 0, 0, ""},
};

static bool read(const char *text, struct ym_arena *arena, struct ym_settings *out,
                 struct ym_error *err)
{
    *err = (struct ym_error){0};
    return ym_settings_read(ym_str(text), table, YM_COUNT(table), arena, out, err);
}

static void nested_and_dotted_keys_are_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "http:\n  listen: '0.0.0.0:1'\n  per_address: 7\ndemo: true\n",
        "http.listen: 0.0.0.0:1\nhttp.per_address: 7\ndemo: true\n"};

    for (size_t i = 0; i < YM_COUNT(texts); i++) {
        struct ym_arena arena = {0};
        struct ym_settings settings;
        struct ym_error err;
        assert_true(read(texts[i], &arena, &settings, &err));
        assert_true(ym_str_is(ym_setting(&settings, "http.listen"), "0.0.0.0:1"));
        assert_int_equal(ym_setting_int(&settings, "http.per_address"), 7);
        assert_true(ym_setting_bool(&settings, "demo"));
        assert_null(ym_setting(&settings, "zone").p);
        ym_arena_clear(&arena);
    }
}

static void what_is_not_said_has_its_default(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "# nothing but a comment\n", NULL};

    for (size_t i = 0; i < YM_COUNT(texts); i++) {
        struct ym_arena arena = {0};
        struct ym_settings settings;
        struct ym_error err;
        assert_true(read(texts[i], &arena, &settings, &err));
        assert_int_equal(ym_setting_int(&settings, "http.per_address"), 64);
        ym_arena_clear(&arena);
    }
}

static void the_wrong_line_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *subject;
        int64_t line;
    } cases[] = {
        {"demo: true\nhttp:\n  lisen: x\n", "config.unknown", "http.lisen", 3},
        {"demo: yes\n", "config.type", "demo", 1},
        {"zone: x\n\nhttp.per_address: 0\n", "config.range", "http.per_address", 3},
        {"http.per_address: many\n", "config.type", "http.per_address", 1},
        {"demo: true\ndemo: false\n", "yaml.", NULL, 2},
        {"demo: true\nzone: [a, b\n", "yaml.syntax", NULL, 0},
        {"- a\n- b\n", "config.shape", NULL, 0},
        {"zone: &a x\npeers: [*a]\n", "yaml.refused", NULL, 0},
        {"zone: !!binary aGk=\n", "yaml.refused", NULL, 0},
    };

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct ym_arena arena = {0};
        struct ym_settings settings;
        struct ym_error err;
        assert_false(read(cases[i].text, &arena, &settings, &err));
        if (strncmp(err.code, cases[i].code, strlen(cases[i].code)) != 0)
            fail_msg("case %zu: %s, %s", i, err.code, err.message);
        if (cases[i].subject)
            assert_string_equal(err.subject, cases[i].subject);
        if (cases[i].line > 0)
            assert_int_equal(err.line, cases[i].line);
        ym_arena_clear(&arena);
    }
}

static void a_slip_of_the_pen_is_answered_with_the_key_that_was_meant(void **state)
{
    (void)state;
    struct ym_arena arena = {0};
    struct ym_settings settings;
    struct ym_error err;

    assert_false(read("http.lisen: x\n", &arena, &settings, &err));
    assert_non_null(strstr(err.hint, "http.listen"));
    ym_arena_clear(&arena);
}

static void deep_and_repeating_documents_end_at_once(void **state)
{
    (void)state;
    struct ym_arena arena = {0};
    struct ym_yaml *root;
    struct ym_error err = {0};
    struct ym_buf text = {0};

    for (int i = 0; i < 20000; i++)
        ym_buf_char(&text, '[');
    assert_false(ym_yaml_parse(ym_buf_str(&text), &arena, &root, &err));
    assert_false(
        ym_yaml_parse(YM_STR("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"), &arena, &root, &err));
    ym_buf_clear(&text);
    ym_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_and_dotted_keys_are_the_same),
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(the_wrong_line_is_named),
        cmocka_unit_test(a_slip_of_the_pen_is_answered_with_the_key_that_was_meant),
        cmocka_unit_test(deep_and_repeating_documents_end_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
