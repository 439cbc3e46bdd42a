/* SPDX-License-Identifier: MIT */
/* Between the public structs and the search; private to models/captioner*.c. */
#ifndef MODELS_CAPTIONER_RESULT_H
#define MODELS_CAPTIONER_RESULT_H

#include "models/captioner/captioner.h"
#include "models/captioner/keywords.h"
#include "models/file/model_file.h"
#include "models/search.h"

#include <stddef.h>

enum { CAPTIONER_MAX_BEAM = 64, CAPTIONER_MAX_WORDS = 64, CAPTIONER_MAX_TOP_K = 1024 };

/* What a search is asked for; TN_RANGE names what is out of range. */
TN_NODISCARD enum tn_status captioner_writing_options(const struct captioner_writing *writing,
                                                      const struct consensus *consensus,
                                                      struct search_options *ret_options,
                                                      struct tn_error *err);

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

/* The `best` first sentences for an image, in one block of memory that borrows nothing.  features
 * [4096] are its V, scaled or not, for the confidence. */
TN_NODISCARD enum tn_status captioner_result_create(const struct model_decoder *decoder,
                                                    const struct search *search, size_t image,
                                                    const float *features, size_t best,
                                                    const struct captioner_keywords *wanted,
                                                    struct captioner_result **ret_result,
                                                    struct tn_error *err);

#endif
