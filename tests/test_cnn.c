/* SPDX-License-Identifier: MIT */
/*
 * Every kind of layer in the table: its forward against the definition in double precision, its
 * gradients against central differences, and equal results on any number of threads.
 */
#include "tests/support/suite.h"

#include "cnn/alexnet.h"
#include "cnn/network.h"
#include "tests/support/gradcheck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BATCH_THREADS = 3 };

struct layer_case {
    struct cnn_layer_spec spec;
    struct cnn_shape in;
    size_t batch;
};

#define CONV(out, side, by, zeros, parts)                                                          \
    {                                                                                              \
        .ops = &cnn_layer_conv, .name = "conv", .outputs = out, .kernel = side, .stride = by,      \
        .pad = zeros, .groups = parts                                                              \
    }
#define POOL(side, by) {.ops = &cnn_layer_maxpool, .name = "pool", .kernel = side, .stride = by}
#define LRN(n, power, offset)                                                                      \
    {                                                                                              \
        .ops = &cnn_layer_lrn, .name = "lrn", .kernel = n, .alpha = 0.7f, .beta = power,           \
        .k = offset                                                                                \
    }
#define DENSE(out) {.ops = &cnn_layer_dense, .name = "dense", .outputs = out}
#define RELU {.ops = &cnn_layer_relu, .name = "relu"}
#define DROP(share) {.ops = &cnn_layer_dropout, .name = "drop", .rate = share}

static const struct layer_case cases[] = {
    {CONV(4, 3, 1, 1, 1), {3, 5, 7}, 2},  {CONV(6, 3, 1, 1, 2), {4, 5, 4}, 3},
    {CONV(2, 5, 1, 2, 2), {2, 6, 5}, 1},  {CONV(3, 4, 3, 0, 1), {2, 11, 9}, 2},
    {CONV(3, 3, 2, 2, 3), {3, 4, 6}, 5},  {CONV(2, 1, 1, 0, 1), {3, 3, 2}, 2},
    {CONV(1, 2, 4, 3, 1), {1, 3, 3}, 2},  {CONV(2, 5, 2, 4, 1), {1, 2, 3}, 11},
    {CONV(2, 8, 2, 4, 1), {1, 3, 4}, 2},
    {POOL(3, 2), {2, 7, 9}, 2},           {POOL(3, 2), {1, 8, 6}, 1},
    {POOL(2, 2), {3, 5, 4}, 2},           {POOL(3, 1), {2, 4, 5}, 2},
    {LRN(5, 0.75f, 1), {7, 3, 4}, 2},     {LRN(3, 0.5f, 2), {2, 3, 3}, 2},
    {LRN(5, 0.75f, 1), {1, 2, 2}, 1},     {LRN(1, 0.75f, 1), {3, 1, 2}, 1},
    {LRN(3, 0.75f, 1), {3, 13, 11}, 1},   {DENSE(5), {3, 2, 4}, 3},
    {DENSE(1), {7, 1, 1}, 1},             {RELU, {3, 4, 5}, 2},
    {DROP(0.4f), {3, 4, 5}, 2},           {DROP(0), {2, 3, 1}, 1},
};

enum { CASES = sizeof cases / sizeof *cases };

/* A network with its parameters, an input, and the gradient r of the loss sum(r y). */
struct rig {
    struct cnn_network *network;
    struct tn_pool *pool;
    struct tn_arena arena;
    struct tn_rng rng;
    struct cnn_pass pass;
    size_t floats_in, floats_out, floats;
    float *theta, *dtheta, *x, *dx, *y, *r;
};

static float *floats_of(size_t count)
{
    float *x = calloc(count > 0 ? count : 1, sizeof *x);

    ck_assert_ptr_nonnull(x);
    return x;
}

/* Distinct values around zero, none closer to another or to zero than the step of the differences.
 */
static void fill_apart(float *x, size_t count, struct tn_rng *rng)
{
    size_t *order = calloc(count, sizeof *order);

    ck_assert_ptr_nonnull(order);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    tn_rng_shuffle(rng, order, count);
    for (size_t i = 0; i < count; i++)
        x[i] = 3 * ((float)order[i] + 0.5f - (float)(count / 2)) / (float)count;
    free(order);
}

static double rig_loss(void *context)
{
    struct rig *rig = context;
    const size_t mark = tn_arena_mark(&rig->arena);
    struct cnn_tape tape;
    double loss = 0;

    tn_rng_init(&rig->rng, 5);
    cnn_network_forward_keep(rig->network, &rig->pass, rig->x, &tape);
    for (size_t i = 0; rig->arena.base && i < rig->floats_out; i++)
        loss += (double)rig->r[i] * (double)tape.y[cnn_network_count(rig->network) - 1][i];
    tn_arena_release(&rig->arena, mark);
    return loss;
}

