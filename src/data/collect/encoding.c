#include "data/collect/encoding.h"

#include <errno.h>
#include <uchardet/uchardet.h>
#include <unistd.h>

#include "data/collect/kinds.h"

enum {
    BLOCK = 256 * 1024,
    HEAD = 64 * 1024,
    TICK = 64 * 1024 * 1024,      // bytes between two words of progress
    GUESS_MAX = 64 * 1024 * 1024, // bytes that uchardet gets: 50 MB/s
};

// What the bytes of a file say.
struct scan {
    int64_t n; // bytes looked at
    int64_t nul_odd, nul_even, first_nul, controls;
    int64_t good, good_long; // UTF-8 characters of two bytes and more; of three and more
    int64_t bad, first_bad;  // malformed places
    int64_t cut;             // offset of a character that the end cuts, -1: none
    int64_t line, long_line; // beginning of the line; of one over the limit, -1: none
    int64_t units, units_common, units_impossible; // of GB18030
    int64_t alone;                                 // surrogates of UTF-16 without the other one
    bool big;                                      // UTF-16BE
};
typedef size_t scan_block(struct scan *scan, const unsigned char *p, size_t n, bool last);

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

typedef unsigned char sixteen __attribute__((vector_size(16)));

bool collect_file_read(const struct collect_file *file, int64_t offset, char *to, size_t n,
                       size_t *got, struct ym_error *err)
{
    *got = 0;
    while (*got < n) {
        ssize_t k = pread(file->fd, to + *got, n - *got, offset + (int64_t)*got);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0) {
            ym_fail(err, YM_FAULT, "collect.read", "the file cannot be read: error %d", errno);
            return ym_hint(err, "Look at the disk on which the file lies, then send it again.");
        }
        if (k == 0)
            break;
        *got += (size_t)k;
    }
    return true;
}

int64_t collect_file_line(const struct collect_file *file, int64_t offset)
{
    char block[16 * 1024];
    int64_t line = 1, carriage = 1;
    struct ym_error unread;
    size_t n;

    for (int64_t at = 0; at < offset; at += (int64_t)n) {
        size_t want = sizeof block;
        if (offset - at < (int64_t)want)
            want = (size_t)(offset - at);
        if (!collect_file_read(file, at, block, want, &n, &unread) || n == 0)
            break;
        for (size_t i = 0; i < n; i++) {
            line += block[i] == '\n';
            carriage += block[i] == '\r';
        }
    }
    return line > 1 ? line : carriage;
}

