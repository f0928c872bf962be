#include "data/collect/workbook.h"

#include "data/collect/text.h"
#include "data/collect/xml.h"

enum {
    TEXTS_MAX = 192 * 1024 * 1024,
    SHEETS_MAX = 1000,
    STYLES_MAX = 65536,
    RELATIONS_MAX = 10000,
    PATH_MAX_BYTES = 250
};

// Relations of a part: what it calls its other parts.
struct relation {
    struct ym_str id, type;
    char *target; // from the archive's root
};
struct relations {
    struct collect_workbook *book;
    const char *folder; // of the part
    struct relation *items;
    size_t n, cap;
};

static char *resolve(struct ym_arena *arena, const char *folder, const char *target)
{
    struct ym_buf path = {0};
    struct ym_str rest, step;

    if (target[0] == '/')
        rest = ym_str(target + 1);
    else
        rest = ym_arena_printf(arena, "%s%s", folder, target);
    while (ym_str_cut(&rest, '/', &step)) {
        if (ym_str_is(step, "..")) {
            while (path.n > 0 && path.p[--path.n] != '/')
                ;
            continue;
        }
        if (step.n == 0 || ym_str_is(step, "."))
            continue;
        if (path.n > 0)
            ym_buf_char(&path, '/');
        ym_buf_add(&path, step);
    }
    char *kept = ym_arena_cstr(arena, ym_str_sub(ym_buf_str(&path), 0, PATH_MAX_BYTES));
    ym_buf_clear(&path);
    return kept;
}

static void nothing(struct collect_xml *xml, const char *name)
{
    (void)xml;
    (void)name;
}

static void on_relation(struct collect_xml *xml, const char *name, const char **attributes)
{
    struct relations *all = xml->with;
    const char *id = collect_xml_attribute(attributes, "Id");
    const char *type = collect_xml_attribute(attributes, "Type");
    const char *target = collect_xml_attribute(attributes, "Target");
    const char *mode = collect_xml_attribute(attributes, "TargetMode");

    if (strcmp(name, "Relationship") != 0 || !id || !type || !target ||
        (mode && strcmp(mode, "External") == 0) || all->n == RELATIONS_MAX)
        return;
    struct ym_arena *arena = &all->book->arena;
    const char *last = strrchr(type, '/');
    all->items = ym_arena_grow(arena, all->items, &all->cap, all->n + 1, sizeof *all->items);
    all->items[all->n++] = (struct relation){
        .id = ym_arena_str(arena, ym_str(id)),
        .type = ym_arena_str(arena, ym_str(last ? last + 1 : type)),
        .target = resolve(arena, all->folder, target),
    };
}

static bool read_relations(struct collect_workbook *book, const char *part, const char *folder,
                           struct relations *out, struct ym_error *err)
{
    static const struct collect_xml_calls calls = {on_relation, nothing, NULL};

    *out = (struct relations){.book = book, .folder = folder};
    return collect_xml_read(book->zip, part, NULL, &calls, out, err);
}

static const struct relation *by_type(const struct relations *all, const char *type)
{
    for (size_t i = 0; i < all->n; i++)
        if (ym_str_is(all->items[i].type, type))
            return &all->items[i];
    return NULL;
}

// workbook.xml: the sheets, with the names of their relations until these are known.
struct listing {
    struct collect_workbook *book;
    const struct relations *relations;
};

static void on_sheet(struct collect_xml *xml, const char *name, const char **attributes)
{
    const struct listing *list = xml->with;
    struct collect_workbook *book = list->book;

    if (strcmp(name, "workbookPr") == 0) {
        const char *from = collect_xml_attribute(attributes, "date1904");
        book->from_1904 = from && (strcmp(from, "1") == 0 || strcmp(from, "true") == 0);
        return;
    }
    if (strcmp(name, "sheet") != 0 || book->n_sheets == SHEETS_MAX)
        return;
    const char *title = collect_xml_attribute(attributes, "name");
    const char *id = collect_xml_attribute(attributes, "id");
    const char *state = collect_xml_attribute(attributes, "state");
    for (size_t i = 0; title && id && i < list->relations->n; i++) {
        const struct relation *one = &list->relations->items[i];
        if (!ym_str_is(one->id, id) || !ym_str_is(one->type, "worksheet"))
            continue;
        book->sheets = ym_arena_grow(&book->arena, book->sheets, &book->cap_sheets,
                                     book->n_sheets + 1, sizeof *book->sheets);
        book->sheets[book->n_sheets++] = (struct collect_sheet){
            .name = ym_arena_str(&book->arena, ym_str(title)),
            .part = one->target,
            .hidden = state && strcmp(state, "visible") != 0,
        };
        return;
    }
}

