#include "data/collect/hold.h"

enum { HELD_BYTES = 64 * 1024, HELD_ROWS = 64 };

void collect_hold_clear(struct collect_hold *hold)
{
    free(hold->p);
    *hold = (struct collect_hold){0};
}

static bool release(struct collect_hold *hold, struct collect_sink *sink, struct ym_error *err)
{
    if (hold->rows == 0)
        return true;
    sink->rows += (int64_t)hold->rows;
    sink->faults += (int64_t)hold->faults;
    bool ok = collect_sink_written(sink, (struct ym_str){hold->p, hold->n}, err);
    hold->n = hold->rows = hold->faults = 0;
    return ok;
}

bool collect_hold_row(struct collect_hold *hold, struct collect_sink *sink,
                      const struct collect_out *row, bool note, struct ym_error *err)
{
    size_t room = collect_out_room(row);

    if (!note || hold->rows == HELD_ROWS || hold->n + room > HELD_BYTES)
        return release(hold, sink, err) && collect_sink_row(sink, row, err);
    if (!hold->p)
        hold->p = malloc(HELD_BYTES);
    if (!hold->p)
        abort();
    hold->n += collect_out_write(row, hold->p + hold->n);
    hold->rows++;
    hold->faults += row->fault[0] != '\0';
    return true;
}
