#include "face/cli/restore.h"

#include "base/time.h"
#include "face/cli/commands.h"

#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENGINE_MS = 120000 };

static void show(void *with, const char *stage, int64_t done, int64_t total)
{
    cli_bar_show(with, stage, done, total);
}

static bool store_used(struct store_pool *pool, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool ok = false, used = false;

    if (!store_take(pool, &store, err))
        return false;
    if (store_ask(store, "SELECT 1 FROM upkeep_mark", YM_NO_ARGS, &rows, err)) {
        used = store_next(rows, err);
        ok = store_rows_close(rows, err);
    }
    store_give(pool, store);
    if (!ok || !used)
        return ok;
    ym_fail(err, YM_CONFLICT, "upkeep.store_used", "the store of the configuration is in use");
    return ym_hint(err, "Name an empty database by store.url in the file of --config.");
}

// The snapshot is SQLite; where the configuration says PostgreSQL, its rows go there.
static bool fill_store(struct cli *cli, const struct ym_settings *settings, struct ym_error *err)
{
    struct store_pool *from = NULL, *to = NULL;
    struct ym_str url = ym_arena_printf(&cli->arena, "sqlite:%s", cli_path(cli, "control.db"));
    const struct cli_world *world = cli->world;

    bool ok = store_pool_open(url.p, NULL, (int)ym_setting_int(settings, "server"),
                              world->migrations, world->n_migrations, &from, err) &&
              cli_open_store(cli, settings, &to, err) && store_used(to, err) &&
              store_copy(from, to, err);
    store_pool_close(to);
    store_pool_close(from);
    return ok && (remove(cli_path(cli, "control.db")) == 0 ||
                  ym_fail(err, YM_FAULT, "upkeep.file", "the snapshot cannot be removed"));
}

// With this program's migrations: the backup may be an older program's.
static bool migrate(struct cli *cli, struct ym_error *err)
{
    struct ym_str url = ym_arena_printf(&cli->arena, "sqlite:%s", cli_path(cli, "control.db"));
    struct store_pool *pool = NULL;
    bool ok = store_pool_open(url.p, NULL, 1, cli->world->migrations, cli->world->n_migrations,
                              &pool, err);

    store_pool_close(pool);
    return ok;
}

bool cli_restore(struct cli *cli, struct upkeep_restore *restore, bool trial, struct ym_error *err)
{
    struct ym_settings settings;
    struct engine *engine = NULL;
    bool whole = json_is_object(json_object_get(restore->manifest, "engine"));

    if (!upkeep_restore_files(restore, err) || !cli_settings(cli, &settings, err))
        return false;
    bool elsewhere = ym_setting(&settings, "store.url").p != NULL;
    if (elsewhere && !trial && !restore->config) {
        ym_fail(err, YM_INVALID, "upkeep.store_named", "the backup's configuration names a store");
        return ym_hint(err, "Name a configuration with an empty database by --config.");
    }
    if (!(elsewhere && !trial ? fill_store(cli, &settings, err) : migrate(cli, err)))
        return false;
    if (whole && !trial && ym_setting(&settings, "engine.url").p) {
        ym_fail(err, YM_INVALID, "upkeep.engine_named", "the configuration names an engine");
        return ym_hint(err, "Restore with an engine of its own, then copy the tables there.");
    }
    const struct engine_options options = {
        .program = ym_arena_printf(&cli->arena, "%s-engine", cli->program).p,
        .dir = cli_path(cli, "engine"),
        .database = "lake",
        .zone = ym_arena_cstr(&cli->arena, ym_setting(&settings, "zone")),
        .backups = restore->folder,
    };
    bool ok =
        !whole || (engine_start(&options, &engine, err) && engine_wait(engine, ENGINE_MS, err));
    ok = ok && upkeep_restore_lake(restore, engine, err);
    engine_stop(engine);
    return ok && upkeep_restored(restore, err);
}

bool cli_restore_trial(struct cli *cli, const char *folder, const char *name,
                       struct upkeep_restore *restore, double *seconds, struct ym_error *err)
{
    const char *data = cli->data, *config = cli->config;
    struct ym_error after = {0};
    int64_t began = ym_monotonic();
    struct cli_bar bar = {0};

    cli->data = ym_arena_printf(&cli->arena, "%s/trial.part", folder).p;
    cli->config = NULL;
    *restore = (struct upkeep_restore){
        .folder = folder, .name = name, .data = cli->data, .progress = show, .with = &bar};
    bool ok = upkeep_remove_tree(cli->data, err) &&
              upkeep_backup_check(folder, name, &restore->manifest, show, &bar, err) &&
              cli_restore(cli, restore, true, err);
    cli_bar_end(&bar);
    if (!upkeep_remove_tree(cli->data, &after))
        ym_log_error(YM_WARN, "upkeep.leftovers", &after);
    json_decref(restore->manifest);
    restore->manifest = NULL;
    cli->data = data;
    cli->config = config;
    *seconds = (double)(ym_monotonic() - began) / 1e6;
    if (ok)
        upkeep_prove(folder, name, (int64_t)(*seconds + 0.5));
    return ok;
}

