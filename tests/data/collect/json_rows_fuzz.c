// What another reader of JSON takes for an array of objects is one here too, record for record;
// what is anything at all ends in rows or in a problem.
#include "../../prop.h"

#include "rows.h"

#include <jansson.h>
#include <unistd.h>

// Objects in an array; 0 where it is no such array, or one without any name.
static size_t records_of(const json_t *value)
{
    const json_t *one;
    size_t i, names = 0;

    json_array_foreach(value, i, one)
    {
        if (!json_is_object(one))
            return 0;
        names += json_object_size(one);
    }
    return names > 0 ? json_array_size(value) : 0;
}

static bool deep(struct ym_str text)
{
    int depth = 0, most = 0;

    for (size_t i = 0; i < text.n; i++) {
        depth += (text.p[i] == '[') + (text.p[i] == '{') - (text.p[i] == ']') - (text.p[i] == '}');
        most = depth > most ? depth : most;
    }
    return most > 60;
}

int prop(const uint8_t *bytes, size_t n)
{
    static const char *const formats[] = {"json", "ndjson"};
    struct prop_bytes in = {bytes, n};
    struct ym_arena arena = {0};
    struct rows_answer answer;
    struct collect_request request = {.recipe.format =
                                          ym_str(formats[prop_draw(&in, YM_COUNT(formats))])};
    struct ym_str text = {(const char *)in.p, in.n};
    json_t *other = json_loadb(text.p ? text.p : "", text.n, 0, NULL);
    size_t records = records_of(other);

    request.fd = rows_file(text);
    assert(rows_read(&request, &arena, &answer));
    rows_check(&answer);
    bool utf8 = ym_utf8_valid(text, NULL) && !memchr(text.n ? text.p : "", 0, text.n);
    if (records > 0 && utf8 && !deep(text) && answer.ended)
        assert(answer.rows.n == records);
    if (records > 0 && utf8 && !deep(text) && !answer.ended)
        assert(strcmp(answer.problem.code, "collect.binary") == 0); // many control characters
    close(request.fd);
    json_decref(other);
    ym_arena_clear(&arena);
    return 0;
}
