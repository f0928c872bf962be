#include "host/http/client.h"

#include <curl/curl.h>
#include <pthread.h>

enum {
    IDLE_MAX = 64, // handles kept, each with its connection
    IDLE_S = 15,   // below what servers close idle connections after (the engine: 30 s)
    CONNECT_MS = 5000,
    BUFFER_BYTES = 128 * 1024, // of a transfer, each way
};

struct http_client {
    pthread_mutex_t lock;
    // guarded by lock:
    CURL *idle[IDLE_MAX];
    size_t n;
};

void http_escape(struct ym_buf *url, struct ym_str text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-' || c == '.' || c == '~';
        if (plain) {
            ym_buf_char(url, text.p[i]);
            continue;
        }
        ym_buf_char(url, '%');
        ym_buf_char(url, hex[c >> 4]);
        ym_buf_char(url, hex[c & 15]);
    }
}

struct transfer {
    struct http_call *call;
    struct ym_error *err;
    bool failed; // a function of the caller's stopped it, with *err
    bool cancelled;
};

static void begin_curl(void)
{
    CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(rc == CURLE_OK);
}

struct http_client *http_client_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http_client *client = calloc(1, sizeof *client);

    pthread_once(&once, begin_curl);
    if (!client)
        abort();
    pthread_mutex_init(&client->lock, NULL);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->n; i++)
        curl_easy_cleanup(client->idle[i]);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

// The last one used comes first: its connection is the least likely to have been closed.
static CURL *take_handle(struct http_client *client)
{
    CURL *handle = NULL;

    pthread_mutex_lock(&client->lock);
    if (client->n > 0)
        handle = client->idle[--client->n];
    pthread_mutex_unlock(&client->lock);
    if (!handle)
        handle = curl_easy_init();
    if (!handle)
        abort();
    return handle;
}

static void give_handle(struct http_client *client, CURL *handle)
{
    curl_easy_reset(handle); // keeps the connection
    pthread_mutex_lock(&client->lock);
    bool kept = client->n < IDLE_MAX;
    if (kept)
        client->idle[client->n++] = handle;
    pthread_mutex_unlock(&client->lock);
    if (!kept)
        curl_easy_cleanup(handle);
}

static size_t on_read(char *to, size_t size, size_t count, void *with)
{
    struct transfer *transfer = with;
    struct http_call *call = transfer->call;
    size_t n = 0;

    if (!call->read(call->with, to, size * count, &n, transfer->err)) {
        transfer->failed = true;
        return CURL_READFUNC_ABORT;
    }
    assert(n <= size * count);
    return n;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *with)
{
    struct transfer *transfer = with;
    struct http_call *call = transfer->call;
    struct ym_str part = {bytes, size * count};

    if (call->write) {
        if (!call->write(call->with, part, transfer->err)) {
            transfer->failed = true;
            return 0;
        }
        return part.n;
    }
    if (!call->answer)
        return part.n;
    ym_buf_add(call->answer, part);
    if (!call->answer->full)
        return part.n;
    ym_fail(transfer->err, YM_TOO_LARGE, "http.answer", "the answer is larger than %zu bytes",
            call->answer->limit);
    ym_hint(transfer->err, "Ask for less at once.");
    transfer->failed = true;
    return 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *with)
{
    struct http_call *call = ((struct transfer *)with)->call;
    struct ym_str line = ym_str_trim((struct ym_str){bytes, size * count}), name;
    int64_t status;

    if (ym_str_starts(line, YM_STR("HTTP/"))) {
        size_t at = ym_str_find(line, YM_STR(" "), 0);
        if (at != SIZE_MAX && ym_str_int(ym_str_sub(line, at + 1, 3), &status))
            call->status = (int)status;
    } else if (call->header && line.n > 0) {
        (void)ym_str_cut(&line, ':', &name);
        call->header(call->with, name, ym_str_trim(line));
    }
    return size * count;
}

// libcurl calls this with every part, and each second where nothing comes.
static int on_progress(void *with, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total,
                       curl_off_t ul)
{
    struct transfer *transfer = with;

    (void)dl_total, (void)dl, (void)ul_total, (void)ul;
    if (!transfer->call->stopped || !transfer->call->stopped(transfer->call->with))
        return 0;
    transfer->cancelled = true;
    return 1;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *line)
{
    struct curl_slist *more = curl_slist_append(list, line);

    if (!more)
        abort();
    return more;
}

static struct curl_slist *request_headers(const struct http_call *call)
{
    struct curl_slist *list = NULL;
    bool typed = false, expects = false;

