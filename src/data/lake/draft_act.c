/* Acts: one transaction each. What is read before it may be old by then: the draft's turn tells. */
#include "data/lake/draft_private.h"

#include "base/time.h"

enum { TRIES = 8, REASON_MAX = 500, CELL_MAX = 1 << 20 };

static const char SQL_DRAFT[] =
    "INSERT INTO quarantine_draft (load, turn) VALUES (:load, 0) ON CONFLICT (load) DO NOTHING";
static const char SQL_TURN[] =
    "UPDATE quarantine_draft SET turn = turn + 1 WHERE load = :load AND turn = :turn";
static const char SQL_ACT[] =
    "INSERT INTO quarantine_act (id, load, kind, account, who, made, row_count, good, reason,"
    " detail) VALUES (:id, :load, :kind, :account, :who, :made, :rows, :good, :reason, :detail)";
static const char SQL_CHANGE[] =
    "INSERT INTO quarantine_change (load, line, act, cells) VALUES (:load, :line, :act, :cells)";
static const char SQL_ROW[] =
    "INSERT INTO quarantine_row (load, line, state, cells, why, sent, act)"
    " VALUES (:load, :line, :state, :cells, :why, :sent, :act)"
    " ON CONFLICT (load, line) DO UPDATE SET state = :state, cells = :cells, why = :why,"
    " sent = :sent, act = :act";
static const char SQL_NO_ROW[] = "DELETE FROM quarantine_row WHERE load = :load AND line = :line";
static const char SQL_UNDO[] =
    "UPDATE quarantine_act SET undone = :now, undone_by = :who WHERE id = :act AND undone = 0";
static const char SQL_LINES[] = "SELECT line FROM quarantine_change WHERE act = :act ORDER BY line";
#define ACT_COLUMNS                                                                                \
    "SELECT id, load, kind, account, who, made, row_count, good, reason, detail, undone,"          \
    " undone_by, became <> 0 AND EXISTS (SELECT 1 FROM version v WHERE v.id = became"              \
    " AND v.state <> 'refused') FROM quarantine_act"
static const char SQL_ONE[] = ACT_COLUMNS " WHERE id = :act AND load = :load";
static const char SQL_LIST[] = ACT_COLUMNS
    " WHERE load = :load AND (:before = 0 OR id < :before)"
    " ORDER BY id DESC LIMIT :limit";
static const char SQL_TOTAL[] = "SELECT COUNT(*) FROM quarantine_act WHERE load = :load";

static struct ym_str dump(const json_t *value, struct ym_arena *arena)
{
    struct ym_buf text = {0};

    if (!value)
        return (struct ym_str){NULL, 0};
    ym_json_dump(&text, value);
    struct ym_str kept = ym_arena_str(arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    return kept;
}

static struct ym_str who(const struct org_caller *caller)
{
    struct ym_str name = caller->display_name.n > 0 ? caller->display_name : caller->name;

    return name.p ? name : YM_STR("");
}

static void read_act(const struct store_rows *rows, struct ym_arena *arena, struct lake_act *out)
{
    *out = (struct lake_act){
        .id = store_int(rows, 0),
        .load = store_int(rows, 1),
        .kind = ym_arena_str(arena, store_text(rows, 2)),
        .account = store_int(rows, 3),
        .who = ym_arena_str(arena, store_text(rows, 4)),
        .made = store_int(rows, 5),
        .rows = store_int(rows, 6),
        .good = store_int(rows, 7),
        .reason = ym_arena_str(arena, store_text(rows, 8)),
        .detail = ym_arena_str(arena, store_text(rows, 9)),
        .undone = store_int(rows, 10),
        .undone_by = ym_arena_str(arena, store_text(rows, 11)),
        .frozen = store_int(rows, 12) != 0,
    };
}

static bool get_act(struct store *store, int64_t load, int64_t act, struct ym_arena *arena,
                    struct lake_act *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_ONE, YM_ARGS(ym_int("act", act), ym_int("load", load)), &rows, err))
        return false;
    bool found = store_next(rows, err);
    if (found)
        read_act(rows, arena, out);
    if (!store_rows_close(rows, err))
        return false;
    if (found)
        return true;
    ym_fail(err, YM_NOT_FOUND, "quarantine.no_act", "there is no act %lld", (long long)act);
    return ym_hint(err, "Look at the list of acts of this version.");
}

