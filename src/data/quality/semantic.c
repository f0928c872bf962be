/* The verdicts of pure/codes in the engine's words; tests/data/quality holds the two together.
 * Shapes come first by one regular expression (35 ns a cell), so that the sums may trust the bytes.
 */
#include "data/quality/inside.h"

static void provinces(struct ym_buf *sql)
{
    for (const int *p = codes_provinces; *p; p++)
        ym_buf_printf(sql, "%s%d", p == codes_provinces ? "" : "|", *p);
}

// Byte `place` (from 0) of the cell, as a number.
static void byte_of(const char *cell, int place, struct ym_buf *sql)
{
    ym_buf_printf(sql, "bitAnd(bitShiftRight(reinterpretAsUInt64(substring(%s,%d,8)),%d),255)",
                  cell, place / 8 * 8 + 1, place % 8 * 8);
}

// [value of '0', of '1', … of 'Z'], to be asked by byte - 47.
static void values(int (*value)(char), struct ym_buf *sql)
{
    ym_buf_char(sql, '[');
    for (int c = '0'; c <= 'Z'; c++)
        ym_buf_printf(sql, "%s%d", c == '0' ? "" : ",", value((char)c) < 0 ? 0 : value((char)c));
    ym_buf_char(sql, ']');
}

static void sum(const char *cell, int from, int n, const int *weights, int (*value)(char),
                struct ym_buf *sql)
{
    for (int i = 0; i < n; i++) {
        ym_buf_char(sql, i == 0 ? '(' : '+');
        ym_buf_printf(sql, "%d*arrayElement(", weights[i]);
        values(value, sql);
        ym_buf_char(sql, ',');
        byte_of(cell, from + i, sql);
        ym_buf_add(sql, YM_STR("-47)"));
    }
    ym_buf_char(sql, ')');
}

// The byte at `place` is that one of `letters` to which the remainder, which follows, counts.
static void check_is(const char *cell, int place, const char *letters, struct ym_buf *sql)
{
    byte_of(cell, place, sql);
    ym_buf_add(sql, YM_STR("=arrayElement(["));
    for (const char *c = letters; *c; c++)
        ym_buf_printf(sql, "%s%d", c == letters ? "" : ",", *c);
    ym_buf_add(sql, YM_STR("],1+"));
}

static void resident(const char *cell, int today, bool demo, struct ym_buf *sql)
{
    char number[128], birth[200];

    snprintf(number, sizeof number, "toUInt64OrZero(substring(%s,1,17))", cell);
    snprintf(birth, sizeof birth, "toUInt32(intDiv(%s,1000)%%100000000)", number);
    ym_buf_printf(sql, "(match(%s,'^(?:(?:", cell);
    provinces(sql);
    ym_buf_printf(sql, ")(?:[0-6][0-9]|70|90)%s)[0-9]{2}[0-9]{11}[0-9X]$')",
                  demo ? "|99[0-9]{2}" : "");
    ym_buf_printf(sql, " AND %s BETWEEN 18000101 AND %d", birth, today);
    ym_buf_printf(sql, " AND intDiv(%s,100)%%100 BETWEEN 1 AND 12 AND %s%%100 BETWEEN 1 AND ",
                  birth, birth);
    ym_buf_printf(sql,
                  "multiIf(intDiv(%s,100)%%100=2,28+(intDiv(%s,10000)%%4=0 AND "
                  "(intDiv(%s,10000)%%100!=0 OR intDiv(%s,10000)%%400=0)),"
                  "intDiv(%s,100)%%100 IN (4,6,9,11),30,31) AND ",
                  birth, birth, birth, birth, birth);
    check_is(cell, 17, "10X98765432", sql);
    uint64_t unit = UINT64_C(10000000000000000);
    for (int i = 0; i < 17; i++, unit /= 10)
        ym_buf_printf(sql, "%sintDiv(%s,%" PRIu64 ")%%10*%d", i == 0 ? "(" : "+", number, unit,
                      codes_resident_weights[i]);
    ym_buf_add(sql, YM_STR(")%11))"));
}

static int credit_value(char c)
{
    const char *at = strchr(codes_credit_letters, c);
    return at ? (int)(at - codes_credit_letters) : -1;
}

static void credit(const char *cell, bool demo, struct ym_buf *sql)
{
    const char *letters = "0-9A-HJ-NP-RTUWXY";

    ym_buf_printf(sql, "(match(%s,'^[%s][1-9](?:100000|(?:(?:", cell, codes_credit_departments);
    provinces(sql);
    ym_buf_printf(sql, ")(?:[0-6][0-9]|70|90)%s)[0-9]{2})[%s]{10}$') AND ",
                  demo ? "|99[0-9]{2}" : "", letters);
    check_is(cell, 16, "0X987654321", sql);
    sum(cell, 8, 8, codes_org_weights, codes_org_value, sql);
    ym_buf_add(sql, YM_STR("%11) AND "));
    check_is(cell, 17, codes_credit_letters, sql);
    ym_buf_add(sql, YM_STR("(31-"));
    sum(cell, 0, 17, codes_credit_weights, credit_value, sql);
    ym_buf_add(sql, YM_STR("%31)%31))"));
}

static void vin(const char *cell, struct ym_buf *sql)
{
    ym_buf_printf(sql, "(match(%s,'^[0-9A-HJ-NPR-Z]{13}[0-9]{4}$') AND ", cell);
    check_is(cell, 8, "0123456789X", sql);
    sum(cell, 0, 17, codes_vin_weights, codes_vin_value, sql);
    ym_buf_add(sql, YM_STR("%11))"));
}

static void region(const char *cell, struct ym_buf *sql)
{
    struct ym_str rest = ym_str(codes_hubei), code;
    const char *comma = "";

    ym_buf_printf(sql, "if(startsWith(%s,'42'),%s IN (", cell, cell);
    for (; ym_str_cut(&rest, ' ', &code); comma = ",")
        ym_buf_printf(sql, "%s'%.*s'", comma, YM_FMT(code));
    ym_buf_printf(sql, "),match(%s,'^(?:", cell);
    provinces(sql);
    ym_buf_add(sql, YM_STR(")(?:0000|(?:0[1-9]|[1-6][0-9]|70|90)[0-9]{2})$'))"));
}

void quality_semantic(enum codes_semantic semantic, const char *cell, int today, bool demo,
                      struct ym_buf *sql)
{
    switch (semantic) {
    case CODES_NONE:
        ym_buf_add(sql, YM_STR("1"));
        break;
    case CODES_RESIDENT_ID:
        resident(cell, today, demo, sql);
        break;
    case CODES_CREDIT_CODE:
        credit(cell, demo, sql);
        break;
    case CODES_REGION:
        region(cell, sql);
        break;
    case CODES_PHONE:
        ym_buf_printf(sql, "match(%s,'^1[%s3-9][0-9]{9}$')", cell, demo ? "0" : "");
        break;
    case CODES_VIN:
        vin(cell, sql);
        break;
    }
}
