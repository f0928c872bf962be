/* host/http/target: a request's target as it came over the wire, decoded once.
 *
 * RFC 9112 origin-form only. Pure: bytes in, values in the arena. What is accepted: every part of
 * the path is not empty (but the last one may be), no dot segment, and after decoding no slash,
 * backslash, NUL, control or bidi character came out of an escape; the path is valid UTF-8. The
 * bytes that routes are matched against are the bytes given out here. Query names and values are
 * UTF-8 without NUL; `+` is a blank. Any thread.
 */
#pragma once
#include "base/base.h"

enum {
    HTTP_TARGET_MAX = 8192, // bytes of the whole target
    HTTP_QUERY_MAX = 64     // parameters
};
struct http_pair {
    struct ym_str name, value;
};
struct http_pairs {
    struct http_pair *items;
    size_t n, cap;
};
struct http_target {
    struct ym_str path;
    struct http_pairs query;
    struct ym_str token; // a token of ours that stands in the query, where it must not; else none
    bool secret;         // the query names a credential, whatever its value
};
// YM_INVALID "http.target", "http.path", "http.query"; YM_TOO_LARGE "http.target_long".
YM_MUST bool http_target_parse(struct ym_str raw, struct ym_arena *arena, struct http_target *out,
                               struct ym_error *err);
