// cmocka.h wants these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"

#include <unistd.h>

static char self[4096];

struct preview {
    json_t *json;
    struct ym_error problem;
};

static struct preview preview_of(struct ym_str text, struct collect_recipe recipe)
{
    struct collect_request request = {
        .fd = rows_file(text), .name = YM_STR("t.csv"), .recipe = recipe, .program = self};
    struct preview preview;
    struct ym_error err = {0};

    if (!collect_preview(&request, 20, &preview.json, &preview.problem, &err))
        fail_msg("%s: %s", err.code, err.message);
    close(request.fd);
    return preview;
}

static const char *text_at(const json_t *list, size_t row, const char *key, size_t cell)
{
    const json_t *one = json_array_get(list, row);

    return json_string_value(key ? json_array_get(json_object_get(one, key), cell) : one);
}

static void the_beginning_is_shown_raw_beside_what_is_made_of_it(void **state)
{
    (void)state;
    struct preview preview =
        preview_of(YM_STR("水质月报\n站点,值\n一,1\n二,2,3\n"), (struct collect_recipe){0});
    const json_t *raw = json_object_get(preview.json, "raw");
    const json_t *rows = json_object_get(preview.json, "rows");

    assert_int_equal(preview.problem.kind, 0);
    assert_int_equal(json_array_size(raw), 4);
    assert_string_equal(json_string_value(json_object_get(json_array_get(raw, 0), "text")),
                        "水质月报");
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(text_at(rows, 0, "cells", 0), "一");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 1), "line")), 4);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 1), "fault")),
                        "width:3");
    assert_string_equal(text_at(rows, 1, "cells", 2), "3");
    assert_int_equal(json_integer_value(json_object_get(preview.json, "header_row")), 2);
    assert_string_equal(text_at(json_object_get(preview.json, "columns"), 1, NULL, 0), "值");
    assert_string_equal(text_at(json_object_get(preview.json, "notes"), 0, NULL, 0), "水质月报");
    json_decref(preview.json);
}

static void
a_choice_that_does_not_fit_is_told_and_the_raw_lines_are_shown_all_the_same(void **state)
{
    (void)state;
    struct preview preview =
        preview_of(YM_STR("a,b\n1,2\n"), (struct collect_recipe){.delimiter = YM_STR(";")});

    assert_string_equal(preview.problem.code, "collect.one_column");
    assert_int_equal(json_array_size(json_object_get(preview.json, "raw")), 2);
    assert_int_equal(json_array_size(json_object_get(preview.json, "rows")), 0);
    json_decref(preview.json);
}

static void a_long_file_is_shown_by_its_first_rows_only(void **state)
{
    (void)state;
    struct ym_buf text = {0};

    ym_buf_add(&text, YM_STR("name,number\n"));
    for (int i = 0; i < 300000; i++)
        ym_buf_printf(&text, "row %d,%d\n", i, i);
    struct preview preview = preview_of(ym_buf_str(&text), (struct collect_recipe){0});
    assert_int_equal(json_array_size(json_object_get(preview.json, "rows")), 20);
    assert_int_equal(json_array_size(json_object_get(preview.json, "raw")), 40);
    json_decref(preview.json);
    ym_buf_clear(&text);
}

int main(void)
{
    const char *build = getenv("YM_BUILD");
    const struct CMUnitTest preview[] = {
        cmocka_unit_test(the_beginning_is_shown_raw_beside_what_is_made_of_it),
        cmocka_unit_test(
            a_choice_that_does_not_fit_is_told_and_the_raw_lines_are_shown_all_the_same),
        cmocka_unit_test(a_long_file_is_shown_by_its_first_rows_only),
    };

    snprintf(self, sizeof self, "%s/bin/yunmeng", build ? build : "build");
    return cmocka_run_group_tests(preview, NULL, NULL);
}
