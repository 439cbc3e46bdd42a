/* SPDX-License-Identifier: MIT */
/*
 * The convolutions' weights, from [out][channels][height][width] as the file has them to the
 * kernels' packed blocks.  int8 weights are taken as they are; float ones are quantised with one
 * scale per row: a power of two where that loses nothing, as with weights trained in steps of 2^-n,
 * else max |w| / 127.
 */
#include "cnn/int8/int8_trunk.h"
#include "tensor/matrix.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROW = 3456 }; /* weights of an output channel, of torchvision's conv4 */

/*
 * Scales and biases beyond these are refused.  A weight of 254 and a bias of 10^7 are no net's; and
 * as five layers of at most 127 * MAX_ROW * largest_scale each cannot take 255 beyond 10^32, no
 * activation is infinite or not a number when it becomes 8 bits.
 */
static const float largest_scale = 2, largest_bias = 1e7F;

struct load {
    const struct cnn_int8_trunk *trunk;
    struct cnn_int8_conv *conv;
    struct tn_matrix matrix;
    size_t run;               /* elements of a packed run */
    signed char *const *rows; /* [threads][CNN_BLOCK][kernel][run], and conv1's tails */
    atomic_bool not_finite;
};

/* The bits of the largest magnitude, which order as the magnitudes do; NaNs come last. */
static uint32_t largest_bits(const float *w, size_t count)
{
    enum { LANES = 32 }; /* separate maxima, as one would be a chain of waiting */
    uint32_t lanes[LANES] = {0}, bits[LANES] = {0}, largest = 0;

    for (size_t i = 0; i < count; i += LANES) {
        if (count - i < LANES)
            memcpy(bits, w + i, (count - i) * sizeof *w);
        else
            memcpy(bits, w + i, sizeof bits);
        for (size_t j = 0; j < LANES; j++) {
            const uint32_t magnitude = bits[j] & 0x7fffffffu;

            lanes[j] = magnitude > lanes[j] ? magnitude : lanes[j];
        }
    }
    for (size_t j = 0; j < LANES; j++)
        largest = lanes[j] > largest ? lanes[j] : largest;
    return largest;
}

/* q = w * factor; false when that is not an integer everywhere. */
static bool quantise_exactly(const float *w, size_t count, float factor, signed char *q)
{
    int inexact = 0;

    for (size_t i = 0; i < count; i++) {
        const float scaled = w[i] * factor;
        const int whole = (int)scaled;

        inexact |= (float)whole != scaled;
        q[i] = (signed char)whole;
    }
    return !inexact;
}

static void quantise(const float *w, size_t count, float scale, signed char *q)
{
    for (size_t i = 0; i < count; i++) {
        const float scaled = w[i] / scale;
        const int rounded = (int)(scaled + (scaled < 0.0f ? -0.5f : 0.5f));

        q[i] = (signed char)(rounded > 127 ? 127 : rounded < -127 ? -127 : rounded);
    }
}

/* Quantises a row and finds its scale; false for a row with infinities or NaNs. */
static bool quantise_row(const float *w, size_t count, signed char *q, float *ret_scale)
{
    const uint32_t bits = largest_bits(w, count);
    float largest, scale;
    int exponent;

    if (bits > 0x7f7fffffu)
        return false;
    memcpy(&largest, &bits, sizeof largest);
    scale = largest > 0.0f ? largest / 127.0f : 1.0f;
    frexpf(scale, &exponent); /* the least power of two that is not below max |w| / 127 */
    if (exponent > -100 && quantise_exactly(w, count, ldexpf(1.0f, -exponent), q)) {
        scale = ldexpf(1.0f, exponent);
    } else if (largest > 1e-30f) {
        quantise(w, count, scale, q);
    } else {
        memset(q, 0, count);
    }
    *ret_scale = scale;
    return true;
}

