#include "data/lake/uploads_private.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNC_EACH = 4 * 1024 * 1024 };

struct lake_writers *lake_writers_new(void)
{
    struct lake_writers *writers = calloc(1, sizeof *writers);

    if (!writers)
        abort();
    pthread_mutex_init(&writers->lock, NULL);
    pthread_cond_init(&writers->idle, NULL);
    return writers;
}

void lake_writers_free(struct lake_writers *writers)
{
    if (!writers)
        return;
    pthread_cond_destroy(&writers->idle);
    pthread_mutex_destroy(&writers->lock);
    free(writers);
}

static struct lake_writer *find(const struct lake_writers *writers, const char *id)
{
    struct lake_writer *writer = writers->first;

    while (writer && strcmp(writer->id, id) != 0)
        writer = writer->next;
    return writer;
}

static void take_out(struct lake_writers *writers, struct lake_writer *writer)
{
    struct lake_writer **at = &writers->first;

    while (*at && *at != writer)
        at = &(*at)->next;
    if (*at)
        *at = writer->next;
}

// With the lock. Its write in progress is waited for; it writes no more.
static void end_writer(struct lake_writers *writers, const char *id)
{
    struct lake_writer *writer;

    while ((writer = find(writers, id))) {
        writer->lost = true;
        if (!writer->busy)
            take_out(writers, writer);
        else
            pthread_cond_wait(&writers->idle, &writers->lock);
    }
}

void lake_writers_end(struct lake_writers *writers, const char *id)
{
    pthread_mutex_lock(&writers->lock);
    end_writer(writers, id);
    pthread_mutex_unlock(&writers->lock);
}

static bool enter(struct lake_writer *writer, struct ym_error *err)
{
    struct lake_writers *writers = writer->lake->writers;

    pthread_mutex_lock(&writers->lock);
    bool mine = !writer->lost;
    writer->busy = mine;
    pthread_mutex_unlock(&writers->lock);
    if (mine)
        return true;
    ym_fail(err, YM_CONFLICT, "lake.upload_taken", "another connection goes on with this upload");
    return ym_hint(err, "Ask for the offset again before sending more.");
}

static void leave(struct lake_writer *writer)
{
    struct lake_writers *writers = writer->lake->writers;

    pthread_mutex_lock(&writers->lock);
    writer->busy = false;
    pthread_cond_broadcast(&writers->idle);
    pthread_mutex_unlock(&writers->lock);
}

static void free_writer(struct lake_writer *writer)
{
    struct lake_writers *writers = writer->lake->writers;

    pthread_mutex_lock(&writers->lock);
    take_out(writers, writer);
    writer->busy = false;
    pthread_cond_broadcast(&writers->idle);
    pthread_mutex_unlock(&writers->lock);
    if (writer->fd >= 0)
        close(writer->fd);
    EVP_MD_CTX_free(writer->whole);
    EVP_MD_CTX_free(writer->piece);
    free(writer);
}

static EVP_MD_CTX *begin_digest(const EVP_MD *kind)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();

    if (!digest || EVP_DigestInit_ex(digest, kind, NULL) != 1)
        abort(); // both are in every build of the library
    return digest;
}

static bool wrong_offset(int64_t said, int64_t is, struct ym_error *err)
{
    ym_fail(err, YM_CONFLICT, "lake.upload_offset", "the upload ends at %lld, not at %lld",
            (long long)is, (long long)said);
    return ym_hint(err, "Ask for the offset (HEAD) and go on from there.");
}

static bool too_long(int64_t size, struct ym_error *err)
{
    ym_fail(err, YM_TOO_LARGE, "lake.upload_size", "the upload is over its %lld bytes",
            (long long)size);
    return ym_hint(err, "Send no more than the Upload-Length that was promised.");
}

static bool open_file(struct lake_writer *writer, const struct lake_piece *piece,
                      struct ym_error *err)
{
    char path[4096];
    struct stat facts;

    lake_upload_path(writer->lake, ym_str(writer->id), path);
    writer->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (writer->fd < 0 && errno == ENOENT) // a load has it already
        return wrong_offset(piece->offset, writer->size, err);
    if (writer->fd < 0 || fstat(writer->fd, &facts) != 0)
        return lake_disk_failed(err, "the upload cannot be opened");
    writer->offset = writer->synced = writer->begun = facts.st_size;
    if (piece->offset != writer->offset)
        return wrong_offset(piece->offset, writer->offset, err);
    if (piece->length > writer->size - writer->offset)
        return too_long(writer->size, err);
    if (writer->offset == 0)
        writer->whole = begin_digest(EVP_sha256());
    if (piece->check)
        writer->piece = begin_digest(strcmp(piece->check, "sha1") == 0 ? EVP_sha1() : EVP_sha256());
    return true;
}

