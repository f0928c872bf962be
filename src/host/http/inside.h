/* host/http/inside: what the .c files of this room share; nobody else includes it.
 *
 * A link is a TCP connection, a turn (struct http_connection) one request on it. A turn belongs to
 * one thread at a time: to libmicrohttpd's while it is not suspended, to a worker while it is.
 */
#pragma once
#include "base/time.h"
#include "host/http/head.h"
#include "host/http/server.h"
#include "host/worker/worker.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uthash.h>

enum {
    HTTP_JSON_MAX = 1024 * 1024,
    HTTP_CHUNK = 256 * 1024,      // of an upload, handed to a worker at once
    HTTP_SWALLOW = 64 * 1024,     // a refused body up to this is read before the answer
    HTTP_LINGER = 8 * 1024 * 1024 // and up to this after an answer that could not wait
};

// guard.c: deadlines, rates and counts of links.
enum http_phase {
    HTTP_PHASE_HEAD,   // waiting for (more of) a head
    HTTP_PHASE_BODY,   // a body comes in
    HTTP_PHASE_OURS,   // we work: no deadline for the client
    HTTP_PHASE_ANSWER, // an answer of a known size goes out
    HTTP_PHASE_STREAM  // server-sent events, and answers that are written while they leave
};
struct http_address {
    uint8_t bytes[16]; // IPv6, or IPv4 mapped into it
};
struct http_link {
    struct http_link *before, *after; // by guard's lock
    struct http_address address;
    bool proxy;
    bool over; // one more than its address may have: its first request is refused
    int fd;
    _Atomic int phase;
    _Atomic int64_t since, limit_us; // of the phase; BODY: of the window
    _Atomic int64_t bytes;           // BODY: in the window
    _Atomic bool closed;             // by us
};
struct http_count {
    struct http_address address;
    unsigned n;
    UT_hash_handle hh;
};
struct http_guard {
    pthread_mutex_t lock;
    pthread_cond_t tick;
    // guarded by lock:
    struct http_link *first, *last; // oldest first
    size_t links;
    struct http_count *addresses; // links of an address
    struct http_count *clients;   // turns of a proxy's client
    bool stopping;
    // not changed after the start:
    struct http_address *proxies;
    size_t n_proxies;
    unsigned connections, per_address;
    int64_t head_us;
};
void http_guard_init(struct http_guard *guard, const struct http_options *options,
                     unsigned connections);
void http_guard_clear(struct http_guard *guard);
bool http_guard_admits(struct http_guard *guard, const struct sockaddr *peer);
struct http_link *http_guard_join(struct http_guard *guard, const struct sockaddr *peer, int fd);
void http_guard_leave(struct http_guard *guard, struct http_link *link); // frees it
void http_guard_phase(struct http_link *link, enum http_phase phase, int64_t limit_us);
// Counts a turn of a proxy's client; false: it has too many.
bool http_guard_enter(struct http_guard *guard, const struct http_address *client);
void http_guard_exit(struct http_guard *guard, const struct http_address *client);
void http_guard_sweep(struct http_guard *guard, int64_t now); // closes what is too slow
bool http_guard_sending(struct http_guard *guard);            // is an answer on its way?
bool http_address_parse(struct ym_str text, struct http_address *out);
struct ym_str http_address_text(const struct http_address *address, struct ym_arena *arena);
// The client behind believed proxies, by X-Forwarded-For; false: the link's own address holds.
bool http_guard_client(const struct http_guard *guard, struct ym_str forwarded,
                       struct http_address *out);

// reply.c
struct http_reply {
    struct ym_arena *arena;
    int status; // 0: not said
    struct http_pairs headers;
    const char *type;
    struct ym_buf body;
    int fd; // -1: none
    int64_t size;
    const char *encoding;
    struct http_events *events;
    struct http_stream *stream;
};
void http_reply_clear(struct http_reply *re); // gives back what it holds and empties it

// upload.c
struct http_upload {
    char path[4096];
    int fd; // -1: none
    int64_t size, synced;
    EVP_MD_CTX *digest;
};

