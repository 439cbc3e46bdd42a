/* SPDX-License-Identifier: MIT */
/*
 * AlexNet from the tensors of another program's file.
 *
 * Nets differ in what they do to a photo first.  With the file's net reading
 * (pixel * scale - mean) / deviation, ours reads pixel - mean / scale, and its conv1 has the
 * weights * scale / deviation: the same sums, and zeros of padding stay zeros.
 */
#ifndef EXCHANGE_ALEXNET_IMPORT_H
#define EXCHANGE_ALEXNET_IMPORT_H

#include "cnn/alexnet.h"
#include "exchange/tensors.h"

/* How a net reads the pixels of a photo, 0 to 255; channels in its own order. */
struct exchange_reading {
    bool blue_first;
    double scale;
    double mean[3], deviation[3];
};

/* What the user says of the file; what is not said follows from the file, or is usual. */
struct exchange_claims {
    enum exchange_answer norm, blue_first;
    double scale; /* 0: not said */
    double mean[3], deviation[3];
    bool has_mean, has_deviation;
};

struct exchange_alexnet {
    struct alexnet net;
    struct exchange_reading reading; /* the file's; ours follows from net */
    struct cnn_network *network;
    float *theta; /* ours */
};

/* The caller finishes it after success.  Errors name the file and the tensor: TN_NOTFOUND,
 * TN_SHAPE, TN_RANGE for numbers or claims that no net has, TN_NOMEM. */
TN_NODISCARD enum tn_status exchange_alexnet_make(const struct exchange_tensors *tensors,
                                                  const struct exchange_claims *claims,
                                                  struct exchange_alexnet *ret_alexnet,
                                                  struct tn_error *err);
void exchange_alexnet_finish(struct exchange_alexnet *alexnet);

/* x [3][227][227] for our net of what the file's reads, input [3][side][side] with the side
 * alexnet_photo_side. */
void exchange_alexnet_input(const struct exchange_alexnet *alexnet, const float *input, float *x);
/* The same of pixels [3][side][side] from 0 to 255, red first. */
void exchange_alexnet_pixels(const struct exchange_alexnet *alexnet, const float *pixels, float *x);

#endif
