// Decoding is what iconv does, in however many pieces; what iconv refuses is a fault and is kept.
#include "../../prop.h"

#include "data/collect/encoding.h"
#include "rows.h"

#include <iconv.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum collect_code code;
} codes[] = {
    {"gb18030", COLLECT_GB18030},
    {"utf-8", COLLECT_UTF8},
    {"big5", COLLECT_OTHER},
    {"iso-8859-1", COLLECT_OTHER},
};

// Strictly, all at once. False: iconv refuses, or should: it takes UTF-8 beyond U+10FFFF.
static bool by_iconv(const char *name, struct ym_str in, struct ym_buf *out)
{
    if (strcmp(name, "utf-8") == 0 && !ym_utf8_valid(in, NULL))
        return false;
    iconv_t cd = iconv_open("UTF-8", name);
    char *p = (char *)in.p, *room = malloc(4 * in.n + 16), *to = room;
    size_t left = in.n, space = 4 * in.n + 16;

    assert(cd != (iconv_t)-1 && room);
    bool ok = iconv(cd, &p, &left, &to, &space) != (size_t)-1 && left == 0;
    ok = ok && iconv(cd, NULL, NULL, &to, &space) != (size_t)-1;
    ym_buf_add(out, (struct ym_str){room, (size_t)(to - room)});
    iconv_close(cd);
    free(room);
    return ok;
}

// In pieces of at most `step` bytes, as a file is read.
static void decode(const char *name, enum collect_code code, struct ym_str in, size_t step,
                   struct ym_buf *out, struct collect_faults *faults)
{
    // Kept: it holds no state but the table, whose making takes longer than all the rest.
    static struct collect_decoder *decoders[COLLECT_OTHER + YM_COUNT(codes)];
    size_t which = 0;
    struct ym_error err;
    size_t from = 0, to = 0;
    char *room = malloc(COLLECT_DECODED(in.n));

    while (code == COLLECT_OTHER && strcmp(codes[which].name, name) != 0)
        which++;
    struct collect_decoder **decoder = &decoders[which];
    assert(room);
    assert(*decoder ||
           collect_decoder_new(code == COLLECT_OTHER ? name : "gb18030", decoder, &err));
    do {
        size_t made;
        to = to + step < in.n ? to + step : in.n;
        struct collect_piece piece = {
            .in = in.p + from,
            .n = to - from,
            .offset = (int64_t)from,
            .last = to == in.n,
            .out = room,
            .at = (int64_t)out->n,
        };
        from += collect_decode(*decoder, code, &piece, faults, &made);
        ym_buf_add(out, (struct ym_str){room, made});
    } while (to < in.n);
    assert(from == in.n);
    free(room);
}

// Any characters at all, private use and the far planes too, come back from GB18030.
static void what_gb18030_can_write_it_reads(struct prop_bytes in)
{
    char text[4 * 256], coded[4 * 256 + 16], *from = text, *to = coded;
    size_t n = 0, left, room = sizeof coded;
    struct ym_buf back = {0};
    struct collect_faults faults = {0};
    iconv_t cd = iconv_open("GB18030", "UTF-8");

    while (in.n > 0 && n + 4 <= sizeof text) {
        static const uint32_t limits[] = {0x80, 0x3000, 0xD800, 0x10000, 0x110000};
        uint32_t c = (uint32_t)prop_draw(&in, limits[prop_draw(&in, YM_COUNT(limits))]);
        if (c >= 0xD800 && c < 0xE000)
            continue;
        if (c < 0x80) {
            text[n++] = (char)c;
        } else if (c < 0x800) {
            text[n++] = (char)(0xC0 | c >> 6);
            text[n++] = (char)(0x80 | (c & 0x3F));
        } else {
            if (c < 0x10000) {
                text[n++] = (char)(0xE0 | c >> 12);
            } else {
                text[n++] = (char)(0xF0 | c >> 18);
                text[n++] = (char)(0x80 | (c >> 12 & 0x3F));
            }
            text[n++] = (char)(0x80 | (c >> 6 & 0x3F));
            text[n++] = (char)(0x80 | (c & 0x3F));
        }
    }
    left = n;
    assert(cd != (iconv_t)-1);
    if (iconv(cd, &from, &left, &to, &room) == 0 && left == 0) {
        decode("gb18030", COLLECT_GB18030, (struct ym_str){coded, (size_t)(to - coded)}, 7, &back,
               &faults);
        assert(faults.n == 0 && ym_str_eq(ym_buf_str(&back), (struct ym_str){text, n}));
    }
    iconv_close(cd);
    ym_buf_clear(&back);
    free(faults.items);
}

static void finding_ends_in_an_encoding_or_a_problem(struct ym_str in)
{
    struct collect_file file = {.fd = rows_file(in), .size = (int64_t)in.n};
    struct collect_encoding found;
    struct ym_error err = {0};

    if (collect_encoding_find(&file, NULL, &found, &err)) {
        assert(found.name[0]);
        struct ym_str text = ym_str_sub(in, found.bom, in.n);
        assert(!found.clean || ym_utf8_valid(text, NULL));
        // The other way round too: what is UTF-8 is never taken for anything else.
        assert(!ym_utf8_valid(text, NULL) || found.clean);
    } else {
        assert(ym_str_starts(ym_str(err.code), YM_STR("collect.")) && err.hint[0]);
    }
    close(file.fd);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct prop_bytes in = {bytes, n};
    size_t which = prop_draw(&in, YM_COUNT(codes)), step = 1 + prop_draw(&in, 16);
    struct ym_str text = {(const char *)in.p, in.n};
    struct ym_buf whole = {0}, pieces = {0}, expected = {0};
    struct collect_faults faults = {0}, other_faults = {0};

    decode(codes[which].name, codes[which].code, text, in.n + 1, &whole, &faults);
    decode(codes[which].name, codes[which].code, text, step, &pieces, &other_faults);
    assert(ym_utf8_valid(ym_buf_str(&whole), NULL));
    assert(ym_str_eq(ym_buf_str(&whole), ym_buf_str(&pieces)));
    assert((faults.n > 0) == (other_faults.n > 0));
    if (faults.n > 0)
        assert(faults.items[0].offset == other_faults.items[0].offset);
    if (by_iconv(codes[which].name, text, &expected)) {
        assert(faults.n == 0);
        assert(ym_str_eq(ym_buf_str(&whole), ym_buf_str(&expected)));
    } else {
        assert(faults.n > 0);
    }
    finding_ends_in_an_encoding_or_a_problem(text);
    what_gb18030_can_write_it_reads(in);
    ym_buf_clear(&whole);
    ym_buf_clear(&pieces);
    ym_buf_clear(&expected);
    free(faults.items);
    free(other_faults.items);
    return 0;
}
