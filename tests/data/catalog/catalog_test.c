#include "data/catalog/catalog.h"

#include "base/time.h"

#include "../../support/both.h"

static const struct store_migration migrations[] = {{1, "org", ORG_SCHEMA_1},
                                                    {2, "catalog", CATALOG_SCHEMA_1},
                                                    {3, "catalog-core", CATALOG_SCHEMA_2},
                                                    {4, "org_roles", ORG_SCHEMA_2}};
static const struct org_caller administrator = {.account = 1, .role = ORG_ADMINISTRATOR};

struct place {
    struct store_pool *pool;
    struct store *store;
    struct catalog_search *search;
    char file[96];
    struct ym_arena arena;
    struct ym_error err;
    int64_t air, health; // agencies
};

static void must(bool ok, const struct ym_error *err)
{
    if (!ok)
        fail_msg("%s: %s", err->code, err->message);
}

static int64_t add_agency(struct place *p, const char *name, const char *title)
{
    struct org_agency agency = {.name = ym_str(name),
                                .title_zh = ym_str(title),
                                .title_en = ym_str(name),
                                .credit_code = YM_STR(""),
                                .region = YM_STR("")};

    must(org_agency_add(p->store, &administrator, &agency, &p->err), &p->err);
    return agency.id;
}

static void open_place(void **state, struct place *p)
{
    const struct both *both = *state;

    *p = (struct place){0};
    must(store_pool_open(both->url, NULL, 1, migrations, YM_COUNT(migrations), &p->pool, &p->err),
         &p->err);
    must(store_take(p->pool, &p->store, &p->err), &p->err);
    snprintf(p->file, sizeof p->file, "%s/search.db", both->folder);
    must(catalog_search_open(p->file, &p->search, &p->err), &p->err);
    p->air = add_agency(p, "air", "生态环境厅");
    p->health = add_agency(p, "health", "卫生健康委");
}

static void close_place(struct place *p)
{
    catalog_search_close(p->search);
    store_give(p->pool, p->store);
    store_pool_close(p->pool);
    ym_arena_clear(&p->arena);
}

static bool try_add(struct place *p, const struct org_caller *caller,
                    const struct catalog_dataset *dataset)
{
    struct catalog_dataset copy = *dataset;

    return catalog_add(p->store, caller, &copy, &p->arena, &p->err);
}

static void add(struct place *p, const char *name, const char *title, const char *theme,
                const char *openness)
{
    struct catalog_dataset dataset = {.name = ym_str(name),
                                      .title_zh = ym_str(title),
                                      .theme = ym_str(theme),
                                      .openness = ym_str(openness)};

    must(catalog_add(p->store, &administrator, &dataset, &p->arena, &p->err), &p->err);
}

static struct catalog_dataset get(struct place *p, const char *name)
{
    struct catalog_dataset dataset;

    must(catalog_get(p->store, ym_str(name), &p->arena, &dataset, &p->err), &p->err);
    return dataset;
}

static const char SCHEMA[] =
    "{\"fields\": [{\"name\": \"station\", \"type\": \"string\", \"title\": {\"zh\": \"监测点\","
    " \"en\": \"Station\"}}, {\"name\": \"PM25\", \"type\": \"number\"}]}";

