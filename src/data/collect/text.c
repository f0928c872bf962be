#include "data/collect/text.h"

enum { BLOCK = 256 * 1024 };

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

void collect_text_init(struct collect_text *text, const struct collect_file *file,
                       const struct collect_encoding *encoding, struct collect_decoder *decoder)
{
    *text = (struct collect_text){
        .file = *file,
        .encoding = *encoding,
        .decoder = decoder,
        .offset = (int64_t)encoding->bom,
    };
}

void collect_text_clear(struct collect_text *text)
{
    free(text->p);
    free(text->raw);
    free(text->faults.items);
    *text = (struct collect_text){0};
}

// Room for `more` bytes behind the window, which moves to the front.
static void make_room(struct collect_text *text, size_t more)
{
    size_t n = text->to - text->from;

    if (text->from > 0 && n > 0)
        memmove(text->p, text->p + text->from, n);
    text->taken += (int64_t)text->from;
    text->from = 0;
    text->to = n;
    if (n + more + COLLECT_PAD > text->cap) {
        text->cap = n + more + COLLECT_PAD;
        text->p = must(realloc(text->p, text->cap));
    }
}

// A row that does not fit yet doubles what is read, so that it is looked at few times.
static size_t block_size(const struct collect_text *text)
{
    size_t n = text->to - text->from;

    return n > BLOCK ? n : BLOCK;
}

static void drop_old_faults(struct collect_text *text)
{
    struct collect_faults *faults = &text->faults;

    if (text->first_fault == 0)
        return;
    faults->n -= text->first_fault;
    memmove(faults->items, faults->items + text->first_fault, faults->n * sizeof *faults->items);
    text->first_fault = 0;
}

bool collect_text_fill(struct collect_text *text, struct ym_error *err)
{
    size_t size = block_size(text), got, made;

    if (text->encoding.clean) {
        make_room(text, size);
        if (!collect_file_read(&text->file, text->offset, text->p + text->to, size, &got, err))
            return false;
        text->offset += (int64_t)got;
        text->to += got;
        text->eof = got < size;
        return true;
    }
    if (text->raw_cap < text->raw_n + size) {
        text->raw_cap = text->raw_n + size;
        text->raw = must(realloc(text->raw, text->raw_cap));
    }
    if (!collect_file_read(&text->file, text->offset, text->raw + text->raw_n, size, &got, err))
        return false;
    struct collect_piece piece = {
        .in = text->raw,
        .n = text->raw_n + got,
        .offset = text->offset - (int64_t)text->raw_n,
        .last = got < size,
    };
    make_room(text, COLLECT_DECODED(piece.n));
    piece.out = text->p + text->to;
    piece.at = text->taken + (int64_t)text->to;
    drop_old_faults(text);
    size_t used = collect_decode(text->decoder, text->encoding.code, &piece, &text->faults, &made);
    text->to += made;
    text->raw_n = piece.n - used;
    memmove(text->raw, text->raw + used, text->raw_n);
    text->offset += (int64_t)got;
    text->eof = piece.last;
    return true;
}

int64_t collect_text_fault(struct collect_text *text, size_t end)
{
    int64_t stop = text->taken + (int64_t)end, found = -1;
    const struct collect_faults *faults = &text->faults;

    while (text->first_fault < faults->n && faults->items[text->first_fault].at < stop) {
        if (found < 0)
            found = faults->items[text->first_fault].offset;
        text->first_fault++;
    }
    return found;
}