int collect_utf8_size(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xBF;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t size = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (p[0] == 0xE0)
        low = 0xA0; // overlong
    else if (p[0] == 0xED)
        high = 0x9F; // surrogates
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F; // above U+10FFFF
    if (left > 1 && (p[1] < low || p[1] > high))
        return 0;
    for (size_t i = 2; i < size && i < left; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return left < size ? -1 : (int)size;
}

// Printable ASCII, tabs and line ends, 64 bytes: most of most files.
static bool plain(const unsigned char *p)
{
    sixteen v[4], odd = {0};
    uint64_t half[2];

    memcpy(v, p, sizeof v);
    for (int i = 0; i < 4; i++)
        odd |= (sixteen)(v[i] >= 0x80) | ((sixteen)(v[i] < 0x20) & (sixteen)(v[i] != '\n') &
                                          (sixteen)(v[i] != '\r') & (sixteen)(v[i] != '\t'));
    memcpy(half, &odd, sizeof half);
    return (half[0] | half[1]) == 0;
}

static void count_control(struct scan *scan, unsigned char c, int64_t offset)
{
    if (c == '\n' || c == '\r' || c == '\t')
        return;
    scan->controls++;
    if (c != 0)
        return;
    if (scan->nul_odd + scan->nul_even == 0)
        scan->first_nul = offset;
    if (offset % 2)
        scan->nul_odd++;
    else
        scan->nul_even++;
}

static size_t scan_utf8(struct scan *scan, const unsigned char *p, size_t n, bool last)
{
    size_t i = 0;

    while (i < n) {
        if (i + 64 <= n && plain(p + i)) {
            i += 64;
            continue;
        }
        size_t stop = i + 64 < n ? i + 64 : n;
        while (i < stop) {
            if (p[i] < 0x80) {
                if (p[i] < 0x20)
                    count_control(scan, p[i], scan->n + (int64_t)i);
                i++;
                continue;
            }
            int size = collect_utf8_size(p + i, n - i);
            if (size < 0) {
                if (last)
                    scan->cut = scan->n + (int64_t)i;
                return last ? n : i;
            }
            if (size == 0 && scan->bad++ == 0)
                scan->first_bad = scan->n + (int64_t)i;
            scan->good += size > 0;
            scan->good_long += size > 2;
            i += size > 0 ? (size_t)size : 1;
        }
    }
    return n;
}

static bool is_lead(unsigned char c)
{
    return c >= 0x81 && c <= 0xFE;
}

// Counts the unit at `p`, which is no ASCII, and returns its size; 0: the text must go on to know.
static size_t count_unit(struct scan *scan, const unsigned char *p, size_t left, int64_t offset)
{
    bool four = left >= 2 && is_lead(p[0]) && p[1] >= '0' && p[1] <= '9';

    if (left < 2 || (four && left < 4))
        return 0;
    four = four && is_lead(p[2]) && p[3] >= '0' && p[3] <= '9';
    scan->units++;
    if (four) {
        scan->units_common++;
        return 4;
    }
    if (!is_lead(p[0]) || p[1] < 0x40 || p[1] == 0x7F || p[1] == 0xFF) {
        if (scan->units_impossible++ == 0)
            scan->first_bad = offset;
        return 1;
    }
    scan->units_common += p[0] >= 0xA1 && p[0] <= 0xF7 && p[1] >= 0xA1;
    return 2;
}

static size_t scan_gb18030(struct scan *scan, const unsigned char *p, size_t n, bool last)
{
    size_t i = 0;

    while (i < n) {
        if (i + 64 <= n && plain(p + i)) {
            i += 64;
            continue;
        }
        size_t stop = i + 64 < n ? i + 64 : n;
        while (i < stop) {
            int64_t offset = scan->n + (int64_t)i;
            if (p[i] < 0x80) {
                if (p[i] < 0x20)
                    count_control(scan, p[i], offset);
                i++;
                continue;
            }
            size_t size = count_unit(scan, p + i, n - i, offset);
            if (size == 0) {
                if (last)
                    scan->cut = offset;
                return last ? n : i;
            }
            i += size;
        }
    }
    return n;
}

static size_t scan_utf16(struct scan *scan, const unsigned char *p, size_t n, bool last)
{
    size_t i = 0;

    while (i + 2 <= n) {
        unsigned unit = scan->big ? p[i] * 256U + p[i + 1] : p[i + 1] * 256U + p[i];
        size_t size = 2;
        if (unit < 0x20)
            count_control(scan, (unsigned char)unit, scan->n + (int64_t)i);
        if (unit >= 0xD800 && unit < 0xE000) {
            if (unit < 0xDC00 && i + 4 > n && !last)
                break;
            unsigned low = i + 4 > n ? 0 : scan->big ? p[i + 2] : p[i + 3];
            bool pair = unit < 0xDC00 && low >= 0xDC && low < 0xE0;
            if (!pair && scan->alone++ == 0)
                scan->first_bad = scan->n + (int64_t)i;
            size = pair ? 4 : 2;
        }
        scan->units++;
        i += size;
    }
    if (last && i < n) {
        scan->cut = scan->n + (int64_t)i;
        return n;
    }
    return i;
}

// A line over the limit ends the search: a file of 2 GB without a line end is not read to its end.
static void watch_lines(struct scan *scan, const char *p, size_t n)
{
    const char *feed = memrchr(p, '\n', n), *carriage = feed ? NULL : memrchr(p, '\r', n);
    const char *end = feed ? feed : carriage;

    if (end)
        scan->line = scan->n + (end - p) + 1;
    else if (scan->n + (int64_t)n - scan->line > COLLECT_ROW_MAX)
        scan->long_line = scan->line;
}

static bool enough(const struct scan *scan)
{
    return scan->long_line >= 0 || scan->nul_odd + scan->nul_even > 0 ||
           (scan->bad > 4096 && scan->bad > scan->good_long);
}

static bool scan_file(const struct collect_file *file, int64_t from, scan_block *block,
                      struct scan *scan, struct ym_error *err)
{
    bool big = scan->big;
    char *bytes = must(malloc(BLOCK + 8));
    size_t kept = 0, got;
    int64_t told = from;
    bool last = false, ok = false;

    *scan = (struct scan){.n = from, .line = from, .cut = -1, .long_line = -1, .big = big};
    while (!last && !enough(scan)) {
        int64_t offset = scan->n + (int64_t)kept;
        if (!collect_file_read(file, offset, bytes + kept, BLOCK, &got, err))
            goto out;
        last = got < BLOCK;
        if (!file->one_line && block != scan_utf16)
            watch_lines(scan, bytes, kept + got);
        size_t taken = block(scan, (const unsigned char *)bytes, kept + got, last);
        scan->n += (int64_t)taken;
        kept = kept + got - taken;
        memmove(bytes, bytes + taken, kept);
        if (file->tick && scan->n - told >= TICK) {
            told = scan->n;
            if (!file->tick(file->with, scan->n, err))
                goto out;
        }
    }
    ok = true;
out:
    free(bytes);
    return ok;
}

static bool at_offset(struct ym_error *err, const struct collect_file *file, int64_t offset)
{
    return ym_at_line(err, collect_file_line(file, offset));
}

static bool fail_utf16(struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.utf16",
            "the file is in UTF-16, but of which kind is not sure");
    return ym_hint(err,
                   "Declare the encoding, utf-16le or utf-16be, or save the file as UTF-8 and send "
                   "it again.");
}

