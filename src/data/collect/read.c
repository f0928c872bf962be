// The parent's side: starts the caged child, takes its frames, believes little.
#include "data/collect/collect.h"
#include "data/collect/encoding.h"
#include "data/collect/preview.h"
#include "data/collect/sink.h"
#include "host/worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SILENCE_MS = 60 * 1000,
    DOCUMENT_MAX = 8 * 1024 * 1024, // of JSON: 5,000 names of 250 bytes, escaped
    ARGUMENT_MAX = 1024,
    ARGUMENTS = 10
};

struct collect_read {
    struct worker_child child;
    struct collect_end end;
    char *bytes; // of the last frame
    size_t cap;
    int64_t offset;
    size_t preview;  // rows of one that was asked for; 0: all
    json_t **viewed; // where its view goes
    bool ended, broken;
};

struct frame {
    char kind;
    struct ym_str bytes;
};

static bool fail_reader(struct collect_read *in, const char *why, struct ym_error *err)
{
    in->broken = true;
    ym_fail(err, YM_FAULT, "collect.reader", "the reader of the file %s", why);
    return ym_hint(err,
                   "Send the file again. If it fails again, give the file to whoever runs this "
                   "server: it may be made to break programs.");
}

static bool fail_ended(struct collect_read *in, struct ym_error *err)
{
    int status = 0;
    char why[80] = "ended early";

    // What it said last is read: it has ended, or is about to.
    if (worker_child_wait(&in->child, 1000, &status) && WIFSIGNALED(status))
        (void)snprintf(why, sizeof why, "was ended by signal %d", WTERMSIG(status));
    return fail_reader(in, why, err);
}

static ssize_t hear(int fd, char *to, size_t n)
{
    ssize_t k;

    do
        k = read(fd, to, n);
    while (k < 0 && errno == EINTR);
    return k;
}

static bool take(struct collect_read *in, char *to, size_t n, struct ym_error *err)
{
    struct pollfd ready = {.fd = in->child.out_fd, .events = POLLIN};

    while (n > 0) {
        int got = poll(&ready, 1, SILENCE_MS);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0) {
            worker_child_kill(&in->child);
            return fail_reader(in, "has made no progress for 60 seconds", err);
        }
        ssize_t k = got < 0 ? -1 : hear(in->child.out_fd, to, n);
        if (k < 0)
            return fail_reader(in, "cannot be heard", err);
        if (k == 0)
            return fail_ended(in, err);
        to += k;
        n -= (size_t)k;
    }
    return true;
}

static uint64_t number(const char *p, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | (unsigned char)p[i];
    return value;
}

static bool take_frame(struct collect_read *in, struct frame *frame, struct ym_error *err)
{
    char head[COLLECT_FRAME_HEAD] = {0};

    if (!take(in, head, sizeof head, err))
        return false;
    uint64_t offset = number(head + 1, 8), n = number(head + 9, 4);
    bool rows = head[0] == COLLECT_ROWS;
    if (!head[0] || !strchr("FREPATV", head[0]) ||
        n > (rows ? (uint64_t)COLLECT_FRAME_MAX : (uint64_t)DOCUMENT_MAX) || offset > INT64_MAX)
        return fail_reader(in, "speaks nonsense", err);
    if (n > in->cap) {
        free(in->bytes);
        in->cap = n < COLLECT_FRAME_ROWS ? COLLECT_FRAME_ROWS : n;
        in->bytes = malloc(in->cap);
        if (!in->bytes)
            abort();
    }
    if (!take(in, in->bytes, n, err))
        return false;
    in->offset = (int64_t)offset;
    *frame = (struct frame){head[0], {in->bytes, n}};
    return true;
}

static bool document(struct collect_read *in, struct ym_str bytes, json_t **out,
                     struct ym_error *err)
{
    struct ym_error bad;

    if (ym_json_parse(bytes, DOCUMENT_MAX, out, &bad) && json_is_object(*out))
        return true;
    json_decref(*out);
    *out = NULL;
    return fail_reader(in, "speaks nonsense", err);
}