static void what_is_added_is_found_again_with_its_defaults(void **state)
{
    struct place p;

    open_place(state, &p);
    struct catalog_dataset dataset = {.name = YM_STR("air.hour"),
                                      .title_zh = YM_STR("空气质量小时值"),
                                      .abstract_zh = YM_STR("各站点"),
                                      .schema = ym_str(SCHEMA)};
    must(catalog_add(p.store, &administrator, &dataset, &p.arena, &p.err), &p.err);
    assert_true(dataset.id > 0 && dataset.created > 0);
    struct catalog_dataset found = get(&p, "air.hour"), same;
    assert_int_equal(found.id, dataset.id);
    assert_int_equal(found.agency, p.air);
    assert_int_equal(found.etag, 1);
    assert_int_equal(found.current.number, 0);
    assert_true(ym_str_is(found.openness, "closed"));
    assert_true(ym_str_is(found.sharing, "conditional"));
    assert_true(ym_str_is(found.update_cycle, "irregular"));
    assert_true(ym_str_is(found.agency_title_zh, "生态环境厅"));
    must(catalog_by_id(p.store, dataset.id, &p.arena, &same, &p.err), &p.err);
    assert_true(ym_str_eq(same.name, found.name));
    struct org_agency agency;
    must(org_agency_get(p.store, p.air, &p.arena, &agency, &p.err), &p.err);
    assert_int_equal(agency.datasets, 1);
    json_t *json = catalog_json(&found, NULL, true);
    assert_string_equal(json_string_value(json_object_get(json, "id")), "air.hour");
    assert_string_equal(json_string_value(json_object_get(json_object_get(json, "title"), "en")),
                        "空气质量小时值");
    assert_int_equal(json_array_size(json_object_get(json_object_get(json, "schema"), "fields")),
                     2);
    assert_true(json_is_null(json_object_get(json, "current")));
    assert_true(json_is_false(json_object_get(json_object_get(json, "may"), "read")));
    json_decref(json);
    close_place(&p);
}

static void what_is_wrong_with_a_dataset_is_said(void **state)
{
    static const struct {
        const char *name, *title, *theme, *openness, *schema, *code;
    } cases[] = {
        {"air", "x", "", "", NULL, "catalog.name"},
        {"air.Hour", "x", "", "", NULL, "catalog.name"},
        {"air.1h", "x", "", "", NULL, "catalog.name"},
        {"air.a.b", "x", "", "", NULL, "catalog.name"},
        {"lake.x", "x", "", "", NULL, "catalog.name"},
        {"open.x", "x", "", "", NULL, "catalog.name"},
        {"nobody.x", "x", "", "", NULL, "catalog.space"},
        {"health.x", "x", "", "", NULL, "catalog.space"},
        {"air.x", "", "", "", NULL, "catalog.text"},
        {"air.x", "x", "Luft", "", NULL, "catalog.theme"},
        {"air.x", "x", "", "ajar", NULL, "catalog.code"},
        {"air.x", "x", "", "", "{", "json.syntax"},
    };
    struct place p;

    open_place(state, &p);
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct catalog_dataset dataset = {.name = ym_str(cases[i].name),
                                          .title_zh = ym_str(cases[i].title),
                                          .theme = ym_str(cases[i].theme),
                                          .openness = ym_str(cases[i].openness),
                                          .schema = ym_str(cases[i].schema),
                                          .agency = p.air};
        assert_false(try_add(&p, &administrator, &dataset));
        if (strcmp(p.err.code, cases[i].code) != 0 && !cases[i].schema)
            fail_msg("%s: %s instead of %s", cases[i].name, p.err.code, cases[i].code);
        assert_int_equal(p.err.kind, YM_INVALID);
    }
    add(&p, "air.x", "x", "", "");
    struct catalog_dataset again = {.name = YM_STR("air.x"), .title_zh = YM_STR("x")};
    assert_false(try_add(&p, &administrator, &again));
    assert_string_equal(p.err.code, "catalog.taken");
    assert_int_equal(p.err.kind, YM_CONFLICT);
    struct catalog_dataset none;
    assert_false(catalog_get(p.store, YM_STR("air.none"), &p.arena, &none, &p.err));
    assert_int_equal(p.err.kind, YM_NOT_FOUND);
    close_place(&p);
}

static void only_stewards_of_the_agency_and_administrators_add_and_change(void **state)
{
    struct place p;

    open_place(state, &p);
    const struct org_caller steward = {.account = 2, .agency = p.air, .role = ORG_STEWARD};
    const struct org_caller other = {.account = 3, .agency = p.health, .role = ORG_STEWARD};
    const struct org_caller official = {.account = 4, .agency = p.air, .role = ORG_OFFICIAL};
    struct catalog_dataset dataset = {.name = YM_STR("air.x"), .title_zh = YM_STR("x")};
    assert_false(try_add(&p, NULL, &dataset));
    assert_int_equal(p.err.kind, YM_SIGN_IN);
    assert_false(try_add(&p, &other, &dataset));
    assert_int_equal(p.err.kind, YM_DENIED);
    assert_false(try_add(&p, &official, &dataset));
    assert_int_equal(p.err.kind, YM_DENIED);
    assert_true(try_add(&p, &steward, &dataset));
    json_t *change = json_pack("{s:s}", "theme", "weather");
    // A draft of another agency is not there; what is published is there and not theirs.
    assert_false(catalog_change(p.store, &other, YM_STR("air.x"), 1, change, &p.arena, &p.err));
    assert_int_equal(p.err.kind, YM_NOT_FOUND);
    add(&p, "air.y", "y", "", "open");
    assert_false(catalog_change(p.store, &other, YM_STR("air.y"), 1, change, &p.arena, &p.err));
    assert_int_equal(p.err.kind, YM_DENIED);
    must(catalog_change(p.store, &steward, YM_STR("air.x"), 1, change, &p.arena, &p.err), &p.err);
    json_decref(change);
    close_place(&p);
}

