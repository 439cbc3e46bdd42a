/* SPDX-License-Identifier: MIT */
/* Any bytes as a photo: decoded within small limits, resized.  The last byte chooses the wanted
 * side, so that JPEG's scaled decoding is tried too; the name makes a TGA file of what could be
 * one.
 */
#include "image/image.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct image_options options = {
        .max_pixels = 1 << 18,
        .max_memory = (size_t)64 << 20,
        .wanted_side = size > 0 ? data[size - 1] : 0,
    };
    unsigned char rgb[13 * 11 * 3];
    struct image image;

    if (image_decode(data, size, "fuzz.tga", &options, &image, NULL) != TN_OK)
        return 0;
    if (image_resize(&image, 13, 11, rgb, NULL) != TN_OK)
        __builtin_trap();
    image_finish(&image);
    return 0;
}
