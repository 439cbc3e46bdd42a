/* SPDX-License-Identifier: MIT */
/* ONNX models of our nets: decoders are computed and compared with the program's own steps.
 * (tests/cli/export.sh reads an encoder back.) */
#include "tests/support/folder.h"
#include "tests/support/onnx_evaluate.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "base/read_file.h"
#include "exchange/onnx.pb-c.h"
#include "exchange/onnx_cells.h"
#include "exchange/onnx_nets.h"
#include "exchange/protobuf.h"
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

Suite *test_suite(void)
{
    Suite *suite = suite_create("onnx_export");
    TCase *tcase = tcase_create("onnx_export");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, every_cell_computes_what_ours_does, 0, (int)rnn_cell_count());
    tcase_add_test(tcase, halves_are_near);
    suite_add_tcase(suite, tcase);
    return suite;
}
