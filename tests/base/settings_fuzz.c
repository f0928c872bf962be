// A configuration that is accepted keeps the table's promises; one that is refused names its fault.
#include "base/settings.h"
#include "prop.h"

int prop(const uint8_t *bytes, size_t n)
{
    static const struct ym_setting table[] = {
        {"http.listen", YM_SETTING_TEXT, "x", 0, 0, ""},
        {"http.per_address", YM_SETTING_INTEGER, "64", 1, 1000, ""},
        {"demo", YM_SETTING_BOOLEAN, "false", 0, 0, ""},
        {"peers", YM_SETTING_LIST, NULL, 0, 0, ""},
    };
    struct ym_arena arena = {0};
    struct ym_settings settings;
    struct ym_error err = {0};

    if (ym_settings_read((struct ym_str){(const char *)bytes, n}, table, YM_COUNT(table), &arena,
                         &settings, &err)) {
        int64_t number = ym_setting_int(&settings, "http.per_address");
        assert(number >= 1 && number <= 1000);
        assert(ym_setting(&settings, "http.listen").p != NULL);
    } else {
        assert(err.kind != YM_NO_ERROR && err.code[0] && err.message[0]);
        assert(ym_utf8_valid(ym_str(err.message), NULL));
    }
    ym_arena_clear(&arena);
    return 0;
}
