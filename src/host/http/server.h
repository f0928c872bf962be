/* host/http/server: HTTP/1.1 on libmicrohttpd behind one route table.
 *
 * Routes are rows of a const table. A path is literal parts and `{name}` parts; the raw target is
 * decoded once, by us; %2f %5c %00, dot segments, control and bidi characters are refused. Query
 * parameters, body kind and who may call are declared in the row and judged before the handler:
 * an unknown or doubled parameter is 400. Handlers run on worker threads while the connection is
 * suspended, and may block. Answers: http_reply_* set the answer; a handler that returns false
 * with *err is answered as problem+json in the caller's language (title and hint through the
 * `text` function given in the options).
 *
 * Defences (DEPENDENCIES.md section 2; RELIABILITY.md threats 6, 20, 23, 24, 25): doubled
 * Content-Length, Transfer-Encoding, Host, Authorization; CL with TE; TE other than chunked; bare
 * LF, control bytes and obs-fold in headers; missing Host: 400 and close. Head deadline 10 s,
 * minimum body rate, connection limits in all and per address; a token in the query is refused and
 * given to `burn`. Every answer carries nosniff, no-referrer, COOP, CORP, a CSP and Cache-Control
 * (no-store unless the handler says otherwise). What the library itself refuses (a line without a
 * colon, a head over its memory) is answered in its own plain HTML and closed.
 *
 * Errors raised here: http.target http.target_long http.path http.query http.head http.head_large
 * http.route http.method http.param http.param_unknown http.param_twice http.secret_in_url
 * http.body http.body_type http.body_large http.sign_in http.stopping http.busy http.full
 * http.streams http.gone http.slow
 * http.fault http.per_address http.incoming http.listen
 */
#pragma once
#include "base/base.h"
#include "base/disk.h"
#include "base/json.h"

struct http_server;
struct http_request;
struct http_reply;
typedef bool http_handler(struct http_request *rq, struct http_reply *re, struct ym_error *err);

enum http_body {
    HTTP_NO_BODY,
    HTTP_JSON_BODY, // up to 1 MiB, parsed before the handler
    HTTP_FILE_BODY, // streamed to a file of the incoming folder, SHA-256 on the way, synced
    HTTP_SINK_BODY  // handed to the route's sink as it comes
};
/* Where the bytes of an HTTP_SINK_BODY go (struct http_extra names it). `open` judges the head
 * after authenticate, before the client is asked for the body, and may set rq->sink; `put` takes
 * pieces of up to 256 KiB; the handler runs after the last one and takes rq->sink (sets it to NULL)
 * where all went well. Else `drop` is called once with it, after the turn is over where the client
 * left, with the bytes that came and were not put yet. All on workers, one at a time. */
struct http_sink {
    bool (*open)(struct http_request *rq, struct ym_error *err);
    bool (*put)(struct http_request *rq, struct ym_str bytes, struct ym_error *err);
    void (*drop)(void *sink, struct ym_str rest);
};
enum http_param_type {
    HTTP_PARAM_TEXT,    // UTF-8, no control characters
    HTTP_PARAM_INTEGER, // with min and max
    HTTP_PARAM_CHOICE   // one of `choices`, comma-separated
};
struct http_param {
    const char *name;
    enum http_param_type type;
    int64_t min, max;    // INTEGER: bounds; TEXT: bytes
    const char *choices; // CHOICE
    const char *about;   // English, for OpenAPI
};
enum http_access { HTTP_ANYONE, HTTP_SIGNED_IN };
struct http_route {
    const char *method;
    const char *path; // "/api/v1/datasets/{id}/rows"
    http_handler *run;
    enum http_access access; // the role is judged by the room that is called
    enum http_body body;
    const struct http_param *params; // ended by {0}; NULL: none
    const char *summary;             // English, for OpenAPI
    const char *request, *response;  // names of schemas in the OpenAPI document, or NULL
    int success;                     // 200, 201, 204
    bool idempotent;                 // takes Idempotency-Key
    // What a bearer's token must carry, for `authenticate` to judge and OpenAPI to say; "session":
    // no token may. NULL only where anyone may call.
    const char *scope;
};
// What few routes have, for all rows of a path.
struct http_extra {
    const char *path;
    const struct http_sink *sink; // HTTP_SINK_BODY
    const char *const *headers;   // names and values by turns, ended by NULL: on problems too
};

// What a handler sees. Views live until the answer is sent; `arena` lives as long.
struct http_request {
    const struct http_route *route;
    struct ym_arena *arena;
    struct ym_str method, path;
    struct ym_str lang; // "zh-CN" or "en"
    json_t *json;       // HTTP_JSON_BODY
    const char *file;   // HTTP_FILE_BODY: path of the received file; the handler renames it
    int64_t file_size;  // or it is removed after the answer
    char digest[65];    // hex SHA-256 of the file
    void *sink;         // HTTP_SINK_BODY: what its `open` made
    void *caller;       // what `authenticate` gave: struct org_caller; NULL: nobody
    void *note;         // of `authenticate`, for the handler and `done`
    void *with;         // the options' `with`
    struct http_connection *connection;
};
struct ym_str http_path_part(const struct http_request *rq, const char *name);
struct ym_str http_param(const struct http_request *rq, const char *name); // none where absent
int64_t http_param_int(const struct http_request *rq, const char *name, int64_t otherwise);
struct ym_str http_header_of(const struct http_request *rq, const char *name);
struct ym_str http_cookie_of(const struct http_request *rq, const char *name);
struct ym_str http_address_of(const struct http_request *rq); // of the client, text
int http_prefer_wait(const struct http_request *rq);          // seconds of `Prefer: wait=N`, 0..60
bool http_takes_gzip_of(const struct http_request *rq);
bool http_stopping(const struct http_request *rq); // the server is about to end: wait no longer

