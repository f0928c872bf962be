#include "face/api/inside.h"

static json_t *figures_json(const struct catalog_figures *f)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:{s:I, s:I}, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I}, s:{s:I, s:I,"
        " s:I}}",
        "datasets", (json_int_t)f->datasets, "mounted", (json_int_t)f->mounted, "fresh",
        (json_int_t)f->fresh, "late", (json_int_t)f->late, "rows", "in", (json_int_t)f->rows_in,
        "kept", (json_int_t)f->rows_kept, "sharing", "unconditional", (json_int_t)f->sharing[0],
        "conditional", (json_int_t)f->sharing[1], "withheld", (json_int_t)f->sharing[2], "openness",
        "open", (json_int_t)f->openness[0], "conditional", (json_int_t)f->openness[1], "closed",
        (json_int_t)f->openness[2], "plan", "kept", (json_int_t)f->plan_kept, "overdue",
        (json_int_t)f->plan_overdue, "due", (json_int_t)f->plan_due);
}

static json_t *agency_json(const struct catalog_group *group)
{
    const struct org_agency *a = &group->agency;

    return json_pack("{s:{s:o, s:o, s:o}, s:o, s:o}", "agency", "id", api_id(a->id), "name",
                     ym_json_str(a->name), "title", api_texts_json(a->title_zh, a->title_en),
                     "region", a->region.n > 0 ? ym_json_str(a->region) : json_null(), "figures",
                     figures_json(&group->figures));
}

static json_t *region_json(const struct catalog_group *group)
{
    struct ym_str code = group->agency.region;

    return json_pack("{s:o, s:o, s:o}", "region", code.n > 0 ? ym_json_str(code) : json_null(),
                     "name", ym_json_str(group->region_name), "figures",
                     figures_json(&group->figures));
}

bool api_overview_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct catalog_overview found = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = catalog_overview(store, api_of(rq)->options.search, rq->arena, &found, err);
    api_give(rq, store);
    if (!ok)
        return false;
    json_t *agencies = json_array(), *regions = json_array();
    for (size_t i = 0; i < found.n_agencies; i++)
        json_array_append_new(agencies, agency_json(&found.agencies[i]));
    for (size_t i = 0; i < found.n_regions; i++)
        json_array_append_new(regions, region_json(&found.regions[i]));
    http_reply_json(re,
                    json_pack("{s:o, s:o, s:o, s:o}", "at", api_time(ym_now()), "all",
                              figures_json(&found.all), "agencies", agencies, "regions", regions));
    return true;
}
