#include "base/time.h"
#include "data/catalog/search.h"
#include "data/catalog/tokens.h"

enum {
    SEARCH_MAX = 400, // bytes of a search that count
    TERMS_MAX = 8,
    TOGETHER = 20, // rows a statement
};

const char *const catalog_facet_names[CATALOG_FACETS] = {
    [CATALOG_AGENCY] = "agency",      [CATALOG_THEME] = "theme",
    [CATALOG_OPENNESS] = "openness",  [CATALOG_SHARING] = "sharing",
    [CATALOG_CYCLE] = "update_cycle", [CATALOG_REGION] = "region",
    [CATALOG_MOUNTED] = "mounted",    [CATALOG_FRESHNESS] = "freshness",
    [CATALOG_PLAN] = "plan",          [CATALOG_STATE] = "state",
};
static const char *const mounted[] = {"yes", "no", NULL};
static const char *const freshness[] = {"fresh", "late", NULL};
static const char *const plans[] = {"kept", "overdue", "due", NULL};
static const char *const *const lists[CATALOG_FACETS] = {
    [CATALOG_OPENNESS] = catalog_openness, [CATALOG_SHARING] = catalog_sharing,
    [CATALOG_CYCLE] = catalog_cycles,      [CATALOG_MOUNTED] = mounted,
    [CATALOG_FRESHNESS] = freshness,       [CATALOG_PLAN] = plans,
    [CATALOG_STATE] = catalog_states,
};
enum order { BEST, UPDATED_LAST, UPDATED_FIRST, NAME, NAME_DOWN, TITLE, TITLE_DOWN, PLANNED };
static const struct {
    const char *name;
    enum order order;
} orders[] = {
    {"best", BEST},         {"-updated", UPDATED_LAST}, {"updated", UPDATED_FIRST},
    {"name", NAME},         {"-name", NAME_DOWN},       {"title", TITLE},
    {"-title", TITLE_DOWN}, {"planned", PLANNED},
};

// One value of a facet.
struct value {
    struct ym_str code, title_zh, title_en;
    int64_t count;
    bool wanted;
};
// A question at work. Places in the lists of values stand for codes.
struct finding {
    struct catalog_search *search;
    const struct catalog_query *query;
    const struct org_caller *caller;
    struct ym_arena *arena;
    struct value *values[CATALOG_FACETS];
    size_t n_values[CATALOG_FACETS];
    bool filtered[CATALOG_FACETS];
    size_t *region_of; // place of an agency's region, by place of the agency
    int64_t now, today, from, to;
    uint64_t *bits;  // slots that hold the words; NULL: no words
    struct ym_str q; // in small letters
    enum order order;
    // The best so far, a heap whose top is the worst of them.
    struct hit {
        const struct search_doc *doc;
        int tier;
    } * hits;
    size_t n, most;
    int64_t total;
};

static bool order_of(struct finding *f, struct ym_error *err)
{
    struct ym_str sort = f->query->sort;

    f->order = f->bits ? BEST : UPDATED_LAST;
    if (sort.n == 0)
        return true;
    for (size_t i = 0; i < YM_COUNT(orders); i++)
        if (ym_str_is(sort, orders[i].name)) {
            f->order = orders[i].order;
            return true;
        }
    ym_fail(err, YM_INVALID, "catalog.sort", "datasets are not sorted by '%.*s'", YM_FMT(sort));
    ym_hint(err, "Sort by best, updated, name, title or planned; a minus turns the order round.");
    return ym_about(err, sort);
}

static int compare_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

// Below 0: `a` comes before `b`. No two are equal.
static int compare(const struct finding *f, const struct hit *a, const struct hit *b)
{
    int sign = 0;

    switch (f->order) {
    case BEST:
        sign = a->tier - b->tier;
        sign = sign ? sign : compare_int(b->doc->updated, a->doc->updated);
        break;
    case UPDATED_LAST:
        sign = compare_int(b->doc->updated, a->doc->updated);
        break;
    case UPDATED_FIRST:
        sign = compare_int(a->doc->updated, b->doc->updated);
        break;
    case NAME:
        sign = strcmp(a->doc->name, b->doc->name);
        break;
    case NAME_DOWN:
        sign = strcmp(b->doc->name, a->doc->name);
        break;
    case TITLE:
        sign = strcmp(a->doc->title_zh, b->doc->title_zh);
        break;
    case TITLE_DOWN:
        sign = strcmp(b->doc->title_zh, a->doc->title_zh);
        break;
    case PLANNED:
        sign = compare_int(a->doc->planned ? a->doc->planned : INT64_MAX,
                           b->doc->planned ? b->doc->planned : INT64_MAX);
        break;
    }
    return sign ? sign : compare_int(a->doc->id, b->doc->id);
}

