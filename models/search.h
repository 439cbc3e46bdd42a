/* SPDX-License-Identifier: MIT */
/*
 * From V to sentences: beam search (greedy with a beam of 1) and sampling.
 *
 * The rows of all images and all their hypotheses advance together, one tn_linear per step for each
 * weight matrix.  A hypothesis y is scored  log p(y) / |y|^alpha  with |y| its words and the end
 * token (Wu 2016, "Google's neural machine translation system", without the coverage term); the end
 * token's probability counts, also for one that reaches max_words and must end; a guided search
 * adds what models/search_guide.h says.  <pad>, <start> and <unk> are never chosen.  An image's
 * result is the same alone and in any batch.
 */
#ifndef MODELS_SEARCH_H
#define MODELS_SEARCH_H

#include "base/pool.h"
#include "base/status.h"
#include "models/attention.h"
#include "models/captioner/captioner.h"
#include "models/choose.h"
#include "models/file/decoder_weights.h"
#include "models/search_guide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A word, or several that do not follow each other. */
struct search_phrase {
    const int *words;
    size_t count; /* at least 1 */
};

struct search_options {
    size_t beam; /* hypotheses kept an image; 1: greedy.  Sampling: how many to draw */
    size_t min_words, max_words;
    float length_exponent; /* alpha; 0 compares plain log-probabilities */
    bool block_repeats;    /* no run of words twice in a row: "a a", "a b a b" */
    const struct search_guide *guide; /* of a beam search, or NULL; borrowed for the run */
    bool sample;           /* draw words instead of searching */
    struct choose_rule draw;               /* sampling: how */
    uint64_t seed;                         /* sampling: equal seeds give equal sentences */
    const struct search_phrase *forbidden; /* what no sentence contains; borrowed for the run */
    size_t forbidden_count;
};

#define SEARCH_OPTIONS_DEFAULT                                                                     \
    {                                                                                              \
        .beam = 3, .min_words = 1, .max_words = CAPTIONER_USUAL_WORDS,                             \
        .length_exponent = CAPTIONER_USUAL_EXPONENT, .block_repeats = true, .draw.temperature = 1  \
    }

/* What a search is made for at most; its memory is reserved at once. */
struct search_limits {
    size_t images, beam, max_words;
};

/* Borrowed from the search until its next run. */
struct search_hypothesis {
    const int *words; /* [count], the end token not among them */
    size_t count;
    const float *log_probs; /* [count + 1], the end token's last; natural logarithm */
    double log_prob;        /* their sum */
    double score; /* the order of the results: log_prob / (count + 1)^alpha, or the guide's */
};

struct search;

/* weights and pool (may be NULL) are borrowed for the search's life; the caller destroys the
 * search. Errors: TN_RANGE for impossible limits, TN_NOMEM. */
TN_NODISCARD enum tn_status search_create(const struct decoder_weights *weights,
                                          const struct search_limits *limits, struct tn_pool *pool,
                                          struct search **ret_search, struct tn_error *err);
void search_destroy(struct search *search);

/* Writes sentences for features[images][config.features], scaled as the decoder was trained with.
 * Allocates nothing.  Errors: TN_RANGE for options beyond the limits, or that forbid every word. */
TN_NODISCARD enum tn_status search_run(struct search *search, const struct search_options *options,
                                       size_t images, const float *features, struct tn_error *err);

/* The same for a decoder without features, begun with the states [layers][texts][states][hidden]
 * that an encoder left.  With attention, it looks at the sources, whose weights have a row for each
 * of limits.images * limits.beam; else they are not read. */
TN_NODISCARD enum tn_status
search_run_from(struct search *search, const struct search_options *options, size_t texts,
                const float *states, const struct attention_sources *sources, struct tn_error *err);

/* How many sentences the last run found for an image, 1 to beam; the best first. */
size_t search_result_count(const struct search *search, size_t image);
struct search_hypothesis search_result(const struct search *search, size_t image, size_t rank);

#endif
