#include "base/time.h"
#include "host/engine/inside.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BACK_OFF_MIN_MS = 100,
    BACK_OFF_MAX_MS = 10000,
    CALM_MS = 10000,   // who lived so long begins with the shortest back-off again
    START_MS = 120000, // from the start to the port: opening thousands of tables takes time
    PROBE_S = 20,
    END_MS = 5000,   // from the closed pipe to SIGKILL
    REST_MS = 5000,  // without a call, and its free memory is given back
    BUSY_MS = 60000, // so also where there is always one
    LOOK_MS = 5000,  // between two looks at an engine that is not our child
    LINE_BYTES = 512
};

// What a child says on one of its pipes, line by line.
struct said {
    char line[LINE_BYTES];
    size_t n;
};

// ---- what the thread tells

static void tell_ready(struct engine *engine, const struct engine_way *way, pid_t pid)
{
    pthread_mutex_lock(&engine->lock);
    engine->way = *way;
    engine->pid = pid;
    engine->ready = true;
    engine->starts++;
    engine->trouble[0] = '\0';
    pthread_cond_broadcast(&engine->change);
    pthread_mutex_unlock(&engine->lock);
    ym_log(YM_INFO, "engine.ready", YM_ARGS(ym_int("pid", pid)));
}

static void tell_away(struct engine *engine, const char *why)
{
    struct ym_str cut = ym_utf8_cut(ym_str(why), ENGINE_TROUBLE - 1);

    pthread_mutex_lock(&engine->lock);
    engine->ready = false;
    engine->pid = 0;
    snprintf(engine->trouble, sizeof engine->trouble, "%.*s", YM_FMT(cut));
    pthread_mutex_unlock(&engine->lock);
}

static void tell_pid(struct engine *engine, pid_t pid)
{
    pthread_mutex_lock(&engine->lock);
    engine->pid = pid;
    pthread_mutex_unlock(&engine->lock);
}

/* A load's columns are some MB each and come and go with every block: most of the engine's CPU went
 * to fresh pages, which the kernel clears. So pages are huge, and what is free stays for the next
 * block, also pieces from 64 MB on, until we have all of it given back (rest). 5 million rows x 10
 * columns, CPU s of the engine: 32.0 without, 20.7 with huge pages, 15.0 with both and smaller
 * blocks (data/quality/text.c). libchdb's jemalloc has the prefix. */
static char MEMORY[] = "JE_MALLOC_CONF=thp:always,oversize_threshold:0,dirty_decay_ms:-1";

// Sleeps until the time is over or somebody woke us.
static void doze(struct engine *engine, int ms)
{
    struct pollfd wake = {.fd = engine->wake, .events = POLLIN};
    uint64_t count;

    if (poll(&wake, 1, ms) > 0)
        (void)!read(engine->wake, &count, sizeof count);
}

static int longer(int back_off_ms)
{
    return back_off_ms * 2 > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS : back_off_ms * 2;
}

// The first real query, and our database.
static bool probe(struct engine *engine, struct engine_way *way, struct ym_error *err)
{
    struct engine_query one = {.sql = "SELECT 1", .timeout_s = PROBE_S};
    struct ym_buf sql = {0};
    bool ok = engine_do_by(engine, way, NULL, &one, err);

    if (ok && engine->options.database) {
        ym_buf_add(&sql, YM_STR("CREATE DATABASE IF NOT EXISTS "));
        engine_name(&sql, ym_str(engine->options.database));
        ym_buf_add(&sql, YM_STR(" ENGINE = Atomic"));
        struct engine_query make = {.sql = ym_buf_cstr(&sql), .timeout_s = PROBE_S};
        ok = engine_do_by(engine, way, NULL, &make, err);
        ym_buf_clear(&sql);
    }
    return ok;
}

// ---- a child of ours

static bool start_child(struct engine *engine, struct worker_child *child, struct engine_way *way,
                        struct ym_error *err)
{
    const struct engine_options *options = &engine->options;
    struct engine_secrets secrets;
    char config[4096], store[4096], tmp[4096], key[128], digest[128];

