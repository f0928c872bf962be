#include "tests/trust/org/place.h"
#include "trust/org/inside.h"

static bool sign_in(struct place *place, const char *name, const char *code, char secret[65],
                    struct org_caller *caller)
{
    const struct org_sign_in what = {.name = ym_str(name),
                                     .password = ym_str(PASSWORD),
                                     .code = ym_str(code),
                                     .address = YM_STR("10.0.0.1"),
                                     .agent = YM_STR("a browser")};

    *caller = (struct org_caller){0};
    return org_sign_in(place->store, &seal, &what, &place->arena, secret, caller, &place->err);
}

static void must(struct place *place, bool ok)
{
    if (!ok)
        fail_msg("%s: %s", place->err.code, place->err.message);
}

// RFC 6238, appendix B, and RFC 4226, appendix D; RFC 4648, clause 10.
static void codes_are_those_of_the_standard(void **state)
{
    static const struct {
        int64_t time;
        uint32_t code;
    } totp[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
                {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    static const uint32_t hotp[] = {755224, 287082, 359152, 969429, 338314,
                                    254676, 287922, 162583, 399871, 520489};
    const unsigned char *secret = (const unsigned char *)"12345678901234567890";
    char text[64];

    (void)state;
    for (size_t i = 0; i < YM_COUNT(totp); i++)
        assert_int_equal(org_totp(secret, 20, totp[i].time / 30, 8), totp[i].code);
    for (size_t i = 0; i < YM_COUNT(hotp); i++)
        assert_int_equal(org_totp(secret, 20, (int64_t)i, 6), hotp[i]);
    org_base32((const unsigned char *)"foobar", 6, text);
    assert_string_equal(text, "MZXW6YTBOI");
    org_base32((const unsigned char *)"fooba", 5, text);
    assert_string_equal(text, "MZXW6YTB");
    org_base32((const unsigned char *)"f", 1, text);
    assert_string_equal(text, "MY");
}

// What the app of a phone makes of the secret that is shown.
static void code_of(struct ym_str base32, int64_t later, char out[16])
{
    unsigned char key[64];
    uint32_t bits = 0;
    size_t n = 0;
    int held = 0;

    for (size_t i = 0; i < base32.n; i++) {
        const char *at = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", base32.p[i]);
        assert_non_null(at);
        bits = bits << 5 | (uint32_t)(at - "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        held += 5;
        if (held >= 8)
            key[n++] = (unsigned char)(bits >> (held -= 8));
    }
    (void)snprintf(out, 16, "%06u", org_totp(key, n, ym_now() / (30 * YM_SECOND) + later, 6));
}

static const char letters_of_codes[] = "abcdefghjkmnpqrstuvwxyz23456789";

struct person {
    struct org_caller caller;
    struct ym_str secret;
    struct org_recovery recovery;
    char cookie[65];
};
static void enrol(struct place *place, const char *name, struct person *person)
{
    char code[16], fresh[65];

    must(place, sign_in(place, name, NULL, person->cookie, &person->caller));
    must(place, org_factor_begin(place->store, &seal, &person->caller, ym_str(PASSWORD),
                                 YM_STR("10.0.0.1"), &place->arena, &person->secret, &place->err));
    assert_int_equal(person->secret.n, 32);
    code_of(person->secret, 0, code);
    must(place,
         org_factor_confirm(place->store, &seal, &person->caller, ym_str(code), YM_STR("10.0.0.1"),
                            &place->arena, fresh, &person->recovery, &place->err));
    assert_string_not_equal(fresh, person->cookie);
    memcpy(person->cookie, fresh, sizeof fresh);
}

static void an_account_with_a_second_factor_wants_its_code(void **state)
{
    struct place place = {0};
    struct person wang = {0};
    struct org_caller caller, old;
    char secret[65], elsewhere[65], code[16];

    open_place(*state, &place);
    int64_t agency = add_agency(&place, "environment");
    add_account(&place, "wang", ORG_STEWARD, agency);
    must(&place, sign_in(&place, "wang", NULL, elsewhere, &old));
    assert_true(org_needs_second_factor(&old) && !old.second_factor);
    enrol(&place, "wang", &wang);
    // The step up: a new secret for this session, the other one is over.
    assert_false(
        org_session_caller(place.store, ym_str(elsewhere), &place.arena, &caller, &place.err));
    must(&place,
         org_session_caller(place.store, ym_str(wang.cookie), &place.arena, &caller, &place.err));
    assert_true(caller.second_factor && caller.session == wang.caller.session);
    assert_string_equal(caller.csrf, wang.caller.csrf);

    assert_false(sign_in(&place, "wang", NULL, secret, &caller));
    assert_string_equal(place.err.code, "org.code_needed");
    assert_int_equal(place.err.kind, YM_SIGN_IN);
    assert_int_equal(caller.account, 0);
    assert_false(sign_in(&place, "wang", "000000", secret, &caller));
    assert_string_equal(place.err.code, "org.code");
    // The code that confirmed it is used up; the next one is not.
    code_of(wang.secret, 0, code);
    assert_false(sign_in(&place, "wang", code, secret, &caller));
    assert_string_equal(place.err.code, "org.code");
    code_of(wang.secret, 1, code);
    must(&place, sign_in(&place, "wang", code, secret, &caller));
    assert_true(caller.second_factor);
    assert_false(sign_in(&place, "wang", code, secret, &caller)); // nor twice
    assert_string_equal(place.err.code, "org.code");
    // One of before the last used step is over too.
    code_of(wang.secret, -1, code);
    assert_false(sign_in(&place, "wang", code, secret, &caller));
    close_place(&place);
}

static void a_recovery_code_works_once_however_it_is_typed(void **state)
{
    struct place place = {0};
    struct person wang = {0};
    struct org_caller caller;
    char secret[65], typed[16];
    int64_t left = 0;

    open_place(*state, &place);
    int64_t id = add_account(&place, "wang", ORG_AUDITOR, 0);
    enrol(&place, "wang", &wang);
    must(&place, org_factor_left(place.store, id, &left, &place.err));
    assert_int_equal(left, ORG_RECOVERY_CODES);
    for (size_t i = 0; i < ORG_RECOVERY_CODES; i++)
        assert_int_equal(wang.recovery.codes[i].n, 11);
    struct ym_str first = wang.recovery.codes[0];
    assert_non_null(strchr(letters_of_codes, first.p[0]));
    (void)snprintf(typed, sizeof typed, "%.5s %.5s", first.p, first.p + 6);
    for (char *c = typed; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    must(&place, sign_in(&place, "wang", typed, secret, &caller));
    assert_false(sign_in(&place, "wang", typed, secret, &caller));
    assert_string_equal(place.err.code, "org.code");
    must(&place, org_factor_left(place.store, id, &left, &place.err));
    assert_int_equal(left, ORG_RECOVERY_CODES - 1);
    // Another account's code is nobody's.
    add_account(&place, "li", ORG_AUDITOR, 0);
    struct person li = {0};
    enrol(&place, "li", &li);
    assert_false(sign_in(&place, "li", ym_arena_cstr(&place.arena, wang.recovery.codes[1]), secret,
                         &caller));
    close_place(&place);
}

static void neither_the_secret_nor_a_code_is_in_the_store(void **state)
{
    struct place place = {0};
    struct person wang = {0};
    struct store_rows *rows;

    open_place(*state, &place);
    add_account(&place, "wang", ORG_AUDITOR, 0);
    enrol(&place, "wang", &wang);
    assert_true(
        store_ask(place.store, "SELECT secret FROM second_factor", YM_NO_ARGS, &rows, &place.err));
    assert_true(store_next(rows, &place.err));
    assert_true(ym_str_starts(store_text(rows, 0), YM_STR("s1.")));
    assert_true(ym_str_find(store_text(rows, 0), wang.secret, 0) == SIZE_MAX);
    assert_true(store_rows_close(rows, &place.err));
    assert_true(
        store_ask(place.store, "SELECT digest FROM recovery_code", YM_NO_ARGS, &rows, &place.err));
    while (store_next(rows, &place.err))
        for (size_t i = 0; i < ORG_RECOVERY_CODES; i++)
            assert_true(ym_str_find(store_text(rows, 0), ym_str_sub(wang.recovery.codes[i], 0, 5),
                                    0) == SIZE_MAX);
    assert_true(store_rows_close(rows, &place.err));
    // With another key the account does not open, and nobody is let in without it.
    const struct store_seal other = {.key = {1}};
    const struct org_sign_in what = {
        .name = YM_STR("wang"), .password = ym_str(PASSWORD), .code = YM_STR("123456")};
    struct org_caller caller = {0};
    char secret[65];
    assert_false(
        org_sign_in(place.store, &other, &what, &place.arena, secret, &caller, &place.err));
    assert_string_equal(place.err.code, "store.seal");
    close_place(&place);
}

static void codes_are_guessed_as_slowly_as_passwords(void **state)
{
    struct place place = {0};
    struct person wang = {0};
    struct org_caller caller;
    char secret[65];

    open_place(*state, &place);
    add_account(&place, "wang", ORG_AUDITOR, 0);
    enrol(&place, "wang", &wang);
    // The first wait is one second, which a busy machine needs for one guess; each next is twice
    // it.
    int guesses = 0;
    do {
        assert_true(++guesses < 16);
        assert_false(sign_in(&place, "wang", "000000", secret, &caller));
    } while (strcmp(place.err.code, "org.code") == 0);
    assert_string_equal(place.err.code, "org.slow_down");
    assert_true(guesses > 6);
    // Nor by confirming one's own, over and over.
    struct org_recovery recovery;
    guesses = 0;
    do {
        assert_true(++guesses < 10);
        assert_false(org_factor_recovery(place.store, &seal, &wang.caller, YM_STR("000000"),
                                         YM_STR("10.0.0.1"), &place.arena, &recovery, &place.err));
    } while (strcmp(place.err.code, "org.code") == 0);
    assert_string_equal(place.err.code, "org.slow_down");
    close_place(&place);
}

static void who_lost_it_is_let_in_by_somebody_else_only(void **state)
{
    struct place place = {0};
    struct person wang = {0};
    struct org_caller caller;
    char secret[65], code[16];

    open_place(*state, &place);
    int64_t agency = add_agency(&place, "environment"), other = add_agency(&place, "civil");
    int64_t id = add_account(&place, "wang", ORG_STEWARD, agency);
    enrol(&place, "wang", &wang);
    struct org_caller own = {.account = 5, .agency = agency, .role = ORG_AGENCY_ADMINISTRATOR};
    struct org_caller foreign = {.account = 6, .agency = other, .role = ORG_AGENCY_ADMINISTRATOR};
    assert_false(org_factor_drop(place.store, &foreign, id, &place.err));
    assert_int_equal(place.err.kind, YM_NOT_FOUND);
    assert_false(org_factor_drop(place.store, &wang.caller, id, &place.err));
    must(&place, org_factor_drop(place.store, &own, id, &place.err));
    assert_false(
        org_session_caller(place.store, ym_str(wang.cookie), &place.arena, &caller, &place.err));
    must(&place, sign_in(&place, "wang", NULL, secret, &caller));
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM recovery_code"), 0);
    // One removes one's own with a code of it.
    struct person again = {0};
    enrol(&place, "wang", &again);
    assert_false(org_factor_remove(place.store, &seal, &again.caller, YM_STR("000000"),
                                   YM_STR("10.0.0.1"), &place.err));
    code_of(again.secret, 1, code);
    must(&place, org_factor_remove(place.store, &seal, &again.caller, ym_str(code),
                                   YM_STR("10.0.0.1"), &place.err));
    must(&place, sign_in(&place, "wang", NULL, secret, &caller));
    close_place(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_standard),
        cmocka_unit_test(an_account_with_a_second_factor_wants_its_code),
        cmocka_unit_test(a_recovery_code_works_once_however_it_is_typed),
        cmocka_unit_test(neither_the_secret_nor_a_code_is_in_the_store),
        cmocka_unit_test(codes_are_guessed_as_slowly_as_passwords),
        cmocka_unit_test(who_lost_it_is_let_in_by_somebody_else_only),
    };

    return both_run("trust/org/factor", tests, YM_COUNT(tests));
}
