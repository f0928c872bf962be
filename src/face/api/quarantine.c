#include "face/api/inside.h"

#include "data/lake/draft.h"

enum { CODES = 18 };

// The reasons that data/quality gives, for the words of the file.
static const char *const codes[CODES] = {
    "required",  "type",        "pattern",     "minimum", "maximum", "minLength",
    "maxLength", "enum",        "unique",      "key",     "width",   "encoding",
    "reference", "resident_id", "credit_code", "region",  "phone",   "vin",
};

static json_t *act_json(const struct lake_act *act)
{
    struct ym_error ignored = {0};
    json_t *detail = NULL;

    if (act->detail.n == 0 || !ym_json_parse(act->detail, SIZE_MAX, &detail, &ignored))
        detail = json_null();
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:b}", "id", api_id(act->id),
        "load", api_id(act->load), "kind", ym_json_str(act->kind), "who", ym_json_str(act->who),
        "at", api_time(act->made), "rows", (json_int_t)act->rows, "good", (json_int_t)act->good,
        "reason", act->reason.n > 0 ? ym_json_str(act->reason) : json_null(), "detail", detail,
        "undone_at", api_time(act->undone), "undone_by",
        act->undone_by.n > 0 ? ym_json_str(act->undone_by) : json_null(), "frozen", act->frozen);
}

static bool act_id(const struct http_request *rq, int64_t *out, struct ym_error *err)
{
    struct ym_str text = http_path_part(rq, "act");

    if (ym_str_int(text, out) && *out > 0)
        return true;
    ym_fail(err, YM_NOT_FOUND, "quarantine.no_act", "there is no act '%.*s'", YM_FMT(text));
    return ym_hint(err, "Look at the list of acts of this version.");
}

bool api_desk_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    json_t *desk = NULL;

    if (!lake_desk(api_of(rq)->options.lake, api_caller(rq), http_param(rq, "dataset"), &desk, err))
        return false;
    http_reply_json(re, desk);
    return true;
}

bool api_acts_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_acts found = {0};
    int64_t load, before, limit = api_limit(rq);

    if (!api_path_id(rq, &load, err) || !api_after(rq, &before, err) ||
        !lake_act_list(api_of(rq)->options.lake, api_caller(rq), load, before, limit, rq->arena,
                       &found, err))
        return false;
    json_t *items = json_array(), *next = NULL;
    for (size_t i = 0; i < found.n; i++)
        json_array_append_new(items, act_json(&found.items[i]));
    if (found.n > 0 && (int64_t)found.n == limit && found.total > limit)
        next = api_id(found.items[found.n - 1].id);
    http_reply_json(re, api_list(items, next, found.total));
    return true;
}

struct body {
    struct ym_str kind, code, column, reason;
    json_t *cells, *lines, *rule;
    int64_t line;
};
static bool read_lines(const json_t *list, struct ym_arena *arena, struct lake_which *out,
                       struct ym_error *err)
{
    json_t *line;
    size_t i;

    out->lines = ym_arena_alloc(arena, (json_array_size(list) + 1) * sizeof *out->lines);
    json_array_foreach(list, i, line)
    {
        if (!json_is_integer(line) || json_integer_value(line) < 1) {
            ym_fail(err, YM_INVALID, "quarantine.line", "a line is not a number from 1");
            return ym_hint(err, "Send `lines` as a list of line numbers.");
        }
        out->lines[out->n++] = json_integer_value(line);
    }
    return true;
}

static bool read_rule(const json_t *from, struct lake_rule *out, struct ym_error *err)
{
    const struct api_field fields[] = {
        {"what", API_TEXT, true, &out->what},  {"column", API_TEXT, false, &out->column},
        {"find", API_TEXT, false, &out->find}, {"with", API_TEXT, false, &out->with},
        {"code", API_TEXT, false, &out->code}, {"of", API_TEXT, false, &out->of},
    };

    return api_fields(from, fields, YM_COUNT(fields), err);
}

static bool decide(struct http_request *rq, int64_t load, const struct body *body,
                   struct lake_act *out, struct ym_error *err)
{
    struct lake_which which = {.code = body->code, .column = body->column};

    return (!body->lines || read_lines(body->lines, rq->arena, &which, err)) &&
           lake_decide(api_of(rq)->options.lake, api_caller(rq), load,
                       ym_str_is(body->kind, "accept"), &which, body->reason, rq->arena, out, err);
}

static bool do_act(struct http_request *rq, int64_t load, const struct body *body,
                   struct lake_act *out, struct ym_error *err)
{
    struct lake *lake = api_of(rq)->options.lake;
    struct lake_rule rule = {0};