static void who_may_read_follows_from_openness_and_agency(void **state)
{
    (void)state;
    const struct catalog_dataset open = {.agency = 1, .openness = YM_STR("open")};
    const struct catalog_dataset closed = {.agency = 1, .openness = YM_STR("conditional")};
    const struct org_caller own = {.agency = 1, .role = ORG_OFFICIAL};
    const struct org_caller other = {.agency = 2, .role = ORG_STEWARD};
    const struct org_caller auditor = {.role = ORG_AUDITOR};
    const struct org_caller citizen = {.role = ORG_CITIZEN};
    const struct catalog_dataset nobodys = {.agency = 0, .openness = YM_STR("closed")};

    assert_true(catalog_may(&open, NULL).read && !catalog_may(&open, NULL).load);
    assert_false(catalog_may(&closed, NULL).read);
    assert_false(catalog_may(&closed, &citizen).read);
    assert_false(catalog_may(&nobodys, &citizen).read);
    assert_false(catalog_may(&closed, &other).read || catalog_may(&closed, &other).load);
    assert_true(catalog_may(&closed, &own).read && !catalog_may(&closed, &own).edit);
    assert_true(catalog_may(&closed, &auditor).read && !catalog_may(&closed, &auditor).load);
    assert_true(catalog_may(&closed, &administrator).edit);
}

static void a_change_of_what_was_changed_meanwhile_is_refused(void **state)
{
    struct place p;

    open_place(state, &p);
    add(&p, "air.x", "旧", "", "open");
    json_t *change =
        json_pack("{s:{s:s}, s:s, s:s, s:s}", "title", "zh", "新", "openness", "conditional",
                  "open_condition", "登记后可用", "sharing_condition", "按需");
    must(catalog_change(p.store, &administrator, YM_STR("air.x"), 1, change, &p.arena, &p.err),
         &p.err);
    assert_false(
        catalog_change(p.store, &administrator, YM_STR("air.x"), 1, change, &p.arena, &p.err));
    assert_string_equal(p.err.code, "catalog.etag");
    json_decref(change);
    struct catalog_dataset found = get(&p, "air.x");
    assert_int_equal(found.etag, 2);
    assert_true(ym_str_is(found.title_zh, "新") && ym_str_is(found.openness, "conditional"));
    assert_true(found.updated >= found.created);
    change = json_pack("{s:s}", "name", "air.y");
    assert_false(
        catalog_change(p.store, &administrator, YM_STR("air.x"), 2, change, &p.arena, &p.err));
    assert_string_equal(p.err.code, "catalog.member");
    json_decref(change);
    close_place(&p);
}

static void tell(struct place *p, const char *sql, struct ym_args args)
{
    must(store_run(p->store, sql, args, NULL, &p->err), &p->err);
}

static int64_t publish(struct place *p, int64_t dataset, int64_t number, const char *state,
                       int64_t at)
{
    int64_t load = store_new_id(p->store);

    tell(p,
         "INSERT INTO version (id, dataset, number, state, file, size, digest, received, published,"
         " rows_in, rows_kept, rows_quarantined, duplicates) VALUES (:id, :dataset, :number,"
         " :state, 'f.csv', 1, 'd', 1, :at, 10, 7, 2, 1)",
         YM_ARGS(ym_int("id", load), ym_int("dataset", dataset), ym_int("number", number),
                 ym_text("state", ym_str(state)), ym_int("at", at)));
    return load;
}

