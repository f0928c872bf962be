/* The quarantine desk's first question: which datasets have rows that wait, and why? */
#include "data/lake/draft_private.h"

#include "base/time.h"

enum { ITEMS_MAX = 1000 };

static const char SQL_DESK[] =
    "SELECT d.agency, d.name, d.title_zh, d.title_en, a.name, a.title_zh, a.title_en, v.id,"
    " v.number, v.file, v.published, v.rows_quarantined, d.openness, d.state"
    " FROM version v JOIN dataset d ON d.id = v.dataset JOIN agency a ON a.id = d.agency"
    " WHERE v.state = 'published' AND v.rows_quarantined > 0"
    " AND v.id = (SELECT w.id FROM version w WHERE w.dataset = d.id AND w.state = 'published'"
    " ORDER BY w.published DESC, w.number DESC LIMIT 1)"
    " AND (:dataset = '' OR d.name = :dataset) ORDER BY v.published DESC, d.name";
static const char SQL_REPORT[] = "SELECT report FROM version WHERE id = :load";
static const char SQL_STATES[] =
    "SELECT state, COUNT(*) FROM quarantine_row WHERE load = :load GROUP BY state";
static const char SQL_ACTS[] =
    "SELECT COUNT(*) FROM quarantine_act WHERE load = :load AND undone = 0";
static const char SQL_ON_ITS_WAY[] =
    "SELECT id FROM version WHERE base = :load AND state IN ('received', 'checked')";

static json_t *time_json(int64_t at)
{
    char text[YM_TIME_TEXT];

    return json_string(ym_time_text(at, text));
}

// {code, column, count} of the report's reasons: its examples are for the report.
static json_t *reasons_json(struct ym_str text)
{
    struct ym_error ignored = {0};
    json_t *report = NULL, *list = json_array(), *one;
    size_t i;

    if (text.n > 0 && ym_json_parse(text, SIZE_MAX, &report, &ignored))
        json_array_foreach(json_object_get(report, "reasons"), i, one) json_array_append_new(
            list,
            json_pack("{s:O, s:O, s:O}", "code", json_object_get(one, "code"), "column",
                      json_object_get(one, "column"), "count", json_object_get(one, "count")));
    json_decref(report);
    return list;
}

static json_t *text_json(const struct store_rows *rows, int zh)
{
    return json_pack("{s:o, s:o}", "zh", ym_json_str(store_text(rows, zh)), "en",
                     ym_json_str(store_text(rows, zh + 1)));
}

static json_t *dataset_json(const struct catalog_dataset *dataset, const struct org_caller *caller,
                            const struct store_rows *rows)
{
    return json_pack("{s:o, s:o, s:{s:o, s:o}, s:o, s:I, s:o, s:o, s:I, s:o, s:b}", "dataset",
                     ym_json_str(store_text(rows, 1)), "title", text_json(rows, 2), "agency",
                     "name", ym_json_str(store_text(rows, 4)), "title", text_json(rows, 5), "load",
                     json_sprintf("%lld", (long long)store_int(rows, 7)), "version",
                     (json_int_t)store_int(rows, 8), "file", ym_json_str(store_text(rows, 9)),
                     "published_at", time_json(store_int(rows, 10)), "quarantined",
                     (json_int_t)store_int(rows, 11), "reasons", reasons_json(store_text(rows, 12)),
                     "may_act", catalog_may(dataset, caller).load);
}

static bool add_draft(struct store *store, json_t *item, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    int64_t load = 0, acts = 0, on_its_way = 0;
    json_t *draft = json_object();

    json_object_set_new(item, "draft", draft);
    if (!ym_str_int(ym_json_get(item, "load"), &load))
        return ym_fail(err, YM_FAULT, "lake.row", "a load without its number");
    if (!store_ask(store, SQL_REPORT, YM_ARGS(ym_int("load", load)), &rows, err))
        return false;
    if (store_next(rows, err))
        json_object_set_new(item, "reasons", reasons_json(store_text(rows, 0)));
    if (!store_rows_close(rows, err))
        return false;
    for (int s = DRAFT_MENDED; s < DRAFT_STATES; s++)
        json_object_set_new(draft, draft_state_name((enum draft_state)s), json_integer(0));
    if (!store_ask(store, SQL_STATES, YM_ARGS(ym_int("load", load)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        struct ym_str state = store_text(rows, 0);
        json_object_setn_new(draft, state.p, state.n, json_integer(store_int(rows, 1)));
    }
    if (!store_rows_close(rows, err) ||
        !store_ask(store, SQL_ACTS, YM_ARGS(ym_int("load", load)), &rows, err))
        return false;
    if (store_next(rows, err))
        acts = store_int(rows, 0);
    if (!store_rows_close(rows, err) ||
        !store_ask(store, SQL_ON_ITS_WAY, YM_ARGS(ym_int("load", load)), &rows, err))
        return false;
    if (store_next(rows, err))
        on_its_way = store_int(rows, 0);
    json_object_set_new(draft, "acts", json_integer(acts));
    json_object_set_new(draft, "load",
                        on_its_way ? json_sprintf("%lld", (long long)on_its_way) : json_null());
    return store_rows_close(rows, err);
}

bool lake_desk(struct lake *lake, const struct org_caller *caller, struct ym_str dataset,
               json_t **out, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    json_t *items = json_array(), *item;
    size_t i;
    bool ok = false;

    *out = NULL;
    if (!store_take(lake->options.pool, &store, err))
        goto out;
    if (!store_ask(store, SQL_DESK, YM_ARGS(ym_text("dataset", dataset.p ? dataset : YM_STR(""))),
                   &rows, err))
        goto out;
    while (store_next(rows, err)) {
        const struct catalog_dataset one = {.agency = store_int(rows, 0),
                                            .openness = store_text(rows, 12),
                                            .state = store_text(rows, 13)};
        if (draft_may_look(&one, caller) && json_array_size(items) < ITEMS_MAX)
            json_array_append_new(items, dataset_json(&one, caller, rows));
    }
    if (!store_rows_close(rows, err))
        goto out;
    json_array_foreach(items, i, item) if (!add_draft(store, item, err)) goto out;
    *out = json_pack("{s:O, s:n, s:I}", "items", items, "next", "total",
                     (json_int_t)json_array_size(items));
    ok = true;
out:
    json_decref(items);
    store_give(lake->options.pool, store);
    return ok;
}
