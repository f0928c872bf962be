/* yunmeng-demo: the files of the demonstration province on stdout; `yunmeng demo` delivers them.
 *
 *   yunmeng-demo plan [--scale N]                   what there is, as `yunmeng demo` registers it
 *   yunmeng-demo file DATASET NUMBER [--scale N]    the bytes of one file
 *   yunmeng-demo expect [DATASET] [--scale N]       rows in, kept, quarantined by reason, dropped
 *
 * N: how many people; 2,000 without it. The same N gives the same bytes.
 */
#include "tools/demo/demo.h"

#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

enum { PEOPLE = 2000, PEOPLE_MAX = 10000000, LAG = 7, TABLE_MAX = 1 << 20 };

void demo_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("yunmeng-demo: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(8);
}

static const char *text_of(const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));

    return text ? text : "";
}

// ---- the table

static void open_places(struct demo_province *all)
{
    const char *code, *name;
    json_t *city, *one, *counties;
    size_t cap = 0, cap_cities = 0, i;

    json_array_foreach(json_object_get(all->json, "places"), i, city)
    {
        all->cities =
            ym_arena_grow(&all->arena, all->cities, &cap_cities, i + 1, sizeof *all->cities);
        all->cities[all->n_cities++] = all->n_counties;
        counties = json_array_get(city, 2);
        json_object_foreach(counties, code, one)
        {
            name = json_string_value(one);
            all->counties = ym_arena_grow(&all->arena, all->counties, &cap, all->n_counties + 1,
                                          sizeof *all->counties);
            all->counties[all->n_counties++] = (struct demo_place){
                .code = ym_str(code),
                .name = ym_str(name),
                .city = ym_str(json_string_value(json_array_get(city, 0))),
                .city_name = ym_str(json_string_value(json_array_get(city, 1)))};
        }
    }
}

static void open_province(struct demo_province *all, int64_t people)
{
    char path[PATH_MAX + 64];
    struct ym_error err = {0};

    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
    path[n < 0 ? 0 : n] = '\0';
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash : path, 64, "/../share/yunmeng/demo/province.json");
    if (!ym_json_file(path, TABLE_MAX, &all->json, &err))
        demo_die("%s: %s", path, err.message);
    all->seed = (uint64_t)json_integer_value(json_object_get(all->json, "seed"));
    all->people = people;
    all->firms = people / 10;
    all->vehicles = people / 8;
    open_places(all);
}

// ---- one file

struct count {
    struct ym_str reason, field;
    int64_t n;
};
struct demo_file {
    struct demo_province *all;
    const json_t *dataset, *file;
    struct demo_look look;
    struct ym_str names[DEMO_FIELDS];
    struct demo_make *makes[DEMO_FIELDS];
    struct demo_axis axes[DEMO_AXES];
    struct demo_ugly *uglies;
    struct ym_str key; // names of the key's fields, as a reason has them
    size_t n_uglies, cap_uglies, n_axes;
    int64_t population, rows_wanted, per, age_from, age_to, turnover, epoch;
    uint64_t salt;
    struct demo_out *out; // NULL: only counted
    // what comes out
    int64_t in, kept, dropped, at;
    struct count counts[DEMO_COUNTS];
    size_t n_counts;
};

static const json_t *of_either(const struct demo_file *f, const char *key)
{
    const json_t *own = json_object_get(f->file, key);

    return own ? own : json_object_get(f->dataset, key);
}

static struct ym_str text_of_either(const struct demo_file *f, const char *key, const char *none)
{
    const char *text = json_string_value(of_either(f, key));

    return ym_str(text ? text : none);
}

// [name, zh, en, {schema}, make, group]
static void open_fields(struct demo_file *f)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(f->dataset, "fields"), i, one)
    {
        if (i == DEMO_FIELDS)
            demo_die("'%s' has too many fields", text_of(f->dataset, "id"));
        const char *type = text_of(json_array_get(one, 3), "type");
        bool is_day = strcmp(type, "date") == 0;
        bool is_number = strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
        f->names[i] = ym_str(json_string_value(json_array_get(one, 0)));
        f->look.titles[i] = ym_str(json_string_value(json_array_get(one, 1)));
        f->look.groups[i] = ym_str(json_string_value(json_array_get(one, 5)));
        f->look.kinds[i] = "tdn"[is_day + 2 * is_number];
        f->makes[i] = demo_make_parse(f->all, ym_str(json_string_value(json_array_get(one, 4))),
                                      demo_salt(f->salt, f->names[i]));
        f->look.n++;
    }
}

