/* trust/org: regions, agencies, accounts, roles, sessions, tokens: who is who.
 *
 * Passwords: argon2id (libsodium, 64 MiB, interactive), at most two at once, eight more wait.
 * Sessions: 256 random bits in the cookie, kept by SHA-256; idle 30 min (looked at by the minute),
 * 12 h in all; a CSRF value bound to it. Tokens: "ym_" + 256 bits in base64url, kept by SHA-256,
 * with expiry. Guessing: after 5 failures of an account, 30 of an address, a delay from 1 s on that
 * doubles up to 15 min, forgotten after a day (YM_LIMITED "org.slow_down"); a guess counts before
 * it is judged, so that many at once win nothing; unknown names do the same work and get the same
 * answer as wrong passwords (YM_SIGN_IN "org.sign_in"). A locked account says so only to its
 * password (YM_DENIED "org.locked").
 *
 * Functions that change open their own transaction where they need one, so none is open when they
 * are called; org_agency_count is the exception. Texts of results lie in the arena given. Errors:
 * YM_INVALID "org.*" with the field as subject, YM_CONFLICT "org.agency_taken" and
 * "org.account_taken", YM_NOT_FOUND "org.agency", "org.account", "org.token_unknown", YM_SIGN_IN
 * "org.need_sign_in", YM_DENIED "org.role", those of host/store.
 */
#pragma once
#include "base/base.h"
#include "base/json.h"
#include "host/store/store.h"

extern const char ORG_SCHEMA_1[];

enum org_role {
    ORG_ADMINISTRATOR,
    ORG_STEWARD,
    ORG_OFFICIAL,
    ORG_ANALYST,
    ORG_AUDITOR,
    ORG_CITIZEN,
    ORG_ROLES
};
const char *org_role_name(enum org_role role);
bool org_role_by_name(struct ym_str name, enum org_role *out);

// Who calls; NULL wherever a caller is taken is nobody (a visitor).
struct org_caller {
    int64_t account, agency; // agency 0: none
    enum org_role role;
    struct ym_str name, display_name;
    int64_t session; // 0: by token
    char csrf[65];   // of the session
};
// The program itself, at the command line: may what an administrator may.
extern const struct org_caller org_program;
bool org_csrf_ok(const struct org_caller *caller, struct ym_str given); // in constant time
YM_MUST bool org_need_role(const struct org_caller *caller, unsigned roles, struct ym_error *err);
#define ORG_ROLE_BIT(role) (1u << (role))

// Regions: level 1 province, 2 city, 3 county: six digits of GB/T 2260; 4 street: nine, 5 village:
// twelve of the statistical code. A city without counties has its streets beneath it. `parent` of a
// province is "".
struct org_region {
    struct ym_str code, name, parent;
    int level;
    int64_t children;
};
struct org_regions {
    struct org_region *items;
    size_t n, cap;
    int64_t total;
};
// Loads provinces.csv, cities.csv, areas.csv, streets.csv and villages.csv of china-division from
// `dir` into an empty table (villages of province `keep`, "42" or "420000", only, the rest whole;
// one transaction); does nothing where rows are there. progress may be NULL. YM_INVALID
// "org.regions_file" with the file's name and the line.
YM_MUST bool org_regions_load(struct store *store, const char *dir, struct ym_str keep,
                              void (*progress)(void *with, int64_t done), void *with,
                              struct ym_error *err);
// In order of code. parent none: any ("": provinces); level 0: any; q: in the name, or the
// beginning of the code; after: the last code of the page before.
YM_MUST bool org_regions_find(struct store *store, struct ym_str parent, int level, struct ym_str q,
                              struct ym_str after, int64_t limit, struct ym_arena *arena,
                              struct org_regions *out, struct ym_error *err);

