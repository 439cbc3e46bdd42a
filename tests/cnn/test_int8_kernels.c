/* SPDX-License-Identifier: MIT */
/* The kernels of the int8 encoder, each set against plain loops. */
#include "base/rng.h"
#include "cnn/int8/int8_kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { MOST = 1 << 15 }; /* elements of an input, and weights of an output channel */

/* A convolution's row of `pixels` outputs. */
struct case_of_conv {
    size_t kernel, channels, stride, pad, pixels;
};

static size_t width(const struct case_of_conv *c)
{
    return c->kernel * c->channels;
}

/* Rows of tails: for what is left of the kernel's rows after whole units. */
static size_t tail_rows(const struct case_of_conv *c)
{
    return width(c) % 4 == 0 ? 0 : (c->kernel + 3) / 4;
}

/* x[kernel][row] with zeros in the padding, in bytes. */
static void fill_input(struct tn_rng *rng, const struct case_of_conv *c, size_t row,
                       unsigned char *x)
{
    const size_t pad = c->pad * c->channels;

    memset(x, 0, c->kernel * row);
    for (size_t y = 0; y < c->kernel; y++)
        for (size_t i = pad; i < row - pad; i++)
            x[y * row + i] = (unsigned char)tn_rng_below(rng, 256);
}

/* tails[tail_rows][pixels][4]: the last byte of each row of a pixel's patch. */
static void cut_tails(const struct case_of_conv *c, const unsigned char *x, size_t row,
                      unsigned char *tails)
{
    memset(tails, 77, tail_rows(c) * c->pixels * 4); /* times a weight of 0 */
    for (size_t y = 0; y < c->kernel; y++)
        for (size_t p = 0; p < c->pixels && tail_rows(c) > 0; p++)
            tails[(y / 4 * c->pixels + p) * 4 + y % 4] =
                x[y * row + p * c->stride * c->channels + width(c) - 1];
}

/* From q[kernel][width] to the order of a patch; returns how many. */
static size_t order_weights(const struct case_of_conv *c, const signed char *q, signed char *order)
{
    const size_t run = width(c) / 4 * 4;
    signed char *tails = order + c->kernel * run;

    memset(tails, 0, tail_rows(c) * 4);
    for (size_t y = 0; y < c->kernel; y++) {
        memcpy(order + y * run, q + y * width(c), run);
        if (tail_rows(c) > 0)
            tails[y] = q[y * width(c) + run];
    }
    return c->kernel * run + tail_rows(c) * 4;
}

static float plain(const struct case_of_conv *c, const unsigned char *x, size_t row,
                   const signed char *q, float scale, float bias)
{
    int sum = 0;
    float y;

    for (size_t i = 0; i < c->kernel; i++)
        for (size_t j = 0; j < width(c); j++)
            sum += x[i * row + j] * q[i * width(c) + j];
    y = (float)sum * scale + bias;
    return y > 0.0f ? y : 0.0f;
}

static void check_conv(const struct cnn_int8_kernels *k, const struct case_of_conv *c)
{
    static unsigned char x[MOST], tails[MOST], wide[2 * MOST], wide_tails[2 * MOST];
    static signed char q[CNN_BLOCK * MOST], order[CNN_BLOCK * MOST];
    const size_t row = ((c->pixels - 1) * c->stride + c->kernel) * c->channels;
    const size_t columns = tail_rows(c) > 0 ? 1 : c->kernel, size = c->kernel * width(c);
    const struct cnn_patch patch = {.rows = c->kernel,
                                    .row_stride = row * k->element,
                                    .columns = columns,
                                    .units = width(c) / columns / 4 * k->element,
                                    .pad = c->pad,
                                    .step = c->stride * c->channels * k->element,
                                    .tail_rows = tail_rows(c),
                                    .tails = wide_tails};
    float scale[CNN_BLOCK], bias[CNN_BLOCK], y[55 * 40];
    struct tn_rng rng;
    size_t count = 0;
    void *packed;

    ck_assert_uint_le(c->kernel * row, MOST);
    tn_rng_init(&rng, 3);
    fill_input(&rng, c, row, x);
    cut_tails(c, x, row, tails);
    for (size_t i = 0; i < CNN_BLOCK * size; i++)
        q[i] = (signed char)(tn_rng_below(&rng, 255) - 127);
    for (size_t i = 0; i < CNN_BLOCK; i++)
        count = order_weights(c, q + i * size, order + i * count);
    packed = aligned_alloc(64, CNN_BLOCK * count * k->element);
    ck_assert_ptr_nonnull(packed);
    tn_rng_fill_uniform(&rng, scale, CNN_BLOCK, 1e-3f);
    tn_rng_fill_uniform(&rng, bias, CNN_BLOCK, 9.0f);
    k->widen(wide, x, c->kernel * row);
    k->widen(wide_tails, tails, tail_rows(c) * c->pixels * 4);
    k->pack(packed, order, count);
    k->conv(y, 40, wide, &patch, c->pixels, packed, 0.5f, scale, bias);
    for (size_t p = 0; p < c->pixels; p++)
        for (size_t i = 0; i < CNN_BLOCK; i++)
            ck_assert_float_eq(y[p * 40 + i], plain(c, x + p * c->stride * c->channels, row,
                                                    q + i * size, 0.5f * scale[i], bias[i]));
    free(packed);
}

