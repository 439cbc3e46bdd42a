/* SPDX-License-Identifier: MIT */
/* Elements of XMP that are written anew.  All functions add to the end of `out`; errors: TN_NOMEM.
 */
#ifndef META_XMP_ELEMENTS_PRIVATE_H
#define META_XMP_ELEMENTS_PRIVATE_H

#include "metadata/xmp_private.h"

#define META_XMP_DC " xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
#define META_XMP_RDF " xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""

/* What elements have before them, which sets them on lines. */
struct meta_margin {
    const char *text; /* borrowed */
    size_t size;      /* 0: they follow each other without any */
    size_t deeper;    /* so many blanks more */
};

struct meta_margin meta_xmp_deeper(struct meta_margin margin);

TN_NODISCARD enum tn_status meta_xmp_add(struct meta_bytes *out, const char *text,
                                         struct tn_error *err);
TN_NODISCARD enum tn_status meta_xmp_add_margin(struct meta_bytes *out, struct meta_margin margin,
                                                struct tn_error *err);
TN_NODISCARD enum tn_status meta_xmp_add_escaped(struct meta_bytes *out, const char *text,
                                                 struct tn_error *err);

/* The item's language, or what it counts as. */
const char *meta_xmp_language(const struct meta_xmp_item *item);
/* An rdf:li; prefix[prefix_size] is "rdf:" or what stands for it. */
TN_NODISCARD enum tn_status meta_xmp_add_item(struct meta_bytes *out, const char *prefix,
                                              size_t prefix_size, const struct meta_xmp_text *text,
                                              struct tn_error *err);
/* A dc:description, whose own margin is there already.  It declares the prefixes that the node of
 * `within` does not, and takes over the texts of other languages; NULL: there are none. */
TN_NODISCARD enum tn_status meta_xmp_add_property(struct meta_bytes *out,
                                                  const struct meta_xmp *within,
                                                  const struct meta_xmp_texts *texts,
                                                  struct meta_margin margin, struct tn_error *err);

#endif
