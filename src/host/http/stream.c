#include "host/http/inside.h"

#include "base/time.h"

#include <poll.h>
#include <time.h>

enum {
    RING = 256 * 1024, // bytes between the writer and the client, of each stream
    STREAMS = 16,      // at once, and of them
    OF_STRANGERS = 8,  // for who did not sign in: many that read slowly keep nobody else out
    BLOCK = 64 * 1024, // handed to the library at once
    SLOW_S = 60,       // a client that lets the ring stand full for so long
    SLOW_RATE = 8192   // must have taken so many bytes a second
};

// Two hold it: the answer (or the reply that will become one) and the thread that writes.
struct http_stream {
    pthread_mutex_t lock;
    pthread_cond_t change; // bytes came or went, or it is over
    // guarded by lock:
    char *ring;
    size_t head, used;
    int64_t put;        // bytes in all
    int64_t full_since; // 0: the client keeps up
    int64_t taken;      // bytes since then
    bool asleep;        // the connection is suspended for want of bytes
    bool ended, failed; // the writer has ended; without success
    bool over;          // the answer is gone, or is given up
    int holders;
    struct ym_error err;
    struct MHD_Connection *mhd; // NULL until the answer is queued
    int fd;                     // of the connection; not looked at when over
    // guarded by the server's streams_lock:
    struct http_stream *before, *after;
    // not changed:
    struct http_server *server;
    bool stranger;
    http_stream_run *run;
    void (*done)(void *with);
    void *with;
};

static void give_place(struct http_server *server, bool stranger)
{
    atomic_fetch_sub(&server->writing, 1);
    if (stranger)
        atomic_fetch_sub(&server->writing_strangers, 1);
}

static bool take_place(struct http_server *server, bool stranger)
{
    bool of_all = atomic_fetch_add(&server->writing, 1) < STREAMS;
    bool room = !stranger || atomic_fetch_add(&server->writing_strangers, 1) < (int)OF_STRANGERS;

    if (!of_all || !room)
        give_place(server, stranger);
    return of_all && room;
}

static void release(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool last = --stream->holders == 0;
    pthread_mutex_unlock(&stream->lock);
    if (!last)
        return;
    free(stream->ring);
    pthread_cond_destroy(&stream->change);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

// By the holder of the lock.
static void wake(struct http_stream *stream)
{
    pthread_cond_broadcast(&stream->change);
    if (!stream->asleep)
        return;
    stream->asleep = false;
    MHD_resume_connection(stream->mhd);
}

static void wait_a_while(struct http_stream *stream)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_cond_timedwait(&stream->change, &stream->lock, &until);
}

// Has the client left? A suspended connection is not looked at by the library.
static bool has_left(const struct http_stream *stream)
{
    struct pollfd peer = {.fd = stream->fd, .events = POLLRDHUP};

    return stream->over || atomic_load(&stream->server->stopping) ||
           (stream->fd >= 0 && poll(&peer, 1, 0) > 0);
}

bool http_stream_gone(void *with)
{
    struct http_stream *stream = with;

    pthread_mutex_lock(&stream->lock);
    bool gone = has_left(stream);
    pthread_mutex_unlock(&stream->lock);
    return gone;
}

static bool too_slow(const struct http_stream *stream)
{
    int64_t age = stream->full_since == 0 ? 0 : ym_monotonic() - stream->full_since;

    return age > SLOW_S * YM_SECOND && stream->taken < age / YM_SECOND * SLOW_RATE;
}

static size_t put_some(struct http_stream *stream, struct ym_str bytes)
{
    size_t at = (stream->head + stream->used) % RING;
    size_t n = RING - stream->used < bytes.n ? RING - stream->used : bytes.n;

    n = n < RING - at ? n : RING - at;
    memcpy(stream->ring + at, bytes.p, n);
    stream->used += n;
    stream->put += (int64_t)n;
    if (stream->used == RING && stream->full_since == 0) {
        stream->full_since = ym_monotonic();
        stream->taken = 0;
    }
    return n;
}

static bool client_left(struct ym_error *err)
{
    return ym_fail(err, YM_BUSY, "http.gone", "the client has left");
}

bool http_stream_put(struct http_stream *stream, struct ym_str bytes, struct ym_error *err)
{
    bool slow = false, left = false;

    pthread_mutex_lock(&stream->lock);
    while (bytes.n > 0 && !slow && !left) {
        if (stream->used == RING) {
            wait_a_while(stream);
            slow = too_slow(stream);
        }
        left = has_left(stream);
        if (stream->used == RING || left)
            continue;
        bytes = ym_str_sub(bytes, put_some(stream, bytes), SIZE_MAX);
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    if (left)
        return client_left(err);
    return !slow || ym_fail(err, YM_LIMITED, "http.slow", "the client takes too few bytes");
}

static ssize_t more(void *with, uint64_t position, char *to, size_t max)
{
    struct http_stream *stream = with;
    ssize_t got = 0;

    (void)position;
    pthread_mutex_lock(&stream->lock);
    size_t n = stream->used < RING - stream->head ? stream->used : RING - stream->head;
    n = n < max ? n : max;
    if (stream->failed || atomic_load(&stream->server->stopping)) {
        // The connection is closed without the last chunk: the client sees that it has not all.
        got = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (n > 0) {
        memcpy(to, stream->ring + stream->head, n);
        stream->head = (stream->head + n) % RING;
        stream->used -= n;
        stream->taken += (int64_t)n;
        if (stream->used == 0)
            stream->full_since = 0;
        pthread_cond_broadcast(&stream->change);
        got = (ssize_t)n;
    } else if (stream->ended) {
        got = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->asleep = true;
        MHD_suspend_connection(stream->mhd);
    }
    pthread_mutex_unlock(&stream->lock);
    return got;
}

static void leave_list(struct http_stream *stream)
{
    struct http_server *server = stream->server;

    pthread_mutex_lock(&server->streams_lock);
    if (stream->before)
        stream->before->after = stream->after;
    else
        server->answers = stream->after;
    if (stream->after)
        stream->after->before = stream->before;
    pthread_mutex_unlock(&server->streams_lock);
}

void http_stream_drop(struct http_stream *stream)
{
    leave_list(stream);
    pthread_mutex_lock(&stream->lock);
    stream->over = true;
    pthread_cond_broadcast(&stream->change);
    pthread_mutex_unlock(&stream->lock);
    release(stream);
}

static void answer_over(void *with)
{
    http_stream_drop(with);
}

struct MHD_Response *http_stream_response(struct http_stream *stream, struct http_connection *turn)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, more, stream, answer_over);

    if (!response)
        return NULL;
    pthread_mutex_lock(&stream->lock);
    stream->mhd = turn->mhd;
    pthread_mutex_unlock(&stream->lock);
    return response;
}

