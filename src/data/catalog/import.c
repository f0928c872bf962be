#include "base/time.h"
#include "data/catalog/search.h"
#include "data/collect/collect.h"

#include <fcntl.h>
#include <unistd.h>
#include <uthash.h>

enum { ROWS_MAX = 20000, ITEMS_MAX = 5000, SLUG_MAX = 56 };

#define AT(member) offsetof(struct catalog_dataset, member)
// Headings: the first is the template's. Those without a place in the entry are handled by name.
static const struct heading {
    const char *names[4];
    size_t at;
    const char *list; // whose words are codes
} headings[] = {
    {{"信息资源名称", "名称", "title"}, AT(title_zh), NULL},
    {{"英文名称", "title_en"}, AT(title_en), NULL},
    {{"信息资源代码", "代码", "code"}, AT(code), NULL},
    {{"标识", "id", "name"}, AT(name), NULL},
    {{"信息资源分类", "分类", "category"}, AT(category), "category"},
    {{"主题", "theme"}, AT(theme), "theme"},
    {{"信息资源摘要", "摘要", "abstract"}, AT(abstract_zh), NULL},
    {{"英文摘要", "abstract_en"}, AT(abstract_en), NULL},
    {{"信息资源格式", "格式", "format"}, AT(format), "format"},
    {{"共享类型", "sharing"}, AT(sharing), "sharing"},
    {{"共享条件", "sharing_condition"}, AT(sharing_condition), NULL},
    {{"不予共享依据", "共享依据", "sharing_basis"}, AT(sharing_basis), NULL},
    {{"共享方式", "sharing_way"}, AT(sharing_way), "sharing_way"},
    {{"开放类型", "开放属性", "是否向社会开放", "openness"}, AT(openness), "openness"},
    {{"开放条件", "open_condition"}, AT(open_condition), NULL},
    {{"计划开放日期", "open_planned"}, AT(open_planned), NULL},
    {{"不开放理由", "closed_reason"}, AT(closed_reason), NULL},
    {{"更新周期", "update_cycle"}, AT(update_cycle), "update_cycle"},
    {{"关联资源代码", "关联代码", "related"}, AT(related), NULL},
    {{"联系部门", "联系人", "contact"}, AT(contact), NULL},
    {{"联系电话", "contact_phone"}, AT(contact_phone), NULL},
    {{"联系邮箱", "contact_mail"}, AT(contact_mail), NULL},
};
enum { NONE = -1 };

enum outcome { ADDED, CHANGED, UNCHANGED, WRONG, OUTCOMES };
static const char *const outcomes[OUTCOMES] = {"added", "changed", "unchanged", "wrong"};

struct line {
    int64_t number;
    struct catalog_dataset entry;
    enum outcome outcome;
    struct ym_error problem;
};
struct code {
    struct ym_str text;
    UT_hash_handle hh;
};
struct work {
    struct store *store;
    const struct org_caller *caller;
    const struct catalog_import *what;
    struct ym_arena *arena;
    struct org_agency agency;
    int *columns; // heading of each column of the file, or NONE
    size_t n_columns;
    bool given[YM_COUNT(headings)];
    struct line *lines;
    size_t n, cap;
    struct code *codes;
    struct search_pinyin *pinyin;
    int64_t counts[OUTCOMES];
};

struct ym_str catalog_template(void)
{
    return YM_STR(
        "\xEF\xBB\xBF信息资源名称,英文名称,信息资源代码,标识,信息资源分类,主题,信息资源摘要,"
        "英文摘要,信息资源格式,共享类型,共享条件,不予共享依据,共享方式,开放类型,开放条件,"
        "计划开放日期,不开放理由,更新周期,关联资源代码,联系部门,联系电话,联系邮箱\r\n");
}

static int heading_of(struct ym_str text)
{
    text = ym_str_trim(text);
    if (text.n > 0 && text.p[text.n - 1] == '*')
        text = ym_str_trim(ym_str_sub(text, 0, text.n - 1));
    for (size_t i = 0; i < YM_COUNT(headings); i++)
        for (size_t k = 0; k < YM_COUNT(headings[i].names) && headings[i].names[k]; k++)
            if (ym_str_is(text, headings[i].names[k]))
                return (int)i;
    return NONE;
}

static bool take_headings(struct work *work, const struct collect_facts *facts,
                          struct ym_error *err)
{
    static const int needed[] = {0, 2, 9, 13}; // name, code, sharing, openness

