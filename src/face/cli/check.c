#include "face/cli/check.h"

#include "data/lake/lake.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCHEMA_MAX = 4 << 20, START_MS = 60000 };

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static void show(void *with, const char *stage, int64_t done, int64_t total)
{
    cli_bar_show(with, stage, done, total);
}

// A private engine for this one call, in a folder of its own that goes with it.
static bool with_engine(struct cli *cli, struct lake_check *what, json_t **report,
                        struct ym_error *err)
{
    char folder[] = "/tmp/yunmeng-check-XXXXXX";
    struct engine *engine = NULL;
    struct cli_bar bar = {0};
    bool ok = false;

    if (!mkdtemp(folder))
        return ym_fail(err, YM_FAULT, "check.folder", "no folder in /tmp: %s", strerror(errno));
    struct ym_str program = ym_arena_printf(&cli->arena, "%s-engine", cli->program);
    struct engine_options options = {
        .program = program.p, .dir = folder, .database = "lake", .zone = what->zone};
    cli_bar_show(&bar, cli_say(cli, "starting the engine", "启动引擎"), 0, 0);
    what->progress = show;
    what->with = &bar;
    if (engine_start(&options, &engine, err) && engine_wait(engine, START_MS, err))
        ok = lake_check_file(engine, what, report, err);
    what->progress = NULL;
    what->with = NULL;
    cli_bar_end(&bar);
    engine_stop(engine);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return ok;
}

static void print_columns(const struct cli *cli, const json_t *columns)
{
    const json_t *column;
    size_t i;

    printf("\n%s\n", cli_say(cli, "Columns (name, type, meaning, missing, distinct, least, most):",
                             "信息项（名称、类型、含义、缺失、不同值、最小、最大）："));
    json_array_foreach(columns, i, column)
    {
        struct ym_str semantic = ym_json_get(column, "semantic"),
                      least = ym_json_get(column, "min");
        struct ym_str most = ym_json_get(column, "max");
        printf("  %s\t%s\t%.*s\t%lld\t%lld\t%.*s\t%.*s\n",
               json_string_value(json_object_get(column, "name")),
               json_string_value(json_object_get(column, "type")), YM_FMT(semantic),
               (long long)json_integer_value(json_object_get(column, "missing")),
               (long long)json_integer_value(json_object_get(column, "distinct")), YM_FMT(least),
               YM_FMT(most));
    }
}

static void print_reasons(const struct cli *cli, const json_t *reasons)
{
    const json_t *reason, *example;
    size_t i, k;

    if (json_array_size(reasons) == 0)
        return;
    printf("\n%s\n", cli_say(cli, "Quarantined, by reason:", "隔离原因："));
    json_array_foreach(reasons, i, reason)
    {
        struct ym_str column = ym_json_get(reason, "column");
        printf("  %s %.*s: %lld\n", json_string_value(json_object_get(reason, "code")),
               YM_FMT(column), (long long)json_integer_value(json_object_get(reason, "count")));
        json_array_foreach(json_object_get(reason, "examples"), k, example)
        {
            struct ym_str value = ym_json_get(example, "value");
            printf("    %s %lld: %.*s\n", cli_say(cli, "line", "行"),
                   (long long)json_integer_value(json_object_get(example, "line")), YM_FMT(value));
        }
    }
}

void cli_print_report(const struct cli *cli, const json_t *report)
{
    static const struct {
        const char *key, *en, *zh;
    } counts[] = {{"rows_in", "rows", "收到行数"},
                  {"rows_kept", "= kept", "= 保留"},
                  {"rows_quarantined", "+ quarantined", "+ 隔离"},
                  {"duplicates_dropped", "+ equal repeats dropped", "+ 去除相同重复"}};

    const char *encoding = json_string_value(json_object_get(report, "encoding"));
    const char *sheet = json_string_value(json_object_get(report, "sheet"));

    printf("%s: %s%s%s\n", json_string_value(json_object_get(report, "file")),
           json_string_value(json_object_get(report, "format")), sheet || encoding ? ", " : "",
           sheet      ? sheet
           : encoding ? encoding
                      : "");
    for (size_t i = 0; i < YM_COUNT(counts); i++)
        printf("%s%s %lld", i > 0 ? " " : "", cli_say(cli, counts[i].en, counts[i].zh),
               (long long)json_integer_value(json_object_get(report, counts[i].key)));
    printf("\n");
    print_columns(cli, json_object_get(report, "columns"));
    print_reasons(cli, json_object_get(report, "reasons"));
}

