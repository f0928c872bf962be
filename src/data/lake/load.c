#include "data/lake/draft_private.h"
#include "data/lake/ingest.h"
#include "data/lake/uploads_private.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 255, READER_TRIES = 3 };

static const char SQL_BY_KEY[] =
    "SELECT id FROM version WHERE dataset = :dataset AND idempotency_key = :key";
static const char SQL_NUMBER[] =
    "SELECT COALESCE(MAX(number), 0) + 1 FROM version WHERE dataset = :dataset";
static const char SQL_RECEIVE[] =
    "INSERT INTO version (id, dataset, number, state, job, account, file, size, digest, recipe,"
    " hold, received, idempotency_key)"
    " VALUES (:id, :dataset, :number, 'received', :job, :account, :file, :size, :digest, :recipe,"
    " :hold, :received, :key)";
static const char SQL_LOADED[] = "DELETE FROM upload WHERE id = :upload";
#define LOAD_COLUMNS                                                                               \
    "v.id, v.dataset, v.number, v.job, v.size, v.received, v.published, v.account, d.name,"        \
    " v.state, v.file, v.digest, v.report, v.problem, v.hold, v.encoding, v.delimiter,"            \
    " v.header_row, v.recipe, v.base, v.note FROM version v JOIN dataset d ON d.id = v.dataset"
static const char SQL_LOAD[] = "SELECT " LOAD_COLUMNS " WHERE v.id = :id";
static const char SQL_LOADS[] = "SELECT " LOAD_COLUMNS
                                " WHERE v.dataset = :dataset AND (:before = 0 OR v.id < :before)"
                                " ORDER BY v.id DESC LIMIT :limit";
static const char SQL_LOADS_TOTAL[] = "SELECT COUNT(*) FROM version WHERE dataset = :dataset";

/* An original is known by its digest alone; the same file twice is one file. It takes the place of
 * the one that is there: the sweep sees by its time that somebody has just meant it. */
bool lake_keep_original(const struct lake *lake, const char *from, const char *digest,
                        struct ym_arena *arena, struct ym_error *err)
{
    struct ym_str folder = ym_arena_printf(arena, "%s/%.2s", lake->options.originals, digest);
    struct ym_str path = ym_arena_printf(arena, "%s/%s", folder.p, digest);

    if (mkdir(folder.p, 0700) != 0 && errno != EEXIST)
        goto failed;
    if (utimensat(AT_FDCWD, from, NULL, 0) != 0 && errno != ENOENT)
        goto failed;
    // An upload whose load's row was not written after this step has its file here already.
    if (rename(from, path.p) != 0 && (errno != ENOENT || access(path.p, F_OK) != 0))
        goto failed;
    int dir = open(folder.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fsync(dir) != 0) {
        if (dir >= 0)
            close(dir);
        goto failed;
    }
    close(dir);
    return true;
failed:
    if (errno == ENOSPC) {
        ym_fail(err, YM_FULL, "lake.disk", "the disk has no room for the file");
        return ym_hint(err, "Free some space on the server, then load again.");
    }
    return ym_fail(err, YM_FAULT, "lake.original", "the file cannot be kept: %s", strerror(errno));
}

int lake_open_original(const struct lake *lake, struct ym_str digest, struct ym_arena *arena,
                       struct ym_error *err)
{
    struct ym_str path =
        ym_arena_printf(arena, "%s/%.2s/%.*s", lake->options.originals, digest.p, YM_FMT(digest));
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        ym_fail(err, YM_FAULT, "lake.original", "the original of this load cannot be opened: %s",
                strerror(errno));
    return fd;
}

bool lake_may_load(struct store *store, const struct org_caller *caller, struct ym_str name,
                   struct ym_arena *arena, struct catalog_dataset *dataset, struct ym_error *err)
{
    if (!catalog_see(store, caller, name, arena, dataset, err))
        return false;
    if (catalog_may(dataset, caller).load)
        return true;
    if (!caller) {
        ym_fail(err, YM_SIGN_IN, "org.sign_in_needed", "loading needs an account");
        return ym_hint(err, "Sign in as a steward of '%.*s'.", YM_FMT(dataset->agency_name));
    }
    ym_fail(err, YM_DENIED, "lake.not_yours", "'%.*s' belongs to another agency", YM_FMT(name));
    ym_hint(err, "Ask a steward of '%.*s' to load it.", YM_FMT(dataset->agency_name));
    return ym_about(err, name);
}

