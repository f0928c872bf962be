/* service/upkeep/files: files on their way into a backup and out of one: durable, with their
 * SHA-256. Paths are absolute. Errors: YM_FAULT "upkeep.file" with the path's last part; YM_FULL
 * "disk.low" where the disk is full. Nobody outside the room includes this.
 */
#pragma once
#include "base/base.h"

enum { FILES_DIGEST = 65 };
YM_MUST bool upkeep_files_digest(const char *path, char digest[FILES_DIGEST], int64_t *size,
                                 struct ym_error *err);
// A new file at `to`, synced; its folder is not.
YM_MUST bool upkeep_files_copy(const char *from, const char *to, char digest[FILES_DIGEST],
                               int64_t *size, struct ym_error *err);
YM_MUST bool upkeep_files_write(const char *path, struct ym_str text,
                                struct ym_error *err); // by rename
YM_MUST bool upkeep_files_folder(const char *path,
                                 struct ym_error *err); // 0700; there already: well
YM_MUST bool upkeep_files_sync(const char *folder, struct ym_error *err);
bool upkeep_files_there(const char *path);
YM_MUST bool upkeep_files_rename(const char *from, const char *to,
                                 struct ym_error *err);                        // and both synced
YM_MUST bool upkeep_files_remove_tree(const char *path, struct ym_error *err); // not there: well

// Regular files below `folder`, as paths relative to it, in order of their bytes; `.` names too.
struct upkeep_files {
    struct ym_str *items;
    size_t n, cap;
};
YM_MUST bool upkeep_files_walk(const char *folder, struct ym_arena *arena, struct upkeep_files *out,
                               struct ym_error *err);
