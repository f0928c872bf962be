#include "trust/org/inside.h"

#include <sodium.h>

enum { TITLE_MAX = 100, DAYS_MAX = 366 };
#define USED_EVERY (60 * YM_SECOND)

static const char SQL_ADD[] =
    "INSERT INTO token (id, digest, account, title, created, expires, scope)"
    " VALUES (:id, :digest, :account, :title, :now, :expires, :scope)";
bool org_token_add(struct store *store, const struct org_caller *caller, struct ym_str title,
                   unsigned scopes, int64_t days, struct ym_arena *arena, int64_t *id,
                   struct ym_str *token, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct ym_arg now = ym_int("now", ym_now());

    if (!org_need_role(caller, ~0U, err) || !org_check_text(title, "title", TITLE_MAX, false, err))
        return false;
    if (days < 1 || days > DAYS_MAX)
        return org_invalid(err, "org.token_days", "days", "is not between 1 and 366",
                           "Choose how many days the token shall work.");
    if (scopes == 0 || (scopes & ~ORG_SCOPE_ALL))
        return org_invalid(err, "org.token_scope", "scopes", "names no scope, or an unknown one",
                           "Use read, load, edit, manage, audit, account, or all.");
    if (caller->token && (scopes & ~caller->scopes)) {
        ym_fail(err, YM_DENIED, "org.scope", "a token cannot make one that may do more than it");
        ym_hint(err, "Ask for fewer scopes, or make the token on the platform's page.");
        return ym_about(err, YM_STR("scopes"));
    }
    if (!org_random_ready(err))
        return false;
    struct ym_str text = org_random_text("ym_", arena);
    org_digest("token:", text, digest);
    *id = store_new_id(store);
    if (!store_run(store, SQL_ADD,
                   YM_ARGS(ym_int("id", *id), ym_text("digest", ym_str(digest)),
                           ym_int("account", caller->account), ym_text("title", title), now,
                           ym_int("expires", now.i + days * YM_DAY),
                           ym_text("scope", org_scopes_text(scopes, arena))),
                   NULL, err))
        return false;
    *token = text;
    return true;
}

static const char SQL_USED[] = "UPDATE token SET used = :now WHERE id = :id AND used < :now";
static void touch(struct store *store, int64_t id, int64_t now)
{
    struct ym_error err = {0};

    if (!store_run(store, SQL_USED, YM_ARGS(ym_int("id", id), ym_int("now", now)), NULL, &err))
        ym_log_error(YM_WARN, "org.touch", &err);
}

static const char SQL_BY_TOKEN[] =
    "SELECT a.id, a.name, a.display_name, a.agency, t.id, t.digest, t.used, t.scope,"
    " EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id AND f.confirmed > 0)"
    " FROM token t JOIN account a ON a.id = t.account"
    " WHERE t.digest = :digest AND t.expires > :now AND a.locked = 0";
bool org_token_caller(struct store *store, struct ym_str token, struct ym_arena *arena,
                      struct org_caller *out, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct store_rows *rows;
    int64_t now = ym_now(), id = 0, used = 0, home = 0;

    *out = (struct org_caller){0};
    org_digest("token:", token, digest);
    if (!store_ask(store, SQL_BY_TOKEN,
                   YM_ARGS(ym_text("digest", ym_str(digest)), ym_int("now", now)), &rows, err))
        return false;
    if (store_next(rows, err) && org_same_secret(store_text(rows, 5), ym_str(digest))) {
        out->account = store_int(rows, 0);
        out->name = ym_arena_str(arena, store_text(rows, 1));
        out->display_name = ym_arena_str(arena, store_text(rows, 2));
        out->role = ORG_CITIZEN;
        home = store_int(rows, 3);
        id = store_int(rows, 4);
        used = store_int(rows, 6);
        (void)org_scopes_parse(store_text(rows, 7), &out->scopes);
        out->second_factor = store_int(rows, 8) != 0;
    }
    if (!store_rows_close(rows, err))
        return false;
    if (id == 0) {
        ym_fail(err, YM_SIGN_IN, "org.token", "the token is unknown or over");
        return ym_hint(err, "Make a new token and use that.");
    }
    out->token = id;
    if (now - used >= USED_EVERY)
        touch(store, id, now);
    return org_read_grants(store, arena, home, out, err);
}

