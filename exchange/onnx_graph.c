/* SPDX-License-Identifier: MIT */
#include "exchange/onnx_graph.h"

#include "base/atomic_file.h"
#include "exchange/onnx.pb-c.h"
#include "exchange/protobuf.h"
#include "tensor/half.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the largest graph takes, a step of eight layers of any cell; an assert holds it. */
enum {
    NODES = 512,
    TENSORS = 128,
    NAMES = 1024,
    NAME_SIZE = 64,
    ENTRIES = 16,
    PORTS = ONNX_MOST_VALUES,
    ATTRIBUTES = 4,
    MOST_DIMS = 4,
};
enum { IR_VERSION = 7, OPERATORS = 13 };
enum { TYPE_HALF = 10 };
enum { ATTRIBUTE_FLOAT = 1, ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7 };

struct attribute {
    OnnxAttribute message;
    int64_t ints[MOST_DIMS];
};

struct node {
    OnnxNode message;
    char *inputs[PORTS], *outputs[PORTS];
    struct attribute attributes[ATTRIBUTES];
    OnnxAttribute *attribute_list[ATTRIBUTES];
};

struct tensor {
    OnnxTensor message;
    int64_t dims[MOST_DIMS];
    void *owned; /* what its numbers lie in, if they are not borrowed */
};

/* An input or output. */
struct port {
    OnnxValue message;
    OnnxType type;
    OnnxTensorType tensor;
    OnnxShape shape;
    OnnxDimension dims[MOST_DIMS], *dim_list[MOST_DIMS];
};

struct onnx_graph {
    bool half, lacks_memory;
    OnnxModel model;
    OnnxGraph graph;
    OnnxOperators operators, *operator_list;
    struct node nodes[NODES];
    struct tensor tensors[TENSORS];
    struct port inputs[PORTS], outputs[PORTS];
    OnnxEntry entries[ENTRIES];
    OnnxNode *node_list[NODES];
    OnnxTensor *tensor_list[TENSORS];
    OnnxValue *input_list[PORTS], *output_list[PORTS];
    OnnxEntry *entry_list[ENTRIES];
    char names[NAMES][NAME_SIZE];
    size_t name_count;
};

/* The messages are only read, though their texts are not const. */
static char *text(const char *borrowed)
{
    return (char *)(uintptr_t)borrowed;
}

static char *keep_name(struct onnx_graph *graph, const char *name)
{
    assert(graph->name_count < NAMES && strlen(name) < NAME_SIZE);
    return strcpy(graph->names[graph->name_count++], name);
}

enum tn_status onnx_graph_create(const char *name, bool half, struct onnx_graph **ret_graph,
                                 struct tn_error *err)
{
    struct onnx_graph *graph = calloc(1, sizeof *graph);

    if (!graph)
        return tn_fail_nomem(err, sizeof *graph);
    graph->half = half;
    onnx_model__init(&graph->model);
    onnx_graph__init(&graph->graph);
    onnx_operators__init(&graph->operators);
    graph->operators.has_version = 1;
    graph->operators.version = OPERATORS;
    graph->operators.domain = text(""); /* the standard ones */
    graph->operator_list = &graph->operators;
    graph->graph.name = keep_name(graph, name);
    graph->graph.node = graph->node_list;
    graph->graph.initializer = graph->tensor_list;
    graph->graph.input = graph->input_list;
    graph->graph.output = graph->output_list;
    graph->model.has_ir_version = 1;
    graph->model.ir_version = IR_VERSION;
    graph->model.producer_name = text("caption");
    graph->model.graph = &graph->graph;
    graph->model.n_opset_import = 1;
    graph->model.opset_import = &graph->operator_list;
    graph->model.metadata_props = graph->entry_list;
    *ret_graph = graph;
    return TN_OK;
}

