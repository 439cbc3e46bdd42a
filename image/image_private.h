/* SPDX-License-Identifier: MIT */
/*
 * What the files of image/ share: a decoder per format, the check of a picture's size before it is
 * decoded, and the placing of decoded rows in the upright image.
 */
#ifndef IMAGE_IMAGE_PRIVATE_H
#define IMAGE_IMAGE_PRIVATE_H

#include "base/library.h"
#include "image/colour.h"
#include "image/image.h"

#include <stdint.h>

/* What a decoder reads; all borrowed. */
struct image_source {
    const unsigned char *bytes;
    size_t size;
    const char *name;   /* for messages */
    const char *format; /* as image_format names it */
    int orientation;    /* of a JPEG within another file, whose own says all; 0: as the JPEG says */
    struct image_options options;
};

/* Whether bytes, the first of a file, are the header of a netpbm file or its beginning.  A text may
 * begin with "P2", too. */
bool image_pnm_is(const unsigned char *bytes, size_t size);

/* Whether a file of this name, which begins with `head` and ends with `end`, is a TGA file. */
bool image_tga_is(const char *name, const unsigned char *head, size_t head_size,
                  const unsigned char *end, size_t end_size);

/* Decodes, upright; ret_image is written on success only. */
typedef enum tn_status image_decode_fn(const struct image_source *source, struct image *ret_image,
                                       struct tn_error *err);

image_decode_fn image_gif_decode, image_jpeg_decode, image_png_decode, image_webp_decode,
    image_heif_decode, image_jp2_decode, image_jxl_decode, image_pnm_decode, image_raw_decode,
    image_stb_decode, image_tga_decode, image_tiff_decode;

/* The decoder of the source's format.  TN_UNSUPPORTED when there is none here (with the reason),
 * TN_FORMAT when the bytes are no known format.  Fills source->format. */
TN_NODISCARD enum tn_status image_find_decoder(struct image_source *source,
                                               image_decode_fn **ret_decode, struct tn_error *err);

/* tn_library_load with an error that names the source. */
TN_NODISCARD enum tn_status image_load_library(const struct image_source *source,
                                               struct tn_library *library, struct tn_error *err);

/* Refuses a picture of no pixels, of more than the options allow, or whose decoding would need more
 * than the memory allowed: bytes_per_pixel for each, `extra` on top, the file itself and the
 * upright picture, as reduced. */
TN_NODISCARD enum tn_status image_check_size(const struct image_source *source, size_t width,
                                             size_t height, size_t bytes_per_pixel, size_t extra,
                                             struct tn_error *err);

/* By how much a picture of that size is reduced: by the largest power of two that leaves three
 * times the wanted side; 1 where none is wanted.  The resize that follows then averages so many
 * pixels that two steps give nearly what one would.  Powers of two are what an inverse DCT can do,
 * and a picture of half the size is reduced to the same pixels. */
size_t image_reduction(const struct image_source *source, size_t width, size_t height);

/*
 * Rows of a stored picture on their way to the upright one.  Where the source's options want a
 * small picture, blocks of factor x factor pixels become their mean as they come, so that the
 * whole is never held.  The upright picture's last block of a row or column is cut where the
 * picture ends, so that all ways to store a picture give the same means.
 */
struct image_rows {
    struct image image;   /* upright and reduced; owned until taken */
    size_t width, height; /* of the stored picture */
    size_t factor;
    size_t lack_across, lack_down; /* what the first block of a stored row or column lacks */
    int orientation;
    size_t put;                 /* rows that came */
    size_t blocks, block_start; /* rows of blocks that are placed; the row where the next begins */
    uint32_t *sums;      /* [reduced width][3], owned; NULL when factor is 1 */
    unsigned char *mean; /* a row of them, owned; likewise */
    struct image_colour *colour; /* how rows become sRGB, owned; NULL: they are */
    enum image_pixels pixels;
    unsigned char *converted; /* a row, owned; NULL when none has to be converted */
};

/* For a stored picture of width x height, neither 0, that `orientation` turns upright (5 to 8
 * exchange its sides).  The caller finishes the rows, after an error too. */
TN_NODISCARD enum tn_status image_rows_init(struct image_rows *rows,
                                            const struct image_source *source, size_t width,
                                            size_t height, int orientation, struct tn_error *err);
