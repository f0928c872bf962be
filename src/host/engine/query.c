#include "base/time.h"
#include "host/engine/inside.h"

#include <sys/random.h>

enum {
    URL_MAX = 1000000,    // the engine's http_max_uri_size is 1 MiB
    TIMEOUT_S = 60,       // of a query that says nothing
    GRACE_MS = 10000,     // the engine ends a query at its time-out; we wait so much longer
    TAIL_BYTES = 8 * 1024 // kept of a streamed answer: an exception stands at its end
};

// Of every query, so that a foreign engine behaves as our child does.
static const char SETTINGS[] =
    "&max_query_size=268435456"
    "&max_ast_elements=5000000"
    "&max_expanded_ast_elements=5000000"
    "&max_ast_depth=5000"
    "&max_parser_depth=5000"
    "&max_parser_backtracks=0"
    "&log_queries=0"
    "&join_use_nulls=1"
    "&send_logs_level=none";

// The engine's numbers (ErrorCodes.cpp) that mean something to whoever asked.
static const struct {
    int exception;
    enum ym_kind kind;
    const char *code, *message, *hint;
} meanings[] = {
#define LIMIT(number, what)                                                                        \
    {                                                                                              \
        number, YM_LIMITED, "engine.limit", "the query " what,                                     \
            "Ask for less: a narrower filter, fewer fields or a shorter period."                   \
    }
    LIMIT(158, "went over its limit of rows"),
    LIMIT(159, "took longer than it may"),
    LIMIT(160, "would take longer than it may"),
    LIMIT(191, "went over its limit of a set's size"),
    LIMIT(202, "came when too many are running"),
    LIMIT(241, "needs more memory than it may have"),
    LIMIT(290, "went over its limit of bytes or rows"),
    LIMIT(307, "went over its limit of bytes"),
    LIMIT(396, "went over its limit of rows or bytes of the answer"),
#undef LIMIT
    {243, YM_FULL, "engine.full", "the engine's disk is full",
     "Free room on the disk of the data directory, then try again."},
    {394, YM_FAULT, "engine.stopped", "the query was stopped",
     "It was stopped on request. Begin it again if it is still wanted."},
    {516, YM_FAULT, "engine.sign_in", "the engine does not know this user or password",
     "Check engine.user and engine.password_file."},
};

struct answer {
    struct engine *engine;
    struct engine_query *query;
    struct http_call *call;
    int64_t began;
    struct ym_buf text; // of an error
    char tail[TAIL_BYTES];
    size_t n_tail;
    char tag[64]; // stands before an exception in the tail, so that a row cannot pretend to be one
    int exception;
};

// ---- the request

// A text of the engine's escaped TSV, which is how it reads a parameter.
static void add_escaped(struct ym_buf *url, struct ym_str s)
{
    static const char specials[] = "\\\t\n\r\b\f";
    static const char letters[] = "\\tnrbf";

    for (size_t i = 0, from = 0; i <= s.n; i++) {
        const char *special = NULL;
        bool zero = i < s.n && s.p[i] == '\0';
        if (i < s.n && !zero)
            special = strchr(specials, s.p[i]);
        if (i < s.n && !special && !zero)
            continue;
        http_escape(url, ym_str_sub(s, from, i - from));
        from = i + 1;
        if (i < s.n) {
            char escape[2] = {'\\', '0'};
            if (special)
                escape[1] = letters[special - specials];
            http_escape(url, (struct ym_str){escape, 2});
        }
    }
}

static void add_value(struct ym_buf *url, const struct ym_arg *arg, bool escaped)
{
    switch (arg->type) {
    case YM_NULL:
        http_escape(url, YM_STR("\\N"));
        return;
    case YM_INT:
        ym_buf_printf(url, "%lld", (long long)arg->i);
        return;
    case YM_REAL: {
        char text[40];
        snprintf(text, sizeof text, "%.17g", arg->r);
        http_escape(url, ym_str(text));
        return;
    }
    case YM_TEXT:
        if (escaped)
            add_escaped(url, arg->s);
        else
            http_escape(url, arg->s);
        return;
    }
}

static void add_args(struct ym_buf *url, struct ym_args args)
{
    for (size_t i = 0; i < args.n; i++) {
        ym_buf_char(url, '&');
        http_escape(url, ym_str(args.items[i].name));
        ym_buf_char(url, '=');
        add_value(url, &args.items[i], false);
    }
}

