#include "pure/codes/codes.h"

static const char *const names[CODES_SEMANTICS] = {
    [CODES_RESIDENT_ID] = "resident_id",
    [CODES_CREDIT_CODE] = "credit_code",
    [CODES_REGION] = "region",
    [CODES_PHONE] = "phone",
    [CODES_VIN] = "vin",
};

const int codes_resident_weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
const int codes_credit_weights[17] = {1,  3,  9,  27, 19, 26, 16, 17, 20,
                                      29, 25, 13, 8,  24, 10, 30, 28};
const int codes_org_weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
const int codes_vin_weights[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
const char codes_credit_letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const char codes_credit_departments[] = "123456789ANY";

const char *codes_name(enum codes_semantic semantic)
{
    return names[semantic];
}

bool codes_by_name(struct ym_str name, enum codes_semantic *out)
{
    for (size_t i = 1; i < YM_COUNT(names); i++) {
        if (ym_str_is(name, names[i])) {
            *out = (enum codes_semantic)i;
            return true;
        }
    }
    return false;
}

static bool digits(struct ym_str text, size_t from, size_t n)
{
    for (size_t i = from; i < from + n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

static int number(struct ym_str text, size_t from, size_t n)
{
    int value = 0;

    for (size_t i = from; i < from + n; i++)
        value = value * 10 + (text.p[i] - '0');
    return value;
}

// 19491231 may be a day of birth: a real day from 1800 on, not after `today`.
static bool birth_valid(int birth, int today)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = birth / 10000, month = birth / 100 % 100, day = birth % 100;

    if (year < 1800 || birth > today || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (leap && month == 2);
}

bool codes_resident_id(struct ym_str text, int today, bool demo)
{
    int sum = 0;

    if (text.n != 18 || !digits(text, 0, 17))
        return false;
    if (!codes_region_shape(number(text, 0, 6), demo))
        return false;
    if (!birth_valid(number(text, 6, 8), today))
        return false;
    for (size_t i = 0; i < 17; i++)
        sum += (text.p[i] - '0') * codes_resident_weights[i];
    return text.p[17] == "10X98765432"[sum % 11];
}

int codes_org_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

bool codes_org_code(struct ym_str text)
{
    int sum = 0;

    if (text.n == 10 ? text.p[8] != '-' : text.n != 9)
        return false;
    for (size_t i = 0; i < 8; i++) {
        int value = codes_org_value(text.p[i]);
        if (value < 0)
            return false;
        sum += value * codes_org_weights[i];
    }
    return text.p[text.n - 1] == "0X987654321"[sum % 11];
}

static int credit_value(char c)
{
    const char *at = c ? strchr(codes_credit_letters, c) : NULL;
    return at ? (int)(at - codes_credit_letters) : -1;
}

bool codes_credit_code(struct ym_str text, bool demo)
{
    int sum = 0;

    if (text.n != 18 || !text.p[0] || !strchr(codes_credit_departments, text.p[0]))
        return false;
    if (text.p[1] < '1' || text.p[1] > '9' || !digits(text, 2, 6))
        return false;
    // 100000 is the nation: bodies registered with a ministry.
    int region = number(text, 2, 6);
    if (region != 100000 && !codes_region_shape(region, demo))
        return false;
    for (size_t i = 0; i < 17; i++) {
        int value = credit_value(text.p[i]);
        if (value < 0)
            return false;
        sum += value * codes_credit_weights[i];
    }
    // All zeros would pass the sums: the department above is what refuses them.
    return codes_org_code(ym_str_sub(text, 8, 9)) &&
           text.p[17] == codes_credit_letters[(31 - sum % 31) % 31];
}

int codes_vin_value(char c)
{
    //                           ABCDEFGH I JKLMN O P Q R STUVWXYZ
    static const char values[] = "12345678-12345-7-923456789";

    if (c >= '0' && c <= '9')
        return c - '0';
    if (c < 'A' || c > 'Z' || values[c - 'A'] == '-')
        return -1;
    return values[c - 'A'] - '0';
}

bool codes_vin(struct ym_str text)
{
    int sum = 0;

    if (text.n != 17 || !digits(text, 13, 4))
        return false;
    for (size_t i = 0; i < 17; i++) {
        int value = codes_vin_value(text.p[i]);
        if (value < 0)
            return false;
        sum += value * codes_vin_weights[i];
    }
    return text.p[8] == "0123456789X"[sum % 11];
}

bool codes_phone(struct ym_str text, bool demo)
{
    if (text.n != 11 || !digits(text, 0, 11) || text.p[0] != '1')
        return false;
    return text.p[1] >= '3' || (demo && text.p[1] == '0');
}

bool codes_valid(enum codes_semantic semantic, struct ym_str text, int today, bool demo)
{
    switch (semantic) {
    case CODES_NONE:
        return true;
    case CODES_RESIDENT_ID:
        return codes_resident_id(text, today, demo);
    case CODES_CREDIT_CODE:
        return codes_credit_code(text, demo);
    case CODES_REGION:
        return codes_region(text);
    case CODES_PHONE:
        return codes_phone(text, demo);
    case CODES_VIN:
        return codes_vin(text);
    }
    return false;
}
