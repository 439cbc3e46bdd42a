/* SPDX-License-Identifier: MIT */
#include "cnn/alexnet.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
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

static const struct cnn_layer_spec torchvision_layers[] = {
    CONV("conv1", 64, 11, 4, 0, 1),
    RELU("relu1"),
    NORM("norm1"),
    POOL("pool1"),
    CONV("conv2", 192, 5, 1, 2, 1),
    RELU("relu2"),
    NORM("norm2"),
    POOL("pool2"),
    CONV("conv3", 384, 3, 1, 1, 1),
    RELU("relu3"),
    CONV("conv4", 256, 3, 1, 1, 1),
    RELU("relu4"),
    CONV("conv5", 256, 3, 1, 1, 1),
    RELU("relu5"),
    POOL("pool5"),
    DENSE("fc6", 4096),
    RELU("relu6"),
    DROP("drop6"),
    DENSE("fc7", 4096),
    RELU("relu7"),
    DROP("drop7"),
    {.ops = NULL},
};

static const struct kind {
    const char *name;
    const struct cnn_layer_spec *layers;
    size_t before, behind; /* the border: rows and columns on each side of the photo */
} kinds[ALEXNET_KINDS] = {
    [ALEXNET_BVLC] = {"bvlc", alexnet_layers, 0, 0},
    [ALEXNET_TORCHVISION] = {"torchvision", torchvision_layers, 2, 1},
};

/* torchvision's subtracts 0.406, 0.456, 0.485 of 255, and divides (docs/weights.md). */
const struct alexnet alexnet_published[ALEXNET_KINDS] = {
    [ALEXNET_BVLC] = {ALEXNET_BVLC, true, {104, 117, 123}},
    [ALEXNET_TORCHVISION] = {ALEXNET_TORCHVISION, false, {103.53F, 116.28F, 123.675F}},
};

const float alexnet_mean[3] = {104, 117, 123};

const struct cnn_layer_spec *alexnet_kind_layers(enum alexnet_kind kind)
{
    return kinds[kind].layers;
}

enum tn_status alexnet_create_part(const struct alexnet *net, const char *prefix,
                                   const struct alexnet_part *part,
                                   struct cnn_network **ret_network, struct tn_error *err)
{
    const struct cnn_shape photo = {3, ALEXNET_SIDE, ALEXNET_SIDE}, pool5 = {256, 6, 6};
    const struct cnn_layer_spec *layer = kinds[net->kind].layers;
    struct cnn_layer_spec specs[CNN_MAX_LAYERS];
    size_t count = 0;

    while (part->behind_pool5 && layer->ops != &cnn_layer_dense)
        layer++;
    for (; layer->ops; layer++) {
        if (layer->ops == &cnn_layer_lrn && !net->norm)
            continue;
        specs[count] = *layer;
        if (layer->ops == &cnn_layer_dropout)
            specs[count].rate = layer[1].ops ? part->dropout6 : part->dropout7;
        count++;
    }
    return cnn_network_create(specs, count, part->behind_pool5 ? pool5 : photo, prefix, ret_network,
                              err);
}

enum tn_status alexnet_create_as(const struct alexnet *net, const char *prefix, float dropout,
                                 struct cnn_network **ret_network, struct tn_error *err)
{
    const struct alexnet_part all = {.dropout6 = dropout, .dropout7 = dropout};

    return alexnet_create_part(net, prefix, &all, ret_network, err);
}

enum tn_status alexnet_create(const char *prefix, float dropout, struct cnn_network **ret_network,
                              struct tn_error *err)
{
    return alexnet_create_as(&alexnet_published[ALEXNET_BVLC], prefix, dropout, ret_network, err);
}

/* ---- The photo ---- */

static bool is_border(const struct alexnet *net, size_t row, size_t column)
{
    const size_t before = kinds[net->kind].before, end = ALEXNET_SIDE - kinds[net->kind].behind;

    return row < before || row >= end || column < before || column >= end;
}

size_t alexnet_border_before(const struct alexnet *net)
{
    return kinds[net->kind].before;
}

size_t alexnet_photo_side(const struct alexnet *net)
{
    return ALEXNET_SIDE - kinds[net->kind].before - kinds[net->kind].behind;
}

void alexnet_clear_border(const struct alexnet *net, float *x)
{
    if (kinds[net->kind].before == 0)
        return;
    for (size_t row = 0; row < 3 * (size_t)ALEXNET_SIDE; row++)
        for (size_t column = 0; column < ALEXNET_SIDE; column++)
            if (is_border(net, row % ALEXNET_SIDE, column))
                x[row * ALEXNET_SIDE + column] = 0;
}

