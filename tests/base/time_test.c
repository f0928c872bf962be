#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"

static void every_day_of_eight_centuries_reads_back(void **state)
{
    (void)state;
    char text[YM_TIME_TEXT];
    int64_t read;

    for (int64_t day = ym_day_of(1600, 1, 1); day < ym_day_of(2400, 1, 1); day++) {
        ym_time_text(day * YM_DAY, text);
        assert_true(ym_day_parse((struct ym_str){text, 10}, &read));
        assert_true(read == day);
    }
}

static void times_are_read_with_their_offset(void **state)
{
    (void)state;
    char text[YM_TIME_TEXT];
    int64_t time;

    assert_true(ym_time_parse(YM_STR("2026-11-24T17:05:00.25+08:00"), &time));
    assert_string_equal(ym_time_text(time, text), "2026-11-24T09:05:00.250000Z");
    assert_true(ym_time_parse(YM_STR("1969-12-31T23:59:59Z"), &time));
    assert_true(time == -YM_SECOND);
    assert_string_equal(ym_time_text(time, text), "1969-12-31T23:59:59Z");
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026-11-24",
                                      "2026-02-29T00:00:00Z",
                                      "2026-11-24T24:00:00Z",
                                      "2026-11-24T09:05:00",
                                      "2026-11-24T09:05:00.Z",
                                      "2026-11-24T09:05:00+8",
                                      "2026-11-24T09:05:00Zz",
                                      "2026-13-01T00:00:00Z",
                                      "2026-11-24T09:05:00+0800"};
    int64_t time;

    for (size_t i = 0; i < YM_COUNT(bad); i++)
        assert_false(ym_time_parse(ym_str(bad[i]), &time));
}

static void the_end_of_a_day_follows_the_zone_also_in_its_summer_time(void **state)
{
    (void)state;
    struct ym_error err = {0};
    int64_t day = 0, offset = 0;

    assert_true(ym_day_parse(YM_STR("2026-11-24"), &day));
    assert_true(ym_zone_offset("Asia/Shanghai", day, &offset, &err));
    assert_true(offset == 8 * 3600 * YM_SECOND);
    assert_true(
        ym_day_parse(YM_STR("1988-07-01"), &day)); // Asia/Shanghai had summer time until 1991
    assert_true(ym_zone_offset("Asia/Shanghai", day, &offset, &err));
    assert_true(offset == 9 * 3600 * YM_SECOND);
    assert_false(ym_zone_offset("Asia/Wuhan", day, &offset, &err));
    assert_string_equal(err.code, "time.zone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_eight_centuries_reads_back),
        cmocka_unit_test(times_are_read_with_their_offset),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_end_of_a_day_follows_the_zone_also_in_its_summer_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
