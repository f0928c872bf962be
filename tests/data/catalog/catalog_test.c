#include "data/catalog/catalog.h"

#include "../../support/both.h"

static const struct store_migration migrations[] = {{1, "org", ORG_SCHEMA_1},
                                                    {2, "catalog", CATALOG_SCHEMA_1}};
static const struct org_caller administrator = {.account = 1, .role = ORG_ADMINISTRATOR};

struct place {
    struct store_pool *pool;
    struct store *store;
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
    p->air = add_agency(p, "air", "生态环境厅");
    p->health = add_agency(p, "health", "卫生健康委");
}

static void close_place(struct place *p)
{
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
    assert_false(catalog_change(p.store, &other, YM_STR("air.x"), 1, change, &p.arena, &p.err));
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
    json_t *change = json_pack("{s:{s:s}, s:s}", "title", "zh", "新", "openness", "conditional");
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

    must(catalog_find(p->store, &query, &p->arena, &page, &p->err), &p->err);
    assert_int_equal(page.n, page.total);
    return page.total;
}

static void a_search_looks_for_the_very_text_in_names_titles_and_fields(void **state)
{
    static const struct {
        const char *q;
        int64_t total;
    } cases[] = {
        {"", 4},      {"空气质量", 2}, {"100%", 1},   {"%", 1},       {"_", 1},    {"beds_a", 1},
        {"BEDS_", 1}, {"监测点", 1},   {"pm25", 1},   {"Station", 1}, {"air.", 3}, {"!", 0},
        {"'", 0},     {"值空", 0},     {" 小时 ", 1}, {"\\", 0},
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
    assert_int_equal(total(&p, (struct catalog_query){.theme = YM_STR("environment,health")}), 3);
    assert_int_equal(total(&p, (struct catalog_query){.theme = YM_STR("e_vironment")}), 1);
    assert_int_equal(total(&p, (struct catalog_query){.agency = YM_STR("ai")}), 0);
    struct catalog_query query = {.theme = YM_STR("environment"), .openness = YM_STR("open")};
    must(catalog_find(p.store, &query, &p.arena, &page, &p.err), &p.err);
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
    must(catalog_find(p.store, &query, &p.arena, &page, &p.err), &p.err);
    assert_int_equal(page.n, 2);
    assert_int_equal(page.total, 4);
    assert_true(ym_str_is(page.items[0].name, "air.hour"));
    assert_true(ym_str_is(page.items[1].name, "air.waste"));
    query = (struct catalog_query){.limit = 1};
    must(catalog_find(p.store, &query, &p.arena, &page, &p.err), &p.err);
    assert_true(ym_str_is(page.items[0].name, "air.hour")); // settled last
    query.sort = YM_STR("size");
    assert_false(catalog_find(p.store, &query, &p.arena, &page, &p.err));
    assert_string_equal(p.err.code, "catalog.sort");
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
    };

    return both_run("data/catalog", tests, YM_COUNT(tests));
}
