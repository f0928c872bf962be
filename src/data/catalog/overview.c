#include "base/time.h"
#include "data/catalog/search.h"

static void count(struct catalog_figures *to, const struct search_doc *doc, int64_t now)
{
    int fresh = search_freshness(doc, now), plan = search_plan(doc, now / YM_DAY);

    to->datasets++;
    to->mounted += doc->mounted;
    to->fresh += fresh == 0;
    to->late += fresh == 1;
    to->rows_in += doc->rows_in;
    to->rows_kept += doc->rows_kept;
    to->sharing[doc->sharing]++;
    to->openness[doc->openness]++;
    to->plan_kept += plan == 0;
    to->plan_overdue += plan == 1;
    to->plan_due += plan == 2;
}

static void add(struct catalog_figures *to, const struct catalog_figures *from)
{
    int64_t *sums = (int64_t *)to;
    const int64_t *parts = (const int64_t *)from;

    // Nothing but sums in it.
    for (size_t i = 0; i < sizeof *to / sizeof *sums; i++)
        sums[i] += parts[i];
}

static struct catalog_group *region_group(struct catalog_overview *out, struct ym_str code,
                                          size_t *cap, struct ym_arena *arena)
{
    for (size_t i = 0; i < out->n_regions; i++)
        if (ym_str_eq(out->regions[i].agency.region, code))
            return &out->regions[i];
    out->regions =
        ym_arena_grow(arena, out->regions, cap, out->n_regions + 1, sizeof *out->regions);
    out->regions[out->n_regions].agency.region = code;
    return &out->regions[out->n_regions++];
}

static int by_code(const void *a, const void *b)
{
    const struct catalog_group *one = a, *other = b;

    return ym_str_cmp(one->agency.region, other->agency.region);
}

static bool add_regions(struct store *store, struct ym_arena *arena, struct catalog_overview *out,
                        struct ym_error *err)
{
    size_t cap = 0;

    for (size_t i = 0; i < out->n_agencies; i++) {
        struct ym_str code = search_region(out->agencies[i].agency.region, arena);
        add(&region_group(out, code, &cap, arena)->figures, &out->agencies[i].figures);
        add(&out->all, &out->agencies[i].figures);
    }
    for (size_t i = 0; i < out->n_regions; i++)
        if (!search_region_name(store, out->regions[i].agency.region, arena,
                                &out->regions[i].region_name, err))
            return false;
    if (out->n_regions > 0)
        qsort(out->regions, out->n_regions, sizeof *out->regions, by_code);
    return true;
}

bool catalog_overview(struct store *store, struct catalog_search *search, struct ym_arena *arena,
                      struct catalog_overview *out, struct ym_error *err)
{
    struct org_agencies all = {0};
    int64_t now = ym_now();

    *out = (struct catalog_overview){0};
    if (!org_agency_list(store, arena, &all, err) || !search_read_lock(search, store, err))
        return false;
    struct catalog_figures *figures =
        ym_arena_alloc(arena, (search->n_agencies + 1) * sizeof *figures);
    for (size_t i = 0; i < search->n; i++)
        if (search->docs[i].id && search->docs[i].state == 2)
            count(&figures[search->docs[i].agency], &search->docs[i], now);
    out->agencies = ym_arena_alloc(arena, (all.n + 1) * sizeof *out->agencies);
    for (size_t i = 0; i < all.n; i++) {
        struct catalog_group *group = &out->agencies[out->n_agencies++];
        group->agency = all.items[i];
        for (size_t k = 0; k < search->n_agencies; k++)
            if (search->agencies[k] == all.items[i].id)
                group->figures = figures[k];
    }
    search_unlock(search);
    return add_regions(store, arena, out, err);
}
