/* SPDX-License-Identifier: MIT */
#include "tests/support/tiny_model.h"

#include "models/model_file.h"
#include "tensor/rng.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "decoder.en."

void tiny_model_init(struct tiny_model *tiny, const char *cell, size_t layers, size_t vocabulary,
                     size_t features, uint64_t seed)
{
    const struct decoder_config config = {.cell = rnn_cell_find(cell),
                                          .layers = layers,
                                          .embedding = 6,
                                          .hidden = 8,
                                          .vocabulary = vocabulary,
                                          .features = features};
    struct tn_error err;
    struct tn_rng rng;

    ck_assert_ptr_nonnull(config.cell);
    ck_assert_msg(decoder_create(&config, PREFIX, &tiny->decoder, &err) == TN_OK, "%s", err.text);
    tiny->theta = calloc(decoder_layout(tiny->decoder)->floats, sizeof(float));
    tn_rng_init(&rng, seed);
    for (size_t i = 0; i < decoder_layout(tiny->decoder)->count; i++) {
        const struct tn_span span = decoder_layout(tiny->decoder)->parameters[i].span;

        tn_rng_fill_uniform(&rng, tiny->theta + span.offset, span.count, 1.5F);
    }
    ck_assert_msg(decoder_weights_from_theta(decoder_layout(tiny->decoder), tiny->theta, PREFIX,
                                             &config, &tiny->weights, &err) == TN_OK,
                  "%s", err.text);
}

void tiny_model_finish(struct tiny_model *tiny)
{
    decoder_destroy(tiny->decoder);
    free(tiny->theta);
}

float *tiny_features(size_t count, size_t length, uint64_t seed)
{
    float *features = calloc(count * length, sizeof *features);
    struct tn_rng rng;

    tn_rng_init(&rng, seed);
    for (size_t i = 0; i < count * length; i++)
        features[i] = tn_rng_uniform(&rng);
    return features;
}

/* AlexNet's shapes. */
static const struct {
    const char *name;
    size_t rows, columns;
} shapes[] = {{"conv1", 96, 3 * 11 * 11}, {"conv2", 256, 48 * 25}, {"conv3", 384, 256 * 9},
              {"conv4", 384, 192 * 9},    {"conv5", 256, 192 * 9}, {"fc6", 4096, 9216},
              {"fc7", 4096, 4096}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* Writes encoder weights of random int8 rows, of a size that keeps activations near 1. */
static void save_encoder(const char *path)
{
    static char names[SHAPES][3][32];
    struct tn_tensor tensors[3 * SHAPES];
    void *owned[3 * SHAPES];
    struct tn_rng rng;

    tn_rng_init(&rng, 1);
    for (size_t i = 0; i < SHAPES; i++) {
        const size_t rows = shapes[i].rows, columns = shapes[i].columns;
        signed char *q = malloc(rows * columns);
        float *scale = malloc(rows * sizeof *scale), *bias = calloc(rows, sizeof *bias);

        for (size_t j = 0; j < rows * columns; j++)
            q[j] = (signed char)((int)(tn_rng_next(&rng) >> 56) - 128 + (j % 2 == 0));
        for (size_t j = 0; j < rows; j++)
            scale[j] = 2 / (70 * sqrtf((float)columns));
        snprintf(names[i][0], 32, "%s.weight", shapes[i].name);
        snprintf(names[i][1], 32, "%s.weight_scale", shapes[i].name);
        snprintf(names[i][2], 32, "%s.bias", shapes[i].name);
        tensors[3 * i] =
            (struct tn_tensor){names[i][0], TN_I8, 2, {rows, columns}, q, rows * columns};
        tensors[3 * i + 1] =
            (struct tn_tensor){names[i][1], TN_F32, 1, {rows}, scale, rows * sizeof *scale};
        tensors[3 * i + 2] =
            (struct tn_tensor){names[i][2], TN_F32, 1, {rows}, bias, rows * sizeof *bias};
        owned[3 * i] = q;
        owned[3 * i + 1] = scale;
        owned[3 * i + 2] = bias;
    }
    ck_assert_int_eq(tn_file_save(path, tensors, 3 * SHAPES, NULL, 0, NULL), TN_OK);
    for (size_t i = 0; i < 3 * SHAPES; i++)
        free(owned[i]);
}

void tiny_model_save(const char *path, const char *words, size_t vocabulary)
{
    struct tiny_model tiny;
    struct tn_file *encoder;
    struct vocab *vocab;
    struct tn_error err;

    save_encoder(path);
    tiny_model_init(&tiny, "lstm", 1, vocabulary, 4096, 1);
    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(path, &encoder, NULL), TN_OK);
    {
        const struct model_save save = {.base = encoder,
                                        .language = "en",
                                        .vocab = vocab,
                                        .feature_scale = 0.01F,
                                        .config = decoder_config(tiny.decoder),
                                        .layout = decoder_layout(tiny.decoder),
                                        .theta = tiny.theta,
                                        .storage = MODEL_INT8};

        ck_assert_msg(model_save(path, &save, &err) == TN_OK, "%s", err.text);
    }
    tn_file_close(encoder);
    vocab_destroy(vocab);
    tiny_model_finish(&tiny);
}
