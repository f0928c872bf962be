#include "face/api/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INDEX_MAX = 256 * 1024 };

// PORTAL.md, "How the server serves web/dist": what the pages run under without a violation.
static const char csp[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types default vue dompurify";

static const struct {
    const char *ending, *type;
} types[] = {
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/vnd.microsoft.icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
    {".webmanifest", "application/manifest+json"},
};

static const char *type_of(struct ym_str path)
{
    for (size_t i = 0; i < YM_COUNT(types); i++)
        if (ym_str_ends(path, ym_str(types[i].ending)))
            return types[i].type;
    return NULL;
}

/* A file of the web folder, or -1. The path has no dot segment (http_target_parse); here no part
 * may begin with a dot either, and only kinds of files that the portal has are given out. */
static int open_file(const char *folder, struct ym_str path, const char *ending, int64_t *size)
{
    char full[4096];
    struct stat facts;

    if (!folder || ym_str_find(path, YM_STR("/."), 0) != SIZE_MAX)
        return -1;
    int n = snprintf(full, sizeof full, "%s%.*s%s", folder, YM_FMT(path), ending);
    if (n < 0 || (size_t)n >= sizeof full)
        return -1;
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(fd);
        return -1;
    }
    *size = facts.st_size;
    return fd;
}

static bool is_asset(struct ym_str path)
{
    return ym_str_starts(path, YM_STR("/assets/"));
}

static bool give_file(struct http_request *rq, struct http_reply *re)
{
    const char *folder = api_of(rq)->options.web, *type = type_of(rq->path), *coding = NULL;
    int64_t size = 0;
    int fd = -1;

    if (!type)
        return false;
    if (http_takes_gzip_of(rq))
        fd = open_file(folder, rq->path, ".gz", &size);
    if (fd >= 0)
        coding = "gzip";
    else
        fd = open_file(folder, rq->path, "", &size);
    if (fd < 0)
        return false;
    http_reply_file(re, type, fd, size, coding);
    http_reply_header(re, "Vary", YM_STR("Accept-Encoding"));
    http_reply_header(re, "Cache-Control",
                      is_asset(rq->path) ? YM_STR("public, max-age=31536000, immutable")
                                         : YM_STR("public, max-age=3600"));
    return true;
}

static void missing_asset(struct http_reply *re)
{
    struct ym_buf text = {0};

    ym_buf_add(&text, YM_STR("404 not found\n"));
    http_reply_bytes(re, "text/plain; charset=utf-8", &text);
    http_reply_status(re, 404);
}

static bool read_index(const char *folder, struct ym_buf *to, struct ym_error *err)
{
    char piece[8192];
    int64_t size;
    ssize_t n;
    int fd = open_file(folder, YM_STR("/index.html"), "", &size);

    if (fd < 0) {
        ym_fail(err, YM_NOT_FOUND, "api.no_portal", "the portal's pages are not installed");
        return ym_hint(err,
                       "Run `make build`, which also builds the pages; the API works already.");
    }
    while ((n = read(fd, piece, sizeof piece)) > 0)
        ym_buf_add(to, (struct ym_str){piece, (size_t)n});
    int why = errno;
    close(fd);
    if (n < 0 || to->full)
        return ym_fail(err, YM_FAULT, "api.index", "index.html cannot be read: %s",
                       to->full ? "too large" : strerror(why));
    return true;
}

// "brand.platform" has {place} in it.
static struct ym_str with_place(struct http_request *rq, struct ym_str text, struct ym_str place)
{
    size_t at = ym_str_find(text, YM_STR("{place}"), 0);

    if (at == SIZE_MAX)
        return text;
    struct ym_str rest = ym_str_sub(text, at + strlen("{place}"), text.n);
    return ym_arena_printf(rq->arena, "%.*s%.*s%.*s", (int)at, text.p, YM_FMT(place), YM_FMT(rest));
}

static struct ym_str place_of(const struct http_request *rq)
{
    const struct api_options *options = &api_of(rq)->options;
    bool english = ym_str_is(rq->lang, "en") && options->place_en && options->place_en[0];

    return ym_str(english ? options->place_en : options->place_zh);
}

