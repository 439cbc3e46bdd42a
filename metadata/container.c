/* SPDX-License-Identifier: MIT */
#include "metadata/container_private.h"

#include <stdlib.h>
#include <string.h>

enum tn_status meta_part_set(struct meta_part *part, const unsigned char *bytes, size_t size,
                             struct tn_error *err)
{
    unsigned char *copy = malloc(size + 1); /* an empty part is there, too */

    if (!copy)
        return tn_fail_nomem(err, size);
    if (size > 0)
        memcpy(copy, bytes, size);
    free(part->bytes);
    *part = (struct meta_part){copy, size};
    return TN_OK;
}

void meta_parts_finish(struct meta_parts *parts)
{
    for (size_t i = 0; i < META_PARTS; i++)
        free(parts->part[i].bytes);
    free(parts->text);
    *parts = (struct meta_parts){0};
}

enum tn_status meta_parts_hand_over(struct meta_parts *parts, enum tn_status status,
                                    struct meta_parts *ret_parts)
{
    if (status == TN_OK)
        *ret_parts = *parts;
    else
        meta_parts_finish(parts);
    return status;
}

size_t meta_exif_prefix(const unsigned char *bytes, size_t size)
{
    enum { PREFIX_SIZE = 6 };

    return size >= PREFIX_SIZE && memcmp(bytes, "Exif\0\0", PREFIX_SIZE) == 0 ? PREFIX_SIZE : 0;
}

enum tn_status meta_same_rest(const struct meta_file *before, size_t before_offset,
                              const struct meta_file *after, size_t after_offset,
                              struct tn_error *err)
{
    const size_t size = before->size - before_offset;

    if (after->size - after_offset != size ||
        memcmp(before->bytes + before_offset, after->bytes + after_offset, size) != 0)
        return tn_fail(err, TN_FORMAT, "%s: what stands behind its end would change", before->name);
    return TN_OK;
}