bool lake_act_list(struct lake *lake, const struct org_caller *caller, int64_t load, int64_t before,
                   int64_t limit, struct ym_arena *arena, struct lake_acts *out,
                   struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    struct draft draft;
    bool ok = false;

    *out = (struct lake_acts){0};
    if (!draft_open(lake, caller, load, false, arena, &draft, err) ||
        !store_take(lake->options.pool, &store, err))
        return false;
    if (!store_ask(store, SQL_TOTAL, YM_ARGS(ym_int("load", load)), &rows, err))
        goto out;
    if (store_next(rows, err))
        out->total = store_int(rows, 0);
    if (!store_rows_close(rows, err) ||
        !store_ask(store, SQL_LIST,
                   YM_ARGS(ym_int("load", load), ym_int("before", before), ym_int("limit", limit)),
                   &rows, err))
        goto out;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        read_act(rows, arena, &out->items[out->n++]);
    }
    ok = store_rows_close(rows, err);
out:
    store_give(lake->options.pool, store);
    return ok;
}

// False with kind YM_NO_ERROR: others acted meanwhile.
static bool take_turn(const struct draft *draft, struct store *store, struct ym_error *err)
{
    struct ym_arg load = ym_int("load", draft->load);
    int64_t changed = 0;

    if (!store_begin(store, err) || !store_run(store, SQL_DRAFT, YM_ARGS(load), NULL, err) ||
        !store_run(store, SQL_TURN, YM_ARGS(load, ym_int("turn", draft->turn)), &changed, err))
        return false;
    if (changed == 1)
        return true;
    *err = (struct ym_error){0};
    return false;
}

static bool write_row(const struct draft *draft, struct store *store, const struct draft_row *row,
                      struct ym_error *err)
{
    struct ym_arg load = ym_int("load", draft->load), line = ym_int("line", row->line);
    struct ym_buf sent = {0};

    if (row->state == DRAFT_NONE)
        return store_run(store, SQL_NO_ROW, YM_ARGS(load, line), NULL, err);
    json_t *cells = draft_list(&row->cells), *why = draft_list(&row->why);
    draft_send(draft, row, &sent);
    struct ym_arena arena = {0};
    bool ok =
        store_run(store, SQL_ROW,
                  YM_ARGS(load, line, ym_text("state", ym_str(draft_state_name(row->state))),
                          ym_text("cells", dump(cells, &arena)), ym_text("why", dump(why, &arena)),
                          ym_text("sent", ym_buf_str(&sent)), ym_int("act", row->act)),
                  NULL, err);
    ym_arena_clear(&arena);
    ym_buf_clear(&sent);
    json_decref(cells);
    json_decref(why);
    return ok;
}

struct patch {
    json_t *cells; // or NULL
};
struct doing {
    struct draft draft;
    struct draft_rows rows;
    struct patch *patches; // one a row
    struct lake_act act;
};

static bool write_act(struct doing *doing, const struct draft_act *what, struct store *store,
                      struct ym_error *err)
{
    struct ym_arg load = ym_int("load", doing->draft.load), act = ym_int("act", doing->act.id);
    const struct lake_act *a = &doing->act;
    struct ym_arena arena = {0};

    bool ok = store_run(store, SQL_ACT,
                        YM_ARGS(ym_int("id", a->id), load, ym_text("kind", a->kind),
                                ym_int("account", a->account), ym_text("who", a->who),
                                ym_int("made", a->made), ym_int("rows", a->rows),
                                ym_int("good", a->good), ym_text("reason", a->reason),
                                ym_text("detail", dump(what->detail, &arena))),
                        NULL, err);
    for (size_t i = 0; ok && i < doing->rows.n; i++) {
        struct draft_row *row = &doing->rows.items[i];
        ok = store_run(store, SQL_CHANGE,
                       YM_ARGS(load, ym_int("line", row->line), act,
                               ym_text("cells", dump(doing->patches[i].cells, &arena))),
                       NULL, err) &&
             write_row(&doing->draft, store, row, err);
        ym_arena_clear(&arena);
    }
    ym_arena_clear(&arena);
    return ok && store_commit(store, err);
}

