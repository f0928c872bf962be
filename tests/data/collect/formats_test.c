// Workbooks and JSON, read as the server does it: by the caged child.
//
// cmocka.h wants these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "book.h"
#include "rows.h"

#include <unistd.h>

static char self[4096];

struct table {
    struct ym_arena arena;
    struct collect_facts facts;
    struct collect_end end;
    struct rows rows;
    struct ym_error err; // kind 0: read to the end
};

static void read_fd(int fd, const char *name, struct collect_recipe recipe, struct table *table)
{
    struct collect_request request = {
        .fd = fd, .name = ym_str(name), .recipe = recipe, .program = self};
    struct collect_read *in = NULL;
    struct ym_str bytes;

    *table = (struct table){0};
    if (collect_open(&request, &table->arena, &in, &table->facts, &table->err)) {
        while (collect_next(in, &bytes, &table->err) && bytes.n > 0)
            assert_true(rows_parse(bytes, table->facts.n_columns, &table->arena, &table->rows));
        collect_done(in, &table->end);
        if (!table->err.kind)
            assert_int_equal(table->end.rows, table->rows.n);
        collect_close(in);
    }
    close(fd);
}

static void read_sheet(const char *rows, struct collect_recipe recipe, struct table *table)
{
    const struct book_sheet sheet = {.name = "表一", .rows = rows};

    read_fd(book_file(&sheet, 1, false), "t.xlsx", recipe, table);
    if (table->err.kind)
        fail_msg("%s: %s", table->err.code, table->err.message);
}

static void read_text(const char *text, const char *name, struct collect_recipe recipe,
                      struct table *table)
{
    read_fd(rows_file(ym_str(text)), name, recipe, table);
}

static void forget(struct table *table)
{
    ym_arena_clear(&table->arena);
}

static void expect(const struct table *table, size_t row, int64_t pos, const char *cells)
{
    struct ym_buf text = {0};

    if (table->err.kind)
        fail_msg("%s: %s", table->err.code, table->err.message);
    assert_true(row < table->rows.n);
    for (size_t i = 0; i < table->facts.n_columns; i++)
        ym_buf_printf(&text, "%s%.*s", i > 0 ? "|" : "", YM_FMT(table->rows.items[row].cells[i]));
    assert_string_equal(ym_buf_cstr(&text), cells);
    assert_int_equal(table->rows.items[row].pos, pos);
    ym_buf_clear(&text);
}

static void expect_columns(const struct table *table, const char *names)
{
    struct ym_buf text = {0};

    if (table->err.kind)
        fail_msg("%s: %s", table->err.code, table->err.message);
    for (size_t i = 0; i < table->facts.n_columns; i++)
        ym_buf_printf(&text, "%s%.*s", i > 0 ? "|" : "", YM_FMT(table->facts.columns[i]));
    assert_string_equal(ym_buf_cstr(&text), names);
    ym_buf_clear(&text);
}

static void expect_problem(struct table *table, const char *code, int64_t line, const char *says)
{
    assert_string_equal(table->err.code, code);
    assert_int_equal(table->err.line, line);
    if (!strstr(table->err.message, says))
        fail_msg("'%s' does not say '%s'", table->err.message, says);
    assert_true(table->err.hint[0] != '\0');
    forget(table);
}

#define S(ref, index)        "<c r='" ref "' t='s'><v>" index "</v></c>"
#define N(ref, style, value) "<c r='" ref "' s='" style "'><v>" value "</v></c>"
#define I(ref, text)         "<c r='" ref "' t='inlineStr'><is><t>" text "</t></is></c>"
#define ROW(r, cells)        "<row r='" r "'>" cells "</row>"

