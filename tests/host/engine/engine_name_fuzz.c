// A quoted name has no way out of its quotes, and no byte that ends a line or a text.
#include "host/engine/engine.h"

#include "../../prop.h"

int prop(const uint8_t *bytes, size_t n)
{
    struct ym_buf sql = {0};

    engine_name(&sql, (struct ym_str){(const char *)bytes, n});
    assert(sql.n >= n + 2 && sql.p[0] == '`' && sql.p[sql.n - 1] == '`');
    for (size_t i = 1; i + 1 < sql.n; i++) {
        assert((unsigned char)sql.p[i] >= 0x20 && sql.p[i] != 0x7f && sql.p[i] != '`');
        if (sql.p[i] == '\\') {
            i++; // what is escaped is escaped by one backslash, and lies inside
            assert(i + 1 < sql.n);
        }
    }
    ym_buf_clear(&sql);
    return 0;
}
