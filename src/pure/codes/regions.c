#include "pure/codes/codes.h"

const int codes_provinces[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34,
                               35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
                               53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 0};

// GB/T 2260 as in force since 2020 (Jianli became a city): the province, its 13 prefectures and 103
// county units. 4290, the container of the four directly administered, is no authority of its own.
const char codes_hubei[] =
    "420000 420100 420102 420103 420104 420105 420106 420107 420111 420112 420113 420114 420115 "
    "420116 420117 420200 420202 420203 420204 420205 420222 420281 420300 420302 420303 420304 "
    "420322 420323 420324 420325 420381 420500 420502 420503 420504 420505 420506 420525 420526 "
    "420527 420528 420529 420581 420582 420583 420600 420602 420606 420607 420624 420625 420626 "
    "420682 420683 420684 420700 420702 420703 420704 420800 420802 420804 420822 420881 420882 "
    "420900 420902 420921 420922 420923 420981 420982 420984 421000 421002 421003 421022 421024 "
    "421081 421083 421087 421088 421100 421102 421121 421122 421123 421124 421125 421126 421127 "
    "421181 421182 421200 421202 421221 421222 421223 421224 421281 421300 421303 421321 421381 "
    "422800 422801 422802 422822 422823 422825 422826 422827 422828 429004 429005 429006 429021";

bool codes_region_shape(int code, bool demo)
{
    int prefecture = code / 100 % 100;

    if (demo && code / 10000 == 99)
        return true;
    // 00 with a county: the counties of Hainan before it had prefectures carry 4600xx.
    if (prefecture > 70 && prefecture != 90)
        return false;
    for (const int *province = codes_provinces; *province; province++)
        if (*province == code / 10000)
            return true;
    return false;
}

static bool digits(struct ym_str text, size_t n)
{
    for (size_t i = 0; i < n; i++)
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

bool codes_region(struct ym_str text)
{
    if (text.n != 6 || !digits(text, 6))
        return false;
    if (!codes_region_shape(number(text, 0, 6), false))
        return false;
    if (text.p[0] == '4' && text.p[1] == '2')
        return ym_str_find(ym_str(codes_hubei), text, 0) != SIZE_MAX;
    return number(text, 2, 2) > 0 || number(text, 4, 2) == 0;
}

// Ranges of the town (GB/T 10114) and of the committee: standards.md 1.6.
bool codes_division(struct ym_str text)
{
    if ((text.n != 2 && text.n != 4 && text.n != 6 && text.n != 9 && text.n != 12) ||
        !digits(text, text.n))
        return false;
    int code = number(text, 0, text.n < 6 ? text.n : 6);
    for (size_t n = text.n; n < 6; n++)
        code *= 10;
    if (!codes_region_shape(code, false))
        return false;
    int town = text.n >= 9 ? number(text, 6, 3) : 0;
    int committee = text.n == 12 ? number(text, 9, 3) : 0;
    if (town > 599 || (text.n == 9 && town == 0))
        return false;
    return committee < 400 && (town > 0 || committee == 0);
}
