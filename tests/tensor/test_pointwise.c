/* SPDX-License-Identifier: MIT */
/* Elementwise kernels of every set this processor runs, against libm in double. */
#include "tensor/kernels/kernels.h"
#include "tensor/pointwise.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/support/suite.h"

enum { COUNT = 20011 };

static float input[COUNT], output[COUNT];

static const struct tn_float_kernels *set_at(size_t index)
{
    return tn_kernels_at(index)->floats;
}

/* From -100 to 100, denser near 0. */
static void fill_input(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        const double t = 2.0 * (double)i / (COUNT - 1) - 1.0;

        input[i] = (float)(100.0 * t * t * t);
    }
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static void check_absolute(const char *what, double (*truth)(double))
{
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_msg(fabs(output[i] - truth(input[i])) < 5e-7, "%s(%g) is %g, expected %g", what,
                      (double)input[i], (double)output[i], truth(input[i]));
}

START_TEST(sigmoid_and_tanh_are_within_5e7)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        fill_input();
        set_at(s)->sigmoid(output, input, COUNT);
        check_absolute("sigmoid", sigmoid);
        set_at(s)->tanh(output, input, COUNT);
        check_absolute("tanh", tanh);
    }
}
END_TEST

START_TEST(tanh_keeps_small_arguments)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        const float x = 1e-6f;
        float y;

        set_at(s)->tanh(&y, &x, 1);
        ck_assert_float_eq_tol(y, x, 1e-12f);
    }
}
END_TEST

START_TEST(exp_is_within_5e7_relative)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        fill_input();
        set_at(s)->exp(output, input, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            const double truth = exp(input[i]);

            if (input[i] < -87.0f)
                ck_assert_msg(output[i] == 0.0f, "exp(%g) is %g", (double)input[i],
                              (double)output[i]);
            else if (input[i] < -86.9f)
                continue; /* either */
            else if (truth > FLT_MAX)
                ck_assert_msg(isinf(output[i]), "exp(%g) is %g", (double)input[i],
                              (double)output[i]);
            else
                ck_assert_msg(fabs(output[i] - truth) < 5e-7 * truth, "%s: exp(%g) is %g, not %g",
                              tn_kernels_at(s)->name, (double)input[i], (double)output[i], truth);
        }
    }
}
END_TEST

START_TEST(special_values_pass_through)
{
    const float x[4] = {NAN, INFINITY, -INFINITY, 88.7f};

    for (size_t s = 0; tn_kernels_at(s); s++) {
        float y[4];

        set_at(s)->exp(y, x, 4);
        ck_assert(isnan(y[0]) && isinf(y[1]) && y[2] == 0.0f && isfinite(y[3]));
        set_at(s)->sigmoid(y, x, 4);
        ck_assert(isnan(y[0]) && y[1] == 1.0f && y[2] == 0.0f);
        set_at(s)->tanh(y, x, 4);
        ck_assert(isnan(y[0]) && y[1] == 1.0f && y[2] == -1.0f);
    }
}
END_TEST

/* Sums of every length up to a few vectors, so that each tail is met. */
START_TEST(sums_and_maxima_of_every_length)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        for (size_t count = 1; count < 200; count++) {
            double dot = 0.0, total = 0.0;
            float largest = -1e30f;

            for (size_t i = 0; i < count; i++) {
                input[i] = (float)sin((double)(i * 7 + count));
                output[i] = (float)cos((double)(i * 3));
                dot += (double)input[i] * output[i];
                total += exp(input[i] - 1.0f);
                largest = fmaxf(largest, input[i]);
            }
            ck_assert_float_eq_tol(set_at(s)->dot(input, output, count), (float)dot, 1e-5f);
            ck_assert_float_eq(set_at(s)->max(input, count), largest);
            ck_assert_float_eq_tol(set_at(s)->sum_exp(input, 1.0f, count), (float)total,
                                   1e-6f * (float)total + 1e-7f);
        }
    }
}
END_TEST

START_TEST(logsumexp_survives_large_values)
{
    const float x[3] = {1000.0f, 1000.0f, -1000.0f};

    ck_assert_float_eq_tol(tn_logsumexp(x, 3), 1000.0f + logf(2.0f), 1e-4f);
}
END_TEST

START_TEST(relu_axpy_scale)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        fill_input();
        set_at(s)->relu(output, input, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            ck_assert_float_eq(output[i], input[i] > 0.0f ? input[i] : 0.0f);
        memset(output, 0, sizeof output);
        set_at(s)->axpy(output, 2.0f, input, COUNT);
        set_at(s)->scale(output, 0.5f, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            ck_assert_float_eq(output[i], input[i]);
    }
}
END_TEST

START_TEST(bias_rows)
{
    const float b[3] = {10, 20, 30};
    float y[6] = {1, 2, 3, 4, 5, 6};

    tn_add_bias(y, b, 2, 3);
    ck_assert_float_eq(y[2], 33.0f);
    ck_assert_float_eq(y[3], 14.0f);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pointwise");
    TCase *tc = tcase_create("kernels");

    tcase_add_test(tc, sigmoid_and_tanh_are_within_5e7);
    tcase_add_test(tc, tanh_keeps_small_arguments);
    tcase_add_test(tc, exp_is_within_5e7_relative);
    tcase_add_test(tc, special_values_pass_through);
    tcase_add_test(tc, sums_and_maxima_of_every_length);
    tcase_add_test(tc, logsumexp_survives_large_values);
    tcase_add_test(tc, relu_axpy_scale);
    tcase_add_test(tc, bias_rows);
    suite_add_tcase(suite, tc);
    return suite;
}
