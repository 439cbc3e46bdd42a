/* SPDX-License-Identifier: MIT */
/*
 * Inverted dropout (Srivastava et al. 2014): y = m x, where m is 0 at the given rate and otherwise
 * 1 / (1 - rate), so that inference is y = x.
 */
#include "cnn/layer.h"

#include <string.h>

static enum tn_status dropout_shape(const struct cnn_layer_spec *spec, struct cnn_shape in,
                                    struct cnn_shape *ret_out, struct tn_error *err)
{
    if (!(spec->rate >= 0 && spec->rate < 1))
        return tn_fail(err, TN_RANGE,
                       "layer %s: the dropout rate is %g; expected 0 up to but not 1", spec->name,
                       (double)spec->rate);
    *ret_out = in;
    return TN_OK;
}

static size_t kept_floats(const struct cnn_layer *layer, size_t batch)
{
    return batch * cnn_shape_floats(layer->in);
}

/* Drawn on the calling thread, element after element: the mask does not depend on the threads. */
static void draw_mask(float *mask, size_t count, float rate, struct tn_rng *rng)
{
    const float scale = 1 / (1 - rate);

    for (size_t i = 0; i < count; i++)
        mask[i] = rng && tn_rng_uniform(rng) < rate ? 0 : rng ? scale : 1;
}

static void dropout_forward(const struct cnn_layer *layer, const struct tn_pass *pass,
                            const struct cnn_activation *a)
{
    const size_t count = kept_floats(layer, a->batch);

    if (tn_pass_measures(pass))
        return;
    if (!a->kept) {
        if (a->y != a->x)
            memcpy(a->y, a->x, count * sizeof *a->y);
        return;
    }
    draw_mask(a->kept, count, layer->spec.rate, pass->rng);
    for (size_t i = 0; i < count; i++)
        a->y[i] = a->kept[i] * a->x[i];
}

static void dropout_backward(const struct cnn_layer *layer, const struct tn_pass *pass,
                             const struct cnn_activation *a, float *dx, const float *dy)
{
    const size_t count = kept_floats(layer, a->batch);

    if (tn_pass_measures(pass) || !dx)
        return;
    for (size_t i = 0; i < count; i++)
        dx[i] = a->kept[i] * dy[i];
}

const struct cnn_layer_ops cnn_layer_dropout = {
    .name = "dropout",
    .in_place = true,
    .shape = dropout_shape,
    .kept = kept_floats,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
