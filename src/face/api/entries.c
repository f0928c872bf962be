/* What hangs on an entry of the catalogue: attachments, subscriptions, news; fields that several
 * agencies hold; the import of an agency's whole catalogue. */
#include "face/api/inside.h"

#include <unistd.h>

static json_t *attachment_json(const struct lake_attachment *one)
{
    return json_pack("{s:o, s:o, s:I, s:o, s:o}", "id", api_id(one->id), "file",
                     ym_json_str(one->file), "size", (json_int_t)one->size, "sha256",
                     ym_json_str(one->digest), "created_at", api_time(one->created));
}

bool api_attachments_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_attachments found = {0};

    if (!lake_attachment_list(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"),
                              rq->arena, &found, err))
        return false;
    json_t *items = json_array();
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, attachment_json(&found.items[i]));
    http_reply_json(re, api_list(items, NULL, (int64_t)found.n));
    return true;
}

bool api_attachments_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_attachment made = {0};

    if (!lake_attach(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"),
                     http_param(rq, "file"), rq->file, rq->file_size, rq->digest, rq->arena, &made,
                     err))
        return false;
    http_reply_json(re, attachment_json(&made));
    api_location(rq, re, "attachments", ym_arena_printf(rq->arena, "%lld", (long long)made.id));
    return true;
}

// Somebody else's bytes: never shown inside our pages.
bool api_attachment_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_attachment what = {0};
    int64_t id;
    int fd = -1;

    if (!api_path_id(rq, &id, err) ||
        !lake_attachment_open(api_of(rq)->options.lake, api_caller(rq), id, rq->arena, &what, &fd,
                              err))
        return false;
    struct ym_buf name = {0};
    for (size_t i = 0; i < what.file.n; i++) {
        unsigned char c = (unsigned char)what.file.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '.' || c == '_';
        if (plain)
            ym_buf_char(&name, (char)c);
        else
            ym_buf_printf(&name, "%%%02X", c);
    }
    http_reply_header(
        re, "Content-Disposition",
        ym_arena_printf(rq->arena, "attachment; filename*=UTF-8''%.*s", YM_FMT(ym_buf_str(&name))));
    ym_buf_clear(&name);
    http_reply_header(re, "Content-Security-Policy", YM_STR("sandbox; default-src 'none'"));
    http_reply_file(re, "application/octet-stream", fd, what.size, NULL);
    return true;
}

bool api_attachment_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    int64_t id;

    (void)re;
    return api_path_id(rq, &id, err) &&
           lake_attachment_drop(api_of(rq)->options.lake, api_caller(rq), id, err);
}

static bool subscribe(struct http_request *rq, bool on, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok =
        catalog_subscribe(store, api_caller(rq), http_path_part(rq, "id"), on, rq->arena, err);
    store_give(pool, store);
    return ok;
}

bool api_subscription_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    if (!subscribe(rq, true, err))
        return false;
    http_reply_json(re, json_pack("{s:b}", "subscribed", true));
    return true;
}

bool api_subscription_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)re;
    return subscribe(rq, false, err);
}

bool api_subscription_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;
    bool on = false;

    if (!api_take(rq, &store, err))
        return false;
    bool ok =
        catalog_subscribed(store, api_caller(rq), http_path_part(rq, "id"), rq->arena, &on, err);
    store_give(pool, store);
    if (ok)
        http_reply_json(re, json_pack("{s:b}", "subscribed", on));
    return ok;
}

static bool answer_news(struct http_request *rq, struct ym_str name, struct http_reply *re,
                        struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct catalog_news_list found = {0};
    struct store *store = NULL;
    int64_t before, limit = api_limit(rq);

    if (!api_after(rq, &before, err) || !api_take(rq, &store, err))
        return false;
    bool ok = catalog_news_list(store, api_caller(rq), name, before, limit, rq->arena, &found, err);
    store_give(pool, store);
    if (!ok)
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++) {
        const struct catalog_news_row *one = &found.items[i];
        json_array_append_new(
            items, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", api_id(one->id), "at",
                             api_time(one->created), "event", ym_json_str(one->event), "detail",
                             one->detail.n > 0 ? ym_json_str(one->detail) : json_null(), "dataset",
                             ym_json_str(one->dataset), "title",
                             api_texts_json(one->title_zh, one->title_en)));
    }
    if (found.n > 0 && (int64_t)found.n == limit)
        next = api_id(found.items[found.n - 1].id);
    http_reply_json(re, api_list(items, next, (int64_t)found.n));
    return true;
}

bool api_dataset_news_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return answer_news(rq, http_path_part(rq, "id"), re, err);
}

bool api_news_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return answer_news(rq, (struct ym_str){NULL, 0}, re, err);
}

bool api_shared_fields_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct store *store = NULL;
    json_t *found = NULL;
    int64_t offset;

    if (!api_after(rq, &offset, err) || !api_take(rq, &store, err))
        return false;
    bool ok = catalog_shared_fields(store, api_of(rq)->options.search, http_param(rq, "q"), offset,
                                    api_limit(rq), rq->arena, &found, err);
    store_give(pool, store);
    if (ok)
        http_reply_json(re, found);
    return ok;
}

static bool set_source(struct http_request *rq, struct store *store, struct ym_str field,
                       struct ym_str said, struct ym_str note, struct ym_error *err)
{
    struct org_agency agency = {0};

    return (!said.p || api_agency(rq, store, said, &agency, err)) &&
           catalog_source_set(store, api_of(rq)->options.search, api_caller(rq), field, agency.id,
                              note, rq->arena, err);
}

bool api_shared_fields_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct ym_str field = {NULL, 0}, agency = {NULL, 0}, note = {NULL, 0};
    const struct api_field fields[] = {
        {"field", API_TEXT, true, &field},
        {"agency", API_TEXT, false, &agency},
        {"note", API_TEXT, false, &note},
    };
    struct store *store = NULL;

    (void)re;
    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !api_take(rq, &store, err))
        return false;
    bool ok = set_source(rq, store, field, agency, note, err);
    store_give(pool, store);
    return ok;
}

bool api_catalogue_template(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_buf body = {0};

    (void)rq, (void)err;
    ym_buf_add(&body, catalog_template());
    http_reply_header(re, "Content-Disposition", YM_STR("attachment; filename=\"catalogue.csv\""));
    http_reply_bytes(re, "text/csv; charset=utf-8", &body);
    return true;
}

bool api_catalogue_import(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    const struct catalog_import what = {
        .path = rq->file,
        .file_name = http_param(rq, "file"),
        .agency = http_param(rq, "agency"),
        .program = api_of(rq)->options.program,
        .skip = ym_str_is(http_param(rq, "wrong"), "skip"),
        .only_check = ym_str_is(http_param(rq, "check"), "only"),
    };
    struct store *store = NULL;
    json_t *report = NULL;

    if (!what.agency.p) {
        ym_fail(err, YM_INVALID, "api.field_missing", "parameter 'agency' is missing");
        ym_hint(err, "Name the agency whose catalogue it is: ?agency=NAME.");
        return ym_about(err, YM_STR("agency"));
    }
    if (!api_take(rq, &store, err))
        return false;
    bool ok = catalog_import(store, api_caller(rq), &what, rq->arena, &report, err);
    store_give(pool, store);
    if (ok)
        http_reply_json(re, report);
    return ok;
}
