/* SPDX-License-Identifier: MIT */
/*
 * Every kind of layer in the table: its forward against the definition in double precision, its
 * gradients against central differences.
 */
#include "tests/support/suite.h"

#include "tests/cnn/cnn_rig.h"
#include "tests/support/gradcheck.h"

#include <math.h>

enum { THREADS = 3 };

struct layer_case {
    struct cnn_layer_spec spec;
    struct cnn_shape in;
    size_t batch;
};

static const struct layer_case cases[] = {
    {CONV(4, 3, 1, 1, 1), {3, 5, 7}, 2},  {CONV(6, 3, 1, 1, 2), {4, 5, 4}, 3},
    {CONV(2, 5, 1, 2, 2), {2, 6, 5}, 1},  {CONV(3, 4, 3, 0, 1), {2, 11, 9}, 2},
    {CONV(3, 3, 2, 2, 3), {3, 4, 6}, 5},  {CONV(2, 1, 1, 0, 1), {3, 3, 2}, 2},
    {CONV(1, 2, 4, 3, 1), {1, 3, 3}, 2},  {CONV(2, 5, 2, 4, 1), {1, 2, 3}, 11},
    {CONV(2, 8, 2, 4, 1), {1, 3, 4}, 2},  {CONV(34, 3, 1, 1, 2), {22, 3, 4}, 2},
    {POOL(3, 2), {2, 7, 9}, 2},           {POOL(3, 2), {1, 8, 6}, 1},
    {POOL(2, 2), {3, 5, 4}, 2},           {POOL(3, 1), {2, 4, 5}, 2},
    {LRN(5, 0.75f, 1), {7, 3, 4}, 2},     {LRN(3, 0.5f, 2), {2, 3, 3}, 2},
    {LRN(5, 0.75f, 1), {1, 2, 2}, 1},     {LRN(1, 0.75f, 1), {3, 1, 2}, 1},
    {LRN(3, 0.75f, 1), {3, 13, 11}, 1},   {DENSE(5), {3, 2, 4}, 3},
    {DENSE(1), {7, 1, 1}, 1},             {DENSE(6), {2, 2, 2}, 17},
    {RELU, {3, 4, 5}, 2},
    {DROP(0.4f), {3, 4, 5}, 2},           {DROP(0), {2, 3, 1}, 1},
};

enum { CASES = sizeof cases / sizeof *cases };

/* ---- The definitions, one element of y at a time ---- */

static double at(const struct cnn_shape s, const float *x, size_t image, size_t c, ptrdiff_t row,
                 ptrdiff_t column)
{
    if (row < 0 || column < 0 || (size_t)row >= s.height || (size_t)column >= s.width)
        return 0;
    return (double)x[((image * s.channels + c) * s.height + (size_t)row) * s.width +
                     (size_t)column];
}

struct place { /* of an element of y */
    size_t image, channel, row, column;
};

static double conv_at(const struct cnn_layer *l, const float *theta, const float *x,
                      struct place p)
{
    const size_t side = l->spec.kernel, channels = l->in.channels / l->spec.groups;
    const size_t group = p.channel / (l->spec.outputs / l->spec.groups);
    const float *w = theta + l->weight.offset + p.channel * channels * side * side;
    double sum = (double)theta[l->bias.offset + p.channel];

    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < side; i++)
            for (size_t j = 0; j < side; j++)
                sum += (double)w[(c * side + i) * side + j] *
                       at(l->in, x, p.image, group * channels + c,
                          (ptrdiff_t)(p.row * l->spec.stride + i) - (ptrdiff_t)l->spec.pad,
                          (ptrdiff_t)(p.column * l->spec.stride + j) - (ptrdiff_t)l->spec.pad);
    return sum;
}

