/* SPDX-License-Identifier: MIT */
/* One picture stored in many ways becomes the same pixels: in every lossless format and every
 * orientation, reduced while it is decoded or not.  A JPEG's inverse DCT reduces it nearly so. */
#include "image/image.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* Sides of which blocks of 2, 4 and 8 are cut. */
enum { WIDTH = 101, HEIGHT = 83, PIXELS = WIDTH * HEIGHT, BYTES = 3 * PIXELS };
/* The picture is then reduced by 1, 2, 4 and 8. */
static const size_t wanted_sides[] = {0, 11, 6, 3};
enum { WANTED_SIDES = sizeof wanted_sides / sizeof *wanted_sides, ORIENTATIONS = 8 };

struct file {
    unsigned char bytes[2 * BYTES];
    size_t size;
};

static void put(struct file *file, const void *bytes, size_t size)
{
    ck_assert_uint_le(file->size + size, sizeof file->bytes);
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

static void put_number(struct file *file, uint32_t value, size_t count, bool big)
{
    unsigned char bytes[4];

    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> 8 * (big ? count - 1 - i : i));
    put(file, bytes, count);
}

/* No two pixels near each other are alike. */
static void paint(unsigned char *rgb)
{
    for (size_t i = 0; i < BYTES; i++)
        rgb[i] = (unsigned char)(i * i * 31 >> 3 ^ i >> 4);
}

/* ---- The formats ---- */

static void write_ppm(struct file *file, const struct image *image)
{
    char head[64];
    const int length = sprintf(head, "P6 %zu %zu 255\n", image->width, image->height);

    put(file, head, (size_t)length);
    put(file, image->rgb, 3 * image->width * image->height);
}

static void put_bgr(struct file *file, const unsigned char *pixel)
{
    const unsigned char bgr[3] = {pixel[2], pixel[1], pixel[0]};

    put(file, bgr, sizeof bgr);
}

/* Rows from the bottom, each a multiple of four bytes. */
static void write_bmp(struct file *file, const struct image *image)
{
    enum { HEAD = 54 };
    const size_t padding = (4 - 3 * image->width % 4) % 4;
    const size_t bytes = (3 * image->width + padding) * image->height;
    const uint32_t fields[] = {
        (uint32_t)(HEAD + bytes), 0,           HEAD, HEAD - 14, (uint32_t)image->width,
        (uint32_t)image->height,  1 | 24 << 16};

    put(file, "BM", 2);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        put_number(file, fields[i], 4, false);
    for (size_t i = file->size; i < HEAD; i++)
        put(file, "", 1);
    for (size_t y = image->height; y-- > 0;) {
        for (size_t x = 0; x < image->width; x++)
            put_bgr(file, image->rgb + 3 * (y * image->width + x));
        put(file, "\0\0", padding);
    }
}

static void write_tga(struct file *file, const struct image *image)
{
    static const unsigned char head[12] = {0, 0, 2};

    put(file, head, sizeof head);
    put_number(file, (uint32_t)image->width, 2, false);
    put_number(file, (uint32_t)image->height, 2, false);
    put(file, "\x18\x20", 2); /* 24 bits, from the top */
    for (size_t i = 0; i < image->width * image->height; i++)
        put_bgr(file, image->rgb + 3 * i);
    put(file, "\0\0\0\0\0\0\0\0TRUEVISION-XFILE.", 26);
}

/* What says the orientation: a TIFF file of one field. */
static void put_orientation(struct file *file, uint32_t orientation)
{
    put(file, "II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0", 18);
    put_number(file, orientation, 4, false);
    put_number(file, 0, 4, false);
}

static uint32_t check_sum(const unsigned char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

/* Behind the header stands a chunk with the orientation. */
static void write_png(struct file *file, const struct image *image, uint32_t orientation)
{
    enum { HEAD = 33 };
    struct file plain = {.size = 0}, exif = {.size = 0};
    char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 16];
    FILE *stream;

    test_folder_make(folder);
    sprintf(path, "%s/a.png", folder);
    ck_assert(image_save_png(image, path, NULL) == TN_OK);
    stream = fopen(path, "rb");
    ck_assert_ptr_nonnull(stream);
    plain.size = fread(plain.bytes, 1, sizeof plain.bytes, stream);
    fclose(stream);
    test_folder_remove(folder);
    put(&exif, "eXIf", 4);
    put_orientation(&exif, orientation);
    put(file, plain.bytes, HEAD);
    put_number(file, (uint32_t)exif.size - 4, 4, true);
    put(file, exif.bytes, exif.size);
    put_number(file, check_sum(exif.bytes, exif.size), 4, true);
    put(file, plain.bytes + HEAD, plain.size - HEAD);
}

