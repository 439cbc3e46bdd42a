/* SPDX-License-Identifier: MIT */
/*
 * The weights in an ONNX graph, and what they are for.  Exporters call them as they like, so in a
 * net of five convolutions and two or more dense layers they are called by their places:
 * conv1.weight to conv5.bias, fc6.weight and so on.
 */
#ifndef EXCHANGE_ONNX_WEIGHTS_H
#define EXCHANGE_ONNX_WEIGHTS_H

#include "base/map.h"
#include "base/status.h"
#include "exchange/onnx.pb-c.h"

#include <stdbool.h>
#include <stddef.h>

struct onnx_weight {
    const OnnxTensor *tensor; /* the message's */
    const char *name;         /* in the graph */
    char role[16];            /* "conv1.weight"; "" where it is not known */
    bool turned;              /* a dense layer's [in][out], not [out][in] */
};

struct onnx_weights {
    struct onnx_weight *items; /* owned */
    size_t count, capacity;
    bool norm;            /* there is local response normalisation, */
    bool norm_later;      /* but only behind the first pooling */
    struct tn_map values; /* of the graph that are weights; which ones */
};

/* The graph stays as long as the weights.  The caller finishes them in every case; they begin
 * zeroed.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status onnx_weights_collect(struct onnx_weights *weights,
                                                 const OnnxGraph *graph, struct tn_error *err);
void onnx_weights_finish(struct onnx_weights *weights);

#endif