/* Says, before the first row comes, what its numbers mean: by the picture's ICC profile (borrowed;
 * NULL: there is none) or, the second, by a colour that the rows own from now on, after an error,
 * too.  A profile that cannot be applied is passed over.  Rows of which nothing is said are sRGB.
 */
TN_NODISCARD enum tn_status image_rows_set_profile(struct image_rows *rows,
                                                   const unsigned char *icc, size_t size,
                                                   enum image_pixels pixels, struct tn_error *err);
TN_NODISCARD enum tn_status image_rows_set_colour(struct image_rows *rows,
                                                  struct image_colour *colour,
                                                  enum image_pixels pixels, struct tn_error *err);
/* The next row, from the top: pixels[width][channels], channels 3 (RGB) or 4 (RGBA, not
 * premultiplied, laid over white; or CMYK, where that was said: 255 is all ink). */
void image_rows_put(struct image_rows *rows, const unsigned char *pixels, size_t channels);
/* The picture, once all rows were put; from now on the caller's. */
struct image image_rows_take(struct image_rows *rows);
void image_rows_finish(struct image_rows *rows);

/* row[width][4], whose colours hold their share of alpha already, over white: [width][3]. */
void image_premultiplied_over_white(unsigned char *row, size_t width);

/* The sides that rows of this source and size are reduced to. */
void image_reduced_size(const struct image_source *source, size_t width, size_t height,
                        size_t *ret_width, size_t *ret_height);

/* A whole decoded picture, RGB or RGBA; all borrowed. */
struct image_decoded {
    const unsigned char *pixels;
    size_t width, height, stride /* bytes from row to row */, channels;
    int orientation;
    const unsigned char *icc; /* NULL: sRGB */
    size_t icc_size;
};

/* All of that for it. */
TN_NODISCARD enum tn_status image_from_decoded(const struct image_source *source,
                                               const struct image_decoded *decoded,
                                               struct image *ret_image, struct tn_error *err);

/* EXIF orientation, 1 to 8; 1 when there is none or it makes no sense. */
int image_jpeg_orientation(const unsigned char *bytes, size_t size);
int image_png_orientation(const unsigned char *bytes, size_t size);
int image_webp_orientation(const unsigned char *bytes, size_t size);

/* A JPEG's segment, without marker and length. */
struct image_segment {
    unsigned marker;
    const unsigned char *bytes;
    size_t size;
};

/* The segment at or behind *offset, which moves behind it (2 to begin with); false at the first
 * scan, or where no segment is. */
bool image_jpeg_next_segment(const unsigned char *bytes, size_t size, size_t *offset,
                             struct image_segment *ret_segment);

/* A JPEG's ICC profile; the caller frees it.  NULL and 0 when there is none, its pieces are not
 * complete or it is too large. */
TN_NODISCARD enum tn_status image_jpeg_profile(const unsigned char *bytes, size_t size,
                                               unsigned char **ret_profile, size_t *ret_size,
                                               struct tn_error *err);

/* The first chunk of that four-letter name in a PNG file, which may stand behind the pixels; NULL
 * when there is none. */
const unsigned char *image_png_chunk(const unsigned char *bytes, size_t size, const char *name,
                                     size_t *ret_size);

/* The start of the EXIF block that stands in a PNG's text as digits; block[most] is worked in, too.
 * Returns its length, 0 when there is none. */
size_t image_png_text_exif(const unsigned char *bytes, size_t size, unsigned char *block,
                           size_t most);

/* The first chunk of that four-letter name in a RIFF file, NULL when there is none; its length in
 * *ret_size, cut to what the file holds. */
const unsigned char *image_riff_chunk(const unsigned char *bytes, size_t size, const char *name,
                                      size_t *ret_size);

uint64_t image_big_endian(const unsigned char *bytes, size_t count);

/* The content of the first box of that four-letter name among the boxes that begin at `bytes` (ISO
 * media, JPEG 2000, JPEG XL), NULL when there is none; its length in *ret_size, cut to `size`. */
const unsigned char *image_box(const unsigned char *bytes, size_t size, const char *name,
                               size_t *ret_size);

#endif
