// Sealed secrets: what the store holds without the key is nothing, and nothing can be moved.
#include "host/store/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

static void a_sealed_secret_opens_with_its_key_and_its_place_only(void **state)
{
    const struct store_seal key = {.key = {1}}, other = {.key = {2}};
    struct ym_str secret = YM_STR("twenty bytes of keys"), sealed, again, open;
    struct ym_arena arena = {0};
    struct ym_error err = {0};

    (void)state;
    assert_true(store_seal_text(&key, YM_STR("factor:1"), secret, &arena, &sealed, &err));
    assert_true(store_seal_text(&key, YM_STR("factor:1"), secret, &arena, &again, &err));
    assert_false(ym_str_eq(sealed, again)); // a nonce of its own each time
    assert_true(ym_str_starts(sealed, YM_STR("s1.")));
    assert_true(ym_str_find(sealed, secret, 0) == SIZE_MAX);
    assert_true(store_unseal_text(&key, YM_STR("factor:1"), sealed, &arena, &open, &err));
    assert_true(ym_str_eq(open, secret));
    assert_false(store_unseal_text(&other, YM_STR("factor:1"), sealed, &arena, &open, &err));
    assert_string_equal(err.code, "store.seal");
    assert_false(store_unseal_text(&key, YM_STR("factor:2"), sealed, &arena, &open, &err));
    ym_arena_clear(&arena);
}

static void one_changed_character_anywhere_is_refused(void **state)
{
    const struct store_seal key = {.key = {9}};
    struct ym_str sealed, open;
    struct ym_arena arena = {0};
    struct ym_error err = {0};

    (void)state;
    assert_true(store_seal_text(&key, YM_STR("factor:1"), YM_STR("secret"), &arena, &sealed, &err));
    // Of the last character only some bits count.
    for (size_t i = 0; i + 1 < sealed.n; i++) {
        char *text = ym_arena_cstr(&arena, ym_arena_str(&arena, sealed));
        text[i] = text[i] == 'A' ? 'B' : 'A';
        if (store_unseal_text(&key, YM_STR("factor:1"), ym_str(text), &arena, &open, &err))
            fail_msg("character %zu", i);
    }
    assert_false(store_unseal_text(&key, YM_STR("factor:1"), YM_STR("s1."), &arena, &open, &err));
    assert_false(store_unseal_text(&key, YM_STR("factor:1"), YM_STR(""), &arena, &open, &err));
    ym_arena_clear(&arena);
}

static void a_key_file_is_64_hex_digits(void **state)
{
    static const char good[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    static const struct {
        const char *text;
        bool fine;
    } cases[] = {{good, true}, {"", false}, {"00112233", false}, {"zz112233", false}};
    char path[] = "/tmp/yunmeng-seal-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    for (size_t i = 0; i < YM_COUNT(cases); i++) {
        struct store_seal key;
        struct ym_error err = {0};
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, cases[i].text, strlen(cases[i].text), 0),
                         (ssize_t)strlen(cases[i].text));
        assert_true(store_seal_load(path, &key, &err) == cases[i].fine);
        if (cases[i].fine)
            assert_int_equal(key.key[1], 0x11);
        else
            assert_string_equal(err.code, "store.seal_key");
    }
    close(fd);
    unlink(path);
    struct store_seal key;
    struct ym_error err = {0};
    assert_false(store_seal_load(path, &key, &err));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_secret_opens_with_its_key_and_its_place_only),
        cmocka_unit_test(one_changed_character_anywhere_is_refused),
        cmocka_unit_test(a_key_file_is_64_hex_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
