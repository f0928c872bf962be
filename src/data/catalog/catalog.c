#include "base/time.h"
#include "data/catalog/catalog_private.h"

enum {
    SCHEMA_MAX = 4 << 20 // bytes; 5,000 columns fit
};

struct catalog_may catalog_may(const struct catalog_dataset *dataset,
                               const struct org_caller *caller)
{
    struct catalog_may may = {.read = ym_str_is(dataset->openness, "open")};

    if (!catalog_knows(dataset, caller))
        return (struct catalog_may){0};
    if (!caller)
        return may;
    unsigned readers = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR);
    unsigned loaders = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_STEWARD);
    may.read = may.read || org_belongs(caller, dataset->agency) ||
               org_holds(caller, readers, dataset->agency);
    bool administrator = org_holds(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), dataset->agency);
    may.load = org_holds(caller, loaders, dataset->agency);
    may.edit = may.load;
    may.review = ym_str_is(dataset->state, "submitted") &&
                 (administrator || (may.edit && caller->account != dataset->submitted_by));
    return may;
}

bool catalog_knows(const struct catalog_dataset *dataset, const struct org_caller *caller)
{
    if (ym_str_is(dataset->state, "published") || !dataset->state.p)
        return true;
    return org_holds(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR),
                     dataset->agency) ||
           org_belongs(caller, dataset->agency);
}

static struct ym_str take(const struct store_rows *rows, int column, struct ym_arena *arena)
{
    return ym_arena_str(arena, store_text(rows, column));
}

void catalog_read_row(const struct store_rows *rows, struct ym_arena *arena,
                      struct catalog_dataset *out)
{
    const struct {
        struct ym_str *to;
    } texts[] = {
        {&out->name},
        {&out->title_zh},
        {&out->title_en},
        {&out->abstract_zh},
        {&out->abstract_en},
        {&out->code},
        {&out->theme},
        {&out->openness},
        {&out->sharing},
        {&out->update_cycle},
        {&out->agency_name},
        {&out->agency_title_zh},
        {&out->agency_title_en},
        {&out->schema},
    };

    *out = (struct catalog_dataset){
        .id = store_int(rows, 0),
        .agency = store_int(rows, 1),
        .created = store_int(rows, 2),
        .updated = store_int(rows, 3),
        .etag = store_int(rows, 4),
        .current = {.number = store_int(rows, 19),
                    .load = store_int(rows, 20),
                    .published = store_int(rows, 21),
                    .received = store_int(rows, 22),
                    .in = store_int(rows, 23),
                    .kept = store_int(rows, 24),
                    .quarantined = store_int(rows, 25),
                    .duplicates = store_int(rows, 26),
                    .state = take(rows, 27, arena),
                    .file = take(rows, 28, arena)},
    };
    for (size_t i = 0; i < YM_COUNT(texts); i++)
        *texts[i].to = take(rows, 5 + (int)i, arena);
    for (size_t i = 0; i < CATALOG_N_FACTS; i++)
        *catalog_fact_of(out, i) = take(rows, 29 + (int)i, arena);
    out->state = take(rows, 29 + CATALOG_N_FACTS, arena);
    out->review_note = take(rows, 30 + CATALOG_N_FACTS, arena);
    out->released = store_int(rows, 31 + CATALOG_N_FACTS);
    out->submitted_by = store_int(rows, 32 + CATALOG_N_FACTS);
}

static bool not_there(struct ym_str name, struct ym_error *err)
{
    ym_fail(err, YM_NOT_FOUND, "catalog.no_dataset", "there is no dataset '%.*s'", YM_FMT(name));
    ym_hint(err, "Look for it in the catalogue: a dataset is named SPACE.NAME.");
    return ym_about(err, name);
}

static bool get_one(struct store *store, const char *sql, struct ym_arg which, struct ym_str name,
                    struct ym_arena *arena, struct catalog_dataset *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, sql, YM_ARGS(which), &rows, err))
        return false;
    bool found = store_next(rows, err);
    if (found)
        catalog_read_row(rows, arena, out);
    if (!store_rows_close(rows, err))
        return false;
    return found || not_there(name, err);
}

static const char SQL_BY_NAME[] = CATALOG_COLUMNS
    " FROM dataset d JOIN agency a ON a.id = d.agency" CATALOG_CURRENT " WHERE d.name = :name";
bool catalog_get(struct store *store, struct ym_str name, struct ym_arena *arena,
                 struct catalog_dataset *out, struct ym_error *err)
{
    return get_one(store, SQL_BY_NAME, ym_text("name", name.p ? name : YM_STR("")), name, arena,
                   out, err);
}

bool catalog_see(struct store *store, const struct org_caller *caller, struct ym_str name,
                 struct ym_arena *arena, struct catalog_dataset *out, struct ym_error *err)
{
    if (!catalog_get(store, name, arena, out, err))
        return false;
    return catalog_knows(out, caller) || not_there(name, err);
}

static const char SQL_BY_ID[] = CATALOG_COLUMNS
    " FROM dataset d JOIN agency a ON a.id = d.agency" CATALOG_CURRENT " WHERE d.id = :id";
bool catalog_by_id(struct store *store, int64_t id, struct ym_arena *arena,
                   struct catalog_dataset *out, struct ym_error *err)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%lld", (long long)id);

    return get_one(store, SQL_BY_ID, ym_int("id", id), (struct ym_str){text, (size_t)n}, arena, out,
                   err);
}

struct ym_str catalog_lower(struct ym_str text, struct ym_arena *arena)
{
    char *to = ym_arena_alloc(arena, text.n + 1);

    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                      lower[] = "abcdefghijklmnopqrstuvwxyz";

    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] ? strchr(upper, text.p[i]) : NULL;
        to[i] = text.p[i];
        if (at)
            to[i] = lower[at - upper];
    }
    return (struct ym_str){to, text.n};
}

