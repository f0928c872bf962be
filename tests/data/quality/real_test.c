// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>
// clang-format on
#include "tests/data/quality/lake.h"

static bool read_rows(const char *path, struct lake_rows *rows)
{
    struct ym_str text = lake_shared(path);

    if (text.p)
        lake_csv(text, rows);
    return text.p != NULL;
}

// "name:type/semantic name:type …", as the report says it.
static struct ym_str said(const struct loaded *loaded)
{
    struct ym_buf text = {0};

    for (size_t i = 0; i < loaded->schema.n && i < 20; i++) {
        const struct quality_field *f = &loaded->schema.fields[i];
        ym_buf_printf(&text, "%s%.*s:%s", i ? " " : "", YM_FMT(f->name),
                      quality_type_name(f->type));
        if (f->scale >= 0)
            ym_buf_printf(&text, "(%d)", f->scale);
        if (f->semantic != CODES_NONE)
            ym_buf_printf(&text, "/%s", codes_name(f->semantic));
        if (f->format.n > 0)
            ym_buf_printf(&text, "/%.*s", YM_FMT(f->format));
    }
    struct ym_str copy = ym_arena_str(&lake_arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    print_message("# %.*s\n", YM_FMT(copy));
    return copy;
}

static int64_t number_of(const struct loaded *loaded, const char *column, const char *member)
{
    return json_integer_value(json_object_get(lake_column(loaded, column), member));
}

static void hourly_air_has_860_hours_without_aqi_and_nothing_is_quarantined(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct loaded loaded;

    if (!read_rows("data/environment/hubei_station_hourly_2020.csv", &rows))
        return;
    lake_check(&rows, &loaded);
    assert_true(ym_str_is(
        said(&loaded),
        "SourceFile:string Date:date/%Y%m%d Hour:string WatchPoint:string AQI:integer Level:string "
        "PrimaryPollution:string PM2.5:integer PM10:integer CO:number(1) NO2:integer O3_1h:integer "
        "O3_8h:integer SO2:integer"));
    assert_int_equal(loaded.counts.in, 6788);
    assert_int_equal(loaded.counts.kept, 6788);
    assert_int_equal(number_of(&loaded, "AQI", "missing"), 860);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void hourly_air_loses_329_equal_repeats_under_its_key(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct loaded loaded;
    struct quality_schema schema;

    if (!read_rows("data/environment/hubei_station_hourly_2020.csv", &rows))
        return;
    lake_schema(
        "{\"fields\":[{\"name\":\"SourceFile\"},{\"name\":\"Date\",\"type\":\"date\","
        "\"format\":\"%Y%m%d\"},{\"name\":\"Hour\",\"type\":\"integer\"},"
        "{\"name\":\"WatchPoint\"},{\"name\":\"AQI\",\"type\":\"integer\"},"
        "{\"name\":\"Level\"},{\"name\":\"PrimaryPollution\"},"
        "{\"name\":\"PM2.5\",\"type\":\"number\"},{\"name\":\"PM10\",\"type\":\"number\"},"
        "{\"name\":\"CO\",\"type\":\"number\"},{\"name\":\"NO2\",\"type\":\"number\"},"
        "{\"name\":\"O3_1h\",\"type\":\"number\"},{\"name\":\"O3_8h\",\"type\":\"number\"},"
        "{\"name\":\"SO2\",\"type\":\"number\"}],\"missingValues\":[\"\",\"NaN\"],"
        "\"primaryKey\":[\"SourceFile\",\"WatchPoint\",\"Date\",\"Hour\"],"
        "\"equalRepeats\":\"drop\"}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.kept, 6459);
    assert_int_equal(loaded.counts.duplicates, 329);
    assert_int_equal(loaded.counts.quarantined, 0);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void scores_with_a_watermark_are_quarantined_with_their_lines(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct loaded loaded;
    struct quality_schema schema;

    if (!read_rows("data/education/hubei-2024-physics-toudang-parsed.csv", &rows))
        return;
    lake_schema(
        "{\"fields\":[{\"name\":\"code\"},{\"name\":\"name\"},"
        "{\"name\":\"score\",\"type\":\"integer\"},"
        "{\"name\":\"sum\",\"title\":\"语数之和\",\"type\":\"integer\"},"
        "{\"name\":\"best\",\"title\":\"语数最高\",\"type\":\"integer\"},"
        "{\"name\":\"english\",\"title\":\"外语\",\"type\":\"integer\"},"
        "{\"name\":\"physics\",\"title\":\"物理\",\"type\":\"integer\"}]}",
        &schema);
    lake_load(&rows, &schema, &loaded);
    assert_int_equal(loaded.counts.in, 2800);
    assert_int_equal(loaded.counts.quarantined, 389);
    assert_int_equal(lake_reason(&loaded, "type", "english"), 130);
    struct ym_str values = lake_ask(
        "SELECT countIf(match(raw[9], '^[0-9]*$')) FROM lake.q%lld WHERE "
        "has(_why, 'type:physics') ",
        (long long)loaded.target.dataset);
    assert_true(ym_str_is(values, "0"));
    loaded_free(&loaded);

    lake_check(&rows, &loaded);
    said(&loaded);
    assert_int_equal(loaded.counts.quarantined, 0);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void an_empty_city_stays_missing(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct loaded loaded;

    if (!read_rows("data/health/ncov_hubei_city_daily.csv", &rows))
        return;
    lake_check(&rows, &loaded);
    assert_true(ym_str_is(
        said(&loaded),
        "date:date country:string countryCode:string province:string provinceCode:string/region "
        "city:string cityCode:string confirmed:integer suspected:integer cured:integer "
        "dead:integer"));
    assert_int_equal(loaded.counts.kept, 6437);
    assert_int_equal(number_of(&loaded, "city", "missing"), 374);
    assert_int_equal(number_of(&loaded, "cityCode", "missing"), 405);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void stations_without_coordinates_are_fourteen(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct loaded loaded;

    if (!read_rows("data/environment/cnemc_station_list_2020.csv", &rows))
        return;
    lake_check(&rows, &loaded);
    said(&loaded);
    assert_int_equal(number_of(&loaded, "经度", "missing"), 14);
    assert_int_equal(number_of(&loaded, "纬度", "missing"), 14);
    assert_int_equal(loaded.counts.quarantined, 0);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void invoices_have_days_without_zeros_and_exact_amounts(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct loaded loaded;

    if (!read_rows("data/credit/企业代号=E2.csv", &rows))
        return;
    lake_check(&rows, &loaded);
    assert_true(
        ym_str_is(said(&loaded),
                  "企业代号:string 发票号码:string 开票日期:date/%Y-%m-%d 销方单位代号:string "
                  "金额:number(2) 税额:number(2) 价税合计:number(2) 发票状态:string"));
    assert_int_equal(loaded.counts.kept, 32156);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

static void a_table_of_1608_columns_is_proposed_and_loaded(void **state)
{
    (void)state;
    struct lake_rows rows;
    struct loaded loaded;

    if (!read_rows("data/environment/china_sites_20190101.csv", &rows))
        return;
    int64_t begun = (int64_t)time(NULL);
    lake_check(&rows, &loaded);
    said(&loaded);
    print_message("# %lld s\n", (long long)((int64_t)time(NULL) - begun));
    assert_int_equal(json_array_size(loaded.columns), 1608);
    assert_int_equal(loaded.counts.quarantined, 0);
    assert_int_equal(loaded.counts.kept, rows.n);
    lake_rows_free(&rows);
    loaded_free(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hourly_air_has_860_hours_without_aqi_and_nothing_is_quarantined),
        cmocka_unit_test(hourly_air_loses_329_equal_repeats_under_its_key),
        cmocka_unit_test(scores_with_a_watermark_are_quarantined_with_their_lines),
        cmocka_unit_test(an_empty_city_stays_missing),
        cmocka_unit_test(stations_without_coordinates_are_fourteen),
        cmocka_unit_test(invoices_have_days_without_zeros_and_exact_amounts),
        cmocka_unit_test(a_table_of_1608_columns_is_proposed_and_loaded),
    };

    if (!lake_shared("data/MANIFEST.tsv").p) {
        puts("1..0 # SKIP the shared folder is not there (YM_SHARED)");
        return 0;
    }
    return cmocka_run_group_tests_name("data/quality/real", tests, lake_setup, lake_teardown);
}
