#include "base/base.h"
#include "base/time.h"

#include <unistd.h>

enum { VALUE_MAX = 1024, LINE_MAX_BYTES = 8192 };

static enum ym_level least_level = YM_INFO;

void ym_log_level(enum ym_level least)
{
    least_level = least;
}

// Bidi controls and line separators would let a value write lines of its own on a terminal.
static bool is_unsafe(int32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
}

static void add_value(struct ym_buf *line, struct ym_str value)
{
    bool plain = value.n > 0;

    value = ym_utf8_cut(value, VALUE_MAX);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        plain = plain && c > 0x20 && c != '"' && c != '=' && c != '\\' && c < 0x7F;
    }
    if (plain) {
        ym_buf_add(line, value);
        return;
    }
    ym_buf_char(line, '"');
    for (size_t at = 0; at < value.n;) {
        size_t start = at;
        int32_t c = ym_utf8_next(value, &at);
        if (c < 0)
            ym_buf_printf(line, "\\x%02x", (unsigned char)value.p[start]);
        else if (c == '"' || c == '\\')
            ym_buf_printf(line, "\\%c", (char)c);
        else if (is_unsafe(c))
            ym_buf_printf(line, "\\u%04x", (unsigned)c);
        else
            ym_buf_add(line, ym_str_sub(value, start, at - start));
    }
    ym_buf_char(line, '"');
}

void ym_log(enum ym_level level, const char *event, struct ym_args facts)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct ym_buf line;
    char now[YM_TIME_TEXT];

    if (level < least_level)
        return;
    ym_buf_init(&line, LINE_MAX_BYTES);
    ym_buf_printf(&line, "t=%s level=%s event=%s", ym_time_text(ym_now(), now), names[level],
                  event);
    for (size_t i = 0; i < facts.n; i++) {
        const struct ym_arg *fact = &facts.items[i];
        ym_buf_printf(&line, " %s=", fact->name);
        switch (fact->type) {
        case YM_NULL:
            break;
        case YM_INT:
            ym_buf_printf(&line, "%" PRId64, fact->i);
            break;
        case YM_REAL:
            ym_buf_printf(&line, "%g", fact->r);
            break;
        case YM_TEXT:
            add_value(&line, fact->s);
            break;
        }
    }
    line.limit = 0;
    line.full = false;
    ym_buf_char(&line, '\n');
    // One write: lines of several threads and children do not mix.
    if (write(STDERR_FILENO, line.p, line.n) < 0) {
        // Nobody is left to tell.
    }
    ym_buf_clear(&line);
}

void ym_log_error(enum ym_level level, const char *event, const struct ym_error *err)
{
    ym_log(level, event,
           YM_ARGS(ym_text("code", ym_str(err->code)), ym_text("message", ym_str(err->message)),
                   ym_text("subject", ym_str(err->subject)), ym_int("line", err->line)));
}
