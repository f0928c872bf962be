#include "reading.h"

#include "base/time.h"
#include "data/lake/versions.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    ROWS = 17000, // over two anchors
    SMALL = 500
};
#define DAY_1 (ym_day_of(2026, 1, 10) * YM_DAY)
#define DAY_2 (ym_day_of(2026, 1, 20) * YM_DAY)

static struct reading_lake with;
static struct ym_arena arena;
static const struct org_caller steward = {.account = 1, .agency = 3, .role = ORG_STEWARD};
static const struct org_caller stranger = {.account = 2, .agency = 4, .role = ORG_OFFICIAL};
static const struct lake_rows all = {.dataset = {"test.rows", 9}, .at = -1};

static json_t *read_by(const struct org_caller *caller, struct lake_rows what, struct ym_error *err)
{
    struct ym_buf out = {0};
    struct ym_error bad = {0};
    json_t *json = NULL;

    *err = (struct ym_error){0};
    if (lake_read(with.lake, caller, &what, &arena, &out, err) &&
        !ym_json_parse(ym_buf_str(&out), SIZE_MAX, &json, &bad))
        fail_msg("%s: %.300s", bad.message, ym_buf_cstr(&out));
    ym_buf_clear(&out);
    return json;
}

static json_t *read_ok(struct lake_rows what)
{
    struct ym_error err = {0};
    json_t *json = read_by(NULL, what, &err);

    if (!json)
        fail_msg("%s: %s", err.code, err.message);
    return json;
}

static void assert_refused(const struct org_caller *caller, struct lake_rows what,
                           enum ym_kind kind, const char *code, const char *subject)
{
    struct ym_error err = {0};
    json_t *json = read_by(caller, what, &err);

    if (json)
        fail_msg("answered instead of %s", code);
    if (strcmp(err.code, code) != 0)
        fail_msg("%s: %s instead of %s", err.code, err.message, code);
    assert_int_equal(err.kind, kind);
    if (subject)
        assert_string_equal(err.subject, subject);
    assert_true(err.hint[0] != '\0');
}

static void add_ids(const json_t *page, struct ym_buf *to)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(page, "items"), i, item)
        ym_buf_printf(to, "%s\n", json_string_value(json_object_get(item, "id")));
}

static int64_t number(const json_t *page, const char *key)
{
    assert_true(json_is_integer(json_object_get(page, key)));
    return json_integer_value(json_object_get(page, key));
}

// All pages of a question, by the ids of their rows.
static size_t walk(struct lake_rows what, struct ym_buf *ids)
{
    size_t pages = 0;
    json_t *page;

    do {
        page = read_ok(what);
        add_ids(page, ids);
        struct ym_str next = ym_json_get(page, "next");
        what.after = ym_arena_str(&arena, next);
        what.at = -1;
        json_decref(page);
        assert_true(++pages < 1000);
    } while (what.after.n > 0);
    return pages;
}

static void every_order_is_walked_by_cursor_without_a_row_lost_or_doubled(void **state)
{
    (void)state;
    static const struct {
        const char *sort, *order;
    } orders[] = {
        {"", "station, hour, _pos"},
        {"_line", "_pos"},
        {"-_line", "_pos DESC"},
        {"station,hour", "station, hour, _pos"},
        {"-station", "station DESC, _pos"},
        {"pm25", "pm25 NULLS LAST, _pos"},
        {"-pm25", "pm25 DESC NULLS LAST, _pos"},
        {"money,-_line", "money NULLS LAST, _pos DESC"},
        {"-money,station", "money DESC NULLS LAST, station, _pos"},
        {"\"city, name\"", "`city, name` NULLS LAST, _pos"},
        {"-\"city, name\",pm25", "`city, name` DESC NULLS LAST, pm25 NULLS LAST, _pos"},
        {"day", "day NULLS LAST, _pos"},
        {"-day,-hour", "day DESC NULLS LAST, hour DESC, _pos"},
        {"moment", "moment NULLS LAST, _pos"},
        {"-moment", "moment DESC NULLS LAST, _pos"},
        {"flag,-day", "flag NULLS LAST, day DESC NULLS LAST, _pos"},
        {"-flag", "flag DESC NULLS LAST, _pos"},
        {"big", "big NULLS LAST, _pos"},
        {"-big,flag,day,money",
         "big DESC NULLS LAST, flag NULLS LAST, day NULLS LAST,"
         " money NULLS LAST, _pos"},
        {"id", "id, _pos"},
    };

    for (size_t i = 0; i < YM_COUNT(orders); i++) {
        struct ym_buf seen = {0}, expected = {0};
        struct lake_rows what = all;
        char sql[400];
        what.sort = ym_str(orders[i].sort);
        what.fields = YM_STR("id");
        what.version = 1;
        what.limit = 997;
        assert_int_equal(walk(what, &seen), 18);
        snprintf(sql, sizeof sql, "SELECT id FROM lake.d7 WHERE _version = 1 ORDER BY %s",
                 orders[i].order);
        if (!ym_str_eq(ym_buf_str(&seen), reading_ask(&with, sql, &expected)))
            fail_msg("sort=%s goes astray", orders[i].sort);
        ym_buf_clear(&seen);
        ym_buf_clear(&expected);
    }
}

