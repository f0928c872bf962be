/* trust/org: regions, agencies, accounts, roles, sessions, tokens: who is who, and who did what.
 *
 * Passwords: argon2id (libsodium, 64 MiB, interactive), at most two at once, eight more wait.
 * Sessions: 256 random bits in the cookie, kept by SHA-256; idle 30 min (looked at by the minute),
 * 12 h in all; a CSRF value bound to it. Tokens: "ym_" + 256 bits in base64url, kept by SHA-256,
 * with scopes and expiry. Guessing: after 5 failures of an account, 30 of an address, a delay from
 * 1 s on that doubles up to 15 min, forgotten after a day (YM_LIMITED "org.slow_down"); a guess
 * counts before it is judged, so that many at once win nothing; unknown names do the same work and
 * get the same answer as wrong passwords (YM_SIGN_IN "org.sign_in"). A locked account says so only
 * to its password (YM_DENIED "org.locked").
 *
 * Roles are held in an agency or, some, for the platform. System administration
 * (ORG_ADMINISTRATOR), security administration (ORG_SECURITY) and audit administration
 * (ORG_AUDITOR) exclude each other (YM_CONFLICT "org.separation"), by the store's own key and when
 * a caller is read. docs/security.md says what each may do. The second factor is TOTP (RFC 6238).
 *
 * Functions that change open their own transaction where they need one, so none is open when they
 * are called; org_agency_count and org_act_write are the exceptions. Texts of results lie in the
 * arena given. Errors: YM_INVALID "org.*" with the field as subject, YM_CONFLICT
 * "org.agency_taken", "org.account_taken", "org.separation", "org.agency_closed", YM_NOT_FOUND
 * "org.agency", "org.account", "org.token_unknown", "org.session_unknown", "org.invitation",
 * YM_SIGN_IN "org.need_sign_in", "org.code_needed", "org.code", YM_DENIED "org.role",
 * "org.own_account", "org.administration", "org.session_only", those of host/store.
 */
#pragma once
#include "base/base.h"
#include "base/json.h"
#include "host/store/seal.h"
#include "host/store/store.h"

extern const char ORG_SCHEMA_1[], ORG_SCHEMA_2[];
extern const char ORG_SYSTEMS_1[];

enum org_role {
    ORG_ADMINISTRATOR, // of the platform: system administration
    ORG_STEWARD,       // of an agency
    ORG_OFFICIAL,      // of an agency
    ORG_ANALYST,       // of an agency, or of none
    ORG_AUDITOR,       // of the platform: audit administration
    ORG_CITIZEN,       // of none
    ORG_SECURITY,      // of the platform: security administration
    ORG_AGENCY_ADMINISTRATOR,
    ORG_AGENCY_AUDITOR,
    ORG_ROLES
};
const char *org_role_name(enum org_role role);
bool org_role_by_name(struct ym_str name, enum org_role *out);
#define ORG_ROLE_BIT(role) (1u << (role))

struct org_grant {
    enum org_role role;
    int64_t agency; // 0: of the platform, or of none
};

// What a token may be used for. A route names the one it needs (host/http's `scope`).
enum org_scope {
    ORG_SCOPE_READ,    // what the account may read
    ORG_SCOPE_LOAD,    // bring, publish, withdraw
    ORG_SCOPE_EDIT,    // the catalogue
    ORG_SCOPE_MANAGE,  // agencies, accounts
    ORG_SCOPE_AUDIT,   // the audit trail
    ORG_SCOPE_ACCOUNT, // the account's own tokens and sessions
    ORG_SCOPES
};
const char *org_scope_name(enum org_scope scope);
#define ORG_SCOPE_ALL ((1u << ORG_SCOPES) - 1)
// "read,load", "all": bits; false where a word is unknown or there is none.
bool org_scopes_parse(struct ym_str text, unsigned *out);
struct ym_str org_scopes_text(unsigned scopes, struct ym_arena *arena);

