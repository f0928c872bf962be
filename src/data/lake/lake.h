/* data/lake: a load is a version on its way.
 *
 * received → checked → published ⇄ withdrawn → retired, or refused. The number is given at
 * `received`, never twice; one open load a dataset (YM_CONFLICT "lake.open_load"). Tables
 * lake.d<id> and lake.q<id> hold one partition a version; a version is what the control store's
 * row says (RELIABILITY.md 1.1, write order). Readers take the number once. Rows in = kept +
 * quarantined + duplicates, else the load is refused (YM_FAULT "lake.counts").
 */
#pragma once
#include "base/base.h"
#include "base/disk.h"
#include "base/json.h"
#include "data/catalog/catalog.h"
#include "data/collect/collect.h"
#include "data/quality/quality.h"
#include "host/engine/engine.h"
#include "host/jobs/jobs.h"
#include "host/store/store.h"
#include "trust/org/org.h"

// Table dataset_recipe, and the recipe of a version.
extern const char LAKE_SCHEMA_RECIPE[];
extern const char LAKE_NOTE_SCHEMA[]; // the note of a version
struct lake;
struct lake_options {
    struct store_pool *pool;
    struct engine *engine;
    struct jobs *const *jobs; // where jobs_start puts it: the lake is made before
    const char *originals;    // folder
    const char *incoming;     // folder of uploads
    int64_t upload_most;      // bytes of one
    const char *program;      // of yunmeng, for the reader
    const char *zone;
    bool demo;
    struct ym_disk_marks marks; // loads begin only above them; all 0: ym_disk_marks_default
};
YM_MUST bool lake_open(const struct lake_options *options, struct lake **out, struct ym_error *err);
void lake_close(struct lake *lake);
// Drops every partition, staging table and view that no published, checked or withdrawn version
// names and no running load owns; remakes views. At start, before loads run, and after the engine
// came back.
YM_MUST bool lake_recover(struct lake *lake, struct ym_error *err);

struct lake_load {
    int64_t id, dataset, version, job, size, received, published, account;
    int64_t base; // the load that it was made of by mending; 0: a file
    struct ym_str dataset_name, state, file, digest, report; // report: JSON text or none
    struct ym_str note;                                      // of its steward, or none
    struct collect_recipe recipe;                            // as said with the file
    struct ym_error problem;
    bool hold;
    bool said; // a recipe was; else the dataset's is used
};
struct lake_receive {
    struct ym_str dataset, file_name; // of the upload
    // One of three: an upload's id (data/lake/uploads.h), a load of this dataset whose original is
    // read again, or a received file, which is renamed into originals.
    struct ym_str upload;
    int64_t again;
    const char *path;
    int64_t size;
    const char *digest; // hex SHA-256, of `path`
    // How to read it. Said: it is used, and remembered by the dataset once the file was read so (an
    // empty one: everything is found, and what was remembered is forgotten). Not said: what the
    // dataset remembers is used.
    struct collect_recipe recipe;
    bool said;
    bool hold; // stop at checked
    struct ym_str idempotency_key;
};
// Keeps the original, writes the load row and its job in one transaction; out: the load.
YM_MUST bool lake_receive(struct lake *lake, const struct org_caller *caller,
                          const struct lake_receive *what, struct ym_arena *arena,
                          struct lake_load *out, struct ym_error *err);
bool lake_run_load(struct job *job, void *with,
                   struct ym_error *err); // kind "load.run"; with: struct lake
// A person stopped that job: its load is dropped.
bool lake_stop_load(struct job *job, void *with, struct ym_error *err);
// Kind "lake.derive", follows "version.published": what is derived from the current version is made
// again (the view by the dataset's name). with: struct lake
bool lake_derive(struct job *job, void *with, struct ym_error *err);
// Kind "lake.merge", follows "version.published": the version's rows become one part of the
// engine's files, when nobody has loaded for 10 s or after an hour. Its contents stay as they are.
bool lake_merge(struct job *job, void *with, struct ym_error *err);
YM_MUST bool lake_publish(struct lake *lake, const struct org_caller *caller, int64_t load,
                          struct ym_error *err);
YM_MUST bool lake_refuse(struct lake *lake, const struct org_caller *caller, int64_t load,
                         struct ym_error *err);
YM_MUST bool lake_load_get(struct lake *lake, const struct org_caller *caller, int64_t load,
                           struct ym_arena *arena, struct lake_load *out, struct ym_error *err);
// What its steward says about a checked or published load: kept with the version, seen by who sees
// it; at most 1,000 bytes (YM_INVALID "lake.note"), an empty one takes it away. A load that is
// neither: YM_CONFLICT "lake.state".
YM_MUST bool lake_note(struct lake *lake, const struct org_caller *caller, int64_t load,
                       struct ym_str note, struct ym_error *err);
struct lake_loads {
    struct lake_load *items;
    size_t n, cap;
    int64_t total;
};
YM_MUST bool lake_load_list(struct lake *lake, const struct org_caller *caller,
                            struct ym_str dataset, int64_t before, int64_t limit,
                            struct ym_arena *arena, struct lake_loads *out, struct ym_error *err);