/* conv1's weights: it reads RGB where they have BGR.  The last of each row belongs to a tail. */
static void reorder_photo(const struct cnn_conv_shape *shape, const signed char *q, size_t run,
                          signed char *row)
{
    const size_t size = shape->kernel, area = size * size, channels = shape->channels;

    memset(row + size * run, 0, CNN_TAILS * 4);
    for (size_t i = 0; i < area; i++)
        for (size_t c = 0; c < channels; c++) {
            const size_t y = i / size, x = i % size * channels + (channels - 1 - c);

            row[x < run ? y * run + x : size * run + y] = q[c * area + i];
        }
}

/* From [channels][kernel][kernel] to [kernel][kernel][channels], four channels at a time. */
static void reorder(const struct cnn_conv_shape *shape, const signed char *q, signed char *row)
{
    const size_t channels = shape->channels, area = shape->kernel * shape->kernel;

    for (size_t c = 0; c < channels; c += 4) {
        const signed char *in = q + c * area;

        for (size_t i = 0; i < area; i++) {
            const signed char four[] = {in[i], in[area + i], in[2 * area + i], in[3 * area + i]};

            memcpy(row + i * channels + c, four, sizeof four);
        }
    }
}

/* sum of mean[c] q over the patch, which conv1's bias takes off instead of the pixels. */
static double mean_product(const struct cnn_conv_shape *shape, const float mean[3],
                           const signed char *q)
{
    const size_t area = shape->kernel * shape->kernel;
    double sum = 0;

    for (size_t c = 0; c < shape->channels; c++)
        for (size_t i = 0; i < area; i++)
            sum += (double)mean[c] * q[c * area + i];
    return sum;
}

static void load_row(struct load *load, size_t out, signed char *row)
{
    const struct cnn_conv_shape *shape = &load->conv->shape;
    const size_t count = load->matrix.columns;
    float *scale = &load->conv->scale[out], *bias = &load->conv->bias[out];
    signed char quantised[MAX_ROW];
    const signed char *q = quantised;
    float w[MAX_ROW];

    if (load->matrix.dtype == TN_I8) {
        q = (const signed char *)load->matrix.data + out * count;
        *scale = load->matrix.scale[out];
    } else {
        tn_matrix_row(&load->matrix, out, w);
        if (!quantise_row(w, count, quantised, scale)) {
            atomic_store(&load->not_finite, true);
            return;
        }
    }
    if (shape->channels > 3) {
        reorder(shape, q, row);
        return;
    }
    reorder_photo(shape, q, load->run, row);
    *bias = (float)(*bias - (double)*scale * mean_product(shape, load->trunk->net.mean, q));
}

static void load_block(void *context, size_t index, size_t thread)
{
    struct load *load = context;
    struct cnn_int8_conv *conv = load->conv;
    const size_t count = conv->shape.kernel * load->run + conv->patch.tail_rows * 4;

    for (size_t i = 0; i < CNN_BLOCK; i++)
        load_row(load, index * CNN_BLOCK + i, load->rows[thread] + i * count);
    load->trunk->kernels->pack(conv->packed + index * conv->block_bytes, load->rows[thread], count);
}

/* false also for what is no number. */
static bool are_within(const float *x, size_t count, float limit)
{
    bool within = true;

    for (size_t i = 0; i < count; i++)
        within &= fabsf(x[i]) <= limit;
    return within;
}

static enum tn_status load_conv(struct cnn_int8_trunk *trunk, struct cnn_int8_conv *conv,
                                const struct tn_file *file, struct tn_pool *pool,
                                signed char *const *rows, struct tn_error *err)
{
    const struct cnn_conv_shape *shape = &conv->shape;
    const size_t area = shape->kernel * shape->kernel;
    struct load load = {.trunk = trunk, .conv = conv, .rows = rows};
    char name[32];

    load.run = shape->kernel * shape->channels / 4 * 4;
    snprintf(name, sizeof name, "%s.bias", shape->name);
    TN_TRY(tn_file_read_floats(file, name, shape->out, conv->bias, err));
    snprintf(name, sizeof name, "%s.weight", shape->name);
    TN_TRY(tn_matrix_get(file, name, shape->out, shape->channels * area, &load.matrix, err));
    tn_pool_run(pool, shape->out / CNN_BLOCK, load_block, &load);
    if (atomic_load(&load.not_finite))
        return tn_fail(err, TN_RANGE, "%s: tensor '%s' has a value that is not finite",
                       tn_file_path(file), name);
    if (!are_within(conv->scale, shape->out, largest_scale) ||
        !are_within(conv->bias, shape->out, largest_bias))
        return tn_fail(err, TN_RANGE, "%s: %s has weights or biases that are too large",
                       tn_file_path(file), shape->name);
    tn_file_release(file, name);
    return TN_OK;
}

