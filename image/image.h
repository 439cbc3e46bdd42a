/* SPDX-License-Identifier: MIT */
/*
 * Photos: bytes -> upright RGB -> resized pixels.  One path serves captioning and training, so that
 * what a model learnt from is what it is shown.
 *
 * Magic bytes decide the format, never the file's name (but for TGA, which has none): JPEG
 * (libjpeg-turbo), PNG (libpng), WebP (libwebp), HEIC/AVIF (libheif), JPEG XL (libjxl), JPEG 2000
 * (openjpeg) and TIFF (libtiff) where built in, netpbm, TGA and GIF (here), camera raws by their
 * JPEG previews, and through stb_image BMP, PSD and HDR.  Of an animation the first picture counts,
 * of several pages the first.  EXIF orientation 1 to 8 is applied, other values count as 1.  Grey,
 * palette, 16-bit and CMYK/YCCK become 8-bit RGB; alpha is laid over white; colours become sRGB as
 * the picture's profile says (image/colour.h).
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Interleaved 8-bit sRGB, rows from the top, no padding: rgb[(y * width + x) * 3 + channel]. */
struct image {
    size_t width, height;
    unsigned char *rgb; /* owned; image_finish frees it */
};

enum { IMAGE_USUAL_PIXELS = 250000000 };

struct image_options {
    size_t max_pixels; /* refuse a picture with more, before it is decoded */
    size_t
        max_memory; /* bytes; refuse a picture that would need more for its file and its decoding,
                       as computed from its header for its format, before it is decoded */
    size_t wanted_side; /* the caller will resize to this: a picture of about six times as much, on
                           both sides, or more is decoded reduced by a power of two that leaves
                           three times; 0: at full size */
};

/* 250 megapixels, 1 GiB, and at full size.  Two kinds of files, made for it, are known to pass
 * max_memory.  One is a lossless WebP, whose Huffman codes libwebp 1.2 keeps in up to 1.3 GiB (a
 * file of 28 MB took 1247 MiB); their number stands behind compressed data and cannot be read
 * before.  The other is a JPEG XL with a hidden layer larger than the picture, where libjxl is
 * older than 0.11 and does not let its memory be limited.  The two limits are apart because a pixel
 * costs from 1/16 byte (JPEG at an eighth of its size) to 20 (HEIC): a 200-megapixel photo of a
 * telephone is read, a bomb of the same size in another format is not. */
#define IMAGE_OPTIONS_DEFAULT                                                                      \
    {                                                                                              \
        .max_pixels = IMAGE_USUAL_PIXELS, .max_memory = (size_t)1 << 30, .wanted_side = 0          \
    }

/* The time is bounded likewise: whatever the file, by its pixels and its bytes.  A side may have
 * 2^20 pixels; JPEG's scans, HEVC's slices and JPEG XL's layers (but for hidden ones) are counted
 * against max_pixels, the bit planes of JPEG 2000 against the file's size.  Where no small picture
 * is wanted, a JPEG 2000 may take twice as long as others. */

/* Decodes a file, or bytes in memory (name is used in messages).  The caller finishes the image.
 * Errors: TN_IO (also for what is not a regular file), TN_NOTFOUND, TN_FORMAT (truncated, not an
 * image), TN_UNSUPPORTED (a known format that is not built in or cannot be read, by its name),
 * TN_RANGE (too large), TN_NOMEM. */
TN_NODISCARD enum tn_status image_load(const char *path, const struct image_options *options,
                                       struct image *ret_image, struct tn_error *err);
TN_NODISCARD enum tn_status image_decode(const unsigned char *bytes, size_t size, const char *name,
                                         const struct image_options *options,
                                         struct image *ret_image, struct tn_error *err);
void image_finish(struct image *image);

/* The first half of image_load: a photo's file, at most options' max_memory of it.  The caller
 * frees the bytes. */
TN_NODISCARD enum tn_status image_read(const char *path, const struct image_options *options,
                                       unsigned char **ret_bytes, size_t *ret_size,
                                       struct tn_error *err);

/* Whether the first bytes of a file (32 are enough) look like a format that is known here, built in
 * or not, but for TGA, which has no magic bytes; returns its name ("JPEG", "HEIC", "TIFF"), NULL
 * when they do not. */
const char *image_format(const unsigned char *bytes, size_t size);
/* Whether the first bytes of a file (512 are enough) look like a film's. */
bool image_is_film(const unsigned char *bytes, size_t size);
/* Whether the bytes of a file are a camera's raw; of some kinds only the whole file tells. */
bool image_is_raw(const unsigned char *bytes, size_t size);
/* Whether a file's first bytes are a picture's (a TGA file's last ones, or its name, too), no
 * drawing's or thumbnail's of this program, and its name is not a sidecar's (.txt, .xmp, .caption),
 * which hold captions that could begin like one, nor that of a camera's thumbnail (.thm).  No
 * document is one: PDF, PostScript, XML that is not called .svg.  One that cannot be opened counts
 * as one: its turn will come, and with it the reason. */
bool image_is_photo(const char *path);
/* What the names of pictures end in, read here or not, in small letters; ends in NULL. */
extern const char *const image_extensions[];
/* Whether a name ends so, in any case. */
bool image_is_picture_name(const char *path);
/* The names of the formats that this build decodes, a NULL-terminated list. */
const char *const *image_formats(void);

/*
 * Resizes the whole picture (squashed, not cropped) into rgb[height][width][3]: area averaging
 * along a side that shrinks, bilinear (sample centres aligned, edges repeated) along one that
 * grows.  The sums are exact integers, rounded once to 8 bits, so every machine gives the same
 * bytes. Errors: TN_RANGE (a side of 0 or above 2^23 pixels), TN_NOMEM.
 */
TN_NODISCARD enum tn_status image_resize(const struct image *image, size_t width, size_t height,
                                         unsigned char *rgb, struct tn_error *err);

/* Turns rgb[height][width][3] into its mirror image, left to right, in place. */
void image_mirror(unsigned char *rgb, size_t width, size_t height);

/* Writes an 8-bit RGB PNG, atomically.  It says that this program made it. */
TN_NODISCARD enum tn_status image_save_png(const struct image *image, const char *path,
                                           struct tn_error *err);
/* Whether a file that begins with these bytes (64 are enough) is one that image_save_png wrote: a
 * drawing, and nobody's photo. */
bool image_is_drawing(const unsigned char *bytes, size_t size);

/* Writes a thumbnail, a baseline JPEG with colours at half the resolution (4:2:0) into a stream,
 * which may be one in memory (open_memstream); quality is libjpeg's, 1 to 100.  The stream is
 * flushed.  Errors: TN_RANGE (a side of 0 or above 65500 pixels), TN_IO (the stream takes no more),
 * TN_NOMEM. */
TN_NODISCARD enum tn_status image_write_jpeg(const struct image *image, int quality, FILE *stream,
                                             struct tn_error *err);
/* Whether a file that begins with these bytes (64 are enough) is one that image_write_jpeg wrote.
 */
bool image_is_thumbnail(const unsigned char *bytes, size_t size);

#endif
