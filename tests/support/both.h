/* tests/support/both: one cmocka group that runs each of its tests on SQLite and on PostgreSQL.
 *
 * A program is one group (two would print two TAP plans, and Meson says ERROR), so each test stands
 * in it twice, named "… (SQLite)" and "… (PostgreSQL)". *state is a struct both with the url of an
 * empty store: a file in a folder of its own, or a database of a private server (postgres.h).
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/postgres.h"

#include <unistd.h>

struct both {
    char url[256];
    bool postgresql;
    struct postgres *server;
    char folder[64]; // for files of the test
};
struct both_place {
    bool postgresql;
    struct postgres **server;
};

static int both_setup(void **state)
{
    const struct both_place *place = *state;
    struct both *both = calloc(1, sizeof *both);

    if (!both)
        return -1;
    both->postgresql = place->postgresql;
    both->server = *place->server;
    snprintf(both->folder, sizeof both->folder, "/tmp/yunmeng-test-XXXXXX");
    if (!mkdtemp(both->folder))
        return -1;
    snprintf(both->url, sizeof both->url, "sqlite:%s/control.db", both->folder);
    *state = both;
    return both->postgresql && !postgres_database(both->server, both->url) ? -1 : 0;
}

static int both_teardown(void **state)
{
    struct both *both = *state;
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", both->folder);
    FILE *run = popen(command, "re");
    if (run)
        pclose(run);
    free(both);
    return 0;
}

static int both_run(const char *group, const struct CMUnitTest *tests, size_t n)
{
    struct postgres *server = postgres_start();
    struct both_place places[] = {{false, &server}, {true, &server}};
    struct CMUnitTest *twice = calloc(2 * n, sizeof *twice);
    char(*names)[160] = calloc(2 * n, sizeof *names);

    if (!server || !twice || !names)
        return 1;
    for (size_t i = 0; i < 2 * n; i++) {
        twice[i] = tests[i / 2];
        snprintf(names[i], sizeof names[i], "%s (%s)", tests[i / 2].name,
                 i % 2 ? "PostgreSQL" : "SQLite");
        twice[i].name = names[i];
        twice[i].setup_func = both_setup;
        twice[i].teardown_func = both_teardown;
        twice[i].initial_state = &places[i % 2];
    }
    int failed = _cmocka_run_group_tests(group, twice, 2 * n, NULL, NULL);
    postgres_stop(server);
    free(twice);
    free(names);
    return failed;
}
