/* The code lists and the core metadata of an entry (政务信息资源目录编制指南(试行), 2017; decree
 * 809 of 2025): what each member may hold, and what an entry owes before it is published. */
#include "base/time.h"
#include "data/catalog/catalog_private.h"

#define HOUR (3600 * YM_SECOND)

const char *const catalog_openness[] = {"open", "conditional", "closed", NULL};
const char *const catalog_sharing[] = {"unconditional", "conditional", "withheld", NULL};
const char *const catalog_states[] = {"draft", "submitted", "published", NULL};
const char *const catalog_cycles[] = {"realtime",  "hour", "day",       "week",  "month", "quarter",
                                      "half_year", "year", "irregular", "never", NULL};
static const int64_t ages[] = {HOUR,         2 * HOUR,     2 * YM_DAY,   9 * YM_DAY, 40 * YM_DAY,
                               110 * YM_DAY, 200 * YM_DAY, 400 * YM_DAY, 0,          0};

// 资源属性分类: five of 基础, twelve of 主题, 部门.
static const char *const categories[] = {"base.population",
                                         "base.legal_entity",
                                         "base.space",
                                         "base.credit",
                                         "base.licence",
                                         "theme.public_service",
                                         "theme.health",
                                         "theme.social_security",
                                         "theme.food_drug",
                                         "theme.work_safety",
                                         "theme.price",
                                         "theme.energy",
                                         "theme.credit",
                                         "theme.construction",
                                         "theme.community",
                                         "theme.environment",
                                         "theme.emergency",
                                         "department",
                                         NULL};
static const char *const formats[] = {"database", "spreadsheet",    "document", "image",
                                      "stream",   "self_described", NULL};
static const char *const ways[] = {"platform", "mail", "copy", "medium", NULL};

#define AT(member) offsetof(struct catalog_dataset, member)
const struct catalog_fact catalog_facts[CATALOG_N_FACTS] = {
    {"category", AT(category), 40, categories},
    {"format", AT(format), 40, formats},
    {"sharing_way", AT(sharing_way), 40, ways},
    {"sharing_condition", AT(sharing_condition), 1000, NULL},
    {"sharing_basis", AT(sharing_basis), 1000, NULL},
    {"open_condition", AT(open_condition), 1000, NULL},
    {"open_planned", AT(open_planned), 10, NULL},
    {"closed_reason", AT(closed_reason), 1000, NULL},
    {"related", AT(related), 1000, NULL},
    {"contact", AT(contact), 200, NULL},
    {"contact_phone", AT(contact_phone), 60, NULL},
    {"contact_mail", AT(contact_mail), 200, NULL},
};

size_t catalog_gaps(const struct catalog_dataset *d, const char *gaps[CATALOG_GAPS],
                    size_t *classes)
{
    const struct {
        const char *name;
        bool owed;
    } all[] = {
        {"sharing_condition", ym_str_is(d->sharing, "conditional") && d->sharing_condition.n == 0},
        {"sharing_basis", ym_str_is(d->sharing, "withheld") && d->sharing_basis.n == 0},
        {"open_condition", ym_str_is(d->openness, "conditional") && d->open_condition.n == 0},
        {"closed_reason", ym_str_is(d->openness, "closed") && d->closed_reason.n == 0},
        {"abstract", d->abstract_zh.n == 0 && d->abstract_en.n == 0},
        {"theme", d->theme.n == 0},
        {"category", d->category.n == 0},
        {"format", d->format.n == 0},
        {"contact", d->contact.n == 0},
        {"contact_phone", d->contact_phone.n == 0 && d->contact_mail.n == 0},
    };
    size_t n = 0;

    *classes = 0;
    for (size_t i = 0; i < YM_COUNT(all); i++)
        if (all[i].owed) {
            gaps[n++] = all[i].name;
            *classes += i < 4;
        }
    return n;
}

bool catalog_incomplete(const struct catalog_dataset *dataset, bool classes_only,
                        struct ym_error *err)
{
    const char *gaps[CATALOG_GAPS];
    size_t classes, n = catalog_gaps(dataset, gaps, &classes);

    if ((classes_only ? classes : n) == 0)
        return true;
    ym_fail(err, YM_INVALID, "catalog.incomplete", "the entry of '%.*s' lacks %s",
            YM_FMT(dataset->name), gaps[0]);
    ym_hint(err,
            "Conditional sharing and openness want their condition, withheld sharing its "
            "legal basis, closed data the reason; and each entry a contact.");
    return ym_about(err, ym_str(gaps[0]));
}

int64_t catalog_cycle_age(struct ym_str cycle)
{
    for (size_t i = 0; catalog_cycles[i]; i++)
        if (ym_str_is(cycle, catalog_cycles[i]))
            return ages[i];
    return 0;
}

const char *catalog_freshness(const struct catalog_dataset *dataset, int64_t now)
{
    int64_t age = catalog_cycle_age(dataset->update_cycle);

    if (age == 0 || dataset->current.number == 0)
        return NULL;
    return now - dataset->current.published <= age ? "fresh" : "late";
}
