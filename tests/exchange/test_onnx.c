/* SPDX-License-Identifier: MIT */
/* ONNX models as exporters write them: with names and without, weights in several forms. */
#include "tests/support/messages.h"
#include "tests/support/suite.h"

#include "exchange/onnx.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 8, WEIGHTS = 2 * LAYERS, NODES = 16 };
enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, TYPE_HALF = 10, TYPE_DOUBLE = 11 };

static struct tn_error err;

/* Five convolutions and three dense layers; weight i of the layers has 2 x 3 numbers from 10 i on,
 * and is called "w<i>". */
struct model {
    OnnxModel message;
    OnnxGraph graph;
    OnnxTensor tensors[WEIGHTS], *tensor_list[WEIGHTS];
    OnnxNode nodes[NODES], *node_list[NODES];
    OnnxAttribute attributes[NODES], *attribute_list[NODES];
    char names[WEIGHTS][8], *inputs[NODES][3], outputs[NODES][8], *output_list[NODES][1];
    float numbers[WEIGHTS][6];
    int64_t dims[WEIGHTS][2];
};

static void add_node(struct model *model, const char *operator, char * a, char *b, char *c)
{
    const size_t i = model->graph.n_node++;
    OnnxNode *node = &model->nodes[i];

    onnx_node__init(node);
    node->op_type = (char *)(uintptr_t) operator;
    snprintf(model->outputs[i], sizeof model->outputs[i], "y%zu", i);
    model->inputs[i][0] = a;
    model->inputs[i][1] = b;
    model->inputs[i][2] = c;
    model->output_list[i][0] = model->outputs[i];
    node->input = model->inputs[i];
    node->n_input = b ? c ? 3 : 2 : 1;
    node->output = model->output_list[i];
    node->n_output = 1;
    model->node_list[i] = node;
}

static void set_attribute(struct model *model, const char *name, int64_t value)
{
    const size_t i = model->graph.n_node - 1;

    onnx_attribute__init(&model->attributes[i]);
    model->attributes[i].name = message_text(name);
    model->attributes[i].has_i = 1;
    model->attributes[i].i = value;
    model->attribute_list[i] = &model->attributes[i];
    model->nodes[i].attribute = &model->attribute_list[i];
    model->nodes[i].n_attribute = 1;
}

static void fill_weights(struct model *model)
{
    for (size_t i = 0; i < WEIGHTS; i++) {
        OnnxTensor *tensor = &model->tensors[i];

        onnx_tensor__init(tensor);
        snprintf(model->names[i], sizeof model->names[i], "w%zu", i);
        for (size_t j = 0; j < 6; j++)
            model->numbers[i][j] = (float)(10 * i + j);
        model->dims[i][0] = 2;
        model->dims[i][1] = 3;
        tensor->name = model->names[i];
        tensor->has_data_type = 1;
        tensor->data_type = TYPE_FLOAT;
        tensor->dims = model->dims[i];
        tensor->n_dims = 2;
        tensor->float_data = model->numbers[i];
        tensor->n_float_data = 6;
        model->tensor_list[i] = tensor;
    }
}

static struct model *create_model(bool norm)
{
    struct model *model = calloc(1, sizeof *model);

    onnx_model__init(&model->message);
    onnx_graph__init(&model->graph);
    model->message.has_ir_version = 1;
    model->message.ir_version = 4;
    model->message.producer_name = (char *)(uintptr_t) "test";
    model->message.graph = &model->graph;
    fill_weights(model);
    model->graph.initializer = model->tensor_list;
    model->graph.n_initializer = WEIGHTS;
    model->graph.node = model->node_list;
    for (size_t i = 0; i < LAYERS; i++) {
        add_node(model, i < 5 ? "Conv" : "Gemm", (char *)(uintptr_t) "x", model->names[2 * i],
                 model->names[2 * i + 1]);
        if (i >= 5)
            set_attribute(model, "transB", 1);
        if (i == 0 && norm)
            add_node(model, "LRN", model->outputs[0], NULL, NULL);
        if (i == 0)
            add_node(model, "MaxPool", model->outputs[0], NULL, NULL);
    }
    return model;
}

static enum tn_status read_model(const struct model *model, struct exchange_tensors *ret_tensors)
{
    return message_read(&model->message.base, "a.onnx", ret_tensors, &err);
}

START_TEST(layers_are_called_by_their_places)
{
    struct model *model = create_model(true);
    struct exchange_tensors tensors;

    ck_assert_msg(read_model(model, &tensors) == TN_OK, "%s", err.text);
    ck_assert_str_eq(tensors.format, "ONNX");
    message_expect(&tensors, "conv1.weight", "2x3", model->numbers[0]);
    message_expect(&tensors, "conv5.bias", "2x3", model->numbers[9]);
    message_expect(&tensors, "fc6.weight", "2x3", model->numbers[10]);
    message_expect(&tensors, "fc8.bias", "2x3", model->numbers[15]);
    ck_assert_int_eq(tensors.facts.norm, EXCHANGE_YES);
    ck_assert_int_eq(tensors.facts.blue_first, EXCHANGE_UNKNOWN);
    exchange_finish(&tensors);
    free(model);
}
END_TEST

START_TEST(another_net_keeps_its_names)
{
    struct model *model = create_model(false);
    struct exchange_tensors tensors;

    model->nodes[0].op_type = (char *)(uintptr_t) "Relu";
    ck_assert_msg(read_model(model, &tensors) == TN_OK, "%s", err.text);
    message_expect(&tensors, "w0", "2x3", model->numbers[0]);
    message_expect(&tensors, "w15", "2x3", model->numbers[15]);
    ck_assert_int_eq(tensors.facts.norm, EXCHANGE_NO);
    exchange_finish(&tensors);
    free(model);
}
END_TEST

