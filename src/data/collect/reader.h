/* data/collect/reader: the table of what can be read.
 *
 * A reader is one file that ends in one const struct, and one row in readers.c. It runs in the
 * cage: it opens nothing. `read` says the facts, then the rows, then the end to the sink; false:
 * the problem is in *err, and its caller says it.
 */
#pragma once
#include "base/base.h"
#include "data/collect/encoding.h"
#include "data/collect/sink.h"

struct collect_job {
    struct collect_file file;
    struct ym_str ending;    // of the file's name, lower case, without the dot
    struct ym_str delimiter; // as in the request
    int64_t header_row;
    size_t columns;
    const struct collect_encoding *declared; // NULL: found
    struct collect_decoder *decoder;         // of the declared encoding, else any
};
struct collect_reader {
    const char *name;
    int (*likelihood)(struct ym_str head, struct ym_str ending); // 0 to 100, from the first 64 KiB
    bool (*read)(const struct collect_job *job, struct collect_sink *sink, struct ym_error *err);
};
extern const struct collect_reader collect_csv, collect_tsv;

// The reader that is named, or where none is named the likeliest. NULL: collect.format.
const struct collect_reader *collect_reader_of(struct ym_str name, struct ym_str head,
                                               struct ym_str ending, struct ym_error *err);
