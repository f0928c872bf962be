#include "trust/org/org.h"

const char ORG_SCHEMA_1[] =
    "CREATE TABLE region ("
    " code TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " parent TEXT NOT NULL,"
    " level BIGINT NOT NULL,"
    " children BIGINT NOT NULL DEFAULT 0);"
    "CREATE INDEX region_parent ON region (parent, code);"
    "CREATE INDEX region_level ON region (level, code);"
    "CREATE TABLE agency ("
    " id BIGINT PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " title_zh TEXT NOT NULL,"
    " title_en TEXT NOT NULL,"
    " credit_code TEXT NOT NULL,"
    " region TEXT NOT NULL,"
    " datasets BIGINT NOT NULL DEFAULT 0,"
    " created BIGINT NOT NULL);"
    "CREATE TABLE account ("
    " id BIGINT PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " display_name TEXT NOT NULL,"
    " role TEXT NOT NULL,"
    " agency BIGINT REFERENCES agency (id),"
    " password TEXT NOT NULL," // argon2id, PHC string
    " locked BIGINT NOT NULL DEFAULT 0,"
    " created BIGINT NOT NULL);"
    "CREATE TABLE session ("
    " id BIGINT PRIMARY KEY,"
    " digest TEXT NOT NULL UNIQUE,"
    " account BIGINT NOT NULL REFERENCES account (id),"
    " created BIGINT NOT NULL,"
    " seen BIGINT NOT NULL);"
    "CREATE INDEX session_account ON session (account);"
    "CREATE TABLE token ("
    " id BIGINT PRIMARY KEY,"
    " digest TEXT NOT NULL UNIQUE,"
    " account BIGINT NOT NULL REFERENCES account (id),"
    " title TEXT NOT NULL,"
    " created BIGINT NOT NULL,"
    " expires BIGINT NOT NULL,"
    " used BIGINT NOT NULL DEFAULT 0);"
    "CREATE INDEX token_account ON token (account);"
    // Failures by digest of an account's name or of an address: what was typed is not kept.
    "CREATE TABLE guess ("
    " key TEXT PRIMARY KEY,"
    " failures BIGINT NOT NULL,"
    " delay BIGINT NOT NULL,"
    " last BIGINT NOT NULL);";

// Roles move out of the account: it may hold several, in several agencies. `slot` is what makes two
// of system, security and audit administration impossible for one account: all three would stand in
// the one slot 'administration'. Who was administrator or auditor was so of the whole platform.
const char ORG_SCHEMA_2[] =
    "CREATE TABLE account_role ("
    " account BIGINT NOT NULL REFERENCES account (id),"
    " slot TEXT NOT NULL,"
    " role TEXT NOT NULL,"
    " agency BIGINT REFERENCES agency (id)," // NULL: of the platform
    " granted BIGINT NOT NULL,"
    " granted_by BIGINT NOT NULL DEFAULT 0," // 0: the operator
    " PRIMARY KEY (account, slot));"
    "CREATE INDEX account_role_agency ON account_role (agency, role);"
    "INSERT INTO account_role (account, slot, role, agency, granted)"
    " SELECT id, CASE WHEN role IN ('administrator', 'auditor') THEN 'administration'"
    "  WHEN agency IS NULL OR role = 'citizen' THEN role || '@0' ELSE role || '@' || agency END,"
    " role, CASE WHEN role IN ('administrator', 'auditor', 'citizen') THEN NULL ELSE agency END,"
    " created FROM account;"
    "ALTER TABLE account DROP COLUMN role;"
    "CREATE INDEX account_agency ON account (agency);"
    "ALTER TABLE agency ADD COLUMN parent BIGINT REFERENCES agency (id);"
    "ALTER TABLE agency ADD COLUMN contact_name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE agency ADD COLUMN contact_phone TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE agency ADD COLUMN contact_mail TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE agency ADD COLUMN closed BIGINT NOT NULL DEFAULT 0;" // when; 0: open
    "ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE token ADD COLUMN scope TEXT NOT NULL DEFAULT 'all';"
    "CREATE TABLE invitation ("
    " id BIGINT PRIMARY KEY,"
    " digest TEXT NOT NULL UNIQUE,"
    " account BIGINT NOT NULL UNIQUE REFERENCES account (id)," // a new one ends the one before
    " created BIGINT NOT NULL,"
    " expires BIGINT NOT NULL);"
    "CREATE TABLE second_factor ("
    " account BIGINT PRIMARY KEY REFERENCES account (id),"
    " secret TEXT NOT NULL," // sealed
    " confirmed BIGINT NOT NULL DEFAULT 0,"
    " step BIGINT NOT NULL DEFAULT 0," // the last one that was used: none works twice
    " created BIGINT NOT NULL);"
    "CREATE TABLE recovery_code ("
    " account BIGINT NOT NULL REFERENCES account (id),"
    " digest TEXT NOT NULL,"
    " PRIMARY KEY (account, digest));"
    // Only ever added to. No references: what happened stays when what it was about is gone.
    "CREATE TABLE audit ("
    " id BIGINT PRIMARY KEY,"
    " at BIGINT NOT NULL,"
    " account BIGINT NOT NULL," // 0: the operator, or nobody
    " name TEXT NOT NULL,"
    " via TEXT NOT NULL," // session, token, operator, command, nobody
    " via_id BIGINT NOT NULL,"
    " agency BIGINT NOT NULL,"
    " what TEXT NOT NULL,"
    " about TEXT NOT NULL,"
    " result TEXT NOT NULL," // ok, or the error's code
    " address TEXT NOT NULL);"
    "CREATE INDEX audit_account ON audit (account, id);"
    "CREATE INDEX audit_agency ON audit (agency, id);"
    "CREATE INDEX audit_at ON audit (at);";

const char ORG_SYSTEMS_1[] =
    "CREATE TABLE system ("
    " id BIGINT PRIMARY KEY,"
    " agency BIGINT NOT NULL REFERENCES agency (id),"
    " title_zh TEXT NOT NULL, title_en TEXT NOT NULL,"
    " level BIGINT NOT NULL," // 等保: 1 to 5, 0 not graded
    " record TEXT NOT NULL,"  // number of its filing with the police
    " state TEXT NOT NULL, place TEXT NOT NULL, network TEXT NOT NULL, interface TEXT NOT NULL,"
    " note TEXT NOT NULL,"
    " created BIGINT NOT NULL, updated BIGINT NOT NULL, etag BIGINT NOT NULL);"
    "CREATE INDEX system_agency ON system (agency, id);"
    "CREATE TABLE system_data ("
    " system BIGINT NOT NULL REFERENCES system (id),"
    " place BIGINT NOT NULL,"   // in its list
    " direction TEXT NOT NULL," // 'offers', 'needs'
    " title TEXT NOT NULL,"
    " dataset TEXT NOT NULL," // its entry in the catalogue, where there is one; else ''
    " PRIMARY KEY (system, direction, place));";
