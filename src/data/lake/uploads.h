/* data/lake/uploads: a file on its way in, by pieces, over lines that break.
 *
 * An upload is a row (who, how long, its name) and a file of the incoming folder by its id; how far
 * it is, the file's size says, and nothing else. Bytes are synced each 4 MiB and when the writer
 * ends, so what lake_upload_get tells is durable; after a kill the next writer goes on from there.
 * One writer an upload: a newer one, or a question that takes over, ends the older one, since a
 * client that asks has lost its line (CONFLICT "lake.upload_taken" to the old one). SHA-256 in
 * constant memory: on the way where one writer had all the bytes, else by reading the file again at
 * its end. An upload belongs to the server whose folder it lies in. It is over after 7 days; then
 * lake_sweep removes it, and with it originals that no version names and nobody touched for 7 days.
 *
 * Who: stewards and administrators; another account's upload is not found. Bounds: name 255 bytes,
 * metadata 4 KiB, 20 uploads an account (LIMITED "lake.upload_many"), 500 a server, and the disk's
 * reserve counting what is promised (FULL "lake.disk"). Other errors: INVALID "lake.upload_length",
 * "lake.upload_name"; TOO_LARGE "lake.upload_size"; NOT_FOUND "lake.no_upload"; CONFLICT
 * "lake.upload_offset" (the writer's place is not the file's end), "lake.upload_open" (not whole
 * yet); FAULT "lake.incoming". Any thread; a writer belongs to one at a time.
 */
#pragma once
#include "data/lake/lake.h"

extern const char LAKE_UPLOADS_1[];

enum { LAKE_UPLOAD_ID = 32, LAKE_UPLOAD_METADATA = 4096 };
struct lake_upload {                          // texts in the arena
    struct ym_str id, name, metadata, digest; // digest: hex, none while it is not whole
    int64_t size, offset, created, expires;
};
YM_MUST bool lake_upload_new(struct lake *lake, const struct org_caller *caller, int64_t size,
                             struct ym_str name, struct ym_str metadata, struct ym_arena *arena,
                             struct lake_upload *out, struct ym_error *err);
// take_over: whoever writes it now is ended first, so that `offset` stands still.
YM_MUST bool lake_upload_get(struct lake *lake, const struct org_caller *caller, struct ym_str id,
                             bool take_over, struct ym_arena *arena, struct lake_upload *out,
                             struct ym_error *err);
YM_MUST bool lake_upload_drop(struct lake *lake, const struct org_caller *caller, struct ym_str id,
                              struct ym_error *err);

struct lake_writer;
// `length` -1: not known beforehand. `check`: "sha1" or "sha256" with the digest that the bytes of
// this writer shall have, or NULL: then they are kept where the line breaks.
struct lake_piece {
    struct ym_str id;
    int64_t offset, length;
    const char *check;
    struct ym_str digest; // raw bytes
};
YM_MUST bool lake_writer_open(struct lake *lake, const struct org_caller *caller,
                              const struct lake_piece *piece, struct lake_writer **out,
                              struct ym_error *err);
YM_MUST bool lake_writer_put(struct lake_writer *writer, struct ym_str bytes, struct ym_error *err);
// Syncs, checks (INVALID "http.tus_checksum": the piece is taken back), frees the writer in any
// case. Where the file is whole its digest goes into the row.
YM_MUST bool lake_writer_close(struct lake_writer *writer, int64_t *offset, struct ym_error *err);
void lake_writer_drop(struct lake_writer *writer, struct ym_str rest); // the line broke; NULL: none

// What a person sees before a load: a finished upload, or a load's original, as this recipe reads
// it: collect_preview's document and problem.
struct lake_preview {
    struct ym_str upload; // or none: `load`
    int64_t load;
    struct collect_recipe recipe;
    size_t rows;
};
YM_MUST bool lake_preview_file(struct lake *lake, const struct org_caller *caller,
                               const struct lake_preview *what, json_t **out,
                               struct ym_error *problem, struct ym_error *err);

// Kind "lake.sweep": what is over goes. with: struct lake
bool lake_sweep(struct job *job, void *with, struct ym_error *err);