static void write_all(void *with)
{
    struct http_stream *stream = with;
    struct http_server *server = stream->server;
    struct ym_error err = {0};
    bool ok = stream->run(stream, stream->with, &err);

    if (!ok && err.kind == YM_NO_ERROR)
        ym_fail(&err, YM_FAULT, "http.fault", "a stream failed without saying why");
    stream->done(stream->with);
    pthread_mutex_lock(&stream->lock);
    if (!ok && has_left(stream)) // whatever that made of the writer's work
        (void)client_left(&err);
    stream->ended = true;
    stream->failed = !ok;
    stream->err = err;
    bool cut = !ok && stream->put > 0;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
    if (cut)
        ym_log_error(err.kind == YM_FAULT ? YM_ERROR : YM_INFO, "http.stream_cut", &err);
    give_place(server, stream->stranger);
    release(stream);
}

// The writer's first bytes decide whether this becomes an answer or an error.
static bool first_bytes(struct http_stream *stream, struct ym_error *err)
{
    bool left = false;

    pthread_mutex_lock(&stream->lock);
    while (stream->put == 0 && !stream->ended && !left) {
        wait_a_while(stream);
        left = has_left(stream);
    }
    bool failed = stream->failed && stream->put == 0;
    if (failed)
        *err = stream->err;
    pthread_mutex_unlock(&stream->lock);
    if (left && !failed)
        return client_left(err);
    return !failed;
}

// What is whole already leaves with its length.
static bool take_whole(struct http_stream *stream, struct ym_buf *body)
{
    pthread_mutex_lock(&stream->lock);
    bool whole = stream->ended && !stream->failed && stream->put == (int64_t)stream->used;
    if (whole)
        ym_buf_add(body, (struct ym_str){stream->ring, stream->used}); // it began at 0
    pthread_mutex_unlock(&stream->lock);
    return whole;
}

static struct http_stream *stream_new(struct http_connection *turn, http_stream_run *run,
                                      void *with, void (*done)(void *with))
{
    struct http_stream *stream = calloc(1, sizeof *stream);
    char *ring = malloc(RING);
    pthread_condattr_t clock;

    if (!stream || !ring)
        abort();
    *stream = (struct http_stream){.ring = ring,
                                   .holders = 2,
                                   .fd = turn->link ? turn->link->fd : -1,
                                   .server = turn->server,
                                   .stranger = !turn->rq.caller,
                                   .run = run,
                                   .done = done,
                                   .with = with};
    pthread_mutex_init(&stream->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&stream->change, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_lock(&turn->server->streams_lock);
    stream->after = turn->server->answers;
    if (stream->after)
        stream->after->before = stream;
    turn->server->answers = stream;
    pthread_mutex_unlock(&turn->server->streams_lock);
    return stream;
}

static bool none_free(struct ym_error *err)
{
    ym_fail(err, YM_BUSY, "http.streams", "too many transfers are on their way");
    return ym_hint(err, "Try again when one of them has ended.");
}

bool http_reply_stream(struct http_request *rq, struct http_reply *re, const char *type,
                       http_stream_run *run, void *with, void (*done)(void *with),
                       struct ym_error *err)
{
    struct http_connection *turn = rq->connection;
    struct http_server *server = turn->server;
    struct ym_buf body = {0};

    if (ym_str_is(rq->method, "HEAD")) { // its body would not leave
        done(with);
        http_reply_bytes(re, type, &body);
        return true;
    }
    bool stranger = !rq->caller;
    if (!take_place(server, stranger)) {
        done(with);
        return none_free(err);
    }
    struct http_stream *stream = stream_new(turn, run, with, done);
    if (!worker_pool_put(server->writers, write_all, stream, err)) {
        give_place(server, stranger);
        done(with);
        stream->holders = 1; // nobody writes
        http_stream_drop(stream);
        return false;
    }
    if (!first_bytes(stream, err)) {
        http_stream_drop(stream);
        return false;
    }
    http_reply_bytes(re, type, &body);
    if (take_whole(stream, &re->body))
        http_stream_drop(stream);
    else
        re->stream = stream;
    return true;
}

struct worker_pool *http_streams_start(void)
{
    return worker_pool_new(STREAMS, STREAMS);
}

void http_streams_end_all(struct http_server *server)
{
    pthread_mutex_lock(&server->streams_lock);
    for (struct http_stream *one = server->answers; one; one = one->after) {
        pthread_mutex_lock(&one->lock);
        wake(one); // it sees that the server stops
        pthread_mutex_unlock(&one->lock);
    }
    pthread_mutex_unlock(&server->streams_lock);
}
