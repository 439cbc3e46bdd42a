/* SPDX-License-Identifier: MIT */
/*
 * The nets of a model as ONNX models (docs/weights.md has their inputs and outputs):
 *
 *     encoder         pixels -> V
 *     decoder-first   V -> log-probabilities of the first word, state
 *     decoder-next    words, state -> log-probabilities of the next word, state
 */
#ifndef EXCHANGE_ONNX_NETS_H
#define EXCHANGE_ONNX_NETS_H

#include "cnn/alexnet.h"
#include "exchange/onnx_graph.h"
#include "models/decoder_input.h"
#include "models/file/decoder_weights.h"

#include <stdbool.h>

/* V from theta, which stays until the graph is saved; mirrored: the mean over both views. */
void onnx_add_encoder(struct onnx_graph *graph, const struct alexnet *net,
                      const struct cnn_network *network, const float *theta, bool mirrored);

/* A step of a decoder: the first, or another. TN_UNSUPPORTED for a cell whose equations are not in
 * exchange/onnx_cells.c. */
TN_NODISCARD enum tn_status onnx_add_decoder(struct onnx_graph *graph,
                                             const struct decoder_weights *weights,
                                             const struct decoder_input *input, bool first,
                                             struct tn_error *err);

#endif
