/* SPDX-License-Identifier: MIT */
/*
 * XML through libexpat: what it reads, and at which of the document's bytes it stands.  Names come
 * as they are written, with their prefixes; entities and character references come resolved.  A
 * document type is refused, so a document declares no entities.
 */
#ifndef META_XML_PRIVATE_H
#define META_XML_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the document, from begin to before end. */
struct meta_span {
    size_t begin, end;
};

/* Each is called with the reader's context; what is not TN_OK ends the reading. */
struct meta_xml_reader {
    /* attributes: name, value, name, value ... NULL */
    enum tn_status (*start)(void *context, const char *name, const char *const *attributes,
                            struct meta_span tag, struct tn_error *err);
    /* The tag is empty where the element has no end tag of its own (<a/>). */
    enum tn_status (*end)(void *context, struct meta_span tag, struct tn_error *err);
    enum tn_status (*text)(void *context, const char *text, size_t size, struct tn_error *err);
    enum tn_status (*instruction)(void *context, const char *target, const char *data,
                                  struct meta_span instruction, struct tn_error *err);
};

/* TN_UNSUPPORTED where libexpat is not installed. */
TN_NODISCARD enum tn_status meta_xml_available(struct tn_error *err);

/* Reads bytes[size].  *ret_is_utf8: whether its bytes are UTF-8.  Errors, which go on from the name
 * of the file: TN_FORMAT for what is not well-formed XML, TN_RANGE for more than it may cost,
 * TN_NOMEM, and the reader's. */
TN_NODISCARD enum tn_status meta_xml_read(const char *bytes, size_t size,
                                          const struct meta_xml_reader *reader, void *context,
                                          bool *ret_is_utf8, struct tn_error *err);

#endif
