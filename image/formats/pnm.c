/* SPDX-License-Identifier: MIT */
/* Binary PGM (P5) and PPM (P6), 8 and 16 bits, any maxval ("The Netpbm formats"; stb_image reads
 * 16-bit files in the wrong byte order and does not scale other maxvals). */
#include "image/image_private.h"

#include <stdint.h>
#include <stdlib.h>

struct pnm_header {
    size_t width, height, maxval;
    size_t offset; /* of the pixels */
};

/* White space and # comments, then a decimal number below 2^31; false when there is none. */
static bool read_number(const struct image_source *source, size_t *offset, size_t *ret_value)
{
    const unsigned char *bytes = source->bytes;
    size_t i = *offset, value = 0;
    bool digits = false;

    while (i < source->size &&
           (bytes[i] == '#' || bytes[i] == ' ' || (bytes[i] >= 9 && bytes[i] <= 13))) {
        if (bytes[i] == '#')
            while (i < source->size && bytes[i] != '\n')
                i++;
        else
            i++;
    }
    for (; i < source->size && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
        value = value * 10 + (bytes[i] - '0');
        digits = true;
        if (value > INT32_MAX)
            return false;
    }
    *offset = i;
    *ret_value = value;
    return digits;
}

static bool read_header(const struct image_source *source, struct pnm_header *header)
{
    header->offset = 2;
    if (!read_number(source, &header->offset, &header->width) ||
        !read_number(source, &header->offset, &header->height) ||
        !read_number(source, &header->offset, &header->maxval))
        return false;
    header->offset++; /* one white space */
    return header->maxval >= 1 && header->maxval <= 65535;
}

/* rgb[width][3] of a stored row, maxval becoming 255. */
static void convert_row(unsigned char *rgb, const unsigned char *in, size_t channels,
                        const struct pnm_header *header)
{
    const size_t sample = header->maxval > 255 ? 2 : 1;

    for (size_t i = 0; i < header->width * 3; i++) {
        const unsigned char *at = in + (channels == 3 ? i : i / 3) * sample;
        const size_t value = sample == 2 ? (size_t)at[0] << 8 | at[1] : at[0];

        rgb[i] = (unsigned char)(((value < header->maxval ? value : header->maxval) * 255 +
                                  header->maxval / 2) /
                                 header->maxval);
    }
}

enum tn_status image_pnm_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    const size_t channels = source->bytes[1] == '6' ? 3 : 1;
    struct image_rows rows = {0};
    struct pnm_header header;
    size_t stride;
    unsigned char *row;
    enum tn_status status;

    if (!read_header(source, &header))
        return tn_fail(err, TN_FORMAT, "%s: the %s header is damaged", source->name,
                       source->format);
    TN_TRY(image_check_size(source, header.width, header.height, 0, header.width * 3, err));
    stride = header.width * channels * (header.maxval > 255 ? 2 : 1);
    if (header.offset > source->size || (source->size - header.offset) / stride < header.height)
        return tn_fail(err, TN_FORMAT, "%s: the %s file is truncated", source->name,
                       source->format);
    row = malloc(header.width * 3);
    if (!row)
        return tn_fail_nomem(err, header.width * 3);
    status = image_rows_init(&rows, source, header.width, header.height, 1, err);
    if (status == TN_OK) {
        for (size_t y = 0; y < header.height; y++) {
            convert_row(row, source->bytes + header.offset + y * stride, channels, &header);
            image_rows_put(&rows, row, 3);
        }
        *ret_image = image_rows_take(&rows);
    }
    image_rows_finish(&rows);
    free(row);
    return status;
}