    if (ym_str_is(body->kind, "mend"))
        return lake_mend(lake, api_caller(rq), load, body->line, body->cells, rq->arena, out, err);
    if (ym_str_is(body->kind, "accept") || ym_str_is(body->kind, "drop"))
        return decide(rq, load, body, out, err);
    if (ym_str_is(body->kind, "rule"))
        return read_rule(body->rule, &rule, err) &&
               lake_rule_apply(lake, api_caller(rq), load, &rule, rq->arena, out, err);
    ym_fail(err, YM_INVALID, "quarantine.kind", "'%.*s' is no act", YM_FMT(body->kind));
    ym_hint(err, "Acts: mend, accept, drop, rule.");
    return ym_about(err, body->kind);
}

bool api_acts_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct body body = {0};
    struct lake_act act = {0};
    int64_t load;
    const struct api_field fields[] = {
        {"kind", API_TEXT, true, &body.kind},      {"line", API_INTEGER, false, &body.line},
        {"cells", API_OBJECT, false, &body.cells}, {"lines", API_ARRAY, false, &body.lines},
        {"code", API_TEXT, false, &body.code},     {"column", API_TEXT, false, &body.column},
        {"reason", API_TEXT, false, &body.reason}, {"rule", API_OBJECT, false, &body.rule},
    };

    if (!api_path_id(rq, &load, err) || !api_fields(rq->json, fields, YM_COUNT(fields), err) ||
        !do_act(rq, load, &body, &act, err))
        return false;
    http_reply_json(re, act_json(&act));
    return true;
}

bool api_act_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_act act = {0};
    int64_t load, id;

    if (!api_path_id(rq, &load, err) || !act_id(rq, &id, err) ||
        !lake_undo(api_of(rq)->options.lake, api_caller(rq), load, id, rq->arena, &act, err))
        return false;
    http_reply_json(re, act_json(&act));
    return true;
}

bool api_quarantine_preview(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_rule rule = {0};
    json_t *seen = NULL;
    int64_t load, after;

    if (!api_path_id(rq, &load, err) || !api_after(rq, &after, err) ||
        !read_rule(rq->json, &rule, err) ||
        !lake_rule_try(api_of(rq)->options.lake, api_caller(rq), load, &rule, after, api_limit(rq),
                       rq->arena, &seen, err))
        return false;
    http_reply_json(re, seen);
    return true;
}

bool api_quarantine_publish(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct lake_load made = {0};
    bool hold = ym_str_is(http_param(rq, "publish"), "hold");
    int64_t load;

    if (!api_path_id(rq, &load, err) ||
        !lake_draft_publish(api_of(rq)->options.lake, api_caller(rq), load, hold, rq->arena, &made,
                            err))
        return false;
    api_wait(rq, made.job, re);
    api_location(rq, re, "loads", ym_arena_printf(rq->arena, "%lld", (long long)made.id));
    return api_load_answer(rq, made.id, re, err);
}

bool api_quarantine_file_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str names[CODES], texts[CODES];
    const struct lake_words words = {names, texts, CODES};
    int64_t load, size = 0;
    int fd = -1;

    for (size_t i = 0; i < CODES; i++) {
        struct ym_str key = ym_arena_printf(rq->arena, "reason.%s", codes[i]);
        names[i] = ym_str(codes[i]);
        texts[i] = api_text(api_of(rq), rq->lang, key.p);
        texts[i] = texts[i].n > 0 ? texts[i] : names[i];
    }
    if (!api_path_id(rq, &load, err) ||
        !lake_quarantine_file(api_of(rq)->options.lake, api_caller(rq), load,
                              http_param(rq, "code"), http_param(rq, "column"), &words, &fd, &size,
                              err))
        return false;
    http_reply_header(re, "Content-Disposition",
                      ym_arena_printf(rq->arena, "attachment; filename=\"quarantine-%lld.csv\"",
                                      (long long)load));
    http_reply_file(re, "text/csv; charset=utf-8", fd, size, NULL);
    return true;
}

bool api_quarantine_file_post(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str name = http_param(rq, "file");
    struct lake_act act = {0};
    int64_t load;

    if (!api_path_id(rq, &load, err) ||
        !lake_reload(api_of(rq)->options.lake, api_caller(rq), load, rq->file,
                     name.p ? name : YM_STR("quarantine.csv"), rq->arena, &act, err))
        return false;
    http_reply_json(re, act_json(&act));
    return true;
}
