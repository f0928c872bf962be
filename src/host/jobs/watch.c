#include "host/jobs/inside.h"

// A watch of this job that was not called in this round and that nobody calls now; `busy`: there is
// one, but another thread is calling it.
static struct watch *pick(struct jobs *jobs, int64_t job, int64_t round, bool *busy)
{
    *busy = false;
    for (struct watch *watch = jobs->watches; watch; watch = watch->next) {
        if (watch->job != job || watch->round >= round || watch->over || watch->ended)
            continue;
        if (!watch->calling)
            return watch;
        *busy = true;
    }
    return NULL;
}

static struct watch *find(struct jobs *jobs, int64_t id)
{
    struct watch *watch = jobs->watches;

    while (watch && watch->id != id)
        watch = watch->next;
    return watch;
}

static void unlink_watch(struct jobs *jobs, struct watch *watch)
{
    struct watch **at = &jobs->watches;

    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    watch->next = jobs->blank;
    jobs->blank = watch;
}

void jobs_tell_watchers(struct jobs *jobs, const struct jobs_view *view)
{
    bool busy;

    pthread_mutex_lock(&jobs->lock);
    int64_t round = ++jobs->rounds;
    for (;;) {
        struct watch *watch = pick(jobs, view->id, round, &busy);
        if (!watch && !busy)
            break;
        if (!watch) {
            pthread_cond_wait(&jobs->change, &jobs->lock);
            continue;
        }
        watch->round = round;
        watch->calling = true;
        watch->caller = pthread_self();
        watch->ended = jobs_ended(view->state);
        pthread_mutex_unlock(&jobs->lock);
        watch->changed(watch->with, view);
        pthread_mutex_lock(&jobs->lock);
        watch->calling = false;
        if (watch->left)
            unlink_watch(jobs, watch);
        pthread_cond_broadcast(&jobs->change);
    }
    pthread_mutex_unlock(&jobs->lock);
}

static int64_t add_watch(struct jobs *jobs, int64_t job, jobs_changed *changed, void *with)
{
    pthread_mutex_lock(&jobs->lock);
    struct watch *watch = jobs->blank;
    if (watch)
        jobs->blank = watch->next;
    else
        watch = ym_arena_alloc(&jobs->watch_arena, sizeof *watch);
    *watch = (struct watch){.id = ++jobs->last_watch,
                            .job = job,
                            .changed = changed,
                            .with = with,
                            .next = jobs->watches};
    jobs->watches = watch;
    pthread_cond_signal(&jobs->keep); // it may run elsewhere
    int64_t id = watch->id;
    pthread_mutex_unlock(&jobs->lock);
    return id;
}

// First the watch, then the look: an end in between is told to the watch.
int64_t jobs_watch(struct jobs *jobs, int64_t id, jobs_changed *changed, void *with)
{
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct jobs_view view = {0};
    int64_t watch = add_watch(jobs, id, changed, with);
    bool there = jobs_get(jobs, id, &arena, &view, &err);
    bool over = !there || jobs_ended(view.state);

    ym_arena_clear(&arena);
    if (!over)
        return watch;
    pthread_mutex_lock(&jobs->lock);
    const struct watch *mine = find(jobs, watch);
    bool told = mine && mine->ended;
    pthread_mutex_unlock(&jobs->lock);
    if (told)
        return watch;
    jobs_unwatch(jobs, watch);
    return 0;
}

void jobs_unwatch(struct jobs *jobs, int64_t id)
{
    pthread_mutex_lock(&jobs->lock);
    struct watch *watch = find(jobs, id);
    if (watch) {
        watch->over = true;
        // Its own call-back may end it; waiting for itself it would wait for ever.
        watch->left = watch->calling && pthread_equal(watch->caller, pthread_self());
        while (watch->calling && !watch->left)
            pthread_cond_wait(&jobs->change, &jobs->lock);
        if (!watch->left)
            unlink_watch(jobs, watch);
    }
    pthread_mutex_unlock(&jobs->lock);
}

bool jobs_wait(struct jobs *jobs, int64_t id, int64_t timeout_ms)
{
    int64_t until = ym_monotonic() + timeout_ms * 1000;

    for (;;) {
        struct ym_arena arena = {0};
        struct ym_error err = {0};
        struct jobs_view view = {0};
        pthread_mutex_lock(&jobs->lock);
        uint64_t seen = jobs->endings;
        pthread_mutex_unlock(&jobs->lock);
        bool ended = jobs_get(jobs, id, &arena, &view, &err) && jobs_ended(view.state);
        ym_arena_clear(&arena);
        int64_t now = ym_monotonic();
        if (ended || now >= until || err.kind == YM_NOT_FOUND)
            return ended;
        // Where it runs elsewhere nobody tells us.
        int64_t look = now + JOBS_ELSEWHERE_MS * INT64_C(1000);
        look = look < until ? look : until;
        pthread_mutex_lock(&jobs->lock);
        while (jobs->endings == seen && !jobs->closing && ym_monotonic() < look)
            jobs_wait_until(&jobs->change, &jobs->lock, look);
        bool closing = jobs->closing;
        pthread_mutex_unlock(&jobs->lock);
        if (closing)
            return false;
    }
}