    work->columns = ym_arena_alloc(work->arena, (facts->n_columns + 1) * sizeof *work->columns);
    work->n_columns = facts->n_columns;
    for (size_t i = 0; i < facts->n_columns; i++) {
        int heading = heading_of(facts->columns[i]);
        if (heading != NONE && work->given[heading])
            heading = NONE;
        if (heading != NONE)
            work->given[heading] = true;
        work->columns[i] = heading;
    }
    for (size_t i = 0; i < YM_COUNT(needed); i++)
        if (!work->given[needed[i]]) {
            ym_fail(err, YM_INVALID, "catalog.import_headings", "the file has no column '%s'",
                    headings[needed[i]].names[0]);
            ym_hint(err, "Download the template and keep its first line.");
            return ym_about(err, ym_str(headings[needed[i]].names[0]));
        }
    return true;
}

// RowBinary as the reader writes it: our own child's, and still not believed beyond its end.
struct bytes {
    const unsigned char *p, *end;
    bool bad;
};

static uint64_t take_length(struct bytes *b)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 63; shift += 7) {
        if (b->p == b->end)
            break;
        value |= (uint64_t)(*b->p & 0x7F) << shift;
        if (!(*b->p++ & 0x80))
            return value;
    }
    b->bad = true;
    return 0;
}

static struct ym_str take_text(struct bytes *b)
{
    uint64_t n = take_length(b);

    if (n > (uint64_t)(b->end - b->p)) {
        b->bad = true;
        return YM_STR("");
    }
    struct ym_str text = {(const char *)b->p, (size_t)n};
    b->p += n;
    return text;
}

static struct ym_str *member(struct catalog_dataset *entry, int heading)
{
    return (struct ym_str *)((char *)entry + headings[heading].at);
}

static void wrong(struct line *line, const char *code, struct ym_str about, const char *message,
                  const char *hint)
{
    line->outcome = WRONG;
    ym_fail(&line->problem, YM_INVALID, code, "%s", message);
    ym_hint(&line->problem, "%s", hint);
    ym_about(&line->problem, about);
}

static void check_code_once(struct work *work, struct line *line)
{
    struct ym_str text = line->entry.code;
    struct code *old = NULL;

    if (text.n == 0) {
        wrong(line, "catalog.import_no_code", YM_STR("信息资源代码"), "the line has no code",
              "Entries are known by their code: give each one its own.");
        return;
    }
    HASH_FIND(hh, work->codes, text.p, text.n, old);
    if (old) {
        wrong(line, "catalog.import_code_twice", text, "the code stands on an earlier line too",
              "Give each entry its own code.");
        return;
    }
    struct code *code = ym_arena_alloc(work->arena, sizeof *code);
    code->text = text;
    HASH_ADD_KEYPTR(hh, work->codes, code->text.p, code->text.n, code);
}

static bool is_blank(const struct catalog_dataset *entry)
{
    for (size_t i = 0; i < YM_COUNT(headings); i++)
        if (member((struct catalog_dataset *)entry, (int)i)->n > 0)
            return false;
    return true;
}

static bool take_row(struct work *work, struct bytes *b, struct ym_error *err)
{
    struct line line = {0};
    uint64_t pos = 0;

    if (b->end - b->p < 8)
        return !(b->bad = true);
    memcpy(&pos, b->p, 8);
    b->p += 8;
    line.number = (int64_t)pos;
    struct ym_str fault = take_text(b);
    for (uint64_t extra = take_length(b); extra > 0 && !b->bad; extra--)
        (void)take_text(b);
    for (size_t i = 0; i < work->n_columns && !b->bad; i++) {
        struct ym_str cell = ym_str_trim(take_text(b));
        int heading = work->columns[i];
        if (heading == NONE)
            continue;
        if (headings[heading].list)
            cell = catalog_code_of(headings[heading].list, cell);
        *member(&line.entry, heading) = ym_arena_str(work->arena, cell);
    }
    if (is_blank(&line.entry))
        return true;
    if (work->n >= ROWS_MAX) {
        ym_fail(err, YM_TOO_LARGE, "catalog.import_large", "the file has over %d lines", ROWS_MAX);
        return ym_hint(err, "Divide it into several files.");
    }
    if (fault.n > 0)
        wrong(&line, "catalog.import_line", ym_arena_str(work->arena, fault),
              "the line cannot be read", "Mend its quotes or the number of its cells.");
    else
        check_code_once(work, &line);
    work->lines = ym_arena_grow(work->arena, work->lines, &work->cap, work->n + 1, sizeof line);
    work->lines[work->n++] = line;
    return true;
}

