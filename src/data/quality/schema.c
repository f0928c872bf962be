#include "base/time.h"
#include "data/quality/inside.h"

#include <uthash.h>

enum {
    TEXT_MAX = 4096, // a title, a pattern, a marker
    NAME_MAX_BYTES = 256,
    LIST_MAX = 10000,
    KEYS_MAX = 100 // unique keys, references
};
static const char *const type_names[QUALITY_TYPES] = {
    [QUALITY_STRING] = "string",   [QUALITY_INTEGER] = "integer", [QUALITY_NUMBER] = "number",
    [QUALITY_BOOLEAN] = "boolean", [QUALITY_DATE] = "date",       [QUALITY_DATETIME] = "datetime",
    [QUALITY_TIME] = "time",
};
struct place { // where in the schema we are, for errors
    struct ym_arena *arena;
    struct ym_error *err;
    size_t field; // SIZE_MAX: the schema itself
    struct ym_str name;
    bool in_constraints;
};
struct seen {
    struct ym_str name;
    UT_hash_handle hh;
};

const char *quality_type_name(enum quality_type type)
{
    return type_names[type];
}

// "fields[3].constraints.min (score)": what the error is about.
static bool about(const struct place *at, const char *member)
{
    struct ym_str subject;
    const char *inside = at->in_constraints ? ".constraints" : "";
    const char *dot = *member ? "." : "";

    if (at->field == SIZE_MAX)
        subject = ym_str(*member ? member : "schema");
    else if (at->name.n == 0)
        subject = ym_arena_printf(at->arena, "fields[%zu]%s%s%s", at->field, inside, dot, member);
    else
        subject = ym_arena_printf(at->arena, "%.*s: fields[%zu]%s%s%s", YM_FMT(at->name), at->field,
                                  inside, dot, member);
    return ym_about(at->err, subject);
}

static bool wrong_kind(const struct place *at, const char *member, const char *wanted)
{
    ym_fail(at->err, YM_INVALID, "schema.value", "'%s' of the schema is not %s", member, wanted);
    ym_hint(at->err, "Write %s there: docs/schema.md shows each member.", wanted);
    return about(at, member);
}

static bool unknown_member(const struct place *at, const char *member)
{
    ym_fail(at->err, YM_INVALID, at->in_constraints ? "schema.constraint" : "schema.member",
            "the schema has '%s', which is not known", member);
    ym_hint(at->err, "%s",
            at->in_constraints
                ? "Known: required, unique, minimum, maximum, minLength, maxLength, pattern, enum."
                : "Correct its spelling or take it out: what is not known would not be checked.");
    return about(at, member);
}

static bool read_text(const struct place *at, const char *member, const json_t *from,
                      struct ym_str *out)
{
    if (!json_is_string(from))
        return wrong_kind(at, member, "a text");
    struct ym_str text = {json_string_value(from), json_string_length(from)};
    if (text.n > TEXT_MAX || memchr(text.p, 0, text.n))
        return wrong_kind(at, member, "a text of up to 4096 bytes");
    *out = ym_arena_str(at->arena, text);
    return true;
}

// A text as people read it: a string (Chinese), or {"zh": …, "en": …}.
static bool read_title(const struct place *at, const char *member, const json_t *from,
                       struct ym_str *zh, struct ym_str *en)
{
    const char *key;
    json_t *value;

    if (!json_is_object(from))
        return read_text(at, member, from, zh);
    json_object_foreach((json_t *)from, key, value)
    {
        struct ym_str *to = strcmp(key, "zh") == 0 ? zh : strcmp(key, "en") == 0 ? en : NULL;
        if (!to)
            return wrong_kind(at, member, "a text, or one under zh and one under en");
        if (!read_text(at, member, value, to))
            return false;
    }
    return true;
}

static bool read_texts(const struct place *at, const char *member, const json_t *from,
                       struct quality_texts *out)
{
    if (!json_is_array(from) || json_array_size(from) > LIST_MAX)
        return wrong_kind(at, member, "a list of texts");
    *out = (struct quality_texts){0};
    for (size_t i = 0; i < json_array_size(from); i++) {
        struct ym_str text = {0};
        if (!read_text(at, member, json_array_get(from, i), &text))
            return false;
        quality_push(out, at->arena, text);
    }
    return true;
}

