#include "face/cli/commands.h"
#include "face/cli/remote.h"

enum { PAGE = 1000, FILE_MAX = 4 << 20 };

// A text for people in our language, or in the other where that is missing.
static struct ym_str text_of(const struct cli *cli, const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    struct ym_str own = ym_json_get(text, cli->zh ? "zh" : "en");

    return own.n > 0 ? own : ym_json_get(text, cli->zh ? "en" : "zh");
}

static void print_line(const struct cli *cli, const json_t *one)
{
    struct ym_str name = ym_json_get(one, "id"), title = text_of(cli, one, "title");
    const json_t *current = json_object_get(one, "current");
    json_t *rows = json_object_get(current, "rows");

    printf("%.*s\t%.*s\t", YM_FMT(name), YM_FMT(title));
    if (json_is_object(current))
        printf(cli->zh ? "第 %lld 版，%lld 行\n" : "version %lld, %lld rows\n",
               (long long)json_integer_value(json_object_get(current, "number")),
               (long long)json_integer_value(json_object_get(rows, "kept")));
    else
        printf("%s\n", cli_say(cli, "no version yet", "尚无版本"));
}

// All pages of a list become one object of the same shape.
static bool collect(struct cli_remote *remote, struct ym_str path, int64_t most, json_t **out,
                    struct ym_error *err)
{
    json_t *items = json_array(), *page = NULL;
    struct ym_str next = {0};

    *out = NULL;
    do {
        struct ym_buf url = {0};
        size_t left = (size_t)most - json_array_size(items);

        ym_buf_add(&url, path);
        ym_buf_printf(&url, "%climit=%zu", memchr(url.p, '?', url.n) ? '&' : '?',
                      left < PAGE ? left : (size_t)PAGE);
        cli_remote_param(&url, "after", next.n > 0 ? next.p : NULL);
        json_decref(page);
        bool ok = cli_remote_get(remote, ym_buf_str(&url), &page, err);
        ym_buf_clear(&url);
        if (!ok) {
            json_decref(items);
            return false;
        }
        json_array_extend(items, json_object_get(page, "items"));
        next = ym_arena_str(&remote->cli->arena, ym_json_get(page, "next"));
    } while (next.n > 0 && (int64_t)json_array_size(items) < most);
    json_object_set_new(page, "items", items);
    *out = page;
    return true;
}

static bool list(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    static const char *const filters[][2] = {{"--q", "q"},
                                             {"--agency", "agency"},
                                             {"--theme", "theme"},
                                             {"--openness", "openness"},
                                             {"--sharing", "sharing"}};
    struct ym_buf path = {0};
    json_t *all = NULL, *one;
    int64_t most;
    size_t i;

    if (!cli_option_int(cli, "--limit", 1, 1000000, 1000000, &most, err))
        return false;
    ym_buf_add(&path, YM_STR("/api/v1/datasets"));
    for (i = 0; i < YM_COUNT(filters); i++)
        cli_remote_param(&path, filters[i][1], cli_option(cli, filters[i][0]));
    bool ok = collect(remote, ym_buf_str(&path), most, &all, err);
    ym_buf_clear(&path);
    if (!ok)
        return false;
    if (cli->json)
        cli_print_json(all);
    else
        json_array_foreach(json_object_get(all, "items"), i, one) print_line(cli, one);
    json_decref(all);
    return true;
}

static void print_fields(const struct cli *cli, const json_t *schema)
{
    const json_t *field;
    size_t i;

    if (!json_is_object(schema))
        return;
    printf("\n%s\n",
           cli_say(cli, "Fields (name, type, unit, title):", "信息项（名称、类型、单位、标题）："));
    json_array_foreach(json_object_get(schema, "fields"), i, field)
    {
        struct ym_str name = ym_json_get(field, "name"), type = ym_json_get(field, "type");
        struct ym_str unit = ym_json_get(field, "unit"), title = ym_json_get(field, "title");
        if (!title.p)
            title = text_of(cli, field, "title");
        printf("  %.*s\t%.*s\t%.*s\t%.*s\n", YM_FMT(name), YM_FMT(type), YM_FMT(unit),
               YM_FMT(title));
    }
}