void onnx_graph_destroy(struct onnx_graph *graph)
{
    if (!graph)
        return;
    for (size_t i = 0; i < graph->graph.n_initializer; i++)
        free(graph->tensors[i].owned);
    free(graph);
}

/* ---- Inputs and outputs ---- */

static void set_port(struct onnx_graph *graph, struct port *port, const char *name,
                     enum onnx_type type, size_t rank, const size_t *dims, const char *about)
{
    assert(rank <= MOST_DIMS);
    onnx_value__init(&port->message);
    onnx_type__init(&port->type);
    onnx_tensor_type__init(&port->tensor);
    onnx_shape__init(&port->shape);
    for (size_t i = 0; i < rank; i++) {
        onnx_dimension__init(&port->dims[i]);
        if (dims[i] == 0)
            port->dims[i].dim_param = text("N");
        port->dims[i].has_dim_value = dims[i] > 0;
        port->dims[i].dim_value = (int64_t)dims[i];
        port->dim_list[i] = &port->dims[i];
    }
    port->shape.n_dim = rank;
    port->shape.dim = port->dim_list;
    port->tensor.has_elem_type = 1;
    port->tensor.elem_type = (int)type;
    port->tensor.shape = &port->shape;
    port->type.tensor_type = &port->tensor;
    port->message.name = keep_name(graph, name);
    port->message.type = &port->type;
    port->message.doc_string = text(about);
}

const char *onnx_input(struct onnx_graph *graph, const char *name, enum onnx_type type, size_t rank,
                       const size_t *dims, const char *about)
{
    const size_t i = graph->graph.n_input++;

    assert(i < PORTS);
    set_port(graph, &graph->inputs[i], name, type, rank, dims, about);
    graph->input_list[i] = &graph->inputs[i].message;
    return graph->inputs[i].message.name;
}

void onnx_output(struct onnx_graph *graph, const char *name, size_t rank, const size_t *dims,
                 const char *about)
{
    const size_t i = graph->graph.n_output++;

    assert(i < PORTS);
    set_port(graph, &graph->outputs[i], name, ONNX_FLOAT, rank, dims, about);
    graph->output_list[i] = &graph->outputs[i].message;
}

void onnx_entry(struct onnx_graph *graph, const char *key, const char *value)
{
    const size_t i = graph->model.n_metadata_props++;

    assert(i < ENTRIES);
    onnx_entry__init(&graph->entries[i]);
    graph->entries[i].key = text(key);
    graph->entries[i].value = text(value);
    graph->entry_list[i] = &graph->entries[i];
}

/* ---- Operators ---- */

static struct node *add_node(struct onnx_graph *graph, const char *operator)
{
    const size_t i = graph->graph.n_node++;
    struct node *node = &graph->nodes[i];

    assert(i < NODES);
    onnx_node__init(&node->message);
    node->message.op_type = text(operator);
    node->message.input = node->inputs;
    node->message.output = node->outputs;
    node->message.attribute = node->attribute_list;
    graph->node_list[i] = &node->message;
    return node;
}

static struct node *last_node(struct onnx_graph *graph)
{
    return &graph->nodes[graph->graph.n_node - 1];
}

/* Another output of the node, called by its operator and a number. */
static char *add_result(struct onnx_graph *graph, struct node *node)
{
    char name[NAME_SIZE];

    assert(node->message.n_output < PORTS);
    snprintf(name, sizeof name, "%s_%zu", node->message.op_type, graph->name_count);
    return node->outputs[node->message.n_output++] = keep_name(graph, name);
}

const char *onnx_many(struct onnx_graph *graph, const char *operator, size_t count,
                      const char *const *inputs)
{
    struct node *node = add_node(graph, operator);

    assert(count <= PORTS);
    for (size_t i = 0; i < count; i++)
        node->inputs[i] = text(inputs[i]);
    node->message.n_input = count;
    node->message.name = add_result(graph, node);
    return node->outputs[0];
}

