#include "data/collect/xml.h"

#include <expat.h>

enum { DEPTH_MAX = 256, BLOCK = 64 * 1024 };

static const char *local(const char *name)
{
    const char *colon = strchr(name, ':');

    return colon ? colon + 1 : name;
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct collect_xml *xml = data;

    if (xml->stopped)
        return;
    if (++xml->depth > DEPTH_MAX) {
        ym_fail(xml->err, YM_INVALID, "collect.depth", "the workbook nests deeper than %d",
                DEPTH_MAX);
        ym_hint(xml->err, "No spreadsheet writes such files: find out who made it.");
        collect_xml_stop(xml);
        return;
    }
    xml->calls->start(xml, local(name), attributes);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
    struct collect_xml *xml = data;

    if (xml->stopped)
        return;
    xml->depth--;
    xml->calls->end(xml, local(name));
}

static void XMLCALL on_text(void *data, const XML_Char *text, int n)
{
    struct collect_xml *xml = data;

    if (!xml->stopped)
        xml->calls->text(xml, text, (size_t)n);
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public_id, int internal)
{
    struct collect_xml *xml = data;

    (void)name;
    (void)system;
    (void)public_id;
    (void)internal;
    ym_fail(xml->err, YM_INVALID, "collect.dtd", "the workbook declares a document type");
    ym_hint(xml->err, "No spreadsheet writes that: find out who made the file.");
    collect_xml_stop(xml);
}

void collect_xml_stop(struct collect_xml *xml)
{
    xml->stopped = true;
    (void)XML_StopParser(xml->parser, XML_FALSE);
}

const char *collect_xml_attribute(const char **attributes, const char *name)
{
    for (; attributes[0]; attributes += 2)
        if (strcmp(local(attributes[0]), name) == 0)
            return attributes[1];
    return NULL;
}

static bool fail_xml(const struct collect_xml *xml, const char *part, struct ym_error *err)
{
    XML_Parser parser = xml->parser;

    ym_fail(err, YM_INVALID, "collect.xml", "'%s' in the workbook is malformed on line %lu: %s",
            part, (unsigned long)XML_GetCurrentLineNumber(parser),
            XML_ErrorString(XML_GetErrorCode(parser)));
    ym_about(err, ym_str(part));
    return ym_hint(err, "Open it in the spreadsheet and save it again, then send that.");
}

static bool feed(struct collect_xml *xml, struct collect_part *part, const char *name,
                 struct ym_error *err)
{
    size_t got = 1;

    while (got > 0) {
        void *block = XML_GetBuffer(xml->parser, BLOCK);
        if (!block)
            abort();
        if (!collect_part_read(part, block, BLOCK, &got, err))
            return false;
        if (XML_ParseBuffer(xml->parser, (int)got, got == 0) == XML_STATUS_OK)
            continue;
        if (!xml->stopped)
            return fail_xml(xml, name, err);
        return err->kind == YM_NO_ERROR;
    }
    return true;
}

bool collect_xml_read(struct collect_zip *zip, const char *name, bool *there,
                      const struct collect_xml_calls *calls, void *with, struct ym_error *err)
{
    struct collect_xml xml = {.with = with, .err = err, .calls = calls};
    struct collect_part *part = NULL;

    *err = (struct ym_error){0};
    if (!collect_part_open(zip, name, &part, err))
        return false;
    if (there)
        *there = part != NULL;
    if (!part && there)
        return true;
    if (!part) {
        ym_fail(err, YM_INVALID, "collect.zip", "'%s' is not in the workbook", name);
        ym_about(err, ym_str(name));
        return ym_hint(err, "Open it in the spreadsheet and save it again as XLSX.");
    }
    XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser)
        abort();
    xml.parser = parser;
    XML_SetUserData(parser, &xml);
    XML_SetElementHandler(parser, on_start, on_end);
    if (calls->text)
        XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    bool ok = feed(&xml, part, name, err);
    XML_ParserFree(parser);
    collect_part_close(part);
    return ok;
}
