#include "host/engine/engine.h"

// In the engine's back-quoted names a backslash escapes as in its strings, and NUL ends nothing.
void engine_name(struct ym_buf *sql, struct ym_str name)
{
    ym_buf_char(sql, '`');
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];

        if (c == '`' || c == '\\') {
            ym_buf_char(sql, '\\');
            ym_buf_char(sql, (char)c);
        } else if (c < 0x20 || c == 0x7f) {
            ym_buf_printf(sql, "\\x%02x", c);
        } else {
            ym_buf_char(sql, (char)c);
        }
    }
    ym_buf_char(sql, '`');
}