static int64_t integer(const json_t *object, const char *key)
{
    int64_t value = json_integer_value(json_object_get(object, key));

    return value < 0 ? 0 : value;
}

// The child's problem becomes ours; only codes of this room are taken.
static bool take_problem(struct collect_read *in, struct ym_str bytes, struct ym_error *err)
{
    json_t *told = NULL;
    char code[sizeof err->code];

    if (!document(in, bytes, &told, err))
        return false;
    int64_t kind = integer(told, "kind");
    struct ym_str said = ym_json_get(told, "code");
    bool ours = ym_str_starts(said, YM_STR("collect.")) || ym_str_starts(said, YM_STR("worker."));
    if (!ours || said.n >= sizeof code || kind <= YM_NO_ERROR || kind > YM_FAULT) {
        fail_reader(in, "speaks nonsense", err);
    } else {
        in->broken = true;
        memcpy(code, said.p, said.n);
        code[said.n] = '\0';
        ym_fail(err, (enum ym_kind)kind, code, "%.*s", YM_FMT(ym_json_get(told, "message")));
        ym_hint(err, "%.*s", YM_FMT(ym_json_get(told, "hint")));
        ym_about(err, ym_json_get(told, "subject"));
        ym_at_line(err, integer(told, "line"));
    }
    json_decref(told);
    return false;
}

static bool take_texts(const json_t *list, size_t max, struct ym_arena *arena,
                       struct ym_str **items, size_t *n)
{
    *n = json_array_size(list);
    *items = ym_arena_alloc(arena, (*n + 1) * sizeof **items);
    for (size_t i = 0; i < *n && i < max; i++) {
        const json_t *text = json_array_get(list, i);
        (*items)[i] =
            ym_arena_str(arena, (struct ym_str){json_string_value(text), json_string_length(text)});
    }
    return *n <= max;
}

static bool take_facts(struct collect_read *in, struct ym_str bytes, struct ym_arena *arena,
                       struct collect_facts *facts, struct ym_error *err)
{
    json_t *told = NULL;

    if (!document(in, bytes, &told, err))
        return false;
    *facts = (struct collect_facts){
        .format = ym_arena_str(arena, ym_json_get(told, "format")),
        .encoding = ym_arena_str(arena, ym_json_get(told, "encoding")),
        .delimiter = ym_arena_str(arena, ym_json_get(told, "delimiter")),
        .sheet = ym_arena_str(arena, ym_json_get(told, "sheet")),
        .bom = json_is_true(json_object_get(told, "bom")),
        .header_row = integer(told, "header_row"),
        .header_rows = integer(told, "header_rows"),
        .first_row = integer(told, "first_row"),
    };
    bool ok = take_texts(json_object_get(told, "columns"), COLLECT_COLUMNS_MAX, arena,
                         &facts->columns, &facts->n_columns) &&
              take_texts(json_object_get(told, "notes"), COLLECT_NOTES_MAX, arena, &facts->notes,
                         &facts->n_notes) &&
              facts->n_columns > 0;
    json_decref(told);
    return ok || fail_reader(in, "speaks nonsense", err);
}

static bool take_end(struct collect_read *in, struct ym_str bytes, struct ym_error *err)
{
    json_t *told = NULL;

    if (!document(in, bytes, &told, err))
        return false;
    in->end = (struct collect_end){
        .rows = integer(told, "rows"),
        .faults = integer(told, "faults"),
        .lines = integer(told, "lines"),
        .notes_after = integer(told, "notes_after"),
        .skipped = integer(told, "skipped"),
        .rounded = integer(told, "rounded"),
    };
    in->ended = true;
    json_decref(told);
    return true;
}

static struct ym_str ending_of(struct ym_str name, char to[16])
{
    size_t n = 0;

