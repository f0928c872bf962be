#include "host/worker/worker.h"

#include <pthread.h>
#include <signal.h>

struct work {
    worker_run *run;
    void *arg;
};

struct worker_pool {
    pthread_t *threads;
    size_t n_threads, queue_max;
    pthread_mutex_t lock;
    pthread_cond_t more;
    // guarded by lock:
    struct work *ring;
    size_t head, n;
    bool closed;
};

struct worker_thread {
    pthread_t id;
    worker_run *run;
    void *arg;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

// Signals are for the main thread: a thread of ours begins with all of them blocked.
static void start(pthread_t *id, void *(*body)(void *), void *with)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(id, NULL, body, with);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        abort(); // no memory or no task left for a thread: as with memory, the process ends
}

static void *serve(void *with)
{
    struct worker_pool *pool = with;

    for (;;) {
        pthread_mutex_lock(&pool->lock);
        while (pool->n == 0 && !pool->closed)
            pthread_cond_wait(&pool->more, &pool->lock);
        if (pool->n == 0) {
            pthread_mutex_unlock(&pool->lock);
            return NULL;
        }
        struct work work = pool->ring[pool->head];
        pool->head = (pool->head + 1) % pool->queue_max;
        pool->n--;
        pthread_mutex_unlock(&pool->lock);
        work.run(work.arg);
    }
}

struct worker_pool *worker_pool_new(size_t threads, size_t queue_max)
{
    struct worker_pool *pool = must(calloc(1, sizeof *pool));

    assert(threads > 0 && queue_max > 0);
    pool->n_threads = threads;
    pool->queue_max = queue_max;
    pool->threads = must(calloc(threads, sizeof *pool->threads));
    pool->ring = must(calloc(queue_max, sizeof *pool->ring));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->more, NULL);
    for (size_t i = 0; i < threads; i++)
        start(&pool->threads[i], serve, pool);
    return pool;
}

bool worker_pool_put(struct worker_pool *pool, worker_run *run, void *arg, struct ym_error *err)
{
    pthread_mutex_lock(&pool->lock);
    bool room = !pool->closed && pool->n < pool->queue_max;
    if (room) {
        pool->ring[(pool->head + pool->n++) % pool->queue_max] = (struct work){run, arg};
        pthread_cond_signal(&pool->more);
    }
    pthread_mutex_unlock(&pool->lock);
    if (room)
        return true;
    ym_fail(err, YM_BUSY, "worker.full", "%zu pieces of work are waiting", pool->queue_max);
    return ym_hint(err, "Try again in a few seconds.");
}

size_t worker_pool_waiting(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t n = pool->n;
    pthread_mutex_unlock(&pool->lock);
    return n;
}

void worker_pool_free(struct worker_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->more);
    pthread_mutex_destroy(&pool->lock);
    free(pool->ring);
    free(pool->threads);
    free(pool);
}

static void *run_one(void *with)
{
    struct worker_thread *thread = with;

    thread->run(thread->arg);
    return NULL;
}

struct worker_thread *worker_thread_start(const char *name, worker_run *run, void *arg)
{
    struct worker_thread *thread = must(calloc(1, sizeof *thread));
    char text[16]; // of the kernel: 15 bytes and a NUL

    *thread = (struct worker_thread){.run = run, .arg = arg};
    start(&thread->id, run_one, thread);
    (void)snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(thread->id, text);
    return thread;
}

void worker_thread_join(struct worker_thread *thread)
{
    if (!thread)
        return;
    pthread_join(thread->id, NULL);
    free(thread);
}
