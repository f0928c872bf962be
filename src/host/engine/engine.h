/* host/engine: ClickHouse, reached by its HTTP interface, as a child of ours or elsewhere.
 *
 * engine_start begins a supervising thread: it writes the configuration (no secret in it), starts
 * yunmeng-engine as ENGINE.md section 2 says (secrets in its environment only, random port read
 * from its stdout), waits for /ping and a first SELECT, and begins it again with back-off
 * 0.1 → 10 s when it dies. With `url` nothing is started: that server is used and watched. All
 * calls block; any thread. While the engine is away calls fail with YM_BUSY "engine.away" (hint:
 * try again). Errors of a query: YM_FAULT "engine.query", time-out and memory YM_LIMITED
 * "engine.limit"; the engine's own text goes to the log at DEBUG, never into *err's message, since
 * it may carry values; `exception` in the query takes it for callers that must know the code.
 *
 * Values travel as parameters: SQL says {name:Type}, args carry text, number or NULL; the
 * escaping is done here. Only a list, {name:Array(T)}, is text in the engine's own form,
 * ['a\'b','c'], in which the caller escapes backslash, quote, tab and newline by a backslash. All
 * values of a query are under 1 MB (YM_TOO_LARGE "engine.request"; elsewhere 128 KB a value); an
 * INSERT with `read` has its SQL in there too, any other SQL may be many megabytes. Names enter SQL
 * only through engine_name.
 *
 * Errors besides: engine.full (its disk), engine.stopped (`stopped`, or engine_stop meanwhile),
 * engine.answer (over the buffer's limit); what `read` and `write` give comes out as it is. At rest
 * for 5 s, the child gives its free memory back.
 */
#pragma once
#include "base/base.h"
#include "host/http/client.h"
#include "pure/expr/expr.h"

struct engine;
struct engine_options {
    const char *program;         // path of yunmeng-engine; unused with url
    const char *dir;             // its folder: store/, config/, tmp (made here)
    const char *url;             // NULL: start a child; else "http://host:port"
    const char *user, *password; // with url
    const char *database;        // "lake": created where missing
    const char *zone;            // time zone of the engine's session
    const char *backups;         // folder for BACKUP … TO File(…), there already; NULL: none
};
YM_MUST bool engine_start(const struct engine_options *options, struct engine **out,
                          struct ym_error *err);
YM_MUST bool engine_wait(struct engine *engine, int64_t timeout_ms, struct ym_error *err);
bool engine_ready(struct engine *engine);
struct ym_str engine_trouble(struct engine *engine, char to[256]); // why not ready; for /health
int64_t engine_starts(struct engine *engine); // how often it was begun; rises with each restart
pid_t engine_pid(struct engine *engine);      // 0 where none of ours runs
void engine_stop(struct engine *engine);

struct engine_query {
    const char *sql;
    struct ym_args params;   // {name:Type} in sql
    struct ym_args settings; // further settings of this query
    http_read *read;         // body of an INSERT … FORMAT X
    http_write *write;       // NULL: to `answer`
    void *with;
    struct ym_buf *answer;       // may be NULL where nothing is answered
    bool (*stopped)(void *with); // true: the query is killed
    int64_t timeout_s;           // 0: 60
    bool streamed; // rows leave as they come (an error may come late); else true status
    int exception; // out: ClickHouse's code, 0 where none
};
YM_MUST bool engine_do(struct engine *engine, struct engine_query *query, struct ym_error *err);
// The usual two: a statement without an answer; and one whose whole answer fits `answer`.
YM_MUST bool engine_run(struct engine *engine, const char *sql, struct ym_args params,
                        struct ym_error *err);
YM_MUST bool engine_ask(struct engine *engine, const char *sql, struct ym_args params,
                        struct ym_buf *answer, struct ym_error *err);
// TSV answers, unescaped in place: cuts the next line's cells; false at the end.
bool engine_tsv_line(struct ym_str *rest, struct ym_str *line);
bool engine_tsv_cell(struct ym_str *line, struct ym_arena *arena, struct ym_str *cell, bool *null);

// The one quoting function for identifiers: back-quoted, every byte that needs it escaped.
void engine_name(struct ym_buf *sql, struct ym_str name);
/* pure/expr to SQL. Values become parameters named p<first>, p<first+1>, …, appended to *params
 * (texts in the arena); fields are quoted by engine_name. Same answers as expr_eval on every row
 * (tests/host/engine). */
struct engine_params {
    struct ym_arg *items;
    size_t n, cap;
};
void engine_expr(const struct expr_node *node, struct ym_buf *sql, struct engine_params *params,
                 struct ym_arena *arena);
