#include "host/http/inside.h"

struct ym_str http_path_part(const struct http_request *rq, const char *name)
{
    const struct http_pairs *parts = &rq->connection->parts;

    for (size_t i = 0; i < parts->n; i++)
        if (ym_str_is(parts->items[i].name, name))
            return parts->items[i].value;
    return (struct ym_str){NULL, 0};
}

struct ym_str http_param(const struct http_request *rq, const char *name)
{
    const struct http_pairs *query = &rq->connection->target.query;

    for (size_t i = 0; i < query->n; i++)
        if (ym_str_is(query->items[i].name, name))
            return query->items[i].value;
    return (struct ym_str){NULL, 0};
}

int64_t http_param_int(const struct http_request *rq, const char *name, int64_t otherwise)
{
    int64_t value = otherwise;

    return ym_str_int(http_param(rq, name), &value) ? value : otherwise;
}

struct ym_str http_header_of(const struct http_request *rq, const char *name)
{
    return http_head_get(&rq->connection->head, name);
}

struct ym_str http_cookie_of(const struct http_request *rq, const char *name)
{
    return http_cookie(http_header_of(rq, "Cookie"), name);
}

struct ym_str http_address_of(const struct http_request *rq)
{
    return http_address_text(&rq->connection->client, rq->arena);
}

int http_prefer_wait(const struct http_request *rq)
{
    return http_prefer(http_header_of(rq, "Prefer"));
}

bool http_takes_gzip_of(const struct http_request *rq)
{
    return http_takes_gzip(http_header_of(rq, "Accept-Encoding"));
}

bool http_stopping(const struct http_request *rq)
{
    return atomic_load(&rq->connection->server->stopping);
}
