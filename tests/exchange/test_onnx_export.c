/* SPDX-License-Identifier: MIT */
/* ONNX models of our nets: decoders are computed and compared with the program's own steps, an
 * encoder is looked at and read back. */
#include "tests/support/folder.h"
#include "tests/support/kinks.h"
#include "tests/support/onnx_evaluate.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "base/read_file.h"
#include "exchange/onnx.pb-c.h"
#include "exchange/onnx_cells.h"
#include "exchange/onnx_nets.h"
#include "exchange/protobuf.h"
#include "exchange/tensors.h"
#include "models/decoder_step.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 5, WORDS = 4, VOCABULARY = VOCAB_FIRST_WORD + WORDS, PHOTOS = 3, STEPS = 4 };
enum { LARGEST_FILE = 1 << 20 };

static char folder[TEST_FOLDER_SIZE];
static struct tn_error err;

static void make_folder(void)
{
    test_folder_make(folder);
}

static void remove_folder(void)
{
    test_folder_remove(folder);
}

/* ---- Decoders ---- */

/* A decoder, the models of it, and the program's steps. */
struct comparison {
    struct tiny_model tiny;
    struct exchange_message *models[2]; /* the first step, the others */
    struct tn_arena arena;
    struct decoder_step step;
    struct decoder_work work;
    float *logits;
};

static struct exchange_message *export_decoder(const struct tiny_model *tiny, bool first, bool half)
{
    struct exchange_message *message;
    struct onnx_graph *graph;
    char path[TEST_FOLDER_SIZE + 16], *bytes;
    size_t size;

    snprintf(path, sizeof path, "%s/a.onnx", folder);
    ck_assert_int_eq(onnx_graph_create("decoder", half, &graph, &err), TN_OK);
    ck_assert_msg(onnx_add_decoder(graph, &tiny->weights, &tiny->input, first, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_msg(onnx_graph_save(graph, path, &err) == TN_OK, "%s", err.text);
    onnx_graph_destroy(graph);
    ck_assert_int_eq(tn_read_file(path, LARGEST_FILE, &bytes, &size, &err), TN_OK);
    ck_assert_msg(exchange_parse(&onnx_model__descriptor, bytes, size, &message, &err) == TN_OK,
                  "%s", err.text);
    free(bytes);
    return message;
}

static void begin(struct comparison *c, const char *cell, size_t layers, struct decoder_input input,
                  bool half)
{
    tiny_model_init(&c->tiny, cell, layers, VOCABULARY, FEATURES, 7);
    c->tiny.input = input;
    spread_from_kinks(rnn_cell_find(cell), decoder_layout(c->tiny.decoder), c->tiny.theta, 3, 0.3F);
    for (int next = 0; next < 2; next++)
        c->models[next] = export_decoder(&c->tiny, next == 0, half);
    tn_arena_measure(&c->arena);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            ck_assert_int_eq(tn_arena_reserve(&c->arena, NULL), TN_OK);
        c->logits = tn_arena_floats(&c->arena, PHOTOS * VOCABULARY);
        decoder_step_init(&c->step, &c->tiny.weights, PHOTOS, 0, NULL, &c->arena);
        decoder_work_init(&c->work, &c->step, PHOTOS, NULL, &c->arena);
    }
    decoder_step_reset(&c->step, PHOTOS);
}

static void end(struct comparison *c)
{
    tn_arena_finish(&c->arena);
    exchange_message_destroy(c->models[0]);
    exchange_message_destroy(c->models[1]);
    tiny_model_finish(&c->tiny);
}

static void compare(const struct comparison *c, const struct onnx_value *found, double tolerance)
{
    ck_assert_uint_eq(found->rows, PHOTOS);
    ck_assert_uint_eq(found->columns, VOCABULARY);
    for (size_t r = 0; r < PHOTOS; r++) {
        double sum = 0;

        for (size_t w = 0; w < VOCABULARY; w++)
            sum += exp((double)c->logits[r * VOCABULARY + w]);
        for (size_t w = 0; w < VOCABULARY; w++)
            ck_assert_double_eq_tol((double)found->data[r * VOCABULARY + w],
                                    (double)c->logits[r * VOCABULARY + w] - log(sum), tolerance);
    }
}

/* One step of both, whose words are what the model's input is called. */
static void compare_step(struct comparison *c, int t, const float *v, double tolerance,
                         struct onnx_value *state)
{
    const OnnxModel *model = exchange_message_content(c->models[t > 0]);
    struct onnx_values *values = calloc(1, sizeof *values);
    int tokens[PHOTOS];
    float words[PHOTOS], z[PHOTOS * FEATURES];

