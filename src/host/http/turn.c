#include "host/http/inside.h"

#include <sys/socket.h>
#include <unistd.h>

// Bodies held in memory, of all connections together.
static const int64_t json_budget = INT64_C(64) << 20;

static bool has_failed(const struct http_connection *turn)
{
    return turn->err.kind != YM_NO_ERROR;
}

static bool expects_body(const struct http_connection *turn)
{
    return turn->head.chunked || turn->head.length > 0;
}

static struct http_link *link_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

// Called when the request line is there: the head must end before the link's deadline does.
void *http_turn_new(void *with, const char *target, struct MHD_Connection *mhd)
{
    struct http_server *server = with;
    struct http_connection *turn = calloc(1, sizeof *turn);

    if (!turn)
        abort();
    turn->server = server;
    turn->mhd = mhd;
    turn->link = link_of(mhd);
    turn->raw_at = target;
    turn->raw = ym_arena_str(&turn->arena, ym_str(target));
    turn->begun = ym_monotonic();
    turn->upload.fd = -1;
    turn->extra = http_route_extra(&server->options, NULL);
    turn->re = (struct http_reply){.arena = &turn->arena, .fd = -1};
    turn->rq = (struct http_request){
        .arena = &turn->arena,
        .with = server->options.with,
        .lang = YM_STR("zh-CN"),
        .connection = turn,
    };
    if (turn->link) {
        int64_t left =
            atomic_load(&turn->link->since) + atomic_load(&turn->link->limit_us) - turn->begun;
        int64_t limit = left < server->guard.head_us ? left : server->guard.head_us;
        http_guard_phase(turn->link, HTTP_PHASE_HEAD, limit > 0 ? limit : 1);
    }
    return turn;
}

// The work of a turn, on a worker.

static void judge(struct http_connection *turn)
{
    const struct http_options *options = &turn->server->options;
    const struct http_route *route = turn->rq.route;

    turn->judged = true;
    if (route == &turn->server->fallback)
        return; // pages are the same for everyone
    if (options->authenticate && !options->authenticate(&turn->rq, &turn->rq.caller, &turn->err))
        return;
    if (route->access == HTTP_SIGNED_IN && !turn->rq.caller) {
        ym_fail(&turn->err, YM_SIGN_IN, "http.sign_in", "this needs somebody who signed in");
        ym_hint(&turn->err, "Sign in, or send Authorization: Bearer with a token.");
    }
}

static bool read_json(struct http_connection *turn, struct ym_error *err)
{
    return ym_json_parse(ym_buf_str(&turn->body), HTTP_JSON_MAX, &turn->rq.json, err);
}

static bool put_to_sink(struct http_connection *turn, struct ym_error *err)
{
    struct ym_str bytes = ym_buf_str(&turn->body);

    turn->body.n = 0;
    return bytes.n == 0 || turn->extra->sink->put(&turn->rq, bytes, err);
}

static void handle(struct http_connection *turn)
{
    const struct http_route *route = turn->rq.route;
    struct ym_error *err = &turn->err;

    if (!turn->judged)
        judge(turn);
    if (has_failed(turn))
        return;
    if (route->body == HTTP_JSON_BODY && !read_json(turn, err))
        return;
    if (route->body == HTTP_FILE_BODY && !http_upload_end(turn, err))
        return;
    if (route->body == HTTP_SINK_BODY && !put_to_sink(turn, err))
        return;
    if (!route->run(&turn->rq, &turn->re, err) && !has_failed(turn))
        ym_fail(err, YM_FAULT, "http.fault", "the handler of '%s' failed without saying why",
                route->path);
}

static void tell_done(struct http_connection *turn)
{
    const struct http_options *options = &turn->server->options;

    if (options->done && turn->rq.route != &turn->server->fallback)
        options->done(&turn->rq, &turn->err);
}

// After this the turn is the library's again; it may be gone at once.
static void hand_back(struct http_connection *turn, enum http_stage stage, enum http_phase phase)
{
    if (has_failed(turn)) {
        http_reply_error(turn);
        stage = HTTP_STAGE_ANSWER;
    }
    turn->stage = stage;
    http_guard_phase(turn->link, phase, 0);
    MHD_resume_connection(turn->mhd);
}