static void print(struct cli *cli, const struct upkeep_restore *restore, const char *data,
                  double seconds)
{
    if (cli->json) {
        json_t *all = json_pack("{s:s, s:s?, s:I, s:I, s:f}", "backup", restore->name, "data", data,
                                "versions", (json_int_t)restore->versions, "rows",
                                (json_int_t)restore->rows, "seconds", seconds);
        cli_print_json(all);
        json_decref(all);
        return;
    }
    printf(cli_say(cli, "%s: %lld versions with %lld rows are what they were, %.1f s\n",
                   "%s：%lld 个版本、%lld 行与备份时一致，%.1f 秒\n"),
           restore->name, (long long)restore->versions, (long long)restore->rows, seconds);
    if (data && !restore->secrets)
        fprintf(
            stderr, "%s\n",
            cli_say(cli,
                    "A new secrets.key was made: what the old one sealed (second factors, "
                    "passwords of sources) must be entered again.",
                    "已生成新的 secrets.key：旧密钥封存的内容（双因素、数据源口令）须重新录入。"));
    if (data)
        printf("yunmeng serve --data %s\n", data);
}

static int drill(struct cli *cli)
{
    struct ym_settings settings;
    struct upkeep_restore restore;
    struct upkeep_backup_list list;
    struct ym_error err = {0};
    double seconds = 0;

    if (!cli_settings(cli, &settings, &err))
        return cli_fail(cli, &err);
    const char *folder = cli_backups(cli, &settings);
    if (!upkeep_backup_list(folder, &cli->arena, &list, &err))
        return cli_fail(cli, &err);
    const char *name = cli->n_words > 0 ? cli->words[0] : list.n > 0 ? list.items[0].name : "";
    if (!cli_restore_trial(cli, folder, name, &restore, &seconds, &err))
        return cli_fail(cli, &err);
    print(cli, &restore, NULL, seconds);
    return 0;
}

static int restore_to(struct cli *cli)
{
    struct upkeep_restore restore = {0};
    struct ym_error err = {0};
    struct cli_bar bar = {0};
    char path[PATH_MAX], copy[PATH_MAX];
    int64_t began = ym_monotonic();

    if (cli->n_words != 1 || !realpath(cli->words[0], path)) {
        ym_fail(&err, YM_INVALID, "cli.usage", "no folder of a backup is named");
        ym_hint(&err, "%s", cli->command->usage);
        return cli_fail(cli, &err);
    }
    snprintf(copy, sizeof copy, "%s", path);
    restore = (struct upkeep_restore){.folder = dirname(copy),
                                      .name = basename(path),
                                      .data = cli->data,
                                      .secrets = cli_option(cli, "--secrets"),
                                      .config = cli->config,
                                      .progress = show,
                                      .with = &bar};
    bool ok =
        upkeep_backup_check(restore.folder, restore.name, &restore.manifest, show, &bar, &err);
    ok = ok && cli_restore(cli, &restore, false, &err);
    cli_bar_end(&bar);
    json_decref(restore.manifest);
    if (!ok)
        return cli_fail(cli, &err);
    double seconds = (double)(ym_monotonic() - began) / 1e6;
    upkeep_prove(restore.folder, restore.name, (int64_t)(seconds + 0.5));
    print(cli, &restore, cli->data, seconds);
    return 0;
}

static int run(struct cli *cli)
{
    umask(0077);
    (void)signal(SIGPIPE, SIG_IGN);
    ym_log_level(YM_WARN);
    if (sodium_init() < 0)
        return ym_kind_exit(YM_FAULT);
    return cli_option(cli, "--drill") ? drill(cli) : restore_to(cli);
}

static const struct cli_option options[] = {
    {"--secrets", "FILE", "the secrets.key that belongs to it, kept apart from the backup",
     "与备份分开保管的 secrets.key"},
    {"--drill", NULL, "restore the newest one aside, compare, remove it, and note the date",
     "演练：在旁边恢复最新备份，比对后删除，并记录日期"},
    {0},
};
const struct cli_command cli_restore_command = {
    .name = "restore",
    .usage =
        "yunmeng restore FOLDER/NAME --data NEW_DIR [--secrets FILE] [--config FILE]\n"
        "yunmeng restore --drill [NAME]",
    .summary_en = "Make a new data directory from a backup and compare it row by row; or a drill.",
    .summary_zh = "由备份建立新的数据目录并逐行比对；或进行恢复演练。",
    .example =
        "  yunmeng restore /backup/20261124T020000Z --data /srv/new --secrets /safe/secrets.key",
    .options = options,
    .run = run,
};