#ifdef IMAGE_HAVE_TIFF
/* One strip behind ten fields: tag, type (3: 16 bits, 4: 32 bits), value. */
static void write_tiff(struct file *file, const struct image *image, uint32_t orientation)
{
    enum { FIELDS = 10, BITS = 8 + 2 + 12 * FIELDS + 4, STRIP = BITS + 6 };
    const uint32_t width = (uint32_t)image->width, height = (uint32_t)image->height;
    const uint32_t fields[FIELDS][4] = {{256, 4, 1, width},       {257, 4, 1, height},
                                        {258, 3, 3, BITS},        {259, 3, 1, 1},
                                        {262, 3, 1, 2},           {273, 4, 1, STRIP},
                                        {274, 3, 1, orientation}, {277, 3, 1, 3},
                                        {278, 4, 1, height},      {279, 4, 1, 3 * width * height}};

    put(file, "II*\0\10\0\0\0\12\0", 10);
    for (size_t i = 0; i < FIELDS; i++) {
        put_number(file, fields[i][0], 2, false);
        put_number(file, fields[i][1], 2, false);
        put_number(file, fields[i][2], 4, false);
        put_number(file, fields[i][3], 4, false);
    }
    put(file, "\0\0\0\0\10\0\10\0\10\0", 10);
    put(file, image->rgb, 3 * (size_t)width * height);
}
#endif

/* ---- The tests ---- */

static struct image read_reduced(const struct file *file, size_t wanted)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct tn_error err;
    struct image image;

    options.wanted_side = wanted;
    ck_assert_msg(image_decode(file->bytes, file->size, "photo", &options, &image, &err) == TN_OK,
                  "%s", err.text);
    return image;
}

static void expect_same(const struct file *file, const struct file *reference, const char *what)
{
    for (size_t i = 0; i < WANTED_SIDES; i++) {
        struct image got = read_reduced(file, wanted_sides[i]);
        struct image want = read_reduced(reference, wanted_sides[i]);

        ck_assert_uint_eq(want.width, (WIDTH - 1) / ((size_t)1 << i) + 1);
        ck_assert_uint_eq(got.width, want.width);
        ck_assert_uint_eq(got.height, want.height);
        ck_assert_msg(memcmp(got.rgb, want.rgb, 3 * want.width * want.height) == 0,
                      "%s, wanted %zu", what, wanted_sides[i]);
        image_finish(&got);
        image_finish(&want);
    }
}

START_TEST(lossless_formats_give_the_same_pixels)
{
    unsigned char rgb[BYTES];
    const struct image image = {WIDTH, HEIGHT, rgb};
    struct file ppm = {.size = 0}, bmp = {.size = 0}, tga = {.size = 0}, png = {.size = 0};

    paint(rgb);
    write_ppm(&ppm, &image);
    write_bmp(&bmp, &image);
    write_tga(&tga, &image);
    write_png(&png, &image, 1);
    expect_same(&bmp, &ppm, "BMP");
    expect_same(&tga, &ppm, "TGA");
    expect_same(&png, &ppm, "PNG");
}
END_TEST

static struct image load_reduced(const char *name, size_t wanted)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct tn_error err;
    struct image image;
    char path[4096];

    snprintf(path, sizeof path, "%s/images/%s", getenv("TEST_DATA"), name);
    options.wanted_side = wanted;
    ck_assert_msg(image_load(path, &options, &image, &err) == TN_OK, "%s", err.text);
    return image;
}

/* Files of 37 x 29 pixels (tools/make_test_images.py), by libraries that might reduce them
 * themselves. */
START_TEST(lossless_formats_of_libraries_give_the_same_pixels)
{
    static const char *const names[] = {
        "odd.png",
#ifdef IMAGE_HAVE_WEBP
        "odd.webp",
#endif
#ifdef IMAGE_HAVE_JXL
        "odd.jxl",
#endif
#ifdef IMAGE_HAVE_TIFF
        "odd.tif",
#endif
    };
    static const size_t wanted[] = {0, 5, 2, 1}; /* by 1, 2, 4 and 8 */
    const size_t by = (size_t)1 << _i;
    struct image want = load_reduced(names[0], wanted[_i]);

    ck_assert_uint_eq(want.width, (37 - 1) / by + 1);
    for (size_t i = 1; i < sizeof names / sizeof *names; i++) {
        struct image got = load_reduced(names[i], wanted[_i]);

        ck_assert_uint_eq(got.width, want.width);
        ck_assert_uint_eq(got.height, want.height);
        ck_assert_msg(memcmp(got.rgb, want.rgb, 3 * want.width * want.height) == 0, "%s by %zu",
                      names[i], by);
        image_finish(&got);
    }
    image_finish(&want);
}
END_TEST

