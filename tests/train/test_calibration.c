/* SPDX-License-Identifier: MIT */
/* What `caption calibrate` is made of: regression, reliability, centres, pictures of nothing. */
#include "tests/support/suite.h"

#include "base/rng.h"
#include "tensor/half.h"
#include "train/fit/calibration.h"
#include "train/fit/empty_pictures.h"
#include "train/fit/logistic.h"
#include "train/fit/reliability.h"
#include "train/fit/reliability_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* ---- Regression ---- */

enum { ROWS = 20000 };

/* Features on scales of their own, and the probabilities of a known regression. */
static void make_rows(const double *truth, double *x, double *p)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 5);
    for (size_t i = 0; i < ROWS; i++) {
        x[2 * i] = 100 + 30 * (double)tn_rng_normal(&rng);
        x[2 * i + 1] = -0.01 * (double)tn_rng_uniform(&rng);
        p[i] = logistic(truth[0] + truth[1] * x[2 * i] + truth[2] * x[2 * i + 1]);
    }
}

START_TEST(a_known_regression_is_recovered)
{
    static const double truth[] = {-4, 0.05, 250};
    double *x = malloc(2 * ROWS * sizeof *x), *p = malloc(ROWS * sizeof *p), weights[3];
    struct tn_rng rng;

    make_rows(truth, x, p);
    logistic_fit(x, p, ROWS, 2, 0, weights); /* the scores themselves: to the digit */
    for (int j = 0; j < 3; j++)
        ck_assert_double_eq_tol(weights[j] / truth[j], 1, 1e-6);
    tn_rng_init(&rng, 6);
    for (size_t i = 0; i < ROWS; i++) /* drawn: about, some standard errors wide */
        p[i] = (double)tn_rng_uniform(&rng) < p[i];
    logistic_fit(x, p, ROWS, 2, 0, weights);
    ck_assert_double_eq_tol(weights[1] / truth[1], 1, 0.06);
    ck_assert_double_eq_tol(weights[2] / truth[2], 1, 0.15);
    free(x);
    free(p);
}
END_TEST

START_TEST(the_ridge_keeps_weights_finite)
{
    static const double x[] = {0, 7, 1, 7, 2, 7, 3, 7}, y[] = {0, 0, 1, 1};
    double weights[3], stronger[3];

    logistic_fit(x, y, 4, 2, 0.1, weights);
    logistic_fit(x, y, 4, 2, 10, stronger);
    ck_assert(isfinite(weights[1]) && weights[1] > stronger[1] && stronger[1] > 0);
    ck_assert_double_eq(weights[2], 0); /* a feature that never changes */
    ck_assert_double_eq_tol(logistic(weights[0] + 1.5 * weights[1]), 0.5, 1e-9);
}
END_TEST

/* ---- Reliability ---- */

/* The mean size of a normal number with a standard deviation of 1. */
static double mean_of_half_normal(void)
{
    return sqrt(2 / acos(-1));
}

START_TEST(the_calibration_error_is_as_computed_by_hand)
{
    /* Widths: [0, .1): .05 against 0; [.1, .2): .15 against .3, twice; [.9, 1]: .95 and 1 against
     * .9 and .4, means .975 and .65.  (.05 + 2 * .15 + 2 * .325) / 5 = .2 */
    static const double estimates[] = {0.95, 0.15, 0.05, 0.15, 1},
                        scores[] = {0.9, 0.2, 0, 0.4, 0.4};
    struct reliability r;

    ck_assert_int_eq(reliability_measure(estimates, scores, 5, &r, NULL), TN_OK);
    ck_assert_double_eq_tol(r.ece_width, 0.2, 1e-12);
    ck_assert_uint_eq(r.widths[1].count, 2);
    ck_assert_double_eq_tol(r.widths[1].score, 0.3, 1e-12);
    ck_assert_uint_eq(r.widths[9].count, 2);
    ck_assert_double_eq_tol(r.widths[9].estimate, 0.975, 1e-12);
    ck_assert_uint_eq(r.widths[5].count, 0);
    /* Each estimate has a bin of equal mass to itself: (.05 + .05 + .25 + .05 + .6) / 5. */
    ck_assert_double_eq_tol(r.ece_mass, 0.2, 1e-12);
    /* By chance: the two bins of two have errors of .1 and .275 on both sides of their means, so
     * standard deviations of sqrt(2) times as much.  A bin of one has none that could be known. */
    ck_assert_double_eq_tol(r.chance_width, 2 * (0.1 + 0.275) * mean_of_half_normal() / 5, 1e-12);
    ck_assert_double_eq(r.chance_mass, 0);
    ck_assert_double_eq_tol(r.estimate, 0.46, 1e-12);
    ck_assert_double_eq_tol(r.score, 0.38, 1e-12);
}
END_TEST

