/* SPDX-License-Identifier: MIT */
/*
 * Writes a model file with the real encoder's shape and random weights, for the tests of the
 * program: what it says about photos is nonsense, but always the same nonsense.
 * usage: make_model OUTPUT [zh]    zh: the model captions in Chinese, too
 */
#include "base/rng.h"
#include "cnn/alexnet.h"
#include "models/decoder.h"
#include "models/file/model_file.h"
#include "rnn/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct language {
    const char *name, *prefix, *words;
    enum vocab_language tokenizer;
};

static const struct language english = {
    .name = "en",
    .prefix = "decoder.en.",
    .words = "a\ndog\ncat\nman\nruns\nsleeps\nin\nthe\ngrass\nsun",
    .tokenizer = VOCAB_ENGLISH,
};
static const struct language chinese = {
    .name = "zh",
    .prefix = "decoder.zh.",
    .words = "狗\n猫\n人\n跑\n睡\n在\n草\n地\n太\n阳",
    .tokenizer = VOCAB_CHINESE,
};
enum { WORD_COUNT = 10 /* of each */, MOST_TENSORS = 32 };

static void check(enum tn_status status, const struct tn_error *err)
{
    if (status == TN_OK)
        return;
    fprintf(stderr, "make_model: %s\n", err->text);
    exit(EXIT_FAILURE);
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes);

    if (!memory)
        exit(EXIT_FAILURE);
    return memory;
}

/* int8 rows: 8 of the generator's bytes at a time. */
static void random_bytes(struct tn_rng *rng, signed char *q, size_t count)
{
    for (size_t i = 0; i < count; i += sizeof(uint64_t)) {
        const uint64_t bits = tn_rng_next(rng);

        memcpy(q + i, &bits, sizeof bits);
    }
    for (size_t i = 0; i < count; i++)
        q[i] = q[i] == -128 ? 0 : q[i];
}

/* Adds the tensors of one parameter, scaled as He (2015) would; the memory lives to the end. */
static void add_parameter(struct tn_rng *rng, const struct tn_parameter *parameter,
                          struct tn_tensor *tensors, size_t *count)
{
    struct tn_tensor *tensor = &tensors[(*count)++];
    size_t fan_in = 1;
    float *values;

    *tensor = (struct tn_tensor){.name = parameter->name, .rank = parameter->rank};
    memcpy(tensor->dims, parameter->dims, sizeof tensor->dims);
    for (size_t i = 1; i < parameter->rank; i++)
        fan_in *= parameter->dims[i];
    tensor->dtype = parameter->rank == 2 ? TN_I8 : TN_F32;
    tensor->bytes = parameter->span.count * tn_dtype_size(tensor->dtype);
    tensor->data = values = allocate(tensor->bytes);
    if (parameter->rank != 2) {
        tn_rng_fill_uniform(rng, values, parameter->span.count,
                            parameter->rank == 1 ? 0.1F : sqrtf(6 / (float)fan_in));
        return;
    }
    random_bytes(rng, (signed char *)values, parameter->span.count);

    struct tn_tensor *scale = &tensors[(*count)++];
    char *name = allocate(TN_NAME_SIZE + 8);

    snprintf(name, TN_NAME_SIZE + 8, "%s_scale", parameter->name);
    *scale = (struct tn_tensor){.name = name, .dtype = TN_F32, .rank = 1};
    scale->dims[0] = parameter->dims[0];
    scale->bytes = scale->dims[0] * sizeof(float);
    scale->data = values = allocate(scale->bytes);
    for (size_t i = 0; i < scale->dims[0]; i++)
        values[i] = sqrtf(6 / (float)fan_in) / 127;
}

static void write_encoder(const char *path, struct tn_rng *rng)
{
    struct tn_tensor tensors[MOST_TENSORS];
    struct cnn_network *network;
    struct tn_error err;
    size_t count = 0;

    check(alexnet_create("", 0, &network, &err), &err);
    for (size_t i = 0; i < cnn_network_layout(network)->count; i++)
        add_parameter(rng, &cnn_network_layout(network)->parameters[i], tensors, &count);
    check(tn_file_save(path, tensors, count, NULL, 0, &err), &err);
    for (size_t i = 0; i < count; i++) {
        if (tensors[i].dtype == TN_F32 && strstr(tensors[i].name, "_scale"))
            free((void *)(uintptr_t)tensors[i].name);
        free((void *)(uintptr_t)tensors[i].data);
    }
    cnn_network_destroy(network);
}

/* Writes base, an encoder's file or a model's, with a decoder for the language. */
static void write_model(const char *path, const char *base_path, const struct language *language,
                        struct tn_rng *rng)
{
    struct decoder_config config = {.cell = rnn_cell_at(0),
                                    .layers = 1,
                                    .embedding = 16,
                                    .hidden = 32,
                                    .vocabulary = VOCAB_FIRST_WORD + WORD_COUNT,
                                    .features = 4096};
    struct tn_file *base;
    struct decoder *decoder;
    struct vocab *vocab;
    struct tn_error err;
    float *theta;

    check(tn_file_open(base_path, &base, &err), &err);
    check(vocab_parse(language->words, strlen(language->words), &vocab, &err), &err);
    check(decoder_create(&config, language->prefix, &decoder, &err), &err);
    theta = calloc(decoder_layout(decoder)->floats, sizeof *theta);
    if (!theta)
        exit(EXIT_FAILURE);
    decoder_init(decoder, rng, theta);
    check(model_save(path,
                     &(struct model_save){.base = base,
                                          .language = language->name,
                                          .tokenizer = language->tokenizer,
                                          .vocab = vocab,
                                          .input = {.scale = 1},
                                          .config = &config,
                                          .layout = decoder_layout(decoder),
                                          .theta = theta,
                                          .storage = MODEL_INT8},
                     &err),
          &err);
    free(theta);
    decoder_destroy(decoder);
    vocab_destroy(vocab);
    tn_file_close(base);
}

int main(int argc, char **argv)
{
    char encoder[4096];
    struct tn_rng rng;

    if (argc != 2 && !(argc == 3 && strcmp(argv[2], chinese.name) == 0))
        return EXIT_FAILURE;
    snprintf(encoder, sizeof encoder, "%s.encoder", argv[1]);
    tn_rng_init(&rng, 1);
    write_encoder(encoder, &rng);
    write_model(argv[1], encoder, &english, &rng);
    if (argc == 3)
        write_model(argv[1], argv[1], &chinese, &rng);
    return remove(encoder) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