    for (size_t i = name.n; i-- > 0 && name.p[i] != '/';)
        if (name.p[i] == '.') {
            n = name.n - i - 1;
            break;
        }
    if (n == 0 || n >= 16)
        return (struct ym_str){NULL, 0};
    for (size_t i = 0; i < n; i++) {
        char c = name.p[name.n - n + i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        to[i] = c;
    }
    return (struct ym_str){to, n};
}

static bool start(const struct collect_request *request, int fd, struct ym_str encoding,
                  struct collect_read *in, struct ym_error *err)
{
    char texts[ARGUMENTS][ARGUMENT_MAX], ending[16];
    char *argv[2 + ARGUMENTS + 1] = {"yunmeng", "reader"};
    // A zone without a file: libzip makes times of the entries, and the cage lets nothing be looked
    // up.
    char *envp[] = {"LC_ALL=C", "TZ=UTC0", NULL};
    const struct collect_recipe *recipe = &request->recipe;
    size_t n = 2;
    const struct {
        const char *key;
        struct ym_str value;
    } given[] = {
        {"format", recipe->format}, {"ending", ending_of(request->name, ending)},
        {"encoding", encoding},     {"delimiter", recipe->delimiter},
        {"sheet", recipe->sheet},   {"skip", recipe->skip},
    };
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {
        {"header_row", recipe->header_row},
        {"header_rows", recipe->header_rows},
        {"columns", (int64_t)request->columns},
        {"preview", (int64_t)in->preview},
    };

