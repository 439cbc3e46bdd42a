/* SPDX-License-Identifier: MIT */
#include "metadata/xml_private.h"

#include "base/library.h"

#include <expat.h>
#include <string.h>
#include <strings.h>

/* What is used of libexpat, which most runs do not load (base/library.h). */
static struct {
    __typeof__(&XML_ParserCreate) create;
    __typeof__(&XML_ParserFree) destroy;
    __typeof__(&XML_SetUserData) set_context;
    __typeof__(&XML_SetElementHandler) on_element;
    __typeof__(&XML_SetCharacterDataHandler) on_text;
    __typeof__(&XML_SetProcessingInstructionHandler) on_instruction;
    __typeof__(&XML_SetStartDoctypeDeclHandler) on_doctype;
    __typeof__(&XML_SetXmlDeclHandler) on_declaration;
    __typeof__(&XML_Parse) parse;
    __typeof__(&XML_StopParser) stop;
    __typeof__(&XML_GetErrorCode) error_code;
    __typeof__(&XML_ErrorString) error_string;
    __typeof__(&XML_GetCurrentLineNumber) line;
    __typeof__(&XML_GetCurrentByteIndex) index;
    __typeof__(&XML_GetCurrentByteCount) count;
} expat;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(XML_ParserCreate, &expat.create),
    TN_FUNCTION(XML_ParserFree, &expat.destroy),
    TN_FUNCTION(XML_SetUserData, &expat.set_context),
    TN_FUNCTION(XML_SetElementHandler, &expat.on_element),
    TN_FUNCTION(XML_SetCharacterDataHandler, &expat.on_text),
    TN_FUNCTION(XML_SetProcessingInstructionHandler, &expat.on_instruction),
    TN_FUNCTION(XML_SetStartDoctypeDeclHandler, &expat.on_doctype),
    TN_FUNCTION(XML_SetXmlDeclHandler, &expat.on_declaration),
    TN_FUNCTION(XML_Parse, &expat.parse),
    TN_FUNCTION(XML_StopParser, &expat.stop),
    TN_FUNCTION(XML_GetErrorCode, &expat.error_code),
    TN_FUNCTION(XML_ErrorString, &expat.error_string),
    TN_FUNCTION(XML_GetCurrentLineNumber, &expat.line),
    TN_FUNCTION(XML_GetCurrentByteIndex, &expat.index),
    TN_FUNCTION(XML_GetCurrentByteCount, &expat.count),
};

enum tn_status meta_xml_available(struct tn_error *err)
{
    static struct tn_library library = TN_LIBRARY("libexpat.so.1", functions);
    struct tn_error why;
    enum tn_status status = tn_library_load(&library, &why);

    if (status != TN_OK)
        return tn_fail(err, status, "metadata cannot be read or written: %s", why.text);
    return TN_OK;
}

/* libexpat keeps each name that it has not seen before, in some 100 bytes, and two copies of the
 * document. */
enum { MOST_BYTES = 64 << 20, MOST_NAMES = 2000000 };

struct reading {
    const struct meta_xml_reader *reader;
    void *context;
    XML_Parser parser;
    enum tn_status status; /* why it was stopped */
    struct tn_error why;
    bool utf8;
};

static struct meta_span here(const struct reading *reading)
{
    const size_t begin = (size_t)expat.index(reading->parser);

    return (struct meta_span){begin, begin + (size_t)expat.count(reading->parser)};
}

/* libexpat may call on after it was stopped. */
static void stop_unless(enum tn_status status, struct reading *reading)
{
    if (status == TN_OK || reading->status != TN_OK)
        return;
    reading->status = status;
    expat.stop(reading->parser, XML_FALSE);
}

static void XMLCALL handle_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = user;

    if (reading->status == TN_OK)
        stop_unless(reading->reader->start(reading->context, name, attributes, here(reading),
                                           &reading->why),
                    reading);
}

static void XMLCALL handle_end(void *user, const XML_Char *name)
{
    struct reading *reading = user;

    (void)name;
    if (reading->status == TN_OK)
        stop_unless(reading->reader->end(reading->context, here(reading), &reading->why), reading);
}

