/* The quarantine as a file that a department mends at its own desk, and its way back.
 *
 * A cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or a CR, and is
 * no plain number) gets an apostrophe before it. So that the way back is exact, a cell of
 * apostrophes and then such a beginning gets one more: what is taken away is always one.
 */
#include "data/lake/draft_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LINE    "yunmeng_line"
#define REASONS "yunmeng_reasons"
#define EXTRA   "yunmeng_extra_"

enum { TIMEOUT_S = 3600, UNKNOWN_TABLE = 60, EXTRA_MAX = 1000 };

struct out_file {
    int fd;
    int64_t size;
};
static bool write_file(void *with, const char *p, size_t n, struct ym_error *err)
{
    struct out_file *file = with;

    file->size += (int64_t)n;
    while (n > 0) {
        ssize_t k = write(file->fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0) {
            ym_fail(err, errno == ENOSPC ? YM_FULL : YM_FAULT, "lake.disk",
                    "the file cannot be written: %s", strerror(errno));
            return ym_hint(err, "Free some space on the server, then try again.");
        }
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static void csv_cell(struct ym_buf *to, struct ym_str text)
{
    ym_buf_char(to, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            ym_buf_char(to, '"');
        ym_buf_char(to, text.p[i]);
    }
    ym_buf_char(to, '"');
}

static bool dangerous(struct ym_str text)
{
    size_t at = 0, digits = 0, points = 0;

    while (text.n > 0 && text.p[0] == '\'')
        text = ym_str_sub(text, 1, text.n);
    if (text.n == 0 || !strchr("=+-@\t\r", text.p[0]))
        return false;
    for (at = text.p[0] == '+' || text.p[0] == '-'; at < text.n; at++) {
        digits += text.p[at] >= '0' && text.p[at] <= '9';
        points += text.p[at] == '.';
    }
    size_t sign = text.p[0] == '+' || text.p[0] == '-';
    return !(sign && digits > 0 && points <= 1 && digits + points + sign == text.n);
}

static void guarded_cell(struct ym_buf *to, struct ym_str text)
{
    struct ym_buf cell = {0};

    if (dangerous(text))
        ym_buf_char(&cell, '\'');
    ym_buf_add(&cell, text);
    csv_cell(to, ym_buf_str(&cell));
    ym_buf_clear(&cell);
}

struct line_out {
    const struct draft *draft;
    const struct lake_words *words;
    size_t extra;
    struct out_file *file;
};

// "pm25: below the minimum (minimum); …", in the words of the one who asks.
static void reasons_text(const struct line_out *out, const struct quality_texts *why,
                         struct ym_buf *to)
{
    for (size_t i = 0; i < why->n; i++) {
        struct ym_str field = why->items[i], code, text;
        (void)ym_str_cut(&field, ':', &code);
        text = code;
        for (size_t w = 0; w < out->words->n; w++)
            if (ym_str_eq(out->words->codes[w], code))
                text = out->words->texts[w];
        ym_buf_add(to, ym_str(i ? "; " : ""));
        if (field.n > 0)
            ym_buf_printf(to, "%.*s: ", YM_FMT(field));
        ym_buf_printf(to, "%.*s (%.*s)", YM_FMT(text), YM_FMT(code));
    }
}

static bool put_row(const struct line_out *out, const struct draft_row *row, struct ym_error *err)
{
    struct ym_buf line = {0}, why = {0};

    for (size_t i = 0; i < out->draft->n_columns; i++) {
        ym_buf_add(&line, ym_str(i ? "," : ""));
        guarded_cell(&line, i < row->cells.n ? row->cells.items[i] : YM_STR(""));
    }
    for (size_t i = 0; i < out->extra; i++) {
        size_t at = out->draft->n_columns + i;
        ym_buf_char(&line, ',');
        guarded_cell(&line, at < row->cells.n ? row->cells.items[at] : YM_STR(""));
    }
    ym_buf_printf(&line, ",%lld,", (long long)row->line);
    reasons_text(out, &row->why, &why);
    guarded_cell(&line, ym_buf_str(&why));
    ym_buf_add(&line, YM_STR("\r\n"));
    bool ok = write_file(out->file, line.p, line.n, err);
    ym_buf_clear(&line);
    ym_buf_clear(&why);
    return ok;
}

static bool put_head(const struct line_out *out, struct ym_error *err)
{
    struct ym_buf line = {0};

    ym_buf_add(&line, YM_STR("\xef\xbb\xbf"));
    for (size_t i = 0; i < out->draft->n_columns; i++) {
        ym_buf_add(&line, ym_str(i ? "," : ""));
        guarded_cell(&line, out->draft->columns[i]);
    }
    for (size_t i = 0; i < out->extra; i++)
        ym_buf_printf(&line, "," EXTRA "%zu", i + 1);
    ym_buf_add(&line, YM_STR("," LINE "," REASONS "\r\n"));
    bool ok = write_file(out->file, line.p, line.n, err);
    ym_buf_clear(&line);
    return ok;
}

// How many cells the widest row has too many.
static bool widest(const struct draft *draft, size_t *extra, struct ym_error *err)
{
    struct ym_buf sql = {0}, answer = {.limit = 256};
    struct engine_query query = {.answer = &answer, .timeout_s = TIMEOUT_S};
    int64_t n = 0;

    ym_buf_printf(&sql, "SELECT max(length(raw)) FROM lake.q%lld WHERE _version = %lld",
                  (long long)draft->target.dataset, (long long)draft->version);
    query.sql = ym_buf_cstr(&sql);
    bool ok = engine_do(draft->lake->options.engine, &query, err);
    if (!ok && query.exception == UNKNOWN_TABLE) {
        *err = (struct ym_error){0};
        ok = true;
    } else if (ok) {
        ok = ym_str_int(ym_str_trim(ym_buf_str(&answer)), &n) ||
             ym_fail(err, YM_FAULT, "lake.row", "the engine's width is no number");
    }
    *extra = n > (int64_t)draft->n_columns ? (size_t)n - draft->n_columns : 0;
    *extra = *extra > EXTRA_MAX ? EXTRA_MAX : *extra;
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    return ok;
}

// Rows as they stand in the draft, without those that somebody decided on.
static bool put_page(struct line_out *out, struct draft *draft, struct draft_rows *rows,
                     struct ym_error *err)
{
    struct store *store = NULL;

    if (!store_take(draft->lake->options.pool, &store, err))
        return false;
    bool ok = draft_fold(draft, store, rows, 0, err);
    store_give(draft->lake->options.pool, store);
    ok = ok && draft_judge(draft, rows, err);
    for (size_t i = 0; ok && i < rows->n; i++)
        if (rows->items[i].state == DRAFT_NONE || rows->items[i].state == DRAFT_QUARANTINED)
            ok = put_row(out, &rows->items[i], err);
    return ok;
}

bool lake_quarantine_file(struct lake *lake, const struct org_caller *caller, int64_t load,
                          struct ym_str code, struct ym_str column, const struct lake_words *words,
                          int *fd, int64_t *size, struct ym_error *err)
{
    const struct lake_which which = {.code = code, .column = column};
    struct ym_arena arena = {0};
    struct draft draft;
    struct out_file file = {.fd = -1};
    struct line_out out = {.draft = &draft, .words = words, .file = &file};
    struct draft_rows rows = {0};
    int64_t behind = 0;
    bool ok = draft_open(lake, caller, load, false, &arena, &draft, err);

    if (!ok)
        goto out;
    file.fd = open(lake->options.originals, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file.fd < 0) {
        ok = ym_fail(err, YM_FAULT, "lake.disk", "the file cannot be made: %s", strerror(errno));
        goto out;
    }
    ok = widest(&draft, &out.extra, err) && put_head(&out, err);
    while (ok) {
        struct ym_arena page = {0};
        draft.arena = &page;
        ok = draft_page(&draft, &which, behind, 1000, &rows, err);
        size_t n = rows.n;
        behind = ok && n > 0 ? rows.items[n - 1].line : behind;
        ok = ok && put_page(&out, &draft, &rows, err);
        ym_arena_clear(&page);
        if (n < 1000)
            break;
    }
    ok =
        ok && (lseek(file.fd, 0, SEEK_SET) == 0 ||
               ym_fail(err, YM_FAULT, "lake.disk", "the file cannot be read: %s", strerror(errno)));
out:
    if (!ok && file.fd >= 0)
        close(file.fd);
    *fd = ok ? file.fd : -1;
    *size = file.size;
    ym_arena_clear(&arena);
    return ok;
}

struct loaded_row {
    int64_t line;
    struct ym_str *cells; // as many as the quarantined row may have
    size_t n;
};
struct reloading {
    const struct draft *draft;
    struct ym_arena *arena;
    size_t *to; // which cell of the row each column of this file is; SIZE_MAX: none of them
    size_t line_column, width;
    struct loaded_row *items;
    size_t n, cap, bytes;
};

static struct ym_str unguarded(struct ym_str text)
{
    return text.n > 0 && text.p[0] == '\'' && dangerous(text) ? ym_str_sub(text, 1, text.n - 1)
                                                              : text;
}

static bool bad_file(struct ym_error *err, const char *code, const char *why, struct ym_str about,
                     const char *hint)
{
    ym_fail(err, YM_INVALID, code, "%s", why);
    ym_hint(err, "%s", hint);
    return ym_about(err, about);
}

static bool map_columns(struct reloading *r, const struct collect_facts *facts,
                        struct ym_error *err)
{
    const struct draft *d = r->draft;
    const struct ym_str extra = YM_STR(EXTRA);
    size_t found = 0;

    r->line_column = SIZE_MAX;
    r->width = d->n_columns;
    r->to = ym_arena_alloc(r->arena, (facts->n_columns + 1) * sizeof *r->to);
    for (size_t c = 0; c < facts->n_columns; c++) {
        struct ym_str name = facts->columns[c];
        int64_t nth = 0;
        size_t i = 0;
        r->to[c] = SIZE_MAX;
        if (ym_str_is(name, LINE)) {
            r->line_column = c;
        } else if (ym_str_starts(name, extra) &&
                   ym_str_int(ym_str_sub(name, extra.n, name.n), &nth) && nth > 0 &&
                   nth <= EXTRA_MAX) {
            r->to[c] = d->n_columns + (size_t)nth - 1;
            r->width = r->to[c] + 1 > r->width ? r->to[c] + 1 : r->width;
        } else if (!ym_str_is(name, REASONS)) {
            while (i < d->n_columns && !ym_str_eq(d->columns[i], unguarded(name)))
                i++;
            if (i == d->n_columns)
                return bad_file(err, "quarantine.columns", "the file has a column of no use", name,
                                "Keep the columns of the downloaded file and add none.");
            r->to[c] = i;
            found++;
        }
    }
    if (r->line_column == SIZE_MAX)
        return bad_file(err, "quarantine.columns", "the file has no column " LINE, YM_STR(LINE),
                        "Load the file that was downloaded here, with its last columns.");
    for (size_t i = 0; i < d->n_columns && found < d->n_columns; i++) {
        bool there = false;
        for (size_t c = 0; c < facts->n_columns; c++)
            there = there || r->to[c] == i;
        if (!there)
            return bad_file(err, "quarantine.columns", "the file lacks a column", d->columns[i],
                            "Keep the columns of the downloaded file and add none.");
    }
    return true;
}

// RowBinary as the reader writes it: position, fault, extra cells, cells.
struct cursor {
    struct ym_str left;
    bool bad;
};
static size_t varint(struct cursor *c)
{
    size_t n = 0;

    for (unsigned shift = 0; shift < 42; shift += 7) {
        if (c->left.n == 0)
            break;
        unsigned char byte = (unsigned char)c->left.p[0];
        c->left = ym_str_sub(c->left, 1, c->left.n);
        n |= (size_t)(byte & 127) << shift;
        if (byte < 128)
            return n;
    }
    c->bad = true;
    return 0;
}

static struct ym_str binary_text(struct cursor *c)
{
    size_t n = varint(c);

    if (n > c->left.n) {
        c->bad = true;
        return YM_STR("");
    }
    struct ym_str text = ym_str_sub(c->left, 0, n);
    c->left = ym_str_sub(c->left, n, c->left.n);
    return text.p ? text : YM_STR("");
}

static bool too_many_rows(struct ym_error *err)
{
    ym_fail(err, YM_TOO_LARGE, "quarantine.many", "the file has more rows than one act may have");
    return ym_hint(err, "Up to %d rows and 64 MiB at once: load it in parts.", LAKE_ACT_ROWS);
}

// A spreadsheet may write 12 as 12.0.
static bool line_number(struct ym_str text, int64_t *line)
{
    struct ym_str whole = ym_str_trim(unguarded(text));

    if (ym_str_ends(whole, YM_STR(".0")))
        whole.n -= 2;
    return ym_str_int(whole, line) && *line > 0;
}

static bool take_row(struct reloading *r, struct cursor *c, size_t n_columns, struct ym_error *err)
{
    struct loaded_row row = {0};
    uint64_t pos = 0;

    for (size_t i = 0; i < 8 && i < c->left.n; i++)
        pos |= (uint64_t)(unsigned char)c->left.p[i] << (8 * i);
    c->left = ym_str_sub(c->left, 8, c->left.n);
    struct ym_str fault = binary_text(c);
    if (fault.n > 0) {
        bad_file(err, "quarantine.file", "a row of the file cannot be read as it stands", fault,
                 "Save the file as CSV in UTF-8, and keep its columns.");
        return ym_at_line(err, (int64_t)pos);
    }
    (void)varint(c); // no extra cells without a fault
    row.n = r->width;
    row.cells = ym_arena_alloc(r->arena, (row.n + 1) * sizeof *row.cells);
    for (size_t i = 0; i < row.n; i++)
        row.cells[i] = YM_STR("");
    for (size_t i = 0; i < n_columns && !c->bad; i++) {
        struct ym_str text = binary_text(c);
        r->bytes += text.n;
        if (i == r->line_column && !line_number(text, &row.line)) {
            bad_file(err, "quarantine.line", "a row has no line number in " LINE, text,
                     "Keep the numbers of the column " LINE " as they were downloaded.");
            return ym_at_line(err, (int64_t)pos);
        }
        if (r->to[i] != SIZE_MAX)
            row.cells[r->to[i]] = ym_arena_str(r->arena, unguarded(text));
    }
    r->items = ym_arena_grow(r->arena, r->items, &r->cap, r->n + 1, sizeof *r->items);
    r->items[r->n++] = row;
    return r->n <= LAKE_ACT_ROWS && r->bytes <= (64 << 20) ? true : too_many_rows(err);
}

static int by_line(const void *a, const void *b)
{
    int64_t x = ((const struct loaded_row *)a)->line, y = ((const struct loaded_row *)b)->line;

    return (x > y) - (x < y);
}

static bool read_file(struct reloading *r, const struct collect_request *request,
                      struct ym_error *err)
{
    struct collect_read *read = NULL;
    struct collect_facts facts;
    struct ym_str bytes = {NULL, 0};
    bool ok = collect_open(request, r->arena, &read, &facts, err) && map_columns(r, &facts, err);

    while (ok) {
        ok = collect_next(read, &bytes, err);
        if (!ok || bytes.n == 0)
            break;
        struct cursor c = {.left = bytes};
        while (ok && c.left.n > 0) {
            ok = take_row(r, &c, facts.n_columns, err);
            if (ok && c.bad)
                ok = ym_fail(err, YM_FAULT, "collect.reader", "the reader's rows cannot be read");
        }
    }
    collect_close(read);
    if (ok && r->n > 1)
        qsort(r->items, r->n, sizeof *r->items, by_line);
    for (size_t i = 1; ok && i < r->n; i++)
        if (r->items[i].line == r->items[i - 1].line) {
            char text[24];
            (void)snprintf(text, sizeof text, "%lld", (long long)r->items[i].line);
            ok = bad_file(err, "quarantine.line", "two rows have one line number", ym_str(text),
                          "Each quarantined row stands in the file once.");
        }
    return ok;
}

// The file's cells in the place of the row's; equal ones are left alone.
static bool reload_change(void *with, const struct draft *draft, struct draft_row *row,
                          json_t **patch, bool *skip, struct ym_error *err)
{
    const struct reloading *r = with;
    const struct loaded_row wanted = {.line = row->line};
    const struct loaded_row *mine = bsearch(&wanted, r->items, r->n, sizeof *r->items, by_line);
    size_t n = row->cells.n > draft->n_columns ? row->cells.n : draft->n_columns;
    bool same = true;

    (void)err;
    *patch = json_array();
    *skip = true;
    if (!mine)
        return true;
    for (size_t i = 0; i < n; i++) {
        struct ym_str now = i < mine->n ? mine->cells[i] : YM_STR("");
        same = same && i < row->cells.n && ym_str_eq(now, row->cells.items[i]);
        json_array_append_new(*patch, ym_json_str(now));
    }
    *skip = same;
    return true;
}

bool lake_reload(struct lake *lake, const struct org_caller *caller, int64_t load, const char *path,
                 struct ym_str name, struct ym_arena *arena, struct lake_act *out,
                 struct ym_error *err)
{
    struct draft draft;
    struct reloading r = {.draft = &draft, .arena = arena};
    struct collect_request request = {
        .fd = -1, .name = name, .recipe = {.header_row = 1}, .program = lake->options.program};
    bool ok = draft_open(lake, caller, load, true, arena, &draft, err);

    if (!ok)
        return false;
    request.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (request.fd < 0)
        return ym_fail(err, YM_FAULT, "lake.original", "the upload cannot be opened: %s",
                       strerror(errno));
    ok = read_file(&r, &request, err);
    close(request.fd);
    if (!ok)
        return false;
    int64_t *lines = ym_arena_alloc(arena, (r.n + 1) * sizeof *lines);
    for (size_t i = 0; i < r.n; i++)
        lines[i] = r.items[i].line;
    json_t *detail = json_pack("{s:o, s:I}", "file", ym_json_str(ym_utf8_cut(name, 255)), "rows",
                               (json_int_t)r.n);
    const struct draft_act act = {.kind = YM_STR("reload"),
                                  .detail = detail,
                                  .which = {.lines = lines, .n = r.n},
                                  .change = reload_change,
                                  .with = &r};
    ok = r.n > 0 && draft_do(lake, caller, load, &act, arena, out, err);
    if (r.n == 0)
        bad_file(err, "quarantine.file", "the file has no row", name,
                 "Load the file that was downloaded here.");
    json_decref(detail);
    return ok;
}
