// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "data/quality/inside.h"
#include "tests/data/quality/lake.h"

struct cell { // a cell, and what becomes of it: a code, or the kept text (NULL: missing)
    const char *text, *code, *kept;
};

// One column, one field: loads the cells and compares each verdict.
static void expect(const char *field, const struct cell *cells, size_t n)
{
    struct lake_rows rows = {.columns = 1};
    struct quality_schema schema;
    struct loaded loaded;
    struct ym_str name = YM_STR("f");

    rows.names = &name;
    lake_schema(field, &schema);
    for (size_t i = 0; i < n; i++) {
        struct ym_str cell = ym_str(cells[i].text);
        rows.line = i + 1;
        lake_row(&rows, "", &cell, 1);
    }
    lake_load(&rows, &schema, &loaded);
    for (size_t i = 0; i < n; i++) {
        long long id = loaded.target.dataset;
        struct ym_str said = lake_ask(
            "SELECT arrayStringConcat(_why, ' ') FROM lake.q%lld"
            " WHERE _pos = %zu",
            id, i + 1);
        struct ym_str kept =
            lake_ask("SELECT toString(f) FROM lake.d%lld WHERE _pos = %zu", id, i + 1);
        struct ym_str wanted = {0};
        if (cells[i].code)
            wanted = ym_arena_printf(&lake_arena, "%s:f", cells[i].code);
        else
            assert_int_equal(said.n, 0);
        if (!ym_str_eq(said, wanted.p ? wanted : YM_STR("")))
            fail_msg("%s: '%s' gave '%.*s'", field, cells[i].text, YM_FMT(said));
        if (!cells[i].code && !ym_str_is(kept, cells[i].kept ? cells[i].kept : "\\N"))
            fail_msg("%s: '%s' was kept as '%.*s'", field, cells[i].text, YM_FMT(kept));
    }
    lake_rows_free(&rows);
    loaded_free(&loaded);
}
#define EXPECT(field, ...)                                                                         \
    expect("{\"fields\":[{\"name\":\"f\"," field "}]}", (const struct cell[]){__VA_ARGS__},        \
           sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell))

static void an_integer_is_its_digits_and_nothing_else(void **state)
{
    (void)state;
    EXPECT(
        "\"type\":\"integer\",\"missingValues\":[\"\",\"-999\",\"NaN\"],"
        "\"constraints\":{\"minimum\":-10,\"maximum\":\"700\"}",
        {"42", NULL, "42"}, {" 42 ", NULL, "42"}, {"+7", NULL, "7"}, {"007", NULL, "7"},
        {"", NULL, NULL}, {" ", NULL, NULL}, {"-999", NULL, NULL}, {"NaN", NULL, NULL},
        {"室130", "type", NULL}, {"1.0", "type", NULL}, {"1e3", "type", NULL},
        {"４２", "type", NULL}, {"9223372036854775808", "type", NULL}, {"1 2", "type", NULL},
        {"1,000", "type", NULL}, {"-11", "minimum", NULL}, {"701", "maximum", NULL},
        {"nan", "type", NULL});
}

static void a_double_is_finite_and_a_decimal_keeps_to_its_scale(void **state)
{
    (void)state;
    EXPECT("\"type\":\"number\"", {"1.5", NULL, "1.5"}, {" -2e3 ", NULL, "-2000"},
           {".5", NULL, "0.5"}, {"0.1", NULL, "0.1"}, {"", NULL, NULL}, {"NaN", "type", NULL},
           {"inf", "type", NULL}, {"1e999", "type", NULL}, {"0x10", "type", NULL},
           {"1.2.3", "type", NULL}, {"１．５", "type", NULL}, {"-", "type", NULL});
    EXPECT("\"type\":\"number\",\"scale\":2,\"constraints\":{\"minimum\":0.01}",
           {"1.5", NULL, "1.5"}, {"1.50", NULL, "1.5"}, {"1.500", NULL, "1.5"},
           {"1.505", "type", NULL}, {"1e3", "type", NULL}, {"0", "minimum", NULL},
           {"9999999999999999.99", NULL, "9999999999999999.99"},
           {"10000000000000000", "type", NULL}, {"+.5", NULL, "0.5"}, {".", "type", NULL},
           {"..5", "type", NULL}, {"-", "type", NULL}, {"0.01", NULL, "0.01"});
    EXPECT("\"type\":\"number\",\"scale\":8",
           {"12345678901234567890.12345678", NULL, "12345678901234567890.12345678"},
           {"1.123456789", "type", NULL});
}