static void set_site(struct http_request *rq, struct api_head *head)
{
    struct ym_str place = place_of(rq), mark = api_text(rq->with, rq->lang, "brand.mark");
    struct ym_str platform = api_text(rq->with, rq->lang, "brand.platform");

    if (mark.n == 0)
        mark = YM_STR("雲夢");
    head->site =
        place.n > 0 ? ym_arena_printf(rq->arena, "%.*s · %.*s", YM_FMT(mark), YM_FMT(place)) : mark;
    head->description = platform.n > 0 ? with_place(rq, platform, place) : head->site;
}

// The dataset of "/datasets/{id}" and of the pages below it. True also where the page is about
// none.
static bool find_dataset(struct http_request *rq, struct catalog_dataset *out, bool *about,
                         struct ym_error *err)
{
    struct ym_str rest = rq->path, name;
    struct ym_error over = {0};
    struct store *store = NULL;
    void *caller = NULL;

    *about = ym_str_starts(rest, YM_STR("/datasets/"));
    rest = ym_str_sub(rest, strlen("/datasets/"), rest.n);
    if (!*about || !ym_str_cut(&rest, '/', &name) || name.n == 0 ||
        ym_str_find(name, YM_STR("."), 0) == SIZE_MAX) {
        *about = false; // "/datasets/", "/datasets/new"
        return true;
    }
    // Who asks is not looked at for pages; this one's head names what its reader may see: a draft,
    // to its agency. A session that is over is nobody's.
    if (!http_header_of(rq, "Authorization").p && !api_authenticate(rq, &caller, &over))
        caller = NULL;
    if (!api_take(rq, &store, err))
        return false;
    bool ok = catalog_see(store, caller, name, rq->arena, out, err);
    api_give(rq, store);
    return ok;
}

static void set_dataset(struct api_head *head, const struct catalog_dataset *dataset)
{
    bool english = ym_str_is(head->lang, "en");

    head->dataset = dataset;
    head->title = english && dataset->title_en.n > 0 ? dataset->title_en : dataset->title_zh;
    struct ym_str abstract =
        english && dataset->abstract_en.n > 0 ? dataset->abstract_en : dataset->abstract_zh;
    if (abstract.n > 0)
        head->description = abstract;
}

static void give_page(struct http_request *rq, struct http_reply *re, struct ym_str index,
                      const struct api_head *head, int status)
{
    struct ym_buf page = {0};

    api_head_write(&page, index, head);
    http_reply_bytes(re, "text/html; charset=utf-8", &page);
    http_reply_status(re, status);
    http_reply_header(re, "Content-Security-Policy", YM_STR(csp));
    http_reply_header(re, "Cache-Control", YM_STR("no-cache"));
    http_reply_header(re, "Vary", YM_STR("Accept-Language, Cookie"));
    http_reply_header(re, "Content-Language", rq->lang);
}

static bool page(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str theme = http_cookie_of(rq, "theme");
    struct api_head head = {
        .lang = rq->lang,
        .theme = ym_str_is(theme, "light") || ym_str_is(theme, "dark") ? theme : YM_STR(""),
        .path = rq->path,
        .public_url = api_of(rq)->options.public_url,
    };
    struct catalog_dataset dataset = {0};
    struct ym_error why = {0};
    struct ym_buf index;
    bool about = false;

    ym_buf_init(&index, INDEX_MAX);
    bool ok = read_index(api_of(rq)->options.web, &index, err);
    if (ok) {
        set_site(rq, &head);
        bool found = find_dataset(rq, &dataset, &about, &why);
        if (found && about)
            set_dataset(&head, &dataset);
        // A store that is away says so on the page itself, which asks the API; the page still
        // comes.
        give_page(rq, re, ym_buf_str(&index), &head, why.kind == YM_NOT_FOUND ? 404 : 200);
    }
    ym_buf_clear(&index);
    return ok;
}

bool api_page(struct http_request *rq, struct http_reply *re, struct ym_error *err)
{
    struct ym_str path = rq->path;

    if (ym_str_is(path, "/api") || ym_str_starts(path, YM_STR("/api/"))) {
        ym_fail(err, YM_NOT_FOUND, "http.route", "there is nothing at this address");
        ym_hint(err, "GET /api/v1/openapi.json lists all addresses.");
        return ym_about(err, path);
    }
    if (!ym_str_ends(path, YM_STR(".html")) && give_file(rq, re))
        return true;
    if (is_asset(path)) {
        missing_asset(re);
        return true;
    }
    return page(rq, re, err);
}
