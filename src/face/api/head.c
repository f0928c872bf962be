#include "face/api/inside.h"

static const struct ym_str mark_begin = {"<!--yunmeng:head-->", 19};
static const struct ym_str mark_end = {"<!--/yunmeng:head-->", 20};

static void add_html(struct ym_buf *to, struct ym_str text)
{
    for (size_t i = 0; i < text.n; i++)
        switch (text.p[i]) {
        case '&':
            ym_buf_add(to, YM_STR("&amp;"));
            break;
        case '<':
            ym_buf_add(to, YM_STR("&lt;"));
            break;
        case '>':
            ym_buf_add(to, YM_STR("&gt;"));
            break;
        case '"':
            ym_buf_add(to, YM_STR("&quot;"));
            break;
        case '\'':
            ym_buf_add(to, YM_STR("&#39;"));
            break;
        default:
            ym_buf_char(to, text.p[i]);
        }
}

// The address of this page, escaped for a URL and for HTML at once: %XX and unreserved only.
static void add_url(struct ym_buf *to, const struct api_head *head)
{
    add_html(to, ym_str(head->public_url));
    for (size_t i = 0; i < head->path.n; i++) {
        unsigned char c = (unsigned char)head->path.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("/-._~", c));
        if (plain)
            ym_buf_char(to, (char)c);
        else
            ym_buf_printf(to, "%%%02X", c);
    }
}

static void add_links(struct ym_buf *to, const struct api_head *head)
{
    static const char *const languages[] = {"zh-CN", "en"};

    if (!head->public_url)
        return;
    ym_buf_add(to, YM_STR("<link rel=\"canonical\" href=\""));
    add_url(to, head);
    ym_buf_add(to, YM_STR("\">"));
    for (size_t i = 0; i < YM_COUNT(languages); i++) {
        ym_buf_printf(to, "<link rel=\"alternate\" hreflang=\"%s\" href=\"", languages[i]);
        add_url(to, head);
        ym_buf_printf(to, "?lang=%s\">", languages[i]);
    }
    ym_buf_add(to, YM_STR("<link rel=\"alternate\" hreflang=\"x-default\" href=\""));
    add_url(to, head);
    ym_buf_add(to, YM_STR("\">"));
}

static struct ym_str said(const struct api_head *head, struct ym_str zh, struct ym_str en)
{
    bool english = ym_str_is(head->lang, "en");

    return english ? (en.n > 0 ? en : zh) : (zh.n > 0 ? zh : en);
}

// schema.org Dataset. The writer of JSON escapes `<`, so that nothing ends the element.
static void add_dataset(struct ym_buf *to, const struct api_head *head)
{
    const struct catalog_dataset *d = head->dataset;
    struct ym_buf url = {0};
    json_t *document = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:{s:s, s:o}}", "@context", "https://schema.org",
        "@type", "Dataset", "name", ym_json_str(said(head, d->title_zh, d->title_en)),
        "description", ym_json_str(head->description), "identifier", ym_json_str(d->name),
        "inLanguage", ym_json_str(head->lang), "isAccessibleForFree",
        ym_str_is(d->openness, "open"), "creator", "@type", "GovernmentOrganization", "name",
        ym_json_str(said(head, d->agency_title_zh, d->agency_title_en)));

    assert(document);
    json_object_set_new(document, "dateModified", api_time(d->updated));
    if (head->public_url) {
        add_url(&url, head);
        json_object_set_new(document, "url", ym_json_str(ym_buf_str(&url)));
        ym_buf_clear(&url);
    }
    ym_buf_add(to, YM_STR("<script type=\"application/ld+json\">"));
    ym_json_dump(to, document);
    ym_buf_add(to, YM_STR("</script>"));
    json_decref(document);
    ym_buf_clear(&url);
}

static void add_head(struct ym_buf *to, const struct api_head *head)
{
    ym_buf_add(to, YM_STR("<title>"));
    if (head->title.n > 0) {
        add_html(to, head->title);
        ym_buf_add(to, YM_STR(" · "));
    }
    add_html(to, head->site);
    ym_buf_add(to, YM_STR("</title><meta name=\"description\" content=\""));
    add_html(to, head->description);
    ym_buf_add(to, YM_STR("\">"));
    add_links(to, head);
    if (head->dataset)
        add_dataset(to, head);
}

void api_head_write(struct ym_buf *to, struct ym_str index, const struct api_head *head)
{
    size_t html = ym_str_find(index, YM_STR("<html"), 0);
    size_t html_end = html == SIZE_MAX ? SIZE_MAX : ym_str_find(index, YM_STR(">"), html);
    size_t from = 0;

    if (html_end != SIZE_MAX) {
        ym_buf_add(to, ym_str_sub(index, 0, html));
        ym_buf_printf(to, "<html lang=\"%.*s\" data-theme=\"%.*s\">", YM_FMT(head->lang),
                      YM_FMT(head->theme));
        from = html_end + 1;
    }
    size_t begin = ym_str_find(index, mark_begin, from);
    size_t end = begin == SIZE_MAX ? SIZE_MAX : ym_str_find(index, mark_end, begin);
    if (end != SIZE_MAX) {
        ym_buf_add(to, ym_str_sub(index, from, begin - from));
        add_head(to, head);
        from = end + mark_end.n;
    }
    ym_buf_add(to, ym_str_sub(index, from, index.n));
}