bool lake_writer_open(struct lake *lake, const struct org_caller *caller,
                      const struct lake_piece *piece, struct lake_writer **out,
                      struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct lake_upload upload = {0};
    struct store *store = NULL;

    *out = NULL;
    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = lake_upload_row(lake, store, caller, piece->id, &arena, &upload, err);
    store_give(lake->options.pool, store);
    if (ok) {
        struct lake_writer *writer = calloc(1, sizeof *writer);
        if (!writer)
            abort();
        *writer = (struct lake_writer){.lake = lake, .fd = -1, .size = upload.size, .busy = true};
        memcpy(writer->id, upload.id.p, LAKE_UPLOAD_ID);
        writer->n_want = piece->digest.n < sizeof writer->want ? piece->digest.n : 0;
        if (writer->n_want > 0)
            memcpy(writer->want, piece->digest.p, writer->n_want);
        pthread_mutex_lock(&lake->writers->lock);
        end_writer(lake->writers, writer->id);
        writer->next = lake->writers->first;
        lake->writers->first = writer;
        pthread_mutex_unlock(&lake->writers->lock);
        ok = open_file(writer, piece, err);
        if (ok) {
            leave(writer);
            *out = writer;
        } else {
            free_writer(writer);
        }
    }
    ym_arena_clear(&arena);
    return ok;
}

static bool write_all(struct lake_writer *writer, struct ym_str bytes, struct ym_error *err)
{
    while (bytes.n > 0) {
        ssize_t n = write(writer->fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR)
            return lake_disk_failed(err, "the upload cannot be written");
        if (n <= 0)
            continue;
        if ((writer->whole && EVP_DigestUpdate(writer->whole, bytes.p, (size_t)n) != 1) ||
            (writer->piece && EVP_DigestUpdate(writer->piece, bytes.p, (size_t)n) != 1))
            return ym_fail(err, YM_FAULT, "lake.incoming", "no digest of the upload");
        bytes = ym_str_sub(bytes, (size_t)n, bytes.n);
        writer->offset += n;
    }
    return true;
}

static bool put(struct lake_writer *writer, struct ym_str bytes, struct ym_error *err)
{
    if ((int64_t)bytes.n > writer->size - writer->offset)
        return too_long(writer->size, err);
    if (!write_all(writer, bytes, err)) {
        writer->broken = true;
        return false;
    }
    // In pieces, so that the last sync does not wait for the whole file.
    if (writer->offset - writer->synced < SYNC_EACH)
        return true;
    if (fdatasync(writer->fd) != 0) {
        writer->broken = true;
        return lake_disk_failed(err, "the upload cannot be made durable");
    }
    writer->synced = writer->offset;
    return true;
}

bool lake_writer_put(struct lake_writer *writer, struct ym_str bytes, struct ym_error *err)
{
    if (!enter(writer, err))
        return false;
    bool ok = put(writer, bytes, err);
    leave(writer);
    return ok;
}

static bool as_promised(struct lake_writer *writer, struct ym_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!writer->piece)
        return true;
    if (EVP_DigestFinal_ex(writer->piece, digest, &n) == 1 && n == writer->n_want &&
        CRYPTO_memcmp(digest, writer->want, n) == 0)
        return true;
    if (ftruncate(writer->fd, writer->begun) != 0)
        return lake_disk_failed(err, "the wrong bytes cannot be taken back");
    ym_fail(err, YM_INVALID, "http.tus_checksum", "the bytes have another digest than promised");
    return ym_hint(err, "Send this piece again: it was changed on its way.");
}

static const char SQL_WHOLE[] = "UPDATE upload SET digest = :digest WHERE id = :id";
static bool keep_digest(struct lake_writer *writer, struct ym_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char path[4096], hex[LAKE_HEX_DIGEST];
    struct store *store = NULL;

    lake_upload_path(writer->lake, ym_str(writer->id), path);
    if (writer->whole && EVP_DigestFinal_ex(writer->whole, digest, NULL) == 1)
        lake_hex(digest, hex);
    else if (!lake_file_digest(path, hex, err))
        return false;
    if (!store_take(writer->lake->options.pool, &store, err))
        return false;
    bool ok = store_run(store, SQL_WHOLE,
                        YM_ARGS(ym_text("digest", ym_str(hex)), ym_text("id", ym_str(writer->id))),
                        NULL, err);
    store_give(writer->lake->options.pool, store);
    return ok;
}

bool lake_writer_close(struct lake_writer *writer, int64_t *offset, struct ym_error *err)
{
    bool ok = enter(writer, err);

    if (ok) {
        ok = as_promised(writer, err);
        if (ok && fdatasync(writer->fd) != 0)
            ok = lake_disk_failed(err, "the upload cannot be made durable");
        *offset = writer->offset;
        if (ok && writer->offset == writer->size)
            ok = keep_digest(writer, err);
    }
    free_writer(writer);
    return ok;
}

void lake_writer_drop(struct lake_writer *writer, struct ym_str rest)
{
    struct ym_error err = {0};

    if (!writer)
        return;
    if (enter(writer, &err)) {
        // Bytes that came are kept, but for those that were to be checked: nobody can, now.
        if (writer->piece || writer->broken)
            (void)!ftruncate(writer->fd, writer->piece ? writer->begun : writer->synced);
        else if (!put(writer, rest, &err))
            ym_log_error(YM_WARN, "lake.upload_cut", &err);
        (void)fdatasync(writer->fd); // asked again before anyone is told of the offset
    }
    free_writer(writer);
}
