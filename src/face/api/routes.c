#include "face/api/inside.h"

enum {
    ROWS_MAX = 1000 // of a page
};

// Parameters, one table a route.
#define PAGE                                                                                       \
    {"limit", HTTP_PARAM_INTEGER, 1, ROWS_MAX, NULL, "how many at most, 100 without it"},          \
    {                                                                                              \
        "after", HTTP_PARAM_TEXT, 1, 4096, NULL, "`next` of the page before"                       \
    }

// How a file is read. Said once, the dataset remembers all of it for its next files.
#define RECIPE                                                                                     \
    {"format", HTTP_PARAM_CHOICE, 0, 0, "csv,tsv,xlsx,json,ndjson", "found without it"},           \
        {"encoding", HTTP_PARAM_TEXT, 1, 40, NULL, "utf-8, gb18030 …; found without it"},          \
        {"delimiter", HTTP_PARAM_TEXT, 1, 10, NULL, "one character, tab, blank or none"},          \
        {"sheet", HTTP_PARAM_TEXT, 1, 255, NULL, "of a workbook: its name, or number from 1"},     \
        {"header_row", HTTP_PARAM_INTEGER, -1, 1000000, NULL, "line of the header; -1: none"},     \
        {"header_rows", HTTP_PARAM_INTEGER, 1, 5, NULL, "lines that the header takes"},            \
    {                                                                                              \
        "skip", HTTP_PARAM_TEXT, 1, 1000, NULL, "lines that are no rows: 2,5-7,100-"               \
    }