static bool read_boolean(const struct place *at, const char *member, const json_t *from, bool *out)
{
    if (!json_is_boolean(from))
        return wrong_kind(at, member, "true or false");
    *out = json_is_true(from);
    return true;
}

static bool read_count(const struct place *at, const char *member, const json_t *from, int64_t max,
                       int64_t *out)
{
    if (!json_is_integer(from) || json_integer_value(from) < 0 || json_integer_value(from) > max)
        return wrong_kind(at, member, "a whole number in its range");
    *out = json_integer_value(from);
    return true;
}

// minimum, maximum and the values of enum: a text, or a number or boolean of JSON.
static bool read_value(const struct place *at, const char *member, const json_t *from,
                       const struct quality_field *field, struct ym_str *out)
{
    if (json_is_string(from)) {
        if (!read_text(at, member, from, out))
            return false;
    } else if (json_is_integer(from)) {
        *out = ym_arena_printf(at->arena, "%lld", (long long)json_integer_value(from));
    } else if (json_is_real(from)) {
        // 15 digits give back every decimal text that a person writes (0.1, not
        // 0.1000000000000000055).
        *out = ym_arena_printf(at->arena, "%.15g", json_real_value(from));
    } else if (json_is_boolean(from)) {
        *out = json_is_true(from) ? YM_STR("true") : YM_STR("false");
    } else {
        return wrong_kind(at, member, "a value of the field's type");
    }
    if (quality_value(field, *out))
        return true;
    ym_fail(at->err, YM_INVALID, "schema.bound", "'%.*s' is no value of type %s", YM_FMT(*out),
            type_names[field->type]);
    ym_hint(at->err, "Write it as an ISO value of the field's type, decimals within their scale.");
    return about(at, member);
}

static bool read_enum(const struct place *at, const json_t *from, struct quality_field *field)
{
    if (!json_is_array(from) || json_array_size(from) < 1 || json_array_size(from) > LIST_MAX)
        return wrong_kind(at, "enum", "a list of values");
    for (size_t i = 0; i < json_array_size(from); i++) {
        struct ym_str value = {0};
        if (!read_value(at, "enum", json_array_get(from, i), field, &value))
            return false;
        quality_push(&field->values, at->arena, value);
    }
    return true;
}

static bool constraint_fits(const struct place *at, const char *member,
                            const struct quality_field *field)
{
    bool lengths = strcmp(member, "pattern") == 0 || strcmp(member, "minLength") == 0 ||
                   strcmp(member, "maxLength") == 0;
    bool bounds = strcmp(member, "minimum") == 0 || strcmp(member, "maximum") == 0;
    bool fits = lengths  ? field->type == QUALITY_STRING
                : bounds ? field->type != QUALITY_STRING && field->type != QUALITY_BOOLEAN
                         : true;

    if (fits)
        return true;
    ym_fail(at->err, YM_INVALID, "schema.constraint_type", "'%s' is not for fields of type %s",
            member, type_names[field->type]);
    ym_hint(at->err,
            "minimum and maximum are for numbers and times; lengths and pattern for texts.");
    return about(at, member);
}

static bool read_constraint(const struct place *at, const char *member, const json_t *from,
                            struct quality_field *field)
{
    if (!constraint_fits(at, member, field))
        return false;
    if (strcmp(member, "required") == 0)
        return read_boolean(at, member, from, &field->required);
    if (strcmp(member, "unique") == 0)
        return read_boolean(at, member, from, &field->unique);
    if (strcmp(member, "minimum") == 0)
        return read_value(at, member, from, field, &field->minimum);
    if (strcmp(member, "maximum") == 0)
        return read_value(at, member, from, field, &field->maximum);
    if (strcmp(member, "minLength") == 0)
        return read_count(at, member, from, INT32_MAX, &field->min_length);
    if (strcmp(member, "maxLength") == 0)
        return read_count(at, member, from, INT32_MAX, &field->max_length);
    if (strcmp(member, "pattern") == 0)
        return read_text(at, member, from, &field->pattern);
    if (strcmp(member, "enum") == 0)
        return read_enum(at, from, field);
    return unknown_member(at, member);
}