static void add_line(struct ym_buf *to, struct ym_str text)
{
    ym_buf_add(to, text);
    ym_buf_char(to, '\n'); // a search never finds across two texts: it holds no line end
}

static void add_fields(struct ym_buf *to, struct ym_str schema)
{
    struct ym_error ignored;
    json_t *json = NULL, *field, *title;
    const char *language;
    size_t i;

    if (!schema.p || !ym_json_parse(schema, SCHEMA_MAX, &json, &ignored))
        return;
    json_array_foreach(json_object_get(json, "fields"), i, field)
    {
        add_line(to, ym_json_get(field, "name"));
        add_line(to, ym_json_get(field, "title"));
        json_object_foreach(json_object_get(field, "title"), language, title)
            add_line(to, ym_str(json_string_value(title)));
    }
    json_decref(json);
}

struct ym_str catalog_search_text(const struct catalog_dataset *dataset, struct ym_arena *arena)
{
    struct ym_buf text = {0};

    add_line(&text, dataset->name);
    add_line(&text, dataset->title_zh);
    add_line(&text, dataset->title_en);
    add_line(&text, dataset->abstract_zh);
    add_line(&text, dataset->abstract_en);
    add_line(&text, dataset->code);
    add_fields(&text, dataset->schema);
    struct ym_str lower = catalog_lower(ym_buf_str(&text), arena);
    ym_buf_clear(&text);
    return lower;
}

static json_t *text_json(struct ym_str zh, struct ym_str en)
{
    return json_pack("{s:o, s:o}", "zh", ym_json_str(zh), "en", ym_json_str(en.n > 0 ? en : zh));
}

static json_t *time_json(int64_t time)
{
    char text[YM_TIME_TEXT];

    return time == 0 ? json_null() : json_string(ym_time_text(time, text));
}

static json_t *id_json(int64_t id)
{
    return json_sprintf("%lld", (long long)id);
}

json_t *catalog_version_json(const struct catalog_version *version)
{
    // What a steward dropped is the rest: a version whose counts do not add up is refused.
    int64_t dropped = version->in - version->kept - version->quarantined - version->duplicates;

    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I, s:I, s:I}, s:o}", "number",
                     (json_int_t)version->number, "state", ym_json_str(version->state),
                     "published_at", time_json(version->published), "received_at",
                     time_json(version->received), "file", ym_json_str(version->file), "rows", "in",
                     (json_int_t)version->in, "kept", (json_int_t)version->kept, "quarantined",
                     (json_int_t)version->quarantined, "duplicates",
                     (json_int_t)version->duplicates, "dropped", (json_int_t)dropped, "load",
                     id_json(version->load));
}

static json_t *schema_json(struct ym_str schema)
{
    struct ym_error ignored;
    json_t *json = NULL;

    if (!schema.p || !ym_json_parse(schema, SCHEMA_MAX, &json, &ignored))
        return json_null();
    return json;
}

static json_t *text_or_null(struct ym_str text)
{
    return text.n > 0 ? ym_json_str(text) : json_null();
}

// The core metadata; what only its own people need is theirs.
static void add_facts(json_t *json, const struct catalog_dataset *dataset, struct catalog_may may)
{
    const char *gaps[CATALOG_GAPS], *fresh = catalog_freshness(dataset, ym_now());
    size_t classes, n = catalog_gaps(dataset, gaps, &classes);
    json_t *owed = json_array();

    for (size_t i = 0; i < CATALOG_N_FACTS; i++)
        json_object_set_new(json, catalog_facts[i].name,
                            text_or_null(*catalog_fact_of((struct catalog_dataset *)dataset, i)));
    json_object_set_new(json, "state", ym_json_str(dataset->state));
    json_object_set_new(json, "released_at", time_json(dataset->released));
    json_object_set_new(json, "freshness", fresh ? json_string(fresh) : json_null());
    for (size_t i = 0; i < n; i++)
        json_array_append_new(owed, json_string(gaps[i]));
    json_object_set_new(json, "gaps", owed);
    if (may.edit)
        json_object_set_new(json, "review_note", text_or_null(dataset->review_note));
}

json_t *catalog_json(const struct catalog_dataset *dataset, const struct org_caller *caller,
                     bool with_schema)
{
    struct catalog_may may = catalog_may(dataset, caller);
    json_t *current =
        dataset->current.number > 0 ? catalog_version_json(&dataset->current) : json_null();
    json_t *agency = json_pack("{s:o, s:o, s:o}", "id", id_json(dataset->agency), "name",
                               ym_json_str(dataset->agency_name), "title",
                               text_json(dataset->agency_title_zh, dataset->agency_title_en));
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:b, s:b, s:b, s:b}}",
        "id", ym_json_str(dataset->name), "title", text_json(dataset->title_zh, dataset->title_en),
        "abstract", text_json(dataset->abstract_zh, dataset->abstract_en), "code",
        ym_json_str(dataset->code), "agency", agency, "theme", ym_json_str(dataset->theme),
        "openness", ym_json_str(dataset->openness), "sharing", ym_json_str(dataset->sharing),
        "update_cycle", ym_json_str(dataset->update_cycle), "created_at",
        time_json(dataset->created), "updated_at", time_json(dataset->updated), "etag",
        id_json(dataset->etag), "current", current, "may", "read", may.read, "load", may.load,
        "edit", may.edit, "review", may.review);

    if (json)
        add_facts(json, dataset, may);

    if (json && with_schema)
        json_object_set_new(json, "schema", schema_json(dataset->schema));
    return json;
}
