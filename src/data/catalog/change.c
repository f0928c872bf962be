#include "base/time.h"
#include "data/catalog/catalog_private.h"

enum {
    NAME_PART = 63,       // bytes
    TITLE_MAX = 200,      // characters
    ABSTRACT_MAX = 4000,  // characters
    CODE_MAX = 64,        // characters
    SCHEMA_MAX = 4 << 20, // bytes
};
static const char *const reserved[] = {"lake", "open", "system", "default"};

static bool invalid(struct ym_error *err, const char *code, struct ym_str about,
                    const char *message, const char *hint)
{
    ym_fail(err, YM_INVALID, code, "%s", message);
    ym_hint(err, "%s", hint);
    return ym_about(err, about);
}

// [a-z][a-z0-9_]*
static bool is_word(struct ym_str s)
{
    if (s.n < 1 || s.n > NAME_PART || s.p[0] < 'a' || s.p[0] > 'z')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '_')
            return false;
    return true;
}

bool catalog_name(struct ym_str name, struct ym_str *space, struct ym_error *err)
{
    struct ym_str rest = name.p ? name : YM_STR("");

    (void)ym_str_cut(&rest, '.', space);
    bool ok = is_word(*space) && rest.p && is_word(rest);
    for (size_t i = 0; ok && i < YM_COUNT(reserved); i++)
        ok = !ym_str_is(*space, reserved[i]);
    return ok || invalid(err, "catalog.name", name, "not the name of a dataset",
                         "Name it SPACE.NAME: the agency's short name, a point, and small letters, "
                         "digits and _ that begin with a letter.");
}

static bool check_text(struct ym_str text, const char *what, size_t least, size_t most,
                       struct ym_error *err)
{
    size_t n = ym_utf8_count(text), bad;

    if (n >= least && n <= most && ym_utf8_valid(text, &bad) &&
        (text.n == 0 || !memchr(text.p, '\0', text.n)))
        return true;
    ym_fail(err, YM_INVALID, "catalog.text", "the %s has %zu characters", what, n);
    ym_hint(err, "Give the %s from %zu to %zu characters.", what, least, most);
    return ym_about(err, ym_str(what));
}

static bool check_code(struct ym_str value, const char *what, const char *const *list,
                       struct ym_error *err)
{
    struct ym_buf all = {0};

    for (size_t i = 0; list[i]; i++) {
        if (ym_str_is(value, list[i])) {
            ym_buf_clear(&all);
            return true;
        }
        ym_buf_printf(&all, "%s%s", i > 0 ? ", " : "", list[i]);
    }
    ym_fail(err, YM_INVALID, "catalog.code", "'%.*s' is not a value of %s", YM_FMT(value), what);
    ym_hint(err, "Use one of: %s.", ym_buf_cstr(&all));
    ym_buf_clear(&all);
    return ym_about(err, ym_str(what));
}

static bool check_schema(struct catalog_dataset *dataset, struct ym_arena *arena,
                         struct ym_error *err)
{
    struct quality_schema schema;
    struct ym_buf text = {0};
    json_t *json = NULL, *settled = NULL;
    bool ok = false;

    if (!dataset->schema.p)
        return true;
    if (!ym_json_parse(dataset->schema, SCHEMA_MAX, &json, err) ||
        !quality_schema_parse(json, arena, &schema, err))
        goto out;
    settled = quality_schema_json(&schema);
    ym_json_dump(&text, settled);
    dataset->schema = ym_arena_str(arena, ym_buf_str(&text));
    ok = true;
out:
    ym_buf_clear(&text);
    json_decref(settled);
    json_decref(json);
    return ok;
}

