#include "host/http/inside.h"

#include <errno.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS = 6000,
    WORKERS = 16,
    WAITING = 512,      // turns that wait for a worker
    MEMORY = 24 * 1024, // of a connection: a head of 16 KiB, the answer's head, a body's piece
    IDLE_S = 60,
    TICK_MS = 250,
    OTHER_FILES = 256, // descriptors that are not connections
    DRAIN_MS = 5000
};

static size_t keep_raw(void *with, struct MHD_Connection *mhd, char *text)
{
    (void)with, (void)mhd;
    return strlen(text); // decoded once, by http_target_parse
}

static enum MHD_Result admits(void *with, const struct sockaddr *peer, socklen_t n)
{
    struct http_server *server = with;

    (void)n;
    return http_guard_admits(&server->guard, peer) ? MHD_YES : MHD_NO;
}

static void on_link(void *with, struct MHD_Connection *mhd, void **context,
                    enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = with;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        http_guard_leave(&server->guard, *context);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context =
        http_guard_join(&server->guard, peer ? peer->client_addr : NULL, fd ? fd->connect_fd : -1);
}

static void on_log(void *with, const char *format, va_list args) YM_PRINTF(2, 0);
static void on_log(void *with, const char *format, va_list args)
{
    char text[512];

    (void)with;
    int n = vsnprintf(text, sizeof text, format, args);
    if (n > 0)
        ym_log(YM_DEBUG, "http.library", YM_ARGS(ym_text("text", ym_str_trim(ym_str(text)))));
}

static void sweep(void *with)
{
    struct http_server *server = with;
    struct http_guard *guard = &server->guard;
    struct timespec until;

    pthread_mutex_lock(&guard->lock);
    while (!guard->stopping) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_MS * 1000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&guard->tick, &guard->lock, &until);
        pthread_mutex_unlock(&guard->lock);
        http_guard_sweep(guard, ym_monotonic());
        http_events_tick(server, ym_monotonic());
        pthread_mutex_lock(&guard->lock);
    }
    pthread_mutex_unlock(&guard->lock);
}

static bool cannot_listen(struct ym_error *err, const char *listen, const char *why)
{
    ym_fail(err, YM_INVALID, "http.listen", "cannot listen on '%s': %s", listen, why);
    ym_hint(err, "Set http.listen to ADDRESS:PORT that is free, 127.0.0.1:0 for any port.");
    return ym_about(err, ym_str(listen));
}

// "127.0.0.1:8420", "[::1]:8420", "localhost:0".
static bool split_listen(const char *text, char host[256], const char **port)
{
    host[0] = '\0';
    *port = "";
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;

    if (!colon || n == 0 || n >= 256 || !colon[1])
        return false;
    if (text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    memcpy(host, text, n);
    host[n] = '\0';
    *port = colon + 1;
    return true;
}

static bool bind_to(const struct addrinfo *at, int *fd)
{
    int one = 1;

    *fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return false;
    // For a port that our own last run still holds in TIME_WAIT; two servers still cannot share it.
    (void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(*fd, at->ai_addr, at->ai_addrlen) == 0 && listen(*fd, 1024) == 0)
        return true;
    int why = errno;
    close(*fd);
    *fd = -1;
    errno = why;
    return false;
}

static bool start_listening(struct http_server *server, const char *text, bool *six,
                            struct ym_error *err)
{
    char host[256];
    const char *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } bound = {0};
    socklen_t n = sizeof bound;

    if (!text || !split_listen(text, host, &port))
        return cannot_listen(err, text ? text : "", "it is not ADDRESS:PORT");
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return cannot_listen(err, text, gai_strerror(failed));
    bool ok = bind_to(found, &server->listening);
    int why = errno;
    *six = found->ai_family == AF_INET6;
    freeaddrinfo(found);
    if (!ok)
        return cannot_listen(err, text, strerror(why));
    if (getsockname(server->listening, &bound.any, &n) != 0)
        return cannot_listen(err, text, strerror(errno));
    server->port = ntohs(*six ? bound.six.sin6_port : bound.four.sin_port);
    return true;
}

// As many as were asked for, and as the process may open; the soft limit is raised for them.
static unsigned connection_limit(unsigned wanted)
{
    struct rlimit files;

    if (wanted == 0)
        wanted = CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return wanted;
    rlim_t need = (rlim_t)wanted + OTHER_FILES;
    if (files.rlim_cur < need) {
        files.rlim_cur = files.rlim_max < need ? files.rlim_max : need;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur >= need)
        return wanted;
    return files.rlim_cur > (rlim_t)2 * OTHER_FILES ? (unsigned)files.rlim_cur - OTHER_FILES
                                                    : OTHER_FILES;
}

