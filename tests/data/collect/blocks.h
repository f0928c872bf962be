/* tests/data/collect/blocks: a block of the Native format as rows, read by code of the test's own.
 */
#pragma once
#include "rows.h"

// Appends the rows; false: it is no such block of so many columns. Views of `bytes`.
bool block_parse(struct ym_str bytes, size_t columns, struct ym_arena *arena, struct rows *rows);
