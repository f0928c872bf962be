// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "tests/data/quality/lake.h"

enum { TRIES = 10000 };
static uint64_t seed = 20261124;

static uint64_t draw(uint64_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % limit;
}

static struct quality_schema schema_of(enum codes_semantic semantic)
{
    struct quality_schema schema;
    struct ym_str json = ym_arena_printf(&lake_arena,
                                         "{\"fields\":[{\"name\":\"f\",\"semantic\":\"%s\"}],"
                                         "\"missingValues\":[]}",
                                         codes_name(semantic));

    lake_schema(json.p, &schema);
    return schema;
}

// The engine's verdicts beside those of pure/codes, on all texts at once.
static void compare(enum codes_semantic semantic, const struct quality_texts *texts, bool demo)
{
    struct lake_rows rows = {.columns = 1};
    struct ym_str name = YM_STR("f"), line, rest;
    struct quality_schema schema = schema_of(semantic);
    struct quality_target target = lake_target();
    struct quality_sql sql;
    struct ym_error err = {0};
    size_t map = 0, good = 0;
    bool *refused = calloc(texts->n + 1, 1);

    assert_non_null(refused);
    rows.names = &name;
    target.demo = demo;
    for (size_t i = 0; i < texts->n; i++) {
        rows.line = i + 1;
        lake_row(&rows, "", &texts->items[i], 1);
    }
    assert_true(quality_compile(&schema, &map, 1, &target, &lake_arena, &sql, &err));
    assert_true(quality_begin(lake_engine, &sql, &err));
    lake_insert(&rows, sql.insert);
    rest = lake_ask("SELECT _pos FROM lake.q%lld", (long long)target.dataset);
    while (ym_str_cut(&rest, '\n', &line)) {
        int64_t pos;
        if (ym_str_int(line, &pos))
            refused[pos - 1] = true;
    }
    for (size_t i = 0; i < texts->n; i++) {
        bool said = codes_valid(semantic, texts->items[i], LAKE_TODAY, demo);
        good += said;
        if (said == refused[i])
            fail_msg("%s '%.*s': the C says %d", codes_name(semantic), YM_FMT(texts->items[i]),
                     said);
    }
    print_message("# %s: %zu of %zu right\n", codes_name(semantic), good, texts->n);
    assert_true(texts->n < TRIES || (good > TRIES / 20 && good < TRIES - TRIES / 20));
    assert_true(quality_end(lake_engine, &sql, &err));
    lake_rows_free(&rows);
    free(refused);
}

static enum codes_semantic kind_of(struct ym_str kind)
{
    static const struct {
        const char *kind;
        enum codes_semantic semantic;
    } kinds[] = {{"resident_id", CODES_RESIDENT_ID},
                 {"uscc", CODES_CREDIT_CODE},
                 {"region", CODES_REGION},
                 {"mobile", CODES_PHONE},
                 {"vin", CODES_VIN},
                 {"stat_code", CODES_REGION},
                 {"org_code", CODES_CREDIT_CODE}};

    for (size_t i = 0; i < YM_COUNT(kinds); i++)
        if (ym_str_is(kind, kinds[i].kind))
            return kinds[i].semantic;
    return CODES_NONE;
}

static void the_engine_gives_the_vectors_their_verdict(void **state)
{
    (void)state;
    struct ym_str rest = lake_shared("vectors/identifiers.tsv"), line, kind, value;
    struct quality_texts texts[CODES_SEMANTICS] = {0};

    assert_non_null(rest.p);
    while (ym_str_cut(&rest, '\n', &line)) {
        if (!ym_str_cut(&line, '\t', &kind) || !ym_str_cut(&line, '\t', &value))
            continue;
        enum codes_semantic semantic = kind_of(kind);
        struct quality_texts *to = &texts[semantic];
        to->items = ym_arena_grow(&lake_arena, to->items, &to->cap, to->n + 1, sizeof *to->items);
        to->items[to->n++] = value;
    }
    for (int s = 1; s < CODES_SEMANTICS; s++)
        compare((enum codes_semantic)s, &texts[s], false);
}

static void digits(char *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)('0' + draw(10));
}

static void letters(char *to, size_t n, const char *alphabet)
{
    for (size_t i = 0; i < n; i++)
        to[i] = alphabet[draw(strlen(alphabet))];
}

// The check character that makes it right, where there is one.
static void seal(enum codes_semantic semantic, char *text, size_t n, size_t at,
                 const char *alphabet)
{
    for (const char *c = alphabet; *c; c++) {
        text[at] = *c;
        if (codes_valid(semantic, (struct ym_str){text, n}, LAKE_TODAY, true))
            return;
    }
}

static void region_digits(char *to)
{
    static const char *const begins[] = {"420102", "420923", "110105", "659001", "429004",
                                         "100000", "460003", "421071", "990101"};
    memcpy(to, begins[draw(YM_COUNT(begins))], 6);
}

