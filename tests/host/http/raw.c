#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct raw_world raw_world;

static bool hello(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)err;
    atomic_fetch_add(ym_str_is(rq->path, "/smuggled") ? &raw_world.smuggled : &raw_world.hello, 1);
    http_reply_json(re, json_pack("{s:s%, s:s%, s:s%}", "path", rq->path.p, rq->path.n, "method",
                                  rq->method.p, rq->method.n, "q",
                                  http_param(rq, "q").p ? http_param(rq, "q").p : "",
                                  http_param(rq, "q").n));
    return true;
}

static bool item(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str id = http_path_part(rq, "id");

    (void)err;
    http_reply_json(re, json_pack("{s:s%}", "id", id.p, id.n));
    return true;
}

static bool json_back(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)err;
    http_reply_json(re, json_incref(rq->json));
    return true;
}

static bool upload(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct stat facts;

    if (stat(rq->file, &facts) != 0)
        return ym_fail(err, YM_FAULT, "test.file", "no file");
    http_reply_json(re,
                    json_pack("{s:s, s:I, s:b}", "digest", rq->digest, "size",
                              (json_int_t)rq->file_size, "there", facts.st_size == rq->file_size));
    return true;
}

static bool fails(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)rq;
    http_reply_json(re, json_pack("{s:i}", "half", 1));
    ym_fail(err, YM_CONFLICT, "test.conflict", "the thing is not so");
    ym_hint(err, "Make it so.");
    return ym_about(err, YM_STR("<thing>"));
}

static bool slow(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)err;
    for (int i = 0; i < 100 && !http_stopping(rq); i++)
        usleep(10000);
    http_reply_json(re, json_pack("{s:b}", "stopping", http_stopping(rq)));
    return true;
}

static void over(void *with)
{
    (void)with;
    atomic_fetch_add(&raw_world.gone, 1);
}

static bool events(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)rq, (void)err;
    struct http_events *stream = http_reply_events(re, over, NULL);
    (void)http_events_put(stream, "first", YM_STR("{\"n\": 1}\nsecond line"));
    atomic_store(&raw_world.events, stream);
    return true;
}

static bool poison(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)err;
    http_reply_header(re, "X-Back", http_param(rq, "q"));
    http_reply_header(re, "X-Split", YM_STR("a\r\nSet-Cookie: b=c"));
    http_reply_json(re, json_object());
    return true;
}

static bool page(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_buf text = {0};

    if (!ym_str_starts(rq->path, YM_STR("/pages/")))
        return ym_fail(err, YM_NOT_FOUND, "http.route", "there is nothing at this address");
    ym_buf_add(&text, YM_STR("page"));
    http_reply_bytes(re, "text/plain", &text);
    return true;
}

static bool who(struct http_request *rq, void **caller, struct ym_error *err)
{
    struct ym_str bearer = http_header_of(rq, "Authorization");

    if (!bearer.p)
        return true;
    if (!ym_str_is(bearer, "Bearer good"))
        return ym_fail(err, YM_SIGN_IN, "test.bearer", "no such token");
    *caller = rq;
    return true;
}

static struct ym_str text(void *with, struct ym_str lang, const char *key)
{
    (void)with;
    if (strcmp(key, "problem.test.conflict.title") == 0)
        return ym_str_is(lang, "en") ? YM_STR("{subject} is not so") : YM_STR("{subject}不是这样");
    return (struct ym_str){NULL, 0};
}

static void burn(void *with, struct ym_str token)
{
    (void)with;
    snprintf(raw_world.token, sizeof raw_world.token, "%.*s", YM_FMT(token));
    atomic_fetch_add(&raw_world.burned, 1);
}

static const struct http_param params[] = {
    {"q", HTTP_PARAM_TEXT, 0, 2000, NULL, "text"},
    {"n", HTTP_PARAM_INTEGER, 1, 10, NULL, "number"},
    {"c", HTTP_PARAM_CHOICE, 0, 0, "a,b", "choice"},
    {0},
};
#define ROUTE(method, path, run, access, body, params, success)                                    \
    {                                                                                              \
        method, path, run, access, body, params, "a route of the tests", NULL, NULL, success,      \
            false, NULL                                                                            \
    }
