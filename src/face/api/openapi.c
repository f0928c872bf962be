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
