#include "trust/org/inside.h"

enum { DATA_MAX = 200, TITLE_MAX = 200, NOTE_MAX = 1000 };

static const char *const states[] = {"planned", "building", "running", "stopped", NULL};
static const char *const places[] = {"government_cloud", "own_room", "public_cloud", "other", NULL};
static const char *const networks[] = {"government_extranet", "internet", "own_network", "isolated",
                                       NULL};
static const char *const interfaces[] = {"api", "database", "file", "none", NULL};

struct org_gates org_system_gates(const struct org_system *system)
{
    bool reached =
        ym_str_is(system->network, "government_extranet") || ym_str_is(system->network, "internet");
    bool interface = !ym_str_is(system->interface, "none");
    struct org_gates gates = {.needs = system->needs.n > 0,
                              .interconnects = reached && interface,
                              .contributes = system->offers.n > 0};

    if (!gates.interconnects)
        gates.interconnects_not = reached ? "interface" : "network";
    gates.approved = gates.needs && gates.contributes;
    gates.accepted = gates.interconnects && gates.contributes;
    return gates;
}

enum {
    SEES = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR),
    KEEPS = ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_STEWARD)
};

static bool sees(const struct org_caller *caller, int64_t agency)
{
    return org_holds(caller, SEES, agency) || org_belongs(caller, agency);
}

bool org_system_may_edit(const struct org_system *system, const struct org_caller *caller)
{
    return org_holds(caller, KEEPS, system->agency);
}

#define COLUMNS                                                                                    \
    "s.id, s.agency, s.level, s.created, s.updated, s.etag, s.title_zh, s.title_en, s.record,"     \
    " s.note, s.state, s.place, s.network, s.interface, a.name, a.title_zh, a.title_en"            \
    " FROM system s JOIN agency a ON a.id = s.agency"

static void read_row(const struct store_rows *rows, struct ym_arena *arena, struct org_system *out)
{
    const struct {
        struct ym_str *to;
    } texts[] = {
        {&out->title_zh},    {&out->title_en},        {&out->record},         {&out->note},
        {&out->state},       {&out->place},           {&out->network},        {&out->interface},
        {&out->agency_name}, {&out->agency_title_zh}, {&out->agency_title_en}};

    *out = (struct org_system){.id = store_int(rows, 0),
                               .agency = store_int(rows, 1),
                               .level = store_int(rows, 2),
                               .created = store_int(rows, 3),
                               .updated = store_int(rows, 4),
                               .etag = store_int(rows, 5)};
    for (size_t i = 0; i < YM_COUNT(texts); i++)
        *texts[i].to = ym_arena_str(arena, store_text(rows, 6 + (int)i));
}

static const char SQL_DATA[] =
    "SELECT direction, title, dataset FROM system_data"
    " WHERE system = :system ORDER BY direction, place";
static bool read_data(struct store *store, struct org_system *system, struct ym_arena *arena,
                      struct ym_error *err)
{
    struct store_rows *rows = NULL;