static void pages_of_one_row_cross_the_missing_values(void **state)
{
    (void)state;
    static const char *const orders[] = {"pm25", "-flag,pm25", "\"city, name\",-moment"};

    for (size_t i = 0; i < YM_COUNT(orders); i++) {
        struct ym_buf one = {0}, many = {0};
        struct lake_rows what = all;
        what.sort = ym_str(orders[i]);
        what.where = YM_STR("hour < 1");
        what.version = 1;
        what.limit = 1;
        assert_int_equal(walk(what, &one), 50);
        what.limit = 1000;
        assert_int_equal(walk(what, &many), 1);
        assert_string_equal(ym_buf_cstr(&one), ym_buf_cstr(&many));
        ym_buf_clear(&one);
        ym_buf_clear(&many);
    }
}

static void a_row_number_gives_the_row_of_that_number(void **state)
{
    (void)state;
    static const struct {
        const char *sort, *where, *sql;
    } cases[] = {
        {"", "", "1 ORDER BY station, hour, _pos"},
        {"_line", "", "1 ORDER BY _pos"},
        {"-_line", "", "1 ORDER BY _pos DESC"},
        {"", "pm25 > 50", "pm25 > 50 ORDER BY station, hour, _pos"},
        {"_line", "flag", "flag ORDER BY _pos"},
        {"-money", "", "1 ORDER BY money DESC NULLS LAST, _pos"},
    };
    static const int64_t rows[] = {0, 1, 127, 128, 8191, 8192, 8193, 16384, 16990, 7000};

    for (size_t i = 0; i < YM_COUNT(cases); i++)
        for (size_t k = 0; k < YM_COUNT(rows); k++) {
            struct ym_buf seen = {0}, expected = {0};
            struct lake_rows what = all;
            char sql[400];
            what.sort = ym_str(cases[i].sort);
            what.where = ym_str(cases[i].where);
            what.version = 1;
            what.at = rows[k];
            what.limit = 7;
            json_t *page = read_ok(what);
            add_ids(page, &seen);
            snprintf(sql, sizeof sql,
                     "SELECT id FROM lake.d7 WHERE _version = 1 AND %s LIMIT 7 OFFSET %lld",
                     cases[i].sql, (long long)rows[k]);
            if (!ym_str_eq(ym_buf_str(&seen), reading_ask(&with, sql, &expected)))
                fail_msg("sort=%s where=%s at=%lld: %s instead of %s", cases[i].sort,
                         cases[i].where, (long long)rows[k], ym_buf_cstr(&seen),
                         ym_buf_cstr(&expected));
            json_decref(page);
            ym_buf_clear(&seen);
            ym_buf_clear(&expected);
        }
}

static void a_walk_may_begin_at_a_row_number(void **state)
{
    (void)state;
    struct ym_buf seen = {0}, expected = {0};
    struct lake_rows what = all;

    what.version = 1;
    what.at = 15000;
    what.limit = 300;
    assert_int_equal(walk(what, &seen), 7);
    reading_ask(&with,
                "SELECT id FROM lake.d7 WHERE _version = 1 ORDER BY station, hour, _pos"
                " LIMIT 2000 OFFSET 15000",
                &expected);
    assert_string_equal(ym_buf_cstr(&seen), ym_buf_cstr(&expected));
    ym_buf_clear(&seen);
    ym_buf_clear(&expected);
}