static bool fail_binary(struct ym_error *err, const char *what)
{
    ym_fail(err, YM_INVALID, "collect.binary", "the file is %s, not text", what);
    ym_about(err, ym_str(what));
    return ym_hint(err,
                   "Open it where it was made and save the table as CSV in UTF-8; take files "
                   "out of archives first.");
}

static bool refuse_nul(const struct collect_file *file, const struct scan *scan,
                       struct ym_error *err)
{
    int64_t odd = scan->nul_odd, even = scan->nul_even;

    if (odd + even > 8 && (odd > 10 * even || even > 10 * odd))
        return fail_utf16(err);
    if (scan->controls > 8 && (scan->controls * 100 > scan->n || scan->bad * 20 > scan->n))
        return fail_binary(err, "binary data");
    ym_fail(err, YM_INVALID, "collect.nul", "NUL byte at offset %lld", (long long)scan->first_nul);
    at_offset(err, file, scan->first_nul);
    return ym_hint(err,
                   "A NUL byte belongs to no text: look at this line where the file was made; "
                   "if the file is UTF-16, save it as UTF-8.");
}

static bool fail_cut(const struct collect_file *file, int64_t offset, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.cut", "the file ends inside a character at offset %lld",
            (long long)offset);
    at_offset(err, file, offset);
    return ym_hint(err,
                   "The end is missing: the copy or the export was cut off. Export and send the "
                   "file again.");
}

static bool fail_long(const struct collect_file *file, int64_t offset, struct ym_error *err)
{
    ym_fail(err, YM_TOO_LARGE, "collect.long_row", "a line is longer than %d MiB",
            COLLECT_ROW_MAX / 1024 / 1024);
    at_offset(err, file, offset);
    return ym_hint(err,
                   "The file has no line ends, or is no table. Export it with one row a line.");
}

