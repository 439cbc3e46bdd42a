/* SPDX-License-Identifier: MIT */
/*
 * A decoder's weights for inference: views of the tensors that models/decoder.h names, in the
 * mapped model file (F32, F16 or int8 rows) or in the flat theta of a training run.
 */
#ifndef MODELS_DECODER_WEIGHTS_H
#define MODELS_DECODER_WEIGHTS_H

#include "models/decoder.h"
#include "tensor/matrix.h"
#include "tensor/safetensors.h"

#include <stddef.h>

enum { DECODER_MAX_LAYERS = 8 };

struct decoder_layer_weights {
    struct tn_matrix input, hidden;        /* [gates*hidden][in] and [gates*hidden][hidden] */
    const float *input_bias, *hidden_bias; /* [gates*hidden] */
    const float *extra;                    /* [extras][hidden], NULL when the cell has none */
    const float *initial;                  /* [states][hidden], NULL without a learned start */
    const float *input_gain, *hidden_gain; /* [gates*hidden], NULL without layer normalisation */
};

/* Of models/attention.h. */
struct attention_weights {
    struct tn_matrix key, combination; /* [hidden][attention_width], [hidden][width + hidden] */
    struct tn_matrix query;            /* [hidden][hidden]; additive only, as energy [hidden] */
    const float *energy;
};

/* Everything is borrowed from the file or theta. */
struct decoder_weights {
    struct decoder_config config;
    struct tn_matrix embedding; /* [vocabulary][embedding] */
    struct tn_matrix image_hidden; /* [image_hidden][features]; unset without such units */
    const float *image_bias;       /* [image_hidden]; NULL of linear units */
    struct tn_matrix image; /* [gates*hidden][image_hidden or features]; unset without features */
    struct attention_weights attention; /* unset without */
    struct tn_matrix output;    /* [vocabulary][hidden]; of a tied decoder the embedding's */
    const float *output_bias;   /* [vocabulary] */
    struct decoder_layer_weights layers[DECODER_MAX_LAYERS];
};

/* Views of the tensors <prefix>embedding.weight ... in the file.  Errors name the file, the tensor,
 * what was expected and found. */
TN_NODISCARD enum tn_status decoder_weights_from_file(const struct tn_file *file,
                                                      const char *prefix,
                                                      const struct decoder_config *config,
                                                      struct decoder_weights *ret_weights,
                                                      struct tn_error *err);

/* Views of theta, laid out by decoder_layout() with the names after `prefix`; follows later changes
 * of theta. */
TN_NODISCARD enum tn_status decoder_weights_from_theta(const struct tn_layout *layout,
                                                       const float *theta, const char *prefix,
                                                       const struct decoder_config *config,
                                                       struct decoder_weights *ret_weights,
                                                       struct tn_error *err);

/* Makes the matrices that are multiplied with int8 rows, in memory of the arena; embeddings are
 * only looked up, and stay. */
void decoder_weights_to_int8(struct decoder_weights *weights, struct tn_arena *arena);

/* W_ih x + b_ih and W_hh h + b_hh of layer l. */
struct rnn_product decoder_input_product(const struct decoder_weights *weights, size_t l);
struct rnn_product decoder_hidden_product(const struct decoder_weights *weights, size_t l);

#endif
