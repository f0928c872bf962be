#include "reading.h"

#include "base/time.h"
#include "data/lake/versions.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROWS = 20000 };
#define DAY_1 (ym_day_of(2026, 1, 10) * YM_DAY)

static struct reading_lake with;
static struct ym_arena arena;
static const struct org_caller stranger = {.account = 2, .agency = 4, .role = ORG_OFFICIAL};

static json_t *diff_by(const struct org_caller *caller, struct lake_diff_ask ask,
                       struct ym_error *err)
{
    struct ym_buf out = {0};
    struct ym_error bad = {0};
    json_t *json = NULL;

    *err = (struct ym_error){0};
    ask.dataset = YM_STR("test.rows");
    if (lake_diff(with.lake, caller, &ask, &arena, &out, err) &&
        !ym_json_parse(ym_buf_str(&out), SIZE_MAX, &json, &bad))
        fail_msg("%s: %.300s", bad.message, ym_buf_cstr(&out));
    ym_buf_clear(&out);
    return json;
}

static json_t *diff(struct lake_diff_ask ask)
{
    struct ym_error err;
    json_t *json = diff_by(NULL, ask, &err);

    if (!json)
        fail_msg("%s: %s", err.code, err.message);
    return json;
}

static void assert_refused(struct lake_diff_ask ask, enum ym_kind kind, const char *code)
{
    struct ym_error err;
    json_t *json = diff_by(NULL, ask, &err);

    assert_null(json);
    assert_string_equal(err.code, code);
    assert_int_equal(err.kind, kind);
}

static int64_t count_of(const json_t *answer, const char *kind)
{
    return json_integer_value(json_object_get(json_object_get(answer, "counts"), kind));
}

static int64_t own(const char *sql)
{
    struct ym_buf answer = {0};
    int64_t n = 0;

    assert_true(ym_str_int(ym_str_trim(reading_ask(&with, sql, &answer)), &n));
    ym_buf_clear(&answer);
    return n;
}

/* Version 2 is version 1 with every 10th row gone, every 7th with another money, every 11th with a
 * flag that was there missing or the other way round, and 300 new rows. */
static const char SQL_SECOND[] =
    "INSERT INTO lake.d7 SELECT 2, _pos + 1, id, station, hour, pm25,"
    " if(id % 7 = 0, toDecimal64(12345.67, 2), money), `city, name`, day, moment,"
    " if(id % 11 = 0, if(isNull(flag), true, NULL), flag), big"
    " FROM lake.d7 WHERE _version = 1 AND id % 10 != 0"
    " UNION ALL SELECT 2, 900000 + number, 900000 + number, 'new', number, NULL, NULL, NULL, NULL,"
    " NULL, NULL, NULL FROM numbers(300)";
// The same question asked of the engine in another way: a hash join over every cell as text.
static const char SQL_CHANGED[] =
    "SELECT count() FROM (SELECT station, hour, toString(tuple(id, pm25, money, `city, name`, day,"
    " moment, flag, big)) AS t FROM lake.d7 WHERE _version = 1) AS a INNER JOIN (SELECT station,"
    " hour, toString(tuple(id, pm25, money, `city, name`, day, moment, flag, big)) AS t"
    " FROM lake.d7 WHERE _version = 2) AS b USING (station, hour) WHERE a.t != b.t";

static void counts_are_exact_also_where_values_are_missing(void **state)
{
    (void)state;
    json_t *answer = diff((struct lake_diff_ask){.from = 1, .to = 2});

    assert_int_equal(count_of(answer, "added"), 300);
    assert_int_equal(count_of(answer, "removed"),
                     own("SELECT count() FROM lake.d7 WHERE _version = 1 AND id % 10 = 0"));
    assert_int_equal(count_of(answer, "changed"), own(SQL_CHANGED));
    assert_int_equal(
        count_of(answer, "same") + count_of(answer, "changed") + count_of(answer, "removed"), ROWS);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")),
                     count_of(answer, "added") + count_of(answer, "removed") +
                         count_of(answer, "changed"));
    json_decref(answer);
    answer = diff((struct lake_diff_ask){.from = 2, .to = 1}); // the other way round
    assert_int_equal(count_of(answer, "removed"), 300);
    assert_int_equal(count_of(answer, "changed"), own(SQL_CHANGED));
    json_decref(answer);
}