static void every_kind_of_cell_comes_out_as_a_person_sees_it(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *text;
    } cases[] = {
        {S("B2", "2"), "武汉"},
        {S("B2", "3"), "a\rb"},
        {I("B2", "\n\t x&amp;y "), "\n\t x&y "},
        {"<c r='B2' t='str'><f>A1&amp;1</f><v>formula</v></c>", "formula"},
        {"<c r='B2' t='b'><v>1</v></c>", "TRUE"},
        {"<c r='B2' t='b'><v>0</v></c>", "FALSE"},
        {"<c r='B2' t='e'><v>#N/A</v></c>", "#N/A"},
        {"<c r='B2' t='d'><v>2020-01-06T12:09:38</v></c>", "2020-01-06 12:09:38"},
        {N("B2", "1", "43836"), "2020-01-06"},
        {N("B2", "1", "43836.5"), "2020-01-06 12:00:00"},
        {N("B2", "2", "42894.73"), "2017-06-08 17:31:12"},
        {N("B2", "2", "43836"), "2020-01-06 00:00:00"},
        {N("B2", "2", "43836.000005"), "2020-01-06 00:00:00.432"},
        {N("B2", "3", "0.5"), "12:00:00"},
        {N("B2", "4", "1.5"), "36:00:00"},
        {N("B2", "5", "12345"), "12345"},
        {N("B2", "1", "1"), "1900-01-01"},
        {N("B2", "1", "59"), "1900-02-28"},
        {N("B2", "1", "61"), "1900-03-01"},
        {N("B2", "1", "2958465"), "9999-12-31"},
        {N("B2", "1", "2958466"), "2958466"},
        {N("B2", "1", "-1"), "-1"},
        {N("B2", "0", "7.630000000000001"), "7.63"},
        {N("B2", "0", "0.1"), "0.1"},
        {N("B2", "0", "1E-7"), "0.0000001"},
        {N("B2", "0", "1.5E+3"), "1500"},
        {N("B2", "0", "4.2010219900101002E+17"), "420102199001010000"},
        {N("B2", "0", "-0.30000000000000004"), "-0.3"},
        {N("B2", "0", "102900005115168"), "102900005115168"},
    };
    struct table table;
    char rows[1024];

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        snprintf(rows, sizeof rows, ROW("1", S("A1", "0") S("B1", "1")) "<row r='2'>%s%s</row>",
                 I("A2", "x"), cases[i].cell);
        read_sheet(rows, (struct collect_recipe){.header_row = 1}, &table);
        struct ym_buf want = {0};
        ym_buf_printf(&want, "x|%s", cases[i].text);
        expect(&table, 0, 2, ym_buf_cstr(&want));
        assert_int_equal(table.end.rounded, strstr(cases[i].cell, "E+17") != NULL);
        ym_buf_clear(&want);
        forget(&table);
    }
}

static void serials_of_1904_are_counted_from_there(void **state)
{
    (void)state;
    const struct book_sheet sheet = {.name = "s",
                                     .rows = ROW("1", S("A1", "0") S("B1", "1"))
                                         ROW("2", I("A2", "x") N("B2", "1", "42374"))};
    struct table table;

    read_fd(book_file(&sheet, 1, true), "t.xlsx", (struct collect_recipe){0}, &table);
    expect(&table, 0, 2, "x|2020-01-06");
    forget(&table);
}

static void ghost_rows_are_none_and_rows_keep_their_numbers(void **state)
{
    (void)state;
    struct ym_buf rows = {0};
    struct table table;

    ym_buf_add(&rows,
               YM_STR(ROW("1", S("A1", "0") S("B1", "1")) ROW("2", I("A2", "甲") N("B2", "0", "1"))
                          ROW("3", "<c r='A3' s='1'/><c r='B3' s='1'><v></v></c>")
                              ROW("7", I("A7", "乙") N("B7", "0", "2"))));
    for (int i = 8; i < 65204; i++)
        ym_buf_printf(&rows, "<row r='%d'><c r='A%d' s='1'/><c r='B%d' s='1'/></row>", i, i, i);
    read_sheet(ym_buf_cstr(&rows), (struct collect_recipe){0}, &table);
    assert_int_equal(table.rows.n, 2);
    expect(&table, 0, 2, "甲|1");
    expect(&table, 1, 7, "乙|2");
    assert_int_equal(table.end.faults, 0);
    forget(&table);
    ym_buf_clear(&rows);
}