static void current_is_what_was_published_last(void **state)
{
    struct place p;

    open_place(state, &p);
    add(&p, "air.x", "x", "", "open");
    int64_t id = get(&p, "air.x").id;
    int64_t load = publish(&p, id, 1, "published", 300);
    publish(&p, id, 2, "published", 100); // received later, published earlier
    publish(&p, id, 3, "withdrawn", 400);
    publish(&p, id, 4, "refused", 0);
    struct catalog_version current = get(&p, "air.x").current;
    assert_int_equal(current.number, 1);
    assert_int_equal(current.kept, 7);
    assert_int_equal(current.load, load);
    json_t *json = catalog_version_json(&current);
    assert_string_equal(json_string_value(json_object_get(json, "published_at")),
                        "1970-01-01T00:00:00.000300Z");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "rows"), "in")), 10);
    json_decref(json);
    close_place(&p);
}

static void a_dataset_has_one_open_load(void **state)
{
    struct place p;

    open_place(state, &p);
    add(&p, "air.x", "x", "", "open");
    add(&p, "air.y", "y", "", "open");
    int64_t x = get(&p, "air.x").id, y = get(&p, "air.y").id;
    publish(&p, x, 1, "received", 0);
    publish(&p, y, 1, "checked", 0);
    assert_false(store_run(p.store,
                           "INSERT INTO version (id, dataset, number, state, file, size, digest,"
                           " received) VALUES (:id, :dataset, 2, 'checked', 'f', 1, 'd', 1)",
                           YM_ARGS(ym_int("id", 5), ym_int("dataset", x)), NULL, &p.err));
    assert_string_equal(p.err.code, "store.unique");
    publish(&p, x, 2, "published", 5);
    close_place(&p);
}

static void the_first_load_settles_a_schema_once(void **state)
{
    struct place p;

    open_place(state, &p);
    add(&p, "air.x", "x", "", "open");
    int64_t id = get(&p, "air.x").id;
    assert_null(get(&p, "air.x").schema.p);
    must(catalog_settle(p.store, id, ym_str(SCHEMA), &p.err), &p.err);
    must(catalog_settle(p.store, id, YM_STR("{\"fields\": []}"), &p.err), &p.err);
    assert_true(ym_str_is(get(&p, "air.x").schema, SCHEMA));

    json_t *change = json_pack("{s:o}", "schema", json_loads(SCHEMA, 0, NULL));
    publish(&p, id, 1, "refused", 0);
    must(catalog_change(p.store, &administrator, YM_STR("air.x"), 2, change, &p.arena, &p.err),
         &p.err);
    publish(&p, id, 2, "published", 9);
    assert_false(
        catalog_change(p.store, &administrator, YM_STR("air.x"), 3, change, &p.arena, &p.err));
    assert_string_equal(p.err.code, "catalog.schema_fixed");
    json_decref(change);
    close_place(&p);
}

static void fill(struct place *p)
{
    add(p, "air.hour", "空气质量小时值 100%", "environment", "open");
    add(p, "air.day", "空气质量日均值", "environment", "closed");
    add(p, "air.waste", "危险废物", "e_vironment", "open");
    add(p, "health.beds", "床位 Beds_A", "health", "open");
    must(catalog_settle(p->store, get(p, "air.hour").id, ym_str(SCHEMA), &p->err), &p->err);
}

static int64_t total(struct place *p, struct catalog_query query)
{
    struct catalog_page page;

    must(catalog_find(p->store, p->search, NULL, &query, &p->arena, &page, &p->err), &p->err);
    assert_int_equal(page.n, page.total);
    return page.total;
}

