#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static void what_is_written_reads_back_and_may_stand_in_a_page(void **state)
{
    (void)state;
    struct ym_error err = {0};
    struct ym_buf text = {0};
    json_t *value = NULL, *again = NULL;

    assert_true(ym_json_parse(
        YM_STR("{\"a\":\"</script>\\u2028\\\"莫𡐓村\\n\",\"b\":[1,-2.5,0.1,true,null],\"c\":{}}"),
        1000, &value, &err));
    ym_json_dump(&text, value);
    assert_null(memchr(text.p, '<', text.n));
    assert_non_null(strstr(ym_buf_cstr(&text), "0.1,"));
    assert_true(ym_json_parse(ym_buf_str(&text), 1000, &again, &err));
    assert_true(json_equal(value, again));
    json_decref(value);
    json_decref(again);
    ym_buf_clear(&text);
}

static void a_wrong_document_is_refused_with_its_line(void **state)
{
    (void)state;
    struct ym_error err = {0};
    json_t *value = NULL;

    assert_false(ym_json_parse(YM_STR("{\"a\": 1,\n\"a\": 2}"), 100, &value, &err));
    assert_int_equal(err.line, 2);
    assert_false(ym_json_parse(YM_STR("{} {}"), 100, &value, &err));
    assert_false(ym_json_parse(YM_STR("{\"a\": \"\xff\"}"), 100, &value, &err));
    assert_false(ym_json_parse(YM_STR("[1,2,3]"), 3, &value, &err));
    assert_string_equal(err.code, "json.size");
    struct ym_buf deep = {0};
    for (int i = 0; i < 65; i++)
        ym_buf_char(&deep, '[');
    assert_false(ym_json_parse(ym_buf_str(&deep), 1000, &value, &err));
    assert_string_equal(err.code, "json.depth");
    ym_buf_clear(&deep);
}

static void bytes_that_are_no_text_are_shown_and_not_lost(void **state)
{
    (void)state;
    json_t *value = ym_json_str(YM_STR("ab\xFF"));

    assert_string_equal(json_string_value(value), "ab\\xFF");
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back_and_may_stand_in_a_page),
        cmocka_unit_test(a_wrong_document_is_refused_with_its_line),
        cmocka_unit_test(bytes_that_are_no_text_are_shown_and_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
