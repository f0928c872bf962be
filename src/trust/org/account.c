#include "trust/org/inside.h"

enum { LIST_MAX = 100000 };

static bool check_name(struct ym_str name, struct ym_error *err)
{
    bool ok = name.n >= 2 && name.n <= 64;

    for (size_t i = 0; ok && i < name.n; i++) {
        char c = name.p[i];
        ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             (i > 0 && (c == '.' || c == '_' || c == '@' || c == '-'));
    }
    return ok || org_invalid(err, "org.account_name", "name", "is no name of an account",
                             "Use 2 to 64 small letters, digits, points, dashes, @ and _.");
}

static struct org_grant grant_of(const struct org_account *account)
{
    bool platform = org_administers(account->role) || account->role == ORG_CITIZEN;

    return (struct org_grant){account->role, platform ? 0 : account->agency};
}

static bool check(const struct org_account *account, struct ym_str password, struct ym_error *err)
{
    if (!check_name(account->name, err) ||
        !org_check_text(account->display_name, "display_name", 100, true, err))
        return false;
    if (password.p && !org_check_password(account->name, password, err))
        return false;
    return org_grant_checked(grant_of(account), err);
}

static bool fail_taken(struct ym_str name, struct ym_error *err)
{
    ym_fail(err, YM_CONFLICT, "org.account_taken", "there is an account '%.*s' already",
            YM_FMT(name));
    ym_hint(err, "Choose another name.");
    return ym_about(err, name);
}

static const char SQL_ADD[] =
    "INSERT INTO account (id, name, display_name, agency, password, created)"
    " VALUES (:id, :name, :display_name, :agency, :password, :now)";
static bool insert(struct store *store, const struct org_caller *caller,
                   const struct org_account *account, struct ym_str hash, struct ym_error *err)
{
    bool ok = false;

    if (!store_begin(store, err))
        goto out;
    if (!store_run(store, SQL_ADD,
                   YM_ARGS(ym_int("id", account->id), ym_text("name", account->name),
                           ym_text("display_name", account->display_name),
                           account->agency ? ym_int("agency", account->agency) : ym_null("agency"),
                           ym_text("password", hash), ym_int("now", ym_now())),
                   NULL, err) ||
        !org_grant_insert(store, account->id, grant_of(account), caller->account, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

bool org_account_add(struct store *store, const struct org_caller *caller,
                     struct org_account *account, struct ym_str password, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str hash = YM_STR(""); // of an invited account: no password fits

    if (!org_need_role(caller, ~0U, err) || !check(account, password, err) ||
        !org_may_appoint(caller, grant_of(account), err))
        return false;
    if (account->display_name.n == 0)
        account->display_name = account->name;
    account->id = store_new_id(store);
    account->invited = !password.p;
    bool ok = (!password.p || org_hash_password(password, &arena, &hash, err)) &&
              insert(store, caller, account, hash, err);
    ym_arena_clear(&arena);
    if (ok)
        ym_log(YM_INFO, "org.account_added",
               YM_ARGS(ym_int("account", account->id),
                       ym_text("role", ym_str(org_role_name(account->role))),
                       ym_int("by", caller->account)));
    else if (strcmp(err->code, "store.unique") == 0)
        return fail_taken(account->name, err);
    else if (strcmp(err->code, "store.reference") == 0)
        return org_invalid(err, "org.account_agency", "agency", "is not there",
                           "Choose an agency from the list.");
    return ok;
}

// ---- reading: one row a role, so that an account's roles come with it

#define COLUMNS                                                                                    \
    "SELECT a.id, a.name, a.display_name, a.agency, a.locked, a.password = '',"                    \
    " EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id AND f.confirmed > 0),"          \
    " (SELECT MAX(s.seen) FROM session s WHERE s.account = a.id), r.role, r.agency"                \
    " FROM account a LEFT JOIN account_role r ON r.account = a.id"

static void read_first(const struct store_rows *rows, struct ym_arena *arena,
                       struct org_account *out)
{
    *out = (struct org_account){
        .id = store_int(rows, 0),
        .name = ym_arena_str(arena, store_text(rows, 1)),
        .display_name = ym_arena_str(arena, store_text(rows, 2)),
        .agency = store_int(rows, 3),
        .locked = store_int(rows, 4) != 0,
        .invited = store_int(rows, 5) != 0,
        .second_factor = store_int(rows, 6) != 0,
        .seen = store_int(rows, 7),
        .role = ORG_CITIZEN,
    };
}

// The first role is the one at home, or of the platform, that comes first in the order of roles.
static void read_role(const struct store_rows *rows, struct ym_arena *arena,
                      struct org_account *out)
{
    struct org_grant grant = {.agency = store_int(rows, 9)};

    if (!org_role_by_name(store_text(rows, 8), &grant.role))
        return;
    out->grants =
        ym_arena_grow(arena, out->grants, &out->cap_grants, out->n_grants + 1, sizeof *out->grants);
    out->grants[out->n_grants++] = grant;
    bool home = grant.agency == 0 || grant.agency == out->agency;
    if (out->n_grants == 1 || (home && grant.role < out->role))
        out->role = grant.role;
}

static bool read_all(struct store *store, const char *sql, struct ym_args args,
                     struct ym_arena *arena, struct org_accounts *out, struct ym_error *err)
{
    struct store_rows *rows;

    if (!store_ask(store, sql, args, &rows, err))
        return false;
    while (store_next(rows, err)) {
        if (out->n == 0 || out->items[out->n - 1].id != store_int(rows, 0)) {
            out->items =
                ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
            read_first(rows, arena, &out->items[out->n++]);
        }
        read_role(rows, arena, &out->items[out->n - 1]);
    }
    return store_rows_close(rows, err);
}

enum {
    SEE_ALL =
        ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_SECURITY) | ORG_ROLE_BIT(ORG_AUDITOR)
};

bool org_sees_account(const struct org_caller *caller, const struct org_account *account)
{
    unsigned local = ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR);
    bool sees = org_holds(caller, SEE_ALL, 0) || org_holds(caller, local, account->agency);

    for (size_t i = 0; !sees && i < account->n_grants; i++)
        sees = org_holds(caller, local, account->grants[i].agency);
    return sees;
}

bool org_fail_account(int64_t id, struct ym_error *err)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, id);
    ym_fail(err, YM_NOT_FOUND, "org.account", "there is no account '%s'", text);
    ym_hint(err, "Look for it in the list of accounts.");
    return ym_about(err, ym_str(text));
}

