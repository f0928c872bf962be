#include "face/cli/commands.h"

#include "base/time.h"
#include "data/lake/lake.h"
#include "face/api/api.h"
#include "host/engine/engine.h"
#include "host/http/server.h"
#include "host/jobs/calendar.h"
#include "host/worker/worker.h"
#include "service/upkeep/backup.h"
#include "service/upkeep/upkeep.h"

#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
    TICK_S = 1 // how often the engine's restarts are looked at
};

// What runs, in the order in which it was begun.
struct parts {
    int lock;
    struct store_pool *pool;
    struct engine *engine;
    struct lake *lake;
    struct catalog_search *search;
    struct jobs *jobs;
    struct upkeep *upkeep;
    struct worker_thread *keeper; // runs upkeep
    void *rooms[CLI_WITHS];       // what functions of jobs may get
    void **withs;                 // what each kind gets
    struct api *api;
    struct http_server *http;
    char operator_key[65];
    struct store_seal seal;
};

static void still_alive(void *with)
{
    (void)with;
    (void)sd_notify(0, "WATCHDOG=1");
}

// Its thread is begun last, when all that it looks at is there.
static bool start_upkeep(struct cli *cli, const struct ym_settings *settings, struct parts *parts,
                         struct ym_error *err)
{
    const struct upkeep_options upkeep = {
        .pool = parts->pool,
        .engine = parts->engine,
        .jobs = &parts->jobs,
        .data = cli->data,
        .backups = cli_backups(cli, settings),
        .marks = cli_marks(settings),
        .engine_ours = !ym_setting(settings, "engine.url").p,
        .config = cli_config_path(cli),
        .backup_hours = ym_setting_int(settings, "backup.hours"),
        .backup_keep_days = ym_setting_int(settings, "backup.keep_days"),
        .checks = cli->world->checks,
        .n_checks = cli->world->n_checks,
        .migrations = cli->world->migrations,
        .n_migrations = cli->world->n_migrations,
        .alive = still_alive,
    };

    if (!upkeep_open(&upkeep, &parts->upkeep, err))
        return false;
    parts->rooms[CLI_WITH_UPKEEP] = parts->upkeep;
    return true;
}

static void choose_withs(struct cli *cli, struct parts *parts)
{
    const struct cli_world *world = cli->world;

    parts->withs = ym_arena_alloc(&cli->arena, world->n_kinds * sizeof *parts->withs);
    for (size_t i = 0; i < world->n_kinds; i++) {
        parts->withs[i] = parts->rooms[CLI_WITH_LAKE];
        for (size_t k = 0; k < world->n_withs; k++)
            if (strcmp(world->withs[k].kind, world->kinds[i].name) == 0)
                parts->withs[i] = parts->rooms[world->withs[k].with];
    }
}

// The years that were decreed when this program was made; what people entered stays.
static bool load_calendar(struct cli *cli, struct parts *parts, struct ym_error *err)
{
    const char *path = ym_arena_printf(&cli->arena, "%s/calendar/cn.csv", cli->share).p;
    struct ym_str text;
    int64_t years = 0;

    if (access(path, F_OK) != 0) {
        ym_log(YM_WARN, "serve.no_calendar", YM_ARGS(ym_text("path", ym_str(path))));
        return true; // the plain week holds
    }
    if (!cli_read_file(path, &cli->arena, &text, err) ||
        !jobs_calendar_load(parts->pool, text, &years, err))
        return false;
    if (years > 0)
        ym_log(YM_INFO, "serve.calendar", YM_ARGS(ym_int("years", years)));
    return true;
}

static bool start_lake(struct cli *cli, const struct ym_settings *settings, struct parts *parts,
                       struct ym_error *err)
{
    struct lake_options lake = {
        .pool = parts->pool,
        .engine = parts->engine,
        .originals = cli_path(cli, "originals"),
        .incoming = cli_path(cli, "incoming"),
        .program = cli->program,
        .upload_most = ym_setting_int(settings, "http.upload_bytes"),
        .zone = ym_arena_cstr(&cli->arena, ym_setting(settings, "zone")),
        .demo = ym_setting_bool(settings, "demo"),
        .jobs = &parts->jobs,
        .marks = cli_marks(settings),
    };