static void a_version_does_not_differ_from_itself(void **state)
{
    (void)state;
    json_t *answer = diff((struct lake_diff_ask){.from = 1, .to = 1});

    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 0);
    assert_int_equal(count_of(answer, "same"), ROWS);
    assert_int_equal(json_array_size(json_object_get(answer, "items")), 0);
    assert_true(json_is_null(json_object_get(answer, "next")));
    json_decref(answer);
}

static void without_numbers_the_current_one_is_compared_with_the_one_before(void **state)
{
    (void)state;
    json_t *answer = diff((struct lake_diff_ask){.limit = 1});

    assert_int_equal(json_integer_value(json_object_get(answer, "from")), 1);
    assert_int_equal(json_integer_value(json_object_get(answer, "to")), 2);
    json_decref(answer);
}

static void check_item(const json_t *item, const char *kind)
{
    const json_t *from = json_object_get(item, "from"), *to = json_object_get(item, "to");
    const json_t *changed = json_object_get(item, "changed"), *name;
    struct ym_str said = ym_json_get(item, "kind");
    size_t i;

    if (kind[0])
        assert_true(ym_str_is(said, kind));
    assert_int_equal(json_is_null(from), ym_str_is(said, "added"));
    assert_int_equal(json_is_null(to), ym_str_is(said, "removed"));
    assert_int_equal(json_array_size(changed) > 0, ym_str_is(said, "changed"));
    json_array_foreach(changed, i, name)
    {
        const char *text = json_string_value(name);
        assert_true(strcmp(text, "money") == 0 || strcmp(text, "flag") == 0);
        assert_false(json_equal(json_object_get(from, text), json_object_get(to, text)));
    }
    if (ym_str_is(said, "changed"))
        assert_true(json_equal(json_object_get(from, "id"), json_object_get(to, "id")));
}

static int64_t walk(const char *kind, int64_t limit, struct ym_buf *keys)
{
    struct lake_diff_ask ask = {.from = 1, .to = 2, .kind = ym_str(kind), .limit = limit};
    int64_t seen = 0, total = -1;
    json_t *answer, *item;
    size_t i;

    do {
        answer = diff(ask);
        json_array_foreach(json_object_get(answer, "items"), i, item)
        {
            const json_t *row = json_object_get(item, "from");
            check_item(item, kind);
            row = json_is_null(row) ? json_object_get(item, "to") : row;
            ym_buf_printf(keys, "%s\t%s\n", json_string_value(json_object_get(row, "station")),
                          json_string_value(json_object_get(row, "hour")));
            seen++;
        }
        total = json_integer_value(json_object_get(answer, "total"));
        ask.after = ym_arena_str(&arena, ym_json_get(answer, "next"));
        json_decref(answer);
    } while (ask.after.n > 0);
    assert_int_equal(seen, total);
    return seen;
}

static void pages_list_each_difference_once_in_the_order_of_the_key(void **state)
{
    struct ym_buf seen = {0}, expected = {0};

    (void)state;
    assert_int_equal(walk("added", 97, &seen), 300);
    reading_ask(&with,
                "SELECT station, hour FROM lake.d7 WHERE _version = 2 AND station = 'new'"
                " ORDER BY station, hour",
                &expected);
    assert_string_equal(ym_buf_cstr(&seen), ym_buf_cstr(&expected));
    ym_buf_clear(&seen);
    walk("removed", 1000, &seen);
    reading_ask(&with,
                "SELECT station, hour FROM lake.d7 WHERE _version = 1 AND id % 10 = 0"
                " ORDER BY station, hour",
                &expected);
    assert_string_equal(ym_buf_cstr(&seen), ym_buf_cstr(&expected));
    ym_buf_clear(&seen);
    assert_int_equal(walk("changed", 500, &seen), own(SQL_CHANGED));
    ym_buf_clear(&seen);
    walk("", 1000, &seen);
    ym_buf_clear(&seen);
    ym_buf_clear(&expected);
}

