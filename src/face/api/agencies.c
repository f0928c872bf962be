#include "face/api/inside.h"

static json_t *text_or_null(struct ym_str text)
{
    return text.n > 0 ? ym_json_str(text) : json_null();
}

static json_t *region_json(const struct org_region *region)
{
    return json_pack("{s:o, s:o, s:i, s:o, s:I}", "code", ym_json_str(region->code), "name",
                     ym_json_str(region->name), "level", region->level, "parent",
                     text_or_null(region->parent), "children", (json_int_t)region->children);
}

bool api_regions_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct org_regions found = {0};
    struct store *store = NULL;
    int64_t limit = api_limit(rq);

    if (!api_take(rq, &store, err))
        return false;
    bool ok = org_regions_find(store, http_param(rq, "parent"), (int)http_param_int(rq, "level", 0),
                               http_param(rq, "q"), http_param(rq, "after"), limit, rq->arena,
                               &found, err);
    api_give(rq, store);
    if (!ok)
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, region_json(&found.items[i]));
    if ((int64_t)found.n == limit && found.total > limit)
        next = ym_json_str(found.items[found.n - 1].code);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

static json_t *agency_json(const struct org_agency *agency)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:{s:o, s:o, s:o}}", "id", api_id(agency->id),
        "name", ym_json_str(agency->name), "title",
        api_texts_json(agency->title_zh, agency->title_en), "credit_code",
        text_or_null(agency->credit_code), "region", text_or_null(agency->region), "datasets",
        (json_int_t)agency->datasets, "parent", api_id(agency->parent), "closed_at",
        api_time(agency->closed), "contact", "name", text_or_null(agency->contact_name), "phone",
        text_or_null(agency->contact_phone), "mail", text_or_null(agency->contact_mail));
}

json_t *api_agency_ref(const struct org_agencies *all, int64_t id)
{
    for (size_t i = 0; i < all->n && id != 0; i++)
        if (all->items[i].id == id)
            return json_pack("{s:o, s:o, s:o}", "id", api_id(id), "name",
                             ym_json_str(all->items[i].name), "title",
                             api_texts_json(all->items[i].title_zh, all->items[i].title_en));
    return json_null();
}

bool api_agencies_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct org_agencies all = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = org_agency_list(store, rq->arena, &all, err);
    api_give(rq, store);
    if (!ok)
        return false;
    json_t *items = json_array();
    size_t limit = (size_t)api_limit(rq);
    for (size_t i = 0; i < all.n && i < limit; i++)
        json_array_append_new(items, agency_json(&all.items[i]));
    http_reply_json(re, api_list(items, NULL, (int64_t)all.n));
    return true;
}

static bool read_contact(json_t *contact, struct org_agency *agency, struct ym_error *err)
{
    const struct api_field fields[] = {
        {"name", API_TEXT, false, &agency->contact_name},
        {"phone", API_TEXT, false, &agency->contact_phone},
        {"mail", API_TEXT, false, &agency->contact_mail},
    };

    return !contact || api_fields(contact, fields, YM_COUNT(fields), err);
}

// What the body says of the agency; `parent` as the id or the name, "" none. What it does not name
// stays.
static bool read_body(struct http_request *rq, struct store *store, bool fresh,
                      struct org_agency *agency, struct ym_error *err)
{
    struct api_texts title = {agency->title_zh, agency->title_en};
    struct ym_str parent = {NULL, 0}, name = {NULL, 0};
    struct org_agency above = {0};
    json_t *contact = NULL;
    const struct api_field fields[] = {
        {"title", API_TEXTS, fresh, &title},
        {"credit_code", API_TEXT, false, &agency->credit_code},
        {"region", API_TEXT, false, &agency->region},
        {"parent", API_TEXT, false, &parent},
        {"contact", API_OBJECT, false, &contact},
        {"name", API_TEXT, fresh, &name}, // the last: only where it is new
    };

    if (!api_fields(rq->json, fields, YM_COUNT(fields) - (fresh ? 0 : 1), err) ||
        !read_contact(contact, agency, err))
        return false;
    if (parent.n > 0 && !api_agency(rq, store, parent, &above, err))
        return false;
    if (parent.p)
        agency->parent = above.id;
    if (fresh)
        agency->name = name;
    agency->title_zh = title.zh;
    agency->title_en = title.en;
    return true;
}

bool api_agencies_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct org_agency agency = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = read_body(rq, store, true, &agency, err) &&
              org_agency_add(store, api_caller(rq), &agency, err);
    api_give(rq, store);
    if (!ok)
        return false;
    http_reply_json(re, agency_json(&agency));
    api_location(rq, re, "agencies", ym_arena_printf(rq->arena, "%lld", (long long)agency.id));
    return true;
}

// The agency of the path, by id or name; its own auditors see what is done to it.
static bool path_agency(struct http_request *rq, struct store *store, struct org_agency *out,
                        struct ym_error *err)
{
    if (!api_agency(rq, store, http_path_part(rq, "id"), out, err))
        return false;
    if (api_act(rq))
        api_act(rq)->agency = out->id;
    return true;
}

bool api_agency_patch(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct org_agency agency = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = path_agency(rq, store, &agency, err) && read_body(rq, store, false, &agency, err) &&
              org_agency_change(store, api_caller(rq), &agency, err);
    api_give(rq, store);
    if (ok)
        http_reply_json(re, agency_json(&agency));
    return ok;
}

static bool close_it(struct http_request *rq, struct http_reply *re, bool closed,
                     struct ym_error *err)
{
    struct org_agency agency = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = path_agency(rq, store, &agency, err) &&
              org_agency_close(store, api_caller(rq), agency.id, closed, err) &&
              org_agency_get(store, agency.id, rq->arena, &agency, err);
    api_give(rq, store);
    if (ok)
        http_reply_json(re, agency_json(&agency));
    return ok;
}

bool api_agency_close(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return close_it(rq, re, true, err);
}

bool api_agency_open(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    return close_it(rq, re, false, err);
}
