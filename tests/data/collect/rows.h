/* tests/data/collect/rows: RowBinary of the reader as cells, and reading without a child. */
#pragma once
#include "base/base.h"
#include "data/collect/collect.h"

struct row {
    int64_t pos;
    struct ym_str fault;
    struct ym_str *cells; // those of the table
    size_t n_extra;
    struct ym_str *extra;
};
struct rows {
    struct row *items;
    size_t n, cap;
};
// Appends the rows of `bytes`; false: they are not RowBinary of so many columns. Copies to the
// arena.
bool rows_parse(struct ym_str bytes, size_t columns, struct ym_arena *arena, struct rows *rows);

// A memory file with these bytes.
int rows_file(struct ym_str bytes);

struct rows_answer {
    struct collect_facts facts;
    struct collect_end end;
    struct rows rows;
    bool ended; // else `problem` says why
    struct ym_error problem;
};
// A reader in this process, by the request's recipe (without a format: CSV's) and columns.
// False: the frames themselves are not as promised.
bool rows_read(const struct collect_request *request, struct ym_arena *arena,
               struct rows_answer *answer);
// Asserts what collect.h promises of any answer: positions ascend, texts are UTF-8, faults and rows
// are counted, names are distinct, a problem says what and how to mend it.
void rows_check(const struct rows_answer *answer);
