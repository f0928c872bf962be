/* Resumable uploads as tus 1.0 has them (https://tus.io/protocols/resumable-upload): the core,
 * creation, termination, expiration, checksum. */
#include "face/api/inside.h"

#include "data/lake/uploads.h"

#include <sodium.h>
#include <strings.h>

enum { DIGEST_BYTES = 64, PREVIEW_ROWS = 20 };

// On every answer of these addresses, as the protocol wants it; the version also on a refusal.
const char *const api_tus_headers[] = {
    "Tus-Resumable", "1.0.0", "Tus-Version", "1.0.0", NULL,
};

static bool speaks_tus(const struct http_request *rq, struct ym_error *err)
{
    if (ym_str_is(http_header_of(rq, "Tus-Resumable"), "1.0.0"))
        return true;
    ym_fail(err, YM_INVALID, "http.tus_version", "the request does not say Tus-Resumable: 1.0.0");
    return ym_hint(err, "Use a client of tus 1.0, or load the file in one piece.");
}

static bool number_of(const struct http_request *rq, const char *name, int64_t *out,
                      struct ym_error *err)
{
    struct ym_str text = http_header_of(rq, name);

    if (ym_str_int(text, out) && *out >= 0)
        return true;
    ym_fail(err, YM_INVALID, "api.tus_header", "header '%s' is not a number of bytes", name);
    ym_hint(err, "Send it as decimal digits.");
    return ym_about(err, ym_str(name));
}

static bool bad_metadata(struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "api.tus_header", "Upload-Metadata is not pairs of key and base64");
    ym_hint(err, "Send 'filename BASE64,key BASE64'.");
    return ym_about(err, YM_STR("Upload-Metadata"));
}

// The value of `filename` (or `name`, as some clients call it); the last part of a path.
static bool file_name(const struct http_request *rq, struct ym_str metadata, struct ym_str *name,
                      struct ym_error *err)
{
    struct ym_str rest = metadata, pair, key;

    *name = YM_STR("upload");
    while (ym_str_cut(&rest, ',', &pair)) {
        pair = ym_str_trim(pair);
        (void)ym_str_cut(&pair, ' ', &key);
        bool wanted = ym_str_is(key, "filename") || ym_str_is(key, "name");
        size_t n = 0;
        unsigned char *text = ym_arena_alloc(rq->arena, pair.n + 1);
        if (pair.n > 0 && sodium_base642bin(text, pair.n, pair.p, pair.n, NULL, &n, NULL,
                                            sodium_base64_VARIANT_ORIGINAL) != 0)
            return bad_metadata(err);
        if (!wanted || n == 0)
            continue;
        struct ym_str part, path = {(const char *)text, n};
        while (ym_str_cut(&path, '/', &part))
            *name = part;
    }
    return true;
}

// RFC 9110, 5.6.7: "Tue, 24 Nov 2026 09:05:00 GMT".
static struct ym_str http_date(const struct http_request *rq, int64_t time)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[YM_TIME_TEXT];
    int64_t month = 1;

    ym_time_text(time - time % YM_SECOND, text);
    (void)ym_str_int((struct ym_str){text + 5, 2}, &month);
    return ym_arena_printf(rq->arena, "%s, %.2s %s %.4s %.8s GMT", days[time / YM_DAY % 7],
                           text + 8, months[month - 1], text, text + 11);
}

static void say(const struct http_request *rq, struct http_reply *re, const char *name,
                int64_t value)
{
    http_reply_header(re, name, ym_arena_printf(rq->arena, "%lld", (long long)value));
}

bool api_uploads_options(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)err;
    http_reply_header(re, "Tus-Extension", YM_STR("creation,termination,expiration,checksum"));
    http_reply_header(re, "Tus-Checksum-Algorithm", YM_STR("sha1,sha256"));
    say(rq, re, "Tus-Max-Size", api_of(rq)->options.upload_most);
    return true;
}

static json_t *upload_json(const struct lake_upload *upload)
{
    return json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "id", ym_json_str(upload->id), "name",
                     ym_json_str(upload->name), "size", (json_int_t)upload->size, "offset",
                     (json_int_t)upload->offset, "digest",
                     upload->digest.p ? ym_json_str(upload->digest) : json_null(), "created_at",
                     api_time(upload->created), "expires_at", api_time(upload->expires));
}

bool api_uploads_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str metadata = http_header_of(rq, "Upload-Metadata"), name;
    struct lake_upload upload;
    int64_t size;

    if (!speaks_tus(rq, err) || !number_of(rq, "Upload-Length", &size, err) ||
        !file_name(rq, metadata, &name, err) ||
        !lake_upload_new(api_of(rq)->options.lake, api_caller(rq), size, name, metadata, rq->arena,
                         &upload, err))
        return false;
    api_location(rq, re, "uploads", upload.id);
    http_reply_header(re, "Upload-Expires", http_date(rq, upload.expires));
    http_reply_json(re, upload_json(&upload));
    return true;
}

bool api_upload_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    bool head = ym_str_is(rq->method, "HEAD");
    struct lake_upload upload;

    if ((head && !speaks_tus(rq, err)) ||
        !lake_upload_get(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"), head,
                         rq->arena, &upload, err))
        return false;
    say(rq, re, "Upload-Offset", upload.offset);
    say(rq, re, "Upload-Length", upload.size);
    http_reply_header(re, "Upload-Expires", http_date(rq, upload.expires));
    if (upload.metadata.n > 0)
        http_reply_header(re, "Upload-Metadata", upload.metadata);
    http_reply_json(re, upload_json(&upload));
    return true;
}

