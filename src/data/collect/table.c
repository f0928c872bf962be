#include "data/collect/table.h"

#include <strings.h>
#include <uthash.h>

#include "data/collect/text.h"

enum {
    NOTE_HEAD = 60 // bytes of a note in which its colon stands
};

struct ym_str collect_cell_text(const struct collect_cell *cell)
{
    return ym_str_trim((struct ym_str){cell->p, cell->n});
}

size_t collect_row_filled(const struct collect_row *row)
{
    size_t n = 0;

    for (size_t i = 0; i < row->n; i++)
        n += collect_cell_text(&row->cells[i]).n > 0;
    return n;
}

bool collect_is_title(const struct collect_row *row, size_t width)
{
    size_t n = collect_row_filled(row);

    if (width < 3)
        return row->n == 1 && width == 2;
    return n <= 1 || (n == 2 && width >= 5 && row->n * 2 < width);
}

enum look {
    LOOK_EMPTY,
    LOOK_NUMBER, // or a date, a time, a share
    LOOK_TEXT
};

static enum look look_of(struct ym_str s)
{
    static const char *const missing[] = {"-",   "--",   "—",    "——",   "NA",  "N/A", "NaN",
                                          "nan", "NULL", "null", "None", "\\N", "/",   "无"};
    static const char marks[] = "+-.,:/% TZeE";
    static const char *const signs[] = {"年", "月", "日", "时", "分", "秒", "￥", "¥", "％"};
    size_t digits = 0;

    s = ym_str_trim(s);
    if (s.n == 0)
        return LOOK_EMPTY;
    for (size_t i = 0; i < YM_COUNT(missing); i++)
        if (ym_str_is(s, missing[i]))
            return LOOK_EMPTY;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            digits++;
            continue;
        }
        if (strchr(marks, s.p[i]))
            continue;
        size_t k = 0;
        while (k < YM_COUNT(signs) && !ym_str_starts(ym_str_sub(s, i, s.n), ym_str(signs[k])))
            k++;
        if (k == YM_COUNT(signs))
            return LOOK_TEXT;
        i += strlen(signs[k]) - 1;
    }
    return digits > 0 ? LOOK_NUMBER : LOOK_TEXT;
}

// "2019", "2019年", "7月", "2019-07": what a wide table has as the names of its columns.
static bool is_period(struct ym_str s)
{
    int64_t number;

    s = ym_str_trim(s);
    if (ym_str_ends(s, YM_STR("年")) || ym_str_ends(s, YM_STR("月")))
        return true;
    if (s.n == 4 && ym_str_int(s, &number))
        return number >= 1900 && number <= 2100;
    return (s.n == 7 || s.n == 10) && (s.p[4] == '-' || s.p[4] == '/') &&
           ym_str_int(ym_str_sub(s, 0, 4), &number) && number >= 1900 && number <= 2100;
}

static bool same_cells(const struct collect_row *a, const struct collect_row *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!ym_str_eq(collect_cell_text(&a->cells[i]), collect_cell_text(&b->cells[i])))
            return false;
    return true;
}

void collect_head_mark(struct collect_head *head)
{
    for (size_t i = 0; i < head->n; i++)
        head->again[i] = i > 0 && same_cells(&head->items[i], &head->items[0]);
}

// Votes of one column: +1 the first cell is a name, -1 it is a value like those below.
static int vote(const struct collect_head *head, size_t column)
{
    const struct collect_row *first = &head->items[0];
    struct ym_str name = collect_cell_text(&first->cells[column]);
    enum look look = look_of(name);
    size_t numbers = 0, texts = 0;

    for (size_t i = 1; i < head->n; i++) {
        const struct collect_row *row = &head->items[i];
        if (column >= row->n || head->again[i])
            continue;
        struct ym_str value = collect_cell_text(&row->cells[column]);
        if (look != LOOK_EMPTY && ym_str_eq(value, name))
            return -1;
        enum look below = look_of(value);
        numbers += below == LOOK_NUMBER;
        texts += below == LOOK_TEXT;
    }
    if (look == LOOK_TEXT)
        return numbers > 0 && numbers >= 2 * texts;
    return look == LOOK_NUMBER && !is_period(name) ? -1 : 0;
}

bool collect_head_is(const struct collect_head *head)
{
    size_t yes = 0, no = 0;

    if (head->n == 0)
        return false;
    for (size_t i = 0; i < head->items[0].n; i++) {
        int said = vote(head, i);
        yes += said > 0;
        no += said < 0;
    }
    return no == 0 || (yes > 0 && yes >= no);
}

bool collect_is_note(const struct collect_row *row, size_t width)
{
    static const char *const words[] = {
        "注",   "备注", "附注", "说明", "数据来源", "资料来源", "来源",        "数据说明", "制表",
        "填表", "审核", "导出", "打印", "note",     "source",   "data source", "remark"};

    if (row->n == 0 || (row->n == width && (width < 3 || collect_row_filled(row) > 1)))
        return false;
    struct ym_str text = ym_str_sub(collect_cell_text(&row->cells[0]), 0, NOTE_HEAD);
    if (ym_str_starts(text, YM_STR("*")))
        text = ym_str_trim(ym_str_sub(text, 1, text.n));
    if (ym_str_find(text, YM_STR(":"), 0) == SIZE_MAX &&
        ym_str_find(text, YM_STR("："), 0) == SIZE_MAX)
        return false;
    for (size_t i = 0; i < YM_COUNT(words); i++) {
        size_t n = strlen(words[i]);
        if (text.n >= n && strncasecmp(text.p, words[i], n) == 0)
            return true;
    }
    return false;
}

