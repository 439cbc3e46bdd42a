/* SPDX-License-Identifier: MIT */
/* All kinds of netpbm files: their pixels, and what only begins like one. */
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static enum tn_status decode(const void *bytes, size_t size, struct image *ret_image,
                             struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    enum tn_status status;
    /* Of exactly this size, so that the sanitizer sees a byte too far. */
    unsigned char *copy = malloc(size ? size : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    err->text[0] = '\0';
    status = image_decode(copy, size, "photo", &options, ret_image, err);
    free(copy);
    return status;
}

#define BYTES(text) (text), sizeof(text) - 1

/* Each two pixels wide and one high, or one wide and two high. */
static const struct {
    const char *bytes;
    size_t size;
    const char *format;
    unsigned char rgb[2][3];
} pictures[] = {
    {BYTES("P1\n2 1\n01"), "PBM", {{255, 255, 255}, {0, 0, 0}}},
    {BYTES("P1 # by hand\n2 1 1 0\n"), "PBM", {{0, 0, 0}, {255, 255, 255}}},
    {BYTES("P1\n#a\n#b\n1 2\n1\n# between\n0"), "PBM", {{0, 0, 0}, {255, 255, 255}}},
    {BYTES("P2\n2 1\n100\n10 100\n"), "PGM", {{26, 26, 26}, {255, 255, 255}}},
    {BYTES("P2\n2 1\n65535\n 65535\t32768"), "PGM", {{255, 255, 255}, {128, 128, 128}}},
    {BYTES("P3\r\n2 1\r\n255\r\n1 2 3\r\n4 5 6"), "PPM", {{1, 2, 3}, {4, 5, 6}}},
    {BYTES("P3\n2 1\n15\n1 2 3 # the first\n4 15 99"), "PPM", {{17, 34, 51}, {68, 255, 255}}},
    {BYTES("P4\n2 1\n\x40"), "PBM", {{255, 255, 255}, {0, 0, 0}}},
    {BYTES("P4 1 2\n\x80\x7F"), "PBM", {{0, 0, 0}, {255, 255, 255}}},
    {BYTES("P5 2 1 255\n\x07\x09"), "PGM", {{7, 7, 7}, {9, 9, 9}}},
    {BYTES("P6 1 2 256\n\0\0\1\0\0\x80\0\1\0\2\0\3"), "PPM", {{0, 255, 128}, {1, 2, 3}}},
    {BYTES("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\1\0"),
     "PAM",
     {{255, 255, 255}, {0, 0, 0}}},
    {BYTES("P7\n# a comment\nMAXVAL 255\nDEPTH 3\nHEIGHT 1\nWIDTH 2\nENDHDR\n\1\2\3\4\5\6"),
     "PAM",
     {{1, 2, 3}, {4, 5, 6}}},
    {BYTES("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 100\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n"
           "\0\0\0d"),
     "PAM",
     {{255, 255, 255}, {0, 0, 0}}},
    {BYTES("P7\nWIDTH 1\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
           "\1\2\3\xFF\1\2\3\0"),
     "PAM",
     {{1, 2, 3}, {255, 255, 255}}},
    /* Linear light: a half is 188; the first row is the lowest. */
    {BYTES("Pf\n1 2\n-1.0\n\0\0\0\x3F\0\0\x80\x7F"), "PFM", {{255, 255, 255}, {188, 188, 188}}},
    {BYTES("PF\n2 1\n1.0\n\x3F\x80\0\0\0\0\0\0\xBF\x80\0\0\x7F\xC0\0\0\x3A\x83\x12\x6F\x40\0\0\0"),
     "PFM",
     {{255, 0, 0}, {0, 3, 255}}},
};

enum { PICTURES = sizeof pictures / sizeof pictures[0] };

START_TEST(pixels_are_what_the_file_says)
{
    struct image image;
    struct tn_error err;

    ck_assert_msg(decode(pictures[_i].bytes, pictures[_i].size, &image, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_uint_eq(image.width * image.height, 2);
    for (size_t i = 0; i < 6; i++)
        ck_assert_msg(image.rgb[i] == pictures[_i].rgb[i / 3][i % 3], "sample %zu: %d, not %d", i,
                      image.rgb[i], pictures[_i].rgb[i / 3][i % 3]);
    image_finish(&image);
}
END_TEST

START_TEST(the_beginning_is_enough_to_tell_the_format)
{
    const unsigned char *bytes = (const unsigned char *)pictures[_i].bytes;

    for (size_t size = 4; size <= pictures[_i].size; size++)
        ck_assert_msg(image_format(bytes, size) != NULL, "%zu bytes of %s", size,
                      pictures[_i].bytes);
    ck_assert_str_eq(image_format(bytes, pictures[_i].size), pictures[_i].format);
}
END_TEST

/* But for a plain number, or a space behind the last, which the end may cut. */
START_TEST(a_file_that_is_cut_anywhere_is_an_error)
{
    const bool plain = pictures[_i].bytes[1] <= '3';
    struct image image;
    struct tn_error err;

    for (size_t cut = 0; cut + (plain ? 6 : 0) < pictures[_i].size; cut++) {
        ck_assert_msg(decode(pictures[_i].bytes, cut, &image, &err) != TN_OK,
                      "%zu of %zu bytes are read", cut, pictures[_i].size);
        ck_assert_msg(strncmp(err.text, "photo: ", 7) == 0, "%s", err.text);
    }
}
END_TEST

START_TEST(texts_that_begin_alike_are_no_photos)
{
    static const char *const texts[] = {
        "P1 is urgent",           "P1 2 3 go",        "P2 10 20 30 tulips",
        "P3 12 monkeys",          "P3: three photos", "P4 paper",
        "P5 and P6 follow",       "P6 100 20x 3",     "P7 in front",
        "P7\nsecond line",        "PF 12 a",          "Pf is a unit",
        "P2 2020 01 05 met",      "P8 1 1",           "P1",
        "P6 99999999999 1 255\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(!image_format((const unsigned char *)texts[i], strlen(texts[i])), "%s",
                      texts[i]);
}
END_TEST

START_TEST(what_cannot_be_a_picture_is_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum tn_status status;
        const char *text;
    } cases[] = {
        {BYTES("P5 0 1 255\n"), TN_FORMAT, "the PGM picture has no pixels"},
        {BYTES("P5 2 2 0\n1234"), TN_FORMAT, "the PGM file is truncated or damaged"},
        {BYTES("P5 2 2 65536\n12345678"), TN_FORMAT, "the PGM file is truncated or damaged"},
        {BYTES("P4 65535 65535\n"), TN_RANGE, "are more than the limit"},
        {BYTES("P1 65535 65535\n"), TN_RANGE, "are more than the limit"},
        {BYTES("PF 65535 65535\n-1\n"), TN_RANGE, "are more than the limit"},
        {BYTES("P1 10000 10000\n0101"), TN_FORMAT, "the PBM file is truncated or damaged"},
        {BYTES("P1 2 1\n02"), TN_FORMAT, "the PBM file is truncated or damaged"},
        {BYTES("P3 1 1 255\n1 2 -3 "), TN_FORMAT, "not an image of any known format"},
        {BYTES("PF 2 1\nx\n123456789012345678901234"), TN_FORMAT, "truncated or damaged"},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\n12345"), TN_UNSUPPORTED,
         "PAM of 5 channels cannot be read"},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n1234"),
         TN_UNSUPPORTED, "PAM of 4 channels of type CMYK cannot be read"},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 0\nMAXVAL 255\nENDHDR\n1"), TN_FORMAT,
         "truncated or damaged"},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2147483647\nMAXVAL 255\nENDHDR\n1"), TN_UNSUPPORTED,
         "PAM of 2147483647 channels cannot be read"},
    };
    struct image image;
    struct tn_error err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(decode(cases[i].bytes, cases[i].size, &image, &err) == cases[i].status,
                      "%zu: %s", i, err.text);
        ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%zu: %s", i, err.text);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("image_pnm");
    TCase *tcase = tcase_create("pnm");

    tcase_add_loop_test(tcase, pixels_are_what_the_file_says, 0, PICTURES);
    tcase_add_loop_test(tcase, the_beginning_is_enough_to_tell_the_format, 0, PICTURES);
    tcase_add_loop_test(tcase, a_file_that_is_cut_anywhere_is_an_error, 0, PICTURES);
    tcase_add_test(tcase, texts_that_begin_alike_are_no_photos);
    tcase_add_test(tcase, what_cannot_be_a_picture_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
