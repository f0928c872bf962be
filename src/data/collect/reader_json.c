// Records as JSON: an array of objects, or an object a line.
#include "data/collect/json.h"
#include "data/collect/reader.h"
#include "data/collect/table.h"
#include "data/collect/text.h"

#include <uthash.h>

enum {
    PREVIEW_RECORDS = 1000,  // that give the columns of a preview
    TICK = 64 * 1024 * 1024, // bytes between two words of progress
    HEAD_ASCII = 4096
};
struct column {
    struct ym_str key;
    size_t index;
    UT_hash_handle hh;
};
struct reader {
    const struct collect_job *job;
    struct collect_sink *sink;
    struct collect_encoding encoding;
    struct collect_text text;
    struct collect_json json;
    struct ym_arena arena;
    struct column *by_key;
    struct collect_cell *keys; // as cells, for their names
    size_t n_keys, cap_keys;
    struct collect_cell *cells; // of a row, then what stands twice in it
    size_t cap_cells;
    json_t *raw; // of a preview
    bool array, begun, ended;
    int64_t line, record; // of the next record; how many there were
    int64_t told, skipped, good;
    int pass; // 0: columns, 1: rows
};
// What next_record found.
struct record {
    int64_t pos;
    const char *begin, *end; // in the window
    bool bad;                // a line of NDJSON that is no object
};

static int64_t line_at(const struct reader *in, const char *at)
{
    int64_t line = in->line;

    for (const char *p = in->text.p + in->text.from; p < at; p++)
        line += *p == '\n';
    return line;
}

static bool fail_json(const struct reader *in, const char *at, const char *why,
                      struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.json", "the JSON is malformed: %s", why);
    ym_at_line(err, line_at(in, at));
    return ym_hint(err, "Mend it there, or export the file again by a program that writes JSON.");
}

static bool fail_cut(const struct reader *in, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.json", "the file ends inside record %lld",
            (long long)in->record + 1);
    ym_at_line(err, in->line);
    return ym_hint(err, "The end is missing: export and send the file again.");
}

static bool fail_record(const struct reader *in, struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.json_record", "record %lld is no object",
            (long long)in->record + 1);
    ym_at_line(err, in->record + 1);
    return ym_hint(err,
                   "Write each record as an object, {\"column\": value}; lists of cells and "
                   "plain values have no columns.");
}

static bool fail_object(struct ym_error *err)
{
    ym_fail(err, YM_INVALID, "collect.json_object",
            "the file is one JSON object, not an array of records");
    ym_at_line(err, 1);
    return ym_hint(err,
                   "Export only the array of records that it holds, or one object a line; if "
                   "this object is the one record, say format=ndjson.");
}

static void step(struct reader *in, const char *to)
{
    in->line = line_at(in, to);
    in->text.from = (size_t)(to - in->text.p);
}

static bool more(struct reader *in, struct ym_error *err)
{
    if (in->text.to - in->text.from > COLLECT_ROW_MAX) {
        ym_fail(err, YM_TOO_LARGE, "collect.long_row", "a record is longer than 16 MiB");
        ym_at_line(err, in->line);
        return ym_hint(err, "Texts of that size belong into files of their own.");
    }
    if (!collect_text_fill(&in->text, err))
        return false;
    // Two passes over the file are its progress, half each.
    int64_t offset = (in->pass * in->job->file.size + in->text.offset) / 2;
    in->sink->offset = offset;
    if (!in->job->file.tick || offset - in->told < TICK)
        return true;
    in->told = offset;
    return in->job->file.tick(in->job->file.with, offset, err);
}

