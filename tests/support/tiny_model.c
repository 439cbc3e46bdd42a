/* SPDX-License-Identifier: MIT */
#include "tests/support/tiny_model.h"

#include "tensor/rng.h"

#include <check.h>
#include <stdlib.h>

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
