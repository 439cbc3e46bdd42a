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
