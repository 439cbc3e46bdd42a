/* SPDX-License-Identifier: MIT */
/*
 * Caffe's .caffemodel: a list of layers with their blobs, in one of two forms.  The weights of
 * layer "conv1" are called conv1.weight and conv1.bias here.
 */
#include "exchange/caffe_blob.h"
#include "exchange/format.h"
#include "exchange/protobuf.h"
#include "exchange/protobuf_looks.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256 };
enum { V1_LRN = 15, V1_POOLING = 17 }; /* types of layers in the older form */

/* The layers of either form. */
struct layer {
    const char *name;
    bool norm, pooling;
    size_t blob_count;
    CaffeBlob *const *blobs;
    const CaffeTransform *transform;
};

static struct layer layer_at(const CaffeNet *net, size_t i)
{
    if (i < net->n_layer) {
        const CaffeLayer *layer = net->layer[i];
        const char *type = layer->type ? layer->type : "";

        return (struct layer){
            layer->name,  strcmp(type, "LRN") == 0, strcmp(type, "Pooling") == 0, layer->n_blobs,
            layer->blobs, layer->transform_param};
    }
    const CaffeV1Layer *layer = net->layers[i - net->n_layer];

    return (struct layer){layer->name,    layer->type == V1_LRN, layer->type == V1_POOLING,
                          layer->n_blobs, layer->blobs,          layer->transform_param};
}

static enum tn_status add_blob(struct exchange_tensors *to, const struct layer *layer, size_t i,
                               struct tn_error *err)
{
    static const char *const endings[] = {"weight", "bias"};
    struct exchange_tensor *tensor;
    struct caffe_blob blob;
    char name[NAME_SIZE];

    if (i >= sizeof endings / sizeof *endings)
        return TN_OK;
    if (!layer->name ||
        (size_t)snprintf(name, sizeof name, "%s.%s", layer->name, endings[i]) >= sizeof name)
        return tn_fail(err, TN_FORMAT, "%s: a layer with weights has no name of usual length",
                       to->path);
    if (!caffe_blob_look(layer->blobs[i], i == 0 ? 2 : 1, &blob))
        return tn_fail(err, TN_FORMAT, "%s: tensor '%s' has an impossible shape", to->path, name);
    return exchange_add(to, name, blob.type, blob.rank, blob.dims, NULL, blob.data, blob.bytes,
                        &tensor, err);
}

/* Whether the net normalises before it pools, as AlexNet does, or after that. */
static enum tn_status look_at_order(struct exchange_tensors *to, const CaffeNet *net,
                                    struct tn_error *err)
{
    bool pooled = false;

    to->facts.blue_first = EXCHANGE_YES;
    to->facts.norm = EXCHANGE_NO;
    for (size_t i = 0; i < net->n_layer + net->n_layers; i++) {
        const struct layer layer = layer_at(net, i);

        if (layer.norm && pooled && to->facts.norm == EXCHANGE_NO)
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: pools before it normalises, as CaffeNet does; AlexNet "
                           "(bvlc_alexnet.caffemodel) is read",
                           to->path);
        pooled |= layer.pooling;
        if (layer.norm)
            to->facts.norm = EXCHANGE_YES;
    }
    return TN_OK;
}

/* The mean of three channels, where the net itself has it and nothing else is done to pixels. */
static void look_at_mean(struct exchange_tensors *to, const CaffeTransform *transform)
{
    if (!transform || transform->n_mean_value != 3 ||
        (transform->has_scale && transform->scale != 1))
        return;
    to->facts.has_mean = true;
    memcpy(to->facts.mean, transform->mean_value, sizeof to->facts.mean);
}

static enum tn_status add_layers(struct exchange_tensors *to, const CaffeNet *net,
                                 struct tn_error *err)
{
    for (size_t i = 0; i < net->n_layers; i++)
        if (net->layers[i]->layer)
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: in a form of 2013; Caffe's upgrade_net_proto_binary makes it newer",
                           to->path);
    TN_TRY(look_at_order(to, net, err));
    for (size_t i = 0; i < net->n_layer + net->n_layers; i++) {
        const struct layer layer = layer_at(net, i);

        look_at_mean(to, layer.transform);
        for (size_t b = 0; b < layer.blob_count; b++)
            TN_TRY(add_blob(to, &layer, b, err));
    }
    return TN_OK;
}

static enum tn_status read_caffe(struct exchange_tensors *to, struct tn_error *err)
{
    struct exchange_message *message;
    struct tn_error why;
    const enum tn_status status =
        exchange_parse(&caffe_net__descriptor, to->bytes, to->size, &message, &why);

    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", to->path, why.text);
    TN_TRY(exchange_keep(to, message, exchange_message_destroy, err));
    return add_layers(to, exchange_message_content(message), err);
}

const struct exchange_format exchange_format_caffe = {
    .name = "Caffe",
    .recognises = exchange_looks_like_caffe,
    .read = read_caffe,
};
