#include "face/cli/cli.h"

#include "trust/org/org.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_option common[] = {
    {"--data", "DIR", "the data directory (default $YUNMENG_DATA, ./var, /var/lib/yunmeng)",
     "数据目录（默认 $YUNMENG_DATA、./var、/var/lib/yunmeng）"},
    {"--config", "FILE", "the configuration file (default DIR/yunmeng.yaml)",
     "配置文件（默认为数据目录下的 yunmeng.yaml）"},
    {"--server", "URL", "a server elsewhere; the token comes from $YUNMENG_TOKEN",
     "远程服务器；令牌取自 $YUNMENG_TOKEN"},
    {"--json", NULL, "answers and errors as JSON", "结果与错误均输出为 JSON"},
    {"--help", NULL, "this text", "显示本说明"},
    {0},
};

const char *cli_say(const struct cli *cli, const char *en, const char *zh)
{
    return cli->zh ? zh : en;
}

static bool wants_chinese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < YM_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return ym_str_starts(ym_str(value), YM_STR("zh"));
    }
    return false;
}

// The program's own place decides where its share lies: DIR/bin/yunmeng, DIR/share/yunmeng.
static void find_places(struct cli *cli)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    if (n <= 0)
        return;
    path[n] = '\0';
    snprintf(cli->program, sizeof cli->program, "%s", path);
    const char *prefix = dirname(dirname(path));
    struct ym_str share = ym_arena_printf(&cli->arena, "%s/share/yunmeng", prefix);
    snprintf(cli->share, sizeof cli->share, "%s", share.p);
}

static const char *default_data(void)
{
    const char *named = getenv("YUNMENG_DATA");

    if (named && named[0])
        return named;
    return access("var", F_OK) == 0 ? "var" : "/var/lib/yunmeng";
}

// The engine and the reader run elsewhere: every path given to them is absolute.
static const char *absolute(struct cli *cli, const char *path)
{
    char here[4096];

    if (path[0] == '/' || !getcwd(here, sizeof here))
        return path;
    return ym_arena_printf(&cli->arena, "%s/%s", here, path).p;
}

static void print_options(const struct cli *cli, const struct cli_option *options)
{
    for (; options && options->name; options++) {
        char head[64];
        snprintf(head, sizeof head, "%s%s%s", options->name, options->value ? " " : "",
                 options->value ? options->value : "");
        printf("  %-24s %s\n", head, cli_say(cli, options->about_en, options->about_zh));
    }
}

static void print_help(const struct cli *cli, const struct cli_command *command)
{
    printf("%s\n\n%s\n", command->usage, cli_say(cli, command->summary_en, command->summary_zh));
    printf("\n%s\n", cli_say(cli, "Options:", "选项："));
    print_options(cli, command->options);
    print_options(cli, common);
    printf("\n%s\n%s\n", cli_say(cli, "Example:", "示例："), command->example);
    printf("\n%s\n",
           cli_say(cli,
                   "Exit codes: 0 yes, 1 a verdict of no, 2 invalid, 3 not signed in or denied,\n"
                   "4 not found, 5 conflict, 6 too large, 7 busy or limited, 8 fault.",
                   "退出码：0 是，1 否（如有行被隔离），2 输入有误，3 未登录或无权，4 未找到，\n"
                   "5 冲突，6 过大，7 繁忙或受限，8 故障。"));
}

static int print_all(const struct cli *cli)
{
    printf("%s\n\n", cli_say(cli, "yunmeng COMMAND [OPTION]… — a province's public-data platform",
                             "yunmeng 命令 [选项]… —— 雲夢公共数据平台"));
    for (const struct cli_command *const *at = cli->world->commands; *at; at++)
        printf("  %-10s %s\n", (*at)->name, cli_say(cli, (*at)->summary_en, (*at)->summary_zh));
    printf("\n%s\n", cli_say(cli, "`yunmeng COMMAND --help` tells more, with an example.",
                             "“yunmeng 命令 --help”给出详细说明与示例。"));
    return 0;
}

