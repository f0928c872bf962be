/* host/http/head: a request's head, judged before anything acts on it.
 *
 * libmicrohttpd 0.9.75 takes heads that other programs read otherwise (two lengths, length beside
 * chunked, bare LF, folded lines: RELIABILITY.md, threat 24). It parses in place, so the bytes from
 * the method to the blank line are still there, with NUL where a blank, colon, CR or LF was cut.
 * http_head_parse reads that block again and takes only
 *     method NUL target NUL version NUL NUL { name NUL blanks value NUL NUL } NUL NUL
 * Pure; views point into the block. Any thread.
 */
#pragma once
#include "host/http/target.h"

enum {
    HTTP_HEAD_MAX = 16384, // bytes
    HTTP_HEADERS_MAX = 100
};
struct http_head {
    struct ym_str method;
    struct http_pairs headers;
    int64_t length; // Content-Length; -1: none
    bool chunked;
};
// `target_n` is the length of the raw target, whose bytes the library has changed by now. Errors:
// YM_INVALID "http.head" (close the connection after it), YM_TOO_LARGE "http.head_large" (431).
YM_MUST bool http_head_parse(struct ym_str block, size_t target_n, struct ym_arena *arena,
                             struct http_head *out, struct ym_error *err);
struct ym_str http_head_get(const struct http_head *head, const char *name); // none where absent

bool http_name_is(struct ym_str name, const char *other); // without regard to case, ASCII
// `name`'s value in a Cookie header; none where it is absent, or there twice.
struct ym_str http_cookie(struct ym_str header, const char *name);
// Seconds of `wait=N` in a Prefer header, 0 to 60.
int http_prefer(struct ym_str header);
// Does an Accept-Encoding header take gzip?
bool http_takes_gzip(struct ym_str header);
// "zh-CN" or "en" by an Accept-Language header; zh-CN where it has neither.
struct ym_str http_language(struct ym_str header);
// "application/json; charset=utf-8": the part before `;`, trimmed.
struct ym_str http_media_type(struct ym_str header);