struct org_agency {
    int64_t id;
    struct ym_str name; // short: [a-z][a-z0-9_]*, the space of its datasets
    struct ym_str title_zh, title_en, credit_code, region;
    int64_t datasets; // as told by org_agency_count
};
struct org_agencies {
    struct org_agency *items;
    size_t n, cap;
};
YM_MUST bool org_agency_add(struct store *store, const struct org_caller *caller,
                            struct org_agency *agency, struct ym_error *err); // sets id
YM_MUST bool org_agency_get(struct store *store, int64_t id, struct ym_arena *arena,
                            struct org_agency *out, struct ym_error *err);
YM_MUST bool org_agency_by_name(struct store *store, struct ym_str name, struct ym_arena *arena,
                                struct org_agency *out, struct ym_error *err);
// A dataset came (1) or went (-1); inside the caller's transaction.
YM_MUST bool org_agency_count(struct store *store, int64_t id, int64_t change,
                              struct ym_error *err);
// In order of name.
YM_MUST bool org_agency_list(struct store *store, struct ym_arena *arena, struct org_agencies *out,
                             struct ym_error *err);

struct org_account {
    int64_t id, agency;
    struct ym_str name, display_name;
    enum org_role role;
    bool locked;
};
struct org_accounts {
    struct org_account *items;
    size_t n, cap;
};
// Names: [a-z0-9] first, then also . _ @ -, 2 to 64 bytes. Passwords: 10 characters or more, up to
// 1024 bytes, not the name. A steward and an official belong to an agency. `org_program` is the
// program itself (init); sets id.
YM_MUST bool org_account_add(struct store *store, const struct org_caller *caller,
                             struct org_account *account, struct ym_str password,
                             struct ym_error *err);
YM_MUST bool org_account_list(struct store *store, const struct org_caller *caller,
                              struct ym_arena *arena, struct org_accounts *out,
                              struct ym_error *err);
YM_MUST bool org_account_password(struct store *store, struct ym_str name, struct ym_str password,
                                  struct ym_error *err); // sets it, ends all sessions
// Locking ends all sessions, and tokens are refused; unlocking forgets the failures.
YM_MUST bool org_account_lock(struct store *store, struct ym_str name, bool locked,
                              struct ym_error *err);

// Signing in: the secret goes to the cookie, nowhere else.
YM_MUST bool org_sign_in(struct store *store, struct ym_str name, struct ym_str password,
                         struct ym_str address, struct ym_arena *arena, char secret[65],
                         struct org_caller *out, struct ym_error *err);
// Caller of a cookie's secret; YM_SIGN_IN "org.session" where it is unknown or over.
YM_MUST bool org_session_caller(struct store *store, struct ym_str secret, struct ym_arena *arena,
                                struct org_caller *out, struct ym_error *err);
// Ends the caller's session (by token: nothing).
YM_MUST bool org_sign_out(struct store *store, const struct org_caller *caller,
                          struct ym_error *err);

struct org_token {
    int64_t id, created, expires, used;
    struct ym_str title;
};
struct org_tokens {
    struct org_token *items;
    size_t n, cap;
};
// days 1 to 366.
YM_MUST bool org_token_add(struct store *store, const struct org_caller *caller,
                           struct ym_str title, int64_t days, struct ym_arena *arena, int64_t *id,
                           struct ym_str *token,
                           struct ym_error *err); // *token "ym_…", shown once
// YM_SIGN_IN "org.token" where it is unknown, over, burnt, or its account locked.
YM_MUST bool org_token_caller(struct store *store, struct ym_str token, struct ym_arena *arena,
                              struct org_caller *out, struct ym_error *err);
YM_MUST bool org_token_list(struct store *store, const struct org_caller *caller,
                            struct ym_arena *arena, struct org_tokens *out, struct ym_error *err);
YM_MUST bool org_token_drop(struct store *store, const struct org_caller *caller, int64_t id,
                            struct ym_error *err); // own ones; an administrator any
// A token found where it must not be (a URL) is ended at once; unknown ones: nothing.
void org_token_burn(struct store *store, struct ym_str token);
