#include "pure/expr/expr_private.h"

static void print_quoted(struct ym_str text, char quote, struct ym_buf *to)
{
    ym_buf_char(to, quote);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == quote)
            ym_buf_char(to, quote);
        ym_buf_char(to, text.p[i]);
    }
    ym_buf_char(to, quote);
}

void expr_print_name(struct ym_str name, struct ym_buf *to)
{
    if (expr_plain_name(name))
        ym_buf_add(to, name);
    else
        print_quoted(name, '"', to);
}

static void print_literal(const struct expr_node *node, struct ym_buf *to)
{
    bool number =
        node->type == EXPR_INTEGER || node->type == EXPR_NUMBER || node->type == EXPR_DECIMAL;

    if (number || node->type == EXPR_BOOLEAN) {
        ym_buf_add(to, node->text);
        return;
    }
    if (node->type == EXPR_DATE)
        ym_buf_add(to, YM_STR("date "));
    print_quoted(node->text, '\'', to);
}

static void print_in_brackets(const struct expr_node *node, struct ym_buf *to)
{
    ym_buf_char(to, '(');
    expr_print(node, to);
    ym_buf_char(to, ')');
}

static void print_operand(const struct expr_node *node, struct ym_buf *to)
{
    if (node->op == EXPR_FIELD)
        expr_print_name(node->of->name, to);
    else if (node->op == EXPR_LITERAL)
        print_literal(node, to);
    else
        print_in_brackets(node, to);
}

static void print_chain(const struct expr_node *node, struct ym_buf *to)
{
    for (size_t i = 0; i < node->n; i++) {
        const struct expr_node *arg = node->args[i];
        if (i > 0)
            ym_buf_add(to, node->op == EXPR_OR ? YM_STR(" or ") : YM_STR(" and "));
        if (arg->op == EXPR_OR || arg->op == node->op)
            print_in_brackets(arg, to);
        else
            expr_print(arg, to);
    }
}

static void print_not(const struct expr_node *arg, struct ym_buf *to)
{
    ym_buf_add(to, YM_STR("not "));
    if (arg->op == EXPR_OR || arg->op == EXPR_AND || arg->op == EXPR_NOT)
        print_in_brackets(arg, to);
    else
        expr_print(arg, to);
}

static void print_list(const struct expr_node *node, struct ym_buf *to)
{
    print_operand(node->args[0], to);
    ym_buf_add(to, YM_STR(" in ("));
    for (size_t i = 1; i < node->n; i++) {
        if (i > 1)
            ym_buf_add(to, YM_STR(", "));
        print_literal(node->args[i], to);
    }
    ym_buf_char(to, ')');
}

void expr_print(const struct expr_node *node, struct ym_buf *to)
{
    static const char *const between[] = {
        [EXPR_EQ] = " = ",
        [EXPR_NE] = " != ",
        [EXPR_LT] = " < ",
        [EXPR_LE] = " <= ",
        [EXPR_GT] = " > ",
        [EXPR_GE] = " >= ",
        [EXPR_CONTAINS] = " contains ",
        [EXPR_STARTS] = " starts with ",
        [EXPR_ENDS] = " ends with ",
        [EXPR_BETWEEN] = " between ",
    };

    switch (node->op) {
    case EXPR_OR:
    case EXPR_AND:
        print_chain(node, to);
        return;
    case EXPR_NOT:
        print_not(node->args[0], to);
        return;
    case EXPR_FIELD:
    case EXPR_LITERAL:
        print_operand(node, to);
        return;
    case EXPR_IN:
        print_list(node, to);
        return;
    case EXPR_MISSING:
        print_operand(node->args[0], to);
        ym_buf_add(to, YM_STR(" is missing"));
        return;
    default:
        print_operand(node->args[0], to);
        ym_buf_add(to, ym_str(between[node->op]));
        print_operand(node->args[1], to);
        if (node->op == EXPR_BETWEEN) {
            ym_buf_add(to, YM_STR(" and "));
            print_operand(node->args[2], to);
        }
    }
}
