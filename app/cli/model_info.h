/* SPDX-License-Identifier: MIT */
/* What a model file records about itself. */
#ifndef APP_MODEL_INFO_H
#define APP_MODEL_INFO_H

#include "tensor/safetensors.h"

#include <stdbool.h>

/* Prints the file's metadata, a line each, and how many tensors it has; with `tensors` also each
 * tensor's type and shape. */
void app_print_model_info(const struct tn_file *file, bool tensors);

#endif
