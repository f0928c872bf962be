#include "base/time.h"
#include "face/cli/commands.h"
#include "face/cli/remote.h"
#include "trust/org/org.h"

// Tokens are an account's own. By --server they are those of $YUNMENG_TOKEN's account; on the
// server's machine those of --account, in the control store.

struct here {
    struct store_pool *pool;
    struct store *store;
    struct org_caller caller;
    struct org_act act;
};

static bool find_account(struct cli *cli, struct here *here, struct ym_error *err)
{
    const char *name = cli_option(cli, "--account");
    struct org_account one;

    if (!org_account_by_name(here->store, &org_program, ym_str(name ? name : "admin"), &cli->arena,
                             &one, err))
        return false;
    here->caller = (struct org_caller){.account = one.id,
                                       .agency = one.agency,
                                       .role = one.role,
                                       .name = one.name,
                                       .display_name = one.display_name};
    return true;
}

static bool open_here(struct cli *cli, struct here *here, struct ym_error *err)
{
    struct ym_settings settings;

    return cli_settings(cli, &settings, err) && cli_open_store(cli, &settings, &here->pool, err) &&
           store_take(here->pool, &here->store, err) && find_account(cli, here, err);
}

static void close_here(struct here *here)
{
    store_give(here->pool, here->store);
    store_pool_close(here->pool);
}

static bool days_of(struct cli *cli, int64_t *days, struct ym_error *err)
{
    return cli_option_int(cli, "--days", 1, 366, 90, days, err);
}

static bool scopes_of(struct cli *cli, unsigned *scopes, struct ym_error *err)
{
    const char *said = cli_option(cli, "--scope");

    if (org_scopes_parse(ym_str(said ? said : "all"), scopes))
        return true;
    ym_fail(err, YM_INVALID, "cli.scope", "'%s' is no list of scopes", said);
    ym_hint(err, "Join them by commas: read,load,edit,manage,audit,account; or all.");
    return ym_about(err, YM_STR("--scope"));
}

static json_t *scopes_json(unsigned scopes)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < ORG_SCOPES; i++)
        if (scopes & (1U << i))
            json_array_append_new(list, json_string(org_scope_name((enum org_scope)i)));
    return list;
}

// ---- add

static void print_token(struct cli *cli, struct ym_str id, struct ym_str title, struct ym_str token)
{
    if (!cli->json) {
        printf("%.*s\n", YM_FMT(token));
        return;
    }
    json_t *made = json_pack("{s:o, s:o, s:o}", "id", ym_json_str(id), "title", ym_json_str(title),
                             "token", ym_json_str(token));
    cli_print_json(made);
    json_decref(made);
}

static bool add_here(struct cli *cli, struct here *here, struct ym_error *err)
{
    struct ym_str title = ym_str(cli->words[1]), token;
    int64_t id, days;
    unsigned scopes;

    if (!days_of(cli, &days, err) || !scopes_of(cli, &scopes, err))
        return false;
    cli_act(here->store, &here->act, "token add", ym_str(cli->words[1]));
    if (!org_token_add(here->store, &here->caller, title, scopes, days, &cli->arena, &id, &token,
                       err))
        return false;
    print_token(cli, ym_arena_printf(&cli->arena, "%lld", (long long)id), title, token);
    return true;
}

static bool add_there(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    json_t *made = NULL;
    unsigned scopes;
    int64_t days;

    if (!days_of(cli, &days, err) || !scopes_of(cli, &scopes, err))
        return false;
    json_t *body = json_pack("{s:o, s:I, s:o}", "title", ym_json_str(ym_str(cli->words[1])), "days",
                             (json_int_t)days, "scopes", scopes_json(scopes));
    struct cli_ask ask = {.method = "POST", .path = YM_STR("/api/v1/tokens"), .body = body};
    bool ok = cli_remote_ask(remote, &ask, &made, err);
    if (ok)
        print_token(cli, ym_json_get(made, "id"), ym_json_get(made, "title"),
                    ym_json_get(made, "token"));
    json_decref(body);
    json_decref(made);
    return ok;
}

// ---- list: both ways make the API's object

static json_t *time_or_null(int64_t time)
{
    char text[YM_TIME_TEXT];

    return time > 0 ? json_string(ym_time_text(time, text)) : json_null();
}

static void print_scopes(const json_t *scopes)
{
    const json_t *one;
    size_t i;

    json_array_foreach(scopes, i, one) printf("%s%s", i > 0 ? "," : "", json_string_value(one));
    printf("\n");
}

static void print_list(struct cli *cli, const json_t *all)
{
    const json_t *one;
    size_t i;

    if (cli->json) {
        cli_print_json(all);
        return;
    }
    json_array_foreach(json_object_get(all, "items"), i, one)
    {
        struct ym_str id = ym_json_get(one, "id"), title = ym_json_get(one, "title");
        struct ym_str expires = ym_json_get(one, "expires_at"), used = ym_json_get(one, "used_at");
        printf("%.*s\t%.*s\t%s %.*s\t%s %.*s\t", YM_FMT(id), YM_FMT(title),
               cli_say(cli, "until", "有效至"), YM_FMT(expires), cli_say(cli, "used", "最近使用"),
               YM_FMT(used));
        print_scopes(json_object_get(one, "scopes"));
    }
}