START_TEST(equal_masses_join_neighbours)
{
    /* 20 estimates, two a bin: within a bin errors of .2 and -.2 cancel, but for the last bin's. */
    double estimates[20], scores[20];
    struct reliability r;

    for (int i = 0; i < 20; i++) {
        estimates[i] = 0.3 + 0.01 * i;
        scores[i] = estimates[i] + (i % 2 ? 0.2 : -0.2);
    }
    scores[18] = estimates[18] + 0.4;
    ck_assert_int_eq(reliability_measure(estimates, scores, 20, &r, NULL), TN_OK);
    ck_assert_double_eq_tol(r.ece_mass, 0.6 / 20, 1e-12);
    ck_assert_double_eq_tol(r.chance_mass, 2 * (9 * 0.2 + 0.1) * mean_of_half_normal() / 20, 1e-12);
    for (int b = 0; b < RELIABILITY_BINS; b++)
        ck_assert_uint_eq(r.masses[b].count, 2);
}
END_TEST

/* Right estimates: many draws of scores have the error on average that each expects of itself. */
START_TEST(the_error_by_chance_is_that_of_right_estimates)
{
    enum { PHOTOS = 150, DRAWS = 2000 };
    double estimates[PHOTOS], scores[PHOTOS], width = 0, mass = 0, width_chance = 0,
                                              mass_chance = 0;
    struct reliability r;
    struct tn_rng rng;

    tn_rng_init(&rng, 7);
    for (int draw = 0; draw < DRAWS; draw++) {
        for (int i = 0; i < PHOTOS; i++) {
            estimates[i] = 0.3 + 0.4 * (double)tn_rng_uniform(&rng);
            scores[i] = estimates[i] + 0.6 * ((double)tn_rng_uniform(&rng) - 0.5);
        }
        ck_assert_int_eq(reliability_measure(estimates, scores, PHOTOS, &r, NULL), TN_OK);
        width += r.ece_width / DRAWS;
        mass += r.ece_mass / DRAWS;
        width_chance += r.chance_width / DRAWS;
        mass_chance += r.chance_mass / DRAWS;
    }
    ck_assert_double_gt(width, 0.02);
    ck_assert_double_eq_tol(width_chance, width, 0.03 * width);
    ck_assert_double_eq_tol(mass_chance, mass, 0.03 * mass);
}
END_TEST

START_TEST(ranks_show_that_the_mean_says_nothing)
{
    static const double estimates[] = {0.1, 0.2, 0.2, 0.3}, scores[] = {0.1, 0.3, 0.2, 0.4};
    static const double mean[] = {0.25, 0.25, 0.25, 0.25}, high[] = {0.5, 0.9}, low[] = {0.5, 0.1};
    struct reliability r;

    /* Ranks 0, 1.5, 1.5, 3 and 0, 2, 1, 3 around 1.5: 4.5 / sqrt(4.5 * 5). */
    ck_assert_int_eq(reliability_measure(estimates, scores, 4, &r, NULL), TN_OK);
    ck_assert_double_eq_tol(r.spearman, 4.5 / sqrt(4.5 * 5), 1e-12);
    ck_assert_int_eq(reliability_measure(mean, scores, 4, &r, NULL), TN_OK);
    ck_assert_double_eq_tol(r.ece_width, 0, 1e-12);
    ck_assert_double_eq(r.spearman, 0);
    ck_assert_double_eq_tol(reliability_auc(high, 2, low, 2), 3.5 / 4, 1e-12);
    ck_assert_double_eq(reliability_auc(high, 2, low, 0), 0.5);
    ck_assert_int_eq(reliability_measure(mean, scores, 0, &r, NULL), TN_OK);
    ck_assert_double_eq(r.ece_width, 0);
}
END_TEST

/* ---- Centres ---- */

enum { WIDTH = 40, PHOTOS = 300 };

