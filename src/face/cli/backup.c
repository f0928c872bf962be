#include "face/cli/commands.h"
#include "face/cli/remote.h"

#include "base/time.h"
#include "service/upkeep/backup.h"

#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENGINE_MS = 120000, ASK_EACH_US = 300000 };

static void show(void *with, const char *stage, int64_t done, int64_t total)
{
    cli_bar_show(with, stage, done, total);
}

static void print_made(struct cli *cli, const struct upkeep_backup_made *made)
{
    if (cli->json) {
        json_t *all = json_pack(
            "{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:f}", "backup", made->name, "full", made->full,
            "bytes", (json_int_t)made->bytes, "versions", (json_int_t)made->versions, "rows",
            (json_int_t)made->rows, "originals", (json_int_t)made->originals, "copied",
            (json_int_t)made->copied, "seconds", (double)made->microseconds / 1e6);
        cli_print_json(all);
        json_decref(all);
        return;
    }
    printf(
        cli_say(cli,
                "%s (%s): %lld versions, %lld rows, %lld originals (%lld new), %.1f MB, %.1f s\n",
                "%s（%s）：%lld 个版本、%lld 行、%lld 个原件（新增 %lld）、%.1f MB、%.1f 秒\n"),
        made->name, made->full ? cli_say(cli, "full", "完整") : cli_say(cli, "incremental", "增量"),
        (long long)made->versions, (long long)made->rows, (long long)made->originals,
        (long long)made->copied, (double)made->bytes / 1e6, (double)made->microseconds / 1e6);
}

// No server runs here: this program is it for as long as the backup takes.
static int make_here(struct cli *cli, const struct ym_settings *settings, bool full)
{
    struct store_pool *pool = NULL;
    struct engine *engine = NULL;
    struct upkeep_backup_made made;
    struct ym_error err = {0};
    struct cli_bar bar = {0};
    const char *folder = cli_backups(cli, settings);
    bool ours = !ym_setting(settings, "engine.url").p;
    int lock = -1;

    umask(0077);
    cli_bar_show(&bar, cli_say(cli, "starting the engine", "启动引擎"), 0, 0);
    bool ok = cli_lock(cli, &lock, &err) && cli_open_store(cli, settings, &pool, &err) &&
              (!ours || (cli_start_engine(cli, settings, folder, &engine, &err) &&
                         engine_wait(engine, ENGINE_MS, &err)));
    if (ok) {
        const struct upkeep_backup_options options = {
            .pool = pool,
            .engine = engine,
            .migrations = cli->world->migrations,
            .n_migrations = cli->world->n_migrations,
            .data = cli->data,
            .config = cli_config_path(cli),
            .folder = folder,
            .keep_days = ym_setting_int(settings, "backup.keep_days"),
            .full = full,
            .progress = show,
            .with = &bar,
        };
        ok = upkeep_backup_make(&options, &made, &err);
    }
    cli_bar_end(&bar);
    engine_stop(engine);
    store_pool_close(pool);
    if (lock >= 0)
        close(lock);
    if (!ok)
        return cli_fail(cli, &err);
    print_made(cli, &made);
    return 0;
}

static bool wait_for(struct cli *cli, struct cli_remote *remote, struct ym_str job,
                     struct ym_error *err)
{
    struct ym_str path = cli_remote_path(cli, "/api/v1/jobs/", ym_arena_cstr(&cli->arena, job), "");
    struct cli_bar bar = {0};
    bool ended = false, ok = true;

    while (ok && !ended) {
        json_t *now = NULL;
        ok = cli_remote_get(remote, path, &now, err);
        struct ym_str state = ym_json_get(now, "state");
        struct ym_str stage = ym_json_get(now, "stage");
        ended = !ym_str_is(state, "waiting") && !ym_str_is(state, "running");
        cli_bar_show(&bar, ym_arena_cstr(&cli->arena, stage),
                     json_integer_value(json_object_get(now, "done")),
                     json_integer_value(json_object_get(now, "total")));
        if (ok && ended && !ym_str_is(state, "done")) {
            const json_t *problem = json_object_get(now, "problem");
            ok = json_is_object(problem)
                     ? cli_problem(problem, 500, err)
                     : ym_fail(err, YM_FAULT, "cli.stopped", "the backup was stopped");
        }
        json_decref(now);
        if (ok && !ended)
            usleep(ASK_EACH_US);
    }
    cli_bar_end(&bar);
    return ok;
}

