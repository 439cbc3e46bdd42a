/* SPDX-License-Identifier: MIT */
/* Choosing words from a row of logits, without sorting the vocabulary. */
#ifndef MODELS_CHOOSE_H
#define MODELS_CHOOSE_H

#include "base/rng.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct choice {
    float logit;
    int word;
};

/* The at most k largest logits above -infinity into choices[k], largest first, ties by word;
 * returns how many.  NaN is never chosen. */
size_t choose_top(const float *logits, size_t count, size_t k, struct choice *choices);

/* How a word is drawn: with its probability to the power 1 / temperature, among the top_k most
 * probable (0: among all) and, of these, among the most probable that together have the share top_p
 * of their probability (0 or 1: among all; Holtzman et al. 2020, "The curious case of neural text
 * degeneration"). */
struct choose_rule {
    float temperature; /* above 0 */
    size_t top_k;
    float top_p; /* 0 to 1 */
};

/* Errors: TN_RANGE. */
TN_NODISCARD enum tn_status choose_rule_check(const struct choose_rule *rule, struct tn_error *err);
/* Whether the rule rules words out. */
bool choose_rule_limits(const struct choose_rule *rule);

/* The words of logits[count] among which the rule draws, in choices[count]; returns how many, 0
 * when all are -infinity or NaN. */
size_t choose_among(const struct choose_rule *rule, const float *logits, size_t count,
                    struct choice *choices);

/* One of choices[count] with probability proportional to exp(logit / temperature); returns its
 * index. */
size_t choose_random(const struct choice *choices, size_t count, float temperature,
                     struct tn_rng *rng);

#endif
