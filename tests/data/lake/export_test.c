#include "reading.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 17000, LARGE = 300000 };
#define DAY_1 (ym_day_of(2026, 1, 10) * YM_DAY)
#define DAY_2 (ym_day_of(2026, 1, 20) * YM_DAY)

static struct reading_lake with;
static const struct org_caller steward = {.account = 1, .agency = 3, .role = ORG_STEWARD};
static const struct org_caller stranger = {.account = 2, .agency = 4, .role = ORG_OFFICIAL};

// Takes what is exported; after `act_at` bytes it acts once.
struct taker {
    struct ym_buf bytes;
    size_t act_at;
    bool (*act)(struct ym_error *err);
    bool acted, stop;
};

static bool take(void *to, struct ym_str bytes, struct ym_error *err)
{
    struct taker *taker = to;

    ym_buf_add(&taker->bytes, bytes);
    if (!taker->act || taker->acted || taker->bytes.n < taker->act_at)
        return true;
    taker->acted = true;
    return taker->act(err);
}

static bool is_stopped(void *of)
{
    return ((struct taker *)of)->stop;
}

static bool run(const struct org_caller *caller, struct lake_export_ask ask, struct taker *taker,
                struct ym_error *err)
{
    struct lake_export *export = NULL;

    ask.dataset = YM_STR("test.rows");
    bool ok = lake_export_open(with.lake, caller, &ask, &export, err) &&
              lake_export_run(export, take, is_stopped, taker, err);
    lake_export_close(export);
    return ok;
}

static struct ym_str exported(struct lake_export_ask ask, struct taker *taker)
{
    struct ym_error err = {0};

    taker->bytes.n = 0;
    if (!run(NULL, ask, taker, &err))
        fail_msg("%s: %s", err.code, err.message);
    return ym_buf_str(&taker->bytes);
}

static void assert_refused(const struct org_caller *caller, struct lake_export_ask ask,
                           enum ym_kind kind, const char *code)
{
    struct taker taker = {0};
    struct ym_error err = {0};

    assert_false(run(caller, ask, &taker, &err));
    assert_string_equal(err.code, code);
    assert_int_equal(err.kind, kind);
    assert_int_equal(taker.bytes.n, 0);
    ym_buf_clear(&taker.bytes);
}

static void csv_is_every_row_in_the_order_of_the_key(void **state)
{
    struct ym_buf own = {0};
    struct taker taker = {0};
    struct lake_export_ask ask = {.version = 1, .fields = YM_STR("id,money,\"city, name\",flag")};

    (void)state;
    struct ym_str ours = exported(ask, &taker);
    reading_ask(&with,
                "SELECT id, money, `city, name`, flag FROM lake.d7 WHERE _version = 1"
                " ORDER BY station, hour, _pos FORMAT CSVWithNames SETTINGS"
                " output_format_csv_crlf_end_of_line = 1, format_csv_null_representation = '',"
                " output_format_decimal_trailing_zeros = 1",
                &own);
    assert_int_equal(ours.n, own.n);
    assert_memory_equal(ours.p, own.p, own.n);
    assert_true(ym_str_starts(ours, YM_STR("\"id\",\"money\",\"city, name\",\"flag\"\r\n")));
    ym_buf_clear(&taker.bytes);
    ym_buf_clear(&own);
}

static int64_t lines_of(struct ym_str text)
{
    int64_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void a_filter_a_version_and_a_time_are_kept(void **state)
{
    static const struct {
        const char *where, *as_of, *sql;
        int64_t version;
    } cases[] = {
        {"", "", "SELECT count() FROM lake.d7 WHERE _version = 2", 0},
        {"", "2026-01-15", "SELECT count() FROM lake.d7 WHERE _version = 1", 0},
        {"pm25 > 50 and money is missing", "",
         "SELECT count() FROM lake.d7 WHERE _version = 1 AND pm25 > 50 AND isNull(money)", 1},
        {"money = 1.00", "", "SELECT count() FROM lake.d7 WHERE _version = 1 AND money = 1", 1},
        {"flag and day < '1980-01-01'", "",
         "SELECT count() FROM lake.d7 WHERE _version = 1 AND flag AND day < '1980-01-01'", 1},
        {"hour < 0", "", "SELECT 0", 1},
    };
    struct taker taker = {0};
    struct ym_buf answer = {0};
    int64_t expected = 0;

    (void)state;
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct lake_export_ask ask = {.where = ym_str(cases[i].where),
                                      .as_of = ym_str(cases[i].as_of),
                                      .version = cases[i].version,
                                      .fields = YM_STR("id"),
                                      .format = LAKE_NDJSON};
        assert_true(ym_str_int(ym_str_trim(reading_ask(&with, cases[i].sql, &answer)), &expected));
        assert_int_equal(lines_of(exported(ask, &taker)), expected);
    }
    ym_buf_clear(&taker.bytes);
    ym_buf_clear(&answer);
}