// A merged title, a header of groups over names, merged downwards where there is no group, notes.
static const char REPORT[] = ROW("1", I("B1", "湖北省人口情况")) ROW("2", I("E2", "单位：万人"))
    ROW("4", I("B4", "地区") I("C4", "2019年") I("E4", "2020年"))
        ROW("5", I("C5", "户数") I("D5", "人口") I("E5", "户数") I("F5", "人口"))
            ROW("6", I("B6", "武汉") N("C6", "0", "10") N("D6", "0", "30") N("E6", "0", "11")
                         N("F6", "0", "31"))
                ROW("7", I("B7", "黄石") N("C7", "0", "1") N("E7", "0", "2") N("F7", "0", "5"))
                    ROW("8", I("A8", "*") I("B8", "荆州") N("C8", "0", "1"))
                        ROW("9", I("B9", "注：按户籍。")) ROW("10", I("B10", "2020年为快报数"));

static void a_report_with_title_groups_and_notes_becomes_a_table(void **state)
{
    (void)state;
    struct table table;

    read_sheet(REPORT, (struct collect_recipe){0}, &table);
    expect_columns(&table, "地区|2019年_户数|2019年_人口|2020年_户数|2020年_人口");
    assert_int_equal(table.facts.header_row, 4);
    assert_int_equal(table.facts.header_rows, 2);
    assert_int_equal(table.facts.n_notes, 2);
    assert_true(ym_str_is(table.facts.format, "xlsx"));
    assert_true(ym_str_is(table.facts.sheet, "表一"));
    assert_int_equal(table.rows.n, 3);
    expect(&table, 0, 6, "武汉|10|30|11|31");
    expect(&table, 1, 7, "黄石|1||2|5");
    // What stands before the table's columns is kept, and makes a fault of its row.
    expect(&table, 2, 8, "荆州|1|||");
    assert_true(ym_str_is(table.rows.items[2].fault, "width:6"));
    assert_true(ym_str_is(table.rows.items[2].extra[0], "*"));
    assert_int_equal(table.end.notes_after, 2);
    forget(&table);
}

static void the_choice_of_header_and_rows_wins(void **state)
{
    (void)state;
    struct table table;

    read_sheet(REPORT,
               (struct collect_recipe){.header_row = 5, .header_rows = 1, .skip = YM_STR("7-8,9-")},
               &table);
    expect_columns(&table, "column_1|户数|人口|户数_2|人口_2");
    assert_int_equal(table.rows.n, 1);
    assert_int_equal(table.end.skipped, 4);
    expect(&table, 0, 6, "武汉|10|30|11|31");
    forget(&table);

    read_sheet(ROW("1", N("A1", "0", "1") N("B1", "0", "2")) ROW("2", N("A2", "0", "3")),
               (struct collect_recipe){.header_row = -1}, &table);
    expect_columns(&table, "column_1|column_2");
    assert_int_equal(table.rows.n, 2);
    expect(&table, 1, 2, "3|");
    forget(&table);
}

static void the_sheet_is_found_or_named_or_numbered(void **state)
{
    (void)state;
    const struct book_sheet sheets[] = {
        {"封面", ROW("1", I("A1", "2020 年年报")), false},
        {"停用", ROW("1", S("A1", "0") S("B1", "1")) ROW("2", I("A2", "h") N("B2", "0", "0")),
         true},
        {"数据", ROW("1", S("A1", "0") S("B1", "1")) ROW("2", I("A2", "a") N("B2", "0", "1")),
         false},
        {"4", ROW("1", S("A1", "0") S("B1", "1")) ROW("2", I("A2", "b") N("B2", "0", "2")), false},
    };
    static const struct {
        const char *asked, *first;
    } cases[] = {{"", "a|1"}, {"数据", "a|1"}, {"停用", "h|0"}, {"2", "h|0"}, {"4", "b|2"}};
    struct table table;

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        read_fd(book_file(sheets, YM_COUNT(sheets), false), "t.xlsx",
                (struct collect_recipe){.sheet = ym_str(cases[i].asked)}, &table);
        expect(&table, 0, 2, cases[i].first);
        forget(&table);
    }
    read_fd(book_file(sheets, YM_COUNT(sheets), false), "t.xlsx",
            (struct collect_recipe){.sheet = YM_STR("五")}, &table);
    assert_true(strstr(table.err.hint, "封面, 停用, 数据, 4") != NULL);
    expect_problem(&table, "collect.no_sheet", 0, "五");
}