    if (!engine_config(options, err) || !engine_secrets_make(&secrets, err))
        return false;
    engine_path(options, "config/config.xml", config);
    engine_path(options, "store", store);
    engine_path(options, "tmp", tmp);
    snprintf(key, sizeof key, "YM_ENGINE_KEY=%s", secrets.header);
    snprintf(digest, sizeof digest, "YM_ENGINE_PW_SHA256=%s", secrets.password_sha256);
    memcpy(way->header, secrets.header, sizeof way->header);
    memcpy(way->secret, secrets.password, sizeof way->secret);
    way->user = "platform";
    way->password = way->secret;
    struct worker_child_options start = {
        .program = options->program,
        .argv = (char *[]){(char *)options->program, config, store, tmp, (char *)options->backups,
                           NULL},
        .envp = (char *[]){key, digest, MEMORY, NULL},
        .stdin_fd = -1,
        .own_group = true,
        .keep_stderr = true,
    };
    bool ok = worker_child_start(&start, child, err);
    explicit_bzero(&secrets, sizeof secrets);
    explicit_bzero(key, sizeof key);
    return ok;
}

struct watched {
    struct engine *engine;
    struct worker_child child;
    struct engine_way way;
    struct said out, err;
    char why[ENGINE_TROUBLE]; // the last it said on stderr before it was ready
    bool ready;
    int64_t purged_at; // by ym_monotonic
};

static void hear_port(struct watched *w)
{
    struct ym_error err = {0};
    struct ym_str line = ym_str(w->out.line);
    int64_t port;

    if (w->ready || !ym_str_starts(line, YM_STR("http ")) ||
        !ym_str_int(ym_str_sub(line, 5, SIZE_MAX), &port))
        return;
    snprintf(w->way.base, sizeof w->way.base, "http://127.0.0.1:%lld", (long long)port);
    if (probe(w->engine, &w->way, &err)) {
        w->ready = true;
        tell_ready(w->engine, &w->way, w->child.pid);
        return;
    }
    if (!engine_stopping(w->engine))
        ym_log_error(YM_WARN, "engine.no_answer", &err);
    snprintf(w->why, sizeof w->why, "it gave no first answer");
    worker_child_kill(&w->child);
}

static void hear_trouble(struct watched *w)
{
    struct ym_str line = ym_utf8_cut(ym_str(w->err.line), ENGINE_TROUBLE - 1);

    // A crash prints the query it happened in, so what comes later is for the engineer only.
    ym_log(w->ready ? YM_DEBUG : YM_WARN, "engine.said", YM_ARGS(ym_text("text", line)));
    if (!w->ready)
        snprintf(w->why, sizeof w->why, "%.*s", YM_FMT(line));
}

// Takes what is there and hands on each whole line. True at the pipe's end.
static bool hear(struct watched *w, int fd, struct said *said, void (*on_line)(struct watched *w))
{
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof bytes);

    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] != '\n') {
            if (said->n < LINE_BYTES - 1)
                said->line[said->n++] = bytes[i];
            continue;
        }
        said->line[said->n] = '\0';
        said->n = 0;
        on_line(w);
    }
    return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

// Its allocator keeps what is free until a thread uses it again: given back at rest, and each
// minute where there is none. After 3 million rows 257 MB were 59 then (anonymous memory;
// tests/host/engine).
static void rest(struct watched *w)
{
    struct engine *engine = w->engine;
    struct engine_query purge = {.sql = "SYSTEM JEMALLOC PURGE", .timeout_s = PROBE_S};
    struct ym_error err = {0};

    pthread_mutex_lock(&engine->lock);
    int64_t now = ym_monotonic();
    bool idle = engine->running == 0 && now - engine->called_at > REST_MS * INT64_C(1000);
    bool due = w->ready && engine->used && (idle || now - w->purged_at > BUSY_MS * INT64_C(1000));
    engine->used = engine->used && !(due && idle);
    pthread_mutex_unlock(&engine->lock);
    if (due)
        w->purged_at = now;
    if (due && !engine_do_by(engine, &w->way, NULL, &purge, &err) && !engine_stopping(engine))
        ym_log_error(YM_DEBUG, "engine.not_purged", &err);
}

// For ever while it rests; else until it may be resting, or late.
static int patience_ms(struct watched *w)
{
    pthread_mutex_lock(&w->engine->lock);
    bool used = w->engine->used;
    pthread_mutex_unlock(&w->engine->lock);
    return w->ready && !used ? -1 : 1000;
}

