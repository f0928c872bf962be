#include "tests/support/postgres.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct postgres {
    char folder[64];
    pid_t pid;
    int life; // its end is the server's end
    int databases;
};

// $1: the folder. Reads stdin until its end: that is ours. fsync=off: what is killed here is
// the client.
static const char script[] =
    "bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)\n"
    "as() { if [ \"$(id -u)\" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups"
    " \"$@\"; else \"$@\"; fi; }\n"
    "trap '' INT TERM\n"
    "cd / && exec >\"$1/log\" 2>&1\n"
    "[ \"$(id -u)\" != 0 ] || chown postgres \"$1\"\n"
    "as \"$bin/initdb\" -D \"$1/data\" -U yunmeng -A trust -E UTF8 --locale=C --no-sync\n"
    "{ echo 'local all locked scram-sha-256'; cat \"$1/data/pg_hba.conf\"; } >\"$1/hba\"\n"
    "cat \"$1/hba\" >\"$1/data/pg_hba.conf\"\n"
    "as \"$bin/postgres\" -D \"$1/data\" -k \"$1\" -c listen_addresses= -c fsync=off"
    " -c max_connections=60 -c shared_buffers=16MB </dev/null &\n"
    "server=$!\n"
    "cat >/dev/null\n"
    "kill -INT $(head -1 \"$1/data/postmaster.pid\")\n"
    "wait $server\n"
    "rm -rf \"$1\"\n";

static PGconn *connect_to(const struct postgres *server)
{
    char url[256];

    snprintf(url, sizeof url, "postgresql:///postgres?host=%s&user=yunmeng", server->folder);
    return PQconnectdb(url);
}

static bool wait_ready(struct postgres *server)
{
    for (int tries = 0; tries < 600; tries++) {
        PGconn *connection = connect_to(server);
        bool ready = PQstatus(connection) == CONNECTION_OK;
        PQfinish(connection);
        if (ready)
            return true;
        usleep(50000);
    }
    return false;
}

static void print_log(const struct postgres *server)
{
    char path[128], line[512];
    snprintf(path, sizeof path, "%s/log", server->folder);
    FILE *log = fopen(path, "re");

    fprintf(stderr, "# PostgreSQL does not start in %s\n", server->folder);
    while (log && fgets(line, sizeof line, log))
        fprintf(stderr, "# %s", line);
    if (log)
        fclose(log);
}

struct postgres *postgres_start(void)
{
    struct postgres *server = calloc(1, sizeof *server);
    int life[2];

    assert(server && pipe2(life, O_CLOEXEC) == 0);
    snprintf(server->folder, sizeof server->folder, "/tmp/yunmeng-pg-XXXXXX");
    assert(mkdtemp(server->folder) && chmod(server->folder, 0755) == 0);
    server->pid = fork();
    assert(server->pid >= 0);
    if (server->pid == 0) {
        dup2(life[0], STDIN_FILENO);
        setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", script, "sh", server->folder, (char *)NULL);
        _exit(127);
    }
    close(life[0]);
    server->life = life[1];
    if (wait_ready(server) &&
        postgres_tell(server,
                      "CREATE ROLE locked LOGIN SUPERUSER PASSWORD '" POSTGRES_PASSWORD "'"))
        return server;
    print_log(server);
    postgres_stop(server);
    return NULL;
}

void postgres_stop(struct postgres *server)
{
    if (!server)
        return;
    close(server->life);
    waitpid(server->pid, NULL, 0);
    free(server);
}

const char *postgres_folder(const struct postgres *server)
{
    return server->folder;
}

bool postgres_tell(struct postgres *server, const char *sql)
{
    PGconn *connection = connect_to(server);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (!ok)
        fprintf(stderr, "# PostgreSQL: %s\n", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return ok;
}

bool postgres_database(struct postgres *server, char url[256])
{
    char sql[128];

    server->databases++;
    snprintf(sql, sizeof sql, "CREATE DATABASE test%d TEMPLATE template0", server->databases);
    snprintf(url, 256, "postgresql:///test%d?host=%s&user=yunmeng", server->databases,
             server->folder);
    return postgres_tell(server, sql);
}
