/* tests/support/postgres: a private PostgreSQL server for one test program.
 *
 * postgres_start makes a cluster in a folder of its own under /tmp and starts it on a Unix socket
 * there: no port, no service of the machine. Root starts it as user postgres. It ends, and the
 * folder goes, with postgres_stop or with the test program, however that ends. `url` is of a user
 * without a password; `locked` must be asked for with the password POSTGRES_PASSWORD. Failure to
 * start prints why and returns NULL.
 */
#pragma once
#include "base/base.h"

#define POSTGRES_PASSWORD "correct horse"

struct postgres;
struct postgres *postgres_start(void);
void postgres_stop(struct postgres *server); // NULL: nothing
// A new, empty database of C collation; its url. False: it could not be made (printed).
bool postgres_database(struct postgres *server, char url[256]);
const char *postgres_folder(const struct postgres *server);
// One statement by the superuser in database `postgres`, as "SELECT pg_terminate_backend(…)".
bool postgres_tell(struct postgres *server, const char *sql);