static void sink(struct finding *f, size_t at, size_t n)
{
    for (;;) {
        size_t big = at, left = 2 * at + 1, right = left + 1;
        if (left < n && compare(f, &f->hits[left], &f->hits[big]) > 0)
            big = left;
        if (right < n && compare(f, &f->hits[right], &f->hits[big]) > 0)
            big = right;
        if (big == at)
            return;
        struct hit moved = f->hits[at];
        f->hits[at] = f->hits[big];
        f->hits[big] = moved;
        at = big;
    }
}

static void keep_hit(struct finding *f, struct hit hit)
{
    f->total++;
    if (f->n < f->most) {
        size_t at = f->n++;
        f->hits[at] = hit;
        while (at > 0 && compare(f, &f->hits[at], &f->hits[(at - 1) / 2]) > 0) {
            struct hit moved = f->hits[at];
            f->hits[at] = f->hits[(at - 1) / 2];
            f->hits[(at - 1) / 2] = moved;
            at = (at - 1) / 2;
        }
    } else if (f->n > 0 && compare(f, &hit, &f->hits[0]) < 0) {
        f->hits[0] = hit;
        sink(f, 0, f->n);
    }
}

static void sort_hits(struct finding *f)
{
    for (size_t n = f->n; n > 1; n--) {
        struct hit moved = f->hits[0];
        f->hits[0] = f->hits[n - 1];
        f->hits[n - 1] = moved;
        sink(f, 0, n - 1);
    }
}

// Instead of bm25, which is slow where a character has many hits: what the title or the code says
// itself, then what it begins with, then what it holds, then the rest.
static int tier_of(const struct finding *f, const struct search_doc *doc)
{
    const char *q = f->q.p;

    if (f->order != BEST)
        return 0;
    if (strcmp(doc->title_zh, q) == 0 || strcmp(doc->title_en, q) == 0 ||
        strcmp(doc->code, q) == 0 || strcmp(doc->name, q) == 0)
        return 0;
    if (strncmp(doc->title_zh, q, f->q.n) == 0 || strncmp(doc->title_en, q, f->q.n) == 0 ||
        strcmp(doc->initials, q) == 0)
        return 1;
    if (strstr(doc->title_zh, q) || strstr(doc->title_en, q) || strstr(doc->name, q))
        return 2;
    return 3;
}

static bool letters_only(struct ym_str term)
{
    for (size_t i = 0; i < term.n; i++)
        if ((unsigned char)term.p[i] >= 0x80 || !tokens_word(term.p[i]))
            return false;
    return term.n >= 2;
}

static bool match_term(struct finding *f, struct search_file *file, struct ym_str term,
                       uint64_t *bits, struct ym_error *err)
{
    struct catalog_search *search = f->search;

    if (search_has_token(term) && !search_file_match(file, term, bits, search->n, err))
        return false;
    if (!letters_only(term))
        return true;
    const char *letters = ym_arena_cstr(f->arena, term);
    for (size_t i = 0; i < search->n; i++)
        if (search->docs[i].id && strstr(search->docs[i].initials, letters))
            bits[i / 64] |= UINT64_C(1) << i % 64;
    return true;
}

// Words are parted by blanks, the full-width one too; all must be there.
static bool match(struct finding *f, struct ym_error *err)
{
    size_t words = f->search->n / 64 + 1, n = 0;
    struct search_file *file = NULL;
    struct ym_buf q = {0};
    bool ok = true;

    struct ym_str text = ym_utf8_cut(f->query->q, SEARCH_MAX);
    for (size_t at = 0, from = 0; at < text.n; from = at)
        if (ym_utf8_next(text, &at) == 0x3000)
            ym_buf_char(&q, ' ');
        else
            ym_buf_add(&q, ym_str_sub(text, from, at - from));
    f->q = catalog_lower(ym_str_trim(ym_buf_str(&q)), f->arena);
    ym_buf_clear(&q);
    if (f->q.n == 0)
        return true;
    f->q = ym_arena_str(f->arena, f->q);
    if (!search_lend(f->search, &file, err))
        return false;
    struct ym_str rest = f->q, term;
    while (ok && n < TERMS_MAX && ym_str_cut(&rest, ' ', &term)) {
        if (term.n == 0)
            continue;
        uint64_t *bits = ym_arena_alloc(f->arena, words * sizeof *bits);
        ok = match_term(f, file, term, bits, err);
        for (size_t i = 0; n > 0 && i < words; i++)
            bits[i] &= f->bits[i];
        f->bits = bits;
        n++;
    }
    if (ok)
        search_give(f->search, file);
    else
        search_file_close(file);
    return ok;
}

