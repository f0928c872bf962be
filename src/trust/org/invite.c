#include "trust/org/inside.h"

enum { DAYS_MAX = 30 };

static bool fail_invitation(struct ym_error *err)
{
    ym_fail(err, YM_NOT_FOUND, "org.invitation", "the invitation is unknown, used or over");
    return ym_hint(err, "Ask whoever invited you for a new link.");
}

static const char SQL_INVITE[] =
    "INSERT INTO invitation (id, digest, account, created, expires)"
    " VALUES (:id, :digest, :account, :now, :expires)"
    " ON CONFLICT (account) DO UPDATE SET id = :id, digest = :digest, created = :now,"
    " expires = :expires";
bool org_invite(struct store *store, const struct org_caller *caller, int64_t id, int64_t days,
                struct ym_arena *arena, struct ym_str *secret, int64_t *expires,
                struct ym_error *err)
{
    struct org_account account;
    char digest[ORG_DIGEST];
    int64_t now = ym_now();

    if (days < 1 || days > DAYS_MAX)
        return org_invalid(err, "org.invitation_days", "days", "is not between 1 and 30",
                           "Choose how many days the link shall work.");
    if (!org_random_ready(err) || !org_look_after(store, caller, id, true, arena, &account, err))
        return false;
    struct ym_str made = org_random_text("", arena);
    org_digest("invitation:", made, digest);
    *expires = now + days * YM_DAY;
    if (!store_run(store, SQL_INVITE,
                   YM_ARGS(ym_int("id", store_new_id(store)), ym_text("digest", ym_str(digest)),
                           ym_int("account", id), ym_int("now", now), ym_int("expires", *expires)),
                   NULL, err))
        return false;
    *secret = made;
    return true;
}

static const char SQL_LOOK[] =
    "SELECT a.id, i.expires, a.name, a.display_name FROM invitation i"
    " JOIN account a ON a.id = i.account WHERE i.digest = :digest AND i.expires > :now"
    " AND a.locked = 0";
static bool look(struct store *store, const char *digest, struct ym_arena *arena,
                 struct org_invitation *out, struct ym_error *err)
{
    struct store_rows *rows;

    *out = (struct org_invitation){0};
    if (!store_ask(store, SQL_LOOK,
                   YM_ARGS(ym_text("digest", ym_str(digest)), ym_int("now", ym_now())), &rows, err))
        return false;
    if (store_next(rows, err))
        *out = (struct org_invitation){
            .account = store_int(rows, 0),
            .expires = store_int(rows, 1),
            .name = ym_arena_str(arena, store_text(rows, 2)),
            .display_name = ym_arena_str(arena, store_text(rows, 3)),
        };
    if (!store_rows_close(rows, err))
        return false;
    return out->account != 0 || fail_invitation(err);
}

bool org_invitation_look(struct store *store, struct ym_str secret, struct ym_arena *arena,
                         struct org_invitation *out, struct ym_error *err)
{
    char digest[ORG_DIGEST];

    org_digest("invitation:", secret, digest);
    return look(store, digest, arena, out, err);
}

// Of two who follow the link at the same moment one finds it.
static const char SQL_TAKE[] = "DELETE FROM invitation WHERE digest = :digest AND expires > :now";
static const char SQL_PASSWORD[] = "UPDATE account SET password = :password WHERE id = :id";
static bool take(struct store *store, const char *digest, const struct org_invitation *who,
                 struct ym_str hash, struct ym_str address, struct ym_error *err)
{
    int64_t taken = 0;

    if (!store_run(store, SQL_TAKE,
                   YM_ARGS(ym_text("digest", ym_str(digest)), ym_int("now", ym_now())), &taken,
                   err))
        return false;
    if (taken != 1)
        return fail_invitation(err);
    return store_run(store, SQL_PASSWORD,
                     YM_ARGS(ym_text("password", hash), ym_int("id", who->account)), NULL, err) &&
           org_guess_right(store, who->name, address, err) &&
           org_sessions_end(store, who->account, 0, err);
}

bool org_invitation_accept(struct store *store, struct ym_str secret, struct ym_str password,
                           struct ym_str address, struct ym_arena *arena,
                           struct org_invitation *out, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct ym_str hash;
    bool ok = false;

    org_digest("invitation:", secret, digest);
    // Looked for before the hash is made: who has no link costs us no memory.
    if (!look(store, digest, arena, out, err) || !org_check_password(out->name, password, err) ||
        !org_hash_password(password, arena, &hash, err))
        return false;
    if (!store_begin(store, err))
        goto out;
    if (!take(store, digest, out, hash, address, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    if (ok)
        ym_log(YM_INFO, "org.invitation_accepted", YM_ARGS(ym_int("account", out->account)));
    return ok;
}