static void run_handler(void *with)
{
    struct http_connection *turn = with;

    handle(turn);
    tell_done(turn);
    http_upload_drop(&turn->upload); // here, since removing a large file takes a while
    if (turn->rq.sink)
        turn->extra->sink->drop(turn->rq.sink, YM_STR(""));
    turn->rq.sink = NULL;
    hand_back(turn, HTTP_STAGE_ANSWER, HTTP_PHASE_ANSWER);
}

static void run_judge(void *with)
{
    struct http_connection *turn = with;

    judge(turn);
    if (has_failed(turn))
        tell_done(turn);
    else if (turn->rq.route->body == HTTP_FILE_BODY)
        (void)http_upload_open(turn, &turn->err); // its error is the turn's
    if (!has_failed(turn) && turn->rq.route->body == HTTP_SINK_BODY)
        (void)turn->extra->sink->open(&turn->rq, &turn->err);
    hand_back(turn, HTTP_STAGE_BODY, HTTP_PHASE_BODY);
}

static void run_store(void *with)
{
    struct http_connection *turn = with;

    if (turn->rq.route->body == HTTP_SINK_BODY)
        (void)put_to_sink(turn, &turn->err);
    else
        (void)http_upload_put(turn, &turn->err); // its error is the turn's
    hand_back(turn, HTTP_STAGE_BODY, HTTP_PHASE_BODY);
}

static void run_burn(void *with)
{
    struct http_connection *turn = with;
    const struct http_options *options = &turn->server->options;

    options->burn(options->with, turn->target.token);
    hand_back(turn, HTTP_STAGE_ANSWER, HTTP_PHASE_BODY);
}

static enum MHD_Result to_worker(struct http_connection *turn, worker_run *run)
{
    struct http_server *server = turn->server;
    struct ym_error refused = {0};

    turn->stage = HTTP_STAGE_WORK;
    http_guard_phase(turn->link, HTTP_PHASE_OURS, 0);
    MHD_suspend_connection(turn->mhd);
    pthread_rwlock_rdlock(&server->gate);
    bool open = !atomic_load(&server->stopping);
    bool taken = open && worker_pool_put(server->pool, run, turn, &refused);
    pthread_rwlock_unlock(&server->gate);
    if (taken)
        return MHD_YES; // the turn is a worker's now
    if (!open) {
        ym_fail(&refused, YM_BUSY, "http.stopping", "the server is stopping");
        ym_hint(&refused, "Try again in a few seconds.");
    }
    if (!has_failed(turn))
        turn->err = refused;
    hand_back(turn, HTTP_STAGE_ANSWER, HTTP_PHASE_BODY);
    return MHD_YES;
}

// The head of a turn, on the library's thread: nothing here blocks.

static void settle_language(struct http_connection *turn)
{
    struct ym_str said = http_param(&turn->rq, "lang");

    if (!ym_str_is(said, "zh-CN") && !ym_str_is(said, "en"))
        said = http_cookie_of(&turn->rq, "lang");
    if (!ym_str_is(said, "zh-CN") && !ym_str_is(said, "en"))
        said = http_language(http_header_of(&turn->rq, "Accept-Language"));
    turn->rq.lang = said;
}

// The library took `n` headers; the block that is read again must hold exactly as many, and end
// where the library's count of bytes ends.
static bool read_head(struct http_connection *turn, const char *method, struct ym_error *err)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(turn->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t before = strlen(method) + 1;
    struct ym_str block = {method, info ? info->header_size : 0};

    if (turn->raw_at != method + before) {
        ym_fail(err, YM_INVALID, "http.head", "the request line is not METHOD TARGET VERSION");
        return ym_hint(err, "Put single blanks between the three parts of the request line.");
    }
    // The library goes on using its buffer: what outlives this call is copied.
    block = ym_arena_str(&turn->arena, block);
    if (!http_head_parse(block, turn->raw.n, &turn->arena, &turn->head, err))
        return false;
    int n = MHD_get_connection_values(turn->mhd, MHD_HEADER_KIND, NULL, NULL);
    if (n < 0 || (size_t)n != turn->head.headers.n)
        return ym_fail(err, YM_INVALID, "http.head", "the head's lines are not clear");
    return true;
}

