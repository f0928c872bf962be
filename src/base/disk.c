#include "base/disk.h"

#include <errno.h>
#include <sys/statvfs.h>

const struct ym_disk_marks ym_disk_marks_default = {
    .low_percent = 10, .low_bytes = INT64_C(5) << 30, .full_percent = 3};

bool ym_disk_look(const char *path, struct ym_disk *out, struct ym_error *err)
{
    struct statvfs disk;

    if (statvfs(path, &disk) != 0)
        return ym_fail(err, YM_FAULT, "disk.look", "the disk does not say how much is free: %s",
                       strerror(errno));
    int64_t block = (int64_t)disk.f_frsize;
    *out = (struct ym_disk){.size = (int64_t)disk.f_blocks * block,
                            .free = (int64_t)disk.f_bavail * block};
    return true;
}

// Divided first: a share of petabytes must not overflow.
static int64_t share_of(int64_t size, int64_t percent)
{
    return size / 100 * percent;
}

int64_t ym_disk_low(const struct ym_disk *disk, const struct ym_disk_marks *marks)
{
    int64_t share = share_of(disk->size, marks->low_percent);

    return share < marks->low_bytes ? share : marks->low_bytes;
}

bool ym_disk_full(const struct ym_disk *disk, const struct ym_disk_marks *marks)
{
    return disk->free < share_of(disk->size, marks->full_percent);
}

bool ym_disk_takes(const char *path, const struct ym_disk_marks *marks, int64_t more,
                   struct ym_error *err)
{
    struct ym_disk disk = {0};

    if (!ym_disk_look(path, &disk, err))
        return false;
    if (disk.free - more >= ym_disk_low(&disk, marks))
        return true;
    ym_fail(err, YM_FULL, "disk.low", "too little is free on the disk of the data directory");
    return ym_hint(err, "Free space on the server's disk, then try again.");
}