// Is the cell at `column` of the second line a name, and no value like those below it?
static bool names_below(const struct collect_head *head, size_t column)
{
    const struct collect_row *second = &head->items[1];
    size_t numbers = 0, texts = 0;

    if (column >= second->n || look_of(collect_cell_text(&second->cells[column])) != LOOK_TEXT)
        return false;
    for (size_t i = 2; i < head->n; i++) {
        const struct collect_row *row = &head->items[i];
        enum look look =
            column < row->n ? look_of(collect_cell_text(&row->cells[column])) : LOOK_EMPTY;
        numbers += look == LOOK_NUMBER;
        texts += look == LOOK_TEXT;
    }
    return numbers > texts;
}

static struct ym_str cell_of(const struct collect_row *row, size_t column)
{
    return column < row->n ? collect_cell_text(&row->cells[column]) : YM_STR("");
}

size_t collect_head_lines(const struct collect_head *head, size_t width)
{
    const struct collect_row *first = &head->items[0], *second = &head->items[1];
    size_t gaps = 0, alone = 0, over_numbers = 0;
    bool group = false; // a cell of the first line stands to the left

    if (head->n < 3)
        return 1;
    for (size_t i = 0; i < width; i++) {
        struct ym_str above = cell_of(first, i), below = cell_of(second, i);
        if (below.n > 0 && look_of(below) != LOOK_TEXT && !is_period(below))
            return 1;
        if (above.n == 0 && (below.n == 0 || !group))
            return 1;
        // Names under one another where no group begins: two rows of a table, no header of two.
        bool begins = i + 1 < width && cell_of(first, i + 1).n == 0;
        if (above.n > 0 && below.n > 0 && !begins)
            return 1;
        group = below.n > 0;
        gaps += above.n == 0;
        alone += below.n == 0;
        over_numbers += names_below(head, i);
    }
    return gaps > 0 && (alone > 0 || over_numbers > 0) ? 2 : 1;
}

static void add_part(struct ym_buf *name, const struct collect_cell *cell)
{
    size_t before = name->n;
    char *text = malloc((size_t)cell->n + 1);

    if (!text)
        abort();
    struct ym_str part = {text, collect_csv_copy(cell, text)};
    for (size_t i = 0; i < part.n; i++)
        if ((unsigned char)text[i] < ' ')
            text[i] = ' '; // a name that was broken over two lines
    part = ym_str_trim(part);
    if (before > 0 && part.n > 0)
        ym_buf_char(name, '_');
    ym_buf_add(name, part);
    free(text);
}

// The cell of a line that stands over `column`: a group's is to the left of what it heads.
static const struct collect_cell *part_of(const struct collect_row *lines, size_t n, size_t line,
                                          size_t column)
{
    const struct collect_row *row = &lines[line];
    bool last = line + 1 == n;

    if (column < row->n && collect_cell_text(&row->cells[column]).n > 0)
        return &row->cells[column];
    // Nothing below: the cell above was merged downwards, and no group reaches here.
    if (last || cell_of(&lines[n - 1], column).n == 0)
        return NULL;
    for (size_t i = column < row->n ? column : row->n; i-- > 0;) {
        if (cell_of(&lines[n - 1], i).n == 0)
            return NULL;
        if (cell_of(row, i).n > 0)
            return &row->cells[i];
    }
    return NULL;
}

static struct ym_str plain_name(const struct collect_row *lines, size_t n, size_t column,
                                struct ym_arena *arena)
{
    struct ym_buf joined = {0};

    for (size_t line = 0; line < n; line++) {
        const struct collect_cell *cell = part_of(lines, n, line, column);
        if (cell)
            add_part(&joined, cell);
    }
    struct ym_str name = ym_utf8_cut(ym_buf_str(&joined), COLLECT_NAME_BYTES);
    name =
        name.n > 0 ? ym_arena_str(arena, name) : ym_arena_printf(arena, "column_%zu", column + 1);
    ym_buf_clear(&joined);
    return name;
}

void collect_row_copy(const struct collect_row *row, struct ym_arena *arena,
                      struct collect_row *copy)
{
    size_t n = 0;

    for (size_t i = 0; i < row->n; i++)
        n += row->cells[i].n;
    char *text = ym_arena_alloc(arena, n + COLLECT_PAD);
    *copy = *row;
    copy->cells = ym_arena_alloc(arena, (row->n + 1) * sizeof *copy->cells);
    for (size_t i = 0; i < row->n; i++) {
        copy->cells[i] = row->cells[i];
        copy->cells[i].p = text;
        if (row->cells[i].n > 0)
            memcpy(text, row->cells[i].p, row->cells[i].n);
        text += row->cells[i].n;
    }
}

struct name {
    struct ym_str text;
    int times; // how often it was asked for
    UT_hash_handle hh;
};

void collect_names(const struct collect_row *lines, size_t n, size_t width, struct ym_arena *arena,
                   struct ym_str *names)
{
    struct name *seen = NULL, *old, *next_name;

    for (size_t i = 0; i < width; i++) {
        struct ym_str plain = plain_name(lines, n, i, arena), name = plain;
        HASH_FIND(hh, seen, plain.p, plain.n, old);
        for (struct name *first = old; old;) {
            name = ym_arena_printf(arena, "%.*s_%d", YM_FMT(plain), ++first->times);
            HASH_FIND(hh, seen, name.p, name.n, old);
        }
        struct name *entry = ym_arena_alloc(arena, sizeof *entry);
        entry->text = name;
        entry->times = 1;
        HASH_ADD_KEYPTR(hh, seen, entry->text.p, entry->text.n, entry);
        names[i] = name;
    }
    HASH_ITER(hh, seen, old, next_name)
    HASH_DEL(seen, old);
}
