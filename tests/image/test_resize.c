/* SPDX-License-Identifier: MIT */
/* Resizing against its definition, written out in double precision. */
#include "image/image.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "tests/support/suite.h"

/* The weight of input k in output i, for `in` samples that become `out`. */
static double weight(size_t k, size_t i, size_t in, size_t out)
{
    const double ratio = (double)in / (double)out;

    if (out <= in) {
        const double begin = fmax((double)i * ratio, (double)k);
        const double end = fmin((double)(i + 1) * ratio, (double)k + 1);

        return fmax(end - begin, 0) / ratio;
    } else {
        const double centre = ((double)i + 0.5) * ratio - 0.5;
        const double inside = fmin(fmax(centre, 0), (double)in - 1);

        return fmax(1 - fabs(inside - (double)k), 0);
    }
}

static double reference(const struct image *image, size_t x, size_t y, size_t c, size_t width,
                        size_t height)
{
    double sum = 0;

    for (size_t v = 0; v < image->height; v++) {
        const double row = weight(v, y, image->height, height);

        for (size_t u = 0; row > 0 && u < image->width; u++)
            sum += row * weight(u, x, image->width, width) *
                   image->rgb[(v * image->width + u) * 3 + c];
    }
    return sum;
}

static const struct {
    size_t width, height, to_width, to_height;
} sizes[] = {
    {1, 1, 1, 1},     {1, 1, 5, 3},     {7, 5, 7, 5},      {8, 8, 4, 2},      {7, 5, 3, 2},
    {5, 7, 4, 6},     {3, 2, 7, 5},     {5, 300, 11, 7},   {300, 5, 7, 11},   {2, 2, 64, 64},
    {64, 48, 63, 47}, {64, 48, 65, 49}, {101, 67, 23, 31}, {640, 3, 227, 27}, {1000, 1, 1, 1},
};

static struct image noise(size_t width, size_t height)
{
    struct image image = {width, height, malloc(width * height * 3)};
    struct tn_rng rng;

    ck_assert_ptr_nonnull(image.rgb);
    tn_rng_init(&rng, width * 1000 + height);
    for (size_t i = 0; i < width * height * 3; i++)
        image.rgb[i] = (unsigned char)tn_rng_below(&rng, 256);
    return image;
}

START_TEST(resizing_is_the_definition_rounded_once)
{
    const size_t width = sizes[_i].to_width, height = sizes[_i].to_height;
    struct image image = noise(sizes[_i].width, sizes[_i].height);
    unsigned char *rgb = malloc(width * height * 3);

    ck_assert_ptr_nonnull(rgb);
    ck_assert(image_resize(&image, width, height, rgb, NULL) == TN_OK);
    for (size_t i = 0; i < width * height * 3; i++) {
        const double want = reference(&image, i / 3 % width, i / 3 / width, i % 3, width, height);

        ck_assert_msg(fabs(rgb[i] - want) <= 0.5 + 1e-9,
                      "%zu x %zu to %zu x %zu: %zu is %d, not %g", image.width, image.height, width,
                      height, i, rgb[i], want);
    }
    free(rgb);
    image_finish(&image);
}
END_TEST

START_TEST(halves_round_up_and_extremes_stay)
{
    unsigned char two[] = {0, 254, 255, 1, 255, 255}, out[3], wide[9 * 3];
    struct image image = {2, 1, two};

    ck_assert(image_resize(&image, 1, 1, out, NULL) == TN_OK);
    ck_assert_uint_eq(out[0], 1);
    ck_assert_uint_eq(out[1], 255);
    ck_assert_uint_eq(out[2], 255);
    ck_assert(image_resize(&image, 9, 1, wide, NULL) == TN_OK);
    ck_assert_mem_eq(wide, two, 3);
    ck_assert_mem_eq(wide + 8 * 3, two + 3, 3);
}
END_TEST

START_TEST(a_mirror_image_turns_each_row)
{
    unsigned char odd[] = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                  even[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2};

    image_mirror(odd, 3, 1);
    ck_assert_mem_eq(odd, "\7\10\11\4\5\6\1\2\3", 9);
    image_mirror(even, 2, 2);
    ck_assert_mem_eq(even, "\4\5\6\1\2\3\0\1\2\7\10\11", 12);
}
END_TEST

/* out[x][y] = in[y][x], or out[y][x] = in[y][width - 1 - x]. */
static void turn(unsigned char *out, const unsigned char *in, size_t width, size_t height,
                 bool transposed)
{
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            memcpy(out + 3 * (transposed ? x * height + y : y * width + width - 1 - x),
                   in + 3 * (y * width + x), 3);
}

/* A mirror image and a transposed one make all eight orientations. */
START_TEST(a_turned_picture_becomes_the_turned_result)
{
    enum { MOST = 40 * 40 * 3 };
    static const size_t turns[][4] = {{40, 31, 7, 9},  {31, 40, 31, 5}, {8, 40, 13, 17},
                                      {9, 10, 23, 24}, {16, 16, 4, 32}, {37, 1, 5, 1}};
    const size_t w = turns[_i][0], h = turns[_i][1], width = turns[_i][2], height = turns[_i][3];
    unsigned char rgb[MOST], turned[MOST], out[MOST], want[MOST], got[MOST];

    for (size_t i = 0; i < 3 * w * h; i++)
        rgb[i] = (unsigned char)(i * i * 31 >> 3);
    ck_assert(image_resize(&(struct image){w, h, rgb}, width, height, out, NULL) == TN_OK);
    for (int transposed = 0; transposed < 2; transposed++) {
        turn(turned, rgb, w, h, transposed);
        turn(want, out, width, height, transposed);
        ck_assert(image_resize(&(struct image){transposed ? h : w, transposed ? w : h, turned},
                               transposed ? height : width, transposed ? width : height, got,
                               NULL) == TN_OK);
        ck_assert_mem_eq(got, want, 3 * width * height);
    }
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
    unsigned char pixel[3] = {0};
    struct image image = {1, 1, pixel};
    struct tn_error err;

    ck_assert_int_eq(image_resize(&image, 0, 1, pixel, &err), TN_RANGE);
    ck_assert_int_eq(image_resize(&image, 1, 0, pixel, &err), TN_RANGE);
    ck_assert_int_eq(image_resize(&image, ((size_t)1 << 23) + 1, 1, pixel, &err), TN_RANGE);
    image.width = 0;
    ck_assert_int_eq(image_resize(&image, 1, 1, pixel, &err), TN_RANGE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("resize");
    TCase *tests = tcase_create("resize");

    tcase_add_loop_test(tests, resizing_is_the_definition_rounded_once, 0,
                        sizeof sizes / sizeof sizes[0]);
    tcase_add_test(tests, halves_round_up_and_extremes_stay);
    tcase_add_test(tests, a_mirror_image_turns_each_row);
    tcase_add_loop_test(tests, a_turned_picture_becomes_the_turned_result, 0, 6);
    tcase_add_test(tests, impossible_sizes_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
