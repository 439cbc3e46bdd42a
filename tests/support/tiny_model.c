/* SPDX-License-Identifier: MIT */
#include "tests/support/tiny_model.h"

#include "base/rng.h"

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
                                          .features = features,
                                          .image_hidden = features > 0 && layers > 1 ? 7 : 0,
                                          .image_linear = features > 0 && layers > 2};
    struct tn_error err;
    struct tn_rng rng;

    ck_assert_ptr_nonnull(config.cell);
    tiny->input = (struct decoder_input){.scale = TINY_FEATURE_SCALE};
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

/* AlexNet's shapes; fc6's kernel is all of pool5. */
static const struct shape {
    const char *name;
    size_t rows, channels, kernel;
} shapes[] = {{"conv1", 96, 3, 11},   {"conv2", 256, 48, 5},  {"conv3", 384, 256, 3},
              {"conv4", 384, 192, 3}, {"conv5", 256, 192, 3}, {"fc6", 4096, 256, 6},
              {"fc7", 4096, 4096, 1}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* The one column that each channel keeps in a TINY_CORNER: a kernel's centre, fc6's first cell. */
static size_t kept_column(const struct shape *shape)
{
    return strncmp(shape->name, "conv", 4) == 0 ? shape->kernel * shape->kernel / 2 : 0;
}

/* Random int8 rows, scaled so that activations stay near 1. */
static void fill_layer(const struct shape *shape, bool corner, struct tn_rng *rng, signed char *q,
                       float *scale)
{
    const size_t area = shape->kernel * shape->kernel, columns = shape->channels * area;
    const size_t used = corner ? shape->channels : columns;

    for (size_t j = 0; j < shape->rows * columns; j++) {
        q[j] = (signed char)((int)(tn_rng_next(rng) >> 56) - 128 + (j % 2 == 0));
        if (corner && j % area != kept_column(shape))
            q[j] = 0;
    }
    for (size_t j = 0; j < shape->rows; j++)
        scale[j] = 2 / (70 * sqrtf((float)used));
}

static void save_encoder(enum tiny_encoder encoder, const char *path)
{
    static char names[SHAPES][3][32];
    struct tn_tensor tensors[3 * SHAPES];
    void *owned[3 * SHAPES];
    struct tn_rng rng;

    tn_rng_init(&rng, 1);
    for (size_t i = 0; i < SHAPES; i++) {
        const size_t rows = shapes[i].rows;
        const size_t columns = shapes[i].channels * shapes[i].kernel * shapes[i].kernel;
        signed char *q = malloc(rows * columns);
        float *scale = malloc(rows * sizeof *scale), *bias = calloc(rows, sizeof *bias);

        fill_layer(&shapes[i], encoder == TINY_CORNER, &rng, q, scale);
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

void tiny_model_save_as(const char *path, const char *words, const struct tiny_model *tiny,
                        enum tiny_encoder encoder, enum model_storage storage)
{
    struct model_save save = {.language = "en",
                              .input = tiny->input,
                              .config = decoder_config(tiny->decoder),
                              .layout = decoder_layout(tiny->decoder),
                              .theta = tiny->theta,
                              .storage = storage};
    struct tn_file *base;
    struct vocab *vocab;
    struct tn_error err;

    save_encoder(encoder, path);
    ck_assert_int_eq(tn_file_open(path, &base, NULL), TN_OK);
    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    save.base = base;
    save.vocab = vocab;
    ck_assert_msg(model_save(path, &save, &err) == TN_OK, "%s", err.text);
    vocab_destroy(vocab);
    tn_file_close(base);
}

double tiny_model_log_prob(const struct tiny_model *tiny, const float *features, const int *words,
                           size_t count)
{
    int inputs[TINY_WORDS + 1] = {VOCAB_START}, targets[TINY_WORDS + 1];
    const size_t length = count + 1;
    const struct decoder_batch batch = {.size = 1,
                                        .steps = length,
                                        .features = features,
                                        .inputs = inputs,
                                        .targets = targets,
                                        .lengths = &length};
    struct tn_arena arena;
    const struct tn_pass pass = {.theta = tiny->theta, .arena = &arena};
    double loss;

    ck_assert_uint_le(count, TINY_WORDS);
    for (size_t i = 0; i < count; i++)
        inputs[i + 1] = targets[i] = words[i];
    targets[count] = VOCAB_END;
    tn_arena_measure(&arena);
    decoder_loss(tiny->decoder, &pass, &batch, 1, 0);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    loss = decoder_loss(tiny->decoder, &pass, &batch, 1, 0);
    tn_arena_finish(&arena);
    return -loss;
}

void tiny_model_save(const char *path, const char *words, size_t vocabulary)
{
    struct tiny_model tiny;

    tiny_model_init(&tiny, "lstm", 1, vocabulary, 4096, 1);
    tiny_model_save_as(path, words, &tiny, TINY_RANDOM, MODEL_INT8);
    tiny_model_finish(&tiny);
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
