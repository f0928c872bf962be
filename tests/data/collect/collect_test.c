// cmocka.h wants these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"

static char self[4096];

// A whole file, read as the server does it: by the caged child.
struct table {
    struct ym_arena arena;
    struct collect_facts facts;
    struct collect_end end;
    struct rows rows;
    struct ym_error err; // kind 0: read to the end
};

static void read_fd(struct collect_request request, struct table *table)
{
    struct collect_read *in = NULL;
    struct ym_str bytes;

    *table = (struct table){0};
    request.program = self;
    if (!collect_open(&request, &table->arena, &in, &table->facts, &table->err))
        return;
    while (collect_next(in, &bytes, &table->err) && bytes.n > 0)
        assert_true(rows_parse(bytes, table->facts.n_columns, &table->arena, &table->rows));
    collect_done(in, &table->end);
    if (!table->err.kind) {
        assert_int_equal(table->end.rows, table->rows.n);
        assert_true(collect_offset(in) > 0);
    }
    collect_close(in);
}

static void read_text(struct ym_str text, struct collect_request request, struct table *table)
{
    request.fd = rows_file(text);
    read_fd(request, table);
    close(request.fd);
}

static void forget(struct table *table)
{
    ym_arena_clear(&table->arena);
}

static void expect_cells(const struct table *table, size_t row, const char *cells)
{
    struct ym_buf text = {0};

    assert_true(row < table->rows.n);
    for (size_t i = 0; i < table->facts.n_columns; i++)
        ym_buf_printf(&text, "%s%.*s", i > 0 ? "|" : "", YM_FMT(table->rows.items[row].cells[i]));
    assert_string_equal(ym_buf_cstr(&text), cells);
    ym_buf_clear(&text);
}

static void expect_str(struct ym_str got, const char *expected)
{
    if (!ym_str_is(got, expected))
        fail_msg("'%.*s' is not '%s'", YM_FMT(got), expected);
}

static void quotes_line_ends_and_doubled_quotes_come_out_as_rfc_4180_says(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\xef\xbb\xbfid,text,more\n1,\"a,\"\"b\"\"\n c\",5\"\n\n2,x\"y\"z,\n",
        "id,text,more\r\n1,\"a,\"\"b\"\"\n c\",5\"\r\n\r\n2,x\"y\"z,",
        "id,text,more\r1,\"a,\"\"b\"\"\n c\",5\"\r\r2,x\"y\"z,\r",
    };
    static const int64_t second[] = {5, 5, 4};
    struct table table;

    for (size_t i = 0; i < YM_COUNT(texts); i++) {
        // A quoted \n in a file of \r would decide for \n: taken out of that one.
        char text[128];
        snprintf(text, sizeof text, "%s", texts[i]);
        if (i == 2)
            *strchr(text, '\n') = ' ';
        read_text(ym_str(text), (struct collect_request){0}, &table);
        assert_int_equal(table.err.kind, 0);
        assert_int_equal(table.facts.bom, i == 0);
        assert_int_equal(table.rows.n, 2);
        assert_int_equal(table.end.faults, 0);
        expect_cells(&table, 0, i == 2 ? "1|a,\"b\"  c|5\"" : "1|a,\"b\"\n c|5\"");
        expect_cells(&table, 1, "2|x\"y\"z|");
        assert_int_equal(table.rows.items[0].pos, 2);
        assert_int_equal(table.rows.items[1].pos, second[i]);
        forget(&table);
    }
}

static void a_row_of_another_width_is_a_fault_that_keeps_every_cell(void **state)
{
    (void)state;
    struct table table;

    read_text(YM_STR("a,b,c\n1,2,3\n1,2\n1,2,3,4,5\n6,7,8\n"), (struct collect_request){0}, &table);
    assert_int_equal(table.rows.n, 4);
    assert_int_equal(table.end.faults, 2);
    expect_str(table.rows.items[0].fault, "");
    expect_str(table.rows.items[1].fault, "width:2");
    expect_cells(&table, 1, "1|2|");
    expect_str(table.rows.items[2].fault, "width:5");
    assert_int_equal(table.rows.items[2].n_extra, 2);
    expect_str(table.rows.items[2].extra[0], "4");
    expect_str(table.rows.items[2].extra[1], "5");
    expect_cells(&table, 2, "1|2|3");
    forget(&table);
}

