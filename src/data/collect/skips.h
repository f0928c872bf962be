/* data/collect/skips: lines that somebody said are no rows: "2", "5-7", "100-", joined by commas.
 *
 * Up to 64 of them; blanks around are nothing. A value; nothing is owned.
 */
#pragma once
#include "base/base.h"

enum { COLLECT_SKIPS_MAX = 64 };
struct collect_skips {
    struct {
        int64_t from, to;
    } items[COLLECT_SKIPS_MAX];
    size_t n;
};
// None and "" give none. YM_INVALID "collect.skip".
YM_MUST bool collect_skips_parse(struct ym_str text, struct collect_skips *out,
                                 struct ym_error *err);
bool collect_skipped(const struct collect_skips *skips, int64_t line);
