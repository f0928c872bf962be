#include "base/time.h"
#include "pure/expr/expr_private.h"

#include <math.h>

// A value read by its type; what cannot be read is missing.
struct value {
    bool missing;
    enum expr_type type;
    struct ym_str text;
    int64_t whole; // INTEGER, BOOLEAN, DATE, DATETIME
    double real;   // NUMBER
};

static enum expr_truth truth(bool yes)
{
    return yes ? EXPR_TRUE : EXPR_FALSE;
}

static enum expr_truth opposite(enum expr_truth t)
{
    return t == EXPR_UNKNOWN ? t : truth(t == EXPR_FALSE);
}

static bool read_field(const struct expr_node *node, struct value *out)
{
    switch (node->type) {
    case EXPR_INTEGER:
        return ym_str_int(out->text, &out->whole);
    case EXPR_NUMBER:
        return expr_real(out->text, &out->real);
    case EXPR_DECIMAL:
        return expr_exact_valid(out->text, node->scale);
    case EXPR_DATE:
        return ym_day_parse(out->text, &out->whole);
    case EXPR_DATETIME:
        return expr_instant(out->text, node->of->zone, &out->whole);
    case EXPR_BOOLEAN:
        out->whole = ym_str_is(out->text, "true");
        return out->whole || ym_str_is(out->text, "false");
    default:
        return true;
    }
}

static struct value value_of(const struct expr_node *node, const struct expr_value *row)
{
    struct value out = {.type = node->type, .text = node->text};

    if (node->op == EXPR_LITERAL) {
        out.whole = node->value;
        out.real = node->real;
        if (node->type == EXPR_INTEGER || node->type == EXPR_DECIMAL)
            out.text = node->exact;
        return out;
    }
    if (node->op == EXPR_FIELD) {
        out.text = row[node->field].text;
        out.missing = row[node->field].missing || !read_field(node, &out);
        return out;
    }
    enum expr_truth inner = expr_eval(node, row);
    out.missing = inner == EXPR_UNKNOWN;
    out.whole = inner == EXPR_TRUE;
    return out;
}

