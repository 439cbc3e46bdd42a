/* SPDX-License-Identifier: MIT */
/*
 * AlexNet weights from elsewhere -> an encoder file of ours.  The tensors keep their names;
 * convolutions are stored as float16, the large dense layers as int8 rows with a scale each.
 */
#include "app/caption/import_encoder.h"

#include "cnn/alexnet.h"
#include "tensor/half.h"
#include "tensor/matrix.h"
#include "tensor/safetensors.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TENSORS = 32 };

struct encoder_file { /* what is to be written */
    struct tn_tensor tensors[MOST_TENSORS];
    void *data[MOST_TENSORS]; /* owned */
    char scale_names[MOST_TENSORS][TN_NAME_SIZE + 8];
    size_t count;
};

static void encoder_file_finish(struct encoder_file *out)
{
    for (size_t i = 0; i < out->count; i++)
        free(out->data[i]);
}

/* Appends a tensor and returns its uninitialised data; NULL when memory is out. */
static void *append(struct encoder_file *out, const char *name, enum tn_dtype dtype, size_t rank,
                    const size_t *dims)
{
    struct tn_tensor *tensor = &out->tensors[out->count];
    size_t bytes = tn_dtype_size(dtype);

    for (size_t i = 0; i < rank; i++)
        bytes *= dims[i];
    out->data[out->count] = malloc(bytes);
    *tensor = (struct tn_tensor){
        .name = name, .dtype = dtype, .rank = rank, .data = out->data[out->count], .bytes = bytes};
    memcpy(tensor->dims, dims, rank * sizeof *dims);
    return out->data[out->count] ? out->data[out->count++] : NULL;
}

/* Stores one parameter in the form that its rank asks for. */
static enum tn_status store(struct encoder_file *out, const struct tn_parameter *parameter,
                            const float *values, struct tn_error *err)
{
    const size_t count = parameter->span.count, rank = parameter->rank;
    const size_t *dims = parameter->dims;

    if (rank == 2) {
        char *scale_name = out->scale_names[out->count];
        signed char *q = append(out, parameter->name, TN_I8, rank, dims);
        float *scale;

        snprintf(scale_name, sizeof out->scale_names[0], "%s_scale", parameter->name);
        scale = q ? append(out, scale_name, TN_F32, 1, dims) : NULL;
        if (!scale)
            return tn_fail_nomem(err, count);
        tn_quantise_rows(values, dims[0], dims[1], q, scale);
    } else if (rank == 4) {
        uint16_t *halves = append(out, parameter->name, TN_F16, rank, dims);

        if (!halves)
            return tn_fail_nomem(err, count * sizeof *halves);
        tn_float_to_half(halves, values, count);
    } else {
        float *floats = append(out, parameter->name, TN_F32, rank, dims);

        if (!floats)
            return tn_fail_nomem(err, count * sizeof *floats);
        memcpy(floats, values, count * sizeof *floats);
    }
    return TN_OK;
}

static void shape_text(size_t rank, const size_t *dims, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%zu", i ? "x" : "", dims[i]);
}

static enum tn_status check_shape(const struct tn_file *file, const struct tn_parameter *parameter,
                                  struct tn_error *err)
{
    const struct tn_tensor *tensor = tn_file_find(file, parameter->name);
    char expected[96], found[96];

    if (!tensor)
        return tn_fail(err, TN_NOTFOUND, "%s: no tensor '%s'; it does not hold BVLC's AlexNet",
                       tn_file_path(file), parameter->name);
    if (tensor->rank == parameter->rank &&
        memcmp(tensor->dims, parameter->dims, tensor->rank * sizeof *tensor->dims) == 0)
        return TN_OK;
    shape_text(parameter->rank, parameter->dims, expected, sizeof expected);
    shape_text(tensor->rank, tensor->dims, found, sizeof found);
    return tn_fail(err, TN_SHAPE, "%s: tensor '%s' is %s, and %s in BVLC's AlexNet",
                   tn_file_path(file), parameter->name, found, expected);
}

/* That the encoder can reckon with them: it refuses what is infinite, or much larger. */
static enum tn_status check_values(const struct tn_file *file, const struct tn_parameter *parameter,
                                   const float *values, struct tn_error *err)
{
    const float most = parameter->rank == 1 ? 1e6F : 127;

    for (size_t i = 0; i < parameter->span.count; i++)
        if (!(fabsf(values[i]) <= most))
            return tn_fail(err, TN_RANGE, "%s: tensor '%s' has the number %g; expected at most %g",
                           tn_file_path(file), parameter->name, (double)values[i], (double)most);
    return TN_OK;
}

/* conv1's input channels from red, green, blue to blue, green, red. */
static void swap_red_and_blue(const struct tn_parameter *conv, float *values)
{
    const size_t plane = conv->dims[2] * conv->dims[3];

    for (size_t out = 0; out < conv->dims[0]; out++) {
        float *red = values + out * 3 * plane, *blue = red + 2 * plane;

        for (size_t i = 0; i < plane; i++) {
            const float swapped = red[i];

            red[i] = blue[i];
            blue[i] = swapped;
        }
    }
}

static enum tn_status convert(const struct tn_file *file, const struct tn_layout *layout, bool rgb,
                              struct encoder_file *out, struct tn_error *err)
{
    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *parameter = &layout->parameters[i];
        const size_t count = parameter->span.count;
        float *values;
        enum tn_status status;

        TN_TRY(check_shape(file, parameter, err));
        values = malloc(count * sizeof *values);
        if (!values)
            return tn_fail_nomem(err, count * sizeof *values);
        status = tn_file_read_floats(file, parameter->name, count, values, err);
        if (status == TN_OK)
            status = check_values(file, parameter, values, err);
        if (status == TN_OK && rgb && strcmp(parameter->name, "conv1.weight") == 0)
            swap_red_and_blue(parameter, values);
        if (status == TN_OK)
            status = store(out, parameter, values, err);
        free(values);
        TN_TRY(status);
    }
    return TN_OK;
}

enum tn_status app_import_encoder(const char *from, const char *to, bool rgb, struct tn_error *err)
{
    const struct tn_metadata metadata[] = {
        {"architecture", "AlexNet (BVLC)"},
        {"input", "BGR 227x227, minus mean 104,117,123"},
        {"fc", "int8 rows: weight = q * weight_scale[row]"},
    };
    struct encoder_file out = {.count = 0};
    struct cnn_network *network = NULL;
    struct tn_file *file = NULL;
    enum tn_status status = tn_file_open(from, &file, err);

    if (status == TN_OK)
        status = alexnet_create("", 0, &network, err);
    if (status == TN_OK)
        status = convert(file, cnn_network_layout(network), rgb, &out, err);
    if (status == TN_OK)
        status = tn_file_save(to, out.tensors, out.count, metadata,
                              sizeof metadata / sizeof metadata[0], err);
    encoder_file_finish(&out);
    cnn_network_destroy(network);
    tn_file_close(file);
    return status;
}