    for (int r = 0; r < PHOTOS; r++)
        words[r] = (float)(tokens[r] = t == 0 ? VOCAB_START : VOCAB_FIRST_WORD + (t + r) % WORDS);
    memcpy(z, v, sizeof z);
    for (size_t r = 0; r < PHOTOS; r++)
        decoder_input_apply(&c->tiny.input, z + r * FEATURES, FEATURES);
    decoder_step_run(&c->step, &c->work, PHOTOS, tokens, t == 0 ? z : NULL, c->logits);
    if (t == 0) {
        onnx_give(values, "V", PHOTOS, FEATURES, v);
    } else {
        onnx_give(values, "words", 1, PHOTOS, words);
        onnx_give(values, "state", state->rows, state->columns, state->data);
    }
    onnx_evaluate(model->graph, values);
    compare(c, onnx_get(values, "log_probabilities"), tolerance);
    free(state->data);
    *state = *onnx_get(values, "next_state");
    state->data = memcpy(malloc(state->rows * state->columns * sizeof *state->data), state->data,
                         state->rows * state->columns * sizeof *state->data);
    onnx_forget(values);
    free(values);
}

static void compare_all(const char *cell, size_t layers, struct decoder_input input, bool half,
                        double tolerance)
{
    struct comparison c;
    struct onnx_value state = {NULL, 0, 0, NULL};
    float *v = tiny_features(PHOTOS, FEATURES, 3);

    memset(v, 0, FEATURES * sizeof *v); /* of which nothing has unit length */
    begin(&c, cell, layers, input, half);
    for (int t = 0; t < STEPS; t++)
        compare_step(&c, t, v, tolerance, &state);
    end(&c);
    free(state.data);
    free(v);
}

START_TEST(every_cell_computes_what_ours_does)
{
    const char *cell = rnn_cell_at((size_t)_i)->name;

    ck_assert_msg(onnx_cell_find(cell), "%s has no equations in exchange/onnx_cells.c", cell);
    compare_all(cell, 1, (struct decoder_input){.scale = 1}, false, 1e-4);
    compare_all(cell, 1, (struct decoder_input){.scale = 3, .unit = true}, false, 1e-4);
    compare_all(cell, 2, (struct decoder_input){.scale = 0.5F}, false, 1e-4);
    compare_all(cell, DECODER_MAX_LAYERS, (struct decoder_input){.scale = 1}, false, 1e-3);
}
END_TEST

START_TEST(halves_are_near)
{
    compare_all("lstm", 1, (struct decoder_input){.scale = 1}, true, 1e-2);
}
END_TEST

/* ---- An encoder ---- */

/* As many layers as AlexNet has, of few channels. */
static const struct cnn_layer_spec small_layers[] = {
    {.ops = &cnn_layer_conv, .name = "conv1", .outputs = 2, .kernel = 11, .stride = 4, .groups = 1},
    {.ops = &cnn_layer_relu, .name = "relu1"},
    {.ops = &cnn_layer_lrn, .name = "norm1", .kernel = 5, .alpha = 1e-4F, .beta = 0.75F, .k = 1},
    {.ops = &cnn_layer_maxpool, .name = "pool1", .kernel = 3, .stride = 2},
    {.ops = &cnn_layer_conv,
     .name = "conv2",
     .outputs = 4,
     .kernel = 5,
     .stride = 1,
     .pad = 2,
     .groups = 2},
    {.ops = &cnn_layer_conv, .name = "conv3", .outputs = 2, .kernel = 3, .stride = 2, .groups = 1},
    {.ops = &cnn_layer_conv, .name = "conv4", .outputs = 2, .kernel = 3, .stride = 2, .groups = 1},
    {.ops = &cnn_layer_conv, .name = "conv5", .outputs = 2, .kernel = 3, .stride = 1, .groups = 1},
    {.ops = &cnn_layer_dense, .name = "fc6", .outputs = 3},
    {.ops = &cnn_layer_dropout, .name = "drop6"},
    {.ops = &cnn_layer_dense, .name = "fc7", .outputs = 3},
};
enum { SMALL_LAYERS = sizeof small_layers / sizeof *small_layers };

struct small_encoder {
    struct cnn_network *network;
    float *theta;
    char path[TEST_FOLDER_SIZE + 16];
};

static void export_encoder(struct small_encoder *e, bool mirrored)
{
    const struct cnn_shape in = {3, ALEXNET_SIDE, ALEXNET_SIDE};
    const struct tn_layout *layout;
    struct onnx_graph *graph;

    ck_assert_msg(cnn_network_create(small_layers, SMALL_LAYERS, in, "", &e->network, &err) ==
                      TN_OK,
                  "%s", err.text);
    layout = cnn_network_layout(e->network);
    e->theta = tiny_features(1, layout->floats, 5);
    snprintf(e->path, sizeof e->path, "%s/encoder.onnx", folder);
    ck_assert_int_eq(onnx_graph_create("encoder", false, &graph, &err), TN_OK);
    onnx_add_encoder(graph, &alexnet_published[ALEXNET_BVLC], e->network, e->theta, mirrored);
    ck_assert_msg(onnx_graph_save(graph, e->path, &err) == TN_OK, "%s", err.text);
    onnx_graph_destroy(graph);
}

static void finish_encoder(struct small_encoder *e)
{
    cnn_network_destroy(e->network);
    free(e->theta);
}

START_TEST(an_encoder_that_is_read_again_has_the_same_bits)
{
    struct small_encoder e;
    struct exchange_tensors tensors;
    const struct tn_layout *layout;

    export_encoder(&e, true);
    layout = cnn_network_layout(e.network);
    ck_assert_msg(exchange_read(e.path, &tensors, &err) == TN_OK, "%s", err.text);
    ck_assert_int_eq(tensors.facts.norm, EXCHANGE_YES);
    ck_assert_int_eq(tensors.facts.blue_first, EXCHANGE_YES);
    ck_assert(tensors.facts.has_mean);
    ck_assert_mem_eq(tensors.facts.mean, alexnet_mean, sizeof alexnet_mean);
    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *p = &layout->parameters[i];
        const struct exchange_tensor *tensor = exchange_find(&tensors, p->name);
        float *found = malloc(p->span.count * sizeof *found);

        ck_assert_msg(tensor, "no tensor %s", p->name);
        ck_assert_uint_eq(tensor->rank, p->rank);
        ck_assert_mem_eq(tensor->dims, p->dims, p->rank * sizeof *p->dims);
        exchange_floats(tensor, found);
        ck_assert_mem_eq(found, e.theta + p->span.offset, p->span.count * sizeof *found);
        free(found);
    }
    exchange_finish(&tensors);
    finish_encoder(&e);
}
END_TEST

