#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64 };

// jansson's own limit is 2048 levels; a document of ours never needs that many.
static bool too_deep(struct ym_str text)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > DEPTH_MAX)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

bool ym_json_parse(struct ym_str text, size_t max, json_t **out, struct ym_error *err)
{
    json_error_t at;

    if (text.n > max) {
        ym_fail(err, YM_TOO_LARGE, "json.size", "the document has %zu bytes, %zu are allowed",
                text.n, max);
        return false;
    }
    if (too_deep(text))
        return ym_fail(err, YM_INVALID, "json.depth", "more than %d levels", DEPTH_MAX);
    *out = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &at);
    if (!*out) {
        ym_fail(err, YM_INVALID, "json.syntax", "not JSON at line %d, column %d: %s", at.line,
                at.column, at.text);
        ym_hint(err, "Check the document with a JSON editor at this line.");
        return ym_at_line(err, at.line);
    }
    return true;
}

bool ym_json_file(const char *path, size_t max, json_t **out, struct ym_error *err)
{
    struct ym_buf text;
    bool ok = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ym_buf_init(&text, max);
    if (fd < 0) {
        ym_fail(err, errno == ENOENT ? YM_NOT_FOUND : YM_INVALID, "file.open",
                "cannot open '%s': %s", path, strerror(errno));
        ym_about(err, ym_str(path));
        goto out;
    }
    for (;;) {
        char piece[16384];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            ym_fail(err, YM_INVALID, "file.read", "cannot read '%s': %s", path, strerror(errno));
            ym_about(err, ym_str(path));
            goto out;
        }
        if (n == 0)
            break;
        ym_buf_add(&text, (struct ym_str){piece, (size_t)n});
        if (text.full) {
            ym_fail(err, YM_TOO_LARGE, "json.size", "'%s' has more than %zu bytes", path, max);
            ym_about(err, ym_str(path));
            goto out;
        }
    }
    ok = ym_json_parse(ym_buf_str(&text), max, out, err);
    if (!ok)
        ym_about(err, ym_str(path));
out:
    ym_buf_clear(&text);
    if (fd >= 0)
        close(fd);
    return ok;
}

void ym_json_text(struct ym_buf *to, struct ym_str text)
{
    ym_buf_char(to, '"');
    for (size_t at = 0; at < text.n;) {
        size_t start = at;
        while (at < text.n && (unsigned char)text.p[at] >= 0x20 &&
               (unsigned char)text.p[at] < 0x7F && text.p[at] != '"' && text.p[at] != '\\' &&
               text.p[at] != '<')
            at++;
        ym_buf_add(to, ym_str_sub(text, start, at - start));
        if (at >= text.n)
            break;
        start = at;
        int32_t c = ym_utf8_next(text, &at);
        if (c == '"' || c == '\\')
            ym_buf_printf(to, "\\%c", (char)c);
        else if (c == '\n')
            ym_buf_add(to, YM_STR("\\n"));
        else if (c < 0)
            ym_buf_printf(to, "\\\\x%02X", (unsigned char)text.p[start]);
        else if (c < 0x20 || c == 0x7F || c == '<' || c == 0x2028 || c == 0x2029)
            ym_buf_printf(to, "\\u%04x", (unsigned)c);
        else
            ym_buf_add(to, ym_str_sub(text, start, at - start));
    }
    ym_buf_char(to, '"');
}

// Depth is bounded by DEPTH_MAX where a document came in, and by ourselves where we made it.
void ym_json_dump(struct ym_buf *to, const json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;
    bool first = true;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        ym_buf_char(to, '{');
        // The macro wants a json_t without const; nothing is changed.
        json_object_foreach((json_t *)value, key, item)
        {
            if (!first)
                ym_buf_char(to, ',');
            first = false;
            ym_json_text(to, ym_str(key));
            ym_buf_char(to, ':');
            ym_json_dump(to, item);
        }
        ym_buf_char(to, '}');
        break;
    case JSON_ARRAY:
        ym_buf_char(to, '[');
        json_array_foreach(value, i, item)
        {
            if (i > 0)
                ym_buf_char(to, ',');
            ym_json_dump(to, item);
        }
        ym_buf_char(to, ']');
        break;
    case JSON_STRING:
        ym_json_text(to, (struct ym_str){json_string_value(value), json_string_length(value)});
        break;
    case JSON_INTEGER:
        ym_buf_printf(to, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL: {
        // The shortest text that reads back as the same double.
        char text[32];
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, json_real_value(value));
            if (strtod(text, NULL) == json_real_value(value))
                break;
        }
        ym_buf_add(to, ym_str(text));
        break;
    }
    case JSON_TRUE:
        ym_buf_add(to, YM_STR("true"));
        break;
    case JSON_FALSE:
        ym_buf_add(to, YM_STR("false"));
        break;
    case JSON_NULL:
        ym_buf_add(to, YM_STR("null"));
        break;
    }
}

json_t *ym_json_str(struct ym_str text)
{
    if (!text.p)
        return json_null();
    json_t *value = json_stringn(text.p, text.n);
    if (value)
        return value;
    struct ym_buf escaped;
    ym_buf_init(&escaped, 0);
    for (size_t at = 0; at < text.n;) {
        size_t start = at;
        if (ym_utf8_next(text, &at) < 0)
            ym_buf_printf(&escaped, "\\x%02X", (unsigned char)text.p[start]);
        else
            ym_buf_add(&escaped, ym_str_sub(text, start, at - start));
    }
    value = json_stringn(ym_buf_str(&escaped).p, escaped.n);
    ym_buf_clear(&escaped);
    return value;
}

struct ym_str ym_json_get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value))
        return (struct ym_str){NULL, 0};
    return (struct ym_str){json_string_value(value), json_string_length(value)};
}
