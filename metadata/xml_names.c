/* SPDX-License-Identifier: MIT */
#include "metadata/xml_names_private.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 200 }; /* prefixes in scope; a packet of Adobe's has some 30 */

const struct meta_namespace_name meta_namespaces[META_NAMESPACES] = {
    [META_RDF] = {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
    [META_DC] = {"dc", "http://purl.org/dc/elements/1.1/"},
    [META_IPTC_CORE] = {"Iptc4xmpCore", "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"},
    [META_CAPTION] = {"caption", "urn:uuid:c135cb00-d0f7-459b-9d71-819e85f56f4e#"},
};

static enum meta_namespace namespace_of(const char *address)
{
    for (size_t i = 0; i < META_NAMESPACES; i++)
        if (strcmp(address, meta_namespaces[i].address) == 0)
            return (enum meta_namespace)i;
    if (strcmp(address, "http://purl.org/dc/1.1/") == 0)
        return META_DC; /* old programs of Adobe's */
    return META_OTHER_NAMESPACE;
}

void meta_names_finish(struct meta_names *names)
{
    meta_names_close(names, 0);
    free(names->bindings);
    *names = (struct meta_names){0};
}

static enum tn_status bind(struct meta_names *names, const char *prefix, const char *address,
                           size_t depth, struct tn_error *err)
{
    struct meta_binding binding = {
        .length = strlen(prefix), .space = namespace_of(address), .depth = depth};

    if (names->count == MOST)
        return tn_fail(err, TN_RANGE, "its XMP has more than %d namespaces", MOST);
    TN_TRY(tn_array_reserve(&names->bindings, &names->capacity, names->count + 1, err));
    binding.prefix = strdup(prefix);
    if (!binding.prefix)
        return tn_fail_nomem(err, binding.length + 1);
    names->bindings[names->count++] = binding;
    return TN_OK;
}

enum tn_status meta_names_open(struct meta_names *names, const char *const *attributes,
                               size_t depth, struct tn_error *err)
{
    for (; *attributes; attributes += 2) {
        const char *name = attributes[0];

        if (strncmp(name, "xmlns", 5) == 0 && (name[5] == ':' || name[5] == '\0'))
            TN_TRY(bind(names, name + 5 + (name[5] == ':'), attributes[1], depth, err));
    }
    return TN_OK;
}

void meta_names_close(struct meta_names *names, size_t depth)
{
    while (names->count > 0 && names->bindings[names->count - 1].depth >= depth)
        free(names->bindings[--names->count].prefix);
}

static bool means(const struct meta_names *names, const char *prefix, size_t length,
                  enum meta_namespace space)
{
    for (size_t i = names->count; i-- > 0;) {
        const struct meta_binding *binding = &names->bindings[i];

        if (binding->length == length && memcmp(binding->prefix, prefix, length) == 0)
            return binding->space == space;
    }
    return false;
}

bool meta_name_is_of(const struct meta_names *names, const char *name, enum meta_namespace space)
{
    const char *colon = strchr(name, ':');

    return means(names, name, colon ? (size_t)(colon - name) : 0, space);
}

bool meta_name_is(const struct meta_names *names, const char *name, enum meta_namespace space,
                  const char *local)
{
    const char *colon = strchr(name, ':');

    return strcmp(colon ? colon + 1 : name, local) == 0 && meta_name_is_of(names, name, space);
}

bool meta_names_declare(const struct meta_names *names, enum meta_namespace space)
{
    const char *prefix = meta_namespaces[space].prefix;

    return means(names, prefix, strlen(prefix), space);
}
