#include "base/time.h"
#include "pure/codes/codes.h"
#include "tools/demo/demo.h"

enum { ARGS = 5, BIRTHDAYS = 31500, FIRST_BIRTH = -11322 /* 1939-01-01 */ };

struct part {
    void (*make)(const struct part *part, const struct demo_row *row, int64_t who,
                 struct ym_buf *out); // NULL: `text` as it stands
    struct ym_str text, arg[ARGS], sign;
    int64_t n, num[ARGS], vary, missing;
    uint64_t salt, other; // other: of @WHO, 0 without
};
struct demo_make {
    struct part *parts;
    size_t n, cap;
};

// splitmix64, by Sebastiano Vigna (public domain), over both.
uint64_t demo_chance(uint64_t a, uint64_t b)
{
    uint64_t z = a + (b + 1) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t demo_salt(uint64_t a, struct ym_str text)
{
    for (size_t i = 0; i < text.n; i++)
        a = demo_chance(a, (unsigned char)text.p[i]);
    return a;
}

static int64_t below(uint64_t a, int64_t who, const char *what, int64_t n)
{
    return (int64_t)(demo_chance(demo_salt(a, ym_str(what)), (uint64_t)who) % (uint64_t)n);
}

const char *demo_day(int64_t days, char to[16])
{
    char text[YM_TIME_TEXT];

    snprintf(to, 16, "%.10s", ym_time_text(days * YM_DAY, text));
    return to;
}

static void put_day(int64_t days, struct ym_str format, struct ym_buf *out)
{
    char text[16];
    demo_day(days, text);
    if (format.n == 0) {
        ym_buf_add(out, ym_str(text));
        return;
    }
    for (size_t i = 0; i < format.n; i++) {
        bool marked = format.p[i] == '%' && i + 1 < format.n;
        int sign = marked ? format.p[++i] : 0;
        const char *from = sign == 'Y' ? text : sign == 'm' ? text + 5 : text + 8;
        if (!sign)
            ym_buf_char(out, format.p[i]);
        else if (sign == 'e' || sign == 'c') // 3, not 03: of the month, of the day
            ym_buf_printf(out, "%d", (int)strtol(sign == 'e' ? text + 8 : text + 5, NULL, 10));
        else
            ym_buf_printf(out, "%.*s", sign == 'Y' ? 4 : 2, from);
    }
}

// ---- persons: none of them exists. Their region is 99, which there is not, their mobiles begin
// with 10, their names with a heavenly stem and go on with words for "sample".

static int64_t birth_of(int64_t who)
{
    // Each block of BIRTHDAYS people has every day once: with the block's number the id is unique.
    return FIRST_BIRTH + (who * 7919 + who / BIRTHDAYS * 131) % BIRTHDAYS;
}

int64_t demo_age(int64_t person)
{
    return (20697 - birth_of(person)) * 100 / 36525;
}

static void put_id(const struct part *part, const struct demo_row *row, int64_t who,
                   struct ym_buf *out)
{
    uint64_t seed = row->all->seed;
    char id[48], day[16];
    int sum = 0;

    (void)part;
    demo_day(birth_of(who), day);
    snprintf(id, sizeof id, "99%02d%02d%.4s%.2s%.2s%03d", (int)below(seed, who, "born in", 17) + 1,
             (int)below(seed, who, "born at", 12) + 1, day, day + 5, day + 8,
             (int)(who / BIRTHDAYS * 2 + below(seed, who, "sex", 2)) % 1000);
    for (int i = 0; i < 17; i++)
        sum += (id[i] - '0') * codes_resident_weights[i];
    ym_buf_printf(out, "%s%c", id, "10X98765432"[sum % 11]);
}

static const char *const stems[] = {"甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸",
                                    "子", "丑", "寅", "卯", "辰", "巳", "午", "未", "申", "酉"};
static const char *const samples[] = {"示", "例", "演", "样", "试", "测", "虚", "拟", "假", "设",
                                      "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"};

static void put_name(const struct part *part, const struct demo_row *row, int64_t who,
                     struct ym_buf *out)
{
    uint64_t seed = row->all->seed;
    int64_t first = below(seed, who, "given", 20);

    // A variant has another last character: somebody typed what he heard.
    ym_buf_printf(out, "%s%s%s", stems[below(seed, who, "family", 20)], samples[first],
                  samples[(below(seed, who, "second", 20) + (part->vary > 0 ? 1 : 0)) % 20]);
}

static void put_sex(const struct part *part, const struct demo_row *row, int64_t who,
                    struct ym_buf *out)
{
    (void)part;
    ym_buf_add(out, below(row->all->seed, who, "sex", 2) ? YM_STR("男") : YM_STR("女"));
}

static void put_birth(const struct part *part, const struct demo_row *row, int64_t who,
                      struct ym_buf *out)
{
    (void)row;
    put_day(birth_of(who), part->arg[0], out);
}

static void put_mobile(const struct part *part, const struct demo_row *row, int64_t who,
                       struct ym_buf *out)
{
    (void)part, (void)row;
    ym_buf_printf(out, "10%09lld", (long long)who);
}

// Where one lives; 12 of 1,000 have moved by the next file.
static const struct demo_place *home_of(const struct demo_row *row, int64_t who)
{
    uint64_t seed = row->all->seed;
    bool moved = row->epoch > 0 && below(seed, who, "moves", 1000) < 12;

    return &row->all->counties[below(seed, who, moved ? "new home" : "home",
                                     (int64_t)row->all->n_counties)];
}

static void put_place(const struct demo_place *place, struct ym_str what, struct ym_buf *out)
{
    ym_buf_add(out, ym_str_is(what, "name")        ? place->name
                    : ym_str_is(what, "city")      ? place->city
                    : ym_str_is(what, "city_name") ? place->city_name
                                                   : place->code);
}

static void put_home(const struct part *part, const struct demo_row *row, int64_t who,
                     struct ym_buf *out)
{
    put_place(home_of(row, who), part->arg[0], out);
}

static void put_address(const struct part *part, const struct demo_row *row, int64_t who,
                        struct ym_buf *out)
{
    const struct demo_place *home = home_of(row, who);
    long long street = (long long)below(row->all->seed, who, "street", 90) + 1;
    long long house = (long long)below(row->all->seed, who, "house", 400) + 1;

    if (part->vary > 0)
        ym_buf_printf(out, "%.*s示范%lld路%lld", YM_FMT(home->name), street, house);
    else
        ym_buf_printf(out, "%.*s%.*s示范%lld路%lld号", YM_FMT(home->city_name), YM_FMT(home->name),
                      street, house);
}

// ---- firms: of the region 99 too

static void put_credit_code(const struct part *part, const struct demo_row *row, int64_t who,
                            struct ym_buf *out)
{
    char code[48];
    int sum = 0;

    (void)part;
    snprintf(code, sizeof code, "9199%02d%02dMA%06d",
             (int)below(row->all->seed, who, "firm's city", 17) + 1,
             (int)below(row->all->seed, who, "firm's county", 12) + 1, (int)(who % 1000000));
    for (int i = 0; i < 8; i++)
        sum += codes_org_value(code[8 + i]) * codes_org_weights[i];
    code[16] = "0X987654321"[sum % 11];
    sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (int)(strchr(codes_credit_letters, code[i]) - codes_credit_letters) *
               codes_credit_weights[i];
    code[17] = codes_credit_letters[(31 - sum % 31) % 31];
    ym_buf_printf(out, "%.18s", code);
}

static const char *const trades[] = {"商贸", "农业", "建设", "机械", "食品",
                                     "物流", "信息", "环保", "药业", "化工"};

static void put_firm(const struct part *part, const struct demo_row *row, int64_t who,
                     struct ym_buf *out)
{
    const struct demo_place *home = home_of(row, who);

    // A variant is written as the next agency writes it: other brackets, the whole legal form.
    ym_buf_printf(out,
                  part->vary > 0 ? "%.*s演示%" PRId64 "号%s有限责任公司(%.*s)"
                                 : "%.*s演示%" PRId64 "号%s有限公司（%.*s）",
                  YM_FMT(home->city_name), who + 1, trades[below(row->all->seed, who, "trade", 10)],
                  YM_FMT(home->name));
}

static void put_founded(const struct part *part, const struct demo_row *row, int64_t who,
                        struct ym_buf *out)
{
    put_day(10957 + below(row->all->seed, who, "founded", 9300), part->arg[0], out);
}

static void put_state(const struct part *part, const struct demo_row *row, int64_t who,
                      struct ym_buf *out)
{
    int64_t state = below(row->all->seed, who, "state", 100) - (row->epoch > 0 ? 2 : 0);

    (void)part;
    ym_buf_add(out, state < 10 ? YM_STR("注销") : state < 14 ? YM_STR("吊销") : YM_STR("存续"));
}

// ---- vehicles; no plate of Hubei has the letter Z

static void put_vin(const struct part *part, const struct demo_row *row, int64_t who,
                    struct ym_buf *out)
{
    char vin[48];
    int sum = 0;

    (void)part, (void)row;
    snprintf(vin, sizeof vin, "LYM99DEM0P%07d", (int)(who % 10000000));
    for (int i = 0; i < 17; i++)
        sum += codes_vin_value(vin[i]) * codes_vin_weights[i];
    vin[8] = "0123456789X"[sum % 11];
    ym_buf_printf(out, "%.17s", vin);
}

static void put_plate(const struct part *part, const struct demo_row *row, int64_t who,
                      struct ym_buf *out)
{
    (void)part, (void)row;
    ym_buf_printf(out, "鄂Z%c%05d", "ABCDEFGHJK"[who / 100000 % 10], (int)(who % 100000));
}

// ---- anything

static uint64_t dice(const struct part *part, const struct demo_row *row)
{
    // A later file says otherwise in one of 25 cells, as a correction does.
    bool other = demo_chance(part->salt ^ 0x6570, (uint64_t)row->entity) % 25 == 0;

    return demo_chance(part->salt ^ (uint64_t)(other ? row->epoch : 0) << 48,
                       (uint64_t)row->entity);
}

// {int 1 60 4}: 0001 to 0060
static void put_int(const struct part *part, const struct demo_row *row, int64_t who,
                    struct ym_buf *out)
{
    (void)who;
    uint64_t width = (uint64_t)(part->num[1] - part->num[0] + 1);
    ym_buf_printf(out, "%0*" PRId64, (int)part->num[2],
                  part->num[0] + (int64_t)(dice(part, row) % width));
}

// {num 1 500 2}: 1.00 to 500.00
static void put_num(const struct part *part, const struct demo_row *row, int64_t who,
                    struct ym_buf *out)
{
    int64_t ten = 1;

    (void)who;
    for (int64_t i = 0; i < part->num[2]; i++)
        ten *= 10;
    int64_t width = (part->num[1] - part->num[0]) * ten + 1;
    int64_t n = part->num[0] * ten + (int64_t)(dice(part, row) % (uint64_t)width);
    ym_buf_printf(out, "%lld.%0*lld", (long long)(n / ten), (int)part->num[2],
                  (long long)(n % ten));
}

static void put_pick(const struct part *part, const struct demo_row *row, int64_t who,
                     struct ym_buf *out)
{
    struct ym_str rest = part->arg[0], item = {0};
    int64_t n = 1;

    (void)who;
    for (size_t i = 0; i < rest.n; i++)
        n += rest.p[i] == '|';
    for (int64_t i = (int64_t)(dice(part, row) % (uint64_t)n); i >= 0; i--)
        (void)ym_str_cut(&rest, '|', &item);
    ym_buf_add(out, item);
}

static int64_t day_of(struct ym_str text)
{
    int64_t day = 0;

    if (!ym_day_parse(text, &day))
        demo_die("'%.*s' is no day", YM_FMT(text));
    return day;
}

// {day 2026-01-01 90 %Y/%m/%d}: one of 90 days
static void put_some_day(const struct part *part, const struct demo_row *row, int64_t who,
                         struct ym_buf *out)
{
    (void)who;
    put_day(day_of(part->arg[0]) + (int64_t)(dice(part, row) % (uint64_t)part->num[1]),
            part->arg[2], out);
}

// {file month}: what the file says of itself
static void put_file(const struct part *part, const struct demo_row *row, int64_t who,
                     struct ym_buf *out)
{
    (void)who;
    char name[32];
    snprintf(name, sizeof name, "%.*s", YM_FMT(part->arg[0]));
    ym_buf_add(out, ym_json_get(row->file, name));
}

static void put_row(const struct part *part, const struct demo_row *row, int64_t who,
                    struct ym_buf *out)
{
    ym_buf_printf(out, "%0*" PRId64, (int)part->num[0], who + 1);
    (void)row;
}

static void put_county(const struct part *part, const struct demo_row *row, int64_t who,
                       struct ym_buf *out)
{
    (void)who;
    put_place(&row->all->counties[dice(part, row) % row->all->n_counties], part->arg[0], out);
}

// {wave 18 90 1}: between 18 and 90, up and down within 24 of axis 1
static void put_wave(const struct part *part, const struct demo_row *row, int64_t who,
                     struct ym_buf *out)
{
    int64_t turn = row->axis[part->num[2]] % 24, half = (part->num[1] - part->num[0]) / 2;

    (void)who;
    turn = turn < 12 ? turn : 24 - turn;
    int64_t noise = (int64_t)(dice(part, row) % (uint64_t)(half + 1));
    ym_buf_printf(out, "%" PRId64, part->num[0] + half * turn / 12 + noise);
}

// All, or those of the prefecture whose code is said: they stand together.
static void counties_of(const struct demo_province *all, struct demo_axis *axis)
{
    axis->n = 0;
    for (size_t i = 0; i < all->n_counties; i++) {
        if (axis->arg[0].n > 0 && !ym_str_eq(all->counties[i].city, axis->arg[0]))
            continue;
        if (axis->n++ == 0)
            axis->from = (int64_t)i;
    }
    if (axis->n == 0)
        demo_die("'%.*s' is no prefecture", YM_FMT(axis->arg[0]));
}

struct demo_axis demo_axis_parse(struct demo_province *all, struct ym_str text)
{
    struct demo_axis axis = {.n = 1};
    struct ym_str rest = text;

    (void)ym_str_cut(&rest, ' ', &axis.kind);
    for (size_t i = 0; i < YM_COUNT(axis.arg) && rest.p; i++)
        (void)ym_str_cut(&rest, ' ', &axis.arg[i]);
    if (ym_str_is(axis.kind, "county"))
        counties_of(all, &axis);
    else if (ym_str_is(axis.kind, "city"))
        axis.n = (int64_t)all->n_cities;
    else if (ym_str_is(axis.kind, "list"))
        for (size_t i = 0; i < axis.arg[0].n; i++)
            axis.n += axis.arg[0].p[i] == '|';
    else if (!ym_str_int(axis.arg[1], &axis.n) || axis.n < 1)
        demo_die("the axis '%.*s' says not how many", YM_FMT(text));
    if (ym_str_is(axis.kind, "days") || ym_str_is(axis.kind, "hours"))
        axis.from = day_of(axis.arg[0]);
    else if (ym_str_is(axis.kind, "months"))
        axis.from = day_of(ym_arena_printf(&all->arena, "%.*s-01", YM_FMT(axis.arg[0])));
    else if (ym_str_is(axis.kind, "count") || ym_str_is(axis.kind, "years"))
        (void)ym_str_int(axis.arg[0], &axis.from);
    return axis;
}

// {axis 0 name}, {axis 1 %Y%m}: where the row stands on an axis of its grid.
static void put_axis(const struct part *part, const struct demo_row *row, int64_t who,
                     struct ym_buf *out)
{
    const struct demo_axis *axis = &row->axes[part->num[0]];
    int64_t at = row->axis[part->num[0]];
    struct ym_str rest = axis->arg[0], item = {0};

    (void)who;
    if (ym_str_is(axis->kind, "county"))
        put_place(&row->all->counties[axis->from + at], part->arg[1], out);
    else if (ym_str_is(axis->kind, "city"))
        put_place(&row->all->counties[row->all->cities[at]],
                  part->arg[1].n > 0 ? part->arg[1] : YM_STR("city"), out);
    else if (ym_str_is(axis->kind, "count") && ym_str_is(part->arg[1], "in"))
        put_place(&row->all->counties[(size_t)at * 7 % row->all->n_counties], part->arg[2], out);
    else if (ym_str_is(axis->kind, "count"))
        ym_buf_printf(out, "%0*" PRId64, (int)part->num[1], axis->from + at);
    else if (ym_str_is(axis->kind, "years"))
        ym_buf_printf(out, "%" PRId64, axis->from + at);
    else if (ym_str_is(axis->kind, "months")) {
        char text[16];
        int64_t month = strtol(demo_day(axis->from, text) + 5, NULL, 10) - 1 + at;
        put_day(ym_day_of((int)(strtol(text, NULL, 10) + month / 12), (int)(month % 12) + 1, 1),
                part->arg[1].n > 0 ? part->arg[1] : YM_STR("%Y-%m"), out);
    } else if (ym_str_is(axis->kind, "days"))
        put_day(axis->from + at, part->arg[1], out);
    else if (ym_str_is(axis->kind, "hours")) {
        put_day(axis->from + at / 24, part->arg[1], out);
        ym_buf_printf(out, " %02d:00:00", (int)(at % 24));
    } else {
        for (; at >= 0; at--)
            (void)ym_str_cut(&rest, '|', &item);
        ym_buf_add(out, item);
    }
}

static const struct {
    const char *name;
    void (*make)(const struct part *part, const struct demo_row *row, int64_t who,
                 struct ym_buf *out);
    char of; // whom @WHO chooses among: p persons, f firms, v vehicles
} makes[] = {
    {"id", put_id, 'p'},           {"name", put_name, 'p'},
    {"sex", put_sex, 'p'},         {"birth", put_birth, 'p'},
    {"mobile", put_mobile, 'p'},   {"home", put_home, 'p'},
    {"address", put_address, 'p'}, {"credit_code", put_credit_code, 'f'},
    {"firm", put_firm, 'f'},       {"founded", put_founded, 'f'},
    {"state", put_state, 'f'},     {"seat", put_home, 'f'},
    {"vin", put_vin, 'v'},         {"plate", put_plate, 'v'},
    {"int", put_int, 0},           {"num", put_num, 0},
    {"pick", put_pick, 0},         {"day", put_some_day, 0},
    {"row", put_row, 0},           {"county", put_county, 0},
    {"wave", put_wave, 0},         {"axis", put_axis, 0},
    {"file", put_file, 0},
};

static int64_t number(struct ym_str text)
{
    int64_t n = 0;

    (void)ym_str_int(text, &n); // not a number: 0
    return n;
}

static void parse_part(struct ym_str text, struct part *part, uint64_t salt)
{
    struct ym_str rest = text, word;
    size_t i = 0;

    (void)ym_str_cut(&rest, ' ', &word);
    while (i < YM_COUNT(makes) && !ym_str_is(word, makes[i].name))
        i++;
    if (i == YM_COUNT(makes))
        demo_die("nothing makes '%.*s'", YM_FMT(text));
    *part = (struct part){.make = makes[i].make, .text = text, .salt = demo_salt(salt, text)};
    while (ym_str_cut(&rest, ' ', &word)) {
        struct ym_str tail = ym_str_sub(word, 1, word.n - 1);
        if (word.n > 1 && word.p[0] == '@')
            part->other = demo_salt(1, tail);
        else if (word.n > 1 && word.p[0] == '~')
            part->vary = number(tail);
        else if (word.n > 1 && word.p[0] == '?') {
            struct ym_str sign = tail;
            (void)ym_str_cut(&sign, '=', &tail);
            part->missing = number(tail);
            part->sign = sign;
        } else if (part->n < ARGS) {
            part->num[part->n] = number(word);
            part->arg[part->n++] = word;
        }
    }
    if (part->other && !makes[i].of)
        demo_die("'%.*s' is about nobody", YM_FMT(text));
    // Kept beside the salt: among whom the other one is chosen.
    part->num[ARGS - 1] = (unsigned char)makes[i].of;
}

struct demo_make *demo_make_parse(struct demo_province *all, struct ym_str text, uint64_t salt)
{
    struct demo_make *make = ym_arena_alloc(&all->arena, sizeof *make);

    while (text.n > 0) {
        size_t open = ym_str_find(text, YM_STR("{"), 0);
        struct part part = {.text = ym_str_sub(text, 0, open == SIZE_MAX ? text.n : open)};
        if (open == 0) {
            size_t close = ym_str_find(text, YM_STR("}"), 0);
            if (close == SIZE_MAX)
                demo_die("'%.*s' has no end", YM_FMT(text));
            parse_part(ym_str_sub(text, 1, close - 1), &part, salt);
            open = close + 1;
        }
        make->parts = ym_arena_grow(&all->arena, make->parts, &make->cap, make->n + 1, sizeof part);
        make->parts[make->n++] = part;
        text = open == SIZE_MAX ? YM_STR("") : ym_str_sub(text, open, text.n - open);
    }
    return make;
}

static int64_t other_one(const struct part *part, const struct demo_row *row)
{
    const struct demo_province *all = row->all;
    int64_t n = part->num[ARGS - 1] == 'p'   ? all->people
                : part->num[ARGS - 1] == 'f' ? all->firms
                                             : all->vehicles;

    return (int64_t)(demo_chance(all->seed ^ part->other, (uint64_t)row->entity) % (uint64_t)n);
}

void demo_make(const struct demo_make *make, const struct demo_row *row, struct ym_buf *out)
{
    for (size_t i = 0; i < make->n; i++) {
        const struct part *part = &make->parts[i];
        if (!part->make) {
            ym_buf_add(out, part->text);
            continue;
        }
        int64_t luck = (int64_t)(demo_chance(part->salt ^ 0x77, (uint64_t)row->entity) % 1000);
        if (luck < part->missing) {
            ym_buf_add(out, part->sign);
            continue;
        }
        struct part now = *part;
        now.vary = 999 - luck < part->vary;
        part->make(&now, row, part->other ? other_one(part, row) : row->entity, out);
    }
}
