#include "host/engine/inside.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static const char *keep(struct engine *engine, const char *text)
{
    return text ? ym_arena_cstr(&engine->arena, ym_str(text)) : NULL;
}

static void copy_options(struct engine *engine, const struct engine_options *options)
{
    engine->options = (struct engine_options){
        .program = keep(engine, options->program),
        .dir = keep(engine, options->dir),
        .url = keep(engine, options->url),
        .user = keep(engine, options->user),
        .password = keep(engine, options->password),
        .database = keep(engine, options->database),
        .zone = keep(engine, options->zone),
        .backups = keep(engine, options->backups),
    };
}

static void init_locks(struct engine *engine)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&engine->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->change, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static bool check_options(const struct engine_options *options, struct ym_error *err)
{
    if (!options->url) {
        assert(options->program && options->dir);
        return engine_config(options, err);
    }
    struct ym_str url = ym_str(options->url);
    if ((ym_str_starts(url, YM_STR("http://")) || ym_str_starts(url, YM_STR("https://"))) &&
        url.n < ENGINE_BASE && !ym_str_ends(url, YM_STR("/")))
        return true;
    ym_fail(err, YM_INVALID, "engine.url", "'%.*s' is not the address of an engine", YM_FMT(url));
    ym_about(err, url);
    return ym_hint(err, "Write engine.url as http://HOST:PORT, without a path.");
}

bool engine_start(const struct engine_options *options, struct engine **out, struct ym_error *err)
{
    *out = NULL;
    if (!check_options(options, err))
        return false;
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0)
        return ym_fail(err, YM_FAULT, "engine.files", "no descriptor: %s", strerror(errno));
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        abort();
    copy_options(engine, options);
    init_locks(engine);
    engine->wake = wake;
    engine->client = http_client_new();
    snprintf(engine->trouble, sizeof engine->trouble, "it is starting");
    engine->thread = worker_thread_start("engine", engine_watch, engine);
    *out = engine;
    return true;
}

void engine_stop(struct engine *engine)
{
    if (!engine)
        return;
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    pthread_cond_broadcast(&engine->change);
    pthread_mutex_unlock(&engine->lock);
    engine_wake(engine);
    worker_thread_join(engine->thread);
    http_client_free(engine->client);
    close(engine->wake);
    pthread_cond_destroy(&engine->change);
    pthread_mutex_destroy(&engine->lock);
    explicit_bzero(&engine->way, sizeof engine->way);
    ym_arena_clear(&engine->arena);
    free(engine);
}

bool engine_wait(struct engine *engine, int64_t timeout_ms, struct ym_error *err)
{
    struct timespec until;
    char trouble[ENGINE_TROUBLE];
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&engine->lock);
    while (!engine->ready && !engine->stopping && rc == 0)
        rc = pthread_cond_timedwait(&engine->change, &engine->lock, &until);
    bool ready = engine->ready && !engine->stopping;
    memcpy(trouble, engine->trouble, sizeof trouble);
    pthread_mutex_unlock(&engine->lock);
    if (ready)
        return true;
    ym_fail(err, YM_BUSY, "engine.away", "the engine is not there: %s", trouble);
    return ym_hint(err, "It is being started again. Try again in some seconds.");
}

bool engine_ready(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    bool ready = engine->ready && !engine->stopping;
    pthread_mutex_unlock(&engine->lock);
    return ready;
}

struct ym_str engine_trouble(struct engine *engine, char to[256])
{
    pthread_mutex_lock(&engine->lock);
    memcpy(to, engine->trouble, ENGINE_TROUBLE);
    pthread_mutex_unlock(&engine->lock);
    return ym_str(to);
}

int64_t engine_starts(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    int64_t starts = engine->starts;
    pthread_mutex_unlock(&engine->lock);
    return starts;
}

pid_t engine_pid(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    pid_t pid = engine->pid;
    pthread_mutex_unlock(&engine->lock);
    return pid;
}

bool engine_stopping(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    bool stopping = engine->stopping;
    pthread_mutex_unlock(&engine->lock);
    return stopping;
}

void engine_wake(struct engine *engine)
{
    uint64_t one = 1;

    // Only a counter that is full refuses, and then the thread is awake anyway.
    (void)!write(engine->wake, &one, sizeof one);
}