static int64_t field_of(const struct demo_file *f, struct ym_str name)
{
    for (size_t i = 0; i < f->look.n; i++)
        if (ym_str_eq(f->names[i], name))
            return (int64_t)i;
    if (name.n > 0)
        demo_die("'%s' has no field '%.*s'", text_of(f->dataset, "id"), YM_FMT(name));
    return -1;
}

static void open_uglies(struct demo_file *f, const json_t *from)
{
    const json_t *one;
    size_t i;

    json_array_foreach(from, i, one)
    {
        f->uglies = ym_arena_grow(&f->all->arena, f->uglies, &f->cap_uglies, f->n_uglies + 1,
                                  sizeof *f->uglies);
        f->uglies[f->n_uglies++] =
            demo_ugly_parse(one, field_of(f, ym_str(json_string_value(json_array_get(one, 1)))));
    }
}

static void open_rows(struct demo_file *f, const json_t *rows)
{
    const char *of = text_of(rows, "of");
    const json_t *one;
    size_t i;

    f->population = strcmp(of, "person") == 0    ? f->all->people
                    : strcmp(of, "firm") == 0    ? f->all->firms
                    : strcmp(of, "vehicle") == 0 ? f->all->vehicles
                                                 : json_integer_value(json_object_get(rows, "n"));
    if (json_object_get(rows, "per_thousand_people"))
        f->population = f->all->people *
                        json_integer_value(json_object_get(rows, "per_thousand_people")) / 1000;
    json_array_foreach(json_object_get(rows, "grid"), i, one)
    {
        if (i == DEMO_AXES)
            demo_die("a grid has at most %d axes", DEMO_AXES);
        f->axes[f->n_axes++] = demo_axis_parse(f->all, ym_str(json_string_value(one)));
        f->population = (i == 0 ? 1 : f->population) * f->axes[i].n;
    }
    f->per = json_is_integer(json_object_get(rows, "per"))
                 ? json_integer_value(json_object_get(rows, "per"))
                 : 1000;
    f->turnover = json_integer_value(json_object_get(rows, "turnover"));
    const json_t *ages = json_object_get(rows, "ages");
    f->age_from = json_integer_value(json_array_get(ages, 0));
    f->age_to = ages ? json_integer_value(json_array_get(ages, 1)) : 1000;
}

static void open_key(struct demo_file *f)
{
    const json_t *one;
    size_t i;
    struct ym_buf text = {0};

    json_array_foreach(json_object_get(f->dataset, "key"), i, one)
        ym_buf_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(one));
    f->key = ym_arena_str(&f->all->arena, ym_buf_str(&text));
    ym_buf_clear(&text);
}

static void open_file(struct demo_file *f, struct demo_province *all, const json_t *dataset,
                      size_t number)
{
    *f = (struct demo_file){.all = all,
                            .dataset = dataset,
                            .file = json_array_get(json_object_get(dataset, "files"), number - 1)};
    if (!f->file)
        demo_die("'%s' has no file %zu", text_of(dataset, "id"), number);
    f->salt = demo_salt(all->seed, ym_str(text_of(dataset, "id")));
    f->epoch = json_integer_value(json_object_get(f->file, "epoch"));
    f->look.name = ym_str(text_of(f->file, "name"));
    f->look.encoding = text_of_either(f, "encoding", "");
    f->look.separator = text_of_either(f, "separator", ",");
    f->look.end = text_of_either(f, "end", "\n");
    f->look.sheet = text_of_either(f, "sheet", "数据");
    f->look.before = of_either(f, "before");
    f->look.after = of_either(f, "after");
    f->look.bom = json_is_true(of_either(f, "bom"));
    f->look.ghosts = json_is_true(of_either(f, "ghosts"));
    open_fields(f);
    open_key(f);
    open_rows(f, of_either(f, "rows"));
    open_uglies(f, json_object_get(dataset, "ugly"));
    open_uglies(f, json_object_get(f->file, "ugly"));
}

static bool has_row(const struct demo_file *f, int64_t who)
{
    uint64_t turn = demo_chance(f->salt ^ 0x7475726e, (uint64_t)who) % 1000;

    if (f->turnover > 0) { // the first so many come later, the next so many leave
        if (f->epoch == 0 ? (int64_t)turn < f->turnover
                          : (int64_t)turn >= f->turnover && (int64_t)turn < 2 * f->turnover)
            return false;
    }
    if (f->per < 1000 && (int64_t)(demo_chance(f->salt ^ 0x706572, (uint64_t)who) % 1000) >= f->per)
        return false;
    if (f->age_to == 1000)
        return true;
    int64_t age = demo_age(who);
    return age >= f->age_from && age < f->age_to;
}

