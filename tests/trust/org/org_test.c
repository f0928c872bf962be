#include "base/time.h"
#include "tests/support/both.h"
#include "trust/org/org.h"

#include <pthread.h>
#include <sodium.h>
#include <sys/stat.h>

static const struct store_migration migrations[] = {{1, "org", ORG_SCHEMA_1}};
static const char PASSWORD[] = "云者为梦,梦者为云也";

struct place {
    struct store_pool *pool;
    struct store *store;
    struct ym_arena arena;
    struct ym_error err;
};

static void open_place(const struct both *both, struct place *place)
{
    if (!store_pool_open(both->url, NULL, 1, migrations, 1, &place->pool, &place->err) ||
        !store_take(place->pool, &place->store, &place->err))
        fail_msg("%s: %s", place->err.code, place->err.message);
}

static void close_place(struct place *place)
{
    store_give(place->pool, place->store);
    store_pool_close(place->pool);
    ym_arena_clear(&place->arena);
}

static int64_t add_agency(struct place *place, const char *name)
{
    struct org_agency agency = {
        .name = ym_str(name), .title_zh = YM_STR("生态环境厅"), .region = YM_STR("420000")};

    if (!org_agency_add(place->store, &org_program, &agency, &place->err))
        fail_msg("%s: %s", place->err.code, place->err.message);
    return agency.id;
}

static int64_t add_account(struct place *place, const char *name, enum org_role role,
                           int64_t agency)
{
    struct org_account account = {
        .name = ym_str(name), .role = role, .agency = agency, .display_name = YM_STR("王芳")};

    if (!org_account_add(place->store, NULL, &account, ym_str(PASSWORD), &place->err))
        fail_msg("%s: %s", place->err.code, place->err.message);
    return account.id;
}

static bool sign_in(struct place *place, const char *name, const char *password,
                    const char *address, char secret[65], struct org_caller *caller)
{
    return org_sign_in(place->store, ym_str(name), ym_str(password), ym_str(address), &place->arena,
                       secret, caller, &place->err);
}

static void change(struct place *place, const char *sql, int64_t by)
{
    int64_t changed = 0;

    assert_true(store_run(place->store, sql, YM_ARGS(ym_int("by", by)), &changed, &place->err));
    assert_true(changed > 0);
}

