/* SPDX-License-Identifier: MIT */
/* Decoding: the pictures of data/images (tools/make_test_images.py) come out upright and in their
 * colours, whatever the format; broken, foreign and oversized files are refused by what they are.
 */
#include "image/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/folder.h"
#include "tests/support/suite.h"

enum { WIDTH = 48, HEIGHT = 32 };

/* The quarters: top left, top right, bottom left, bottom right. */
struct quarters {
    int rgb[4][3];
};

static const struct quarters colours = {
    {{200, 40, 40}, {40, 160, 60}, {40, 60, 200}, {220, 200, 60}}};
static const struct quarters clear = {
    {{200, 40, 40}, {255, 255, 255}, {147, 157, 227}, {220, 200, 60}}};
static const struct quarters keyed = {
    {{200, 40, 40}, {255, 255, 255}, {40, 60, 200}, {220, 200, 60}}};
static const struct quarters greys = {
    {{30, 30, 30}, {90, 90, 90}, {150, 150, 150}, {220, 220, 220}}};
static const struct quarters grey_clear = {
    {{30, 30, 30}, {255, 255, 255}, {202, 202, 202}, {220, 220, 220}}};
/* The same numbers of Adobe RGB (1998) and of Display P3, as sRGB, by the published matrices. */
static const struct quarters adobe = {{{233, 35, 35}, {0, 161, 47}, {21, 57, 205}, {228, 201, 37}}};
static const struct quarters p3 = {{{218, 0, 26}, {0, 163, 40}, {34, 61, 208}, {224, 199, 0}}};
/* The left half over the right one; upside down.  A build may have no format that needs them. */
#define MAYBE_UNUSED __attribute__((unused))
static const struct quarters MAYBE_UNUSED covered = {
    {{200, 40, 40}, {200, 40, 40}, {40, 60, 200}, {40, 60, 200}}};
static const struct quarters MAYBE_UNUSED turned = {
    {{220, 200, 60}, {40, 60, 200}, {40, 160, 60}, {200, 40, 40}}};
static const struct quarters MAYBE_UNUSED turned_clear = {
    {{220, 200, 60}, {147, 157, 227}, {255, 255, 255}, {200, 40, 40}}};
#ifdef IMAGE_HAVE_TIFF
/* Black ink by a profile with a table, in which L* falls with it; without lcms2, as light. */
#ifdef IMAGE_HAVE_LCMS2
static const struct quarters MAYBE_UNUSED inks = {
    {{31, 31, 31}, {83, 83, 83}, {141, 141, 141}, {216, 216, 216}}};
#else
static const struct quarters MAYBE_UNUSED inks = {
    {{30, 30, 30}, {90, 90, 90}, {150, 150, 150}, {220, 220, 220}}};
#endif
#endif
static const struct quarters bits = {{{0, 0, 0}, {255, 255, 255}, {255, 255, 255}, {0, 0, 0}}};

