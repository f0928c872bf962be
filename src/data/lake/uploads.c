#include "data/lake/uploads_private.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OF_ACCOUNT = 20, OF_SERVER = 500, NAME_BYTES = 255, READ_BYTES = 256 * 1024 };

const char LAKE_UPLOADS_1[] =
    "CREATE TABLE upload ("
    " id TEXT PRIMARY KEY,"     // 128 random bits, hex
    " account BIGINT NOT NULL," // 0: the machine's operator
    " server BIGINT NOT NULL,"
    " size BIGINT NOT NULL,"
    " name TEXT NOT NULL,"
    " metadata TEXT NOT NULL," // Upload-Metadata as it came
    " created BIGINT NOT NULL,"
    " expires BIGINT NOT NULL,"
    " digest TEXT);"
    "CREATE INDEX upload_account ON upload (account);"
    "CREATE INDEX upload_expires ON upload (expires);";

void lake_upload_path(const struct lake *lake, struct ym_str id, char path[4096])
{
    (void)snprintf(path, 4096, "%s/%.*s", lake->options.incoming, YM_FMT(id));
}

void lake_original_path(const struct lake *lake, struct ym_str digest, char path[4096])
{
    (void)snprintf(path, 4096, "%s/%.2s/%.*s", lake->options.originals, digest.p, YM_FMT(digest));
}

bool lake_disk_failed(struct ym_error *err, const char *what)
{
    if (errno == ENOSPC || errno == EDQUOT) {
        ym_fail(err, YM_FULL, "lake.disk", "the disk has no room for the file");
        return ym_hint(err, "Free some space on the server, then go on with the upload.");
    }
    return ym_fail(err, YM_FAULT, "lake.incoming", "%s: %s", what, strerror(errno));
}

void lake_hex(const unsigned char *digest, char hex[LAKE_HEX_DIGEST])
{
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(hex + i * 2, 3, "%02x", digest[i]);
}

bool lake_file_digest(const char *path, char hex[LAKE_HEX_DIGEST], struct ym_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    char *bytes = malloc(READ_BYTES);
    bool ok = false;
    ssize_t n = 0;

    if (!bytes)
        abort();
    if (fd < 0 || !sum || EVP_DigestInit_ex(sum, EVP_sha256(), NULL) != 1)
        goto out;
    while ((n = read(fd, bytes, READ_BYTES)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && EVP_DigestUpdate(sum, bytes, (size_t)n) != 1)
            goto out;
    ok = n == 0 && EVP_DigestFinal_ex(sum, digest, NULL) == 1;
out:
    if (ok)
        lake_hex(digest, hex);
    else
        lake_disk_failed(err, "the upload cannot be read");
    free(bytes);
    EVP_MD_CTX_free(sum);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool no_upload(struct ym_str id, struct ym_error *err)
{
    ym_fail(err, YM_NOT_FOUND, "lake.no_upload", "there is no upload '%.*s'", YM_FMT(id));
    ym_hint(err, "It was loaded, dropped, or is over after %d days: begin a new one.",
            LAKE_UPLOAD_DAYS);
    return ym_about(err, id);
}

static bool is_id(struct ym_str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!strchr("0123456789abcdef", id.p[i]) || !id.p[i])
            return false;
    return id.n == LAKE_UPLOAD_ID;
}

static bool may_upload(const struct org_caller *caller, struct ym_error *err)
{
    return org_need_role(caller, ORG_ROLE_BIT(ORG_STEWARD) | ORG_ROLE_BIT(ORG_ADMINISTRATOR), err);
}

static const char SQL_ROW[] =
    "SELECT id, name, metadata, digest, size, created, expires"
    " FROM upload WHERE id = :id AND account = :account"
    " AND server = :server AND expires > :now";
bool lake_upload_row(const struct lake *lake, struct store *store, const struct org_caller *caller,
                     struct ym_str id, struct ym_arena *arena, struct lake_upload *out,
                     struct ym_error *err)
{
    struct store_rows *rows = NULL;
    bool found = false;

    if (!may_upload(caller, err))
        return false;
    if (!is_id(id))
        return no_upload(id, err);
    if (!store_ask(store, SQL_ROW,
                   YM_ARGS(ym_text("id", id), ym_int("account", caller->account),
                           ym_int("server", store_pool_server(lake->options.pool)),
                           ym_int("now", ym_now())),
                   &rows, err))
        return false;
    if (store_next(rows, err)) {
        found = true;
        *out = (struct lake_upload){
            .id = ym_arena_str(arena, store_text(rows, 0)),
            .name = ym_arena_str(arena, store_text(rows, 1)),
            .metadata = ym_arena_str(arena, store_text(rows, 2)),
            .size = store_int(rows, 4),
            .created = store_int(rows, 5),
            .expires = store_int(rows, 6),
        };
        if (!store_null(rows, 3))
            out->digest = ym_arena_str(arena, store_text(rows, 3));
    }
    return store_rows_close(rows, err) && (found || no_upload(id, err));
}

static bool row(struct lake *lake, const struct org_caller *caller, struct ym_str id,
                struct ym_arena *arena, struct lake_upload *out, struct ym_error *err)
{
    struct store *store = NULL;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = lake_upload_row(lake, store, caller, id, arena, out, err);
    store_give(lake->options.pool, store);
    return ok;
}

// What was written before a kill may not be on the disk yet: it is before anyone is told of it.
static bool durable_size(const struct lake *lake, struct lake_upload *upload, struct ym_error *err)
{
    char path[4096];
    struct stat facts;

    lake_upload_path(lake, upload->id, path);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        // Moved to the originals by a load whose row was not written.
        upload->offset = upload->digest.p ? upload->size : 0;
        return true;
    }
    bool ok = fd >= 0 && fdatasync(fd) == 0 && fstat(fd, &facts) == 0;
    if (ok)
        upload->offset = facts.st_size;
    else
        lake_disk_failed(err, "the upload cannot be made durable");
    if (fd >= 0)
        close(fd);
    return ok;
}