static void print_one(const struct cli *cli, const json_t *one)
{
    static const struct {
        const char *key, *en, *zh;
    } lines[] = {
        {"code", "code", "代码"},
        {"theme", "theme", "主题"},
        {"openness", "openness", "开放属性"},
        {"sharing", "sharing", "共享属性"},
        {"update_cycle", "update cycle", "更新周期"},
        {"updated_at", "changed", "修改时间"},
    };
    struct ym_str abstract = text_of(cli, one, "abstract");
    struct ym_str agency = text_of(cli, json_object_get(one, "agency"), "title");

    print_line(cli, one);
    printf("%.*s\n\n", YM_FMT(abstract));
    printf("%s: %.*s\n", cli_say(cli, "agency", "部门"), YM_FMT(agency));
    for (size_t i = 0; i < YM_COUNT(lines); i++) {
        struct ym_str value = ym_json_get(one, lines[i].key);
        printf("%s: %.*s\n", cli_say(cli, lines[i].en, lines[i].zh), YM_FMT(value));
    }
    print_fields(cli, json_object_get(one, "schema"));
}

static bool show(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    json_t *one = NULL;

    if (!cli_remote_get(remote, cli_remote_path(cli, "/api/v1/datasets/", cli->words[1], ""), &one,
                        err))
        return false;
    if (cli->json)
        cli_print_json(one);
    else
        print_one(cli, one);
    json_decref(one);
    return true;
}

static bool versions(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    json_t *all = NULL, *one;
    size_t i;

    struct ym_str path = cli_remote_path(cli, "/api/v1/datasets/", cli->words[1], "/versions");
    if (!collect(remote, path, 1000000, &all, err))
        return false;
    if (cli->json)
        cli_print_json(all);
    else
        json_array_foreach(json_object_get(all, "items"), i, one)
        {
            struct ym_str state = ym_json_get(one, "state"), file = ym_json_get(one, "file");
            struct ym_str at = ym_json_get(one, "published_at");
            json_t *rows = json_object_get(one, "rows");
            printf("%lld\t%.*s\t%.*s\t%lld\t%.*s\n",
                   (long long)json_integer_value(json_object_get(one, "number")), YM_FMT(state),
                   YM_FMT(at), (long long)json_integer_value(json_object_get(rows, "kept")),
                   YM_FMT(file));
        }
    json_decref(all);
    return true;
}

static bool create(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    json_t *body = NULL, *made = NULL;

    if (!ym_json_file(cli->words[1], FILE_MAX, &body, err))
        return false;
    struct cli_ask ask = {.method = "POST", .path = YM_STR("/api/v1/datasets"), .body = body};
    bool ok = cli_remote_ask(remote, &ask, &made, err);
    if (ok && cli->json)
        cli_print_json(made);
    else if (ok)
        print_line(cli, made);
    json_decref(body);
    json_decref(made);
    return ok;
}

static const struct {
    const char *name;
    int words;
    bool (*run)(struct cli *cli, struct cli_remote *remote, struct ym_error *err);
} actions[] = {
    {"list", 1, list}, {"show", 2, show}, {"versions", 2, versions}, {"create", 2, create}};

static int run(struct cli *cli)
{
    struct cli_remote remote = {0};
    struct ym_error err = {0};

    for (size_t i = 0; i < YM_COUNT(actions); i++) {
        if (cli->n_words != actions[i].words || strcmp(cli->words[0], actions[i].name) != 0)
            continue;
        bool ok = cli_remote_open(cli, &remote, &err) && actions[i].run(cli, &remote, &err);
        cli_remote_close(&remote);
        return ok ? 0 : cli_fail(cli, &err);
    }
    ym_fail(&err, YM_INVALID, "cli.usage", "list, show NAME, versions NAME or create FILE.json");
    ym_hint(&err, "%s", cli->command->usage);
    return cli_fail(cli, &err);
}

static const struct cli_option options[] = {
    {"--q", "TEXT", "list: a part of a name, title, abstract or field",
     "list：名称、标题、摘要或信息项的一部分"},
    {"--agency", "NAME,…", "list: of these agencies", "list：按部门"},
    {"--theme", "CODE,…", "list: of these themes", "list：按主题"},
    {"--openness", "CODE,…", "list: open, conditional, closed",
     "list：按开放属性 open、conditional、closed"},
    {"--sharing", "CODE,…", "list: unconditional, conditional, withheld",
     "list：按共享属性 unconditional、conditional、withheld"},
    {"--limit", "N", "list: at most so many (default: all)", "list：最多条数（默认全部）"},
    {0},
};
const struct cli_command cli_dataset = {
    .name = "dataset",
    .usage = "yunmeng dataset list|show NAME|versions NAME|create FILE.json [--json]",
    .summary_en = "List datasets, show one or its versions, or create one from a description.",
    .summary_zh = "列出信息资源，查看其详情或版本，或按描述文件新建。",
    .example =
        "  yunmeng dataset list --theme environment\n"
        "  environment.station_day\tAir quality by station and day\tversion 3, 6459 rows\n"
        "  yunmeng dataset show environment.station_day --json",
    .options = options,
    .run = run,
};