static const struct picture {
    const char *file;
    const struct quarters *expected;
    int tolerance;
} pictures[] = {
    {"rgb.jpg", &colours, 3},
    {"rgb444.jpg", &colours, 3},
    {"progressive.jpg", &colours, 3},
    {"restarts.jpg", &colours, 3},
    {"planes.jpg", &colours, 3},
    {"grey.jpg", &greys, 3},
    {"cmyk-adobe.jpg", &colours, 4},
    {"cmyk-plain.jpg", &colours, 4},
    {"ycck-adobe.jpg", &colours, 4},
    {"orientation1.jpg", &colours, 3},
    {"orientation2.jpg", &colours, 3},
    {"orientation3.jpg", &colours, 3},
    {"orientation4.jpg", &colours, 3},
    {"orientation5.jpg", &colours, 3},
    {"orientation6.jpg", &colours, 3},
    {"orientation7.jpg", &colours, 3},
    {"orientation8.jpg", &colours, 3},
    {"orientation6-long.jpg", &colours, 3},
    {"orientation-bad0.jpg", &colours, 3},
    {"orientation-bad9.jpg", &colours, 3},
    {"orientation-bad65535.jpg", &colours, 3},
    {"adobe.jpg", &adobe, 4},
    {"rgb.png", &colours, 0},
    {"adobe.png", &adobe, 1},
    {"p3-gamma.png", &p3, 1},
    {"p3-codes.png", &p3, 1},
    {"srgb-gamma.png", &colours, 0},
    {"rgb16.png", &colours, 0},
    {"rgb-interlaced.png", &colours, 0},
    {"grey.png", &greys, 0},
    {"grey16.png", &greys, 0},
    {"grey1.png", &bits, 0},
    {"palette.png", &colours, 0},
    {"palette-alpha.png", &clear, 1},
    {"colour-key.png", &keyed, 0},
    {"rgba.png", &clear, 1},
    {"rgba16.png", &clear, 1},
    {"rgba-interlaced.png", &clear, 1},
    {"grey-alpha.png", &grey_clear, 1},
    {"orientation6.png", &colours, 0},
    {"orientation6-late.png", &colours, 0},
    {"orientation6-tEXt.png", &colours, 0},
    {"orientation6-zTXt.png", &colours, 0},
    {"orientation6-iTXt.png", &colours, 0},
    {"rgb.bmp", &colours, 0},
    {"palette.bmp", &colours, 0},
    {"rgba.bmp", &clear, 1},
    {"still.gif", &colours, 0},
    {"animated.gif", &colours, 0},
    {"transparent.gif", &keyed, 0},
    {"rgb.psd", &colours, 0},
    {"rgb16.psd", &colours, 0},
    {"adobe.psd", &adobe, 1},
    {"rgb.hdr", &colours, 3},
    {"rgb.ppm", &colours, 0},
    {"rgb16.ppm", &colours, 0},
    {"maxval100.ppm", &colours, 2},
    {"grey.pgm", &greys, 0},
    {"grey1.pbm", &bits, 0},
    {"preview.dng", &colours, 3},
    {"preview6-twice.dng", &colours, 3},
    {"preview-lossy.dng", &colours, 3},
    {"preview.cr2", &colours, 3},
    {"preview.orf", &colours, 3},
    {"preview6.raf", &colours, 3},
    {"preview.x3f", &colours, 3},
#ifdef IMAGE_HAVE_WEBP
    {"lossy.webp", &colours, 6},
    {"lossless.webp", &colours, 0},
    {"lossy-alpha.webp", &clear, 6},
    {"lossless-alpha.webp", &clear, 1},
    {"orientation6.webp", &colours, 6},
    {"animated.webp", &colours, 6},
    {"adobe.webp", &adobe, 1},
#endif
#ifdef IMAGE_HAVE_HEIF
    {"rgb.heic", &colours, 6},
    {"rgba.heic", &clear, 8},
    {"premultiplied.heic", &clear, 8},
    {"rgb10.heic", &colours, 6},
    {"rotated.heic", &colours, 6},
    {"rgb.avif", &colours, 6},
    {"rgba.avif", &clear, 8},
    {"adobe.heic", &adobe, 6},
    {"layers.heic", &covered, 6},
    {"layers.avif", &covered, 6},
    {"layers-grid.heic", &covered, 6},
    {"layers-grid.avif", &covered, 6},
    {"identity.heic", &turned, 6},
    {"identity.avif", &turned, 6},
    {"turned2.avif", &colours, 6},
    {"turned3.avif", &colours, 6},
    {"turned4.avif", &colours, 6},
    {"turned5.avif", &colours, 6},
    {"turned6.avif", &colours, 6},
    {"turned7.avif", &colours, 6},
    {"turned8.avif", &colours, 6},
    {"turned-alpha.avif", &turned_clear, 8},
    {"adobe.avif", &adobe, 6},
    {"p3.avif", &p3, 6},
#endif
#ifdef IMAGE_HAVE_JXL
    {"lossy.jxl", &colours, 6},
    {"lossless.jxl", &colours, 0},
    {"container.jxl", &colours, 0},
    {"lossless16.jxl", &colours, 0},
    {"lossy16.jxl", &colours, 6},
    {"lossy-alpha.jxl", &clear, 6},
    {"lossless-alpha.jxl", &clear, 1},
    {"lossy-grey.jxl", &greys, 6},
    {"grey-alpha.jxl", &grey_clear, 1},
    {"display-p3.jxl", &colours, 2},
    {"recompressed.jxl", &colours, 3},
    {"orientation6.jxl", &colours, 3},
    {"animated.jxl", &colours, 0},
    {"layers.jxl", &turned, 0},
#endif
#ifdef IMAGE_HAVE_JP2
    {"lossless.jp2", &colours, 0},
    {"lossy.jp2", &colours, 6},
    {"codestream.j2k", &colours, 0},
    {"precincts.jp2", &colours, 0},
    {"lossless16.jp2", &colours, 0},
    {"alpha.jp2", &clear, 1},
    {"grey.jp2", &greys, 0},
    {"grey-alpha.j2k", &grey_clear, 1},
    {"halved.jp2", &colours, 3},
    {"palette.jp2", &colours, 0},
#endif
#ifdef IMAGE_HAVE_TIFF
    {"rgb.tif", &colours, 0},
    {"rgb-deflate.tif", &colours, 0},
    {"rgb16.tif", &colours, 0},
    {"rgb32.tif", &colours, 0},
    {"rgb64.tif", &colours, 0},
    {"rgb-half.tif", &colours, 1},
    {"rgb-float.tif", &colours, 0},
    {"rgb-double.tif", &colours, 0},
    {"rgb-signed.tif", &colours, 0},
    {"grey.tif", &greys, 0},
    {"grey2.tif", &greys, 40},
    {"grey4.tif", &greys, 9},
    {"grey12.tif", &greys, 1},
    {"grey-inverse.tif", &greys, 0},
    {"grey-alpha.tif", &grey_clear, 1},
    {"bits-inverse.tif", &bits, 0},
    {"bits-fill-order.tif", &bits, 0},
    {"palette.tif", &colours, 0},
    {"palette4.tif", &colours, 0},
    {"palette-shallow.tif", &colours, 0},
    {"rgba.tif", &clear, 1},
    {"rgba-associated.tif", &clear, 1},
    {"rgbx.tif", &colours, 0},
    {"cmyk.tif", &colours, 0},
    {"cmyk-alpha.tif", &clear, 1},
    {"adobe.tif", &adobe, 1},
    {"ink.tif", &inks, 1},
    {"lab.tif", &colours, 4},
    {"lab16.tif", &colours, 1},
    {"ycbcr.tif", &colours, 3},
    {"jpeg.tif", &colours, 3},
    {"old-jpeg.tif", &colours, 3},
    {"planes.tif", &colours, 0},
    {"planes-alpha.tif", &clear, 1},
    {"tiles.tif", &colours, 0},
    {"tiles-beyond.tif", &colours, 0},
    {"tiles-planes.tif", &colours, 0},
    {"tiles16.tif", &colours, 0},
    {"big.tif", &colours, 0},
    {"big-endian.tif", &colours, 0},
    {"orientation6.tif", &colours, 0},
    {"pages.tif", &colours, 0},
    {"thumbnail-first.tif", &colours, 0},
    {"old-thumbnail-first.tif", &colours, 0},
    {"picture-below.tif", &colours, 0},
    {"thumbnail-below.tif", &colours, 0},
    {"lzw.tif", &colours, 0},
    {"packbits.tif", &colours, 0},
    {"g3.tif", &bits, 0},
    {"g4.tif", &bits, 0},
#endif
};