static void XMLCALL handle_text(void *user, const XML_Char *text, int size)
{
    struct reading *reading = user;

    if (reading->status == TN_OK)
        stop_unless(reading->reader->text(reading->context, text, (size_t)size, &reading->why),
                    reading);
}

static void XMLCALL handle_instruction(void *user, const XML_Char *target, const XML_Char *data)
{
    struct reading *reading = user;

    if (reading->status == TN_OK)
        stop_unless(reading->reader->instruction(reading->context, target, data, here(reading),
                                                 &reading->why),
                    reading);
}

static void XMLCALL refuse_doctype(void *user, const XML_Char *name, const XML_Char *system,
                                   const XML_Char *public, int has_subset)
{
    struct reading *reading = user;

    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    stop_unless(tn_fail(&reading->why, TN_FORMAT,
                        "its XMP has a document type (DOCTYPE), which XMP "
                        "must not have"),
                reading);
}

static void XMLCALL note_encoding(void *user, const XML_Char *version, const XML_Char *encoding,
                                  int standalone)
{
    struct reading *reading = user;

    (void)version;
    (void)standalone;
    if (encoding && strcasecmp(encoding, "UTF-8") != 0)
        reading->utf8 = false;
}

/* Names stand behind '<' and before '='. */
static size_t count_names(const char *bytes, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += bytes[i] == '<' || bytes[i] == '=';
    return count;
}

static enum tn_status check_cost(const char *bytes, size_t size, struct tn_error *err)
{
    if (size > MOST_BYTES)
        return tn_fail(err, TN_RANGE, "its XMP has more than %d bytes", MOST_BYTES);
    if (count_names(bytes, size) > MOST_NAMES)
        return tn_fail(err, TN_RANGE, "its XMP has more than %d names", MOST_NAMES);
    return TN_OK;
}

/* Why the parser did not come to the end. */
static enum tn_status failure(const struct reading *reading, struct tn_error *err)
{
    const enum XML_Error code = expat.error_code(reading->parser);

    if (reading->status != TN_OK)
        return tn_fail(err, reading->status, "%s", reading->why.text);
    if (code == XML_ERROR_NO_MEMORY)
        return tn_fail(err, TN_NOMEM, "out of memory for its XMP");
    return tn_fail(err, TN_FORMAT, "its XMP is damaged in line %lu (%s)",
                   (unsigned long)expat.line(reading->parser), expat.error_string(code));
}

static enum tn_status parse(struct reading *reading, const char *bytes, size_t size,
                            struct tn_error *err)
{
    XML_Parser parser = reading->parser;

    expat.set_context(parser, reading);
    expat.on_element(parser, handle_start, handle_end);
    expat.on_text(parser, handle_text);
    expat.on_instruction(parser, handle_instruction);
    expat.on_doctype(parser, refuse_doctype);
    expat.on_declaration(parser, note_encoding);
    if (expat.parse(parser, bytes, (int)size, XML_TRUE) != XML_STATUS_OK)
        return failure(reading, err);
    return TN_OK;
}

enum tn_status meta_xml_read(const char *bytes, size_t size, const struct meta_xml_reader *reader,
                             void *context, bool *ret_is_utf8, struct tn_error *err)
{
    struct reading reading = {.reader = reader, .context = context};
    enum tn_status status;

    TN_TRY(meta_xml_available(err));
    TN_TRY(check_cost(bytes, size, err));
    reading.utf8 =
        size < 2 || (bytes[0] != '\0' && bytes[1] != '\0' && memcmp(bytes, "\xFE\xFF", 2) != 0 &&
                     memcmp(bytes, "\xFF\xFE", 2) != 0); /* that is UTF-16 */
    reading.parser = expat.create(NULL);
    if (!reading.parser)
        return tn_fail(err, TN_NOMEM, "out of memory for its XMP");
    status = parse(&reading, bytes, size, err);
    expat.destroy(reading.parser);
    if (status == TN_OK)
        *ret_is_utf8 = reading.utf8;
    return status;
}
