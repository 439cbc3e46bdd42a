/* SPDX-License-Identifier: MIT */
/*
 * The kernels of the int8 encoder, one set per instruction set as in tensor/kernels/kernels.h.  All
 * sets give the same bits: the products are exact integers, and each float step is one rounded
 * operation in a fixed order (no fused multiply-add).
 *
 * Activations are integers 0..255 in elements of 1 or 2 bytes, channels last.  Products run over
 * units of 4 bytes: 4 elements for VNNI, which multiplies bytes, 2 for the others.
 */
#ifndef CNN_INT8_KERNELS_H
#define CNN_INT8_KERNELS_H

#include <stddef.h>

enum {
    CNN_BLOCK = 32,                 /* output channels that are computed together */
    CNN_UNIT_BYTES = 4 * CNN_BLOCK, /* packed weights of one unit for a block */
    CNN_LRN_WINDOW = 5,
    CNN_LRN_MAX_CHANNELS = 512
};

/*
 * What one output pixel reads: from `rows` rows of the input, `columns` times `units` units; then
 * 4 elements from each of `tail_rows` rows of tails.  conv1 has tails: a row of its patch has 33
 * bytes, 32 and one that would waste a unit, and a tail has that byte of four rows.
 */
struct cnn_patch {
    size_t rows;       /* the kernel's height, less its rows that would read only padding */
    size_t row_stride; /* bytes of an input row */
    size_t columns;    /* the kernel's width; 1 where a column is no whole units */
    size_t units;      /* of a column */
    size_t pad;        /* columns of zeros before and after an input row */
    size_t step;       /* bytes from a pixel's patch to its right neighbour's */
    size_t tail_rows;
    const unsigned char *tails; /* [tail_rows][pixels][4] elements */
};

struct cnn_int8_kernels {
    size_t element; /* bytes of an activation, 1 or 2 */

    /* Packs q[CNN_BLOCK][count] (count a multiple of 4) into count / (4 / element) units. */
    void (*pack)(void *packed, const signed char *q, size_t count);

    /* One row of `pixels` output pixels, one block of channels:
     * y[p * y_stride + c] = max(0, sum * (x_scale * scale[c]) + bias[c]). */
    void (*conv)(float *y, size_t y_stride, const unsigned char *x, const struct cnn_patch *patch,
                 size_t pixels, const void *packed, float x_scale, const float *scale,
                 const float *bias);

    /* Bytes to elements. */
    void (*widen)(void *q, const unsigned char *x, size_t count);

    /* q[p * q_stride + c] = x[p * x_stride + c] * factor, rounded; strides in elements. */
    void (*quantise)(void *q, size_t q_stride, const float *x, size_t x_stride, size_t pixels,
                     size_t channels, float factor);

    /* The largest of x[count] and 0. */
    float (*max)(const float *x, size_t count);

    /* The two halves of max pooling 3x3, stride 2.  Channels are whole multiples of 16.
     * across: x[2 pixels + 1][channels], a row, to y[pixels][channels].
     * down: y[count] = the largest of three such rows. */
    void (*across)(float *y, const float *x, size_t pixels, size_t channels);
    void (*down)(float *y, const float *const rows[3], size_t count);

    /* across, of x after local response normalisation (Krizhevsky 2012, 3.3):
     * x / (1 + alpha/5 sum of squares of 5 channels)^0.75, alpha 1e-4, within 1e-6.  x is not
     * negative and below 1e18.  y has room for one pixel more, which is overwritten. */
    void (*lrn_across)(float *y, const float *x, size_t pixels, size_t channels);
};

/* The kernels of tn_kernels_at(index); NULL after the last set that this processor runs.  For
 * tests. */
const struct cnn_int8_kernels *cnn_int8_kernels_at(size_t index);

/* The fastest of them. */
const struct cnn_int8_kernels *cnn_int8_kernels_best(void);

#endif
