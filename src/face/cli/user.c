#include "face/cli/commands.h"
#include "face/cli/remote.h"
#include "trust/org/org.h"

#include <sodium.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_MAX = 256, MADE_CHARS = 16 };

// ---- passwords: from a file, from a terminal that does not show them, or made here

// No letters that look like digits: it is typed from a screen.
static void make_password(char *to)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";

    for (size_t i = 0; i < MADE_CHARS; i++)
        to[i] = letters[randombytes_uniform(sizeof letters - 1)];
    to[MADE_CHARS] = '\0';
}

static bool read_line(FILE *from, char to[PASSWORD_MAX], struct ym_error *err)
{
    char *line = fgets(to, PASSWORD_MAX, from);

    if (line && strlen(line) < PASSWORD_MAX - 1) {
        to[strcspn(to, "\r\n")] = '\0';
        return true;
    }
    ym_fail(err, YM_INVALID, "cli.password", "no password came, or one over %d bytes",
            PASSWORD_MAX - 2);
    return ym_hint(err, "Give it by --password-file FILE, or on the terminal, or use --generate.");
}

static bool ask_password(const struct cli *cli, char to[PASSWORD_MAX], struct ym_error *err)
{
    struct termios shown, hidden;
    char again[PASSWORD_MAX] = "";

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return read_line(stdin, to, err);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    fprintf(stderr, "%s", cli_say(cli, "Password: ", "密码："));
    bool ok = read_line(stdin, to, err);
    fprintf(stderr, "\n%s", ok ? cli_say(cli, "Once more: ", "再输一次：") : "");
    ok = ok && read_line(stdin, again, err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fprintf(stderr, "\n");
    if (ok && strcmp(to, again) != 0) {
        ym_fail(err, YM_INVALID, "cli.password", "the two passwords differ");
        ok = ym_hint(err, "Type the same one twice.");
    }
    sodium_memzero(again, sizeof again);
    return ok;
}

static bool get_password(struct cli *cli, char to[PASSWORD_MAX], struct ym_error *err)
{
    const char *path = cli_option(cli, "--password-file");

    if (cli_option(cli, "--generate")) {
        make_password(to);
        return true;
    }
    if (!path)
        return ask_password(cli, to, err);
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file) {
        ym_fail(err, YM_INVALID, "cli.file", "cannot read '%s'", path);
        ym_hint(err, "Name a file that is there and that you may read.");
        return ym_about(err, ym_str(path));
    }
    bool ok = read_line(file, to, err);
    if (file != stdin)
        fclose(file);
    return ok;
}

// ---- by the server

static void print_account(const struct cli *cli, const json_t *one)
{
    struct ym_str name = ym_json_get(one, "name"), shown = ym_json_get(one, "display_name");
    struct ym_str role = ym_json_get(one, "role");
    struct ym_str agency = ym_json_get(json_object_get(one, "agency"), "name");
    bool locked = json_is_true(json_object_get(one, "locked"));

    printf("%.*s\t%.*s\t%.*s\t%.*s\t%s\n", YM_FMT(name), YM_FMT(role), YM_FMT(agency),
           YM_FMT(shown), locked ? cli_say(cli, "locked", "已锁定") : "");
}

static bool list(struct cli *cli, struct ym_error *err)
{
    struct cli_remote remote = {0};
    json_t *all = NULL, *one;
    size_t i;

    bool ok = cli_remote_open(cli, &remote, err) &&
              cli_remote_get(&remote, YM_STR("/api/v1/accounts"), &all, err);
    cli_remote_close(&remote);
    if (ok && cli->json)
        cli_print_json(all);
    else if (ok)
        json_array_foreach(json_object_get(all, "items"), i, one) print_account(cli, one);
    json_decref(all);
    return ok;
}

static bool send_account(struct cli *cli, const char *password, json_t **made, struct ym_error *err)
{
    const char *role = cli_option(cli, "--role"), *agency = cli_option(cli, "--agency");
    const char *shown = cli_option(cli, "--display-name");
    struct cli_remote remote = {0};

    json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "name", cli->words[1], "display_name",
                             shown ? shown : cli->words[1], "role", role ? role : "official",
                             "password", password);
    if (!body)
        return ym_fail(err, YM_INVALID, "cli.text", "an argument is not UTF-8");
    if (agency)
        json_object_set_new(body, "agency", ym_json_str(ym_str(agency)));
    struct cli_ask ask = {.method = "POST", .path = YM_STR("/api/v1/accounts"), .body = body};
    bool ok = cli_remote_open(cli, &remote, err) && cli_remote_ask(&remote, &ask, made, err);
    cli_remote_close(&remote);
    json_decref(body);
    return ok;
}

