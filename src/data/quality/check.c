#include "data/quality/inside.h"

bool quality_schema_check(struct engine *engine, const struct quality_schema *schema,
                          struct ym_error *err)
{
    for (size_t i = 0; i < schema->n; i++) {
        const struct quality_field *field = &schema->fields[i];
        struct ym_buf sql = {0}, whole = {0}, answer = {.limit = 4096};
        if (!field->pattern.p)
            continue;
        ym_buf_printf(&whole, "^(?:%.*s)$", YM_FMT(field->pattern));
        ym_buf_add(&sql, YM_STR("SELECT match(materialize(''), "));
        quality_quote(&sql, ym_buf_str(&whole));
        ym_buf_char(&sql, ')');
        struct engine_query query = {.sql = ym_buf_cstr(&sql), .answer = &answer};
        bool ok = engine_do(engine, &query, err);
        ym_buf_clear(&sql);
        ym_buf_clear(&whole);
        ym_buf_clear(&answer);
        if (ok)
            continue;
        if (query.exception == 0)
            return false; // the engine is away: nothing is known of the pattern
        ym_fail(err, YM_INVALID, "schema.pattern", "the pattern of '%.*s' is no regular expression",
                YM_FMT(field->name));
        ym_hint(err, "Patterns are RE2 expressions for the whole value; no look-around, no \\1.");
        return ym_about(err, field->name);
    }
    return true;
}
