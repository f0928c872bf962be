// Cells written by the rules of the engine's TSV are read back as they were; any bytes are read.
#include "host/engine/engine.h"

#include "../../prop.h"

static void write_cell(struct ym_buf *tsv, struct ym_str cell)
{
    for (size_t i = 0; i < cell.n; i++) {
        static const char from[] = "\\\t\n\r\b\f'", to[] = "\\tnrbf'";
        const char *special = cell.p[i] ? strchr(from, cell.p[i]) : NULL;

        if (special || !cell.p[i])
            ym_buf_char(tsv, '\\');
        ym_buf_char(tsv, special ? to[special - from] : cell.p[i] ? cell.p[i] : '0');
    }
}

static void read_back(struct ym_str first, struct ym_str second)
{
    struct ym_buf tsv = {0};
    struct ym_arena arena = {0};
    struct ym_str line, cell;
    bool null;

    write_cell(&tsv, first);
    ym_buf_char(&tsv, '\t');
    write_cell(&tsv, second);
    ym_buf_add(&tsv, YM_STR("\t\\N\n"));
    struct ym_str rest = ym_buf_str(&tsv);
    assert(engine_tsv_line(&rest, &line));
    assert(engine_tsv_cell(&line, &arena, &cell, &null) && !null && ym_str_eq(cell, first));
    assert(engine_tsv_cell(&line, &arena, &cell, &null) && !null && ym_str_eq(cell, second));
    assert(engine_tsv_cell(&line, &arena, &cell, &null) && null);
    assert(!engine_tsv_cell(&line, &arena, &cell, &null) && !engine_tsv_line(&rest, &line));
    ym_arena_clear(&arena);
    ym_buf_clear(&tsv);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct ym_str all = {(const char *)bytes, n}, rest = all, line, cell;
    struct ym_arena arena = {0};
    size_t seen = 0;
    bool null;

    read_back(ym_str_sub(all, 0, n / 2), ym_str_sub(all, n / 2, n));
    while (engine_tsv_line(&rest, &line))
        while (engine_tsv_cell(&line, &arena, &cell, &null))
            seen += cell.n;
    assert(seen <= n);
    ym_arena_clear(&arena);
    return 0;
}
