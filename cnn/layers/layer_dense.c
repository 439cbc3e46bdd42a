/* SPDX-License-Identifier: MIT */
/* Y = X W^T + b over flattened images; dW += dY^T X, db += sum of dY's rows, dX = dY W. */
#include "cnn/layer.h"

#include "tensor/gemm.h"

#include <string.h>

/* So many images make up for turning Y. */
enum { MANY_IMAGES = 16 };

static enum tn_status dense_shape(const struct cnn_layer_spec *spec, struct cnn_shape in,
                                  struct cnn_shape *ret_out, struct tn_error *err)
{
    (void)in;
    if (spec->outputs == 0)
        return tn_fail(err, TN_RANGE, "layer %s has no outputs", spec->name);
    *ret_out = (struct cnn_shape){spec->outputs, 1, 1};
    return TN_OK;
}

static enum tn_status dense_declare(struct cnn_layer *layer, struct tn_layout *layout,
                                    const char *prefix, struct tn_error *err)
{
    const size_t dims[] = {layer->spec.outputs, cnn_shape_floats(layer->in)};

    TN_TRY(cnn_layer_declare(layer, layout, prefix, ".weight", 2, dims, &layer->weight, err));
    return cnn_layer_declare(layer, layout, prefix, ".bias", 1, dims, &layer->bias, err);
}

/* Y^T = W X^T + b: W, by far the larger factor, is read where it lies. */
static void forward_turned(const struct cnn_layer *layer, const struct tn_pass *pass,
                           const struct cnn_activation *a, float *turned)
{
    const size_t in = cnn_shape_floats(layer->in), out = layer->spec.outputs;
    const float *bias = pass->theta + layer->bias.offset;

    for (size_t o = 0; o < out; o++)
        for (size_t b = 0; b < a->batch; b++)
            turned[o * a->batch + b] = bias[o];
    tn_pass_gemm(pass, turned, a->batch, 1, tn_plain(pass->theta + layer->weight.offset, in),
                 tn_turned(a->x, in), out, a->batch, in);
    for (size_t b = 0; b < a->batch; b++)
        for (size_t o = 0; o < out; o++)
            a->y[b * out + o] = turned[o * a->batch + b];
}

static void forward_plain(const struct cnn_layer *layer, const struct tn_pass *pass,
                          const struct cnn_activation *a)
{
    const size_t in = cnn_shape_floats(layer->in), out = layer->spec.outputs;

    for (size_t b = 0; b < a->batch; b++)
        memcpy(a->y + b * out, pass->theta + layer->bias.offset, out * sizeof *a->y);
    tn_pass_gemm(pass, a->y, out, 1, tn_plain(a->x, in),
                 tn_turned(pass->theta + layer->weight.offset, in), a->batch, out, in);
}

static void dense_forward(const struct cnn_layer *layer, const struct tn_pass *pass,
                          const struct cnn_activation *a)
{
    const size_t mark = tn_arena_mark(pass->arena);
    float *turned = a->batch >= MANY_IMAGES
                        ? tn_arena_floats(pass->arena, a->batch * layer->spec.outputs)
                        : NULL;

    if (!tn_pass_measures(pass) && turned)
        forward_turned(layer, pass, a, turned);
    else if (!tn_pass_measures(pass))
        forward_plain(layer, pass, a);
    tn_arena_release(pass->arena, mark);
}

static void dense_backward(const struct cnn_layer *layer, const struct tn_pass *pass,
                           const struct cnn_activation *a, float *dx, const float *dy)
{
    const size_t in = cnn_shape_floats(layer->in), out = layer->spec.outputs;

    if (tn_pass_measures(pass))
        return;
    tn_pass_gemm(pass, pass->dtheta + layer->weight.offset, in, 1, tn_turned(dy, out),
                 tn_plain(a->x, in), out, in, a->batch);
    for (size_t b = 0; b < a->batch; b++)
        for (size_t o = 0; o < out; o++)
            pass->dtheta[layer->bias.offset + o] += dy[b * out + o];
    if (dx)
        tn_pass_gemm(pass, dx, in, 0, tn_plain(dy, out),
                     tn_plain(pass->theta + layer->weight.offset, in), a->batch, in, out);
}

const struct cnn_layer_ops cnn_layer_dense = {
    .name = "dense",
    .shape = dense_shape,
    .declare = dense_declare,
    .forward = dense_forward,
    .backward = dense_backward,
};