static void a_quote_astray_inside_a_quoted_cell_is_a_fault(void **state)
{
    (void)state;
    struct table table;

    read_text(YM_STR("a,b\n1,2\n\"x\ny\"z\",4\n\"p\" ,6\n"), (struct collect_request){0}, &table);
    assert_int_equal(table.rows.n, 3);
    expect_str(table.rows.items[1].fault, "quote:4");
    expect_cells(&table, 1, "x\ny\"z|4");
    expect_str(table.rows.items[2].fault, "");
    expect_cells(&table, 2, "p|6");
    forget(&table);
}

static void undecodable_bytes_are_a_fault_with_their_offset_and_stay_visible(void **state)
{
    (void)state;
    struct table table;

    read_text(YM_STR("名,值\n武汉市,\xff\n宜昌市,2\n"), (struct collect_request){0}, &table);
    expect_str(table.facts.encoding, "utf-8");
    expect_str(table.rows.items[0].fault, "encoding:18");
    expect_cells(&table, 0, "武汉市|\\xFF");
    expect_str(table.rows.items[1].fault, "");
    forget(&table);

    // GBK: a first byte before a comma must not swallow it.
    read_text(YM_STR("\xc3\xfb,\xd6\xb5\n\xce\xe4\xba\xba\xce,1\n\xd2\xcb\xb2\xfd,2\n"),
              (struct collect_request){.recipe = {.encoding = YM_STR("GBK")}}, &table);
    expect_str(table.facts.encoding, "gb18030");
    expect_str(table.rows.items[0].fault, "encoding:10");
    expect_cells(&table, 0, "武汉\\xCE|1");
    expect_cells(&table, 1, "宜昌|2");
    forget(&table);
}

static void encodings_that_need_a_table_of_iconv_are_found_and_read(void **state)
{
    (void)state;
    struct ym_buf text = {0};
    struct table table;

    // "名稱,縣市 … 臺北" in Big5, long enough to be told from chance.
    ym_buf_add(&text, YM_STR("\xa6\x57\xba\xd9,\xbf\xa4\xa5\xab\n"));
    for (int i = 0; i < 60; i++)
        ym_buf_add(&text, YM_STR("\xbb\x4f\xa5\x5f\xa5\xab\xac\x46\xa9\xb2\xb8\xea\xb0\x54\xa7\xbd,"
                                 "\xa4\xa4\xb5\xd8\xa5\xc1\xb0\xea\n"));
    read_text(ym_buf_str(&text), (struct collect_request){0}, &table);
    assert_int_equal(table.err.kind, 0);
    expect_str(table.facts.encoding, "big5");
    assert_int_equal(table.rows.n, 60);
    expect_cells(&table, 59, "臺北市政府資訊局|中華民國");
    forget(&table);
    ym_buf_clear(&text);
    read_text(YM_STR("caf\xe9;prix\nnoir;2\n"),
              (struct collect_request){.recipe = {.encoding = YM_STR("ISO-8859-1")}}, &table);
    expect_str(table.facts.columns[0], "café");
    forget(&table);
}

static void every_usual_delimiter_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *delimiter;
        const char *row;
    } cases[] = {
        {"n,t\na,1\nb,2\n", ",", "a|1"},
        {"n\tt\na, x\t1\nb, y\t2\n", "tab", "a, x|1"},
        {"n;t\na;1,5\nb;2,5\n", ";", "a|1,5"},
        {"n|t|u\na|1|x,y\nb|2|z\n", "|", "a|1|x,y"},
        {"n^t\na^1\nb^2\n", "^", "a|1"},
        {"n   t u\n a  1   x\nb 2 y  \n", "blank", "a|1|x"},
        {"n\t,t\na, b\t,1\nc, d\t,2\n", "tab", "a, b|1"},
        {"n,t\n2024001\t,1\n2024002\t,2\n", ",", "2024001|1"},
    };
    struct table table;

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        read_text(ym_str(cases[i].text), (struct collect_request){0}, &table);
        if (table.err.kind)
            fail_msg("case %zu: %s", i, table.err.message);
        expect_str(table.facts.delimiter, cases[i].delimiter);
        assert_int_equal(table.rows.n, 2);
        assert_int_equal(table.end.faults, 0);
        char row[32];
        snprintf(row, sizeof row, "%s", cases[i].row);
        expect_cells(&table, 0, row);
        forget(&table);
    }
}