static bool insert_load(struct lake *lake, struct store *store, const struct org_caller *caller,
                        const struct lake_receive *what, const struct catalog_dataset *dataset,
                        struct ym_arena *arena, int64_t *id, struct ym_error *err)
{
    int64_t number = 0, job = 0;

    *id = store_new_id(store);
    struct ym_arg which = ym_int("dataset", dataset->id);
    if (!store_one(store, SQL_NUMBER, YM_ARGS(which), &number, err))
        return false;
    json_t *about = json_pack("{s:o}", "load", json_sprintf("%lld", (long long)*id));
    struct jobs_new fresh = {.kind = "load.run",
                             .subject = dataset->name,
                             .about = about,
                             .agency = dataset->agency,
                             .account = caller ? caller->account : 0};
    bool ok = jobs_add(*lake->options.jobs, store, &fresh, &job, err);
    json_decref(about);
    if (!ok)
        return false;
    ok = store_run(store, SQL_RECEIVE,
                   YM_ARGS(ym_int("id", *id), which, ym_int("number", number), ym_int("job", job),
                           ym_int("account", fresh.account),
                           ym_text("file", ym_utf8_cut(what->file_name, NAME_MAX_BYTES)),
                           ym_int("size", what->size), ym_text("digest", ym_str(what->digest)),
                           ym_text("recipe", what->said ? lake_recipe_dump(&what->recipe, arena)
                                                        : (struct ym_str){NULL, 0}),
                           ym_int("hold", what->hold), ym_int("received", ym_now()),
                           ym_text("key", what->idempotency_key)),
                   NULL, err);
    if (ok && what->upload.p)
        return store_run(store, SQL_LOADED, YM_ARGS(ym_text("upload", what->upload)), NULL, err);
    if (!ok && err->kind == YM_CONFLICT) {
        ym_fail(err, YM_CONFLICT, "lake.open_load", "another load of '%.*s' is not finished",
                YM_FMT(dataset->name));
        ym_hint(err, "Publish or drop the load that waits, then load again.");
        ym_about(err, dataset->name);
    }
    return ok;
}

static bool known_key(struct store *store, int64_t dataset, struct ym_str key, int64_t *id,
                      struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *id = 0;
    if (!key.p)
        return true;
    if (!store_ask(store, SQL_BY_KEY, YM_ARGS(ym_int("dataset", dataset), ym_text("key", key)),
                   &rows, err))
        return false;
    if (store_next(rows, err))
        *id = store_int(rows, 0);
    return store_rows_close(rows, err);
}

// Fills in which file it is: path, size, digest and name.
static bool find_file(struct lake *lake, struct store *store, const struct org_caller *caller,
                      const struct catalog_dataset *dataset, struct lake_receive *what,
                      struct ym_arena *arena, struct ym_error *err)
{
    char path[4096];

    if (what->upload.p) {
        struct lake_upload upload;
        if (!lake_upload_whole(lake, caller, what->upload, arena, &upload, err))
            return false;
        lake_upload_path(lake, upload.id, path);
        what->size = upload.size;
        what->digest = upload.digest.p;
        what->file_name = upload.name;
    } else if (what->again) {
        struct lake_load before;
        if (!lake_load_read(store, what->again, arena, &before, err))
            return false;
        if (before.dataset != dataset->id) {
            ym_fail(err, YM_NOT_FOUND, "lake.no_load", "there is no such load of this dataset");
            return ym_hint(err, "Look at the list of loads of its dataset.");
        }
        lake_original_path(lake, before.digest, path);
        what->size = before.size;
        what->digest = before.digest.p;
        what->file_name = before.file;
    } else {
        return true;
    }
    what->path = ym_arena_cstr(arena, ym_str(path));
    return true;
}

