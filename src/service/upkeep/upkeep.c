#include "service/upkeep/backup.h"
#include "service/upkeep/inside.h"

#include <sys/stat.h>
#include <time.h>

enum { ROUND_S = 2 };

#define BEAT        (10 * YM_SECOND)
#define BACKUP_LOOK (60 * YM_SECOND)
#define QUEUE_OLD   (600 * YM_SECOND)  // a job that is due waits no longer
#define AWAY        (60 * YM_SECOND)   // an engine that does not come back
#define JUMP_SHOWN  (3600 * YM_SECOND) // a jump is over at once, its alarm is not

bool upkeep_open(const struct upkeep_options *options, struct upkeep **out, struct ym_error *err)
{
    struct upkeep *upkeep = calloc(1, sizeof *upkeep);
    pthread_condattr_t monotonic;

    (void)err;
    if (!upkeep)
        abort();
    upkeep->options = *options;
    upkeep->first = true;
    upkeep->state.started = ym_now();
    pthread_mutex_init(&upkeep->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&upkeep->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = upkeep;
    return true;
}

void upkeep_close(struct upkeep *upkeep)
{
    if (!upkeep)
        return;
    pthread_cond_destroy(&upkeep->wake);
    pthread_mutex_destroy(&upkeep->lock);
    free(upkeep);
}

const struct upkeep_options *upkeep_options_of(const struct upkeep *upkeep)
{
    return &upkeep->options;
}

void upkeep_stop(struct upkeep *upkeep)
{
    pthread_mutex_lock(&upkeep->lock);
    upkeep->stopping = true;
    pthread_cond_broadcast(&upkeep->wake);
    pthread_mutex_unlock(&upkeep->lock);
}

void upkeep_look(struct upkeep *upkeep, struct upkeep_state *out)
{
    pthread_mutex_lock(&upkeep->lock);
    *out = upkeep->state;
    pthread_mutex_unlock(&upkeep->lock);
}

static void beat(struct upkeep *upkeep, int64_t now, int64_t *born)
{
    struct ym_error err = {0};
    int64_t behind = 0;

    if (now < upkeep->next_beat)
        return;
    bool ok = upkeep_beat(upkeep->options.pool, &behind, born, &err);
    pthread_mutex_lock(&upkeep->lock);
    upkeep->first = false;
    upkeep->beat_error = err;
    if (ok) {
        upkeep->beat_mono = ym_monotonic();
        upkeep->state.beat = ym_now();
        upkeep->behind = behind;
    }
    pthread_mutex_unlock(&upkeep->lock);
    // A store that failed is asked again soon: it may be back.
    upkeep->next_beat = now + (ok ? BEAT : ROUND_S * YM_SECOND);
}

static int64_t bytes_of(const char *folder, const char *name)
{
    struct stat facts;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &facts) == 0 ? facts.st_size : 0;
}

static void look_at_backups(struct upkeep *upkeep, int64_t now, struct upkeep_state *state)
{
    if (now < upkeep->next_backup_look)
        return;
    upkeep->next_backup_look = now + BACKUP_LOOK;
    upkeep_backup_newest(upkeep->options.backups, &state->backup_at, &state->proven_at,
                         &state->proven_seconds);
}

static void measure(struct upkeep *upkeep, int64_t now, struct upkeep_state *state)
{
    const struct upkeep_options *options = &upkeep->options;
    struct ym_error ignored = {0};

    if (ym_disk_look(options->data, &state->disk, &ignored))
        state->disk_low = ym_disk_low(&state->disk, &options->marks);
    state->store_bytes =
        bytes_of(options->data, "control.db") + bytes_of(options->data, "control.db-wal");
    state->engine_starts = engine_starts(options->engine);
    if (!jobs_backlog(*options->jobs, &state->jobs_waiting, &state->jobs_oldest, &ignored))
        state->jobs_waiting = state->jobs_oldest = 0;
    look_at_backups(upkeep, now, state);
}

// More restarts within the time than a healthy engine needs, or one that does not come back.
static bool engine_loops(struct upkeep *upkeep, int64_t now, int64_t starts)
{
    if (engine_ready(upkeep->options.engine))
        upkeep->away_since = 0;
    else if (upkeep->away_since == 0)
        upkeep->away_since = now;
    if (upkeep->seen_starts == 0)
        upkeep->seen_starts = starts; // the first start is no restart
    while (upkeep->seen_starts < starts) {
        memmove(upkeep->restarts, upkeep->restarts + 1,
                (UPKEEP_STARTS - 1) * sizeof *upkeep->restarts);
        upkeep->restarts[UPKEEP_STARTS - 1] = now;
        upkeep->seen_starts++;
    }
    bool often = upkeep->restarts[0] > 0 && now - upkeep->restarts[0] < UPKEEP_LOOP;
    return often || (upkeep->away_since > 0 && now - upkeep->away_since > AWAY);
}

