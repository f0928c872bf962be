// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "tests/data/quality/lake.h"

// A file of one column `name` with these cells, and what is proposed for it.
static void expect(const char *name, const char *wanted, const struct ym_str *cells, size_t n,
                   int64_t quarantined)
{
    struct lake_rows rows = {.columns = 1};
    struct loaded loaded;
    struct ym_str column = ym_str(name);
    char said[200];

    rows.names = &column;
    for (size_t i = 0; i < n; i++) {
        rows.line = i + 2;
        lake_row(&rows, "", &cells[i], 1);
    }
    lake_check(&rows, &loaded);
    const struct quality_field *f = &loaded.schema.fields[0];
    const char *meaning = codes_name(f->semantic);
    int at = snprintf(said, sizeof said, "%s", quality_type_name(f->type));
    if (f->scale >= 0)
        at += snprintf(said + at, sizeof said - (size_t)at, "(%d)", f->scale);
    at += snprintf(said + at, sizeof said - (size_t)at, "%s%s%s%.*s", meaning ? " " : "",
                   meaning ? meaning : "", f->format.n ? " " : "", YM_FMT(f->format));
    for (size_t i = 1; f->own_missing && i < f->missing.n; i++)
        at += snprintf(said + at, sizeof said - (size_t)at, " -%.*s", YM_FMT(f->missing.items[i]));
    if (strcmp(said, wanted) != 0)
        fail_msg("%s: '%.*s' … is '%s', not '%s'", name, YM_FMT(cells[0]), said, wanted);
    assert_int_equal(loaded.counts.quarantined, quarantined);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void few(const char *name, const char *wanted, const char *list)
{
    struct ym_str rest = ym_str(list), cells[32];
    size_t n = 0;

    while (ym_str_cut(&rest, '|', &cells[n]))
        n++;
    expect(name, wanted, cells, n, 0);
}

static void each_kind_of_cell_gets_its_type(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "integer", "1|-20|0|300"},
        {"a", "integer -NaN", "1||NaN|3"},
        {"a", "integer -- ---", "1|--|-|3"},
        {"a", "string", "1|2|室130|3"},
        {"a", "string", "01|02|10"},
        {"a", "string", "123456789012345|1"},
        {"a", "number(2)", "1|2.50|3.1"},
        {"a", "number(1) -—", "1.5|—|2"},
        {"a", "number", "1.5|2.1234567"},
        {"a", "number", "1.5|2e-3"},
        {"a", "number", "1234567890123.5|0.123456"},
        {"a", "string", "1.5|00.5"},
        {"a", "string", "1,000|2,500"},
        {"a", "string", "１２|３"},
        {"a", "integer", "0|1|1"},
        {"a", "boolean", "true|False|true"},
        {"a", "boolean -无", "是|否|无"},
        {"a", "boolean", "Y|N|N"},
        {"a", "date", "2020-01-06|1999-12-31"},
        {"a", "date %Y-%m-%d", "2020-1-6|1999-12-31"},
        {"a", "date %Y/%m/%d", "2020/1/6|2020/12/31"},
        {"a", "date %Y年%m月%d日", "2020年1月6日|2020年12月31日"},
        {"a", "string", "2020-01-06|2020-02-30"},
        {"a", "integer", "20200106|20200107"},
        {"统计日期", "date %Y%m%d", "20200106|20200107"},
        {"统计日期", "integer", "20200106|20201306"},
        {"a", "datetime", "2020-01-06 10:00:00|2020-01-06T11:00:00Z"},
        {"a", "datetime %Y/%m/%d %H:%M", "2020/1/6 9:05|2020/1/6 19:05"},
        {"a", "time", "09:05|23:59:59"},
        {"a", "string", "|||"},
        {"a", "string -NaN", "x|NaN|-"},
        {"a", "string -NaN", "NaN|NaN"},
        {"_a", "string", "x|y"},
    };

    for (size_t i = 0; i < YM_COUNT(cases); i++)
        few(cases[i][0], cases[i][1], cases[i][2]);
}

static void identifiers_are_known_by_their_check_digits(void **state)
{
    (void)state;

    few("a", "string resident_id", "420102190001019990|420102190102039982|42010619050505009X|");
    few("a", "string credit_code -NULL",
        "91110000600037341L|121200004013590816|"
        "91310115MA1K3BTP2B|NULL");
    few("a", "string vin", "1M8GDM9AXKP042788|1HGCM82633A004352|LYMTEST03R0000001");
    few("a", "string phone", "13000000000|19900000000|15500000000");
    few("区划代码", "string region", "420102|420923|420000");
    few("人口", "integer", "420102|420923|420000");
    few("a", "string", "420102190001019991|420102190001019992|420102190001019993");
}

static void a_few_wrong_check_digits_are_quarantined_and_many_make_a_plain_text(void **state)
{
    (void)state;
    struct ym_str cells[400];

    for (size_t i = 0; i < 400; i++)
        cells[i] = i % 2 ? YM_STR("420102190001019990") : YM_STR("420102190102039982");
    cells[17] = YM_STR("420102190001019991");
    cells[399] = YM_STR("x");
    expect("a", "string resident_id", cells, 400, 2);
    cells[200] = YM_STR("420102190001019992");
    expect("a", "string", cells, 400, 0);
}

static void one_late_cell_of_many_decides(void **state)
{
    (void)state;
    size_t n = 20000;
    struct ym_str *cells = calloc(n, sizeof *cells);

    assert_non_null(cells);
    for (size_t i = 0; i < n; i++)
        cells[i] = YM_STR("7");
    expect("a", "integer", cells, n, 0);
    cells[n - 2] = YM_STR("7.5");
    expect("a", "number(1)", cells, n, 0);
    cells[n - 3] = YM_STR("-");
    expect("a", "number(1) --", cells, n, 0);
    cells[n - 4] = YM_STR("七");
    expect("a", "string", cells, n, 0);
    free(cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_cell_gets_its_type),
        cmocka_unit_test(identifiers_are_known_by_their_check_digits),
        cmocka_unit_test(a_few_wrong_check_digits_are_quarantined_and_many_make_a_plain_text),
        cmocka_unit_test(one_late_cell_of_many_decides),
    };

    return cmocka_run_group_tests_name("data/quality/propose", tests, lake_setup, lake_teardown);
}
