#include "host/http/server.h"

// "{id}" parts of a path as parameters.
static void path_params(json_t *to, const char *path)
{
    struct ym_str rest = ym_str(path), part;

    while (ym_str_cut(&rest, '/', &part))
        if (part.n > 2 && part.p[0] == '{')
            json_array_append_new(to, json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", part.p + 1,
                                                part.n - 2, "in", "path", "required", 1, "schema",
                                                "type", "string"));
}

static json_t *param_schema(const struct http_param *param)
{
    struct ym_str choices = ym_str(param->choices), item;
    json_t *schema = json_object();

    json_object_set_new(schema, "type",
                        json_string(param->type == HTTP_PARAM_INTEGER ? "integer" : "string"));
    if (param->type == HTTP_PARAM_INTEGER) {
        json_object_set_new(schema, "minimum", json_integer((json_int_t)param->min));
        json_object_set_new(schema, "maximum", json_integer((json_int_t)param->max));
    } else if (param->type == HTTP_PARAM_TEXT) {
        if (param->max > 0)
            json_object_set_new(schema, "maxLength", json_integer((json_int_t)param->max));
    } else {
        json_t *list = json_array();
        while (ym_str_cut(&choices, ',', &item))
            json_array_append_new(list, ym_json_str(item));
        json_object_set_new(schema, "enum", list);
    }
    return schema;
}

static json_t *param(const char *name, const char *in, const char *about, json_t *schema)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "name", name, "in", in, "description",
                     about ? about : "", "schema", schema);
}

static json_t *params_of(const struct http_route *route)
{
    json_t *list = json_array();

    path_params(list, route->path);
    for (const struct http_param *one = route->params; one && one->name; one++)
        json_array_append_new(list, param(one->name, "query", one->about, param_schema(one)));
    json_array_append_new(
        list, param("lang", "query", "language of titles and hints of problems",
                    json_pack("{s:s, s:[ss]}", "type", "string", "enum", "zh-CN", "en")));
    if (route->idempotent)
        json_array_append_new(
            list, param("Idempotency-Key", "header", "the same key gives the same answer",
                        json_pack("{s:s, s:i}", "type", "string", "maxLength", 128)));
    return list;
}

static json_t *reference(const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof path, "#/components/schemas/%s", name);
    return json_pack("{s:s}", "$ref", path);
}

static json_t *content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static json_t *body_of(const struct http_route *route)
{
    if (route->body == HTTP_FILE_BODY)
        return json_pack("{s:b, s:s, s:o}", "required", 1, "description", "the file's bytes",
                         "content",
                         content("application/octet-stream",
                                 json_pack("{s:s, s:s}", "type", "string", "format", "binary")));
    if (route->body == HTTP_SINK_BODY)
        return json_pack("{s:b, s:s, s:o}", "required", 1, "description", "bytes from the offset",
                         "content",
                         content("application/offset+octet-stream",
                                 json_pack("{s:s, s:s}", "type", "string", "format", "binary")));
    return json_pack("{s:b, s:o}", "required", 1, "content",
                     content("application/json", route->request
                                                     ? reference(route->request)
                                                     : json_pack("{s:s}", "type", "object")));
}

static json_t *responses_of(const struct http_route *route)
{
    char status[8];
    json_t *ok = json_pack("{s:s}", "description", route->summary), *all = json_object();

    (void)snprintf(status, sizeof status, "%d", route->success);
    if (route->response && strcmp(route->response, "EventStream") == 0)
        json_object_set_new(ok, "content",
                            content("text/event-stream", json_pack("{s:s}", "type", "string")));
    else if (route->response && strcmp(route->response, "File") == 0)
        json_object_set_new(
            ok, "content",
            content("*/*", json_pack("{s:s, s:s}", "type", "string", "format", "binary")));
    else if (route->response && strcmp(route->response, "Metrics") == 0)
        json_object_set_new(ok, "content",
                            content("text/plain", json_pack("{s:s}", "type", "string")));
    else if (route->response)
        json_object_set_new(ok, "content", content("application/json", reference(route->response)));
    json_object_set_new(all, status, ok);
    json_object_set_new(all, "default",
                        json_pack("{s:s, s:o}", "description", "a problem (RFC 9457)", "content",
                                  content("application/problem+json", reference("Problem"))));
    return all;
}

static char lower(char c)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";

    if (c >= 'A' && c <= 'Z')
        return small[c - 'A'];
    return c;
}

// "GET /api/v1/datasets/{id}/rows" is known as get_datasets_id_rows.
static json_t *operation_id(const struct http_route *route)
{
    struct ym_buf name = {0};
    const char *path = route->path;

    if (strncmp(path, "/api/v1", 7) == 0)
        path += 7;
    for (const char *p = route->method; *p; p++)
        ym_buf_char(&name, lower(*p));
    for (const char *p = path; *p; p++)
        if (strchr("/.", *p))
            ym_buf_char(&name, '_');
        else if (!strchr("{}", *p))
            ym_buf_char(&name, *p);
    json_t *value = ym_json_str(ym_buf_str(&name));
    ym_buf_clear(&name);
    return value;
}

static json_t *security_of(const struct http_route *route)
{
    if (route->scope && strcmp(route->scope, "session") == 0)
        return json_pack("[{s:[]}]", "session");
    return json_pack("[{s:[]},{s:[]}]", "token", "session");
}

static json_t *operation(const struct http_route *route)
{
    json_t *one = json_object();

    json_object_set_new(one, "operationId", operation_id(route));
    json_object_set_new(one, "summary", json_string(route->summary));
    json_object_set_new(one, "parameters", params_of(route));
    if (route->body != HTTP_NO_BODY)
        json_object_set_new(one, "requestBody", body_of(route));
    json_object_set_new(one, "responses", responses_of(route));
    if (route->scope)
        json_object_set_new(one, "x-scope", json_string(route->scope));
    if (route->access == HTTP_SIGNED_IN)
        json_object_set_new(one, "security", security_of(route));
    return one;
}

static void add_route(json_t *paths, const struct http_route *route)
{
    json_t *item = json_object_get(paths, route->path);
    char method[16];
    size_t n = 0;

    if (!item) {
        item = json_object();
        json_object_set_new(paths, route->path, item);
    }
    for (; route->method[n] && n + 1 < sizeof method; n++) {
        char c = route->method[n];
        method[n] = lower(c);
    }
    method[n] = '\0';
    json_object_set_new(item, method, operation(route));
}

json_t *http_openapi(const struct http_route *routes, size_t n, json_t *schemas)
{
    json_t *paths = json_object();
    json_t *security =
        json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:s}}", "token", "type", "http", "scheme", "bearer",
                  "session", "type", "apiKey", "in", "cookie", "name", "__Host-ym");

    for (size_t i = 0; i < n; i++)
        add_route(paths, &routes[i]);
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:O, s:o}}", "openapi", "3.1.0", "info",
                     "title", "Yunmeng", "version", "1", "description",
                     "The public-data platform's API; docs/api.md is the page for people.", "paths",
                     paths, "components", "schemas", schemas, "securitySchemes", security);
}
