#include "base/time.h"
#include "pure/expr/expr_private.h"

#include <strings.h>

struct parser {
    struct expr_lexer lexer;
    struct expr_token token; // the one to be looked at
    struct expr_fields fields;
    struct ym_arena *arena;
    struct ym_error *err;
    size_t nodes, depth;
};
struct node_list {
    const struct expr_node **items;
    size_t n, cap;
};

static const struct expr_node *parse_or(struct parser *p);

static const struct expr_node *fail(struct parser *p, const char *code, size_t at,
                                    struct ym_str piece, const char *message, const char *hint)
{
    expr_fail(p->err, code, at, piece, message, hint);
    return NULL;
}

static const struct expr_node *unexpected(struct parser *p, const char *hint)
{
    if (p->token.kind == EXPR_TOKEN_END)
        return fail(p, "expr.end", p->token.at, (struct ym_str){NULL, 0},
                    "the expression ends too early", hint);
    return fail(p, "expr.unexpected", p->token.at, p->token.raw, "not expected here", hint);
}

static bool next(struct parser *p)
{
    return expr_lex(&p->lexer, &p->token, p->err);
}

static bool at_word(const struct parser *p, const char *keyword)
{
    return expr_is_word(&p->token, keyword);
}

static bool at_sign(const struct parser *p, const char *sign)
{
    return p->token.kind == EXPR_TOKEN_SIGN && ym_str_is(p->token.text, sign);
}

// The next token must be this keyword or sign; it is eaten.
static bool expect(struct parser *p, const char *what, const char *hint)
{
    if (!at_word(p, what) && !at_sign(p, what)) {
        unexpected(p, hint);
        return false;
    }
    return next(p);
}

static struct expr_node *new_node(struct parser *p, enum expr_op op, size_t at)
{
    if (++p->nodes > EXPR_MAX_NODES) {
        fail(p, "expr.long", at, (struct ym_str){NULL, 0}, "the expression has over 200 parts",
             "write long lists with in (…), or ask in several steps.");
        return NULL;
    }
    struct expr_node *node = ym_arena_alloc(p->arena, sizeof *node);
    *node = (struct expr_node){.op = op, .type = EXPR_BOOLEAN, .at = at};
    return node;
}

static void add(struct parser *p, struct node_list *list, const struct expr_node *node)
{
    list->items = ym_arena_grow(p->arena, (void *)list->items, &list->cap, list->n + 1,
                                sizeof(const struct expr_node *));
    list->items[list->n++] = node;
}

static struct expr_node *with_args(struct expr_node *node, const struct node_list *list)
{
    if (node) {
        node->args = list->items;
        node->n = list->n;
    }
    return node;
}

static const struct expr_node *negated(struct parser *p, const struct expr_node *inner, size_t at)
{
    struct node_list one = {0};

    if (!inner)
        return NULL;
    add(p, &one, inner);
    return with_args(new_node(p, EXPR_NOT, at), &one);
}

static bool is_numeric(enum expr_type type)
{
    return type == EXPR_INTEGER || type == EXPR_NUMBER || type == EXPR_DECIMAL;
}

static struct ym_str piece_of(const struct expr_node *node)
{
    return node->op == EXPR_FIELD ? node->of->name : node->text;
}

/* Literals. A bare text takes the type of what it is compared with. */

static bool number_literal(struct parser *p, struct expr_node *node)
{
    bool real = expr_real(node->text, &node->real);

    if (expr_exact(node->text, p->arena, &node->exact, &node->scale)) {
        bool whole = node->scale == 0 && ym_str_int(node->exact, &node->value);
        node->type = whole ? EXPR_INTEGER : EXPR_DECIMAL;
        return true;
    }
    node->type = EXPR_NUMBER;
    node->exact = (struct ym_str){NULL, 0};
    node->scale = 0;
    if (!real)
        fail(p, "expr.number", node->at, node->text, "a number out of range",
             "numbers go to about 1.8e308.");
    return real;
}

static bool date_literal(struct parser *p, struct expr_node *node)
{
    node->type = EXPR_DATE;
    if (ym_day_parse(node->text, &node->value))
        return true;
    fail(p, "expr.date", node->at, node->text, "not a date", "write a day as '2026-01-31'.");
    return false;
}

static bool datetime_literal(struct parser *p, struct expr_node *node, const char *zone)
{
    node->type = EXPR_DATETIME;
    if (expr_instant(node->text, zone, &node->value))
        return true;
    fail(p, "expr.datetime", node->at, node->text, "not a date and time",
         "write '2026-01-31 08:00:00', or '2026-01-31T00:00:00Z', or a day alone.");
    return false;
}

