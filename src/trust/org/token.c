#include "trust/org/inside.h"

#include <sodium.h>

enum { TITLE_MAX = 100, DAYS_MAX = 366 };
#define USED_EVERY (60 * YM_SECOND)

static const char SQL_ADD[] =
    "INSERT INTO token (id, digest, account, title, created, expires)"
    " VALUES (:id, :digest, :account, :title, :now, :expires)";
bool org_token_add(struct store *store, const struct org_caller *caller, struct ym_str title,
                   int64_t days, struct ym_arena *arena, int64_t *id, struct ym_str *token,
                   struct ym_error *err)
{
    unsigned char bytes[ORG_SECRET_BYTES];
    char text[3 + 64] = "ym_", digest[ORG_DIGEST];
    struct ym_arg now = ym_int("now", ym_now());

    if (!org_need_role(caller, ~0U, err) || !org_check_text(title, "title", TITLE_MAX, false, err))
        return false;
    if (days < 1 || days > DAYS_MAX)
        return org_invalid(err, "org.token_days", "days", "is not between 1 and 366",
                           "Choose how many days the token shall work.");
    if (!org_random_ready(err))
        return false;
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text + 3, sizeof text - 3, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    org_digest("token:", ym_str(text), digest);
    *id = store_new_id(store);
    bool ok = store_run(store, SQL_ADD,
                        YM_ARGS(ym_int("id", *id), ym_text("digest", ym_str(digest)),
                                ym_int("account", caller->account), ym_text("title", title), now,
                                ym_int("expires", now.i + days * YM_DAY)),
                        NULL, err);
    if (ok)
        *token = ym_arena_str(arena, ym_str(text));
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(text, sizeof text);
    return ok;
}

static const char SQL_USED[] = "UPDATE token SET used = :now WHERE id = :id AND used < :now";
static void touch(struct store *store, int64_t id, int64_t now)
{
    struct ym_error err = {0};

    if (!store_run(store, SQL_USED, YM_ARGS(ym_int("id", id), ym_int("now", now)), NULL, &err))
        ym_log_error(YM_WARN, "org.touch", &err);
}

static const char SQL_BY_TOKEN[] =
    "SELECT a.id, a.name, a.display_name, a.role, a.agency, t.id, t.digest, t.used"
    " FROM token t JOIN account a ON a.id = t.account"
    " WHERE t.digest = :digest AND t.expires > :now AND a.locked = 0";
bool org_token_caller(struct store *store, struct ym_str token, struct ym_arena *arena,
                      struct org_caller *out, struct ym_error *err)
{
    char digest[ORG_DIGEST];
    struct store_rows *rows;
    int64_t now = ym_now(), id = 0, used = 0;

    *out = (struct org_caller){0};
    org_digest("token:", token, digest);
    if (!store_ask(store, SQL_BY_TOKEN,
                   YM_ARGS(ym_text("digest", ym_str(digest)), ym_int("now", now)), &rows, err))
        return false;
    if (store_next(rows, err) && org_same_secret(store_text(rows, 6), ym_str(digest))) {
        out->account = store_int(rows, 0);
        out->name = ym_arena_str(arena, store_text(rows, 1));
        out->display_name = ym_arena_str(arena, store_text(rows, 2));
        out->role = ORG_CITIZEN;
        (void)org_role_by_name(store_text(rows, 3), &out->role);
        out->agency = store_int(rows, 4);
        id = store_int(rows, 5);
        used = store_int(rows, 7);
    }
    if (!store_rows_close(rows, err))
        return false;
    if (id == 0) {
        ym_fail(err, YM_SIGN_IN, "org.token", "the token is unknown or over");
        return ym_hint(err, "Make a new token and use that.");
    }
    if (now - used >= USED_EVERY)
        touch(store, id, now);
    return true;
}

static const char SQL_LIST[] =
    "SELECT id, title, created, expires, used FROM token WHERE account = :account ORDER BY id DESC";
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
        out->items[out->n++] = (struct org_token){
            .id = store_int(rows, 0),
            .title = ym_arena_str(arena, store_text(rows, 1)),
            .created = store_int(rows, 2),
            .expires = store_int(rows, 3),
            .used = store_int(rows, 4),
        };
    }
    return store_rows_close(rows, err);
}

static const char SQL_DROP[] =
    "DELETE FROM token WHERE id = :id AND (account = :account OR :any = 1)";
bool org_token_drop(struct store *store, const struct org_caller *caller, int64_t id,
                    struct ym_error *err)
{
    char text[24];
    int64_t dropped = 0;

    if (!org_need_role(caller, ~0U, err) ||
        !store_run(store, SQL_DROP,
                   YM_ARGS(ym_int("id", id), ym_int("account", caller->account),
                           ym_int("any", caller->role == ORG_ADMINISTRATOR)),
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
