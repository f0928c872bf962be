#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char CONFIG[] =
    "<clickhouse><listen_host>127.0.0.1</listen_host><http_port>0</http_port>"
    "<tcp_port>0</tcp_port><users_config>users.xml</users_config>"
    "<logger><console>true</console></logger><log-level>fatal</log-level></clickhouse>\n";
static const char USERS[] =
    "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>"
    "<default><password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile>"
    "<quota>default</quota></default>"
    "<platform><password>foreign</password><networks><ip>127.0.0.1</ip></networks>"
    "<profile>default</profile><quota>default</quota><access_management>1</access_management>"
    "</platform></users></clickhouse>\n";

static bool put(const char *dir, const char *name, const char *text)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    bool ok = fputs(text, file) >= 0;
    return fclose(file) == 0 && ok;
}

static bool make_files(const char *dir, char store[4096], char config[4096])
{
    snprintf(store, 4096, "%s/store", dir);
    snprintf(config, 4096, "%s/config", dir);
    if ((mkdir(dir, 0700) != 0 && errno != EEXIST) ||
        (mkdir(store, 0700) != 0 && errno != EEXIST) ||
        (mkdir(config, 0700) != 0 && errno != EEXIST))
        return false;
    bool ok = put(config, "config.xml", CONFIG) && put(config, "users.xml", USERS);
    snprintf(config, 4096, "%s/config/config.xml", dir);
    return ok;
}

static bool spawn(struct foreign *foreign, char *const *argv, int in, int out)
{
    posix_spawn_file_actions_t actions;
    char *const none[] = {NULL};

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    int rc = posix_spawn(&foreign->pid, argv[0], &actions, NULL, argv, none);
    posix_spawn_file_actions_destroy(&actions);
    return rc == 0;
}

bool foreign_start(struct foreign *foreign, const char *program, const char *dir)
{
    char store[4096], config[4096];
    int in[2], out[2], port = 0;

    *foreign = (struct foreign){.in_fd = -1};
    if (!make_files(dir, store, config) || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return false;
    bool ok = spawn(foreign, (char *[]){(char *)program, config, store, NULL}, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    foreign->in_fd = in[1];
    FILE *said = fdopen(out[0], "r");
    ok = ok && said && fscanf(said, "http %d", &port) == 1;
    if (said)
        fclose(said);
    snprintf(foreign->url, sizeof foreign->url, "http://127.0.0.1:%d", port);
    return ok;
}

void foreign_stop(struct foreign *foreign)
{
    if (foreign->in_fd >= 0)
        close(foreign->in_fd);
    if (foreign->pid > 0)
        (void)waitpid(foreign->pid, NULL, 0);
    *foreign = (struct foreign){.in_fd = -1};
}
