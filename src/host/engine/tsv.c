#include "host/engine/engine.h"

bool engine_tsv_line(struct ym_str *rest, struct ym_str *line)
{
    if (rest->n == 0) {
        *rest = *line = (struct ym_str){0};
        return false;
    }
    return ym_str_cut(rest, '\n', line);
}

static char unescaped(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '0':
        return '\0';
    default:
        return c; // a backslash, a quote
    }
}

bool engine_tsv_cell(struct ym_str *line, struct ym_arena *arena, struct ym_str *cell, bool *null)
{
    struct ym_str raw;

    if (!ym_str_cut(line, '\t', &raw))
        return false;
    *null = ym_str_is(raw, "\\N");
    if (*null) {
        *cell = (struct ym_str){0};
        return true;
    }
    *cell = raw;
    if (raw.n == 0 || !memchr(raw.p, '\\', raw.n))
        return true;

    char *to = ym_arena_alloc(arena, raw.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        to[n] = raw.p[i];
        if (raw.p[i] == '\\' && i + 1 < raw.n)
            to[n] = unescaped(raw.p[++i]);
        n++;
    }
    *cell = (struct ym_str){to, n};
    return true;
}
