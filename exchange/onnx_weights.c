/* SPDX-License-Identifier: MIT */
#include "exchange/onnx_weights.h"

#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONVOLUTIONS = 5, DENSE = 3, FIRST_DENSE = 6 };

/* The layers of a graph that have weights. */
struct layers {
    const OnnxNode *convolutions[CONVOLUTIONS], *dense[DENSE];
    const char *dense_biases[DENSE]; /* the values' names; NULL: there is none */
    size_t convolution_count, dense_count;
};

static bool is(const OnnxNode *node, const char *operator)
{
    return node->op_type && strcmp(node->op_type, operator) == 0;
}

static const OnnxAttribute *find_attribute(const OnnxNode *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && strcmp(node->attribute[i]->name, name) == 0)
            return node->attribute[i];
    return NULL;
}

/* ---- Values that are weights ---- */

static enum tn_status name_value(struct onnx_weights *weights, const char *name, size_t weight,
                                 struct tn_error *err)
{
    size_t index;

    TN_TRY(tn_map_add(&weights->values, name, strlen(name), &index, err));
    weights->values.entries[index].value = weight;
    return TN_OK;
}

static struct onnx_weight *weight_of(const struct onnx_weights *weights, const char *value)
{
    const size_t index = tn_map_find(&weights->values, value, strlen(value));

    return index == TN_MAP_NONE ? NULL : &weights->items[weights->values.entries[index].value];
}

static enum tn_status add_weight(struct onnx_weights *weights, const char *name,
                                 const OnnxTensor *tensor, struct tn_error *err)
{
    if (!name || name[0] == '\0')
        return TN_OK;
    TN_TRY(tn_array_reserve(&weights->items, &weights->capacity, weights->count + 1, err));
    weights->items[weights->count] = (struct onnx_weight){.tensor = tensor, .name = name};
    return name_value(weights, name, weights->count++, err);
}

/* Constants are weights, too, and what only makes them wider is still the same weight. */
static enum tn_status look_at_value(struct onnx_weights *weights, const OnnxNode *node,
                                    struct tn_error *err)
{
    const OnnxAttribute *value = find_attribute(node, "value");
    const struct onnx_weight *weight;

    if (node->n_output == 0)
        return TN_OK;
    if (is(node, "Constant") && value && value->t)
        return add_weight(weights, node->output[0], value->t, err);
    if (!(is(node, "Cast") || is(node, "Identity")) || node->n_input == 0)
        return TN_OK;
    weight = weight_of(weights, node->input[0]);
    return weight ? name_value(weights, node->output[0], (size_t)(weight - weights->items), err)
                  : TN_OK;
}

/* ---- Layers ---- */

/* The other term of a sum in which the value is one. */
static const char *bias_behind(const OnnxGraph *graph, size_t node)
{
    const char *product = graph->node[node]->n_output > 0 ? graph->node[node]->output[0] : "";
    const OnnxNode *next;

    do
        next = ++node < graph->n_node ? graph->node[node] : NULL;
    while (next && is(next, "Constant"));
    if (!next || !is(next, "Add") || next->n_input != 2)
        return NULL;
    if (strcmp(next->input[0], product) == 0)
        return next->input[1];
    return strcmp(next->input[1], product) == 0 ? next->input[0] : NULL;
}

static void look_at_layer(struct onnx_weights *weights, struct layers *layers,
                          const OnnxGraph *graph, size_t i, bool *pooled)
{
    const OnnxNode *node = graph->node[i];
    const bool dense = is(node, "Gemm") || is(node, "MatMul");

    if (is(node, "LRN")) {
        weights->norm_later |= *pooled && !weights->norm;
        weights->norm = true;
    }
    *pooled |= is(node, "MaxPool");
    if (is(node, "Conv") && node->n_input >= 2 && layers->convolution_count++ < CONVOLUTIONS)
        layers->convolutions[layers->convolution_count - 1] = node;
    if (!dense || node->n_input < 2 || !weight_of(weights, node->input[1]) ||
        layers->dense_count++ >= DENSE)
        return;
    layers->dense[layers->dense_count - 1] = node;
    layers->dense_biases[layers->dense_count - 1] =
        node->n_input > 2 ? node->input[2] : bias_behind(graph, i);
}

static struct onnx_weight *set_role(const struct onnx_weights *weights, const char *value,
                                    const char *kind, size_t number, const char *what)
{
    struct onnx_weight *weight = value ? weight_of(weights, value) : NULL;

    if (weight)
        snprintf(weight->role, sizeof weight->role, "%s%zu.%s", kind, number, what);
    return weight;
}

static void set_roles(const struct onnx_weights *weights, const struct layers *layers)
{
    if (layers->convolution_count != CONVOLUTIONS || layers->dense_count < DENSE - 1)
        return;
    for (size_t i = 0; i < CONVOLUTIONS; i++) {
        const OnnxNode *node = layers->convolutions[i];

        set_role(weights, node->input[1], "conv", i + 1, "weight");
        set_role(weights, node->n_input > 2 ? node->input[2] : NULL, "conv", i + 1, "bias");
    }
    for (size_t i = 0; i < DENSE && i < layers->dense_count; i++) {
        const OnnxNode *node = layers->dense[i];
        const OnnxAttribute *as_ours = find_attribute(node, "transB");
        struct onnx_weight *weight =
            set_role(weights, node->input[1], "fc", FIRST_DENSE + i, "weight");

        weight->turned = !as_ours || as_ours->i == 0;
        set_role(weights, layers->dense_biases[i], "fc", FIRST_DENSE + i, "bias");
    }
}

enum tn_status onnx_weights_collect(struct onnx_weights *weights, const OnnxGraph *graph,
                                    struct tn_error *err)
{
    struct layers layers = {.convolution_count = 0};
    bool pooled = false;

    for (size_t i = 0; i < graph->n_initializer; i++)
        TN_TRY(add_weight(weights, graph->initializer[i]->name, graph->initializer[i], err));
    for (size_t i = 0; i < graph->n_node; i++)
        TN_TRY(look_at_value(weights, graph->node[i], err));
    for (size_t i = 0; i < graph->n_node; i++)
        look_at_layer(weights, &layers, graph, i, &pooled);
    set_roles(weights, &layers);
    return TN_OK;
}

void onnx_weights_finish(struct onnx_weights *weights)
{
    free(weights->items);
    tn_map_finish(&weights->values);
}