// The server that runs here makes it; what came of it is in its folder.
static int make_there(struct cli *cli, const struct ym_settings *settings, bool full)
{
    struct cli_remote remote = {0};
    struct ym_error err = {0};
    json_t *body = json_pack("{s:i}", "full", full ? 1 : 0), *answer = NULL;
    struct upkeep_backup_list list = {0};
    const struct cli_ask ask = {.method = "POST", .path = YM_STR("/api/v1/backups"), .body = body};

    bool ok = cli_remote_open(cli, &remote, &err) && cli_remote_ask(&remote, &ask, &answer, &err) &&
              wait_for(cli, &remote, ym_json_get(answer, "id"), &err) &&
              upkeep_backup_list(cli_backups(cli, settings), &cli->arena, &list, &err);
    json_decref(body);
    json_decref(answer);
    cli_remote_close(&remote);
    if (!ok)
        return cli_fail(cli, &err);
    if (list.n > 0) {
        struct upkeep_backup_made made = {.full = list.items[0].full,
                                          .bytes = list.items[0].bytes,
                                          .versions = list.items[0].versions};
        if (cli->json) {
            json_t *all =
                json_pack("{s:s, s:b, s:I, s:I}", "backup", list.items[0].name, "full", made.full,
                          "bytes", (json_int_t)made.bytes, "versions", (json_int_t)made.versions);
            cli_print_json(all);
            json_decref(all);
        } else {
            printf("%s\n", list.items[0].name);
        }
    }
    return 0;
}

static int print_list(struct cli *cli, const char *folder)
{
    struct upkeep_backup_list list;
    struct ym_error err = {0};

    if (!upkeep_backup_list(folder, &cli->arena, &list, &err))
        return cli_fail(cli, &err);
    json_t *all = json_array();
    for (size_t i = 0; i < list.n; i++) {
        const struct upkeep_backup_entry *one = &list.items[i];
        json_array_append_new(all, json_pack("{s:s, s:b, s:b, s:I, s:I}", "backup", one->name,
                                             "full", one->full, "lake", one->whole_lake, "bytes",
                                             (json_int_t)one->bytes, "versions",
                                             (json_int_t)one->versions));
        if (!cli->json)
            printf("%s\t%s\t%lld\t%.1f MB\n", one->name,
                   one->full ? cli_say(cli, "full", "完整") : cli_say(cli, "incremental", "增量"),
                   (long long)one->versions, (double)one->bytes / 1e6);
    }
    if (cli->json)
        cli_print_json(all);
    json_decref(all);
    return 0;
}

static int verify(struct cli *cli, const char *folder)
{
    struct upkeep_backup_list list;
    struct ym_error err = {0};
    struct cli_bar bar = {0};
    json_t *manifest = NULL;

    if (!upkeep_backup_list(folder, &cli->arena, &list, &err))
        return cli_fail(cli, &err);
    const char *name = cli->n_words > 0 ? cli->words[0] : list.n > 0 ? list.items[0].name : "";
    bool ok = upkeep_backup_check(folder, name, &manifest, show, &bar, &err);
    cli_bar_end(&bar);
    if (!ok)
        return cli_fail(cli, &err);
    json_decref(manifest);
    if (cli->json)
        printf("{\"backup\": \"%s\", \"whole\": true}\n", name);
    else
        printf(
            cli_say(cli, "%s: every file is what the manifest says\n", "%s：全部文件与清单一致\n"),
            name);
    return 0;
}

static int run(struct cli *cli)
{
    struct ym_settings settings;
    struct ym_error err = {0};

    if (!cli_settings(cli, &settings, &err))
        return cli_fail(cli, &err);
    if (cli_option(cli, "--list"))
        return print_list(cli, cli_backups(cli, &settings));
    if (cli_option(cli, "--verify"))
        return verify(cli, cli_backups(cli, &settings));
    bool full = cli_option(cli, "--full") != NULL;
    if (cli->server || access(cli_path(cli, "run/server.json"), F_OK) == 0) {
        int lock = -1;
        // A server that was killed leaves its file: then the directory is free.
        if (cli->server || !cli_lock(cli, &lock, &err))
            return make_there(cli, &settings, full);
        close(lock);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    ym_log_level(YM_WARN);
    if (sodium_init() < 0)
        return ym_kind_exit(YM_FAULT);
    return make_here(cli, &settings, full);
}

static const struct cli_option options[] = {
    {"--full", NULL, "all of the lake, not only what is new since the last full one",
     "完整备份，而非仅备份自上次完整备份以来的变化"},
    {"--list", NULL, "what backups there are, newest first", "列出已有备份，最新在前"},
    {"--verify", NULL, "compare the files of a backup (the newest) with its manifest",
     "核对某个备份（默认最新）的文件与清单"},
    {0},
};
const struct cli_command cli_backup = {
    .name = "backup",
    .usage = "yunmeng backup [--full] | --list | --verify [NAME]",
    .summary_en = "Make a backup (by the running server, or without one), list or verify backups.",
    .summary_zh = "建立备份（由运行中的服务器或独立完成），列出或核对备份。",
    .example = "  yunmeng backup --data /var/lib/yunmeng\n  20261124T020000Z",
    .options = options,
    .run = run,
};
