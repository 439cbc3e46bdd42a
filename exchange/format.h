/* SPDX-License-Identifier: MIT */
/*
 * A reader of one format of weights: a file formats/exchange_<name>.c that ends in a struct
 * exchange_format_<name>, and a word in exchange/meson.build.
 */
#ifndef EXCHANGE_FORMAT_H
#define EXCHANGE_FORMAT_H

#include "exchange/exchange_formats.h"
#include "exchange/tensors.h"

struct exchange_format {
    const char *name; /* "PyTorch" */
    /* Whether a file that begins with these bytes is probably of this format.  The formats are
     * asked in the order of their list. */
    bool (*recognises)(const unsigned char *bytes, size_t size);
    /* Adds the tensors in bytes[size] of `to`, and the facts that it knows.  What it added stays on
     * failure; the caller finishes it.  Errors begin with to->path. */
    enum tn_status (*read)(struct exchange_tensors *to, struct tn_error *err);
};

/* exchange_format_safetensors, ... */
#define EXCHANGE_FORMAT_DECLARE(name) extern const struct exchange_format exchange_format_##name;
EXCHANGE_FORMATS(EXCHANGE_FORMAT_DECLARE)
#undef EXCHANGE_FORMAT_DECLARE

/* ---- For readers ---- */

/* Bytes of an element. */
size_t exchange_type_size(enum exchange_type type);

/*
 * Adds a tensor of the given name (copied), whose elements lie in data[bytes], which stays as long
 * as the tensors.  strides NULL: the last dimension is the fastest, without gaps.  The tensor is
 * returned for what else is known of it, until the next one is added.
 * TN_FORMAT, where it is larger than the bytes or has a rank above EXCHANGE_MAX_RANK, or where its
 * name exists already; TN_NOMEM.
 */
TN_NODISCARD enum tn_status exchange_add(struct exchange_tensors *to, const char *name,
                                         enum exchange_type type, size_t rank, const size_t *dims,
                                         const size_t *strides, const void *data, size_t bytes,
                                         struct exchange_tensor **ret_tensor, struct tn_error *err);

/* Hands over what tensors lie in, such as memory with `free`: it is released with them, or at once
 * on failure: TN_NOMEM. */
TN_NODISCARD enum tn_status exchange_keep(struct exchange_tensors *to, void *object,
                                          void (*release)(void *object), struct tn_error *err);

#endif