static void make_row(const struct demo_file *f, int64_t who, int64_t number, struct ym_buf *cells)
{
    struct demo_row row = {.all = f->all,
                           .axes = f->axes,
                           .file = f->file,
                           .number = number,
                           .entity = who,
                           .epoch = f->epoch};

    int64_t rest = who;
    for (size_t i = f->n_axes; i-- > 0; rest /= f->axes[i].n)
        row.axis[i] = rest % f->axes[i].n;
    for (size_t i = 0; i < f->look.n; i++) {
        cells[i].n = 0;
        demo_make(f->makes[i], &row, &cells[i]);
    }
}

static void count(struct demo_file *f, struct ym_str reason, struct ym_str field)
{
    struct count *c = f->counts;

    for (; c < f->counts + f->n_counts; c++)
        if (ym_str_eq(c->reason, reason) && ym_str_eq(c->field, field))
            break;
    if (c == f->counts + f->n_counts) {
        if (f->n_counts == DEMO_COUNTS)
            demo_die("'%s' has too many reasons", text_of(f->dataset, "id"));
        *c = (struct count){.reason = reason, .field = field};
        f->n_counts++;
    }
    c->n++;
}

static void send(struct demo_file *f, const struct ym_buf *cells, size_t n)
{
    f->in++;
    if (f->out)
        demo_out_row(f->out, cells, n);
}

// The ugliness of the row of this number, or NULL.
static const struct demo_ugly *ugly_of(const struct demo_file *f, int64_t number, bool once_more)
{
    for (size_t i = 0; i < f->n_uglies; i++) {
        const struct demo_ugly *u = &f->uglies[i];
        bool again = ym_str_is(u->kind, "repeat") || ym_str_is(u->kind, "twice");
        if (again == once_more && number >= u->from && (number - u->from) % u->every == 0)
            return u;
    }
    return NULL;
}

// Makes the cells ugly and says why the row cannot be kept; none: it can.
static const struct demo_ugly *spoil_row(const struct demo_file *f, int64_t number,
                                         struct ym_buf *cells, size_t *n)
{
    const struct demo_ugly *ugly = ugly_of(f, number, false);

    *n = f->look.n;
    if (!ugly)
        return NULL;
    if (ym_str_is(ugly->kind, "cut"))
        *n -= 2;
    else if (!ugly->spoil(&cells[ugly->field], ugly->text))
        return NULL;
    return ugly->reason.n > 0 ? ugly : NULL;
}

// An earlier row comes again, LAG rows behind itself, where it was a good one.
static void send_again(struct demo_file *f, const int64_t *last, struct ym_buf *cells)
{
    const struct demo_ugly *again = ugly_of(f, f->at, true);
    int64_t number = f->at - LAG;
    size_t n;

    if (!again || number < 0)
        return;
    make_row(f, last[number % (LAG + 1)], number, cells);
    if (spoil_row(f, number, cells, &n))
        return;
    if (ym_str_is(again->kind, "twice")) {
        cells[again->field].n = 0;
        ym_buf_add(&cells[again->field], again->text);
    }
    send(f, cells, n);
    if (again->reason.n == 0)
        f->dropped++;
    else
        count(f, again->reason, f->key);
}

static void make_file(struct demo_file *f, demo_write *write, void *with)
{
    struct ym_buf cells[DEMO_FIELDS] = {{0}};
    int64_t last[LAG + 1];
    size_t n;

    if (write)
        f->out = demo_out_new(&f->look, write, with);
    for (int64_t who = 0; who < f->population; who++) {
        if (!has_row(f, who))
            continue;
        last[f->at % (LAG + 1)] = who;
        make_row(f, who, f->at, cells);
        const struct demo_ugly *bad = spoil_row(f, f->at, cells, &n);
        send(f, cells, n);
        if (!bad)
            f->kept++;
        else
            count(f, bad->reason, bad->field < 0 ? YM_STR("") : f->names[bad->field]);
        send_again(f, last, cells);
        f->at++;
    }
    if (f->out)
        demo_out_end(f->out);
    for (size_t i = 0; i < DEMO_FIELDS; i++)
        ym_buf_clear(&cells[i]);
}

// ---- what is said about it