// styles.xml: the codes of own formats, then which format each cell style has.
struct styles {
    struct collect_workbook *book;
    struct {
        int64_t id;
        enum collect_number number;
    } * formats;
    size_t n, cap;
    bool inside; // cellXfs
};

static enum collect_number built_in(int64_t id)
{
    static const struct {
        int from, to;
        enum collect_number number;
    } known[] = {
        {14, 17, COLLECT_DATE}, {18, 21, COLLECT_TIME},    {22, 22, COLLECT_DATE_TIME},
        {27, 31, COLLECT_DATE}, {32, 35, COLLECT_TIME},    {36, 36, COLLECT_DATE},
        {45, 45, COLLECT_TIME}, {46, 46, COLLECT_ELAPSED}, {47, 47, COLLECT_TIME},
        {50, 54, COLLECT_DATE}, {55, 56, COLLECT_TIME},    {57, 58, COLLECT_DATE},
    };

    for (size_t i = 0; i < YM_COUNT(known); i++)
        if (id >= known[i].from && id <= known[i].to)
            return known[i].number;
    return COLLECT_PLAIN;
}

static void on_style(struct collect_xml *xml, const char *name, const char **attributes)
{
    struct styles *styles = xml->with;
    struct collect_workbook *book = styles->book;
    const char *id_text = collect_xml_attribute(attributes, "numFmtId");
    int64_t id = 0;

    if (strcmp(name, "cellXfs") == 0)
        styles->inside = true;
    if (id_text && !ym_str_int(ym_str(id_text), &id))
        id = 0;
    if (strcmp(name, "numFmt") == 0 && styles->n < STYLES_MAX) {
        const char *code = collect_xml_attribute(attributes, "formatCode");
        styles->formats = ym_arena_grow(&book->arena, styles->formats, &styles->cap, styles->n + 1,
                                        sizeof *styles->formats);
        styles->formats[styles->n].id = id;
        styles->formats[styles->n++].number = collect_number_format(ym_str(code ? code : ""));
        return;
    }
    if (!styles->inside || strcmp(name, "xf") != 0 || book->n_styles == STYLES_MAX)
        return;
    enum collect_number number = built_in(id);
    for (size_t i = 0; i < styles->n; i++)
        if (styles->formats[i].id == id)
            number = styles->formats[i].number;
    book->styles =
        ym_arena_grow(&book->arena, book->styles, &book->cap_styles, book->n_styles + 1, 1);
    book->styles[book->n_styles++] = (unsigned char)number;
}

static void on_style_end(struct collect_xml *xml, const char *name)
{
    struct styles *styles = xml->with;

    if (strcmp(name, "cellXfs") == 0)
        styles->inside = false;
}

// sharedStrings.xml
struct strings {
    struct collect_workbook *book;
    bool text;    // inside a <t> that counts
    int phonetic; // depth of <rPh>
};

static void must(const void *memory)
{
    if (!memory)
        abort();
}

static void on_string(struct collect_xml *xml, const char *name, const char **attributes)
{
    struct strings *strings = xml->with;

    (void)attributes;
    if (strcmp(name, "rPh") == 0)
        strings->phonetic++;
    strings->text = strcmp(name, "t") == 0 && strings->phonetic == 0;
}

static void on_string_text(struct collect_xml *xml, const char *text, size_t n)
{
    const struct strings *strings = xml->with;
    struct collect_workbook *book = strings->book;

    if (!strings->text)
        return;
    if (book->texts_n + n > TEXTS_MAX) {
        ym_fail(xml->err, YM_TOO_LARGE, "collect.strings",
                "the workbook holds more than %d MiB of different texts", TEXTS_MAX >> 20);
        ym_hint(xml->err, "Save the sheet as CSV in UTF-8: that is read in any size.");
        collect_xml_stop(xml);
        return;
    }
    if (book->texts_n + n + COLLECT_PAD > book->texts_cap) {
        // By half more, so that what is moved and what is kept fit into the cage together.
        book->texts_cap = book->texts_n + n + COLLECT_PAD + book->texts_cap / 2 + 4096;
        book->texts = realloc(book->texts, book->texts_cap);
        must(book->texts);
    }
    memcpy(book->texts + book->texts_n, text, n);
    book->texts_n += n;
}