static void a_preview_of_a_workbook_shows_sheets_and_raw_rows(void **state)
{
    (void)state;
    const struct book_sheet sheets[] = {{"数据", REPORT, false}, {"停用", "", true}};
    struct collect_request request = {
        .fd = book_file(sheets, 2, false), .name = YM_STR("t.xlsx"), .program = self};
    struct ym_error problem, err = {0};
    json_t *json = NULL;

    assert_true(collect_preview(&request, 2, &json, &problem, &err));
    assert_int_equal(problem.kind, 0);
    assert_int_equal(json_array_size(json_object_get(json, "rows")), 2);
    assert_int_equal(json_array_size(json_object_get(json, "raw")), 9);
    assert_int_equal(json_array_size(json_object_get(json, "sheets")), 2);
    assert_string_equal(json_string_value(json_object_get(json, "sheet")), "数据");
    json_decref(json);
    request.recipe.sheet = YM_STR("没有");
    assert_true(collect_preview(&request, 2, &json, &problem, &err));
    assert_string_equal(problem.code, "collect.no_sheet");
    assert_int_equal(json_array_size(json_object_get(json, "sheets")), 2);
    json_decref(json);
    close(request.fd);
}

static void bad_workbooks_end_with_what_and_how_to_mend_it(void **state)
{
    (void)state;
    static const char rels[] =
        "<Relationships xmlns='x'><Relationship Id='r' Type='x/officeDocument' Target='w.xml'/>"
        "</Relationships>";
    static const char own[] =
        "<Relationships><Relationship Id='r' Type='x/worksheet' "
        "Target='s.xml'/></Relationships>";
    static const char book[] = "<w><sheets><sheet name='s' id='r'/></sheets></w>";
    struct table table;
    struct ym_buf large = {0}, deep = {0};
    char old[1536] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

    ym_buf_add(&large, YM_STR("<w><sheetData>"));
    for (size_t i = 0; i < 400000; i++)
        ym_buf_add(&large, YM_STR("<row><c><v>1</v></c></row>"));
    for (size_t i = 0; i < 300; i++)
        ym_buf_add(&deep, YM_STR("<a>"));
    const struct {
        const char *sheet;
        size_t n;
        const char *code, *says;
    } cases[] = {
        {"<!DOCTYPE w [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><w>&e;</w>", 0, "collect.dtd",
         "document type"},
        {"<w><sheetData><row>", 0, "collect.xml", "malformed"},
        {"<w><sheetData><row r='2'/><row r='2'/></sheetData></w>", 0, "collect.xml", "order"},
        {"<w><sheetData><row><c t='s'><v>7</v></c></row></sheetData></w>", 0, "collect.xml",
         "text"},
        {"<w><sheetData><row><c r='ZZZZ1'><v>7</v></c></row></sheetData></w>", 0, "collect.xml",
         "column"},
        {"<w><sheetData/></w>", 0, "collect.empty", "no value"},
        {deep.p, deep.n, "collect.depth", "256"},
        {large.p, large.n, "collect.bomb", "unpacks"},
    };
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct ym_str sheet =
            cases[i].n > 0 ? (struct ym_str){cases[i].sheet, cases[i].n} : ym_str(cases[i].sheet);
        const struct book_part parts[] = {{"_rels/.rels", ym_str(rels)},
                                          {"_rels/w.xml.rels", ym_str(own)},
                                          {"w.xml", ym_str(book)},
                                          {"s.xml", sheet}};
        read_fd(book_zip(parts, 4), "t.xlsx", (struct collect_recipe){0}, &table);
        expect_problem(&table, cases[i].code, 0, cases[i].says);
    }
    ym_buf_clear(&large);
    ym_buf_clear(&deep);

    const struct book_part outside[] = {{"../x", YM_STR("1")}, {"[Content_Types].xml", YM_STR("")}};
    read_fd(book_zip(outside, 2), "t.xlsx", (struct collect_recipe){0}, &table);
    expect_problem(&table, "collect.zip", 0, "outside");
    const struct book_part text[] = {{"readme.txt", YM_STR("1")}};
    read_fd(book_zip(text, 1), "t.xlsx", (struct collect_recipe){0}, &table);
    expect_problem(&table, "collect.zip", 0, "not in the workbook");

    read_fd(rows_file((struct ym_str){old, sizeof old}), "t.xlsx", (struct collect_recipe){0},
            &table);
    expect_problem(&table, "collect.xls", 0, "old Office");
    static const char name[] = "EncryptedPackage";
    for (size_t i = 0; name[i]; i++)
        old[512 + 2 * i] = name[i];
    read_fd(rows_file((struct ym_str){old, sizeof old}), "t.xlsx", (struct collect_recipe){0},
            &table);
    expect_problem(&table, "collect.encrypted", 0, "password");
}

