/* SPDX-License-Identifier: MIT */
/* For the tests of cnn/: a network with all that a pass needs, and short rows for its table. */
#ifndef TESTS_CNN_RIG_H
#define TESTS_CNN_RIG_H

#include "tests/support/suite.h"

#include "cnn/network.h"

#include <stdlib.h>
#include <string.h>

#define CONV(out, side, by, zeros, parts)                                                          \
    {                                                                                              \
        .ops = &cnn_layer_conv, .name = "conv", .outputs = out, .kernel = side, .stride = by,      \
        .pad = zeros, .groups = parts                                                              \
    }
#define POOL(side, by)                                                                             \
    {                                                                                              \
        .ops = &cnn_layer_maxpool, .name = "pool", .kernel = side, .stride = by                    \
    }
#define LRN(n, power, offset)                                                                      \
    {                                                                                              \
        .ops = &cnn_layer_lrn, .name = "lrn", .kernel = n, .alpha = 0.7f, .beta = power,           \
        .k = offset                                                                                \
    }
#define DENSE(out)                                                                                 \
    {                                                                                              \
        .ops = &cnn_layer_dense, .name = "dense", .outputs = out                                   \
    }
#define RELU                                                                                       \
    {                                                                                              \
        .ops = &cnn_layer_relu, .name = "relu"                                                     \
    }
#define DROP(share)                                                                                \
    {                                                                                              \
        .ops = &cnn_layer_dropout, .name = "drop", .rate = share                                   \
    }

/* A network with its parameters, an input, and the gradient r of the loss sum(r y). */
struct rig {
    struct cnn_network *network;
    struct tn_pool *pool;
    struct tn_arena arena;
    struct tn_rng rng;
    struct tn_pass pass;
    size_t batch, floats_in, floats_out, floats;
    float *theta, *dtheta, *x, *dx, *y, *r;
};

static float *floats_of(size_t count)
{
    float *x = calloc(count > 0 ? count : 1, sizeof *x);

    ck_assert_ptr_nonnull(x);
    return x;
}

/* Distinct values around zero, all farther apart than the step of the differences. */
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

/* sum(r y), for gradcheck; dropout is the same each time. */
static double rig_loss(void *context)
{
    struct rig *rig = context;
    const size_t mark = tn_arena_mark(&rig->arena);
    const size_t last = cnn_network_count(rig->network) - 1;
    struct cnn_tape tape;
    double loss = 0;

    tn_rng_init(&rig->rng, 5);
    cnn_network_forward_keep(rig->network, &rig->pass, &tape, rig->x, rig->batch);
    for (size_t i = 0; rig->arena.base && i < rig->floats_out; i++)
        loss += (double)rig->r[i] * (double)tape.layers[last].y[i];
    tn_arena_release(&rig->arena, mark);
    return loss;
}

static void rig_gradients(struct rig *rig)
{
    const size_t mark = tn_arena_mark(&rig->arena);
    struct cnn_tape tape;

    tn_rng_init(&rig->rng, 5);
    cnn_network_forward_keep(rig->network, &rig->pass, &tape, rig->x, rig->batch);
    cnn_network_backward(rig->network, &rig->pass, &tape, 0, rig->dx, rig->r);
    tn_arena_release(&rig->arena, mark);
}

static void rig_infer(struct rig *rig)
{
    cnn_network_forward(rig->network, &rig->pass, cnn_network_count(rig->network) - 1, rig->y,
                        rig->x, rig->batch);
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
    rig->batch = batch;
    rig->pass = (struct tn_pass){.pool = rig->pool, .rng = &rig->rng, .arena = &rig->arena};
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

#endif
