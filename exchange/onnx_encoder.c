/* SPDX-License-Identifier: MIT */
#include "exchange/onnx_nets.h"

#include <assert.h>

struct encoder {
    struct onnx_graph *graph;
    const struct tn_layout *layout;
    const float *theta;
};

static const char *add_parameter(const struct encoder *e, const struct tn_span *span)
{
    const struct tn_parameter *parameter = e->layout->parameters;

    while (parameter->span.offset != span->offset)
        parameter++;
    return onnx_floats(e->graph, parameter->name, parameter->rank, parameter->dims,
                       e->theta + span->offset);
}

static const char *add_convolution(const struct encoder *e, const struct cnn_layer *layer,
                                   const char *x)
{
    const struct cnn_layer_spec *spec = &layer->spec;
    const char *weight = add_parameter(e, &layer->weight);
    const char *bias = add_parameter(e, &layer->bias);

    onnx_three(e->graph, "Conv", x, weight, bias);
    onnx_set_ints(e->graph, "kernel_shape", 2, (size_t[]){spec->kernel, spec->kernel});
    onnx_set_ints(e->graph, "strides", 2, (size_t[]){spec->stride, spec->stride});
    onnx_set_ints(e->graph, "pads", 4, (size_t[]){spec->pad, spec->pad, spec->pad, spec->pad});
    onnx_set_int(e->graph, "group", (int64_t)spec->groups);
    return onnx_call(e->graph, spec->name);
}

static const char *add_dense(const struct encoder *e, const struct cnn_layer *layer, const char *x)
{
    const char *weight = add_parameter(e, &layer->weight);
    const char *bias = add_parameter(e, &layer->bias);

    if (layer->in.height * layer->in.width > 1)
        x = onnx_one(e->graph, "Flatten", x);
    onnx_three(e->graph, "Gemm", x, weight, bias);
    onnx_set_int(e->graph, "transB", 1);
    return onnx_call(e->graph, layer->spec.name);
}

static const char *add_norm(const struct encoder *e, const struct cnn_layer *layer, const char *x)
{
    onnx_one(e->graph, "LRN", x);
    onnx_set_float(e->graph, "alpha", layer->spec.alpha);
    onnx_set_float(e->graph, "beta", layer->spec.beta);
    onnx_set_float(e->graph, "bias", layer->spec.k);
    onnx_set_int(e->graph, "size", (int64_t)layer->spec.kernel);
    return onnx_call(e->graph, layer->spec.name);
}

static const char *add_pool(const struct encoder *e, const struct cnn_layer *layer, const char *x)
{
    const struct cnn_layer_spec *spec = &layer->spec;

    onnx_one(e->graph, "MaxPool", x);
    onnx_set_ints(e->graph, "kernel_shape", 2, (size_t[]){spec->kernel, spec->kernel});
    onnx_set_ints(e->graph, "strides", 2, (size_t[]){spec->stride, spec->stride});
    return onnx_call(e->graph, spec->name);
}

static const char *add_layer(const struct encoder *e, const struct cnn_layer *layer, const char *x)
{
    const struct cnn_layer_ops *ops = layer->spec.ops;

    if (ops == &cnn_layer_conv)
        return add_convolution(e, layer, x);
    if (ops == &cnn_layer_dense)
        return add_dense(e, layer, x);
    if (ops == &cnn_layer_lrn)
        return add_norm(e, layer, x);
    if (ops == &cnn_layer_maxpool)
        return add_pool(e, layer, x);
    if (ops == &cnn_layer_dropout)
        return x;
    assert(ops == &cnn_layer_relu);
    onnx_one(e->graph, "Relu", x);
    return onnx_call(e->graph, layer->spec.name);
}

