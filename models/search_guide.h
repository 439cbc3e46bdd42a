/* SPDX-License-Identifier: MIT */
/*
 * A second opinion on sentences, asked while a search writes them: their worth, which grows word by
 * word.  A guided search keeps the hypotheses that have the most of
 *
 *     log p(y) + weight * worth(y)
 *
 * among each row's `choices` likeliest words, and orders the sentences that it has found by
 *
 *     worth(y) + likelihood * log p(y) / |y|^alpha
 */
#ifndef MODELS_SEARCH_GUIDE_H
#define MODELS_SEARCH_GUIDE_H

#include <stddef.h>

enum { SEARCH_GUIDE_SUMS = 9 };

/* What a guide remembers of a sentence; of an empty one all is 0.  The last of the sums is for a
 * guide around it (models/captioner/differ.h). */
struct search_worth {
    double worth;
    double sums[SEARCH_GUIDE_SUMS];
};

struct search_guide {
    /* Adds the last of words[count] to the worth of the words before it.  Threads call it at the
     * same time, for different images. */
    void (*add_word)(void *context, size_t image, const int *words, size_t count,
                     struct search_worth *worth);
    void *context;
    size_t choices;
    double weight, likelihood;
};

#endif
