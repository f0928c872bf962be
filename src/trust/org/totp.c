#include "trust/org/inside.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

uint32_t org_totp(const unsigned char *secret, size_t n, int64_t step, int digits)
{
    unsigned char message[8], mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    uint32_t limit = 1;

    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    if (!HMAC(EVP_sha1(), secret, (int)n, message, sizeof message, mac, &size) || size != 20)
        abort();              // no memory: as in base
    size_t at = mac[19] & 15; // RFC 4226, clause 5.3: dynamic truncation
    uint32_t value = (uint32_t)(mac[at] & 0x7F) << 24 | (uint32_t)mac[at + 1] << 16 |
                     (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    for (int i = 0; i < digits; i++)
        limit *= 10;
    return value % limit;
}

void org_base32(const unsigned char *bytes, size_t n, char *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648, clause 6
    uint32_t bits = 0;
    int held = 0;

    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            *out++ = letters[bits >> (held - 5) & 31];
    }
    if (held > 0)
        *out++ = letters[bits << (5 - held) & 31];
    *out = '\0';
}
