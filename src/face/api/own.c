// What is a person's own: password, second factor, sessions, the invitation that he follows.
#include "face/api/inside.h"

#include <qrencode.h>

// Rows of "0" and "1": the page draws them. Level M, bytes as they are.
static json_t *qr_json(struct ym_str text)
{
    QRcode *code = QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0, QR_ECLEVEL_M);
    json_t *rows = json_array();

    if (!code)
        return rows;
    for (int y = 0; y < code->width; y++) {
        char row[178] = "";
        for (int x = 0; x < code->width; x++)
            row[x] = (char)('0' + (code->data[y * code->width + x] & 1));
        json_array_append_new(rows, json_string(row));
    }
    QRcode_free(code);
    return rows;
}

bool api_own_password(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str old = {NULL, 0}, fresh = {NULL, 0};
    const struct api_field fields[] = {
        {"old", API_TEXT, true, &old},
        {"password", API_TEXT, true, &fresh},
    };
    struct store *store = NULL;
    char secret[65] = "";

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_password_change(store, rq->caller, old, fresh, http_address_of(rq), secret, err);
    api_give(rq, store);
    if (!ok)
        return false;
    api_set_cookie(rq, re, secret);
    http_reply_json(re, json_pack("{s:s}", "csrf", api_caller(rq)->csrf));
    return true;
}

// What an app reads: otpauth://totp/ISSUER:NAME?secret=…&issuer=…
static struct ym_str otpauth(const struct http_request *rq, struct ym_str secret)
{
    return ym_arena_printf(rq->arena, "otpauth://totp/Yunmeng:%.*s?secret=%.*s&issuer=Yunmeng",
                           YM_FMT(api_caller(rq)->name), YM_FMT(secret));
}

bool api_own_factor_begin(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str password = {NULL, 0}, secret = {NULL, 0};
    const struct api_field fields[] = {{"password", API_TEXT, true, &password}};
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_factor_begin(store, api_of(rq)->options.seal, api_caller(rq), password,
                               http_address_of(rq), rq->arena, &secret, err);
    api_give(rq, store);
    if (!ok)
        return false;
    struct ym_str uri = otpauth(rq, secret);
    http_reply_json(re, json_pack("{s:o, s:o, s:o}", "secret", ym_json_str(secret), "uri",
                                  ym_json_str(uri), "qr", qr_json(uri)));
    return true;
}

static json_t *codes_json(const struct org_recovery *recovery)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ORG_RECOVERY_CODES; i++)
        json_array_append_new(list, ym_json_str(recovery->codes[i]));
    return list;
}

static bool read_code(const struct http_request *rq, struct ym_str *code, struct ym_error *err)
{
    const struct api_field fields[] = {{"code", API_TEXT, true, code}};

    return api_fields(rq->json, fields, YM_COUNT(fields), err);
}

bool api_own_factor_confirm(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str code = {NULL, 0};
    struct org_recovery recovery;
    struct store *store = NULL;
    char secret[65] = "";

    if (!read_code(rq, &code, err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_factor_confirm(store, api_of(rq)->options.seal, rq->caller, code,
                                 http_address_of(rq), rq->arena, secret, &recovery, err);
    api_give(rq, store);
    if (!ok)
        return false;
    api_set_cookie(rq, re, secret);
    http_reply_json(re, json_pack("{s:s, s:o}", "csrf", api_caller(rq)->csrf, "recovery_codes",
                                  codes_json(&recovery)));
    return true;
}

bool api_own_factor_codes(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str code = {NULL, 0};
    struct org_recovery recovery;
    struct store *store = NULL;

    if (!read_code(rq, &code, err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_factor_recovery(store, api_of(rq)->options.seal, api_caller(rq), code,
                                  http_address_of(rq), rq->arena, &recovery, err);
    api_give(rq, store);
    if (ok)
        http_reply_json(re, json_pack("{s:s, s:o}", "csrf", api_caller(rq)->csrf, "recovery_codes",
                                      codes_json(&recovery)));
    return ok;
}

bool api_own_factor_remove(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str code = {NULL, 0};
    struct store *store = NULL;

    (void)re;
    if (!read_code(rq, &code, err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_factor_remove(store, api_of(rq)->options.seal, api_caller(rq), code,
                                http_address_of(rq), err);
    api_give(rq, store);
    return ok;
}

// ---- sessions

json_t *api_sessions_json(const struct org_sessions *sessions, int64_t own)
{
    json_t *items = json_array();

    for (size_t i = 0; i < sessions->n; i++) {
        const struct org_session *one = &sessions->items[i];
        json_array_append_new(
            items, json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "id", api_id(one->id), "created_at",
                             api_time(one->created), "seen_at", api_time(one->seen), "address",
                             ym_json_str(one->address), "agent", ym_json_str(one->agent), "current",
                             own != 0 && one->id == own));
    }
    return api_list(items, NULL, (int64_t)sessions->n);
}

bool api_sessions_get(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct org_sessions sessions = {0};
    struct store *store = NULL;

    if (!api_take(rq, &store, err))
        return false;
    bool ok = org_session_list(store, api_caller(rq), 0, rq->arena, &sessions, err);
    api_give(rq, store);
    if (ok)
        http_reply_json(re, api_sessions_json(&sessions, api_caller(rq)->session));
    return ok;
}

bool api_sessions_delete(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct store *store = NULL;
    int64_t id;

    (void)re;
    if (!api_path_id(rq, &id, err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_session_end(store, api_caller(rq), id, err);
    api_give(rq, store);
    return ok;
}

// ---- the invitation: who follows it has no account open yet

static json_t *invitation_json(const struct org_invitation *one)
{
    return json_pack("{s:o, s:o, s:o}", "name", ym_json_str(one->name), "display_name",
                     ym_json_str(one->display_name), "expires_at", api_time(one->expires));
}

bool api_invitation_look(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str secret = {NULL, 0};
    const struct api_field fields[] = {{"secret", API_TEXT, true, &secret}};
    struct org_invitation found;
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err))
        return false;
    if (!store_take(api_of(rq)->options.pool, &store, err))
        return false;
    bool ok = org_invitation_look(store, secret, rq->arena, &found, err);
    api_give(rq, store);
    if (api_act(rq))
        api_act(rq)->written = true; // looking changes nothing
    if (ok)
        http_reply_json(re, invitation_json(&found));
    return ok;
}

bool api_invitation_accept(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str secret = {NULL, 0}, password = {NULL, 0};
    const struct api_field fields[] = {
        {"secret", API_TEXT, true, &secret},
        {"password", API_TEXT, true, &password},
    };
    struct org_invitation found = {0};
    struct store *store = NULL;

    if (!api_fields(rq->json, fields, YM_COUNT(fields), err) || !api_take(rq, &store, err))
        return false;
    bool ok = org_invitation_look(store, secret, rq->arena, &found, err);
    if (ok && api_act(rq)) {
        api_act(rq)->account = found.account;
        api_act(rq)->name = found.name;
    }
    ok = ok && org_invitation_accept(store, secret, password, http_address_of(rq), rq->arena,
                                     &found, err);
    api_give(rq, store);
    if (ok)
        http_reply_json(re, invitation_json(&found));
    return ok;
}