static void a_search_looks_for_the_very_text_in_names_titles_and_fields(void **state)
{
    static const struct {
        const char *q;
        int64_t total;
    } cases[] = {
        {"", 4},         {"空气质量", 2}, {"100%", 1},      {"%", 0},        {"_", 0},
        {"beds_a", 1},   {"BEDS_", 1},    {"监测点", 1},    {"pm25", 1},     {"Station", 1},
        {"air.", 3},     {"!", 0},        {"'", 0},         {"值空", 0},     {" 小时 ", 1},
        {"\\", 0},       {"气", 2},       {"值", 2},        {"质", 2},       {"废气", 0},
        {"ＰＭ２５", 1}, {"pm2", 1},      {"空气 小时", 1}, {"小时　空", 1}, {"空气 床位", 0},
        {"kqzl", 2},     {"KQZLXSZ", 1},  {"wxfw", 1},      {"cw", 1},       {"\"", 0},
        {"OR", 0},       {"\"空气", 2},   {"beds_a床", 0},  {"床位beds", 1}, {"点pm25", 0},
    };
    struct place p;

    open_place(state, &p);
    fill(&p);
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        int64_t found = total(&p, (struct catalog_query){.q = ym_str(cases[i].q)});
        if (found != cases[i].total)
            fail_msg("'%s' finds %lld", cases[i].q, (long long)found);
    }
    close_place(&p);
}

static int64_t facet(const struct catalog_page *page, const char *name, const char *value)
{
    for (size_t i = 0; i < page->n_facets; i++)
        if (strcmp(page->facets[i].facet, name) == 0 && ym_str_is(page->facets[i].value, value))
            return page->facets[i].count;
    return 0;
}

static void facets_are_counted_under_the_other_filters(void **state)
{
    struct place p;
    struct catalog_page page;

    open_place(state, &p);
    fill(&p);
    assert_int_equal(
        total(&p, (struct catalog_query){.filters[CATALOG_THEME] = YM_STR("environment,health")}),
        3);
    assert_int_equal(
        total(&p, (struct catalog_query){.filters[CATALOG_THEME] = YM_STR("e_vironment")}), 1);
    assert_int_equal(total(&p, (struct catalog_query){.filters[CATALOG_AGENCY] = YM_STR("ai")}), 0);
    struct catalog_query query = {.filters[CATALOG_THEME] = YM_STR("environment"),
                                  .filters[CATALOG_OPENNESS] = YM_STR("open")};
    must(catalog_find(p.store, p.search, NULL, &query, &p.arena, &page, &p.err), &p.err);
    assert_int_equal(page.total, 1);
    assert_int_equal(facet(&page, "theme", "environment"), 1);
    assert_int_equal(facet(&page, "theme", "e_vironment"), 1); // open, of another theme
    assert_int_equal(facet(&page, "theme", "health"), 1);
    assert_int_equal(facet(&page, "openness", "open"), 1);
    assert_int_equal(facet(&page, "openness", "closed"), 1); // of this theme, not open
    assert_int_equal(facet(&page, "agency", "air"), 1);
    assert_int_equal(facet(&page, "agency", "health"), 0);
    json_t *json = catalog_facets_json(&page);
    json_t *agency = json_array_get(json_object_get(json, "agency"), 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(agency, "title"), "zh")),
                        "生态环境厅");
    json_decref(json);
    close_place(&p);
}

static void pages_follow_the_order(void **state)
{
    struct place p;
    struct catalog_page page;

    open_place(state, &p);
    fill(&p);
    struct catalog_query query = {.sort = YM_STR("name"), .limit = 2, .offset = 1};
    must(catalog_find(p.store, p.search, NULL, &query, &p.arena, &page, &p.err), &p.err);
    assert_int_equal(page.n, 2);
    assert_int_equal(page.total, 4);
    assert_true(ym_str_is(page.items[0].name, "air.hour"));
    assert_true(ym_str_is(page.items[1].name, "air.waste"));
    query = (struct catalog_query){.limit = 1};
    must(catalog_find(p.store, p.search, NULL, &query, &p.arena, &page, &p.err), &p.err);
    assert_true(ym_str_is(page.items[0].name, "air.hour")); // settled last
    query.sort = YM_STR("size");
    assert_false(catalog_find(p.store, p.search, NULL, &query, &p.arena, &page, &p.err));
    assert_string_equal(p.err.code, "catalog.sort");
    close_place(&p);
}

static const struct org_caller *as(struct org_caller *caller, int64_t account, int64_t agency,
                                   enum org_role role)
{
    *caller = (struct org_caller){.account = account, .agency = agency, .role = role};
    return caller;
}

