/* data/collect/zip: the parts of a workbook's archive, unpacked within bounds.
 *
 * At most 10,000 entries, none named with ".." or from the root. A part may unpack to 200 times its
 * packed size and 1 MiB besides, and to 8 GiB: more is collect.bomb, found while unpacking,
 * whatever the archive declares. Nothing is unpacked but what is read, and no archive inside one.
 * Runs in the cage: reads by position from the file. Errors: collect.zip (cut, damaged),
 * .encrypted, .bomb. One thread.
 */
#pragma once
#include "base/base.h"
#include "data/collect/encoding.h"

struct collect_zip;
struct collect_part;
YM_MUST bool collect_zip_open(const struct collect_file *file, struct collect_zip **out,
                              struct ym_error *err);
void collect_zip_close(struct collect_zip *zip);
int64_t collect_zip_offset(const struct collect_zip *zip); // of the file, up to which it was read
// *out is NULL where there is no such part.
YM_MUST bool collect_part_open(struct collect_zip *zip, const char *name, struct collect_part **out,
                               struct ym_error *err);
YM_MUST bool collect_part_read(struct collect_part *part, char *to, size_t n, size_t *got,
                               struct ym_error *err);
void collect_part_close(struct collect_part *part);
