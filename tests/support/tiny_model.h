/* SPDX-License-Identifier: MIT */
/* Small random decoders for the tests of search, model file and captioner. */
#ifndef TESTS_SUPPORT_TINY_MODEL_H
#define TESTS_SUPPORT_TINY_MODEL_H

#include "models/decoder.h"
#include "models/file/decoder_weights.h"
#include "models/file/model_file.h"

#include <stddef.h>
#include <stdint.h>

struct tiny_model {
    struct decoder *decoder;
    float *theta;
    struct decoder_input input;     /* TINY_FEATURE_SCALE V, until the test changes it */
    struct decoder_weights weights; /* views of theta */
};

/* A decoder with weights large enough that its words differ in probability.  Aborts the test when
 * it cannot be made; prefix "decoder.en.".  One of two layers has rectified units between V and the
 * first step, too, and one of more has linear ones. */
void tiny_model_init(struct tiny_model *tiny, const char *cell, size_t layers, size_t vocabulary,
                     size_t features, uint64_t seed);
void tiny_model_finish(struct tiny_model *tiny);
/* log p of words[count] and their end, at most TINY_WORDS of them, as decoder_loss has it. */
enum { TINY_WORDS = 8 };
double tiny_model_log_prob(const struct tiny_model *tiny, const float *features, const int *words,
                           size_t count);

/* Writes a model file: an encoder of AlexNet's shape with random weights (60 MB), and a tiny
 * decoder of `words` (as vocab_parse takes them) for English; vocabulary counts the fixed ids too.
 */
void tiny_model_save(const char *path, const char *words, size_t vocabulary);

/*
 * The same with a decoder that the test knows, whose features are 4096.  TINY_CORNER: the encoder's
 * convolutions have nothing but their kernels' centres, and fc6 reads the first cell of pool5
 * alone, so that V depends on TINY_CORNER_FIRST to TINY_CORNER_LAST, the pixels of 227 along each
 * side, and on no other.
 */
enum tiny_encoder { TINY_RANDOM, TINY_CORNER };
enum { TINY_CORNER_FIRST = 5, TINY_CORNER_LAST = 61 };
#define TINY_FEATURE_SCALE 0.001F /* what enters the decoder is so much of V */
void tiny_model_save_as(const char *path, const char *words, const struct tiny_model *tiny,
                        enum tiny_encoder encoder, enum model_storage storage);

/* features[count][length], uniform in [0, 1). */
float *tiny_features(size_t count, size_t length, uint64_t seed);

#endif