static void listen_to(struct watched *w)
{
    int64_t began = ym_monotonic();
    struct pollfd fds[] = {
        {.fd = w->child.pidfd, .events = POLLIN},
        {.fd = w->engine->wake, .events = POLLIN},
        {.fd = w->child.out_fd, .events = POLLIN},
        {.fd = w->child.err_fd, .events = POLLIN},
    };
    uint64_t count;

    while (!engine_stopping(w->engine)) {
        int n = poll(fds, YM_COUNT(fds), patience_ms(w));
        if (n < 0 && errno != EINTR)
            break;
        if (fds[1].revents)
            (void)!read(w->engine->wake, &count, sizeof count);
        if (fds[2].revents && hear(w, w->child.out_fd, &w->out, hear_port))
            fds[2].fd = -1;
        if (fds[3].revents && hear(w, w->child.err_fd, &w->err, hear_trouble))
            fds[3].fd = -1;
        if (fds[0].revents && !fds[2].revents && !fds[3].revents)
            break; // ended, and its last words were heard
        rest(w);
        if (!w->ready && ym_monotonic() - began > START_MS * INT64_C(1000)) {
            snprintf(w->why, sizeof w->why, "it did not listen within %d s", START_MS / 1000);
            break;
        }
    }
}

// Closing the pipe ends it; SIGKILL is for one that does not hear.
static int end_child(struct watched *w)
{
    int status = 0;

    if (w->child.in_fd >= 0)
        close(w->child.in_fd);
    w->child.in_fd = -1;
    if (!worker_child_wait(&w->child, END_MS, &status)) {
        worker_child_kill(&w->child);
        (void)worker_child_wait(&w->child, END_MS, &status);
    }
    worker_child_clear(&w->child);
    return status;
}

static void tell_ended(struct watched *w, int status)
{
    char why[ENGINE_TROUBLE * 2];

    if (WIFSIGNALED(status))
        snprintf(why, sizeof why, "it was ended by signal %d", WTERMSIG(status));
    else
        snprintf(why, sizeof why, "it ended with %d", WEXITSTATUS(status));
    if (w->why[0])
        snprintf(why + strlen(why), sizeof why - strlen(why), ": %s", w->why);
    tell_away(w->engine, why);
    if (!engine_stopping(w->engine))
        ym_log(YM_WARN, "engine.ended", YM_ARGS(ym_text("why", ym_str(why))));
}

// One life of a child. True when it lived long enough to be called healthy.
static bool live_once(struct engine *engine)
{
    struct watched w = {.engine = engine};
    struct ym_error err = {0};
    int64_t began = ym_monotonic();

    if (!start_child(engine, &w.child, &w.way, &err)) {
        tell_away(engine, err.message);
        ym_log_error(YM_ERROR, "engine.not_started", &err);
        return false;
    }
    tell_pid(engine, w.child.pid);
    listen_to(&w);
    // Before it is reaped: nobody shall ask who is not there.
    tell_away(engine, "it is ending");
    tell_ended(&w, end_child(&w));
    explicit_bzero(&w.way, sizeof w.way);
    return w.ready && ym_monotonic() - began > CALM_MS * INT64_C(1000);
}

// ---- an engine elsewhere

// A call was cut off though somebody answers now: it may have been begun again meanwhile.
static bool suspected(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    bool suspect = engine->suspect;
    engine->suspect = false;
    pthread_mutex_unlock(&engine->lock);
    return suspect;
}

static void watch_url(struct engine *engine)
{
    struct engine_way way = {.user = engine->options.user, .password = engine->options.password};
    int back_off_ms = BACK_OFF_MIN_MS;

    snprintf(way.base, sizeof way.base, "%s", engine->options.url);
    while (!engine_stopping(engine)) {
        struct ym_error err = {0};
        bool was = engine_ready(engine);
        struct engine_query one = {.sql = "SELECT 1", .timeout_s = PROBE_S};
        bool there = was ? engine_do_by(engine, &way, NULL, &one, &err) : probe(engine, &way, &err);

        if (there && (!was || suspected(engine)))
            tell_ready(engine, &way, 0);
        if (!there && was)
            ym_log_error(YM_WARN, "engine.away", &err);
        if (!there)
            tell_away(engine, err.message);
        doze(engine, there ? LOOK_MS : back_off_ms);
        back_off_ms = there ? BACK_OFF_MIN_MS : longer(back_off_ms);
    }
}

void engine_watch(void *with)
{
    struct engine *engine = with;
    int back_off_ms = BACK_OFF_MIN_MS;

    if (engine->options.url) {
        watch_url(engine);
        return;
    }
    while (!engine_stopping(engine)) {
        if (live_once(engine))
            back_off_ms = BACK_OFF_MIN_MS;
        if (!engine_stopping(engine))
            doze(engine, back_off_ms);
        back_off_ms = longer(back_off_ms);
    }
}
