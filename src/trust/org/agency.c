#include "pure/codes/codes.h"
#include "trust/org/inside.h"

#define COLUMNS "id, name, title_zh, title_en, credit_code, region, datasets"

// A space of names is a database of the engine: not one that it has already, nor our own.
static bool check_name(struct ym_str name, struct ym_error *err)
{
    static const char *const taken[] = {"lake", "open", "system", "default", "information_schema"};
    bool ok = name.n >= 1 && name.n <= 63 && name.p[0] >= 'a' && name.p[0] <= 'z';

    for (size_t i = 0; ok && i < name.n; i++) {
        char c = name.p[i];
        ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    for (size_t i = 0; ok && i < YM_COUNT(taken); i++)
        ok = !ym_str_is(name, taken[i]);
    return ok || org_invalid(err, "org.agency_name", "name", "is no short name of an agency",
                             "Use a small letter, then up to 62 small letters, digits and _; not "
                             "lake, open, system or default.");
}

static const char SQL_REGION[] =
    "SELECT (SELECT COUNT(*) FROM region WHERE code = :code), EXISTS (SELECT 1 FROM region)";
static bool check_region(struct store *store, struct ym_str code, struct ym_error *err)
{
    struct store_rows *rows;
    bool known = false;

    if (code.n == 0)
        return true;
    if (!store_ask(store, SQL_REGION, YM_ARGS(ym_text("code", code)), &rows, err))
        return false;
    // Before the regions are loaded a code must only look like one.
    if (store_next(rows, err))
        known = store_int(rows, 0) > 0 || (!store_int(rows, 1) && codes_region(code));
    if (!store_rows_close(rows, err))
        return false;
    return known || org_invalid(err, "org.agency_region", "region", "is no code of a region",
                                "Choose a region from the list.");
}

static bool check(struct store *store, const struct org_agency *agency, struct ym_error *err)
{
    if (!check_name(agency->name, err) ||
        !org_check_text(agency->title_zh, "title.zh", 200, false, err) ||
        !org_check_text(agency->title_en, "title.en", 200, true, err))
        return false;
    if (agency->credit_code.n > 0 && !codes_credit_code(agency->credit_code))
        return org_invalid(err, "org.agency_credit_code", "credit_code",
                           "is no unified social credit code", "Check its 18 places.");
    return check_region(store, agency->region, err);
}

static struct ym_str or_empty(struct ym_str text)
{
    return text.p ? text : YM_STR("");
}

static const char SQL_ADD[] =
    "INSERT INTO agency (id, name, title_zh, title_en, credit_code, region, created)"
    " VALUES (:id, :name, :title_zh, :title_en, :credit_code, :region, :now)";
bool org_agency_add(struct store *store, const struct org_caller *caller, struct org_agency *agency,
                    struct ym_error *err)
{
    if (!org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) || !check(store, agency, err))
        return false;
    agency->id = store_new_id(store);
    agency->datasets = 0;
    if (store_run(store, SQL_ADD,
                  YM_ARGS(ym_int("id", agency->id), ym_text("name", agency->name),
                          ym_text("title_zh", agency->title_zh),
                          ym_text("title_en", or_empty(agency->title_en)),
                          ym_text("credit_code", or_empty(agency->credit_code)),
                          ym_text("region", or_empty(agency->region)), ym_int("now", ym_now())),
                  NULL, err))
        return true;
    if (strcmp(err->code, "store.unique") != 0)
        return false;
    ym_fail(err, YM_CONFLICT, "org.agency_taken", "there is an agency '%.*s' already",
            YM_FMT(agency->name));
    ym_hint(err, "Choose another short name.");
    return ym_about(err, agency->name);
}

static void read_agency(const struct store_rows *rows, struct ym_arena *arena,
                        struct org_agency *out)
{
    *out = (struct org_agency){
        .id = store_int(rows, 0),
        .name = ym_arena_str(arena, store_text(rows, 1)),
        .title_zh = ym_arena_str(arena, store_text(rows, 2)),
        .title_en = ym_arena_str(arena, store_text(rows, 3)),
        .credit_code = ym_arena_str(arena, store_text(rows, 4)),
        .region = ym_arena_str(arena, store_text(rows, 5)),
        .datasets = store_int(rows, 6),
    };
}

static bool get_one(struct store *store, const char *sql, struct ym_arg key, struct ym_str shown,
                    struct ym_arena *arena, struct org_agency *out, struct ym_error *err)
{
    struct store_rows *rows;

    if (!store_ask(store, sql, YM_ARGS(key), &rows, err))
        return false;
    bool found = store_next(rows, err);
    if (found)
        read_agency(rows, arena, out);
    if (!store_rows_close(rows, err))
        return false;
    if (found)
        return true;
    ym_fail(err, YM_NOT_FOUND, "org.agency", "there is no agency '%.*s'", YM_FMT(shown));
    ym_hint(err, "Look for it in the list of agencies.");
    return ym_about(err, shown);
}

static const char SQL_GET[] = "SELECT " COLUMNS " FROM agency WHERE id = :id";
bool org_agency_get(struct store *store, int64_t id, struct ym_arena *arena, struct org_agency *out,
                    struct ym_error *err)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, id);
    return get_one(store, SQL_GET, ym_int("id", id), ym_str(text), arena, out, err);
}

static const char SQL_BY_NAME[] = "SELECT " COLUMNS " FROM agency WHERE name = :name";
bool org_agency_by_name(struct store *store, struct ym_str name, struct ym_arena *arena,
                        struct org_agency *out, struct ym_error *err)
{
    return get_one(store, SQL_BY_NAME, ym_text("name", name), name, arena, out, err);
}

static const char SQL_COUNT[] = "UPDATE agency SET datasets = datasets + :change WHERE id = :id";
bool org_agency_count(struct store *store, int64_t id, int64_t change, struct ym_error *err)
{
    return store_run(store, SQL_COUNT, YM_ARGS(ym_int("change", change), ym_int("id", id)), NULL,
                     err);
}

static const char SQL_LIST[] = "SELECT " COLUMNS " FROM agency ORDER BY name COLLATE \"C\"";
bool org_agency_list(struct store *store, struct ym_arena *arena, struct org_agencies *out,
                     struct ym_error *err)
{
    struct store_rows *rows;

    *out = (struct org_agencies){0};
    if (!store_ask(store, SQL_LIST, YM_NO_ARGS, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        read_agency(rows, arena, &out->items[out->n++]);
    }
    return store_rows_close(rows, err);
}