// One text of the core metadata: a code of its list, or free text of its length; a day is one.
static bool check_facts(struct catalog_dataset *d, struct ym_error *err)
{
    int64_t day;

    for (size_t i = 0; i < CATALOG_N_FACTS; i++) {
        const struct catalog_fact *fact = &catalog_facts[i];
        struct ym_str value = *catalog_fact_of(d, i);
        if (value.n > 0 && fact->list && !check_code(value, fact->name, fact->list, err))
            return false;
        if (!check_text(value, fact->name, 0, fact->max, err))
            return false;
    }
    return d->open_planned.n == 0 || ym_day_parse(d->open_planned, &day) ||
           invalid(err, "catalog.day", YM_STR("open_planned"), "not a day",
                   "Write it as 2026-12-31.");
}

bool catalog_check(struct catalog_dataset *d, struct ym_arena *arena, struct ym_error *err)
{
    if (!check_text(d->title_zh, "title", 1, TITLE_MAX, err) ||
        !check_text(d->title_en, "title", 0, TITLE_MAX, err) ||
        !check_text(d->abstract_zh, "abstract", 0, ABSTRACT_MAX, err) ||
        !check_text(d->abstract_en, "abstract", 0, ABSTRACT_MAX, err) ||
        !check_text(d->code, "code", 0, CODE_MAX, err) ||
        !check_code(d->openness, "openness", catalog_openness, err) ||
        !check_code(d->sharing, "sharing", catalog_sharing, err) ||
        !check_code(d->update_cycle, "update_cycle", catalog_cycles, err))
        return false;
    if (d->theme.n > 0 && !is_word(d->theme))
        return invalid(err, "catalog.theme", d->theme, "not the code of a theme",
                       "Use small letters, digits and _, beginning with a letter.");
    return check_facts(d, err) && check_schema(d, arena, err);
}

static void otherwise(struct ym_str *text, const char *value)
{
    if (text->n == 0)
        *text = ym_str(value);
}

bool catalog_denied(const struct org_caller *caller, struct ym_str name, struct ym_error *err)
{
    if (caller)
        ym_fail(err, YM_DENIED, "catalog.denied", "only a steward of the agency may do this");
    else
        ym_fail(err, YM_SIGN_IN, "catalog.denied", "only a steward of the agency may do this");
    ym_hint(err, "Sign in as a steward of the agency whose dataset it is, or ask one.");
    return ym_about(err, name);
}

static const char SQL_ADD[] =
    "INSERT INTO dataset (id, name, agency, title_zh, title_en, abstract_zh, abstract_en, code,"
    " theme, openness, sharing, update_cycle, schema, search, created, updated, etag,"
    " category, format, sharing_way, sharing_condition, sharing_basis, open_condition,"
    " open_planned, closed_reason, related, contact, contact_phone, contact_mail, state, released,"
    " submitted_by)"
    " VALUES (:id, :name, :agency, :title_zh, :title_en, :abstract_zh, :abstract_en, :code,"
    " :theme, :openness, :sharing, :update_cycle, :schema, :search, :now, :now, 1,"
    " :category, :format, :sharing_way, :sharing_condition, :sharing_basis, :open_condition,"
    " :open_planned, :closed_reason, :related, :contact, :contact_phone, :contact_mail, :state,"
    " :released, :submitted_by)";
static const char SQL_CHANGE[] =
    "UPDATE dataset SET title_zh = :title_zh, title_en = :title_en, abstract_zh = :abstract_zh,"
    " abstract_en = :abstract_en, code = :code, theme = :theme, openness = :openness,"
    " sharing = :sharing, update_cycle = :update_cycle, schema = :schema, search = :search,"
    " category = :category, format = :format, sharing_way = :sharing_way,"
    " sharing_condition = :sharing_condition, sharing_basis = :sharing_basis,"
    " open_condition = :open_condition, open_planned = :open_planned,"
    " closed_reason = :closed_reason, related = :related, contact = :contact,"
    " contact_phone = :contact_phone, contact_mail = :contact_mail,"
    " updated = :now, etag = etag + 1 WHERE id = :id AND etag = :etag";

// All that an entry has, as the two statements name it.
enum { ARGS = 20 + CATALOG_N_FACTS };
static size_t args_of(const struct catalog_dataset *d, struct ym_arena *arena,
                      struct ym_arg args[ARGS])
{
    size_t n = 0;

