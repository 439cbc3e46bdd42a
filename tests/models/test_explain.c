/* SPDX-License-Identifier: MIT */
/* The maps of captioner_explain, with an encoder that looks at one corner of the photo only. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/captioner/captioner.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 227, MAP = CAPTIONER_MAP_SIDE, CELLS = MAP * MAP, FEATURES = 4096 };
enum { WORDS = 3, VOCABULARY = VOCAB_FIRST_WORD + 5 };

/* "dog a home", as ids below; no caption that the model would choose. */
static const struct captioner_word words[WORDS] = {{"dog", 0}, {"a", 0}, {"home", 0}};
static const int ids[WORDS] = {VOCAB_FIRST_WORD + 1, VOCAB_FIRST_WORD, VOCAB_FIRST_WORD + 4};
static const struct captioner_caption caption = {.words = words, .word_count = WORDS};

static char folder[TEST_FOLDER_SIZE], path[128];
static struct tiny_model tiny;
static unsigned char pixels[SIDE * SIDE * 3];
static const struct captioner_photo photo = {.rgb = pixels, .width = SIDE, .height = SIDE};
static float maps[WORDS][MAP][MAP]; /* of the photo; made once, since it takes 451 passes */

/* Noise in the corner that the encoder sees, grey elsewhere: what is largest anywhere in the net,
 * and so the scale of its 8-bit numbers, lies in the corner. */
static void make_photo(void)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 2);
    memset(pixels, 128, sizeof pixels);
    for (size_t y = TINY_CORNER_FIRST; y <= TINY_CORNER_LAST; y++)
        for (size_t i = TINY_CORNER_FIRST * 3; i <= TINY_CORNER_LAST * 3; i++)
            pixels[y * SIDE * 3 + i] = (unsigned char)(tn_rng_next(&rng) >> 56);
}

static void tear_down(void)
{
    tiny_model_finish(&tiny);
    test_folder_remove(folder);
}

static struct captioner *load(size_t threads, size_t max_batch)
{
    const struct captioner_options options = {.threads = threads, .max_batch = max_batch};
    struct captioner *captioner;

    ck_assert_int_eq(captioner_load(path, &options, &captioner, NULL), CAPTIONER_OK);
    return captioner;
}

static void explain(struct captioner *captioner, const struct captioner_photo *of, float *ret)
{
    struct captioner_error error;

    ck_assert_msg(captioner_explain(captioner, of, &caption, NULL, ret, &error) == CAPTIONER_OK,
                  "%s", error.text);
}

static void set_up(void)
{
    struct captioner *captioner;

    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    make_photo();
    tiny_model_init(&tiny, "lstm", 1, VOCABULARY, FEATURES, 1);
    tiny_model_save_as(path, "a\ndog\nruns\n's\nhome\n", &tiny, TINY_CORNER, MODEL_F32);
    captioner = load(2, 32);
    explain(captioner, &photo, maps[0][0]);
    captioner_destroy(captioner);
}

/* Whether a large window (80 pixels, 8 more for half of its edge) around the cell meets the corner.
 */
static bool may_meet_corner(int cell)
{
    return (cell + 0.5) * SIDE / MAP - 48 < TINY_CORNER_LAST + 1;
}

START_TEST(hiding_what_the_model_does_not_see_changes_nothing)
{
    for (int t = 0; t < WORDS; t++)
        for (int y = 0; y < MAP; y++)
            for (int x = 0; x < MAP; x++)
                if (!may_meet_corner(y) || !may_meet_corner(x))
                    ck_assert_msg(maps[t][y][x] == 0, "%d (%d, %d): %g", t, x, y,
                                  (double)maps[t][y][x]);
                else if (y < 4 && x < 4)
                    ck_assert_msg(maps[t][y][x] != 0, "%d (%d, %d)", t, x, y);
}
END_TEST

/* log p of each forced word as training computes it, from a photo alone. */
static void log_probs(struct captioner *captioner, const unsigned char *rgb, double *ret)
{
    const struct captioner_photo alone = {.rgb = rgb, .width = SIDE, .height = SIDE};
    const int inputs[WORDS] = {VOCAB_START, ids[0], ids[1]};
    float features[FEATURES];
    unsigned char read;
    double before = 0;

    captioner_features(captioner, &alone, 1, features, &read, NULL, NULL);
    for (size_t i = 0; i < FEATURES; i++)
        features[i] *= TINY_FEATURE_SCALE;
    for (size_t length = 1; length <= WORDS; length++) {
        const struct decoder_batch batch = {.size = 1,
                                            .steps = length,
                                            .features = features,
                                            .inputs = inputs,
                                            .targets = ids,
                                            .lengths = &length};
        struct tn_arena arena;
        const struct tn_pass pass = {.theta = tiny.theta, .arena = &arena};

        tn_arena_measure(&arena);
        decoder_loss(tiny.decoder, &pass, &batch, 1, 0);
        ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
        ret[length - 1] = before - decoder_loss(tiny.decoder, &pass, &batch, 1, 0);
        before -= ret[length - 1];
        tn_arena_finish(&arena);
    }
}

