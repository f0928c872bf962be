/* base/time: UTC microseconds in int64_t, their text, and civil days.
 *
 * Text is RFC 3339 in UTC with `Z`. Civil days: proleptic Gregorian calendar, algorithm of
 * H. Hinnant, "chrono-compatible low-level date algorithms" (days_from_civil). Any thread.
 */
#pragma once
#include "base/base.h"

#define YM_SECOND INT64_C(1000000)
#define YM_DAY    (86400 * YM_SECOND)

enum { YM_TIME_TEXT = 40 };

int64_t ym_now(void);       // wall clock, microseconds since 1970-01-01T00:00:00Z
int64_t ym_monotonic(void); // for durations, microseconds
// Writes "2026-11-24T09:05:00Z" (with .ffffff where there are parts of a second) and returns `to`.
const char *ym_time_text(int64_t time, char to[YM_TIME_TEXT]);
// Accepts RFC 3339 date-times with Z or an offset. False: not one.
bool ym_time_parse(struct ym_str text, int64_t *time);
// Accepts YYYY-MM-DD of a real day; *day counts from 1970-01-01.
bool ym_day_parse(struct ym_str text, int64_t *day);
int64_t ym_day_of(int year, int month, int day);
bool ym_day_valid(int year, int month, int day);
// Microseconds that `zone` (an IANA name) is ahead of UTC at the local time that `day` 24:00 is,
// so that the end of a local day is (day + 1) * YM_DAY - offset. False: unknown zone.
YM_MUST bool ym_zone_offset(const char *zone, int64_t day, int64_t *offset, struct ym_error *err);