static void on_string_end(struct collect_xml *xml, const char *name)
{
    struct strings *strings = xml->with;
    struct collect_workbook *book = strings->book;

    if (strcmp(name, "rPh") == 0)
        strings->phonetic--;
    if (strcmp(name, "t") == 0)
        strings->text = false;
    if (strcmp(name, "si") != 0)
        return;
    if (book->n_texts == book->cap_texts) {
        book->cap_texts = book->cap_texts * 3 / 2 + 1024;
        book->ends = realloc(book->ends, book->cap_texts * sizeof *book->ends);
        must(book->ends);
    }
    size_t from = book->n_texts > 0 ? book->ends[book->n_texts - 1] : 0;
    if (book->texts_n > from)
        book->texts_n = from + collect_unescape(book->texts + from, book->texts_n - from);
    book->ends[book->n_texts++] = (uint32_t)book->texts_n;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t collect_unescape(char *text, size_t n)
{
    char *at = memchr(text, '_', n), *out = at;

    if (!at)
        return n;
    for (size_t i = (size_t)(at - text); i < n; i++) {
        int code = 0;
        bool escaped = i + 7 <= n && text[i] == '_' && text[i + 1] == 'x' && text[i + 6] == '_';
        for (size_t k = 2; escaped && k < 6; k++) {
            int digit = hex(text[i + k]);
            escaped = digit >= 0;
            code = code * 16 + digit;
        }
        // Only what XML cannot hold, and the sign itself: other characters stand as they are.
        if (escaped && (code == '_' || (code < 0x20 && code > 0))) {
            *out++ = (char)code;
            i += 6;
        } else {
            *out++ = text[i];
        }
    }
    return (size_t)(out - text);
}

static const char *folder_of(struct ym_arena *arena, const char *part)
{
    const char *slash = strrchr(part, '/');

    return slash ? ym_arena_cstr(arena, (struct ym_str){part, (size_t)(slash + 1 - part)}) : "";
}

static bool read_parts(struct collect_workbook *book, struct ym_error *err)
{
    static const struct collect_xml_calls sheet_calls = {on_sheet, nothing, NULL};
    static const struct collect_xml_calls style_calls = {on_style, on_style_end, NULL};
    static const struct collect_xml_calls string_calls = {on_string, on_string_end, on_string_text};
    struct relations root, own;
    bool there;

    if (!read_relations(book, "_rels/.rels", "", &root, err))
        return false;
    const struct relation *main = by_type(&root, "officeDocument");
    if (!main) {
        ym_fail(err, YM_INVALID, "collect.zip", "the archive holds no workbook");
        return ym_hint(err, "Open it where it was made and save the table as XLSX or as CSV.");
    }
    const char *folder = folder_of(&book->arena, main->target);
    const char *file = main->target + strlen(folder);
    struct ym_str relations = ym_arena_printf(&book->arena, "%s_rels/%s.rels", folder, file);
    if (!read_relations(book, ym_arena_cstr(&book->arena, relations), folder, &own, err))
        return false;
    struct listing list = {book, &own};
    struct styles styles = {.book = book};
    struct strings strings = {.book = book};
    const struct relation *style = by_type(&own, "styles"),
                          *string = by_type(&own, "sharedStrings");
    return collect_xml_read(book->zip, main->target, NULL, &sheet_calls, &list, err) &&
           (!style ||
            collect_xml_read(book->zip, style->target, &there, &style_calls, &styles, err)) &&
           (!string ||
            collect_xml_read(book->zip, string->target, &there, &string_calls, &strings, err));
}

bool collect_workbook_open(const struct collect_file *file, struct collect_workbook *out,
                           struct ym_error *err)
{
    *out = (struct collect_workbook){0};
    if (!collect_zip_open(file, &out->zip, err))
        return false;
    if (read_parts(out, err))
        return true;
    collect_workbook_close(out);
    return false;
}

void collect_workbook_close(struct collect_workbook *book)
{
    collect_zip_close(book->zip);
    ym_arena_clear(&book->arena);
    free(book->texts);
    free(book->ends);
    *book = (struct collect_workbook){0};
}

bool collect_workbook_text(const struct collect_workbook *book, size_t index, struct ym_str *text)
{
    if (index >= book->n_texts)
        return false;
    static const char empty[COLLECT_PAD] = "";
    size_t from = index > 0 ? book->ends[index - 1] : 0;
    *text = (struct ym_str){book->texts ? book->texts + from : empty, book->ends[index] - from};
    return true;
}
