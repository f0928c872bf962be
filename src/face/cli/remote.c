#include "face/cli/remote.h"

#include <strings.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 256 << 20, // a page of 1,000 rows of 5,000 fields
    ANSWER_MS = 120000
};

static bool no_server(struct cli *cli, struct ym_error *err)
{
    ym_fail(err, YM_BUSY, "cli.no_server",
            cli->zh ? "数据目录 '%s' 中没有服务器在运行" : "no server runs in '%s'", cli->data);
    ym_about(err, ym_str(cli->data));
    return ym_hint(err,
                   cli->zh
                       ? "请运行“yunmeng serve --data %s”启动，或用 --server 网址 指定服务器。"
                       : "Start it with `yunmeng serve --data %s`, or name one by --server URL.",
                   cli->data);
}

// run/server.json is ours alone (0600): url and key of the server that runs here.
static bool read_own(struct cli *cli, struct cli_remote *out, struct ym_error *err)
{
    const char *path = cli_path(cli, "run/server.json");
    json_t *file = NULL;

    if (access(path, F_OK) != 0)
        return no_server(cli, err);
    if (!ym_json_file(path, 65536, &file, err))
        return false;
    struct ym_str url = ym_json_get(file, "url"), key = ym_json_get(file, "key");
    if (url.n > 0 && key.n > 0) {
        out->base = ym_arena_str(&cli->arena, url);
        out->bearer = ym_arena_printf(&cli->arena, "Bearer %.*s", YM_FMT(key));
    }
    json_decref(file);
    return out->base.n > 0 || no_server(cli, err);
}

static bool usable_token(struct cli *cli, const char *token, struct cli_remote *out,
                         struct ym_error *err)
{
    struct ym_str text = ym_str_trim(ym_str(token));

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~') {
            ym_fail(err, YM_INVALID, "cli.token", "%s",
                    cli_say(cli, "$YUNMENG_TOKEN is not a token", "$YUNMENG_TOKEN 不是令牌"));
            return ym_hint(err, "%s",
                           cli_say(cli, "It begins with ym_ and has no blanks in it.",
                                   "令牌以 ym_ 开头，中间没有空格。"));
        }
    if (text.n > 0)
        out->bearer = ym_arena_printf(&cli->arena, "Bearer %.*s", YM_FMT(text));
    return true;
}

bool cli_remote_open(struct cli *cli, struct cli_remote *out, struct ym_error *err)
{
    *out = (struct cli_remote){.cli = cli};
    if (cli->server) {
        out->base = ym_str(cli->server);
        const char *token = getenv("YUNMENG_TOKEN");
        if (token && !usable_token(cli, token, out, err))
            return false;
    } else if (!read_own(cli, out, err)) {
        return false;
    }
    while (ym_str_ends(out->base, YM_STR("/")))
        out->base.n--;
    out->client = http_client_new();
    return true;
}

void cli_remote_close(struct cli_remote *remote)
{
    http_client_free(remote->client);
    remote->client = NULL;
}

static enum ym_kind kind_of(int status)
{
    static const struct {
        int status;
        enum ym_kind kind;
    } kinds[] = {
        {400, YM_INVALID}, {401, YM_SIGN_IN},  {403, YM_DENIED},   {404, YM_NOT_FOUND},
        {405, YM_INVALID}, {409, YM_CONFLICT}, {412, YM_CONFLICT}, {413, YM_TOO_LARGE},
        {415, YM_INVALID}, {428, YM_CONFLICT}, {429, YM_LIMITED},  {431, YM_TOO_LARGE},
        {503, YM_BUSY},    {507, YM_FULL},
    };

    for (size_t i = 0; i < YM_COUNT(kinds); i++)
        if (kinds[i].status == status)
            return kinds[i].kind;
    return YM_FAULT;
}