// A list's text has the engine's own escapes, which are not taken twice.
static bool is_list(struct ym_str sql, const char *name)
{
    char wanted[128];

    snprintf(wanted, sizeof wanted, "{%s:Array(", name);
    return ym_str_find(sql, ym_str(wanted), 0) != SIZE_MAX;
}

static void add_params(struct ym_buf *url, struct ym_str sql, struct ym_args args)
{
    for (size_t i = 0; i < args.n; i++) {
        ym_buf_add(url, YM_STR("&param_"));
        http_escape(url, ym_str(args.items[i].name));
        ym_buf_char(url, '=');
        add_value(url, &args.items[i], !is_list(sql, args.items[i].name));
    }
}

static bool make_url(struct engine *engine, const struct engine_way *way, const char *database,
                     const struct engine_query *query, const char *id, struct ym_buf *url,
                     struct ym_error *err)
{
    const char *zone = engine->options.zone;

    ym_buf_init(url, URL_MAX);
    ym_buf_printf(url, "%s/?query_id=%s&max_execution_time=%lld", way->base, id,
                  (long long)(query->timeout_s > 0 ? query->timeout_s : TIMEOUT_S));
    ym_buf_add(url, YM_STR(SETTINGS));
    if (!query->streamed)
        ym_buf_add(url, YM_STR("&wait_end_of_query=1"));
    if (database)
        add_args(url, YM_ARGS(ym_text("database", ym_str(database))));
    if (zone)
        add_args(url, YM_ARGS(ym_text("session_timezone", ym_str(zone))));
    add_args(url, query->settings);
    add_params(url, ym_str(query->sql), query->params);
    if (query->read)
        add_args(url, YM_ARGS(ym_text("query", ym_str(query->sql))));
    if (!url->full)
        return true;
    ym_fail(err, YM_TOO_LARGE, "engine.request", "the query's values are over %d bytes", URL_MAX);
    return ym_hint(err, "Ask with a shorter filter.");
}

// ---- the answer

// Keeps the last bytes: the tail is moved down when it has run full.
static void keep_tail(struct answer *answer, struct ym_str bytes)
{
    if (bytes.n >= TAIL_BYTES) {
        memcpy(answer->tail, bytes.p + bytes.n - TAIL_BYTES, TAIL_BYTES);
        answer->n_tail = TAIL_BYTES;
        return;
    }
    size_t keep = answer->n_tail;
    if (keep + bytes.n > TAIL_BYTES)
        keep = TAIL_BYTES - bytes.n;
    memmove(answer->tail, answer->tail + answer->n_tail - keep, keep);
    memcpy(answer->tail + keep, bytes.p, bytes.n);
    answer->n_tail = keep + bytes.n;
}

static bool on_bytes(void *with, struct ym_str bytes, struct ym_error *err)
{
    struct answer *answer = with;
    struct engine_query *query = answer->query;

    if (answer->call->status != 200) {
        ym_buf_add(&answer->text, bytes);
        return true;
    }
    keep_tail(answer, bytes);
    if (query->write)
        return query->write(query->with, bytes, err);
    if (!query->answer)
        return true;
    ym_buf_add(query->answer, bytes);
    if (!query->answer->full)
        return true;
    ym_fail(err, YM_TOO_LARGE, "engine.answer", "the answer is over %zu bytes",
            query->answer->limit);
    return ym_hint(err, "Ask for fewer rows or fields at once.");
}

static void on_header(void *with, struct ym_str name, struct ym_str value)
{
    struct answer *answer = with;
    int64_t code;

    if (name.n == 27 && strncasecmp(name.p, "X-ClickHouse-Exception-Code", 27) == 0 &&
        ym_str_int(value, &code))
        answer->exception = (int)code;
    if (name.n == 26 && strncasecmp(name.p, "X-ClickHouse-Exception-Tag", 26) == 0)
        snprintf(answer->tag, sizeof answer->tag, "%.*s", YM_FMT(value));
}

static bool on_read(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    struct answer *answer = with;

    return answer->query->read(answer->query->with, to, max, n, err);
}

static bool on_stopped(void *with)
{
    struct answer *answer = with;

    return engine_stopping(answer->engine) ||
           (answer->query->stopped && answer->query->stopped(answer->query->with));
}

