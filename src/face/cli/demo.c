#include "face/cli/commands.h"
#include "face/cli/load.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

// share/yunmeng/demo/demo.json says what there is (tools/demo/make.mjs made it); it enters by the
// front door like anyone's. What is there already is left alone.

enum { DESCRIPTION_MAX = 1 << 20, PASSWORD_CHARS = 16 };

struct demo {
    struct cli *cli;
    struct cli_remote remote;
    json_t *all;
    int64_t made;        // agencies, accounts, datasets and loads that were not there
    int64_t quarantined; // rows, of these loads
};

static bool open_demo(struct demo *demo, struct ym_error *err)
{
    struct cli *cli = demo->cli;
    json_t *session = NULL;

    struct ym_str path = ym_arena_printf(&cli->arena, "%s/demo/demo.json", cli->share);
    if (!ym_json_file(path.p, DESCRIPTION_MAX, &demo->all, err) ||
        !cli_remote_open(cli, &demo->remote, err) ||
        !cli_remote_get(&demo->remote, YM_STR("/api/v1/session"), &session, err))
        return false;
    bool on = json_is_true(json_object_get(session, "demo"));
    json_decref(session);
    if (on)
        return true;
    ym_fail(err, YM_CONFLICT, "demo.off", "%s",
            cli_say(cli, "this server is not a demonstration", "该服务器不是演示环境"));
    return ym_hint(err, "%s",
                   cli_say(cli, "Make another data directory with `yunmeng init --demo`.",
                           "请用“yunmeng init --demo”另建一个数据目录。"));
}

// Tells what was done, a line each; under --json only the end is told.
static void tell(const struct demo *demo, const char *en, const char *zh, const char *what)
{
    if (demo->cli->json)
        return;
    printf("%s %s\n", cli_say(demo->cli, en, zh), what);
    fflush(stdout);
}

// POSTs one thing; that it is there already is as good. *made says whether it was not.
static bool post(struct demo *demo, const char *path, const json_t *body, bool *made,
                 struct ym_error *err)
{
    struct cli_ask ask = {.method = "POST", .path = ym_str(path), .body = body};
    json_t *answer = NULL;

    *made = cli_remote_ask(&demo->remote, &ask, &answer, err);
    json_decref(answer);
    if (*made)
        demo->made++;
    if (*made || err->kind != YM_CONFLICT)
        return *made;
    *err = (struct ym_error){0};
    return true;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static const char *title_of(const struct demo *demo, const json_t *object)
{
    return text_of(json_object_get(object, "title"), demo->cli->zh ? "zh" : "en");
}

static bool add_agencies(struct demo *demo, struct ym_error *err)
{
    const json_t *one;
    size_t i;
    bool made;

    json_array_foreach(json_object_get(demo->all, "agencies"), i, one)
    {
        if (!post(demo, "/api/v1/agencies", one, &made, err))
            return false;
        if (made)
            tell(demo, "agency:", "部门：", title_of(demo, one));
    }
    return true;
}

// ---- accounts: each gets a password of this installation, kept where `init --demo` keeps admin's

static void make_password(char to[PASSWORD_CHARS + 1])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";

    for (size_t i = 0; i < PASSWORD_CHARS; i++)
        to[i] = letters[randombytes_uniform(sizeof letters - 1)];
    to[PASSWORD_CHARS] = '\0';
}

static bool keep_password(struct demo *demo, const json_t *account, const char *password,
                          struct ym_error *err)
{
    const char *path = cli_path(demo->cli, "demo-accounts.txt");
    const char *agency = text_of(account, "agency");
    struct ym_str before = {0};

    // By --server there is no directory to keep it in: it is told, once.
    if (demo->cli->server) {
        tell(demo, "  password:", "  密码：", password);
        return true;
    }
    if (access(path, F_OK) == 0 && !cli_read_file(path, &demo->cli->arena, &before, err))
        return false;
    struct ym_str text = ym_arena_printf(&demo->cli->arena, "%.*s%s\t%s\t%s\t%s\n", YM_FMT(before),
                                         text_of(account, "name"), password,
                                         text_of(account, "role"), agency[0] ? agency : "-");
    return cli_write_file(path, text, 0600, err);
}

static bool has_account(const json_t *there, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(there, "items"), i, one)
    {
        if (strcmp(text_of(one, "name"), name) == 0)
            return true;
    }
    return false;
}

// `there` is asked for first: the server works a while on each password, also of a name that is
// taken.
static bool add_missing(struct demo *demo, const json_t *there, struct ym_error *err)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(demo->all, "accounts"), i, one)
    {
        char password[PASSWORD_CHARS + 1];
        bool made;

        if (has_account(there, text_of(one, "name")))
            continue;

        make_password(password);
        json_object_set_new(one, "password", json_string(password));
        bool ok = post(demo, "/api/v1/accounts", one, &made, err);
        json_object_del(one, "password");
        if (!ok)
            return false;
        if (!made)
            continue;
        tell(demo, "account:", "账号：", text_of(one, "name"));
        if (!keep_password(demo, one, password, err))
            return false;
        sodium_memzero(password, sizeof password);
    }
    return true;
}