static int64_t count(struct place *place, const char *sql)
{
    struct store_rows *rows;
    int64_t n = -1;

    assert_true(store_ask(place->store, sql, YM_NO_ARGS, &rows, &place->err));
    if (store_next(rows, &place->err))
        n = store_int(rows, 0);
    assert_true(store_rows_close(rows, &place->err));
    return n;
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
    assert_true(org_token_add(place.store, &caller, YM_STR("脚本"), 30, &place.arena, &id, &token,
                              &place.err));
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
    add_account(&place, "someone", ORG_AUDITOR, 0);
    assert_true(sign_in(&place, "someone", PASSWORD, "10.0.0.1", secret, &caller));
    assert_true(org_account_password(place.store, YM_STR("someone"), YM_STR("another password"),
                                     &place.err));
    assert_false(org_session_caller(place.store, ym_str(secret), &place.arena, &again, &place.err));
    assert_false(sign_in(&place, "someone", PASSWORD, "10.0.0.1", secret, &caller));
    assert_true(sign_in(&place, "someone", "another password", "10.0.0.1", secret, &caller));
    struct ym_str token;
    int64_t id;
    assert_true(
        org_token_add(place.store, &caller, YM_STR("t"), 1, &place.arena, &id, &token, &place.err));
    assert_true(org_account_lock(place.store, YM_STR("someone"), true, &place.err));
    assert_false(org_session_caller(place.store, ym_str(secret), &place.arena, &again, &place.err));
    assert_false(org_token_caller(place.store, token, &place.arena, &again, &place.err));
    assert_string_equal(place.err.code, "org.token");
    // Only its password is told that it is locked.
    assert_false(sign_in(&place, "someone", "wrong password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.sign_in");
    assert_false(sign_in(&place, "someone", "another password", "10.0.0.1", secret, &caller));
    assert_string_equal(place.err.code, "org.locked");
    assert_int_equal(place.err.kind, YM_DENIED);
    assert_true(org_account_lock(place.store, YM_STR("someone"), false, &place.err));
    assert_true(org_token_caller(place.store, token, &place.arena, &again, &place.err));
    assert_false(org_account_lock(place.store, YM_STR("nobody"), true, &place.err));
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
    assert_true(org_token_add(place.store, &caller, YM_STR("夜间"), 30, &place.arena, &ids[0],
                              &first, &place.err));
    assert_true(org_token_add(place.store, &caller, YM_STR("白天"), 366, &place.arena, &ids[1],
                              &second, &place.err));
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
    assert_false(org_token_add(place.store, &caller, YM_STR("x"), 367, &place.arena, ids, &first,
                               &place.err));
    assert_string_equal(place.err.code, "org.token_days");
    assert_false(
        org_token_add(place.store, NULL, YM_STR("x"), 1, &place.arena, ids, &first, &place.err));
    assert_string_equal(place.err.code, "org.need_sign_in");
    close_place(&place);
}

static void accounts_are_checked_before_they_are(void **state)
{
    static const struct {
        const char *name, *password, *code;
        enum org_role role;
        int64_t agency;
    } cases[] = {
        {"x", "long enough password", "org.account_name", ORG_ANALYST, 0},
        {"Wang", "long enough password", "org.account_name", ORG_ANALYST, 0},
        {"-wang", "long enough password", "org.account_name", ORG_ANALYST, 0},
        {"wang' OR 1", "long enough password", "org.account_name", ORG_ANALYST, 0},
        {"wang", "九个字的密码太短了", "org.password", ORG_ANALYST, 0},
        {"wang.fang.long", "WANG.fang.long", "org.password", ORG_ANALYST, 0},
        {"wang", "long enough password", "org.account_agency", ORG_STEWARD, 0},
        {"wang", "long enough password", "org.account_agency", ORG_STEWARD, 99},
        {"taken", "long enough password", "org.account_taken", ORG_ANALYST, 0},
    };
    struct place place = {0};
    struct org_accounts list;

    open_place(*state, &place);
    add_account(&place, "taken", ORG_CITIZEN, 0);
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct org_account account = {
            .name = ym_str(cases[i].name), .role = cases[i].role, .agency = cases[i].agency};
        assert_false(
            org_account_add(place.store, NULL, &account, ym_str(cases[i].password), &place.err));
        assert_string_equal(place.err.code, cases[i].code);
        assert_true(place.err.hint[0] != '\0');
        assert_null(strstr(place.err.message, cases[i].password));
    }
    struct org_caller steward = {.account = 5, .role = ORG_STEWARD};
    struct org_account fine = {.name = YM_STR("fine"), .role = ORG_ANALYST};
    assert_false(org_account_add(place.store, &steward, &fine, ym_str(PASSWORD), &place.err));
    assert_string_equal(place.err.code, "org.role");
    assert_int_equal(place.err.kind, YM_DENIED);
    assert_false(org_account_list(place.store, NULL, &place.arena, &list, &place.err));
    assert_string_equal(place.err.code, "org.need_sign_in");
    assert_true(org_account_list(place.store, &org_program, &place.arena, &list, &place.err));
    assert_int_equal(list.n, 1);
    assert_true(ym_str_is(list.items[0].name, "taken"));
    assert_int_equal(list.items[0].role, ORG_CITIZEN);
    close_place(&place);
}

