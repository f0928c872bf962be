#include "trust/org/inside.h"

#include <sodium.h>

enum { KEY_BYTES = 20, STEP_S = 30, DIGITS = 6, CODE_CHARS = 10 };

static bool fail_code(struct ym_error *err)
{
    ym_fail(err, YM_SIGN_IN, "org.code", "the code is wrong or was used already");
    ym_hint(err, "Wait for the next code of the app, and check the clock of the phone.");
    return ym_about(err, YM_STR("code"));
}

static struct ym_str about(int64_t account, char text[48])
{
    (void)snprintf(text, 48, "factor:%" PRId64, account);
    return ym_str(text);
}

static const char SQL_FACTOR[] =
    "SELECT secret, step, confirmed FROM second_factor WHERE account = :account";
struct factor {
    struct ym_str secret; // raw
    int64_t step, confirmed;
    bool there;
};
static bool read_factor(struct store *store, const struct store_seal *seal, int64_t account,
                        struct ym_arena *arena, struct factor *out, struct ym_error *err)
{
    struct store_rows *rows;
    struct ym_str sealed = {NULL, 0};
    char text[48];

    *out = (struct factor){0};
    if (!store_ask(store, SQL_FACTOR, YM_ARGS(ym_int("account", account)), &rows, err))
        return false;
    if (store_next(rows, err)) {
        sealed = ym_arena_str(arena, store_text(rows, 0));
        out->step = store_int(rows, 1);
        out->confirmed = store_int(rows, 2);
        out->there = true;
    }
    if (!store_rows_close(rows, err))
        return false;
    return !out->there ||
           store_unseal_text(seal, about(account, text), sealed, arena, &out->secret, err);
}

// The step whose code this is; 0: of none that may still be used.
static int64_t step_of(const struct factor *factor, struct ym_str code)
{
    int64_t now = ym_now() / (STEP_S * YM_SECOND), found = 0;
    char text[16];

    for (int64_t step = now - 1; step <= now + 1; step++) {
        uint32_t value =
            org_totp((const unsigned char *)factor->secret.p, factor->secret.n, step, DIGITS);
        (void)snprintf(text, sizeof text, "%06u", value);
        if (org_same_secret(ym_str(text), code) && step > factor->step)
            found = step;
    }
    return found;
}

// Compare and set: of the same code sent twice at the same moment one wins.
static const char SQL_USE[] =
    "UPDATE second_factor SET step = :step WHERE account = :account AND step < :step";
static bool use_step(struct store *store, int64_t account, int64_t step, bool *right,
                     struct ym_error *err)
{
    int64_t changed = 0;

    if (!store_run(store, SQL_USE, YM_ARGS(ym_int("step", step), ym_int("account", account)),
                   &changed, err))
        return false;
    *right = changed == 1;
    return true;
}