/* 1 within a window's half side less 8, 0 beyond it plus 8. */
static double cover(double side, double centre, size_t pixel)
{
    const double distance = fabs((double)pixel + 0.5 - centre);

    return fmin(fmax((side / 2 + 8 - distance) / 16, 0), 1);
}

static void hide(double side, int cell_x, int cell_y, unsigned char *rgb)
{
    double mean[3] = {0, 0, 0};

    for (size_t i = 0; i < sizeof pixels; i++)
        mean[i % 3] += (double)pixels[i] / (SIDE * SIDE);
    for (size_t i = 0; i < sizeof pixels; i++) {
        const double share = cover(side, (cell_y + 0.5) * SIDE / MAP, i / 3 / SIDE) *
                             cover(side, (cell_x + 0.5) * SIDE / MAP, i / 3 % SIDE);

        rgb[i] = (unsigned char)lround(pixels[i] * (1 - share) + round(mean[i % 3]) * share);
    }
}

START_TEST(a_map_is_what_hiding_does_to_the_photo_alone)
{
    static const int cells[][2] = {{0, 0}, {2, 3}, {5, 1}, {4, 4}, {6, 6}};
    struct captioner *captioner = load(1, 32);
    static unsigned char hidden[SIDE * SIDE * 3];
    double whole[WORDS], small[WORDS], large[WORDS], most = 0;

    log_probs(captioner, pixels, whole);
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        const int x = cells[i][0], y = cells[i][1];

        hide(48, x, y, hidden);
        log_probs(captioner, hidden, small);
        hide(80, x, y, hidden);
        log_probs(captioner, hidden, large);
        for (int t = 0; t < WORDS; t++) {
            most = fmax(most, fabs((double)maps[t][y][x]));
            ck_assert_double_eq_tol(maps[t][y][x], whole[t] - (small[t] + large[t]) / 2, 1e-4);
        }
    }
    ck_assert_double_gt(most, 0.1);
    captioner_destroy(captioner);
}
END_TEST

START_TEST(maps_do_not_depend_on_threads_or_batch)
{
    struct captioner *captioner = load(3, 7);
    static float again[WORDS][MAP][MAP];

    explain(captioner, &photo, again[0][0]);
    ck_assert_mem_eq(maps, again, sizeof maps);
    captioner_destroy(captioner);
}
END_TEST

static int stop_soon(void *context, size_t done, size_t total)
{
    size_t *calls = context;

    ck_assert_uint_lt(done, total);
    ++*calls;
    return done < 10;
}

START_TEST(what_cannot_be_explained_is_an_error_and_leaves_the_maps)
{
    const struct captioner_word foreign[] = {{"a", 0}, {"zebra", 0}}, unknown[] = {{"<unk>", 0}};
    const struct captioner_caption none = {.words = words}, strange = {NULL, foreign, 2, 0, 0, 0};
    const struct captioner_caption reserved = {NULL, unknown, 1, 0, 0, 0};
    const struct captioner_caption endless = {.words = words, .word_count = 65};
    const struct captioner_photo missing = {.path = "/nowhere/photo.jpg"};
    struct captioner *captioner = load(1, 4);
    float untouched[WORDS * CELLS] = {42};
    struct captioner_error error;
    size_t calls = 0;
    const struct captioner_progress progress = {stop_soon, &calls};

    ck_assert_int_eq(captioner_explain(captioner, &photo, &none, NULL, untouched, &error),
                     CAPTIONER_RANGE);
    ck_assert_int_eq(captioner_explain(captioner, &photo, &endless, NULL, untouched, &error),
                     CAPTIONER_RANGE);
    ck_assert_int_eq(captioner_explain(captioner, &photo, &reserved, NULL, untouched, NULL),
                     CAPTIONER_NOTFOUND);
    ck_assert_int_eq(captioner_explain(captioner, &photo, &strange, NULL, untouched, &error),
                     CAPTIONER_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "'zebra'"));
    ck_assert_int_eq(captioner_explain(captioner, &missing, &caption, NULL, untouched, &error),
                     CAPTIONER_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(error.text, missing.path));
    ck_assert_int_eq(captioner_explain(captioner, &photo, &caption, &progress, untouched, &error),
                     CAPTIONER_CANCELLED);
    ck_assert_uint_eq(calls, 4); /* at 0, 4, 8 and 12 */
    ck_assert_float_eq(untouched[0], 42);
    captioner_destroy(captioner);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("explain");
    TCase *tcase = tcase_create("explain");

    tcase_add_unchecked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, hiding_what_the_model_does_not_see_changes_nothing);
    tcase_add_test(tcase, a_map_is_what_hiding_does_to_the_photo_alone);
    tcase_add_test(tcase, maps_do_not_depend_on_threads_or_batch);
    tcase_add_test(tcase, what_cannot_be_explained_is_an_error_and_leaves_the_maps);
    suite_add_tcase(suite, tcase);
    return suite;
}