static bool add(struct cli *cli, struct ym_error *err)
{
    char password[PASSWORD_MAX] = "";
    json_t *made = NULL;

    bool ok = get_password(cli, password, err) && send_account(cli, password, &made, err);
    bool told = ok && cli_option(cli, "--generate");
    if (told)
        json_object_set_new(made, "password", json_string(password));
    if (ok && cli->json)
        cli_print_json(made);
    else if (ok)
        print_account(cli, made);
    if (told && !cli->json)
        printf("%s %s\n", cli_say(cli, "password:", "密码："), password);
    json_decref(made);
    sodium_memzero(password, sizeof password);
    return ok;
}

// ---- by the control store: for the operator who stands at the machine

typedef bool store_action(struct store *store, struct ym_str name, const char *password,
                          struct ym_error *err);

static bool with_store(struct cli *cli, store_action *action, const char *password,
                       struct ym_error *err)
{
    struct ym_settings settings;
    struct store_pool *pool = NULL;
    struct store *store = NULL;

    if (cli->server) {
        ym_fail(err, YM_INVALID, "cli.here_only", "this is done on the server's machine only");
        return ym_hint(err, "Leave --server out and name the data directory by --data.");
    }
    bool ok = cli_settings(cli, &settings, err) && cli_open_store(cli, &settings, &pool, err) &&
              store_take(pool, &store, err) && action(store, ym_str(cli->words[1]), password, err);
    store_give(pool, store);
    store_pool_close(pool);
    if (ok && cli->json) {
        json_t *done = json_pack("{s:s}", "name", cli->words[1]);
        cli_print_json(done);
        json_decref(done);
    }
    return ok;
}

static bool set_password(struct store *store, struct ym_str name, const char *password,
                         struct ym_error *err)
{
    return org_account_password(store, name, ym_str(password), err);
}

static bool lock_it(struct store *store, struct ym_str name, const char *password,
                    struct ym_error *err)
{
    (void)password;
    return org_account_lock(store, name, true, err);
}

static bool unlock_it(struct store *store, struct ym_str name, const char *password,
                      struct ym_error *err)
{
    (void)password;
    return org_account_lock(store, name, false, err);
}

static bool change_password(struct cli *cli, struct ym_error *err)
{
    char password[PASSWORD_MAX] = "";

    bool ok = get_password(cli, password, err) && with_store(cli, set_password, password, err);
    if (ok && cli_option(cli, "--generate"))
        fprintf(cli->json ? stderr : stdout, "%s %s\n", cli_say(cli, "password:", "密码："),
                password);
    sodium_memzero(password, sizeof password);
    return ok;
}

static bool lock(struct cli *cli, struct ym_error *err)
{
    return with_store(cli, lock_it, NULL, err);
}

static bool unlock(struct cli *cli, struct ym_error *err)
{
    return with_store(cli, unlock_it, NULL, err);
}

static const struct {
    const char *name;
    int words;
    bool (*run)(struct cli *cli, struct ym_error *err);
} actions[] = {
    {"list", 1, list}, {"add", 2, add},       {"password", 2, change_password},
    {"lock", 2, lock}, {"unlock", 2, unlock},
};

static int run(struct cli *cli)
{
    struct ym_error err = {0};

    if (sodium_init() < 0) {
        ym_fail(&err, YM_FAULT, "cli.random", "the library for random numbers does not start");
        return cli_fail(cli, &err);
    }
    for (size_t i = 0; i < YM_COUNT(actions); i++)
        if (cli->n_words == actions[i].words && strcmp(cli->words[0], actions[i].name) == 0)
            return actions[i].run(cli, &err) ? 0 : cli_fail(cli, &err);
    ym_fail(&err, YM_INVALID, "cli.usage", "list, add, password, lock or unlock, and a name");
    ym_hint(&err, "%s", cli->command->usage);
    return cli_fail(cli, &err);
}

static const struct cli_option options[] = {
    {"--role", "ROLE", "add: administrator, steward, official (default), analyst, auditor, citizen",
     "add：administrator、steward、official（默认）、analyst、auditor、citizen"},
    {"--agency", "NAME", "add: the agency's short name", "add：部门简称"},
    {"--display-name", "TEXT", "add: the name that people see", "add：显示名"},
    {"--password-file", "FILE", "the password is its first line; -: of the input",
     "密码取自文件首行；- 为标准输入"},
    {"--generate", NULL, "make a password and show it once", "生成密码并显示一次"},
    {0},
};
const struct cli_command cli_user = {
    .name = "user",
    .usage =
        "yunmeng user list|add NAME|password NAME|lock NAME|unlock NAME [--role ROLE]"
        " [--agency NAME]",
    .summary_en =
        "Accounts: list, add, set a password, lock. `password`, `lock` and `unlock` work\n"
        "on the control store of the data directory, with or without a server.",
    .summary_zh =
        "账号：列出、新增、设置密码、锁定。password、lock 与 unlock 直接作用于数据目录的"
        "控制库，\n服务器是否运行均可。",
    .example =
        "  yunmeng user add li_na --role steward --agency environment --generate\n"
        "  li_na\tsteward\tenvironment\tli_na\n"
        "  password: …",
    .options = options,
    .run = run,
};