/* Photos around three directions, the first coordinate the largest, the second, or the third. */
static void make_features(struct data_features *features)
{
    struct tn_rng rng;
    float row[WIDTH];

    *features = (struct data_features){.photos = PHOTOS, .views = 1, .width = WIDTH};
    features->rows = malloc(PHOTOS * sizeof *features->rows);
    features->values = malloc(PHOTOS * WIDTH * sizeof *features->values);
    features->total = PHOTOS;
    tn_rng_init(&rng, 3);
    for (size_t i = 0; i < PHOTOS; i++) {
        for (size_t j = 0; j < WIDTH; j++)
            row[j] = 0.2F * tn_rng_uniform(&rng) + (j == i % 3 ? 5 + (float)(i % 7) : 0);
        tn_float_to_half(features->values + i * WIDTH, row, WIDTH);
        features->rows[i] = i;
    }
}

static bool stop_at_once(void *context, const char *doing, size_t done, size_t count)
{
    (void)context;
    (void)doing;
    (void)done;
    (void)count;
    return false;
}

START_TEST(centres_are_the_directions_of_groups)
{
    struct data_features features;
    struct centres_options options = {.count = 3};
    float centres[3 * WIDTH];
    size_t photos[PHOTOS];
    const struct data_corpus corpus = {.photos = photos, .photo_count = PHOTOS - 1};
    const struct data_source source = {
        .corpus = &corpus, .features = &features, .input = {.scale = 2}};
    bool seen[3] = {false};

    make_features(&features);
    for (size_t i = 0; i < PHOTOS; i++)
        photos[i] = i;
    ck_assert_int_eq(train_centres_make(&source, &options, NULL, centres, NULL), TN_OK);
    for (size_t k = 0; k < 3; k++) {
        float length = 0;

        for (size_t j = 0; j < WIDTH; j++)
            length += centres[k * WIDTH + j] * centres[k * WIDTH + j];
        ck_assert_float_eq_tol(length, 1, 1e-4F);
        for (size_t j = 0; j < 3; j++)
            seen[j] = seen[j] || centres[k * WIDTH + j] > 0.98F;
    }
    ck_assert(seen[0] && seen[1] && seen[2]);
    options.progress.report = stop_at_once;
    ck_assert_int_eq(train_centres_make(&source, &options, NULL, centres, NULL), TN_CANCELLED);
    data_features_finish(&features);
}
END_TEST

/* ---- The fit ---- */

enum { EXAMPLES = 400, EMPTY = 40, FURTHER = 1600 };

/* Photos near the photos' centres, and better the likelier their words; empty pictures; further
 * photos, like the others. */
struct examples {
    struct calibration_example all[EXAMPLES + EMPTY + FURTHER];
    double estimates[EXAMPLES], empty[EMPTY];
};

static void make_examples(struct examples *examples)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 11);
    for (size_t i = 0; i < EXAMPLES + EMPTY + FURTHER; i++) {
        const bool photo = i < EXAMPLES || i >= EXAMPLES + EMPTY;
        struct confidence_evidence *e = &examples->all[i].evidence;

        e->photo = (photo ? 0.6 : 0.2) + 0.1 * (double)tn_rng_uniform(&rng);
        e->empty = (photo ? 0.1 : 0.7) + 0.1 * (double)tn_rng_uniform(&rng);
        e->active = (photo ? 0.2 : 0.1) + 0.05 * (double)tn_rng_uniform(&rng);
        e->words = -3 * (double)tn_rng_uniform(&rng);
        examples->all[i].score = photo ? logistic(1 + 1.5 * e->words) : 0;
    }
}

static struct calibration_set set_of(const struct examples *examples, size_t further)
{
    return (struct calibration_set){.photos = examples->all,
                                    .empty = examples->all + EXAMPLES,
                                    .further = examples->all + EXAMPLES + EMPTY,
                                    .photo_count = EXAMPLES,
                                    .empty_count = EMPTY,
                                    .further_count = further};
}

static void fit_examples(const struct examples *examples, size_t further,
                         struct calibration *calibration)
{
    const struct calibration_set set = set_of(examples, further);

    *calibration = (struct calibration){.confidence.weights = calibration->weights};
    ck_assert_int_eq(calibration_fit(&set, calibration, NULL), TN_OK);
}

static void cross_fit(struct examples *examples, struct calibration_estimates *estimates)
{
    const struct calibration_set set = set_of(examples, FURTHER);

    *estimates =
        (struct calibration_estimates){.photos = examples->estimates, .empty = examples->empty};
    ck_assert_int_eq(calibration_cross_fit(&set, estimates, NULL), TN_OK);
}

