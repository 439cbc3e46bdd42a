/* SPDX-License-Identifier: MIT */
/* What a search remembers; private to models/search*.c. */
#ifndef MODELS_SEARCH_PRIVATE_H
#define MODELS_SEARCH_PRIVATE_H

#include "base/arena.h"
#include "base/rng.h"
#include "models/choose.h"
#include "models/decoder_step.h"
#include "models/search.h"

#include <stddef.h>

struct hypothesis {
    int *words;       /* [max_words], in a slot of its own */
    float *log_probs; /* [max_words + 1] */
    size_t count;
    double log_prob, score;
    struct tn_rng rng; /* sampling */
};

/* How one hypothesis may go on. */
struct extension {
    size_t row;
    int word;
    float log_prob; /* of the word */
    double total;   /* of the hypothesis with it */
};

struct beam {           /* one image's */
    size_t first, live; /* rows first .. first + live - 1 */
    size_t finished;
    struct hypothesis *ended; /* [limits.beam], the best first */
};

struct search {
    struct decoder_weights weights;
    struct search_limits limits;
    struct search_options options; /* of the present run */
    struct tn_pool *pool;
    struct tn_arena arena;
    struct decoder_step step;
    size_t t, images, rows;
    size_t choices_a_row;
    float *logits;                  /* [rows][vocabulary] */
    double *log_sums;               /* [rows]: log sum exp of the logits */
    struct choice *choices;         /* [rows][choices_a_row] */
    size_t *choice_counts;          /* [rows] */
    struct extension *extensions;   /* [2 * beam], of the image at hand */
    struct beam *beams;             /* [images] */
    struct hypothesis *live, *next; /* [rows] */
    size_t *parents;                /* [rows] */
    int *tokens;                    /* [rows] */
};

/* Ranks the words that may follow row `row`, a task of the pool. */
void search_rank_row(void *context, size_t row, size_t thread);

/* The images choose what goes on and what has ended, in their order, and the rows are packed again.
 */
void search_advance(struct search *search);

#endif
