#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"

static void a_cut_list_has_every_item_and_ends(void **state)
{
    (void)state;
    struct ym_str rest = YM_STR("a,,bc,"), item;
    const char *const want[] = {"a", "", "bc", ""};
    size_t n = 0;

    while (ym_str_cut(&rest, ',', &item))
        assert_true(ym_str_is(item, want[n++]));
    assert_int_equal(n, 4);
    assert_null(rest.p);
}

static void integers_are_the_whole_text_and_in_range(void **state)
{
    (void)state;
    int64_t value;

    assert_true(ym_str_int(YM_STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(ym_str_int(YM_STR("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    static const char *const bad[] = {
        "",    "-",  "9223372036854775808", "-9223372036854775809", "1 ",
        "0x1", "+1", "99999999999999999999"};
    for (size_t i = 0; i < YM_COUNT(bad); i++)
        assert_false(ym_str_int(ym_str(bad[i]), &value));
}

static void malformed_utf8_is_found_at_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        size_t bad;
    } cases[] = {
        {"plain ascii, long enough for the fast path", true, 0},
        {"莫𡐓村 王㙘村", true, 0},
        {"\xC0\x80", false, 0},                 // overlong NUL
        {"ab\xED\xA0\x80", false, 2},           // surrogate
        {"12345678\xF4\x90\x80\x80", false, 8}, // above U+10FFFF
        {"ab\xE6\xAD", false, 2},               // cut
        {"\xFF", false, 0},
    };

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        size_t bad = 0;
        assert_int_equal(ym_utf8_valid(ym_str(cases[i].text), &bad), cases[i].valid);
        assert_int_equal(bad, cases[i].bad);
    }
}

static void a_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct ym_str text = YM_STR("武汉");

    for (size_t max = 0; max <= text.n; max++)
        assert_int_equal(ym_utf8_cut(text, max).n, max / 3 * 3);
    assert_int_equal(ym_utf8_count(text), 2);
}

static void a_full_buffer_takes_nothing_more_and_says_so(void **state)
{
    (void)state;
    struct ym_buf buf = {.limit = 5};

    ym_buf_add(&buf, YM_STR("abc"));
    ym_buf_add(&buf, YM_STR("def"));
    ym_buf_add(&buf, YM_STR("g"));
    assert_true(buf.full);
    assert_string_equal(ym_buf_cstr(&buf), "abc");
    ym_buf_clear(&buf);
}

static void an_arena_gives_zeroed_aligned_memory_of_any_size(void **state)
{
    (void)state;
    struct ym_arena arena = {0};

    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        unsigned char *piece = ym_arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0xFF, size);
    }
    size_t cap = 0;
    int *items = NULL;
    for (int i = 0; i < 1000; i++) {
        items = ym_arena_grow(&arena, items, &cap, (size_t)i + 1, sizeof *items);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    ym_arena_clear(&arena);
}

static void an_error_is_cut_at_a_characters_end_and_keeps_its_kind(void **state)
{
    (void)state;
    struct ym_error err = {0};
    char text[2000];

    memset(text, 0, sizeof text);
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "字", 3);
    assert_false(ym_fail(&err, YM_CONFLICT, "a.code", "%s", text));
    assert_false(ym_about(&err, ym_str(text)));
    assert_false(ym_hint(&err, "%s", text));
    assert_true(ym_utf8_valid(ym_str(err.message), NULL));
    assert_true(ym_utf8_valid(ym_str(err.subject), NULL));
    assert_true(ym_utf8_valid(ym_str(err.hint), NULL));
    assert_int_equal(ym_kind_status(err.kind), 409);
    assert_int_equal(ym_kind_exit(err.kind), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_list_has_every_item_and_ends),
        cmocka_unit_test(integers_are_the_whole_text_and_in_range),
        cmocka_unit_test(malformed_utf8_is_found_at_its_byte),
        cmocka_unit_test(a_text_is_cut_between_characters),
        cmocka_unit_test(a_full_buffer_takes_nothing_more_and_says_so),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_of_any_size),
        cmocka_unit_test(an_error_is_cut_at_a_characters_end_and_keeps_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