    args[n++] = ym_int("id", d->id);
    args[n++] = ym_text("name", d->name);
    args[n++] = ym_int("agency", d->agency);
    args[n++] = ym_text("title_zh", d->title_zh);
    args[n++] = ym_text("title_en", d->title_en);
    args[n++] = ym_text("abstract_zh", d->abstract_zh);
    args[n++] = ym_text("abstract_en", d->abstract_en);
    args[n++] = ym_text("code", d->code);
    args[n++] = ym_text("theme", d->theme);
    args[n++] = ym_text("openness", d->openness);
    args[n++] = ym_text("sharing", d->sharing);
    args[n++] = ym_text("update_cycle", d->update_cycle);
    args[n++] = ym_text("schema", d->schema);
    args[n++] = ym_text("search", catalog_search_text(d, arena));
    for (size_t i = 0; i < CATALOG_N_FACTS; i++) {
        struct ym_str value = *catalog_fact_of((struct catalog_dataset *)d, i);
        args[n++] = ym_text(catalog_facts[i].name, value.p ? value : YM_STR(""));
    }
    args[n++] = ym_text("state", d->state);
    args[n++] = ym_int("released", d->released);
    args[n++] = ym_int("submitted_by", d->submitted_by);
    args[n++] = ym_int("etag", d->etag);
    args[n++] = ym_int("now", d->updated);
    assert(n <= ARGS);
    return n;
}

static bool insert(struct store *store, const struct catalog_dataset *d, struct ym_arena *arena,
                   struct ym_error *err)
{
    struct ym_arg args[ARGS];
    size_t n = args_of(d, arena, args);
    bool ok = store_run(store, SQL_ADD, (struct ym_args){args, n}, NULL, err);

    if (ok || strcmp(err->code, "store.unique") != 0)
        return ok;
    ym_fail(err, YM_CONFLICT, "catalog.taken", "there is a dataset '%.*s' already",
            YM_FMT(d->name));
    ym_hint(err, "Load into it, or choose another name.");
    return ym_about(err, d->name);
}

void catalog_defaults(struct catalog_dataset *dataset)
{
    otherwise(&dataset->title_en, "");
    otherwise(&dataset->abstract_zh, "");
    otherwise(&dataset->abstract_en, "");
    otherwise(&dataset->code, "");
    otherwise(&dataset->theme, "");
    otherwise(&dataset->openness, "closed");
    otherwise(&dataset->sharing, "conditional");
    otherwise(&dataset->update_cycle, "irregular");
}

bool catalog_insert(struct store *store, struct catalog_dataset *dataset, struct ym_arena *arena,
                    struct ym_error *err)
{
    bool published = ym_str_is(dataset->state, "published");

    dataset->id = store_new_id(store);
    dataset->created = dataset->updated = ym_now();
    dataset->released = published ? dataset->created : 0;
    dataset->etag = 1;
    return insert(store, dataset, arena, err) && catalog_turn(store, dataset->id, err) &&
           org_agency_count(store, dataset->agency, 1, err) &&
           (!published || catalog_news(store, dataset->id, "entry.published", YM_STR(""), err));
}

bool catalog_add(struct store *store, const struct org_caller *caller,
                 struct catalog_dataset *dataset, struct ym_arena *arena, struct ym_error *err)
{
    struct ym_str space;
    struct org_agency agency;