// The agencies whose accounts the caller may see, as "1,2"; "" all.
static bool agencies_seen(const struct org_caller *caller, int64_t ids[64], size_t *n,
                          struct ym_error *err)
{
    struct org_grant grants[64];

    *n = 0;
    if (!org_need_role(caller, SEE_ALL | ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR), err))
        return false;
    if (org_holds(caller, SEE_ALL, 0))
        return true;
    size_t all = org_grants(caller, grants, YM_COUNT(grants));
    for (size_t i = 0; i < all; i++)
        if (grants[i].role == ORG_AGENCY_ADMINISTRATOR)
            ids[(*n)++] = grants[i].agency;
    return true;
}

static struct ym_str or_empty(struct ym_str text)
{
    return text.p ? text : YM_STR("");
}

#define FILTER                                                                                     \
    " (:q = '' OR a.name LIKE :q_like ESCAPE '!' OR a.display_name LIKE :q_like ESCAPE '!')"       \
    " AND (:agency = 0 OR a.agency = :agency OR EXISTS (SELECT 1 FROM account_role x"              \
    "  WHERE x.account = a.id AND x.agency = :agency))"                                            \
    " AND (:seen = 0 OR a.agency = :seen OR EXISTS (SELECT 1 FROM account_role y"                  \
    "  WHERE y.account = a.id AND y.agency = :seen))"                                              \
    " AND (:role = '' OR EXISTS (SELECT 1 FROM account_role z"                                     \
    "  WHERE z.account = a.id AND z.role = :role))"                                                \
    " AND (:state = '' OR (:state = 'locked' AND a.locked = 1)"                                    \
    "  OR (:state = 'invited' AND a.locked = 0 AND a.password = '')"                               \
    "  OR (:state = 'active' AND a.locked = 0 AND a.password <> ''))"
