/* face/cli: the command line. One file a command; the table in main.c says which there are.
 *
 * Exit codes: 0 yes, 1 a verdict of no (something was quarantined), 2 invalid, 3 not signed in or
 * denied, 4 not found, 5 conflict, 6 too large, 7 busy or limited, 8 fault (ym_kind_exit). Answers
 * go to stdout, progress and errors to stderr; with --json both are JSON. Language: LC_ALL,
 * LC_MESSAGES, LANG; zh-CN and en.
 */
#pragma once
#include "base/base.h"
#include "base/disk.h"
#include "base/json.h"
#include "base/settings.h"
#include "host/engine/engine.h"
#include "host/jobs/jobs.h"
#include "host/store/store.h"
#include "service/upkeep/upkeep.h"

struct cli_option {
    const char *name;  // "--limit"
    const char *value; // "N"; NULL: a flag
    const char *about_en, *about_zh;
};
struct cli;
struct cli_command {
    const char *name;
    const char *usage; // "yunmeng query DATASET [--where EXPR] …"
    const char *summary_en, *summary_zh;
    const char *example;              // whole lines, with what they print where that helps
    const struct cli_option *options; // ended by {0}; the common ones are added
    int (*run)(struct cli *cli);
};
// What a kind of job gets as its `with`; the lake where no row says otherwise.
enum cli_with { CLI_WITH_LAKE, CLI_WITH_UPKEEP, CLI_WITHS };
struct cli_kind_with {
    const char *kind;
    enum cli_with with;
};
// What main gives to the commands that are the program itself (serve, init).
struct cli_world {
    const struct store_migration *migrations;
    size_t n_migrations;
    const struct jobs_kind *kinds;
    size_t n_kinds;
    const struct cli_kind_with *withs;
    size_t n_withs;
    const struct jobs_follower *followers;
    size_t n_followers;
    const struct jobs_manner *manners;
    size_t n_manners;
    const struct jobs_schedule *schedules;
    size_t n_schedules;
    const struct upkeep_check *checks;
    size_t n_checks;
    const struct ym_setting *settings;
    size_t n_settings;
    const struct cli_command *const *commands; // ended by NULL
};
struct cli {
    const struct cli_world *world;
    const struct cli_command *command;
    char **words; // positional arguments, NULL-ended
    int n_words;
    const char *const *values; // by index of command->options; a flag: ""; absent: NULL
    const char *data;          // --data, YUNMENG_DATA, ./var, /var/lib/yunmeng
    const char *config;        // --config or NULL
    const char *server;        // --server or NULL
    bool json;
    bool zh;            // language of texts
    char program[4096]; // absolute path of this program
    char share[4096];   // …/share/yunmeng
    struct ym_arena arena;
};
// Parses argv by the command's options and runs it; `--help` and `help` print. The exit code.
int cli_main(const struct cli_world *world, int argc, char **argv);
const char *cli_option(const struct cli *cli, const char *name); // value, "" for a flag, or NULL
YM_MUST bool cli_option_int(const struct cli *cli, const char *name, int64_t least, int64_t most,
                            int64_t otherwise, int64_t *out, struct ym_error *err);
// Prints the error as text with its hint, or under --json as one object on stdout; its exit code.
int cli_fail(const struct cli *cli, const struct ym_error *err);
// The text in our language; a format where both are (the compiler looks at both).
const char *cli_say(const struct cli *cli, const char *en, const char *zh)
    __attribute__((format_arg(2), format_arg(3)));
void cli_print_json(const json_t *value); // one line on stdout

// Whole text files of ours, up to 1 MiB; writing is atomic (tmp, fsync, rename) with `mode`.
YM_MUST bool cli_read_file(const char *path, struct ym_arena *arena, struct ym_str *out,
                           struct ym_error *err);
YM_MUST bool cli_write_file(const char *path, struct ym_str text, unsigned mode,
                            struct ym_error *err);
YM_MUST bool cli_open_store(struct cli *cli, const struct ym_settings *settings,
                            struct store_pool **out, struct ym_error *err);
// What the operator does to the store itself is in its audit trail too; `act` is what it fills.
struct org_act;
void cli_act(struct store *store, struct org_act *act, const char *what, struct ym_str about);
// Without running migrations.
YM_MUST bool cli_open_store_as_it_is(struct cli *cli, const struct ym_settings *settings,
                                     struct store_pool **out, struct ym_error *err);
// The data directory is ours alone until *lock is closed; -1: it is not.
YM_MUST bool cli_lock(struct cli *cli, int *lock, struct ym_error *err);
// Our child on the data directory, or engine.url; `backups` is made where it is missing.
YM_MUST bool cli_start_engine(struct cli *cli, const struct ym_settings *settings,
                              const char *backups, struct engine **out, struct ym_error *err);
const char *cli_backups(struct cli *cli, const struct ym_settings *settings); // folder
struct ym_disk_marks cli_marks(const struct ym_settings *settings);
const char *cli_path(struct cli *cli, const char *name); // of the data directory, in cli's arena

// A progress bar on stderr where that is a terminal, nothing elsewhere. total 0: unknown.
struct cli_bar {
    bool terminal;
    int64_t drawn_at;
    const char *title;
};
void cli_bar_show(struct cli_bar *bar, const char *stage, int64_t done, int64_t total);
void cli_bar_end(struct cli_bar *bar);

// The configuration of this run: --config, else the data directory's yunmeng.yaml, else
// /etc/yunmeng/yunmeng.yaml, else the defaults.
const char *cli_config_path(const struct cli *cli); // that file, or NULL
YM_MUST bool cli_settings(const struct cli *cli, struct ym_settings *out, struct ym_error *err);