static void a_header_is_told_from_a_row(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t asked, header, first;
        const char *column;
        size_t rows;
    } cases[] = {
        {"name,age\nann,3\nbob,4\n", 0, 1, 2, "name", 2},
        {"ann,3\nbob,4\n", 0, 0, 1, "column_1", 2},
        {"male,*\nfemale,*\n", 0, 0, 1, "column_1", 2},
        {"姓名,性别\n张三,男\n李四,男\n", 0, 1, 2, "姓名", 2},
        {"地区,2019,2020\n武汉,1,2\n宜昌,3,4\n", 0, 1, 2, "地区", 2},
        {"name,age\nann,3\n", -1, 0, 1, "column_1", 2},
        {"x,y\n\nname,age\nann,3\n", 3, 3, 4, "name", 1},
        {"\n\n全市统计表\n单位：人\n地区,数\n武汉,1\n宜昌,2\n", 0, 5, 6, "地区", 2},
        {"统计表,,\n地区,数,率\n武汉,1,2\n宜昌,2,3\n", 0, 2, 3, "地区", 2},
        {"a,,a, b \n1,2,3,4\n5,6,7,8\n", 0, 1, 2, "a", 2},
    };
    struct table table;

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct collect_request request = {.recipe.header_row = cases[i].asked};
        read_text(ym_str(cases[i].text), request, &table);
        if (table.err.kind || table.facts.header_row != cases[i].header)
            fail_msg("case %zu: header %lld %s", i, (long long)table.facts.header_row,
                     table.err.message);
        assert_int_equal(table.facts.first_row, cases[i].first);
        assert_int_equal(table.rows.items[0].pos, cases[i].first);
        assert_int_equal(table.rows.n, cases[i].rows);
        expect_str(table.facts.columns[0], cases[i].column);
        if (i == 9) {
            expect_str(table.facts.columns[1], "column_2");
            expect_str(table.facts.columns[2], "a_2");
            expect_str(table.facts.columns[3], "b");
        }
        forget(&table);
    }
}

static void notes_around_the_table_are_left_out_and_told(void **state)
{
    (void)state;
    struct table table;

    read_text(YM_STR("全省情况表\n单位：万元\n地区,数,率\n武汉,1,2\n宜昌,3,4\n\n注：1. "
                     "数据为初步数,有调整。\n"
                     "2. 其他说明\n数据来源：统计局\n"),
              (struct collect_request){0}, &table);
    assert_int_equal(table.facts.n_notes, 2);
    expect_str(table.facts.notes[0], "全省情况表");
    expect_str(table.facts.notes[1], "单位：万元");
    assert_int_equal(table.rows.n, 2);
    assert_int_equal(table.end.notes_after, 3);
    assert_int_equal(table.end.faults, 0);
    forget(&table);

    // What looks like a note in the middle, and a row that was cut, are rows: nothing is lost.
    read_text(YM_STR("地区,数,率\n武汉,1,2\n注：见下\n宜昌,3,4\n荆州,5\n"),
              (struct collect_request){0}, &table);
    assert_int_equal(table.rows.n, 4);
    expect_str(table.rows.items[1].fault, "width:1");
    expect_str(table.rows.items[3].fault, "width:2");
    assert_int_equal(table.end.notes_after, 0);
    forget(&table);
}

static void a_delimiter_at_the_end_of_lines_makes_no_column(void **state)
{
    (void)state;
    static const char *const texts[] = {"a,b,\n1,2,\n3,4,\n", "a,b\n1,2,\n3,4,\n"};
    struct table table;

    for (size_t i = 0; i < YM_COUNT(texts); i++) {
        read_text(ym_str(texts[i]), (struct collect_request){0}, &table);
        assert_int_equal(table.facts.n_columns, 2);
        assert_int_equal(table.end.faults, 0);
        expect_cells(&table, 1, "3|4");
        forget(&table);
    }
}

