#include "data/quality/inside.h"

// The views' SQL cannot have parameters: these literals are the one other way of a value into SQL.
void quality_quote(struct ym_buf *sql, struct ym_str text)
{
    ym_buf_char(sql, '\'');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c == '\'' || c == '\\') {
            ym_buf_char(sql, '\\');
            ym_buf_char(sql, (char)c);
        } else if (c < 0x20 || c == 0x7f) {
            ym_buf_printf(sql, "\\x%02x", c);
        } else {
            ym_buf_char(sql, (char)c);
        }
    }
    ym_buf_char(sql, '\'');
}

void quality_list(struct ym_buf *sql, const struct quality_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        if (i > 0)
            ym_buf_char(sql, ',');
        quality_quote(sql, texts->items[i]);
    }
}

const struct quality_field *quality_field_of(const struct quality_schema *schema,
                                             struct ym_str name)
{
    for (size_t i = 0; i < schema->n; i++)
        if (ym_str_eq(schema->fields[i].name, name))
            return &schema->fields[i];
    return NULL;
}

const struct quality_texts *quality_missing(const struct quality_schema *schema, size_t field)
{
    const struct quality_field *f = &schema->fields[field];
    return f->own_missing ? &f->missing : &schema->missing;
}

const struct quality_texts *quality_trues(const struct quality_field *field)
{
    static struct ym_str items[] = {{"true", 4}, {"True", 4}, {"TRUE", 4}, {"1", 1}};
    static const struct quality_texts otherwise = {items, YM_COUNT(items), YM_COUNT(items)};
    return field->true_values.n > 0 ? &field->true_values : &otherwise;
}

const struct quality_texts *quality_falses(const struct quality_field *field)
{
    static struct ym_str items[] = {{"false", 5}, {"False", 5}, {"FALSE", 5}, {"0", 1}};
    static const struct quality_texts otherwise = {items, YM_COUNT(items), YM_COUNT(items)};
    return field->false_values.n > 0 ? &field->false_values : &otherwise;
}

struct ym_str quality_finish(struct ym_buf *sql, struct ym_arena *arena)
{
    struct ym_str text = ym_arena_str(arena, ym_buf_str(sql));
    ym_buf_clear(sql);
    return text;
}

void quality_push(struct quality_texts *to, struct ym_arena *arena, struct ym_str text)
{
    to->items = ym_arena_grow(arena, to->items, &to->cap, to->n + 1, sizeof *to->items);
    to->items[to->n++] = text;
}

// The last one is for the views only: those of 1,608 columns take 0.9 CPU s to analyse, with the
// new analyzer 2.4, when they are made and again when rows come.
static const struct ym_arg settings[] = {
    // 5,000 columns with a check each: some MB of SQL, some 100,000 nodes.
    {.name = "max_query_size", .type = YM_INT, .i = 268435456},
    {.name = "max_ast_elements", .type = YM_INT, .i = 20000000},
    {.name = "max_expanded_ast_elements", .type = YM_INT, .i = 20000000},
    // Of a row there are some copies on the way, of each stream a block: smaller ones need less
    // fresh memory (host/engine/child.c). Into 1,048,449 rows a block 5 million took 18.9 CPU s,
    // into 262,144 15.0, into 131,072 16.3: more parts cost, too.
    {.name = "min_insert_block_size_rows", .type = YM_INT, .i = 262144},
    {.name = "min_insert_block_size_bytes", .type = YM_INT, .i = 134217728},
    // Else the last digit of a double may differ from the text's nearest double.
    {.name = "precise_float_parsing", .type = YM_INT, .i = 1},
    {.name = "enable_analyzer", .type = YM_INT, .i = 0},
};

struct ym_args quality_settings(void)
{
    return (struct ym_args){settings, YM_COUNT(settings)};
}

static bool ask(struct engine *engine, struct ym_str sql, size_t n_settings, struct ym_buf *answer,
                struct ym_error *err)
{
    struct engine_query query = {
        .sql = sql.p,
        .settings = {settings, n_settings},
        .answer = answer,
        .timeout_s = 3600,
    };
    return engine_do(engine, &query, err);
}

bool quality_ask(struct engine *engine, struct ym_str sql, struct ym_buf *answer,
                 struct ym_error *err)
{
    return ask(engine, sql, YM_COUNT(settings) - 1, answer, err);
}

bool quality_make(struct engine *engine, struct ym_str sql, struct ym_error *err)
{
    return ask(engine, sql, YM_COUNT(settings), NULL, err);
}