// One act for the audit trail: who, what, about what, from where. No secret, no row of data.
struct org_act {
    int64_t account;    // 0: the operator, or nobody
    struct ym_str name; // of the account
    const char *via;    // "session", "token", "operator", "command", "nobody"
    int64_t via_id;     // of the session or token
    int64_t agency;     // whose auditors see it; 0: only the platform's
    struct ym_str what, about, address;
    bool written; // by the hook: the change and its line stand in the store together
};

// Who calls; NULL wherever a caller is taken is nobody (a visitor).
struct org_caller {
    int64_t account, agency; // agency 0: none
    enum org_role role;      // the first of its roles, in `agency`
    struct ym_str name, display_name;
    int64_t session; // 0: by token
    char csrf[65];   // of the session
    int64_t token;   // 0: by session
    unsigned scopes; // of the token
    bool second_factor;
    bool machine;                 // the operator, who stands at the machine: no account
    const struct org_grant *more; // its other roles
    size_t n_more;
    struct org_act *act; // what this call is, or NULL
};
// The program itself, at the command line: may what each administrator may.
extern const struct org_caller org_program;
bool org_csrf_ok(const struct org_caller *caller, struct ym_str given); // in constant time
// One of the roles, in whatever agency.
YM_MUST bool org_need_role(const struct org_caller *caller, unsigned roles, struct ym_error *err);
// Holds one of the roles in this agency, or for the platform. Nobody holds none.
bool org_holds(const struct org_caller *caller, unsigned roles, int64_t agency);
// Works for this agency, in whatever role.
bool org_belongs(const struct org_caller *caller, int64_t agency);
// Stewards and above sign in with a second factor, except in a demonstration.
bool org_needs_second_factor(const struct org_caller *caller);
// Every role with its agency; at least one for an account.
size_t org_grants(const struct org_caller *caller, struct org_grant *out, size_t max);

/* The audit trail is only ever added to. org_act_with makes the next transaction that `store`
 * commits carry the caller's act, so that a change and its line stand or fall together: a room that
 * changes the store for somebody calls it once after it took the connection. */
void org_act_with(struct store *store, const struct org_caller *caller);
void org_act_carry(struct store *store, struct org_act *act);
// In the open transaction, or on its own. `result`: "ok" or an error's code.
YM_MUST bool org_act_write(struct store *store, const struct org_act *act, const char *result,
                           struct ym_error *err);
struct org_audit_line {
    int64_t id, at, account, via_id, agency;
    struct ym_str name, via, agency_name, agency_title_zh, agency_title_en;
    struct ym_str what, about, result, address;
};
struct org_audit {
    struct org_audit_line *items;
    size_t n, cap;
    int64_t total;
};
struct org_audit_filter {
    int64_t since, until;    // microseconds, since <= at < until; 0: open
    int64_t account, agency; // 0: any
    struct ym_str name;      // of the account; none: any
    struct ym_str what;      // exactly, or none
    struct ym_str about;     // its beginning, or none
    struct ym_str result;    // "ok", "failed" (whatever is not ok), a code, or none
    int64_t before;          // the last id of the page before; 0: from the newest
    int64_t limit;
};
// Newest first. Audit administration sees all, an agency's auditors that agency's.
YM_MUST bool org_audit_find(struct store *store, const struct org_caller *caller,
                            const struct org_audit_filter *filter, struct ym_arena *arena,
                            struct org_audit *out, struct ym_error *err);

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
    int64_t parent;   // 0: none
    int64_t closed;   // when; 0: open
    struct ym_str contact_name, contact_phone, contact_mail;
};
struct org_agencies {
    struct org_agency *items;
    size_t n, cap;
};
YM_MUST bool org_agency_add(struct store *store, const struct org_caller *caller,
                            struct org_agency *agency, struct ym_error *err); // sets id
// Everything but its name and whether it is open; system administration, and the agency's own
// administrator its contact and titles. A parent that stands below it: YM_INVALID
// "org.agency_parent".
YM_MUST bool org_agency_change(struct store *store, const struct org_caller *caller,
                               const struct org_agency *agency, struct ym_error *err);
