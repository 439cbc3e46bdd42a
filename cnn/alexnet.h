/* SPDX-License-Identifier: MIT */
/*
 * AlexNet (Krizhevsky, Sutskever, Hinton 2012) as BVLC's reference model defines it, from a photo
 * of 227x227 to V, the 4096 numbers of fc7 after its ReLU.
 */
#ifndef CNN_ALEXNET_H
#define CNN_ALEXNET_H

#include "cnn/network.h"

enum { ALEXNET_SIDE = 227, ALEXNET_FEATURES = 4096 };

/* The layers from conv1 to drop7; ops NULL ends the table. */
extern const struct cnn_layer_spec alexnet_layers[];

/* What is subtracted from each channel, in the net's order blue, green, red. */
extern const float alexnet_mean[3];

/* The network; its layers are conv1, relu1, norm1, pool1 ... fc7, relu7, drop7.  dropout is the
 * rate after fc6 and fc7 while training.  The caller destroys it. */
TN_NODISCARD enum tn_status alexnet_create(const char *prefix, float dropout,
                                           struct cnn_network **ret_network, struct tn_error *err);

/* One photo as the net reads it: x [3][227][227], blue, green, red, minus the mean; rgb is
 * [227][227][3] as image_resize makes it. */
void alexnet_input(float *x, const unsigned char *rgb);

#endif
