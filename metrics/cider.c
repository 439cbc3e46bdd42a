/* SPDX-License-Identifier: MIT */
/*
 * An n-gram of up to four ids below 2^16 - 1 is one number: the ids + 1, 16 bits each, the last one
 * lowest.  Its highest part that is not 0 shows its order, so one sorted array holds a
 * sentence's n-grams of all orders, and two sentences are compared by one merge.
 */
#include "metrics/cider.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 4 };

static const double sigma = 6.0;

/* A distinct n-gram of a sentence and its weight, count * idf. */
struct term {
    uint64_t gram;
    double idf, weight;
};

/* A sentence as a vector: terms by ascending gram, the norm of each order's part. */
struct vector {
    struct term *terms;
    size_t count;
    double norm[ORDERS];
    size_t length; /* in words */
};

struct metric_cider {
    struct term *terms; /* of all references */
    struct vector *references;
    size_t *firsts; /* [images + 1] */
    size_t images;
    /* how many images' references hold a gram: open addressing, gram 0 marks an empty slot */
    uint64_t *grams;
    uint32_t *documents, *last; /* last: the last image that was counted, + 1 */
    size_t slots;               /* a power of two */
};

static size_t order_of(uint64_t gram)
{
    return gram >> 48 ? 3 : gram >> 32 ? 2 : gram >> 16 ? 1 : 0;
}

static size_t slot_of(const struct metric_cider *cider, uint64_t gram)
{
    size_t slot = (size_t)((gram * 0x9E3779B97F4A7C15u) >> 20) & (cider->slots - 1);

    while (cider->grams[slot] && cider->grams[slot] != gram)
        slot = (slot + 1) & (cider->slots - 1);
    return slot;
}

static int by_gram(const void *a, const void *b)
{
    const uint64_t x = ((const struct term *)a)->gram, y = ((const struct term *)b)->gram;

    return (x > y) - (x < y);
}

/* The distinct n-grams of a sentence, ascending, with their counts as weights; returns how many. */
static size_t count_grams(const int *words, size_t count, struct term *terms)
{
    size_t total = 0, distinct = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t gram = 0;

        for (size_t n = 0; n < ORDERS && i + n < count; n++) {
            gram = gram << 16 | (uint64_t)(words[i + n] + 1);
            terms[total++] = (struct term){.gram = gram, .weight = 1};
        }
    }
    qsort(terms, total, sizeof *terms, by_gram);
    for (size_t i = 0; i < total; i++) {
        if (distinct > 0 && terms[distinct - 1].gram == terms[i].gram)
            terms[distinct - 1].weight++;
        else
            terms[distinct++] = terms[i];
    }
    return distinct;
}

/* Counts become tf-idf weights: idf = log(images) - log(max(1, documents)). */
static void weigh(const struct metric_cider *cider, struct vector *vector)
{
    double squares[ORDERS] = {0};

    for (size_t i = 0; i < vector->count; i++) {
        struct term *term = &vector->terms[i];
        const uint32_t documents = cider->documents[slot_of(cider, term->gram)];

        term->idf = log((double)cider->images) - log(documents > 1 ? (double)documents : 1);
        term->weight *= term->idf;
        squares[order_of(term->gram)] += term->weight * term->weight;
    }
    for (size_t n = 0; n < ORDERS; n++)
        vector->norm[n] = sqrt(squares[n]);
}

/* sum_n product_n / (|hypothesis_n| |reference_n|), the product over min(h, r) r. */
static double similarity(const struct vector *hypothesis, const struct vector *reference)
{
    double product[ORDERS] = {0}, sum = 0;
    size_t i = 0, j = 0;

    while (i < hypothesis->count && j < reference->count) {
        const struct term *h = &hypothesis->terms[i], *r = &reference->terms[j];

        if (h->gram == r->gram)
            product[order_of(h->gram)] += fmin(h->weight, r->weight) * r->weight;
        i += h->gram <= r->gram;
        j += r->gram <= h->gram;
    }
    for (size_t n = 0; n < ORDERS; n++)
        if (hypothesis->norm[n] > 0 && reference->norm[n] > 0)
            sum += product[n] / (hypothesis->norm[n] * reference->norm[n]);
    return sum;
}

