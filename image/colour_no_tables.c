/* SPDX-License-Identifier: MIT */
/* A build without lcms2: profiles with tables are as if they were not there. */
#include "image/colour_private.h"

void *colour_tables_create(const unsigned char *icc, size_t size, enum image_pixels pixels)
{
    (void)icc;
    (void)size;
    (void)pixels;
    return NULL;
}

void colour_tables_destroy(void *transform)
{
    (void)transform;
}

void colour_tables_convert(void *transform, unsigned char *out, const unsigned char *in,
                           size_t count)
{
    (void)transform;
    (void)out;
    (void)in;
    (void)count;
}
