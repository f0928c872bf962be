/* tests/data/quality/lake: a real engine of one test program, and the way of rows through it. */
#pragma once
#include "data/quality/quality.h"

enum { LAKE_TODAY = 20261124 };
struct lake_rows {       // in memory, as the reader sends them
    struct ym_buf bytes; // RowBinary
    size_t columns;
    struct ym_str *names;
    int64_t n;
    uint64_t line;
};
struct loaded {
    struct quality_schema schema;
    size_t *map;
    struct quality_target target;
    struct quality_counts counts;
    json_t *columns, *reasons;
};
extern struct engine *lake_engine;
extern struct ym_arena lake_arena;

int lake_setup(void **state); // of a group; ends the program with SKIP where no engine was built
int lake_teardown(void **state);
// "a,b\n1,2\n…" by RFC 4180; the first line is the header.
void lake_csv(struct ym_str text, struct lake_rows *out);
struct ym_str lake_shared(const char *path); // text of a shared file; none where absent
void lake_row(struct lake_rows *rows, const char *fault, const struct ym_str *cells, size_t n);
void lake_insert(const struct lake_rows *rows, struct ym_str sql);
void lake_rows_free(struct lake_rows *rows);
struct quality_target lake_target(void); // a new dataset, load and version
void lake_schema(const char *json, struct quality_schema *out);
// Match, compile, insert, settle, report; asserts that each works and that rows in = out.
void lake_load(struct lake_rows *rows, const struct quality_schema *schema, struct loaded *out);
// The same; the first reference is to `other`, the second (if any) to the rows themselves.
void lake_references(struct lake_rows *rows, const struct quality_schema *schema,
                     const struct loaded *other, struct loaded *out);
// Staged, proposed, restaged.
void lake_check(struct lake_rows *rows, struct loaded *out);
void loaded_free(struct loaded *loaded);
// One statement's answer, line ends trimmed, in the arena.
struct ym_str lake_ask(const char *sql, ...) YM_PRINTF(1, 2);
const json_t *lake_column(const struct loaded *loaded, const char *name);
int64_t lake_reason(const struct loaded *loaded, const char *code, const char *column); // count
