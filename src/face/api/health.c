#include "face/api/inside.h"

bool api_openapi_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_buf body = {0};

    (void)err;
    ym_buf_add(&body, ym_buf_str(&api_of(rq)->openapi));
    http_reply_bytes(re, "application/json", &body);
    http_reply_header(re, "Cache-Control", YM_STR("public, max-age=300"));
    return true;
}

bool api_health_live(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)rq, (void)err;
    http_reply_json(re, json_pack("{s:b}", "ok", 1));
    return true;
}

static bool store_answers(struct store_pool *pool, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = store_ask(store, "SELECT 1", YM_NO_ARGS, &rows, err) && store_next(rows, err);
    ok = store_rows_close(rows, err) && ok;
    store_give(pool, store);
    return ok;
}

static void not_ready(struct http_reply *re, const char *part, struct ym_str why)
{
    http_reply_status(re, 503);
    http_reply_header(re, "Retry-After", YM_STR("2"));
    http_reply_json(re,
                    json_pack("{s:b, s:s, s:o}", "ok", 0, "failed", part, "why", ym_json_str(why)));
}

// Said to everyone: which part, and why in words that the part itself made for this.
bool api_health_ready(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct api_options *options = &api_of(rq)->options;
    struct ym_error trouble = {0};
    char why[256];

    (void)err;
    if (!store_answers(options->pool, &trouble)) {
        ym_log_error(YM_WARN, "api.not_ready", &trouble);
        not_ready(re, "store", ym_str(trouble.code));
    } else if (!engine_ready(options->engine)) {
        not_ready(re, "engine", engine_trouble(options->engine, why));
    } else {
        http_reply_json(re, json_pack("{s:b}", "ok", 1));
    }
    return true;
}
