/* pure/codes: check digits and shapes of Chinese identifiers.
 *
 * Each function takes the text as it stands (ASCII; no blanks, no separators, no full width,
 * capital letters: normalise before) and gives a verdict, no reason. Formulas, with their editions
 * in standards.md section 1: resident id   GB 11643-1999, check character ISO 7064 MOD 11-2. The
 * region is tested by its shape only, since retired codes stay valid on an id for life. credit code
 * GB 32100-2015: department, region, the inner organisation code, the outer check. organisation  GB
 * 11714-1997, with or without its hyphen. VIN           GB 16735 (ISO 3779), check at place 9, no I
 * O Q; four digits at the end. region        GB/T 2260, six digits: province and prefecture; within
 * Hubei (42) exactly the codes in force, so that retired ones are false there. The county ranges of
 * standards.md 1.6 are not tested: 110119, 310120 and four more real counties lie outside. division
 * the statistical code: 2, 4, 6, 9 (town) or 12 (committee) digits. phone         mobile,
 * ^1[3-9][0-9]{9}$. `today` is YYYYMMDD: a birth after it is false. Any thread.
 */
#pragma once
#include "base/base.h"

enum codes_semantic {
    CODES_NONE,
    CODES_RESIDENT_ID,
    CODES_CREDIT_CODE,
    CODES_REGION,
    CODES_PHONE,
    CODES_VIN
};
enum { CODES_SEMANTICS = CODES_VIN + 1 };
const char *codes_name(enum codes_semantic semantic); // "resident_id" …; CODES_NONE: NULL
bool codes_by_name(struct ym_str name, enum codes_semantic *out);
// `demo`: the impossible province 99 is taken for resident ids and credit codes, mobiles 10… for
// phones.
bool codes_valid(enum codes_semantic semantic, struct ym_str text, int today, bool demo);
bool codes_resident_id(struct ym_str text, int today, bool demo);
bool codes_credit_code(struct ym_str text, bool demo);
bool codes_org_code(struct ym_str text);
bool codes_region(struct ym_str text);
bool codes_division(struct ym_str text);
bool codes_phone(struct ym_str text, bool demo);
bool codes_vin(struct ym_str text);

// Six digits as a number: a province, and a prefecture that there was or is; no more is asked.
bool codes_region_shape(int code, bool demo);

// The tables behind the verdicts, for the compiler that says the same in SQL (data/quality).
extern const int codes_provinces[]; // 11 12 …, ended by 0
extern const char codes_hubei[];    // "420000 420100 …": the codes in force, parted by blanks
extern const char codes_credit_letters[];     // value of a character: its place, 0 to 30
extern const char codes_credit_departments[]; // first characters of a credit code
extern const int codes_resident_weights[17], codes_credit_weights[17], codes_org_weights[8];
extern const int codes_vin_weights[17];
int codes_vin_value(char c); // -1: not in a VIN
int codes_org_value(char c); // -1: not in an organisation code