static void want(struct finding *f, size_t facet)
{
    struct ym_str rest = f->query->filters[facet], code;

    f->filtered[facet] = rest.n > 0;
    if (rest.n == 0)
        return;
    while (ym_str_cut(&rest, ',', &code))
        for (size_t i = 0; i < f->n_values[facet]; i++)
            if (ym_str_eq(f->values[facet][i].code, code))
                f->values[facet][i].wanted = true;
}

static void take_list(struct finding *f, size_t facet)
{
    size_t n = 0;

    while (lists[facet][n])
        n++;
    f->values[facet] = ym_arena_alloc(f->arena, (n + 1) * sizeof *f->values[facet]);
    f->n_values[facet] = n;
    for (size_t i = 0; i < n; i++)
        f->values[facet][i].code = ym_str(lists[facet][i]);
}

static size_t region_place(struct finding *f, struct ym_str code, size_t *cap)
{
    size_t n = f->n_values[CATALOG_REGION];

    for (size_t i = 0; i < n; i++)
        if (ym_str_eq(f->values[CATALOG_REGION][i].code, code))
            return i;
    f->values[CATALOG_REGION] =
        ym_arena_grow(f->arena, f->values[CATALOG_REGION], cap, n + 1, sizeof(struct value));
    f->values[CATALOG_REGION][n].code = code;
    f->n_values[CATALOG_REGION] = n + 1;
    return n;
}

static bool take_agencies(struct finding *f, struct store *store, struct ym_error *err)
{
    struct catalog_search *search = f->search;
    struct org_agencies all = {0};
    size_t cap = 0;

    if (!org_agency_list(store, f->arena, &all, err))
        return false;
    f->n_values[CATALOG_AGENCY] = search->n_agencies;
    f->values[CATALOG_AGENCY] =
        ym_arena_alloc(f->arena, (search->n_agencies + 1) * sizeof(struct value));
    f->region_of = ym_arena_alloc(f->arena, (search->n_agencies + 1) * sizeof *f->region_of);
    for (size_t i = 0; i < all.n; i++)
        for (size_t k = 0; k < search->n_agencies; k++) {
            if (search->agencies[k] != all.items[i].id)
                continue;
            f->values[CATALOG_AGENCY][k] = (struct value){.code = all.items[i].name,
                                                          .title_zh = all.items[i].title_zh,
                                                          .title_en = all.items[i].title_en};
            f->region_of[k] = region_place(f, search_region(all.items[i].region, f->arena), &cap);
        }
    return true;
}

static bool take_values(struct finding *f, struct store *store, struct ym_error *err)
{
    if (!take_agencies(f, store, err))
        return false;
    f->n_values[CATALOG_THEME] = f->search->n_themes;
    f->values[CATALOG_THEME] =
        ym_arena_alloc(f->arena, (f->search->n_themes + 1) * sizeof(struct value));
    for (size_t i = 0; i < f->search->n_themes; i++)
        f->values[CATALOG_THEME][i].code = ym_arena_str(f->arena, f->search->themes[i]);
    for (size_t facet = 0; facet < CATALOG_FACETS; facet++) {
        if (lists[facet])
            take_list(f, facet);
        want(f, facet);
    }
    return true;
}

static bool knows(const struct finding *f, const struct search_doc *doc)
{
    const struct catalog_dataset dataset = {.agency = f->search->agencies[doc->agency],
                                            .state = ym_str(catalog_states[doc->state])};

    return doc->state == 2 || catalog_knows(&dataset, f->caller);
}