static void expect_attribute(const OnnxNode *node, const char *name, size_t count, int64_t first,
                             double number)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        const OnnxAttribute *attribute = node->attribute[i];

        if (strcmp(attribute->name, name) != 0)
            continue;
        ck_assert_uint_eq(attribute->n_ints, count);
        if (count > 0)
            ck_assert_int_eq(attribute->ints[0], first);
        else if (attribute->has_i)
            ck_assert_int_eq(attribute->i, first);
        else
            ck_assert_double_eq_tol((double)attribute->f, number, 1e-9);
        return;
    }
    ck_abort_msg("%s has no attribute %s", node->name, name);
}

/* The operators in their order, and what they are told. */
START_TEST(an_encoder_consists_of_its_layers)
{
    static const char *const operators[] = {"Gather",  "Sub",  "Conv", "Relu",    "LRN",
                                            "MaxPool", "Conv", "Conv", "Conv",    "Conv",
                                            "Flatten", "Gemm", "Gemm", "Identity"};
    const size_t count = sizeof operators / sizeof *operators;
    struct small_encoder e;
    struct exchange_message *message;
    const OnnxGraph *graph;
    char *bytes;
    size_t size;

    export_encoder(&e, false);
    ck_assert_int_eq(tn_read_file(e.path, LARGEST_FILE, &bytes, &size, &err), TN_OK);
    ck_assert_int_eq(exchange_parse(&onnx_model__descriptor, bytes, size, &message, &err), TN_OK);
    graph = ((const OnnxModel *)exchange_message_content(message))->graph;
    ck_assert_uint_eq(graph->n_node, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(graph->node[i]->op_type, operators[i]);
        ck_assert_str_eq(graph->node[i]->input[0],
                         i == 0 ? graph->input[0]->name : graph->node[i - 1]->output[0]);
    }
    ck_assert_str_eq(graph->node[count - 1]->output[0], graph->output[0]->name);
    expect_attribute(graph->node[2], "kernel_shape", 2, 11, 0);
    expect_attribute(graph->node[2], "strides", 2, 4, 0);
    expect_attribute(graph->node[4], "size", 0, 5, 0);
    expect_attribute(graph->node[4], "alpha", 0, 0, 1e-4);
    expect_attribute(graph->node[4], "beta", 0, 0, 0.75);
    expect_attribute(graph->node[4], "bias", 0, 0, 1);
    expect_attribute(graph->node[5], "kernel_shape", 2, 3, 0);
    expect_attribute(graph->node[5], "strides", 2, 2, 0);
    expect_attribute(graph->node[6], "pads", 4, 2, 0);
    expect_attribute(graph->node[6], "group", 0, 2, 0);
    expect_attribute(graph->node[11], "transB", 0, 1, 0);
    exchange_message_destroy(message);
    free(bytes);
    finish_encoder(&e);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("onnx_export");
    TCase *tcase = tcase_create("onnx_export");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, every_cell_computes_what_ours_does, 0, (int)rnn_cell_count());
    tcase_add_test(tcase, halves_are_near);
    tcase_add_test(tcase, an_encoder_that_is_read_again_has_the_same_bits);
    tcase_add_test(tcase, an_encoder_consists_of_its_layers);
    suite_add_tcase(suite, tcase);
    return suite;
}
