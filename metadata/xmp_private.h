/* SPDX-License-Identifier: MIT */
/*
 * What is written into an XMP packet (Adobe's XMP specification, part 1): a few properties of what
 * the packet is about.  They are written into the packet's own bytes: only those change that say
 * them, and all others stay, whatever they mean.
 *
 *   x:xmpmeta > rdf:RDF > rdf:Description > dc:description > rdf:Alt > rdf:li xml:lang="x-default"
 *
 * Namespaces are known by their addresses, not by their prefixes.  Some programs write a Bag or Seq
 * for the Alt, items with qualifiers, plain text, or an attribute of rdf:Description.
 */
#ifndef META_XMP_PRIVATE_H
#define META_XMP_PRIVATE_H

#include "metadata/bytes_private.h"
#include "metadata/strings_private.h"
#include "metadata/xml_names_private.h"
#include "metadata/xml_private.h"

#include <stdbool.h>

#define META_XMP_DEFAULT "x-default"

/* The properties; what they are is in meta_xmp_kinds. */
enum meta_xmp_name {
    META_XMP_DESCRIPTION,
    META_XMP_ALT_TEXT,
    META_XMP_SENTENCES, /* so many have a sentence per language */
    META_XMP_SUBJECT = META_XMP_SENTENCES,
    META_XMP_MARK, /* this and all that follow are the mark (metadata/mark_private.h) */
    META_XMP_VERSION = META_XMP_MARK,
    META_XMP_MODEL,
    META_XMP_CONFIDENCE,
    META_XMP_LANGUAGE,
    META_XMP_TEXT_WRITTEN,
    META_XMP_WITH_PERSON,
    META_XMP_KEYWORDS,
    META_XMP_IPTC_KEYWORDS,
    META_XMP_BEFORE,
    META_XMP_AFTER,
    META_XMP_PROPERTIES
};

struct meta_xmp_kind {
    enum meta_namespace space;
    const char *name;
    const char *list; /* "Alt" of texts in languages, "Bag"; NULL: a plain text */
};
extern const struct meta_xmp_kind meta_xmp_kinds[META_XMP_PROPERTIES];

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

/* An rdf:Description. */
struct meta_xmp_node {
    struct meta_xmp_element element;
    bool declares[META_NAMESPACES]; /* whether their usual prefixes mean them in it */
    size_t properties;              /* all that it has, also as attributes */
};

struct meta_xmp_property {
    enum meta_xmp_form form;
    struct meta_xmp_item *items; /* owned */
    size_t count, capacity;
    struct meta_xmp_node node; /* that has it */
    struct meta_xmp_element element, list;
    char *attribute; /* its name; owned */
};

/* Its places are offsets in bytes[size]. */
struct meta_xmp {
    const char *bytes; /* borrowed */
    size_t size;
    bool utf8;
    struct meta_xmp_property property[META_XMP_PROPERTIES];
    struct meta_xmp_element rdf;
    char *about;               /* what its first node is about; owned; NULL: it does not say */
    struct meta_xmp_node node; /* which can have what is new */
    bool has_node;
    size_t properties;  /* of all that the packet is about, known or not */
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
void meta_xmp_free_item(struct meta_xmp_item *item);

/* The item's language, or what it counts as. */
const char *meta_xmp_language(const struct meta_xmp_item *item);
/* The item of a language, rather one that is not blank; NULL where there is none. */
const struct meta_xmp_item *meta_xmp_item(const struct meta_xmp_property *property,
                                          const char *language);
/* The text in a language; and x-default's or, without one, the first of all.  NULL where there is
 * none that is not blank. */
const char *meta_xmp_text(const struct meta_xmp_property *property, const char *language);
const char *meta_xmp_main_text(const struct meta_xmp_property *property);

/* Makes the characters that XML cannot express blanks. */
void meta_xmp_clean(char *text);

/* A sentence in a language, clean and borrowed; NULL: that of the language goes. */
struct meta_xmp_text {
    const char *language, *text;
};
struct meta_xmp_texts {
    const struct meta_xmp_text *text; /* x-default's first */
    size_t count;                     /* 0: the property stays as it is */
};

/* What a packet becomes.  All is borrowed. */
struct meta_xmp_change {
    struct meta_xmp_texts texts[META_XMP_SENTENCES];
    struct meta_strings added, removed; /* items of dc:subject */
    /* The texts of each property from META_XMP_MARK on, instead of those that are there; NULL: no
     * mark from now on. */
    const struct meta_strings *mark;
};

/* Whether nothing would be left of the packet's properties. */
bool meta_xmp_empties(const struct meta_xmp *xmp, const struct meta_xmp_change *change);

/* Appends the packet with the change.  Errors: TN_FORMAT for a property that cannot be changed,
 * TN_NOMEM. */
TN_NODISCARD enum tn_status meta_xmp_write(const struct meta_xmp *xmp,
                                           const struct meta_xmp_change *change,
                                           struct meta_bytes *out, struct tn_error *err);

/* Appends a new packet: in a wrapper, as it stands in a photo, or as a file of its own. */
TN_NODISCARD enum tn_status meta_xmp_write_new(bool wrapped, const struct meta_xmp_change *change,
                                               struct meta_bytes *out, struct tn_error *err);

#endif
