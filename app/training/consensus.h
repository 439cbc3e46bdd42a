/* SPDX-License-Identifier: MIT */
/* What `caption consensus` does, for `caption train` too. */
#ifndef APP_CONSENSUS_H
#define APP_CONSENSUS_H

#include "app/training/trained.h"
#include "train/fit/consensus_fit.h"

#include <stdio.h>

/* See struct consensus_fit_options. */
struct consensus_settings {
    const float *weights;
    size_t directions, landmarks, seen;
    const struct consensus *like;
};
#define CONSENSUS_SETTINGS_DEFAULT                                                                 \
    {                                                                                              \
        .directions = 256, .landmarks = CONSENSUS_LANDMARKS, .seen = 4                             \
    }

/* Fits to the photos of trained->corpus, and shows how far it is.  The caller finishes the fit. */
TN_NODISCARD enum tn_status consensus_fit_photos(const struct app_trained *trained,
                                                 const struct consensus_settings *settings,
                                                 struct consensus_fit *ret_fit,
                                                 struct tn_error *err);
/* Writes the model with this consensus to output, which may be the model itself; report: where a
 * line says so, or NULL. */
TN_NODISCARD enum tn_status consensus_put(const struct app_trained *trained,
                                          const struct consensus *consensus, const char *output,
                                          FILE *report, struct tn_error *err);

#endif
