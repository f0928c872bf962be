// A workbook of anything at all ends in rows or in a problem that says what to do; and numbers come
// out as what they are.
#include "../../prop.h"

#include "book.h"
#include "data/collect/workbook.h"
#include "rows.h"

#include <math.h>
#include <unistd.h>

static void read_book(struct prop_bytes *in, int fd)
{
    static const char *const sheets[] = {"", "1", "2", "s"};
    static const char *const skips[] = {"", "1", "2-3", "4-"};
    struct ym_arena arena = {0};
    struct rows_answer answer;
    struct collect_request request = {
        .fd = fd,
        .recipe = {.format = YM_STR("xlsx"),
                   .sheet = ym_str(sheets[prop_draw(in, YM_COUNT(sheets))]),
                   .skip = ym_str(skips[prop_draw(in, YM_COUNT(skips))]),
                   .header_row = (int64_t)prop_draw(in, 5) - 1,
                   .header_rows = (int64_t)prop_draw(in, 4)},
    };

    assert(rows_read(&request, &arena, &answer));
    rows_check(&answer);
    close(fd);
    ym_arena_clear(&arena);
}

// The bytes as what stands inside <sheetData>.
static void sheets_of_anything(struct prop_bytes *in)
{
    struct prop_bytes choices = *in;
    size_t skip = in->n < 4 ? in->n : 4;
    struct ym_buf rows = {0};

    ym_buf_add(&rows, (struct ym_str){(const char *)in->p + skip, in->n - skip});
    const struct book_sheet sheet = {.name = "s", .rows = ym_buf_cstr(&rows)};
    read_book(&choices, book_file(&sheet, 1, false));
    ym_buf_clear(&rows);
}

static void archives_of_anything(struct prop_bytes *in)
{
    struct prop_bytes choices = *in;

    read_book(&choices, rows_file((struct ym_str){(const char *)in->p, in->n}));
}

static void numbers_are_what_they_were(struct prop_bytes *in)
{
    double value;
    uint64_t bits = prop_draw(in, 0) << 32 ^ prop_draw(in, 0) << 8 ^ prop_draw(in, 0);
    char written[64], to[331], *end;
    size_t n;
    bool rounded;

    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
        return;
    snprintf(written, sizeof written, "%.*g", 1 + (int)prop_draw(in, 17), value);
    assert(collect_number_text(ym_str(written), to, &n, &rounded));
    assert(n > 0 && n <= 330 && !memchr(to, 'e', n));
    to[n] = '\0';
    double back = strtod(to, &end), was = strtod(written, NULL);
    assert(*end == '\0');
    assert(fabs(back - was) <= fabs(was) * 1e-14 || fabs(was) < 1e-290);
}

static void dates_are_days_of_the_calendar(struct prop_bytes *in)
{
    double serial = (double)prop_draw(in, 3000000) + (double)prop_draw(in, 86400000) / 86400000;
    enum collect_number number = (enum collect_number)prop_draw(in, 5);
    char to[40] = "";
    int year, month, day;

    if (!collect_serial_text(serial, number, prop_draw(in, 2), to))
        return;
    assert(number != COLLECT_PLAIN);
    if (sscanf(to, "%4d-%2d-%2d", &year, &month, &day) == 3)
        assert(year >= 1900 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31);
    else
        assert(number == COLLECT_ELAPSED || number == COLLECT_TIME);
}

int prop(const uint8_t *bytes, size_t n)
{
    static void (*const properties[])(struct prop_bytes *) = {
        archives_of_anything, sheets_of_anything, numbers_are_what_they_were,
        dates_are_days_of_the_calendar};
    struct prop_bytes in = {bytes, n};

    properties[prop_draw(&in, YM_COUNT(properties))](&in);
    return 0;
}