    for (size_t i = 0; i < YM_COUNT(given); i++)
        if (given[i].value.n > 0) {
            int written = snprintf(texts[n - 2], ARGUMENT_MAX, "%s=%.*s", given[i].key,
                                   YM_FMT(given[i].value));
            if (written >= ARGUMENT_MAX) {
                ym_fail(err, YM_INVALID, "collect.recipe", "'%s' is too long", given[i].key);
                ym_about(err, ym_str(given[i].key));
                return ym_hint(err, "Say it in fewer than %d bytes.", ARGUMENT_MAX / 2);
            }
            argv[n] = texts[n - 2];
            n++;
        }
    for (size_t i = 0; i < YM_COUNT(numbers); i++) {
        (void)snprintf(texts[n - 2], ARGUMENT_MAX, "%s=%lld", numbers[i].key,
                       (long long)numbers[i].value);
        argv[n] = texts[n - 2];
        n++;
    }
    struct worker_child_options options = {
        .program = request->program,
        .argv = argv,
        .envp = envp,
        .stdin_fd = fd,
    };
    if (!worker_child_start(&options, &in->child, err))
        return false;
    // A wider pipe, where the system allows one: fewer switches between the two.
    (void)fcntl(in->child.out_fd, F_SETPIPE_SZ, COLLECT_FRAME_ROWS);
    return true;
}

// A pipe is read twice like a file, so it becomes one, which has no name.
static bool copy_aside(int from, int *to, struct ym_error *err)
{
    const char *dir = getenv("TMPDIR");
    char bytes[64 * 1024];
    ssize_t n;

    *to = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*to < 0)
        goto failed;
    while ((n = read(from, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            goto failed;
        for (ssize_t done = 0, k; done < n; done += k) {
            k = write(*to, bytes + done, (size_t)(n - done));
            if (k < 0 && errno != EINTR)
                goto failed;
            if (k < 0)
                k = 0;
        }
    }
    return true;
failed:
    ym_fail(err, errno == ENOSPC ? YM_FULL : YM_FAULT, "collect.temporary",
            "what was piped in cannot be kept aside: error %d", errno);
    return ym_hint(err,
                   "Look at the space in the folder for temporary files (TMPDIR), or name a "
                   "file instead.");
}

static bool open_file(const struct collect_request *request, int *aside, int *fd,
                      struct ym_error *err)
{
    struct stat facts;

    *fd = request->fd;
    if (fstat(request->fd, &facts) != 0 || S_ISDIR(facts.st_mode)) {
        ym_fail(err, YM_INVALID, "collect.read", "'%.*s' is no file", YM_FMT(request->name));
        return ym_hint(err, "Name a file.");
    }
    if (S_ISREG(facts.st_mode))
        return true;
    if (!copy_aside(request->fd, aside, err))
        return false;
    *fd = *aside;
    return true;
}

// Frames up to the facts. *again: the encoding with which the child is to begin anew.
static bool hear_facts(struct collect_read *in, struct ym_arena *arena, struct collect_facts *facts,
                       struct ym_str *again, struct ym_error *err)
{
    struct frame frame = {0};

    for (;;) {
        if (!take_frame(in, &frame, err))
            return false;
        if (frame.kind == COLLECT_TICK)
            continue;
        if (frame.kind == COLLECT_PROBLEM)
            return take_problem(in, frame.bytes, err);
        if (frame.kind == COLLECT_FACTS)
            return take_facts(in, frame.bytes, arena, facts, err);
        if (frame.kind == COLLECT_VIEW && in->viewed && !*in->viewed) {
            if (!document(in, frame.bytes, in->viewed, err))
                return false;
            continue;
        }
        if (frame.kind != COLLECT_AGAIN || again->p)
            return fail_reader(in, "speaks nonsense", err);
        json_t *told = NULL;
        if (!document(in, frame.bytes, &told, err))
            return false;
        *again = ym_arena_str(arena, ym_json_get(told, "encoding"));
        json_decref(told);
        return again->n > 0 || fail_reader(in, "speaks nonsense", err);
    }
}

static bool open_read(const struct collect_request *request, size_t preview, json_t **viewed,
                      struct ym_arena *arena, struct collect_read **out,
                      struct collect_facts *facts, struct ym_error *err)
{
    struct collect_read *in = calloc(1, sizeof *in);
    struct ym_str again = {NULL, 0};
    int aside = -1, fd;
    bool ok = false;

    if (!in)
        abort();
    in->child =
        (struct worker_child){.pid = -1, .pidfd = -1, .in_fd = -1, .out_fd = -1, .err_fd = -1};
    in->preview = preview;
    in->viewed = viewed;
    *facts = (struct collect_facts){0};
    if (!open_file(request, &aside, &fd, err) ||
        !start(request, fd, request->recipe.encoding, in, err))
        goto out;
    if (!hear_facts(in, arena, facts, &again, err))
        goto out;
    if (again.p) {
        worker_child_clear(&in->child);
        if (!start(request, fd, again, in, err) || !hear_facts(in, arena, facts, &again, err))
            goto out;
    }
    *out = in;
    ok = true;
out:
    if (aside >= 0)
        close(aside);
    if (!ok) {
        if (!err->subject[0])
            ym_about(err, request->name);
        collect_close(in);
    }
    return ok;
}

bool collect_open(const struct collect_request *request, struct ym_arena *arena,
                  struct collect_read **out, struct collect_facts *facts, struct ym_error *err)
{
    return open_read(request, 0, NULL, arena, out, facts, err);
}

bool collect_open_preview(const struct collect_request *request, size_t rows,
                          struct ym_arena *arena, json_t **view, struct collect_read **out,
                          struct collect_facts *facts, struct ym_error *err)
{
    *view = NULL;
    return open_read(request, rows, view, arena, out, facts, err);
}

bool collect_next(struct collect_read *in, struct ym_str *bytes, struct ym_error *err)
{
    struct frame frame = {0};

    *bytes = (struct ym_str){"", 0};
    if (in->broken)
        return fail_reader(in, "has failed before", err);
    while (!in->ended) {
        if (!take_frame(in, &frame, err))
            return false;
        if (frame.kind == COLLECT_TICK)
            continue;
        if (frame.kind == COLLECT_PROBLEM)
            return take_problem(in, frame.bytes, err);
        if (frame.kind == COLLECT_END)
            return take_end(in, frame.bytes, err);
        if (frame.kind != COLLECT_ROWS || frame.bytes.n == 0)
            return fail_reader(in, "speaks nonsense", err);
        *bytes = frame.bytes;
        return true;
    }
    return true;
}

int64_t collect_offset(const struct collect_read *in)
{
    return in->offset;
}

void collect_done(const struct collect_read *in, struct collect_end *end)
{
    *end = in->end;
}

void collect_close(struct collect_read *in)
{
    if (!in)
        return;
    worker_child_clear(&in->child);
    free(in->bytes);
    free(in);
}

pid_t collect_pid(const struct collect_read *in)
{
    return in->child.pid;
}