static void behind_the_last_row_there_is_nothing(void **state)
{
    (void)state;
    static const char *const orders[] = {"", "_line", "pm25"};
    static const int64_t rows[] = {ROWS, ROWS + 1, 24576, 999999};

    for (size_t i = 0; i < YM_COUNT(orders); i++)
        for (size_t k = 0; k < YM_COUNT(rows); k++) {
            struct lake_rows what = all;
            what.sort = ym_str(orders[i]);
            what.version = 1;
            what.at = rows[k];
            json_t *page = read_ok(what);
            assert_int_equal(json_array_size(json_object_get(page, "items")), 0);
            assert_true(json_is_null(json_object_get(page, "next")));
            assert_int_equal(number(page, "total"), ROWS);
            json_decref(page);
        }
}

// The same filter for us and, written by hand, for the engine.
static const struct {
    const char *where, *sql;
} totals[] = {
    {"pm25 > 50 and not (flag = true)", "pm25 > 50 AND NOT flag"},
    {"station = 's7'", "station = 's7'"},
    {"station starts with 's1' and hour < 3", "startsWith(station, 's1') AND hour < 3"},
    {"station in ('s1', 's2') or station = 's49'", "station IN ('s1', 's2', 's49')"},
    {"station = 's3' and hour between 0 and 9", "station = 's3' AND hour BETWEEN 0 AND 9"},
    {"station = 's3' and hour = 4", "station = 's3' AND hour = 4"},
    {"station = 'nowhere'", "0"},
    {"not (station = 's3')", "station != 's3'"},
};

static void totals_are_exact_and_the_same_on_every_page(void **state)
{
    (void)state;
    static const char *const orders[] = {"", "_line", "-pm25"};
    static const int64_t limits[] = {7, 10, 1000};
    char sql[200];

    for (size_t i = 0; i < YM_COUNT(totals) * YM_COUNT(orders) * YM_COUNT(limits); i++) {
        size_t which = i / YM_COUNT(orders) / YM_COUNT(limits), pages = 0;
        struct lake_rows what = all;
        struct ym_buf count = {0};
        what.version = 1;
        what.where = ym_str(totals[which].where);
        what.sort = ym_str(orders[i % YM_COUNT(orders)]);
        what.limit = limits[i / YM_COUNT(orders) % YM_COUNT(limits)];
        (void)snprintf(sql, sizeof sql, "SELECT count() FROM lake.d7 WHERE _version = 1 AND %s",
                       totals[which].sql);
        reading_ask(&with, sql, &count);
        int64_t total = strtoll(ym_buf_cstr(&count), NULL, 10);
        do {
            json_t *page = read_ok(what);
            assert_int_equal(number(page, "total"), total);
            what.after = ym_arena_str(&arena, ym_json_get(page, "next"));
            json_decref(page);
        } while (what.after.n > 0 && ++pages < 4);
        ym_buf_clear(&count);
    }
}

static void totals_are_exact_from_any_row_on(void **state)
{
    (void)state;
    // 20 rows: before the end, a page that ends with it, at it, behind it.
    static const int64_t rows[] = {0, 1, 9, 10, 11, 19, 20, 21, 500};

    for (size_t i = 0; i < YM_COUNT(rows); i++) {
        struct lake_rows what = all;
        what.version = 1;
        what.where = YM_STR("station in ('s3', 's4') and hour between 0 and 9");
        what.limit = 10;
        what.at = rows[i];
        json_t *page = read_ok(what);
        assert_int_equal(number(page, "total"), 20);
        assert_int_equal(json_array_size(json_object_get(page, "items")), rows[i] >= 20 ? 0
                                                                          : rows[i] > 10
                                                                              ? 20 - rows[i]
                                                                              : 10);
        json_decref(page);
    }
}

