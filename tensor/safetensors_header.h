/* SPDX-License-Identifier: MIT */
/* The checked header of a safetensors file: for tensor/safetensors*.c, and for exchange/, which
 * reads more of its types. */
#ifndef TENSOR_SAFETENSORS_HEADER_H
#define TENSOR_SAFETENSORS_HEADER_H

#include "tensor/safetensors.h"

#include <stddef.h>
#include <stdint.h>

struct json_object;

/* The types of the format, those of enum tn_dtype first; the others can be named but not used. */
struct tn_dtype_info {
    const char *name;
    size_t size; /* bytes an element */
};
extern const struct tn_dtype_info tn_dtypes[];
enum { TN_DTYPE_COUNT = TN_I64 + 1 };

struct tn_entry {
    const char *name, *dtype;       /* the header's own */
    size_t dtype_index;             /* into tn_dtypes; beyond its end for a type never heard of */
    size_t rank, dims[TN_MAX_RANK]; /* the first TN_MAX_RANK dims of a higher rank */
    uint64_t begin, end;            /* bytes from data_start */
};

struct tn_header {
    const char *path; /* for messages; borrowed */
    size_t size;      /* of the file */
    size_t data_start;
    struct json_object *root, *metadata; /* the texts belong to root; metadata may be NULL */
    struct tn_metadata *pairs;           /* [metadata_count], in the order of the file */
    struct tn_entry *entries;            /* in the order of the data */
    size_t count, metadata_count;
};

/* Parses and checks the header of the file in bytes[size].  Finished by the caller after success.
 */
TN_NODISCARD enum tn_status tn_header_init(struct tn_header *header, const unsigned char *bytes,
                                           size_t size, const char *path, struct tn_error *err);
void tn_header_finish(struct tn_header *header);

#endif
