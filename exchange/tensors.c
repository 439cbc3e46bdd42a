/* SPDX-License-Identifier: MIT */
#include "exchange/tensors.h"

#include "base/array.h"
#include "base/map_file.h"
#include "exchange/format.h"
#include "tensor/half.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define EXCHANGE_FORMAT_ADDRESS(name) &exchange_format_##name,
static const struct exchange_format *const formats[] = {EXCHANGE_FORMATS(EXCHANGE_FORMAT_ADDRESS)};

size_t exchange_type_size(enum exchange_type type)
{
    static const size_t sizes[] = {
        [EXCHANGE_F32] = 4,  [EXCHANGE_F64] = 8, [EXCHANGE_F16] = 2,
        [EXCHANGE_BF16] = 2, [EXCHANGE_I8] = 1,
    };

    return sizes[type];
}

/* ---- What readers add ---- */

enum tn_status exchange_keep(struct exchange_tensors *to, void *object,
                             void (*release)(void *object), struct tn_error *err)
{
    const enum tn_status status =
        tn_array_reserve(&to->kept, &to->kept_capacity, to->kept_count + 1, err);

    if (status == TN_OK)
        to->kept[to->kept_count++] = (struct exchange_kept){object, release};
    else
        release(object);
    return status;
}

static enum tn_status dense_strides(const struct exchange_tensor *tensor, size_t *strides)
{
    size_t step = 1;

    for (size_t i = tensor->rank; i-- > 0;) {
        strides[i] = step;
        if (__builtin_mul_overflow(step, tensor->dims[i], &step))
            return TN_RANGE;
    }
    return TN_OK;
}

/* Whether the last of its elements lies within `bytes`, and their number within a size. */
static bool lies_within(const struct exchange_tensor *tensor, size_t bytes)
{
    const size_t room = bytes / exchange_type_size(tensor->type);
    size_t last = 0, count = 1;
    bool empty = false;

    for (size_t i = 0; i < tensor->rank; i++)
        empty |= tensor->dims[i] == 0;
    for (size_t i = 0; i < tensor->rank && !empty; i++) {
        size_t reach;

        if (__builtin_mul_overflow(tensor->dims[i] - 1, tensor->strides[i], &reach) ||
            __builtin_add_overflow(last, reach, &last) ||
            __builtin_mul_overflow(count, tensor->dims[i], &count))
            return false;
    }
    /* elements that share their bytes would be a small file of endless numbers */
    return empty || (last < room && count <= room);
}

enum tn_status exchange_add(struct exchange_tensors *to, const char *name, enum exchange_type type,
                            size_t rank, const size_t *dims, const size_t *strides,
                            const void *data, size_t bytes, struct exchange_tensor **ret_tensor,
                            struct tn_error *err)
{
    struct exchange_tensor tensor = {.type = type, .rank = rank, .data = data};
    size_t index;

    if (rank > EXCHANGE_MAX_RANK)
        return tn_fail(err, TN_FORMAT, "%s: tensor '%s' has %zu dimensions; at most %d are read",
                       to->path, name, rank, (int)EXCHANGE_MAX_RANK);
    for (size_t i = 0; i < rank; i++)
        tensor.dims[i] = dims[i];
    if (strides)
        memcpy(tensor.strides, strides, rank * sizeof *strides);
    if ((!strides && dense_strides(&tensor, tensor.strides) != TN_OK) ||
        !lies_within(&tensor, bytes))
        return tn_fail(err, TN_FORMAT, "%s: tensor '%s' is larger than its %zu bytes in the file",
                       to->path, name, bytes);
    TN_TRY(tn_array_reserve(&to->items, &to->capacity, to->count + 1, err));
    TN_TRY(tn_map_add(&to->names, name, strlen(name), &index, err));
    if (index < to->count)
        return tn_fail(err, TN_FORMAT, "%s: two tensors are called '%s'", to->path, name);
    to->items[to->count] = tensor;
    *ret_tensor = &to->items[to->count++];
    return TN_OK;
}

/* ---- Reading ---- */

static enum tn_status read_format(struct exchange_tensors *tensors, struct tn_error *err)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!formats[i]->recognises(tensors->bytes, tensors->size))
            continue;
        tensors->format = formats[i]->name;
        return formats[i]->read(tensors, err);
    }
    return tn_fail(err, TN_FORMAT,
                   "%s: does not begin like a file of weights; expected one of PyTorch, "
                   "safetensors, NumPy (.npz), ONNX or Caffe",
                   tensors->path);
}

static enum tn_status finish_reading(struct exchange_tensors *tensors,
                                     struct exchange_tensors *ret_tensors, struct tn_error *err)
{
    const enum tn_status status = read_format(tensors, err);

    if (status == TN_OK)
        *ret_tensors = *tensors;
    else
        exchange_finish(tensors);
    return status;
}