static bool settle_client(struct http_connection *turn, struct ym_error *err)
{
    struct http_guard *guard = &turn->server->guard;

    if (!turn->link)
        return true;
    turn->client = turn->link->address;
    if (turn->link->over) {
        turn->close = true;
        ym_fail(err, YM_LIMITED, "http.per_address", "too many connections of one address");
        return ym_hint(err, "Keep connections and use them again, or close some.");
    }
    if (!turn->link->proxy ||
        !http_guard_client(guard, http_header_of(&turn->rq, "X-Forwarded-For"), &turn->client))
        return true;
    turn->counted = http_guard_enter(guard, &turn->client);
    if (turn->counted)
        return true;
    ym_fail(err, YM_LIMITED, "http.per_address", "too many requests of one address at once");
    return ym_hint(err, "Wait for the answers of some requests before sending more.");
}

static bool refuse_secret(const struct http_connection *turn, struct ym_error *err)
{
    if (!turn->target.token.p && !turn->target.secret)
        return false;
    ym_fail(err, YM_INVALID, "http.secret_in_url", "a secret stands in the address");
    ym_hint(err, "Addresses are kept in logs. Make a new token; send it as Authorization: Bearer.");
    return true;
}

static bool find_route(struct http_connection *turn, struct ym_error *err)
{
    struct http_server *server = turn->server;
    struct ym_str method = turn->head.method;
    bool reads = ym_str_is(method, "GET") || ym_str_is(method, "HEAD");

    turn->rq.method = method;
    turn->rq.path = turn->target.path;
    if (http_route_find(&server->options, method, turn->rq.path, &turn->arena, &turn->rq.route,
                        &turn->parts, &turn->allow, err)) {
        turn->extra = http_route_extra(&server->options, turn->rq.route);
        return http_route_params(turn->rq.route, &turn->target.query, err);
    }
    if (turn->allow.n > 0 || !reads || !server->options.fallback)
        return false;
    *err = (struct ym_error){0};
    turn->rq.route = &server->fallback;
    return true;
}

static bool body_type(const struct http_connection *turn, struct ym_error *err)
{
    struct ym_str coding = http_header_of(&turn->rq, "Content-Encoding");
    struct ym_str type = http_media_type(http_header_of(&turn->rq, "Content-Type"));
    bool json = http_name_is(type, "application/json") || ym_str_ends(type, YM_STR("+json"));
    bool fits = turn->rq.route->body == HTTP_JSON_BODY
                    ? json
                    : !http_name_is(ym_str_sub(type, 0, 10), "multipart/");

    if (fits && (!coding.p || http_name_is(coding, "identity")))
        return true;
    ym_fail(err, YM_INVALID, "http.body_type", "the body's type '%.*s' is not taken here",
            YM_FMT(type));
    ym_hint(err, turn->rq.route->body == HTTP_JSON_BODY
                     ? "Send Content-Type: application/json and no Content-Encoding."
                     : "Send the file's bytes as they are, without a form around them.");
    return ym_about(err, type);
}

static bool too_large(struct ym_error *err, int64_t most)
{
    ym_fail(err, YM_TOO_LARGE, "http.body_large", "the body is over %lld bytes", (long long)most);
    return ym_hint(err, "Split it into parts of at most %lld bytes.", (long long)most);
}

static int64_t body_most(const struct http_connection *turn)
{
    return turn->rq.route->body == HTTP_JSON_BODY ? HTTP_JSON_MAX : turn->server->options.body_max;
}

static bool body_fits(const struct http_connection *turn, struct ym_error *err)
{
    if (turn->rq.route->body == HTTP_NO_BODY) {
        if (!expects_body(turn))
            return true;
        ym_fail(err, YM_INVALID, "http.body", "this address takes no body");
        return ym_hint(err, "Send the request without a body.");
    }
    if (!body_type(turn, err))
        return false;
    return turn->head.length <= body_most(turn) || too_large(err, body_most(turn));
}