static double maxpool_at(const struct cnn_layer *l, const float *x, struct place p)
{
    double largest = -INFINITY;

    for (size_t i = 0; i < l->spec.kernel; i++)
        for (size_t j = 0; j < l->spec.kernel; j++)
            largest = fmax(largest, at(l->in, x, p.image, p.channel,
                                       (ptrdiff_t)(p.row * l->spec.stride + i),
                                       (ptrdiff_t)(p.column * l->spec.stride + j)));
    return largest;
}

static double lrn_at(const struct cnn_layer *l, const float *x, struct place p)
{
    const ptrdiff_t half = (ptrdiff_t)l->spec.kernel / 2, channel = (ptrdiff_t)p.channel;
    double sum = 0;

    for (ptrdiff_t j = channel - half; j <= channel + half; j++)
        if (j >= 0 && (size_t)j < l->in.channels)
            sum += pow(at(l->in, x, p.image, (size_t)j, (ptrdiff_t)p.row, (ptrdiff_t)p.column), 2);
    return at(l->in, x, p.image, p.channel, (ptrdiff_t)p.row, (ptrdiff_t)p.column) *
           pow((double)l->spec.k + (double)l->spec.alpha / (double)l->spec.kernel * sum,
               -(double)l->spec.beta);
}

static double dense_at(const struct cnn_layer *l, const float *theta, const float *x,
                       struct place p)
{
    const size_t in = cnn_shape_floats(l->in);
    double sum = (double)theta[l->bias.offset + p.channel];

    for (size_t i = 0; i < in; i++)
        sum += (double)theta[l->weight.offset + p.channel * in + i] * (double)x[p.image * in + i];
    return sum;
}

static double definition(const struct cnn_layer *l, const float *theta, const float *x,
                         struct place p)
{
    const struct cnn_layer_ops *ops = l->spec.ops;
    const double same = ops == &cnn_layer_dense ? 0
                                                : at(l->in, x, p.image, p.channel % l->in.channels,
                                                     (ptrdiff_t)p.row, (ptrdiff_t)p.column);

    if (ops == &cnn_layer_conv)
        return conv_at(l, theta, x, p);
    if (ops == &cnn_layer_maxpool)
        return maxpool_at(l, x, p);
    if (ops == &cnn_layer_lrn)
        return lrn_at(l, x, p);
    if (ops == &cnn_layer_dense)
        return dense_at(l, theta, x, p);
    if (ops == &cnn_layer_relu)
        return fmax(same, 0);
    ck_assert_msg(ops == &cnn_layer_dropout, "no definition of %s", ops->name);
    return same;
}

START_TEST(forward_is_the_definition)
{
    const struct layer_case *layer_case = &cases[_i];
    const char *kind = layer_case->spec.ops->name;
    const struct cnn_layer *layer;
    struct rig rig;
    size_t index = 0;

    rig_init(&rig, &layer_case->spec, 1, layer_case->in, layer_case->batch, THREADS);
    rig_infer(&rig);
    layer = cnn_network_layer(rig.network, 0);
    for (size_t b = 0; b < layer_case->batch; b++)
        for (size_t c = 0; c < layer->out.channels; c++)
            for (size_t i = 0; i < layer->out.height; i++)
                for (size_t j = 0; j < layer->out.width; j++, index++) {
                    const double expected =
                        definition(layer, rig.theta, rig.x, (struct place){b, c, i, j});

                    ck_assert_msg(fabs((double)rig.y[index] - expected) <= 1e-5,
                                  "%s, case %d: y[%zu] is %g, expected %g", kind, _i, index,
                                  (double)rig.y[index], expected);
                }
    ck_assert_uint_eq(index, rig.floats_out);
    rig_finish(&rig);
}
END_TEST

