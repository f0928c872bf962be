#include "tests/trust/org/place.h"

#include <pthread.h>

static bool sign_in(struct place *place, const char *name, const char *password,
                    const char *address, char secret[65], struct org_caller *caller)
{
    const struct org_sign_in what = {
        .name = ym_str(name), .password = ym_str(password), .address = ym_str(address)};

    *caller = (struct org_caller){0};
    return org_sign_in(place->store, &seal, &what, &place->arena, secret, caller, &place->err);
}

static void change(struct place *place, const char *sql, int64_t by)
{
    int64_t changed = 0;

    assert_true(store_run(place->store, sql, YM_ARGS(ym_int("by", by)), &changed, &place->err));
    assert_true(changed > 0);
}

static void who_signs_in_is_known_by_the_cookie(void **state)
{
    struct place place = {0};
    struct org_caller caller, again;
    char secret[65], other[65];

    open_place(*state, &place);
    int64_t agency = add_agency(&place, "environment");
    int64_t id = add_account(&place, "wang.fang", ORG_STEWARD, agency);
    if (!sign_in(&place, "wang.fang", PASSWORD, "10.0.0.1", secret, &caller))
        fail_msg("%s: %s", place.err.code, place.err.message);
    assert_int_equal(strlen(secret), 64);
    assert_true(org_session_caller(place.store, ym_str(secret), &place.arena, &again, &place.err));
    assert_true(again.account == id && again.agency == agency && again.role == ORG_STEWARD);
    assert_true(again.session == caller.session && again.session != 0);
    assert_true(ym_str_is(again.name, "wang.fang") && ym_str_is(again.display_name, "王芳"));
    assert_string_equal(again.csrf, caller.csrf);
    assert_true(org_csrf_ok(&again, ym_str(caller.csrf)));
    assert_false(org_csrf_ok(&again, ym_str(secret)));
    assert_false(org_csrf_ok(&again, YM_STR("")));
    assert_false(org_csrf_ok(NULL, ym_str(caller.csrf)));
    // Another sign-in is another session, with another secret and another CSRF value.
    assert_true(sign_in(&place, "wang.fang", PASSWORD, "10.0.0.1", other, &again));
    assert_string_not_equal(other, secret);
    assert_string_not_equal(again.csrf, caller.csrf);
    assert_true(org_sign_out(place.store, &caller, &place.err));
    assert_false(org_session_caller(place.store, ym_str(secret), &place.arena, &again, &place.err));
    assert_string_equal(place.err.code, "org.session");
    assert_int_equal(place.err.kind, YM_SIGN_IN);
    assert_true(org_session_caller(place.store, ym_str(other), &place.arena, &again, &place.err));
    close_place(&place);
}

static void no_secret_is_in_the_store(void **state)
{
    struct place place = {0};
    struct org_caller caller;
    struct ym_str token;
    char secret[65], name[] = "spied";
    int64_t id;

    open_place(*state, &place);
    add_account(&place, name, ORG_ANALYST, 0);
    assert_true(sign_in(&place, name, PASSWORD, "10.0.0.1", secret, &caller));
    assert_true(org_token_add(place.store, &caller, YM_STR("脚本"), ORG_SCOPE_ALL, 30, &place.arena,
                              &id, &token, &place.err));
    const char *const where[] = {"SELECT password FROM account", "SELECT digest FROM session",
                                 "SELECT digest FROM token"};
    for (size_t i = 0; i < YM_COUNT(where); i++) {
        struct store_rows *rows;
        assert_true(store_ask(place.store, where[i], YM_NO_ARGS, &rows, &place.err));
        assert_true(store_next(rows, &place.err));
        struct ym_str kept = store_text(rows, 0);
        assert_true(ym_str_find(kept, ym_str(PASSWORD), 0) == SIZE_MAX);
        assert_true(ym_str_find(kept, ym_str(secret), 0) == SIZE_MAX);
        assert_true(ym_str_find(kept, ym_str_sub(token, 3, 10), 0) == SIZE_MAX);
        if (i == 0)
            assert_true(ym_str_starts(kept, YM_STR("$argon2id$v=19$m=65536,t=2,p=1$")));
        assert_true(store_rows_close(rows, &place.err));
    }
    close_place(&place);
}

static int64_t thread_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * YM_SECOND + time.tv_nsec / 1000;
}

