/* pure/expr, inside: tokens, and what parsing, printing and evaluating share.
 *
 * Nobody outside the room includes this.
 */
#pragma once
#include "pure/expr/expr.h"

enum {
    EXPR_MAX_BYTES = 8 * 1024,
    EXPR_MAX_NODES = 200,
    EXPR_MAX_DEPTH = 32,
    EXPR_MAX_LIST = 1000,
    EXPR_MAX_DIGITS = 38 // on each side of the point
};

enum expr_token_kind {
    EXPR_TOKEN_END,
    EXPR_TOKEN_WORD, // a plain name or a keyword
    EXPR_TOKEN_NAME, // "a quoted name"
    EXPR_TOKEN_TEXT, // 'a text'
    EXPR_TOKEN_NUMBER,
    EXPR_TOKEN_SIGN // = != < <= > >= ( ) ,
};
struct expr_token {
    enum expr_token_kind kind;
    struct ym_str text; // NAME and TEXT: without quotes, doubled ones made single
    struct ym_str raw;  // as it stands in the source
    size_t at;          // in characters, from 1
};
struct expr_lexer {
    struct ym_str source;
    size_t byte, chars; // read so far
    struct ym_arena *arena;
};
YM_MUST bool expr_lex(struct expr_lexer *lexer, struct expr_token *token, struct ym_error *err);
bool expr_is_word(const struct expr_token *token, const char *keyword); // in any case
bool expr_plain_name(struct ym_str name); // may stand without quotes, and is no keyword
// Sets code, message, hint and the subject "POSITION: PIECE"; false.
bool expr_fail(struct ym_error *err, const char *code, size_t at, struct ym_str piece,
               const char *message, const char *hint);

// A number's text as plain digits: "-1.50e2" is "-150". False: over EXPR_MAX_DIGITS.
bool expr_exact(struct ym_str text, struct ym_arena *arena, struct ym_str *exact, int *scale);
// Plain digits, an optional sign and point: their order, exactly.
int expr_exact_cmp(struct ym_str a, struct ym_str b);
bool expr_exact_valid(struct ym_str text, int scale);                 // fits a decimal of 38 digits
bool expr_real(struct ym_str text, double *out);                      // finite
bool expr_time_of_day(struct ym_str text, char to[9]);                // HH:MM or HH:MM:SS
bool expr_instant(struct ym_str text, const char *zone, int64_t *us); // as DATETIME says
const char *expr_type_name(enum expr_type type);
