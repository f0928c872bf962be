/* data/collect/encoding: which encoding a file has, and its bytes as UTF-8.
 *
 * Finding reads the whole file once (a second and third time where it is not UTF-8), by this
 * rule: a byte order mark of UTF-8 or UTF-16; NUL bytes, ten to one on odd offsets utf-16le, on
 * even utf-16be (Chinese alone has none and is not guessed: it is declared); no byte from 0x80:
 * ascii; strict UTF-8, in which one malformed place against three good characters of three bytes is
 * a row's fault and not another encoding; two-byte units of which 80 % have lead A1-F7 and trail
 * from A1 and under 0.5 % an impossible trail: gb18030; else what uchardet says. GBK and GB2312 are
 * always read as GB18030, their superset. Offsets are bytes of the file from 0. A declared encoding
 * is taken unless the bytes speak against it (collect.encoding). Memory: fixed. One thread a value.
 */
#pragma once
#include "base/base.h"

#include <iconv.h>

enum {
    COLLECT_NAME_MAX = 40,
    COLLECT_ROW_MAX = 16 * 1024 * 1024, // bytes of a row, as UTF-8
    COLLECT_CELL_MAX = 8 * 1024 * 1024,
};
enum collect_code {
    COLLECT_ASCII,
    COLLECT_UTF8,
    COLLECT_GB18030,
    COLLECT_UTF16LE,
    COLLECT_UTF16BE,
    COLLECT_OTHER // by iconv
};
struct collect_encoding {
    enum collect_code code;
    char name[COLLECT_NAME_MAX + 1]; // lower case: "ascii", "utf-8", "gb18030", "big5" …
    size_t bom;                      // bytes of it, to be left out
    bool clean;                      // valid UTF-8 throughout: needs no decoding
};
// A file that can be read anywhere; `tick`, where given, hears of progress now and then.
struct collect_file {
    int fd;
    int64_t size;
    bool one_line; // its lines may be of any length: JSON
    bool (*tick)(void *with, int64_t offset, struct ym_error *err);
    void *with;
};
YM_MUST bool collect_file_read(const struct collect_file *file, int64_t offset, char *to, size_t n,
                               size_t *got, struct ym_error *err);
// Line (from 1) of the byte at `offset`; reads up to there.
int64_t collect_file_line(const struct collect_file *file, int64_t offset);

// "GBK" gives gb18030, "utf8" utf-8 …; what iconv cannot be asked for is collect.encoding.
YM_MUST bool collect_encoding_declared(struct ym_str name, struct collect_encoding *out,
                                       struct ym_error *err);
// `declared` NULL: found. Opens nothing, so that it can run in the cage.
// Errors: collect.empty, .binary, .utf16, .nul, .cut, .long_row, .format, .encoding.
YM_MUST bool collect_encoding_find(const struct collect_file *file,
                                   const struct collect_encoding *declared,
                                   struct collect_encoding *out, struct ym_error *err);

// Of the bytes that could not be decoded in one line the first: where it stands in the UTF-8 text
// (counted from the text's beginning) and in the file.
struct collect_fault {
    int64_t at, offset;
};
struct collect_faults {
    struct collect_fault *items;
    size_t n, cap;
    int64_t looked; // in the text: no line end between the last fault and here
};
struct collect_decoder;
// Opens what iconv must load: before the cage. "gb18030" serves every file that is not OTHER.
// Any code may be decoded by any decoder but OTHER, which is the encoding named here.
YM_MUST bool collect_decoder_new(const char *name, struct collect_decoder **out,
                                 struct ym_error *err);
void collect_decoder_free(struct collect_decoder *decoder);
struct collect_piece {
    const char *in;
    size_t n;
    int64_t offset; // of `in` in the file
    bool last;      // nothing follows: a character that is cut is then a fault
    char *out;      // room for COLLECT_DECODED(n) bytes
    int64_t at;     // of `out` in the text
};
#define COLLECT_DECODED(n) (4 * (n) + 64)
// Decodes; undecodable bytes become \xHH and a fault. Returns how many bytes of `in` were taken
// (all but a character cut at the end) and writes the number of those made to *made.
size_t collect_decode(struct collect_decoder *decoder, enum collect_code code,
                      const struct collect_piece *piece, struct collect_faults *faults,
                      size_t *made);

// Of the character at `p`: its bytes where it is good UTF-8, 0 where not, -1 where `left` cuts it.
int collect_utf8_size(const unsigned char *p, size_t left);
