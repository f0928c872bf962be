#include "data/collect/csv.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Which of the 64 bytes at `p` are `a` or `b`: the first is the lowest bit.
#ifdef __SSE2__
static uint64_t marks_of(const char *p, char a, char b)
{
    const __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b);
    uint64_t marks = 0;

    for (unsigned i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * i));
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb));
        marks |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << (16 * i);
    }
    return marks;
}
#else
// The high bit of each byte of `x` that is 0, and no other (Hacker's Delight, 6-1).
static uint64_t zero_bytes(uint64_t x)
{
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;

    return ~(((x & low) + low) | x | low);
}

static uint64_t marks_of(const char *p, char a, char b)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t marks = 0, x;

    for (unsigned i = 0; i < 8; i++) {
        memcpy(&x, p + 8 * i, 8);
        uint64_t hit =
            zero_bytes(x ^ (ones * (unsigned char)a)) | zero_bytes(x ^ (ones * (unsigned char)b));
        marks |= ((hit >> 7) * 0x0102040810204080u >> 56) << (8 * i);
    }
    return marks;
}
#endif

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct collect_cell *new_cell(struct collect_row *row)
{
    if (row->n == row->cap) {
        row->cap = row->cap > 0 ? row->cap * 2 : 64;
        row->cells = realloc(row->cells, row->cap * sizeof *row->cells);
        if (!row->cells)
            abort();
    }
    return &row->cells[row->n++];
}

// A plain cell; at the end of a line the carriage return before the feed is no part of it.
static void add_plain(const struct collect_dialect *dialect, struct collect_row *row, const char *p,
                      const char *end, bool line_end)
{
    if (line_end && dialect->line_end == '\n')
        while (end > p && end[-1] == '\r')
            end--;
    if (dialect->lead && row->n > 0 && p < end && *p == dialect->lead)
        p++;
    if (dialect->strip) {
        while (p < end && is_blank(*p))
            p++;
        while (end > p && is_blank(end[-1]))
            end--;
    }
    *new_cell(row) = (struct collect_cell){.p = p, .n = (uint32_t)(end - p)};
}

static size_t count_lines(const char *p, const char *end, char line_end)
{
    size_t n = 0;

    while (p < end && (p = memchr(p, line_end, (size_t)(end - p)))) {
        n++;
        p++;
    }
    return n;
}

// Behind a closing quote: the delimiter or line end that ends the cell, NULL where other text
// follows, `end` where the text must go on to know.
static const char *cell_end(const struct collect_dialect *dialect, const char *p, const char *end)
{
    while (p < end && is_blank(*p) && *p != dialect->delimiter && !dialect->blank)
        p++;
    if (p < end && *p == '\r' && dialect->line_end == '\n')
        while (p < end && *p == '\r')
            p++;
    else if (p < end && (*p == dialect->delimiter || (dialect->blank && is_blank(*p))))
        return p;
    return p == end || *p == dialect->line_end ? p : NULL;
}

// The cell behind its opening quote, up to what ends it; NULL: it does not end here.
static const char *take_quoted(const struct collect_dialect *dialect, const char *p,
                               const char *end, bool last, struct collect_row *row)
{
    struct collect_cell cell = {.p = p, .quoted = true};
    size_t opened = row->lines;

    for (const char *q = p; q < end;) {
        q = memchr(q, '"', (size_t)(end - q));
        if (!q)
            break;
        if (q + 1 < end && q[1] == '"') {
            cell.doubled = true;
            q += 2;
            continue;
        }
        const char *stop = cell_end(dialect, q + 1, end);
        if (stop == end && !last)
            break;
        if (!stop) {
            if (!row->broken_line)
                row->broken_line = opened + count_lines(p, q, dialect->line_end);
            q++;
            continue;
        }
        cell.n = (uint32_t)(q - p);
        row->lines += count_lines(p, q, dialect->line_end);
        *new_cell(row) = cell;
        return stop;
    }
    row->open_line = opened;
    return NULL;
}

