/* SPDX-License-Identifier: MIT */
/* Colour profiles: what they make of numbers is what the published formulas say; pictures that have
 * one come out in sRGB; whatever is wrong with a profile, the picture is read. */
#include "image/colour.h"
#include "image/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/photo_file.h"
#include "tests/support/suite.h"

/* ---- Numbers ---- */

static double srgb_light(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double srgb_value(double light)
{
    light = fmin(fmax(light, 0), 1);
    return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055);
}

/* A space, its matrix to sRGB (both of D65), and its curve. */
static const struct space {
    const double (*xyz)[3];
    double power;
    double to_srgb[3][3];
} spaces[] = {
    {profile_adobe_rgb,
     2.19921875,
     {{1.3983557, -0.3983557, 0}, {0, 1, 0}, {0, -0.0429290, 1.0429290}}},
    {profile_display_p3,
     PROFILE_SRGB_CURVE,
     {{1.2249402, -0.2249402, 0}, {-0.0420570, 1.0420570, 0}, {-0.0196376, -0.0786361, 1.0982736}}},
    {profile_srgb, 1, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
};

static void expect_converted(const struct space *space, const unsigned char in[3],
                             const unsigned char out[3])
{
    for (size_t c = 0; c < 3; c++) {
        double light = 0;

        for (size_t i = 0; i < 3; i++)
            light += space->to_srgb[c][i] * (space->power > 0 ? pow(in[i] / 255., space->power)
                                                              : srgb_light(in[i] / 255.));
        ck_assert_msg(fabs(out[c] - srgb_value(light)) <= 1.01,
                      "%d %d %d: %zu is %d, expected %.2f", in[0], in[1], in[2], c, out[c],
                      srgb_value(light));
    }
}

START_TEST(a_profile_means_what_its_formula_says)
{
    const struct space *space = &spaces[_i];
    struct photo_file icc = profile_of_primaries(space->xyz, space->power);
    struct image_colour *colour = image_colour_from_icc(icc.bytes, icc.size, IMAGE_RGB);

    ck_assert_ptr_nonnull(colour);
    for (int i = 0; i < 18 * 18 * 18; i++) {
        const unsigned char in[3] = {(unsigned char)(i / 18 / 18 * 15),
                                     (unsigned char)(i / 18 % 18 * 15),
                                     (unsigned char)(i % 18 * 15)};
        unsigned char out[3];

        image_colour_convert(colour, out, in, 1);
        expect_converted(space, in, out);
    }
    image_colour_destroy(colour);
    photo_file_finish(&icc);
}
END_TEST

START_TEST(a_profile_of_grey_is_a_curve)
{
    struct photo_file icc = profile_of_grey(1.5);
    struct image_colour *colour = image_colour_from_icc(icc.bytes, icc.size, IMAGE_GREY);

    ck_assert_ptr_nonnull(colour);
    for (int v = 0; v < 256; v++) {
        unsigned char pixel[3] = {(unsigned char)v, (unsigned char)v, (unsigned char)v};

        image_colour_convert(colour, pixel, pixel, 1);
        for (size_t c = 0; c < 3; c++)
            ck_assert_double_lt(fabs(pixel[c] - srgb_value(pow(v / 255., 1.5))), 1);
    }
    image_colour_destroy(colour);
    photo_file_finish(&icc);
}
END_TEST

/* A profile of inks that has a table counts where lcms2 is built in. */
START_TEST(a_profile_of_inks_is_a_table)
{
    struct photo_file icc = profile_of_ink();
    struct image_colour *colour = image_colour_from_icc(icc.bytes, icc.size, IMAGE_CMYK);
    unsigned char ink[256][4] = {{0}}, out[256][3];

#ifdef IMAGE_HAVE_LCMS2
    ck_assert_ptr_nonnull(colour);
    for (int v = 0; v < 256; v++)
        ink[v][3] = (unsigned char)v;
    image_colour_convert(colour, out[0], ink[0], 256);
    for (int v = 0; v < 256; v++) {
        const double lightness = (100 - v / 2.55 + 16) / 116;
        const double light =
            lightness > 6 / 29. ? pow(lightness, 3) : (lightness - 4 / 29.) * 3 * 36 / 841;

        for (size_t c = 0; c < 3; c++)
            ck_assert_double_lt(fabs(out[v][c] - srgb_value(light)), 2);
    }
#else
    ck_assert_ptr_null(colour);
    (void)ink;
    (void)out;
#endif
    image_colour_destroy(colour);
    photo_file_finish(&icc);
}
END_TEST

/* sRGB costs nothing; grey's profile is none of colours, nor the other way round. */
START_TEST(a_profile_that_changes_nothing_or_does_not_fit_is_none)
{
    struct photo_file srgb = profile_of_primaries(profile_srgb, PROFILE_SRGB_CURVE);
    struct photo_file grey = profile_of_grey(1.5), ink = profile_of_ink();
    struct photo_file adobe = profile_of_primaries(profile_adobe_rgb, 2.2);

    ck_assert_ptr_null(image_colour_from_icc(srgb.bytes, srgb.size, IMAGE_RGB));
    ck_assert_ptr_null(image_colour_from_icc(grey.bytes, grey.size, IMAGE_RGB));
    ck_assert_ptr_null(image_colour_from_icc(grey.bytes, grey.size, IMAGE_CMYK));
    ck_assert_ptr_null(image_colour_from_icc(ink.bytes, ink.size, IMAGE_RGB));
    ck_assert_ptr_null(image_colour_from_icc(adobe.bytes, adobe.size, IMAGE_GREY));
    ck_assert_ptr_null(image_colour_from_icc(adobe.bytes, IMAGE_MOST_PROFILE + 1, IMAGE_RGB));
    ck_assert_ptr_null(image_colour_from_icc(NULL, 0, IMAGE_RGB));
    photo_file_finish(&srgb);
    photo_file_finish(&grey);
    photo_file_finish(&ink);
    photo_file_finish(&adobe);
}
END_TEST

/* Whatever stands in a profile: converting with it, if there is something to convert, is safe. */
static void try_profile(const unsigned char *icc, size_t size, enum image_pixels pixels)
{
    unsigned char *copy = malloc(size + 1); /* of exactly this size, for the sanitizer */
    unsigned char in[4] = {0, 255, 100, 7}, out[3];
    struct image_colour *colour;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy + 1, icc, size);
    colour = image_colour_from_icc(copy + 1, size, pixels);
    if (colour)
        image_colour_convert(colour, out, in, 1);
    image_colour_destroy(colour);
    free(copy);
}