static void a_workbook_that_is_cut_anywhere_is_never_half_a_table(void **state)
{
    (void)state;
    const struct book_sheet sheet = {.name = "s", .rows = REPORT};
    int fd = book_file(&sheet, 1, false);
    char bytes[8192];
    ssize_t n = read(fd, bytes, sizeof bytes);
    struct table table;

    assert_true(n > 500 && n < (ssize_t)sizeof bytes);
    close(fd);
    for (ssize_t cut = 4; cut < n; cut += n / 9) {
        read_fd(rows_file((struct ym_str){bytes, (size_t)cut}), "t.xlsx",
                (struct collect_recipe){0}, &table);
        expect_problem(&table, "collect.zip", 0, "cut or damaged");
    }
}

static void records_become_rows_by_their_names(void **state)
{
    (void)state;
    struct table table;

    read_text(
        "\xef\xbb\xbf[\n {\"名称\": \"武\\u6c49\\ud841\\udf0e\", \"n\": 1.50},\n"
        " {\"n\": null, \"on\": true, \"at\": {\"x\": [1, \"}\"]}}\n]\n",
        "t.json", (struct collect_recipe){0}, &table);
    expect_columns(&table, "名称|n|on|at");
    assert_true(ym_str_is(table.facts.format, "json"));
    expect(&table, 0, 1, "武汉𠜎|1.50||");
    expect(&table, 1, 2, "||true|{\"x\": [1, \"}\"]}");
    forget(&table);

    read_text(
        "{\"a\": 1}\n\n{\"b\": 2, \"a\": -0.1e9}\n{\"a\": 1, \"a\": 2}\nnot so\n{\"b\":\"x\"} 1\n",
        "t.ndjson", (struct collect_recipe){0}, &table);
    expect_columns(&table, "a|b");
    assert_true(ym_str_is(table.facts.format, "ndjson"));
    assert_int_equal(table.rows.n, 5);
    expect(&table, 0, 1, "1|");
    expect(&table, 1, 3, "-0.1e9|2");
    expect(&table, 2, 4, "1|");
    assert_true(ym_str_is(table.rows.items[2].fault, "json:4"));
    assert_true(ym_str_is(table.rows.items[2].extra[0], "2"));
    assert_true(ym_str_is(table.rows.items[3].fault, "json:5"));
    assert_true(ym_str_is(table.rows.items[3].extra[0], "not so"));
    assert_true(ym_str_is(table.rows.items[4].extra[0], "{\"b\":\"x\"} 1"));
    assert_int_equal(table.end.faults, 3);
    forget(&table);
}

