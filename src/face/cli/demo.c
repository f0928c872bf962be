#include "face/cli/commands.h"
#include "face/cli/load.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

// `yunmeng-demo` says what there is and makes the files (tools/demo); here they enter by the front
// door like anyone's: administrators make agencies and accounts, each agency's steward registers
// and loads its datasets, another one publishes the entry. What is there already is left alone.

enum {
    PLAN_MAX = 4 << 20,
    PASSWORD_CHARS = 16,
    PEOPLE = 2000,
    PEOPLE_MAX = 10000000,
    AGENCIES = 64,
    UNDER_WAY = 64
};

struct sent { // a load that the server has and works on
    struct cli_load what;
    json_t *load;
};
struct steward {
    struct ym_str agency;
    struct cli_remote remote; // the demo's own where his password is not known
};

struct demo {
    struct cli *cli;
    struct cli_remote remote; // who calls: the operator, or whose token it is
    struct steward stewards[AGENCIES];
    size_t n_stewards;
    struct sent sent[UNDER_WAY];
    size_t n_sent;
    json_t *all, *passwords; // by the account's name
    int64_t people;
    int64_t made;        // agencies, accounts, datasets and loads that were not there
    int64_t quarantined; // rows, of these loads
};

// Starts yunmeng-demo, which lies beside this program.
static bool start(struct demo *demo, const char *what, const char *dataset, size_t number,
                  struct worker_child *child, struct ym_error *err)
{
    struct ym_arena *arena = &demo->cli->arena;
    struct ym_str program = ym_str(demo->cli->program);

    while (program.n > 0 && program.p[program.n - 1] != '/')
        program.n--;
    program = ym_arena_printf(arena, "%.*syunmeng-demo", YM_FMT(program));
    char *argv[] = {ym_arena_cstr(arena, program),
                    ym_arena_cstr(arena, YM_STR("--scale")),
                    ym_arena_cstr(arena, ym_arena_printf(arena, "%lld", (long long)demo->people)),
                    ym_arena_cstr(arena, ym_str(what)),
                    dataset ? ym_arena_cstr(arena, ym_str(dataset)) : NULL,
                    ym_arena_cstr(arena, ym_arena_printf(arena, "%zu", number)),
                    NULL};
    char *envp[] = {NULL};
    struct worker_child_options options = {
        .program = program.p, .argv = argv, .envp = envp, .stdin_fd = -1};
    return worker_child_start(&options, child, err);
}

