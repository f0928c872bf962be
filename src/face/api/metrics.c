#include "face/api/inside.h"

static void head(struct ym_buf *to, const char *name, const char *type, const char *about)
{
    ym_buf_printf(to, "# HELP yunmeng_%s %s\n# TYPE yunmeng_%s %s\n", name, about, name, type);
}

static void one(struct ym_buf *to, const char *name, const char *type, const char *about,
                int64_t value)
{
    head(to, name, type, about);
    ym_buf_printf(to, "yunmeng_%s %" PRId64 "\n", name, value);
}

static void add_http(struct ym_buf *to, const struct http_figures *figures)
{
    int64_t sum = 0;

    one(to, "http_connections", "gauge", "connections now", figures->links);
    head(to, "http_answers_total", "counter", "answers by class of status");
    for (size_t i = 1; i < YM_COUNT(figures->by_class); i++)
        ym_buf_printf(to, "yunmeng_http_answers_total{class=\"%zuxx\"} %" PRId64 "\n", i,
                      figures->by_class[i]);
    head(to, "http_route_answers_total", "counter", "answers by route of the table");
    for (size_t i = 0; i < figures->n_routes; i++)
        if (figures->by_route[i] > 0)
            ym_buf_printf(
                to, "yunmeng_http_route_answers_total{method=\"%s\",route=\"%s\"} %" PRId64 "\n",
                figures->routes[i].method, figures->routes[i].path, figures->by_route[i]);
    head(to, "http_seconds", "histogram", "from the head of a request to the end of its answer");
    for (size_t i = 0; i < HTTP_LATENCIES; i++) {
        sum += figures->by_latency[i];
        if (http_latency_ms[i] > 0)
            ym_buf_printf(to, "yunmeng_http_seconds_bucket{le=\"%g\"} %" PRId64 "\n",
                          (double)http_latency_ms[i] / 1000, sum);
    }
    ym_buf_printf(to,
                  "yunmeng_http_seconds_bucket{le=\"+Inf\"} %" PRId64
                  "\nyunmeng_http_seconds_sum %.6f\nyunmeng_http_seconds_count %" PRId64 "\n",
                  sum, (double)figures->latency_us / 1e6, sum);
}

static void add_upkeep(struct ym_buf *to, struct upkeep *upkeep)
{
    const struct upkeep_options *options = upkeep_options_of(upkeep);
    struct upkeep_state state;

    upkeep_look(upkeep, &state);
    head(to, "ok", "gauge", "1: the part is well");
    for (size_t i = 0; i < options->n_checks; i++) {
        struct ym_error ignored = {0};
        ym_buf_printf(to, "yunmeng_ok{part=\"%s\"} %d\n", options->checks[i].name,
                      options->checks[i].run(upkeep, &ignored));
    }
    head(to, "alarm", "gauge", "1: raised; docs/runbook.md says what to do");
    for (size_t i = 0; i < UPKEEP_ALARMS; i++)
        ym_buf_printf(to, "yunmeng_alarm{code=\"%s\",night=\"%d\"} %d\n", upkeep_alarms[i].code,
                      upkeep_alarms[i].night, state.since[i] > 0);
    one(to, "start_time_seconds", "gauge", "when the server started", state.started / YM_SECOND);
    one(to, "disk_bytes", "gauge", "size of the disk of the data directory", state.disk.size);
    one(to, "disk_free_bytes", "gauge", "free on it", state.disk.free);
    one(to, "disk_low_bytes", "gauge", "below it nothing new is taken", state.disk_low);
    one(to, "store_bytes", "gauge", "size of the control store's file", state.store_bytes);
    one(to, "engine_starts_total", "counter", "how often the engine was started",
        state.engine_starts);
    one(to, "jobs_waiting", "gauge", "jobs that wait", state.jobs_waiting);
    int64_t oldest = state.jobs_oldest > 0 ? (ym_now() - state.jobs_oldest) / YM_SECOND : 0;
    one(to, "jobs_oldest_seconds", "gauge", "how long the oldest has been due", oldest);
    one(to, "backup_time_seconds", "gauge", "when the newest backup was made; 0: never",
        state.backup_at / YM_SECOND);
    one(to, "restore_proven_time_seconds", "gauge", "when one was last restored; 0: never",
        state.proven_at / YM_SECOND);
}

// A proxy in front says for whom it asks: then it is not the machine that asks.
static bool from_here(const struct http_request *rq)
{
    struct ym_str address = http_address_of(rq);

    return (ym_str_starts(address, YM_STR("127.")) || ym_str_is(address, "::1")) &&
           !http_header_of(rq, "X-Forwarded-For").p && !http_header_of(rq, "Forwarded").p;
}

bool api_metrics_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct http_figures figures;
    struct ym_buf text = {0};

    if (!from_here(rq)) {
        ym_fail(err, YM_NOT_FOUND, "http.route", "there is nothing at '/metrics'");
        ym_hint(err, "Look at the address.");
        return ym_about(err, YM_STR("/metrics"));
    }
    http_figures_of(rq, &figures);
    ym_buf_printf(&text,
                  "# HELP yunmeng_info version\n# TYPE yunmeng_info gauge\n"
                  "yunmeng_info{version=\"%s\"} 1\n",
                  api_of(rq)->options.version);
    add_upkeep(&text, api_of(rq)->options.upkeep);
    add_http(&text, &figures);
    http_reply_bytes(re, "text/plain; version=0.0.4; charset=utf-8", &text);
    return true;
}
