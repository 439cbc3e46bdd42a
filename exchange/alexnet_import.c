/* SPDX-License-Identifier: MIT */
#include "exchange/alexnet_import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 7, SHAPE_SIZE = 96, NAME_SIZE = 256 };

static const char *const our_names[LAYERS] = {"conv1", "conv2", "conv3", "conv4",
                                              "conv5", "fc6",   "fc7"};
static const char *const torchvision_names[LAYERS] = {"features.0",  "features.3",  "features.6",
                                                      "features.8",  "features.10", "classifier.1",
                                                      "classifier.4"};
static const char *const titles[ALEXNET_KINDS] = {"BVLC's AlexNet", "torchvision's AlexNet"};

/* ---- Which tensor is which ---- */

/* Sides of 1 before the others do not count: Caffe's blobs of old have four. */
static bool has_shape(const struct exchange_tensor *tensor, size_t rank, const size_t *dims)
{
    size_t skipped = 0;

    while (tensor->rank - skipped > rank && tensor->dims[skipped] == 1)
        skipped++;
    return tensor->rank - skipped == rank &&
           memcmp(tensor->dims + skipped, dims, rank * sizeof *dims) == 0;
}

/* The only tensor of that shape; NULL: there are none, or several. */
static const char *find_by_shape(const struct exchange_tensors *tensors, size_t rank,
                                 const size_t *dims)
{
    const char *found = NULL;

    for (size_t i = 0; i < tensors->count; i++) {
        if (!has_shape(&tensors->items[i], rank, dims))
            continue;
        if (found)
            return NULL;
        found = exchange_name(tensors, i);
    }
    return found;
}

static const size_t conv1_dims[ALEXNET_KINDS][4] = {
    [ALEXNET_BVLC] = {96, 3, 11, 11}, [ALEXNET_TORCHVISION] = {64, 3, 11, 11}};

/* The names of the layers in a file, where it uses some that are known; else NULL. */
static const char *const *names_of(const struct exchange_tensors *tensors)
{
    if (exchange_find(tensors, "conv1.weight"))
        return our_names;
    return exchange_find(tensors, "features.0.weight") ? torchvision_names : NULL;
}

static enum tn_status find_kind(const struct exchange_tensors *tensors, enum alexnet_kind *ret_kind,
                                struct tn_error *err)
{
    const char *const *names = names_of(tensors);
    const struct exchange_tensor *conv1;
    char name[NAME_SIZE], found[SHAPE_SIZE];

    if (!names) {
        for (size_t kind = 0; kind < ALEXNET_KINDS; kind++)
            if (find_by_shape(tensors, 4, conv1_dims[kind])) {
                *ret_kind = (enum alexnet_kind)kind;
                return TN_OK;
            }
        return tn_fail(
            err, TN_NOTFOUND,
            "%s: no tensor 'conv1.weight' or 'features.0.weight', and none of 96x3x11x11 "
            "or 64x3x11x11; it contains neither BVLC's AlexNet nor torchvision's",
            tensors->path);
    }
    snprintf(name, sizeof name, "%s.weight", names[0]);
    conv1 = exchange_find(tensors, name);
    for (size_t kind = 0; kind < ALEXNET_KINDS; kind++)
        if (has_shape(conv1, 4, conv1_dims[kind])) {
            *ret_kind = (enum alexnet_kind)kind;
            return TN_OK;
        }
    exchange_shape_text(conv1->rank, conv1->dims, found, sizeof found);
    return tn_fail(err, TN_SHAPE,
                   "%s: %s: expected 96x3x11x11 (BVLC's AlexNet) or 64x3x11x11 (torchvision's), "
                   "found %s",
                   tensors->path, name, found);
}

/* The file's name for our parameter, such as conv2.bias. */
static bool name_parameter(const struct exchange_tensors *tensors, const struct tn_layout *layout,
                           const char *parameter, char name[NAME_SIZE])
{
    const size_t length = strcspn(parameter, ".");
    const char *const *names = names_of(tensors);
    const struct tn_parameter *weight;
    const char *found;

    for (size_t i = 0; i < LAYERS && names; i++)
        if (strlen(our_names[i]) == length && strncmp(our_names[i], parameter, length) == 0) {
            snprintf(name, NAME_SIZE, "%s%s", names[i], parameter + length);
            return true;
        }
    snprintf(name, NAME_SIZE, "%.*s.weight", (int)length, parameter);
    weight = tn_layout_find(layout, name);
    found = find_by_shape(tensors, weight->rank, weight->dims);
    if (!found || strlen(found) < strlen("weight") ||
        (size_t)snprintf(name, NAME_SIZE, "%s", found) >= NAME_SIZE)
        return false;
    if (strcmp(parameter + length, ".bias") != 0)
        return true;
    found = strstr(name, "weight");
    if (found)
        strcpy(name + (found - name), "bias");
    return found != NULL;
}

