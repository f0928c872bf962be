// Roles, who gives them, invitations, the audit trail.
#include "tests/trust/org/place.h"
#include "trust/org/inside.h"

#include <pthread.h>

static void must(struct place *place, bool ok)
{
    if (!ok)
        fail_msg("%s: %s", place->err.code, place->err.message);
}

static struct org_caller sign_in_as(struct place *place, const char *name)
{
    const struct org_sign_in what = {
        .name = ym_str(name), .password = ym_str(PASSWORD), .address = YM_STR("10.0.0.1")};
    struct org_caller caller = {0};
    char secret[65];

    must(place,
         org_sign_in(place->store, &seal, &what, &place->arena, secret, &caller, &place->err));
    return caller;
}

static bool grant(struct place *place, const struct org_caller *caller, int64_t id,
                  enum org_role role, int64_t agency)
{
    return org_account_grant(place->store, caller, id, (struct org_grant){role, agency},
                             &place->err);
}

static void an_account_holds_roles_in_several_agencies(void **state)
{
    struct place place = {0};

    open_place(*state, &place);
    int64_t air = add_agency(&place, "environment"), civil = add_agency(&place, "civil");
    int64_t other = add_agency(&place, "health");
    int64_t id = add_account(&place, "wang", ORG_OFFICIAL, air);
    must(&place, grant(&place, &org_program, id, ORG_STEWARD, civil));
    must(&place, grant(&place, &org_program, id, ORG_STEWARD, civil)); // again: as it is
    struct org_caller wang = sign_in_as(&place, "wang");
    assert_true(wang.role == ORG_OFFICIAL && wang.agency == air); // at home first
    assert_int_equal(wang.n_more, 1);
    assert_true(org_holds(&wang, ORG_ROLE_BIT(ORG_STEWARD), civil));
    assert_false(org_holds(&wang, ORG_ROLE_BIT(ORG_STEWARD), air));
    assert_true(org_holds(&wang, ORG_ROLE_BIT(ORG_OFFICIAL), air));
    assert_true(org_belongs(&wang, air) && org_belongs(&wang, civil));
    assert_false(org_belongs(&wang, other) || org_belongs(&wang, 0));
    must(&place, org_need_role(&wang, ORG_ROLE_BIT(ORG_STEWARD), &place.err));
    assert_false(org_need_role(&wang, ORG_ROLE_BIT(ORG_ADMINISTRATOR), &place.err));
    // A changed role ends his sessions.
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM session"), 1);
    must(&place, org_account_revoke(place.store, &org_program, id,
                                    (struct org_grant){ORG_STEWARD, civil}, &place.err));
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM session"), 0);
    assert_false(org_account_revoke(place.store, &org_program, id,
                                    (struct org_grant){ORG_STEWARD, civil}, &place.err));
    assert_string_equal(place.err.code, "org.role_not_held");
    assert_false(grant(&place, &org_program, id, ORG_STEWARD, 0));
    assert_string_equal(place.err.code, "org.account_agency");
    assert_false(grant(&place, &org_program, id, ORG_AUDITOR, civil));
    assert_string_equal(place.err.code, "org.role_agency");
    close_place(&place);
}

static void nobody_holds_two_of_the_three_administrations(void **state)
{
    static const enum org_role three[] = {ORG_ADMINISTRATOR, ORG_SECURITY, ORG_AUDITOR};
    struct place place = {0};

    open_place(*state, &place);
    for (size_t i = 0; i < YM_COUNT(three); i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "who%zu", i);
        int64_t id = add_account(&place, name, three[i], 0);
        for (size_t j = 0; j < YM_COUNT(three); j++) {
            if (j == i)
                continue;
            assert_false(grant(&place, &org_program, id, three[j], 0));
            assert_string_equal(place.err.code, "org.separation");
            assert_int_equal(place.err.kind, YM_CONFLICT);
        }
    }
    // Somebody writes a second one into the store by hand: neither counts.
    assert_true(store_run(place.store,
                          "INSERT INTO account_role (account, slot, role, granted)"
                          " SELECT id, 'forged', 'auditor', 0 FROM account WHERE name = 'who0'",
                          YM_NO_ARGS, NULL, &place.err));
    struct org_caller forger = sign_in_as(&place, "who0");
    assert_int_equal(forger.role, ORG_CITIZEN);
    assert_false(org_holds(&forger, ~0U, 0));
    close_place(&place);
}