bool lake_receive(struct lake *lake, const struct org_caller *caller,
                  const struct lake_receive *asked, struct ym_arena *arena, struct lake_load *out,
                  struct ym_error *err)
{
    struct lake_receive file = *asked, *what = &file;
    struct catalog_dataset dataset;
    struct store *store = NULL;
    int64_t id = 0;
    bool ok = false;

    if (what->said && !collect_recipe_check(&what->recipe, err))
        return false;
    if (!store_take(lake->options.pool, &store, err))
        return false;
    org_act_with(store, caller);
    if (!lake_may_load(store, caller, what->dataset, arena, &dataset, err) ||
        !known_key(store, dataset.id, what->idempotency_key, &id, err))
        goto out;
    if (id == 0) {
        // The original before its row: a row never names a file that is not there.
        if (!find_file(lake, store, caller, &dataset, what, arena, err) ||
            !lake_keep_original(lake, what->path, what->digest, arena, err) ||
            !store_begin(store, err) ||
            !insert_load(lake, store, caller, what, &dataset, arena, &id, err) ||
            !store_commit(store, err))
            goto out;
        jobs_wake(*lake->options.jobs);
        ym_log(YM_INFO, "lake.received",
               YM_ARGS(ym_text("dataset", dataset.name), ym_int("load", id),
                       ym_int("size", what->size)));
    }
    ok = lake_load_read(store, id, arena, out, err);
out:
    store_rollback(store);
    store_give(lake->options.pool, store);
    return ok;
}

static void row_of(const struct store_rows *rows, struct ym_arena *arena, struct lake_load *out)
{
    *out = (struct lake_load){
        .id = store_int(rows, 0),
        .dataset = store_int(rows, 1),
        .version = store_int(rows, 2),
        .job = store_int(rows, 3),
        .size = store_int(rows, 4),
        .received = store_int(rows, 5),
        .published = store_int(rows, 6),
        .account = store_int(rows, 7),
        .dataset_name = ym_arena_str(arena, store_text(rows, 8)),
        .state = ym_arena_str(arena, store_text(rows, 9)),
        .file = ym_arena_str(arena, store_text(rows, 10)),
        .digest = ym_arena_str(arena, store_text(rows, 11)),
        .report = ym_arena_str(arena, store_text(rows, 12)),
        .hold = store_int(rows, 14) != 0,
        .said = true,
        .base = store_int(rows, 19),
        .note = ym_arena_str(arena, store_text(rows, 20)),
    };
    lake_problem_read(store_text(rows, 13), &out->problem);
    struct ym_str recipe = store_text(rows, 18);
    struct ym_error unread = {0};
    if (recipe.n > 0) {
        if (!lake_recipe_text(recipe, arena, &out->recipe, &unread))
            ym_log_error(YM_WARN, "lake.recipe", &unread);
        return;
    }
    // A row of before there were recipes, or nothing was said.
    out->recipe.encoding = ym_arena_str(arena, store_text(rows, 15));
    out->recipe.delimiter = ym_arena_str(arena, store_text(rows, 16));
    out->recipe.header_row = store_int(rows, 17);
    out->said = !collect_recipe_empty(&out->recipe);
}

bool lake_load_read(struct store *store, int64_t id, struct ym_arena *arena, struct lake_load *out,
                    struct ym_error *err)
{
    struct store_rows *rows = NULL;
    bool found = false;

