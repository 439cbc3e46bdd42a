/* SPDX-License-Identifier: MIT */
/*
 * Sequence to sequence (Sutskever et al. 2014; Cho et al. 2014): a bidirectional net reads the
 * source, and its final states, both directions side by side, are what the decoder begins with.
 * With attention, each step of the decoder also looks at the encoder's outputs of all steps.
 */
#ifndef MODELS_TRANSLATOR_H
#define MODELS_TRANSLATOR_H

#include "models/decoder.h"
#include "models/reader.h"
#include "models/search.h"
#include "models/text_model.h"
#include "vocab/text_column.h"

/* What the names of the encoder's tensors begin with. */
#define TRANSLATOR_ENCODER_PREFIX TEXT_PREFIX "encoder."

struct translator {
    struct tn_layout layout; /* of both: the encoder's parameters, then the decoder's */
    struct reader encoder;   /* hidden / 2 units in each direction */
    struct decoder *decoder; /* owned; its theta is at theta + base */
    size_t base;
};

/* The caller finishes it after success.  Errors: TN_RANGE for an odd hidden, TN_NOMEM. */
TN_NODISCARD enum tn_status translator_init(struct translator *translator,
                                            const struct text_config *config, size_t sources,
                                            size_t targets, float dropout, struct tn_error *err);
void translator_finish(struct translator *translator);
void translator_init_theta(const struct translator *translator, struct tn_rng *rng, float *theta);

/* Sources, and their translations: inputs begin with VOCAB_START, targets end with VOCAB_END. */
struct translator_batch {
    struct reader_batch source;
    struct decoder_batch target; /* its states and memory are the translator's */
    float *weights;              /* receives struct attention_memory's; NULL: not wanted */
};

/* decoder_loss for the translations, given their sources; the gradient reaches the encoder. */
double translator_loss(const struct translator *translator, const struct tn_pass *pass,
                       const struct translator_batch *batch, float scale, float label_smoothing);

/* What the decoder begins with, states[decoder_state_floats(decoder, size)], from the encoder's
 * final states of `size` sources in both directions. */
void translator_join(const struct translator *translator, size_t size, float *both, float *states);

/* Views of theta for a search; follow later changes of it. */
TN_NODISCARD enum tn_status translator_weights(const struct translator *translator,
                                               const float *theta,
                                               struct decoder_weights *ret_weights,
                                               struct tn_error *err);

/* Translates every source that has a token, with the weights as int8 rows, and gives what was found
 * of each to `take` in turn: found[count], 1 to options->beam, the best first. */
typedef void translate_take_fn(void *context, size_t text, const struct search_hypothesis *found,
                               size_t count);
TN_NODISCARD enum tn_status translate_texts(const struct translator *translator, const float *theta,
                                            const struct text_column *sources,
                                            const struct search_options *options,
                                            struct tn_pool *pool, translate_take_fn *take,
                                            void *context, struct tn_error *err);

/* How much each step of a translation reads of each token of its source (models/attention.h), with
 * the weights as they are: a[count + 1][text_column_length(sources, text)], the last row is that
 * of the end token.  The translator attends, and the text has a token.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status translate_weights(const struct translator *translator,
                                              const float *theta, const struct text_column *sources,
                                              size_t text, const int *words, size_t count, float *a,
                                              struct tn_error *err);

#endif
