/* One datum, one source (一数一源): what several agencies hold, and who answers for it. */
#include "base/time.h"
#include "data/catalog/search.h"

enum { NOTE_MAX = 1000 };

static json_t *texts(struct ym_str zh, struct ym_str en)
{
    return json_pack("{s:o, s:o}", "zh", ym_json_str(zh), "en", ym_json_str(en.n > 0 ? en : zh));
}

static json_t *agency_json(const struct store_rows *rows, int at)
{
    return json_pack("{s:o, s:o, s:o}", "id", json_sprintf("%lld", (long long)store_int(rows, at)),
                     "name", ym_json_str(store_text(rows, at + 1)), "title",
                     texts(store_text(rows, at + 2), store_text(rows, at + 3)));
}

static const char SQL_HOLDER[] =
    "SELECT d.name, d.title_zh, d.title_en, a.id, a.name, a.title_zh, a.title_en"
    " FROM dataset d JOIN agency a ON a.id = d.agency WHERE d.id = :id AND d.state = 'published'";
static bool add_holder(struct store *store, const struct search_holder *holder, json_t *to,
                       struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_HOLDER, YM_ARGS(ym_int("id", holder->dataset)), &rows, err))
        return false;
    if (store_next(rows, err))
        json_array_append_new(
            to, json_pack("{s:o, s:o, s:o, s:o}", "dataset", ym_json_str(store_text(rows, 0)),
                          "title", texts(store_text(rows, 1), store_text(rows, 2)), "agency",
                          agency_json(rows, 3), "column", ym_json_str(holder->name)));
    return store_rows_close(rows, err);
}

static const char SQL_SOURCE[] =
    "SELECT s.note, s.created, a.id, a.name, a.title_zh, a.title_en FROM field_source s"
    " JOIN agency a ON a.id = s.agency WHERE s.field = :field";
static bool source_json(struct store *store, struct ym_str field, json_t **out,
                        struct ym_error *err)
{
    struct store_rows *rows = NULL;
    char time[YM_TIME_TEXT];

    *out = NULL;
    if (!store_ask(store, SQL_SOURCE, YM_ARGS(ym_text("field", field)), &rows, err))
        return false;
    if (store_next(rows, err))
        *out = json_pack("{s:o, s:o, s:s}", "agency", agency_json(rows, 2), "note",
                         ym_json_str(store_text(rows, 0)), "set_at",
                         ym_time_text(store_int(rows, 1), time));
    return store_rows_close(rows, err);
}

static bool lend_current(struct store *store, struct catalog_search *search,
                         struct search_file **file, struct ym_error *err)
{
    if (!search_read_lock(search, store, err))
        return false;
    bool ok = search_lend(search, file, err);
    search_unlock(search);
    return ok;
}

static bool add_field(struct store *store, struct search_file *file,
                      const struct search_field *field, struct ym_arena *arena, json_t *items,
                      struct ym_error *err)
{
    struct search_holder *holders = NULL;
    json_t *source = NULL, *held = json_array();
    size_t n = 0;
    bool ok = search_file_holders(file, field->key, arena, &holders, &n, err) &&
              source_json(store, field->key, &source, err);

    for (size_t i = 0; ok && i < n; i++)
        ok = add_holder(store, &holders[i], held, err);
    json_array_append_new(
        items, json_pack("{s:o, s:o, s:I, s:o, s:o}", "field", ym_json_str(field->key), "title",
                         ym_json_str(field->title), "agencies", (json_int_t)field->agencies,
                         "holders", held, "source", source ? source : json_null()));
    return ok;
}

bool catalog_shared_fields(struct store *store, struct catalog_search *search, struct ym_str q,
                           int64_t offset, int64_t limit, struct ym_arena *arena, json_t **out,
                           struct ym_error *err)
{
    struct search_file *file = NULL;
    struct search_field *fields = NULL;
    int64_t total = 0;
    size_t n = 0;

    *out = NULL;
    if (!lend_current(store, search, &file, err))
        return false;
    json_t *items = json_array();
    bool ok = search_file_fields(file, q.p ? q : YM_STR(""), offset, limit, arena, &fields, &n,
                                 &total, err);
    for (size_t i = 0; ok && i < n; i++)
        ok = add_field(store, file, &fields[i], arena, items, err);
    search_give(search, file);
    if (!ok) {
        json_decref(items);
        return false;
    }
    int64_t next = offset + (int64_t)n;
    *out = json_pack("{s:o, s:o, s:I}", "items", items, "next",
                     next < total ? json_sprintf("%lld", (long long)next) : json_null(), "total",
                     (json_int_t)total);
    return true;
}

static bool holds(struct store *store, struct catalog_search *search, struct ym_str key,
                  int64_t agency, struct ym_arena *arena, struct ym_error *err)
{
    struct search_holder *holders = NULL;
    struct search_file *file = NULL;
    bool held = false;
    size_t n = 0;

    if (!lend_current(store, search, &file, err))
        return false;
    bool ok = search_file_holders(file, key, arena, &holders, &n, err);
    search_give(search, file);
    if (!ok)
        return false;
    for (size_t i = 0; i < n; i++)
        held = held || holders[i].agency == agency;
    if (held)
        return true;
    ym_fail(err, YM_INVALID, "catalog.no_holder", "the agency holds no field '%.*s'", YM_FMT(key));
    ym_hint(err, "Name an agency that has a published entry with this field.");
    return ym_about(err, key);
}

static const char SQL_SET[] =
    "INSERT INTO field_source (field, agency, note, account, created)"
    " VALUES (:field, :agency, :note, :account, :now) ON CONFLICT (field) DO UPDATE SET"
    " agency = excluded.agency, note = excluded.note, account = excluded.account,"
    " created = excluded.created";
static const char SQL_UNSET[] = "DELETE FROM field_source WHERE field = :field";
bool catalog_source_set(struct store *store, struct catalog_search *search,
                        const struct org_caller *caller, struct ym_str field, int64_t agency,
                        struct ym_str note, struct ym_arena *arena, struct ym_error *err)
{
    struct ym_str key = catalog_field_key(field, YM_STR(""), arena);

    if (!org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err))
        return false;
    if (agency == 0)
        return store_run(store, SQL_UNSET, YM_ARGS(ym_text("field", key)), NULL, err);
    if (ym_utf8_count(note) > NOTE_MAX) {
        ym_fail(err, YM_INVALID, "catalog.text", "the note is too long");
        ym_hint(err, "Give the note in up to %d characters.", NOTE_MAX);
        return ym_about(err, YM_STR("note"));
    }
    return holds(store, search, key, agency, arena, err) &&
           store_run(store, SQL_SET,
                     YM_ARGS(ym_text("field", key), ym_int("agency", agency),
                             ym_text("note", note.p ? note : YM_STR("")),
                             ym_int("account", caller->account), ym_int("now", ym_now())),
                     NULL, err);
}
