#include "data/lake/reading.h"

#include "base/time.h"

/* The version. */

static const char SQL_CURRENT[] =
    "SELECT number, published, rows_kept, schema FROM version WHERE dataset = :dataset"
    " AND state = 'published' AND published < :until ORDER BY published DESC, number DESC LIMIT 1";
static const char SQL_NUMBER[] =
    "SELECT number, published, rows_kept, schema FROM version WHERE dataset = :dataset"
    " AND number = :number AND (state = 'published' OR (state = 'withdrawn' AND :withdrawn = 1))";

static const char SQL_THERE[] =
    "SELECT 1 FROM version WHERE dataset = :dataset AND number = :number AND state <> 'retired'";

static bool time_of(const struct lake *lake, struct ym_str as_of, int64_t *until,
                    struct ym_error *err)
{
    int64_t day, ahead;

    *until = INT64_MAX;
    if (as_of.n == 0)
        return true;
    if (ym_day_parse(as_of, &day)) {
        if (!ym_zone_offset(lake->options.zone ? lake->options.zone : "UTC", day, &ahead, err))
            return false;
        *until = (day + 1) * YM_DAY - ahead;
        return true;
    }
    if (ym_time_parse(as_of, until)) {
        *until += 1;
        return true;
    }
    ym_fail(err, YM_INVALID, "lake.as_of", "'%.*s' is not a time", YM_FMT(as_of));
    ym_hint(err, "Write 2026-01-31T08:00:00Z, or 2026-01-31 for the end of that day.");
    return ym_about(err, as_of);
}

static bool no_version(const struct lake_view *view, int64_t number, bool as_of,
                       struct ym_error *err)
{
    if (number > 0) {
        ym_fail(err, YM_NOT_FOUND, "lake.no_version", "'%.*s' has no version %lld to read",
                YM_FMT(view->dataset_name), (long long)number);
        ym_hint(err, "Look at the list of versions: a withdrawn or retired one is not read.");
    } else if (as_of) {
        ym_fail(err, YM_NOT_FOUND, "lake.none_then", "nothing of '%.*s' was published by then",
                YM_FMT(view->dataset_name));
        ym_hint(err, "Ask for a later time; the list of versions says when each was published.");
    } else {
        ym_fail(err, YM_NOT_FOUND, "lake.none_published", "nothing of '%.*s' is published",
                YM_FMT(view->dataset_name));
        ym_hint(err, "Its agency has loaded nothing yet, or has withdrawn it.");
    }
    return ym_about(err, view->dataset_name);
}

static bool read_schema(struct ym_str text, struct lake_question *q, struct ym_error *err)
{
    json_t *json = NULL;
    bool ok;

    if (!ym_json_parse(text, LAKE_SCHEMA_MAX, &json, err))
        return false;
    ok = quality_schema_parse(json, q->arena, &q->view.schema, err);
    json_decref(json);
    return ok;
}

static bool find_version(struct lake_question *q, struct store *store, struct catalog_may may,
                         int64_t number, struct ym_str as_of, struct ym_error *err)
{
    int64_t until;
    struct store_rows *rows = NULL;
    struct ym_str schema = {NULL, 0};
    bool ok;

    if (!time_of(q->lake, as_of, &until, err))
        return false;
    struct ym_arg dataset = ym_int("dataset", q->view.dataset);
    if (number > 0)
        ok = store_ask(store, SQL_NUMBER,
                       YM_ARGS(dataset, ym_int("number", number), ym_int("withdrawn", may.load)),
                       &rows, err);
    else
        ok = store_ask(store, SQL_CURRENT, YM_ARGS(dataset, ym_int("until", until)), &rows, err);
    if (!ok)
        return false;
    bool found = store_next(rows, err);
    if (found) {
        q->view.version = store_int(rows, 0);
        q->view.published = store_int(rows, 1);
        q->view.rows = store_int(rows, 2);
        schema = ym_arena_str(q->arena, store_text(rows, 3));
    }
    if (!store_rows_close(rows, err))
        return false;
    if (!found)
        return no_version(&q->view, number, as_of.n > 0, err);
    return read_schema(schema, q, err);
}

bool lake_may_read(const struct catalog_dataset *dataset, const struct org_caller *caller,
                   struct ym_error *err)
{
    bool closed = ym_str_is(dataset->openness, "closed");

    if (catalog_may(dataset, caller).read)
        return true;
    if (caller) {
        // Whether a closed dataset has rows, another agency may not know.
        ym_fail(err, closed ? YM_NOT_FOUND : YM_DENIED, "lake.may_not_read",
                "the rows of '%.*s' are not open", YM_FMT(dataset->name));
        ym_hint(err, "Ask the agency that owns it to share it with yours.");
    } else {
        ym_fail(err, YM_SIGN_IN, "lake.may_not_read", "the rows of '%.*s' are not open",
                YM_FMT(dataset->name));
        ym_hint(err, "Sign in with an account of the agency that owns it.");
    }
    return ym_about(err, dataset->name);
}