static bool judge_head(struct http_connection *turn, const char *method, struct ym_error *err)
{
    struct ym_str language;

    turn->close = true; // after what is not understood the next bytes are not either
    if (!read_head(turn, method, err))
        return false;
    language = http_language(http_header_of(&turn->rq, "Accept-Language"));
    turn->rq.lang = language;
    if (!http_target_parse(turn->raw, &turn->arena, &turn->target, err))
        return false;
    settle_language(turn);
    turn->close = turn->head.chunked; // the library reads chunks more freely than RFC 9112
    return settle_client(turn, err) && !refuse_secret(turn, err) && find_route(turn, err) &&
           body_fits(turn, err);
}

/* An answer that stands before the body came. The library closes after an answer queued now, so
 * where there is no body, or a short one to swallow, it goes on first and is answered at the end;
 * before a long one it is answered at once, and the client never sends it (Expect: 100-continue).
 */
static enum MHD_Result answer_early(struct http_connection *turn)
{
    bool small = !turn->head.chunked && turn->head.length <= HTTP_SWALLOW &&
                 !http_header_of(&turn->rq, "Expect").p;

    if (!turn->close && (small || !expects_body(turn))) {
        turn->past_head = true;
        http_guard_phase(turn->link, HTTP_PHASE_BODY, 0);
        return MHD_YES;
    }
    turn->close = turn->close || expects_body(turn);
    return http_reply_queue(turn);
}

static enum MHD_Result refuse(struct http_connection *turn)
{
    if (turn->target.token.p && turn->server->options.burn)
        return to_worker(turn, run_burn);
    http_reply_error(turn);
    turn->stage = HTTP_STAGE_ANSWER;
    return answer_early(turn);
}

static enum MHD_Result begin(struct http_connection *turn, const char *method)
{
    if (!judge_head(turn, method, &turn->err))
        return refuse(turn);
    return to_worker(turn, turn->rq.route->body == HTTP_NO_BODY ? run_handler : run_judge);
}

// The body.

static bool borrow(struct http_connection *turn, size_t n, struct ym_error *err)
{
    int64_t total = atomic_fetch_add(&turn->server->json_bytes, (int64_t)n) + (int64_t)n;

    turn->borrowed += (int64_t)n;
    if (total <= json_budget)
        return true;
    ym_fail(err, YM_BUSY, "http.busy", "too many bodies are in memory");
    return ym_hint(err, "Try again in a few seconds.");
}

static bool take_json(struct http_connection *turn, struct ym_str data, struct ym_error *err)
{
    if (turn->body.n + data.n > HTTP_JSON_MAX)
        return too_large(err, HTTP_JSON_MAX);
    if (!borrow(turn, data.n, err))
        return false;
    ym_buf_add(&turn->body, data);
    return true;
}

static enum MHD_Result failed_midway(struct http_connection *turn)
{
    http_reply_error(turn);
    turn->stage = HTTP_STAGE_ANSWER;
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_connection *turn, const char *data, size_t *n)
{
    struct ym_str bytes = {data, *n};

    if (!turn->past_head) { // called once more for the head, after the judgement
        turn->past_head = true;
        return MHD_YES;
    }
    if (*n == 0)
        return to_worker(turn, run_handler);
    if (turn->link)
        atomic_fetch_add(&turn->link->bytes, (int64_t)*n);
    if (turn->rq.route->body == HTTP_JSON_BODY) {
        *n = 0;
        return take_json(turn, bytes, &turn->err) ? MHD_YES : failed_midway(turn);
    }
    bytes = ym_str_sub(bytes, 0, HTTP_CHUNK - turn->body.n);
    turn->taken += (int64_t)bytes.n;
    if (turn->taken > turn->server->options.body_max) {
        too_large(&turn->err, turn->server->options.body_max);
        return failed_midway(turn);
    }
    ym_buf_add(&turn->body, bytes);
    *n -= bytes.n;
    /* Only with bytes left over: after a call that took all, the library goes on to the next chunk
     * of a chunked body and calls again although the connection is suspended. */
    return *n == 0 ? MHD_YES : to_worker(turn, run_store);
}

/* An answer while the body is still coming. The library takes none then, so a short rest of the
 * body is swallowed first; before a long one the answer goes out past the library, our side is
 * shut, and the rest is read for a while, since closing on unread bytes would take the answer back
 * (RST). */
