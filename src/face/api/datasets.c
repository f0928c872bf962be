#include "face/api/inside.h"

static json_t *facets_json(const struct catalog_page *page)
{
    json_t *all = json_pack("{s:[], s:[], s:[], s:[]}", "agency", "theme", "openness", "sharing");

    for (size_t i = 0; i < page->n_facets; i++) {
        const struct catalog_facet_value *one = &page->facets[i];
        json_t *value = json_pack("{s:o, s:I}", "value", ym_json_str(one->value), "count",
                                  (json_int_t)one->count);
        if (one->title_zh.n > 0 || one->title_en.n > 0)
            json_object_set_new(value, "title", api_texts_json(one->title_zh, one->title_en));
        json_array_append_new(json_object_get(all, one->facet), value);
    }
    return all;
}

bool api_datasets_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct catalog_query query = {
        .q = http_param(rq, "q"),
        .agency = http_param(rq, "agency"),
        .theme = http_param(rq, "theme"),
        .openness = http_param(rq, "openness"),
        .sharing = http_param(rq, "sharing"),
        .sort = http_param(rq, "sort"),
        .limit = api_limit(rq),
    };
    struct catalog_page page = {0};
    struct store *store = NULL;

    if (!api_after(rq, &query.offset, err) || !store_take(pool, &store, err))
        return false;
    bool ok = catalog_find(store, &query, rq->arena, &page, err);
    store_give(pool, store);
    if (!ok)
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < page.n; i++)
        json_array_append_new(items, catalog_json(&page.items[i], api_caller(rq), false));
    if (page.n > 0 && query.offset + (int64_t)page.n < page.total)
        next = api_id(query.offset + (int64_t)page.n);
    json_t *answer = api_list(items, next, page.total);
    json_object_set_new(answer, "facets", facets_json(&page));
    http_reply_json(re, answer);
    return true;
}

static void answer_one(struct http_request *rq, const struct catalog_dataset *dataset,
                       struct http_reply *re)
{
    http_reply_json(re, catalog_json(dataset, api_caller(rq), true));
    http_reply_header(re, "ETag", ym_arena_printf(rq->arena, "\"%lld\"", (long long)dataset->etag));
}

bool api_dataset_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;

    if (!store_take(pool, &store, err))
        return false;
    bool ok = catalog_get(store, http_path_part(rq, "id"), rq->arena, &dataset, err);
    store_give(pool, store);
    if (ok)
        answer_one(rq, &dataset, re);
    return ok;
}

// The agency is the one that the body names, else the one whose space the name lies in.
static bool add(struct http_request *rq, struct store *store, struct ym_str said,
                struct catalog_dataset *dataset, struct ym_error *err)
{
    struct org_agency agency = {0};
    struct ym_str rest = dataset->name, space;

    if (!said.p && ym_str_cut(&rest, '.', &space))
        said = space;
    if (!api_agency(rq, store, said, &agency, err))
        return false;
    dataset->agency = agency.id;
    if (!catalog_add(store, api_caller(rq), dataset, rq->arena, err))
        return false;
    return catalog_get(store, dataset->name, rq->arena, dataset, err);
}

bool api_datasets_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct catalog_dataset dataset = {0};
    struct api_texts title = {0}, abstract = {0};
    struct ym_str agency = {NULL, 0};
    json_t *schema = NULL;
    const struct api_field fields[] = {
        {"id", API_TEXT, true, &dataset.name},
        {"title", API_TEXTS, true, &title},
        {"abstract", API_TEXTS, false, &abstract},
        {"code", API_TEXT, false, &dataset.code},
        {"agency", API_TEXT, false, &agency},
        {"theme", API_TEXT, true, &dataset.theme},
        {"openness", API_TEXT, true, &dataset.openness},
        {"sharing", API_TEXT, true, &dataset.sharing},
        {"update_cycle", API_TEXT, true, &dataset.update_cycle},
        {"schema", API_OBJECT, false, &schema},
    };
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err))
        return false;
    dataset.title_zh = title.zh;
    dataset.title_en = title.en;
    dataset.abstract_zh = abstract.zh;
    dataset.abstract_en = abstract.en;
    if (schema) {
        struct ym_buf text = {0};
        ym_json_dump(&text, schema);
        dataset.schema = ym_arena_str(rq->arena, ym_buf_str(&text));
        ym_buf_clear(&text);
    }
    if (!store_take(pool, &store, err))
        return false;
    bool ok = add(rq, store, agency, &dataset, err);
    store_give(pool, store);
    if (!ok)
        return false;
    answer_one(rq, &dataset, re);
    api_location(rq, re, "datasets", dataset.name);
    return true;
}

// If-Match: "12", as ETag and `etag` gave it.
static bool if_match(struct http_request *rq, int64_t *etag, struct ym_error *err)
{
    struct ym_str text = http_header_of(rq, "If-Match");

    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = ym_str_sub(text, 1, text.n - 2);
    if (ym_str_int(text, etag))
        return true;
    ym_fail(err, YM_INVALID, "http.if_match", "a change needs If-Match with the dataset's etag");
    return ym_hint(err, "Read the dataset first; send its `etag` as If-Match.");
}

static bool change(struct http_request *rq, struct store *store, int64_t etag,
                   struct catalog_dataset *dataset, struct ym_error *err)
{
    struct ym_str name = http_path_part(rq, "id");

    return catalog_change(store, api_caller(rq), name, etag, rq->json, rq->arena, err) &&
           catalog_get(store, name, rq->arena, dataset, err);
}

bool api_dataset_patch(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;
    int64_t etag;

    if (!if_match(rq, &etag, err) || !store_take(pool, &store, err))
        return false;
    bool ok = change(rq, store, etag, &dataset, err);
    store_give(pool, store);
    if (ok)
        answer_one(rq, &dataset, re);
    return ok;
}
