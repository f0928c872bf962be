/* data/collect/dialect: what separates the cells, where the table begins, whether it has a header.
 *
 * All from a sample: the first lines of the text, of which the last may be cut. The delimiter is
 * the one by which most rows have the same number of cells, of comma, tab, semicolon, pipe, caret,
 * in this order where two are as good; blanks only where none of these separates. The table begins
 * behind title lines; data/collect/table says what is a title, and what a header. Nothing here
 * fails by itself. Views are into the sample.
 */
#pragma once
#include "base/base.h"
#include "data/collect/csv.h"

enum { COLLECT_SAMPLE_ROWS = 200 };
struct collect_sample {
    const char *p, *end;
    bool last;      // the text ends here
    size_t columns; // of a schema, 0: not known
    bool tsv;       // by its name
};
struct collect_shape {
    struct collect_dialect dialect;
    size_t width;       // cells that most rows have; 0: nothing separates
    bool spare;         // and one more, empty, is no fault: lines end in a delimiter
    size_t least;       // as many cells are no fault either: all rows lack the last column
    size_t header_rows; // lines of the header, 0: there is none
};
enum collect_header { COLLECT_FOUND, COLLECT_HEADER, COLLECT_NO_HEADER };
// By its name in a request: "tab", "blank", "none" or one character. False: none of these.
bool collect_delimiter_parse(struct ym_str name, struct collect_dialect *dialect);
bool collect_fail_delimiter(struct ym_str name, struct ym_error *err); // it cannot be one
struct ym_str collect_delimiter_name(const struct collect_dialect *dialect, char to[8]);

// The delimiter, where `found`; else measures with the one in *shape. Its line end is given.
void collect_shape_find(const struct collect_sample *sample, bool found,
                        struct collect_shape *shape);
// Where in the sample the table begins, behind blank and title lines.
const char *collect_table_start(const struct collect_sample *sample,
                                const struct collect_shape *shape);
// Sets header_rows, width, spare and least by the rows at `start`. `lines`: of the header, 0:
// found.
void collect_header_find(const struct collect_sample *sample, const char *start,
                         enum collect_header header, size_t lines, struct collect_shape *shape);
