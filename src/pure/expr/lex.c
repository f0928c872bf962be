#include "pure/expr/expr_private.h"

#include <strings.h>
#include <unicode/uchar.h>

static const char *const keywords[] = {
    "and", "between", "contains", "date", "ends",   "false", "in",
    "is",  "missing", "not",      "or",   "starts", "true",  "with",
};

static bool name_begins(int32_t c)
{
    return c == '_' || u_isalpha(c);
}

static bool name_goes_on(int32_t c)
{
    // Marks: the scripts that write vowels as signs on a letter.
    const uint32_t marks = U_GC_MN_MASK | U_GC_MC_MASK;

    return c == '_' || c == '.' || u_isalnum(c) || (U_GET_GC_MASK(c) & marks) != 0;
}

bool expr_plain_name(struct ym_str name)
{
    size_t at = 0;

    if (name.n == 0 || !name_begins(ym_utf8_next(name, &at)))
        return false;
    while (at < name.n)
        if (!name_goes_on(ym_utf8_next(name, &at)))
            return false;
    for (size_t i = 0; i < YM_COUNT(keywords); i++)
        if (strlen(keywords[i]) == name.n && strncasecmp(keywords[i], name.p, name.n) == 0)
            return false;
    return true;
}

bool expr_is_word(const struct expr_token *token, const char *keyword)
{
    return token->kind == EXPR_TOKEN_WORD && token->text.n == strlen(keyword) &&
           strncasecmp(token->text.p, keyword, token->text.n) == 0;
}

bool expr_fail(struct ym_error *err, const char *code, size_t at, struct ym_str piece,
               const char *message, const char *hint)
{
    char subject[sizeof err->subject];
    int n;

    piece = ym_utf8_cut(piece, 80);
    ym_fail(err, YM_INVALID, code, "%s: '%.*s' at character %zu", message, YM_FMT(piece), at);
    ym_hint(err, "At character %zu: %s", at, hint);
    n = piece.n > 0 ? snprintf(subject, sizeof subject, "%zu: %.*s", at, YM_FMT(piece))
                    : snprintf(subject, sizeof subject, "%zu", at);
    return ym_about(err, (struct ym_str){subject, (size_t)n});
}

static int32_t peek(const struct expr_lexer *lexer)
{
    size_t at = lexer->byte;

    return at < lexer->source.n ? ym_utf8_next(lexer->source, &at) : -1;
}

static int32_t take(struct expr_lexer *lexer)
{
    lexer->chars++;
    return ym_utf8_next(lexer->source, &lexer->byte);
}

static bool is_digit(int32_t c)
{
    return c >= '0' && c <= '9';
}

// Behind the first quote.
static bool lex_quoted(struct expr_lexer *lexer, char quote, struct expr_token *token,
                       struct ym_error *err)
{
    struct ym_buf text = {0};
    size_t from = lexer->byte;

    for (;;) {
        if (lexer->byte >= lexer->source.n) {
            ym_buf_clear(&text);
            return expr_fail(err, "expr.quote", token->at,
                             ym_str_sub(lexer->source, from - 1, SIZE_MAX), "a quote is not closed",
                             "close the text with the same quote; a quote inside is doubled.");
        }
        int32_t c = take(lexer);
        if (c == quote && peek(lexer) != quote)
            break;
        if (c == quote) {
            // A doubled quote: what stood before it, and one of the two.
            ym_buf_add(&text, ym_str_sub(lexer->source, from, lexer->byte - from));
            take(lexer);
            from = lexer->byte;
        }
    }
    ym_buf_add(&text, ym_str_sub(lexer->source, from, lexer->byte - from - 1));
    token->kind = quote == '"' ? EXPR_TOKEN_NAME : EXPR_TOKEN_TEXT;
    token->text = ym_arena_str(lexer->arena, ym_buf_str(&text));
    if (!token->text.p)
        token->text = YM_STR("");
    ym_buf_clear(&text);
    return true;
}

static void take_digits(struct expr_lexer *lexer)
{
    while (is_digit(peek(lexer)))
        take(lexer);
}

static bool lex_number(struct expr_lexer *lexer, struct expr_token *token, struct ym_error *err)
{
    const char *p = lexer->source.p;
    size_t n = lexer->source.n, start = lexer->byte - 1;

    take_digits(lexer); // behind a digit or a minus with a digit behind it
    if (lexer->byte + 1 < n && p[lexer->byte] == '.' && is_digit(p[lexer->byte + 1])) {
        take(lexer);
        take_digits(lexer);
    }
    if (lexer->byte < n && (p[lexer->byte] == 'e' || p[lexer->byte] == 'E')) {
        size_t sign = lexer->byte + 1 < n && strchr("+-", p[lexer->byte + 1]) ? 1 : 0;
        if (lexer->byte + 1 + sign < n && is_digit(p[lexer->byte + 1 + sign])) {
            for (size_t i = 0; i <= sign; i++)
                take(lexer);
            take_digits(lexer);
        }
    }
    int32_t next = peek(lexer);
    if (next >= 0 && name_goes_on(next)) {
        while (peek(lexer) >= 0 && name_goes_on(peek(lexer)))
            take(lexer);
        return expr_fail(err, "expr.number", token->at,
                         ym_str_sub(lexer->source, start, lexer->byte - start),
                         "not a number, and not a name",
                         "a name that begins with a digit stands in double quotes, a text in "
                         "single quotes.");
    }
    token->kind = EXPR_TOKEN_NUMBER;
    return true;
}

static bool lex_sign(struct expr_lexer *lexer, int32_t c, struct expr_token *token,
                     struct ym_error *err)
{
    int32_t next = peek(lexer);

    token->kind = EXPR_TOKEN_SIGN;
    if ((c == '<' || c == '>' || c == '!') && next == '=') {
        take(lexer);
        return true;
    }
    if (c > 0 && c < 128 && strchr("=<>(),", c))
        return true;
    size_t from = token->raw.p ? (size_t)(token->raw.p - lexer->source.p) : 0;
    return expr_fail(err, "expr.character", token->at,
                     ym_str_sub(lexer->source, from, lexer->byte - from),
                     "a character that has no meaning here",
                     "signs are = != < <= > >= ( ) and , in half width; a text stands in 'single "
                     "quotes', an unusual name in \"double quotes\".");
}

bool expr_lex(struct expr_lexer *lexer, struct expr_token *token, struct ym_error *err)
{
    bool ok = true;

    while (lexer->byte < lexer->source.n && u_isUWhiteSpace(peek(lexer)))
        take(lexer);
    *token = (struct expr_token){.kind = EXPR_TOKEN_END, .at = lexer->chars + 1};
    if (lexer->byte >= lexer->source.n)
        return true;
    size_t start = lexer->byte;
    token->raw = ym_str_sub(lexer->source, start, 0);
    int32_t c = take(lexer);
    if (c == '\'' || c == '"') {
        ok = lex_quoted(lexer, (char)c, token, err);
    } else if (is_digit(c) || (c == '-' && is_digit(peek(lexer)))) {
        ok = lex_number(lexer, token, err);
    } else if (name_begins(c)) {
        while (peek(lexer) >= 0 && name_goes_on(peek(lexer)))
            take(lexer);
        token->kind = EXPR_TOKEN_WORD;
    } else {
        ok = lex_sign(lexer, c, token, err);
    }
    token->raw = ym_str_sub(lexer->source, start, lexer->byte - start);
    if (token->kind != EXPR_TOKEN_NAME && token->kind != EXPR_TOKEN_TEXT)
        token->text = token->raw;
    return ok;
}
