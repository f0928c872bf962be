#include "data/collect/encoding.h"

#include <errno.h>

enum {
    LEADS = 0xFE - 0x81 + 1,
    TRAILS = 0xFE - 0x40 + 1,
    WIDEST = 4 // bytes of a GB18030 character
};

struct collect_decoder {
    iconv_t iconv;
    bool learned;
    // What iconv makes of each two-byte code: the bytes of a character of UTF-8, the first lowest;
    // 0: nothing. Made once, so that most characters cost one look-up. FE51 to FE53 are of plane 2.
    uint32_t two[LEADS * TRAILS];
};

static void learn(struct collect_decoder *decoder)
{
    for (unsigned lead = 0; lead < LEADS; lead++) {
        for (unsigned trail = 0; trail < TRAILS; trail++) {
            char code[2] = {(char)(lead + 0x81), (char)(trail + 0x40)}, text[8] = "", *in = code;
            char *out = text;
            size_t in_left = sizeof code, out_left = sizeof text;
            uint32_t entry = 0;

            iconv(decoder->iconv, NULL, NULL, NULL, NULL);
            if (iconv(decoder->iconv, &in, &in_left, &out, &out_left) == 0 && in_left == 0 &&
                collect_utf8_size((const unsigned char *)text, 4) == out - text)
                for (size_t i = 0; i < (size_t)(out - text); i++)
                    entry |= (uint32_t)(unsigned char)text[i] << (8 * i);
            decoder->two[lead * TRAILS + trail] = entry;
        }
    }
    decoder->learned = true;
}

bool collect_decoder_new(const char *name, struct collect_decoder **out, struct ym_error *err)
{
    struct collect_decoder *decoder = calloc(1, sizeof *decoder);

    if (!decoder)
        abort();
    decoder->iconv = iconv_open("UTF-8", name);
    if (decoder->iconv == (iconv_t)-1) { // NOLINT(performance-no-int-to-ptr): as iconv says it
        free(decoder);
        ym_fail(err, YM_INVALID, "collect.encoding", "'%s' is no encoding that is known here",
                name);
        ym_about(err, ym_str(name));
        return ym_hint(err,
                       "Say utf-8, gb18030, big5 or another name that iconv knows, or leave it "
                       "out: it is then found.");
    }
    *out = decoder;
    return true;
}

void collect_decoder_free(struct collect_decoder *decoder)
{
    if (!decoder)
        return;
    iconv_close(decoder->iconv);
    free(decoder);
}

// Where decoding stands in its piece.
struct place {
    const unsigned char *p, *end;
    char *out;
};

static void escape(struct place *at, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";

    while (n-- > 0) {
        unsigned char c = *at->p++;
        *at->out++ = '\\';
        *at->out++ = 'x';
        *at->out++ = digits[c >> 4];
        *at->out++ = digits[c & 15];
    }
}

// Records a fault before the place moves on. One a line is enough: a row names its first.
static void record(const struct collect_piece *piece, const struct place *at,
                   struct collect_faults *faults)
{
    int64_t here = piece->at + (at->out - piece->out);

    // In an earlier piece there may have been a line end or not: one too many does no harm.
    if (faults->n > 0 && faults->looked >= piece->at) {
        const char *from = piece->out + (faults->looked - piece->at);
        size_t n = (size_t)(at->out - from);
        faults->looked = here;
        if (!memchr(from, '\n', n) && !memchr(from, '\r', n))
            return;
    }
    faults->looked = here;
    if (faults->n == faults->cap) {
        faults->cap = faults->cap > 0 ? faults->cap * 2 : 64;
        faults->items = realloc(faults->items, faults->cap * sizeof *faults->items);
        if (!faults->items)
            abort();
    }
    faults->items[faults->n++] = (struct collect_fault){
        .at = here,
        .offset = piece->offset + ((const char *)at->p - piece->in),
    };
}

