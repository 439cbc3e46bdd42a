/* SPDX-License-Identifier: MIT */
/* Choosing words from a row of logits, without sorting the vocabulary. */
#ifndef MODELS_CHOOSE_H
#define MODELS_CHOOSE_H

#include "base/rng.h"

#include <stddef.h>

struct choice {
    float logit;
    int word;
};

/* The at most k largest logits above -infinity into choices[k], largest first, ties by word;
 * returns how many.  NaN is never chosen. */
size_t choose_top(const float *logits, size_t count, size_t k, struct choice *choices);

/* One of choices[count] with probability proportional to exp(logit / temperature); returns its
 * index. */
size_t choose_random(const struct choice *choices, size_t count, float temperature,
                     struct tn_rng *rng);

/* A word of logits[count] likewise, or -1 when all are -infinity or NaN. */
int choose_random_word(const float *logits, size_t count, float temperature, struct tn_rng *rng);

#endif