static const struct http_param page_params[] = {PAGE, {0}};
static const struct http_param region_params[] = {
    {"parent", HTTP_PARAM_TEXT, 1, 12, NULL, "code of the region above"},
    {"level", HTTP_PARAM_INTEGER, 1, 5, NULL, "1 province … 5 village"},
    {"q", HTTP_PARAM_TEXT, 1, 200, NULL, "part of the name, or beginning of the code"},
    PAGE,
    {0},
};
static const struct http_param dataset_params[] = {
    {"q", HTTP_PARAM_TEXT, 1, 200, NULL, "words of name, title, abstract, code or fields"},
    {"agency", HTTP_PARAM_TEXT, 1, 2000, NULL, "names, joined by commas"},
    {"theme", HTTP_PARAM_TEXT, 1, 2000, NULL, "codes, joined by commas"},
    {"openness", HTTP_PARAM_TEXT, 1, 200, NULL, "open, conditional, closed, joined by commas"},
    {"sharing", HTTP_PARAM_TEXT, 1, 200, NULL,
     "unconditional, conditional, withheld, joined by commas"},
    {"update_cycle", HTTP_PARAM_TEXT, 1, 200, NULL, "codes, joined by commas"},
    {"region", HTTP_PARAM_TEXT, 1, 2000, NULL, "prefectures of agencies, six digits"},
    {"mounted", HTTP_PARAM_TEXT, 1, 20, NULL, "yes, no: has data behind it"},
    {"freshness", HTTP_PARAM_TEXT, 1, 40, NULL, "fresh, late"},
    {"plan", HTTP_PARAM_TEXT, 1, 40, NULL, "kept, overdue, due: of the open plan"},
    {"state", HTTP_PARAM_TEXT, 1, 60, NULL, "draft, submitted, published"},
    {"planned_from", HTTP_PARAM_TEXT, 10, 10, NULL, "day planned for opening, at the earliest"},
    {"planned_to", HTTP_PARAM_TEXT, 10, 10, NULL, "and at the latest"},
    {"sort", HTTP_PARAM_CHOICE, 0, 0, "best,-updated,updated,name,title,planned", "order"},
    PAGE,
    {0},
};
static const struct http_param system_params[] = {
    {"agency", HTTP_PARAM_TEXT, 1, 63, NULL, "name or id"},
    PAGE,
    {0},
};
static const struct http_param attachment_params[] = {
    {"file", HTTP_PARAM_TEXT, 1, 255, NULL, "name of the file"},
    {0},
};
static const struct http_param shared_params[] = {
    {"q", HTTP_PARAM_TEXT, 1, 200, NULL, "part of the field's title"},
    PAGE,
    {0},
};
static const struct http_param import_params[] = {
    {"file", HTTP_PARAM_TEXT, 1, 255, NULL, "name of the file"},
    {"agency", HTTP_PARAM_TEXT, 1, 63, NULL, "short name of the agency whose catalogue it is"},
    {"wrong", HTTP_PARAM_CHOICE, 0, 0, "refuse,skip", "skip: import the lines that are right"},
    {"check", HTTP_PARAM_CHOICE, 0, 0, "only,no", "only: report, import nothing"},
    {0},
};
static const struct http_param row_params[] = {
    {"where", HTTP_PARAM_TEXT, 1, 8192, NULL, "a filter, docs/expressions.md"},
    {"fields", HTTP_PARAM_TEXT, 1, 8192, NULL, "names of fields, joined by commas"},
    {"sort", HTTP_PARAM_TEXT, 1, 1024, NULL, "-a,b: by a downwards, then by b"},
    {"at", HTTP_PARAM_INTEGER, 0, INT64_MAX, NULL, "row number from 0; excludes `after`"},
    {"version", HTTP_PARAM_INTEGER, 1, INT64_MAX, NULL, "number of a version"},
    {"as_of", HTTP_PARAM_TEXT, 10, 40, NULL, "RFC 3339, or a day: its end"},
    PAGE,
    {0},
};
static const struct http_param export_params[] = {
    {"format", HTTP_PARAM_CHOICE, 0, 0, "csv,ndjson,parquet,xlsx", "csv without it"},
    {"where", HTTP_PARAM_TEXT, 1, 8192, NULL, "a filter, docs/expressions.md"},
    {"fields", HTTP_PARAM_TEXT, 1, 8192, NULL, "names of fields, joined by commas"},
    {"version", HTTP_PARAM_INTEGER, 1, INT64_MAX, NULL, "number of a version"},
    {"as_of", HTTP_PARAM_TEXT, 10, 40, NULL, "RFC 3339, or a day: its end"},
    {"guard", HTTP_PARAM_CHOICE, 0, 0, "true,false",
     "CSV for spreadsheets: ' before what they would take for a formula, and a byte order mark"},
    {0},
};
static const struct http_param diff_params[] = {
    {"from", HTTP_PARAM_INTEGER, 1, INT64_MAX, NULL, "the one before `to` without it"},
    {"to", HTTP_PARAM_INTEGER, 1, INT64_MAX, NULL, "the current one without it"},
    {"kind", HTTP_PARAM_CHOICE, 0, 0, "added,removed,changed", "all without it"},
    PAGE,
    {0},
};
static const struct http_param retention_params[] = {
    {"keep_versions", HTTP_PARAM_INTEGER, 0, 100000, NULL, "a draft: what would be due"},
    {"keep_days", HTTP_PARAM_INTEGER, 0, 100000, NULL, "a draft: what would be due"},
    {0},
};
static const struct http_param load_params[] = {
    {"file", HTTP_PARAM_TEXT, 1, 255, NULL, "name of the file"},
    {"upload", HTTP_PARAM_TEXT, 32, 32, NULL, "id of a finished upload, instead of a body"},
    {"again", HTTP_PARAM_INTEGER, 1, INT64_MAX, NULL,
     "id of a load of this dataset whose file is read again, instead of a body"},
    {"publish", HTTP_PARAM_CHOICE, 0, 0, "hold,now", "hold: stop at checked"},
    {"recipe", HTTP_PARAM_CHOICE, 0, 0, "none", "find everything, forget what was remembered"},
    RECIPE,
    {0},
};
static const struct http_param preview_params[] = {
    {"dataset", HTTP_PARAM_TEXT, 1, 127, NULL,
     "whose remembered recipe is used where none is said"},
    RECIPE,
    {0},
};
static const struct http_param job_params[] = {
    {"state", HTTP_PARAM_CHOICE, 0, 0, "waiting,running,done,failed,stopped", "only in this state"},
    {"mine", HTTP_PARAM_CHOICE, 0, 0, "true", "only those that I began"},
    PAGE,
    {0},
};
static const struct http_param workday_params[] = {
    {"from", HTTP_PARAM_TEXT, 10, 10, NULL, "YYYY-MM-DD"},
    {"days", HTTP_PARAM_INTEGER, -1000, 1000, NULL, "working days, 1 without it"},
    {0},
};
static const struct http_param quarantine_params[] = {
    {"code", HTTP_PARAM_TEXT, 1, 64, NULL, "reason"},
    {"column", HTTP_PARAM_TEXT, 1, 1024, NULL, "name of a field"},
    PAGE,
    {0},
};
static const struct http_param desk_params[] = {
    {"dataset", HTTP_PARAM_TEXT, 1, 127, NULL, "name of a dataset"},
    {0},
};
static const struct http_param reason_params[] = {
    {"code", HTTP_PARAM_TEXT, 1, 64, NULL, "reason"},
    {"column", HTTP_PARAM_TEXT, 1, 1024, NULL, "name of a field"},
    {0},
};
static const struct http_param file_params[] = {
    {"file", HTTP_PARAM_TEXT, 1, 255, NULL, "name of the file"},
    {0},
};
static const struct http_param publish_params[] = {
    {"publish", HTTP_PARAM_CHOICE, 0, 0, "hold,now", "hold: stop at checked"},
    {0},
};

