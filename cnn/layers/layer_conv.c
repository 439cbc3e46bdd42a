/* SPDX-License-Identifier: MIT */
/*
 * Convolution (cross-correlation, as the field has it) with stride, zero padding and groups: group
 * g of the outputs sees group g of the channels in, alone.  With C the matrix of patches of one
 * image, [channels in / groups * kernel^2][pixels out] (im2col), each group is
 *
 *     Y = W C + b        dW += dY C^T        db += sum of dY over pixels        dC = W^T dY
 *
 * and dx gathers dC (col2im).  A task is one group of one image.  The gradients of the parameters
 * are summed over images in SLOTS partial sums, each in order, and those in order: the result
 * depends on the batch and not on the threads.
 */
#include "cnn/layer.h"

#include "tensor/gemm.h"

#include <string.h>

/* SLOTS bounds how many threads backward can use (times the groups) and the memory it takes;
 * from SPLIT tasks on, the tasks and not the products are shared out over the pool.  Backward makes
 * C for CHANNELS channels at a time, which stays in the cache. */
enum { SLOTS = 8, SPLIT = 4, CHANNELS = 8, LANES = 16 };

struct conv {
    const struct cnn_layer *layer;
    const struct tn_pass *pass;
    size_t channels, outputs; /* of a group */
    size_t patch, pixels;     /* rows and columns of C */
    const float *x, *dy;
    float *y, *dx;
    size_t batch, slots;
    float *turned;  /* W^T, [groups][patch][outputs] */
    float *partial; /* [slots][dW^T, db] */
    float *scratch; /* [threads][scratch_floats] */
    size_t scratch_floats;
};

static enum tn_status conv_shape(const struct cnn_layer_spec *spec, struct cnn_shape in,
                                 struct cnn_shape *ret_out, struct tn_error *err)
{
    const size_t height = in.height + 2 * spec->pad, width = in.width + 2 * spec->pad;

    if (spec->kernel == 0 || spec->stride == 0 || spec->kernel > height || spec->kernel > width)
        return tn_fail(err, TN_RANGE, "layer %s: a kernel of %zu, stride %zu, does not fit %zux%zu",
                       spec->name, spec->kernel, spec->stride, height, width);
    if (spec->groups == 0 || spec->outputs == 0 || in.channels % spec->groups != 0 ||
        spec->outputs % spec->groups != 0)
        return tn_fail(err, TN_SHAPE, "layer %s: %zu groups do not divide %zu channels into %zu",
                       spec->name, spec->groups, in.channels, spec->outputs);
    *ret_out = (struct cnn_shape){spec->outputs, (height - spec->kernel) / spec->stride + 1,
                                  (width - spec->kernel) / spec->stride + 1};
    return TN_OK;
}

static enum tn_status conv_declare(struct cnn_layer *layer, struct tn_layout *layout,
                                   const char *prefix, struct tn_error *err)
{
    const struct cnn_layer_spec *spec = &layer->spec;
    const size_t dims[] = {spec->outputs, layer->in.channels / spec->groups, spec->kernel,
                           spec->kernel};

    TN_TRY(cnn_layer_declare(layer, layout, prefix, ".weight", 4, dims, &layer->weight, err));
    return cnn_layer_declare(layer, layout, prefix, ".bias", 1, dims, &layer->bias, err);
}

static struct conv conv_of(const struct cnn_layer *layer, const struct tn_pass *pass,
                           const struct cnn_activation *a)
{
    const size_t channels = layer->in.channels / layer->spec.groups;

    return (struct conv){.layer = layer,
                         .pass = pass,
                         .channels = channels,
                         .outputs = layer->spec.outputs / layer->spec.groups,
                         .patch = channels * layer->spec.kernel * layer->spec.kernel,
                         .pixels = layer->out.height * layer->out.width,
                         .batch = a->batch,
                         .x = a->x,
                         .y = a->y};
}

