/* SPDX-License-Identifier: MIT */
/* y = max(x, 0); dx = dy where y > 0. */
#include "cnn/layer.h"

/* Elements a task: small enough to stay in the cache, and the same for any number of threads. */
enum { TASK_FLOATS = 1 << 15 };

struct relu {
    size_t count;
    float *out;          /* y, or dx */
    const float *in, *y; /* x, or dy and y */
};

static size_t task_count(size_t count)
{
    return (count + TASK_FLOATS - 1) / TASK_FLOATS;
}

static void relu_forward_task(void *context, size_t index, size_t thread)
{
    const struct relu *r = context;
    const size_t start = index * TASK_FLOATS;
    const size_t end = r->count - start < TASK_FLOATS ? r->count : start + TASK_FLOATS;

    (void)thread;
    for (size_t i = start; i < end; i++)
        r->out[i] = r->in[i] > 0 ? r->in[i] : 0;
}

static void relu_forward(const struct cnn_layer *layer, const struct tn_pass *pass,
                         const struct cnn_activation *a)
{
    struct relu r = {.count = a->batch * cnn_shape_floats(layer->in), .out = a->y, .in = a->x};

    tn_pass_run(pass, task_count(r.count), relu_forward_task, &r);
}

static void relu_backward_task(void *context, size_t index, size_t thread)
{
    const struct relu *r = context;
    const size_t start = index * TASK_FLOATS;
    const size_t end = r->count - start < TASK_FLOATS ? r->count : start + TASK_FLOATS;

    (void)thread;
    for (size_t i = start; i < end; i++) {
        const float dy = r->in[i]; /* read in any case: a choice then, and not a branch */

        r->out[i] = r->y[i] > 0 ? dy : 0;
    }
}

static void relu_backward(const struct cnn_layer *layer, const struct tn_pass *pass,
                          const struct cnn_activation *a, float *dx, const float *dy)
{
    struct relu r = {
        .count = a->batch * cnn_shape_floats(layer->in), .out = dx, .in = dy, .y = a->y};

    if (dx)
        tn_pass_run(pass, task_count(r.count), relu_backward_task, &r);
}

const struct cnn_layer_ops cnn_layer_relu = {
    .name = "relu",
    .reads_y = true,
    .in_place = true,
    .forward = relu_forward,
    .backward = relu_backward,
};
