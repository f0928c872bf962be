/* data/collect/reader: the table of what can be read.
 *
 * A reader is one file that ends in one const struct, and one row in readers.c. It runs in the
 * cage: it opens nothing. `read` says its view where there is a preview, then the facts, the rows,
 * the end to the sink; false: the problem is in *err, and its caller says it.
 */
#pragma once
#include "base/base.h"
#include "data/collect/encoding.h"
#include "data/collect/sink.h"
#include "data/collect/skips.h"

struct collect_job {
    struct collect_file file;
    struct ym_str head;   // its first bytes, up to 64 KiB
    struct ym_str ending; // of the file's name, lower case, without the dot
    const struct collect_recipe *recipe;
    struct collect_skips skips; // of the recipe
    size_t columns;             // of the schema, or 0
    size_t preview;             // rows after which it may end, once it said its view; 0: all
    const struct collect_encoding *declared; // NULL: found
    struct collect_decoder *decoder;         // of the declared encoding, else any
};
struct collect_reader {
    const char *name;
    int (*likelihood)(struct ym_str head, struct ym_str ending); // 0 to 100, from the first 64 KiB
    bool (*read)(const struct collect_job *job, struct collect_sink *sink, struct ym_error *err);
};
extern const struct collect_reader collect_csv, collect_tsv, collect_xlsx, collect_json,
    collect_ndjson;

// The reader that is named, or where none is named the likeliest. NULL: collect.format.
const struct collect_reader *collect_reader_of(struct ym_str name, struct ym_str head,
                                               struct ym_str ending, struct ym_error *err);
