#include "face/api/inside.h"

bool api_datasets_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct catalog_query query = {
        .q = http_param(rq, "q"),
        .planned_from = http_param(rq, "planned_from"),
        .planned_to = http_param(rq, "planned_to"),
        .sort = http_param(rq, "sort"),
        .limit = api_limit(rq),
    };
    struct catalog_page page = {0};
    struct store *store = NULL;

    for (size_t i = 0; i < CATALOG_FACETS; i++)
        query.filters[i] = http_param(rq, catalog_facet_names[i]);
    if (!api_after(rq, &query.offset, err) || !api_take(rq, &store, err))
        return false;
    bool ok = catalog_find(store, api_of(rq)->options.search, api_caller(rq), &query, rq->arena,
                           &page, err);
    api_give(rq, store);
    if (!ok)
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < page.n; i++)
        json_array_append_new(items, catalog_json(&page.items[i], api_caller(rq), false));
    if (page.n > 0 && query.offset + query.limit < page.total)
        next = api_id(query.offset + query.limit);
    json_t *answer = api_list(items, next, page.total);
    json_object_set_new(answer, "facets", catalog_facets_json(&page));
    http_reply_json(re, answer);
    return true;
}

// Those who load it see how its files are read.
static json_t *recipe_json(struct http_request *rq, const struct catalog_dataset *dataset)
{
    struct collect_recipe recipe;
    struct ym_error ignored = {0};

    if (!catalog_may(dataset, api_caller(rq)).load ||
        !lake_recipe(api_of(rq)->options.pool, api_caller(rq), dataset->name, rq->arena, &recipe,
                     &ignored))
        return json_null();
    json_t *json = collect_recipe_json(&recipe);
    return json ? json : json_null();
}

static void answer_one(struct http_request *rq, const struct catalog_dataset *dataset,
                       struct http_reply *re)
{
    json_t *json = catalog_json(dataset, api_caller(rq), true);

    json_object_set_new(json, "recipe", recipe_json(rq, dataset));
    http_reply_json(re, json);
    http_reply_header(re, "ETag", ym_arena_printf(rq->arena, "\"%lld\"", (long long)dataset->etag));
}

bool api_dataset_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok =
        catalog_see(store, api_caller(rq), http_path_part(rq, "id"), rq->arena, &dataset, err);
    api_give(rq, store);
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
        {"state", API_TEXT, false, &dataset.state},
        {"category", API_TEXT, false, &dataset.category},
        {"format", API_TEXT, false, &dataset.format},
        {"sharing_way", API_TEXT, false, &dataset.sharing_way},
        {"sharing_condition", API_TEXT, false, &dataset.sharing_condition},
        {"sharing_basis", API_TEXT, false, &dataset.sharing_basis},
        {"open_condition", API_TEXT, false, &dataset.open_condition},
        {"open_planned", API_TEXT, false, &dataset.open_planned},
        {"closed_reason", API_TEXT, false, &dataset.closed_reason},
        {"related", API_TEXT, false, &dataset.related},
        {"contact", API_TEXT, false, &dataset.contact},
        {"contact_phone", API_TEXT, false, &dataset.contact_phone},
        {"contact_mail", API_TEXT, false, &dataset.contact_mail},
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
    if (!api_take(rq, &store, err))
        return false;
    bool ok = add(rq, store, agency, &dataset, err);
    api_give(rq, store);
    if (!ok)
        return false;
    answer_one(rq, &dataset, re);
    api_location(rq, re, "datasets", dataset.name);
    return true;
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
    struct catalog_dataset dataset = {0};
    struct store *store = NULL;
    int64_t etag;

    if (!api_if_match(rq, &etag, err) || !api_take(rq, &store, err))
        return false;
    bool ok = change(rq, store, etag, &dataset, err);
    api_give(rq, store);
    if (ok)
        answer_one(rq, &dataset, re);
    return ok;
}

static bool review(struct http_request *rq, struct store *store, enum catalog_act act,
                   struct ym_str reason, struct catalog_dataset *dataset, struct ym_error *err)
{
    struct ym_str name = http_path_part(rq, "id");

    return catalog_review(store, api_caller(rq), name, act, reason, rq->arena, err) &&
           catalog_get(store, name, rq->arena, dataset, err);
}

bool api_dataset_review(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct catalog_dataset dataset = {0};
    struct ym_str said = {NULL, 0}, reason = {NULL, 0};
    const struct api_field fields[] = {
        {"act", API_TEXT, true, &said},
        {"reason", API_TEXT, false, &reason},
    };
    struct store *store = NULL;
    enum catalog_act act;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err))
        return false;
    if (!catalog_act_by_name(said, &act)) {
        ym_fail(err, YM_INVALID, "catalog.act", "'%.*s' is no act of a review", YM_FMT(said));
        ym_hint(err, "Use submit, publish or send_back.");
        return ym_about(err, YM_STR("act"));
    }
    if (!api_take(rq, &store, err))
        return false;
    bool ok = review(rq, store, act, reason.p ? reason : YM_STR(""), &dataset, err);
    api_give(rq, store);
    if (ok)
        answer_one(rq, &dataset, re);
    return ok;
}
