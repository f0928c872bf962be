#include "data/lake/draft_private.h"

const char LAKE_DRAFT_SCHEMA[] =
    // The load whose version this one was made of; 0: a file of its own.
    "ALTER TABLE version ADD COLUMN base BIGINT NOT NULL DEFAULT 0;\n"
    "ALTER TABLE version ADD COLUMN rows_dropped BIGINT NOT NULL DEFAULT 0;\n"
    "ALTER TABLE version ADD COLUMN rows_accepted BIGINT NOT NULL DEFAULT 0;\n"
    "CREATE INDEX version_base ON version (base) WHERE base <> 0;\n"
    // Raised by each act: two of them at once cannot both have seen the same rows.
    "CREATE TABLE quarantine_draft (\n"
    " load BIGINT PRIMARY KEY REFERENCES version (id), turn BIGINT NOT NULL);\n"
    "CREATE TABLE quarantine_act (\n"
    " id BIGINT PRIMARY KEY,\n"
    " load BIGINT NOT NULL REFERENCES version (id),\n" // the version's that it is about
    " kind TEXT NOT NULL, account BIGINT NOT NULL, who TEXT NOT NULL,\n"
    " made BIGINT NOT NULL, row_count BIGINT NOT NULL, good BIGINT NOT NULL,\n"
    " reason TEXT NOT NULL, detail TEXT,\n"
    " undone BIGINT NOT NULL DEFAULT 0, undone_by TEXT,\n"
    " became BIGINT NOT NULL DEFAULT 0);\n" // the load that it went into
    "CREATE INDEX quarantine_act_load ON quarantine_act (load, id);\n"
    "CREATE TABLE quarantine_change (\n"
    " load BIGINT NOT NULL, line BIGINT NOT NULL,\n"
    " act BIGINT NOT NULL REFERENCES quarantine_act (id),\n"
    " cells TEXT,\n" // {"3": "text"} or a list of all cells; NULL: none
    " PRIMARY KEY (load, line, act));\n"
    "CREATE INDEX quarantine_change_act ON quarantine_change (act);\n"
    // Derived: each row of a draft with the acts that stand.
    "CREATE TABLE quarantine_row (\n"
    " load BIGINT NOT NULL, line BIGINT NOT NULL, state TEXT NOT NULL,\n"
    " cells TEXT NOT NULL, why TEXT NOT NULL, sent TEXT NOT NULL, act BIGINT NOT NULL,\n"
    " PRIMARY KEY (load, line));\n";

static const char *const states[DRAFT_STATES] = {
    [DRAFT_NONE] = "",
    [DRAFT_MENDED] = "mended",
    [DRAFT_QUARANTINED] = "quarantined",
    [DRAFT_ACCEPTED] = "accepted",
    [DRAFT_DROPPED] = "dropped",
};

const char *draft_state_name(enum draft_state state)
{
    return states[state];
}

void draft_texts(struct quality_texts *to, struct ym_arena *arena, struct ym_str text)
{
    to->items = ym_arena_grow(arena, to->items, &to->cap, to->n + 1, sizeof *to->items);
    to->items[to->n++] = text;
}

json_t *draft_list(const struct quality_texts *texts)
{
    json_t *array = json_array();

    for (size_t i = 0; i < texts->n; i++)
        json_array_append_new(array, ym_json_str(texts->items[i]));
    return array;
}

json_t *draft_reasons(const struct quality_texts *why)
{
    json_t *array = json_array();

    for (size_t i = 0; i < why->n; i++) {
        struct ym_str field = why->items[i], code;
        (void)ym_str_cut(&field, ':', &code);
        json_array_append_new(array, json_pack("{s:o, s:o}", "code", ym_json_str(code), "column",
                                               field.p ? ym_json_str(field) : json_null()));
    }
    return array;
}