const char *onnx_one(struct onnx_graph *graph, const char *operator, const char * a)
{
    return onnx_many(graph, operator, 1, &a);
}

const char *onnx_two(struct onnx_graph *graph, const char *operator, const char * a, const char *b)
{
    return onnx_many(graph, operator, 2, (const char *[]){a, b});
}

const char *onnx_three(struct onnx_graph *graph, const char *operator, const char * a,
                       const char *b, const char *c)
{
    return onnx_many(graph, operator, 3, (const char *[]){a, b, c});
}

void onnx_split(struct onnx_graph *graph, const char *value, size_t count, const char **ret_parts)
{
    ret_parts[0] = value;
    if (count == 1)
        return;
    ret_parts[0] = onnx_one(graph, "Split", value);
    for (size_t i = 1; i < count; i++)
        ret_parts[i] = add_result(graph, last_node(graph));
    onnx_set_int(graph, "axis", 1);
}

static struct attribute *add_attribute(struct onnx_graph *graph, const char *name, int type)
{
    struct node *node = last_node(graph);
    const size_t i = node->message.n_attribute++;
    struct attribute *attribute = &node->attributes[i];

    assert(i < ATTRIBUTES);
    onnx_attribute__init(&attribute->message);
    attribute->message.name = text(name);
    attribute->message.has_type = 1;
    attribute->message.type = type;
    node->attribute_list[i] = &attribute->message;
    return attribute;
}

void onnx_set_int(struct onnx_graph *graph, const char *name, int64_t value)
{
    struct attribute *attribute = add_attribute(graph, name, ATTRIBUTE_INT);

    attribute->message.has_i = 1;
    attribute->message.i = value;
}

void onnx_set_ints(struct onnx_graph *graph, const char *name, size_t count, const size_t *values)
{
    struct attribute *attribute = add_attribute(graph, name, ATTRIBUTE_INTS);

    assert(count <= MOST_DIMS);
    for (size_t i = 0; i < count; i++)
        attribute->ints[i] = (int64_t)values[i];
    attribute->message.n_ints = count;
    attribute->message.ints = attribute->ints;
}

void onnx_set_float(struct onnx_graph *graph, const char *name, float value)
{
    struct attribute *attribute = add_attribute(graph, name, ATTRIBUTE_FLOAT);

    attribute->message.has_f = 1;
    attribute->message.f = value;
}

const char *onnx_call(struct onnx_graph *graph, const char *name)
{
    struct node *node = last_node(graph);

    node->message.name = node->outputs[0] = keep_name(graph, name);
    return node->outputs[0];
}

/* ---- Constants ---- */

/* data[bytes] is borrowed; owned is freed with the graph. */
static struct tensor *add_tensor(struct onnx_graph *graph, const char *name, int type, size_t rank,
                                 const size_t *dims)
{
    const size_t i = graph->graph.n_initializer++;
    struct tensor *tensor = &graph->tensors[i];

    assert(i < TENSORS && rank <= MOST_DIMS);
    onnx_tensor__init(&tensor->message);
    tensor->message.name = keep_name(graph, name);
    tensor->message.has_data_type = 1;
    tensor->message.data_type = type;
    for (size_t d = 0; d < rank; d++)
        tensor->dims[d] = (int64_t)dims[d];
    tensor->message.n_dims = rank;
    tensor->message.dims = tensor->dims;
    graph->tensor_list[i] = &tensor->message;
    return tensor;
}

static void set_data(struct tensor *tensor, const void *data, size_t bytes)
{
    tensor->message.has_raw_data = 1;
    tensor->message.raw_data = (ProtobufCBinaryData){bytes, (uint8_t *)(uintptr_t)data};
}

/* Gives the tensor memory of its own; NULL when there is none left, which is remembered. */
static void *own_data(struct onnx_graph *graph, struct tensor *tensor, size_t bytes)
{
    tensor->owned = malloc(bytes);
    graph->lacks_memory |= !tensor->owned;
    if (tensor->owned)
        set_data(tensor, tensor->owned, bytes);
    return tensor->owned;
}