    if (!catalog_name(dataset->name, &space, err))
        return false;
    if (!org_agency_by_name(store, space, arena, &agency, err)) {
        if (err->kind != YM_NOT_FOUND)
            return false;
        return invalid(err, "catalog.space", space, "the name does not begin with an agency",
                       "The part before the point is the short name of the agency.");
    }
    if (dataset->agency != 0 && dataset->agency != agency.id)
        return invalid(err, "catalog.space", space, "the name begins with another agency",
                       "The part before the point is the short name of the dataset's agency.");
    dataset->agency = agency.id;
    dataset->agency_name = agency.name;
    dataset->agency_title_zh = agency.title_zh;
    dataset->agency_title_en = agency.title_en;
    if (!catalog_may(dataset, caller).edit)
        return catalog_denied(caller, dataset->name, err);
    if (agency.closed > 0) {
        ym_fail(err, YM_CONFLICT, "org.agency_closed", "the agency '%.*s' is closed",
                YM_FMT(agency.name));
        ym_hint(err, "Open it again, or choose the agency that took over.");
        return ym_about(err, agency.name);
    }
    catalog_defaults(dataset);
    bool asked = dataset->state.n > 0;
    bool administrator = org_holds(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR), dataset->agency);
    otherwise(&dataset->state, administrator ? "published" : "draft");
    if (!check_code(dataset->state, "state", catalog_states, err) ||
        !catalog_check(dataset, arena, err))
        return false;
    bool published = ym_str_is(dataset->state, "published");
    if ((published && !administrator) || ym_str_is(dataset->state, "submitted"))
        return catalog_denied(caller, dataset->name, err);
    if (published && asked && !catalog_incomplete(dataset, false, err))
        return false;
    bool ok = store_begin(store, err) && catalog_insert(store, dataset, arena, err) &&
              store_commit(store, err);
    if (!ok)
        store_rollback(store);
    return ok;
}

static bool take_text(const json_t *value, const char *key, struct ym_str *zh, struct ym_str *en,
                      struct ym_error *err)
{
    const char *language;
    json_t *text;

    json_object_foreach((json_t *)value, language, text)
    {
        struct ym_str *to = strcmp(language, "zh") == 0   ? zh
                            : strcmp(language, "en") == 0 ? en
                                                          : NULL;
        if (!to || !json_is_string(text))
            return invalid(err, "catalog.member", ym_str(key), "not a text in zh and en",
                           "Write {\"zh\": \"…\", \"en\": \"…\"}.");
        *to = (struct ym_str){json_string_value(text), json_string_length(text)};
    }
    return json_is_object(value) ||
           invalid(err, "catalog.member", ym_str(key), "not a text in zh and en",
                   "Write {\"zh\": \"…\", \"en\": \"…\"}.");
}

static bool take_member(const char *key, const json_t *value, struct catalog_dataset *d,
                        struct ym_arena *arena, struct ym_error *err)
{
    const struct {
        const char *key;
        struct ym_str *to;
    } texts[] = {{"theme", &d->theme},
                 {"openness", &d->openness},
                 {"sharing", &d->sharing},
                 {"update_cycle", &d->update_cycle},
                 {"code", &d->code}};
    for (size_t i = 0; i < CATALOG_N_FACTS; i++)
        if (strcmp(key, catalog_facts[i].name) == 0 &&
            (json_is_string(value) || json_is_null(value))) {
            *catalog_fact_of(d, i) = (struct ym_str){
                json_is_null(value) ? "" : json_string_value(value), json_string_length(value)};
            return true;
        }

    if (strcmp(key, "title") == 0)
        return take_text(value, key, &d->title_zh, &d->title_en, err);
    if (strcmp(key, "abstract") == 0)
        return take_text(value, key, &d->abstract_zh, &d->abstract_en, err);
    if (strcmp(key, "schema") == 0 && json_is_object(value)) {
        struct ym_buf text = {0};
        ym_json_dump(&text, value);
        d->schema = ym_arena_str(arena, ym_buf_str(&text));
        ym_buf_clear(&text);
        return true;
    }
    for (size_t i = 0; i < YM_COUNT(texts); i++)
        if (strcmp(key, texts[i].key) == 0 && json_is_string(value)) {
            *texts[i].to = (struct ym_str){json_string_value(value), json_string_length(value)};
            return true;
        }
    return invalid(
        err, "catalog.member", ym_str(key), "nothing that can be changed so",
        "Change title, abstract, theme, openness, sharing, update_cycle, code, schema or the core "
        "metadata, each with its own kind of value.");
}

