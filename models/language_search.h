/* SPDX-License-Identifier: MIT */
/*
 * The most probable ways in which a text goes on, by beam search: at each step the `beam` most
 * probable of all that the hypotheses can become are kept.  One that has ended stays as it is, and
 * is kept while it is among them.
 *
 *     log p(y) = sum_t log p(y_t | prompt, y_1 .. y_{t-1})
 */
#ifndef MODELS_LANGUAGE_SEARCH_H
#define MODELS_LANGUAGE_SEARCH_H

#include "base/progress.h"
#include "models/language_model.h"

/* Zero-initialise to begin. */
struct language_texts {
    int *tokens;       /* [count][length], the end token not among them; owned */
    size_t *lengths;   /* [count]; owned */
    double *log_probs; /* [count]: nats, the end token's among them; owned */
    size_t count, length;
};
void language_texts_finish(struct language_texts *texts);

/* Goes on from the one text that the model has read, which was loaded for `beam` texts, by at most
 * `length` tokens.  The texts are at most `beam`, the most probable first; the caller finishes them
 * after success.  The model is then anywhere.  progress may be NULL.  Errors: TN_RANGE when no
 * token has a probability, TN_CANCELLED, TN_NOMEM. */
TN_NODISCARD enum tn_status language_model_search(struct language_model *lm, size_t beam,
                                                  size_t length,
                                                  const struct tn_progress *progress,
                                                  struct language_texts *ret_texts,
                                                  struct tn_error *err);

#endif
