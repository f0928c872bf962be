/* data/quality: a Table Schema compiled to one SQL pass; proposals of types; the report.
 *
 * Schema: Frictionless Table Schema v1 with v2's per-field `missingValues`, and ours: `scale` (a
 * number with it is a decimal: exact; without it a double), `semantic` (resident_id, credit_code,
 * region, phone, vin), `unit`, `zone`, `residual` (the reasons for which a steward may accept a
 * row), and on the schema `equalRepeats: "drop"`. What is not known
 * is refused: errors are YM_INVALID "schema.*" with the place as subject. docs/schema.md is the
 * page for users and says what each type takes. A value is missing when its text is one of the
 * missing values (default ['']); nothing is mended silently but blanks around numbers, dates and
 * times.
 *
 * How it runs (ENGINE.md section 5): strings enter lake.in_LOAD (ENGINE = Null); view work_LOAD
 * computes typed cells and `_bad` once into lake.mid_LOAD (Null); views ok_LOAD and no_LOAD on that
 * write the good rows into lake.dDATASET and the quarantined into lake.qDATASET (_version, _pos,
 * _why Array(String), raw Array(String): all cells of the row, then those too many). Then
 * quality_settle looks at other rows: equal repeats and keys, with a small table fix_LOAD.
 * A `_why` is CODE or CODE:FIELD (the field's name begins behind the first colon), one a field and
 * row. Codes: required, type, pattern, minimum, maximum, minLength, maxLength, enum, unique, key
 * (missing key cell), reference, width, encoding, and the semantic's name. For a key of several
 * fields FIELD is their names joined by ", ".
 */
#pragma once
#include "base/base.h"
#include "base/json.h"
#include "host/engine/engine.h"
#include "pure/codes/codes.h"

enum { QUALITY_FIELDS_MAX = 5000 };
enum quality_type {
    QUALITY_STRING,
    QUALITY_INTEGER,
    QUALITY_NUMBER,
    QUALITY_BOOLEAN,
    QUALITY_DATE,
    QUALITY_DATETIME,
    QUALITY_TIME // kept as text HH:MM or HH:MM:SS
};
enum { QUALITY_TYPES = QUALITY_TIME + 1 };
struct quality_texts {
    struct ym_str *items;
    size_t n, cap;
};
struct quality_field {
    struct ym_str name; // as in rows and expressions; not beginning with `_`
    struct ym_str title_zh, title_en, unit, zone, description;
    enum quality_type type;
    struct ym_str format; // none: default (ISO); dates and datetimes: %Y/%m/%d …
    int scale;            // number: -1 double, else decimal, 0 to 18
    enum codes_semantic semantic;
    bool required, unique, key;
    bool indexed; // filters on it are to be quick: the table holds it in its own order too
    struct ym_str minimum, maximum, pattern; // none: not declared
    int64_t min_length, max_length;          // -1: not declared
    struct quality_texts values;             // enum
    struct quality_texts missing;            // own markers, where own_missing; else the schema's
    bool own_missing;
    struct quality_texts true_values, false_values; // n 0: the default ones
    struct quality_texts residual; // codes of reasons for which a row may be accepted
};
struct quality_reference {               // of foreignKeys: cells that another dataset must have
    struct quality_texts fields, theirs; // as many, in order
    struct ym_str resource;              // name of the other dataset; "": this one
    bool residual;                       // a row without its partner may be accepted
};
struct quality_schema {
    struct quality_field *fields;
    size_t n, cap;
    struct quality_texts missing;  // default ['']
    struct quality_texts key;      // field names of primaryKey, in order
    struct quality_texts *uniques; // uniqueKeys, each a list of field names
    size_t n_uniques, cap_uniques;
    struct quality_reference *references; // foreignKeys
    size_t n_references;
    bool drop_equal;
};
// Texts lie in the arena.
YM_MUST bool quality_schema_parse(const json_t *from, struct ym_arena *arena,
                                  struct quality_schema *out, struct ym_error *err);
// What only the engine can tell: a pattern that is no regular expression. "schema.pattern".
YM_MUST bool quality_schema_check(struct engine *engine, const struct quality_schema *schema,
                                  struct ym_error *err);
json_t *quality_schema_json(const struct quality_schema *schema);
const char *quality_type_name(enum quality_type type);
const struct quality_field *quality_field_of(const struct quality_schema *schema,
                                             struct ym_str name); // NULL: none of that name
// "Int64", "Nullable(Decimal(18, 2))", "Nullable(DateTime64(6, 'Asia/Shanghai'))" …
void quality_engine_type(const struct quality_field *field, const char *zone, struct ym_buf *sql);

// Which column of the file each field is: by name, else by a title; YM_INVALID "quality.column"
// names a field that the file lacks. map[i] is the column of field i; columns of no field are left
// out of dDATASET (raw of a quarantined row has them).
YM_MUST bool quality_match(const struct quality_schema *schema, const struct ym_str *columns,
                           size_t n_columns, struct ym_arena *arena, size_t **map,
                           struct ym_error *err);