// Recovery codes are typed from paper: case, blanks and the dash do not count.
static struct ym_str plain(struct ym_str code, char to[CODE_CHARS + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < code.n; i++) {
        char c = code.p[i];
        if (c == '-' || c == ' ')
            continue;
        if (n == CODE_CHARS)
            return (struct ym_str){NULL, 0};
        to[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    to[n] = '\0';
    return (struct ym_str){to, n};
}

static void recovery_digest(int64_t account, struct ym_str code, char out[ORG_DIGEST])
{
    char prefix[48];

    (void)snprintf(prefix, sizeof prefix, "recovery:%" PRId64 ":", account);
    org_digest(prefix, code, out);
}

static const char SQL_RECOVER[] =
    "DELETE FROM recovery_code WHERE account = :account AND digest = :digest";
static bool use_recovery(struct store *store, int64_t account, struct ym_str code, bool *right,
                         struct ym_error *err)
{
    char digest[ORG_DIGEST], text[CODE_CHARS + 1];
    int64_t changed = 0;
    struct ym_str clean = plain(code, text);

    if (clean.n != CODE_CHARS)
        return true;
    recovery_digest(account, clean, digest);
    if (!store_run(store, SQL_RECOVER,
                   YM_ARGS(ym_int("account", account), ym_text("digest", ym_str(digest))), &changed,
                   err))
        return false;
    *right = changed == 1;
    if (*right)
        ym_log(YM_WARN, "org.recovery_code_used", YM_ARGS(ym_int("account", account)));
    return true;
}

bool org_factor_code(struct store *store, const struct store_seal *seal, int64_t account,
                     struct ym_str code, bool *right, struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct factor factor;

    *right = false;
    bool ok = read_factor(store, seal, account, &arena, &factor, err);
    if (ok && code.n == DIGITS) {
        int64_t step = factor.there ? step_of(&factor, code) : 0;
        ok = step == 0 || use_step(store, account, step, right, err);
    } else if (ok) {
        ok = use_recovery(store, account, code, right, err);
    }
    if (factor.secret.n > 0)
        sodium_memzero((char *)factor.secret.p, factor.secret.n);
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_BEGIN[] =
    "INSERT INTO second_factor (account, secret, created) VALUES (:account, :secret, :now)"
    " ON CONFLICT (account) DO UPDATE SET secret = :secret, step = 0, created = :now"
    " WHERE second_factor.confirmed = 0";
bool org_factor_begin(struct store *store, const struct store_seal *seal,
                      const struct org_caller *caller, struct ym_str password,
                      struct ym_str address, struct ym_arena *arena, struct ym_str *secret,
                      struct ym_error *err)
{
    unsigned char key[KEY_BYTES];
    char text[2 * KEY_BYTES], name[48];
    struct ym_str sealed;
    int64_t changed = 0;

    if (!org_need_session(caller, err) || !org_random_ready(err) ||
        !org_ask_password(store, caller, password, address, err))
        return false;
    randombytes_buf(key, sizeof key);
    org_base32(key, sizeof key, text);
    bool ok = store_seal_text(seal, about(caller->account, name),
                              (struct ym_str){(char *)key, sizeof key}, arena, &sealed, err) &&
              store_run(store, SQL_BEGIN,
                        YM_ARGS(ym_int("account", caller->account), ym_text("secret", sealed),
                                ym_int("now", ym_now())),
                        &changed, err);
    sodium_memzero(key, sizeof key);
    if (ok && changed != 1) {
        ym_fail(err, YM_CONFLICT, "org.factor_there", "the account has a second factor already");
        return ym_hint(err, "Remove it first; that wants a code of it.");
    }
    if (ok)
        *secret = ym_arena_str(arena, ym_str(text));
    sodium_memzero(text, sizeof text);
    return ok;
}

static const char SQL_NO_CODES[] = "DELETE FROM recovery_code WHERE account = :account";
static const char SQL_ADD_CODE[] =
    "INSERT INTO recovery_code (account, digest) VALUES (:account, :digest)";
static bool make_codes(struct store *store, int64_t account, struct ym_arena *arena,
                       struct org_recovery *out, struct ym_error *err)
{
    // No letters that look alike: they are typed from paper. 31^10 of them.
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    char text[CODE_CHARS + 1] = "", digest[ORG_DIGEST];

    if (!store_run(store, SQL_NO_CODES, YM_ARGS(ym_int("account", account)), NULL, err))
        return false;
    for (size_t i = 0; i < ORG_RECOVERY_CODES; i++) {
        for (size_t j = 0; j < CODE_CHARS; j++)
            text[j] = letters[randombytes_uniform(sizeof letters - 1)];
        recovery_digest(account, ym_str(text), digest);
        if (!store_run(store, SQL_ADD_CODE,
                       YM_ARGS(ym_int("account", account), ym_text("digest", ym_str(digest))), NULL,
                       err))
            return false;
        out->codes[i] = ym_arena_printf(arena, "%.5s-%.5s", text, text + 5);
    }
    sodium_memzero(text, sizeof text);
    return true;
}

// A code that was counted as a guess first; false with *err where it was none.
static bool need_code(struct store *store, const struct store_seal *seal,
                      const struct org_caller *caller, struct ym_str code, struct ym_str address,
                      struct ym_error *err)
{
    bool right = false;

    if (!org_factor_code(store, seal, caller->account, code, &right, err))
        return false;
    return right ? org_guess_right(store, caller->name, address, err) : fail_code(err);
}

// A guess is counted on its own, and must not carry the act that it stands before.
static bool count_guess(struct store *store, const struct org_caller *caller, struct ym_str address,
                        struct ym_error *err)
{
    store_before_commit(store, NULL, NULL);
    bool ok = org_guess(store, caller->name, address, err);
    org_act_with(store, caller);
    return ok;
}

static const char SQL_CONFIRM[] =
    "UPDATE second_factor SET confirmed = :now WHERE account = :account AND confirmed = 0";
static bool confirm(struct store *store, const struct store_seal *seal, struct org_caller *caller,
                    struct ym_str code, struct ym_str address, struct ym_arena *arena,
                    char secret[65], struct org_recovery *out, struct ym_error *err)
{
    int64_t changed = 0;

    if (!need_code(store, seal, caller, code, address, err) ||
        !store_run(store, SQL_CONFIRM,
                   YM_ARGS(ym_int("account", caller->account), ym_int("now", ym_now())), &changed,
                   err))
        return false;
    if (changed != 1) {
        ym_fail(err, YM_CONFLICT, "org.factor_there", "the account has a second factor already");
        return ym_hint(err, "Remove it first; that wants a code of it.");
    }
    return make_codes(store, caller->account, arena, out, err) &&
           org_sessions_end(store, caller->account, caller->session, err) &&
           org_session_renew(store, caller, secret, err);
}

bool org_factor_confirm(struct store *store, const struct store_seal *seal,
                        struct org_caller *caller, struct ym_str code, struct ym_str address,
                        struct ym_arena *arena, char secret[65], struct org_recovery *out,
                        struct ym_error *err)
{
    bool ok = false;

    *out = (struct org_recovery){0};
    if (!org_need_session(caller, err) || !org_random_ready(err) ||
        !count_guess(store, caller, address, err))
        return false;
    if (!store_begin(store, err))
        goto out;
    if (!confirm(store, seal, caller, code, address, arena, secret, out, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    if (ok)
        caller->second_factor = true;
    return ok;
}

bool org_factor_recovery(struct store *store, const struct store_seal *seal,
                         const struct org_caller *caller, struct ym_str code, struct ym_str address,
                         struct ym_arena *arena, struct org_recovery *out, struct ym_error *err)
{
    bool ok = false;

    *out = (struct org_recovery){0};
    if (!org_need_session(caller, err) || !org_random_ready(err) ||
        !count_guess(store, caller, address, err))
        return false;
    if (!store_begin(store, err))
        goto out;
    if (!caller->second_factor) {
        fail_code(err);
        goto out;
    }
    if (!need_code(store, seal, caller, code, address, err) ||
        !make_codes(store, caller->account, arena, out, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

bool org_factor_remove(struct store *store, const struct store_seal *seal,
                       const struct org_caller *caller, struct ym_str code, struct ym_str address,
                       struct ym_error *err)
{
    bool ok = false;

    if (!org_need_session(caller, err) || !count_guess(store, caller, address, err))
        return false;
    if (!store_begin(store, err))
        goto out;
    if (!need_code(store, seal, caller, code, address, err) ||
        !org_factor_erase(store, caller->account, err) ||
        !org_sessions_end(store, caller->account, caller->session, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

static const char SQL_ERASE[] = "DELETE FROM second_factor WHERE account = :account";
bool org_factor_erase(struct store *store, int64_t account, struct ym_error *err)
{
    struct ym_arg which = ym_int("account", account);

    return store_run(store, SQL_NO_CODES, YM_ARGS(which), NULL, err) &&
           store_run(store, SQL_ERASE, YM_ARGS(which), NULL, err);
}

bool org_factor_drop(struct store *store, const struct org_caller *caller, int64_t account,
                     struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct org_account found;
    bool ok = false;

    if (!org_look_after(store, caller, account, true, &arena, &found, err))
        goto out;
    if (!store_begin(store, err))
        goto out;
    if (!org_factor_erase(store, account, err) || !org_sessions_end(store, account, 0, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    ym_arena_clear(&arena);
    return ok;
}

static const char SQL_LEFT[] = "SELECT COUNT(*) FROM recovery_code WHERE account = :account";
bool org_factor_left(struct store *store, int64_t account, int64_t *codes, struct ym_error *err)
{

    *codes = 0;
    return store_one(store, SQL_LEFT, YM_ARGS(ym_int("account", account)), codes, err);
}