// A closed agency gets no new datasets, accounts, roles nor agencies below it; what is there stays.
// Refused while an open agency stands below it (YM_CONFLICT "org.agency_has_agencies").
YM_MUST bool org_agency_close(struct store *store, const struct org_caller *caller, int64_t id,
                              bool closed, struct ym_error *err);
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
    int64_t id, agency; // home: whose administrators look after it; 0: none
    struct ym_str name, display_name;
    enum org_role role; // org_account_add: its first, in `agency`; else the first it holds
    bool locked;
    bool invited; // has no password yet
    bool second_factor;
    int64_t seen; // newest of its sessions; 0: none is open
    struct org_grant *grants;
    size_t n_grants, cap_grants;
};
struct org_accounts {
    struct org_account *items;
    size_t n, cap;
    int64_t total;
};
struct org_account_filter {
    struct ym_str q;     // in name or display name; none: any
    int64_t agency;      // home or of a role; 0: any
    struct ym_str role;  // of a grant; none: any
    struct ym_str state; // "active", "locked", "invited"; none: any
    struct ym_str after; // the last name of the page before
    int64_t limit;       // 0: all
};
// Names: [a-z0-9] first, then also . _ @ -, 2 to 64 bytes. Passwords: 10 characters or more, up to
// 1024 bytes, not the name; none: the account is invited and has none yet. Sets id. Who may give a
// role may make an account with it: system administration all but the three administrations, an
// agency's administrator steward, official, analyst and auditor of it, security administration and
// the program all.
YM_MUST bool org_account_add(struct store *store, const struct org_caller *caller,
                             struct org_account *account, struct ym_str password,
                             struct ym_error *err);
// In order of name: system, security and audit administration see all, an agency's administrator
// those of it.
YM_MUST bool org_account_list(struct store *store, const struct org_caller *caller,
                              const struct org_account_filter *filter, struct ym_arena *arena,
                              struct org_accounts *out, struct ym_error *err);
YM_MUST bool org_account_get(struct store *store, const struct org_caller *caller, int64_t id,
                             struct ym_arena *arena, struct org_account *out, struct ym_error *err);
YM_MUST bool org_account_by_name(struct store *store, const struct org_caller *caller,
                                 struct ym_str name, struct ym_arena *arena,
                                 struct org_account *out, struct ym_error *err);
YM_MUST bool org_account_rename(struct store *store, const struct org_caller *caller, int64_t id,
                                struct ym_str display_name, struct ym_error *err);
// Nobody gives or takes roles of his own account. A changed role ends the account's sessions.
YM_MUST bool org_account_grant(struct store *store, const struct org_caller *caller, int64_t id,
                               struct org_grant grant, struct ym_error *err);
YM_MUST bool org_account_revoke(struct store *store, const struct org_caller *caller, int64_t id,
                                struct org_grant grant, struct ym_error *err);
YM_MUST bool org_account_password(struct store *store, struct ym_str name, struct ym_str password,
                                  struct ym_error *err); // sets it, ends all sessions
// Locking ends all sessions, and tokens are refused; unlocking forgets the failures.
YM_MUST bool org_account_lock(struct store *store, const struct org_caller *caller, int64_t id,
                              bool locked, struct ym_error *err);
YM_MUST bool org_account_end_sessions(struct store *store, const struct org_caller *caller,
                                      int64_t id, struct ym_error *err);

/* A link by which whoever got it chooses the account's password, once, within `days` (1 to 30). The
 * secret, 43 characters, is told here only; a new link ends the one before. For an account that
 * holds one of the three administrations only the program makes one (YM_DENIED
 * "org.administration"). */
YM_MUST bool org_invite(struct store *store, const struct org_caller *caller, int64_t id,
                        int64_t days, struct ym_arena *arena, struct ym_str *secret,
                        int64_t *expires, struct ym_error *err);