static void mistakes_are_named_and_rights_are_kept(void **state)
{
    struct ym_error err;

    (void)state;
    assert_refused((struct lake_diff_ask){.from = 1, .to = 9}, YM_NOT_FOUND, "lake.no_version");
    assert_refused((struct lake_diff_ask){.from = 9, .to = 1}, YM_NOT_FOUND, "lake.no_version");
    assert_refused((struct lake_diff_ask){.to = 1}, YM_NOT_FOUND, "lake.none_then");
    assert_refused((struct lake_diff_ask){.from = 1, .to = 2, .kind = YM_STR("x")}, YM_INVALID,
                   "lake.kind");
    assert_refused((struct lake_diff_ask){.from = 1, .to = 2, .limit = 1001}, YM_INVALID,
                   "lake.limit");
    json_t *answer = diff((struct lake_diff_ask){.from = 1, .to = 2, .limit = 2});
    struct ym_str next = ym_arena_str(&arena, ym_json_get(answer, "next"));
    json_decref(answer);
    assert_refused((struct lake_diff_ask){.from = 2, .to = 1, .after = next}, YM_INVALID,
                   "lake.cursor");
    assert_refused((struct lake_diff_ask){.from = 1, .to = 2, .after = YM_STR("made-up")},
                   YM_INVALID, "lake.cursor");
    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'closed'"));
    assert_refused((struct lake_diff_ask){.from = 1, .to = 2}, YM_SIGN_IN, "lake.may_not_read");
    assert_null(diff_by(&stranger, (struct lake_diff_ask){.from = 1, .to = 2}, &err));
    assert_int_equal(err.kind, YM_NOT_FOUND);
    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'open'"));
    assert_true(reading_tell(&with, "UPDATE version SET state = 'retired' WHERE number = 1"));
    assert_refused((struct lake_diff_ask){.from = 1, .to = 2}, YM_NOT_FOUND, "lake.no_version");
    assert_true(reading_tell(&with, "UPDATE version SET state = 'published' WHERE number = 1"));
    assert_true(reading_tell(&with,
                             "UPDATE version SET schema = replace(schema,"
                             " '\"primaryKey\": [\"station\", \"hour\"]',"
                             " '\"primaryKey\": []') WHERE number = 2"));
    assert_refused((struct lake_diff_ask){.from = 1, .to = 2}, YM_INVALID, "lake.no_key");
}

static int start(void **state)
{
    (void)state;
    bool ok =
        reading_start(&with) && reading_publish(&with, 1, ROWS, DAY_1) &&
        reading_run(&with, SQL_SECOND) &&
        reading_tell(&with,
                     "INSERT INTO version (id, dataset, number, state, file, size, digest,"
                     " received, published, rows_kept, schema) SELECT 1002, 7, 2, 'published',"
                     " 'f', 1, 'd', 1, published + 1000000, 1, schema FROM version"
                     " WHERE number = 1");

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
        cmocka_unit_test(counts_are_exact_also_where_values_are_missing),
        cmocka_unit_test(a_version_does_not_differ_from_itself),
        cmocka_unit_test(without_numbers_the_current_one_is_compared_with_the_one_before),
        cmocka_unit_test(pages_list_each_difference_once_in_the_order_of_the_key),
        cmocka_unit_test(mistakes_are_named_and_rights_are_kept),
    };

    return cmocka_run_group_tests_name("data/lake/diff", tests, start, stop);
}
