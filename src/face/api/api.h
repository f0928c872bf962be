/* face/api: the HTTP API and the portal's pages: one route table, one file a route group.
 *
 * `struct api` is made from what main gives; it is the `with` of every handler and lives as long as
 * the server. The rooms judge who may do what; here is only translation: docs/api.md is the page
 * for users and says what every address takes and gives. Texts of problems come from the portal's
 * locale files by `problem.CODE.title` and `problem.CODE.hint`. Errors raised here: api.bearer
 * api.csrf api.origin api.body api.field_unknown api.field_missing api.field_type api.cursor api.id
 * api.role api.answer_large api.no_portal api.index api.schemas, http.if_match (428), http.route,
 * jobs.unknown.
 */
#pragma once
#include "base/base.h"
#include "data/lake/lake.h"
#include "host/engine/engine.h"
#include "host/http/server.h"
#include "host/jobs/jobs.h"
#include "host/store/store.h"
#include "service/upkeep/upkeep.h"

struct api_options {
    struct store_pool *pool;
    struct engine *engine;
    struct jobs *jobs;
    struct lake *lake;
    struct catalog_search *search;
    struct upkeep *upkeep;  // NULL only where no route of it is called
    const char *web;        // folder of the built portal
    const char *locales;    // folder of zh-CN.json and en.json
    const char *public_url; // without a slash at its end; or NULL: pages name no address of ours
    const char *place_zh, *place_en;
    const char *version;
    const char *zone;
    bool demo;
    const struct store_seal *seal; // of second factors' secrets
    const char *operator_key;      // bearer of the machine's own operator, 64 hex digits
    const char *incoming;
    const char *program; // of yunmeng, for the reader
    int64_t upload_most; // bytes of an upload
};
struct api;
// The texts that the options point to must outlive it. A locale file that is not there is a warning
// in the log: problems then have their English.
YM_MUST bool api_open(const struct api_options *options, struct api **out, struct ym_error *err);
void api_close(struct api *api);

extern const struct http_route api_routes[];
extern const size_t api_n_routes;
extern const struct http_extra api_extras[];
// For http_options: the portal, who calls, what was done, a text of the locale files, the end of a
// token that stood in an address.
bool api_page(struct http_request *rq, struct http_reply *re, struct ym_error *err);
bool api_authenticate(struct http_request *rq, void **caller, struct ym_error *err);
void api_done(struct http_request *rq, const struct ym_error *err); // the audit trail's line
struct ym_str api_text(void *with, struct ym_str lang, const char *key);
void api_burn(void *with, struct ym_str token);
json_t *api_schemas(void); // components.schemas of the OpenAPI document
