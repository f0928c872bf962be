/* service/upkeep, inside: what the files of this room share; nobody else includes it. */
#pragma once
#include "service/upkeep/upkeep.h"

#include "base/time.h"

#include <pthread.h>

enum { UPKEEP_STARTS = 3 }; // restarts of the engine within UPKEEP_LOOP that are a loop

#define UPKEEP_BEHIND (300 * YM_SECOND) // a clock that is more behind is wrong
#define UPKEEP_LOOP   (300 * YM_SECOND)

struct upkeep {
    struct upkeep_options options;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    // guarded by lock:
    bool stopping;
    struct upkeep_state state;
    struct ym_error beat_error; // why the last beat failed; YM_NO_ERROR: it did not
    int64_t beat_mono;          // when it last succeeded
    int64_t behind;             // how far the clock is behind the last durable record
    int64_t failing_since;      // some check fails since; 0: none
    bool first;                 // no beat was tried yet
    // of the thread alone:
    int64_t true_since[UPKEEP_ALARMS]; // monotonic; 0: not true
    int64_t wall, mono;                // of the last round
    int64_t jumped;                    // monotonic
    int64_t restarts[UPKEEP_STARTS], seen_starts, away_since;
    int64_t next_beat, next_backup_look;
};

// clock.c: writes the time; *behind is how far it is behind what stood there.
YM_MUST bool upkeep_beat(struct store_pool *pool, int64_t *behind, int64_t *born,
                         struct ym_error *err);
