/* face/cli/load: sending a file to a dataset and following its load; `demo` does it too. */
#pragma once
#include "face/cli/remote.h"
#include "host/worker/worker.h"

struct cli_load {
    const char *dataset;
    const char *file;           // its name, as the report calls it
    int fd;                     // the file, at its beginning; not closed
    int64_t size;               // 0: not known, it is streamed to its end
    int64_t about;              // how much that may be, for the bar
    struct worker_child *child; // fd is its stdout, which is whole only if it ended well; or NULL
    // How to read it, as on the command line, or NULL.
    const char *format, *encoding, *delimiter, *sheet, *header_row, *header_rows, *skip;
    bool anew;         // none of these: everything is found, and the dataset's recipe forgotten
    struct ym_str key; // Idempotency-Key, or none
    bool hold;         // stop at checked
    const char *title; // of the bar, or NULL
};
// The two halves of cli_load_run: *load is as the server answered the sending; waiting makes it
// what it is at its end.
YM_MUST bool cli_load_send(struct cli_remote *remote, const struct cli_load *what, json_t **load,
                           struct ym_error *err);
YM_MUST bool cli_load_wait(struct cli_remote *remote, const struct cli_load *what, json_t **load,
                           struct ym_error *err);
// Blocks until the load ended. *load is the API's Load or NULL, the caller's. False also where the
// load was refused: then *err says why, and *load has the problem and, where it was read, the
// report.
YM_MUST bool cli_load_run(struct cli_remote *remote, const struct cli_load *what, json_t **load,
                          struct ym_error *err);
