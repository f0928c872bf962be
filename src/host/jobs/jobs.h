/* host/jobs: a durable queue in the control store.
 *
 * A job is a row, written by jobs_add inside the caller's transaction: a kill loses neither the
 * change nor the job. Runners (threads of host/worker) lease rows (one UPDATE … RETURNING; the
 * lease is renewed while it runs, and taken over when its server is gone), run the kind's function,
 * and end the row. A function that fails with YM_BUSY is tried again with back-off (0.5 s → 60 s,
 * `tries` of the kind), one that fails with YM_FULL each 5 s until there is room; any other error
 * ends the job as failed with the problem kept. Functions
 * must be repeatable: after kill -9 they run again from the start, at once when a server of the
 * same number starts (one server a number: it takes what its predecessor held), else when the lease
 * is over. A job during which 25 servers died without an end is failed ("jobs.died"). Nothing polls
 * within a server: jobs_wake after commit (jobs_add's caller) starts it at once; other servers'
 * rows are looked at each 2 s. Progress goes to watchers at most ten times a second and to the row
 * once a second. Errors: YM_NOT_FOUND "jobs.unknown", YM_CONFLICT "jobs.ended", those of
 * host/store. Any thread may call anything here.
 */
#pragma once
#include "base/base.h"
#include "base/json.h"
#include "host/store/store.h"

extern const char JOBS_SCHEMA_1[];
extern const char JOBS_SCHEMA_2[]; // schedules and the calendar; after JOBS_SCHEMA_1

struct jobs;
struct job;
struct jobs_kind {
    const char *name; // "load.run"
    bool (*run)(struct job *job, void *with, struct ym_error *err);
    int tries; // on YM_BUSY; 0: 5
};
// A thing that happened and the kinds that follow it: jobs_tell makes one job of each.
struct jobs_follower {
    const char *event; // "version.published"
    const char *kind;
};
// How a kind wants to be handled; one that has no row may be begun again by hand after it failed or
// was stopped, and leaves nothing open.
struct jobs_manner {
    const char *kind;
    bool once; // its failure has moved something on: nothing to begin again
    // A person stopped it, before or while it ran: closes what it left open. Instead of `run` where
    // it had not begun. Repeatable; what fails here is logged, and the job is stopped all the same.
    bool (*stopped)(struct job *job, void *with, struct ym_error *err);
};
/* What is begun by the clock (pure/calendar says how a rule is written). The first start puts a row
 * into the store for each; rule and pause are the row's from then on. Where the server was away at
 * the moment, `catch_up` begins the job once when it is back, else the moment is let go. Of several
 * servers one begins it. */
struct jobs_schedule {
    const char *name, *kind, *rule;
    bool catch_up;
};
struct jobs_options {
    struct store_pool *pool;
    const struct jobs_kind *kinds;
    size_t n_kinds;
    const struct jobs_follower *followers;
    size_t n_followers;
    const struct jobs_manner *manners;
    size_t n_manners;
    const struct jobs_schedule *schedules;
    size_t n_schedules;
    const char *zone;   // of the schedules
    void *with;         // for the kinds' functions, where `withs` is NULL
    void *const *withs; // one a kind, in their order; lives as long as the jobs
    size_t runners;     // threads; 0: 2
    int64_t lease_ms;   // 0: 30 s
};
// *out is set before the first function runs.
YM_MUST bool jobs_start(const struct jobs_options *options, struct jobs **out,
                        struct ym_error *err);
void jobs_stop(struct jobs *jobs); // asks running ones to stop, leaves them to be run again; joins

// Inside the caller's transaction. `about` is a JSON object for the function (kept as text);
// `subject` is what it is about, for people (a dataset's name); `agency` and `account` say whose it
// is (0: nobody's). *id may be NULL.
struct jobs_new {
    const char *kind;
    struct ym_str subject;
    const json_t *about;
    int64_t agency, account;
};
YM_MUST bool jobs_add(struct jobs *jobs, struct store *store, const struct jobs_new *what,
                      int64_t *id, struct ym_error *err);
YM_MUST bool jobs_tell(struct jobs *jobs, struct store *store, const char *event,
                       struct ym_str subject, const json_t *about, struct ym_error *err);
void jobs_wake(struct jobs *jobs); // after the commit

