#include "base/time.h"
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

    json_t *body = json_pack("{s:s, s:s, s:s}", "name", cli->words[1], "display_name",
                             shown ? shown : cli->words[1], "role", role ? role : "official");
    if (!body)
        return ym_fail(err, YM_INVALID, "cli.text", "an argument is not UTF-8");
    if (password)
        json_object_set_new(body, "password", ym_json_str(ym_str(password)));
    if (agency)
        json_object_set_new(body, "agency", ym_json_str(ym_str(agency)));
    struct cli_ask ask = {.method = "POST", .path = YM_STR("/api/v1/accounts"), .body = body};
    bool ok = cli_remote_open(cli, &remote, err) && cli_remote_ask(&remote, &ask, made, err);
    cli_remote_close(&remote);
    json_decref(body);
    return ok;
}

static void print_link(const struct cli *cli, struct ym_str link, struct ym_str expires)
{
    printf("%s %.*s\n%s %.*s\n", cli_say(cli, "invitation:", "邀请链接："), YM_FMT(link),
           cli_say(cli, "until", "有效至"), YM_FMT(expires));
}

// Without a password the account is invited, and the answer's link is told this once.
static bool add_invited(struct cli *cli, struct ym_error *err)
{
    json_t *made = NULL;

    if (!send_account(cli, NULL, &made, err))
        return false;
    const json_t *link = json_object_get(made, "invitation");
    if (cli->json) {
        cli_print_json(made);
    } else {
        print_account(cli, made);
        print_link(cli, ym_json_get(link, "link"), ym_json_get(link, "expires_at"));
    }
    json_decref(made);
    return true;
}