static bool read_plan(struct demo *demo, struct ym_error *err)
{
    struct worker_child child;
    struct ym_buf text;
    char part[65536];
    ssize_t n = 0;
    int status = -1;

    if (!start(demo, "plan", NULL, 0, &child, err))
        return false;
    ym_buf_init(&text, PLAN_MAX);
    while ((n = read(child.out_fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
        ym_buf_add(&text, (struct ym_str){part, n > 0 ? (size_t)n : 0});
    bool ok = worker_child_wait(&child, -1, &status) && status == 0 && n == 0;
    worker_child_clear(&child);
    if (!ok) {
        ym_fail(err, YM_FAULT, "demo.plan", "yunmeng-demo did not end well");
        ym_hint(err, "Install the program again: share/yunmeng/demo is not whole.");
    }
    ok = ok && ym_json_parse(ym_buf_str(&text), PLAN_MAX, &demo->all, err);
    ym_buf_clear(&text);
    return ok;
}

static bool open_demo(struct demo *demo, struct ym_error *err)
{
    struct cli *cli = demo->cli;
    json_t *session = NULL;

    if (!cli_option_int(cli, "--scale", PEOPLE, PEOPLE_MAX, PEOPLE, &demo->people, err) ||
        !cli_remote_open(cli, &demo->remote, err) ||
        !cli_remote_get(&demo->remote, YM_STR("/api/v1/session"), &session, err))
        return false;
    demo->passwords = json_object();
    bool on = json_is_true(json_object_get(session, "demo"));
    json_decref(session);
    if (on)
        return read_plan(demo, err);
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
static bool post(struct demo *demo, struct cli_remote *who, struct ym_str path, const json_t *body,
                 bool *made, struct ym_error *err)
{
    struct cli_ask ask = {.method = "POST", .path = path, .body = body};
    json_t *answer = NULL;

    *made = cli_remote_ask(who, &ask, &answer, err);
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
        if (!post(demo, &demo->remote, YM_STR("/api/v1/agencies"), one, &made, err))
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

// Those of one agency; "": of none. `there` was asked for first: the server works a while on each
// password, also of a name that is taken.
static bool add_accounts(struct demo *demo, const json_t *there, const char *agency,
                         struct ym_error *err)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(demo->all, "accounts"), i, one)
    {
        char password[PASSWORD_CHARS + 1];
        bool made;

        if (strcmp(text_of(one, "agency"), agency) != 0 || has_account(there, text_of(one, "name")))
            continue;
        make_password(password);
        json_object_set_new(one, "password", json_string(password));
        bool ok = post(demo, &demo->remote, YM_STR("/api/v1/accounts"), one, &made, err);
        json_object_del(one, "password");
        if (!ok)
            return false;
        if (!made)
            continue;
        json_object_set_new(demo->passwords, text_of(one, "name"), json_string(password));
        tell(demo, "account:", "账号：", text_of(one, "name"));
        if (!keep_password(demo, one, password, err))
            return false;
        sodium_memzero(password, sizeof password);
    }
    return true;
}

// ---- the stewards

static struct ym_str password_of(const struct demo *demo, const char *name)
{
    struct ym_str all = {0}, line, word, known = ym_json_get(demo->passwords, name);
    struct ym_error err = {0};
    const char *path = cli_path(demo->cli, "demo-accounts.txt");

    if (known.n > 0 || demo->cli->server || access(path, F_OK) != 0 ||
        !cli_read_file(path, &demo->cli->arena, &all, &err))
        return known;
    while (ym_str_cut(&all, '\n', &line))
        if (ym_str_cut(&line, '\t', &word) && ym_str_is(word, name) &&
            ym_str_cut(&line, '\t', &word))
            return word;
    return known;
}

// The steward of the agency that `space` names; signs him in where he was not yet.
static bool steward_of(struct demo *demo, struct ym_str space, struct cli_remote **out,
                       struct ym_error *err)
{
    const json_t *one;
    size_t i;

    for (i = 0; i < demo->n_stewards; i++) {
        *out = &demo->stewards[i].remote;
        if (ym_str_eq(demo->stewards[i].agency, space))
            return true;
    }
    assert(demo->n_stewards < AGENCIES);
    struct steward *steward = &demo->stewards[demo->n_stewards++];
    *steward = (struct steward){space, demo->remote};
    *out = &steward->remote;
    json_array_foreach(json_object_get(demo->all, "accounts"), i, one)
    {
        const char *name = text_of(one, "name");
        if (strcmp(text_of(one, "role"), "steward") != 0 ||
            !ym_str_is(space, text_of(one, "agency")))
            continue;
        struct ym_str password = password_of(demo, name);
        return password.n == 0 ||
               cli_remote_sign_in(&demo->remote, ym_str(name), password, *out, err);
    }
    return true;
}

static struct ym_str space_of(const char *id)
{
    struct ym_str rest = ym_str(id), space;

    (void)ym_str_cut(&rest, '.', &space);
    return space;
}

// ---- systems

static bool has_system(const json_t *there, const json_t *system)
{
    const json_t *title = json_object_get(system, "title"), *one;
    size_t i;

    json_array_foreach(json_object_get(there, "items"), i, one)
    {
        if (strcmp(text_of(json_object_get(one, "title"), "zh"), text_of(title, "zh")) == 0)
            return true;
    }
    return false;
}

static bool add_systems(struct demo *demo, struct ym_error *err)
{
    json_t *there = NULL;
    const json_t *one;
    size_t i;
    bool ok = cli_remote_get(&demo->remote, YM_STR("/api/v1/systems?limit=1000"), &there, err);
    struct cli_remote *steward;
    bool made;

    json_array_foreach(json_object_get(demo->all, "systems"), i, one)
    {
        if (!ok || has_system(there, one))
            continue;
        ok = steward_of(demo, ym_str(text_of(one, "agency")), &steward, err) &&
             post(demo, steward, YM_STR("/api/v1/systems"), one, &made, err);
        if (ok)
            tell(demo, "system:", "信息系统：", title_of(demo, one));
    }
    json_decref(there);
    return ok;
}

// ---- one datum, one source: who answers for a field that several agencies hold

static bool has_source(const json_t *there, const char *field)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(there, "items"), i, one)
    {
        if (strcmp(text_of(one, "title"), field) == 0)
            return json_is_object(json_object_get(one, "source"));
    }
    return false;
}

static bool add_sources(struct demo *demo, struct ym_error *err)
{
    json_t *there = NULL;
    const json_t *one;
    size_t i;
    bool made;
    bool ok =
        cli_remote_get(&demo->remote, YM_STR("/api/v1/shared-fields?limit=1000"), &there, err);

    json_array_foreach(json_object_get(demo->all, "sources"), i, one)
    {
        if (!ok || has_source(there, text_of(one, "field")))
            continue;
        ok = post(demo, &demo->remote, YM_STR("/api/v1/shared-fields"), one, &made, err);
        if (ok)
            tell(demo, "source:", "数源：", text_of(one, "field"));
    }
    json_decref(there);
    return ok;
}

// ---- datasets and their files

static void tell_load(struct demo *demo, const struct cli_load *what, const json_t *load)
{
    const json_t *report = json_object_get(load, "report");
    json_int_t kept = json_integer_value(json_object_get(report, "rows_kept"));
    json_int_t bad = json_integer_value(json_object_get(report, "rows_quarantined"));
    struct ym_str line =
        ym_arena_printf(&demo->cli->arena,
                        demo->cli->zh ? "%s（%s）：保留 %lld 行，隔离 %lld 行"
                                      : "%s (%s): %lld rows kept, %lld quarantined",
                        what->dataset, what->file, (long long)kept, (long long)bad);
    demo->made++;
    demo->quarantined += bad;
    tell(demo, "load:", "归集：", line.p);
}

// Waits for all that is under way: the server works on several loads while the next are sent.
static bool wait_all(struct demo *demo, struct ym_error *err)
{
    bool ok = true;

    for (size_t i = 0; i < demo->n_sent; i++) {
        struct sent *sent = &demo->sent[i];
        ok = ok && cli_load_wait(&demo->remote, &sent->what, &sent->load, err);
        if (ok)
            tell_load(demo, &sent->what, sent->load);
        json_decref(sent->load);
    }
    demo->n_sent = 0;
    return ok;
}

static bool send_file(struct demo *demo, const char *dataset, const json_t *file, size_t number,
                      struct ym_error *err)
{
    struct cli_remote *steward;
    struct worker_child child;
    json_t *load = NULL;

    if (demo->n_sent == UNDER_WAY && !wait_all(demo, err))
        return false;
    if (!steward_of(demo, space_of(dataset), &steward, err) ||
        !start(demo, "file", dataset, number, &child, err))
        return false;
    struct cli_load what = {
        .dataset = dataset,
        .file = text_of(file, "name"),
        .fd = child.out_fd,
        .about = json_integer_value(json_object_get(file, "about_bytes")),
        .child = &child,
        .delimiter = json_string_value(json_object_get(file, "delimiter")),
        // A demo that was killed after sending finds its load again.
        .key = ym_arena_printf(&demo->cli->arena, "demo-%s-%zu", dataset, number),
        .title = dataset,
    };
    bool ok = cli_load_send(steward, &what, &load, err);
    worker_child_clear(&child);
    what.child = NULL;
    what.fd = -1;
    if (ok)
        demo->sent[demo->n_sent++] = (struct sent){what, load};
    else
        json_decref(load);
    return ok;
}

// The entry goes the way of every entry: its steward submits it, another one publishes it.
static bool review(struct demo *demo, const char *id, const char *state, struct ym_error *err)
{
    static const struct {
        const char *from, *act;
    } steps[] = {{"draft", "submit"}, {"submitted", "publish"}};
    struct ym_str path = cli_remote_path(demo->cli, "/api/v1/datasets/", id, "/review");
    struct cli_remote *steward;

    if (!steward_of(demo, space_of(id), &steward, err))
        return false;

    for (size_t i = strcmp(state, "draft") == 0       ? 0
                    : strcmp(state, "submitted") == 0 ? 1
                                                      : 2;
         i < YM_COUNT(steps); i++) {
        json_t *body = json_pack("{s:s}", "act", steps[i].act);
        bool made;
        bool ok = post(demo, i == 0 ? steward : &demo->remote, path, body, &made, err);
        json_decref(body);
        if (!ok)
            return false;
    }
    return true;
}

// What there is of a dataset: its state and how many versions, "" where it is not there.
static bool look(struct demo *demo, const char *id, struct ym_str *state, size_t *versions,
                 struct ym_error *err)
{
    struct ym_str path = cli_remote_path(demo->cli, "/api/v1/datasets/", id, "");
    json_t *there = NULL;

    *state = YM_STR("");
    *versions = 0;
    if (!cli_remote_get(&demo->remote, path, &there, err)) {
        if (err->kind != YM_NOT_FOUND)
            return false;
        *err = (struct ym_error){0};
        return true;
    }
    *state = ym_arena_str(&demo->cli->arena, ym_json_get(there, "state"));
    *versions =
        (size_t)json_integer_value(json_object_get(json_object_get(there, "current"), "number"));
    json_decref(there);
    return true;
}

// The entry, and how many of its files are there.
static bool add_entry(struct demo *demo, const json_t *dataset, size_t *has, struct ym_error *err)
{
    const char *id = text_of(dataset, "id");
    struct cli_remote *steward;
    struct ym_str state;
    bool made;

    if (!look(demo, id, &state, has, err))
        return false;
    if (ym_str_is(state, "published"))
        return true;
    if (state.n == 0) {
        if (!steward_of(demo, space_of(id), &steward, err) ||
            !post(demo, steward, YM_STR("/api/v1/datasets"), dataset, &made, err) ||
            !look(demo, id, &state, has, err))
            return false;
        tell(demo, "dataset:", "信息资源：", title_of(demo, dataset));
    }
    return review(demo, id, state.p, err);
}

// Whether what it refers to is loaded must be known before it is sent.
static bool refers(const json_t *dataset)
{
    return json_object_get(json_object_get(dataset, "schema"), "foreignKeys") != NULL;
}

// The file of this number of all datasets; *more: there are later ones. A dataset has one load at
// once, and one that refers to another waits for it.
static bool send_round(struct demo *demo, size_t number, size_t *has, bool *more,
                       struct ym_error *err)
{
    const json_t *one;
    size_t i;

    *more = false;
    json_array_foreach(json_object_get(demo->all, "datasets"), i, one)
    {
        const json_t *dataset = json_object_get(one, "dataset");
        const json_t *files = json_object_get(one, "files");
        *more = *more || json_array_size(files) > number;
        if (has[i] >= number || json_array_size(files) < number)
            continue;
        if (refers(dataset) && !wait_all(demo, err))
            return false;
        if (!send_file(demo, text_of(dataset, "id"), json_array_get(files, number - 1), number,
                       err))
            return false;
        has[i] = number;
    }
    return wait_all(demo, err);
}

// What one agency has: its accounts, its entries, and on its way the first file of each. The server
// loads these while the next agency's passwords are made.
static bool add_agency(struct demo *demo, const json_t *there, const char *agency, size_t *has,
                       struct ym_error *err)
{
    const json_t *one;
    size_t i;

    if (!add_accounts(demo, there, agency, err))
        return false;
    json_array_foreach(json_object_get(demo->all, "datasets"), i, one)
    {
        const json_t *dataset = json_object_get(one, "dataset");
        const json_t *files = json_object_get(one, "files");
        const char *id = text_of(dataset, "id");
        if (!ym_str_is(space_of(id), agency))
            continue;
        if (!add_entry(demo, dataset, &has[i], err))
            return false;
        if (has[i] > 0 || json_array_size(files) == 0 || refers(dataset))
            continue;
        if (!send_file(demo, id, json_array_get(files, 0), 1, err))
            return false;
        has[i] = 1;
    }
    return true;
}

static bool add_all(struct demo *demo, const json_t *there, size_t *has, struct ym_error *err)
{
    const json_t *one;
    bool more = true;
    size_t i;

    json_array_foreach(json_object_get(demo->all, "agencies"), i, one)
    {
        if (!add_agency(demo, there, text_of(one, "name"), has, err))
            return false;
    }
    if (!add_accounts(demo, there, "", err))
        return false;
    for (size_t number = 1; more; number++)
        if (!send_round(demo, number, has, &more, err))
            return false;
    return true;
}

static bool add_datasets(struct demo *demo, struct ym_error *err)
{
    size_t n = json_array_size(json_object_get(demo->all, "datasets"));
    size_t *has = ym_arena_alloc(&demo->cli->arena, (n + 1) * sizeof *has);
    json_t *there = NULL;

    bool ok = cli_remote_get(&demo->remote, YM_STR("/api/v1/accounts?limit=1000"), &there, err) &&
              add_all(demo, there, has, err);
    json_decref(there);
    return ok;
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
        ok = open_demo(&demo, &err) && add_agencies(&demo, &err) && add_datasets(&demo, &err) &&
             add_systems(&demo, &err) && add_sources(&demo, &err);
    for (size_t i = 0; i < demo.n_sent; i++)
        json_decref(demo.sent[i].load);
    for (size_t i = 0; i < demo.n_stewards; i++)
        cli_remote_sign_out(&demo.stewards[i].remote);
    if (ok)
        tell_end(&demo);
    json_decref(demo.all);
    json_decref(demo.passwords);
    cli_remote_close(&demo.remote);
    return ok ? 0 : cli_fail(cli, &err);
}

static const struct cli_option options[] = {
    {"--scale", "PEOPLE", "how many people, 2000 to 10000000 (default: 2000)",
     "人口规模，2000 至 10000000（默认 2000）"},
    {0},
};
const struct cli_command cli_demo = {
    .name = "demo",
    .usage = "yunmeng demo [--scale PEOPLE] [--data DIR] [--json]",
    .summary_en =
        "Load the demonstration: a province of invented agencies, accounts, systems and datasets,\n"
        "as ugly files. What is there already is left alone.",
    .summary_zh =
        "载入演示省份：虚构的部门、账号、信息系统与信息资源，以及故意不整齐的文件。已有的内容保持不"
        "变。",
    .example =
        "  yunmeng init --demo --data var && yunmeng serve --data var &\n"
        "  yunmeng demo --data var\n"
        "  load: market.enterprise (…): 180 rows kept, 13 quarantined",
    .options = options,
    .run = run,
};