// [name, zh, en, {schema}, make, group]; a column below a group is called group_title.
static json_t *schema_of(const json_t *dataset)
{
    json_t *fields = json_array();
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(dataset, "fields"), i, one)
    {
        const char *group = json_string_value(json_array_get(one, 5));
        const char *zh = json_string_value(json_array_get(one, 1));
        json_t *title = group ? json_sprintf("%s_%s", group, zh) : json_string(zh);
        json_t *field = json_pack("{s:O, s:{s:o, s:O}}", "name", json_array_get(one, 0), "title",
                                  "zh", title, "en", json_array_get(one, 2));
        json_object_update_missing(field, json_array_get(one, 3));
        json_array_append_new(fields, field);
    }
    json_t *schema = json_pack("{s:o}", "fields", fields);
    if (json_object_get(dataset, "key"))
        json_object_set(schema, "primaryKey", json_object_get(dataset, "key"));
    json_object_update_missing(schema, json_object_get(dataset, "schema"));
    return schema;
}

// What an entry of the catalogue owes beside what it says itself.
static const struct {
    const char *name, *where, *is, *value;
} owed[] = {
    {"sharing_condition", "sharing", "conditional", "须说明用途与法律依据，经本部门同意后按次使用"},
    {"open_condition", "openness", "conditional", "实名登记，按约定用途使用，不得转让"},
    {"closed_reason", "openness", "closed", "含个人信息或者未经授权不得公开的信息"},
};

static size_t agency_of(const struct demo_province *all, const char *id)
{
    struct ym_str rest = ym_str(id), space;
    const json_t *one;
    size_t i;

    (void)ym_str_cut(&rest, '.', &space);
    json_array_foreach(json_object_get(all->json, "agencies"), i, one)
    {
        if (ym_str_is(space, text_of(one, "name")))
            return i;
    }
    demo_die("'%s' has no agency", id);
}

static json_t *entry_of(const struct demo_province *all, const json_t *dataset, size_t at)
{
    static const char *const taken[] = {"id",       "title",         "abstract",    "theme",
                                        "category", "openness",      "sharing",     "update_cycle",
                                        "related",  "sharing_basis", "open_planned"};
    json_t *entry = json_object();
    size_t number = agency_of(all, text_of(dataset, "id"));

    for (size_t i = 0; i < YM_COUNT(taken); i++) {
        json_t *value = json_object_get(dataset, taken[i]);
        if (json_is_array(value))
            json_object_set_new(entry, taken[i],
                                json_pack("{s:O, s:O}", "zh", json_array_get(value, 0), "en",
                                          json_array_get(value, 1)));
        else if (value)
            json_object_set(entry, taken[i], value);
    }
    for (size_t i = 0; i < YM_COUNT(owed); i++)
        if (strcmp(text_of(dataset, owed[i].where), owed[i].is) == 0)
            json_object_set_new(entry, owed[i].name, json_string(owed[i].value));
    json_object_set_new(
        entry, "code",
        json_sprintf(
            "%s/%zu/%02zu",
            text_of(json_array_get(json_object_get(all->json, "agencies"), number), "region"),
            1001 + number, at));
    json_object_set_new(entry, "format", json_string("spreadsheet"));
    json_object_set_new(entry, "sharing_way", json_string("platform"));
    json_object_set_new(entry, "contact", json_string("信息中心（演示）"));
    json_object_set_new(entry, "contact_phone", json_sprintf("027-0000%04zu", 1001 + number));
    json_object_set_new(entry, "contact_mail",
                        json_sprintf("data@%.*s.example", (int)strcspn(text_of(dataset, "id"), "."),
                                     text_of(dataset, "id")));
    if (json_object_get(dataset, "fields"))
        json_object_set_new(entry, "schema", schema_of(dataset));
    return entry;
}

static void sum_bytes(void *with, struct ym_str bytes)
{
    *(int64_t *)with += (int64_t)bytes.n;
}

static json_t *files_of(struct demo_province *all, const json_t *dataset)
{
    json_t *files = json_array();
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(dataset, "files"), i, one)
    {
        struct demo_file f;
        int64_t bytes = 0;

        // How long it will be, for the bar: measured of a small province, and stretched.
        open_file(&f, all, dataset, i + 1);
        int64_t population = f.population;
        if (f.n_axes == 0 && f.population > PEOPLE)
            f.population = PEOPLE;
        int64_t measured = f.population;
        make_file(&f, sum_bytes, &bytes);
        int64_t stretched = bytes * (population / (measured ? measured : 1));
        json_t *file = json_pack("{s:O, s:I}", "name", json_object_get(one, "name"), "about_bytes",
                                 (json_int_t)stretched);
        json_object_update_missing(file, json_object_get(one, "as"));
        json_array_append_new(files, file);
    }
    return files;
}