// In what they say, in what they leave behind, and in what they cost: what stands in for the hash
// of nobody is of the same parameters as a real one.
static void an_unknown_name_and_a_wrong_password_look_the_same(void **state)
{
    struct place place = {0};
    struct org_caller caller;
    struct ym_error unknown;
    int64_t best[2] = {INT64_MAX, INT64_MAX};
    char secret[65];

    open_place(*state, &place);
    add_account(&place, "known", ORG_ANALYST, 0);
    for (int i = 0; i < 6; i++) {
        int64_t began = thread_time();
        assert_false(sign_in(&place, i % 2 ? "known" : "nobody", "wrong password", "10.0.0.1",
                             secret, &caller));
        int64_t cost = thread_time() - began;
        if (cost < best[i % 2])
            best[i % 2] = cost;
        if (i == 0)
            unknown = place.err;
        assert_string_equal(place.err.code, "org.sign_in");
        assert_int_equal(place.err.kind, YM_SIGN_IN);
    }
    assert_memory_equal(&unknown, &place.err, sizeof unknown);
    assert_int_equal(secret[0], '\0');
    assert_int_equal(caller.session, 0);
    assert_true(best[0] < best[1] * 3 / 2 && best[1] < best[0] * 3 / 2);
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM guess"), 3); // two names, one address
    assert_false(sign_in(&place, "known\xff", "wrong password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.sign_in");
    close_place(&place);
}

static void guessing_is_slowed_down_by_account_and_by_address(void **state)
{
    struct place place = {0};
    struct org_caller caller;
    char secret[65], address[32];

    open_place(*state, &place);
    add_account(&place, "target", ORG_ANALYST, 0);
    for (int i = 0; i < 3; i++) {
        snprintf(address, sizeof address, "10.0.0.%d", i);
        assert_false(sign_in(&place, "target", "wrong password", address, secret, &caller));
        assert_string_equal(place.err.code, "org.sign_in");
        if (i == 0)
            change(&place, "UPDATE guess SET failures = failures + :by WHERE delay = 0", 3);
    }
    assert_int_equal(count(&place, "SELECT MAX(delay) FROM guess"), YM_SECOND); // after the sixth
    change(&place, "UPDATE guess SET delay = :by WHERE delay > 0", 60 * YM_SECOND);
    // The right password has to wait too, from wherever it comes.
    assert_false(sign_in(&place, "target", PASSWORD, "10.9.9.9", secret, &caller));
    assert_string_equal(place.err.code, "org.slow_down");
    assert_int_equal(place.err.kind, YM_LIMITED);
    change(&place, "UPDATE guess SET last = last - :by", 61 * YM_SECOND);
    assert_false(sign_in(&place, "target", "wrong password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.sign_in");
    assert_int_equal(count(&place, "SELECT MAX(delay) FROM guess"), 120 * YM_SECOND); // it doubles
    change(&place, "UPDATE guess SET delay = :by WHERE delay > 0", 800 * YM_SECOND);
    change(&place, "UPDATE guess SET last = last - :by", 801 * YM_SECOND);
    assert_false(sign_in(&place, "target", "wrong password", "10.0.0.1", secret, &caller));
    assert_int_equal(count(&place, "SELECT MAX(delay) FROM guess"), 900 * YM_SECOND); // no more
    change(&place, "UPDATE guess SET last = last - :by", 901 * YM_SECOND);
    assert_true(sign_in(&place, "target", PASSWORD, "10.0.0.1", secret, &caller));
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM guess WHERE delay > 0"), 0);
    // One address, many names.
    assert_false(sign_in(&place, "other", "wrong password", "10.7.7.7", secret, &caller));
    change(&place, "UPDATE guess SET failures = :by", 30);
    assert_false(sign_in(&place, "another", "wrong password", "10.7.7.7", secret, &caller));
    assert_string_equal(place.err.code, "org.sign_in");
    change(&place, "UPDATE guess SET delay = :by WHERE delay > 0", 60 * YM_SECOND);
    assert_false(sign_in(&place, "third", "wrong password", "10.7.7.7", secret, &caller));
    assert_string_equal(place.err.code, "org.slow_down");
    close_place(&place);
}

struct guesser {
    struct store_pool *pool;
    bool wrong, limited, other;
};
static void *guess(void *arg)
{
    struct guesser *guesser = arg;
    struct place place = {.pool = guesser->pool};
    struct org_caller caller;
    char secret[65];

    if (store_take(place.pool, &place.store, &place.err))
        (void)sign_in(&place, "target", "wrong password", "10.0.0.1", secret, &caller);
    guesser->wrong = strcmp(place.err.code, "org.sign_in") == 0;
    guesser->limited = strcmp(place.err.code, "org.slow_down") == 0;
    store_give(place.pool, place.store);
    ym_arena_clear(&place.arena);
    return NULL;
}

static void guesses_at_the_same_moment_win_nothing(void **state)
{
    struct place place = {0};
    struct guesser guessers[9];
    pthread_t threads[9];
    int wrong = 0, limited = 0;

    open_place(*state, &place);
    add_account(&place, "target", ORG_ANALYST, 0);
    struct org_caller caller;
    char secret[65];
    assert_false(sign_in(&place, "target", "wrong password", "10.0.0.2", secret, &caller));
    change(&place, "UPDATE guess SET failures = 5, delay = :by / 2", 60 * YM_SECOND);
    change(&place, "UPDATE guess SET last = last - :by", 31 * YM_SECOND);
    for (size_t i = 0; i < YM_COUNT(threads); i++) {
        guessers[i] = (struct guesser){.pool = place.pool};
        assert_int_equal(pthread_create(&threads[i], NULL, guess, &guessers[i]), 0);
    }
    for (size_t i = 0; i < YM_COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        wrong += guessers[i].wrong;
        limited += guessers[i].limited;
    }
    assert_int_equal(wrong, 1);
    assert_int_equal(limited, 8);
    close_place(&place);
}

// Who read the clock first may get the row last: what the other left a moment ahead holds.
static void a_guess_a_moment_ahead_of_the_clock_holds_and_one_far_ahead_does_not(void **state)
{
    struct place place = {0};
    struct org_caller caller;
    char secret[65];

    open_place(*state, &place);
    assert_false(sign_in(&place, "target", "wrong password", "10.0.0.1", secret, &caller));
    change(&place, "UPDATE guess SET failures = 6, delay = :by", 30 * YM_SECOND);
    change(&place, "UPDATE guess SET last = last + :by", 20 * YM_SECOND);
    assert_false(sign_in(&place, "target", "wrong password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.slow_down");
    change(&place, "UPDATE guess SET last = last + :by", 3600 * YM_SECOND);
    assert_false(sign_in(&place, "target", "wrong password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.sign_in");
    close_place(&place);
}

static void a_session_ends_after_half_an_hour_idle_and_twelve_in_all(void **state)
{
    static const struct {
        int64_t idle, age;
        bool good;
    } cases[] = {
        {29 * 60, 29 * 60, true},
        {31 * 60, 31 * 60, false},
        {0, 11 * 3600 + 3500, true},
        {0, 12 * 3600 + 1, false},
    };
    struct place place = {0};
    struct org_caller caller, again;
    char secret[65];

    open_place(*state, &place);
    add_account(&place, "someone", ORG_AUDITOR, 0);
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        assert_true(sign_in(&place, "someone", PASSWORD, "10.0.0.1", secret, &caller));
        change(&place, "UPDATE session SET seen = seen - :by", cases[i].idle * YM_SECOND);
        change(&place, "UPDATE session SET created = created - :by", cases[i].age * YM_SECOND);
        bool good =
            org_session_caller(place.store, ym_str(secret), &place.arena, &again, &place.err);
        assert_true(good == cases[i].good);
        if (good && cases[i].idle > 0)
            assert_int_equal(
                count(&place, "SELECT COUNT(*) FROM session WHERE seen > created + 60000000"), 1);
        if (!good) {
            assert_string_equal(place.err.code, "org.session");
            assert_int_equal(again.account, 0);
        } else {
            assert_true(org_sign_out(place.store, &caller, &place.err));
        }
        assert_int_equal(count(&place, "SELECT COUNT(*) FROM session"), 0); // what is over goes
    }
    close_place(&place);
}

static void a_new_password_or_a_lock_ends_all_sessions(void **state)
{
    struct place place = {0};
    struct org_caller caller, again;
    char secret[65];

    open_place(*state, &place);
    int64_t id_of = add_account(&place, "someone", ORG_AUDITOR, 0);
    assert_true(sign_in(&place, "someone", PASSWORD, "10.0.0.1", secret, &caller));
    assert_true(org_account_password(place.store, YM_STR("someone"), YM_STR("another password"),
                                     &place.err));
    assert_false(org_session_caller(place.store, ym_str(secret), &place.arena, &again, &place.err));
    assert_false(sign_in(&place, "someone", PASSWORD, "10.0.0.1", secret, &caller));
    assert_true(sign_in(&place, "someone", "another password", "10.0.0.1", secret, &caller));
    struct ym_str token;
    int64_t id;
    assert_true(org_token_add(place.store, &caller, YM_STR("t"), ORG_SCOPE_ALL, 1, &place.arena,
                              &id, &token, &place.err));
    assert_true(org_account_lock(place.store, &org_program, id_of, true, &place.err));
    assert_false(org_session_caller(place.store, ym_str(secret), &place.arena, &again, &place.err));
    assert_false(org_token_caller(place.store, token, &place.arena, &again, &place.err));
    assert_string_equal(place.err.code, "org.token");
    // Only its password is told that it is locked.
    assert_false(sign_in(&place, "someone", "wrong password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.sign_in");
    assert_false(sign_in(&place, "someone", "another password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.locked");
    assert_int_equal(place.err.kind, YM_DENIED);
    assert_true(org_account_lock(place.store, &org_program, id_of, false, &place.err));
    assert_true(org_token_caller(place.store, token, &place.arena, &again, &place.err));
    assert_false(org_account_lock(place.store, &org_program, 7, true, &place.err));
    assert_string_equal(place.err.code, "org.account");
    assert_int_equal(place.err.kind, YM_NOT_FOUND);
    close_place(&place);
}

static void a_token_works_until_it_is_over_dropped_or_burnt(void **state)
{
    struct place place = {0};
    struct org_caller caller = {0}, other = {0}, found;
    struct org_tokens tokens;
    struct ym_str first, second;
    int64_t ids[2];

    open_place(*state, &place);
    caller.account = add_account(&place, "script", ORG_ANALYST, 0);
    caller.role = ORG_ANALYST;
    other.account = add_account(&place, "other", ORG_ANALYST, 0);
    other.role = ORG_ANALYST;
    assert_true(org_token_add(place.store, &caller, YM_STR("夜间"), ORG_SCOPE_ALL, 30, &place.arena,
                              &ids[0], &first, &place.err));
    assert_true(org_token_add(place.store, &caller, YM_STR("白天"), ORG_SCOPE_ALL, 366,
                              &place.arena, &ids[1], &second, &place.err));
    assert_int_equal(first.n, 3 + 43);
    assert_true(ym_str_starts(first, YM_STR("ym_")));
    assert_true(org_token_caller(place.store, first, &place.arena, &found, &place.err));
    assert_true(found.account == caller.account && found.session == 0 && found.role == ORG_ANALYST);
    assert_false(org_csrf_ok(&found, YM_STR("")));
    assert_true(org_token_list(place.store, &caller, &place.arena, &tokens, &place.err));
    assert_int_equal(tokens.n, 2);
    assert_true(tokens.items[1].used > 0 && tokens.items[0].used == 0);
    assert_true(ym_str_is(tokens.items[1].title, "夜间"));
    assert_int_equal(tokens.items[1].expires - tokens.items[1].created, 30 * YM_DAY);
    assert_false(org_token_drop(place.store, &other, ids[0], &place.err)); // not its own
    assert_string_equal(place.err.code, "org.token_unknown");
    assert_false(
        org_token_caller(place.store, YM_STR("ym_unknown"), &place.arena, &found, &place.err));
    assert_int_equal(place.err.kind, YM_SIGN_IN);

    org_token_burn(place.store, first);
    org_token_burn(place.store, YM_STR("ym_unknown"));
    assert_false(org_token_caller(place.store, first, &place.arena, &found, &place.err));
    assert_true(org_token_caller(place.store, second, &place.arena, &found, &place.err));
    change(&place, "UPDATE token SET expires = expires - :by", 366 * YM_DAY);
    assert_false(org_token_caller(place.store, second, &place.arena, &found, &place.err));
    assert_true(org_token_drop(place.store, &caller, ids[0], &place.err));
    assert_true(org_token_drop(place.store, &org_program, ids[1], &place.err));
    assert_false(org_token_add(place.store, &caller, YM_STR("x"), ORG_SCOPE_ALL, 367, &place.arena,
                               ids, &first, &place.err));
    assert_string_equal(place.err.code, "org.token_days");
    assert_false(org_token_add(place.store, NULL, YM_STR("x"), ORG_SCOPE_ALL, 1, &place.arena, ids,
                               &first, &place.err));
    assert_string_equal(place.err.code, "org.need_sign_in");
    close_place(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_signs_in_is_known_by_the_cookie),
        cmocka_unit_test(no_secret_is_in_the_store),
        cmocka_unit_test(an_unknown_name_and_a_wrong_password_look_the_same),
        cmocka_unit_test(guessing_is_slowed_down_by_account_and_by_address),
        cmocka_unit_test(guesses_at_the_same_moment_win_nothing),
        cmocka_unit_test(a_guess_a_moment_ahead_of_the_clock_holds_and_one_far_ahead_does_not),
        cmocka_unit_test(a_session_ends_after_half_an_hour_idle_and_twelve_in_all),
        cmocka_unit_test(a_new_password_or_a_lock_ends_all_sessions),
        cmocka_unit_test(a_token_works_until_it_is_over_dropped_or_burnt),
    };

    return both_run("trust/org/sign_in", tests, YM_COUNT(tests));
}