// turn.c
enum http_stage {
    HTTP_STAGE_NEW,
    HTTP_STAGE_BODY,   // taking it
    HTTP_STAGE_WORK,   // suspended, or about to be
    HTTP_STAGE_ANSWER, // the answer stands
    HTTP_STAGE_LINGER, // answered past the library; the rest of the body is swallowed
    HTTP_STAGE_QUEUED
};
struct http_connection {
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct http_link *link;
    struct ym_arena arena;
    struct ym_str raw;  // the target as it came
    const char *raw_at; // where it lies in the library's buffer
    struct http_head head;
    struct http_target target;
    struct http_pairs parts;        // {name} parts of the path
    const struct http_extra *extra; // of the route; never NULL
    struct http_request rq;
    struct http_reply re;
    struct ym_error err; // kind YM_NO_ERROR: none
    struct ym_str allow; // methods of the path, for 405
    struct http_address client;
    bool counted;     // with the guard, as a proxy's client
    bool close;       // after the answer
    bool past_head;   // the library went on to the body, or to the end where there is none
    bool judged;      // authenticate was asked
    int64_t borrowed; // of the server's json_bytes
    enum http_stage stage;
    struct ym_buf body; // JSON, or a chunk of an upload
    int64_t taken;      // bytes of a body that is streamed
    int64_t swallowed;
    struct http_upload upload;
    int64_t begun;
    int answered; // status, for the log
};
struct http_server {
    struct http_options options;
    struct http_route fallback; // what answers where no route does
    struct MHD_Daemon *daemon;
    struct worker_pool *pool;
    struct worker_thread *sweeper;
    struct http_guard guard;
    int listening, port;
    char incoming[4000];
    _Atomic uint64_t uploads;   // numbers of files
    _Atomic int64_t json_bytes; // of all bodies in memory
    pthread_rwlock_t gate;      // read: hand a turn to the pool; write: shut
    _Atomic bool stopping;
    pthread_mutex_t streams_lock;
    // by streams_lock:
    struct http_events *streams;
    struct http_stream *answers;
    struct worker_pool *writers; // of the answers
    _Atomic int writing, writing_strangers;
    struct http_counts {
        _Atomic int64_t by_class[6], by_latency[HTTP_LATENCIES], latency_us;
        _Atomic int64_t *by_route;
    } counts;
};
// figures.c
void http_count(struct http_connection *turn); // once, when it is over
enum MHD_Result http_turn(void *with, struct MHD_Connection *mhd, const char *url,
                          const char *method, const char *version, const char *data, size_t *n,
                          void **turn);
void *http_turn_new(void *with, const char *target, struct MHD_Connection *mhd);
void http_turn_over(void *with, struct MHD_Connection *mhd, void **turn,
                    enum MHD_RequestTerminationCode how);

// upload.c; these block and run on workers. Where *err is the turn's own, it is answered later.
bool http_upload_open(struct http_connection *turn, struct ym_error *err);
bool http_upload_put(struct http_connection *turn, struct ym_error *err); // turn->body
bool http_upload_end(struct http_connection *turn, struct ym_error *err);
void http_upload_drop(struct http_upload *upload); // closes and removes what is still there
void http_upload_sweep(const char *incoming);      // what an earlier server left

// route.c
const struct http_extra *http_route_extra(const struct http_options *options,
                                          const struct http_route *route); // never NULL
// Which route has this path: fills route and parts. YM_NOT_FOUND "http.route", or with *allow
// (the methods that the path has) YM_INVALID "http.method".
bool http_route_find(const struct http_options *options, struct ym_str method, struct ym_str path,
                     struct ym_arena *arena, const struct http_route **route,
                     struct http_pairs *parts, struct ym_str *allow, struct ym_error *err);
YM_MUST bool http_route_params(const struct http_route *route, const struct http_pairs *query,
                               struct ym_error *err);

// reply.c
void http_reply_error(struct http_connection *turn); // turn->err becomes turn->re
enum MHD_Result http_reply_queue(struct http_connection *turn);
// The answer as bytes with Connection: close, for when the library takes none any more.
void http_reply_raw(struct http_connection *turn, struct ym_buf *out);

// events.c
struct MHD_Response *http_events_response(struct http_events *events, struct http_connection *turn);
void http_events_drop(struct http_events *events); // the answer was given up before it was queued
void http_events_tick(struct http_server *server, int64_t now);
void http_events_end_all(struct http_server *server);

// stream.c
struct worker_pool *http_streams_start(void);
struct MHD_Response *http_stream_response(struct http_stream *stream, struct http_connection *turn);
void http_stream_drop(struct http_stream *stream); // the answer is gone, or was given up
void http_streams_end_all(struct http_server *server);
