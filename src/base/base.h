/* base/base: views of text, growing buffers, arenas, errors, named values, one log line.
 *
 * The one header that every file may include. No word of the domain. Text is UTF-8 unless a
 * comment says otherwise; sizes are bytes. Any thread may call anything here on values of its own.
 * When memory is out the process ends (what was accepted is safe by design), so nothing here
 * returns NULL for want of memory.
 */
#pragma once
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YM_MUST                __attribute__((warn_unused_result))
#define YM_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define YM_COUNT(array)        (sizeof(array) / sizeof *(array))

// A view of text that someone else owns; not NUL-terminated. {NULL, 0} is "none".
struct ym_str {
    const char *p;
    size_t n;
};
#define YM_STR(text) ((struct ym_str){(text), sizeof(text) - 1})
#define YM_FMT(s)    (int)(s).n, (s).p ? (s).p : ""

struct ym_str ym_str(const char *text); // NULL gives none
bool ym_str_eq(struct ym_str a, struct ym_str b);
bool ym_str_is(struct ym_str a, const char *b);
bool ym_str_starts(struct ym_str s, struct ym_str prefix);
bool ym_str_ends(struct ym_str s, struct ym_str suffix);
int ym_str_cmp(struct ym_str a, struct ym_str b); // bytewise, as memcmp
// Takes the part before `sep` off the front of *rest into *item; after the last part *rest is
// none. False when *rest was none: `while (ym_str_cut(&rest, ',', &item))` walks a list.
bool ym_str_cut(struct ym_str *rest, char sep, struct ym_str *item);
struct ym_str ym_str_trim(struct ym_str s); // blanks and tabs and line ends, ASCII
struct ym_str ym_str_sub(struct ym_str s, size_t from, size_t n);
// Position of the first `needle` at or after `from`, or SIZE_MAX.
size_t ym_str_find(struct ym_str s, struct ym_str needle, size_t from);
bool ym_str_int(struct ym_str s, int64_t *out); // the whole of `s`, decimal, in range

// UTF-8. `ym_utf8_next` reads one character at *at and moves *at behind it; malformed bytes
// (overlong, surrogate, above U+10FFFF, cut) give -1 and *at moves by one.
int32_t ym_utf8_next(struct ym_str s, size_t *at);
bool ym_utf8_valid(struct ym_str s, size_t *bad); // *bad: offset of the first bad byte
size_t ym_utf8_count(struct ym_str s);            // characters
// The longest beginning of `s` of at most `max` bytes that ends between characters.
struct ym_str ym_utf8_cut(struct ym_str s, size_t max);

// Memory that is given back all at once. Zeroed when handed out.
struct ym_arena {
    struct ym_arena_block *last;
    size_t used; // bytes handed out in all
};
void *ym_arena_alloc(struct ym_arena *arena, size_t size);
// Makes room for `need` items of `size` bytes; doubles; `items` may be NULL with *cap 0.
void *ym_arena_grow(struct ym_arena *arena, void *items, size_t *cap, size_t need, size_t size);
struct ym_str ym_arena_str(struct ym_arena *arena, struct ym_str s); // copy, NUL-terminated too
char *ym_arena_cstr(struct ym_arena *arena, struct ym_str s);
struct ym_str ym_arena_printf(struct ym_arena *arena, const char *format, ...) YM_PRINTF(2, 3);
void ym_arena_clear(struct ym_arena *arena); // all memory back; the empty arena may be used again

// Bytes that grow up to `limit` (0: no limit). Over the limit nothing more is taken and `full`
// is set: append freely, test `full` once at the end. Zero-initialised is an empty buffer.
struct ym_buf {
    char *p;
    size_t n, cap, limit;
    bool full;
};
void ym_buf_init(struct ym_buf *buf, size_t limit);
void ym_buf_add(struct ym_buf *buf, struct ym_str s);
void ym_buf_char(struct ym_buf *buf, char c);
void ym_buf_printf(struct ym_buf *buf, const char *format, ...) YM_PRINTF(2, 3);
void ym_buf_clear(struct ym_buf *buf); // gives the memory back
struct ym_str ym_buf_str(const struct ym_buf *buf);
const char *ym_buf_cstr(struct ym_buf *buf); // adds a NUL that does not count

// Errors: a plain value on the caller's stack, set once, where the facts are known. `kind` alone
// decides HTTP status and exit code. `code` is stable and dotted, for programs and translations.
enum ym_kind {
    YM_NO_ERROR,
    YM_INVALID,
    YM_SIGN_IN,
    YM_DENIED,
    YM_NOT_FOUND,
    YM_CONFLICT,
    YM_TOO_LARGE,
    YM_LIMITED,
    YM_BUSY,
    YM_FULL,
    YM_FAULT
};
struct ym_error {
    enum ym_kind kind;
    int64_t line; // 0: none
    char code[64];
    char subject[256]; // what it is about: a field, a file, a value
    char message[512]; // English, for the log
    char hint[384];    // how to mend it
};
// All three return false, so that the last one is the `return`.
bool ym_fail(struct ym_error *err, enum ym_kind kind, const char *code, const char *format, ...)
    YM_PRINTF(4, 5);
bool ym_hint(struct ym_error *err, const char *format, ...) YM_PRINTF(2, 3);
bool ym_about(struct ym_error *err, struct ym_str subject);
bool ym_at_line(struct ym_error *err, int64_t line);
int ym_kind_status(enum ym_kind kind); // HTTP status
int ym_kind_exit(enum ym_kind kind);   // exit code of a command

// Named values: parameters of the control store (:name) and of the engine ({name:Type}), fields
// of a log line. Names and texts are views: they live as long as the call.
enum ym_type { YM_NULL, YM_INT, YM_REAL, YM_TEXT };
struct ym_arg {
    const char *name;
    enum ym_type type;
    int64_t i;
    double r;
    struct ym_str s;
};
struct ym_args {
    const struct ym_arg *items;
    size_t n;
};
struct ym_arg ym_int(const char *name, int64_t value);
struct ym_arg ym_real(const char *name, double value);
struct ym_arg ym_text(const char *name, struct ym_str value); // none is YM_NULL
struct ym_arg ym_null(const char *name);
#define YM_ARGS(...)                                                                               \
    ((struct ym_args){(const struct ym_arg[]){__VA_ARGS__},                                        \
                      sizeof((const struct ym_arg[]){__VA_ARGS__}) / sizeof(struct ym_arg)})
#define YM_NO_ARGS ((struct ym_args){NULL, 0})

// One event, one line of logfmt on stderr, quoted and escaped, cut at 1 KiB a value.
enum ym_level { YM_DEBUG, YM_INFO, YM_WARN, YM_ERROR };
void ym_log_level(enum ym_level least); // process-wide; before threads start. Default YM_INFO
void ym_log(enum ym_level level, const char *event, struct ym_args facts);
void ym_log_error(enum ym_level level, const char *event, const struct ym_error *err);
