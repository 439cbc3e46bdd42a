/* SPDX-License-Identifier: MIT */
/*
 * Attention: at each step a decoder looks at all that an encoder said of the source, and reads most
 * where it fits best.  Of the h_t that the recurrent net gives, and the encoder's output g_s at
 * each step s of the source:
 *
 *     k_s  = W_k g_s                                  the keys, once a source
 *     e_ts = h_t . k_s                                general (Luong et al. 2015, their W_a = W_k)
 *            v . tanh(W_q h_t + k_s)                  additive (Bahdanau et al. 2015)
 *     a_ts = exp(e_ts) / sum_s' exp(e_ts')            the weights, over the steps of this source
 *     c_t  = sum_s a_ts g_s                           the context
 *     h~_t = tanh(W_c [c_t, h_t])                     what the output layer reads in h_t's place
 *
 * Both scores stand where Luong et al. put theirs: behind the recurrent step.  The context does not
 * enter the next state, as it does in Bahdanau et al., whose score is by the state before.  So the
 * net unrolls as it does without, and all steps are a few products.  Neither has biases.
 *
 * A source has the steps that it has: those of longer ones in the batch get no weight.
 */
#ifndef MODELS_ATTENTION_H
#define MODELS_ATTENTION_H

#include "rnn/packing.h"
#include "tensor/layout.h"
#include "tensor/pass.h"

#include <stddef.h>

enum attention_score { ATTENTION_NONE, ATTENTION_GENERAL, ATTENTION_ADDITIVE };
/* "none", "general", "additive", NULL */
extern const char *const attention_names[];

/* The description; immutable after the declaration. */
struct attention {
    enum attention_score score;
    size_t hidden, width;       /* numbers of h_t and of a key; and of g_s */
    struct tn_span key;         /* W_k [hidden][width] */
    struct tn_span query;       /* W_q [hidden][hidden]; additive only, as v */
    struct tn_span energy;      /* v [hidden] */
    struct tn_span combination; /* W_c [hidden][width + hidden] */
};

/* Declares <prefix>attention.key.weight, attention.query.weight, attention.energy.weight and
 * attention.combination.weight; the caller has filled score, hidden and width. */
TN_NODISCARD enum tn_status attention_declare(struct attention *attention, struct tn_layout *layout,
                                              const char *prefix, struct tn_error *err);
/* Initial values of its parameters: uniform within sqrt(6 / (rows + columns)), which suits tanh
 * (Glorot and Bengio 2010). */
void attention_init(const struct attention *attention, struct tn_rng *rng, float *theta);

/* What an encoder says of the sources of a batch. */
struct attention_memory {
    const struct rnn_packing *packing; /* of the sources, in the order of the batch */
    const float *values;               /* g: [total] packed rows of stride ld */
    size_t ld;
    float *dvalues; /* training: receives the gradient (+=), rows of stride ld */
    float *weights; /* receives a, as struct attention_sources has them; NULL: not wanted */
};

/* The sources as the steps of a decoder look at them. */
struct attention_sources {
    const struct attention_memory *memory;
    size_t *places; /* [batch]: which row of the packing's first step is the text's */
    float *keys;    /* [total][hidden] */
    float *weights; /* a: [rows of the decoder][memory->packing->steps] */
};

/* Takes places, keys and, where memory has none, weights for `rows` from the arena; fills places.
 * The keys are the caller's to compute. */
void attention_sources_take(struct attention_sources *sources, size_t hidden,
                            const struct attention_memory *memory, size_t rows,
                            struct tn_arena *arena);

/* What a look needs to know. */
struct attention_view {
    enum attention_score score;
    size_t hidden, width;
    const float *energy; /* v; additive */
    const struct attention_sources *sources;
};

/* One step of one text, in the caller's order of texts: its weights a_t and context c_t[width] from
 * query[hidden], which is h_t (general) or W_q h_t (additive).  scratch[hidden] is the thread's. */
void attention_look(const struct attention_view *view, size_t text, const float *query, float *a,
                    float *context, float *scratch);

/* What a forward pass leaves: arrays in the arena. */
struct attention_run {
    const struct rnn_packing *packing; /* of the decoder's steps */
    const float *h;                    /* [total] rows of stride ldh */
    size_t ldh;
    struct attention_sources sources;
    float *query;    /* W_q h: [total][hidden]; NULL where it is h */
    float *joined;   /* [c, h]: [total][width + hidden] */
    float *attended; /* h~: [total][hidden] */
    float *scratch;  /* [threads][hidden] */
};

/* All steps of a batch, of h in packed rows.  All must outlive the run. */
void attention_forward(const struct attention *attention, const struct tn_pass *pass,
                       const struct rnn_packing *packing, const float *h, size_t ldh,
                       const struct attention_memory *memory, struct attention_run *run);

/* From dattended = dE/dh~, [total][hidden], which is used up: dtheta +=, the memory's dvalues +=,
 * and dh +=, rows of stride ldh. */
void attention_backward(const struct attention *attention, const struct tn_pass *pass,
                        const struct attention_run *run, float *dattended, float *dh);

#endif