static bool add_accounts(struct demo *demo, struct ym_error *err)
{
    json_t *there = NULL;

    bool ok = cli_remote_get(&demo->remote, YM_STR("/api/v1/accounts"), &there, err) &&
              add_missing(demo, there, err);
    json_decref(there);
    return ok;
}

// ---- datasets and their files

static bool load_file(struct demo *demo, const char *dataset, const json_t *file, size_t number,
                      struct ym_error *err)
{
    struct cli *cli = demo->cli;
    struct stat st;
    json_t *load = NULL;
    const char *delimiter = json_string_value(json_object_get(file, "delimiter"));

    struct ym_str path =
        ym_arena_printf(&cli->arena, "%s/demo/files/%s", cli->share, text_of(file, "file"));
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (fd >= 0)
            close(fd);
        ym_fail(err, YM_FAULT, "demo.file", "cannot read '%s' of the demonstration: %s",
                text_of(file, "file"), strerror(errno));
        ym_hint(err, "Install the program again: share/yunmeng/demo is not whole.");
        return ym_about(err, ym_str(text_of(file, "file")));
    }
    struct cli_load what = {
        .dataset = dataset,
        .file = text_of(file, "name"),
        .fd = fd,
        .size = st.st_size,
        .delimiter = delimiter,
        .anew = delimiter == NULL, // what one file needed is not said of the next
        // A demo that was killed after sending finds its load again.
        .key = ym_arena_printf(&cli->arena, "demo-%s-%zu", dataset, number),
        .title = dataset,
    };
    bool ok = cli_load_run(&demo->remote, &what, &load, err);
    close(fd);
    if (ok) {
        const json_t *report = json_object_get(load, "report");
        json_int_t kept = json_integer_value(json_object_get(report, "rows_kept"));
        json_int_t bad = json_integer_value(json_object_get(report, "rows_quarantined"));
        struct ym_str line = ym_arena_printf(&cli->arena,
                                             cli->zh ? "%s（%s）：保留 %lld 行，隔离 %lld 行"
                                                     : "%s (%s): %lld rows kept, %lld quarantined",
                                             dataset, what.file, (long long)kept, (long long)bad);
        demo->made++;
        demo->quarantined += bad;
        tell(demo, "load:", "归集：", line.p);
    }
    json_decref(load);
    return ok;
}

static bool add_dataset(struct demo *demo, const json_t *one, struct ym_error *err)
{
    const json_t *dataset = json_object_get(one, "dataset"), *file;
    const char *id = text_of(dataset, "id");
    json_t *there = NULL;
    bool made;
    size_t i;

    if (!post(demo, "/api/v1/datasets", dataset, &made, err))
        return false;
    if (made)
        tell(demo, "dataset:", "信息资源：", title_of(demo, dataset));
    struct ym_str path = cli_remote_path(demo->cli, "/api/v1/datasets/", id, "");
    if (!cli_remote_get(&demo->remote, path, &there, err))
        return false;
    json_int_t has =
        json_integer_value(json_object_get(json_object_get(there, "current"), "number"));
    json_decref(there);
    json_array_foreach(json_object_get(one, "files"), i, file)
    {
        if ((json_int_t)i >= has && !load_file(demo, id, file, i + 1, err))
            return false;
    }
    return true;
}

static bool add_datasets(struct demo *demo, struct ym_error *err)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(demo->all, "datasets"), i, one)
    {
        if (!add_dataset(demo, one, err))
            return false;
    }
    return true;
}

static void tell_end(const struct demo *demo)
{
    if (demo->cli->json) {
        json_t *end = json_pack("{s:b, s:I, s:I}", "loaded", 1, "made", (json_int_t)demo->made,
                                "rows_quarantined", (json_int_t)demo->quarantined);
        cli_print_json(end);
        json_decref(end);
        return;
    }
    printf("%s\n", demo->made > 0
                       ? cli_say(demo->cli, "The demonstration is loaded.", "演示数据已载入。")
                       : cli_say(demo->cli, "The demonstration was loaded already.",
                                 "演示数据此前已载入。"));
}

static int run(struct cli *cli)
{
    struct demo demo = {.cli = cli};
    struct ym_error err = {0};
    bool ok = false;

    if (sodium_init() < 0)
        ym_fail(&err, YM_FAULT, "cli.random", "the library for random numbers does not start");
    else
        ok = open_demo(&demo, &err) && add_agencies(&demo, &err) && add_accounts(&demo, &err) &&
             add_datasets(&demo, &err);
    if (ok)
        tell_end(&demo);
    json_decref(demo.all);
    cli_remote_close(&demo.remote);
    return ok ? 0 : cli_fail(cli, &err);
}

const struct cli_command cli_demo = {
    .name = "demo",
    .usage = "yunmeng demo [--data DIR] [--json]",
    .summary_en =
        "Load the demonstration: invented agencies, accounts and datasets, as ugly files.\n"
        "What is there already is left alone.",
    .summary_zh =
        "载入演示数据：虚构的部门、账号与信息资源，以及故意不整齐的文件。已有的内容保持不变。",
    .example =
        "  yunmeng init --demo --data var && yunmeng serve --data var &\n"
        "  yunmeng demo --data var\n"
        "  load: market.enterprise (…): 493 rows kept, 8 quarantined",
    .run = run,
};
