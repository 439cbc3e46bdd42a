/* SPDX-License-Identifier: MIT */
/* AlexNet weights from elsewhere -> an encoder file of ours.  The tensors keep their names. */
#include "app/caption/import_encoder.h"

#include "cnn/alexnet.h"
#include "models/file/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        return tn_fail(err, TN_NOTFOUND, "%s: no tensor '%s'; it does not contain BVLC's AlexNet",
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
static void swap_red_and_blue(const struct tn_parameter *conv, float *theta)
{
    const size_t plane = conv->dims[2] * conv->dims[3];

    for (size_t out = 0; out < conv->dims[0]; out++) {
        float *red = theta + conv->span.offset + out * 3 * plane, *blue = red + 2 * plane;

        for (size_t i = 0; i < plane; i++) {
            const float swapped = red[i];

            red[i] = blue[i];
            blue[i] = swapped;
        }
    }
}

/* The file's weights in the order of the layout; the caller frees them. */
static enum tn_status read_weights(const struct tn_file *file, const struct tn_layout *layout,
                                   float **ret_theta, struct tn_error *err)
{
    enum tn_status status;
    float *theta;

    for (size_t i = 0; i < layout->count; i++)
        TN_TRY(check_shape(file, &layout->parameters[i], err));
    TN_TRY(model_load_theta(file, layout, &theta, err));
    status = TN_OK;
    for (size_t i = 0; i < layout->count && status == TN_OK; i++)
        status = check_values(file, &layout->parameters[i],
                              theta + layout->parameters[i].span.offset, err);
    if (status == TN_OK)
        *ret_theta = theta;
    else
        free(theta);
    return status;
}

enum tn_status app_import_encoder(const char *from, const char *to, bool rgb, struct tn_error *err)
{
    struct cnn_network *network = NULL;
    struct tn_file *file = NULL;
    float *theta = NULL;
    enum tn_status status = tn_file_open(from, &file, err);

    if (status == TN_OK)
        status = alexnet_create("", 0, &network, err);
    if (status == TN_OK)
        status = read_weights(file, cnn_network_layout(network), &theta, err);
    if (status == TN_OK && rgb)
        swap_red_and_blue(tn_layout_find(cnn_network_layout(network), "conv1.weight"), theta);
    if (status == TN_OK)
        status = model_save_encoder(to, &alexnet_published[ALEXNET_BVLC],
                                    cnn_network_layout(network), theta, err);
    free(theta);
    cnn_network_destroy(network);
    tn_file_close(file);
    return status;
}
