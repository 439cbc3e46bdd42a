/* SPDX-License-Identifier: MIT */
/*
 * y = the largest x of each window, without padding: a last row or column that does not fill a
 * window is not read.  dx: a window's first largest element, in reading order, receives its dy.
 */
#include "cnn/layer.h"

#include <string.h>

struct maxpool {
    const struct cnn_layer *layer;
    float *y, *dx;
    const float *x, *forward_y, *dy;
    float *rows; /* [threads][width in] */
};

static enum tn_status maxpool_shape(const struct cnn_layer_spec *spec, struct cnn_shape in,
                                    struct cnn_shape *ret_out, struct tn_error *err)
{
    if (spec->kernel == 0 || spec->stride == 0 || spec->kernel > in.height ||
        spec->kernel > in.width)
        return tn_fail(err, TN_RANGE, "layer %s: a window of %zu, stride %zu, does not fit %zux%zu",
                       spec->name, spec->kernel, spec->stride, in.height, in.width);
    *ret_out = (struct cnn_shape){in.channels, (in.height - spec->kernel) / spec->stride + 1,
                                  (in.width - spec->kernel) / spec->stride + 1};
    return TN_OK;
}

/* One row of y: the largest of each column over the rows of a window, then over its columns. */
static void pool_row(const struct cnn_layer *layer, float *y, float *row, const float *x)
{
    const size_t width = layer->in.width, kernel = layer->spec.kernel;

    memcpy(row, x, width * sizeof *row);
    for (size_t i = 1; i < kernel; i++)
        for (size_t j = 0; j < width; j++)
            row[j] = x[i * width + j] > row[j] ? x[i * width + j] : row[j];
    for (size_t ox = 0; ox < layer->out.width; ox++) {
        const float *window = row + ox * layer->spec.stride;
        float largest = window[0];

        for (size_t j = 1; j < kernel; j++)
            largest = window[j] > largest ? window[j] : largest;
        y[ox] = largest;
    }
}

static void maxpool_forward_task(void *context, size_t image, size_t thread)
{
    const struct maxpool *p = context;
    const struct cnn_layer *layer = p->layer;
    const size_t plane = layer->in.height * layer->in.width;
    const float *x = p->x + image * cnn_shape_floats(layer->in);
    float *y = p->y + image * cnn_shape_floats(layer->out);

    for (size_t c = 0; c < layer->in.channels; c++, x += plane)
        for (size_t oy = 0; oy < layer->out.height; oy++, y += layer->out.width)
            pool_row(layer, y, p->rows + thread * layer->in.width,
                     x + oy * layer->spec.stride * layer->in.width);
}

static void maxpool_forward(const struct cnn_layer *layer, const struct tn_pass *pass,
                            const struct cnn_activation *a)
{
    const size_t mark = tn_arena_mark(pass->arena);
    struct maxpool p = {.layer = layer, .y = a->y, .x = a->x};

    p.rows = tn_arena_floats(pass->arena, tn_pool_threads(pass->pool) * layer->in.width);
    tn_pass_run(pass, a->batch, maxpool_forward_task, &p);
    tn_arena_release(pass->arena, mark);
}

/* The offset in x of the first element of the window that equals y. */
static size_t find_largest(const struct cnn_layer *layer, const float *x, float y)
{
    const size_t width = layer->in.width, kernel = layer->spec.kernel;

    for (size_t i = 0; i < kernel; i++)
        for (size_t j = 0; j < kernel; j++)
            if (x[i * width + j] == y)
                return i * width + j;
    return 0;
}

static void maxpool_backward_task(void *context, size_t image, size_t thread)
{
    const struct maxpool *p = context;
    const struct cnn_layer *layer = p->layer;
    const size_t in = cnn_shape_floats(layer->in), out = cnn_shape_floats(layer->out);
    const size_t plane = layer->in.height * layer->in.width, stride = layer->spec.stride;
    const float *y = p->forward_y + image * out, *dy = p->dy + image * out;
    float *dx = p->dx + image * in;
    const float *x = p->x + image * in;

    (void)thread;
    memset(dx, 0, in * sizeof *dx);
    for (size_t c = 0; c < layer->in.channels; c++, x += plane, dx += plane) {
        for (size_t oy = 0; oy < layer->out.height; oy++) {
            for (size_t ox = 0; ox < layer->out.width; ox++) {
                const size_t corner = (oy * layer->in.width + ox) * stride;

                dx[corner + find_largest(layer, x + corner, *y++)] += *dy++;
            }
        }
    }
}

static void maxpool_backward(const struct cnn_layer *layer, const struct tn_pass *pass,
                             const struct cnn_activation *a, float *dx, const float *dy)
{
    struct maxpool p = {.layer = layer, .dx = dx, .x = a->x, .forward_y = a->y, .dy = dy};

    if (dx)
        tn_pass_run(pass, a->batch, maxpool_backward_task, &p);
}

const struct cnn_layer_ops cnn_layer_maxpool = {
    .name = "maxpool",
    .reads_y = true,
    .shape = maxpool_shape,
    .forward = maxpool_forward,
    .backward = maxpool_backward,
};
