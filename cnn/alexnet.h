/* SPDX-License-Identifier: MIT */
/*
 * AlexNet (Krizhevsky, Sutskever, Hinton 2012), from a photo of 227x227 to V, the 4096 numbers of
 * fc7 after its ReLU.  There are two nets of that name:
 *
 *     bvlc          Caffe's reference model: 96 to 384 channels, two groups; the shipped encoder's
 *     torchvision   64 to 384 channels, no groups (Krizhevsky 2014), of photos of 224x224
 *
 * Both reduce a photo to the same sizes: torchvision's conv1 pads 224 pixels with two of zero, of
 * which it reads two before the photo and one behind it.  So in 227x227 its photo lies within a
 * border: the outermost pixels of ours are not read.
 */
#ifndef CNN_ALEXNET_H
#define CNN_ALEXNET_H

#include "cnn/network.h"

#include <stdbool.h>

enum { ALEXNET_SIDE = 227, ALEXNET_FEATURES = 4096 };

enum alexnet_kind { ALEXNET_BVLC, ALEXNET_TORCHVISION, ALEXNET_KINDS };

struct alexnet {
    enum alexnet_kind kind;
    bool norm;     /* whether local response normalisation follows conv1 and conv2 */
    float mean[3]; /* what is subtracted from each channel: blue, green, red */
};

/* As published: with norm and the mean 104, 117, 123; without, and the mean of ImageNet. */
extern const struct alexnet alexnet_published[ALEXNET_KINDS];
/* That of BVLC's. */
extern const float alexnet_mean[3];

/* The layers of a kind from conv1 to drop7, those of norms included; ops NULL ends the table. */
const struct cnn_layer_spec *alexnet_kind_layers(enum alexnet_kind kind);
/* Those of BVLC's. */
extern const struct cnn_layer_spec alexnet_layers[];

/* The network; its layers are conv1, relu1, norm1, pool1 ... fc7, relu7, drop7.  dropout is the
 * rate after fc6 and fc7 while training.  The caller destroys it. */
TN_NODISCARD enum tn_status alexnet_create_as(const struct alexnet *net, const char *prefix,
                                              float dropout, struct cnn_network **ret_network,
                                              struct tn_error *err);
/* BVLC's. */
TN_NODISCARD enum tn_status alexnet_create(const char *prefix, float dropout,
                                           struct cnn_network **ret_network, struct tn_error *err);

/* The same with more to choose. */
struct alexnet_part {
    bool behind_pool5;        /* only these layers, from fc6 on */
    float dropout6, dropout7; /* rates after fc6 and fc7 while training */
};
TN_NODISCARD enum tn_status alexnet_create_part(const struct alexnet *net, const char *prefix,
                                                const struct alexnet_part *part,
                                                struct cnn_network **ret_network,
                                                struct tn_error *err);

/* One photo as the net reads it: x [3][227][227], blue, green, red, minus the mean, zero in the
 * border; rgb is [227][227][3] as image_resize makes it. */
void alexnet_input_as(const struct alexnet *net, float *x, const unsigned char *rgb);
/* BVLC's. */
void alexnet_input(float *x, const unsigned char *rgb);

/* The rows, and columns, of the border before the photo, and the side of what is within it: 0 and
 * 227, or 2 and 224. */
size_t alexnet_border_before(const struct alexnet *net);
size_t alexnet_photo_side(const struct alexnet *net);
/* Zeros in the border of x [3][227][227]. */
void alexnet_clear_border(const struct alexnet *net, float *x);
/* Whether there is a border: of pixels[227][227][3] = rgb it then gets the colour of the mean, in
 * whole numbers; else nothing is written. */
bool alexnet_border_pixels(const struct alexnet *net, unsigned char *pixels,
                           const unsigned char *rgb);

/* The metadata's key that an encoder of ours has, unless it is BVLC's as published. */
#define ALEXNET_KEY_KIND "encoder.layers"

/* Which net an encoder's or model's file has, by its metadata (docs/format.md); BVLC's where there
 * is none.  TN_VERSION for a net that this version does not know, TN_FORMAT. */
TN_NODISCARD enum tn_status alexnet_of_file(const struct tn_file *file, struct alexnet *ret_net,
                                            struct tn_error *err);

/* The same as metadata.  Returns how many entries of metadata[ALEXNET_ENTRIES] it has set, none for
 * BVLC's as published; their values are in texts. */
enum { ALEXNET_ENTRIES = 3, ALEXNET_TEXT_SIZE = 64 };
size_t alexnet_metadata(const struct alexnet *net, struct tn_metadata metadata[ALEXNET_ENTRIES],
                        char texts[ALEXNET_ENTRIES][ALEXNET_TEXT_SIZE]);

#endif
