/* SPDX-License-Identifier: MIT */
/* Words that somebody does not want, as the search takes them; private to models/captioner*.c. */
#ifndef MODELS_FORBIDDEN_H
#define MODELS_FORBIDDEN_H

#include "models/captioner/captioner.h"
#include "models/file/model_file.h"
#include "models/search.h"

#include <stdbool.h>
#include <stddef.h>

struct forbidden {
    struct search_phrase *phrases; /* owned */
    size_t count;
    int *words; /* owned; of all phrases */
};

/* The forbidden words of `writing` that the decoder's captions could have; the others need none.
 * The caller finishes the result after success.  Errors: TN_RANGE when no word is left to write
 * with; TN_NOMEM. */
TN_NODISCARD enum tn_status forbidden_init(struct forbidden *forbidden,
                                           const struct model_decoder *decoder,
                                           const struct captioner_writing *writing,
                                           struct tn_error *err);
void forbidden_finish(struct forbidden *forbidden);

/* Whether a text, of words with a space between them, contains one of the phrases. */
bool forbidden_in(const char *text, const struct search_phrase *phrases, size_t count,
                  const struct vocab *vocab);

#endif