static bool read_file(struct work *work, struct ym_error *err)
{
    struct collect_request request = {.fd = open(work->what->path, O_RDONLY | O_CLOEXEC),
                                      .name = work->what->file_name,
                                      .program = work->what->program};
    struct collect_read *read = NULL;
    struct collect_facts facts = {0};
    struct ym_str rows = {NULL, 0};
    bool ok = request.fd >= 0;

    if (!ok)
        return ym_fail(err, YM_FAULT, "catalog.import_file", "the received file cannot be opened");
    ok =
        collect_open(&request, work->arena, &read, &facts, err) && take_headings(work, &facts, err);
    do {
        ok = ok && collect_next(read, &rows, err);
        struct bytes b = {(const unsigned char *)rows.p, (const unsigned char *)rows.p + rows.n,
                          false};
        while (ok && b.p < b.end && !b.bad)
            ok = take_row(work, &b, err);
        if (ok && b.bad)
            ok = ym_fail(err, YM_FAULT, "catalog.import_file", "the reader's rows are cut");
    } while (ok && rows.n > 0);
    collect_close(read);
    close(request.fd);
    return ok;
}

static const char SQL_BY_CODE[] =
    CATALOG_COLUMNS " FROM dataset d JOIN agency a ON a.id = d.agency" CATALOG_CURRENT
                    " WHERE d.agency = :agency AND d.code = :code ORDER BY d.id LIMIT 1";
static bool by_code(struct work *work, struct ym_str code, struct catalog_dataset *out,
                    struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *out = (struct catalog_dataset){0};
    if (!store_ask(work->store, SQL_BY_CODE,
                   YM_ARGS(ym_int("agency", work->agency.id), ym_text("code", code)), &rows, err))
        return false;
    if (store_next(rows, err))
        catalog_read_row(rows, work->arena, out);
    return store_rows_close(rows, err);
}

static bool is_taken(struct work *work, struct ym_str name, bool *taken, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(work->store, "SELECT 1 FROM dataset WHERE name = :name",
                   YM_ARGS(ym_text("name", name)), &rows, err))
        return false;
    *taken = store_next(rows, err);
    return store_rows_close(rows, err);
}

// A name for ever: the one given, else the title's pinyin, numbered where there is one already.
static bool name_entry(struct work *work, struct line *line, struct ym_error *err)
{
    struct ym_str space = work->agency.name, said = line->entry.name, part;
    struct ym_buf slug = {0};
    bool taken = true, ok = true;

    if (said.n > 0) {
        bool whole = ym_str_find(said, YM_STR("."), 0) != SIZE_MAX;
        line->entry.name =
            whole ? said : ym_arena_printf(work->arena, "%.*s.%.*s", YM_FMT(space), YM_FMT(said));
        if (!catalog_name(line->entry.name, &part, &line->problem) || !ym_str_eq(part, space)) {
            wrong(line, "catalog.name", said, "not the name of a dataset of the agency",
                  "Use small letters, digits and _, beginning with a letter.");
            return true;
        }
        ok = is_taken(work, line->entry.name, &taken, err);
        if (ok && taken)
            wrong(line, "catalog.taken", line->entry.name, "there is a dataset of this name",
                  "Choose another name, or leave it out.");
        return ok;
    }
    search_slug(work->pinyin, line->entry.title_zh, &slug);
    struct ym_str base = ym_str_sub(ym_buf_str(&slug), 0, SLUG_MAX);
    const char *before = base.n > 0 && base.p[0] >= 'a' && base.p[0] <= 'z' ? "" : "d";
    for (int i = 1; ok && taken && i < 1000; i++) {
        line->entry.name = i == 1 ? ym_arena_printf(work->arena, "%.*s.%s%.*s", YM_FMT(space),
                                                    before, YM_FMT(base))
                                  : ym_arena_printf(work->arena, "%.*s.%s%.*s_%d", YM_FMT(space),
                                                    before, YM_FMT(base), i);
        ok = is_taken(work, line->entry.name, &taken, err);
    }
    ym_buf_clear(&slug);
    return ok;
}

// What the file says replaces what there is; columns that it lacks change nothing.
static bool merge(struct work *work, struct catalog_dataset *into, struct catalog_dataset *from)
{
    bool differs = false;

    for (size_t i = 0; i < YM_COUNT(headings); i++) {
        struct ym_str *old = member(into, (int)i), *fresh = member(from, (int)i);
        if (!work->given[i] || headings[i].at == AT(name) || ym_str_eq(*old, *fresh))
            continue;
        if (fresh->n == 0 && old->n == 0)
            continue;
        *old = fresh->p ? *fresh : YM_STR("");
        differs = true;
    }
    return differs;
}

