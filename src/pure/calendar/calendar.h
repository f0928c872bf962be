/* pure/calendar: when a thing recurs: cron, and working days over a given table of days.
 *
 * Cron: five fields, minute hour day month weekday, as POSIX crontab(5) has them, with names (jan,
 * mon), steps (a-b/n, star/n; a/n is a to the end) and 7 for Sunday; where day and weekday are both
 * restricted (neither begins with a star), either will do. It speaks of the wall clock of an IANA
 * zone: a minute runs where the wall clock shows it, so one that a clock change skips does not run
 * and one that comes twice runs twice (Asia/Shanghai has had no change since 1991). Offsets by ICU.
 *
 * A rule is a cron line, or "workday HH:MM": every working day then. Working days are Monday to
 * Friday, but for what the table says of single days: holidays and make-up days as they were
 * decreed. The table is the caller's, ascending by day; days count from 1970-01-01. Times are
 * UTC microseconds. Pure: the time is an argument. Any thread.
 *
 * Errors: YM_INVALID "calendar.cron" (about: the field), "calendar.rule", "calendar.never" (no such
 * moment in 50 years), "time.zone".
 */
#pragma once
#include "base/base.h"

struct calendar_cron {
    uint64_t minutes;                       // bit 0 to 59
    uint32_t hours, days, months, weekdays; // days and months from bit 1; Sunday is bit 0
    bool either;                            // day or weekday
};
YM_MUST bool calendar_cron_parse(struct ym_str text, struct calendar_cron *out,
                                 struct ym_error *err);
// The first moment after `after`, strictly.
YM_MUST bool calendar_cron_next(const struct calendar_cron *cron, const char *zone, int64_t after,
                                int64_t *next, struct ym_error *err);

struct calendar_day {
    int64_t day;
    bool works; // a make-up day; false: a holiday
};
struct calendar_days {
    struct calendar_day *items;
    size_t n, cap;
};
enum calendar_why { CALENDAR_WEEKDAY, CALENDAR_WEEKEND, CALENDAR_HOLIDAY, CALENDAR_MAKE_UP };
const char *calendar_why_name(enum calendar_why why); // "weekday", "weekend" …
enum calendar_why calendar_why(const struct calendar_days *days, int64_t day);
bool calendar_works(const struct calendar_days *days, int64_t day);
// The n-th working day after `day` (n < 0: before it; 0: `day` itself where it works, else the next
// one). `step`, if any, is told each day that is passed, the last one too: how the date came about.
typedef void calendar_step(void *with, int64_t day, enum calendar_why why);
int64_t calendar_add_workdays(const struct calendar_days *days, int64_t day, int64_t n,
                              calendar_step *step, void *with);

struct calendar_rule {
    struct calendar_cron cron; // of a working day's time too
    bool workday;
};
YM_MUST bool calendar_rule_parse(struct ym_str text, struct calendar_rule *out,
                                 struct ym_error *err);
YM_MUST bool calendar_rule_next(const struct calendar_rule *rule, const struct calendar_days *days,
                                const char *zone, int64_t after, int64_t *next,
                                struct ym_error *err);
