/* face/cli/remote: the commands that talk to a running server reach it here.
 *
 * `--server URL` with the token of $YUNMENG_TOKEN (without one: as a visitor); else the address and
 * the operator's key that the server wrote into run/server.json of the data directory. A problem
 * that the server answers becomes the error: its title (in our language) is the message.
 */
#pragma once
#include "face/cli/cli.h"
#include "host/http/client.h"

struct cli_remote {
    struct cli *cli;
    struct http_client *client;
    struct ym_str base;         // without the last '/'
    struct ym_str bearer;       // "Bearer …", or none
    struct ym_str cookie, csrf; // of a session, or none
};
YM_MUST bool cli_remote_open(struct cli *cli, struct cli_remote *out, struct ym_error *err);
void cli_remote_close(struct cli_remote *remote);
// Another caller by the same connection, who signs in as the page would. Not closed: `of` is.
YM_MUST bool cli_remote_sign_in(const struct cli_remote *of, struct ym_str name,
                                struct ym_str password, struct cli_remote *out,
                                struct ym_error *err);
void cli_remote_sign_out(struct cli_remote *remote);

struct cli_ask {
    const char *method;
    struct ym_str path;     // "/api/v1/…", escaped
    const json_t *body;     // or NULL
    http_read *read;        // a body that is streamed as a file
    http_on_header *header; // or NULL
    void *with;
    int64_t size;      // its bytes; 0: not known
    struct ym_str key; // Idempotency-Key, or none
};
// *out is the caller's, NULL where the answer is empty.
YM_MUST bool cli_remote_ask(struct cli_remote *remote, const struct cli_ask *ask, json_t **out,
                            struct ym_error *err);
YM_MUST bool cli_remote_get(struct cli_remote *remote, struct ym_str path, json_t **out,
                            struct ym_error *err);
// A file of any length as it comes; a transfer that broke off is YM_FAULT "http.cut".
YM_MUST bool cli_remote_file(struct cli_remote *remote, struct ym_str path, http_write *write,
                             void *with, struct ym_error *err);
// A problem object as an error; `status` where it has none itself. Returns false.
bool cli_problem(const json_t *problem, int status, struct ym_error *err);

// "/api/v1/a/NAME/b": `before`, the name escaped, `after`. In the command's arena.
struct ym_str cli_remote_path(struct cli *cli, const char *before, const char *name,
                              const char *after);
// &NAME=VALUE behind a path, `?` for the first; nothing for NULL.
void cli_remote_param(struct ym_buf *path, const char *name, const char *value);