static size_t resident(char *text)
{
    int year = (int)draw(240) + 1795, month = (int)draw(13) + (draw(20) == 0), day = (int)draw(32);

    region_digits(text);
    snprintf(text + 6, 9, "%04d%02d%02d", year, month, day);
    digits(text + 14, 3);
    seal(CODES_RESIDENT_ID, text, 18, 17, "0123456789X");
    return 18;
}

static size_t credit(char *text)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    letters(text, 1, codes_credit_departments);
    letters(text + 1, 1, "123456789");
    region_digits(text + 2);
    letters(text + 8, 8, alphabet);
    for (const char *c = "0123456789X"; *c; c++) {
        text[16] = *c;
        if (codes_org_code((struct ym_str){text + 8, 9}))
            break;
    }
    seal(CODES_CREDIT_CODE, text, 18, 17, alphabet);
    return 18;
}

static size_t vin(char *text)
{
    letters(text, 13, "0123456789ABCDEFGHJKLMNPRSTUVWXYZ");
    digits(text + 13, 4);
    seal(CODES_VIN, text, 17, 8, "0123456789X");
    return 17;
}

static size_t phone(char *text)
{
    digits(text, 11);
    text[0] = '1';
    return 11;
}

static size_t region(char *text)
{
    struct ym_str hubei = ym_str(codes_hubei);

    if (draw(2)) {
        memcpy(text, hubei.p + 7 * draw((hubei.n + 1) / 7), 6);
        return 6;
    }
    snprintf(text, 7, "%02d%02d%02d", codes_provinces[draw(35)], (int)draw(100), (int)draw(100));
    return 6;
}

static struct ym_str near_valid(size_t (*make)(char *))
{
    static const char noise[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZxq -\n\x01\xe5";
    char text[32];
    size_t n = make(text);

    switch (draw(4)) {
    case 0: // one character is another
        text[draw(n)] = noise[draw(sizeof noise - 1)];
        break;
    case 1: // two neighbours change places
        if (draw(2)) {
            size_t at = draw(n - 1);
            char c = text[at];
            text[at] = text[at + 1];
            text[at + 1] = c;
        } else {
            n += draw(2) ? 1 : (size_t)-1;
            text[n - 1] = noise[draw(sizeof noise - 1)];
        }
        break;
    default:
        break;
    }
    return ym_arena_str(&lake_arena, (struct ym_str){text, n});
}

static void the_engine_agrees_with_the_c_on_texts_that_are_nearly_right(void **state)
{
    (void)state;
    static size_t (*const makers[CODES_SEMANTICS])(char *) = {
        [CODES_RESIDENT_ID] = resident,
        [CODES_CREDIT_CODE] = credit,
        [CODES_REGION] = region,
        [CODES_PHONE] = phone,
        [CODES_VIN] = vin,
    };

    for (int s = 1; s < CODES_SEMANTICS; s++) {
        struct quality_texts texts = {0};
        texts.items = ym_arena_alloc(&lake_arena, TRIES * sizeof *texts.items);
        while (texts.n < TRIES)
            texts.items[texts.n++] = near_valid(makers[s]);
        compare((enum codes_semantic)s, &texts, s % 2 == 1);
    }
}

static void impossible_people_pass_in_a_demonstration_only(void **state)
{
    (void)state;
    assert_true(codes_credit_code(YM_STR("91991304MA0000007K"), true));
    assert_false(codes_credit_code(YM_STR("91991304MA0000007K"), false));
    struct ym_str ids[] = {YM_STR("990101190001019995"), YM_STR("420102190001019990")};
    struct ym_str phones[] = {YM_STR("10000000000"), YM_STR("12000000000"), YM_STR("13000000000")};

    struct ym_str firms[] = {YM_STR("91991304MA0000007K"), YM_STR("91991304MA00000073")};

    for (int demo = 0; demo < 2; demo++) {
        compare(CODES_CREDIT_CODE, &(struct quality_texts){firms, 2, 2}, demo);
        compare(CODES_RESIDENT_ID, &(struct quality_texts){ids, 2, 2}, demo);
        compare(CODES_PHONE, &(struct quality_texts){phones, 3, 3}, demo);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_agrees_with_the_c_on_texts_that_are_nearly_right),
        cmocka_unit_test(impossible_people_pass_in_a_demonstration_only),
        cmocka_unit_test(the_engine_gives_the_vectors_their_verdict),
    };
    // cmocka's skip() is a failure to meson: where the vectors are absent their test is not run.
    bool absent = !lake_shared("vectors/identifiers.tsv").p;

    return _cmocka_run_group_tests("data/quality/semantic", tests, YM_COUNT(tests) - absent,
                                   lake_setup, lake_teardown);
}