static const char SQL_COUNT[] = "SELECT COUNT(*) FROM account a WHERE" FILTER;
static const char SQL_LIST[] =
    COLUMNS " WHERE a.id IN (SELECT a.id FROM account a WHERE" FILTER
            " AND a.name COLLATE \"C\" > :after ORDER BY a.name COLLATE \"C\" LIMIT :limit)"
            " ORDER BY a.name COLLATE \"C\", r.slot";

bool org_account_list(struct store *store, const struct org_caller *caller,
                      const struct org_account_filter *filter, struct ym_arena *arena,
                      struct org_accounts *out, struct ym_error *err)
{
    int64_t ids[64] = {0};
    size_t n = 0;

    *out = (struct org_accounts){0};
    if (!agencies_seen(caller, ids, &n, err))
        return false;
    // Who administers several agencies says of which one he asks; else it is the first.
    int64_t seen = ids[0];
    for (size_t i = 0; i < n; i++)
        if (ids[i] == filter->agency)
            seen = ids[i];
    struct ym_arg args[] = {
        ym_text("q", or_empty(filter->q)),
        ym_text("q_like", store_like(true, or_empty(filter->q), arena)),
        ym_int("agency", filter->agency),
        ym_int("seen", seen),
        ym_text("role", or_empty(filter->role)),
        ym_text("state", or_empty(filter->state)),
        ym_text("after", or_empty(filter->after)),
        ym_int("limit", filter->limit > 0 ? filter->limit : LIST_MAX),
    };
    return store_one(store, SQL_COUNT, (struct ym_args){args, YM_COUNT(args) - 2}, &out->total,
                     err) &&
           read_all(store, SQL_LIST, (struct ym_args){args, YM_COUNT(args)}, arena, out, err);
}

static const char SQL_GET[] = COLUMNS " WHERE a.id = :id ORDER BY r.slot";
static const char SQL_BY_NAME[] = COLUMNS " WHERE a.name = :name ORDER BY r.slot";

bool org_account_get(struct store *store, const struct org_caller *caller, int64_t id,
                     struct ym_arena *arena, struct org_account *out, struct ym_error *err)
{
    struct org_accounts found = {0};

    if (!org_need_role(caller, SEE_ALL | ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR), err) ||
        !read_all(store, SQL_GET, YM_ARGS(ym_int("id", id)), arena, &found, err))
        return false;
    if (found.n == 0 || !org_sees_account(caller, &found.items[0]))
        return org_fail_account(id, err);
    *out = found.items[0];
    return true;
}

static bool need_one(int64_t changed, struct ym_str name, struct ym_error *err)
{
    if (changed == 1)
        return true;
    ym_fail(err, YM_NOT_FOUND, "org.account", "there is no account '%.*s'", YM_FMT(name));
    ym_hint(err, "Look for it in the list of accounts.");
    return ym_about(err, name);
}

bool org_account_by_name(struct store *store, const struct org_caller *caller, struct ym_str name,
                         struct ym_arena *arena, struct org_account *out, struct ym_error *err)
{
    struct org_accounts found = {0};

    if (!org_need_role(caller, SEE_ALL | ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR), err) ||
        !read_all(store, SQL_BY_NAME, YM_ARGS(ym_text("name", name)), arena, &found, err))
        return false;
    if (!need_one(found.n == 1 && org_sees_account(caller, &found.items[0]), name, err))
        return false;
    *out = found.items[0];
    return true;
}

// ---- looking after

bool org_look_after(struct store *store, const struct org_caller *caller, int64_t id, bool whole,
                    struct ym_arena *arena, struct org_account *out, struct ym_error *err)
{
    bool administers = false;

