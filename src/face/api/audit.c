// The audit trail, for auditors. Who reads it stands in it.
#include "face/api/inside.h"

enum { EXPORT_MAX = 100000, EXPORT_PAGE = 1000, EXPORT_BYTES = 64 << 20 };

static bool time_of(struct http_request *rq, const char *name, int64_t *out, struct ym_error *err)
{
    struct ym_str text = http_param(rq, name);

    *out = 0;
    if (!text.p || ym_time_parse(text, out))
        return true;
    ym_fail(err, YM_INVALID, "api.time", "'%.*s' is no time", YM_FMT(text));
    ym_hint(err, "Write it as 2026-11-24T09:05:00Z.");
    return ym_about(err, ym_str(name));
}

static bool filter_of(struct http_request *rq, struct store *store, struct org_audit_filter *out,
                      struct ym_error *err)
{
    struct ym_str agency = http_param(rq, "agency");
    struct org_agency of = {0};

    *out = (struct org_audit_filter){.name = http_param(rq, "name"),
                                     .what = http_param(rq, "what"),
                                     .about = http_param(rq, "about"),
                                     .result = http_param(rq, "result"),
                                     .limit = api_limit(rq)};
    if (agency.p && !api_agency(rq, store, agency, &of, err))
        return false;
    out->agency = of.id;
    return time_of(rq, "since", &out->since, err) && time_of(rq, "until", &out->until, err) &&
           api_after(rq, &out->before, err);
}

static json_t *line_json(const struct org_audit_line *line)
{
    json_t *agency = line->agency_name.n == 0
                         ? json_null()
                         : json_pack("{s:o, s:o, s:o}", "id", api_id(line->agency), "name",
                                     ym_json_str(line->agency_name), "title",
                                     api_texts_json(line->agency_title_zh, line->agency_title_en));

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", api_id(line->id),
                     "at", api_time(line->at), "account", api_id(line->account), "name",
                     ym_json_str(line->name), "via", ym_json_str(line->via), "agency", agency,
                     "what", ym_json_str(line->what), "about", ym_json_str(line->about), "result",
                     ym_json_str(line->result), "address", ym_json_str(line->address));
}

bool api_audit_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct org_audit_filter filter;
    struct org_audit found = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = filter_of(rq, store, &filter, err) &&
              org_audit_find(store, api_caller(rq), &filter, rq->arena, &found, err);
    api_give(rq, store);
    if (!ok)
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, line_json(&found.items[i]));
    if (found.n > 0 && (int64_t)found.n == filter.limit)
        next = api_id(found.items[found.n - 1].id);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

// RFC 4180, with the guard that keeps a spreadsheet from taking a text for a formula.
static void cell(struct ym_buf *to, struct ym_str text, const char *end)
{
    ym_buf_char(to, '"');
    if (text.n > 0 && text.p[0] != '\0' && strchr("=+-@\t\r", text.p[0]))
        ym_buf_char(to, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            ym_buf_char(to, '"');
        ym_buf_char(to, text.p[i]);
    }
    ym_buf_printf(to, "\"%s", end);
}

static void write_line(struct ym_buf *to, const struct org_audit_line *line)
{
    char at[YM_TIME_TEXT], id[24];

    (void)snprintf(id, sizeof id, "%" PRId64, line->id);
    cell(to, ym_str(id), ",");
    cell(to, ym_str(ym_time_text(line->at, at)), ",");
    cell(to, line->name, ",");
    cell(to, line->via, ",");
    cell(to, line->agency_name, ",");
    cell(to, line->what, ",");
    cell(to, line->about, ",");
    cell(to, line->result, ",");
    cell(to, line->address, "\r\n");
}

static bool export(struct http_request *rq, struct store *store, struct ym_buf *to,
                   struct ym_error *err)
{
    struct org_audit_filter filter;
    struct org_audit found = {0};
    int64_t written = 0;

    if (!filter_of(rq, store, &filter, err))
        return false;
    filter.limit = EXPORT_PAGE;
    do {
        struct ym_arena page = {0};
        bool ok = org_audit_find(store, api_caller(rq), &filter, &page, &found, err);
        for (size_t i = 0; ok && i < found.n; i++)
            write_line(to, &found.items[i]);
        if (ok && found.n > 0)
            filter.before = found.items[found.n - 1].id;
        ym_arena_clear(&page);
        if (!ok)
            return false;
        written += (int64_t)found.n;
    } while (found.n == EXPORT_PAGE && written < EXPORT_MAX && !to->full);
    if (found.n < EXPORT_PAGE && !to->full)
        return true;
    ym_fail(err, YM_TOO_LARGE, "api.audit_large", "more than %d lines are asked for", EXPORT_MAX);
    return ym_hint(err, "Export it month by month, with since and until.");
}

bool api_audit_export(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store *store = NULL;
    struct ym_buf text;

    ym_buf_init(&text, EXPORT_BYTES);
    ym_buf_add(&text, YM_STR("\xEF\xBB\xBFid,at,name,via,agency,what,about,result,address\r\n"));
    if (!api_take(rq, &store, err))
        return false;
    bool ok = export(rq, store, &text, err);
    api_give(rq, store);
    if (!ok) {
        ym_buf_clear(&text);
        return false;
    }
    http_reply_header(re, "Content-Disposition", YM_STR("attachment; filename=\"audit.csv\""));
    http_reply_bytes(re, "text/csv; charset=utf-8", &text);
    return true;
}