enum tn_status exchange_read_memory(const void *bytes, size_t size, const char *name,
                                    struct exchange_tensors *ret_tensors, struct tn_error *err)
{
    struct exchange_tensors tensors = {.path = name, .bytes = bytes, .size = size};

    return finish_reading(&tensors, ret_tensors, err);
}

enum tn_status exchange_read(const char *path, struct exchange_tensors *ret_tensors,
                             struct tn_error *err)
{
    struct exchange_tensors tensors = {.path = path};
    void *bytes;

    TN_TRY(tn_map_file(path, &bytes, &tensors.size, err));
    tensors.bytes = bytes;
    tensors.mapped = bytes != NULL;
    return finish_reading(&tensors, ret_tensors, err);
}

void exchange_finish(struct exchange_tensors *tensors)
{
    for (size_t i = 0; i < tensors->kept_count; i++)
        tensors->kept[i].release(tensors->kept[i].object);
    free(tensors->kept);
    free(tensors->items);
    tn_map_finish(&tensors->names);
    if (tensors->mapped)
        munmap((void *)(uintptr_t)tensors->bytes, tensors->size);
    *tensors = (struct exchange_tensors){.path = NULL};
}

/* ---- What was read ---- */

const struct exchange_tensor *exchange_find(const struct exchange_tensors *tensors,
                                            const char *name)
{
    const size_t index = tn_map_find(&tensors->names, name, strlen(name));

    return index == TN_MAP_NONE ? NULL : &tensors->items[index];
}

const char *exchange_name(const struct exchange_tensors *tensors, size_t index)
{
    return tn_map_text(&tensors->names, index);
}

size_t exchange_count(const struct exchange_tensor *tensor)
{
    size_t count = 1;

    for (size_t i = 0; i < tensor->rank; i++)
        count *= tensor->dims[i];
    return count;
}

static float bfloat_value(const unsigned char *at)
{
    const uint32_t bits = (uint32_t)(at[0] | at[1] << 8) << 16;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static float half_value(const unsigned char *at)
{
    const uint16_t half = (uint16_t)(at[0] | at[1] << 8);
    float value;

    tn_half_to_float(&value, &half, 1);
    return value;
}

static float float_at(const unsigned char *at)
{
    float value;

    memcpy(&value, at, sizeof value);
    return value;
}

static float double_value(const unsigned char *at)
{
    double wide;

    memcpy(&wide, at, sizeof wide);
    return (float)wide;
}

/* out[count] = the elements from `at` on, `step` bytes apart: one loop per type, for files have
 * some 60 million of them. */
static void read_run(enum exchange_type type, const unsigned char *at, size_t step, size_t count,
                     float *out)
{
    switch (type) {
    case EXCHANGE_F32:
        for (size_t i = 0; i < count; i++)
            out[i] = float_at(at + i * step);
        break;
    case EXCHANGE_F64:
        for (size_t i = 0; i < count; i++)
            out[i] = double_value(at + i * step);
        break;
    case EXCHANGE_F16:
        for (size_t i = 0; i < count; i++)
            out[i] = half_value(at + i * step);
        break;
    case EXCHANGE_BF16:
        for (size_t i = 0; i < count; i++)
            out[i] = bfloat_value(at + i * step);
        break;
    case EXCHANGE_I8:
        for (size_t i = 0; i < count; i++)
            out[i] = (float)*(const signed char *)(at + i * step);
        break;
    }
}

static void scale_rows(const struct exchange_tensor *tensor, size_t count, float *out)
{
    const size_t row = count > 0 ? count / tensor->dims[0] : 1;

    for (size_t i = 0; i < count; i++)
        out[i] *= float_at(tensor->scales + i / row * sizeof *out);
}

void exchange_floats(const struct exchange_tensor *tensor, float *out)
{
    const size_t count = exchange_count(tensor), size = exchange_type_size(tensor->type);
    const size_t outer = tensor->rank > 0 ? tensor->rank - 1 : 0; /* dimensions around a run */
    const size_t run = tensor->rank > 0 ? tensor->dims[outer] : 1;
    size_t at[EXCHANGE_MAX_RANK] = {0}, element = 0;

    for (size_t i = 0; i < count; i += run) {
        read_run(tensor->type, tensor->data + element * size, tensor->strides[outer] * size, run,
                 out + i);
        for (size_t d = outer; d-- > 0;) {
            element += tensor->strides[d];
            if (++at[d] < tensor->dims[d])
                break;
            element -= tensor->strides[d] * at[d];
            at[d] = 0;
        }
    }
    if (tensor->scales)
        scale_rows(tensor, count, out);
}

void exchange_shape_text(size_t rank, const size_t *dims, char *out, size_t size)
{
    size_t used = 0;

    snprintf(out, size, "a number");
    for (size_t i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%zu", i ? "x" : "", dims[i]);
}