static void values_leave_as_the_page_on_the_api_says(void **state)
{
    (void)state;
    assert_true(reading_run(
        &with,
        "INSERT INTO lake.d7 VALUES (90, 1, 9007199254740993, '武', 1, 0.1, 12.30,"
        " 'a\"/\\n', '2299-12-31', '1989-07-01 09:00:00.250000', true, -1),"
        " (90, 2, 2, 's', 2, 1e300, -0.5, NULL, NULL, '2026-01-01 00:00:00', false, NULL),"
        " (90, 3, 3, 's', 3, NULL, NULL, NULL, NULL, '1901-02-03 08:05:43', NULL, NULL)"));
    assert_true(reading_tell(
        &with,
        "INSERT INTO version (id, dataset, number, state, file, size, digest, received,"
        " published, rows_kept, schema) SELECT 1090, 7, 90, 'published', 'f', 1, 'd', 1, 1,"
        " 3, schema FROM version WHERE number = 1"));
    struct ym_buf out = {0};
    struct ym_error err = {0};
    struct lake_rows what = all;
    what.version = 90;
    what.sort = YM_STR("_line");
    assert_true(lake_read(with.lake, NULL, &what, &arena, &out, &err));
    assert_non_null(strstr(
        ym_buf_cstr(&out),
        "\"items\":[{\"id\":\"9007199254740993\",\"station\":\"武\",\"hour\":\"1\",\"pm25\":0.1,"
        "\"money\":\"12.30\",\"city, name\":\"a\\\"/\\n\",\"day\":\"2299-12-31\","
        "\"moment\":\"1989-07-01T00:00:00.250000Z\",\"flag\":true,\"big\":\"-1\"},"
        "{\"id\":\"2\",\"station\":\"s\",\"hour\":\"2\",\"pm25\":1e300,\"money\":\"-0.50\","
        "\"city, name\":null,\"day\":null,\"moment\":\"2025-12-31T16:00:00Z\",\"flag\":false,"
        "\"big\":null},{\"id\":\"3\",\"station\":\"s\",\"hour\":\"3\",\"pm25\":null,\"money\":null,"
        "\"city, name\":null,\"day\":null,\"moment\":\"1901-02-03T00:05:43Z\",\"flag\":null,"
        "\"big\":null}],\"next\":null,\"total\":3}"));
    assert_non_null(strstr(ym_buf_cstr(&out),
                           "{\"dataset\":\"test.rows\",\"version\":90,"
                           "\"published_at\":\"1970-01-01T00:00:00.000001Z\",\"fields\":[{\"name\":"
                           "\"id\",\"title\":{\"zh\":\"id\",\"en\":\"id\"},\"type\":\"integer\","
                           "\"unit\":null},{\"name\":\"station\",\"title\":{\"zh\":\"站点\","
                           "\"en\":\"Station\"},\"type\":\"string\",\"unit\":null}"));
    assert_non_null(strstr(ym_buf_cstr(&out), "\"type\":\"number\",\"unit\":\"µg/m³\"}"));
    ym_buf_clear(&out);
}

static void only_the_fields_asked_for_leave_in_their_order(void **state)
{
    (void)state;
    struct lake_rows what = all;

    what.version = 1;
    what.limit = 1;
    what.sort = YM_STR("pm25");
    what.fields = YM_STR("\"city, name\",id");
    json_t *page = read_ok(what);
    json_t *item = json_array_get(json_object_get(page, "items"), 0);
    assert_int_equal(json_object_size(item), 2);
    assert_string_equal(json_object_iter_key(json_object_iter(item)), "city, name");
    assert_int_equal(json_array_size(json_object_get(page, "fields")), 2);
    json_decref(page);
}

static int64_t version_of(struct lake_rows what)
{
    json_t *page = read_ok(what);
    int64_t version = number(page, "version");

    json_decref(page);
    return version;
}

static void a_time_finds_what_was_published_by_then(void **state)
{
    (void)state;
    struct lake_rows what = all;

    assert_int_equal(version_of(what), 2); // published last
    what.as_of = YM_STR("2026-01-10T00:00:00Z");
    assert_int_equal(version_of(what), 1);
    what.as_of = YM_STR("2026-01-19T23:59:59.999999Z");
    assert_int_equal(version_of(what), 1);
    what.as_of = YM_STR("2026-01-20T08:00:00+08:00");
    assert_int_equal(version_of(what), 2);
    what.as_of = YM_STR("2026-01-19"); // ends at 16:00 UTC
    assert_int_equal(version_of(what), 1);
    what.as_of = YM_STR("2026-01-20");
    assert_int_equal(version_of(what), 2);
    what.as_of = YM_STR("1969-12-31");
    assert_refused(NULL, what, YM_NOT_FOUND, "lake.none_then", "test.rows");
    what.as_of = YM_STR("yesterday");
    assert_refused(NULL, what, YM_INVALID, "lake.as_of", "yesterday");
}

