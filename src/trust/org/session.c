#include "trust/org/inside.h"

#include <sodium.h>

#define IDLE       (1800 * YM_SECOND)
#define LONGEST    (43200 * YM_SECOND)
#define SEEN_EVERY (60 * YM_SECOND)

struct found {
    struct ym_str hash;
    bool locked;
};

static void read_caller(const struct store_rows *rows, struct ym_arena *arena,
                        struct org_caller *out)
{
    *out = (struct org_caller){
        .account = store_int(rows, 0),
        .name = ym_arena_str(arena, store_text(rows, 1)),
        .display_name = ym_arena_str(arena, store_text(rows, 2)),
        .role = ORG_CITIZEN, // the least, where the store has a word that we do not know
        .agency = store_int(rows, 4),
    };
    (void)org_role_by_name(store_text(rows, 3), &out->role);
}

static const char SQL_ACCOUNT[] =
    "SELECT id, name, display_name, role, agency, locked, password FROM account WHERE name = :name";
static bool find_account(struct store *store, struct ym_str name, struct ym_arena *arena,
                         struct org_caller *out, struct found *found, struct ym_error *err)
{
    struct store_rows *rows;

    *found = (struct found){0};
    if (!store_ask(store, SQL_ACCOUNT, YM_ARGS(ym_text("name", name)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        read_caller(rows, arena, out);
        found->locked = store_int(rows, 5) != 0;
        found->hash = ym_arena_str(arena, store_text(rows, 6));
    }
    return store_rows_close(rows, err);
}

// Bound to the session by being made of its secret; the secret cannot be made of it.
static void set_csrf(struct org_caller *caller, struct ym_str secret)
{
    org_digest("csrf:", secret, caller->csrf);
}

static const char SQL_OLD[] = "DELETE FROM session WHERE created < :longest OR seen < :idle";
static const char SQL_SESSION[] =
    "INSERT INTO session (id, digest, account, created, seen)"
    " VALUES (:id, :digest, :account, :now, :now)";
static bool begin_session(struct store *store, struct ym_str name, struct ym_str address,
                          const char *secret, struct org_caller *caller, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct ym_arg now = ym_int("now", ym_now()), id = ym_int("id", store_new_id(store));
    bool ok = false;

    org_digest("session:", ym_str(secret), digest);
    if (!store_begin(store, err))
        goto out;
    if (!org_guess_right(store, name, address, err) ||
        !store_run(store, SQL_OLD,
                   YM_ARGS(ym_int("longest", now.i - LONGEST), ym_int("idle", now.i - IDLE)), NULL,
                   err) ||
        !store_run(
            store, SQL_SESSION,
            YM_ARGS(id, ym_text("digest", ym_str(digest)), ym_int("account", caller->account), now),
            NULL, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    caller->session = id.i;
    return ok;
}

static bool judge(struct store *store, struct ym_str name, struct ym_str password,
                  struct ym_arena *arena, struct org_caller *out, struct ym_error *err)
{
    struct found found;
    bool right = false;

    // Looked for and hashed in any case: whether there is such a name shows in nothing.
    if (!find_account(store, name, arena, out, &found, err) ||
        !org_verify_password(found.hash, password, &right, err))
        return false;
    if (!right) {
        ym_fail(err, YM_SIGN_IN, "org.sign_in", "name or password is wrong");
        return ym_hint(err, "Check both and try again.");
    }
    if (found.locked) {
        ym_fail(err, YM_DENIED, "org.locked", "the account is locked");
        return ym_hint(err, "Ask an administrator of the platform to unlock it.");
    }
    return true;
}

bool org_sign_in(struct store *store, struct ym_str name, struct ym_str password,
                 struct ym_str address, struct ym_arena *arena, char secret[65],
                 struct org_caller *out, struct ym_error *err)
{
    unsigned char bytes[ORG_SECRET_BYTES];
    size_t bad;

    *out = (struct org_caller){0};
    secret[0] = '\0';
    if (!org_random_ready(err))
        return false;
    // What no name can be is asked for all the same, as something else that nobody has.
    if (name.n > 256 || !ym_utf8_valid(name, &bad) || memchr(name.p ? name.p : "", '\0', name.n))
        name = YM_STR("?");
    if (!org_guess(store, name, address, err) || !judge(store, name, password, arena, out, err))
        return false;
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(secret, 65, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    if (!begin_session(store, name, address, secret, out, err)) {
        sodium_memzero(secret, 65);
        return false;
    }
    set_csrf(out, ym_str(secret));
    ym_log(YM_INFO, "org.signed_in",
           YM_ARGS(ym_int("account", out->account), ym_int("session", out->session)));
    return true;
}

static bool fail_session(struct ym_error *err)
{
    ym_fail(err, YM_SIGN_IN, "org.session", "the session is unknown or over");
    return ym_hint(err, "Sign in again.");
}

static const char SQL_SEEN[] = "UPDATE session SET seen = :now WHERE id = :id AND seen < :now";
static const char SQL_DROP[] = "DELETE FROM session WHERE id = :id";
// Neither is worth an error to a person who only wanted a page.
static void touch(struct store *store, const char *sql, int64_t id)
{
    struct ym_error err = {0};

    if (!store_run(store, sql, YM_ARGS(ym_int("id", id), ym_int("now", ym_now())), NULL, &err))
        ym_log_error(YM_WARN, "org.touch", &err);
}

static const char SQL_BY_SESSION[] =
    "SELECT a.id, a.name, a.display_name, a.role, a.agency, a.locked, s.id, s.digest, s.created, "
    "s.seen"
    " FROM session s JOIN account a ON a.id = s.account WHERE s.digest = :digest";
bool org_session_caller(struct store *store, struct ym_str secret, struct ym_arena *arena,
                        struct org_caller *out, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct store_rows *rows;
    int64_t now = ym_now(), created = 0, seen = 0;
    bool found = false, locked = false;

    *out = (struct org_caller){0};
    org_digest("session:", secret, digest);
    if (!store_ask(store, SQL_BY_SESSION, YM_ARGS(ym_text("digest", ym_str(digest))), &rows, err))
        return false;
    if (store_next(rows, err) && org_same_secret(store_text(rows, 7), ym_str(digest))) {
        found = true;
        read_caller(rows, arena, out);
        locked = store_int(rows, 5) != 0;
        out->session = store_int(rows, 6);
        created = store_int(rows, 8);
        seen = store_int(rows, 9);
    }
    if (!store_rows_close(rows, err))
        return false;
    if (!found)
        return fail_session(err);
    if (locked || now - created >= LONGEST || now - seen >= IDLE) {
        touch(store, SQL_DROP, out->session);
        *out = (struct org_caller){0};
        return fail_session(err);
    }
    if (now - seen >= SEEN_EVERY)
        touch(store, SQL_SEEN, out->session);
    set_csrf(out, secret);
    return true;
}

bool org_sign_out(struct store *store, const struct org_caller *caller, struct ym_error *err)
{
    if (!caller || caller->session == 0)
        return true;
    return store_run(store, SQL_DROP, YM_ARGS(ym_int("id", caller->session)), NULL, err);
}