/* Shapes in the kernels' terms, and the weights' places in a measuring or real arena. */
static void plan(struct cnn_int8_trunk *trunk)
{
    const size_t element = trunk->kernels->element;

    for (size_t i = 0; i < CNN_CONVS; i++) {
        struct cnn_int8_conv *conv = &trunk->convs[i];
        const struct cnn_conv_shape *shape = &conv->shape;
        const size_t row = (shape->side + 2 * shape->pad) * shape->channels;
        const size_t columns = i > 0 ? shape->kernel : 1;

        conv->patch.rows = shape->kernel;
        conv->patch.row_stride = row * element;
        conv->patch.columns = columns;
        conv->patch.units = shape->kernel * shape->channels / columns / 4 * element;
        conv->patch.pad = shape->pad;
        conv->patch.step = shape->stride * shape->channels * element;
        conv->patch.tail_rows = i > 0 ? 0 : CNN_TAILS;
        conv->plane = (shape->side + 2 * shape->pad) * row * element;
        conv->row_bytes = columns * conv->patch.units * CNN_UNIT_BYTES;
        conv->block_bytes = shape->kernel * conv->row_bytes +
                            conv->patch.tail_rows * element * CNN_UNIT_BYTES;
        conv->packed = tn_arena_alloc(&trunk->weights, shape->out / CNN_BLOCK, conv->block_bytes);
        conv->scale = tn_arena_floats(&trunk->weights, shape->out);
        conv->bias = tn_arena_floats(&trunk->weights, shape->out);
    }
}

static enum tn_status load_all(struct cnn_int8_trunk *trunk, const struct tn_file *file,
                               struct tn_pool *pool, struct tn_error *err)
{
    const size_t threads = tn_pool_threads(pool), bytes = (size_t)CNN_BLOCK * MAX_ROW;
    signed char **rows = calloc(threads, sizeof *rows);
    signed char *block = malloc(threads * bytes);
    enum tn_status status = TN_OK;

    if (!rows || !block)
        status = tn_fail_nomem(err, threads * bytes);
    for (size_t i = 0; i < threads && status == TN_OK; i++)
        rows[i] = block + i * bytes;
    for (size_t i = 0; i < CNN_CONVS && status == TN_OK; i++)
        status = load_conv(trunk, &trunk->convs[i], file, pool, rows, err);
    free(block);
    free(rows);
    return status;
}

enum tn_status cnn_int8_trunk_init(struct cnn_int8_trunk *trunk,
                                   const struct cnn_int8_kernels *kernels,
                                   const struct tn_file *file, struct tn_pool *pool,
                                   struct tn_error *err)
{
    struct cnn_conv_shape shapes[CNN_CONVS];
    enum tn_status status;
    struct alexnet net;

    TN_TRY(alexnet_of_file(file, &net, err));
    TN_TRY(cnn_int8_shapes(&net, shapes, err));
    memset(trunk, 0, sizeof *trunk);
    trunk->net = net;
    trunk->kernels = kernels;
    for (size_t i = 0; i < CNN_CONVS; i++)
        trunk->convs[i].shape = shapes[i];
    tn_arena_measure(&trunk->weights);
    plan(trunk);
    TN_TRY(tn_arena_reserve(&trunk->weights, err));
    plan(trunk);
    status = load_all(trunk, file, pool, err);
    if (status != TN_OK)
        cnn_int8_trunk_finish(trunk);
    return status;
}

void cnn_int8_trunk_finish(struct cnn_int8_trunk *trunk)
{
    tn_arena_finish(&trunk->weights);
}
