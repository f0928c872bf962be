/* First letters of pinyin, and readable names, by ICU's Han-Latin. ICU gives a character one
 * reading; the words below are those of catalogues that it reads wrongly (长沙: zhang sha). */
#include "data/catalog/search.h"
#include "data/catalog/tokens.h"

#include <unicode/utf16.h>
#include <unicode/utrans.h>

enum { READING = 8, FIRST = 0x3400, LAST = 0x9FFF };

static const struct {
    const char *word, *readings;
} words[] = {
    {"重庆", "chong qing"}, {"长沙", "chang sha"}, {"长江", "chang jiang"}, {"长阳", "chang yang"},
    {"长期", "chang qi"},   {"长度", "chang du"},  {"银行", "yin hang"},    {"行业", "hang ye"},
    {"调查", "diao cha"},   {"调度", "diao du"},   {"重复", "chong fu"},    {"重新", "chong xin"},
    {"音乐", "yin yue"},    {"率", "lv"},          {"厦门", "xia men"},     {"蔡甸", "cai dian"},
    {"黄陂", "huang pi"},   {"监利", "jian li"},   {"郧", "yun"},           {"车辆", "che liang"},
    {"会计", "kuai ji"},    {"统计", "tong ji"},   {"核查", "he cha"},      {"参保", "can bao"},
    {"单位", "dan wei"},    {"参数", "can shu"},   {"朝阳", "chao yang"},   {"都", "du"},
};

struct search_pinyin {
    UTransliterator *latin;
    char known[LAST - FIRST + 1][READING]; // "": not asked yet
};

struct search_pinyin *search_pinyin_new(void)
{
    static const UChar id[] = u"Han-Latin; Latin-ASCII; Lower";
    struct search_pinyin *pinyin = calloc(1, sizeof *pinyin);
    UErrorCode code = U_ZERO_ERROR;

    if (!pinyin)
        abort();
    pinyin->latin = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
    if (U_FAILURE(code))
        pinyin->latin = NULL; // without ICU's data there are no first letters, and all else works
    return pinyin;
}

void search_pinyin_free(struct search_pinyin *pinyin)
{
    if (!pinyin)
        return;
    if (pinyin->latin)
        utrans_close(pinyin->latin);
    free(pinyin);
}

static void ask_icu(struct search_pinyin *pinyin, int32_t c, char to[READING])
{
    UChar text[32];
    int32_t n = 0, length, limit;
    UErrorCode code = U_ZERO_ERROR;
    size_t at = 0;

    U16_APPEND_UNSAFE(text, n, c);
    length = limit = n;
    if (pinyin->latin)
        utrans_transUChars(pinyin->latin, text, &length, 32, 0, &limit, &code);
    for (int32_t i = 0; U_SUCCESS(code) && i < limit && at < READING - 1; i++)
        if (text[i] >= 'a' && text[i] <= 'z')
            to[at++] = (char)text[i];
    if (at == 0)
        to[at++] = '-'; // asked, and there is none
    to[at] = '\0';
}

static const char *reading(struct search_pinyin *pinyin, int32_t c, char own[READING])
{
    if (c < FIRST || c > LAST) {
        ask_icu(pinyin, c, own);
        return own;
    }
    char *known = pinyin->known[c - FIRST];
    if (!known[0])
        ask_icu(pinyin, c, known);
    return known;
}

static const char *word_at(struct ym_str text, size_t at, size_t *n)
{
    struct ym_str rest = ym_str_sub(text, at, text.n);

    for (size_t i = 0; i < YM_COUNT(words); i++)
        if (ym_str_starts(rest, ym_str(words[i].word))) {
            *n = strlen(words[i].word);
            return words[i].readings;
        }
    return NULL;
}

static void add_reading(struct ym_buf *to, const char *readings, bool whole)
{
    bool first = true;

    for (const char *p = readings; *p; p++) {
        if (*p == ' ' || *p == '-') {
            first = true;
            continue;
        }
        if (whole && first && to->n > 0)
            ym_buf_char(to, '_');
        if (whole || first)
            ym_buf_char(to, *p);
        first = false;
    }
}

static void write_readings(struct search_pinyin *pinyin, struct ym_str text, bool whole,
                           struct ym_buf *to)
{
    bool in_word = false;

    for (size_t at = 0; at < text.n;) {
        size_t from = at, n = 0;
        char own[READING];
        const char *known = word_at(text, at, &n);
        int32_t c = known ? -1 : ym_utf8_next(text, &at);
        if (known) {
            add_reading(to, known, whole);
            at = from + n;
        } else if (c >= 0 && tokens_han(c)) {
            add_reading(to, reading(pinyin, c, own), whole);
        } else if (c >= 0 && (c = tokens_fold(c)) < 0x80 && tokens_word(c)) {
            if (whole && !in_word && to->n > 0)
                ym_buf_char(to, '_');
            ym_buf_char(to, (char)c);
            in_word = true;
            continue;
        }
        in_word = false;
    }
}

void search_initials(struct search_pinyin *pinyin, struct ym_str text, struct ym_buf *to)
{
    write_readings(pinyin, text, false, to);
}

void search_slug(struct search_pinyin *pinyin, struct ym_str text, struct ym_buf *to)
{
    write_readings(pinyin, text, true, to);
}