    for (size_t i = 0; i < call->n_headers; i++) {
        struct ym_str name = call->headers[i].name, value = call->headers[i].value;
        struct ym_buf line = {0};

        // An empty value would take libcurl's own header of that name away.
        ym_buf_printf(&line, value.n > 0 ? "%.*s: %.*s" : "%.*s;", YM_FMT(name), YM_FMT(value));
        assert(!memchr(line.p, '\r', line.n) && !memchr(line.p, '\n', line.n));
        list = add_header(list, ym_buf_cstr(&line));
        typed = typed || (name.n == 12 && strncasecmp(name.p, "Content-Type", 12) == 0);
        expects = expects || (name.n == 6 && strncasecmp(name.p, "Expect", 6) == 0);
        ym_buf_clear(&line);
    }
    if (!typed)
        list = add_header(list, "Content-Type:"); // libcurl would say it is a form
    if (!expects)
        list = add_header(list, "Expect:");
    if (call->read && call->size <= 0)
        list = add_header(list, "Transfer-Encoding: chunked");
    return list;
}

#define SET(handle, option, value)                                                                 \
    do {                                                                                           \
        CURLcode set_rc = curl_easy_setopt(handle, option, value);                                 \
        assert(set_rc == CURLE_OK);                                                                \
    } while (0)

static void set_body(CURL *handle, struct transfer *transfer)
{
    struct http_call *call = transfer->call;
    const char *method = call->method;

    if (call->read) {
        SET(handle, CURLOPT_POST, 1L);
        SET(handle, CURLOPT_READFUNCTION, on_read);
        SET(handle, CURLOPT_READDATA, transfer);
        SET(handle, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
        if (call->size > 0)
            SET(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->size);
    } else if (call->body.n > 0 || strcmp(method, "POST") == 0) {
        SET(handle, CURLOPT_POST, 1L);
        SET(handle, CURLOPT_POSTFIELDS, call->body.n > 0 ? call->body.p : "");
        SET(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
    } else if (strcmp(method, "HEAD") == 0) {
        SET(handle, CURLOPT_NOBODY, 1L);
        return;
    }
    SET(handle, CURLOPT_CUSTOMREQUEST, method);
}

static void set_options(CURL *handle, struct transfer *transfer, struct curl_slist *headers)
{
    struct http_call *call = transfer->call;

    SET(handle, CURLOPT_URL, call->url);
    SET(handle, CURLOPT_NOSIGNAL, 1L);
    SET(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(handle, CURLOPT_NOPROXY, "*"); // the environment's proxy is not for our own servers
    SET(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(handle, CURLOPT_MAXAGE_CONN, (long)IDLE_S);
    SET(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    SET(handle, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    SET(handle, CURLOPT_HTTPHEADER, headers);
    SET(handle, CURLOPT_CONNECTTIMEOUT_MS,
        (long)(call->connect_timeout_ms > 0 ? call->connect_timeout_ms : CONNECT_MS));
    SET(handle, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    SET(handle, CURLOPT_WRITEFUNCTION, on_write);
    SET(handle, CURLOPT_WRITEDATA, transfer);
    SET(handle, CURLOPT_HEADERFUNCTION, on_header);
    SET(handle, CURLOPT_HEADERDATA, transfer);
    if (call->stopped) {
        SET(handle, CURLOPT_NOPROGRESS, 0L);
        SET(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
        SET(handle, CURLOPT_XFERINFODATA, transfer);
    }
    if (call->user) {
        SET(handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(handle, CURLOPT_USERNAME, call->user);
        SET(handle, CURLOPT_PASSWORD, call->password ? call->password : "");
    }
    set_body(handle, transfer);
}

static bool judge(const struct transfer *transfer, CURLcode rc, struct ym_error *err)
{
    if (transfer->failed)
        return false;
    if (transfer->cancelled) {
        ym_fail(err, YM_FAULT, "http.stopped", "the call was stopped");
        return ym_hint(err, "It was stopped on request. Begin it again if it is still wanted.");
    }
    switch (rc) {
    case CURLE_OK:
        return true;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:
        ym_fail(err, YM_BUSY, "http.away", "the server did not answer: %s", curl_easy_strerror(rc));
        return ym_hint(err, "See that the server runs and that its address is right; try again.");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        ym_fail(err, YM_INVALID, "http.url", "the address is not an http or https address");
        return ym_hint(err, "Write it as http://HOST:PORT.");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        ym_fail(err, YM_FAULT, "http.tls", "no trusted connection: %s", curl_easy_strerror(rc));
        return ym_hint(err, "See that the server's certificate is valid and its issuer is known.");
    default:
        ym_fail(err, YM_FAULT, "http.cut", "the transfer was cut off: %s", curl_easy_strerror(rc));
        return ym_hint(err, "The other side closed the connection early; try again.");
    }
}

bool http_call(struct http_client *client, struct http_call *call, struct ym_error *err)
{
    struct transfer transfer = {.call = call, .err = err};
    struct curl_slist *headers = request_headers(call);
    CURL *handle = take_handle(client);

    call->status = 0;
    set_options(handle, &transfer, headers);
    CURLcode rc = curl_easy_perform(handle);
    curl_slist_free_all(headers);
    give_handle(client, handle);
    return judge(&transfer, rc, err);
}