static bool time_literal(struct parser *p, struct expr_node *node)
{
    char text[9];

    node->type = EXPR_TIME;
    if (expr_time_of_day(node->text, text)) {
        node->text = ym_arena_str(p->arena, ym_str(text));
        return true;
    }
    fail(p, "expr.time", node->at, node->text, "not a time of day", "write '08:30:00'.");
    return false;
}

// Gives a literal the type of `other`, where its text allows.
static bool fit(struct parser *p, const struct expr_node *literal, const struct expr_node *other)
{
    if (literal->op != EXPR_LITERAL)
        return true;
    struct expr_node *node = (struct expr_node *)literal; // made by this parser, not yet given out
    const char *zone = other->of ? other->of->zone : NULL;
    if (node->type == EXPR_TEXT && other->type == EXPR_DATE)
        return date_literal(p, node);
    if ((node->type == EXPR_TEXT || node->type == EXPR_DATE) && other->type == EXPR_DATETIME)
        return datetime_literal(p, node, zone);
    if (node->type == EXPR_TEXT && other->type == EXPR_TIME)
        return time_literal(p, node);
    if (is_numeric(node->type) && other->type == EXPR_NUMBER)
        node->type = EXPR_NUMBER;
    return true;
}

static bool fail_types(struct parser *p, const struct expr_node *a, const struct expr_node *b)
{
    const struct expr_node *named = a->op != EXPR_FIELD && b->op == EXPR_FIELD ? b : a;
    const char *hint = "compare values of one type.";
    char message[128];

    if (is_numeric(named->type) && (a->type == EXPR_TEXT || b->type == EXPR_TEXT))
        hint = "the column holds numbers: write the value without quotes.";
    else if (named->type == EXPR_TEXT)
        hint = "the column holds texts: write the value in single quotes.";
    else if (named->type == EXPR_BOOLEAN)
        hint = "compare a condition with true or false, by = or !=.";
    (void)snprintf(message, sizeof message, "%s is compared with %s", expr_type_name(a->type),
                   expr_type_name(b->type));
    fail(p, "expr.types", named->at, piece_of(named), message, hint);
    return false;
}

static bool comparable(struct parser *p, const struct expr_node *a, const struct expr_node *b,
                       bool ordered)
{
    if (!fit(p, b, a) || !fit(p, a, b))
        return false;
    if (is_numeric(a->type) && is_numeric(b->type))
        return true;
    if (a->type == b->type && !(a->type == EXPR_BOOLEAN && ordered))
        return true;
    return fail_types(p, a, b);
}

static struct expr_node *literal_node(struct parser *p, bool counted)
{
    if (!counted)
        p->nodes--; // new_node counts
    struct expr_node *node = new_node(p, EXPR_LITERAL, p->token.at);
    if (node)
        node->text = p->token.text;
    return node;
}

// True in *found where a literal stood here; false only after an error.
static bool take_literal(struct parser *p, bool counted, struct expr_node **found)
{
    struct expr_lexer back = p->lexer;
    struct expr_token word = p->token;

    *found = NULL;
    if (at_word(p, "true") || at_word(p, "false")) {
        if (!(*found = literal_node(p, counted)))
            return false;
        (*found)->value = at_word(p, "true");
        (*found)->text = (*found)->value ? YM_STR("true") : YM_STR("false");
        return next(p);
    }
    if (p->token.kind == EXPR_TOKEN_NUMBER)
        return (*found = literal_node(p, counted)) && number_literal(p, *found) && next(p);
    if (p->token.kind == EXPR_TOKEN_TEXT) {
        if (!(*found = literal_node(p, counted)))
            return false;
        (*found)->type = EXPR_TEXT;
        return next(p);
    }
    if (!at_word(p, "date"))
        return true;
    if (!next(p))
        return false;
    if (p->token.kind != EXPR_TOKEN_TEXT) { // a field of that name
        p->lexer = back;
        p->token = word;
        return true;
    }
    return (*found = literal_node(p, counted)) && date_literal(p, *found) && next(p);
}

static const struct expr_node *field_node(struct parser *p)
{
    struct ym_str name = p->token.text;
    size_t i = 0;
    char hint[300];

    while (i < p->fields.n && !ym_str_eq(p->fields.items[i].name, name))
        i++;
    if (i == p->fields.n) {
        const struct expr_field *like = NULL;
        for (i = 0; i < p->fields.n && !like; i++)
            if (p->fields.items[i].name.n == name.n &&
                strncasecmp(p->fields.items[i].name.p, name.p, name.n) == 0)
                like = &p->fields.items[i];
        if (like)
            (void)snprintf(hint, sizeof hint, "did you mean '%.*s'?",
                           YM_FMT(ym_utf8_cut(like->name, 200)));
        else
            (void)snprintf(hint, sizeof hint,
                           "use the name of a field; a text stands in single quotes.");
        return fail(p, "expr.field", p->token.at, name, "no such field", hint);
    }
    struct expr_node *node = new_node(p, EXPR_FIELD, p->token.at);
    if (!node || !next(p))
        return NULL;
    node->field = i;
    node->of = &p->fields.items[i];
    node->type = node->of->type;
    node->scale = node->of->scale;
    return node;
}