static void agencies_are_checked_found_and_counted(void **state)
{
    static const struct {
        const char *name, *title, *credit, *region, *code;
    } cases[] = {
        {"lake", "湖", NULL, NULL, "org.agency_name"},
        {"Big", "大", NULL, NULL, "org.agency_name"},
        {"a.b", "点", NULL, NULL, "org.agency_name"},
        {"ok", "", NULL, NULL, "org.text"},
        {"ok", "换\n行", NULL, NULL, "org.text"},
        {"ok", "好", "11420000011043153X", NULL, "org.agency_credit_code"},
        {"ok", "好", NULL, "42x", "org.agency_region"},
        {"environment", "又", NULL, NULL, "org.agency_taken"},
    };
    struct place place = {0};
    struct org_agency found;
    struct org_agencies list;

    open_place(*state, &place);
    int64_t id = add_agency(&place, "environment");
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct org_agency agency = {.name = ym_str(cases[i].name),
                                    .title_zh = ym_str(cases[i].title),
                                    .credit_code = ym_str(cases[i].credit),
                                    .region = ym_str(cases[i].region)};
        if (org_agency_add(place.store, &org_program, &agency, &place.err))
            fail_msg("case %zu was taken", i);
        assert_string_equal(place.err.code, cases[i].code);
    }
    add_agency(&place, "civil_affairs");
    assert_true(store_begin(place.store, &place.err));
    assert_true(org_agency_count(place.store, id, 1, &place.err));
    assert_true(store_commit(place.store, &place.err));
    assert_true(org_agency_get(place.store, id, &place.arena, &found, &place.err));
    assert_true(ym_str_is(found.name, "environment") && ym_str_is(found.title_zh, "生态环境厅"));
    assert_int_equal(found.datasets, 1);
    assert_true(
        org_agency_by_name(place.store, YM_STR("environment"), &place.arena, &found, &place.err));
    assert_true(found.id == id);
    assert_false(org_agency_by_name(place.store, YM_STR("no"), &place.arena, &found, &place.err));
    assert_string_equal(place.err.code, "org.agency");
    assert_true(org_agency_list(place.store, &place.arena, &list, &place.err));
    assert_int_equal(list.n, 2);
    assert_true(ym_str_is(list.items[0].name, "civil_affairs"));
    struct org_agency visitors = {.name = YM_STR("v"), .title_zh = YM_STR("v")};
    assert_false(org_agency_add(place.store, NULL, &visitors, &place.err));
    assert_int_equal(place.err.kind, YM_SIGN_IN);
    close_place(&place);
}

static void roles_have_their_names(void **state)
{
    struct place place = {0};
    enum org_role role;

    (void)state;
    for (int i = 0; i < ORG_ROLES; i++) {
        assert_true(org_role_by_name(ym_str(org_role_name((enum org_role)i)), &role));
        assert_int_equal(role, i);
    }
    assert_false(org_role_by_name(YM_STR("root"), &role));
    struct org_caller auditor = {.role = ORG_AUDITOR};
    assert_true(
        org_need_role(&auditor, ORG_ROLE_BIT(ORG_AUDITOR) | ORG_ROLE_BIT(ORG_STEWARD), &place.err));
    assert_false(org_need_role(&auditor, ORG_ROLE_BIT(ORG_STEWARD), &place.err));
}

