#include "host/http/inside.h"

#include <sys/socket.h>
#include <unistd.h>

// On every answer where the handler does not say otherwise.
static const struct {
    const char *name, *value;
} always[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cache-Control", "no-store"},
};

void http_reply_status(struct http_reply *re, int status)
{
    re->status = status;
}

static bool has_header(const struct http_reply *re, const char *name)
{
    for (size_t i = 0; i < re->headers.n; i++)
        if (http_name_is(re->headers.items[i].name, name))
            return true;
    return false;
}

// The one writer of headers: nothing that ends a line gets through.
void http_reply_header(struct http_reply *re, const char *name, struct ym_str value)
{
    struct http_pairs *all = &re->headers;

    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f) {
            ym_log(YM_ERROR, "http.header_refused", YM_ARGS(ym_text("name", ym_str(name))));
            return;
        }
    all->items = ym_arena_grow(re->arena, all->items, &all->cap, all->n + 1, sizeof *all->items);
    all->items[all->n++] =
        (struct http_pair){ym_arena_str(re->arena, ym_str(name)), ym_arena_str(re->arena, value)};
}

static void drop_content(struct http_reply *re)
{
    ym_buf_clear(&re->body);
    if (re->fd >= 0)
        close(re->fd);
    re->fd = -1;
    if (re->events)
        http_events_drop(re->events);
    re->events = NULL;
    if (re->stream)
        http_stream_drop(re->stream);
    re->stream = NULL;
    re->type = NULL;
    re->encoding = NULL;
    re->size = 0;
}

void http_reply_clear(struct http_reply *re)
{
    drop_content(re);
    re->headers.n = 0;
    re->status = 0;
}

void http_reply_json(struct http_reply *re, json_t *value)
{
    assert(value); // a document that jansson could not make is a broken promise of the handler
    drop_content(re);
    re->type = "application/json";
    re->body = (struct ym_buf){0};
    ym_json_dump(&re->body, value);
    json_decref(value);
}

void http_reply_bytes(struct http_reply *re, const char *type, struct ym_buf *body)
{
    drop_content(re);
    re->type = type;
    re->body = *body;
    *body = (struct ym_buf){0};
}

void http_reply_file(struct http_reply *re, const char *type, int fd, int64_t size,
                     const char *encoding)
{
    drop_content(re);
    re->type = type;
    re->fd = fd;
    re->size = size;
    re->encoding = encoding;
}

// {subject} and {line} of a text are filled in; {'@'} is how the pages' library quotes a character.
static void fill(struct ym_buf *to, struct ym_str text, const struct ym_error *err)
{
    for (size_t i = 0; i < text.n; i++) {
        struct ym_str rest = ym_str_sub(text, i, text.n);
        if (ym_str_starts(rest, YM_STR("{subject}"))) {
            ym_buf_add(to, ym_str(err->subject));
            i += strlen("{subject}") - 1;
        } else if (ym_str_starts(rest, YM_STR("{line}"))) {
            ym_buf_printf(to, "%lld", (long long)err->line);
            i += strlen("{line}") - 1;
        } else if (rest.n >= 5 && ym_str_starts(rest, YM_STR("{'")) && rest.p[3] == '\'' &&
                   rest.p[4] == '}') {
            ym_buf_char(to, rest.p[2]);
            i += 4;
        } else {
            ym_buf_char(to, text.p[i]);
        }
    }
}

static void set_text(json_t *to, const char *key, struct ym_str text, const struct ym_error *err)
{
    struct ym_buf filled = {0};

    if (text.n == 0)
        return;
    fill(&filled, text, err);
    json_object_set_new(to, key, ym_json_str(ym_buf_str(&filled)));
    ym_buf_clear(&filled);
}

json_t *http_problem(const struct ym_error *err, int status, struct ym_str lang,
                     struct ym_str (*text)(void *with, struct ym_str lang, const char *key),
                     void *with)
{
    char key[128], type[96];
    struct ym_str title = {NULL, 0}, hint = {NULL, 0};
    json_t *problem = json_object();

    (void)snprintf(type, sizeof type, "/problems/%s", err->code);
    json_object_set_new(problem, "type", ym_json_str(ym_str(type)));
    if (text) {
        (void)snprintf(key, sizeof key, "problem.%s.title", err->code);
        title = text(with, lang, key);
        (void)snprintf(key, sizeof key, "problem.%s.hint", err->code);
        hint = text(with, lang, key);
    }
    bool ours = err->kind != YM_FAULT; // a fault's message may say too much of our inside
    set_text(problem, "title",
             title.n > 0 ? title
             : ours      ? ym_str(err->message)
                         : YM_STR("internal fault"),
             err);
    json_object_set_new(problem, "status", json_integer(status));
    json_object_set_new(problem, "code", ym_json_str(ym_str(err->code)));
    if (err->subject[0])
        json_object_set_new(problem, "subject", ym_json_str(ym_str(err->subject)));
    if (err->line > 0)
        json_object_set_new(problem, "line", json_integer((json_int_t)err->line));
    set_text(problem, "hint", hint.n > 0 ? hint : ym_str(err->hint), err);
    if (ours && err->message[0])
        json_object_set_new(problem, "detail", ym_json_str(ym_str(err->message)));
    return problem;
}