static bool preview(struct http_request *rq, struct http_reply *re, struct lake_preview *what,
                    struct ym_error *err)
{
    struct ym_error problem;
    json_t *seen;

    struct ym_str dataset = http_param(rq, "dataset");
    bool said = false;

    what->recipe = api_recipe_params(rq, &said);
    what->rows = PREVIEW_ROWS;
    if (!said && dataset.p &&
        !lake_recipe(api_of(rq)->options.pool, api_caller(rq), dataset, rq->arena, &what->recipe,
                     err))
        return false;
    if (!lake_preview_file(api_of(rq)->options.lake, api_caller(rq), what, &seen, &problem, err))
        return false;
    json_object_set_new(seen, "problem", api_problem(rq, &problem));
    http_reply_json(re, seen);
    return true;
}

bool api_upload_preview(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_preview what = {.upload = http_path_part(rq, "id")};

    return preview(rq, re, &what, err);
}

bool api_load_preview(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_preview what = {0};

    return api_path_id(rq, &what.load, err) && preview(rq, re, &what, err);
}

// "sha1 BASE64": *name stays NULL where the header is absent.
static bool checksum_of(const struct http_request *rq, struct lake_piece *piece,
                        struct ym_error *err)
{
    struct ym_str rest = http_header_of(rq, "Upload-Checksum"), name;
    unsigned char *bytes = ym_arena_alloc(rq->arena, DIGEST_BYTES);
    size_t n = 0;

    if (!rest.p)
        return true;
    (void)ym_str_cut(&rest, ' ', &name);
    bool sha1 = ym_str_is(name, "sha1"), sha256 = ym_str_is(name, "sha256");
    if ((sha1 || sha256) && rest.n > 0 &&
        sodium_base642bin(bytes, DIGEST_BYTES, rest.p, rest.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        n == (sha1 ? 20 : 32)) {
        piece->check = sha1 ? "sha1" : "sha256";
        piece->digest = (struct ym_str){(const char *)bytes, n};
        return true;
    }
    ym_fail(err, YM_INVALID, "api.tus_header",
            "Upload-Checksum is not 'sha1' or 'sha256' and its"
            " base64");
    ym_hint(err, "OPTIONS /api/v1/uploads names the algorithms.");
    return ym_about(err, YM_STR("Upload-Checksum"));
}

static struct ym_str method_of(const struct http_request *rq)
{
    struct ym_str other = http_header_of(rq, "X-HTTP-Method-Override");

    return ym_str_is(rq->method, "POST") && other.p ? other : rq->method;
}

static bool open_writer(struct http_request *rq, struct ym_error *err)
{
    struct ym_str type = http_header_of(rq, "Content-Type"), length;
    struct lake_piece piece = {.id = http_path_part(rq, "id"), .length = -1};
    struct lake_writer *writer = NULL;

    if (!speaks_tus(rq, err))
        return false;
    if (!ym_str_is(method_of(rq), "PATCH"))
        return true; // judged by the handler
    if (!ym_str_is(ym_str_trim(type), "application/offset+octet-stream")) {
        ym_fail(err, YM_INVALID, "http.body_type", "the body's type '%.*s' is not taken here",
                YM_FMT(type));
        ym_hint(err, "Send Content-Type: application/offset+octet-stream.");
        return ym_about(err, type);
    }
    length = http_header_of(rq, "Content-Length");
    if (length.p && !ym_str_int(length, &piece.length))
        piece.length = -1;
    if (!number_of(rq, "Upload-Offset", &piece.offset, err) || !checksum_of(rq, &piece, err) ||
        !lake_writer_open(api_of(rq)->options.lake, api_caller(rq), &piece, &writer, err))
        return false;
    rq->sink = writer;
    return true;
}

static bool put(struct http_request *rq, struct ym_str bytes, struct ym_error *err)
{
    if (rq->sink)
        return lake_writer_put(rq->sink, bytes, err);
    ym_fail(err, YM_INVALID, "http.body", "this method takes no body");
    return ym_hint(err, "Send the request without a body.");
}

static void drop(void *sink, struct ym_str rest)
{
    lake_writer_drop(sink, rest);
}

const struct http_sink api_upload_sink = {.open = open_writer, .put = put, .drop = drop};

bool api_upload_patch(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_writer *writer = rq->sink;
    int64_t offset = 0;

    rq->sink = NULL;
    if (!lake_writer_close(writer, &offset, err))
        return false;
    struct lake_upload upload;
    if (!lake_upload_get(api_of(rq)->options.lake, api_caller(rq), http_path_part(rq, "id"), false,
                         rq->arena, &upload, err))
        return false;
    say(rq, re, "Upload-Offset", offset);
    http_reply_header(re, "Upload-Expires", http_date(rq, upload.expires));
    return true;
}

bool api_upload_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    (void)re;
    return speaks_tus(rq, err) && lake_upload_drop(api_of(rq)->options.lake, api_caller(rq),
                                                   http_path_part(rq, "id"), err);
}

bool api_upload_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    if (rq->sink)
        return api_upload_patch(rq, re, err);
    if (ym_str_is(method_of(rq), "DELETE"))
        return api_upload_delete(rq, re, err);
    ym_fail(err, YM_INVALID, "http.method", "X-HTTP-Method-Override is not PATCH or DELETE");
    return ym_hint(err, "Send it with PATCH or DELETE, or use these methods themselves.");
}