START_TEST(a_damaged_profile_does_no_harm)
{
    static const enum image_pixels pixels[] = {IMAGE_RGB, IMAGE_RGB, IMAGE_GREY, IMAGE_CMYK};
    struct photo_file profiles[] = {profile_of_primaries(profile_adobe_rgb, 2.2),
                                    profile_of_primaries(profile_display_p3, PROFILE_SRGB_CURVE),
                                    profile_of_grey(1.5), profile_of_ink()};
    struct photo_file *icc = &profiles[_i];
    const size_t step = pixels[_i] == IMAGE_CMYK ? 13 : 2; /* lcms2 takes its time */

    for (size_t size = 0; size < icc->size && size < 400; size += step)
        try_profile(icc->bytes, size, pixels[_i]);
    for (size_t i = 0; i < icc->size && i < 400; i += step)
        for (int value = 0; value < 256; value += 255) {
            const unsigned char was = icc->bytes[i];

            icc->bytes[i] = (unsigned char)value;
            try_profile(icc->bytes, icc->size, pixels[_i]);
            icc->bytes[i] = was;
        }
    for (size_t i = 0; i < 4; i++)
        photo_file_finish(&profiles[i]);
}
END_TEST

/* ---- Pictures ---- */

static struct image decode(const struct photo_file *file, size_t wanted_side)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image = {0};
    struct tn_error err;

    options.wanted_side = wanted_side;
    ck_assert_msg(image_decode(file->bytes, file->size, "photo", &options, &image, &err) == TN_OK,
                  "%s", err.text);
    return image;
}

/* The largest difference of two pictures. */
static int difference(const struct image *a, const struct image *b)
{
    int most = 0;

    ck_assert_uint_eq(a->width, b->width);
    ck_assert_uint_eq(a->height, b->height);
    for (size_t i = 0; i < a->width * a->height * 3; i++)
        most = abs(a->rgb[i] - b->rgb[i]) > most ? abs(a->rgb[i] - b->rgb[i]) : most;
    return most;
}

/* A JPEG's APP2 segment: piece `number` of `count`. */
static void insert_piece(struct photo_file *jpeg, size_t offset, int number, int count,
                         const unsigned char *bytes, size_t size)
{
    struct photo_file segment = {0};

    photo_file_put(&segment, "\xFF\xE2", 2);
    photo_file_number(&segment, (uint32_t)(16 + size), 2);
    photo_file_put(&segment, "ICC_PROFILE", 12);
    photo_file_number(&segment, (uint32_t)number, 1);
    photo_file_number(&segment, (uint32_t)count, 1);
    photo_file_put(&segment, bytes, size);
    photo_file_insert(jpeg, offset, segment.bytes, segment.size);
    photo_file_finish(&segment);
}

static void expect_conversion(const struct photo_file *with, const char *without,
                              const struct photo_file *icc, enum image_pixels pixels,
                              size_t wanted_side)
{
    struct photo_file plain = photo_file_read(without);
    struct image got = decode(with, wanted_side), want = decode(&plain, wanted_side);
    struct image_colour *colour = image_colour_from_icc(icc->bytes, icc->size, pixels);

    ck_assert_ptr_nonnull(colour);
    ck_assert_int_gt(difference(&got, &want), 4);
    image_colour_convert(colour, want.rgb, want.rgb, want.width * want.height);
    ck_assert_int_eq(difference(&got, &want), 0);
    image_colour_destroy(colour);
    image_finish(&got);
    image_finish(&want);
    photo_file_finish(&plain);
}

