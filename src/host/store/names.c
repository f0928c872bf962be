#include "host/store/driver.h"

static bool is_name(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

// Behind the literal, quoted name or comment that begins at `at`; `at` itself where none does.
static size_t skip(struct ym_str sql, size_t at)
{
    char c = sql.p[at], next = '\0';

    if (at + 1 < sql.n)
        next = sql.p[at + 1];
    if (c == '\'' || c == '"') {
        // A doubled quote is the end of one literal and the beginning of another.
        size_t end = ym_str_find(sql, (struct ym_str){&sql.p[at], 1}, at + 1);
        return end == SIZE_MAX ? sql.n : end + 1;
    }
    if (c == '-' && next == '-') {
        size_t end = ym_str_find(sql, YM_STR("\n"), at);
        return end == SIZE_MAX ? sql.n : end + 1;
    }
    if (c == '/' && next == '*') {
        size_t end = ym_str_find(sql, YM_STR("*/"), at + 2);
        return end == SIZE_MAX ? sql.n : end + 2;
    }
    return at;
}

const struct ym_arg *store_arg(struct ym_args args, struct ym_str name, size_t *from)
{
    for (size_t i = 0; i < args.n; i++) {
        size_t at = (*from + i) % args.n;
        if (ym_str_is(name, args.items[at].name)) {
            *from = at + 1;
            return &args.items[at];
        }
    }
    return NULL;
}

bool store_missing_arg(struct ym_str name, struct ym_error *err)
{
    ym_fail(err, YM_FAULT, "store.parameter", "the parameter '%.*s' has no value", YM_FMT(name));
    ym_hint(err, "This is a mistake in the program: report it with the log.");
    return ym_about(err, name);
}

static size_t number_of(struct store_numbered *out, size_t *numbers, size_t arg,
                        const struct ym_arg *value)
{
    if (numbers[arg] == 0) {
        out->order[out->n++] = *value;
        numbers[arg] = out->n;
    }
    return numbers[arg];
}

bool store_number(const char *sql, struct ym_args args, struct ym_arena *arena,
                  struct store_numbered *out, struct ym_error *err)
{
    struct ym_str text = ym_str(sql);
    struct ym_buf to;
    size_t *numbers = ym_arena_alloc(arena, (args.n + 1) * sizeof *numbers);
    size_t from = 0;

    *out =
        (struct store_numbered){.order = ym_arena_alloc(arena, (args.n + 1) * sizeof *out->order)};
    ym_buf_init(&to, 0);
    for (size_t at = 0; at < text.n;) {
        size_t end = skip(text, at);
        if (end == at && text.p[at] == ':' && at + 1 < text.n && is_name(text.p[at + 1], true)) {
            for (end = at + 2; end < text.n && is_name(text.p[end], false);)
                end++;
            struct ym_str name = ym_str_sub(text, at + 1, end - at - 1);
            const struct ym_arg *value = store_arg(args, name, &from);
            if (!value) {
                ym_buf_clear(&to);
                return store_missing_arg(name, err);
            }
            // A NULL has no type, and `$1 IS NULL` gives it none: PostgreSQL would refuse that.
            if (value->type == YM_NULL)
                ym_buf_add(&to, YM_STR("NULL"));
            else
                ym_buf_printf(&to, "$%zu",
                              number_of(out, numbers, (size_t)(value - args.items), value));
        } else {
            // "::", a cast, is not a parameter.
            if (end == at)
                end = at + (text.p[at] == ':' && at + 1 < text.n && text.p[at + 1] == ':' ? 2 : 1);
            ym_buf_add(&to, ym_str_sub(text, at, end - at));
        }
        at = end;
    }
    out->sql = ym_arena_cstr(arena, ym_buf_str(&to));
    ym_buf_clear(&to);
    return true;
}

bool store_cut_statement(struct ym_str *rest, struct ym_str *statement)
{
    while (rest->n > 0) {
        size_t at = 0, behind, words = SIZE_MAX;

        while (at < rest->n && rest->p[at] != ';') {
            size_t end = skip(*rest, at);
            bool comment = end > at && (rest->p[at] == '-' || rest->p[at] == '/');
            if (words == SIZE_MAX && !comment && ym_str_trim(ym_str_sub(*rest, at, 1)).n > 0)
                words = at;
            at = end > at ? end : at + 1;
        }
        behind = at < rest->n ? at + 1 : at;
        *statement = words < at ? ym_str_sub(*rest, words, at - words) : (struct ym_str){NULL, 0};
        *rest = ym_str_sub(*rest, behind, rest->n - behind);
        if (statement->n > 0)
            return true;
    }
    return false;
}
