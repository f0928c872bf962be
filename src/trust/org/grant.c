#include "trust/org/inside.h"

enum {
    OF_PLATFORM =
        ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_SECURITY) | ORG_ROLE_BIT(ORG_AUDITOR),
    OF_AGENCY = ORG_ROLE_BIT(ORG_STEWARD) | ORG_ROLE_BIT(ORG_OFFICIAL) |
                ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AGENCY_AUDITOR),
    BY_AGENCY = ORG_ROLE_BIT(ORG_STEWARD) | ORG_ROLE_BIT(ORG_OFFICIAL) | ORG_ROLE_BIT(ORG_ANALYST) |
                ORG_ROLE_BIT(ORG_AGENCY_AUDITOR)
};

bool org_administers(enum org_role role)
{
    return (ORG_ROLE_BIT(role) & OF_PLATFORM) != 0;
}

// The order in which an account's roles are thought of; what it does at home comes first.
static int rank(struct org_grant grant, int64_t home)
{
    static const int ranks[ORG_ROLES] = {
        [ORG_ADMINISTRATOR] = 0,
        [ORG_SECURITY] = 1,
        [ORG_AUDITOR] = 2,
        [ORG_STEWARD] = 3,
        [ORG_AGENCY_ADMINISTRATOR] = 4,
        [ORG_OFFICIAL] = 5,
        [ORG_ANALYST] = 6,
        [ORG_AGENCY_AUDITOR] = 7,
        [ORG_CITIZEN] = 8,
    };

    return ranks[grant.role] + (grant.agency == 0 || grant.agency == home ? 0 : ORG_ROLES);
}

// The store's key forbids it; a store that somebody wrote into by hand gains him nothing.
static size_t drop_doubled(struct org_grant *grants, size_t n, int64_t account)
{
    size_t three = 0, kept = 0;

    for (size_t i = 0; i < n; i++)
        three += org_administers(grants[i].role);
    if (three < 2)
        return n;
    ym_log(YM_ERROR, "org.two_administrations", YM_ARGS(ym_int("account", account)));
    for (size_t i = 0; i < n; i++)
        if (!org_administers(grants[i].role))
            grants[kept++] = grants[i];
    return kept;
}

static const char SQL_GRANTS[] = "SELECT role, agency FROM account_role WHERE account = :account";
bool org_read_grants(struct store *store, struct ym_arena *arena, int64_t home,
                     struct org_caller *caller, struct ym_error *err)
{
    struct org_grant *grants = NULL;
    struct store_rows *rows;
    size_t n = 0, cap = 0, first = 0;

    if (!store_ask(store, SQL_GRANTS, YM_ARGS(ym_int("account", caller->account)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        struct org_grant one = {.agency = store_int(rows, 1)};
        if (!org_role_by_name(store_text(rows, 0), &one.role))
            continue; // a word of a newer program: nothing that we could allow
        grants = ym_arena_grow(arena, grants, &cap, n + 1, sizeof *grants);
        grants[n++] = one;
    }
    if (!store_rows_close(rows, err))
        return false;
    n = drop_doubled(grants, n, caller->account);
    caller->role = ORG_CITIZEN;
    caller->agency = 0;
    if (n == 0)
        return true;
    for (size_t i = 1; i < n; i++)
        if (rank(grants[i], home) < rank(grants[first], home))
            first = i;
    caller->role = grants[first].role;
    // Who administers or audits the platform may still be at home somewhere.
    bool at_home = caller->role == ORG_ADMINISTRATOR || caller->role == ORG_AUDITOR;
    caller->agency = at_home ? home : grants[first].agency;
    grants[first] = grants[n - 1];
    caller->more = grants;
    caller->n_more = n - 1;
    return true;
}

bool org_grant_checked(struct org_grant grant, struct ym_error *err)
{
    unsigned bit = ORG_ROLE_BIT(grant.role);

    if (grant.agency == 0 && (bit & OF_AGENCY))
        return org_invalid(err, "org.account_agency", "agency", "is missing",
                           "This role is held in an agency: name it.");
    if (grant.agency != 0 && ((bit & OF_PLATFORM) || grant.role == ORG_CITIZEN))
        return org_invalid(err, "org.role_agency", "agency", "does not go with this role",
                           "Leave it out, or choose the agency's own administrator or auditor.");
    return true;
}

static bool fail_appoint(struct org_grant grant, struct ym_error *err)
{
    ym_fail(err, YM_DENIED, "org.appoint", "the role %s is not the caller's to give",
            org_role_name(grant.role));
    ym_hint(err,
            "Security administration gives the roles of the platform; an agency's "
            "administrator those of the agency.");
    return ym_about(err, ym_str(org_role_name(grant.role)));
}

bool org_may_appoint(const struct org_caller *caller, struct org_grant grant, struct ym_error *err)
{
    unsigned some = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_SECURITY) |
                    ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR);

    if (!org_need_role(caller, some, err))
        return false;
    if (caller->machine || org_holds(caller, ORG_ROLE_BIT(ORG_SECURITY), 0))
        return true;
    if (org_holds(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), 0) && !org_administers(grant.role))
        return true;
    bool own = org_holds(caller, ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR), grant.agency);
    return (own && (ORG_ROLE_BIT(grant.role) & BY_AGENCY)) || fail_appoint(grant, err);
}

