/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"
#include "train/optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 100003 }; /* several pieces, and a rest */

static const struct train_optimiser_options plain = {
    .beta1 = 0.9F, .beta2 = 0.999F, .epsilon = 1e-8F};

static float value(size_t i, int seed)
{
    return (float)((i * 2654435761U + (size_t)seed * 40503U) % 2001) / 1000.0F - 1;
}

static void fill(float *x, size_t count, int seed)
{
    for (size_t i = 0; i < count; i++)
        x[i] = value(i, seed);
}

START_TEST(adam_follows_its_equations)
{
    const struct train_optimiser_ops *ops = train_optimiser_find("adam");
    struct train_optimiser optimiser;
    float theta = 1, dtheta;
    double m = 0, v = 0, expected = 1;

    ck_assert_int_eq(train_optimiser_init(&optimiser, ops, &plain, NULL, 1, NULL), TN_OK);
    for (int t = 1; t <= 20; t++) {
        const double g = (double)value((size_t)t, 3);

        dtheta = (float)g;
        train_optimiser_step(&optimiser, NULL, 0.1F, &theta, &dtheta, 1);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        expected -= 0.1 * (m / (1 - pow(0.9, t))) / (sqrt(v / (1 - pow(0.999, t))) + 1e-8);
        ck_assert_double_eq_tol((double)theta, expected, 1e-4);
        ck_assert_float_eq(dtheta, 0);
    }
    train_optimiser_finish(&optimiser);
}
END_TEST

