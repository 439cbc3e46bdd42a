/* SPDX-License-Identifier: MIT */
/* What a search remembers; private to models/search*.c. */
#ifndef MODELS_SEARCH_PRIVATE_H
#define MODELS_SEARCH_PRIVATE_H

#include "base/arena.h"
#include "base/rng.h"
#include "models/decoder_step.h"
#include "models/search.h"

#include <stddef.h>

struct hypothesis {
    int *words;       /* [max_words], in a slot of its own */
    float *log_probs; /* [max_words + 1] */
    size_t count;
    double log_prob, score;
    struct search_worth worth; /* a guided search */
    struct tn_rng rng;         /* sampling */
};

/* How one hypothesis may go on. */
struct extension {
    size_t row;
    int word;
    float log_prob;    /* of the word */
    double total;      /* of the hypothesis with it */
    double rank;       /* the order of extensions: total, and what the guide adds */
    struct search_worth worth;
    struct tn_rng rng; /* sampling: after the word was drawn */
};

struct beam {           /* one image's */
    size_t first, live; /* rows first .. first + live - 1 */
    size_t finished;
    struct hypothesis *ended;     /* [limits.beam], the best first */
    struct extension *extensions; /* [2 * limits.beam]: how its rows may go on, the best first */
    size_t count, going;          /* of them, and those that do not end */
};

/* Images whose rows are advanced and ranked together, while their logits are in the cache. */
struct group {
    size_t image, images;
    size_t first, rows;
};

enum { SEARCH_BLOCK = 128 };

static inline size_t search_blocks(size_t vocabulary)
{
    return (vocabulary + SEARCH_BLOCK - 1) / SEARCH_BLOCK;
}

/* What a thread needs for a group. */
struct desk {
    struct tn_arena arena;
    struct decoder_work work;
    float *logits;          /* [rows][vocabulary] */
    float *largest;         /* [rows][search_blocks]: of each block of SEARCH_BLOCK logits */
    double *log_sums;       /* [rows]: log sum exp of the logits */
    struct choice *choices; /* [vocabulary]: sampling, guided search */
};

struct search {
    struct decoder_weights weights;
    struct search_limits limits;
    struct search_options options; /* of the present run */
    const float *features;         /* [images][features] or NULL */
    struct tn_pool *pool;
    struct tn_arena arena;
    struct decoder_step step;
    size_t t, images, rows;
    size_t group_rows, desk_count;
    struct desk *desks;             /* one per thread, or one for all */
    struct group *groups;           /* [images] */
    struct beam *beams;             /* [images] */
    struct hypothesis *live, *next; /* [rows] */
    int *parents;                   /* [rows] */
    int *tokens;                    /* [rows] */
    int *texts;                     /* [rows]: which image's, or text's, a row is */
};

/* What the rows of a group, whose logits are at the desk, may go on with: each image's choice. */
void search_rank(struct search *search, const struct group *group, struct desk *desk);

/* The images choose what goes on and what has ended, in their order, and the rows are packed again.
 */
void search_advance(struct search *search);

#endif
