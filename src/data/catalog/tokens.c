/* The tokenizer of the search's file: each Han character and each pair of neighbours, words of
 * letters and digits elsewhere, in small letters; full-width forms are their plain ones. A question
 * sends pairs only (and a character that stands alone), as a phrase, so that it finds exactly the
 * text: of the characters alone there are too many. */
#include "data/catalog/tokens.h"

#include <unicode/uchar.h>

enum { WORD_MAX = 256 }; // bytes of a word that count

bool tokens_han(int32_t c)
{
    // Private use too: place names hold characters that Unicode got later.
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x31FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || c == 0x3007 || (c >= 0xE000 && c <= 0xF8FF);
}

int32_t tokens_fold(int32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0;
    return u_tolower(c);
}

bool tokens_word(int32_t c)
{
    return c >= 0 && !tokens_han(c) && u_isalnum(c);
}

struct walk {
    struct ym_str text;
    size_t at, next;
    int32_t c; // at `at`; -1: the end
};

static void step(struct walk *w)
{
    w->at = w->next;
    w->c = w->at < w->text.n ? ym_utf8_next(w->text, &w->next) : -1;
    while (w->c == -1 && w->next < w->text.n) { // a malformed byte parts words
        w->at = w->next;
        w->c = ym_utf8_next(w->text, &w->next);
    }
    if (w->c >= 0)
        w->c = tokens_fold(w->c);
}

static bool more_tokens(struct walk w)
{
    for (; w.c >= 0; step(&w))
        if (tokens_han(w.c) || tokens_word(w.c))
            return true;
    return false;
}

size_t tokens_put(char *to, size_t n, int32_t c)
{
    uint32_t u = (uint32_t)c;
    int more = u < 0x80 ? 0 : u < 0x800 ? 1 : u < 0x10000 ? 2 : 3;
    static const uint32_t first[] = {0, 0xC0, 0xE0, 0xF0};

    to[n++] = (char)(first[more] | u >> 6 * more);
    while (more-- > 0)
        to[n++] = (char)(0x80 | (u >> 6 * more & 0x3F));
    return n;
}

static int run_of_han(struct walk *w, bool question, tokens_each *each, void *with)
{
    bool first = true;
    int code = 0;

    while (code == 0 && tokens_han(w->c)) {
        char pair[8];
        size_t from = w->at, n = tokens_put(pair, 0, w->c), one = n;
        step(w);
        bool follows = tokens_han(w->c);
        size_t end = follows ? w->next : w->at;
        if (follows)
            n = tokens_put(pair, n, w->c);
        if (!question) {
            code = each(with, 0, pair, (int)one, (int)from, (int)end);
            if (code == 0 && follows)
                code = each(with, FTS5_TOKEN_COLOCATED, pair, (int)n, (int)from, (int)end);
        } else if (follows || first || more_tokens(*w)) {
            code = each(with, 0, pair, (int)n, (int)from, (int)end);
        }
        first = false;
    }
    return code;
}

static int run_of_word(struct walk *w, tokens_each *each, void *with)
{
    char word[WORD_MAX + 8];
    size_t n = 0, from = w->at, end = from;

    for (; tokens_word(w->c); step(w)) {
        if (n < WORD_MAX)
            n = tokens_put(word, n, w->c);
        end = w->next;
    }
    return each(with, 0, word, (int)n, (int)from, (int)end);
}

int tokens_walk(struct ym_str text, bool question, tokens_each *each, void *with)
{
    struct walk w = {.text = text};
    int code = 0;

    for (step(&w); w.c >= 0 && code == 0;) {
        if (tokens_han(w.c))
            code = run_of_han(&w, question, each, with);
        else if (tokens_word(w.c))
            code = run_of_word(&w, each, with);
        else
            step(&w);
    }
    return code;
}