static void bad_json_ends_with_what_where_and_how_to_mend_it(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
        int64_t line;
        const char *says;
    } cases[] = {
        {"[{\"a\": 1},\n{\"a\": \"x", "collect.json", 2, "inside record 2"},
        {"[{\"a\": 1},\n", "collect.json", 2, "inside record 2"},
        {"[{\"a\": 1}\n{\"a\": 2}]", "collect.json", 2, "comma"},
        {"[{\"a\": 1},\n{\"a\": 01}]", "collect.json", 2, "number"},
        {"[{\"a\": 1},\n{\"a\": tru}]", "collect.json", 2, "value"},
        {"[{\"a\": \"\\ud800\"}]", "collect.json", 1, "surrogate"},
        {"[{\"a\": \"\\u0000\"}]", "collect.json", 1, "NUL"},
        {"[{\"a\": 1}] x", "collect.json", 1, "follows"},
        {"[[1, 2], [3, 4]]", "collect.json_record", 1, "record 1"},
        {"[{\"a\": 1}, 2]", "collect.json_record", 2, "record 2"},
        {"{\n \"a\": [1]\n}\n", "collect.json_object", 1, "one JSON object"},
        {"{\"type\": \"FeatureCollection\"}", "collect.json_object", 1, "one JSON object"},
        {"{\"a\": 1}\n{\"a\": 2", "collect.json", 2, "inside record 2"},
        {"[]", "collect.no_rows", 0, "no records"},
        {"[{}, {}]", "collect.no_rows", 0, "no records"},
    };
    struct ym_buf deep = {0};
    struct table table;

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        read_text(cases[i].text, "t.json", (struct collect_recipe){0}, &table);
        expect_problem(&table, cases[i].code, cases[i].line, cases[i].says);
    }
    ym_buf_add(&deep, YM_STR("[{\"a\": "));
    for (int i = 0; i < 5000000; i++)
        ym_buf_char(&deep, '[');
    read_text(ym_buf_cstr(&deep), "t.json", (struct collect_recipe){0}, &table);
    expect_problem(&table, "collect.json", 1, "64");
    ym_buf_clear(&deep);
}

static struct ym_str utf16(struct ym_str text, bool big, bool mark, struct ym_buf *to)
{
    to->n = 0;
    for (size_t at = 0; at < text.n || mark;) {
        uint32_t c = mark ? 0xFEFF : (uint32_t)ym_utf8_next(text, &at);
        uint32_t units[2] = {c, 0};
        mark = false;
        if (c >= 0x10000) {
            units[0] = 0xD800 + ((c - 0x10000) >> 10);
            units[1] = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        for (int i = 0; i < 2 && (i == 0 || units[1]); i++) {
            ym_buf_char(to, (char)(big ? units[i] >> 8 : units[i]));
            ym_buf_char(to, (char)(big ? units[i] : units[i] >> 8));
        }
    }
    return ym_buf_str(to);
}

static void utf16_is_read_by_its_mark_by_its_zeros_or_as_declared(void **state)
{
    (void)state;
    static const char csv[] = "站点,值\n莫𡐓村,12\n王㙘村,7\n";
    static const char plain[] = "station,value\nWuhan,12\nHuangshi,7\nJingzhou,70\n";
    struct ym_buf bytes = {0};
    struct table table;

    for (int big = 0; big < 2; big++) {
        const char *name = big ? "utf-16be" : "utf-16le";
        read_fd(rows_file(utf16(ym_str(csv), big, true, &bytes)), "t.csv",
                (struct collect_recipe){0}, &table);
        expect(&table, 0, 2, "莫𡐓村|12");
        assert_true(ym_str_is(table.facts.encoding, name) && table.facts.bom);
        forget(&table);
        read_fd(rows_file(utf16(ym_str(plain), big, false, &bytes)), "t.csv",
                (struct collect_recipe){0}, &table);
        expect(&table, 1, 3, "Huangshi|7");
        assert_true(ym_str_is(table.facts.encoding, name) && !table.facts.bom);
        forget(&table);
        read_fd(rows_file(utf16(ym_str(csv), big, false, &bytes)), "t.csv",
                (struct collect_recipe){.encoding = ym_str(name)}, &table);
        expect(&table, 1, 3, "王㙘村|7");
        forget(&table);
        read_fd(rows_file(utf16(YM_STR("[{\"名\": \"值\"}, {\"名\": \"2\"}]"), big, true, &bytes)),
                "t.txt", (struct collect_recipe){0}, &table);
        expect(&table, 0, 1, "值");
        forget(&table);
    }
    // Half of a pair is its row's fault, at its place.
    utf16(ym_str(csv), false, true, &bytes);
    bytes.p[14] = bytes.p[15] = 'x';
    read_fd(rows_file(ym_buf_str(&bytes)), "t.csv", (struct collect_recipe){0}, &table);
    assert_int_equal(table.end.faults, 1);
    assert_true(ym_str_is(table.rows.items[0].fault, "encoding:16"));
    forget(&table);
    ym_buf_clear(&bytes);
}

static void headers_of_two_lines_are_found_in_text_too(void **state)
{
    (void)state;
    struct table table;

    read_text("地区,2019年,,2020年,\n,户数,人口,户数,人口\n武汉,1,2,3,4\n黄石,5,6,7,8\n", "t.csv",
              (struct collect_recipe){0}, &table);
    expect_columns(&table, "地区|2019年_户数|2019年_人口|2020年_户数|2020年_人口");
    assert_int_equal(table.rows.n, 2);
    forget(&table);
    read_text("a,b,c\nx,y,\n,z,w\n", "t.csv", (struct collect_recipe){0}, &table);
    expect_columns(&table, "a|b|c");
    assert_int_equal(table.rows.n, 2);
    forget(&table);
    read_text("a,b\n单位,万元\n1,2\n3,4\n合计,6\n", "t.csv",
              (struct collect_recipe){.skip = YM_STR("2, 5")}, &table);
    assert_int_equal(table.rows.n, 2);
    assert_int_equal(table.end.skipped, 2);
    forget(&table);
}

static void a_recipe_that_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct collect_recipe recipe;
        const char *code;
    } cases[] = {
        {{.skip = {"0", 1}}, "collect.skip"},
        {{.skip = {"7-5", 3}}, "collect.skip"},
        {{.skip = {"x", 1}}, "collect.skip"},
        {{.header_row = -2}, "collect.recipe"},
        {{.header_rows = 6}, "collect.recipe"},
        {{.format = {"docx", 4}}, "collect.format"},
        {{.delimiter = {"ab", 2}}, "collect.delimiter"},
        {{.encoding = {"martian", 7}}, "collect.encoding"},
    };
    struct ym_arena arena = {0};
    struct collect_recipe again;
    struct ym_error err;

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        assert_false(collect_recipe_check(&cases[i].recipe, &err));
        assert_string_equal(err.code, cases[i].code);
    }
    const struct collect_recipe all = {.format = YM_STR("xlsx"),
                                       .encoding = YM_STR("gb18030"),
                                       .delimiter = YM_STR("tab"),
                                       .sheet = YM_STR("数据"),
                                       .skip = YM_STR("1,3-"),
                                       .header_row = 2,
                                       .header_rows = 2};
    json_t *json = collect_recipe_json(&all), *second;
    assert_true(collect_recipe_parse(json, &arena, &again, &err));
    second = collect_recipe_json(&again);
    assert_int_equal(json_object_size(json), 7);
    assert_true(json_equal(json, second));
    json_decref(second);
    json_object_set_new(json, "colour", json_true());
    assert_false(collect_recipe_parse(json, &arena, &again, &err));
    assert_string_equal(err.code, "collect.recipe");
    json_decref(json);
    ym_arena_clear(&arena);
}

