/* SPDX-License-Identifier: MIT */
#include "cnn/int8/int8_trunk.h"

#include <assert.h>

static struct cnn_conv_shape shape_of(const struct cnn_layer *conv)
{
    const struct cnn_layer_spec *spec = &conv->spec;

    return (struct cnn_conv_shape){.name = spec->name,
                                   .channels = conv->in.channels / spec->groups,
                                   .groups = spec->groups,
                                   .out = spec->outputs,
                                   .kernel = spec->kernel,
                                   .stride = spec->stride,
                                   .pad = spec->pad,
                                   .side = conv->in.height,
                                   .out_side = conv->out.height};
}

enum tn_status cnn_int8_shapes(const struct alexnet *net,
                               struct cnn_conv_shape ret_shapes[CNN_CONVS], struct tn_error *err)
{
    struct cnn_network *network;
    size_t count = 0;

    TN_TRY(alexnet_create_as(net, "", 0, &network, err));
    for (size_t i = 0; i < cnn_network_count(network); i++) {
        const struct cnn_layer *layer = cnn_network_layer(network, i);

        if (layer->spec.ops == &cnn_layer_conv)
            ret_shapes[count++] = shape_of(layer);
        else if (layer->spec.ops == &cnn_layer_lrn)
            ret_shapes[count - 1].normed = true;
        else if (layer->spec.ops == &cnn_layer_maxpool)
            ret_shapes[count - 1].pooled = count < CNN_CONVS;
    }
    assert(count == CNN_CONVS);
    cnn_network_destroy(network);
    return TN_OK;
}

/* Rows of tails that conv1 reads: one for each of its own, and those that the last one needs. */
static size_t tail_rows(const struct cnn_conv_shape *shape)
{
    return shape->out_side - 1 + CNN_TAILS;
}

static size_t pooled_side(size_t side)
{
    return (side - 3) / 2 + 1;
}

void cnn_int8_slot_take(const struct cnn_int8_trunk *trunk, struct tn_arena *arena,
                        struct cnn_int8_slot *ret_slot)
{
    const struct cnn_conv_shape *first = &trunk->convs[0].shape;
    size_t largest = 0;

    for (size_t i = 0; i < CNN_CONVS; i++) {
        const struct cnn_conv_shape *shape = &trunk->convs[i].shape;
        const size_t side = shape->pooled ? pooled_side(shape->out_side) : shape->out_side;
        const bool in_place = i == 0 && trunk->kernels->element == 1;

        ret_slot->inputs[i] =
            tn_arena_alloc(arena, shape->groups, in_place ? 0 : trunk->convs[i].plane);
        if (side * side * shape->out > largest)
            largest = side * side * shape->out;
    }
    ret_slot->photo = tn_arena_alloc(arena, first->side * first->side, first->channels);
    ret_slot->tails = tn_arena_alloc(arena, tail_rows(first) * first->out_side * 4,
                                     trunk->kernels->element);
    ret_slot->map = tn_arena_floats(arena, largest);
    ret_slot->x_scale = 1.0f;
}

/* The largest over the layers that are pooled as they are made: 55 x 96 and 27 x 256. */
static size_t row_floats(const struct cnn_int8_trunk *trunk, bool pooled)
{
    size_t largest = 0;

    for (size_t i = 0; i < CNN_CONVS; i++) {
        const struct cnn_conv_shape *shape = &trunk->convs[i].shape;
        const size_t side = pooled ? pooled_side(shape->out_side) + 1 : shape->out_side;

        if (shape->pooled && side * shape->out > largest)
            largest = side * shape->out;
    }
    return largest;
}

void cnn_int8_rows_take(const struct cnn_int8_trunk *trunk, struct tn_arena *arena,
                        struct cnn_int8_rows *ret_rows)
{
    ret_rows->made = tn_arena_floats(arena, row_floats(trunk, false));
    for (size_t i = 0; i < 3; i++)
        ret_rows->across[i] = tn_arena_floats(arena, row_floats(trunk, true));
}

