/* SPDX-License-Identifier: MIT */
/*
 * A recurrent net that words enter, which decoder and reader share: each word's embedding, with
 * dropout in training, and the net over them.
 *
 *     x_t = scale E w_t     h = net(x)
 */
#ifndef MODELS_WORD_NET_H
#define MODELS_WORD_NET_H

#include "rnn/kernels.h"
#include "rnn/sequence.h"

/* The description; immutable after the declaration. */
struct word_net {
    struct rnn_sequence sequence;
    struct tn_span embedding; /* [vocabulary][sequence.input] */
    float deviation;          /* of the initial embeddings; see word_net_init_embedding */
    float scale;              /* of the embeddings where they enter the net */
};

/* What a pass leaves for the backward one; in the arena. */
struct word_run {
    struct rnn_packing packing;
    int *tokens;                /* [total], packed */
    float *x;                   /* [total][sequence.input], after dropout */
    struct rnn_dropout dropout; /* on x, at the rate of the sequence */
    struct rnn_run rnn;
};

/* Declares <prefix>embedding.weight. */
TN_NODISCARD enum tn_status word_net_declare_embedding(struct word_net *net, size_t vocabulary,
                                                       struct tn_layout *layout, const char *prefix,
                                                       struct tn_error *err);
/* Declares the sequence's tensors behind <prefix>rnn. and, where something enters at the first step
 * only, <prefix>image.weight for it. */
TN_NODISCARD enum tn_status word_net_declare_sequence(struct word_net *net,
                                                      struct tn_layout *layout, const char *prefix,
                                                      struct tn_error *err);

/* Initial embeddings: normal with the net's deviation, or, where that is 0, uniform within 0.1.
 * The sequence has rnn_sequence_init. */
void word_net_init_embedding(const struct word_net *net, struct tn_rng *rng, float *theta);

/* x, from the words of texts that are packed: tokens as rnn_pack_tokens takes them. */
void word_net_embed(const struct word_net *net, const struct tn_pass *pass, const int *tokens,
                    struct word_run *run);
/* Runs the sequence over x.  first and initial are those of struct rnn_inputs. */
void word_net_forward(const struct word_net *net, const struct tn_pass *pass, const float *first,
                      const float *initial, struct word_run *run);
/* dtheta += from run->rnn.dh and gradients->final; gradients->x is not the caller's. */
void word_net_backward(const struct word_net *net, const struct tn_pass *pass, struct word_run *run,
                       struct rnn_gradients gradients);

#endif
