#include "face/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 20 };

static bool cannot(const char *what, const char *path, struct ym_error *err)
{
    ym_fail(err,
            errno == ENOENT   ? YM_NOT_FOUND
            : errno == EACCES ? YM_DENIED
                              : YM_FAULT,
            "file.open", "cannot %s '%s': %s", what, path, strerror(errno));
    return ym_about(err, ym_str(path));
}

bool cli_read_file(const char *path, struct ym_arena *arena, struct ym_str *out,
                   struct ym_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct ym_buf text = {.limit = FILE_LIMIT};
    char piece[16384];
    ssize_t n;

    if (fd < 0)
        return cannot("open", path, err);
    while ((n = read(fd, piece, sizeof piece)) > 0)
        ym_buf_add(&text, (struct ym_str){piece, (size_t)n});
    close(fd);
    if (n < 0) {
        ym_buf_clear(&text);
        return cannot("read", path, err);
    }
    if (text.full) {
        ym_buf_clear(&text);
        ym_fail(err, YM_TOO_LARGE, "file.size", "'%s' has more than %d bytes", path, FILE_LIMIT);
        return ym_about(err, ym_str(path));
    }
    *out = ym_arena_str(arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    return true;
}

bool cli_write_file(const char *path, struct ym_str text, unsigned mode, struct ym_error *err)
{
    char temporary[4096], folder[4096];
    bool ok = false;

    snprintf(temporary, sizeof temporary, "%s.new", path);
    snprintf(folder, sizeof folder, "%s", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return cannot("write", temporary, err);
    for (size_t at = 0; at < text.n;) {
        ssize_t n = write(fd, text.p + at, text.n - at);
        if (n < 0)
            goto out;
        at += (size_t)n;
    }
    if (fsync(fd) != 0 || rename(temporary, path) != 0)
        goto out;
    int dir = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = dir >= 0 && fsync(dir) == 0;
    if (dir >= 0)
        close(dir);
out:
    if (!ok)
        cannot("write", path, err);
    close(fd);
    return ok;
}
