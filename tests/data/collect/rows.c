#include "rows.h"

#include "data/collect/reader.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"

static bool take_number(struct ym_str *from, size_t *value)
{
    *value = 0;
    for (unsigned shift = 0; from->n > 0 && shift < 35; shift += 7) {
        unsigned char c = (unsigned char)*from->p;
        *from = ym_str_sub(*from, 1, from->n);
        *value |= (size_t)(c & 0x7F) << shift;
        if (c < 0x80)
            return true;
    }
    return false;
}

static bool take_text(struct ym_str *from, struct ym_arena *arena, struct ym_str *text)
{
    size_t n;

    if (!take_number(from, &n) || n > from->n)
        return false;
    *text = ym_arena_str(arena, (struct ym_str){from->p, n});
    *from = ym_str_sub(*from, n, from->n);
    return true;
}

static bool take_texts(struct ym_str *from, struct ym_arena *arena, struct ym_str **texts, size_t n)
{
    if (n > from->n)
        return false;
    *texts = ym_arena_alloc(arena, (n + 1) * sizeof **texts);
    for (size_t i = 0; i < n; i++)
        if (!take_text(from, arena, &(*texts)[i]))
            return false;
    return true;
}

bool rows_parse(struct ym_str bytes, size_t columns, struct ym_arena *arena, struct rows *rows)
{
    while (bytes.n > 0) {
        struct row row = {0};
        if (bytes.n < 8)
            return false;
        memcpy(&row.pos, bytes.p, 8);
        bytes = ym_str_sub(bytes, 8, bytes.n);
        if (!take_text(&bytes, arena, &row.fault) || !take_number(&bytes, &row.n_extra) ||
            !take_texts(&bytes, arena, &row.extra, row.n_extra) ||
            !take_texts(&bytes, arena, &row.cells, columns))
            return false;
        rows->items =
            ym_arena_grow(arena, rows->items, &rows->cap, rows->n + 1, sizeof *rows->items);
        rows->items[rows->n++] = row;
    }
    return true;
}

int rows_file(struct ym_str bytes)
{
    int fd = memfd_create("rows", MFD_CLOEXEC);

    assert(fd >= 0);
    for (size_t done = 0; done < bytes.n;) {
        ssize_t k = write(fd, bytes.p + done, bytes.n - done);
        assert(k > 0);
        done += (size_t)k;
    }
    return fd;
}

static void take_columns(const json_t *told, struct ym_arena *arena, struct collect_facts *facts)
{
    const json_t *list = json_object_get(told, "columns");

    facts->n_columns = json_array_size(list);
    facts->columns = ym_arena_alloc(arena, (facts->n_columns + 1) * sizeof *facts->columns);
    for (size_t i = 0; i < facts->n_columns; i++)
        facts->columns[i] = ym_arena_str(arena, ym_str(json_string_value(json_array_get(list, i))));
    facts->encoding = ym_arena_str(arena, ym_json_get(told, "encoding"));
    facts->delimiter = ym_arena_str(arena, ym_json_get(told, "delimiter"));
    facts->header_row = json_integer_value(json_object_get(told, "header_row"));
    facts->n_notes = json_array_size(json_object_get(told, "notes"));
}

static bool take_frame(char kind, struct ym_str bytes, struct ym_arena *arena,
                       struct rows_answer *answer)
{
    struct ym_error err;
    json_t *told = NULL;

    if (kind == COLLECT_TICK)
        return bytes.n == 0;
    if (kind == COLLECT_ROWS)
        return rows_parse(bytes, answer->facts.n_columns, arena, &answer->rows);
    if (!ym_json_parse(bytes, 64 << 20, &told, &err))
        return false;
    if (kind == COLLECT_FACTS)
        take_columns(told, arena, &answer->facts);
    if (kind == COLLECT_END) {
        answer->ended = true;
        answer->end.rows = json_integer_value(json_object_get(told, "rows"));
        answer->end.faults = json_integer_value(json_object_get(told, "faults"));
        answer->end.lines = json_integer_value(json_object_get(told, "lines"));
        answer->end.notes_after = json_integer_value(json_object_get(told, "notes_after"));
    }
    if (kind == COLLECT_AGAIN)
        ym_fail(&answer->problem, YM_INVALID, "again", "%.*s",
                YM_FMT(ym_json_get(told, "encoding")));
    json_decref(told);
    return kind == COLLECT_FACTS || kind == COLLECT_END || kind == COLLECT_AGAIN;
}