static const char SQL_LIST[] =
    "SELECT id, title, created, expires, used, scope FROM token WHERE account = :account ORDER BY "
    "id DESC";
bool org_token_list(struct store *store, const struct org_caller *caller, struct ym_arena *arena,
                    struct org_tokens *out, struct ym_error *err)
{
    struct store_rows *rows;

    *out = (struct org_tokens){0};
    if (!org_need_role(caller, ~0U, err) ||
        !store_ask(store, SQL_LIST, YM_ARGS(ym_int("account", caller->account)), &rows, err))
        return false;
    while (store_next(rows, err)) {
        out->items = ym_arena_grow(arena, out->items, &out->cap, out->n + 1, sizeof *out->items);
        struct org_token *one = &out->items[out->n++];
        *one = (struct org_token){
            .id = store_int(rows, 0),
            .title = ym_arena_str(arena, store_text(rows, 1)),
            .created = store_int(rows, 2),
            .expires = store_int(rows, 3),
            .used = store_int(rows, 4),
        };
        (void)org_scopes_parse(store_text(rows, 5), &one->scopes);
    }
    return store_rows_close(rows, err);
}

// An account's home decides who looks after its tokens; those of an administration only the
// security administration and the program.
static const char SQL_DROP[] =
    "DELETE FROM token WHERE id = :id AND (account = :account OR :any = 1)";
static const char SQL_OF[] = "SELECT account FROM token WHERE id = :id";
static bool may_drop(struct store *store, const struct org_caller *caller, int64_t id, bool *any,
                     struct ym_error *err)
{
    struct ym_arena arena = {0};
    struct org_account found;
    struct ym_error refused = {0};
    int64_t account = 0;

    *any = false;
    if (!store_one(store, SQL_OF, YM_ARGS(ym_int("id", id)), &account, err))
        return false;
    if (account != 0 && account != caller->account)
        *any = org_look_after(store, caller, account, false, &arena, &found, &refused);
    ym_arena_clear(&arena);
    return true;
}

bool org_token_drop(struct store *store, const struct org_caller *caller, int64_t id,
                    struct ym_error *err)
{
    char text[24];
    int64_t dropped = 0;
    bool any = false;

    if (!org_need_role(caller, ~0U, err) || !may_drop(store, caller, id, &any, err) ||
        !store_run(
            store, SQL_DROP,
            YM_ARGS(ym_int("id", id), ym_int("account", caller->account), ym_int("any", any)),
            &dropped, err))
        return false;
    if (dropped > 0)
        return true;
    // Also for another's: who may not know of it does not learn that it is there.
    (void)snprintf(text, sizeof text, "%" PRId64, id);
    ym_fail(err, YM_NOT_FOUND, "org.token_unknown", "there is no token '%s'", text);
    ym_hint(err, "Look for it in the list of your tokens.");
    return ym_about(err, ym_str(text));
}

static const char SQL_BURN[] =
    "UPDATE token SET expires = :now WHERE digest = :digest AND expires > :now";
void org_token_burn(struct store *store, struct ym_str token)
{
    char digest[ORG_DIGEST];
    struct ym_error err = {0};
    int64_t burnt = 0;

    org_digest("token:", token, digest);
    if (!store_run(store, SQL_BURN,
                   YM_ARGS(ym_text("digest", ym_str(digest)), ym_int("now", ym_now())), &burnt,
                   &err))
        ym_log_error(YM_ERROR, "org.token_burn", &err);
    else if (burnt > 0)
        ym_log(YM_WARN, "org.token_burnt", YM_NO_ARGS);
}
