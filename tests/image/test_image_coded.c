/* SPDX-License-Identifier: MIT */
/* JPEG XL and JPEG 2000: files that are cut anywhere or damaged, and small ones that would take
 * much memory or time.  What the pictures show is in test_image.c. */
#include "image/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { WIDTH = 48, HEIGHT = 32, MOST = 1 << 14 }; /* of the pictures in data/images */

static const char *const pictures[] = {
#ifdef IMAGE_HAVE_JXL
    "container.jxl",
    "grey-alpha.jxl",
    "layers.jxl",
    "lossless-alpha.jxl",
    "lossless.jxl",
    "lossless16.jxl",
    "lossy-grey.jxl",
    "orientation6.jxl",
    "recompressed.jxl",
#endif
#ifdef IMAGE_HAVE_JP2
    "alpha.jp2",
    "codestream.j2k",
    "grey-alpha.j2k",
    "halved.jp2",
    "lossless.jp2",
    "lossy.jp2",
    "palette.jp2",
    "precincts.jp2",
#endif
    NULL};

enum { PICTURES = sizeof pictures / sizeof pictures[0] - 1 };

static enum tn_status decode(const void *bytes, size_t size, size_t max_pixels,
                             struct tn_error *err)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image = {0};
    enum tn_status status;
    /* Of exactly this size, so that the sanitizer sees a byte too far. */
    unsigned char *copy = malloc(size ? size : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    options.max_pixels = max_pixels;
    err->text[0] = '\0';
    status = image_decode(copy, size, "photo", &options, &image, err);
    ck_assert_msg(status == TN_OK || strncmp(err->text, "photo: ", 7) == 0, "%s", err->text);
    free(copy);
    image_finish(&image);
    return status;
}

/* The bytes of a picture of data/images; returns how many. */
static size_t read_picture(const char *file, unsigned char bytes[MOST])
{
    char path[4096];
    FILE *stream;
    size_t size;

    snprintf(path, sizeof path, "%s/images/%s", getenv("TEST_DATA"), file);
    stream = fopen(path, "rb");
    ck_assert_msg(stream != NULL, "%s", path);
    size = fread(bytes, 1, MOST, stream);
    ck_assert_uint_lt(size, MOST);
    fclose(stream);
    return size;
}

START_TEST(a_file_that_is_cut_anywhere_is_an_error)
{
    unsigned char bytes[MOST];
    const size_t size = read_picture(pictures[_i], bytes);
    struct tn_error err;

    for (size_t cut = 0; cut < size; cut += 1 + cut / 128) /* the headers at each byte */
        ck_assert_msg(decode(bytes, cut, 2 * WIDTH * HEIGHT, &err) != TN_OK,
                      "%s: %zu of %zu bytes are read", pictures[_i], cut, size);
    ck_assert_msg(decode(bytes, size, 2 * WIDTH * HEIGHT, &err) == TN_OK, "%s", err.text);
}
END_TEST

/* Whatever byte is wrong: no crash, and no picture but of the size that was allowed. */
START_TEST(a_damaged_file_does_no_harm)
{
    unsigned char bytes[MOST];
    const size_t size = read_picture(pictures[_i], bytes);
    struct tn_error err;

    for (size_t at = 0; at < size; at += 3) {
        const unsigned char bit = (unsigned char)(1U << at % 8);

        bytes[at] ^= bit;
        (void)decode(bytes, size, WIDTH * HEIGHT, &err);
        bytes[at] ^= bit;
    }
}
END_TEST

