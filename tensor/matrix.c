/* SPDX-License-Identifier: MIT */
#include "tensor/matrix.h"

#include "tensor/half.h"
#include "tensor/kernels/kernels.h"
#include "tensor/pointwise.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A task is this many rows of W: enough to be worth a thread, and the same for any pool. */
enum { ROWS_PER_TASK = 64, SMALL_WORK = 1 << 18 };

static bool has_shape(const struct tn_tensor *t, size_t rows, size_t columns)
{
    size_t product = 1;

    if (t->rank < 2 || t->dims[0] != rows)
        return false;
    for (size_t i = 1; i < t->rank; i++)
        if (__builtin_mul_overflow(product, t->dims[i], &product))
            return false;
    return product == columns;
}

static enum tn_status get_scale(const struct tn_file *file, const char *name, size_t rows,
                                const float **ret_scale, struct tn_error *err)
{
    char scale_name[TN_NAME_SIZE + 8];
    const struct tn_tensor *scale;
    const int length = snprintf(scale_name, sizeof scale_name, "%s_scale", name);

    if (length < 0 || (size_t)length >= sizeof scale_name)
        return tn_fail(err, TN_RANGE, "%s: the tensor name '%s' is too long", tn_file_path(file),
                       name);
    TN_TRY(tn_file_get(file, scale_name, TN_F32, 1, &rows, &scale, err));
    *ret_scale = scale->data;
    return TN_OK;
}

enum tn_status tn_matrix_get(const struct tn_file *file, const char *name, size_t rows,
                             size_t columns, struct tn_matrix *ret_matrix, struct tn_error *err)
{
    const struct tn_tensor *t = tn_file_find(file, name);
    struct tn_matrix matrix = {.rows = rows, .columns = columns};

    if (!t)
        return tn_fail(err, TN_NOTFOUND, "%s: no tensor '%s'", tn_file_path(file), name);
    if (t->dtype != TN_F32 && t->dtype != TN_F16 && t->dtype != TN_I8)
        return tn_fail(err, TN_FORMAT, "%s: tensor '%s' is %s, expected F32, F16 or I8",
                       tn_file_path(file), name, tn_dtype_name(t->dtype));
    if (!has_shape(t, rows, columns))
        return tn_fail(err, TN_SHAPE, "%s: tensor '%s' is not a matrix [%zu][%zu]",
                       tn_file_path(file), name, rows, columns);
    if (t->dtype == TN_I8 && columns > TN_INT8_MAX_COLUMNS)
        return tn_fail(err, TN_RANGE, "%s: tensor '%s' has %zu int8 columns, more than %d",
                       tn_file_path(file), name, columns, TN_INT8_MAX_COLUMNS);
    if (t->dtype == TN_I8)
        TN_TRY(get_scale(file, name, rows, &matrix.scale, err));
    matrix.dtype = t->dtype;
    matrix.data = t->data;
    *ret_matrix = matrix;
    return TN_OK;
}

struct linear {
    const struct tn_matrix *w;
    const float *x, *bias;
    bool accumulate;
    float *y;
    size_t batch;
    unsigned char *prepared; /* TN_I8: x as the kernels have it */
    struct tn_int8_input *inputs;
};

/* Inputs TN_INT8_GROUP * index and up; what is prepared in one call lies in one such group. */
static void prepare_task(void *context, size_t index, size_t thread)
{
    const struct linear *l = context;
    const struct tn_int8_kernels *k = tn_kernels_best()->int8;
    const size_t end =
        (index + 1) * TN_INT8_GROUP < l->batch ? (index + 1) * TN_INT8_GROUP : l->batch;

    (void)thread;
    for (size_t b = index * TN_INT8_GROUP; b < end; b += k->group(b, l->batch))
        k->prepare(l->prepared, l->inputs, l->x, l->w->columns, b, k->group(b, l->batch));
}

static void linear_i8(const struct linear *l, size_t row, size_t rows, const float *bias)
{
    const struct tn_int8_product product = {
        .y = l->y + row,
        .y_stride = l->w->rows,
        .w = (const signed char *)l->w->data + row * l->w->columns,
        .w_scale = l->w->scale + row,
        .rows = rows,
        .columns = l->w->columns,
        .prepared = l->prepared,
        .inputs = l->inputs,
        .batch = l->batch,
        .bias = bias,
        .accumulate = l->accumulate,
    };

    tn_kernels_best()->int8->linear(&product);
}

