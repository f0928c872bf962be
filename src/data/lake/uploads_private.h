/* data/lake/uploads_private: what uploads.c, writer.c and sweep.c share. */
#pragma once
#include "data/lake/lake_private.h"
#include "data/lake/uploads.h"

#include <openssl/evp.h>
#include <pthread.h>

enum { LAKE_UPLOAD_DAYS = 7, LAKE_HEX_DIGEST = 65 };

struct lake_writer {
    struct lake *lake;
    char id[LAKE_UPLOAD_ID + 1];
    int64_t size, begun, offset, synced;
    int fd;
    EVP_MD_CTX *whole; // of the file from its first byte; NULL where this writer has not all
    EVP_MD_CTX *piece; // of this writer's bytes, where they are checked
    unsigned char want[EVP_MAX_MD_SIZE];
    size_t n_want;
    bool broken; // a write failed: its bytes are not trusted
    // guarded by the lock of lake_writers:
    bool busy, lost;
    struct lake_writer *next;
};
struct lake_writers {
    pthread_mutex_t lock;
    pthread_cond_t idle;       // a writer is no longer busy
    struct lake_writer *first; // guarded by lock
};
struct lake_writers *lake_writers_new(void);
void lake_writers_free(struct lake_writers *writers);
void lake_writers_end(struct lake_writers *writers, const char *id); // whoever writes it now

// An id is 32 hex digits, so that a path made of it stays in the folder.
void lake_upload_path(const struct lake *lake, struct ym_str id, char path[4096]);
void lake_original_path(const struct lake *lake, struct ym_str digest, char path[4096]);
bool lake_disk_failed(struct ym_error *err, const char *what); // by errno
YM_MUST bool lake_file_digest(const char *path, char hex[LAKE_HEX_DIGEST], struct ym_error *err);
void lake_hex(const unsigned char *digest, char hex[LAKE_HEX_DIGEST]); // of 32 bytes
// The caller's own upload: everything but its offset.
YM_MUST bool lake_upload_row(const struct lake *lake, struct store *store,
                             const struct org_caller *caller, struct ym_str id,
                             struct ym_arena *arena, struct lake_upload *out, struct ym_error *err);
// For lake_receive: it must be whole; digest and size are there afterwards.
YM_MUST bool lake_upload_whole(struct lake *lake, const struct org_caller *caller, struct ym_str id,
                               struct ym_arena *arena, struct lake_upload *out,
                               struct ym_error *err);
