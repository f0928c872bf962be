#include "trust/org/inside.h"

#include <sodium.h>

static const char *const names[ORG_ROLES] = {
    [ORG_ADMINISTRATOR] = "administrator",
    [ORG_STEWARD] = "steward",
    [ORG_OFFICIAL] = "official",
    [ORG_ANALYST] = "analyst",
    [ORG_AUDITOR] = "auditor",
    [ORG_CITIZEN] = "citizen",
    [ORG_SECURITY] = "security",
    [ORG_AGENCY_ADMINISTRATOR] = "agency_administrator",
    [ORG_AGENCY_AUDITOR] = "agency_auditor",
};
static const char *const scopes[ORG_SCOPES] = {
    [ORG_SCOPE_READ] = "read",     [ORG_SCOPE_LOAD] = "load",   [ORG_SCOPE_EDIT] = "edit",
    [ORG_SCOPE_MANAGE] = "manage", [ORG_SCOPE_AUDIT] = "audit", [ORG_SCOPE_ACCOUNT] = "account",
};
enum {
    OF_PLATFORM =
        ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_SECURITY) | ORG_ROLE_BIT(ORG_AUDITOR),
    TWO_FACTORS = OF_PLATFORM | ORG_ROLE_BIT(ORG_STEWARD) | ORG_ROLE_BIT(ORG_AGENCY_ADMINISTRATOR) |
                  ORG_ROLE_BIT(ORG_AGENCY_AUDITOR)
};
const struct org_caller org_program = {.role = ORG_ADMINISTRATOR, .machine = true};

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

const char *org_scope_name(enum org_scope scope)
{
    assert((size_t)scope < YM_COUNT(scopes));
    return scopes[scope];
}

bool org_scopes_parse(struct ym_str text, unsigned *out)
{
    struct ym_str item;

    *out = 0;
    while (ym_str_cut(&text, ',', &item)) {
        unsigned bit = ym_str_is(item, "all") ? ORG_SCOPE_ALL : 0;
        for (unsigned i = 0; i < YM_COUNT(scopes); i++)
            if (ym_str_is(item, scopes[i]))
                bit = 1U << i;
        if (bit == 0)
            return false;
        *out |= bit;
    }
    return *out != 0;
}

struct ym_str org_scopes_text(unsigned bits, struct ym_arena *arena)
{
    struct ym_buf text;

    ym_buf_init(&text, 256);
    if (bits == ORG_SCOPE_ALL)
        return YM_STR("all");
    for (unsigned i = 0; i < YM_COUNT(scopes); i++)
        if (bits & (1U << i))
            ym_buf_printf(&text, "%s%s", text.n > 0 ? "," : "", scopes[i]);
    struct ym_str out = ym_arena_str(arena, ym_buf_str(&text));
    ym_buf_clear(&text);
    return out;
}

size_t org_grants(const struct org_caller *caller, struct org_grant *out, size_t max)
{
    size_t n = 0;

    if (!caller)
        return 0;
    if (n < max)
        out[n++] = (struct org_grant){
            caller->role, ORG_ROLE_BIT(caller->role) & OF_PLATFORM ? 0 : caller->agency};
    for (size_t i = 0; i < caller->n_more && n < max; i++)
        out[n++] = caller->more[i];
    return n;
}

static bool fits(enum org_role role, int64_t at, unsigned roles, int64_t agency)
{
    unsigned bit = ORG_ROLE_BIT(role);

    return (bit & roles) && ((bit & OF_PLATFORM) || (at != 0 && at == agency));
}

bool org_holds(const struct org_caller *caller, unsigned roles, int64_t agency)
{
    bool held = caller && fits(caller->role, caller->agency, roles, agency);

    for (size_t i = 0; caller && !held && i < caller->n_more; i++)
        held = fits(caller->more[i].role, caller->more[i].agency, roles, agency);
    return held;
}

bool org_belongs(const struct org_caller *caller, int64_t agency)
{
    bool own = caller && agency != 0 && caller->agency == agency;

    for (size_t i = 0; caller && agency != 0 && !own && i < caller->n_more; i++)
        own = caller->more[i].agency == agency;
    return own;
}

bool org_needs_second_factor(const struct org_caller *caller)
{
    unsigned held = caller && caller->account ? ORG_ROLE_BIT(caller->role) : 0;

    for (size_t i = 0; caller && i < caller->n_more; i++)
        held |= ORG_ROLE_BIT(caller->more[i].role);
    return (held & TWO_FACTORS) != 0;
}

bool org_need_role(const struct org_caller *caller, unsigned roles, struct ym_error *err)
{
    if (!caller) {
        ym_fail(err, YM_SIGN_IN, "org.need_sign_in", "nobody is signed in");
        return ym_hint(err, "Sign in, or send a token.");
    }
    bool held = (ORG_ROLE_BIT(caller->role) & roles) != 0;
    for (size_t i = 0; i < caller->n_more && !held; i++)
        held = (ORG_ROLE_BIT(caller->more[i].role) & roles) != 0;
    if (held)
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

void org_random_hex(char out[65])
{
    unsigned char bytes[ORG_SECRET_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(out, 65, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

struct ym_str org_random_text(const char *prefix, struct ym_arena *arena)
{
    unsigned char bytes[ORG_SECRET_BYTES];
    char text[64];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text, sizeof text, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    struct ym_str out = ym_arena_printf(arena, "%s%s", prefix, text);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(text, sizeof text);
    return out;
}
