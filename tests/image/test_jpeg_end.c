/* SPDX-License-Identifier: MIT */
/* The end of a JPEG: its marker may be missing, and anything may stand in its place, but no bit of
 * the picture. */
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/photo_file.h"
#include "tests/support/suite.h"

/* Of one scan, of several, and a scan per component. */
static const char *const names[] = {"rgb.jpg",      "progressive.jpg",
                                    "large.jpg",    "large-progressive.jpg",
                                    "restarts.jpg", "planes.jpg"};
enum { NAMES = sizeof names / sizeof names[0] };

static enum tn_status decode(const struct photo_file *file, struct image *ret_image,
                             struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;

    err->text[0] = '\0';
    return image_decode(file->bytes, file->size, "photo", &options, ret_image, err);
}

static void expect_same(const struct photo_file *file, const struct image *want)
{
    struct image image;
    struct tn_error err;

    ck_assert_msg(decode(file, &image, &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(image.width, want->width);
    ck_assert_uint_eq(image.height, want->height);
    ck_assert_mem_eq(image.rgb, want->rgb, want->width * want->height * 3);
    image_finish(&image);
}

/* Without the marker; cut within it; zeros, a telephone's trailer, another picture, and markers
 * that mean something else, in its place. */
START_TEST(a_jpeg_needs_no_end_marker)
{
    static const struct {
        const char *bytes;
        size_t size;
    } ends[] = {{"", 0},
                {"\xFF", 1},
                {"\xFF\xFF\xFF\0", 4},
                {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16},
                {"\0\0\1\1\xFF\xD8\xFF\xE1\0\x10SEFHg\0\0\0SEFT", 22},
                {"\xFF\xD8\xFF\xE0\0\4\0\0\xFF\xC0\0\4\0\0\xFF\xC4\0\3\0", 19},
                {"\xFF\xC4\xFF\xFF\1", 5}};
    struct photo_file file = photo_file_read(names[_i]);
    struct image want;
    struct tn_error err;

    ck_assert_int_eq(decode(&file, &want, &err), TN_OK);
    ck_assert_mem_eq(file.bytes + file.size - 2, "\xFF\xD9", 2);
    file.size -= 2;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        photo_file_put(&file, ends[i].bytes, ends[i].size);
        expect_same(&file, &want);
        file.size -= ends[i].size;
    }
    image_finish(&want);
    photo_file_finish(&file);
}
END_TEST

/* From the first bytes to the last but the few that may be padding: whatever was cut off is told.
 */
START_TEST(a_jpeg_that_lacks_pixels_is_refused)
{
    struct photo_file file = photo_file_read(names[_i]);
    const size_t size = file.size, step = size > 4000 ? 61 : 1;

    for (size_t cut = 2; cut < size - 6; cut += step) {
        struct photo_file part = {0};
        struct image image;
        struct tn_error err;

        photo_file_put(&part, file.bytes, cut);
        ck_assert_msg(decode(&part, &image, &err) == TN_FORMAT, "%s: %zu of %zu bytes are read",
                      names[_i], cut, size);
        photo_file_finish(&part);
    }
    photo_file_finish(&file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("jpeg_end");
    TCase *tcase = tcase_create("ends");

    tcase_add_loop_test(tcase, a_jpeg_needs_no_end_marker, 0, NAMES);
    tcase_add_loop_test(tcase, a_jpeg_that_lacks_pixels_is_refused, 0, NAMES);
    suite_add_tcase(suite, tcase);
    return suite;
}