enum { PICTURES = sizeof pictures / sizeof pictures[0] };

static const char *data_path(const char *file)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/images/%s", getenv("TEST_DATA"), file);
    return path;
}

/* The bytes of a picture of data/images; the caller frees them. */
static unsigned char *read_picture(const char *file, size_t *size)
{
    FILE *stream = fopen(data_path(file), "rb");
    unsigned char *bytes = malloc(1 << 16);

    ck_assert_ptr_nonnull(stream);
    ck_assert_ptr_nonnull(bytes);
    *size = fread(bytes, 1, 1 << 16, stream);
    fclose(stream);
    return bytes;
}

/* The middles of the quarters have the picture's colours. */
static void expect_quarters(const struct picture *picture, const struct image *image, int tolerance)
{
    for (size_t q = 0; q < 4; q++) {
        const size_t x = image->width / 4 + q % 2 * image->width / 2;
        const size_t y = image->height / 4 + q / 2 * image->height / 2;
        const unsigned char *pixel = image->rgb + (y * image->width + x) * 3;
        const int *want = picture->expected->rgb[q];

        for (size_t c = 0; c < 3; c++)
            ck_assert_msg(abs(pixel[c] - want[c]) <= tolerance,
                          "%s: quarter %zu is %d,%d,%d, expected %d,%d,%d", picture->file, q,
                          pixel[0], pixel[1], pixel[2], want[0], want[1], want[2]);
    }
}