// Copies ASCII up to the first other byte, eight bytes at a time.
static void copy_ascii(struct place *at)
{
    while (at->end - at->p >= 8) {
        uint64_t eight;
        memcpy(&eight, at->p, 8);
        memcpy(at->out, &eight, 8);
        eight &= 0x8080808080808080u;
        if (eight) {
            size_t n = (size_t)__builtin_ctzll(eight) / 8;
            at->p += n;
            at->out += n;
            return;
        }
        at->p += 8;
        at->out += 8;
    }
    while (at->p < at->end && *at->p < 0x80)
        *at->out++ = (char)*at->p++;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

// One character by iconv. False: iconv refuses it.
static bool by_iconv(struct collect_decoder *decoder, struct place *at, size_t n)
{
    char *in = (char *)at->p, *out = at->out; // iconv does not write to its input
    size_t left = n, room = 16;

    iconv(decoder->iconv, NULL, NULL, NULL, NULL);
    if (iconv(decoder->iconv, &in, &left, &out, &room) == (size_t)-1 || left > 0)
        return false;
    at->p += n;
    at->out = out;
    return true;
}

static bool is_lead(unsigned char c)
{
    return c >= 0x81 && c <= 0xFE;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

// One character that is not ASCII. False: the piece cuts it.
static bool gb18030_next(struct collect_decoder *decoder, const struct collect_piece *piece,
                         struct place *at, struct collect_faults *faults)
{
    const unsigned char *p = at->p;
    size_t left = (size_t)(at->end - p);

    if (is_lead(p[0]) && (left < 2 || (left < WIDEST && is_digit(p[1]))) && !piece->last)
        return false;
    if (is_lead(p[0]) && left >= 2 && p[1] >= 0x40 && p[1] <= 0xFE) {
        uint32_t entry = decoder->two[(size_t)(p[0] - 0x81) * TRAILS + (p[1] - 0x40u)];
        if (entry) {
            memcpy(at->out, &entry, 4);
            at->out += (entry & 0xFF) >= 0xF0 ? 4 : (entry & 0xFF) >= 0xE0 ? 3 : 2;
            at->p += 2;
            return true;
        }
    } else if (is_lead(p[0]) && left >= 4 && is_digit(p[1]) && is_lead(p[2]) && is_digit(p[3])) {
        if (by_iconv(decoder, at, 4))
            return true;
        record(piece, at, faults);
        escape(at, 4);
        return true;
    }
    record(piece, at, faults);
    // An ASCII byte behind is never swallowed: it may be the separator.
    escape(at, is_lead(p[0]) && left >= 2 && p[1] >= 0x80 && p[1] < 0xFF ? 2 : 1);
    return true;
}

static bool utf8_next(const struct collect_piece *piece, struct place *at,
                      struct collect_faults *faults)
{
    size_t left = (size_t)(at->end - at->p);
    int size = collect_utf8_size(at->p, left);

    if (size < 0 && !piece->last)
        return false;
    if (size <= 0) {
        record(piece, at, faults);
        escape(at, size < 0 ? left : 1);
        return true;
    }
    memcpy(at->out, at->p, (size_t)size);
    at->p += size;
    at->out += size;
    return true;
}

static unsigned unit_at(const unsigned char *p, bool big)
{
    return big ? p[0] * 256U + p[1] : p[1] * 256U + p[0];
}

static void put_utf8(struct place *at, uint32_t c)
{
    if (c < 0x80) {
        *at->out++ = (char)c;
    } else if (c < 0x800) {
        *at->out++ = (char)(0xC0 | c >> 6);
        *at->out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *at->out++ = (char)(0xE0 | c >> 12);
        *at->out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *at->out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *at->out++ = (char)(0xF0 | c >> 18);
        *at->out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *at->out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *at->out++ = (char)(0x80 | (c & 0x3F));
    }
}

// One character of UTF-16. False: the piece cuts it.
static bool utf16_next(bool big, const struct collect_piece *piece, struct place *at,
                       struct collect_faults *faults)
{
    size_t left = (size_t)(at->end - at->p);
    uint32_t unit = left < 2 ? 0 : unit_at(at->p, big), low;

    if ((left < 2 || (left < 4 && unit >= 0xD800 && unit < 0xDC00)) && !piece->last)
        return false;
    if (left >= 2 && (unit < 0xD800 || unit >= 0xE000)) {
        put_utf8(at, unit);
        at->p += 2;
        return true;
    }
    low = left >= 4 ? unit_at(at->p + 2, big) : 0;
    if (left >= 4 && unit < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
        put_utf8(at, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        at->p += 4;
        return true;
    }
    record(piece, at, faults);
    escape(at, left < 2 ? left : 2);
    return true;
}

// The rest of the piece by iconv, which stops at what it does not know.
static bool other_next(struct collect_decoder *decoder, const struct collect_piece *piece,
                       struct place *at, struct collect_faults *faults)
{
    char *in = (char *)at->p;
    size_t left = (size_t)(at->end - at->p), room = COLLECT_DECODED(left);

    size_t done = iconv(decoder->iconv, &in, &left, &at->out, &room);
    int why = errno;
    at->p = (const unsigned char *)in;
    if (done != (size_t)-1)
        return true;
    if (why == EINVAL && !piece->last)
        return false;
    record(piece, at, faults);
    iconv(decoder->iconv, NULL, NULL, NULL, NULL);
    escape(at, why == EINVAL ? left : 1);
    return true;
}

size_t collect_decode(struct collect_decoder *decoder, enum collect_code code,
                      const struct collect_piece *piece, struct collect_faults *faults,
                      size_t *made)
{
    const unsigned char *in = (const unsigned char *)piece->in;
    struct place at = {in, in + piece->n, piece->out};
    bool more = true;

    if (code == COLLECT_GB18030 && !decoder->learned)
        learn(decoder);
    while (more && at.p < at.end) {
        if (code == COLLECT_UTF16LE || code == COLLECT_UTF16BE) {
            more = utf16_next(code == COLLECT_UTF16BE, piece, &at, faults);
            continue;
        }
        if (code == COLLECT_OTHER) {
            more = other_next(decoder, piece, &at, faults);
            continue;
        }
        if (*at.p < 0x80)
            copy_ascii(&at);
        while (more && at.p < at.end && *at.p >= 0x80)
            more = code == COLLECT_GB18030 ? gb18030_next(decoder, piece, &at, faults)
                                           : utf8_next(piece, &at, faults);
    }
    if (code == COLLECT_OTHER && piece->last) {
        size_t room = 16; // what iconv held back to see whether it combines with more
        iconv(decoder->iconv, NULL, NULL, &at.out, &room);
    }
    *made = (size_t)(at.out - piece->out);
    return (size_t)(at.p - in);
}