/* Whole cache lines. */
static size_t padded(size_t floats)
{
    return (floats + LANES - 1) / LANES * LANES;
}

static void reserve_scratch(struct conv *c, size_t floats)
{
    c->scratch_floats = padded(floats);
    c->scratch =
        tn_arena_floats(c->pass->arena, tn_pool_threads(c->pass->pool) * c->scratch_floats);
}

/* The rows of C that backward has at a time. */
static size_t backward_columns(const struct conv *c)
{
    const size_t channels = c->channels < CHANNELS ? c->channels : CHANNELS;

    return padded(channels * (c->patch / c->channels) * c->pixels);
}

static size_t partial_floats(const struct conv *c)
{
    return c->layer->weight.count + c->layer->spec.outputs;
}

/* The outputs [first, end) along one side whose element at offset `tap` of the window lies inside.
 */
struct range {
    size_t first, end;
};

static struct range inside(size_t in, size_t out, size_t tap, size_t stride, size_t pad)
{
    struct range range;

    range.first = tap >= pad ? 0 : (pad - tap + stride - 1) / stride;
    range.end = in + pad > tap ? (in + pad - tap - 1) / stride + 1 : 0;
    range.end = range.end < out ? range.end : out;
    range.first = range.first < range.end ? range.first : range.end;
    return range;
}

/* One row of C for one row of y: x[ox * stride + tap - pad] for each ox. */
static void copy_row(const struct cnn_layer *layer, float *row, const float *x, size_t tap)
{
    const size_t stride = layer->spec.stride, width = layer->out.width;
    const struct range r = inside(layer->in.width, width, tap, stride, layer->spec.pad);

    memset(row, 0, r.first * sizeof *row);
    memset(row + r.end, 0, (width - r.end) * sizeof *row);
    if (r.first == r.end)
        return;
    x += r.first * stride + tap - layer->spec.pad;
    if (stride == 1) {
        memcpy(row + r.first, x, (r.end - r.first) * sizeof *row);
        return;
    }
    for (size_t ox = r.first; ox < r.end; ox++, x += stride)
        row[ox] = *x;
}

static void add_row(const struct cnn_layer *layer, float *dx, const float *row, size_t tap)
{
    const size_t stride = layer->spec.stride;
    const struct range r = inside(layer->in.width, layer->out.width, tap, stride, layer->spec.pad);

    if (r.first == r.end)
        return;
    dx += r.first * stride + tap - layer->spec.pad;
    for (size_t i = 0; i < r.end - r.first; i++)
        dx[i * stride] += row[r.first + i];
}

/* The rows [r.first, r.end) of a row of C where y is as wide as x and the stride is 1: they are one
 * piece of the plane, but for the columns that reach into the padding. */
static void copy_shifted(const struct cnn_layer *layer, float *row, const float *x, size_t tap_y,
                         size_t tap_x, struct range r)
{
    const size_t pad = layer->spec.pad, width = layer->in.width;
    const struct range c = inside(width, width, tap_x, 1, pad);

    if (r.first == r.end || c.first == c.end) {
        memset(row + r.first * width, 0, (r.end - r.first) * width * sizeof *row);
        return;
    }
    memcpy(row + r.first * width + c.first,
           x + (r.first + tap_y - pad) * width + c.first + tap_x - pad,
           ((r.end - r.first - 1) * width + c.end - c.first) * sizeof *row);
    for (size_t oy = r.first; oy < r.end; oy++) {
        for (size_t ox = 0; ox < c.first; ox++)
            row[oy * width + ox] = 0;
        for (size_t ox = c.end; ox < width; ox++)
            row[oy * width + ox] = 0;
    }
}

