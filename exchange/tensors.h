/* SPDX-License-Identifier: MIT */
/*
 * Weights in a file of another program, as named tensors.
 *
 * The file is mapped into memory and recognised by its first bytes; one reader per format
 * (exchange/format.h) names its tensors.  A tensor's numbers stay where they are until somebody
 * asks for them as floats.  Nothing in a file is executed.
 */
#ifndef EXCHANGE_TENSORS_H
#define EXCHANGE_TENSORS_H

#include "base/map.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { EXCHANGE_MAX_RANK = 8 };

enum exchange_type { EXCHANGE_F32, EXCHANGE_F64, EXCHANGE_F16, EXCHANGE_BF16, EXCHANGE_I8 };

struct exchange_tensor {
    enum exchange_type type;
    size_t rank, dims[EXCHANGE_MAX_RANK];
    size_t strides[EXCHANGE_MAX_RANK]; /* in elements */
    const unsigned char *data;         /* little-endian, at any address */
    const unsigned char *scales;       /* of an I8: a float per row of dims[0]; else NULL */
};

/* What a file says about the net beside its weights. */
enum exchange_answer { EXCHANGE_UNKNOWN, EXCHANGE_NO, EXCHANGE_YES };

struct exchange_facts {
    enum exchange_answer norm; /* whether local response normalisation follows conv1 and conv2 */
    enum exchange_answer blue_first; /* whether conv1 reads blue, green, red */
    /* That conv1 reads pixels from 0 to 255 minus this of each channel, in its order of them. */
    bool has_mean;
    float mean[3];
};

struct exchange_kept {
    void *object;
    void (*release)(void *object);
};

struct exchange_tensors {
    const char *path;   /* for messages; borrowed from the caller of exchange_read */
    const char *format; /* "PyTorch": for messages and people; static */
    struct exchange_facts facts;
    struct exchange_tensor *items;
    size_t count, capacity;
    const unsigned char *bytes; /* the whole file */
    size_t size;
    bool mapped;                /* whether bytes are this struct's to unmap */
    struct tn_map names;        /* of the items, in their order */
    struct exchange_kept *kept; /* what tensors lie in, released with them */
    size_t kept_count, kept_capacity;
};

/* Reads the names and shapes of a file's tensors.  The caller finishes ret_tensors after success,
 * and keeps path until then.  Errors name the file: TN_NOTFOUND, TN_IO, TN_NOMEM; TN_FORMAT for a
 * damaged file or none of weights; TN_UNSUPPORTED with what to do. */
TN_NODISCARD enum tn_status exchange_read(const char *path, struct exchange_tensors *ret_tensors,
                                          struct tn_error *err);
/* The same of bytes that the caller keeps until the finish; name is for messages. */
TN_NODISCARD enum tn_status exchange_read_memory(const void *bytes, size_t size, const char *name,
                                                 struct exchange_tensors *ret_tensors,
                                                 struct tn_error *err);
void exchange_finish(struct exchange_tensors *tensors);

/* NULL when there is none of that name. */
const struct exchange_tensor *exchange_find(const struct exchange_tensors *tensors,
                                            const char *name);
/* Of items[index]; borrowed. */
const char *exchange_name(const struct exchange_tensors *tensors, size_t index);
/* How many numbers it has. */
size_t exchange_count(const struct exchange_tensor *tensor);
/* out[exchange_count(tensor)] = its numbers, the last dimension fastest. */
void exchange_floats(const struct exchange_tensor *tensor, float *out);
/* "64x3x11x11", or "a number" for rank 0, cut to size. */
void exchange_shape_text(size_t rank, const size_t *dims, char *out, size_t size);

#endif