struct giver {
    struct store_pool *pool;
    int64_t id;
    enum org_role role;
    bool given;
};
static void *give(void *arg)
{
    struct giver *giver = arg;
    struct ym_error err = {0};
    struct store *store = NULL;

    if (store_take(giver->pool, &store, &err))
        giver->given = org_account_grant(store, &org_program, giver->id,
                                         (struct org_grant){giver->role, 0}, &err);
    store_give(giver->pool, store);
    return NULL;
}

static void two_administrations_given_at_the_same_moment_are_one(void **state)
{
    struct place place = {0};

    open_place(*state, &place);
    int64_t id = add_account(&place, "both", ORG_CITIZEN, 0);
    for (int round = 0; round < 10; round++) {
        struct giver givers[2] = {{place.pool, id, ORG_ADMINISTRATOR, false},
                                  {place.pool, id, ORG_AUDITOR, false}};
        pthread_t threads[2];
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, give, &givers[i]), 0);
        for (size_t i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(givers[0].given + givers[1].given, 1);
        must(&place, org_account_revoke(place.store, &org_program, id,
                                        (struct org_grant){givers[givers[0].given ? 0 : 1].role, 0},
                                        &place.err));
    }
    close_place(&place);
}

static void who_gives_what_is_a_table(void **state)
{
    static const struct {
        enum org_role by;
        bool at_home; // of the agency's roles: in the agency of the role given
        enum org_role gives;
        const char *code; // NULL: may
    } cases[] = {
        {ORG_ADMINISTRATOR, false, ORG_STEWARD, NULL},
        {ORG_ADMINISTRATOR, false, ORG_AGENCY_ADMINISTRATOR, NULL},
        {ORG_ADMINISTRATOR, false, ORG_SECURITY, "org.appoint"},
        {ORG_ADMINISTRATOR, false, ORG_AUDITOR, "org.appoint"},
        {ORG_ADMINISTRATOR, false, ORG_ADMINISTRATOR, "org.appoint"},
        {ORG_SECURITY, false, ORG_ADMINISTRATOR, NULL},
        {ORG_SECURITY, false, ORG_AUDITOR, NULL},
        {ORG_SECURITY, false, ORG_OFFICIAL, NULL},
        {ORG_AGENCY_ADMINISTRATOR, true, ORG_STEWARD, NULL},
        {ORG_AGENCY_ADMINISTRATOR, true, ORG_AGENCY_AUDITOR, NULL},
        {ORG_AGENCY_ADMINISTRATOR, true, ORG_AGENCY_ADMINISTRATOR, "org.appoint"},
        {ORG_AGENCY_ADMINISTRATOR, true, ORG_ADMINISTRATOR, "org.appoint"},
        {ORG_AGENCY_ADMINISTRATOR, false, ORG_STEWARD, "org.account"},
        {ORG_AUDITOR, false, ORG_STEWARD, "org.role"},
        {ORG_STEWARD, true, ORG_OFFICIAL, "org.role"},
        {ORG_OFFICIAL, true, ORG_OFFICIAL, "org.role"},
        {ORG_CITIZEN, false, ORG_OFFICIAL, "org.role"},
    };
    struct place place = {0};

    open_place(*state, &place);
    int64_t air = add_agency(&place, "environment"), civil = add_agency(&place, "civil");
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "person%zu", i);
        int64_t id = add_account(&place, name, ORG_ANALYST, air);
        bool platform = cases[i].gives == ORG_ADMINISTRATOR || cases[i].gives == ORG_SECURITY ||
                        cases[i].gives == ORG_AUDITOR;
        struct org_caller by = {
            .account = 7, .role = cases[i].by, .agency = cases[i].at_home ? air : civil};
        if (cases[i].by == ORG_CITIZEN)
            by.agency = 0;
        bool given = grant(&place, &by, id, cases[i].gives, platform ? 0 : air);
        if (given != (cases[i].code == NULL))
            fail_msg("case %zu: %s", i, given ? "given" : place.err.code);
        if (cases[i].code && strcmp(place.err.code, cases[i].code) != 0)
            fail_msg("case %zu: %s instead of %s", i, place.err.code, cases[i].code);
        by.account = id; // and nobody to himself
        if (!cases[i].code) {
            assert_false(grant(&place, &by, id, ORG_STEWARD, air));
            assert_string_equal(place.err.code, "org.own_account");
        }
    }
    close_place(&place);
}