static enum tn_status decode(const void *bytes, size_t size, struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image = {0};
    enum tn_status status;
    /* Of exactly this size, so that the sanitizer sees a byte too far. */
    unsigned char *copy = malloc(size ? size : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    status = image_decode(copy, size, "photo", &options, &image, err);
    free(copy);
    image_finish(&image);
    return status;
}

START_TEST(pictures_come_out_upright_and_in_their_colours)
{
    const struct picture *picture = &pictures[_i];
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image;
    struct tn_error err;

    ck_assert_msg(image_load(data_path(picture->file), &options, &image, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_msg(image.width == WIDTH && image.height == HEIGHT, "%s: %zu x %zu", picture->file,
                  image.width, image.height);
    expect_quarters(picture, &image, picture->tolerance);
    image_finish(&image);
}
END_TEST

START_TEST(pictures_are_reduced_while_they_are_decoded)
{
    const struct picture *picture = &pictures[_i];
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image;
    struct tn_error err;

    options.wanted_side = HEIGHT / 4 / 2;
    ck_assert_msg(image_load(data_path(picture->file), &options, &image, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_msg(image.width == WIDTH / 2 && image.height == HEIGHT / 2, "%s: %zu x %zu",
                  picture->file, image.width, image.height);
    expect_quarters(picture, &image, picture->tolerance + 1);
    image_finish(&image);
}
END_TEST

/* rgb[height][width][3] as the bytes of a PPM file; the caller frees them. */
static unsigned char *make_ppm(const unsigned char *rgb, size_t width, size_t height, size_t *size)
{
    unsigned char *bytes = malloc(64 + width * height * 3);
    size_t head;

    ck_assert_ptr_nonnull(bytes);
    head = (size_t)sprintf((char *)bytes, "P6 %zu %zu 255\n", width, height);
    memcpy(bytes + head, rgb, width * height * 3);
    *size = head + width * height * 3;
    return bytes;
}

/* The mean of the block of factor x factor pixels at x, y, cut at the picture's edge. */
static unsigned char block_mean(const unsigned char *rgb, size_t width, size_t height,
                                size_t factor, size_t x, size_t y, size_t channel)
{
    unsigned sum = 0, count = 0;

    for (size_t v = y * factor; v < (y + 1) * factor && v < height; v++)
        for (size_t u = x * factor; u < (x + 1) * factor && u < width; u++, count++)
            sum += rgb[(v * width + u) * 3 + channel];
    return (unsigned char)((sum + count / 2) / count);
}

START_TEST(a_reduced_pixel_is_the_mean_of_its_block)
{
    enum { W = 37, H = 29 };
    static const size_t factors[] = {1, 2, 4, 8};
    const size_t factor = factors[_i], width = (W + factor - 1) / factor;
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    unsigned char rgb[W * H * 3], *bytes;
    struct image image;
    size_t size;

    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (unsigned char)(i * i * 31 >> 3);
    bytes = make_ppm(rgb, W, H, &size);
    options.wanted_side = ((H - 1) / factor + 1) / 3;
    ck_assert(image_decode(bytes, size, "ppm", &options, &image, NULL) == TN_OK);
    ck_assert_uint_eq(image.width, width);
    ck_assert_uint_eq(image.height, (H + factor - 1) / factor);
    for (size_t i = 0; i < image.width * image.height * 3; i++)
        ck_assert_uint_eq(image.rgb[i],
                          block_mean(rgb, W, H, factor, i / 3 % width, i / 3 / width, i % 3));
    image_finish(&image);
    free(bytes);
}
END_TEST

/* The photos that models are trained on are small; nothing may happen to them. */
START_TEST(what_is_small_already_is_not_reduced)
{
    enum { SIDE = 224, WANTED = 227 };
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    unsigned char *rgb = malloc(SIDE * SIDE * 3), *bytes;
    struct image image;
    size_t size;

    ck_assert_ptr_nonnull(rgb);
    for (size_t i = 0; i < SIDE * SIDE * 3; i++)
        rgb[i] = (unsigned char)(i * 37 >> 2);
    bytes = make_ppm(rgb, SIDE, SIDE, &size);
    options.wanted_side = WANTED;
    ck_assert(image_decode(bytes, size, "ppm", &options, &image, NULL) == TN_OK);
    ck_assert_uint_eq(image.width, SIDE);
    ck_assert_uint_eq(image.height, SIDE);
    ck_assert_mem_eq(image.rgb, rgb, SIDE * SIDE * 3);
    image_finish(&image);
    free(bytes);
    free(rgb);
}
END_TEST

START_TEST(a_file_and_its_bytes_give_the_same_pixels)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image file, memory;
    size_t size;
    unsigned char *bytes = read_picture(pictures[_i].file, &size);

    ck_assert(image_load(data_path(pictures[_i].file), &options, &file, NULL) == TN_OK);
    ck_assert(image_decode(bytes, size, "memory", &options, &memory, NULL) == TN_OK);
    ck_assert_uint_eq(file.width, memory.width);
    ck_assert_uint_eq(file.height, memory.height);
    ck_assert_mem_eq(file.rgb, memory.rgb, file.width * file.height * 3);
    image_finish(&file);
    image_finish(&memory);
    free(bytes);
}
END_TEST

/* Every prefix is an error, and a clean one, but for what stands behind the pixels. */
START_TEST(a_truncated_file_is_an_error)
{
    size_t size;
    unsigned char *bytes = read_picture(pictures[_i].file, &size);
    const size_t step = size > 2000 ? 97 : 7;
    const bool several = strncmp(pictures[_i].file, "animated", 8) == 0 ||
                         strcmp(pictures[_i].file, "pages.tif") == 0 ||
                         strcmp(pictures[_i].file, "preview.x3f") == 0;
    const size_t behind = several ? size - size / 8 : 100;
    struct tn_error err;

    for (size_t cut = 0; cut + behind < size; cut += step) {
        ck_assert_msg(decode(bytes, cut, &err) != TN_OK, "%s: %zu of %zu bytes are read",
                      pictures[_i].file, cut, size);
        ck_assert_msg(strncmp(err.text, "photo: ", 7) == 0, "%s", err.text);
    }
    free(bytes);
}
END_TEST

START_TEST(scaled_decoding_leaves_three_times_the_wanted_side)
{
    static const struct {
        const char *file;
        size_t wanted, width, height;
    } cases[] = {
        {"large.jpg", 0, 768, 512},
        {"large.jpg", 86, 768, 512},
        {"large.jpg", 85, 384, 256},
        {"large.jpg", 42, 192, 128},
        {"large.jpg", 21, 96, 64},
        {"large.jpg", 10, 48, 32}, /* the inverse DCT at an eighth, and rows reduced by two */
        {"large.jpg", 5, 24, 16},
        {"large-progressive.jpg", 21, 96, 64},
    };
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image;

    options.wanted_side = cases[_i].wanted;
    ck_assert(image_load(data_path(cases[_i].file), &options, &image, NULL) == TN_OK);
    ck_assert_uint_eq(image.width, cases[_i].width);
    ck_assert_uint_eq(image.height, cases[_i].height);
    for (size_t c = 0; c < 3; c++)
        ck_assert_int_le(abs(image.rgb[c] - colours.rgb[0][c]), 3);
    image_finish(&image);
}
END_TEST

START_TEST(foreign_files_are_refused_by_name)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum tn_status status;
        const char *text;
    } cases[] = {
#define BYTES(text) (text), sizeof(text) - 1
        {BYTES(""), TN_FORMAT, "photo: the file is empty"},
        {BYTES("x"), TN_FORMAT, "photo: not an image of any known format"},
        {BYTES("hello, this is no picture at all"), TN_FORMAT, "not an image of any known format"},
#ifdef IMAGE_HAVE_TIFF
        {BYTES("II*\0\x08\0\0\0"), TN_FORMAT, "photo: the TIFF file is truncated or damaged"},
        {BYTES("MM\0*\0\0\0\x08"), TN_FORMAT, "photo: the TIFF file is truncated or damaged"},
#else
        {BYTES("II*\0\x08\0\0\0"), TN_UNSUPPORTED,
         "TIFF support is not built in (install libtiff, reconfigure)"},
#endif
        {BYTES("%PDF-1.7\n"), TN_UNSUPPORTED, "PDF cannot be read"},
        {BYTES("<svg xmlns="), TN_UNSUPPORTED, "SVG cannot be read"},
        {BYTES("\0\0\0\x18"
               "ftypcrx \0\0\0\0"),
         TN_UNSUPPORTED, "the Canon raw (CR3) has no JPEG preview; develop it into a picture"},
#ifndef IMAGE_HAVE_HEIF
        {BYTES("\0\0\0\x18"
               "ftypheic\0\0\0\0"),
         TN_UNSUPPORTED, "HEIC support is not built in (install libheif, reconfigure)"},
#endif
#ifndef IMAGE_HAVE_JP2
        {BYTES("\xFF\x4F\xFF\x51\0\x29"), TN_UNSUPPORTED,
         "JPEG 2000 support is not built in (install openjpeg, reconfigure)"},
#endif
#ifndef IMAGE_HAVE_JXL
        {BYTES("\xFF\x0A\0\0"), TN_UNSUPPORTED,
         "JPEG XL support is not built in (install libjxl, reconfigure)"},
#endif
#ifndef IMAGE_HAVE_WEBP
        {BYTES("RIFF\0\0\0\0WEBPVP8 "), TN_UNSUPPORTED,
         "WebP support is not built in (install libwebp, reconfigure)"},
#endif
    };
    struct tn_error err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(decode(cases[i].bytes, cases[i].size, &err), cases[i].status);
        ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(kinds_that_cannot_be_read_are_refused_by_name)
{
    static const char *const cases[][2] = {
        {"rle8.bmp", "run-length encoded (RLE) BMP cannot be read"},
        {"no-preview.dng", "the camera raw has no JPEG preview; develop it into a picture"},
    };
    size_t size;
    unsigned char *bytes = read_picture(cases[_i][0], &size);
    struct tn_error err;

    ck_assert_int_eq(decode(bytes, size, &err), TN_UNSUPPORTED);
    ck_assert_msg(strstr(err.text, cases[_i][1]) != NULL, "%s", err.text);
    free(bytes);
}
END_TEST

START_TEST(paths_that_hold_no_file_are_refused)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image;
    struct tn_error err;
    char fifo[] = "/tmp/test_image_XXXXXX";

    ck_assert_int_eq(image_load(data_path("none.jpg"), &options, &image, &err), TN_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "none.jpg: No such file or directory"));
    ck_assert_int_eq(image_load(data_path(""), &options, &image, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, ": is a directory"));
    ck_assert_ptr_nonnull(mkdtemp(fifo));
    ck_assert_int_eq(rmdir(fifo), 0);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(image_load(fifo, &options, &image, &err), TN_IO);
    unlink(fifo);
    ck_assert_ptr_nonnull(strstr(err.text, ": is not a regular file"));
}
END_TEST

/* Headers of 4 gigapixels or what the format can say, and nothing behind them. */
static const struct {
    const char *bytes;
    size_t size;
} bombs[] = {
    {BYTES("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\xFF\xFF\0\0\xFF\xFF\x08\2\0\0\0\x39\x67\x4E\x07"
           "\0\0\0\0IDAT\x35\xAF\x06\x1E")},
    {BYTES("\xFF\xD8\xFF\xC0\0\x11\x08\xFF\xDC\xFF\xDC\3\1\x11\0\2\x11\1\3\x11\1"
           "\xFF\xDA\0\x0C\3\1\0\2\x11\3\x11\0\x3F\0")},
    {BYTES("GIF89a\xFF\xFF\xFF\xFF\x80\0\0\0\0\0\xFF\xFF\xFF")},
    {BYTES("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xFF\xFF\0\0\xFF\xFF\0\0\1\0\x18\0\0\0\0\0"
           "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {BYTES("8BPS\0\1\0\0\0\0\0\0\0\3\0\0\x75\x30\0\0\x75\x30\0\x08\0\3\0\0\0\0")},
    {BYTES("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 65535 +X 65535\n\2\2\xFF\xFF")},
    {BYTES("P6 65535 65535 255\n")},
    {BYTES("P5 2147483647 2147483647 255\n")},
#ifdef IMAGE_HAVE_WEBP
    {BYTES("RIFF\x1A\0\0\0WEBPVP8L\x0E\0\0\0\x2F\xFF\xFF\xFF\x0F\0\0\0\0\0\0\0\0\0")},
#endif
};

enum { BOMBS = sizeof bombs / sizeof bombs[0] };

START_TEST(a_bomb_is_refused_by_its_header)
{
    struct tn_error err;

    ck_assert_int_eq(decode(bombs[_i].bytes, bombs[_i].size, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "more than the limit") != NULL, "%s", err.text);
}
END_TEST

#ifdef IMAGE_HAVE_HEIF
/* The coded picture, the tiles and the canvas of a grid count, whatever the properties say. */
START_TEST(a_heif_file_that_is_larger_than_it_says_is_refused)
{
    enum { CODED = 64 * 64 }; /* HEVC fills 48 x 32 pixels up to a whole block */
    static const struct {
        const char *file;
        size_t max_pixels;
        enum tn_status status;
        const char *text;
    } cases[] = {
        {"small-ispe.heic", CODED - 1, TN_RANGE, "64 x 64 pixels are more than the limit"},
        {"small-ispe.avif", WIDTH * HEIGHT - 1, TN_RANGE, "48 x 32 pixels are more than the limit"},
        /* "is not 16 x 16 as its header says"; libheif 1.19: "does not have the size signaled" */
        {"small-ispe.heic", CODED, TN_FORMAT, " not "},
        {"small-ispe.avif", WIDTH * HEIGHT, TN_FORMAT, " not "},
        {"grid.heic", CODED, TN_OK, NULL},
        {"grid.avif", 2 * WIDTH * HEIGHT, TN_OK, NULL},
        {"grid.avif", 2 * WIDTH * HEIGHT - 1, TN_RANGE, "96 x 32 pixels are more than the limit"},
        {"grid-canvas.heic", 250000000, TN_RANGE, "32000 x 32000 pixels are more than the limit"},
        {"grid-canvas.avif", 250000000, TN_RANGE, "32000 x 32000 pixels are more than the limit"},
        {"grid-circle.heic", 250000000, TN_UNSUPPORTED,
         "made of others in this way cannot be read"},
        {"grid-circle.avif", 250000000, TN_UNSUPPORTED,
         "made of others in this way cannot be read"},
        {"bad-self.heic", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-self.avif", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-nothing.heic", 250000000, TN_UNSUPPORTED,
         "made of others in this way cannot be read"},
        {"bad-nothing.avif", 250000000, TN_UNSUPPORTED,
         "made of others in this way cannot be read"},
        {"bad-circle.heic", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-circle.avif", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-alpha.heic", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-alpha.avif", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-alpha2.heic", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-alpha2.avif", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-many.heic", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-many.avif", 250000000, TN_UNSUPPORTED, "made of others in this way cannot be read"},
        {"bad-canvas.heic", 250000000, TN_RANGE, "15000 x 15000 pixels of HEIC may need"},
        {"bad-canvas.avif", 250000000, TN_RANGE, "15000 x 15000 pixels of AVIF may need"},
    };
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image = {0};
    struct tn_error err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        options.max_pixels = cases[i].max_pixels;
        err.text[0] = 0;
        ck_assert_msg(image_load(data_path(cases[i].file), &options, &image, &err) ==
                          cases[i].status,
                      "%s: %s", cases[i].file, err.text);
        ck_assert_msg(!cases[i].text || strstr(err.text, cases[i].text), "%s: %s", cases[i].file,
                      err.text);
        image_finish(&image);
    }
}
END_TEST

/* Whatever byte is wrong: no crash, and no picture but of the size that was allowed. */
START_TEST(a_damaged_heif_file_does_no_harm)
{
    static const char *const files[] = {"grid.heic", "grid.avif", "rgba.heic", "rgba.avif"};
    size_t size;
    unsigned char *bytes = read_picture(files[_i], &size);
    const size_t end = size < 900 ? size : 900; /* the boxes and the parameter sets */

    for (size_t at = 0; at < end; at++) {
        const unsigned char good = bytes[at];

        for (unsigned bit = 0; bit < 8; bit += 3) {
            struct tn_error err = {TN_OK, ""};
            enum tn_status status;

            bytes[at] = (unsigned char)(good ^ 1U << bit);
            status = decode(bytes, size, &err);
            ck_assert_msg(status == TN_OK || strncmp(err.text, "photo: ", 7) == 0, "%s", err.text);
        }
        bytes[at] = good;
    }
    free(bytes);
}
END_TEST
#endif

START_TEST(the_limits_are_the_callers)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image;
    struct tn_error err;

    options.max_pixels = WIDTH * HEIGHT - 1;
    ck_assert_int_eq(image_load(data_path(pictures[_i].file), &options, &image, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "pixels are more than the limit of 1535") != NULL, "%s",
                  err.text);
    options.max_pixels = WIDTH * HEIGHT;
    options.max_memory = WIDTH * HEIGHT;
    ck_assert_int_eq(image_load(data_path(pictures[_i].file), &options, &image, &err), TN_RANGE);
}
END_TEST

START_TEST(formats_are_told_by_their_first_bytes)
{
    for (size_t i = 0; i < PICTURES; i++) {
        size_t size;
        unsigned char *bytes = read_picture(pictures[i].file, &size);
        const char *const *name = image_formats();
        const char *format = image_format(bytes, image_is_raw(bytes, size) ? size : 32);

        ck_assert_msg(format != NULL, "%s", pictures[i].file);
        while (*name && strcmp(*name, format) != 0)
            name++;
        ck_assert_msg(*name != NULL, "%s is missing in image_formats()", format);
        free(bytes);
    }
    ck_assert_ptr_null(image_format((const unsigned char *)"plain text", 10));
    ck_assert_ptr_null(image_format((const unsigned char *)"", 0));
}
END_TEST

START_TEST(a_saved_png_reads_back)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    unsigned char rgb[5 * 3 * 3];
    struct image image = {5, 3, rgb}, again;
    struct tn_error err;
    char folder[TEST_FOLDER_SIZE], path[96];

    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (unsigned char)(i * 37);
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/saved.png", folder);
    ck_assert_msg(image_save_png(&image, path, &err) == TN_OK, "%s", err.text);
    ck_assert(image_load(path, &options, &again, NULL) == TN_OK);
    ck_assert_uint_eq(again.width, 5);
    ck_assert_uint_eq(again.height, 3);
    ck_assert_mem_eq(again.rgb, rgb, sizeof rgb);
    image_finish(&again);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* and nothing was left beside it */
    ck_assert_int_eq(image_save_png(&image, path, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "saved.png"));
    image.width = 0;
    ck_assert_int_eq(image_save_png(&image, path, &err), TN_RANGE);
}
END_TEST

/* Its quarters in the colours of the test pictures. */
static struct image quarters_image(unsigned char *rgb)
{
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 3; i++) {
        const size_t x = i / 3 % WIDTH, y = i / 3 / WIDTH;

        rgb[i] = (unsigned char)colours.rgb[y / (HEIGHT / 2) * 2 + x / (WIDTH / 2)][i % 3];
    }
    return (struct image){WIDTH, HEIGHT, rgb};
}

