#include "trust/org/inside.h"

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

static bool check(const struct org_account *account, struct ym_str password, struct ym_error *err)
{
    if (!check_name(account->name, err) ||
        !org_check_text(account->display_name, "display_name", 100, true, err) ||
        !org_check_password(account->name, password, err))
        return false;
    if (account->agency == 0 && (account->role == ORG_STEWARD || account->role == ORG_OFFICIAL))
        return org_invalid(err, "org.account_agency", "agency", "is missing",
                           "A steward and an official belong to an agency: name it.");
    return true;
}

static bool fail_taken(struct ym_str name, struct ym_error *err)
{
    ym_fail(err, YM_CONFLICT, "org.account_taken", "there is an account '%.*s' already",
            YM_FMT(name));
    ym_hint(err, "Choose another name.");
    return ym_about(err, name);
}

static const char SQL_ADD[] =
    "INSERT INTO account (id, name, display_name, role, agency, password, created)"
    " VALUES (:id, :name, :display_name, :role, :agency, :password, :now)";
bool org_account_add(struct store *store, const struct org_caller *caller,
                     struct org_account *account, struct ym_str password, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str hash;

    if (!org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) ||
        !check(account, password, err))
        return false;
    if (account->display_name.n == 0)
        account->display_name = account->name;
    account->id = store_new_id(store);
    bool ok =
        org_hash_password(password, &arena, &hash, err) &&
        store_run(store, SQL_ADD,
                  YM_ARGS(ym_int("id", account->id), ym_text("name", account->name),
                          ym_text("display_name", account->display_name),
                          ym_text("role", ym_str(org_role_name(account->role))),
                          account->agency ? ym_int("agency", account->agency) : ym_null("agency"),
                          ym_text("password", hash), ym_int("now", ym_now())),
                  NULL, err);
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

static const char SQL_LIST[] =
    "SELECT id, name, display_name, role, agency, locked FROM account ORDER BY name COLLATE \"C\"";
bool org_account_list(struct store *store, const struct org_caller *caller, struct ym_arena *arena,
                      struct org_accounts *out, struct ym_error *err)
{
    struct store_rows *rows;

    *out = (struct org_accounts){0};
    if (!org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), err) ||
        !store_ask(store, SQL_LIST, YM_NO_ARGS, &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        struct org_account *account = &out->items[out->n++];
        *account = (struct org_account){
            .id = store_int(rows, 0),
            .name = ym_arena_str(arena, store_text(rows, 1)),
            .display_name = ym_arena_str(arena, store_text(rows, 2)),
            .role = ORG_CITIZEN,
            .agency = store_int(rows, 4),
            .locked = store_int(rows, 5) != 0,
        };
        (void)org_role_by_name(store_text(rows, 3), &account->role);
    }
    return store_rows_close(rows, err);
}

static bool need_one(int64_t changed, struct ym_str name, struct ym_error *err)
{
    if (changed == 1)
        return true;
    ym_fail(err, YM_NOT_FOUND, "org.account", "there is no account '%.*s'", YM_FMT(name));
    ym_hint(err, "Look for it in the list of accounts.");
    return ym_about(err, name);
}

static const char SQL_END_SESSIONS[] =
    "DELETE FROM session WHERE account IN (SELECT id FROM account WHERE name = :name)";
static bool change(struct store *store, const char *sql, struct ym_args args, struct ym_str name,
                   bool end_sessions, struct ym_error *err)
{
    int64_t changed = 0;
    bool ok = false;

    if (!store_begin(store, err))
        goto out;
    if (!store_run(store, sql, args, &changed, err) || !need_one(changed, name, err) ||
        !org_guess_forget(store, name, err))
        goto out;
    if (end_sessions &&
        !store_run(store, SQL_END_SESSIONS, YM_ARGS(ym_text("name", name)), NULL, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

static const char SQL_PASSWORD[] = "UPDATE account SET password = :password WHERE name = :name";
bool org_account_password(struct store *store, struct ym_str name, struct ym_str password,
                          struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str hash;

    bool ok = org_check_password(name, password, err) &&
              org_hash_password(password, &arena, &hash, err) &&
              change(store, SQL_PASSWORD, YM_ARGS(ym_text("password", hash), ym_text("name", name)),
                     name, true, err);
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_LOCK[] = "UPDATE account SET locked = :locked WHERE name = :name";
bool org_account_lock(struct store *store, struct ym_str name, bool locked, struct ym_error *err)
{
    return change(store, SQL_LOCK, YM_ARGS(ym_int("locked", locked), ym_text("name", name)), name,
                  locked, err);
}
