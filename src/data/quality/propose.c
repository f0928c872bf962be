/* The proposal of types: some rows narrow what a column may be, then the whole column decides. */
#include "data/quality/guess.h"

enum {
    SAMPLE_CELLS = 400000, // of all columns together
    SAMPLE_ROWS = 1000,
    ENOUGH = 3,          // values, for a meaning by check digit
    ENOUGH_REGIONS = 20, // a region has no check digit: more, or the column's name says so
    NAME_BYTES = 200
};
struct column {
    struct ym_str name;
    uint32_t may; // bit of each guess that the sample left
    int64_t seen; // given cells of the sample
    int64_t fits[GUESSES];
    int64_t given; // cells of the whole column that are no marker
    int64_t wrong[GUESSES];
    int64_t scale, whole; // longest parts behind and before the point
    int64_t markers;      // bit i + 2: guess_markers[i] occurs; bit 0: others, 1: empty
};
struct proposing {
    struct engine *engine;
    struct column *columns;
    size_t n;
    const struct quality_target *target;
    struct ym_arena *arena;
    struct ym_error *err;
};

static void staged(const struct proposing *p, struct ym_buf *sql)
{
    ym_buf_printf(sql, " FROM %s.s_%" PRId64, p->target->database, p->target->load);
}

static bool ask(struct proposing *p, struct ym_buf *sql, struct ym_buf *answer)
{
    *answer = (struct ym_buf){.limit = 256 << 20};
    bool ok = quality_ask(p->engine, (struct ym_str){ym_buf_cstr(sql), sql->n}, answer, p->err);
    ym_buf_clear(sql);
    if (!ok)
        ym_buf_clear(answer);
    return ok;
}

static bool cut(struct proposing *p)
{
    return ym_fail(p->err, YM_FAULT, "quality.answer", "the engine's answer on columns is cut");
}

static void look(struct proposing *p, struct column *column, struct ym_str cell)
{
    cell = ym_str_trim(cell);
    if (guess_marker(cell))
        return;
    column->seen++;
    for (size_t g = 0; g < GUESSES; g++)
        column->fits[g] += guess_fits(&guesses[g], cell, p->target->today, p->target->demo);
}

// Some rows from the beginning and from the middle.
static bool sample(struct proposing *p, int64_t from, size_t rows)
{
    struct ym_buf sql = {0}, answer;
    struct ym_arena arena = {0};
    struct ym_str rest, line, cell;
    bool null, ok = true;

    for (size_t c = 0; c < p->n; c++)
        ym_buf_printf(&sql, "%ssubstring(c%zu,1,64)", c ? "," : "SELECT ", c + 1);
    staged(p, &sql);
    ym_buf_printf(&sql, " WHERE _fault = '' AND _pos >= %" PRId64 " ORDER BY _pos LIMIT %zu", from,
                  rows);
    if (!ask(p, &sql, &answer))
        return false;
    rest = ym_buf_str(&answer);
    while (ok && engine_tsv_line(&rest, &line)) {
        for (size_t c = 0; ok && c < p->n; c++) {
            ok = engine_tsv_cell(&line, &arena, &cell, &null);
            if (ok)
                look(p, &p->columns[c], cell);
        }
        ym_arena_clear(&arena);
    }
    ym_buf_clear(&answer);
    return ok || cut(p);
}

static bool sample_all(struct proposing *p)
{
    size_t rows = SAMPLE_CELLS / p->n < SAMPLE_ROWS ? SAMPLE_CELLS / p->n : SAMPLE_ROWS;
    struct ym_buf sql = {0}, answer;
    int64_t last = 0;

    ym_buf_add(&sql, YM_STR("SELECT max(_pos)"));
    staged(p, &sql);
    if (!ask(p, &sql, &answer))
        return false;
    bool ok = ym_str_int(ym_str_trim(ym_buf_str(&answer)), &last);
    ym_buf_clear(&answer);
    if (!ok)
        return cut(p);
    return sample(p, 0, rows / 2 + 1) && sample(p, last / 2, rows / 2 + 1);
}

static void narrow(struct column *column)
{
    bool dated = guess_names_date(column->name);

    for (size_t g = 0; g < GUESSES; g++) {
        // A meaning may have a few wrong values; all else must fit everywhere.
        int64_t needed = guesses[g].semantic != CODES_NONE ? column->seen * 9 / 10 : column->seen;
        if (column->fits[g] >= needed && (dated || !guesses[g].named))
            column->may |= 1U << g;
    }
}

