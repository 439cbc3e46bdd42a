/* SPDX-License-Identifier: MIT */
#include "cnn/alexnet.h"

#include <string.h>

#define CONV(layer, out, side, by, zeros, parts)                                                   \
    {                                                                                              \
        .ops = &cnn_layer_conv, .name = layer, .outputs = out, .kernel = side, .stride = by,       \
        .pad = zeros, .groups = parts                                                              \
    }
#define RELU(layer) {.ops = &cnn_layer_relu, .name = layer}
#define NORM(layer)                                                                                \
    {                                                                                              \
        .ops = &cnn_layer_lrn, .name = layer, .kernel = 5, .alpha = 1e-4f, .beta = 0.75f, .k = 1   \
    }
#define POOL(layer) {.ops = &cnn_layer_maxpool, .name = layer, .kernel = 3, .stride = 2}
#define DENSE(layer, out) {.ops = &cnn_layer_dense, .name = layer, .outputs = out}
#define DROP(layer) {.ops = &cnn_layer_dropout, .name = layer}

const struct cnn_layer_spec alexnet_layers[] = {
    CONV("conv1", 96, 11, 4, 0, 1), RELU("relu1"), NORM("norm1"), POOL("pool1"),
    CONV("conv2", 256, 5, 1, 2, 2), RELU("relu2"), NORM("norm2"), POOL("pool2"),
    CONV("conv3", 384, 3, 1, 1, 1), RELU("relu3"),
    CONV("conv4", 384, 3, 1, 1, 2), RELU("relu4"),
    CONV("conv5", 256, 3, 1, 1, 2), RELU("relu5"), POOL("pool5"),
    DENSE("fc6", 4096), RELU("relu6"), DROP("drop6"),
    DENSE("fc7", 4096), RELU("relu7"), DROP("drop7"),
    {.ops = NULL},
};

enum { LAYERS = sizeof alexnet_layers / sizeof *alexnet_layers - 1 };

const float alexnet_mean[3] = {104, 117, 123};

enum tn_status alexnet_create(const char *prefix, float dropout, struct cnn_network **ret_network,
                              struct tn_error *err)
{
    const struct cnn_shape in = {3, ALEXNET_SIDE, ALEXNET_SIDE};
    struct cnn_layer_spec specs[LAYERS];

    memcpy(specs, alexnet_layers, sizeof specs);
    for (size_t i = 0; i < LAYERS; i++)
        if (specs[i].ops == &cnn_layer_dropout)
            specs[i].rate = dropout;
    return cnn_network_create(specs, LAYERS, in, prefix, ret_network, err);
}

void alexnet_input(float *x, const unsigned char *rgb)
{
    const size_t plane = (size_t)ALEXNET_SIDE * ALEXNET_SIDE;

    for (size_t c = 0; c < 3; c++)
        for (size_t p = 0; p < plane; p++)
            x[c * plane + p] = (float)rgb[p * 3 + 2 - c] - alexnet_mean[c];
}
