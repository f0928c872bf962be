#include "face/cli/commands.h"
#include "face/cli/restore.h"

#include "base/time.h"

#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

// What this program would change in the store as it is now; nothing is written to it.
static bool look_at_store(struct cli *cli, const struct ym_settings *settings, const char *folder,
                          int64_t *applied, struct ym_error *err)
{
    const struct cli_world *world = cli->world;
    const char *copy = ym_arena_printf(&cli->arena, "%s/upgrade.db.part", folder).p;
    struct ym_str url = ym_arena_printf(&cli->arena, "sqlite:%s", copy);
    struct store_pool *live = NULL, *trial = NULL;
    bool ok =
        cli_open_store_as_it_is(cli, settings, &live, err) && store_applied(live, applied, err);

    if (ok && *applied > (int64_t)world->n_migrations) {
        ym_fail(err, YM_CONFLICT, "store.newer",
                "the store is of a newer version: it has %lld"
                " migrations, this program knows %zu",
                (long long)*applied, world->n_migrations);
        ok = ym_hint(err, "This is an older program: going back is `apt install` of the newer.");
    }
    ok = ok && store_snapshot(live, copy, world->migrations, (size_t)*applied, err);
    store_pool_close(live);
    ok = ok && store_pool_open(url.p, NULL, 1, world->migrations, world->n_migrations, &trial, err);
    store_pool_close(trial);
    unlink(copy);
    return ok;
}

static bool newest(struct cli *cli, const char *folder, const char **name, struct ym_error *err)
{
    struct upkeep_backup_list list;

    if (!upkeep_backup_list(folder, &cli->arena, &list, err))
        return false;
    if (list.n == 0) {
        ym_fail(err, YM_NOT_FOUND, "upkeep.no_backup", "there is no backup to try it on");
        return ym_hint(err, "Run `yunmeng backup` first: without one there is no way back either.");
    }
    *name = ym_arena_cstr(&cli->arena, ym_str(list.items[0].name));
    return true;
}

static void print(struct cli *cli, int64_t applied, const struct upkeep_restore *restore,
                  double seconds)
{
    const struct cli_world *world = cli->world;
    json_t *names = json_array();

    for (size_t i = (size_t)applied; i < world->n_migrations; i++) {
        json_array_append_new(names, json_string(world->migrations[i].name));
        if (!cli->json)
            printf("%s %d: %s\n", cli_say(cli, "would run migration", "将执行迁移"),
                   world->migrations[i].number, world->migrations[i].name);
    }
    if (cli->json) {
        json_t *all = json_pack("{s:s, s:I, s:O, s:s, s:I, s:I, s:f}", "program", YM_VERSION,
                                "applied", (json_int_t)applied, "migrations", names, "backup",
                                restore->name, "versions", (json_int_t)restore->versions, "rows",
                                (json_int_t)restore->rows, "seconds", seconds);
        cli_print_json(all);
        json_decref(all);
    } else {
        if ((size_t)applied == world->n_migrations)
            printf("%s\n", cli_say(cli, "the store would not change", "控制库无需变更"));
        printf(cli_say(cli,
                       "backup %s, opened by this program: %lld versions with %lld rows read,"
                       " %.1f s\n",
                       "本程序打开备份 %s：读出 %lld 个版本、%lld 行，%.1f 秒\n"),
               restore->name, (long long)restore->versions, (long long)restore->rows, seconds);
    }
    json_decref(names);
}

static int run(struct cli *cli)
{
    struct ym_settings settings;
    struct upkeep_restore restore;
    struct ym_error err = {0};
    const char *name = NULL;
    int64_t applied = 0;
    double seconds = 0;

    if (!cli_option(cli, "--check")) {
        ym_fail(&err, YM_INVALID, "cli.usage", "only --check is done by the program itself");
        ym_hint(&err, "The packages are upgraded by apt; docs/operations.md says in what order.");
        return cli_fail(cli, &err);
    }
    umask(0077);
    (void)signal(SIGPIPE, SIG_IGN);
    ym_log_level(YM_WARN);
    if (sodium_init() < 0)
        return ym_kind_exit(YM_FAULT);
    // That the configuration is read at all is the first thing that an upgrade may break.
    if (!cli_settings(cli, &settings, &err))
        return cli_fail(cli, &err);
    const char *folder = cli_backups(cli, &settings);
    if (!newest(cli, folder, &name, &err) ||
        !look_at_store(cli, &settings, folder, &applied, &err) ||
        !cli_restore_trial(cli, folder, name, &restore, &seconds, &err))
        return cli_fail(cli, &err);
    print(cli, applied, &restore, seconds);
    return 0;
}

static const struct cli_option options[] = {
    {"--check", NULL, "try this program on copies; nothing in use is changed",
     "用本程序在副本上试运行；不改变正在使用的数据"},
    {0},
};
const struct cli_command cli_upgrade = {
    .name = "upgrade",
    .usage = "yunmeng upgrade --check [--data DIR]",
    .summary_en = "Try this program on copies: configuration, migrations, engine, every version.",
    .summary_zh = "升级前检查：在副本上试运行配置、迁移、引擎并读取每个版本。",
    .example = "  /opt/new/bin/yunmeng upgrade --check --data /var/lib/yunmeng",
    .options = options,
    .run = run,
};
