/* host/http/client: the one HTTP client (libcurl).
 *
 * A call blocks the calling thread until it ended; connections are kept and shared by the client's
 * calls. A transfer that did not end properly is a failure, whatever came (YM_FAULT "http.cut").
 * Refused connection, time-out and unknown host are YM_BUSY "http.away". A status is not judged
 * here: the caller reads `status`, which is known before the first bytes of the answer are handed
 * on. An answer over the buffer's limit is YM_TOO_LARGE "http.answer"; YM_INVALID "http.url" is no
 * http address, YM_FAULT "http.tls" no trusted one. Redirects are not followed; the environment's
 * proxy is not used. Any thread; one call belongs to one thread.
 */
#pragma once
#include "base/base.h"

struct http_client;
struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);

struct http_header {
    struct ym_str name, value;
};
// More of the body: fills `to` with up to `max` bytes, *n = 0 is its end. False stops the call.
typedef bool http_read(void *with, char *to, size_t max, size_t *n, struct ym_error *err);
// Bytes of the answer as they come; false stops the call with *err.
typedef bool http_write(void *with, struct ym_str bytes, struct ym_error *err);
// One header of the answer.
typedef void http_on_header(void *with, struct ym_str name, struct ym_str value);

struct http_call {
    const char *method; // "GET", "POST", ...
    const char *url;
    const struct http_header *headers;
    size_t n_headers;
    const char *user, *password; // basic authentication, or NULL
    struct ym_str body;          // sent as it is, where `read` is NULL
    http_read *read;             // streamed, chunked where `size` is 0
    int64_t size;                // bytes that `read` will give, where that is known
    http_write *write;           // NULL: the answer goes to `answer`
    http_on_header *header;      // may be NULL
    void *with;                  // for the three
    bool (*stopped)(void *with); // asked now and then; true cancels (YM_FAULT "http.stopped")
    struct ym_buf *answer;       // with its limit: over it the call fails (YM_TOO_LARGE)
    int64_t timeout_ms;          // 0: none
    int64_t connect_timeout_ms;  // 0: 5 s
    int status;                  // out
};
// Percent-encodes all but letters, digits and -._~, for a part of a path or a parameter.
void http_escape(struct ym_buf *url, struct ym_str text);
YM_MUST bool http_call(struct http_client *client, struct http_call *call, struct ym_error *err);
