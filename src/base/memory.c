#include "base/base.h"

enum { BLOCK = 16 * 1024 - 64 };

struct ym_arena_block {
    struct ym_arena_block *before;
    size_t used, size;
    max_align_t bytes[];
};

// The process is begun again by its supervisor; what was accepted is on disk already.
static void *must(void *memory)
{
    if (!memory) {
        static const char text[] = "level=error event=base.out_of_memory\n";
        fwrite(text, 1, sizeof text - 1, stderr);
        abort();
    }
    return memory;
}

void *ym_arena_alloc(struct ym_arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);

    assert(size < SIZE_MAX / 2);
    size = (size + align - 1) / align * align;
    struct ym_arena_block *block = arena->last;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK ? size : BLOCK;
        struct ym_arena_block *fresh = must(calloc(1, sizeof *fresh + room));
        fresh->size = room;
        // A large piece goes behind the block in use, which still has room for small ones.
        if (block && size > BLOCK) {
            fresh->before = block->before;
            block->before = fresh;
        } else {
            fresh->before = block;
            arena->last = fresh;
        }
        block = fresh;
    }
    void *piece = (char *)block->bytes + block->used;
    block->used += size;
    arena->used += size;
    return piece;
}

void *ym_arena_grow(struct ym_arena *arena, void *items, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return items;
    size_t more = *cap > 0 ? *cap * 2 : 8;
    if (more < need)
        more = need;
    assert(more < SIZE_MAX / 2 / size);
    void *grown = ym_arena_alloc(arena, more * size);
    if (*cap > 0)
        memcpy(grown, items, *cap * size);
    *cap = more;
    return grown;
}

char *ym_arena_cstr(struct ym_arena *arena, struct ym_str s)
{
    char *copy = ym_arena_alloc(arena, s.n + 1);

    if (s.n > 0)
        memcpy(copy, s.p, s.n);
    return copy;
}

struct ym_str ym_arena_str(struct ym_arena *arena, struct ym_str s)
{
    if (!s.p)
        return s;
    return (struct ym_str){ym_arena_cstr(arena, s), s.n};
}

struct ym_str ym_arena_printf(struct ym_arena *arena, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    char *text = ym_arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return (struct ym_str){text, (size_t)n};
}

void ym_arena_clear(struct ym_arena *arena)
{
    struct ym_arena_block *block = arena->last;

    while (block) {
        struct ym_arena_block *before = block->before;
        free(block);
        block = before;
    }
    *arena = (struct ym_arena){0};
}

void ym_buf_init(struct ym_buf *buf, size_t limit)
{
    *buf = (struct ym_buf){.limit = limit};
}

// One byte more than asked is always there, for the NUL of ym_buf_cstr.
static bool reserve(struct ym_buf *buf, size_t more)
{
    if (buf->full || (buf->limit > 0 && more > buf->limit - buf->n)) {
        buf->full = true;
        return false;
    }
    if (buf->n + more + 1 > buf->cap) {
        size_t cap = buf->cap > 0 ? buf->cap * 2 : 256;
        if (cap < buf->n + more + 1)
            cap = buf->n + more + 1;
        buf->p = must(realloc(buf->p, cap));
        buf->cap = cap;
    }
    return true;
}

void ym_buf_add(struct ym_buf *buf, struct ym_str s)
{
    if (s.n == 0 || !reserve(buf, s.n))
        return;
    memcpy(buf->p + buf->n, s.p, s.n);
    buf->n += s.n;
}

void ym_buf_char(struct ym_buf *buf, char c)
{
    ym_buf_add(buf, (struct ym_str){&c, 1});
}

void ym_buf_printf(struct ym_buf *buf, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    if (reserve(buf, (size_t)n)) {
        vsnprintf(buf->p + buf->n, (size_t)n + 1, format, again);
        buf->n += (size_t)n;
    }
    va_end(again);
}

void ym_buf_clear(struct ym_buf *buf)
{
    free(buf->p);
    *buf = (struct ym_buf){.limit = buf->limit};
}

struct ym_str ym_buf_str(const struct ym_buf *buf)
{
    return (struct ym_str){buf->p ? buf->p : "", buf->n};
}

const char *ym_buf_cstr(struct ym_buf *buf)
{
    if (!buf->p)
        return "";
    buf->p[buf->n] = '\0';
    return buf->p;
}