static const struct http_route routes[] = {
    ROUTE("GET", "/hello", hello, HTTP_ANYONE, HTTP_NO_BODY, params, 200),
    ROUTE("GET", "/smuggled", hello, HTTP_ANYONE, HTTP_NO_BODY, NULL, 200),
    ROUTE("GET", "/items/{id}", item, HTTP_ANYONE, HTTP_NO_BODY, NULL, 200),
    ROUTE("DELETE", "/items/{id}", item, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL, 200),
    ROUTE("POST", "/json", json_back, HTTP_ANYONE, HTTP_JSON_BODY, NULL, 201),
    ROUTE("PATCH", "/json", json_back, HTTP_ANYONE, HTTP_JSON_BODY, NULL, 200),
    ROUTE("POST", "/files", upload, HTTP_ANYONE, HTTP_FILE_BODY, NULL, 201),
    ROUTE("POST", "/private", upload, HTTP_SIGNED_IN, HTTP_FILE_BODY, NULL, 201),
    ROUTE("GET", "/fails", fails, HTTP_ANYONE, HTTP_NO_BODY, NULL, 200),
    ROUTE("GET", "/slow", slow, HTTP_ANYONE, HTTP_NO_BODY, NULL, 200),
    ROUTE("GET", "/events", events, HTTP_ANYONE, HTTP_NO_BODY, NULL, 200),
    ROUTE("GET", "/poison", poison, HTTP_ANYONE, HTTP_NO_BODY, params, 200),
};

void raw_start(void (*more)(struct http_options *options))
{
    struct http_options options = {
        .listen = "127.0.0.1:0",
        .routes = routes,
        .n_routes = YM_COUNT(routes),
        .fallback = page,
        .authenticate = who,
        .text = text,
        .burn = burn,
        .body_max = INT64_C(256) << 20,
        .per_address = 1000,
        .workers = 4,
    };
    struct ym_error err = {0};
    char incoming[96];

    memset(&raw_world, 0, sizeof raw_world);
    signal(SIGPIPE, SIG_IGN);
    snprintf(raw_world.dir, sizeof raw_world.dir, "/tmp/ym-http-XXXXXX");
    if (!mkdtemp(raw_world.dir))
        abort();
    snprintf(incoming, sizeof incoming, "%s/incoming", raw_world.dir);
    if (mkdir(incoming, 0700) != 0)
        abort();
    options.incoming = incoming;
    if (more)
        more(&options);
    if (!http_server_start(&options, &raw_world.http, &err)) {
        ym_log_error(YM_ERROR, "test.start", &err);
        abort();
    }
    raw_world.port = http_server_port(raw_world.http);
}

void raw_stop(void)
{
    char incoming[96];

    http_server_stop(raw_world.http);
    raw_world.http = NULL;
    snprintf(incoming, sizeof incoming, "%s/incoming", raw_world.dir);
    if (rmdir(incoming) != 0 || rmdir(raw_world.dir) != 0) {
        fprintf(stderr, "# an upload was left in %s\n", incoming);
        abort();
    }
}

int raw_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)raw_world.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        abort();
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

void raw_send(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return; // the server has closed: the answer says why
        bytes += sent;
        n -= (size_t)sent;
    }
}

void raw_read(int fd, int ms, struct raw_answer *out)
{
    char piece[8192];

    memset(out, 0, sizeof *out);
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        // The first bytes may be late on a busy machine; silence after them is the end.
        if (poll(&ready, 1, out->n == 0 && ms < 3000 ? 3000 : ms) <= 0)
            break;
        ssize_t n = recv(fd, piece, sizeof piece, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            out->closed = true;
            break;
        }
        size_t keep =
            (size_t)n < sizeof out->text - 1 - out->n ? (size_t)n : sizeof out->text - 1 - out->n;
        memcpy(out->text + out->n, piece, keep);
        out->n += keep;
    }
    if (sscanf(out->text, "HTTP/1.1 %d", &out->status) != 1)
        out->status = 0;
    for (const char *at = out->text; (at = strstr(at, "HTTP/1.1 ")) != NULL; at++)
        out->answers += at[9] >= '1' && at[9] <= '5';
}

void raw_ask(const char *bytes, size_t n, struct raw_answer *out)
{
    int fd = raw_connect();

    raw_send(fd, bytes, n);
    raw_read(fd, 200, out);
    close(fd);
}