int main(void)
{
    const char *build = getenv("YM_BUILD");
    const struct CMUnitTest formats[] = {
        cmocka_unit_test(every_kind_of_cell_comes_out_as_a_person_sees_it),
        cmocka_unit_test(serials_of_1904_are_counted_from_there),
        cmocka_unit_test(ghost_rows_are_none_and_rows_keep_their_numbers),
        cmocka_unit_test(a_report_with_title_groups_and_notes_becomes_a_table),
        cmocka_unit_test(the_choice_of_header_and_rows_wins),
        cmocka_unit_test(the_sheet_is_found_or_named_or_numbered),
        cmocka_unit_test(a_preview_of_a_workbook_shows_sheets_and_raw_rows),
        cmocka_unit_test(bad_workbooks_end_with_what_and_how_to_mend_it),
        cmocka_unit_test(a_workbook_that_is_cut_anywhere_is_never_half_a_table),
        cmocka_unit_test(records_become_rows_by_their_names),
        cmocka_unit_test(bad_json_ends_with_what_where_and_how_to_mend_it),
        cmocka_unit_test(utf16_is_read_by_its_mark_by_its_zeros_or_as_declared),
        cmocka_unit_test(headers_of_two_lines_are_found_in_text_too),
        cmocka_unit_test(a_recipe_that_is_none_is_refused),
    };

    snprintf(self, sizeof self, "%s/bin/yunmeng", build ? build : "build");
    return cmocka_run_group_tests(formats, NULL, NULL);
}
