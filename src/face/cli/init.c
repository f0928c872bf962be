#include "face/cli/commands.h"

#include "trust/org/org.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSWORD_CHARS = 16 };

static const char *const folders[] = {"", "originals", "incoming", "index", "engine", "run"};

static bool make_folders(struct cli *cli, struct ym_error *err)
{
    for (size_t i = 0; i < YM_COUNT(folders); i++) {
        const char *path = cli_path(cli, folders[i]);
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            ym_fail(err, YM_FAULT, "init.folder", "cannot make '%s': %s", path, strerror(errno));
            ym_hint(err, "Choose another folder with --data, or make its parent first.");
            return ym_about(err, ym_str(path));
        }
    }
    return true;
}

// No letters that look like digits: it is typed from a screen.
static void make_password(char to[PASSWORD_CHARS + 1])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";

    for (size_t i = 0; i < PASSWORD_CHARS; i++)
        to[i] = letters[randombytes_uniform(sizeof letters - 1)];
    to[PASSWORD_CHARS] = '\0';
}

static bool write_config(struct cli *cli, bool demo, struct ym_error *err)
{
    struct ym_str text =
        ym_arena_printf(&cli->arena,
                        "# Yunmeng's configuration; `yunmeng config show` lists every key, `config "
                        "check` tests it.\n"
                        "http:\n  listen: 127.0.0.1:8420\nzone: Asia/Shanghai\nprovince: '42'\n%s",
                        demo ? "demo: true\n" : "");

    return cli_write_file(cli_path(cli, "yunmeng.yaml"), text, 0600, err);
}

static bool write_key(struct cli *cli, struct ym_error *err)
{
    unsigned char key[32];
    char text[2 * sizeof key + 1];

    randombytes_buf(key, sizeof key);
    sodium_bin2hex(text, sizeof text, key, sizeof key);
    bool ok = cli_write_file(cli_path(cli, "secrets.key"), ym_str(text), 0600, err);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return ok;
}

static void show_regions(void *with, int64_t done)
{
    const struct cli *cli = ((void **)with)[0];

    cli_bar_show(((void **)with)[1], cli_say(cli, "regions", "行政区划"), done, 0);
}

static bool fill_store(struct cli *cli, const struct ym_settings *settings, const char *password,
                       struct ym_error *err)
{
    struct store_pool *pool = NULL;
    struct store *store = NULL;
    struct cli_bar bar = {0};
    bool ok = false;

    if (!cli_open_store(cli, settings, &pool, err) || !store_take(pool, &store, err))
        goto out;
    struct ym_str regions = ym_arena_printf(&cli->arena, "%s/regions", cli->share);
    void *with[] = {cli, &bar};
    if (!org_regions_load(store, regions.p, ym_setting(settings, "province"), show_regions, with,
                          err))
        goto out;
    cli_bar_end(&bar);
    struct org_account admin = {
        .name = YM_STR("admin"), .display_name = YM_STR("系统管理员"), .role = ORG_ADMINISTRATOR};
    ok = org_account_add(store, &org_program, &admin, ym_str(password), err);
    // A first init that was killed half-way left the account: it gets the password of this one.
    if (!ok && err->kind == YM_CONFLICT)
        ok = org_account_password(store, admin.name, ym_str(password), err);
out:
    cli_bar_end(&bar);
    store_give(pool, store);
    store_pool_close(pool);
    return ok;
}

static bool tell(struct cli *cli, bool demo, const char *password, struct ym_error *err)
{
    if (cli->json) {
        json_t *all = json_pack("{s:s, s:s, s:s}", "data", cli->data, "account", "admin",
                                "password", password);
        if (all)
            cli_print_json(all);
        json_decref(all);
    } else if (!demo) {
        printf("%s %s\n%s admin, %s (%s)\nyunmeng serve --data %s\n",
               cli_say(cli, "Made", "已建立"), cli->data,
               cli_say(cli, "Account and password:", "账号与密码："), password,
               cli_say(cli, "shown this once", "仅显示这一次"), cli->data);
    }
    if (!demo)
        return true;
    // The demonstration's accounts are to be printed again by every `make up`.
    struct ym_str line = ym_arena_printf(&cli->arena, "admin\t%s\tadministrator\t-\n", password);
    return cli_write_file(cli_path(cli, "demo-accounts.txt"), line, 0600, err);
}

static int run(struct cli *cli)
{
    struct ym_settings settings;
    struct ym_error err = {0};
    char password[PASSWORD_CHARS + 1];
    bool demo = cli_option(cli, "--demo") != NULL;

    umask(0077);
    if (sodium_init() < 0) {
        ym_fail(&err, YM_FAULT, "init.random", "the library for random numbers does not start");
        return cli_fail(cli, &err);
    }
    if (access(cli_path(cli, "yunmeng.yaml"), F_OK) == 0) {
        ym_fail(&err, YM_CONFLICT, "init.exists", "'%s' is made already", cli->data);
        ym_hint(&err, "Start it with `yunmeng serve --data %s`, or choose another folder.",
                cli->data);
        ym_about(&err, ym_str(cli->data));
        return cli_fail(cli, &err);
    }
    make_password(password);
    // The configuration comes last: a folder without one is not made yet, and init goes on there.
    if (!make_folders(cli, &err) || !write_key(cli, &err) || !cli_settings(cli, &settings, &err) ||
        !fill_store(cli, &settings, password, &err) || !tell(cli, demo, password, &err) ||
        (!cli->config && !write_config(cli, demo, &err)))
        return cli_fail(cli, &err);
    sodium_memzero(password, sizeof password);
    return 0;
}

static const struct cli_option options[] = {
    {"--demo", NULL, "a demonstration: impossible people are taken, accounts are written down",
     "演示模式：接受虚构人员，账号写入 demo-accounts.txt"},
    {0},
};
const struct cli_command cli_init = {
    .name = "init",
    .usage = "yunmeng init [--demo] [--data DIR]",
    .summary_en = "Make a data directory: configuration, keys, control store, regions, `admin`.",
    .summary_zh = "建立数据目录：配置、密钥、控制库、行政区划与管理员账号。",
    .example = "  yunmeng init --data /var/lib/yunmeng",
    .options = options,
    .run = run,
};
