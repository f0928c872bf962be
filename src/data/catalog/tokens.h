/* data/catalog/tokens: a text as the words that the search knows. See tokens.c; any thread. */
#pragma once
#include "base/base.h"

#include <sqlite3.h>

// As FTS5 wants it: flags, the token in small letters, its place in the text. Not 0 ends the walk.
typedef int tokens_each(void *with, int flags, const char *token, int n, int from, int end);
int tokens_walk(struct ym_str text, bool question, tokens_each *each, void *with);
bool tokens_han(int32_t c);
bool tokens_word(int32_t c); // a letter or digit that is not Han
int32_t tokens_fold(int32_t c);
size_t tokens_put(char *to, size_t n, int32_t c); // appends UTF-8 at `n`, up to 4 bytes; the new n
