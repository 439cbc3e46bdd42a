/* SPDX-License-Identifier: MIT */
/* A language model in use: it reads a text, and lists or draws what comes next. */
#ifndef MODELS_LANGUAGE_MODEL_H
#define MODELS_LANGUAGE_MODEL_H

#include "base/pool.h"
#include "models/choose.h"
#include "models/decoder_step.h"
#include "models/text_model.h"

/* The decoder that a language model is, behind TEXT_PREFIX; without dropout. */
struct decoder_config language_model_decoder(const struct text_config *config, size_t vocabulary);

struct language_model {
    struct text_model model;
    struct decoder_weights weights; /* views of the file */
    struct decoder_step step;
    struct tn_arena arena;
    float *logits; /* [vocabulary] of the next token; -infinity for those that are none */
};

/* Loads a model of the task lm, at a text's beginning.  pool (may be NULL) is borrowed.  The caller
 * finishes the model after success. */
TN_NODISCARD enum tn_status language_model_load(struct language_model *lm, const char *path,
                                                struct tn_pool *pool, struct tn_error *err);
void language_model_finish(struct language_model *lm);

/* One more token has been read. */
void language_model_feed(struct language_model *lm, int token);
/* Reads a text; TN_FORMAT when it is not what the model's unit reads. */
TN_NODISCARD enum tn_status language_model_read(struct language_model *lm, const char *text,
                                                size_t length, struct tn_error *err);
/* The k likeliest next tokens into choices[k], the best first, their natural log-probabilities as
 * `logit`; *ret_count: how many.  TN_RANGE when none has a probability, as with weights that are no
 * numbers. */
TN_NODISCARD enum tn_status language_model_likeliest(const struct language_model *lm, size_t k,
                                                     struct choice *choices, size_t *ret_count,
                                                     struct tn_error *err);
/* Draws the next token from p^(1/temperature), of the top_k likeliest (0: of all), for which
 * choices[top_k] is scratch.  TN_RANGE as above. */
TN_NODISCARD enum tn_status language_model_draw(const struct language_model *lm, float temperature,
                                                size_t top_k, struct choice *choices,
                                                struct tn_rng *rng, int *ret_token,
                                                struct tn_error *err);

#endif
