#include "host/engine/engine.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* Random rows x random expressions: the engine selects the rows that expr_eval calls true. The
 * values are few and chosen to collide, and every type has a missing one. */

enum { ROWS = 120, EXPRESSIONS = 1200, FIELDS = 10 };
static const struct expr_field fields[FIELDS] = {
    {.name = {"flag", 4}, .type = EXPR_BOOLEAN},
    {.name = {"whole", 5}, .type = EXPR_INTEGER},
    {.name = {"real", 4}, .type = EXPR_NUMBER},
    {.name = {"money", 5}, .type = EXPR_DECIMAL, .scale = 2},
    {.name = {"fine", 4}, .type = EXPR_DECIMAL, .scale = 6},
    {.name = {"名称 `\"'", 10}, .type = EXPR_TEXT},
    {.name = {"day", 3}, .type = EXPR_DATE},
    {.name = {"moment", 6}, .type = EXPR_DATETIME, .zone = "Asia/Shanghai"},
    {.name = {"clock", 5}, .type = EXPR_TIME},
    {.name = {"other", 5}, .type = EXPR_INTEGER},
};
static const char *const booleans[] = {"true", "false"};
static const char *const integers[] = {
    "0", "1", "-1", "2", "9007199254740993", "9223372036854775807", "-9223372036854775808", "3"};
static const char *const reals[] = {
    "0",     "0.1",    "0.30000000000000004",    "-1.5", "9007199254740992", "1e300", "3",
    "2.675", "5e-324", "9.223372036854775807e18"};
static const char *const moneys[] = {"0.00", "0.10", "-1.50", "2.00", "9999999999999999.99",
                                     "3.00"};
static const char *const fines[] = {"0.000000",  "0.100000",
                                    "0.100001",  "2.000000",
                                    "-1.500000", "99999999999999999999999999999999.999999"};
static const char *const texts[] = {"",        "武汉", "武", "宜昌",  "a'b",        "a\\b",
                                    "a\tb\nc", "%_",   "A",  "Z武汉", "{p0:String}"};
static const char *const days[] = {"1900-01-01", "1970-01-01", "2020-02-29", "2299-12-31"};
static const char *const moments[] = {"1970-01-01T00:00:00Z", "1989-07-01T15:30:00.000001Z",
                                      "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5Z",
                                      "1900-01-02T00:00:00Z"};
static const char *const clocks[] = {"00:00:00", "08:30:00", "23:59:59", "08:30", "09:00"};
#define POOL(list)                                                                                 \
    {                                                                                              \
        list, YM_COUNT(list)                                                                       \
    }
static const struct {
    const char *const *items;
    size_t n;
} pools[FIELDS] = {POOL(booleans), POOL(integers), POOL(reals),   POOL(moneys), POOL(fines),
                   POOL(texts),    POOL(days),     POOL(moments), POOL(clocks), POOL(integers)};

static struct engine *engine;
static char folder[] = "/tmp/ym-expr-XXXXXX";
static struct expr_value rows[ROWS][FIELDS];
static uint64_t seed = 1;

static size_t draw(size_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % limit;
}

static void must(bool ok, const struct ym_error *err)
{
    if (!ok)
        print_message("# %s: %s\n", err->code, err->message);
    assert_true(ok);
}

/* Rows. */

static void make_rows(void)
{
    for (size_t r = 0; r < ROWS; r++)
        for (size_t f = 0; f < FIELDS; f++) {
            rows[r][f].missing = draw(5) == 0;
            rows[r][f].text = ym_str(pools[f].items[draw(pools[f].n)]);
        }
}

static void add_tsv(struct ym_buf *to, struct ym_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\\' || c == '\t' || c == '\n')
            ym_buf_printf(to, "\\%c", c == '\t' ? 't' : c == '\n' ? 'n' : c);
        else
            ym_buf_char(to, c);
    }
}

