/* SPDX-License-Identifier: MIT */
/* Which namespaces the prefixes of a document mean at the place where it is read. */
#ifndef META_XML_NAMES_PRIVATE_H
#define META_XML_NAMES_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum meta_namespace {
    META_RDF,
    META_DC,
    META_IPTC_CORE,
    META_CAPTION, /* of this program's own properties */
    META_NAMESPACES,
    META_OTHER_NAMESPACE = META_NAMESPACES
};

/* As it is written. */
struct meta_namespace_name {
    const char *prefix, *address;
};
extern const struct meta_namespace_name meta_namespaces[META_NAMESPACES];

struct meta_binding {
    char *prefix; /* owned; "": of names without one */
    size_t length;
    enum meta_namespace space;
    size_t depth; /* of the element that declares it */
};

/* Begins as {0}. */
struct meta_names {
    struct meta_binding *bindings; /* owned; the inner ones come last */
    size_t count, capacity;
};

void meta_names_finish(struct meta_names *names);

/* An element that is so deep in the document begins, and ends.  Errors: TN_RANGE (so many prefixes
 * that to look for them would take long), TN_NOMEM. */
TN_NODISCARD enum tn_status meta_names_open(struct meta_names *names, const char *const *attributes,
                                            size_t depth, struct tn_error *err);
void meta_names_close(struct meta_names *names, size_t depth);

/* Whether an element's name, or that of an attribute with a prefix, is this one of the namespace.
 */
bool meta_name_is(const struct meta_names *names, const char *name, enum meta_namespace space,
                  const char *local);
/* Whether it is of that namespace. */
bool meta_name_is_of(const struct meta_names *names, const char *name, enum meta_namespace space);
/* Whether the namespace's usual prefix means it. */
bool meta_names_declare(const struct meta_names *names, enum meta_namespace space);

#endif