// Each facet is counted under the other filters: a dataset that only its own filter refuses counts.
static void look(struct finding *f, const struct search_doc *doc)
{
    const size_t at[CATALOG_FACETS] = {
        [CATALOG_AGENCY] = doc->agency,
        [CATALOG_THEME] = doc->theme,
        [CATALOG_OPENNESS] = doc->openness,
        [CATALOG_SHARING] = doc->sharing,
        [CATALOG_CYCLE] = doc->cycle,
        [CATALOG_REGION] = f->region_of[doc->agency],
        [CATALOG_MOUNTED] = doc->mounted ? 0 : 1,
        [CATALOG_FRESHNESS] = (size_t)search_freshness(doc, f->now),
        [CATALOG_PLAN] = (size_t)search_plan(doc, f->today),
        [CATALOG_STATE] = doc->state,
    };
    size_t refused = CATALOG_FACETS, n = 0;

    for (size_t facet = 0; facet < CATALOG_FACETS && n < 2; facet++)
        if (f->filtered[facet] &&
            !(at[facet] < f->n_values[facet] && f->values[facet][at[facet]].wanted)) {
            refused = facet;
            n++;
        }
    if (n > 1)
        return;
    for (size_t facet = 0; facet < CATALOG_FACETS; facet++)
        if ((n == 0 || facet == refused) && at[facet] < f->n_values[facet])
            f->values[facet][at[facet]].count++;
    if (n == 0)
        keep_hit(f, (struct hit){doc, tier_of(f, doc)});
}

static void look_at_all(struct finding *f)
{
    const struct catalog_search *search = f->search;

    for (size_t i = 0; i < search->n; i++) {
        const struct search_doc *doc = &search->docs[i];
        if (!doc->id || (f->bits && !(f->bits[i / 64] >> i % 64 & 1)) || !knows(f, doc))
            continue;
        if ((f->from || f->to) && (doc->planned == 0 || (f->from && doc->planned < f->from) ||
                                   (f->to && doc->planned > f->to)))
            continue;
        look(f, doc);
    }
}

static int by_count(const void *a, const void *b)
{
    const struct catalog_facet_value *one = a, *other = b;

    if (one->count != other->count)
        return one->count < other->count ? 1 : -1;
    return ym_str_cmp(one->value, other->value);
}

static bool write_facets(struct finding *f, struct store *store, struct catalog_page *out,
                         struct ym_error *err)
{
    for (size_t facet = 0; facet < CATALOG_FACETS; facet++) {
        size_t first = out->n_facets;
        for (size_t i = 0; i < f->n_values[facet]; i++) {
            struct value *value = &f->values[facet][i];
            if (value->count == 0 || value->code.n == 0)
                continue;
            if (facet == CATALOG_REGION &&
                !search_region_name(store, value->code, f->arena, &value->title_zh, err))
                return false;
            out->facets = ym_arena_grow(f->arena, out->facets, &out->cap_facets, out->n_facets + 1,
                                        sizeof *out->facets);
            out->facets[out->n_facets++] =
                (struct catalog_facet_value){.facet = catalog_facet_names[facet],
                                             .value = value->code,
                                             .title_zh = value->title_zh,
                                             .title_en = value->title_en,
                                             .count = value->count};
        }
        if (out->n_facets > first)
            qsort(out->facets + first, out->n_facets - first, sizeof *out->facets, by_count);
    }
    return true;
}

static const char SQL_SOME[] =
    CATALOG_COLUMNS " FROM dataset d JOIN agency a ON a.id = d.agency" CATALOG_CURRENT
                    " WHERE d.id IN (:i0, :i1, :i2, :i3, :i4, :i5, :i6, :i7, :i8, :i9, :i10, :i11,"
                    " :i12, :i13, :i14, :i15, :i16, :i17, :i18, :i19)";
static bool read_some(struct finding *f, struct store *store, const int64_t *ids, size_t n,
                      struct catalog_page *out, struct ym_error *err)
{
    static const char *const names[TOGETHER] = {"i0",  "i1",  "i2",  "i3",  "i4",  "i5",  "i6",
                                                "i7",  "i8",  "i9",  "i10", "i11", "i12", "i13",
                                                "i14", "i15", "i16", "i17", "i18", "i19"};
    struct catalog_dataset found[TOGETHER];
    struct store_rows *rows = NULL;
    struct ym_arg args[TOGETHER];
    size_t n_found = 0;

