/* SPDX-License-Identifier: MIT */
/* The kernels of the int8 encoder, each set against plain loops. */
#include "base/rng.h"
#include "cnn/int8/int8_kernels.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { MOST = 1 << 15 }; /* elements of an input, and weights of an output channel */

/* A convolution's row of `pixels` outputs. */
struct case_of_conv {
    size_t kernel, channels, stride, pad, pixels;
};

static size_t round_up(size_t n)
{
    return (n + 3) / 4 * 4;
}

/* x[kernel][row] with zeros in the padding, in bytes. */
static void fill_input(struct tn_rng *rng, const struct case_of_conv *c, size_t row,
                       unsigned char *x)
{
    const size_t side = (c->pixels - 1) * c->stride + c->kernel - 2 * c->pad;

    memset(x, 0, c->kernel * row);
    for (size_t y = 0; y < c->kernel; y++)
        for (size_t i = 0; i < side * c->channels; i++)
            x[y * row + c->pad * c->channels + i] = (unsigned char)tn_rng_below(rng, 256);
}

/* q[CNN_BLOCK][kernel][run], zero after a row's kernel * channels weights. */
static void fill_weights(struct tn_rng *rng, const struct case_of_conv *c, size_t run,
                         signed char *q)
{
    memset(q, 0, CNN_BLOCK * c->kernel * run);
    for (size_t i = 0; i < CNN_BLOCK * c->kernel; i++)
        for (size_t j = 0; j < c->kernel * c->channels; j++)
            q[i * run + j] = (signed char)(tn_rng_below(rng, 255) - 127);
}

static float plain(const struct case_of_conv *c, const unsigned char *x, size_t row,
                   const signed char *q, size_t run, float scale, float bias)
{
    int sum = 0;
    float y;

    for (size_t i = 0; i < c->kernel; i++)
        for (size_t j = 0; j < c->kernel * c->channels; j++)
            sum += x[i * row + j] * q[i * run + j];
    y = (float)sum * scale + bias;
    return y > 0.0f ? y : 0.0f;
}

static void check_conv(const struct cnn_int8_kernels *k, const struct case_of_conv *c)
{
    static unsigned char x[MOST];
    static signed char q[CNN_BLOCK * MOST];
    const size_t run = round_up(c->kernel * c->channels);
    const size_t row = round_up(((c->pixels - 1) * c->stride + c->kernel) * c->channels);
    const struct cnn_patch patch = {.rows = c->kernel,
                                    .row_stride = row * k->element,
                                    .columns = c->pad > 0 ? c->kernel : 1,
                                    .units = run / (c->pad > 0 ? c->kernel : 1) / 4 * k->element,
                                    .pad = c->pad,
                                    .step = c->stride * c->channels * k->element};
    unsigned char *wide = malloc(c->kernel * patch.row_stride);
    void *packed = aligned_alloc(64, CNN_BLOCK * c->kernel * run * k->element);
    float scale[CNN_BLOCK], bias[CNN_BLOCK], y[55 * 40];
    struct tn_rng rng;

    ck_assert(wide && packed);
    ck_assert_uint_le(c->kernel * row, MOST);
    tn_rng_init(&rng, 3);
    fill_input(&rng, c, row, x);
    fill_weights(&rng, c, run, q);
    tn_rng_fill_uniform(&rng, scale, CNN_BLOCK, 1e-3f);
    tn_rng_fill_uniform(&rng, bias, CNN_BLOCK, 9.0f);
    k->widen(wide, x, c->kernel * row);
    k->pack(packed, q, c->kernel * run);
    k->conv(y, 40, wide, &patch, c->pixels, packed, 0.5f, scale, bias);
    for (size_t p = 0; p < c->pixels; p++)
        for (size_t i = 0; i < CNN_BLOCK; i++)
            ck_assert_float_eq(y[p * 40 + i],
                               plain(c, x + p * c->stride * c->channels, row,
                                     q + i * c->kernel * run, run, 0.5f * scale[i], bias[i]));
    free(packed);
    free(wide);
}

/* AlexNet's layers, and shapes that the kernels were not made for. */
START_TEST(a_row_of_convolutions_is_exact)
{
    static const struct case_of_conv cases[] = {
        {11, 3, 4, 0, 55}, {5, 48, 1, 2, 27}, {3, 256, 1, 1, 13}, {3, 192, 1, 1, 13},
        {3, 192, 1, 1, 1}, {3, 192, 1, 1, 15}, {5, 48, 1, 2, 2},  {5, 48, 1, 1, 13},
        {3, 8, 1, 1, 7},
    };

    for (size_t s = 0; cnn_int8_kernels_at(s); s++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            check_conv(cnn_int8_kernels_at(s), &cases[i]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("int8_kernels");
    TCase *tc = tcase_create("sets");

    tcase_add_test(tc, a_row_of_convolutions_is_exact);
    suite_add_tcase(suite, tc);
    return suite;
}