// The next character that is no blank, NULL at the end of the file.
static bool peek(struct reader *in, const char **at, struct ym_error *err)
{
    for (;;) {
        const char *p = in->text.p + in->text.from, *end = in->text.p + in->text.to;
        while (p && p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
            p++;
        if (p)
            step(in, p);
        *at = p && p < end ? p : NULL;
        if (*at || in->text.eof)
            return true;
        if (!more(in, err))
            return false;
    }
}

// A comma before every record but the first, and the bracket that ends them.
static bool array_step(struct reader *in, const char **at, struct ym_error *err)
{
    bool first = !in->begun;

    if (first) {
        step(in, *at + 1);
        in->begun = true;
        if (!peek(in, at, err))
            return false;
    }
    if (*at && **at == ']') {
        step(in, *at + 1);
        in->ended = true;
        if (!peek(in, at, err))
            return false;
        return !*at || fail_json(in, *at, "something follows the array", err);
    }
    if (!first) {
        if (*at && **at != ',')
            return fail_json(in, *at, "a comma or the closing bracket is missing", err);
        if (*at)
            step(in, *at + 1);
        if (*at && !peek(in, at, err))
            return false;
    }
    return *at || fail_cut(in, err);
}

// The line from `record->begin` on is no object: all of it, to its end.
static bool bad_line(struct reader *in, struct record *record, struct ym_error *err)
{
    for (;;) {
        const char *p = in->text.p + in->text.from;
        assert(in->text.p);
        const char *stop = memchr(p, '\n', in->text.to - in->text.from);
        if (stop || in->text.eof) {
            record->begin = p;
            record->end = stop ? stop : in->text.p + in->text.to;
            record->bad = true;
            return true;
        }
        if (!more(in, err))
            return false;
    }
}

// Does nothing but blanks follow on the line? *moved: the window did.
static bool line_ends(struct reader *in, const char *end, bool *ends, bool *moved,
                      struct ym_error *err)
{
    *moved = false;
    assert(end);
    for (;;) {
        const char *p = end, *stop = in->text.p + in->text.to;
        while (p < stop && (*p == ' ' || *p == '\t' || *p == '\r'))
            p++;
        *ends = p == stop || *p == '\n';
        if (p < stop || in->text.eof)
            return true;
        size_t at = (size_t)(end - in->text.p) - in->text.from;
        if (!more(in, err))
            return false;
        end = in->text.p + in->text.from + at;
        *moved = true;
    }
}

static bool parse(struct reader *in, struct record *record, struct ym_error *err)
{
    for (;;) {
        const char *p = in->text.p + in->text.from, *end = in->text.p + in->text.to;
        enum collect_parsed got = collect_json_object(&in->json, p, end);
        if (got == COLLECT_PARSED) {
            record->begin = p;
            record->end = in->json.end;
            return true;
        }
        if (got == COLLECT_BAD) {
            assert(p);
            if (!in->array)
                return bad_line(in, record, err);
            return *p == '{' ? fail_json(in, in->json.at, in->json.why, err) : fail_record(in, err);
        }
        if (in->text.eof)
            return fail_cut(in, err);
        if (!more(in, err))
            return false;
    }
}

// *there false: the file ends. The caller steps behind record->end.
static bool next_record(struct reader *in, struct record *record, bool *there, struct ym_error *err)
{
    const char *at;
    bool ends = true, moved;

    *record = (struct record){0};
    *there = false;
    if (!peek(in, &at, err))
        return false;
    if (in->array && !at)
        return fail_cut(in, err);
    if (in->array && !array_step(in, &at, err))
        return false;
    *there = in->array ? !in->ended : at != NULL;
    if (!*there)
        return true;
    if (!parse(in, record, err))
        return false;
    record->pos = in->array ? in->record + 1 : in->line;
    if (!in->array && !record->bad) {
        if (!line_ends(in, record->end, &ends, &moved, err))
            return false;
        // The members are views of the window.
        if (moved && !parse(in, record, err))
            return false;
        if (!ends && !bad_line(in, record, err))
            return false;
    }
    return true;
}

static void end_record(struct reader *in, const struct record *record)
{
    in->record++;
    in->good += !record->bad;
    step(in, record->end);
}

static bool add_key(struct reader *in, struct ym_str key, struct ym_error *err)
{
    struct column *column;

    HASH_FIND(hh, in->by_key, key.p, key.n, column);
    if (column)
        return true;
    if (in->n_keys == COLLECT_COLUMNS_MAX) {
        ym_fail(err, YM_TOO_LARGE, "collect.columns", "more than %d columns", COLLECT_COLUMNS_MAX);
        ym_at_line(err, in->line);
        return ym_hint(err, "Names that are values belong into a column of their own.");
    }
    column = ym_arena_alloc(&in->arena, sizeof *column);
    column->key = ym_arena_str(&in->arena, key);
    column->index = in->n_keys;
    HASH_ADD_KEYPTR(hh, in->by_key, column->key.p, column->key.n, column);
    in->keys = ym_arena_grow(&in->arena, in->keys, &in->cap_keys, in->n_keys + 1, sizeof *in->keys);
    in->keys[in->n_keys++] = (struct collect_cell){.p = column->key.p, .n = (uint32_t)key.n};
    return true;
}

static void add_raw(struct reader *in, const struct record *record)
{
    struct ym_str text = {record->begin, (size_t)(record->end - record->begin)};

    if (in->raw && json_array_size(in->raw) < COLLECT_RAW_LINES)
        json_array_append_new(in->raw,
                              json_pack("{s:I, s:o}", "line", (json_int_t)record->pos, "text",
                                        ym_json_str(ym_utf8_cut(text, COLLECT_SHOWN_BYTES))));
}

static void rewind_text(struct reader *in, int pass)
{
    collect_text_clear(&in->text);
    collect_text_init(&in->text, &in->job->file, &in->encoding, in->job->decoder);
    in->pass = pass;
    in->line = 1;
    in->record = in->good = 0;
    in->begun = in->ended = false;
}

// What the file is by its first character.
static bool begin(struct reader *in, int pass, struct ym_error *err)
{
    const char *at;

    rewind_text(in, pass);
    if (!peek(in, &at, err))
        return false;
    if (!at) {
        ym_fail(err, YM_INVALID, "collect.empty", "the file has only blank lines");
        return ym_hint(err, "Export it again: it holds no records.");
    }
    in->array = *at == '[';
    return in->array || *at == '{' || fail_json(in, at, "no array and no object begins so", err);
}

// One object alone is a document, unless somebody says that it is a record.
static bool check_alone(const struct reader *in, struct ym_error *err)
{
    struct ym_str ending = in->job->ending;
    bool told = ym_str_is(in->job->recipe->format, "ndjson") || ym_str_is(ending, "ndjson") ||
                ym_str_is(ending, "jsonl");

    return in->array || in->record != 1 || told || fail_object(err);
}

static bool find_columns(struct reader *in, struct ym_error *err)
{
    struct record record;
    int64_t bad_line = 0;
    bool there;

    if (!begin(in, 0, err))
        return false;
    for (;;) {
        if (!next_record(in, &record, &there, err))
            return false;
        if (!there)
            break;
        add_raw(in, &record);
        for (size_t i = 0; i < in->json.n && !record.bad; i++)
            if (!add_key(in, in->json.members[i].key, err))
                return false;
        if (record.bad && bad_line == 0)
            bad_line = in->line;
        end_record(in, &record);
        if (in->job->preview > 0 && in->record >= PREVIEW_RECORDS)
            return true;
    }
    if (in->record > 0 && in->good == 0) {
        in->line = bad_line;
        return fail_json(in, in->text.p + in->text.from, "no line is an object", err);
    }
    if (in->n_keys > 0)
        return check_alone(in, err);
    ym_fail(err, YM_INVALID, "collect.no_rows", "the file holds no records");
    return ym_hint(err, "Export it again with its records.");
}

static bool say_view(struct reader *in, struct ym_error *err)
{
    const char *p = in->text.p + in->text.from;
    size_t n = in->text.to - in->text.from;

    if (json_array_size(in->raw) == 0 && n > 0)
        json_array_append_new(in->raw, json_pack("{s:I, s:o}", "line", (json_int_t)in->line, "text",
                                                 ym_json_str(ym_utf8_cut((struct ym_str){p, n},
                                                                         COLLECT_SHOWN_BYTES))));
    return collect_sink_view(in->sink,
                             json_pack("{s:s, s:b, s:O, s:[]}", "encoding", in->encoding.name,
                                       "bom", (int)(in->encoding.bom > 0), "raw", in->raw,
                                       "sheets"),
                             err);
}

static bool say_facts(struct reader *in, int64_t first, struct ym_error *err)
{
    const struct collect_row header = {.cells = in->keys, .n = in->n_keys};
    struct collect_facts facts = {
        .format = in->array ? YM_STR("json") : YM_STR("ndjson"),
        .encoding = ym_str(in->encoding.name),
        .bom = in->encoding.bom > 0,
        .n_columns = in->n_keys,
        .first_row = first,
    };

    facts.columns = ym_arena_alloc(&in->arena, in->n_keys * sizeof *facts.columns);
    collect_names(&header, 1, in->n_keys, &in->arena, facts.columns);
    return collect_sink_facts(in->sink, &facts, err);
}

static void need_cells(struct reader *in, size_t n)
{
    if (n <= in->cap_cells)
        return;
    in->cap_cells = 2 * n;
    in->cells = realloc(in->cells, in->cap_cells * sizeof *in->cells);
    if (!in->cells)
        abort();
}

// The members in their columns; returns how many cells there are: more than columns where a name
// stands twice, or is new (in a file that changed between the passes).
static size_t fill_cells(struct reader *in)
{
    static const char empty[COLLECT_PAD] = "";
    size_t n = in->n_keys;

    need_cells(in, in->n_keys + in->json.n);
    for (size_t i = 0; i < n; i++)
        in->cells[i] = (struct collect_cell){.p = NULL};
    for (size_t i = 0; i < in->json.n; i++) {
        const struct collect_member *member = &in->json.members[i];
        struct column *column;
        HASH_FIND(hh, in->by_key, member->key.p, member->key.n, column);
        if (column && !in->cells[column->index].p)
            in->cells[column->index] = member->value;
        else
            in->cells[n++] = member->value;
    }
    for (size_t i = 0; i < in->n_keys; i++)
        if (!in->cells[i].p)
            in->cells[i].p = empty;
    return n;
}

static bool check_cells(const struct reader *in, size_t n, struct ym_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (in->cells[i].n > COLLECT_CELL_MAX) {
            ym_fail(err, YM_TOO_LARGE, "collect.long_cell", "a cell is longer than 8 MiB");
            ym_at_line(err, in->line);
            return ym_hint(err, "Texts of that size belong into files of their own.");
        }
    return true;
}

static bool put_record(struct reader *in, const struct record *record, struct ym_error *err)
{
    static const char empty[COLLECT_PAD] = "";
    int64_t undecoded =
        in->encoding.clean ? -1 : collect_text_fault(&in->text, (size_t)(record->end - in->text.p));
    char fault[40] = "";
    size_t n;

    if (record->bad) {
        n = in->n_keys + 1;
        need_cells(in, n);
        for (size_t i = 0; i < in->n_keys; i++)
            in->cells[i] = (struct collect_cell){.p = empty};
        in->cells[in->n_keys] =
            (struct collect_cell){.p = record->begin, .n = (uint32_t)(record->end - record->begin)};
    } else {
        n = fill_cells(in);
    }
    if (undecoded >= 0)
        (void)snprintf(fault, sizeof fault, "encoding:%lld", (long long)undecoded);
    else if (n > in->n_keys)
        (void)snprintf(fault, sizeof fault, "json:%lld", (long long)record->pos);
    struct collect_out out = {
        .pos = record->pos,
        .fault = fault,
        .cells = in->cells,
        .n = n,
        .columns = in->n_keys,
        .bytes = (size_t)(record->end - record->begin),
    };
    if (out.bytes > COLLECT_CELL_MAX && !check_cells(in, n, err))
        return false;
    return collect_sink_row(in->sink, &out, err);
}

static bool put_records(struct reader *in, struct ym_error *err)
{
    struct record record;
    bool said = false, there;

    if (!begin(in, 1, err))
        return false;
    for (;;) {
        if (!next_record(in, &record, &there, err))
            return false;
        if (!there)
            return true;
        bool skipped = collect_skipped(&in->job->skips, record.pos);
        if (!said && !skipped && !say_facts(in, record.pos, err))
            return false;
        said = said || !skipped;
        in->skipped += skipped;
        if (!skipped && !put_record(in, &record, err))
            return false;
        end_record(in, &record);
        if (collect_sink_enough(in->sink, in->job->preview))
            return true;
    }
}

static bool run(struct reader *in, struct ym_error *err)
{
    struct ym_error why;

    if (in->job->preview > 0)
        in->raw = json_array();
    bool ok = find_columns(in, err);
    if (in->raw && !say_view(in, &why))
        return false;
    if (!ok || !put_records(in, err))
        return false;
    if (in->sink->rows == 0) {
        ym_fail(err, YM_INVALID, "collect.no_rows", "every record is left out");
        return ym_hint(err, "Leave out fewer of them.");
    }
    struct collect_end end = {
        .rows = in->sink->rows,
        .faults = in->sink->faults,
        .lines = in->array ? in->record : in->line,
        .skipped = in->skipped,
    };
    return collect_sink_end(in->sink, &end, err);
}

static void clear(struct reader *in)
{
    HASH_CLEAR(hh, in->by_key); // its entries are the arena's
    collect_text_clear(&in->text);
    collect_json_clear(&in->json);
    ym_arena_clear(&in->arena);
    json_decref(in->raw);
    free(in->cells);
}

static bool read_json(const struct collect_job *job, struct collect_sink *sink,
                      struct ym_error *err)
{
    struct reader in = {.job = job, .sink = sink};
    struct collect_file file = job->file;

    file.one_line = true;
    if (!collect_encoding_find(&file, job->declared, &in.encoding, err))
        return false;
    if (in.encoding.code == COLLECT_OTHER && !job->declared)
        return collect_sink_again(sink, in.encoding.name, err);
    in.json.escaped = !in.encoding.clean;
    bool ok = run(&in, err);
    clear(&in);
    return ok;
}

// The head's first characters that are no blanks, whether of one byte or of UTF-16.
static size_t first_of(struct ym_str head, char *to, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < head.n && i < HEAD_ASCII && n < most; i++) {
        unsigned char c = (unsigned char)head.p[i];
        bool mark = i < 3 && (c >= 0xFE || c == 0xEF || c == 0xBB || c == 0xBF);
        if (c > ' ' && !mark)
            to[n++] = (char)c;
    }
    return n;
}

static bool named(struct ym_str ending)
{
    return ym_str_is(ending, "json") || ym_str_is(ending, "ndjson") || ym_str_is(ending, "jsonl") ||
           ym_str_is(ending, "geojson");
}

static int likely(struct ym_str head, struct ym_str ending, char begins)
{
    char two[2] = "";

    if (first_of(head, two, 2) == 0 || two[0] != begins)
        return 0;
    if (named(ending))
        return 90;
    return (begins == '[' && (two[1] == '{' || two[1] == ']')) ||
                   (begins == '{' && (two[1] == '"' || two[1] == '}'))
               ? 80
               : 0;
}

static int likely_json(struct ym_str head, struct ym_str ending)
{
    return likely(head, ending, '[');
}

static int likely_ndjson(struct ym_str head, struct ym_str ending)
{
    return likely(head, ending, '{');
}

const struct collect_reader collect_json = {"json", likely_json, read_json};
const struct collect_reader collect_ndjson = {"ndjson", likely_ndjson, read_json};