// The only place where it is decided what of a version is seen.
static void show_fields(struct lake_question *q)
{
    struct lake_view *view = &q->view;
    static const enum expr_type types[] = {
        [QUALITY_STRING] = EXPR_TEXT,   [QUALITY_INTEGER] = EXPR_INTEGER,
        [QUALITY_NUMBER] = EXPR_NUMBER, [QUALITY_BOOLEAN] = EXPR_BOOLEAN,
        [QUALITY_DATE] = EXPR_DATE,     [QUALITY_DATETIME] = EXPR_DATETIME,
        [QUALITY_TIME] = EXPR_TIME,
    };

    view->zone = q->lake->options.zone;
    view->fields =
        ym_arena_alloc(q->arena, (view->schema.n + 1) * sizeof(const struct quality_field *));
    view->exprs = ym_arena_alloc(q->arena, (view->schema.n + 1) * sizeof *view->exprs);
    for (size_t i = 0; i < view->schema.n; i++) {
        const struct quality_field *field = &view->schema.fields[i];
        bool decimal = field->type == QUALITY_NUMBER && field->scale >= 0;
        view->exprs[view->n] = (struct expr_field){
            .name = field->name,
            .type = decimal ? EXPR_DECIMAL : types[field->type],
            .scale = decimal ? field->scale : 0,
            .zone = field->zone.n > 0 ? ym_arena_cstr(q->arena, field->zone) : view->zone,
        };
        view->fields[view->n++] = field;
    }
}

bool lake_question_open(struct lake_question *q, const struct org_caller *caller,
                        struct ym_str dataset_name, int64_t version, struct ym_str as_of,
                        struct ym_error *err)
{
    struct catalog_dataset dataset;
    struct store *store = NULL;
    bool ok = false;

    if (!store_take(q->lake->options.pool, &store, err))
        return false;
    if (!catalog_see(store, caller, dataset_name, q->arena, &dataset, err))
        goto out;
    q->view.dataset = dataset.id;
    q->view.dataset_name = dataset.name;
    if (!lake_may_read(&dataset, caller, err) ||
        !find_version(q, store, catalog_may(&dataset, caller), version, as_of, err))
        goto out;
    show_fields(q);
    ok = true;
out:
    store_give(q->lake->options.pool, store);
    return ok;
}

// A version is retired first and its rows are dropped then: whoever finds it not retired after the
// engine began to answer has read all of it.
bool lake_question_holds(const struct lake_question *q, struct ym_error *err)
{
    struct store *store = NULL;
    struct store_rows *rows = NULL;
    bool there = false;

    if (!store_take(q->lake->options.pool, &store, err))
        return false;
    if (store_ask(store, SQL_THERE,
                  YM_ARGS(ym_int("dataset", q->view.dataset), ym_int("number", q->view.version)),
                  &rows, err)) {
        bool found = store_next(rows, err);
        there = store_rows_close(rows, err) &&
                (found || no_version(&q->view, q->view.version, false, err));
    }
    store_give(q->lake->options.pool, store);
    return there;
}

/* What was asked for. */

static bool choose(struct lake_question *q, const struct quality_field *field)
{
    for (size_t i = 0; i < q->n_chosen; i++)
        if (q->chosen[i] == field)
            return false;
    q->chosen = ym_arena_grow(q->arena, (void *)q->chosen, &q->cap_chosen, q->n_chosen + 1,
                              sizeof(const struct quality_field *));
    q->chosen[q->n_chosen++] = field;
    return true;
}

bool lake_question_fields(struct lake_question *q, struct ym_str fields, struct ym_error *err)
{
    struct ym_str rest = fields, name = {NULL, 0};
    bool minus;
    size_t i;

    if (rest.n == 0) {
        q->chosen = q->view.fields;
        q->n_chosen = q->view.n;
        return true;
    }
    *err = (struct ym_error){.kind = YM_NO_ERROR};
    while (lake_cut_name(&rest, &minus, q->arena, &name, err)) {
        if (minus || !lake_view_find(&q->view, name, &i)) {
            ym_fail(err, YM_INVALID, "lake.field", "no field '%.*s'", YM_FMT(name));
            ym_hint(err, "Ask for fields of the dataset, with commas between them.");
            return ym_about(err, name);
        }
        if (!choose(q, q->view.fields[i])) {
            ym_fail(err, YM_INVALID, "lake.field_twice", "'%.*s' is named twice", YM_FMT(name));
            ym_hint(err, "Name each field once.");
            return ym_about(err, name);
        }
    }
    return err->kind == YM_NO_ERROR;
}

bool lake_question_where(struct lake_question *q, struct ym_str where, struct ym_buf *canonical,
                         struct ym_error *err)
{
    struct expr_fields fields = {q->view.exprs, q->view.n};

    if (ym_str_trim(where).n == 0)
        return true;
    if (!expr_parse(where, fields, q->arena, &q->where, err))
        return false;
    expr_print(q->where, canonical);
    return true;
}

// Times leave in UTC, with parts of a second where there are some.
void lake_column(const struct quality_field *field, struct ym_buf *sql)
{
    if (field->type != QUALITY_DATETIME) {
        engine_name(sql, field->name);
        return;
    }
    ym_buf_add(sql, YM_STR("if(toUnixTimestamp64Micro("));
    engine_name(sql, field->name);
    ym_buf_add(sql, YM_STR(") % 1000000 = 0, formatDateTime("));
    engine_name(sql, field->name);
    ym_buf_add(sql, YM_STR(", '%Y-%m-%dT%H:%i:%SZ', 'UTC'), formatDateTime("));
    engine_name(sql, field->name);
    ym_buf_add(sql, YM_STR(", '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC')) AS "));
    engine_name(sql, field->name);
}

void lake_question_from(const struct lake_question *q, struct ym_buf *sql)
{
    // By partition and not by _version: counts and projections are served by it.
    ym_buf_printf(sql, " FROM lake.d%lld WHERE _partition_id = '%lld'", (long long)q->view.dataset,
                  (long long)q->view.version);
}