// All columns of which the same may be true, as one long column: c1 the cell, i its column, marker
// 0 for a given one. A statement with expressions for each of 1,600 columns takes minutes to
// analyse.
static void long_column(const struct proposing *p, uint32_t may, struct ym_buf *sql)
{
    const char *comma = "";

    ym_buf_add(sql, YM_STR(" FROM (SELECT v AS c1, i, transform(trimBoth(v), [''"));
    for (size_t m = 0; guess_markers[m]; m++) {
        ym_buf_char(sql, ',');
        quality_quote(sql, ym_str(guess_markers[m]));
    }
    ym_buf_printf(sql, "], range(1, %zu), 0) AS marker", guess_marker_count() + 2);
    staged(p, sql);
    ym_buf_add(sql, YM_STR(" ARRAY JOIN ["));
    for (size_t c = 0; c < p->n; c++) {
        if (p->columns[c].may != may)
            continue;
        ym_buf_printf(sql, "%sc%zu", comma, c + 1);
        comma = ",";
    }
    comma = "";
    ym_buf_add(sql, YM_STR("] AS v, ["));
    for (size_t c = 0; c < p->n; c++) {
        if (p->columns[c].may != may)
            continue;
        ym_buf_printf(sql, "%s%zu", comma, c);
        comma = ",";
    }
    ym_buf_add(sql, YM_STR("] AS i WHERE _fault = '') GROUP BY i ORDER BY i"));
}

static void guesses_sql(const struct proposing *p, uint32_t may, struct ym_buf *sql)
{
    ym_buf_add(sql, YM_STR("SELECT i, groupBitOr(bitShiftLeft(toUInt64(1), marker)), "
                           "countIf(marker = 0)"));
    for (size_t g = 0; g < GUESSES; g++) {
        if (!(may & 1U << g))
            continue;
        ym_buf_add(sql, YM_STR(", countIf(marker = 0 AND "));
        guess_wrong(&guesses[g], p->target, sql);
        ym_buf_char(sql, ')');
        if (guesses[g].exact)
            ym_buf_add(sql, YM_STR(", max(length(substringIndex(trimBoth(c1), '.', 1))), "
                                   "max(if(position(c1, '.') > 0, "
                                   "length(substringIndex(trimBoth(c1), '.', -1)), 0))"));
    }
}

static bool next(struct ym_str *line, int64_t *out)
{
    struct ym_str cell;

    return ym_str_cut(line, '\t', &cell) && ym_str_int(cell, out);
}

static bool column_read(struct column *column, struct ym_str *line)
{
    if (!next(line, &column->markers) || !next(line, &column->given))
        return false;
    for (size_t g = 0; g < GUESSES; g++) {
        if (!(column->may & 1U << g))
            continue;
        if (!next(line, &column->wrong[g]))
            return false;
        if (guesses[g].exact && (!next(line, &column->whole) || !next(line, &column->scale)))
            return false;
    }
    return true;
}

static bool whole_columns(struct proposing *p, uint32_t may)
{
    struct ym_buf sql = {0}, answer;
    struct ym_str rest, line;
    int64_t c;
    bool ok = true;

    guesses_sql(p, may, &sql);
    long_column(p, may, &sql);
    if (!ask(p, &sql, &answer))
        return false;
    rest = ym_buf_str(&answer);
    while (ok && engine_tsv_line(&rest, &line))
        ok = next(&line, &c) && c >= 0 && (size_t)c < p->n && column_read(&p->columns[c], &line);
    ym_buf_clear(&answer);
    return ok || cut(p);
}

static bool has_word(struct ym_str name, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ym_str_find(name, ym_str(words[i]), 0) != SIZE_MAX)
            return true;
    return false;
}

static bool names_region(struct ym_str name)
{
    static const char *const words[] = {"code", "Code", "CODE", "代码", "编码", "区划", "region"};

    return has_word(name, words, YM_COUNT(words));
}

// Nobody adds codes up, and the next file may have a leading zero.
static bool names_code(struct ym_str name)
{
    static const char *const words[] = {"code", "Code", "CODE", "代码",
                                        "编码", "编号", "号码", "卡号"};

    return has_word(name, words, YM_COUNT(words));
}