    if (!lake_open(&lake, &parts->lake, err))
        return false;
    parts->rooms[CLI_WITH_LAKE] = parts->lake;
    if (!start_upkeep(cli, settings, parts, err))
        return false;
    choose_withs(cli, parts);
    struct jobs_options jobs = {
        .pool = parts->pool,
        .kinds = cli->world->kinds,
        .n_kinds = cli->world->n_kinds,
        .followers = cli->world->followers,
        .n_followers = cli->world->n_followers,
        .manners = cli->world->manners,
        .n_manners = cli->world->n_manners,
        .schedules = cli->world->schedules,
        .n_schedules = cli->world->n_schedules,
        .zone = lake.zone,
        .withs = parts->withs,
    };
    return load_calendar(cli, parts, err) && jobs_start(&jobs, &parts->jobs, err);
}

static bool start_http(struct cli *cli, const struct ym_settings *settings, struct parts *parts,
                       struct ym_error *err)
{
    const char *listen = cli_option(cli, "--listen");
    struct ym_str public_url = ym_setting(settings, "public_url");
    struct ym_str proxies = ym_setting(settings, "http.proxies");
    struct api_options api = {
        .pool = parts->pool,
        .engine = parts->engine,
        .jobs = parts->jobs,
        .lake = parts->lake,
        .search = parts->search,
        .upkeep = parts->upkeep,
        .web = ym_arena_printf(&cli->arena, "%s/web", cli->share).p,
        .locales = ym_arena_printf(&cli->arena, "%s/locales", cli->share).p,
        .public_url = public_url.p ? ym_arena_cstr(&cli->arena, public_url) : NULL,
        .place_zh = ym_arena_cstr(&cli->arena, ym_setting(settings, "place.zh")),
        .place_en = ym_arena_cstr(&cli->arena, ym_setting(settings, "place.en")),
        .version = YM_VERSION,
        .zone = ym_arena_cstr(&cli->arena, ym_setting(settings, "zone")),
        .demo = ym_setting_bool(settings, "demo"),
        .seal = &parts->seal,
        .operator_key = parts->operator_key,
        .incoming = cli_path(cli, "incoming"),
        .program = cli->program,
        .upload_most = ym_setting_int(settings, "http.upload_bytes"),
    };

    if (!api_open(&api, &parts->api, err))
        return false;
    struct http_options http = {
        .listen = listen ? listen : ym_arena_cstr(&cli->arena, ym_setting(settings, "http.listen")),
        .routes = api_routes,
        .n_routes = api_n_routes,
        .extras = api_extras,
        .fallback = api_page,
        .with = parts->api,
        .authenticate = api_authenticate,
        .text = api_text,
        .burn = api_burn,
        .done = api_done,
        .proxies = proxies.p ? ym_arena_cstr(&cli->arena, proxies) : NULL,
        .incoming = api.incoming,
        .body_max = ym_setting_int(settings, "http.upload_bytes"),
        .marks = cli_marks(settings),
        .connections = (unsigned)ym_setting_int(settings, "http.connections"),
        .per_address = (unsigned)ym_setting_int(settings, "http.per_address"),
    };
    return http_server_start(&http, &parts->http, err);
}

// The key in it is of this start only: who may read the directory may act as its operator.
static bool write_place(struct cli *cli, const struct ym_settings *settings, struct parts *parts,
                        char url[64], struct ym_error *err)
{
    struct ym_str listen = ym_setting(settings, "http.listen");
    const char *given = cli_option(cli, "--listen");

    if (given)
        listen = ym_str(given);
    while (listen.n > 0 && listen.p[listen.n - 1] != ':')
        listen.n--;
    struct ym_str host = ym_str_sub(listen, 0, listen.n > 0 ? listen.n - 1 : 0);
    if (host.n == 0 || ym_str_is(host, "0.0.0.0") || ym_str_is(host, "*"))
        host = YM_STR("127.0.0.1");
    snprintf(url, 64, "http://%.*s:%d", YM_FMT(host), http_server_port(parts->http));
    struct ym_str text =
        ym_arena_printf(&cli->arena, "{\"url\": \"%s\", \"key\": \"%s\", \"pid\": %d}\n", url,
                        parts->operator_key, (int)getpid());
    return cli_write_file(cli_path(cli, "run/server.json"), text, 0600, err);
}