static void the_guard_disarms_formulas_and_changes_nothing_else(void **state)
{
    struct taker taker = {0};
    struct lake_export_ask ask = {.version = 95, .fields = YM_STR("\"city, name\",pm25")};

    (void)state;
    assert_true(reading_run(&with,
                            "INSERT INTO lake.d7 (_version, _pos, id, station, hour, pm25,"
                            " `city, name`) SELECT 95, number, number, 's', number, -1,"
                            " ['=1', '+1', '-1', '@a', '\\tx', '\\rx', 'a=b', ''][number + 1]"
                            " FROM numbers(8)"));
    assert_true(reading_tell(
        &with,
        "INSERT INTO version (id, dataset, number, state, file, size, digest, received,"
        " published, rows_kept, schema) SELECT 1095, 7, 95, 'published', 'f', 1, 'd', 1, 1,"
        " 8, schema FROM version WHERE number = 1"));
    exported(ask, &taker);
    assert_string_equal(ym_buf_cstr(&taker.bytes),
                        "\"city, name\",\"pm25\"\r\n\"=1\",-1\r\n\"+1\",-1\r\n\"-1\",-1\r\n"
                        "\"@a\",-1\r\n\"\tx\",-1\r\n\"\rx\",-1\r\n\"a=b\",-1\r\n\"\",-1\r\n");
    ask.guard = true;
    exported(ask, &taker);
    assert_string_equal(ym_buf_cstr(&taker.bytes),
                        "\xef\xbb\xbf\"city, name\",\"pm25\"\r\n\"'=1\",-1\r\n\"'+1\",-1\r\n"
                        "\"'-1\",-1\r\n\"'@a\",-1\r\n\"'\tx\",-1\r\n\"'\rx\",-1\r\n"
                        "\"a=b\",-1\r\n\"\",-1\r\n");
    ym_buf_clear(&taker.bytes);
}

static void who_may_not_read_exports_nothing(void **state)
{
    struct lake_export_ask ask = {.version = 1};

    (void)state;
    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'closed'"));
    assert_refused(NULL, ask, YM_SIGN_IN, "lake.may_not_read");
    assert_refused(&stranger, ask, YM_NOT_FOUND, "lake.may_not_read");
    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'conditional'"));
    assert_refused(&stranger, ask, YM_DENIED, "lake.may_not_read");
    assert_true(reading_tell(&with, "UPDATE dataset SET openness = 'open'"));
    assert_true(reading_tell(&with, "UPDATE version SET state = 'withdrawn' WHERE number = 1"));
    assert_refused(&stranger, ask, YM_NOT_FOUND, "lake.no_version");
    struct taker taker = {0};
    struct ym_error err = {0};
    assert_true(run(&steward, ask, &taker, &err));
    ym_buf_clear(&taker.bytes);
    assert_true(reading_tell(&with, "UPDATE version SET state = 'published' WHERE number = 1"));
}

