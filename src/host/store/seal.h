/* host/store/seal: secrets that must be read again (a second factor's) lie sealed in the store.
 *
 * AES-256-GCM (OpenSSL) with the key of the data directory's secrets.key (64 hex digits, mode
 * 0600), a random nonce of 96 bits each time. `about` says what the secret is ("factor:ID") and is
 * authenticated with it: one that was copied to another row does not open. Sealed texts are
 * "s1." + base64url of nonce, cipher text, tag, so they survive a change of the way. Who has the
 * store but not the key has nothing. Any thread.
 *
 * Errors: YM_FAULT "store.seal_key" (no key, or not one), "store.seal" (made with another key, or
 * changed).
 */
#pragma once
#include "base/base.h"

struct store_seal {
    unsigned char key[32];
};
YM_MUST bool store_seal_load(const char *path, struct store_seal *out, struct ym_error *err);
YM_MUST bool store_seal_text(const struct store_seal *seal, struct ym_str about,
                             struct ym_str secret, struct ym_arena *arena, struct ym_str *sealed,
                             struct ym_error *err);
YM_MUST bool store_unseal_text(const struct store_seal *seal, struct ym_str about,
                               struct ym_str sealed, struct ym_arena *arena, struct ym_str *secret,
                               struct ym_error *err);