static bool add(struct cli *cli, struct ym_error *err)
{
    char password[PASSWORD_MAX] = "";
    json_t *made = NULL;

    if (cli_option(cli, "--invite"))
        return add_invited(cli, err);
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

struct here {
    struct cli *cli;
    struct store_pool *pool;
    struct store *store;
    struct org_act act;
    struct org_account account;
    const char *password;
};
typedef bool store_action(struct here *here, struct ym_error *err);

static bool open_here(struct here *here, struct ym_error *err)
{
    struct cli *cli = here->cli;
    struct ym_settings settings;

    if (cli->server) {
        ym_fail(err, YM_INVALID, "cli.here_only", "this is done on the server's machine only");
        return ym_hint(err, "Leave --server out and name the data directory by --data.");
    }
    return cli_settings(cli, &settings, err) && cli_open_store(cli, &settings, &here->pool, err) &&
           store_take(here->pool, &here->store, err) &&
           org_account_by_name(here->store, &org_program, ym_str(cli->words[1]), &cli->arena,
                               &here->account, err);
}

static bool with_store(struct cli *cli, store_action *action, const char *password,
                       struct ym_error *err)
{
    struct here here = {.cli = cli, .password = password};
    bool ok = open_here(&here, err);

    if (ok) {
        cli_act(here.store, &here.act, ym_arena_printf(&cli->arena, "user %s", cli->words[0]).p,
                here.account.name);
        here.act.agency = here.account.agency;
        ok = action(&here, err);
    }
    store_give(here.pool, here.store);
    store_pool_close(here.pool);
    return ok;
}

static bool done(struct here *here)
{
    json_t *one = json_pack("{s:s}", "name", here->cli->words[1]);

    if (here->cli->json)
        cli_print_json(one);
    json_decref(one);
    return true;
}

static bool set_password(struct here *here, struct ym_error *err)
{
    return org_account_password(here->store, here->account.name, ym_str(here->password), err) &&
           done(here);
}

static bool lock_it(struct here *here, struct ym_error *err)
{
    return org_account_lock(here->store, &org_program, here->account.id, true, err) && done(here);
}

static bool unlock_it(struct here *here, struct ym_error *err)
{
    return org_account_lock(here->store, &org_program, here->account.id, false, err) && done(here);
}

static bool end_sessions_of(struct here *here, struct ym_error *err)
{
    return org_account_end_sessions(here->store, &org_program, here->account.id, err) && done(here);
}

static bool drop_factor_of(struct here *here, struct ym_error *err)
{
    return org_factor_drop(here->store, &org_program, here->account.id, err) && done(here);
}

static bool grant_of(struct here *here, struct org_grant *out, struct ym_error *err)
{
    const char *role = cli_option(here->cli, "--role"), *name = cli_option(here->cli, "--agency");
    struct org_agency agency = {0};

    if (!role || !org_role_by_name(ym_str(role), &out->role)) {
        ym_fail(err, YM_INVALID, "cli.role", "'%s' is not a role", role ? role : "");
        ym_hint(err, "Name it by --role; `yunmeng user --help` lists the roles.");
        return ym_about(err, YM_STR("--role"));
    }
    if (name && !org_agency_by_name(here->store, ym_str(name), &here->cli->arena, &agency, err))
        return false;
    out->agency = agency.id;
    return true;
}

static bool grant_it(struct here *here, struct ym_error *err)
{
    struct org_grant grant = {0};

    return grant_of(here, &grant, err) &&
           org_account_grant(here->store, &org_program, here->account.id, grant, err) && done(here);
}

static bool revoke_it(struct here *here, struct ym_error *err)
{
    struct org_grant grant = {0};

    return grant_of(here, &grant, err) &&
           org_account_revoke(here->store, &org_program, here->account.id, grant, err) &&
           done(here);
}

static bool invite_it(struct here *here, struct ym_error *err)
{
    struct cli *cli = here->cli;
    struct ym_settings settings;
    struct ym_str secret;
    char at[YM_TIME_TEXT];
    int64_t days, expires;

    if (!cli_option_int(cli, "--days", 1, 30, 7, &days, err) ||
        !cli_settings(cli, &settings, err) ||
        !org_invite(here->store, &org_program, here->account.id, days, &cli->arena, &secret,
                    &expires, err))
        return false;
    struct ym_str link =
        ym_arena_printf(&cli->arena, "%.*s/invitation#%.*s",
                        YM_FMT(ym_setting(&settings, "public_url")), YM_FMT(secret));
    ym_time_text(expires, at);
    if (!cli->json) {
        print_link(cli, link, ym_str(at));
        return true;
    }
    json_t *made = json_pack("{s:s, s:o, s:o, s:s}", "name", cli->words[1], "secret",
                             ym_json_str(secret), "link", ym_json_str(link), "expires_at", at);
    cli_print_json(made);
    json_decref(made);
    return true;
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

static const struct {
    const char *name;
    int words;
    bool (*run)(struct cli *cli, struct ym_error *err); // or:
    store_action *here;
} actions[] = {
    {"list", 1, list, NULL},
    {"add", 2, add, NULL},
    {"password", 2, change_password, NULL},
    {"invite", 2, NULL, invite_it},
    {"grant", 2, NULL, grant_it},
    {"revoke", 2, NULL, revoke_it},
    {"lock", 2, NULL, lock_it},
    {"unlock", 2, NULL, unlock_it},
    {"end-sessions", 2, NULL, end_sessions_of},
    {"drop-factor", 2, NULL, drop_factor_of},
};

static int run(struct cli *cli)
{
    struct ym_error err = {0};

    if (sodium_init() < 0) {
        ym_fail(&err, YM_FAULT, "cli.random", "the library for random numbers does not start");
        return cli_fail(cli, &err);
    }
    for (size_t i = 0; i < YM_COUNT(actions); i++) {
        if (cli->n_words != actions[i].words || strcmp(cli->words[0], actions[i].name) != 0)
            continue;
        bool ok = actions[i].run ? actions[i].run(cli, &err)
                                 : with_store(cli, actions[i].here, NULL, &err);
        return ok ? 0 : cli_fail(cli, &err);
    }
    ym_fail(&err, YM_INVALID, "cli.usage",
            "list, add, password, invite, grant, revoke, lock, unlock, end-sessions or "
            "drop-factor, and a name");
    ym_hint(&err, "%s", cli->command->usage);
    return cli_fail(cli, &err);
}

static const struct cli_option options[] = {
    {"--role", "ROLE",
     "add, grant, revoke: steward, official (default of add), analyst, agency_administrator,\n"
     "agency_auditor, citizen; of the platform: administrator, security, auditor",
     "add、grant、revoke：steward、official（add 默认）、analyst、agency_administrator、\n"
     "agency_auditor、citizen；平台级：administrator、security、auditor"},
    {"--agency", "NAME", "add, grant, revoke: the agency's short name",
     "add、grant、revoke：部门简称"},
    {"--display-name", "TEXT", "add: the name that people see", "add：显示名"},
    {"--invite", NULL, "add: no password; prints a link with which the person chooses one",
     "add：不设密码，输出由本人设置密码的一次性链接"},
    {"--days", "N", "invite: how long the link works, up to 30 (default 7)",
     "invite：链接有效天数，最多 30（默认 7）"},
    {"--password-file", "FILE", "the password is its first line; -: of the input",
     "密码取自文件首行；- 为标准输入"},
    {"--generate", NULL, "make a password and show it once", "生成密码并显示一次"},
    {0},
};
const struct cli_command cli_user = {
    .name = "user",
    .usage =
        "yunmeng user list|add NAME|password NAME|invite NAME|grant NAME|revoke NAME|lock NAME|"
        "unlock NAME|\n               end-sessions NAME|drop-factor NAME [--role ROLE] [--agency "
        "NAME]",
    .summary_en =
        "Accounts: list, add, invite, give and take roles, lock. All but `list` and `add` work\n"
        "on the control store of the data directory, with or without a server, and stand in\n"
        "the audit trail as the operator's. Nobody holds two of administrator, security, auditor.",
    .summary_zh =
        "账号：列出、新增、邀请、授予与收回角色、锁定。除 list 与 add 外均直接作用于数据目录的\n"
        "控制库，服务器是否运行均可，并以操作员名义记入审计日志。administrator、security、\n"
        "auditor 三者不可兼任。",
    .example =
        "  yunmeng user add li_na --role steward --agency environment --invite\n"
        "  li_na\tsteward\tenvironment\tli_na\n"
        "  invitation: /invitation#…\n"
        "  yunmeng user grant li_na --role official --agency civil",
    .options = options,
    .run = run,
};