bool catalog_update(struct store *store, struct catalog_dataset *d, int64_t etag,
                    struct ym_arena *arena, struct ym_error *err)
{
    struct ym_arg args[ARGS];
    int64_t changed = 0;

    d->etag = etag;
    d->updated = ym_now();
    size_t n = args_of(d, arena, args);
    if (!store_run(store, SQL_CHANGE, (struct ym_args){args, n}, &changed, err))
        return false;
    if (changed == 1)
        return true;
    ym_fail(err, YM_CONFLICT, "catalog.etag", "the dataset was changed meanwhile");
    ym_hint(err, "Load it again, look at the other change, and save once more.");
    return ym_about(err, d->name);
}

static const char SQL_HAS_VERSION[] =
    "SELECT 1 FROM version WHERE dataset = :id AND state <> 'refused' LIMIT 1";
static bool schema_free(struct store *store, const struct catalog_dataset *d, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_HAS_VERSION, YM_ARGS(ym_int("id", d->id)), &rows, err))
        return false;
    bool fixed = store_next(rows, err);
    if (!store_rows_close(rows, err))
        return false;
    if (!fixed)
        return true;
    ym_fail(err, YM_CONFLICT, "catalog.schema_fixed", "the schema of '%.*s' has a version already",
            YM_FMT(d->name));
    ym_hint(err, "Make a new dataset for another schema, or load what fits this one.");
    return ym_about(err, d->name);
}

bool catalog_change(struct store *store, const struct org_caller *caller, struct ym_str name,
                    int64_t etag, const json_t *change, struct ym_arena *arena,
                    struct ym_error *err)
{
    static const char *const classes[] = {"openness",      "sharing",        "sharing_condition",
                                          "sharing_basis", "open_condition", "closed_reason"};
    struct catalog_dataset dataset;
    bool class_changes = false, ok = false;
    const char *key;
    json_t *value;

    // In one transaction: a load that begins meanwhile has seen the old schema or the new one.
    if (!store_begin(store, err))
        goto out;
    if (!catalog_see(store, caller, name, arena, &dataset, err))
        goto out;
    if (!catalog_may(&dataset, caller).edit) {
        catalog_denied(caller, name, err);
        goto out;
    }
    json_object_foreach((json_t *)change, key, value)
    {
        if (!take_member(key, value, &dataset, arena, err))
            goto out;
    }
    for (size_t i = 0; i < YM_COUNT(classes); i++)
        class_changes = class_changes || json_object_get(change, classes[i]);
    if (json_object_get(change, "schema") && !schema_free(store, &dataset, err))
        goto out;
    if (!catalog_check(&dataset, arena, err))
        goto out;
    // What is published is never left without the condition that its class demands.
    bool published = ym_str_is(dataset.state, "published");
    if (published && class_changes && !catalog_incomplete(&dataset, true, err))
        goto out;
    if (!catalog_update(store, &dataset, etag, arena, err) ||
        !catalog_turn(store, dataset.id, err) ||
        (published && !catalog_news(store, dataset.id, "entry.changed", YM_STR(""), err)))
        goto out;
    ok = store_commit(store, err);
out:
    if (!ok)
        store_rollback(store);
    return ok;
}

static const char SQL_SETTLE[] =
    "UPDATE dataset SET schema = :schema, search = :search, updated = :now, etag = etag + 1"
    " WHERE id = :id AND schema IS NULL";
bool catalog_settle(struct store *store, int64_t dataset, struct ym_str schema,
                    struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct catalog_dataset d;
    bool ok = catalog_by_id(store, dataset, &arena, &d, err);

    d.schema = schema;
    ok = ok &&
         store_run(store, SQL_SETTLE,
                   YM_ARGS(ym_text("schema", schema),
                           ym_text("search", catalog_search_text(&d, &arena)),
                           ym_int("now", ym_now()), ym_int("id", dataset)),
                   NULL, err) &&
         catalog_turn(store, dataset, err);
    ym_arena_clear(&arena);
    return ok;
}