static void slot_of(struct org_grant grant, char out[64])
{
    if (org_administers(grant.role))
        (void)snprintf(out, 64, "administration");
    else
        (void)snprintf(out, 64, "%s@%" PRId64, org_role_name(grant.role), grant.agency);
}

static bool fail_separation(struct ym_error *err)
{
    ym_fail(err, YM_CONFLICT, "org.separation",
            "nobody holds two of system, security and audit administration");
    return ym_hint(err, "Take the other one away first, or give this one to somebody else.");
}

static const char SQL_OPEN[] = "SELECT closed FROM agency WHERE id = :id";
static bool agency_open(struct store *store, int64_t id, struct ym_error *err)
{
    int64_t closed = -1;

    if (id == 0)
        return true;
    if (!store_one(store, SQL_OPEN, YM_ARGS(ym_int("id", id)), &closed, err))
        return false;
    if (closed < 0)
        return org_invalid(err, "org.account_agency", "agency", "is not there",
                           "Choose an agency from the list.");
    if (closed == 0)
        return true;
    ym_fail(err, YM_CONFLICT, "org.agency_closed", "the agency is closed");
    return ym_hint(err, "Open it again, or choose the agency that took over.");
}

static const char SQL_GRANT[] =
    "INSERT INTO account_role (account, slot, role, agency, granted, granted_by)"
    " VALUES (:account, :slot, :role, :agency, :now, :by)"
    " ON CONFLICT (account, slot) DO UPDATE SET role = :role WHERE account_role.role = :role";
bool org_grant_insert(struct store *store, int64_t account, struct org_grant grant, int64_t by,
                      struct ym_error *err)
{
    char slot[64];
    int64_t changed = 0;

    slot_of(grant, slot);
    if (!agency_open(store, grant.agency, err) ||
        !store_run(store, SQL_GRANT,
                   YM_ARGS(ym_int("account", account), ym_text("slot", ym_str(slot)),
                           ym_text("role", ym_str(org_role_name(grant.role))),
                           grant.agency ? ym_int("agency", grant.agency) : ym_null("agency"),
                           ym_int("now", ym_now()), ym_int("by", by)),
                   &changed, err))
        return false;
    return changed == 1 || fail_separation(err);
}

static const char SQL_REVOKE[] =
    "DELETE FROM account_role WHERE account = :account AND slot = :slot AND role = :role";
static bool revoke(struct store *store, int64_t account, struct org_grant grant,
                   struct ym_error *err)
{
    char slot[64];
    int64_t changed = 0;

    slot_of(grant, slot);
    if (!store_run(store, SQL_REVOKE,
                   YM_ARGS(ym_int("account", account), ym_text("slot", ym_str(slot)),
                           ym_text("role", ym_str(org_role_name(grant.role)))),
                   &changed, err))
        return false;
    if (changed == 1)
        return true;
    ym_fail(err, YM_NOT_FOUND, "org.role_not_held", "the account does not hold the role %s there",
            org_role_name(grant.role));
    ym_hint(err, "Reload the account's roles.");
    return ym_about(err, ym_str(org_role_name(grant.role)));
}

static bool fail_own(struct ym_error *err)
{
    ym_fail(err, YM_DENIED, "org.own_account", "nobody changes the roles of his own account");
    return ym_hint(err, "Ask another administrator.");
}

// The account must be one that the caller may know of; whether he may give the role is another
// question.
static bool known(struct store *store, const struct org_caller *caller, int64_t id,
                  struct ym_arena *arena, struct ym_error *err)
{
    struct org_account account;

    if (!org_account_get(store, caller, id, arena, &account, err))
        return false;
    return !caller->account || caller->account != id || fail_own(err);
}

static bool change(struct store *store, const struct org_caller *caller, int64_t id,
                   struct org_grant grant, bool give, struct ym_error *err)
{
    struct ym_arena arena = {0};
    bool ok = false;

    if (!org_grant_checked(grant, err) || !known(store, caller, id, &arena, err) ||
        !org_may_appoint(caller, grant, err))
        goto out;
    if (!store_begin(store, err))
        goto out;
    if (!(give ? org_grant_insert(store, id, grant, caller->account, err)
               : revoke(store, id, grant, err)) ||
        !org_sessions_end(store, id, 0, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    ym_arena_clear(&arena);
    if (ok)
        ym_log(YM_INFO, give ? "org.granted" : "org.revoked",
               YM_ARGS(ym_int("account", id), ym_text("role", ym_str(org_role_name(grant.role))),
                       ym_int("agency", grant.agency), ym_int("by", caller->account)));
    return ok;
}

bool org_account_grant(struct store *store, const struct org_caller *caller, int64_t id,
                       struct org_grant grant, struct ym_error *err)
{
    return change(store, caller, id, grant, true, err);
}

bool org_account_revoke(struct store *store, const struct org_caller *caller, int64_t id,
                        struct org_grant grant, struct ym_error *err)
{
    return change(store, caller, id, grant, false, err);
}
