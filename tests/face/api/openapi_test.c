#include "face/api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static json_t *document(void)
{
    json_t *schemas = api_schemas();

    assert_non_null(schemas);
    json_t *whole = http_openapi(api_routes, api_n_routes, schemas);
    json_decref(schemas);
    assert_non_null(whole);
    return whole;
}

// Calls `see` with each object of the tree.
static void walk(json_t *at, json_t *root, void (*see)(json_t *object, json_t *root))
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_object(at)) {
        see(at, root);
        json_object_foreach(at, key, value) walk(value, root, see);
    }
    json_array_foreach(at, i, value) walk(value, root, see);
}

static void check_reference(json_t *object, json_t *root)
{
    const char *to = json_string_value(json_object_get(object, "$ref"));
    const char *prefix = "#/components/schemas/";

    if (!to)
        return;
    json_t *schemas = json_object_get(json_object_get(root, "components"), "schemas");
    if (strncmp(to, prefix, strlen(prefix)) != 0 || !json_object_get(schemas, to + strlen(prefix)))
        printf("# %s leads nowhere\n", to);
    assert_memory_equal(to, prefix, strlen(prefix));
    assert_non_null(json_object_get(schemas, to + strlen(prefix)));
}

static void every_reference_leads_to_a_schema(void **state)
{
    json_t *whole = document();

    (void)state;
    walk(whole, whole, check_reference);
    json_decref(whole);
}

// What JSON Schema 2020-12 says of the keywords that we use.
static void check_schema(json_t *object, json_t *root)
{
    static const char *const types[] = {"object", "array",   "string", "integer",
                                        "number", "boolean", "null"};
    json_t *type = json_object_get(object, "type"), *required = json_object_get(object, "required");
    json_t *properties = json_object_get(object, "properties"), *name;
    size_t i;

    (void)root;
    if (json_is_string(type) && properties)
        assert_string_equal(json_string_value(type), "object");
    if (json_is_array(type) || (json_is_string(type) && !json_object_get(object, "scheme") &&
                                !json_object_get(object, "in"))) {
        json_t *list = json_is_array(type) ? json_incref(type) : json_pack("[O]", type);
        json_array_foreach(list, i, name)
        {
            bool known = false;
            for (size_t j = 0; j < YM_COUNT(types); j++)
                known = known || strcmp(json_string_value(name), types[j]) == 0;
            assert_true(known);
        }
        json_decref(list);
    }
    if (json_is_array(required) && properties)
        json_array_foreach(required, i, name)
            assert_non_null(json_object_get(properties, json_string_value(name)));
}

static void schemas_are_sound(void **state)
{
    json_t *schemas = api_schemas();
    const char *name;
    json_t *one;

    (void)state;
    json_object_foreach(schemas, name, one)
    {
        // The properties of an object are names, not keywords: only schemas are looked at.
        check_schema(one, NULL);
        json_t *properties = json_object_get(one, "properties"), *property;
        const char *key;
        json_object_foreach(properties, key, property) check_schema(property, NULL);
    }
    json_decref(schemas);
}

static void every_route_is_described_once(void **state)
{
    json_t *whole = document(), *paths = json_object_get(whole, "paths"), *seen = json_object();
    size_t operations = 0;
    const char *path, *method;
    json_t *item, *operation, *param;
    size_t i;

    (void)state;
    assert_string_equal(json_string_value(json_object_get(whole, "openapi")), "3.1.0");
    json_object_foreach(paths, path, item) json_object_foreach(item, method, operation)
    {
        const char *id = json_string_value(json_object_get(operation, "operationId"));
        assert_non_null(id);
        assert_null(json_object_get(seen, id));
        json_object_set_new(seen, id, json_true());
        size_t braces = 0, in_path = 0;
        for (const char *c = path; *c; c++)
            braces += *c == '{';
        json_array_foreach(json_object_get(operation, "parameters"), i, param) in_path +=
            strcmp(json_string_value(json_object_get(param, "in")), "path") == 0;
        assert_int_equal(braces, in_path);
        assert_non_null(json_object_get(json_object_get(operation, "responses"), "default"));
        operations++;
    }
    assert_int_equal(operations, api_n_routes);
    json_decref(seen);
    json_decref(whole);
}

static void every_schema_that_a_route_names_is_there(void **state)
{
    json_t *schemas = api_schemas();

    (void)state;
    for (size_t i = 0; i < api_n_routes; i++) {
        const struct http_route *one = &api_routes[i];
        if (one->request)
            assert_non_null(json_object_get(schemas, one->request));
        if (one->response && strcmp(one->response, "EventStream") != 0)
            assert_non_null(json_object_get(schemas, one->response));
        assert_true(one->body != HTTP_JSON_BODY || one->request);
        assert_true(one->success == 204 || one->response);
        // Nobody changes anything without having signed in, but by signing in or by the secret of
        // an invitation.
        bool changes = strcmp(one->method, "GET") != 0 && strcmp(one->method, "OPTIONS") != 0;
        assert_true(!changes || one->access == HTTP_SIGNED_IN ||
                    strcmp(one->path, "/api/v1/session") == 0 ||
                    strncmp(one->path, "/api/v1/invitations/", 20) == 0);
        // What wants somebody says what his token must carry.
        unsigned scopes;
        if (one->access == HTTP_SIGNED_IN && !one->scope)
            fail_msg("%s %s names no scope", one->method, one->path);
        assert_true(!one->scope || strcmp(one->scope, "session") == 0 ||
                    org_scopes_parse(ym_str(one->scope), &scopes));
    }
    json_decref(schemas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reference_leads_to_a_schema),
        cmocka_unit_test(schemas_are_sound),
        cmocka_unit_test(every_route_is_described_once),
        cmocka_unit_test(every_schema_that_a_route_names_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
