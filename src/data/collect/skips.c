#include "data/collect/skips.h"

static bool fail(struct ym_str item, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.skip", "'%.*s' names no lines to leave out", YM_FMT(item));
    ym_about(err, item);
    return ym_hint(err, "Say lines from 1, joined by commas, at most %d: 2,5-7,100-",
                   COLLECT_SKIPS_MAX);
}

bool collect_skips_parse(struct ym_str text, struct collect_skips *out, struct ym_error *err)
{
    struct ym_str item;

    *out = (struct collect_skips){0};
    if (text.n == 0)
        return true;
    while (ym_str_cut(&text, ',', &item)) {
        struct ym_str last = ym_str_trim(item), first;
        int64_t from, to;
        (void)ym_str_cut(&last, '-', &first);
        bool ok = ym_str_int(ym_str_trim(first), &from) && from > 0 && out->n < COLLECT_SKIPS_MAX;
        to = from;
        if (last.p && ym_str_trim(last).n == 0)
            to = INT64_MAX;
        else if (last.p)
            ok = ok && ym_str_int(ym_str_trim(last), &to) && to >= from;
        if (!ok)
            return fail(item, err);
        out->items[out->n].from = from;
        out->items[out->n++].to = to;
    }
    return true;
}

bool collect_skipped(const struct collect_skips *skips, int64_t line)
{
    for (size_t i = 0; i < skips->n; i++)
        if (line >= skips->items[i].from && line <= skips->items[i].to)
            return true;
    return false;
}
