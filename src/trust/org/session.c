#include "trust/org/inside.h"

#include <sodium.h>

#define IDLE       (1800 * YM_SECOND)
#define LONGEST    (43200 * YM_SECOND)
#define SEEN_EVERY (60 * YM_SECOND)
enum { AGENT_MAX = 200 };

struct found {
    struct ym_str hash;
    bool locked;
    int64_t home;
};

// The roles come with org_read_grants.
static void read_caller(const struct store_rows *rows, struct ym_arena *arena,
                        struct org_caller *out)
{
    *out = (struct org_caller){
        .account = store_int(rows, 0),
        .name = ym_arena_str(arena, store_text(rows, 1)),
        .display_name = ym_arena_str(arena, store_text(rows, 2)),
        .role = ORG_CITIZEN,
        .second_factor = store_int(rows, 4) != 0,
    };
}

#define WHO                                                                                        \
    "a.id, a.name, a.display_name, a.agency,"                                                      \
    " EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id AND f.confirmed > 0), a.locked"

static const char SQL_ACCOUNT[] = "SELECT " WHO ", a.password FROM account a WHERE a.name = :name";
static bool find_account(struct store *store, struct ym_str name, struct ym_arena *arena,
                         struct org_caller *out, struct found *found, struct ym_error *err)
{
    struct store_rows *rows;