// What was counted since the start; by route of the table, without anything that a client chose.
enum { HTTP_LATENCIES = 8 };
extern const int64_t http_latency_ms[HTTP_LATENCIES]; // upper bounds; the last is without one (0)
struct http_figures {
    int64_t links;       // connections now
    int64_t by_class[6]; // answers of 1xx … 5xx
    int64_t by_latency[HTTP_LATENCIES], latency_us;
    const int64_t *by_route; // answers, by index of the table; in the request's arena
    const struct http_route *routes;
    size_t n_routes;
};
void http_figures_of(const struct http_request *rq, struct http_figures *out);

// Without one the status is the route's `success`; without a body there is none.
void http_reply_status(struct http_reply *re, int status);
void http_reply_header(struct http_reply *re, const char *name, struct ym_str value);
void http_reply_json(struct http_reply *re, json_t *value); // takes the reference
void http_reply_bytes(struct http_reply *re, const char *type, struct ym_buf *body); // takes it
// A file by its descriptor (taken); `gzip` says that it holds gzip.
void http_reply_file(struct http_reply *re, const char *type, int fd, int64_t size,
                     const char *encoding);

/* Server-sent events: the answer becomes a stream that lives on after the handler. `attach` is
 * called with the stream; events are put from any thread, dropped where the client is gone or its
 * ring (64 KiB) is full; a comment goes out every 15 s. `gone` is called once, when it is over,
 * from any thread. */
struct http_events;
typedef void http_events_gone(void *with);
struct http_events *http_reply_events(struct http_reply *re, http_events_gone *gone, void *with);
bool http_events_put(struct http_events *events, const char *name,
                     struct ym_str data);         // false: gone
void http_events_end(struct http_events *events); // after the last event; the handle is void after

/* An answer of any length: `run` writes it on a thread of its own with http_stream_put, which waits
 * while the client is slow; 256 KiB lie between them, whatever the answer's length. The call waits
 * for the first bytes: what fails before them is the handler's error, with its status; what fails
 * later cuts the connection without its end, so that nobody takes a part for the whole. `with` is
 * given to `done` once, by whatever way it ends, and must not lie in the request's arena. At most
 * 16 at once, 8 of them for callers unknown (YM_BUSY "http.streams"). For HEAD nothing is run. */
struct http_stream;
typedef bool http_stream_run(struct http_stream *stream, void *with, struct ym_error *err);
YM_MUST bool http_reply_stream(struct http_request *rq, struct http_reply *re, const char *type,
                               http_stream_run *run, void *with, void (*done)(void *with),
                               struct ym_error *err);
// From `run` alone. YM_BUSY "http.gone": the client has left; YM_LIMITED "http.slow": it takes less
// than 8 KiB a second.
YM_MUST bool http_stream_put(struct http_stream *stream, struct ym_str bytes, struct ym_error *err);
bool http_stream_gone(void *stream); // shaped for the callbacks that ask whether to stop

struct http_options {
    const char *listen; // "127.0.0.1:8420", port 0: the kernel chooses
    const struct http_route *routes;
    size_t n_routes;
    const struct http_extra *extras; // ended by {0}; or NULL
    http_handler *fallback;          // GET and HEAD of anything no route has (the portal)
    void *with;
    // Says who calls, or NULL; false with *err: a token or cookie that is wrong (401). It checks
    // CSRF for cookie sessions on changing methods.
    bool (*authenticate)(struct http_request *rq, void **caller, struct ym_error *err);
    // Called once on a worker when a route has run or was refused by `authenticate`, before its
    // answer goes out; *err says how it ended. May be NULL.
    void (*done)(struct http_request *rq, const struct ym_error *err);
    // A text of the portal's locale files by key, in `lang`; none where there is no such key.
    struct ym_str (*text)(void *with, struct ym_str lang, const char *key);
    // Ends a token that stood in a query; may be NULL.
    void (*burn)(void *with, struct ym_str token);
    const char *proxies;  // addresses whose X-Forwarded-For is believed, joined by '\n'; or NULL
    const char *incoming; // folder of HTTP_FILE_BODY
    int64_t body_max;     // bytes of an HTTP_FILE_BODY
    struct ym_disk_marks marks; // of the disk of `incoming`; all 0: ym_disk_marks_default
    unsigned connections;       // in all (default 6000)
    unsigned per_address;       // default 64; as many again are told so (429) and closed
    unsigned threads;           // epoll threads; 0: min(cores, 4)
    unsigned workers;           // handler threads; 0: 16
    unsigned head_ms;           // deadline of a head; 0: 10 s
};
YM_MUST bool http_server_start(const struct http_options *options, struct http_server **out,
                               struct ym_error *err);
int http_server_port(const struct http_server *server);
void http_server_stop(
    struct http_server *server); // drains as DEPENDENCIES.md section 2 says, frees
// OpenAPI 3.1 of the table; `schemas` is the object for components.schemas (a reference is taken).
json_t *http_openapi(const struct http_route *routes, size_t n, json_t *schemas);
// problem+json of an error (RFC 9457): title and hint by `text`, with {subject} and {line} filled
// in; where there is no text, the error's own English.
json_t *http_problem(const struct ym_error *err, int status, struct ym_str lang,
                     struct ym_str (*text)(void *with, struct ym_str lang, const char *key),
                     void *with);