static enum tn_status find_tensor(const struct exchange_tensors *tensors,
                                  const struct tn_layout *layout, const struct tn_parameter *wanted,
                                  enum alexnet_kind kind, const struct exchange_tensor **ret_tensor,
                                  struct tn_error *err)
{
    char name[NAME_SIZE], expected[SHAPE_SIZE], found[SHAPE_SIZE];
    const struct exchange_tensor *tensor = NULL;

    exchange_shape_text(wanted->rank, wanted->dims, expected, sizeof expected);
    if (!name_parameter(tensors, layout, wanted->name, name))
        return tn_fail(err, TN_NOTFOUND, "%s: expected one tensor of %s, the %s of %s",
                       tensors->path, expected, wanted->name, titles[kind]);
    tensor = exchange_find(tensors, name);
    if (!tensor)
        return tn_fail(err, TN_NOTFOUND, "%s: no tensor '%s', the %s of %s", tensors->path, name,
                       wanted->name, titles[kind]);
    exchange_shape_text(tensor->rank, tensor->dims, found, sizeof found);
    if (!has_shape(tensor, wanted->rank, wanted->dims))
        return tn_fail(err, TN_SHAPE, "%s: %s: expected %s (%s), found %s", tensors->path, name,
                       expected, titles[kind], found);
    *ret_tensor = tensor;
    return TN_OK;
}

/* ---- How it reads photos ---- */

/* As published: torchvision's by its documentation, red first. */
static const struct exchange_reading published[ALEXNET_KINDS] = {
    [ALEXNET_BVLC] = {true, 1, {104, 117, 123}, {1, 1, 1}},
    [ALEXNET_TORCHVISION] = {false, 1.0 / 255, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}},
};

/* A file of ours has its net in the metadata. */
static enum tn_status read_own(const struct exchange_tensors *tensors, struct alexnet *net,
                               struct exchange_reading *reading, struct tn_error *err)
{
    struct tn_file *file;
    enum tn_status status;

    if (tn_file_open_memory(tensors->bytes, tensors->size, tensors->path, &file, NULL) != TN_OK)
        return TN_OK;
    status = TN_OK;
    if (tn_file_metadata(file, ALEXNET_KEY_KIND)) {
        status = alexnet_of_file(file, net, err);
        *reading = (struct exchange_reading){true, 1, {0}, {1, 1, 1}};
        for (size_t c = 0; c < 3; c++)
            reading->mean[c] = (double)net->mean[c];
    }
    tn_file_close(file);
    return status;
}

static enum tn_status apply_claims(const struct exchange_tensors *tensors,
                                   const struct exchange_claims *claims, struct alexnet *net,
                                   struct exchange_reading *reading, struct tn_error *err)
{
    if (claims->norm != EXCHANGE_UNKNOWN)
        net->norm = claims->norm == EXCHANGE_YES;
    if (claims->blue_first != EXCHANGE_UNKNOWN) {
        const bool turned = reading->blue_first != (claims->blue_first == EXCHANGE_YES);
        const struct exchange_reading before = *reading;

        for (size_t c = 0; c < 3 && turned; c++) {
            reading->mean[c] = before.mean[2 - c];
            reading->deviation[c] = before.deviation[2 - c];
        }
        reading->blue_first = claims->blue_first == EXCHANGE_YES;
    }
    if (claims->scale > 0)
        reading->scale = claims->scale;
    if (claims->has_mean)
        memcpy(reading->mean, claims->mean, sizeof reading->mean);
    if (claims->has_deviation)
        memcpy(reading->deviation, claims->deviation, sizeof reading->deviation);
    for (size_t c = 0; c < 3; c++) {
        const double mean = reading->mean[c] / reading->scale;

        if (!(mean >= 0 && mean <= 255))
            return tn_fail(err, TN_RANGE,
                           "%s: a mean of %g is %g of pixels from 0 to 255; expected 0 to 255 "
                           "(--scale 0.00392157 is for means of pixels from 0 to 1)",
                           tensors->path, reading->mean[c], mean);
        net->mean[reading->blue_first ? c : 2 - c] = (float)mean;
    }
    return TN_OK;
}

static enum tn_status find_net(const struct exchange_tensors *tensors,
                               const struct exchange_claims *claims,
                               struct exchange_alexnet *alexnet, struct tn_error *err)
{
    struct exchange_claims all = *claims;
    enum alexnet_kind kind;

    TN_TRY(find_kind(tensors, &kind, err));
    alexnet->net = alexnet_published[kind];
    alexnet->reading = published[kind];
    TN_TRY(read_own(tensors, &alexnet->net, &alexnet->reading, err));
    if (alexnet->net.kind != kind)
        return tn_fail(err, TN_SHAPE, "%s: conv1.weight is of another net than its metadata says",
                       tensors->path);
    if (all.norm == EXCHANGE_UNKNOWN)
        all.norm = tensors->facts.norm;
    if (all.blue_first == EXCHANGE_UNKNOWN)
        all.blue_first = tensors->facts.blue_first;
    if (tensors->facts.has_mean && !all.has_mean && !all.has_deviation && all.scale == 0) {
        all.scale = 1;
        all.has_mean = all.has_deviation = true;
        for (size_t c = 0; c < 3; c++) {
            all.mean[c] = (double)tensors->facts.mean[c];
            all.deviation[c] = 1;
        }
    }
    return apply_claims(tensors, &all, &alexnet->net, &alexnet->reading, err);
}

