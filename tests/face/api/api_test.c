// The API over the real control store, accounts, catalogue and queue, by HTTP. What needs the
// engine is in tests/e2e.
#include "data/lake/draft.h"
#include "face/api/api.h"

#include "base/time.h"
#include "host/http/client.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const char password[] = "correct horse battery";
static const char index_html[] =
    "<!doctype html>\n<html lang=\"zh-CN\" data-theme=\"\">\n<head><meta charset=\"utf-8\" />\n"
    "<!--yunmeng:head--><title>x</title><!--/yunmeng:head-->\n</head><body></body></html>\n";

static struct {
    char dir[64], url[64], origin[64], cookie[256], csrf[80], token[80];
    struct store_pool *pool;
    struct jobs *jobs;
    struct catalog_search *search;
    struct api *api;
    struct http_server *http;
    struct http_client *client;
    _Atomic bool go_on;
} world;

// One call and its answer.
static struct {
    int status;
    struct ym_buf body;
    char headers[8192];
    json_t *json;
} answer;

static void on_header(void *with, struct ym_str name, struct ym_str value)
{
    size_t n = strlen(answer.headers);

    (void)with;
    snprintf(answer.headers + n, sizeof answer.headers - n, "%.*s: %.*s\n", YM_FMT(name),
             YM_FMT(value));
}

// `more` is "Name: value" lines; `body` NULL: none.
static int call(const char *method, const char *path, const char *more, const char *body)
{
    struct http_header headers[8];
    struct ym_str lines = ym_str(more), line;
    struct ym_error err = {0};
    char url[1024];
    size_t n = 0;

    while (ym_str_cut(&lines, '\n', &line)) {
        struct ym_str value = line, name;
        (void)ym_str_cut(&value, ':', &name);
        headers[n++] = (struct http_header){name, ym_str_trim(value)};
    }
    if (body)
        headers[n++] = (struct http_header){YM_STR("Content-Type"), YM_STR("application/json")};
    ym_buf_clear(&answer.body);
    json_decref(answer.json);
    answer.json = NULL;
    answer.headers[0] = '\0';
    snprintf(url, sizeof url, "%s%s", world.url, path);
    struct http_call one = {.method = method,
                            .url = url,
                            .headers = headers,
                            .n_headers = n,
                            .body = ym_str(body),
                            .header = on_header,
                            .answer = &answer.body,
                            .timeout_ms = 20000};
    if (!http_call(world.client, &one, &err))
        ym_log_error(YM_ERROR, "test.call", &err);
    answer.status = one.status;
    if (answer.body.n > 0 && answer.body.p[0] == '{')
        (void)!ym_json_parse(ym_buf_str(&answer.body), 1 << 24, &answer.json, &err);
    ym_buf_char(&answer.body, '\0'); // read as a C string from here on
    return answer.status;
}

static const char *field(const char *name)
{
    const char *text = json_string_value(json_object_get(answer.json, name));

    return text ? text : "";
}

static bool body_has(const char *text)
{
    bool there = strstr(answer.body.p, text) != NULL;
    if (!there)
        printf("# not in:\n%s\n%s\n", answer.headers, answer.body.p);
    return there;
}

static const char *as_operator(void)
{
    static char line[128];

    snprintf(line, sizeof line, "Authorization: Bearer %s", key);
    return line;
}

// With the cookie of the session, and what makes a change of it.
static const char *as_steward(const char *more)
{
    static char lines[640];

    snprintf(lines, sizeof lines, "Cookie: %s%s%s", world.cookie, more[0] ? "\n" : "", more);
    return lines;
}

static const char *with_csrf(void)
{
    static char line[128];

    snprintf(line, sizeof line, "X-CSRF-Token: %s", world.csrf);
    return as_steward(line);
}

