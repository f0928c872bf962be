#include "service/upkeep/files.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <libgen.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20, DEPTH = 16 };

static bool cannot(const char *what, const char *path, struct ym_error *err)
{
    int why = errno;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    if (why == ENOSPC || why == EDQUOT) {
        ym_fail(err, YM_FULL, "disk.low", "no room is left for '%s'", name);
        ym_hint(err, "Free space where the backups lie, or name another folder by backup.path.");
    } else {
        ym_fail(err, YM_FAULT, "upkeep.file", "cannot %s '%s': %s", what, name, strerror(why));
        ym_hint(err, "Check that the folder exists and belongs to the server's user.");
    }
    return ym_about(err, ym_str(name));
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, bytes, n);
        if (k < 0 && errno != EINTR)
            return false;
        if (k > 0) {
            bytes += k;
            n -= (size_t)k;
        }
    }
    return true;
}

// Reads `from` to its end; what is read goes into the digest and, where `to` is one, to `to`.
static bool pump(int from, int to, char digest[FILES_DIGEST], int64_t *size)
{
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    unsigned char raw[EVP_MAX_MD_SIZE];
    char *piece = malloc(PIECE);
    unsigned n_raw = 0;
    ssize_t n = -1;

    if (!sum || !piece)
        abort();
    *size = 0;
    bool ok = EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1;
    while (ok && (n = read(from, piece, PIECE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0 && EVP_DigestUpdate(sum, piece, (size_t)n) == 1 &&
             (to < 0 || write_all(to, piece, (size_t)n));
        *size += n > 0 ? n : 0;
    }
    ok = ok && n == 0 && EVP_DigestFinal_ex(sum, raw, &n_raw) == 1;
    for (unsigned i = 0; ok && i < n_raw && i < 32; i++)
        snprintf(digest + (size_t)i * 2, 3, "%02x", raw[i]);
    int why = errno;
    EVP_MD_CTX_free(sum);
    free(piece);
    errno = why;
    return ok;
}

bool upkeep_files_digest(const char *path, char digest[FILES_DIGEST], int64_t *size,
                         struct ym_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && pump(fd, -1, digest, size);

    if (!ok)
        cannot("read", path, err);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool upkeep_files_copy(const char *from, const char *to, char digest[FILES_DIGEST], int64_t *size,
                       struct ym_error *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = -1;
    bool ok = false;

    if (in < 0)
        return cannot("read", from, err);
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    ok = out >= 0 && pump(in, out, digest, size) && fsync(out) == 0;
    if (!ok)
        cannot("write", to, err);
    if (out >= 0)
        close(out);
    close(in);
    return ok;
}

bool upkeep_files_sync(const char *folder, struct ym_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (!ok)
        cannot("sync", folder, err);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool sync_parent(const char *path, struct ym_error *err)
{
    char copy[4096];

    snprintf(copy, sizeof copy, "%s", path);
    return upkeep_files_sync(dirname(copy), err);
}

bool upkeep_files_rename(const char *from, const char *to, struct ym_error *err)
{
    if (rename(from, to) != 0)
        return cannot("rename", from, err);
    return sync_parent(to, err);
}

bool upkeep_files_write(const char *path, struct ym_str text, struct ym_error *err)
{
    char beside[4096];

    snprintf(beside, sizeof beside, "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write_all(fd, text.p, text.n) && fsync(fd) == 0;
    if (!ok)
        cannot("write", beside, err);
    if (fd >= 0)
        close(fd);
    return ok && upkeep_files_rename(beside, path, err);
}

bool upkeep_files_folder(const char *path, struct ym_error *err)
{
    if (mkdir(path, 0700) == 0)
        return sync_parent(path, err);
    return errno == EEXIST || cannot("make", path, err);
}

bool upkeep_files_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *where)
{
    (void)facts, (void)kind, (void)where;
    return remove(path);
}

bool upkeep_files_remove_tree(const char *path, struct ym_error *err)
{
    if (!upkeep_files_there(path) || nftw(path, remove_one, DEPTH, FTW_DEPTH | FTW_PHYS) == 0)
        return true;
    return cannot("remove", path, err);
}

static int by_bytes(const void *a, const void *b)
{
    return ym_str_cmp(*(const struct ym_str *)a, *(const struct ym_str *)b);
}

bool upkeep_files_walk(const char *folder, struct ym_arena *arena, struct upkeep_files *out,
                       struct ym_error *err)
{
    size_t cut = strlen(folder) + 1;
    const FTSENT *entry;

    *out = (struct upkeep_files){0};
    if (!upkeep_files_there(folder))
        return true;
    FTS *walk = fts_open((char *[]){(char *)folder, NULL}, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    errno = 0;
    while (walk && (entry = fts_read(walk))) {
        if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR) {
            errno = entry->fts_errno;
            break;
        }
        if (entry->fts_info != FTS_F)
            continue;
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = ym_arena_str(arena, ym_str(entry->fts_path + cut));
    }
    int why = errno;
    if (walk)
        fts_close(walk);
    errno = why;
    if (!walk || why != 0)
        return cannot("read", folder, err);
    if (out->n > 1)
        qsort(out->items, out->n, sizeof *out->items, by_bytes);
    return true;
}
