/* SPDX-License-Identifier: MIT */
/* TIFF files that were made to do harm, or that are broken: refused by what they are, at no more
 * cost than others.  How good ones come out, test_image.c shows. */
#include "image/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum {
    SHORT = 3,
    LONG = 4,
    WIDTH = 256,
    HEIGHT,
    BITS,
    COMPRESSION,
    PHOTOMETRIC = 262,
    OFFSETS = 273,
    SAMPLES = 277,
    ROWS,
    COUNTS,
    PLANES = 284,
    TILE_WIDTH = 322,
    TILE_HEIGHT,
    TILE_OFFSETS,
    TILE_COUNTS,
};

struct field {
    unsigned tag, type;
    uint32_t count, value; /* the value, or its offset */
};

/* A little-endian file of one directory at 8, `size` bytes in all, zeros behind it. */
struct file {
    unsigned char *bytes;
    size_t size;
};

static void put(unsigned char *at, uint32_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static struct file make_file(const struct field *fields, size_t count, size_t size)
{
    struct file file = {calloc(size, 1), size};

    ck_assert_ptr_nonnull(file.bytes);
    ck_assert_uint_ge(size, 14 + 12 * count);
    memcpy(file.bytes, "II*\0\x08", 5);
    put(file.bytes + 8, (uint32_t)count, 2);
    for (size_t i = 0; i < count; i++) {
        unsigned char *entry = file.bytes + 10 + 12 * i;

        put(entry, fields[i].tag, 2);
        put(entry + 2, fields[i].type, 2);
        put(entry + 4, fields[i].count, 4);
        put(entry + 8, fields[i].value, 4);
    }
    return file;
}

static enum tn_status decode(const struct file *file, struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image = {0};
    enum tn_status status;

    err->text[0] = '\0';
    status = image_decode(file->bytes, file->size, "photo", &options, &image, err);
    image_finish(&image);
    return status;
}

static void expect(struct file file, enum tn_status status, const char *text)
{
    struct tn_error err;
    const enum tn_status got = decode(&file, &err);

    ck_assert_msg(got == status && strstr(err.text, text), "%d: %s, expected: %s", (int)got,
                  err.text, text);
    free(file.bytes);
}

/* 64 x 64 grey pixels, with one value changed. */
static struct file with(unsigned tag, uint32_t value)
{
    struct field fields[] = {
        {WIDTH, LONG, 1, 64},       {HEIGHT, LONG, 1, 64},      {BITS, SHORT, 1, 8},
        {COMPRESSION, SHORT, 1, 1}, {PHOTOMETRIC, SHORT, 1, 1}, {OFFSETS, LONG, 1, 200},
        {SAMPLES, SHORT, 1, 1},     {ROWS, LONG, 1, 64},        {COUNTS, LONG, 1, 4096},
        {PLANES, SHORT, 1, 1},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };

    for (size_t i = 0; i < COUNT; i++)
        if (fields[i].tag == tag)
            fields[i].value = value;
    return make_file(fields, COUNT, 200 + 4096);
}

START_TEST(numbers_that_no_photo_has_are_refused_before_libtiff_sees_them)
{
    expect(with(0, 0), TN_OK, "");
    expect(with(WIDTH, UINT32_MAX), TN_RANGE, "pixels are more than the limit of 250000000");
    expect(with(HEIGHT, UINT32_MAX), TN_RANGE, "pixels are more than the limit of 250000000");
    expect(with(HEIGHT, 2000000), TN_RANGE, "the longer side is more than the limit of 1048576");
    expect(with(WIDTH, 0), TN_FORMAT, "the TIFF picture has no pixels");
    expect(with(HEIGHT, 0), TN_FORMAT, "the TIFF picture has no pixels");
    expect(with(BITS, 65535), TN_UNSUPPORTED, "of 65535 bits cannot be read");
    expect(with(BITS, 17), TN_UNSUPPORTED, "of 17 bits cannot be read");
    expect(with(PHOTOMETRIC, 7), TN_UNSUPPORTED, "photometric interpretation 7");
    expect(with(PHOTOMETRIC, 2), TN_UNSUPPORTED, "with 1 samples of 8 bits cannot be read");
    expect(with(COMPRESSION, 34661), TN_UNSUPPORTED, "TIFF with compression 34661 cannot be read");
    expect(with(COMPRESSION, 12345), TN_UNSUPPORTED, "TIFF with compression 12345 cannot be read");
    expect(with(OFFSETS, UINT32_MAX), TN_FORMAT, "photo: cannot read TIFF: ");
    expect(with(OFFSETS, 201), TN_FORMAT, "photo: cannot read TIFF: ");
}
END_TEST

START_TEST(samples_beyond_count_are_refused)
{
    expect(with(SAMPLES, 65535), TN_FORMAT, "photo: ");
}
END_TEST

/* Each of so many fields would be copied. */
START_TEST(many_fields_of_the_same_bytes_are_refused)
{
    enum { FIELDS = 2000, SIZE = 4 << 20 };
    struct field *fields = calloc(FIELDS, sizeof *fields);

    ck_assert_ptr_nonnull(fields);
    fields[0] = (struct field){WIDTH, LONG, 1, 64};
    fields[1] = (struct field){HEIGHT, LONG, 1, 64};
    for (size_t i = 2; i < FIELDS; i++)
        fields[i] = (struct field){(unsigned)(40000 + i), LONG, (SIZE - 32000) / 4, 32000};
    expect(make_file(fields, FIELDS, SIZE), TN_RANGE, "MiB of memory, more than the limit");
    free(fields);
}
END_TEST

static struct file tiled(uint32_t width, uint32_t height, uint32_t tile, uint32_t samples,
                         uint32_t planes)
{
    const struct field fields[] = {
        {WIDTH, LONG, 1, width},      {HEIGHT, LONG, 1, height},    {BITS, SHORT, 1, 8},
        {COMPRESSION, SHORT, 1, 8},   {PHOTOMETRIC, SHORT, 1, 1},   {SAMPLES, SHORT, 1, samples},
        {PLANES, SHORT, 1, planes},   {TILE_WIDTH, LONG, 1, tile},  {TILE_HEIGHT, LONG, 1, tile},
        {TILE_OFFSETS, LONG, 1, 200}, {TILE_COUNTS, LONG, 1, 4000},
    };

    return make_file(fields, sizeof fields / sizeof fields[0], 4200);
}

START_TEST(tiles_are_bounded_in_size_and_number)
{
    expect(tiled(15000, 15000, 1, 1, 1), TN_RANGE, "MiB of memory, more than the limit");
    expect(tiled(64, 64, 0, 1, 1), TN_FORMAT, "photo: ");
    expect(tiled(64, 64, 1 << 20, 1, 1), TN_RANGE, "MiB of memory, more than the limit");
    expect(tiled(64, 64, UINT32_MAX - 15, 1, 1), TN_FORMAT, "photo: ");
    expect(tiled(1000, 1000, 16, 65535, 2), TN_RANGE, "MiB of memory, more than the limit");
    expect(tiled(10000, 10000, 16, 65535, 1), TN_RANGE,
           "more than the limit of 16 bytes per pixel");
}
END_TEST

/* A strip's bytes are decoded as often as a strip names them. */
START_TEST(strips_of_the_same_bytes_are_refused)
{
    enum { STRIPS = 4000, TABLES = 256, DATA = TABLES + 8 * STRIPS, BYTES = 100000 };
    const struct field fields[] = {
        {WIDTH, LONG, 1, 64},
        {HEIGHT, LONG, 1, STRIPS},
        {BITS, SHORT, 1, 8},
        {COMPRESSION, SHORT, 1, 8},
        {PHOTOMETRIC, SHORT, 1, 1},
        {OFFSETS, LONG, STRIPS, TABLES},
        {SAMPLES, SHORT, 1, 1},
        {ROWS, LONG, 1, 1},
        {COUNTS, LONG, STRIPS, TABLES + 4 * STRIPS},
    };
    struct file file = make_file(fields, sizeof fields / sizeof fields[0], DATA + BYTES);

    for (size_t i = 0; i < STRIPS; i++) {
        put(file.bytes + TABLES + 4 * i, DATA, 4);
        put(file.bytes + TABLES + 4 * (STRIPS + i), BYTES, 4);
    }
    expect(file, TN_FORMAT, "the parts of the TIFF picture share their bytes");
}
END_TEST

static struct file read_picture(const char *name)
{
    struct file file = {malloc(1 << 16), 0};
    char path[512];
    FILE *in;

    snprintf(path, sizeof path, "%s/images/%s", getenv("TEST_DATA"), name);
    in = fopen(path, "rb");
    ck_assert_msg(in != NULL, "%s", path);
    ck_assert_ptr_nonnull(file.bytes);
    file.size = fread(file.bytes, 1, 1 << 16, in);
    fclose(in);
    return file;
}

START_TEST(scans_of_a_jpeg_within_are_counted)
{
    enum { SCANS = 40, SCAN = 10 };
    static const unsigned char scan[SCAN] = {0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0};
    struct file jpeg = read_picture("rgb.jpg");
    const struct field fields[] = {
        {WIDTH, LONG, 1, 48},
        {HEIGHT, LONG, 1, 32},
        {BITS, SHORT, 1, 8},
        {COMPRESSION, SHORT, 1, 7},
        {PHOTOMETRIC, SHORT, 1, 6},
        {OFFSETS, LONG, 1, 200},
        {SAMPLES, SHORT, 1, 3},
        {ROWS, LONG, 1, 32},
        {COUNTS, LONG, 1, (uint32_t)(jpeg.size + SCANS * SCAN)},
    };
    struct file file =
        make_file(fields, sizeof fields / sizeof fields[0], 200 + jpeg.size + SCANS * SCAN);

    memcpy(file.bytes + 200, jpeg.bytes, jpeg.size);
    for (size_t i = 0; i < SCANS; i++)
        memcpy(file.bytes + 200 + jpeg.size + i * SCAN, scan, SCAN);
    expect(file, TN_FORMAT, "41 JPEG scans in the TIFF file are more than the limit of 32");
    free(jpeg.bytes);
}
END_TEST

/* The value of a field of a little-endian file's first directory. */
static unsigned char *value_of(struct file *file, unsigned tag)
{
    unsigned char *entry = file->bytes + (file->bytes[4] | file->bytes[5] << 8) + 2;

    while ((entry[0] | entry[1] << 8) != (int)tag)
        entry += 12;
    return entry + 8;
}

/* Of many faxes the number of lines is a guess. */
START_TEST(what_a_fax_lacks_is_white)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct file file = read_picture("g3.tif");
    struct image image;
    struct tn_error err;

    value_of(&file, HEIGHT)[0] = value_of(&file, ROWS)[0] = 40;
    ck_assert_msg(image_decode(file.bytes, file.size, "photo", &options, &image, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_uint_eq(image.height, 40);
    ck_assert_uint_eq(image.rgb[7 * image.width * 3], 0); /* of its one strip */
    ck_assert_uint_eq(image.rgb[39 * image.width * 3], 255);
    image_finish(&image);
    free(file.bytes);
}
END_TEST

START_TEST(directories_in_a_circle_end)
{
    struct file file = read_picture("loop.tif");
    struct tn_error err;

    ck_assert_msg(decode(&file, &err) == TN_OK, "%s", err.text);
    free(file.bytes);
}
END_TEST

/* Whatever byte is wrong: no crash, no line on stderr but ours, and no picture too large. */
START_TEST(a_damaged_tiff_file_does_no_harm)
{
    static const char *const files[] = {"jpeg.tif",  "old-jpeg.tif", "planes-alpha.tif",
                                        "tiles.tif", "palette4.tif", "ycbcr.tif",
                                        "lzw.tif",   "g3.tif",       "big.tif"};
    struct file file = read_picture(files[_i]);

    for (size_t at = 0; at < file.size; at++) {
        const unsigned char good = file.bytes[at];

        for (unsigned bit = 0; bit < 8; bit += 3) {
            struct tn_error err;

            file.bytes[at] = (unsigned char)(good ^ 1U << bit);
            if (decode(&file, &err) != TN_OK)
                ck_assert_msg(strncmp(err.text, "photo: ", 7) == 0, "%s", err.text);
        }
        file.bytes[at] = good;
    }
    free(file.bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tiff");
    TCase *tcase = tcase_create("tiff");

    tcase_add_test(tcase, numbers_that_no_photo_has_are_refused_before_libtiff_sees_them);
    tcase_add_test(tcase, samples_beyond_count_are_refused);
    tcase_add_test(tcase, many_fields_of_the_same_bytes_are_refused);
    tcase_add_test(tcase, tiles_are_bounded_in_size_and_number);
    tcase_add_test(tcase, strips_of_the_same_bytes_are_refused);
    tcase_add_test(tcase, scans_of_a_jpeg_within_are_counted);
    tcase_add_test(tcase, what_a_fax_lacks_is_white);
    tcase_add_test(tcase, directories_in_a_circle_end);
    tcase_add_loop_test(tcase, a_damaged_tiff_file_does_no_harm, 0, 9);
    suite_add_tcase(suite, tcase);
    return suite;
}