// "Code: 395. DB::Exception: …" behind the mark of a streamed answer that failed late.
static void read_tail(struct answer *answer)
{
    struct ym_str tail = {answer->tail, answer->n_tail};
    char marked[128];

    snprintf(marked, sizeof marked, "__exception__\r\n%s\r\n", answer->tag);
    size_t mark = ym_str_find(tail, ym_str(marked), 0);
    size_t at = mark == SIZE_MAX ? mark : ym_str_find(tail, YM_STR("Code: "), mark);
    int64_t code;

    if (!answer->tag[0] || at == SIZE_MAX)
        return;
    struct ym_str text = ym_str_sub(tail, at, SIZE_MAX), number, rest = ym_str_sub(text, 6, 10);
    (void)ym_str_cut(&rest, '.', &number);
    if (ym_str_int(number, &code))
        answer->exception = (int)code;
    ym_buf_add(&answer->text, ym_str_sub(text, 0, 2000));
}

static bool fail_exception(const struct answer *answer, const char *id, struct ym_error *err)
{
    struct ym_str text = ym_utf8_cut(ym_buf_str(&answer->text), 2000);

    // It may carry values: for the engineer who turned DEBUG on, not for the caller.
    ym_log(YM_DEBUG, "engine.exception",
           YM_ARGS(ym_text("query_id", ym_str(id)), ym_int("exception", answer->exception),
                   ym_text("text", text)));
    for (size_t i = 0; i < YM_COUNT(meanings); i++)
        if (meanings[i].exception == answer->exception) {
            ym_fail(err, meanings[i].kind, meanings[i].code, "%s (exception %d)",
                    meanings[i].message, answer->exception);
            return ym_hint(err, "%s", meanings[i].hint);
        }
    if (ym_str_find(text, YM_STR("No space left on device"), 0) != SIZE_MAX) {
        ym_fail(err, YM_FULL, "engine.full", "the engine's disk is full");
        return ym_hint(err, "Free room on the disk of the data directory, then try again.");
    }
    ym_fail(err, YM_FAULT, "engine.query", "the engine refused the query (exception %d, id %s)",
            answer->exception, id);
    return ym_hint(err,
                   "This is a fault of the platform: tell the operator the id; the log at "
                   "level debug has the engine's own words.");
}

static bool fail_late(struct ym_error *err)
{
    ym_fail(err, YM_LIMITED, "engine.limit", "the query took longer than it may");
    return ym_hint(err, "Ask for less: a narrower filter, fewer fields or a shorter period.");
}

static bool fail_away(struct ym_error *err)
{
    ym_fail(err, YM_BUSY, "engine.away", "the engine is not there at the moment");
    return ym_hint(err, "It is being started again. Try again in some seconds.");
}

// ---- the call

static void fill_call(const struct engine_way *way, struct ym_str headers_value,
                      struct http_header *header, struct http_call *call)
{
    *header = (struct http_header){YM_STR("X-Yunmeng"), headers_value};
    call->method = "POST";
    call->headers = header;
    call->n_headers = headers_value.n > 0 ? 1 : 0;
    call->user = way->user;
    call->password = way->password;
}

// A closed connection does not stop a query: only this does.
static void kill_query(struct engine *engine, const struct engine_way *way, const char *id)
{
    struct http_header header;
    struct http_call call = {.timeout_ms = GRACE_MS};
    struct ym_buf url = {0};
    struct ym_error err = {0};

    fill_call(way, ym_str(way->header), &header, &call);
    ym_buf_printf(&url, "%s/?param_id=%s", way->base, id);
    call.url = ym_buf_cstr(&url);
    call.body = YM_STR("KILL QUERY WHERE query_id = {id:String} ASYNC");
    if (!http_call(engine->client, &call, &err))
        ym_log(YM_WARN, "engine.not_killed", YM_ARGS(ym_text("query_id", ym_str(id))));
    ym_buf_clear(&url);
}

static void make_id(char id[33])
{
    unsigned char random[16] = {0};

    (void)!getrandom(random, sizeof random, 0);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(id + 2 * i, 3, "%02x", random[i]);
}