static void bad_files_end_with_what_where_and_how_to_mend_it(void **state)
{
    (void)state;
    const struct {
        struct ym_str text;
        const char *code, *says;
        int64_t line;
        struct collect_request request;
    } cases[] = {
        {YM_STR(""), "collect.empty", "empty", 0, {0}},
        {YM_STR("\xef\xbb\xbf"), "collect.empty", "empty", 0, {0}},
        {YM_STR(" \n\t\n\r\n  "), "collect.empty", "blank", 0, {0}},
        {YM_STR("a,b\n1,2\n武,\xe6\xad"), "collect.cut", "offset 12", 3, {0}},
        {YM_STR("\xc3\xfb,\xd6\xb5\n\xce\xe4\xba\xba,\xce"),
         "collect.cut",
         "offset 11",
         2,
         {.recipe = {.encoding = YM_STR("gb18030")}}},
        {YM_STR("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "collect.binary", "PNG", 0, {0}},
        {YM_STR("\x7f"
                "ELF\2\1\1\0\0\0"),
         "collect.binary",
         "ELF",
         0,
         {0}},
        {YM_STR("PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml"),
         "collect.zip",
         "damaged",
         0,
         {0}},
        {YM_STR("PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0readme.txt"), "collect.binary", "ZIP", 0, {0}},
        {YM_STR("\1\2\3\4\5\6\7\x0e\x0f\x10\x11\x12,\1\2\3"), "collect.binary", "binary", 0, {0}},
        {YM_STR("a,b\n1,x\0y\n"), "collect.nul", "offset 7", 2, {0}},
        {YM_STR("\xff\xfe"
                "a\0,\0b\0\n\0001\0,\0002\0\n"),
         "collect.cut",
         "offset 16",
         2,
         {0}},
        {YM_STR("\xfe\xff\0a\0,\0b\0\n\0001\0,\0002\0\n"),
         "collect.encoding",
         "offset 0",
         1,
         {.recipe = {.encoding = YM_STR("utf-16le")}}},
        {YM_STR("a,b\n1,2\n3,\"x\n4,5\n"), "collect.quote", "line 3", 3, {0}},
        {YM_STR("alpha\nbeta\ngamma\n"), "collect.one_column", "separates", 1, {0}},
        {YM_STR("a,b\n1,2\n"),
         "collect.one_column",
         "';'",
         1,
         {.recipe = {.delimiter = YM_STR(";")}}},
        {YM_STR("a,b\n"), "collect.no_rows", "no rows", 1, {0}},
        {YM_STR("a,b\n1,2\n"), "collect.no_header", "line 9", 9, {.recipe = {.header_row = 9}}},
        {YM_STR("a,b\n\n1,2\n"), "collect.no_header", "line 2", 2, {.recipe = {.header_row = 2}}},
        {YM_STR("a,b\n\xce\xe4\xba\xba,2\n"),
         "collect.encoding",
         "utf-8",
         2,
         {.recipe = {.encoding = YM_STR("UTF-8")}}},
        {YM_STR("a,b\n1,2\n"),
         "collect.encoding",
         "martian",
         0,
         {.recipe = {.encoding = YM_STR("martian")}}},
        {YM_STR("a,b\n1,2\n"),
         "collect.encoding",
         "//",
         0,
         {.recipe = {.encoding = YM_STR("gbk//IGNORE")}}},
        {YM_STR("a,b\n1,2\n"),
         "collect.delimiter",
         "ab",
         0,
         {.recipe = {.delimiter = YM_STR("ab")}}},
        {YM_STR("a,b\n1,2\n"), "collect.format", "docx", 0, {.recipe = {.format = YM_STR("docx")}}},
        {YM_STR("<html><table><tr><td>1</td></tr></table>"), "collect.format", "HTML", 0, {0}},
    };
    struct table table;

    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        read_text(cases[i].text, cases[i].request, &table);
        if (strcmp(table.err.code, cases[i].code) != 0 ||
            !strstr(table.err.message, cases[i].says) || table.err.line != cases[i].line)
            fail_msg("case %zu: %s line %lld: %s", i, table.err.code, (long long)table.err.line,
                     table.err.message);
        assert_true(table.err.hint[0] != '\0');
        assert_true(ym_kind_exit(table.err.kind) == 2);
        forget(&table);
    }
}

// A file of `n` bytes 'x' behind `head`, with holes where `hole`.
static int big_file(const char *head, size_t n, bool hole)
{
    int fd = rows_file(ym_str(head));
    static char bytes[1 << 20];

    memset(bytes, 'x', sizeof bytes);
    if (hole)
        assert_int_equal(ftruncate(fd, (off_t)n), 0);
    for (size_t done = 0; !hole && done < n; done += sizeof bytes)
        assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    return fd;
}

static void long_lines_are_refused_without_being_read_to_their_end(void **state)
{
    (void)state;
    struct table table;
    int fd = big_file("a,b\n1,2\n", (size_t)40 << 20, false);

    read_fd((struct collect_request){.fd = fd}, &table);
    assert_string_equal(table.err.code, "collect.long_row");
    assert_int_equal(table.err.line, 3);
    assert_int_equal(table.err.kind, YM_TOO_LARGE);
    forget(&table);
    close(fd);

    int64_t before = ym_monotonic();
    fd = big_file("a,b\n1,2\n", (size_t)2 << 30, true); // 2 GB, all but nothing on the disk
    read_fd((struct collect_request){.fd = fd}, &table);
    assert_string_equal(table.err.code, "collect.binary"); // NUL bytes and nothing else
    assert_true(ym_monotonic() - before < 5 * YM_SECOND);
    forget(&table);
    close(fd);
}

static void a_cell_over_its_limit_and_a_quote_that_runs_on_are_told_apart(void **state)
{
    (void)state;
    struct ym_buf text = {0};
    struct table table;

    ym_buf_add(&text, YM_STR("a,b\n1,"));
    for (int i = 0; i < 9 << 10; i++)
        ym_buf_printf(&text, "%01024d", 7);
    ym_buf_add(&text, YM_STR("\n"));
    read_text(ym_buf_str(&text), (struct collect_request){0}, &table);
    assert_string_equal(table.err.code, "collect.long_cell");
    assert_int_equal(table.err.line, 2);
    forget(&table);
    ym_buf_clear(&text);

    ym_buf_add(&text, YM_STR("a,b\n1,2\n\"3,4\n"));
    for (int i = 0; i < 20 << 10; i++)
        ym_buf_printf(&text, "%01000d,5\n", 7);
    read_text(ym_buf_str(&text), (struct collect_request){0}, &table);
    assert_string_equal(table.err.code, "collect.quote");
    assert_int_equal(table.err.line, 3);
    forget(&table);
    ym_buf_clear(&text);
}

static void too_many_columns_are_refused(void **state)
{
    (void)state;
    struct ym_buf text = {0};
    struct table table;

    for (int row = 0; row < 3; row++)
        for (int i = 0; i <= 5000; i++)
            ym_buf_printf(&text, "%s%d%s", row == 0 ? "c" : "", i, i < 5000 ? "," : "\n");
    read_text(ym_buf_str(&text), (struct collect_request){0}, &table);
    assert_string_equal(table.err.code, "collect.columns");
    forget(&table);
    ym_buf_clear(&text);
}

// Cells of every length across every boundary of blocks, in an encoding of one, two and four bytes.
static void a_large_file_comes_back_cell_by_cell(void **state)
{
    (void)state;
    static const char *const encodings[] = {"utf-8", "gb18030"};
    // 汉 𡐓 in both: "\xba\xba" and four bytes.
    static const char *const words[] = {"汉𡐓", "\xba\xba\x95\x36\x8c\x35"};
    enum { ROWS = 40000 };

    for (size_t e = 0; e < 2; e++) {
        struct ym_buf text = {0};
        struct table table;
        ym_buf_add(&text, YM_STR("id,text,tail\n"));
        for (int i = 0; i < ROWS; i++) {
            ym_buf_printf(&text, "%d,\"", i);
            for (int k = 0; k < i % 23; k++)
                ym_buf_add(&text, ym_str(k % 3 == 2 ? "\"\"\n" : words[e]));
            ym_buf_printf(&text, "\",%.*s\n", i % 61,
                          "0123456789012345678901234567890123456789012345678901234567890");
        }
        read_text(ym_buf_str(&text), (struct collect_request){0}, &table);
        ym_buf_clear(&text);
        assert_int_equal(table.err.kind, 0);
        expect_str(table.facts.encoding, encodings[e]);
        assert_int_equal(table.rows.n, ROWS);
        assert_int_equal(table.end.faults, 0);
        for (int i = 0; i < ROWS; i++) {
            struct ym_buf cells = {0};
            ym_buf_printf(&cells, "%d|", i);
            for (int k = 0; k < i % 23; k++)
                ym_buf_add(&cells, ym_str(k % 3 == 2 ? "\"\n" : words[0]));
            ym_buf_printf(&cells, "|%.*s", i % 61,
                          "0123456789012345678901234567890123456789012345678901234567890");
            expect_cells(&table, (size_t)i, ym_buf_cstr(&cells));
            ym_buf_clear(&cells);
        }
        forget(&table);
    }
}

static void *feed(void *arg)
{
    int fd = *(int *)arg;

    for (int i = 0; i < 20000; i++)
        if (dprintf(fd, "%s%d,%d\n", i == 0 ? "a,b\n" : "", i, i) < 0)
            break;
    close(fd);
    return NULL;
}

static void a_pipe_is_read_like_a_file(void **state)
{
    (void)state;
    int ends[2];
    pthread_t writer;
    struct table table;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&writer, NULL, feed, &ends[1]), 0);
    read_fd((struct collect_request){.fd = ends[0]}, &table);
    pthread_join(writer, NULL);
    assert_int_equal(table.rows.n, 20000);
    forget(&table);
    close(ends[0]);
}