/* coco-caption measures lengths in bigrams. */
static double bigrams(size_t words)
{
    return words > 1 ? (double)(words - 1) : 0;
}

double metric_cider_score(const struct metric_cider *cider, size_t image, const int *words,
                          size_t count)
{
    struct term terms[ORDERS * METRIC_CIDER_LONGEST];
    const size_t used = count < METRIC_CIDER_LONGEST ? count : METRIC_CIDER_LONGEST;
    const size_t first = cider->firsts[image], end = cider->firsts[image + 1];
    struct vector hypothesis = {.terms = terms, .length = used};
    double sum = 0;

    hypothesis.count = count_grams(words, used, terms);
    weigh(cider, &hypothesis);
    for (size_t r = first; r < end; r++) {
        const struct vector *reference = &cider->references[r];
        const double difference = bigrams(used) - bigrams(reference->length);

        sum += exp(-difference * difference / (2 * sigma * sigma)) *
               similarity(&hypothesis, reference);
    }
    return end > first ? 10 * sum / (double)(ORDERS * (end - first)) : 0;
}

/* ---- Preparation ---- */

static void count_documents(struct metric_cider *cider, const struct vector *vector, size_t image)
{
    for (size_t i = 0; i < vector->count; i++) {
        const size_t slot = slot_of(cider, vector->terms[i].gram);

        cider->grams[slot] = vector->terms[i].gram;
        if (cider->last[slot] == image + 1)
            continue;
        cider->last[slot] = (uint32_t)(image + 1);
        cider->documents[slot]++;
    }
}

static enum tn_status allocate(struct metric_cider *cider, size_t sentences, size_t tokens,
                               struct tn_error *err)
{
    cider->slots = 64;
    while (cider->slots < 2 * ORDERS * tokens)
        cider->slots *= 2;
    cider->terms = calloc(ORDERS * tokens + 1, sizeof *cider->terms);
    cider->references = calloc(sentences + 1, sizeof *cider->references);
    cider->firsts = calloc(cider->images + 1, sizeof *cider->firsts);
    cider->grams = calloc(cider->slots, sizeof *cider->grams);
    cider->documents = calloc(cider->slots, sizeof *cider->documents);
    cider->last = calloc(cider->slots, sizeof *cider->last);
    if (!cider->terms || !cider->references || !cider->firsts || !cider->grams ||
        !cider->documents || !cider->last)
        return tn_fail_nomem(err, ORDERS * tokens * sizeof *cider->terms);
    return TN_OK;
}

static enum tn_status fill(struct metric_cider *cider, const struct metric_references *given,
                           struct tn_error *err)
{
    const size_t sentences = given->firsts[given->images], tokens = given->starts[sentences];
    struct term *terms;

    TN_TRY(allocate(cider, sentences, tokens, err));
    for (size_t t = 0; t < tokens; t++)
        if (given->tokens[t] < 0 || given->tokens[t] >= METRIC_CIDER_IDS)
            return tn_fail(err, TN_RANGE, "a word's number is %d; expected 0 to %d",
                           given->tokens[t], METRIC_CIDER_IDS - 1);
    memcpy(cider->firsts, given->firsts, (cider->images + 1) * sizeof *cider->firsts);
    terms = cider->terms;
    for (size_t image = 0; image < cider->images; image++) {
        for (size_t s = given->firsts[image]; s < given->firsts[image + 1]; s++) {
            struct vector *vector = &cider->references[s];

            vector->terms = terms;
            vector->length = given->starts[s + 1] - given->starts[s];
            vector->count = count_grams(given->tokens + given->starts[s], vector->length, terms);
            count_documents(cider, vector, image);
            terms += vector->count;
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
    status = fill(cider, references, err);
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
    free(cider->terms);
    free(cider->references);
    free(cider->firsts);
    free(cider->grams);
    free(cider->documents);
    free(cider->last);
    free(cider);
}
