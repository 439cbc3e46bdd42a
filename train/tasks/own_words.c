/* SPDX-License-Identifier: MIT */
#include "train/tasks/own_words.h"

#include "vocab/vocab.h"

float own_words_share(float at_the_end, float progress)
{
    return at_the_end * progress;
}

void own_words_mix(const struct decoder_batch *batch, const int *draws, float share,
                   struct tn_rng *rng, int *inputs)
{
    for (size_t b = 0; b < batch->size; b++)
        for (size_t t = 1; t < batch->lengths[b]; t++) {
            const int drawn = draws[(t - 1) * batch->size + b];

            if (tn_rng_uniform(rng) < share && drawn >= VOCAB_FIRST_WORD)
                inputs[t * batch->size + b] = drawn;
        }
}