START_TEST(the_fit_gives_photos_their_score_and_nothing_none)
{
    struct examples examples;
    struct calibration_estimates estimates;
    struct calibration calibration;
    double worst = 0, active = 0;

    make_examples(&examples);
    fit_examples(&examples, 0, &calibration);
    for (size_t i = 0; i < EXAMPLES; i++) {
        const struct calibration_example *e = &examples.all[i];

        worst = fmax(worst,
                     fabs(confidence_estimate(&calibration.confidence, &e->evidence) - e->score));
        active += e->evidence.active / EXAMPLES;
    }
    ck_assert_double_lt(worst, 0.05);
    ck_assert_double_eq_tol(calibration.confidence.active[1], active, 1e-6);
    cross_fit(&examples, &estimates);
    for (size_t i = 0; i < EMPTY; i++)
        ck_assert_double_lt(estimates.empty[i], 0.05);
    for (size_t i = 0; i < EXAMPLES; i++)
        ck_assert_double_eq_tol(estimates.photos[i], examples.all[i].score, 0.08);
    ck_assert_uint_eq(estimates.photos_denied, 0);
    ck_assert_uint_eq(estimates.empty_denied, EMPTY);
}
END_TEST

START_TEST(few_active_numbers_speak_against_a_photo)
{
    struct examples examples;
    struct calibration calibration;
    struct confidence_evidence evidence = {.photo = 0.4, .empty = 0.4, .active = 0.25};
    double lively;

    make_examples(&examples);
    fit_examples(&examples, 0, &calibration);
    lively = confidence_photo(&calibration.confidence, &evidence);
    evidence.active = 0.1;
    ck_assert_double_lt(confidence_photo(&calibration.confidence, &evidence), lively - 0.1);
}
END_TEST

/* Photos that look like pictures of nothing, so many of `further`; how many of all photos the
 * threshold then denies, and how many empty pictures. */
static void count_denied(size_t odd, size_t further, size_t *ret_photos, size_t *ret_empty,
                         float *ret_threshold)
{
    struct examples examples;
    struct calibration calibration;

    make_examples(&examples);
    for (size_t i = 0; i < odd; i++)
        examples.all[EXAMPLES + EMPTY + i].evidence = examples.all[EXAMPLES + i].evidence;
    fit_examples(&examples, further, &calibration);
    *ret_photos = *ret_empty = 0;
    for (size_t i = 0; i < EXAMPLES + EMPTY + further; i++)
        if (confidence_denies_photo(&calibration.confidence, &examples.all[i].evidence))
            ++*(i >= EXAMPLES && i < EXAMPLES + EMPTY ? ret_empty : ret_photos);
    *ret_threshold = calibration.confidence.least_photo;
}

START_TEST(the_threshold_lets_nearly_all_photos_pass)
{
    size_t photos, empty;
    float threshold;

    count_denied(0, FURTHER, &photos, &empty, &threshold);
    ck_assert_uint_eq(photos, 0); /* two of 2000 may be denied, but no more than is needed are */
    ck_assert_uint_eq(empty, EMPTY);
    ck_assert_float_eq_tol(threshold, CONFIDENCE_LEAST_PHOTO, 1e-6F);
    count_denied(2, FURTHER, &photos, &empty, &threshold);
    ck_assert_uint_eq(photos, 2);
    ck_assert_uint_eq(empty, EMPTY);
    count_denied(30, FURTHER, &photos, &empty, &threshold);
    ck_assert_uint_eq(photos, 2);
    ck_assert_uint_lt(empty, EMPTY / 2);
    ck_assert_float_lt(threshold, CONFIDENCE_LEAST_PHOTO);
    count_denied(0, 0, &photos, &empty, &threshold); /* of 400 photos none may be denied */
    ck_assert_uint_eq(photos, 0);
    ck_assert_uint_eq(empty, EMPTY);
}
END_TEST

START_TEST(few_photos_have_a_low_threshold)
{
    struct examples examples;
    struct calibration calibration = {.confidence.weights = calibration.weights};
    struct calibration_set set;

    make_examples(&examples);
    set = set_of(&examples, 0);
    set.photo_count = 10;
    ck_assert_int_eq(calibration_fit(&set, &calibration, NULL), TN_OK);
    ck_assert_float_le(calibration.confidence.least_photo, 10.0F / (10 + EMPTY));
    ck_assert_float_gt(calibration.confidence.least_photo, 0.9F * 10 / (10 + EMPTY));
}
END_TEST