// Quarantined rows have cells that an open dataset does not publish: they are for its own agency.
bool draft_may_look(const struct catalog_dataset *dataset, const struct org_caller *caller)
{
    const unsigned readers = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR);

    return catalog_knows(dataset, caller) &&
           (org_belongs(caller, dataset->agency) || org_holds(caller, readers, dataset->agency));
}

static bool not_there(const struct org_caller *caller, int64_t load, struct ym_error *err)
{
    if (!caller) {
        ym_fail(err, YM_SIGN_IN, "lake.may_not_look", "quarantined rows are for the agency");
        return ym_hint(err, "Sign in as a steward of the agency that made the load.");
    }
    ym_fail(err, YM_NOT_FOUND, "lake.no_load", "there is no load %lld", (long long)load);
    return ym_hint(err, "Look at the dataset's list of loads.");
}

static const char SQL_BASE[] =
    "SELECT dataset, number, state, schema, report, (SELECT turn FROM quarantine_draft"
    " WHERE load = version.id), (SELECT COUNT(*) FROM version AS next WHERE next.base = version.id"
    " AND next.state IN ('received', 'checked')) FROM version WHERE id = :id";
struct base {
    int64_t dataset;
    struct ym_str state, schema, report;
    bool on_its_way;
};
static bool read_base(struct store *store, struct draft *d, struct base *base, bool *found,
                      struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_BASE, YM_ARGS(ym_int("id", d->load)), &rows, err))
        return false;
    *found = store_next(rows, err);
    if (*found) {
        base->dataset = store_int(rows, 0);
        d->version = store_int(rows, 1);
        base->state = ym_arena_str(d->arena, store_text(rows, 2));
        base->schema = ym_arena_str(d->arena, store_text(rows, 3));
        base->report = ym_arena_str(d->arena, store_text(rows, 4));
        d->turn = store_int(rows, 5);
        base->on_its_way = store_int(rows, 6) > 0;
    }
    return store_rows_close(rows, err);
}

static bool changeable(const struct draft *d, const struct base *base, struct ym_error *err)
{
    if (!catalog_may(&d->dataset, d->caller).load) {
        ym_fail(err, YM_DENIED, "lake.not_yours", "you may look at this quarantine only");
        ym_hint(err, "Ask a steward of '%.*s'.", YM_FMT(d->dataset.agency_name));
        return ym_about(err, d->dataset.name);
    }
    if (base->on_its_way) {
        ym_fail(err, YM_CONFLICT, "quarantine.publishing", "the draft is becoming a version");
        ym_hint(err, "Wait for its load, publish it or drop it.");
        return ym_about(err, d->dataset.name);
    }
    if (ym_str_is(base->state, "published") && d->dataset.current.load == d->load)
        return true;
    ym_fail(err, YM_CONFLICT, "quarantine.moved", "version %lld is not the current one",
            (long long)d->version);
    ym_hint(err, "Work on the quarantine of the current version.");
    return ym_about(err, d->dataset.name);
}

// The file's columns: of the report, or (loads before they stood there) of the schema.
static bool read_columns(struct draft *d, struct ym_str report, struct ym_error *err)
{
    json_t *json = NULL;
    bool ok = ym_json_parse(report.p ? report : YM_STR("{}"), SIZE_MAX, &json, err);
    const json_t *names = json_object_get(json, "source_columns");
    size_t n = json_array_size(names);

    d->n_columns = n > 0 ? n : d->schema.n;
    d->columns = ym_arena_alloc(d->arena, (d->n_columns + 1) * sizeof *d->columns);
    for (size_t i = 0; i < d->n_columns; i++) {
        const json_t *name = json_array_get(names, i);
        d->columns[i] = n > 0 ? ym_arena_str(d->arena, (struct ym_str){json_string_value(name),
                                                                       json_string_length(name)})
                              : d->schema.fields[i].name;
    }
    json_decref(json);
    return ok && quality_match(&d->schema, d->columns, d->n_columns, d->arena, &d->map, err);
}