START_TEST(a_written_jpeg_reads_back_nearly_the_same)
{
    unsigned char rgb[WIDTH * HEIGHT * 3];
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    const struct image image = quarters_image(rgb);
    struct image again;
    struct tn_error err;
    char *bytes;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);

    ck_assert_ptr_nonnull(stream);
    ck_assert_msg(image_write_jpeg(&image, 90, stream, &err) == TN_OK, "%s", err.text);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_str_eq(image_format((unsigned char *)bytes, size), "JPEG");
    ck_assert_msg(image_decode((unsigned char *)bytes, size, "memory", &options, &again, &err) ==
                      TN_OK,
                  "%s", err.text);
    ck_assert_uint_eq(again.width, WIDTH);
    ck_assert_uint_eq(again.height, HEIGHT);
    for (size_t q = 0; q < 4; q++) { /* not at the edges, where halved colours mix */
        const size_t x = WIDTH / 4 + q % 2 * WIDTH / 2, y = HEIGHT / 4 + q / 2 * HEIGHT / 2;

        for (size_t c = 0; c < 3; c++)
            ck_assert_int_le(abs(again.rgb[(y * WIDTH + x) * 3 + c] - colours.rgb[q][c]), 3);
    }
    image_finish(&again);
    free(bytes);
}
END_TEST