static bool start_all(struct cli *cli, struct parts *parts, char url[64], struct ym_error *err)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct ym_settings settings;
    unsigned char key[32];

    if (!cli_settings(cli, &settings, err))
        return false;
    for (size_t i = 0; i < YM_COUNT(names); i++)
        if (ym_str_is(ym_setting(&settings, "log.level"), names[i]))
            ym_log_level((enum ym_level)i);
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(parts->operator_key, sizeof parts->operator_key, key, sizeof key);
    if (!cli_lock(cli, &parts->lock, err) ||
        !store_seal_load(cli_path(cli, "secrets.key"), &parts->seal, err) ||
        !cli_open_store(cli, &settings, &parts->pool, err) ||
        !upkeep_clock(parts->pool, cli_option(cli, "--accept-clock") != NULL, err) ||
        !cli_start_engine(cli, &settings, cli_backups(cli, &settings), &parts->engine, err) ||
        !start_lake(cli, &settings, parts, err) ||
        !catalog_search_open(cli_path(cli, "search.db"), &parts->search, err) ||
        !start_http(cli, &settings, parts, err))
        return false;
    parts->keeper = worker_thread_start("upkeep", upkeep_run, parts->upkeep);
    return write_place(cli, &settings, parts, url, err);
}

static void stop_all(struct cli *cli, struct parts *parts)
{
    unlink(cli_path(cli, "run/server.json"));
    if (parts->keeper) {
        upkeep_stop(parts->upkeep);
        worker_thread_join(parts->keeper);
    }
    http_server_stop(parts->http);
    jobs_stop(parts->jobs);
    api_close(parts->api);
    catalog_search_close(parts->search);
    upkeep_close(parts->upkeep);
    lake_close(parts->lake);
    engine_stop(parts->engine);
    store_pool_close(parts->pool);
    if (parts->lock >= 0)
        close(parts->lock);
}

// What a dead server or a dead engine left is dropped before anyone is told that we are ready.
static bool recover(struct parts *parts, int64_t *starts, struct ym_error *err)
{
    if (!engine_ready(parts->engine) || engine_starts(parts->engine) == *starts)
        return *starts > 0;
    int64_t now = engine_starts(parts->engine);
    if (!lake_recover(parts->lake, err)) {
        ym_log_error(YM_WARN, "serve.recover", err);
        return false;
    }
    *starts = now;
    return true;
}

// Until a signal says to stop. Ready is said once, when the engine answered and the lake is whole.
static void watch(struct parts *parts, const sigset_t *signals, const char *url)
{
    struct ym_error err = {0};
    struct timespec tick = {.tv_nsec = 20L * 1000 * 1000};
    int64_t starts = 0;
    bool said = false;

    for (;;) {
        int got = sigtimedwait(signals, NULL, &tick);
        if (got == SIGTERM || got == SIGINT) {
            ym_log(YM_INFO, "serve.stopping", YM_ARGS(ym_int("signal", got)));
            (void)sd_notify(0, "STOPPING=1");
            return;
        }
        if (recover(parts, &starts, &err) && !said) {
            printf("{\"ready\": \"%s\"}\n", url);
            fflush(stdout);
            (void)sd_notifyf(0, "READY=1\nSTATUS=Serving %s", url);
            ym_log(YM_INFO, "serve.ready", YM_ARGS(ym_text("url", ym_str(url))));
            tick = (struct timespec){.tv_sec = TICK_S};
            said = true;
        }
    }
}

static int run(struct cli *cli)
{
    struct parts parts = {.lock = -1};
    struct ym_error err = {0};
    sigset_t signals;
    char url[64] = "";
    int code = 0;

    umask(0077);
    // Before any thread is begun: all of them inherit the mask, and only watch() takes the signals.
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        ym_fail(&err, YM_FAULT, "serve.random", "the library for random numbers does not start");
        return cli_fail(cli, &err);
    }
    if (start_all(cli, &parts, url, &err))
        watch(&parts, &signals, url);
    else
        code = cli_fail(cli, &err);
    if (parts.lock >= 0)
        stop_all(cli, &parts);
    return code;
}

static const struct cli_option options[] = {
    {"--listen", "ADDRESS:PORT", "instead of http.listen; port 0: any free one",
     "代替 http.listen；端口 0 表示任意空闲端口"},
    {"--accept-clock", NULL, "start although the clock is behind the last record",
     "即使时钟落后于最后一条记录也启动"},
    {0},
};
const struct cli_command cli_serve = {
    .name = "serve",
    .usage = "yunmeng serve [--listen ADDRESS:PORT] [--data DIR]",
    .summary_en = "Run the server in the foreground; prints {\"ready\": URL} when it answers.",
    .summary_zh = "在前台运行服务器；就绪后输出 {\"ready\": 网址}。",
    .example = "  yunmeng serve --data var\n  {\"ready\": \"http://127.0.0.1:8420\"}",
    .options = options,
    .run = run,
};