static bool put_line(struct work *work, struct line *line, struct ym_error *err)
{
    struct catalog_dataset old;

    if (!by_code(work, line->entry.code, &old, err))
        return false;
    if (old.id) {
        line->outcome = merge(work, &old, &line->entry) ? CHANGED : UNCHANGED;
        line->entry = old;
    } else {
        line->outcome = ADDED;
        line->entry.agency = work->agency.id;
        line->entry.agency_name = work->agency.name;
        line->entry.state =
            ym_str(org_holds(work->caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), work->agency.id)
                       ? "published"
                       : "submitted");
        line->entry.submitted_by = work->caller->account;
        catalog_defaults(&line->entry);
        if (!name_entry(work, line, err))
            return false;
    }
    if (line->outcome == WRONG || line->outcome == UNCHANGED)
        return true;
    if (!catalog_check(&line->entry, work->arena, &line->problem) ||
        !catalog_incomplete(&line->entry, false, &line->problem)) {
        line->outcome = WRONG;
        return true;
    }
    if (work->what->only_check)
        return true;
    if (!old.id)
        return catalog_insert(work->store, &line->entry, work->arena, err);
    return catalog_update(work->store, &line->entry, line->entry.etag, work->arena, err) &&
           catalog_turn(work->store, line->entry.id, err) &&
           (!ym_str_is(line->entry.state, "published") ||
            catalog_news(work->store, line->entry.id, "entry.changed", YM_STR(""), err));
}

static bool put_all(struct work *work, struct ym_error *err)
{
    if (!store_begin(work->store, err))
        return false;
    for (size_t i = 0; i < work->n; i++) {
        struct line *line = &work->lines[i];
        if (line->outcome != WRONG && !put_line(work, line, err))
            return false;
        work->counts[line->outcome]++;
    }
    // All or nothing, unless asked.
    if (work->what->only_check || (work->counts[WRONG] > 0 && !work->what->skip)) {
        store_rollback(work->store);
        return true;
    }
    return store_commit(work->store, err);
}

static json_t *line_json(const struct line *line)
{
    const struct ym_error *problem = &line->problem;
    json_t *json =
        json_pack("{s:I, s:o, s:o, s:o, s:s}", "line", (json_int_t)line->number, "code",
                  ym_json_str(line->entry.code), "dataset",
                  line->entry.name.n > 0 ? ym_json_str(line->entry.name) : json_null(), "title",
                  ym_json_str(line->entry.title_zh), "outcome", outcomes[line->outcome]);

    if (json && line->outcome == WRONG)
        json_object_set_new(json, "problem",
                            json_pack("{s:s, s:s, s:s, s:s}", "code", problem->code, "subject",
                                      problem->subject, "title", problem->message, "hint",
                                      problem->hint));
    return json;
}

static json_t *report_json(const struct work *work)
{
    const struct catalog_import *what = work->what;
    bool imported = !what->only_check && (work->counts[WRONG] == 0 || what->skip);
    json_t *items = json_array();

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < work->n && json_array_size(items) < ITEMS_MAX; i++)
            if ((work->lines[i].outcome == WRONG) == (pass == 0))
                json_array_append_new(items, line_json(&work->lines[i]));
    return json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:o}", "agency",
                     ym_json_str(work->agency.name), "imported", imported, "lines",
                     (json_int_t)work->n, "added", (json_int_t)work->counts[ADDED], "changed",
                     (json_int_t)work->counts[CHANGED], "unchanged",
                     (json_int_t)work->counts[UNCHANGED], "wrong", (json_int_t)work->counts[WRONG],
                     "items", items);
}

bool catalog_import(struct store *store, const struct org_caller *caller,
                    const struct catalog_import *what, struct ym_arena *arena, json_t **report,
                    struct ym_error *err)
{
    struct work work = {.store = store, .caller = caller, .what = what, .arena = arena};

    *report = NULL;
    if (!org_agency_by_name(store, what->agency, arena, &work.agency, err))
        return false;
    const struct catalog_dataset any = {.agency = work.agency.id};
    if (!catalog_may(&any, caller).edit)
        return catalog_denied(caller, what->agency, err);
    work.pinyin = search_pinyin_new();
    bool ok = read_file(&work, err) && put_all(&work, err);
    if (ok)
        *report = report_json(&work);
    else
        store_rollback(store);
    HASH_CLEAR(hh, work.codes);
    search_pinyin_free(work.pinyin);
    return ok;
}
