// An expression that is accepted prints to a text of the same tree, and evaluates on any row.
#include "pure/expr/expr.h"

#include "../../prop.h"

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }
static const struct expr_field items[] = {
    {.name = NAME("pm25"), .type = EXPR_NUMBER},
    {.name = NAME("city"), .type = EXPR_TEXT},
    {.name = NAME("n"), .type = EXPR_INTEGER},
    {.name = NAME("amount"), .type = EXPR_DECIMAL, .scale = 2},
    {.name = NAME("date"), .type = EXPR_DATE},
    {.name = NAME("at"), .type = EXPR_DATETIME, .zone = "Asia/Shanghai"},
    {.name = NAME("clock"), .type = EXPR_TIME},
    {.name = NAME("valid"), .type = EXPR_BOOLEAN},
    {.name = NAME("in"), .type = EXPR_TEXT},
};
static const struct expr_fields fields = {items, YM_COUNT(items)};

static bool same(const struct expr_node *a, const struct expr_node *b)
{
    if (a->op != b->op || a->type != b->type || a->field != b->field || a->n != b->n ||
        a->scale != b->scale || a->value != b->value || !ym_str_eq(a->text, b->text) ||
        !ym_str_eq(a->exact, b->exact) || memcmp(&a->real, &b->real, sizeof a->real) != 0)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!same(a->args[i], b->args[i]))
            return false;
    return true;
}

static void evaluate(const struct expr_node *node, struct prop_bytes *in)
{
    static const char *const texts[] = {"",
                                        "1",
                                        "-0.50",
                                        "12.30",
                                        "武汉",
                                        "2026-01-31",
                                        "true",
                                        "2026-01-31T00:00:00Z",
                                        "08:30:00",
                                        "1e5",
                                        "99999999999999999999999999999999999999.99"};
    struct expr_value row[YM_COUNT(items)];

    for (size_t i = 0; i < YM_COUNT(items); i++) {
        row[i].missing = prop_draw(in, 4) == 0;
        row[i].text = ym_str(texts[prop_draw(in, YM_COUNT(texts))]);
    }
    enum expr_truth truth = expr_eval(node, row);
    assert(truth == EXPR_TRUE || truth == EXPR_FALSE || truth == EXPR_UNKNOWN);
}

int prop(const uint8_t *bytes, size_t n)
{
    struct ym_arena arena = {0};
    struct ym_error err = {0};
    struct ym_buf printed = {0};
    const struct expr_node *node, *again;
    struct prop_bytes in = {bytes, n};

    if (expr_parse((struct ym_str){(const char *)bytes, n}, fields, &arena, &node, &err)) {
        evaluate(node, &in);
        expr_print(node, &printed);
        // Printing may add brackets and blanks: only what stays within the bounds is parsed again.
        if (printed.n <= 8 * 1024) {
            bool ok = expr_parse(ym_buf_str(&printed), fields, &arena, &again, &err);
            assert(ok);
            assert(same(node, again));
        }
    } else {
        size_t bad;
        assert(err.kind == YM_INVALID && err.code[0] && err.hint[0] && err.subject[0]);
        assert(ym_utf8_valid(ym_str(err.subject), &bad) &&
               ym_utf8_valid(ym_str(err.message), &bad));
    }
    ym_buf_clear(&printed);
    ym_arena_clear(&arena);
    return 0;
}