struct org_invitation {
    int64_t account, expires;
    struct ym_str name, display_name;
};
// YM_NOT_FOUND "org.invitation" where it is unknown, used or over.
YM_MUST bool org_invitation_look(struct store *store, struct ym_str secret, struct ym_arena *arena,
                                 struct org_invitation *out, struct ym_error *err);
YM_MUST bool org_invitation_accept(struct store *store, struct ym_str secret,
                                   struct ym_str password, struct ym_str address,
                                   struct ym_arena *arena, struct org_invitation *out,
                                   struct ym_error *err);

// Signing in: the secret goes to the cookie, nowhere else. With the right password of an account
// that has a second factor and no code: YM_SIGN_IN "org.code_needed"; a wrong code "org.code".
struct org_sign_in {
    struct ym_str name, password;
    struct ym_str code; // six digits, or a recovery code; none: not given
    struct ym_str address, agent;
};
YM_MUST bool org_sign_in(struct store *store, const struct store_seal *seal,
                         const struct org_sign_in *what, struct ym_arena *arena, char secret[65],
                         struct org_caller *out, struct ym_error *err);
// Caller of a cookie's secret; YM_SIGN_IN "org.session" where it is unknown or over.
YM_MUST bool org_session_caller(struct store *store, struct ym_str secret, struct ym_arena *arena,
                                struct org_caller *out, struct ym_error *err);
// Ends the caller's session (by token: nothing).
YM_MUST bool org_sign_out(struct store *store, const struct org_caller *caller,
                          struct ym_error *err);
struct org_session {
    int64_t id, created, seen;
    struct ym_str address, agent;
};
struct org_sessions {
    struct org_session *items;
    size_t n, cap;
};
// Newest first, those that are not over. `account` 0: own ones.
YM_MUST bool org_session_list(struct store *store, const struct org_caller *caller, int64_t account,
                              struct ym_arena *arena, struct org_sessions *out,
                              struct ym_error *err);
// Own ones, and those of accounts that the caller looks after; else YM_NOT_FOUND.
YM_MUST bool org_session_end(struct store *store, const struct org_caller *caller, int64_t id,
                             struct ym_error *err);
// The caller's own password: the old one is asked for and counts as a guess. All his other sessions
// end, and this one gets a new secret.
YM_MUST bool org_password_change(struct store *store, struct org_caller *caller, struct ym_str old,
                                 struct ym_str fresh, struct ym_str address, char secret[65],
                                 struct ym_error *err);

/* The second factor: RFC 6238, SHA-1, 6 digits, 30 s, one step of grace on both sides, no step
 * twice. _begin makes a secret that counts once _confirm saw a code of it; until then an older one
 * goes on. Recovery codes: ten, each once, told when made. All ask for the caller's session. */
YM_MUST bool org_factor_begin(struct store *store, const struct store_seal *seal,
                              const struct org_caller *caller, struct ym_str password,
                              struct ym_str address, struct ym_arena *arena,
                              struct ym_str *secret, // base32
                              struct ym_error *err);
enum { ORG_RECOVERY_CODES = 10 };
struct org_recovery {
    struct ym_str codes[ORG_RECOVERY_CODES]; // "abcde-fghij"
};
// All other sessions end, and this one gets a new secret.
YM_MUST bool org_factor_confirm(struct store *store, const struct store_seal *seal,
                                struct org_caller *caller, struct ym_str code,
                                struct ym_str address, struct ym_arena *arena, char secret[65],
                                struct org_recovery *out, struct ym_error *err);
YM_MUST bool org_factor_recovery(struct store *store, const struct store_seal *seal,
                                 const struct org_caller *caller, struct ym_str code,
                                 struct ym_str address, struct ym_arena *arena,
                                 struct org_recovery *out, struct ym_error *err);
// The caller's own, with a code of it; his other sessions end.
YM_MUST bool org_factor_remove(struct store *store, const struct store_seal *seal,
                               const struct org_caller *caller, struct ym_str code,
                               struct ym_str address, struct ym_error *err);
