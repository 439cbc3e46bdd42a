/* SPDX-License-Identifier: MIT */
/* A text model's file at about a quarter of its size, with its matrices as int8 rows. */
#ifndef MODELS_TEXT_PACK_H
#define MODELS_TEXT_PACK_H

#include "tensor/safetensors.h"

/* Writes the file of a text model again, its float32 matrices as int8 rows, each with a scale
 * (tn_quantise_rows); all else is copied, so a file that is packed already becomes the same bytes.
 * `about`, in one line of UTF-8, becomes what the file says that the model knows; NULL: what it
 * said.  Atomic: path may be the file itself.  Errors: TN_RANGE for a weight that is no finite
 * number, TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status text_model_pack(const struct tn_file *file, const char *about,
                                            const char *path, struct tn_error *err);

#endif