static void an_administrator_of_the_platform_is_opened_by_the_operator_only(void **state)
{
    struct place place = {0};
    struct ym_str secret;
    int64_t expires;

    open_place(*state, &place);
    int64_t id = add_account(&place, "audit", ORG_AUDITOR, 0);
    struct org_caller system = {.account = 1, .role = ORG_ADMINISTRATOR};
    struct org_caller security = {.account = 2, .role = ORG_SECURITY};
    assert_false(
        org_invite(place.store, &system, id, 7, &place.arena, &secret, &expires, &place.err));
    assert_string_equal(place.err.code, "org.administration");
    assert_false(
        org_invite(place.store, &security, id, 7, &place.arena, &secret, &expires, &place.err));
    assert_string_equal(place.err.code, "org.administration");
    assert_false(org_factor_drop(place.store, &security, id, &place.err));
    assert_false(org_account_lock(place.store, &system, id, true, &place.err));
    must(&place, org_account_lock(place.store, &security, id, true, &place.err));
    must(&place, org_account_lock(place.store, &org_program, id, false, &place.err));
    must(&place,
         org_invite(place.store, &org_program, id, 7, &place.arena, &secret, &expires, &place.err));
    close_place(&place);
}

static void an_invitation_sets_the_own_password_once(void **state)
{
    struct place place = {0};
    struct org_invitation who;
    struct ym_str first, second;
    int64_t expires;
    struct org_account li = {.name = YM_STR("li"), .role = ORG_CITIZEN};

    open_place(*state, &place);
    must(&place,
         org_account_add(place.store, &org_program, &li, (struct ym_str){NULL, 0}, &place.err));
    assert_true(li.invited);
    // Nothing opens the account before, the empty password least of all.
    const char *const tries[] = {"", PASSWORD};
    for (size_t i = 0; i < YM_COUNT(tries); i++) {
        const struct org_sign_in what = {.name = YM_STR("li"), .password = ym_str(tries[i])};
        struct org_caller caller = {0};
        char cookie[65];
        assert_false(
            org_sign_in(place.store, &seal, &what, &place.arena, cookie, &caller, &place.err));
        assert_string_equal(place.err.code, "org.sign_in");
    }
    must(&place, org_invite(place.store, &org_program, li.id, 7, &place.arena, &first, &expires,
                            &place.err));
    must(&place, org_invite(place.store, &org_program, li.id, 7, &place.arena, &second, &expires,
                            &place.err));
    assert_false(
        org_invitation_look(place.store, first, &place.arena, &who, &place.err)); // replaced
    assert_string_equal(place.err.code, "org.invitation");
    must(&place, org_invitation_look(place.store, second, &place.arena, &who, &place.err));
    assert_true(ym_str_is(who.name, "li") && who.account == li.id);
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM invitation"), 1);
    assert_false(org_invitation_accept(place.store, second, YM_STR("short"), YM_STR("10.0.0.1"),
                                       &place.arena, &who, &place.err));
    assert_string_equal(place.err.code, "org.password");
    must(&place, org_invitation_accept(place.store, second, ym_str(PASSWORD), YM_STR("10.0.0.1"),
                                       &place.arena, &who, &place.err));
    assert_false(org_invitation_accept(place.store, second, ym_str(PASSWORD), YM_STR("10.0.0.1"),
                                       &place.arena, &who, &place.err));
    assert_string_equal(place.err.code, "org.invitation");
    assert_int_equal(sign_in_as(&place, "li").account, li.id);
    // One that is over.
    must(&place, org_invite(place.store, &org_program, li.id, 1, &place.arena, &first, &expires,
                            &place.err));
    assert_true(store_run(place.store, "UPDATE invitation SET expires = expires - :day",
                          YM_ARGS(ym_int("day", YM_DAY)), NULL, &place.err));
    assert_false(org_invitation_look(place.store, first, &place.arena, &who, &place.err));
    close_place(&place);
}