// Somebody lost his: off, all sessions end. Who looks after the account, and the program.
YM_MUST bool org_factor_drop(struct store *store, const struct org_caller *caller, int64_t account,
                             struct ym_error *err);
YM_MUST bool org_factor_left(struct store *store, int64_t account, int64_t *codes,
                             struct ym_error *err); // recovery codes

struct org_token {
    int64_t id, created, expires, used;
    struct ym_str title;
    unsigned scopes;
};
struct org_tokens {
    struct org_token *items;
    size_t n, cap;
};
// days 1 to 366. By a token: scopes that it has itself.
YM_MUST bool org_token_add(struct store *store, const struct org_caller *caller,
                           struct ym_str title, unsigned scopes, int64_t days,
                           struct ym_arena *arena, int64_t *id, struct ym_str *token,
                           struct ym_error *err); // *token "ym_…", shown once
// YM_SIGN_IN "org.token" where it is unknown, over, burnt, or its account locked.
YM_MUST bool org_token_caller(struct store *store, struct ym_str token, struct ym_arena *arena,
                              struct org_caller *out, struct ym_error *err);
YM_MUST bool org_token_list(struct store *store, const struct org_caller *caller,
                            struct ym_arena *arena, struct org_tokens *out, struct ym_error *err);
YM_MUST bool
org_token_drop(struct store *store, const struct org_caller *caller, int64_t id,
               struct ym_error *err); // own ones, and those of accounts one looks after
// A token found where it must not be (a URL) is ended at once; unknown ones: nothing.
void org_token_burn(struct store *store, struct ym_str token);

/* The register of information systems: what each agency runs, how well it is protected, what data
 * it offers and needs. Its agency sees it and its stewards keep it; administrators and auditors see
 * all; to others it is not there (YM_NOT_FOUND "org.system"). Changes compare `etag` (YM_CONFLICT
 * "org.system_etag").
 *
 * Three gates are computed of it. No need of data declared: not approved. Cannot interconnect (a
 * network nobody reaches, or no interface): not accepted. Gives the exchange nothing: neither.
 */
struct org_system_data {
    struct ym_str title, dataset; // dataset: "space.name", or none
};
struct org_system_list {
    struct org_system_data *items;
    size_t n, cap; // up to 200
};
struct org_system {
    int64_t id, agency, level, created, updated, etag; // level: 1 to 5 of GB/T 22240, 0 not graded
    struct ym_str title_zh, title_en, record, note;    // record: number of its filing
    struct ym_str state;                               // planned, building, running, stopped
    struct ym_str place;     // government_cloud, own_room, public_cloud, other
    struct ym_str network;   // government_extranet, internet, own_network, isolated
    struct ym_str interface; // api, database, file, none
    struct org_system_list offers, needs;
    struct ym_str agency_name, agency_title_zh, agency_title_en;
};
struct org_gates {
    bool needs, interconnects, contributes; // each gate by itself
    const char *interconnects_not;          // "network" or "interface"; NULL where it does
    bool approved, accepted;
};
struct org_gates org_system_gates(const struct org_system *system);
struct org_systems {
    struct org_system *items;
    size_t n, cap;
    int64_t total;
};
bool org_system_may_edit(const struct org_system *system, const struct org_caller *caller);
// By id, from behind `after` on; agency 0: all that the caller may see.
YM_MUST bool org_system_find(struct store *store, const struct org_caller *caller, int64_t agency,
                             int64_t after, int64_t limit, struct ym_arena *arena,
                             struct org_systems *out, struct ym_error *err);
YM_MUST bool org_system_get(struct store *store, const struct org_caller *caller, int64_t id,
                            struct ym_arena *arena, struct org_system *out, struct ym_error *err);
// id 0: a new one; else all of it is written, where its etag is still `etag`. Sets id, etag, times.
YM_MUST bool org_system_put(struct store *store, const struct org_caller *caller,
                            struct org_system *system, struct ym_error *err);
