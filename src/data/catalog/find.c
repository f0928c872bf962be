#include "data/catalog/catalog_private.h"

#define FROM " FROM dataset d JOIN agency a ON a.id = d.agency"
/* A filter that is not given is NULL. A list of values is searched as text in ",a,b,": the codes
 * hold no comma, and `_` in them, which LIKE would take for any character, is escaped. */
#define ONE_OF(list, column)                                                                       \
    "(CAST(:" list " AS TEXT) IS NULL OR ',' || CAST(:" list                                       \
    " AS TEXT) || ',' LIKE"                                                                        \
    " '%,' || REPLACE(" column ", '_', '!_') || ',%' ESCAPE '!')"
#define WHERE                                                                                      \
    " WHERE (CAST(:q AS TEXT) IS NULL OR d.search LIKE CAST(:q AS TEXT) ESCAPE '!')"               \
    " AND " ONE_OF("agency", "a.name") " AND " ONE_OF("theme", "d.theme") " AND " ONE_OF(          \
        "openness", "d.openness") " AND " ONE_OF("sharing", "d.sharing")
#define PAGE " LIMIT :limit OFFSET :offset"

static const struct {
    const char *sort, *sql;
} orders[] = {
    {"-updated", CATALOG_COLUMNS FROM CATALOG_CURRENT WHERE " ORDER BY d.updated DESC, d.id" PAGE},
    {"updated", CATALOG_COLUMNS FROM CATALOG_CURRENT WHERE " ORDER BY d.updated, d.id" PAGE},
    {"name", CATALOG_COLUMNS FROM CATALOG_CURRENT WHERE " ORDER BY d.name COLLATE \"C\"" PAGE},
    {"-name",
     CATALOG_COLUMNS FROM CATALOG_CURRENT WHERE " ORDER BY d.name COLLATE \"C\" DESC" PAGE},
    {"title",
     CATALOG_COLUMNS FROM CATALOG_CURRENT WHERE " ORDER BY d.title_zh COLLATE \"C\", d.id" PAGE},
    {"-title", CATALOG_COLUMNS FROM CATALOG_CURRENT WHERE
     " ORDER BY d.title_zh COLLATE \"C\" DESC, d.id" PAGE},
};
static const char SQL_TOTAL[] = "SELECT COUNT(*)" FROM WHERE;

enum { ARG_Q, ARG_AGENCY, ARG_THEME, ARG_OPENNESS, ARG_SHARING, ARG_LIMIT, ARG_OFFSET, ARGS };
// Each counted under the other filters: its own is taken away.
static const struct {
    const char *name, *sql;
    int own;
} facets[] = {
    {"agency",
     "SELECT a.name, a.title_zh, a.title_en, COUNT(*)" FROM WHERE
     " GROUP BY a.name, a.title_zh, a.title_en ORDER BY COUNT(*) DESC, a.name",
     ARG_AGENCY},
    {"theme",
     "SELECT d.theme, NULL, NULL, COUNT(*)" FROM WHERE
     " AND d.theme <> '' GROUP BY d.theme ORDER BY COUNT(*) DESC, d.theme",
     ARG_THEME},
    {"openness",
     "SELECT d.openness, NULL, NULL, COUNT(*)" FROM WHERE
     " GROUP BY d.openness ORDER BY COUNT(*) DESC, d.openness",
     ARG_OPENNESS},
    {"sharing",
     "SELECT d.sharing, NULL, NULL, COUNT(*)" FROM WHERE
     " GROUP BY d.sharing ORDER BY COUNT(*) DESC, d.sharing",
     ARG_SHARING},
};

enum {
    SEARCH_MAX = 400 // bytes of a search that count
};

static struct ym_str like_pattern(struct ym_str q, struct ym_arena *arena)
{
    struct ym_buf pattern = {0};

    q = catalog_lower(ym_utf8_cut(q, SEARCH_MAX), arena);
    ym_buf_char(&pattern, '%');
    for (size_t i = 0; i < q.n; i++) {
        if (q.p[i] == '%' || q.p[i] == '_' || q.p[i] == '!')
            ym_buf_char(&pattern, '!');
        ym_buf_char(&pattern, q.p[i]);
    }
    ym_buf_char(&pattern, '%');
    struct ym_str kept = ym_arena_str(arena, ym_buf_str(&pattern));
    ym_buf_clear(&pattern);
    return kept;
}

