/* SPDX-License-Identifier: MIT */
/* The tensors of a state_dict that PyTorch pickled; both of its file formats have one. */
#ifndef EXCHANGE_TORCH_STATE_H
#define EXCHANGE_TORCH_STATE_H

#include "exchange/pickle.h"
#include "exchange/tensors.h"

/* What tensors lie in. */
struct torch_storage {
    enum exchange_type type;
    bool floats;         /* integers are passed over */
    size_t element_size; /* bytes */
    char key[64];        /* its name in the file */
    size_t elements;
};

/* What a persistent id of the pickle names.  TN_UNSUPPORTED, without the file's name. */
TN_NODISCARD enum tn_status torch_storage_get(const struct pickle *pickle,
                                              const struct pickle_value *persistent,
                                              struct torch_storage *ret_storage,
                                              struct tn_error *err);

/* Finds a storage's bytes.  Errors without the file's name. */
typedef enum tn_status torch_find_fn(void *context, const char *key,
                                     const unsigned char **ret_bytes, size_t *ret_size,
                                     struct tn_error *err);

/* Adds the tensors of the state_dict that the pickle is, or that is its member state_dict, model
 * ...; without "module." before their names, which DataParallel adds.  Errors begin with to->path.
 */
TN_NODISCARD enum tn_status torch_add_state(struct exchange_tensors *to,
                                            const struct pickle *pickle, torch_find_fn *find,
                                            void *context, struct tn_error *err);

#endif