static void sessions_are_listed_ended_and_renewed_by_a_new_password(void **state)
{
    struct place place = {0};
    struct org_sessions sessions;
    struct org_caller gone;
    char fresh[65];

    open_place(*state, &place);
    int64_t air = add_agency(&place, "environment"), civil = add_agency(&place, "civil");
    int64_t id = add_account(&place, "wang", ORG_OFFICIAL, air);
    add_account(&place, "other", ORG_OFFICIAL, civil);
    struct org_caller one = sign_in_as(&place, "wang"), two = sign_in_as(&place, "wang");
    struct org_caller other = sign_in_as(&place, "other");
    must(&place, org_session_list(place.store, &one, 0, &place.arena, &sessions, &place.err));
    assert_int_equal(sessions.n, 2);
    assert_true(sessions.items[0].id == two.session &&
                ym_str_is(sessions.items[0].address, "10.0.0.1"));
    assert_false(org_session_end(place.store, &other, one.session, &place.err));
    assert_string_equal(place.err.code, "org.session_unknown");
    assert_false(org_session_list(place.store, &other, id, &place.arena, &sessions, &place.err));
    must(&place, org_session_end(place.store, &one, two.session, &place.err));
    two = sign_in_as(&place, "wang");
    assert_false(org_password_change(place.store, &one, YM_STR("not that one"),
                                     YM_STR("another password"), YM_STR("10.0.0.1"), fresh,
                                     &place.err));
    assert_string_equal(place.err.code, "org.old_password");
    must(&place,
         org_password_change(place.store, &one, ym_str(PASSWORD), YM_STR("another password"),
                             YM_STR("10.0.0.1"), fresh, &place.err));
    must(&place, org_session_caller(place.store, ym_str(fresh), &place.arena, &gone, &place.err));
    assert_true(gone.session == one.session);
    must(&place, org_session_list(place.store, &one, 0, &place.arena, &sessions, &place.err));
    assert_int_equal(sessions.n, 1);
    close_place(&place);
}

static void a_change_and_its_line_stand_or_fall_together(void **state)
{
    struct place place = {0};
    struct org_audit lines;
    struct org_caller auditor = {.account = 9, .role = ORG_AUDITOR};
    const struct org_audit_filter all = {.limit = 100};

    open_place(*state, &place);
    int64_t air = add_agency(&place, "environment"), civil = add_agency(&place, "civil");
    int64_t id = add_account(&place, "wang", ORG_OFFICIAL, air);
    struct org_act act = {.account = 3,
                          .name = YM_STR("chief"),
                          .via = "session",
                          .via_id = 4,
                          .agency = air,
                          .what = YM_STR("POST /accounts/{id}/lock"),
                          .about = YM_STR("/api/v1/accounts/1/lock"),
                          .address = YM_STR("10.0.0.1")};
    // Refused: nothing changed, and no line says it did.
    org_act_carry(place.store, &act);
    struct org_caller foreign = {.account = 3, .agency = civil, .role = ORG_AGENCY_ADMINISTRATOR};
    assert_false(org_account_lock(place.store, &foreign, id, true, &place.err));
    assert_false(act.written);
    // Rolled back: neither is there.
    assert_true(store_begin(place.store, &place.err));
    assert_true(
        store_run(place.store, "UPDATE account SET locked = 1", YM_NO_ARGS, NULL, &place.err));
    store_rollback(place.store);
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM audit"), 0);
    // The line cannot be written: the change does not happen either.
    act.what = YM_STR("\xff");
    assert_false(org_account_lock(place.store, &org_program, id, true, &place.err));
    assert_int_equal(count(&place, "SELECT COUNT(*) FROM account WHERE locked = 1"), 0);
    act.what = YM_STR("POST /accounts/{id}/lock");
    must(&place, org_account_lock(place.store, &org_program, id, true, &place.err));
    assert_true(act.written);
    must(&place, org_account_lock(place.store, &org_program, id, false, &place.err)); // no act now
    must(&place, org_audit_find(place.store, &auditor, &all, &place.arena, &lines, &place.err));
    assert_int_equal(lines.n, 1);
    assert_int_equal(lines.total, 1);
    assert_true(lines.items[0].account == 3 && ym_str_is(lines.items[0].name, "chief"));
    assert_true(ym_str_is(lines.items[0].result, "ok") &&
                ym_str_is(lines.items[0].agency_name, "environment"));
    close_place(&place);
}