bool lake_upload_get(struct lake *lake, const struct org_caller *caller, struct ym_str id,
                     bool take_over, struct ym_arena *arena, struct lake_upload *out,
                     struct ym_error *err)
{
    if (!row(lake, caller, id, arena, out, err))
        return false;
    if (take_over)
        lake_writers_end(lake->writers, out->id.p);
    return durable_size(lake, out, err);
}

static const char SQL_PROMISED[] = "SELECT id, account, size FROM upload WHERE server = :server";
struct promised {
    int64_t own, all; // uploads
    int64_t bytes;    // that are still to come
};
static bool count_promised(struct lake *lake, struct store *store, int64_t account,
                           struct promised *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    char path[4096];
    struct stat facts;

    if (!store_ask(store, SQL_PROMISED,
                   YM_ARGS(ym_int("server", store_pool_server(lake->options.pool))), &rows, err))
        return false;
    while (store_next(rows, err)) {
        lake_upload_path(lake, store_text(rows, 0), path);
        int64_t there = stat(path, &facts) == 0 ? facts.st_size : 0;
        out->own += store_int(rows, 1) == account;
        out->all++;
        out->bytes += store_int(rows, 2) - there;
    }
    return store_rows_close(rows, err);
}

// What is accepted already keeps its room.
static bool has_room(const struct lake *lake, int64_t bytes, struct ym_error *err)
{
    return ym_disk_takes(lake->options.incoming, &lake->options.marks, bytes, err);
}

static bool too_many(struct ym_error *err)
{
    ym_fail(err, YM_LIMITED, "lake.upload_many", "too many uploads are not finished");
    return ym_hint(err, "Finish or end some of the uploads, then begin a new one.");
}