static bool fail_unfit(const struct collect_file *file, const char *declared, int64_t offset,
                       const char *rather, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.encoding",
            "the file is not in '%s': it speaks against it at offset %lld", declared,
            (long long)offset);
    ym_about(err, ym_str(declared));
    at_offset(err, file, offset);
    return ym_hint(err, "%s", rather);
}

// What refuses the file whatever its encoding is.
static bool judge(const struct collect_file *file, const struct scan *scan, struct ym_error *err)
{
    if (scan->nul_odd + scan->nul_even > 0)
        return refuse_nul(file, scan, err);
    if (scan->controls > 8 && scan->controls * 50 > scan->n)
        return fail_binary(err, "binary data");
    if (scan->long_line >= 0)
        return fail_long(file, scan->long_line, err);
    return true;
}

static void name(struct collect_encoding *out, enum collect_code code, const char *text)
{
    out->code = code;
    (void)snprintf(out->name, sizeof out->name, "%s", text);
}

static char lower_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    return c;
}

bool collect_encoding_declared(struct ym_str declared, struct collect_encoding *out,
                               struct ym_error *err)
{
    static const struct {
        const char *alias, *name;
        enum collect_code code;
    } known[] = {
        {"utf8", "utf-8", COLLECT_UTF8},          {"utf8bom", "utf-8", COLLECT_UTF8},
        {"utf8sig", "utf-8", COLLECT_UTF8},       {"ascii", "utf-8", COLLECT_UTF8},
        {"usascii", "utf-8", COLLECT_UTF8},       {"gbk", "gb18030", COLLECT_GB18030},
        {"gb2312", "gb18030", COLLECT_GB18030},   {"gb18030", "gb18030", COLLECT_GB18030},
        {"cp936", "gb18030", COLLECT_GB18030},    {"euccn", "gb18030", COLLECT_GB18030},
        {"utf16le", "utf-16le", COLLECT_UTF16LE}, {"utf16be", "utf-16be", COLLECT_UTF16BE},
    };
    char plain_name[COLLECT_NAME_MAX + 1] = "", lower[COLLECT_NAME_MAX + 1] = "";
    size_t n = 0;

    *out = (struct collect_encoding){0};
    for (size_t i = 0; i < declared.n && declared.n <= COLLECT_NAME_MAX; i++) {
        char c = lower_of(declared.p[i]);
        lower[i] = c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            plain_name[n++] = c;
        else if (!strchr("-_.: ", c))
            lower[0] = '\0';
        if (!lower[0])
            break;
    }
    for (size_t i = 0; i < YM_COUNT(known) && lower[0]; i++)
        if (strcmp(plain_name, known[i].alias) == 0) {
            name(out, known[i].code, known[i].name);
            return true;
        }
    if (strncmp(plain_name, "utf16", 5) == 0 || strncmp(plain_name, "ucs", 3) == 0 ||
        strncmp(plain_name, "utf32", 5) == 0)
        return fail_utf16(err);
    struct collect_decoder *decoder = NULL;
    if (!lower[0]) {
        ym_fail(err, YM_INVALID, "collect.encoding", "'%.*s' is no name of an encoding",
                YM_FMT(declared));
        ym_about(err, declared);
        return ym_hint(err,
                       "Say utf-8, gb18030, big5 or another name that iconv knows, or leave it "
                       "out: it is then found.");
    }
    if (!collect_decoder_new(lower, &decoder, err))
        return false;
    collect_decoder_free(decoder);
    name(out, COLLECT_OTHER, lower);
    return true;
}

static bool guess(const struct collect_file *file, int64_t from, struct collect_encoding *out,
                  struct ym_error *err)
{
    char *bytes = must(malloc(BLOCK));
    uchardet_t detector = uchardet_new();
    size_t got = BLOCK;
    bool ok = false;

