#include "face/cli/load.h"

#include "base/time.h"
#include "face/cli/check.h"
#include "face/cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 200,
    AWAY_S = 60 // a server that is being started again finds its load and goes on
};

struct upload {
    const struct cli_load *what;
    struct cli *cli;
    struct cli_bar *bar;
    int64_t sent;
};

static bool ended_well(struct worker_child *child)
{
    int status = -1;

    return worker_child_wait(child, -1, &status) && status == 0;
}

static bool give_file(void *with, char *to, size_t max, size_t *n, struct ym_error *err)
{
    struct upload *upload = with;
    ssize_t got;

    do {
        got = read(upload->what->fd, to, max);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        ym_fail(err, YM_FAULT, "cli.file", "cannot read '%s': %s", upload->what->file,
                strerror(errno));
        return ym_about(err, ym_str(upload->what->file));
    }
    if (got == 0 && upload->what->child && !ended_well(upload->what->child)) {
        ym_fail(err, YM_FAULT, "cli.file", "'%s' is not whole", upload->what->file);
        return ym_about(err, ym_str(upload->what->file));
    }
    upload->sent += got;
    *n = (size_t)got;
    cli_bar_show(upload->bar, cli_say(upload->cli, "sending", "上传"), upload->sent,
                 upload->what->size > 0 ? upload->what->size : upload->what->about);
    return true;
}

