/* host/jobs/calendar: the table of days in the control store.
 *
 * Working days are Monday to Friday but for the days of this table: holidays and make-up days as
 * they were decreed. A year is known once its decree was entered; for others the plain week holds,
 * and who reckons with them should say so (`known` is false). The table is edited by people;
 * jobs_calendar_load puts in only years that are not known, so that it can run at each start. After
 * a change the schedules that run on working days are reckoned anew. Any thread.
 *
 * Errors: YM_INVALID "calendar.file" (with the line), "calendar.day", "calendar.name", and those of
 * host/store.
 */
#pragma once
#include "host/jobs/jobs.h"
#include "pure/calendar/calendar.h"

struct jobs_day { // texts in the arena
    int64_t day;
    bool works;
    struct ym_str name;
};
struct jobs_year {
    int64_t year;
    bool known;
    struct ym_str source; // the decree; none where it is not known
    struct jobs_day *days;
    size_t n, cap;
};
YM_MUST bool jobs_calendar(struct store *store, struct ym_arena *arena, struct calendar_days *out,
                           struct ym_error *err);
YM_MUST bool jobs_calendar_year(struct store *store, int64_t year, struct ym_arena *arena,
                                struct jobs_year *out, struct ym_error *err);
// The whole year at once: its days replace what was there. A source makes it known.
YM_MUST bool jobs_calendar_put(struct jobs *jobs, const struct jobs_year *year,
                               struct ym_error *err);
// Lines "year,YYYY,source" and "holiday|work,YYYY-MM-DD,name"; # begins a remark.
YM_MUST bool jobs_calendar_load(struct store_pool *pool, struct ym_str text, int64_t *years,
                                struct ym_error *err);