// What a dataset remembers of how its files are read; those who may load it. Setting an empty one
// forgets it. Errors: those of collect_recipe_check, and as for loading.
YM_MUST bool lake_recipe(struct store_pool *pool, const struct org_caller *caller,
                         struct ym_str dataset, struct ym_arena *arena, struct collect_recipe *out,
                         struct ym_error *err);
YM_MUST bool lake_recipe_set(struct store_pool *pool, const struct org_caller *caller,
                             struct ym_str dataset, const struct collect_recipe *recipe,
                             struct ym_error *err);
// JSON {"items": […], "next", "total"} of quarantined rows.
YM_MUST bool lake_quarantine(struct lake *lake, const struct org_caller *caller, int64_t load,
                             struct ym_str code, struct ym_str column, struct ym_str after,
                             int64_t limit, struct ym_buf *out, struct ym_error *err);

// Files that explain a dataset: statutes, forms, code books; kept by digest among the originals, up
// to 64 MiB each and 50 a dataset. Seen by who knows the dataset, changed by its stewards.
struct lake_attachment {
    int64_t id, size, created;
    struct ym_str file, digest;
};
struct lake_attachments {
    struct lake_attachment *items;
    size_t n, cap;
};
YM_MUST bool lake_attach(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
                         struct ym_str file_name, const char *path, int64_t size,
                         const char *digest, struct ym_arena *arena, struct lake_attachment *out,
                         struct ym_error *err);
YM_MUST bool lake_attachment_list(struct lake *lake, const struct org_caller *caller,
                                  struct ym_str dataset, struct ym_arena *arena,
                                  struct lake_attachments *out, struct ym_error *err);
// Its bytes by a descriptor, which is the caller's.
YM_MUST bool lake_attachment_open(struct lake *lake, const struct org_caller *caller, int64_t id,
                                  struct ym_arena *arena, struct lake_attachment *out, int *fd,
                                  struct ym_error *err);
YM_MUST bool lake_attachment_drop(struct lake *lake, const struct org_caller *caller, int64_t id,
                                  struct ym_error *err);

struct lake_rows {
    struct ym_str dataset, where, fields, sort, after; // none: not given
    int64_t at;                                        // row number from 0; -1: not given
    int64_t limit, version;                            // version 0: current, or as of
    struct ym_str as_of; // RFC 3339, or a bare day: its end in the zone
};
// The whole answer of GET …/rows (docs/api.md, Rows).
YM_MUST bool lake_read(struct lake *lake, const struct org_caller *caller,
                       const struct lake_rows *what, struct ym_arena *arena, struct ym_buf *out,
                       struct ym_error *err);
/* Every row of a version as a file, filtered and with the chosen fields, in the order of the key
 * (of the file where there is none). The engine writes and we pass it on: memory does not grow with
 * the answer. CSV is RFC 4180 with names first, texts in quotes, a missing value as nothing between
 * the commas. `guard` is for spreadsheets: a text (or name) that begins with = + - @ TAB or CR gets
 * ' before it, and a byte order mark stands first, by which they know UTF-8. XLSX has at most
 * 1,048,575 rows (YM_TOO_LARGE "lake.xlsx_rows", and "lake.xlsx_cell" for a text over 32,767
 * characters). */
enum lake_format { LAKE_CSV, LAKE_NDJSON, LAKE_PARQUET, LAKE_XLSX, LAKE_FORMATS };
struct lake_export_ask {
    struct ym_str dataset, where, fields, as_of; // as of struct lake_rows
    int64_t version;
    enum lake_format format;
    bool guard;
};
struct lake_export; // with memory of its own; lives beyond the request
YM_MUST bool lake_export_open(struct lake *lake, const struct org_caller *caller,
                              const struct lake_export_ask *ask, struct lake_export **out,
                              struct ym_error *err);
const char *lake_export_type(const struct lake_export *export);   // media type
struct ym_str lake_export_file(const struct lake_export *export); // "space.name-v7.csv"
int64_t lake_export_version(const struct lake_export *export);
// Blocks until all is written; `stopped` ends the query, also where nothing comes.
YM_MUST bool lake_export_run(struct lake_export *export, http_write *write,
                             bool (*stopped)(void *with), void *with, struct ym_error *err);
void lake_export_close(struct lake_export *export);
const char *lake_format_name(enum lake_format format); // "csv", which is the file's ending too
YM_MUST bool lake_format_by_name(struct ym_str name, enum lake_format *out);

// `yunmeng check`: a file against a schema (NULL: proposed) in a private engine; out: the report.
struct lake_check {
    struct collect_request request;
    const json_t *schema; // or NULL
    const char *zone;
    bool demo;
    int today;    // YYYYMMDD in the zone (lake_today)
    int64_t size; // of the file, for progress
    void (*progress)(void *with, const char *stage, int64_t done, int64_t total);
    void *with;
};
int lake_today(const char *zone); // YYYYMMDD
YM_MUST bool lake_check_file(struct engine *engine, const struct lake_check *what, json_t **report,
                             struct ym_error *err);
