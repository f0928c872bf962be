#include "tests/trust/org/place.h"

#include <sys/stat.h>

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
    const struct org_account_filter all = {.limit = 0};
    struct org_accounts list;

    open_place(*state, &place);
    add_account(&place, "taken", ORG_CITIZEN, 0);
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct org_account account = {
            .name = ym_str(cases[i].name), .role = cases[i].role, .agency = cases[i].agency};
        assert_false(org_account_add(place.store, &org_program, &account, ym_str(cases[i].password),
                                     &place.err));
        assert_string_equal(place.err.code, cases[i].code);
        assert_true(place.err.hint[0] != '\0');
        assert_null(strstr(place.err.message, cases[i].password));
    }
    struct org_caller steward = {.account = 5, .role = ORG_STEWARD};
    struct org_account fine = {.name = YM_STR("fine"), .role = ORG_ANALYST};
    assert_false(org_account_add(place.store, &steward, &fine, ym_str(PASSWORD), &place.err));
    assert_string_equal(place.err.code, "org.role");
    assert_int_equal(place.err.kind, YM_DENIED);
    assert_false(org_account_list(place.store, NULL, &all, &place.arena, &list, &place.err));
    assert_string_equal(place.err.code, "org.need_sign_in");
    assert_true(org_account_list(place.store, &org_program, &all, &place.arena, &list, &place.err));
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
    if (!build && stat(dir, &there) != 0)
        return; // compiled by hand, before `make setup` put them there
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
        cmocka_unit_test(accounts_are_checked_before_they_are),
        cmocka_unit_test(agencies_are_checked_found_and_counted),
        cmocka_unit_test(roles_have_their_names),
        cmocka_unit_test(regions_come_from_the_files_once),
        cmocka_unit_test(the_real_regions_come_in_whole),
    };

    return both_run("trust/org", tests, YM_COUNT(tests));
}