/* One layer of one photo, as the tasks see it. */
struct pass {
    const struct cnn_int8_trunk *trunk;
    const struct cnn_int8_conv *conv;
    struct cnn_int8_slot *slot;
    const unsigned char *input;
    struct cnn_int8_rows *rows;
    size_t parts;
};

/* Row `row`, block `block` of the layer's output into y[out_side][out].  The kernel's rows above
 * and below the input would multiply zeros. */
static void conv_row(const struct pass *pass, size_t row, size_t block, float *y)
{
    const struct cnn_int8_conv *conv = pass->conv;
    const struct cnn_conv_shape *shape = &conv->shape;
    const size_t channel = block * CNN_BLOCK, group = channel / (shape->out / shape->groups);
    const size_t start = row * shape->stride, end = shape->side + shape->pad - start;
    const size_t above = start < shape->pad ? shape->pad - start : 0;
    const size_t below = end < shape->kernel ? shape->kernel - end : 0;
    const unsigned char *x =
        pass->input + group * conv->plane + (start + above) * conv->patch.row_stride;
    const unsigned char *packed =
        conv->packed + block * conv->block_bytes + above * conv->row_bytes;
    struct cnn_patch patch = conv->patch;

    patch.rows -= above + below;
    patch.tails =
        pass->slot->tails + row * shape->out_side * 4 * pass->trunk->kernels->element;
    pass->trunk->kernels->conv(y + channel, shape->out, x, &patch, shape->out_side, packed,
                               pass->slot->x_scale, conv->scale + channel, conv->bias + channel);
}

/* Row `row` of the layer, normalised and pooled across while it is in the cache. */
static void make_row(const struct pass *pass, size_t row, struct cnn_int8_rows *rows)
{
    const struct cnn_int8_kernels *kernels = pass->trunk->kernels;
    const struct cnn_conv_shape *shape = &pass->conv->shape;

    for (size_t block = 0; block < shape->out / CNN_BLOCK; block++)
        conv_row(pass, row, block, rows->made);
    (shape->normed ? kernels->lrn_across : kernels->across)(
        rows->across[row % 3], rows->made, pooled_side(shape->out_side), shape->out);
}

/* The pooled rows of one part. */
static void pooled_part(void *context, size_t index, size_t thread)
{
    const struct pass *pass = context;
    const struct cnn_conv_shape *shape = &pass->conv->shape;
    const size_t side = pooled_side(shape->out_side), count = side * shape->out;
    const size_t first = index * side / pass->parts, last = (index + 1) * side / pass->parts;
    struct cnn_int8_rows *rows = &pass->rows[thread];
    size_t made = 2 * first;

    for (size_t i = first; i < last; i++) {
        for (; made < 2 * i + 3; made++)
            make_row(pass, made, rows);
        pass->trunk->kernels->down(pass->slot->map + i * count,
                                   (const float *const[3]){rows->across[0], rows->across[1],
                                                           rows->across[2]},
                                   count);
    }
}

/* One block of channels of a layer without a pool; its weights stay in the cache. */
static void plain_block(void *context, size_t index, size_t thread)
{
    const struct pass *pass = context;
    const struct cnn_conv_shape *shape = &pass->conv->shape;

    (void)thread;
    for (size_t row = 0; row < shape->out_side; row++)
        conv_row(pass, row, index, pass->slot->map + row * shape->out_side * shape->out);
}

/* The last byte of each row of a pixel's patch, four rows to a unit; zeros below the photo. */
static void read_tails(const struct cnn_int8_trunk *trunk, struct cnn_int8_slot *slot,
                       const unsigned char *rgb)
{
    const struct cnn_conv_shape *shape = &trunk->convs[0].shape;
    const size_t bytes = shape->side * shape->channels, step = shape->stride * shape->channels;
    const size_t last = shape->kernel * shape->channels - 1, count = shape->out_side * 4;
    unsigned char tails[ALEXNET_SIDE] = {0};

    assert(shape->stride == 4 && count <= sizeof tails);
    for (size_t row = 0; row < tail_rows(shape) * 4; row++) {
        for (size_t p = 0; p < shape->out_side; p++)
            tails[p * 4 + row % 4] = row < shape->side ? rgb[row * bytes + p * step + last] : 0;
        if (row % 4 == 3)
            trunk->kernels->widen(slot->tails + row / 4 * count * trunk->kernels->element, tails,
                                  count);
    }
}