// The statuses that HTTP has for its own errors; all others follow from the kind.
static int status_of(const struct ym_error *err)
{
    static const struct {
        const char *code;
        int status;
    } own[] = {
        {"http.method", 405},       {"http.target_long", 414}, {"http.body_type", 415},
        {"http.head_large", 431},   {"http.if_match", 428},    {"http.tus_version", 412},
        {"http.tus_checksum", 460},
    };

    for (size_t i = 0; i < YM_COUNT(own); i++)
        if (strcmp(err->code, own[i].code) == 0)
            return own[i].status;
    return ym_kind_status(err->kind);
}

void http_reply_error(struct http_connection *turn)
{
    const struct http_options *options = &turn->server->options;
    struct http_reply *re = &turn->re;
    const struct ym_error *err = &turn->err;
    int status = status_of(err);

    http_reply_clear(re);
    http_reply_json(re, http_problem(err, status, turn->rq.lang, options->text, options->with));
    re->type = "application/problem+json";
    http_reply_status(re, status);
    if (err->kind == YM_SIGN_IN)
        http_reply_header(re, "WWW-Authenticate", YM_STR("Bearer"));
    if (err->kind == YM_BUSY)
        http_reply_header(re, "Retry-After", YM_STR("2"));
    if (err->kind == YM_LIMITED)
        http_reply_header(re, "Retry-After", YM_STR("5"));
    if (turn->allow.n > 0)
        http_reply_header(re, "Allow", turn->allow);
    ym_log_error(err->kind == YM_FAULT || err->kind == YM_FULL ? YM_ERROR : YM_DEBUG,
                 "http.refused", err);
}

static void complete(struct http_connection *turn)
{
    struct http_reply *re = &turn->re;

    for (size_t i = 0; i < YM_COUNT(always); i++)
        if (!has_header(re, always[i].name))
            http_reply_header(re, always[i].name, ym_str(always[i].value));
    const char *const *own = turn->extra->headers;
    for (size_t i = 0; own && own[i]; i += 2)
        http_reply_header(re, own[i], ym_str(own[i + 1]));
    if (re->type)
        http_reply_header(re, "Content-Type", ym_str(re->type));
    if (re->encoding)
        http_reply_header(re, "Content-Encoding", ym_str(re->encoding));
    if (turn->close)
        http_reply_header(re, "Connection", YM_STR("close"));
    if (re->status == 0)
        re->status = turn->rq.route ? turn->rq.route->success : 200;
    turn->answered = re->status;
}

static struct MHD_Response *content(struct http_connection *turn)
{
    struct http_reply *re = &turn->re;
    struct MHD_Response *response = NULL;

    if (re->events) {
        response = http_events_response(re->events, turn);
        if (!response)
            http_events_drop(re->events);
        re->events = NULL;
    } else if (re->stream) {
        response = http_stream_response(re->stream, turn);
        if (!response)
            http_stream_drop(re->stream);
        re->stream = NULL;
    } else if (re->fd >= 0) {
        response = MHD_create_response_from_fd64((uint64_t)re->size, re->fd);
        if (!response)
            close(re->fd);
        re->fd = -1;
    } else if (re->body.n > 0) {
        re->size = (int64_t)re->body.n;
        response = MHD_create_response_from_buffer(re->body.n, re->body.p, MHD_RESPMEM_MUST_FREE);
        if (response)
            re->body = (struct ym_buf){0};
    } else {
        response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    }
    return response;
}

enum MHD_Result http_reply_queue(struct http_connection *turn)
{
    struct http_reply *re = &turn->re;
    bool stream = re->events || re->stream;

    complete(turn);
    struct MHD_Response *response = content(turn);
    if (!response)
        return MHD_NO;
    for (size_t i = 0; i < re->headers.n; i++)
        (void)MHD_add_response_header(response, re->headers.items[i].name.p,
                                      re->headers.items[i].value.p);
    http_guard_phase(turn->link, stream ? HTTP_PHASE_STREAM : HTTP_PHASE_ANSWER, re->size);
    turn->stage = HTTP_STAGE_QUEUED;
    enum MHD_Result done = MHD_queue_response(turn->mhd, (unsigned)re->status, response);
    MHD_destroy_response(response);
    return done;
}

void http_reply_raw(struct http_connection *turn, struct ym_buf *out)
{
    struct http_reply *re = &turn->re;

    turn->close = true;
    complete(turn);
    ym_buf_printf(out, "HTTP/1.1 %d %s\r\n", re->status,
                  MHD_get_reason_phrase_for((unsigned)re->status));
    for (size_t i = 0; i < re->headers.n; i++)
        ym_buf_printf(out, "%.*s: %.*s\r\n", YM_FMT(re->headers.items[i].name),
                      YM_FMT(re->headers.items[i].value));
    ym_buf_printf(out, "Content-Length: %zu\r\n\r\n", re->body.n);
    ym_buf_add(out, ym_buf_str(&re->body));
}
