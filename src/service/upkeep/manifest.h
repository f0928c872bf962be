/* service/upkeep/manifest: the one file that makes a folder a backup. Nobody outside the room
 * includes this.
 *
 * {"format": 1, "name", "made_at", "program", "migrations": N, "full": BOOL, "base": NAME or null,
 *  "engine": {"version"} or null, "files": [{"path", "size", "sha256"}], "originals":
 *  [{"sha256", "size"}], "versions": [{"load", "dataset", "name", "number", "rows", "quarantined",
 *  "content"}]}
 */
#pragma once
#include "base/json.h"
#include "service/upkeep/backup.h"

enum { MANIFEST_FORMAT = 1 };
YM_MUST bool upkeep_manifest_read(const char *folder, const char *name, json_t **out,
                                  struct ym_error *err);
bool upkeep_manifest_name(struct ym_str text, int64_t *at); // YYYYMMDDTHHMMSSZ, of a real moment
void upkeep_manifest_name_of(int64_t at, char name[BACKUP_NAME]);
bool upkeep_manifest_hex(struct ym_str text); // a SHA-256