    *out = (struct org_account){0};
    if (!org_account_get(store, caller, id, arena, out, err))
        return false;
    if (caller->machine)
        return true;
    if (caller->account == id) {
        ym_fail(err, YM_DENIED, "org.own_account", "nobody does this to his own account");
        return ym_hint(err, "Ask another administrator; what is yours is under your account.");
    }
    for (size_t i = 0; i < out->n_grants; i++)
        administers = administers || org_administers(out->grants[i].role);
    // Whoever could open the account of an administrator would hold his administration too.
    if (administers && (whole || !org_holds(caller, ORG_ROLE_BIT(ORG_SECURITY), 0))) {
        ym_fail(err, YM_DENIED, "org.administration",
                "the account administers the platform and is not the caller's to change");
        return ym_hint(err,
                       "Security administration locks it; the operator at the machine opens "
                       "it again.");
    }
    unsigned roles = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_SECURITY) |
                     ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR);
    if (org_holds(caller, roles, out->agency))
        return true;
    if (!org_need_role(caller, roles, err))
        return false;
    // One of another agency, who only works for this one: his own administrator looks after him.
    ym_fail(err, YM_DENIED, "org.other_home", "the account is looked after by its own agency");
    return ym_hint(err, "Ask the administrator of that agency; here only its role can be taken.");
}

static const char SQL_RENAME[] = "UPDATE account SET display_name = :shown WHERE id = :id";
bool org_account_rename(struct store *store, const struct org_caller *caller, int64_t id,
                        struct ym_str display_name, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct org_account found;

    bool ok = org_check_text(display_name, "display_name", 100, false, err) &&
              org_look_after(store, caller, id, false, &arena, &found, err) &&
              store_run(store, SQL_RENAME,
                        YM_ARGS(ym_text("shown", display_name), ym_int("id", id)), NULL, err);
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_END_SESSIONS[] =
    "DELETE FROM session WHERE account = :account AND id <> :but";
bool org_sessions_end(struct store *store, int64_t account, int64_t but, struct ym_error *err)
{
    return store_run(store, SQL_END_SESSIONS,
                     YM_ARGS(ym_int("account", account), ym_int("but", but)), NULL, err);
}

static const char SQL_END_BY_NAME[] =
    "DELETE FROM session WHERE account IN (SELECT id FROM account WHERE name = :name)";
static const char SQL_END_INVITATION[] =
    "DELETE FROM invitation WHERE account IN (SELECT id FROM account WHERE name = :name)";
static const char SQL_PASSWORD[] = "UPDATE account SET password = :password WHERE name = :name";
static bool set_password(struct store *store, struct ym_str name, struct ym_str hash,
                         struct ym_error *err)
{
    struct ym_arg which = ym_text("name", name);
    int64_t changed = 0;
    bool ok = false;

    if (!store_begin(store, err))
        goto out;
    if (!store_run(store, SQL_PASSWORD, YM_ARGS(ym_text("password", hash), which), &changed, err) ||
        !need_one(changed, name, err) || !org_guess_forget(store, name, err) ||
        !store_run(store, SQL_END_INVITATION, YM_ARGS(which), NULL, err) ||
        !store_run(store, SQL_END_BY_NAME, YM_ARGS(which), NULL, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

bool org_account_password(struct store *store, struct ym_str name, struct ym_str password,
                          struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str hash;

    bool ok = org_check_password(name, password, err) &&
              org_hash_password(password, &arena, &hash, err) &&
              set_password(store, name, hash, err);
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_LOCK[] = "UPDATE account SET locked = :locked WHERE id = :id";
bool org_account_lock(struct store *store, const struct org_caller *caller, int64_t id, bool locked,
                      struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct org_account found;
    bool ok = false;

    if (!org_look_after(store, caller, id, false, &arena, &found, err))
        goto out;
    if (!store_begin(store, err))
        goto out;
    if (!store_run(store, SQL_LOCK, YM_ARGS(ym_int("locked", locked), ym_int("id", id)), NULL,
                   err) ||
        !org_guess_forget(store, found.name, err))
        goto out;
    if (locked && !org_sessions_end(store, id, 0, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    ym_arena_clear(&arena);
    if (ok)
        ym_log(YM_INFO, locked ? "org.locked" : "org.unlocked",
               YM_ARGS(ym_int("account", id), ym_int("by", caller->account)));
    return ok;
}

bool org_account_end_sessions(struct store *store, const struct org_caller *caller, int64_t id,
                              struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct org_account found;

    bool ok = org_look_after(store, caller, id, false, &arena, &found, err) &&
              org_sessions_end(store, id, 0, err);
    ym_arena_clear(&arena);
    return ok;
}
