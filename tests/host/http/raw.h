/* tests/host/http/raw: a server on a free port, and bytes sent to it as they stand. */
#pragma once
#include "host/http/server.h"

struct raw_world {
    struct http_server *http;
    int port;
    char dir[64];                // with incoming/
    _Atomic int hello, smuggled; // how often these handlers ran
    _Atomic int gone;            // streams that ended
    _Atomic(struct http_events *) events;
    _Atomic int burned;
    char token[64];
};
extern struct raw_world raw_world;

// `more` may change the options before the start; NULL: as they are.
void raw_start(void (*more)(struct http_options *options));
void raw_stop(void);

struct raw_answer {
    char text[16384]; // NUL-terminated; what was over is dropped
    size_t n;
    int status;  // of the first answer; 0: none
    int answers; // status lines in all
    bool closed; // the server ended the connection within the time
};
int raw_connect(void);
void raw_send(int fd, const char *bytes, size_t n);
// Reads until the server closes, or nothing came for `ms` after the first bytes (3 s for those).
void raw_read(int fd, int ms, struct raw_answer *out);
void raw_ask(const char *bytes, size_t n, struct raw_answer *out);