static int cmp_int(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int cmp_real(double a, double b)
{
    return a < b ? -1 : a > b;
}

// Exactly: a double beyond 2^53 has no part, one within it is compared whole and then by its part.
static int cmp_int_real(int64_t a, double b)
{
    if (b >= 9223372036854775808.0)
        return -1;
    if (b < -9223372036854775808.0)
        return 1;
    double floor_b = floor(b);
    int order = cmp_int(a, (int64_t)floor_b);
    return order != 0 ? order : (b > floor_b ? -1 : 0);
}

// As the engine converts a decimal to a double: its digits as an integer, over a power of ten.
static double real_of_decimal(struct ym_str text, int scale)
{
    __extension__ __int128 digits = 0; // at most 38 of them: read_field
    long double power = 1;
    int part = -1;

    for (size_t i = 0; i < text.n && part < scale; i++) {
        if (text.p[i] == '.') {
            part = 0;
        } else if (text.p[i] != '-') {
            digits = digits * 10 + (text.p[i] - '0');
            part += part >= 0;
        }
    }
    for (part = part < 0 ? 0 : part; part < scale; part++)
        digits *= 10;
    for (int i = 0; i < scale; i++)
        power *= 10;
    if (text.n > 0 && text.p[0] == '-')
        digits = -digits;
    return (double)digits / (double)power;
}

static int cmp_numbers(const struct value *a, const struct value *b, int scale_a, int scale_b)
{
    if (a->type == EXPR_NUMBER && b->type == EXPR_NUMBER)
        return cmp_real(a->real, b->real);
    if (a->type == EXPR_INTEGER && b->type == EXPR_NUMBER)
        return cmp_int_real(a->whole, b->real);
    if (a->type == EXPR_NUMBER)
        return -cmp_numbers(b, a, scale_b, scale_a);
    if (b->type == EXPR_NUMBER)
        return cmp_real(real_of_decimal(a->text, scale_a), b->real);
    if (a->type == EXPR_INTEGER && b->type == EXPR_INTEGER)
        return cmp_int(a->whole, b->whole);
    return expr_exact_cmp(a->text, b->text);
}

static enum expr_truth compare(enum expr_op op, const struct expr_node *left,
                               const struct expr_node *right, const struct expr_value *row)
{
    struct value a = value_of(left, row), b = value_of(right, row);
    int order;

    if (a.missing || b.missing)
        return EXPR_UNKNOWN;
    switch (a.type) {
    case EXPR_TEXT:
        order = ym_str_cmp(a.text, b.text);
        break;
    case EXPR_TIME: {
        char x[9], y[9];
        if (!expr_time_of_day(a.text, x) || !expr_time_of_day(b.text, y))
            return EXPR_UNKNOWN;
        order = strcmp(x, y);
        break;
    }
    case EXPR_INTEGER:
    case EXPR_NUMBER:
    case EXPR_DECIMAL:
        order = cmp_numbers(&a, &b, left->scale, right->scale);
        break;
    default:
        order = cmp_int(a.whole, b.whole);
    }
    switch (op) {
    case EXPR_EQ:
        return truth(order == 0);
    case EXPR_NE:
        return truth(order != 0);
    case EXPR_LT:
        return truth(order < 0);
    case EXPR_LE:
        return truth(order <= 0);
    case EXPR_GT:
        return truth(order > 0);
    default:
        return truth(order >= 0);
    }
}

static enum expr_truth chain(const struct expr_node *node, const struct expr_value *row)
{
    enum expr_truth decisive = node->op == EXPR_OR ? EXPR_TRUE : EXPR_FALSE;
    enum expr_truth so_far = opposite(decisive);

    for (size_t i = 0; i < node->n; i++) {
        enum expr_truth one = expr_eval(node->args[i], row);
        if (one == decisive)
            return one;
        if (one == EXPR_UNKNOWN)
            so_far = one;
    }
    return so_far;
}

static enum expr_truth in_list(const struct expr_node *node, const struct expr_value *row)
{
    for (size_t i = 1; i < node->n; i++) {
        enum expr_truth one = compare(EXPR_EQ, node->args[0], node->args[i], row);
        if (one != EXPR_FALSE)
            return one;
    }
    return EXPR_FALSE;
}

static enum expr_truth between(const struct expr_node *node, const struct expr_value *row)
{
    enum expr_truth low = compare(EXPR_GE, node->args[0], node->args[1], row);

    // Only the operand can be missing: both are unknown, or none.
    return low == EXPR_TRUE ? compare(EXPR_LE, node->args[0], node->args[2], row) : low;
}

static enum expr_truth text_test(const struct expr_node *node, const struct expr_value *row)
{
    struct value in = value_of(node->args[0], row);
    struct ym_str what = node->args[1]->text;

    if (in.missing)
        return EXPR_UNKNOWN;
    if (node->op == EXPR_CONTAINS)
        return truth(what.n == 0 || (in.text.n > 0 && ym_str_find(in.text, what, 0) != SIZE_MAX));
    if (node->op == EXPR_STARTS)
        return truth(ym_str_starts(in.text, what));
    return truth(ym_str_ends(in.text, what));
}

enum expr_truth expr_eval(const struct expr_node *node, const struct expr_value *row)
{
    struct value value;

    switch (node->op) {
    case EXPR_OR:
    case EXPR_AND:
        return chain(node, row);
    case EXPR_NOT:
        return opposite(expr_eval(node->args[0], row));
    case EXPR_IN:
        return in_list(node, row);
    case EXPR_BETWEEN:
        return between(node, row);
    case EXPR_CONTAINS:
    case EXPR_STARTS:
    case EXPR_ENDS:
        return text_test(node, row);
    case EXPR_MISSING:
        return truth(value_of(node->args[0], row).missing);
    case EXPR_FIELD:
    case EXPR_LITERAL:
        value = value_of(node, row);
        return value.missing ? EXPR_UNKNOWN : truth(value.whole != 0);
    default:
        return compare(node->op, node->args[0], node->args[1], row);
    }
}