START_TEST(an_example_is_estimated_from_the_others)
{
    /* Even ones score 1, odd ones 0: whoever had seen them would tell. */
    struct examples examples;
    struct calibration_estimates estimates;

    make_examples(&examples);
    for (size_t i = 0; i < EXAMPLES; i++)
        examples.all[i].score = i % 2 == 0;
    cross_fit(&examples, &estimates);
    for (size_t i = 0; i < EXAMPLES; i++)
        ck_assert(i % 2 == 0 ? estimates.photos[i] < 0.1 : estimates.photos[i] > 0.85);
}
END_TEST

/* ---- Pictures of nothing ---- */

/* The mean square difference between neighbours in a row. */
static double roughness(const struct image *image)
{
    double sum = 0;

    for (size_t y = 0; y < image->height; y++)
        for (size_t i = 3; i < image->width * 3; i++) {
            const unsigned char *at = image->rgb + y * image->width * 3 + i;

            sum += pow((double)at[0] - (double)at[-3], 2);
        }
    return sum / (double)(image->height * image->width * 3);
}

START_TEST(pictures_of_nothing_are_what_they_are_called)
{
    for (size_t i = 0; i < 4 * EMPTY_KINDS; i++) {
        struct image image, again, other;
        size_t bytes;

        ck_assert_int_eq(empty_picture_draw(i, 1, &image, NULL), TN_OK);
        ck_assert_int_eq(empty_picture_draw(i, 1, &again, NULL), TN_OK);
        ck_assert_int_eq(empty_picture_draw(i, 2, &other, NULL), TN_OK);
        bytes = image.width * image.height * 3;
        ck_assert_uint_eq(image.width, again.width);
        ck_assert_mem_eq(image.rgb, again.rgb, bytes);
        ck_assert(image.width != other.width || image.height != other.height ||
                  memcmp(image.rgb, other.rgb, bytes) != 0);
        if (i / 2 % EMPTY_KINDS == 0)
            ck_assert_double_eq(roughness(&image), 0);
        else if (i / 2 % EMPTY_KINDS == 1) /* normal noise of at most 8 */
            ck_assert(roughness(&image) > 0 && roughness(&image) < 2.5 * 8 * 8);
        else
            ck_assert_double_gt(roughness(&image), 20);
        image_finish(&image);
        image_finish(&again);
        image_finish(&other);
    }
}
END_TEST

START_TEST(a_diagram_is_drawn)
{
    static const double estimates[] = {0, 0.4, 1}, scores[] = {0, 0.5, 1}, empty[] = {0.02, 1};
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    char path[] = "/tmp/test_calibrationXXXXXX";
    const int descriptor = mkstemp(path);
    struct reliability reliability;
    struct reliability_plot plot = {&reliability, estimates, empty, 2};
    struct image image;

    close(descriptor);
    ck_assert_int_eq(reliability_measure(estimates, scores, 3, &reliability, NULL), TN_OK);
    ck_assert_int_eq(reliability_plot_save(path, &plot, NULL), TN_OK);
    ck_assert_int_eq(image_load(path, &options, &image, NULL), TN_OK);
    ck_assert_uint_eq(image.width, 1000);
    ck_assert_double_gt(roughness(&image), 20);
    image_finish(&image);
    unlink(path);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("calibration");
    TCase *tcase = tcase_create("calibration");

    tcase_add_test(tcase, a_known_regression_is_recovered);
    tcase_add_test(tcase, the_ridge_keeps_weights_finite);
    tcase_add_test(tcase, the_calibration_error_is_as_computed_by_hand);
    tcase_add_test(tcase, equal_masses_join_neighbours);
    tcase_add_test(tcase, the_error_by_chance_is_that_of_right_estimates);
    tcase_add_test(tcase, ranks_show_that_the_mean_says_nothing);
    tcase_add_test(tcase, centres_are_the_directions_of_groups);
    tcase_add_test(tcase, the_fit_gives_photos_their_score_and_nothing_none);
    tcase_add_test(tcase, few_active_numbers_speak_against_a_photo);
    tcase_add_test(tcase, the_threshold_lets_nearly_all_photos_pass);
    tcase_add_test(tcase, few_photos_have_a_low_threshold);
    tcase_add_test(tcase, an_example_is_estimated_from_the_others);
    tcase_add_test(tcase, pictures_of_nothing_are_what_they_are_called);
    tcase_add_test(tcase, a_diagram_is_drawn);
    suite_add_tcase(suite, tcase);
    return suite;
}
