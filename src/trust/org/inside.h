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