bool alexnet_border_pixels(const struct alexnet *net, unsigned char *pixels,
                           const unsigned char *rgb)
{
    if (kinds[net->kind].before == 0)
        return false;
    memcpy(pixels, rgb, (size_t)ALEXNET_SIDE * ALEXNET_SIDE * 3);
    for (size_t row = 0; row < ALEXNET_SIDE; row++)
        for (size_t column = 0; column < ALEXNET_SIDE; column++)
            for (size_t c = 0; c < 3 && is_border(net, row, column); c++)
                pixels[(row * ALEXNET_SIDE + column) * 3 + c] =
                    (unsigned char)lrintf(net->mean[2 - c]);
    return true;
}

void alexnet_input_as(const struct alexnet *net, float *x, const unsigned char *rgb)
{
    const size_t plane = (size_t)ALEXNET_SIDE * ALEXNET_SIDE;

    for (size_t c = 0; c < 3; c++)
        for (size_t p = 0; p < plane; p++)
            x[c * plane + p] = (float)rgb[p * 3 + 2 - c] - net->mean[c];
    alexnet_clear_border(net, x);
}

void alexnet_input(float *x, const unsigned char *rgb)
{
    alexnet_input_as(&alexnet_published[ALEXNET_BVLC], x, rgb);
}

/* ---- The metadata ---- */

#define KEY_NORM "encoder.norm"
#define KEY_MEAN "encoder.mean"

static enum tn_status unknown(const struct tn_file *file, const char *key, const char *expected,
                              struct tn_error *err)
{
    return tn_fail(err, TN_VERSION, "%s: %s is '%.*s'; expected %s", tn_file_path(file), key,
                   TN_FIT(tn_file_metadata(file, key), 40), expected);
}

/* Means beyond these are of no picture. */
static bool read_mean(const char *text, float mean[3])
{
    char rest;

    if (sscanf(text, "%f %f %f%c", &mean[0], &mean[1], &mean[2], &rest) != 3)
        return false;
    for (size_t c = 0; c < 3; c++)
        if (!(mean[c] >= 0 && mean[c] <= 255))
            return false;
    return true;
}

enum tn_status alexnet_of_file(const struct tn_file *file, struct alexnet *ret_net,
                               struct tn_error *err)
{
    const char *kind = tn_file_metadata(file, ALEXNET_KEY_KIND),
               *norm = tn_file_metadata(file, KEY_NORM);
    const char *mean = tn_file_metadata(file, KEY_MEAN);
    struct alexnet net = alexnet_published[ALEXNET_BVLC];

    if (kind && strcmp(kind, kinds[ALEXNET_TORCHVISION].name) == 0)
        net = alexnet_published[ALEXNET_TORCHVISION];
    else if (kind && strcmp(kind, kinds[ALEXNET_BVLC].name) != 0)
        return unknown(file, ALEXNET_KEY_KIND, "bvlc or torchvision", err);
    if (norm && strcmp(norm, "yes") != 0 && strcmp(norm, "no") != 0)
        return unknown(file, KEY_NORM, "yes or no", err);
    if (norm)
        net.norm = strcmp(norm, "yes") == 0;
    if (mean && !read_mean(mean, net.mean))
        return unknown(file, KEY_MEAN, "three numbers from 0 to 255", err);
    *ret_net = net;
    return TN_OK;
}

size_t alexnet_metadata(const struct alexnet *net, struct tn_metadata metadata[ALEXNET_ENTRIES],
                        char texts[ALEXNET_ENTRIES][ALEXNET_TEXT_SIZE])
{
    const struct alexnet *usual = &alexnet_published[ALEXNET_BVLC];

    if (net->kind == usual->kind && net->norm == usual->norm &&
        memcmp(net->mean, usual->mean, sizeof usual->mean) == 0)
        return 0;
    snprintf(texts[0], ALEXNET_TEXT_SIZE, "%s", kinds[net->kind].name);
    snprintf(texts[1], ALEXNET_TEXT_SIZE, "%s", net->norm ? "yes" : "no");
    snprintf(texts[2], ALEXNET_TEXT_SIZE, "%.9g %.9g %.9g", (double)net->mean[0],
             (double)net->mean[1], (double)net->mean[2]);
    metadata[0] = (struct tn_metadata){ALEXNET_KEY_KIND, texts[0]};
    metadata[1] = (struct tn_metadata){KEY_NORM, texts[1]};
    metadata[2] = (struct tn_metadata){KEY_MEAN, texts[2]};
    return ALEXNET_ENTRIES;
}