static void sign_in(const char *more)
{
    char body[256];

    snprintf(body, sizeof body, "{\"name\": \"steward\", \"password\": \"%s\"}", password);
    assert_int_equal(call("POST", "/api/v1/session", more, body), 201);
    const char *set = strcasestr(answer.headers, "Set-Cookie: ");
    assert_non_null(set);
    snprintf(world.cookie, sizeof world.cookie, "%.*s", (int)strcspn(set + 12, ";"), set + 12);
    snprintf(world.csrf, sizeof world.csrf, "%s", field("csrf"));
}

static void write_file(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", world.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool run_slow(struct job *job, void *with, struct ym_error *err)
{
    (void)with;
    for (int i = 0; i < 1000 && !atomic_load(&world.go_on) && !job_stopped(job); i++) {
        job_progress(job, "counting", i, 1000, "rows");
        usleep(10000);
    }
    ym_fail(err, YM_CONFLICT, "test.ends", "it ends so");
    return ym_about(err, YM_STR("x"));
}

static const struct store_migration migrations[] = {
    {1, "org", ORG_SCHEMA_1},         {2, "jobs", JOBS_SCHEMA_1},
    {3, "catalog", CATALOG_SCHEMA_1}, {4, "catalog-core", CATALOG_SCHEMA_2},
    {5, "org_roles", ORG_SCHEMA_2},   {6, "recipe", LAKE_SCHEMA_RECIPE},
    {7, "draft", LAKE_DRAFT_SCHEMA}};
static const struct jobs_kind kinds[] = {{"test.slow", run_slow, 1}};

static void start_rooms(struct ym_error *err)
{
    char url[128];

    snprintf(url, sizeof url, "sqlite:%s/control.db", world.dir);
    assert_true(store_pool_open(url, NULL, 1, migrations, YM_COUNT(migrations), &world.pool, err));
    const struct jobs_options jobs = {.pool = world.pool, .kinds = kinds, .n_kinds = 1};
    assert_true(jobs_start(&jobs, &world.jobs, err));
}

static const struct store_seal seal = {.key = {1, 2, 3}};

static int start(void **state)
{
    struct ym_error err = {0};
    static char web[128], locales[128]; // the API keeps the pointers
    char path[160];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_not_equal(sodium_init(), -1);
    snprintf(world.dir, sizeof world.dir, "/tmp/ym-api-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    const char *const folders[] = {"web", "web/assets", "web/.vite", "locales", "incoming"};
    for (size_t i = 0; i < YM_COUNT(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", world.dir, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    write_file("web/index.html", index_html);
    write_file("web/assets/app-1.js", "let a = 1\n");
    write_file("web/assets/app-1.js.gz", "not really gzip");
    write_file("web/favicon.svg", "<svg/>");
    write_file("web/.vite/manifest.json", "{}");
    write_file("web/secret.key", "never given");
    write_file("locales/zh-CN.json",
               "{\"brand\":{\"mark\":\"雲夢\",\"platform\":\"{place}：数据\"},"
               "\"problem\":{\"test.ends\":{\"title\":\"{subject}结束了\"},"
               "\"api\":{\"csrf\":{\"title\":\"没有校验值\"}}}}");
    write_file("locales/en.json",
               "{\"problem\":{\"test.ends\":{\"title\":\"{subject} is over\"}}}");
    start_rooms(&err);
    snprintf(path, sizeof path, "%s/search.db", world.dir);
    assert_true(catalog_search_open(path, &world.search, &err));
    snprintf(web, sizeof web, "%s/web", world.dir);
    snprintf(locales, sizeof locales, "%s/locales", world.dir);
    snprintf(path, sizeof path, "%s/incoming", world.dir);
    const struct api_options api = {.pool = world.pool,
                                    .jobs = world.jobs,
                                    .search = world.search,
                                    .web = web,
                                    .locales = locales,
                                    .public_url = "https://data.example.gov.cn",
                                    .place_zh = "湖北",
                                    .place_en = "Hubei",
                                    .version = "1.2.3",
                                    .zone = "Asia/Shanghai",
                                    .demo = true,
                                    .seal = &seal,
                                    .operator_key = key};
    assert_true(api_open(&api, &world.api, &err));
    const struct http_options http = {.listen = "127.0.0.1:0",
                                      .routes = api_routes,
                                      .n_routes = api_n_routes,
                                      .fallback = api_page,
                                      .with = world.api,
                                      .authenticate = api_authenticate,
                                      .text = api_text,
                                      .burn = api_burn,
                                      .done = api_done,
                                      .incoming = path,
                                      .body_max = 1 << 20,
                                      .per_address = 1000};
    assert_true(http_server_start(&http, &world.http, &err));
    snprintf(world.url, sizeof world.url, "http://127.0.0.1:%d", http_server_port(world.http));
    world.client = http_client_new();
    return 0;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *at)
{
    (void)facts, (void)kind, (void)at;
    return remove(path);
}

static int stop(void **state)
{
    (void)state;
    http_server_stop(world.http);
    jobs_stop(world.jobs);
    api_close(world.api);
    catalog_search_close(world.search);
    store_pool_close(world.pool);
    http_client_free(world.client);
    ym_buf_clear(&answer.body);
    json_decref(answer.json);
    return nftw(world.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void the_operator_makes_agencies_and_accounts(void **state)
{
    char body[512];

    (void)state;
    assert_int_equal(call("GET", "/api/v1/session", as_operator(), NULL), 200);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(answer.json, "account"), "role")),
        "administrator");
    assert_int_equal(call("POST", "/api/v1/agencies", as_operator(),
                          "{\"name\": \"air\", \"title\": {\"zh\": \"厅\", \"en\": \"Air\"}}"),
                     201);
    assert_int_equal(call("POST", "/api/v1/agencies", NULL, "{\"name\": \"b\", \"title\": {}}"),
                     401);
    snprintf(body, sizeof body,
             "{\"name\": \"steward\", \"display_name\": \"S\", \"role\": "
             "\"steward\", \"agency\": \"air\", \"password\": \"%s\"}",
             password);
    assert_int_equal(call("POST", "/api/v1/accounts", as_operator(), body), 201);
    assert_non_null(strcasestr(answer.headers, "Location: /api/v1/accounts/"));
    assert_int_equal(call("GET", "/api/v1/accounts", as_operator(), NULL), 200);
    assert_int_equal(call("GET", "/api/v1/accounts", NULL, NULL), 401);
    assert_int_equal(call("GET", "/api/v1/agencies", NULL, NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 1);
    assert_int_equal(call("GET", "/api/v1/session",
                          "Authorization: Bearer "
                          "00112233445566778899aabbccddeeff00112233445566778899aabbccddeefe",
                          NULL),
                     401);
    assert_int_equal(call("GET", "/api/v1/session", "Authorization: Basic YTpi", NULL), 401);
}

static void bodies_are_taken_by_their_table(void **state)
{
    static const struct {
        const char *body, *code, *subject;
    } cases[] = {
        {"[]", "api.body", ""},
        {"{\"name\": \"x\", \"title\": {\"zh\": \"x\"}, \"id\": 1}", "api.field_unknown", "id"},
        {"{\"title\": {\"zh\": \"x\"}}", "api.field_missing", "name"},
        {"{\"name\": null, \"title\": {\"zh\": \"x\"}}", "api.field_missing", "name"},
        {"{\"name\": 1, \"title\": {\"zh\": \"x\"}}", "api.field_type", "name"},
        {"{\"name\": \"x\", \"title\": \"x\"}", "api.field_type", "title"},
        {"{\"name\": \"x\", \"title\": {\"fr\": \"x\"}}", "api.field_type", "title"},
        {"{\"name\": \"x\", \"title\": {\"zh\": 1}}", "api.field_type", "title"},
        {"{\"name\": \"x\", \"name\": \"y\", \"title\": {}}", "json.syntax", ""},
    };

    (void)state;
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        assert_int_equal(call("POST", "/api/v1/agencies", as_operator(), cases[i].body), 400);
        assert_string_equal(field("code"), cases[i].code);
        assert_string_equal(field("subject"), cases[i].subject);
    }
}

static void signing_in_never_tells_whether_a_name_exists(void **state)
{
    static char first[4096];

    (void)state;
    assert_int_equal(call("POST", "/api/v1/session", NULL,
                          "{\"name\": \"steward\", \"password\": \"wrong password\"}"),
                     401);
    snprintf(first, sizeof first, "%s", answer.body.p);
    int status = call("POST", "/api/v1/session", NULL,
                      "{\"name\": \"nobody\", \"password\": \"wrong password\"}");
    assert_int_equal(status, 401);
    assert_string_equal(first, answer.body.p);
}

static void a_session_is_a_cookie_and_its_changes_carry_a_token(void **state)
{
    static const char agency[] = "{\"title\": \"t\", \"days\": 1}";

    (void)state;
    // A wrong password before may cost some waiting.
    for (int i = 0; i < 20; i++) {
        if (call("POST", "/api/v1/session", NULL,
                 "{\"name\": \"steward\", \"password\": \"correct horse battery\"}") == 201)
            break;
        usleep(500000);
    }
    sign_in(NULL);
    assert_non_null(strstr(answer.headers, "; Path=/; Secure; HttpOnly; SameSite=Lax"));
    assert_true(strncmp(world.cookie, "__Host-ym=", 10) == 0);
    assert_int_equal(call("GET", "/api/v1/session", as_steward(""), NULL), 200);
    assert_string_equal(field("csrf"), world.csrf);
    assert_int_equal(strlen(world.csrf), 64);

    assert_int_equal(call("POST", "/api/v1/tokens", as_steward(""), agency), 403);
    assert_string_equal(field("code"), "api.csrf");
    assert_string_equal(field("title"), "没有校验值");
    assert_int_equal(call("POST", "/api/v1/tokens", as_steward("X-CSRF-Token: 0"), agency), 403);
    assert_int_equal(call("POST", "/api/v1/tokens", with_csrf(), agency), 201);
    snprintf(world.token, sizeof world.token, "%s", field("token"));
    assert_true(strncmp(world.token, "ym_", 3) == 0);
}

static void a_change_from_another_site_is_refused(void **state)
{
    char lines[256], body[] = "{\"title\": \"t\", \"days\": 1}";
    static const char *const refused[] = {"Origin: https://evil.example", "Origin: null",
                                          "Sec-Fetch-Site: cross-site"};

    (void)state;
    for (size_t i = 0; i < YM_COUNT(refused); i++) {
        snprintf(lines, sizeof lines, "X-CSRF-Token: %s\n%s", world.csrf, refused[i]);
        assert_int_equal(call("POST", "/api/v1/tokens", as_steward(lines), body), 403);
        assert_string_equal(field("code"), "api.origin");
        // Signing in too: nobody is signed in to somebody else's account.
        assert_int_equal(call("POST", "/api/v1/session", refused[i], "{}"), 403);
    }
    snprintf(lines, sizeof lines, "X-CSRF-Token: %s\nOrigin: %s", world.csrf, world.url);
    assert_int_equal(call("POST", "/api/v1/tokens", as_steward(lines), body), 201);
    snprintf(lines, sizeof lines, "X-CSRF-Token: %s\nOrigin: https://data.example.gov.cn",
             world.csrf);
    assert_int_equal(call("POST", "/api/v1/tokens", as_steward(lines), body), 201);
}

static void a_token_in_an_address_is_ended(void **state)
{
    char line[128], path[256];

    (void)state;
    snprintf(line, sizeof line, "Authorization: Bearer %s", world.token);
    assert_int_equal(call("GET", "/api/v1/tokens", line, NULL), 200);
    assert_int_equal(json_array_size(json_object_get(answer.json, "items")), 3);
    snprintf(path, sizeof path, "/api/v1/datasets?q=%s", world.token);
    assert_int_equal(call("GET", path, NULL, NULL), 400);
    assert_string_equal(field("code"), "http.secret_in_url");
    assert_int_equal(call("GET", "/api/v1/tokens", line, NULL), 401);
    assert_null(strstr(answer.headers, world.token));
}

static void a_dataset_is_made_read_and_changed_with_its_etag(void **state)
{
    static const char dataset[] =
        "{\"id\": \"air.hour\", \"title\": {\"zh\": \"小时值</script><b>\", \"en\": \"Hours\"},"
        " \"abstract\": {\"zh\": \"各站\\\"点\\\"\"}, \"agency\": \"air\", \"theme\": "
        "\"environment\","
        " \"openness\": \"open\", \"sharing\": \"unconditional\", \"update_cycle\": \"hour\","
        " \"category\": \"theme.environment\", \"format\": \"database\", \"contact\": \"数据处\","
        " \"contact_phone\": \"027-1\"}";
    static const char reviews[] = "/api/v1/datasets/air.hour/review";
    char etag[80], operator[96];

    (void)state;
    assert_int_equal(call("POST", "/api/v1/datasets", NULL, dataset), 401);
    assert_int_equal(call("POST", "/api/v1/datasets", with_csrf(), dataset), 201);
    assert_non_null(strcasestr(answer.headers, "Location: /api/v1/datasets/air.hour"));
    // A draft is nobody's business until somebody else has looked at it.
    assert_int_equal(call("GET", "/api/v1/datasets/air.hour", NULL, NULL), 404);
    assert_int_equal(call("POST", reviews, with_csrf(), "{\"act\": \"submit\"}"), 200);
    assert_string_equal(field("state"), "submitted");
    assert_int_equal(call("POST", reviews, with_csrf(), "{\"act\": \"publish\"}"), 403);
    assert_string_equal(field("code"), "catalog.own_review");
    snprintf(operator, sizeof operator, "Authorization: Bearer %s", key);
    assert_int_equal(call("POST", reviews, operator, "{\"act\": \"bless\"}"), 400);
    assert_int_equal(call("POST", reviews, operator, "{\"act\": \"publish\"}"), 200);
    assert_int_equal(call("GET", "/api/v1/datasets/air.hour", NULL, NULL), 200);
    snprintf(etag, sizeof etag, "\"%s\"", field("etag"));
    assert_non_null(strstr(answer.headers, etag));
    assert_int_equal(
        call("PATCH", "/api/v1/datasets/air.hour", with_csrf(), "{\"theme\": \"civil\"}"), 428);
    char lines[256];
    snprintf(lines, sizeof lines, "X-CSRF-Token: %s\nIf-Match: %s", world.csrf, etag);
    assert_int_equal(
        call("PATCH", "/api/v1/datasets/air.hour", as_steward(lines), "{\"theme\": \"civil\"}"),
        200);
    assert_string_equal(field("theme"), "civil");
    assert_int_equal(
        call("PATCH", "/api/v1/datasets/air.hour", as_steward(lines), "{\"theme\": \"economy\"}"),
        409);
    assert_string_equal(field("code"), "catalog.etag");
    assert_int_equal(call("GET", "/api/v1/datasets?q=hour&limit=1", NULL, NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 1);
    assert_non_null(json_object_get(json_object_get(answer.json, "facets"), "sharing"));
    assert_int_equal(call("GET", "/api/v1/datasets/air.none", NULL, NULL), 404);
    assert_int_equal(call("GET", "/api/v1/datasets?after=x", NULL, NULL), 400);
    assert_string_equal(field("code"), "api.cursor");
    assert_int_equal(call("GET", "/api/v1/datasets?limit=1001", NULL, NULL), 400);
}

static void a_page_has_its_head_language_and_policy(void **state)
{
    (void)state;
    assert_int_equal(call("GET", "/datasets/air.hour", NULL, NULL), 200);
    assert_true(body_has("<html lang=\"zh-CN\" data-theme=\"\">"));
    assert_true(body_has("<title>小时值&lt;/script&gt;&lt;b&gt; · 雲夢 · 湖北</title>"));
    assert_true(body_has("<meta name=\"description\" content=\"各站&quot;点&quot;\">"));
    assert_true(body_has(
        "<link rel=\"canonical\" href=\"https://data.example.gov.cn/datasets/air.hour\">"));
    assert_true(
        body_has("hreflang=\"en\" href=\"https://data.example.gov.cn/datasets/air.hour?lang=en\""));
    assert_true(body_has("\"name\":\"小时值\\u003c/script>\\u003cb>\""));
    assert_null(strstr(answer.body.p, "<title>x"));
    assert_non_null(strstr(
        answer.headers, "require-trusted-types-for 'script'; trusted-types default vue dompurify"));
    assert_non_null(strcasestr(answer.headers, "Cache-Control: no-cache"));
    assert_int_equal(
        call("GET", "/datasets/air.hour?lang=en", "Cookie: theme=dark; lang=zh-CN", NULL), 200);
    assert_true(body_has("<html lang=\"en\" data-theme=\"dark\">"));
    assert_true(body_has("<title>Hours · 雲夢 · Hubei</title>"));
    assert_int_equal(call("GET", "/", "Accept-Language: en\nCookie: theme=\"><script>", NULL), 200);
    assert_true(body_has("<html lang=\"en\" data-theme=\"\">"));
    assert_null(strstr(answer.body.p, "ld+json"));
    assert_int_equal(call("GET", "/datasets/new", NULL, NULL), 200);
    assert_true(body_has("content=\"湖北：数据\""));
}

static void what_is_not_there_is_said_in_its_own_way(void **state)
{
    (void)state;
    assert_int_equal(call("GET", "/datasets/air.none", NULL, NULL), 404);
    assert_true(body_has("<!doctype html>"));
    assert_int_equal(call("GET", "/assets/none.js", NULL, NULL), 404);
    assert_non_null(strcasestr(answer.headers, "Content-Type: text/plain"));
    assert_null(strchr(answer.body.p, '<'));
    assert_int_equal(call("GET", "/api/v1/nothing", NULL, NULL), 404);
    assert_string_equal(field("code"), "http.route");
    assert_int_equal(call("GET", "/any/page/at/all", NULL, NULL), 200);
}

static void files_of_the_web_folder_are_given_and_no_others(void **state)
{
    static const char *const hidden[] = {"/secret.key", "/.vite/manifest.json", "/index.html",
                                         "/assets/",    "/assets/app-1.js.gz",  "/locales/en.json"};

    (void)state;
    assert_int_equal(call("GET", "/assets/app-1.js", NULL, NULL), 200);
    assert_true(body_has("let a = 1"));
    assert_non_null(
        strcasestr(answer.headers, "Cache-Control: public, max-age=31536000, immutable"));
    assert_non_null(strcasestr(answer.headers, "Vary: Accept-Encoding"));
    assert_non_null(strcasestr(answer.headers, "Content-Type: text/javascript"));
    assert_int_equal(call("GET", "/favicon.svg", NULL, NULL), 200);
    assert_non_null(strcasestr(answer.headers, "max-age=3600"));
    for (size_t i = 0; i < YM_COUNT(hidden); i++) {
        (void)call("GET", hidden[i], NULL, NULL);
        assert_true(strstr(answer.body.p, "<!doctype html>") || answer.status == 404);
        assert_null(strstr(answer.body.p, "never given"));
    }
}

static void a_jobs_events_end_with_its_last_state(void **state)
{
    struct store *store = NULL;
    struct ym_error err = {0};
    char path[128];
    int64_t id = 0;

    (void)state;
    const struct jobs_new job = {.kind = "test.slow", .subject = YM_STR("air.hour")};
    assert_true(store_take(world.pool, &store, &err));
    assert_true(store_begin(store, &err));
    assert_true(jobs_add(world.jobs, store, &job, &id, &err));
    assert_true(store_commit(store, &err));
    store_give(world.pool, store);
    jobs_wake(world.jobs);
    snprintf(path, sizeof path, "/api/v1/jobs/%lld", (long long)id);
    assert_int_equal(call("GET", path, as_steward(""), NULL), 404); // nobody's job
    assert_int_equal(call("GET", path, NULL, NULL), 401);
    assert_int_equal(call("GET", path, as_operator(), NULL), 200);
    assert_int_equal(call("GET", "/api/v1/jobs", as_operator(), NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 1);
    assert_int_equal(call("GET", "/api/v1/jobs", as_steward(""), NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 0);
    usleep(200000);
    atomic_store(&world.go_on, true);
    snprintf(path, sizeof path, "/api/v1/jobs/%lld/events?lang=en", (long long)id);
    assert_int_equal(call("GET", path, as_operator(), NULL), 200);
    assert_non_null(strcasestr(answer.headers, "Content-Type: text/event-stream"));
    assert_true(body_has("event: end\ndata: {"));
    assert_true(body_has("\"title\":\"x is over\""));
    // And once more, when it is long over.
    assert_int_equal(call("GET", path, as_operator(), NULL), 200);
    assert_true(body_has("event: end\ndata: {"));
}

static void signing_out_ends_the_session(void **state)
{
    (void)state;
    char old[256];
    snprintf(old, sizeof old, "%s", world.cookie);
    sign_in(with_csrf()); // a new one, and the one before is over
    assert_string_not_equal(old, world.cookie);
    char line[300];
    snprintf(line, sizeof line, "Cookie: %s", old);
    assert_int_equal(call("GET", "/api/v1/session", line, NULL), 200);
    assert_true(json_is_null(json_object_get(answer.json, "account")));
    assert_int_equal(call("DELETE", "/api/v1/session", as_steward(""), NULL), 403);
    assert_int_equal(call("DELETE", "/api/v1/session", with_csrf(), NULL), 204);
    assert_non_null(strstr(answer.headers, "Max-Age=0"));
    assert_int_equal(call("GET", "/api/v1/session", as_steward(""), NULL), 200);
    assert_true(json_is_null(json_object_get(answer.json, "account")));
    assert_int_equal(call("GET", "/api/v1/tokens", as_steward(""), NULL), 401);
}

static void the_description_is_served(void **state)
{
    (void)state;
    assert_int_equal(call("GET", "/api/v1/openapi.json", NULL, NULL), 200);
    assert_string_equal(field("openapi"), "3.1.0");
    assert_int_equal(call("GET", "/health/live", NULL, NULL), 200);
    assert_true(json_is_true(json_object_get(answer.json, "ok")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_operator_makes_agencies_and_accounts),
        cmocka_unit_test(bodies_are_taken_by_their_table),
        cmocka_unit_test(signing_in_never_tells_whether_a_name_exists),
        cmocka_unit_test(a_session_is_a_cookie_and_its_changes_carry_a_token),
        cmocka_unit_test(a_change_from_another_site_is_refused),
        cmocka_unit_test(a_token_in_an_address_is_ended),
        cmocka_unit_test(a_dataset_is_made_read_and_changed_with_its_etag),
        cmocka_unit_test(a_page_has_its_head_language_and_policy),
        cmocka_unit_test(what_is_not_there_is_said_in_its_own_way),
        cmocka_unit_test(files_of_the_web_folder_are_given_and_no_others),
        cmocka_unit_test(a_jobs_events_end_with_its_last_state),
        cmocka_unit_test(signing_out_ends_the_session),
        cmocka_unit_test(the_description_is_served),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