// The wall clock and the steady one must go on by the same.
static bool clock_jumped(struct upkeep *upkeep, int64_t now)
{
    int64_t wall = ym_now(), skew = (wall - upkeep->wall) - (now - upkeep->mono);

    if (upkeep->mono > 0 && (skew > UPKEEP_BEHIND || skew < -UPKEEP_BEHIND))
        upkeep->jumped = now;
    upkeep->wall = wall;
    upkeep->mono = now;
    return upkeep->jumped > 0 && now - upkeep->jumped < JUMP_SHOWN;
}

static bool backup_late(const struct upkeep *upkeep, const struct upkeep_state *state, int64_t born)
{
    int64_t from = state->backup_at > born ? state->backup_at : born;

    return upkeep->options.backup_hours > 0 && born > 0 &&
           ym_now() - from > 2 * upkeep->options.backup_hours * 3600 * YM_SECOND;
}

static void say(struct upkeep *upkeep, size_t i, bool is, int64_t now, struct upkeep_state *state)
{
    const struct upkeep_alarm *alarm = &upkeep_alarms[i];
    struct ym_arg code = ym_text("code", ym_str(alarm->code));

    if (!is)
        upkeep->true_since[i] = 0;
    else if (upkeep->true_since[i] == 0)
        upkeep->true_since[i] = now;
    bool raised = is && now - upkeep->true_since[i] >= alarm->after_us;
    if (raised && state->since[i] == 0) {
        state->since[i] = ym_now() - (now - upkeep->true_since[i]);
        ym_log(alarm->night ? YM_ERROR : YM_WARN, "upkeep.alarm", YM_ARGS(code));
    } else if (!raised && state->since[i] > 0) {
        int64_t lasted = (ym_now() - state->since[i]) / YM_SECOND;
        ym_log(YM_INFO, "upkeep.alarm_over", YM_ARGS(code, ym_int("seconds", lasted)));
        state->since[i] = 0;
    }
}

static void judge(struct upkeep *upkeep, int64_t now, int64_t born, struct upkeep_state *state)
{
    const struct ym_disk *disk = &state->disk;
    struct ym_error ignored = {0};
    bool behind = !upkeep_check_clock(upkeep, &ignored);
    bool is[UPKEEP_ALARMS] = {
        [UPKEEP_STORE_DOWN] = !upkeep_check_store(upkeep, &ignored),
        [UPKEEP_ENGINE_LOOPING] = engine_loops(upkeep, now, state->engine_starts),
        [UPKEEP_DISK_LOW] = disk->size > 0 &&
                            disk->free<state->disk_low, [UPKEEP_DISK_FULL] = disk->size> 0 &&
                            ym_disk_full(disk, &upkeep->options.marks),
        [UPKEEP_CLOCK_JUMP] = clock_jumped(upkeep, now) || behind,
        [UPKEEP_BACKUP_LATE] = backup_late(upkeep, state, born),
        [UPKEEP_QUEUE_OLD] = state->jobs_oldest > 0 && ym_now() - state->jobs_oldest > QUEUE_OLD,
    };

    for (size_t i = 0; i < UPKEEP_ALARMS; i++)
        say(upkeep, i, is[i], now, state);
}

static void one_round(struct upkeep *upkeep, int64_t *born)
{
    struct upkeep_state state;
    struct ym_error why = {0};
    int64_t now = ym_monotonic();

    beat(upkeep, now, born);
    upkeep_look(upkeep, &state);
    measure(upkeep, now, &state);
    judge(upkeep, now, *born, &state);
    bool ready = !upkeep_failing(upkeep, &why);
    pthread_mutex_lock(&upkeep->lock);
    state.beat = upkeep->state.beat;
    upkeep->state = state;
    if (ready)
        upkeep->failing_since = 0;
    else if (upkeep->failing_since == 0)
        upkeep->failing_since = ym_now();
    pthread_mutex_unlock(&upkeep->lock);
    if (upkeep->options.alive)
        upkeep->options.alive(upkeep->options.with);
}

void upkeep_run(void *with)
{
    struct upkeep *upkeep = with;
    struct timespec until;
    int64_t born = 0;

    pthread_mutex_lock(&upkeep->lock);
    while (!upkeep->stopping) {
        pthread_mutex_unlock(&upkeep->lock);
        one_round(upkeep, &born);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += ROUND_S;
        pthread_mutex_lock(&upkeep->lock);
        int rc = 0;
        while (!upkeep->stopping && rc == 0)
            rc = pthread_cond_timedwait(&upkeep->wake, &upkeep->lock, &until);
    }
    pthread_mutex_unlock(&upkeep->lock);
}