static bool read_constraints(struct place *at, const json_t *from, struct quality_field *field)
{
    const char *key;
    json_t *value;

    if (!from)
        return true;
    if (!json_is_object(from))
        return wrong_kind(at, "constraints", "an object");
    at->in_constraints = true;
    json_object_foreach((json_t *)from, key,
                        value) if (!read_constraint(at, key, value, field)) return false;
    at->in_constraints = false;
    return true;
}

static bool read_type(const struct place *at, const json_t *from, struct quality_field *field)
{
    struct ym_str name = YM_STR("string");

    if (from && !read_text(at, "type", from, &name))
        return false;
    for (size_t i = 0; i < QUALITY_TYPES; i++) {
        if (ym_str_is(name, type_names[i])) {
            field->type = (enum quality_type)i;
            return true;
        }
    }
    ym_fail(at->err, YM_INVALID, "schema.type", "type '%.*s' is not known", YM_FMT(name));
    ym_hint(at->err, "Types: string, integer, number, boolean, date, datetime, time.");
    return about(at, "type");
}

static bool read_format(const struct place *at, const json_t *from, struct quality_field *field)
{
    struct ym_buf unused = {0};
    bool clock = false, right = false;

    if (!read_text(at, "format", from, &field->format))
        return false;
    if (ym_str_is(field->format, "default")) {
        field->format = (struct ym_str){0};
        return true;
    }
    if (field->type == QUALITY_DATE || field->type == QUALITY_DATETIME)
        right = quality_format(field->format, &unused, &clock) &&
                clock == (field->type == QUALITY_DATETIME);
    ym_buf_clear(&unused);
    if (right)
        return true;
    ym_fail(at->err, YM_INVALID, "schema.format", "format '%.*s' does not fit type %s",
            YM_FMT(field->format), type_names[field->type]);
    ym_hint(at->err,
            "Dates take %%Y %%m %%d, datetimes also %%H %%M %%S, each once; others only "
            "\"default\".");
    return about(at, "format");
}

static bool read_semantic(const struct place *at, const json_t *from, struct quality_field *field)
{
    struct ym_str name = {0};

    if (!read_text(at, "semantic", from, &name))
        return false;
    if (codes_by_name(name, &field->semantic) && field->type == QUALITY_STRING)
        return true;
    ym_fail(at->err, YM_INVALID, "schema.semantic", "'%.*s' is no meaning of a field of type %s",
            YM_FMT(name), type_names[field->type]);
    ym_hint(at->err,
            "Fields of type string may be resident_id, credit_code, region, phone or vin.");
    return about(at, "semantic");
}

static bool read_scale(const struct place *at, const json_t *from, struct quality_field *field)
{
    int64_t scale = 0;

    if (field->type != QUALITY_NUMBER)
        return wrong_kind(at, "scale", "left to fields of type number");
    if (!read_count(at, "scale", from, 18, &scale))
        return false;
    field->scale = (int)scale;
    return true;
}

static bool read_zone(const struct place *at, const json_t *from, struct quality_field *field)
{
    if (field->type != QUALITY_DATETIME)
        return wrong_kind(at, "zone", "left to fields of type datetime");
    if (!read_text(at, "zone", from, &field->zone))
        return false;
    // Is it one? The name goes into the engine's types, so only known ones may pass.
    struct ym_error unknown = {0};
    int64_t offset;
    if (ym_zone_offset(field->zone.p, 0, &offset, &unknown))
        return true;
    ym_fail(at->err, YM_INVALID, "schema.zone", "'%.*s' is no time zone", YM_FMT(field->zone));
    ym_hint(at->err, "Use a name of the IANA list, such as Asia/Shanghai.");
    return about(at, "zone");
}

static bool read_marks(const struct place *at, const char *member, const json_t *from,
                       const struct quality_field *field, struct quality_texts *out)
{
    if (field->type != QUALITY_BOOLEAN)
        return wrong_kind(at, member, "left to fields of type boolean");
    if (!read_texts(at, member, from, out))
        return false;
    return out->n > 0 || wrong_kind(at, member, "a list of at least one text");
}

static bool read_plain(const struct place *at, const char *member, const json_t *from)
{
    // Spelled out defaults are welcome; other settings of the standard would change the values.
    if (strcmp(member, "decimalChar") == 0 && json_is_string(from) &&
        strcmp(json_string_value(from), ".") == 0)
        return true;
    if (strcmp(member, "bareNumber") == 0 && json_is_true(from))
        return true;
    if (strcmp(member, "example") == 0 || strcmp(member, "rdfType") == 0)
        return true;
    return unknown_member(at, member);
}