    *out = (struct lake_load){0};
    if (!store_ask(store, SQL_LOAD, YM_ARGS(ym_int("id", id)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        found = true;
        row_of(rows, arena, out);
    }
    if (!store_rows_close(rows, err))
        return false;
    if (!found) {
        ym_fail(err, YM_NOT_FOUND, "lake.no_load", "there is no load %lld", (long long)id);
        return ym_hint(err, "Look at the list of loads of its dataset.");
    }
    return true;
}

static bool list(struct store *store, int64_t dataset, int64_t before, int64_t limit,
                 struct ym_arena *arena, struct lake_loads *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    struct ym_arg which = ym_int("dataset", dataset);

    if (!store_one(store, SQL_LOADS_TOTAL, YM_ARGS(which), &out->total, err) ||
        !store_ask(store, SQL_LOADS,
                   YM_ARGS(which, ym_int("before", before), ym_int("limit", limit)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        row_of(rows, arena, &out->items[out->n++]);
    }
    return store_rows_close(rows, err);
}

bool lake_load_list(struct lake *lake, const struct org_caller *caller, struct ym_str name,
                    int64_t before, int64_t limit, struct ym_arena *arena, struct lake_loads *out,
                    struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;
    bool ok;

    *out = (struct lake_loads){0};
    if (!store_take(lake->options.pool, &store, err))
        return false;
    ok = lake_may_load(store, caller, name, arena, &dataset, err) &&
         list(store, dataset.id, before, limit, arena, out, err);
    store_give(lake->options.pool, store);
    return ok;
}

// What the job holds while it runs: the callbacks see only this.
struct run {
    struct lake *lake;
    struct job *job;
};

static void run_progress(void *with, const char *stage, int64_t done, int64_t total,
                         const char *unit)
{
    job_progress(((struct run *)with)->job, stage, done, total, unit);
}

static bool run_stopped(void *with)
{
    return job_stopped(((struct run *)with)->job);
}

static bool read_dataset(struct lake *lake, int64_t load, struct ym_arena *arena,
                         struct lake_load *out, struct catalog_dataset *dataset,
                         struct ym_error *err)
{
    struct store *store = NULL;
    bool ok;

    if (!store_take(lake->options.pool, &store, err))
        return false;
    ok = lake_load_read(store, load, arena, out, err) &&
         catalog_by_id(store, out->dataset, arena, dataset, err) &&
         (out->said || lake_recipe_read(store, out->dataset, arena, &out->recipe, err));
    store_give(lake->options.pool, store);
    return ok;
}

// The versions that this load's references are held against; they stand in the report.
static bool find_others(struct lake *lake, const struct lake_load *load,
                        const struct catalog_dataset *dataset, const json_t *schema_json,
                        struct ym_arena *arena, const struct quality_other **others,
                        json_t **report, struct ym_error *err)
{
    struct quality_schema schema;
    struct store *store = NULL;

    if (!quality_schema_parse(schema_json, arena, &schema, err) ||
        !store_take(lake->options.pool, &store, err))
        return false;
    bool ok = lake_others(store, dataset, &schema, load->version, arena, others, report, err);
    store_give(lake->options.pool, store);
    return ok;
}

// What a load has in common, be it read of a file or made of another one's quarantine.
static struct lake_ingest ingest_of(struct run *run, const struct lake_load *load)
{
    const struct lake_options *options = &run->lake->options;

    return (struct lake_ingest){
        .engine = options->engine,
        .target = {.database = "lake",
                   .dataset = load->dataset,
                   .load = load->id,
                   .version = load->version,
                   .zone = options->zone,
                   .demo = options->demo,
                   .today = lake_today(options->zone)},
        .progress = run_progress,
        .stopped = run_stopped,
        .with = run,
    };
}

static bool ingest(struct run *run, const struct lake_load *load,
                   const struct catalog_dataset *dataset, struct ym_arena *arena,
                   struct lake_ingest *in, struct ym_error *err)
{
    const struct lake_options *options = &run->lake->options;
    struct collect_request request = {
        .fd = lake_open_original(run->lake, load->digest, arena, err),
        .name = load->file,
        .recipe = load->recipe,
        .program = options->program,
    };
    const struct quality_other *others = NULL;
    json_t *schema = NULL, *references = NULL;
    bool ok = false;

    if (request.fd < 0)
        return false;
    if (dataset->schema.p) {
        if (!ym_json_parse(dataset->schema, LAKE_SCHEMA_MAX, &schema, err) ||
            !find_others(run->lake, load, dataset, schema, arena, &others, &references, err))
            goto out;
        request.columns = json_array_size(json_object_get(schema, "fields"));
    }
    *in = ingest_of(run, load);
    in->request = &request;
    in->size = load->size;
    in->schema = schema;
    in->target.others = others;
    ok = lake_ingest(in, arena, err);
    if (ok && json_array_size(references) > 0)
        json_object_set(in->report, "references", references);
out:
    json_decref(references);
    json_decref(schema);
    close(request.fd);
    return ok;
}

// A load that was made of another one's quarantine has no file to read.
static bool mend(struct run *run, const struct lake_load *load, struct ym_arena *arena,
                 struct lake_ingest *in, struct ym_error *err)
{
    *in = ingest_of(run, load);
    return draft_make(run->lake, load, in, arena, err);
}

// A reader that was killed (by the kernel, say) is begun again; one that dies each time is the
// file's doing.
static bool ingest_again(struct run *run, const struct lake_load *load,
                         const struct catalog_dataset *dataset, struct ym_arena *arena,
                         struct lake_ingest *in, struct ym_error *err)
{
    for (int i = 0; i < READER_TRIES; i++) {
        if (ingest(run, load, dataset, arena, in, err))
            return true;
        if (strcmp(err->code, "collect.reader") != 0)
            return false;
        ym_log_error(YM_WARN, "lake.reader_again", err);
    }
    return false;
}

bool lake_stop_load(struct job *job, void *with, struct ym_error *err)
{
    struct lake *lake = with;
    struct ym_arena arena = {0};
    struct ym_error why = {0};
    struct lake_load load;
    struct catalog_dataset dataset;
    int64_t id = 0;

    bool ok = ym_str_int(ym_json_get(job_about(job), "load"), &id) &&
              read_dataset(lake, id, &arena, &load, &dataset, err);
    // What was checked meanwhile waits for its steward as any load does.
    if (ok && ym_str_is(load.state, "received")) {
        struct quality_target target = {
            .database = "lake", .dataset = load.dataset, .load = id, .version = load.version};
        ym_fail(&why, YM_INVALID, "lake.stopped", "the load was stopped");
        ym_hint(&why, "The file is kept: check it again, or load another.");
        ok = lake_refuse_for(lake, id, &why);
        // Where the engine is away, recovery drops the rows later.
        struct ym_error left = {0};
        if (!lake_ingest_drop(lake->options.engine, &target, &left))
            ym_log_error(YM_WARN, "lake.leftovers", &left);
    }
    ym_arena_clear(&arena);
    return ok;
}

bool lake_run_load(struct job *job, void *with, struct ym_error *err)
{
    struct run run = {.lake = with, .job = job};
    struct ym_arena arena = {0};
    struct catalog_dataset dataset;
    struct lake_ingest in = {0};
    struct lake_load load;
    int64_t id = 0;
    bool ok = false;

    if (!ym_str_int(ym_json_get(job_about(job), "load"), &id)) {
        ym_fail(err, YM_FAULT, "lake.job", "the job names no load");
        goto out;
    }
    if (!read_dataset(run.lake, id, &arena, &load, &dataset, err))
        goto out;
    // Run again after a kill: the later steps are in the row already.
    if (ym_str_is(load.state, "received")) {
        if (ym_disk_takes(run.lake->options.originals, &run.lake->options.marks, load.size, err) &&
            (load.base != 0 ? mend(&run, &load, &arena, &in, err)
                            : ingest_again(&run, &load, &dataset, &arena, &in, err)))
            ok = lake_checked(run.lake, &load, &dataset, &in, err);
        if (!ok) {
            // Away or full is not wrong: the job is tried again and the load stays as it is. Nor is
            // a stop: of the server, then it runs again; by a person, then lake_stop_load follows.
            bool waits = err->kind == YM_BUSY || err->kind == YM_FULL;
            if (!waits && !job_stopped(job) && !lake_refuse_for(run.lake, id, err))
                ym_log_error(YM_ERROR, "lake.refuse", err);
            goto out;
        }
        load.state = YM_STR("checked");
    }
    ok = !ym_str_is(load.state, "checked") || load.hold || lake_publish_now(run.lake, id, err);
out:
    json_decref(in.report);
    json_decref(in.settled);
    ym_arena_clear(&arena);
    return ok;
}
