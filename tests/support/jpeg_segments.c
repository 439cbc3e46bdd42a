/* SPDX-License-Identifier: MIT */
#include "tests/support/jpeg_segments.h"

#include <stdlib.h>

void jpeg_begin(struct meta_bytes *file)
{
    free(file->bytes);
    *file = (struct meta_bytes){0};
    build(file, "\xFF\xD8", 2);
}

void jpeg_add(struct meta_bytes *file, unsigned marker, const void *data, size_t size)
{
    build_number(file, 2, true, 0xFF00 | marker);
    build_number(file, 2, true, size + 2);
    build(file, data, size);
}

void jpeg_add_scan(struct meta_bytes *file)
{
    jpeg_add(file, TABLE, LITERAL("a table"));
    jpeg_add(file, 0xDA, LITERAL("\x01\x01\0\0\x3F"));
    build(file, LITERAL("data\xFF\0 of the scan\xFF\xD9"));
}