static bool read_member(const struct place *at, const char *key, const json_t *value,
                        struct quality_field *field)
{
    if (strcmp(key, "name") == 0 || strcmp(key, "type") == 0 || strcmp(key, "constraints") == 0)
        return true; // read before and after
    if (strcmp(key, "title") == 0)
        return read_title(at, key, value, &field->title_zh, &field->title_en);
    if (strcmp(key, "description") == 0)
        return read_text(at, key, value, &field->description);
    if (strcmp(key, "unit") == 0)
        return read_text(at, key, value, &field->unit);
    if (strcmp(key, "format") == 0)
        return read_format(at, value, field);
    if (strcmp(key, "scale") == 0)
        return read_scale(at, value, field);
    if (strcmp(key, "semantic") == 0)
        return read_semantic(at, value, field);
    if (strcmp(key, "zone") == 0)
        return read_zone(at, value, field);
    if (strcmp(key, "indexed") == 0)
        return read_boolean(at, key, value, &field->indexed);
    if (strcmp(key, "trueValues") == 0)
        return read_marks(at, key, value, field, &field->true_values);
    if (strcmp(key, "falseValues") == 0)
        return read_marks(at, key, value, field, &field->false_values);
    if (strcmp(key, "residual") == 0)
        return read_texts(at, key, value, &field->residual);
    if (strcmp(key, "missingValues") == 0)
        return (field->own_missing = read_texts(at, key, value, &field->missing));
    return read_plain(at, key, value);
}

static bool read_name(struct place *at, const json_t *from, struct quality_field *field)
{
    bool right = from != NULL;

    if (right && !read_text(at, "name", from, &field->name))
        return false;
    right =
        right && field->name.n > 0 && field->name.n <= NAME_MAX_BYTES && field->name.p[0] != '_';
    for (size_t i = 0; right && i < field->name.n; i++)
        right = (unsigned char)field->name.p[i] >= 0x20 && field->name.p[i] != 0x7f;
    if (right) {
        at->name = field->name;
        return true;
    }
    ym_fail(at->err, YM_INVALID, "schema.name", "field %zu has no name that can be used",
            at->field);
    ym_hint(at->err, "A name has 1 to 256 bytes, no line breaks, and does not begin with '_'.");
    return about(at, "name");
}

// Only what the field declares, and what leaves the cell of its type, can be accepted.
static bool check_residual(const struct place *at, const struct quality_field *field)
{
    const struct {
        const char *code;
        bool declared;
    } rules[] = {
        {"minimum", field->minimum.p},
        {"maximum", field->maximum.p},
        {"minLength", field->min_length >= 0},
        {"maxLength", field->max_length >= 0},
        {"pattern", field->pattern.p},
        {"enum", field->values.n > 0},
        {field->semantic == CODES_NONE ? "" : codes_name(field->semantic),
         field->semantic != CODES_NONE},
    };

    for (size_t r = 0; r < field->residual.n; r++) {
        size_t i = 0;
        while (i < YM_COUNT(rules) && !ym_str_is(field->residual.items[r], rules[i].code))
            i++;
        if (i < YM_COUNT(rules) && rules[i].declared)
            continue;
        ym_fail(at->err, YM_INVALID, "schema.residual",
                "'%.*s' is no rule of the field whose breach could be accepted",
                YM_FMT(field->residual.items[r]));
        ym_hint(at->err,
                "Name constraints that the field has (minimum, maximum, minLength, "
                "maxLength, pattern, enum) or its semantic.");
        return about(at, "residual");
    }
    return true;
}

static bool read_field(struct place *at, const json_t *from, struct quality_field *field)
{
    const char *key;
    json_t *value;

    *field = (struct quality_field){.scale = -1, .min_length = -1, .max_length = -1};
    if (!json_is_object(from))
        return wrong_kind(at, "", "an object with the name of a field");
    if (!read_name(at, json_object_get(from, "name"), field))
        return false;
    if (!read_type(at, json_object_get(from, "type"), field))
        return false;
    json_object_foreach((json_t *)from, key,
                        value) if (!read_member(at, key, value, field)) return false;
    return read_constraints(at, json_object_get(from, "constraints"), field) &&
           check_residual(at, field);
}