    for (size_t i = 0; i < TOGETHER; i++)
        args[i] = ym_int(names[i], i < n ? ids[i] : 0);
    if (!store_ask(store, SQL_SOME, (struct ym_args){args, TOGETHER}, &rows, err))
        return false;
    while (n_found < TOGETHER && store_next(rows, err))
        catalog_read_row(rows, f->arena, &found[n_found++]);
    if (!store_rows_close(rows, err))
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_found; k++)
            if (found[k].id == ids[i] && catalog_knows(&found[k], f->caller))
                out->items[out->n++] = found[k];
    return true;
}

// What was moved back to a draft since is left out.
static bool read_items(struct finding *f, struct store *store, const int64_t *ids, size_t n,
                       struct catalog_page *out, struct ym_error *err)
{
    out->items = ym_arena_alloc(f->arena, (n + 1) * sizeof *out->items);
    out->cap = n;
    for (size_t i = 0; i < n; i += TOGETHER)
        if (!read_some(f, store, ids + i, n - i < TOGETHER ? n - i : TOGETHER, out, err))
            return false;
    return true;
}

// Under the lock: which, in which order, and the counts.
static bool choose(struct finding *f, struct store *store, int64_t **ids, size_t *n,
                   struct ym_error *err)
{
    int64_t limit = f->query->limit > 0 ? f->query->limit : 100;
    size_t offset = (size_t)(f->query->offset > 0 ? f->query->offset : 0);

    if (!match(f, err) || !order_of(f, err) || !take_values(f, store, err))
        return false;
    f->most = offset + (size_t)limit;
    if (f->most > f->search->n)
        f->most = f->search->n;
    f->hits = ym_arena_alloc(f->arena, (f->most + 1) * sizeof *f->hits);
    look_at_all(f);
    sort_hits(f);
    *n = f->n > offset ? f->n - offset : 0;
    *ids = ym_arena_alloc(f->arena, (*n + 1) * sizeof **ids);
    for (size_t i = 0; i < *n; i++)
        (*ids)[i] = f->hits[offset + i].doc->id;
    return true;
}

static bool day_of(struct ym_str text, const char *about, int64_t *day, struct ym_error *err)
{
    *day = 0;
    if (text.n == 0 || ym_day_parse(text, day))
        return true;
    ym_fail(err, YM_INVALID, "catalog.day", "'%.*s' is not a day", YM_FMT(text));
    ym_hint(err, "Write it as 2026-12-31.");
    return ym_about(err, ym_str(about));
}

bool catalog_find(struct store *store, struct catalog_search *search,
                  const struct org_caller *caller, const struct catalog_query *query,
                  struct ym_arena *arena, struct catalog_page *out, struct ym_error *err)
{
    struct finding f = {
        .search = search, .query = query, .caller = caller, .arena = arena, .now = ym_now()};
    int64_t *ids = NULL;
    size_t n = 0;

    *out = (struct catalog_page){0};
    f.today = f.now / YM_DAY;
    if (!day_of(query->planned_from, "planned_from", &f.from, err) ||
        !day_of(query->planned_to, "planned_to", &f.to, err) ||
        !search_read_lock(search, store, err))
        return false;
    bool ok = choose(&f, store, &ids, &n, err);
    search_unlock(search);
    if (!ok && strcmp(err->code, "catalog.search") == 0)
        search_forget(search);
    if (!ok)
        return false;
    out->total = f.total;
    return read_items(&f, store, ids, n, out, err) && write_facets(&f, store, out, err);
}

static json_t *facet_json(const struct catalog_facet_value *value)
{
    struct ym_str en = value->title_en.n > 0 ? value->title_en : value->title_zh;
    json_t *json = json_pack("{s:o, s:I}", "value", ym_json_str(value->value), "count",
                             (json_int_t)value->count);

    // A code of a list has its title in the pages' texts.
    if (json && value->title_zh.n > 0)
        json_object_set_new(
            json, "title",
            json_pack("{s:o, s:o}", "zh", ym_json_str(value->title_zh), "en", ym_json_str(en)));
    return json;
}

json_t *catalog_facets_json(const struct catalog_page *page)
{
    json_t *json = json_object();

    for (size_t i = 0; i < CATALOG_FACETS; i++) {
        json_t *values = json_array();
        for (size_t k = 0; k < page->n_facets; k++)
            if (strcmp(page->facets[k].facet, catalog_facet_names[i]) == 0)
                json_array_append_new(values, facet_json(&page->facets[k]));
        json_object_set_new(json, catalog_facet_names[i], values);
    }
    return json;
}