static void complete(struct catalog_dataset *d)
{
    d->abstract_zh = YM_STR("各站点");
    d->theme = YM_STR("environment");
    d->category = YM_STR("theme.environment");
    d->format = YM_STR("database");
    d->sharing_condition = YM_STR("经本厅同意");
    d->closed_reason = YM_STR("含内部信息");
    d->contact = YM_STR("数据管理处");
    d->contact_phone = YM_STR("027-87654321");
}

static bool review(struct place *p, const struct org_caller *caller, enum catalog_act act,
                   const char *reason)
{
    p->err = (struct ym_error){0};
    return catalog_review(p->store, caller, YM_STR("air.x"), act, ym_str(reason), &p->arena,
                          &p->err);
}

static void an_entry_is_reviewed_by_a_second_steward_before_others_see_it(void **state)
{
    struct org_caller first, second, foreign;
    struct catalog_dataset seen;
    struct place p;

    open_place(state, &p);
    as(&first, 2, p.air, ORG_STEWARD);
    as(&second, 3, p.air, ORG_STEWARD);
    as(&foreign, 4, p.health, ORG_STEWARD);
    struct catalog_dataset dataset = {.name = YM_STR("air.x"), .title_zh = YM_STR("草稿")};
    must(catalog_add(p.store, &first, &dataset, &p.arena, &p.err), &p.err);
    assert_true(ym_str_is(dataset.state, "draft"));

    assert_false(catalog_see(p.store, &foreign, YM_STR("air.x"), &p.arena, &seen, &p.err));
    assert_int_equal(p.err.kind, YM_NOT_FOUND);
    assert_false(catalog_see(p.store, NULL, YM_STR("air.x"), &p.arena, &seen, &p.err));
    assert_true(catalog_see(p.store, &second, YM_STR("air.x"), &p.arena, &seen, &p.err));
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("草稿")}), 0);

    assert_false(review(&p, &first, CATALOG_SUBMIT, ""));
    assert_string_equal(p.err.code, "catalog.incomplete");
    assert_string_equal(p.err.subject, "sharing_condition");
    json_t *change = json_pack("{s:{s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "abstract", "zh",
                               "各站点", "theme", "environment", "category", "theme.environment",
                               "format", "database", "sharing_condition", "经同意", "closed_reason",
                               "内部", "contact", "数据处", "contact_mail", "a@example.cn");
    must(catalog_change(p.store, &first, YM_STR("air.x"), 1, change, &p.arena, &p.err), &p.err);
    json_decref(change);
    assert_false(review(&p, &first, CATALOG_PUBLISH, ""));
    assert_string_equal(p.err.code, "catalog.state");
    must(review(&p, &first, CATALOG_SUBMIT, ""), &p.err);
    assert_false(review(&p, &first, CATALOG_SUBMIT, ""));
    assert_string_equal(p.err.code, "catalog.state");
    assert_false(review(&p, &first, CATALOG_PUBLISH, ""));
    assert_string_equal(p.err.code, "catalog.own_review");
    assert_false(review(&p, &foreign, CATALOG_PUBLISH, ""));
    assert_int_equal(p.err.kind, YM_NOT_FOUND);
    assert_false(review(&p, &second, CATALOG_SEND_BACK, " "));
    assert_string_equal(p.err.code, "catalog.reason");
    must(review(&p, &second, CATALOG_SEND_BACK, "摘要太短"), &p.err);
    seen = get(&p, "air.x");
    assert_true(ym_str_is(seen.state, "draft") && ym_str_is(seen.review_note, "摘要太短"));
    must(review(&p, &first, CATALOG_SUBMIT, ""), &p.err);
    must(review(&p, &second, CATALOG_PUBLISH, ""), &p.err);
    assert_true(catalog_see(p.store, NULL, YM_STR("air.x"), &p.arena, &seen, &p.err));
    assert_true(seen.released > 0);
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("草稿")}), 1);

    // What is published is never left without what its class demands.
    change = json_pack("{s:s}", "sharing", "withheld");
    assert_false(
        catalog_change(p.store, &first, YM_STR("air.x"), seen.etag, change, &p.arena, &p.err));
    assert_string_equal(p.err.code, "catalog.incomplete");
    assert_string_equal(p.err.subject, "sharing_basis");
    json_decref(change);
    close_place(&p);
}