static bool read_fields(struct place *at, const json_t *from, struct quality_schema *out)
{
    struct seen *seen = NULL, *old;
    bool ok = true;

    if (!json_is_array(from) || json_array_size(from) < 1)
        return wrong_kind(at, "fields", "a list of at least one field");
    if (json_array_size(from) > QUALITY_FIELDS_MAX)
        return wrong_kind(at, "fields", "a list of at most 5,000 fields");
    out->cap = json_array_size(from);
    out->fields = ym_arena_alloc(at->arena, out->cap * sizeof *out->fields);
    for (size_t i = 0; ok && i < out->cap; i++) {
        at->field = i;
        at->name = (struct ym_str){0};
        ok = read_field(at, json_array_get(from, i), &out->fields[i]);
        if (!ok)
            break;
        assert(out->fields[i].name.p);
        HASH_FIND(hh, seen, out->fields[i].name.p, out->fields[i].name.n, old);
        if (old) {
            ym_fail(at->err, YM_INVALID, "schema.name_twice", "two fields have the name '%.*s'",
                    YM_FMT(out->fields[i].name));
            ym_hint(at->err, "Give each field a name of its own.");
            ok = about(at, "name");
            break;
        }
        struct seen *entry = ym_arena_alloc(at->arena, sizeof *entry);
        entry->name = out->fields[i].name;
        HASH_ADD_KEYPTR(hh, seen, entry->name.p, entry->name.n, entry);
        out->n++;
    }
    HASH_CLEAR(hh, seen);
    at->field = SIZE_MAX;
    return ok;
}

// One name, or a list of them.
static bool read_names(const struct place *at, const char *member, const json_t *from,
                       struct quality_texts *out)
{
    struct ym_str name = {0};

    if (!json_is_string(from))
        return read_texts(at, member, from, out);
    if (!read_text(at, member, from, &name))
        return false;
    *out = (struct quality_texts){0};
    quality_push(out, at->arena, name);
    return true;
}

// At least one field of the schema, each once.
static bool check_names(const struct place *at, const char *member,
                        const struct quality_schema *schema, const struct quality_texts *names)
{
    bool right = names->n > 0;

    for (size_t k = 0; right && k < names->n; k++) {
        size_t i = 0;
        while (i < schema->n && !ym_str_eq(schema->fields[i].name, names->items[k]))
            i++;
        right = i < schema->n;
        for (size_t before = 0; before < k; before++)
            right = right && !ym_str_eq(names->items[before], names->items[k]);
    }
    if (right)
        return true;
    ym_fail(at->err, YM_INVALID, "schema.key", "'%s' names what is no field, or one twice", member);
    ym_hint(at->err, "List names of fields of this schema, each once.");
    return about(at, member);
}

static bool read_uniques(const struct place *at, const json_t *from, struct quality_schema *out)
{
    if (!json_is_array(from) || json_array_size(from) > KEYS_MAX)
        return wrong_kind(at, "uniqueKeys", "a list of up to 100 lists of field names");
    for (size_t i = 0; i < json_array_size(from); i++) {
        struct quality_texts names = {0};
        if (!read_names(at, "uniqueKeys", json_array_get(from, i), &names) ||
            !check_names(at, "uniqueKeys", out, &names))
            return false;
        out->uniques = ym_arena_grow(at->arena, out->uniques, &out->cap_uniques, out->n_uniques + 1,
                                     sizeof *out->uniques);
        out->uniques[out->n_uniques++] = names;
    }
    return true;
}

static bool read_reference(const struct place *at, const json_t *from, struct quality_schema *out,
                           struct quality_reference *to)
{
    const json_t *other = json_object_get(from, "reference");
    const json_t *resource = json_object_get(other, "resource");
    struct quality_texts residual = {0};
    const char *key;
    json_t *value;