// Check digits tell a wrong value; a list or a shape only tells an unknown one (a statistical zone,
// a landline), which is no reason to quarantine it.
static bool has_check_digit(enum codes_semantic semantic)
{
    return semantic != CODES_REGION && semantic != CODES_PHONE;
}

static bool holds(const struct column *column, size_t g)
{
    const struct guess *guess = &guesses[g];

    if (!(column->may & 1U << g) || column->given == 0)
        return false;
    if (guess->semantic == CODES_REGION && column->given < ENOUGH_REGIONS &&
        !names_region(column->name))
        return false;
    if (guess->semantic != CODES_NONE && has_check_digit(guess->semantic))
        // 99.5 %: the others go into quarantine under its name
        return column->given >= ENOUGH && column->wrong[g] * 200 <= column->given;
    if (guess->semantic != CODES_NONE)
        return column->given >= ENOUGH && column->wrong[g] == 0;
    if ((guess->type == QUALITY_INTEGER || guess->type == QUALITY_NUMBER) && column->scale == 0 &&
        names_code(column->name))
        return false;
    if (guess->exact && column->whole + column->scale > 18)
        return false;
    return column->wrong[g] == 0;
}

static void missing_of(const struct column *column, bool typed, struct ym_arena *arena,
                       struct quality_field *out)
{
    for (size_t m = 0; guess_markers[m]; m++) {
        // In a column of free text "-" and "无" may be meant; NaN and NULL come from programs.
        bool program = m < 2;
        if (!(column->markers >> (m + 2) & 1) || (!typed && !program))
            continue;
        if (!out->own_missing)
            quality_push(&out->missing, arena, YM_STR(""));
        out->own_missing = true;
        quality_push(&out->missing, arena, ym_str(guess_markers[m]));
    }
}

// A name that rows can have; the column is found by the title where it differs.
static void name_field(struct ym_str column, size_t c, struct ym_arena *arena,
                       struct quality_field *out)
{
    bool right = column.n > 0 && column.n <= NAME_BYTES && column.p[0] != '_';

    for (size_t i = 0; right && i < column.n; i++)
        right = (unsigned char)column.p[i] >= 0x20 && column.p[i] != 0x7f;
    out->name = right ? ym_arena_str(arena, column) : ym_arena_printf(arena, "column_%zu", c + 1);
    if (!right)
        out->title_zh = ym_arena_str(arena, column);
}

static void decide(const struct proposing *p, size_t c, struct quality_field *out)
{
    const struct column *column = &p->columns[c];
    size_t g = 0;

    while (g < GUESSES && !holds(column, g))
        g++;
    if (g < GUESSES)
        guess_field(&guesses[g], (int)column->scale, p->arena, out);
    else
        *out = (struct quality_field){.scale = -1, .min_length = -1, .max_length = -1};
    missing_of(column, g < GUESSES, p->arena, out);
    name_field(column->name, c, p->arena, out);
}

bool quality_propose(struct engine *engine, const struct ym_str *columns, size_t n_columns,
                     const struct quality_target *target, struct ym_arena *arena,
                     struct quality_schema *out, struct ym_error *err)
{
    struct proposing p = {engine, NULL, n_columns, target, arena, err};

    assert(n_columns > 0);
    *out = (struct quality_schema){.cap = n_columns};
    quality_push(&out->missing, arena, YM_STR(""));
    out->fields = ym_arena_alloc(arena, n_columns * sizeof *out->fields);
    p.columns = ym_arena_alloc(arena, n_columns * sizeof *p.columns);
    for (size_t c = 0; c < n_columns; c++)
        p.columns[c].name = columns[c];
    if (!sample_all(&p))
        return false;
    for (size_t c = 0; c < n_columns; c++)
        narrow(&p.columns[c]);
    for (size_t c = 0; c < n_columns; c++) {
        size_t first = 0;
        while (p.columns[first].may != p.columns[c].may)
            first++;
        if (first == c && !whole_columns(&p, p.columns[c].may))
            return false;
    }
    for (size_t c = 0; c < n_columns; c++)
        decide(&p, c, &out->fields[out->n++]);
    return true;
}
