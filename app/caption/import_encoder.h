/* SPDX-License-Identifier: MIT */
/* AlexNet's weights from elsewhere as an encoder file of ours. */
#ifndef APP_IMPORT_ENCODER_H
#define APP_IMPORT_ENCODER_H

#include "base/status.h"

#include <stdbool.h>

/* Writes the encoder file `to` from the safetensors file `from`; rgb: its conv1 reads red first.
 * Errors name the file and what it lacks: TN_NOTFOUND, TN_SHAPE, TN_RANGE for weights that are no
 * numbers, TN_IO, TN_NOMEM. */
TN_NODISCARD enum tn_status app_import_encoder(const char *from, const char *to, bool rgb,
                                               struct tn_error *err);

#endif
