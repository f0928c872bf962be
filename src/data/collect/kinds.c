// What a file is that is no table of text: known by its first bytes, to be named in the refusal.
#include "data/collect/kinds.h"

#include <strings.h>

static const struct {
    const char *magic;
    size_t n, at;
    const char *what;
} kinds[] = {
    {"\x89PNG\r\n\x1a\n", 8, 0, "a PNG image"},
    {"\xff\xd8\xff", 3, 0, "a JPEG image"},
    {"GIF8", 4, 0, "a GIF image"},
    {"%PDF-", 5, 0, "a PDF document"},
    {"\x7f"
     "ELF",
     4, 0, "a program (ELF)"},
    {"MZ", 2, 0, "a program of Windows"},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0, "an old Office file (XLS or DOC)"},
    {"PK\x03\x04", 4, 0, "a ZIP archive"},
    {"\x1f\x8b", 2, 0, "a gzip archive"},
    {"BZh", 3, 0, "a bzip2 archive"},
    {"\xfd"
     "7zXZ",
     5, 0, "an xz archive"},
    {"\x28\xb5\x2f\xfd", 4, 0, "a Zstandard archive"},
    {"7z\xbc\xaf\x27\x1c", 6, 0, "a 7z archive"},
    {"Rar!\x1a\x07", 6, 0, "a RAR archive"},
    {"SQLite format 3", 16, 0, "an SQLite database"},
    {"PAR1", 4, 0, "a Parquet file"},
    {"ORC", 3, 0, "an ORC file"},
    {"ARROW1", 6, 0, "an Arrow file"},
    {"Obj\x01", 4, 0, "an Avro file"},
    {"ustar", 5, 257, "a tar archive"},
};

const char *collect_kind_binary(struct ym_str head)
{
    for (size_t i = 0; i < YM_COUNT(kinds); i++) {
        if (head.n < kinds[i].at + kinds[i].n ||
            memcmp(head.p + kinds[i].at, kinds[i].magic, kinds[i].n) != 0)
            continue;
        // Two or three letters begin a text too; such files have NUL bytes soon.
        if (kinds[i].n < 5 && head.p[0] >= 'A' && head.p[0] <= 'Z' && !memchr(head.p, 0, head.n) &&
            !ym_str_starts(head, YM_STR("PK\x03\x04")))
            continue;
        if (ym_str_starts(head, YM_STR("PK\x03\x04")) &&
            (ym_str_find(head, YM_STR("xl/"), 0) != SIZE_MAX ||
             ym_str_find(head, YM_STR("[Content_Types].xml"), 0) != SIZE_MAX))
            return "an Excel workbook (XLSX)";
        return kinds[i].what;
    }
    return NULL;
}

static bool begins(struct ym_str text, const char *with)
{
    size_t n = strlen(with);

    return text.n >= n && strncasecmp(text.p, with, n) == 0;
}

const char *collect_kind_text(struct ym_str head)
{
    if (ym_str_starts(head, YM_STR("\xef\xbb\xbf")))
        head = ym_str_sub(head, 3, head.n);
    head = ym_str_trim(head);
    if (begins(head, "<!doctype html") || begins(head, "<html") || begins(head, "<table"))
        return "an HTML page";
    if (begins(head, "<?xml"))
        return "an XML document";
    if (begins(head, "{\"") || begins(head, "[{") || begins(head, "{\n") || begins(head, "[\n"))
        return "a JSON document";
    return NULL;
}