static void a_day_is_a_real_day_of_the_declared_form(void **state)
{
    (void)state;
    EXPECT("\"type\":\"date\",\"constraints\":{\"minimum\":\"2000-01-01\"}",
           {"2020-02-29", NULL, "2020-02-29"}, {" 2020-02-29", NULL, "2020-02-29"},
           {"", NULL, NULL}, {"2021-02-29", "type", NULL}, {"2020-13-01", "type", NULL},
           {"2020-1-1", "type", NULL}, {"20200101", "type", NULL}, {"1850-01-01", "type", NULL},
           {"2020/01/01", "type", NULL}, {"2020-01-01 00:00:00", "type", NULL},
           {"1999-12-31", "minimum", NULL}, {"9999-12-31", "type", NULL});
    EXPECT("\"type\":\"date\",\"format\":\"%Y/%m/%d\"", {"2020/1/6", NULL, "2020-01-06"},
           {"2020/01/06", NULL, "2020-01-06"}, {"2020/2/30", "type", NULL},
           {"2020-01-06", "type", NULL}, {"20/1/6", "type", NULL}, {"1899/1/1", "type", NULL},
           {"2300/1/1", "type", NULL}, {"2020/1/6x", "type", NULL});
    EXPECT("\"type\":\"date\",\"format\":\"%Y年%m月%d日\"", {"2020年1月6日", NULL, "2020-01-06"},
           {"2020年13月6日", "type", NULL});
    EXPECT("\"type\":\"date\",\"format\":\"%Y%m%d\"", {"20200106", NULL, "2020-01-06"},
           {"2020016", "type", NULL}, {"20200230", "type", NULL});
}

static void a_moment_is_of_its_zone_and_keeps_its_offset(void **state)
{
    (void)state;
    EXPECT("\"type\":\"datetime\"", {"2020-01-06 10:00:00", NULL, "2020-01-06 10:00:00.000000"},
           {"2020-01-06T10:00:00", NULL, "2020-01-06 10:00:00.000000"},
           {"2020-01-06T10:00:00Z", NULL, "2020-01-06 18:00:00.000000"},
           {"2020-01-06T10:00:00.25+01:00", NULL, "2020-01-06 17:00:00.250000"},
           {"2020-01-06 10:00", NULL, "2020-01-06 10:00:00.000000"},
           {"1986-05-04 00:30:00", NULL, "1986-05-04 00:30:00.000000"},
           {"1950-01-01 12:00:00", NULL, "1950-01-01 12:00:00.000000"}, {"", NULL, NULL},
           {"1986-05-04 02:30:00", "type", NULL}, {"1986-05-04T02:30", "type", NULL},
           {"1986-05-04T02:30:00+08:00", NULL, "1986-05-04 03:30:00.000000"},
           {"2020-01-06", "type", NULL}, {"2020-01-06 24:00:00", "type", NULL},
           {"2020-01-06 10:60:00", "type", NULL}, {"2020-02-30 10:00:00", "type", NULL},
           {"2020-02-30T10:00:00", "type", NULL}, {"2020-01-06 1:00:00", "type", NULL});
    EXPECT("\"type\":\"datetime\",\"format\":\"%Y/%m/%d %H:%M\",\"zone\":\"UTC\"",
           {"2020/1/6 9:05", NULL, "2020-01-06 09:05:00.000000"}, {"2020/1/6 25:05", "type", NULL});
}

