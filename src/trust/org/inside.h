/* trust/org/inside: what the files of this room share; nobody else includes it. */
#pragma once
#include "base/time.h"
#include "trust/org/org.h"

enum {
    ORG_SECRET_BYTES = 32,
    ORG_DIGEST = 65 // hex and NUL
};

// password.c. At most two at once; YM_LIMITED "org.slow_down" where eight wait already.
bool org_check_password(struct ym_str name, struct ym_str password, struct ym_error *err);
bool org_hash_password(struct ym_str password, struct ym_arena *arena, struct ym_str *hash,
                       struct ym_error *err);
// `hash` none: the same work for nothing, *right false.
bool org_verify_password(struct ym_str hash, struct ym_str password, bool *right,
                         struct ym_error *err);

// guess.c: counts a guess and refuses it where the name or the address has to wait.
bool org_guess(struct store *store, struct ym_str name, struct ym_str address,
               struct ym_error *err);
// Inside a transaction: it was no guess.
bool org_guess_right(struct store *store, struct ym_str name, struct ym_str address,
                     struct ym_error *err);
// Of the address only: it knew the password, but the account is not open yet.
bool org_guess_half(struct store *store, struct ym_str address, struct ym_error *err);
bool org_guess_forget(struct store *store, struct ym_str name, struct ym_error *err);

bool org_random_ready(struct ym_error *err); // libsodium's beginning, done once
// Hex SHA-256 of `prefix` and `secret`.
void org_digest(const char *prefix, struct ym_str secret, char out[ORG_DIGEST]);
bool org_same_secret(struct ym_str a, struct ym_str b); // in constant time

// One text field: not empty unless `optional`, up to `max` characters, no control characters. The
// subject of the error is `field`.
bool org_check_text(struct ym_str text, const char *field, size_t max, bool optional,
                    struct ym_error *err);
bool org_invalid(struct ym_error *err, const char *code, const char *field, const char *why,
                 const char *hint);

// Of a way to name one's own secret: 256 random bits, as hex (session) or base64url.
void org_random_hex(char out[65]);
struct ym_str org_random_text(const char *prefix, struct ym_arena *arena);

// grant.c: the roles of a caller whose account is read; those that may not go together are dropped.
bool org_read_grants(struct store *store, struct ym_arena *arena, int64_t home,
                     struct org_caller *caller, struct ym_error *err);
// May the caller give or take this role? Not asked here: whose account it is.
bool org_may_appoint(const struct org_caller *caller, struct org_grant grant, struct ym_error *err);
bool org_grant_checked(struct org_grant grant, struct ym_error *err); // role and agency fit
bool org_grant_insert(struct store *store, int64_t account, struct org_grant grant, int64_t by,
                      struct ym_error *err);
bool org_administers(enum org_role role); // one of the three

// account.c: the account where the caller looks after it (never his own); YM_NOT_FOUND where he may
// not know of it. `whole`: what opens it for somebody else (a link, no second factor).
bool org_look_after(struct store *store, const struct org_caller *caller, int64_t id, bool whole,
                    struct ym_arena *arena, struct org_account *out, struct ym_error *err);
bool org_sees_account(const struct org_caller *caller, const struct org_account *account);
bool org_fail_account(int64_t id, struct ym_error *err);

// session.c: a new secret for the caller's session, in the open transaction.
bool org_session_renew(struct store *store, struct org_caller *caller, char secret[65],
                       struct ym_error *err);
bool org_sessions_end(struct store *store, int64_t account, int64_t but, struct ym_error *err);
bool org_need_session(const struct org_caller *caller, struct ym_error *err);
// The caller's own password once more; a guess that counts.
bool org_ask_password(struct store *store, const struct org_caller *caller, struct ym_str password,
                      struct ym_str address, struct ym_error *err);

// factor.c: is it a code of the account, and is it used up by this? In the open transaction.
bool org_factor_code(struct store *store, const struct store_seal *seal, int64_t account,
                     struct ym_str code, bool *right, struct ym_error *err);
bool org_factor_erase(struct store *store, int64_t account, struct ym_error *err);

// totp.c: RFC 6238 over RFC 4226.
uint32_t org_totp(const unsigned char *secret, size_t n, int64_t step, int digits);
void org_base32(const unsigned char *bytes, size_t n, char *out); // with NUL, without padding
