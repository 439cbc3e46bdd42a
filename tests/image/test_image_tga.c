/* SPDX-License-Identifier: MIT */
/* TGA files: their pixels, and how they are told from other files. */
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/folder.h"
#include "tests/support/suite.h"

enum { HEADER = 18, FOOTER = 26, AREA = 495, MOST = 1024 };

#define BYTES(text) (text), sizeof(text) - 1

/* A file of two pixels; `data` is what stands behind the header. */
struct file {
    unsigned char kind, palette_count, palette_bits, width, height, bits, descriptor;
    const char *data;
    size_t size;
    unsigned char rgb[2][3];
    int alpha_kind; /* of an extension area; 0: without one */
};

/* Returns the size. */
static size_t write_tga(const struct file *file, bool footer, unsigned char bytes[MOST])
{
    const unsigned char header[HEADER] = {0,
                                          file->palette_count > 0,
                                          file->kind,
                                          0,
                                          0,
                                          file->palette_count,
                                          0,
                                          file->palette_bits,
                                          0,
                                          0,
                                          0,
                                          0,
                                          file->width,
                                          0,
                                          file->height,
                                          0,
                                          file->bits,
                                          file->descriptor};
    size_t size = HEADER + file->size;

    memset(bytes, 0, MOST);
    memcpy(bytes, header, HEADER);
    memcpy(bytes + HEADER, file->data, file->size);
    if (!footer)
        return size;
    if (file->alpha_kind > 0) {
        bytes[size + AREA + 0] = (unsigned char)size;
        bytes[size + AREA - 1] = (unsigned char)file->alpha_kind;
        size += AREA;
    }
    memcpy(bytes + size + 8, "TRUEVISION-XFILE.", 18);
    return size + FOOTER;
}

