#include "base/time.h"
#include "face/cli/cli.h"

#include <unistd.h>

enum {
    WIDTH = 30,
    EVERY = 100000 // microseconds between two drawings
};

void cli_bar_show(struct cli_bar *bar, const char *stage, int64_t done, int64_t total)
{
    int64_t now = ym_monotonic();

    if (bar->drawn_at == 0)
        bar->terminal = isatty(STDERR_FILENO);
    if (!bar->terminal || (bar->drawn_at > 0 && now - bar->drawn_at < EVERY && done < total))
        return;
    bar->drawn_at = now;
    fprintf(stderr, "\r\033[K%s%s%s ", bar->title ? bar->title : "", bar->title ? ": " : "", stage);
    if (total > 0) {
        int64_t part = done >= total ? WIDTH : done * WIDTH / total;
        fputc('[', stderr);
        for (int i = 0; i < WIDTH; i++)
            fputc(i < part ? '#' : '.', stderr);
        fprintf(stderr, "] %d%%", (int)(done >= total ? 100 : done * 100 / total));
    } else if (done > 0) {
        fprintf(stderr, "%lld", (long long)done);
    }
    fflush(stderr);
}

void cli_bar_end(struct cli_bar *bar)
{
    if (bar->terminal && bar->drawn_at > 0)
        fprintf(stderr, "\r\033[K");
    bar->drawn_at = 0;
}
