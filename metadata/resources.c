/* SPDX-License-Identifier: MIT */
/*
 * resource:  "8BIM" or other four letters, id, a name (its length first, even in all), size,
 *            data, a byte more where the size is odd
 */
#include "metadata/resources_private.h"

#include <string.h>

bool meta_resource_read(const unsigned char *bytes, size_t size, size_t at,
                        struct meta_resource *ret_resource)
{
    enum { HEAD = 4 + 2, SIZE = 4 };
    struct meta_resource resource = {.start = at};
    size_t name;

    if (at > size || size - at < HEAD + 2 + SIZE)
        return false;
    resource.id = meta_number(bytes + at + 4, 2, true);
    name = (size_t)(bytes[at + HEAD] | 1) + 1;
    if (size - at < HEAD + name + SIZE)
        return false;
    resource.data = at + HEAD + name + SIZE;
    resource.size = meta_number(bytes + resource.data - SIZE, 4, true);
    if (resource.size > size - resource.data)
        return false;
    resource.end = resource.data + resource.size;
    if (resource.size % 2 == 1 && resource.end < size)
        resource.end++;
    *ret_resource = resource;
    return true;
}

bool meta_resource_find(const unsigned char *bytes, size_t size, unsigned id,
                        struct meta_resource *ret_resource)
{
    struct meta_resource resource;

    for (size_t at = 0; meta_resource_read(bytes, size, at, &resource); at = resource.end)
        if (resource.id == id && memcmp(bytes + at, "8BIM", 4) == 0) {
            *ret_resource = resource;
            return true;
        }
    return false;
}

enum tn_status meta_resource_replace(struct meta_bytes *resources,
                                     const struct meta_resource *resource,
                                     const unsigned char *data, size_t size, struct tn_error *err)
{
    const size_t end = resource->data + size;

    TN_TRY(meta_bytes_splice(resources, resource->data, resource->end, data, size, err));
    if (size % 2 == 1)
        TN_TRY(meta_bytes_splice(resources, end, end, "", 1, err));
    meta_number_put(resources->bytes + resource->data - 4, 4, true, size);
    return TN_OK;
}

/* ---- Whether all others are as they were ---- */

static bool is_ours(const unsigned char *bytes, size_t size, const struct meta_resource *resource)
{
    static const unsigned ours[] = {META_RESOURCE_XMP, META_RESOURCE_EXIF, META_RESOURCE_IPTC,
                                    META_RESOURCE_IPTC_DIGEST};
    struct meta_resource first;

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (resource->id == ours[i] && meta_resource_find(bytes, size, ours[i], &first) &&
            first.start == resource->start)
            return true;
    return false;
}

/* Goes on to the next that is none of ours; false: there is none. */
static bool next_other(const unsigned char *bytes, size_t size, struct meta_resource *resource)
{
    while (meta_resource_read(bytes, size, resource->end, resource))
        if (!is_ours(bytes, size, resource))
            return true;
    return false;
}

static bool same_bytes(const unsigned char *one, size_t one_size, const unsigned char *other,
                       size_t other_size)
{
    return one_size == other_size && (one_size == 0 || memcmp(one, other, one_size) == 0);
}

bool meta_resources_same(const unsigned char *old, size_t old_size, const unsigned char *new,
                         size_t new_size)
{
    struct meta_resource one = {.end = 0}, other = {.end = 0};

    while (next_other(old, old_size, &one))
        if (!next_other(new, new_size, &other) ||
            !same_bytes(old + one.start, one.end - one.start, new + other.start,
                        other.end - other.start))
            return false;
    return !next_other(new, new_size, &other) &&
           same_bytes(old + one.end, old_size - one.end, new + other.end, new_size - other.end);
}
