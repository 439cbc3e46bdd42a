/* SPDX-License-Identifier: MIT */
/* Parts of a decoder that are fitted after its training: written into a model file behind it.
 * Private to models/. */
#ifndef MODELS_MODEL_PART_H
#define MODELS_MODEL_PART_H

#include "models/file/model_keys.h"

struct model_part {
    const char *language;
    const char *ending;  /* MODEL_KEY_CALIBRATION and the like */
    const char *ends[2]; /* other parts that were fitted to the old one, and go; NULL: none */
    const struct tn_tensor *tensors; /* [count], named in full */
    size_t count;
    const char *note; /* the entry "decoder.<language><ending>" */
};

/* A tensor [rows][columns], or [rows] where columns is 0; all is borrowed. */
struct tn_tensor model_part_tensor(const char *name, enum tn_dtype dtype, size_t rows,
                                   size_t columns, const void *data);
/* A parameter of theta as it is; all is borrowed. */
struct tn_tensor model_parameter_tensor(const struct tn_parameter *parameter, const float *theta);
/* Writes a copy of the model file in which the decoder has this part in the place of any that it
 * had.  Atomic: path may be the file itself.  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status model_part_save(const char *path, const struct tn_file *file,
                                            const struct model_part *part, struct tn_error *err);

#endif