static void print(json_t *all)
{
    struct ym_buf text = {0};

    if (!all)
        demo_die("no memory");
    ym_json_dump(&text, all);
    ym_buf_char(&text, '\n');
    fwrite(text.p, 1, text.n, stdout);
    ym_buf_clear(&text);
    json_decref(all);
}

static int plan(struct demo_province *all)
{
    json_t *datasets = json_array();
    const json_t *one;
    size_t i, at = 0;
    struct ym_str before = {0};

    json_array_foreach(json_object_get(all->json, "datasets"), i, one)
    {
        struct ym_str rest = ym_str(text_of(one, "id")), space;
        (void)ym_str_cut(&rest, '.', &space);
        at = ym_str_eq(space, before) ? at + 1 : 1;
        before = space;
        json_array_append_new(datasets, json_pack("{s:o, s:o}", "dataset", entry_of(all, one, at),
                                                  "files", files_of(all, one)));
    }
    print(json_pack("{s:O, s:O, s:O, s:O, s:o}", "agencies", json_object_get(all->json, "agencies"),
                    "accounts", json_object_get(all->json, "accounts"), "systems",
                    json_object_get(all->json, "systems"), "sources",
                    json_object_get(all->json, "sources"), "datasets", datasets));
    return 0;
}

static json_t *counts_of(const struct demo_file *f)
{
    json_t *counts = json_array();

    for (size_t i = 0; i < f->n_counts; i++) {
        const struct count *c = &f->counts[i];
        json_array_append_new(counts, json_pack("{s:s%, s:s%, s:I}", "code", c->reason.p,
                                                c->reason.n, "column", c->field.p ? c->field.p : "",
                                                c->field.n, "count", (json_int_t)c->n));
    }
    return counts;
}

static int expect(struct demo_province *all, const char *only)
{
    json_t *files = json_array();
    const json_t *one, *file;
    size_t i, k;

    json_array_foreach(json_object_get(all->json, "datasets"), i, one)
    {
        if (only && strcmp(only, text_of(one, "id")) != 0)
            continue;
        json_array_foreach(json_object_get(one, "files"), k, file)
        {
            struct demo_file f;
            open_file(&f, all, one, k + 1);
            make_file(&f, NULL, NULL);
            json_array_append_new(files,
                                  json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "dataset",
                                            text_of(one, "id"), "file", text_of(file, "name"),
                                            "version", (json_int_t)k + 1, "in", (json_int_t)f.in,
                                            "kept", (json_int_t)f.kept, "quarantined",
                                            (json_int_t)(f.in - f.kept - f.dropped), "dropped",
                                            (json_int_t)f.dropped, "reasons", counts_of(&f)));
        }
    }
    print(files);
    return 0;
}

static void to_stdout(void *with, struct ym_str bytes)
{
    (void)with;
    if (fwrite(bytes.p, 1, bytes.n, stdout) != bytes.n)
        demo_die("stdout takes no more");
}

static int file(struct demo_province *all, const char *dataset, const char *number)
{
    const json_t *one;
    int64_t n;
    size_t i;

    if (!dataset || !number || !ym_str_int(ym_str(number), &n) || n < 1)
        demo_die("file DATASET NUMBER");
    json_array_foreach(json_object_get(all->json, "datasets"), i, one)
    {
        struct demo_file f;
        if (strcmp(dataset, text_of(one, "id")) != 0)
            continue;
        open_file(&f, all, one, (size_t)n);
        make_file(&f, to_stdout, NULL);
        return 0;
    }
    demo_die("there is no dataset '%s'", dataset);
}

int main(int argc, char **argv)
{
    struct demo_province all = {0};
    const char *words[3] = {NULL};
    int64_t people = PEOPLE;
    size_t n = 0;
    int code;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--scale") == 0 && i + 1 < argc) {
            if (!ym_str_int(ym_str(argv[++i]), &people) || people < PEOPLE || people > PEOPLE_MAX)
                demo_die("--scale is %d to %d people", PEOPLE, PEOPLE_MAX);
        } else if (n < YM_COUNT(words)) {
            words[n++] = argv[i];
        }
    }
    open_province(&all, people);
    if (n > 0 && strcmp(words[0], "plan") == 0)
        code = plan(&all);
    else if (n > 0 && strcmp(words[0], "expect") == 0)
        code = expect(&all, words[1]);
    else if (n > 0 && strcmp(words[0], "file") == 0)
        code = file(&all, words[1], words[2]);
    else
        demo_die("plan, file DATASET NUMBER or expect [DATASET]; --scale PEOPLE");
    json_decref(all.json);
    ym_arena_clear(&all.arena);
    return fflush(stdout) == 0 ? code : 8;
}