static void linear_task(void *context, size_t index, size_t thread)
{
    const struct linear *l = context;
    const struct tn_float_kernels *floats = tn_kernels_best()->floats;
    const size_t row = index * ROWS_PER_TASK, columns = l->w->columns;
    const size_t rows = l->w->rows - row < ROWS_PER_TASK ? l->w->rows - row : ROWS_PER_TASK;
    const float *bias = l->bias ? l->bias + row : NULL;

    (void)thread;
    if (l->w->dtype == TN_F32)
        floats->linear_f32(l->y + row, l->w->rows, (const float *)l->w->data + row * columns, l->x,
                           bias, l->accumulate, rows, columns, l->batch);
    else if (l->w->dtype == TN_F16)
        floats->linear_f16(l->y + row, l->w->rows, (const uint16_t *)l->w->data + row * columns,
                           l->x, bias, l->accumulate, rows, columns, l->batch);
    else
        linear_i8(l, row, rows, bias);
}

void tn_linear(struct tn_pool *pool, float *y, const float *x, const struct tn_matrix *w,
               const float *bias, bool accumulate, size_t batch, struct tn_arena *scratch)
{
    struct linear l = {
        .w = w, .x = x, .bias = bias, .accumulate = accumulate, .y = y, .batch = batch};
    const size_t tasks = (w->rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
    const size_t groups = (batch + TN_INT8_GROUP - 1) / TN_INT8_GROUP,
                 mark = tn_arena_mark(scratch);
    const double work = (double)w->rows * (double)w->columns * (double)batch;
    struct tn_pool *helpers = work < SMALL_WORK ? NULL : pool;

    if (w->dtype == TN_I8) {
        l.prepared = tn_arena_alloc(scratch, groups * TN_INT8_GROUP,
                                    tn_kernels_best()->int8->row_bytes(w->columns));
        l.inputs = tn_arena_alloc(scratch, batch, sizeof *l.inputs);
    }
    if (scratch->base) {
        if (w->dtype == TN_I8)
            tn_pool_run(helpers, groups, prepare_task, &l);
        tn_pool_run(helpers, tasks, linear_task, &l);
    }
    tn_arena_release(scratch, mark);
}

void tn_matrix_row(const struct tn_matrix *w, size_t row, float *out)
{
    const size_t start = row * w->columns;

    assert(row < w->rows);
    if (w->dtype == TN_F32) {
        memcpy(out, (const float *)w->data + start, w->columns * sizeof *out);
    } else if (w->dtype == TN_F16) {
        tn_half_to_float(out, (const uint16_t *)w->data + start, w->columns);
    } else {
        const signed char *q = (const signed char *)w->data + start;

        for (size_t i = 0; i < w->columns; i++)
            out[i] = (float)q[i] * w->scale[row];
    }
}

/* Rounds to the nearest integer by adding 1.5 * 2^23, whose unit is 1. */
static void quantise_row(signed char *q, const float *w, size_t count, float unit)
{
    for (size_t i = 0; i < count; i++) {
        const float shifted = w[i] / unit + 12582912.0f;
        uint32_t bits;

        memcpy(&bits, &shifted, sizeof bits);
        q[i] = (signed char)(unsigned char)bits;
    }
}

void tn_quantise_rows(const float *w, size_t rows, size_t columns, signed char *q, float *scale)
{
    for (size_t r = 0; r < rows; r++) {
        const float largest = tn_largest_magnitude(w + r * columns, columns);

        scale[r] = largest <= 1e-30f ? 1.0f : largest / 127.0f;
        quantise_row(q + r * columns, w + r * columns, columns, scale[r]);
    }
}

void tn_matrix_to_int8(struct tn_matrix *w, struct tn_arena *arena)
{
    struct tn_matrix q = {.dtype = TN_I8, .rows = w->rows, .columns = w->columns};
    signed char *data;
    float *scale, *row;
    size_t mark, done = 0;

    if (w->dtype == TN_I8 || w->columns > TN_INT8_MAX_COLUMNS)
        return;
    q.data = data = tn_arena_alloc(arena, w->rows, w->columns);
    q.scale = scale = tn_arena_floats(arena, w->rows);
    mark = tn_arena_mark(arena);
    row = tn_arena_floats(arena, w->columns);
    for (; arena->base && done < w->rows; done++) {
        tn_matrix_row(w, done, row);
        tn_quantise_rows(row, 1, w->columns, data + done * w->columns, scale + done);
        if (!isfinite(scale[done]))
            break;
    }
    tn_arena_release(arena, mark);
    if (!arena->base || done == w->rows)
        *w = q;
}
