#include "face/api/inside.h"

static bool on_bytes(void *with, struct ym_str bytes, struct ym_error *err)
{
    return http_stream_put(with, bytes, err);
}

static bool run(struct http_stream *stream, void *with, struct ym_error *err)
{
    return lake_export_run(with, on_bytes, http_stream_gone, stream, err);
}

static void done(void *with)
{
    lake_export_close(with);
}

bool api_export_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_export_ask what = {
        .dataset = http_path_part(rq, "id"),
        .where = http_param(rq, "where"),
        .fields = http_param(rq, "fields"),
        .version = http_param_int(rq, "version", 0),
        .as_of = http_param(rq, "as_of"),
        .guard = ym_str_is(http_param(rq, "guard"), "true"),
    };
    struct lake_export *export = NULL;
    struct ym_str format = http_param(rq, "format");

    if (format.p && !lake_format_by_name(format, &what.format))
        return ym_fail(err, YM_FAULT, "http.fault", "a format that the table has and we do not");
    if (!lake_export_open(api_of(rq)->options.lake, api_caller(rq), &what, &export, err))
        return false;
    // Read before the stream begins: it may be over, and the export with it.
    const char *type = lake_export_type(export);
    struct ym_str file = ym_arena_str(rq->arena, lake_export_file(export));
    int64_t version = lake_export_version(export);
    if (!http_reply_stream(rq, re, type, run, export, done, err))
        return false;
    http_reply_header(re, "Content-Disposition",
                      ym_arena_printf(rq->arena, "attachment; filename=\"%.*s\"", YM_FMT(file)));
    http_reply_header(re, "Yunmeng-Version",
                      ym_arena_printf(rq->arena, "%lld", (long long)version));
    return true;
}
