/* SPDX-License-Identifier: MIT */
/* Text in pictures, with the built-in font, which is everywhere. */
#include "tests/support/suite.h"

#include "image/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 120, HEIGHT = 30 };

static struct image_font *font;
static unsigned char pixels[HEIGHT * WIDTH * 3];
static struct image image = {WIDTH, HEIGHT, pixels};
static const unsigned char black[3] = {0, 0, 0};

static void set_up(void)
{
    ck_assert_int_eq(image_font_create(NULL, 0, &font, NULL), TN_OK);
    memset(pixels, 255, sizeof pixels);
}

static void tear_down(void)
{
    image_font_destroy(font);
}

/* The columns of the image that have ink, as first and one past the last. */
static void inked(size_t *first, size_t *end)
{
    *first = *end = 0;
    for (size_t x = 0; x < WIDTH; x++)
        for (size_t y = 0; y < HEIGHT; y++)
            if (pixels[(y * WIDTH + x) * 3] < 255) {
                *first = *end == 0 ? x : *first;
                *end = x + 1;
            }
}

START_TEST(text_lies_where_it_should_and_is_as_wide_as_told)
{
    const double width = image_text_width(font, 18, "Hello", 5);
    size_t first, end;

    image_text_draw(&image, font, 18, 20, 5, "Hello, world", 5, black);
    inked(&first, &end);
    ck_assert_uint_ge(first, 20);
    ck_assert_uint_lt(first, 24);
    ck_assert_double_le((double)end, 21 + width);
    ck_assert_double_ge((double)end, 20 + width - 6);
    for (size_t i = 0; i < 5 * WIDTH * 3; i++)
        ck_assert_uint_eq(pixels[i], 255);
}
END_TEST

START_TEST(what_lies_outside_is_cut_off)
{
    static const double places[][2] = {{-30, 5}, {110, 5}, {20, -9}, {20, 25}, {-500, 900}};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        image_text_draw(&image, font, 18, places[i][0], places[i][1], "Hello, world", 12, black);
}
END_TEST

START_TEST(what_the_font_lacks_is_a_question_mark)
{
    static unsigned char expected[sizeof pixels];

    ck_assert(image_font_covers(font, "plain ASCII ~"));
    ck_assert(!image_font_covers(font, "狗"));
    ck_assert(!image_font_covers(font, "caf\xc3\xa9"));
    ck_assert(!image_font_covers(font, "\xff"));
    image_text_draw(&image, font, 18, 2, 2, "a??", 3, black);
    memcpy(expected, pixels, sizeof pixels);
    memset(pixels, 255, sizeof pixels);
    image_text_draw(&image, font, 18, 2, 2, "a狗\xff", 5, black);
    ck_assert_mem_eq(pixels, expected, sizeof pixels);
    ck_assert_double_eq(image_text_width(font, 18, "a狗\xff", 5),
                        image_text_width(font, 18, "a??", 3));
}
END_TEST

START_TEST(what_is_no_font_is_an_error)
{
    char path[] = "/tmp/test_textXXXXXX";
    const int file = mkstemp(path);
    struct image_font *none;
    struct tn_error err;

    ck_assert_int_eq(image_font_create("/nowhere/font.ttf", 0, &none, &err), TN_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/font.ttf"));
    ck_assert_int_eq(image_font_create(path, 0, &none, &err), TN_FORMAT); /* empty */
    ck_assert_int_eq(write(file, "no font, but sixteen bytes and more", 35), 35);
    ck_assert_int_eq(image_font_create(path, 0, &none, &err), TN_FORMAT);
    close(file);
    unlink(path);
    image_font_destroy(NULL);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tcase = tcase_create("text");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, text_lies_where_it_should_and_is_as_wide_as_told);
    tcase_add_test(tcase, what_lies_outside_is_cut_off);
    tcase_add_test(tcase, what_the_font_lacks_is_a_question_mark);
    tcase_add_test(tcase, what_is_no_font_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
