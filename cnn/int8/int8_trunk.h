/* SPDX-License-Identifier: MIT */
/*
 * The convolutional part of the int8 encoder: conv1 to pool5 of one photo.
 *
 * Pixels are 8 bits as they come and conv1 works on them directly, the mean folded into its bias.
 * Each later layer reads its input, which is never negative, as 8 bits with one scale per photo.
 */
#ifndef CNN_INT8_TRUNK_H
#define CNN_INT8_TRUNK_H

#include "base/arena.h"
#include "base/pool.h"
#include "cnn/alexnet.h"
#include "cnn/int8/int8_kernels.h"
#include "tensor/safetensors.h"

#include <stdbool.h>

enum {
    CNN_CONVS = 5,
    CNN_TAILS = 3, /* rows of tails that conv1's 11 rows need */
    CNN_POOL5_CHANNELS = 256,
    CNN_POOL5_SIDE = 6,
    CNN_POOL5 = CNN_POOL5_CHANNELS * CNN_POOL5_SIDE * CNN_POOL5_SIDE
};

/* One of AlexNet's convolutions, as the loops need it. */
struct cnn_conv_shape {
    const char *name;
    size_t channels, groups; /* input channels of a group; groups */
    size_t out;              /* output channels of all groups */
    size_t kernel, stride, pad;
    size_t side, out_side; /* input without padding, output */
    bool normed, pooled;   /* LRN follows; pool 3/2 does, before another convolution */
};

struct cnn_int8_conv {
    struct cnn_conv_shape shape;
    struct cnn_patch patch;
    size_t plane;          /* bytes of one group's padded input */
    size_t row_bytes;      /* packed weights of a row of a block's kernel */
    size_t block_bytes;    /* and of a block */
    unsigned char *packed; /* [out / CNN_BLOCK] blocks */
    float *scale, *bias;   /* [out] */
};

struct cnn_int8_trunk {
    struct alexnet net;
    const struct cnn_int8_kernels *kernels;
    struct cnn_int8_conv convs[CNN_CONVS];
    struct tn_arena weights;
};

/* The buffers of one photo on its way. */
struct cnn_int8_slot {
    unsigned char *inputs[CNN_CONVS]; /* quantised, padded with zeros; the photo's in elements */
    unsigned char *photo;             /* the pixels with a border, where the net has one */
    unsigned char *tails;             /* conv1's */
    float *map;                       /* a layer's output [side][side][channels] */
    float x_scale;                    /* of the present input */
};

/* The buffers of one thread: a row of a layer that is pooled, and three that are pooled across. */
struct cnn_int8_rows {
    float *made, *across[3];
};

/* From AlexNet's table.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status cnn_int8_shapes(const struct alexnet *net,
                                            struct cnn_conv_shape ret_shapes[CNN_CONVS],
                                            struct tn_error *err);

/* Reads and packs the weights (int8_weights.c); finish frees them. */
TN_NODISCARD enum tn_status cnn_int8_trunk_init(struct cnn_int8_trunk *trunk,
                                                const struct cnn_int8_kernels *kernels,
                                                const struct tn_file *file, struct tn_pool *pool,
                                                struct tn_error *err);
void cnn_int8_trunk_finish(struct cnn_int8_trunk *trunk);

/* Takes a slot's buffers, and a thread's rows, from a measuring or fresh (zeroed) arena. */
void cnn_int8_slot_take(const struct cnn_int8_trunk *trunk, struct tn_arena *arena,
                        struct cnn_int8_slot *ret_slot);
void cnn_int8_rows_take(const struct cnn_int8_trunk *trunk, struct tn_arena *arena,
                        struct cnn_int8_rows *ret_rows);

/* rgb[227][227][3] -> pool5[256][6][6].  The pool's threads share the photo's work, cut in `parts`
 * where a cut costs (1 inside a task); rows[thread] are the threads' rows. */
void cnn_int8_trunk_run(const struct cnn_int8_trunk *trunk, struct tn_pool *pool, size_t parts,
                        struct cnn_int8_slot *slot, struct cnn_int8_rows *rows,
                        const unsigned char *rgb, float *pool5);

#endif