static void write_file(const struct both *both, const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", both->folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void regions_come_from_the_files_once(void **state)
{
    const struct both *both = *state;
    struct place place = {0};
    struct org_regions found;
    const struct ym_str none = {NULL, 0};

    open_place(both, &place);
    write_file(both, "provinces.csv", "code,name\r\n42,\"湖北省\"\r\n44,\"广东省\"\r\n");
    write_file(both, "cities.csv",
               "code,name,provinceCode\n4201,\"武汉市\",42\n4419,\"东莞市\",44\n");
    write_file(
        both, "areas.csv",
        "code,name,cityCode,provinceCode\n420102,\"江岸区\",4201,42\n420103,\"江汉区\",4201,42\n"
        "441900,\"东莞市\",4419,44\n");
    write_file(both, "streets.csv",
               "code,name,areaCode,provinceCode,cityCode\n420102002,\"大智街道\",420102,42,4201\n"
               "441900003,\"东城街道\",441900,44,4419\n");
    write_file(both, "villages.csv",
               "code,name,streetCode,provinceCode,cityCode,areaCode\n420102002021,\"铭新社区\"\n");
    assert_false(org_regions_load(place.store, both->folder, YM_STR("42"), NULL, NULL, &place.err));
    assert_string_equal(place.err.code, "org.regions_file");
    assert_string_equal(place.err.subject, "villages.csv");
    assert_int_equal(place.err.line, 2);
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM region"), 0); // one transaction
    write_file(both, "villages.csv",
               "code,name,streetCode,provinceCode,cityCode,areaCode\n"
               "420102002021,\"铭新_社区\",420102002,42,4201,420102\n"
               "441900003001,\"岗贝社区\",441900003,44,4419,441900\n");
    for (int i = 0; i < 2; i++)
        assert_true(
            org_regions_load(place.store, both->folder, YM_STR("420000"), NULL, NULL, &place.err));
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM region"), 9);

    assert_true(org_regions_find(place.store, YM_STR(""), 0, none, none, 10, &place.arena, &found,
                                 &place.err));
    assert_int_equal(found.n, 2);
    assert_true(ym_str_is(found.items[0].code, "420000") && found.items[0].children == 1);
    assert_true(org_regions_find(place.store, YM_STR("420100"), 0, none, none, 1, &place.arena,
                                 &found, &place.err));
    assert_int_equal(found.n, 1);
    assert_int_equal(found.total, 2);
    assert_true(ym_str_is(found.items[0].name, "江岸区") && found.items[0].level == 3);
    assert_true(org_regions_find(place.store, YM_STR("420100"), 0, none, found.items[0].code, 1,
                                 &place.arena, &found, &place.err));
    assert_true(ym_str_is(found.items[0].code, "420103"));
    assert_int_equal(found.total, 2);
    assert_true(org_regions_find(place.store, none, 0, YM_STR("_"), none, 10, &place.arena, &found,
                                 &place.err));
    assert_int_equal(found.n, 1); // the sign itself, not any character
    assert_true(org_regions_find(place.store, none, 2, YM_STR("441"), none, 10, &place.arena,
                                 &found, &place.err));
    assert_int_equal(found.n, 1);
    assert_int_equal(found.items[0].children, 1); // its street, with no county between
    struct org_agency agency = {
        .name = YM_STR("a"), .title_zh = YM_STR("a"), .region = YM_STR("429999")};
    assert_false(org_agency_add(place.store, &org_program, &agency, &place.err));
    assert_string_equal(place.err.code, "org.agency_region");
    close_place(&place);
}

static void count_calls(void *with, int64_t done)
{
    int64_t *seen = with;

    assert_true(done > *seen);
    *seen = done;
}

static void the_real_regions_come_in_whole(void **state)
{
    struct place place = {0};
    struct org_regions found;
    const struct ym_str none = {NULL, 0};
    const char *build = getenv("YM_BUILD");
    char dir[512];
    struct stat there;
    int64_t done = 0;

    snprintf(dir, sizeof dir, "%s/share/yunmeng/regions", build ? build : "build");
    if (stat(dir, &there) != 0)
        return; // not installed: this room can be tested before `make setup` ran
    open_place(*state, &place);
    if (!org_regions_load(place.store, dir, YM_STR("42"), count_calls, &done, &place.err))
        fail_msg("%s: %s", place.err.code, place.err.message);
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM region WHERE level = 1"), 31);
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM region WHERE level = 5"), 27057);
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM region"), done);
    assert_int_equal(count(&place,
                           "SELECT COUNT(*) FROM region r WHERE parent <> '' AND NOT EXISTS"
                           " (SELECT 1 FROM region p WHERE p.code = r.parent)"),
                     0);
    assert_true(org_regions_find(place.store, none, 5, YM_STR("莫𡐓村"), none, 10, &place.arena,
                                 &found, &place.err));
    assert_int_equal(found.n, 1);
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
        cmocka_unit_test(a_session_ends_after_half_an_hour_idle_and_twelve_in_all),
        cmocka_unit_test(a_new_password_or_a_lock_ends_all_sessions),
        cmocka_unit_test(a_token_works_until_it_is_over_dropped_or_burnt),
        cmocka_unit_test(accounts_are_checked_before_they_are),
        cmocka_unit_test(agencies_are_checked_found_and_counted),
        cmocka_unit_test(roles_have_their_names),
        cmocka_unit_test(regions_come_from_the_files_once),
        cmocka_unit_test(the_real_regions_come_in_whole),
    };

    if (sodium_init() < 0)
        return 1;
    return both_run("trust/org", tests, YM_COUNT(tests));
}