static enum MHD_Result swallow(struct http_connection *turn, size_t *n)
{
    if (turn->link)
        atomic_fetch_add(&turn->link->bytes, (int64_t)*n);
    turn->swallowed += (int64_t)*n;
    *n = 0;
    if (turn->stage == HTTP_STAGE_LINGER || !turn->link)
        return turn->swallowed <= HTTP_LINGER ? MHD_YES : MHD_NO;
    if (turn->swallowed <= HTTP_SWALLOW)
        return MHD_YES;
    struct ym_buf bytes = {0};
    http_reply_raw(turn, &bytes);
    ssize_t sent = send(turn->link->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    bool whole = sent == (ssize_t)bytes.n;
    ym_buf_clear(&bytes);
    if (!whole || shutdown(turn->link->fd, SHUT_WR) != 0)
        return MHD_NO;
    turn->stage = HTTP_STAGE_LINGER;
    return MHD_YES;
}

enum MHD_Result http_turn(void *with, struct MHD_Connection *mhd, const char *url,
                          const char *method, const char *version, const char *data, size_t *n,
                          void **context)
{
    struct http_connection *turn = *context;

    (void)with, (void)mhd, (void)url, (void)version;
    switch (turn->stage) {
    case HTTP_STAGE_NEW:
        return begin(turn, method);
    case HTTP_STAGE_BODY:
        return take_body(turn, data, n);
    case HTTP_STAGE_ANSWER:
        if (!turn->past_head)
            return answer_early(turn);
        return *n > 0 ? swallow(turn, n) : http_reply_queue(turn);
    case HTTP_STAGE_LINGER:
        return *n > 0 ? swallow(turn, n) : MHD_NO;
    default:
        return MHD_YES;
    }
}

// One line a request: what it changed for everybody, what it read for us. Never the query.
static void log_turn(const struct http_connection *turn)
{
    struct ym_str method = turn->head.method;
    bool reads = ym_str_is(method, "GET") || ym_str_is(method, "HEAD");
    int64_t ms = (ym_monotonic() - turn->begun) / 1000;

    ym_log(reads || turn->answered >= 400 ? YM_DEBUG : YM_INFO, "http.request",
           YM_ARGS(ym_text("method", method), ym_text("path", turn->target.path),
                   ym_int("status", turn->answered), ym_int("ms", ms)));
}

// What a client that left in the middle leaves.
struct left {
    struct http_upload upload;
    const struct http_sink *sink;
    void *with;
    struct ym_buf rest;
};

static void run_drop(void *with)
{
    struct left *left = with;

    http_upload_drop(&left->upload);
    if (left->with)
        left->sink->drop(left->with, ym_buf_str(&left->rest));
    ym_buf_clear(&left->rest);
    free(left);
}

// Files are closed and removed by a worker, not by this thread.
static void drop_body(struct http_connection *turn)
{
    struct http_server *server = turn->server;
    struct ym_error err = {0};

    if (!turn->upload.path[0] && !turn->rq.sink)
        return;
    struct left *left = malloc(sizeof *left);
    if (!left)
        abort();
    *left = (struct left){
        .upload = turn->upload,
        .sink = turn->extra->sink,
        .with = turn->rq.sink,
        .rest = turn->body,
    };
    turn->body = (struct ym_buf){0};
    pthread_rwlock_rdlock(&server->gate);
    bool taken =
        !atomic_load(&server->stopping) && worker_pool_put(server->pool, run_drop, left, &err);
    pthread_rwlock_unlock(&server->gate);
    if (!taken)
        run_drop(left);
}

void http_turn_over(void *with, struct MHD_Connection *mhd, void **context,
                    enum MHD_RequestTerminationCode how)
{
    struct http_connection *turn = *context;

    (void)with, (void)mhd, (void)how;
    if (!turn)
        return;
    if (turn->stage != HTTP_STAGE_NEW) {
        log_turn(turn);
        http_count(turn);
    }
    if (turn->counted)
        http_guard_exit(&turn->server->guard, &turn->client);
    drop_body(turn);
    http_reply_clear(&turn->re);
    json_decref(turn->rq.json);
    atomic_fetch_sub(&turn->server->json_bytes, turn->borrowed);
    ym_buf_clear(&turn->body);
    http_guard_phase(turn->link, HTTP_PHASE_HEAD, 0);
    ym_arena_clear(&turn->arena);
    free(turn);
    *context = NULL;
}
