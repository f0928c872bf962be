#include "host/store/seal.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sodium.h>
#include <unistd.h>

enum { NONCE = 12, TAG = 16, SECRET_MAX = 1024 };
static const char version[] = "s1.";

bool store_seal_load(const char *path, struct store_seal *out, struct ym_error *err)
{
    char text[2 * sizeof out->key + 1] = "";
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;

    if (fd >= 0)
        close(fd);
    bool ok = got == (ssize_t)(sizeof text - 1) &&
              sodium_hex2bin(out->key, sizeof out->key, text, (size_t)got, NULL, &n, NULL) == 0 &&
              n == sizeof out->key;
    OPENSSL_cleanse(text, sizeof text);
    if (ok)
        return true;
    ym_fail(err, YM_FAULT, "store.seal_key", "the key file of the data directory is no key");
    return ym_hint(err, "Restore secrets.key (64 hex digits) from the backup of the keys.");
}

static bool fail_seal(struct ym_error *err)
{
    ym_fail(err, YM_FAULT, "store.seal", "a sealed secret does not open");
    return ym_hint(err, "The store and secrets.key belong together: restore both from one backup.");
}

// nonce, cipher text, tag
static bool encrypt(const struct store_seal *seal, struct ym_str about, struct ym_str secret,
                    unsigned char *to)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    unsigned char *body = to + NONCE;
    int n = 0, last = 0;
    bool ok =
        context && RAND_bytes(to, NONCE) == 1 &&
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, seal->key, to) == 1 &&
        EVP_EncryptUpdate(context, NULL, &n, (const unsigned char *)about.p, (int)about.n) == 1 &&
        EVP_EncryptUpdate(context, body, &n, (const unsigned char *)secret.p, (int)secret.n) == 1 &&
        EVP_EncryptFinal_ex(context, body + n, &last) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, body + secret.n) == 1;

    EVP_CIPHER_CTX_free(context);
    return ok;
}

bool store_seal_text(const struct store_seal *seal, struct ym_str about, struct ym_str secret,
                     struct ym_arena *arena, struct ym_str *sealed, struct ym_error *err)
{
    unsigned char bytes[NONCE + SECRET_MAX + TAG];

    assert(secret.n <= SECRET_MAX && about.n > 0);
    if (!encrypt(seal, about, secret, bytes))
        return fail_seal(err);
    size_t n = NONCE + secret.n + TAG;
    size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = ym_arena_alloc(arena, sizeof version - 1 + room);
    memcpy(text, version, sizeof version - 1);
    sodium_bin2base64(text + sizeof version - 1, room, bytes, n,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    *sealed = ym_str(text);
    return true;
}

static bool decrypt(const struct store_seal *seal, struct ym_str about, unsigned char *bytes,
                    size_t n, char *to)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int body = (int)(n - NONCE - TAG), got = 0, last = 0;
    bool ok =
        context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, seal->key, bytes) == 1 &&
        EVP_DecryptUpdate(context, NULL, &got, (const unsigned char *)about.p, (int)about.n) == 1 &&
        EVP_DecryptUpdate(context, (unsigned char *)to, &got, bytes + NONCE, body) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, bytes + NONCE + body) == 1 &&
        EVP_DecryptFinal_ex(context, (unsigned char *)to + got, &last) == 1;

    EVP_CIPHER_CTX_free(context);
    return ok;
}

bool store_unseal_text(const struct store_seal *seal, struct ym_str about, struct ym_str sealed,
                       struct ym_arena *arena, struct ym_str *secret, struct ym_error *err)
{
    unsigned char bytes[NONCE + SECRET_MAX + TAG];
    size_t n = 0;

    if (!ym_str_starts(sealed, YM_STR("s1.")))
        return fail_seal(err);
    struct ym_str text = ym_str_sub(sealed, sizeof version - 1, sealed.n);
    if (sodium_base642bin(bytes, sizeof bytes, text.p, text.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        n < NONCE + TAG)
        return fail_seal(err);
    char *plain = ym_arena_alloc(arena, n);
    if (!decrypt(seal, about, bytes, n, plain))
        return fail_seal(err);
    *secret = (struct ym_str){plain, n - NONCE - TAG};
    return true;
}
