// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "pure/codes/codes.h"

enum { TODAY = 20261124 };
static char *vectors; // ../shared/vectors/identifiers.tsv

static bool verdict(struct ym_str kind, struct ym_str value, bool *known)
{
    *known = true;
    if (ym_str_is(kind, "resident_id"))
        return codes_resident_id(value, TODAY, false);
    if (ym_str_is(kind, "uscc"))
        return codes_credit_code(value, false);
    if (ym_str_is(kind, "org_code"))
        return codes_org_code(value);
    if (ym_str_is(kind, "vin"))
        return codes_vin(value);
    if (ym_str_is(kind, "mobile"))
        return codes_phone(value, false);
    if (ym_str_is(kind, "region"))
        return codes_region(value);
    // The vectors' unknown county 999999 is refused by its province.
    if (ym_str_is(kind, "town"))
        return value.n == 9 && codes_division(value);
    if (ym_str_is(kind, "stat_code"))
        return value.n == 12 && codes_division(value);
    *known = false;
    return false;
}

static void every_published_and_synthetic_vector_gets_its_verdict(void **state)
{
    (void)state;
    struct ym_str rest = ym_str(vectors), line, kind, value, valid;
    size_t tried = 0;

    assert_true(ym_str_cut(&rest, '\n', &line));
    while (ym_str_cut(&rest, '\n', &line)) {
        bool known;
        if (!ym_str_cut(&line, '\t', &kind) || !ym_str_cut(&line, '\t', &value) ||
            !ym_str_cut(&line, '\t', &valid))
            continue;
        bool said = verdict(kind, value, &known);
        if (!known)
            continue;
        tried++;
        if (said != ym_str_is(valid, "1"))
            fail_msg("%.*s '%.*s' is not %d", YM_FMT(kind), YM_FMT(value), said);
    }
    print_message("# %zu vectors\n", tried);
    assert_true(tried > 150);
}

static void changing_one_character_of_an_id_or_code_is_always_seen(void **state)
{
    (void)state;
    static const struct {
        enum codes_semantic semantic;
        const char *text, *letters;
    } cases[] = {
        {CODES_RESIDENT_ID, "42010619050505009X", "0123456789X"},
        {CODES_CREDIT_CODE, "91110000600037341L", "0123456789ABCDEFGHJKLMNPQRTUWXY"},
    };

    for (size_t c = 0; c < YM_COUNT(cases); c++) {
        struct ym_str whole = ym_str(cases[c].text);
        char text[32];

        assert_true(codes_valid(cases[c].semantic, whole, TODAY, false));
        for (size_t i = 0; i < whole.n; i++) {
            for (const char *other = cases[c].letters; *other; other++) {
                memcpy(text, whole.p, whole.n);
                text[i] = *other;
                if (*other != whole.p[i])
                    assert_false(codes_valid(cases[c].semantic, (struct ym_str){text, whole.n},
                                             TODAY, false));
            }
        }
    }
}

static void a_birth_is_accepted_on_its_day_and_not_the_day_before(void **state)
{
    (void)state;
    struct ym_str id = YM_STR("420102190001019990");

    assert_true(codes_resident_id(id, 19000101, false));
    assert_false(codes_resident_id(id, 18991231, false));
}

static void impossible_people_are_taken_in_a_demonstration_only(void **state)
{
    (void)state;

    assert_true(codes_resident_id(YM_STR("990101190001019995"), TODAY, true));
    assert_false(codes_resident_id(YM_STR("990101190001019995"), TODAY, false));
    assert_true(codes_phone(YM_STR("10000000000"), true));
    assert_false(codes_phone(YM_STR("10000000000"), false));
    assert_false(codes_phone(YM_STR("12000000000"), true));
    assert_false(codes_region(YM_STR("990101")));
}

static void a_region_code_has_its_forms_by_length(void **state)
{
    (void)state;
    static const char *const good[] = {"42", "4201", "420102", "420102002", "420102002003"};

    for (size_t i = 0; i < YM_COUNT(good); i++)
        assert_true(codes_division(ym_str(good[i])));
    assert_false(codes_division(YM_STR("4")));
    assert_false(codes_division(YM_STR("42010")));
    assert_false(codes_division(YM_STR("420102002x03")));
    assert_true(codes_region(YM_STR("110105")));
    assert_true(codes_region(YM_STR("659001")));
    assert_true(codes_region(YM_STR("310120")));
    assert_false(codes_region(YM_STR("110019")));
}

static void names_lead_back_to_their_meaning(void **state)
{
    (void)state;
    enum codes_semantic found = CODES_NONE;

    for (int i = 1; i < CODES_SEMANTICS; i++) {
        assert_true(codes_by_name(ym_str(codes_name((enum codes_semantic)i)), &found));
        assert_int_equal(found, i);
    }
    assert_null(codes_name(CODES_NONE));
    assert_false(codes_by_name(YM_STR("passport"), &found));
}

static char *read_vectors(void)
{
    const char *shared = getenv("YM_SHARED");
    char path[4096];
    struct ym_buf text = {0};

    snprintf(path, sizeof path, "%s/vectors/identifiers.tsv", shared ? shared : "../shared");
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    for (int c; (c = getc(file)) != EOF;)
        ym_buf_char(&text, (char)c);
    fclose(file);
    (void)ym_buf_cstr(&text);
    return text.p;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_and_synthetic_vector_gets_its_verdict),
        cmocka_unit_test(changing_one_character_of_an_id_or_code_is_always_seen),
        cmocka_unit_test(a_birth_is_accepted_on_its_day_and_not_the_day_before),
        cmocka_unit_test(impossible_people_are_taken_in_a_demonstration_only),
        cmocka_unit_test(a_region_code_has_its_forms_by_length),
        cmocka_unit_test(names_lead_back_to_their_meaning),
    };

    vectors = read_vectors();
    if (!vectors) {
        puts("1..0 # SKIP the shared folder is not there (YM_SHARED)");
        return 0;
    }
    int failed = cmocka_run_group_tests_name("pure/codes", tests, NULL, NULL);
    free(vectors);
    return failed;
}
