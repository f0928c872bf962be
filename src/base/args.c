#include "base/base.h"

struct ym_arg ym_int(const char *name, int64_t value)
{
    return (struct ym_arg){.name = name, .type = YM_INT, .i = value};
}

struct ym_arg ym_real(const char *name, double value)
{
    return (struct ym_arg){.name = name, .type = YM_REAL, .r = value};
}

struct ym_arg ym_text(const char *name, struct ym_str value)
{
    return (struct ym_arg){.name = name, .type = value.p ? YM_TEXT : YM_NULL, .s = value};
}

struct ym_arg ym_null(const char *name)
{
    return (struct ym_arg){.name = name, .type = YM_NULL};
}
