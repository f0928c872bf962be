#include "trust/org/inside.h"

enum { FREE_ACCOUNT = 5, FREE_ADDRESS = 30 };
#define FIRST_DELAY  YM_SECOND
#define MOST_DELAY   (900 * YM_SECOND)
#define FORGET_AFTER YM_DAY
#define AHEAD        (60 * YM_SECOND)

static void key_of(const char *what, struct ym_str value, char key[ORG_DIGEST])
{
    org_digest(what, value, key);
}

static bool fail_wait(struct ym_error *err, int64_t wait)
{
    int64_t seconds = (wait + YM_SECOND - 1) / YM_SECOND;

    ym_fail(err, YM_LIMITED, "org.slow_down", "too many failed sign-ins; %lld s to wait",
            (long long)seconds);
    return ym_hint(err, "Wait %lld s, then try again.", (long long)seconds);
}

static const char SQL_WAIT[] = "SELECT last + delay FROM guess WHERE key = :key";
static bool fail_by(struct store *store, struct ym_arg key, int64_t now, struct ym_error *err)
{
    int64_t until = now;

    if (!store_one(store, SQL_WAIT, YM_ARGS(key), &until, err))
        return false;
    return fail_wait(err, until > now ? until - now : YM_SECOND);
}

/* One statement: of guesses sent at the same moment each sees the one before. No row: must wait.
 * A guess far ahead of us is of a clock that was set back since, and binds nobody. One a little
 * ahead is of somebody who read the clock after us and got the row before us: PostgreSQL makes us
 * wait for the row after `now` was read, and such a guess must hold. */
static const char SQL_COUNT[] =
    "INSERT INTO guess (key, failures, delay, last) VALUES (:key, 1, 0, :now)"
    " ON CONFLICT (key) DO UPDATE SET last = :now,"
    " failures = CASE WHEN guess.last < :forget THEN 1 ELSE guess.failures + 1 END,"
    " delay = CASE WHEN guess.last < :forget OR guess.failures + 1 <= :free THEN 0"
    " WHEN guess.delay * 2 > :most THEN :most"
    " WHEN guess.delay > 0 THEN guess.delay * 2 ELSE :first END"
    " WHERE guess.last + guess.delay <= :now OR guess.last > :ahead"
    " RETURNING failures";
static bool count(struct store *store, const char *hashed, int64_t may, struct ym_error *err)
{
    struct ym_arg key = ym_text("key", ym_str(hashed)), now = ym_int("now", ym_now());
    struct ym_arg forget = ym_int("forget", now.i - FORGET_AFTER),
                  most = ym_int("most", MOST_DELAY);
    struct ym_arg first = ym_int("first", FIRST_DELAY), lenient = ym_int("free", may);
    struct ym_arg ahead = ym_int("ahead", now.i + AHEAD);
    struct store_rows *rows;

    if (!store_ask(store, SQL_COUNT, YM_ARGS(key, now, forget, lenient, most, first, ahead), &rows,
                   err))
        return false;
    bool counted = store_next(rows, err);
    if (!store_rows_close(rows, err))
        return false;
    return counted || fail_by(store, key, now.i, err);
}

bool org_guess(struct store *store, struct ym_str name, struct ym_str address, struct ym_error *err)
{
    char account[ORG_DIGEST], place[ORG_DIGEST];
    bool ok = false;

    key_of("account:", name, account);
    key_of("address:", address, place);
    if (!store_begin(store, err))
        goto out;
    if (!count(store, account, FREE_ACCOUNT, err) || !count(store, place, FREE_ADDRESS, err))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

static const char SQL_FORGET[] = "DELETE FROM guess WHERE key = :key OR last < :old";
bool org_guess_forget(struct store *store, struct ym_str name, struct ym_error *err)
{
    char account[ORG_DIGEST];

    key_of("account:", name, account);
    return store_run(
        store, SQL_FORGET,
        YM_ARGS(ym_text("key", ym_str(account)), ym_int("old", ym_now() - FORGET_AFTER)), NULL,
        err);
}

// Only this guess is taken back: signing in to one's own account does not wipe off guesses at
// others'.
static const char SQL_TAKE_BACK[] =
    "UPDATE guess SET failures = failures - 1, delay = delay / 2 WHERE key = :key AND failures > 0";
bool org_guess_half(struct store *store, struct ym_str address, struct ym_error *err)
{
    char place[ORG_DIGEST];

    key_of("address:", address, place);
    return store_run(store, SQL_TAKE_BACK, YM_ARGS(ym_text("key", ym_str(place))), NULL, err);
}

bool org_guess_right(struct store *store, struct ym_str name, struct ym_str address,
                     struct ym_error *err)
{
    return org_guess_forget(store, name, err) && org_guess_half(store, address, err);
}
