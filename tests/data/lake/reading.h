/* tests/data/lake/reading: a lake of one dataset whose versions a test writes itself.
 *
 * A real engine and a SQLite control store in a folder of their own. Dataset test.rows, key
 * (station, hour); `id` is the row's line, so that a test can say which rows it saw. Row n of a
 * version is made by the engine from n: about a fifth of each optional field is missing, values
 * repeat, and the order of the key is not that of the file.
 */
#pragma once
#include "data/lake/lake.h"

struct reading_lake {
    struct lake *lake;
    struct store_pool *pool;
    struct engine *engine;
    char folder[64];
};
bool reading_start(struct reading_lake *with);
void reading_stop(struct reading_lake *with);
// Writes `rows` rows as a version, in blocks, and publishes it at `published`.
bool reading_publish(struct reading_lake *with, int64_t version, int64_t rows, int64_t published);
bool reading_tell(struct reading_lake *with, const char *sql); // to the control store
bool reading_run(struct reading_lake *with, const char *sql);  // to the engine
// The engine's own answer, a line a row.
struct ym_str reading_ask(struct reading_lake *with, const char *sql, struct ym_buf *answer);