static bool judge_new(const struct lake *lake, int64_t size, struct ym_str name,
                      struct ym_str metadata, struct ym_error *err)
{
    if (size < 0) {
        ym_fail(err, YM_INVALID, "lake.upload_length", "the upload does not say how long it is");
        return ym_hint(err, "Send Upload-Length with the bytes of the whole file.");
    }
    if (size > lake->options.upload_most) {
        ym_fail(err, YM_TOO_LARGE, "lake.upload_size", "the upload is over %lld bytes",
                (long long)lake->options.upload_most);
        return ym_hint(err, "Split the file into parts of at most %lld bytes.",
                       (long long)lake->options.upload_most);
    }
    bool plain = name.n > 0 && name.n <= NAME_BYTES && ym_utf8_valid(name, NULL) &&
                 metadata.n <= LAKE_UPLOAD_METADATA;
    for (size_t i = 0; plain && i < name.n; i++)
        plain = (unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f && name.p[i] != '/';
    if (plain)
        return true;
    ym_fail(err, YM_INVALID, "lake.upload_name", "the upload has no file name that can be kept");
    return ym_hint(err, "Send Upload-Metadata: filename and its base64, up to %d bytes in all.",
                   LAKE_UPLOAD_METADATA);
}

// The file before its row: a row always has one, and a file without a row is swept.
static bool make_file(const struct lake *lake, struct ym_str id, struct ym_error *err)
{
    char path[4096];

    lake_upload_path(lake, id, path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    int folder = open(lake->options.incoming, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && folder >= 0 && fsync(folder) == 0;
    if (!ok)
        lake_disk_failed(err, "a file for the upload cannot be made");
    if (fd >= 0)
        close(fd);
    if (folder >= 0)
        close(folder);
    return ok;
}

static struct ym_str new_id(struct ym_arena *arena)
{
    unsigned char bytes[LAKE_UPLOAD_ID / 2];
    char *text = ym_arena_alloc(arena, LAKE_UPLOAD_ID + 1);

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(text + i * 2, 3, "%02x", bytes[i]);
    return (struct ym_str){text, LAKE_UPLOAD_ID};
}

static const char SQL_NEW[] =
    "INSERT INTO upload (id, account, server, size, name, metadata, created, expires)"
    " VALUES (:id, :account, :server, :size, :name, :metadata, :created, :expires)";
bool lake_upload_new(struct lake *lake, const struct org_caller *caller, int64_t size,
                     struct ym_str name, struct ym_str metadata, struct ym_arena *arena,
                     struct lake_upload *out, struct ym_error *err)
{
    int64_t now = ym_now();
    struct promised promised = {0};
    struct store *store = NULL;
    bool ok = false;

    if (!may_upload(caller, err) || !judge_new(lake, size, name, metadata, err) ||
        !store_take(lake->options.pool, &store, err))
        return false;
    if (!count_promised(lake, store, caller->account, &promised, err))
        goto out;
    if (promised.own >= OF_ACCOUNT || promised.all >= OF_SERVER) {
        too_many(err);
        goto out;
    }
    *out = (struct lake_upload){
        .id = new_id(arena),
        .name = ym_arena_str(arena, name),
        .metadata = ym_arena_str(arena, metadata.p ? metadata : YM_STR("")),
        .size = size,
        .created = now,
        .expires = now + LAKE_UPLOAD_DAYS * YM_DAY,
    };
    ok = has_room(lake, promised.bytes + size, err) && make_file(lake, out->id, err) &&
         store_run(store, SQL_NEW,
                   YM_ARGS(ym_text("id", out->id), ym_int("account", caller->account),
                           ym_int("server", store_pool_server(lake->options.pool)),
                           ym_int("size", size), ym_text("name", out->name),
                           ym_text("metadata", out->metadata), ym_int("created", now),
                           ym_int("expires", out->expires)),
                   NULL, err);
out:
    store_give(lake->options.pool, store);
    return ok;
}

static const char SQL_DROP[] = "DELETE FROM upload WHERE id = :id";
bool lake_upload_drop(struct lake *lake, const struct org_caller *caller, struct ym_str id,
                      struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct store *store = NULL;
    struct lake_upload upload = {0};
    char path[4096];
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    if (lake_upload_row(lake, store, caller, id, &arena, &upload, err)) {
        lake_writers_end(lake->writers, upload.id.p);
        lake_upload_path(lake, upload.id, path);
        ok = store_run(store, SQL_DROP, YM_ARGS(ym_text("id", id)), NULL, err);
        if (ok)
            (void)unlink(path); // what stays is swept
    }
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_DIGEST[] = "UPDATE upload SET digest = :digest WHERE id = :id";
bool lake_upload_whole(struct lake *lake, const struct org_caller *caller, struct ym_str id,
                       struct ym_arena *arena, struct lake_upload *out, struct ym_error *err)
{
    char path[4096], hex[LAKE_HEX_DIGEST];
    struct store *store = NULL;

    if (!lake_upload_get(lake, caller, id, false, arena, out, err))
        return false;
    if (out->offset != out->size) {
        ym_fail(err, YM_CONFLICT, "lake.upload_open", "the upload has %lld of %lld bytes",
                (long long)out->offset, (long long)out->size);
        ym_hint(err, "Send the rest of the file first.");
        return ym_about(err, out->name);
    }
    if (out->digest.p)
        return true;
    // The server was killed between the last byte and its digest.
    lake_upload_path(lake, out->id, path);
    if (!lake_file_digest(path, hex, err) || !store_take(lake->options.pool, &store, err))
        return false;
    out->digest = ym_arena_str(arena, ym_str(hex));
    bool ok = store_run(store, SQL_DIGEST,
                        YM_ARGS(ym_text("digest", out->digest), ym_text("id", out->id)), NULL, err);
    store_give(lake->options.pool, store);
    return ok;
}