static bool send_file(struct cli_remote *remote, const struct cli_load *what, struct cli_bar *bar,
                      json_t **load, struct ym_error *err)
{
    struct upload upload = {.what = what, .cli = remote->cli, .bar = bar};
    struct ym_str start =
        cli_remote_path(remote->cli, "/api/v1/datasets/", what->dataset, "/loads");
    struct ym_buf path = {0};

    ym_buf_add(&path, start);
    cli_remote_param(&path, "file", what->file);
    cli_remote_param(&path, "recipe", what->anew ? "none" : NULL);
    cli_remote_param(&path, "format", what->format);
    cli_remote_param(&path, "encoding", what->encoding);
    cli_remote_param(&path, "delimiter", what->delimiter);
    cli_remote_param(&path, "sheet", what->sheet);
    cli_remote_param(&path, "header_row", what->header_row);
    cli_remote_param(&path, "header_rows", what->header_rows);
    cli_remote_param(&path, "skip", what->skip);
    cli_remote_param(&path, "publish", what->hold ? "hold" : NULL);
    struct cli_ask ask = {.method = "POST",
                          .path = ym_buf_str(&path),
                          .read = give_file,
                          .with = &upload,
                          .size = what->size,
                          .key = what->key};
    bool ok = cli_remote_ask(remote, &ask, load, err);
    ym_buf_clear(&path);
    return ok;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

static bool is_over(const json_t *job)
{
    struct ym_str state = ym_json_get(job, "state");

    return ym_str_is(state, "done") || ym_str_is(state, "failed") || ym_str_is(state, "stopped");
}

static void show_job(struct cli_bar *bar, const json_t *job)
{
    const char *stage = json_string_value(json_object_get(job, "stage"));

    cli_bar_show(bar, stage ? stage : "", json_integer_value(json_object_get(job, "done")),
                 json_integer_value(json_object_get(job, "total")));
}

// `load` holds the job as it was at the answer; its end is waited for.
static bool follow(struct cli_remote *remote, const json_t *load, struct cli_bar *bar,
                   struct ym_error *err)
{
    struct ym_str id = ym_json_get(json_object_get(load, "job"), "id");
    int64_t seen = ym_monotonic();
    bool over = id.n == 0 || is_over(json_object_get(load, "job"));

    struct ym_str path = ym_arena_printf(&remote->cli->arena, "/api/v1/jobs/%.*s", YM_FMT(id));
    while (!over) {
        json_t *job = NULL;

        nap();
        if (!cli_remote_get(remote, path, &job, err)) {
            bool patient = err->kind == YM_BUSY || strcmp(err->code, "http.cut") == 0;
            if (!patient || ym_monotonic() - seen > AWAY_S * YM_SECOND)
                return false;
            *err = (struct ym_error){0};
            continue;
        }
        seen = ym_monotonic();
        over = is_over(job);
        show_job(bar, job);
        json_decref(job);
    }
    return true;
}

static bool get_load(struct cli_remote *remote, json_t **load, struct ym_error *err)
{
    struct ym_str id = ym_json_get(*load, "id");
    struct ym_str path = ym_arena_printf(&remote->cli->arena, "/api/v1/loads/%.*s", YM_FMT(id));

    json_decref(*load);
    *load = NULL;
    return cli_remote_get(remote, path, load, err);
}

static json_t *problem_of(const json_t *load)
{
    json_t *own = json_object_get(load, "problem");
    json_t *job = json_object_get(json_object_get(load, "job"), "problem");

    return json_is_object(own) ? own : json_is_object(job) ? job : NULL;
}

bool cli_load_send(struct cli_remote *remote, const struct cli_load *what, json_t **load,
                   struct ym_error *err)
{
    struct cli_bar bar = {.title = what->title};

    *load = NULL;
    bool ok = send_file(remote, what, &bar, load, err);
    cli_bar_end(&bar);
    return ok;
}

bool cli_load_wait(struct cli_remote *remote, const struct cli_load *what, json_t **load,
                   struct ym_error *err)
{
    struct cli_bar bar = {.title = what->title};

    bool ok = follow(remote, *load, &bar, err) && get_load(remote, load, err);
    cli_bar_end(&bar);
    if (!ok)
        return false;
    const json_t *problem = problem_of(*load);
    return !problem || cli_problem(problem, 500, err);
}

bool cli_load_run(struct cli_remote *remote, const struct cli_load *what, json_t **load,
                  struct ym_error *err)
{
    return cli_load_send(remote, what, load, err) && cli_load_wait(remote, what, load, err);
}

static bool open_file(const char *path, struct cli_load *what, struct ym_error *err)
{
    const char *slash = strrchr(path, '/');
    struct stat st;

    what->file = slash ? slash + 1 : path;
    what->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (what->fd >= 0 && fstat(what->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        what->size = st.st_size;
        return true;
    }
    if (what->fd >= 0)
        errno = EINVAL;
    ym_fail(err, errno == ENOENT ? YM_NOT_FOUND : YM_INVALID, "cli.file", "cannot read '%s': %s",
            path, errno == EINVAL ? "it is not a file" : strerror(errno));
    ym_hint(err, "Name a file that is there and that you may read.");
    return ym_about(err, ym_str(path));
}

static void print_load(struct cli *cli, const json_t *load)
{
    const json_t *report = json_object_get(load, "report");

    if (cli->json) {
        cli_print_json(report);
        return;
    }
    cli_print_report(cli, report);
    printf(cli->zh ? "\n%s 第 %lld 版：%s\n" : "\n%s, version %lld: %s\n",
           json_string_value(json_object_get(load, "dataset")),
           (long long)json_integer_value(json_object_get(load, "version")),
           json_string_value(json_object_get(load, "state")));
}

// A load that was refused after it was read has a report, and that says why.
static int refuse(struct cli *cli, const json_t *load, const struct cli_load *what,
                  const struct ym_error *err)
{
    json_t *report = json_object_get(load, "report"), *problem = problem_of(load);
    bool read = json_is_object(report);

    if (!cli->json && read)
        cli_print_report(cli, report);
    if (!cli->json || !problem)
        return cli_fail(cli, err);
    json_t *all = read ? json_incref(report)
                       : json_pack("{s:o, s:s}", "file", ym_json_str(ym_str(what->file)), "dataset",
                                   what->dataset);
    if (all) {
        json_object_set(all, "problem", problem);
        cli_print_json(all);
    }
    json_decref(all);
    return ym_kind_exit(err->kind);
}

static int run(struct cli *cli)
{
    struct cli_load what = {.fd = -1,
                            .format = cli_option(cli, "--format"),
                            .encoding = cli_option(cli, "--encoding"),
                            .delimiter = cli_option(cli, "--delimiter"),
                            .sheet = cli_option(cli, "--sheet"),
                            .header_row = cli_option(cli, "--header-row"),
                            .header_rows = cli_option(cli, "--header-rows"),
                            .skip = cli_option(cli, "--skip"),
                            .anew = cli_option(cli, "--no-recipe") != NULL,
                            .key = ym_str(cli_option(cli, "--key")),
                            .hold = cli_option(cli, "--hold") != NULL};
    struct cli_remote remote = {0};
    struct ym_error err = {0};
    json_t *load = NULL;
    int code;

    if (cli->n_words != 2) {
        ym_fail(&err, YM_INVALID, "cli.usage", "a dataset and a file are named");
        ym_hint(&err, "%s", cli->command->usage);
        return cli_fail(cli, &err);
    }
    what.dataset = cli->words[0];
    if (!open_file(cli->words[1], &what, &err) || !cli_remote_open(cli, &remote, &err) ||
        !cli_load_run(&remote, &what, &load, &err)) {
        code = refuse(cli, load, &what, &err);
        goto out;
    }
    print_load(cli, load);
    code = json_integer_value(
               json_object_get(json_object_get(load, "report"), "rows_quarantined")) > 0;
out:
    json_decref(load);
    cli_remote_close(&remote);
    if (what.fd >= 0)
        close(what.fd);
    return code;
}

static const struct cli_option options[] = {
    CLI_RECIPE_OPTIONS,
    {"--no-recipe", NULL, "find all of it, and forget what the dataset remembers of earlier files",
     "全部自动识别，并清除该信息资源记住的读取方式"},
    {"--hold", NULL, "check it, but do not publish it", "只检查，不发布"},
    {"--key", "TEXT", "the same key loads once, however often it is sent",
     "幂等键：同一个键无论发送几次只归集一次"},
    {0},
};
const struct cli_command cli_load = {
    .name = "load",
    .usage = "yunmeng load DATASET FILE [--hold] [--json]",
    .summary_en = "Send a file to a dataset: it is checked, counted and published as a version.",
    .summary_zh = "把文件归集到信息资源：检查、清点并发布为新版本。",
    .example =
        "  yunmeng load environment.station_day stations.csv\n"
        "  stations.csv: csv, gb18030, 1641 rows = 1627 kept + 14 quarantined + 0 …\n"
        "  yunmeng load water.month 水质.xlsx --sheet 2024年 --header-row 3\n"
        "  what is said of a file is remembered: the dataset's next file needs no options\n"
        "  exit 0: nothing was quarantined; 1: something was; 2: the file was refused",
    .options = options,
    .run = run,
};
