/* data/collect/xml: a part of a workbook as a stream of elements.
 *
 * Names come without their namespace's prefix. Refused: any DTD (collect.dtd), depth over 256
 * (.depth), what is malformed (.xml, with the part's name and the line). A call that cannot go on
 * sets *xml->err and stops; one that has seen enough only stops. One thread.
 */
#pragma once
#include "base/base.h"
#include "data/collect/zip.h"

struct collect_xml;
struct collect_xml_calls {
    void (*start)(struct collect_xml *xml, const char *name, const char **attributes);
    void (*end)(struct collect_xml *xml, const char *name);
    void (*text)(struct collect_xml *xml, const char *text, size_t n); // or NULL
};
struct collect_xml {
    void *with; // the caller's
    struct ym_error *err;
    // inside:
    const struct collect_xml_calls *calls;
    void *parser;
    int depth;
    bool stopped;
};
void collect_xml_stop(struct collect_xml *xml);
const char *collect_xml_attribute(const char **attributes, const char *name); // or NULL; no prefix
// *there: whether the part exists; NULL: it must (collect.zip).
YM_MUST bool collect_xml_read(struct collect_zip *zip, const char *part, bool *there,
                              const struct collect_xml_calls *calls, void *with,
                              struct ym_error *err);
