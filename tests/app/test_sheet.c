/* SPDX-License-Identifier: MIT */
/* The contact sheet for photos and captions of all sizes, with the built-in font and, where the
 * system has one, another. */
#include "tests/support/suite.h"

#include "app/output/font.h"
#include "app/output/sheet.h"

#include <stdlib.h>
#include <string.h>

enum { MAP = CAPTIONER_MAP_SIDE, MOST_WORDS = 64, MARGIN = 14 };

static float maps[MOST_WORDS][MAP][MAP];

/* A sheet for a plain grey photo, whose caption is one word again and again. */
static void draw(size_t width, size_t height, const char *word, size_t count,
                 const struct image_font *font, struct image *ret_sheet)
{
    struct image photo = {width, height, malloc(width * height * 3)};
    struct captioner_word words[MOST_WORDS];
    char text[MOST_WORDS * 128] = "";
    struct captioner_caption caption = {.text = text, .words = words, .word_count = count};
    const struct app_sheet_input input = {&photo, &caption, maps[0][0], font, font};

    for (size_t i = 0; i < count; i++) {
        words[i] = (struct captioner_word){word, 0};
        strcat(text, i > 0 ? " " : "");
        strcat(text, word);
    }
    memset(photo.rgb, 128, width * height * 3);
    ck_assert_int_eq(app_sheet_draw(&input, ret_sheet, NULL), TN_OK);
    free(photo.rgb);
}

static bool is_white(const struct image *sheet, size_t left, size_t right)
{
    for (size_t y = 0; y < sheet->height; y++)
        for (size_t i = left * 3; i < right * 3; i++)
            if (sheet->rgb[y * sheet->width * 3 + i] != 255)
                return false;
    return true;
}

static const struct {
    size_t width, height, words;
} cases[] = {{640, 480, 1}, {640, 480, 8},  {480, 640, 20}, {1, 1, 3},     {1, 3000, 5},
             {3000, 1, 5},  {300, 200, 64}, {227, 227, 2},  {4000, 30, 20}};

START_TEST(every_sheet_can_be_looked_at_and_nothing_runs_over_its_margins)
{
    static const char *const words[] = {"dog", "donaudampfschifffahrtsgesellschaftskapitaensmuetze",
                                        "狗狗狗狗狗狗狗狗狗狗狗狗", "\xff?"};

    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        struct image_font *fonts[2];

        ck_assert_int_eq(image_font_create(NULL, 0, &fonts[0], NULL), TN_OK);
        ck_assert_int_eq(app_font_find(words[w], &fonts[1], NULL), TN_OK);
        for (size_t f = 0; f < 2; f++) {
            struct image sheet;

            draw(cases[_i].width, cases[_i].height, words[w], cases[_i].words, fonts[f], &sheet);
            ck_assert_uint_ge(sheet.width, 400);
            ck_assert_uint_le(sheet.width, 4000);
            ck_assert_uint_le(sheet.height, 4000);
            ck_assert(is_white(&sheet, 0, MARGIN - 2));
            ck_assert(is_white(&sheet, sheet.width - MARGIN + 2, sheet.width));
            image_finish(&sheet);
            image_font_destroy(fonts[f]);
        }
    }
}
END_TEST

static size_t brightness(const struct image *sheet, size_t x, size_t y)
{
    const unsigned char *pixel = sheet->rgb + (y * sheet->width + x) * 3;

    return (size_t)pixel[0] + pixel[1] + pixel[2];
}

/* One word beside a photo of 480 x 480: the tile's left upper corner is (522, 14), its side 240. */
START_TEST(a_tile_is_lit_where_its_map_is_high)
{
    enum { LEFT = 522, TOP = 14, SIDE = 240 };
    struct image_font *font;
    struct image sheet;

    ck_assert_int_eq(image_font_create(NULL, 0, &font, NULL), TN_OK);
    memset(maps, 0, sizeof maps);
    maps[0][3][11] = 2;  /* x = 11.5 / 15, y = 3.5 / 15 */
    maps[0][12][2] = -9; /* more probable: dark */
    maps[0][12][11] = 1;
    draw(480, 480, "dog", 1, font, &sheet);
    ck_assert_uint_gt(brightness(&sheet, LEFT + SIDE * 23 / 30, TOP + SIDE * 7 / 30),
                      brightness(&sheet, LEFT + SIDE * 23 / 30, TOP + SIDE * 25 / 30) + 60);
    ck_assert_uint_gt(brightness(&sheet, LEFT + SIDE * 23 / 30, TOP + SIDE * 25 / 30),
                      brightness(&sheet, LEFT + SIDE / 2, TOP + SIDE / 2) + 60);
    ck_assert_uint_eq(brightness(&sheet, LEFT + SIDE * 5 / 30, TOP + SIDE * 25 / 30),
                      brightness(&sheet, LEFT + SIDE / 2, TOP + SIDE / 2));
    ck_assert_uint_eq(brightness(&sheet, 20, 20), 3 * 128); /* the photo itself */
    image_finish(&sheet);
    maps[0][3][11] = 0.1F; /* far from halving the probability: stays dark */
    maps[0][12][11] = 0;
    draw(480, 480, "dog", 1, font, &sheet);
    ck_assert_uint_lt(brightness(&sheet, LEFT + SIDE * 23 / 30, TOP + SIDE * 7 / 30), 300);
    image_finish(&sheet);
    image_font_destroy(font);
    memset(maps, 0, sizeof maps);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sheet");
    TCase *tcase = tcase_create("sheet");

    tcase_add_loop_test(tcase, every_sheet_can_be_looked_at_and_nothing_runs_over_its_margins, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tcase, a_tile_is_lit_where_its_map_is_high);
    suite_add_tcase(suite, tcase);
    return suite;
}