    *to = (struct quality_reference){.resource = YM_STR("")};
    json_object_foreach((json_t *)from, key,
                        value) if (strcmp(key, "fields") != 0 && strcmp(key, "reference") != 0 &&
                                   strcmp(key, "residual") != 0) return unknown_member(at, key);
    if (!json_is_object(from) || !json_is_object(other))
        return wrong_kind(at, "foreignKeys", "a list of {fields, reference: {resource, fields}}");
    if (!read_names(at, "foreignKeys", json_object_get(from, "fields"), &to->fields) ||
        !check_names(at, "foreignKeys", out, &to->fields) ||
        (resource && !read_text(at, "foreignKeys", resource, &to->resource)) ||
        !read_names(at, "foreignKeys", json_object_get(other, "fields"), &to->theirs))
        return false;
    if (to->theirs.n != to->fields.n)
        return wrong_kind(at, "foreignKeys", "a list of as many fields of the other dataset");
    if (to->resource.n == 0 && !check_names(at, "foreignKeys", out, &to->theirs))
        return false;
    value = json_object_get(from, "residual");
    if (value && !read_texts(at, "foreignKeys", value, &residual))
        return false;
    to->residual = residual.n > 0;
    for (size_t i = 0; i < residual.n; i++)
        if (!ym_str_is(residual.items[i], "reference"))
            return wrong_kind(at, "foreignKeys", "with no other residual than \"reference\"");
    return true;
}

static bool read_references(const struct place *at, const json_t *from, struct quality_schema *out)
{
    if (!json_is_array(from) || json_array_size(from) > KEYS_MAX)
        return wrong_kind(at, "foreignKeys", "a list of up to 100 references");
    out->references =
        ym_arena_alloc(at->arena, (json_array_size(from) + 1) * sizeof *out->references);
    for (; out->n_references < json_array_size(from); out->n_references++)
        if (!read_reference(at, json_array_get(from, out->n_references), out,
                            &out->references[out->n_references]))
            return false;
    return true;
}

static bool read_key(const struct place *at, const json_t *from, struct quality_schema *out)
{
    if (!read_names(at, "primaryKey", from, &out->key))
        return false;
    for (size_t k = 0; k < out->key.n; k++) {
        size_t i = 0;
        while (i < out->n && !ym_str_eq(out->fields[i].name, out->key.items[k]))
            i++;
        if (i == out->n || out->fields[i].key) {
            ym_fail(at->err, YM_INVALID, "schema.key",
                    "the key names '%.*s', which is no field or "
                    "was named before",
                    YM_FMT(out->key.items[k]));
            ym_hint(at->err, "primaryKey lists names of fields, each once.");
            return about(at, "primaryKey");
        }
        out->fields[i].key = true;
    }
    return true;
}

static bool read_repeats(const struct place *at, const json_t *from, struct quality_schema *out)
{
    struct ym_str word = {0};

    if (!read_text(at, "equalRepeats", from, &word))
        return false;
    out->drop_equal = ym_str_is(word, "drop");
    return out->drop_equal || ym_str_is(word, "keep") ||
           wrong_kind(at, "equalRepeats", "\"drop\" or \"keep\"");
}

static bool read_top(const struct place *at, const char *key, const json_t *value,
                     struct quality_schema *out)
{
    static const char *const told[] = {"$schema", "name", "title", "description", "profile"};

    if (strcmp(key, "fields") == 0)
        return true;
    if (strcmp(key, "primaryKey") == 0)
        return read_key(at, value, out);
    if (strcmp(key, "uniqueKeys") == 0)
        return read_uniques(at, value, out);
    if (strcmp(key, "foreignKeys") == 0)
        return read_references(at, value, out);
    if (strcmp(key, "missingValues") == 0)
        return read_texts(at, key, value, &out->missing);
    if (strcmp(key, "equalRepeats") == 0)
        return read_repeats(at, value, out);
    for (size_t i = 0; i < YM_COUNT(told); i++)
        if (strcmp(key, told[i]) == 0)
            return true;
    return unknown_member(at, key);
}

bool quality_schema_parse(const json_t *from, struct ym_arena *arena, struct quality_schema *out,
                          struct ym_error *err)
{
    struct place at = {.arena = arena, .err = err, .field = SIZE_MAX};
    const char *key;
    json_t *value;

    *out = (struct quality_schema){0};
    quality_push(&out->missing, arena, YM_STR(""));
    if (!json_is_object(from))
        return wrong_kind(&at, "", "an object with a list 'fields'");
    if (!read_fields(&at, json_object_get(from, "fields"), out))
        return false;
    json_object_foreach((json_t *)from, key,
                        value) if (!read_top(&at, key, value, out)) return false;
    return true;
}