/* conv1's input, which is the photo itself where the kernels read bytes. */
static const unsigned char *read_photo(const struct cnn_int8_trunk *trunk,
                                       struct cnn_int8_slot *slot, const unsigned char *rgb)
{
    const struct cnn_conv_shape *shape = &trunk->convs[0].shape;

    if (alexnet_border_pixels(&trunk->net, slot->photo, rgb))
        rgb = slot->photo;
    read_tails(trunk, slot, rgb);
    slot->x_scale = 1.0f;
    if (trunk->kernels->element == 1)
        return rgb;
    trunk->kernels->widen(slot->inputs[0], rgb, shape->side * shape->side * shape->channels);
    return slot->inputs[0];
}

/* The last layer's output, quantised, into this one's input: one plane a group, inside the padding.
 */
static void read_map(const struct cnn_int8_trunk *trunk, size_t index, struct cnn_int8_slot *slot)
{
    const struct cnn_int8_conv *conv = &trunk->convs[index];
    const struct cnn_conv_shape *shape = &conv->shape;
    const size_t channels = shape->channels * shape->groups;
    const float largest = trunk->kernels->max(slot->map, shape->side * shape->side * channels);
    const float factor = largest > 1e-30f ? 255.0f / largest : 0.0f; /* finite */

    for (size_t group = 0; group < shape->groups; group++) {
        unsigned char *plane = slot->inputs[index] + group * conv->plane +
                               shape->pad * conv->patch.row_stride +
                               shape->pad * shape->channels * trunk->kernels->element;

        for (size_t row = 0; row < shape->side; row++)
            trunk->kernels->quantise(plane + row * conv->patch.row_stride, shape->channels,
                                     slot->map + row * shape->side * channels +
                                         group * shape->channels,
                                     channels, shape->side, shape->channels, factor);
    }
    slot->x_scale = largest / 255.0f;
}

/* conv5's output, pooled and turned to channels first, as fc6 reads it. */
static void pool_last(const struct cnn_int8_trunk *trunk, const float *map, float *pool5)
{
    enum { SIDE = CNN_POOL5_SIDE, CHANNELS = CNN_POOL5_CHANNELS, MADE = 2 * SIDE + 1 };
    float lower[MADE * CHANNELS], pooled[SIDE * CHANNELS];

    for (size_t row = 0; row < SIDE; row++) {
        const float *rows[3];

        for (size_t r = 0; r < 3; r++)
            rows[r] = map + (2 * row + r) * MADE * CHANNELS;
        trunk->kernels->down(lower, rows, MADE * CHANNELS);
        trunk->kernels->across(pooled, lower, SIDE, CHANNELS);
        for (size_t c = 0; c < CHANNELS; c++)
            for (size_t p = 0; p < SIDE; p++)
                pool5[(c * SIDE + row) * SIDE + p] = pooled[p * CHANNELS + c];
    }
}

void cnn_int8_trunk_run(const struct cnn_int8_trunk *trunk, struct tn_pool *pool, size_t parts,
                        struct cnn_int8_slot *slot, struct cnn_int8_rows *rows,
                        const unsigned char *rgb, float *pool5)
{
    const unsigned char *input = read_photo(trunk, slot, rgb);

    for (size_t i = 0; i < CNN_CONVS; i++) {
        const struct cnn_int8_conv *conv = &trunk->convs[i];
        struct pass pass = {trunk, conv, slot, input, rows, parts};

        if (i > 0) {
            read_map(trunk, i, slot);
            pass.input = slot->inputs[i];
        }
        if (conv->shape.pooled)
            tn_pool_run(pool, parts, pooled_part, &pass);
        else
            tn_pool_run(pool, conv->shape.out / CNN_BLOCK, plain_block, &pass);
    }
    pool_last(trunk, slot->map, pool5);
}
