#include "base/base.h"

// Cut at a character's end: the text goes into JSON and onto pages.
static void copy_cut(char *to, size_t size, struct ym_str text)
{
    text = ym_utf8_cut(text, size - 1);
    if (text.n > 0)
        memmove(to, text.p, text.n);
    to[text.n] = '\0';
}

static void print_cut(char *to, size_t size, const char *format, va_list args) YM_PRINTF(3, 0);
static void print_cut(char *to, size_t size, const char *format, va_list args)
{
    char text[1024];
    int n = vsnprintf(text, sizeof text, format, args);

    if (n < 0)
        n = 0;
    copy_cut(to, size,
             (struct ym_str){text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

bool ym_fail(struct ym_error *err, enum ym_kind kind, const char *code, const char *format, ...)
{
    va_list args;

    *err = (struct ym_error){.kind = kind};
    copy_cut(err->code, sizeof err->code, ym_str(code));
    va_start(args, format);
    print_cut(err->message, sizeof err->message, format, args);
    va_end(args);
    return false;
}

bool ym_hint(struct ym_error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_cut(err->hint, sizeof err->hint, format, args);
    va_end(args);
    return false;
}

bool ym_about(struct ym_error *err, struct ym_str subject)
{
    copy_cut(err->subject, sizeof err->subject, subject);
    return false;
}

bool ym_at_line(struct ym_error *err, int64_t line)
{
    err->line = line;
    return false;
}

static const struct {
    int status, exit;
} kinds[] = {
    [YM_NO_ERROR] = {200, 0},  [YM_INVALID] = {400, 2},   [YM_SIGN_IN] = {401, 3},
    [YM_DENIED] = {403, 3},    [YM_NOT_FOUND] = {404, 4}, [YM_CONFLICT] = {409, 5},
    [YM_TOO_LARGE] = {413, 6}, [YM_LIMITED] = {429, 7},   [YM_BUSY] = {503, 7},
    [YM_FULL] = {507, 7},      [YM_FAULT] = {500, 8},
};

int ym_kind_status(enum ym_kind kind)
{
    return kinds[kind].status;
}

int ym_kind_exit(enum ym_kind kind)
{
    return kinds[kind].exit;
}