/* Zeros in place of the outermost pixels. */
static const char *add_border(struct onnx_graph *graph, const struct alexnet *net, const char *x)
{
    const int64_t before = (int64_t)alexnet_border_before(net);
    const int64_t end = before + (int64_t)alexnet_photo_side(net), behind = ALEXNET_SIDE - end;
    const char *ports[4] = {x};

    ports[1] = onnx_integers(graph, "photo_begin", 2, (int64_t[]){before, before});
    ports[2] = onnx_integers(graph, "photo_end", 2, (int64_t[]){end, end});
    ports[3] = onnx_integers(graph, "photo_axes", 2, (int64_t[]){2, 3});
    onnx_many(graph, "Slice", 4, ports);
    x = onnx_call(graph, "photo");
    return onnx_two(
        graph, "Pad", x,
        onnx_integers(graph, "border", 8, (int64_t[]){0, 0, before, before, 0, 0, behind, behind}));
}

/* What the net reads (alexnet_input) of red, green and blue from 0 to 255. */
static const char *add_preprocessing(struct onnx_graph *graph, const struct alexnet *net,
                                     const char *pixels)
{
    static const int64_t blue_first[] = {2, 1, 0};
    static const size_t shape[] = {3, 1, 1};
    const char *order = onnx_integers(graph, "blue_first", 3, blue_first);
    const char *mean = onnx_floats(graph, "mean", 3, shape, net->mean);

    onnx_two(graph, "Gather", pixels, order);
    onnx_set_int(graph, "axis", 1);
    pixels = onnx_call(graph, "blue_green_red");
    pixels = onnx_two(graph, "Sub", pixels, mean);
    return alexnet_border_before(net) > 0 ? add_border(graph, net, pixels) : pixels;
}

/* Each photo, and behind them their mirror images. */
static const char *add_views(struct onnx_graph *graph, const char *x)
{
    const char *ports[5] = {x};
    const char *mirrored;

    ports[1] = onnx_integers(graph, "last", 1, (int64_t[]){-1});
    ports[2] = onnx_integers(graph, "before_first", 1, (int64_t[]){INT64_MIN});
    ports[3] = onnx_integers(graph, "width", 1, (int64_t[]){3});
    ports[4] = onnx_integers(graph, "backwards", 1, (int64_t[]){-1});
    onnx_many(graph, "Slice", 5, ports);
    mirrored = onnx_call(graph, "mirrored");
    x = onnx_two(graph, "Concat", x, mirrored);
    onnx_set_int(graph, "axis", 0);
    return x;
}

/* The mean over both. */
static const char *join_views(struct onnx_graph *graph, const char *x)
{
    const char *shape = onnx_integers(graph, "views", 3, (int64_t[]){2, -1, ALEXNET_FEATURES});

    x = onnx_two(graph, "Reshape", x, shape);
    x = onnx_one(graph, "ReduceMean", x);
    onnx_set_ints(graph, "axes", 1, (size_t[]){0});
    onnx_set_int(graph, "keepdims", 0);
    return x;
}

void onnx_add_encoder(struct onnx_graph *graph, const struct alexnet *net,
                      const struct cnn_network *network, const float *theta, bool mirrored)
{
    const struct encoder e = {graph, cnn_network_layout(network), theta};
    const char *x =
        onnx_input(graph, "pixels", ONNX_FLOAT, 4, (size_t[]){0, 3, ALEXNET_SIDE, ALEXNET_SIDE},
                   "photos as red, green, blue from 0 to 255, 227 pixels wide and high");

    if (mirrored) /* first: a border is not the same on both sides */
        x = add_views(graph, x);
    x = add_preprocessing(graph, net, x);
    for (size_t i = 0; i < cnn_network_count(network); i++)
        x = add_layer(&e, cnn_network_layer(network, i), x);
    x = mirrored ? join_views(graph, x) : onnx_one(graph, "Identity", x);
    x = onnx_call(graph, "V");
    onnx_output(graph, x, 2, (size_t[]){0, ALEXNET_FEATURES},
                mirrored ? "fc7 after its ReLU: the mean over the photo and its mirror image"
                         : "fc7 after its ReLU");
}
