#include "pure/codes/codes.h"
#include "trust/org/inside.h"

#define COLUMNS                                                                                    \
    "id, name, title_zh, title_en, credit_code, region, datasets, parent, closed, contact_name,"   \
    " contact_phone, contact_mail"

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
    if (agency->credit_code.n > 0 && !codes_credit_code(agency->credit_code, false))
        return org_invalid(err, "org.agency_credit_code", "credit_code",
                           "is no unified social credit code", "Check its 18 places.");
    return org_check_text(agency->contact_name, "contact.name", 100, true, err) &&
           org_check_text(agency->contact_phone, "contact.phone", 40, true, err) &&
           org_check_text(agency->contact_mail, "contact.mail", 200, true, err) &&
           check_region(store, agency->region, err);
}

// The parent is open and stands neither at the agency itself nor below it.
static const char SQL_ABOVE[] =
    "WITH RECURSIVE above (id, parent, closed, depth) AS ("
    " SELECT id, parent, closed, 1 FROM agency WHERE id = :parent"
    " UNION ALL SELECT g.id, g.parent, g.closed, a.depth + 1 FROM agency g"
    "  JOIN above a ON g.id = a.parent WHERE a.depth < 20)"
    " SELECT COUNT(*), COALESCE(SUM(CASE WHEN id = :id THEN 1 ELSE 0 END), 0),"
    " COALESCE(SUM(CASE WHEN depth = 1 AND closed > 0 THEN 1 ELSE 0 END), 0) FROM above";
static bool check_parent(struct store *store, const struct org_agency *agency, struct ym_error *err)
{
    struct store_rows *rows;
    bool there = false, loops = false, closed = false;

    if (agency->parent == 0)
        return true;
    if (!store_ask(store, SQL_ABOVE,
                   YM_ARGS(ym_int("parent", agency->parent), ym_int("id", agency->id)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        there = store_int(rows, 0) > 0 && store_int(rows, 0) < 20;
        loops = store_int(rows, 1) > 0;
        closed = store_int(rows, 2) > 0;
    }
    if (!store_rows_close(rows, err))
        return false;
    return (there && !loops && !closed) ||
           org_invalid(err, "org.agency_parent", "parent", "is no open agency above this one",
                       "Choose an agency that does not stand below this one.");
}

static struct ym_str or_empty(struct ym_str text)
{
    return text.p ? text : YM_STR("");
}

static bool fail_taken(struct ym_str name, struct ym_error *err)
{
    ym_fail(err, YM_CONFLICT, "org.agency_taken", "there is an agency '%.*s' already",
            YM_FMT(name));
    ym_hint(err, "Choose another short name.");
    return ym_about(err, name);
}

static const char SQL_ADD[] =
    "INSERT INTO agency (id, name, title_zh, title_en, credit_code, region, created, parent,"
    " contact_name, contact_phone, contact_mail)"
    " VALUES (:id, :name, :title_zh, :title_en, :credit_code, :region, :now, :parent,"
    " :contact_name, :contact_phone, :contact_mail)";
static const char SQL_CHANGE[] =
    "UPDATE agency SET title_zh = :title_zh, title_en = :title_en, credit_code = :credit_code,"
    " region = :region, parent = :parent, contact_name = :contact_name,"
    " contact_phone = :contact_phone, contact_mail = :contact_mail WHERE id = :id AND name = :name";
static bool put(struct store *store, const char *sql, const struct org_agency *agency,
                int64_t *changed, struct ym_error *err)
{
    return store_run(store, sql,
                     YM_ARGS(ym_int("id", agency->id), ym_text("name", agency->name),
                             ym_text("title_zh", agency->title_zh),
                             ym_text("title_en", or_empty(agency->title_en)),
                             ym_text("credit_code", or_empty(agency->credit_code)),
                             ym_text("region", or_empty(agency->region)), ym_int("now", ym_now()),
                             agency->parent ? ym_int("parent", agency->parent) : ym_null("parent"),
                             ym_text("contact_name", or_empty(agency->contact_name)),
                             ym_text("contact_phone", or_empty(agency->contact_phone)),
                             ym_text("contact_mail", or_empty(agency->contact_mail))),
                     changed, err);
}

bool org_agency_add(struct store *store, const struct org_caller *caller, struct org_agency *agency,
                    struct ym_error *err)
{
    agency->id = 0;
    if (!org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) ||
        !check(store, agency, err) || !check_parent(store, agency, err))
        return false;
    agency->id = store_new_id(store);
    agency->datasets = agency->closed = 0;
    if (put(store, SQL_ADD, agency, NULL, err))
        return true;
    return strcmp(err->code, "store.unique") == 0 ? fail_taken(agency->name, err) : false;
}

bool org_agency_change(struct store *store, const struct org_caller *caller,
                       const struct org_agency *agency, struct ym_error *err)
{
    unsigned roles = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR);
    struct ym_arena arena = {0};
    struct org_agency before = {0};
    int64_t changed = 0;
    bool ok = false;

    if (!org_need_role(caller, roles, err) ||
        !org_agency_get(store, agency->id, &arena, &before, err))
        goto out;
    // Where an agency stands, and under which code, is the platform's to say.
    bool moved = before.parent != agency->parent ||
                 !ym_str_eq(before.credit_code, or_empty(agency->credit_code)) ||
                 !ym_str_eq(before.region, or_empty(agency->region));
    if (!org_holds(caller, moved ? ORG_ROLE_BIT(ORG_ADMINISTRATOR) : roles, agency->id)) {
        ym_fail(err, YM_DENIED, "org.agency_other", "this of the agency is not the caller's");
        ym_hint(err,
                "Ask system administration; an agency's administrator changes its titles and "
                "contact.");
        goto out;
    }
    ok = check(store, agency, err) &&
         (before.parent == agency->parent || check_parent(store, agency, err)) &&
         put(store, SQL_CHANGE, agency, &changed, err);
out:
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_CLOSE[] =
    "UPDATE agency SET closed = CASE WHEN :closed = 0 THEN 0 WHEN closed > 0 THEN closed"
    " ELSE :closed END WHERE id = :id AND (:closed = 0 OR NOT EXISTS"
    " (SELECT 1 FROM agency below WHERE below.parent = :id AND below.closed = 0))";
bool org_agency_close(struct store *store, const struct org_caller *caller, int64_t id, bool closed,
                      struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct org_agency found;
    int64_t changed = 0;

    bool ok = org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) &&
              org_agency_get(store, id, &arena, &found, err) &&
              store_run(store, SQL_CLOSE,
                        YM_ARGS(ym_int("closed", closed ? ym_now() : 0), ym_int("id", id)),
                        &changed, err);
    ym_arena_clear(&arena);
    if (!ok || changed == 1)
        return ok;
    ym_fail(err, YM_CONFLICT, "org.agency_has_agencies", "open agencies stand below this one");
    return ym_hint(err, "Move or close them first.");
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
        .parent = store_int(rows, 7),
        .closed = store_int(rows, 8),
        .contact_name = ym_arena_str(arena, store_text(rows, 9)),
        .contact_phone = ym_arena_str(arena, store_text(rows, 10)),
        .contact_mail = ym_arena_str(arena, store_text(rows, 11)),
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