static json_t *problem_of(const struct ym_error *err)
{
    json_t *problem = json_pack("{s:s, s:s}", "code", err->code, "title", err->message);

    if (problem && err->subject[0])
        json_object_set_new(problem, "subject", ym_json_str(ym_str(err->subject)));
    if (problem && err->line > 0)
        json_object_set_new(problem, "line", json_integer(err->line));
    if (problem && err->hint[0])
        json_object_set_new(problem, "hint", ym_json_str(ym_str(err->hint)));
    return problem;
}

// Whatever is wrong with the file is 2; only the machine's own troubles keep their codes.
static int refuse(const struct cli *cli, const char *file, const struct ym_error *err)
{
    bool ours = err->kind == YM_BUSY || err->kind == YM_FULL || err->kind == YM_FAULT;
    int code = ours ? ym_kind_exit(err->kind) : ym_kind_exit(YM_INVALID);

    if (!cli->json) {
        (void)cli_fail(cli, err);
        return code;
    }
    json_t *answer =
        json_pack("{s:o, s:o}", "file", ym_json_str(ym_str(file)), "problem", problem_of(err));
    if (answer)
        cli_print_json(answer);
    json_decref(answer);
    return code;
}

static bool read_options(struct cli *cli, struct lake_check *what, struct ym_error *err)
{
    struct ym_settings settings;
    const char *schema = cli_option(cli, "--schema");
    struct collect_recipe *recipe = &what->request.recipe;
    json_t *parsed = NULL;

    if (!cli_settings(cli, &settings, err) ||
        !cli_option_int(cli, "--header-row", -1, INT64_C(1) << 20, 0, &recipe->header_row, err) ||
        !cli_option_int(cli, "--header-rows", 1, 5, 0, &recipe->header_rows, err))
        return false;
    if (schema && !ym_json_file(schema, SCHEMA_MAX, &parsed, err))
        return false;
    what->schema = parsed;
    what->demo = ym_setting_bool(&settings, "demo");
    what->zone = ym_arena_cstr(&cli->arena, ym_setting(&settings, "zone"));
    what->today = lake_today(what->zone);
    recipe->format = ym_str(cli_option(cli, "--format"));
    recipe->encoding = ym_str(cli_option(cli, "--encoding"));
    recipe->delimiter = ym_str(cli_option(cli, "--delimiter"));
    recipe->sheet = ym_str(cli_option(cli, "--sheet"));
    recipe->skip = ym_str(cli_option(cli, "--skip"));
    what->request.program = cli->program;
    what->request.columns = json_array_size(json_object_get(parsed, "fields"));
    return collect_recipe_check(recipe, err);
}

static int run(struct cli *cli)
{
    struct lake_check what = {0};
    struct ym_error err = {0};
    json_t *report = NULL;
    struct stat st;
    int code;

    if (cli->n_words != 1) {
        ym_fail(&err, YM_INVALID, "cli.usage", "one file is named");
        ym_hint(&err, "%s", cli->command->usage);
        return cli_fail(cli, &err);
    }
    const char *path = cli->words[0], *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    ym_log_level(YM_ERROR);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        ym_fail(&err, YM_INVALID, "file.open", "cannot open '%s': %s", path, strerror(errno));
        ym_about(&err, ym_str(path));
        code = refuse(cli, file, &err);
        goto out;
    }
    what.request.fd = fd;
    what.request.name = ym_str(file);
    what.size = st.st_size;
    if (!read_options(cli, &what, &err) || !with_engine(cli, &what, &report, &err)) {
        code = refuse(cli, file, &err);
        goto out;
    }
    if (cli->json)
        cli_print_json(report);
    else
        cli_print_report(cli, report);
    code = json_integer_value(json_object_get(report, "rows_quarantined")) > 0;
out:
    json_decref(report);
    json_decref((json_t *)what.schema);
    if (fd >= 0)
        close(fd);
    return code;
}

static const struct cli_option options[] = {
    {"--schema", "FILE.json", "a Table Schema; without it types are proposed",
     "表结构（Table Schema）；省略时自动识别"},
    CLI_RECIPE_OPTIONS,
    {0},
};
const struct cli_command cli_check = {
    .name = "check",
    .usage = "yunmeng check FILE [--schema SCHEMA.json] [--json]",
    .summary_en = "Check a file: encoding, types, and what would be quarantined. Needs no server.",
    .summary_zh = "检查文件：编码、类型以及哪些行会被隔离。无需服务器。",
    .example =
        "  yunmeng check stations_gbk.csv --json\n"
        "  yunmeng check 水质.xlsx --sheet 2 --header-row 3\n"
        "  exit 0: nothing quarantined; 1: something was; 2: the file cannot be read",
    .options = options,
    .run = run,
};
