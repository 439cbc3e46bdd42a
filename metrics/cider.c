/* SPDX-License-Identifier: MIT */
#include "metrics/cider.h"

#include "metrics/ngrams.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const double sigma = 6.0;

/* A sentence as a vector: its n-grams weighed, and the norm of each order's part. */
struct vector {
    struct ngram *grams;
    size_t count;
    double norm[NGRAM_ORDERS];
    size_t length; /* in words */
};

struct metric_cider {
    struct ngram *grams; /* of all references */
    struct vector *references;
    size_t *firsts; /* [images + 1] */
    size_t images;
    /* in how many images' references a key is: open addressing, 0 marks an empty slot */
    uint64_t *keys;
    uint32_t *documents, *last; /* last: the last image that was counted, + 1 */
    size_t slots;               /* a power of two */
};

static size_t slot_of(const struct metric_cider *cider, uint64_t key)
{
    const uint64_t mixed = (key ^ key >> 32) * 0x9E3779B97F4A7C15u;
    size_t slot = (size_t)(mixed >> 20) & (cider->slots - 1);

    while (cider->keys[slot] && cider->keys[slot] != key)
        slot = (slot + 1) & (cider->slots - 1);
    return slot;
}

/* Counts become tf-idf weights. */
static void weigh(const struct metric_cider *cider, struct vector *vector)
{
    double squares[NGRAM_ORDERS] = {0};

    for (size_t i = 0; i < vector->count; i++) {
        struct ngram *gram = &vector->grams[i];

        gram->weight *= ngram_idf(cider->documents[slot_of(cider, gram->key)], cider->images);
        squares[ngram_order(gram->key) - 1] += gram->weight * gram->weight;
    }
    for (size_t n = 0; n < NGRAM_ORDERS; n++)
        vector->norm[n] = sqrt(squares[n]);
}

/* sum_n product_n / (|hypothesis_n| |reference_n|), the product over min(h, r) r. */
static double cider_similarity(const struct vector *hypothesis, const struct vector *reference)
{
    double product[NGRAM_ORDERS] = {0}, sum = 0;
    size_t i = 0, j = 0;

    while (i < hypothesis->count && j < reference->count) {
        const struct ngram *h = &hypothesis->grams[i], *r = &reference->grams[j];

        if (h->key == r->key)
            product[ngram_order(h->key) - 1] += fmin(h->weight, r->weight) * r->weight;
        i += h->key <= r->key;
        j += r->key <= h->key;
    }
    for (size_t n = 0; n < NGRAM_ORDERS; n++)
        if (hypothesis->norm[n] > 0 && reference->norm[n] > 0)
            sum += product[n] / (hypothesis->norm[n] * reference->norm[n]);
    return sum;
}

/* coco-caption measures lengths in bigrams. */
static double bigrams(size_t words)
{
    return words > 1 ? (double)(words - 1) : 0;
}

double metric_cider_penalty(size_t words, size_t reference_words)
{
    const double difference = bigrams(words) - bigrams(reference_words);

    return exp(-difference * difference / (2 * sigma * sigma));
}

double metric_cider_score(const struct metric_cider *cider, size_t image, const int *words,
                          size_t count)
{
    struct ngram grams[NGRAM_ORDERS * NGRAM_LONGEST];
    const size_t used = count < NGRAM_LONGEST ? count : NGRAM_LONGEST;
    const size_t first = cider->firsts[image], end = cider->firsts[image + 1];
    struct vector hypothesis = {.grams = grams, .length = used};
    double sum = 0;

    hypothesis.count = ngram_list(words, used, grams);
    weigh(cider, &hypothesis);
    for (size_t r = first; r < end; r++) {
        const struct vector *reference = &cider->references[r];

        sum += metric_cider_penalty(used, reference->length) *
               cider_similarity(&hypothesis, reference);
    }
    return end > first ? 10 * sum / (double)(NGRAM_ORDERS * (end - first)) : 0;
}

/* ---- Preparation ---- */

static void count_cider_documents(struct metric_cider *cider, const struct vector *vector,
                                  size_t image)
{
    for (size_t i = 0; i < vector->count; i++) {
        const size_t slot = slot_of(cider, vector->grams[i].key);

        cider->keys[slot] = vector->grams[i].key;
        if (cider->last[slot] == image + 1)
            continue;
        cider->last[slot] = (uint32_t)(image + 1);
        cider->documents[slot]++;
    }
}

static enum tn_status allocate_cider(struct metric_cider *cider, size_t sentences, size_t tokens,
                                     struct tn_error *err)
{
    cider->slots = 64;
    while (cider->slots < 2 * NGRAM_ORDERS * tokens)
        cider->slots *= 2;
    cider->grams = calloc(NGRAM_ORDERS * tokens + 1, sizeof *cider->grams);
    cider->references = calloc(sentences + 1, sizeof *cider->references);
    cider->firsts = calloc(cider->images + 1, sizeof *cider->firsts);
    cider->keys = calloc(cider->slots, sizeof *cider->keys);
    cider->documents = calloc(cider->slots, sizeof *cider->documents);
    cider->last = calloc(cider->slots, sizeof *cider->last);
    if (!cider->grams || !cider->references || !cider->firsts || !cider->keys ||
        !cider->documents || !cider->last)
        return tn_fail_nomem(err, NGRAM_ORDERS * tokens * sizeof *cider->grams);
    return TN_OK;
}

static enum tn_status fill_cider(struct metric_cider *cider, const struct metric_references *given,
                                 struct tn_error *err)
{
    const size_t sentences = given->firsts[given->images], tokens = given->starts[sentences];
    struct ngram *grams;

    TN_TRY(allocate_cider(cider, sentences, tokens, err));
    for (size_t t = 0; t < tokens; t++)
        if (given->tokens[t] < 1 || given->tokens[t] > NGRAM_MAX_ID)
            return tn_fail(err, TN_RANGE, "a word's number is %d; expected 1 to %d",
                           given->tokens[t], NGRAM_MAX_ID);
    memcpy(cider->firsts, given->firsts, (cider->images + 1) * sizeof *cider->firsts);
    grams = cider->grams;
    for (size_t image = 0; image < cider->images; image++) {
        for (size_t s = given->firsts[image]; s < given->firsts[image + 1]; s++) {
            struct vector *vector = &cider->references[s];

            vector->grams = grams;
            vector->length = given->starts[s + 1] - given->starts[s];
            vector->count = ngram_list(given->tokens + given->starts[s], vector->length, grams);
            count_cider_documents(cider, vector, image);
            grams += vector->count;
        }
    }
    for (size_t s = 0; s < sentences; s++)
        weigh(cider, &cider->references[s]);
    return TN_OK;
}

enum tn_status metric_cider_create(const struct metric_references *references,
                                   struct metric_cider **ret_cider, struct tn_error *err)
{
    struct metric_cider *cider = calloc(1, sizeof *cider);
    enum tn_status status;

    if (!cider)
        return tn_fail_nomem(err, sizeof *cider);
    cider->images = references->images;
    status = fill_cider(cider, references, err);
    if (status == TN_OK)
        *ret_cider = cider;
    else
        metric_cider_destroy(cider);
    return status;
}

void metric_cider_destroy(struct metric_cider *cider)
{
    if (!cider)
        return;
    free(cider->grams);
    free(cider->references);
    free(cider->firsts);
    free(cider->keys);
    free(cider->documents);
    free(cider->last);
    free(cider);
}
