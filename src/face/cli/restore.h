/* face/cli/restore: a backup becomes a data directory; shared by `restore` and `upgrade --check`.
 *
 * The directory is cli->data. Its store is the one of its configuration, or SQLite for a trial. On
 * success *manifest is the caller's.
 */
#pragma once
#include "face/cli/cli.h"
#include "service/upkeep/backup.h"

YM_MUST bool cli_restore(struct cli *cli, struct upkeep_restore *restore, bool trial,
                         struct ym_error *err);
// Restores FOLDER/NAME beside the backups, compares, removes it again, and notes that it was
// proven.
YM_MUST bool cli_restore_trial(struct cli *cli, const char *folder, const char *name,
                               struct upkeep_restore *restore, double *seconds,
                               struct ym_error *err);