static enum collect_got take_blank(const struct collect_dialect *dialect, const char *p,
                                   const char *end, bool last, struct collect_row *row)
{
    while (row->n < COLLECT_ROW_CELLS) {
        while (p < end && is_blank(*p))
            p++;
        const char *stop = p;
        if (p < end && *p == '"') {
            stop = take_quoted(dialect, p + 1, end, last, row);
            if (!stop)
                return COLLECT_GOT_MORE;
        } else {
            while (stop < end && !is_blank(*stop) && *stop != dialect->line_end)
                stop++;
            bool ends = stop == end || *stop == dialect->line_end;
            if (stop == end && !last)
                return COLLECT_GOT_MORE;
            const char *text_end = stop;
            while (ends && dialect->line_end == '\n' && text_end > p && text_end[-1] == '\r')
                text_end--;
            if (text_end > p || (ends && row->n == 0))
                add_plain(dialect, row, p, text_end, false);
        }
        if (stop == end || *stop == dialect->line_end) {
            row->end = stop < end ? stop + 1 : end;
            return COLLECT_GOT_ROW;
        }
        p = stop;
    }
    return COLLECT_GOT_WIDE;
}

static enum collect_got take_marked(const struct collect_dialect *dialect, const char *p,
                                    const char *end, bool last, struct collect_row *row)
{
    const char *base = p, *at;
    uint64_t marks = marks_of(base, dialect->delimiter, dialect->line_end);

    for (;;) {
        bool quoted = p < end && *p == '"';
        if (quoted) {
            at = take_quoted(dialect, p + 1, end, last, row);
            if (!at)
                return COLLECT_GOT_MORE;
            base = at < end ? at + 1 : at;
            marks = at < end ? marks_of(base, dialect->delimiter, dialect->line_end) : 0;
        } else {
            while (marks == 0 && end - base > 64) {
                base += 64;
                marks = marks_of(base, dialect->delimiter, dialect->line_end);
            }
            at = marks ? base + __builtin_ctzll(marks) : end;
            marks &= marks - 1;
            if (at >= end && !last)
                return COLLECT_GOT_MORE;
            if (at > end)
                at = end; // a mark in the padding
            add_plain(dialect, row, p, at, at == end || *at == dialect->line_end);
        }
        if (at == end || *at == dialect->line_end) {
            row->end = at < end ? at + 1 : end;
            return COLLECT_GOT_ROW;
        }
        if (row->n == COLLECT_ROW_CELLS)
            return COLLECT_GOT_WIDE;
        p = at + 1;
    }
}

enum collect_got collect_csv_take(const struct collect_dialect *dialect, const char *p,
                                  const char *end, bool last, struct collect_row *row)
{
    row->n = 0;
    row->lines = 1;
    row->broken_line = row->open_line = 0;
    if (p == end)
        return last ? COLLECT_GOT_END : COLLECT_GOT_MORE;
    return dialect->blank ? take_blank(dialect, p, end, last, row)
                          : take_marked(dialect, p, end, last, row);
}

void collect_csv_clear(struct collect_row *row)
{
    free(row->cells);
    *row = (struct collect_row){0};
}

bool collect_csv_is_empty(const struct collect_row *row)
{
    if (row->n != 1 || row->cells[0].quoted)
        return false;
    for (size_t i = 0; i < row->cells[0].n; i++)
        if (!is_blank(row->cells[0].p[i]))
            return false;
    return true;
}

size_t collect_csv_copy(const struct collect_cell *cell, char *to)
{
    const char *p = cell->p, *end = p + cell->n;
    char *out = to;

    while (cell->doubled && p < end) {
        const char *q = memchr(p, '"', (size_t)(end - p));
        if (!q)
            break;
        size_t n = (size_t)(q + 1 - p);
        memcpy(out, p, n);
        out += n;
        p = q + 1 + (q + 1 < end && q[1] == '"');
    }
    memcpy(out, p, (size_t)(end - p));
    return (size_t)(out - to) + (size_t)(end - p);
}
