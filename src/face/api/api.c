#include "face/api/inside.h"

enum { LOCALE_MAX = 1024 * 1024, LIMIT = 100 };

static json_t *read_locale(const char *folder, const char *name)
{
    char path[4096];
    struct ym_error err = {0};
    json_t *texts = NULL;

    (void)snprintf(path, sizeof path, "%s/%s.json", folder ? folder : "", name);
    if (folder && ym_json_file(path, LOCALE_MAX, &texts, &err))
        return texts;
    ym_log(YM_WARN, "api.locale",
           YM_ARGS(ym_text("language", ym_str(name)), ym_text("why", ym_str(err.message))));
    return NULL;
}

bool api_open(const struct api_options *options, struct api **out, struct ym_error *err)
{
    struct api *api = calloc(1, sizeof *api);
    json_t *schemas = api_schemas();

    if (!api)
        abort();
    *out = NULL;
    api->options = *options;
    json_t *document = schemas ? http_openapi(api_routes, api_n_routes, schemas) : NULL;
    json_decref(schemas);
    if (!document) {
        free(api);
        return ym_fail(err, YM_FAULT, "api.schemas", "the API's description cannot be made");
    }
    ym_json_dump(&api->openapi, document);
    json_decref(document);
    api->zh = read_locale(options->locales, "zh-CN");
    api->en = read_locale(options->locales, "en");
    *out = api;
    return true;
}

void api_close(struct api *api)
{
    if (!api)
        return;
    json_decref(api->zh);
    json_decref(api->en);
    ym_buf_clear(&api->openapi);
    free(api);
}