static void an_administrator_publishes_what_is_complete(void **state)
{
    struct place p;

    open_place(state, &p);
    struct catalog_dataset dataset = {
        .name = YM_STR("air.x"), .title_zh = YM_STR("x"), .state = YM_STR("published")};
    assert_false(try_add(&p, &administrator, &dataset));
    assert_string_equal(p.err.code, "catalog.incomplete");
    complete(&dataset);
    assert_true(try_add(&p, &administrator, &dataset));
    struct catalog_dataset found = get(&p, "air.x");
    assert_true(ym_str_is(found.contact, "数据管理处"));
    json_t *json = catalog_json(&found, NULL, false);
    assert_int_equal(json_array_size(json_object_get(json, "gaps")), 0);
    assert_string_equal(json_string_value(json_object_get(json, "format")), "database");
    json_decref(json);
    dataset.name = YM_STR("air.y");
    dataset.open_planned = YM_STR("2026-02-30");
    assert_false(try_add(&p, &administrator, &dataset));
    assert_string_equal(p.err.code, "catalog.day");
    dataset.open_planned = YM_STR("");
    dataset.category = YM_STR("theme.nothing");
    assert_false(try_add(&p, &administrator, &dataset));
    assert_string_equal(p.err.code, "catalog.code");
    close_place(&p);
}

// A page of another search than ours would show what is in the store all the same.
static void a_search_file_that_is_missing_broken_or_behind_is_made_anew(void **state)
{
    struct place p;
    char junk[4096];

    open_place(state, &p);
    fill(&p);
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("空气")}), 2);
    catalog_search_close(p.search);
    must(catalog_search_open(p.file, &p.search, &p.err), &p.err);
    add(&p, "air.late", "空气后来", "environment", "open");
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("空气")}), 3);
    catalog_search_close(p.search);
    FILE *file = fopen(p.file, "we");
    memset(junk, 'x', sizeof junk);
    fwrite(junk, 1, sizeof junk, file);
    fclose(file);
    must(catalog_search_open(p.file, &p.search, &p.err), &p.err);
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("空气")}), 3);
    catalog_search_close(p.search);
    unlink(p.file);
    // A store of before: what it lacks is no longer found.
    must(catalog_search_open(p.file, &p.search, &p.err), &p.err);
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("后来")}), 1);
    tell(&p, "DELETE FROM news", YM_NO_ARGS);
    tell(&p, "DELETE FROM dataset WHERE name = 'air.late'", YM_NO_ARGS);
    tell(&p, "UPDATE catalog_turn SET turn = 2", YM_NO_ARGS);
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("后来")}), 0);
    assert_int_equal(total(&p, (struct catalog_query){.q = YM_STR("空气")}), 2);
    close_place(&p);
}

static void figures_of_the_province_count_what_each_agency_has(void **state)
{
    struct catalog_overview found;
    struct place p;
    int64_t now = ym_now();

    open_place(state, &p);
    fill(&p);
    tell(&p, "UPDATE agency SET region = '420100' WHERE name = 'air'", YM_NO_ARGS);
    tell(&p, "UPDATE agency SET region = '429004' WHERE name = 'health'", YM_NO_ARGS);
    tell(&p, "UPDATE dataset SET update_cycle = 'day', open_planned = '2020-01-01'", YM_NO_ARGS);
    publish(&p, get(&p, "air.hour").id, 1, "published", now);
    publish(&p, get(&p, "air.day").id, 1, "published", now - 3 * YM_DAY);
    must(catalog_overview(p.store, p.search, &p.arena, &found, &p.err), &p.err);
    assert_int_equal(found.all.datasets, 4);
    assert_int_equal(found.all.mounted, 2);
    assert_int_equal(found.all.fresh, 1);
    assert_int_equal(found.all.late, 1);
    assert_int_equal(found.all.rows_in, 20);
    assert_int_equal(found.all.rows_kept, 14);
    assert_int_equal(found.all.openness[0] + found.all.openness[2], 4);
    assert_int_equal(found.all.plan_kept, 1);    // air.hour: open and there
    assert_int_equal(found.all.plan_overdue, 3); // air.day is closed, the others have no data
    assert_int_equal(found.n_agencies, 2);
    assert_int_equal(found.agencies[0].figures.datasets, 3);
    assert_int_equal(found.n_regions, 2);
    assert_true(ym_str_is(found.regions[0].agency.region, "420100"));
    assert_true(ym_str_is(found.regions[1].agency.region, "429004"));

    // Each figure opens the list behind it.
    static const struct {
        enum catalog_facet facet;
        const char *value;
        int64_t total;
    } lists[] = {{CATALOG_MOUNTED, "yes", 2},    {CATALOG_MOUNTED, "no", 2},
                 {CATALOG_FRESHNESS, "late", 1}, {CATALOG_FRESHNESS, "fresh,late", 2},
                 {CATALOG_PLAN, "overdue", 3},   {CATALOG_PLAN, "kept", 1},
                 {CATALOG_REGION, "429004", 1},  {CATALOG_CYCLE, "day", 4},
                 {CATALOG_STATE, "draft", 0}};
    for (size_t i = 0; i < YM_COUNT(lists); i++) {
        struct catalog_query query = {0};
        query.filters[lists[i].facet] = ym_str(lists[i].value);
        if (total(&p, query) != lists[i].total)
            fail_msg("%s", lists[i].value);
    }
    assert_int_equal(total(&p, (struct catalog_query){.planned_from = YM_STR("2020-01-01"),
                                                      .planned_to = YM_STR("2020-12-31")}),
                     4);
    assert_int_equal(total(&p, (struct catalog_query){.planned_from = YM_STR("2020-01-02")}), 0);
    close_place(&p);
}

