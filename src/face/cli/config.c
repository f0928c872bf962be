#include "face/cli/commands.h"

static int check(struct cli *cli, struct ym_settings *settings)
{
    (void)settings;
    if (cli->json) {
        json_t *all = json_pack("{s:b}", "ok", 1);
        cli_print_json(all);
        json_decref(all);
        return 0;
    }
    printf("%s\n", cli_say(cli, "The configuration is right.", "配置无误。"));
    return 0;
}

static int show(struct cli *cli, struct ym_settings *settings)
{
    json_t *all = json_object();

    for (size_t i = 0; i < settings->n; i++) {
        const struct ym_setting *row = &settings->table[i];
        struct ym_str value = settings->values[i];
        if (cli->json)
            json_object_set_new(all, row->key, ym_json_str(value));
        else if (settings->lines[i] > 0)
            printf("%s: %.*s    # line %lld; %s\n", row->key, YM_FMT(value),
                   (long long)settings->lines[i], row->about);
        else
            printf("%s: %.*s    # default; %s\n", row->key, YM_FMT(value), row->about);
    }
    if (cli->json)
        cli_print_json(all);
    json_decref(all);
    return 0;
}

static int run(struct cli *cli)
{
    struct ym_settings settings;
    struct ym_error err = {0};

    if (cli->n_words > 1 || (cli->n_words == 1 && strcmp(cli->words[0], "check") != 0 &&
                             strcmp(cli->words[0], "show") != 0)) {
        ym_fail(&err, YM_INVALID, "cli.usage", "'%s' is neither check nor show", cli->words[0]);
        ym_hint(&err, "%s", cli->command->usage);
        return cli_fail(cli, &err);
    }
    if (!cli_settings(cli, &settings, &err))
        return cli_fail(cli, &err);
    bool checking = cli->n_words == 1 && strcmp(cli->words[0], "check") == 0;
    return checking ? check(cli, &settings) : show(cli, &settings);
}

const struct cli_command cli_config = {
    .name = "config",
    .usage = "yunmeng config [check|show] [--config FILE]",
    .summary_en = "Check the configuration (the wrong line is named), or show every key in force.",
    .summary_zh = "检查配置（指出错误所在行），或显示所有生效的配置项。",
    .example =
        "  yunmeng config check --data var\n"
        "  yunmeng: 'http.lisen' is not a key (line 2)\n"
        "    Did you mean 'http.listen'?",
    .run = run,
};