static size_t count_of(size_t rank, const size_t *dims)
{
    size_t count = 1;

    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    return count;
}

/* What a matrix is called once it is float32 again. */
static const char *widen(struct onnx_graph *graph, const char *name)
{
    char full[NAME_SIZE];

    snprintf(full, sizeof full, "%s.float32", name);
    onnx_one(graph, "Cast", name);
    onnx_set_int(graph, "to", ONNX_FLOAT);
    return onnx_call(graph, full);
}

static const char *add_halves(struct onnx_graph *graph, const char *name, size_t rank,
                              const size_t *dims, const float *values)
{
    const size_t count = count_of(rank, dims);
    struct tensor *tensor = add_tensor(graph, name, TYPE_HALF, rank, dims);
    uint16_t *halves = own_data(graph, tensor, count * sizeof *halves);

    if (halves)
        tn_float_to_half(halves, values, count);
    return widen(graph, tensor->message.name);
}

const char *onnx_floats(struct onnx_graph *graph, const char *name, size_t rank, const size_t *dims,
                        const float *values)
{
    struct tensor *tensor;

    if (graph->half && rank > 1)
        return add_halves(graph, name, rank, dims, values);
    tensor = add_tensor(graph, name, ONNX_FLOAT, rank, dims);
    set_data(tensor, values, count_of(rank, dims) * sizeof *values);
    return tensor->message.name;
}

const char *onnx_matrix(struct onnx_graph *graph, const char *name, const struct tn_matrix *matrix)
{
    const size_t dims[] = {matrix->rows, matrix->columns};
    const size_t row = matrix->columns * (graph->half ? sizeof(uint16_t) : sizeof(float));
    struct tensor *tensor = add_tensor(graph, name, graph->half ? TYPE_HALF : ONNX_FLOAT, 2, dims);
    unsigned char *data = own_data(graph, tensor, matrix->rows * row);
    float *values = malloc(matrix->columns * sizeof *values);

    graph->lacks_memory |= !values;
    for (size_t r = 0; data && values && r < matrix->rows; r++) {
        tn_matrix_row(matrix, r, values);
        if (graph->half)
            tn_float_to_half((uint16_t *)(void *)(data + r * row), values, matrix->columns);
        else
            memcpy(data + r * row, values, row);
    }
    free(values);
    return graph->half ? widen(graph, tensor->message.name) : tensor->message.name;
}

const char *onnx_number(struct onnx_graph *graph, const char *name, float value)
{
    struct tensor *tensor = add_tensor(graph, name, ONNX_FLOAT, 0, NULL);
    float *data = own_data(graph, tensor, sizeof *data);

    if (data)
        *data = value;
    return tensor->message.name;
}

const char *onnx_integers(struct onnx_graph *graph, const char *name, size_t count,
                          const int64_t *values)
{
    struct tensor *tensor = add_tensor(graph, name, ONNX_INT64, 1, &count);
    int64_t *data = own_data(graph, tensor, count * sizeof *data);

    if (data)
        memcpy(data, values, count * sizeof *data);
    return tensor->message.name;
}

/* ---- The file ---- */

enum tn_status onnx_graph_save(struct onnx_graph *graph, const char *path, struct tn_error *err)
{
    struct tn_atomic_file file;
    struct tn_error why;
    enum tn_status status;

    if (graph->lacks_memory)
        return tn_fail(err, TN_NOMEM, "%s: not enough memory for the weights", path);
    TN_TRY(tn_atomic_open(&file, path, err));
    status = exchange_write(&graph->model.base, file.stream, &why);
    if (status == TN_OK)
        return tn_atomic_commit(&file, err);
    tn_atomic_abandon(&file);
    return tn_fail(err, status, "%s: %s", path, why.text);
}
