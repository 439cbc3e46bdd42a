/* SPDX-License-Identifier: MIT */
#include "image/image_private.h"

#include <string.h>

uint64_t image_big_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;

    while (count-- > 0)
        value = value << 8 | *bytes++;
    return value;
}

const unsigned char *image_box(const unsigned char *bytes, size_t size, const char *name,
                               size_t *ret_size)
{
    while (size >= 8) {
        uint64_t length = image_big_endian(bytes, 4), head = 8;
        const bool found = memcmp(bytes + 4, name, 4) == 0;

        if (length == 1 && size >= 16) {
            length = image_big_endian(bytes + 8, 8);
            head = 16;
        } else if (length == 0) {
            length = size;
        }
        if (length < head)
            return NULL;
        if (length > size)
            length = size;
        if (found) {
            *ret_size = (size_t)(length - head);
            return bytes + head;
        }
        bytes += length;
        size -= (size_t)length;
    }
    return NULL;
}
