/* tests/trust/org/place: an empty store of this room, and the shortest ways to fill it. */
#pragma once
#include "base/time.h"
#include "tests/support/both.h"
#include "trust/org/org.h"

static const struct store_migration migrations[] = {{1, "org", ORG_SCHEMA_1},
                                                    {2, "org_roles", ORG_SCHEMA_2}};
static const struct store_seal seal = {.key = {7, 5, 3}};
static const char PASSWORD[] = "云者为梦,梦者为云也";

struct place {
    struct store_pool *pool;
    struct store *store;
    struct ym_arena arena;
    struct ym_error err;
};

static inline void open_place(const struct both *both, struct place *place)
{
    if (!store_pool_open(both->url, NULL, 1, migrations, YM_COUNT(migrations), &place->pool,
                         &place->err) ||
        !store_take(place->pool, &place->store, &place->err))
        fail_msg("%s: %s", place->err.code, place->err.message);
}

static inline void close_place(struct place *place)
{
    store_give(place->pool, place->store);
    store_pool_close(place->pool);
    ym_arena_clear(&place->arena);
}

static inline int64_t add_agency(struct place *place, const char *name)
{
    struct org_agency agency = {
        .name = ym_str(name), .title_zh = YM_STR("生态环境厅"), .region = YM_STR("420000")};

    if (!org_agency_add(place->store, &org_program, &agency, &place->err))
        fail_msg("%s: %s", place->err.code, place->err.message);
    return agency.id;
}

static inline int64_t add_account(struct place *place, const char *name, enum org_role role,
                                  int64_t agency)
{
    struct org_account account = {
        .name = ym_str(name), .role = role, .agency = agency, .display_name = YM_STR("王芳")};

    if (!org_account_add(place->store, &org_program, &account, ym_str(PASSWORD), &place->err))
        fail_msg("%s: %s", place->err.code, place->err.message);
    return account.id;
}

static inline int64_t count(struct place *place, const char *sql)
{
    struct store_rows *rows;
    int64_t n = -1;

    assert_true(store_ask(place->store, sql, YM_NO_ARGS, &rows, &place->err));
    if (store_next(rows, &place->err))
        n = store_int(rows, 0);
    assert_true(store_rows_close(rows, &place->err));
    return n;
}
