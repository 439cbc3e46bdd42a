/* SPDX-License-Identifier: MIT */
/* Which words people would use about a photo. */
#ifndef MODELS_KEYWORDS_H
#define MODELS_KEYWORDS_H

#include "models/captioner/captioner.h"
#include "models/search.h"
#include "vocab/vocab.h"

enum { KEYWORDS_MOST = 64 };

/* The most probable first; the texts are borrowed. */
struct keyword_list {
    struct captioner_keyword items[KEYWORDS_MOST];
    size_t count;
};

/* The `most` most probable keywords of an image (CAPTIONER_KEYWORDS_AUTO: those that are more
 * likely said than not), of what the search has found for it. */
void keywords_choose(const struct vocab *vocab, const struct search *search, size_t image,
                     size_t most, struct keyword_list *ret_list);

#endif
