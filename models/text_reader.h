/* SPDX-License-Identifier: MIT */
/* The reader of a text model, and its answers: a text's label, or the word that is missing in it.
 */
#ifndef MODELS_TEXT_READER_H
#define MODELS_TEXT_READER_H

#include "models/choose.h"
#include "models/reader.h"
#include "models/text_model.h"
#include "vocab/text_column.h"

/* The reader of a model, behind TEXT_PREFIX. */
TN_NODISCARD enum tn_status text_reader_declare(const struct text_config *config, size_t vocabulary,
                                                size_t classes, float dropout,
                                                struct reader *reader, struct tn_layout *layout,
                                                struct tn_error *err);

/* The `top` likeliest answers of each text into choices[count][top], the best first, their
 * probabilities as `logit`; a text of no token has answers of word 0.  With places (cloze) the
 * token at places[i] is taken for the gap.  The weights are read as int8 rows, and many texts side
 * by side, which does not change the answers; pool may be NULL.  Errors: TN_RANGE for a place
 * outside of its text, and for a net that gives no answer a probability; TN_NOMEM. */
TN_NODISCARD enum tn_status reader_answer(const struct reader *reader, const float *theta,
                                          const struct text_column *texts, const size_t *places,
                                          size_t top, struct tn_pool *pool, struct choice *choices,
                                          struct tn_error *err);

#endif
