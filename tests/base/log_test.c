#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"

#include <unistd.h>

// The line that one call writes.
static void line_of(struct ym_str value, char *to, size_t size)
{
    int ends[2], before = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    ym_log(YM_ERROR, "test.event",
           YM_ARGS(ym_text("value", value), ym_int("n", -7), ym_null("none")));
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(ends[1]);
    close(before);
    ssize_t n = read(ends[0], to, size - 1);
    close(ends[0]);
    assert_true(n > 0);
    to[n] = '\0';
}

static void a_value_cannot_write_a_line_of_its_own(void **state)
{
    (void)state;
    static const char *const values[] = {"a\nt=x level=error event=forged",
                                         "a\r\x1b[2J",
                                         "\xE2\x80\xA8next",
                                         "\xE2\x80\xAE"
                                         "drow",
                                         "\x7F",
                                         "quote\" end=1",
                                         "\xFF\xFE"};
    char line[8192];

    for (size_t i = 0; i < YM_COUNT(values); i++) {
        line_of(ym_str(values[i]), line, sizeof line);
        size_t n = strlen(line);
        assert_int_equal(line[n - 1], '\n');
        for (size_t k = 0; k + 1 < n; k++)
            assert_true((unsigned char)line[k] >= 0x20 && line[k] != 0x7F);
        assert_null(strstr(line, "\xE2\x80\xA8"));
        assert_null(strstr(line, "\xE2\x80\xAE"));
        assert_true(ym_utf8_valid(ym_str(line), NULL));
        assert_non_null(strstr(line, " n=-7 none="));
    }
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    char text[5000], line[8192];

    memset(text, 'x', sizeof text);
    line_of((struct ym_str){text, sizeof text}, line, sizeof line);
    assert_true(strlen(line) < 1400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_cannot_write_a_line_of_its_own),
        cmocka_unit_test(a_long_value_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
