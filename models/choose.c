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

static float largest_of(const struct choice *choices, size_t count)
{
    float largest = -INFINITY;

    for (size_t i = 0; i < count; i++)
        largest = choices[i].logit > largest ? choices[i].logit : largest;
    return largest;
}

static double sum_weights(const struct choice *choices, size_t count, float largest,
                          float temperature)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += weight(choices[i].logit, largest, temperature);
    return sum;
}

/* ---- The most probable that have a share of the probability ---- */

static void swap(struct choice *a, struct choice *b)
{
    const struct choice c = *a;

    *a = *b;
    *b = c;
}

/* Of equals the earlier word comes first, as in choose_top. */
static bool comes_before(const struct choice *a, const struct choice *b)
{
    return a->logit > b->logit || (a->logit == b->logit && a->word < b->word);
}

/* Lets heap[i] sink to where none below it comes before it. */
static void sift_down(struct choice *heap, size_t count, size_t i)
{
    for (size_t child = 2 * i + 1; child < count; i = child, child = 2 * i + 1) {
        if (child + 1 < count && comes_before(&heap[child + 1], &heap[child]))
            child++;
        if (!comes_before(&heap[child], &heap[i]))
            return;
        swap(&heap[child], &heap[i]);
    }
}

/* Keeps as many of choices[count], the most probable first, as together have the share top_p;
 * returns how many.  Heapsort that ends early: a nucleus is a small part of a vocabulary. */
static size_t keep_nucleus(struct choice *choices, size_t count, const struct choose_rule *rule)
{
    const float largest = largest_of(choices, count);
    double left = (double)rule->top_p * sum_weights(choices, count, largest, rule->temperature);
    size_t kept = 0;

    for (size_t i = count / 2; i-- > 0;)
        sift_down(choices, count, i);
    do { /* choices[count - kept .. count) are the first, in reverse */
        left -= weight(choices[0].logit, largest, rule->temperature);
        kept++;
        swap(&choices[0], &choices[count - kept]);
        sift_down(choices, count - kept, 0);
    } while (kept < count && left > 0);
    for (size_t i = 0; i < kept && i < count / 2; i++)
        swap(&choices[i], &choices[count - 1 - i]);
    return kept;
}

/* ---- Drawing ---- */

/* All that have a probability, in their order. */
static size_t choose_all(const float *logits, size_t count, struct choice *choices)
{
    size_t chosen = 0;

    for (size_t i = 0; i < count; i++)
        if (logits[i] > -INFINITY)
            choices[chosen++] = (struct choice){logits[i], (int)i};
    return chosen;
}

static bool has_nucleus(const struct choose_rule *rule)
{
    return rule->top_p > 0 && rule->top_p < 1;
}

enum tn_status choose_rule_check(const struct choose_rule *rule, struct tn_error *err)
{
    if (!(rule->temperature > 0 && isfinite(rule->temperature)))
        return tn_fail(err, TN_RANGE, "temperature %g; expected above 0",
                       (double)rule->temperature);
    if (!(rule->top_p >= 0 && rule->top_p <= 1))
        return tn_fail(err, TN_RANGE, "the words that have the probability %g; expected 0 to 1",
                       (double)rule->top_p);
    return TN_OK;
}

bool choose_rule_limits(const struct choose_rule *rule)
{
    return rule->top_k > 0 || has_nucleus(rule);
}

size_t choose_among(const struct choose_rule *rule, const float *logits, size_t count,
                    struct choice *choices)
{
    const bool all = rule->top_k == 0 || rule->top_k >= count;
    const size_t chosen =
        all ? choose_all(logits, count, choices) : choose_top(logits, count, rule->top_k, choices);

    return chosen > 0 && has_nucleus(rule) ? keep_nucleus(choices, chosen, rule) : chosen;
}

size_t choose_random(const struct choice *choices, size_t count, float temperature,
                     struct tn_rng *rng)
{
    const float largest = largest_of(choices, count);
    double point = sum_weights(choices, count, largest, temperature) * (double)tn_rng_uniform(rng);
    size_t i;

    for (i = 0; i + 1 < count; i++) {
        point -= weight(choices[i].logit, largest, temperature);
        if (point < 0)
            break;
    }
    return i;
}