static unsigned thread_count(unsigned wanted)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted > 0)
        return wanted;
    return cores < 1 ? 1 : cores > 4 ? 4 : (unsigned)cores;
}

static bool start_daemon(struct http_server *server, unsigned connections, bool six)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG | (six ? MHD_USE_IPv6 : 0u);
    unsigned threads = thread_count(server->options.threads);

    /* Not MHD_OPTION_STRICT_FOR_CLIENT: in 0.9.75 it adds one check, the missing Host, which
     * http_head_parse makes too and answers in the caller's language. */
    server->daemon = MHD_start_daemon(
        flags, 0, admits, server, http_turn, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, server->listening, MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, connections < threads ? threads : connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY, MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL, MHD_OPTION_URI_LOG_CALLBACK,
        http_turn_new, server, MHD_OPTION_NOTIFY_COMPLETED, http_turn_over, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_link, server, MHD_OPTION_END);
    return server->daemon != NULL;
}

static struct http_server *server_new(const struct http_options *options, unsigned connections)
{
    struct http_server *server = calloc(1, sizeof *server);

    if (!server)
        abort();
    server->options = *options;
    if (options->marks.low_percent == 0 && options->marks.low_bytes == 0)
        server->options.marks = ym_disk_marks_default;
    server->counts.by_route = calloc(options->n_routes + 1, sizeof *server->counts.by_route);
    if (!server->counts.by_route)
        abort();
    server->listening = -1;
    server->fallback =
        (struct http_route){.method = "GET", .path = "", .run = options->fallback, .success = 200};
    (void)snprintf(server->incoming, sizeof server->incoming, "%s",
                   options->incoming ? options->incoming : ".");
    pthread_rwlock_init(&server->gate, NULL);
    pthread_mutex_init(&server->streams_lock, NULL);
    http_guard_init(&server->guard, options, connections);
    return server;
}

static void server_free(struct http_server *server)
{
    if (server->listening >= 0)
        close(server->listening);
    http_guard_clear(&server->guard);
    pthread_mutex_destroy(&server->streams_lock);
    pthread_rwlock_destroy(&server->gate);
    free(server->counts.by_route);
    free(server);
}

bool http_server_start(const struct http_options *options, struct http_server **out,
                       struct ym_error *err)
{
    unsigned connections = connection_limit(options->connections);
    struct http_server *server = server_new(options, connections);
    bool six = false;

    *out = NULL;
    if (!start_listening(server, options->listen, &six, err)) {
        server_free(server);
        return false;
    }
    if (options->incoming)
        http_upload_sweep(options->incoming);
    server->pool = worker_pool_new(options->workers > 0 ? options->workers : WORKERS, WAITING);
    server->writers = http_streams_start();
    if (!start_daemon(server, connections, six)) {
        worker_pool_free(server->writers);
        worker_pool_free(server->pool);
        server_free(server);
        return ym_fail(err, YM_FAULT, "http.listen", "the HTTP library did not start");
    }
    server->sweeper = worker_thread_start("http-sweep", sweep, server);
    ym_log(YM_INFO, "http.listening", YM_ARGS(ym_int("port", server->port)));
    *out = server;
    return true;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

// Answers that stand get out; who does not read them does not hold the stop up.
static void drain(struct http_server *server)
{
    int64_t end = ym_monotonic() + DRAIN_MS * INT64_C(1000);

    while (http_guard_sending(&server->guard) && ym_monotonic() < end)
        usleep(2000);
}

/* The order of DEPENDENCIES.md, section 2: MHD_stop_daemon with a suspended connection ends the
 * process, so nothing is suspended any more when it is called: streams end, no turn is handed to a
 * worker, and the workers finish those they have. */
void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    (void)MHD_quiesce_daemon(server->daemon); // the listening socket is ours to close
    pthread_rwlock_wrlock(&server->gate);
    atomic_store(&server->stopping, true);
    pthread_rwlock_unlock(&server->gate);
    http_events_end_all(server);
    http_streams_end_all(server);
    worker_pool_free(server->pool);
    http_streams_end_all(server); // those that the last handlers began
    worker_pool_free(server->writers);
    drain(server);
    pthread_mutex_lock(&server->guard.lock);
    server->guard.stopping = true;
    pthread_cond_signal(&server->guard.tick);
    pthread_mutex_unlock(&server->guard.lock);
    worker_thread_join(server->sweeper);
    MHD_stop_daemon(server->daemon);
    server_free(server);
}