/* Both AlexNets' layers, and shapes that the kernels were not made for. */
START_TEST(a_row_of_convolutions_is_exact)
{
    static const struct case_of_conv cases[] = {
        {11, 3, 4, 0, 55}, {5, 48, 1, 2, 27},  {3, 256, 1, 1, 13}, {3, 192, 1, 1, 13},
        {3, 192, 1, 1, 1}, {3, 192, 1, 1, 15}, {5, 48, 1, 2, 2},   {5, 48, 1, 1, 13},
        {3, 8, 1, 1, 7},   {5, 64, 1, 2, 27},  {3, 384, 1, 1, 13},
    };

    for (size_t s = 0; cnn_int8_kernels_at(s); s++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            check_conv(cnn_int8_kernels_at(s), &cases[i]);
}
END_TEST

/* --- local response normalisation and pooling ------------------------------------------------ */

enum { PIXELS = 5, CHANNELS = 96, MADE = 2 * PIXELS + 1 };

/* Activations of all sizes, half of them 0. */
static void fill_row(float *x, double largest)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 4);
    for (size_t i = 0; i < MADE * CHANNELS; i++)
        x[i] = tn_rng_below(&rng, 2) == 0
                   ? 0.0f
                   : (float)(largest * pow(10.0, -6.0 * (double)tn_rng_uniform(&rng)));
}

static double plain_lrn(const float *x, size_t c)
{
    double sum = 0;

    for (size_t i = c < 2 ? 0 : c - 2; i < CHANNELS && i <= c + 2; i++)
        sum += (double)x[i] * (double)x[i];
    return (double)x[c] / pow(1 + 1e-4 / 5 * sum, 0.75);
}

START_TEST(normalised_rows_are_within_a_millionth)
{
    static float x[MADE * CHANNELS], y[(PIXELS + 1) * CHANNELS], first[PIXELS * CHANNELS];

    for (double largest = 1; largest < 1e17; largest *= 30) {
        fill_row(x, largest);
        cnn_int8_kernels_at(0)->lrn_across(y, x, PIXELS, CHANNELS);
        memcpy(first, y, sizeof first);
        for (size_t i = 0; i < PIXELS * CHANNELS; i++) {
            const float *left = x + i / CHANNELS * 2 * CHANNELS;
            double truth = 0;

            for (size_t p = 0; p < 3; p++)
                truth = fmax(truth, plain_lrn(left + p * CHANNELS, i % CHANNELS));
            ck_assert_double_le(fabs((double)y[i] - truth), 1e-6 * truth);
        }
        for (size_t s = 1; cnn_int8_kernels_at(s); s++) {
            cnn_int8_kernels_at(s)->lrn_across(y, x, PIXELS, CHANNELS);
            ck_assert_mem_eq(y, first, sizeof first);
        }
    }
}
END_TEST

START_TEST(rows_are_pooled_across_and_down)
{
    static float x[MADE * CHANNELS], y[PIXELS * CHANNELS];
    const float *const rows[3] = {x, x + 3 * CHANNELS, x + 6 * CHANNELS};

    fill_row(x, 1);
    for (size_t s = 0; cnn_int8_kernels_at(s); s++) {
        cnn_int8_kernels_at(s)->across(y, x, PIXELS, CHANNELS);
        for (size_t i = 0; i < PIXELS * CHANNELS; i++) {
            const float *left = x + i + i / CHANNELS * CHANNELS;

            ck_assert_float_eq(y[i],
                               fmaxf(fmaxf(left[0], left[CHANNELS]), left[2 * CHANNELS]));
        }
        cnn_int8_kernels_at(s)->down(y, rows, 3 * CHANNELS);
        for (size_t i = 0; i < 3 * CHANNELS; i++)
            ck_assert_float_eq(y[i], fmaxf(fmaxf(rows[0][i], rows[1][i]), rows[2][i]));
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("int8_kernels");
    TCase *tc = tcase_create("sets");

    tcase_add_test(tc, a_row_of_convolutions_is_exact);
    tcase_add_test(tc, normalised_rows_are_within_a_millionth);
    tcase_add_test(tc, rows_are_pooled_across_and_down);
    suite_add_tcase(suite, tc);
    return suite;
}
