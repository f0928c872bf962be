#include "data/quality/inside.h"

static void set_text(json_t *to, const char *key, struct ym_str text)
{
    if (text.n > 0)
        json_object_set_new(to, key, ym_json_str(text));
}

static json_t *texts(const struct quality_texts *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(array, ym_json_str(list->items[i]));
    return array;
}

static json_t *constraints(const struct quality_field *field)
{
    json_t *to = json_object();

    if (field->required)
        json_object_set_new(to, "required", json_true());
    if (field->unique)
        json_object_set_new(to, "unique", json_true());
    set_text(to, "minimum", field->minimum);
    set_text(to, "maximum", field->maximum);
    if (field->min_length >= 0)
        json_object_set_new(to, "minLength", json_integer(field->min_length));
    if (field->max_length >= 0)
        json_object_set_new(to, "maxLength", json_integer(field->max_length));
    set_text(to, "pattern", field->pattern);
    if (field->values.n > 0)
        json_object_set_new(to, "enum", texts(&field->values));
    return to;
}

static json_t *field_json(const struct quality_field *field)
{
    json_t *to = json_object();

    json_object_set_new(to, "name", ym_json_str(field->name));
    if (field->title_en.n > 0)
        json_object_set_new(to, "title",
                            json_pack("{s:o, s:o}", "zh",
                                      ym_json_str(field->title_zh.p ? field->title_zh : YM_STR("")),
                                      "en", ym_json_str(field->title_en)));
    else
        set_text(to, "title", field->title_zh);
    json_object_set_new(to, "type", json_string(quality_type_name(field->type)));
    set_text(to, "format", field->format);
    if (field->scale >= 0)
        json_object_set_new(to, "scale", json_integer(field->scale));
    if (field->semantic != CODES_NONE)
        json_object_set_new(to, "semantic", json_string(codes_name(field->semantic)));
    set_text(to, "unit", field->unit);
    set_text(to, "zone", field->zone);
    if (field->indexed)
        json_object_set_new(to, "indexed", json_true());
    set_text(to, "description", field->description);
    if (field->own_missing)
        json_object_set_new(to, "missingValues", texts(&field->missing));
    if (field->true_values.n > 0)
        json_object_set_new(to, "trueValues", texts(&field->true_values));
    if (field->false_values.n > 0)
        json_object_set_new(to, "falseValues", texts(&field->false_values));
    if (field->residual.n > 0)
        json_object_set_new(to, "residual", texts(&field->residual));
    json_t *rules = constraints(field);
    if (json_object_size(rules) > 0)
        json_object_set_new(to, "constraints", rules);
    else
        json_decref(rules);
    return to;
}

static json_t *uniques_json(const struct quality_schema *schema)
{
    json_t *array = json_array();

    for (size_t i = 0; i < schema->n_uniques; i++)
        json_array_append_new(array, texts(&schema->uniques[i]));
    return array;
}

static json_t *references_json(const struct quality_schema *schema)
{
    json_t *array = json_array();

    for (size_t i = 0; i < schema->n_references; i++) {
        const struct quality_reference *reference = &schema->references[i];
        json_t *one = json_pack("{s:o, s:{s:o, s:o}}", "fields", texts(&reference->fields),
                                "reference", "resource", ym_json_str(reference->resource), "fields",
                                texts(&reference->theirs));
        if (reference->residual)
            json_object_set_new(one, "residual", json_pack("[s]", "reference"));
        json_array_append_new(array, one);
    }
    return array;
}

json_t *quality_schema_json(const struct quality_schema *schema)
{
    json_t *to = json_object(), *fields = json_array();

    for (size_t i = 0; i < schema->n; i++)
        json_array_append_new(fields, field_json(&schema->fields[i]));
    json_object_set_new(to, "fields", fields);
    if (schema->key.n > 0)
        json_object_set_new(to, "primaryKey", texts(&schema->key));
    json_object_set_new(to, "missingValues", texts(&schema->missing));
    if (schema->n_uniques > 0)
        json_object_set_new(to, "uniqueKeys", uniques_json(schema));
    if (schema->n_references > 0)
        json_object_set_new(to, "foreignKeys", references_json(schema));
    if (schema->drop_equal)
        json_object_set_new(to, "equalRepeats", json_string("drop"));
    return to;
}
