/* SPDX-License-Identifier: MIT */
/*
 * The description in an XMP packet (Adobe's XMP specification, part 1): dc:description of what the
 * packet is about, in a text per language.  It is written into the packet's own bytes: only those
 * change that say it, and all others stay, whatever they mean.
 *
 *   x:xmpmeta > rdf:RDF > rdf:Description > dc:description > rdf:Alt > rdf:li xml:lang="x-default"
 *
 * Namespaces are known by their addresses, not by their prefixes.  Some programs write a Bag or Seq
 * for the Alt, items with qualifiers, plain text, or an attribute of rdf:Description.
 */
#ifndef META_XMP_PRIVATE_H
#define META_XMP_PRIVATE_H

#include "metadata/bytes_private.h"
#include "metadata/xml_private.h"

#include <stdbool.h>

#define META_XMP_DEFAULT "x-default"

/* Where an element stands. */
struct meta_xmp_element {
    struct meta_span start, end;  /* its tags; the end tag is empty for <a/> */
    size_t child, last_child_end; /* where its first child begins; 0: it has none */
};

struct meta_xmp_item {
    char *language; /* owned; NULL: it does not say, and counts as x-default */
    char *text;     /* owned */
    struct meta_xmp_element element, value; /* rdf:li; the same, or rdf:value in it */
};

enum meta_xmp_form {
    META_XMP_ABSENT,
    META_XMP_LIST,
    META_XMP_TEXT,      /* <dc:description>text</dc:description> */
    META_XMP_ATTRIBUTE, /* <rdf:Description dc:description="text"> */
    META_XMP_OTHER      /* read as well as may be, and not written */
};

/* Its places are offsets in bytes[size]. */
struct meta_xmp {
    const char *bytes; /* borrowed */
    size_t size;
    bool utf8;
    enum meta_xmp_form form;
    struct meta_xmp_item *items; /* owned */
    size_t count, capacity;
    struct meta_xmp_element rdf;
    struct meta_xmp_element node; /* the rdf:Description that has the description, or can have it */
    bool has_node;
    bool node_has_dc, node_has_rdf; /* whether "dc:" and "rdf:" mean that in it */
    struct meta_xmp_element property, list;
    char *attribute;    /* its name; owned */
    size_t wrapper_end; /* where <?xpacket end="w"?> begins: what grows may use the whitespace
                           before it; 0: there is none */
};

/* Whether it has nothing but whitespace, NULs and a byte order mark: such packets are there to be
 * filled. */
bool meta_xmp_is_blank(const char *bytes, size_t size);

/* bytes[size] is borrowed for as long as the packet is used.  Errors go on from the name of the
 * file: TN_FORMAT, TN_RANGE (it would cost too much), TN_UNSUPPORTED (no libexpat), TN_NOMEM. */
TN_NODISCARD enum tn_status meta_xmp_read(const char *bytes, size_t size, struct meta_xmp *ret_xmp,
                                          struct tn_error *err);
void meta_xmp_finish(struct meta_xmp *xmp);

/* The text in a language; and x-default's or, without one, the first of all.  NULL where there is
 * none that is not blank. */
const char *meta_xmp_text(const struct meta_xmp *xmp, const char *language);
const char *meta_xmp_main_text(const struct meta_xmp *xmp);

/* Makes the characters that XML cannot express blanks. */
void meta_xmp_clean(char *text);

/* What is to be written, clean and borrowed; x-default's text comes first. */
enum { META_XMP_TEXTS = 2 };
struct meta_xmp_text {
    const char *language, *text;
};
struct meta_xmp_texts {
    struct meta_xmp_text text[META_XMP_TEXTS];
    size_t count;
};

/* Appends the packet with these texts instead of those of their languages.  Errors: TN_FORMAT for a
 * description that cannot be changed, TN_NOMEM. */
TN_NODISCARD enum tn_status meta_xmp_write(const struct meta_xmp *xmp,
                                           const struct meta_xmp_texts *texts,
                                           struct meta_bytes *out, struct tn_error *err);

/* Appends a new packet: in a wrapper, as it stands in a photo, or as a file of its own. */
TN_NODISCARD enum tn_status meta_xmp_write_new(bool wrapped, const struct meta_xmp_texts *texts,
                                               struct meta_bytes *out, struct tn_error *err);

#endif
