/* SPDX-License-Identifier: MIT */
/* Elements of XMP that are written anew.  All functions add to the end of `out`; errors: TN_NOMEM.
 */
#ifndef META_XMP_ELEMENTS_PRIVATE_H
#define META_XMP_ELEMENTS_PRIVATE_H

#include "metadata/xmp_private.h"

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

/* An rdf:li; prefix[prefix_size] is "rdf:" or what stands for it.  language NULL: it has none. */
TN_NODISCARD enum tn_status meta_xmp_add_item(struct meta_bytes *out, const char *prefix,
                                              size_t prefix_size, const char *language,
                                              const char *text, struct tn_error *err);

/* Begins a node of its own, with the margin before it, and ends it; what it declares is noted.
 * about: as the packet's other nodes have it (NULL: they do not). */
TN_NODISCARD enum tn_status meta_xmp_begin_node(struct meta_bytes *out, const char *about,
                                                const enum meta_namespace *spaces, size_t count,
                                                struct meta_margin margin,
                                                struct meta_xmp_node *ret_node,
                                                struct tn_error *err);
TN_NODISCARD enum tn_status meta_xmp_end_node(struct meta_bytes *out, struct meta_margin margin,
                                              struct tn_error *err);

/* A property as the change has it, whose own margin is there already: `before`, which may be
 * absent, with what is added and without what is removed.  It declares the prefixes that the node
 * does not. */
TN_NODISCARD enum tn_status meta_xmp_add_property(struct meta_bytes *out, enum meta_xmp_name name,
                                                  const struct meta_xmp_property *before,
                                                  const struct meta_xmp_change *change,
                                                  const struct meta_xmp_node *node,
                                                  struct meta_margin margin, struct tn_error *err);

/* The node that is the mark, with the margin before it. */
TN_NODISCARD enum tn_status meta_xmp_add_mark(struct meta_bytes *out, const char *about,
                                              const struct meta_xmp_change *change,
                                              struct meta_margin margin, struct tn_error *err);

#endif