static void the_trail_is_read_by_auditors_each_in_his_place(void **state)
{
    static const struct {
        struct org_audit_filter filter;
        size_t n;
    } cases[] = {
        {{.limit = 100}, 6},
        {{.limit = 4}, 4},
        {{.name = {"a", 1}, .limit = 100}, 3},
        {{.result = {"ok", 2}, .limit = 100}, 4},
        {{.result = {"failed", 6}, .limit = 100}, 2},
        {{.result = {"org.role", 8}, .limit = 100}, 2},
        {{.about = {"/x/1", 4}, .limit = 100}, 1},
        {{.about = {"/x/%", 4}, .limit = 100}, 0},
        {{.what = {"GET /x", 6}, .limit = 100}, 6},
        {{.until = 1, .limit = 100}, 0},
        {{.since = 1, .limit = 100}, 6},
    };
    struct place place = {0};
    struct org_audit lines;

    open_place(*state, &place);
    int64_t agencies[] = {add_agency(&place, "environment"), add_agency(&place, "civil")};
    for (int i = 0; i < 6; i++) {
        char about[8];
        (void)snprintf(about, sizeof about, "/x/%d", i);
        struct org_act act = {.account = i % 2 + 1,
                              .name = i % 2 ? YM_STR("b") : YM_STR("a"),
                              .via = "token",
                              .agency = agencies[i % 2],
                              .what = YM_STR("GET /x"),
                              .about = ym_str(about)};
        must(&place, org_act_write(place.store, &act, i < 4 ? "ok" : "org.role", &place.err));
    }
    struct org_caller audit = {.account = 9, .role = ORG_AUDITOR};
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        must(&place, org_audit_find(place.store, &audit, &cases[i].filter, &place.arena, &lines,
                                    &place.err));
        if (lines.n != cases[i].n)
            fail_msg("case %zu: %zu lines", i, lines.n);
    }
    const struct org_audit_filter all = {.limit = 100},
                                  foreign = {.agency = agencies[1], .limit = 100};
    struct org_caller local = {.account = 8, .role = ORG_AGENCY_AUDITOR, .agency = agencies[0]};
    must(&place, org_audit_find(place.store, &local, &all, &place.arena, &lines, &place.err));
    assert_int_equal(lines.n, 3);
    assert_int_equal(lines.total, 3);
    assert_false(org_audit_find(place.store, &local, &foreign, &place.arena, &lines, &place.err));
    assert_int_equal(place.err.kind, YM_NOT_FOUND);
    static const enum org_role others[] = {ORG_ADMINISTRATOR, ORG_SECURITY, ORG_STEWARD,
                                           ORG_AGENCY_ADMINISTRATOR, ORG_CITIZEN};
    for (size_t i = 0; i < YM_COUNT(others); i++) {
        struct org_caller no = {.account = 7, .role = others[i], .agency = agencies[0]};
        assert_false(org_audit_find(place.store, &no, &all, &place.arena, &lines, &place.err));
        assert_int_equal(place.err.kind, YM_DENIED);
    }
    close_place(&place);
}

