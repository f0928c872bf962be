#include "face/cli/commands.h"
#include "face/cli/remote.h"

#include <errno.h>
#include <unistd.h>

enum { PAGE = 1000 };

// How rows are written: beginning, one row, end.
struct writer {
    void (*begin)(const json_t *fields);
    void (*row)(const json_t *fields, const json_t *row, bool first);
    void (*end)(void);
};

// ---- JSON: one array, a row a line

static void json_begin(const json_t *fields)
{
    (void)fields;
    printf("[");
}

static void json_row(const json_t *fields, const json_t *row, bool first)
{
    struct ym_buf text = {0};

    (void)fields;
    ym_json_dump(&text, row);
    printf("%s%s", first ? "\n" : ",\n", ym_buf_cstr(&text));
    ym_buf_clear(&text);
}

static void json_end(void)
{
    printf("\n]\n");
}

// ---- CSV: RFC 4180, so CRLF, and quotes where a cell has a comma, a quote or a line end

static void csv_cell(struct ym_str cell)
{
    bool quoted = false;

    for (size_t i = 0; i < cell.n && !quoted; i++)
        quoted = strchr(",\"\r\n", cell.p[i]) != NULL;
    if (!quoted) {
        fwrite(cell.p ? cell.p : "", 1, cell.n, stdout);
        return;
    }
    putchar('"');
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] == '"')
            putchar('"');
        putchar(cell.p[i]);
    }
    putchar('"');
}

static void csv_begin(const json_t *fields)
{
    const json_t *field;
    size_t i;

    json_array_foreach(fields, i, field)
    {
        if (i > 0)
            putchar(',');
        csv_cell(ym_json_get(field, "name"));
    }
    printf("\r\n");
}

static void csv_row(const json_t *fields, const json_t *row, bool first)
{
    const json_t *field;
    size_t i;

    (void)first;
    json_array_foreach(fields, i, field)
    {
        const char *name = json_string_value(json_object_get(field, "name"));
        const json_t *value = json_object_get(row, name ? name : "");
        struct ym_buf text = {0};

        if (i > 0)
            putchar(',');
        if (json_is_string(value)) {
            csv_cell((struct ym_str){json_string_value(value), json_string_length(value)});
        } else if (value && !json_is_null(value)) {
            ym_json_dump(&text, value);
            csv_cell(ym_buf_str(&text));
        }
        ym_buf_clear(&text);
    }
    printf("\r\n");
}

static void csv_end(void)
{
}

static const struct writer json_writer = {json_begin, json_row, json_end};
static const struct writer csv_writer = {csv_begin, csv_row, csv_end};

// ---- pages

static bool get_page(struct cli *cli, struct cli_remote *remote, int64_t limit, struct ym_str after,
                     const char *version, json_t **page, struct ym_error *err)
{
    struct ym_buf path = {0};
    char number[24];

    ym_buf_add(&path, cli_remote_path(cli, "/api/v1/datasets/", cli->words[0], "/rows"));
    snprintf(number, sizeof number, "%lld", (long long)limit);
    cli_remote_param(&path, "limit", number);
    cli_remote_param(&path, "where", cli_option(cli, "--where"));
    cli_remote_param(&path, "fields", cli_option(cli, "--select"));
    cli_remote_param(&path, "sort", cli_option(cli, "--sort"));
    cli_remote_param(&path, "as_of", version ? NULL : cli_option(cli, "--as-of"));
    cli_remote_param(&path, "version", version);
    cli_remote_param(&path, "after", after.n > 0 ? after.p : NULL);
    bool ok = cli_remote_get(remote, ym_buf_str(&path), page, err);
    ym_buf_clear(&path);
    return ok;
}

static void write_page(const struct writer *writer, const json_t *page, int64_t written)
{
    const json_t *fields = json_object_get(page, "fields"), *row;
    size_t i;

    if (written == 0)
        writer->begin(fields);
    json_array_foreach(json_object_get(page, "items"), i, row)
        writer->row(fields, row, written == 0 && i == 0);
}