// For the function of a kind; from any thread, until it returns. `stage` and `unit` are codes that
// pages translate, up to 63 bytes. total 0: unknown.
int64_t job_id(const struct job *job);
const json_t *job_about(const struct job *job);
void job_progress(struct job *job, const char *stage, int64_t done, int64_t total,
                  const char *unit);
bool job_stopped(void *job); // stop asked for; shaped for the callbacks that take a `with`
// Kind "jobs.sweep": rows of jobs that ended well go after 30 days, others after 90.
bool jobs_sweep(struct job *job, void *with, struct ym_error *err);

enum jobs_state { JOBS_WAITING, JOBS_RUNNING, JOBS_DONE, JOBS_FAILED, JOBS_STOPPED };
struct jobs_view {                                                     // texts in the arena
    int64_t id, agency, account, done, total, created, started, ended; // 0: not yet
    struct ym_str kind, stage, unit, subject, about; // about: the JSON of jobs_add
    enum jobs_state state;
    struct ym_error problem; // kind YM_NO_ERROR: none
};
const char *jobs_state_name(enum jobs_state state);
YM_MUST bool jobs_get(struct jobs *jobs, int64_t id, struct ym_arena *arena, struct jobs_view *out,
                      struct ym_error *err);
struct jobs_list {
    struct jobs_view *items;
    size_t n;
    int64_t total;
};
// Newest first, before id `before` (0: from the newest); `agency` 0: of all.
YM_MUST bool jobs_list(struct jobs *jobs, int64_t agency, int64_t before, int64_t limit,
                       struct ym_arena *arena, struct jobs_list *out, struct ym_error *err);
enum { JOBS_AGENCIES = 64 }; // of one filter
struct jobs_filter {
    const int64_t *agencies; // of any of these n_agencies, or of `or_account`; 0: of all
    size_t n_agencies;
    int64_t or_account, account; // 0: of all
    struct ym_str state;         // a state's name, or none
};
YM_MUST bool jobs_find(struct jobs *jobs, const struct jobs_filter *filter, int64_t before,
                       int64_t limit, struct ym_arena *arena, struct jobs_list *out,
                       struct ym_error *err);
YM_MUST bool jobs_cancel(struct jobs *jobs, int64_t id, struct ym_error *err);
// A job that failed or was stopped waits again, as if it were new. YM_CONFLICT "jobs.not_over",
// "jobs.once".
YM_MUST bool jobs_again(struct jobs *jobs, int64_t id, struct ym_error *err);
bool jobs_may_again(const struct jobs *jobs, const struct jobs_view *view);

// Schedules, by name; YM_NOT_FOUND "jobs.no_schedule", YM_CONFLICT "jobs.schedule_etag".
struct jobs_plan { // texts in the arena
    struct ym_str name, kind, rule;
    bool catch_up, paused;
    int64_t next, last, last_job, etag; // 0: not yet, none
};
struct jobs_plans {
    struct jobs_plan *items;
    size_t n, cap;
};
YM_MUST bool jobs_plan_list(struct jobs *jobs, struct ym_arena *arena, struct jobs_plans *out,
                            struct ym_error *err);
// rule none: as it is. A rule that is none is refused as pure/calendar refuses it.
YM_MUST bool jobs_plan_change(struct jobs *jobs, struct ym_str name, int64_t etag,
                              struct ym_str rule, bool paused, struct ym_error *err);
YM_MUST bool jobs_plan_run(struct jobs *jobs, struct ym_str name, int64_t account, int64_t *job,
                           struct ym_error *err); // now
// Blocks until the job ended or `timeout_ms` passed; true when it ended.
bool jobs_wait(struct jobs *jobs, int64_t id, int64_t timeout_ms);

// `changed` is called from a thread of jobs at each progress and once at the end (state ended).
// After jobs_unwatch returned it is not called any more (it may call jobs_unwatch itself, for its
// own watch). 0: no such job, or it has ended and `changed` was not called: jobs_get tells.
typedef void jobs_changed(void *with, const struct jobs_view *view);
int64_t jobs_watch(struct jobs *jobs, int64_t id, jobs_changed *changed, void *with);
void jobs_unwatch(struct jobs *jobs, int64_t watch);
// The API's Job (docs/api.md); problem: code, status, subject, line, hint. *out is the caller's.
void jobs_view_json(const struct jobs_view *view, json_t **out);
// How many jobs wait, and since when the longest of those that are due (0: none is).
YM_MUST bool jobs_backlog(struct jobs *jobs, int64_t *waiting, int64_t *oldest,
                          struct ym_error *err);
