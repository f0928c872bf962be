#include "service/upkeep/upkeep.h"

#include "base/time.h"

/* Each has its entry in docs/runbook.md, with the same sentence, and its texts in the locale files
 * (tests/house/alarms_test). */
const struct upkeep_alarm upkeep_alarms[UPKEEP_ALARMS] = {
    [UPKEEP_STORE_DOWN] = {"store.down", true, 30 * YM_SECOND,
                           "Nobody can sign in, load, publish or change anything."},
    [UPKEEP_ENGINE_LOOPING] = {"engine.looping", true, 0,
                               "No row can be read, and what is loaded waits unchecked."},
    [UPKEEP_DISK_LOW] = {"disk.low", false, 0,
                         "Uploads and loads are refused until there is room again."},
    [UPKEEP_DISK_FULL] = {"disk.full", true, 0,
                          "The control store stops taking writes, and with it everything."},
    [UPKEEP_CLOCK_JUMP] = {"clock.jump", true, 0,
                           "Versions, as-of answers and expiries get wrong times, for ever."},
    [UPKEEP_BACKUP_LATE] = {"backup.late", false, 0,
                            "A broken disk takes with it all that came since the last backup."},
    [UPKEEP_QUEUE_OLD] = {"queue.old", false, 60 * YM_SECOND,
                          "What agencies have delivered does not appear."},
};
