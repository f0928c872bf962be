/* face/cli/check: printing a load report for a person; `load` shows it the same way. */
#pragma once
#include "face/cli/cli.h"

void cli_print_report(const struct cli *cli, const json_t *report);

// How a file is to be read: options of check and of load.
#define CLI_RECIPE_OPTIONS                                                                            \
    {"--format", "csv|tsv|xlsx|json|ndjson", "the format, where it is not found rightly",             \
     "文件格式（自动识别有误时指定）"},                                                               \
        {"--encoding", "NAME", "utf-8, gb18030, utf-16le … (default: found over the whole file)",     \
         "编码：utf-8、gb18030、utf-16le 等（默认自动识别）"},                                        \
        {"--delimiter", "C", "one character, tab, blank, or none (default: found)",                   \
         "分隔符：一个字符、tab、blank 或 none（默认自动识别）"},                                     \
        {"--sheet", "NAME", "the sheet of a workbook, by name or number from 1",                      \
         "工作表：名称，或从 1 起的序号"},                                                            \
        {"--header-row", "N", "the line of the header; -1: there is none (default: found)",           \
         "表头所在行；-1 表示没有表头（默认自动识别）"},                                              \
        {"--header-rows", "N", "how many lines the header takes (default: found)",                    \
         "表头占几行（默认自动识别）"},                                                               \
    {                                                                                                 \
        "--skip", "LINES", "lines that are no rows: 2,5-7,100-", "不作为数据的行：2,5-7,100-" \
    }
