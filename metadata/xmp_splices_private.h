/* SPDX-License-Identifier: MIT */
/* Edits of a packet: its old bytes but for a few splices, which may come in any order. */
#ifndef META_XMP_SPLICES_PRIVATE_H
#define META_XMP_SPLICES_PRIVATE_H

#include "metadata/xmp_elements_private.h"

/* Bytes that give way to a text. */
struct meta_xmp_splice {
    struct meta_span old;
    struct meta_bytes text; /* owned */
    size_t order;           /* of those at one place */
    bool closes;            /* ends with an end tag for `element`, which had none */
    struct meta_xmp_element element;
    struct meta_margin margin; /* before that tag */
};

/* Begins as {.xmp}. */
struct meta_xmp_splices {
    const struct meta_xmp *xmp;
    struct meta_xmp_splice *splice; /* owned */
    size_t count, capacity;
};

void meta_xmp_splices_finish(struct meta_xmp_splices *splices);

/* Each makes *ret_text what is to be appended to, until the next splice.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_xmp_splices_add(struct meta_xmp_splices *splices,
                                                 struct meta_span old, struct meta_bytes **ret_text,
                                                 struct tn_error *err);
/* Within an element, instead of what is at that place, once or several times: <a/> gets an end tag
 * for it, with a margin before it. */
TN_NODISCARD enum tn_status meta_xmp_splices_add_inside(struct meta_xmp_splices *splices,
                                                        const struct meta_xmp_element *element,
                                                        struct meta_span place,
                                                        struct meta_margin margin,
                                                        struct meta_bytes **ret_text,
                                                        struct tn_error *err);
/* Takes bytes out with the whitespace before them. */
TN_NODISCARD enum tn_status meta_xmp_splices_remove(struct meta_xmp_splices *splices,
                                                    struct meta_span old, struct tn_error *err);

/* Appends the packet with all of them.  It keeps its size where its padding allows that, so that
 * nothing else moves. */
TN_NODISCARD enum tn_status meta_xmp_splices_apply(struct meta_xmp_splices *splices,
                                                   struct meta_bytes *out, struct tn_error *err);

/* Places in the packet: what sets the children of an element on lines; behind the last of them; the
 * whole element; its name; "rdf:" of that, or what stands for it. */
struct meta_margin meta_xmp_margin_in(const struct meta_xmp *xmp,
                                      const struct meta_xmp_element *element);
struct meta_span meta_xmp_behind_children(const struct meta_xmp_element *element);
struct meta_span meta_xmp_whole(const struct meta_xmp_element *element);
struct meta_span meta_xmp_name(const struct meta_xmp *xmp, const struct meta_xmp_element *element);
struct meta_span meta_xmp_prefix(const struct meta_xmp *xmp,
                                 const struct meta_xmp_element *element);
bool meta_xmp_is_empty(const struct meta_xmp_element *element); /* <a/> */
bool meta_xmp_is_space(char letter);

#endif