// A cell as the table takes it: doubles by their bits, moments by their microseconds.
static void add_cell(struct ym_buf *to, size_t field, const struct expr_value *value)
{
    if (value->missing) {
        ym_buf_add(to, YM_STR("\\N"));
    } else if (fields[field].type == EXPR_NUMBER) {
        double real = strtod(value->text.p, NULL);
        uint64_t bits;
        memcpy(&bits, &real, sizeof bits);
        ym_buf_printf(to, "%" PRIu64, bits);
    } else if (fields[field].type == EXPR_DATETIME) {
        int64_t time = 0;
        assert_true(ym_time_parse(value->text, &time));
        ym_buf_printf(to, "%" PRId64, time);
    } else {
        add_tsv(to, value->text);
    }
}

static void fill_table(void)
{
    struct ym_error err = {0};
    struct ym_buf sql = {0};

    make_rows();
    must(engine_run(engine,
                    "CREATE TABLE lake.t (k UInt32, flag Nullable(Bool), whole Nullable(Int64),"
                    " real Nullable(Float64), money Nullable(Decimal(18, 2)),"
                    " fine Nullable(Decimal(38, 6)), `名称 \\`\"'` Nullable(String),"
                    " day Nullable(Date32), moment Nullable(DateTime64(6, 'Asia/Shanghai')),"
                    " clock Nullable(String), other Nullable(Int64))"
                    " ENGINE = MergeTree ORDER BY k",
                    YM_NO_ARGS, &err),
         &err);
    ym_buf_add(&sql,
               YM_STR("INSERT INTO lake.t SELECT k, f0, f1, reinterpretAsFloat64(f2), f3, f4, f5,"
                      " f6, fromUnixTimestamp64Micro(f7), f8, f9 FROM input('k UInt32,"
                      " f0 Nullable(Bool), f1 Nullable(Int64), f2 Nullable(UInt64),"
                      " f3 Nullable(Decimal(18, 2)), f4 Nullable(Decimal(38, 6)),"
                      " f5 Nullable(String), f6 Nullable(Date32), f7 Nullable(Int64),"
                      " f8 Nullable(String), f9 Nullable(Int64)') FORMAT TSV\n"));
    for (size_t r = 0; r < ROWS; r++) {
        ym_buf_printf(&sql, "%zu", r);
        for (size_t f = 0; f < FIELDS; f++) {
            ym_buf_char(&sql, '\t');
            add_cell(&sql, f, &rows[r][f]);
        }
        ym_buf_char(&sql, '\n');
    }
    must(engine_run(engine, ym_buf_cstr(&sql), YM_NO_ARGS, &err), &err);
    ym_buf_clear(&sql);
}

/* Expressions. */

static void add_quoted(struct ym_buf *to, const char *text)
{
    ym_buf_char(to, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            ym_buf_char(to, '\'');
        ym_buf_char(to, *text);
    }
    ym_buf_char(to, '\'');
}

static void add_literal(struct ym_buf *to, size_t field)
{
    static const char *const numbers[] = {"0.1",
                                          "2",
                                          "-1.5",
                                          "3.000001",
                                          "1e2",
                                          "0.30000000000000004",
                                          "99999999999999999999",
                                          "0.0000001",
                                          "1e40",
                                          "1e300",
                                          "-123456789012345678901234567890.12"};
    static const char *const strange_days[] = {"1850-06-01", "2999-01-01", "0000-01-01"};
    enum expr_type type = fields[field].type;
    const char *text = pools[field].items[draw(pools[field].n)];

    if (type == EXPR_INTEGER || type == EXPR_NUMBER || type == EXPR_DECIMAL)
        ym_buf_add(to, ym_str(draw(2) ? text : numbers[draw(YM_COUNT(numbers))]));
    else if (type == EXPR_BOOLEAN)
        ym_buf_add(to, ym_str(text));
    else if (type == EXPR_DATE && draw(3) == 0)
        add_quoted(to, strange_days[draw(YM_COUNT(strange_days))]);
    else if (type == EXPR_DATETIME && draw(3) == 0)
        add_quoted(to, draw(2) ? "2020-01-01" : "1989-07-02 00:30:00");
    else
        add_quoted(to, text);
}