static const struct expr_node *parse_operand(struct parser *p)
{
    static const char *const no_names[] = {"and", "or", "not", "is", "in", "between"};
    static const char hint[] = "a field, a value or a condition in brackets stands here.";
    struct expr_node *literal = NULL;

    if (at_sign(p, "(")) {
        if (++p->depth > EXPR_MAX_DEPTH)
            return fail(p, "expr.deep", p->token.at, p->token.raw, "over 32 brackets in each other",
                        "write it with fewer brackets.");
        if (!next(p))
            return NULL;
        const struct expr_node *inner = parse_or(p);
        p->depth--;
        return inner && expect(p, ")", "close the bracket with ).") ? inner : NULL;
    }
    if (!take_literal(p, true, &literal))
        return NULL;
    if (literal)
        return literal;
    if (p->token.kind != EXPR_TOKEN_WORD && p->token.kind != EXPR_TOKEN_NAME)
        return unexpected(p, hint);
    for (size_t i = 0; i < YM_COUNT(no_names); i++)
        if (at_word(p, no_names[i]))
            return unexpected(p, hint);
    return field_node(p);
}

static struct expr_node *value_for(struct parser *p, const struct expr_node *operand, bool counted,
                                   bool ordered)
{
    struct expr_node *literal = NULL;

    if (!take_literal(p, counted, &literal))
        return NULL;
    if (!literal) {
        unexpected(p, "a value stands here: a text in single quotes, a number, true or false.");
        return NULL;
    }
    return comparable(p, operand, literal, ordered) ? literal : NULL;
}

static const struct expr_node *parse_list(struct parser *p, const struct expr_node *operand,
                                          size_t at)
{
    struct node_list args = {0};

    add(p, &args, operand);
    if (!next(p) || !expect(p, "(", "a list in brackets stands here: in (1, 2, 3)."))
        return NULL;
    do {
        const struct expr_node *item = value_for(p, operand, false, false);
        if (!item)
            return NULL;
        if (args.n > EXPR_MAX_LIST)
            return fail(p, "expr.list", item->at, item->text, "a list of over 1,000 values",
                        "ask in several steps.");
        add(p, &args, item);
        if (!at_sign(p, ","))
            break;
    } while (next(p));
    if (p->err->kind != YM_NO_ERROR || !expect(p, ")", "separate by commas, close with )."))
        return NULL;
    return with_args(new_node(p, EXPR_IN, at), &args);
}

static const struct expr_node *parse_between(struct parser *p, const struct expr_node *operand,
                                             size_t at)
{
    struct node_list args = {0};
    const struct expr_node *low, *high;

    add(p, &args, operand);
    if (!next(p) || !(low = value_for(p, operand, true, true)) ||
        !expect(p, "and", "write between LOW and HIGH.") ||
        !(high = value_for(p, operand, true, true)))
        return NULL;
    add(p, &args, low);
    add(p, &args, high);
    return with_args(new_node(p, EXPR_BETWEEN, at), &args);
}

static const struct expr_node *parse_text_test(struct parser *p, const struct expr_node *operand,
                                               size_t at)
{
    enum expr_op op = at_word(p, "contains") ? EXPR_CONTAINS
                      : at_word(p, "starts") ? EXPR_STARTS
                                             : EXPR_ENDS;
    struct node_list args = {0};

    if (operand->type != EXPR_TEXT)
        return fail(p, "expr.types", operand->at, piece_of(operand),
                    "contains, starts with and ends with are for texts",
                    "compare it with = < > or between.");
    add(p, &args, operand);
    if (!next(p) || (op != EXPR_CONTAINS && !expect(p, "with", "write starts with '…'.")))
        return NULL;
    if (p->token.kind != EXPR_TOKEN_TEXT)
        return unexpected(p, "a text in single quotes stands here.");
    const struct expr_node *text = value_for(p, operand, true, false);
    if (!text)
        return NULL;
    add(p, &args, text);
    return with_args(new_node(p, op, at), &args);
}

