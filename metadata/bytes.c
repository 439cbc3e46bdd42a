/* SPDX-License-Identifier: MIT */
#include "metadata/bytes_private.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

uint32_t meta_number(const unsigned char *bytes, size_t count, bool big)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[big ? i : count - 1 - i];
    return value;
}

void meta_number_put(unsigned char *bytes, size_t count, bool big, size_t value)
{
    for (size_t i = 0; i < count; i++, value >>= 8)
        bytes[big ? count - 1 - i : i] = (unsigned char)value;
}

enum tn_status meta_bytes_add(struct meta_bytes *out, const void *bytes, size_t size,
                              struct tn_error *err)
{
    if (size == 0)
        return TN_OK;
    if (size > SIZE_MAX - out->size)
        return tn_fail_nomem(err, size);
    TN_TRY(tn_array_reserve(&out->bytes, &out->capacity, out->size + size, err));
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
    return TN_OK;
}

enum tn_status meta_bytes_splice(struct meta_bytes *all, size_t start, size_t end,
                                 const void *bytes, size_t size, struct tn_error *err)
{
    const size_t tail = all->size - end;

    if (size > end - start)
        TN_TRY(tn_array_reserve(&all->bytes, &all->capacity, start + size + tail, err));
    if (tail > 0)
        memmove(all->bytes + start + size, all->bytes + end, tail);
    if (size > 0)
        memcpy(all->bytes + start, bytes, size);
    all->size = start + size + tail;
    return TN_OK;
}

enum tn_status meta_bytes_hand_over(struct meta_bytes *out, enum tn_status status,
                                    unsigned char **ret_bytes, size_t *ret_size)
{
    if (status != TN_OK) {
        free(out->bytes);
        return status;
    }
    *ret_bytes = out->bytes;
    *ret_size = out->size;
    return TN_OK;
}
