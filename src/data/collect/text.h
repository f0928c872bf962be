/* data/collect/text: a file as a window of UTF-8 that moves over it.
 *
 * The window is `p + from` up to `p + to`; COLLECT_PAD bytes behind it may be read (they mean
 * nothing). collect_text_fill keeps what lies in the window, moves it, so that pointers into it are
 * void, and appends at least one byte more unless the file ends (`eof`). The caller takes from the
 * front by `from`. The window grows with what the caller leaves in it: twice that at most, or a few
 * blocks. `taken` is where `from` stands in the whole text, less `from`. One thread.
 */
#pragma once
#include "base/base.h"
#include "data/collect/encoding.h"

enum { COLLECT_PAD = 64 };
struct collect_text {
    struct collect_file file;
    struct collect_encoding encoding;
    struct collect_decoder *decoder; // not used where the encoding is clean
    struct collect_faults faults;
    size_t first_fault;
    char *p;
    size_t from, to, cap;
    int64_t taken, offset; // offset: of the file, up to which it was read
    char *raw;             // bytes of a character that a block cut, then the next block
    size_t raw_n, raw_cap;
    bool eof;
};
void collect_text_init(struct collect_text *text, const struct collect_file *file,
                       const struct collect_encoding *encoding, struct collect_decoder *decoder);
void collect_text_clear(struct collect_text *text); // not the decoder
YM_MUST bool collect_text_fill(struct collect_text *text, struct ym_error *err);
// The first fault before the place `end` of the window, and all up to there are done with. -1:
// none.
int64_t collect_text_fault(struct collect_text *text, size_t end);