static void a_token_carries_its_scopes_and_makes_none_that_may_more(void **state)
{
    struct place place = {0};
    struct org_caller caller, by_token;
    struct ym_str token, more;
    unsigned scopes;
    int64_t id;

    open_place(*state, &place);
    add_account(&place, "wang", ORG_ANALYST, 0);
    caller = sign_in_as(&place, "wang");
    assert_true(org_scopes_parse(YM_STR("read,account"), &scopes));
    assert_false(org_scopes_parse(YM_STR("read,everything"), &scopes));
    assert_false(org_scopes_parse(YM_STR(""), &scopes));
    assert_true(org_scopes_parse(YM_STR("read,account"), &scopes));
    must(&place, org_token_add(place.store, &caller, YM_STR("t"), scopes, 1, &place.arena, &id,
                               &token, &place.err));
    must(&place, org_token_caller(place.store, token, &place.arena, &by_token, &place.err));
    assert_true(by_token.scopes == scopes && by_token.token == id && by_token.session == 0);
    assert_false(org_token_add(place.store, &by_token, YM_STR("u"), ORG_SCOPE_ALL, 1, &place.arena,
                               &id, &more, &place.err));
    assert_string_equal(place.err.code, "org.scope");
    must(&place, org_token_add(place.store, &by_token, YM_STR("u"), 1U << ORG_SCOPE_READ, 1,
                               &place.arena, &id, &more, &place.err));
    assert_false(org_token_add(place.store, &caller, YM_STR("v"), 0, 1, &place.arena, &id, &more,
                               &place.err));
    assert_string_equal(place.err.code, "org.token_scope");
    close_place(&place);
}

// What an earlier release left: the store of version 1 with people at work.
static void what_was_there_before_goes_on(void **state)
{
    const struct both *both = *state;
    static const char *const before[] = {
        "INSERT INTO agency (id, name, title_zh, title_en, credit_code, region, created)"
        " VALUES (1, 'air', 'a', '', '', '', 1)",
        "INSERT INTO account (id, name, display_name, role, agency, password, created)"
        " VALUES (1, 'admin', 'a', 'administrator', NULL, 'x', 1),"
        " (2, 'steward', 's', 'steward', 1, 'x', 1), (3, 'audit', 'u', 'auditor', 1, 'x', 1),"
        " (4, 'analyst', 'n', 'analyst', NULL, 'x', 1), (5, 'citizen', 'c', 'citizen', 1, 'x', 1)",
    };
    static const struct {
        const char *name;
        enum org_role role;
        int64_t agency;
    } after[] = {{"admin", ORG_ADMINISTRATOR, 0},
                 {"steward", ORG_STEWARD, 1},
                 {"audit", ORG_AUDITOR, 1},
                 {"analyst", ORG_ANALYST, 0},
                 {"citizen", ORG_CITIZEN, 0}};
    struct place place = {0};
    struct org_caller caller;
    char digest[65] = "", secret[65];

    must(&place, store_pool_open(both->url, NULL, 1, migrations, 1, &place.pool, &place.err));
    must(&place, store_take(place.pool, &place.store, &place.err));
    for (size_t i = 0; i < YM_COUNT(before); i++)
        must(&place, store_run(place.store, before[i], YM_NO_ARGS, NULL, &place.err));
    for (size_t i = 0; i < YM_COUNT(after); i++) {
        struct ym_arg which = ym_text("name", ym_str(after[i].name)), now = ym_int("now", ym_now());
        (void)snprintf(secret, sizeof secret, "secret of %s", after[i].name);

        org_digest("session:", ym_str(secret), digest);
        must(&place,
             store_run(place.store,
                       "INSERT INTO session (id, digest, account, created, seen)"
                       " SELECT id + 100, :digest, id, :now, :now FROM account"
                       " WHERE name = :name",
                       YM_ARGS(ym_text("digest", ym_str(digest)), now, which), NULL, &place.err));
        org_digest("token:", ym_str(secret), digest);
        must(&place, store_run(place.store,
                               "INSERT INTO token (id, digest, account, title, created, expires)"
                               " SELECT id + 200, :digest, id, 't', :now, :until FROM account"
                               " WHERE name = :name",
                               YM_ARGS(ym_text("digest", ym_str(digest)), now,
                                       ym_int("until", now.i + YM_DAY), which),
                               NULL, &place.err));
    }
    store_give(place.pool, place.store);
    store_pool_close(place.pool);
    open_place(both, &place);
    for (size_t i = 0; i < YM_COUNT(after); i++) {
        (void)snprintf(secret, sizeof secret, "secret of %s", after[i].name);
        must(&place,
             org_session_caller(place.store, ym_str(secret), &place.arena, &caller, &place.err));
        if (caller.role != after[i].role || caller.agency != after[i].agency || caller.n_more != 0)
            fail_msg("%s: role %d, agency %d", after[i].name, (int)caller.role, (int)caller.agency);
        must(&place,
             org_token_caller(place.store, ym_str(secret), &place.arena, &caller, &place.err));
        assert_true(caller.role == after[i].role && caller.scopes == ORG_SCOPE_ALL);
    }
    close_place(&place);
}