static void rig_gradients(struct rig *rig)
{
    const size_t mark = tn_arena_mark(&rig->arena);
    struct cnn_tape tape;

    tn_rng_init(&rig->rng, 5);
    cnn_network_forward_keep(rig->network, &rig->pass, rig->x, &tape);
    cnn_network_backward(rig->network, &rig->pass, &tape, 0, rig->dx, rig->r);
    tn_arena_release(&rig->arena, mark);
}

static void rig_infer(struct rig *rig)
{
    cnn_network_forward(rig->network, &rig->pass, cnn_network_count(rig->network) - 1, rig->y,
                        rig->x);
}

static void rig_init(struct rig *rig, const struct cnn_layer_spec *specs, size_t count,
                     struct cnn_shape in, size_t batch, size_t threads)
{
    struct tn_rng rng;
    struct tn_error err;

    memset(rig, 0, sizeof *rig);
    ck_assert_msg(cnn_network_create(specs, count, in, "net.", &rig->network, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_int_eq(tn_pool_create(threads, &rig->pool, NULL), TN_OK);
    rig->floats = cnn_network_layout(rig->network)->floats;
    rig->floats_in = batch * cnn_shape_floats(in);
    rig->floats_out = batch * cnn_shape_floats(cnn_network_layer(rig->network, count - 1)->out);
    rig->pass = (struct cnn_pass){rig->pool, &rig->arena, &rig->rng, NULL, NULL, batch};
    tn_arena_measure(&rig->arena);
    rig_gradients(rig);
    rig_infer(rig);
    ck_assert_int_eq(tn_arena_reserve(&rig->arena, NULL), TN_OK);
    rig->theta = floats_of(rig->floats);
    rig->dtheta = floats_of(rig->floats);
    rig->x = floats_of(rig->floats_in);
    rig->dx = floats_of(rig->floats_in);
    rig->y = floats_of(rig->floats_out);
    rig->r = floats_of(rig->floats_out);
    rig->pass.theta = rig->theta;
    rig->pass.dtheta = rig->dtheta;
    tn_rng_init(&rng, 1);
    tn_rng_fill_uniform(&rng, rig->theta, rig->floats, 0.7f);
    tn_rng_fill_uniform(&rng, rig->r, rig->floats_out, 1);
    fill_apart(rig->x, rig->floats_in, &rng);
}

static void rig_finish(struct rig *rig)
{
    free(rig->theta);
    free(rig->dtheta);
    free(rig->x);
    free(rig->dx);
    free(rig->y);
    free(rig->r);
    tn_arena_finish(&rig->arena);
    tn_pool_destroy(rig->pool);
    cnn_network_destroy(rig->network);
}

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

    rig_init(&rig, &layer_case->spec, 1, layer_case->in, layer_case->batch, MAX_BATCH_THREADS);
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

/* Largest error seen over all cases: 1.8e-3. */
START_TEST(gradients_match_finite_differences)
{
    const struct layer_case *layer_case = &cases[_i];
    const char *kind = layer_case->spec.ops->name;
    struct rig rig;
    size_t worst = 0;
    double error;

    rig_init(&rig, &layer_case->spec, 1, layer_case->in, layer_case->batch, MAX_BATCH_THREADS);
    rig_gradients(&rig);
    error = gradcheck(rig_loss, &rig, rig.x, rig.dx, rig.floats_in, 2e-3, &worst);
    ck_assert_msg(error < 5e-3, "%s, case %d: error %g of dx[%zu]", kind, _i, error, worst);
    for (size_t i = 0; i < cnn_network_layout(rig.network)->count; i++) {
        const struct tn_parameter *p = &cnn_network_layout(rig.network)->parameters[i];

        error = gradcheck(rig_loss, &rig, rig.theta + p->span.offset, rig.dtheta + p->span.offset,
                          p->span.count, 1e-2, &worst);
        ck_assert_msg(error < 5e-3, "%s, case %d: error %g of %s[%zu]", kind, _i, error, p->name,
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

/* ---- Networks ---- */

/* All kinds in the order of AlexNet's, layers in place among them. */
static const struct cnn_layer_spec net[] = {
    CONV(6, 5, 2, 0, 1), RELU, LRN(5, 0.75f, 1), POOL(3, 2),
    {.ops = &cnn_layer_conv, .name = "conv2", .outputs = 8, .kernel = 3, .stride = 1, .pad = 1,
     .groups = 2},
    {.ops = &cnn_layer_relu, .name = "relu2"},
    {.ops = &cnn_layer_maxpool, .name = "pool2", .kernel = 3, .stride = 2},
    {.ops = &cnn_layer_dense, .name = "fc6", .outputs = 10},
    {.ops = &cnn_layer_relu, .name = "relu6"}, DROP(0.5f), DENSE(7),
};

enum { NET_LAYERS = sizeof net / sizeof *net };

static const struct cnn_shape net_in = {3, 25, 23};

START_TEST(network_gradients_match_finite_differences)
{
    struct rig rig;
    size_t worst = 0;
    double error;

    rig_init(&rig, net, NET_LAYERS, net_in, 2, 2);
    rig_gradients(&rig);
    error = gradcheck(rig_loss, &rig, rig.theta, rig.dtheta, rig.floats, 1e-3, &worst);
    ck_assert_msg(error < 2e-2, "error %g of theta[%zu]", error, worst);
    rig_finish(&rig);
}
END_TEST

START_TEST(results_do_not_depend_on_threads)
{
    const size_t batches[] = {1, 3, 9};
    struct rig one, three;

    rig_init(&one, net, NET_LAYERS, net_in, batches[_i], 1);
    rig_init(&three, net, NET_LAYERS, net_in, batches[_i], 3);
    rig_infer(&one);
    rig_infer(&three);
    rig_gradients(&one);
    rig_gradients(&three);
    ck_assert_mem_eq(one.y, three.y, one.floats_out * sizeof *one.y);
    ck_assert_mem_eq(one.dx, three.dx, one.floats_in * sizeof *one.dx);
    ck_assert_mem_eq(one.dtheta, three.dtheta, one.floats * sizeof *one.dtheta);
    rig_finish(&one);
    rig_finish(&three);
}
END_TEST

/* Inference to a layer in the middle, and the training pass without dropout, agree. */
START_TEST(inference_gives_the_activations_of_training)
{
    struct cnn_tape tape;
    struct rig rig;

    rig_init(&rig, net, NET_LAYERS, net_in, 2, 2);
    rig.pass.rng = NULL;
    cnn_network_forward_keep(rig.network, &rig.pass, rig.x, &tape);
    for (size_t last = 0; last < NET_LAYERS; last++) {
        const size_t count =
            rig.pass.batch * cnn_shape_floats(cnn_network_layer(rig.network, last)->out);
        const bool overwritten = last + 1 < NET_LAYERS && tape.y[last + 1] == tape.y[last];
        struct rig other;
        float *y = floats_of(count);

        rig_init(&other, net, NET_LAYERS, net_in, 2, 1);
        cnn_network_forward(other.network, &other.pass, last, y, other.x);
        if (!overwritten)
            ck_assert_msg(memcmp(y, tape.y[last], count * sizeof *y) == 0, "layer %zu", last);
        rig_finish(&other);
        free(y);
    }
    rig_finish(&rig);
}
END_TEST

/* Layers below `first` keep their gradients, those above get the same as in a full pass. */
START_TEST(backward_stops_at_the_first_layer_asked_for)
{
    const size_t first = 4;
    struct cnn_tape tape;
    struct rig full, part;
    size_t boundary;

    rig_init(&full, net, NET_LAYERS, net_in, 2, 1);
    rig_init(&part, net, NET_LAYERS, net_in, 2, 1);
    rig_gradients(&full);
    tn_rng_init(&part.rng, 5);
    cnn_network_forward_keep(part.network, &part.pass, part.x, &tape);
    cnn_network_backward(part.network, &part.pass, &tape, first, NULL, part.r);
    boundary = cnn_network_layer(part.network, first)->weight.offset;
    for (size_t i = 0; i < boundary; i++)
        ck_assert_float_eq(part.dtheta[i], 0);
    ck_assert_mem_eq(part.dtheta + boundary, full.dtheta + boundary,
                     (part.floats - boundary) * sizeof *part.dtheta);
    rig_finish(&full);
    rig_finish(&part);
}
END_TEST

START_TEST(impossible_tables_are_errors_that_name_the_layer)
{
    const struct cnn_layer_spec bad[] = {
        CONV(4, 3, 1, 1, 3), CONV(4, 9, 1, 0, 1), CONV(4, 3, 0, 0, 1), CONV(0, 3, 1, 0, 1),
        CONV(4, 3, 1, 1, 0), POOL(7, 2),          POOL(0, 2),          POOL(2, 0),
        LRN(4, 0.75f, 1),    LRN(5, 0.75f, 0),    DENSE(0),            DROP(1),
        DROP(-0.5f),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cnn_network *network = NULL;
        struct tn_error err = {0};
        const enum tn_status status =
            cnn_network_create(&bad[i], 1, (struct cnn_shape){4, 6, 6}, "", &network, &err);

        ck_assert_msg(status == TN_RANGE || status == TN_SHAPE, "table %zu is accepted", i);
        ck_assert_ptr_null(network);
        ck_assert_msg(strstr(err.text, bad[i].name) != NULL, "\"%s\"", err.text);
    }
    cnn_network_destroy(NULL);
}
END_TEST

START_TEST(alexnet_has_the_shapes_of_the_paper)
{
    const struct {
        const char *layer;
        struct cnn_shape out;
    } expected[] = {{"conv1", {96, 55, 55}},  {"pool1", {96, 27, 27}}, {"conv2", {256, 27, 27}},
                    {"pool2", {256, 13, 13}}, {"conv3", {384, 13, 13}}, {"conv4", {384, 13, 13}},
                    {"conv5", {256, 13, 13}}, {"pool5", {256, 6, 6}},   {"fc6", {4096, 1, 1}},
                    {"fc7", {4096, 1, 1}}};
    struct cnn_network *network;
    const struct tn_parameter *conv2;
    size_t parameters = 0;

    ck_assert_int_eq(alexnet_create("encoder.", 0.5f, &network, NULL), TN_OK);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const size_t index = cnn_network_find(network, expected[i].layer);
        struct cnn_shape out;

        ck_assert_uint_lt(index, cnn_network_count(network));
        out = cnn_network_layer(network, index)->out;
        ck_assert_msg(memcmp(&out, &expected[i].out, sizeof out) == 0, "%s", expected[i].layer);
    }
    ck_assert_uint_eq(cnn_network_find(network, "conv9"), cnn_network_count(network));
    conv2 = tn_layout_find(cnn_network_layout(network), "encoder.conv2.weight");
    ck_assert_ptr_nonnull(conv2);
    ck_assert_uint_eq(conv2->dims[1], 48);
    for (size_t i = 0; i < cnn_network_layout(network)->count; i++)
        parameters += cnn_network_layout(network)->parameters[i].span.count;
    ck_assert_uint_eq(parameters, 56868224); /* BVLC's 60,965,224 without fc8's 4,097,000 */
    cnn_network_destroy(network);
}
END_TEST

START_TEST(alexnet_reads_blue_green_red_minus_the_mean)
{
    const size_t plane = (size_t)ALEXNET_SIDE * ALEXNET_SIDE;
    unsigned char *rgb = calloc(3 * plane, 1);
    float *x = floats_of(3 * plane);

    ck_assert_ptr_nonnull(rgb);
    memcpy(rgb + 3 * (plane - 1), (const unsigned char[]){10, 20, 255}, 3);
    alexnet_input(x, rgb);
    ck_assert_float_eq(x[0], -104);
    ck_assert_float_eq(x[plane], -117);
    ck_assert_float_eq(x[2 * plane], -123);
    ck_assert_float_eq(x[plane - 1], 255 - 104);
    ck_assert_float_eq(x[2 * plane - 1], 20 - 117);
    ck_assert_float_eq(x[3 * plane - 1], 10 - 123);
    free(rgb);
    free(x);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cnn");
    TCase *layers = tcase_create("layers"), *networks = tcase_create("networks");

    tcase_add_loop_test(layers, forward_is_the_definition, 0, CASES);
    tcase_add_loop_test(layers, gradients_match_finite_differences, 0, CASES);
    tcase_add_loop_test(layers, parameter_gradients_accumulate, 0, CASES);
    tcase_add_test(layers, every_kind_has_its_mandatory_members_and_a_case);
    tcase_add_test(layers, dropout_drops_its_share_and_keeps_the_mean);
    suite_add_tcase(suite, layers);
    tcase_add_test(networks, network_gradients_match_finite_differences);
    tcase_add_loop_test(networks, results_do_not_depend_on_threads, 0, 3);
    tcase_add_test(networks, inference_gives_the_activations_of_training);
    tcase_add_test(networks, backward_stops_at_the_first_layer_asked_for);
    tcase_add_test(networks, impossible_tables_are_errors_that_name_the_layer);
    tcase_add_test(networks, alexnet_has_the_shapes_of_the_paper);
    tcase_add_test(networks, alexnet_reads_blue_green_red_minus_the_mean);
    suite_add_tcase(suite, networks);
    return suite;
}
