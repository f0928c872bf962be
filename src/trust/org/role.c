#include "trust/org/inside.h"

#include <sodium.h>

static const char *const names[ORG_ROLES] = {
    [ORG_ADMINISTRATOR] = "administrator",
    [ORG_STEWARD] = "steward",
    [ORG_OFFICIAL] = "official",
    [ORG_ANALYST] = "analyst",
    [ORG_AUDITOR] = "auditor",
    [ORG_CITIZEN] = "citizen",
};
const struct org_caller org_program = {.role = ORG_ADMINISTRATOR};

const char *org_role_name(enum org_role role)
{
    assert((size_t)role < YM_COUNT(names));
    return names[role];
}

bool org_role_by_name(struct ym_str name, enum org_role *out)
{
    for (size_t i = 0; i < YM_COUNT(names); i++) {
        if (!ym_str_is(name, names[i]))
            continue;
        *out = (enum org_role)i;
        return true;
    }
    return false;
}

bool org_need_role(const struct org_caller *caller, unsigned roles, struct ym_error *err)
{
    if (!caller) {
        ym_fail(err, YM_SIGN_IN, "org.need_sign_in", "nobody is signed in");
        return ym_hint(err, "Sign in, or send a token.");
    }
    if (ORG_ROLE_BIT(caller->role) & roles)
        return true;
    ym_fail(err, YM_DENIED, "org.role", "the role %s may not do this", org_role_name(caller->role));
    ym_hint(err, "Ask an administrator of the platform.");
    return ym_about(err, ym_str(org_role_name(caller->role)));
}

bool org_random_ready(struct ym_error *err)
{
    if (sodium_init() >= 0)
        return true;
    ym_fail(err, YM_FAULT, "org.random", "no random numbers are to be had");
    return ym_hint(err, "Check the random device of the operating system.");
}

void org_digest(const char *prefix, struct ym_str secret, char out[ORG_DIGEST])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)prefix, strlen(prefix));
    if (secret.n > 0)
        crypto_hash_sha256_update(&state, (const unsigned char *)secret.p, secret.n);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(out, ORG_DIGEST, digest, sizeof digest);
    sodium_memzero(&state, sizeof state);
}

bool org_same_secret(struct ym_str a, struct ym_str b)
{
    return a.n == b.n && a.n > 0 && sodium_memcmp(a.p, b.p, a.n) == 0;
}

bool org_csrf_ok(const struct org_caller *caller, struct ym_str given)
{
    return caller && caller->session != 0 && org_same_secret(ym_str(caller->csrf), given);
}

bool org_invalid(struct ym_error *err, const char *code, const char *field, const char *why,
                 const char *hint)
{
    ym_fail(err, YM_INVALID, code, "'%s' %s", field, why);
    ym_hint(err, "%s", hint);
    return ym_about(err, ym_str(field));
}

bool org_check_text(struct ym_str text, const char *field, size_t max, bool optional,
                    struct ym_error *err)
{
    if (text.n == 0)
        return optional || org_invalid(err, "org.text", field, "is empty", "Fill it in.");
    size_t bad;
    if (!ym_utf8_valid(text, &bad) || ym_utf8_count(text) > max)
        return org_invalid(err, "org.text", field, "is too long", "Shorten it.");
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7F)
            return org_invalid(err, "org.text", field, "holds a control character",
                               "Write it in one line, without tabs.");
    return true;
}