/* One row of C, a channel and a place in the window: x is the channel's plane. */
static void im2col_plane(const struct cnn_layer *layer, float *row, const float *x, size_t tap_y,
                         size_t tap_x)
{
    const size_t stride = layer->spec.stride, pad = layer->spec.pad, width = layer->out.width;
    const struct range r = inside(layer->in.height, layer->out.height, tap_y, stride, pad);

    memset(row, 0, r.first * width * sizeof *row);
    if (stride == 1 && width == layer->in.width)
        copy_shifted(layer, row, x, tap_y, tap_x, r);
    else
        for (size_t oy = r.first; oy < r.end; oy++)
            copy_row(layer, row + oy * width, x + (oy * stride + tap_y - pad) * layer->in.width,
                     tap_x);
    memset(row + r.end * width, 0, (layer->out.height - r.end) * width * sizeof *row);
}

static void col2im_plane(const struct cnn_layer *layer, float *dx, const float *row, size_t tap_y,
                         size_t tap_x)
{
    const size_t stride = layer->spec.stride, pad = layer->spec.pad, width = layer->out.width;
    const struct range r = inside(layer->in.height, layer->out.height, tap_y, stride, pad);

    for (size_t oy = r.first; oy < r.end; oy++)
        add_row(layer, dx + (oy * stride + tap_y - pad) * layer->in.width, row + oy * width, tap_x);
}

/* C of so many channels; x is the first of their planes. */
static void im2col(const struct conv *c, float *columns, const float *x, size_t channels)
{
    const size_t kernel = c->layer->spec.kernel, plane = c->layer->in.height * c->layer->in.width;

    for (size_t i = 0; i < channels; i++, x += plane)
        for (size_t tap = 0; tap < kernel * kernel; tap++, columns += c->pixels)
            im2col_plane(c->layer, columns, x, tap / kernel, tap % kernel);
}

static void col2im(const struct conv *c, float *dx, const float *columns, size_t channels)
{
    const size_t kernel = c->layer->spec.kernel, plane = c->layer->in.height * c->layer->in.width;

    memset(dx, 0, channels * plane * sizeof *dx);
    for (size_t i = 0; i < channels; i++, dx += plane)
        for (size_t tap = 0; tap < kernel * kernel; tap++, columns += c->pixels)
            col2im_plane(c->layer, dx, columns, tap / kernel, tap % kernel);
}

static const float *group_input(const struct conv *c, size_t image, size_t group)
{
    return c->x + image * cnn_shape_floats(c->layer->in) +
           group * c->channels * c->layer->in.height * c->layer->in.width;
}

/* Y = W C + b for one group of one image: patches and bias here, the product by the caller. */
static float *prepare_output(const struct conv *c, size_t index, float *columns)
{
    const size_t groups = c->layer->spec.groups, image = index / groups, group = index % groups;
    const float *bias = c->pass->theta + c->layer->bias.offset + group * c->outputs;
    float *y = c->y + (image * groups + group) * c->outputs * c->pixels;

    im2col(c, columns, group_input(c, image, group), c->channels);
    for (size_t o = 0; o < c->outputs; o++)
        for (size_t p = 0; p < c->pixels; p++)
            y[o * c->pixels + p] = bias[o];
    return y;
}

static const float *group_weight(const struct conv *c, size_t index)
{
    return c->pass->theta + c->layer->weight.offset +
           index % c->layer->spec.groups * c->outputs * c->patch;
}

static void conv_forward_task(void *context, size_t index, size_t thread)
{
    const struct conv *c = context;
    float *columns = c->scratch + thread * c->scratch_floats;
    float *y = prepare_output(c, index, columns);

    tn_pass_gemm_serial(c->pass, y, c->pixels, 1, tn_plain(group_weight(c, index), c->patch),
                        tn_plain(columns, c->pixels), c->outputs, c->pixels, c->patch);
}