static void forget_patches(struct doing *doing)
{
    for (size_t i = 0; doing->patches && i < doing->rows.n; i++)
        json_decref(doing->patches[i].cells);
    doing->patches = NULL;
}

// Changes the rows as they stand now; rows that the act leaves alone go out of the list.
static bool change(struct doing *doing, const struct draft_act *what, struct ym_error *err)
{
    struct draft_rows *rows = &doing->rows;
    size_t n = 0;

    doing->patches = ym_arena_alloc(doing->draft.arena, (rows->n + 1) * sizeof *doing->patches);
    for (size_t i = 0; i < rows->n; i++) {
        struct draft_row row = rows->items[i];
        json_t *patch = NULL;
        bool skip = false;
        if (!what->change(what->with, &doing->draft, &row, &patch, &skip, err) ||
            (!skip && !draft_put(&doing->draft, &row, what->kind, patch, err))) {
            json_decref(patch);
            rows->n = n;
            return false;
        }
        if (skip) {
            json_decref(patch);
            continue;
        }
        row.act = doing->act.id;
        doing->patches[n].cells = patch;
        rows->items[n++] = row;
    }
    rows->n = n;
    if (n > 0)
        return true;
    ym_fail(err, YM_CONFLICT, "quarantine.nothing", "the act would change no row");
    return ym_hint(err, "Choose other rows, or another change.");
}

static bool judge(struct doing *doing, const struct draft_act *what, struct ym_error *err)
{
    if (!draft_judge(&doing->draft, &doing->rows, err))
        return false;
    for (size_t i = 0; i < doing->rows.n; i++) {
        if (what->judged && !what->judged(what->with, &doing->draft, &doing->rows.items[i], err))
            return false;
        doing->act.good += doing->rows.items[i].state != DRAFT_QUARANTINED;
    }
    doing->act.rows = (int64_t)doing->rows.n;
    return true;
}

// False with kind YM_NO_ERROR: once more.
static bool do_once(struct lake *lake, const struct org_caller *caller, int64_t load,
                    const struct draft_act *what, struct ym_arena *arena, struct lake_act *out,
                    struct ym_error *err)
{
    struct store *store = NULL;
    struct doing doing = {0};
    bool ok = false;

    if (!draft_open(lake, caller, load, true, arena, &doing.draft, err) ||
        !draft_fetch(&doing.draft, &what->which, &doing.rows, err) ||
        !store_take(lake->options.pool, &store, err))
        return false;
    doing.act = (struct lake_act){.id = store_new_id(store),
                                  .load = load,
                                  .account = caller->account,
                                  .made = ym_now(),
                                  .kind = what->kind,
                                  .who = who(caller),
                                  .reason = what->reason.p ? what->reason : YM_STR(""),
                                  .detail = dump(what->detail, arena)};
    if (!draft_fold(&doing.draft, store, &doing.rows, 0, err))
        goto out;
    // The engine judges meanwhile: no connection is held over that.
    store_give(lake->options.pool, store);
    store = NULL;
    if (!change(&doing, what, err) || !judge(&doing, what, err) ||
        !store_take(lake->options.pool, &store, err))
        goto out;
    ok = take_turn(&doing.draft, store, err) && write_act(&doing, what, store, err);
    *out = doing.act;
out:
    forget_patches(&doing);
    store_rollback(store);
    store_give(lake->options.pool, store);
    return ok;
}

static bool busy(struct ym_error *err)
{
    ym_fail(err, YM_CONFLICT, "quarantine.busy", "others act on this quarantine at this moment");
    return ym_hint(err, "Look at what they did, and try again.");
}

bool draft_do(struct lake *lake, const struct org_caller *caller, int64_t load,
              const struct draft_act *act, struct ym_arena *arena, struct lake_act *out,
              struct ym_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        if (do_once(lake, caller, load, act, arena, out, err)) {
            ym_log(YM_INFO, "quarantine.act",
                   YM_ARGS(ym_int("load", load), ym_text("kind", act->kind),
                           ym_int("rows", out->rows), ym_int("account", out->account)));
            return true;
        }
        if (err->kind != YM_NO_ERROR)
            return false;
    }
    return busy(err);
}