static const struct http_param account_params[] = {
    {"q", HTTP_PARAM_TEXT, 1, 200, NULL, "part of the name or display name"},
    {"agency", HTTP_PARAM_TEXT, 1, 63, NULL, "name or id: its home, or where it holds a role"},
    {"role", HTTP_PARAM_TEXT, 1, 40, NULL, "a role that it holds"},
    {"state", HTTP_PARAM_CHOICE, 0, 0, "active,locked,invited", "state"},
    PAGE,
    {0},
};
#define AUDIT_FILTER                                                                               \
    {"since", HTTP_PARAM_TEXT, 20, 40, NULL, "RFC 3339, from then on"},                            \
        {"until", HTTP_PARAM_TEXT, 20, 40, NULL, "RFC 3339, before then"},                         \
        {"name", HTTP_PARAM_TEXT, 1, 64, NULL, "name of the account"},                             \
        {"agency", HTTP_PARAM_TEXT, 1, 63, NULL, "name or id"},                                    \
        {"what", HTTP_PARAM_TEXT, 1, 200, NULL, "what was done, as the list writes it"},           \
        {"about", HTTP_PARAM_TEXT, 1, 1024, NULL, "beginning of what it was about"},               \
    {                                                                                              \
        "result", HTTP_PARAM_TEXT, 1, 64, NULL, "ok, failed, or the code of a problem"             \
    }
