/* tests/support/foreign: an engine that no server of ours started.
 *
 * The same program with a configuration of its own: no secret header, one user "platform" with the
 * password "foreign". It ends with the test program, or by foreign_stop. False: its reason is on
 * stderr. `dir` is made where it is missing.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct foreign {
    pid_t pid;
    int in_fd;
    char url[64]; // "http://127.0.0.1:PORT"
};
bool foreign_start(struct foreign *foreign, const char *program, const char *dir);
void foreign_stop(struct foreign *foreign);
