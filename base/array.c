/* SPDX-License-Identifier: MIT */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST = 16 };

enum tn_status tn_array_reserve_bytes(void *array, size_t *capacity, size_t need, size_t size,
                                      struct tn_error *err)
{
    size_t wanted = *capacity + *capacity / 2;
    void *block;

    memcpy(&block, array, sizeof block); /* it may be a pointer to anything */
    if (need <= *capacity && block)
        return TN_OK;
    if (wanted < need)
        wanted = need;
    if (wanted < FEWEST)
        wanted = FEWEST;
    if (wanted > PTRDIFF_MAX / size)
        return tn_fail_nomem(err, SIZE_MAX);
    block = realloc(block, wanted * size);
    if (!block)
        return tn_fail_nomem(err, wanted * size);
    memcpy(array, &block, sizeof block);
    *capacity = wanted;
    return TN_OK;
}
