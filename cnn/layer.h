/* SPDX-License-Identifier: MIT */
/*
 * What every kind of layer of a convolutional net is: an immutable description and a const struct
 * of functions.  Activations are float32 NCHW, [batch][channels][height][width].
 *
 * To add a kind: a file layer_<kind>.c that ends in `const struct cnn_layer_ops cnn_layer_<kind>`,
 * and the word in cnn/meson.build.  The table below, the tests and the networks then know it.
 */
#ifndef CNN_LAYER_H
#define CNN_LAYER_H

#include "cnn/cnn_layers.h"
#include "tensor/layout.h"
#include "tensor/pass.h"

#include <stdbool.h>
#include <stddef.h>

struct cnn_layer_ops;

struct cnn_shape { /* of one image's activation */
    size_t channels, height, width;
};

/* One row of a network's table.  Which fields a kind reads stands beside them; others are 0. */
struct cnn_layer_spec {
    const struct cnn_layer_ops *ops;
    const char *name;     /* "conv1"; prefix of its parameters' names; must outlive the network */
    size_t outputs;       /* conv, dense: channels out */
    size_t kernel;        /* conv, maxpool: side of the window; lrn: channels in the sum, odd */
    size_t stride;        /* conv, maxpool */
    size_t pad;           /* conv: zeros on each side */
    size_t groups;        /* conv: divides the channels in and out */
    float alpha, beta, k; /* lrn */
    float rate;           /* dropout: the share of elements dropped, in [0, 1) */
};

struct cnn_layer {
    struct cnn_layer_spec spec;
    struct cnn_shape in, out;
    struct tn_span weight, bias; /* empty for kinds without parameters */
};

/* What goes through a layer, for a batch of images. */
struct cnn_activation {
    size_t batch;
    const float *x; /* [batch][in] */
    float *y;       /* [batch][out] */
    float *kept;    /* for backward, besides x and y; NULL: inference, or the layer keeps none */
};

struct cnn_layer_ops {
    const char *name;
    /* backward reads y; a layer that overwrites its input may not follow */
    bool reads_y;
    /* forward may run with y == x; backward does not read x */
    bool in_place;

    /* Checks the spec and gives the shape out.  TN_RANGE or TN_SHAPE where it does not fit.  NULL:
     * the shape in. */
    enum tn_status (*shape)(const struct cnn_layer_spec *spec, struct cnn_shape in,
                            struct cnn_shape *ret_out, struct tn_error *err);
    /* Adds the parameters <prefix><name>.weight and .bias.  NULL: there are none. */
    enum tn_status (*declare)(struct cnn_layer *layer, struct tn_layout *layout, const char *prefix,
                              struct tn_error *err);
    /* How many floats forward keeps for backward besides x and y.  NULL: none. */
    size_t (*kept)(const struct cnn_layer *layer, size_t batch);
    /* y = f(x), and kept.  The pass's arena is left as it was found. */
    void (*forward)(const struct cnn_layer *layer, const struct tn_pass *pass,
                    const struct cnn_activation *a);
    /* dtheta +=, dx = (dx NULL: not wanted), from what forward left. */
    void (*backward)(const struct cnn_layer *layer, const struct tn_pass *pass,
                     const struct cnn_activation *a, float *dx, const float *dy);
};

/* The kinds: cnn_layer_conv, cnn_layer_dense, cnn_layer_dropout, ... */
#define CNN_LAYER_DECLARE(kind) extern const struct cnn_layer_ops cnn_layer_##kind;
CNN_LAYER_LIST(CNN_LAYER_DECLARE)
#undef CNN_LAYER_DECLARE

/* All of them, in order of their names; NULL ends the list. */
extern const struct cnn_layer_ops *const cnn_layer_kinds[];

/* Makes the caller's layer from its spec: checks it, works out shapes, declares parameters. */
TN_NODISCARD enum tn_status cnn_layer_init(struct cnn_layer *layer,
                                           const struct cnn_layer_spec *spec, struct cnn_shape in,
                                           struct tn_layout *layout, const char *prefix,
                                           struct tn_error *err);

/* Floats of one image's activation. */
size_t cnn_shape_floats(struct cnn_shape shape);

/* For kinds: adds a parameter <prefix><layer name><suffix>. */
TN_NODISCARD enum tn_status cnn_layer_declare(const struct cnn_layer *layer,
                                              struct tn_layout *layout, const char *prefix,
                                              const char *suffix, size_t rank, const size_t *dims,
                                              struct tn_span *ret_span, struct tn_error *err);

#endif
