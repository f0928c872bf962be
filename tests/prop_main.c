/* prop_main CORPUS_DIR: the test around a property; prop.h says what it does.
 *
 * The property runs in a child, and the input of the moment lies in memory that both share: however
 * the child ends, by assert, sanitizer or a loop without end, the input is known.
 */
#include "prop.h"
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    INPUT_MAX = 16384,
    SEEDS_MAX = 512,
    HANG_S = 20,
    SHRINK_TRIES = 3000,
};

struct input {
    size_t n;
    uint8_t bytes[INPUT_MAX];
};

struct shared {
    struct input input;
    uint64_t done; // inputs tried, written by the child
};

static struct input seeds[SEEDS_MAX];
static size_t seeds_n;
static uint64_t random_state;

// splitmix64: any seed will do, and a seed gives the same inputs on every machine.
static uint64_t random_below(uint64_t limit)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % limit;
}

static void load_seeds(const char *dir)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        FILE *file = names[i]->d_name[0] == '.' || seeds_n == SEEDS_MAX ? NULL : fopen(path, "rb");
        if (file) {
            seeds[seeds_n].n = fread(seeds[seeds_n].bytes, 1, INPUT_MAX, file);
            seeds_n++;
            fclose(file);
        }
        free(names[i]);
    }
    free(names);
}

static void put(struct input *in, size_t at, const uint8_t *bytes, size_t n)
{
    if (n > INPUT_MAX - in->n)
        n = INPUT_MAX - in->n;
    memmove(in->bytes + at + n, in->bytes + at, in->n - at);
    memcpy(in->bytes + at, bytes, n);
    in->n += n;
}

static void cut(struct input *in, size_t at, size_t n)
{
    memmove(in->bytes + at, in->bytes + at + n, in->n - at - n);
    in->n -= n;
}

static void change(struct input *in)
{
    static const char telling[] = "\0\xff\x80\"'\n\r,;\t\\{}[]():&%-0";
    size_t at = random_below(in->n + 1), n = random_below(16);
    const struct input *other = &seeds[seeds_n ? random_below(seeds_n) : 0];
    uint8_t byte = (uint8_t)(random_below(2) ? random_below(256)
                                             : (uint64_t)telling[random_below(sizeof telling - 1)]);

    switch (random_below(6)) {
    case 0:
        if (at < in->n)
            in->bytes[at] ^= (uint8_t)(1u << random_below(8));
        break;
    case 1:
        if (at < in->n)
            in->bytes[at] = byte;
        break;
    case 2:
        put(in, at, &byte, 1);
        break;
    case 3:
        cut(in, at, n < in->n - at ? n : in->n - at);
        break;
    case 4:
        if (at + n <= other->n)
            put(in, at, other->bytes + at, n);
        break;
    default:
        if (random_below(8) == 0)
            in->n = at;
    }
}

static void next_input(struct input *in, uint64_t number)
{
    if (number == 0) {
        in->n = 0;
    } else if (number <= seeds_n) {
        *in = seeds[number - 1];
    } else if (seeds_n && random_below(4) > 0) {
        *in = seeds[random_below(seeds_n)];
        for (uint64_t i = random_below(8) + 1; i; i--)
            change(in);
    } else {
        in->n = random_below(random_below(8) ? 64 : 1024);
        for (size_t i = 0; i < in->n; i++)
            in->bytes[i] = (uint8_t)random_below(256);
    }
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void try_many(struct shared *shared, uint64_t seconds)
{
    time_t end = time(NULL) + (time_t)seconds;

    for (uint64_t i = 0; i <= seeds_n || time(NULL) < end; i++) {
        next_input(&shared->input, i);
        if (prop(shared->input.bytes, shared->input.n) != 0)
            _exit(1);
        shared->done++;
    }
}

// Does the property fail on this input? In a child, and quietly.
static bool fails(const struct input *in)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        alarm(HANG_S);
        if (!freopen("/dev/null", "w", stderr))
            _exit(0);
        _exit(prop(in->bytes, in->n) != 0);
    }
    return waitpid(child, &status, 0) == child && status != 0;
}

static void shrink(struct input *in)
{
    static struct input next;
    int tries = 0;

    for (size_t part = in->n; part > 0; part /= 2)
        for (size_t at = 0; at + part <= in->n && tries < SHRINK_TRIES; tries++) {
            next = *in;
            cut(&next, at, part);
            if (fails(&next))
                *in = next;
            else
                at += part;
        }
    for (size_t at = 0; at < in->n; at++)
        for (int to = 0; to < in->bytes[at] && tries < 2 * SHRINK_TRIES; tries++) {
            next = *in;
            next.bytes[at] = (uint8_t)to;
            if (fails(&next))
                *in = next;
            to = to ? to * 2 : '0';
        }
}

static void report(const struct input *in)
{
    printf("it fails on these %zu bytes:\n\"", in->n);
    for (size_t i = 0; i < in->n; i++) {
        if (in->bytes[i] < ' ' || in->bytes[i] > '~' || strchr("\"\\?", in->bytes[i]))
            printf("\\%03o", in->bytes[i]);
        else
            putchar(in->bytes[i]);
    }
    printf("\"\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t seconds = setting("YM_FUZZ_SECONDS", 10), seen = 0;
    int status = 0, still_s = 0;
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (argc > 1)
        load_seeds(argv[1]);
    random_state = setting("YM_FUZZ_SEED", 1);
    printf("seed %llu, %zu files of corpus, %llu s\n", (unsigned long long)random_state, seeds_n,
           (unsigned long long)seconds);
    fflush(stdout);

    pid_t child = fork();
    if (child == 0) {
        try_many(shared, seconds);
        _exit(0);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        usleep(100000);
        still_s = shared->done == seen ? still_s + 1 : 0;
        seen = shared->done;
        if (still_s == HANG_S * 10) {
            printf("%d s without an end\n", HANG_S);
            kill(child, SIGKILL);
        }
    }
    printf("%llu inputs\n", (unsigned long long)shared->done);
    if (status == 0)
        return 0;

    static struct input worst;
    worst = shared->input;
    if (fails(&worst)) {
        shrink(&worst);
        report(&worst);
        (void)prop(worst.bytes, worst.n); // once more, for the message
    } else {
        report(&worst);
        printf("alone it does not fail: the property keeps state between calls\n");
    }
    return 1;
}