static void a_withdrawn_version_is_read_by_its_stewards_only(void **state)
{
    (void)state;
    struct lake_rows what = all;
    struct ym_error err = {0};

    assert_true(reading_tell(&with, "UPDATE version SET state = 'withdrawn' WHERE number = 2"));
    assert_int_equal(version_of(what), 1);
    what.version = 2;
    assert_refused(NULL, what, YM_NOT_FOUND, "lake.no_version", "test.rows");
    assert_refused(&stranger, what, YM_NOT_FOUND, "lake.no_version", "test.rows");
    json_t *page = read_by(&steward, what, &err);
    assert_non_null(page);
    assert_int_equal(number(page, "version"), 2);
    json_decref(page);
    assert_true(reading_tell(&with, "UPDATE version SET state = 'published' WHERE number = 2"));
    what.version = 77;
    assert_refused(&steward, what, YM_NOT_FOUND, "lake.no_version", "test.rows");
}

static void closed_rows_are_for_the_agency(void **state)
{
    (void)state;
    struct ym_error err = {0};
    struct org_caller auditor = {.account = 5, .role = ORG_AUDITOR};

    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'closed'"));
    assert_refused(NULL, all, YM_SIGN_IN, "lake.may_not_read", "test.rows");
    assert_refused(&stranger, all, YM_NOT_FOUND, "lake.may_not_read", "test.rows");
    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'conditional'"));
    assert_refused(&stranger, all, YM_DENIED, "lake.may_not_read", "test.rows");
    json_t *page = read_by(&steward, all, &err), *audited = read_by(&auditor, all, &err);
    assert_non_null(page);
    assert_non_null(audited);
    json_decref(page);
    json_decref(audited);
    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'open'"));
}

static void mistakes_are_named(void **state)
{
    (void)state;
    struct lake_rows what;

#define REFUSED(member, value, code, subject)                                                      \
    what = all;                                                                                    \
    what.member = value;                                                                           \
    assert_refused(NULL, what, YM_INVALID, code, subject)
    REFUSED(where, YM_STR("pm25 > 1 and nowhere = 2"), "expr.field", "14: nowhere");
    REFUSED(where, YM_STR("_pos > 1"), "expr.field", "1: _pos");
    REFUSED(where, YM_STR("_version = 1"), "expr.field", "1: _version");
    REFUSED(sort, YM_STR("pm25,nowhere"), "lake.field", "nowhere");
    REFUSED(sort, YM_STR("-_pos"), "lake.field", "_pos");
    REFUSED(sort, YM_STR("pm25,-pm25"), "lake.field_twice", "pm25");
    REFUSED(sort, YM_STR("pm25,"), "lake.names", "");
    REFUSED(sort, YM_STR("\"pm25"), "lake.names", "\"pm25");
    REFUSED(fields, YM_STR("id,_k"), "lake.field", "_k");
    REFUSED(fields, YM_STR("id,id"), "lake.field_twice", "id");
    REFUSED(limit, 1001, "lake.limit", NULL);
    REFUSED(limit, -1, "lake.limit", NULL);
    REFUSED(after, YM_STR("abc"), "lake.cursor", NULL);
#undef REFUSED
    what = all;
    what.sort = YM_STR("pm25");
    what.at = 1000001;
    assert_refused(NULL, what, YM_INVALID, "lake.at_far", NULL);
    what = all;
    what.dataset = YM_STR("test.none");
    assert_refused(NULL, what, YM_NOT_FOUND, "catalog.no_dataset", "test.none");
}

static void a_changed_cursor_or_one_of_another_list_is_refused(void **state)
{
    (void)state;
    struct lake_rows what = all;

    what.version = 1;
    what.limit = 5;
    what.where = YM_STR("pm25 > 5");
    json_t *page = read_ok(what);
    struct ym_str next = ym_arena_str(&arena, ym_json_get(page, "next"));
    json_decref(page);
    what.after = next;
    what.where = YM_STR("  PM25 > 5");
    assert_refused(NULL, what, YM_INVALID, "expr.field", "3: PM25");
    what.where = YM_STR("(pm25)>5"); // the same question
    json_decref(read_ok(what));
    what.where = YM_STR("pm25 > 6");
    assert_refused(NULL, what, YM_INVALID, "lake.cursor", NULL);
    what.where = YM_STR("pm25 > 5");
    what.sort = YM_STR("pm25");
    assert_refused(NULL, what, YM_INVALID, "lake.cursor", NULL);
    what.sort = (struct ym_str){NULL, 0};
    what.version = 2;
    assert_refused(NULL, what, YM_INVALID, "lake.cursor", NULL);
    what.version = 0;
    json_decref(read_ok(what)); // the cursor's own version
    what.at = 3;
    assert_refused(NULL, what, YM_INVALID, "lake.at_after", NULL);
    what.at = -1;
    for (size_t i = 0; i < next.n; i += 7) {
        char *changed = ym_arena_cstr(&arena, next);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        what.after = (struct ym_str){changed, next.n};
        assert_refused(NULL, what, YM_INVALID, "lake.cursor", NULL);
    }
}

