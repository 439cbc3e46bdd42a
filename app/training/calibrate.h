/* SPDX-License-Identifier: MIT */
/* What `caption calibrate` does, for `caption train` too. */
#ifndef APP_CALIBRATE_H
#define APP_CALIBRATE_H

#include "app/training/trained.h"

#include <stdio.h>

struct calibrate_settings {
    const char *output;  /* the model to write, which may be the one that is calibrated */
    const char *diagram; /* where the reliability is drawn; NULL: nowhere */
    size_t split;        /* choice of --split */
    size_t seed;
};
/* The dev photos. */
#define CALIBRATE_SETTINGS_DEFAULT                                                                 \
    {                                                                                              \
        .split = 1, .seed = 1                                                                      \
    }

/* Calibrates a model on its data, of which the photos of the split are not those that it was
 * trained on, and uses the data up; report: where it is said how good that is, or NULL.  Errors:
 * TN_RANGE for data that cannot be calibrated on. */
TN_NODISCARD enum tn_status calibrate_photos(struct app_trained *trained,
                                             const struct calibrate_settings *settings,
                                             FILE *report, struct tn_error *err);

#endif
