#include "data/quality/inside.h"

#include <uthash.h>

struct column {
    struct ym_str name;
    size_t index;
    bool taken;
    UT_hash_handle hh;
};

static struct column *find(struct column *columns, struct ym_str name)
{
    struct column *found = NULL;

    if (name.n > 0)
        HASH_FIND(hh, columns, name.p, name.n, found);
    return found && !found->taken ? found : NULL;
}

// The first names of the file, to show what there is.
static void names(const struct ym_str *columns, size_t n, char to[200])
{
    size_t at = 0;

    for (size_t i = 0; i < n && at + columns[i].n + 8 < 200; i++)
        at += (size_t)snprintf(to + at, 200 - at, "%s%.*s", i ? ", " : "", YM_FMT(columns[i]));
    to[at] = 0;
}

bool quality_match(const struct quality_schema *schema, const struct ym_str *columns,
                   size_t n_columns, struct ym_arena *arena, size_t **map, struct ym_error *err)
{
    struct column *table = NULL, *all = ym_arena_alloc(arena, n_columns * sizeof *all);
    bool ok = true;

    *map = ym_arena_alloc(arena, schema->n * sizeof **map);
    for (size_t i = 0; i < n_columns; i++) {
        all[i] = (struct column){.name = columns[i], .index = i};
        HASH_ADD_KEYPTR(hh, table, all[i].name.p, all[i].name.n, &all[i]);
    }
    // All names first, so that no title takes the column that another field is named after.
    for (size_t i = 0; i < schema->n; i++) {
        struct column *found = find(table, schema->fields[i].name);
        (*map)[i] = found ? found->index : SIZE_MAX;
        if (found)
            found->taken = true;
    }
    for (size_t i = 0; ok && i < schema->n; i++) {
        const struct quality_field *field = &schema->fields[i];
        struct column *found;
        if ((*map)[i] != SIZE_MAX)
            continue;
        found = find(table, field->title_zh);
        if (!found)
            found = find(table, field->title_en);
        if (found) {
            (*map)[i] = found->index;
            found->taken = true;
            continue;
        }
        char there[200];
        names(columns, n_columns, there);
        ym_fail(err, YM_INVALID, "quality.column", "the file has no column '%.*s'",
                YM_FMT(field->name));
        ym_hint(err, "Columns are found by a field's name or title; the file has: %s.", there);
        ok = ym_about(err, field->name);
    }
    HASH_CLEAR(hh, table);
    return ok;
}
