#include "host/http/inside.h"

const int64_t http_latency_ms[HTTP_LATENCIES] = {5, 10, 25, 50, 100, 500, 2500, 0};

void http_count(struct http_connection *turn)
{
    struct http_counts *counts = &turn->server->counts;
    const struct http_options *options = &turn->server->options;
    const struct http_route *route = turn->rq.route;
    int64_t us = ym_monotonic() - turn->begun;
    size_t slot = 0;

    if (turn->answered < 100 || turn->answered > 599)
        return; // the client left before there was an answer
    while (slot < HTTP_LATENCIES - 1 && us > http_latency_ms[slot] * 1000)
        slot++;
    atomic_fetch_add(&counts->by_class[turn->answered / 100], 1);
    atomic_fetch_add(&counts->by_latency[slot], 1);
    atomic_fetch_add(&counts->latency_us, us);
    if (route >= options->routes && route < options->routes + options->n_routes)
        atomic_fetch_add(&counts->by_route[route - options->routes], 1);
}

void http_figures_of(const struct http_request *rq, struct http_figures *out)
{
    struct http_server *server = rq->connection->server;
    struct http_counts *counts = &server->counts;
    size_t n = server->options.n_routes;
    int64_t *by_route = ym_arena_alloc(rq->arena, (n + 1) * sizeof *by_route);

    *out = (struct http_figures){
        .latency_us = atomic_load(&counts->latency_us),
        .by_route = by_route,
        .routes = server->options.routes,
        .n_routes = n,
    };
    pthread_mutex_lock(&server->guard.lock);
    out->links = (int64_t)server->guard.links;
    pthread_mutex_unlock(&server->guard.lock);
    for (size_t i = 0; i < YM_COUNT(counts->by_class); i++)
        out->by_class[i] = atomic_load(&counts->by_class[i]);
    for (size_t i = 0; i < HTTP_LATENCIES; i++)
        out->by_latency[i] = atomic_load(&counts->by_latency[i]);
    for (size_t i = 0; i < n; i++)
        by_route[i] = atomic_load(&counts->by_route[i]);
}
