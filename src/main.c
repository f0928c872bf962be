/* Knows everybody: gives each room what stands below it. The tables here say what there is. */
#include "data/catalog/catalog.h"
#include "data/collect/collect.h"
#include "data/lake/draft.h"
#include "data/lake/keep.h"
#include "data/lake/lake.h"
#include "data/lake/uploads.h"
#include "data/lake/versions.h"
#include "face/cli/commands.h"
#include "host/jobs/jobs.h"
#include "host/store/store.h"
#include "service/upkeep/backup.h"
#include "service/upkeep/upkeep.h"
#include "trust/org/org.h"

static const struct store_migration migrations[] = {
    {1, "org", ORG_SCHEMA_1},
    {2, "jobs", JOBS_SCHEMA_1},
    {3, "catalog", CATALOG_SCHEMA_1},
    {4, "uploads", LAKE_UPLOADS_1},
    {5, "catalog-core", CATALOG_SCHEMA_2},
    {6, "org_roles", ORG_SCHEMA_2},
    {7, "schedules", JOBS_SCHEMA_2},
    {8, "recipe", LAKE_SCHEMA_RECIPE},
    {9, "systems", ORG_SYSTEMS_1},
    {10, "draft", LAKE_DRAFT_SCHEMA},
    {11, "lake_lease", LAKE_LEASE_SCHEMA},
    {12, "upkeep", UPKEEP_SCHEMA_1},
    {13, "versions", LAKE_VERSIONS_1},
    {14, "notes", LAKE_NOTE_SCHEMA},
};

static const struct jobs_kind kinds[] = {
    {"load.run", lake_run_load, 10}, {"lake.derive", lake_derive, 10},
    {"lake.sweep", lake_sweep, 10},  {"lake.retire", lake_retire, 10},
    {"jobs.sweep", jobs_sweep, 0},   {"backup.run", upkeep_backup_job, 10},
    {"lake.merge", lake_merge, 200}, // of a minute: it waits for loads
};

static const struct jobs_manner manners[] = {
    {"load.run", true, lake_stop_load}, // its load is refused with it
};

static const struct jobs_schedule schedules[] = {
    {"upkeep.jobs", "jobs.sweep", "17 3 * * *", true},
    {"upkeep.uploads", "lake.sweep", "47 3 * * *", true},
    {"upkeep.versions", "lake.retire", "27 4 * * *", true},
    {"upkeep.backup", "backup.run", "7 2 * * *", true},
};

// What a kind's function gets as its `with`, where that is not the lake.
static const struct cli_kind_with withs[] = {
    {"backup.run", CLI_WITH_UPKEEP},
};

static const struct jobs_follower followers[] = {
    {"version.published", "lake.derive"}, {"version.published", "lake.retire"},
    {"version.published", "lake.merge"},  {"version.withdrawn", "lake.derive"},
    {"version.restored", "lake.derive"},
};

// Is it well? In the order in which /health/ready asks; the first that fails is named.
static const struct upkeep_check checks[] = {
    {"store", upkeep_check_store},
    {"engine", upkeep_check_engine},
    {"clock", upkeep_check_clock},
    {"disk", upkeep_check_disk},
};

static const struct ym_setting settings[] = {
    {"http.listen", YM_SETTING_TEXT, "127.0.0.1:8420", 0, 0, "address:port; port 0: any free one"},
    {"http.connections", YM_SETTING_INTEGER, "6000", 16, 60000, "connections in all"},
    {"http.per_address", YM_SETTING_INTEGER, "64", 1, 60000, "connections of one address"},
    {"http.upload_bytes", YM_SETTING_INTEGER, "21474836480", 1024, INT64_MAX, "largest upload"},
    {"http.proxies", YM_SETTING_LIST, NULL, 0, 0, "addresses whose X-Forwarded-For is believed"},
    {"public_url", YM_SETTING_TEXT, NULL, 0, 0, "how people reach the portal, for links"},
    {"place.zh", YM_SETTING_TEXT, "湖北省公共数据平台", 0, 0, "name on the pages"},
    {"place.en", YM_SETTING_TEXT, "Hubei public data platform", 0, 0, "name on the pages"},
    {"province", YM_SETTING_TEXT, "42", 0, 0, "GB/T 2260 code: its villages are loaded"},
    {"zone", YM_SETTING_TEXT, "Asia/Shanghai", 0, 0, "time zone of dates without one"},
    {"demo", YM_SETTING_BOOLEAN, "false", 0, 0, "impossible people and firms are taken"},
    {"server", YM_SETTING_INTEGER, "1", 0, 1023, "number of this server in its ids"},
    {"store.url", YM_SETTING_TEXT, NULL, 0, 0, "postgresql://…; else SQLite in the directory"},
    {"store.password_file", YM_SETTING_TEXT, NULL, 0, 0, "file with the store's password"},
    {"engine.url", YM_SETTING_TEXT, NULL, 0, 0, "http://…: an engine that we do not start"},
    {"engine.user", YM_SETTING_TEXT, "default", 0, 0, "its user"},
    {"engine.password_file", YM_SETTING_TEXT, NULL, 0, 0, "file with its password"},
    {"backup.path", YM_SETTING_TEXT, NULL, 0, 0, "folder of backups; better on another disk"},
    {"backup.hours", YM_SETTING_INTEGER, "24", 0, 8760, "how often one is promised; 0: not at all"},
    {"backup.keep_days", YM_SETTING_INTEGER, "35", 0, 36500, "older ones go; 0: none goes"},
    {"disk.low_percent", YM_SETTING_INTEGER, "10", 0, 90, "less free, and nothing new is taken"},
    {"disk.low_bytes", YM_SETTING_INTEGER, "5368709120", 0, INT64_MAX, "or this, if it is less"},
    {"disk.full_percent", YM_SETTING_INTEGER, "3", 0, 90, "less free, and somebody is woken"},
    {"log.level", YM_SETTING_TEXT, "info", 0, 0, "debug, info, warn or error"},
};

static const struct cli_command *const commands[] = {
    &cli_serve,   &cli_init,
    &cli_load,    &cli_check,
    &cli_dataset, &cli_query,
    &cli_user,    &cli_token,
    &cli_demo,    &cli_config,
    &cli_version, &cli_help,
    &cli_backup,  &cli_restore_command,
    &cli_upgrade, NULL,
};

int main(int argc, char **argv)
{
    const struct cli_world world = {
        .migrations = migrations,
        .n_migrations = YM_COUNT(migrations),
        .kinds = kinds,
        .n_kinds = YM_COUNT(kinds),
        .withs = withs,
        .n_withs = YM_COUNT(withs),
        .followers = followers,
        .n_followers = YM_COUNT(followers),
        .manners = manners,
        .n_manners = YM_COUNT(manners),
        .schedules = schedules,
        .n_schedules = YM_COUNT(schedules),
        .checks = checks,
        .n_checks = YM_COUNT(checks),
        .settings = settings,
        .n_settings = YM_COUNT(settings),
        .commands = commands,
    };

    // The caged child is this program too, but nothing that a person types.
    if (argc > 1 && strcmp(argv[1], "reader") == 0)
        return collect_child(argc, argv);
    return cli_main(&world, argc, argv);
}
