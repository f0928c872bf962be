// `yunmeng reader`: the caged child. fd 0 is the file, fd 1 takes the frames.
#include "data/collect/encoding.h"
#include "data/collect/reader.h"
#include "data/collect/sink.h"
#include "host/worker/worker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MEMORY = 512 * 1024 * 1024,
    CPU_SECONDS = 120,
    SLOWEST = 2 * 1024 * 1024, // bytes of the file that a second of the processor reads at least
    HEAD = 64 * 1024
};

struct asked {
    struct collect_recipe recipe;
    struct ym_str ending;
    int64_t columns, preview;
};

static bool fail_argument(struct ym_error *err, struct ym_str argument)
{
    ym_fail(err, YM_INVALID, "collect.argument", "'%.*s' is no argument of the reader",
            YM_FMT(argument));
    return ym_hint(err, "The reader is started by yunmeng itself.");
}

static bool parse(int argc, char **argv, struct asked *asked, struct ym_error *err)
{
    *asked = (struct asked){0};
    for (int i = 1; i < argc; i++) {
        struct ym_str rest = ym_str(argv[i]), key;
        bool number = true;
        if (i == 1 && ym_str_is(rest, "reader"))
            continue;
        if (!ym_str_cut(&rest, '=', &key) || !rest.p)
            return fail_argument(err, key);
        if (ym_str_is(key, "format"))
            asked->recipe.format = rest;
        else if (ym_str_is(key, "ending"))
            asked->ending = rest;
        else if (ym_str_is(key, "encoding"))
            asked->recipe.encoding = rest;
        else if (ym_str_is(key, "delimiter"))
            asked->recipe.delimiter = rest;
        else if (ym_str_is(key, "sheet"))
            asked->recipe.sheet = rest;
        else if (ym_str_is(key, "skip"))
            asked->recipe.skip = rest;
        else if (ym_str_is(key, "header_row"))
            number = ym_str_int(rest, &asked->recipe.header_row);
        else if (ym_str_is(key, "header_rows"))
            number = ym_str_int(rest, &asked->recipe.header_rows);
        else if (ym_str_is(key, "columns"))
            number = ym_str_int(rest, &asked->columns) && asked->columns >= 0;
        else if (ym_str_is(key, "preview"))
            number = ym_str_int(rest, &asked->preview) && asked->preview >= 0;
        else
            number = false;
        if (!number)
            return fail_argument(err, key);
    }
    return true;
}

static bool tick(void *with, int64_t offset, struct ym_error *err)
{
    return collect_sink_tick(with, offset, err);
}

static bool read_file(const struct asked *asked, struct collect_sink *sink, struct ym_error *err)
{
    static char head[HEAD];
    struct collect_job job = {
        .file = {.fd = 0, .tick = tick, .with = sink},
        .ending = asked->ending,
        .recipe = &asked->recipe,
        .columns = (size_t)asked->columns,
        .preview = (size_t)asked->preview,
    };
    struct collect_encoding declared = {0};
    struct stat facts;
    size_t n;

    if (fstat(0, &facts) != 0 || !S_ISREG(facts.st_mode))
        return fail_argument(err, YM_STR("standard input"));
    job.file.size = facts.st_size;
    (void)posix_fadvise(0, 0, 0, POSIX_FADV_SEQUENTIAL);
    if (!collect_recipe_check(&asked->recipe, err) ||
        !collect_skips_parse(asked->recipe.skip, &job.skips, err))
        return false;
    if (asked->recipe.encoding.n > 0) {
        if (!collect_encoding_declared(asked->recipe.encoding, &declared, err))
            return false;
        job.declared = &declared;
    }
    bool other = job.declared && declared.code == COLLECT_OTHER;
    if (!collect_decoder_new(other ? declared.name : "gb18030", &job.decoder, err))
        return false;
    tzset();             // looks for the zone once; it is UTC0, which has no file
    json_object_seed(0); // reads /dev/urandom, which the cage would not let it open
    struct worker_cage cage = {
        .memory_bytes = MEMORY,
        .cpu_seconds = CPU_SECONDS + (unsigned)(facts.st_size / SLOWEST),
    };
    if (!worker_cage_enter(&cage, err))
        return false;
    if (!collect_file_read(&job.file, 0, head, HEAD, &n, err))
        return false;
    job.head = (struct ym_str){head, n};
    const struct collect_reader *reader =
        collect_reader_of(asked->recipe.format, job.head, asked->ending, err);
    return reader && reader->read(&job, sink, err);
}

int collect_child(int argc, char **argv)
{
    struct collect_sink sink = {.fd = 1};
    struct ym_error err = {0};
    struct asked asked;
    bool told = true;

    if (!parse(argc, argv, &asked, &err) || !read_file(&asked, &sink, &err))
        told = collect_sink_problem(&sink, &err);
    // Nothing else of the program may run here: the cage stays shut to the end.
    _exit(told ? 0 : ym_kind_exit(YM_FAULT));
}
