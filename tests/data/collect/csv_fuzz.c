// What is written well comes back as it was; what is anything at all ends in rows or in a problem
// that says what to do, never in half of one.
#include "../../prop.h"

#include "rows.h"

#include <unistd.h>

static void write_cell(struct ym_buf *to, struct ym_str cell, char delimiter, bool always)
{
    bool quoted = always || cell.n == 0;

    for (size_t i = 0; i < cell.n; i++)
        quoted = quoted || strchr("\"\r\n ", cell.p[i]) || cell.p[i] == delimiter;
    if (!quoted) {
        ym_buf_add(to, cell);
        return;
    }
    ym_buf_char(to, '"');
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] == '"')
            ym_buf_char(to, '"');
        ym_buf_char(to, cell.p[i]);
    }
    ym_buf_char(to, '"');
}

static struct ym_str draw_cell(struct prop_bytes *in, struct ym_arena *arena)
{
    static const char *const pieces[] = {"a",
                                         "1",
                                         "\"",
                                         ",",
                                         ";",
                                         "|",
                                         "\n",
                                         "\r\n",
                                         "汉",
                                         "𡐓",
                                         "x ",
                                         "\"\"",
                                         "^",
                                         "\\",
                                         "-",
                                         "0.5",
                                         "long text over thirty-two bytes, to be sure"};
    struct ym_buf text = {0};

    for (size_t n = prop_draw(in, 6); n > 0; n--)
        ym_buf_add(&text, ym_str(pieces[prop_draw(in, YM_COUNT(pieces))]));
    struct ym_str cell = ym_arena_str(arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    return cell;
}

static void written_tables_come_back(struct prop_bytes *in)
{
    static const char delimiters[] = {',', ';', '|', '^', '\t'};
    static const char *const ends[] = {"\n", "\r\n"};
    struct ym_arena arena = {0};
    struct ym_buf text = {0};
    struct ym_str cells[24][8];
    size_t columns = 2 + prop_draw(in, 7), n = 1 + prop_draw(in, 24);
    char delimiter[2] = {delimiters[prop_draw(in, sizeof delimiters)], '\0'};
    const char *end = ends[prop_draw(in, 2)];
    bool always = prop_draw(in, 2), last_end = prop_draw(in, 2), bom = prop_draw(in, 2);

    if (bom)
        ym_buf_add(&text, YM_STR("\xef\xbb\xbf"));
    for (size_t c = 0; c < columns; c++)
        ym_buf_printf(&text, "%s列%zu", c > 0 ? delimiter : "", c);
    for (size_t r = 0; r < n; r++) {
        ym_buf_add(&text, ym_str(end));
        for (size_t c = 0; c < columns; c++) {
            cells[r][c] = draw_cell(in, &arena);
            if (c > 0)
                ym_buf_char(&text, delimiter[0]);
            write_cell(&text, cells[r][c], delimiter[0], always);
        }
    }
    if (last_end)
        ym_buf_add(&text, ym_str(end));

    struct rows_answer answer;
    struct collect_request request = {.fd = rows_file(ym_buf_str(&text)),
                                      .recipe.delimiter = ym_str(delimiter),
                                      .recipe.header_row = 1};
    assert(rows_read(&request, &arena, &answer));
    assert(answer.ended);
    assert(answer.rows.n == n && answer.facts.n_columns == columns && answer.end.faults == 0);
    for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < columns; c++)
            assert(ym_str_eq(answer.rows.items[r].cells[c], cells[r][c]));
    close(request.fd);
    ym_buf_clear(&text);
    ym_arena_clear(&arena);
}

static void anything_ends_in_rows_or_in_a_problem(struct prop_bytes *in)
{
    static const char *const encodings[] = {NULL, NULL, NULL, "utf-8", "gbk", "big5", "iso-8859-1"};
    static const char *const delimiters[] = {NULL, NULL, NULL, ",", "tab", "blank", "none", "x"};
    struct ym_arena arena = {0};
    struct rows_answer answer;
    struct collect_request request = {
        .recipe.encoding = ym_str(encodings[prop_draw(in, YM_COUNT(encodings))]),
        .recipe.delimiter = ym_str(delimiters[prop_draw(in, YM_COUNT(delimiters))]),
        .recipe.header_row = (int64_t)prop_draw(in, 5) - 1,
        .columns = prop_draw(in, 4),
    };

    request.fd = rows_file((struct ym_str){(const char *)in->p, in->n});
    assert(rows_read(&request, &arena, &answer));
    rows_check(&answer);
    close(request.fd);
    ym_arena_clear(&arena);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct prop_bytes in = {bytes, n};

    if (prop_draw(&in, 2))
        written_tables_come_back(&in);
    else
        anything_ends_in_rows_or_in_a_problem(&in);
    return 0;
}