static bool list_here(struct cli *cli, struct here *here, struct ym_error *err)
{
    struct org_tokens tokens = {0};

    if (!org_token_list(here->store, &here->caller, &cli->arena, &tokens, err))
        return false;
    json_t *items = json_array();
    for (size_t i = 0; i < tokens.n; i++) {
        const struct org_token *one = &tokens.items[i];
        struct ym_str id = ym_arena_printf(&cli->arena, "%lld", (long long)one->id);
        json_array_append_new(
            items, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", ym_json_str(id), "title",
                             ym_json_str(one->title), "scopes", scopes_json(one->scopes),
                             "created_at", time_or_null(one->created), "expires_at",
                             time_or_null(one->expires), "used_at", time_or_null(one->used)));
    }
    json_t *all =
        json_pack("{s:o, s:n, s:I}", "items", items, "next", "total", (json_int_t)tokens.n);
    print_list(cli, all);
    json_decref(all);
    return true;
}

static bool list_there(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    json_t *all = NULL;

    if (!cli_remote_get(remote, YM_STR("/api/v1/tokens"), &all, err))
        return false;
    print_list(cli, all);
    json_decref(all);
    return true;
}

// ---- drop

static bool drop_here(struct cli *cli, struct here *here, struct ym_error *err)
{
    int64_t id;

    if (ym_str_int(ym_str(cli->words[1]), &id)) {
        cli_act(here->store, &here->act, "token drop", ym_str(cli->words[1]));
        return org_token_drop(here->store, &here->caller, id, err);
    }
    ym_fail(err, YM_INVALID, "cli.number", "'%s' is not the number of a token", cli->words[1]);
    ym_hint(err, "`yunmeng token list` shows the numbers.");
    return ym_about(err, ym_str(cli->words[1]));
}

static bool drop_there(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    json_t *nothing = NULL;
    struct cli_ask ask = {.method = "DELETE",
                          .path = cli_remote_path(cli, "/api/v1/tokens/", cli->words[1], "")};
    bool ok = cli_remote_ask(remote, &ask, &nothing, err);

    json_decref(nothing);
    return ok;
}

static const struct {
    const char *name;
    int words;
    bool (*here)(struct cli *cli, struct here *here, struct ym_error *err);
    bool (*there)(struct cli *cli, struct cli_remote *remote, struct ym_error *err);
} actions[] = {
    {"add", 2, add_here, add_there},
    {"list", 1, list_here, list_there},
    {"drop", 2, drop_here, drop_there},
};

static int run(struct cli *cli)
{
    struct cli_remote remote = {0};
    struct here here = {0};
    struct ym_error err = {0};

    for (size_t i = 0; i < YM_COUNT(actions); i++) {
        if (cli->n_words != actions[i].words || strcmp(cli->words[0], actions[i].name) != 0)
            continue;
        bool ok = cli->server
                      ? cli_remote_open(cli, &remote, &err) && actions[i].there(cli, &remote, &err)
                      : open_here(cli, &here, &err) && actions[i].here(cli, &here, &err);
        cli_remote_close(&remote);
        close_here(&here);
        return ok ? 0 : cli_fail(cli, &err);
    }
    ym_fail(&err, YM_INVALID, "cli.usage", "add TITLE, list or drop ID");
    ym_hint(&err, "%s", cli->command->usage);
    return cli_fail(cli, &err);
}

static const struct cli_option options[] = {
    {"--days", "N", "add: how long it is valid, up to 366 (default 90)",
     "add：有效天数，最多 366（默认 90）"},
    {"--scope", "NAME,…", "add: read, load, edit, manage, audit, account (default all)",
     "add：用途范围 read、load、edit、manage、audit、account（默认 all）"},
    {"--account", "NAME", "whose, on the server's machine (default admin)",
     "在服务器本机操作时的账号（默认 admin）"},
    {0},
};
const struct cli_command cli_token = {
    .name = "token",
    .usage = "yunmeng token add TITLE|list|drop ID [--days N] [--scope NAME,…] [--account NAME]",
    .summary_en =
        "Tokens of programs. A new one is printed once; programs send it as\n"
        "`Authorization: Bearer ym_…`, and these commands take it from $YUNMENG_TOKEN.",
    .summary_zh =
        "程序访问令牌。新令牌只显示一次；程序以“Authorization: Bearer ym_…”发送，\n"
        "本命令行从环境变量 $YUNMENG_TOKEN 读取。",
    .example =
        "  YUNMENG_TOKEN=$(yunmeng token add nightly --days 30 --scope read,load --account li_na)\n"
        "  yunmeng token list --json",
    .options = options,
    .run = run,
};