static void conv_forward(const struct cnn_layer *layer, const struct tn_pass *pass,
                         const struct cnn_activation *a)
{
    const size_t mark = tn_arena_mark(pass->arena), tasks = a->batch * layer->spec.groups;
    struct conv c = conv_of(layer, pass, a);

    reserve_scratch(&c, c.patch * c.pixels);
    if (tasks >= SPLIT) {
        tn_pass_run(pass, tasks, conv_forward_task, &c);
    } else if (!tn_pass_measures(pass)) {
        for (size_t i = 0; i < tasks; i++)
            tn_pass_gemm(pass, prepare_output(&c, i, c.scratch), c.pixels, 1,
                         tn_plain(group_weight(&c, i), c.patch), tn_plain(c.scratch, c.pixels),
                         c.outputs, c.pixels, c.patch);
    }
    tn_arena_release(pass->arena, mark);
}

/* Added in lanes, so that the compiler may use vectors; always in the same order. */
static float sum_floats(const float *x, size_t count)
{
    float lane[LANES] = {0}, sum = 0;
    size_t i = 0;

    for (; i + LANES <= count; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += x[i + j];
    for (; i < count; i++)
        sum += x[i];
    for (size_t j = 0; j < LANES; j++)
        sum += lane[j];
    return sum;
}

/* W^T of a group. */
static void turn_weight_task(void *context, size_t group, size_t thread)
{
    const struct conv *c = context;
    const float *w = group_weight(c, group);
    float *turned = c->turned + group * c->patch * c->outputs;

    (void)thread;
    for (size_t o = 0; o < c->outputs; o += LANES)
        for (size_t p = 0; p < c->patch; p++)
            for (size_t r = o; r < c->outputs && r < o + LANES; r++)
                turned[p * c->outputs + r] = w[r * c->patch + p];
}

/* What a task of backward works with: one group of one image at a time. */
struct share {
    size_t image, group;
    float beta;                     /* 0: the slot's first image */
    float *dw, *db;                 /* the slot's sums; dw is dW^T, [patch][outputs] */
    float *columns;                 /* C, then dC, of CHANNELS channels */
    struct tn_packed dy, dy_turned; /* dY and dY^T */
};

/* Channels `channel` .. + count, so few that their C stays in the cache: dW^T += C dY^T for their
 * rows of C, which dC = W^T dY replaces. */
static void backward_channels(const struct conv *c, const struct share *s, size_t channel,
                              size_t count)
{
    const size_t taps = c->layer->spec.kernel * c->layer->spec.kernel;
    const size_t row = channel * taps, rows = count * taps;
    const float *x =
        group_input(c, s->image, s->group) + channel * c->layer->in.height * c->layer->in.width;

    im2col(c, s->columns, x, count);
    tn_gemm_packed(c->pass->pool, s->dw + row * c->outputs, c->outputs, s->beta,
                   tn_plain(s->columns, c->pixels), &s->dy_turned, rows);
    if (!c->dx)
        return;
    tn_gemm_packed(c->pass->pool, s->columns, c->pixels, 0,
                   tn_plain(c->turned + (s->group * c->patch + row) * c->outputs, c->outputs),
                   &s->dy, rows);
    col2im(c, c->dx + (x - c->x), s->columns, count);
}

static void backward_image(const struct conv *c, struct share *s)
{
    const size_t first = (s->image * c->layer->spec.groups + s->group) * c->outputs;
    const float *dy = c->dy + first * c->pixels;
    float *panels = s->columns + backward_columns(c);

    tn_pass_pack(c->pass, &s->dy_turned, panels, tn_turned(dy, c->pixels), c->outputs, c->pixels);
    panels += tn_packed_floats(c->outputs, c->pixels);
    if (c->dx)
        tn_pass_pack(c->pass, &s->dy, panels, tn_plain(dy, c->pixels), c->pixels, c->outputs);
    for (size_t channel = 0; channel < c->channels; channel += CHANNELS) {
        const size_t left = c->channels - channel;

        backward_channels(c, s, channel, left < CHANNELS ? left : CHANNELS);
    }
    for (size_t o = 0; o < c->outputs; o++)
        s->db[o] = (s->beta == 0 ? 0 : s->db[o]) + sum_floats(dy + o * c->pixels, c->pixels);
}

static void conv_backward_task(void *context, size_t index, size_t thread)
{
    const struct conv *c = context;
    const size_t groups = c->layer->spec.groups, slot = index / groups, group = index % groups;
    const size_t first = slot * c->batch / c->slots;
    const size_t end = (slot + 1) * c->batch / c->slots;
    float *dw = c->partial + slot * partial_floats(c);
    struct share share = {.group = group,
                          .dw = dw + group * c->patch * c->outputs,
                          .db = dw + c->layer->weight.count + group * c->outputs,
                          .columns = c->scratch + thread * c->scratch_floats};

    for (share.image = first; share.image < end; share.image++) {
        backward_image(c, &share);
        share.beta = 1;
    }
}

/* dW += the slots' sums, in order, where dW^T has so many rows and columns. */
static void reduce_block(const struct conv *c, float *dw, const float *partial, size_t rows,
                         size_t columns)
{
    float sum[LANES * LANES];

    for (size_t o = 0; o < columns; o++)
        for (size_t r = 0; r < rows; r++)
            sum[r * LANES + o] = dw[o * c->patch + r];
    for (size_t slot = 0; slot < c->slots; slot++, partial += partial_floats(c))
        for (size_t r = 0; r < rows; r++)
            for (size_t o = 0; o < columns; o++)
                sum[r * LANES + o] += partial[r * c->outputs + o];
    for (size_t o = 0; o < columns; o++)
        for (size_t r = 0; r < rows; r++)
            dw[o * c->patch + r] = sum[r * LANES + o];
}

/* The same for LANES rows of one group's dW^T. */
static void reduce_task(void *context, size_t index, size_t thread)
{
    const struct conv *c = context;
    const size_t strips = (c->patch + LANES - 1) / LANES, group = index / strips;
    const size_t row = index % strips * LANES;
    const size_t rows = c->patch - row < LANES ? c->patch - row : LANES;
    const float *partial = c->partial + (group * c->patch + row) * c->outputs;
    float *dw = c->pass->dtheta + c->layer->weight.offset + group * c->outputs * c->patch + row;

    (void)thread;
    for (size_t o = 0; o < c->outputs; o += LANES)
        reduce_block(c, dw + o * c->patch, partial + o, rows,
                     c->outputs - o < LANES ? c->outputs - o : LANES);
}

static void reduce_bias(const struct conv *c)
{
    float *db = c->pass->dtheta + c->layer->bias.offset;

    for (size_t slot = 0; slot < c->slots; slot++)
        for (size_t o = 0; o < c->layer->spec.outputs; o++)
            db[o] += c->partial[slot * partial_floats(c) + c->layer->weight.count + o];
}

static void conv_backward(const struct cnn_layer *layer, const struct tn_pass *pass,
                          const struct cnn_activation *a, float *dx, const float *dy)
{
    const size_t mark = tn_arena_mark(pass->arena), groups = layer->spec.groups;
    struct conv c = conv_of(layer, pass, a);

    c.dx = dx;
    c.dy = dy;
    c.slots = c.batch < SLOTS ? c.batch : SLOTS;
    c.turned = tn_arena_floats(pass->arena, layer->weight.count);
    c.partial = tn_arena_floats(pass->arena, c.slots * partial_floats(&c));
    reserve_scratch(&c, backward_columns(&c) + tn_packed_floats(c.outputs, c.pixels) +
                            tn_packed_floats(c.pixels, c.outputs));
    if (dx)
        tn_pass_run(pass, groups, turn_weight_task, &c);
    tn_pass_run(pass, c.slots * groups, conv_backward_task, &c);
    tn_pass_run(pass, groups * ((c.patch + LANES - 1) / LANES), reduce_task, &c);
    if (!tn_pass_measures(pass))
        reduce_bias(&c);
    tn_arena_release(pass->arena, mark);
}

const struct cnn_layer_ops cnn_layer_conv = {
    .name = "conv",
    .shape = conv_shape,
    .declare = conv_declare,
    .forward = conv_forward,
    .backward = conv_backward,
};
