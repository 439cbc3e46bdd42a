/* SPDX-License-Identifier: MIT */
/*
 * A convolutional net in float32: layers in a row, made from a table.  It serves training and is
 * the truth for the quantised encoder (cnn/int8/encoder.h), which captions.
 *
 * A network is immutable.  Parameters lie in a flat theta of cnn_network_layout()->floats floats;
 * activations lie in the pass's arena.
 */
#ifndef CNN_NETWORK_H
#define CNN_NETWORK_H

#include "cnn/layer.h"
#include "tensor/safetensors.h"

enum { CNN_MAX_LAYERS = 64 };

struct cnn_network;

/* From a table of `count` rows and the shape of an input image; parameters are named
 * <prefix><layer>.weight and .bias.  The caller destroys the network.  Errors name the layer. */
TN_NODISCARD enum tn_status cnn_network_create(const struct cnn_layer_spec *specs, size_t count,
                                               struct cnn_shape in, const char *prefix,
                                               struct cnn_network **ret_network,
                                               struct tn_error *err);
void cnn_network_destroy(struct cnn_network *network);

/* Borrowed until the destroy. */
const struct tn_layout *cnn_network_layout(const struct cnn_network *network);
size_t cnn_network_count(const struct cnn_network *network);
const struct cnn_layer *cnn_network_layer(const struct cnn_network *network, size_t index);
/* The number of the layer called name, cnn_network_count() when there is none. */
size_t cnn_network_find(const struct cnn_network *network, const char *name);

/* Reads every parameter from the file (F32, F16, or int8 rows with their scale) into
 * theta[layout->floats].  Errors name the file and the tensor. */
TN_NODISCARD enum tn_status cnn_network_load(const struct cnn_network *network,
                                             const struct tn_file *file, float *theta,
                                             struct tn_error *err);

/*
 * Inference: y = the activation of layer `last`, [batch][its shape], from x, [batch][shape in].
 * The arena is left as it was found.  With a measuring arena, x, y and theta may be NULL.
 */
void cnn_network_forward(const struct cnn_network *network, const struct tn_pass *pass, size_t last,
                         float *y, const float *x, size_t batch);

/* What forward leaves for backward: borrowed from the arena until the caller releases it. */
struct cnn_tape {
    struct cnn_activation layers[CNN_MAX_LAYERS]; /* y of the last one is the result */
};

/*
 * Training: as cnn_network_forward over all layers, activations stay in the arena and are named in
 * tape.  A layer that works in place shares its y with the layer before it.
 */
void cnn_network_forward_keep(const struct cnn_network *network, const struct tn_pass *pass,
                              struct cnn_tape *tape, const float *x, size_t batch);

/*
 * dtheta += for the layers from `first` on, those before it stay as they are (0: all are trained).
 * dy is the gradient of the last activation.  dx, the gradient of layer first's input, is written
 * unless it is NULL.  The tape may be read again afterwards.
 */
void cnn_network_backward(const struct cnn_network *network, const struct tn_pass *pass,
                          const struct cnn_tape *tape, size_t first, float *dx, const float *dy);

#endif
