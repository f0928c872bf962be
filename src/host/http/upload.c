#include "base/disk.h"
#include "host/http/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SYNC_EACH = 4 * 1024 * 1024 };

static bool broken(struct ym_error *err, const char *what)
{
    if (errno == ENOSPC || errno == EDQUOT) {
        ym_fail(err, YM_FULL, "http.full", "the disk is full");
        return ym_hint(err, "Free space on the server's disk, then send the file again.");
    }
    return ym_fail(err, YM_FAULT, "http.incoming", "%s: %s", what, strerror(errno));
}

// What is accepted already keeps its room.
static bool has_room(const struct http_connection *turn, struct ym_error *err)
{
    int64_t size = turn->head.length > 0 ? turn->head.length : 0;

    return ym_disk_takes(turn->server->incoming, &turn->server->options.marks, size, err);
}

bool http_upload_open(struct http_connection *turn, struct ym_error *err)
{
    struct http_upload *upload = &turn->upload;
    uint64_t number = atomic_fetch_add(&turn->server->uploads, 1);

    if (!has_room(turn, err))
        return false;
    (void)snprintf(upload->path, sizeof upload->path, "%s/up-%lld-%llu", turn->server->incoming,
                   (long long)ym_now(), (unsigned long long)number);
    upload->fd = open(upload->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (upload->fd < 0)
        return broken(err, "a file for the upload cannot be made");
    upload->digest = EVP_MD_CTX_new();
    if (!upload->digest || EVP_DigestInit_ex(upload->digest, EVP_sha256(), NULL) != 1)
        return ym_fail(err, YM_FAULT, "http.incoming", "no SHA-256");
    return true;
}

bool http_upload_put(struct http_connection *turn, struct ym_error *err)
{
    struct http_upload *upload = &turn->upload;
    struct ym_str bytes = ym_buf_str(&turn->body);

    if (EVP_DigestUpdate(upload->digest, bytes.p, bytes.n) != 1)
        return ym_fail(err, YM_FAULT, "http.incoming", "no SHA-256");
    while (bytes.n > 0) {
        ssize_t n = write(upload->fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR)
            return broken(err, "the upload cannot be written");
        if (n > 0) {
            bytes = ym_str_sub(bytes, (size_t)n, bytes.n);
            upload->size += n;
        }
    }
    turn->body.n = 0;
    // The disk begins at once, so that the sync at the end does not wait for the whole file; nobody
    // waits here, and an error is kept by the kernel for that sync.
    if (upload->size - upload->synced >= SYNC_EACH) {
        (void)sync_file_range(upload->fd, upload->synced, upload->size - upload->synced,
                              SYNC_FILE_RANGE_WRITE);
        upload->synced = upload->size;
    }
    return true;
}

bool http_upload_end(struct http_connection *turn, struct ym_error *err)
{
    struct http_upload *upload = &turn->upload;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!http_upload_put(turn, err))
        return false;
    if (EVP_DigestFinal_ex(upload->digest, digest, &n) != 1)
        return ym_fail(err, YM_FAULT, "http.incoming", "no SHA-256");
    if (fdatasync(upload->fd) != 0)
        return broken(err, "the upload cannot be made durable");
    close(upload->fd);
    upload->fd = -1;
    for (unsigned i = 0; i < n && i < 32; i++)
        (void)snprintf(turn->rq.digest + (size_t)i * 2, 3, "%02x", digest[i]);
    turn->rq.file = upload->path;
    turn->rq.file_size = upload->size;
    return true;
}

void http_upload_drop(struct http_upload *upload)
{
    if (upload->fd >= 0)
        close(upload->fd);
    upload->fd = -1;
    if (upload->path[0])
        (void)unlink(upload->path); // already renamed where the handler took it
    upload->path[0] = '\0';
    EVP_MD_CTX_free(upload->digest);
    upload->digest = NULL;
}

void http_upload_sweep(const char *incoming)
{
    DIR *folder = opendir(incoming);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (strncmp(entry->d_name, "up-", 3) == 0)
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
}