/* Largest error seen over all cases: 2.1e-5. */
START_TEST(gradients_match_finite_differences)
{
    const struct layer_case *layer_case = &cases[_i];
    const char *kind = layer_case->spec.ops->name;
    struct rig rig;
    size_t worst = 0;
    double error;

    rig_init(&rig, &layer_case->spec, 1, layer_case->in, layer_case->batch, THREADS);
    rig_gradients(&rig);
    error = gradcheck(rig_loss, &rig, rig.x, rig.dx, rig.floats_in, 2e-3, &worst);
    ck_assert_msg(error < 1e-3, "%s, case %d: error %g of dx[%zu]", kind, _i, error, worst);
    for (size_t i = 0; i < cnn_network_layout(rig.network)->count; i++) {
        const struct tn_parameter *p = &cnn_network_layout(rig.network)->parameters[i];

        error = gradcheck(rig_loss, &rig, rig.theta + p->span.offset, rig.dtheta + p->span.offset,
                          p->span.count, 1e-2, &worst);
        ck_assert_msg(error < 1e-3, "%s, case %d: error %g of %s[%zu]", kind, _i, error, p->name,
                      worst);
    }
    rig_finish(&rig);
}
END_TEST

START_TEST(parameter_gradients_accumulate)
{
    const struct layer_case *layer_case = &cases[_i];
    struct rig rig;
    float *once;

    rig_init(&rig, &layer_case->spec, 1, layer_case->in, layer_case->batch, 1);
    rig_gradients(&rig);
    once = floats_of(rig.floats);
    memcpy(once, rig.dtheta, rig.floats * sizeof *once);
    memset(rig.dx, 0x7f, rig.floats_in * sizeof *rig.dx);
    rig_gradients(&rig);
    for (size_t i = 0; i < rig.floats; i++)
        ck_assert_float_eq_tol(rig.dtheta[i], 2 * once[i], 1e-4f);
    for (size_t i = 0; i < rig.floats_in; i++)
        ck_assert_msg(fabsf(rig.dx[i]) < 1e3f, "%s: dx is not overwritten",
                      layer_case->spec.ops->name);
    free(once);
    rig_finish(&rig);
}
END_TEST

START_TEST(every_kind_has_its_mandatory_members_and_a_case)
{
    for (size_t i = 0; cnn_layer_kinds[i]; i++) {
        const struct cnn_layer_ops *ops = cnn_layer_kinds[i];
        size_t found = 0;

        ck_assert_ptr_nonnull(ops->name);
        ck_assert_msg(ops->forward && ops->backward, "%s lacks a pass", ops->name);
        for (size_t j = 0; j < CASES; j++)
            found += cases[j].spec.ops == ops;
        ck_assert_msg(found > 0, "%s is not tested here", ops->name);
    }
}
END_TEST

START_TEST(dropout_drops_its_share_and_keeps_the_mean)
{
    const struct cnn_layer_spec spec = DROP(0.25f);
    const struct cnn_shape in = {4, 50, 50};
    struct rig rig;
    size_t dropped = 0;

    rig_init(&rig, &spec, 1, in, 4, 1);
    rig_gradients(&rig); /* dx = mask * r */
    for (size_t i = 0; i < rig.floats_in; i++) {
        if (rig.dx[i] == 0)
            dropped++;
        else
            ck_assert_float_eq_tol(rig.dx[i], rig.r[i] / 0.75f, 1e-6f);
    }
    ck_assert_double_eq_tol((double)dropped / (double)rig.floats_in, 0.25, 0.01);
    rig.pass.rng = NULL;
    rig_gradients(&rig);
    ck_assert_mem_eq(rig.dx, rig.r, rig.floats_in * sizeof *rig.dx);
    rig_finish(&rig);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cnn layers");
    TCase *tcase = tcase_create("layers");

    tcase_add_loop_test(tcase, forward_is_the_definition, 0, CASES);
    tcase_add_loop_test(tcase, gradients_match_finite_differences, 0, CASES);
    tcase_add_loop_test(tcase, parameter_gradients_accumulate, 0, CASES);
    tcase_add_test(tcase, every_kind_has_its_mandatory_members_and_a_case);
    tcase_add_test(tcase, dropout_drops_its_share_and_keeps_the_mean);
    suite_add_tcase(suite, tcase);
    return suite;
}
