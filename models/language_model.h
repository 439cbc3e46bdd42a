/* SPDX-License-Identifier: MIT */
/*
 * A language model in use: it reads a text, and lists or draws what comes next.  Several texts may
 * go on from what was read, side by side; each is what it would be alone.
 */
#ifndef MODELS_LANGUAGE_MODEL_H
#define MODELS_LANGUAGE_MODEL_H

#include "base/pool.h"
#include "models/choose.h"
#include "models/decoder_step.h"
#include "models/text_model.h"
#include "vocab/text_column.h"

/* The decoder that a language model is, behind TEXT_PREFIX; without dropout. */
struct decoder_config language_model_decoder(const struct text_config *config, size_t vocabulary);

/* The token behind which a text begins: a newline, where the vocabulary has one, since that is what
 * a model knows before a line; otherwise VOCAB_START. */
int language_model_first(const struct text_config *config, const struct vocab *vocab);

struct language_model {
    struct text_model model;
    struct decoder_weights weights; /* views of the file, or int8 rows in the arena */
    struct decoder_step step;
    struct decoder_work work;
    struct tn_arena arena;
    size_t texts;  /* that are side by side now */
    float *logits; /* [texts][vocabulary] of the next tokens; -infinity for those that are none */
    float *weight; /* [vocabulary], scratch of a draw, as are the choices */
    struct choice *choices; /* [vocabulary] */
};

/* What a model is loaded for. */
struct language_model_use {
    size_t texts; /* the most that are side by side */
    bool exact;   /* weights as they are in the file, not as int8 rows: slower, and more precise */
    struct tn_pool *pool; /* borrowed; may be NULL */
};

/* Loads a model of the task lm, at the beginning of one text.  The caller finishes the model after
 * success. */
TN_NODISCARD enum tn_status language_model_load(struct language_model *lm, const char *path,
                                                const struct language_model_use *use,
                                                struct tn_error *err);
void language_model_finish(struct language_model *lm);

/* Goes back to the beginning of one text. */
void language_model_restart(struct language_model *lm);
/* Reads a text, while there is one; TN_FORMAT when it is not what the model's unit reads. */
TN_NODISCARD enum tn_status language_model_read(struct language_model *lm, const char *text,
                                                size_t length, struct tn_error *err);
/* The one text becomes `texts` that begin alike. */
void language_model_fork(struct language_model *lm, size_t texts);
/* Text i of `texts` goes on from the text parents[i] of before (NULL: from text i), with
 * tokens[i]. */
void language_model_branch(struct language_model *lm, size_t texts, const int *tokens,
                           const int *parents);
/* Each of the texts has one more token, tokens[texts]. */
void language_model_feed(struct language_model *lm, const int *tokens);

/* The k likeliest next tokens of a text into choices[k], the best first, their natural
 * log-probabilities as `logit`; *ret_count: how many.  TN_RANGE when none has a probability, as
 * with weights that are no numbers. */
TN_NODISCARD enum tn_status language_model_likeliest(const struct language_model *lm, size_t text,
                                                     size_t k, struct choice *choices,
                                                     size_t *ret_count, struct tn_error *err);
/*
 * The natural log-probability of every token of texts, behind those before it in its text, into
 * log_probs[texts->total]: the softmax over the whole vocabulary, the unknown token being one of
 * it, as a training's.  The first token stands where a text begins; an end is one only where the
 * texts have it.  The texts, any number of them, are read as many side by side as the model was
 * loaded for, and each is what it would be alone.  Afterwards the model is at the beginning of one
 * text.  TN_RANGE as above.
 */
TN_NODISCARD enum tn_status language_model_score(struct language_model *lm,
                                                 const struct text_column *texts, float *log_probs,
                                                 struct tn_error *err);
/* Draws the next token of a text.  TN_RANGE as above. */
TN_NODISCARD enum tn_status language_model_draw(struct language_model *lm, size_t text,
                                                const struct choose_rule *rule, struct tn_rng *rng,
                                                int *ret_token, struct tn_error *err);

#endif