static void agencies_stand_in_a_tree_and_are_closed(void **state)
{
    struct place place = {0};
    struct org_agency air, below;

    open_place(*state, &place);
    int64_t top = add_agency(&place, "environment"), under = add_agency(&place, "monitoring");
    must(&place, org_agency_get(place.store, under, &place.arena, &below, &place.err));
    below.parent = top;
    below.contact_phone = YM_STR("027-0000");
    must(&place, org_agency_change(place.store, &org_program, &below, &place.err));
    must(&place, org_agency_get(place.store, top, &place.arena, &air, &place.err));
    air.parent = under; // a circle
    assert_false(org_agency_change(place.store, &org_program, &air, &place.err));
    assert_string_equal(place.err.code, "org.agency_parent");
    air.parent = top; // its own parent
    assert_false(org_agency_change(place.store, &org_program, &air, &place.err));
    assert_false(org_agency_close(place.store, &org_program, top, true, &place.err));
    assert_string_equal(place.err.code, "org.agency_has_agencies");
    must(&place, org_agency_close(place.store, &org_program, under, true, &place.err));
    int64_t id = add_account(&place, "wang", ORG_OFFICIAL, top);
    assert_false(grant(&place, &org_program, id, ORG_OFFICIAL, under));
    assert_string_equal(place.err.code, "org.agency_closed");
    must(&place, org_agency_close(place.store, &org_program, top, true, &place.err));
    must(&place, org_agency_close(place.store, &org_program, under, false, &place.err));
    must(&place, org_agency_get(place.store, under, &place.arena, &below, &place.err));
    assert_true(below.closed == 0 && below.parent == top &&
                ym_str_is(below.contact_phone, "027-0000"));
    // An agency's administrator says who answers there, not where it stands.
    struct org_caller own = {.account = 5, .agency = under, .role = ORG_AGENCY_ADMINISTRATOR};
    below.contact_name = YM_STR("王芳");
    must(&place, org_agency_change(place.store, &own, &below, &place.err));
    below.parent = 0;
    assert_false(org_agency_change(place.store, &own, &below, &place.err));
    assert_string_equal(place.err.code, "org.agency_other");
    close_place(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_holds_roles_in_several_agencies),
        cmocka_unit_test(nobody_holds_two_of_the_three_administrations),
        cmocka_unit_test(two_administrations_given_at_the_same_moment_are_one),
        cmocka_unit_test(who_gives_what_is_a_table),
        cmocka_unit_test(an_administrator_of_the_platform_is_opened_by_the_operator_only),
        cmocka_unit_test(an_invitation_sets_the_own_password_once),
        cmocka_unit_test(sessions_are_listed_ended_and_renewed_by_a_new_password),
        cmocka_unit_test(a_change_and_its_line_stand_or_fall_together),
        cmocka_unit_test(the_trail_is_read_by_auditors_each_in_his_place),
        cmocka_unit_test(a_token_carries_its_scopes_and_makes_none_that_may_more),
        cmocka_unit_test(what_was_there_before_goes_on),
        cmocka_unit_test(agencies_stand_in_a_tree_and_are_closed),
    };

    return both_run("trust/org/grant", tests, YM_COUNT(tests));
}
