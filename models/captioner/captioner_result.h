/* SPDX-License-Identifier: MIT */
/* Between the public structs and the search; private to models/captioner*.c. */
#ifndef MODELS_CAPTIONER_RESULT_H
#define MODELS_CAPTIONER_RESULT_H

#include "models/captioner/captioner.h"
#include "models/captioner/keywords.h"
#include "models/file/model_file.h"
#include "models/search.h"

#include <stdbool.h>
#include <stddef.h>

enum { CAPTIONER_MAX_BEAM = 64, CAPTIONER_MAX_WORDS = 64, CAPTIONER_MAX_TOP_K = 1024 };

/* What a search is asked for; TN_RANGE names what is out of range. */
TN_NODISCARD enum tn_status captioner_writing_options(const struct captioner_writing *writing,
                                                      const struct consensus *consensus,
                                                      struct search_options *ret_options,
                                                      struct tn_error *err);

/* Whether more captions than one are wanted that differ. */
bool captioner_writing_differs(const struct captioner_writing *writing);

/* The captions that were found for an image, at least one, the best first. */
struct captioner_found {
    const struct search_hypothesis *items; /* borrowed */
    size_t count;
};

/* What is wanted by the keywords of an image: the `most` most probable, and plainer words for what
 * is less probable than `plain`. */
struct captioner_keywords {
    struct keywords *keywords;  /* NULL: neither is wanted */
    const float *photo_weights; /* the consensus' of the image; NULL: there is no consensus */
    size_t most;
    double plain;                          /* 0: none; else there is a consensus */
    const struct search_phrase *forbidden; /* that neither contains */
    size_t forbidden_count;
};

/* The `best` first of the captions that were found, in one block of memory that borrows nothing.
 * features [4096] are the image's V, scaled or not, for the confidence. */
TN_NODISCARD enum tn_status
captioner_result_create(const struct model_decoder *decoder, const struct captioner_found *found,
                        const float *features, size_t best, const struct captioner_keywords *wanted,
                        struct captioner_result **ret_result, struct tn_error *err);

#endif
