#include "face/api/inside.h"

static json_t *data_json(const struct org_system_list *list)
{
    json_t *all = json_array();

    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(
            all, json_pack("{s:o, s:o}", "title", ym_json_str(list->items[i].title), "dataset",
                           list->items[i].dataset.n > 0 ? ym_json_str(list->items[i].dataset)
                                                        : json_null()));
    return all;
}

static json_t *gates_json(const struct org_system *system)
{
    struct org_gates gates = org_system_gates(system);

    return json_pack("{s:b, s:b, s:{s:b, s:s?}, s:{s:b, s:s?}, s:{s:b, s:s?}}", "approved",
                     gates.approved, "accepted", gates.accepted, "needs", "pass", gates.needs,
                     "reason", gates.needs ? NULL : "no_needs", "interconnection", "pass",
                     gates.interconnects, "reason", gates.interconnects_not, "contribution", "pass",
                     gates.contributes, "reason", gates.contributes ? NULL : "nothing_offered");
}

static json_t *system_json(const struct org_system *s, const struct org_caller *caller)
{
    json_t *agency =
        json_pack("{s:o, s:o, s:o}", "id", api_id(s->agency), "name", ym_json_str(s->agency_name),
                  "title", api_texts_json(s->agency_title_zh, s->agency_title_en));

    return json_pack(
        "{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:b}}",
        "id", api_id(s->id), "agency", agency, "title", api_texts_json(s->title_zh, s->title_en),
        "level", (json_int_t)s->level, "record", ym_json_str(s->record), "state",
        ym_json_str(s->state), "place", ym_json_str(s->place), "network", ym_json_str(s->network),
        "interface", ym_json_str(s->interface), "note", ym_json_str(s->note), "offers",
        data_json(&s->offers), "needs", data_json(&s->needs), "gates", gates_json(s), "updated_at",
        api_time(s->updated), "etag", api_id(s->etag), "may", "edit",
        org_system_may_edit(s, caller));
}

bool api_systems_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_systems found = {0};
    struct org_agency agency = {0};
    struct store *store = NULL;
    int64_t after, limit = api_limit(rq);
    struct ym_str said = http_param(rq, "agency");

    if (!api_after(rq, &after, err) || !api_take(rq, &store, err))
        return false;
    bool ok =
        (!said.p || api_agency(rq, store, said, &agency, err)) &&
        org_system_find(store, api_caller(rq), agency.id, after, limit, rq->arena, &found, err);
    store_give(pool, store);
    if (!ok)
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, system_json(&found.items[i], api_caller(rq)));
    if (found.n > 0 && (int64_t)found.n == limit)
        next = api_id(found.items[found.n - 1].id);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

static void answer(struct http_request *rq, const struct org_system *system, struct http_reply *re)
{
    http_reply_json(re, system_json(system, api_caller(rq)));
    http_reply_header(re, "ETag", ym_arena_printf(rq->arena, "\"%lld\"", (long long)system->etag));
}

bool api_system_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_system system = {0};
    struct store *store = NULL;
    int64_t id;

    if (!api_path_id(rq, &id, err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_system_get(store, api_caller(rq), id, rq->arena, &system, err);
    store_give(pool, store);
    if (ok)
        answer(rq, &system, re);
    return ok;
}

static bool bad_list(const char *name, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "api.field_type", "field '%s' has the wrong type", name);
    ym_hint(err, "Write it as [{\"title\": \"…\", \"dataset\": \"space.name\"}, …].");
    return ym_about(err, ym_str(name));
}

static bool take_list(const json_t *all, const char *name, struct ym_arena *arena,
                      struct org_system_list *out, struct ym_error *err)
{
    const json_t *one;
    size_t i;

    if (!all)
        return true;
    *out = (struct org_system_list){0};
    json_array_foreach(all, i, one)
    {
        struct ym_str title = ym_json_get(one, "title"), dataset = ym_json_get(one, "dataset");
        if (!title.p || json_object_size(one) > 2)
            return bad_list(name, err);
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = (struct org_system_data){.title = title, .dataset = dataset};
    }
    return true;
}

// The body over what there is; a new one has only the body.
static bool take_body(struct http_request *rq, struct org_system *s, struct ym_str *agency,
                      struct ym_error *err)
{
    struct api_texts title = {s->title_zh, s->title_en};
    json_t *offers = NULL, *needs = NULL;
    const bool fresh = s->id == 0;
    const struct api_field fields[] = {
        {"title", API_TEXTS, fresh, &title},           {"level", API_INTEGER, false, &s->level},
        {"record", API_TEXT, false, &s->record},       {"state", API_TEXT, fresh, &s->state},
        {"place", API_TEXT, fresh, &s->place},         {"network", API_TEXT, fresh, &s->network},
        {"interface", API_TEXT, fresh, &s->interface}, {"note", API_TEXT, false, &s->note},
        {"offers", API_ARRAY, false, &offers},         {"needs", API_ARRAY, false, &needs},
        {"agency", API_TEXT, fresh, agency},
    };

    // Its agency is its own for ever: the last field is of a new one only.
    if (!api_fields(rq->json, fields, YM_COUNT(fields) - !fresh, err))
        return false;
    s->title_zh = title.zh;
    s->title_en = title.en;
    return take_list(offers, "offers", rq->arena, &s->offers, err) &&
           take_list(needs, "needs", rq->arena, &s->needs, err);
}

static bool add(struct http_request *rq, struct store *store, struct ym_str said,
                struct org_system *system, struct ym_error *err)
{
    struct org_agency agency = {0};

    if (!api_agency(rq, store, said, &agency, err))
        return false;
    system->agency = agency.id;
    return org_system_put(store, api_caller(rq), system, err) &&
           org_system_get(store, api_caller(rq), system->id, rq->arena, system, err);
}

bool api_systems_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_system system = {0};
    struct ym_str agency = {NULL, 0};
    struct store *store = NULL;

    if (!take_body(rq, &system, &agency, err) || !api_take(rq, &store, err))
        return false;
    bool ok = add(rq, store, agency, &system, err);
    store_give(pool, store);
    if (!ok)
        return false;
    answer(rq, &system, re);
    api_location(rq, re, "systems", ym_arena_printf(rq->arena, "%lld", (long long)system.id));
    return true;
}

static bool change(struct http_request *rq, struct store *store, int64_t id, int64_t etag,
                   struct org_system *system, struct ym_error *err)
{
    struct ym_str none = {NULL, 0};

    if (!org_system_get(store, api_caller(rq), id, rq->arena, system, err) ||
        !take_body(rq, system, &none, err))
        return false;
    system->etag = etag;
    return org_system_put(store, api_caller(rq), system, err) &&
           org_system_get(store, api_caller(rq), id, rq->arena, system, err);
}

bool api_system_patch(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store_pool *pool = api_of(rq)->options.pool;
    struct org_system system = {0};
    struct store *store = NULL;
    int64_t id, etag;

    if (!api_path_id(rq, &id, err) || !api_if_match(rq, &etag, err) || !api_take(rq, &store, err))
        return false;
    bool ok = change(rq, store, id, etag, &system, err);
    store_give(pool, store);
    if (ok)
        answer(rq, &system, re);
    return ok;
}
