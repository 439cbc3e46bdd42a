/* SPDX-License-Identifier: MIT */
/* Samples of a TIFF file, as libtiff hands them out, to 8-bit RGB, RGBA or CMYK. */
#ifndef IMAGE_TIFF_ROW_H
#define IMAGE_TIFF_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tiff_colour {
    TIFF_GREY,
    TIFF_INVERSE_GREY, /* 0 is white */
    TIFF_PALETTE,
    TIFF_RGB,
    TIFF_CMYK,
    TIFF_LAB,    /* a and b signed */
    TIFF_ICC_LAB /* a and b above 128 */
};

enum tiff_numbers { TIFF_ROW_UNSIGNED, TIFF_ROW_SIGNED, TIFF_ROW_FLOAT };

enum { TIFF_MOST_CHANNELS = 5 /* CMYK and alpha */, TIFF_GAMMA = 8192 };

struct tiff_row_format {
    size_t width;
    enum tiff_colour colour;
    enum tiff_numbers numbers;
    unsigned bits; /* of a sample */
    bool alpha;    /* a channel behind the colours */
    bool premultiplied;
    const uint16_t *palette[3]; /* [1 << bits] each, borrowed */
    bool shallow_palette;       /* its values are of 8 bits, as old writers have them */
    unsigned char gamma[TIFF_GAMMA + 1]; /* of Lab: light from 0 to 1 as a number of sRGB */
};

/* Samples that a pixel's colour has. */
size_t tiff_row_colours(enum tiff_colour colour);
/* Whether samples of so many bits can be read. */
bool tiff_row_supports(const struct tiff_row_format *format);

/* The table that Lab needs: three powers per pixel would nearly double its time. */
void tiff_row_fill_gamma(struct tiff_row_format *format);

/* Takes sample number `first` of each pixel out of a row of libtiff's, in which a pixel has `step`
 * of them: out[x * channels], 0 to 65535, or as it is for a palette. */
void tiff_row_unpack(const struct tiff_row_format *format, const unsigned char *bytes, size_t first,
                     size_t step, uint16_t *out, size_t channels);
/* samples[width][colours and alpha] to pixels[width][4] as image_rows_put takes them: returns the
 * channels that they have, 3 (RGB) or 4 (RGBA; CMYK, over white). */
size_t tiff_row_convert(const struct tiff_row_format *format, const uint16_t *samples,
                        unsigned char *pixels);

#endif
