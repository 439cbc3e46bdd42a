/* SPDX-License-Identifier: MIT */
/* Camera raws: which files are some, and what their previews may be.  How they come out,
 * test_image.c shows. */
#include "image/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/photo_file.h"
#include "tests/support/suite.h"

static enum tn_status decode(const struct photo_file *file, struct image *image,
                             struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;

    err->text[0] = '\0';
    return image_decode(file->bytes, file->size, "photo", &options, image, err);
}

START_TEST(a_raw_is_told_by_the_whole_file)
{
    struct photo_file dng = photo_file_read("preview.dng"), rw2 = photo_file_read("preview6.rw2");
    struct photo_file jpeg = photo_file_read("rgb.jpg");

    ck_assert(image_is_raw(dng.bytes, dng.size));
    ck_assert(!image_is_raw(dng.bytes, 32));
    ck_assert_str_eq(image_format(dng.bytes, dng.size), "camera raw");
    ck_assert_str_eq(image_format(dng.bytes, 32), "TIFF");
    ck_assert(image_is_raw(rw2.bytes, 32));
    ck_assert(!image_is_raw(jpeg.bytes, jpeg.size));
    ck_assert(!image_is_raw(jpeg.bytes, 0));
    photo_file_finish(&dng);
    photo_file_finish(&rw2);
    photo_file_finish(&jpeg);
}
END_TEST

/* Red is at the left of the stored preview's top, blue below it. */
START_TEST(a_preview_is_turned_as_the_raw_says)
{
    static const char *const names[] = {"preview6.dng", "preview6.cr3", "preview6.rw2"};
    struct photo_file file = photo_file_read(names[_i]);
    struct image image;
    struct tn_error err;

    ck_assert_msg(decode(&file, &image, &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(image.width, 32);
    ck_assert_uint_eq(image.height, 48);
    ck_assert_int_gt(image.rgb[2], 190);
    ck_assert_int_gt(image.rgb[31 * 3], 190);
    image_finish(&image);
    photo_file_finish(&file);
}
END_TEST

/* Some cameras write previews that are upright, and the raw says how to turn the sensor's data. */
START_TEST(a_preview_that_was_turned_is_not_turned_again)
{
    struct photo_file file = photo_file_read("preview-tall.dng");
    struct image image;
    struct tn_error err;

    ck_assert_msg(decode(&file, &image, &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(image.width, 32);
    ck_assert_uint_eq(image.height, 48);
    image_finish(&image);
    photo_file_finish(&file);
}
END_TEST

START_TEST(a_preview_that_is_damaged_is_named)
{
    struct photo_file dng = photo_file_read("preview.dng");
    struct image image;
    struct tn_error err;

    dng.size -= 100;
    ck_assert_int_eq(decode(&dng, &image, &err), TN_FORMAT);
    ck_assert_msg(strncmp(err.text, "photo: its preview: ", 20) == 0, "%s", err.text);
    photo_file_finish(&dng);
}
END_TEST

/* Whatever byte is wrong: no crash. */
START_TEST(a_damaged_raw_does_no_harm)
{
    static const char *const names[] = {"preview6.dng", "preview6.cr3", "preview6.raf",
                                        "preview.cr2", "preview6.rw2"};
    struct photo_file file = photo_file_read(names[_i]);

    for (size_t at = 0; at<file.size; at += at> 400 && at + 1200 < file.size ? 101 : 1) {
        const unsigned char good = file.bytes[at];

        for (unsigned bit = 0; bit < 8; bit += 3) {
            struct image image = {0};
            struct tn_error err;

            file.bytes[at] = (unsigned char)(good ^ 1U << bit);
            if (decode(&file, &image, &err) != TN_OK)
                ck_assert_msg(strncmp(err.text, "photo: ", 7) == 0, "%s", err.text);
            image_finish(&image);
        }
        file.bytes[at] = good;
    }
    photo_file_finish(&file);
}
END_TEST

/* Of a raw that is nothing but that, again and again. */
static double seconds_to_search(const char *part, size_t size)
{
    enum { HEAD = 16, TIMES = 200000 };
    struct photo_file file = {malloc(HEAD + TIMES * size), HEAD + TIMES * size};
    struct image image;
    struct tn_error err;
    clock_t begin;

    ck_assert_ptr_nonnull(file.bytes);
    memcpy(file.bytes, "FUJIFILMCCD-RAW ", HEAD);
    for (size_t i = 0; i < TIMES; i++)
        memcpy(file.bytes + HEAD + i * size, part, size);
    begin = clock();
    ck_assert_int_eq(decode(&file, &image, &err), TN_UNSUPPORTED);
    photo_file_finish(&file);
    return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/* A search that began again at each of them would take the square of it. */
START_TEST(what_looks_like_many_jpegs_is_searched_once)
{
    static const char *const parts[] = {"\xFF\xD8\xFF\xD8", "\xFF\xD8\xFF\xFF",
                                        "\xFF\xD8\xFF\xE0\0\2", "\xFF\xD8\xFF\xE0\0\4\0\0"};
    static const size_t sizes[] = {4, 4, 6, 8};
    const double usual = seconds_to_search("\xFF\0\xFF\0\xFF\0\xFF", sizes[_i]);

    ck_assert_double_lt(seconds_to_search(parts[_i], sizes[_i]), 100 * usual + 0.1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("raw");
    TCase *tcase = tcase_create("raw");

    tcase_add_test(tcase, a_raw_is_told_by_the_whole_file);
    tcase_add_loop_test(tcase, a_preview_is_turned_as_the_raw_says, 0, 3);
    tcase_add_test(tcase, a_preview_that_was_turned_is_not_turned_again);
    tcase_add_test(tcase, a_preview_that_is_damaged_is_named);
    tcase_add_loop_test(tcase, a_damaged_raw_does_no_harm, 0, 5);
    tcase_add_loop_test(tcase, what_looks_like_many_jpegs_is_searched_once, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
