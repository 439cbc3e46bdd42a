/* SPDX-License-Identifier: MIT */
/*
 * The image resources of Photoshop ("Adobe Photoshop File Formats"), a list in PSD, JPEG and TIFF
 * files.  What cannot be read ends the list, and stays.
 */
#ifndef META_RESOURCES_PRIVATE_H
#define META_RESOURCES_PRIVATE_H

#include "metadata/bytes_private.h"

enum {
    META_RESOURCE_IPTC = 0x0404,
    META_RESOURCE_EXIF = 0x0422,
    META_RESOURCE_XMP = 0x0424,
    META_RESOURCE_IPTC_DIGEST = 0x0425
};

/* Where it, its data, and what comes next begin. */
struct meta_resource {
    unsigned id;
    size_t start, data, size, end;
};

/* The resource at `at`; false where there is none. */
bool meta_resource_read(const unsigned char *bytes, size_t size, size_t at,
                        struct meta_resource *ret_resource);
/* The first of that id.  Other programs' resources, which have other letters than "8BIM", count by
 * themselves. */
bool meta_resource_find(const unsigned char *bytes, size_t size, unsigned id,
                        struct meta_resource *ret_resource);

/* Whether two lists have the same resources in the same order, but for those that are written here:
 * XMP, EXIF, IPTC and its digest. */
bool meta_resources_same(const unsigned char *old, size_t old_size, const unsigned char *new,
                         size_t new_size);

/* Other data for the resource, one of `resources`.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_resource_replace(struct meta_bytes *resources,
                                                  const struct meta_resource *resource,
                                                  const unsigned char *data, size_t size,
                                                  struct tn_error *err);

#endif
