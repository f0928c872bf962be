/* face/cli/commands: one row a command; main.c lists them. */
#pragma once
#include "face/cli/cli.h"

extern const struct cli_command cli_serve, cli_init, cli_load, cli_check, cli_dataset, cli_query;
extern const struct cli_command cli_user, cli_token, cli_demo, cli_config, cli_version, cli_help;
extern const struct cli_command cli_backup, cli_restore_command, cli_upgrade;
