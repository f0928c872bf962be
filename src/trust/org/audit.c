#include "trust/org/inside.h"

static const char SQL_WRITE[] =
    "INSERT INTO audit (id, at, account, name, via, via_id, agency, what, about, result, address)"
    " VALUES (:id, :now, :account, :name, :via, :via_id, :agency, :what, :about, :result, "
    ":address)";
bool org_act_write(struct store *store, const struct org_act *act, const char *result,
                   struct ym_error *err)
{
    struct ym_str none = YM_STR("");

    return store_run(store, SQL_WRITE,
                     YM_ARGS(ym_int("id", store_new_id(store)), ym_int("now", ym_now()),
                             ym_int("account", act->account),
                             ym_text("name", act->name.p ? act->name : none),
                             ym_text("via", ym_str(act->via)), ym_int("via_id", act->via_id),
                             ym_int("agency", act->agency), ym_text("what", act->what),
                             ym_text("about", act->about.p ? act->about : none),
                             ym_text("result", ym_str(result)),
                             ym_text("address", act->address.p ? act->address : none)),
                     NULL, err);
}

static bool write_it(struct store *store, void *with, struct ym_error *err)
{
    struct org_act *act = with;

    act->written = org_act_write(store, act, "ok", err);
    return act->written;
}

void org_act_carry(struct store *store, struct org_act *act)
{
    if (act && !act->written)
        store_before_commit(store, write_it, act);
}

void org_act_with(struct store *store, const struct org_caller *caller)
{
    if (caller)
        org_act_carry(store, caller->act);
}

// Each part holds where its parameter says nothing.
#define WHERE                                                                                      \
    " FROM audit a LEFT JOIN agency g ON g.id = a.agency"                                          \
    " WHERE (:agency = 0 OR a.agency = :agency) AND (:account = 0 OR a.account = :account)"        \
    " AND (:name = '' OR a.name = :name) AND (:what = '' OR a.what = :what)"                       \
    " AND (:about = '' OR a.about LIKE :about_like ESCAPE '!')"                                    \
    " AND (:result = '' OR a.result = :result OR (:result = 'failed' AND a.result <> 'ok'))"       \
    " AND a.at >= :since AND a.at < :until"
static const char SQL_COUNT[] = "SELECT COUNT(*)" WHERE;
static const char SQL_FIND[] =
    "SELECT a.id, a.at, a.account, a.name, a.via, a.via_id, a.agency, a.what, a.about, a.result,"
    " a.address, g.name, g.title_zh, g.title_en" WHERE
    " AND a.id < :before ORDER BY a.id DESC LIMIT :limit";

static void read_line(const struct store_rows *rows, struct ym_arena *arena,
                      struct org_audit_line *out)
{
    *out = (struct org_audit_line){
        .id = store_int(rows, 0),
        .at = store_int(rows, 1),
        .account = store_int(rows, 2),
        .name = ym_arena_str(arena, store_text(rows, 3)),
        .via = ym_arena_str(arena, store_text(rows, 4)),
        .via_id = store_int(rows, 5),
        .agency = store_int(rows, 6),
        .what = ym_arena_str(arena, store_text(rows, 7)),
        .about = ym_arena_str(arena, store_text(rows, 8)),
        .result = ym_arena_str(arena, store_text(rows, 9)),
        .address = ym_arena_str(arena, store_text(rows, 10)),
        .agency_name = ym_arena_str(arena, store_text(rows, 11)),
        .agency_title_zh = ym_arena_str(arena, store_text(rows, 12)),
        .agency_title_en = ym_arena_str(arena, store_text(rows, 13)),
    };
}

// The agency whose lines the caller sees: 0 all.
static bool see(const struct org_caller *caller, int64_t asked, int64_t *agency,
                struct ym_error *err)
{
    struct org_grant grants[64];
    unsigned auditors = ORG_ROLE_BIT(ORG_AUDITOR) | ORG_ROLE_BIT(ORG_AGENCY_AUDITOR);

    *agency = asked;
    if (!org_need_role(caller, auditors, err))
        return false;
    if (org_holds(caller, ORG_ROLE_BIT(ORG_AUDITOR), 0))
        return true;
    size_t n = org_grants(caller, grants, YM_COUNT(grants));
    for (size_t i = 0; i < n; i++) {
        if (grants[i].role != ORG_AGENCY_AUDITOR || (asked != 0 && grants[i].agency != asked))
            continue;
        *agency = grants[i].agency;
        return true;
    }
    ym_fail(err, YM_NOT_FOUND, "org.agency", "there is no such agency for this caller");
    return ym_hint(err, "Look for it in the list of agencies.");
}

static struct ym_str or_empty(struct ym_str text)
{
    return text.p ? text : YM_STR("");
}

bool org_audit_find(struct store *store, const struct org_caller *caller,
                    const struct org_audit_filter *filter, struct ym_arena *arena,
                    struct org_audit *out, struct ym_error *err)
{
    struct store_rows *rows;
    int64_t agency = 0;

    *out = (struct org_audit){0};
    if (!see(caller, filter->agency, &agency, err))
        return false;
    struct ym_arg args[] = {
        ym_int("agency", agency),
        ym_int("account", filter->account),
        ym_text("name", or_empty(filter->name)),
        ym_text("what", or_empty(filter->what)),
        ym_text("about", or_empty(filter->about)),
        ym_text("about_like", store_like(false, or_empty(filter->about), arena)),
        ym_text("result", or_empty(filter->result)),
        ym_int("since", filter->since),
        ym_int("until", filter->until > 0 ? filter->until : INT64_MAX),
        ym_int("before", filter->before > 0 ? filter->before : INT64_MAX),
        ym_int("limit", filter->limit),
    };
    struct ym_args all = {args, YM_COUNT(args)}, counting = {args, YM_COUNT(args) - 2};
    if (!store_one(store, SQL_COUNT, counting, &out->total, err) ||
        !store_ask(store, SQL_FIND, all, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        read_line(rows, arena, &out->items[out->n++]);
    }
    return store_rows_close(rows, err);
}
