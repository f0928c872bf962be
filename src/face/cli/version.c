#include "face/cli/commands.h"

#include <openssl/crypto.h>
#include <sqlite3.h>

static int run(struct cli *cli)
{
    if (cli->json) {
        json_t *all =
            json_pack("{s:s, s:s, s:s, s:s}", "yunmeng", YM_VERSION, "sqlite", sqlite3_libversion(),
                      "openssl", OpenSSL_version(OPENSSL_VERSION), "compiler", __VERSION__);
        if (all)
            cli_print_json(all);
        json_decref(all);
        return 0;
    }
    printf("yunmeng %s\nsqlite %s, %s, gcc %s\n", YM_VERSION, sqlite3_libversion(),
           OpenSSL_version(OPENSSL_VERSION), __VERSION__);
    return 0;
}

const struct cli_command cli_version = {
    .name = "version",
    .usage = "yunmeng version [--json]",
    .summary_en = "The version of this program and of what it is built on.",
    .summary_zh = "本程序及其所用库的版本。",
    .example = "  yunmeng version",
    .run = run,
};

static int help(struct cli *cli)
{
    // `help` and `help COMMAND` are answered before a command is chosen; only `help --json` comes
    // here.
    json_t *all = json_array();

    for (const struct cli_command *const *at = cli->world->commands; *at; at++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", (*at)->name, "usage",
                                             (*at)->usage, "summary",
                                             cli_say(cli, (*at)->summary_en, (*at)->summary_zh)));
    cli_print_json(all);
    json_decref(all);
    return 0;
}

const struct cli_command cli_help = {
    .name = "help",
    .usage = "yunmeng help [COMMAND]",
    .summary_en = "What commands there are, or one of them in detail.",
    .summary_zh = "列出全部命令，或详细说明其中一个。",
    .example = "  yunmeng help load",
    .run = help,
};