static void words_of_truth_and_times_of_day_are_taken_as_declared(void **state)
{
    (void)state;
    EXPECT("\"type\":\"boolean\",\"trueValues\":[\"是\"],\"falseValues\":[\"否\"]",
           {"是", NULL, "true"}, {"否", NULL, "false"}, {" 是", NULL, "true"}, {"", NULL, NULL},
           {"true", "type", NULL});
    EXPECT("\"type\":\"boolean\"", {"true", NULL, "true"}, {"0", NULL, "false"},
           {"yes", "type", NULL});
    EXPECT("\"type\":\"time\",\"constraints\":{\"maximum\":\"18:00\"}", {"09:05", NULL, "09:05"},
           {"09:05:59", NULL, "09:05:59"}, {"9:05", "type", NULL}, {"24:00", "type", NULL},
           {"18:01", "maximum", NULL}, {"", NULL, NULL});
}

static void a_text_keeps_its_blanks_and_obeys_its_constraints(void **state)
{
    (void)state;
    EXPECT(
        "\"constraints\":{\"required\":true,\"minLength\":2,\"maxLength\":3,"
        "\"pattern\":\"[^x]*\"}",
        {"云梦", NULL, "云梦"}, {"", "required", NULL}, {"云", "minLength", NULL},
        {"云梦泽国", "maxLength", NULL}, {"axb", "pattern", NULL}, {"a b", NULL, "a b"},
        {" ", "minLength", NULL});
    EXPECT("\"missingValues\":[\"\",\"无\"],\"constraints\":{\"enum\":[\"A\",\"it's\"]}",
           {"A", NULL, "A"}, {"it's", NULL, "it\\'s"}, {"无", NULL, NULL}, {"", NULL, NULL},
           {"B", "enum", NULL});
    EXPECT("\"missingValues\":[]", {"", NULL, ""}, {"a", NULL, "a"});
    EXPECT("\"type\":\"integer\",\"constraints\":{\"enum\":[1,2],\"required\":true}",
           {"1", NULL, "1"}, {"3", "enum", NULL}, {"", "required", NULL}, {"x", "type", NULL});
}

// Each text of up to five of these characters, in the engine alone: the functions that cells.c
// trusts.
static void short_texts_have_no_other_numbers_than_the_plain_ones(void **state)
{
    (void)state;
    static const char texts[] =
        "FROM (SELECT arrayJoin(['', '0', '1', '+', '-', '.', ' ', 'e', 'E', ',', '_', 'n', 'i']) "
        "AS "
        "a, arrayJoin(['', '0', '1', '+', '-', '.', ' ', 'e', 'E', ',', 'a', 'n', 'x', '\\t']) AS "
        "b, "
        "arrayJoin(['', '0', '1', '+', '-', '.', ' ', 'e', 'E', ',', 'n', 'f', '\\0']) AS c, "
        "arrayJoin(['', '0', '1', '+', '-', '.', ' ', 'e', '\\n', '٣']) AS d, "
        "arrayJoin(['', '0', '1', '+', '-', '.', 'e']) AS e, concat(a, b, c, d, e) AS s)";
    struct ym_str wrong;

    wrong = lake_ask(
        "SELECT count() %s WHERE isNotNull(toInt64OrNull(s)) != match(s, "
        "'^[+-]?[0-9]+$')",
        texts);
    assert_true(ym_str_is(wrong, "0"));
    wrong = lake_ask(
        "SELECT count() %s WHERE ifNull(isFinite(toFloat64OrNull(s)), 0) != match(s, "
        "'^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$')",
        texts);
    assert_true(ym_str_is(wrong, "0"));
}

