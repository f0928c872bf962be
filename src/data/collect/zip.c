#include "data/collect/zip.h"

#include <strings.h>
#include <zip.h>

enum {
    ENTRIES_MAX = 10000,
    RATIO_MAX = 200,
    RATIO_FREE = 1024 * 1024, // bytes that may be unpacked whatever the ratio
    TICK = 64 * 1024 * 1024   // unpacked bytes between two words of progress
};
static const uint64_t UNPACKED_MAX = UINT64_C(8) << 30;

struct collect_zip {
    struct collect_file file;
    int64_t at; // of the next read
    int64_t seen;
    struct ym_error read_error; // where the file itself could not be read
    zip_error_t error;
    zip_t *zip;
};
struct collect_part {
    struct collect_zip *zip;
    zip_file_t *file;
    char name[256];
    uint64_t packed, unpacked, told;
};

static bool fail_zip(struct ym_error *err, const char *what)
{
    ym_fail(err, YM_INVALID, "collect.zip", "the workbook is cut or damaged: %s", what);
    return ym_hint(err,
                   "Open it in the spreadsheet and save it again, or copy it again from where it "
                   "was made.");
}

static bool fail_bomb(struct ym_error *err, const char *name)
{
    ym_fail(err, YM_TOO_LARGE, "collect.bomb", "'%s' in the workbook unpacks to too much", name);
    ym_about(err, ym_str(name));
    return ym_hint(err,
                   "No spreadsheet writes such files: find out who made it. A table that is really "
                   "so large is saved as CSV.");
}

static int64_t seek(struct collect_zip *zip, void *data, zip_uint64_t n)
{
    int64_t at = zip_source_seek_compute_offset((zip_uint64_t)zip->at, (zip_uint64_t)zip->file.size,
                                                data, n, &zip->error);

    if (at < 0)
        return -1;
    zip->at = at;
    return 0;
}

static int64_t read_some(struct collect_zip *zip, char *to, zip_uint64_t n)
{
    size_t got = 0;

    if (!collect_file_read(&zip->file, zip->at, to, (size_t)n, &got, &zip->read_error)) {
        zip_error_set(&zip->error, ZIP_ER_READ, 0);
        return -1;
    }
    zip->at += (int64_t)got;
    if (zip->at > zip->seen)
        zip->seen = zip->at;
    return (int64_t)got;
}

static int64_t state(struct zip_stat *to, const struct collect_zip *zip)
{
    zip_stat_init(to);
    to->size = (zip_uint64_t)zip->file.size;
    to->valid |= ZIP_STAT_SIZE;
    return (int64_t)sizeof *to;
}

// The file as libzip asks for it.
static zip_int64_t answer(void *with, void *data, zip_uint64_t n, zip_source_cmd_t command)
{
    struct collect_zip *zip = with;

    switch (command) {
    case ZIP_SOURCE_OPEN:
        zip->at = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return read_some(zip, data, n);
    case ZIP_SOURCE_SEEK:
        return seek(zip, data, n);
    case ZIP_SOURCE_TELL:
        return zip->at;
    case ZIP_SOURCE_STAT:
        return n < sizeof(struct zip_stat) ? -1 : state(data, zip);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&zip->error, data, n);
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(
            ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
            ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
        return 0;
    default:
        zip_error_set(&zip->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

static bool names_outside(const char *name)
{
    struct ym_str rest = ym_str(name), step;

    if (name[0] == '/' || name[0] == '\\')
        return true;
    while (ym_str_cut(&rest, '/', &step))
        if (ym_str_is(step, ".."))
            return true;
    return false;
}

static bool check_entries(struct collect_zip *zip, struct ym_error *err)
{
    zip_int64_t n = zip_get_num_entries(zip->zip, 0);

    if (n > ENTRIES_MAX)
        return fail_bomb(err, "the list of parts");
    for (zip_int64_t i = 0; i < n; i++) {
        const char *name = zip_get_name(zip->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        if (!name)
            return fail_zip(err, "a part has no name");
        if (names_outside(name))
            return fail_zip(err, "a part is named outside of it");
    }
    return true;
}

bool collect_zip_open(const struct collect_file *file, struct collect_zip **out,
                      struct ym_error *err)
{
    struct collect_zip *zip = calloc(1, sizeof *zip);
    zip_error_t why;

    if (!zip)
        abort();
    zip->file = *file;
    zip_error_init(&zip->error);
    zip_error_init(&why);
    zip_source_t *source = zip_source_function_create(answer, zip, &why);
    if (source)
        zip->zip = zip_open_from_source(source, ZIP_RDONLY, &why);
    if (!zip->zip) {
        zip_source_free(source);
        if (zip->read_error.kind)
            *err = zip->read_error;
        else
            fail_zip(err, zip_error_strerror(&why));
    }
    zip_error_fini(&why);
    if (zip->zip && check_entries(zip, err)) {
        *out = zip;
        return true;
    }
    collect_zip_close(zip);
    return false;
}

void collect_zip_close(struct collect_zip *zip)
{
    if (!zip)
        return;
    if (zip->zip)
        zip_discard(zip->zip);
    zip_error_fini(&zip->error);
    free(zip);
}

int64_t collect_zip_offset(const struct collect_zip *zip)
{
    return zip->seen;
}

bool collect_part_open(struct collect_zip *zip, const char *name, struct collect_part **out,
                       struct ym_error *err)
{
    zip_stat_t about;

    *out = NULL;
    zip_int64_t index = zip_name_locate(zip->zip, name, ZIP_FL_ENC_RAW);
    if (index < 0)
        index = zip_name_locate(zip->zip, name, ZIP_FL_NOCASE);
    if (index < 0)
        return true;
    zip_stat_init(&about);
    if (zip_stat_index(zip->zip, (zip_uint64_t)index, 0, &about) != 0)
        return fail_zip(err, "a part cannot be found");
    if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) && about.encryption_method != ZIP_EM_NONE) {
        ym_fail(err, YM_INVALID, "collect.encrypted", "the workbook is protected by a password");
        return ym_hint(err, "Open it with its password, save it without one, and send that.");
    }
    struct collect_part *part = calloc(1, sizeof *part);
    if (!part)
        abort();
    part->zip = zip;
    part->packed = about.comp_size;
    (void)snprintf(part->name, sizeof part->name, "%s", name);
    part->file = zip_fopen_index(zip->zip, (zip_uint64_t)index, 0);
    if (!part->file) {
        free(part);
        return fail_zip(err, "a part cannot be unpacked");
    }
    *out = part;
    return true;
}

bool collect_part_read(struct collect_part *part, char *to, size_t n, size_t *got,
                       struct ym_error *err)
{
    const struct collect_file *file = &part->zip->file;
    zip_int64_t k = zip_fread(part->file, to, n);

    *got = 0;
    if (k < 0) {
        if (part->zip->read_error.kind) {
            *err = part->zip->read_error;
            return false;
        }
        return fail_zip(err, zip_file_strerror(part->file));
    }
    part->unpacked += (uint64_t)k;
    if (part->unpacked > UNPACKED_MAX ||
        (part->unpacked > RATIO_FREE && (part->unpacked - RATIO_FREE) / RATIO_MAX > part->packed))
        return fail_bomb(err, part->name);
    if (file->tick && part->unpacked - part->told >= TICK) {
        part->told = part->unpacked;
        if (!file->tick(file->with, part->zip->seen, err))
            return false;
    }
    *got = (size_t)k;
    return true;
}

void collect_part_close(struct collect_part *part)
{
    if (!part)
        return;
    zip_fclose(part->file);
    free(part);
}