START_TEST(each_optimiser_finds_the_minimum)
{
    const struct train_optimiser_ops *ops = train_optimiser_at((size_t)_i);
    struct train_optimiser_options options = plain;
    struct train_optimiser optimiser;
    float theta[3] = {2, -1, 0.5F}, dtheta[3];

    options.clip = 1;
    ck_assert_int_eq(train_optimiser_init(&optimiser, ops, &options, NULL, 3, NULL), TN_OK);
    for (int t = 0; t < 3000; t++) {
        const double progress = t / 3000.0;
        const float rate =
            (float)train_schedule_factor(train_schedule_at(0), 0.1, progress);

        for (int i = 0; i < 3; i++)
            dtheta[i] = (float)(i + 1) * (theta[i] - (float)i);
        train_optimiser_step(&optimiser, NULL, 0.05F * rate, theta, dtheta, 1);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_msg(fabsf(theta[i] - (float)i) < 0.02F, "%s: theta[%d] is %g", ops->name, i,
                      (double)theta[i]);
    train_optimiser_finish(&optimiser);
}
END_TEST

/* Parts that begin and end within the optimiser's pieces of work. */
START_TEST(parts_have_rates_of_their_own)
{
    static const struct train_part parts[] = {{1000, 0}, {40000, 0.5F}};
    struct train_optimiser_options options = plain;
    struct train_optimiser optimiser;
    float *theta = calloc(COUNT, sizeof *theta), *dtheta = calloc(COUNT, sizeof *dtheta);

    options.weight_decay = 0.5F;
    options.parts = parts;
    options.part_count = 2;
    ck_assert_int_eq(
        train_optimiser_init(&optimiser, train_optimiser_find("sgd"), &options, NULL, COUNT, NULL),
        TN_OK);
    for (size_t i = 0; i < COUNT; i++) {
        theta[i] = 2;
        dtheta[i] = 1;
    }
    train_optimiser_step(&optimiser, NULL, 0.25F, theta, dtheta, 1);
    for (size_t i = 0; i < COUNT; i++) /* 2 (1 - rate / 2) - rate */
        ck_assert_float_eq(theta[i], i < 1000 ? 2 : i < 40000 ? 1.75F : 1.5F);
    train_optimiser_finish(&optimiser);
    free(theta);
    free(dtheta);
}
END_TEST

START_TEST(each_optimiser_gives_the_same_bits_for_any_threads)
{
    const struct train_optimiser_ops *ops = train_optimiser_at((size_t)_i);
    struct train_optimiser_options options = plain;
    float *theta[2], *dtheta = malloc(COUNT * sizeof(float));

    options.clip = 10; /* below the norm of these gradients */
    options.weight_decay = 0.01F;
    for (int run = 0; run < 2; run++) {
        struct train_optimiser optimiser;
        struct tn_pool *pool;

        theta[run] = malloc(COUNT * sizeof(float));
        fill(theta[run], COUNT, 1);
        ck_assert_int_eq(tn_pool_create(run == 0 ? 1 : 3, &pool, NULL), TN_OK);
        ck_assert_int_eq(train_optimiser_init(&optimiser, ops, &options, NULL, COUNT, NULL), TN_OK);
        for (int t = 0; t < 3; t++) {
            fill(dtheta, COUNT, t);
            ck_assert_double_gt(
                train_optimiser_step(&optimiser, pool, 0.01F, theta[run], dtheta, 1), 10);
        }
        train_optimiser_finish(&optimiser);
        tn_pool_destroy(pool);
    }
    ck_assert_msg(memcmp(theta[0], theta[1], COUNT * sizeof(float)) == 0, "%s", ops->name);
    free(theta[0]);
    free(theta[1]);
    free(dtheta);
}
END_TEST

START_TEST(clipping_scales_the_whole_gradient)
{
    struct train_optimiser_options options = plain;
    struct train_optimiser optimiser;
    float theta[2] = {0, 0}, dtheta[2] = {3, 4};

    options.clip = 1;
    ck_assert_int_eq(
        train_optimiser_init(&optimiser, train_optimiser_find("sgd"), &options, NULL, 2, NULL),
        TN_OK);
    ck_assert_double_eq_tol(train_optimiser_step(&optimiser, NULL, 1, theta, dtheta, 1), 5, 1e-6);
    ck_assert_float_eq_tol(theta[0], -0.6F, 1e-6F);
    ck_assert_float_eq_tol(theta[1], -0.8F, 1e-6F);
    train_optimiser_finish(&optimiser);
}
END_TEST

START_TEST(a_gradient_that_is_no_number_changes_nothing)
{
    struct train_optimiser optimiser;
    float theta[2] = {1, 2}, dtheta[2] = {NAN, 1};

    ck_assert_int_eq(
        train_optimiser_init(&optimiser, train_optimiser_find("adam"), &plain, NULL, 2, NULL),
        TN_OK);
    ck_assert(!isfinite(train_optimiser_step(&optimiser, NULL, 1, theta, dtheta, 1)));
    ck_assert_float_eq(theta[0], 1);
    ck_assert_float_eq(theta[1], 2);
    ck_assert_uint_eq(optimiser.step, 0);
    train_optimiser_finish(&optimiser);
}
END_TEST

START_TEST(schedules_begin_full_and_never_grow)
{
    const struct train_schedule *schedule = train_schedule_at((size_t)_i);
    double before = 1;

    ck_assert_double_eq(train_schedule_factor(schedule, 0, 0), 1);
    for (int i = 0; i <= 100; i++) {
        const double factor = train_schedule_factor(schedule, 0, i / 101.0);

        ck_assert_msg(factor >= 0 && factor <= before, "%s at %d", schedule->name, i);
        before = factor;
    }
}
END_TEST

START_TEST(warm_up_rises_in_a_line)
{
    const struct train_schedule *schedule = train_schedule_at(train_schedule_count() - 1);

    ck_assert_double_eq_tol(train_schedule_factor(schedule, 0.2, 0.05), 0.25, 1e-12);
    ck_assert_double_eq_tol(train_schedule_factor(schedule, 0.2, 0.2), 1, 1e-12);
    ck_assert_ptr_null(train_optimiser_find("adamm"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("optimiser");
    TCase *tcase = tcase_create("optimiser");
    const int optimisers = (int)train_optimiser_count(), schedules = (int)train_schedule_count();

    tcase_add_test(tcase, adam_follows_its_equations);
    tcase_add_test(tcase, parts_have_rates_of_their_own);
    tcase_add_loop_test(tcase, each_optimiser_finds_the_minimum, 0, optimisers);
    tcase_add_loop_test(tcase, each_optimiser_gives_the_same_bits_for_any_threads, 0, optimisers);
    tcase_add_test(tcase, clipping_scales_the_whole_gradient);
    tcase_add_test(tcase, a_gradient_that_is_no_number_changes_nothing);
    tcase_add_loop_test(tcase, schedules_begin_full_and_never_grow, 0, schedules);
    tcase_add_test(tcase, warm_up_rises_in_a_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
