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
 * from SPLIT tasks on, the tasks and not the products are shared out over the pool. */
enum { SLOTS = 8, SPLIT = 4, REDUCE_FLOATS = 1 << 14, LANES = 16 };

struct conv {
    const struct cnn_layer *layer;
    const struct tn_pass *pass;
    size_t channels, outputs; /* of a group */
    size_t patch, pixels;     /* rows and columns of C */
    float *y, *dx, *columns;  /* columns: C, then dC, [threads][patch][pixels] */
    const float *x, *dy;
    size_t batch, slots;
    float *partial; /* [slots][dW, db] */
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
    struct conv c = {.layer = layer,
                     .pass = pass,
                     .channels = channels,
                     .outputs = layer->spec.outputs / layer->spec.groups,
                     .patch = channels * layer->spec.kernel * layer->spec.kernel,
                     .pixels = layer->out.height * layer->out.width,
                     .batch = a->batch,
                     .x = a->x,
                     .y = a->y};

    c.columns = tn_arena_floats(pass->arena, tn_pool_threads(pass->pool) * c.patch * c.pixels);
    return c;
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

/* C of one group; x is the first of its planes. */
static void im2col(const struct conv *c, float *columns, const float *x)
{
    const size_t kernel = c->layer->spec.kernel, plane = c->layer->in.height * c->layer->in.width;

    for (size_t i = 0; i < c->channels; i++, x += plane)
        for (size_t tap = 0; tap < kernel * kernel; tap++, columns += c->pixels)
            im2col_plane(c->layer, columns, x, tap / kernel, tap % kernel);
}

static void col2im(const struct conv *c, float *dx, const float *columns)
{
    const size_t kernel = c->layer->spec.kernel, plane = c->layer->in.height * c->layer->in.width;

    memset(dx, 0, c->channels * plane * sizeof *dx);
    for (size_t i = 0; i < c->channels; i++, dx += plane)
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

    im2col(c, columns, group_input(c, image, group));
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
    float *columns = c->columns + thread * c->patch * c->pixels;
    float *y = prepare_output(c, index, columns);

    tn_gemm_serial(y, c->pixels, 1, tn_plain(group_weight(c, index), c->patch),
                   tn_plain(columns, c->pixels), c->outputs, c->pixels, c->patch);
}

static void conv_forward(const struct cnn_layer *layer, const struct tn_pass *pass,
                         const struct cnn_activation *a)
{
    const size_t mark = tn_arena_mark(pass->arena), tasks = a->batch * layer->spec.groups;
    struct conv c = conv_of(layer, pass, a);

    if (tasks >= SPLIT) {
        tn_pass_run(pass, tasks, conv_forward_task, &c);
    } else if (!tn_pass_measures(pass)) {
        for (size_t i = 0; i < tasks; i++)
            tn_gemm(pass->pool, prepare_output(&c, i, c.columns), c.pixels, 1,
                    tn_plain(group_weight(&c, i), c.patch), tn_plain(c.columns, c.pixels),
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

/* One group of one image; dw and db are the slot's sums, beta 0 for the slot's first image. */
static void backward_image(const struct conv *c, size_t image, size_t group, float beta, float *dw,
                           float *db, float *columns)
{
    const size_t first = (image * c->layer->spec.groups + group) * c->outputs;
    const float *dy = c->dy + first * c->pixels;

    im2col(c, columns, group_input(c, image, group));
    tn_gemm_serial(dw, c->patch, beta, tn_plain(dy, c->pixels), tn_turned(columns, c->pixels),
                   c->outputs, c->patch, c->pixels);
    for (size_t o = 0; o < c->outputs; o++)
        db[o] = (beta == 0 ? 0 : db[o]) + sum_floats(dy + o * c->pixels, c->pixels);
    if (!c->dx)
        return;
    tn_gemm_serial(columns, c->pixels, 0, tn_turned(group_weight(c, group), c->patch),
                   tn_plain(dy, c->pixels), c->patch, c->pixels, c->outputs);
    col2im(c, c->dx + (group_input(c, image, group) - c->x), columns);
}

static void conv_backward_task(void *context, size_t index, size_t thread)
{
    const struct conv *c = context;
    const size_t groups = c->layer->spec.groups, slot = index / groups, group = index % groups;
    const size_t first = slot * c->batch / c->slots;
    const size_t end = (slot + 1) * c->batch / c->slots;
    const size_t weights = c->layer->weight.count;
    float *dw = c->partial + slot * (weights + c->layer->spec.outputs);
    float *db = dw + weights + group * c->outputs;

    for (size_t image = first; image < end; image++)
        backward_image(c, image, group, image == first ? 0.0f : 1.0f,
                       dw + group * c->outputs * c->patch, db,
                       c->columns + thread * c->patch * c->pixels);
}

/* dtheta += the slots' sums, in order, for a piece of [dW, db]. */
static void reduce_task(void *context, size_t index, size_t thread)
{
    const struct conv *c = context;
    const size_t weights = c->layer->weight.count, count = weights + c->layer->spec.outputs;
    const size_t start = index * REDUCE_FLOATS;
    const size_t end = count - start < REDUCE_FLOATS ? count : start + REDUCE_FLOATS;
    float *dw = c->pass->dtheta + c->layer->weight.offset;
    float *db = c->pass->dtheta + c->layer->bias.offset;

    (void)thread;
    for (size_t slot = 0; slot < c->slots; slot++) {
        const float *partial = c->partial + slot * count;

        for (size_t i = start; i < end && i < weights; i++)
            dw[i] += partial[i];
        for (size_t i = start > weights ? start : weights; i < end; i++)
            db[i - weights] += partial[i];
    }
}

static void conv_backward(const struct cnn_layer *layer, const struct tn_pass *pass,
                          const struct cnn_activation *a, float *dx, const float *dy)
{
    const size_t mark = tn_arena_mark(pass->arena);
    const size_t count = layer->weight.count + layer->spec.outputs;
    struct conv c = conv_of(layer, pass, a);

    c.dx = dx;
    c.dy = dy;
    c.slots = c.batch < SLOTS ? c.batch : SLOTS;
    c.partial = tn_arena_floats(pass->arena, c.slots * count);
    tn_pass_run(pass, c.slots * layer->spec.groups, conv_backward_task, &c);
    tn_pass_run(pass, (count + REDUCE_FLOATS - 1) / REDUCE_FLOATS, reduce_task, &c);
    tn_arena_release(pass->arena, mark);
}

const struct cnn_layer_ops cnn_layer_conv = {
    .name = "conv",
    .shape = conv_shape,
    .declare = conv_declare,
    .forward = conv_forward,
    .backward = conv_backward,
};