bool cli_problem(const json_t *problem, int status, struct ym_error *err)
{
    struct ym_str code = ym_json_get(problem, "code"), title = ym_json_get(problem, "title");
    struct ym_str subject = ym_json_get(problem, "subject"), hint = ym_json_get(problem, "hint");
    json_int_t given = json_integer_value(json_object_get(problem, "status"));
    char name[64];

    if (given >= 400 && given < 600)
        status = (int)given;
    snprintf(name, sizeof name, "%.*s", YM_FMT(code));
    const char *known = name[0] ? name : "cli.answer";
    bool said = subject.n == 0 || ym_str_find(title, subject, 0) != SIZE_MAX;
    if (title.n == 0)
        ym_fail(err, kind_of(status), known, "the server answered with status %d", status);
    else if (said)
        ym_fail(err, kind_of(status), known, "%.*s", YM_FMT(title));
    else
        ym_fail(err, kind_of(status), known, "%.*s (%.*s)", YM_FMT(title), YM_FMT(subject));
    ym_about(err, subject);
    ym_at_line(err, json_integer_value(json_object_get(problem, "line")));
    return ym_hint(err, "%.*s", YM_FMT(hint));
}

static size_t fill_headers(struct cli_remote *remote, const struct cli_ask *ask,
                           struct http_header *headers)
{
    size_t n = 0;

    headers[n++] =
        (struct http_header){YM_STR("Accept-Language"), ym_str(remote->cli->zh ? "zh-CN" : "en")};
    if (remote->bearer.n > 0)
        headers[n++] = (struct http_header){YM_STR("Authorization"), remote->bearer};
    if (remote->cookie.n > 0)
        headers[n++] = (struct http_header){YM_STR("Cookie"), remote->cookie};
    if (remote->csrf.n > 0)
        headers[n++] = (struct http_header){YM_STR("X-CSRF-Token"), remote->csrf};
    if (ask->body)
        headers[n++] = (struct http_header){YM_STR("Content-Type"), YM_STR("application/json")};
    if (ask->read) {
        headers[n++] =
            (struct http_header){YM_STR("Content-Type"), YM_STR("application/octet-stream")};
        // A refusal comes before the file is sent, not after.
        headers[n++] = (struct http_header){YM_STR("Expect"), YM_STR("100-continue")};
    }
    if (ask->key.n > 0)
        headers[n++] = (struct http_header){YM_STR("Idempotency-Key"), ask->key};
    return n;
}

static bool judge(const struct http_call *call, json_t **out, struct ym_error *err)
{
    struct ym_error wrong = {0};
    json_t *value = NULL;
    bool empty = call->answer->n == 0;

    if (!empty && !ym_json_parse(ym_buf_str(call->answer), ANSWER_MAX, &value, &wrong)) {
        ym_fail(err, kind_of(call->status), "cli.answer",
                "what answers there is not Yunmeng (status %d, no JSON)", call->status);
        return ym_hint(err, "Check the address given by --server.");
    }
    if (call->status >= 200 && call->status < 300) {
        *out = value;
        return true;
    }
    cli_problem(value, call->status, err);
    json_decref(value);
    return false;
}

bool cli_remote_ask(struct cli_remote *remote, const struct cli_ask *ask, json_t **out,
                    struct ym_error *err)
{
    struct http_header headers[8];
    struct ym_buf url = {0}, body = {0}, answer;
    struct http_call call = {.method = ask->method,
                             .headers = headers,
                             .n_headers = fill_headers(remote, ask, headers),
                             .read = ask->read,
                             .header = ask->header,
                             .with = ask->with,
                             .size = ask->size,
                             .answer = &answer,
                             .timeout_ms = ask->read ? 0 : ANSWER_MS};

    *out = NULL;
    ym_buf_init(&answer, ANSWER_MAX);
    ym_buf_add(&url, remote->base);
    ym_buf_add(&url, ask->path);
    call.url = ym_buf_cstr(&url);
    if (ask->body)
        ym_json_dump(&body, ask->body);
    call.body = ym_buf_str(&body);
    bool ok = http_call(remote->client, &call, err) && judge(&call, out, err);
    ym_buf_clear(&url);
    ym_buf_clear(&body);
    ym_buf_clear(&answer);
    return ok;
}