    for (int64_t at = from; got == BLOCK && at < from + GUESS_MAX; at += (int64_t)got) {
        if (!collect_file_read(file, at, bytes, BLOCK, &got, err))
            goto out;
        if (uchardet_handle_data(detector, bytes, got) != 0)
            break;
    }
    uchardet_data_end(detector);
    const char *said = uchardet_get_charset(detector);
    if (!said[0]) {
        ym_fail(err, YM_INVALID, "collect.encoding", "the encoding of the file was not recognised");
        ym_hint(err, "Declare the encoding, or save the file as UTF-8.");
        goto out;
    }
    for (size_t i = 0; said[i] && i < COLLECT_NAME_MAX; i++)
        out->name[i] = lower_of(said[i]);
    out->code = COLLECT_OTHER;
    if (ym_str_is(ym_str(out->name), "utf-8"))
        out->code = COLLECT_UTF8;
    else if (ym_str_starts(ym_str(out->name), YM_STR("gb")))
        name(out, COLLECT_GB18030, "gb18030");
    ok = true;
out:
    uchardet_delete(detector);
    free(bytes);
    return ok;
}

static bool check_declared(const struct collect_file *file, const struct scan *utf8,
                           const char *declared, struct collect_encoding *out, struct ym_error *err)
{
    struct scan gb = {0};

    if (out->code == COLLECT_UTF8) {
        out->clean = utf8->bad == 0;
        if (utf8->bad * 2 > utf8->good)
            return fail_unfit(file, declared, utf8->first_bad,
                              "Leave the encoding out: it is then found. Most files of Chinese "
                              "departments that are not utf-8 are gb18030.",
                              err);
        return utf8->cut < 0 || fail_cut(file, utf8->cut, err);
    }
    if (utf8->bad == 0 && utf8->cut < 0 && utf8->good_long >= 8)
        return fail_unfit(file, declared, 0, "All of it is good utf-8: declare that, or nothing.",
                          err);
    if (!scan_file(file, 0, scan_gb18030, &gb, err) || !judge(file, &gb, err))
        return false;
    if (out->code == COLLECT_OTHER)
        return true;
    if (gb.units_impossible * 2 > gb.units)
        return fail_unfit(file, declared, gb.first_bad,
                          "Leave the encoding out: it is then found, or save the file as UTF-8.",
                          err);
    return gb.cut < 0 || fail_cut(file, gb.cut, err);
}

static bool find(const struct collect_file *file, const struct scan *utf8,
                 struct collect_encoding *out, struct ym_error *err)
{
    struct scan gb = {0};

    if (utf8->good + utf8->bad == 0 && utf8->cut < 0) {
        name(out, out->bom ? COLLECT_UTF8 : COLLECT_ASCII, out->bom ? "utf-8" : "ascii");
        out->clean = true;
        return true;
    }
    bool mostly = utf8->good_long >= 3 * utf8->bad && utf8->good + (utf8->cut >= 0) > 0;
    if (out->bom || mostly) {
        name(out, COLLECT_UTF8, "utf-8");
        out->clean = utf8->bad == 0;
        return utf8->cut < 0 || fail_cut(file, utf8->cut, err);
    }
    // The first reading may have stopped early: what refuses a file is looked for here too.
    if (!scan_file(file, 0, scan_gb18030, &gb, err) || !judge(file, &gb, err))
        return false;
    int64_t units = gb.units;
    if (units > 0 && gb.units_common * 5 >= units * 4 && gb.units_impossible * 200 < units) {
        name(out, COLLECT_GB18030, "gb18030");
        return gb.cut < 0 || fail_cut(file, gb.cut, err);
    }
    return guess(file, 0, out, err);
}

// UTF-16 by its mark, or where NUL bytes stand in a head that is not sure to be binary.
static enum collect_code utf16_of(struct ym_str head)
{
    size_t nul[2] = {0, 0}, controls = 0;

