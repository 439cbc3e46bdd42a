/* SPDX-License-Identifier: MIT */
/*
 * What the files of image/ share: a decoder per format, the check of a picture's size before it is
 * decoded, and the placing of decoded rows in the upright image.
 */
#ifndef IMAGE_INTERNAL_H
#define IMAGE_INTERNAL_H

#include "image/image.h"

/* What a decoder reads; all borrowed. */
struct image_source {
    const unsigned char *bytes;
    size_t size;
    const char *name;   /* for messages */
    const char *format; /* as image_format names it */
    struct image_options options;
};

/* Decodes, upright; ret_image is written on success only. */
typedef enum tn_status image_decode_fn(const struct image_source *source, struct image *ret_image,
                                       struct tn_error *err);

image_decode_fn image_jpeg_decode, image_png_decode, image_webp_decode, image_heif_decode,
    image_pnm_decode, image_stb_decode;

/* The decoder of the source's format.  TN_UNSUPPORTED when there is none here (with the reason),
 * TN_FORMAT when the bytes are no known format.  Fills source->format. */
TN_NODISCARD enum tn_status image_find_decoder(struct image_source *source,
                                               image_decode_fn **ret_decode, struct tn_error *err);

/* Refuses a picture of no pixels, of more than the options allow, or whose decoding would need more
 * than the memory allowed: bytes_per_pixel for each, `extra` on top, and the file itself. */
TN_NODISCARD enum tn_status image_check_size(const struct image_source *source, size_t width,
                                             size_t height, size_t bytes_per_pixel, size_t extra,
                                             struct tn_error *err);

/* Allocates an image for a stored picture of width x height that `orientation` turns upright (5 to
 * 8 exchange its sides).  The pixels are not initialised. */
TN_NODISCARD enum tn_status image_create(size_t width, size_t height, int orientation,
                                         struct image *ret_image, struct tn_error *err);

/*
 * Puts row y of the stored picture, pixels[width][channels], in its upright place.  channels is 3
 * (RGB) or 4 (RGBA, not premultiplied; laid over white).
 */
void image_put_row(struct image *image, int orientation, size_t y, const unsigned char *pixels,
                   size_t channels);

/*
 * Makes an upright image of a whole decoded picture, rows `stride` bytes apart.
 */
TN_NODISCARD enum tn_status image_from_pixels(const unsigned char *pixels, size_t width,
                                              size_t height, size_t stride, size_t channels,
                                              int orientation, struct image *ret_image,
                                              struct tn_error *err);

/* EXIF orientation, 1 to 8; 1 when there is none or it makes no sense. */
int image_jpeg_orientation(const unsigned char *bytes, size_t size);
int image_png_orientation(const unsigned char *bytes, size_t size);
int image_webp_orientation(const unsigned char *bytes, size_t size);

/* The first chunk of that four-letter name in a RIFF file, NULL when there is none; its length in
 * *ret_size, cut to what the file holds. */
const unsigned char *image_riff_chunk(const unsigned char *bytes, size_t size, const char *name,
                                      size_t *ret_size);

#endif