static void a_walk_stays_in_its_version_when_a_new_one_is_published(void **state)
{
    (void)state;
    struct lake_rows what = all;

    what.as_of = YM_STR("2026-01-12");
    json_t *page = read_ok(what);
    assert_int_equal(number(page, "version"), 1);
    what.after = ym_arena_str(&arena, ym_json_get(page, "next"));
    what.as_of = (struct ym_str){NULL, 0};
    assert_int_equal(version_of(what), 1);
    json_decref(page);
}

static void values_too_long_for_a_cursor_are_passed_all_the_same(void **state)
{
    (void)state;
    struct ym_buf seen = {0};
    struct lake_rows what = all;

    assert_true(reading_run(&with,
                            "INSERT INTO lake.d7 (_version, _pos, id, station, hour,"
                            " `city, name`) SELECT 91, number, number, 's', number,"
                            " repeat(char(97 + number % 3), 5000 - number) FROM numbers(20)"));
    assert_true(reading_tell(
        &with,
        "INSERT INTO version (id, dataset, number, state, file, size, digest, received,"
        " published, rows_kept, schema) SELECT 1091, 7, 91, 'published', 'f', 1, 'd', 1, 1,"
        " 20, schema FROM version WHERE number = 1"));
    what.version = 91;
    what.sort = YM_STR("\"city, name\"");
    what.limit = 3;
    assert_int_equal(walk(what, &seen), 7);
    assert_string_equal(ym_buf_cstr(&seen),
                        "18\n15\n12\n9\n6\n3\n0\n19\n16\n13\n10\n7\n4\n1\n"
                        "17\n14\n11\n8\n5\n2\n");
    ym_buf_clear(&seen);
}

static void versions_are_listed_newest_first(void **state)
{
    (void)state;
    struct lake_versions list;
    struct ym_error err = {0};

    assert_true(lake_version_list(with.lake, NULL, YM_STR("test.rows"), 3, 1, &arena, &list, &err));
    assert_int_equal(list.n, 1);
    assert_int_equal(list.items[0].facts.number, 2);
    assert_int_equal(list.items[0].facts.kept, SMALL);
    assert_true(list.total >= 2);
    assert_true(
        lake_version_list(with.lake, NULL, YM_STR("test.rows"), 2, 10, &arena, &list, &err));
    assert_int_equal(list.n, 1);
    assert_int_equal(list.items[0].facts.number, 1);
}

static json_t *quarantine(const char *code, const char *column, struct ym_str after, int64_t limit)
{
    struct ym_buf out = {0};
    struct ym_error err = {0};
    json_t *json = NULL;

    if (!lake_quarantine(with.lake, &steward, 1092, ym_str(code), ym_str(column), after, limit,
                         &out, &err) ||
        !ym_json_parse(ym_buf_str(&out), SIZE_MAX, &json, &err))
        fail_msg("%s: %s", err.code, err.message);
    ym_buf_clear(&out);
    return json;
}