// "problem.lake.state.title": codes have dots themselves, so each beginning of the key that is a
// member is tried.
static const json_t *find_text(const json_t *at, const char *key, int depth)
{
    const json_t *whole = json_object_get(at, key);
    char name[128];

    if (json_is_string(whole) || depth == 0)
        return json_is_string(whole) ? whole : NULL;
    for (const char *dot = strchr(key, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t n = (size_t)(dot - key);
        if (n >= sizeof name)
            return NULL;
        memcpy(name, key, n);
        name[n] = '\0';
        const json_t *next = json_object_get(at, name);
        const json_t *found = json_is_object(next) ? find_text(next, dot + 1, depth - 1) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

struct ym_str api_text(void *with, struct ym_str lang, const char *key)
{
    const struct api *api = with;
    const json_t *found = find_text(ym_str_is(lang, "en") ? api->en : api->zh, key, 8);

    if (!found)
        return (struct ym_str){NULL, 0};
    return (struct ym_str){json_string_value(found), json_string_length(found)};
}

static bool bad_field(struct ym_error *err, const char *code, const char *name, const char *why,
                      const char *hint)
{
    ym_fail(err, YM_INVALID, code, "field '%s' %s", name, why);
    ym_hint(err, "%s", hint);
    return ym_about(err, ym_str(name));
}

static struct ym_str text_of(const json_t *value)
{
    return (struct ym_str){json_string_value(value), json_string_length(value)};
}

static bool read_texts(const json_t *value, struct api_texts *out)
{
    const char *name;
    json_t *text;

    if (!json_is_object(value))
        return false;
    json_object_foreach((json_t *)value, name, text)
    {
        struct ym_str *into = strcmp(name, "zh") == 0   ? &out->zh
                              : strcmp(name, "en") == 0 ? &out->en
                                                        : NULL;
        if (!into || !json_is_string(text))
            return false;
        *into = text_of(text);
    }
    return true;
}

static bool read_field(const struct api_field *field, json_t *value)
{
    switch (field->type) {
    case API_TEXT:
        if (!json_is_string(value))
            return false;
        *(struct ym_str *)field->into = text_of(value);
        return true;
    case API_TEXTS:
        return read_texts(value, field->into);
    case API_INTEGER:
        if (!json_is_integer(value))
            return false;
        *(int64_t *)field->into = json_integer_value(value);
        return true;
    case API_ARRAY:
        if (!json_is_array(value))
            return false;
        *(json_t **)field->into = value;
        return true;
    case API_BOOLEAN:
        if (!json_is_boolean(value))
            return false;
        *(bool *)field->into = json_is_true(value);
        return true;
    default:
        if (!json_is_object(value))
            return false;
        *(json_t **)field->into = value;
        return true;
    }
}

static const char *type_hint(enum api_field_type type)
{
    static const char *const hints[] = {
        [API_TEXT] = "Write it as a text in double quotes.",
        [API_TEXTS] = "Write it as {\"zh\": \"…\", \"en\": \"…\"}.",
        [API_INTEGER] = "Write it as a whole number without quotes.",
        [API_BOOLEAN] = "Write it as true or false, without quotes.",
        [API_OBJECT] = "Write it as an object in braces.",
        [API_ARRAY] = "Write it as a list in square brackets.",
    };

    return hints[type];
}

bool api_fields(const json_t *body, const struct api_field *fields, size_t n, struct ym_error *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(body)) {
        ym_fail(err, YM_INVALID, "api.body", "the body is not an object");
        return ym_hint(err, "Send one JSON object: {\"field\": value, …}.");
    }
    json_object_foreach((json_t *)body, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < n && !known; i++)
            known = strcmp(fields[i].name, name) == 0;
        if (!known)
            return bad_field(err, "api.field_unknown", name, "is not known here",
                             "GET /api/v1/openapi.json lists the fields of each body.");
    }
    for (size_t i = 0; i < n; i++) {
        value = json_object_get(body, fields[i].name);
        if (!value || json_is_null(value)) {
            if (fields[i].required)
                return bad_field(err, "api.field_missing", fields[i].name, "is missing",
                                 "Add the field to the body.");
        } else if (!read_field(&fields[i], value)) {
            return bad_field(err, "api.field_type", fields[i].name, "has the wrong type",
                             type_hint(fields[i].type));
        }
    }
    return true;
}

json_t *api_id(int64_t id)
{
    return id == 0 ? json_null() : json_sprintf("%lld", (long long)id);
}

json_t *api_time(int64_t time)
{
    char text[YM_TIME_TEXT];

    return time == 0 ? json_null() : json_string(ym_time_text(time, text));
}

json_t *api_texts_json(struct ym_str zh, struct ym_str en)
{
    return json_pack("{s:o, s:o}", "zh", ym_json_str(zh.n > 0 ? zh : en), "en",
                     ym_json_str(en.n > 0 ? en : zh));
}

json_t *api_list(json_t *items, json_t *next, int64_t total)
{
    return json_pack("{s:o, s:o, s:I}", "items", items, "next", next ? next : json_null(), "total",
                     (json_int_t)total);
}

bool api_path_id(const struct http_request *rq, int64_t *out, struct ym_error *err)
{
    struct ym_str text = http_path_part(rq, "id");

    if (ym_str_int(text, out) && *out > 0)
        return true;
    ym_fail(err, YM_NOT_FOUND, "api.id", "'%.*s' is not an id", YM_FMT(text));
    ym_hint(err, "Ids are decimal numbers, as the lists give them.");
    return ym_about(err, text);
}

bool api_after(const struct http_request *rq, int64_t *out, struct ym_error *err)
{
    struct ym_str text = http_param(rq, "after");

    *out = 0;
    if (!text.p || (ym_str_int(text, out) && *out > 0))
        return true;
    ym_fail(err, YM_INVALID, "api.cursor", "'%.*s' is not a cursor of this list", YM_FMT(text));
    ym_hint(err, "Use the `next` of the page before as it is, or begin without `after`.");
    return ym_about(err, YM_STR("after"));
}

int64_t api_limit(const struct http_request *rq)
{
    return http_param_int(rq, "limit", LIMIT);
}

bool api_agency(const struct http_request *rq, struct store *store, struct ym_str said,
                struct org_agency *out, struct ym_error *err)
{
    int64_t id;

    if (ym_str_int(said, &id))
        return org_agency_get(store, id, rq->arena, out, err);
    return org_agency_by_name(store, said, rq->arena, out, err);
}

void api_location(const struct http_request *rq, struct http_reply *re, const char *collection,
                  struct ym_str id)
{
    http_reply_header(re, "Location",
                      ym_arena_printf(rq->arena, "/api/v1/%s/%.*s", collection, YM_FMT(id)));
}

bool api_need_platform(const struct http_request *rq, unsigned roles, struct ym_error *err)
{
    if (!org_need_role(api_caller(rq), roles, err))
        return false;
    if (org_holds(api_caller(rq), roles, 0))
        return true;
    ym_fail(err, YM_DENIED, "org.role", "this is for the platform's own administrators");
    return ym_hint(err, "Ask an administrator of the platform.");
}

json_t *api_problem(const struct http_request *rq, const struct ym_error *problem)
{
    if (problem->kind == YM_NO_ERROR)
        return json_null();
    return http_problem(problem, ym_kind_status(problem->kind), rq->lang, api_text, rq->with);
}

bool api_if_match(const struct http_request *rq, int64_t *etag, struct ym_error *err)
{
    struct ym_str text = http_header_of(rq, "If-Match");

    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = ym_str_sub(text, 1, text.n - 2);
    if (ym_str_int(text, etag))
        return true;
    ym_fail(err, YM_INVALID, "http.if_match", "a change needs If-Match with its etag");
    return ym_hint(err, "Read it first; send its `etag` as If-Match.");
}