/* In two pieces of which the second comes first. */
START_TEST(a_jpeg_comes_out_as_its_profile_says)
{
    struct photo_file colours = photo_file_read("orientation6.jpg"),
                      shades = photo_file_read("grey.jpg");
    struct photo_file adobe = profile_of_primaries(profile_adobe_rgb, 2.2);
    struct photo_file grey = profile_of_grey(1.5);
    const size_t half = adobe.size / 2;

    insert_piece(&colours, 2, 1, 2, adobe.bytes, half);
    insert_piece(&colours, 2, 2, 2, adobe.bytes + half, adobe.size - half);
    expect_conversion(&colours, "orientation6.jpg", &adobe, IMAGE_RGB, (size_t)_i);
    insert_piece(&shades, 2, 1, 1, grey.bytes, grey.size);
    expect_conversion(&shades, "grey.jpg", &grey, IMAGE_GREY, (size_t)_i);
    photo_file_finish(&colours);
    photo_file_finish(&shades);
    photo_file_finish(&adobe);
    photo_file_finish(&grey);
}
END_TEST

static void expect_unchanged(struct photo_file *changed, const char *name)
{
    struct photo_file plain = photo_file_read(name);
    struct image got = decode(changed, 0), want = decode(&plain, 0);

    ck_assert_int_eq(difference(&got, &want), 0);
    image_finish(&got);
    image_finish(&want);
    photo_file_finish(&plain);
    photo_file_finish(changed);
}

START_TEST(pieces_of_a_jpegs_profile_that_are_not_complete_are_passed_over)
{
    struct photo_file adobe = profile_of_primaries(profile_adobe_rgb, 2.2);
    static const struct {
        int numbers[3], count;
    } cases[] = {{{1}, 2}, {{1, 1}, 1}, {{1, 1, 2}, 2}, {{0}, 1}, {{2}, 1}, {{255}, 255}, {{0}, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct photo_file jpeg = photo_file_read("rgb.jpg");

        for (size_t j = 0; j == 0 || (j < 3 && cases[i].numbers[j] > 0); j++)
            insert_piece(&jpeg, 2, cases[i].numbers[j], cases[i].count, adobe.bytes, adobe.size);
        expect_unchanged(&jpeg, "rgb.jpg");
    }
    photo_file_finish(&adobe);
}
END_TEST

/* 255 pieces as large as a segment can be: 16 MB. */
START_TEST(a_profile_that_is_too_large_is_passed_over)
{
    struct photo_file adobe = profile_of_primaries(profile_adobe_rgb, 2.2);
    struct photo_file jpeg = photo_file_read("rgb.jpg"), pieces = {0};
    unsigned char *large = calloc(1, 65519);

    ck_assert_ptr_nonnull(large);
    memcpy(large, adobe.bytes, adobe.size);
    for (int i = 1; i <= 255; i++)
        insert_piece(&pieces, pieces.size, i, 255, large, 65519);
    photo_file_insert(&jpeg, 2, pieces.bytes, pieces.size);
    expect_unchanged(&jpeg, "rgb.jpg");
    photo_file_finish(&pieces);
    photo_file_finish(&adobe);
    free(large);
}
END_TEST

/* The inks of the test pictures have no black, which alone counts in this profile: all is white.
 * Adobe's kind of file says how much ink is left out. */
START_TEST(a_jpeg_of_inks_is_read_by_its_profile)
{
    struct photo_file ink = profile_of_ink();

    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"cmyk-adobe.jpg", "cmyk-plain.jpg", "ycck-adobe.jpg"};
        struct photo_file jpeg = photo_file_read(names[i]);

        insert_piece(&jpeg, 2, 1, 1, ink.bytes, ink.size);
#ifdef IMAGE_HAVE_LCMS2
        struct image image = decode(&jpeg, 0);

        for (size_t j = 0; j < image.width * image.height * 3; j++)
            ck_assert_int_ge(image.rgb[j], 253);
        image_finish(&image);
        photo_file_finish(&jpeg);
#else
        expect_unchanged(&jpeg, names[i]);
#endif
    }
    photo_file_finish(&ink);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("colour");
    TCase *numbers = tcase_create("numbers"), *pictures = tcase_create("pictures");

    tcase_add_loop_test(numbers, a_profile_means_what_its_formula_says, 0, 3);
    tcase_add_test(numbers, a_profile_of_grey_is_a_curve);
    tcase_add_test(numbers, a_profile_of_inks_is_a_table);
    tcase_add_test(numbers, a_profile_that_changes_nothing_or_does_not_fit_is_none);
    tcase_add_loop_test(numbers, a_damaged_profile_does_no_harm, 0, 4);
    suite_add_tcase(suite, numbers);
    tcase_add_loop_test(pictures, a_jpeg_comes_out_as_its_profile_says, 0, 3);
    tcase_add_test(pictures, pieces_of_a_jpegs_profile_that_are_not_complete_are_passed_over);
    tcase_add_test(pictures, a_profile_that_is_too_large_is_passed_over);
    tcase_add_test(pictures, a_jpeg_of_inks_is_read_by_its_profile);
    suite_add_tcase(suite, pictures);
    return suite;
}