// The cells of lake_mend, by their index.
struct mending {
    const json_t *cells;
};
static bool mend_index(const struct draft *draft, const struct draft_row *row, struct ym_str name,
                       size_t *index, struct ym_error *err)
{
    const struct ym_str extra = YM_STR("yunmeng_extra_");
    int64_t nth = 0;

    if (ym_str_starts(name, extra) && ym_str_int(ym_str_sub(name, extra.n, name.n), &nth) &&
        nth > 0 && draft->n_columns + (size_t)nth <= row->cells.n) {
        *index = draft->n_columns + (size_t)nth - 1;
        return true;
    }
    return draft_column(draft, name, index, err);
}

static bool mend_change(void *with, const struct draft *draft, struct draft_row *row,
                        json_t **patch, bool *skip, struct ym_error *err)
{
    const struct mending *mending = with;
    const char *name;
    json_t *text;
    char key[24];

    *skip = false;
    *patch = json_object();
    json_object_foreach((json_t *)mending->cells, name, text)
    {
        size_t index = 0;
        if (!json_is_string(text) || json_string_length(text) > CELL_MAX) {
            ym_fail(err, YM_INVALID, "quarantine.cells", "the cell '%s' is not a text", name);
            ym_hint(err, "Send {\"cells\": {\"column\": \"text\"}}, up to 1 MiB a cell.");
            return ym_about(err, ym_str(name));
        }
        if (!mend_index(draft, row, ym_str(name), &index, err))
            return false;
        (void)snprintf(key, sizeof key, "%zu", index);
        json_object_set(*patch, key, text);
    }
    if (json_object_size(*patch) > 0)
        return true;
    ym_fail(err, YM_INVALID, "quarantine.cells", "no cell is given");
    return ym_hint(err, "Send {\"cells\": {\"column\": \"text\"}}.");
}

bool lake_mend(struct lake *lake, const struct org_caller *caller, int64_t load, int64_t line,
               const json_t *cells, struct ym_arena *arena, struct lake_act *out,
               struct ym_error *err)
{
    struct mending mending = {cells};
    const struct draft_act act = {.kind = YM_STR("mend"),
                                  .which = {.lines = &line, .n = 1},
                                  .change = mend_change,
                                  .with = &mending};

    return draft_do(lake, caller, load, &act, arena, out, err);
}

static bool decide_change(void *with, const struct draft *draft, struct draft_row *row,
                          json_t **patch, bool *skip, struct ym_error *err)
{
    (void)with;
    (void)draft;
    (void)err;
    *patch = NULL;
    *skip = row->drop; // dropped already
    return true;
}

// Accepted is only what the schema lets stay, and only what can be stored.
static bool accept_judged(void *with, const struct draft *draft, struct draft_row *row,
                          struct ym_error *err)
{
    bool storable = true;

    (void)with;
    if (row->why.n == 0) {
        ym_fail(err, YM_CONFLICT, "quarantine.nothing", "line %lld needs no acceptance",
                (long long)row->line);
        ym_hint(err, "Its cells are right by now; it becomes a row as it is.");
        return ym_at_line(err, row->line);
    }
    for (size_t i = 0; i < row->why.n; i++) {
        if (draft_residual(draft, row->why.items[i], &storable))
            continue;
        if (storable) {
            ym_fail(err, YM_INVALID, "quarantine.residual",
                    "the schema does not let '%.*s' stay (line %lld)", YM_FMT(row->why.items[i]),
                    (long long)row->line);
            ym_hint(err, "Mend the row, or drop it with a reason.");
        } else {
            ym_fail(err, YM_INVALID, "quarantine.type",
                    "line %lld cannot be stored: '%.*s' leaves no value of the field's type",
                    (long long)row->line, YM_FMT(row->why.items[i]));
            ym_hint(err, "Mend its cell: nobody can accept what has no place in the table.");
        }
        ym_about(err, row->why.items[i]);
        return ym_at_line(err, row->line);
    }
    return true;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static json_t *which_json(const struct lake_which *which)
{
    json_t *to = json_object();

    if (which->code.n > 0)
        json_object_set_new(to, "code", ym_json_str(which->code));
    if (which->column.n > 0)
        json_object_set_new(to, "column", ym_json_str(which->column));
    if (which->n == 1)
        json_object_set_new(to, "line", json_integer(which->lines[0]));
    return to;
}

bool lake_decide(struct lake *lake, const struct org_caller *caller, int64_t load, bool accept,
                 const struct lake_which *which, struct ym_str reason, struct ym_arena *arena,
                 struct lake_act *out, struct ym_error *err)
{
    struct ym_str why = ym_str_trim(reason);