static bool read_schema(struct draft *d, struct ym_str text, struct ym_error *err)
{
    json_t *json = NULL;

    if (!ym_json_parse(text.p ? text : YM_STR(""), LAKE_SCHEMA_MAX, &json, err))
        return false;
    bool ok = quality_schema_parse(json, d->arena, &d->schema, err);
    json_decref(json);
    return ok;
}

bool draft_open(struct lake *lake, const struct org_caller *caller, int64_t load, bool change,
                struct ym_arena *arena, struct draft *out, struct ym_error *err)
{
    struct store *store = NULL;
    struct base base = {0};
    bool ok = false, found = false;

    *out = (struct draft){.lake = lake, .caller = caller, .arena = arena, .load = load};
    if (!store_take(lake->options.pool, &store, err))
        return false;
    if (!read_base(store, out, &base, &found, err))
        goto out;
    if (found && !catalog_by_id(store, base.dataset, arena, &out->dataset, err))
        goto out;
    if (!found || !draft_may_look(&out->dataset, caller)) {
        not_there(caller, load, err);
        goto out;
    }
    if (change && !changeable(out, &base, err))
        goto out;
    if (!base.schema.p) {
        ym_fail(err, YM_CONFLICT, "quarantine.moved", "version %lld is not checked yet",
                (long long)out->version);
        ym_hint(err, "Wait for the end of its load.");
        goto out;
    }
    if (!read_schema(out, base.schema, err) || !read_columns(out, base.report, err))
        goto out;
    out->target = (struct quality_target){.database = "lake",
                                          .dataset = base.dataset,
                                          .load = load,
                                          .version = out->version,
                                          .zone = lake->options.zone,
                                          .demo = lake->options.demo,
                                          .today = lake_today(lake->options.zone)};
    out->trial = quality_trial(&out->schema, out->map, out->n_columns, &out->target, arena);
    ok = true;
out:
    store_give(lake->options.pool, store);
    return ok;
}

bool draft_column(const struct draft *draft, struct ym_str name, size_t *column,
                  struct ym_error *err)
{
    for (*column = 0; *column < draft->n_columns; ++*column)
        if (ym_str_eq(draft->columns[*column], name))
            return true;
    // A field is known by its own name too.
    for (size_t i = 0; i < draft->schema.n; i++) {
        *column = draft->map[i];
        if (ym_str_eq(draft->schema.fields[i].name, name))
            return true;
    }
    ym_fail(err, YM_INVALID, "quarantine.column", "the file has no column '%.*s'", YM_FMT(name));
    ym_hint(err, "Name a column as the file's header has it, or a field of the schema.");
    return ym_about(err, name);
}

static bool of_texts(const struct quality_texts *list, struct ym_str text)
{
    for (size_t i = 0; i < list->n; i++)
        if (ym_str_eq(list->items[i], text))
            return true;
    return false;
}

bool draft_residual(const struct draft *draft, struct ym_str why, bool *storable)
{
    static const char *const never[] = {"type", "required", "key", "width", "encoding", "quote"};
    struct ym_str field = why, code;

    (void)ym_str_cut(&field, ':', &code);
    *storable = true;
    for (size_t i = 0; i < YM_COUNT(never); i++)
        *storable = *storable && !ym_str_is(code, never[i]);
    if (ym_str_is(code, "reference")) {
        for (size_t i = 0; i < draft->schema.n_references; i++) {
            const struct quality_reference *reference = &draft->schema.references[i];
            struct ym_buf names = {0};
            for (size_t k = 0; k < reference->fields.n; k++)
                ym_buf_printf(&names, "%s%.*s", k ? ", " : "", YM_FMT(reference->fields.items[k]));
            bool same = ym_str_eq(ym_buf_str(&names), field);
            ym_buf_clear(&names);
            if (same)
                return reference->residual;
        }
        return false;
    }
    const struct quality_field *of = quality_field_of(&draft->schema, field);
    return *storable && of && of_texts(&of->residual, code);
}
