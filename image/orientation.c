/* SPDX-License-Identifier: MIT */
/*
 * EXIF orientation: where JPEG, PNG and WebP keep the EXIF block, and tag 0x0112 in the first
 * directory of that block, which is a TIFF file ("Exif 2.32", CIPA DC-008).  Every read is bounded;
 * whatever does not fit counts as upright.
 */
#include "image/image_private.h"

#include <stdint.h>
#include <string.h>

enum { UPRIGHT = 1, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4 };

static uint32_t number(const unsigned char *bytes, size_t count, bool big)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[big ? i : count - 1 - i];
    return value;
}

static int tiff_orientation(const unsigned char *tiff, size_t size)
{
    bool big;
    size_t offset, entries;

    if (size < 8 || (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0))
        return UPRIGHT;
    big = tiff[0] == 'M';
    offset = number(tiff + 4, 4, big);
    if (offset > size - 2)
        return UPRIGHT;
    entries = number(tiff + offset, 2, big);
    offset += 2;
    for (size_t i = 0; i < entries && size - offset >= 12; i++, offset += 12) {
        const unsigned char *entry = tiff + offset;
        const uint32_t type = number(entry + 2, 2, big);
        uint32_t value;

        if (number(entry, 2, big) != TAG_ORIENTATION)
            continue;
        if (type != TYPE_SHORT && type != TYPE_LONG)
            return UPRIGHT;
        value = number(entry + 8, type == TYPE_SHORT ? 2 : 4, big);
        return value >= 1 && value <= 8 ? (int)value : UPRIGHT;
    }
    return UPRIGHT;
}

/* Some writers keep JPEG's prefix in the other formats too. */
static int exif_orientation(const unsigned char *exif, size_t size)
{
    if (size >= 6 && memcmp(exif, "Exif\0\0", 6) == 0)
        return tiff_orientation(exif + 6, size - 6);
    return tiff_orientation(exif, size);
}

int image_jpeg_orientation(const unsigned char *bytes, size_t size)
{
    enum { APP1 = 0xE1 };
    struct image_segment segment;
    size_t offset = 2;

    while (image_jpeg_next_segment(bytes, size, &offset, &segment))
        if (segment.marker == APP1 && segment.size >= 6 &&
            memcmp(segment.bytes, "Exif\0\0", 6) == 0)
            return exif_orientation(segment.bytes, segment.size);
    return UPRIGHT;
}

int image_png_orientation(const unsigned char *bytes, size_t size)
{
    unsigned char block[16384];
    size_t length;
    const unsigned char *exif = image_png_chunk(bytes, size, "eXIf", &length);

    if (!exif) {
        length = image_png_text_exif(bytes, size, block, sizeof block);
        exif = block;
    }
    return exif_orientation(exif, length);
}

const unsigned char *image_riff_chunk(const unsigned char *bytes, size_t size, const char *name,
                                      size_t *ret_size)
{
    size_t offset = 12; /* "RIFF", length, "WEBP" */

    while (offset < size && size - offset >= 8) {
        const size_t length = number(bytes + offset + 4, 4, false), left = size - offset - 8;

        if (memcmp(bytes + offset, name, 4) == 0) {
            *ret_size = length < left ? length : left;
            return bytes + offset + 8;
        }
        if (length >= left)
            return NULL;
        offset += 8 + length + (length & 1); /* padded to even */
    }
    return NULL;
}

int image_webp_orientation(const unsigned char *bytes, size_t size)
{
    size_t length;
    const unsigned char *exif = image_riff_chunk(bytes, size, "EXIF", &length);

    return exif ? exif_orientation(exif, length) : UPRIGHT;
}
