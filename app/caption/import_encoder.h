/* SPDX-License-Identifier: MIT */
/* AlexNet's weights from elsewhere as an encoder file of ours. */
#ifndef APP_IMPORT_ENCODER_H
#define APP_IMPORT_ENCODER_H

#include "exchange/alexnet_import.h"

#include <stdio.h>

struct app_import {
    const char *from, *to;
    struct exchange_claims claims;
    const char *activations; /* a file of what the net makes of photos, to compare; NULL: none */
    double tolerance;
    FILE
        *report; /* receives the comparison and what was taken for granted; NULL: nobody wants it */
};

/* Writes the encoder file.  Nothing is written where an activation differs by more than the
 * tolerance: TN_RANGE.  Errors name the file and what it lacks: those of exchange_read and
 * exchange_alexnet_make. */
TN_NODISCARD enum tn_status app_import_encoder(const struct app_import *import,
                                               struct tn_error *err);

/* Compares each tensor of the file that is named like a layer with what the net makes of its
 * `pixels` or its `input`, and reports the differences: the largest, in relation to the layer's
 * largest value. */
TN_NODISCARD enum tn_status app_import_check(const struct exchange_alexnet *alexnet,
                                             const struct app_import *import, struct tn_error *err);

#endif