static bool comparable(enum expr_type a, enum expr_type b)
{
    bool numbers = (a == EXPR_INTEGER || a == EXPR_NUMBER || a == EXPR_DECIMAL) &&
                   (b == EXPR_INTEGER || b == EXPR_NUMBER || b == EXPR_DECIMAL);

    return numbers || a == b;
}

static void add_test(struct ym_buf *to)
{
    static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">="};
    size_t f = draw(FIELDS), other = draw(FIELDS);
    bool flag = fields[f].type == EXPR_BOOLEAN, text = fields[f].type == EXPR_TEXT;
    const char *op = ops[draw(flag ? 2 : 6)];

    expr_print_name(fields[f].name, to);
    switch (draw(text ? 8 : 6)) {
    case 0:
        ym_buf_add(to, draw(2) ? YM_STR(" is missing") : YM_STR(" is not missing"));
        return;
    case 1:
        ym_buf_add(to, draw(2) ? YM_STR(" in (") : YM_STR(" not in ("));
        for (size_t n = 1 + draw(5), i = 0; i < n; i++) {
            if (i > 0)
                ym_buf_add(to, YM_STR(", "));
            add_literal(to, f);
        }
        ym_buf_char(to, ')');
        return;
    case 2:
        if (flag)
            return; // a condition by itself
        ym_buf_add(to, draw(2) ? YM_STR(" between ") : YM_STR(" not between "));
        add_literal(to, f);
        ym_buf_add(to, YM_STR(" and "));
        add_literal(to, f);
        return;
    case 3:
        while (!comparable(fields[f].type, fields[other].type))
            other = draw(FIELDS);
        ym_buf_printf(to, " %s ", op);
        expr_print_name(fields[other].name, to);
        return;
    case 6:
    case 7:
        ym_buf_add(to, ym_str((const char *[]){" contains ", " starts with ", " ends with ",
                                               " not contains "}[draw(4)]));
        add_literal(to, f);
        return;
    default:
        ym_buf_printf(to, " %s ", op);
        add_literal(to, f);
    }
}

static void add_expression(struct ym_buf *to, int depth)
{
    size_t kind = depth > 3 ? 9 : draw(10);

    if (kind < 2) {
        ym_buf_add(to, YM_STR("not ("));
        add_expression(to, depth + 1);
        ym_buf_char(to, ')');
    } else if (kind < 6) {
        const char *joint = kind < 4 ? " or " : " and ";
        ym_buf_char(to, '(');
        for (size_t n = 2 + draw(2), i = 0; i < n; i++) {
            if (i > 0)
                ym_buf_add(to, ym_str(joint));
            add_expression(to, depth + 1);
        }
        ym_buf_char(to, ')');
    } else if (kind == 6) {
        ym_buf_char(to, '(');
        add_expression(to, depth + 1);
        ym_buf_add(to, draw(2) ? YM_STR(") = (") : YM_STR(") != ("));
        add_expression(to, depth + 1);
        ym_buf_char(to, ')');
    } else if (kind == 7) { // what an optimizer may turn into IN
        size_t f = 1 + draw(FIELDS - 1);
        ym_buf_add(to, YM_STR("not ("));
        for (size_t i = 0; i < 4; i++) {
            if (i > 0)
                ym_buf_add(to, YM_STR(" or "));
            expr_print_name(fields[f].name, to);
            ym_buf_add(to, YM_STR(" = "));
            add_literal(to, f);
        }
        ym_buf_char(to, ')');
    } else {
        add_test(to);
    }
}

