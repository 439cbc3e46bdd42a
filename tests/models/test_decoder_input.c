/* SPDX-License-Identifier: MIT */
#include "models/decoder_input.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "tests/support/gradcheck.h"
#include "tests/support/suite.h"

enum { WIDTH = 7 };

static const struct decoder_input inputs[] = {{2.5F, false, false}, {3, true, false}};

START_TEST(the_scale_alone_keeps_the_length)
{
    float v[] = {3, 0, 4}, twice[] = {6, 0, 8};

    decoder_input_apply(&inputs[0], v, 3);
    decoder_input_apply(&inputs[0], twice, 3);
    ck_assert_float_eq(v[0], 7.5F);
    ck_assert_float_eq(twice[2], 20);
}
END_TEST

START_TEST(a_unit_input_has_one_length)
{
    float v[] = {3, 0, 4}, twice[] = {6, 0, 8}, nothing[] = {0, 0, 0};

    decoder_input_apply(&inputs[1], v, 3);
    decoder_input_apply(&inputs[1], twice, 3);
    decoder_input_apply(&inputs[1], nothing, 3);
    ck_assert_float_eq_tol(v[0], 1.8F, 1e-6F);
    ck_assert_float_eq_tol(v[2], 2.4F, 1e-6F);
    ck_assert_mem_eq(v, twice, sizeof v);
    ck_assert_float_eq(nothing[0], 0);
}
END_TEST

/* A loss of z whose gradient is known: sum of weight_i z_i + z_i^2 / 2. */
struct loss {
    const struct decoder_input *input;
    float v[WIDTH], weight[WIDTH];
};

static double loss_of(void *context)
{
    const struct loss *loss = context;
    float z[WIDTH];
    double sum = 0;

    memcpy(z, loss->v, sizeof z);
    decoder_input_apply(loss->input, z, WIDTH);
    for (size_t i = 0; i < WIDTH; i++)
        sum += (double)z[i] * (double)(loss->weight[i] + z[i] / 2);
    return sum;
}

START_TEST(the_gradient_is_that_of_the_loss)
{
    struct loss loss = {.input = &inputs[_i]};
    float dv[WIDTH];
    struct tn_rng rng;

    tn_rng_init(&rng, 5);
    tn_rng_fill_uniform(&rng, loss.v, WIDTH, 1);
    tn_rng_fill_uniform(&rng, loss.weight, WIDTH, 1);
    memcpy(dv, loss.v, sizeof dv);
    decoder_input_apply(loss.input, dv, WIDTH);
    for (size_t i = 0; i < WIDTH; i++)
        dv[i] += loss.weight[i];
    decoder_input_backward(loss.input, loss.v, dv, WIDTH);
    ck_assert_double_lt(gradcheck(loss_of, &loss, loss.v, dv, WIDTH, 1e-2, NULL), 1e-3);
}
END_TEST

START_TEST(nothing_has_no_gradient)
{
    const float v[2] = {0, 0};
    float dz[2] = {1, 2};

    decoder_input_backward(&inputs[1], v, dz, 2);
    ck_assert_float_eq(dz[0], 0);
    ck_assert_float_eq(dz[1], 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("decoder_input");
    TCase *tcase = tcase_create("input");

    tcase_add_test(tcase, the_scale_alone_keeps_the_length);
    tcase_add_test(tcase, a_unit_input_has_one_length);
    tcase_add_loop_test(tcase, the_gradient_is_that_of_the_loss, 0, 2);
    tcase_add_test(tcase, nothing_has_no_gradient);
    suite_add_tcase(suite, tcase);
    return suite;
}
