#include "data/collect/block.h"

#include "data/collect/collect.h"

#define VARINT_MAX ((size_t)10)
#define NAMES      ((size_t)64) // bytes of a column's name and type, or more

// Where the text of a column goes. The first two are _fault and the texts of _extra.
struct place {
    char *to;
    size_t bytes; // with the lengths before each text
};
struct turn {
    const unsigned char *at, *end;
    size_t columns, rows;
    size_t extras;
    struct place *places;
};
enum { FAULT, EXTRA, CELLS };

static bool take_size(struct turn *turn, size_t *n)
{
    if (turn->at < turn->end && *turn->at < 0x80) {
        *n = *turn->at++;
        return true;
    }
    *n = 0;
    for (unsigned shift = 0; turn->at < turn->end && shift < 35; shift += 7) {
        unsigned char c = *turn->at++;
        *n |= (size_t)(c & 0x7F) << shift;
        if (c < 0x80)
            return true;
    }
    return false;
}

// A text with the length before it.
static bool take_text(struct turn *turn, struct ym_str *text)
{
    const unsigned char *from = turn->at;
    size_t n;

    if (!take_size(turn, &n) || n > (size_t)(turn->end - turn->at))
        return false;
    turn->at += n;
    *text = (struct ym_str){(const char *)from, (size_t)(turn->at - from)};
    return true;
}

static bool measure_text(struct turn *turn, size_t place)
{
    struct ym_str text;

    if (!take_text(turn, &text))
        return false;
    turn->places[place].bytes += text.n;
    return true;
}

static bool measure(struct turn *turn)
{
    while (turn->at < turn->end) {
        size_t extras;
        if (turn->end - turn->at < 8)
            return false;
        turn->at += 8;
        if (!measure_text(turn, FAULT) || !take_size(turn, &extras))
            return false;
        turn->extras += extras;
        for (size_t i = 0; i < extras; i++)
            if (!measure_text(turn, EXTRA))
                return false;
        for (size_t c = 0; c < turn->columns; c++)
            if (!measure_text(turn, CELLS + c))
                return false;
        turn->rows++;
    }
    return turn->rows > 0;
}

static void put_text(struct turn *turn, size_t place)
{
    struct ym_str text = {NULL, 0};
    bool ok = take_text(turn, &text);

    assert(ok); // it was measured
    (void)ok;
    memcpy(turn->places[place].to, text.p, text.n);
    turn->places[place].to += text.n;
}

static char *put_size(char *to, size_t n)
{
    for (; n >= 0x80; n >>= 7)
        *to++ = (char)(n | 0x80);
    *to++ = (char)n;
    return to;
}

static char *put_name(char *to, struct ym_str name)
{
    to = put_size(to, name.n);
    memcpy(to, name.p, name.n);
    return to + name.n;
}

static char *begin(char *to, const char *name, const char *type)
{
    return put_name(put_name(to, ym_str(name)), ym_str(type));
}

// The second walk: every text to its column.
static void turn_rows(struct turn *turn, char *positions, char *offsets)
{
    uint64_t extra = 0;

    for (size_t row = 0; row < turn->rows; row++) {
        size_t extras = 0;
        memcpy(positions + 8 * row, turn->at, 8);
        turn->at += 8;
        put_text(turn, FAULT);
        (void)take_size(turn, &extras);
        extra += extras;
        memcpy(offsets + 8 * row, &extra, 8);
        for (size_t i = 0; i < extras; i++)
            put_text(turn, EXTRA);
        for (size_t c = 0; c < turn->columns; c++)
            put_text(turn, CELLS + c);
    }
}

static char *give_place(struct place *place, char *to)
{
    place->to = to;
    return to + place->bytes;
}

// The block without its texts; the places of the texts are known after it.
static char *lay_out(struct turn *turn, char *to, char **positions, char **offsets)
{
    to = put_size(to, turn->columns + 3);
    to = put_size(to, turn->rows);
    *positions = begin(to, "_pos", "UInt64");
    to = begin(*positions + 8 * turn->rows, "_fault", "String");
    to = give_place(&turn->places[FAULT], to);
    *offsets = begin(to, "_extra", "Array(String)");
    to = give_place(&turn->places[EXTRA], *offsets + 8 * turn->rows);
    for (size_t c = 0; c < turn->columns; c++) {
        char name[32];
        snprintf(name, sizeof name, "c%zu", c + 1);
        to = give_place(&turn->places[CELLS + c], begin(to, name, "String"));
    }
    return to;
}

static void reserve(struct ym_buf *out, size_t need)
{
    if (need > out->cap) {
        free(out->p);
        out->p = malloc(need);
        if (!out->p)
            abort();
        out->cap = need;
    }
    out->n = 0;
}

bool collect_block(struct ym_str rows, size_t columns, struct ym_buf *out, struct ym_error *err)
{
    const unsigned char *begins = (const unsigned char *)rows.p;
    struct turn turn = {.at = begins, .end = begins + rows.n, .columns = columns};
    char *positions, *offsets;
    bool ok = false;

    turn.places = calloc(CELLS + columns, sizeof *turn.places);
    if (!turn.places)
        abort();
    if (!measure(&turn)) {
        ym_fail(err, YM_FAULT, "collect.reader", "the reader's rows cannot be read");
        ym_hint(err, "Load the file again; if it happens again, send us the file.");
        goto out;
    }
    // Never more than the rows themselves: a position, an offset and names for what they hold.
    reserve(out, rows.n + 8 * turn.rows + (columns + 3) * NAMES + 2 * VARINT_MAX);
    const char *ends = lay_out(&turn, out->p, &positions, &offsets);
    turn.at = begins;
    turn_rows(&turn, positions, offsets);
    out->n = (size_t)(ends - out->p);
    assert(out->n <= out->cap);
    ok = true;
out:
    free(turn.places);
    return ok;
}