static enum tn_status decode(const unsigned char *bytes, size_t size, const char *name,
                             struct image *ret_image, struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    enum tn_status status;
    /* Of exactly this size, so that the sanitizer sees a byte too far. */
    unsigned char *copy = malloc(size ? size : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    err->text[0] = '\0';
    status = image_decode(copy, size, name, &options, ret_image, err);
    free(copy);
    return status;
}

static const struct file files[] = {
    {2, 0, 0, 2, 1, 24, 0, BYTES("\3\2\1\6\5\4"), {{1, 2, 3}, {4, 5, 6}}, 0},
    {2, 0, 0, 2, 1, 24, 0x20, BYTES("\3\2\1\6\5\4"), {{1, 2, 3}, {4, 5, 6}}, 0},
    {2, 0, 0, 2, 1, 24, 0x10, BYTES("\3\2\1\6\5\4"), {{4, 5, 6}, {1, 2, 3}}, 0},
    {2, 0, 0, 1, 2, 24, 0, BYTES("\3\2\1\6\5\4"), {{4, 5, 6}, {1, 2, 3}}, 0},
    {2, 0, 0, 1, 2, 24, 0x20, BYTES("\3\2\1\6\5\4"), {{1, 2, 3}, {4, 5, 6}}, 0},
    {2, 0, 0, 1, 2, 24, 0x10, BYTES("\3\2\1\6\5\4"), {{4, 5, 6}, {1, 2, 3}}, 0},
    {2, 0, 0, 1, 2, 24, 0x30, BYTES("\3\2\1\6\5\4"), {{1, 2, 3}, {4, 5, 6}}, 0},
    {2, 0, 0, 2, 1, 32, 8, BYTES("\3\2\1\xFF\6\5\4\0"), {{1, 2, 3}, {255, 255, 255}}, 0},
    {2, 0, 0, 2, 1, 32, 0, BYTES("\3\2\1\xFF\6\5\4\0"), {{1, 2, 3}, {255, 255, 255}}, 0},
    {2, 0, 0, 2, 1, 32, 8, BYTES("\3\2\1\0\6\5\4\0"), {{1, 2, 3}, {4, 5, 6}}, 0}, /* none */
    {2, 0, 0, 2, 1, 32, 8, BYTES("\3\2\1\x80\6\5\4\0"), {{1, 2, 3}, {4, 5, 6}}, 2},
    {2, 0, 0, 2, 1, 32, 8, BYTES("\3\2\1\0\6\5\4\0"), {{255, 255, 255}, {255, 255, 255}}, 3},
    {2, 0, 0, 2, 1, 32, 8, BYTES("\3\2\1\x80\6\5\4\xFF"), {{128, 129, 130}, {4, 5, 6}}, 4},
    {2, 0, 0, 2, 1, 16, 0, BYTES("\x1F\x7C\xE0\x03"), {{255, 0, 255}, {0, 255, 0}}, 0},
    {2, 0, 0, 2, 1, 15, 0, BYTES("\x1F\x7C\xE0\x83"), {{255, 0, 255}, {0, 255, 0}}, 0},
    {2, 0, 0, 2, 1, 16, 1, BYTES("\x1F\xFC\xE0\x03"), {{255, 0, 255}, {255, 255, 255}}, 0},
    {3, 0, 0, 2, 1, 8, 0, BYTES("\7\x09"), {{7, 7, 7}, {9, 9, 9}}, 0},
    {3, 0, 0, 2, 1, 16, 8, BYTES("\7\xFF\x09\0"), {{7, 7, 7}, {255, 255, 255}}, 0},
    {1, 2, 24, 2, 1, 8, 0, BYTES("\3\2\1\6\5\4\1\0"), {{4, 5, 6}, {1, 2, 3}}, 0},
    {1, 2, 16, 2, 1, 16, 0, BYTES("\x1F\x7C\xE0\x03\1\0\0\0"), {{0, 255, 0}, {255, 0, 255}}, 0},
    {2, 1, 24, 2, 1, 24, 0, BYTES("\x0F\x0F\x0F\3\2\1\6\5\4"), {{1, 2, 3}, {4, 5, 6}}, 0},
    {10, 0, 0, 2, 1, 24, 0, BYTES("\x81\3\2\1"), {{1, 2, 3}, {1, 2, 3}}, 0},
    {10, 0, 0, 2, 1, 24, 0, BYTES("\x80\3\2\1\0\6\5\4"), {{1, 2, 3}, {4, 5, 6}}, 0},
    {10, 0, 0, 1, 2, 24, 0x20, BYTES("\1\3\2\1\6\5\4"), {{1, 2, 3}, {4, 5, 6}}, 0},
    {11, 0, 0, 1, 2, 8, 0x20, BYTES("\x81\x09"), {{9, 9, 9}, {9, 9, 9}}, 0},
    {9, 2, 24, 2, 1, 8, 0, BYTES("\3\2\1\6\5\4\1\1\0"), {{4, 5, 6}, {1, 2, 3}}, 0},
};

enum { FILES = sizeof files / sizeof files[0] };

START_TEST(pixels_are_what_the_file_says)
{
    unsigned char bytes[MOST];
    const bool footer = files[_i].alpha_kind > 0;
    const size_t size = write_tga(&files[_i], footer, bytes);
    struct image image;
    struct tn_error err;

    ck_assert_msg(decode(bytes, size, footer ? "photo" : "photo.tga", &image, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_uint_eq(image.width, files[_i].width);
    ck_assert_uint_eq(image.height, files[_i].height);
    for (size_t i = 0; i < 6; i++)
        ck_assert_msg(image.rgb[i] == files[_i].rgb[i / 3][i % 3], "sample %zu: %d, not %d", i,
                      image.rgb[i], files[_i].rgb[i / 3][i % 3]);
    image_finish(&image);
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_an_error)
{
    unsigned char bytes[MOST];
    const size_t size = write_tga(&files[_i], false, bytes);
    struct image image;
    struct tn_error err;

    for (size_t cut = 1; cut < size; cut++) {
        ck_assert_msg(decode(bytes, cut, "photo.tga", &image, &err) == TN_FORMAT,
                      "%zu of %zu bytes are read", cut, size);
        ck_assert_str_eq(err.text, cut < HEADER
                                       ? "photo.tga: not an image of any known format"
                                       : "photo.tga: the TGA file is truncated or damaged");
    }
}
END_TEST

START_TEST(a_file_is_told_by_its_footer_or_its_name)
{
    static const struct {
        const char *name;
        bool footer, expected;
    } cases[] = {{"a.tga", false, true},  {"a.TGA", false, true}, {"a.tga", true, true},
                 {"a.bin", false, false}, {"a.bin", true, true},  {"tga", false, false}};
    unsigned char bytes[MOST];
    char folder[TEST_FOLDER_SIZE], path[128];
    struct image image;
    struct tn_error err;

    test_folder_make(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t size = write_tga(&files[0], cases[i].footer, bytes);
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", folder, cases[i].name);
        file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
        fclose(file);
        ck_assert_msg(image_is_photo(path) == cases[i].expected, "%s", cases[i].name);
        ck_assert_msg((decode(bytes, size, path, &image, &err) == TN_OK) == cases[i].expected,
                      "%s: %s", cases[i].name, err.text);
        if (cases[i].expected)
            image_finish(&image);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* Texts, films and programs may be named so. */
START_TEST(other_files_are_none_whatever_their_name)
{
    static const struct file wrong[] = {
        {0, 0, 0, 2, 1, 24, 0, BYTES("\3\2\1\6\5\4"), {{0}}, 0}, /* no picture */
        {4, 0, 0, 2, 1, 24, 0, BYTES("\3\2\1\6\5\4"), {{0}}, 0}, /* kinds that there are not */
        {32, 0, 0, 2, 1, 24, 0, BYTES("\3\2\1\6\5\4"), {{0}}, 0},
        {9, 0, 0, 2, 1, 8, 0, BYTES("\1\0\0"), {{0}}, 0},       /* no palette */
        {1, 2, 9, 2, 1, 8, 0, BYTES("\0\0\0\0\0\0"), {{0}}, 0}, /* of no known colours */
        {2, 0, 0, 0, 1, 24, 0, BYTES("\3\2\1\6\5\4"), {{0}}, 0},
        {2, 0, 0, 2, 0, 24, 0, BYTES("\3\2\1\6\5\4"), {{0}}, 0},
        {2, 0, 0, 2, 1, 12, 0, BYTES("\3\2\1\6\5\4"), {{0}}, 0},
        {2, 0, 0, 2, 1, 24, 0x40, BYTES("\3\2\1\6\5\4"), {{0}}, 0},
        {2, 0, 0, 2, 1, 24, 9, BYTES("\3\2\1\6\5\4"), {{0}}, 0},
    };
    static const struct {
        const char *bytes;
        size_t size;
    } others[] = {{BYTES("This is a text about TGA files.\n")},
                  {BYTES("\0\0\1\xBA\x44\0\4\0\4\1\0\0\0\0\0\0\0\0\0\0")}, /* MPEG */
                  {BYTES("\x7F"
                         "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3E\0\1\0\0\0")},
                  {BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")}};
    unsigned char bytes[MOST];
    struct image image;
    struct tn_error err;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const size_t size = write_tga(&wrong[i], true, bytes);

        ck_assert_msg(decode(bytes, size, "photo.tga", &image, &err) == TN_FORMAT, "%zu", i);
        ck_assert_str_eq(err.text, "photo.tga: not an image of any known format");
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        memcpy(bytes, others[i].bytes, others[i].size);
        ck_assert_int_eq(decode(bytes, others[i].size, "photo.tga", &image, &err), TN_FORMAT);
        ck_assert_str_eq(err.text, i == 1 ? "photo.tga: is a film, not a photo"
                                          : "photo.tga: not an image of any known format");
    }
}
END_TEST

START_TEST(indices_beyond_the_palette_and_bombs_are_refused)
{
    static const struct file beyond = {1, 2, 24, 2, 1, 8, 0, BYTES("\3\2\1\6\5\4\1\2"), {{0}}, 0};
    unsigned char bytes[MOST];
    size_t size = write_tga(&beyond, false, bytes);
    struct image image;
    struct tn_error err;

    ck_assert_int_eq(decode(bytes, size, "photo.tga", &image, &err), TN_FORMAT);
    ck_assert_str_eq(err.text, "photo.tga: the TGA file is truncated or damaged");
    size = write_tga(&files[0], true, bytes);
    memset(bytes + 12, 0xFF, 4);
    ck_assert_int_eq(decode(bytes, size, "photo", &image, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "photo: 65535 x 65535 pixels are more than the limit of 250000000");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("image_tga");
    TCase *tcase = tcase_create("tga");

    tcase_add_loop_test(tcase, pixels_are_what_the_file_says, 0, FILES);
    tcase_add_loop_test(tcase, a_file_that_is_cut_anywhere_is_an_error, 0, FILES);
    tcase_add_test(tcase, a_file_is_told_by_its_footer_or_its_name);
    tcase_add_test(tcase, other_files_are_none_whatever_their_name);
    tcase_add_test(tcase, indices_beyond_the_palette_and_bombs_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
