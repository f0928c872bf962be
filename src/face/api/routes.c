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
static const struct http_param load_params[] = {
    {"file", HTTP_PARAM_TEXT, 1, 255, NULL, "name of the file"},
    {"upload", HTTP_PARAM_TEXT, 32, 32, NULL, "id of a finished upload, instead of a body"},
    {"again", HTTP_PARAM_INTEGER, 1, INT64_MAX, NULL,
     "id of a load of this dataset whose file is read again, instead of a body"},
    {"publish", HTTP_PARAM_CHOICE, 0, 0, "hold,now", "hold: stop at checked"},
    {"encoding", HTTP_PARAM_TEXT, 1, 40, NULL, "utf-8, gb18030 …; found without it"},
    {"delimiter", HTTP_PARAM_TEXT, 1, 8, NULL, "one character, tab, blank or none"},
    {"header_row", HTTP_PARAM_INTEGER, -1, 1000000, NULL, "line of the header; -1: there is none"},
    {0},
};
static const struct http_param quarantine_params[] = {
    {"code", HTTP_PARAM_TEXT, 1, 64, NULL, "reason"},
    {"column", HTTP_PARAM_TEXT, 1, 1024, NULL, "name of a field"},
    PAGE,
    {0},
};

const struct http_route api_routes[] = {
    {"GET", "/api/v1/session", api_session_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Who calls, and what the pages need to know", NULL, "Session", 200, false},
    {"POST", "/api/v1/session", api_session_post, HTTP_ANYONE, HTTP_JSON_BODY, NULL,
     "Sign in; sets the session's cookie", "NewSession", "Session", 201, false},
    {"DELETE", "/api/v1/session", api_session_delete, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Sign out", NULL, NULL, 204, false},

    {"GET", "/api/v1/accounts", api_accounts_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "All accounts; administrators", NULL, "AccountList", 200, false},
    {"POST", "/api/v1/accounts", api_accounts_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new account; administrators", "NewAccount", "Account", 201, false},

    {"GET", "/api/v1/tokens", api_tokens_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL, "Own tokens",
     NULL, "TokenList", 200, false},
    {"POST", "/api/v1/tokens", api_tokens_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new token; its text is shown once", "NewToken", "CreatedToken", 201, false},
    {"DELETE", "/api/v1/tokens/{id}", api_tokens_delete, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "End a token", NULL, NULL, 204, false},

    {"GET", "/api/v1/regions", api_regions_get, HTTP_ANYONE, HTTP_NO_BODY, region_params,
     "Administrative regions", NULL, "RegionList", 200, false},
    {"GET", "/api/v1/agencies", api_agencies_get, HTTP_ANYONE, HTTP_NO_BODY, page_params,
     "Agencies", NULL, "AgencyList", 200, false},
    {"POST", "/api/v1/agencies", api_agencies_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new agency; administrators", "NewAgency", "Agency", 201, false},

    {"GET", "/api/v1/datasets", api_datasets_get, HTTP_ANYONE, HTTP_NO_BODY, dataset_params,
     "The catalogue, with facets", NULL, "DatasetList", 200, false},
    {"POST", "/api/v1/datasets", api_datasets_post, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "A new dataset; stewards of the agency, administrators", "NewDataset", "Dataset", 201, false},
    {"GET", "/api/v1/datasets/{id}", api_dataset_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "A dataset with its schema", NULL, "Dataset", 200, false},
    {"PATCH", "/api/v1/datasets/{id}", api_dataset_patch, HTTP_SIGNED_IN, HTTP_JSON_BODY, NULL,
     "Change metadata; needs If-Match", "DatasetChange", "Dataset", 200, false},
    {"POST", "/api/v1/datasets/{id}/review", api_dataset_review, HTTP_SIGNED_IN, HTTP_JSON_BODY,
     NULL, "Submit a draft, publish it, or send it back with a reason", "Review", "Dataset", 200,
     false},
    {"GET", "/api/v1/overview", api_overview_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "The province in figures: by agency, by prefecture", NULL, "Overview", 200, false},
    {"GET", "/api/v1/datasets/{id}/versions", api_versions_get, HTTP_ANYONE, HTTP_NO_BODY,
     page_params, "Versions, newest first", NULL, "VersionList", 200, false},
    {"GET", "/api/v1/datasets/{id}/rows", api_rows_get, HTTP_ANYONE, HTTP_NO_BODY, row_params,
     "Rows of a version", NULL, "Rows", 200, false},
    {"GET", "/api/v1/datasets/{id}/export", api_export_get, HTTP_ANYONE, HTTP_NO_BODY,
     export_params, "All rows of a version as a file; cut off where it fails", NULL, "File", 200,
     false},
    {"GET", "/api/v1/datasets/{id}/loads", api_loads_get, HTTP_SIGNED_IN, HTTP_NO_BODY, page_params,
     "Loads, newest first; stewards", NULL, "LoadList", 200, false},
    {"POST", "/api/v1/datasets/{id}/loads", api_loads_post, HTTP_SIGNED_IN, HTTP_FILE_BODY,
     load_params, "Load a file; Prefer: wait=N waits for the end", NULL, "Load", 201, true},

    {"OPTIONS", "/api/v1/uploads", api_uploads_options, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "What resumable uploads (tus 1.0) can do here", NULL, NULL, 204, false},
    {"POST", "/api/v1/uploads", api_uploads_post, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Begin a resumable upload (tus): Upload-Length, Upload-Metadata with filename", NULL, "Upload",
     201, false},
    {"GET", "/api/v1/uploads/{id}", api_upload_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "An own upload; HEAD (tus) tells Upload-Offset, the bytes that are durable", NULL, "Upload",
     200, false},
    {"PATCH", "/api/v1/uploads/{id}", api_upload_patch, HTTP_SIGNED_IN, HTTP_SINK_BODY, NULL,
     "Go on with an upload (tus): Upload-Offset, then bytes", NULL, NULL, 204, false},
    {"DELETE", "/api/v1/uploads/{id}", api_upload_delete, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "End an upload; what came is removed", NULL, NULL, 204, false},
    {"POST", "/api/v1/uploads/{id}", api_upload_post, HTTP_SIGNED_IN, HTTP_SINK_BODY, NULL,
     "For clients without PATCH and DELETE: the method stands in X-HTTP-Method-Override", NULL,
     NULL, 204, false},

    {"GET", "/api/v1/loads/{id}", api_load_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL, "A load", NULL,
     "Load", 200, false},
    {"POST", "/api/v1/loads/{id}/publish", api_load_publish, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Publish a load that stopped at checked", NULL, "Load", 200, false},
    {"POST", "/api/v1/loads/{id}/refuse", api_load_refuse, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Drop a load", NULL, "Load", 200, false},
    {"GET", "/api/v1/loads/{id}/quarantine", api_quarantine_get, HTTP_SIGNED_IN, HTTP_NO_BODY,
     quarantine_params, "Quarantined rows of a load", NULL, "QuarantineList", 200, false},

    {"GET", "/api/v1/jobs", api_jobs_get, HTTP_SIGNED_IN, HTTP_NO_BODY, page_params,
     "Jobs of the own agency, newest first", NULL, "JobList", 200, false},
    {"GET", "/api/v1/jobs/{id}", api_job_get, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL, "A job", NULL,
     "Job", 200, false},
    {"GET", "/api/v1/jobs/{id}/events", api_job_events, HTTP_SIGNED_IN, HTTP_NO_BODY, NULL,
     "Progress as server-sent events: `progress` and `end` with a Job", NULL, "EventStream", 200,
     false},

    {"GET", "/api/v1/openapi.json", api_openapi_get, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "This document", NULL, "OpenApi", 200, false},
    {"GET", "/health/live", api_health_live, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Does the server run?", NULL, "Health", 200, false},
    {"GET", "/health/ready", api_health_ready, HTTP_ANYONE, HTTP_NO_BODY, NULL,
     "Do its parts answer?", NULL, "Health", 200, false},
};
const struct http_extra api_extras[] = {
    {"/api/v1/uploads", NULL, api_tus_headers},
    {"/api/v1/uploads/{id}", &api_upload_sink, api_tus_headers},
    {NULL, NULL, NULL},
};
const size_t api_n_routes = YM_COUNT(api_routes);
