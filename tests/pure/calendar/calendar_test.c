#include "base/time.h"
#include "pure/calendar/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_line_gives_its_next_moments(void **state)
{
    static const struct {
        const char *line, *zone, *after, *next;
    } cases[] = {
        {"30 6 * * *", "Asia/Shanghai", "2026-11-24T00:00:00Z", "2026-11-24T22:30:00Z"},
        {"30 6 * * *", "Asia/Shanghai", "2026-11-23T22:30:00Z", "2026-11-24T22:30:00Z"},
        {"30 6 * * *", "Asia/Shanghai", "2026-11-23T22:29:59.999999Z", "2026-11-23T22:30:00Z"},
        {"*/15 * * * *", "UTC", "2026-11-24T09:05:00Z", "2026-11-24T09:15:00Z"},
        {"0 0 1 jan *", "Asia/Shanghai", "2026-11-24T00:00:00Z", "2026-12-31T16:00:00Z"},
        {"0 9 * * mon-FRI", "UTC", "2026-11-27T09:00:00Z", "2026-11-30T09:00:00Z"},
        {"0 0 * * 7", "UTC", "2026-11-24T00:00:00Z", "2026-11-29T00:00:00Z"},
        {"0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
        // Both restricted: the 13th, or a Friday.
        {"0 0 13 * 5", "UTC", "2026-11-07T00:00:00Z", "2026-11-13T00:00:00Z"},
        {"0 0 13 * 5", "UTC", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"},
        // A star with a step is not restricted: odd days that are Mondays.
        {"0 0 */2 * 1", "UTC", "2026-11-24T00:00:00Z", "2026-12-07T00:00:00Z"},
        // 02:30 was not shown on 8 March 2026 in New York, and 01:30 came twice on 1 November.
        {"30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", "2026-03-09T06:30:00Z"},
        {"30 1 1 11 *", "America/New_York", "2026-10-31T00:00:00Z", "2026-11-01T05:30:00Z"},
        {"30 1 1 11 *", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"},
        // Samoa had no 30 December 2011.
        {"0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-12-29T22:00:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct calendar_cron cron;
        struct ym_error err = {0};
        int64_t after, next;
        char text[YM_TIME_TEXT];
        assert_true(calendar_cron_parse(ym_str(cases[i].line), &cron, &err));
        assert_true(ym_time_parse(ym_str(cases[i].after), &after));
        assert_true(calendar_cron_next(&cron, cases[i].zone, after, &next, &err));
        assert_string_equal(ym_time_text(next, text), cases[i].next);
    }
}

static void what_is_no_line_is_refused_with_its_field(void **state)
{
    static const char *const lines[] = {
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/61 * * * *",
        "1,,2 * * * *",
        "-1 * * * *",
        "+1 * * * *",
        "a * * * *",
        "* * * mo *",
        "1-2-3 * * * *",
        "1/ * * * *",
        "*/-2 * * * *",
        "\xe4\xba\x91 * * * *",
    };
    (void)state;
    for (size_t i = 0; i < YM_COUNT(lines); i++) {
        struct calendar_cron cron;
        struct ym_error err = {0};
        assert_false(calendar_cron_parse(ym_str(lines[i]), &cron, &err));
        assert_string_equal(err.code, "calendar.cron");
        assert_true(err.hint[0] != '\0');
    }
    struct calendar_cron cron;
    struct ym_error err = {0};
    assert_false(calendar_cron_parse(YM_STR("0 0 30 2 *"), &cron, &err));
    assert_string_equal(err.code, "calendar.never");
    assert_false(calendar_cron_parse(YM_STR("0 0 31 4,6 *"), &cron, &err));
    assert_true(
        calendar_cron_parse(YM_STR("0 0 30 2 mon"), &cron, &err)); // each Monday in February
    int64_t next;
    assert_false(calendar_cron_next(&cron, "Asia/Nowhere", 0, &next, &err));
    assert_string_equal(err.code, "time.zone");
}

// The decree for 2026: 15 to 23 February off, 14 and 28 February at work.
static struct calendar_day spring[12];
static struct calendar_days decreed(void)
{
    size_t n = 0;
    spring[n++] = (struct calendar_day){ym_day_of(2026, 2, 14), true};
    for (int day = 15; day <= 23; day++)
        spring[n++] = (struct calendar_day){ym_day_of(2026, 2, day), false};
    spring[n++] = (struct calendar_day){ym_day_of(2026, 2, 28), true};
    return (struct calendar_days){spring, n, n};
}

struct told {
    int of[4];
};
static void tell(void *with, int64_t day, enum calendar_why why)
{
    (void)day;
    ((struct told *)with)->of[why]++;
}

static void working_days_follow_the_decree(void **state)
{
    struct calendar_days days = decreed();
    struct told told = {0};
    int64_t friday = ym_day_of(2026, 2, 13);

    (void)state;
    // Five working days after Friday 13 February: Saturday 14, then 24 to 27.
    int64_t end = calendar_add_workdays(&days, friday, 5, tell, &told);
    assert_int_equal(end, ym_day_of(2026, 2, 27));
    assert_int_equal(told.of[CALENDAR_MAKE_UP], 1);
    assert_int_equal(told.of[CALENDAR_HOLIDAY], 9);
    assert_int_equal(told.of[CALENDAR_WEEKDAY], 4);
    assert_int_equal(told.of[CALENDAR_WEEKEND], 0);
    assert_int_equal(calendar_add_workdays(&days, end, -5, NULL, NULL), friday);
    assert_int_equal(calendar_add_workdays(&days, ym_day_of(2026, 2, 15), 0, NULL, NULL),
                     ym_day_of(2026, 2, 24));
    assert_int_equal(calendar_add_workdays(&days, friday, 0, NULL, NULL), friday);
    // Without a table: five days of the week.
    assert_int_equal(calendar_add_workdays(NULL, friday, 5, NULL, NULL), ym_day_of(2026, 2, 20));
}

static void a_rule_of_working_days_runs_on_them(void **state)
{
    static const char *const runs[] = {"2026-02-12T22:30:00Z", "2026-02-13T22:30:00Z",
                                       "2026-02-23T22:30:00Z"};
    struct calendar_days days = decreed();
    struct calendar_rule rule;
    struct ym_error err = {0};
    int64_t at;
    char text[YM_TIME_TEXT];

    (void)state;
    assert_true(calendar_rule_parse(YM_STR("workday 06:30"), &rule, &err));
    assert_true(ym_time_parse(YM_STR("2026-02-12T00:00:00Z"), &at));
    for (size_t i = 0; i < YM_COUNT(runs); i++) {
        assert_true(calendar_rule_next(&rule, &days, "Asia/Shanghai", at, &at, &err));
        assert_string_equal(ym_time_text(at, text), runs[i]);
    }
    static const char *const wrong[] = {"workday 6:30", "workday 24:00", "workday 06:60",
                                        "workday 06-30", "workday +6:30"};
    for (size_t i = 0; i < YM_COUNT(wrong); i++) {
        assert_false(calendar_rule_parse(ym_str(wrong[i]), &rule, &err));
        assert_string_equal(err.code, "calendar.rule");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_gives_its_next_moments),
        cmocka_unit_test(what_is_no_line_is_refused_with_its_field),
        cmocka_unit_test(working_days_follow_the_decree),
        cmocka_unit_test(a_rule_of_working_days_runs_on_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
