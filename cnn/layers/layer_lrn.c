/* SPDX-License-Identifier: MIT */
/*
 * Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3), alpha divided
 * by the size n of the sum as Caffe and PyTorch do:
 *
 *     s_i = k + alpha / n  sum_{j = i - n/2}^{i + n/2} x_j^2        y_i = x_i s_i^-beta
 *
 *     dx_i = dy_i s_i^-beta
 *            - 2 alpha beta / n  x_i sum_{j = i - n/2}^{i + n/2} dy_j x_j s_j^(-beta - 1)
 *
 * s is cheap to compute again, so backward needs x alone.
 */
#include "cnn/layer.h"

#include <math.h>
#include <string.h>

/* Pixels that are worked on together, over all channels: so many floats of s stay in the cache. */
enum { STRIP = 128 };

/* The loops over a strip, with the INLINED helpers in them, are compiled once for each width of
 * vector and chosen when the program is loaded; without fused products all give the same bits.
 * ThreadSanitizer is not ready so early. */
#define INLINED static inline __attribute__((always_inline))
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTORISED
#endif

struct lrn {
    const struct cnn_layer *layer;
    float *y, *dx;
    const float *x, *dy;
    float *ratio; /* [threads][channels][STRIP]: dy_j x_j s_j^(-beta - 1) */
};

static enum tn_status lrn_shape(const struct cnn_layer_spec *spec, struct cnn_shape in,
                                struct cnn_shape *ret_out, struct tn_error *err)
{
    if (spec->kernel % 2 == 0 || !(spec->k > 0) || !(spec->alpha >= 0))
        return tn_fail(err, TN_RANGE, "layer %s: LRN needs an odd n, k > 0 and alpha >= 0",
                       spec->name);
    *ret_out = in;
    return TN_OK;
}

/* power = s^-beta, where beta is 3/4 with two square roots in place of powf. */
INLINED void negative_power(float *power, const float *s, size_t count, float beta)
{
    if (beta == 0.75f) {
        for (size_t p = 0; p < count; p++) {
            const float root = sqrtf(s[p]);

            power[p] = 1 / (root * sqrtf(root));
        }
    } else {
        for (size_t p = 0; p < count; p++)
            power[p] = powf(s[p], -beta);
    }
}

/* sum[p] = the sum of the window's rows around channel i: x_j^2, or x_j itself. */
INLINED void window_sum(const struct cnn_layer *layer, float *sum, const float *x, size_t row,
                        size_t i, size_t count, bool squared)
{
    const size_t half = layer->spec.kernel / 2, channels = layer->in.channels;
    const size_t first = i > half ? i - half : 0;
    const size_t end = channels - i > half ? i + half + 1 : channels;

    memset(sum, 0, count * sizeof *sum);
    for (size_t j = first; j < end; j++) {
        const float *xj = x + j * row;

        if (squared)
            for (size_t p = 0; p < count; p++)
                sum[p] += xj[p] * xj[p];
        else
            for (size_t p = 0; p < count; p++)
                sum[p] += xj[p];
    }
}

/* s and s^-beta of channel i for the pixels of a strip that begins at x. */
INLINED void scale_of(const struct cnn_layer *layer, float *s, float *power, const float *x,
                      size_t i, size_t count)
{
    const float k = layer->spec.k, factor = layer->spec.alpha / (float)layer->spec.kernel;

    window_sum(layer, s, x, layer->in.height * layer->in.width, i, count, true);
    for (size_t p = 0; p < count; p++)
        s[p] = k + factor * s[p];
    negative_power(power, s, count, layer->spec.beta);
}

static size_t strip_length(size_t plane, size_t start)
{
    return plane - start < STRIP ? plane - start : STRIP;
}

VECTORISED
static void forward_strip(const struct cnn_layer *layer, float *y, const float *x, size_t count)
{
    const size_t plane = layer->in.height * layer->in.width;
    float s[STRIP], power[STRIP];

    for (size_t i = 0; i < layer->in.channels; i++) {
        scale_of(layer, s, power, x, i, count);
        for (size_t p = 0; p < count; p++)
            y[i * plane + p] = x[i * plane + p] * power[p];
    }
}

static void lrn_forward_task(void *context, size_t image, size_t thread)
{
    const struct lrn *l = context;
    const struct cnn_layer *layer = l->layer;
    const size_t plane = layer->in.height * layer->in.width;
    const size_t offset = image * cnn_shape_floats(layer->in);

    (void)thread;
    for (size_t start = 0; start < plane; start += STRIP)
        forward_strip(layer, l->y + offset + start, l->x + offset + start,
                      strip_length(plane, start));
}

static void lrn_forward(const struct cnn_layer *layer, const struct tn_pass *pass,
                        const struct cnn_activation *a)
{
    struct lrn l = {.layer = layer, .y = a->y, .x = a->x};

    tn_pass_run(pass, a->batch, lrn_forward_task, &l);
}

/* The strip of dx from those of dy and x; ratio is [channels][STRIP]. */
VECTORISED
static void backward_strip(const struct cnn_layer *layer, float *dx, float *ratio, const float *dy,
                           const float *x, size_t count)
{
    const size_t plane = layer->in.height * layer->in.width, channels = layer->in.channels;
    const float factor = 2 * layer->spec.alpha * layer->spec.beta / (float)layer->spec.kernel;
    float s[STRIP], power[STRIP];

    for (size_t i = 0; i < channels; i++) {
        const float *xi = x + i * plane, *dyi = dy + i * plane;

        scale_of(layer, s, power, x, i, count);
        for (size_t p = 0; p < count; p++) {
            const float direct = dyi[p] * power[p];

            dx[i * plane + p] = direct;
            ratio[i * STRIP + p] = direct * xi[p] / s[p];
        }
    }
    for (size_t i = 0; i < channels; i++) {
        window_sum(layer, s, ratio, STRIP, i, count, false);
        for (size_t p = 0; p < count; p++)
            dx[i * plane + p] -= factor * x[i * plane + p] * s[p];
    }
}

static void lrn_backward_task(void *context, size_t image, size_t thread)
{
    const struct lrn *l = context;
    const struct cnn_layer *layer = l->layer;
    const size_t plane = layer->in.height * layer->in.width;
    const size_t offset = image * cnn_shape_floats(layer->in);
    float *ratio = l->ratio + thread * layer->in.channels * STRIP;

    for (size_t start = 0; start < plane; start += STRIP)
        backward_strip(layer, l->dx + offset + start, ratio, l->dy + offset + start,
                       l->x + offset + start, strip_length(plane, start));
}

static void lrn_backward(const struct cnn_layer *layer, const struct tn_pass *pass,
                         const struct cnn_activation *a, float *dx, const float *dy)
{
    const size_t mark = tn_arena_mark(pass->arena);
    struct lrn l = {.layer = layer, .dx = dx, .x = a->x, .dy = dy};

    l.ratio =
        tn_arena_floats(pass->arena, tn_pool_threads(pass->pool) * layer->in.channels * STRIP);
    if (dx)
        tn_pass_run(pass, a->batch, lrn_backward_task, &l);
    tn_arena_release(pass->arena, mark);
}

const struct cnn_layer_ops cnn_layer_lrn = {
    .name = "lrn",
    .shape = lrn_shape,
    .forward = lrn_forward,
    .backward = lrn_backward,
};
