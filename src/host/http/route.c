#include "host/http/inside.h"

static bool is_name(struct ym_str part)
{
    return part.n > 2 && part.p[0] == '{' && part.p[part.n - 1] == '}';
}

// Does the row's path fit? Fills the {name} parts; they are never empty.
static bool path_fits(const char *pattern, struct ym_str path, struct ym_arena *arena,
                      struct http_pairs *parts)
{
    struct ym_str wanted = ym_str(pattern), want, have;
    bool more;

    parts->n = 0;
    while ((more = ym_str_cut(&wanted, '/', &want)) == ym_str_cut(&path, '/', &have)) {
        if (!more)
            return true;
        if (!is_name(want)) {
            if (!ym_str_eq(want, have))
                return false;
            continue;
        }
        if (have.n == 0)
            return false;
        parts->items =
            ym_arena_grow(arena, parts->items, &parts->cap, parts->n + 1, sizeof *parts->items);
        parts->items[parts->n++] = (struct http_pair){ym_str_sub(want, 1, want.n - 2), have};
    }
    return false;
}

static bool method_fits(const char *wanted, struct ym_str method)
{
    return ym_str_is(method, wanted) ||
           (ym_str_is(method, "HEAD") && ym_str_is(ym_str(wanted), "GET"));
}

bool http_route_find(const struct http_options *options, struct ym_str method, struct ym_str path,
                     struct ym_arena *arena, const struct http_route **route,
                     struct http_pairs *parts, struct ym_str *allow, struct ym_error *err)
{
    struct ym_buf methods = {0};

    *route = NULL;
    for (size_t i = 0; i < options->n_routes; i++) {
        const struct http_route *one = &options->routes[i];
        if (!path_fits(one->path, path, arena, parts))
            continue;
        if (method_fits(one->method, method)) {
            *route = one;
            ym_buf_clear(&methods);
            return true;
        }
        ym_buf_printf(&methods, "%s%s%s", methods.n > 0 ? ", " : "", one->method,
                      strcmp(one->method, "GET") == 0 ? ", HEAD" : "");
    }
    *allow = ym_arena_str(arena, methods.n > 0 ? ym_buf_str(&methods) : (struct ym_str){NULL, 0});
    ym_buf_clear(&methods);
    if (allow->n > 0) {
        ym_fail(err, YM_INVALID, "http.method", "this address does not take '%.*s'",
                YM_FMT(method));
        ym_hint(err, "Use one of: %.*s.", YM_FMT(*allow));
        return ym_about(err, method);
    }
    ym_fail(err, YM_NOT_FOUND, "http.route", "there is nothing at this address");
    ym_hint(err, "GET /api/v1/openapi.json lists all addresses.");
    return ym_about(err, path);
}

const struct http_extra *http_route_extra(const struct http_options *options,
                                          const struct http_route *route)
{
    static const struct http_extra none = {0};

    for (const struct http_extra *one = options->extras; route && one && one->path; one++)
        if (strcmp(one->path, route->path) == 0)
            return one;
    return &none;
}

static const struct http_param *find_param(const struct http_route *route, struct ym_str name)
{
    for (const struct http_param *one = route->params; one && one->name; one++)
        if (ym_str_is(name, one->name))
            return one;
    return NULL;
}

static bool is_plain(struct ym_str s)
{
    for (size_t at = 0; at < s.n;) {
        int32_t c = ym_utf8_next(s, &at);
        if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
            return false;
    }
    return true;
}

static bool is_choice(const char *choices, struct ym_str value)
{
    struct ym_str list = ym_str(choices), item;

    while (ym_str_cut(&list, ',', &item))
        if (ym_str_eq(item, value))
            return true;
    return false;
}

static bool bad_value(const struct http_param *param, struct ym_error *err, const char *why)
{
    ym_fail(err, YM_INVALID, "http.param", "parameter '%s' %s", param->name, why);
    if (param->type == HTTP_PARAM_CHOICE)
        ym_hint(err, "Use one of: %s.", param->choices);
    else if (param->type == HTTP_PARAM_INTEGER)
        ym_hint(err, "Use a whole number from %lld to %lld.", (long long)param->min,
                (long long)param->max);
    else
        ym_hint(err, "Use text of %lld to %lld bytes without control characters.",
                (long long)param->min, (long long)(param->max > 0 ? param->max : HTTP_TARGET_MAX));
    return ym_about(err, ym_str(param->name));
}

static bool judge(const struct http_param *param, struct ym_str value, struct ym_error *err)
{
    int64_t number = 0;

    switch (param->type) {
    case HTTP_PARAM_INTEGER:
        if (!ym_str_int(value, &number) || number < param->min || number > param->max)
            return bad_value(param, err, "is not a number in its range");
        return true;
    case HTTP_PARAM_CHOICE:
        return is_choice(param->choices, value) || bad_value(param, err, "is none of its choices");
    default:
        if (!is_plain(value))
            return bad_value(param, err, "has control characters");
        if ((int64_t)value.n < param->min || (param->max > 0 && (int64_t)value.n > param->max))
            return bad_value(param, err, "is too short or too long");
        return true;
    }
}

static bool judge_lang(struct ym_str value, struct ym_error *err)
{
    static const struct http_param lang = {"lang", HTTP_PARAM_CHOICE, 0, 0, "zh-CN,en", NULL};

    return judge(&lang, value, err);
}

bool http_route_params(const struct http_route *route, const struct http_pairs *query,
                       struct ym_error *err)
{
    for (size_t i = 0; i < query->n; i++) {
        struct ym_str name = query->items[i].name;
        for (size_t j = 0; j < i; j++)
            if (ym_str_eq(name, query->items[j].name)) {
                ym_fail(err, YM_INVALID, "http.param_twice", "parameter '%.*s' is there twice",
                        YM_FMT(name));
                ym_hint(err, "Give each parameter once; several values are joined by commas.");
                return ym_about(err, name);
            }
        const struct http_param *param = find_param(route, name);
        if (!param && ym_str_is(name, "lang")) {
            if (!judge_lang(query->items[i].value, err))
                return false;
            continue;
        }
        if (!param) {
            ym_fail(err, YM_INVALID, "http.param_unknown", "there is no parameter '%.*s' here",
                    YM_FMT(name));
            ym_hint(err, "GET /api/v1/openapi.json lists the parameters of each address.");
            return ym_about(err, name);
        }
        if (!judge(param, query->items[i].value, err))
            return false;
    }
    return true;
}
