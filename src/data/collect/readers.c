#include "data/collect/reader.h"

static const struct collect_reader *const readers[] = {
    &collect_csv, &collect_tsv, &collect_xlsx, &collect_json, &collect_ndjson, NULL,
};

const struct collect_reader *collect_reader_of(struct ym_str name, struct ym_str head,
                                               struct ym_str ending, struct ym_error *err)
{
    const struct collect_reader *best = NULL;
    int most = 0;

    for (const struct collect_reader *const *reader = readers; *reader; reader++) {
        if (name.p && ym_str_is(name, (*reader)->name))
            return *reader;
        int likely = name.p ? 0 : (*reader)->likelihood(head, ending);
        if (likely > most) {
            most = likely;
            best = *reader;
        }
    }
    if (best)
        return best;
    ym_fail(err, YM_INVALID, "collect.format", "'%.*s' is no format that is read here",
            YM_FMT(name));
    ym_about(err, name);
    ym_hint(err, "Say csv, tsv, xlsx, json or ndjson, or leave it out: the format is then found.");
    return NULL;
}