/* The picture as it is stored so that the orientation turns it upright: where its pixel x, y lies.
 */
static size_t stored_place(unsigned orientation, size_t x, size_t y)
{
    const size_t right = WIDTH - 1 - x, below = HEIGHT - 1 - y;
    const size_t places[ORIENTATIONS] = {
        y * WIDTH + x,  y * WIDTH + right,  below * WIDTH + right,  below * WIDTH + x,
        x * HEIGHT + y, right * HEIGHT + y, right * HEIGHT + below, x * HEIGHT + below};

    return places[orientation - 1];
}

START_TEST(all_orientations_give_the_same_pixels)
{
    const unsigned orientation = (unsigned)_i;
    const bool turned = orientation >= 5;
    unsigned char rgb[BYTES], stored[BYTES];
    const struct image upright = {WIDTH, HEIGHT, rgb};
    const struct image image = {turned ? HEIGHT : WIDTH, turned ? WIDTH : HEIGHT, stored};
    struct file ppm = {.size = 0}, file = {.size = 0};

    paint(rgb);
    for (size_t i = 0; i < PIXELS; i++)
        memcpy(stored + 3 * stored_place(orientation, i % WIDTH, i / WIDTH), rgb + 3 * i, 3);
    write_ppm(&ppm, &upright);
    write_png(&file, &image, orientation);
    expect_same(&file, &ppm, "PNG");
#ifdef IMAGE_HAVE_TIFF
    file.size = 0;
    write_tiff(&file, &image, orientation);
    expect_same(&file, &ppm, "TIFF");
#endif
}
END_TEST

/* Waves that grow shorter to the right and down, under patches with edges. */
static void paint_scene(unsigned char *rgb, size_t width, size_t height)
{
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            const double u = (double)x / (double)width, v = (double)y / (double)height;
            const double wave = sin(20 * u * u) + cos(20 * v * v);
            const int patch = (int)(9 * u) % 2 == (int)(7 * v) % 2 ? 8 : -8;

            for (size_t c = 0; c < 3; c++)
                rgb[3 * (y * width + x) + c] =
                    (unsigned char)(128 + patch * (int)(c + 1) / 3 + (int)(40 * wave));
        }
}

static double distance(const struct image *a, const struct image *b, size_t side)
{
    const size_t bytes = 3 * side * side;
    unsigned char *first = malloc(bytes), *second = malloc(bytes);
    double sum = 0;

    ck_assert(first && second);
    ck_assert(image_resize(a, side, side, first, NULL) == TN_OK);
    ck_assert(image_resize(b, side, side, second, NULL) == TN_OK);
    for (size_t i = 0; i < bytes; i++)
        sum += (first[i] - second[i]) * (first[i] - second[i]);
    free(first);
    free(second);
    return sqrt(sum / (double)bytes);
}

/* Shrunk by the inverse DCT and then resized, or resized alone. */
START_TEST(a_jpeg_reduced_by_its_decoder_is_nearly_the_same)
{
    enum { SIDE = 64 };
    static const size_t widths[] = {SIDE * 3 * 2 - 1, SIDE * 3 * 2, 437, 611, 1027, 1800, 3333};
    const size_t width = widths[_i], height = width * 3 / 4 + 110;
    unsigned char *rgb = malloc(3 * width * height);
    const struct image scene = {width, height, rgb};
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image whole, reduced;
    char *bytes;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);

    ck_assert(rgb && stream);
    paint_scene(rgb, width, height);
    ck_assert(image_write_jpeg(&scene, 90, stream, NULL) == TN_OK);
    fclose(stream);
    ck_assert(image_decode((unsigned char *)bytes, size, "a", &options, &whole, NULL) == TN_OK);
    options.wanted_side = SIDE;
    ck_assert(image_decode((unsigned char *)bytes, size, "a", &options, &reduced, NULL) == TN_OK);
    ck_assert_double_lt(distance(&whole, &reduced, SIDE), 2.2);
    image_finish(&whole);
    image_finish(&reduced);
    free(bytes);
    free(rgb);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("same picture");
    TCase *tests = tcase_create("same picture");

    tcase_add_test(tests, lossless_formats_give_the_same_pixels);
    tcase_add_loop_test(tests, lossless_formats_of_libraries_give_the_same_pixels, 0, 4);
    tcase_add_loop_test(tests, all_orientations_give_the_same_pixels, 1, ORIENTATIONS + 1);
    tcase_add_loop_test(tests, a_jpeg_reduced_by_its_decoder_is_nearly_the_same, 0, 7);
    suite_add_tcase(suite, tests);
    return suite;
}