/* W as [in][out]: by Gemm without transB, and by MatMul with a sum behind it. */
START_TEST(turned_weights_are_turned_back)
{
    static const float turned[] = {100, 103, 101, 104, 102, 105};
    struct model *model = create_model(false);
    struct exchange_tensors tensors;
    OnnxNode *last;

    model->nodes[6].n_attribute = 0; /* fc6 */
    last = &model->nodes[model->graph.n_node - 1];
    last->op_type = (char *)(uintptr_t) "MatMul";
    last->n_input = 2;
    last->n_attribute = 0;
    add_node(model, "Constant", NULL, NULL, NULL); /* which some exporters put between the two */
    model->nodes[model->graph.n_node - 1].n_input = 0;
    add_node(model, "Add", model->names[15], last->output[0], NULL);
    ck_assert_msg(read_model(model, &tensors) == TN_OK, "%s", err.text);
    message_expect(&tensors, "fc6.weight", "3x2", turned);
    message_expect(&tensors, "fc8.weight", "3x2", (float[]){140, 143, 141, 144, 142, 145});
    message_expect(&tensors, "fc8.bias", "2x3", model->numbers[15]);
    exchange_finish(&tensors);
    free(model);
}
END_TEST

/* 16 bits as integers, 64 bits, raw bytes; a Cast between weight and layer; a constant's node. */
START_TEST(numbers_come_in_many_forms)
{
    static int32_t halves[] = {0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};
    static double wide[] = {1, 2, 3, 4, 5, 6};
    static const float small[] = {1, 2, 3, 4, 5, 6};
    struct model *model = create_model(false);
    struct exchange_tensors tensors;
    OnnxNode *conv = &model->nodes[0];

    model->tensors[1].n_float_data = model->tensors[2].n_float_data = 0;
    model->tensors[1].data_type = TYPE_HALF;
    model->tensors[1].int32_data = halves;
    model->tensors[1].n_int32_data = 6;
    model->tensors[2].data_type = TYPE_DOUBLE;
    model->tensors[2].double_data = wide;
    model->tensors[2].n_double_data = 6;
    model->tensors[3].n_float_data = 0;
    model->tensors[3].has_raw_data = 1;
    model->tensors[3].raw_data = (ProtobufCBinaryData){24, (uint8_t *)model->numbers[3]};
    add_node(model, "Cast", model->names[1], NULL, NULL);
    conv->input[2] = model->outputs[model->graph.n_node - 1];
    add_node(model, "Constant", NULL, NULL, NULL);
    model->nodes[model->graph.n_node - 1].n_input = 0;
    set_attribute(model, "value", 0);
    model->attributes[model->graph.n_node - 1].t = &model->tensors[15];
    model->nodes[9].input[2] = model->outputs[model->graph.n_node - 1];
    model->graph.n_initializer = 15;
    ck_assert_msg(read_model(model, &tensors) == TN_OK, "%s", err.text);
    message_expect(&tensors, "conv1.bias", "2x3", small);
    message_expect(&tensors, "conv2.weight", "2x3", small);
    message_expect(&tensors, "conv2.bias", "2x3", model->numbers[3]);
    exchange_finish(&tensors);
    free(model);
}
END_TEST

START_TEST(weights_in_other_files_are_refused)
{
    struct model *model = create_model(true);
    struct exchange_tensors tensors;

    model->tensors[4].has_data_location = 1;
    model->tensors[4].data_location = 1;
    ck_assert_int_eq(read_model(model, &tensors), TN_UNSUPPORTED);
    ck_assert_str_eq(err.text, "a.onnx: tensor 'w4' is in another file; "
                               "onnx.save_model(model, path) in Python makes one file of it");
    free(model);
}
END_TEST

START_TEST(impossible_tensors_are_refused)
{
    struct model *model = create_model(true);
    struct exchange_tensors tensors;

    model->dims[4][0] = -2;
    ck_assert_int_eq(read_model(model, &tensors), TN_FORMAT);
    model->dims[4][0] = INT64_MAX;
    model->dims[4][1] = INT64_MAX;
    ck_assert_int_eq(read_model(model, &tensors), TN_FORMAT);
    model->dims[4][0] = 3;
    model->dims[4][1] = 3;
    ck_assert_int_eq(read_model(model, &tensors), TN_FORMAT);
    ck_assert_str_eq(err.text, "a.onnx: tensor 'conv3.weight' is larger than its 24 bytes in the "
                               "file");
    free(model);
}
END_TEST

START_TEST(pooling_before_the_norm_is_refused)
{
    struct model *model = create_model(true);
    struct exchange_tensors tensors;

    model->nodes[1].op_type = (char *)(uintptr_t) "MaxPool";
    model->nodes[2].op_type = (char *)(uintptr_t) "LRN";
    ck_assert_int_eq(read_model(model, &tensors), TN_UNSUPPORTED);
    free(model);
}
END_TEST

START_TEST(a_cut_file_is_no_crash)
{
    struct model *model = create_model(true);

    message_cut(&model->message.base, "a.onnx");
    free(model);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("onnx");
    TCase *tcase = tcase_create("onnx");

    tcase_add_test(tcase, layers_are_called_by_their_places);
    tcase_add_test(tcase, another_net_keeps_its_names);
    tcase_add_test(tcase, turned_weights_are_turned_back);
    tcase_add_test(tcase, numbers_come_in_many_forms);
    tcase_add_test(tcase, weights_in_other_files_are_refused);
    tcase_add_test(tcase, impossible_tensors_are_refused);
    tcase_add_test(tcase, pooling_before_the_norm_is_refused);
    tcase_add_test(tcase, a_cut_file_is_no_crash);
    suite_add_tcase(suite, tcase);
    return suite;
}
