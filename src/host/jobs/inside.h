/* host/jobs/inside: what the files of this room share; nobody else includes it. */
#pragma once
#include "base/time.h"
#include "host/jobs/jobs.h"
#include "host/worker/worker.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    JOBS_WORD_MAX = 64,
    JOBS_TRIES = 5,
    JOBS_DEATHS = 25,
    JOBS_LOOK_MS = 2000,      // for rows that others wrote
    JOBS_WRITE_MS = 1000,     // progress into the row
    JOBS_TELL_MS = 100,       // progress to watchers
    JOBS_ELSEWHERE_MS = 1000, // watched jobs that do not run here
    JOBS_PLANS_MS = 10000     // for schedules that others changed
};

struct job {
    struct jobs *jobs;
    struct ym_arena arena;
    json_t *about;
    const struct jobs_kind *kind;
    int64_t tries, deaths;
    atomic_bool stop; // its function shall end
    // guarded by jobs->lock:
    struct jobs_view view; // stage and unit lie here, the other texts in the arena
    char stage[JOBS_WORD_MAX], unit[JOBS_WORD_MAX];
    bool cancelled; // by a person, not by the server's end
    bool lost;      // another server has it now
    bool held;      // the keeper reads it: not to be freed
    bool over;      // its function has ended, its row may not say so yet
    bool untold, unwritten;
    int64_t told_at, kept_at; // by ym_monotonic
    struct job *next;
};
struct watch {
    int64_t id, job;
    jobs_changed *changed;
    void *with;
    bool calling, over;
    bool left;  // over by its own call-back
    bool ended; // was told the end
    pthread_t caller;
    int64_t round;
    // What the keeper saw last of a job that runs elsewhere:
    char stage[JOBS_WORD_MAX];
    int64_t done_seen;
    enum jobs_state state_seen;
    struct watch *next;
};
struct jobs {
    struct ym_arena arena; // of jobs_start
    struct jobs_options options;
    const char *sql_next, *sql_lease; // with the names of our kinds
    struct ym_arg *kind_args;         // behind room for those of sql_lease
    int64_t owner, server;
    struct jobs_runner {
        struct worker_thread *thread;
    } * runners;
    struct worker_thread *keeper;

    pthread_mutex_t lock;
    pthread_cond_t work, keep, change; // change: a job ended, a call or a hold is over
    // guarded by lock:
    int64_t plans_at; // when the schedules are looked at, by ym_monotonic
    bool closing;     // runners shall end
    bool closed;      // they have
    bool look;        // at watched jobs, now
    uint64_t wakes, endings;
    struct job *running;
    struct watch *watches, *blank;
    int64_t last_watch, rounds;
    struct ym_arena watch_arena;
};

// Times for pthread_cond_timedwait on the monotonic clock.
void jobs_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t monotonic);
void jobs_run_all(void *jobs); // a runner
void jobs_keep(void *jobs);    // the keeper
void jobs_tell_watchers(struct jobs *jobs, const struct jobs_view *view);
bool jobs_ended(enum jobs_state state);
const struct jobs_manner *jobs_manner_of(const struct jobs *jobs, struct ym_str kind); // never NULL
YM_MUST bool jobs_plans_make(struct jobs *jobs, struct ym_error *err);                 // at start
int64_t jobs_plans_fire(struct jobs *jobs); // begins what is due; when to look again, ym_monotonic
void jobs_plans_changed(struct jobs *jobs);
void jobs_read_view(const struct store_rows *rows, struct ym_arena *arena, struct jobs_view *out);
const char *jobs_problem_text(const struct ym_error *problem, struct ym_arena *arena);
#define JOBS_COLUMNS                                                                               \
    "id, kind, subject, agency, account, state, stage, done, total, unit, created, started, "      \
    "ended, problem, about"
