/* base/disk: how much is free where a path lies, and the mark below which nothing new is taken.
 *
 * The low mark is the lesser of a share of the disk and a number of bytes: what is free below it is
 * kept for what was accepted already (a merge of the engine, a commit of the store). All sizes are
 * bytes, free means free for us (f_bavail). Errors: YM_FULL "disk.low" (HTTP 507), YM_FAULT
 * "disk.look". Any thread.
 */
#pragma once
#include "base/base.h"

struct ym_disk_marks {
    int64_t low_percent, low_bytes; // below the lesser one: no uploads, no loads
    int64_t full_percent;           // below it: the alarm that wakes somebody
};
extern const struct ym_disk_marks ym_disk_marks_default; // 10 %, 5 GiB; 3 %
struct ym_disk {
    int64_t size, free;
};
YM_MUST bool ym_disk_look(const char *path, struct ym_disk *out, struct ym_error *err);
int64_t ym_disk_low(const struct ym_disk *disk, const struct ym_disk_marks *marks); // bytes
bool ym_disk_full(const struct ym_disk *disk, const struct ym_disk_marks *marks);
// May `more` bytes be taken at `path`?
YM_MUST bool ym_disk_takes(const char *path, const struct ym_disk_marks *marks, int64_t more,
                           struct ym_error *err);
