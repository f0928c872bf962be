#include "face/cli/cli.h"

#include "service/upkeep/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_lock(struct cli *cli, int *lock, struct ym_error *err)
{
    const char *path = cli_path(cli, "run/lock");

    if (access(cli->data, F_OK) != 0) {
        ym_fail(err, YM_NOT_FOUND, "serve.no_data", "there is no data directory '%s'", cli->data);
        ym_hint(err, "Make it with `yunmeng init --data %s`.", cli->data);
        return ym_about(err, ym_str(cli->data));
    }
    if (upkeep_is_restoring(cli->data)) {
        ym_fail(err, YM_CONFLICT, "serve.restoring", "'%s' is an unfinished restore", cli->data);
        ym_hint(err, "Run `yunmeng restore` again with the same directory.");
        return ym_about(err, ym_str(cli->data));
    }
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) != 0) {
        if (*lock >= 0)
            close(*lock);
        *lock = -1; // theirs: nothing in it is ours to remove
        ym_fail(err, YM_CONFLICT, "serve.locked", "another server uses '%s'", cli->data);
        ym_hint(err, "One server a directory: stop the other one, or choose another with --data.");
        return ym_about(err, ym_str(cli->data));
    }
    return true;
}

static bool secret_of(struct cli *cli, const struct ym_settings *settings, const char *key,
                      const char **out, struct ym_error *err)
{
    struct ym_str path = ym_setting(settings, key), text;

    *out = NULL;
    if (!path.p)
        return true;
    if (!cli_read_file(ym_arena_cstr(&cli->arena, path), &cli->arena, &text, err))
        return false;
    *out = ym_arena_cstr(&cli->arena, ym_str_trim(text));
    return true;
}

static const char *store_url(struct cli *cli, const struct ym_settings *settings)
{
    struct ym_str url = ym_setting(settings, "store.url");

    return url.p ? ym_arena_cstr(&cli->arena, url)
                 : ym_arena_printf(&cli->arena, "sqlite:%s", cli_path(cli, "control.db")).p;
}

bool cli_open_store_as_it_is(struct cli *cli, const struct ym_settings *settings,
                             struct store_pool **out, struct ym_error *err)
{
    const char *password;

    return secret_of(cli, settings, "store.password_file", &password, err) &&
           store_pool_open_as_it_is(store_url(cli, settings), password, out, err);
}

bool cli_open_store(struct cli *cli, const struct ym_settings *settings, struct store_pool **out,
                    struct ym_error *err)
{
    const char *password;

    return secret_of(cli, settings, "store.password_file", &password, err) &&
           store_pool_open(store_url(cli, settings), password,
                           (int)ym_setting_int(settings, "server"), cli->world->migrations,
                           cli->world->n_migrations, out, err);
}

bool cli_start_engine(struct cli *cli, const struct ym_settings *settings, const char *backups,
                      struct engine **out, struct ym_error *err)
{
    struct ym_str url = ym_setting(settings, "engine.url");
    struct engine_options options = {
        .program = ym_arena_printf(&cli->arena, "%s-engine", cli->program).p,
        .dir = cli_path(cli, "engine"),
        .url = url.p ? ym_arena_cstr(&cli->arena, url) : NULL,
        .user = ym_arena_cstr(&cli->arena, ym_setting(settings, "engine.user")),
        .database = "lake",
        .zone = ym_arena_cstr(&cli->arena, ym_setting(settings, "zone")),
        .backups = url.p ? NULL : backups,
    };

    if (options.backups && mkdir(options.backups, 0700) != 0 && errno != EEXIST) {
        ym_fail(err, YM_FAULT, "serve.backups", "the folder of backups '%s' cannot be made: %s",
                options.backups, strerror(errno));
        ym_hint(err, "Make it, or name another by backup.path.");
        return ym_about(err, ym_str(options.backups));
    }
    return secret_of(cli, settings, "engine.password_file", &options.password, err) &&
           engine_start(&options, out, err);
}

const char *cli_backups(struct cli *cli, const struct ym_settings *settings)
{
    struct ym_str path = ym_setting(settings, "backup.path");

    return path.p ? ym_arena_cstr(&cli->arena, path) : cli_path(cli, "backup");
}

struct ym_disk_marks cli_marks(const struct ym_settings *settings)
{
    return (struct ym_disk_marks){.low_percent = ym_setting_int(settings, "disk.low_percent"),
                                  .low_bytes = ym_setting_int(settings, "disk.low_bytes"),
                                  .full_percent = ym_setting_int(settings, "disk.full_percent")};
}
