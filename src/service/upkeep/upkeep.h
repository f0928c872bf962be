/* service/upkeep: is it well, since when, and what is lost if nobody acts?
 *
 * A check is a function that says whether a part is well; main's table names them. They are cheap
 * (nothing waits for a disk but the store's), so that /health/ready asks them each time. The thread
 * asks them every two seconds, keeps since when an answer holds, writes the time into the store
 * (every ten seconds: the proof that it takes writes, and the last durable record that a wrong
 * clock is measured by), and raises and ends alarms. An alarm is a row of upkeep_alarms: it is
 * logged once when it begins and once when it ends, and shown until then.
 *
 * Times are wall clock microseconds, 0: never. Any thread may ask; upkeep_run belongs to one thread
 * that main gives. Errors: YM_CONFLICT "upkeep.clock" (the wall clock is more than five minutes
 * behind the last durable record), those of host/store.
 */
#pragma once
#include "base/base.h"
#include "base/disk.h"
#include "base/json.h"
#include "host/engine/engine.h"
#include "host/jobs/jobs.h"
#include "host/store/store.h"
#include "trust/org/org.h"

extern const char UPKEEP_SCHEMA_1[]; // upkeep_mark: a name and the time it stands for

struct upkeep;
struct upkeep_check {
    const char *name; // "store": in /health/ready and /metrics
    // True: well. Else *err says why, in words that may be shown to everybody.
    bool (*run)(struct upkeep *upkeep, struct ym_error *err);
};
// The checks there are; main's table picks them.
bool upkeep_check_store(struct upkeep *upkeep, struct ym_error *err);
bool upkeep_check_engine(struct upkeep *upkeep, struct ym_error *err);
bool upkeep_check_clock(struct upkeep *upkeep, struct ym_error *err);
bool upkeep_check_disk(struct upkeep *upkeep, struct ym_error *err);

struct upkeep_alarm {
    const char *code;
    bool night;       // wakes somebody
    int64_t after_us; // how long it must be true before it is said
    const char *lost; // what is lost if nobody acts: one sentence, also in docs/runbook.md
};
enum upkeep_alarm_of {
    UPKEEP_STORE_DOWN,
    UPKEEP_ENGINE_LOOPING,
    UPKEEP_DISK_LOW,
    UPKEEP_DISK_FULL,
    UPKEEP_CLOCK_JUMP,
    UPKEEP_BACKUP_LATE,
    UPKEEP_QUEUE_OLD,
    UPKEEP_ALARMS
};
extern const struct upkeep_alarm upkeep_alarms[UPKEEP_ALARMS];

struct upkeep_options {
    struct store_pool *pool;
    struct engine *engine;
    struct jobs *const *jobs; // where jobs_start puts it
    const char *data;         // the data directory: its disk is watched
    const char *backups;      // folder of backups
    struct ym_disk_marks marks;
    bool engine_ours;     // false: engine.url, whose backups are made elsewhere
    const char *config;   // the configuration in force, or NULL
    int64_t backup_hours; // how often a backup is promised; 0: never
    int64_t backup_keep_days;
    const struct upkeep_check *checks;
    size_t n_checks;
    const struct store_migration *migrations; // for snapshots
    size_t n_migrations;
    void (*alive)(void *with); // each round, for the service manager's watchdog; may be NULL
    void *with;
};
// The texts of the options outlive it.
YM_MUST bool upkeep_open(const struct upkeep_options *options, struct upkeep **out,
                         struct ym_error *err);
void upkeep_close(struct upkeep *upkeep);
void upkeep_run(void *upkeep); // a thread's function, until upkeep_stop
void upkeep_stop(struct upkeep *upkeep);

// At a start, before anything is written: is the wall clock sane? `accept` takes it as it is, for
// once, and says so in the log.
YM_MUST bool upkeep_clock(struct store_pool *pool, bool accept, struct ym_error *err);

// The first check that fails, asked now; NULL: ready.
const struct upkeep_check *upkeep_failing(struct upkeep *upkeep, struct ym_error *why);

struct upkeep_state {
    struct ym_disk disk;
    int64_t disk_low, store_bytes, started, beat; // beat: when the store last took the time
    int64_t engine_starts, jobs_waiting, jobs_oldest;
    int64_t backup_at, proven_at, proven_seconds;
    int64_t since[UPKEEP_ALARMS]; // 0: not raised
};
void upkeep_look(struct upkeep *upkeep, struct upkeep_state *out);
// The page's answer: {"ok", "since", "checks", "alarms", "disk", "store", "engine", "jobs",
// "backup"}; administrators and auditors. YM_DENIED "org.role".
YM_MUST bool upkeep_health(struct upkeep *upkeep, const struct org_caller *caller, json_t **out,
                           struct ym_error *err);
const struct upkeep_options *upkeep_options_of(const struct upkeep *upkeep);