static struct ym_str given(struct ym_str filter)
{
    return filter.n > 0 ? filter : (struct ym_str){NULL, 0};
}

static bool order_of(struct ym_str sort, const char **sql, struct ym_error *err)
{
    if (sort.n == 0)
        sort = ym_str(orders[0].sort);
    for (size_t i = 0; i < YM_COUNT(orders); i++)
        if (ym_str_is(sort, orders[i].sort)) {
            *sql = orders[i].sql;
            return true;
        }
    ym_fail(err, YM_INVALID, "catalog.sort", "datasets are not sorted by '%.*s'", YM_FMT(sort));
    ym_hint(err, "Sort by updated, name or title; a minus before it turns the order round.");
    return ym_about(err, sort);
}

static bool read_items(struct store *store, const char *sql, struct ym_args args,
                       struct ym_arena *arena, struct catalog_page *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, sql, args, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        catalog_read_row(rows, arena, &out->items[out->n++]);
    }
    return store_rows_close(rows, err);
}

static bool read_facet(struct store *store, size_t which, const struct ym_arg *args,
                       struct ym_arena *arena, struct catalog_page *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    struct ym_arg others[ARGS];

    memcpy(others, args, sizeof others);
    others[facets[which].own] = ym_null(args[facets[which].own].name);
    if (!store_ask(store, facets[which].sql, (struct ym_args){others, ARGS}, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->facets = ym_arena_grow(arena, out->facets, &out->cap_facets, out->n_facets + 1,
                                    sizeof *out->facets);
        out->facets[out->n_facets++] = (struct catalog_facet_value){
            .facet = facets[which].name,
            .value = ym_arena_str(arena, store_text(rows, 0)),
            .title_zh = ym_arena_str(arena, store_text(rows, 1)),
            .title_en = ym_arena_str(arena, store_text(rows, 2)),
            .count = store_int(rows, 3),
        };
    }
    return store_rows_close(rows, err);
}

bool catalog_find(struct store *store, const struct catalog_query *query, struct ym_arena *arena,
                  struct catalog_page *out, struct ym_error *err)
{
    struct ym_str q = ym_str_trim(query->q);
    struct ym_arg args[ARGS] = {
        [ARG_Q] = ym_text("q", q.n > 0 ? like_pattern(q, arena) : (struct ym_str){NULL, 0}),
        [ARG_AGENCY] = ym_text("agency", given(query->agency)),
        [ARG_THEME] = ym_text("theme", given(query->theme)),
        [ARG_OPENNESS] = ym_text("openness", given(query->openness)),
        [ARG_SHARING] = ym_text("sharing", given(query->sharing)),
        [ARG_LIMIT] = ym_int("limit", query->limit > 0 ? query->limit : 100),
        [ARG_OFFSET] = ym_int("offset", query->offset),
    };
    struct store_rows *rows = NULL;
    const char *sql = NULL;

    *out = (struct catalog_page){0};
    if (!order_of(query->sort, &sql, err) ||
        !read_items(store, sql, (struct ym_args){args, ARGS}, arena, out, err) ||
        !store_ask(store, SQL_TOTAL, (struct ym_args){args, ARGS}, &rows, err))
        return false;
    if (store_next(rows, err))
        out->total = store_int(rows, 0);
    if (!store_rows_close(rows, err))
        return false;
    for (size_t i = 0; i < YM_COUNT(facets); i++)
        if (!read_facet(store, i, args, arena, out, err))
            return false;
    return true;
}

static json_t *facet_json(const struct catalog_facet_value *value)
{
    struct ym_str en = value->title_en.n > 0 ? value->title_en : value->title_zh;
    json_t *json = json_pack("{s:o, s:I}", "value", ym_json_str(value->value), "count",
                             (json_int_t)value->count);

    // A code of a list has its title in the pages' texts.
    if (json && value->title_zh.p)
        json_object_set_new(
            json, "title",
            json_pack("{s:o, s:o}", "zh", ym_json_str(value->title_zh), "en", ym_json_str(en)));
    return json;
}

json_t *catalog_facets_json(const struct catalog_page *page)
{
    json_t *json = json_object();

    for (size_t i = 0; i < YM_COUNT(facets); i++) {
        json_t *values = json_array();
        for (size_t k = 0; k < page->n_facets; k++)
            if (strcmp(page->facets[k].facet, facets[i].name) == 0)
                json_array_append_new(values, facet_json(&page->facets[k]));
        json_object_set_new(json, facets[i].name, values);
    }
    return json;
}