static void quarantined_rows_are_paged_and_filtered(void **state)
{
    (void)state;
    struct ym_buf out = {0}, text = {0};
    struct ym_error err = {0};

    assert_true(reading_tell(
        &with,
        "INSERT INTO version (id, dataset, number, state, file, size, digest, received,"
        " published, rows_kept, rows_quarantined, schema) SELECT 1092, 7, 92, 'withdrawn',"
        " 'f', 1, 'd', 1, 1, 0, 5, schema FROM version WHERE number = 1"));
    json_t *page = quarantine("", "", (struct ym_str){NULL, 0}, 2); // no table yet
    assert_int_equal(json_array_size(json_object_get(page, "items")), 0);
    json_decref(page);
    assert_true(reading_run(&with,
                            "CREATE TABLE lake.q7 (_version UInt32, _pos UInt64, _why"
                            " Array(String), raw Array(String)) ENGINE = MergeTree PARTITION"
                            " BY _version ORDER BY _pos"));
    assert_true(reading_run(&with,
                            "INSERT INTO lake.q7 VALUES (92, 12, ['type:a:b', 'width'],"
                            " ['x', '/\"']), (92, 14, ['type:pm25'], ['y']),"
                            " (92, 15, ['unique'], []), (92, 16, ['type:pm25'], ['z']),"
                            " (92, 17, ['required:pm25'], ['']), (91, 1, ['type:pm25'], [])"));
    page = quarantine("", "", (struct ym_str){NULL, 0}, 2);
    ym_json_dump(&text, json_object_get(page, "items"));
    assert_string_equal(
        ym_buf_cstr(&text),
        "[{\"line\":12,\"reasons\":[{\"code\":\"type\",\"column\":\"a:b\"},"
        "{\"code\":\"width\",\"column\":null}],\"cells\":[\"x\",\"/\\\"\"],\"draft\":null},"
        "{\"line\":14,\"reasons\":[{\"code\":\"type\",\"column\":\"pm25\"}],"
        "\"cells\":[\"y\"],\"draft\":null}]");
    assert_int_equal(number(page, "total"), 5);
    json_t *next = quarantine("", "", ym_json_get(page, "next"), 3);
    assert_int_equal(json_array_size(json_object_get(next, "items")), 3);
    assert_true(json_is_null(json_object_get(next, "next")));
    json_decref(next);
    json_decref(page);
    page = quarantine("type", "pm25", (struct ym_str){NULL, 0}, 100);
    assert_int_equal(number(page, "total"), 2);
    assert_int_equal(json_array_size(json_object_get(page, "items")), 2);
    json_decref(page);
    assert_false(lake_quarantine(with.lake, &stranger, 1092, (struct ym_str){NULL, 0},
                                 (struct ym_str){NULL, 0}, (struct ym_str){NULL, 0}, 0, &out,
                                 &err));
    assert_int_equal(err.kind, YM_NOT_FOUND);
    assert_false(lake_quarantine(with.lake, NULL, 1092, (struct ym_str){NULL, 0},
                                 (struct ym_str){NULL, 0}, (struct ym_str){NULL, 0}, 0, &out,
                                 &err));
    assert_int_equal(err.kind, YM_SIGN_IN);
    ym_buf_clear(&out);
    ym_buf_clear(&text);
}

static int start(void **state)
{
    (void)state;
    bool ok = reading_start(&with) && reading_publish(&with, 1, ROWS, DAY_1) &&
              reading_publish(&with, 2, SMALL, DAY_2);

    return ok ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    reading_stop(&with);
    ym_arena_clear(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_is_walked_by_cursor_without_a_row_lost_or_doubled),
        cmocka_unit_test(pages_of_one_row_cross_the_missing_values),
        cmocka_unit_test(a_row_number_gives_the_row_of_that_number),
        cmocka_unit_test(a_walk_may_begin_at_a_row_number),
        cmocka_unit_test(behind_the_last_row_there_is_nothing),
        cmocka_unit_test(totals_are_exact_and_the_same_on_every_page),
        cmocka_unit_test(totals_are_exact_from_any_row_on),
        cmocka_unit_test(a_time_finds_what_was_published_by_then),
        cmocka_unit_test(values_leave_as_the_page_on_the_api_says),
        cmocka_unit_test(only_the_fields_asked_for_leave_in_their_order),
        cmocka_unit_test(a_withdrawn_version_is_read_by_its_stewards_only),
        cmocka_unit_test(closed_rows_are_for_the_agency),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_changed_cursor_or_one_of_another_list_is_refused),
        cmocka_unit_test(a_walk_stays_in_its_version_when_a_new_one_is_published),
        cmocka_unit_test(values_too_long_for_a_cursor_are_passed_all_the_same),
        cmocka_unit_test(versions_are_listed_newest_first),
        cmocka_unit_test(quarantined_rows_are_paged_and_filtered),
    };

    return cmocka_run_group_tests_name("data/lake/read", tests, start, stop);
}