    *found = (struct found){0};
    if (!store_ask(store, SQL_ACCOUNT, YM_ARGS(ym_text("name", name)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        read_caller(rows, arena, out);
        found->home = store_int(rows, 3);
        found->locked = store_int(rows, 5) != 0;
        // Of who was invited and has none yet: nobody's, at the same cost.
        if (store_text(rows, 6).n > 0)
            found->hash = ym_arena_str(arena, store_text(rows, 6));
    }
    return store_rows_close(rows, err) &&
           (out->account == 0 || org_read_grants(store, arena, found->home, out, err));
}

// Bound to the session by being made of its secret; the secret cannot be made of it.
static void set_csrf(struct org_caller *caller, struct ym_str secret)
{
    org_digest("csrf:", secret, caller->csrf);
}

static const char SQL_OLD[] = "DELETE FROM session WHERE created < :longest OR seen < :idle";
static const char SQL_SESSION[] =
    "INSERT INTO session (id, digest, account, created, seen, address, agent)"
    " VALUES (:id, :digest, :account, :now, :now, :address, :agent)";
static bool insert_session(struct store *store, const struct org_sign_in *what, const char *secret,
                           struct org_caller *caller, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct ym_arg now = ym_int("now", ym_now());
    struct ym_str agent = ym_utf8_cut(what->agent, AGENT_MAX);
    size_t bad;

    org_digest("session:", ym_str(secret), digest);
    caller->session = store_new_id(store);
    if (!agent.p || !ym_utf8_valid(agent, &bad))
        agent = YM_STR("");
    return org_guess_right(store, what->name, what->address, err) &&
           store_run(store, SQL_OLD,
                     YM_ARGS(ym_int("longest", now.i - LONGEST), ym_int("idle", now.i - IDLE)),
                     NULL, err) &&
           store_run(store, SQL_SESSION,
                     YM_ARGS(ym_int("id", caller->session), ym_text("digest", ym_str(digest)),
                             ym_int("account", caller->account), now,
                             ym_text("address", what->address.p ? what->address : YM_STR("")),
                             ym_text("agent", agent)),
                     NULL, err);
}

static bool fail_needed(struct ym_error *err)
{
    ym_fail(err, YM_SIGN_IN, "org.code_needed", "the account has a second factor");
    ym_hint(err, "Send the code that the app shows now, or a recovery code, as `code`.");
    return ym_about(err, YM_STR("code"));
}

static bool fail_code(struct ym_error *err)
{
    ym_fail(err, YM_SIGN_IN, "org.code", "the code is wrong or was used already");
    ym_hint(err, "Wait for the next code of the app, and check the clock of the phone.");
    return ym_about(err, YM_STR("code"));
}

// Using the code up and beginning the session are one.
static bool begin_session(struct store *store, const struct store_seal *seal,
                          const struct org_sign_in *what, const char *secret,
                          struct org_caller *caller, struct ym_error *err)
{
    bool right = !caller->second_factor, ok = false;

    if (!store_begin(store, err))
        goto out;
    if (!right && !org_factor_code(store, seal, caller->account, what->code, &right, err))
        goto out;
    if (!right) {
        fail_code(err);
        goto out;
    }
    if (!insert_session(store, what, secret, caller, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

static bool judge(struct store *store, const struct org_sign_in *what, struct ym_arena *arena,
                  struct org_caller *out, struct ym_error *err)
{
    struct found found;
    bool right = false;

    // Looked for and hashed in any case: whether there is such a name shows in nothing.
    if (!find_account(store, what->name, arena, out, &found, err) ||
        !org_verify_password(found.hash, what->password, &right, err))
        return false;
    if (!right) {
        ym_fail(err, YM_SIGN_IN, "org.sign_in", "name or password is wrong");
        return ym_hint(err, "Check both and try again.");
    }
    if (found.locked) {
        ym_fail(err, YM_DENIED, "org.locked", "the account is locked");
        return ym_hint(err, "Ask an administrator of the platform to unlock it.");
    }
    if (!out->second_factor || what->code.n > 0)
        return true;
    // Whoever is asked for the code next goes on counting against the account, not the office.
    return org_guess_half(store, what->address, err) && fail_needed(err);
}

bool org_sign_in(struct store *store, const struct store_seal *seal, const struct org_sign_in *what,
                 struct ym_arena *arena, char secret[65], struct org_caller *out,
                 struct ym_error *err)
{
    struct org_sign_in asked = *what;
    struct org_act *act = out->act;
    size_t bad;

    *out = (struct org_caller){.act = act};
    secret[0] = '\0';
    if (!org_random_ready(err))
        return false;
    // What no name can be is asked for all the same, as something else that nobody has.
    if (asked.name.n > 256 || !ym_utf8_valid(asked.name, &bad) ||
        memchr(asked.name.p ? asked.name.p : "", '\0', asked.name.n))
        asked.name = YM_STR("?");
    bool ok =
        org_guess(store, asked.name, asked.address, err) && judge(store, &asked, arena, out, err);
    if (act && out->account) {
        act->account = out->account;
        act->name = out->name;
        act->agency = out->agency;
    }
    out->act = act;
    if (ok) {
        org_act_with(store, out); // not before: a guess that is counted is no sign-in
        org_random_hex(secret);
        ok = begin_session(store, seal, &asked, secret, out, err);
    }
    if (!ok) {
        sodium_memzero(secret, 65);
        *out = (struct org_caller){.act = act};
        return false;
    }
    set_csrf(out, ym_str(secret));
    ym_log(YM_INFO, "org.signed_in",
           YM_ARGS(ym_int("account", out->account), ym_int("session", out->session)));
    return true;
}

static const char SQL_RENEW[] = "UPDATE session SET digest = :digest WHERE id = :id";
bool org_session_renew(struct store *store, struct org_caller *caller, char secret[65],
                       struct ym_error *err)
{
    char digest[ORG_DIGEST];

    org_random_hex(secret);
    org_digest("session:", ym_str(secret), digest);
    set_csrf(caller, ym_str(secret));
    return store_run(store, SQL_RENEW,
                     YM_ARGS(ym_text("digest", ym_str(digest)), ym_int("id", caller->session)),
                     NULL, err);
}

bool org_need_session(const struct org_caller *caller, struct ym_error *err)
{
    if (!org_need_role(caller, ~0U, err))
        return false;
    if (caller->session != 0 && caller->account != 0)
        return true;
    ym_fail(err, YM_DENIED, "org.session_only", "this is done in a session, never by a token");
    return ym_hint(err, "Sign in on the platform's page and do it there.");
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
    "SELECT " WHO
    ", s.id, s.digest, s.created, s.seen"
    " FROM session s JOIN account a ON a.id = s.account WHERE s.digest = :digest";
bool org_session_caller(struct store *store, struct ym_str secret, struct ym_arena *arena,
                        struct org_caller *out, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct store_rows *rows;
    int64_t now = ym_now(), created = 0, seen = 0, home = 0;
    bool found = false, locked = false;

    *out = (struct org_caller){0};
    org_digest("session:", secret, digest);
    if (!store_ask(store, SQL_BY_SESSION, YM_ARGS(ym_text("digest", ym_str(digest))), &rows, err))
        return false;
    if (store_next(rows, err) && org_same_secret(store_text(rows, 7), ym_str(digest))) {
        found = true;
        read_caller(rows, arena, out);
        home = store_int(rows, 3);
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
    return org_read_grants(store, arena, home, out, err);
}

bool org_sign_out(struct store *store, const struct org_caller *caller, struct ym_error *err)
{
    if (!caller || caller->session == 0)
        return true;
    return store_run(store, SQL_DROP, YM_ARGS(ym_int("id", caller->session)), NULL, err);
}

static const char SQL_LIST[] =
    "SELECT id, created, seen, address, agent FROM session WHERE account = :account"
    " AND created > :longest AND seen > :idle ORDER BY id DESC";
bool org_session_list(struct store *store, const struct org_caller *caller, int64_t account,
                      struct ym_arena *arena, struct org_sessions *out, struct ym_error *err)
{
    struct store_rows *rows;
    struct org_account found;
    int64_t now = ym_now();

    *out = (struct org_sessions){0};
    if (!org_need_role(caller, ~0U, err))
        return false;
    if (account != 0 && account != caller->account &&
        !org_account_get(store, caller, account, arena, &found, err))
        return false;
    if (!store_ask(store, SQL_LIST,
                   YM_ARGS(ym_int("account", account ? account : caller->account),
                           ym_int("longest", now - LONGEST), ym_int("idle", now - IDLE)),
                   &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        out->items[out->n++] = (struct org_session){
            .id = store_int(rows, 0),
            .created = store_int(rows, 1),
            .seen = store_int(rows, 2),
            .address = ym_arena_str(arena, store_text(rows, 3)),
            .agent = ym_arena_str(arena, store_text(rows, 4)),
        };
    }
    return store_rows_close(rows, err);
}

static bool fail_unknown(int64_t id, struct ym_error *err)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, id);
    ym_fail(err, YM_NOT_FOUND, "org.session_unknown", "there is no session '%s'", text);
    ym_hint(err, "Look for it in the list of sessions.");
    return ym_about(err, ym_str(text));
}

static const char SQL_OF[] = "SELECT account FROM session WHERE id = :id";
bool org_session_end(struct store *store, const struct org_caller *caller, int64_t id,
                     struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct org_account found;
    struct store_rows *rows;
    int64_t account = 0;

    if (!org_need_role(caller, ~0U, err) ||
        !store_ask(store, SQL_OF, YM_ARGS(ym_int("id", id)), &rows, err))
        return false;
    if (store_next(rows, err))
        account = store_int(rows, 0);
    if (!store_rows_close(rows, err))
        return false;
    if (account == 0)
        return fail_unknown(id, err);
    bool ok = account == caller->account ||
              org_look_after(store, caller, account, false, &arena, &found, err);
    ym_arena_clear(&arena);
    // Who may not know of the account does not learn that there is such a session.
    if (!ok && (err->kind == YM_NOT_FOUND || strcmp(err->code, "org.role") == 0))
        return fail_unknown(id, err);
    return ok && store_run(store, SQL_DROP, YM_ARGS(ym_int("id", id)), NULL, err);
}

static const char SQL_HASH[] = "SELECT password FROM account WHERE id = :id";
bool org_ask_password(struct store *store, const struct org_caller *caller, struct ym_str password,
                      struct ym_str address, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str hash = {NULL, 0};
    struct store_rows *rows;
    bool right = false;

    // A guess is counted on its own, and must not carry the act that it stands before.
    struct org_act *act = caller->act;
    store_before_commit(store, NULL, NULL);
    bool ok = org_guess(store, caller->name, address, err) &&
              store_ask(store, SQL_HASH, YM_ARGS(ym_int("id", caller->account)), &rows, err);
    if (!ok)
        return false;
    if (store_next(rows, err) && store_text(rows, 0).n > 0)
        hash = ym_arena_str(&arena, store_text(rows, 0));
    ok = store_rows_close(rows, err) && org_verify_password(hash, password, &right, err);
    ym_arena_clear(&arena);
    if (!ok)
        return false;
    if (!right) {
        ym_fail(err, YM_DENIED, "org.old_password", "the password is wrong");
        ym_hint(err, "Type the password that you sign in with now.");
        return ym_about(err, YM_STR("password"));
    }
    if (!org_guess_right(store, caller->name, address, err))
        return false;
    org_act_carry(store, act);
    return true;
}

static const char SQL_CHANGE[] = "UPDATE account SET password = :password WHERE id = :id";
bool org_password_change(struct store *store, struct org_caller *caller, struct ym_str old,
                         struct ym_str fresh, struct ym_str address, char secret[65],
                         struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct ym_str hash;
    bool ok = false;

    if (!org_need_session(caller, err) || !org_random_ready(err) ||
        !org_check_password(caller->name, fresh, err) ||
        !org_ask_password(store, caller, old, address, err) ||
        !org_hash_password(fresh, &arena, &hash, err))
        goto out;
    if (!store_begin(store, err))
        goto out;
    if (!store_run(store, SQL_CHANGE,
                   YM_ARGS(ym_text("password", hash), ym_int("id", caller->account)), NULL, err) ||
        !org_sessions_end(store, caller->account, caller->session, err) ||
        !org_session_renew(store, caller, secret, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    ym_arena_clear(&arena);
    return ok;
}
