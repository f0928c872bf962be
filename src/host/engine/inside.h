/* host/engine/inside: what the files of this room share; nobody else includes it.
 *
 * child.c runs the supervising thread: the only writer of what `lock` guards. query.c takes a copy
 * of the address under the lock and calls without it. config.c writes the child's two files.
 */
#pragma once
#include "host/engine/engine.h"
#include "host/worker/worker.h"

#include <pthread.h>

enum {
    ENGINE_SECRET = 65, // 32 random bytes in hex, NUL
    ENGINE_BASE = 256,
    ENGINE_TROUBLE = 256
};
struct engine_secrets {
    char header[ENGINE_SECRET]; // X-Yunmeng: without it nothing answers
    char password[ENGINE_SECRET];
    char password_sha256[ENGINE_SECRET];
};
// How to reach the engine now.
struct engine_way {
    char base[ENGINE_BASE]; // "http://host:port"
    char header[ENGINE_SECRET];
    const char *user, *password; // of the struct it lies in
    char secret[ENGINE_SECRET];
};
struct engine {
    struct ym_arena arena; // the options' texts
    struct engine_options options;
    struct http_client *client;
    struct worker_thread *thread;
    int wake; // eventfd: something to look at (stop, a call that found nobody)
    pthread_mutex_t lock;
    pthread_cond_t change;
    // guarded by lock:
    bool ready, stopping, suspect;
    int64_t starts, running, called_at; // calls now; when the last one ended
    bool used;                          // called since its free memory was last given back
    pid_t pid;
    struct engine_way way;
    char trouble[ENGINE_TROUBLE];
};

// config.c
YM_MUST bool engine_config(const struct engine_options *options, struct ym_error *err);
const char *engine_path(const struct engine_options *options, const char *name, char to[4096]);
YM_MUST bool engine_secrets_make(struct engine_secrets *secrets, struct ym_error *err);
// child.c: the thread's function.
void engine_watch(void *engine);
void engine_wake(struct engine *engine);
bool engine_stopping(struct engine *engine);
// query.c: one call by a way that need not be ready yet.
YM_MUST bool engine_do_by(struct engine *engine, const struct engine_way *way, const char *database,
                          struct engine_query *query, struct ym_error *err);
