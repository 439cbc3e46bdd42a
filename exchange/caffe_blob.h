/* SPDX-License-Identifier: MIT */
/* Caffe's arrays: in the weights of a net, and in the mean of its photos (exchange/mean_file.h). */
#ifndef EXCHANGE_CAFFE_BLOB_H
#define EXCHANGE_CAFFE_BLOB_H

#include "exchange/caffe.pb-c.h"
#include "exchange/tensors.h"

#include <stdbool.h>
#include <stddef.h>

struct caffe_blob {
    enum exchange_type type;
    size_t rank, dims[EXCHANGE_MAX_RANK];
    const void *data; /* the message's */
    size_t bytes;
};

/* Older blobs have four dimensions, of which the first are often 1: those are left out, down to
 * `rank` of them.  false: a shape that cannot be. */
bool caffe_blob_look(const CaffeBlob *message, size_t rank, struct caffe_blob *ret_blob);

#endif