static void rows_with_a_fault_are_quarantined_for_that_alone(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct quality_schema schema;
    struct loaded loaded;

    lake_csv(YM_STR("a,b\n1,x\n2\n3,y,z\nq,y\n"), &rows);
    lake_schema("{\"fields\":[{\"name\":\"a\",\"type\":\"integer\"},{\"name\":\"b\"}]}", &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.kept, 1);
    assert_int_equal(lake_reason(&loaded, "width", NULL), 2);
    assert_int_equal(lake_reason(&loaded, "type", "a"), 1);
    struct ym_str raw =
        lake_ask("SELECT raw FROM lake.q%lld WHERE _pos = 4", (long long)loaded.target.dataset);
    assert_true(ym_str_is(raw, "['3','y','z']"));
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void repeats_of_a_key_leave_the_first_row_and_equal_rows_are_dropped(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct quality_schema schema;
    struct loaded loaded;
    const char *csv = "k,v,note\na,1,x\nb,2,x\na,1,y\na,3,z\nb,2,x\n,5,x\na,3,z\n";

    // `note` is no field: rows are equal in all cells of the fields.
    lake_csv(ym_str(csv), &rows);
    lake_schema(
        "{\"fields\":[{\"name\":\"k\"},{\"name\":\"v\",\"type\":\"integer\"}],"
        "\"primaryKey\":\"k\",\"equalRepeats\":\"drop\"}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.kept, 2);
    assert_int_equal(loaded.counts.duplicates, 3);
    assert_int_equal(lake_reason(&loaded, "unique", "k"), 1);
    assert_int_equal(lake_reason(&loaded, "key", "k"), 1);
    loaded_free(&loaded);

    lake_schema(
        "{\"fields\":[{\"name\":\"k\"},{\"name\":\"v\",\"type\":\"integer\"}],"
        "\"primaryKey\":[\"k\"]}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.kept, 2);
    assert_int_equal(loaded.counts.duplicates, 0);
    assert_int_equal(lake_reason(&loaded, "unique", "k"), 4);
    loaded_free(&loaded);

    lake_schema(
        "{\"fields\":[{\"name\":\"k\"},{\"name\":\"v\",\"type\":\"integer\","
        "\"constraints\":{\"unique\":true}}],\"equalRepeats\":\"drop\"}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.duplicates, 3);
    assert_int_equal(loaded.counts.kept, 4); // the row without k stays: k is no key here
    loaded_free(&loaded);
    lake_rows_free(&rows);
}

static void names_may_hold_what_sql_would_stumble_over(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct quality_schema schema;
    struct loaded loaded;

    lake_csv(YM_STR("PM2.5,a`b\\'c:d,语数之和\n1,x,2\nq,y,3\n"), &rows);
    lake_schema(
        "{\"fields\":[{\"name\":\"PM2.5\",\"type\":\"number\"},{\"name\":\"a`b\\\\'c:d\","
        "\"constraints\":{\"enum\":[\"x\"]}},{\"name\":\"sum\",\"title\":\"语数之和\","
        "\"type\":\"integer\"}],\"primaryKey\":[\"sum\",\"a`b\\\\'c:d\"]}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.kept, 1);
    assert_int_equal(lake_reason(&loaded, "type", "PM2.5"), 1);
    assert_int_equal(lake_reason(&loaded, "enum", "a`b\\'c:d"), 1);
    const json_t *first = json_array_get(loaded.reasons, 0);
    const json_t *example = json_array_get(json_object_get(first, "examples"), 0);
    assert_int_equal(json_integer_value(json_object_get(example, "line")), 3);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void rows_of_a_unique_key_are_compared_only_where_all_its_cells_are_given(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct quality_schema schema;
    struct loaded loaded;

    lake_csv(YM_STR("k,a,b\n1,x,1\n2,x,2\n3,x,1\n4,,1\n5,,1\n6,y,1\n"), &rows);
    lake_schema(
        "{\"fields\":[{\"name\":\"k\"},{\"name\":\"a\"},{\"name\":\"b\","
        "\"type\":\"integer\"}],\"primaryKey\":\"k\",\"uniqueKeys\":[[\"a\",\"b\"]]}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.kept, 5);
    assert_int_equal(lake_reason(&loaded, "unique", "a, b"), 1);
    const json_t *example =
        json_array_get(json_object_get(json_array_get(loaded.reasons, 0), "examples"), 0);
    assert_int_equal(json_integer_value(json_object_get(example, "line")), 4);
    assert_string_equal(ym_json_get(example, "value").p, "x, 1");
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void a_row_without_its_partner_in_the_stated_version_is_quarantined(void **state)
{
    (void)state;
    struct lake_rows regions, rows;
    struct quality_schema schema, other;
    struct loaded region, loaded;

    // The other dataset has texts, this one numbers: they are compared as texts.
    lake_csv(YM_STR("code,year\n420100,2024\n420200,2024\n420200,2025\n"), &regions);
    lake_schema("{\"fields\":[{\"name\":\"code\"},{\"name\":\"year\",\"type\":\"integer\"}]}",
                &other);
    lake_load(&regions, &other, &region);
    lake_csv(
        YM_STR("k,region,year,up\n1,420100,2024,\n2,420100,2025,1\n3,,2024,1\n4,420200,2025,9\n"
               "2,420200,2024,2\n"),
        &rows);
    lake_schema(
        "{\"fields\":[{\"name\":\"k\"},{\"name\":\"region\",\"type\":\"integer\"},{\"name\":"
        "\"year\",\"type\":\"integer\"},{\"name\":\"up\"}],\"primaryKey\":\"k\","
        "\"foreignKeys\":[{\"fields\":[\"region\",\"year\"],\"reference\":{\"resource\":"
        "\"geo.region\",\"fields\":[\"code\",\"year\"]}},{\"fields\":\"up\",\"reference\":{"
        "\"resource\":\"\",\"fields\":\"k\"}}]}",
        &schema);
    lake_references(&rows, &schema, &region, &loaded);
    // Row 2 has no partner, so that the later row of its key stays; 4 names no row of this file.
    assert_int_equal(lake_reason(&loaded, "reference", "region, year"), 1);
    assert_int_equal(lake_reason(&loaded, "reference", "up"), 1);
    assert_int_equal(lake_reason(&loaded, "unique", "k"), 0);
    assert_true(ym_str_is(
        lake_ask("SELECT arrayStringConcat(groupArray(toString(_pos)), ' ') FROM (SELECT _pos FROM"
                 " lake.d%lld ORDER BY _pos)",
                 (long long)loaded.target.dataset),
        "2 4 6"));
    lake_rows_free(&regions);
    lake_rows_free(&rows);
    loaded_free(&region);
    loaded_free(&loaded);
}

static void a_row_put_out_by_another_keeps_texts_that_read_back_as_they_were(void **state)
{
    (void)state;
    struct lake_rows rows, again;
    struct quality_schema schema;
    struct loaded loaded, second;

    lake_csv(YM_STR("k,d,m,b,n\n1,2020年1月6日,06/01/1931 07:08,是,-\n"
                    "1,1931年12月31日,31/12/2100 23:59,否,1.50\n"),
             &rows);
    lake_schema(
        "{\"fields\":[{\"name\":\"k\"},{\"name\":\"d\",\"type\":\"date\",\"format\":\"%Y年%m月%"
        "d日\"},"
        "{\"name\":\"m\",\"type\":\"datetime\",\"format\":\"%d/%m/%Y "
        "%H:%M\"},{\"name\":\"b\",\"type\":"
        "\"boolean\",\"trueValues\":[\"是\"],\"falseValues\":[\"否\"]},{\"name\":\"n\",\"type\":"
        "\"number\",\"scale\":2,\"missingValues\":[\"-\"]}],\"primaryKey\":\"k\"}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(lake_reason(&loaded, "unique", "k"), 1);
    struct ym_str cells = lake_ask("SELECT arrayStringConcat(raw, ',') FROM lake.q%lld",
                                   (long long)loaded.target.dataset);
    assert_true(ym_str_is(cells, "1,1931年12月31日,31/12/2100 23:59,否,1.5"));
    lake_csv(ym_arena_printf(&lake_arena, "k,d,m,b,n\n%s\n", cells.p), &again);
    lake_load(&again, &schema, &second);
    assert_int_equal(second.counts.kept, 1);
    lake_rows_free(&rows);
    lake_rows_free(&again);
    loaded_free(&loaded);
    loaded_free(&second);
}

// Each type, also where cells are missing: the count is read from the field's own order.
static void an_indexed_field_is_counted_in_its_own_order(void **state)
{
    static const char *const filters[] = {
        "r = 'r7'",
        "startsWith(r, 'r7')",
        "n = 7",
        "m = toDecimal64('7.5', 2)",
        "d = toDate32('2026-01-08')",
        "t >= '2026-01-28 00:00:00'",
        "isNull(n)",
        "isNull(r)",
    };
    struct ym_buf csv = {0};
    struct lake_rows rows;
    struct quality_schema schema;
    struct loaded loaded;

    (void)state;
    ym_buf_add(&csv, YM_STR("id,r,n,m,d,t\n"));
    for (int i = 0; i < 20000; i++) {
        int n = i * 7919 % 20000, k = n % 97;
        if (k == 96)
            ym_buf_printf(&csv, "%05d,-,-,-,-,-\n", n);
        else
            ym_buf_printf(&csv, "%05d,r%d,%d,%d.5,2026-01-%02d,2026-01-%02d 08:00:00\n", n, k, k, k,
                          1 + k % 28, 1 + k % 28);
    }
    lake_csv(ym_buf_str(&csv), &rows);
    lake_schema(
        "{\"fields\":[{\"name\":\"id\",\"indexed\":true},{\"name\":\"r\","
        "\"indexed\":true},{\"name\":\"n\",\"type\":\"integer\",\"indexed\":true},"
        "{\"name\":\"m\",\"type\":\"number\",\"scale\":2,\"indexed\":true},{\"name\":"
        "\"d\",\"type\":\"date\",\"indexed\":true},{\"name\":\"t\",\"type\":"
        "\"datetime\",\"format\":\"%Y-%m-%d %H:%M:%S\",\"indexed\":true}],"
        "\"primaryKey\":[\"id\"],\"missingValues\":[\"\",\"-\"]}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.kept, 20000);
    long long id = loaded.target.dataset, version = loaded.target.version;
    for (size_t i = 0; i < YM_COUNT(filters); i++) {
        struct ym_str plan = lake_ask(
            "EXPLAIN SELECT count() FROM lake.d%lld WHERE"
            " _partition_id = '%lld' AND %s",
            id, version, filters[i]);
        struct ym_str counts = lake_ask(
            "SELECT (SELECT count() FROM lake.d%lld WHERE _partition_id = '%lld' AND %s)"
            " - (SELECT countIf(%s) FROM lake.d%lld WHERE _partition_id = '%lld'"
            " SETTINGS optimize_use_projections = 0)",
            id, version, filters[i], filters[i], id, version);
        if (ym_str_find(plan, YM_STR("(pi"), 0) == SIZE_MAX || !ym_str_is(counts, "0"))
            fail_msg("%s: %.*s, differs by %.*s", filters[i], YM_FMT(plan), YM_FMT(counts));
    }
    ym_buf_clear(&csv);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_is_its_digits_and_nothing_else),
        cmocka_unit_test(a_double_is_finite_and_a_decimal_keeps_to_its_scale),
        cmocka_unit_test(a_day_is_a_real_day_of_the_declared_form),
        cmocka_unit_test(a_moment_is_of_its_zone_and_keeps_its_offset),
        cmocka_unit_test(words_of_truth_and_times_of_day_are_taken_as_declared),
        cmocka_unit_test(a_text_keeps_its_blanks_and_obeys_its_constraints),
        cmocka_unit_test(short_texts_have_no_other_numbers_than_the_plain_ones),
        cmocka_unit_test(rows_with_a_fault_are_quarantined_for_that_alone),
        cmocka_unit_test(repeats_of_a_key_leave_the_first_row_and_equal_rows_are_dropped),
        cmocka_unit_test(names_may_hold_what_sql_would_stumble_over),
        cmocka_unit_test(rows_of_a_unique_key_are_compared_only_where_all_its_cells_are_given),
        cmocka_unit_test(a_row_without_its_partner_in_the_stated_version_is_quarantined),
        cmocka_unit_test(an_indexed_field_is_counted_in_its_own_order),
        cmocka_unit_test(a_row_put_out_by_another_keeps_texts_that_read_back_as_they_were),
    };

    return cmocka_run_group_tests_name("data/quality/checks", tests, lake_setup, lake_teardown);
}
