/* SPDX-License-Identifier: MIT */
#include "cnn/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct cnn_network {
    struct tn_layout layout;
    size_t count;
    struct cnn_layer layers[CNN_MAX_LAYERS];
};

enum tn_status cnn_network_create(const struct cnn_layer_spec *specs, size_t count,
                                  struct cnn_shape in, const char *prefix,
                                  struct cnn_network **ret_network, struct tn_error *err)
{
    struct cnn_network *network = calloc(1, sizeof *network);

    assert(count > 0 && count <= CNN_MAX_LAYERS);
    if (!network)
        return tn_fail_nomem(err, sizeof *network);
    for (; network->count < count; network->count++) {
        struct cnn_layer *layer = &network->layers[network->count];
        const enum tn_status status =
            cnn_layer_init(layer, &specs[network->count], in, &network->layout, prefix, err);

        if (status != TN_OK) {
            cnn_network_destroy(network);
            return status;
        }
        in = layer->out;
    }
    *ret_network = network;
    return TN_OK;
}

void cnn_network_destroy(struct cnn_network *network)
{
    if (!network)
        return;
    tn_layout_finish(&network->layout);
    free(network);
}

const struct tn_layout *cnn_network_layout(const struct cnn_network *network)
{
    return &network->layout;
}

size_t cnn_network_count(const struct cnn_network *network)
{
    return network->count;
}

const struct cnn_layer *cnn_network_layer(const struct cnn_network *network, size_t index)
{
    assert(index < network->count);
    return &network->layers[index];
}

size_t cnn_network_find(const struct cnn_network *network, const char *name)
{
    size_t i = 0;

    while (i < network->count && strcmp(network->layers[i].spec.name, name) != 0)
        i++;
    return i;
}

enum tn_status cnn_network_load(const struct cnn_network *network, const struct tn_file *file,
                                float *theta, struct tn_error *err)
{
    memset(theta, 0, network->layout.floats * sizeof *theta);
    for (size_t i = 0; i < network->layout.count; i++) {
        const struct tn_parameter *parameter = &network->layout.parameters[i];

        TN_TRY(tn_file_read_floats(file, parameter->name, parameter->span.count,
                                   theta + parameter->span.offset, err));
    }
    return TN_OK;
}

static size_t floats_out(const struct cnn_network *network, size_t index)
{
    return cnn_shape_floats(network->layers[index].out);
}

/* The largest activation out of layers [first, end), in floats an image. */
static size_t largest_out(const struct cnn_network *network, size_t first, size_t end)
{
    size_t largest = 0;

    for (size_t i = first; i < end; i++)
        largest = floats_out(network, i) > largest ? floats_out(network, i) : largest;
    return largest;
}

void cnn_network_forward(const struct cnn_network *network, const struct tn_pass *pass, size_t last,
                         float *y, const float *x, size_t batch)
{
    const size_t mark = tn_arena_mark(pass->arena);
    const size_t floats = largest_out(network, 0, last) * batch;
    float *buffer[2];
    size_t turn = 0;

    assert(last < network->count);
    for (size_t i = 0; i < 2; i++)
        buffer[i] = tn_arena_floats(pass->arena, floats);
    for (size_t i = 0; i <= last; i++) {
        const struct cnn_layer *layer = &network->layers[i];
        const bool in_place = layer->spec.ops->in_place && i > 0;
        float *out = i == last ? y : buffer[in_place ? 1 - turn : turn];

        layer->spec.ops->forward(layer, pass, &(struct cnn_activation){batch, x, out, NULL});
        x = out;
        if (!in_place)
            turn = 1 - turn;
    }
    tn_arena_release(pass->arena, mark);
}

/* Whether layer i may overwrite its input while training. */
static bool runs_in_place(const struct cnn_network *network, size_t i)
{
    return i > 0 && network->layers[i].spec.ops->in_place &&
           !network->layers[i - 1].spec.ops->reads_y;
}

void cnn_network_forward_keep(const struct cnn_network *network, const struct tn_pass *pass,
                              struct cnn_tape *tape, const float *x, size_t batch)
{
    for (size_t i = 0; i < network->count; i++) {
        const struct cnn_layer *layer = &network->layers[i];
        const struct cnn_layer_ops *ops = layer->spec.ops;
        struct cnn_activation *a = &tape->layers[i];

        a->batch = batch;
        a->x = x;
        a->y = runs_in_place(network, i)
                   ? a[-1].y
                   : tn_arena_floats(pass->arena, batch * floats_out(network, i));
        a->kept = ops->kept ? tn_arena_floats(pass->arena, ops->kept(layer, batch)) : NULL;
        ops->forward(layer, pass, a);
        x = a->y;
    }
}

void cnn_network_backward(const struct cnn_network *network, const struct tn_pass *pass,
                          const struct cnn_tape *tape, size_t first, float *dx, const float *dy)
{
    const size_t mark = tn_arena_mark(pass->arena);
    const size_t floats =
        largest_out(network, first, network->count - 1) * tape->layers[first].batch;
    float *buffer[2];
    size_t turn = 0;

    assert(first < network->count);
    for (size_t i = 0; i < 2; i++)
        buffer[i] = tn_arena_floats(pass->arena, floats);
    for (size_t i = network->count; i-- > first;) {
        const struct cnn_layer *layer = &network->layers[i];
        float *out = i == first ? dx : buffer[turn];

        layer->spec.ops->backward(layer, pass, &tape->layers[i], out, dy);
        dy = out;
        turn = 1 - turn;
    }
    tn_arena_release(pass->arena, mark);
}
