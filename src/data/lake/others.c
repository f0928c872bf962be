/* The partners of a dataset's references: which version of which dataset its rows are held against.
 */
#include "data/lake/lake_private.h"

static const char SQL_SCHEMA[] = "SELECT schema FROM version WHERE id = :id";

static bool version_schema(struct store *store, int64_t load, struct ym_arena *arena,
                           struct quality_schema *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    struct ym_str text = {NULL, 0};
    json_t *json = NULL;

    if (!store_ask(store, SQL_SCHEMA, YM_ARGS(ym_int("id", load)), &rows, err))
        return false;
    if (store_next(rows, err))
        text = ym_arena_str(arena, store_text(rows, 0));
    if (!store_rows_close(rows, err) || !ym_json_parse(text, LAKE_SCHEMA_MAX, &json, err))
        return false;
    bool ok = quality_schema_parse(json, arena, out, err);
    json_decref(json);
    return ok;
}

static bool refused(struct ym_error *err, struct ym_str name, const char *why, const char *hint)
{
    ym_fail(err, YM_INVALID, "lake.reference", "the referenced dataset '%.*s' %s", YM_FMT(name),
            why);
    ym_hint(err, "%s", hint);
    return ym_about(err, name);
}

// One reference: the other dataset's current version, and that it has the fields.
static bool resolve(struct store *store, const struct catalog_dataset *dataset,
                    const struct quality_reference *reference, struct ym_arena *arena,
                    struct quality_other *out, struct ym_error *err)
{
    struct catalog_dataset other;
    struct quality_schema *schema = ym_arena_alloc(arena, sizeof *schema);

    if (!catalog_get(store, reference->resource, arena, &other, err)) {
        if (err->kind != YM_NOT_FOUND)
            return false;
        return refused(err, reference->resource, "is not there",
                       "Correct `resource` in foreignKeys: it is the other dataset's name.");
    }
    // Whether a value is among another agency's rows is an answer about those rows.
    if (other.agency != dataset->agency && !ym_str_is(other.openness, "open"))
        return refused(err, reference->resource, "is not there",
                       "Correct `resource` in foreignKeys: it is the other dataset's name.");
    if (other.current.number == 0)
        return refused(err, reference->resource, "has no version",
                       "Load the referenced dataset first, then this one.");
    if (!version_schema(store, other.current.load, arena, schema, err))
        return false;
    for (size_t k = 0; k < reference->theirs.n; k++)
        if (!quality_field_of(schema, reference->theirs.items[k]))
            return refused(err, reference->theirs.items[k], "lacks a field that is referred to",
                           "Correct the fields of `reference` in foreignKeys.");
    *out = (struct quality_other){other.id, other.current.number, schema};
    return true;
}

static json_t *names(const struct quality_texts *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(array, ym_json_str(list->items[i]));
    return array;
}

bool lake_others(struct store *store, const struct catalog_dataset *dataset,
                 const struct quality_schema *schema, int64_t version, struct ym_arena *arena,
                 const struct quality_other **out, json_t **report, struct ym_error *err)
{
    struct quality_other *others =
        ym_arena_alloc(arena, (schema->n_references + 1) * sizeof *others);

    *out = others;
    *report = json_array();
    for (size_t i = 0; i < schema->n_references; i++) {
        const struct quality_reference *reference = &schema->references[i];
        bool own = reference->resource.n == 0;
        if (own)
            others[i] = (struct quality_other){dataset->id, version, schema};
        else if (!resolve(store, dataset, reference, arena, &others[i], err))
            return false;
        json_array_append_new(
            *report,
            json_pack("{s:o, s:o, s:o, s:I}", "fields", names(&reference->fields), "dataset",
                      ym_json_str(own ? dataset->name : reference->resource), "their_fields",
                      names(&reference->theirs), "version", (json_int_t)others[i].version));
    }
    return true;
}