static void expect_same(struct ym_str source)
{
    struct ym_error err = {0};
    struct ym_arena arena = {0};
    struct engine_params params = {0};
    struct ym_buf sql = {0}, answer = {0}, expected = {0};
    const struct expr_node *node;

    must(expr_parse(source, (struct expr_fields){fields, FIELDS}, &arena, &node, &err), &err);
    ym_buf_add(&sql, YM_STR("SELECT k FROM lake.t WHERE "));
    engine_expr(node, &sql, &params, &arena);
    ym_buf_add(&sql, YM_STR(" ORDER BY k"));
    if (!engine_ask(engine, ym_buf_cstr(&sql), (struct ym_args){params.items, params.n}, &answer,
                    &err)) {
        print_message("# %.*s\n# %s\n", YM_FMT(source), ym_buf_cstr(&sql));
        must(false, &err);
    }
    for (size_t r = 0; r < ROWS; r++)
        if (expr_eval(node, rows[r]) == EXPR_TRUE)
            ym_buf_printf(&expected, "%zu\n", r);
    if (!ym_str_eq(ym_buf_str(&answer), ym_buf_str(&expected))) {
        print_message("# %.*s\n# %s\n", YM_FMT(source), ym_buf_cstr(&sql));
        for (size_t i = 0; i < params.n; i++)
            print_message("# %s=%.*s\n", params.items[i].name, YM_FMT(params.items[i].s));
    }
    assert_string_equal(ym_buf_cstr(&answer), ym_buf_cstr(&expected));
    ym_buf_clear(&sql);
    ym_buf_clear(&answer);
    ym_buf_clear(&expected);
    ym_arena_clear(&arena);
}

static void the_engine_selects_the_rows_that_the_interpreter_calls_true(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPRESSIONS; i++) {
        struct ym_buf source = {0};
        add_expression(&source, 0);
        if (source.n <= 8000)
            expect_same(ym_buf_str(&source));
        ym_buf_clear(&source);
    }
}

static void a_list_of_a_thousand_values_is_one_parameter(void **state)
{
    (void)state;
    struct ym_buf source = {0};

    ym_buf_add(&source, YM_STR("whole not in ("));
    for (int i = 0; i < 1000; i++)
        ym_buf_printf(&source, "%s%d", i > 0 ? "," : "", i + 2);
    ym_buf_char(&source, ')');
    expect_same(ym_buf_str(&source));
    ym_buf_clear(&source);
}

static void no_value_ever_stands_in_the_sql(void **state)
{
    (void)state;
    struct ym_error err = {0};
    struct ym_arena arena = {0};
    struct engine_params params = {0};
    struct ym_buf sql = {0};
    const struct expr_node *node;
    struct ym_str source = YM_STR("\"名称 `\"\"'\" = 'x'') OR 1=1 --' or whole in (77001, 77002)");

    must(expr_parse(source, (struct expr_fields){fields, FIELDS}, &arena, &node, &err), &err);
    engine_expr(node, &sql, &params, &arena);
    assert_null(strstr(ym_buf_cstr(&sql), "1=1"));
    assert_null(strstr(ym_buf_cstr(&sql), "7700"));
    assert_int_equal(params.n, 2);
    expect_same(source);
    ym_buf_clear(&sql);
    ym_arena_clear(&arena);
}

static int start(void **state)
{
    (void)state;
    static char program[4096];
    const char *build = getenv("YM_BUILD");
    struct ym_error err = {0};

    snprintf(program, sizeof program, "%s/bin/yunmeng-engine", build ? build : "build");
    if (!mkdtemp(folder))
        return -1;
    struct engine_options options = {
        .program = program, .dir = folder, .database = "lake", .zone = "Asia/Shanghai"};
    must(engine_start(&options, &engine, &err), &err);
    must(engine_wait(engine, 90000, &err), &err);
    fill_table();
    return 0;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts;
    (void)type;
    (void)at;
    return remove(path);
}

static int stop(void **state)
{
    (void)state;
    engine_stop(engine);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_selects_the_rows_that_the_interpreter_calls_true),
        cmocka_unit_test(a_list_of_a_thousand_values_is_one_parameter),
        cmocka_unit_test(no_value_ever_stands_in_the_sql),
    };

    return cmocka_run_group_tests_name("host/engine/expr", tests, start, stop);
}
