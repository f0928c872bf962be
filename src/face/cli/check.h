/* face/cli/check: printing a load report for a person; `load` shows it the same way. */
#pragma once
#include "face/cli/cli.h"

void cli_print_report(const struct cli *cli, const json_t *report);
