/* tools/demo: the demonstration province, made anew each time and always the same.
 *
 * province.json is the table of what there is: agencies, accounts, systems, datasets with their
 * fields, how each cell is made ("make"), and how each file is ugly ("ugly"). A cell is a function
 * of the seed, the field and whom the row is about, and of nothing else: person 4711 has the same
 * id, name and home in every file, no row needs another one, and ten million people take no more
 * memory than two thousand.
 *
 * make: text with parts in braces, {NAME ARGUMENT … @WHO ~VARY ?MISSING}. NAME is a row of the
 * table in make.c. @WHO: it is about another one, chosen by the row's own (@job: the employer).
 * ~30: in 30 of 1,000 rows a variant, as the same thing is written elsewhere (linkage has to see
 * it). ?20: in 20 of 1,000 rows nothing, ?20=— this sign.
 * ugly: [KIND, field, text, every, from, reason]: each `every`-th row from `from` on; KIND is a row
 * of the table in ugly.c. `reason` is the one for which the platform must quarantine the row; ""
 * where it must keep it. A row has at most one.
 *
 * Everything here ends the program with a message where the table is wrong.
 */
#pragma once
#include "base/base.h"
#include "base/json.h"

enum { DEMO_AXES = 3, DEMO_FIELDS = 40, DEMO_COUNTS = 64 };

_Noreturn void demo_die(const char *format, ...) YM_PRINTF(1, 2);
uint64_t demo_chance(uint64_t a, uint64_t b);  // as good as random, the same each time
uint64_t demo_salt(uint64_t a, struct ym_str); // of a text

struct demo_place {
    struct ym_str code, name, city, city_name;
};
struct demo_province {
    json_t *json;
    struct ym_arena arena;
    uint64_t seed;
    int64_t people, firms, vehicles;
    struct demo_place *counties; // in order of their codes
    size_t n_counties, *cities;  // first county of each prefecture
    size_t n_cities;
};
struct demo_axis { // of a grid: {"grid": ["months 2025-01 18", "county"]}
    struct ym_str kind, arg[3];
    int64_t n, from;
};
struct demo_row {
    const struct demo_province *all;
    const struct demo_axis *axes;
    const json_t *file;
    int64_t number; // in its file, from 0
    int64_t entity; // whom it is about
    int64_t axis[DEMO_AXES];
    int64_t epoch; // later files know what has changed
};

struct demo_make;
struct demo_make *demo_make_parse(struct demo_province *all, struct ym_str text, uint64_t salt);
void demo_make(const struct demo_make *make, const struct demo_row *row, struct ym_buf *out);
struct demo_axis demo_axis_parse(struct demo_province *all, struct ym_str text);
int64_t demo_age(int64_t person);                // in whole years, on 2026-09-01
const char *demo_day(int64_t days, char to[16]); // 2026-09-01

struct demo_file;
struct demo_ugly {
    bool (*spoil)(struct ym_buf *cell, struct ym_str text); // false: it changes nothing here
    struct ym_str kind, text, reason;
    int64_t field, every, from; // field -1: of the whole row
};
struct demo_ugly demo_ugly_parse(const json_t *from, int64_t field);

// Where rows go: text in its encoding, or a workbook.
struct demo_out;
struct demo_look { // of a file
    struct ym_str name, encoding, separator, end;
    struct ym_str sheet; // of a workbook
    const json_t *before, *after;
    bool bom, ghosts;
    size_t n;
    struct ym_str titles[DEMO_FIELDS], groups[DEMO_FIELDS]; // groups: a line above the titles
    char kinds[DEMO_FIELDS]; // of a workbook: 'n' a number, 'd' a day, 't' text
};
typedef void demo_write(void *with, struct ym_str bytes);
struct demo_out *demo_out_new(const struct demo_look *look, demo_write *write, void *with);
void demo_out_row(struct demo_out *out, const struct ym_buf *cells, size_t n);
void demo_out_end(struct demo_out *out); // and frees