START_TEST(a_lower_quality_takes_fewer_bytes)
{
    unsigned char rgb[WIDTH * HEIGHT * 3];
    const struct image image = {WIDTH, HEIGHT, rgb};
    size_t size[2];

    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (unsigned char)(i * i / 64);
    for (size_t i = 0; i < 2; i++) {
        char *bytes;
        FILE *stream = open_memstream(&bytes, &size[i]);

        ck_assert_ptr_nonnull(stream);
        ck_assert(image_write_jpeg(&image, i ? 95 : 40, stream, NULL) == TN_OK);
        ck_assert_int_eq(fclose(stream), 0);
        free(bytes);
    }
    ck_assert_uint_lt(size[0], size[1]);
}
END_TEST

START_TEST(a_jpeg_that_cannot_be_written_is_told)
{
    unsigned char rgb[WIDTH * HEIGHT * 3];
    struct image image = quarters_image(rgb);
    struct tn_error err;
    FILE *full = fopen("/dev/full", "wb");

    ck_assert_ptr_nonnull(full);
    ck_assert_int_eq(image_write_jpeg(&image, 90, full, &err), TN_IO);
    ck_assert_msg(strstr(err.text, "cannot write a JPEG: ") != NULL, "%s", err.text);
    fclose(full);
    image.height = 0;
    ck_assert_int_eq(image_write_jpeg(&image, 90, stdout, &err), TN_RANGE);
    image.height = 65501;
    ck_assert_int_eq(image_write_jpeg(&image, 90, stdout, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "48 x 65501") != NULL, "%s", err.text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("image");
    TCase *good = tcase_create("decoding"), *bad = tcase_create("refusals");

    tcase_add_loop_test(good, pictures_come_out_upright_and_in_their_colours, 0, PICTURES);
    tcase_add_loop_test(good, pictures_are_reduced_while_they_are_decoded, 0, PICTURES);
    tcase_add_loop_test(good, a_reduced_pixel_is_the_mean_of_its_block, 0, 4);
    tcase_add_test(good, what_is_small_already_is_not_reduced);
    tcase_add_loop_test(good, a_file_and_its_bytes_give_the_same_pixels, 0, PICTURES);
    tcase_add_loop_test(good, scaled_decoding_leaves_three_times_the_wanted_side, 0, 8);
    tcase_add_test(good, formats_are_told_by_their_first_bytes);
    tcase_add_test(good, a_saved_png_reads_back);
    tcase_add_test(good, a_written_jpeg_reads_back_nearly_the_same);
    tcase_add_test(good, a_lower_quality_takes_fewer_bytes);
    tcase_add_test(bad, a_jpeg_that_cannot_be_written_is_told);
    suite_add_tcase(suite, good);
    tcase_add_loop_test(bad, a_truncated_file_is_an_error, 0, PICTURES);
    tcase_add_loop_test(bad, the_limits_are_the_callers, 0, PICTURES);
    tcase_add_loop_test(bad, a_bomb_is_refused_by_its_header, 0, BOMBS);
    tcase_add_loop_test(bad, kinds_that_cannot_be_read_are_refused_by_name, 0, 2);
#ifdef IMAGE_HAVE_HEIF
    tcase_add_test(bad, a_heif_file_that_is_larger_than_it_says_is_refused);
    tcase_add_loop_test(bad, a_damaged_heif_file_does_no_harm, 0, 4);
#endif
    tcase_add_test(bad, foreign_files_are_refused_by_name);
    tcase_add_test(bad, paths_that_hold_no_file_are_refused);
    suite_add_tcase(suite, bad);
    return suite;
}
