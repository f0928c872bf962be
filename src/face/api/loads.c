#include "face/api/inside.h"

enum {
    WAITING_MAX = 8, // workers that may wait for jobs at once; others answer without waiting
    SLICE_MS = 500
};

static json_t *report_json(struct ym_str text)
{
    struct ym_error ignored = {0};
    json_t *report = NULL;

    if (text.n == 0 || !ym_json_parse(text, SIZE_MAX, &report, &ignored))
        return json_null();
    return report;
}

static json_t *job_json(const struct http_request *rq, int64_t id)
{
    struct jobs_view view = {0};
    struct ym_error ignored = {0};

    if (!id || !jobs_get(api_of(rq)->options.jobs, id, rq->arena, &view, &ignored))
        return json_null(); // jobs are kept for a while, loads for ever
    return api_job(rq, &view);
}

static json_t *load_json(const struct http_request *rq, const struct lake_load *load)
{
    return json_pack("{s:o, s:o, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     api_id(load->id), "dataset", ym_json_str(load->dataset_name), "version",
                     (json_int_t)load->version, "state", ym_json_str(load->state), "file",
                     ym_json_str(load->file), "size", (json_int_t)load->size, "received_at",
                     api_time(load->received), "published_at", api_time(load->published), "job",
                     job_json(rq, load->job), "report", report_json(load->report), "problem",
                     api_problem(rq, &load->problem), "base", api_id(load->base), "note",
                     load->note.n > 0 ? ym_json_str(load->note) : json_null());
}

bool api_load_answer(struct http_request *rq, int64_t id, struct http_reply *re,
                     struct ym_error *err)
{
    struct lake_load load = {0};

    if (!lake_load_get(api_of(rq)->options.lake, api_caller(rq), id, rq->arena, &load, err))
        return false;
    http_reply_json(re, load_json(rq, &load));
    return true;
}

bool api_loads_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_loads found = {0};
    int64_t before, limit = api_limit(rq);

    if (!api_after(rq, &before, err) ||
        !lake_load_list(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"), before,
                        limit, rq->arena, &found, err))
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, load_json(rq, &found.items[i]));
    if (found.n > 0 && (int64_t)found.n == limit && found.total > limit)
        next = api_id(found.items[found.n - 1].id);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

// In slices, so that a server that stops does not wait for a client that wanted to.
static void wait_for(struct http_request *rq, int64_t job)
{
    struct api *api = api_of(rq);
    int64_t end = ym_monotonic() + http_prefer_wait(rq) * YM_SECOND;

    if (job && atomic_fetch_add(&api->waiting, 1) < WAITING_MAX)
        while (ym_monotonic() < end && !http_stopping(rq)) {
            int64_t left_ms = (end - ym_monotonic()) / 1000 + 1;
            if (jobs_wait(api->options.jobs, job, left_ms < SLICE_MS ? left_ms : SLICE_MS))
                break;
        }
    if (job)
        atomic_fetch_sub(&api->waiting, 1);
}

// One way of saying which file it is.
static bool one_file(const struct http_request *rq, struct ym_error *err)
{
    int n = (rq->file_size > 0) + (http_param(rq, "upload").p != NULL) +
            (http_param(rq, "again").p != NULL);

    if (n <= 1)
        return true;
    ym_fail(err, YM_INVALID, "api.load_file", "two files are named for one load");
    return ym_hint(err,
                   "Send the file as the body, or name an upload, or a load; one of the three.");
}

void api_wait(struct http_request *rq, int64_t job, struct http_reply *re)
{
    if (http_prefer_wait(rq) == 0)
        return;
    wait_for(rq, job);
    http_reply_header(re, "Preference-Applied",
                      ym_arena_printf(rq->arena, "wait=%d", http_prefer_wait(rq)));
}

bool api_loads_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str name = http_param(rq, "file");
    bool said = false;
    const struct collect_recipe recipe = api_recipe_params(rq, &said);
    const struct lake_receive what = {
        .dataset = http_path_part(rq, "id"),
        .file_name = name.p ? name : YM_STR("upload"),
        .upload = http_param(rq, "upload"),
        .again = http_param_int(rq, "again", 0),
        .path = rq->file,
        .size = rq->file_size,
        .digest = rq->digest,
        .recipe = recipe,
        .said = said,
        .hold = ym_str_is(http_param(rq, "publish"), "hold"),
        .idempotency_key = http_header_of(rq, "Idempotency-Key"),
    };
    struct lake_load load = {0};

    if (!one_file(rq, err) ||
        !lake_receive(api_of(rq)->options.lake, api_caller(rq), &what, rq->arena, &load, err))
        return false;
    api_wait(rq, load.job, re);
    api_location(rq, re, "loads", ym_arena_printf(rq->arena, "%lld", (long long)load.id));
    return api_load_answer(rq, load.id, re, err);
}

bool api_load_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    int64_t id;

    return api_path_id(rq, &id, err) && api_load_answer(rq, id, re, err);
}

bool api_load_publish(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    int64_t id;

    return api_path_id(rq, &id, err) &&
           lake_publish(api_of(rq)->options.lake, api_caller(rq), id, err) &&
           api_load_answer(rq, id, re, err);
}

bool api_load_patch(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str note = {NULL, 0};
    const struct api_field fields[] = {{"note", API_TEXT, true, &note}};
    int64_t id;

    return api_path_id(rq, &id, err) && api_fields(rq->json, fields, YM_COUNT(fields), err) &&
           lake_note(api_of(rq)->options.lake, api_caller(rq), id, note, err) &&
           api_load_answer(rq, id, re, err);
}

bool api_load_refuse(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    int64_t id;

    return api_path_id(rq, &id, err) &&
           lake_refuse(api_of(rq)->options.lake, api_caller(rq), id, err) &&
           api_load_answer(rq, id, re, err);
}
