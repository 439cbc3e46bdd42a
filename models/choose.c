/* SPDX-License-Identifier: MIT */
#include "models/choose.h"

#include "tensor/pointwise.h"

#include <math.h>

enum { BLOCK = 128 }; /* logits that one vectorised maximum rules out */

/* Inserts into the sorted choices; returns their new number, at most k. */
static size_t insert(struct choice *choices, size_t count, size_t k, struct choice choice)
{
    size_t i = count < k ? count : k - 1;

    for (; i > 0 && choices[i - 1].logit < choice.logit; i--)
        choices[i] = choices[i - 1];
    choices[i] = choice;
    return count < k ? count + 1 : k;
}

size_t choose_top(const float *logits, size_t count, size_t k, struct choice *choices)
{
    float threshold = -INFINITY;
    size_t chosen = 0;

    for (size_t start = 0; start < count; start += BLOCK) {
        const size_t end = start + BLOCK < count ? start + BLOCK : count;

        if (tn_max(logits + start, end - start) <= threshold)
            continue;
        for (size_t i = start; i < end; i++) {
            if (!(logits[i] > threshold))
                continue;
            chosen = insert(choices, chosen, k, (struct choice){logits[i], (int)i});
            if (chosen == k)
                threshold = choices[k - 1].logit;
        }
    }
    return chosen;
}

static double weight(float logit, float largest, float temperature)
{
    return exp(((double)logit - (double)largest) / (double)temperature);
}

size_t choose_random(const struct choice *choices, size_t count, float temperature,
                     struct tn_rng *rng)
{
    double sum = 0, point;
    size_t i;

    for (i = 0; i < count; i++)
        sum += weight(choices[i].logit, choices[0].logit, temperature);
    point = sum * (double)tn_rng_uniform(rng);
    for (i = 0; i + 1 < count; i++) {
        point -= weight(choices[i].logit, choices[0].logit, temperature);
        if (point < 0)
            break;
    }
    return i;
}

int choose_random_word(const float *logits, size_t count, float temperature, struct tn_rng *rng)
{
    const float largest = tn_max(logits, count);
    double sum = 0, point;
    int last = -1;

    for (size_t i = 0; i < count; i++)
        if (logits[i] > -INFINITY)
            sum += weight(logits[i], largest, temperature);
    point = sum * (double)tn_rng_uniform(rng);
    for (size_t i = 0; i < count; i++) {
        if (!(logits[i] > -INFINITY))
            continue;
        last = (int)i;
        point -= weight(logits[i], largest, temperature);
        if (point < 0)
            break;
    }
    return last;
}
