/* SPDX-License-Identifier: MIT */
/*
 * The layout of a model's parameters: an ordered list of named spans in one flat float array theta.
 * Gradients and optimiser moments are parallel arrays of the same length, so an update, a clip or a
 * checkpoint is one loop.  Layers remember their spans and never own parameters.
 */
#ifndef TENSOR_LAYOUT_H
#define TENSOR_LAYOUT_H

#include "base/status.h"

#include <stddef.h>

enum { TN_MAX_RANK = 4, TN_NAME_SIZE = 96 };

struct tn_span {
    size_t offset, count; /* floats in theta */
};

struct tn_parameter {
    char name[TN_NAME_SIZE]; /* as in the model file: "decoder.en.rnn.weight_ih_l0" */
    size_t rank, dims[TN_MAX_RANK];
    struct tn_span span;
};

struct tn_layout {
    struct tn_parameter *parameters; /* owned */
    size_t count, capacity;
    size_t floats; /* the length of theta */
};

/* Zero-initialise a layout to begin; finish frees it. */
void tn_layout_finish(struct tn_layout *layout);

/* Appends a parameter [dims[0]]..[dims[rank - 1]]; its span starts at a 16-float boundary (the gap
 * is zero for ever).  Two parameters of one name are our bug (assert). */
TN_NODISCARD enum tn_status tn_layout_add(struct tn_layout *layout, const char *name, size_t rank,
                                          const size_t *dims, struct tn_span *ret_span,
                                          struct tn_error *err);
/* The same for the name <prefix><name>; also TN_RANGE when that is too long. */
TN_NODISCARD enum tn_status tn_layout_add_behind(struct tn_layout *layout, const char *prefix,
                                                 const char *name, size_t rank, const size_t *dims,
                                                 struct tn_span *ret_span, struct tn_error *err);

/* Adds all parameters of another layout; those of the other lie at its offsets + layout->floats as
 * it was before. */
TN_NODISCARD enum tn_status tn_layout_append(struct tn_layout *layout,
                                             const struct tn_layout *other, struct tn_error *err);

/* Borrowed until the next add; NULL when there is none of that name. */
const struct tn_parameter *tn_layout_find(const struct tn_layout *layout, const char *name);

#endif