// The cursor holds the version: all pages are of the one that the first page was of.
static bool write_rows(struct cli *cli, struct cli_remote *remote, const struct writer *writer,
                       int64_t most, struct ym_error *err)
{
    const char *version = cli_option(cli, "--version");
    struct ym_str next = {0};
    int64_t written = 0;
    bool first = true;

    while (first || (next.n > 0 && written < most)) {
        json_t *page = NULL;
        int64_t left = most - written;

        if (!get_page(cli, remote, left < PAGE ? left : PAGE, next, version, &page, err))
            return false;
        write_page(writer, page, written);
        int64_t n = (int64_t)json_array_size(json_object_get(page, "items"));
        written += n;
        next = ym_arena_str(&cli->arena, n > 0 ? ym_json_get(page, "next") : (struct ym_str){0});
        first = false;
        json_decref(page);
    }
    writer->end();
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    ym_fail(err, YM_FULL, "cli.output", "the answer cannot be written");
    return ym_hint(err, "See that the disk has room, or that the next program reads to the end.");
}

// ---- a whole version as a file: the server writes, we pass it on

static bool is_file_format(const char *format)
{
    static const char *const names[] = {"ndjson", "parquet", "xlsx"};

    for (size_t i = 0; format && i < YM_COUNT(names); i++)
        if (strcmp(format, names[i]) == 0)
            return true;
    return false;
}

static bool whole(struct cli *cli)
{
    return is_file_format(cli_option(cli, "--format")) || cli_option(cli, "--guard") ||
           cli_option(cli, "--all");
}

static bool on_bytes(void *with, struct ym_str bytes, struct ym_error *err)
{
    if (fwrite(bytes.p, 1, bytes.n, with) == bytes.n)
        return true;
    ym_fail(err, YM_FULL, "cli.output", "the answer cannot be written");
    return ym_hint(err, "See that the disk has room, or that the next program reads to the end.");
}

static bool check_whole(struct cli *cli, const char *format, struct ym_error *err)
{
    bool binary = format && (strcmp(format, "xlsx") == 0 || strcmp(format, "parquet") == 0);

    if (cli_option(cli, "--sort") || cli_option(cli, "--limit")) {
        ym_fail(err, YM_INVALID, "cli.usage", "a whole version has neither --sort nor --limit");
        return ym_hint(err,
                       "It leaves in the order of the key. Use --format json or csv for less.");
    }
    if (format && strcmp(format, "json") == 0) {
        ym_fail(err, YM_INVALID, "cli.format", "'json' is not a format of a whole version");
        return ym_hint(err, "csv, ndjson, parquet or xlsx");
    }
    if (!binary || cli_option(cli, "--out") || !isatty(STDOUT_FILENO))
        return true;
    ym_fail(err, YM_INVALID, "cli.terminal", "'%s' is not for a terminal", format);
    return ym_hint(err, "Name a file: --out FILE");
}

static bool write_whole(struct cli *cli, struct cli_remote *remote, struct ym_error *err)
{
    const char *format = cli_option(cli, "--format"), *out = cli_option(cli, "--out");
    struct ym_buf path = {0};

    if (!check_whole(cli, format, err))
        return false;
    FILE *file = out ? fopen(out, "wbe") : stdout;
    if (!file) {
        ym_fail(err, YM_FULL, "cli.output", "'%s' cannot be written: %s", out, strerror(errno));
        return ym_hint(err, "Choose another place for the file.");
    }
    ym_buf_add(&path, cli_remote_path(cli, "/api/v1/datasets/", cli->words[0], "/export"));
    cli_remote_param(&path, "format", format ? format : "csv");
    cli_remote_param(&path, "where", cli_option(cli, "--where"));
    cli_remote_param(&path, "fields", cli_option(cli, "--select"));
    cli_remote_param(&path, "as_of", cli_option(cli, "--as-of"));
    cli_remote_param(&path, "version", cli_option(cli, "--version"));
    cli_remote_param(&path, "guard", cli_option(cli, "--guard") ? "true" : NULL);
    bool ok = cli_remote_file(remote, ym_buf_str(&path), on_bytes, file, err);
    bool written = fflush(file) == 0 && !ferror(file);
    if (out)
        written = fclose(file) == 0 && written;
    ym_buf_clear(&path);
    if (ok && !written)
        ok = ym_fail(err, YM_FULL, "cli.output", "the answer cannot be written");
    if (!ok && out)
        (void)remove(out); // a part must not be taken for the whole
    return ok;
}

