#include "data/quality/inside.h"

// Beside another % sign a number needs its two digits (%Y%m%d); else 6 and 06 are both June.
static const struct quality_strftime signs[] = {
    {"%Y", "%Y", 'Y', false}, {"%m", "%c", 'm', false}, {"%d", "%e", 'd', false},
    {"%H", "%k", 'H', true},  {"%i", "%i", 'M', true},  {"%s", "%s", 'S', true},
};

static const struct quality_strftime *sign(char letter)
{
    for (size_t i = 0; i < YM_COUNT(signs); i++)
        if (signs[i].letter == letter)
            return &signs[i];
    return NULL;
}

bool quality_format(struct ym_str format, struct ym_buf *to, bool *clock)
{
    unsigned seen = 0;
    bool after_sign = false;

    *clock = false;
    for (size_t i = 0; i < format.n; i++) {
        if ((unsigned char)format.p[i] < 0x20)
            return false;
        if (format.p[i] != '%') {
            ym_buf_char(to, format.p[i]);
            after_sign = false;
            continue;
        }
        const struct quality_strftime *s = i + 1 < format.n ? sign(format.p[i + 1]) : NULL;
        unsigned bit = s ? 1U << (s - signs) : 0;
        if (!s || (seen & bit))
            return false;
        bool before_sign = i + 2 < format.n && format.p[i + 2] == '%';
        ym_buf_add(to, ym_str(after_sign || before_sign ? s->fixed : s->loose));
        seen |= bit;
        *clock |= s->time;
        after_sign = true;
        i++;
    }
    // Year, month and day at least; minutes only with hours, seconds only with minutes.
    unsigned day = 7, hour = 8, minute = 16, second = 32;
    return (seen & day) == day && (!(seen & minute) == !(seen & hour)) &&
           (!(seen & second) || (seen & minute));
}