static int many_rows(void)
{
    struct ym_buf text = {0};

    ym_buf_add(&text, YM_STR("a,b\n"));
    for (int i = 0; i < 500000; i++)
        ym_buf_printf(&text, "%d,some text of a row\n", i);
    int fd = rows_file(ym_buf_str(&text));
    ym_buf_clear(&text);
    return fd;
}

static void a_reader_that_is_killed_is_an_error_and_never_a_short_table(void **state)
{
    (void)state;
    struct collect_request request = {.fd = many_rows(), .program = self};
    struct ym_arena arena = {0};
    struct collect_facts facts;
    struct collect_read *in;
    struct ym_error err = {0};
    struct ym_str bytes;

    assert_true(collect_open(&request, &arena, &in, &facts, &err));
    assert_true(collect_next(in, &bytes, &err));
    assert_true(bytes.n > 0 && bytes.n <= 4 << 20);
    kill(collect_pid(in), SIGKILL);
    bool ok;
    do
        ok = collect_next(in, &bytes, &err);
    while (ok && bytes.n > 0);
    assert_false(ok);
    assert_string_equal(err.code, "collect.reader");
    assert_non_null(strstr(err.message, "signal 9"));
    assert_false(collect_next(in, &bytes, &err));
    collect_close(in);
    ym_arena_clear(&arena);
    close(request.fd);
}