    if (why.n == 0 || ym_utf8_count(why) > REASON_MAX) {
        ym_fail(err, YM_INVALID, "quarantine.reason", "a reason has 1 to %d characters",
                REASON_MAX);
        return ym_hint(err, "Say why: it stands in the report of the next version.");
    }
    if (which->n == 0 && which->code.n == 0) {
        ym_fail(err, YM_INVALID, "quarantine.line", "the act says neither lines nor a reason");
        return ym_hint(err, "Send `lines`, or `code` and `column` of a reason.");
    }
    if (which->n > 1)
        qsort(which->lines, which->n, sizeof *which->lines, by_number);
    json_t *detail = which_json(which);
    const struct draft_act act = {.kind = accept ? YM_STR("accept") : YM_STR("drop"),
                                  .reason = why,
                                  .detail = detail,
                                  .which = *which,
                                  .change = decide_change,
                                  .judged = accept ? accept_judged : NULL};
    bool ok = draft_do(lake, caller, load, &act, arena, out, err);
    json_decref(detail);
    return ok;
}

static bool lines_of(struct store *store, int64_t act, struct ym_arena *arena,
                     struct lake_which *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;
    size_t cap = 0;

    if (!store_ask(store, SQL_LINES, YM_ARGS(ym_int("act", act)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->lines = ym_arena_grow(arena, out->lines, &cap, out->n + 1, sizeof *out->lines);
        out->lines[out->n++] = store_int(rows, 0);
    }
    return store_rows_close(rows, err);
}

static bool write_undo(const struct draft *draft, struct store *store,
                       const struct draft_rows *rows, int64_t act, struct ym_error *err)
{
    int64_t changed = 0;

    if (!store_run(store, SQL_UNDO,
                   YM_ARGS(ym_int("now", ym_now()), ym_text("who", who(draft->caller)),
                           ym_int("act", act)),
                   &changed, err))
        return false;
    for (size_t i = 0; changed == 1 && i < rows->n; i++)
        if (!write_row(draft, store, &rows->items[i], err))
            return false;
    return store_commit(store, err);
}

static bool undo_once(struct lake *lake, const struct org_caller *caller, int64_t load, int64_t act,
                      struct ym_arena *arena, struct lake_act *out, struct ym_error *err)
{
    struct store *store = NULL;
    struct lake_which which = {0};
    struct draft_rows rows = {0};
    struct draft draft;
    bool ok = false;

    if (!draft_open(lake, caller, load, true, arena, &draft, err) ||
        !store_take(lake->options.pool, &store, err))
        return false;
    if (!get_act(store, load, act, arena, out, err))
        goto out;
    if (out->undone) {
        ym_fail(err, YM_CONFLICT, "quarantine.undone", "this act is undone already");
        ym_hint(err, "Reload the page: somebody was quicker.");
        goto out;
    }
    if (!lines_of(store, act, arena, &which, err) || !draft_fetch(&draft, &which, &rows, err) ||
        !draft_fold(&draft, store, &rows, act, err) || !draft_judge(&draft, &rows, err))
        goto out;
    ok = take_turn(&draft, store, err) && write_undo(&draft, store, &rows, act, err) &&
         get_act(store, load, act, arena, out, err);
out:
    store_rollback(store);
    store_give(lake->options.pool, store);
    return ok;
}

bool lake_undo(struct lake *lake, const struct org_caller *caller, int64_t load, int64_t act,
               struct ym_arena *arena, struct lake_act *out, struct ym_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        if (undo_once(lake, caller, load, act, arena, out, err)) {
            ym_log(YM_INFO, "quarantine.undone",
                   YM_ARGS(ym_int("load", load), ym_int("act", act),
                           ym_int("account", caller->account)));
            return true;
        }
        if (err->kind != YM_NO_ERROR)
            return false;
    }
    return busy(err);
}
