#include "face/api/inside.h"

// `recipe=none` says that nothing is said and that what was remembered is forgotten.
struct collect_recipe api_recipe_params(const struct http_request *rq, bool *said)
{
    const struct collect_recipe recipe = {
        .format = http_param(rq, "format"),
        .encoding = http_param(rq, "encoding"),
        .delimiter = http_param(rq, "delimiter"),
        .sheet = http_param(rq, "sheet"),
        .skip = http_param(rq, "skip"),
        .header_row = http_param_int(rq, "header_row", 0),
        .header_rows = http_param_int(rq, "header_rows", 0),
    };

    *said = !collect_recipe_empty(&recipe) || http_param(rq, "recipe").p;
    return recipe;
}

static void answer(const struct collect_recipe *recipe, struct http_reply *re)
{
    json_t *json = collect_recipe_json(recipe);

    http_reply_json(re, json_pack("{s:o}", "recipe", json ? json : json_null()));
}

bool api_recipe_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct collect_recipe recipe;

    if (!lake_recipe(api_of(rq)->options.pool, api_caller(rq), http_path_part(rq, "id"), rq->arena,
                     &recipe, err))
        return false;
    answer(&recipe, re);
    return true;
}

bool api_recipe_put(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct collect_recipe recipe;

    if (!collect_recipe_parse(rq->json, rq->arena, &recipe, err) ||
        !lake_recipe_set(api_of(rq)->options.pool, api_caller(rq), http_path_part(rq, "id"),
                         &recipe, err))
        return false;
    answer(&recipe, re);
    return true;
}

bool api_recipe_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    const struct collect_recipe none = {0};

    (void)re;
    return lake_recipe_set(api_of(rq)->options.pool, api_caller(rq), http_path_part(rq, "id"),
                           &none, err);
}
