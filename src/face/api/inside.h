/* face/api/inside: what the files of this room share; nobody else includes it. */
#pragma once
#include "face/api/api.h"

#include "base/time.h"

#include <stdatomic.h>

struct api {
    struct api_options options;
    json_t *zh, *en;       // locale files; NULL: not there
    struct ym_buf openapi; // the document, made once
    _Atomic int waiting;   // handlers that wait for a job (Prefer: wait)
};
static inline struct api *api_of(const struct http_request *rq)
{
    return rq->with;
}
static inline const struct org_caller *api_caller(const struct http_request *rq)
{
    return rq->caller;
}
static inline struct org_act *api_act(const struct http_request *rq)
{
    return rq->note;
}
extern const char api_cookie[]; // the session's

// Lends a connection for the call. Where the route changes something, the next transaction on it
// carries the line of the audit trail; what is not carried so is written by api_done.
YM_MUST bool api_take(const struct http_request *rq, struct store **out, struct ym_error *err);
void api_give(const struct http_request *rq, struct store *store);
void api_set_cookie(const struct http_request *rq, struct http_reply *re, const char *secret);

// Fields of a body. What the table does not name is refused; null is as if it were absent.
enum api_field_type {
    API_TEXT,    // struct ym_str
    API_TEXTS,   // struct api_texts: {"zh", "en"}
    API_INTEGER, // int64_t
    API_BOOLEAN, // bool
    API_OBJECT,  // json_t *, borrowed
    API_ARRAY    // json_t *, borrowed
};
struct api_texts {
    struct ym_str zh, en;
};
struct api_field {
    const char *name;
    enum api_field_type type;
    bool required;
    void *into; // left as it is where the field is absent
};
YM_MUST bool api_fields(const json_t *body, const struct api_field *fields, size_t n,
                        struct ym_error *err);

// Ids and times as the API writes them; 0 is null.
json_t *api_id(int64_t id);
json_t *api_time(int64_t time);
json_t *api_texts_json(struct ym_str zh, struct ym_str en);
// {"items", "next", "total"}; takes items and next (NULL: null).
json_t *api_list(json_t *items, json_t *next, int64_t total);
YM_MUST bool api_path_id(const struct http_request *rq, int64_t *out, struct ym_error *err);
// `after` of lists whose cursor is a number; 0 where it is absent.
YM_MUST bool api_after(const struct http_request *rq, int64_t *out, struct ym_error *err);
// If-Match: "12", as ETag and `etag` gave it.
YM_MUST bool api_if_match(const struct http_request *rq, int64_t *etag, struct ym_error *err);
int64_t api_limit(const struct http_request *rq);
// The agency that a body names, by name or id.
YM_MUST bool api_agency(const struct http_request *rq, struct store *store, struct ym_str said,
                        struct org_agency *out, struct ym_error *err);
// The short form of an agency out of a list, null for 0 and for one that is not in it.
json_t *api_agency_ref(const struct org_agencies *all, int64_t id);
json_t *api_roles_json(const struct org_grant *grants, size_t n, const struct org_agencies *all);
json_t *api_sessions_json(const struct org_sessions *sessions, int64_t own);
void api_location(const struct http_request *rq, struct http_reply *re, const char *collection,
                  struct ym_str id);
// One of the roles for the platform, not for one agency.
YM_MUST bool api_need_platform(const struct http_request *rq, unsigned roles, struct ym_error *err);
// The options of reading among a load's parameters; *said: there were some, or recipe=none.
struct collect_recipe api_recipe_params(const struct http_request *rq, bool *said);
json_t *api_job(const struct http_request *rq, const struct jobs_view *view);
json_t *api_problem(const struct http_request *rq, const struct ym_error *problem);

// Constant-time comparison of secrets.
bool api_same_secret(struct ym_str a, struct ym_str b);

// head.c: the page for a path, made from index.html.
struct api_head {
    struct ym_str lang, theme, path, title, description, site;
    const struct catalog_dataset *dataset; // or NULL
    const char *public_url;
};
void api_head_write(struct ym_buf *to, struct ym_str index, const struct api_head *head);

// Handlers, one file a group; the table in routes.c names them.
http_handler api_session_get, api_session_post, api_session_delete;
http_handler api_accounts_get, api_accounts_post, api_account_get, api_account_patch;
http_handler api_account_lock, api_account_unlock, api_account_end_sessions, api_account_sessions;
http_handler api_account_invite, api_account_grant, api_account_revoke, api_account_drop_factor;
http_handler api_invitation_look, api_invitation_accept;
http_handler api_own_password, api_own_factor_begin, api_own_factor_confirm, api_own_factor_remove;
http_handler api_own_factor_codes, api_sessions_get, api_sessions_delete;
http_handler api_audit_get, api_audit_export;
http_handler api_tokens_get, api_tokens_post, api_tokens_delete;
http_handler api_regions_get, api_agencies_get, api_agencies_post, api_agency_patch;
http_handler api_agency_close, api_agency_open;
http_handler api_recipe_get, api_recipe_put, api_recipe_delete;
http_handler api_datasets_get, api_datasets_post, api_dataset_get, api_dataset_patch;
http_handler api_systems_get, api_systems_post, api_system_get, api_system_patch;
http_handler api_attachments_get, api_attachments_post, api_attachment_get, api_attachment_delete;
http_handler api_subscription_get, api_subscription_post, api_subscription_delete;
http_handler api_news_get, api_dataset_news_get;
http_handler api_shared_fields_get, api_shared_fields_post;
http_handler api_catalogue_template, api_catalogue_import;
http_handler api_rows_get, api_export_get, api_versions_get, api_version_get;
http_handler api_version_withdraw, api_version_restore, api_diff_get;
http_handler api_retention_get, api_retention_put;
http_handler api_dataset_review, api_overview_get;
http_handler api_loads_get, api_loads_post, api_load_get, api_load_patch, api_load_publish,
    api_load_refuse;
http_handler api_uploads_options, api_uploads_post, api_upload_get, api_upload_patch;
http_handler api_upload_delete, api_upload_post, api_upload_preview, api_load_preview;
extern const struct http_sink api_upload_sink;
extern const char *const api_tus_headers[];
http_handler api_jobs_get, api_job_get, api_job_events, api_job_stop, api_job_again;
http_handler api_schedules_get, api_schedule_patch, api_schedule_run;
http_handler api_calendar_get, api_calendar_put, api_workdays_get;
http_handler api_quarantine_get, api_desk_get, api_acts_get, api_acts_post, api_act_delete;
http_handler api_quarantine_preview, api_quarantine_publish, api_quarantine_file_get;
http_handler api_quarantine_file_post;
// A load as the API shows it; and the wait that Prefer asks for, with its header.
YM_MUST bool api_load_answer(struct http_request *rq, int64_t load, struct http_reply *re,
                             struct ym_error *err);
void api_wait(struct http_request *rq, int64_t job, struct http_reply *re);
http_handler api_openapi_get, api_health_live, api_health_ready, api_metrics_get;
http_handler api_health_get, api_backups_get, api_backups_post;