static void a_sheet_that_is_too_long_is_refused_before_its_first_byte(void **state)
{
    struct lake_export_ask ask = {.version = 96, .format = LAKE_XLSX};

    (void)state;
    assert_true(reading_run(&with,
                            "INSERT INTO lake.d7 (_version, _pos, id, station, hour) SELECT 96,"
                            " number, number, 's', number FROM numbers(1048576)"));
    assert_true(reading_tell(
        &with,
        "INSERT INTO version (id, dataset, number, state, file, size, digest, received,"
        " published, rows_kept, schema) SELECT 1096, 7, 96, 'published', 'f', 1, 'd', 1, 1,"
        " 1048576, schema FROM version WHERE number = 1"));
    assert_refused(NULL, ask, YM_TOO_LARGE, "lake.xlsx_rows");
    struct taker taker = {0};
    ask.where = YM_STR("hour > 0");
    ask.fields = YM_STR("id");
    struct ym_str book = exported(ask, &taker);
    assert_true(ym_str_starts(book, YM_STR("PK\x03\x04")));
    ym_buf_clear(&taker.bytes);
    assert_true(reading_run(&with,
                            "INSERT INTO lake.d7 (_version, _pos, id, station, hour) SELECT 97,"
                            " 1, 1, repeat('长', 32768), 1"));
    assert_true(reading_tell(
        &with,
        "INSERT INTO version (id, dataset, number, state, file, size, digest, received,"
        " published, rows_kept, schema) SELECT 1097, 7, 97, 'published', 'f', 1, 'd', 1, 1,"
        " 1, schema FROM version WHERE number = 1"));
    ask = (struct lake_export_ask){.version = 97, .format = LAKE_XLSX};
    assert_refused(NULL, ask, YM_TOO_LARGE, "lake.xlsx_cell");
}

static bool retire_and_drop(struct ym_error *err)
{
    (void)err;
    return reading_tell(&with, "UPDATE version SET state = 'retired' WHERE number = 98") &&
           reading_run(&with, "ALTER TABLE lake.d7 DROP PARTITION 98");
}

static void a_version_that_is_retired_meanwhile_is_read_whole_or_not_at_all(void **state)
{
    struct taker taker = {.act = retire_and_drop, .act_at = 1};
    struct lake_export_ask ask = {.version = 98, .fields = YM_STR("id,hour,pm25,money,day")};
    struct lake_export *export = NULL;
    struct ym_error err = {0};

    (void)state;
    assert_true(reading_publish(&with, 98, LARGE, DAY_1));
    assert_int_equal(lines_of(exported(ask, &taker)), LARGE + 1);
    assert_true(taker.acted);
    // Opened before, begun after: nothing leaves.
    ask.version = 1;
    ask.dataset = YM_STR("test.rows");
    assert_true(lake_export_open(with.lake, NULL, &ask, &export, &err));
    assert_true(reading_tell(&with, "UPDATE version SET state = 'retired' WHERE number = 1"));
    taker.bytes.n = 0;
    assert_false(lake_export_run(export, take, is_stopped, &taker, &err));
    assert_string_equal(err.code, "lake.no_version");
    assert_int_equal(taker.bytes.n, 0);
    lake_export_close(export);
    assert_true(reading_tell(&with, "UPDATE version SET state = 'published' WHERE number = 1"));
    ym_buf_clear(&taker.bytes);
}

static bool refuse(struct ym_error *err)
{
    return ym_fail(err, YM_BUSY, "http.gone", "the client has left");
}

static void a_client_that_leaves_ends_the_query(void **state)
{
    struct taker taker = {.act = refuse, .act_at = 1};
    struct lake_export_ask ask = {.version = 96};
    struct ym_error err = {0};
    struct ym_buf answer = {0};

    (void)state;
    assert_false(run(NULL, ask, &taker, &err));
    assert_string_equal(err.code, "http.gone");
    for (int i = 0; i < 100; i++) {
        reading_ask(&with,
                    "SELECT count() FROM system.processes WHERE query LIKE '%CSVWith%'"
                    " AND query NOT LIKE '%processes%'",
                    &answer);
        if (ym_str_is(ym_str_trim(ym_buf_str(&answer)), "0"))
            break;
        usleep(50000);
    }
    assert_string_equal(ym_buf_cstr(&answer), "0\n");
    ym_buf_clear(&answer);
    ym_buf_clear(&taker.bytes);
}

static int start(void **state)
{
    (void)state;
    bool ok = reading_start(&with) && reading_publish(&with, 1, ROWS, DAY_1) &&
              reading_publish(&with, 2, 500, DAY_2);

    return ok ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    reading_stop(&with);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_is_every_row_in_the_order_of_the_key),
        cmocka_unit_test(a_filter_a_version_and_a_time_are_kept),
        cmocka_unit_test(the_guard_disarms_formulas_and_changes_nothing_else),
        cmocka_unit_test(who_may_not_read_exports_nothing),
        cmocka_unit_test(a_sheet_that_is_too_long_is_refused_before_its_first_byte),
        cmocka_unit_test(a_version_that_is_retired_meanwhile_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_client_that_leaves_ends_the_query),
    };

    return cmocka_run_group_tests_name("data/lake/export", tests, start, stop);
}