// The first part of Set-Cookie is what goes back.
static void keep_cookie(void *with, struct ym_str name, struct ym_str value)
{
    struct cli_remote *remote = with;
    struct ym_str cookie;

    if (strncasecmp(name.p, "Set-Cookie", name.n) == 0 && name.n == sizeof "Set-Cookie" - 1 &&
        ym_str_cut(&value, ';', &cookie))
        remote->cookie = ym_arena_str(&remote->cli->arena, cookie);
}

bool cli_remote_sign_in(const struct cli_remote *of, struct ym_str name, struct ym_str password,
                        struct cli_remote *out, struct ym_error *err)
{
    json_t *body =
        json_pack("{s:o, s:o}", "name", ym_json_str(name), "password", ym_json_str(password));
    struct cli_ask ask = {
        .method = "POST", .path = YM_STR("/api/v1/session"), .body = body, .header = keep_cookie};
    json_t *answer = NULL;

    *out = (struct cli_remote){.cli = of->cli, .client = of->client, .base = of->base};
    ask.with = out;
    bool ok = cli_remote_ask(out, &ask, &answer, err);
    if (ok)
        out->csrf = ym_arena_str(&of->cli->arena, ym_json_get(answer, "csrf"));
    json_decref(answer);
    json_decref(body);
    return ok;
}

void cli_remote_sign_out(struct cli_remote *remote)
{
    struct ym_error err = {0}; // a session that does not end now ends by itself
    json_t *answer = NULL;

    if (remote->cookie.n > 0)
        (void)!cli_remote_ask(
            remote, &(struct cli_ask){.method = "DELETE", .path = YM_STR("/api/v1/session")},
            &answer, &err);
    json_decref(answer);
    remote->cookie = remote->csrf = (struct ym_str){NULL, 0};
}

bool cli_remote_get(struct cli_remote *remote, struct ym_str path, json_t **out,
                    struct ym_error *err)
{
    return cli_remote_ask(remote, &(struct cli_ask){.method = "GET", .path = path}, out, err);
}

// The body of a refusal is a problem, that of a success the file.
struct file {
    struct http_call *call;
    http_write *write;
    void *with;
    struct ym_buf problem;
};

static bool on_file(void *with, struct ym_str bytes, struct ym_error *err)
{
    struct file *file = with;

    if (file->call->status == 200)
        return file->write(file->with, bytes, err);
    ym_buf_add(&file->problem, bytes);
    return true;
}

bool cli_remote_file(struct cli_remote *remote, struct ym_str path, http_write *write, void *with,
                     struct ym_error *err)
{
    struct http_header headers[6];
    struct ym_buf url = {0};
    const struct cli_ask ask = {.method = "GET", .path = path};
    struct file file = {.write = write, .with = with, .problem = {.limit = 1 << 20}};
    struct http_call call = {.method = "GET",
                             .headers = headers,
                             .n_headers = fill_headers(remote, &ask, headers),
                             .write = on_file,
                             .with = &file};
    json_t *problem = NULL;

    file.call = &call;
    ym_buf_add(&url, remote->base);
    ym_buf_add(&url, path);
    call.url = ym_buf_cstr(&url);
    bool ok = http_call(remote->client, &call, err);
    if (ok && call.status != 200) {
        struct ym_error wrong = {0};
        (void)!ym_json_parse(ym_buf_str(&file.problem), 1 << 20, &problem, &wrong);
        ok = cli_problem(problem, call.status, err);
        json_decref(problem);
    }
    ym_buf_clear(&file.problem);
    ym_buf_clear(&url);
    return ok;
}

struct ym_str cli_remote_path(struct cli *cli, const char *before, const char *name,
                              const char *after)
{
    struct ym_buf path = {0};

    ym_buf_add(&path, ym_str(before));
    http_escape(&path, ym_str(name));
    ym_buf_add(&path, ym_str(after));
    struct ym_str kept = ym_arena_str(&cli->arena, ym_buf_str(&path));
    ym_buf_clear(&path);
    return kept;
}

void cli_remote_param(struct ym_buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    bool first = path->n == 0 || !memchr(path->p, '?', path->n);
    ym_buf_printf(path, "%c%s=", first ? '?' : '&', name);
    http_escape(path, ym_str(value));
}