/* ---- The weights ---- */

/* That the encoder can reckon with them: it refuses what is infinite, or much larger. */
static enum tn_status check_values(const struct exchange_tensors *tensors,
                                   const struct tn_parameter *parameter, const float *values,
                                   struct tn_error *err)
{
    const float most = parameter->rank == 1 ? 1e6F : 127;

    for (size_t i = 0; i < parameter->span.count; i++)
        if (!(fabsf(values[i]) <= most))
            return tn_fail(err, TN_RANGE, "%s: tensor '%s' has the number %g; expected at most %g",
                           tensors->path, parameter->name, (double)values[i], (double)most);
    return TN_OK;
}

/* conv1's input channels as ours: blue first, of pixels from 0 to 255. */
static void turn_conv1(const struct exchange_reading *reading, const struct tn_parameter *conv,
                       float *weights)
{
    const size_t plane = conv->dims[2] * conv->dims[3];

    for (size_t i = 0; i < conv->span.count; i++) {
        const size_t channel = i / plane % 3;
        float *w = &weights[i];

        *w = (float)((double)*w * (reading->scale / reading->deviation[channel]));
        if (channel == 2 && !reading->blue_first) { /* so both of them are scaled by now */
            float *first = w - 2 * plane;
            const float red = *first;

            *first = *w;
            *w = red;
        }
    }
}

static enum tn_status read_weights(const struct exchange_tensors *tensors,
                                   struct exchange_alexnet *alexnet, struct tn_error *err)
{
    const struct tn_layout *layout = cnn_network_layout(alexnet->network);

    /* all shapes first: they say what the file is, and cost no memory */
    for (size_t i = 0; i < layout->count; i++) {
        const struct exchange_tensor *tensor;

        TN_TRY(
            find_tensor(tensors, layout, &layout->parameters[i], alexnet->net.kind, &tensor, err));
    }
    alexnet->theta = calloc(layout->floats, sizeof *alexnet->theta);
    if (!alexnet->theta)
        return tn_fail_nomem(err, layout->floats * sizeof *alexnet->theta);
    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *parameter = &layout->parameters[i];
        float *values = alexnet->theta + parameter->span.offset;
        const struct exchange_tensor *tensor;

        TN_TRY(find_tensor(tensors, layout, parameter, alexnet->net.kind, &tensor, err));
        exchange_floats(tensor, values);
        if (strcmp(parameter->name, "conv1.weight") == 0)
            turn_conv1(&alexnet->reading, parameter, values);
        TN_TRY(check_values(tensors, parameter, values, err));
    }
    return TN_OK;
}

enum tn_status exchange_alexnet_make(const struct exchange_tensors *tensors,
                                     const struct exchange_claims *claims,
                                     struct exchange_alexnet *ret_alexnet, struct tn_error *err)
{
    struct exchange_alexnet alexnet = {.network = NULL};
    enum tn_status status = find_net(tensors, claims, &alexnet, err);

    if (status == TN_OK)
        status = alexnet_create_as(&alexnet.net, "", 0, &alexnet.network, err);
    if (status == TN_OK)
        status = read_weights(tensors, &alexnet, err);
    if (status == TN_OK)
        *ret_alexnet = alexnet;
    else
        exchange_alexnet_finish(&alexnet);
    return status;
}

void exchange_alexnet_finish(struct exchange_alexnet *alexnet)
{
    cnn_network_destroy(alexnet->network);
    free(alexnet->theta);
    *alexnet = (struct exchange_alexnet){.network = NULL};
}

/* Channel `from` of the input into channel `to` of x, within the border. */
static void put_plane(const struct exchange_alexnet *alexnet, const float *input, size_t from,
                      float *x, size_t to, double factor, double less)
{
    const size_t side = alexnet_photo_side(&alexnet->net);
    const size_t before = alexnet_border_before(&alexnet->net);
    float *plane = x + to * ALEXNET_SIDE * ALEXNET_SIDE;

    memset(plane, 0, (size_t)ALEXNET_SIDE * ALEXNET_SIDE * sizeof *plane);
    for (size_t i = 0; i < side * side; i++)
        plane[(before + i / side) * ALEXNET_SIDE + before + i % side] =
            (float)((double)input[from * side * side + i] * factor - less);
}

void exchange_alexnet_input(const struct exchange_alexnet *alexnet, const float *input, float *x)
{
    const struct exchange_reading *reading = &alexnet->reading;

    for (size_t c = 0; c < 3; c++)
        put_plane(alexnet, input, c, x, reading->blue_first ? c : 2 - c,
                  reading->deviation[c] / reading->scale, 0);
}

void exchange_alexnet_pixels(const struct exchange_alexnet *alexnet, const float *pixels, float *x)
{
    for (size_t c = 0; c < 3; c++)
        put_plane(alexnet, pixels, c, x, 2 - c, 1, (double)alexnet->net.mean[2 - c]);
}