static const struct expr_node *parse_missing(struct parser *p, const struct expr_node *operand,
                                             size_t at)
{
    struct node_list args = {0};
    bool no;

    if (!next(p))
        return NULL;
    no = at_word(p, "not");
    if ((no && !next(p)) || !expect(p, "missing", "write is missing, or is not missing."))
        return NULL;
    add(p, &args, operand);
    const struct expr_node *node = with_args(new_node(p, EXPR_MISSING, at), &args);
    return no ? negated(p, node, at) : node;
}

static const struct expr_node *parse_comparison(struct parser *p, const struct expr_node *left,
                                                enum expr_op op)
{
    struct node_list args = {0};
    size_t at = p->token.at;
    const struct expr_node *right;

    if (!next(p) || !(right = parse_operand(p)) ||
        !comparable(p, left, right, op != EXPR_EQ && op != EXPR_NE))
        return NULL;
    add(p, &args, left);
    add(p, &args, right);
    return with_args(new_node(p, op, at), &args);
}

static const struct expr_node *parse_test(struct parser *p)
{
    static const struct {
        const char *sign;
        enum expr_op op;
    } signs[] = {{"=", EXPR_EQ},  {"!=", EXPR_NE}, {"<", EXPR_LT},
                 {"<=", EXPR_LE}, {">", EXPR_GT},  {">=", EXPR_GE}};
    const struct expr_node *left = parse_operand(p), *test;
    size_t at = p->token.at;
    bool no;

    if (!left)
        return NULL;
    for (size_t i = 0; i < YM_COUNT(signs); i++)
        if (at_sign(p, signs[i].sign))
            return parse_comparison(p, left, signs[i].op);
    if (at_word(p, "is"))
        return parse_missing(p, left, at);
    no = at_word(p, "not");
    if (no && !next(p))
        return NULL;
    if (at_word(p, "in"))
        test = parse_list(p, left, at);
    else if (at_word(p, "between"))
        test = parse_between(p, left, at);
    else if (at_word(p, "contains") || at_word(p, "starts") || at_word(p, "ends"))
        test = parse_text_test(p, left, at);
    else
        return no ? unexpected(p, "in, between, contains, starts with or ends with follows not.")
                  : left;
    return no ? negated(p, test, at) : test;
}

static const struct expr_node *condition(struct parser *p, const struct expr_node *node)
{
    if (!node || node->type == EXPR_BOOLEAN)
        return node;
    return fail(p, "expr.condition", node->at, piece_of(node), "a value alone is no condition",
                "compare it: FIELD = VALUE, or FIELD is not missing.");
}

static const struct expr_node *parse_not(struct parser *p)
{
    size_t at = p->token.at;

    if (!at_word(p, "not"))
        return parse_test(p);
    return next(p) ? negated(p, condition(p, parse_test(p)), at) : NULL;
}

static const struct expr_node *parse_chain(struct parser *p, enum expr_op op)
{
    const char *keyword = op == EXPR_OR ? "or" : "and";
    struct node_list args = {0};
    size_t at = p->token.at;
    const struct expr_node *node;

    for (;;) {
        node = op == EXPR_OR ? parse_chain(p, EXPR_AND) : parse_not(p);
        if (!node)
            return NULL;
        if (!at_word(p, keyword))
            break;
        if (!condition(p, node))
            return NULL;
        add(p, &args, node);
        if (!next(p))
            return NULL;
    }
    if (args.n == 0)
        return node;
    if (!condition(p, node))
        return NULL;
    add(p, &args, node);
    return with_args(new_node(p, op, at), &args);
}

static const struct expr_node *parse_or(struct parser *p)
{
    return parse_chain(p, EXPR_OR);
}

bool expr_parse(struct ym_str text, struct expr_fields fields, struct ym_arena *arena,
                const struct expr_node **out, struct ym_error *err)
{
    struct parser p = {
        .lexer = {.source = text, .arena = arena}, .fields = fields, .arena = arena, .err = err};
    size_t bad;

    *out = NULL;
    *err = (struct ym_error){.kind = YM_NO_ERROR};
    if (text.n > EXPR_MAX_BYTES)
        return expr_fail(err, "expr.long", 1, (struct ym_str){NULL, 0},
                         "the expression has over 8 KiB", "ask in several steps.");
    if (!ym_utf8_valid(text, &bad))
        return expr_fail(err, "expr.character", ym_utf8_count(ym_str_sub(text, 0, bad)) + 1,
                         (struct ym_str){NULL, 0}, "the expression is not UTF-8",
                         "send it in UTF-8.");
    if (!next(&p))
        return false;
    const struct expr_node *node = condition(&p, parse_or(&p));
    if (!node)
        return false;
    if (p.token.kind != EXPR_TOKEN_END) {
        unexpected(&p, "join conditions by and, or.");
        return false;
    }
    *out = node;
    return true;
}