static const struct http_param audit_params[] = {AUDIT_FILTER, PAGE, {0}};
static const struct http_param audit_export_params[] = {AUDIT_FILTER, {0}};
const struct http_route api_routes[] = {
    {"GET", "/api/v1/session", api_session_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Who calls, and what the pages need to know", NULL, "Session", 200, false, NULL},
    {"POST", "/api/v1/session", api_session_post, HTTP_ANYONE, HTTP_JSON_BODY, NULL,
     "Sign in; sets the session's cookie", "NewSession", "Session", 201, false, NULL},
    {"DELETE", "/api/v1/session", api_session_delete, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Sign out", NULL, NULL, 204, false, "session"},

    {"POST", "/api/v1/invitations/look", api_invitation_look, HTTP_ANYONE, HTTP_JSON_BODY, NULL,
     "Whose an invitation is", "InvitationSecret", "Invitation", 200, false, NULL},
    {"POST", "/api/v1/invitations/accept", api_invitation_accept, HTTP_ANYONE, HTTP_JSON_BODY, NULL,
     "Choose the password of an invited account, once", "AcceptInvitation", "Invitation", 200,
     false, NULL},
    {"POST", "/api/v1/account/password", api_own_password, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Change the own password; ends the own other sessions", "NewPassword", "Renewed", 200, false,
     "session"},
    {"POST", "/api/v1/account/second-factor", api_own_factor_begin, HTTP_SIGNED_IN, HTTP_JSON_BODY,
     NULL, "Begin to set up the second factor", "OwnPassword", "FactorSecret", 201, false,
     "session"},
    {"POST", "/api/v1/account/second-factor/confirm", api_own_factor_confirm, HTTP_SIGNED_IN,
     HTTP_JSON_BODY, NULL, "Confirm it by a code; tells the recovery codes, once", "FactorCode",
     "RecoveryCodes", 200, false, "session"},
    {"POST", "/api/v1/account/second-factor/codes", api_own_factor_codes, HTTP_SIGNED_IN,
     HTTP_JSON_BODY, NULL, "New recovery codes; the old ones end", "FactorCode", "RecoveryCodes",
     200, false, "session"},
    {"POST", "/api/v1/account/second-factor/remove", api_own_factor_remove, HTTP_SIGNED_IN,
     HTTP_JSON_BODY, NULL, "Remove the own second factor", "FactorCode", NULL, 204, false,
     "session"},
    {"GET", "/api/v1/sessions", api_sessions_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Own sessions", NULL, "SessionList", 200, false, "account"},
    {"DELETE", "/api/v1/sessions/{id}", api_sessions_delete, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "End a session: an own one, or of an account that one looks after", NULL, NULL, 204, false,
     "account"},
    {"GET", "/api/v1/accounts/{id}", api_account_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "An account", NULL, "Account", 200, false, "manage"},
    {"PATCH", "/api/v1/accounts/{id}", api_account_patch, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Change the display name", "AccountChange", "Account", 200, false, "manage"},
    {"POST", "/api/v1/accounts/{id}/lock", api_account_lock, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Lock an account; ends its sessions", NULL, "Account", 200, false, "manage"},
    {"POST", "/api/v1/accounts/{id}/unlock", api_account_unlock, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Unlock an account and forget its failed sign-ins", NULL, "Account", 200, false, "manage"},
    {"POST", "/api/v1/accounts/{id}/invitation", api_account_invite, HTTP_SIGNED_IN, HTTP_JSON_BODY,
     NULL, "A new link to choose the password; told once", "NewInvitation", "InvitationLink", 201,
     false, "manage"},
    {"POST", "/api/v1/accounts/{id}/grant", api_account_grant, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Give a role; ends the account's sessions", "Grant", "Account", 200, false, "manage"},
    {"POST", "/api/v1/accounts/{id}/revoke", api_account_revoke, HTTP_SIGNED_IN, HTTP_JSON_BODY,
     NULL, "Take a role; ends the account's sessions", "Grant", "Account", 200, false, "manage"},
    {"GET", "/api/v1/accounts/{id}/sessions", api_account_sessions, HTTP_SIGNED_IN, HTTP_NO_BODY,
     NULL, "Sessions of an account", NULL, "SessionList", 200, false, "manage"},
    {"DELETE", "/api/v1/accounts/{id}/sessions", api_account_end_sessions, HTTP_SIGNED_IN,
     HTTP_NO_BODY, NULL, "End all sessions of an account", NULL, NULL, 204, false, "manage"},
    {"DELETE", "/api/v1/accounts/{id}/second-factor", api_account_drop_factor, HTTP_SIGNED_IN,
     HTTP_NO_BODY, NULL, "Remove the second factor of somebody who lost it", NULL, NULL, 204, false,
     "manage"},
    {"GET", "/api/v1/accounts", api_accounts_get, HTTP_SIGNED_IN, HTTP_NO_BODY, account_params,
     "Accounts that the caller may know of; administrators, auditors", NULL, "AccountList", 200,
     false, "manage"},
    {"POST", "/api/v1/accounts", api_accounts_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new account; without a password it is invited", "NewAccount", "Account", 201, false,
     "manage"},

    {"GET", "/api/v1/tokens", api_tokens_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL, "Own tokens",
     NULL, "TokenList", 200, false, "account"},
    {"POST", "/api/v1/tokens", api_tokens_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new token; its text is shown once", "NewToken", "CreatedToken", 201, false, "account"},
    {"DELETE", "/api/v1/tokens/{id}", api_tokens_delete, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "End a token", NULL, NULL, 204, false, "account"},

    {"GET", "/api/v1/regions", api_regions_get, HTTP_ANYONE, HTTP_NO_BODY, region_params,
     "Administrative regions", NULL, "RegionList", 200, false, "read"},
    {"GET", "/api/v1/agencies", api_agencies_get, HTTP_ANYONE, HTTP_NO_BODY, page_params,
     "Agencies", NULL, "AgencyList", 200, false, "read"},
    {"POST", "/api/v1/agencies", api_agencies_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new agency; administrators", "NewAgency", "Agency", 201, false, "manage"},

    {"PATCH", "/api/v1/agencies/{id}", api_agency_patch, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Change an agency; administrators, its own administrator its titles and contact",
     "AgencyChange", "Agency", 200, false, "manage"},
    {"POST", "/api/v1/agencies/{id}/close", api_agency_close, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Close an agency: nothing new comes to it", NULL, "Agency", 200, false, "manage"},
    {"POST", "/api/v1/agencies/{id}/open", api_agency_open, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Open a closed agency again", NULL, "Agency", 200, false, "manage"},
    {"GET", "/api/v1/audit", api_audit_get, HTTP_SIGNED_IN, HTTP_NO_BODY, audit_params,
     "The audit trail, newest first; auditors", NULL, "AuditList", 200, false, "audit"},
    {"GET", "/api/v1/audit.csv", api_audit_export, HTTP_SIGNED_IN, HTTP_NO_BODY,
     audit_export_params, "The audit trail as CSV; auditors", NULL, "Csv", 200, false, "audit"},

    {"GET", "/api/v1/datasets", api_datasets_get, HTTP_ANYONE, HTTP_NO_BODY, dataset_params,
     "The catalogue, with facets", NULL, "DatasetList", 200, false, "read"},
    {"POST", "/api/v1/datasets", api_datasets_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new dataset; stewards of the agency, administrators", "NewDataset", "Dataset", 201, false,
     "edit"},
    {"GET", "/api/v1/datasets/{id}", api_dataset_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "A dataset with its schema", NULL, "Dataset", 200, false, "read"},
    {"PATCH", "/api/v1/datasets/{id}", api_dataset_patch, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Change metadata; needs If-Match", "DatasetChange", "Dataset", 200, false, "edit"},
    {"POST", "/api/v1/datasets/{id}/review", api_dataset_review, HTTP_SIGNED_IN, HTTP_JSON_BODY,
     NULL, "Submit a draft, publish it, or send it back with a reason", "Review", "Dataset", 200,
     false, "edit"},
    {"GET", "/api/v1/datasets/{id}/attachments", api_attachments_get, HTTP_ANYONE, HTTP_NO_BODY,
     NULL, "Attachments of a dataset", NULL, "AttachmentList", 200, false, "read"},
    {"POST", "/api/v1/datasets/{id}/attachments", api_attachments_post, HTTP_SIGNED_IN,
     HTTP_FILE_BODY, attachment_params, "Attach a file; stewards", NULL, "Attachment", 201, false,
     "edit"},
    {"GET", "/api/v1/attachments/{id}", api_attachment_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "The bytes of an attachment", NULL, "File", 200, false, "read"},
    {"DELETE", "/api/v1/attachments/{id}", api_attachment_delete, HTTP_SIGNED_IN, HTTP_NO_BODY,
     NULL, "Take an attachment away; stewards", NULL, NULL, 204, false, "edit"},
    {"GET", "/api/v1/datasets/{id}/subscription", api_subscription_get, HTTP_SIGNED_IN,
     HTTP_NO_BODY, NULL, "Does the account follow the dataset?", NULL, "Subscription", 200, false,
     "read"},
    {"POST", "/api/v1/datasets/{id}/subscription", api_subscription_post, HTTP_SIGNED_IN,
     HTTP_NO_BODY, NULL, "Follow the dataset", NULL, "Subscription", 200, false, "account"},
    {"DELETE", "/api/v1/datasets/{id}/subscription", api_subscription_delete, HTTP_SIGNED_IN,
     HTTP_NO_BODY, NULL, "Follow it no longer", NULL, NULL, 204, false, "account"},
    {"GET", "/api/v1/datasets/{id}/news", api_dataset_news_get, HTTP_ANYONE, HTTP_NO_BODY,
     page_params, "What happened to a dataset, newest first", NULL, "NewsList", 200, false, "read"},
    {"GET", "/api/v1/news", api_news_get, HTTP_SIGNED_IN, HTTP_NO_BODY, page_params,
     "What happened to the datasets that the account follows", NULL, "NewsList", 200, false,
     "read"},
    {"GET", "/api/v1/shared-fields", api_shared_fields_get, HTTP_ANYONE, HTTP_NO_BODY,
     shared_params, "Fields that several agencies hold, and which one answers for each", NULL,
     "SharedFieldList", 200, false, "read"},
    {"POST", "/api/v1/shared-fields", api_shared_fields_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Name the agency that answers for a field; administrators", "FieldSource", NULL, 204, false,
     "manage"},
    {"GET", "/api/v1/catalogue-imports/template", api_catalogue_template, HTTP_ANYONE, HTTP_NO_BODY,
     NULL, "Template of an agency's catalogue, CSV", NULL, "File", 200, false, "read"},
    {"POST", "/api/v1/catalogue-imports", api_catalogue_import, HTTP_SIGNED_IN, HTTP_FILE_BODY,
     import_params, "Import an agency's catalogue from a table; stewards", NULL, "ImportReport",
     200, false, "edit"},
    {"GET", "/api/v1/systems", api_systems_get, HTTP_SIGNED_IN, HTTP_NO_BODY, system_params,
     "Information systems of the own agency; administrators and auditors: of all", NULL,
     "SystemList", 200, false, "read"},
    {"POST", "/api/v1/systems", api_systems_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new information system; stewards", "NewSystem", "System", 201, false, "edit"},
    {"GET", "/api/v1/systems/{id}", api_system_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "An information system with its three gates", NULL, "System", 200, false, "read"},
    {"PATCH", "/api/v1/systems/{id}", api_system_patch, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Change it; needs If-Match", "SystemChange", "System", 200, false, "edit"},
    {"GET", "/api/v1/overview", api_overview_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "The province in figures: by agency, by prefecture", NULL, "Overview", 200, false, "read"},
    {"GET", "/api/v1/datasets/{id}/versions", api_versions_get, HTTP_ANYONE, HTTP_NO_BODY,
     page_params, "Versions, newest first", NULL, "VersionList", 200, false, "read"},
    {"GET", "/api/v1/datasets/{id}/rows", api_rows_get, HTTP_ANYONE, HTTP_NO_BODY, row_params,
     "Rows of a version", NULL, "Rows", 200, false, "read"},
    {"GET", "/api/v1/datasets/{id}/export", api_export_get, HTTP_ANYONE, HTTP_NO_BODY,
     export_params, "All rows of a version as a file; cut off where it fails", NULL, "File", 200,
     false, "read"},
    {"GET", "/api/v1/datasets/{id}/versions/{number}", api_version_get, HTTP_ANYONE, HTTP_NO_BODY,
     NULL, "A version; for its stewards with the report", NULL, "Version", 200, false, "read"},
    {"POST", "/api/v1/datasets/{id}/versions/{number}/withdraw", api_version_withdraw,
     HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL, "Withdraw a version, with a reason; stewards",
     "VersionAct", "Version", 200, false, "load"},
    {"POST", "/api/v1/datasets/{id}/versions/{number}/restore", api_version_restore, HTTP_SIGNED_IN,
     HTTP_JSON_BODY, NULL, "Publish a withdrawn version again; stewards", "VersionAct", "Version",
     200, false, "load"},
    {"GET", "/api/v1/datasets/{id}/diff", api_diff_get, HTTP_ANYONE, HTTP_NO_BODY, diff_params,
     "The difference of two versions by key", NULL, "Diff", 200, false, "read"},
    {"GET", "/api/v1/datasets/{id}/retention", api_retention_get, HTTP_SIGNED_IN, HTTP_NO_BODY,
     retention_params, "Which versions are kept, and which are due; stewards", NULL, "Retention",
     200, false, "read"},
    {"PUT", "/api/v1/datasets/{id}/retention", api_retention_put, HTTP_SIGNED_IN, HTTP_JSON_BODY,
     NULL, "Set which versions are kept; what is due goes now; stewards", "RetentionPolicy",
     "Retention", 200, false, "load"},
    {"GET", "/api/v1/datasets/{id}/loads", api_loads_get, HTTP_SIGNED_IN, HTTP_NO_BODY, page_params,
     "Loads, newest first; stewards", NULL, "LoadList", 200, false, "read"},
    {"POST", "/api/v1/datasets/{id}/loads", api_loads_post, HTTP_SIGNED_IN, HTTP_FILE_BODY,
     load_params, "Load a file; Prefer: wait=N waits for the end", NULL, "Load", 201, true, "load"},

    {"OPTIONS", "/api/v1/uploads", api_uploads_options, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "What resumable uploads (tus 1.0) can do here", NULL, NULL, 204, false, NULL},
    {"POST", "/api/v1/uploads", api_uploads_post, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Begin a resumable upload (tus): Upload-Length, Upload-Metadata with filename", NULL, "Upload",
     201, false, "load"},
    {"GET", "/api/v1/uploads/{id}", api_upload_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "An own upload; HEAD (tus) tells Upload-Offset, the bytes that are durable", NULL, "Upload",
     200, false, "load"},
    {"PATCH", "/api/v1/uploads/{id}", api_upload_patch, HTTP_SIGNED_IN, HTTP_SINK_BODY, NULL,
     "Go on with an upload (tus): Upload-Offset, then bytes", NULL, NULL, 204, false, "load"},
    {"DELETE", "/api/v1/uploads/{id}", api_upload_delete, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "End an upload; what came is removed", NULL, NULL, 204, false, "load"},
    {"POST", "/api/v1/uploads/{id}", api_upload_post, HTTP_SIGNED_IN, HTTP_SINK_BODY, NULL,
     "For clients without PATCH and DELETE: the method stands in X-HTTP-Method-Override", NULL,
     NULL, 204, false, "load"},

    {"GET", "/api/v1/datasets/{id}/recipe", api_recipe_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "How its files are read, as said last; stewards", NULL, "RecipeAnswer", 200, false, "load"},
    {"PUT", "/api/v1/datasets/{id}/recipe", api_recipe_put, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Say how its files are read", "Recipe", "RecipeAnswer", 200, false, "load"},
    {"DELETE", "/api/v1/datasets/{id}/recipe", api_recipe_delete, HTTP_SIGNED_IN, HTTP_NO_BODY,
     NULL, "Forget it: everything is found again", NULL, NULL, 204, false, "load"},
    {"GET", "/api/v1/uploads/{id}/preview", api_upload_preview, HTTP_SIGNED_IN, HTTP_NO_BODY,
     preview_params, "A finished upload as these choices read it", NULL, "Preview", 200, false,
     "load"},
    {"GET", "/api/v1/loads/{id}/preview", api_load_preview, HTTP_SIGNED_IN, HTTP_NO_BODY,
     preview_params, "The file of a load as these choices read it", NULL, "Preview", 200, false,
     "load"},

    {"GET", "/api/v1/loads/{id}", api_load_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL, "A load", NULL,
     "Load", 200, false, "read"},
    {"PATCH", "/api/v1/loads/{id}", api_load_patch, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "The note of a checked or published load, which readers of the version see", "LoadChange",
     "Load", 200, false, "load"},
    {"POST", "/api/v1/loads/{id}/publish", api_load_publish, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Publish a load that stopped at checked", NULL, "Load", 200, false, "load"},
    {"POST", "/api/v1/loads/{id}/refuse", api_load_refuse, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Drop a load", NULL, "Load", 200, false, "load"},
    {"GET", "/api/v1/loads/{id}/quarantine", api_quarantine_get, HTTP_SIGNED_IN, HTTP_NO_BODY,
     quarantine_params, "Quarantined rows of a load, with what the draft made of them", NULL,
     "QuarantineList", 200, false, "read"},
    {"GET", "/api/v1/quarantine", api_desk_get, HTTP_SIGNED_IN, HTTP_NO_BODY, desk_params,
     "Datasets whose current version has quarantined rows", NULL, "QuarantineDesk", 200, false,
     "read"},
    {"GET", "/api/v1/loads/{id}/quarantine/acts", api_acts_get, HTTP_SIGNED_IN, HTTP_NO_BODY,
     page_params, "Acts on the quarantine, newest first", NULL, "QuarantineActList", 200, false,
     "read"},
    {"POST", "/api/v1/loads/{id}/quarantine/acts", api_acts_post, HTTP_SIGNED_IN, HTTP_JSON_BODY,
     NULL, "Mend, accept or drop rows, or change many by a rule; stewards", "NewQuarantineAct",
     "QuarantineAct", 201, false, "load"},
    {"DELETE", "/api/v1/loads/{id}/quarantine/acts/{act}", api_act_delete, HTTP_SIGNED_IN,
     HTTP_NO_BODY, NULL, "Undo an act, until the next version", NULL, "QuarantineAct", 200, false,
     "load"},
    {"POST", "/api/v1/loads/{id}/quarantine/preview", api_quarantine_preview, HTTP_SIGNED_IN,
     HTTP_JSON_BODY, page_params, "What a rule would do", "QuarantineRule", "QuarantinePreview",
     200, false, "read"},
    {"GET", "/api/v1/loads/{id}/quarantine/file", api_quarantine_file_get, HTTP_SIGNED_IN,
     HTTP_NO_BODY, reason_params, "The quarantine as CSV with reasons", NULL, "File", 200, false,
     "read"},
    {"POST", "/api/v1/loads/{id}/quarantine/file", api_quarantine_file_post, HTTP_SIGNED_IN,
     HTTP_FILE_BODY, file_params, "The mended file in the place of its rows", NULL, "QuarantineAct",
     201, false, "load"},
    {"POST", "/api/v1/loads/{id}/quarantine/publish", api_quarantine_publish, HTTP_SIGNED_IN,
     HTTP_NO_BODY, publish_params, "The draft becomes the next version; Prefer: wait=N waits", NULL,
     "Load", 201, false, "load"},

    {"GET", "/api/v1/jobs", api_jobs_get, HTTP_SIGNED_IN, HTTP_NO_BODY, job_params,
     "Jobs of the own agency, newest first", NULL, "JobList", 200, false, "read"},
    {"GET", "/api/v1/jobs/{id}", api_job_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL, "A job", NULL,
     "Job", 200, false, "read"},
    {"GET", "/api/v1/jobs/{id}/events", api_job_events, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Progress as server-sent events: `progress` and `end` with a Job", NULL, "EventStream", 200,
     false, "read"},

    {"POST", "/api/v1/jobs/{id}/stop", api_job_stop, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Stop a job; its agency's stewards, who began it, administrators", NULL, "Job", 200, false,
     "load"},
    {"POST", "/api/v1/jobs/{id}/again", api_job_again, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Begin a job again that failed or was stopped", NULL, "Job", 200, false, "load"},

    {"GET", "/api/v1/schedules", api_schedules_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "What the clock begins; administrators, auditors", NULL, "ScheduleList", 200, false, "manage"},
    {"PATCH", "/api/v1/schedules/{name}", api_schedule_patch, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Change rule or pause; needs If-Match; administrators", "ScheduleChange", "Schedule", 200,
     false, "manage"},
    {"POST", "/api/v1/schedules/{name}/run", api_schedule_run, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Begin its job now; administrators", NULL, "Job", 201, false, "manage"},
    {"GET", "/api/v1/calendar/{year}", api_calendar_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Holidays and make-up days of a year, as decreed", NULL, "CalendarYear", 200, false, "read"},
    {"PUT", "/api/v1/calendar/{year}", api_calendar_put, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Set the days of a year; administrators", "NewCalendarYear", "CalendarYear", 200, false,
     "manage"},
    {"GET", "/api/v1/workdays", api_workdays_get, HTTP_ANYONE, HTTP_NO_BODY, workday_params,
     "The n-th working day after a day, and how it came about", NULL, "Workdays", 200, false,
     "read"},

    {"GET", "/api/v1/openapi.json", api_openapi_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "This document", NULL, "OpenApi", 200, false, NULL},
    {"GET", "/health/live", api_health_live, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Does the server run?", NULL, "Health", 200, false, NULL},
    {"GET", "/health/ready", api_health_ready, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Do its parts answer?", NULL, "Health", 200, false, NULL},
    {"GET", "/metrics", api_metrics_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Figures as Prometheus reads them; from the machine itself only", NULL, "Metrics", 200, false,
     NULL},
    {"GET", "/api/v1/health", api_health_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Is it well, since when; administrators and auditors", NULL, "HealthReport", 200, false,
     "manage"},
    {"GET", "/api/v1/backups", api_backups_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Backups, newest first; administrators and auditors", NULL, "BackupList", 200, false,
     "manage"},
    {"POST", "/api/v1/backups", api_backups_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Make one, as a job; administrators", "NewBackup", "Job", 201, false, "manage"},
};
const struct http_extra api_extras[] = {
    {"/api/v1/uploads", NULL, api_tus_headers},
    {"/api/v1/uploads/{id}", &api_upload_sink, api_tus_headers},
    {NULL, NULL, NULL},
};
const size_t api_n_routes = YM_COUNT(api_routes);