static bool take_frames(int fd, struct ym_arena *arena, struct rows_answer *answer)
{
    off_t size = lseek(fd, 0, SEEK_END);
    const char *all = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0) : "";
    struct ym_str rest = {all, (size_t)size};
    bool ok = true;

    assert(all != MAP_FAILED);
    while (ok && rest.n > 0) {
        uint32_t n = 0;
        ok = rest.n >= COLLECT_FRAME_HEAD && !answer->ended;
        if (!ok)
            break;
        memcpy(&n, rest.p + 9, 4);
        ok = n <= rest.n - COLLECT_FRAME_HEAD &&
             take_frame(rest.p[0], ym_str_sub(rest, COLLECT_FRAME_HEAD, n), arena, answer);
        rest = ym_str_sub(rest, COLLECT_FRAME_HEAD + (size_t)n, rest.n);
    }
    if (size > 0)
        munmap((void *)all, (size_t)size);
    return ok;
}

bool rows_read(const struct collect_request *request, struct ym_arena *arena,
               struct rows_answer *answer)
{
    struct collect_sink sink = {.fd = memfd_create("frames", MFD_CLOEXEC)};
    static char head[64 * 1024];
    struct collect_job job = {
        .file = {.fd = request->fd, .size = lseek(request->fd, 0, SEEK_END)},
        .recipe = &request->recipe,
        .columns = request->columns,
    };
    struct ym_str encoding = request->recipe.encoding;
    struct collect_encoding declared;
    struct ym_error err = {0};
    bool ok = true;

    *answer = (struct rows_answer){0};
    assert(sink.fd >= 0);
    if (!collect_skips_parse(request->recipe.skip, &job.skips, &err) ||
        (encoding.p && !collect_encoding_declared(encoding, &declared, &err))) {
        answer->problem = err;
        goto out;
    }
    job.declared = encoding.p ? &declared : NULL;
    bool other = job.declared && declared.code == COLLECT_OTHER;
    if (!collect_decoder_new(other ? declared.name : "gb18030", &job.decoder, &err)) {
        answer->problem = err;
        goto out;
    }
    job.head.p = head;
    bool done = collect_file_read(&job.file, 0, head, sizeof head, &job.head.n, &err);
    const struct collect_reader *reader =
        done ? collect_reader_of(request->recipe.format.p ? request->recipe.format : YM_STR("csv"),
                                 job.head, YM_STR(""), &err)
             : NULL;
    done = reader && reader->read(&job, &sink, &err);
    if (!done && !collect_sink_flush(&sink, &answer->problem))
        ok = false;
    ok = ok && take_frames(sink.fd, arena, answer);
    if (!done)
        answer->problem = err;
    ok = ok && done == (answer->ended || answer->problem.code[0] == 'a');
    collect_decoder_free(job.decoder);
out:
    collect_sink_clear(&sink);
    close(sink.fd);
    return ok;
}

void rows_check(const struct rows_answer *answer)
{
    int64_t before = 0, faults = 0;

    for (size_t r = 0; r < answer->rows.n; r++) {
        const struct row *row = &answer->rows.items[r];
        assert(row->pos > before);
        before = row->pos;
        faults += row->fault.n > 0;
        assert(row->n_extra == 0 || row->fault.n > 0);
        for (size_t c = 0; c < answer->facts.n_columns; c++)
            assert(ym_utf8_valid(row->cells[c], NULL));
    }
    for (size_t c = 0; c < answer->facts.n_columns; c++) {
        assert(answer->facts.columns[c].n > 0);
        for (size_t d = 0; d < c; d++)
            assert(!ym_str_eq(answer->facts.columns[c], answer->facts.columns[d]));
    }
    if (answer->ended) {
        assert(answer->end.rows == (int64_t)answer->rows.n && answer->end.faults == faults);
        assert(answer->end.lines >= before && answer->facts.n_columns > 0);
    }
    if (!answer->ended && answer->problem.code[0] != 'a') {
        assert(ym_str_starts(ym_str(answer->problem.code), YM_STR("collect.")));
        assert(answer->problem.kind != YM_NO_ERROR && answer->problem.kind != YM_FAULT);
        assert(answer->problem.message[0] && answer->problem.hint[0]);
    }
}