// Where the partners of a reference are: the kept rows of one version.
struct quality_other {
    int64_t dataset, version;
    const struct quality_schema *schema;
};
struct quality_target {
    const char *database; // "lake"
    int64_t dataset, load, version;
    const char *zone;                   // for datetimes without one
    bool demo;                          // impossible people are taken
    int today;                          // YYYYMMDD
    const struct quality_other *others; // one a reference of the schema; NULL: none is checked
    bool accepted; // acc_LOAD (_pos, why) holds the rows that a steward accepted, a row a reason
};
struct quality_sql {       // SQL texts in the arena
    struct ym_str *before; // CREATE … IF NOT EXISTS of both tables, the Null tables, the views
    size_t n_before;
    struct ym_str insert; // INSERT INTO lake.in_LOAD … FORMAT Native
    struct ym_str *drop;  // takes the Null tables and views away again (IF EXISTS)
    size_t n_drop;
    struct ym_str count;                 // one line TSV: kept, quarantined of this version
    const struct quality_schema *schema; // of quality_compile, whose patterns quality_begin tries
};
YM_MUST bool quality_compile(const struct quality_schema *schema, const size_t *map,
                             size_t n_columns, const struct quality_target *target,
                             struct ym_arena *arena, struct quality_sql *out, struct ym_error *err);
// Run `before` (after quality_schema_check, and after dropping leftovers of the same load) and
// `drop`, with quality_settings.
YM_MUST bool quality_begin(struct engine *engine, const struct quality_sql *sql,
                           struct ym_error *err);
YM_MUST bool quality_end(struct engine *engine, const struct quality_sql *sql,
                         struct ym_error *err);
// DROPs of everything but dDATASET and qDATASET that a load may have left, staging too: at most
// `max` (9 suffice) texts in the arena; how many. No schema is needed: for recovery.
size_t quality_drop(const struct quality_target *target, struct ym_arena *arena, struct ym_str *out,
                    size_t max);
// Settings that the INSERT through the views (and quality_restage) needs: for wide tables.
struct ym_args quality_settings(void);

// Rows that a person changed travel as JSONCompactEachRow: [_pos, _fault, [_extra, …], c1, …].
// quality_trial: their reasons as lines [_pos, ["code:field", …]] by _pos, of each row alone; the
// rows are its parameter {rows:String}. Run with quality_settings.
struct ym_str quality_trial(const struct quality_schema *schema, const size_t *map,
                            size_t n_columns, const struct quality_target *target,
                            struct ym_arena *arena);
// A version made of another one of the same schema and columns, behind quality_begin.
struct quality_again {   // SQL texts in the arena, in the order of use
    struct ym_str make;  // CREATE of acc_LOAD
    struct ym_str note;  // INSERT of [_pos, why]: '' a row that is not carried over; see `accepted`
    struct ym_str copy;  // the kept rows of the base, as they are
    struct ym_str carry; // its quarantined rows through the checks, but those noted with ''
    struct ym_str insert; // INSERT of changed rows, through the checks
    struct ym_str take;   // INSERT of accepted rows into dDATASET, whatever their reasons
};
void quality_again(const struct quality_schema *schema, const size_t *map, size_t n_columns,
                   const struct quality_target *target, int64_t base, struct ym_arena *arena,
                   struct quality_again *out);

struct quality_counts {
    int64_t in, kept, quarantined, duplicates;
    int64_t dropped, accepted; // by a steward; left alone here
};
/* After the last row: quarantines rows whose partner another dataset lacks (but the accepted),
 * drops equal repeats where declared, quarantines further rows of a key, a unique key or a unique
 * field (the first in the file's order stays), and counts: kept and quarantined from the tables,
 * duplicates as they were found; `in` is left alone. Without a key, drop or unique field only
 * counts. */
YM_MUST bool quality_settle(struct engine *engine, const struct quality_schema *schema,
                            const size_t *map, size_t n_columns,
                            const struct quality_target *target, struct quality_counts *counts,
                            struct ym_error *err);

/* The engine would merge the parts of a load while it runs (13.3 s instead of 11.0): they may wait
 * for the end of the load, and for lake.merge behind its publication. It forgets this when it ends.
 */
YM_MUST bool quality_merges(struct engine *engine, const struct quality_target *target, bool go,
                            struct ym_error *err);

// Staging of a file whose schema is not settled: CREATE of s_LOAD (all strings), its INSERT, its
// DROP.
void quality_stage(size_t n_columns, const struct quality_target *target, struct ym_arena *arena,
                   struct quality_sql *out);
// Looks at the whole staged column and proposes name, type, kind, format, semantic, missing
// markers.
YM_MUST bool quality_propose(struct engine *engine, const struct ym_str *columns, size_t n_columns,
                             const struct quality_target *target, struct ym_arena *arena,
                             struct quality_schema *out, struct ym_error *err);
// INSERT INTO in_LOAD SELECT … FROM s_LOAD.
struct ym_str quality_restage(size_t n_columns, const struct quality_target *target,
                              struct ym_arena *arena);

// The report's `columns` and `reasons` (docs/api.md, Report), from the tables of this version.
// `rows` kept: up to 1,000,000 distinct values are counted exactly, above approximately.
YM_MUST bool quality_columns(struct engine *engine, const struct quality_schema *schema,
                             const struct quality_target *target, int64_t rows, json_t **out,
                             struct ym_error *err);
YM_MUST bool quality_reasons(struct engine *engine, const struct quality_schema *schema,
                             const size_t *map, const struct quality_target *target, json_t **out,
                             struct ym_error *err);
