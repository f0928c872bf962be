#include "host/http/inside.h"

#include "base/time.h"

enum { RING = 64 * 1024, COMMENT_S = 15 };

// Two hold it: the answer (or the reply that will become one) and whoever puts events.
struct http_events {
    pthread_mutex_t lock;
    // guarded by lock:
    struct ym_buf ring;
    bool asleep; // the connection is suspended for want of events
    bool ended;  // no more will come
    bool lost;   // the ring was full: the client must not think that it has all
    bool over;   // the answer is gone
    int holders;
    int64_t last;
    struct MHD_Connection *mhd;
    // guarded by the server's streams_lock:
    struct http_events *before, *after;
    // not changed:
    struct http_server *server; // used only while the answer is there
    http_events_gone *gone;
    void *with;
};

struct http_events *http_reply_events(struct http_reply *re, http_events_gone *gone, void *with)
{
    struct http_events *events = calloc(1, sizeof *events);

    if (!events)
        abort();
    pthread_mutex_init(&events->lock, NULL);
    ym_buf_init(&events->ring, RING);
    events->holders = 2;
    events->gone = gone;
    events->with = with;
    events->last = ym_monotonic();
    http_reply_bytes(re, "text/event-stream", &(struct ym_buf){0});
    re->events = events;
    return events;
}

static void release(struct http_events *events)
{
    pthread_mutex_lock(&events->lock);
    bool last = --events->holders == 0;
    pthread_mutex_unlock(&events->lock);
    if (!last)
        return;
    ym_buf_clear(&events->ring);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

// By the holder of the lock: resuming under it is what makes "asleep" true or false at once.
static void wake(struct http_events *events)
{
    if (!events->asleep)
        return;
    events->asleep = false;
    MHD_resume_connection(events->mhd);
}

static ssize_t more(void *with, uint64_t position, char *to, size_t max)
{
    struct http_events *events = with;
    ssize_t got = 0;

    (void)position;
    pthread_mutex_lock(&events->lock);
    struct ym_buf *ring = &events->ring;
    if (ring->n > 0) {
        size_t n = ring->n < max ? ring->n : max;
        memcpy(to, ring->p, n);
        memmove(ring->p, ring->p + n, ring->n - n);
        ring->n -= n;
        got = (ssize_t)n;
    } else if (events->lost) {
        got = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (events->ended) {
        got = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        events->asleep = true;
        MHD_suspend_connection(events->mhd);
    }
    pthread_mutex_unlock(&events->lock);
    return got;
}

static void answer_over(void *with)
{
    struct http_events *events = with;
    struct http_server *server = events->server;

    if (server) {
        pthread_mutex_lock(&server->streams_lock);
        if (events->before)
            events->before->after = events->after;
        else
            server->streams = events->after;
        if (events->after)
            events->after->before = events->before;
        pthread_mutex_unlock(&server->streams_lock);
    }
    pthread_mutex_lock(&events->lock);
    events->over = true;
    pthread_mutex_unlock(&events->lock);
    if (events->gone)
        events->gone(events->with);
    release(events);
}

void http_events_drop(struct http_events *events)
{
    answer_over(events);
}

struct MHD_Response *http_events_response(struct http_events *events, struct http_connection *turn)
{
    struct http_server *server = turn->server;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, more, events, answer_over);

    if (!response)
        return NULL;
    pthread_mutex_lock(&events->lock);
    events->mhd = turn->mhd;
    pthread_mutex_unlock(&events->lock);
    pthread_mutex_lock(&server->streams_lock);
    events->server = server;
    events->after = server->streams;
    if (server->streams)
        server->streams->before = events;
    server->streams = events;
    // A stop that had walked the list before this one was on it.
    if (atomic_load(&server->stopping)) {
        pthread_mutex_lock(&events->lock);
        events->ended = true;
        pthread_mutex_unlock(&events->lock);
    }
    pthread_mutex_unlock(&server->streams_lock);
    return response;
}

bool http_events_put(struct http_events *events, const char *name, struct ym_str data)
{
    struct ym_buf text = {0};
    struct ym_str line;

    ym_buf_printf(&text, "event: %s\n", name);
    while (ym_str_cut(&data, '\n', &line))
        ym_buf_printf(&text, "data: %.*s\n", YM_FMT(line));
    ym_buf_char(&text, '\n');
    pthread_mutex_lock(&events->lock);
    bool open = !events->over && !events->ended && !events->lost;
    if (open && events->ring.n + text.n > RING) {
        events->lost = true;
        events->ring.n = 0;
        open = false;
    }
    if (open) {
        ym_buf_add(&events->ring, ym_buf_str(&text));
        events->last = ym_monotonic();
    }
    wake(events);
    pthread_mutex_unlock(&events->lock);
    ym_buf_clear(&text);
    return open;
}

void http_events_end(struct http_events *events)
{
    pthread_mutex_lock(&events->lock);
    events->ended = true;
    wake(events);
    pthread_mutex_unlock(&events->lock);
    release(events);
}

void http_events_tick(struct http_server *server, int64_t now)
{
    pthread_mutex_lock(&server->streams_lock);
    for (struct http_events *one = server->streams; one; one = one->after) {
        pthread_mutex_lock(&one->lock);
        // A client that left is noticed only when something is written to it.
        if (now - one->last >= COMMENT_S * YM_SECOND && !one->ended) {
            if (one->ring.n + 3 <= RING)
                ym_buf_add(&one->ring, YM_STR(":\n\n"));
            one->last = now;
            wake(one);
        }
        pthread_mutex_unlock(&one->lock);
    }
    pthread_mutex_unlock(&server->streams_lock);
}

void http_events_end_all(struct http_server *server)
{
    pthread_mutex_lock(&server->streams_lock);
    for (struct http_events *one = server->streams; one; one = one->after) {
        pthread_mutex_lock(&one->lock);
        one->ended = true;
        wake(one);
        pthread_mutex_unlock(&one->lock);
    }
    pthread_mutex_unlock(&server->streams_lock);
}