// The transfer failed: because the engine said so, because it is gone, or because we ended it.
static bool judge_failure(struct engine *engine, const struct engine_way *way,
                          struct answer *answer, const char *id, struct ym_error *err)
{
    bool late = ym_monotonic() - answer->began >= answer->call->timeout_ms * 1000;

    if (answer->exception == 0)
        read_tail(answer);
    if (answer->exception != 0)
        return fail_exception(answer, id, err);
    bool cut = strcmp(err->code, "http.cut") == 0, away = strcmp(err->code, "http.away") == 0;
    if (cut || away)
        ym_log(YM_DEBUG, "engine.cut", YM_ARGS(ym_text("why", ym_str(err->message))));
    if (!cut)
        kill_query(engine, way, id);
    if (away && late)
        return fail_late(err);
    if (cut || away)
        return fail_away(err);
    if (strcmp(err->code, "http.stopped") == 0) {
        ym_fail(err, YM_FAULT, "engine.stopped", "the query was stopped");
        return ym_hint(err, "It was stopped on request. Begin it again if it is still wanted.");
    }
    return false;
}

bool engine_do_by(struct engine *engine, const struct engine_way *way, const char *database,
                  struct engine_query *query, struct ym_error *err)
{
    struct answer *answer = calloc(1, sizeof *answer);
    struct http_header header;
    int64_t timeout_s = query->timeout_s > 0 ? query->timeout_s : TIMEOUT_S;
    struct http_call call = {
        .read = query->read ? on_read : NULL,
        .write = on_bytes,
        .header = on_header,
        .stopped = on_stopped,
        .timeout_ms = timeout_s * 1000 + GRACE_MS,
        .with = answer,
    };
    struct ym_buf url = {0};
    char id[33];
    bool ok = false;

    if (!answer)
        abort();
    *answer =
        (struct answer){.engine = engine, .query = query, .call = &call, .began = ym_monotonic()};
    ym_buf_init(&answer->text, TAIL_BYTES);
    query->exception = 0;
    make_id(id);
    fill_call(way, ym_str(way->header), &header, &call);
    if (!make_url(engine, way, database, query, id, &url, err))
        goto out;
    call.url = ym_buf_cstr(&url);
    if (!query->read)
        call.body = ym_str(query->sql);
    if (!http_call(engine->client, &call, err))
        judge_failure(engine, way, answer, id, err);
    else if (call.status != 200 || answer->exception != 0)
        fail_exception(answer, id, err);
    else
        ok = true;
    query->exception = answer->exception;
out:
    ym_buf_clear(&url);
    ym_buf_clear(&answer->text);
    free(answer);
    return ok;
}

// False when nobody is there. The first call after a rest wakes the supervisor: its free memory
// is to be given back when it rests again.
static bool begin_call(struct engine *engine, struct engine_way *way)
{
    pthread_mutex_lock(&engine->lock);
    bool ready = engine->ready && !engine->stopping, rested = !engine->used;
    *way = engine->way;
    if (ready) {
        engine->used = true;
        engine->running++;
    }
    pthread_mutex_unlock(&engine->lock);
    if (!engine->options.url)
        way->password = way->secret;
    if (ready && rested)
        engine_wake(engine);
    return ready;
}

static void end_call(struct engine *engine, bool found_nobody)
{
    pthread_mutex_lock(&engine->lock);
    engine->running--;
    engine->called_at = ym_monotonic();
    engine->suspect = engine->suspect || found_nobody;
    pthread_mutex_unlock(&engine->lock);
    if (found_nobody)
        engine_wake(engine);
}

bool engine_do(struct engine *engine, struct engine_query *query, struct ym_error *err)
{
    struct engine_way way;

    if (!begin_call(engine, &way))
        return fail_away(err);
    bool ok = engine_do_by(engine, &way, engine->options.database, query, err);
    end_call(engine, !ok && strcmp(err->code, "engine.away") == 0);
    explicit_bzero(&way, sizeof way);
    return ok;
}

bool engine_run(struct engine *engine, const char *sql, struct ym_args params, struct ym_error *err)
{
    struct engine_query query = {.sql = sql, .params = params};

    return engine_do(engine, &query, err);
}

bool engine_ask(struct engine *engine, const char *sql, struct ym_args params,
                struct ym_buf *answer, struct ym_error *err)
{
    struct engine_query query = {.sql = sql, .params = params, .answer = answer};

    return engine_do(engine, &query, err);
}