#ifdef IMAGE_HAVE_JXL
START_TEST(a_jpeg_xl_file_is_refused_by_its_header)
{
    /* 65535 x 65535, and nothing behind it */
    static const char bomb[] = "\xFF\x0A\xF6\xFF\x07\x00\x32\x00\x00\x00\x00";
    struct tn_error err;

    ck_assert_int_eq(decode(bomb, sizeof bomb - 1, 250000000, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "photo: 65535 x 65535 pixels are more than the limit of 250000000");
}
END_TEST

START_TEST(layers_of_a_jpeg_xl_are_bounded)
{
    unsigned char bytes[MOST];
    const size_t size = read_picture("many-layers.jxl", bytes);
    struct tn_error err;

    ck_assert_int_eq(decode(bytes, size, 10 * WIDTH * HEIGHT, &err), TN_OK);
    ck_assert_int_eq(decode(bytes, size, 9 * WIDTH * HEIGHT, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "photo: the layers of the JPEG XL picture have more pixels than the "
                               "limit of 13824");
}
END_TEST
#endif

#ifdef IMAGE_HAVE_JP2
/* A codestream of one component whose headers say this; its one tile part is empty. */
struct headers {
    unsigned width, height, tile_side, components, layers, levels, precinct;
    unsigned block, exponent; /* block: the logarithm of its side, less 2 */
    enum tn_status status;
    const char *text;
};

static size_t put(unsigned char *bytes, size_t at, size_t count, unsigned value)
{
    for (size_t i = 0; i < count; i++)
        bytes[at + i] = (unsigned char)(value >> 8 * (count - 1 - i));
    return at + count;
}

static size_t write_codestream(const struct headers *headers, unsigned char *bytes)
{
    const unsigned grid[] = {headers->width,     headers->height,    0, 0,
                             headers->tile_side, headers->tile_side, 0, 0};
    size_t at = put(bytes, 0, 4, 0xFF4FFF51);

    at = put(bytes, at, 2, 38 + 3 * headers->components);
    at = put(bytes, at, 2, 0);
    for (size_t i = 0; i < sizeof grid / sizeof grid[0]; i++)
        at = put(bytes, at, 4, grid[i]);
    at = put(bytes, at, 2, headers->components);
    for (unsigned i = 0; i < headers->components; i++)
        at = put(bytes, at, 3, 0x070101);
    at = put(bytes, at, 4, 0xFF520000 + 13 + headers->levels);
    at = put(bytes, at, 2, 0x0100); /* precincts, LRCP */
    at = put(bytes, at, 2, headers->layers);
    at = put(bytes, at, 1, 0); /* components as they are */
    at = put(bytes, at, 1, headers->levels);
    at = put(bytes, at, 4, headers->block << 24 | headers->block << 16 | 1); /* reversible */
    for (unsigned i = 0; i <= headers->levels; i++)
        at = put(bytes, at, 1, headers->precinct);
    at = put(bytes, at, 4, 0xFF5C0000 + 4 + 3 * headers->levels); /* no quantisation */
    at = put(bytes, at, 1, 0x40);
    for (unsigned i = 0; i <= 3 * headers->levels; i++)
        at = put(bytes, at, 1, headers->exponent << 3);
    at = put(bytes, at, 4, 0xFF90000A);
    at = put(bytes, at, 2, 0);
    at = put(bytes, at, 4, 14);
    at = put(bytes, at, 2, 1);
    return put(bytes, at, 4, 0xFF93FFD9);
}

START_TEST(a_jpeg_2000_file_is_refused_by_its_headers)
{
    static const char damaged[] = "photo: the JPEG 2000 file is truncated or damaged";
    static const struct headers cases[] = {
        {65535, 65535, 65535, 1, 1, 5, 0xFF, 0, 9, TN_RANGE, "pixels are more than the limit"},
        {2000000, 1, 2000000, 1, 1, 5, 0xFF, 0, 9, TN_RANGE,
         "the longer side is more than the limit"},
        {15000, 15000, 15000, 3, 1, 5, 0xFF, 0, 9, TN_RANGE, "of JPEG 2000 may need"},
        {10000, 10000, 10000, 1, 1, 0, 0xFF, 4, 30, TN_RANGE,
         "100 million samples of 31 bit planes"},
        {64, 64, 64, 5, 1, 5, 0xFF, 0, 9, TN_UNSUPPORTED,
         "JPEG 2000 with 5 components cannot be read"},
        {64, 64, 64, 3000, 1, 5, 0xFF, 0, 9, TN_UNSUPPORTED, "3000 components cannot be read"},
        {4096, 4096, 1, 1, 1, 0, 0xFF, 0, 9, TN_FORMAT, damaged},    /* tiles of one pixel */
        {1000000, 1, 1, 1, 1, 0, 0xFF, 0, 9, TN_FORMAT, damaged},    /* likewise */
        {4096, 4096, 4096, 1, 1, 0, 0x00, 0, 9, TN_FORMAT, damaged}, /* precincts of one pixel */
        {64, 64, 64, 1, 65535, 0, 0xFF, 0, 9, TN_FORMAT, damaged},   /* more layers than bytes */
        {64, 64, 64, 1, 0, 0, 0xFF, 0, 9, TN_FORMAT, damaged},       /* none */
        {64, 64, 64, 1, 1, 33, 0xFF, 0, 9, TN_FORMAT, damaged}, /* more levels than there are */
        {0, 64, 64, 1, 1, 5, 0xFF, 0, 9, TN_FORMAT, damaged},
        {64, 64, 0, 1, 1, 5, 0xFF, 0, 9, TN_FORMAT, damaged},
    };
    unsigned char bytes[MOST];
    struct tn_error err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t size = write_codestream(&cases[i], bytes);

        ck_assert_msg(decode(bytes, size, 250000000, &err) == cases[i].status, "%zu: %s", i,
                      err.text);
        ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%zu: %s", i, err.text);
    }
}
END_TEST
#endif

Suite *test_suite(void)
{
    Suite *suite = suite_create("image_coded");
    TCase *tcase = tcase_create("coded");

    tcase_add_loop_test(tcase, a_file_that_is_cut_anywhere_is_an_error, 0, PICTURES);
    tcase_add_loop_test(tcase, a_damaged_file_does_no_harm, 0, PICTURES);
#ifdef IMAGE_HAVE_JXL
    tcase_add_test(tcase, a_jpeg_xl_file_is_refused_by_its_header);
    tcase_add_test(tcase, layers_of_a_jpeg_xl_are_bounded);
#endif
#ifdef IMAGE_HAVE_JP2
    tcase_add_test(tcase, a_jpeg_2000_file_is_refused_by_its_headers);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