static bool choose(struct cli *cli, const struct writer **out, int64_t *most, struct ym_error *err)
{
    const char *format = cli_option(cli, "--format");

    *out = format && strcmp(format, "csv") == 0 ? &csv_writer : &json_writer;
    if (cli->n_words != 1) {
        ym_fail(err, YM_INVALID, "cli.usage", "one dataset is named");
        return ym_hint(err, "%s", cli->command->usage);
    }
    if (format && strcmp(format, "csv") != 0 && strcmp(format, "json") != 0 &&
        !is_file_format(format)) {
        ym_fail(err, YM_INVALID, "cli.format", "'%s' is not a format", format);
        ym_about(err, ym_str(format));
        return ym_hint(err, "json, csv, ndjson, parquet or xlsx");
    }
    if (!cli_option_int(cli, "--limit", 0, INT64_MAX, 100, most, err))
        return false;
    if (*most == 0)
        *most = INT64_MAX;
    return true;
}

static int run(struct cli *cli)
{
    struct cli_remote remote = {0};
    const struct writer *writer = NULL;
    struct ym_error err = {0};
    int64_t most = 0;

    bool ok = choose(cli, &writer, &most, &err) && cli_remote_open(cli, &remote, &err);
    if (ok)
        ok = whole(cli) ? write_whole(cli, &remote, &err)
                        : write_rows(cli, &remote, writer, most, &err);
    cli_remote_close(&remote);
    return ok ? 0 : cli_fail(cli, &err);
}

static const struct cli_option options[] = {
    {"--select", "F,…", "these fields, in this order (default: all)", "信息项及其顺序（默认全部）"},
    {"--where", "EXPR", "rows for which this is true", "筛选条件表达式"},
    {"--sort", "[-]F,…", "order; - for descending; _line: of the file",
     "排序；“-”为降序；_line 为文件中的顺序"},
    {"--limit", "N", "at most so many rows (default 100; 0: all)",
     "最多行数（默认 100；0 为全部）"},
    {"--as-of", "T", "as it was at this time or on this day", "按某时刻或某日的版本查询"},
    {"--version", "N", "of this version", "指定版本号"},
    {"--format", "NAME", "json (one array) or csv; whole versions: csv, ndjson, parquet, xlsx",
     "json（数组）或 csv；整个版本：csv、ndjson、parquet、xlsx"},
    {"--all", NULL, "the whole version as csv, in the order of the key", "以 csv 导出整个版本"},
    {"--guard", NULL, "csv for spreadsheets: ' before what they would take for a formula",
     "供电子表格打开的 csv：可能被当作公式的文本前加单引号"},
    {"--out", "FILE", "write a whole version there", "整个版本写入此文件"},
    {0},
};
const struct cli_command cli_query = {
    .name = "query",
    .usage =
        "yunmeng query DATASET [--select F,…] [--where EXPR] [--sort F] [--limit N] [--as-of T]"
        " [--format json|csv|ndjson|parquet|xlsx] [--all] [--guard] [--out FILE]",
    .summary_en = "Read rows of a dataset: filtered, sorted, of any version.",
    .summary_zh = "查询信息资源的数据：可筛选、排序、指定版本。",
    .example =
        "  yunmeng query environment.station_day --where \"pm25 > 75\" --select station,pm25 "
        "--format csv\n"
        "  station,pm25\n"
        "  武昌紫阳,81",
    .options = options,
    .run = run,
};