static void closing_early_leaves_no_child(void **state)
{
    (void)state;
    struct collect_request request = {.fd = many_rows(), .program = self};
    struct ym_arena arena = {0};
    struct collect_facts facts;
    struct collect_read *in;
    struct ym_error err = {0};

    assert_true(collect_open(&request, &arena, &in, &facts, &err));
    pid_t child = collect_pid(in);
    assert_int_equal(kill(child, 0), 0);
    collect_close(in);
    assert_int_equal(kill(child, 0), -1);
    ym_arena_clear(&arena);
    close(request.fd);
}

static void the_reader_dies_with_the_server(void **state)
{
    (void)state;
    int told[2], status;
    pid_t child = -1;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    pid_t server = fork();
    if (server == 0) {
        struct collect_request request = {.fd = many_rows(), .program = self};
        struct ym_arena arena = {0};
        struct collect_facts facts;
        struct collect_read *in;
        struct ym_error err = {0};
        if (collect_open(&request, &arena, &in, &facts, &err))
            child = collect_pid(in);
        (void)!write(told[1], &child, sizeof child);
        for (;;)
            pause();
    }
    assert_int_equal(read(told[0], &child, sizeof child), sizeof child);
    assert_true(child > 0);
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, &status, 0), server);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(told[0]);
    close(told[1]);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "reader") == 0)
        return collect_child(argc - 1, argv + 1);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert(n > 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_line_ends_and_doubled_quotes_come_out_as_rfc_4180_says),
        cmocka_unit_test(a_row_of_another_width_is_a_fault_that_keeps_every_cell),
        cmocka_unit_test(a_quote_astray_inside_a_quoted_cell_is_a_fault),
        cmocka_unit_test(undecodable_bytes_are_a_fault_with_their_offset_and_stay_visible),
        cmocka_unit_test(encodings_that_need_a_table_of_iconv_are_found_and_read),
        cmocka_unit_test(every_usual_delimiter_is_found),
        cmocka_unit_test(a_header_is_told_from_a_row),
        cmocka_unit_test(notes_around_the_table_are_left_out_and_told),
        cmocka_unit_test(a_delimiter_at_the_end_of_lines_makes_no_column),
        cmocka_unit_test(bad_files_end_with_what_where_and_how_to_mend_it),
        cmocka_unit_test(long_lines_are_refused_without_being_read_to_their_end),
        cmocka_unit_test(a_cell_over_its_limit_and_a_quote_that_runs_on_are_told_apart),
        cmocka_unit_test(too_many_columns_are_refused),
        cmocka_unit_test(a_large_file_comes_back_cell_by_cell),
        cmocka_unit_test(a_pipe_is_read_like_a_file),
        cmocka_unit_test(a_reader_that_is_killed_is_an_error_and_never_a_short_table),
        cmocka_unit_test(closing_early_leaves_no_child),
        cmocka_unit_test(the_reader_dies_with_the_server),
    };
    return cmocka_run_group_tests_name("collect", tests, NULL, NULL);
}