static const struct cli_command *find_command(const struct cli *cli, const char *name)
{
    for (const struct cli_command *const *at = cli->world->commands; *at; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

static int find_option(const struct cli_option *options, const char *name, size_t n)
{
    for (int i = 0; options && options[i].name; i++)
        if (strlen(options[i].name) == n && strncmp(options[i].name, name, n) == 0)
            return i;
    return -1;
}

static bool usage_error(const struct cli *cli, const char *what, const char *word,
                        struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "cli.usage", "%s '%s'", what, word);
    ym_hint(err, "yunmeng %s --help", cli->command->name);
    return ym_about(err, ym_str(word));
}

static void take_common(struct cli *cli, int which, const char *value, bool *help)
{
    switch (which) {
    case 0:
        cli->data = value;
        break;
    case 1:
        cli->config = value;
        break;
    case 2:
        cli->server = value;
        break;
    case 3:
        cli->json = true;
        break;
    default:
        *help = true;
    }
}

static bool parse(struct cli *cli, int argc, char **argv, const char **values, bool *help,
                  struct ym_error *err)
{
    bool only_words = false;

    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (only_words || word[0] != '-' || word[1] == '\0') {
            cli->words[cli->n_words++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (strcmp(word, "-h") == 0) {
            *help = true;
            continue;
        }
        const char *equals = strchr(word, '=');
        size_t n = equals ? (size_t)(equals - word) : strlen(word);
        int own = find_option(cli->command->options, word, n),
            shared = find_option(common, word, n);
        if (own < 0 && shared < 0)
            return usage_error(cli, "unknown option", word, err);
        const struct cli_option *option = own >= 0 ? &cli->command->options[own] : &common[shared];
        const char *value = "";
        if (option->value) {
            if (!equals && i + 1 >= argc)
                return usage_error(cli, "a value is missing after", word, err);
            value = equals ? equals + 1 : argv[++i];
        } else if (equals) {
            return usage_error(cli, "no value belongs to", word, err);
        }
        if (own >= 0)
            values[own] = value;
        else
            take_common(cli, shared, value, help);
    }
    return true;
}

static int dispatch(struct cli *cli, int argc, char **argv)
{
    struct ym_error err = {0};
    const char *values[64] = {0};
    bool help = false;
    int code;

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_all(cli);
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    if (strcmp(name, "help") == 0 && argc > 2 && argv[2][0] != '-') {
        name = argv[2];
        help = true;
    } else if (strcmp(name, "help") == 0 && argc == 2) {
        return print_all(cli);
    }
    cli->command = find_command(cli, name);
    if (!cli->command) {
        cli->json = strcmp(argv[argc - 1], "--json") == 0;
        ym_fail(&err, YM_INVALID, "cli.command", "there is no command '%s'", name);
        ym_hint(&err, "`yunmeng help` lists the commands.");
        ym_about(&err, ym_str(name));
        return cli_fail(cli, &err);
    }
    cli->words = ym_arena_alloc(&cli->arena, (size_t)(argc + 1) * sizeof *cli->words);
    cli->values = values;
    if (!help && !parse(cli, argc - 2, argv + 2, values, &help, &err))
        code = cli_fail(cli, &err);
    else if (help)
        print_help(cli, cli->command), code = 0;
    else
        cli->data = absolute(cli, cli->data), code = cli->command->run(cli);
    cli->values = NULL;
    return code;
}

int cli_main(const struct cli_world *world, int argc, char **argv)
{
    struct cli cli = {.world = world, .zh = wants_chinese(), .data = default_data()};

    find_places(&cli);
    int code = dispatch(&cli, argc, argv);
    ym_arena_clear(&cli.arena);
    return code;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    int i = find_option(cli->command->options, name, strlen(name));

    assert(i >= 0);
    return cli->values[i];
}

bool cli_option_int(const struct cli *cli, const char *name, int64_t least, int64_t most,
                    int64_t otherwise, int64_t *out, struct ym_error *err)
{
    const char *text = cli_option(cli, name);

    *out = otherwise;
    if (!text)
        return true;
    if (!ym_str_int(ym_str(text), out) || *out < least || *out > most) {
        ym_fail(err, YM_INVALID, "cli.number", "%s takes a number from %lld to %lld, not '%s'",
                name, (long long)least, (long long)most, text);
        return ym_about(err, ym_str(name));
    }
    return true;
}

void cli_print_json(const json_t *value)
{
    struct ym_buf text = {0};

    ym_json_dump(&text, value);
    ym_buf_char(&text, '\n');
    fwrite(text.p, 1, text.n, stdout);
    fflush(stdout);
    ym_buf_clear(&text);
}

int cli_fail(const struct cli *cli, const struct ym_error *err)
{
    if (cli->json) {
        json_t *problem = json_pack("{s:s, s:i, s:s, s:s*, s:s*}", "code", err->code, "status",
                                    ym_kind_status(err->kind), "title", err->message, "subject",
                                    err->subject[0] ? err->subject : NULL, "hint",
                                    err->hint[0] ? err->hint : NULL);
        if (problem && err->line > 0)
            json_object_set_new(problem, "line", json_integer(err->line));
        json_t *all = json_pack("{s:o}", "problem", problem);
        if (all)
            cli_print_json(all);
        json_decref(all);
        return ym_kind_exit(err->kind);
    }
    fprintf(stderr, "yunmeng: %s", err->message);
    if (err->line > 0)
        fprintf(stderr, " (%s %lld)", cli_say(cli, "line", "行"), (long long)err->line);
    fprintf(stderr, "\n");
    if (err->hint[0])
        fprintf(stderr, "  %s\n", err->hint);
    return ym_kind_exit(err->kind);
}

void cli_act(struct store *store, struct org_act *act, const char *what, struct ym_str about)
{
    *act = (struct org_act){
        .name = YM_STR("operator"), .via = "command", .what = ym_str(what), .about = about};
    org_act_carry(store, act);
}

const char *cli_path(struct cli *cli, const char *name)
{
    return ym_arena_printf(&cli->arena, "%s/%s", cli->data, name).p;
}

const char *cli_config_path(const struct cli *cli)
{
    struct cli *mine = (struct cli *)cli; // texts go to its arena
    const char *places[] = {cli_path(mine, "yunmeng.yaml"), "/etc/yunmeng/yunmeng.yaml"};

    for (size_t i = 0; i < YM_COUNT(places) && !cli->config; i++)
        if (access(places[i], F_OK) == 0)
            return places[i];
    return cli->config;
}

bool cli_settings(const struct cli *cli, struct ym_settings *out, struct ym_error *err)
{
    struct cli *mine = (struct cli *)cli;
    const char *path = cli_config_path(cli);
    struct ym_str text = {NULL, 0};

    if (path && !cli_read_file(path, &mine->arena, &text, err))
        return false;
    return ym_settings_read(text, cli->world->settings, cli->world->n_settings, &mine->arena, out,
                            err);
}