static void a_version_that_is_published_moves_the_figures(void **state)
{
    struct place p;

    open_place(state, &p);
    fill(&p);
    struct catalog_query mounted = {.filters[CATALOG_MOUNTED] = YM_STR("yes")};
    assert_int_equal(total(&p, mounted), 0);
    int64_t id = get(&p, "air.hour").id;
    must(store_begin(p.store, &p.err), &p.err);
    publish(&p, id, 1, "published", 5);
    must(catalog_touch(p.store, id, "version.published", 1, &p.err), &p.err);
    must(store_commit(p.store, &p.err), &p.err);
    assert_int_equal(total(&p, mounted), 1);
    close_place(&p);
}

static void what_is_meant_comes_first(void **state)
{
    struct place p;
    struct catalog_page page;

    open_place(state, &p);
    add(&p, "air.c", "空气", "environment", "open");
    add(&p, "air.b", "空气质量", "environment", "open");
    add(&p, "air.a", "湖北空气", "environment", "open");
    struct catalog_query query = {.q = YM_STR("空气")};
    must(catalog_find(p.store, p.search, NULL, &query, &p.arena, &page, &p.err), &p.err);
    assert_int_equal(page.n, 3);
    assert_true(ym_str_is(page.items[0].name, "air.c"));
    assert_true(ym_str_is(page.items[1].name, "air.b"));
    assert_true(ym_str_is(page.items[2].name, "air.a"));
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_found_again_with_its_defaults),
        cmocka_unit_test(what_is_wrong_with_a_dataset_is_said),
        cmocka_unit_test(only_stewards_of_the_agency_and_administrators_add_and_change),
        cmocka_unit_test(who_may_read_follows_from_openness_and_agency),
        cmocka_unit_test(a_change_of_what_was_changed_meanwhile_is_refused),
        cmocka_unit_test(current_is_what_was_published_last),
        cmocka_unit_test(a_dataset_has_one_open_load),
        cmocka_unit_test(the_first_load_settles_a_schema_once),
        cmocka_unit_test(a_search_looks_for_the_very_text_in_names_titles_and_fields),
        cmocka_unit_test(facets_are_counted_under_the_other_filters),
        cmocka_unit_test(pages_follow_the_order),
        cmocka_unit_test(what_is_meant_comes_first),
        cmocka_unit_test(an_entry_is_reviewed_by_a_second_steward_before_others_see_it),
        cmocka_unit_test(an_administrator_publishes_what_is_complete),
        cmocka_unit_test(a_search_file_that_is_missing_broken_or_behind_is_made_anew),
        cmocka_unit_test(figures_of_the_province_count_what_each_agency_has),
        cmocka_unit_test(a_version_that_is_published_moves_the_figures),
    };

    return both_run("data/catalog", tests, YM_COUNT(tests));
}
