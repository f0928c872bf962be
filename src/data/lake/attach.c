#include "data/lake/lake_private.h"

#include "base/time.h"

enum { SIZE_MAX_BYTES = 64 << 20, NAME_BYTES = 255, MOST = 50 };

#define COLUMNS "t.id, t.size, t.created, t.file, t.digest"
static const char SQL_LIST[] =
    "SELECT " COLUMNS " FROM attachment t WHERE t.dataset = :dataset ORDER BY t.id";
static const char SQL_ONE[] = "SELECT " COLUMNS
                              ", d.name FROM attachment t"
                              " JOIN dataset d ON d.id = t.dataset WHERE t.id = :id";
static const char SQL_ADD[] =
    "INSERT INTO attachment (id, dataset, file, size, digest, account, created)"
    " VALUES (:id, :dataset, :file, :size, :digest, :account, :now)"
    " ON CONFLICT (dataset, digest, file) DO NOTHING";
static const char SQL_DROP[] = "DELETE FROM attachment WHERE id = :id";

static void read_row(const struct store_rows *rows, struct ym_arena *arena,
                     struct lake_attachment *out)
{
    *out = (struct lake_attachment){.id = store_int(rows, 0),
                                    .size = store_int(rows, 1),
                                    .created = store_int(rows, 2),
                                    .file = ym_arena_str(arena, store_text(rows, 3)),
                                    .digest = ym_arena_str(arena, store_text(rows, 4))};
}

static bool read_list(struct store *store, int64_t dataset, struct ym_arena *arena,
                      struct lake_attachments *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *out = (struct lake_attachments){0};
    if (!store_ask(store, SQL_LIST, YM_ARGS(ym_int("dataset", dataset)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        read_row(rows, arena, &out->items[out->n++]);
    }
    return store_rows_close(rows, err);
}

static bool may_change(const struct catalog_dataset *dataset, const struct org_caller *caller,
                       struct ym_error *err)
{
    if (catalog_may(dataset, caller).edit)
        return true;
    ym_fail(err, caller ? YM_DENIED : YM_SIGN_IN, "catalog.denied",
            "only a steward of the agency may do this");
    ym_hint(err, "Sign in as a steward of the agency whose dataset it is, or ask one.");
    return ym_about(err, dataset->name);
}

static bool fits(struct ym_str file, int64_t size, size_t n, struct ym_error *err)
{
    size_t bad;

    if (size > SIZE_MAX_BYTES) {
        ym_fail(err, YM_TOO_LARGE, "lake.attachment_large", "the attachment is too large");
        ym_hint(err, "An attachment has up to %d MiB; data are loaded.", SIZE_MAX_BYTES >> 20);
        return ym_about(err, file);
    }
    if (n >= MOST) {
        ym_fail(err, YM_CONFLICT, "lake.attachments", "the dataset has %d attachments", MOST);
        return ym_hint(err, "Remove one that is no longer needed.");
    }
    if (file.n >= 1 && file.n <= NAME_BYTES && ym_utf8_valid(file, &bad))
        return true;
    ym_fail(err, YM_INVALID, "lake.attachment_name", "the attachment has no name that can be kept");
    ym_hint(err, "Give its name in up to %d bytes.", NAME_BYTES);
    return ym_about(err, YM_STR("file"));
}

static bool add(struct lake *lake, struct store *store, const struct org_caller *caller,
                const struct catalog_dataset *dataset, const struct lake_attachment *what,
                struct ym_arena *arena, struct lake_attachment *out, struct ym_error *err)
{
    struct lake_attachments all;

    (void)lake;
    if (!store_run(store, SQL_ADD,
                   YM_ARGS(ym_int("id", store_new_id(store)), ym_int("dataset", dataset->id),
                           ym_text("file", what->file), ym_int("size", what->size),
                           ym_text("digest", what->digest), ym_int("account", caller->account),
                           ym_int("now", ym_now())),
                   NULL, err) ||
        !read_list(store, dataset->id, arena, &all, err))
        return false;
    for (size_t i = 0; i < all.n; i++)
        if (ym_str_eq(all.items[i].digest, what->digest) &&
            ym_str_eq(all.items[i].file, what->file))
            *out = all.items[i];
    return true;
}

// The file first, then the row that names it: what no row names is swept after a week.
bool lake_attach(struct lake *lake, const struct org_caller *caller, struct ym_str name,
                 struct ym_str file_name, const char *path, int64_t size, const char *digest,
                 struct ym_arena *arena, struct lake_attachment *out, struct ym_error *err)
{
    const struct lake_attachment what = {.file = file_name, .size = size, .digest = ym_str(digest)};
    struct lake_attachments before;
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = catalog_see(store, caller, name, arena, &dataset, err) &&
              may_change(&dataset, caller, err) &&
              read_list(store, dataset.id, arena, &before, err) &&
              fits(file_name, size, before.n, err) &&
              lake_keep_original(lake, path, digest, arena, err) &&
              add(lake, store, caller, &dataset, &what, arena, out, err);
    store_give(lake->options.pool, store);
    return ok;
}

bool lake_attachment_list(struct lake *lake, const struct org_caller *caller, struct ym_str name,
                          struct ym_arena *arena, struct lake_attachments *out,
                          struct ym_error *err)
{
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = catalog_see(store, caller, name, arena, &dataset, err) &&
              read_list(store, dataset.id, arena, out, err);
    store_give(lake->options.pool, store);
    return ok;
}

static bool find(struct store *store, const struct org_caller *caller, int64_t id,
                 struct ym_arena *arena, struct lake_attachment *out,
                 struct catalog_dataset *dataset, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    struct ym_str name = {NULL, 0};

    if (!store_ask(store, SQL_ONE, YM_ARGS(ym_int("id", id)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        read_row(rows, arena, out);
        name = ym_arena_str(arena, store_text(rows, 5));
    }
    if (!store_rows_close(rows, err))
        return false;
    if (name.p && catalog_see(store, caller, name, arena, dataset, err))
        return true;
    if (name.p && err->kind != YM_NOT_FOUND)
        return false;
    ym_fail(err, YM_NOT_FOUND, "lake.no_attachment", "there is no attachment %lld", (long long)id);
    return ym_hint(err, "Look at the attachments of the dataset.");
}

bool lake_attachment_open(struct lake *lake, const struct org_caller *caller, int64_t id,
                          struct ym_arena *arena, struct lake_attachment *out, int *fd,
                          struct ym_error *err)
{
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;

    *fd = -1;
    if (!store_take(lake->options.pool, &store, err))
        return false;
    bool ok = find(store, caller, id, arena, out, &dataset, err);
    store_give(lake->options.pool, store);
    if (!ok)
        return false;
    *fd = lake_open_original(lake, out->digest, arena, err);
    return *fd >= 0;
}

bool lake_attachment_drop(struct lake *lake, const struct org_caller *caller, int64_t id,
                          struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct lake_attachment what;
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;
    bool ok = false;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    ok = find(store, caller, id, &arena, &what, &dataset, err) &&
         may_change(&dataset, caller, err) &&
         store_run(store, SQL_DROP, YM_ARGS(ym_int("id", id)), NULL, err);
    store_give(lake->options.pool, store);
    ym_arena_clear(&arena);
    return ok;
}