    if (!store_ask(store, SQL_DATA, YM_ARGS(ym_int("system", system->id)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        struct org_system_list *list =
            ym_str_is(store_text(rows, 0), "needs") ? &system->needs : &system->offers;
        list->items =
            ym_arena_grow(arena, list->items, &list->cap, list->n + 1, sizeof *list->items);
        list->items[list->n++] =
            (struct org_system_data){.title = ym_arena_str(arena, store_text(rows, 1)),
                                     .dataset = ym_arena_str(arena, store_text(rows, 2))};
    }
    return store_rows_close(rows, err);
}

static const char SQL_FIND[] = "SELECT " COLUMNS
                               " WHERE (:agency = 0 OR s.agency = :agency) AND s.id > :after"
                               " ORDER BY s.id LIMIT :limit";
static const char SQL_TOTAL[] =
    "SELECT COUNT(*) FROM system WHERE (:agency = 0 OR agency = :agency)";
bool org_system_find(struct store *store, const struct org_caller *caller, int64_t agency,
                     int64_t after, int64_t limit, struct ym_arena *arena, struct org_systems *out,
                     struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *out = (struct org_systems){0};
    if (!caller)
        return org_need_role(caller, 0, err);
    // Of another agency there is nothing to see, and not even how much.
    if (!org_holds(caller, SEES, 0)) {
        agency = agency ? agency : caller->agency;
        if (!agency || !sees(caller, agency))
            return true;
    }
    struct ym_arg which = ym_int("agency", agency);
    if (!store_ask(store, SQL_FIND, YM_ARGS(which, ym_int("after", after), ym_int("limit", limit)),
                   &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        read_row(rows, arena, &out->items[out->n++]);
    }
    if (!store_rows_close(rows, err) || !store_ask(store, SQL_TOTAL, YM_ARGS(which), &rows, err))
        return false;
    if (store_next(rows, err))
        out->total = store_int(rows, 0);
    if (!store_rows_close(rows, err))
        return false;
    for (size_t i = 0; i < out->n; i++)
        if (!read_data(store, &out->items[i], arena, err))
            return false;
    return true;
}

static const char SQL_GET[] = "SELECT " COLUMNS " WHERE s.id = :id";
bool org_system_get(struct store *store, const struct org_caller *caller, int64_t id,
                    struct ym_arena *arena, struct org_system *out, struct ym_error *err)
{
    struct store_rows *rows = NULL;

    *out = (struct org_system){0};
    if (!store_ask(store, SQL_GET, YM_ARGS(ym_int("id", id)), &rows, err))
        return false;
    if (store_next(rows, err))
        read_row(rows, arena, out);
    if (!store_rows_close(rows, err))
        return false;
    if (out->id && sees(caller, out->agency))
        return read_data(store, out, arena, err);
    ym_fail(err, YM_NOT_FOUND, "org.system", "there is no system %lld", (long long)id);
    return ym_hint(err, "Look for it in the register of systems.");
}

static bool one_of(struct ym_str value, const char *field, const char *const *list,
                   struct ym_error *err)
{
    for (size_t i = 0; list[i]; i++)
        if (ym_str_is(value, list[i]))
            return true;
    return org_invalid(err, "org.system_code", field, "is no value of its list",
                       "Choose one of the options; docs/api.md lists them.");
}

// Only its shape: the catalogue stands above us.
static bool is_dataset(struct ym_str name)
{
    size_t dot = ym_str_find(name, YM_STR("."), 0);

    if (name.n > 127 || dot == SIZE_MAX || dot == 0 || dot + 1 == name.n)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (i != dot && !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

static bool check_list(const struct org_system_list *list, const char *field, struct ym_error *err)
{
    if (list->n > DATA_MAX)
        return org_invalid(err, "org.system_data", field, "has too many items",
                           "Name up to 200 items.");
    for (size_t i = 0; i < list->n; i++) {
        const struct org_system_data *one = &list->items[i];
        if (!org_check_text(one->title, field, TITLE_MAX, false, err))
            return false;
        if (one->dataset.n > 0 && !is_dataset(one->dataset))
            return org_invalid(err, "org.system_data", field, "names no dataset",
                               "Write SPACE.NAME as the catalogue has it, or leave it out.");
    }
    return true;
}

static bool check(const struct org_system *s, struct ym_error *err)
{
    if (s->level < 0 || s->level > 5)
        return org_invalid(err, "org.system_level", "level", "is no level of protection",
                           "Give 1 to 5, or 0 where it is not graded yet.");
    return org_check_text(s->title_zh, "title.zh", TITLE_MAX, false, err) &&
           org_check_text(s->title_en, "title.en", TITLE_MAX, true, err) &&
           org_check_text(s->record, "record", TITLE_MAX, true, err) &&
           org_check_text(s->note, "note", NOTE_MAX, true, err) &&
           one_of(s->state, "state", states, err) && one_of(s->place, "place", places, err) &&
           one_of(s->network, "network", networks, err) &&
           one_of(s->interface, "interface", interfaces, err) &&
           check_list(&s->offers, "offers", err) && check_list(&s->needs, "needs", err);
}

static struct ym_str or_empty(struct ym_str text)
{
    return text.p ? text : YM_STR("");
}

static const char SQL_ADD[] =
    "INSERT INTO system (id, agency, title_zh, title_en, level, record, state, place, network,"
    " interface, note, created, updated, etag) VALUES (:id, :agency, :title_zh, :title_en, :level,"
    " :record, :state, :place, :network, :interface, :note, :now, :now, 1)";
static const char SQL_CHANGE[] =
    "UPDATE system SET title_zh = :title_zh, title_en = :title_en, level = :level,"
    " record = :record, state = :state, place = :place, network = :network,"
    " interface = :interface, note = :note, updated = :now, etag = etag + 1"
    " WHERE id = :id AND etag = :etag AND agency = :agency";
static bool put_row(struct store *store, struct org_system *s, bool fresh, struct ym_error *err)
{
    int64_t changed = 0;

    s->updated = ym_now();
    if (fresh)
        s->created = s->updated;
    if (!store_run(store, fresh ? SQL_ADD : SQL_CHANGE,
                   YM_ARGS(ym_int("id", s->id), ym_int("agency", s->agency),
                           ym_text("title_zh", s->title_zh),
                           ym_text("title_en", or_empty(s->title_en)), ym_int("level", s->level),
                           ym_text("record", or_empty(s->record)), ym_text("state", s->state),
                           ym_text("place", s->place), ym_text("network", s->network),
                           ym_text("interface", s->interface), ym_text("note", or_empty(s->note)),
                           ym_int("now", s->updated), ym_int("etag", s->etag)),
                   &changed, err))
        return false;
    s->etag = fresh ? 1 : s->etag + 1;
    if (changed == 1)
        return true;
    ym_fail(err, YM_CONFLICT, "org.system_etag", "the system was changed meanwhile");
    return ym_hint(err, "Load it again, look at the other change, and save once more.");
}

static const char SQL_FORGET[] = "DELETE FROM system_data WHERE system = :system";
static const char SQL_DATUM[] =
    "INSERT INTO system_data (system, place, direction, title, dataset)"
    " VALUES (:system, :place, :direction, :title, :dataset)";
static bool put_list(struct store *store, const struct org_system *s, const char *direction,
                     const struct org_system_list *list, struct ym_error *err)
{
    for (size_t i = 0; i < list->n; i++)
        if (!store_run(store, SQL_DATUM,
                       YM_ARGS(ym_int("system", s->id), ym_int("place", (int64_t)i),
                               ym_text("direction", ym_str(direction)),
                               ym_text("title", list->items[i].title),
                               ym_text("dataset", or_empty(list->items[i].dataset))),
                       NULL, err))
            return false;
    return true;
}

bool org_system_put(struct store *store, const struct org_caller *caller, struct org_system *system,
                    struct ym_error *err)
{
    bool fresh = system->id == 0;

    if (!org_need_role(caller, KEEPS, err))
        return false;
    if (!org_system_may_edit(system, caller)) {
        ym_fail(err, YM_DENIED, "org.not_yours", "the system belongs to another agency");
        return ym_hint(err, "Ask a steward of that agency.");
    }
    if (!check(system, err))
        return false;
    if (fresh)
        system->id = store_new_id(store);
    bool ok = store_begin(store, err) && put_row(store, system, fresh, err) &&
              store_run(store, SQL_FORGET, YM_ARGS(ym_int("system", system->id)), NULL, err) &&
              put_list(store, system, "offers", &system->offers, err) &&
              put_list(store, system, "needs", &system->needs, err) && store_commit(store, err);
    if (!ok)
        store_rollback(store);
    return ok;
}
