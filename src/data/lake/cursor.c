#include "data/lake/reading.h"

#include <sodium.h>

enum {
    CURSOR_MAX = 3 * 1024, // bytes before sealing; a URL holds it
    SEALED_MAX = 8 * 1024
};

void lake_cursor_digest(struct ym_str asked, char to[LAKE_DIGEST])
{
    unsigned char hash[16];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)(asked.p ? asked.p : ""), asked.n,
                       NULL, 0);
    sodium_bin2hex(to, LAKE_DIGEST, hash, sizeof hash);
}

static void write_cursor(const struct lake_cursor *cursor, bool with_place, struct ym_buf *to)
{
    json_t *place = json_array();

    for (size_t i = 0; with_place && i < cursor->place.n; i++)
        json_array_append_new(place, ym_json_str(cursor->place.values[i]));
    json_t *json = json_pack("{s:I, s:I, s:s, s:o}", "v", (json_int_t)cursor->version, "n",
                             (json_int_t)cursor->row, "d", cursor->digest, "k", place);
    ym_json_dump(to, json);
    json_decref(json);
}

bool lake_cursor_seal(struct lake *lake, const struct lake_cursor *cursor, struct ym_arena *arena,
                      struct ym_str *out, struct ym_error *err)
{
    unsigned char key[crypto_secretbox_KEYBYTES];
    unsigned char box[crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + CURSOR_MAX];
    struct ym_buf plain = {0};

    if (!lake_seal_key(lake, key, err))
        return false;
    write_cursor(cursor, true, &plain);
    if (plain.n > CURSOR_MAX) {
        ym_buf_clear(&plain);
        write_cursor(cursor, false, &plain);
    }
    randombytes_buf(box, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const unsigned char *)plain.p,
                          plain.n, box, key);
    size_t n = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.n;
    size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = ym_arena_alloc(arena, room);
    sodium_bin2base64(text, room, box, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    *out = ym_str(text);
    ym_buf_clear(&plain);
    sodium_memzero(key, sizeof key);
    return true;
}

static bool wrong(struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "lake.cursor", "the cursor is not one of ours, or not for this list");
    return ym_hint(err,
                   "Take `next` of the page before as it is, with the same where, sort and "
                   "version; or begin again without `after`.");
}

static bool read_cursor(struct ym_str plain, struct ym_arena *arena, struct lake_cursor *out,
                        struct ym_error *err)
{
    json_t *json = NULL, *place, *value;
    struct ym_error ignored;
    size_t i;

    if (!ym_json_parse(plain, CURSOR_MAX, &json, &ignored))
        return wrong(err);
    place = json_object_get(json, "k");
    *out = (struct lake_cursor){
        .version = json_integer_value(json_object_get(json, "v")),
        .row = json_integer_value(json_object_get(json, "n")),
        .place = {.n = json_array_size(place)},
    };
    (void)snprintf(out->digest, sizeof out->digest, "%.*s", YM_FMT(ym_json_get(json, "d")));
    out->place.values = ym_arena_alloc(arena, (out->place.n + 1) * sizeof *out->place.values);
    json_array_foreach(place, i, value)
    {
        struct ym_str text = {json_string_value(value), json_string_length(value)};
        out->place.values[i] = ym_arena_str(arena, text);
    }
    json_decref(json);
    return true;
}

bool lake_cursor_open(struct lake *lake, struct ym_str text, struct ym_arena *arena,
                      struct lake_cursor *out, struct ym_error *err)
{
    unsigned char key[crypto_secretbox_KEYBYTES], box[SEALED_MAX], plain[SEALED_MAX];
    const size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    size_t n = 0;

    if (!lake_seal_key(lake, key, err))
        return false;
    bool ok = sodium_base642bin(box, sizeof box, text.p, text.n, NULL, &n, NULL,
                                sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
              n >= head &&
              crypto_secretbox_open_easy(plain, box + crypto_secretbox_NONCEBYTES,
                                         n - crypto_secretbox_NONCEBYTES, box, key) == 0;
    sodium_memzero(key, sizeof key);
    if (!ok)
        return wrong(err);
    return read_cursor((struct ym_str){(const char *)plain, n - head}, arena, out, err);
}
