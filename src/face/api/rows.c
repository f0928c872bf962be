#include "face/api/inside.h"

enum {
    ANSWER_MAX = 64 * 1024 * 1024 // of a page of 1,000 rows
};

static bool whole(struct ym_buf *body, struct ym_error *err)
{
    if (!body->full)
        return true;
    ym_fail(err, YM_TOO_LARGE, "api.answer_large", "the page is over %d bytes", ANSWER_MAX);
    return ym_hint(err, "Ask for fewer rows with `limit`, or fewer fields with `fields`.");
}

bool api_rows_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct lake_rows what = {
        .dataset = http_path_part(rq, "id"),
        .where = http_param(rq, "where"),
        .fields = http_param(rq, "fields"),
        .sort = http_param(rq, "sort"),
        .after = http_param(rq, "after"),
        .at = http_param_int(rq, "at", -1),
        .limit = api_limit(rq),
        .version = http_param_int(rq, "version", 0),
        .as_of = http_param(rq, "as_of"),
    };
    struct ym_buf body;

    ym_buf_init(&body, ANSWER_MAX);
    bool ok = lake_read(api_of(rq)->options.lake, api_caller(rq), &what, rq->arena, &body, err) &&
              whole(&body, err);
    if (ok)
        http_reply_bytes(re, "application/json", &body);
    ym_buf_clear(&body);
    return ok;
}

bool api_quarantine_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_buf body;
    int64_t load;

    if (!api_path_id(rq, &load, err))
        return false;
    ym_buf_init(&body, ANSWER_MAX);
    bool ok = lake_quarantine(api_of(rq)->options.lake, api_caller(rq), load,
                              http_param(rq, "code"), http_param(rq, "column"),
                              http_param(rq, "after"), api_limit(rq), &body, err) &&
              whole(&body, err);
    if (ok)
        http_reply_bytes(re, "application/json", &body);
    ym_buf_clear(&body);
    return ok;
}