    if (ym_str_starts(head, YM_STR("\xff\xfe")))
        return COLLECT_UTF16LE;
    if (ym_str_starts(head, YM_STR("\xfe\xff")))
        return COLLECT_UTF16BE;
    for (size_t i = 0; i < head.n; i++) {
        unsigned char c = (unsigned char)head.p[i];
        nul[i % 2] += c == 0;
        controls += c > 0 && c < 0x20 && c != '\n' && c != '\r' && c != '\t';
    }
    if (nul[0] + nul[1] <= 8 || controls * 20 > head.n || (nul[0] + nul[1]) * 50 < head.n)
        return COLLECT_OTHER;
    return nul[1] > 10 * nul[0]   ? COLLECT_UTF16LE
           : nul[0] > 10 * nul[1] ? COLLECT_UTF16BE
                                  : COLLECT_OTHER;
}

static bool is_utf16(enum collect_code code)
{
    return code == COLLECT_UTF16LE || code == COLLECT_UTF16BE;
}

// A whole file of UTF-16, declared or found; one surrogate alone is a row's fault.
static bool check_utf16(const struct collect_file *file, enum collect_code code, bool declared,
                        struct collect_encoding *out, struct ym_error *err)
{
    struct scan scan = {.big = code == COLLECT_UTF16BE};
    char mark[2];
    size_t n;

    name(out, code, scan.big ? "utf-16be" : "utf-16le");
    if (!collect_file_read(file, 0, mark, sizeof mark, &n, err))
        return false;
    bool little = n == 2 && memcmp(mark, "\xff\xfe", 2) == 0;
    bool big = n == 2 && memcmp(mark, "\xfe\xff", 2) == 0;
    out->bom = little || big ? 2 : 0;
    if (declared && (scan.big ? little : big))
        return fail_unfit(file, out->name, 0, "Its byte order mark says the other order.", err);
    if (!scan_file(file, (int64_t)out->bom, scan_utf16, &scan, err))
        return false;
    if (scan.cut >= 0)
        return fail_cut(file, scan.cut, err);
    if (scan.nul_odd + scan.nul_even > 0)
        return refuse_nul(file, &scan, err);
    if ((scan.alone > 8 && scan.alone * 20 > scan.units) || scan.controls * 20 > scan.units)
        return declared ? fail_unfit(file, out->name, scan.first_bad,
                                     "Leave the encoding out: it is then found.", err)
                        : fail_binary(err, "binary data");
    return true;
}

// What the first bytes alone say: what the file is, its byte order mark.
static bool look_at_head(const struct collect_file *file, size_t *bom, enum collect_code *utf16,
                         struct ym_error *err)
{
    char *bytes = must(malloc(HEAD));
    struct ym_str head = {bytes, 0};
    bool ok = false;

    if (!collect_file_read(file, 0, bytes, HEAD, &head.n, err))
        goto out;
    *bom = ym_str_starts(head, YM_STR("\xef\xbb\xbf")) ? 3 : 0;
    *utf16 = utf16_of(head);
    const char *binary = collect_kind_binary(head);
    if (binary) {
        fail_binary(err, binary);
    } else if (head.n == *bom || (head.n == 2 && is_utf16(*utf16))) {
        ym_fail(err, YM_INVALID, "collect.empty", "the file is empty");
        ym_hint(err, "Export it again: it has no bytes.");
    } else {
        ok = true;
    }
out:
    free(bytes);
    return ok;
}

bool collect_encoding_find(const struct collect_file *file, const struct collect_encoding *declared,
                           struct collect_encoding *out, struct ym_error *err)
{
    struct scan utf8 = {0};
    enum collect_code utf16 = COLLECT_OTHER;

    *out = (struct collect_encoding){0};
    if (!look_at_head(file, &out->bom, &utf16, err))
        return false;
    if (declared ? is_utf16(declared->code) : is_utf16(utf16))
        return check_utf16(file, declared ? declared->code : utf16, declared != NULL, out, err);
    if (!scan_file(file, (int64_t)out->bom, scan_utf8, &utf8, err) || !judge(file, &utf8, err))
        return false;
    if (!declared)
        return find(file, &utf8, out, err);
    size_t bom = declared->code == COLLECT_UTF8 ? out->bom : 0;
    *out = *declared;
    out->bom = bom;
    return check_declared(file, &utf8, declared->name, out, err);
}
